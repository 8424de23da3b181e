#!/usr/bin/env bash
# catboost 1.2.10 with scikit-learn 1.9.1 (numpy 2.4.6).
#
# Expected: the columns of predict_proba follow the sorted labels, as in every classifier of scikit-learn, so that its metrics
#   and scorers can be used: a model that is right about every row has a log-loss near 0.
# Happens: CatBoost orders labels that are strings of digits as numbers: "2", "9", "10". scikit-learn sorts them as strings,
#   "10", "2", "9", and takes the columns to be in that order; the scorer "neg_log_loss" does not look at classes_ for more
#   than two classes. The perfect model gets a log-loss of 7.9, from log_loss and from the scorer, with no warning, and in
#   cross-validation and searches the settings that make it surest of the right class are the worst. With the labels "02",
#   "09", "10", whose two orders are the same, the same model has 0.003.
# Source: catboost/private/libs/target/target_converter.cpp sorts string labels as floats where all of them can be read as such.
#   sklearn/metrics/_classification.py, log_loss: "The labels in y_pred are assumed to be ordered alphabetically".
# Way round: train on numbers, as LabelEncoder gives them, or put the columns of the probabilities in the order of
#   numpy.argsort(clf.classes_).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check catboost==1.2.10 scikit-learn==1.9.1 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" -W error::UserWarning - <<'PYTHON'
import numpy
from catboost import CatBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, log_loss

rng = numpy.random.default_rng(0)
X = rng.normal(size=(600, 2))
third = numpy.digitize(X[:, 0], [-0.5, 0.5])
found = {}
for names in (["2", "9", "10"], ["02", "09", "10"]):
    y = numpy.array(names)[third]
    for model in (
        CatBoostClassifier(iterations=50, random_seed=0, thread_count=1, verbose=0, allow_writing_files=False),
        LogisticRegression(C=100),
    ):
        model.fit(X, y)
        loss, score = log_loss(y, model.predict_proba(X)), get_scorer("neg_log_loss")(model, X, y)
        found[type(model).__name__, names[0]] = loss
        classes = " ".join(map(str, model.classes_))
        print(f"{type(model).__name__}, classes_ {classes}: accuracy {model.score(X, y):.3f}, log_loss {loss:.3f}, "
              f"neg_log_loss {score:.3f}")
if not found["CatBoostClassifier", "2"] > 100 * found["CatBoostClassifier", "02"]:
    raise SystemExit("no longer so")
if not found["LogisticRegression", "2"] < 0.1:
    raise SystemExit("no longer so of scikit-learn's own")
PYTHON
# Seen:
#   CatBoostClassifier, classes_ 2 9 10: accuracy 1.000, log_loss 7.854, neg_log_loss -7.854
#   LogisticRegression, classes_ 10 2 9: accuracy 1.000, log_loss 0.034, neg_log_loss -0.034
#   CatBoostClassifier, classes_ 02 09 10: accuracy 1.000, log_loss 0.003, neg_log_loss -0.003
#   LogisticRegression, classes_ 02 09 10: accuracy 1.000, log_loss 0.034, neg_log_loss -0.034
