"""Training on shares of the rows that lie on the workers of a cluster, of which no row leaves its worker.

Full batch: each evaluation of cost and gradient is a map over the shares and a sum. With w_k the sum of the weights of
the rows of share k (their number, if they have no weights) and w the sum over all shares::

    f = sum_k (w_k / w) f_k + penalties / w

Minibatches: local SGD (Stich 2019, "Local SGD converges fast and communicates little", algorithm 1). Each share makes
`local_steps` steps from the same theta on batches of its own rows; then theta, the state of the method, and the average
of theta, if there is one, are averaged over the shares, weighted by the rows that they were trained on (by the sum of
their weights, if they have any). Learning rates
are those of an epoch of as many steps as the largest share has batches.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from gpunn.devices import Device, get_device
from gpunn.devices.memory import request
from gpunn.devices.workers import Workers
from gpunn.nn.objective import Objective
from gpunn.optim.full_batch import Function
from gpunn.training import loop, ranked
from gpunn.training.data import Rows
from gpunn.training.full_batch import SHORT_OF_MEMORY, Context, FullBatch
from gpunn.training.history import History
from gpunn.training.loop import Entry
from gpunn.training.minibatch import Epochs, Minibatch, outcome
from gpunn.training.profile import Stopwatch
from gpunn.training.state import TrainingState
from gpunn.training.stopping import Best
from gpunn.typing import Array

SHARE = 7  # stream of random numbers


class Share:
    """Rows that a worker holds, and what it keeps for the training in progress.

    Parameters
    ----------
    rows : Rows
        On the CPU.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.lock = threading.Lock()  # held by each call, since one that is given up goes on beside the next
        self._kept: tuple[str, Any] = "", None

    def kept(self, training: str, make: Callable[[], Any]) -> Any:
        """The object that ``make`` returned when it was first called for a training; that of another one is dropped."""
        name, found = self._kept
        if name != training:
            found = make()
            self._kept = training, found
        return found

    def __reduce__(self) -> tuple[type[Share], tuple[Rows]]:
        return Share, (self.rows,)  # what is compiled cannot move to another worker

    def __sizeof__(self) -> int:
        arrays = self.rows.X, self.rows.T, self.rows.weight
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, kw_only=True)
class SharedFullBatch(FullBatch):
    """Settings of full-batch training on shares.

    Parameters
    ----------
    workers : Workers
    name : str
        Name of the training, by which shares keep what they have compiled for it.
    n_rows : int
        Rows of all shares.
    """

    workers: Workers
    name: str
    n_rows: int

    def step_rows(self, rows: Rows) -> int:
        return self.n_rows

    def epoch_rows(self, rows: Rows) -> int:
        return self.n_rows

    def evaluation(
        self, device: Device, objective: Objective, theta: Array, rows: Rows, history: History, stopwatch: Stopwatch
    ) -> tuple[Function, Context, str]:
        """`FullBatch.function` of the rows of all shares, by a map and a sum."""
        of_share = replace(objective, l2=0.0, l1=0.0)
        settings = FullBatch(**own_settings(self, FullBatch))
        paths = self.workers.map(_prepare_gradient, self.name, settings, of_share, theta)

        def function(theta: Array) -> tuple[Array, Array]:
            sums = self.workers.map(_gradient_sums, self.name, settings, of_share, theta)
            total = np.zeros_like(sums[0])
            for own in sums:
                total += own
            return ranked.from_sums(device, objective, theta, total)

        n = len(self.workers.shares)
        return function, contextlib.nullcontext, f"{_joined(paths)}; the gradients of {_tasks(n)} are summed"


class _Evaluation(NamedTuple):
    """Cost and gradient of a share as a function of theta, and the sum of the weights of its rows."""

    function: Function
    turn: Context
    path: str
    weight: Array | float


def _evaluation(share: Share, name: str, settings: FullBatch, objective: Objective, theta: Array) -> _Evaluation:
    def make() -> _Evaluation:
        device, rows = get_device("cpu"), share.rows
        weight: Array | float = len(rows) if rows.weight is None else device.xp.sum(rows.weight)
        try:
            return _Evaluation(*settings.function(device, objective, theta, rows), weight)
        except MemoryError as error:
            path = f"arrays: {SHORT_OF_MEMORY} ({request(error)})"
            return _Evaluation(*settings.by_arrays(device, objective, theta, rows, None), path, weight)

    found: _Evaluation = share.kept(name, make)
    return found


def _prepare_gradient(
    share: Share, number: int, name: str, settings: FullBatch, objective: Objective, theta: Array
) -> str:
    """Compile the gradient of a share, where that goes and pays; the history's word for it."""
    with get_device("cpu").use():
        return _evaluation(share, name, settings, objective, theta).path


