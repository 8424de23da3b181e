"""Minimisation of a deterministic function: a direction, a line search, and the reason why it stopped.

A minimisation is a value between two iterations (`Minimisation`), which `Minimiser.step` takes to the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from gpunn.optim.directions import Direction
from gpunn.optim.line_search import Trial, strong_wolfe
from gpunn.typing import Array, Namespace

Function = Callable[[Array], tuple[Array, Array]]
ToFloats = Callable[..., list[float]]

# Why a minimisation stopped; `Minimisation.converged` is True for the first two.
REASONS = {
    "gradient": "the largest component of the gradient is at most gtol",
    "decrease": "the last step lowered the function by no more than ftol, relatively",
    "max_iter": "the limit on iterations was reached",
    "max_evaluations": "the limit on evaluations of the function was reached",
    "line_search": "no lower point was found along the steepest descent: the function is flat to rounding",
    "not_finite": "the function or its gradient is not a finite number",
    "callback": "the callback asked to stop",
}


class Minimisation(NamedTuple):
    """A minimisation between two iterations.

    Attributes
    ----------
    theta, g : array (P,)
        The best point found, and the gradient there.
    value, g_max, g_norm : float
        The function at theta; largest component (in size) and Euclidean norm of its gradient.
    n_iter, n_evaluations : int
    direction : tuple or None
        State of the direction.
    fresh : bool
        Whether the next direction is the steepest descent: the direction's state has learned nothing yet.
    step, slope : float
        Length of the last step, and slope at the start of its search; NaN before the first.
    reason : str
        Why it ended, a key of `REASONS`; "" if it goes on.
    """

    theta: Array
    g: Array
    value: float
    g_max: float
    g_norm: float
    n_iter: int
    n_evaluations: int
    direction: Any
    fresh: bool
    step: float
    slope: float
    reason: str = ""

    @property
    def converged(self) -> bool:
        return self.reason in ("gradient", "decrease")

    def to_arrays(self, method: Direction) -> dict[str, Any]:
        """All of it but theta, as arrays, numbers and strings by flat names."""
        own = {name: value for name, value in self._asdict().items() if name not in ("theta", "direction")}
        return own | {f"direction.{name}": part for name, part in method.to_arrays(self.direction, self.g).items()}

    @classmethod
    def from_arrays(
        cls, xp: Namespace, asarray: Callable[[Any], Array], method: Direction, theta: Array, parts: Mapping[str, Any]
    ) -> Self:
        """The inverse of `to_arrays`.

        Parameters
        ----------
        asarray : callable
            Copies a part to an array on the device of theta.
        """
        g = asarray(parts["g"])
        prefix = "direction."
        learned = {name.removeprefix(prefix): part for name, part in parts.items() if name.startswith(prefix)}
        floats = {name: float(parts[name]) for name in ("value", "g_max", "g_norm", "step", "slope")}
        return cls(
            theta,
            g,
            n_iter=int(parts["n_iter"]),
            n_evaluations=int(parts["n_evaluations"]),
            direction=method.from_arrays(xp, asarray, learned, g),
            fresh=bool(parts["fresh"]),
            reason=str(parts["reason"]),
            **floats,
        )


@dataclass(frozen=True)
class Minimiser:
    """Settings of a minimisation; a function maps theta (P,) to f () and g (P,).

    Parameters
    ----------
    method : Direction
    max_iter, max_evaluations : int
        Limits; the second is checked after every iteration.
    gtol : float
        Stop when no component of g is greater, in size.
    ftol : float
        Stop when f falls by no more than ftol times the largest of its old value, its new one (in size), and 1.
    search : callable
        With the signature of `strong_wolfe`.
    """

    method: Direction
    max_iter: int = 200
    max_evaluations: int = 15_000
    gtol: float = 1e-5
    ftol: float = 2.2e-9
    search: Callable[..., Trial | None] = strong_wolfe

    def init(
        self,
        xp: Namespace,
        function: Function,
        theta: Array,
        to_floats: ToFloats,
        earlier: Minimisation | None = None,
    ) -> Minimisation:
        """The state before the first iteration, with the function evaluated at theta (P,), which is left as it is.

        Parameters
        ----------
        to_floats : callable
            Brings arrays of shape () to the host as Python floats, all in one transfer.
        earlier : Minimisation, optional
            An earlier minimisation. Its direction is continued if the gradient at theta is the one it ended with.
        """
        f, g = function(theta)
        value, g_max, g_norm = to_floats(f, xp.max(xp.abs(g)), xp.linalg.vector_norm(g))
        direction: Any = self.method.start(xp, theta)
        fresh, step, slope = True, math.nan, math.nan
        if earlier is not None and not earlier.fresh and bool(xp.all(g == earlier.g)):
            direction, step, slope, fresh = earlier.direction, earlier.step, earlier.slope, False
            g = earlier.g  # the same numbers, which states may know
        return self._judged(Minimisation(theta, g, value, g_max, g_norm, 0, 1, direction, fresh, step, slope))

    def step(self, xp: Namespace, function: Function, at: Minimisation, to_floats: ToFloats) -> Minimisation:
        """One iteration: a direction, a search along it, and an update of the state of the direction.

        ``at`` must not have ended. Arrays of its direction's state may be changed in place. Where no lower point is
        found, the result has the same ``n_iter``, and a reason.
        """
        method, theta, g, n_evaluations = self.method, at.theta, at.g, at.n_evaluations
        direction, fresh, last_step, last_slope = at.direction, at.fresh, at.step, at.slope

        def ended(reason: str) -> Minimisation:
            return at._replace(n_evaluations=n_evaluations, direction=direction, fresh=fresh, reason=reason)

        while True:
            p = method.direction(xp, direction, g)
            (slope,) = to_floats(xp.vecdot(g, p))
            if not slope < 0:  # not a descent: begin again from the steepest one
                direction, fresh, p, slope = method.start(xp, theta), True, -g, -at.g_norm * at.g_norm
                if slope == 0:  # the squares are below the smallest number
                    return ended("line_search")

            def phi(alpha: float, p: Array = p) -> Trial:
                nonlocal n_evaluations
                n_evaluations += 1
                there = theta + alpha * p
                f, g = function(there)
                value, slope = to_floats(f, xp.vecdot(g, p))
                return Trial(alpha, value, slope, there, g)

            if fresh:
                alpha = min(1.0, 1 / at.g_norm) if method.unit_step else 1 / at.g_norm
            elif method.unit_step:
                alpha = 1.0
            else:
                alpha = last_step * last_slope / slope  # the same first-order change as last time, section 3.5
            trial = self.search(phi, Trial(0.0, at.value, slope, theta, g), alpha, c2=method.c2)
            if trial is not None:
                break
            if fresh:
                return ended("line_search")
            direction, fresh = method.start(xp, theta), True
            if n_evaluations >= self.max_evaluations:
                return ended("max_evaluations")

        y = trial.g - g
        sy, g_max, g_norm = to_floats(xp.vecdot(p, y), xp.max(xp.abs(trial.g)), xp.linalg.vector_norm(trial.g))
        if sy > 0:  # always so under the Wolfe conditions; a search that ran out of evaluations may miss it
            direction = method.update(xp, direction, p, trial.alpha * p, y, trial.g)
        found = Minimisation(
            trial.theta,
            trial.g,
            trial.value,
            g_max,
            g_norm,
            at.n_iter + 1,
            n_evaluations,
            direction,
            False,
            trial.alpha,
            slope,
        )
        if g_max > self.gtol and at.value - found.value <= self.ftol * max(abs(at.value), abs(found.value), 1.0):
            return found._replace(reason="decrease")
        return self._judged(found)

    def _judged(self, at: Minimisation) -> Minimisation:
        """The same with the reason why it has ended, if it has."""
        reason = ""
        if not (math.isfinite(at.value) and math.isfinite(at.g_norm)):
            reason = "not_finite"
        elif at.g_max <= self.gtol:
            reason = "gradient"
        elif at.n_iter >= self.max_iter:
            reason = "max_iter"
        elif at.n_evaluations >= self.max_evaluations:
            reason = "max_evaluations"
        return at._replace(reason=reason)


def minimise(
    xp: Namespace,
    function: Function,
    theta: Array,
    minimiser: Minimiser,
    to_floats: ToFloats,
    callback: Callable[[Minimisation], bool | None] | None = None,
) -> Minimisation:
    """Minimise a function from theta (P,), which is left as it is.

    Parameters
    ----------
    function, to_floats
        As in `Minimiser.init`.
    callback : callable, optional
        Called after every iteration; True stops.

    Returns
    -------
    Minimisation
        The best point found. Never raises for what the function does: see its ``reason``.
    """
    at = minimiser.init(xp, function, theta, to_floats)
    while not at.reason:
        before, at = at, minimiser.step(xp, function, at, to_floats)
        if callback is not None and at.n_iter > before.n_iter and callback(at):
            return at._replace(reason="callback")
    return at
