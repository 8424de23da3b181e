"""Trainings of one architecture side by side: each as it would be alone.

They may differ in learning rates, penalties, decay, dropout rates and seeds. Those that are compiled have a core each,
on which they take turns of several epochs; those by arrays are stacked, with an axis of members in front, and divided
among the cores where their steps are long. Everything between epochs is that of each training: its history, validation,
plateaus, divergence and end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpunn.nn.objective import Objective
from gpunn.optim.first_order import FirstOrder
from gpunn.training.history import History
from gpunn.training.loop import Entry, Training
from gpunn.training.micro_batches import MicroBatches
from gpunn.training.minibatch import DECAYING, Epochs, Minibatch, outcome
from gpunn.training.state import TrainingState
from gpunn.typing import Array

TURN = 2e8  # multiplications of a turn, some 50 ms: others who want the cores, and interrupts, wait for its end
STEP = 2e5  # multiplications that take as long as what each step has besides
STACK = 6e6  # multiplications of a step of a stack: with fewer, threads wait for each other at every operation


def run(trainings: Sequence[Training]) -> None:
    """Make the steps of trainings, all of which are at their start, until each has a reason to stop.

    Functions of the user that look on after every epoch, monitors and scores, are called by the thread of the caller.

    Parameters
    ----------
    trainings : sequence of Training
        By `Minibatch`, of equal networks and heads, numbers of rows and sizes of batches, and on the same rows of X,
        T and weights, of which they may use different ones if their seeds differ. Their methods are equal, or copies of
        one, but for the weight decay.
    """
    device, n_epochs = trainings[0].device, _epochs_of_a_turn(trainings)
    stacks: dict[tuple[int, ...], _Stack] = {}
    last: dict[int, Entry | None] = {}

    def take_turn(part: tuple[Training, ...]) -> None:
        """Several epochs of a compiled training; one by arrays, for the trainings of a stack are at the same step."""
        if _epochs(part[0]).program is None:
            with device.use():
                last.update(zip(map(id, part), stacks[tuple(map(id, part))](), strict=True))
            return
        (training,) = part
        for left in reversed(range(n_epochs)):
            with device.use():
                entry = training.step(training.state)
            if not left:
                last[id(training)] = entry
                return
            training.take(entry)
            if training.over:
                return
            training.stopwatch.lap("rest")

    while going := [training for training in trainings if not training.over]:
        for training in going:
            training.stopwatch.lap("rest")
        by_arrays = [training for training in going if _epochs(training).program is None]
        n_parts = min(device.n_workers(), len(by_arrays), _stacks_that_pay(by_arrays))
        parts = [tuple(by_arrays[i::n_parts]) for i in range(n_parts)]
        for part in parts:
            if tuple(map(id, part)) not in stacks:
                stacks[tuple(map(id, part))] = _Stack(part)
        parts += [(training,) for training in going if _epochs(training).program is not None]
        last.clear()
        device.each(take_turn, parts)
        for training in going:
            if id(training) in last:
                training.take(last[id(training)])


def _epochs_of_a_turn(trainings: Sequence[Training]) -> int:
    """Epochs of a compiled training for which it has a core, by the size of the work: the same whenever it is run."""
    if any(
        training.monitors or (training.validation is not None and training.validation.score is not None)
        for training in trainings
    ):
        return 1
    first = _epochs(trainings[0])
    n_steps = -(-first.rows.n_trained // first.minibatch.step_rows(first.rows))
    work = first.rows.n_trained * first.objective.network.n_weights + n_steps * STEP
    return max(1, int(TURN / work))


def _stacks_that_pay(by_arrays: Sequence[Training]) -> int:
    """The number of stacks into which trainings by arrays may be divided, so that each has a thread of its own."""
    if not by_arrays:
        return 1
    first = _epochs(by_arrays[0])
    work = len(by_arrays) * first.minibatch.step_rows(first.rows) * first.objective.network.n_weights
    return max(1, int(work / STACK))


def _epochs(training: Training) -> Epochs:
    assert isinstance(training.step, Epochs)  # of minibatches
    return training.step


class _Stack:
    """Epochs of several trainings by arrays, stacked."""

    def __init__(self, trainings: Sequence[Training]) -> None:
        self.states = [training.state for training in trainings]
        self.each = [_epochs(training) for training in trainings]
        first = self.each[0]
        self.device, self.rows = first.device, first.rows
        self.dtype = self.states[0].theta.dtype
        self.history = History(path=self.states[0].history.path)
        penalties = {
            name: self._own([getattr(e.objective, name) for e in self.each], "float64") for name in ("l2", "l1")
        }
        self.objective: Objective = replace(first.objective, **penalties)
        rates = zip(*(e.minibatch.dropout for e in self.each), strict=True)
        dropout = tuple(of_layer[0] if len(set(of_layer)) == 1 else of_layer for of_layer in rates)
        self.minibatch: Minibatch = replace(first.minibatch, method=self._method(), dropout=dropout)
        self.gradients = MicroBatches(self.device, self.objective, self.history)

    def __call__(self) -> list[Entry]:
        """An epoch of each; theta and the other arrays of its state change in place."""
        device, states = self.device, self.states
        rates = [e.minibatch.rates(state, e.rows) for e, state in zip(self.each, states, strict=True)]
        lr = device.asarray(np.asarray(rates), self.dtype)
        stacked = self._stacked()
        total, norm = self.minibatch.steps(
            device, self.objective, stacked, self.rows, self._order(), lr, self.gradients
        )
        for i, state in enumerate(states):
            for array, of_all in zip(_arrays(state), _arrays(stacked), strict=True):
                array[...] = of_all[i, ...]
            state.step[...] = stacked.step
            state.history.path = self.history.path
        found = outcome(device, stacked.theta, total / self.rows.n_trained, norm)
        return [
            e.entry(state, own, float(cost), float(norm), bool(finite))
            for e, state, own, cost, norm, finite in zip(self.each, states, rates, *found, strict=True)
        ]

    def _stacked(self) -> TrainingState:
        """A state with the arrays of all, of those that steps change."""
        xp, states, first = self.device.xp, self.states, self.states[0]
        theta, *others = (xp.stack(arrays) for arrays in zip(*map(_arrays, states), strict=True))
        average = others.pop() if first.average is not None else None
        return replace(
            first,
            theta=theta,
            method_state=type(first.method_state)(*others),
            average=average,
            step=xp.asarray(first.step, copy=True),
            seed=tuple(_seed(state) for state in states),
            history=self.history,
        )

    def _order(self) -> Array | None:
        """The order of the rows: one for all if they have the same seed, or one for each."""
        orders = [
            e.minibatch.order(self.device, e.rows, state) for e, state in zip(self.each, self.states, strict=True)
        ]
        one = len({_seed(state) for state in self.states}) == 1 or orders[0] is None
        return orders[0] if one else self.device.xp.stack(orders)

    def _method(self) -> FirstOrder:
        methods = [e.minibatch.method for e in self.each]  # copies of one, which need not be equal for Python
        decays = [method.decay for method in methods if isinstance(method, DECAYING)]
        first = methods[0]
        if not isinstance(first, DECAYING) or len(set(decays)) == 1:
            return first
        return replace(first, decay=self._own(decays, self.dtype))

    def _own(self, values: list[Any], dtype: Any) -> Any:
        """The one value of all, or an array (m, 1)."""
        return values[0] if len(set(values)) == 1 else self.device.asarray(np.array(values)[:, None], dtype)


def _arrays(state: TrainingState) -> list[Array]:
    return [state.theta, *state.method_state, *([] if state.average is None else [state.average])]


def _seed(state: TrainingState) -> int:
    assert isinstance(state.seed, int)  # that of one network
    return state.seed
