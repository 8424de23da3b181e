"""Threads that wait for each other in compiled code: the Python source, for Numba.

Each thread runs a whole epoch, and between its stages waits at a gate until all have come there. Numba's own parallel
loops would hand out each stage anew, with all it needs: 1.5 microseconds at the least where we measured it, 0.2 at a
gate. They would also take longer to compile.
"""

from __future__ import annotations

import ctypes
import functools
import os

OPEN = 2**62  # in a gate's count: a thread has failed, and the others are to end

SOURCE = f"""
OPEN = {OPEN}
LOOKS = 2**14  # at the gate, before a thread lets another have its core


@intrinsic
def arrive(context, address):
    def write(context, builder, signature, arguments):
        count = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", count, ir.IntType(64)(1), "seq_cst")

    return types.int64(types.intp), write


@intrinsic
def arrived(context, address):
    def write(context, builder, signature, arguments):
        count = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(count, "seq_cst", 8)

    return types.int64(types.intp), write


leave_core = types.ExternalFunction("gpunn_leave_core", types.int32())  # gpunn.devices.gate_source tells the linker


@njit(**options)
def wait(gate, turn, threads):
    # Until all threads are here for the turn-th time; the number of the next turn, or 0 if one of them will never be.
    # gate counts who came.
    if threads > 1:
        arrive(gate.ctypes.data)
        looks = 0
        while arrived(gate.ctypes.data) < turn * threads:
            looks += 1
            if looks > LOOKS:
                leave_core()
        if arrived(gate.ctypes.data) >= OPEN:
            return 0
    return turn + 1
"""


@functools.cache
def make_known() -> None:
    """Tell the linker of compiled code how a thread lets another have its core."""
    import llvmlite.binding

    system = ctypes.CDLL("kernel32") if os.name == "nt" else ctypes.CDLL(None)
    function = system.SwitchToThread if os.name == "nt" else system.sched_yield
    llvmlite.binding.add_symbol("gpunn_leave_core", ctypes.cast(function, ctypes.c_void_p).value)
