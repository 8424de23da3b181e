"""The formulas of one training step, traced: what lies between its matrix products.

Here and nowhere else it is stated how a layer's bias, activation and dropout, the head, the penalties and the update
follow from `gpunn.nn` and `gpunn.optim`; `gpunn.compile.cpu` and `gpunn.compile.cuda` render what is traced.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpunn.compile.schedule import inputs
from gpunn.compile.trace import (
    ELEMENTWISE,
    PER_ROW,
    SCALAR,
    Columns,
    Graph,
    Reductions,
    Symbol,
    Untraceable,
    tracing,
)
from gpunn.nn.activations import Activation
from gpunn.nn.dropout import Dropout
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective, norm_factors
from gpunn.nn.probabilities import of_row
from gpunn.optim.first_order import FirstOrder, MethodState, clip_norm

EMBEDDED = "columns are embedded"  # whose lookup, and the sums of its gradient, no kernel does


@dataclass(frozen=True)
class Formula:
    """A traced formula.

    Attributes
    ----------
    graph : Graph
    outputs : dict of str to Symbol
    """

    graph: Graph
    outputs: dict[str, Symbol]

    def summand(self, name: str) -> Symbol:
        """Summand of an output that is a sum over elements."""
        _, (number,) = self.graph.nodes[self.outputs[name].number]
        return Symbol(self.graph, number)


def check(network: Network, hidden: bool) -> None:
    """Raise `Untraceable` where the output layer, or one of ``hidden`` too, learns more than weights and biases.

    So it does where columns are embedded.
    """
    if network.embeddings:
        raise Untraceable(EMBEDDED)
    for layer in network.layers if hidden else network.layers[-1:]:
        if layer.learned:
            where = "the output layer" if layer is network.layers[-1] else type(layer.activation).__name__
            raise Untraceable(f"{where} learns parameters of its own")


def learned_ranks(activation: Activation) -> dict[str, int]:
    """Rank of each array that an activation learns: a number for each neuron, as a bias, or one for the layer."""
    found = {}
    for name, shape in activation.shapes(2).items():
        if shape not in ((1,), (2,)):
            raise Untraceable(f"{type(activation).__name__} learns an array that is not one number, or one a neuron")
        found[name] = SCALAR if shape == (1,) else ELEMENTWISE
    return found


def _learned(graph: Graph, activation: Activation) -> dict[str, Columns]:
    return {name: Columns(graph.input(f"learned_{name}", rank)) for name, rank in learned_ranks(activation).items()}


def forward(activation: Activation, dtype: str, dropout: Dropout | None = None, layer: int = 0) -> Formula:
    """h = f(z + b), after what dropout does to the inputs of ``layer``, which it is.

    Parameters that the activation learns are inputs named "learned_" and their name.
    """
    graph = Graph(dtype)
    z, learned = graph.input("z") + graph.input("b"), _learned(graph, activation)
    with tracing(activation):
        h = graph.output(activation.forward(graph, z, **learned))
    return Formula(graph, {"h": _dropped(h, dropout, layer)})


def backward(activation: Activation, dtype: str, dropout: Dropout | None = None, layer: int = 0) -> Formula:
    """dz from dh, and for all that the activation learns, "term_" and its name: what its gradient is the sum of.

    The sum is over rows, for one number of the layer over columns too. Arguments are as for `forward`.
    """
    graph = Graph(dtype)
    z, h, dh = graph.input("z") + graph.input("b"), graph.input("h"), graph.input("dh")
    learned, xp = _learned(graph, activation), Reductions(graph, -2, ELEMENTWISE)
    with tracing(activation):
        if dropout:  # what is kept of h is no longer h
            h, dh = activation.forward(graph, z, **learned), _dropped(dh, dropout, layer)
        dz, gradients = activation.backward(xp, z, h, dh, **learned)
        outputs = {"dz": graph.output(dz)}
        for name, rank in learned_ranks(activation).items():
            outputs[f"term_{name}"] = _term(xp, gradients[name], rank)
        if not xp.found.keys().isdisjoint(inputs(graph, outputs)):
            raise Untraceable("a sum over rows among the operands")
    return Formula(graph, outputs)


def _term(xp: Reductions, gradient: Symbol, rank: int) -> Symbol:
    """Summand of the gradient of an array that a layer learns."""
    operation, operands = xp.graph.nodes[gradient.number]
    if rank == SCALAR and operation == "sum":
        operation, operands = xp.graph.nodes[operands[0]]
    elif rank == SCALAR:
        operands = ("",)
    if operation != "input" or operands[0] not in xp.found or xp.found[operands[0]][0] != "sum":
        raise Untraceable("the gradient of what it learns is not a sum over rows")
    return xp.found[operands[0]][1]


def drop(dtype: str, dropout: Dropout) -> Formula:
    """Dropout of the inputs x of the network."""
    graph = Graph(dtype)
    return Formula(graph, {"x": _dropped(graph.input("x"), dropout, 0)})


def kept(dropout: Dropout, layer: int) -> Formula:
    """Formula for whether dropout keeps an input of a layer, from its index and its layer's key, in 32-bit integers."""
    graph = Graph("uint32")
    index, key = graph.input("index", SCALAR), graph.input("key", SCALAR)
    return Formula(graph, {"kept": dropout.kept(graph, index, key, layer)})


