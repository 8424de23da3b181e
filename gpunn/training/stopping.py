"""Rules for stopping: no improvement for a while, with scikit-learn's counting, and the best state seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gpunn.compile import policy
from gpunn.devices import Device
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, evaluate_members
from gpunn.typing import Array


@dataclass
class Patience:
    """Counts entries that are not better than the best so far by at least ``tol``; lower is better.

    Parameters
    ----------
    tol : float
    n_iter_no_change : int
        More than this many in a row is a plateau.
    """

    tol: float
    n_iter_no_change: int
    best: float = float("inf")
    count: int = 0

    def plateau(self, value: float, in_cycle: bool = False) -> bool:
        """Take in a value and say whether this is a plateau; if so, the count begins again.

        Within a cycle of the learning rate, whose middle may well be worse than its beginning, nothing is a plateau.
        """
        self.count = 0 if value <= self.best - self.tol else self.count + 1
        self.best = min(self.best, value)
        if self.count > self.n_iter_no_change and not in_cycle:
            self.count = 0
            return True
        return False


GAIN = 2e-9  # seconds that a compiled evaluation of a row gains, for each neuron
ROUNDING = 1e-6  # relative; values that differ by less are equal but for the rounding of sums in float32


@dataclass
class Best:
    """The theta (..., P) with the lowest value seen, which is a copy, and its entry in the history.

    Of equal values it is the first: later ones have been trained longer to no avail.
    """

    theta: Array
    value: float = float("inf")
    entry: int | None = None

    def offer(self, value: float, theta: Array, entry: int) -> None:
        """Keep theta if its value is lower than the best; NaN never is."""
        if value < self.value and not math.isclose(value, self.value, rel_tol=ROUNDING):
            self.value, self.entry = value, entry
            self.theta[...] = theta


@dataclass
class Validation:
    """Rows held out of training, on which theta is evaluated after every epoch.

    Parameters
    ----------
    rows : Rows, or tuple of Rows
        A tuple has the rows of each member, which is evaluated on its own ones only.
    early_stopping : bool
        Stop on a plateau of the score, and restore the state of the best score.
    score : callable, optional
        theta -> float, in the place of accuracy; greater is better.
    compiled : bool
        Evaluate by compiled code, where the network can be compiled.
    """

    rows: Rows | tuple[Rows, ...]
    early_stopping: bool = True
    score: Callable[[Array], float] | None = None
    compiled: bool = False

    def pays_to_compile(self, device: Device, network: Network, n_members: int, n_evaluations: int) -> bool:
        """True if compiled code saves more time in ``n_evaluations`` evaluations than compiling takes.

        Like that of training steps, it is a rule by the size of the work alone.
        """
        n_rows = len(self.rows) * n_members if isinstance(self.rows, Rows) else sum(map(len, self.rows))
        gain = GAIN * n_rows * sum(network.sizes[1:]) * n_evaluations
        return gain >= policy.compiler(device).seconds

    def evaluate(self, device: Device, objective: Objective, theta: Array) -> tuple[float, float]:
        """Mean cost without penalties, and score; of members the means over their rows, or of rows that they share."""
        compiled = None
        if self.compiled:  # looked up each time: a formula of the user's may have changed
            compiled = policy.compiler(device).prediction(objective.network, theta.dtype)[0]
        cost, accuracy = evaluate_members(device, objective, theta, self.rows, compiled)
        return cost, accuracy if self.score is None else self.score(theta)
