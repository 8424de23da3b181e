"""Importance of columns: which of them a network's predictions depend on, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gpunn.devices import Device
from gpunn.insight.columns import Column
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.nn.probabilities import probabilities
from gpunn.training.data import Rows, logits, spaced
from gpunn.typing import Array

MAX_ROWS = 1000
MAX_COLUMNS = 60  # that are shuffled: of more, those with the largest weights in the first layer
N_REPEATS = 5
N_POINTS = 20


@dataclass(frozen=True)
class Importance:
    """Importance of a column for a network.

    Attributes
    ----------
    column : Column
    rise, spread : float
        Rise of the mean cost where the values of the column are shuffled among the rows: mean and standard deviation of
        `N_REPEATS` shuffles. Source: Breiman 2001, section 10.
    """

    column: Column
    rise: float
    spread: float

    @property
    def matters(self) -> bool:
        """True if the rise is above 0 by more than its spread."""
        return self.rise > self.spread


@dataclass(frozen=True)
class Dependence:
    """Mean probabilities of the classes where all rows have one value of a column.

    Attributes
    ----------
    column : Column
    values : ndarray (p,) or None
        Values of a column of numbers; None for categories, in the order of ``column.categories``, and of embedded
        ones only the `N_POINTS` most frequent.
    probabilities : ndarray (p, k)
        Both columns for two classes. Source: Friedman 2001, section 8.2.
    """

    column: Column
    values: np.ndarray | None
    probabilities: np.ndarray


def importances(
    device: Device, objective: Objective, theta: Array, rows: Rows, columns: Sequence[Column]
) -> list[Importance]:
    """The columns of rows, the most important first.

    Parameters
    ----------
    theta : array (P,)
        Parameters of one network.
    rows : Rows
        Rows, of which up to `MAX_ROWS` are used.
    columns : sequence of Column
        Columns of X.
    """
    X, T = _sample(device, rows)
    found = rises(device, objective, device.asarray(theta), X, T, columns, N_REPEATS)
    return sorted(found, key=lambda importance: -importance.rise)


def rises(
    device: Device,
    objective: Objective,
    theta: Array,
    X: np.ndarray,
    T: np.ndarray,
    columns: Sequence[Column],
    n_repeats: int,
) -> list[Importance]:
    """Importance of up to `MAX_COLUMNS` columns.

    Parameters
    ----------
    theta : array (P,)
        On the device.
    X, T : ndarray (n, d) and (n, k)
        On the host.
    """
    rng, pull = np.random.default_rng(0), _pull(device, objective.network, theta, X)
    chosen = sorted(columns, key=lambda column: -max(pull[list(column.inputs)]))[:MAX_COLUMNS]
    before = _cost(device, objective, theta, X, T)
    result = []
    for column in chosen:
        inputs, found = list(column.inputs), []
        for _ in range(n_repeats):
            other = X.copy()
            other[:, inputs] = X[rng.permutation(len(X))][:, inputs]
            found.append(_cost(device, objective, theta, other, T) - before)
        result.append(Importance(column, float(np.mean(found)), float(np.std(found))))
    return result


def _pull(device: Device, network: Network, theta: Array, X: np.ndarray) -> np.ndarray:
    """Norm of the first weights of each column of X (n, d) times its standard deviation, (d,).

    Of a column that is embedded it is the largest of its inputs.
    """
    xp, W = device.xp, device.to_host(network.layers[0].W.of(device.xp, theta))
    if not network.embeddings:
        return np.linalg.norm(W, axis=1) * X.std(axis=0)
    with device.use():
        h = device.to_host(network.inputs(xp, theta, device.asarray(X, theta.dtype)))
    of_inputs = np.linalg.norm(W, axis=1) * h.std(axis=0)
    codes = [embedding.column for embedding in network.embeddings]
    start, pull = network.sizes[0] - network.n_embedded, np.zeros(X.shape[1])
    pull[np.delete(np.arange(X.shape[1]), codes)] = of_inputs[:start]
    for embedding in network.embeddings:
        pull[embedding.column] = of_inputs[start : start + embedding.n_out].max()
        start += embedding.n_out
    return pull


def dependence(device: Device, objective: Objective, theta: Array, rows: Rows, column: Column) -> Dependence:
    """Dependence of the answers on a column; parameters as for `importances`."""
    X, _ = _sample(device, rows)
    inputs = list(column.inputs)
    values = None
    if column.codes:
        code, counts = np.unique(X[:, inputs[0]], return_counts=True)
        points = np.sort(code[np.argsort(-counts, kind="stable")[:N_POINTS]])[:, None]
        column = replace(column, categories=tuple(column.codes[int(value)] for value in points[:, 0]))
    elif column.categories:
        points = np.eye(len(inputs))
    else:
        values = np.unique(np.quantile(X[:, inputs[0]], np.linspace(0.02, 0.98, N_POINTS)))
        points = np.zeros((len(values), len(inputs)))  # none of them missing
        points[:, 0] = values
        if column.encoding is None:
            values = column.mean + column.scale * values
        else:
            values = column.encoding.decode(values)
            points[:, 1 : column.encoding.n_out] = column.encoding.encode(values)[:, 1:]
    means = []
    for point in points:
        other = X.copy()
        other[:, inputs] = point
        with device.use():
            z = logits(device, objective.network, device.asarray(theta), other)
            p = device.to_host(probabilities(device.xp, objective.head, z, not rows.exclusive))
        means.append(p.mean(axis=0))
    return Dependence(column, values, np.array(means))


def _sample(device: Device, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    some = rows.take(device.xp, device.asarray(spaced(len(rows), MAX_ROWS)))
    return np.array(device.to_host(some.X), np.float64), device.to_host(some.T)


def _cost(device: Device, objective: Objective, theta: Array, X: np.ndarray, T: np.ndarray) -> float:
    with device.use():
        z = logits(device, objective.network, theta, X)
        return device.floats(device.xp.mean(objective.head.cost(device.xp, z, device.asarray(T, z.dtype))))[0]
