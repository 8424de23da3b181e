"""Dropout by a counter-based hash: the mask is a function of (seed, step, layer, element).

No random state is stored or advanced, so every device makes the same mask, a captured step makes a new one at
each replay (the step counter lives on the device), and a resumed run goes on exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpunn.typing import Array, Namespace


def _mixed(x: Array) -> Array:
    """A bijection of the 32-bit integers whose output bits depend evenly on all input bits.

    Source: Mueller's xor-shift-multiply form with the constants of Wellons 2018 ("lowbias32").
    """
    x = (x ^ (x >> 16)) * 0x7FEB352D
    x = (x ^ (x >> 15)) * 0x846CA68B
    return x ^ (x >> 16)


def _is_of_members(rate: float | Array) -> bool:
    return not isinstance(rate, (int, float))


@dataclass(frozen=True)
class Dropout:
    """Zeroes each input or hidden activation with probability p and divides the others by 1 - p.

    Source: Srivastava et al. 2014, section 4, in the "inverted" form of section 10: nothing is scaled at
    prediction.

    Parameters
    ----------
    rates : tuple of float or float64 array (m, 1)
        Probability p in [0, 1) for the input and for each hidden layer, n_layers in all; an array has one rate
        for each member.
    seed : uint32 array (..., 1)
        One seed for each member.
    step : uint32 array (1,)
        The step counter.
    first_row : int, default 0
        Number that the first of the rows has in its batch.
    """

    rates: tuple[float | Array, ...]
    seed: Array
    step: Array
    first_row: int = 0

    def mask(self, xp: Namespace, h: Array, layer: int) -> Array | None:
        """Factors for h (..., n, k), 0 or 1 / (1 - p), shaped (n, k) behind the seed's leading axes.

        None where the rate is 0.
        """
        rate = self.rates[layer]
        if not _is_of_members(rate) and rate == 0:
            return None
        n, k = h.shape[-2:]
        key = self.key(self.step, layer)
        first = self.first_row * k
        index = xp.arange(first, first + n * k, dtype=xp.uint32, device=key.device)
        kept = xp.reshape(self.kept(xp, index, key, layer), (*key.shape[:-1], n, k))
        return self.factor(xp, kept, layer, h.dtype)

    def kept(self, xp: Namespace, index: Array, key: Array, layer: int) -> Array:
        """True where an element is kept, from its number in the batch and its layer's `key`, both uint32."""
        bits = _mixed(_mixed(index ^ key) + key)
        rate, top = self.rates[layer], 2**32 - 1  # to which a rate next to 1 would not round
        if _is_of_members(rate):
            return bits >= xp.astype(xp.minimum(xp.round(rate * 2**32), xp.full_like(rate, top)), xp.uint32)
        return bits >= min(round(rate * 2**32), top)

    def factor(self, xp: Namespace, kept: Array, layer: int, dtype: Any) -> Array:
        """Factor of an element: 0, or 1 / (1 - p) if it is kept."""
        rate = self.rates[layer]
        return xp.astype(kept, dtype) / (xp.astype(1 - rate, dtype)[..., None] if _is_of_members(rate) else 1 - rate)

    def key(self, steps: Array, layer: int) -> Array:
        """Key from which the masks of a layer are drawn, uint32 (..., s), for steps of the same type (s,)."""
        return _mixed(_mixed(_mixed(self.seed) ^ steps) + (0x9E3779B9 * (layer + 1)) % 2**32)

    def keys(self, xp: Namespace, n: int) -> Array:
        """The `key` of each of the next n steps and of each layer, uint32 (..., n, n_layers)."""
        steps = self.step + 1 + xp.arange(n, dtype=xp.uint32, device=self.step.device)
        return xp.stack([self.key(steps, layer) for layer in range(len(self.rates))], axis=-1)
