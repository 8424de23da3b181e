"""The kernels of a network and a method: functions in LLVM IR, made from their formulas.

A kernel is called as ``kernel(operation, addresses)``: with the fields of an operation and with the table of addresses
that they point into (`gpunn.compile.cpu.operation`). Its row and column bounds are the share of one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from gpunn.compile import formulas
from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.render import TYPES, Function, Loops, constant, declarations
from gpunn.compile.formulas import Formula
from gpunn.compile.schedule import Schedule
from gpunn.compile.trace import Untraceable
from gpunn.nn.activations import Activation
from gpunn.nn.dropout import Dropout
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import FirstOrder, MethodState

LANES = 16  # rows that a head handles at once: their values are vectors
AHEAD = 4  # rows that are fetched into the cache before they are copied
BYTES = {"float": 4, "double": 8}
TAKE_ROWS = ("gather", "targets")  # names of the kernels that depend on no formula


class Kernel(Function):
    """A kernel, and what its operations say; their matrices are called by the names given.

    Columns count from ``column_start``: pointers to rows are to the first element of this thread's share.
    """

    def __init__(self, name: str, dtype: str, matrices: Iterable[str]) -> None:
        super().__init__(name, {"operation": "ptr", "addresses": "ptr"})
        self.kind, self.dtype = TYPES[dtype], dtype
        self.row_start, self.row_stop = self.field(op.ROW_START), self.field(op.ROW_STOP)
        self.column_start, stop = self.field(op.COLUMN_START), self.field(op.COLUMN_STOP)
        self.n = self.let(f"sub i64 {stop}, {self.column_start}")
        self.matrices: dict[str, tuple[str, str]] = {}
        for number, matrix in enumerate(matrices):
            first = op.MATRICES + number * op.MATRIX_FIELDS
            base = self.let_address(self.field(first + op.SLOT))
            self.matrices[matrix] = (
                self.element(self.kind, base, self.field(first + op.START)),
                self.field(first + op.STRIDE),
            )

    def field(self, number: int) -> str:
        """A field of the operation."""
        return self.load("i64", "%operation", str(number))

    def let_address(self, slot: int | str) -> str:
        """An entry of the table of addresses."""
        return self.load("ptr", "%addresses", str(slot))

    def row(self, matrix: str, i: str) -> str:
        """Pointer to this thread's part of a row."""
        pointer, stride = self.matrices[matrix]
        start = self.let(f"add i64 {self.let(f'mul i64 {i}, {stride}')}, {self.column_start}")
        return self.element(self.kind, pointer, start)

    def add_to_sum(self, number: int, value: str) -> None:
        """Add to one of the sums of a step, which are in double precision."""
        sums = self.element("double", self.let_address(op.SUMS), str(number))
        wide = value if self.kind == "double" else self.let(f"fpext float {value} to double")
        self.store("double", self.let(f"fadd double {self.load('double', sums)}, {wide}"), sums)

    def finished(self) -> str:
        self.line("ret void")
        return self.text()


def network_kernels(
    objective: Objective, dtype: str, X_dtype: Any, dropout: Dropout | None, index_dtype: Any = None
) -> dict[str, str]:
    """Source of each kernel that cost and gradient need: gather, targets, drop, forward_0, backward_0, ..., head.

    ``index_dtype`` is that of the indices of a sparse X, in rows (CSR); None for a dense one.
    """
    network = objective.network
    formulas.check(network, hidden=False)
    dropped = _dropped(network, dropout)
    of_X, targets = np.dtype(X_dtype), gather("targets", np.dtype(dtype), dtype)
    rows = gather("gather", of_X, dtype) if index_dtype is None else gather_sparse(of_X, index_dtype, dtype)
    found = {"gather": rows, "targets": targets}
    for number, of_layer in enumerate(dropped):
        if of_layer:
            found[f"kept_{number}"] = _kept(of_layer, number)
    if dropped[0]:
        found["drop"] = _by_rows("drop", formulas.drop(dtype, dropped[0]), dtype, {"x": "x"}, 0)
    arrays = {"z": "z", "h": "h", "dh": "d", "dz": "d", "b": "b"}
    for number, layer in enumerate(network.layers[:-1]):
        of_next, following = dropped[number + 1], number + 1
        ranks = formulas.learned_ranks(layer.activation)
        learned = {name: name for of in ranks for name in (f"learned_{of}", f"term_{of}")}
        _check_matrices(layer.activation, {*arrays.values(), *learned})
        same = {"b", *(f"learned_{of}" for of in ranks)}
        scalars = {f"learned_{of}" for of, rank in ranks.items() if rank == formulas.SCALAR}
        for name, formula in (("forward", formulas.forward), ("backward", formulas.backward)):
            made = formula(layer.activation, dtype, of_next, following)
            found[f"{name}_{number}"] = _by_rows(
                f"{name}_{number}", made, dtype, arrays | learned, following if of_next else None, same, scalars
            )
    return found | {"head": _head(objective.head, dtype)}


