"""Minimisation of a deterministic function: a direction, a line search, and one loop that says why it stopped."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from gpunn.optim.directions import Direction
from gpunn.optim.line_search import Trial, strong_wolfe

Array = Any
Namespace = Any
Function = Callable[[Array], tuple[Array, Array]]

# Why a minimisation stopped; `Minimum.converged` is True for the first two.
REASONS = {
    "gradient": "the largest component of the gradient is at most gtol",
    "decrease": "the last step lowered the function by no more than ftol, relatively",
    "max_iter": "the limit on iterations was reached",
    "max_evaluations": "the limit on evaluations of the function was reached",
    "line_search": "no lower point was found along the steepest descent: the function is flat to rounding",
    "not_finite": "the function or its gradient is not a finite number",
    "callback": "the callback asked to stop",
}


class Iterate(NamedTuple):
    """What a callback sees after every iteration."""

    n_iter: int
    n_evaluations: int
    theta: Array
    value: float
    g_norm: float
    step: float


class Resume(NamedTuple):
    """What a minimisation has learned, to go on from: the direction's state, gradient (P,), and the last search."""

    state: Any
    g: Array
    last: tuple[float, float] | None  # step length, and slope at its start


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended. ``reason`` is a key of `REASONS`."""

    theta: Array
    value: float
    g: Array
    n_iter: int
    n_evaluations: int
    reason: str
    resume: Resume

    @property
    def converged(self) -> bool:
        return self.reason in ("gradient", "decrease")


def minimise(
    xp: Namespace,
    function: Function,
    theta: Array,
    method: Direction,
    to_floats: Callable[..., list[float]],
    *,
    max_iter: int = 200,
    max_evaluations: int = 15_000,
    gtol: float = 1e-5,
    ftol: float = 2.2e-9,
    search: Callable[..., Trial | None] = strong_wolfe,
    callback: Callable[[Iterate], bool | None] | None = None,
    resume: Resume | None = None,
) -> Minimum:
    """Minimise a function from theta (P,), which is left as it is.

    Parameters
    ----------
    function : callable
        theta -> (f, g), f an array of shape () and g of shape (P,).
    method : Direction
    to_floats : callable
        Brings arrays of shape () to the host as Python floats, all in one transfer.
    max_iter, max_evaluations : int
        Limits; the second is looked at after every iteration.
    gtol : float
        Stop when no component of g is greater, in size.
    ftol : float
        Stop when f falls by no more than ftol times the largest of its old value, its new one (in size), and 1.
    search : callable
        With the signature of `strong_wolfe`.
    callback : callable, optional
        Called after every iteration; True stops.
    resume : Resume, optional
        Of an earlier minimisation. It is gone on with if the gradient at theta is the one that it ended with.

    Returns
    -------
    Minimum
        The best point found. Never raises for what the function does: see its ``reason``.
    """
    f, g = function(theta)
    value, g_max, g_norm = to_floats(f, xp.max(xp.abs(g)), xp.linalg.vector_norm(g))
    n_iter, n_evaluations = 0, 1
    state: Any = method.start(xp, theta)
    fresh = True  # the next direction is the steepest descent
    last = None  # step length and slope of the last search
    if resume is not None and resume.last is not None and bool(xp.all(g == resume.g)):
        state, last, fresh, g = resume.state, resume.last, False, resume.g  # the same numbers, which states may know

    def ended(reason: str) -> Minimum:
        return Minimum(theta, value, g, n_iter, n_evaluations, reason, Resume(state, g, None if fresh else last))

    while True:
        if not (math.isfinite(value) and math.isfinite(g_norm)):
            return ended("not_finite")
        if g_max <= gtol:
            return ended("gradient")
        if n_iter >= max_iter:
            return ended("max_iter")
        if n_evaluations >= max_evaluations:
            return ended("max_evaluations")

        p = method.direction(xp, state, g)
        (slope,) = to_floats(xp.vecdot(g, p))
        if not slope < 0:  # not a descent: begin again from the steepest one
            state, fresh, p, slope = method.start(xp, theta), True, -g, -g_norm * g_norm
            if slope == 0:  # the squares are below the smallest number
                return ended("line_search")

        def phi(alpha: float, theta: Array = theta, p: Array = p) -> Trial:
            nonlocal n_evaluations
            n_evaluations += 1
            there = theta + alpha * p
            f, g = function(there)
            value, slope = to_floats(f, xp.vecdot(g, p))
            return Trial(alpha, value, slope, there, g)

        if fresh or last is None:
            alpha = min(1.0, 1 / g_norm) if method.unit_step else 1 / g_norm
        elif method.unit_step:
            alpha = 1.0
        else:
            alpha = last[0] * last[1] / slope  # the same first-order change as last time, section 3.5
        trial = search(phi, Trial(0.0, value, slope, theta, g), alpha, c2=method.c2)
        if trial is None:
            if fresh:
                return ended("line_search")
            state, fresh = method.start(xp, theta), True
            continue

        last, fresh = (trial.alpha, slope), False
        y = trial.g - g
        old, theta, g, value = value, trial.theta, trial.g, trial.value
        sy, g_max, g_norm = to_floats(xp.vecdot(p, y), xp.max(xp.abs(g)), xp.linalg.vector_norm(g))
        n_iter += 1
        if sy > 0:  # always so under the Wolfe conditions; a search that ran out of evaluations may miss it
            state = method.update(xp, state, p, trial.alpha * p, y, g)
        if callback is not None and callback(Iterate(n_iter, n_evaluations, theta, value, g_norm, trial.alpha)):
            return ended("callback")
        if g_max > gtol and old - value <= ftol * max(abs(old), abs(value), 1.0):
            return ended("decrease")
