"""Minibatch training on rows that come in blocks, since all of them together may be larger than memory.

An epoch is that of `gpunn.training.minibatch` on each block in turn; the rows within a block are shuffled. With one
block it is the same epoch.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np

from gpunn.compile.policy import Program
from gpunn.devices import Device
from gpunn.nn.objective import Objective
from gpunn.training import loop, ranked
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
        (epoch) -> the blocks of that epoch, of `n_rows` rows in all. All but the last have a multiple of
        `local_batch_size` rows.
    n_rows : int
    n_given : int
        Rows with those that are held out.
    rank_rows : callable, optional
        (epoch) -> number of the rows of each rank, where every rank reads its own rows, which `blocks` gives. By
        default, every rank reads all rows.
    """

    blocks: Blocks
    n_rows: int
    n_given: int
    rank_rows: Callable[[int], Sequence[int]] | None = None

    def epoch_rows(self, rows: Rows) -> int:
        return self.n_rows

    def step_rows(self, rows: Rows) -> int:
        return min(self.batch_size, self.n_rows)

    def local_batch_size(self, rows: Rows) -> int:
        if self.rank_rows is None:
            return self.batch_size
        own = self.own_share(rows)
        return own.stop - own.start

    def step_counts(self, epoch: int) -> list[int]:
        """Rows of each step of an epoch, over all ranks."""
        of_ranks, sizes = [self.n_rows], [self.batch_size]
        if self.rank_rows is not None:
            of_ranks = [*self.rank_rows(epoch)]
            sizes = [b - a for a, b in itertools.pairwise(ranked.bounds(self.ranks.size, self.batch_size))]
        shares = [*zip(of_ranks, sizes, strict=True)]
        n_steps = max(-(-n // size) for n, size in shares)
        return [sum(min(max(n - i * size, 0), size) for n, size in shares) for i in range(n_steps)]

    def program(
        self, device: Device, objective: Objective, progress: TrainingState, rows: Rows
    ) -> tuple[Program | None, str]:
        if self.rank_rows is not None and rows.weight is not None:
            return None, "arrays: rows of other ranks have weights that this one does not read"
        return super().program(device, objective, progress, rows)

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
        size, n_rows, divided = minibatch.local_batch_size(self.epochs.rows), minibatch.n_rows, minibatch.rank_rows
        counts = minibatch.step_counts(state.epoch)
        rates = minibatch.rates_of(state, len(counts), n_rows)
        left = n_rows if divided is None else divided(state.epoch)[minibatch.ranks.rank]
        total: Array = 0.0
        norm: Array = 0.0
        first = 0
        with contextlib.closing(minibatch.blocks(state.epoch)) as blocks:
            for number, rows in enumerate(blocks):
                left -= rows.n_trained
                # Other ranks may have more rows, and thus more steps after the last block of this one.
                stop = first - (-rows.n_trained // size) if left else len(counts)
                order = minibatch.order(device, rows, state, number)
                some = None if divided is None else counts[first:stop]
                cost, norm = self.epochs.of_rows(state, rows, order, rates[first:stop], some)
                total, first = total + cost, stop
        cost, norm, finite = outcome(device, state.theta, self.epochs.over_ranks(total) / n_rows, norm)
        return self.epochs.entry(state, rates, float(np.mean(cost)), float(np.mean(norm)), bool(np.all(finite)))
