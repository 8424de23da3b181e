"""NumPy with less memory: allocations of array data that fail, as malloc does where there is none left.

A handler of NumPy's own (NEP 49) takes the place of the usual one in the current context, and in those copied from it.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools

import numpy as np

SET_HANDLER = 304  # in the table of NumPy's C API
COUNT, FAILS_AT, LARGEST, N_FAILED = range(4)
NEVER = np.iinfo(np.int64).max


class _Handler(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("state", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in ("malloc", "calloc", "realloc", "free")),
    ]


class Allocations:
    """What happened within `failing`: ``count`` allocations were asked for, of which ``n_failed`` failed."""

    def __init__(self):
        self.state = np.zeros(4, np.int64)

    @property
    def count(self):
        return int(self.state[COUNT])

    @property
    def n_failed(self):
        return int(self.state[N_FAILED])


@contextlib.contextmanager
def failing(at=None, larger_than=None):
    """Allocation number ``at``, counted from 1, fails, and all of more than ``larger_than`` bytes."""
    found = Allocations()
    found.state[FAILS_AT] = NEVER if at is None else at
    found.state[LARGEST] = NEVER if larger_than is None else larger_than
    handler = _Handler(b"failing", 1, found.state.ctypes.data, *(function.address for function in _functions()))
    _kept.append((handler, found))  # arrays that were allocated here are freed by it, whenever that is
    before = _set(_capsule(ctypes.addressof(handler), b"mem_handler", None))
    try:
        yield found
    finally:
        _set(before)
        found.state[[FAILS_AT, LARGEST]] = NEVER  # for contexts that were copied from this one


_kept = []
_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


def _set(handler):
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    table = ctypes.cast(pointer(np._core._multiarray_umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[SET_HANDLER])(handler)


@functools.cache
def _functions():
    """malloc, calloc, realloc and free that look at the state, compiled: Python's own code may not run in them."""
    from numba import cfunc, types

    library, size, address = ctypes.CDLL(None), ctypes.c_size_t, ctypes.c_ssize_t
    for name, result, given in (
        ("malloc", address, [size]),
        ("calloc", address, [size, size]),
        ("realloc", address, [address, size]),
        ("free", None, [address]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, given
    malloc, calloc, realloc, free = library.malloc, library.calloc, library.realloc, library.free
    state, n, pointer = types.CPointer(types.int64), types.uintp, types.intp

    @cfunc(pointer(state, n))
    def failing_malloc(state, size):
        state[COUNT] += 1
        if state[COUNT] == state[FAILS_AT] or size > state[LARGEST]:
            state[N_FAILED] += 1
            return 0
        return malloc(size)

    @cfunc(pointer(state, n, n))
    def failing_calloc(state, count, size):
        state[COUNT] += 1
        if state[COUNT] == state[FAILS_AT] or count * size > state[LARGEST]:
            state[N_FAILED] += 1
            return 0
        return calloc(count, size)

    @cfunc(pointer(state, pointer, n))
    def failing_realloc(state, old, size):
        state[COUNT] += 1
        if state[COUNT] == state[FAILS_AT] or size > state[LARGEST]:
            state[N_FAILED] += 1
            return 0
        return realloc(old, size)

    @cfunc(types.void(state, pointer, n))
    def usual_free(state, old, size):
        free(old)

    return failing_malloc, failing_calloc, failing_realloc, usual_free
