#!/usr/bin/env bash
# scikit-learn 1.9.1 (with numpy 2.4.6).
#
# Expected: compute_sample_weight, whose y may be any labels, gives a row the weight of its class where the classes are
#   text, also where that text consists of digits ("01" and "1", as codes, postcodes and grades do): the dict has the very
#   labels of y as its keys.
# Happens: each class goes through int() before it is looked up in the dict, and is text only where that raises. So "01" and
#   "1" are both looked up as 1, and the error says that "The classes, [1, 1], are not in class_weight". With keys that are
#   integers, {1: 3.0}, both get the weight 3 without a word. With class_weight="balanced" the same y is taken for two classes.
# Source: sklearn/utils/class_weight.py, compute_class_weight, the loop over the classes for a user-defined dictionary.
# Way round: give the codes of the classes (numpy.unique(..., return_inverse=True)) and a dict of these.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy
from sklearn.utils.class_weight import compute_sample_weight

for labels in (["01", "1", "1"], ["7", "8", "8"]):
    for y in (labels, numpy.array(labels), numpy.array(labels, dtype=object)):
        weights = {labels[0]: 3.0, labels[1]: 1.0}
        try:
            found = compute_sample_weight(weights, y)
        except ValueError as error:
            print(f"{labels}, {type(y).__name__}: {error}")
        else:
            raise SystemExit(f"works now: {found}")
    balanced = compute_sample_weight("balanced", labels)
    print(f"{labels}, balanced: {balanced}")
    assert balanced.tolist() == [1.5, 0.75, 0.75]
by_integer = compute_sample_weight({1: 3.0}, ["01", "1", "1"])
print(f"['01', '1', '1'] by {{1: 3.0}}: {by_integer}")
assert by_integer.tolist() == [3.0, 3.0, 3.0]
assert compute_sample_weight({"a": 3.0, "b": 1.0}, ["a", "b", "b"]).tolist() == [3.0, 1.0, 1.0]
PYTHON
# Output seen:
#   ['01', '1', '1'], list: The classes, [1, 1], are not in class_weight
#   ['01', '1', '1'], ndarray: The classes, [1, 1], are not in class_weight
#   ['01', '1', '1'], ndarray: The classes, [1, 1], are not in class_weight
#   ['01', '1', '1'], balanced: [1.5  0.75 0.75]
#   ['7', '8', '8'], list: The classes, [7, 8], are not in class_weight
#   ['7', '8', '8'], ndarray: The classes, [7, 8], are not in class_weight
#   ['7', '8', '8'], ndarray: The classes, [7, 8], are not in class_weight
#   ['7', '8', '8'], balanced: [1.5  0.75 0.75]
#   ['01', '1', '1'] by {1: 3.0}: [3. 3. 3.]
