"""Accuracy of the nearest rows as predictors of the class: a baseline for a network that has learned."""

from __future__ import annotations

import numpy as np

N_NEIGHBOURS = 15
MAX_ROWS = 1000


def by_neighbours(X: np.ndarray, label: np.ndarray) -> float:
    """Share of the rows whose class most of their `N_NEIGHBOURS` nearest rows have, each row left out for itself.

    Columns count by their standard deviations. Source: Cover & Hart 1967.

    Parameters
    ----------
    X : ndarray (n, d)
        More than `N_NEIGHBOURS` rows.
    label : ndarray (n,) of int
    """
    std = X.std(axis=0)
    X = np.asarray((X - X.mean(axis=0)) / np.where(std > 0, std, 1), dtype=np.float32)
    squares = np.sum(X * X, axis=1)
    distance = squares[None, :] - 2 * X @ X.T  # less the square of the row itself, which changes no order
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, N_NEIGHBOURS, axis=1)[:, :N_NEIGHBOURS]
    votes = np.eye(int(label.max()) + 1)[label[nearest]].sum(axis=1)
    return float(np.mean(votes.argmax(axis=1) == label))
