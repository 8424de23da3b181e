"""The memory that compiled code works in: matrices one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.operation import Matrix

ALIGNMENT = 64  # bytes
PAGE = 16  # elements to which rows are padded


class Workspace:
    """Hands out consecutive matrices of one block of memory.

    Each row begins at a multiple of 64 bytes: what BLAS gives may differ in the last bit with the address. Rows a
    multiple of 512 bytes apart would compete for the same few cache lines, and are kept farther apart.
    """

    def __init__(self) -> None:
        self.size = 0  # elements

    def matrix(self, rows: int, columns: int) -> Matrix:
        columns = -(-columns // PAGE) * PAGE
        columns += PAGE * (columns % 128 == 0)
        found = Matrix(op.WORKSPACE, self.size, columns)
        self.size += rows * columns
        return found


def empty_aligned(n: int, dtype: Any) -> np.ndarray:
    """n elements that begin at a multiple of `ALIGNMENT`, in cache lines of their own.

    Threads that write to the same line wait for each other, whatever they write.
    """
    size = n * np.dtype(dtype).itemsize
    raw = np.empty(-(-size // ALIGNMENT) * ALIGNMENT + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype)


def zeros_aligned(n: int, dtype: Any) -> np.ndarray:
    """n zeros as `empty_aligned` gives them."""
    found = empty_aligned(n, dtype)
    found[...] = 0
    return found


def aligned(x: np.ndarray) -> np.ndarray:
    """x, copied if it does not begin at a multiple of `ALIGNMENT`."""
    if x.ctypes.data % ALIGNMENT == 0:
        return x
    copy = empty_aligned(x.size, x.dtype).reshape(x.shape)
    copy[...] = x
    return copy
