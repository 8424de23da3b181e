"""Schedule-free Adam: an average of the iterates takes the place of a schedule that lets the rate fall to 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gpunn.optim.first_order import FirstOrder, MethodState, bias_correction
from gpunn.typing import Array, Namespace


class ScheduleFreeState(NamedTuple):
    """Step counter and sum of the squared rates (1,); average x, iterate z and running mean v of g^2, like theta.

    x is what is evaluated and kept, by every method that has this state.
    """

    t: Array
    total: Array
    x: Array
    z: Array
    v: Array


@dataclass(frozen=True)
class ScheduleFreeAdamW(FirstOrder):
    """Schedule-free AdamW. Source: Defazio et al. 2024, "The Road Less Scheduled", algorithm 1.

    theta is y, where the gradient is taken, between the iterate z of the steps and the average x, which is evaluated:

    v <- b2 v + (1 - b2) g^2,  lr_t = lr sqrt(1 - b2^t),
    z <- z - lr_t (g / (sqrt(v) + eps) + decay y),
    x <- (1 - c) x + c z  with  c = lr_t^2 / (sum of lr_i^2 for i = 1 .. t),  y <- (1 - b1) z + b1 x

    Parameters
    ----------
    b1, b2, eps : float, default 0.9, 0.999 and 1e-8
    decay : float or array (m, 1), default 0.01
    n_decayed : int
        Only the first ``n_decayed`` entries of theta decay, as in `gpunn.optim.first_order.AdamW`.
    """

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8
    decay: float | Array = 0.01
    n_decayed: int = 0

    def init(self, xp: Namespace, theta: Array) -> ScheduleFreeState:
        t, total = (xp.zeros_like(xp.reshape(theta, (-1,))[:1]) for _ in range(2))
        x, z = (xp.asarray(theta, copy=True) for _ in range(2))
        return ScheduleFreeState(t, total, x, z, xp.zeros_like(theta))

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        t, total, x, z, v = state
        t += 1
        rate = lr * xp.sqrt(bias_correction(xp, self.b2, t))
        square = rate * rate
        total += square
        smallest = float(xp.finfo(total.dtype).smallest_normal)
        share = square / xp.maximum(total, xp.full_like(total, smallest))  # of a rate whose square is 0, 0
        v *= self.b2
        v += (1 - self.b2) * (g * g)
        step = xp.sqrt(v)
        step += self.eps
        step = g / step
        step *= rate
        z -= step
        z[..., : self.n_decayed] -= (self.decay * rate) * theta[..., : self.n_decayed]
        x += share * (z - x)
        theta[...] = x - z
        theta *= self.b1
        theta += z
