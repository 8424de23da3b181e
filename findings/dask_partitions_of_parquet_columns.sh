#!/usr/bin/env bash
# dask 2026.8.0 with pyarrow 26.0.1: partitions of columns of one Parquet data frame.
#
# Expected: features = frame.drop(columns="label") and label = frame["label"] have the partitions of the frame, here 12, so that
#   features.to_delayed() and label.to_delayed() can be zipped, as training on partitions does.
# Happens: npartitions is 12 for both, but label.to_delayed() gives 3 partitions, of 80 rows each, and features.to_delayed() 12 of
#   20. With zip(), features of 20 rows meet labels of 80; with shapes that agree by chance, labels would be those of other rows.
# Why: to_delayed optimises each expression alone by default (optimize_graph=True), and the optimiser puts files together when
#   few of their columns are read (configuration "dataframe.parquet.minimum-partition-size"). Source: dask/dataframe/dask_expr,
#   FrameBase.to_delayed in _collection.py, and _tune_up and FusedIO in io/io.py.
# Way round: to_delayed(optimize_graph=False), which also reads each file once for both. gpunn does so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'dask[dataframe]==2026.8.0' pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
for i in range(12):
    table = pd.DataFrame(rng.normal(size=(20, 200)), columns=[f"c{j}" for j in range(200)])
    table.assign(label=i).to_parquet(f"part-{i:02}.parquet")
frame = dd.read_parquet("part-*.parquet")
features, label = frame.drop(columns="label"), frame["label"]
print("npartitions:", frame.npartitions, features.npartitions, label.npartitions)
for optimised in (True, False):
    X, y = (part.to_delayed(optimize_graph=optimised) for part in (features, label))
    rows = [[len(part) for part in dask.compute(*parts, scheduler="synchronous")] for parts in (X, y)]
    print(f"to_delayed(optimize_graph={optimised}): {len(X)} and {len(y)} partitions; rows of the first:", rows[0][0], rows[1][0])
    assert (len(X), len(y), rows[0][0], rows[1][0]) == ((12, 3, 20, 80) if optimised else (12, 12, 20, 20))
assert frame.npartitions == features.npartitions == label.npartitions == 12
PYTHON
# Output seen:
#   npartitions: 12 12 12
#   to_delayed(optimize_graph=True): 12 and 3 partitions; rows of the first: 20 80
#   to_delayed(optimize_graph=False): 12 and 12 partitions; rows of the first: 20 20
