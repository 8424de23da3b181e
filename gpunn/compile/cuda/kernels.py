"""The CUDA C of one step of minibatch training, for one network, made from its formulas.

What lies between the matrix products is `gpunn.nn` and `gpunn.optim`, traced and fused into one kernel each. No kernel
uses atomics and every sum has a fixed order, so the same seed gives the same bits. Sizes stand in the source as
numbers; what differs between batches is an argument. `gpunn.compile.cuda.plan` says in which order they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gpunn.compile import formulas
from gpunn.compile.cuda.render import Statement, loops, needs_rows
from gpunn.compile.cuda.runtime import LaunchConfig, runtime
from gpunn.compile.trace import ELEMENTWISE, SCALAR, Graph
from gpunn.nn.heads import Head
from gpunn.nn.network import Dense
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import FirstOrder, MethodState


@dataclass(frozen=True)
class Kernels:
    """Source, names of the kernels, and which of them go by rows, a warp for each."""

    source: str
    names: tuple[str, ...]
    by_rows: frozenset[str]


def kernels(
    objective: Objective,
    method: FirstOrder,
    state: MethodState,
    dtype: str,
    X_dtype: str,
    bf16_operands: bool,
    config: LaunchConfig,
) -> Kernels:
    """The kernels of a step.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    state : MethodState
        Arrays shaped like theta (P,) or (1,).
    dtype : {"float32", "float64"}
    X_dtype : str
        One of `gpunn.compile.cuda.runtime.INPUTS`.
    bf16_operands : bool
        Operands of products are kept as bfloat16; only with float32.
    config : LaunchConfig

    Raises
    ------
    Untraceable
        If a formula cannot be traced; the message says why.
    """
    network = objective.network
    formulas.check(network, hidden=True)
    made = _Made()
    n_biases = network.n_parameters - network.n_weights
    for number, layer in enumerate(network.layers[:-1]):
        _forward(made, number, layer, dtype)
        _backward(made, number, layer, dtype, config, n_biases)
    _head(made, objective.head, network.layers[-1].n_out, dtype)
    last = len(network.layers) - 1
    _columns(made, f"columns_{last}", network.layers[-1].n_out, config, n_biases)
    _update(made, objective, method, state, dtype, bf16_operands)
    _advance(made, method, state, dtype)
    first = runtime(dtype, X_dtype, bf16_operands, config, network.sizes[0], network.n_weights, n_biases)
    names = ("gather", *made.texts, *(["round_weights"] if bf16_operands else []))
    return Kernels("".join([first, *made.texts.values()]), names, frozenset(made.by_rows))


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


READS = {"z": "z[at]", "b": "b[j]", "h": "load(h[at])", "dh": "dh[at]", "d": "load(d[at])"}


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


def _by_columns(graph: Graph, n: int, each: Sequence[Statement], config: LaunchConfig, n_biases: int) -> list[str]:
    """A block takes a chunk of the rows of as many columns as a warp has lanes, and leaves their sums."""
    tiles = -(-n // config.warp)
    over = f"for (i64 at = first * {n} + j; at < last * {n}; at += WARPS_PER_BLOCK * {n})"
    return [
        "__shared__ T parts[WARPS_PER_BLOCK][WARP];",
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
        "    for (int i = 1; i < WARPS_PER_BLOCK; ++i) total += parts[i][LANE];",
        f"    db[chunk * {n_biases} + j] = total;",
        "}",
    ]


def _forward(made: _Made, number: int, layer: Dense, dtype: str) -> None:
    formula = formulas.forward(layer.activation, dtype)
    graph, h = formula.graph, formula.outputs["h"]
    by_rows = needs_rows(graph, [h])
    lines = (_by_rows if by_rows else _by_elements)(graph, layer.n_out, [("h[at] = store({});", h)])
    made.add(f"forward_{number}", "const T* z, const T* b, H* h, i64 rows", lines, by_rows)


def _backward(made: _Made, number: int, layer: Dense, dtype: str, config: LaunchConfig, n_biases: int) -> None:
    """From dh to dz, in d, and, unless it goes by rows, the sums of its columns; dh and d may be one array."""
    formula = formulas.backward(layer.activation, dtype)
    graph, dz = formula.graph, formula.outputs["dz"]
    each = [("d[at] = store({});", dz)]
    arguments = "const T* z, const T* b, const H* h, const T* dh, H* d, T* db, i64 rows"
    if needs_rows(graph, [dz]):
        made.add(f"backward_{number}", arguments, _by_rows(graph, layer.n_out, each), by_rows=True)
        _columns(made, f"columns_{number}", layer.n_out, config, n_biases)
    else:
        each.append(("total += {};", dz))
        made.add(f"backward_{number}", arguments, _by_columns(graph, layer.n_out, each, config, n_biases))


def _columns(made: _Made, name: str, n: int, config: LaunchConfig, n_biases: int) -> None:
    graph = Graph("float32")  # a sum alone has no constants or functions that depend on the type
    lines = _by_columns(graph, n, [("total += {};", graph.input("d"))], config, n_biases)
    made.add(name, "const H* d, T* db, i64 rows", lines)


def _head(made: _Made, head: Head, n: int, dtype: str) -> None:
    formula = formulas.head(head, dtype)
    lines = _by_rows(
        formula.graph,
        n,
        [("d[at] = store({});", formula.outputs["dz"])],
        [("if (LANE == 0) costs[first + row] = factor * rows * {};", formula.outputs["cost"])],
        ["const i64 from = order[first + row];", "const T factor = (weight ? weight[from] : T(1)) * share[0];"],
        {**READS, "T": f"target[from * {n} + j]", "factor": "factor"},
    )
    arguments = (
        "const T* z, const T* b, const T* target, const T* weight, const i64* order, const i64* step, const T* share, "
        "H* d, T* costs, i64 batch, i64 rows"
    )
    made.add("head", arguments, ["const i64 first = step[0] * batch;", *lines], by_rows=True)


def _update(
    made: _Made, objective: Objective, method: FirstOrder, state: MethodState, dtype: str, bf16_operands: bool
) -> None:
    """Penalty and optimiser over all of theta; each block leaves its sums of g^2 and of the penalty."""
    n_weights, n = objective.network.n_weights, objective.network.n_parameters
    ranks = formulas.ranks(state)
    pointers = [f"{'const ' if rank == SCALAR else ''}T* __restrict__ {name}" for name, rank in ranks.items()]
    lines = ["T norm = T(0), penalty = T(0);"]
    for first, last, g, penalised in (
        (0, n_weights, "g[at]", objective),
        (n_weights, n, f"column_sum(db, chunks, at - {n_weights})", None),
    ):
        formula = formulas.update(penalised, method, state, dtype, (first, last))
        graph, outputs = formula.graph, formula.outputs
        each: list[Statement] = [
            (f"{total} += {{}};", formula.summand(name))
            for total, name in (("penalty", "penalty"), ("norm", "norm2"))
            if name in outputs
        ]
        each += [
            (f"{name}[at] = {{}};", symbol) for name, symbol in outputs.items() if name not in ("penalty", "norm2")
        ]
        each += [("W[at] = store({});", outputs["theta"])] if bf16_operands and penalised else []
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
        *(["H* __restrict__ W"] if bf16_operands else []),
    ]
    made.add("update", ", ".join(arguments), lines)


def _advance(made: _Made, method: FirstOrder, state: MethodState, dtype: str) -> None:
    """By one block, at the end of a step: its penalty, the counters of the method, and the number of the step."""
    formula, ranks = formulas.advance(method, state, dtype), formulas.ranks(state)
    once = [(f"{name}[0] = {{}};", symbol) for name, symbol in formula.outputs.items()]
    reads = {"lr": "lr[step[0]]", **_state_reads(ranks)}
    lines = [
        "T penalty = T(0);",
        "for (i64 i = threadIdx.x; i < blocks; i += THREADS) penalty += penalties[i];",
        "penalty = block_sum(penalty);",
        "if (threadIdx.x == 0) {",
        "    sums[step[0]] = penalty * share[0] * rows;",
        *(f"    {line}" for line in loops(formula.graph, reads, "", (), once)),
        "    step[0] += 1;",
        "}",
    ]
    counters = [f"T* {name}" for name, rank in ranks.items() if rank == SCALAR]
    arguments = ["const T* penalties, i64 blocks, const T* lr, const T* share, T* sums", *counters]
    made.add("advance", ", ".join([*arguments, "i64* step, i64 rows"]), lines)


def _state_reads(ranks: dict[str, int]) -> dict[str, str]:
    return {name: f"{name}[{'at' if rank == ELEMENTWISE else '0'}]" for name, rank in ranks.items()}
