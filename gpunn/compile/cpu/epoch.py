"""The operations of one thread in a step of minibatch training.

Every thread runs the whole epoch. In a step each takes a share of the operations of `gpunn.compile.step`; where one
needs what others made, all wait for each other. There are three partitions, by what the threads then have to exchange:

data parallel
    A thread has rows of the batch, and makes their part of the gradient. For small networks.
tensor parallel
    A thread owns all weights that leave its share of the neurons of a layer. It alone reads and changes them, forward,
    backward and in the update, so that they stay in its core's cache; what it adds to each z is a part of a sum. Not
    for activations that need all of a row, such as softmax in a hidden layer.
sharded update
    A thread has rows of the batch, forward and backward, and then weights, for which it reads the rows of all. For
    large networks and batches so large that there would be more parts of z than weights.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.blas import FAR
from gpunn.compile.cpu.operation import Matrix, add_up, barrier, call, gemm, operation
from gpunn.compile.cpu.workspace import PAGE, Workspace
from gpunn.compile.step import step_operations
from gpunn.nn.network import Dense, Network, Part

Partition = Literal["data parallel", "tensor parallel", "sharded update"]

BLOCK = 2**16  # elements of a gradient that a thread has at once: they stay in the cache until they are used
WIDE_BLOCK = 2**19  # where products are not in tiles, for each block has the other matrix packed
ACTIVATED = 16  # rows whose z a thread adds up and activates at once: they stay in the nearest cache

Operations = list[list[int]]


class Strides(NamedTuple):
    """Elements from row to row, and from column to column, of X and T."""

    X: tuple[int, int]
    T: tuple[int, int]


class Vector(NamedTuple):
    """Parameters of a layer whose gradient is a sum over the rows of a matrix: one for each column, or one in all."""

    start: int  # in theta
    size: int
    terms: Matrix

    @property
    def matrix(self) -> Matrix:
        return Matrix(op.THETA, self.start, 0)


class Step:
    """Layout of the arrays of a step, and its operations.

    Parameters
    ----------
    network : Network
    partition : {"data parallel", "tensor parallel", "sharded update"}
    batch, n_threads : int
    functions : dict of str to int
        Slot of the address of each kernel.
    itemsize : int
        Bytes of an element.
    all_reduces : bool, default False
        The gradient is summed over ranks before the update.
    """

    def __init__(
        self,
        network: Network,
        partition: Partition,
        batch: int,
        n_threads: int,
        functions: dict[str, int],
        itemsize: int,
        all_reduces: bool = False,
    ) -> None:
        sizes = self.sizes = network.sizes
        self.partition, self.batch, self.n_threads = partition, batch, n_threads
        self.functions, self.itemsize, self.all_reduces = functions, itemsize, all_reduces
        self.n_layers = len(sizes) - 1
        self.learning = [i for i, layer in enumerate(network.layers) if layer.learned]
        self.n_weights, self.n_parameters = network.n_weights, network.n_parameters
        self.n_reductions = sum(name.startswith("clip_") for name in functions) // 2
        self.workspace = Workspace()
        parts = n_threads if partition == "tensor parallel" else 1  # of each z
        new = self.workspace.matrix
        self.x, self.target = new(batch, sizes[0]), new(batch, sizes[-1])
        self.z = [new(parts * batch, n) for n in sizes[1:]]
        self.h = [new(batch, n) for n in sizes[1:-1]]
        self.d = [new(batch, n) for n in sizes[1:]]
        if partition == "data parallel":
            self.g = new(n_threads, self.n_parameters)
        elif self.has_whole_gradient:
            self.g = new(1, self.n_parameters)
        else:
            self.g = new(n_threads, max(WIDE_BLOCK, *sizes))
        self.W = [Matrix(op.THETA, layer.W.start, layer.n_out) for layer in network.layers]
        self.vectors = [
            [Vector(part.start, part.stop - part.start, terms) for part, terms in self._terms(layer, d)]
            for layer, d in zip(network.layers, self.d, strict=True)
        ]
        n_parts = self.n_layers + sum(map(len, self.vectors))
        self.n_pieces = 2 if partition == "data parallel" else n_parts  # of the gradient, in each thread
        self.limits_norms = "scale_columns" in functions
        # Of the columns of each W: rows of each thread's part, then of what each makes of the sum.
        self.norms = [new(2 * n_threads, n) for n in sizes[1:]] if self.limits_norms else []
        self.totals = new(self.n_reductions, n_threads * self.n_pieces)

    @property
    def has_whole_gradient(self) -> bool:
        """The whole gradient is there before the update, in the first row of g unless threads have parts of it."""
        return self.all_reduces or self.n_reductions > 0

    def _terms(self, layer: Dense, d: Matrix) -> list[tuple[Part, Matrix]]:
        """The biases of a layer and what else it learns, each with the matrix of which its gradient is the sum."""
        of_learned = [(part, self.workspace.matrix(self.batch, layer.n_out)) for part in layer.learned.values()]
        return [(layer.b, d), *of_learned]

    def operations(self, k: int, r: int, strides: Strides) -> Operations:
        """Operations of thread k in a step of r rows."""
        make = {"data parallel": DataParallel, "tensor parallel": TensorParallel, "sharded update": ShardedUpdate}
        thread = make[self.partition](self, k, r, strides)
        which = self.n_reductions > 0, self.limits_norms, self.all_reduces
        for name, layer in step_operations(self.n_layers, self.learning, *which):
            getattr(thread, name)(layer)
        return thread.found


def share(k: int, n_threads: int, n: int) -> tuple[int, int]:
    """The part of thread k of n things."""
    return k * n // n_threads, (k + 1) * n // n_threads


def share_of_lines(k: int, n_threads: int, start: int, stop: int) -> tuple[int, int]:
    """The part of thread k of the elements from start to stop of an array that begins with a cache line.

    Parts meet where a cache line begins, so that no two threads write to one, and vectors are aligned.
    """

    def boundary(k: int) -> int:
        near = start + k * (stop - start) // n_threads
        return near if k in (0, n_threads) else min(-(-near // PAGE) * PAGE, stop)

    return boundary(k), boundary(k + 1)


def _as_sum(out: Matrix) -> Matrix:
    """The first row of a matrix as the place of a sum over rows, see `add_up`."""
    return out._replace(stride=0)


class Piece(NamedTuple):
    """A part of the gradient that a thread has made, in ``g``: that of a range of theta, all weights or none."""

    kind: Literal["weights", "biases"]
    g: Matrix
    start: int
    stop: int


class DataParallel:
    """The operations of thread k, which has the rows ``rows`` of r; a method for each operation of a step."""

    def __init__(self, step: Step, k: int, r: int, strides: Strides) -> None:
        self.step, self.k, self.r, self.strides = step, k, r, strides
        self.found: Operations = []
        self.pieces: list[Piece] = []
        self.rows = share(k, step.n_threads, r)
        self.n_rows = self.rows[1] - self.rows[0]

    def add(self, *operations: list[int]) -> None:
        self.found += operations

    def kernel(
        self, name: str, *matrices: Matrix, rows: tuple[int, int], columns: tuple[int, int], width: int = 0
    ) -> None:
        self.add(
            operation(op.KERNEL, *matrices, function=self.step.functions[name], rows=rows, columns=columns, width=width)
        )

    def inputs(self, layer: int) -> Matrix:
        return self.step.h[layer - 1] if layer else self.step.x

    def gather_rows(self, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        """Rows of X, and what dropout leaves of them."""
        s, (row, column) = self.step, self.strides.X
        self.kernel("gather", s.x, Matrix(op.X, 0, row), rows=rows, columns=columns, width=column)
        if "drop" in s.functions:
            self.kernel("drop", s.x, rows=rows, columns=columns, width=s.sizes[0])

    def gather_targets(self) -> None:
        s, (row, column) = self.step, self.strides.T
        every = (0, s.sizes[-1])
        self.kernel("targets", s.target, Matrix(op.T, 0, row), rows=self.rows, columns=every, width=column)

    def gather(self, layer: int) -> None:
        self.gather_targets()
        self.gather_rows(self.rows, (0, self.step.sizes[0]))

    def product(self, i: int) -> None:
        s, a = self.step, self.rows[0]
        self.add(gemm(self.inputs(i).at(a), s.W[i], s.z[i].at(a), self.n_rows, s.sizes[i], s.sizes[i + 1]))

    def forward(self, i: int) -> None:
        n = self.step.sizes[i + 1]
        self.kernel(f"forward_{i}", *self.of_activation(i), rows=self.rows, columns=(0, n), width=n)

    def of_activation(self, i: int) -> list[Matrix]:
        """The matrices of the kernels of an activation."""
        s, (biases, *learned) = self.step, self.step.vectors[i]
        found = [self.own_z(i), s.h[i], s.d[i], biases.matrix]
        for vector in learned:
            found += [vector.matrix, vector.terms]
        return found

    def head(self, i: int) -> None:
        s, n = self.step, self.step.sizes[-1]
        matrices = self.own_z(i), self.target(), s.d[i], s.vectors[i][0].matrix
        self.kernel("head", *matrices, rows=self.rows, columns=(0, n), width=n)

    def own_z(self, i: int) -> Matrix:
        return self.step.z[i]

    def target(self) -> Matrix:
        return self.step.target

    def input_gradient(self, i: int) -> None:
        s, a = self.step, self.rows[0]
        self.add(gemm(s.d[i].at(a), s.W[i], s.d[i - 1].at(a), self.n_rows, s.sizes[i + 1], s.sizes[i], op.TRANSPOSE_B))

    def backward(self, i: int) -> None:
        n = self.step.sizes[i + 1]
        self.kernel(f"backward_{i}", *self.of_activation(i), rows=self.rows, columns=(0, n), width=n)

    def weight_gradient(self, i: int) -> None:
        s, a = self.step, self.rows[0]
        out = s.g.at(self.k, s.W[i].start)._replace(stride=s.sizes[i + 1])
        self.add(gemm(self.inputs(i).at(a), s.d[i].at(a), out, s.sizes[i], self.n_rows, s.sizes[i + 1], op.TRANSPOSE_A))

    def bias_gradient(self, i: int) -> None:
        self.vector_gradient(i, 0)

    def learned_gradient(self, i: int) -> None:
        for number in range(1, len(self.step.vectors[i])):
            self.vector_gradient(i, number)

    def vector_gradient(self, i: int, number: int) -> None:
        vector = self.step.vectors[i][number]
        out = self.step.g.at(self.k, vector.start)
        self.sum_rows(i, vector, out, self.rows, (0, vector.size))

    def sum_rows(self, i: int, vector: Vector, out: Matrix, rows: tuple[int, int], part: tuple[int, int]) -> None:
        """The gradient of a part of a vector of a layer, by some rows."""
        n, n_rows, terms, out = self.step.sizes[i + 1], rows[1] - rows[0], vector.terms.at(rows[0]), _as_sum(out)
        if vector.size == n:
            self.add(add_up(out, terms.at(0, part[0]), 0, 1, n_rows, part[1] - part[0]))
            return
        if n_rows:  # the sums of columns, in the place of the first row
            self.add(add_up(_as_sum(terms), terms, 0, 1, n_rows, n, op.ADD))
        self.add(add_up(out, terms._replace(stride=1), 0, 1, n if n_rows else 0, 1))

    def all_reduce(self, layer: int) -> None:
        self.make_pieces()
        self.add(barrier())
        if self.k == 0:
            self.add(call(op.ALL_REDUCE))
        self.add(barrier())

    def clip(self, layer: int) -> None:
        if not self.pieces:
            self.make_pieces()
        self.reduce()

    def make_pieces(self) -> None:
        """This thread's share of the whole gradient."""
        self.add(barrier())
        for piece in self.shares():
            self.add_parts(piece)
            self.pieces.append(piece)

    def reduce(self) -> None:
        """The reductions over the whole gradient, in the pieces of all threads."""
        s, first = self.step, self.k * self.step.n_pieces
        for reduction in range(s.n_reductions):
            for number, (kind, g, start, stop) in enumerate(self.pieces, first):
                matrices = g, s.totals, s.totals.at(reduction, number)
                name, width = f"clip_{reduction}_{kind}", s.n_threads * s.n_pieces
                self.kernel(name, *matrices, rows=(0, 1), columns=(start, stop), width=width)
            self.add(barrier())

    def update(self, layer: int) -> None:
        if not self.pieces:
            self.add(barrier())
            for piece in self.shares():
                self.add_parts(piece)
                self.update_piece(piece)
        self.update_pieces()
        self.add(barrier())

    def shares(self) -> list[Piece]:
        """This thread's share of the gradient, each piece in its own row of g, or in the first one for all ranks."""
        s, found, row = self.step, [], 0 if self.step.all_reduces else self.k
        kinds: tuple[Literal["weights", "biases"], ...] = "weights", "biases"
        for kind, start, stop in zip(kinds, (0, s.n_weights), (s.n_weights, s.n_parameters), strict=True):
            first, last = share_of_lines(self.k, s.n_threads, start, stop)
            found.append(Piece(kind, s.g.at(row, first), first, last))
        return found

    def add_parts(self, piece: Piece) -> None:
        """Add the other threads' parts of a piece of the gradient to this one's."""
        s, n = self.step, piece.stop - piece.start
        if s.n_threads > 1:
            self.add(add_up(piece.g, s.g.at(0, piece.start), s.g.stride, s.n_threads, 1, n, op.ADD))

    def update_piece(self, piece: Piece) -> None:
        kind, g, start, stop = piece
        s = self.step
        if s.n_reductions:
            width = s.n_threads * s.n_pieces
            self.kernel(f"update_{kind}", g, s.totals, rows=(0, 1), columns=(start, stop), width=width)
        else:
            self.kernel(f"update_{kind}", g, rows=(0, 1), columns=(start, stop))

    def update_pieces(self) -> None:
        for piece in self.pieces:
            self.update_piece(piece)

    def max_norm(self, layer: int) -> None:
        self.limit_norms()
        self.add(barrier())

    def limit_norms(self) -> None:
        """Limit the norms of the columns of each W, of which this thread has its share of the rows."""
        s = self.step
        layers = list(zip(s.W, s.norms, (share(self.k, s.n_threads, n) for n in s.sizes[:-1]), strict=True))
        for W, norms, rows in layers:
            own = norms.at(self.k)
            self.add(add_up(own, own, 0, 0, 0, W.stride))  # nothing, so that it is 0
            self.kernel("add_squares", W, own, rows=rows, columns=(0, W.stride))
        self.add(barrier())
        for W, norms, rows in layers:
            factors = norms.at(s.n_threads + self.k)
            self.add(add_up(factors, norms, norms.stride, s.n_threads, 1, W.stride))
            self.kernel("norm_factors", W, factors, rows=(0, 1), columns=(0, W.stride))
            self.kernel("scale_columns", W, factors, rows=rows, columns=(0, W.stride))

    def advance(self, layer: int) -> None:
        self.kernel("advance", rows=(0, 1), columns=(0, 1))


