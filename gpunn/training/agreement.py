"""A compiled program held against the formulas it was made from, on rows of the training, before it is used.

Both sides round differently, so norms are compared: of the change of theta, of each array of a method's state, of
gradients. A method may divide by what is as small as rounding (Adam's first step is about the sign of g), so theta also
agrees where nearly all of its entries do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, SparseRows
from gpunn.training.state import TrainingState

Array = Any

TOLERANCE = {"float64": 1e-7, "float32": 1e-3, "tf32": 5e-2, "bf16": 2e-1}
STEPS = 2  # the second reads the state that the first has written
RATE = 1e-2
FEW = 0.01  # share of entries


def of_steps(
    epochs: Any, device: Device, objective: Objective, progress: TrainingState, rows: Rows, program: Any
) -> str:
    """What a compiled epoch does otherwise in its first steps; "" if nothing.

    Parameters
    ----------
    epochs : Minibatch
        Whose steps by arrays are what is right.
    device, objective, progress, rows
        Of the training; they stay as they are.
    program : callable
        The compiled epoch.
    """
    xp, size = device.xp, min(epochs.batch_size, len(rows))
    first = xp.arange(min(len(rows), STEPS * size)) if rows.index is None else rows.index[: STEPS * size]
    some = rows.take(xp, device.asarray(first))
    X = rows.X.matrix[device.to_host(first)] if isinstance(rows.X, SparseRows) else some.X
    n_steps = -(-len(some) // size)
    lr = device.asarray(np.full(n_steps, RATE), progress.theta.dtype)

    def copied(array: Array) -> Array:
        return device.asarray(xp.asarray(array, copy=True))

    def trial() -> TrainingState:
        state = type(progress.method_state)(*map(copied, progress.method_state))
        average = None if progress.average is None else copied(progress.average)
        return replace(
            progress, theta=copied(progress.theta), method_state=state, step=copied(progress.step), average=average
        )

    by_arrays, compiled = trial(), trial()
    total, norm = epochs.steps(device, objective, by_arrays, some, None, lr)
    epochs.align(device, program, compiled)
    keys = epochs.keys(device, compiled, n_steps)
    order = device.asarray(np.arange(len(some)))
    found = program(
        compiled.theta, epochs.program_state(device, compiled), X, some.T, some.weight, order, lr, size, *keys
    )
    tolerance = _tolerance(device, progress.theta.dtype)
    on_host = device.to_host
    if not np.all(np.isfinite(on_host(by_arrays.theta))):
        return ""  # there is nothing to compare
    if _differ(on_host(total), on_host(found[0]), tolerance):
        return "the cost"
    if _differ(on_host(norm), on_host(found[1]), tolerance):
        return "the gradient"
    by_arrays_state, compiled_state = (epochs.program_state(device, after) for after in (by_arrays, compiled))
    for name, a, b in zip(type(by_arrays_state)._fields, by_arrays_state, compiled_state, strict=True):
        if name != "steps" and _differ(on_host(a), on_host(b), tolerance):
            return f"{name} of {type(epochs.method).__name__}"
    start = on_host(progress.theta)
    a, b = on_host(by_arrays.theta) - start, on_host(compiled.theta) - start
    rounding = 8 * np.finfo(a.dtype).eps * np.abs(start)
    others = np.mean(np.abs(a - b) > tolerance * np.abs(a) + rounding)
    return "the step" if others > FEW and _differ(a, b, 10 * tolerance) else ""


def of_gradient(device: Device, objective: Objective, theta: Array, rows: Rows, function: Any) -> str:
    """What a compiled gradient of all rows gives otherwise at theta (P,); "" if nothing."""
    X, T, weight = rows.slice(device.xp, slice(None), theta.dtype)
    with device.steady(len(rows) * objective.network.row_product):
        right = objective.value_and_gradient(device.xp, theta, X, T, weight)
    tolerance = _tolerance(device, theta.dtype)
    for what, a, b in zip(("the cost", "the gradient"), right, function(theta), strict=True):
        a, b = device.to_host(a), device.to_host(b)
        if np.all(np.isfinite(a)) and _differ(a, b, tolerance):
            return what
    return ""


def _tolerance(device: Device, dtype: Any) -> float:
    return TOLERANCE["float64" if "float64" in str(dtype) else device.precision]


def _differ(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    """Whether b is farther from a than a share of it and rounding of numbers of about 1."""
    rounding = 100 * np.finfo(np.asarray(a).dtype).eps if np.asarray(a).dtype.kind == "f" else 0.0
    return not np.linalg.norm(np.subtract(b, a)) <= tolerance * np.linalg.norm(a) + rounding
