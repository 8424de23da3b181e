"""LLVM IR: functions, loops, and the nodes of a traced formula.

`Function` collects the lines of one function. `Loops` renders the loops that compute the outputs of a formula, stage by
stage (`gpunn.compile.schedule`); LLVM vectorises them.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import struct
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gpunn.compile.cpu.exponentials import FORMATS, expanded
from gpunn.compile.schedule import Schedule, operands
from gpunn.compile.trace import ELEMENTWISE, Graph, Symbol

TYPES = {"float32": "float", "float64": "double", "uint32": "i32", "uint64": "i64"}  # LLVM's names
SUFFIXES = {"float32": "f32", "float64": "f64"}  # in the names of its intrinsics
# Not "nnan" and "ninf": values that are not finite must come out, so that divergence is seen. Nor "reassoc", but for
# sums over long arrays: elsewhere the order of the operations is that of the formula.
FLAGS = "contract arcp nsz"
FLOAT_OPERATIONS = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
INTEGER_OPERATIONS = {"+": "add", "-": "sub", "*": "mul", "^": "xor", ">>": "lshr", "&": "and", "|": "or"}
FLOAT_COMPARISONS = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}
INTEGER_COMPARISONS = {"<": "ult", "<=": "ule", ">": "ugt", ">=": "uge", "==": "eq", "!=": "ne"}


class Function:
    """The lines of one function, in the order in which they are written.

    Parameters
    ----------
    name : str
    arguments : dict of str to str
        Name and LLVM type.
    result : str, default "void"
        LLVM type.
    """

    def __init__(self, name: str, arguments: Mapping[str, str], result: str = "void", attributes: str = "") -> None:
        given = ", ".join(f"{kind} %{argument}" for argument, kind in arguments.items())
        self.head = f"define {result} @{name}({given}) {attributes}{{"
        self.allocated: list[str] = []
        self.lines: list[str] = []
        self.numbers = itertools.count()
        self.block = "entry"

    def text(self) -> str:
        return "\n".join([self.head, "entry:", *self.allocated, *self.lines, "}", ""])

    def line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def let(self, text: str) -> str:
        """A new value."""
        name = f"%v{next(self.numbers)}"
        self.line(f"{name} = {text}")
        return name

    def variable(self, kind: str, value: str) -> str:
        """A place on the stack, which LLVM turns into a register."""
        name = f"%s{next(self.numbers)}"
        self.allocated.append(f"  {name} = alloca {kind}")
        self.line(f"store {kind} {value}, ptr {name}")
        return name

    def element(self, kind: str, pointer: str, index: str) -> str:
        """Pointer to an element of an array."""
        return self.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}")

    def load(self, kind: str, pointer: str, index: str | None = None) -> str:
        return self.let(f"load {kind}, ptr {pointer if index is None else self.element(kind, pointer, index)}")

    def store(self, kind: str, value: str, pointer: str, index: str | None = None) -> None:
        self.line(f"store {kind} {value}, ptr {pointer if index is None else self.element(kind, pointer, index)}")

    def minimum(self, a: str, b: str) -> str:
        """The smaller of two i64 integers."""
        return self.let(f"select i1 {self.let(f'icmp slt i64 {a}, {b}')}, i64 {a}, i64 {b}")

    def maximum(self, a: str, b: str) -> str:
        """The larger of two i64 integers."""
        return self.let(f"select i1 {self.let(f'icmp sgt i64 {a}, {b}')}, i64 {a}, i64 {b}")

    def return_if(self, condition: str, result: str = "void") -> None:
        """Return a result, with its type, where a condition holds."""
        n = next(self.numbers)
        self.line(f"br i1 {condition}, label %return{n}, label %else{n}")
        self.lines += [f"return{n}:", f"  ret {result}", f"else{n}:"]
        self.block = f"else{n}"

    @contextlib.contextmanager
    def forever(self) -> Iterator[Callable[[str], None]]:
        """A loop that ends where a condition holds that the function given is called with."""
        n = next(self.numbers)

        def leave_if(condition: str) -> None:
            m = next(self.numbers)
            self.line(f"br i1 {condition}, label %left{n}, label %stay{m}")
            self.lines.append(f"stay{m}:")
            self.block = f"stay{m}"

        self.line(f"br label %again{n}")
        self.lines.append(f"again{n}:")
        self.block = f"again{n}"
        yield leave_if
        self.line(f"br label %again{n}")
        self.lines.append(f"left{n}:")
        self.block = f"left{n}"

    @contextlib.contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Emit code that runs only where a condition holds."""
        n = next(self.numbers)
        self.line(f"br i1 {condition}, label %then{n}, label %after{n}")
        self.lines.append(f"then{n}:")
        self.block = f"then{n}"
        yield
        self.line(f"br label %after{n}")
        self.lines.append(f"after{n}:")
        self.block = f"after{n}"

    @contextlib.contextmanager
    def loop(self, start: str, stop: str, step: int | str = 1) -> Iterator[str]:
        """A loop over i64 indices; what is written within is its body."""
        n = next(self.numbers)
        before = self.block
        self.line(f"br label %head{n}")
        self.lines.append(f"head{n}:")
        self.line(f"%i{n} = phi i64 [ {start}, %{before} ], [ %next{n}, %latch{n} ]")
        self.line(f"%more{n} = icmp slt i64 %i{n}, {stop}")
        self.line(f"br i1 %more{n}, label %body{n}, label %exit{n}")
        self.lines.append(f"body{n}:")
        self.block = f"body{n}"
        yield f"%i{n}"
        self.line(f"br label %latch{n}")
        self.lines.append(f"latch{n}:")
        self.line(f"%next{n} = add nsw i64 %i{n}, {step}")
        self.line(f"br label %head{n}")
        self.lines.append(f"exit{n}:")
        self.block = f"exit{n}"


