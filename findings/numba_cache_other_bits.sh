#!/usr/bin/env bash
# numba 0.68.1 with llvmlite 0.50.0 (numpy 2.4.6), on x86-64 with AVX2 (the code is compiled for Haswell, wherever this runs).
#
# Expected: a function compiled with cache=True gives the same bits for the same input in the process that compiles it and in
#   those that load it: what is cached is, says "Notes on Caching", "the object code", so the same machine code runs.
# Happens: where it calls another compiled function, with fastmath=True or only {"reassoc", "nsz"}, the second run of a program
#   gives other last bits than the first, and so does every run after it; emptying the cache brings the first back. Within
#   one process of these, the outer function's result for a row is not what the inner one gives for that row.
# Why: the inner function is there twice: optimised by itself, in its own library, and a second time as a weak copy in the
#   library of its caller. Unless it is inlined, the process that compiles binds the call to the first; in one that loads only
#   the outer function's object code the weak copy is the only one. fastmath lets each optimisation order the sums anew.
#   Source: numba/core/codegen.py, CPUCodeLibrary._get_module_for_linking ("linkonce_odr"), finalize and _unserialize.
# Way round: forceinline=True, an option without documentation, on the inner function, so that it is there once; or no fastmath.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numba==0.68.1 llvmlite==0.50.0 numpy==2.4.6
export NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=
cat >"$folder/rows.py" <<'PYTHON'
import sys

import numba
import numpy

name, options = sys.argv[1], set(sys.argv[2:])


@numba.njit(fastmath="exact" not in options, forceinline="forceinline" in options)
def log_sum_exp(row):
    top = row[0]
    for j in range(row.shape[0]):
        top = max(top, row[j])
    total = 0.0
    for j in range(row.shape[0]):
        total += numpy.exp(row[j] - top)
    return top + numpy.log(total)


@numba.njit(cache=True)
def of_each_row(X, result):
    for i in range(X.shape[0]):
        result[i] = log_sum_exp(X[i])


X = numpy.random.default_rng(0).random((1000, 100))
result = numpy.zeros(len(X))
of_each_row(X, result)
numpy.savez(name, result=result, by_itself=[log_sum_exp(row) for row in X])
print(f"{name}: {'loaded' if of_each_row.stats.cache_hits else 'compiled'}")
PYTHON
cd "$folder"
run() { NUMBA_CACHE_DIR="$folder/$1" env/bin/python rows.py "${@:2}"; }
run cache first
run cache second
run cache third
run another first_anew
run exact exact_first exact
run exact exact_second exact
run inlined inlined_first forceinline
run inlined inlined_second forceinline
env/bin/python - <<'PYTHON'
import numpy


def different(a, b, a_key="result", b_key="result"):
    x, y = numpy.load(f"{a}.npz")[a_key], numpy.load(f"{b}.npz")[b_key]
    n = int((x != y).sum())
    print(f"{a} {a_key}, {b} {b_key}: {n} of {len(x)} rows differ, by {abs(x - y).max():.1e} at most")
    return n


assert different("first", "second") > 0
assert different("second", "third") == 0
assert different("first", "first_anew") == 0
assert different("first", "first", b_key="by_itself") == 0
assert different("second", "second", b_key="by_itself") > 0
assert different("exact_first", "exact_second") == 0
assert different("inlined_first", "inlined_second") == 0
PYTHON
# Output seen:
#   first: compiled
#   second: loaded
#   third: loaded
#   first_anew: compiled
#   exact_first: compiled
#   exact_second: loaded
#   inlined_first: compiled
#   inlined_second: loaded
#   first result, second result: 30 of 1000 rows differ, by 1.8e-15 at most
#   second result, third result: 0 of 1000 rows differ, by 0.0e+00 at most
#   first result, first_anew result: 0 of 1000 rows differ, by 0.0e+00 at most
#   first result, first by_itself: 0 of 1000 rows differ, by 0.0e+00 at most
#   second result, second by_itself: 30 of 1000 rows differ, by 1.8e-15 at most
#   exact_first result, exact_second result: 0 of 1000 rows differ, by 0.0e+00 at most
#   inlined_first result, inlined_second result: 0 of 1000 rows differ, by 0.0e+00 at most
