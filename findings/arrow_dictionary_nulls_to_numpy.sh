#!/usr/bin/env bash
# pyarrow 26.0.1, alone and read through narwhals 2.29.0 (with numpy 2.4.6).
#
# Expected: a missing value of a dictionary-encoded column, Arrow's form of a categorical, becomes None (or NaN among
#   numbers) in NumPy, whether the column is an Array or a ChunkedArray, as every column of a Table is.
# Happens: Array.to_numpy gives None and NaN. ChunkedArray.to_numpy, documented as "a NumPy copy of this array", puts one of
#   the other values in the place of each missing one, without a word: ["u", None, "v"] becomes ["u", "v", "v"], and
#   [10, None, 30] becomes [10, 30, 30]. narwhals' Series.to_numpy hands the wrong values on, though its is_null is right.
# Why: the indices of a null are -1 once converted, and they are used to index the dictionary, which in NumPy is its last
#   value. Source: pyarrow/table.pxi, ChunkedArray.to_numpy, and pyarrow/array.pxi, Array.to_numpy.
# Way round: cast to the dictionary's value type first, or ask is_null and put the missing values back.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1 narwhals==2.29.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import math

import narwhals
import pyarrow

for values, wrong in ((["u", None, "v"], ["u", "v", "v"]), ([10, None, 30], [10, 30, 30])):
    array = pyarrow.array(values).dictionary_encode()
    column = pyarrow.chunked_array([array])
    one_array = array.to_numpy(zero_copy_only=False).tolist()
    chunked = column.to_numpy().tolist()
    series = narwhals.from_native(column, series_only=True)
    print(f"values {values}: Array.to_numpy {one_array}, ChunkedArray.to_numpy {chunked}")
    print(f"  narwhals: to_numpy {series.to_numpy().tolist()}, is_null {series.is_null().to_list()}")
    print(f"  after a cast to the value type: {column.cast(array.type.value_type).to_numpy().tolist()}")
    assert one_array[1] is None or math.isnan(one_array[1])
    assert chunked == wrong and series.to_numpy().tolist() == wrong
    assert series.is_null().to_list() == [False, True, False]
PYTHON
# Output seen:
#   values ['u', None, 'v']: Array.to_numpy ['u', None, 'v'], ChunkedArray.to_numpy ['u', 'v', 'v']
#     narwhals: to_numpy ['u', 'v', 'v'], is_null [False, True, False]
#     after a cast to the value type: ['u', None, 'v']
#   values [10, None, 30]: Array.to_numpy [10.0, nan, 30.0], ChunkedArray.to_numpy [10, 30, 30]
#     narwhals: to_numpy [10, 30, 30], is_null [False, True, False]
#     after a cast to the value type: [10.0, nan, 30.0]
