# mypy: ignore-errors
# Numba, not Python, gives these functions their types.
"""Parts of a program that depend on no formula: products, sums, the barrier, and the loops over operations and steps.

Numba compiles this file once for a machine and a dtype (`gpunn.compile.cpu.native`); the kernels of the formulas are
called by their addresses. Every thread runs `epoch` or `run` at the same time, with operations of its own
(`gpunn.compile.cpu.operation`).

``one`` is 1 in the dtype of the arrays and tells functions which that is. Matrices are given by address and stride.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.blas import DEPTH, FAR, LETTERS, SMALL, WIDTH

SPINS = 2**14  # looks at the barrier before a thread lets another have its core
# "contract" is for all functions, as in the kernels; "reassoc" for none.
options: dict[str, Any] = {
    "error_model": "numpy", "fastmath": {"contract", "arcp", "nsz"}, "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}  # fmt: skip


@intrinsic
def load(context, one, address, i):
    """Element i of the array at an address."""
    kind = types.unliteral(one)

    def generate(context, builder, signature, arguments):
        return builder.load(_element(context, builder, kind, arguments[1], arguments[2]))

    return kind(one, types.int64, types.int64), generate


@intrinsic
def store(context, one, address, i, value):
    """Set element i of the array at an address to a value, cast to the type of ``one``."""
    kind = types.unliteral(one)

    def generate(context, builder, signature, arguments):
        builder.store(arguments[3], _element(context, builder, kind, arguments[1], arguments[2]))
        return context.get_dummy_value()

    return types.void(one, types.int64, types.int64, kind), generate


def _element(context, builder, kind, address, i):
    pointer = builder.inttoptr(address, context.get_value_type(kind).as_pointer())
    return builder.gep(pointer, [i])


@intrinsic
def size_of(context, one):
    """Bytes of an element."""

    def generate(context, builder, signature, arguments):
        return context.get_constant(types.int64, one.bitwidth // 8)

    return types.int64(one), generate


@intrinsic
def call_kernel(context, function, operation, addresses):
    """Call a kernel by its address."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64), ir.IntType(64)])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def blas(context, one, transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, out, ldc):
    """out = op(a) op(b) + beta out, row-major, by the function that `gpunn.compile.cpu.blas` provides."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments[1:]])
        name = f"gpunn_{LETTERS[str(one)]}gemm"
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments[1:])
        return context.get_dummy_value()

    integers = [types.int64] * 9
    return types.void(one, *integers, one, types.int64, types.int64), generate


@intrinsic
def arrive(context, barrier):
    """Count one more thread at the barrier."""

    def generate(context, builder, signature, arguments):
        count = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", count, ir.IntType(64)(1), "seq_cst")

    return types.int64(types.int64), generate


@intrinsic
def n_arrived(context, barrier):
    """Threads that have come to the barrier, over all phases."""

    def generate(context, builder, signature, arguments):
        count = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(count, "seq_cst", 8)

    return types.int64(types.int64), generate


yield_core = types.ExternalFunction("gpunn_yield_core", types.int32())


@njit(**options)
def barrier_wait(barrier, phase, n_threads):
    """Wait until all threads are here in this phase; the next phase, or 0 if one of them has failed.

    Numba's own parallel loops would start each stage of a step anew: 1.5 microseconds at least where we measured it,
    0.2 at a barrier.
    """
    if n_threads > 1:
        arrive(barrier)
        spins = 0
        while n_arrived(barrier) < phase * n_threads:
            spins += 1
            if spins > SPINS:
                yield_core()
        if n_arrived(barrier) >= op.ABORTED:
            return 0
    return phase + 1


@njit(**options)
def product(one, transpose_a, transpose_b, m, n, k, a, lda, b, ldb, add, out, ldc):
    """out (m, n) = op(a) (m, k) op(b) (k, n), or added to it.

    OpenBLAS packs both matrices before it multiplies, but not small ones, which it multiplies in place. With few rows
    in a batch packing takes as long as half the product: then a matrix is multiplied in tiles, unless its rows lie so
    far apart that all would compete for the same few cache lines.
    """
    size = size_of(one)
    transpose, beta = min(transpose_a, 1), one if add else one - one
    if transpose_b or m * n * k <= SMALL or ldb * size >= FAR:
        blas(one, transpose, min(transpose_b, 1), m, n, k, a, lda, b, ldb, beta, out, ldc)
        return
    width, depth = min(n, WIDTH), min(k, DEPTH)
    height = max(16, SMALL // (width * depth) // 16 * 16)
    for j in range(0, n, width):
        columns = min(width, n - j)
        for inner in range(0, k, depth):
            terms = min(depth, k - inner)
            for i in range(0, m, height):
                rows = min(height, m - i)
                first = inner * lda + i if transpose_a else i * lda + inner
                a_tile, b_tile = a + first * size, b + (inner * ldb + j) * size
                out_tile, so_far = out + (i * ldc + j) * size, beta if inner == 0 else one
                blas(one, transpose, 0, rows, columns, terms, a_tile, lda, b_tile, ldb, so_far, out_tile, ldc)


@njit(**options)
def matrix(one, fields, addresses):
    """Address and stride of the first matrix of an operation; of a later one if ``fields`` is so much larger."""
    address = load(1, addresses, load(1, fields, op.MATRICES + op.SLOT))
    start = load(1, fields, op.MATRICES + op.START)
    return address + start * size_of(one), load(1, fields, op.MATRICES + op.STRIDE)


@njit(**options)
def add_up(one, operation, addresses):
    """ADD_UP: out += each of the WIDTH matrices at part, the next one a number of elements after it.

    Without the flag ADD, the first row of out is 0 before. A matrix that is out itself is left out. Where the rows of
    out are 0 elements apart it gets the sums over rows.
    """
    out, ldc = matrix(one, operation, addresses)
    part, stride = matrix(one, operation + op.MATRIX_BYTES, addresses)
    to_next = load(1, operation, op.MATRICES + 2 * op.MATRIX_FIELDS + op.STRIDE)
    size, n = size_of(one), load(1, operation, op.COLUMN_STOP)
    if load(1, operation, op.FLAGS) == 0:
        for j in range(n):
            store(one, out, j, 0)
    for i in range(load(1, operation, op.ROW_STOP)):
        row = out + i * ldc * size
        for t in range(load(1, operation, op.WIDTH)):
            other = part + (i * stride + t * to_next) * size
            if other != row:
                for j in range(n):
                    store(one, row, j, load(one, row, j) + load(one, other, j))


@njit(**options)
def run(one, program, n_operations, addresses, barrier, phase, n_threads):
    """Run operations; the next phase of the barrier, or 0 if a thread has failed."""
    for i in range(n_operations):
        operation = program + i * op.N_FIELDS * 8
        code = load(1, operation, op.CODE)
        if code == op.KERNEL:
            call_kernel(load(1, addresses, load(1, operation, op.FUNCTION)), operation, addresses)
        elif code == op.GEMM:
            a, lda = matrix(one, operation, addresses)
            b, ldb = matrix(one, operation + op.MATRIX_BYTES, addresses)
            out, ldc = matrix(one, operation + 2 * op.MATRIX_BYTES, addresses)
            flags = load(1, operation, op.FLAGS)
            m, n, k = load(1, operation, op.ROW_STOP), load(1, operation, op.COLUMN_STOP), load(1, operation, op.WIDTH)
            product(
                one, flags & op.TRANSPOSE_A, flags & op.TRANSPOSE_B, m, n, k, a, lda, b, ldb, flags & op.ADD, out, ldc
            )
        elif code == op.ADD_UP:
            add_up(one, operation, addresses)
        else:
            phase = barrier_wait(barrier, phase, n_threads)
            if phase == 0:
                return 0
    return phase


@njit(**options)
def epoch(one, program, n, last, n_last, addresses, barrier, n_threads, order, n_rows, batch, weight, keys, n_keys, lr):
    """Steps over n_rows rows in an order; the sum over the rows of the cost of their batch, this thread's part.

    The operations ``last`` are for a step that has fewer rows than ``batch``. ``weight`` is 0 where all rows weigh the
    same.
    """
    reals, sums, w = load(1, addresses, op.REALS), load(1, addresses, op.SUMS), load(1, addresses, op.WEIGHTS)
    total, phase = 0.0, np.int64(1)
    for step in range((n_rows + batch - 1) // batch):
        rows = order + step * batch * 8
        r = min(batch, n_rows - step * batch)
        store(1, addresses, op.ORDER, rows)
        store(1, addresses, op.KEYS, keys + step * n_keys * 4)
        weights = float(r)
        if weight:
            weights = 0.0
            for i in range(r):
                store(one, w, i, load(one, weight, load(1, rows, i)))
                weights += load(one, w, i)
        share = 1 / weights if weights > 0 else 0.0
        store(one, reals, op.SHARE, share)
        store(one, reals, op.RATE, load(one, lr, step))
        for i in range(op.COST, op.PENALTY + 1):
            store(1.0, sums, i, 0.0)
        full = r == batch
        phase = run(one, program if full else last, n if full else n_last, addresses, barrier, phase, n_threads)
        if phase == 0:
            break
        total += share * (load(1.0, sums, op.COST) + load(1.0, sums, op.PENALTY)) * r
    return total


def signature(real: Any) -> tuple[Any, ...]:
    """Numba's types of the arguments of `epoch`, for a floating-point type."""
    return (real, *[types.int64] * 14)
