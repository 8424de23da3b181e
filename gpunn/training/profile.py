"""Profile of a fit: its time by part, and the speed of its matrix products."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, fields
from typing import Any

from gpunn.nn.network import Network
from gpunn.shown import show

PARTS = ("checking", "compiling", "steps", "evaluation", "rest")
LONG = 2.0  # seconds of steps; compiling takes about as long the first time


class Stopwatch:
    """Seconds by part: `lap` gives all the time since the lap before to one part, so that the parts add up."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._last = time.perf_counter()

    def lap(self, part: str) -> None:
        """Add the time since the last lap to one of `PARTS`."""
        now = time.perf_counter()
        self.seconds[part] += now - self._last
        self._last = now


@dataclass(frozen=True)
class Profile:
    """Wall time of the last call of ``fit``, in seconds, by what it was spent on.

    Attributes
    ----------
    checking : float
        Checking and encoding the rows and labels, moving them to the device, and splitting off validation rows.
    compiling : float
        Compiling the steps and the evaluation of validation rows, or reading compiled ones from disk, and checking them
        against the formulas.
    steps : float
        Epochs or iterations: shuffling, costs, gradients and updates.
    evaluation : float
        Validation, scoring, recording, printing and callbacks after each epoch or iteration.
    rest : float
        All else: the initial weights, the search for divergence, the temperature; an epoch that was interrupted.
        `TrainingSummary`, and the predictions of rows by the members that left them out, come after this time.
    n_steps : int
        Evaluations of cost and gradient, in minibatch training one for each update.
    flops : float
        Floating-point operations of the matrix products of all steps, a product of (rows, n_in) and (n_in, n_out) being
        2 rows n_in n_out. A step has three for each layer (output, gradient of the weights, gradient of the input), but
        two for the first, whose input needs no gradient unless it is embedded. A sparse X counts as a dense one,
        which it is multiplied as. Elementwise work, of order rows n_out, is left out.
    path : str
        Way in which the steps were computed, as in `History.path`.
    """

    checking: float
    compiling: float
    steps: float
    evaluation: float
    rest: float
    n_steps: int
    flops: float
    path: str

    @property
    def total(self) -> float:
        """Seconds of all parts."""
        return self.checking + self.compiling + self.steps + self.evaluation + self.rest

    @property
    def seconds_per_step(self) -> float:
        """Mean time of a step; NaN without steps."""
        return self.steps / self.n_steps if self.n_steps else math.nan

    @property
    def flops_per_step(self) -> float:
        """Mean over the steps, of which the last of an epoch may have fewer rows; NaN without steps."""
        return self.flops / self.n_steps if self.n_steps else math.nan

    @property
    def gflops_per_second(self) -> float:
        """10^9 operations of products for each second of ``steps``, elementwise work included in the time."""
        return self.flops / self.steps / 1e9 if self.steps else math.nan

    @property
    def advice(self) -> str:
        """Advice that would make the same fit faster, where there is any; else ""."""
        if not self.path.startswith("arrays: llvmlite is not installed") or self.steps < LONG:
            return ""
        return (
            f"The steps took {self.steps:.0f} s and were computed by arrays, as llvmlite is not installed: training as "
            "long as this is compiled where it is. Run pip install 'gpunn[compile]'."
        )

    def __str__(self) -> str:
        shares = [f"{part} {getattr(self, part) / (self.total or 1.0):.0%}" for part in PARTS]
        line = f"{self.total:.3g} s: {', '.join(shares)}"
        if not self.n_steps:
            return line
        return f"{line}; {self.n_steps:,} steps of {self.seconds_per_step:.2g} s, {self.gflops_per_second:.3g} GFLOP/s"

    def to_dict(self) -> dict[str, Any]:
        """A form of numbers and a string for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, form: Any) -> Profile:
        """Inverse of `to_dict`; ValueError for anything else: model files may be forged."""
        known = [field.name for field in fields(cls)]
        if not isinstance(form, dict) or set(form) != set(known):
            raise ValueError(f"its keys must be {', '.join(known)}.")
        for name, value in form.items():
            if name == "path":
                good, what = isinstance(value, str), "a string"
            elif name == "n_steps":
                good, what = type(value) is int and 0 <= value < 2**63, "an integer from 0 to 2^63 - 1"
            else:
                good, what = type(value) is float and 0 <= value < math.inf, "a finite float from 0 on"
            if not good:
                raise ValueError(f"key {name!r}: {show(value)} is not allowed: it must be {what}.")
        return cls(**form)


def profile(stopwatch: Stopwatch, network: Network, n_steps: int, n_rows: int, path: str) -> Profile:
    """The profile of a fit that ends now; ``n_rows`` counts a row as often as a step had it."""
    stopwatch.lap("rest")
    return Profile(**stopwatch.seconds, n_steps=n_steps, flops=float(n_rows * flops_per_row(network)), path=path)


def flops_per_row(network: Network) -> int:
    """Operations of the products of cost and gradient for a row, as `Profile.flops` counts them."""
    first, *others = network.layers
    of_first = (4 * first.n_in + 2 * network.n_embedded) * first.n_out
    return of_first + sum(6 * layer.n_in * layer.n_out for layer in others)
