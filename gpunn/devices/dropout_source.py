"""The Python source of dropout's masks, for Numba to compile: `gpunn.nn.dropout`, traced in whole numbers.

A mask is never in memory. The loop of a kernel asks of each element whether it is kept, forward and once more back.
"""

from __future__ import annotations

from typing import Any

from gpunn.devices.loops import Rows
from gpunn.devices.trace import STEP, Graph, Symbol

KEPT = "kept_{0}(np.uint32(start + j), key)"  # of the element j of a row
ARGUMENTS = ["n", "key"]  # of a kernel: length of a whole row, and key of the layer in this step
START = "start = np.uint32(i * n + p)"  # number of the first element of the row i


def kept_source(dropout: Any, layer: int) -> str:
    """The function ``kept_0(index, key)`` for the inputs of layer 0."""
    graph = Graph("uint32")
    outputs = {"kept": dropout.kept(graph.input("index", STEP), graph.input("key", STEP), layer)}
    lines = [f"def kept_{layer}(index, key):", *(f"    {line}" for line in _Whole(graph, outputs, {}).lines())]
    return "\n".join(["", "@njit(**options)", *lines, "    return kept"])


def dropped(dropout: Any, x: Symbol, layer: int) -> Symbol:
    """What dropout leaves of the inputs x of a layer, for a kernel whose input "kept" is `KEPT`; or of their slope."""
    return x * dropout.factor(x.graph, x.graph.input("kept", truth=True), layer, x.dtype)


class _Whole(Rows):
    """Each number cut to the 32 bits that the arrays have: those of Numba grow to 64."""

    def _source(self, i: int) -> str:
        operation, operands = self.graph.nodes[i]
        if operation == "constant":
            return f"np.uint32({int(operands[0])})"
        source = super()._source(i)
        return source if operation in ("input", ">=") else f"np.uint32({source})"
