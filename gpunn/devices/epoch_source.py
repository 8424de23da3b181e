"""The Python source of one epoch of minibatch training, for Numba to compile.

Every thread runs the whole epoch. A step is a few stages, and in each the threads take a share; between stages they
wait for each other. There are three ways to share a step, by what the threads then have to hand each other:

gradients
    A thread has rows of the batch, and makes their part of the gradient. For small networks.
neurons
    A thread owns all weights that leave its share of the neurons of a layer. It alone reads and changes them, forward,
    back and in the update, so that they stay in its core's cache; what it adds to each z is a part of a sum. Not for
    activations that need all of a row, such as softmax in a hidden layer.
rows
    A thread has rows of the batch, forward and back, and then weights, for which it reads the rows of all. For large
    networks and batches so large that there would be more parts of z than weights.

What lies between the products is `gpunn.nn` and `gpunn.optim`, traced and fused into one loop a kernel.
"""

from __future__ import annotations

from typing import Any, Literal

from gpunn.devices import gate_source
from gpunn.devices.kernels_source import header, layer_kernels, layer_views
from gpunn.devices.loops import n_buffers, row_loop
from gpunn.devices.trace import ELEMENT, STEP, Graph, tracing

BLOCK = 2**16  # numbers of a gradient that a thread has at once: they stay in the cache until they are used
WIDE_BLOCK = 2**19  # where products are not in parts, for each block has the other matrix copied
ROWS = 16  # whose z a thread adds up and activates at once: they stay in the nearest cache


Way = Literal["gradients", "neurons", "rows"]


def workspace(sizes: tuple[int, ...], n_parameters: int, batch: int, threads: int, way: Way) -> int:
    """How many numbers an epoch needs to work with."""
    parts = threads if way == "neurons" else 1  # of each z
    columns = sizes[0] + sizes[-1] + (2 + parts) * (sum(sizes[1:]) + 32 * len(sizes))  # 32 more at most by `carve`
    return batch * columns + threads * ((n_parameters if way == "gradients" else max(WIDE_BLOCK, *sizes)) + 32)


def epoch_source(objective: Any, method: Any, state: Any, dtype: str, way: Way, dropout: Any = None) -> str:
    """The source of a module with a function ``epoch``, to be called by each thread at the same time.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    state : NamedTuple
        Of the method, arrays shaped like theta (P,) or (1,).
    dtype : {"float32", "float64"}
    way : {"gradients", "neurons", "rows"}
        How the threads share a step; see the head of this file.
    dropout : Dropout, optional

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    names = [f"state_{name}" for name in type(state)._fields]
    ranks = [STEP if array.shape == (1,) else ELEMENT for array in state]
    n_layers, n_weights = len(objective.network.layers), objective.network.n_weights
    n_parameters = objective.network.n_parameters
    parts = [
        header(dtype),
        gate_source.SOURCE,
        f"BLOCK, WIDE_BLOCK = {BLOCK}, {WIDE_BLOCK}",
        *layer_kernels(objective.network, objective.head, dtype, dropout),
        _update("update_weights", method, state, names, ranks, Graph(dtype, (0, n_weights)), objective),
        _update("update_biases", method, state, names, ranks, Graph(dtype, (n_weights, n_parameters)), None),
        _advance(method, state, names, ranks, dtype),
        *([_descend("".join(f"{name}, " for name in names))] if way != "gradients" else []),
        _epoch(n_layers, names, ranks, way, [_drops(dropout, i) for i in range(n_layers)]),
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
    with tracing(method):
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
    with tracing(method):
        method.update(graph, graph.input("theta"), graph.input("g"), type(state)(*symbols), graph.input("lr", STEP))
    outputs = {f"{f}_after": s for f, s, rank in zip(names, symbols, ranks, strict=True) if rank == STEP}
    lines = [*(row_loop(graph, outputs, {}) if outputs else []), f"return ({''.join(f'{o}, ' for o in outputs)})"]
    head = f"def advance({', '.join([f for f, r in zip(names, ranks, strict=True) if r == STEP] + ['lr'])}):"
    return "\n".join(["", "@njit(**options)", head, *(f"    {line}" for line in lines)])


SHARE_ROWS = "a, e = k * r // threads, (k + 1) * r // threads"
GATHER_TARGETS = "gather(T, rows[a:e], target[a:e], 0, T.shape[1])"
WAIT = ("turn = wait(gate, turn, threads)", "if turn == 0:", "    return total, norm2")


def _head(last: int, z: str) -> str:
    """Cost and delta for the rows a to e of z."""
    return f"cost = head({z}, target, d[{last}], b[{last}], w, share, a, e, 0, b[{last}].shape[0])"


def _update_layer(i: int, n_layers: int, state: str) -> list[str]:
    """Call of `descend` for a layer."""
    before = "x" if i == 0 else f"h[{i - 1}]"
    at = " + ".join(f"W[{j}].size" for j in range(i)) or "0"
    from_end = " - ".join(f"b[{j}].shape[0]" for j in range(i, n_layers))
    where = f"*W[{i}].shape, {at}, theta.shape[0] - {from_end}"
    return [
        f"found, added = descend(k, threads, {before}[:r], d[{i}][:r], {where}, theta, {state}rate, share, g)",
        "norm2, cost = norm2 + found, cost + added",
    ]


def _drops(dropout: Any, i: int) -> str:
    """The last arguments of a kernel that drops inputs of layer i."""
    return f", W[{i}].shape[0], keys[step, {i}]" if dropout and dropout.rates[i] else ""


def _inputs(rows: str, a: str, e: str, p: str, q: str, drops: str) -> list[str]:
    """The columns p to q of the batch's rows a to e."""
    drop = [f"drop(x, {a}, {e}, {p}, {q}{drops})"] if drops else []
    return [f"gather(X, {rows}, x[{a}:{e}], {p}, {q})", *drop]


