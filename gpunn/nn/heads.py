"""Heads: an output activation joined with a cost, as functions of the logits z.

A head has

``outputs(xp, z)``
    the outputs a of the network, shape (..., n, k);
``cost(xp, z, T)``
    the cost of each row, shape (..., n);
``delta(xp, z, T)``
    the gradient of that cost by z, shape (..., n, k);
``decision(xp, z)``
    scores (..., n, k): positive means yes, and the greatest is the class.

Why a head: the gradient of a cost through a saturated activation is a product of a very large and a very small
number. In a *matched* pair the two cancel on paper, delta is plainly a - T, and learning is fast exactly when
the output is badly wrong. A `Composed` pair multiplies by the Jacobian of the activation, with all the slowness
that this brings; it is what the quadratic cost does to a sigmoid. `pair` is the one place where the choice is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from gpunn.nn.activations import (
    ACTIVATIONS,
    Activation,
    Identity,
    RescaledTanh,
    Sigmoid,
    Softmax,
    Tanh,
    shifted,
)
from gpunn.nn.costs import COSTS, Cost, CrossEntropy, LogLikelihood, Quadratic

Array = Any
Namespace = Any


class _Matched:
    """What the heads with a form of their own share: outputs of the activation, decisions in the logits."""

    activation: ClassVar[Activation]
    cost_function: ClassVar[Cost]

    def outputs(self, xp: Namespace, z: Array) -> Array:
        return self.activation.forward(xp, z)

    def decision(self, xp: Namespace, z: Array) -> Array:
        return z


@dataclass(frozen=True)
class Composed:
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
class IdentityQuadratic(Composed):
    """Linear output with quadratic cost: delta = z - T, which the chain rule gives as it stands."""

    activation: Activation = Identity()
    cost_function: Cost = Quadratic()


@dataclass(frozen=True)
class SoftmaxLogLikelihood(_Matched):
    """Softmax output with log-likelihood cost, joined in the logits. The rows of T sum to 1.

    cost  = logsumexp(z) - sum_j T_j z_j
    delta = softmax(z) - T          the factor of saturation is gone: this is why the pair learns fast
    """

    activation = Softmax()
    cost_function = LogLikelihood()

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        d = shifted(xp, z)
        return xp.log(xp.sum(xp.exp(d), axis=-1)) - xp.sum(T * d, axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        return self.outputs(xp, z) - T


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
        linear = xp.maximum(z, xp.zeros_like(z)) - T * z
        return xp.sum(linear + xp.log1p(xp.exp(-xp.abs(z))), axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        return self.outputs(xp, z) - T


@dataclass(frozen=True)
class TanhCrossEntropy(_Matched):
    """Tanh outputs moved into (0, 1), a = (1 + tanh z) / 2 = sigmoid(2z), with cross-entropy cost.

    cost  = sum_j softplus(2 z_j) - 2 T_j z_j
    delta = 2 (a - T)
    """

    activation = RescaledTanh()
    cost_function = CrossEntropy()

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        linear = xp.maximum(z, xp.zeros_like(z)) - T * z  # doubled last: 2z itself could overflow
        return xp.sum(2 * linear + xp.log1p(xp.exp(-xp.abs(z)) ** 2), axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        return 2 * (self.outputs(xp, z) - T)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(_Matched):
    """Softmax outputs with the two-term cross-entropy, in the logits. k >= 2, and the rows of T sum to 1.

    With p = softmax(z) and S_-j the sum of exp(z_i) over all i but j, log(1 - p_j) = log S_-j - logsumexp(z).

    cost    = - sum_j T_j log p_j + (1 - T_j) log(1 - p_j)
    delta_l = 2 p_l - T_l - T_l p_l - p_l sum_{j != l} (1 - T_j) p_j / (1 - p_j)

    1 - p_j is a difference of nearly equal numbers for the greatest z alone; for it the sums over the other
    outputs are formed on their own, relative to the second greatest. (When two are greatest, none needs it.)
    """

    activation = Softmax()
    cost_function = CrossEntropy()

    def _parts(self, xp, z):
        d = shifted(xp, z)
        e = xp.exp(d)
        greatest = d == 0
        greatest = greatest & (xp.sum(xp.astype(greatest, z.dtype), axis=-1, keepdims=True) == 1)
        others = xp.sum(e, axis=-1, keepdims=True) - xp.where(greatest, xp.zeros_like(e), e)  # S_-j, j not greatest
        rest = xp.where(greatest, xp.full_like(d, -xp.finfo(d.dtype).max), d)
        second = xp.max(rest, axis=-1, keepdims=True)
        r = xp.where(greatest, xp.zeros_like(e), xp.exp(rest - second))
        return d, e, greatest, others, second, r

    def cost(self, xp: Namespace, z: Array, T: Array) -> Array:
        d, e, greatest, others, second, r = self._parts(xp, z)
        log_all = xp.log(xp.sum(e, axis=-1, keepdims=True))
        log_others = xp.where(greatest, second + xp.log(xp.sum(r, axis=-1, keepdims=True)), xp.log(others))
        return xp.sum(T * (log_all - d) + (1 - T) * (log_all - log_others), axis=-1)

    def delta(self, xp: Namespace, z: Array, T: Array) -> Array:
        _, e, greatest, others, _, r = self._parts(xp, z)
        p = e / xp.sum(e, axis=-1, keepdims=True)
        zero = xp.zeros_like(p)
        odds = xp.where(greatest, zero, (1 - T) * e / others)  # (1 - T_j) p_j / (1 - p_j)
        # For the greatest j that quotient may overflow; times p_l it is (1 - T_j) p_j r_l / sum(r).
        weight = xp.sum(xp.where(greatest, (1 - T) * p, zero), axis=-1, keepdims=True)
        pull = p * (xp.sum(odds, axis=-1, keepdims=True) - odds) + weight * r / xp.sum(r, axis=-1, keepdims=True)
        return 2 * p - T - T * p - pull


Head = Composed | SoftmaxLogLikelihood | SigmoidCrossEntropy | TanhCrossEntropy | SoftmaxCrossEntropy

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
    return Composed(activation, cost)


def probabilities(xp: Namespace, head: Head, z: Array, exclusive: bool) -> Array:
    """The outputs as probabilities.

    An output under a quadratic cost estimates the probability of its class but is not bound to (0, 1): it is
    clipped. Where the classes are ``exclusive`` and the outputs are not a distribution by themselves, each row is
    divided by its sum; a row of zeros becomes uniform.

    Parameters
    ----------
    z : array (..., n, k)
    exclusive : bool
        Each row belongs to exactly one of the k classes.

    Returns
    -------
    array (..., n, k)
    """
    a = head.outputs(xp, z)
    if head.activation.low < 0 or head.activation.high > 1:
        a = xp.minimum(xp.maximum(a, xp.zeros_like(a)), xp.ones_like(a))
    if not exclusive or isinstance(head.activation, Softmax):
        return a
    total = xp.sum(a, axis=-1, keepdims=True)
    uniform = xp.full_like(a, 1 / a.shape[-1])
    return xp.where(total > 0, a / xp.where(total > 0, total, xp.ones_like(total)), uniform)
