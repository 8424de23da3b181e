"""The Python source of one epoch of minibatch training, for Numba to compile.

A step has two halves, each done by all threads at once. In the first every thread takes its share of the batch's
rows forward and back through the layers. In the second every thread takes its share of each weight matrix, a block
at a time: the block of the gradient is one matrix product, penalty and optimiser follow while it is in cache, and
the gradient as a whole is never stored. The products are BLAS's, one thread each; what lies between them is
`gpunn.nn` and `gpunn.optim`, traced and fused into one loop a kernel.
"""

from __future__ import annotations

from typing import Any

from gpunn.devices.loops import inputs, n_buffers, row_loop
from gpunn.devices.trace import ELEMENT, ROW, STEP, Graph, Symbol, Untraceable

BLOCK = 131072  # numbers in a block of weights: fewer make slow products, more leave the cache

HEADER = '''"""Made by gpunn from its formulas; deleted, it is made again."""

import numpy as np
from numba import njit, prange

dt = np.{dtype}
# Not "nnan" and "ninf": numbers that are not finite must come out, so that divergence is seen.
# "reassoc", sums in any order, only where the arrays are long: in short ones the compiler's choice of a loop, and so
# the last bit, would depend on which of them lie side by side in memory.
options = {{"error_model": "numpy", "fastmath": {{"contract", "arcp", "nsz"}}, "cache": True}}
long = {{**options, "fastmath": options["fastmath"] | {{"reassoc"}}}}
BLOCK = {block}


@njit(**options)
def carve(work, start, rows, columns):
    # Each array begins at a multiple of 64 bytes: what BLAS gives may differ in the last bit with the address.
    stop = start + rows * columns
    return work[start:stop].reshape(rows, columns), (stop + 15) // 16 * 16


@njit(**options)
def gather(X, rows, out):
    for i in range(rows.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = X[rows[i], j]


@njit(**options)
def transpose(h, start, stop, out):
    for i in range(h.shape[0]):
        for j in range(start, stop):
            out[j - start, i] = h[i, j]


@njit(**options)
def column_sums(d, start, stop, out):
    out[:] = 0
    for i in range(d.shape[0]):
        for j in range(start, stop):
            out[j - start] += d[i, j]
'''


def workspace(sizes: tuple[int, ...], batch: int, threads: int) -> int:
    """How many numbers an epoch needs to work with."""
    rows = batch * (sizes[0] + sizes[-1] + 3 * sum(sizes[1:]))
    return rows + threads * (max(BLOCK, max(sizes)) + max(sizes) * batch + 32) + 16 * (3 * len(sizes) + 4)


