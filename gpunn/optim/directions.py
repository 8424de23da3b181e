"""Search directions of the full-batch methods.

A direction has ``start(xp, theta) -> state``, ``direction(xp, state, g) -> p`` and
``update(xp, state, p, s, y, g) -> state`` after a step s along p that changed the gradient by y to g. All arrays have
shape (P,). ``c2`` is the curvature constant its line search wants; ``unit_step`` says whether a step length of 1
is the natural first trial, ``vectors`` that nothing larger than a vector is worked with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

Array = Any
Namespace = Any


class Conjugate(NamedTuple):
    """The last direction, and the gradient it started from."""

    p: Array
    g: Array


@dataclass(frozen=True)
class ConjugateGradient:
    """p <- -g + beta p. Source: Nocedal & Wright 2006, algorithm 5.4.

    It begins again from -g whenever two gradients in a row are far from orthogonal (5.52, after Powell 1977). On a
    quadratic they never are; elsewhere Fletcher-Reeves, above all, would creep on along a bad direction.

    Parameters
    ----------
    beta : {"polak_ribiere", "fletcher_reeves", "hestenes_stiefel"}
        Polak-Ribiere+ is max(0, g^T y / g_old^T g_old) (5.45), Fletcher-Reeves g^T g / g_old^T g_old (5.41a),
        Hestenes-Stiefel g^T y / p^T y (5.46).
    """

    beta: Literal["polak_ribiere", "fletcher_reeves", "hestenes_stiefel"] = "polak_ribiere"

    c2: ClassVar[float] = 0.1
    unit_step: ClassVar[bool] = False
    vectors: ClassVar[bool] = True

    def start(self, xp: Namespace, theta: Array) -> Conjugate | None:
        return None

    def direction(self, xp: Namespace, state: Conjugate | None, g: Array) -> Array:
        if state is None:
            return -g
        y = g - state.g
        gg, gg_old = xp.vecdot(g, g), xp.vecdot(state.g, state.g)
        if self.beta == "fletcher_reeves":
            beta = gg / gg_old
        elif self.beta == "hestenes_stiefel":
            beta = xp.vecdot(g, y) / xp.vecdot(state.p, y)
        else:
            beta = xp.maximum(xp.vecdot(g, y) / gg_old, xp.zeros_like(gg))
        far_from_orthogonal = xp.abs(xp.vecdot(g, state.g)) >= 0.1 * gg  # (5.52)
        beta = xp.where(far_from_orthogonal, xp.zeros_like(beta), beta)
        return beta * state.p - g

    def update(self, xp: Namespace, state: Conjugate | None, p: Array, s: Array, y: Array, g: Array) -> Conjugate:
        return Conjugate(p, g - y)


@dataclass(frozen=True)
class BFGS:
    """p = -H g with H the inverse Hessian matrix, kept in full. Source: Nocedal & Wright 2006, algorithm 6.1.

    Parameters
    ----------
    scaled : bool, default True
        Start H from gamma I, gamma = s^T y / y^T y of the first step (6.20), rather than from I.
    max_bytes : int, optional
        Refuse a theta whose matrix is larger.
    """

    scaled: bool = True
    max_bytes: int | None = None

    c2: ClassVar[float] = 0.9
    unit_step: ClassVar[bool] = True
    vectors: ClassVar[bool] = False

    def start(self, xp: Namespace, theta: Array) -> Array | None:
        n_bytes = theta.shape[0] ** 2 * xp.finfo(theta.dtype).bits // 8
        if self.max_bytes is not None and n_bytes > self.max_bytes:
            raise ValueError(
                f"solver='bfgs' keeps a matrix of {theta.shape[0]:,} x {theta.shape[0]:,} numbers: it needs "
                f"{n_bytes:,} bytes and {self.max_bytes:,} are free. Use solver='lbfgs', which needs a few "
                f"vectors, or a smaller network."
            )
        return None

    def direction(self, xp: Namespace, state: Array | None, g: Array) -> Array:
        return -g if state is None else -(state @ g)

    def update(self, xp: Namespace, state: Array | None, p: Array, s: Array, y: Array, g: Array) -> Array:
        rho = 1 / xp.vecdot(y, s)
        if state is None:
            state = xp.eye(s.shape[0], dtype=s.dtype, device=s.device)
            if self.scaled:
                state *= 1 / (rho * xp.vecdot(y, y))  # gamma
        Hy = state @ y
        # (6.17) multiplied out: H + s a^T - rho Hy s^T, one product of two columns with two rows.
        a = (rho + rho * rho * xp.vecdot(y, Hy)) * s - rho * Hy
        columns = xp.stack([s, Hy], axis=1)
        rows = xp.stack([a, -rho * s], axis=0)
        n = s.shape[0]
        block = max(1, 2**20 // n)  # rows at a time, so that no second matrix is made
        for i in range(0, n, block):
            part = slice(i, min(i + block, n))
            state[part, :] += columns[part, :] @ rows
        return state


class Pair(NamedTuple):
    """A step s, the change y of the gradient it made, and rho = 1 / y^T s."""

    s: Array
    y: Array
    rho: Array


@dataclass(frozen=True)
class LBFGS:
    """BFGS from the last few steps, without a matrix. Source: Nocedal & Wright 2006, algorithms 7.4 and 7.5.

    Parameters
    ----------
    memory : int, default 10
        Number of steps remembered.
    scaled : bool, default True
        Begin each product from gamma I, gamma = s^T y / y^T y of the last step (7.20), rather than from I.
    """

    memory: int = 10
    scaled: bool = True

    c2: ClassVar[float] = 0.9
    unit_step: ClassVar[bool] = True
    vectors: ClassVar[bool] = True

    def start(self, xp: Namespace, theta: Array) -> tuple[Pair, ...]:
        return ()

    def direction(self, xp: Namespace, state: tuple[Pair, ...], g: Array) -> Array:
        q = -g
        alphas = []
        for s, y, rho in reversed(state):
            alpha = rho * xp.vecdot(s, q)
            q -= alpha * y
            alphas.append(alpha)
        if state and self.scaled:
            s, y, rho = state[-1]
            q *= 1 / (rho * xp.vecdot(y, y))  # gamma
        for (s, y, rho), alpha in zip(state, reversed(alphas), strict=True):
            beta = rho * xp.vecdot(y, q)
            q += (alpha - beta) * s
        return q

    def update(
        self, xp: Namespace, state: tuple[Pair, ...], p: Array, s: Array, y: Array, g: Array
    ) -> tuple[Pair, ...]:
        return (*state, Pair(s, y, 1 / xp.vecdot(y, s)))[-self.memory :]


Direction = ConjugateGradient | BFGS | LBFGS
