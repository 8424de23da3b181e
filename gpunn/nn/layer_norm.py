"""Layer normalisation of the weighted inputs z of a hidden layer, by the mean and variance of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpunn.nn.activations import Activation, ReLU
from gpunn.typing import Array, Namespace

LEARNED = {"gain": 1.0, "shift": 0.0}  # initial values


@dataclass(frozen=True)
class LayerNorm(Activation):
    """h = f(y), y = gain u + shift, u = (z - mean z) / sqrt(mean (z - mean z)^2 + epsilon), with means over each row.
    A row is first divided by its largest element where that exceeds 1, so that no square overflows.
    Source: Ba, Kiros & Hinton 2016, equations 3 and 4.

    The elements of a row are the neurons of the layer. ``gain`` and ``shift`` (in the paper gain and bias, elsewhere
    gamma and beta) are learned, one of each for every neuron; they start at 1 and 0. ``epsilon`` is 1e-5.

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
        given = f"activation={self.activation!r}"
        if isinstance(self.activation, LayerNorm):
            raise TypeError(f"{given} is normalised already; give an activation without layer normalisation.")
        if not isinstance(self.activation, Activation):
            raise TypeError(
                f"{given} is not allowed; give an object from gpunn.nn.activations, as in LayerNorm(Tanh())."
            )
        if not LEARNED.keys().isdisjoint(self.activation.shapes(2)):
            raise TypeError(f"{given} learns an array called gain or shift, as layer normalisation does; rename it.")

    def shapes(self, n: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(LEARNED, (n,)) | self.activation.shapes(n)

    def initial(self, name: str) -> float:
        return LEARNED[name] if name in LEARNED else self.activation.initial(name)

    def forward(self, xp, z, gain, shift, **learned):
        y, own = self.after_norm(xp, z, gain, shift, **learned)
        return self.activation.forward(xp, y, **own)

    def backward(self, xp, z, h, dh, gain, shift, **learned):
        u, factor = self._standardised(xp, z)
        dy, gradients = self.activation.backward(xp, _scaled(u, gain, shift), h, dh, **learned)
        du = gain[..., None, :] * dy
        mean, correlation = (xp.mean(x, axis=-1, keepdims=True) for x in (du, du * u))
        dz = factor * (du - mean - u * correlation)
        return dz, {"gain": xp.sum(dy * u, axis=-2), "shift": xp.sum(dy, axis=-2), **gradients}

    @property
    def without_norm(self) -> Activation:
        return self.activation

    def after_norm(self, xp, z, gain, shift, **learned):
        return _scaled(self._standardised(xp, z)[0], gain, shift), learned

    def _standardised(self, xp: Namespace, z: Array) -> tuple[Array, Array]:
        """u, shaped like z (..., n), and the factor du/dz without the derivatives of mean and variance, (..., 1)."""
        largest = xp.max(xp.abs(z), axis=-1, keepdims=True)
        scale = xp.maximum(largest, xp.ones_like(largest))
        x = z / scale  # of a row of large equal elements exactly 1 or -1, and centred exactly 0
        centred = x - xp.mean(x, axis=-1, keepdims=True)
        variance = xp.mean(centred * centred, axis=-1, keepdims=True) + self.epsilon / scale / scale
        least = xp.full_like(variance, float(xp.finfo(z.dtype).smallest_normal))  # epsilon may have become 0
        factor = 1 / xp.sqrt(xp.maximum(variance, least))
        return centred * factor, factor / scale


def _scaled(u: Array, gain: Array, shift: Array) -> Array:
    """y (..., n_rows, n); ``gain`` and ``shift`` are (..., n)."""
    return gain[..., None, :] * u + shift[..., None, :]
