"""A training in progress as a value: all that changes from step to step, as one object that can be written and read.

Between any two epochs or iterations, `TrainingState.to_arrays` gives all of it as NumPy arrays by flat names, and
`TrainingState.from_arrays` the same state, bit for bit; `gpunn.training.loop.run` goes on from it as if there had been
no break. What does not change, the settings and the rows, is not part of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gpunn.devices import Device, writable
from gpunn.optim.directions import Direction
from gpunn.optim.first_order import FirstOrder, MethodState, NoState
from gpunn.optim.full_batch import Minimisation
from gpunn.optim.schedule_free import ScheduleFreeState
from gpunn.training.divergence import Visited
from gpunn.training.history import History
from gpunn.training.stopping import Best, Patience
from gpunn.typing import Array

OWN = ("theta", "step", "seed", "epoch", "n_plateaus", "n_halvings", "average", "latest")


@dataclass
class Run:
    """The call of `gpunn.training.loop.run` that is in progress.

    Attributes
    ----------
    epoch, evaluations : int
        Counters of the training where it began.
    visited : Visited
    ends : str
        Why it is to end after the last epoch, "tol" or "validation"; "" if it goes on.
    """

    epoch: int
    evaluations: int
    visited: Visited
    ends: str = ""


@dataclass
class TrainingState:
    """All that changes during training; leading axes are members.

    Attributes
    ----------
    theta : array (..., P)
    method_state : MethodState
        State of a first-order method; `NoState` in full-batch training.
    step : array (1,)
        Updates so far, counted on the device, from which dropout draws its masks. 0 in full-batch training.
    patience : Patience
    best : Best
        State of the best validation score, with early stopping.
    seed : int or tuple of int
        Seed of the shuffling and the dropout masks; a tuple has one for each member. They depend on it and on ``epoch``
        and ``step`` alone.
    epoch : int
        Epochs, or iterations, so far; together with ``n_plateaus`` and ``n_halvings`` the position in the schedule.
    n_plateaus : int
        Plateaus that training went on from.
    n_halvings : int
        Number of times that the learning rate was halved after divergence.
    average : array (..., P) or None
        Mean of theta over the steps.
    latest : array (..., P) or None
        theta where training stood when the best or averaged theta was put in its place.
    verified : str
        Description of the compiled program whose results were last compared with those of the arrays; "" for none.
        Not among `to_arrays`: another process compiles, and compares, again.
    minimisation : Minimisation or None
        In full-batch training, from its first evaluation on.
    run : Run or None
        The run in progress; None between two.
    history : History
    """

    theta: Array
    method_state: MethodState
    step: Array
    patience: Patience
    best: Best
    seed: int | tuple[int, ...] = 0
    epoch: int = 0
    n_plateaus: int = 0
    n_halvings: int = 0
    average: Array | None = None
    latest: Array | None = None
    verified: str = ""
    minimisation: Minimisation | None = None
    run: Run | None = None
    history: History = field(default_factory=lambda: History(unit="epoch"))

    @property
    def evaluated(self) -> Array:
        """The theta (..., P) that is evaluated and kept: the average, where there is one."""
        if self.average is None and isinstance(self.method_state, ScheduleFreeState):
            return self.method_state.x
        return self.theta if self.average is None else self.average

    def begin(self, device: Device) -> Run:
        """Begin a run, from where the last one stood; or go on with the one in progress."""
        if self.run is None:
            history, xp = self.history, device.xp
            if self.latest is not None:
                self.theta, self.latest = self.latest, None
            history.stopped, history.best, history.divergence = "", None, ""
            entry = history.n_iter - 1 if history.n_iter else None
            self.run = Run(self.epoch, history.evaluations, Visited.begin(xp, self.evaluated, entry))
        return self.run

    def on(self, device: Device, dtype: Any = None, copied: bool = False) -> TrainingState:
        """The same on a device, sharing the arrays that are there already and may be changed, or with ``copied`` none.

        With ``dtype`` given, theta and all arrays of its dtype are converted to it.
        """
        seen: dict[int, Any] = {}

        def owned(array: Array, dtype: Any = None) -> Array:
            array = device.asarray(writable(array), dtype)
            return device.xp.asarray(array, copy=True) if copied else array

        def moved(value: Any) -> Any:
            if isinstance(value, tuple):
                parts = map(moved, value)
                return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
            if value is None or isinstance(value, (bool, int, float, str)):
                return value
            if id(value) not in seen:  # an array that is in two places stays one
                seen[id(value)] = owned(value, dtype)
            return seen[id(value)]

        best = copy.copy(self.best)
        best.theta = moved(best.theta)
        names = ("theta", "method_state", "average", "latest", "minimisation")
        others: dict[str, Any] = (
            {"patience": copy.copy(self.patience), "history": self.history.copy()} if copied else {}
        )
        arrays = {name: moved(getattr(self, name)) for name in names}
        found = replace(self, step=owned(self.step), best=best, **arrays, **others)
        if self.run is not None:
            visited = {name: moved(value) for name, value in vars(self.run.visited).items()}
            found.run = replace(self.run, visited=Visited(**visited))
        return found

    def to_arrays(self, device: Device, method: FirstOrder | Direction, copied: bool = True) -> dict[str, np.ndarray]:
        """All of it as arrays of the host, by names such as "theta" and "method.m".

        An array that stands in two places of the state, as the start and the best theta may, is one here too. Numbers
        and strings are arrays of shape (). What is None has no name.

        Parameters
        ----------
        device : Device
            On which the state is.
        method : FirstOrder or Direction
            Method of the training.
        copied : bool, default True
            If False, arrays that are on the host are not copied: they change with the next step.
        """
        parts = {name: getattr(self, name) for name in OWN}
        parts |= _named("method", dict(zip(self.method_state._fields, self.method_state, strict=True)))
        parts |= _named("patience", vars(self.patience)) | _named("best", vars(self.best))
        if self.minimisation is not None and isinstance(method, Direction):
            parts |= _named("minimisation", self.minimisation.to_arrays(method))
        if self.run is not None:
            parts |= _named("run", {name: part for name, part in vars(self.run).items() if name != "visited"})
            parts |= _named("visited", vars(self.run.visited))

        seen: dict[int, np.ndarray] = {}

        def on_host(part: Any) -> np.ndarray:
            if isinstance(part, (int, float, str, tuple)):
                return np.asarray(part)
            if id(part) not in seen:
                array = device.to_host(part)
                seen[id(part)] = np.array(array) if copied else array
            return seen[id(part)]

        arrays = {name: on_host(part) for name, part in parts.items() if part is not None}
        return arrays | _named("history", self.history.to_arrays())

    @classmethod
    def from_arrays(
        cls, device: Device, arrays: Mapping[str, np.ndarray], method: FirstOrder | Direction
    ) -> TrainingState:
        """The inverse of `to_arrays`, on a device; the state shares no memory with the arrays.

        Raises
        ------
        ValueError
            If an array is missing, or there is one more.
        """
        xp, groups = device.xp, _grouped(arrays)

        def asarray(part: np.ndarray) -> Array:
            return device.asarray(np.array(part))

        def made(kind: Callable[..., Any], group: str, **others: Any) -> Any:
            """An object whose arrays have at least one axis."""
            values = {name: asarray(part) if part.ndim else part.item() for name, part in groups[group].items()}
            return kind(**values, **others)

        try:
            theta = asarray(groups[""]["theta"])
            run = made(Run, "run", visited=made(Visited, "visited")) if "run" in groups else None
            learned = {name: asarray(part) for name, part in groups.get("method", {}).items()}
            kind: Any = type(method.init(xp, theta)) if isinstance(method, FirstOrder) else NoState
            found: TrainingState = made(
                cls,
                "",
                method_state=kind(**learned),
                patience=made(Patience, "patience"),
                best=made(Best, "best"),
                run=run,
                history=History.from_arrays(groups["history"]),
            )
            if "minimisation" in groups and isinstance(method, Direction):
                at = found.theta if found.latest is None else found.latest
                found.minimisation = Minimisation.from_arrays(xp, asarray, method, at, groups["minimisation"])
            if groups[""]["seed"].ndim:
                found.seed = tuple(groups[""]["seed"].tolist())
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"arrays: they are not those of a training by {type(method).__name__} ({error}). Give what "
                "TrainingState.to_arrays gave, and the method of that training."
            ) from error
        return found


def _named(group: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{group}.{name}": part for name, part in parts.items()}


def _grouped(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """The arrays by the part of their name before the first dot, "" for none, and the rest of it."""
    groups: dict[str, dict[str, np.ndarray]] = {}
    for name, array in arrays.items():
        group, dot, rest = name.partition(".")
        groups.setdefault(group if dot else "", {})[rest or name] = array
    return groups
