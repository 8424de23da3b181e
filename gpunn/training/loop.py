"""The training loop: one driver for minibatches and full batch, from state to state.

An algorithm makes a step, an epoch or an iteration; the driver keeps the history, evaluates the validation rows, stops,
keeps the best state, and deals with divergence and interrupts. What wants to look is a monitor.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from gpunn.compile import policy
from gpunn.devices import Device
from gpunn.devices.ranks import Ranks
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows
from gpunn.training.divergence import Stability
from gpunn.training.profile import Stopwatch
from gpunn.training.state import Run, TrainingState
from gpunn.training.stopping import Validation
from gpunn.typing import Array, Namespace


class Entry(NamedTuple):
    """Entry of a step in the history; of members, cost and gradient norm are the means over them."""

    cost: float
    gradient_norm: float
    learning_rate: float
    finite: bool = True  # cost and theta


Step = Callable[[TrainingState], Entry | None]  # None where no epoch or iteration was completed


class Monitor(Protocol):
    """Function that is called with the state after every step."""

    def __call__(self, state: TrainingState) -> str:
        """Look at the state after an epoch or iteration; a string, "callback" say, stops training and says why.

        The state is that of the training, not a copy.
        """


OF_ONE_KIND = "Results depend on processor and libraries: use machines of one kind, with the same versions."


class Algorithm(Protocol):
    """Interface of minibatch and full-batch training, as the loop uses it."""

    @property
    def descends(self) -> bool:
        """True if the cost is that of the theta after the step, never rises, and needs nobody to tell when to stop.

        Divergence is then looked for at the end, and plateaus in validation scores only.
        """

    @property
    def compiled(self) -> bool | None:
        """Compile where the device can; None does so where it pays."""

    @property
    def most_iterations(self) -> int:
        """Epochs or iterations of a run at most."""

    @property
    def ranks(self) -> Ranks:
        """Processes that train together; rank 0 decides when to stop."""

    def step_rows(self, rows: Rows) -> int:
        """Rows a step, among which a penalty is divided."""

    def epoch_rows(self, rows: Rows) -> int:
        """Rows that an epoch or iteration has of each network."""

    def prepare(
        self, device: Device, objective: Objective, state: TrainingState, rows: Rows, stopwatch: Stopwatch
    ) -> tuple[Step, str]:
        """The step as a function that changes a state, and how it is computed (`History.path`)."""

    def finished(self, state: TrainingState) -> str:
        """Why no step is to follow, a value of `History.stopped`; "" if one is."""

    def divergence(self, state: TrainingState, stability: Stability, entry: Entry | None) -> str:
        """Description of what went wrong in a step; "" if nothing did."""

    def recover(self, state: TrainingState, stability: Stability) -> bool:
        """Go on from an earlier state after divergence, if that is wanted and possible."""

    def restart(self, xp: Namespace, state: TrainingState, theta: Array) -> None:
        """Put theta (..., P), and the method's state of a start, in the place of what there is."""

    def exhausted(self, state: TrainingState) -> bool:
        """True if a plateau ends training."""

    def in_cycle(self, state: TrainingState) -> bool:
        """True if plateaus do not count, since a cycle of the learning rate goes on."""


