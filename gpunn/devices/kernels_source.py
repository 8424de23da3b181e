"""The Python source of what lies between two matrix products, and of the products, for Numba to compile.

Arrays are (n, d) with rows that lie one after the other; a kernel works on the rows a to e and the columns p to q
of its arrays, the share of one thread.
"""

from __future__ import annotations

from typing import Any

from gpunn.devices import dropout_source
from gpunn.devices.exponentials_source import exponentials_source
from gpunn.devices.lanes import LANES, Lanes
from gpunn.devices.loops import inputs, n_buffers, row_loop
from gpunn.devices.products import product_source
from gpunn.devices.trace import ELEMENT, ROW, Graph, Symbol, Untraceable, tracing

HEADER = '''"""Made by gpunn from its formulas; deleted, it is made again."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

dt = np.{dtype}
# Not "nnan" and "ninf": numbers that are not finite must come out, so that divergence is seen.
# "reassoc", sums in any order, only where the arrays are long: in short ones the compiler's choice of a loop, and so
# the last bit, would depend on which of them lie side by side in memory.
# "forceinline": of a function that is called there are two, one optimised by itself and one once more with its caller.
# The process that compiles runs the first, one that loads the second, and their last bits differ.
options = {{"error_model": "numpy", "fastmath": {{"contract", "arcp", "nsz"}}, "no_cpython_wrapper": True,
           "no_cfunc_wrapper": True, "forceinline": True}}
long = {{**options, "fastmath": options["fastmath"] | {{"reassoc"}}}}


@njit(**options)
def carve(work, start, rows, columns):
    # Each row begins at a multiple of 64 bytes: what BLAS gives may differ in the last bit with the address. Rows a
    # multiple of 512 bytes apart would all want the same few places in the cache.
    columns = (columns + 15) // 16 * 16
    columns += 16 * (columns % 128 == 0)
    stop = start + rows * columns
    return work[start:stop].reshape(rows, columns), stop


@intrinsic
def uncounted(context, x):
    # The array without its counter of references, which all threads would write to at each part they take of it.
    def write(context, builder, signature, arguments):
        array = context.make_array(x)(context, builder, arguments[0])
        array.meminfo = ir.Constant(array.meminfo.type, None)
        return array._getvalue()

    return x(x), write


@intrinsic
def prefetch(context, address):
    def write(context, builder, signature, arguments):
        number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        # To be read, and soon again, as data.
        builder.call(function, [builder.inttoptr(arguments[0], pointer), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(types.intp), write


@njit(**options)
def copy(row, out):  # a row at a time: to an index of two numbers Numba would write no loop of many at once
    for j in range(row.shape[0]):
        out[j] = row[j]


@njit(**options)
def gather(X, rows, out, p, q):
    # Rows lie anywhere in memory: each is asked for while those before it are copied.
    n, start, step = rows.shape[0], X.ctypes.data + p * X.itemsize, X.strides[0]
    for i in range(n):
        ahead = start + rows[min(i + 4, n - 1)] * step
        for at in range(0, (q - p) * X.itemsize, 64):
            prefetch(ahead + at)
        copy(X[rows[i], p:q], out[i, p:q])


@njit(**options)
def convert(X, out):
    for i in range(X.shape[0]):
        copy(X[i], out[i])


@njit(**options)
def add_parts(z, batch, k, threads, a, e, p, q):
    # z is a part of each thread's, one below the other: those of the others are added to that of thread k.
    for i in range(a, e):
        own = z[k * batch + i, p:q]
        for t in range(threads):
            if t != k:
                part = z[t * batch + i, p:q]
                for j in range(q - p):
                    own[j] += part[j]


@njit(**options)
def column_sums(d, start, stop, out, add):
    if add == 0:
        out[:] = 0
    for i in range(d.shape[0]):
        row = d[i, start:stop]
        for j in range(stop - start):
            out[j] += row[j]
'''