def forward_kernels(network: Network, dtype: str) -> dict[str, str]:
    """Source of the kernels that activate layers, without dropout: forward_0, forward_1, ..."""
    found = {}
    for number, layer in enumerate(network.layers):
        ranks = formulas.learned_ranks(layer.activation)
        arrays = {name: name for name in ("z", "h", "b", *(f"learned_{of}" for of in ranks))}
        _check_matrices(layer.activation, arrays)
        scalars = {f"learned_{of}" for of, rank in ranks.items() if rank == formulas.SCALAR}
        name = f"forward_{number}"
        found[name] = _by_rows(name, formulas.forward(layer.activation, dtype), dtype, arrays, None, scalars)
    return found


def _check_matrices(activation: Activation, matrices: Collection[str]) -> None:
    if len(matrices) > op.N_MATRICES:
        raise Untraceable(f"{type(activation).__name__} learns too many arrays")


def forward_scratch(network: Network, dtype: str) -> int:
    """Number of elements that the kernels of `forward_kernels` keep of a row."""
    return max(_n_buffers(formulas.forward(layer.activation, dtype)) * layer.n_out for layer in network.layers)


def probabilities_kernel(head: Head, dtype: str, k: int, exclusive: bool) -> tuple[str, int]:
    """Source of the kernel "probabilities", and the number of elements that it keeps."""
    n_buffers = _n_buffers(formulas.probabilities(head, dtype, k, exclusive))
    return _probabilities(head, dtype, k, exclusive), ((2 + n_buffers) * k + 2) * LANES


def update_kernels(
    objective: Objective, method: FirstOrder, state: MethodState, dtype: str, clip_norm: float | None = None
) -> dict[str, str]:
    """Source of each kernel of the update: update_weights, update_biases, advance.

    With ``clip_norm`` also of each reduction before: clip_0_weights, clip_0_biases, clip_1_weights, ...
    """
    n_weights, n = objective.network.n_weights, objective.network.n_parameters
    found = {}
    for of, penalised, theta_range in (("weights", objective, (0, n_weights)), ("biases", None, (n_weights, n))):
        totals = {} if clip_norm is None else formulas.clipping(penalised, dtype, theta_range, clip_norm)
        for number, name in enumerate(totals):
            found[f"clip_{number}_{of}"] = _clip(f"clip_{number}_{of}", totals[name], list(totals)[:number], dtype)
        update = formulas.update(penalised, method, state, dtype, theta_range, clip_norm)
        found[f"update_{of}"] = _update(f"update_{of}", update, state, dtype, list(totals))
    return found | {"advance": _advance(formulas.advance(method, state, dtype), state, dtype)}


def max_norm_kernels(dtype: str, limit: float) -> dict[str, str]:
    """Source of each kernel that limits the norms of columns of W: add_squares, norm_factors, scale_columns."""
    names, arrays = ("add_squares", "norm_factors", "scale_columns"), {"W": "W", "sum_0": "total", "factor": "total"}
    made = zip(names, formulas.max_norm(dtype, limit), strict=True)
    return {name: _by_rows(name, formula, dtype, arrays, None, {"total"}) for name, formula in made}


def module(kernels: dict[str, str], dtype: str) -> str:
    """Kernels and what they call, as one module."""
    return "\n".join([declarations(dtype, LANES), PREFETCH, *kernels.values()])


