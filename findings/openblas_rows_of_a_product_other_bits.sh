#!/usr/bin/env bash
# numpy 2.4.6, whose wheels bring OpenBLAS 0.3.31, on processors for which it chooses its AVX2 kernels (Haswell, Zen).
#
# Expected: rounding may differ with the number of rows, for which kernels are chosen, and at a ragged edge. But within one product
#   of whole tiles (312 rows are 39 * 8 and 26 * 12), on one thread, equal rows of a give equal rows of a @ b, in float32 and float64.
# Happens: in float32, 312 equal rows times a matrix of 24 columns give two different results, which alternate in groups of six rows.
#   Computed as (b.T @ a.T).T, the first eight, the last eight and the 296 rows between have three others, and eight rows alone a
#   sixth. In float64 all are equal. A comparison of a prediction at two places of one batch, bit for bit, holds or fails by the
#   places.
# Why: the kernel works on blocks of 12 columns (rows of a, as NumPy asks for the transposed product) in two halves of six, each
#   lagging behind the other by eight rows, and does the eight rows at the beginning of the one half and at the end of the other with
#   two sums, of the even and of the odd terms, which it adds at the end. Source: OpenBLAS, kernel/x86_64/sgemm_kernel_8x4_haswell_2.c,
#   KERNEL_L_k2m8n6 and SAVE_L_m8n6 beside KERNEL_L_k2m16n6.
# Way round: for equal bits, products whose order of summation does not depend on the place (one sum for each element), or float64.
set -euo pipefail
if ! grep -qs avx2 /proc/cpuinfo; then
    echo "skipped: this processor has no AVX2, or is not an x86-64 under Linux"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 threadpoolctl==3.8.0
OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 "$folder/env/bin/python" - <<'PYTHON'
import itertools

import numpy as np
from threadpoolctl import threadpool_info

[pool] = threadpool_info()
assert (pool["architecture"], pool["num_threads"]) == ("Haswell", 1), pool


def runs(product, numbers):
    """Number of the result of each row, as runs: (result, rows)."""
    found = [numbers.setdefault(row.tobytes(), len(numbers)) for row in np.ascontiguousarray(product)]
    return [(number, len(list(run))) for number, run in itertools.groupby(found)]


for dtype in ("float32", "float64"):
    rng = np.random.default_rng(0)
    row, b = rng.standard_normal((1, 64)).astype(dtype), rng.standard_normal((64, 24)).astype(dtype)
    a, numbers = np.repeat(row, 312, axis=0), {}
    plain, transposed, eight = (runs(product, numbers) for product in (a @ b, (b.T @ a.T).T, a[:8] @ b))
    print(f"{dtype}: {plain[:3]}..., transposed {transposed}, eight rows {eight}")
    if dtype == "float32":
        assert plain == [(0, 6), (1, 6)] * 26
        assert transposed == [(2, 8), (3, 296), (4, 8)]
        assert eight == [(5, 8)]
    else:
        assert plain == transposed == [(0, 312)] and eight == [(0, 8)]
PYTHON
# Output seen:
#   float32: [(0, 6), (1, 6), (0, 6)]..., transposed [(2, 8), (3, 296), (4, 8)], eight rows [(5, 8)]
#   float64: [(0, 312)]..., transposed [(0, 312)], eight rows [(0, 8)]
