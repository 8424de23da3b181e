"""Layer normalisation: the weighted inputs z of a hidden layer have mean 0 and variance 1 before the activation.

Source: Ba, Kiros & Hinton 2016, "Layer Normalization", equations 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpunn.nn.activations import Activation, ReLU
from gpunn.typing import Array, Namespace

LEARNED = {"gain": 1.0, "shift": 0.0}  # initial values


@dataclass(frozen=True)
class LayerNorm(Activation):
    """h = f(y), y_j = gain_j u_j + shift_j, where u is the row z with mean 0 and variance 1::

        u_j = (z_j - mean z) / sqrt(mean (z - mean z)^2 + epsilon)

    ``gain`` and ``shift`` are learned, one of each for every neuron; they start at 1 and 0.

    Parameters
    ----------
    activation : Activation, default ReLU()
        f, which may have learned parameters of its own.

    Raises
    ------
    TypeError
        If f is not an activation, is normalised itself, or learns an array called gain or shift.

    Notes
    -----
    ``MLPClassifier(layer_norm=True)`` normalises all hidden layers. As an object among the activations it normalises
    some of them, but such a classifier cannot be saved.
    """

    activation: Activation = ReLU()
    epsilon: ClassVar[float] = 1e-5

    def __post_init__(self) -> None:
        if not isinstance(self.activation, Activation) or isinstance(self.activation, LayerNorm):
            raise TypeError(
                f"activation={self.activation!r} is not allowed; give an object from gpunn.nn.activations, as in "
                "LayerNorm(Tanh())."
            )
        if not LEARNED.keys().isdisjoint(self.activation.shapes(2)):
            raise TypeError(f"activation={self.activation!r} learns an array called gain or shift; call it otherwise.")

    def shapes(self, n: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(LEARNED, (n,)) | self.activation.shapes(n)

    def initial(self, name: str) -> float:
        return LEARNED[name] if name in LEARNED else self.activation.initial(name)

    def forward(self, xp, z, gain, shift, **learned):
        y, own = self.normalised(xp, z, gain, shift, **learned)
        return self.activation.forward(xp, y, **own)

    def backward(self, xp, z, h, dh, gain, shift, **learned):
        u, factor = self._normalised(xp, z)
        dy, gradients = self.activation.backward(xp, gain[..., None, :] * u + shift[..., None, :], h, dh, **learned)
        du = gain[..., None, :] * dy
        mean, correlation = (xp.mean(x, axis=-1, keepdims=True) for x in (du, du * u))
        dz = factor * (du - mean - u * correlation)
        return dz, {"gain": xp.sum(dy * u, axis=-2), "shift": xp.sum(dy, axis=-2), **gradients}

    @property
    def applied(self) -> Activation:
        return self.activation

    def normalised(self, xp, z, gain, shift, **learned):
        return gain[..., None, :] * self._normalised(xp, z)[0] + shift[..., None, :], learned

    def _normalised(self, xp: Namespace, z: Array) -> tuple[Array, Array]:
        """u, shaped like z (..., n), and the factor du/dz without the derivatives of mean and variance, (..., 1).

        The row is first divided by its largest element where that exceeds 1, whose square might overflow.
        """
        largest = xp.max(xp.abs(z), axis=-1, keepdims=True)
        scale = 1 / xp.maximum(largest, xp.ones_like(largest))
        x = z * scale
        centred = x - xp.mean(x, axis=-1, keepdims=True)
        variance = xp.mean(centred * centred, axis=-1, keepdims=True) + self.epsilon * scale * scale
        least = xp.full_like(variance, float(xp.finfo(z.dtype).smallest_normal))  # a large row of equal elements
        factor = 1 / xp.sqrt(xp.maximum(variance, least))
        return centred * factor, factor * scale
