"""Activation functions h = f(z) and their vector-Jacobian products.

An `Activation` has these methods:

``shapes(n)``
    names and shapes of its learned parameters for a layer of n neurons; empty unless it learns.
``initial(name)``
    the initial value of a learned parameter.
``forward(xp, z, **learned)``
    h, shaped like z (..., n).
``backward(xp, z, h, dh, **learned)``
    dz, shaped like z, and a dict with the gradient of each learned array.
``difference(xp, z, h, T)``
    h - T, for T from 0 to 1, accurate where h has rounded to 1: written (1 - T) h - T (1 - h) with 1 - h from z.
``without_norm`` and ``after_norm(xp, z, **learned)``
    the activation that gives h; its inputs, shaped like z, and its learned arrays. They are the activation itself, z
    and all of them; `gpunn.nn.layer_norm`, which normalises z first, is the only one where they are not.

Those that act on each element alone are `Elementwise` and also have ``derivative(xp, z, h)``, f'(z). All are finite
and accurate to rounding wherever the mathematics is, so exp is only evaluated at non-positive arguments.
``low`` and ``high`` bound the values an activation can take.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from gpunn.nn.stable import sigmoid, softmax, softplus
from gpunn.typing import Array, Namespace

Gradients = tuple[Array, dict[str, Array]]


class Activation(ABC):
    """Interface of an activation; see the head of this file."""

    low: ClassVar[float] = -math.inf
    high: ClassVar[float] = math.inf

    def shapes(self, n: int) -> dict[str, tuple[int, ...]]:
        return {}

    def initial(self, name: str) -> float:
        raise KeyError(f"{self!r} learns nothing called {name!r}.")

    @abstractmethod
    def forward(self, xp: Namespace, z: Array, *args: Any, **learned: Any) -> Array:
        """h, shaped like z (..., n)."""

    @abstractmethod
    def backward(self, xp: Namespace, z: Array, h: Array, dh: Array, *args: Any, **learned: Any) -> Gradients:
        """dz, shaped like z, and the gradient of each learned array."""

    def difference(self, xp: Namespace, z: Array, h: Array, T: Array) -> Array:
        return h - T

    @property
    def without_norm(self) -> Activation:
        return self

    def after_norm(self, xp: Namespace, z: Array, *args: Any, **learned: Any) -> tuple[Array, dict[str, Any]]:
        return z, learned


class Elementwise(Activation):
    """An activation without learned parameters that acts on each element alone: dz = f'(z) dh."""

    @abstractmethod
    def derivative(self, xp: Namespace, z: Array, h: Array) -> Array:
        """f'(z), shaped like z."""

    def backward(self, xp: Namespace, z: Array, h: Array, dh: Array) -> Gradients:
        return self.derivative(xp, z, h) * dh, {}


@dataclass(frozen=True)
class Identity(Elementwise):
    """h = z."""

    def forward(self, xp, z):
        return z

    def derivative(self, xp, z, h):
        return xp.ones_like(z)

    def backward(self, xp, z, h, dh):
        return dh, {}


@dataclass(frozen=True)
class Sigmoid(Elementwise):
    """h = 1 / (1 + exp(-z)), the logistic function.

    The derivative is written sigmoid(z) sigmoid(-z): h (1 - h) would round to 0 as soon as h rounds to 1, which
    in float32 is z > 17, and a neuron saturated on that side could never leave it.
    """

    low, high = 0.0, 1.0

    def forward(self, xp, z):
        return sigmoid(xp, z)

    def derivative(self, xp, z, h):
        return h * sigmoid(xp, -z)

    def difference(self, xp, z, h, T):
        return (1 - T) * h - T * sigmoid(xp, -z)


@dataclass(frozen=True)
class Tanh(Elementwise):
    """h = tanh(z).

    The derivative 1 - h^2 is written 4 sigmoid(2z) sigmoid(-2z), accurate when saturated.
    """

    low, high = -1.0, 1.0

    def forward(self, xp, z):
        return xp.tanh(z)

    def derivative(self, xp, z, h):
        e = xp.exp(-xp.abs(z))  # e squared is exp(-2|z|), without the overflow of 2z
        return (2 * e / (1 + e * e)) ** 2

    def difference(self, xp, z, h, T):
        return (1 - T) * h - T * (2 * RescaledTanh().forward(xp, -z))


@dataclass(frozen=True)
class RescaledTanh(Elementwise):
    """h = (1 + tanh z) / 2, the tanh moved into (0, 1), where a cross-entropy has a meaning."""

    low, high = 0.0, 1.0

    def forward(self, xp, z):
        return xp.exp(xp.minimum(z, 0)) ** 2 / (1 + xp.exp(-xp.abs(z)) ** 2)

    def derivative(self, xp, z, h):
        return Tanh().derivative(xp, z, h) / 2

    def difference(self, xp, z, h, T):
        return (1 - T) * h - T * self.forward(xp, -z)


@dataclass(frozen=True)
class ReLU(Elementwise):
    """h = max(z, 0). Source: Nair & Hinton 2010.

    The derivative at 0 is taken as 0.
    """

    low = 0.0

    def forward(self, xp, z):
        return xp.maximum(z, 0.0)

    def derivative(self, xp, z, h):
        return xp.astype(h > 0, h.dtype)  # h is at hand as well as z, which then need not be kept


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """h = max(z, 0) + slope min(z, 0). Source: Maas, Hannun & Ng 2013, equation 2 (slope 0.01)."""

    slope: float = 0.01

    def forward(self, xp, z):
        return xp.maximum(z, 0) + float(self.slope) * xp.minimum(z, 0)  # float: NumPy's own would promote a float32 z

    def derivative(self, xp, z, h):
        return xp.astype(z > 0, z.dtype) + float(self.slope) * xp.astype(z <= 0, z.dtype)


