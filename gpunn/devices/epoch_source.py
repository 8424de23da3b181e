"""The Python source of one epoch of minibatch training, for Numba to compile.

A step is a few stages, each done by all threads at once and each on its own share: rows of the batch, or neurons of
a layer. Forward and back through the layers comes first. In the last stage every thread takes its share of each
weight matrix: gradient, penalty and optimiser. The products are BLAS's, one thread each; what lies between them is
`gpunn.nn` and `gpunn.optim`, traced and fused into one loop a kernel.
"""

from __future__ import annotations

from typing import Any

from gpunn.devices.kernels_source import header, layer_kernels, layer_views
from gpunn.devices.loops import n_buffers, row_loop
from gpunn.devices.trace import ELEMENT, STEP, Graph

BLOCK = 2**19  # numbers of a gradient that a thread has at once: fewer make slow products, more leave the cache


def workspace(sizes: tuple[int, ...], batch: int, threads: int) -> int:
    """How many numbers an epoch needs to work with."""
    columns = sizes[0] + sizes[-1] + 3 * sum(sizes[1:]) + 32 * (3 * len(sizes) - 1)  # 32 more at most by `carve`
    return batch * columns + threads * (max(BLOCK, *sizes) + 32)


def epoch_source(objective: Any, method: Any, state: Any, dtype: str, wide: bool) -> str:
    """The source of a module with a function ``epoch``.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    state : NamedTuple
        Of the method, arrays shaped like theta (P,) or (1,).
    dtype : {"float32", "float64"}
    wide : bool
        Share the neurons of a hidden layer among the threads rather than the rows of the batch: BLAS then prepares
        each part of a matrix once and not once a thread, but the threads wait for each other after each layer.

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    names = [f"state_{name}" for name in type(state)._fields]
    ranks = [STEP if array.shape == (1,) else ELEMENT for array in state]
    n_layers, n_weights = len(objective.network.layers), objective.network.n_weights
    n_parameters = objective.network.n_parameters
    stages = _wide_stages(n_layers) if wide else _narrow_stages(n_layers)
    parts = [
        header(dtype),
        f"\nBLOCK = {BLOCK}",
        *layer_kernels(objective.network, objective.head, dtype),
        _update("update_weights", method, state, names, ranks, Graph(dtype, (0, n_weights)), objective),
        _update("update_biases", method, state, names, ranks, Graph(dtype, (n_weights, n_parameters)), None),
        _advance(method, state, names, ranks, dtype),
        *(_stage(f"stage_{i}", BATCH, lines) for i, lines in enumerate(stages)),
        _descend(n_layers, names, ranks),
        _spread(len(stages), "".join(f"{name}, " for name in names)),
        _epoch(n_layers, len(stages), names, ranks),
    ]
    return "\n\n".join(parts)


def _update(
    name: str, method: Any, state: Any, names: list[str], ranks: list[int], graph: Graph, objective: Any
) -> str:
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
    arguments = ", ".join(["theta", "g", *names, "lr", "share", "first", "last"])
    lines = ["size = last - first", *(f"t{i} = np.empty(size, dt)" for i in range(n_buffers(graph, outputs)))]
    # Slices, so that the loop counts from 0: Numba would ask of any other index whether it is negative.
    vectors = ["theta", *(field for field, rank in zip(names, ranks, strict=True) if rank != STEP)]
    lines += [f"{vector} = {vector}[first:last]" for vector in vectors]
    lines += [*row_loop(graph, outputs, arrays), f"return norm2, {'penalty' if 'penalty' in outputs else '0.0'}"]
    return "\n".join(["", "@njit(**long)", f"def {name}({arguments}):", *(f"    {line}" for line in lines)])


def _advance(method: Any, state: Any, names: list[str], ranks: list[int], dtype: str) -> str:
    """The numbers of the state that are one for the step, after it."""
    graph = Graph(dtype, (0, 1))  # any: these numbers are the same for all entries of theta
    symbols = [graph.input(field, rank) for field, rank in zip(names, ranks, strict=True)]
    method.update(graph, graph.input("theta"), graph.input("g"), type(state)(*symbols), graph.input("lr", STEP))
    outputs = {f"{f}_after": s for f, s, rank in zip(names, symbols, ranks, strict=True) if rank == STEP}
    lines = [*(row_loop(graph, outputs, {}) if outputs else []), f"return ({''.join(f'{o}, ' for o in outputs)})"]
    head = f"def advance({', '.join([f for f, r in zip(names, ranks, strict=True) if r == STEP] + ['lr'])}):"
    return "\n".join(["", "@njit(**options)", head, *(f"    {line}" for line in lines)])


BATCH = "X, T, rows, share, w, x, target, W, b, z, h, d, sums"  # what the stages of the batch work with
SHARE_ROWS = "a, e = k * r // threads, (k + 1) * r // threads"
GATHER = ["gather(X, rows[a:e], x[a:e])", "gather(T, rows[a:e], target[a:e])"]


def _stage(name: str, arguments: str, lines: list[str]) -> str:
    head = f"def {name}(k, threads, r, {arguments}):"
    return "\n".join(["", "@njit(**options)", head, *(f"    {line}" for line in lines)])


def _top(last: int, before: str) -> list[str]:
    """The last layer: forward, cost and delta, for the rows a to e."""
    n = f"b[{last}].shape[0]"
    return [
        f"product({before}, W[{last}], z[{last}][a:e, : b[{last}].shape[0]], False, False, 0)",
        f"sums[k, 0] = head(z[{last}], target, d[{last}], b[{last}], w, share, a, e, 0, {n})",
    ]


def _narrow_stages(n_layers: int) -> list[list[str]]:
    """One stage: each thread takes its rows forward and back through all layers."""
    last = n_layers - 1
    lines, before = [SHARE_ROWS, *GATHER], "x[a:e]"
    for i in range(last):
        lines += [
            f"product({before}, W[{i}], z[{i}][a:e, : b[{i}].shape[0]], False, False, 0)",
            f"forward_{i}(z[{i}], h[{i}], b[{i}], a, e, 0, b[{i}].shape[0])",
        ]
        before = f"h[{i}][a:e]"
    lines += _top(last, before)
    for i in range(last, 0, -1):
        lines += [
            f"product(d[{i}][a:e], W[{i}], d[{i - 1}][a:e, : b[{i - 1}].shape[0]], False, True, 0)",
            f"backward_{i - 1}(z[{i - 1}], h[{i - 1}], d[{i - 1}], a, e, 0, b[{i - 1}].shape[0])",
        ]
    return [lines]


def _wide_stages(n_layers: int) -> list[list[str]]:
    """A stage a layer, forward and back: each thread takes its neurons of all rows; the last layer goes by rows."""
    last = n_layers - 1
    stages, before = [[SHARE_ROWS, *GATHER]], "x[:r]"

    def neurons(i: int) -> str:
        n = f"b[{i}].shape[0]"
        return f"p, q = k * {n} // threads, (k + 1) * {n} // threads"

    for i in range(last):
        stages.append([
            neurons(i),
            f"product({before}, W[{i}][:, p:q], z[{i}][:r, p:q], False, False, 0)",
            f"forward_{i}(z[{i}], h[{i}], b[{i}], 0, r, p, q)",
        ])  # fmt: skip
        before = f"h[{i}][:r]"
    stages.append([SHARE_ROWS, *_top(last, before.replace(":r", "a:e"))])
    for i in range(last, 0, -1):
        stages.append([
            neurons(i - 1),
            f"product(d[{i}][:r], W[{i}][p:q], d[{i - 1}][:r, p:q], False, True, 0)",
            f"backward_{i - 1}(z[{i - 1}], h[{i - 1}], d[{i - 1}], 0, r, p, q)",
        ])  # fmt: skip
    return stages


def _given(names: list[str], ranks: list[int]) -> str:
    """The state as arguments of an update: numbers that are one for the step by value."""
    return "".join(f"{name}[0], " if rank == STEP else f"{name}, " for name, rank in zip(names, ranks, strict=True))


def _descend(n_layers: int, names: list[str], ranks: list[int]) -> str:
    """The last stage: gradient and update of a share of each layer's parameters."""
    lines = [
        "found, added, at, at_b = 0.0, 0.0, 0, theta.shape[0]",
        *(f"at_b -= b[{i}].shape[0]" for i in range(n_layers)),
    ]
    for i in range(n_layers):
        before = "x" if i == 0 else f"h[{i - 1}]"
        lines += [
            f"n_in, n = W[{i}].shape",
            "p, e = k * n_in // threads, (k + 1) * n_in // threads",
            "while p < e:",
            "    q = min(p + max(1, BLOCK // n), e)",
            "    first, last, part = at + p * n, at + q * n, g[k, : (q - p) * n]",
            f"    product({before}[:r, p:q], d[{i}][:r, :n], part.reshape(q - p, n), True, False, 0)",
            f"    one, two = update_weights(theta, part, {_given(names, ranks)}rate, share, first, last)",
            "    found, added, p = found + one, added + two, q",
            "p, e = at_b + k * n // threads, at_b + (k + 1) * n // threads",
            "if p < e:",
            "    part = g[k, : e - p]",
            f"    column_sums(d[{i}][:r], p - at_b, e - at_b, part, 0)",
            f"    one, two = update_biases(theta, part, {_given(names, ranks)}rate, share, p, e)",
            "    found += one",
            "at, at_b = at + n_in * n, at_b + n",
        ]
    lines += ["sums[k, 1], sums[k, 2] = found, added"]
    return _stage("descend", f"theta, {', '.join(names)}{', ' * bool(names)}rate, share, x, W, b, h, d, g, sums", lines)


