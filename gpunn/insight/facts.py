"""Facts that findings are drawn from: a network, its data and its training, measured once.

The rows given are all looked at for costs, labels and inputs; gradients and layers are those of a sample of them.
What a network has learned is told by the rows it was trained on: those given, or else what its history says of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.insight.calibration import Calibration
from gpunn.insight.columns import Column, alone, are_alike, as_columns, moved
from gpunn.insight.finding import FEW
from gpunn.insight.inputs import Inputs, input_facts
from gpunn.insight.neighbours import MAX_ROWS, by_neighbours
from gpunn.insight.outcomes import (
    Labelled,
    Outcome,
    calibration_of,
    idle_of,
    in_double,
    labelled_of,
    outcome_of,
    repeated_in,
    sample_of,
)
from gpunn.insight.slope import curvature, noise_scale
from gpunn.nn.heads import Head, IdentityQuadratic
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, logits, mean_over_rows, spaced
from gpunn.training.history import History
from gpunn.training.layers import LayerStatistics, layer_statistics
from gpunn.training.summary import TrainingSummary, column_means, costs_of_shares, sampled_numbers
from gpunn.typing import Array, Namespace


@dataclass(frozen=True)
class Training:
    """Training of a network, as far as it is known.

    Parameters
    ----------
    history : History or None
        None before training.
    first_order : bool
        Whether it steps by a learning rate, not along searched lines.
    learning_rate : float or None
        Learning rate of the first step.
    momentum : float or None
        Momentum of plain gradient descent, 0 for none; None for steps of another length (Adam), or if it is not known.
    batch_size : int or None
        Rows a step; None for all rows.
    dropout : float
        The highest rate of a layer.
    layer_history : sequence of list of LayerStatistics
        Entries of `gpunn.training.layers.Recorder`; may be empty.
    """

    history: History | None = None
    first_order: bool = True
    learning_rate: float | None = None
    momentum: float | None = None
    batch_size: int | None = None
    dropout: float = 0.0
    layer_history: Sequence[list[LayerStatistics]] = ()

    @property
    def unit(self) -> str:
        """Unit of the entries of the history."""
        return "epoch" if self.first_order else "iteration"


@dataclass(frozen=True)
class Learned:
    """Outputs of a network for the rows it was trained on; for those given, where nothing else is known.

    Attributes
    ----------
    cost, score : float
        As in `Outcome`; the score is that of the most probable classes.
    guess : float
        Cost of the best outputs that do not look at the inputs: the shares of the classes.
    n_rows : int
    """

    cost: float
    score: float
    guess: float
    n_rows: int


@dataclass(frozen=True)
class Weights:
    """Statistics of the weights of one layer: standard deviation of W, and how far its units differ from each other.

    ``unit_spread`` is that of the weights into a unit, its bias and the weights out of it: the norm of all less their
    means over units, divided by the norm of all; 0 where all are 0. ``finite`` says whether all of W and b are.
    """

    std: float
    unit_spread: float
    finite: bool


@dataclass(frozen=True)
class Facts:
    """All that findings look at.

    Attributes
    ----------
    at : str
        "start" for initial weights, "end" for trained ones.
    rows_are : str
        "training" or "other", for the rows given; "unknown" where nothing is known of the rows trained on.
    l2, l1 : float
        Strength of the penalties.
    step_rows : float
        Divisor of the penalties: the weight of the rows of a step of the training, of all where it takes all.
    n_sample : int
        Rows of the sample.
    outcome : Outcome
        Outcome of the rows given.
    learned : Learned
    unseen : Outcome or None
        Outcome of rows that were not trained on: the validation rows, or the rows given where those are others.
    calibration : Calibration or None
        On a sample of those; None also in multilabel problems and for few rows.
    repeated : float or None
        Share of the validation rows that are among the rows given, number by number.
    labelled : Labelled or None
        A sample of the rows given; None in multilabel problems, before training and for few rows.
    alone : tuple of float
        For each column, share of the sample whose class it predicts by itself. Empty where ``labelled`` is None.
    idle : tuple of int and int
        Number of columns that the predictions hardly depend on, on a sample of rows that were not trained on, and
        number of columns that were examined.
    by_neighbours : float or None
        Share of up to `MAX_ROWS` of the rows given whose class the nearest rows tell; and, below, the share of the same
        rows that the network has right.
    beside_neighbours : float or None
    moved : tuple of float
        Distance of each input from its values in training, in standard deviations; empty for rows that were trained on.
    guess, blind : float
        Cost, on the rows given, of the best outputs that do not look at the inputs (the shares of the classes), and of
        logits 0. For a head without a cost function the second stands for both.
    overshoot : float
        Part of the cost that comes from outputs beyond a target of 0 or 1, for a linear output with quadratic cost, on
        the sample; 0 for all others.
    penalty : float
        Contribution of the penalties to the cost.
    gradient_norm : float
        Norm of the gradient of the objective, penalties included, on the sample.
    curvature, noise_scale : float or None
        As `gpunn.insight.slope` gives them, on the sample.
    layers, weights : tuple of LayerStatistics and of Weights
        The output last.
    classes : tuple
        Names of the classes or labels, in the order of ``outcome.shares``.
    input_names : tuple of str
        Names of the columns of X; empty if they have none.
    columns : tuple of Column
        Columns of the table that X was made from.
    threshold : float, array (k,) or None
        Decision threshold, where it is set.
    """

    at: str
    rows_are: str
    network: Network
    head: Head
    l2: float
    l1: float
    step_rows: float
    n_sample: int
    outcome: Outcome
    learned: Learned
    unseen: Outcome | None
    calibration: Calibration | None
    repeated: float | None
    labelled: Labelled | None
    alone: tuple[float, ...]
    idle: tuple[int, int]
    by_neighbours: float | None
    beside_neighbours: float | None
    moved: tuple[float, ...]
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
    columns: tuple[Column, ...]
    multilabel: bool
    threshold: Any
    training: Training


def measure(
    device: Device,
    objective: Objective,
    theta: Array,
    rows: Rows,
    *,
    at: str,
    classes: Sequence[Any] = (),
    input_names: Sequence[str] = (),
    columns: Sequence[Column] = (),
    training: Training | None = None,
    validation: Rows | None = None,
    threshold: Any = None,
) -> Facts:
    """Measure a network on rows (n, d); `gpunn.insight.diagnose.diagnose_network` says more."""
    xp, network, head = device.xp, objective.network, objective.head
    training = training or Training()
    with device.use(), np.errstate(over="ignore", invalid="ignore"):  # of extreme inputs: findings look at what comes
        numbers = sample_of(device, rows)
        index = device.asarray(numbers)
        theta = device.asarray(theta, "float64")  # differences of gradients want its digits
        rows = in_double(device, rows)
        z = logits(device, network, theta, rows.X)
        outcome = outcome_of(device, head, rows, z, threshold)
        sample = rows.take(xp, index)
        X, T, weight = xp.astype(sample.X, xp.float64), sample.T, sample.weight
        all_rows, sampled = (float(len(r)) if r.weight is None else float(xp.sum(r.weight)) for r in (rows, sample))
        summary = training.history.summary if training.history is not None and at == "end" else None
        n_trained = len(rows) if summary is None else summary.n_rows
        # a penalty is divided by the weight of the rows of a step, and the sample has another
        step_rows = (training.batch_size or n_trained) * all_rows / len(rows)
        scaled = Objective(network, head, objective.l2 * sampled / step_rows, objective.l1 * sampled / step_rows)
        g_norm, along = curvature(device, scaled, theta, X, T, weight)
        W = theta[: network.n_weights]
        shares = column_means(xp, rows.T, rows.weight)
        guess, blind, penalty, overshoot = device.floats(
            mean_over_rows(xp, costs_of_shares(xp, head, shares, rows.T), rows.weight),
            xp.mean(head.cost(xp, xp.zeros_like(rows.T), rows.T)),
            xp.sum(objective.penalty(xp, W)) / step_rows,
            _overshoot(xp, objective, theta, X, T),
        )
        host_X = device.to_host(X)
        rows_are = "unknown"
        if summary is not None:
            of_all = host_X
            if rows.weight is not None:  # the summary looked at rows of any weight
                spread = rows.take(xp, device.asarray(sampled_numbers(len(rows))))
                of_all = device.to_host(xp.astype(spread.X, xp.float64))
            rows_are = "training" if are_alike(len(rows), of_all, summary) else "other"
        learned = Learned(outcome.cost, outcome.score, guess, n_trained)
        if summary is not None and rows_are == "other":
            learned = Learned(summary.cost, summary.score, summary.guess, summary.n_rows)
        held_out = None if validation is None else in_double(device, validation)
        z_sample = xp.take(z, index, axis=0)
        unseen, unseen_sample, calibrated = None, None, None
        if held_out is not None:
            z = logits(device, network, theta, held_out.X)
            unseen, unseen_index = (
                outcome_of(device, head, held_out, z, threshold),
                device.asarray(sample_of(device, held_out)),
            )
            unseen_sample = held_out.take(xp, unseen_index)
            calibrated = calibration_of(device, head, unseen_sample, xp.take(z, unseen_index, axis=0))
        elif rows_are == "other":
            unseen, unseen_sample = outcome, sample
            calibrated = calibration_of(device, head, sample, z_sample)
        columns = tuple(columns) or as_columns(X.shape[1], input_names, embeddings=network.embeddings)
        labelled, tells, near, beside = None, (), None, None
        if at == "end" and rows.exclusive and len(numbers) >= FEW and np.isfinite(outcome.cost):
            labelled = labelled_of(device, head, z_sample, T, numbers)
            tells = tuple(alone(host_X, labelled.label, columns).tolist())
            some = spaced(len(numbers), MAX_ROWS)
            near = by_neighbours(_one_hot(host_X[some], network), labelled.label[some])
            beside = float(np.mean((labelled.predicted == labelled.label)[some]))
        return Facts(
            at=at,
            rows_are=rows_are,
            network=network,
            head=head,
            l2=objective.l2,
            l1=objective.l1,
            step_rows=step_rows,
            n_sample=len(sample),
            outcome=outcome,
            learned=learned,
            unseen=unseen,
            calibration=calibrated,
            repeated=None if held_out is None else repeated_in(device, rows, held_out),
            labelled=labelled,
            alone=tells,
            idle=idle_of(device, objective, theta, unseen_sample, columns, guess),
            by_neighbours=near,
            beside_neighbours=beside,
            moved=_moved(host_X, summary if rows_are == "other" else None, network),
            guess=guess,
            blind=blind,
            overshoot=overshoot,
            penalty=penalty,
            gradient_norm=g_norm,
            curvature=along,
            noise_scale=noise_scale(device, scaled, theta, X, T, weight),
            layers=tuple(layer_statistics(device, objective, theta, X, T, weight)),
            weights=tuple(_weights(device, network, theta)),
            inputs=input_facts(device, network, theta, rows, index),
            classes=tuple(classes) or tuple(range(len(outcome.shares))),
            input_names=tuple(input_names),
            columns=columns,
            multilabel=not rows.exclusive,
            threshold=threshold,
            training=training,
        )


def _moved(X: np.ndarray, summary: TrainingSummary | None, network: Network) -> tuple[float, ...]:
    """Distances of `moved`; 0 for columns of codes, whose mean says nothing."""
    if summary is None or not summary.input_mean:
        return ()
    found = moved(X, summary)
    found[[embedding.column for embedding in network.embeddings]] = 0.0
    return tuple(found.tolist())


def _one_hot(X: np.ndarray, network: Network) -> np.ndarray:
    """X (n, d) with a column for each of the codes that it has in the place of columns of codes."""
    if not network.embeddings:
        return X
    codes = [embedding.column for embedding in network.embeddings]
    each = [X[:, column, None] == np.unique(X[X[:, column] > 0, column]) for column in codes]
    return np.concatenate([np.delete(X, codes, axis=1), *each], axis=1)


def _overshoot(xp: Namespace, objective: Objective, theta: Array, X: Array, T: Array) -> Array:
    if not isinstance(objective.head, IdentityQuadratic):
        return xp.sum(xp.zeros_like(theta))
    a = objective.network.logits(xp, theta, X)
    beyond = xp.where(T > 0.5, a - T, T - a)
    squares = (a - T) ** 2
    return xp.sum(xp.where(beyond > 0, squares, xp.zeros_like(squares))) / xp.sum(squares)


def _weights(device: Device, network: Network, theta: Array) -> Iterator[Weights]:
    """Statistics of the weights of each layer."""
    xp = device.xp
    for layer, following in zip(network.layers, (*network.layers[1:], None), strict=True):
        W, b = layer.W.of(xp, theta), layer.b.of(xp, theta)[None, :]
        out = () if following is None else (xp.matrix_transpose(following.W.of(xp, theta)),)
        units = xp.concat([W, b, *out], axis=0)  # a column each
        spread, size, std, finite = device.floats(
            xp.linalg.vector_norm(units - xp.mean(units, axis=1, keepdims=True)),
            xp.linalg.vector_norm(units),
            xp.std(W),
            xp.astype(xp.all(xp.isfinite(W)) & xp.all(xp.isfinite(b)), W.dtype),
        )
        yield Weights(std, spread / size if size else 0.0, bool(finite))
