"""The matrix product that compiled code calls: whose it is, and its Python source for Numba.

NumPy's wheels bring an OpenBLAS of their own. Compiled code calls that one, so that it multiplies with the kernels that
arrays are multiplied with; Numba's own way leads to SciPy's, which is often older and was slower where we measured it,
most of all in small and in forward products. A NumPy that has another BLAS is left to Numba.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import Any, NamedTuple

LETTERS = {"float32": "s", "float64": "d"}  # of BLAS's names

BY_NUMPY = """
# The product of the OpenBLAS that NumPy brought; gpunn.devices.products tells the linker its address.
integer, pointer, enum = types.{integer}, types.CPointer(types.{dtype}), types.int32
gemm = types.ExternalFunction("gpunn_{letter}gemm_{integer}", types.void(
    enum, enum, enum, integer, integer, integer, types.{dtype}, pointer, integer, pointer, integer,
    types.{dtype}, pointer, integer,
))


@njit(**options)
def blas(a, b, out, turn_a, turn_b, add):
    # out = a b, or a^T, or b^T; with add, out += a b. 101 is "by rows", 111 "as it is", 112 "transposed".
    # The sizes are those of out and b: a may have columns to spare.
    inner = b.shape[1] if turn_b else b.shape[0]
    gemm(
        101, 112 if turn_a else 111, 112 if turn_b else 111, out.shape[0], out.shape[1], inner,
        dt(1), a.ctypes, a.strides[0] // a.itemsize, b.ctypes, b.strides[0] // b.itemsize,
        dt(add), out.ctypes, out.strides[0] // out.itemsize,
    )
"""

BY_NUMBA = """
# BLAS's product, as Numba's own np.dot calls it; np.dot itself would copy the parts of a matrix first.
size_t, pointer = types.intp, types.CPointer(types.{dtype})
gemm = types.ExternalFunction("numba_xxgemm", types.intc(
    types.char, types.char, types.char, size_t, size_t, size_t, pointer, pointer, size_t, pointer, size_t,
    pointer, pointer, size_t,
))
kind, plain, turned = ord("{letter}"), ord("n"), ord("t")
numbers = np.array([0, 1], dt)


@njit(**options)
def blas(a, b, out, turn_a, turn_b, add):
    # out = a b, or a^T, or b^T; with add, out += a b. BLAS counts by columns and so is asked for out^T = b^T a^T.
    # The sizes are those of out and b: a may have columns to spare.
    inner = b.shape[1] if turn_b else b.shape[0]
    gemm(
        kind, turned if turn_b else plain, turned if turn_a else plain, out.shape[1], out.shape[0], inner,
        numbers[1:].ctypes, b.ctypes, b.strides[0] // b.itemsize, a.ctypes, a.strides[0] // a.itemsize,
        numbers[add:].ctypes, out.ctypes, out.strides[0] // out.itemsize,
    )
"""

SMALL = 10**6  # products of numbers, of two matrices, up to which OpenBLAS multiplies them where they lie

BY_PARTS = f"""

# OpenBLAS copies both matrices into an order of its own before it multiplies, but not small ones, which it multiplies
# where they lie. With few rows in a batch, to copy takes as long as half the
# product: then a matrix is multiplied in such parts, unless its rows lie so far apart that all would want the same few
# places in the cache.
SMALL, WIDTH, DEPTH, FAR = {SMALL}, 128, 120, 4096


@njit(**options)
def product(a, b, out, turn_a, turn_b, add):
    (m, n), inner = out.shape, b.shape[1] if turn_b else b.shape[0]
    if turn_b or m * n * inner <= SMALL or b.strides[0] >= FAR:
        blas(a, b, out, turn_a, turn_b, add)
        return
    width, depth = min(n, WIDTH), min(inner, DEPTH)
    height = max(16, SMALL // (width * depth) // 16 * 16)
    for j in range(0, n, width):
        q = min(j + width, n)
        for k in range(0, inner, depth):
            e = min(k + depth, inner)
            for i in range(0, m, height):
                p = min(i + height, m)
                part = a[k:e, i:p] if turn_a else a[i:p, k:e]
                blas(part, b[k:e, j:q], out[i:p, j:q], turn_a, False, add if k == 0 else 1)
"""


class Library(NamedTuple):
    """An OpenBLAS: how many bits its integers have, and what its products are called but for their letter."""

    handle: ctypes.CDLL
    bits: int
    name: str


def product_source(dtype: str) -> str:
    """Source of ``product(a, b, out, turn_a, turn_b, add)`` on parts of matrices whose rows lie in one piece each."""
    library = numpys_library()
    if library is None:
        return BY_NUMBA.format(dtype=dtype, letter=LETTERS[dtype]) + BY_PARTS
    return BY_NUMPY.format(dtype=dtype, letter=LETTERS[dtype], integer=f"int{library.bits}") + BY_PARTS


def owner() -> str:
    """Whose product it is, for people."""
    return "SciPy's BLAS" if numpys_library() is None else "NumPy's BLAS"


@functools.cache
def numpys_library() -> Library | None:
    """The OpenBLAS that came in NumPy's wheel, or None."""
    from threadpoolctl import threadpool_info

    for pool in threadpool_info():
        path = Path(pool["filepath"])
        if pool["internal_api"] == "openblas" and {"numpy.libs", "numpy"} & {*path.parts[-3:-1]}:
            handle: Any = ctypes.CDLL(str(path))
            for bits, name in ((64, "scipy_cblas_{}gemm64_"), (32, "scipy_cblas_{}gemm")):  # as the wheels name them
                if all(hasattr(handle, name.format(letter)) for letter in LETTERS.values()):
                    return Library(handle, bits, name)
    return None


@functools.cache
def make_known() -> None:
    """Tell the linker of compiled code where NumPy's products are; to be called before such code is loaded."""
    import llvmlite.binding

    library = numpys_library()
    if library is not None:
        for letter in LETTERS.values():
            address = ctypes.cast(getattr(library.handle, library.name.format(letter)), ctypes.c_void_p).value
            llvmlite.binding.add_symbol(f"gpunn_{letter}gemm_int{library.bits}", address)