def scratch_size(objective: Objective, dtype: str, dropout: Dropout | None = None) -> int:
    """Number of elements that kernels keep of a row, or of `LANES` rows of the head."""
    network, buffers = objective.network, [0]
    dropped = _dropped(network, dropout)
    for number, layer in enumerate(network.layers[:-1]):
        for formula in (formulas.forward, formulas.backward):
            made = formula(layer.activation, dtype, dropped[number + 1], number + 1)
            buffers.append(_n_buffers(made) * layer.n_out)
    n_out = network.layers[-1].n_out
    of_head = (3 + _n_buffers(formulas.head(objective.head, dtype))) * n_out + 2
    return max(*buffers, of_head * LANES)


def _dropped(network: Network, dropout: Dropout | None) -> list[Dropout | None]:
    """Kernels that act on the inputs of each layer."""
    if dropout is None:
        return [None] * len(network.layers)
    return [dropout if rate else None for rate in dropout.rates]


def _n_buffers(formula: Formula) -> int:
    from gpunn.compile.cpu.exponentials import expanded

    return len(Schedule(*expanded(formula.graph, formula.outputs)).buffers)


PREFETCH = "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)\n"


def gather(name: str, X_dtype: np.dtype[Any], dtype: str) -> str:
    """Copy rows of X, by their numbers, into a matrix of another dtype.

    The first matrix of its operation is the output; of the second, X, the start is 0 and WIDTH the number of elements
    from column to column.
    """
    f = Kernel(name, dtype, ["out", "unused"])
    source, of_X = f.let_address(f.field(op.MATRICES + op.MATRIX_FIELDS + op.SLOT)), _integer(X_dtype)
    row_stride, column_stride = f.matrices["unused"][1], f.field(op.WIDTH)
    order, last = f.let_address(op.ORDER), f.let(f"sub i64 {f.row_stop}, 1")
    row_bytes = f.let(f"mul i64 {f.n}, {X_dtype.itemsize}")

    def start(i: str) -> str:
        number = f.load("i64", order, i)
        first = f.let(f"mul i64 {f.column_start}, {column_stride}")
        return f.element(of_X, source, f.let(f"add i64 {f.let(f'mul i64 {number}, {row_stride}')}, {first}"))

    with f.loop(f.row_start, f.row_stop) as i:
        ahead = f.let(f"add i64 {i}, {AHEAD}")
        is_there = f.let(f"icmp slt i64 {ahead}, {last}")
        next_row = start(f.let(f"select i1 {is_there}, i64 {ahead}, i64 {last}"))
        with f.loop("0", row_bytes, 64) as byte:
            f.line(f"call void @llvm.prefetch.p0(ptr {f.element('i8', next_row, byte)}, i32 0, i32 3, i32 1)")
        row, out = start(i), f.row("out", i)
        with f.loop("0", f.n) as j:
            at = f.element(of_X, row, f.let(f"mul i64 {j}, {column_stride}"))
            f.store(f.kind, _converted(f, f.let(f"load {of_X}, ptr {at}, align 1"), X_dtype), out, j)
    return f.finished()


def gather_sparse(X_dtype: np.dtype[Any], index_dtype: Any, dtype: str) -> str:
    """Copy rows of a sparse X, by their numbers, into a dense matrix, the first of the operation."""
    f = Kernel("gather", dtype, ["out"])
    of_X, of_index = _integer(X_dtype), _integer(np.dtype(index_dtype))
    values, indices, starts = (f.let_address(slot) for slot in (op.X, op.INDICES, op.INDPTR))
    order = f.let_address(op.ORDER)

    def wide(pointer: str, i: str) -> str:
        x = f.load(of_index, pointer, i)
        return x if of_index == "i64" else f.let(f"sext {of_index} {x} to i64")

    with f.loop(f.row_start, f.row_stop) as i:
        row, number = f.row("out", i), f.load("i64", order, i)
        with f.loop("0", f.n) as j:
            f.store(f.kind, constant(dtype, 0), row, j)
        with f.loop(wide(starts, number), wide(starts, f.let(f"add i64 {number}, 1"))) as entry:
            j = f.let(f"sub i64 {wide(indices, entry)}, {f.column_start}")
            with f.when(f.let(f"icmp ult i64 {j}, {f.n}")):
                value = _converted(f, f.load(of_X, values, entry), X_dtype)
                f.store(
                    f.kind, f.let(f"fadd {f.kind} {f.load(f.kind, row, j)}, {value}"), row, j
                )  # of one index several
    return f.finished()


