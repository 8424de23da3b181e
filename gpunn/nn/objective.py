"""Objective of the training: mean cost of the rows plus penalties on the weights::

    f(theta) = 1/w sum_i w_i c_i  +  1/w (l2 / 2 sum W^2 + l1 sum |W|),     w = sum_i w_i

with c_i the cost of row i, summed over outputs, and w_i its weight (1 each when none are given, so w = n).
Only weights are penalised, not biases, embeddings and what activations learn. Dividing the penalty by w is the
convention of scikit-learn and of the post (lambda / n): a penalty has the same pull on n rows as on each of them twice
with l2 doubled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpunn.nn.dropout import Dropout
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.typing import Array, Namespace


@dataclass(frozen=True)
class Objective:
    """Mean cost and gradient of a network with a head on a set of rows.

    Parameters
    ----------
    network : Network
    head : Head
    l2, l1 : float or float64 array (m, 1), default 0
        Strength of the penalties, at least 0; an array has one for each member.
    """

    network: Network
    head: Head
    l2: float | Array = 0.0
    l1: float | Array = 0.0

    def __post_init__(self) -> None:
        for name in ("l2", "l1"):  # Python's own floats: a NumPy float64 would promote a float32 gradient
            value = getattr(self, name)
            object.__setattr__(self, name, value if getattr(value, "ndim", 0) else float(value))

    @property
    def penalised(self) -> bool:
        """True if there may be a penalty: one that is not 0, or those of members."""
        return not (_is_zero(self.l2) and _is_zero(self.l1))

    def value(self, xp: Namespace, theta: Array, X: Array, T: Array, weight: Array | None = None) -> Array:
        """f(theta), shape (...), without dropout. Arguments as in `value_and_gradient`."""
        z = self.network.logits(xp, theta, X)
        cost = _summed(xp, self.head.cost(xp, z, T), weight)
        return (cost + self._penalty(xp, theta)) * _share(xp, z, weight)

    def value_and_gradient(
        self,
        xp: Namespace,
        theta: Array,
        X: Array,
        T: Array,
        weight: Array | None = None,
        dropout: Dropout | None = None,
    ) -> tuple[Array, Array]:
        """f(theta) and its gradient.

        Parameters
        ----------
        theta : array (..., P)
        X : array (n, d) or (..., n, d)
        T : array (n, k) or (..., n, k)
            Targets, one-of-N or yes-or-no.
        weight : array (n,) or (..., n), optional
            Row weights, not negative. Rows whose weights are all 0 give cost and gradient 0.
        dropout : Dropout, optional

        Returns
        -------
        f : array (...)
        g : array (..., P)
        """
        z, tape = self.network.forward(xp, theta, X, dropout)
        share = _share(xp, z, weight)
        cost, dz = self.head.cost_and_delta(xp, z, T)
        f = _summed(xp, cost, weight) * share
        dz = dz * share if weight is None else dz * (weight * share[..., None])[..., None]
        g = self.network.backward(xp, theta, tape, dz)
        return f + self.add_penalties(xp, theta, g, share), g

    def add_penalties(self, xp: Namespace, theta: Array, g: Array, share: Array | float) -> Array | float:
        """Sum of the penalties, which is added to f; their gradient is added to g (..., P) in place."""
        if not self.penalised:
            return 0.0
        W = theta[..., : self.network.n_weights]
        of_weights: Any = share if isinstance(share, (int, float)) else share[..., None]
        g[..., : self.network.n_weights] += self.penalty_slope(xp, W, of_weights)
        return xp.sum(self.penalty(xp, W), axis=-1) * share

    def penalty(self, xp: Namespace, W: Array) -> Array:
        """Penalty of each weight, added to w f, shaped like W."""
        squares = _times(xp, self.l2, 0.5, W) * W * W
        return squares if _is_zero(self.l1) else squares + _times(xp, self.l1, 1.0, W) * xp.abs(W)

    def penalty_slope(self, xp: Namespace, W: Array, share: Array | float) -> Array:
        """Derivative of `penalty`, times ``share``, which is one number: it is cheaper to scale than an array."""
        slope = _times(xp, self.l2, share, W) * W
        return slope if _is_zero(self.l1) else slope + _times(xp, self.l1, share, W) * xp.sign(W)

    def _penalty(self, xp, theta):
        if not self.penalised:
            return 0.0
        return xp.sum(self.penalty(xp, theta[..., : self.network.n_weights]), axis=-1)


def _times(xp: Namespace, strength: float | Array, share: Array | float, W: Array) -> Array | float:
    """Product of a strength and a share in the dtype of W: rounded for each member as for a network alone."""
    if isinstance(strength, float):
        return strength * share
    if isinstance(share, (int, float)):
        return xp.astype(strength * share, W.dtype)
    return xp.astype(strength, W.dtype) * share


def _is_zero(strength: float | Array) -> bool:
    return isinstance(strength, float) and strength == 0


def _summed(xp: Namespace, cost: Array, weight: Array | None) -> Array:
    return xp.sum(cost if weight is None else cost * weight, axis=-1)


def _share(xp: Namespace, z: Array, weight: Array | None) -> Any:
    """1 / w with w (...) the sum of the row weights; 0 where they are all 0, as such rows carry no information."""
    if weight is None:
        return 1 / z.shape[-2]
    total = xp.sum(weight, axis=-1)
    return xp.where(total > 0, 1 / xp.where(total > 0, total, 1), 0)


def limit_norms(xp: Namespace, network: Network, theta: Array, limit: float) -> None:
    """Scale, in place, the incoming weights of every neuron to a Euclidean norm of at most ``limit``.

    Source: Srivastava et al. 2014, section 5.1 (max-norm regularisation).
    """
    for layer in network.layers:
        W = layer.W.of(xp, theta)
        layer.W.put(xp, theta, W * norm_factors(xp, W, limit))


def norm_factors(xp: Namespace, W: Array, limit: float) -> Array:
    """Factors (..., 1, n_out) by which `limit_norms` scales the incoming weights W (..., n_in, n_out) of neurons."""
    norm = xp.sqrt(xp.sum(W * W, axis=-2, keepdims=True))
    return limit / xp.maximum(norm, xp.full_like(norm, limit))