def constant(dtype: str, value: float) -> str:
    """A literal, exact: floating-point numbers are the bits of a double that the dtype can hold."""
    if dtype not in SUFFIXES:
        return str(int(value))
    with np.errstate(over="ignore"):
        bits = struct.unpack(">Q", struct.pack(">d", float(np.dtype(dtype).type(value))))[0]
    return f"0x{bits:016X}"


class Nodes:
    """Values of the nodes of a graph within a function.

    With ``lanes`` each value is a vector: that of as many rows side by side.
    """

    def __init__(self, function: Function, graph: Graph, lanes: int = 0) -> None:
        self.function, self.graph, self.dtype, self.lanes = function, graph, graph.dtype.name, lanes
        self.is_float = graph.dtype.kind == "f"
        self.kind, self.truth = self.of_lanes(TYPES[self.dtype]), self.of_lanes("i1")
        self.values: dict[int, str] = {}

    def of_lanes(self, kind: str) -> str:
        """The type of a value whose elements have a type."""
        return f"<{self.lanes} x {kind}>" if self.lanes else kind

    def constant(self, value: float, dtype: str | None = None) -> str:
        dtype = dtype or self.dtype
        literal = constant(dtype, value)
        return f"splat ({TYPES[dtype]} {literal})" if self.lanes else literal

    def value(self, i: int) -> str:
        """The value of a node that was computed, or of a constant."""
        operation, given = self.graph.nodes[i]
        return self.constant(given[0]) if operation == "constant" else self.values[i]

    def each_lane(self, kind: str, x: str, of_one: Callable[[str], str]) -> str:
        """A function of single elements, of type ``kind``, of each lane of x."""
        if not self.lanes:
            return of_one(x)
        found = "poison"
        for lane in range(self.lanes):
            one = of_one(self.function.let(f"extractelement {self.kind} {x}, i32 {lane}"))
            found = self.function.let(f"insertelement {self.kind} {found}, {kind} {one}, i32 {lane}")
        return found

    def compute(self, i: int) -> None:
        """Write the operation of a node."""
        operation, _ = self.graph.nodes[i]
        given = [self.value(o) for o in operands(self.graph, i)]
        self.values[i] = self._operation(i, operation, given)

    def maximum(self, a: str, b: str, comparison: str = "ogt") -> str:
        """The larger of two values; a value that is not a number comes through."""
        larger = self.function.let(f"fcmp {comparison} {self.kind} {a}, {b}")
        no_number = self.function.let(f"fcmp uno {self.kind} {a}, {a}")
        either = self.function.let(f"or {self.truth} {larger}, {no_number}")
        return self.function.let(f"select {self.truth} {either}, {self.kind} {a}, {self.kind} {b}")

    def maximum_intrinsic(self, a: str, b: str) -> str:
        """The same by a function of LLVM's, which makes vectors of a loop that takes the maximum of an array."""
        suffix = SUFFIXES[self.dtype]
        return self.function.let(f"call {self.kind} @llvm.maximum.{suffix}({self.kind} {a}, {self.kind} {b})")

    def _operation(self, i: int, operation: str, given: list[str]) -> str:
        f, kind = self.function, self.kind
        of_truths = operation in ("&", "|", "^") and self.graph.truths[i]
        if of_truths or (operation in INTEGER_OPERATIONS and not self.is_float):
            name = INTEGER_OPERATIONS[operation]
            return f.let(f"{name} {self.truth if of_truths else kind} {given[0]}, {given[1]}")
        if operation in FLOAT_OPERATIONS:
            return f.let(f"{FLOAT_OPERATIONS[operation]} {FLAGS} {kind} {given[0]}, {given[1]}")
        if operation in FLOAT_COMPARISONS:
            compare = (
                f"fcmp {FLOAT_COMPARISONS[operation]}" if self.is_float else f"icmp {INTEGER_COMPARISONS[operation]}"
            )
            return f.let(f"{compare} {kind} {given[0]}, {given[1]}")
        if operation == "where":
            return f.let(f"select {self.truth} {given[0]}, {kind} {given[1]}, {kind} {given[2]}")
        if operation in ("maximum", "minimum"):
            return self.maximum(given[0], given[1], "ogt" if operation == "maximum" else "olt")
        return FUNCTIONS[operation](self, given[0])


