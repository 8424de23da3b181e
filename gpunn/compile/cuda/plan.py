"""One step of minibatch training on a GPU as a list of matrix products and kernel launches over named buffers.

Nothing here knows a GPU: the list is what `gpunn.compile.cuda.graph` captures, and what tests go through on the CPU.

For a batch: its rows are gathered; each layer is a product, then a kernel for bias and activation; the head gives
cost and delta; backwards each layer is a product for dW, one for dh, and a kernel for dz and the bias gradient; one
kernel updates all of theta; a last one counts the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gpunn.compile.cuda.kernels import Kernels
from gpunn.compile.cuda.runtime import LaunchConfig
from gpunn.compile.step import step_operations
from gpunn.nn.network import Dense, Network

BLOCKS = 2048  # blocks of a launch at most: enough to fill any GPU
CHUNKS, ROWS = 64, 32  # chunks of rows in the sum of a column at most, and rows in a chunk at least


@dataclass(frozen=True)
class Part:
    """The numbers of a buffer from ``start`` on."""

    buffer: str
    start: int = 0


@dataclass(frozen=True)
class Gemm:
    """out (m, n) = a (m, k) b (k, n), all row by row; a transposed one lies as its transpose."""

    a: Part
    b: Part
    out: Part
    m: int
    k: int
    n: int
    transpose_a: bool = False
    transpose_b: bool = False


@dataclass(frozen=True)
class Launch:
    """A kernel and its arguments: the address of a part, or an integer of 64 bits."""

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
    bf16_operands : bool
        Operands of products are kept as bfloat16.
    n, batch : int
        Rows of an epoch, and of a step.
    config : LaunchConfig

    Attributes
    ----------
    buffers : dict
        Length and dtype of each buffer the epoch works in; "real" is theta's dtype, "operand" what products take.
        All begin as zeros. Those given to the epoch are "X", "T", "weight" (which may be None), "theta" and
        "state." with the name of an array of the method.
    """

    def __init__(
        self,
        network: Network,
        fields: Sequence[tuple[str, bool]],
        kernels: Kernels,
        bf16_operands: bool,
        n: int,
        batch: int,
        config: LaunchConfig,
    ) -> None:
        self.network, self.kernels, self.bf16_operands, self.batch, self.config = (
            network,
            kernels,
            bf16_operands,
            batch,
            config,
        )
        self.state = [Part(f"state.{name}") for name, _ in fields]
        self.counters = [Part(f"state.{name}") for name, single in fields if single]
        self.read = (Part("weight"), Part("order"), Part("step"))
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
                self.buffers |= {f"h{number}": (size, "operand"), self._dh(number).buffer: (size, "real")}
        if bf16_operands:
            self.buffers["W"] = (network.n_weights, "operand")

    def start(self) -> list[Record]:
        """Operations at the start of an epoch."""
        weights = self.network.n_weights
        return (
            [Launch("round_weights", (Part("theta"), Part("W")), self._blocks(weights))] if self.bf16_operands else []
        )

    def step(self, rows: int) -> list[Record]:
        """A step on ``rows`` rows, at most as many as a batch."""
        records: list[Record] = []
        for name, layer in step_operations(len(self.network.layers)):
            records += getattr(self, f"_{name}")(layer, rows)
        return records

    def _gather(self, _: int, rows: int) -> list[Record]:
        given = (Part("X"), *self.read, Part("x"), Part("share"), self.batch, rows)
        return [Launch("gather", given, self._blocks(rows * self.network.sizes[0]))]

    def _product(self, number: int, rows: int) -> list[Record]:
        layer = self.network.layers[number]
        return [Gemm(self._x(number), self._W(layer), Part(f"z{number}"), rows, layer.n_in, layer.n_out)]

    def _forward(self, number: int, rows: int) -> list[Record]:
        layer, name = self.network.layers[number], f"forward_{number}"
        given = (Part(f"z{number}"), Part("theta", layer.b.start), Part(f"h{number}"), rows)
        return [Launch(name, given, self._map(name, rows, layer.n_out))]

    def _head(self, number: int, rows: int) -> list[Record]:
        layer = self.network.layers[number]
        z, b, d = Part(f"z{number}"), Part("theta", layer.b.start), Part(f"d{number}")
        given = (z, b, Part("T"), *self.read, Part("share"), d, Part("costs"), self.batch, rows)
        return [Launch("head", given, self._map("head", rows, layer.n_out)), self._columns(number, rows)]

    def _weight_gradient(self, number: int, rows: int) -> list[Record]:
        layer, d = self.network.layers[number], Part(f"d{number}")
        return [Gemm(self._x(number), d, Part("g", layer.W.start), layer.n_in, rows, layer.n_out, transpose_a=True)]

    def _bias_gradient(self, number: int, rows: int) -> list[Record]:
        return []  # the kernel that makes dz sums its columns

    def _input_gradient(self, number: int, rows: int) -> list[Record]:
        layer, d = self.network.layers[number], Part(f"d{number}")
        return [Gemm(d, self._W(layer), self._dh(number - 1), rows, layer.n_out, layer.n_in, transpose_b=True)]

    def _update(self, _: int, rows: int) -> list[Record]:
        gradient = (Part("theta"), Part("g"), Part("db"), self._chunks(rows))
        given = (*self.state, Part("lr"), Part("step"), Part("share"))
        made = (Part("norms"), Part("penalties"), *([Part("W")] if self.bf16_operands else []))
        return [Launch("update", (*gradient, *given, *made), self.update_blocks)]

    def _advance(self, _: int, rows: int) -> list[Record]:
        ended = (Part("lr"), Part("share"), Part("sums"), *self.counters, Part("step"))
        return [Launch("advance", (Part("penalties"), self.update_blocks, *ended, rows), 1)]

    def _backward(self, number: int, rows: int) -> list[Record]:
        layer, name = self.network.layers[number], f"backward_{number}"
        given = (Part(f"z{number}"), Part("theta", layer.b.start), Part(f"h{number}"), self._dh(number))
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

    def _W(self, layer: Dense) -> Part:
        return Part("W" if self.bf16_operands else "theta", layer.W.start)

    def _dh(self, number: int) -> Part:
        """dh; dz takes its place where both have one dtype."""
        return Part(f"dh{number}" if self.bf16_operands else f"d{number}")

    def _db(self, layer: Dense) -> Part:
        return Part("db", layer.b.start - self.network.n_weights)

    def _blocks(self, threads: int) -> int:
        return min(BLOCKS, -(-threads // self.config.threads))

    def _map(self, name: str, rows: int, n: int) -> int:
        return self._blocks(rows * (self.config.warp if name in self.kernels.by_rows else n))

    def _chunks(self, rows: int) -> int:
        return min(CHUNKS, -(-rows // ROWS))

    def _column_blocks(self, rows: int, n: int) -> int:
        return -(-n // self.config.warp) * self._chunks(rows)
