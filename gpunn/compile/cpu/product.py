"""Matrix products for predictions: what a row gives does not depend on the rows beside it.

BLAS adds up a row's products in an order that depends on how many rows there are and on where the row stands, so that
the last bits of a prediction do too. Here every element is the sum over k in ascending order, with one rounding for
each term: a row has the same result alone, at any place and in a batch of any size.

The output is computed in tiles of a few rows and `VECTORS` vectors of columns, whose sums stay in registers. For many
rows the weights of a few panels of columns are first packed side by side, which changes no result.

Source: Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", section 4.2.3, whose order of
loops this is (panels of b times blocks of a).
"""

from __future__ import annotations

from typing import NamedTuple

from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.kernels import BYTES, Kernel
from gpunn.compile.cpu.render import SUFFIXES, TYPES, Function, constant

ROWS = 6  # of a tile: with 2 vectors each, 12 of 16 registers are sums
VECTORS = 2
ONE_ROW_VECTORS = 8  # for a single row, whose sums would wait for each other if there were fewer
DEPTH = 256  # terms that are added before the next tile: as much of a panel as stays in the first cache
ONE_ROW_DEPTH = 8  # for a single row, which uses each weight once: so that memory is read by few pages at a time
PACK = 12  # rows from which it pays to pack
GROUP = 4  # panels that are packed together, from rows of memory that are read once


class Panels(NamedTuple):
    """Size of vectors and panels of a dtype.

    Attributes
    ----------
    lanes : int
        Elements of a vector.
    width : int
        Columns of a panel.
    """

    lanes: int
    width: int


def panels(dtype: str, vector_bytes: int) -> Panels:
    lanes = vector_bytes // BYTES[TYPES[dtype]]
    return Panels(lanes, lanes * VECTORS)


def buffer_size(dtype: str, vector_bytes: int) -> int:
    """Elements of the buffer for packed weights."""
    return DEPTH * GROUP * panels(dtype, vector_bytes).width


def module(dtype: str, vector_bytes: int) -> str:
    """LLVM IR of the kernel "product"."""
    sizes = panels(dtype, vector_bytes)
    tiles = [_tile(dtype, sizes.lanes, rows, VECTORS) for rows in range(1, ROWS + 1)]
    tiles.append(_tile(dtype, sizes.lanes, 1, ONE_ROW_VECTORS))
    vector = f"<{sizes.lanes} x {TYPES[dtype]}>"
    fma = f"declare {vector} @llvm.fma.v{sizes.lanes}{SUFFIXES[dtype]}({vector}, {vector}, {vector})\n"
    return "\n".join([fma, *tiles, _pack(dtype, sizes), _product(dtype, sizes)])


def _tile(dtype: str, lanes: int, rows: int, vectors: int) -> str:
    """out (rows, vectors * lanes) = a (rows, k) b (k, vectors * lanes), or with ``add`` added to out."""
    arguments = {
        "a": "ptr",
        "lda": "i64",
        "b": "ptr",
        "ldb": "i64",
        "out": "ptr",
        "ldc": "i64",
        "k": "i64",
        "add": "i1",
    }
    f = Function(_tile_name(rows, vectors), arguments, attributes="nounwind ")
    kind = TYPES[dtype]
    vector, align = f"<{lanes} x {kind}>", BYTES[kind]

    def places(matrix: str, stride: str, row: str) -> list[str]:
        start = f.element(kind, f"%{matrix}", f.let(f"mul i64 %{stride}, {row}"))
        return [f.element(kind, start, str(lanes * v)) for v in range(vectors)]

    sums = [[f.variable(vector, "zeroinitializer") for _ in range(vectors)] for _ in range(rows)]
    outs = [places("out", "ldc", str(r)) for r in range(rows)]
    with f.when("%add"):
        for of_row, out in zip(sums, outs, strict=True):
            for total, place in zip(of_row, out, strict=True):
                f.line(f"store {vector} {f.let(f'load {vector}, ptr {place}, align {align}')}, ptr {total}")
    starts = [f.element(kind, "%a", f.let(f"mul i64 %lda, {r}")) for r in range(rows)]
    with f.loop("0", "%k") as k:
        factors = [f.let(f"load {vector}, ptr {place}, align {align}") for place in places("b", "ldb", k)]
        for start, of_row in zip(starts, sums, strict=True):
            one = f.let(f"insertelement {vector} poison, {kind} {f.load(kind, start, k)}, i32 0")
            x = f.let(f"shufflevector {vector} {one}, {vector} poison, <{lanes} x i32> zeroinitializer")
            for factor, total in zip(factors, of_row, strict=True):
                before = f.let(f"load {vector}, ptr {total}")
                fma = f"@llvm.fma.v{lanes}{SUFFIXES[dtype]}({vector} {x}, {vector} {factor}, {vector} {before})"
                f.line(f"store {vector} {f.let(f'call {vector} {fma}')}, ptr {total}")
    for of_row, out in zip(sums, outs, strict=True):
        for total, place in zip(of_row, out, strict=True):
            f.line(f"store {vector} {f.let(f'load {vector}, ptr {total}')}, ptr {place}, align {align}")
    f.line("ret void")
    return f.text()


def _tile_name(rows: int, vectors: int) -> str:
    return f"tile_{rows}_{vectors}"