def _neg(nodes: Nodes, x: str) -> str:
    return nodes.function.let(f"fneg {nodes.kind} {x}")


def _sign(nodes: Nodes, x: str) -> str:
    f, kind, truth, zero = nodes.function, nodes.kind, nodes.truth, nodes.constant(0)
    above, below = (f.let(f"fcmp {name} {kind} {x}, {zero}") for name in ("ogt", "olt"))
    negative = f.let(f"select {truth} {below}, {kind} {nodes.constant(-1)}, {kind} {x}")
    return f.let(f"select {truth} {above}, {kind} {nodes.constant(1)}, {kind} {negative}")


def _power_of_two(nodes: Nodes, k: str) -> str:
    """2^k of an integer k to which `magic` was added: k becomes the exponent."""
    f, kind, fraction = nodes.function, nodes.kind, FORMATS[nodes.dtype].fraction
    as_integer, bias = ("uint32", 127) if nodes.dtype == "float32" else ("uint64", 1023)
    integer = nodes.of_lanes(TYPES[as_integer])
    bits = f.let(f"bitcast {kind} {k} to {integer}")
    exponent = f.let(f"add {integer} {bits}, {nodes.constant(bias, as_integer)}")
    shifted = f.let(f"shl {integer} {exponent}, {nodes.constant(fraction, as_integer)}")
    return f.let(f"bitcast {integer} {shifted} to {kind}")


def _intrinsic(name: str) -> Callable[[Nodes, str], str]:
    def call(nodes: Nodes, x: str) -> str:
        suffix = ("v" + str(nodes.lanes) if nodes.lanes else "") + SUFFIXES[nodes.dtype]
        return nodes.function.let(f"call {nodes.kind} @llvm.{name}.{suffix}({nodes.kind} {x})")

    return call


def _log1p(nodes: Nodes, x: str) -> str:
    name, kind = "log1pf" if nodes.dtype == "float32" else "log1p", TYPES[nodes.dtype]
    return nodes.each_lane(kind, x, lambda one: nodes.function.let(f"call {kind} @{name}({kind} {one})"))


FUNCTIONS: dict[str, Callable[[Nodes, str], str]] = {
    "neg": _neg,
    "sign": _sign,
    "power_of_two": _power_of_two,
    "abs": _intrinsic("fabs"),
    "sqrt": _intrinsic("sqrt"),
    "log": _intrinsic("log"),
    "log1p": _log1p,
}


def declarations(dtype: str, lanes: int) -> str:
    """Declarations of the functions that `FUNCTIONS` call, for single elements and for vectors."""
    kind, suffix = TYPES[dtype], SUFFIXES[dtype]
    found = []
    for name in ("fabs", "sqrt", "log"):
        found += [(kind, f"llvm.{name}.{suffix}"), (f"<{lanes} x {kind}>", f"llvm.{name}.v{lanes}{suffix}")]
    found.append((kind, "log1pf" if dtype == "float32" else "log1p"))
    of_one = "".join(f"declare {of} @{name}({of}) nounwind memory(none) willreturn\n" for of, name in found)
    return f"{of_one}declare {kind} @llvm.maximum.{suffix}({kind}, {kind})\n"


