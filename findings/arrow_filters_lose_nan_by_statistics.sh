#!/usr/bin/env bash
# pyarrow 26.0.1 (with numpy 2.4.6).
#
# Expected: the rows that a filter of a dataset keeps, and their number by count_rows, depend on the values alone; NaN > 0 is
#   false, so that its negation keeps the rows with NaN. The statistics of a Parquet file only let parts be skipped in which
#   no row passes.
# Happens: of the values NaN, 1 and 2, count_rows(filter=x > 0) counts 3 rows, and to_table with the same filter returns 2.
#   With filter=~(x > 0) the row with NaN is lost. Both are right for the same file written without statistics, and for the
#   same table in memory.
# Why: statistics leave NaN out, so that the minimum is 1. From "x is at least 1" the filter x > 0 is simplified to true for
#   the whole row group, and its negation to false. Source: cpp/src/arrow/dataset/file_parquet.cc (statistics become a
#   guarantee, also of columns of floating-point numbers) and cpp/src/arrow/compute/expression.cc
#   (SimplifyWithGuarantee).
# Way round: write floating-point columns without statistics, add is_nan to the filter, or filter and count what was read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1 numpy==2.4.6
"$folder/env/bin/python" - "$folder" <<'PYTHON'
import sys

import pyarrow
import pyarrow.dataset
import pyarrow.parquet

table = pyarrow.table({"x": [float("nan"), 1.0, 2.0]})
positive = pyarrow.dataset.field("x") > 0
found = {}
for kind in ("with statistics", "without statistics", "in memory"):
    rows = table
    if kind != "in memory":
        rows = f"{sys.argv[1]}/{kind}.parquet"
        pyarrow.parquet.write_table(table, rows, write_statistics=kind == "with statistics")
    dataset = pyarrow.dataset.dataset(rows)
    found[kind] = (
        dataset.count_rows(filter=positive),
        dataset.to_table(filter=positive).num_rows,
        dataset.to_table(filter=~positive).num_rows,
    )
    print("{}: count_rows(x > 0) {}, rows of to_table(x > 0) {}, of to_table(~(x > 0)) {}".format(kind, *found[kind]))
assert found == {"with statistics": (3, 2, 0), "without statistics": (2, 2, 1), "in memory": (2, 2, 1)}
PYTHON
# Output seen:
#   with statistics: count_rows(x > 0) 3, rows of to_table(x > 0) 2, of to_table(~(x > 0)) 0
#   without statistics: count_rows(x > 0) 2, rows of to_table(x > 0) 2, of to_table(~(x > 0)) 1
#   in memory: count_rows(x > 0) 2, rows of to_table(x > 0) 2, of to_table(~(x > 0)) 1