def _rows(n_layers: int, drops: list[str]) -> list[str]:
    """The rows a to e forward and back through all layers."""
    last = n_layers - 1
    inputs = _inputs("rows[a:e]", "a", "e", "0", "X.shape[1]", drops[0])
    lines, before = [SHARE_ROWS, GATHER_TARGETS, *inputs], "x[a:e]"
    for i in range(n_layers):
        lines.append(f"product({before}, W[{i}], z[{i}][a:e, : b[{i}].shape[0]], False, False, 0)")
        if i < last:
            lines.append(f"forward_{i}(z[{i}], h[{i}], b[{i}], a, e, 0, b[{i}].shape[0]{drops[i + 1]})")
        before = f"h[{i}][a:e]"
    lines.append(_head(last, f"z[{last}]"))
    for i in range(last, 0, -1):
        lines += [
            f"product(d[{i}][a:e], W[{i}], d[{i - 1}][a:e, : b[{i - 1}].shape[0]], False, True, 0)",
            f"backward_{i - 1}(z[{i - 1}], h[{i - 1}], d[{i - 1}], a, e, 0, b[{i - 1}].shape[0]{drops[i]})",
        ]
    return lines


def _by_rows(n_layers: int, state: str, drops: list[str]) -> list[str]:
    updates = [line for i in range(n_layers) for line in _update_layer(i, n_layers, state)]
    return [*_rows(n_layers, drops), *WAIT, *updates, *WAIT]


def _by_gradients(n_layers: int, state: str, drops: list[str]) -> list[str]:
    lines = [*_rows(n_layers, drops), "at, at_b = 0, n_weights"]
    for i in range(n_layers):
        before = f"h[{i - 1}]" if i else "x"
        lines += [
            f"n_in, n = W[{i}].shape",
            "part = g[k, at : at + n_in * n].reshape(n_in, n)",
            f"product({before}[a:e, :n_in], d[{i}][a:e, :n], part, True, False, 0)",
            f"column_sums(d[{i}][a:e], 0, n, g[k, at_b : at_b + n], 0)",
            "at, at_b = at + n_in * n, at_b + n",
        ]
    add_up = ("add_parts(g, 1, k, threads, 0, 1, first, last)", "part = g[k, first:last]")
    return [
        *lines,
        *WAIT,
        "first, last = k * n_weights // threads, (k + 1) * n_weights // threads",
        *add_up,
        f"norm2, added = update_weights(theta, part, {state}rate, share, first, last)",
        "first, last = n_weights + k * n_biases // threads, n_weights + (k + 1) * n_biases // threads",
        *add_up,
        f"found, _ = update_biases(theta, part, {state}rate, share, first, last)",
        "norm2, cost = norm2 + found, cost + added",
        *WAIT,
    ]


def _by_neurons(n_layers: int, state: str, drops: list[str]) -> list[str]:
    """A stage a layer, forward and back: each thread takes its share p to q of the layer's inputs.

    After the last stage nobody waits: what it changed is read, in the next step's first, by the same thread alone.
    """
    last = n_layers - 1
    share = "p, q = k * W[{0}].shape[0] // threads, (k + 1) * W[{0}].shape[0] // threads"
    own = "own = z[{0}][k * batch : k * batch + r]"
    lines = [share.format(0), *_inputs("rows", "0", "r", "p", "q", drops[0]), SHARE_ROWS, GATHER_TARGETS]
    before = "x[:r, p:q]"
    for i in range(n_layers):
        if i:
            lines += [
                *(*WAIT, share.format(i), own.format(i - 1)),
                f"for first in range(0, r, {ROWS}):",
                f"    stop = min(first + {ROWS}, r)",
                f"    add_parts(z[{i - 1}], batch, k, threads, first, stop, p, q)",
                f"    forward_{i - 1}(own, h[{i - 1}], b[{i - 1}], first, stop, p, q{drops[i]})",
            ]
            before = f"h[{i - 1}][:r, p:q]"
        lines += [own.format(i), f"product({before}, W[{i}][p:q], own[:, : b[{i}].shape[0]], False, False, 0)"]
    lines += [*WAIT, f"add_parts(z[{last}], batch, k, threads, a, e, 0, b[{last}].shape[0])", _head(last, "own")]
    for i in range(last, -1, -1):
        lines += WAIT
        if i:
            lines += [
                *(share.format(i), own.format(i - 1)),
                f"product(d[{i}][:r], W[{i}][p:q], d[{i - 1}][:r, p:q], False, True, 0)",
                f"backward_{i - 1}(own, h[{i - 1}], d[{i - 1}], 0, r, p, q{drops[i]})",
            ]
        lines += _update_layer(i, n_layers, state)
    return lines


