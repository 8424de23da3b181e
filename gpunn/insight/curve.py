"""The curve of the training cost, in a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gpunn.training.history import History


@dataclass(frozen=True)
class Curve:
    """Costs of a training, one an epoch or iteration; only those that are finite, at least one."""

    cost: tuple[float, ...]

    @classmethod
    def of(cls, history: History | None, least: int) -> Curve | None:
        """The curve of a history; None if it has fewer than ``least`` finite costs."""
        cost = tuple(c for c in history.cost if math.isfinite(c)) if history else ()
        return cls(cost) if len(cost) >= max(least, 1) else None

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def steps(self) -> list[float]:
        """Change from each entry to the next."""
        return [after - before for before, after in zip(self.cost[:-1], self.cost[1:], strict=True)]

    @property
    def rises(self) -> float:
        """Sum of all changes upwards."""
        return sum(max(step, 0.0) for step in self.steps)

    @property
    def falls(self) -> float:
        """Sum of all changes downwards, as a positive number."""
        return sum(max(-step, 0.0) for step in self.steps)

    @property
    def range(self) -> float:
        return max(self.cost) - min(self.cost)

    def last(self, share: float) -> Curve:
        """The last part, of two entries at least."""
        return Curve(self.cost[-max(2, round(share * len(self))) :])

    def first(self, share: float) -> Curve:
        """The first part, of two entries at least."""
        return Curve(self.cost[: max(2, round(share * len(self)))])