def _integer(dtype: np.dtype[Any]) -> str:
    """LLVM's type of the elements of an array."""
    return TYPES[dtype.name] if dtype.kind == "f" else f"i{8 * dtype.itemsize}"


def _converted(f: Kernel, x: str, dtype: np.dtype[Any]) -> str:
    if dtype.kind != "f":
        return f.let(f"{'sitofp' if dtype.kind == 'i' else 'uitofp'} {_integer(dtype)} {x} to {f.kind}")
    if dtype.name == f.dtype:
        return x
    return f.let(f"{'fpext' if f.kind == 'double' else 'fptrunc'} {TYPES[dtype.name]} {x} to {f.kind}")


def _kept(dropout: Dropout, layer: int) -> str:
    """Function that tells whether dropout keeps an element, from its index in the rows of the batch and a key."""
    made = formulas.kept(dropout, layer)
    f = Function(f"kept_{layer}", {"index": "i32", "key": "i32"}, "i1", "alwaysinline ")
    loops = Loops(f, made.graph, made.outputs, read=lambda name, j: f"%{name}")
    loops.run()
    f.line(f"ret i1 {loops.results['kept']}")
    return f.text()


def _by_rows(
    name: str,
    formula: Formula,
    dtype: str,
    arrays: dict[str, str],
    dropped: int | None,
    same: Collection[str] = (),
    scalars: Collection[str] = (),
) -> str:
    """A kernel that computes a formula row by row.

    Parameters
    ----------
    arrays : dict of str to str
        Matrix of each input and output.
    dropped : int or None
        Layer whose inputs dropout acts on here.
    same : collection of str
        Matrices of one row, the same for all rows.
    scalars : collection of str
        Names of those that are one number.
    """
    matrices = dict.fromkeys(arrays.values())
    f = Kernel(name, dtype, matrices)
    key = None if dropped is None else f.load("i32", f.let_address(op.KEYS), str(dropped))
    first_row = None if dropped is None else f.load("i64", "%addresses", str(op.FIRST_ROW))
    scratch, width = f.let_address(op.SCRATCH), f.field(op.WIDTH)
    first_rows = {
        matrix: f.matrices[matrix][0] if matrix in scalars else f.row(matrix, "0")
        for matrix in matrices
        if matrix in same
    }
    with f.loop(f.row_start, f.row_stop) as i:
        rows = {matrix: f.row(matrix, i) for matrix in matrices if matrix not in same} | first_rows
        row = i if first_row is None else f.let(f"add i64 {i}, {first_row}")
        first = f.let(f"add i64 {f.let(f'mul i64 {row}, {width}')}, {f.column_start}")

        def read(name: str, j: str) -> str:
            if name == "kept":
                index = f.let(f"trunc i64 {f.let(f'add i64 {first}, {j}')} to i32")
                return f.let(f"call i1 @kept_{dropped}(i32 {index}, i32 {key})")
            return f.load(f.kind, rows[arrays[name]], j or None)

        def write(name: str, j: str, value: str) -> None:
            f.store(f.kind, value, rows[arrays[name]], j)

        def buffer(number: int, j: str) -> str:
            place = f.let(f"add i64 {f.let(f'mul i64 {f.n}, {number}')}, {j}")
            return f.element(f.kind, scratch, place)

        Loops(f, formula.graph, formula.outputs, read=read, write=write, n=f.n, scratch=buffer, is_long=True).run()
    return f.finished()


def _head(head: Head, dtype: str) -> str:
    """Cost and dz of rows."""
    formula = formulas.head(head, dtype)
    f = Kernel("head", dtype, ["z", "T", "dz", "b"])
    scratch, w = f.let_address(op.SCRATCH), f.let_address(op.WEIGHTS)
    share = f.load(f.kind, f.let_address(op.REALS), str(op.SHARE))
    total, cost = f.variable("double", "0.0"), f.element(f.kind, scratch, str(LANES))

    def before(i: str, lane: str) -> None:
        f.store(f.kind, f.let(f"fmul {f.kind} {f.load(f.kind, w, i)}, {share}"), scratch, lane)

    def after(i: str, lane: str) -> None:
        weighted = f.let(f"fmul {f.kind} {f.load(f.kind, w, i)}, {f.load(f.kind, cost, lane)}")
        wide = weighted if f.kind == "double" else f.let(f"fpext float {weighted} to double")
        f.store("double", f.let(f"fadd double {f.load('double', total)}, {wide}"), total)

    _by_lanes(f, formula, "zT", {"factor": scratch, "cost": cost}, before, after)
    sums = f.element("double", f.let_address(op.SUMS), str(op.COST))
    f.store("double", f.let(f"fadd double {f.load('double', sums)}, {f.load('double', total)}"), sums)
    return f.finished()


