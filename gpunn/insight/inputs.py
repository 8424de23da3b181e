"""Properties of the columns of X: scale, constant columns, duplicates."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gpunn.devices import Device
from gpunn.nn.network import Network
from gpunn.training.data import Rows
from gpunn.typing import Array


@dataclass(frozen=True)
class Inputs:
    """Properties of the columns of X (n, d), over all rows; columns are counted from 0.

    Attributes
    ----------
    mean, std, low, high : ndarray (d,)
    duplicates : tuple of (int, int)
        Columns that are equal to an earlier one, with that one. Constant columns and those of two values are left out:
        one-hot columns may well be equal.
    codes : tuple of int
        Columns of codes, which are embedded: their sizes say nothing, and mean and standard deviation are 0.
    embedded_rms : ndarray (n_embedded,)
        Root mean square of what they become, on a sample of the rows.
    """

    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray
    duplicates: tuple[tuple[int, int], ...]
    codes: tuple[int, ...] = ()
    embedded_rms: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def rms(self) -> np.ndarray:
        """Root mean square of each column, the size that weights see."""
        return np.hypot(self.mean, self.std)

    @property
    def rms_of_layer(self) -> np.ndarray:
        """Root mean square of each input of the first layer."""
        return np.concatenate([np.delete(self.rms, self.codes), self.embedded_rms]) if self.codes else self.rms

    @property
    def constant(self) -> np.ndarray:
        """Numbers of the columns that never change."""
        return np.flatnonzero(self.low == self.high)


def input_facts(device: Device, network: Network, theta: Array, rows: Rows, index: Array) -> Inputs:
    """Look at the columns.

    Parameters
    ----------
    theta : array (P,)
        In whose tables codes are looked up.
    rows : Rows
        X of any numeric dtype, on the device or sparse.
    index : array (m,)
        Numbers of rows in which columns that may be equal are looked for, and embedded inputs are measured.
    """
    xp, X, n = device.xp, rows.X, len(rows)
    step = max(1, device.chunk_elements // X.shape[1])
    with device.use():
        pairs = _alike(device.to_host(rows.take(xp, index).X))
        copies, firsts = (device.asarray(np.array([pair[i] for pair in pairs], np.int64)) for i in (0, 1))
        found = []
        shift = xp.astype(X[0:1, :], xp.float64)  # differences from a row keep their digits where the mean is large
        for i in range(0, n, step):
            x = xp.astype(X[i : min(i + step, n), :], xp.float64)
            same = xp.all(xp.take(x, copies, axis=1) == xp.take(x, firsts, axis=1), axis=0)
            least, most = xp.min(x, axis=0), xp.max(x, axis=0)
            x = x - shift
            moments = xp.stack([least, most, xp.sum(x, axis=0), xp.sum(x * x, axis=0)])
            found.append((device.to_host(same), device.to_host(moments)))
    same = np.all([part for part, _ in found], axis=0)
    lows, highs, sums, squares = np.stack([part for _, part in found], axis=1)
    low, high, beyond = lows.min(axis=0), highs.max(axis=0), sums.sum(axis=0) / n
    std = np.where(low == high, 0.0, np.sqrt(np.maximum(squares.sum(axis=0) / n - beyond**2, 0.0)))
    mean = device.to_host(shift)[0, :] + beyond
    duplicates = tuple(pair for pair, equal in zip(pairs, same, strict=True) if equal)
    if not network.embeddings:
        return Inputs(mean, std, low, high, duplicates)
    codes = tuple(embedding.column for embedding in network.embeddings)
    mean[[*codes]] = std[[*codes]] = 0.0
    with device.use():
        h = network.inputs(xp, theta, xp.astype(rows.take(xp, index).X, theta.dtype))[:, -network.n_embedded :]
        embedded_rms = device.to_host(xp.sqrt(xp.mean(h * h, axis=0)))
    return Inputs(mean, std, low, high, duplicates, codes, embedded_rms)


def _alike(rows: np.ndarray) -> list[tuple[int, int]]:
    """Columns of more than two values that are equal to an earlier one, and that one."""
    seen: dict[bytes, int] = {}
    found = []
    for j, column in enumerate(np.ascontiguousarray(rows.T)):
        if np.all((column == column.min()) | (column == column.max())):
            continue
        first = seen.setdefault(column.tobytes(), j)
        if first != j:
            found.append((j, first))
    return found
