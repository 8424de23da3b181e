"""Every operation of a traced formula is in the source of a function what it is in the formula."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from exported import DTYPES, FORMULAS, PAIRS

from gpunn.io import numpy_render
from gpunn.nn.activations import ACTIVATIONS, ReLU


def run_formula(formula, z, **learned):
    """What the source of a formula gives for z (n, k), and the source."""
    source = numpy_render.function("f", "A formula.", ReLU(), formula, z.dtype, tuple(learned))
    names = {"np": np}
    exec(source, names)
    with np.errstate(all="ignore"):
        return names["f"](z, **learned), source


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", FORMULAS)
def test_every_operation_agrees(operation, dtype):
    formula, z = FORMULAS[operation], np.array(PAIRS, dtype)
    found, _ = run_formula(lambda xp, z: formula(xp, z), z)
    with np.errstate(all="ignore"):
        expected = formula(np, z)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps, atol=0, equal_nan=True)


@pytest.mark.parametrize("seed", range(30))
def test_parentheses_stand_where_they_are_needed(seed):
    """Random trees of operators, of numbers for which the order of the operations matters."""
    rng = np.random.default_rng(seed)
    operators = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}

    def tree(depth):
        if depth == 0:
            return [lambda xp, z: z, lambda xp, z: xp.exp(z) * 3, lambda xp, z: -0.7][rng.integers(3)]
        left, right, sign = tree(depth - 1), tree(depth - 1), rng.integers(3)
        operator = list(operators.values())[rng.integers(4)]
        symbol = {np.add: "__add__", np.subtract: "__sub__", np.multiply: "__mul__", np.divide: "__truediv__"}[operator]

        def node(xp, z):
            a, b = left(xp, z), right(xp, z)
            c = getattr(a + 0 * z, symbol)(b)
            return [c, -c, xp.where((c < b) | (c > a) & (c != 1), c, a)][sign]

        return node

    formula, z = tree(4), rng.normal(size=(5, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = formula(np, z)
        found, _ = run_formula(formula, z)
    np.testing.assert_array_equal(found, expected)


def test_numbers_that_are_the_same_for_a_row_are_summed_for_each_element():
    z = np.zeros((2, 5))
    found, _ = run_formula(lambda xp, z: z + xp.sum(xp.ones_like(z), axis=-1, keepdims=True), z)
    assert (found == 5).all()


def test_the_source_is_short():
    _, source = run_formula(ACTIVATIONS["silu"]().forward, np.zeros((2, 2)))
    assert source.count("\n") <= 5 and max(map(len, source.splitlines())) <= 120
    _, source = run_formula(lambda xp, z: z / (1 + xp.abs(z)) - (z - (z - 1)), np.zeros((2, 2)))
    assert source.endswith("    return z / (1.0 + np.abs(z)) - (z - (z - 1.0))\n")


def test_a_name_that_a_layer_learns_is_kept():
    z, t1 = np.array([[1.0, 2.0]]), np.array([3.0, 4.0])
    found, _ = run_formula(lambda xp, z, t1: xp.exp(z) * xp.exp(z) + t1[..., None, :], z, t1=t1)
    np.testing.assert_allclose(found, np.exp(z) ** 2 + t1)
