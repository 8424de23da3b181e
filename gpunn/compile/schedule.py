"""The order in which the nodes of a traced formula are computed.

Sums and maxima over a row part a loop over its elements into stages: what depends on one has to wait until the loop
that computes it has ended. Elements that a later stage needs again are kept in buffers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gpunn.compile.trace import ELEMENTWISE, Graph, Symbol

REDUCTIONS = ("sum", "max")


class Schedule:
    """Stages of the computation of some outputs.

    Parameters
    ----------
    graph : Graph
    outputs : dict of str to Symbol
        An elementwise output may have the name of an input, over which it is then written.

    Attributes
    ----------
    needed : list of int
        Nodes that the outputs depend on, operands first.
    stage : dict of int to int
        Number of the stage that computes each node; a reduction is ready in the stage after its loop.
    n_stages : int
    buffers : dict of int to int
        Nodes that a later stage reads again, and the number of the buffer of each.
    """

    def __init__(self, graph: Graph, outputs: Mapping[str, Symbol]) -> None:
        self.graph, self.outputs = graph, outputs
        self.needed = behind(graph, [symbol.number for symbol in outputs.values()])
        self.stage: dict[int, int] = {}
        for i in self.needed:
            self.stage[i] = max([self.stage[o] for o in operands(graph, i)], default=0) + self.is_reduction(i)
        self.n_stages = max(self.stage.values(), default=0) + 1
        self.buffers: dict[int, int] = {}
        for i in self.needed:
            for o in operands(graph, i):
                if self._is_kept_for(o, i):
                    self.buffers.setdefault(o, len(self.buffers))

    def _is_kept_for(self, o: int, i: int) -> bool:
        """True if node i needs elements o of an earlier loop, which cannot be read again."""
        loop = self.stage[i] - self.is_reduction(i)
        return self.graph.ranks[o] == ELEMENTWISE and self.stage[o] < loop and not self.can_be_read(o)

    def is_reduction(self, i: int) -> bool:
        return self.graph.nodes[i][0] in REDUCTIONS

    def can_be_read(self, i: int) -> bool:
        """True if it is an input over which no output is written."""
        operation, names = self.graph.nodes[i]
        return operation == "input" and names[0] not in self.outputs

    def singles(self, stage: int) -> list[int]:
        """Nodes that are one number for the row, or for the step, and are computed before the loop of a stage."""
        return [
            i
            for i in self.needed
            if self.stage[i] == stage and self.graph.ranks[i] != ELEMENTWISE and not self.is_reduction(i)
        ]

    def elements(self, stage: int) -> list[int]:
        """Nodes that the loop of a stage computes."""
        return [i for i in self.needed if self.stage[i] == stage and self.graph.ranks[i] == ELEMENTWISE]

    def reductions(self, stage: int) -> list[int]:
        """Sums and maxima that the loop of a stage accumulates."""
        return [i for i in self.needed if self.is_reduction(i) and self.stage[i] == stage + 1]

    def earlier(self, stage: int) -> list[int]:
        """Elements of earlier stages that the loop of a stage needs."""
        read = {o for i in (*self.elements(stage), *self.reductions(stage)) for o in operands(self.graph, i)}
        return sorted(o for o in read if self.graph.ranks[o] == ELEMENTWISE and self.stage[o] < stage)

    def stores(self, stage: int) -> list[tuple[str, int]]:
        """Elementwise outputs that are known in the loop of a stage, without those that are their own input."""
        return [
            (name, symbol.number)
            for name, symbol in self.outputs.items()
            if self.graph.ranks[symbol.number] == ELEMENTWISE
            and self.stage[symbol.number] == stage
            and self.graph.nodes[symbol.number] != ("input", (name,))
        ]


def operands(graph: Graph, i: int) -> tuple[int, ...]:
    """Nodes that a node is computed from."""
    operation, given = graph.nodes[i]
    return () if operation in ("input", "constant") else given


def behind(graph: Graph, numbers: Iterable[int], rank: int | None = None) -> list[int]:
    """Nodes that some depend on, and themselves, operands first; through nodes of one rank only, if given."""
    found = set(numbers)
    for i in reversed(range(len(graph.nodes))):  # operands have lower numbers than what is made of them
        if i in found and rank in (None, graph.ranks[i]):
            found.update(operands(graph, i))
    return sorted(found)


def inputs(graph: Graph, outputs: Mapping[str, Symbol]) -> set[str]:
    """Names of the inputs that the outputs depend on."""
    needed = behind(graph, [symbol.number for symbol in outputs.values()])
    return {graph.nodes[i][1][0] for i in needed if graph.nodes[i][0] == "input"}
