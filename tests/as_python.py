"""Generated source run as plain Python, with what Numba lends it replaced."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import types

import numpy as np


def module_of(source):
    """The source run as plain Python, with what Numba lends it replaced."""
    numba = types.ModuleType("numba")
    numba.njit = lambda **options: lambda function: function
    numba.types = types.SimpleNamespace(
        **dict.fromkeys(("intp", "char", "int64", "float32", "float64")),
        int32=lambda: None,
        CPointer=lambda kind: None,
        intc=lambda *kinds: None,
        void=lambda *kinds: None,
        ExternalFunction=lambda name, signature: FUNCTIONS[name],
    )
    extending, llvmlite = types.ModuleType("numba.extending"), types.ModuleType("llvmlite")
    extending.intrinsic, llvmlite.ir = lambda write: INTRINSICS[write.__name__], None
    lent = {"numba": numba, "numba.extending": extending, "llvmlite": llvmlite}
    before = {name: sys.modules.get(name) for name in lent}
    sys.modules.update(lent)
    try:
        names = {}
        exec(compile(source, "epoch", "exec"), names)
        return types.SimpleNamespace(**names)
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def cblas(letter):
    """cblas_sgemm or cblas_dgemm, of matrices by rows."""

    def product(order, turn_a, turn_b, m, n, k, alpha, a, step_a, b, step_b, beta, c, step_c):
        assert (order, alpha) == (101, 1)
        turns = {111: ord("n"), 112: ord("t")}
        one, beta = np.array([1], alpha.dtype), np.array([beta], alpha.dtype)
        # By columns, as `gemm` counts, it is c^T = b^T a^T.
        gemm(
            *(ord(letter), turns[turn_b], turns[turn_a], n, m, k, one.ctypes, b, step_b, a, step_a),
            *(beta.ctypes, c, step_c),
        )

    return product


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


def arrive(address):
    """Add one to an integer at an address; nobody comes in between."""
    with COUNTING:
        count = ctypes.c_int64.from_address(address)
        count.value += 1
        return count.value - 1


def power_of_two(k):
    """2^k of a whole number to which 1.5 2^23 (float32) or 1.5 2^52 (float64) was added; of no number, anything."""
    kind = type(k)
    return np.ldexp(kind(1), int(k - kind(1.5 * 2.0 ** np.finfo(kind).nmant))) if k == k else kind(1)


COUNTING = threading.Lock()
INTRINSICS = {
    "prefetch": lambda address: None,
    "uncounted": lambda x: x,
    "power_of_two": power_of_two,
    "arrive": arrive,
    "arrived": lambda address: ctypes.c_int64.from_address(address).value,
}
FUNCTIONS = {
    "numba_xxgemm": gemm,
    **{f"gpunn_{x}gemm_int{bits}": cblas(x) for x in "sd" for bits in (32, 64)},
    "gpunn_leave_core": lambda: time.sleep(0),
}
