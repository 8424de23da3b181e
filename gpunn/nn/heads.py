"""Heads: an output activation joined with a cost, as functions of the logits z.

A head has

``outputs(xp, z)``
    the outputs a of the network, shape (..., n, k);
``cost(xp, z, T)``
    the cost of each row, shape (..., n);
``delta(xp, z, T)``
    the gradient of that cost by z, shape (..., n, k);
``decision(xp, z)``
    scores (..., n, k): positive means yes, and the largest is the class.

Why a head: the gradient of a cost through a saturated activation is a product of a very large and a very small
number. In a *matched* pair the two cancel on paper, delta is plainly a - T, and learning is fast exactly when
the output is badly wrong. A `Composed` pair multiplies by the Jacobian of the activation, with all the slowness
that this brings; it is what the quadratic cost does to a sigmoid. `pair` is the one place where the choice is made.

Costs and deltas are accurate to rounding for saturated outputs too, right or wrong: a - T is the activation's
`difference`, and log(1 + x) of a small x is never the logarithm of a rounded sum.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from gpunn.nn.activations import (
    ACTIVATIONS,
    Activation,
    Identity,
    RescaledTanh,
    Sigmoid,
    Softmax,
    Tanh,
)
from gpunn.nn.costs import COSTS, Cost, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.stable import excess, exponentials, log_sum_exp, normalised, shifted
from gpunn.typing import Array, Namespace


class Head(ABC):
    """Interface of a head; see the head of this file.

    ``activation`` tells how outputs are read as probabilities, ``one_suffices`` whether one output can stand for two
    classes, as outputs do that answer yes or no each on its own.
    """

    activation: Activation

    @property
    def one_suffices(self) -> bool:
        return not isinstance(self.activation, Softmax)

    @abstractmethod
    def outputs(self, xp: Namespace, z: Array) -> Array:
        """a (..., n, k)."""

    @abstractmethod
    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        """Cost of each row, (..., n)."""

    @abstractmethod
    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        """Gradient of the cost by z, (..., n, k)."""

    def cost_and_delta(self, xp: Namespace, z: Array, T: Array) -> tuple[Array, Array]:
        """Both, for a step of training; a head may compute once what they have in common."""
        return self.cost(xp, z, T), self.delta(xp, z, T)

    @abstractmethod
    def decision(self, xp: Namespace, z: Array) -> Array:
        """Scores (..., n, k)."""


class _Matched(Head):
    """Base of the heads with a form of their own: outputs of the activation, decisions in the logits."""

    cost_function: ClassVar[Cost]

    def outputs(self, xp: Namespace, z: Array) -> Array:
        return self.activation.forward(xp, z)

    def decision(self, xp: Namespace, z: Array) -> Array:
        return z


@dataclass(frozen=True)
class Composed(Head):
    """Any activation and any cost, joined by the chain rule: delta = J^T da, J the activation's full Jacobian."""

    activation: Activation
    cost_function: Cost

    def outputs(self, xp: Namespace, z: Array) -> Array:
        return self.activation.forward(xp, z)

    def decision(self, xp: Namespace, z: Array) -> Array:
        return self.outputs(xp, z) - 0.5

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        return self.cost_function.value(xp, self.outputs(xp, z), T)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        a = self.outputs(xp, z)
        return self.activation.backward(xp, z, a, self.cost_function.derivative(xp, a, T))[0]


@dataclass(frozen=True)
class ComposedQuadratic(Composed):
    """Any activation with quadratic cost, a function of a - T alone: delta = J^T (a - T)."""

    cost_function: Cost = Quadratic()

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        difference = self.activation.difference(xp, z, self.outputs(xp, z), T)
        return self.cost_function.value(xp, difference, 0)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        a = self.outputs(xp, z)
        return self.activation.backward(xp, z, a, self.activation.difference(xp, z, a, T))[0]


@dataclass(frozen=True)
class IdentityQuadratic(ComposedQuadratic):
    """Linear output with quadratic cost: delta = z - T, which the chain rule gives as it stands."""

    activation: Activation = Identity()


@dataclass(frozen=True)
class SoftmaxLogLikelihood(_Matched):
    """Softmax output with log-likelihood cost, joined in the logits. The rows of T sum to 1.

    cost  = logsumexp(z) - sum_j T_j z_j
    delta = softmax(z) - T          the factor of saturation is gone: this is why the pair learns fast

    With e_j = exp(z_j - max z) and s = sum e - 1, softmax(z) is e / (1 + s), and delta is written
    (e - T - T s) / (1 + s): where T = 1, e - 1 and -s have the same sign, so that nothing cancels.
    """

    activation = Softmax()
    cost_function = LogLikelihood()

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        half, e = exponentials(xp, z)
        return self._cost(xp, T, half, excess(xp, half, e))

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        half, e = exponentials(xp, z)
        return self._delta(T, e, excess(xp, half, e))

    def cost_and_delta(self, xp: Namespace, z: Array, T: Array) -> tuple[Array, Array]:
        half, e = exponentials(xp, z)
        s = excess(xp, half, e)
        return self._cost(xp, T, half, s), self._delta(T, e, s)

    def _cost(self, xp, T, half, s):
        return xp.squeeze(xp.log1p(s), axis=-1) - 2 * xp.sum(T * half, axis=-1)

    def _delta(self, T, e, s):
        return (e - T - T * s) / (1 + s)


