"""The matrix product that compiled code calls.

NumPy's wheels bring an OpenBLAS of their own. Compiled code calls that one, so that it multiplies with the kernels that
arrays are multiplied with. For a NumPy with another BLAS it is that of SciPy, which was slower where we measured it.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import Any, NamedTuple

from gpunn.devices import cores

LETTERS = {"float32": "s", "float64": "d"}  # in the names of BLAS
TYPES = {"float32": "float", "float64": "double"}  # in LLVM

SMALL = 10**6  # products of numbers, of two matrices, up to which OpenBLAS multiplies in place
WIDTH, DEPTH = 128, 120  # of the tiles of a larger product
FAR = 4096  # bytes from row to row from which rows compete for cache lines

# row-major out = op(a) op(b) + beta out. 101 is "row-major", 111 "as it is", 112 "transposed".
CBLAS = """
declare void @{blas}(i32, i32, i32, {integer}, {integer}, {integer}, {real}, ptr, {integer}, ptr, {integer}, {real},
ptr,
                   {integer})
define void @{name}(i64 %transpose_a, i64 %transpose_b, i64 %m, i64 %n, i64 %k, ptr %a, i64 %lda, ptr %b, i64 %ldb,
                    {real} %beta, ptr %out, i64 %ldc) {{
  %ta = trunc i64 %transpose_a to i32
  %tb = trunc i64 %transpose_b to i32
  %code_a = add i32 %ta, 111
  %code_b = add i32 %tb, 111
{narrowed}
  call void @{blas}(i32 101, i32 %code_a, i32 %code_b, {integer} %m{n}, {integer} %n{n}, {integer} %k{n}, {real} 1.0,
                  ptr %a, {integer} %lda{n}, ptr %b, {integer} %ldb{n}, {real} %beta, ptr %out, {integer} %ldc{n})
  ret void
}}
"""

# Fortran's BLAS, all by reference; it counts by columns and so is asked for out^T = op(b)^T op(a)^T.
FORTRAN = """
declare void @{blas}(ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr)
@letters = private constant [2 x i8] c"NT"
define void @{name}(i64 %transpose_a, i64 %transpose_b, i64 %m, i64 %n, i64 %k, ptr %a, i64 %lda, ptr %b, i64 %ldb,
                    {real} %beta, ptr %out, i64 %ldc) {{
  %code_a = getelementptr i8, ptr @letters, i64 %transpose_a
  %code_b = getelementptr i8, ptr @letters, i64 %transpose_b
{stored}
  call void @{blas}(ptr %code_b, ptr %code_a, ptr %p_n, ptr %p_m, ptr %p_k, ptr %p_alpha, ptr %b, ptr %p_ldb, ptr %a,
                  ptr %p_lda, ptr %p_beta, ptr %out, ptr %p_ldc)
  ret void
}}
"""


class Library(NamedTuple):
    """An OpenBLAS: how many bits its integers have, and what its products are called but for their letter."""

    handle: ctypes.CDLL
    bits: int
    name: str


def name(dtype: str) -> str:
    """Name of the function of `source`."""
    return f"gpunn_{LETTERS[dtype]}gemm"


def source(dtype: str) -> str:
    """LLVM IR of the function gpunn_sgemm or gpunn_dgemm, which calls the product of a BLAS by the name of `symbol`."""
    library, real = numpys_library(), TYPES[dtype]
    sizes = ("m", "n", "k", "lda", "ldb", "ldc")
    if library is None:
        stored = ["%p_alpha = alloca {0}", "store {0} 1.0, ptr %p_alpha", "%p_beta = alloca {0}"]
        stored.append("store {0} %beta, ptr %p_beta")
        for size in sizes:
            stored += [f"%p_{size} = alloca i32", f"%n_{size} = trunc i64 %{size} to i32"]
            stored.append(f"store i32 %n_{size}, ptr %p_{size}")
        lines = "\n".join(f"  {line.format(real)}" for line in stored)
        return FORTRAN.format(name=name(dtype), blas=symbol(dtype), real=real, stored=lines)
    narrowed = "" if library.bits == 64 else "\n".join(f"  %{size}_32 = trunc i64 %{size} to i32" for size in sizes)
    suffix = "" if library.bits == 64 else "_32"
    return CBLAS.format(
        name=name(dtype), blas=symbol(dtype), real=real, integer=f"i{library.bits}", narrowed=narrowed, n=suffix
    )


def symbol(dtype: str) -> str:
    """The name by which `source` calls a BLAS."""
    return f"blas_{LETTERS[dtype]}gemm"


def address(dtype: str) -> int:
    """Address of what `source` calls by the name of `symbol`."""
    library = numpys_library()
    if library is None:
        return _scipys(f"{LETTERS[dtype]}gemm")
    function = getattr(library.handle, library.name.format(LETTERS[dtype]))
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)


def _scipys(name: str) -> int:
    """Address of a function of `scipy.linalg.cython_blas`, by the C interface that it offers to Cython."""
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__[name]
    python: Any = ctypes.pythonapi
    python.PyCapsule_GetName.restype, python.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    python.PyCapsule_GetPointer.restype = ctypes.c_void_p
    python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(python.PyCapsule_GetPointer(capsule, python.PyCapsule_GetName(capsule)))


def owner() -> str:
    """Whose product it is, for people."""
    return "SciPy's BLAS" if numpys_library() is None else "NumPy's BLAS"


@functools.cache
def numpys_library() -> Library | None:
    """The OpenBLAS that came in NumPy's wheel, or None."""
    for interface, file in cores.blas_files():
        path = Path(file)
        if interface == "openblas" and {"numpy.libs", "numpy"} & {*path.parts[-3:-1]}:
            handle: Any = ctypes.CDLL(str(path))
            for bits, name in ((64, "scipy_cblas_{}gemm64_"), (32, "scipy_cblas_{}gemm")):  # as the wheels name them
                if all(hasattr(handle, name.format(letter)) for letter in LETTERS.values()):
                    return Library(handle, bits, name)
    return None
