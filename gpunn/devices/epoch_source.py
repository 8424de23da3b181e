"""The Python source of one epoch of minibatch training, for Numba to compile.

A step is a few stages, each done by all threads at once and each on its own share. In small networks these are rows
of the batch, forward and back, and after that weights. In wide ones they are neurons: a thread owns all weights that
leave its share of the neurons of a layer. It alone reads and changes them, forward, back and in the update, so that
they stay in its core's cache; what it adds to each z is a part of a sum. The products are BLAS's, one thread each;
what lies between them is `gpunn.nn` and `gpunn.optim`, traced and fused into one loop a kernel.
"""

from __future__ import annotations

from typing import Any

from gpunn.devices.kernels_source import header, layer_kernels, layer_views
from gpunn.devices.loops import n_buffers, row_loop
from gpunn.devices.trace import ELEMENT, STEP, Graph

BLOCK = 2**19  # numbers of a gradient that a thread has at once: fewer make slow products, more leave the cache
ROWS = 16  # whose z a thread adds up and activates at once: they stay in the nearest cache


def workspace(sizes: tuple[int, ...], batch: int, threads: int, wide: bool) -> int:
    """How many numbers an epoch needs to work with."""
    parts = threads if wide else 1  # of each z
    columns = sizes[0] + sizes[-1] + (2 + parts) * (sum(sizes[1:]) + 32 * len(sizes))  # 32 more at most by `carve`
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
        Share the neurons of each layer among the threads rather than the rows of the batch: BLAS then prepares each
        part of a matrix once and not once a thread, but the threads wait for each other after each layer.

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    names = [f"state_{name}" for name in type(state)._fields]
    ranks = [STEP if array.shape == (1,) else ELEMENT for array in state]
    n_layers, n_weights = len(objective.network.layers), objective.network.n_weights
    n_parameters = objective.network.n_parameters
    everything = _everything(names)
    stages = (_wide_stages if wide else _narrow_stages)(n_layers, _given(names, ranks))
    parts = [
        header(dtype),
        f"\nBLOCK = {BLOCK}",
        *layer_kernels(objective.network, objective.head, dtype),
        _update("update_weights", method, state, names, ranks, Graph(dtype, (0, n_weights)), objective),
        _update("update_biases", method, state, names, ranks, Graph(dtype, (n_weights, n_parameters)), None),
        _advance(method, state, names, ranks, dtype),
        _descend("".join(f"{name}, " for name in names)),
        *(_function(f"stage_{i}(k, threads, r, {everything})", lines) for i, lines in enumerate(stages)),
        _spread(len(stages), everything),
        _epoch(n_layers, len(stages), names, ranks, wide),
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


def _function(head: str, lines: list[str]) -> str:
    return "\n".join(["", "@njit(**options)", f"def {head}:", *(f"    {line}" for line in lines)])


def _everything(names: list[str]) -> str:
    """What the stages need among them."""
    state = "".join(f"{name}, " for name in names)
    return f"X, T, rows, rate, share, w, x, target, W, b, z, h, d, theta, {state}g, sums"


def _given(names: list[str], ranks: list[int]) -> str:
    """The state as arguments of an update: numbers that are one for the step by value."""
    return "".join(f"{name}[0], " if rank == STEP else f"{name}, " for name, rank in zip(names, ranks, strict=True))


SHARE_ROWS = "a, e = k * r // threads, (k + 1) * r // threads"
GATHER_TARGETS = "gather(T, rows[a:e], target[a:e], 0, T.shape[1])"


def _head(last: int, z: str) -> list[str]:
    """Cost and delta for the rows a to e of z."""
    return [
        f"sums[k, 0] = head({z}, target, d[{last}], b[{last}], w, share, a, e, 0, b[{last}].shape[0])",
        "sums[k, 1], sums[k, 2] = 0.0, 0.0",
    ]


def _update_layer(i: int, n_layers: int, given: str) -> str:
    """Call of `descend` for a layer."""
    before = "x" if i == 0 else f"h[{i - 1}]"
    at = " + ".join(f"W[{j}].size" for j in range(i)) or "0"
    from_end = " - ".join(f"b[{j}].shape[0]" for j in range(i, n_layers))
    where = f"*W[{i}].shape, {at}, theta.shape[0] - {from_end}"
    return f"descend(k, threads, {before}[:r], d[{i}][:r], {where}, theta, {given}rate, share, g, sums)"


def _narrow_stages(n_layers: int, given: str) -> list[list[str]]:
    """Each thread takes its rows forward and back through all layers; then its share of each layer's weights."""
    last = n_layers - 1
    lines, before = [SHARE_ROWS, GATHER_TARGETS, "gather(X, rows[a:e], x[a:e], 0, X.shape[1])"], "x[a:e]"
    for i in range(n_layers):
        lines.append(f"product({before}, W[{i}], z[{i}][a:e, : b[{i}].shape[0]], False, False, 0)")
        if i < last:
            lines.append(f"forward_{i}(z[{i}], h[{i}], b[{i}], a, e, 0, b[{i}].shape[0])")
        before = f"h[{i}][a:e]"
    lines += _head(last, f"z[{last}]")
    for i in range(last, 0, -1):
        lines += [
            f"product(d[{i}][a:e], W[{i}], d[{i - 1}][a:e, : b[{i - 1}].shape[0]], False, True, 0)",
            f"backward_{i - 1}(z[{i - 1}], h[{i - 1}], d[{i - 1}], a, e, 0, b[{i - 1}].shape[0])",
        ]
    return [lines, [_update_layer(i, n_layers, given) for i in range(n_layers)]]


def _wide_stages(n_layers: int, given: str) -> list[list[str]]:
    """A stage a layer, forward and back: each thread takes its share p to q of the layer's inputs."""
    last = n_layers - 1
    share = "p, q = k * W[{0}].shape[0] // threads, (k + 1) * W[{0}].shape[0] // threads"
    own = "own = z[{0}][k * x.shape[0] : k * x.shape[0] + r]"
    stages = []
    for i in range(n_layers):
        if i == 0:
            lines = [share.format(0), "gather(X, rows, x, p, q)", SHARE_ROWS, GATHER_TARGETS]
            before = "x[:r, p:q]"
        else:
            lines = [
                *(share.format(i), own.format(i - 1)),
                f"for a in range(0, r, {ROWS}):",
                f"    e = min(a + {ROWS}, r)",
                f"    add_parts(z[{i - 1}], x.shape[0], k, threads, a, e, p, q)",
                f"    forward_{i - 1}(own, h[{i - 1}], b[{i - 1}], a, e, p, q)",
            ]
            before = f"h[{i - 1}][:r, p:q]"
        lines += [own.format(i), f"product({before}, W[{i}][p:q], own[:, : b[{i}].shape[0]], False, False, 0)"]
        stages.append(lines)
    parts = f"add_parts(z[{last}], x.shape[0], k, threads, a, e, 0, b[{last}].shape[0])"
    stages.append([SHARE_ROWS, parts, own.format(last), *_head(last, "own")])
    for i in range(last, -1, -1):
        lines = [_update_layer(i, n_layers, given)]
        if i:
            lines = [
                *(share.format(i), own.format(i - 1)),
                f"product(d[{i}][:r], W[{i}][p:q], d[{i - 1}][:r, p:q], False, True, 0)",
                f"backward_{i - 1}(own, h[{i - 1}], d[{i - 1}], 0, r, p, q)",
                *lines,
            ]
        stages.append(lines)
    return stages


def _descend(state: str) -> str:
    """Gradient and update of a thread's share of a layer: of its inputs' weights, and of its biases."""
    lines = [
        "p, e = k * n_in // threads, (k + 1) * n_in // threads",
        "while p < e:",
        "    q = min(p + max(1, BLOCK // n), e)",
        "    first, last, part = at + p * n, at + q * n, g[k, : (q - p) * n]",
        "    product(h[:, p:q], d[:, :n], part.reshape(q - p, n), True, False, 0)",
        f"    found, added = update_weights(theta, part, {state}rate, share, first, last)",
        "    sums[k, 1], sums[k, 2], p = sums[k, 1] + found, sums[k, 2] + added, q",
        "p, e = k * n // threads, (k + 1) * n // threads",
        "if p < e:",
        "    part = g[k, : e - p]",
        "    column_sums(d, p, e, part, 0)",
        f"    found, added = update_biases(theta, part, {state}rate, share, at_b + p, at_b + e)",
        "    sums[k, 1] += found",
    ]
    return _function(f"descend(k, threads, h, d, n_in, n, at, at_b, theta, {state}rate, share, g, sums)", lines)


def _spread(n_stages: int, everything: str) -> str:
    """Stage number s, by all threads. One parallel loop for all stages: each takes Numba seconds to compile."""
    lines = []
    for i in range(n_stages):
        lines += [f"{'if' if i == 0 else 'elif'} s == {i}:", f"    stage_{i}(k, threads, r, {everything})"]
    return "\n".join([
        _function(f"stage(s, k, threads, r, {everything})", lines),
        *("", "", "@njit(parallel=True, **options)"),
        f"def spread(s, threads, r, {everything}):",
        "    if threads == 1:  # no parallel region: members may be trained side by side, each on a thread of its own",
        # np.int64, for of numbers written out Numba would compile all a second time
        f"        stage(s, np.int64(0), threads, r, {everything})",
        "    else:",
        "        for k in prange(threads):",
        f"            stage(s, np.int64(k), threads, r, {everything})",
    ])  # fmt: skip


def _epoch(n_layers: int, n_stages: int, names: list[str], ranks: list[int], wide: bool) -> str:
    step_names = [name for name, rank in zip(names, ranks, strict=True) if rank == STEP]
    state = "".join(f"{name}, " for name in names)
    source = [
        f"def epoch(X, T, weight, order, sizes, theta, {state}lr, batch, threads, work):",
        "    w, at = np.ones(batch, dt), 0",
        "    x, at = carve(work, at, batch, sizes[0])",
        "    target, at = carve(work, at, batch, sizes[-1])",
        *(f"    {line}" for line in layer_views(n_layers, "batch", "threads * batch" if wide else "batch")),
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
        f"        for s in range({n_stages}):",
        f"            spread(s, threads, r, {_everything(names)})",
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
