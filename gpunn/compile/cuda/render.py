"""A traced formula as CUDA C: loops over elements, and sums and maxima over a row by the lanes of a warp.

A row with sums or maxima is gone through once for each that waits for another, and what a later loop needs again
it computes again: on a GPU that costs less than keeping it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gpunn.compile.schedule import behind, operands
from gpunn.compile.trace import ELEMENTWISE, Graph, Symbol

FORMS = {  # operations whose source is not "a operation b" or a function of C; those named here stand in runtime.cu
    "neg": "(-{0})",
    "where": "({0} ? {1} : {2})",
    "maximum": "maximum({0}, {1})",
    "minimum": "minimum({0}, {1})",
    "sign": "sign({0})",
}
FUNCTIONS = {"abs": "fabs"}  # C's name, where it is another
INFIX = ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "&", "|")
REDUCTIONS = {"sum": ("T(0)", "n{0} + {1}"), "max": ("-INF", "maximum(n{0}, {1})")}  # where it starts, how it goes on

Statement = tuple[str, Symbol]


def needs_rows(graph: Graph, symbols: Iterable[Symbol]) -> bool:
    """True if the symbols contain sums or maxima over a row."""
    return any(graph.nodes[i][0] in REDUCTIONS for i in behind(graph, [symbol.number for symbol in symbols]))


def loops(
    graph: Graph,
    reads: Mapping[str, str],
    over: str,
    each: Sequence[Statement] = (),
    once: Sequence[Statement] = (),
) -> list[str]:
    """Lines of CUDA C that compute symbols and do something with them.

    Parameters
    ----------
    reads : dict
        The expression of each input.
    over : str
        Head of a loop over the elements: "for (i64 j = LANE; j < 10; j += WARP)". Sums and maxima need the lanes of
        a warp to share the elements of one row.
    each, once : sequence of (str, Symbol)
        Statements with ``{}`` where the value of the symbol is to stand: for every element, and after the loops.
        No symbol of ``once`` may differ from element to element.
    """
    return _Lines(graph, reads, over).of(each, once)


class _Lines:
    def __init__(self, graph: Graph, reads: Mapping[str, str], over: str) -> None:
        self.graph, self.reads, self.over = graph, reads, over

    def of(self, each: Sequence[Statement], once: Sequence[Statement]) -> list[str]:
        graph = self.graph
        needed = behind(graph, [symbol.number for _, symbol in (*each, *once)])
        stage: dict[int, int] = {}  # how many reductions, one waiting for the other, come before
        for i in needed:
            stage[i] = max([stage[o] for o in operands(graph, i)], default=0) + self._is_reduction(i)
        lines: list[str] = []
        for now in range(max(stage.values(), default=0) + 1):
            reductions = [i for i in needed if self._is_reduction(i) and stage[i] == now]
            lines += [f"T n{i} = {REDUCTIONS[graph.nodes[i][0]][0]};" for i in reductions]
            lines += self._loop([(self._gathering(i), graph.nodes[i][1][0]) for i in reductions])
            lines += [f"n{i} = lane_{graph.nodes[i][0]}(n{i});" for i in reductions]
            lines += [
                self._declared(i)
                for i in needed
                if stage[i] == now
                and graph.ranks[i] != ELEMENTWISE
                and not self._is_reduction(i)
                and not self._literal(i)
            ]
        lines += self._loop([(statement, symbol.number) for statement, symbol in each])
        return lines + [statement.format(self._name(symbol.number)) for statement, symbol in once]

    def _loop(self, statements: Sequence[tuple[str, int]]) -> list[str]:
        if not statements:
            return []
        elements = [
            i for i in behind(self.graph, [i for _, i in statements], ELEMENTWISE) if self.graph.ranks[i] == ELEMENTWISE
        ]
        body = [*map(self._declared, elements), *(statement.format(self._name(i)) for statement, i in statements)]
        return [f"{self.over} {{", *(f"    {line}" for line in body), "}"]

    def _gathering(self, i: int) -> str:
        return f"n{i} = {REDUCTIONS[self.graph.nodes[i][0]][1].format(i, '{}')};"

    def _is_reduction(self, i: int) -> bool:
        return self.graph.nodes[i][0] in REDUCTIONS

    def _declared(self, i: int) -> str:
        operation, operands = self.graph.nodes[i]
        if operation == "input":
            return f"const T n{i} = {self.reads[operands[0]]};"
        names = [self._name(o) for o in operands]
        if operation in FORMS:
            source = FORMS[operation].format(*names)
        elif operation in INFIX:
            source = f"({names[0]} {operation} {names[1]})"
        else:  # float32 has functions of its own in C
            suffix = "f" if self.graph.dtype.name == "float32" else ""
            source = f"{FUNCTIONS.get(operation, operation)}{suffix}({', '.join(names)})"
        return f"const auto n{i} = {source};"

    def _name(self, i: int) -> str:
        return self._literal(i) or f"n{i}"

    def _literal(self, i: int) -> str:
        """A constant as it stands in C; empty for all else."""
        operation, operands = self.graph.nodes[i]
        if operation != "constant":
            return ""
        value = operands[0]
        if value != value:
            return "(INF - INF)"
        return f"T({value!r})" if abs(value) < float("inf") else "INF" if value > 0 else "(-INF)"
