#!/usr/bin/env bash
# lightgbm 4.7.0 (with numpy 2.4.6, pandas 3.1.1).
#
# Expected: integers of a NumPy array are split as they are. Those of 32 bits, and of 64 bits up to 2^53, are exact in float64,
#   in which LightGBM compares numbers. An array and a data frame of the same integers, at least, give the same model.
# Happens: NumPy arrays of any type but float32 and float64 are turned into float32, without a word, when the data set is made
#   and when predicting. Integers beyond 2^24 (numbers of customers, times in seconds, packed codes) that differ become equal.
#   A data frame of the same integers becomes float64 instead. The same 2,000 numbers of eight digits are told apart
#   perfectly as a data frame or as float64, and one in four is wrong as an array of int32 or int64.
# Source: lightgbm/basic.py, _np2d_to_np1d (float32 unless the array is of float32 or float64), and _data_from_pandas, which
#   takes numpy.result_type of the columns and float32: float64 for int32 and int64.
# Way round: X.astype(float), to train and to predict, or a data frame.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
    lightgbm==4.7.0 numpy==2.4.6 pandas==3.1.1 scikit-learn==1.9.1
"$folder/env/bin/python" -W error - <<'PYTHON'
import numpy
import pandas
from lightgbm import LGBMClassifier

numbers = 2**24 + numpy.arange(2000)
y = numbers % 2
found = {}
for dtype in ("int32", "int64", "float64"):
    for kind in ("array", "frame"):
        X = numbers.astype(dtype)[:, None]
        X = X if kind == "array" else pandas.DataFrame(X, columns=["number"])
        model = LGBMClassifier(
            n_estimators=50, num_leaves=1000, min_child_samples=1, max_bin=5000, min_data_in_bin=1, n_jobs=1, verbose=-1
        ).fit(X, y)
        found[dtype, kind] = numpy.mean(model.booster_.predict(X).round() == y)
        print(f"{kind} of {dtype}: {found[dtype, kind]:.1%} of the training rows right")
if not all(share == (0.75 if kind == "array" and dtype != "float64" else 1) for (dtype, kind), share in found.items()):
    raise SystemExit("no longer so")
PYTHON
# Seen:
#   array of int32: 75.0% of the training rows right
#   frame of int32: 100.0% of the training rows right
#   array of int64: 75.0% of the training rows right
#   frame of int64: 100.0% of the training rows right
#   array of float64: 100.0% of the training rows right
#   frame of float64: 100.0% of the training rows right
