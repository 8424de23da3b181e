"""Full-batch training: an iteration of a minimiser, on all rows, is a step of the training loop."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from gpunn.compile import policy
from gpunn.devices import Device
from gpunn.devices.memory import request
from gpunn.devices.ranks import ALONE, Ranks
from gpunn.nn.network import by_columns
from gpunn.nn.objective import Objective
from gpunn.optim.directions import Direction
from gpunn.optim.first_order import NoState
from gpunn.optim.full_batch import Function, Minimisation, Minimiser
from gpunn.training import agreement, loop, ranked
from gpunn.training.data import Batch, Rows, chosen
from gpunn.training.divergence import Stability
from gpunn.training.history import History
from gpunn.training.loop import Entry
from gpunn.training.micro_batches import MicroBatches
from gpunn.training.profile import Stopwatch
from gpunn.training.state import TrainingState
from gpunn.training.stopping import Best, Patience
from gpunn.typing import Array, Namespace

SHORT_OF_MEMORY = "memory ran out for a copy of all rows or compiled evaluations"

Context = Callable[[], contextlib.AbstractContextManager[Any]]


@dataclass(frozen=True)
class FullBatch:
    """Settings of full-batch training; those of `gpunn.optim.full_batch.Minimiser`, and early stopping.

    Parameters
    ----------
    method : Direction
    max_iter, max_evaluations : int
    gtol : float
        Stop when no component of the gradient is greater.
    tol, n_iter_no_change : float and int
        Tolerance and patience of early stopping on the validation score.
    compiled : bool or None, default None
        Compile the evaluation where the device can. None does so for long trainings only: where all the evaluations
        there may be, times 15 nanoseconds for each row and neuron (about what one gains), come to the compiler's
        ``seconds``. It is a rule by the size of the work alone, so that the same training takes the same path
        wherever it runs.
    ranks : Ranks, optional
        Processes among which the rows are divided; each holds all rows.
    """

    method: Direction
    max_iter: int
    max_evaluations: int
    gtol: float
    tol: float = 1e-4
    n_iter_no_change: int = 10
    compiled: bool | None = None
    ranks: Ranks = field(default=ALONE, repr=False, compare=False)

    descends: ClassVar[bool] = True

    def start(self, device: Device, theta: Array, earlier: Minimisation | None = None) -> TrainingState:
        """The state before the first evaluation, at theta (P,), which is left as it is.

        Parameters
        ----------
        earlier : Minimisation, optional
            Minimisation of an earlier training: where theta, rows and penalties are those with which it ended, this one
            goes on as if there had been no end; else it begins anew.
        """
        return TrainingState(
            theta,
            NoState(),
            device.asarray(np.zeros(1, np.uint32)),
            Patience(self.tol, self.n_iter_no_change),
            Best(device.xp.asarray(theta, copy=True)),
            minimisation=earlier,
            history=History(unit="iteration"),
        )

    @property
    def most_iterations(self) -> int:
        return min(self.max_iter, self.max_evaluations)

    def step_rows(self, rows: Rows) -> int:
        return len(rows)

    def epoch_rows(self, rows: Rows) -> int:
        return len(rows)

    def prepare(
        self, device: Device, objective: Objective, state: TrainingState, rows: Rows, stopwatch: Stopwatch
    ) -> tuple[loop.Step, str]:
        xp, theta = device.xp, state.theta
        function, turn, path = self.evaluation(device, objective, theta, rows, state.history, stopwatch)
        ftol = max(2.2e-9, float(xp.finfo(theta.dtype).eps))
        minimiser = Minimiser(self.method, self.max_iter, self.max_evaluations, self.gtol, ftol)

        def step(state: TrainingState) -> Entry | None:
            with turn():  # whoever looks afterwards may take long, and have threads of its own
                return self._iteration(device, minimiser, function, state)

        return step, path

    def evaluation(
        self, device: Device, objective: Objective, theta: Array, rows: Rows, history: History, stopwatch: Stopwatch
    ) -> tuple[Function, Context, str]:
        """Cost and gradient of the rows that are trained on, on all ranks, as `function` gives them."""
        try:
            together = rows.together(device.xp)
            stopwatch.lap("rest")
            return self._over_ranks(device, objective, theta, together, history)
        except MemoryError as error:  # of a copy of all rows, or of what is compiled for them
            if self.ranks.size > 1:
                raise
            function, turn = self.by_arrays(device, objective, theta, chosen(device.xp, rows), history)
            return function, turn, f"arrays: {SHORT_OF_MEMORY} ({request(error)})"

    def _over_ranks(
        self, device: Device, objective: Objective, theta: Array, rows: Rows, history: History
    ) -> tuple[Function, Context, str]:
        """`function` of the rows of all ranks."""
        if self.ranks.size == 1:
            return self.function(device, objective, theta, rows, history)
        everything = slice(0, len(rows))
        own = rows.part(ranked.share(self.ranks, everything, len(rows)))
        if not len(own):

            def of_none(theta: Array) -> tuple[Array, Array]:
                zeros = device.xp.zeros_like(theta)
                return ranked.summed(self.ranks, device, objective, theta, zeros[..., 0], zeros, 0.0)

            return of_none, contextlib.nullcontext, f"arrays: the gradients of {self.ranks.size} ranks are summed"
        w: Array | float = len(own) if own.weight is None else device.xp.sum(own.weight, axis=-1)
        of_own, turn, path = self.function(device, replace(objective, l2=0.0, l1=0.0), theta, own, history)

        def of_all(theta: Array) -> tuple[Array, Array]:
            return ranked.summed(self.ranks, device, objective, theta, *of_own(theta), w)

        return of_all, turn, f"{path}; the gradients of {self.ranks.size} ranks are summed"

    def _iteration(
        self, device: Device, minimiser: Minimiser, function: Function, state: TrainingState
    ) -> Entry | None:
        """The evaluation of the start, or an iteration."""
        xp, before, began = device.xp, state.minimisation, self._began(state)

        def floats(*scalars: Array) -> list[float]:
            """Scalars on all ranks as rank 0 has them: the line search must not differ."""
            found: list[float] = self.ranks.broadcast(device.floats(*scalars))
            return found

        state.minimisation = None  # an iteration that is interrupted may leave a direction that fits no theta
        if before is None or not began:
            after, entry = minimiser.init(xp, function, state.theta, floats, before), None
        else:
            after = minimiser.step(xp, function, before, floats)
            entry = Entry(after.value, after.g_norm, after.step) if after.n_iter > before.n_iter else None
        state.theta, state.minimisation = after.theta, after
        state.epoch += entry is not None
        state.history.evaluations = after.n_evaluations + (0 if state.run is None else state.run.evaluations)
        return entry

    def _began(self, state: TrainingState) -> bool:
        """True if anything was evaluated in the run in progress."""
        return state.run is not None and state.history.evaluations > state.run.evaluations

    def finished(self, state: TrainingState) -> str:
        at = state.minimisation
        return at.reason if at is not None and self._began(state) else ""

    def divergence(self, state: TrainingState, stability: Stability, entry: Entry | None) -> str:
        # A search passes over points that are not finite; only a start that is none ends so.
        bad = self.finished(state) == "not_finite"
        return "the cost of the start, with penalties, is not finite" if bad else ""

    def recover(self, state: TrainingState, stability: Stability) -> bool:
        return False

    def restart(self, xp: Namespace, state: TrainingState, theta: Array) -> None:
        state.theta, state.minimisation = theta, None

    def exhausted(self, state: TrainingState) -> bool:
        return True

    def in_cycle(self, state: TrainingState) -> bool:
        return False

    def function(
        self, device: Device, objective: Objective, theta: Array, rows: Rows, history: History | None = None
    ) -> tuple[Function, Context, str]:
        """Cost and gradient as a function of theta, what to minimise it within, and the history's word for it.

        It is compiled where that goes and pays. The history, if there is one, is told where memory runs out later.
        """
        function, path = None, "arrays: as asked"
        gain = min(self.max_iter, self.max_evaluations) * len(rows) * sum(objective.network.sizes[1:]) * 15e-9
        if self.compiled is None and gain < policy.compiler(device).seconds:
            path = "arrays: too short a training to compile for"
        elif self.compiled is not False:
            function, path = policy.compiler(device).gradient(objective, theta.dtype, rows.X, rows.T, rows.weight)
            why_not = "" if function is None else agreement.of_gradient(device, objective, theta, rows, function)
            if why_not:
                function, path = None, f"arrays: {why_not}"
        if function is not None:
            return function, device.single_threaded_blas, path
        return *self.by_arrays(device, objective, theta, rows, history), path

    def by_arrays(
        self, device: Device, objective: Objective, theta: Array, rows: Rows, history: History | None
    ) -> tuple[Function, Context]:
        """`function` that is not compiled; the rows may be taken when they are asked for."""
        gradients, whole = MicroBatches(device, objective, history), _repeated(device.xp, rows, theta.dtype)
        return (
            lambda theta: gradients.value_and_gradient(theta, len(rows), whole, lambda: rows),
            functools.partial(device.steady, len(rows) * objective.network.row_product),
        )


def _repeated(xp: Namespace, rows: Rows, dtype: Any) -> Generator[Batch, None, None]:
    """All rows as arrays, again and again."""
    X, T, weight = rows.slice(xp, slice(None), dtype)
    T = by_columns(xp, T)  # as the logits are
    while True:
        yield X, T, weight