def _probabilities(head: Head, dtype: str, k: int, exclusive: bool) -> str:
    """Probabilities of the classes, from the logits without bias."""
    f = Kernel("probabilities", dtype, ["z", "p", "b"])
    _by_lanes(f, formulas.probabilities(head, dtype, k, exclusive), "z", {})
    return f.finished()


def _by_lanes(
    f: Kernel,
    formula: Formula,
    inputs: str,
    singles: dict[str, str],
    before: Callable[[str, str], None] = lambda i, lane: None,
    after: Callable[[str, str], None] = lambda i, lane: None,
) -> None:
    """Compute a formula for rows, `LANES` at a time, transposed: rows are short, and vectors of many rows are not.

    Parameters
    ----------
    inputs : str
        Names of the matrices, of one letter each, that are inputs. Its elementwise output is a matrix too.
    singles : dict of str to str
        Pointers to vectors of what is one number for a row, input or output.
    before, after : callable
        (row, lane): code for each row before and after the formula.
    """
    vector, n_bytes = f"<{LANES} x {f.kind}>", BYTES[f.kind]
    (output,) = (name for name in formula.outputs if name not in singles)
    numbers = {name: number for number, name in enumerate([*inputs, output])}
    scratch, bias = f.let_address(op.SCRATCH), f.row("b", "0")
    last = f.let(f"sub i64 {f.row_stop}, 1")

    def place(number: int, j: str) -> str:
        """Start of the vector of column j of a transposed matrix."""
        column = f.let(f"add i64 {f.let(f'mul i64 {f.n}, {number}')}, {j}")
        return f.element(f.kind, scratch, f.let(f"mul i64 {f.let(f'add i64 {column}, 2')}, {LANES}"))

    def read(name: str, j: str) -> str:
        if name == "b":
            one = f.let(f"insertelement {vector} poison, {f.kind} {f.load(f.kind, bias, j)}, i32 0")
            return f.let(f"shufflevector {vector} {one}, {vector} poison, <{LANES} x i32> zeroinitializer")
        pointer = singles[name] if name in singles else place(numbers[name], j)
        return f.let(f"load {vector}, ptr {pointer}, align {n_bytes}")

    def write(name: str, j: str, value: str) -> None:
        f.line(f"store {vector} {value}, ptr {place(numbers[name], j)}, align {n_bytes}")

    with f.loop(f.row_start, f.row_stop, LANES) as start:
        with f.loop("0", str(LANES)) as lane:
            # After the last row its lanes hold that row again.
            row = f.let(f"add i64 {start}, {lane}")
            i = f.let(f"select i1 {f.let(f'icmp slt i64 {row}, {last}')}, i64 {row}, i64 {last}")
            before(i, lane)
            rows = {name: f.row(name, i) for name in inputs}
            with f.loop("0", f.n) as j:
                for name, pointer in rows.items():
                    f.store(f.kind, f.load(f.kind, pointer, j), place(numbers[name], j), lane)
        loops = Loops(
            f, formula.graph, formula.outputs, read=read, write=write, n=f.n, lanes=LANES,
            scratch=lambda number, j: place(len(numbers) + number, j), align=n_bytes,
        )  # fmt: skip
        loops.run()
        for name, value in loops.results.items():
            f.line(f"store {vector} {value}, ptr {singles[name]}, align {n_bytes}")
        left = f.let(f"sub i64 {f.row_stop}, {start}")
        n_lanes = f.let(f"select i1 {f.let(f'icmp slt i64 {left}, {LANES}')}, i64 {left}, i64 {LANES}")
        with f.loop("0", n_lanes) as lane:
            i = f.let(f"add i64 {start}, {lane}")
            after(i, lane)
            out = f.row(output, i)
            with f.loop("0", f.n) as j:
                f.store(f.kind, f.load(f.kind, place(numbers[output], j), lane), out, j)


