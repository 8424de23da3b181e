"""Generated source run as plain Python, with what Numba lends it replaced."""

from __future__ import annotations

import ctypes
import sys
import types

import numpy as np


def module_of(source):
    """The source run as plain Python, with what Numba lends it replaced."""
    numba = types.ModuleType("numba")
    numba.njit = lambda **options: lambda function: function
    numba.prange = range
    numba.types = types.SimpleNamespace(
        intp=None, char=None, float32=None, float64=None, CPointer=lambda kind: None, intc=lambda *kinds: None,
        ExternalFunction=lambda name, signature: gemm,
    )  # fmt: skip
    before = sys.modules.get("numba")
    sys.modules["numba"] = numba
    try:
        names = {}
        exec(compile(source, "epoch", "exec"), names)
        return types.SimpleNamespace(**names)
    finally:
        sys.modules.pop("numba")
        if before is not None:
            sys.modules["numba"] = before


def gemm(kind, turn_a, turn_b, m, n, k, alpha, a, step_a, b, step_b, beta, c, step_c):
    """BLAS's gemm: c = alpha a b + beta c, all by columns, each column ``step`` numbers after the last."""
    dtype = {ord("s"): "f4", ord("d"): "f8"}[kind]

    def columns(pointer, step, n_rows, n_columns):
        size = step * (n_columns - 1) + n_rows if n_columns else 0
        numbers = np.ctypeslib.as_array((ctypes.c_char * (size * int(dtype[1]))).from_address(pointer.data)).view(dtype)
        return np.lib.stride_tricks.as_strided(
            numbers, (n_rows, n_columns), (int(dtype[1]), step * int(dtype[1])), writeable=True
        )

    a = columns(a, step_a, k, m).T if turn_a == ord("t") else columns(a, step_a, m, k)
    b = columns(b, step_b, n, k).T if turn_b == ord("t") else columns(b, step_b, k, n)
    c = columns(c, step_c, m, n)
    alpha, beta = columns(alpha, 1, 1, 1), columns(beta, 1, 1, 1)
    assert (alpha, beta) in ((1, 0), (1, 1))
    c[...] = a @ b + c if beta else a @ b
