"""Batches whose activations do not fit into memory: micro-batches, whose gradients are accumulated.

With c_i the cost of row i, w_i its weight and w their sum, the cost of a batch is a sum over its micro-batches p::

    1/w sum_i w_i c_i = sum_p (w_p / w) f_p,     f_p = 1/w_p sum_(i in p) w_i c_i,     w_p = sum_(i in p) w_i

and so is its gradient. Penalties are added once, divided by the w of the batch. A dropout mask is a function of a row's
place in its batch, so micro-batches have the batch's masks. Only rounding differs.

Source: Huang et al. 2019, "GPipe", section 2.2 (accumulation of gradients).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from gpunn.devices import Device
from gpunn.devices.memory import ran_out, request
from gpunn.nn.dropout import Dropout
from gpunn.nn.objective import Objective
from gpunn.training.data import Batch, Rows
from gpunn.training.history import History
from gpunn.typing import Array

SAID = "micro-batches of "  # in `History.path`


class MicroBatches:
    """Cost and gradient of batches; from where memory runs out on, in micro-batches.

    Parameters
    ----------
    device : Device
    objective : Objective
    history : History, optional
        Whose ``path`` is to say so.

    Attributes
    ----------
    n_rows : int or None
        Rows of a micro-batch; None as long as there was memory for whole batches.
    """

    def __init__(self, device: Device, objective: Objective, history: History | None = None) -> None:
        self.device, self.objective, self.history = device, objective, history
        self.without_penalties = replace(objective, l2=0.0, l1=0.0)
        self.n_rows: int | None = None
        self._path = self._request = ""

    def value_and_gradient(
        self,
        theta: Array,
        n: int,
        whole: Generator[Batch, None, None],
        lazy: Callable[[], Rows],
        dropout: Dropout | None = None,
    ) -> tuple[Array, Array]:
        """f (...) and g (..., P) of a batch, as `Objective.value_and_gradient` gives them.

        Parameters
        ----------
        theta : array (..., P)
        n : int
            Rows of the batch.
        whole : generator
            Yields the batch as arrays. It is closed, and what it holds is given up, once memory has run out.
        lazy : callable
            Gives the batch as rows that are taken, dense and in the dtype of theta, slice by slice.
        dropout : Dropout, optional

        Raises
        ------
        DeviceMemoryError
            If there is not enough memory for one row.
        """
        if self.n_rows is None:
            try:
                return self.objective.value_and_gradient(self.device.xp, theta, *next(whole), dropout)
            except MemoryError as error:
                self._halve(n, n, error)
            whole.close()
        while True:  # the arrays of an attempt that failed are given up with its error
            try:
                return self._accumulated(theta, lazy(), dropout)
            except MemoryError as error:
                self._halve(n, min(n, self.n_rows or n), error)

    def _halve(self, n: int, tried: int, error: MemoryError) -> None:
        """Note that memory ran out for ``tried`` of n rows."""
        if tried == 1:
            raise ran_out(self.device.name, error, "one row at a time") from error
        self.n_rows = -(-tried // 2)
        if self.history is not None:
            self._path = self._path or self.history.path.partition(f"; {SAID}")[0]  # of an earlier stack of trainings
            self._request = self._request or request(error)  # the largest says most
            self.history.path = f"{self._path}; {SAID}{self.n_rows} rows, since memory ran out ({self._request})"

    def _accumulated(self, theta: Array, rows: Rows, dropout: Dropout | None) -> tuple[Array, Array]:
        xp, n, step = self.device.xp, len(rows), self.n_rows or len(rows)
        total = None if rows.weight is None else xp.sum(rows.weight, axis=-1)
        divisor: Any = n if total is None else xp.where(total > 0, total, 1)
        f: Any = 0.0
        g: Any = None
        for start in range(0, n, step):
            part = slice(start, min(start + step, n))
            X, T, weight = rows.slice(xp, part, theta.dtype)
            masks = None if dropout is None else replace(dropout, first_row=dropout.first_row + start)
            f_part, g_part = self.without_penalties.value_and_gradient(xp, theta, X, T, weight, masks)
            share = (part.stop - start if weight is None else xp.sum(weight, axis=-1)) / divisor
            f = f + f_part * share
            g_part *= share if weight is None else share[..., None]
            if g is None:
                g = g_part
            else:
                g += g_part
        share = 1 / n if total is None else xp.where(total > 0, 1 / divisor, 0)
        return f + self.objective.add_penalties(xp, theta, g, share), g