def _everything(state: str) -> str:
    """What the stages need among them."""
    return f"X, T, rows, rate, share, w, x, target, W, b, z, h, d, theta, {state}g, sums"


def _spread(n_stages: int, state: str) -> str:
    """Stage number s, by all threads. One parallel loop for all stages: each takes Numba seconds to compile."""
    given = _everything(state)
    lines = [f"def stage(s, k, threads, r, {given}):"]
    for i in range(n_stages):
        lines += [f"    {'if' if i == 0 else 'elif'} s == {i}:", f"        stage_{i}(k, threads, r, {BATCH})"]
    lines += ["    else:", f"        descend(k, threads, r, theta, {state}rate, share, x, W, b, h, d, g, sums)"]
    return "\n".join([
        *("", "@njit(**options)", *lines, "", "", "@njit(parallel=True, **options)"),
        f"def spread(s, threads, r, {given}):",
        "    if threads == 1:  # no parallel region: members may be trained side by side, each on a thread of its own",
        # np.int64, for of numbers written out Numba would compile all a second time
        f"        stage(s, np.int64(0), threads, r, {given})",
        "    else:",
        "        for k in prange(threads):",
        f"            stage(s, np.int64(k), threads, r, {given})",
    ])  # fmt: skip


def _epoch(n_layers: int, n_stages: int, names: list[str], ranks: list[int]) -> str:
    step_names = [name for name, rank in zip(names, ranks, strict=True) if rank == STEP]
    state = "".join(f"{name}, " for name in names)
    source = [
        f"def epoch(X, T, weight, order, sizes, theta, {state}lr, batch, threads, work):",
        "    w, at = np.ones(batch, dt), 0",
        "    x, at = carve(work, at, batch, sizes[0])",
        "    target, at = carve(work, at, batch, sizes[-1])",
        *(f"    {line}" for line in layer_views(n_layers, "batch")),
        "    g, at = carve(work, at, threads, max(BLOCK, max(sizes)))",
        "    sums = np.zeros((threads, 16))",
        "    total, norm2 = 0.0, 0.0",
        "    for step in range((order.shape[0] + batch - 1) // batch):",
        "        rows = order[step * batch : (step + 1) * batch]",
        "        r = rows.shape[0]",
        "        rate, weights = lr[step], dt(r)",
        "        if weight.shape[0]:",
        "            weights = dt(0)",
        "            for i in range(r):",
        "                w[i] = weight[rows[i]]",
        "                weights += w[i]",
        "        share = dt(1) / weights if weights > 0 else dt(0)",
        f"        for s in range({n_stages + 1}):",
        f"            spread(s, threads, r, {_everything(state)})",
        f"        after = advance({''.join(f'{name}[0], ' for name in step_names)}rate)",
        *(f"        {name}[0] = after[{i}]" for i, name in enumerate(step_names)),
        "        cost, norm2 = 0.0, 0.0",
        "        for k in range(threads):",
        "            cost += sums[k, 0] + sums[k, 2]",
        "            norm2 += sums[k, 1]",
        "        total += share * cost * r",
        "    return total, np.sqrt(norm2)",
    ]
    return "\n".join(["", '@njit(cache=True, nogil=True, error_model="numpy")', *source, ""])
