"""A formula of elements, compiled and run: what `gpunn.compile.cpu.render` makes of a graph."""

from __future__ import annotations

import ctypes

import numpy as np

from gpunn.compile.cpu import native
from gpunn.compile.cpu.render import TYPES, Function, Loops, declarations


def compiled(graph, symbol, z, lanes=0):
    """Values of a symbol for an input z (n,), or with lanes for z (n, lanes), a row of elements for each lane."""
    kind = TYPES[graph.dtype.name]
    f = Function("many", {"z": "ptr", "out": "ptr", "scratch": "ptr", "n": "i64"})
    vector = f"<{lanes} x {kind}>" if lanes else kind
    align = f", align {z.itemsize}"

    def place(pointer, j):
        return f.element(vector, pointer, j)

    Loops(
        f, graph, {"out": symbol}, n="%n", lanes=lanes, align=z.itemsize,
        read=lambda name, j: f.let(f"load {vector}, ptr {place('%z', j)}{align}"),
        write=lambda name, j, value: f.line(f"store {vector} {value}, ptr {place('%out', j)}{align}"),
        scratch=lambda number, j: place("%scratch", f.let(f"add i64 {f.let(f'mul i64 %n, {number}')}, {j}")),
    ).run()  # fmt: skip
    f.line("ret void")
    source = declarations(graph.dtype.name, lanes or 4) + f.text()
    address = native.load("formula", lambda: source, source, ["many"], {})["many"]
    z = np.ascontiguousarray(z)
    out, scratch = np.empty_like(z), np.empty(20 * z.size, z.dtype)
    kinds = [ctypes.c_void_p] * 3 + [ctypes.c_int64]
    ctypes.CFUNCTYPE(None, *kinds)(address)(z.ctypes.data, out.ctypes.data, scratch.ctypes.data, len(z))
    return out
