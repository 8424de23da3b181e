"""A traced formula as the Python source of one fused loop over the elements of a row, for Numba to compile.

Sums and maxima over the row part the loop into stages; what a later stage needs again is kept in a buffer as long
as the row. Numbers that are one for the row, or for the whole step, are computed between the loops.
"""

from __future__ import annotations

from collections.abc import Mapping

from gpunn.devices.trace import ELEMENT, Graph, Symbol

FORMS = {  # operations whose source is not "a operation b" or "np.operation(a)"
    "neg": "(-{0})",
    "where": "({1} if {0} else {2})",
    **{name: name + "({0})" for name in ("exp", "expm1", "tanh")},  # of gpunn.devices.exponentials_source
    # Written so that an operand that is not a number comes through.
    "maximum": "({0} if {0} > {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} < {1} or {0} != {0} else {1})",
}
INFIX = ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^", ">>")


def inputs(graph: Graph, outputs: Mapping[str, Symbol]) -> set[str]:
    """Names of the inputs that the outputs depend on."""
    needed = _needed(graph, [symbol.number for symbol in outputs.values()])
    return {graph.nodes[i][1][0] for i in needed if graph.nodes[i][0] == "input"}


def row_loop(graph: Graph, outputs: Mapping[str, Symbol], arrays: Mapping[str, str]) -> list[str]:
    """Source lines that compute the outputs of one row of ``size`` elements.

    Parameters
    ----------
    outputs : dict
        Name and symbol. An output of rank ELEMENT is written to its array, any other assigned to its name.
    arrays : dict
        Where the element ``j`` of an input or output of rank ELEMENT stands: "z[i, j]".
        Inputs of other ranks are variables of their own names.

    Returns
    -------
    list of str
        Lines without indentation; buffers named ``t0``, ``t1``, ... must be at hand, as many as `n_buffers` says.
    """
    return Rows(graph, outputs, arrays).lines()


def n_buffers(graph: Graph, outputs: Mapping[str, Symbol]) -> int:
    """How many buffers the source of `row_loop` uses."""
    return len(Rows(graph, outputs, {}).buffers)


class Rows:
    """What `row_loop` returns, and `gpunn.devices.lanes` for several rows at once."""

    def __init__(self, graph: Graph, outputs: Mapping[str, Symbol], arrays: Mapping[str, str]) -> None:
        self.graph, self.outputs, self.arrays = graph, outputs, arrays
        self.needed = _needed(graph, [symbol.number for symbol in outputs.values()])
        self.stage: dict[int, int] = {}
        for i in self.needed:
            operation, operands = graph.nodes[i]
            before = [self.stage[o] for o in operands] if operation not in ("input", "constant") else [0]
            self.stage[i] = max(before) + (operation in ("max", "sum"))
        self.buffers = self._buffered()

    def _buffered(self) -> dict[int, int]:
        """Elements that a later stage reads, and the number of the buffer of each. Inputs can be read again."""
        kept: dict[int, int] = {}
        for i in self.needed:
            operation, operands = self.graph.nodes[i]
            reads = operands if operation not in ("input", "constant") else ()
            at = self.stage[i] - (operation in ("max", "sum"))
            for o in reads:
                if self.graph.ranks[o] == ELEMENT and self.stage[o] < at and not self._can_be_read(o):
                    kept.setdefault(o, len(kept))
        return kept

    def lines(self) -> list[str]:
        lines: list[str] = []
        last = max(self.stage.values())
        for stage in range(last + 1):
            here = [i for i in self.needed if self.stage[i] == stage]
            lines += [f"n{i} = {self._source(i)}" for i in here if self._is_single(i)]
            lines += self._starts(stage)
            body = self._body(stage)
            if body:
                lines += ["for j in range(size):", *("    " + line for line in body)]
        lines += [
            f"{name} = n{symbol.number}"
            for name, symbol in self.outputs.items()
            if self.graph.ranks[symbol.number] != ELEMENT
        ]
        return lines

    def _is_single(self, i: int) -> bool:
        return self.graph.ranks[i] != ELEMENT and self.graph.nodes[i][0] not in ("max", "sum")

    def _reductions(self, stage: int) -> list[int]:
        """Sums and maxima that the loop of a stage gathers."""
        return [i for i in self.needed if self.graph.nodes[i][0] in ("max", "sum") and self.stage[i] == stage + 1]

    def _starts(self, stage: int) -> list[str]:
        return [
            f"n{i} = {'dt(-np.inf)' if self.graph.nodes[i][0] == 'max' else 'dt(0)'}" for i in self._reductions(stage)
        ]

    def _body(self, stage: int) -> list[str]:
        elements = [i for i in self.needed if self.stage[i] == stage and self.graph.ranks[i] == ELEMENT]
        reductions = self._reductions(stage)
        written = {name: s.number for name, s in self.outputs.items() if self.graph.ranks[s.number] == ELEMENT}
        stores = [
            (name, i) for name, i in written.items() if self.stage[i] == stage and not self._is_own_input(name, i)
        ]
        reads: set[int] = set()
        for i in (*elements, *reductions):
            operation, operands = self.graph.nodes[i]
            reads |= set(operands) if operation not in ("input", "constant") else set()
        earlier = sorted(o for o in reads if self.graph.ranks[o] == ELEMENT and self.stage[o] < stage)
        lines = [f"n{o} = {self._source(o) if self._can_be_read(o) else self._buffer(o)}" for o in earlier]
        for i in elements:
            lines.append(f"n{i} = {self._source(i)}")
            if i in self.buffers:
                lines.append(f"{self._buffer(i)} = n{i}")
        for i in reductions:
            operation, (o,) = self.graph.nodes[i]
            added = f"n{i} + n{o}" if operation == "sum" else FORMS["maximum"].format(f"n{i}", f"n{o}")
            lines.append(f"n{i} = {added}")
        return lines + [f"{self.arrays[name]} = n{i}" for name, i in stores]

    def _buffer(self, i: int) -> str:
        return f"t{self.buffers[i]}[j]"

    def _can_be_read(self, i: int) -> bool:
        """Whether it is an input over which no output is written."""
        operation, operands = self.graph.nodes[i]
        return operation == "input" and operands[0] not in self.outputs

    def _is_own_input(self, name: str, i: int) -> bool:
        return self.graph.nodes[i] == ("input", (name,))

    def _source(self, i: int) -> str:
        operation, operands = self.graph.nodes[i]
        if operation == "input":
            return self.arrays[operands[0]] if self.graph.ranks[i] == ELEMENT else operands[0]
        if operation == "constant":
            return f"dt({operands[0]!r})" if abs(operands[0]) < float("inf") else f"dt(float('{operands[0]}'))"
        names = [f"n{o}" for o in operands]
        if operation in FORMS:
            return FORMS[operation].format(*names)
        return f"({names[0]} {operation} {names[1]})" if operation in INFIX else f"np.{operation}({', '.join(names)})"


def _needed(graph: Graph, outputs: list[int]) -> list[int]:
    """Nodes that the outputs depend on, operands first."""
    found: set[int] = set()
    waiting = list(outputs)
    while waiting:
        i = waiting.pop()
        if i not in found:
            found.add(i)
            operation, operands = graph.nodes[i]
            waiting += [] if operation in ("input", "constant") else list(operands)
    return sorted(found)
