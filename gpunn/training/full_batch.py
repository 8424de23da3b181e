"""Full-batch training: the objective on all rows, handed to a minimiser, with the history kept."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gpunn.compile import policy
from gpunn.devices import Device
from gpunn.nn.network import by_columns
from gpunn.nn.objective import Objective
from gpunn.optim.directions import Direction
from gpunn.optim.full_batch import Iterate, Resume, minimise
from gpunn.training import agreement
from gpunn.training.data import Rows
from gpunn.training.divergence import Stability
from gpunn.training.history import History, Watch
from gpunn.training.profile import Stopwatch
from gpunn.training.stopping import Best, Patience, Validation

Array = Any


@dataclass(frozen=True)
class FullBatch:
    """Settings of full-batch training; those of `gpunn.optim.full_batch.minimise`, and early stopping.

    Parameters
    ----------
    method : Direction
    max_iter, max_evaluations : int
    gtol : float
        Stop when no component of the gradient is greater.
    tol, n_iter_no_change : float and int
        Of early stopping on the validation score.
    compiled : bool or None, default None
        Compile the evaluation where the device can. None does so for long trainings only: where all the evaluations
        there may be, times 15 nanoseconds for each row and neuron (about what one gains), come to the compiler's
        ``seconds``. It is a rule by the size of the work alone, so that the same training takes the same path
        wherever it runs.
    """

    method: Direction
    max_iter: int
    max_evaluations: int
    gtol: float
    tol: float = 1e-4
    n_iter_no_change: int = 10
    compiled: bool | None = None

    def run(
        self,
        device: Device,
        objective: Objective,
        theta: Array,
        rows: Rows,
        validation: Validation | None = None,
        watch: Watch | None = None,
        resume: Resume | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> tuple[Array, History, Resume | None]:
        """Train theta (P,), which is left as it is; return the new theta, the history, and from where to go on.

        Parameters
        ----------
        watch : callable, optional
            As in minibatch training, after every iteration.
        resume : Resume, optional
            Of an earlier run: where theta, rows and penalties are those with which it ended, this one goes on as if
            there had been no end; else it begins anew.
        stopwatch : Stopwatch, optional
            As in minibatch training.

        Raises
        ------
        ValueError
            If the cost of the start is not finite.
        """
        xp = device.xp
        history = History(unit="iteration")
        stopwatch = Stopwatch() if stopwatch is None else stopwatch
        early = validation is not None and validation.early_stopping
        patience = Patience(self.tol, self.n_iter_no_change)
        best = Best(xp, theta)
        latest = theta
        stability = Stability(device, objective, rows, theta, len(rows))
        began = time.perf_counter()

        def record(iterate: Iterate) -> bool:
            held.close()  # whoever watches may take long, and have threads of its own
            stopwatch.lap("steps")
            stop = recorded(iterate)
            stopwatch.lap("evaluation")
            held.enter_context(turn())
            return stop

        def recorded(iterate: Iterate) -> bool:
            nonlocal latest
            latest = iterate.theta
            history.evaluations = iterate.n_evaluations
            found = None if validation is None else validation.evaluate(device, objective, latest)
            history.add(iterate.value, iterate.g_norm, iterate.step, time.perf_counter() - began, found)
            if early and found is not None:
                best.offer(-found[1], latest, history.n_iter - 1)
                if patience.plateau(-found[1]):
                    history.stopped = "validation"
            if watch is not None:
                history.stopped = watch(history, latest) or history.stopped
            return bool(history.stopped)

        try:
            with device.use():
                together = rows.together(xp)
                stopwatch.lap("rest")
                function, turn, history.path = self.function(device, objective, theta, together)
                stopwatch.lap("compiling")
                with contextlib.ExitStack() as held:
                    held.enter_context(turn())
                    end = minimise(
                        xp,
                        function,
                        theta,
                        self.method,
                        device.floats,
                        max_iter=self.max_iter,
                        max_evaluations=self.max_evaluations,
                        gtol=self.gtol,
                        ftol=max(2.2e-9, float(xp.finfo(theta.dtype).eps)),
                        callback=record,
                        resume=resume,
                    )
            stopwatch.lap("steps")
            latest, resume = end.theta, end.resume
            history.evaluations = end.n_evaluations
            # A search passes over points that are not finite; only a start that is none ends so.
            if end.reason == "not_finite":
                history.divergence = "the cost of the start, with penalties, is not finite"
            history.stopped = history.stopped or end.reason
        except KeyboardInterrupt:
            history.stopped, resume = "interrupted", None
        if early and best.entry is not None:
            latest, history.best, resume = best.theta, best.entry, None
        with device.use():
            if history.n_iter:
                stability.take(history.cost[-1], latest, history.n_iter - 1)
            history.divergence = history.divergence or stability.verdict(latest)
            if history.divergence:
                history.stopped = history.stopped if history.stopped == "interrupted" else "diverged"
                resume = None
                latest, history.best = stability.retreat()
                history.fill_scores()
        return latest, history, resume

    def function(
        self, device: Device, objective: Objective, theta: Array, rows: Rows
    ) -> tuple[Any, Callable[[], contextlib.AbstractContextManager[Any]], str]:
        """Cost and gradient as a function of theta, what to minimise it within, and the history's word for it.

        It is compiled where that goes and pays.
        """
        xp, function, path = device.xp, None, "arrays: as asked"
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
        X, T, weight = rows.slice(xp, slice(None), theta.dtype)
        T = by_columns(xp, T)  # as the logits are
        return (
            lambda theta: objective.value_and_gradient(xp, theta, X, T, weight),
            functools.partial(device.steady, len(rows) * objective.network.row_product),
            path,
        )
