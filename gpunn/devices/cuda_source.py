"""The CUDA C of one step of minibatch training, for one network, made from its formulas.

What lies between the matrix products is `gpunn.nn` and `gpunn.optim`, traced and fused into one kernel each. No kernel
uses atomics and every sum has a fixed order, so the same seed gives the same bits. Sizes stand in the source as
numbers; what differs between batches is an argument. `gpunn.devices.cuda_plan` says in which order they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpunn.devices.cuda_header import NARROW, Grain, header
from gpunn.devices.cuda_loops import Statement, loops, needs_rows
from gpunn.devices.trace import ELEMENT, ROW, STEP, Graph, Symbol, Untraceable, tracing


@dataclass(frozen=True)
class Kernels:
    """Source, names of the kernels, and which of them go by rows, a warp for each."""

    source: str
    names: tuple[str, ...]
    by_rows: frozenset[str]


def kernels(objective: Any, method: Any, state: Any, dtype: str, X_dtype: str, narrow: bool, grain: Grain) -> Kernels:
    """The kernels of a step.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    state : NamedTuple
        Of the method, arrays shaped like theta (P,) or (1,).
    dtype : {"float32", "float64"}
    X_dtype : str
        One of `gpunn.devices.cuda_header.INPUTS`.
    narrow : bool
        Operands of products are kept as bfloat16; only with float32.
    grain : Grain

    Raises
    ------
    Untraceable
        If a formula cannot be fused; the message says why.
    """
    network = objective.network
    made = _Made()
    for number, layer in enumerate(network.layers):
        if layer.learned:
            what = type(layer.activation).__name__ if number < len(network.layers) - 1 else "the output layer"
            raise Untraceable(f"{what} learns parameters of its own")
    n_biases = network.n_parameters - network.n_weights
    for number, layer in enumerate(network.layers[:-1]):
        _forward(made, number, layer, dtype)
        _backward(made, number, layer, dtype, grain, n_biases)
    _head(made, objective.head, network.layers[-1].n_out, dtype)
    last = len(network.layers) - 1
    _columns(made, f"columns_{last}", network.layers[-1].n_out, grain, n_biases)
    _update(made, objective, method, state, dtype, narrow)
    _advance(made, method, state, dtype)
    first = header(dtype, X_dtype, narrow, grain, network.sizes[0], n_biases)
    more = [NARROW.format(weights=network.n_weights)] if narrow else []
    names = ("gather", *made.texts, *(["narrow"] if narrow else []))
    return Kernels("".join([first, *made.texts.values(), *more]), names, frozenset(made.by_rows))


class _Made:
    """Kernels as they come."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.by_rows: set[str] = set()

    def add(self, name: str, arguments: str, lines: Sequence[str], by_rows: bool = False) -> None:
        body = "\n".join(f"    {line}" for line in lines)
        self.texts[name] = f"\nKERNEL {name}({arguments}) {{\n{body}\n}}\n"
        if by_rows:
            self.by_rows.add(name)


READS = {"z": "z[at]", "b": "b[j]", "h": "get(h[at])", "e": "e[at]", "d": "get(d[at])"}


def _by_elements(graph: Graph, n: int, each: Sequence[Statement]) -> list[str]:
    over = f"for (i64 at = FIRST, j = at % {n}; at < rows * {n}; at += STRIDE, j = at % {n})"
    return loops(graph, READS, over, each)


def _by_rows(
    graph: Graph,
    n: int,
    each: Sequence[Statement],
    once: Sequence[Statement] = (),
    before: Sequence[str] = (),
    reads: dict[str, str] = READS,
) -> list[str]:
    over = f"for (i64 j = LANE, at = row * {n} + j; j < {n}; j += WARP, at += WARP)"
    body = [*before, *loops(graph, reads, over, each, once)]
    return ["for (i64 row = FIRST / WARP; row < rows; row += STRIDE / WARP) {", *(f"    {x}" for x in body), "}"]


