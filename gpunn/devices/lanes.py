"""A traced formula as the Python source of loops over several rows at once, for Numba to compile.

Where rows are short, such as those of a head, their numbers fill no register, and a loop over them takes longer to
begin than to run. Here the inner loops go over rows, the lanes. Every matrix is turned, with a line for each place in
a row, and sums and maxima over the row are lines of their own: one number a lane.
"""

from __future__ import annotations

from collections.abc import Mapping

from gpunn.devices.loops import Rows
from gpunn.devices.trace import ELEMENT, ROW, STEP, Graph, Symbol

LANES = 32  # rows at once: what is kept of them stays in the nearest cache


class Lanes(Rows):
    """Loops that compute the outputs of ``lanes`` rows of ``size`` elements.

    Parameters
    ----------
    outputs : dict
        Name and symbol, of rank ELEMENT or ROW.
    matrices : dict
        Of each input or output of rank ELEMENT the line, or for inputs that all rows share the number, at ``j``:
        "z_turned[j]", "b[j]". Those of rank ROW are lines of their own names.
    shared : set of str
        The inputs that all rows share.

    Attributes
    ----------
    buffers : dict
        As many matrices t0, t1, ... of ``size`` lines must be at hand,
    row_numbers : list of int
        and lines r7, r9, ... for these.
    """

    def __init__(
        self, graph: Graph, outputs: Mapping[str, Symbol], matrices: Mapping[str, str], shared: set[str]
    ) -> None:
        super().__init__(graph, outputs, {name: f"{name}_j" + "[l]" * (name not in shared) for name in matrices})
        self.at_j = {**matrices, **{f"t{k}": f"t{k}[j]" for k in self.buffers.values()}}
        self.row_numbers = [i for i in self.needed if graph.ranks[i] == ROW and graph.nodes[i][0] != "input"]

    def lines(self) -> list[str]:
        lines = [f"n{i} = {self._source(i)}" for i in self.needed if self.graph.ranks[i] == STEP]
        for stage in range(max(self.stage.values()) + 1):
            singles = [i for i in self.row_numbers if self.stage[i] == stage and self._is_single(i)]
            once = [*self._loads(singles), *(f"n{i} = {self._source(i)}" for i in singles), *self._starts(stage)]
            lines += self._each_lane([*once, *self._stores([*singles, *self._reductions(stage)])])
            body = self._body(stage)
            if body:
                at_j = [f"{name}_j = {line}" for name, line in self.at_j.items()]
                lines += ["for j in range(size):", *(f"    {line}" for line in (*at_j, *self._each_lane(body)))]
        return lines + [
            f"{name} = r{symbol.number}"
            for name, symbol in self.outputs.items()
            if self.graph.ranks[symbol.number] == ROW
        ]

    def _body(self, stage: int) -> list[str]:
        elements = [i for i in self.needed if self.stage[i] == stage and self.graph.ranks[i] == ELEMENT]
        gathered = self._reductions(stage)
        return [*self._loads(elements, gathered), *super()._body(stage), *self._stores(gathered)]

    def _loads(self, made: list[int], changed: list[int] | tuple[int, ...] = ()) -> list[str]:
        """Of the numbers of the row that an inner loop needs to make some nodes and change others."""
        operands = {
            o for i in made if self.graph.nodes[i][0] not in ("input", "constant") for o in self.graph.nodes[i][1]
        }
        rows = [o for o in sorted(operands - {*made}) if self.graph.ranks[o] == ROW]
        return [f"n{o} = {self._source(o) if o not in self.row_numbers else f'r{o}[l]'}" for o in (*rows, *changed)]

    def _stores(self, made: list[int]) -> list[str]:
        return [f"r{i}[l] = n{i}" for i in made]

    def _each_lane(self, body: list[str]) -> list[str]:
        return ["for l in range(lanes):", *(f"    {line}" for line in body)] if body else []

    def _buffer(self, i: int) -> str:
        return f"t{self.buffers[i]}_j[l]"

    def _source(self, i: int) -> str:
        operation, operands = self.graph.nodes[i]
        return f"{operands[0]}[l]" if operation == "input" and self.graph.ranks[i] == ROW else super()._source(i)
