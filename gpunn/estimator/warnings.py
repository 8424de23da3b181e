"""Warnings of a training: of a batch size before it, and at its end."""

from __future__ import annotations

import math

from sklearn.exceptions import ConvergenceWarning

from gpunn.caller import warn
from gpunn.config import registry
from gpunn.config.parameters import Parameters
from gpunn.training.divergence import DivergenceWarning
from gpunn.training.history import History
from gpunn.training.micro_batches import SAID


def warn_of_batch_size(clf: Parameters, n_rows: int) -> None:
    """Say that a minibatch cannot have more rows than there are to train on."""
    size = clf.batch_size
    if not registry.is_full_batch(clf.solver) and not isinstance(size, str) and size > n_rows:
        warn(
            f"batch_size={size} is larger than the {n_rows} training rows: it is going to be clipped to them.",
            UserWarning,
        )


def warn_of_divergence(clf: Parameters, history: History, advice: str, halvings: int) -> None:
    """Say that training diverged, or how often it recovered.

    Parameters
    ----------
    advice : str
        Advice against divergence.
    halvings : int
        Number of times that the learning rate was halved.
    """
    if halvings and not history.divergence:
        times = f"{halvings} times" if halvings > 1 else "once"
        warn(
            f"Training diverged {times} and went on with half the learning rate each time: see history_.notes. Divide "
            f"learning_rate_init={clf.learning_rate_init} by {2**halvings}.",
            DivergenceWarning,
        )
    if history.divergence:
        warn(divergence(clf, history, advice), DivergenceWarning)


def warn_of_end(clf: Parameters, history: History) -> None:
    """Say what ended a training that nobody wanted to end so.

    With early stopping and ``n_iter_no_change=inf`` the best of all epochs is what was asked for.
    """
    if history.stopped == "max_iter" and clf.early_stopping and clf.n_iter_no_change == math.inf:
        return
    if history.stopped in ("max_iter", "max_evaluations", "time_limit"):
        name = {"max_iter": "max_iter", "max_evaluations": "max_fun", "time_limit": "time_limit"}[history.stopped]
        limit = f"{name}={getattr(clf, name)}"
        warn(
            f"Maximum iterations ({limit}) reached and the optimization hasn't converged yet. Raise it to go on."
            if history.stopped != "time_limit"
            else f"The time limit ({limit} seconds) was reached and the optimization hasn't converged yet.",
            ConvergenceWarning,
        )
    elif history.stopped == "interrupted":
        warn("Training interrupted by user: the model so far was kept.", UserWarning)


def warn_of_path(clf: Parameters, history: History) -> None:
    """Say that steps were not compiled though that was asked for."""
    if clf.compile is True and history.path.startswith("arrays"):
        warn(
            f"compile=True was asked for, but the steps were not compiled ({history.path}). Set compile='auto' to "
            "compile where that is possible.",
            RuntimeWarning,
        )


def warn_of_memory(history: History) -> None:
    """Say that memory ran out for whole batches."""
    if SAID in history.path:
        warn(
            f"Memory did not suffice for whole batches: steps were computed in micro-batches, whose gradients add up "
            f"to those of the batches ({history.path}). A smaller batch_size, a smaller network or dtype='float32' "
            "needs less.",
            RuntimeWarning,
        )


def divergence(clf: Parameters, history: History, advice: str) -> str:
    """Message on the divergence of a training: what happened, what was kept, and what to do."""
    kept = "The weights that it started from were kept. "
    if history.best is not None:
        kept = f"The state of iteration {history.best + 1} was kept. "
    if clf.on_divergence == "raise":
        kept = ""
    if not registry.is_full_batch(clf.solver):
        advice += f" Lower learning_rate_init={clf.learning_rate_init}, or set clip_norm."
        if clf.on_divergence != "recover":
            advice += " on_divergence='recover' halves the rate and goes on."
    return f"Training diverged in iteration {history.n_iter}: {history.divergence}. {kept}{advice.strip()}"
