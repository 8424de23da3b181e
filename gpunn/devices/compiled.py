"""Epochs of minibatch training and gradients of all rows, compiled by Numba: made from the formulas, kept on disk.

Numba is an extra (``gpunn[numba]``). Where it is missing, or a formula cannot be fused, training goes on with
arrays, and the history says so.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import pickle
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from gpunn.devices import code_cache, cores, gate_source, products
from gpunn.devices.epoch_source import Way, epoch_source, workspace
from gpunn.devices.gate_source import OPEN
from gpunn.devices.gradient_source import block_rows, gradient_source, gradient_workspace
from gpunn.devices.kernels_source import couples

FLOPS_A_CALL = 2e10  # Ctrl-C waits for a call to end: about a tenth of a second
STEP, WEIGHT, NEURON = 1e6, 300, 1e3  # products that take as long as a step's start, a weight's update, a neuron's row
LARGE = 2**15  # weights from which threads no longer add up gradients
FLOPS_A_THREAD = 5e5  # less than this and waking a second thread costs more than it brings


class CompiledEpoch:
    """One epoch as a function, for networks of one depth, one set of formulas and one dtype.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    theta : ndarray (P,) or (m, P)
    state : NamedTuple
        Of the method.
    dropout : Dropout, optional

    Raises
    ------
    Untraceable
        If a formula cannot be fused.
    ModuleNotFoundError
        If Numba is not installed.
    """

    def __init__(self, objective: Any, method: Any, theta: np.ndarray, state: Any, dropout: Any = None) -> None:
        self.sizes, self.n_weights = objective.network.sizes, objective.network.n_weights
        self.whole_rows = couples(objective.network)
        self.spare: list[np.ndarray] = []  # memory to work in, which the system would have to clear anew
        self.functions: dict[Way, Any] = {}
        self._source = functools.partial(epoch_source, objective, method, state, theta.dtype.name, dropout=dropout)
        self._function(self._way(1))

    def _way(self, batch: int) -> Way:
        """How the threads share a step: so that they hand each other little."""
        if self.n_weights < LARGE:
            return "gradients"
        few_parts = 2 * batch * sum(self.sizes[1:]) <= self.n_weights
        return "neurons" if few_parts and not self.whole_rows else "rows"

    def _function(self, way: Way) -> Any:
        if way not in self.functions:
            self.functions[way] = _compiled(self._source(way), "epoch")
        return self.functions[way]

    def place(self, theta: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """theta and state where the program wants them: each array at a multiple of 64 bytes, copied if it must be.

        What BLAS gives may differ in the last bit with the address; the same seed is to give the same bits.
        """
        return _aligned(theta), type(state)(*map(_aligned, state))

    def __call__(
        self,
        theta: np.ndarray,
        state: Any,
        X: np.ndarray,
        T: np.ndarray,
        weight: np.ndarray | None,
        order: np.ndarray,
        lr: np.ndarray,
        batch: int,
        keys: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum over the rows of the cost of their batch, and the norm of the last gradient; theta and state change.

        theta and state are those that `place` gave, keys those of `Dropout`, (s, n_layers) for s steps and (m, s,
        n_layers) for members. Both numbers are arrays (), for members (m,). Each member is trained by one thread, as
        many at once as there are cores; one alone by all threads.
        """
        if theta.ndim == 2 and len(theta) == 1:
            alone = type(state)(*(array[0] if array.shape == theta.shape else array for array in state))
            total, norm = self(theta[0], alone, X, T, weight, order, lr, batch, None if keys is None else keys[0])
            return total[None], norm[None]
        weight = np.empty(0, theta.dtype) if weight is None else weight
        keys = np.empty((*theta.shape[:-1], len(lr), 0), np.uint32) if keys is None else keys
        flops = 6 * batch * _n_products(self.sizes)
        steps = max(1, int(FLOPS_A_CALL / (STEP + WEIGHT * self.n_weights + batch * _work(self.sizes))))
        alone = theta.ndim == 1
        threads, way = _threads(flops) if alone else 1, self._way(batch)
        function = self._function(way)
        total, norm = np.zeros(theta.shape[:-1]), np.zeros(theta.shape[:-1])

        def run(first: int, which: Any, theta: np.ndarray, state: Any) -> None:
            try:
                work = self.spare.pop()
            except IndexError:  # there are as many as there are runs at once
                work = _empty_aligned(workspace(self.sizes, theta.size, batch, threads, way), theta.dtype)
            rows, rates = order[first * batch : (first + steps) * batch], lr[first : first + steps]
            drawn = keys[which][first : first + steps]
            given = (X, T, weight, rows, self.sizes, theta, *state, rates, batch, drawn, work)
            found = _together(function, threads, given) if alone else [function(0, 1, np.zeros(1, np.int64), *given)]
            self.spare.append(work)
            total[which] += sum(part[0] for part in found)
            norm[which] = np.sqrt(sum(part[1] for part in found))

        for first in range(0, len(lr), steps):
            if alone:
                run(first, (), theta, state)
            else:
                _members(functools.partial(run, first), theta, state)
        return total, norm


def _members(run: Callable[[int, np.ndarray, Any], None], theta: np.ndarray, state: Any) -> None:
    """Run members side by side; numbers that are one for all of them change once."""
    shared = [array.shape != theta.shape for array in state]
    states = [[a.copy() if s else a[i] for a, s in zip(state, shared, strict=True)] for i in range(len(theta))]
    cores.each(lambda i: run(i, theta[i], states[i]), range(len(theta)))
    for array, after, s in zip(state, states[0], shared, strict=True):
        if s:
            array[...] = after