def _dropped(x: Symbol, dropout: Dropout | None, layer: int) -> Symbol:
    if dropout is None:
        return x
    return x * dropout.factor(x.graph, x.graph.input("kept", truth=True), layer, x.dtype)


def head(head: Head, dtype: str) -> Formula:
    """Cost of a row, and dz times its ``factor``: its weight divided by the sum of the weights."""
    graph = Graph(dtype)
    z, T = graph.input("z") + graph.input("b"), graph.input("T")
    with tracing(head):
        cost, dz = head.cost(graph, z, T), graph.output(head.delta(graph, z, T))
        if graph.ranks[cost.number] == ELEMENTWISE:
            raise Untraceable("the cost is not a number for each row")
    return Formula(graph, {"cost": cost, "dz": dz * graph.input("factor", PER_ROW)})


def probabilities(head: Head, dtype: str, k: int, exclusive: bool) -> Formula:
    """Probabilities p of the k classes."""
    graph = Graph(dtype)
    with tracing(head):
        p = graph.output(of_row(graph, head, graph.input("z") + graph.input("b"), k, exclusive, branch=False))
    return Formula(graph, {"p": p})


def ranks(state: MethodState) -> dict[str, int]:
    """Rank of each array of a method's state, by the name that it has in the formulas."""
    return {
        f"state_{name}": SCALAR if array.shape == (1,) else ELEMENTWISE
        for name, array in zip(state._fields, state, strict=True)
    }


def update(
    objective: Objective | None,
    method: FirstOrder,
    state: MethodState,
    dtype: str,
    theta_range: tuple[int, int],
    limit: float | None = None,
) -> Formula:
    """New theta and state of a range of theta; the sums of g^2 and, where there are any, of penalties.

    Parameters
    ----------
    objective : Objective or None
        Whose penalties act on this range; None for none.
    limit : float, optional
        To which the norm of the gradient is clipped; the reductions of `clipping` are inputs then.
    """
    graph = Graph(dtype, theta_range)
    given = _update_inputs(graph, state)
    outputs: dict[str, Symbol] = {}
    if objective is not None and objective.penalised:
        outputs["penalty"] = graph.sum(objective.penalty(graph, graph.input("theta")), axis=-1)
    _penalise(graph, objective, given["g"])
    outputs["norm2"] = graph.sum(given["g"] * given["g"], axis=-1)
    if limit is not None:
        _clip(graph, given["g"], limit)
    _apply(graph, method, state, given)
    changed = ["theta", *(name for name, rank in ranks(state).items() if rank == ELEMENTWISE)]
    return Formula(graph, outputs | {name: given[name] for name in changed})


