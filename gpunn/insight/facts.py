"""What findings are drawn from: a network, its data and its training, measured once.

The rows given are all looked at for costs, labels and inputs; gradients and layers are those of a sample of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpunn.devices import Device
from gpunn.insight.inputs import Inputs, input_facts
from gpunn.insight.slope import curvature, noise_scale
from gpunn.nn.costs import Cost
from gpunn.nn.heads import Head, IdentityQuadratic
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, logits
from gpunn.training.history import History
from gpunn.training.layers import LayerStatistics, layer_statistics, spaced

Array = Any

SAMPLE = 2048  # rows: a share of them is known to about 1%


@dataclass(frozen=True)
class Training:
    """How a network was trained, as far as it is known.

    Parameters
    ----------
    history : History or None
        None before training.
    first_order : bool
        Whether it steps by a learning rate, not along searched lines.
    learning_rate : float or None
        Of the first step.
    momentum : float or None
        Of plain gradient descent, 0 for none; None for steps of another length (Adam), or if it is not known.
    batch_size : int or None
        Rows a step; None for all rows.
    layer_history : sequence of list of LayerStatistics
        What `gpunn.training.layers.Recorder` noted; may be empty.
    """

    history: History | None = None
    first_order: bool = True
    learning_rate: float | None = None
    momentum: float | None = None
    batch_size: int | None = None
    layer_history: Sequence[list[LayerStatistics]] = ()


@dataclass(frozen=True)
class Outcome:
    """What a network makes of rows; weighted by their weights.

    Attributes
    ----------
    n_rows : int
    cost : float
        Mean cost of a row, without penalties.
    score : float
        Share of the rows that are right; in multilabel problems in all their labels.
    shares, recalls : tuple of float
        Of each class (of each label in multilabel problems): its share of the rows, and the share of it that is found.
    """

    n_rows: int
    cost: float
    score: float
    shares: tuple[float, ...]
    recalls: tuple[float, ...]


@dataclass(frozen=True)
class Weights:
    """Of one layer: standard deviation of W, and how far its units differ from each other.

    ``unit_spread`` is the norm of W less its mean over units, divided by the norm of W; 0 for W = 0.
    """

    std: float
    unit_spread: float


@dataclass(frozen=True)
class Facts:
    """All that findings look at.

    Attributes
    ----------
    at : str
        "start" for initial weights, "end" for trained ones.
    l2_per_row : float
        Strength of the L2 penalty divided by the number of rows: the pull of the penalty on a weight of 1.
    n_sample : int
        Rows of the sample.
    outcome, validation : Outcome
        Of the rows given, and of validation rows, if there are any.
    guess, blind : float
        Cost of the best outputs that do not look at the inputs (the shares of the classes), and of logits 0. For a
        head without a cost function the second stands for both.
    overshoot : float
        Part of the cost that comes from outputs beyond a target of 0 or 1, for a linear output with quadratic cost, on
        the sample; 0 for all others.
    penalty : float
        What the penalties add to the cost.
    gradient_norm : float
        Of the objective, penalties included, on the sample.
    curvature, noise_scale : float or None
        As `gpunn.insight.slope` gives them, on the sample.
    layers, weights : tuple of LayerStatistics and of Weights
        The output last.
    classes : tuple
        Names of the classes or labels, in the order of ``outcome.shares``.
    input_names : tuple of str
        Names of the columns of X; empty if they have none.
    """

    at: str
    network: Network
    head: Head
    l2_per_row: float
    n_sample: int
    outcome: Outcome
    guess: float
    blind: float
    overshoot: float
    penalty: float
    gradient_norm: float
    curvature: float | None
    noise_scale: float | None
    layers: tuple[LayerStatistics, ...]
    weights: tuple[Weights, ...]
    inputs: Inputs
    classes: tuple[Any, ...]
    input_names: tuple[str, ...]
    multilabel: bool
    training: Training
    validation: Outcome | None


def measure(
    device: Device,
    objective: Objective,
    theta: Array,
    rows: Rows,
    *,
    at: str,
    classes: Sequence[Any] = (),
    input_names: Sequence[str] = (),
    training: Training | None = None,
    validation: Rows | None = None,
) -> Facts:
    """Measure a network on rows (n, d); `gpunn.insight.diagnose.diagnose_network` says more."""
    xp, network, head = device.xp, objective.network, objective.head
    with device.use():
        index = device.asarray(spaced(len(rows), SAMPLE))
        theta = device.asarray(theta, "float64")  # differences of gradients want its digits
        rows = _in_double(device, rows)
        outcome = _outcome(device, objective, theta, rows)
        sample = rows.take(xp, index)
        X, T, weight = xp.astype(sample.X, xp.float64), sample.T, sample.weight
        all_rows, sampled = (float(len(r)) if r.weight is None else float(xp.sum(r.weight)) for r in (rows, sample))
        # a penalty is divided by the weight of all rows, and the sample has less
        scaled = Objective(network, head, objective.l2 * sampled / all_rows, objective.l1 * sampled / all_rows)
        g_norm, along = curvature(device, scaled, theta, X, T, weight)
        W = theta[: network.n_weights]
        guess, blind, penalty, overshoot = device.floats(
            _guess(xp, objective, rows),
            xp.mean(head.cost(xp, xp.zeros_like(rows.T), rows.T)),
            xp.sum(objective.penalty(xp, W)) / all_rows,
            _overshoot(xp, objective, theta, X, T),
        )
        held_out = None
        if validation is not None:
            held_out = _outcome(device, objective, theta, _in_double(device, validation))
        return Facts(
            at=at,
            network=network,
            head=head,
            l2_per_row=objective.l2 / all_rows,
            n_sample=len(sample),
            outcome=outcome,
            guess=guess,
            blind=blind,
            overshoot=overshoot,
            penalty=penalty,
            gradient_norm=g_norm,
            curvature=along,
            noise_scale=noise_scale(device, scaled, theta, X, T, weight),
            layers=tuple(layer_statistics(device, objective, theta, X, T, weight)),
            weights=tuple(_weights(device, layer.W.of(xp, theta)) for layer in network.layers),
            inputs=input_facts(device, rows, index),
            classes=tuple(classes) or tuple(range(len(outcome.shares))),
            input_names=tuple(input_names),
            multilabel=not rows.exclusive,
            training=training or Training(),
            validation=held_out,
        )


def cost_function(head: Head) -> Cost | None:
    """The cost that a head joins with its activation; None for a head of somebody's own that is not made of the two."""
    found: Cost | None = getattr(head, "cost_function", None)
    return found


