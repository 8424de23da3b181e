"""The operations that `gpunn.compile.cpu.runtime` runs one after the other: rows of integers.

Every array is a matrix whose rows lie one after the other: the slot of its address in the table of addresses, the
number of its first element from there, and the number of elements from row to row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Fields of an operation
CODE, FUNCTION, ROW_START, ROW_STOP, COLUMN_START, COLUMN_STOP, WIDTH, FLAGS, MATRICES = range(9)
SLOT, START, STRIDE, MATRIX_FIELDS = range(4)  # of each of its matrices
MATRIX_BYTES = 8 * MATRIX_FIELDS
N_MATRICES = 10
N_FIELDS = MATRICES + N_MATRICES * MATRIX_FIELDS

# Codes
BARRIER, KERNEL, GEMM, ADD_UP, CALL = range(5)
TRANSPOSE_A, TRANSPOSE_B, ADD = 1, 2, 4  # flags of GEMM; ADD also of ADD_UP

# Slots of the table of addresses. Those of the first line differ from step to step, and so does what they point to.
ORDER, KEYS, WEIGHTS, REALS, SUMS = range(5)
COUNTERS, SCRATCH, THETA, X, T, WORKSPACE, ALL, OUT, INDICES, INDPTR = range(5, 15)  # X: its data if sparse
ALL_REDUCE, FIRST_ROW, FIRST_FREE = range(15, 18)  # a function; the number itself that row 0 has in its batch
SHARE, RATE = range(2)  # of REALS: 1 over the sum of the weights, and the learning rate
COST, NORM2, PENALTY = range(3)  # of SUMS, in double precision

SUCCESS = 0x5355_4343_4553_53  # by which a function that was called says that it came to its end
ABORTED = 2**62  # in a barrier's count: a thread has failed, and the others are to end


class Matrix(NamedTuple):
    """Address and layout of a matrix."""

    slot: int
    start: int
    stride: int

    def at(self, row: int, column: int = 0) -> Matrix:
        """The part that begins at a row and column."""
        return self._replace(start=self.start + row * self.stride + column)


def operation(
    code: int,
    *matrices: Matrix,
    function: int = 0,
    rows: tuple[int, int] = (0, 0),
    columns: tuple[int, int] = (0, 0),
    width: int = 0,
    flags: int = 0,
) -> list[int]:
    """The fields of an operation."""
    fields = [code, function, *rows, *columns, width, flags]
    for matrix in matrices:
        fields += matrix
    return fields + [0] * (N_FIELDS - len(fields))


def barrier() -> list[int]:
    """All threads wait for each other."""
    return operation(BARRIER)


def call(slot: int) -> list[int]:
    """Call a function without arguments, which returns `SUCCESS`; anything else ends the thread."""
    return operation(CALL, function=slot)


def gemm(a: Matrix, b: Matrix, out: Matrix, m: int, k: int, n: int, flags: int = 0) -> list[int]:
    """out (m, n) = a (m, k) b (k, n); with the flag ADD it is added to out."""
    return operation(GEMM, a, b, out, rows=(0, m), columns=(0, n), width=k, flags=flags)


def add_up(out: Matrix, part: Matrix, to_next: int, n_parts: int, n_rows: int, n: int, flags: int = 0) -> list[int]:
    """out (n_rows, n) = the sum of n_parts matrices, each ``to_next`` elements after the one before.

    With the flag ADD they are added to out, but for one that is out itself. With rows of out that are 0 elements apart
    it gets the sums over all rows; without the flag there is one row.
    """
    return operation(ADD_UP, out, part, Matrix(WORKSPACE, 0, to_next), rows=(0, n_rows), columns=(0, n), width=n_parts,
                     flags=flags)  # fmt: skip


def program(operations: list[list[int]]) -> np.ndarray:
    """Operations as an array (n, N_FIELDS)."""
    return np.array(operations, np.int64).reshape(-1, N_FIELDS)
