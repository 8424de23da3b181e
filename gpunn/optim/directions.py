"""Search directions of the full-batch methods.

A direction has ``start(xp, theta) -> state``, ``direction(xp, state, g) -> p`` and
``update(xp, state, p, s, y, g) -> state`` after a step s along p that changed the gradient by y to g. All arrays have
shape (P,). ``c2`` is the curvature constant of its line search; ``unit_step`` says whether a step length of 1
is the natural first trial.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from gpunn.typing import Array, Namespace

State = TypeVar("State")


class Direction(ABC, Generic[State]):
    """Direction of a minimisation; see the head of this file. Each has a state of a type of its own."""

    c2: ClassVar[float]
    unit_step: ClassVar[bool]

    @abstractmethod
    def start(self, xp: Namespace, theta: Array) -> State:
        """The state before the first step."""

    @abstractmethod
    def direction(self, xp: Namespace, state: State, g: Array) -> Array:
        """Direction of the search from a point with gradient g (P,)."""

    @abstractmethod
    def update(self, xp: Namespace, state: State, p: Array, s: Array, y: Array, g: Array) -> State:
        """The state after a step."""

    def to_arrays(self, state: State, g: Array) -> dict[str, Any]:
        """The state at a point of gradient g (P,), as arrays and integers by name; g itself is not among them.

        A direction whose state is not None overrides this and `from_arrays`, so that a training by it can be kept
        between two iterations.
        """
        if state is not None:
            raise NotImplementedError(
                f"{type(self).__name__} has a state that cannot be kept: define to_arrays and from_arrays."
            )
        return {}

    def from_arrays(self, xp: Namespace, asarray: Callable[[Any], Array], parts: Mapping[str, Any], g: Array) -> State:
        """The inverse of `to_arrays`; ``asarray`` copies a part to an array on the device."""
        return self.start(xp, g)


@dataclass(frozen=True)
class SteepestDescent(Direction[None]):
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
class ConjugateGradient(Direction[Conjugate | None]):
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

    def to_arrays(self, state: Conjugate | None, g: Array) -> dict[str, Any]:
        return {} if state is None else state._asdict()

    def from_arrays(
        self, xp: Namespace, asarray: Callable[[Any], Array], parts: Mapping[str, Any], g: Array
    ) -> Conjugate | None:
        return Conjugate(asarray(parts["p"]), asarray(parts["g"])) if parts else None


class Inverse(NamedTuple):
    """H = scale (base + D^T M D): H after every step, multiplied out in the directions D of the searches.

    M is symmetric and tridiagonal. ``base`` is a number () that stands for that multiple of I, or a matrix (P, P).
    ``rows`` (capacity, P) holds the n directions that there are, the next one last; ``diagonal`` and ``beside``
    (capacity,) hold the M_ii and M_i,i+1. ``g`` is the gradient after the last step and ``p`` = -H g the next
    direction, (P,) each; ``scale`` is (). The arrays of a state are those of the states after it, too.
    """

    scale: Array
    base: Array
    rows: Array
    diagonal: Array
    beside: Array
    n: int
    g: Array
    p: Array

    def with_row(self, p: Array) -> Inverse:
        """The same H with one more direction, which is not in it yet."""
        self.rows[self.n, :] = p
        self.diagonal[self.n] = 0
        self.beside[max(self.n - 1, 0)] = 0
        return self._replace(n=self.n + 1, p=p)


@dataclass(frozen=True)
class BFGS(Direction[Inverse | None]):
    """p = -H g with H the inverse Hessian matrix of all steps. Source: Nocedal & Wright 2006, algorithm 6.1.

    H is kept as its steps, of which there are far fewer than parameters as a rule: a product with H then reads a vector
    for each, twice. What (6.17) adds to H is made of s and Hy, s lies along p, and Hy is a sum of p and the direction
    after it. Only when the steps fill a quarter of a matrix are they added up to one.

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
        Largest number of steps; unlimited if not given.
    """

    scaled: bool = True
    max_bytes: int | None = None
    max_steps: int | None = None

    c2: ClassVar[float] = 0.9
    unit_step: ClassVar[bool] = True

    def start(self, xp: Namespace, theta: Array) -> Inverse | None:
        n = theta.shape[0]
        rows = self._capacity(n)
        n_rows = rows + (n if self.max_steps is None or self.max_steps >= rows else 0)
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
        return state.p if g is state.g else -self.product(xp, state, g)  # another g, where a step taught nothing

    def product(self, xp: Namespace, H: Inverse, v: Array) -> Array:
        """H v, of shape (P,)."""
        found = H.base @ v if H.base.ndim else H.base * v
        rows = H.rows[: H.n, :]
        return H.scale * (found + self._times_M(xp, H, rows @ v) @ rows)

    def update(self, xp: Namespace, state: Inverse | None, p: Array, s: Array, y: Array, g: Array) -> Inverse:
        sy, alpha = xp.vecdot(s, y), xp.vecdot(s, s) / xp.vecdot(s, p)
        one = xp.ones_like(sy)
        if state is None:
            up = sy / xp.vecdot(y, y) if self.scaled else one
            rows = xp.empty((self._capacity(s.shape[0]), s.shape[0]), dtype=s.dtype, device=s.device)
            diagonal = xp.empty_like(rows[:, 0])
            state = Inverse(one, up, rows, diagonal, xp.empty_like(diagonal), 0, g, g)
            scale, Hg = one, up * g
        else:
            up = one
            if self.scaled:  # s^T H^-1 s: H^-1 p is minus the gradient before, y - g
                up = xp.maximum(xp.vecdot(s, y - g) * alpha / sy, one)
            scale, Hg = up * state.scale, up * self.product(xp, state, g)
        if p is not state.p:
            state = self._with_room(xp, state).with_row(p)
        state = self._with_room(xp, state)
        Hy = Hg + up * p  # p is -H times the gradient before
        sg, rho, k = xp.vecdot(s, g), 1 / sy, state.n - 1
        # (6.17) multiplied out: H + c s s^T - rho (Hy s^T + s Hy^T).
        c = rho + rho * rho * xp.vecdot(y, Hy)
        along = c * sg - rho * xp.vecdot(Hy, g)
        after = rho * sg * Hy - Hg - along * s
        # Hy = -u after - v p, from the line above; 1 - rho sg is s^T (y - g) / s^T y, greater than 0 in a descent.
        u = 1 / (1 - rho * sg)
        v = (along * alpha - up) * u
        state = state.with_row(after)
        state.diagonal[k] = (c * alpha + 2 * rho * v) * alpha / scale
        state.beside[k] = rho * alpha * u / scale
        return state._replace(scale=scale, g=g)

    def to_arrays(self, state: Inverse | None, g: Array) -> dict[str, Any]:
        if state is None:
            return {}
        n = state.n
        used = {"rows": state.rows[:n, :], "diagonal": state.diagonal[:n], "beside": state.beside[: n - 1]}
        parts = state._asdict() | used | {"capacity": state.rows.shape[0]}
        if state.g is g:  # `direction` asks whether it is the same array
            del parts["g"]
        return parts

    def from_arrays(
        self, xp: Namespace, asarray: Callable[[Any], Array], parts: Mapping[str, Any], g: Array
    ) -> Inverse | None:
        if not parts:
            return None
        n, given = int(parts["n"]), {name: asarray(parts[name]) for name in ("scale", "base")}
        rows = xp.empty((int(parts["capacity"]), g.shape[0]), dtype=g.dtype, device=g.device)
        diagonal, beside = xp.empty_like(rows[:, 0]), xp.empty_like(rows[:, 0])
        rows[:n, :] = asarray(parts["rows"])
        diagonal[:n] = asarray(parts["diagonal"])
        beside[: n - 1] = asarray(parts["beside"])
        of_g = asarray(parts["g"]) if "g" in parts else g
        return Inverse(**given, rows=rows, diagonal=diagonal, beside=beside, n=n, g=of_g, p=asarray(parts["p"]))

    def _capacity(self, n: int) -> int:
        """Number of rows to allocate at first: one for each step, and one for the direction after the last."""
        most = _most_rows(n)
        return most if self.max_steps is None else min(most, self.max_steps + 1)

    def _times_M(self, xp: Namespace, H: Inverse, v: Array) -> Array:
        """M v, for v (n,) or (n, k)."""
        shape = (H.n, *(1,) * (v.ndim - 1))
        found = xp.reshape(H.diagonal[: H.n], shape) * v
        beside = xp.reshape(H.beside[: H.n], shape)[:-1, ...]
        found[1:, ...] += beside * v[:-1, ...]
        found[:-1, ...] += beside * v[1:, ...]
        return found

    def _with_room(self, xp: Namespace, H: Inverse) -> Inverse:
        """The same H, with room for a row."""
        capacity, n = H.rows.shape
        if H.n < capacity:
            return H
        if capacity < _most_rows(n):  # a training that goes on for more than max_steps
            longer = xp.empty((min(2 * capacity, _most_rows(n)), n), dtype=H.rows.dtype, device=H.rows.device)
            longer[:capacity, :] = H.rows
            more = xp.zeros_like(longer[capacity:, 0])
            return H._replace(rows=longer, diagonal=xp.concat([H.diagonal, more]), beside=xp.concat([H.beside, more]))
        matrix = H.base if H.base.ndim else H.base * xp.eye(n, dtype=H.rows.dtype, device=H.rows.device)
        factors = self._times_M(xp, H, H.rows)
        block = max(1, 2**20 // n)  # rows at a time, so that no second matrix is made
        for i in range(0, n, block):
            part = slice(i, min(i + block, n))
            matrix[part, :] += xp.matrix_transpose(H.rows[:, part]) @ factors
        return H._replace(base=matrix, n=0).with_row(H.p)


def _most_rows(n: int) -> int:
    """Number of rows after which an H of n parameters is added up to a matrix."""
    return max(16, n // 4)


class Pair(NamedTuple):
    """A step s, the change y of the gradient it made, and rho = 1 / y^T s."""

    s: Array
    y: Array
    rho: Array


@dataclass(frozen=True)
class LBFGS(Direction[tuple[Pair, ...]]):
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

    def to_arrays(self, state: tuple[Pair, ...], g: Array) -> dict[str, Any]:
        return {f"{name}.{i}": part for i, pair in enumerate(state) for name, part in pair._asdict().items()}

    def from_arrays(
        self, xp: Namespace, asarray: Callable[[Any], Array], parts: Mapping[str, Any], g: Array
    ) -> tuple[Pair, ...]:
        n = len(parts) // len(Pair._fields)
        return tuple(Pair(*(asarray(parts[f"{name}.{i}"]) for name in Pair._fields)) for i in range(n))