def _gradient_sums(
    share: Share, number: int, name: str, settings: FullBatch, objective: Objective, theta: Array
) -> np.ndarray:
    """`ranked.weighted_sums` of the rows of a share."""
    device, theta = get_device("cpu"), np.array(theta)
    with device.use():
        found = _evaluation(share, name, settings, objective, theta)
        with found.turn():
            return np.asarray(ranked.weighted_sums(device, *found.function(theta), found.weight))


@dataclass(frozen=True, kw_only=True)
class LocalSGD(Minibatch):
    """Settings of local SGD on shares; the batch size is that of each share.

    Parameters
    ----------
    workers : Workers
    name : str
        As for `SharedFullBatch`.
    share_rows : tuple of int
        Rows of each share.
    local_steps : int
        Steps between two averages.
    """

    workers: Workers
    name: str
    share_rows: tuple[int, ...]
    local_steps: int

    @property
    def n_rows(self) -> int:
        return sum(self.share_rows)

    def step_rows(self, rows: Rows) -> int:
        return min(self.batch_size, max(self.share_rows))

    def epoch_rows(self, rows: Rows) -> int:
        return self.n_rows

    def prepare(
        self, device: Device, objective: Objective, progress: TrainingState, rows: Rows, stopwatch: Stopwatch
    ) -> tuple[loop.Step, str]:
        settings = Minibatch(**own_settings(self, Minibatch))
        paths = self.workers.map(_prepare_steps, self.name, settings, objective, _sent(progress))
        tasks = _tasks(len(self.workers.shares))
        path = f"{_joined(paths)}; local SGD of {tasks}, averaged every {self.local_steps} steps"
        return LocalEpochs(self, settings, device, objective), path


