"""A formula of the array API as a graph: it is run once on symbols instead of arrays.

`Graph` stands in for the array namespace ``xp`` and makes `Symbol` objects, which record what is done to them. What
comes out is the formula itself, ready to be written as one fused loop; nothing is stated a second time. Equal
operations on equal operands are one node, so that what a cost and its gradient share is computed once.

Every node has a rank: STEP (one number for all), ROW (one for each row: what a sum or maximum over the last axis
gives) or ELEMENT. What has no place in such a loop, such as a sum over rows, raises `Untraceable`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

STEP, ROW, ELEMENT = range(3)


class Untraceable(TypeError):
    """A formula does something that a loop over the elements of a row cannot do; the message says what."""


class Graph:
    """Nodes in the order they were made, so that operands come first, and the functions of the array API.

    ``nodes[i]`` is (operation, operands): operands are numbers of nodes, for "input" a name, for "constant" a float.
    ``span`` says which entries of theta the loop runs over, for formulas that treat some of them otherwise.
    """

    def __init__(self, dtype: Any, span: tuple[int, int] | None = None) -> None:
        self.dtype = np.dtype(dtype)
        self.span = span
        self.nodes: list[tuple[str, tuple[Any, ...]]] = []
        self.ranks: list[int] = []
        self._known: dict[tuple[str, tuple[Any, ...]], int] = {}

    def input(self, name: str, rank: int = ELEMENT) -> Symbol:
        return Symbol(self, self._add("input", (name,), rank))

    def constant(self, value: float) -> int:
        return self._add("constant", (float(value),), STEP)

    def apply(self, operation: str, *operands: Any) -> Symbol:
        """An operation on each element of symbols and numbers."""
        numbers = tuple(x.number if isinstance(x, Symbol) else self._number(x) for x in operands)
        return Symbol(self, self._add(operation, numbers, max(self.ranks[i] for i in numbers)))

    def reduce(self, operation: str, x: Symbol, axis: int | None) -> Symbol:
        if axis != -1:
            raise Untraceable(f"{operation} over axis {axis}")
        return Symbol(self, self._add(operation, (x.number,), ROW))

    def covers(self, key: Any) -> bool:
        """Whether all the loop's entries, and not none of them, are in x[..., :stop]."""
        first, last = self.span or (0, 0)
        if self.span and isinstance(key, tuple) and len(key) == 2 and key[0] is Ellipsis and isinstance(key[1], slice):
            start, stop, step = key[1].start, key[1].stop, key[1].step
            if start is None and step is None and not first < stop < last:
                return bool(last <= stop)
        raise Untraceable("a part of an array")

    def _number(self, x: Any) -> int:
        if isinstance(x, (bool, int, float, np.generic)):
            return self.constant(float(x))
        raise Untraceable(f"{type(x).__name__} among the operands")

    def _add(self, operation: str, operands: tuple[Any, ...], rank: int) -> int:
        key = (operation, operands)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(key)
            self.ranks.append(rank)
        return self._known[key]

    # The array namespace: what the formulas of nn and optim use

    def zeros_like(self, x: Symbol) -> Symbol:
        return Symbol(self, self.constant(0))

    def ones_like(self, x: Symbol) -> Symbol:
        return Symbol(self, self.constant(1))

    def full_like(self, x: Symbol, value: float) -> Symbol:
        return Symbol(self, self.constant(value))

    def finfo(self, dtype: Any) -> Any:
        return np.finfo(dtype)

    def astype(self, x: Symbol, dtype: Any) -> Symbol:
        return self.apply("where", x, 1.0, 0.0)  # formulas only turn comparisons into numbers

    def squeeze(self, x: Symbol, axis: int) -> Symbol:
        return x

    def max(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self.reduce("max", x, axis)

    def sum(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self.reduce("sum", x, axis)

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise Untraceable(f"xp.{name}")
        return lambda *operands: self.apply(name, *operands)


FUNCTIONS = (
    *("abs", "exp", "expm1", "log", "log1p", "sqrt", "tanh", "sign"),
    *("maximum", "minimum", "where"),
)


class Symbol:
    """A number of a formula. Operators make new ones; in-place operators change what the symbol stands for."""

    __hash__ = None  # type: ignore[assignment] # == makes a node, so two symbols cannot be told equal
    __add__: Any
    __sub__: Any
    __mul__: Any
    __truediv__: Any  # these and the others are set below

    def __init__(self, graph: Graph, number: int) -> None:
        self.graph, self.number = graph, number

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.graph.dtype

    def __neg__(self) -> Symbol:
        return self.graph.apply("neg", self)

    def __pow__(self, exponent: Any) -> Symbol:
        if exponent != 2:
            raise Untraceable(f"a power of {exponent}")
        return self.graph.apply("*", self, self)

    def __setitem__(self, key: Any, value: Symbol) -> None:
        if key is Ellipsis or self.graph.covers(key):
            self.number = value.number

    def __getitem__(self, key: Any) -> Symbol:
        self.graph.covers(key)  # where it does not, nothing that is made of the part will be used
        return Symbol(self.graph, self.number)

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(f"the attribute {name} of an array")


def _operator(operation: str) -> tuple[Any, Any, Any]:
    def plain(self: Symbol, other: Any) -> Symbol:
        return self.graph.apply(operation, self, other)

    def reflected(self: Symbol, other: Any) -> Symbol:
        return self.graph.apply(operation, other, self)

    def in_place(self: Symbol, other: Any) -> Symbol:
        self.number = self.graph.apply(operation, self, other).number
        return self

    return plain, reflected, in_place


for _name, _operation in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/")):
    for _prefix, _method in zip(("__", "__r", "__i"), _operator(_operation), strict=True):
        setattr(Symbol, f"{_prefix}{_name}__", _method)
for _name, _operation in (
    ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!="), ("and", "&"), ("or", "|"),
    ("xor", "^"), ("rshift", ">>"),
):  # fmt: skip
    setattr(Symbol, f"__{_name}__", _operator(_operation)[0])