def epoch_source(objective: Any, method: Any, state: Any, dtype: str) -> str:
    """The source of a module with a function ``epoch``.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    state : NamedTuple
        Of the method, arrays shaped like theta (P,) or (1,).
    dtype : {"float32", "float64"}

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    network = objective.network
    parts = [HEADER.format(dtype=dtype, block=BLOCK)]
    for number, layer in enumerate(network.layers[:-1]):
        if layer.learned:
            raise Untraceable(f"{type(layer.activation).__name__} learns parameters of its own")
        backward, reads = _backward(number, layer.activation, dtype)
        parts += [_forward(number, layer.activation, dtype, "z" in reads), backward]
    if network.layers[-1].learned:
        raise Untraceable("the output layer learns parameters of its own")
    names = list(type(state)._fields)
    ranks = [STEP if array.shape == (1,) else ELEMENT for array in state]
    parts.append(_head(objective.head, dtype))
    parts.append(_update("update_weights", method, state, names, ranks, dtype, objective))
    parts.append(_update("update_biases", method, state, names, ranks, dtype, None))
    parts.append(_advance(method, state, names, ranks, dtype))
    parts.append(_epoch(len(network.layers), names, ranks))
    return "\n\n".join(parts)


def _kernel(name: str, arguments: str, graph: Graph, outputs: dict[str, Symbol], arrays: dict[str, str],
            before: str = "", after: str = "", returns: str = "") -> str:  # fmt: skip
    """A function that runs a row loop for each row of its last array; ``returns`` names a sum that starts from 0."""
    first = arguments.split(", ")[-1]
    lines = [f"def {name}({arguments}):", f"    size = {first}.shape[1]"]
    lines += [f"    t{i} = np.empty(size, dt)" for i in range(n_buffers(graph, outputs))]
    lines += [f"    {returns} = 0.0"] if returns else []
    lines += [f"    for i in range({first}.shape[0]):"]
    lines += [f"        {line}" for line in (before, *row_loop(graph, outputs, arrays), after) if line]
    return "\n".join(["", "@njit(**options)", *lines, *([f"    return {returns}"] if returns else [])])


def _forward(number: int, activation: Any, dtype: str, keep_z: bool) -> str:
    graph = Graph(dtype)
    z = graph.input("z") + graph.input("b")
    outputs = {"h": activation.forward(graph, z), **({"z": z} if keep_z else {})}
    arrays = {"z": "z[i, j]", "b": "b[j]", "h": "h[i, j]"}
    return _kernel(f"forward_{number}", "z, b, h", graph, outputs, arrays)


def _backward(number: int, activation: Any, dtype: str) -> tuple[str, set[str]]:
    graph = Graph(dtype)
    dz, _ = activation.backward(graph, graph.input("z"), graph.input("h"), graph.input("d"))
    arrays = {"z": "z[i, j]", "h": "h[i, j]", "d": "d[i, j]"}
    return _kernel(f"backward_{number}", "z, h, d", graph, {"d": dz}, arrays), inputs(graph, {"d": dz})


def _head(head: Any, dtype: str) -> str:
    graph = Graph(dtype)
    z, T = graph.input("z") + graph.input("b"), graph.input("T")
    outputs = {"cost": head.cost(graph, z, T), "d": head.delta(graph, z, T) * graph.input("factor", ROW)}
    arrays = {"z": "z[i, j]", "b": "b[j]", "T": "T[i, j]", "d": "d[i, j]"}
    return _kernel(
        "head",
        "z, b, T, w, share, d",
        graph,
        outputs,
        arrays,
        before="factor = w[i] * share",
        after="total += w[i] * cost",
        returns="total",
    )


def _update(name: str, method: Any, state: Any, names: list[str], ranks: list[int], dtype: str, objective: Any) -> str:
    graph = Graph(dtype)
    theta, g = graph.input("theta"), graph.input("g")
    symbols = [graph.input(field, rank) for field, rank in zip(names, ranks, strict=True)]
    outputs = {}
    if objective is not None and (objective.l2 or objective.l1):
        outputs["penalty"] = graph.sum(objective.penalty(graph, graph.input("theta")), axis=-1)
        g += objective.penalty_slope(graph, graph.input("theta")) * graph.input("share", STEP)
    outputs["norm2"] = graph.sum(g * g, axis=-1)
    method.update(graph, theta, g, type(state)(*symbols), graph.input("lr", STEP))
    outputs["theta"] = theta
    outputs |= {field: s for field, s, rank in zip(names, symbols, ranks, strict=True) if rank != STEP}
    arrays = {field: f"{field}[j]" for field in ("theta", "g", *names)}
    arguments = ", ".join(["theta", "g", *names, "lr", "share", "start", "size"])
    lines = [f"t{i} = np.empty(size, dt)" for i in range(n_buffers(graph, outputs))]
    # Slices, so that the loop counts from 0: Numba would ask of any other index whether it is negative.
    vectors = ["theta", *(field for field, rank in zip(names, ranks, strict=True) if rank != STEP)]
    lines += [f"{vector} = {vector}[start : start + size]" for vector in vectors]
    lines += [*row_loop(graph, outputs, arrays), f"return norm2, {'penalty' if 'penalty' in outputs else '0.0'}"]
    return "\n".join(["", "@njit(**long)", f"def {name}({arguments}):", *(f"    {line}" for line in lines)])


def _advance(method: Any, state: Any, names: list[str], ranks: list[int], dtype: str) -> str:
    """The numbers of the state that are one for the step, after it."""
    graph = Graph(dtype)
    symbols = [graph.input(field, rank) for field, rank in zip(names, ranks, strict=True)]
    method.update(graph, graph.input("theta"), graph.input("g"), type(state)(*symbols), graph.input("lr", STEP))
    outputs = {f"{f}_after": s for f, s, rank in zip(names, symbols, ranks, strict=True) if rank == STEP}
    lines = [*(row_loop(graph, outputs, {}) if outputs else []), f"return ({''.join(f'{o}, ' for o in outputs)})"]
    head = f"def advance({', '.join([f for f, r in zip(names, ranks, strict=True) if r == STEP] + ['lr'])}):"
    return "\n".join(["", "@njit(**options)", head, *(f"    {line}" for line in lines)])


def _epoch(n_layers: int, names: list[str], ranks: list[int]) -> str:
    last = n_layers - 1
    step_names = [name for name, rank in zip(names, ranks, strict=True) if rank == STEP]
    given = "".join(f"{name}[0], " if name in step_names else f"{name}, " for name in names)
    source = [
        "def epoch(X, T, weight, order, sizes, theta, "
        + "".join(f"{name}, " for name in names)
        + "lr, batch, threads, work):",
        "    w, at = np.ones(batch, dt), 0",
        "    x, at = carve(work, at, batch, sizes[0])",
        "    target, at = carve(work, at, batch, sizes[-1])",
        "    start_b = 0",
        *(f"    start_b += sizes[{i}] * sizes[{i + 1}]" for i in range(n_layers)),
        "    start = 0",
    ]
    for i in range(n_layers):
        source += [
            f"    n{i} = sizes[{i + 1}]",
            *(f"    {name}{i}, at = carve(work, at, batch, n{i})" for name in "zhd"),
            f"    w{i}, start = start, start + sizes[{i}] * n{i}",
            f"    W{i} = theta[w{i}:start].reshape(sizes[{i}], n{i})",
            f"    b{i}, start_b = start_b, start_b + n{i}",
        ]
    source += [
        "    widest = max(sizes)",
        "    blocks, at = carve(work, at, threads, (max(BLOCK, widest) + 15) // 16 * 16)",
        "    flips, at = carve(work, at, threads, (widest * batch + 15) // 16 * 16)",
        "    sums = np.zeros((threads, 16))",
        "    total, norm2 = 0.0, 0.0",
        "    for step in range((order.shape[0] + batch - 1) // batch):",
        "        first = step * batch",
        "        r = min(batch, order.shape[0] - first)",
        "        rate, weights = lr[step], dt(r)",
        "        if weight.shape[0]:",
        "            weights = dt(0)",
        "            for i in range(r):",
        "                w[i] = weight[order[first + i]]",
        "                weights += w[i]",
        "        share = dt(1) / weights if weights > 0 else dt(0)",
        "        for k in prange(threads):",
        "            a, e = k * r // threads, (k + 1) * r // threads",
        "            gather(X, order[first + a : first + e], x[a:e])",
        "            gather(T, order[first + a : first + e], target[a:e])",
    ]
    before = "x"
    for i in range(n_layers):
        source.append(f"            np.dot({before}[a:e], W{i}, z{i}[a:e])")
        bias = f"theta[b{i} : b{i} + n{i}]"
        if i < last:
            source.append(f"            forward_{i}(z{i}[a:e], {bias}, h{i}[a:e])")
        else:
            source.append(f"            sums[k, 0] = head(z{i}[a:e], {bias}, target[a:e], w[a:e], share, d{i}[a:e])")
        before = f"h{i}"
    for i in range(last, 0, -1):
        source += [
            f"            np.dot(d{i}[a:e], W{i}.T, d{i - 1}[a:e])",
            f"            backward_{i - 1}(z{i - 1}[a:e], h{i - 1}[a:e], d{i - 1}[a:e])",
        ]
    source += ["        for k in prange(threads):", "            found, added = 0.0, 0.0"]
    for i in range(n_layers):
        before = "x" if i == 0 else f"h{i - 1}"
        source += [
            f"            p, e = k * sizes[{i}] // threads, (k + 1) * sizes[{i}] // threads",
            "            while p < e:",
            f"                q = min(p + max(1, BLOCK // n{i}), e)",
            "                flip = flips[k, : (q - p) * r].reshape(q - p, r)",
            f"                g = blocks[k, : (q - p) * n{i}]",
            f"                transpose({before}[:r], p, q, flip)",
            f"                np.dot(flip, d{i}[:r], g.reshape(q - p, n{i}))",
            f"                at, size = w{i} + p * n{i}, (q - p) * n{i}",
            f"                one, two = update_weights(theta, g, {given}rate, share, at, size)",
            "                found, added, p = found + one, added + two, q",
            f"            p, e = k * n{i} // threads, (k + 1) * n{i} // threads",
            "            if p < e:",
            "                g = blocks[k, : e - p]",
            f"                column_sums(d{i}[:r], p, e, g)",
            f"                one, two = update_biases(theta, g, {given}rate, share, b{i} + p, e - p)",
            "                found += one",
        ]
    source += [
        "            sums[k, 1], sums[k, 2] = found, added",
        f"        after = advance({''.join(f'{name}[0], ' for name in step_names)}rate)",
        *(f"        {name}[0] = after[{i}]" for i, name in enumerate(step_names)),
        "        norm2 = np.sum(sums[:, 1])",
        "        total += share * (np.sum(sums[:, 0]) + np.sum(sums[:, 2])) * r",
        "    return total, np.sqrt(norm2)",
    ]
    return "\n".join(["", "@njit(parallel=True, **options)", *source, ""])