def _clip(name: str, formula: Formula, totals: list[str], dtype: str) -> str:
    """The part of a reduction over theta that a range of theta gives.

    The matrices of its operation: the part of the gradient, those of the reductions (see `_totals`), and, as an element
    of these, the place of the result.
    """
    f = Kernel(name, dtype, ["g", "totals", "out"])
    arrays = {"theta": f.element(f.kind, f.let_address(op.THETA), f.column_start), "g": f.matrices["g"][0]}
    share = f.load(f.kind, f.let_address(op.REALS), str(op.SHARE))
    scalars = {"share": share, **_totals(f, totals)}
    loops = Loops(
        f, formula.graph, formula.outputs, n=f.n, is_long=True,
        read=lambda name, j: scalars[name] if name in scalars else f.load(f.kind, arrays[name], j),
    )  # fmt: skip
    loops.run()
    f.store(f.kind, loops.results["total"], f.matrices["out"][0])
    return f.finished()


def _totals(f: Kernel, names: list[str]) -> dict[str, str]:
    """Results of reductions over theta, from their parts: a row of the matrix "totals" each, WIDTH in a row."""
    return {name: _combined(f, name.partition("_")[0], number) for number, name in enumerate(names)}


def _combined(f: Kernel, operation: str, row: int) -> str:
    """The sum or maximum of a row of the matrix "totals"."""
    formula, (pointer, stride) = formulas.combine(operation, f.dtype), f.matrices["totals"]
    parts = f.element(f.kind, pointer, f.let(f"mul i64 {stride}, {row}"))
    n, loaded = f.field(op.WIDTH), lambda name, j: f.load(f.kind, parts, j)
    loops = Loops(f, formula.graph, formula.outputs, n=n, read=loaded)
    loops.run()
    return loops.results["total"]


def _update(name: str, formula: Formula, state: MethodState, dtype: str, totals: list[str]) -> str:
    """The update of a range of theta, by the part of the gradient that its operation's first matrix is.

    The second is that of the reductions that clip the gradient, where there are any: ``totals``, see `_totals`.
    """
    f = Kernel(name, dtype, ["g", "totals"] if totals else ["g"])
    arrays = {"theta": f.element(f.kind, f.let_address(op.THETA), f.column_start), "g": f.matrices["g"][0]}
    slot = op.FIRST_FREE
    for field, rank in formulas.ranks(state).items():
        if rank == formulas.ELEMENTWISE:
            arrays[field] = f.element(f.kind, f.let_address(slot), f.column_start)
            slot += 1
    scalars = _scalars(f, state) | _totals(f, totals)
    loops = Loops(
        f, formula.graph, formula.outputs, n=f.n, is_long=True,
        read=lambda name, j: scalars[name] if name in scalars else f.load(f.kind, arrays[name], j),
        write=lambda name, j, value: f.store(f.kind, value, arrays[name], j),
        scratch=lambda number, j: f.element(f.kind, f.let_address(op.SCRATCH), j),
    )  # fmt: skip
    loops.run()
    f.add_to_sum(op.NORM2, loops.results["norm2"])
    if "penalty" in loops.results:
        f.add_to_sum(op.PENALTY, loops.results["penalty"])
    return f.finished()


def _advance(formula: Formula, state: MethodState, dtype: str) -> str:
    f = Kernel("advance", dtype, [])
    scalars = _scalars(f, state)
    loops = Loops(f, formula.graph, formula.outputs, read=lambda name, j: scalars[name])
    loops.run()
    counters = f.let_address(op.COUNTERS)
    for number, name in enumerate(formula.outputs):
        f.store(f.kind, loops.results[name], counters, str(number))
    return f.finished()


def _scalars(f: Kernel, state: MethodState) -> dict[str, str]:
    """Values that are one for the step: of REALS, and of the method's state."""
    reals, counters = f.let_address(op.REALS), f.let_address(op.COUNTERS)
    found = {"share": f.load(f.kind, reals, str(op.SHARE)), "lr": f.load(f.kind, reals, str(op.RATE))}
    names = [name for name, rank in formulas.ranks(state).items() if rank == formulas.SCALAR]
    return found | {name: f.load(f.kind, counters, str(number)) for number, name in enumerate(names)}
