"""A traced formula as the source of a Python function of NumPy arrays."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from gpunn.compile.schedule import REDUCTIONS, behind, operands
from gpunn.compile.trace import FUNCTIONS, SCALAR, Graph, Symbol
from gpunn.io.traced import traced

LONG = 70  # letters from which on an intermediate result gets a name

COMPARISON, OR, XOR, AND, SUM, PRODUCT, UNARY, ATOM = range(1, 9)  # how tightly an expression binds
BINARY = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARISON),
    "|": OR, "^": XOR, "&": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT,
}  # fmt: skip


def function(
    name: str,
    doc: str,
    source: Any,
    formula: Callable[..., Symbol],
    dtype: Any,
    learned: tuple[str, ...] = (),
    constants: Mapping[float, tuple[str, str]] | None = None,
) -> str:
    """The source of a function of z (n, k) and of learned arrays (k,) or (1,), which gives an array like z.

    Parameters
    ----------
    name, doc : str
        Name and docstring of the function.
    source, formula, dtype, learned
        As for `traced`.
    constants : mapping of float to (str, str), optional
        Name and comment of each number that is to have a name where the formula contains it.

    Raises
    ------
    ValueError
        If the formula cannot be traced.
    """
    graph, output = traced(source, formula, dtype, learned, "a NumPy module")
    statements, result = _statements(graph, output.number, {"z", *learned}, constants or {})
    lines = [f"def {name}({', '.join(['z', *learned])}):", f'    """{doc}"""']
    return "\n".join([*lines, *(f"    {line}" for line in statements), f"    return {result}", ""])


def _statements(
    graph: Graph, output: int, names: set[str], constants: Mapping[float, tuple[str, str]]
) -> tuple[list[str], str]:
    """Assignments, and the expression of the output.

    Named constants are assigned first, then intermediate results that are used more than once or are long.
    """
    needed = behind(graph, [output])
    uses = Counter(o for i in needed for o in operands(graph, i))
    named: list[str] = []
    lines: list[str] = []
    found: dict[int, tuple[str, int]] = {}  # of each node the expression, and how tightly it binds
    for i in needed:
        operation, given = graph.nodes[i]
        if operation == "input":
            found[i] = given[0], ATOM
            continue
        if operation == "constant":
            found[i] = _literal(given[0])
            if given[0] in constants:
                name, comment = constants[given[0]]
                if name not in names:
                    names.add(name)
                    named.append(f"{name} = {found[i][0]}  # {comment}")
                found[i] = name, ATOM
            continue
        text, level = _expression(graph, i, [found[o] for o in given])
        if graph.ranks[i] == SCALAR and not graph.truths[i]:
            text, level = f"float({text})", ATOM  # a number of NumPy's own would make float64 of float32
        elif i != output and (uses[i] > 1 or len(text) > LONG):
            name = next(f"t{n}" for n in range(1, len(names) + 2) if f"t{n}" not in names)
            names.add(name)
            lines.append(f"{name} = {text}")
            text, level = name, ATOM
        found[i] = text, level
    return named + lines, found[output][0]


def _expression(graph: Graph, i: int, given: list[tuple[str, int]]) -> tuple[str, int]:
    operation, numbers = graph.nodes[i]
    arguments = ", ".join(text for text, _ in given)
    scalar = [graph.ranks[o] == SCALAR for o in numbers]
    if operation in BINARY:
        level = BINARY[operation]
        left = _within(given[0], level + (level == COMPARISON))
        return f"{left} {operation} {_within(given[1], level + 1)}", level
    if operation == "neg":
        return f"-{_within(given[0], UNARY)}", UNARY
    if operation in REDUCTIONS:
        if not scalar[0]:
            return f"np.{operation}({arguments}, axis=-1, keepdims=True)", ATOM
        # The same number for all elements of the row.
        return (f"z.shape[-1] * {_within(given[0], UNARY)}", PRODUCT) if operation == "sum" else given[0]
    if operation == "where" and scalar[1:] == [True, True] and not scalar[0]:
        return f"np.where({arguments}).astype(z.dtype)", ATOM
    assert operation in FUNCTIONS  # a graph holds no other operation on numbers that are no integers
    return f"np.{operation}({arguments})", ATOM


def _within(operand: tuple[str, int], level: int) -> str:
    text, binds = operand
    return text if binds >= level else f"({text})"


def _literal(value: float) -> tuple[str, int]:
    if not math.isfinite(value):
        return f'float("{value}")', ATOM
    return repr(value), UNARY if math.copysign(1, value) < 0 else ATOM
