"""A formula of the array API as a graph: it is run once on symbols instead of arrays.

`Graph` stands in for the array namespace ``xp`` and makes `Symbol` objects, which record what is done to them. What
comes out is the formula itself, ready to be written as one fused loop; nothing is stated a second time. Equal
operations on equal operands are one node, so that what a cost and its gradient share is computed once.

Every node has a rank: SCALAR (one number for all), PER_ROW (one for each row: what a sum or maximum over the last axis
gives) or ELEMENTWISE, and is a number or a truth value. A formula is never guessed at: what has no place in such a
loop, such as a sum over rows, and every use of a symbol that is not understood, such as asking for its truth, raises
`Untraceable`.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

SCALAR, PER_ROW, ELEMENTWISE = range(3)


class Untraceable(TypeError):
    """A formula does something that a loop over the elements of a row cannot do; the message says what."""


@contextlib.contextmanager
def tracing(formula: Any) -> Iterator[None]:
    """Whatever a formula raises within is `Untraceable`, and begins with its name: arrays, which it was written for, go
    on, and raise what is an error of its own."""
    name = getattr(formula, "__name__", type(formula).__name__)
    try:
        yield
    except Untraceable as error:
        raise Untraceable(f"{name}: {error}") from None
    except Exception as error:
        raise Untraceable(f"{name}: {type(error).__name__}: {error}") from error


class Graph:
    """Nodes in the order they were made, so that operands come first, and the functions of the array API.

    ``nodes[i]`` is (operation, operands): operands are numbers of nodes, for "input" a name, for "constant" a float.
    ``theta_range`` says which entries of theta the loop runs over, for formulas that treat some of them otherwise.
    """

    def __init__(self, dtype: Any, theta_range: tuple[int, int] | None = None) -> None:
        self.dtype = np.dtype(dtype)
        self.theta_range = theta_range
        self.nodes: list[tuple[str, tuple[Any, ...]]] = []
        self.ranks: list[int] = []
        self.truths: list[bool] = []  # whether each node is a truth value
        self._known: dict[tuple[str, tuple[Any, ...]], int] = {}

    def input(self, name: str, rank: int = ELEMENTWISE, truth: bool = False) -> Symbol:
        return Symbol(self, self._add("input", (name,), rank, truth))

    def constant(self, value: float) -> int:
        return self._add("constant", (float(value),), SCALAR)

    def apply(self, operation: str, *operands: Any) -> Symbol:
        """An operation on each element of symbols and numbers."""
        numbers = tuple(self._operand(x) for x in operands)
        flat = [isinstance(x, Symbol) and x.flat for x in operands]
        if any(flat) and any(not f and self.ranks[i] != SCALAR for f, i in zip(flat, numbers, strict=True)):
            raise Untraceable("a sum or maximum without keepdims beside what has more dimensions")
        truths = [self.truths[i] for i in numbers]
        if operation in BITWISE:
            # Bitwise on integers, as in the hash of dropout.
            if any(truths) != all(truths) or not (all(truths) or self.dtype.kind in "iu"):
                raise Untraceable(f"{operation} of numbers that are not whole")
        elif operation == "where":
            if not truths[0] or any(truths[1:]):
                raise Untraceable("where of other than a condition and two numbers")
        elif any(truths):
            raise Untraceable(f"{operation} of a truth value, which is no number before xp.astype")
        truth = operation in COMPARISONS or (operation in BITWISE and all(truths))
        return Symbol(self, self._add(operation, numbers, max(self.ranks[i] for i in numbers), truth), any(flat))

    def reduce(self, operation: str, x: Symbol, axis: int | None, keepdims: bool) -> Symbol:
        if axis != -1 or x.flat:
            raise Untraceable(f"{operation} over axis {axis}")
        if self.truths[x.number]:
            raise Untraceable(f"{operation} of truth values")
        return Symbol(self, self._add(operation, (x.number,), PER_ROW), not keepdims)

    def output(self, x: Any) -> Symbol:
        """Output of a formula for each element; it is no other thing, as arrays may have it."""
        if not isinstance(x, Symbol) or self.truths[self._operand(x)] or self.ranks[x.number] != ELEMENTWISE:
            raise Untraceable("what it gives is not a number for each element, computed from it")
        return x

    def slice_covers_range(self, key: Any) -> bool:
        """True if all the loop's entries, and not none of them, are in x[..., :stop]."""
        first, last = self.theta_range or (0, 0)
        if (
            self.theta_range
            and isinstance(key, tuple)
            and len(key) == 2
            and key[0] is Ellipsis
            and isinstance(key[1], slice)
        ):
            start, stop, step = key[1].start, key[1].stop, key[1].step
            if start is None and step is None and not first < stop < last:
                return bool(last <= stop)
        raise Untraceable("a part of an array")

    def _operand(self, x: Any) -> int:
        if isinstance(x, Symbol):
            if x.graph is not self:
                raise Untraceable("a symbol of another formula")
            return x.number
        # A number of NumPy's has a dtype of its own, to which arrays may be promoted.
        of_numpy = isinstance(x, np.generic) and x.dtype != self.dtype
        if isinstance(x, (int, float, np.integer, np.floating)) and not isinstance(x, bool) and not of_numpy:
            return self.constant(float(x))
        raise Untraceable(f"{type(x).__name__} among the operands")

    def _add(self, operation: str, operands: tuple[Any, ...], rank: int, truth: bool = False) -> int:
        key = (operation, operands)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(key)
            self.ranks.append(rank)
            self.truths.append(truth)
        return self._known[key]

    # The array namespace: what the formulas of nn and optim use

    def zeros_like(self, x: Symbol) -> Symbol:
        return Symbol(self, self.constant(0))

    def ones_like(self, x: Symbol) -> Symbol:
        return Symbol(self, self.constant(1))

    def full_like(self, x: Symbol, value: float) -> Symbol:
        return Symbol(self, self._operand(value))

    def finfo(self, dtype: Any) -> Any:
        return np.finfo(dtype)

    def astype(self, x: Symbol, dtype: Any) -> Symbol:
        if dtype != self.dtype:
            raise Untraceable(f"astype to {dtype}, where the arithmetic is of {self.dtype}")
        return self.apply("where", x, 1.0, 0.0) if self.truths[self._operand(x)] else x

    def squeeze(self, x: Symbol, axis: int) -> Symbol:
        if axis != -1 or self.ranks[x.number] != PER_ROW or x.flat:
            raise Untraceable("squeeze of other than what a sum or maximum over the last axis gave")
        return Symbol(self, x.number, flat=True)

    def max(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self.reduce("max", x, axis, keepdims)

    def mean(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        total, count = (self.reduce("sum", of, axis, keepdims) for of in (x, self.ones_like(x)))
        return total / count

    def sum(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self.reduce("sum", x, axis, keepdims)

    def __getattr__(self, name: str) -> Any:
        n_operands = FUNCTIONS.get(name)
        if n_operands is None:
            raise Untraceable(f"xp.{name}")

        def function(*operands: Any) -> Symbol:
            if len(operands) != n_operands:
                raise Untraceable(f"xp.{name} of {len(operands)} operands")
            return self.apply(name, *operands)

        return function


class Reductions:
    """The array namespace of a formula whose sums and maxima over an axis are not those of the graph's own loop.

    Each becomes an input of the graph, which other loops have to compute before; all else is recorded in the graph.

    Parameters
    ----------
    graph : Graph
    axis : int
        The axis of these reductions; others are the graph's.
    rank : int
        Rank of the inputs.

    Attributes
    ----------
    found : dict of str to (str, Symbol)
        For the name of each input "sum" or "max", and what is reduced.
    """

    def __init__(self, graph: Graph, axis: int, rank: int) -> None:
        self.graph, self.axis, self.rank = graph, axis, rank
        self.found: dict[str, tuple[str, Symbol]] = {}
        self.linalg = types.SimpleNamespace(vector_norm=self._vector_norm)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.graph, name)

    def max(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self._reduce("max", x, axis, keepdims)

    def sum(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self._reduce("sum", x, axis, keepdims)

    def _vector_norm(self, x: Symbol, axis: int | None = None, keepdims: bool = False) -> Symbol:
        return self.graph.apply("sqrt", self.sum(x * x, axis=axis, keepdims=keepdims))

    def _reduce(self, operation: str, x: Symbol, axis: int | None, keepdims: bool) -> Symbol:
        if axis != self.axis:
            return self.graph.reduce(operation, x, axis, keepdims)
        name = f"{operation}_{len(self.found)}"
        self.found[name] = operation, self.graph.output(x)
        return self.graph.input(name, self.rank)


FUNCTIONS = {  # of the array API, and how many operands each takes
    **dict.fromkeys(("abs", "exp", "expm1", "log", "log1p", "sqrt", "tanh", "sign"), 1),
    **dict.fromkeys(("maximum", "minimum"), 2),
    "where": 3,
}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
BITWISE = ("&", "|", "^", ">>")


class Symbol:
    """A number of a formula. Operators make new ones; in-place operators change what the symbol stands for.

    ``flat`` says of a number for each row whether it lacks the last axis, which keepdims would have kept.
    """

    __hash__ = None  # type: ignore[assignment] # == makes a node, so two symbols cannot be told equal
    __add__: Any
    __sub__: Any
    __mul__: Any
    __truediv__: Any  # these and the others are set below

    def __init__(self, graph: Graph, number: int, flat: bool = False) -> None:
        self.graph, self.number, self.flat = graph, number, flat

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.graph.dtype

    def __neg__(self) -> Symbol:
        return self.graph.apply("neg", self)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return self.graph.apply("abs", self)

    def __pow__(self, exponent: Any) -> Symbol:
        if isinstance(exponent, Symbol) or exponent != 2:
            raise Untraceable("a power other than 2")
        return self.graph.apply("*", self, self)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key is Ellipsis or self.graph.slice_covers_range(key):
            self.number = self.graph._operand(value)

    def __getitem__(self, key: Any) -> Symbol:
        self.graph.slice_covers_range(key)  # where it does not, nothing that is made of the part will be used
        return Symbol(self.graph, self.number)

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(f"the attribute {name} of an array")


class Columns:
    """An array (..., n) or (..., 1) that a layer learns: a number for each column, or one for all.

    A formula may do one thing with it, which makes it an operand of arrays with rows: ``x[..., None, :]``.
    """

    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol

    def __getitem__(self, key: Any) -> Symbol:
        if key != (Ellipsis, None, slice(None)):
            raise Untraceable("a part of what a layer learns")
        return self.symbol


def _refusal(what: str) -> Any:
    def refuse(self: Symbol, *others: Any) -> NoReturn:
        raise Untraceable(what)

    return refuse


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
REFUSED = {  # what an array has and a loop over its elements has not
    "a branch on the truth of an array (xp.where chooses element by element)": ("bool",),
    "an array as a number of Python": ("float", "int", "complex", "index", "round", "trunc", "ceil", "floor"),
    "the length of an array": ("len", "iter", "contains", "reversed"),
    "an array of another library": ("array", "array_ufunc", "array_function", "array_namespace", "dlpack"),
    **{f"the operator {name}": (name, f"r{name}", f"i{name}") for name in ("mod", "floordiv", "matmul", "lshift")},
    **{f"the operator {name}": (f"r{name}", f"i{name}") for name in ("pow", "rshift", "and", "or", "xor")},
    "the operator invert": ("invert",),
    "the operator divmod": ("divmod", "rdivmod"),
}
for _what, _names in REFUSED.items():
    for _name in _names:
        setattr(Symbol, f"__{_name}__", _refusal(_what))
