"""Divergence: training leaves the finite numbers, or ends in a network that is worse than the one it started from.

A training has diverged where

- its cost or its weights are not finite;
- the mean cost of an epoch is `FAR` times that of the start, from where no training comes back;
- at its end all rows get the same logits, which they did not at the start: hidden units are dead or saturated; or
- at its end the cost is well above that of the start, or that of an epoch was `EXPLODED` times as much, and the classes
  are not told apart all the same (`LEARNED`).

The cost of the start is that of the initial weights, or of zero logits where that is greater, with the penalties of the
start beside costs of training, which have them too. The mean cost of an epoch belongs to no single theta, so states are
compared by their cost on all training rows, without penalties and dropout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gpunn.cached import cached_property
from gpunn.devices import Device
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, SparseRows, accuracy_of_constant, chosen, evaluate, logits, mean_over_rows, spaced
from gpunn.typing import Array, Namespace

FAR = 1e4
WORSE = 1.2  # times the cost of the start; the noise of minibatches is less
EXPLODED = 10.0
LEARNED = 0.5  # of the way from the accuracy of the most frequent class to 1, or of the cost of the start
CONSTANT = 1e-2  # of the differences between logits at the start; of rare classes all probabilities are alike
ROUNDING = 1e-5  # of logits: rows that are equal may differ by it
LARGE = 1e3  # inputs beyond this are no scale to learn from
SAMPLE = 256  # rows that are looked at in every training

STANDARDISE = "Standardise the inputs (sklearn.preprocessing.StandardScaler)."

MAX_HALVINGS = 8  # of the learning rate: from 256 times what it may be


class DivergenceWarning(RuntimeWarning):
    """Training diverged; the best state that was evaluated was kept."""


class DivergenceError(ArithmeticError):
    """Training diverged, and ``on_divergence="raise"`` asked for an error."""


@dataclass
class Visited:
    """States that a run has visited and can go back to, and the costs of its epochs.

    Attributes
    ----------
    start, entered, best : array (..., P)
        theta at the start, at the start of the next epoch, and at the start of the epoch of the lowest cost.
    start_entry, entered_entry, best_entry : int or None
        Their entries in the history; None for weights that no entry ended in.
    latest, lowest, highest : float
        Mean costs of epochs.
    """

    start: Array
    entered: Array
    best: Array
    start_entry: int | None = None
    entered_entry: int | None = None
    best_entry: int | None = None
    latest: float = float("inf")
    lowest: float = float("inf")
    highest: float = 0.0

    @classmethod
    def begin(cls, xp: Namespace, theta: Array, entry: int | None = None) -> Visited:
        """The start of a run from theta (..., P), which is copied; ``entry`` is the last one of the history so far."""
        start = xp.asarray(theta, copy=True)
        return cls(start, start, start, entry, entry, entry)

    def enter(self, xp: Namespace, theta: Array, entry: int | None) -> None:
        """Remember theta (..., P), from which the next epoch starts, and its entry in the history."""
        self.entered, self.entered_entry = xp.asarray(theta, copy=True), entry

    def take(self, xp: Namespace, cost: float, theta: Array, entry: int) -> None:
        """Take in the mean cost of the epoch that started from the state entered last, and ended in theta (..., P)."""
        self.latest, self.highest = cost, max(self.highest, cost)
        if cost < self.lowest:
            self.lowest, self.best, self.best_entry = cost, self.entered, self.entered_entry
        self.enter(xp, theta, entry)


class Stability:
    """The verdict whether a training must go back, and where to.

    Parameters
    ----------
    device : Device
    objective : Objective
    rows : Rows
        Training rows.
    visited : Visited
        States that the training has visited.
    batch : int
        Rows a step, among which a penalty is divided.
    """

    def __init__(self, device: Device, objective: Objective, rows: Rows, visited: Visited, batch: int) -> None:
        self.device, self.objective, self.rows, self.batch = device, objective, rows, batch
        self.visited = visited

    def is_far(self, cost: float) -> bool:
        """True if the mean cost of an epoch is beyond return."""
        return cost > FAR * self.chance > 0 and cost > FAR * self.base

    def verdict(self, theta: Array) -> str:
        """Description of what is wrong with theta (..., P); "" if nothing is."""
        spread, at_start = self._spread(theta), self._spread(self.visited.start)
        if not np.isfinite(spread):
            return "the logits are not finite"
        if spread < CONSTANT * at_start > ROUNDING and not self._shrunk(theta):
            units = ", for hidden units are dead or saturated" if len(self.objective.network.layers) > 1 else ""
            return f"all rows get the same probabilities{units}"
        start, chance, highest = self.sample_cost, self.chance, self.visited.highest
        # The base is at least the cost of chance, and costs an evaluation of all rows.
        exploded = highest > EXPLODED * chance and highest > EXPLODED * self.base
        if not chance > 0 or (self.visited.latest <= max(start, (start + chance) / 2) and not exploded):
            return ""  # the usual end; and a head of one's own may have any cost
        cost, accuracy = evaluate(self.device, self.objective, theta, self.rows)
        trivial, start = accuracy_of_constant(self.device, self.rows), self.start_cost
        if cost < LEARNED * max(start, chance) and cost <= start:
            return ""
        if accuracy > trivial + LEARNED * (1 - trivial):
            return ""
        if cost > max(WORSE * start, (start + chance) / 2):
            return f"the cost is {cost:.3g}, {cost / start:.3g} times that of the start"
        if exploded:
            return (
                f"the cost rose to {self.visited.highest:.3g} and came back to {cost:.3g} only; it began at {start:.3g}"
            )
        return ""

    def retreat(self, preferred: tuple[Array, int | None] | None = None) -> tuple[Array, int | None]:
        """The state with the lowest cost on all training rows, and its entry in the history, if it has one.

        Parameters
        ----------
        preferred : tuple of array (..., P) and int, optional
            A state and its entry, taken if its cost is not above that of the start.

        Raises
        ------
        ValueError
            If the cost of no state is finite.
        """
        if preferred is not None and self._cost(preferred[0]) <= self.start_cost:
            return preferred
        seen = self.visited
        states = [(seen.start, seen.start_entry), (seen.entered, seen.entered_entry), (seen.best, seen.best_entry)]
        costs = [self._cost(theta) for theta, _ in states]
        finite = [i for i, cost in enumerate(costs) if np.isfinite(cost)]
        if not finite:
            raise ValueError(hopeless(self.device, self.objective.network, self.rows, costs[0]))
        return states[min(finite, key=costs.__getitem__)]

    @cached_property
    def chance(self) -> float:
        """The cost of zero logits, on a sample of the rows."""
        xp, some = self.device.xp, self._sample
        cost = self.objective.head.cost(xp, xp.zeros_like(some.T), some.T)
        return float(self.device.floats(mean_over_rows(xp, cost, some.weight))[0])

    @cached_property
    def base(self) -> float:
        """Reference for the costs of epochs: the cost of the start and its penalties.

        Where there was training before, the start may be what has gone wrong.
        """
        cost = self.chance if self.visited.start_entry is not None else max(self.start_cost, self.chance)
        return cost + penalty_in_step(self.device, self.objective, self.visited.start, self.rows.weight, self.batch)

    @cached_property
    def start_cost(self) -> float:
        """The cost of the start, on all training rows."""
        return self._cost(self.visited.start)

    @cached_property
    def sample_cost(self) -> float:
        """The cost of the start, on a sample of the rows."""
        return evaluate(self.device, self.objective, self.visited.start, self._sample)[0]

    def _cost(self, theta: Array) -> float:
        return evaluate(self.device, self.objective, theta, self.rows)[0]

    @cached_property
    def _sample(self) -> Rows:
        return sample(self.device, self.rows)

    def _spread(self, theta: Array) -> float:
        """The largest difference between two rows of the sample in a logit."""
        xp = self.device.xp
        z = logits(self.device, self.objective.network, theta, self._sample.X)
        return float(self.device.floats(xp.max(xp.max(z, axis=-2) - xp.min(z, axis=-2)))[0])

    def _shrunk(self, theta: Array) -> bool:
        """True if the weights became small, as a penalty makes them: such outputs are nearly the same by intent."""
        xp, n = self.device.xp, self.objective.network.n_weights
        now, then = self.device.floats(*(xp.sum(xp.abs(x[..., :n])) for x in (theta, self.visited.start)))
        return now < then / 2


def check_start(device: Device, objective: Objective, rows: Rows, theta: Array) -> tuple[str, float]:
    """Describe what makes learning from theta (P,) hopeless, "" if nothing does; and give the cost on a sample.

    Raises
    ------
    ValueError
        If the cost of theta is not finite.
    """
    some = sample(device, rows)
    with device.use():
        cost, _ = evaluate(device, objective, theta, some)
    if not np.isfinite(cost):
        raise ValueError(hopeless(device, objective.network, rows, cost))
    if isinstance(rows.X, SparseRows):
        X = rows.X.matrix[device.to_host(_sampled(device, rows))].astype(np.float64)
        unit = np.maximum(abs(X).max(axis=0).toarray().ravel(), 1.0)  # in which no square overflows
        X = X.multiply(1 / unit)
        mean_square = np.asarray(X.multiply(X).mean(axis=0)).ravel()
    else:
        X = device.to_host(some.X[:, :]).astype(np.float64)
        unit = np.maximum(np.max(np.abs(X), axis=0), 1.0)
        mean_square = np.mean((X / unit) ** 2, axis=0)
    rms = unit * np.sqrt(mean_square)
    rms[_codes(objective.network)] = 0.0
    column = int(np.argmax(rms))
    if rms[column] <= LARGE:
        return "", cost
    return (
        f"X[:, {column}] has values of about {rms[column]:.3g} (root mean square): such inputs saturate units of the "
        f"first layer, or drown other inputs. {STANDARDISE}",
        cost,
    )


def hopeless(device: Device, network: Network, rows: Rows, cost: float) -> str:
    """Message about initial weights whose cost is not finite."""
    advice = cause(device, network, rows) or "Take other initial weights (weight_init)."
    return f"The cost of the initial weights is {cost}, and no training starts from there. {advice}"


def penalty_in_step(device: Device, objective: Objective, theta: Array, weight: Array | None, batch: int) -> float:
    """Penalties on theta (..., P) as a part of the cost of a step of ``batch`` rows, among which they are divided.

    Parameters
    ----------
    weight : array (n,) or None
        Weights of all rows; a batch is assumed to have its share of them.
    """
    if not objective.penalised:
        return 0.0
    xp, W = device.xp, theta[..., : objective.network.n_weights]
    with device.use():
        penalty = xp.mean(xp.sum(objective.penalty(xp, W), axis=-1))
        mean_weight = xp.mean(weight) if weight is not None else xp.ones_like(penalty)
        [penalty, mean_weight] = device.floats(penalty, mean_weight)
    return penalty / (batch * mean_weight) if mean_weight > 0 else 0.0


def sample(device: Device, rows: Rows) -> Rows:
    """At most `SAMPLE` of the rows, evenly spaced."""
    return chosen(device.xp, replace(rows, index=_sampled(device, rows)))


def _sampled(device: Device, rows: Rows) -> Array:
    where = device.asarray(spaced(len(rows), SAMPLE))
    return where if rows.index is None else device.xp.take(rows.index, where)


def cause(device: Device, network: Network, rows: Rows) -> str:
    """The column of X with the largest values, and what to do, where they may be the cause of divergence; else ""."""
    column, value = _largest(device, network, rows.X)
    if value <= LARGE:
        return ""
    return f"X[:, {column}] has values of up to {value:.3g}. {STANDARDISE}"


def _largest(device: Device, network: Network, X: Any) -> tuple[int, float]:
    """Column and size of the largest absolute value that is no code."""
    if isinstance(X, SparseRows):
        size = np.asarray(abs(X.matrix).max(axis=0).todense()).ravel()
    else:
        xp = device.xp
        high, low = (device.to_host(f(X, axis=0)).astype(np.float64) for f in (xp.max, xp.min))
        size = np.maximum(high, -low)
    size[_codes(network)] = 0
    column = int(np.argmax(size))
    return column, float(size[column])


def _codes(network: Network) -> list[int]:
    """Columns of X whose numbers are codes, which have no size."""
    return [embedding.column for embedding in network.embeddings]