def clipping(objective: Objective | None, dtype: str, theta_range: tuple[int, int], limit: float) -> dict[str, Formula]:
    """The reductions over all of theta that `clip_norm` needs, one after the other: each has those before as inputs.

    Arguments are as for `update`. By the name of its result, each formula gives the ``total`` over a range of theta.
    """
    graph = Graph(dtype, theta_range)
    g = graph.input("g")
    _penalise(graph, objective, g)
    return {name: _total(graph, *of) for name, of in _clip(graph, g, limit).items()}


def combine(operation: str, dtype: str) -> Formula:
    """The ``total`` of the parts of a reduction that several loops gave."""
    graph = Graph(dtype)
    return _total(graph, operation, graph.input("part"))


def _total(graph: Graph, operation: str, x: Symbol) -> Formula:
    return Formula(graph, {"total": graph.reduce(operation, x, -1, True)})


def _penalise(graph: Graph, objective: Objective | None, g: Symbol) -> None:
    """Add the gradient of the penalties to g."""
    if objective is not None and objective.penalised:
        g += objective.penalty_slope(graph, graph.input("theta"), graph.input("share", SCALAR))


def _clip(graph: Graph, g: Symbol, limit: float) -> dict[str, tuple[str, Symbol]]:
    """Clip the norm of g; the reductions over all of theta of which this makes inputs."""
    xp = Reductions(graph, -1, SCALAR)
    with tracing(clip_norm):
        clip_norm(xp, g, float(limit))
    return xp.found


def max_norm(dtype: str, limit: float) -> tuple[Formula, Formula, Formula]:
    """Formulas, each of elements, that limit the norms of the columns of a matrix of weights.

    The first adds a row W to the totals of columns, sum_0; the second puts the factors of the columns in their place;
    the third multiplies a row W by these, which it calls ``factor``.
    """
    graph = Graph(dtype)
    W, xp = graph.input("W"), Reductions(graph, -2, ELEMENTWISE)
    with tracing(norm_factors):
        factor = graph.output(norm_factors(xp, W, float(limit)))
        (total, (operation, squares)), *others = xp.found.items()
        if operation != "sum" or others or inputs(graph, {"factor": factor}) != {total}:
            raise Untraceable("what it gives is not a function of one sum over rows")
    return (
        Formula(graph, {total: graph.input(total) + squares}),
        Formula(graph, {total: factor}),
        Formula(graph, {"W": W * graph.input("factor")}),
    )


def advance(method: FirstOrder, state: MethodState, dtype: str) -> Formula:
    """The values of the state that are one for all parameters, after a step."""
    graph = Graph(dtype, (0, 1))  # any range: these values are the same for all entries of theta
    given = _update_inputs(graph, state)
    _apply(graph, method, state, given)
    return Formula(graph, {name: given[name] for name, rank in ranks(state).items() if rank == SCALAR})


def _update_inputs(graph: Graph, state: MethodState) -> dict[str, Symbol]:
    given = {"theta": ELEMENTWISE, "g": ELEMENTWISE, "lr": SCALAR, **ranks(state)}
    return {name: graph.input(name, rank) for name, rank in given.items()}


def _apply(graph: Graph, method: FirstOrder, state: MethodState, given: dict[str, Symbol]) -> None:
    """Let the method update; afterwards the symbols stand for what it made of them."""
    fields = type(state)(*(given[name] for name in ranks(state)))
    xp = Reductions(graph, -1, SCALAR)
    with tracing(method):
        method.update(xp, given["theta"], given["g"], fields, given["lr"])
        if xp.found:  # the loop runs over a part of theta
            raise Untraceable("a sum or maximum over all parameters")


def has_row_reductions(network: Network) -> bool:
    """True if a hidden layer needs all of a row to be activated: its columns cannot be shared by threads."""
    return any(PER_ROW in forward(layer.activation, "float64").graph.ranks for layer in network.layers[:-1])