class Training:
    """A run of an algorithm, from its first step to its last.

    Its steps are made by `run`, or side by side with those of others (`gpunn.training.side_by_side`).

    Parameters
    ----------
    algorithm : Algorithm
    state : TrainingState
        Changed. A run that it is in the midst of goes on; else one begins. At the end, with early stopping its theta is
        the one of the best score, else with averaging the mean, and after divergence one of lower cost, with the
        method's state as at the start.
    rows : Rows
    validation : Validation, optional
    monitors : sequence of Monitor
        Called in this order after every epoch or iteration; the first that stops is named, and those after it find
        the reason in the history.
    judged : bool, default True
        Whether this is the end of a training, at which its network is judged.
    stopwatch : Stopwatch, optional
        Takes the time of compiling, steps and evaluation.
    on_start : callable, optional
        Called with the state before the first step.
    on_interrupt : callable, optional
        Called first of all after a KeyboardInterrupt in `run`, which may have left the state in the midst of a step.

    Attributes
    ----------
    step : callable
        (state) -> `Entry`, or None where no epoch or iteration was completed.
    over : bool
        True if no step is to follow.
    n_evaluations, n_iter : int
        Steps, and epochs or iterations, that the history had before.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        device: Device,
        objective: Objective,
        state: TrainingState,
        rows: Rows,
        validation: Validation | None = None,
        monitors: Sequence[Monitor] = (),
        judged: bool = True,
        stopwatch: Stopwatch | None = None,
        on_start: Callable[[TrainingState], object] | None = None,
        on_interrupt: Callable[[], None] | None = None,
    ) -> None:
        self.algorithm, self.device, self.objective = algorithm, device, objective
        self.state, self.rows, self.validation, self.monitors, self.judged = state, rows, validation, monitors, judged
        self.on_interrupt = on_interrupt
        self.stopwatch = stopwatch = Stopwatch() if stopwatch is None else stopwatch
        with device.use():
            self.current = current = state.begin(device)
        if on_start is not None:
            on_start(state)
        stopwatch.lap("rest")
        history = state.history
        self.n_evaluations, self.n_iter = history.evaluations, history.n_iter
        self.began = time.perf_counter() - (history.seconds[-1] if history.seconds else 0.0)
        with device.use():
            self.step, history.path = algorithm.prepare(device, objective, state, rows, stopwatch)
            if validation is not None:
                n_members = state.theta.shape[0] if state.theta.ndim > 1 else 1
                pays = validation.pays_to_compile(device, objective.network, n_members, algorithm.most_iterations)
                compiled = pays if algorithm.compiled is None else algorithm.compiled
                self.validation = replace(validation, compiled=compiled)
                if compiled:
                    policy.compiler(device).prediction(objective.network, state.theta.dtype)
        stopwatch.lap("compiling")
        self.chunk = device.chunk_elements
        self.stability = Stability(device, objective, rows, current.visited, algorithm.step_rows(rows))
        with device.use():
            history.stopped = history.stopped or current.ends or algorithm.finished(state)
        self.over = bool(history.stopped)

    def take(self, entry: Entry | None) -> None:
        """Take in what a step gave: keep the history, evaluate, look for divergence, and see whether to stop."""
        algorithm, state, validation, stopwatch = self.algorithm, self.state, self.validation, self.stopwatch
        history = state.history
        stopwatch.lap("steps")
        with self.device.use():
            if algorithm.ranks.size > 1:
                algorithm.ranks.check_same(
                    weights_digest(self.device, state), "the weights after an epoch", OF_ONE_KIND
                )
            if entry is not None:
                _record(self.device, self.objective, state, entry, validation, self.began, algorithm.ranks)
                stopwatch.lap("rest" if validation is None else "evaluation")
            diverged = algorithm.ranks.broadcast(algorithm.divergence(state, self.stability, entry))
            history.divergence = diverged
            if diverged and not algorithm.recover(state, self.stability):
                self.over = True
                return
            if entry is not None:
                if not diverged:
                    _assess(algorithm, self.device.xp, state, self.current, entry, validation)
                stopwatch.lap("rest")
                for monitor in self.monitors:
                    reason = monitor(state)
                    history.stopped = history.stopped or reason
                history.stopped = algorithm.ranks.broadcast(history.stopped)
                stopwatch.lap("evaluation")
            history.stopped = history.stopped or self.current.ends or algorithm.finished(state)
            self.over = bool(history.stopped)

    def run(self) -> None:
        """Make steps until there is a reason to stop; the history says which."""
        try:
            while not self.over:
                self.stopwatch.lap("rest")
                with self.device.use():
                    entry = self.step(self.state)
                self.take(entry)
        except KeyboardInterrupt:
            if self.algorithm.ranks.size > 1:  # the others are at other points, or wait for this one
                if self.on_interrupt is not None:
                    self.on_interrupt()
                raise
            # Between any two operations of an update theta is a point on the way: the model so far.
            self.state.history.stopped = "interrupted"
            if self.on_interrupt is not None:
                self.on_interrupt()

    def conclude(self) -> TrainingState:
        """End the run, and give the state.

        Raises
        ------
        ValueError
            If training diverged from a start whose cost is not finite.
        """
        device, state = self.device, self.state
        early = self.validation is not None and self.validation.early_stopping
        with device.use():
            _conclude(self.algorithm, state, self.stability, early, self.judged)
        if device.chunk_elements < self.chunk:
            n_rows = max(1, device.chunk_elements // max(self.objective.network.sizes))
            state.history.notes.append(
                f"Memory ran out where rows were evaluated, which went on with {n_rows} rows at a time."
            )
        state.run = None
        return state


def run(
    algorithm: Algorithm,
    device: Device,
    objective: Objective,
    state: TrainingState,
    rows: Rows,
    validation: Validation | None = None,
    monitors: Sequence[Monitor] = (),
    judged: bool = True,
    on_start: Callable[[TrainingState], object] | None = None,
) -> TrainingState:
    """A `Training` from its start to its end."""
    training = Training(algorithm, device, objective, state, rows, validation, monitors, judged, on_start=on_start)
    training.run()
    return training.conclude()


def weights_digest(device: Device, state: TrainingState) -> str:
    """Digest of the weights of a training in progress, and of how far it has come."""
    theta = np.asarray(device.to_host(state.theta))
    return f"{state.epoch} {state.history.n_iter} {hashlib.sha256(theta.tobytes()).hexdigest()}"


def _record(
    device: Device,
    objective: Objective,
    state: TrainingState,
    entry: Entry,
    validation: Validation | None,
    began: float,
    ranks: Ranks,
) -> None:
    """Add an entry to the history, with cost and score of the validation rows."""
    found = None
    if validation is not None:
        found = validation.evaluate(device, objective, state.evaluated) if entry.finite else (float("nan"),) * 2
        found = ranks.broadcast(found)
    seconds = time.perf_counter() - began
    state.history.add(entry.cost, entry.gradient_norm, entry.learning_rate, seconds, found)


def _assess(
    algorithm: Algorithm, xp: Namespace, state: TrainingState, current: Run, entry: Entry, validation: Validation | None
) -> None:
    """Note what a sound step has come to: the states to go back to, the best one, and plateaus."""
    history, number = state.history, state.history.n_iter - 1
    early = validation is not None and validation.early_stopping
    value = -history.validation_score[-1] if early else entry.cost
    if early:
        state.best.offer(value, state.evaluated, number)
    if not algorithm.descends:
        current.visited.take(xp, entry.cost, state.evaluated, number)
    if (early or not algorithm.descends) and state.patience.plateau(value, algorithm.in_cycle(state)):
        if algorithm.exhausted(state):
            current.ends = "validation" if early else "tol"
        else:
            state.n_plateaus += 1


def _conclude(algorithm: Algorithm, state: TrainingState, stability: Stability, early: bool, judged: bool) -> None:
    """Put the theta that is kept in the place of the last one."""
    xp, history, best = stability.device.xp, state.history, state.best
    by_score = (best.theta, best.entry) if early and best.entry is not None else None
    kept = by_score[0] if by_score else state.evaluated
    if algorithm.descends and history.n_iter:
        stability.visited.take(xp, history.cost[-1], kept, history.n_iter - 1)
    if judged and not history.divergence:
        history.divergence = algorithm.ranks.broadcast(stability.verdict(kept))
    if history.divergence:
        history.stopped = history.stopped if history.stopped == "interrupted" else "diverged"
        theta, history.best = stability.retreat(by_score)
        algorithm.restart(xp, state, theta)
        history.fill_scores()
    elif kept is not state.theta:
        state.latest, state.theta = state.theta, xp.asarray(kept, copy=True)
        history.best = by_score[1] if by_score else None