@dataclass(frozen=True)
class PReLU(Activation):
    """h = max(z, 0) + slope min(z, 0); the slope is learned, one a neuron or one for the layer.

    Source: He et al. 2015, "Delving Deep into Rectifiers", equations 1 and 8 to 10.
    """

    initial_slope: float = 0.25
    shared: bool = False

    def shapes(self, n: int) -> dict[str, tuple[int, ...]]:
        return {"slope": (1,) if self.shared else (n,)}

    def initial(self, name: str) -> float:
        return self.initial_slope

    def forward(self, xp, z, slope):
        return xp.maximum(z, 0) + slope[..., None, :] * xp.minimum(z, 0)

    def backward(self, xp, z, h, dh, slope):
        dz = (xp.astype(z > 0, z.dtype) + slope[..., None, :] * xp.astype(z <= 0, z.dtype)) * dh
        dslope = xp.sum(xp.minimum(z, 0) * dh, axis=-2)  # eq. 9, summed over rows
        if self.shared:
            dslope = xp.sum(dslope, axis=-1, keepdims=True)  # eq. 10, summed over the layer too
        return dz, {"slope": dslope}


@dataclass(frozen=True)
class ELU(Elementwise):
    """h = z where z > 0, alpha (exp(z) - 1) elsewhere. Source: Clevert et al. 2016, equation 15.

    It is written max(z, 0) + alpha (exp(min(z, 0)) - 1).
    """

    alpha: float = 1.0

    def forward(self, xp, z):
        return xp.maximum(z, 0) + float(self.alpha) * xp.expm1(xp.minimum(z, 0))

    def derivative(self, xp, z, h):
        below = float(self.alpha) * xp.exp(xp.minimum(z, 0))
        return xp.astype(z > 0, z.dtype) + xp.astype(z <= 0, z.dtype) * below


@dataclass(frozen=True)
class SELU(Elementwise):
    """h = scale * ELU(z) with the constants that keep mean 0 and variance 1 from layer to layer.

    Source: Klambauer et al. 2017, equation 2 and the fixed point in section "Deriving".
    """

    alpha: ClassVar[float] = 1.6732632423543772
    scale: ClassVar[float] = 1.0507009873554805

    def forward(self, xp, z):
        return self.scale * ELU(self.alpha).forward(xp, z)

    def derivative(self, xp, z, h):
        return self.scale * ELU(self.alpha).derivative(xp, z, h)


@dataclass(frozen=True)
class GELU(Elementwise):
    """h = z (1 + tanh u) / 2 with u = sqrt(2 / pi) (z + 0.044715 z^3), the tanh form of z times the normal cdf.
    (1 + tanh u) / 2 is computed as sigmoid(2u), exact in the tail, with 2u = sqrt(8 / pi) z (1 + 0.044715 z^2) of z
    within 30 of 0: beyond, the sigmoid is 0 or 1. Source: Hendrycks & Gimpel 2016, section 2.
    """

    C: ClassVar[float] = math.sqrt(8 / math.pi)

    def _limited(self, xp, z):
        """z within the limits beyond which sigmoid(2u) is 0 or 1."""
        return xp.minimum(xp.maximum(z, -30), 30)

    def _u2(self, z):
        return self.C * z * (1 + 0.044715 * z * z)

    def forward(self, xp, z):
        return z * sigmoid(xp, self._u2(self._limited(xp, z)))

    def derivative(self, xp, z, h):
        near = self._limited(xp, z)
        u2, slope = self._u2(near), self.C * (1 + 3 * 0.044715 * near * near)
        gate = sigmoid(xp, u2)
        return gate + z * (gate * sigmoid(xp, -u2)) * slope


@dataclass(frozen=True)
class SiLU(Elementwise):
    """h = z sigmoid(z), also called swish. Source: Elfwing, Uchibe & Doya 2018, equations 4 and 5."""

    def forward(self, xp, z):
        return z * sigmoid(xp, z)

    def derivative(self, xp, z, h):
        gate = sigmoid(xp, z)
        return gate + z * (gate * sigmoid(xp, -z))


@dataclass(frozen=True)
class Softplus(Elementwise):
    """h = log(1 + exp(z)), a smooth ReLU. Source: Dugas et al. 2001, equation 2."""

    low = 0.0

    def forward(self, xp, z):
        return softplus(xp, z)

    def derivative(self, xp, z, h):
        return sigmoid(xp, z)


@dataclass(frozen=True)
class Softmax(Activation):
    """h_j = exp(z_j) / sum_i exp(z_i), a distribution over the neurons of the layer.

    Each output depends on every input, so the backward pass is the product with the whole Jacobian,
    dh_j / dz_i = h_j ([i = j] - h_i): h times dh less its mean under h. Source: Bridle 1990.
    """

    low, high = 0.0, 1.0

    def forward(self, xp, z):
        return softmax(xp, z)

    def backward(self, xp, z, h, dh):
        for _ in range(2):  # where an h is near 1, the first time leaves nothing but rounding for it
            dh = dh - xp.sum(h * dh, axis=-1, keepdims=True)
        return h * dh, {}

    def difference(self, xp, z, h, T):
        top = h > 0.5  # of one output at most; its 1 - h is the sum of the others
        others = xp.sum(xp.where(top, 0, h), axis=-1, keepdims=True)
        return (1 - T) * h - T * xp.where(top, others, 1 - h)


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "logistic": Sigmoid,  # scikit-learn's name
    "tanh": Tanh,
    "softmax": Softmax,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "softplus": Softplus,
}
