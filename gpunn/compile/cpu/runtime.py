"""Parts of a program that depend on no formula: products, sums, the barrier, and the loops over operations and steps.

LLVM compiles them once for a machine and a dtype; the kernels of the formulas are called by their addresses. Every
thread runs `epoch` or `run` at the same time, with operations of its own (`gpunn.compile.cpu.operation`).
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from typing import NamedTuple

from gpunn.compile.cpu import blas, native
from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.kernels import BYTES, Kernel
from gpunn.compile.cpu.render import FLAGS, TYPES, Function

SPINS = 2**14  # looks at the barrier before a thread lets another have its core

RUN = {  # arguments of `run`, which `epoch` hands on
    "program": "ptr", "n_operations": "i64", "addresses": "ptr", "barrier": "ptr", "phase": "i64", "n_threads": "i64",
}  # fmt: skip
EPOCH = {
    "program": "ptr", "n": "i64", "last": "ptr", "n_last": "i64", "empty": "ptr", "n_empty": "i64",
    "addresses": "ptr", "barrier": "ptr", "n_threads": "i64", "order": "ptr", "n_rows": "i64", "batch": "i64",
    "n_steps": "i64", "weight": "ptr", "totals": "ptr", "keys": "ptr", "n_keys": "i64", "lr": "ptr",
}  # fmt: skip


FLUSH_TO_ZERO, DENORMALS_ARE_ZEROS = 0x8000, 0x0040  # bits of the register MXCSR of x86 processors
FAILED = "0xFFF0000000000000"  # minus infinity
CALLED = ctypes.CFUNCTYPE(ctypes.c_int64)  # function that an operation calls


class Runtime(NamedTuple):
    """The functions of the module that Python calls, with integers and addresses.

    Those that train, all but `run`, treat subnormal numbers as 0.
    """

    epoch: Callable[..., float]
    run: Callable[..., int]
    run_flushed: Callable[..., int]
    code: native.Functions


@functools.cache
def loaded(dtype: str) -> Runtime:
    """The functions "epoch", "run" and "run_flushed" for arrays of a dtype."""
    source = module(dtype)
    symbols = {blas.symbol(dtype): blas.address(dtype), "gpunn_yield_core": _yield_core()}
    code = native.load(f"runtime_{dtype}", lambda: source, source, ["epoch", "run", "run_flushed"], symbols)
    epoch = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_int64] * len(EPOCH))(code["epoch"])
    run_type = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(RUN))
    return Runtime(epoch, run_type(code["run"]), run_type(code["run_flushed"]), code)


def _yield_core() -> int:
    """Address of the system's function by which a thread lets another have its core."""
    system = ctypes.CDLL("kernel32") if os.name == "nt" else ctypes.CDLL(None)
    function = system.SwitchToThread if os.name == "nt" else system.sched_yield
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)


def module(dtype: str) -> str:
    """LLVM IR of the functions "epoch", "run" and "run_flushed", and of what they call."""
    flushed = (_flushed("epoch", "steps", EPOCH, "double"), _flushed("run_flushed", "run", RUN, "i64"))
    functions = (_barrier_wait(), _product(dtype), _gemm(dtype), _add_up(dtype), _run(), _steps(dtype))
    return "\n".join([blas.source(dtype), "declare i32 @gpunn_yield_core()\n", *functions, *flushed])


def _barrier_wait() -> str:
    """Wait until all threads are here in this phase; the next phase, or 0 if one of them has failed."""
    f = Function("barrier_wait", {"barrier": "ptr", "phase": "i64", "n_threads": "i64"}, "i64")
    following, count = f.let("add i64 %phase, 1"), "load atomic i64, ptr %barrier seq_cst, align 8"
    f.return_if(f.let("icmp sle i64 %n_threads, 1"), f"i64 {following}")
    f.let("atomicrmw add ptr %barrier, i64 1 seq_cst")
    everyone, spins = f.let("mul i64 %phase, %n_threads"), f.variable("i64", "0")
    with f.forever() as leave_if:
        leave_if(f.let(f"icmp sge i64 {f.let(count)}, {everyone}"))
        f.store("i64", f.let(f"add i64 {f.load('i64', spins)}, 1"), spins)
        with f.when(f.let(f"icmp sgt i64 {f.load('i64', spins)}, {SPINS}")):
            f.let("call i32 @gpunn_yield_core()")
    failed = f.let(f"icmp sge i64 {f.let(count)}, {op.ABORTED}")
    f.line(f"ret i64 {f.let(f'select i1 {failed}, i64 0, i64 {following}')}")
    return f.text()


