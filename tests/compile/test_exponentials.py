"""Exponentials of compiled code against those of a library of many digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from gpunn.compile.trace import Graph

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from compiled_formula import compiled

NAMES = ("exp", "expm1", "tanh")


def function(name, x):
    graph = Graph(x.dtype)
    return compiled(graph, getattr(graph, name)(graph.input("z")), x)


def numbers(dtype):
    """Everywhere: moderate, near 0, and where results overflow or are below the smallest normal number."""
    rng = np.random.default_rng(0)
    last = 88.72 if dtype == "float32" else 709.78
    x = [rng.uniform(-20, 20, 700), rng.uniform(-1, 1, 700), rng.uniform(-last, last, 200)]
    x += [10.0 ** rng.uniform(-35, 0, 100), -(10.0 ** rng.uniform(-35, 0, 100)), rng.uniform(-1.17, -0.98, 100) * last]
    return np.concatenate([*x, [0.0, last, -last]]).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_within_three_of_the_last_bits(name, dtype):
    x = numbers(dtype)
    if name == "expm1":  # exp(-x) is the one that becomes small
        x = x[x > -60]
    found = function(name, x)
    assert found.dtype == x.dtype
    with mpmath.workdps(60):
        for value, ours in zip(x.tolist(), found.tolist(), strict=True):
            true = getattr(mpmath, name)(mpmath.mpf(value))
            last_bit = float(np.spacing(np.abs(np.asarray(float(true), dtype))))
            assert abs(mpmath.mpf(ours) - true) <= 3 * last_bit, (value, ours)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "ends"), [("exp", (0.0, np.inf)), ("expm1", (-1.0, np.inf)), ("tanh", (-1.0, 1.0))])
def test_ends_and_what_is_no_number(name, ends, dtype):
    low, high = (function(name, np.asarray([-x, -1e30, -800.0], dtype) * s) for x, s in ((np.inf, 1), (np.inf, -1)))
    assert (low == ends[0]).all()
    assert (high == ends[1]).all()
    assert np.isnan(function(name, np.asarray([np.nan], dtype))).all()
    assert function(name, np.asarray([0.0], dtype))[0] == (1.0 if name == "exp" else 0.0)