@dataclass(frozen=True)
class SigmoidCrossEntropy(_Matched):
    """Sigmoid outputs with cross-entropy cost, joined in the logits.

    cost  = sum_j softplus(z_j) - T_j z_j
    delta = sigmoid(z) - T
    """

    activation = Sigmoid()
    cost_function = CrossEntropy()

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        # max(z, 0) - T z comes first: it is exact for T of 0 and 1, and keeps the small rest
        linear = xp.maximum(z, 0) - T * z
        return xp.sum(linear + xp.log1p(xp.exp(-xp.abs(z))), axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        return self.activation.difference(xp, z, self.outputs(xp, z), T)


@dataclass(frozen=True)
class TanhCrossEntropy(_Matched):
    """Tanh outputs moved into (0, 1), a = (1 + tanh z) / 2 = sigmoid(2z), with cross-entropy cost.

    cost  = sum_j softplus(2 z_j) - 2 T_j z_j
    delta = 2 (a - T)
    """

    activation = RescaledTanh()
    cost_function = CrossEntropy()

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        linear = xp.maximum(z, 0) - T * z  # doubled last: 2z itself could overflow
        return xp.sum(2 * linear + xp.log1p(xp.exp(-xp.abs(z)) ** 2), axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        return 2 * self.activation.difference(xp, z, self.outputs(xp, z), T)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(_Matched):
    """Softmax outputs with the two-term cross-entropy, in the logits. k >= 2, and the rows of T sum to 1.

    With p = softmax(z) and odds_j = (1 - T_j) p_j / (1 - p_j):

    cost    = - sum_j T_j log p_j + (1 - T_j) log(1 - p_j)
    delta_l = p_l - T_l + (1 - T_l) p_l - p_l sum_{j != l} odds_j

    1 - p_j is a difference of nearly equal numbers for a p_j above 1/2, of which there is one at most. For it the
    others are summed on their own: with r_i = exp(z_i) relative to the largest of them and S = sum r,
    log(1 - p_j) = log S + second - logsumexp(z), and p_l odds_j = (1 - T_j) p_j r_l / S, which cannot overflow.
    """

    activation = Softmax()
    cost_function = CrossEntropy()

    def _others(self, xp, z, top):
        """r, which is 0 at the top, and S."""
        lowest = xp.full_like(z, -xp.finfo(z.dtype).max)
        r = xp.where(top, 0, xp.exp(shifted(xp, xp.where(top, lowest, z))))
        return r, xp.sum(r, axis=-1, keepdims=True)

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        half, e = exponentials(xp, z)
        p = normalised(xp, e)
        top = p > 0.5
        _, S = self._others(xp, z, top)
        second = xp.max(xp.where(top, -xp.finfo(z.dtype).max, half), axis=-1, keepdims=True)
        log_all = log_sum_exp(xp, half, e) / 2
        log_rest = xp.where(top, second + xp.log(S) / 2 - log_all, xp.log1p(-xp.where(top, 0, p)) / 2)
        return 2 * xp.sum(T * (log_all - half) - (1 - T) * log_rest, axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        p = self.outputs(xp, z)
        top, zero = p > 0.5, xp.zeros_like(p)
        r, S = self._others(xp, z, top)
        odds = xp.where(top, zero, (1 - T) * p / (1 - xp.where(top, zero, p)))
        top_p = xp.sum(xp.where(top, (1 - T) * p, zero), axis=-1, keepdims=True)
        pull = p * (xp.sum(odds, axis=-1, keepdims=True) - odds) + top_p * r / S
        return self.activation.difference(xp, z, p, T) + (1 - T) * p - pull


# Pairs with a form of their own, stable in the logits. All other pairs with a meaning are Composed.
HEADS: dict[tuple[type, type], Callable[[], Head]] = {
    (Softmax, LogLikelihood): SoftmaxLogLikelihood,
    (Sigmoid, CrossEntropy): SigmoidCrossEntropy,
    (Tanh, CrossEntropy): TanhCrossEntropy,  # a tanh output under a cross-entropy is the rescaled one
    (RescaledTanh, CrossEntropy): TanhCrossEntropy,
    (Softmax, CrossEntropy): SoftmaxCrossEntropy,
    (Identity, Quadratic): IdentityQuadratic,
}


def pair(activation: Activation, cost: Cost) -> Head:
    """Join an output activation with a cost.

    Parameters
    ----------
    activation : Activation
        Without learned parameters: a PReLU output belongs to the network, with `IdentityQuadratic` as its head.
    cost : Cost

    Returns
    -------
    Head

    Raises
    ------
    ValueError
        If the pair has no meaning; the message names the activations that the cost allows.
    """
    if (type(activation), type(cost)) in HEADS:
        return HEADS[type(activation), type(cost)]()
    reason = cost.refusal(activation)
    if reason is not None:
        allowed = [name for name, kind in ACTIVATIONS.items() if (kind, type(cost)) in HEADS]
        cost_name = next((name for name, kind in COSTS.items() if kind is type(cost)), type(cost).__name__)
        name = next((name for name, kind in ACTIVATIONS.items() if kind is type(activation)), repr(activation))
        raise ValueError(
            f"output_activation={name!r} has no meaning with cost={cost_name!r}: {reason}. "
            f"With {cost_name} use one of {', '.join(allowed)}; with {name} use cost='quadratic'."
        )
    if activation.shapes(1):
        raise ValueError(f"{activation!r} learns parameters, so it must stand in the network, not in the head.")
    return ComposedQuadratic(activation) if isinstance(cost, Quadratic) else Composed(activation, cost)