def _product(dtype: str) -> str:
    """out (m, n) = op(a) (m, k) op(b) (k, n), or added to it.

    OpenBLAS packs both matrices before it multiplies, but not small ones, which it multiplies in place. With few rows
    in a batch packing takes as long as half the product: then a matrix is multiplied in tiles, unless its rows lie so
    far apart that all would compete for the same few cache lines.
    """
    kind, size = TYPES[dtype], BYTES[TYPES[dtype]]
    matrices = {"a": "ptr", "lda": "i64", "b": "ptr", "ldb": "i64", "out": "ptr", "ldc": "i64"}
    sizes = {"m": "i64", "n": "i64", "k": "i64"}
    f = Function("product", {"transpose_a": "i64", "transpose_b": "i64", **sizes, **matrices, "beta": kind})

    def call(transpose_b: str, m: str, n: str, k: str, a: str, b: str, beta: str, out: str) -> None:
        f.line(
            f"call void @{blas.name(dtype)}(i64 %transpose_a, i64 {transpose_b}, i64 {m}, i64 {n}, i64 {k}, ptr {a}, "
            f"i64 %lda, ptr {b}, i64 %ldb, {kind} {beta}, ptr {out}, i64 %ldc)"
        )

    def place(matrix: str, row: str, stride: str, column: str) -> str:
        return f.element(kind, matrix, f.let(f"add i64 {f.let(f'mul i64 {row}, {stride}')}, {column}"))

    n_k = f.let("mul i64 %n, %k")
    is_small = f.let(f"icmp sle i64 {f.let(f'mul i64 %m, {n_k}')}, {blas.SMALL}")
    is_far = f.let(f"icmp sge i64 %ldb, {blas.FAR // size}")
    small_or_far, is_transposed = f.let(f"or i1 {is_small}, {is_far}"), f.let("icmp ne i64 %transpose_b, 0")
    is_whole = f.let(f"or i1 {small_or_far}, {is_transposed}")
    with f.when(is_whole):
        call("%transpose_b", "%m", "%n", "%k", "%a", "%b", "%beta", "%out")
    f.return_if(is_whole)
    width, depth = f.minimum("%n", str(blas.WIDTH)), f.minimum("%k", str(blas.DEPTH))
    rows = f.let(f"sdiv i64 {blas.SMALL}, {f.let(f'mul i64 {width}, {depth}')}")
    height = f.maximum(f.let(f"mul i64 {f.let(f'sdiv i64 {rows}, 16')}, 16"), "16")
    with f.loop("0", "%n", width) as j, f.loop("0", "%k", depth) as inner, f.loop("0", "%m", height) as i:
        n, k, m = (
            f.minimum(tile, f.let(f"sub i64 %{whole}, {start}"))
            for tile, whole, start in ((width, "n", j), (depth, "k", inner), (height, "m", i))
        )
        is_first, as_it_is = f.let(f"icmp eq i64 {inner}, 0"), f.let("icmp eq i64 %transpose_a, 0")
        beta = f.let(f"select i1 {is_first}, {kind} %beta, {kind} 1.0")
        a_place, a_transposed = place("%a", i, "%lda", inner), place("%a", inner, "%lda", i)
        a = f.let(f"select i1 {as_it_is}, ptr {a_place}, ptr {a_transposed}")
        call("0", m, n, k, a, place("%b", inner, "%ldb", j), beta, place("%out", i, "%ldc", j))
    f.line("ret void")
    return f.text()


def _gemm(dtype: str) -> str:
    """GEMM: out (ROW_STOP, COLUMN_STOP) = op(a) (ROW_STOP, WIDTH) op(b) (WIDTH, COLUMN_STOP), or added to it."""
    f = Kernel("gemm", dtype, ["a", "b", "out"])
    flags, k, n = f.field(op.FLAGS), f.field(op.WIDTH), f.field(op.COLUMN_STOP)

    def is_set(flag: int) -> str:
        return f.let(f"icmp ne i64 {f.let(f'and i64 {flags}, {flag}')}, 0")

    transpose_a, transpose_b = (f.let(f"zext i1 {is_set(flag)} to i64") for flag in (op.TRANSPOSE_A, op.TRANSPOSE_B))
    beta = f.let(f"select i1 {is_set(op.ADD)}, {f.kind} 1.0, {f.kind} 0.0")
    matrices = ", ".join(f"ptr {pointer}, i64 {stride}" for pointer, stride in f.matrices.values())
    f.line(
        f"call void @product(i64 {transpose_a}, i64 {transpose_b}, i64 {f.row_stop}, i64 {n}, i64 {k}, {matrices}, "
        f"{f.kind} {beta})"
    )
    return f.finished()


