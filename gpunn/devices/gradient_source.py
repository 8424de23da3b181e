"""The Python source of the cost and gradient of all rows, for Numba to compile.

Every thread takes its share of the rows, a block at a time: forward, back, and the block's part of the gradient added
to the thread's own, while the rows are in cache. When all are done, each adds up its share of the threads' gradients.
What lies between the products is `gpunn.nn`, traced and fused into one loop a kernel.
"""

from __future__ import annotations

import itertools
from typing import Any

from gpunn.devices import gate_source, products
from gpunn.devices.kernels_source import header, layer_kernels, layer_views

BLOCK = 2**17  # numbers in the widest part of a block of rows: it stays in the cache of a core
LEAST = 256  # rows of a block: with fewer the products are slow
ENOUGH = 64  # rows, where all products are small ones


def block_rows(sizes: tuple[int, ...]) -> int:
    """How many rows a thread takes at a time."""
    most = BLOCK // max(sizes)
    small = min(most, products.SMALL // max(a * b for a, b in itertools.pairwise(sizes)))
    return small if small >= ENOUGH else max(LEAST, most)


def gradient_workspace(sizes: tuple[int, ...], n_parameters: int, threads: int) -> int:
    """How many numbers an evaluation needs to work with."""
    columns = sizes[0] + 3 * sum(sizes[1:]) + 32 * (3 * len(sizes) - 2)  # 32 more at most by `carve`
    return threads * (block_rows(sizes) * columns + n_parameters + 32)


def gradient_source(objective: Any, dtype: str, convert: bool) -> str:
    """The source of a module with a function ``gradient``, to be called by each thread at the same time.

    It gives the cost and its gradient without penalties.

    Parameters
    ----------
    objective : Objective
    dtype : {"float32", "float64"}
        Of theta.
    convert : bool
        X has another dtype, or rows whose numbers do not lie side by side, and each block of it is converted.

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    network = objective.network
    kernels = layer_kernels(network, objective.head, dtype)
    return "\n\n".join([header(dtype), gate_source.SOURCE, *kernels, _gradient(len(network.layers), convert)])


def _gradient(n_layers: int, convert: bool) -> str:
    lines = [
        "# This thread's part of the cost; and its share of the gradient, in out.",
        *(f"{name} = uncounted({name})" for name in ("X", "T", "w", "theta", "out", "work")),
        "inputs, at = carve(work, 0, threads * rows, sizes[0])",
        *layer_views(n_layers, "threads * rows", "threads * rows"),
        "g, at = carve(work, at, threads, theta.shape[0])",
        *_share(n_layers, convert),
        "if wait(gate, 1, threads):",
        "    p, e = k * out.shape[0] // threads, (k + 1) * out.shape[0] // threads",
        "    add_parts(g, 1, k, threads, 0, 1, p, e)",
        "    copy(g[k, p:e], out[p:e])",
        "return share * total",
    ]
    head = "def gradient(k, threads, gate, X, T, w, share, sizes, theta, out, rows, work):"
    decorator = '@njit(nogil=True, error_model="numpy")'
    return "\n".join(["", decorator, head, *(f"    {line}" for line in lines), ""])


def _share(n_layers: int, convert: bool) -> list[str]:
    """What a thread does with its rows."""
    last = n_layers - 1
    lines = [
        "n = T.shape[0]",
        "p, e, add = k * n // threads, (k + 1) * n // threads, 0",
        *(f"{name}{i} = {name}[{i}][k * rows : (k + 1) * rows]" for i in range(n_layers) for name in "zhd"),
        *(f"n{i} = b[{i}].shape[0]" for i in range(n_layers)),
        "at, at_b = 0, theta.shape[0]",
        *(f"at_b -= n{i}" for i in range(n_layers)),
    ]
    for i in range(n_layers):
        lines += [
            f"G{i} = g[k, at : at + W[{i}].size].reshape(W[{i}].shape)",
            f"g{i} = g[k, at_b : at_b + n{i}]",
            f"at, at_b = at + W[{i}].size, at_b + n{i}",
        ]
    block, before = [], "X[p:q]"
    if convert:
        lines.append("x = inputs[k * rows : (k + 1) * rows]")
        block.append("convert(X[p:q], x)")
        before = "x[:r]"
    first = before
    for i in range(n_layers):
        block.append(f"product({before}, W[{i}], z{i}[:r, :n{i}], False, False, 0)")
        if i < last:
            block.append(f"forward_{i}(z{i}, h{i}, b[{i}], 0, r, 0, n{i})")
            before = f"h{i}[:r]"
    block.append(f"total += head(z{last}, T[p:q], d{last}, b[{last}], w[p:q], share, 0, r, 0, n{last})")
    for i in range(last, -1, -1):
        before = f"h{i - 1}[:r]" if i else first
        block += [
            f"product({f'{before[:-1]}, : n{i - 1}]' if i else before}, d{i}[:r, :n{i}], G{i}, True, False, add)",
            f"column_sums(d{i}[:r], 0, n{i}, g{i}, add)",
        ]
        if i:
            block += [
                f"product(d{i}[:r], W[{i}], d{i - 1}[:r, : n{i - 1}], False, True, 0)",
                f"backward_{i - 1}(z{i - 1}, h{i - 1}, d{i - 1}, 0, r, 0, n{i - 1})",
            ]
    lines += ["total = 0.0", "while p < e:", "    q = min(p + rows, e)", "    r = q - p"]
    lines += [f"    {line}" for line in block]
    return [*lines, "    p, add = q, 1", "if add == 0:", "    g[k] = 0"]
