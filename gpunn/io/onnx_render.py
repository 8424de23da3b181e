"""A traced formula as nodes of an ONNX graph.

Operators are those that runtimes have in float32 and float64 alike. ONNX has no expm1 and log1p: they are composed,
accurate near 0. Elu, Selu, Gelu, Softplus and LeakyRelu are not used, because onnxruntime has them only in float32;
nor Sigmoid, which is 0 there in float32 from -18 on; nor Clip, on which it fails after a Relu in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gpunn.compile import trace
from gpunn.compile.schedule import REDUCTIONS, operands
from gpunn.compile.trace import SCALAR, Symbol
from gpunn.io.onnx_graph import Graph
from gpunn.io.traced import traced
from gpunn.nn.stable import log_softmax, softmax

ROW = np.array([-1])  # the axis of sums and maxima

# Operators that compute a formula in one pass over the row. Equal operations are one node of a traced graph, so the
# node of such a formula is found by tracing it once more.
FUSED: dict[str, Callable[..., Symbol]] = {"Softmax": softmax, "LogSoftmax": log_softmax}


def add(graph: Graph, source: Any, formula: Callable[..., Symbol], z: str, **learned: str) -> str:
    """Add the nodes of a formula.

    Parameters
    ----------
    graph : Graph
    source : Activation or Head
        Whose formula it is, for the message of an error.
    formula : callable
        (xp, z, **learned) -> array like z, in the array API. It is run once, on symbols.
    z : str
        Name of a value (n, k).
    **learned : str
        Names of learned arrays (k,) or (1,).

    Returns
    -------
    str
        Name of the result (n, k).

    Raises
    ------
    ValueError
        If the formula cannot be traced.
    """
    names = {"z": z, **learned}
    traced_graph, output = traced(source, formula, graph.dtype, learned, "an ONNX file")
    fused = {function(traced_graph, traced_graph.input("z")).number: operator for operator, function in FUSED.items()}
    needed = {output.number}
    for i in reversed(range(len(traced_graph.nodes))):  # operands have lower numbers than what is made of them
        if i in needed and i not in fused:
            needed.update(operands(traced_graph, i))
    values: dict[int, Any] = {}  # of each node the name of its value, or a number
    for i in sorted(needed):
        operation, given = traced_graph.nodes[i]
        if i in fused:
            values[i] = graph(fused[i], z, axis=-1)
        elif operation == "input":
            values[i] = names[given[0]]
        elif operation == "constant":
            values[i] = given[0]
        else:
            values[i] = _operation(graph, traced_graph, i, z, [values[o] for o in given])
    return str(values[output.number])


def _operation(graph: Graph, formula: trace.Graph, i: int, z: str, given: list[Any]) -> str:
    operation, numbers = formula.nodes[i]
    if operation in REDUCTIONS and formula.ranks[numbers[0]] == SCALAR:  # counted once for each element of the row
        given = [graph("Expand", given[0], graph("Shape", z))]
    render = OPERATIONS[operation]
    return graph(render, *given) if isinstance(render, str) else render(graph, *given)


def _expm1(g: Graph, x: str) -> str:
    """exp(x) - 1 = (exp(x) + 1) tanh(x / 2)."""
    return g("Mul", g("Add", g("Exp", x), 1.0), g("Tanh", g("Mul", x, 0.5)))


def _log1p(g: Graph, x: str) -> str:
    """log(1 + x), plus what 1 + x loses of x in rounding; for x above 1 that changes nothing."""
    small = g("Min", x, 1.0)  # the difference of two infinities would be NaN
    lost = g("Sub", small, g("Sub", g("Add", small, 1.0), 1.0))
    return g("Add", g("Log", g("Add", x, 1.0)), lost)


def _maximum(g: Graph, a: Any, b: Any) -> str:
    """onnxruntime fuses a Relu with the matrix product before it."""
    return g("Relu", a) if b == 0.0 else g("Max", a, b)


def _max(g: Graph, x: str) -> str:
    """onnxruntime's ReduceMax ignores NaN: it is added."""
    nan = g("Where", g("IsNaN", x), x, 0.0)
    return g("Add", g("ReduceMax", x, ROW), g("ReduceSum", nan, ROW))


OPERATIONS: dict[str, str | Callable[..., str]] = {  # of a traced formula: an operator or a composition
    "+": "Add",
    "-": "Sub",
    "*": "Mul",
    "/": "Div",
    "neg": "Neg",
    "abs": "Abs",
    "sign": "Sign",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "expm1": _expm1,
    "log": "Log",
    "log1p": _log1p,
    "tanh": "Tanh",
    "maximum": _maximum,
    "minimum": "Min",
    "where": "Where",
    "<": "Less",
    "<=": "LessOrEqual",
    ">": "Greater",
    ">=": "GreaterOrEqual",
    "==": "Equal",
    "!=": lambda g, a, b: g("Not", g("Equal", a, b)),
    "&": "And",
    "|": "Or",
    "^": "Xor",
    "sum": lambda g, x: g("ReduceSum", x, ROW),
    "max": _max,
}
