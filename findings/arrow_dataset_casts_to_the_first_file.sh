#!/usr/bin/env bash
# pyarrow 26.0.1 (with numpy 2.4.6).
#
# Expected: where the Parquet files of a dataset have a column of different types, values that the type of the first file
#   cannot hold are an error, as 2.5 is where the first file has int32.
# Happens: a later 1e300 becomes infinity where the first file has float32, and a later timestamp becomes an integer (the
#   microseconds since 1970) where the first file has int64, both without a word.
# Why: the schema of a dataset is that of its first file unless one is given, and scans cast each file to it. Casts are
#   checked for integers that are truncated or out of range, but not for float64 that overflows float32, and int64 is the
#   storage of a timestamp. Source: the documentation of pyarrow.dataset.dataset (schema inference) and of
#   pyarrow.compute.CastOptions (which has no option for overflow of floating-point numbers).
# Way round: compare the schemas of the fragments (fragment.physical_schema) before reading.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1 numpy==2.4.6
"$folder/env/bin/python" - "$folder" <<'PYTHON'
import datetime
import sys

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

columns = {
    "float32, then 1e300": (pyarrow.array([1.0], pyarrow.float32()), pyarrow.array([1e300])),
    "int64, then a timestamp": (pyarrow.array([1]), pyarrow.array([datetime.datetime(2020, 1, 1)])),
    "int32, then 2.5": (pyarrow.array([1], pyarrow.int32()), pyarrow.array([2.5])),
}
found = {}
for number, (name, arrays) in enumerate(columns.items()):
    paths = [f"{sys.argv[1]}/{number}-{i}.parquet" for i in range(2)]
    for path, array in zip(paths, arrays, strict=True):
        pyarrow.parquet.write_table(pyarrow.table({"x": array}), path)
    try:
        found[name] = pyarrow.dataset.dataset(paths).to_table()["x"].to_pylist()
    except pyarrow.ArrowInvalid as error:
        found[name] = f"ArrowInvalid: {error}"
    print(f"{name}: {found[name]}")
assert found["float32, then 1e300"] == [1.0, float("inf")]
assert found["int64, then a timestamp"] == [1, 1577836800000000]
assert "truncated" in found["int32, then 2.5"]
PYTHON
# Output seen:
#   float32, then 1e300: [1.0, inf]
#   int64, then a timestamp: [1, 1577836800000000]
#   int32, then 2.5: ArrowInvalid: Float value 2.500000 was truncated converting to int32