def _add_up(dtype: str) -> str:
    """ADD_UP: out += each of the WIDTH matrices at part, the next one a number of elements after it.

    Without the flag ADD, the first row of out is 0 before. A matrix that is out itself is left out. Where the rows of
    out are 0 elements apart it gets the sums over rows.
    """
    f = Kernel("add_up", dtype, ["out", "part"])
    (out, ldc), (part, stride) = f.matrices.values()
    n, to_next = f.field(op.COLUMN_STOP), f.field(op.MATRICES + 2 * op.MATRIX_FIELDS + op.STRIDE)
    with f.when(f.let(f"icmp eq i64 {f.field(op.FLAGS)}, 0")), f.loop("0", n) as j:
        f.store(f.kind, "0.0", out, j)
    with f.loop("0", f.row_stop) as i:
        row = f.element(f.kind, out, f.let(f"mul i64 {i}, {ldc}"))
        with f.loop("0", f.field(op.WIDTH)) as t:
            start = f.let(f"add i64 {f.let(f'mul i64 {i}, {stride}')}, {f.let(f'mul i64 {t}, {to_next}')}")
            other = f.element(f.kind, part, start)
            with f.when(f.let(f"icmp ne ptr {other}, {row}")), f.loop("0", n) as j:
                total = f"fadd {FLAGS} {f.kind} {f.load(f.kind, row, j)}, {f.load(f.kind, other, j)}"
                f.store(f.kind, f.let(total), row, j)
    return f.finished()


def _run() -> str:
    """Run operations; the next phase of the barrier, or 0 if a thread has failed."""
    f = Function("run", RUN, "i64", "noinline ")
    phase = f.variable("i64", "%phase")
    with f.loop("0", "%n_operations") as i:
        operation = f.element("i64", "%program", f.let(f"mul i64 {i}, {op.N_FIELDS}"))
        code = f.load("i64", operation, str(op.CODE))

        def is_code(number: int) -> str:
            return f.let(f"icmp eq i64 {code}, {number}")

        with f.when(is_code(op.KERNEL)):
            kernel = f.load("ptr", "%addresses", f.load("i64", operation, str(op.FUNCTION)))
            f.line(f"call void {kernel}(ptr {operation}, ptr %addresses)")
        for number, name in ((op.GEMM, "gemm"), (op.ADD_UP, "add_up")):
            with f.when(is_code(number)):
                f.line(f"call void @{name}(ptr {operation}, ptr %addresses)")
        with f.when(is_code(op.CALL)):
            function = f.load("ptr", "%addresses", f.load("i64", operation, str(op.FUNCTION)))
            f.return_if(f.let(f"icmp ne i64 {f.let(f'call i64 {function}()')}, {op.SUCCESS}"), "i64 0")
        with f.when(is_code(op.BARRIER)):
            arguments = f"ptr %barrier, i64 {f.load('i64', phase)}, i64 %n_threads"
            following = f.let(f"call i64 @barrier_wait({arguments})")
            f.return_if(f.let(f"icmp eq i64 {following}, 0"), "i64 0")
            f.store("i64", following, phase)
    f.line(f"ret i64 {f.load('i64', phase)}")
    return f.text()


def _flushed(name: str, function: str, arguments: dict[str, str], result: str) -> str:
    """Call a function; meanwhile this thread treats subnormal numbers as 0.

    Weights of an input that is always 0 and moments of gradients decay until they are subnormal, and slopes of
    saturated neurons are so small too. Hardly a result depends on them, but each operation on one costs Intel's
    processors about a hundred cycles.

    The function must not be inlined: LLVM does not know that arithmetic depends on the register MXCSR, and could move
    it out of the part where the register is changed.
    """
    f = Function(name, arguments, result)
    call = f"call {result} @{function}({', '.join(f'{kind} %{argument}' for argument, kind in arguments.items())})"
    if not native.is_x86():
        f.line(f"ret {result} {f.let(call)}")
        return f.text()
    before, during = f.variable("i32", "0"), f.variable("i32", "0")
    f.line(f"call void @llvm.x86.sse.stmxcsr(ptr {before})")
    f.store("i32", f.let(f"or i32 {f.load('i32', before)}, {FLUSH_TO_ZERO | DENORMALS_ARE_ZEROS}"), during)
    f.line(f"call void @llvm.x86.sse.ldmxcsr(ptr {during})")
    found = f.let(call)
    f.line(f"call void @llvm.x86.sse.ldmxcsr(ptr {before})")
    f.line(f"ret {result} {found}")
    return f.text()


