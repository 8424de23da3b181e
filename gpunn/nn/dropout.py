"""Dropout by a counter-based hash: the mask is a function of (seed, step, layer, element).

No random state is stored or advanced, so every device makes the same mask, a captured step makes a new one at
each replay (the step counter lives on the device), and a resumed run goes on exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Array = Any
Namespace = Any


def _mixed(x: Array) -> Array:
    """A bijection of the 32-bit integers whose output bits depend evenly on all input bits.

    Source: Mueller's xor-shift-multiply form with the constants of Wellons 2018 ("lowbias32").
    """
    x = (x ^ (x >> 16)) * 0x7FEB352D
    x = (x ^ (x >> 15)) * 0x846CA68B
    return x ^ (x >> 16)


@dataclass(frozen=True)
class Dropout:
    """Zeroes each input or hidden activation with probability p and divides the others by 1 - p.

    Source: Srivastava et al. 2014, section 4, in the "inverted" form of section 10: nothing is scaled at
    prediction.

    Parameters
    ----------
    rates : tuple of float
        Probability p in [0, 1) for the input and for each hidden layer, n_layers in all.
    seed : uint32 array (..., 1)
        One seed a member.
    step : uint32 array (1,)
        The step counter.
    """

    rates: tuple[float, ...]
    seed: Array
    step: Array

    def mask(self, xp: Namespace, h: Array, layer: int) -> Array | None:
        """Factors for h (..., n, k), 0 or 1 / (1 - p), shaped (n, k) behind the seed's leading axes.

        None where the rate is 0.
        """
        rate = self.rates[layer]
        if rate == 0:
            return None
        n, k = h.shape[-2:]
        key = _mixed(_mixed(_mixed(self.seed) ^ self.step) + (0x9E3779B9 * (layer + 1)) % 2**32)
        index = xp.arange(n * k, dtype=xp.uint32, device=key.device)
        bits = xp.reshape(_mixed(_mixed(index ^ key) + key), (*key.shape[:-1], n, k))
        keep = bits >= min(round(rate * 2**32), 2**32 - 1)  # a rate next to 1 rounds to what uint32 cannot hold
        return xp.astype(keep, h.dtype) / (1 - rate)
