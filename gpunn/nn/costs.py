"""Cost functions of the outputs of a network.

Each cost maps outputs a (..., n, k) and targets T (n, k) to one number a row, the sum over the outputs, shape
(..., n); ``derivative`` is its gradient by a, shape (..., n, k). Costs are never negative. A cost that takes a
logarithm floors its argument at the smallest normal number of the dtype, so that a saturated output has a
finite cost. For training, `gpunn.nn.heads` joins a cost with an output activation in a form that needs no floor.

A cost says which output activations it has a meaning for: ``refusal(activation)`` is None or the reason.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from gpunn.nn.activations import Activation, Softmax
from gpunn.typing import Array, Namespace


def _floored(xp: Namespace, a: Array) -> Array:
    return xp.maximum(a, xp.finfo(a.dtype).smallest_normal)


class Cost(ABC):
    """Interface of a cost; see the head of this file."""

    @abstractmethod
    def value(self, xp: Namespace, a: Array, T: Array) -> Array:
        """The cost of each row, (..., n)."""

    @abstractmethod
    def derivative(self, xp: Namespace, a: Array, T: Array) -> Array:
        """Its gradient by a, (..., n, k)."""

    def refusal(self, activation: Activation) -> str | None:
        """Why the cost has no meaning for outputs of an activation; None if it has one."""
        return None


@dataclass(frozen=True)
class Quadratic(Cost):
    """1/2 sum_j (a_j - T_j)^2. It has a meaning for every output."""

    def value(self, xp: Namespace, a: Array, T: Array) -> Array:
        return xp.sum((a - T) ** 2, axis=-1) / 2

    def derivative(self, xp: Namespace, a: Array, T: Array) -> Array:
        return a - T


@dataclass(frozen=True)
class CrossEntropy(Cost):
    """- sum_j [T_j log a_j + (1 - T_j) log(1 - a_j)], each output a yes-or-no question of its own."""

    def value(self, xp: Namespace, a: Array, T: Array) -> Array:
        # below 1/2 it is 1 - a that rounds, above it is exact
        small = xp.log1p(-xp.minimum(a, 0.5))
        log_rest = xp.where(a < 0.5, small, xp.log(_floored(xp, 1 - a)))
        return -xp.sum(T * xp.log(_floored(xp, a)) + (1 - T) * log_rest, axis=-1)

    def derivative(self, xp: Namespace, a: Array, T: Array) -> Array:
        return (1 - T) / _floored(xp, 1 - a) - T / _floored(xp, a)

    def refusal(self, activation: Activation) -> str | None:
        if activation.low < 0 or activation.high > 1:
            return "cross_entropy takes logarithms of a and 1 - a, so every output must lie in (0, 1)"
        return None


@dataclass(frozen=True)
class LogLikelihood(Cost):
    """- sum_j T_j log a_j, minus the log of the probability given to the class."""

    def value(self, xp: Namespace, a: Array, T: Array) -> Array:
        return -xp.sum(T * xp.log(_floored(xp, a)), axis=-1)

    def derivative(self, xp: Namespace, a: Array, T: Array) -> Array:
        return -T / _floored(xp, a)

    def refusal(self, activation: Activation) -> str | None:
        if not isinstance(activation, Softmax):
            return (
                "log_likelihood looks at the output of the true class alone, so the outputs must be a "
                "distribution, or all of them would just grow"
            )
        return None


COSTS: dict[str, type[Cost]] = {
    "quadratic": Quadratic,
    "cross_entropy": CrossEntropy,
    "log_likelihood": LogLikelihood,
}
