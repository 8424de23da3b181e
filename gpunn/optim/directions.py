"""Search directions of the full-batch methods.

A direction has ``start(xp, theta) -> state``, ``direction(xp, state, g) -> p`` and
``update(xp, state, p, s, y, g) -> state`` after a step s along p that changed the gradient by y to g. All arrays have
shape (P,). ``c2`` is the curvature constant its line search wants; ``unit_step`` says whether a step length of 1
is the natural first trial.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

Array = Any
Namespace = Any


class Direction(ABC):
    """What a minimisation asks of a direction; see the head of this file."""

    c2: ClassVar[float]
    unit_step: ClassVar[bool]

    @abstractmethod
    def start(self, xp: Namespace, theta: Array) -> Any:
        """The state before the first step."""

    @abstractmethod
    def direction(self, xp: Namespace, state: Any, g: Array) -> Array:
        """Where to search from a point of gradient g (P,)."""

    @abstractmethod
    def update(self, xp: Namespace, state: Any, p: Array, s: Array, y: Array, g: Array) -> Any:
        """The state after a step."""


@dataclass(frozen=True)
class SteepestDescent(Direction):
    """p = -g. Source: Cauchy 1847; Nocedal & Wright 2006, section 2.2."""

    c2: ClassVar[float] = 0.1
    unit_step: ClassVar[bool] = False

    def start(self, xp: Namespace, theta: Array) -> None:
        return None

    def direction(self, xp: Namespace, state: None, g: Array) -> Array:
        return -g

    def update(self, xp: Namespace, state: None, p: Array, s: Array, y: Array, g: Array) -> None:
        return None


class Conjugate(NamedTuple):
    """The last direction, and the gradient it started from."""

    p: Array
    g: Array


@dataclass(frozen=True)
class ConjugateGradient(Direction):
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


class Inverse(NamedTuple):
    """H = scale (base + sum over steps of  c s s^T - rho (Hy s^T + s Hy^T)): H after every step, multiplied out.

    ``base`` is a number () that stands for so many times I, or a matrix (P, P). ``rows`` (capacity, P) holds the s and
    Hy of each step in turn, ``c`` and ``rho`` (capacity / 2,) its factors; ``n`` steps are there. ``g`` is the gradient
    after the last of them, and ``Hg`` the product with it, (P,) each; ``scale`` is ().
    """

    scale: Array
    base: Array
    rows: Array
    c: Array
    rho: Array
    n: int
    g: Array
    Hg: Array


@dataclass(frozen=True)
class BFGS(Direction):
    """p = -H g with H the inverse Hessian matrix of all steps. Source: Nocedal & Wright 2006, algorithm 6.1.

    H is kept as its steps, of which there are far fewer than parameters as a rule: a product with H then reads 2 k
    vectors and not P. Only when the steps fill a quarter of a matrix are they added up to one.

    Parameters
    ----------
    scaled : bool, default True
        Start H from gamma I, gamma = s^T y / y^T y of the first step (6.20), rather than from I; and where H^-1 has
        made the curvature along a step too great, multiply H by s^T H^-1 s / s^T y before the step is added. Without
        it too great a curvature, as a start far from the minimum leaves it, goes only slowly, direction by direction.
        Source: Al-Baali 1998, "Numerical experience with a class of self-scaling quasi-Newton algorithms".
    max_bytes : int, optional
        Refuse a theta for which H may need more.
    max_steps : int, optional
        How many steps there may be; as many as one likes if not given.
    """

    scaled: bool = True
    max_bytes: int | None = None
    max_steps: int | None = None

    c2: ClassVar[float] = 0.9
    unit_step: ClassVar[bool] = True

    def start(self, xp: Namespace, theta: Array) -> Inverse | None:
        n = theta.shape[0]
        n_rows = self._capacity(n) + (n if self.max_steps is None or 2 * self.max_steps > self._capacity(n) else 0)
        n_bytes = n_rows * n * xp.finfo(theta.dtype).bits // 8
        if self.max_bytes is not None and n_bytes > self.max_bytes:
            raise ValueError(
                f"solver='bfgs' keeps up to {n_rows:,} x {n:,} numbers: it needs {n_bytes:,} bytes and "
                f"{self.max_bytes:,} are free. Use solver='lbfgs', which needs a few vectors, fewer iterations or a "
                f"smaller network."
            )
        return None

    def direction(self, xp: Namespace, state: Inverse | None, g: Array) -> Array:
        if state is None:
            return -g
        return -(state.Hg if g is state.g else self.product(xp, state, g))  # another g, where a step taught nothing

    def product(self, xp: Namespace, H: Inverse, v: Array) -> Array:
        """H v, of shape (P,)."""
        found = H.base @ v if H.base.ndim else H.base * v
        rows = H.rows[: 2 * H.n, :]
        return H.scale * (found + self._factors(xp, H, rows @ v) @ rows)

    def update(self, xp: Namespace, state: Inverse | None, p: Array, s: Array, y: Array, g: Array) -> Inverse:
        sy = xp.vecdot(s, y)
        one = xp.ones_like(sy)
        if state is None:
            gamma = sy / xp.vecdot(y, y) if self.scaled else one
            rows = xp.empty((self._capacity(s.shape[0]), s.shape[0]), dtype=s.dtype, device=s.device)
            c = xp.empty_like(rows[::2, 0])
            state = Inverse(one, gamma, rows, c, xp.empty_like(c), 0, g, gamma * g)
            scale, Hg, Hy = one, state.Hg, gamma * y
        else:
            if 2 * state.n == state.rows.shape[0]:
                state = self._added_up(xp, state)
            scale, Hg = state.scale, self.product(xp, state, g)
            Hy = Hg + p  # p is -H times the gradient before
            if self.scaled:
                # s^T H^-1 s: s is alpha p, and H^-1 p minus the gradient before, y - g.
                curvature = xp.vecdot(s, y - g) * (xp.vecdot(s, s) / xp.vecdot(s, p))
                up = xp.maximum(curvature / sy, one)
                scale, Hg, Hy = up * scale, up * Hg, up * Hy
        n, sg, rho = state.n, xp.vecdot(s, g), 1 / sy
        state.rows[2 * n, :], state.rows[2 * n + 1, :] = s, Hy
        # (6.17) multiplied out: H + (rho + rho^2 y^T H y) s s^T - rho (Hy s^T + s Hy^T).
        c = rho + rho * rho * xp.vecdot(y, Hy)
        state.c[n], state.rho[n] = c / scale, rho / scale
        Hg = Hg + (c * sg - rho * xp.vecdot(Hy, g)) * s - (rho * sg) * Hy
        return state._replace(scale=scale, n=n + 1, g=g, Hg=Hg)

    def _capacity(self, n: int) -> int:
        """Rows of the steps that are kept before they are added up to a matrix."""
        most = 2 * max(8, n // 8)
        return most if self.max_steps is None else min(most, 2 * self.max_steps)

    def _factors(self, xp: Namespace, H: Inverse, seen: Array) -> Array:
        """What each row is multiplied by, from the products (2 n, ...) of the rows."""
        of = xp.reshape(seen, (H.n, 2, math.prod(seen.shape[1:])))
        c, rho = H.c[: H.n, None], H.rho[: H.n, None]
        of_s, of_Hy = of[:, 0, :], of[:, 1, :]
        return xp.reshape(xp.stack([c * of_s - rho * of_Hy, -rho * of_s], axis=1), seen.shape)

    def _added_up(self, xp: Namespace, H: Inverse) -> Inverse:
        """The same H as a matrix, with room for steps."""
        n = H.rows.shape[1]
        matrix = H.base if H.base.ndim else H.base * xp.eye(n, dtype=H.rows.dtype, device=H.rows.device)
        factors = self._factors(xp, H, H.rows)
        block = max(1, 2**20 // n)  # rows at a time, so that no second matrix is made
        for i in range(0, n, block):
            part = slice(i, min(i + block, n))
            matrix[part, :] += xp.matrix_transpose(H.rows[:, part]) @ factors
        return H._replace(base=matrix, n=0)


class Pair(NamedTuple):
    """A step s, the change y of the gradient it made, and rho = 1 / y^T s."""

    s: Array
    y: Array
    rho: Array


@dataclass(frozen=True)
class LBFGS(Direction):
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
