"""The result of a training: the parameters that are kept, and facts about the way there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gpunn.training.divergence import cause
from gpunn.training.full_batch import FullBatch
from gpunn.training.history import History
from gpunn.training.loop import Training
from gpunn.training.profile import profile
from gpunn.training.state import TrainingState
from gpunn.training.streamed import StreamedMinibatch
from gpunn.training.summary import summarise
from gpunn.training.temperature import best_temperature, scale_logits
from gpunn.typing import Array


@dataclass(frozen=True)
class Result:
    """The result of a training.

    Attributes
    ----------
    state : TrainingState
        From which training can go on.
    theta : array (..., P)
        The parameters that are kept: those of the state, or with a temperature a copy whose logits are divided by it.
    temperature : float or None
    n_rows : int
        Rows that minibatches had, each counted as often as it was used; 0 for solvers that use all rows.
    advice : str
        Advice against divergence; "" where there was none.
    """

    state: TrainingState
    theta: Array
    temperature: float | None
    n_rows: int
    advice: str

    @property
    def history(self) -> History:
        return self.state.history


def conclude(training: Training, start_cost: float, *, scaled: bool, timed: bool = True) -> Result:
    """End a training, and look at what it came to; a summary and a profile are added to its history.

    Parameters
    ----------
    training : Training
        Without further steps to make.
    start_cost : float
        Cost at its first theta.
    scaled : bool
        Fit a temperature on the validation rows, unless training diverged.
    timed : bool
        False where the time of the steps was that of other trainings too, so that there is no profile.
    """
    device, objective, rows, validation = training.device, training.objective, training.rows, training.validation
    state = training.conclude()
    history, theta = state.history, state.theta
    n_members = 1 if theta.ndim == 1 else theta.shape[0]
    advice = cause(device, objective.network, rows) if history.divergence else ""
    temperature: float | None = None
    if scaled and validation is not None and not history.divergence:
        temperature = best_temperature(device, objective, theta, validation.rows)
        temperature = training.algorithm.ranks.broadcast(temperature)
        with device.use():
            theta = device.xp.asarray(theta, copy=True)
            scale_logits(objective.network, theta, temperature)
    full_batch, epoch_rows = isinstance(training.algorithm, FullBatch), training.algorithm.epoch_rows(rows)
    if timed:
        n_steps, n_epochs = history.evaluations - training.n_evaluations, history.n_iter - training.n_iter
        n_rows = n_steps * epoch_rows if full_batch else n_epochs * epoch_rows * n_members
        history.profile = profile(training.stopwatch, objective.network, n_steps, n_rows, history.path)
    if n_members == 1:
        summary = summarise(device, objective, state.theta, rows, start_cost)
        if summary is not None and isinstance(training.algorithm, StreamedMinibatch):  # of whose rows these are some
            algorithm = training.algorithm
            summary = replace(summary, n_given=algorithm.n_given, n_rows=algorithm.n_rows)
        history.summary = summary
    return Result(state, theta, temperature, 0 if full_batch else history.n_iter * epoch_rows, advice)
