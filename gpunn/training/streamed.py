"""Minibatch training on rows that come in blocks, since all of them together may be larger than memory.

An epoch is that of `gpunn.training.minibatch` on each block in turn; the rows within a block are shuffled. With one
block it is the same epoch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from gpunn.devices import Device
from gpunn.nn.objective import Objective
from gpunn.training import loop
from gpunn.training.data import Rows
from gpunn.training.loop import Entry
from gpunn.training.minibatch import Epochs, Minibatch, outcome
from gpunn.training.profile import Stopwatch
from gpunn.training.state import TrainingState
from gpunn.typing import Array

Blocks = Callable[[int], Generator[Rows, None, None]]


@dataclass(frozen=True, kw_only=True)
class StreamedMinibatch(Minibatch):
    """Settings of minibatch training on blocks of rows.

    The rows that `prepare` is given are some of them, on which compiled steps are checked.

    Parameters
    ----------
    blocks : callable
        (epoch) -> the blocks of that epoch, of `n_rows` rows in all. All but the last have a multiple of `batch_size`
        rows.
    n_rows : int
    n_given : int
        Rows with those that are held out.
    """

    blocks: Blocks
    n_rows: int
    n_given: int

    def epoch_rows(self, rows: Rows) -> int:
        return self.n_rows

    def prepare(
        self, device: Device, objective: Objective, progress: TrainingState, rows: Rows, stopwatch: Stopwatch
    ) -> tuple[loop.Step, str]:
        step, path = super().prepare(device, objective, progress, rows, stopwatch)
        assert isinstance(step, Epochs)
        return StreamedEpochs(step, self), path


@dataclass(frozen=True)
class StreamedEpochs:
    """The step of the training loop: one pass over all blocks."""

    epochs: Epochs
    minibatch: StreamedMinibatch

    def __call__(self, state: TrainingState) -> Entry:
        minibatch, device = self.minibatch, self.epochs.device
        size, n_rows = minibatch.batch_size, minibatch.n_rows
        rates = minibatch.rates_of(state, -(-n_rows // size), n_rows)
        total: Array = 0.0
        norm: Array = 0.0
        first = 0
        with contextlib.closing(minibatch.blocks(state.epoch)) as blocks:
            for number, rows in enumerate(blocks):
                n_steps = -(-rows.n_trained // size)
                order = minibatch.order(device, rows, state, number)
                cost, norm = self.epochs.of_rows(state, rows, order, rates[first : first + n_steps])
                total, first = total + cost, first + n_steps
        cost, norm, finite = outcome(device, state.theta, total / n_rows, norm)
        return self.epochs.entry(state, rates, float(np.mean(cost)), float(np.mean(norm)), bool(np.all(finite)))
