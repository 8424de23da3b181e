"""First-order methods: one update of theta for each gradient.

A method has ``init(xp, theta) -> state`` and ``update(xp, theta, g, state, lr)``, which changes theta and the
arrays of the state in place. theta and g have shape (..., P); ``lr`` is an array (1,) on the device of theta, and
so is any counter in a state, because a captured step freezes Python numbers. Members that have learning rates and
counters of their own have (m, 1). ``g`` may be overwritten.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gpunn.typing import Array, Namespace


class MethodState(Protocol):
    """The state of a method: a named tuple of arrays, each shaped like theta or (1,)."""

    def __init__(self, *arrays: Array) -> None: ...

    def __iter__(self) -> Iterator[Array]: ...

    @property
    def _fields(self) -> tuple[str, ...]: ...


class NoState(NamedTuple):
    """Nothing is remembered from step to step."""


class Velocity(NamedTuple):
    """The running step of the momentum methods, shaped like theta."""

    v: Array


class Moments(NamedTuple):
    """Step counter (1,) and running means of g and g^2, shaped like theta."""

    t: Array
    m: Array
    v: Array


class FirstOrder(ABC):
    """Interface of a first-order method; see the head of this file."""

    @abstractmethod
    def init(self, xp: Namespace, theta: Array) -> MethodState:
        """The state before the first step, on the device of theta (..., P)."""

    @abstractmethod
    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        """One step: change theta and the arrays of the state, which `init` made, in place."""


@dataclass(frozen=True)
class GradientDescent(FirstOrder):
    """theta <- theta - lr g. Source: Cauchy 1847; on minibatches Robbins & Monro 1951."""

    def init(self, xp: Namespace, theta: Array) -> NoState:
        return NoState()

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        g *= lr
        theta -= g


@dataclass(frozen=True)
class Momentum(FirstOrder):
    """v <- momentum v - lr g,  theta <- theta + v. Source: Polyak 1964; Sutskever et al. 2013, eq. 1 and 2."""

    momentum: float = 0.9

    def init(self, xp: Namespace, theta: Array) -> Velocity:
        return Velocity(xp.zeros_like(theta))

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        (v,) = state
        g *= lr
        v *= self.momentum
        v -= g
        theta += v


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v <- momentum v - lr g,  theta <- theta + momentum v - lr g, the step that looks ahead.

    Source: Nesterov 1983; Sutskever et al. 2013, equations 3 and 4, in the variable at which g is taken.
    """

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        (v,) = state
        g *= lr
        v *= self.momentum
        v -= g
        theta -= g
        g[...] = v
        g *= self.momentum
        theta += g


@dataclass(frozen=True)
class Adam(FirstOrder):
    """Adam: Kingma & Ba 2015, algorithm 1, with the bias correction folded into the rate as in section 2.

    m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
    theta <- theta - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
    """

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    def init(self, xp: Namespace, theta: Array) -> Moments:
        t = xp.zeros_like(xp.reshape(theta, (-1,))[:1])
        return Moments(t, xp.zeros_like(theta), xp.zeros_like(theta))

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        t, m, v = state
        t += 1
        rate = lr * xp.sqrt(bias_correction(xp, self.b2, t)) / bias_correction(xp, self.b1, t)
        m *= self.b1
        m += (1 - self.b1) * g
        v *= self.b2
        g *= g
        g *= 1 - self.b2
        v += g
        step = xp.sqrt(v)
        step += self.eps
        step = m / step
        step *= rate
        theta -= step


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay, theta <- theta - lr decay theta. Source: Loshchilov & Hutter 2019, alg. 2.

    Parameters
    ----------
    decay : float or array (m, 1), default 0.01
        An array, in the dtype of theta, has one for each member.
    n_decayed : int
        Only the first ``n_decayed`` entries of theta decay: the weights of layers.
    """

    decay: float | Array = 0.01
    n_decayed: int = 0

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        theta[..., : self.n_decayed] *= 1 - self.decay * lr
        super().update(xp, theta, g, state, lr)


def clip_norm(xp: Namespace, g: Array, limit: float) -> None:
    """Scale g (..., P), in place, to a Euclidean norm of at most ``limit``. Source: Pascanu et al. 2013, alg. 1.

    A member of g that is not finite becomes NaN.
    """
    # In units of its largest entry: a square beyond the dtype would make the norm infinite and the step 0.
    top = xp.max(xp.abs(g), axis=-1, keepdims=True)
    top = xp.maximum(top, xp.full_like(top, limit))
    norm = xp.linalg.vector_norm(g / top, axis=-1, keepdims=True)
    limit = limit / top
    g *= limit / xp.maximum(norm, limit)


def bias_correction(xp: Namespace, b: float, t: Array) -> Array:
    """1 - b^t, by expm1: in float32 the difference itself would be wrong in the fourth digit at t = 1."""
    return -xp.expm1(t * math.log(b)) if b > 0 else xp.ones_like(t)
