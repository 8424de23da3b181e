"""The minibatch loop: shuffle, step, record, stop.

Within an epoch nothing is read back from the device; at its end one transfer brings the numbers of the history.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gpunn.compile import policy
from gpunn.devices import Device, writable
from gpunn.nn.dropout import Dropout
from gpunn.nn.objective import Objective, limit_norms
from gpunn.optim.averaging import Averaged, update_average
from gpunn.optim.first_order import FirstOrder, MethodState, clip_norm
from gpunn.optim.schedules import Schedule
from gpunn.training import agreement
from gpunn.training.data import Rows, SparseRows
from gpunn.training.divergence import MAX_HALVINGS, Stability
from gpunn.training.history import History, Watch
from gpunn.training.profile import Stopwatch
from gpunn.training.stopping import Best, Patience, Validation

Array = Any

SHUFFLE, DROPOUT = 1, 2  # streams of random numbers that start from one seed


@dataclass
class Progress:
    """All that changes during training: to go on exactly, go on from here.

    ``theta`` (..., P) and the arrays of ``method_state`` are changed in place; ``step`` (1,) counts updates on
    the device, ``epoch``, ``n_plateaus`` and ``n_halvings`` (of the learning rate, after divergence) count on the host.
    ``average`` (..., P) is the mean of theta over the steps, where there is one. ``latest`` is None, or where training
    stood when the best or averaged theta was put in the place of the last. ``verified`` describes the compiled program
    whose results were last compared with those of the arrays; "" for none.
    """

    theta: Array
    method_state: MethodState
    step: Array
    patience: Patience
    best: Best  # of the score, with early stopping
    epoch: int = 0
    n_plateaus: int = 0
    n_halvings: int = 0
    average: Array | None = None
    latest: Array | None = None
    verified: str = ""
    history: History = field(default_factory=lambda: History(unit="epoch"))

    def on(self, device: Device, dtype: Any = None) -> Progress:
        """The same on a device, sharing the arrays that are there already and may be changed.

        With ``dtype`` given, theta and all arrays of its dtype are converted to it.
        """

        def moved(x: Array) -> Array:
            return device.asarray(writable(x), dtype)

        best = copy.copy(self.best)
        best.theta = moved(best.theta)
        return replace(
            self,
            theta=moved(self.theta),
            method_state=type(self.method_state)(*map(moved, self.method_state)),
            step=device.asarray(writable(self.step)),
            best=best,
            average=None if self.average is None else moved(self.average),
            latest=None if self.latest is None else moved(self.latest),
        )


@dataclass(frozen=True)
class Minibatch:
    """Settings of minibatch training.

    Parameters
    ----------
    method : FirstOrder
    schedule : Schedule
    batch_size : int
        Rows a step; the last batch of an epoch may be smaller.
    max_epochs : int
    seed : int
        Of the shuffling and the dropout masks; permutation number e depends on the seed and e alone.
    shuffle : bool, default True
    dropout : tuple of float, default ()
        Rate for the input and each hidden layer; empty for none.
    clip_norm, max_norm : float, optional
        Limits on the norm of the gradient, and of the incoming weights of a neuron.
    tol, n_iter_no_change : float and int
        A plateau is more than ``n_iter_no_change`` epochs in which the mean cost (over members), or with early
        stopping the validation score, does not improve by ``tol``.
    recovers : bool, default False
        After divergence go on from the best state, with half the learning rate, at most `MAX_HALVINGS` times.
    average : float, optional
        Decay of an exponential mean of theta over the steps (`gpunn.optim.averaging`), which is what is evaluated
        and kept.
    compiled : bool or None, default None
        Compile the epoch where the device can. None does so for long trainings only: where all the steps there were
        and may be, of all members, times 100 microseconds and 3 nanoseconds for each parameter (about what a step
        gains), come to the compiler's ``seconds``, and those of this run to its ``again_seconds``. It is a
        rule by the size of the work alone, so that the same training takes the same path wherever it runs.
    """

    method: FirstOrder
    schedule: Schedule
    batch_size: int
    max_epochs: int
    seed: int
    shuffle: bool = True
    dropout: tuple[float, ...] = ()
    clip_norm: float | None = None
    max_norm: float | None = None
    tol: float = 1e-4
    n_iter_no_change: int = 10
    recovers: bool = False
    average: float | None = None
    compiled: bool | None = None

    def start(self, device: Device, theta: Array) -> Progress:
        """The state before the first step; theta (..., P) is used, not copied."""
        xp = device.xp
        step = device.asarray(np.zeros(1, np.uint32))
        patience = Patience(self.tol, self.n_iter_no_change)
        average = None if self.average is None else xp.asarray(theta, copy=True)
        return Progress(theta, self.method.init(xp, theta), step, patience, Best(xp, theta), average=average)

    def run(
        self,
        device: Device,
        objective: Objective,
        progress: Progress,
        rows: Rows,
        validation: Validation | None = None,
        watch: Watch | None = None,
        ends: bool = True,
        stopwatch: Stopwatch | None = None,
    ) -> Progress:
        """Train until a reason to stop; the history says which.

        Parameters
        ----------
        progress : Progress
            Changed in place and returned. With early stopping its theta is the one of the best score, else with
            averaging the mean, and after divergence one of lower cost, with the method's state as at the start.
        rows : Rows
        validation : Validation, optional
            For one network only, not for members.
        watch : callable, optional
            Called after every epoch with the history and theta; a string other than "" stops, and says why.
        ends : bool, default True
            Whether this is the end of a training, at which its network is judged.
        stopwatch : Stopwatch, optional
            Takes the time of compiling, steps and evaluation.

        Raises
        ------
        ValueError
            If training diverged from a start whose cost is not finite.
        """
        history, best = progress.history, progress.best
        stopwatch = Stopwatch() if stopwatch is None else stopwatch
        stopwatch.lap("rest")
        early = validation is not None and validation.early_stopping
        if progress.latest is not None:
            progress.theta[...], progress.latest = progress.latest, None
        history.stopped, history.best, history.divergence = "", None, ""
        with device.use():
            program, history.path = self.program(device, objective, progress, rows)
            if program is not None:
                self.align(device, program, progress)
        stopwatch.lap("compiling")
        xp, theta = device.xp, progress.theta
        shown = theta if progress.average is None else progress.average
        entry = history.n_iter - 1 if history.n_iter else None
        stability = Stability(device, objective, rows, shown, min(self.batch_size, len(rows)), entry)
        began = time.perf_counter() - (history.seconds[-1] if history.seconds else 0.0)
        stopwatch.lap("rest")
        try:
            with device.use():
                for _ in range(self.max_epochs):
                    cost, norm, rate, finite = self._epoch(device, objective, progress, rows, program)
                    stopwatch.lap("steps")
                    found = None
                    if validation is not None:
                        nan = float("nan")
                        found = validation.evaluate(device, objective, shown) if finite else (nan, nan)
                        stopwatch.lap("evaluation")
                    history.add(cost, norm, rate, time.perf_counter() - began, found)
                    mean_cost = cost if isinstance(cost, float) else float(np.mean(cost))
                    history.divergence = self._divergence(stability, shown, mean_cost, finite)
                    if history.divergence:
                        if not self.recovers or progress.n_halvings == MAX_HALVINGS:
                            break
                        self._recover(xp, progress, stability)
                        plateau = False
                    else:
                        stability.take(mean_cost, shown, history.n_iter - 1)
                        value = -found[1] if early and found is not None else mean_cost
                        if early:
                            best.offer(value, shown, history.n_iter - 1)
                        plateau = progress.patience.plateau(value)
                    stopwatch.lap("rest")
                    history.stopped = "" if watch is None else watch(history, shown)
                    stopwatch.lap("evaluation")
                    if history.stopped:
                        break
                    if plateau:
                        if self.schedule.exhausted(progress.n_plateaus):
                            history.stopped = "validation" if early else "tol"
                            break
                        progress.n_plateaus += 1
                else:
                    history.stopped = "max_iter"
        except KeyboardInterrupt:
            # Between any two operations of an update theta is a point on the way: the model so far.
            history.stopped = "interrupted"
        by_score = (best.theta, best.entry) if early and best.entry is not None else None
        with device.use():
            if ends and not history.divergence:
                history.divergence = stability.verdict(by_score[0] if by_score else shown)
            if history.divergence:
                history.stopped = history.stopped if history.stopped == "interrupted" else "diverged"
                state, history.best = stability.retreat(by_score)
                self._restart(xp, progress, state)
                history.fill_scores()
                return progress
        if by_score:
            progress.latest = xp.asarray(theta, copy=True)
            theta[...], history.best = by_score
        elif progress.average is not None:
            progress.latest = xp.asarray(theta, copy=True)
            theta[...] = progress.average
        return progress

    def _divergence(self, stability: Stability, theta: Array, cost: float, finite: bool) -> str:
        """What went wrong in an epoch, in words; "" if nothing did."""
        if not finite:
            return "the cost or the weights are not finite"
        if stability.is_far(cost):
            return f"the mean cost of an epoch is {cost:.3g}, {cost / stability.base:.3g} times that of the start"
        return stability.verdict(theta) if self.recovers else ""

    def _recover(self, xp: Any, progress: Progress, stability: Stability) -> None:
        """Go back to the best state, and halve the learning rate."""
        state, entry = stability.retreat()
        self._restart(xp, progress, state)
        stability.enter(state, entry)
        progress.patience = Patience(self.tol, self.n_iter_no_change)
        progress.n_halvings += 1
        history = progress.history
        history.notes.append(
            f"Iteration {history.n_iter} diverged: {history.divergence}. Training went back to "
            f"{'the initial weights' if entry is None else f'the weights of iteration {entry + 1}'}, with half the "
            f"learning rate."
        )
        history.divergence = ""

    def _restart(self, xp: Any, progress: Progress, theta: Array) -> None:
        """Put theta, and the method's state of a start, in the place of what there is."""
        progress.theta[...] = theta
        if progress.average is not None:
            progress.average[...] = theta
        for array, fresh in zip(progress.method_state, self.method.init(xp, theta), strict=True):
            array[...] = fresh

    def _epoch(
        self, device: Device, objective: Objective, progress: Progress, rows: Rows, program: Any
    ) -> tuple[Any, Any, float, bool]:
        """One pass over the rows: cost, gradient norm, last rate, and whether cost and theta are finite."""
        xp, theta = device.xp, progress.theta
        n, size = len(rows), min(self.batch_size, len(rows))
        n_steps = -(-n // size)
        order = self._order(device, n, progress.epoch)
        if rows.index is not None:
            order = rows.index if order is None else xp.take(rows.index, order)
        factor = 0.5**progress.n_halvings
        rates = [factor * rate for rate in self.schedule.rates(progress.epoch, n_steps, n, progress.n_plateaus)]
        lr = device.asarray(np.asarray(rates), theta.dtype)
        if program is not None:
            order = device.asarray(np.arange(n)) if order is None else order
            keys = self.keys(device, progress, n_steps)
            X = rows.X.matrix if isinstance(rows.X, SparseRows) else rows.X
            total, norm = program(
                theta, self.program_state(device, progress), X, rows.T, rows.weight, order, lr, size, *keys
            )
            progress.step += n_steps
        else:
            total, norm = self.steps(device, objective, progress, rows, order, lr)
        finite = xp.astype(xp.all(xp.isfinite(theta), axis=-1), theta.dtype)
        found = [device.asarray(x, theta.dtype) for x in (total / n, norm, finite)]
        cost, norm, finite = device.to_host(xp.stack(found))
        progress.epoch += 1
        progress.history.evaluations += n_steps
        whole = bool(np.all(finite == 1) and np.all(np.isfinite(cost)))
        return cost if cost.ndim else float(cost), norm if norm.ndim else float(norm), rates[-1], whole

    def program(self, device: Device, objective: Objective, progress: Progress, rows: Rows) -> tuple[Any, str]:
        """The epoch as one function, if that goes and pays (else None), and the history's word for it.

        Its results are compared with those of the arrays first, unless an earlier run did so with a program of the same
        formulas and dtypes.
        """
        theta, n = progress.theta, len(rows)
        if self.compiled is False:
            if device.precision != "float32":
                raise ValueError(
                    f"precision={device.precision!r} is for steps that are compiled, and these are not: "
                    "compiled=False. Use precision='float32'."
                )
            return None, "arrays: as asked"
        n_steps = self.max_epochs * -(-n // min(self.batch_size, n))
        n_members = theta.shape[0] if theta.ndim > 1 else 1
        gain = n_members * (100e-6 + 3e-9 * theta.shape[-1])
        compiler = policy.compiler(device)
        is_long = gain * (progress.history.evaluations + n_steps) >= compiler.seconds
        if self.compiled is None and not (is_long and gain * n_steps >= compiler.again_seconds):
            return None, "arrays: too short a training to compile for"
        dropout = self._dropout(device, theta, progress.step)
        X = rows.X.matrix if isinstance(rows.X, SparseRows) else rows.X
        state = self.program_state(device, progress)
        method = self.method if self.average is None else Averaged(self.method, self.average)
        program, path = compiler.epoch(objective, method, theta, state, X, dropout, self.clip_norm, self.max_norm)
        if program is None:
            return None, path
        index_dtype = X.indices.dtype if isinstance(rows.X, SparseRows) else None
        limits = f"{self.clip_norm} {self.max_norm}"
        described = f"{path}: {objective} {method} {self.dropout} {limits} {theta.dtype} {X.dtype} {index_dtype}"
        if described != progress.verified:
            why_not = agreement.of_steps(self, device, objective, progress, rows, program)
            if why_not:
                return None, f"arrays: {why_not}"
            progress.verified = described
        return program, path

    def program_state(self, device: Device, progress: Progress) -> Any:
        """The state that compiled steps change: that of the method, with averaging also the average and the steps."""
        if self.average is None:
            return progress.method_state
        xp, step = device.xp, progress.step
        return Averaged(self.method, self.average).state(
            progress.method_state, progress.average, xp.astype(step, progress.theta.dtype)
        )

    def align(self, device: Device, program: Any, progress: Progress) -> None:
        """Put theta, the method's state and the average where the program wants them."""
        progress.theta, state = program.align(progress.theta, self.program_state(device, progress))
        if self.average is not None:
            *state, progress.average, _ = state
        progress.method_state = type(progress.method_state)(*state)

    def keys(self, device: Device, progress: Progress, n_steps: int) -> list[Array]:
        """The keys of the dropout masks of ``n_steps`` compiled steps; empty without dropout."""
        dropout = self._dropout(device, progress.theta, progress.step)
        return [] if dropout is None else [dropout.keys(device.xp, n_steps)]

    def steps(
        self, device: Device, objective: Objective, progress: Progress, rows: Rows, order: Array | None, lr: Array
    ) -> tuple[Array, Array]:
        """The steps of an epoch, one by one: sum over rows of their batch's cost, and norm of the last gradient."""
        xp, theta = device.xp, progress.theta
        dropout = self._dropout(device, theta, progress.step)
        n, size = len(rows), min(self.batch_size, len(rows))
        n_steps = -(-n // size)
        total = xp.zeros_like(theta[..., 0])
        with device.steady(size * objective.network.row_product) as give_way:
            batches = rows.batches(xp, order, size, theta.dtype, device.block_elements)
            for i, (X, T, weight) in enumerate(batches):
                give_way()
                progress.step += 1
                f, g = objective.value_and_gradient(xp, theta, X, T, weight, dropout)
                if i == n_steps - 1:
                    g_norm = xp.linalg.vector_norm(g, axis=-1)
                if self.clip_norm is not None:
                    clip_norm(xp, g, self.clip_norm)
                self.method.update(xp, theta, g, progress.method_state, lr[i : i + 1])
                if self.max_norm is not None:
                    limit_norms(xp, objective.network, theta, self.max_norm)
                if self.average is not None:
                    update_average(xp, progress.average, theta, self.average, xp.astype(progress.step, theta.dtype))
                total = total + f * X.shape[0]
        return total, g_norm

    def _order(self, device: Device, n: int, epoch: int) -> Array | None:
        if not self.shuffle or self.batch_size >= n:
            return None
        return device.asarray(np.random.default_rng([self.seed, SHUFFLE, epoch]).permutation(n))

    def _dropout(self, device: Device, theta: Array, step: Array) -> Dropout | None:
        if not any(self.dropout):
            return None
        seeds = np.random.default_rng([self.seed, DROPOUT]).integers(0, 2**32, (*theta.shape[:-1], 1), np.uint32)
        return Dropout(self.dropout, device.asarray(seeds), step)