class Loops:
    """Loops that compute the outputs of a formula.

    Parameters
    ----------
    function : Function
    graph : Graph
    outputs : dict of str to Symbol
    read : callable
        (name, index) -> value: code that reads an input at an index; the index is "" for one that is the same for all
        elements.
    write : callable
        (name, index, value): code that writes an elementwise output.
    n : str
        Number of elements.
    scratch : callable
        (buffer, index) -> pointer: code that gives the place of an element of a buffer.
    lanes : int, default 0
        Number of rows side by side, whose values are vectors; 0 for single values.
    is_long : bool, default False
        Sums may be taken in any order, so that they are vectorised.

    Attributes
    ----------
    results : dict of str to str
        Values of the outputs that are not elementwise, after `run`.
    """

    def __init__(
        self,
        function: Function,
        graph: Graph,
        outputs: Mapping[str, Symbol],
        *,
        read: Callable[[str, str], str],
        write: Callable[[str, str, str], None] | None = None,
        n: str = "0",
        scratch: Callable[[int, str], str] | None = None,
        lanes: int = 0,
        align: int = 0,
        is_long: bool = False,
    ) -> None:
        graph, outputs = expanded(graph, dict(outputs))
        self.nodes, self.schedule = Nodes(function, graph, lanes), Schedule(graph, outputs)
        self.function, self.graph, self.outputs = function, graph, outputs
        self.read, self.write, self.n, self.is_long = read, write, n, is_long
        self.scratch, self.align = scratch, f", align {align}" if align else ""
        self.results: dict[str, str] = {}

    def run(self) -> None:
        """Write all loops."""
        for stage in range(self.schedule.n_stages):
            for i in self.schedule.singles(stage):
                self._compute(i, "")
            self._stage(stage)
        self.results = {
            name: self.nodes.value(symbol.number)
            for name, symbol in self.outputs.items()
            if self.graph.ranks[symbol.number] != ELEMENTWISE
        }

    def _keep(self, i: int, j: str) -> None:
        """Store an element in its buffer; a truth value as 1 or 0."""
        f, kind, value = self.function, self.nodes.kind, self.nodes.values[i]
        if self.graph.truths[i]:
            value = f.let(f"uitofp {self.nodes.truth} {value} to {kind}")
        f.line(f"store {kind} {value}, ptr {self._buffer(i, j)}{self.align}")

    def _kept(self, i: int, j: str) -> str:
        f, kind = self.function, self.nodes.kind
        value = f.let(f"load {kind}, ptr {self._buffer(i, j)}{self.align}")
        return f.let(f"fcmp une {kind} {value}, {self.nodes.constant(0)}") if self.graph.truths[i] else value

    def _buffer(self, i: int, j: str) -> str:
        assert self.scratch is not None
        return self.scratch(self.schedule.buffers[i], j)

    def _compute(self, i: int, j: str) -> None:
        operation, given = self.graph.nodes[i]
        if operation == "input":
            self.nodes.values[i] = self.read(given[0], j)
        elif operation != "constant":
            self.nodes.compute(i)

    def _stage(self, stage: int) -> None:
        f, kind, plan = self.function, self.nodes.kind, self.schedule
        reductions, stores = plan.reductions(stage), plan.stores(stage)
        kept = [i for i in plan.elements(stage) if i in plan.buffers]
        if not (reductions or stores or kept):
            return
        starts = {i: -math.inf if self.graph.nodes[i][0] == "max" else 0.0 for i in reductions}
        sums = {i: f.variable(kind, self.nodes.constant(start)) for i, start in starts.items()}
        with f.loop("0", self.n) as j:
            for i in plan.earlier(stage):
                if plan.can_be_read(i):
                    self._compute(i, j)
                else:
                    self.nodes.values[i] = self._kept(i, j)
            for i in plan.elements(stage):
                self._compute(i, j)
                if i in plan.buffers:
                    self._keep(i, j)
            for i in reductions:
                so_far, x = f.load(kind, sums[i]), self.nodes.value(operands(self.graph, i)[0])
                if self.graph.nodes[i][0] == "max" and self.is_long:
                    f.store(kind, self.nodes.maximum_intrinsic(so_far, x), sums[i])
                elif self.graph.nodes[i][0] == "max":
                    f.store(kind, self.nodes.maximum(so_far, x), sums[i])
                else:
                    flags = f"reassoc {FLAGS}" if self.is_long else FLAGS
                    f.store(kind, f.let(f"fadd {flags} {kind} {so_far}, {x}"), sums[i])
            for name, i in stores:
                assert self.write is not None
                self.write(name, j, self.nodes.value(i))
        for i in reductions:
            self.nodes.values[i] = f.load(kind, sums[i])
