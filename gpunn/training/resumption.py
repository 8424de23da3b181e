"""Going on with a training from arrays that come from a file: they are held against the start of that training.

The initial theta follows from the start, and is not among these arrays.

`TrainingState.from_arrays` looks at names. A file may be forged: here shapes, dtypes, counters and numbers must be
those that a training from this start can have come to, so that nothing takes memory or fails later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.optim.directions import BFGS, LBFGS, Direction, Pair
from gpunn.optim.first_order import FirstOrder
from gpunn.optim.full_batch import REASONS
from gpunn.shown import brief, show
from gpunn.training.divergence import MAX_HALVINGS
from gpunn.training.history import History
from gpunn.training.layers import LAYERS, LayerMonitor
from gpunn.training.state import TrainingState

SAME = ("seed", "patience.tol", "patience.n_iter_no_change", "run.epoch", "run.evaluations")
START = "visited.start"  # the initial theta
FINITE = ("theta", "average", "method.x", "best.theta", "visited.entered", "visited.best")
ENTRIES = ("best.entry", "visited.start_entry", "visited.entered_entry", "visited.best_entry")  # None has no name
WORDS = {"run.ends": ("", "tol", "validation"), "minimisation.reason": ("", *REASONS)}
SMALLEST = 1e-100  # step length and slope: a cost that falls by less falls no more, which ends a minimisation
NUMBERS = {  # of a minimisation: kind of dtype
    **dict.fromkeys(("value", "g_max", "g_norm", "step", "slope"), "f"),
    **dict.fromkeys(("n_iter", "n_evaluations"), "i"),
    "fresh": "b",
    "reason": "U",
}


def resumable(
    device: Device,
    state: TrainingState,
    method: FirstOrder | Direction,
    layers: LayerMonitor | None = None,
    copied: bool = True,
) -> dict[str, np.ndarray]:
    """The arrays of a state in the midst of the first run of its training that `resume` goes on from.

    Parameters
    ----------
    layers : LayerMonitor, optional
        Whose records are among the arrays.
    device, state, method, copied
        As for `TrainingState.to_arrays`.
    """
    arrays = state.to_arrays(device, method, copied)
    del arrays[START]
    return arrays if layers is None else arrays | layers.recorder.to_arrays()


def resume(
    device: Device,
    arrays: Mapping[str, np.ndarray],
    start: TrainingState,
    method: FirstOrder | Direction,
    layers: LayerMonitor | None = None,
) -> TrainingState:
    """The state of arrays that `resumable` gave.

    Parameters
    ----------
    device : Device
    arrays : mapping of ndarray
    start : TrainingState
        The state from which that run, the first of its training, began: of the same settings and seed.
    method : FirstOrder or Direction
    layers : LayerMonitor, optional
        Gets the records of layers among the arrays.

    Raises
    ------
    ValueError
        If the arrays are not those of a training from this start.
    """
    own = {name: array for name, array in arrays.items() if not name.startswith(LAYERS)}
    start.begin(device)
    try:
        expected = start.to_arrays(device, method)
        initial = {START: expected.pop(START)}
        _check(own, expected, start, method)
        state = TrainingState.from_arrays(device, own | initial, method)
        if layers is not None:
            layers.resume(arrays, state)
        elif len(own) < len(arrays):
            raise ValueError("it has records of layers, and its settings ask for none.")
        return state
    except ValueError as error:
        raise ValueError(f"the checkpoint is not one of this fit: {error}") from None


def _check(
    arrays: Mapping[str, np.ndarray],
    expected: Mapping[str, np.ndarray],
    start: TrainingState,
    method: FirstOrder | Direction,
) -> None:
    """Hold the arrays against those ``expected`` of the start."""
    theta = expected["theta"]
    for name, array in arrays.items():
        if array.dtype.kind in "iu" and np.any(array < 0):
            raise ValueError(f"{brief(name)} is {show(array.tolist())}, and cannot be negative.")
    for name, array in expected.items():
        if name not in arrays:
            raise ValueError(f"the array {name} is missing.")
        if not name.startswith("history."):
            _check_form(name, arrays[name], array)
    for name, array in arrays.items():
        if name in ENTRIES:
            _check_form(name, array, np.asarray(0))
        elif isinstance(method, Direction) and name.startswith("minimisation."):
            _check_part(name, array, theta, arrays, method)
        elif name not in expected:
            raise ValueError(f"the array {brief(name)} belongs to no training by {type(method).__name__}.")
    for name in SAME:
        if arrays[name].tobytes() != expected[name].tobytes():
            raise ValueError(f"{name} is not that of a training with these parameters.")
    for name in FINITE:
        if name in expected and not np.isfinite(arrays[name]).all():
            raise ValueError(f"the array {name} holds numbers that are not finite.")
    for name, words in WORDS.items():
        if name in arrays and arrays[name].item() not in words:
            raise ValueError(f"{name} is {show(arrays[name].item())}; it must be one of {', '.join(map(repr, words))}.")
    if arrays["n_halvings"].item() > MAX_HALVINGS:
        raise ValueError(f"n_halvings is {arrays['n_halvings']}, and cannot be above {MAX_HALVINGS}.")
    if isinstance(method, Direction):
        _check_minimisation(arrays, method)
    _check_history(arrays, start)


def _check_form(name: str, array: np.ndarray, expected: np.ndarray) -> None:
    """ValueError for another shape or dtype; of strings the length may differ."""
    same = array.dtype.kind == "U" if expected.dtype.kind == "U" else array.dtype == expected.dtype
    if array.shape != expected.shape or not same:
        raise ValueError(
            f"the array {brief(name)} has shape {array.shape} and dtype {array.dtype}, and {expected.shape} and "
            f"{expected.dtype} are needed."
        )


def _check_part(
    name: str, array: np.ndarray, theta: np.ndarray, arrays: Mapping[str, np.ndarray], method: Direction
) -> None:
    """Check an array of a minimisation; those that are missing are found by `TrainingState.from_arrays`."""
    _, _, part = name.partition("minimisation.")
    if part in NUMBERS:
        form = np.asarray({"f": 0.0, "i": 0, "b": False, "U": ""}[NUMBERS[part]])
    elif part == "g":
        form = theta
    else:
        field, _, number = part.removeprefix("direction.").partition(".")
        given = arrays.get("minimisation.direction.n", np.asarray(0))
        n: int = given.item() if given.shape == () and given.dtype.kind == "i" else 0
        shapes: dict[str, tuple[int, ...]] = {
            **dict.fromkeys(("p", "g", "s", "y"), theta.shape),
            **dict.fromkeys(("rho", "scale"), ()),
            "base": theta.shape * array.ndim,
            "rows": (n, *theta.shape),
            "diagonal": (n,),
            "beside": (max(n - 1, 0),),
        }
        of_pair = int(number) < method.memory if isinstance(method, LBFGS) and number.isdecimal() else not number
        if field in ("n", "capacity") and isinstance(method, BFGS):
            form = np.asarray(0)
            if array.shape == () and not n <= array <= max(16, theta.size // 4):  # as many rows as the method makes
                raise ValueError(f"the array {name} is {array}, which is not allowed.")
        elif field in shapes and of_pair:
            form = np.broadcast_to(theta[:1].reshape(()), shapes[field])  # of this shape, and takes no memory
        else:
            raise ValueError(f"the array {brief(name)} belongs to no minimisation by {type(method).__name__}.")
    _check_form(name, array, form)


def _check_minimisation(arrays: Mapping[str, np.ndarray], method: Direction) -> None:
    """Check what of a minimisation must be there together."""
    prefix = "minimisation."
    if arrays["epoch"].item() or any(name.startswith(prefix) for name in arrays):
        for name in ("g", *NUMBERS):
            if prefix + name not in arrays:
                raise ValueError(f"the array {prefix}{name} is missing.")
        _check_search({name: arrays[prefix + name].item() for name in NUMBERS}, arrays["minimisation.g"])
    prefix += "direction."
    if isinstance(method, LBFGS):
        names = {name.removeprefix(prefix) for name in arrays if name.startswith(prefix)}
        n = len(names) // len(Pair._fields)
        if names != {f"{field}.{i}" for field in Pair._fields for i in range(n)}:
            raise ValueError("the arrays of the steps that L-BFGS remembers are not complete.")


def _check_search(numbers: Mapping[str, Any], g: np.ndarray) -> None:
    """Check the numbers of a minimisation that the next line search starts from."""
    with np.errstate(all="ignore"):
        norms = {"g_max": np.max(np.abs(g)), "g_norm": np.linalg.norm(g)}
    for name, norm in norms.items():
        if not numbers["reason"] and not np.isclose(numbers[name], norm, rtol=1e-3, atol=0):
            raise ValueError(f"minimisation.{name} is {numbers[name]}, and that of minimisation.g is {norm:.6g}.")
    for name, sign, where in (("step", 1, "above"), ("slope", -1, "below")):
        if not numbers["fresh"] and not SMALLEST < sign * numbers[name] < 1 / SMALLEST:
            raise ValueError(
                f"minimisation.{name} is {numbers[name]}; it must be {where} 0, of a size between {SMALLEST} and "
                f"{1 / SMALLEST:g}."
            )


def _check_history(arrays: Mapping[str, np.ndarray], start: TrainingState) -> None:
    """Check the entries of the history, and the counters that go with them."""
    entries = {name.removeprefix("history."): array for name, array in arrays.items() if name.startswith("history.")}
    if any(array.ndim != 1 or array.dtype != np.float64 for name, array in entries.items() if name != "rest"):
        raise ValueError("the lists of the history must be of shape (n,) and float64.")
    rest: Any = entries["rest"]
    if rest.shape != () or rest.dtype.kind != "U":
        raise ValueError("history.rest must be a string.")
    try:
        history = History.from_arrays(entries)
        History.from_dict(history.to_dict())
    except (KeyError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"the history is not one: {show(str(error))}.") from None
    n = history.n_iter
    if arrays["epoch"] != n or history.unit != start.history.unit or history.summary or history.profile:
        raise ValueError(f"the history has {n} entries, and is not that of {arrays['epoch']} {start.history.unit}s.")
    for name in ENTRIES:
        if name in arrays and arrays[name] >= n:
            raise ValueError(f"{name} is {arrays[name]}, and the history has {n} entries.")