def _in_double(device: Device, rows: Rows) -> Rows:
    weight = None if rows.weight is None else device.asarray(rows.weight, "float64")
    return Rows(rows.X, device.asarray(rows.T, "float64"), weight, rows.exclusive)


def _mean(xp: Any, a: Array, weight: Array | None) -> Array:
    """Mean over rows of an array (n, k)."""
    return xp.mean(a, axis=0) if weight is None else xp.sum(a * (weight / xp.sum(weight))[:, None], axis=0)


def _guess(xp: Any, objective: Objective, rows: Rows) -> Array:
    """Mean cost where every row gets the shares of the classes as its outputs."""
    function = cost_function(objective.head)
    if function is None:
        return xp.mean(objective.head.cost(xp, xp.zeros_like(rows.T), rows.T))
    outputs = xp.zeros_like(rows.T) + _mean(xp, rows.T, rows.weight)
    return _mean(xp, function.value(xp, outputs, rows.T)[:, None], rows.weight)[0]


def _outcome(device: Device, objective: Objective, theta: Array, rows: Rows) -> Outcome:
    xp, head, T = device.xp, objective.head, rows.T
    z = logits(device, objective.network, theta, rows.X)
    scores = head.decision(xp, z)
    if rows.exclusive and T.shape[1] > 1:
        right = (xp.argmax(scores, axis=-1) == xp.argmax(T, axis=-1))[:, None]
        of_class = T > 0.5
    else:
        right, of_class = (scores > 0) == (T > 0.5), T > 0.5
        if rows.exclusive:  # one output stands for two classes
            of_class = xp.concat([~of_class, of_class], axis=1)
    right = xp.astype(right, z.dtype)
    of_class = xp.astype(of_class, z.dtype)
    whole = xp.min(right, axis=1)
    share = _mean(xp, of_class, rows.weight)
    found = _mean(xp, of_class * right, rows.weight)
    per_row = xp.stack([head.cost(xp, z, T), whole], axis=1)
    cost, score = device.to_host(_mean(xp, per_row, rows.weight))
    shares, hits = device.to_host(share).tolist(), device.to_host(found).tolist()
    recalls = tuple(hit / part if part else float("nan") for hit, part in zip(hits, shares, strict=True))
    return Outcome(len(rows), float(cost), float(score), tuple(shares), recalls)


def _overshoot(xp: Any, objective: Objective, theta: Array, X: Array, T: Array) -> Array:
    if not isinstance(objective.head, IdentityQuadratic):
        return xp.sum(xp.zeros_like(theta))
    a = objective.network.logits(xp, theta, X)
    beyond = xp.where(T > 0.5, a - T, T - a)
    squares = (a - T) ** 2
    return xp.sum(xp.where(beyond > 0, squares, xp.zeros_like(squares))) / xp.sum(squares)


def _weights(device: Device, W: Array) -> Weights:
    xp = device.xp
    spread, size, std = device.floats(
        xp.linalg.vector_norm(W - xp.mean(W, axis=1, keepdims=True)), xp.linalg.vector_norm(W), xp.std(W)
    )
    return Weights(std, spread / size if size else 0.0)
