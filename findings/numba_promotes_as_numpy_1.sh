#!/usr/bin/env bash
# numba 0.68.1 with numpy 2.4.6.
#
# Expected: a function gives the same types whether Numba compiles it or not, and so follows NEP 50 under NumPy 2: a Python
#   number takes the type of what it meets, numpy.float32(1) * 2 and an array of float32 times 0.1 are float32.
# Happens: compiled, both are float64, without a warning: the number is typed first (int64, float64), and then the larger type
#   is taken. What goes on in float64 is rounded once instead of at each operation, so that compiled steps on float32 arrays
#   end at other bits than the same lines in NumPy and take twice the memory; where a variable is updated in a loop the function
#   is refused; and an @intrinsic that stores a value at an address by its type writes twice as many bytes as meant.
# Why: Numba has tables of promotion of its own, made from NumPy's rules for types without values.
#   Source: numba/core/typing/npydecl.py (Numpy_rules_ufunc); numba/core/typing/builtins.py (signatures of operators).
# Way round: cast each literal, numpy.float32(0.1), or keep a 1 of the array's type at hand and derive constants from it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: numba==0.68.1 numpy==2.4.6
cat >"$folder/promotion.py" <<'PYTHON'
import numba
import numpy


def decay(x):
    y = x - 0.1 * x
    return y - 0.1 * y


def twice(x):
    return x * 2


def cast(x):
    y = x - numpy.float32(0.1) * x
    return y - numpy.float32(0.1) * y


def again(x):
    for _ in range(2):
        x = x - 0.1 * x
    return x


x = numpy.linspace(0, 1, 1000, dtype=numpy.float32)
print("numba", numba.__version__, "numpy", numpy.__version__)
for function in (decay, cast):
    plain, compiled = function(x), numba.njit(function)(x)
    others = int(numpy.sum(plain != compiled.astype(numpy.float32)))
    print(f"  {function.__name__}: NumPy {plain.dtype}, compiled {compiled.dtype}, {others} of 1000 entries differ in float32")
    assert plain.dtype == numpy.float32 and compiled.dtype == (numpy.float64 if function is decay else numpy.float32)
    assert (others > 0) == (function is decay)
try:
    numba.njit(again)(x)
except numba.core.errors.TypingError as error:
    print("  in a loop it is not compiled at all:", str(error).splitlines()[1].partition(", defined")[0])
else:
    raise AssertionError("a loop is compiled")
compiled = numba.njit(twice)
compiled(numpy.float32(1))
[signature] = compiled.nopython_signatures
print(f"  twice of a float32 scalar: NumPy {twice(numpy.float32(1)).dtype}, compiled {signature.return_type}")
assert twice(numpy.float32(1)).dtype == numpy.float32 and signature.return_type == numba.float64
PYTHON
"$folder/env/bin/python" "$folder/promotion.py"
# Output seen:
#   numba 0.68.1 numpy 2.4.6
#     decay: NumPy float32, compiled float64, 219 of 1000 entries differ in float32
#     cast: NumPy float32, compiled float32, 0 of 1000 entries differ in float32
#     in a loop it is not compiled at all: Cannot unify array(float32, 1d, C) and array(float64, 1d, C) for 'x.2'
#     twice of a float32 scalar: NumPy float32, compiled float64
