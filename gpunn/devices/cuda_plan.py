"""One step of minibatch training on a GPU as a list of matrix products and kernel launches over named buffers.

Nothing here knows a GPU: the list is what `gpunn.devices.cuda_graph` captures, and what tests go through on the CPU.

For a batch: its rows are gathered; each layer is a product, then a kernel for bias and activation; the head gives
cost and delta; backwards each layer is a product for dW, one for dh, and a kernel for dz and the bias gradient; one
kernel updates all of theta; a last one counts the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpunn.devices.cuda_header import Grain
from gpunn.devices.cuda_source import Kernels

BLOCKS = 2048  # blocks of a launch at most: enough to fill any GPU
CHUNKS, ROWS = 64, 32  # chunks of rows in the sum of a column at most, and rows in a chunk at least


@dataclass(frozen=True)
class Part:
    """The numbers of a buffer from ``start`` on."""

    buffer: str
    start: int = 0


@dataclass(frozen=True)
class Gemm:
    """out (m, n) = a (m, k) b (k, n), all row by row; a flipped one lies as its transpose."""

    a: Part
    b: Part
    out: Part
    m: int
    k: int
    n: int
    flip_a: bool = False
    flip_b: bool = False


@dataclass(frozen=True)
class Launch:
    """A kernel and its arguments: the address of a part, or a whole number of 64 bits."""

    kernel: str
    arguments: tuple[Part | int, ...]
    blocks: int


Record = Gemm | Launch


class Plan:
    """Buffers and steps of an epoch.

    Parameters
    ----------
    network : Network
    fields : sequence of (str, bool)
        Arrays of the method's state, and whether each is one number for the step.
    kernels : Kernels
    narrow : bool
        Operands of products are kept as bfloat16.
    n, batch : int
        Rows of an epoch, and of a step.
    grain : Grain

    Attributes
    ----------
    buffers : dict
        Length and dtype of each buffer the epoch works in; "real" is theta's dtype, "operand" what products take.
        All begin as zeros. Those given to the epoch are "X", "T", "weight" (which may be None), "theta" and
        "state." with the name of an array of the method.
    """

    def __init__(
        self,
        network: Any,
        fields: Sequence[tuple[str, bool]],
        kernels: Kernels,
        narrow: bool,
        n: int,
        batch: int,
        grain: Grain,
    ) -> None:
        self.network, self.kernels, self.narrow, self.batch, self.grain = network, kernels, narrow, batch, grain
        self.state = [Part(f"state.{name}") for name, _ in fields]
        self.counters = [Part(f"state.{name}") for name, single in fields if single]
        self.last = len(network.layers) - 1
        self.update_blocks = self._blocks(network.n_parameters)
        n_steps = -(-n // batch)
        self.buffers: dict[str, tuple[int, str]] = {
            "order": (n, "int64"), "lr": (n_steps, "real"), "step": (1, "int64"),
            "x": (batch * network.sizes[0], "operand"), "share": (1, "real"), "g": (network.n_weights, "real"),
            "db": (CHUNKS * (network.n_parameters - network.n_weights), "real"),
            "costs": (n, "real"), "sums": (n_steps, "real"),  # of each row, and the penalty of each step
            "norms": (self.update_blocks, "real"), "penalties": (self.update_blocks, "real"),
        }  # fmt: skip
        for number, layer in enumerate(network.layers):
            size = batch * layer.n_out
            self.buffers |= {f"z{number}": (size, "real"), f"d{number}": (size, "operand")}
            if number < self.last:
                self.buffers |= {f"h{number}": (size, "operand"), self._e(number).buffer: (size, "real")}
        if narrow:
            self.buffers["W"] = (network.n_weights, "operand")

    def start(self) -> list[Record]:
        """What an epoch begins with."""
        weights = self.network.n_weights
        return [Launch("narrow", (Part("theta"), Part("W")), self._blocks(weights))] if self.narrow else []

    def step(self, rows: int) -> list[Record]:
        """A step on ``rows`` rows, at most as many as a batch."""
        batch, layers = self.batch, self.network.layers
        read = (Part("weight"), Part("order"), Part("step"))
        records: list[Record] = [
            Launch(
                "gather",
                (Part("X"), *read, Part("x"), Part("share"), batch, rows),
                self._blocks(rows * self.network.sizes[0]),
            )
        ]
        for number, layer in enumerate(layers):
            z, b = Part(f"z{number}"), Part("theta", layer.b.start)
            records.append(Gemm(self._x(number), self._W(layer), z, rows, layer.n_in, layer.n_out))
            if number < self.last:
                name = f"forward_{number}"
                records.append(Launch(name, (z, b, Part(f"h{number}"), rows), self._map(name, rows, layer.n_out)))
            else:
                head = (z, b, Part("T"), *read, Part("share"), Part(f"d{number}"), Part("costs"), batch, rows)
                records.append(Launch("head", head, self._map("head", rows, layer.n_out)))
        records.append(self._columns(self.last, rows))
        for number in reversed(range(len(layers))):
            layer, d = layers[number], Part(f"d{number}")
            dW = Part("g", layer.W.start)
            records.append(Gemm(self._x(number), d, dW, layer.n_in, rows, layer.n_out, flip_a=True))
            if number > 0:
                e = self._e(number - 1)
                records.append(Gemm(d, self._W(layer), e, rows, layer.n_out, layer.n_in, flip_b=True))
                records += self._backward(number - 1, rows)
        gradient = (Part("theta"), Part("g"), Part("db"), self._chunks(rows))
        given = (*self.state, Part("lr"), Part("step"), Part("share"))
        made = (Part("norms"), Part("penalties"), *([Part("W")] if self.narrow else []))
        records.append(Launch("update", (*gradient, *given, *made), self.update_blocks))
        ended = (Part("lr"), Part("share"), Part("sums"), *self.counters, Part("step"))
        records.append(Launch("advance", (Part("penalties"), self.update_blocks, *ended, rows), 1))
        return records

    def _backward(self, number: int, rows: int) -> list[Record]:
        layer, name = self.network.layers[number], f"backward_{number}"
        given = (Part(f"z{number}"), Part("theta", layer.b.start), Part(f"h{number}"), self._e(number))
        arguments = (*given, Part(f"d{number}"), self._db(layer), rows)
        if name in self.kernels.by_rows:
            return [Launch(name, arguments, self._map(name, rows, layer.n_out)), self._columns(number, rows)]
        return [Launch(name, arguments, self._column_blocks(rows, layer.n_out))]

    def _columns(self, number: int, rows: int) -> Launch:
        layer = self.network.layers[number]
        blocks = self._column_blocks(rows, layer.n_out)
        return Launch(f"columns_{number}", (Part(f"d{number}"), self._db(layer), rows), blocks)

    def _x(self, number: int) -> Part:
        return Part("x") if number == 0 else Part(f"h{number - 1}")

    def _W(self, layer: Any) -> Part:
        return Part("W" if self.narrow else "theta", layer.W.start)

    def _e(self, number: int) -> Part:
        """dh; dz takes its place where both have one dtype."""
        return Part(f"e{number}" if self.narrow else f"d{number}")

    def _db(self, layer: Any) -> Part:
        return Part("db", layer.b.start - self.network.n_weights)

    def _blocks(self, threads: int) -> int:
        return min(BLOCKS, -(-threads // self.grain.threads))

    def _map(self, name: str, rows: int, n: int) -> int:
        return self._blocks(rows * (self.grain.warp if name in self.kernels.by_rows else n))

    def _chunks(self, rows: int) -> int:
        return min(CHUNKS, -(-rows // ROWS))

    def _column_blocks(self, rows: int, n: int) -> int:
        return -(-n // self.grain.warp) * self._chunks(rows)