def _pack(dtype: str, sizes: Panels) -> str:
    """Copy n columns of b (k, n) into panels (k, width) one after the other; the last is padded with zeros."""
    f = Function("pack", {"b": "ptr", "ldb": "i64", "k": "i64", "n": "i64", "panels": "ptr"}, attributes="nounwind ")
    kind, width = TYPES[dtype], sizes.width
    vector, align = f"<{sizes.lanes} x {kind}>", BYTES[kind]
    whole = f.let(f"sub i64 %n, {f.let(f'srem i64 %n, {width}')}")
    rest = f.let(f"sub i64 %n, {whole}")

    def place(i: str, column: str) -> str:
        panel = f.element(kind, "%panels", f.let(f"mul i64 {column}, %k"))
        return f.element(kind, panel, f.let(f"mul i64 {i}, {width}"))

    with f.loop("0", "%k") as i:
        row = f.element(kind, "%b", f.let(f"mul i64 {i}, %ldb"))
        with f.loop("0", whole, width) as column:
            source, out = f.element(kind, row, column), place(i, column)
            for v in range(VECTORS):
                start, end = (f.element(kind, pointer, str(sizes.lanes * v)) for pointer in (source, out))
                f.line(
                    f"store {vector} {f.let(f'load {vector}, ptr {start}, align {align}')}, ptr {end}, align {align}"
                )
        with f.when(f.let(f"icmp sgt i64 {rest}, 0")):
            source, out = f.element(kind, row, whole), place(i, whole)
            with f.loop("0", rest) as j:
                f.store(kind, f.load(kind, source, j), out, j)
            with f.loop(rest, str(width)) as j:
                f.store(kind, constant(dtype, 0), out, j)
    f.line("ret void")
    return f.text()


def _product(dtype: str, sizes: Panels) -> str:
    """out (ROW_STOP, COLUMN_STOP) = a (ROW_STOP, WIDTH) b (WIDTH, COLUMN_STOP), whose rows are padded to whole panels.

    The buffer is for `buffer_size` elements. Few rows are multiplied with the weights where they lie, but for those of
    a panel that is not full.
    """
    f = Kernel("product", dtype, ["a", "b", "buffer", "out"])
    (a, lda), (b, ldb), (buffer, _), (out, ldc) = (f.matrices[name] for name in ("a", "b", "buffer", "out"))
    n, depth, stop, width = f.row_stop, f.field(op.WIDTH), f.field(op.COLUMN_STOP), sizes.width
    wide, kind = sizes.lanes * ONE_ROW_VECTORS, f.kind
    is_single, is_packed = f.let(f"icmp eq i64 {n}, 1"), f.let(f"icmp sge i64 {n}, {PACK}")
    n_wide = f.let(f"select i1 {is_single}, i64 {f.let(f'sdiv i64 {stop}, {wide}')}, i64 0")
    first = f.let(f"mul i64 {n_wide}, {wide}")
    group_width = f.let(f"select i1 {is_packed}, i64 {GROUP * width}, i64 {width}")
    rest = f.let(f"srem i64 {n}, {ROWS}")
    full = f.let(f"sub i64 {n}, {rest}")
    k_step = f.let(f"select i1 {f.let(f'icmp sgt i64 {first}, 0')}, i64 {ONE_ROW_DEPTH}, i64 {DEPTH}")

    def at(pointer: str, row: str, stride: str, column: str = "0") -> str:
        return f.element(kind, pointer, f.let(f"add i64 {f.let(f'mul i64 {row}, {stride}')}, {column}"))

    with f.loop("0", depth, k_step) as k_start:
        k, add = f.minimum(f.let(f"sub i64 {depth}, {k_start}"), k_step), f.let(f"icmp sgt i64 {k_start}, 0")

        def tile(rows: int, vectors: int, x: str, y: str, stride: str, place: str) -> None:
            f.line(
                f"call void @{_tile_name(rows, vectors)}(ptr {x}, i64 {lda}, ptr {y}, i64 {stride}, ptr {place}, "
                f"i64 {ldc}, i64 {k}, i1 {add})"
            )

        with f.loop("0", first, wide) as column:
            tile(1, ONE_ROW_VECTORS, at(a, "0", lda, k_start), at(b, k_start, ldb, column), ldb,
                 f.element(kind, out, column))  # fmt: skip
        with f.loop(first, stop, group_width) as group:
            left = f.let(f"sub i64 {stop}, {group}")
            columns, source = f.minimum(left, group_width), at(b, k_start, ldb, group)
            from_buffer = f.let(f"or i1 {is_packed}, {f.let(f'icmp slt i64 {left}, {width}')}")
            with f.when(from_buffer):
                f.line(f"call void @pack(ptr {source}, i64 {ldb}, i64 {k}, i64 {columns}, ptr {buffer})")
            stride = f.let(f"select i1 {from_buffer}, i64 {width}, i64 {ldb}")
            with f.loop("0", columns, width) as j:
                panel = f.element(kind, buffer, f.let(f"mul i64 {j}, {k}"))
                y = f.let(f"select i1 {from_buffer}, ptr {panel}, ptr {f.element(kind, source, j)}")
                column = f.let(f"add i64 {group}, {j}")
                with f.loop("0", full, ROWS) as row:
                    tile(ROWS, VECTORS, at(a, row, lda, k_start), y, stride, at(out, row, ldc, column))
                for rows in range(1, ROWS):
                    with f.when(f.let(f"icmp eq i64 {rest}, {rows}")):
                        tile(rows, VECTORS, at(a, full, lda, k_start), y, stride, at(out, full, ldc, column))
    return f.finished()
