"""The operations of one thread for the cost and gradient of all rows.

Every thread takes its share of the rows, a block at a time: forward, backward, and the block's part of the gradient
added to the thread's own, while the rows are in the cache. When all are done, each adds up its share of the threads'
gradients.
"""

from __future__ import annotations

import itertools

from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.blas import SMALL
from gpunn.compile.cpu.epoch import DataParallel, Operations, Step, Strides, share
from gpunn.compile.cpu.operation import Matrix, add_up, barrier
from gpunn.compile.step import gradient_operations

BLOCK = 2**17  # elements in the widest part of a block of rows: it stays in the cache of a core
LEAST = 256  # rows of a block: with fewer the products are slow
ENOUGH = 64  # rows, where all products are small ones


def block_rows(sizes: tuple[int, ...]) -> int:
    """Number of rows that a thread takes at a time."""
    most = BLOCK // max(sizes)
    small = min(most, SMALL // max(a * b for a, b in itertools.pairwise(sizes)))
    return small if small >= ENOUGH else max(LEAST, most)


class Block(DataParallel):
    """The operations of a block of r rows, in the workspace of one thread.

    Parameters
    ----------
    step : Step
        Step of one thread, whose batch is a block.
    converts : bool
        X has another dtype, or columns that do not lie side by side: each block of it is copied.
    """

    def __init__(self, step: Step, r: int, strides: Strides, converts: bool) -> None:
        super().__init__(step, 0, r, strides)
        self.converts = converts
        for name, layer in gradient_operations(step.n_layers, step.learning):
            getattr(self, name)(layer)

    def inputs(self, layer: int) -> Matrix:
        return super().inputs(layer) if layer or self.converts else Matrix(op.X, 0, self.strides.X[0])

    def gather(self, layer: int) -> None:
        if self.converts:
            self.gather_rows(self.rows, (0, self.step.sizes[0]))

    def target(self) -> Matrix:
        return Matrix(op.T, 0, self.strides.T[0])

    def weight_gradient(self, i: int) -> None:
        super().weight_gradient(i)
        self.found[-1][op.FLAGS] |= op.ADD

    def vector_gradient(self, i: int, number: int) -> None:
        super().vector_gradient(i, number)
        self.found[-1][op.FLAGS] |= op.ADD


def end(step: Step, k: int, n_threads: int) -> Operations:
    """Thread k adds up its share of the gradients of all threads, whose workspaces lie one after the other."""
    first, last = share(k, n_threads, step.n_parameters)
    parts = Matrix(op.ALL, step.g.start + first, 0)
    return [barrier(), add_up(Matrix(op.OUT, first, 0), parts, step.workspace.size, n_threads, 1, last - first)]
