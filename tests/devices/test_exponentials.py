"""Exponentials of compiled code against those of a library of many digits, as Python and by Numba."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from as_python import module_of

from gpunn.devices.kernels_source import header

NAMES = ("exp", "expm1", "tanh")
LOOPS = "\n".join(
    f"@njit(**options)\ndef many_{name}(x, out):\n    for i in range(x.shape[0]):\n        out[i] = {name}(x[i])\n"
    for name in NAMES
)


@pytest.fixture(params=["as Python", "by Numba"])
def functions(request):
    """A function: (name, x) -> that exponential of each number."""

    def of(name, x):
        if request.param == "as Python":
            function = getattr(module_of(header(x.dtype.name) + LOOPS), f"many_{name}")
        else:
            pytest.importorskip("numba", reason="Numba is not installed: nothing is compiled")
            from gpunn.devices import compiled

            source = LOOPS.replace("**options", "**{**options, 'no_cpython_wrapper': False}")
            function = compiled._compiled(header(x.dtype.name) + source, f"many_{name}")
        out = np.empty_like(x)
        with np.errstate(all="ignore"):
            function(x, out)
        return out

    return of


def numbers(dtype):
    """Everywhere: moderate, near 0, and where results overflow or are below the smallest normal number."""
    rng = np.random.default_rng(0)
    last = 88.72 if dtype == "float32" else 709.78
    x = [rng.uniform(-20, 20, 700), rng.uniform(-1, 1, 700), rng.uniform(-last, last, 200)]
    x += [10.0 ** rng.uniform(-35, 0, 100), -(10.0 ** rng.uniform(-35, 0, 100)), rng.uniform(-1.17, -0.98, 100) * last]
    return np.concatenate([*x, [0.0, last, -last]]).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_within_three_of_the_last_bits(functions, name, dtype):
    x = numbers(dtype)
    if name == "expm1":  # exp(-x) is the one that becomes small
        x = x[x > -60]
    found = functions(name, x)
    assert found.dtype == x.dtype
    with mpmath.workdps(60):
        for value, ours in zip(x.tolist(), found.tolist(), strict=True):
            true = getattr(mpmath, name)(mpmath.mpf(value))
            last_bit = float(np.spacing(np.abs(np.asarray(float(true), dtype))))
            assert abs(mpmath.mpf(ours) - true) <= 3 * last_bit, (value, ours)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "ends"), [("exp", (0.0, np.inf)), ("expm1", (-1.0, np.inf)), ("tanh", (-1.0, 1.0))])
def test_ends_and_what_is_no_number(functions, name, ends, dtype):
    low, high = (
        functions(name, np.asarray([-np.inf, -1e30, -800.0], dtype)),
        functions(name, np.asarray([np.inf, 1e30, 800.0], dtype)),
    )
    assert (low == ends[0]).all()
    assert (high == ends[1]).all()
    assert np.isnan(functions(name, np.asarray([np.nan], dtype))).all()
    assert functions(name, np.asarray([0.0], dtype))[0] == (1.0 if name == "exp" else 0.0)