HEAD = """
@njit(**options)
def head(z, T, d, b, w, share, a, e, p, q):
    size, b = q - p, b[p:q]
    numbers, matrices = np.empty(({n_numbers}, {lanes}), dt), np.empty(({n_matrices}, size, {lanes}), dt)
    {views}
    total = 0.0
    for start in range(a, e, {lanes}):
        lanes = min({lanes}, e - start)
        for l in range(lanes):
            factor[l] = w[start + l] * share
            z_row, T_row = z[start + l, p:q], T[start + l, p:q]
            for j in range(size):
                z_turned[j, l], T_turned[j, l] = z_row[j], T_row[j]
{loops}
        for l in range(lanes):
            total += w[start + l] * cost[l]
            d_row = d[start + l, p:q]
            for j in range(size):
                d_row[j] = d_turned[j, l]
    return total
"""


def header(dtype: str) -> str:
    """Imports, and the functions that do not depend on any formula."""
    return "\n".join([HEADER.format(dtype=dtype), exponentials_source(dtype), product_source(dtype)])


def layer_kernels(network: Any, head: Any, dtype: str, dropout: Any = None) -> list[str]:
    """Functions ``forward_0(z, h, b, a, e, p, q)`` and ``backward_0(z, h, d, a, e, p, q)`` for each hidden layer, and
    ``head(z, T, d, b, w, share, a, e, p, q)``, which returns the rows' costs, summed.

    forward leaves z + b in z where backward needs it. head's ``share`` is one over the sum of the weights. Where
    a `Dropout` has a rate for what a kernel makes, its last arguments are ``n, key`` (`gpunn.devices.dropout_source`),
    and h is what is left; a rate for the inputs makes a function ``drop(x, a, e, p, q, n, key)``.

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    of = [dropout if dropout and dropout.rates[number] else None for number in range(len(network.layers))]
    kernels = [dropout_source.kept_source(dropout, number) for number, there in enumerate(of) if there]
    if of[0]:
        kernels.append(_drop(dropout, dtype))
    for number, layer in enumerate(network.layers[:-1]):
        if layer.learned:
            raise Untraceable(f"{type(layer.activation).__name__} learns parameters of its own")
        backward, reads = _backward(number, layer.activation, dtype, of[number + 1])
        kernels += [_forward(number, layer.activation, dtype, of[number + 1], "z" in reads), backward]
    if network.layers[-1].learned:
        raise Untraceable("the output layer learns parameters of its own")
    return [*kernels, _head(head, dtype)]


def couples(network: Any) -> bool:
    """Whether a hidden layer needs all of a row to be activated, and so derived: threads cannot share its columns."""
    graph = Graph("float64")
    for layer in network.layers[:-1]:
        if not layer.learned:
            with tracing(layer.activation):
                layer.activation.forward(graph, graph.input("z"))
    return ROW in graph.ranks


def layer_views(n_layers: int, rows: str, rows_of_z: str) -> list[str]:
    """Lines that make W, b, z, h and d, a tuple of one array a layer each; z, h and d have so many rows, from work."""
    layers = range(n_layers)
    lines = ["start, start_b = 0, 0", *(f"start_b += sizes[{i}] * sizes[{i + 1}]" for i in layers)]
    for i in layers:
        lines += [
            f"n = sizes[{i + 1}]",
            f"z{i}, at = carve(work, at, {rows_of_z}, n)",
            *(f"{name}{i}, at = carve(work, at, {rows}, n)" for name in "hd"),
            f"W{i} = theta[start : start + sizes[{i}] * n].reshape(sizes[{i}], n)",
            f"b{i} = theta[start_b : start_b + n]",
            f"start, start_b = start + sizes[{i}] * n, start_b + n",
        ]
    return [*lines, *(f"{name} = ({' '.join(f'{name}{i},' for i in layers)})" for name in "Wbzhd")]


def _kernel(
    name: str, matrices: list[str], others: list[str], graph: Graph, outputs: dict[str, Symbol], dropped: int | None
) -> str:
    """A function that runs a row loop for its share of each row; ``dropped`` is the layer whose inputs it drops."""
    arrays = {matrix: f"{matrix}_row[j]" for matrix in matrices} | {"b": "b_row[j]"}
    if dropped is not None:
        arrays["kept"] = dropout_source.KEPT.format(dropped)
    body = [
        "size = q - p",
        *(["b_row = b[p:q]"] if "b" in others else []),
        *(f"t{i} = np.empty(size, dt)" for i in range(n_buffers(graph, outputs))),
        "for i in range(a, e):",
        # Slices, so that the loop counts from 0: Numba would ask of any other index whether it is negative.
        *(f"    {matrix}_row = {matrix}[i, p:q]" for matrix in matrices),
        *([] if dropped is None else [f"    {dropout_source.START}"]),
        *(f"    {line}" for line in row_loop(graph, outputs, arrays)),
    ]
    arguments = [*matrices, *others, "a", "e", "p", "q", *([] if dropped is None else dropout_source.ARGUMENTS)]
    head = f"def {name}({', '.join(arguments)}):"
    return "\n".join(["", "@njit(**options)", head, *(f"    {line}" for line in body)])


def _drop(dropout: Any, dtype: str) -> str:
    graph = Graph(dtype)
    return _kernel("drop", ["x"], [], graph, {"x": dropout_source.dropped(dropout, graph.input("x"), 0)}, 0)


def _forward(number: int, activation: Any, dtype: str, dropout: Any, keep_z: bool) -> str:
    graph = Graph(dtype)
    z = graph.input("z") + graph.input("b")
    with tracing(activation):
        h = graph.output(activation.forward(graph, z))
    if dropout:
        h = dropout_source.dropped(dropout, h, number + 1)
    outputs = {"h": h, **({"z": z} if keep_z else {})}
    return _kernel(f"forward_{number}", ["z", "h"], ["b"], graph, outputs, number + 1 if dropout else None)


def _backward(number: int, activation: Any, dtype: str, dropout: Any) -> tuple[str, set[str]]:
    graph = Graph(dtype)
    z, h, d = (graph.input(name) for name in ("z", "h", "d"))
    with tracing(activation):
        if dropout:  # h is what was left of it: it is made once more
            h, d = activation.forward(graph, z), dropout_source.dropped(dropout, d, number + 1)
        outputs = {"d": graph.output(activation.backward(graph, z, h, d)[0])}
    kernel = _kernel(f"backward_{number}", ["z", "h", "d"], [], graph, outputs, number + 1 if dropout else None)
    return kernel, inputs(graph, outputs)


def _head(head: Any, dtype: str) -> str:
    graph = Graph(dtype)
    z, T = graph.input("z") + graph.input("b"), graph.input("T")
    with tracing(head):
        cost, delta = head.cost(graph, z, T), graph.output(head.delta(graph, z, T))
        if graph.ranks[cost.number] == ELEMENT:
            raise Untraceable("the cost is not a number for each row")
        outputs = {"cost": cost, "d": delta * graph.input("factor", ROW)}
    turned = {name: f"{name}_turned[j]" for name in "zTd"}
    loops = Lanes(graph, outputs, {**turned, "b": "b[j]"}, {"b"})
    numbers = [*(f"r{i}" for i in loops.row_numbers), "factor"]
    matrices = [*(f"{name}_turned" for name in turned), *(f"t{k}" for k in loops.buffers.values())]
    return HEAD.format(
        lanes=LANES,
        n_numbers=len(numbers),
        n_matrices=len(matrices),
        views="\n    ".join(
            f"{name} = {of}[{k}]"
            for of, names in (("numbers", numbers), ("matrices", matrices))
            for k, name in enumerate(names)
        ),
        loops="\n".join(f"        {line}" for line in loops.lines()),
    )
