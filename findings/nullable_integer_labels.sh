#!/usr/bin/env bash
# scikit-learn 1.9.1 with pandas 3.1.1 (numpy 2.4.6).
#
# Expected: a classifier fitted on labels of pandas' nullable integer type, "Int64", has these integers as its classes, like one
#   that is fitted on int64: nothing is missing in them, and both types hold the same integers.
# Happens: validation of y turns nullable columns to float64, so classes_ are floats, and integers above 2^53 that are next to
#   each other become one class, without a word: with the ids 2^60, 2^60 + 1 and 2^60 + 2 there is one class left, and
#   score is 1.0. With int64 the same labels are three classes.
# Source: sklearn/utils/validation.py, check_array, where extension arrays with a numeric dtype are converted to float64 so
#   that pandas.NA has a form.
# Way round: y.to_numpy("int64") where nothing is missing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy
import pandas
from sklearn.tree import DecisionTreeClassifier

X = numpy.arange(6.0)[:, None]
ids = [2**60, 2**60 + 1, 2**60 + 2] * 2
plain = DecisionTreeClassifier().fit(X, pandas.Series(ids, dtype="int64"))
y = pandas.Series(ids, dtype="Int64")
nullable = DecisionTreeClassifier().fit(X, y)
print("int64:", plain.classes_.dtype, len(plain.classes_), "classes")
print("Int64:", nullable.classes_.dtype, len(nullable.classes_), "classes, score", nullable.score(X, y))
small = DecisionTreeClassifier().fit(X, pandas.Series([1, 2, 3] * 2, dtype="Int64"))
print("Int64 of 1, 2, 3:", small.classes_.tolist())
assert len(plain.classes_) == 3 and plain.classes_.dtype == "int64"
assert len(nullable.classes_) == 1 and nullable.classes_.dtype == "float64" and nullable.score(X, y) == 1.0
PYTHON
# Output seen:
#   int64: int64 3 classes
#   Int64: float64 1 classes, score 1.0
#   Int64 of 1, 2, 3: [1.0, 2.0, 3.0]