class ShardedUpdate(DataParallel):
    """Weight gradients come when all threads are back at the first layer, each with its update.

    To be clipped, the gradient has to be there as a whole before any update.
    """

    def __init__(self, step: Step, k: int, r: int, strides: Strides) -> None:
        super().__init__(step, k, r, strides)
        self.waiting: list[int] = []

    def weight_gradient(self, i: int) -> None:
        self.waiting.append(i)

    def bias_gradient(self, i: int) -> None:
        pass  # `descend` makes it

    def learned_gradient(self, i: int) -> None:
        pass  # and this

    def make_pieces(self) -> None:
        self.add(barrier())
        for i in self.waiting:
            self.gradient(i)

    def update(self, layer: int) -> None:
        if not self.pieces:
            self.add(barrier())
            for i in self.waiting:
                self.descend(i)
        self.update_pieces()
        self.add(barrier())

    def gradient(self, i: int) -> None:
        """The gradient of this thread's share of a layer, into that of all of theta."""
        s, n = self.step, self.step.sizes[i + 1]
        p, q = share(self.k, s.n_threads, s.sizes[i])
        first, out = s.W[i].start + p * n, s.g.at(0, s.W[i].start + p * n)
        if p < q:
            self.add(gemm(self.inputs(i).at(0, p), s.d[i], out._replace(stride=n), q - p, self.r, n, op.TRANSPOSE_A))
        self.pieces.append(Piece("weights", out, first, first + (q - p) * n))
        for vector in s.vectors[i]:
            p, q = share(self.k, s.n_threads, vector.size)
            out = s.g.at(0, vector.start + p)
            if p < q:
                self.sum_rows(i, vector, out, (0, self.r), (p, q))
            self.pieces.append(Piece("biases", out, vector.start + p, vector.start + q))

    def descend(self, i: int) -> None:
        """Gradient and update of this thread's share of a layer: of its inputs' weights, and of its biases."""
        s, n = self.step, self.step.sizes[i + 1]
        p, e = share(self.k, s.n_threads, s.sizes[i])
        n_inputs = max(1, (WIDE_BLOCK if s.d[i].stride * s.itemsize >= FAR else BLOCK) // n)
        part = s.g.at(self.k)._replace(stride=n)
        while p < e:
            q = min(p + n_inputs, e)
            self.add(gemm(self.inputs(i).at(0, p), s.d[i], part, q - p, self.r, n, op.TRANSPOSE_A))
            first = s.W[i].start + p * n
            self.update_piece(Piece("weights", part, first, first + (q - p) * n))
            p = q
        for vector in s.vectors[i]:
            p, e = share(self.k, s.n_threads, vector.size)
            if p < e:
                self.sum_rows(i, vector, part, (0, self.r), (p, e))
                self.update_piece(Piece("biases", part, vector.start + p, vector.start + e))


class TensorParallel(ShardedUpdate):
    """A stage a layer, forward and backward: each thread takes its share of the layer's inputs.

    After the last stage nobody waits: what it changed is read, in the next step's first, by the same thread alone.
    """

    def own_inputs(self, i: int) -> tuple[int, int]:
        return share(self.k, self.step.n_threads, self.step.sizes[i])

    def own_z(self, i: int) -> Matrix:
        return self.step.z[i].at(self.k * self.step.batch)

    def gather(self, layer: int) -> None:
        self.gather_rows((0, self.r), self.own_inputs(0))
        self.gather_targets()

    def product(self, i: int) -> None:
        s = self.step
        p, q = self.own_inputs(i)
        self.add(gemm(self.inputs(i).at(0, p), s.W[i].at(p), self.own_z(i), self.r, q - p, s.sizes[i + 1]))

    def forward(self, i: int) -> None:
        columns, width = self.own_inputs(i + 1), self.step.sizes[i + 1]
        self.add(barrier())
        for first in range(0, self.r, ACTIVATED):
            rows = (first, min(first + ACTIVATED, self.r))
            self.add_parts_of(i, rows, columns)
            self.kernel(f"forward_{i}", *self.of_activation(i), rows=rows, columns=columns, width=width)

    def add_parts_of(self, i: int, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        """Add the other threads' parts of z to this one's."""
        s, (p, q) = self.step, columns
        if s.n_threads > 1:
            own, every = (z.at(rows[0], p) for z in (self.own_z(i), s.z[i]))
            self.add(add_up(own, every, s.batch * s.z[i].stride, s.n_threads, rows[1] - rows[0], q - p, op.ADD))

    def head(self, i: int) -> None:
        self.add(barrier())
        self.add_parts_of(i, self.rows, (0, self.step.sizes[-1]))
        super().head(i)
        self.add(barrier())

    def input_gradient(self, i: int) -> None:
        s = self.step
        p, q = self.own_inputs(i)
        self.add(gemm(s.d[i], s.W[i].at(p), s.d[i - 1].at(0, p), self.r, s.sizes[i + 1], q - p, op.TRANSPOSE_B))

    def backward(self, i: int) -> None:
        columns, width = self.own_inputs(i + 1), self.step.sizes[i + 1]
        self.kernel(f"backward_{i}", *self.of_activation(i), rows=(0, self.r), columns=columns, width=width)

    def weight_gradient(self, i: int) -> None:
        if self.step.has_whole_gradient:
            self.gradient(i)
        else:
            self.descend(i)
        if i:
            self.add(barrier())

    def update(self, layer: int) -> None:
        self.update_pieces()  # without clipping each layer has had its own

    def max_norm(self, layer: int) -> None:
        self.limit_norms()
