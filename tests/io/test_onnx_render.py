"""Every operation of a traced formula is in an ONNX graph what it is in NumPy, at the ends of the numbers too."""

from __future__ import annotations

import numpy as np
import pytest
from exported import DTYPES, FORMULAS, PAIRS
from onnx_runs import onnx, run_formula

from gpunn.compile import trace
from gpunn.io import onnx_graph, onnx_render
from gpunn.nn.activations import ReLU, Softmax
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.probabilities import of_row


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
