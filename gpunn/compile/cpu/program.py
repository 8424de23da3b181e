"""Epochs of minibatch training and gradients of all rows, compiled: made from the formulas, kept on disk.

llvmlite is an extra (``gpunn[compile]``). Where it is missing, or a formula cannot be traced, training goes on with
arrays, and the history says so.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from gpunn.compile import formulas
from gpunn.compile.cpu import kernels, native, runtime
from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.epoch import Partition, Step, Strides, share
from gpunn.compile.cpu.gradient import Block, block_rows, end
from gpunn.compile.cpu.workspace import aligned, empty_aligned, zeros_aligned
from gpunn.devices import cores
from gpunn.devices.ranks import ALONE, Ranks
from gpunn.nn.dropout import Dropout
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import FirstOrder, MethodState

FLOPS_PER_CALL = 2e10  # Ctrl-C waits for a call to end: about a tenth of a second
STEP, WEIGHT, NEURON = 1e6, 300, 1e3  # products that take as long as a step's start, a weight's update, a neuron's row
LARGE = 2**15  # weights from which threads no longer add up gradients
FLOPS_PER_THREAD = 5e5  # less than this and waking a second thread costs more than it brings
N_SLOTS = 32  # of the table of addresses; those of the kernels come after


class CompiledEpoch:
    """One epoch as a function, for networks of one depth, one set of formulas and one dtype.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    theta : ndarray (P,) or (m, P)
    state : MethodState
        State of the method.
    X : ndarray or sparse matrix in rows (n, d)
        Rows, for their dtypes.
    dropout : Dropout, optional
    clip_norm : float, optional
        To which the norm of the gradient is clipped.
    max_norm : float, optional
        To which the norms of the incoming weights of neurons are limited.
    ranks : Ranks, optional
        Processes over which the gradients are summed.

    Raises
    ------
    Untraceable
        If a formula cannot be traced.
    ModuleNotFoundError
        If llvmlite is not installed.
    """

    def __init__(
        self,
        objective: Objective,
        method: FirstOrder,
        theta: np.ndarray,
        state: MethodState,
        X: Any,
        dropout: Dropout | None = None,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.ranks = ranks
        self.network, self.dtype = objective.network, theta.dtype
        self.sizes, self.n_weights = objective.network.sizes, objective.network.n_weights
        self.has_row_reductions = formulas.has_row_reductions(objective.network)
        name = theta.dtype.name
        self.X_dtype, self.index_dtype = X.dtype, X.indices.dtype if issparse(X) else None
        found = kernels.network_kernels(objective, name, X.dtype, dropout, self.index_dtype)
        found |= kernels.update_kernels(objective, method, state, name, clip_norm)
        if max_norm is not None:
            found |= kernels.max_norm_kernels(name, max_norm)
        self.functions, self.slots = loaded(found, name)
        self.runtime = runtime.loaded(name)
        self.scratch = kernels.scratch_size(objective, name, dropout)
        self.is_scalar = [rank == formulas.SCALAR for rank in formulas.ranks(state).values()]
        self.workspace_pool: list[np.ndarray] = []  # the system would have to clear new memory
        self.last_plan: tuple[Any, _Plan] | None = None

    def partition(self, batch: int) -> Partition:
        """The partition with the least traffic between threads."""
        if self.n_weights < LARGE:
            return "data parallel"
        few_parts = 2 * batch * sum(self.sizes[1:]) <= self.n_weights
        return "tensor parallel" if few_parts and not self.has_row_reductions else "sharded update"

    def align(self, theta: np.ndarray, state: MethodState) -> tuple[np.ndarray, MethodState]:
        """theta and state with each array at a multiple of 64 bytes, copied if it must be.

        Results of BLAS may differ in the last bit with the alignment, and equal seeds must give equal bits.
        """
        return aligned(theta), type(state)(*map(aligned, state))

    def __call__(
        self,
        theta: np.ndarray,
        state: MethodState,
        X: Any,
        T: np.ndarray,
        weight: np.ndarray | None,
        order: np.ndarray,
        lr: np.ndarray,
        batch: int,
        keys: np.ndarray | None = None,
        totals: np.ndarray | None = None,
        first_row: int = 0,
        largest_share: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sum over the rows of the cost of their batch, and the norm of the last gradient; theta and state change.

        theta and state are those that `align` gave, keys those of `Dropout`, (s, n_layers) for s steps and (m, s,
        n_layers) for members. The order (n,) of the rows may also be one for each member, (m, n). Both results are
        arrays (), for members (m,). Each member is trained by one thread, as many at the same time as there are cores;
        one alone by all threads.

        If ``totals`` (s, 3) are given, the s steps are those of all ranks, of which the rows here are this rank's: sum
        of the weights and number of the rows of all ranks, and the share of the penalties in the sum of costs, which is
        that of this rank alone. ``first_row`` is the number of its first row in a batch, and ``largest_share`` the
        largest number of rows that a rank has of one: all ranks must use the same number of threads, on which the last
        bits depend. There may be more steps than ``order`` has batches.
        """
        if theta.ndim == 2 and len(theta) == 1:
            one = type(state)(*(array[0] if array.shape == theta.shape else array for array in state))
            order = order if order.ndim == 1 else order[0]
            total, norm = self(theta[0], one, X, T, weight, order, lr, batch, None if keys is None else keys[0])
            return total[None], norm[None]
        if (X.dtype, issparse(X), theta.dtype) != (self.X_dtype, self.index_dtype is not None, self.dtype):
            raise TypeError(f"X of {X.dtype} and theta of {theta.dtype} are not those that this was compiled for.")
        others = {"T": T, "lr": lr} | ({} if weight is None else {"weight": weight})
        for name, array in others.items():
            if array.dtype != self.dtype:
                raise TypeError(f"{name} of {array.dtype} does not have the dtype of theta, {self.dtype}.")
        T = _in_elements(T)
        if issparse(X):
            indices, indptr = (np.ascontiguousarray(x, self.index_dtype) for x in (X.indices, X.indptr))
            given = {op.X: X.data, op.INDICES: indices, op.INDPTR: indptr}
        else:
            given = {op.X: _in_elements(X)}
        order, lr = np.ascontiguousarray(order, np.int64), np.ascontiguousarray(lr)
        weight = None if weight is None else np.ascontiguousarray(weight)
        alone = theta.ndim == 1
        n_rows = order.shape[-1]
        short = (n_rows - 1) % batch + 1
        step, n_threads, programs = self._plan(alone, batch, short, _strides(given[op.X], T), largest_share or batch)
        totals = None if totals is None else np.ascontiguousarray(totals, np.float64)
        n_steps = max(1, int(FLOPS_PER_CALL / (STEP + WEIGHT * self.n_weights + batch * _work(self.sizes))))
        total, norm = np.zeros(theta.shape[:-1]), np.zeros(theta.shape[:-1])

        def run(first: int, which: Any, theta: np.ndarray, state: MethodState) -> None:
            work = self._workspace(step, theta.dtype)
            own = order if order.ndim == 1 else order[which]
            rows, rates = own[first * batch : (first + n_steps) * batch], lr[first : first + n_steps]
            drawn = None if keys is None else np.ascontiguousarray(keys[which][first : first + n_steps])
            own_totals = None if totals is None else totals[first : first + n_steps]
            g = work[step.g.start : step.g.start + step.n_parameters]
            errors: list[BaseException] = []

            def all_reduce() -> int:
                try:
                    if totals is not None:
                        self.ranks.allreduce(g)
                except BaseException as error:  # which cannot go through compiled code
                    errors.append(error)
                    return 0
                return op.SUCCESS

            scalars, vectors = self._parts(state)
            threads = [
                Thread(self.functions, self.scratch, scalars, {
                    **given, op.THETA: theta, op.T: T, op.WORKSPACE: work, op.WEIGHTS: np.ones(batch, theta.dtype),
                    **{op.FIRST_FREE + i: array for i, array in enumerate(vectors)},
                })
                for _ in range(n_threads)
            ]  # fmt: skip

            if self.ranks.size > 1:
                called = runtime.CALLED(all_reduce)  # has to exist as long as it may be called
                threads[0].table[op.ALL_REDUCE] = ctypes.cast(called, ctypes.c_void_p).value or 0
            for thread in threads:
                thread.table[op.FIRST_ROW] = first_row

            def epoch(k: int, barrier: int) -> float:
                operations = [x for program in programs[k] for x in (program.ctypes.data, len(program))]
                found = self.runtime.epoch(
                    *operations, threads[k].address, barrier, n_threads, rows.ctypes.data, len(rows), batch,
                    len(rates), _address(weight), _address(own_totals), _address(drawn),
                    0 if drawn is None else drawn.shape[-1], rates.ctypes.data,
                )  # fmt: skip
                if k == 0 and self.ranks.size > 1 and found == -math.inf:
                    # Without an error it was an interrupt at the start or end of the function, which ctypes discards.
                    raise errors[0] if errors else KeyboardInterrupt
                return found

            found = _together(epoch, n_threads)
            self.workspace_pool.append(work)
            for array, value in zip(scalars, threads[0].counters, strict=True):
                array[0] = value
            total[which] += sum(found)
            norm[which] = math.sqrt(sum(thread.sums[op.NORM2] for thread in threads))

        for first in range(0, len(lr), n_steps):
            if alone:
                run(first, (), theta, state)
            else:
                _members(functools.partial(run, first), theta, state)
        return total, norm

    def reserve(
        self,
        theta: np.ndarray,
        state: MethodState,
        X: Any,
        T: np.ndarray,
        weight: np.ndarray | None,
        n: int,
        batch: int,
    ) -> None:
        """Allocate the workspaces of epochs of n rows: where memory runs out, it does so before a step."""
        members = 1 if theta.ndim == 1 else len(theta)
        step = self._step(batch, self._threads_of(members == 1, batch), batch)
        self.workspace_pool = [work for work in self.workspace_pool if work.size >= step.workspace.size]
        while len(self.workspace_pool) < min(members, cores.cores()):
            self.workspace_pool.append(empty_aligned(step.workspace.size, theta.dtype))

    def _workspace(self, step: Step, dtype: Any) -> np.ndarray:
        """A workspace that no run uses: there are as many as there are runs at the same time."""
        try:
            work = self.workspace_pool.pop()
        except IndexError:
            work = empty_aligned(0, dtype)
        # One that a smaller batch left may be too small.
        return work if work.size >= step.workspace.size else empty_aligned(step.workspace.size, dtype)

    def _step(self, batch: int, n_threads: int, largest_share: int) -> Step:
        partition, all_reduces = self.partition(largest_share), self.ranks.size > 1
        return Step(self.network, partition, batch, n_threads, self.slots, self.dtype.itemsize, all_reduces)

    def _threads_of(self, alone: bool, batch: int) -> int:
        """Threads that share a step: one each for members side by side."""
        return _n_threads(6 * batch * _n_products(self.sizes)) if alone else 1

    def _plan(self, alone: bool, batch: int, short: int, strides: Strides, largest_share: int) -> _Plan:
        """A step and its operations, which are the same in the next epoch; the last step of an epoch has short rows."""
        n_threads = self._threads_of(alone, largest_share)
        key = (batch, short, strides, n_threads, largest_share)
        if self.last_plan is not None and self.last_plan[0] == key:
            return self.last_plan[1]
        step = self._step(batch, n_threads, largest_share)
        lengths = batch, short, 0
        programs = [[op.program(step.operations(k, r, strides)) for r in lengths] for k in range(n_threads)]
        plan = _Plan(step, n_threads, programs)
        self.last_plan = key, plan
        return plan

    def _parts(self, state: MethodState) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Arrays of the state that are one number for the step, and the others."""
        return [a for a, s in zip(state, self.is_scalar, strict=True) if s], [
            a for a, s in zip(state, self.is_scalar, strict=True) if not s
        ]


class _Plan(NamedTuple):
    """A step, the threads that share it, and the operations of each for a full, a last, and an empty batch."""

    step: Step
    n_threads: int
    programs: list[list[np.ndarray]]


class Thread:
    """Data of a thread: its table of addresses, and the memory of its kernels.

    Attributes
    ----------
    sums : ndarray (3,), float64
        Sums of the last step: cost, squared norm of the gradient, penalties.
    counters : ndarray
        Values of the method's state that are one number for the step.
    address : int
        Address of the table of addresses.
    """

    def __init__(
        self, functions: Kernels, scratch: int, scalars: list[np.ndarray], arrays: dict[int, np.ndarray]
    ) -> None:
        dtype = arrays[op.THETA].dtype
        self.sums = zeros_aligned(3, np.float64)
        self.reals = zeros_aligned(2, dtype)
        self.counters = zeros_aligned(len(scalars), dtype)
        self.counters[...] = [float(x[0]) for x in scalars]
        own = {
            op.SUMS: self.sums,
            op.REALS: self.reals,
            op.COUNTERS: self.counters,
            op.SCRATCH: empty_aligned(scratch, dtype),
        }
        self.arrays = arrays | own  # so that they stay
        self.table = zeros_aligned(N_SLOTS + len(functions), np.int64)
        for slot, array in self.arrays.items():
            self.table[slot] = array.ctypes.data
        self.table[N_SLOTS:] = [*functions.values()]
        self.address = self.table.ctypes.data


def _members(run: Callable[[int, np.ndarray, MethodState], None], theta: np.ndarray, state: MethodState) -> None:
    """Run members side by side; numbers that are one for all of them change once."""
    shared = [array.shape != theta.shape for array in state]
    states = [
        type(state)(*(a.copy() if s else a[i] for a, s in zip(state, shared, strict=True))) for i in range(len(theta))
    ]
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
        Data type of theta.
    X, T, weight : ndarray (n, d), (n, k), (n,) or None
        X of any numeric dtype that LLVM knows, T and weight of ``dtype``.

    Raises
    ------
    Untraceable, ModuleNotFoundError
        As `CompiledEpoch`.
    """

    def __init__(
        self, objective: Objective, dtype: Any, X: np.ndarray, T: np.ndarray, weight: np.ndarray | None
    ) -> None:
        self.objective, name = objective, np.dtype(dtype).name
        self.X, self.T = _in_elements(X), np.ascontiguousarray(T)
        self.weight = np.ones(len(X), dtype) if weight is None else np.ascontiguousarray(weight)
        total = float(np.sum(self.weight))
        self.share = np.dtype(dtype).type(1 / total if total > 0 else 0)
        self.runtime = runtime.loaded(name)
        found = kernels.network_kernels(objective, name, X.dtype, None)
        self.functions, slots = loaded(found, name)
        network, scratch = objective.network, kernels.scratch_size(objective, name)
        sizes = network.sizes
        self.n_threads = _n_threads(6 * len(X) * _n_products(sizes))
        self.rows = min(block_rows(sizes), -(-len(X) // self.n_threads))
        self.step = Step(network, "data parallel", self.rows, 1, slots, np.dtype(dtype).itemsize)
        strides = _strides(self.X, self.T)
        # BLAS wants rows whose elements lie side by side, and that do not overlap or run backwards.
        converts = X.dtype != dtype or strides.X[1] != 1 or strides.X[0] < X.shape[1]
        self.ends = [op.program(end(self.step, k, self.n_threads)) for k in range(self.n_threads)]
        self.parts = [share(k, self.n_threads, len(X)) for k in range(self.n_threads)]
        lengths = {n for start, stop in self.parts for n in (min(self.rows, stop - start), (stop - start) % self.rows)}
        self.programs = {n: op.program(Block(self.step, n, strides, converts).found) for n in lengths if n}
        size = self.step.workspace.size
        self.work = empty_aligned(self.n_threads * size, dtype)
        self.theta, self.g = (
            empty_aligned(objective.network.n_parameters, dtype),
            np.empty(objective.network.n_parameters, dtype),
        )
        self.order = np.arange(self.rows)
        self.threads = [
            Thread(self.functions, scratch, [], {
                op.THETA: self.theta, op.X: self.X, op.T: self.T, op.WEIGHTS: self.weight, op.ORDER: self.order,
                op.ALL: self.work, op.WORKSPACE: self.work[k * size : (k + 1) * size], op.OUT: self.g,
            })
            for k in range(self.n_threads)
        ]  # fmt: skip
        for thread in self.threads:
            thread.reals[op.SHARE] = self.share

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.theta[...] = theta
        f = sum(_together(self._of_thread, self.n_threads)) * float(self.share)
        g = self.g.copy()
        return np.asarray(f, theta.dtype) + self.objective.add_penalties(np, theta, g, self.share), g

    def _of_thread(self, k: int, barrier: int) -> float:
        """Sum of the costs of a thread's rows."""
        thread, (start, stop) = self.threads[k], self.parts[k]
        first, n = self.step.g.start, self.step.n_parameters
        thread.arrays[op.WORKSPACE][first : first + n] = 0
        thread.sums[op.COST] = 0
        for row in range(start, stop, self.rows):
            for slot, array in ((op.X, self.X), (op.T, self.T), (op.WEIGHTS, self.weight)):
                thread.table[slot] = array.ctypes.data + row * array.strides[0]
            program = self.programs[min(self.rows, stop - row)]
            self.runtime.run_flushed(program.ctypes.data, len(program), thread.address, 0, 1, 1)
        program = self.ends[k]
        self.runtime.run_flushed(program.ctypes.data, len(program), thread.address, barrier, 1, self.n_threads)
        return float(thread.sums[op.COST])


def _together(function: Callable[[int, int], float], n_threads: int) -> list[float]:
    """Results of ``function(k, barrier)`` for each of the threads k, which meet at the barrier of that address."""
    barrier, found = zeros_aligned(1, np.int64), [0.0] * n_threads

    def run(k: int) -> None:
        found[k] = function(k, barrier.ctypes.data)

    def give_up() -> None:
        barrier[0] = op.ABORTED

    cores.together(run, n_threads, give_up)
    return found


class Kernels(dict[str, int]):
    """Addresses of kernels by their names, in their order in the table of addresses; valid as long as this exists."""

    def __init__(self, *modules: native.Functions) -> None:
        super().__init__({name: address for module in modules for name, address in module.items()})
        self.modules = modules


def loaded(found: dict[str, str], dtype: str) -> tuple[Kernels, dict[str, int]]:
    """Kernels and their slots; equal kernels are compiled once, and each that takes rows in a module of its own.

    Kernels that take rows depend on no formula, so that another kind of network finds them.
    """
    of_body: dict[str, str] = {}  # name of the first kernel with each body
    first = {
        name: of_body.setdefault(text.replace(f"@{name}(", "@("), name)
        for name, text in found.items()
        if not name.startswith("kept_")
    }
    taking = [name for name in of_body.values() if name in kernels.TAKE_ROWS]
    others = [name for name in of_body.values() if name not in taking]

    def module(names: list[str], text: str) -> native.Functions:
        return native.load("kernels", lambda: text, text, names, {})

    of_formulas = {name: text for name, text in found.items() if first.get(name, name) == name and name not in taking}
    functions = Kernels(
        *(module([name], kernels.module({name: found[name]}, dtype)) for name in taking),
        module(others, kernels.module(of_formulas, dtype)),
    )
    slots = {name: N_SLOTS + i for i, name in enumerate(functions)}
    return functions, {name: slots[of] for name, of in first.items()}


def _in_elements(x: np.ndarray) -> np.ndarray:
    """x, copied where its strides are not multiples of its elements."""
    return x if all(stride % x.itemsize == 0 for stride in x.strides) else np.ascontiguousarray(x)


def _strides(X: np.ndarray, T: np.ndarray) -> Strides:
    X_row, X_column = X.strides if X.ndim == 2 else (0, 0)  # the data of a sparse X have none
    T_row, T_column = T.strides
    return Strides((X_row // X.itemsize, X_column // X.itemsize), (T_row // T.itemsize, T_column // T.itemsize))


def _address(x: np.ndarray | None) -> int:
    return 0 if x is None else x.ctypes.data


def _work(sizes: tuple[int, ...]) -> float:
    """Work of a row: its products, and in their measure that of its neurons."""
    return 6 * _n_products(sizes) + NEURON * sum(sizes[1:])


def _n_products(sizes: tuple[int, ...]) -> int:
    return sum(a * b for a, b in itertools.pairwise(sizes))


def _n_threads(flops: int) -> int:
    return max(1, min(cores.cores(), int(flops / FLOPS_PER_THREAD)))
