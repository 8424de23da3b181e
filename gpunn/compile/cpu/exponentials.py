"""Exponentials of elements, as formulas that a loop can compute for many elements at once.

A loop is only vectorised where it calls no function of the system's library, so the exponentials of the traced formulas
are replaced by these.

exp(x) = 2^k exp(r) with k = round(x / log 2), and so |r| <= log(2) / 2, where few terms of the series are enough.
Source: Cody & Waite 1980, "Software Manual for the Elementary Functions", chapter 6; the series is Taylor's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from gpunn.compile.trace import Graph, Symbol


class Format(NamedTuple):
    """A floating-point format, and what its exponential needs."""

    fraction: int  # bits of the fraction, without the leading one
    n_terms: int  # of the series: what comes after is below a tenth of the last bit
    log2: tuple[float, float]  # log(2) as a sum, of which the first part has so few bits that k times it is exact
    least: float  # exp of less is 0
    largest: float  # exp of more is infinite


FORMATS = {
    "float32": Format(23, 7, (0.693115234375, 3.1946184945309415e-05), -104.0, 89.0),
    "float64": Format(52, 13, (0.6931471803691238, 1.9082149292705877e-10), -746.0, 710.0),
}


def magic(dtype: str) -> float:
    """A number that, added to a small integer, leaves that integer in the last bits of the sum."""
    return 1.5 * 2.0 ** FORMATS[dtype].fraction


def _reduced(graph: Graph, x: Symbol) -> tuple[Symbol, Symbol]:
    """k + magic, and exp(r) - 1."""
    f, shift = FORMATS[graph.dtype.name], magic(graph.dtype.name)
    k = x * (1 / math.log(2)) + shift
    integer = k - shift
    r = x - integer * f.log2[0] - integer * f.log2[1]
    series = graph.full_like(x, 1 / math.factorial(f.n_terms))
    for i in range(f.n_terms - 1, 1, -1):
        series = series * r + 1 / math.factorial(i)
    return k, series * r * r + r


def exp(graph: Graph, x: Symbol) -> Symbol:
    f, shift = FORMATS[graph.dtype.name], magic(graph.dtype.name)
    x = graph.where(graph.apply(">", x, f.largest), f.largest, x)
    x = graph.where(graph.apply("<", x, f.least), f.least, x)
    k, e = _reduced(graph, x)
    # 2^k can be out of range where exp(x) is not: it is multiplied by in two halves.
    half = (k - shift) * 0.5 + shift
    first, second = (graph.apply("power_of_two", x) for x in (half, k - half + shift))
    return (e * first + first) * second


def expm1(graph: Graph, x: Symbol) -> Symbol:
    x = graph.where(graph.apply(">", x, FORMATS[graph.dtype.name].largest), FORMATS[graph.dtype.name].largest, x)
    x = graph.where(graph.apply("<", x, -50), -50.0, x)
    k, e = _reduced(graph, x)
    half = graph.apply("power_of_two", k - 1)
    return 2 * (e * half + (half - 0.5))


def tanh(graph: Graph, x: Symbol) -> Symbol:
    size = graph.abs(x)
    e = expm1(graph, 2 * graph.where(graph.apply(">", size, 25), 25.0, size))
    h = e / (e + 2)
    return graph.where(graph.apply("<", x, 0), -h, h)


EXPONENTIALS: dict[str, Callable[[Graph, Symbol], Symbol]] = {"exp": exp, "expm1": expm1, "tanh": tanh}


def expanded(graph: Graph, outputs: dict[str, Symbol]) -> tuple[Graph, dict[str, Symbol]]:
    """The same outputs in a graph whose exponentials are formulas."""
    new = Graph(graph.dtype, graph.theta_range)
    made: list[Symbol] = []
    for (operation, operands), rank, truth in zip(graph.nodes, graph.ranks, graph.truths, strict=True):
        if operation == "input":
            made.append(new.input(operands[0], rank, truth))
        elif operation == "constant":
            made.append(Symbol(new, new.constant(operands[0])))
        elif operation in EXPONENTIALS:
            made.append(EXPONENTIALS[operation](new, made[operands[0]]))
        elif operation in ("sum", "max"):
            made.append(new.reduce(operation, made[operands[0]], -1, keepdims=True))
        else:
            made.append(new.apply(operation, *(made[o] for o in operands)))
    return new, {name: made[symbol.number] for name, symbol in outputs.items()}