def _descend(state: str) -> str:
    """Gradient and update of a thread's share of a layer: of its inputs' weights, and of its biases."""
    lines = [
        f"def descend(k, threads, h, d, n_in, n, at, at_b, theta, {state}rate, share, g):",
        "    norm2, penalty = 0.0, 0.0",
        "    p, e = k * n_in // threads, (k + 1) * n_in // threads",
        "    rows = max(1, (WIDE_BLOCK if d.strides[0] >= FAR else BLOCK) // n)",
        "    while p < e:",
        "        q = min(p + rows, e)",
        "        first, last, part = at + p * n, at + q * n, g[k, : (q - p) * n]",
        "        product(h[:, p:q], d[:, :n], part.reshape(q - p, n), True, False, 0)",
        f"        found, added = update_weights(theta, part, {state}rate, share, first, last)",
        "        norm2, penalty, p = norm2 + found, penalty + added, q",
        "    p, e = k * n // threads, (k + 1) * n // threads",
        "    if p < e:",
        "        part = g[k, : e - p]",
        "        column_sums(d, p, e, part, 0)",
        f"        found, added = update_biases(theta, part, {state}rate, share, at_b + p, at_b + e)",
        "        norm2 += found",
        "    return norm2, penalty",
    ]
    return "\n".join(["", "@njit(**options)", *lines])


def _epoch(n_layers: int, names: list[str], ranks: list[int], way: Way, drops: list[str]) -> str:
    steps = [name for name, rank in zip(names, ranks, strict=True) if rank == STEP]
    given = [f"{name}_now" if rank == STEP else name for name, rank in zip(names, ranks, strict=True)]
    stages = {"gradients": _by_gradients, "neurons": _by_neurons, "rows": _by_rows}[way]
    room = "theta.shape[0]" if way == "gradients" else "max(WIDE_BLOCK, max(sizes))"
    lines = [
        f"def epoch(k, threads, gate, X, T, weight, order, sizes, theta, {''.join(f'{name}, ' for name in names)}"
        "lr, batch, keys, work):",
        "    # This thread's part of the sum of costs, and of the square of the last gradient's norm.",
        *(f"    {name} = uncounted({name})" for name in ("X", "T", "weight", "order", "theta", *names)),
        *(f"    {name} = uncounted({name})" for name in ("lr", "keys", "work")),
        "    w, at = np.ones(batch, dt), 0",
        "    x, at = carve(work, at, batch, sizes[0])",
        "    target, at = carve(work, at, batch, sizes[-1])",
        *(f"    {line}" for line in layer_views(n_layers, "batch", "threads * batch" if way == "neurons" else "batch")),
        f"    g, at = carve(work, at, threads, {room})",
        f"    n_biases = {' + '.join(f'b{i}.shape[0]' for i in range(n_layers))}",
        "    n_weights = theta.shape[0] - n_biases",
        "    total, norm2, turn = 0.0, 0.0, 1",
        *(f"    {name}_now = {name}[0]" for name in steps),
        "    for step in range((order.shape[0] + batch - 1) // batch):",
        "        rows = order[step * batch : (step + 1) * batch]",
        "        r = rows.shape[0]",
        "        rate, weights, norm2 = lr[step], dt(r), 0.0",
        "        if weight.shape[0]:",
        "            weights = dt(0)",
        "            for i in range(r):",
        "                w[i] = weight[rows[i]]",
        "                weights += w[i]",
        "        share = dt(1) / weights if weights > 0 else dt(0)",
        *(f"        {line}" for line in stages(n_layers, "".join(f"{name}, " for name in given), drops)),
        f"        after = advance({''.join(f'{name}_now, ' for name in steps)}rate)",
        *(f"        {name}_now = after[{i}]" for i, name in enumerate(steps)),
        "        total += share * cost * r",
        *(["    if k == 0:"] if steps else []),
        *(f"        {name}[0] = {name}_now" for name in steps),
        "    return total, norm2",
    ]
    return "\n".join(["", '@njit(nogil=True, error_model="numpy")', *lines, ""])
