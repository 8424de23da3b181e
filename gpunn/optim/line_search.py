"""A line search for the strong Wolfe conditions: Nocedal & Wright 2006, algorithms 3.5 and 3.6::

    f(theta + alpha p) <= f + c1 alpha g^T p          (3.7a, sufficient decrease)
    |g(theta + alpha p)^T p| <= c2 |g^T p|            (3.7b, curvature)

The search works on host numbers: each trial costs one evaluation and brings back two scalars. What else a trial
made, its theta and gradient, it carries along, so that nothing is computed again at the step that is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from gpunn.typing import Array


class Trial(NamedTuple):
    """One evaluation along the line: phi(alpha) and phi'(alpha), with the theta and gradient found there."""

    alpha: float
    value: float
    slope: float
    theta: Array
    g: Array


def strong_wolfe(
    phi: Callable[[float], Trial],
    start: Trial,
    alpha: float,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_evaluations: int = 30,
) -> Trial | None:
    """Find a step that satisfies the strong Wolfe conditions.

    Parameters
    ----------
    phi : callable
        Evaluates the function at a step length.
    start : Trial
        The point at alpha = 0; its slope must be negative.
    alpha : float
        First step length to try.
    c1, c2 : float
        0 < c1 < c2 < 1.
    max_evaluations : int
        Bound on the calls of ``phi``.

    Returns
    -------
    Trial or None
        The step found. Where the evaluations run out first, the lowest point seen if it satisfies (3.7a);
        None if there is none.
    """
    evaluations = 0

    def enough(trial: Trial) -> bool:
        # Written so that a value that is not a number counts as too high.
        return trial.value <= start.value + c1 * trial.alpha * start.slope

    def evaluate(alpha: float) -> Trial:
        nonlocal evaluations
        evaluations += 1
        return phi(alpha)

    def zoom(low: Trial, high: Trial) -> Trial | None:  # algorithm 3.6
        while evaluations < max_evaluations:
            trial = evaluate(_between(low, high))
            # Near a minimum values are equal to rounding long before slopes are: then the flatter point is the lower.
            higher = trial.value >= low.value if trial.value != low.value else not abs(trial.slope) < abs(low.slope)
            if higher or not enough(trial):
                high = trial
            else:
                if abs(trial.slope) <= -c2 * start.slope:
                    return trial
                if trial.slope * (high.alpha - low.alpha) >= 0:
                    high = low
                low = trial
            if abs(high.alpha - low.alpha) <= 1e-10 * max(high.alpha, low.alpha):
                break
        return low if low.alpha > 0 else None

    previous = start
    while evaluations < max_evaluations:  # algorithm 3.5
        trial = evaluate(alpha)
        if not enough(trial) or (previous.alpha > 0 and trial.value >= previous.value):
            return zoom(previous, trial)
        if abs(trial.slope) <= -c2 * start.slope:
            return trial
        if trial.slope >= 0:
            return zoom(trial, previous)
        # Still falling steeply: go on to the minimum of the cubic, if it has one, at most ten times as far.
        guess = _cubic_minimum(previous, trial)
        alpha, previous = min(10 * alpha, max(1.1 * alpha, guess) if guess > alpha else 2 * alpha), trial
    return previous if previous.alpha > 0 else None


def _cubic_minimum(a: Trial, b: Trial) -> float:
    """Minimiser of the cubic through values and slopes of two trials, equation 3.59; not finite where there is none."""
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.alpha - b.alpha)
    radicand = d1 * d1 - a.slope * b.slope
    if radicand < 0:
        return math.nan
    d2 = math.copysign(math.sqrt(radicand), b.alpha - a.alpha)
    denominator = b.slope - a.slope + 2 * d2
    if denominator == 0:
        return math.nan
    return b.alpha - (b.alpha - a.alpha) * (b.slope + d2 - d1) / denominator


def _between(low: Trial, high: Trial) -> float:
    """A step inside the bracket: the cubic's minimum, or the middle where that is too close to an end."""
    left, right = sorted((low.alpha, high.alpha))
    guess = _cubic_minimum(low, high)
    margin = 0.1 * (right - left)
    if left + margin <= guess <= right - margin:
        return guess
    return (left + right) / 2
