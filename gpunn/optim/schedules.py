"""Learning rates over time.

A schedule is called before every epoch: ``rates(epoch, n_steps, n_samples, n_plateaus)`` returns the learning rate of
each step of the epoch, on the host, as a list of floats that are copied to the device together. It is stateless: the
training keeps the counters, so that a resumed run continues exactly and one schedule serves any number of runs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass


class Schedule(ABC):
    """Interface of a learning-rate schedule."""

    @abstractmethod
    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        """Learning rates of the steps of an epoch.

        Parameters
        ----------
        epoch : int
            Epochs done before this one, 0 for the first.
        n_steps : int
            Steps in each epoch.
        n_samples : int
            Rows in each epoch.
        n_plateaus : int
            Number of plateaus of the cost after which training went on.
        """

    def exhausted(self, n_plateaus: int) -> bool:
        """True if a plateau after ``n_plateaus`` earlier ones should end training; by default always."""
        return True

    def in_cycle(self, epoch: int) -> bool:
        """True if a cycle of the rate goes on after ``epoch`` epochs: plateaus do not count then. By default never."""
        return False


@dataclass(frozen=True)
class Constant(Schedule):
    """lr = initial."""

    initial: float

    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        return [self.initial] * n_steps


@dataclass(frozen=True)
class InverseScaling(Constant):
    """lr = initial / (t + 1)^power, t the rows seen before this epoch, as in scikit-learn."""

    power: float = 0.5

    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        try:
            divisor = float(epoch * n_samples + 1) ** float(self.power)
        except OverflowError:  # beyond the largest float
            return [0.0] * n_steps
        return [self.initial / divisor] * n_steps


@dataclass(frozen=True)
class Adaptive(Constant):
    """lr is divided by ``factor`` at every plateau, until it falls to ``smallest``, as in scikit-learn."""

    factor: float = 5.0
    smallest: float = 1e-6

    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        return [self.initial / self.factor**n_plateaus] * n_steps

    def exhausted(self, n_plateaus: int) -> bool:
        return self.rates(0, 1, 1, n_plateaus)[0] <= self.smallest


@dataclass(frozen=True)
class Cosine(Constant):
    """lr = initial (1 + cos(pi t / t_max)) / 2 over all steps. Source: Loshchilov & Hutter 2017, equation 5."""

    n_epochs: int = 1

    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        last = self.n_epochs * n_steps
        steps = range(epoch * n_steps, (epoch + 1) * n_steps)
        return [self.initial * (1 + math.cos(math.pi * min(t / last, 1.0))) / 2 for t in steps]


@dataclass(frozen=True)
class CosineLog(Constant):
    """lr = initial (1 - cos(2 pi log2(1 + (2^n_cycles - 1) t / t_max))) / 2 over all steps.

    Each cycle is twice as long as the one before. Source: Holzmüller, Grinsztajn & Steinwart 2024, "Better by Default",
    section 3 ("coslog_4").
    """

    n_epochs: int = 1
    n_cycles: int = 4

    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        last = self.n_epochs * n_steps
        steps = range(epoch * n_steps, (epoch + 1) * n_steps)
        cycles = (math.log2(1 + (2**self.n_cycles - 1) * min(t / last, 1.0)) for t in steps)
        return [self.initial * (1 - math.cos(2 * math.pi * cycle)) / 2 for cycle in cycles]

    def in_cycle(self, epoch: int) -> bool:
        """True unless a cycle, or all of them, has ended in the last of ``epoch`` epochs."""
        before, now = (math.log2(1 + (2**self.n_cycles - 1) * t / self.n_epochs) for t in (max(epoch - 1, 0), epoch))
        return epoch <= self.n_epochs and math.floor(before) == math.floor(now)


@dataclass(frozen=True)
class WarmUp(Schedule):
    """The rates of another schedule, multiplied by (t + 1) / t_warm during the first ``n_epochs`` epochs.

    Source: Goyal et al. 2017, section 2.2.
    """

    schedule: Schedule
    n_epochs: float

    def rates(self, epoch: int, n_steps: int, n_samples: int, n_plateaus: int = 0) -> list[float]:
        rates = self.schedule.rates(epoch, n_steps, n_samples, n_plateaus)
        t_warm = max(1.0, self.n_epochs * n_steps)
        return [rate * min(1.0, (epoch * n_steps + i + 1) / t_warm) for i, rate in enumerate(rates)]

    def exhausted(self, n_plateaus: int) -> bool:
        return self.schedule.exhausted(n_plateaus)

    def in_cycle(self, epoch: int) -> bool:
        return self.schedule.in_cycle(epoch)