def _by_columns(graph: Graph, n: int, each: Sequence[Statement], grain: Grain, n_biases: int) -> list[str]:
    """A block takes a chunk of the rows of as many columns as a warp has lanes, and leaves their sums."""
    tiles = -(-n // grain.warp)
    over = f"for (i64 at = first * {n} + j; at < last * {n}; at += DEEP * {n})"
    return [
        "__shared__ T parts[DEEP][WARP];",
        f"const i64 chunk = blockIdx.x / {tiles}, chunks = gridDim.x / {tiles};",
        f"const i64 j = blockIdx.x % {tiles} * WARP + LANE, deep = threadIdx.x / WARP;",
        "const i64 first = chunk * rows / chunks + deep, last = (chunk + 1) * rows / chunks;",
        "T total = T(0);",
        f"if (j < {n}) {{",
        *(f"    {line}" for line in loops(graph, READS, over, each)),
        "}",
        "parts[deep][LANE] = total;",
        "__syncthreads();",
        f"if (deep == 0 && j < {n}) {{",
        "    for (int i = 1; i < DEEP; ++i) total += parts[i][LANE];",
        f"    db[chunk * {n_biases} + j] = total;",
        "}",
    ]


def _forward(made: _Made, number: int, layer: Any, dtype: str) -> None:
    graph = Graph(dtype)
    with tracing(layer.activation):
        h = graph.output(layer.activation.forward(graph, graph.input("z") + graph.input("b")))
    by_rows = needs_rows(graph, [h])
    lines = (_by_rows if by_rows else _by_elements)(graph, layer.n_out, [("h[at] = put({});", h)])
    made.add(f"forward_{number}", "const T* z, const T* b, H* h, i64 rows", lines, by_rows)


def _backward(made: _Made, number: int, layer: Any, dtype: str, grain: Grain, n_biases: int) -> None:
    """From e = dh to d = dz and, unless it goes by rows, the sums of its columns; e and d may be one array."""
    graph = Graph(dtype)
    z = graph.input("z") + graph.input("b")
    with tracing(layer.activation):
        dz = graph.output(layer.activation.backward(graph, z, graph.input("h"), graph.input("e"))[0])
    each = [("d[at] = put({});", dz)]
    arguments = "const T* z, const T* b, const H* h, const T* e, H* d, T* db, i64 rows"
    if needs_rows(graph, [dz]):
        made.add(f"backward_{number}", arguments, _by_rows(graph, layer.n_out, each), by_rows=True)
        _columns(made, f"columns_{number}", layer.n_out, grain, n_biases)
    else:
        each.append(("total += {};", dz))
        made.add(f"backward_{number}", arguments, _by_columns(graph, layer.n_out, each, grain, n_biases))


def _columns(made: _Made, name: str, n: int, grain: Grain, n_biases: int) -> None:
    graph = Graph("float32")  # a sum alone has no constants or functions that depend on the type
    lines = _by_columns(graph, n, [("total += {};", graph.input("d"))], grain, n_biases)
    made.add(name, "const H* d, T* db, i64 rows", lines)


def _head(made: _Made, head: Any, n: int, dtype: str) -> None:
    graph = Graph(dtype)
    z, T = graph.input("z") + graph.input("b"), graph.input("T")
    with tracing(head):
        cost, delta = head.cost(graph, z, T), graph.output(head.delta(graph, z, T))
        if graph.ranks[cost.number] == ELEMENT:
            raise Untraceable("the cost is not a number for each row")
    lines = _by_rows(
        graph,
        n,
        [("d[at] = put({});", delta * graph.input("factor", ROW))],
        [("if (LANE == 0) costs[first + row] = factor * rows * {};", cost)],
        ["const i64 from = order[first + row];", "const T factor = (weight ? weight[from] : T(1)) * share[0];"],
        {**READS, "T": f"target[from * {n} + j]", "factor": "factor"},
    )
    arguments = (
        "const T* z, const T* b, const T* target, const T* weight, const i64* order, const i64* step, const T* share, "
        "H* d, T* costs, i64 batch, i64 rows"
    )
    made.add("head", arguments, ["const i64 first = step[0] * batch;", *lines], by_rows=True)


def _update(made: _Made, objective: Any, method: Any, state: Any, dtype: str, narrow: bool) -> None:
    """Penalty and optimiser over all of theta; each block leaves its sums of g^2 and of the penalty."""
    n_weights, n = objective.network.n_weights, objective.network.n_parameters
    ranks = _ranks(state)
    pointers = [f"{'const ' if rank == STEP else ''}T* __restrict__ state_{name}" for name, rank in ranks.items()]
    lines = ["T norm = T(0), penalty = T(0);"]
    for first, last, g, penalised in (
        (0, n_weights, "g[at]", True),
        (n_weights, n, f"column_sum(db, chunks, at - {n_weights})", False),
    ):
        graph = Graph(dtype, (first, last))
        symbols = _symbols(graph, ranks)
        each: list[Statement] = []
        if penalised and (objective.l2 or objective.l1):
            W = graph.input("theta")
            each.append(("penalty += {};", objective.penalty(graph, W)))
            symbols["g"] += objective.penalty_slope(graph, W) * graph.input("share", STEP)
        each.append(("norm += {};", symbols["g"] * symbols["g"]))
        _apply(graph, method, state, symbols)
        each.append(("theta[at] = {};", symbols["theta"]))
        each += [(f"state_{name}[at] = {{}};", symbols[name]) for name, rank in ranks.items() if rank == ELEMENT]
        each += [("W[at] = put({});", symbols["theta"])] if narrow and penalised else []
        reads = {"theta": "theta[at]", "g": g, "lr": "lr[step[0]]", "share": "share[0]", **_state_reads(ranks)}
        over = f"for (i64 at = {first} + FIRST; at < {last}; at += STRIDE)"
        lines += ["{", *(f"    {line}" for line in loops(graph, reads, over, each)), "}"]
    lines += [
        "norm = block_sum(norm);",
        "penalty = block_sum(penalty);",
        "if (threadIdx.x == 0) {",
        "    norms[blockIdx.x] = norm;",
        "    penalties[blockIdx.x] = penalty;",
        "}",
    ]
    arguments = [
        "T* __restrict__ theta, const T* __restrict__ g, const T* __restrict__ db, i64 chunks",
        *pointers,
        "const T* lr, const i64* step, const T* share, T* norms, T* penalties",
        *(["H* __restrict__ W"] if narrow else []),
    ]
    made.add("update", ", ".join(arguments), lines)


def _advance(made: _Made, method: Any, state: Any, dtype: str) -> None:
    """By one block, at the end of a step: its penalty, the counters of the method, and the number of the step."""
    graph, ranks = Graph(dtype, (0, 1)), _ranks(state)  # any: these numbers are the same for all entries of theta
    symbols = _symbols(graph, ranks)
    _apply(graph, method, state, symbols)
    once = [(f"state_{name}[0] = {{}};", symbols[name]) for name, rank in ranks.items() if rank == STEP]
    reads = {"lr": "lr[step[0]]", **_state_reads(ranks)}
    lines = [
        "T penalty = T(0);",
        "for (i64 i = threadIdx.x; i < blocks; i += THREADS) penalty += penalties[i];",
        "penalty = block_sum(penalty);",
        "if (threadIdx.x == 0) {",
        "    sums[step[0]] = penalty * share[0] * rows;",
        *(f"    {line}" for line in loops(graph, reads, "", (), once)),
        "    step[0] += 1;",
        "}",
    ]
    counters = [f"T* state_{name}" for name, rank in ranks.items() if rank == STEP]
    arguments = ["const T* penalties, i64 blocks, const T* lr, const T* share, T* sums", *counters]
    made.add("advance", ", ".join([*arguments, "i64* step, i64 rows"]), lines)


def _ranks(state: Any) -> dict[str, int]:
    """Rank of each array of a method's state."""
    return {name: STEP if array.shape == (1,) else ELEMENT for name, array in zip(state._fields, state, strict=True)}


def _symbols(graph: Graph, ranks: dict[str, int]) -> dict[str, Symbol]:
    given = {"theta": ELEMENT, "g": ELEMENT, "lr": STEP, **ranks}
    return {name: graph.input(name, rank) for name, rank in given.items()}


def _apply(graph: Graph, method: Any, state: Any, symbols: dict[str, Symbol]) -> None:
    """The method's update: afterwards the symbols stand for what it makes of them."""
    fields = type(state)(*(symbols[name] for name in state._fields))
    with tracing(method):
        method.update(graph, symbols["theta"], symbols["g"], fields, symbols["lr"])


def _state_reads(ranks: dict[str, int]) -> dict[str, str]:
    return {name: f"state_{name}[{'0' if rank == STEP else 'at'}]" for name, rank in ranks.items()}
