#!/usr/bin/env bash
# catboost 1.2.10 (with numpy 2.4.6).
#
# Expected: to give a parameter the value that it has by default changes nothing: CatBoostClassifier() and
#   CatBoostClassifier(l2_leaf_reg=3) are the same model, since get_all_params() of the first reports l2_leaf_reg 3.
# Happens: the learning rate is chosen by the number of rows and iterations, but only if l2_leaf_reg, leaf_estimation_method and
#   leaf_estimation_iterations were not given at all. As soon as one of them is, even with its default, it is 0.03. On 500
#   rows with 50 iterations that is a quarter of the chosen one, and the log-loss on the training rows is ten times as large.
#   depth=6, a default as well, changes nothing. A search whose grid holds the default value so never tries the default
#   model, and a comparison "with default parameters, stated" is one with another learning rate.
# Source: https://catboost.ai/docs/en/references/training-parameters/common.md, learning_rate: the value is chosen if none of
#   these parameters is set. The docstring of CatBoostClassifier has "with other parameters set to default", which they are.
# Way round: leave the parameters away whose default is wanted, or give the learning rate as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check catboost==1.2.10 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import numpy
from catboost import CatBoostClassifier

rng = numpy.random.default_rng(0)
X = rng.normal(size=(500, 2))
y = (X[:, 0] > 0).astype(int)


def fitted(**given):
    return CatBoostClassifier(
        iterations=50, random_seed=0, thread_count=1, verbose=0, allow_writing_files=False, **given
    ).fit(X, y)


default = fitted().get_all_params()
rates = {}
for name in ("", "depth", "l2_leaf_reg", "leaf_estimation_iterations", "leaf_estimation_method"):
    given = {name: default[name]} if name else {}
    model = fitted(**given)
    others = {k: v for k, v in model.get_all_params().items() if default[k] != v}
    p = model.predict_proba(X)[range(len(y)), y]
    rates[name] = model.get_all_params()["learning_rate"]
    print(f"{given or 'nothing given'}: learning rate {rates[name]:.4f}, log-loss {-numpy.log(p).mean():.4f}, "
          f"other parameters than by default: {', '.join(others) or 'none'}")
changed = {name for name, rate in rates.items() if rate < rates[""] / 2}
if changed != {"l2_leaf_reg", "leaf_estimation_iterations", "leaf_estimation_method"}:
    raise SystemExit("no longer so")
PYTHON
# Seen:
#   nothing given: learning rate 0.1195, log-loss 0.0184, other parameters than by default: none
#   {'depth': 6}: learning rate 0.1195, log-loss 0.0184, other parameters than by default: none
#   {'l2_leaf_reg': 3}: learning rate 0.0300, log-loss 0.1787, other parameters than by default: learning_rate
#   {'leaf_estimation_iterations': 1}: learning rate 0.0300, log-loss 0.1787, other parameters than by default: learning_rate
#   {'leaf_estimation_method': 'Newton'}: learning rate 0.0300, log-loss 0.1787, other parameters than by default: learning_rate
