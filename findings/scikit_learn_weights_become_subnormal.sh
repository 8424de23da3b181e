#!/usr/bin/env bash
# scikit-learn 1.9.1 (with numpy 2.4.6).
#
# Expected: every epoch of MLPClassifier on the same rows takes the same time. The L2 penalty takes weights of inputs that are
#   always 0 to 0, where they stay.
# Happens: trained by Adam in float32, they never get there. The update divides a gradient of the penalty alone by
#   sqrt(v) + epsilon, where v is next to 0, so that such weights shrink by a constant factor in each step, until they are
#   subnormal (below 1.2e-38). So do those of neurons that no row activates, and the moments of both. An operation on a
#   subnormal number takes processors by Intel about a hundred cycles: on a Xeon with two cores, epochs take 1.8 times as long
#   after 80 epochs as after 10. Images often have inputs that are always 0.
# Source: https://scikit-learn.org/stable/modules/neural_networks_supervised.html has nothing about it.
# Way round: alpha=0, with which there are none here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" -W ignore - <<'PYTHON'
import time

import numpy
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X = (X / 16).astype("float32")
smallest = numpy.finfo("float32").smallest_normal
found = {}
for alpha in (1e-4, 0):
    clf = MLPClassifier((64,), batch_size=32, alpha=alpha, max_iter=1, warm_start=True, random_state=0)
    seconds = []
    for _ in range(80):
        began = time.perf_counter()
        clf.fit(X, y)
        seconds.append(time.perf_counter() - began)
    W = clf.coefs_[0]
    found[alpha] = int(numpy.sum((W != 0) & (abs(W) < smallest)))
    ratio = numpy.median(seconds[-9:]) / numpy.median(seconds[5:14])
    print(f"alpha={alpha}: {found[alpha]} of {W.size} weights are subnormal, {numpy.sum(W == 0)} are 0; {numpy.sum(~X.any(axis=0))} "
          f"of {X.shape[1]} inputs are always 0; epochs take {ratio:.1f} times as long at the end as at the beginning")
if found[1e-4] < 100 or found[0]:
    raise SystemExit("no longer so")
PYTHON
# Seen:
#   alpha=0.0001: 582 of 4096 weights are subnormal, 0 are 0; 3 of 64 inputs are always 0; epochs take 1.8 times as long at the end as at the beginning
#   alpha=0: 0 of 4096 weights are subnormal, 0 are 0; 3 of 64 inputs are always 0; epochs take 1.0 times as long at the end as at the beginning