def _steps(dtype: str) -> str:
    """Steps over n_rows rows in an order; the sum over the rows of the cost of their batch, this thread's part.

    It is minus infinity if a thread has failed.

    The operations ``last`` are for a step that has fewer rows than ``batch``, and ``empty`` for one without rows.
    ``weight`` is null where all rows weigh the same. For several ranks, ``totals`` has three numbers for each step: the
    sum of the weights of the rows of all ranks, the number of these rows, and the share of the penalties that this rank
    adds to its costs.
    """
    kind = TYPES[dtype]
    f = Function("steps", EPOCH, "double", "noinline ")
    reals, sums, w = (f.load("ptr", "%addresses", str(slot)) for slot in (op.REALS, op.SUMS, op.WEIGHTS))
    total, phase, weights = f.variable("double", "0.0"), f.variable("i64", "1"), f.variable("double", "0.0")
    n_counted, of_penalty = f.variable("double", "0.0"), f.variable("double", "1.0")
    has_weights, has_totals = f.let("icmp ne ptr %weight, null"), f.let("icmp ne ptr %totals, null")

    def in_double(value: str) -> str:
        return value if kind == "double" else f.let(f"fpext {kind} {value} to double")

    with f.loop("0", "%n_steps") as step:
        start = f.let(f"mul i64 {step}, %batch")
        rows = f.element("i64", "%order", start)
        r = f.maximum(f.minimum("%batch", f.let(f"sub i64 %n_rows, {start}")), "0")
        f.store("ptr", rows, "%addresses", str(op.ORDER))
        f.store("ptr", f.element("i32", "%keys", f.let(f"mul i64 {step}, %n_keys")), "%addresses", str(op.KEYS))
        n_rows = f.let(f"sitofp i64 {r} to double")
        f.store("double", f.let(f"select i1 {has_weights}, double 0.0, double {n_rows}"), weights)
        with f.when(has_weights), f.loop("0", r) as i:
            weight = f.load(kind, "%weight", f.load("i64", rows, i))
            f.store(kind, weight, w, i)
            f.store("double", f.let(f"fadd double {f.load('double', weights)}, {in_double(weight)}"), weights)
        f.store("double", n_rows, n_counted)
        with f.when(has_totals):
            totals = f.element("double", "%totals", f.let(f"mul i64 {step}, 3"))
            for number, variable in enumerate((weights, n_counted, of_penalty)):
                f.store("double", f.load("double", totals, str(number)), variable)
        weight = f.load("double", weights)
        inverse, is_positive = f.let(f"fdiv double 1.0, {weight}"), f.let(f"fcmp ogt double {weight}, 0.0")
        share = f.let(f"select i1 {is_positive}, double {inverse}, double 0.0")
        f.store(kind, share if kind == "double" else f.let(f"fptrunc double {share} to {kind}"), reals, str(op.SHARE))
        f.store(kind, f.load(kind, "%lr", step), reals, str(op.RATE))
        for number in (op.COST, op.NORM2, op.PENALTY):
            f.store("double", "0.0", sums, str(number))
        is_full, is_empty = f.let(f"icmp eq i64 {r}, %batch"), f.let(f"icmp eq i64 {r}, 0")

        def chosen(kind: str, full: str, last: str, empty: str) -> str:
            short = f.let(f"select i1 {is_empty}, {kind} %{empty}, {kind} %{last}")
            return f.let(f"select i1 {is_full}, {kind} %{full}, {kind} {short}")

        program, n = chosen("ptr", "program", "last", "empty"), chosen("i64", "n", "n_last", "n_empty")
        arguments = f"i64 {n}, ptr %addresses, ptr %barrier, i64 {f.load('i64', phase)}, i64 %n_threads"
        following = f.let(f"call i64 @run(ptr {program}, {arguments})")
        f.return_if(f.let(f"icmp eq i64 {following}, 0"), f"double {FAILED}")
        f.store("i64", following, phase)
        cost, penalty = (f.load("double", sums, str(number)) for number in (op.COST, op.PENALTY))
        penalty = f.let(f"fmul double {penalty}, {f.load('double', of_penalty)}")
        mean = f.let(f"fmul double {share}, {f.let(f'fadd double {cost}, {penalty}')}")
        of_batch = f.let(f"fmul double {mean}, {f.load('double', n_counted)}")
        f.store("double", f.let(f"fadd double {f.load('double', total)}, {of_batch}"), total)
    f.line(f"ret double {f.load('double', total)}")
    return f.text()
