"""Learning rates over time.

A schedule is asked before every epoch: ``rates(epoch, n_steps, n_samples)`` gives the rate of each of the
epoch's steps, on the host, as a list of floats that go to the device at once. `Adaptive` also hears of plateaus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    def rates(self, epoch: int, n_steps: int, n_samples: int) -> list[float]:
        """Learning rates of the steps of an epoch.

        Parameters
        ----------
        epoch : int
            Epochs done before this one, 0 for the first.
        n_steps : int
            Steps in each epoch.
        n_samples : int
            Rows in each epoch.
        """

    def plateau(self) -> bool:
        """The cost has not improved for a while: True if training should stop, False to go on."""


@dataclass
class Constant:
    """lr = initial."""

    initial: float

    def rates(self, epoch: int, n_steps: int, n_samples: int) -> list[float]:
        return [self.initial] * n_steps

    def plateau(self) -> bool:
        return True


@dataclass
class InverseScaling(Constant):
    """lr = initial / (t + 1)^power, t the rows seen before this epoch, as in scikit-learn."""

    power: float = 0.5

    def rates(self, epoch: int, n_steps: int, n_samples: int) -> list[float]:
        return [self.initial / (epoch * n_samples + 1) ** self.power] * n_steps


@dataclass
class Adaptive(Constant):
    """lr is divided by ``factor`` at every plateau, until it falls to ``smallest``, as in scikit-learn."""

    factor: float = 5.0
    smallest: float = 1e-6

    def __post_init__(self) -> None:
        self.current = self.initial

    def rates(self, epoch: int, n_steps: int, n_samples: int) -> list[float]:
        return [self.current] * n_steps

    def plateau(self) -> bool:
        if self.current <= self.smallest:
            return True
        self.current /= self.factor
        return False


@dataclass
class Cosine(Constant):
    """lr = initial (1 + cos(pi t / t_max)) / 2 over all steps. Source: Loshchilov & Hutter 2017, equation 5."""

    n_epochs: int = 1

    def rates(self, epoch: int, n_steps: int, n_samples: int) -> list[float]:
        last = self.n_epochs * n_steps
        steps = range(epoch * n_steps, (epoch + 1) * n_steps)
        return [self.initial * (1 + math.cos(math.pi * min(t / last, 1.0))) / 2 for t in steps]


@dataclass
class WarmUp:
    """The rates of another schedule, multiplied by (t + 1) / t_warm during the first ``n_epochs`` epochs.

    Source: Goyal et al. 2017, section 2.2.
    """

    schedule: Schedule
    n_epochs: float

    def rates(self, epoch: int, n_steps: int, n_samples: int) -> list[float]:
        rates = self.schedule.rates(epoch, n_steps, n_samples)
        t_warm = max(1.0, self.n_epochs * n_steps)
        return [rate * min(1.0, (epoch * n_steps + i + 1) / t_warm) for i, rate in enumerate(rates)]

    def plateau(self) -> bool:
        return self.schedule.plateau()
