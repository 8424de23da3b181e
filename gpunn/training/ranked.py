"""Cost and gradient over several ranks, each of which has a share of the rows of a batch.

With w_r the sum of the weights of the rows of rank r (their number, if they have no weights), and w the sum over all
ranks, the cost of a batch is::

    f = sum_r (w_r / w) f_r + penalties / w

and so is its gradient. A rank computes w_r f_r and w_r g_r, and one sum over the ranks gives f, g and w. A dropout mask
is a function of a row's place in its batch, so each rank has that part of the mask of the batch. Only rounding differs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np

from gpunn.devices import Device
from gpunn.devices.ranks import Ranks
from gpunn.nn.dropout import Dropout
from gpunn.nn.objective import Objective
from gpunn.training.data import Batch, Rows
from gpunn.training.history import History
from gpunn.training.micro_batches import MicroBatches
from gpunn.typing import Array


def share(ranks: Ranks, batch: slice, size: int) -> slice:
    """The part of a batch that is this rank's, which may be empty; full batches have ``size`` rows."""
    start, stop = (min(batch.start + bound, batch.stop) for bound in bounds(ranks.size, size)[ranks.rank :][:2])
    return slice(start, stop)


def bounds(n_ranks: int, size: int) -> list[int]:
    """Starts of the parts of the ranks in a batch of ``size`` rows, and the end of the last one."""
    return [-(-rank * size // n_ranks) for rank in range(n_ranks + 1)]


def own_order(device: Device, ranks: Ranks, order: Array | None, n: int, size: int) -> Array | None:
    """The part of the order (..., n) of an epoch that is this rank's, in batches of ``size`` rows.

    None stands for the order of the rows.
    """
    if ranks.size == 1:
        return order
    shares = (share(ranks, slice(start, min(start + size, n)), size) for start in range(0, n, size))
    places = device.asarray(np.concatenate([np.arange(own.start, own.stop) for own in shares]))
    return places if order is None else device.xp.take(order, places, axis=-1)


def batch_weights(order: Array, weight: Array | None, size: int) -> tuple[list[int], np.ndarray | None]:
    """Number of the rows of each batch of ``size`` rows in an order (n,), and the sum of their weights (n_steps,)."""
    starts = range(0, len(order), size)
    counts = [min(size, len(order) - start) for start in starts]
    return counts, None if weight is None else np.add.reduceat(weight[order], starts, dtype=np.float64)


def totals(ranks: Ranks, counts: Sequence[int], weights: np.ndarray | None = None) -> np.ndarray:
    """Totals of the batches of all ranks, for a compiled epoch, float64 (n_steps, 3).

    For each step it is the sum of the weights of the rows (their number by default), their number, and the share of the
    penalties that is added to the costs on each rank.
    """
    found = np.empty((len(counts), 3))
    found[:, 0] = counts if weights is None else weights
    found[:, 1], found[:, 2] = counts, 1 / ranks.size
    return found


class RankedGradients:
    """Cost and gradient of batches over all ranks, in the place of `MicroBatches`.

    Parameters
    ----------
    ranks : Ranks
    device : Device
    objective : Objective
    history : History, optional
        As for `MicroBatches`.
    weighted : bool, default False
        Whether rows have weights.
    """

    def __init__(
        self,
        ranks: Ranks,
        device: Device,
        objective: Objective,
        history: History | None = None,
        weighted: bool = False,
    ) -> None:
        self.ranks, self.device, self.objective, self.weighted = ranks, device, objective, weighted
        self.own = MicroBatches(device, replace(objective, l2=0.0, l1=0.0), history)

    def value_and_gradient(
        self,
        theta: Array,
        n: int,
        whole: Generator[Batch, None, None],
        lazy: Callable[[], Rows],
        dropout: Dropout | None = None,
    ) -> tuple[Array, Array]:
        """f (...) and g (..., P) of a batch; the arguments, as of `MicroBatches`, are for the n rows of this rank."""
        xp = self.device.xp
        f, g, w = xp.zeros_like(theta[..., 0]), xp.zeros_like(theta), float(n)
        if n:
            f, g = self.own.value_and_gradient(theta, n, whole, lazy, dropout)
            w = xp.sum(lazy().weight, axis=-1) if self.weighted else w
        return summed(self.ranks, self.device, self.objective, theta, f, g, w)


def summed(
    ranks: Ranks, device: Device, objective: Objective, theta: Array, f: Array, g: Array, w: Array | float
) -> tuple[Array, Array]:
    """Cost f (...) and gradient g (..., P) of the rows of all ranks, with penalties, of those of this one without.

    Parameters
    ----------
    w : array (...) or float
        Sum of the weights of the rows of this rank.
    """
    sums = weighted_sums(device, f, g, w)
    ranks.allreduce(sums)
    return from_sums(device, objective, theta, sums)


def weighted_sums(device: Device, f: Array, g: Array, w: Array | float) -> Array:
    """w g, w f and w of a cost f (...) and a gradient g (..., P), (..., P + 2): what is summed over all rows."""
    xp = device.xp
    w = xp.zeros_like(f) + w
    return xp.concat([g * w[..., None], (f * w)[..., None], w[..., None]], axis=-1)


def from_sums(device: Device, objective: Objective, theta: Array, sums: Array) -> tuple[Array, Array]:
    """Cost f (...) and gradient g (..., P) with penalties, from sums (..., P + 2) of `weighted_sums`."""
    xp = device.xp
    total = sums[..., -1]
    share = xp.where(total > 0, 1 / xp.where(total > 0, total, 1), 0)
    g = sums[..., :-2] * share[..., None]
    return sums[..., -2] * share + objective.add_penalties(xp, theta, g, share), g
