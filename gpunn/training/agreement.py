"""A compiled program held against the formulas it was made from, on rows of the training, before it is used.

Both sides round differently, so norms are compared: of the change of theta, of each array of a method's state, of
gradients. A method may divide by what is as small as rounding (Adam's first step is about the sign of g), so theta also
agrees where nearly all of its entries do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from gpunn.compile.policy import Program
from gpunn.devices import Device
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import FirstOrder, MethodState
from gpunn.training.data import Rows, SparseRows
from gpunn.training.micro_batches import MicroBatches
from gpunn.training.state import TrainingState
from gpunn.typing import Array

TOLERANCE = {"float64": 1e-7, "float32": 1e-3, "tf32": 5e-2, "bf16": 2e-1}
STEPS = 2  # the second starts from a state that is not all zeros
# A step that is long magnifies rounding in the next one, and those after the first are for what is not found so, or for
# inputs so large that steps overflow.
RATES = (1e-2, 1e-4, 1e-10)
OVERFLOW = "compiled code cannot be checked, since the values of the first steps overflow"
FEW = 0.01  # share of entries
LARGE = 10**9  # multiplications that take one thread about a tenth of a second


class Epochs(Protocol):
    """Settings of minibatch training, as far as they are needed here; `gpunn.training.minibatch.Minibatch` is one."""

    @property
    def batch_size(self) -> int:
        """Rows of a step."""

    @property
    def method(self) -> FirstOrder:
        """The optimiser."""

    def steps(
        self,
        device: Device,
        objective: Objective,
        progress: TrainingState,
        rows: Rows,
        order: Array | None,
        lr: Array,
    ) -> tuple[Array, Array]:
        """Steps by arrays."""

    def program_state(self, device: Device, progress: TrainingState) -> MethodState:
        """The state that compiled steps change."""

    def align(self, device: Device, program: Program, progress: TrainingState) -> None:
        """Bring theta and state to where the program takes them."""

    def keys(self, device: Device, progress: TrainingState, n_steps: int) -> list[Array]:
        """The keys of the dropout masks."""


def of_steps(
    epochs: Epochs, device: Device, objective: Objective, progress: TrainingState, rows: Rows, program: Program
) -> str:
    """Why a compiled epoch is not to be used, after its first steps; "" if they agree with those of the arrays.

    Results of the arrays that are not finite cannot be compared, and then it is not used either: an infinite norm or
    moment agrees with any other.

    Parameters
    ----------
    epochs : Epochs
        Whose steps by arrays are what is right.
    device, objective, progress, rows
        Those of the training, which are not changed.
    program : callable
        The compiled epoch.
    """
    xp, size = device.xp, min(epochs.batch_size, len(rows))
    first = xp.arange(min(len(rows), STEPS * size)) if rows.index is None else rows.index[: STEPS * size]
    batches = [device.asarray(first[i : i + size]) for i in range(0, first.shape[0], size)]
    for rate in RATES:
        why_not = OVERFLOW
        at = _copied(device, progress)
        for batch in batches:
            before = at
            at, why_not = _of_step(epochs, device, objective, before, rows, batch, program, rate)
            if why_not not in ("", OVERFLOW) and batch.shape[0] > 1:
                # Where the input of a unit rounds to the other side of a kink (of PReLU, say), the gradient of that row
                # is another one, and both are right. A program that is wrong is so without that row, too.
                halves = [
                    _of_step(epochs, device, objective, before, rows, half, program, rate)[1]
                    for half in _halves(device, batch)
                ]
                why_not = why_not if all(halves) else ""
            if why_not:
                break
        if why_not != OVERFLOW:
            break
    return why_not


def _halves(device: Device, batch: Array) -> list[Array]:
    """Two batches as large as one of n > 1 rows, of which each repeats the rows of a half."""
    i, half = np.arange(batch.shape[0]), batch.shape[0] // 2
    parts = i % half, half + i % (len(i) - half)
    return [device.xp.take(batch, device.asarray(part), axis=0) for part in parts]


def _of_step(
    epochs: Epochs,
    device: Device,
    objective: Objective,
    at: TrainingState,
    rows: Rows,
    batch: Array,
    program: Program,
    rate: float,
) -> tuple[TrainingState, str]:
    """The state after a step from ``at`` by arrays, and why a compiled step from there is not to be used.

    Each step starts from the same state on both sides, or else a long one would magnify the rounding of the one before.
    """
    xp, on_host = device.xp, device.to_host
    some = rows.take(xp, batch)
    X = rows.X.matrix[on_host(batch)] if isinstance(rows.X, SparseRows) else some.X
    n = len(some)
    lr = device.asarray(np.full(1, rate), at.theta.dtype)
    by_arrays, compiled = _copied(device, at), _copied(device, at)
    with _products(device, n * objective.network.row_product):
        total, norm = epochs.steps(device, objective, by_arrays, some, None, lr)
    by_arrays_state = epochs.program_state(device, by_arrays)
    if not _are_finite(*map(on_host, (total, norm, by_arrays.theta, *by_arrays_state))):
        return by_arrays, OVERFLOW
    epochs.align(device, program, compiled)
    keys = epochs.keys(device, compiled, 1)
    order, compiled_state = device.asarray(np.arange(n)), epochs.program_state(device, compiled)
    found = program(compiled.theta, compiled_state, X, some.T, some.weight, order, lr, n, *keys)
    tolerance = _tolerance(device, at.theta.dtype)
    if _differ(on_host(total), on_host(found[0]), tolerance):
        return by_arrays, _disagreement("the cost")
    if _differ(on_host(norm), on_host(found[1]), tolerance):
        return by_arrays, _disagreement("the gradient")
    compiled_state = epochs.program_state(device, compiled)
    for name, a, b in zip(by_arrays_state._fields, by_arrays_state, compiled_state, strict=True):
        if name != "steps" and _differ(on_host(a), on_host(b), tolerance):
            return by_arrays, _disagreement(f"{name} of {type(epochs.method).__name__}")
    start = on_host(at.theta)
    a, b = on_host(by_arrays.theta) - start, on_host(compiled.theta) - start
    rounding = 8 * np.finfo(a.dtype).eps * np.abs(start)
    others = np.mean(~(np.abs(a - b) <= tolerance * np.abs(a) + rounding))  # NaN among them
    return by_arrays, _disagreement("the step") if others > FEW and _differ(a, b, 10 * tolerance) else ""


def _copied(device: Device, progress: TrainingState) -> TrainingState:
    """A state with arrays of its own, of those that a step changes."""

    def copied(array: Array) -> Array:
        return device.asarray(device.xp.asarray(array, copy=True))

    state = type(progress.method_state)(*map(copied, progress.method_state))
    average = None if progress.average is None else copied(progress.average)
    return replace(
        progress, theta=copied(progress.theta), method_state=state, step=copied(progress.step), average=average
    )


def of_gradient(device: Device, objective: Objective, theta: Array, rows: Rows, function: Callable[..., Any]) -> str:
    """Why a compiled gradient of all rows is not to be used, after a call at theta (P,); "" if it agrees."""
    whole = rows.batches(device.xp, None, len(rows), theta.dtype, 0)
    with _products(device, len(rows) * objective.network.row_product):
        right: tuple[Any, ...] = MicroBatches(device, objective).value_and_gradient(
            theta, len(rows), whole, lambda: rows
        )
    right = tuple(map(device.to_host, right))
    if not _are_finite(*right):
        return OVERFLOW
    tolerance = _tolerance(device, theta.dtype)
    for what, a, b in zip(("the cost", "the gradient"), right, function(theta), strict=True):
        if _differ(a, device.to_host(b), tolerance):
            return _disagreement(what)
    return ""


def _products(device: Device, size: int) -> contextlib.AbstractContextManager[Any]:
    """Context of products by arrays, of ``size`` multiplications, before compiled code runs.

    The other threads of OpenBLAS spin for about a tenth of a second after a product, on cores that compiled code needs.
    A product that takes less is better computed by one thread.
    """
    return device.single_threaded_blas() if size < LARGE else device.steady(size)


def _disagreement(what: str) -> str:
    return f"what is compiled gives {what} otherwise than the formulas do"


def _are_finite(*arrays: np.ndarray) -> bool:
    return all(np.all(np.isfinite(array)) for array in arrays)


def _tolerance(device: Device, dtype: Any) -> float:
    return TOLERANCE["float64" if "float64" in str(dtype) else device.precision]


def _differ(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    """True if b is farther from a, which is finite, than a share of it and rounding of numbers of about 1."""
    rounding = 100 * np.finfo(np.asarray(a).dtype).eps if np.asarray(a).dtype.kind == "f" else 0.0
    # In units of the largest of a, or else the norm of finite numbers may overflow, and would allow any difference.
    unit = np.maximum(1.0, np.max(np.abs(a), initial=0.0)).astype(np.float64)
    a, b = a / unit, b / unit
    return not np.linalg.norm(b - a) <= tolerance * np.linalg.norm(a) + rounding / unit