@dataclass(frozen=True)
class LocalEpochs:
    """The step of the training loop: one pass of every share over its rows."""

    local: LocalSGD
    settings: Minibatch
    device: Device
    objective: Objective

    def __call__(self, state: TrainingState) -> Entry:
        local = self.local
        n_steps = max(-(-n // min(local.batch_size, n)) for n in local.share_rows)
        rates = local.rates_of(state, n_steps, local.n_rows)
        total: Array = 0.0
        weight = 0.0
        for first in range(0, n_steps, local.local_steps):
            some = rates[first : first + local.local_steps]
            arguments = local.name, self.settings, self.objective, _sent(state), some, first
            rounds: list[LocalSteps] = local.workers.map(_local_steps, *arguments)
            averaged(state, rounds)
            weights = _weights(rounds)
            total = total + sum(own.cost * w for own, w in zip(rounds, weights, strict=True))
            weight += sum(weights)
        norm = _mean([own.norm for own in rounds], weights)
        cost, norm, finite = outcome(self.device, state.theta, total / weight, norm)
        state.epoch += 1
        state.history.evaluations += n_steps
        return Entry(float(np.mean(cost)), float(np.mean(norm)), rates[-1], bool(np.all(finite)))


class LocalSteps(NamedTuple):
    """The state of a share after some steps.

    Attributes
    ----------
    theta : array (..., P)
    method_state : tuple of array
    average : array (..., P) or None
    step : array (1,)
    cost : array (...)
        Mean over the rows of the cost of their batch; 0 where there are none.
    norm : array (...)
        Norm of the last gradient.
    weight : float
        Sum of the weights of the rows, their number by default.
    n_rows, n_steps : int
        Rows and steps that there were; none where the share has no batch left in this epoch.
    """

    theta: Array
    method_state: tuple[Array, ...]
    average: Array | None
    step: Array
    cost: Array
    norm: Array
    weight: float
    n_rows: int
    n_steps: int


def averaged(state: TrainingState, rounds: Sequence[LocalSteps]) -> None:
    """Set a state to the mean over the shares, weighted by their rows, which have weights themselves.

    Arrays of the method that have not the shape of theta, counters and sums of weights, are those of a share that made
    the most steps.
    """
    weights = _weights(rounds)
    ahead = max(rounds, key=lambda own: own.n_steps)
    state.theta[...] = _mean([own.theta for own in rounds], weights)
    if state.average is not None:
        state.average[...] = _mean([own.average for own in rounds], weights)
    for i, array in enumerate(state.method_state):
        of_all = [own.method_state[i] for own in rounds]
        array[...] = _mean(of_all, weights) if array.shape == state.theta.shape else ahead.method_state[i]
    state.step[...] = ahead.step


def _weights(rounds: Sequence[LocalSteps]) -> list[float]:
    """Weights of the shares, not all of which are 0."""
    weights = [own.weight for own in rounds]
    return weights if any(weights) else [float(own.n_rows) for own in rounds]


def _mean(arrays: Sequence[Any], weights: Sequence[float]) -> Any:
    """Weighted mean; of a single array it has the same bits."""
    found = [(array, w) for array, w in zip(arrays, weights, strict=True) if w]
    if len(found) == 1:
        return found[0][0]
    total = sum(w for _, w in found)
    return sum(array * (w / total) for array, w in found)


def _prepare_steps(
    share: Share, number: int, name: str, settings: Minibatch, objective: Objective, sent: TrainingState
) -> str:
    """Compile the steps of a share, where that goes and pays; the history's word for it."""
    return _epochs(share, number, name, settings, objective, sent)[1]


def _epochs(
    share: Share, number: int, name: str, settings: Minibatch, objective: Objective, sent: TrainingState
) -> tuple[Epochs, str]:
    def make() -> tuple[Any, str]:
        device, own = get_device("cpu"), replace(settings, seed=seed_of_share(settings.seed, number))
        state = replace(sent.on(device, copied=True), seed=own.seed)
        with device.use():
            return own.prepare(device, objective, state, share.rows, Stopwatch())

    found: tuple[Epochs, str] = share.kept(name, make)
    return found


def _local_steps(
    share: Share,
    number: int,
    name: str,
    settings: Minibatch,
    objective: Objective,
    sent: TrainingState,
    rates: list[float],
    first: int,
) -> LocalSteps:
    """Steps of a share from a state, from step number ``first`` of its epoch on, with these learning rates."""
    device, rows = get_device("cpu"), share.rows
    epochs, _ = _epochs(share, number, name, settings, objective, sent)
    own = epochs.minibatch
    state = replace(sent.on(device, copied=True), seed=own.seed)
    with device.use():
        if epochs.program is not None:
            own.align(device, epochs.program, state)
        size, order = own.step_rows(rows), own.order(device, rows, state)
        order = np.arange(len(rows)) if order is None else order
        order = order[..., first * size : (first + len(rates)) * size]
        n_rows = order.shape[-1]
        n_steps = -(-n_rows // size)
        cost = norm = np.zeros_like(state.theta[..., 0])
        weight = float(n_rows)
        if n_steps:
            total, norm = epochs.of_rows(state, rows, order, rates[:n_steps])
            cost = total / n_rows
            if rows.weight is not None:
                weight = float(np.mean(np.sum(rows.weight[order], axis=-1)))  # of members, which differ in order
    changed = state.theta, tuple(state.method_state), state.average, state.step
    return LocalSteps(*changed, cost, norm, weight, n_rows, n_steps)


def seed_of_share(seed: int | tuple[int, ...], number: int) -> int | tuple[int, ...]:
    """Seed of a share, or of its members; that of the first share is the one of the training."""
    if number == 0:
        return seed
    if isinstance(seed, tuple):
        return tuple(_seed(one, number) for one in seed)
    return _seed(seed, number)


def _seed(seed: int, number: int) -> int:
    return int(np.random.default_rng([seed, SHARE, number]).integers(2**31))


def _sent(state: TrainingState) -> TrainingState:
    """The parts of a state that steps need."""
    return replace(state, best=Best(state.theta), history=History(unit="epoch"), latest=None, run=None)


def _joined(paths: Sequence[str]) -> str:
    """The ways in which shares are computed, each once."""
    return ", ".join(dict.fromkeys(paths))


def _tasks(n: int) -> str:
    return f"{n} Dask task{'s' * (n > 1)}"


def own_settings(settings: Any, kind: type) -> dict[str, Any]:
    """The settings that a class has."""
    return {field.name: getattr(settings, field.name) for field in fields(kind)}


def share_parts(part_rows: Sequence[int], n_shares: int) -> list[list[int]]:
    """Numbers of the partitions of each share: consecutive ones, of about as many rows.

    There are fewer shares than asked for if there are fewer partitions with rows. Partitions without rows are left out.
    """
    present = [i for i, n in enumerate(part_rows) if n]
    n_shares = min(n_shares, len(present))
    found: list[list[int]] = [[] for _ in range(n_shares)]
    ends = np.cumsum([part_rows[i] for i in present])
    total = int(ends[-1]) if present else 0
    share = 0
    for place, i in enumerate(present):
        start = int(ends[place]) - part_rows[i]
        # Go on to the next share where this one has its part of the rows, or the others need the partitions left.
        is_full = found[share] and (start + part_rows[i] / 2 >= total * (share + 1) / n_shares)
        is_needed = found[share] and len(present) - place <= n_shares - share - 1
        if share < n_shares - 1 and (is_full or is_needed):
            share += 1
        found[share].append(i)
    return found
