"""The mean of theta over the steps of a method."""

from __future__ import annotations

import functools
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

from gpunn.optim.first_order import FirstOrder, MethodState
from gpunn.typing import Array, Namespace


def update_average(xp: Namespace, average: Array, theta: Array, decay: float, steps: Array) -> None:
    """average <- d average + (1 - d) theta, in place, with d = min(decay, (steps - 1) / steps).

    So it is the plain mean until there are enough steps for an exponential one, and owes nothing to the initial
    weights. Source: Polyak & Juditsky 1992, equation 3; exponential as in Tarvainen & Valpola 2017, equation 2.

    Parameters
    ----------
    average, theta : array (..., P)
    steps : array (1,)
        Number of steps so far, this one included, in the dtype of theta.
    """
    one_less = xp.maximum(1 / steps, xp.full_like(steps, 1 - decay))
    average += one_less * (theta - average)


@dataclass(frozen=True)
class Averaged(FirstOrder):
    """A method whose state also has the mean of theta over its steps.

    The state of the method is followed by ``average`` (..., P) and ``steps`` (1,).
    """

    method: FirstOrder
    decay: float

    def init(self, xp: Namespace, theta: Array) -> MethodState:
        steps = xp.zeros_like(xp.reshape(theta, (-1,))[:1])
        return self.state(self.method.init(xp, theta), xp.asarray(theta, copy=True), steps)

    def state(self, of_method: MethodState, average: Array, steps: Array) -> MethodState:
        """The state made of that of the method and what is beside it."""
        return _state_type(of_method._fields)(*of_method, average, steps)

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        *of_method, average, steps = state
        fields = state._fields[:-2]
        self.method.update(xp, theta, g, _of_method(fields)(*of_method), lr)
        steps += 1
        update_average(xp, average, theta, self.decay, steps)


@functools.cache
def _state_type(fields: tuple[str, ...]) -> Any:
    return namedtuple("AveragedState", (*fields, "average", "steps"))


@functools.cache
def _of_method(fields: tuple[str, ...]) -> Any:
    return namedtuple("MethodState", fields)
