"""A formula is traced right, or refused by name: what arrays do with it, its graph does, and nothing is guessed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from problems import SIZES, problem

from gpunn.compile.cpu.kernels import network_kernels
from gpunn.compile.trace import PER_ROW, SCALAR, Graph, Reductions, Symbol, Untraceable, tracing
from gpunn.devices import get_device
from gpunn.nn.activations import Elementwise, ReLU
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training import loop as training_loop
from gpunn.training.minibatch import Minibatch

Z = np.concatenate([np.random.default_rng(0).normal(size=(6, 5)), [[0.0, -0.0, 1.0, -1.0, 0.5]]])

OPERATIONS = {
    "neg": np.negative, "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "<": np.less,
    "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "&": np.bitwise_and, "|": np.bitwise_or, "^": np.bitwise_xor, ">>": np.right_shift, "where": np.where,
    "max": lambda x: x.max(axis=-1, keepdims=True), "sum": lambda x: x.sum(axis=-1, keepdims=True),
}  # fmt: skip


def evaluated(graph, symbol, **inputs):
    """What a graph says, by arrays."""
    values: list[Any] = []
    for operation, operands in graph.nodes:
        if operation == "input":
            values.append(inputs[operands[0]])
        elif operation == "constant":
            values.append(graph.dtype.type(operands[0]))
        else:
            function = OPERATIONS.get(operation) or getattr(np, operation)
            values.append(function(*(values[i] for i in operands)))
    return values[symbol.number]


FORMULAS = {  # activations of one's own, of every form
    "cast of a number": lambda xp, z: xp.astype(0.5 * z, z.dtype),
    "cast of a comparison": lambda xp, z: z * xp.astype(z > 0.25, z.dtype),
    "cast to another type": lambda xp, z: z * xp.astype(xp.astype(z, xp.int64), z.dtype),
    "cast of a logical": lambda xp, z: z * xp.astype((z > 0) & (z < 1), z.dtype),
    "cast of an exclusive or": lambda xp, z: z + xp.astype((z > 0) ^ (z > 1), z.dtype),
    "branch": lambda xp, z: z if z > 0 else -z,
    "and": lambda xp, z: xp.astype((z > 0) and (z < 1), z.dtype),
    "or": lambda xp, z: xp.where((z > 1) or (z < -1), z, 0.5 * z),
    "not": lambda xp, z: xp.where(not (z > 0), z, -z),
    "abs": lambda xp, z: abs(z) - xp.abs(0.5 * z),
    "power of a number": lambda xp, z: 2**z,
    "square": lambda xp, z: z**2 - z,
    "cube": lambda xp, z: z**3,
    "power of a symbol": lambda xp, z: xp.abs(z) ** xp.abs(z),
    "remainder": lambda xp, z: z % 2,
    "floor division": lambda xp, z: z // 0.5,
    "invert": lambda xp, z: xp.where(~(z > 0), z, 2 * z),
    "plus": lambda xp, z: +z,
    "clip": lambda xp, z: xp.clip(z, -0.5, 0.5),
    "floor": lambda xp, z: xp.floor(z),
    "logical_not": lambda xp, z: xp.where(xp.logical_not(z > 0), z, -z),
    "isfinite": lambda xp, z: xp.where(xp.isfinite(z), z, xp.zeros_like(z)),
    "minimum and maximum": lambda xp, z: xp.minimum(xp.maximum(z, -1.0), 1.0),
    "truth as a number": lambda xp, z: z * (z > 0),
    "truths added": lambda xp, z: z + ((z > 0) + (z > 1)),
    "negative truth": lambda xp, z: z * -(z > 0),
    "where of a number": lambda xp, z: xp.where(z, z, -z),
    "where of truths": lambda xp, z: xp.astype(xp.where(z > 0, z > 1, z > -1), z.dtype),
    "truth that comes out": lambda xp, z: z > 0,
    "a constant that comes out": lambda xp, z: 1.0,
    "zeros": lambda xp, z: xp.zeros_like(z),
    "sum with keepdims": lambda xp, z: z - xp.sum(z, axis=-1, keepdims=True),
    "sum without keepdims": lambda xp, z: z - xp.sum(z, axis=-1),
    "sum that comes out": lambda xp, z: xp.sum(z, axis=-1, keepdims=True),
    "sum over rows": lambda xp, z: z - xp.sum(z, axis=0),
    "sum of everything": lambda xp, z: z - xp.sum(z),
    "maximum of truths": lambda xp, z: z * xp.astype(xp.max(z > 0, axis=-1, keepdims=True), z.dtype),
    "length": lambda xp, z: z / len(z),
    "shape": lambda xp, z: z / z.shape[-1],
    "size": lambda xp, z: z / z.size,
    "float": lambda xp, z: z * float(z[0, 0]),
    "element": lambda xp, z: z * z[0, 0],
    "iteration": lambda xp, z: sum(z),
    "membership": lambda xp, z: z if 0.0 in z else -z,
    "NumPy itself": lambda xp, z: np.tanh(z),
    "an array among the operands": lambda xp, z: z + np.ones(5),
    "a number of NumPy's": lambda xp, z: z * np.float64(0.1),
    "an integer of NumPy's": lambda xp, z: z * np.int64(3),
    "a string": lambda xp, z: z * "a",
    "wrong number of operands": lambda xp, z: xp.exp(z, z),
    "unknown keyword": lambda xp, z: xp.sum(z, axis=-1, keepdims=True, dtype="float32") + z,
    "in place": lambda xp, z: _in_place(z),
    "matrix product": lambda xp, z: z @ z,
    "rounded": lambda xp, z: round(z),
    "sorted": lambda xp, z: xp.sort(z),
    "attribute": lambda xp, z: z.T,
}  # fmt: skip


def _in_place(z):
    z = z * 1.0
    z += 1
    z *= 2
    z -= 0.5
    z /= 4
    return z


@dataclass(frozen=True)
class Mine(Elementwise):
    formula: Any

    def forward(self, xp, z):
        return self.formula(xp, z)

    def derivative(self, xp, z, h):
        return xp.ones_like(z)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_formula_of_ones_own_is_traced_right_or_refused(formula, dtype):
    z = Z.astype(dtype)
    graph = Graph(dtype)
    try:
        symbol = graph.output(formula(graph, graph.input("z")))
    except Exception:  # `tracing` makes each of them Untraceable
        return
    with np.errstate(all="ignore"):
        expected = formula(np, z)
    found = np.broadcast_to(evaluated(graph, symbol, z=z), z.shape)
    assert expected.dtype == dtype and expected.shape == z.shape
    np.testing.assert_array_equal(found, expected)


TRACED = ("cast of a number", "cast of a comparison", "cast of a logical", "cast of an exclusive or", "abs", "square",
          "plus", "minimum and maximum", "sum with keepdims", "in place")  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_what_is_traced_is_not_refused_and_what_is_refused_is_told_by_name(name):
    objective = Objective(Network(SIZES, (Mine(FORMULAS[name]),)), SoftmaxLogLikelihood())
    if name in TRACED:
        assert network_kernels(objective, "float32", "float32", None)
        return
    with pytest.raises(Untraceable, match=r"^Mine: \S"):
        network_kernels(objective, "float32", "float32", None)


@pytest.mark.parametrize("name", ["cast of a number", "branch", "power of a number", "remainder", "invert", "floor"])
def test_a_long_training_with_it_ends_as_by_arrays(name):
    """Compiled, or by arrays with the reason; a formula that arrays refuse raises what they raise."""
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is fused")
    objective = Objective(Network(SIZES, (Mine(FORMULAS[name]),)), SoftmaxLogLikelihood())
    theta = objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)

    def trained(compiled):
        epochs = Minibatch(Adam(), Constant(0.1), 4, max_epochs=2, seed=3, compiled=compiled)
        device = get_device("cpu")
        return training_loop.run(epochs, device, objective, epochs.start(device, theta.copy()), problem())

    if name == "branch":
        with pytest.raises(ValueError, match="truth value"):
            trained(True)
        return
    ours, plain = trained(True), trained(False)
    np.testing.assert_allclose(ours.theta, plain.theta, rtol=1e-9, atol=1e-12)
    path = ours.history.path
    assert path == "compiled" if name in TRACED else path.startswith("arrays: cannot be traced: Mine: ")


def test_formulas_of_two_graphs_do_not_mix():
    one, two = Graph("float64"), Graph("float64")
    with pytest.raises(Untraceable, match="another formula"):
        one.input("z") + two.input("z")


def test_whole_numbers_have_bits_and_others_have_none():
    hashed, plain = Graph("uint32"), Graph("float64")
    x = hashed.input("x", SCALAR)
    assert isinstance((x ^ (x >> 16)) * 3, Symbol)
    with pytest.raises(Untraceable, match="not whole"):
        plain.input("x") ^ 3


def test_a_maximum_is_squeezed_once():
    graph = Graph("float64")
    z = graph.input("z")
    top = graph.max(z, axis=-1, keepdims=True)
    flat = graph.squeeze(top, axis=-1)
    assert graph.ranks[(flat + graph.sum(z, axis=-1)).number] == PER_ROW
    for wrong in (lambda: graph.squeeze(flat, axis=-1), lambda: graph.squeeze(z, axis=-1), lambda: flat + top):
        with pytest.raises(Untraceable):
            wrong()


def test_an_error_of_a_formula_keeps_its_cause():
    with pytest.raises(Untraceable, match="ReLU: ZeroDivisionError: division by zero") as caught, tracing(ReLU()):
        1 / 0  # noqa: B018 - raises
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_reductions_of_other_loops_become_inputs():
    graph = Graph("float64")
    xp, x = Reductions(graph, -1, SCALAR), graph.input("x")
    y = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    y /= xp.linalg.vector_norm(y, axis=-1, keepdims=True)
    assert [(name, operation) for name, (operation, _) in xp.found.items()] == [("max_0", "max"), ("sum_1", "sum")]
    given = {"x": Z[0], "max_0": Z[0].max()}
    squares = evaluated(graph, xp.found["sum_1"][1], **given, sum_1=np.nan)
    right = np.exp(Z[0] - Z[0].max())
    assert squares == pytest.approx(right**2)
    assert evaluated(graph, y, **given, sum_1=squares.sum()) == pytest.approx(right / np.linalg.norm(right))


@pytest.mark.parametrize("formula", [
    lambda xp, x: xp.sum(x, axis=-2), lambda xp, x: xp.max(x), lambda xp, x: xp.sum(x > 0, axis=-1),
    lambda xp, x: xp.linalg.norm(x),
])  # fmt: skip
def test_no_other_reductions_do(formula):
    graph = Graph("float64")
    with pytest.raises(Untraceable), tracing(formula):
        formula(Reductions(graph, -1, SCALAR), graph.input("x"))
