#!/usr/bin/env bash
# numpy 2.1.1 (2.1.0 is alike); 2.0.2 and 2.1.2 are right.
#
# Expected: NEP 50 holds in the whole process: numpy.float32(1) * 0.1 is float32 and an array of float32 times numpy.float64(1)
#   is float64, in the thread of a pool as in the main thread.
# Happens: in every thread but the one that imported NumPy the rules of NumPy 1 hold, without a warning: the first product is
#   float64, the second float32. A function gives other types, and so other bits, in a pool (joblib's "threading" backend,
#   concurrent.futures, a web server) than it gives without one: below, an optimiser whose step length is a float32 scalar
#   ends at another float32 vector.
# Why: 2.1.0 made the promotion state a variable of each thread, whose initial value is "legacy"; the import sets it to "weak"
#   in the importing thread alone. Source: numpy/_core/src/multiarray/convert_datatype.c, npy_promotion_state; NumPy's issue 27473.
# Way round: numpy>=2.1.2, where the initial value is "weak" (2.2 has no such variable).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
cat >"$folder/promotion.py" <<'PYTHON'
import sys
import threading

import numpy


def descend():
    rng = numpy.random.default_rng(0)
    A = rng.standard_normal((40, 20), dtype=numpy.float32)
    x, b = numpy.zeros(20, dtype=numpy.float32), rng.standard_normal(40, dtype=numpy.float32)
    for _ in range(50):
        g = A.T @ (A @ x - b)
        x = (x - numpy.vdot(g, g) / (1e-6 + numpy.vdot(A @ g, A @ g)) * g).astype(numpy.float32)
    return x


def look():
    seen.append(((numpy.float32(1) * 0.1).dtype, (numpy.ones(3, numpy.float32) * numpy.float64(1)).dtype, descend()))


seen = []
look()
thread = threading.Thread(target=look)
thread.start()
thread.join()
alike = numpy.array_equal(seen[0][2], seen[1][2])
print(numpy.__version__)
for where, (number, array, _) in zip(("main thread", "other thread"), seen):
    print(f"  {where}: float32 scalar * 0.1 is {number}, float32 array * float64 scalar is {array}")
print("  descent gives the same bits in both:", alike)
same = seen[0][:2] == seen[1][:2]
assert (same, alike) == ((False, False) if sys.argv[1] == "differs" else (True, True))
PYTHON
run() {
    "$folder/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$1"
    "$folder/env/bin/python" "$folder/promotion.py" "$2"
}
run numpy==2.0.2 alike
run numpy==2.1.0 differs
run numpy==2.1.1 differs
run numpy==2.1.2 alike
# Output seen:
#   2.0.2
#     main thread: float32 scalar * 0.1 is float32, float32 array * float64 scalar is float64
#     other thread: float32 scalar * 0.1 is float32, float32 array * float64 scalar is float64
#     descent gives the same bits in both: True
#   2.1.0
#     main thread: float32 scalar * 0.1 is float32, float32 array * float64 scalar is float64
#     other thread: float32 scalar * 0.1 is float64, float32 array * float64 scalar is float32
#     descent gives the same bits in both: False
#   2.1.1
#     main thread: float32 scalar * 0.1 is float32, float32 array * float64 scalar is float64
#     other thread: float32 scalar * 0.1 is float64, float32 array * float64 scalar is float32
#     descent gives the same bits in both: False
#   2.1.2
#     main thread: float32 scalar * 0.1 is float32, float32 array * float64 scalar is float64
#     other thread: float32 scalar * 0.1 is float32, float32 array * float64 scalar is float64
#     descent gives the same bits in both: True
