"""Every operation of a traced formula is in an ONNX graph what it is in NumPy, at the ends of the numbers too."""

from __future__ import annotations

import numpy as np
import pytest
from onnx_runs import onnx, run_formula

from gpunn.compile import trace
from gpunn.models import onnx_graph, onnx_render
from gpunn.nn.activations import ReLU, Softmax
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.probabilities import of_row

DTYPES = ["float32", "float64"]
NUMBERS = [
    -np.inf, -1e30, -1e4, -750.0, -88.0, -20.0, -2.0, -1.0, -0.9999, -0.5, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.5, 0.9999,
    1.0, 2.0, 20.0, 88.0, 1e4, 2.0**24 + 2, 1e30, np.inf, np.nan,
]  # fmt: skip
PAIRS = [[a, b] for a in NUMBERS for b in NUMBERS]


def number(xp, z, condition):
    return xp.astype(condition, z.dtype)


FORMULAS = {  # the operation of a traced graph, in a formula of z
    **{name: lambda xp, z, name=name: getattr(xp, name)(z)
       for name, n_operands in trace.FUNCTIONS.items() if n_operands == 1},
    "neg": lambda xp, z: -z,
    "+": lambda xp, z: z + xp.sum(z, axis=-1, keepdims=True),
    "-": lambda xp, z: 2 - z,
    "*": lambda xp, z: z * xp.max(z, axis=-1, keepdims=True),
    "/": lambda xp, z: 1 / z,
    "maximum": lambda xp, z: xp.maximum(xp.maximum(z, 0), 0.25),
    "minimum": lambda xp, z: xp.minimum(0.5, z),
    "where": lambda xp, z: xp.where(z > 0, z, -1.0),
    "sum": lambda xp, z: z - z + xp.sum(z, axis=-1, keepdims=True),
    "max": lambda xp, z: z * 0 + xp.max(z, axis=-1, keepdims=True),
    "<": lambda xp, z: number(xp, z, z < 1),
    "<=": lambda xp, z: number(xp, z, z <= 1),
    ">": lambda xp, z: number(xp, z, z > 1),
    ">=": lambda xp, z: number(xp, z, z >= 1),
    "==": lambda xp, z: number(xp, z, z == 1),
    "!=": lambda xp, z: number(xp, z, z != 1),
    "&": lambda xp, z: number(xp, z, (z > -1) & (z < 1)),
    "|": lambda xp, z: number(xp, z, (z < -1) | (z > 1)),
    "^": lambda xp, z: number(xp, z, (z > -1) ^ (z > 1)),
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", FORMULAS)
def test_every_operation_agrees(operation, dtype):
    formula, z = FORMULAS[operation], np.array(PAIRS, dtype)
    found = run_formula(ReLU(), lambda xp, z: formula(xp, z), z)
    with np.errstate(all="ignore"):
        expected = formula(np, z)
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps, atol=0, equal_nan=True)


def test_every_operation_of_a_traced_formula_has_a_form():
    known = {*trace.FUNCTIONS, *trace.COMPARISONS, *trace.BITWISE, "+", "-", "*", "/", "neg", "sum", "max"}
    assert set(onnx_render.OPERATIONS) == set(FORMULAS) == known - {">>"}  # which is of integers


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 3, 9, 17])
def test_nan_of_a_row_is_its_maximum_at_every_place(n, dtype):
    z = np.tile(np.arange(n, dtype=dtype), (n, 1))
    np.fill_diagonal(z, np.nan)
    found = run_formula(ReLU(), lambda xp, z: xp.where(z == z, 0.0, 0.0) + xp.max(z, axis=-1, keepdims=True), z)
    assert np.isnan(found).all()


def test_numbers_that_are_the_same_for_a_row_are_summed_for_each_element():
    z = np.zeros((2, 5))
    found = run_formula(ReLU(), lambda xp, z: z + xp.sum(xp.ones_like(z), axis=-1, keepdims=True), z)
    assert (found == 5).all()


def operators(dtype, source, formula):
    graph = onnx_graph.Graph(dtype)
    h = onnx_render.add(graph, source, formula, graph.input("X", dtype, 3))
    graph.output("probabilities", h, dtype, ["n", 3])
    return [node.op_type for node in onnx.load_from_string(graph.to_bytes("0", {})).graph.node]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_softmax_and_its_logarithm_are_single_operators(dtype):
    assert operators(dtype, Softmax(), Softmax().forward) == ["Softmax", "Identity"]
    head = SoftmaxLogLikelihood()
    found = operators(dtype, head, lambda xp, z: of_row(xp, head, z, 3, True, branch=False))
    assert {"Softmax", "LogSoftmax"} < set(found) and not {"Exp", "Log", "ReduceSum"} & set(found)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_softmax_of_other_numbers_is_composed(dtype):
    z = np.random.default_rng(0).normal(scale=30, size=(9, 4)).astype(dtype)
    found = run_formula(Softmax(), lambda xp, z: Softmax().forward(xp, 2 * z), z)
    np.testing.assert_allclose(found, Softmax().forward(np, 2 * z), rtol=50 * np.finfo(dtype).eps)


def test_a_learned_array_has_rows_added_and_nothing_else():
    z, slope = np.array([[-1.0, -2.0], [3.0, 4.0]]), np.array([0.5, 0.25])
    found = run_formula(ReLU(), lambda xp, z, slope: z * slope[..., None, :], z, slope=slope)
    assert found.tolist() == (z * slope).tolist()
    with pytest.raises(ValueError, match=r"ReLU\(\) cannot be written to an ONNX file: ReLU: a part of an array"):
        run_formula(ReLU(), lambda xp, z, slope: z * slope[..., :1], z, slope=slope)