class CompiledGradient:
    """Cost and gradient of an objective on the same rows again and again; theta (P,) -> f (), g (P,).

    Parameters
    ----------
    objective : Objective
    dtype : dtype
        Of theta.
    X, T, weight : ndarray (n, d), (n, k), (n,) or None
        X of any numeric type that Numba knows, T and weight of ``dtype``.

    Raises
    ------
    Untraceable, ModuleNotFoundError
        As `CompiledEpoch`.
    """

    def __init__(self, objective: Any, dtype: Any, X: np.ndarray, T: np.ndarray, weight: np.ndarray | None) -> None:
        self.objective, self.sizes = objective, objective.network.sizes
        self.X, self.T = X, T
        self.weight = np.ones(len(X), dtype) if weight is None else weight
        total = float(np.sum(self.weight))
        self.share = np.dtype(dtype).type(1 / total if total > 0 else 0)
        convert = X.dtype != dtype or not X.flags.c_contiguous  # BLAS wants rows whose numbers lie side by side
        self.function = _compiled(gradient_source(objective, np.dtype(dtype).name, convert), "gradient")
        n_parameters = objective.network.n_parameters
        self.threads = _threads(6 * len(X) * _n_products(self.sizes))
        self.rows = min(block_rows(self.sizes), -(-len(X) // self.threads))
        self.rows_a_call = max(1, int(FLOPS_A_CALL / _work(self.sizes)))
        self.work = _empty_aligned(gradient_workspace(self.sizes, n_parameters, self.threads), dtype)
        self.theta = _empty_aligned(n_parameters, dtype)

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.theta[...] = theta
        f, g, of_part = 0.0, np.zeros_like(theta), np.empty_like(theta)
        for first in range(0, len(self.X), self.rows_a_call):
            part = slice(first, first + self.rows_a_call)
            rows = self.X[part], self.T[part], self.weight[part]
            given = (*rows, self.share, self.sizes, self.theta, of_part, self.rows, self.work)
            f += sum(_together(self.function, self.threads, given))
            g += of_part
        return np.asarray(f, theta.dtype) + self.objective.add_penalties(np, theta, g, self.share), g


def _together(function: Any, threads: int, given: tuple[Any, ...]) -> list[Any]:
    """What ``function(k, threads, gate, *given)`` returns to each of the threads k, which meet at the gate."""
    gate, found = np.zeros(1, np.int64), [None] * threads

    def run(k: int) -> None:
        found[k] = function(k, threads, gate, *given)

    def give_up() -> None:
        gate[0] = OPEN

    cores.together(run, threads, give_up)
    return found


def _work(sizes: tuple[int, ...]) -> float:
    """What a row costs: its products, and in their measure what its neurons cost beside them."""
    return 6 * _n_products(sizes) + NEURON * sum(sizes[1:])


def _n_products(sizes: tuple[int, ...]) -> int:
    return sum(a * b for a, b in itertools.pairwise(sizes))


def _threads(flops: int) -> int:
    return max(1, min(cores.cores(), int(flops / FLOPS_A_THREAD)))


def _aligned(x: np.ndarray) -> np.ndarray:
    if x.ctypes.data % 64 == 0:
        return x
    copy = _empty_aligned(x.size, x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


def _empty_aligned(n: int, dtype: Any) -> np.ndarray:
    """n numbers that begin at a multiple of 64 bytes."""
    raw = np.empty(n * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + n * np.dtype(dtype).itemsize].view(dtype)


def _compiled(source: str, name: str) -> Any:
    """A function of a source, compiled when it is called and kept on disk."""
    function = getattr(_module(source), name)
    function._cache = _Kept(source, name)
    return function


def _module(source: str) -> ModuleType:
    """The source as a module, which is the same for all threads."""
    import numba

    products.make_known()
    gate_source.make_known()
    name = "gpunn_epoch_" + hashlib.sha256(f"{numba.__version__}\n{source}".encode()).hexdigest()[:24]
    if name not in sys.modules:
        module = ModuleType(name)
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)
        sys.modules.setdefault(name, module)  # where Numba looks for the module of what it compiles
    return sys.modules[name]


class _Kept:
    """In the place of Numba's own cache of a function, which reads whatever lies in its folder."""

    def __init__(self, source: str, name: str) -> None:
        self.source, self.name = source, name

    def load_overload(self, signature: Any, context: Any) -> Any:
        from numba.core.compiler import CompileResult

        data = code_cache.load(self._key(signature, context.codegen()))
        if data is None:
            return None
        context.refresh()
        return CompileResult._rebuild(context, *pickle.loads(data))

    def save_overload(self, signature: Any, result: Any) -> None:
        from numba.core.serialize import dumps

        code_cache.save(self._key(signature, result.codegen), dumps(result._reduce()))

    def _key(self, signature: Any, codegen: Any) -> str:
        """All that the code depends on."""
        import llvmlite
        import numba

        versions = sys.implementation.cache_tag, np.__version__, numba.__version__, llvmlite.__version__
        return "\n".join(map(str, [*versions, codegen.magic_tuple(), self.name, signature, self.source]))
