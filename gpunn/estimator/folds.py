"""Cross-validation of members: each leaves out a fold of the rows, on which it is validated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gpunn.config import build
from gpunn.data.labels import Labels
from gpunn.data.split import complements, stratified_folds
from gpunn.devices import Device
from gpunn.estimator.monitor import ValidationSet
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import ValidatedInputs
from gpunn.nn.objective import Objective
from gpunn.nn.probabilities import probabilities
from gpunn.training.data import Rows, chosen, logits
from gpunn.typing import Array


def draw(clf: Classifier, given: ValidatedInputs, apart: ValidatedInputs | None, seed: int) -> np.ndarray:
    """The number of the fold (n,) of each row."""
    n, n_folds = len(given.y), clf.cross_validation
    assert n_folds is not None  # checked by the caller
    if apart is not None:
        raise ValueError(
            f"cross_validation={n_folds} does not go with X_val: each member is validated on the fold that it leaves "
            "out. Leave one of the two out."
        )
    if n < 2 * n_folds:
        raise ValueError(
            f"cross_validation={n_folds} needs at least {2 * n_folds} rows, two for each fold, and X has {n} "
            f"(n_samples={n}). Use fewer folds."
        )
    return stratified_folds(given.y, n_folds, np.random.default_rng([seed, build.SPLIT]))


def divide(
    clf: Classifier, given: ValidatedInputs, rows: Rows, held_out: Rows, fold: np.ndarray, seed: int
) -> tuple[Rows, ValidationSet]:
    """The rows of each member, all but those of its fold, and each fold to validate on.

    Member i leaves out fold i modulo the number of folds.
    """
    asarray, n_folds = given.device.asarray, clf.cross_validation
    assert n_folds is not None  # checked by the caller
    of_folds = [i % n_folds for i in range(clf.n_members)]
    others = complements(fold, n_folds, np.random.default_rng([seed, build.SPLIT, 1]))
    sets = tuple(replace(held_out, index=asarray(np.flatnonzero(fold == i))) for i in of_folds)
    rows = replace(rows, of_members=asarray(others[of_folds]))
    return rows, ValidationSet(sets, given.X, given.y, given.weight)


def out_of_fold(
    device: Device, objective: Objective, theta: Array, held_out: tuple[Rows, ...], n: int, labels: Labels
) -> np.ndarray:
    """Probabilities (n, c) of all rows, each by the mean over the members that were not trained on it.

    Parameters
    ----------
    theta : array (m, P)
    held_out : tuple of m Rows
        The folds that the members left out.
    n : int
        Number of rows.
    labels : Labels
    """
    total: np.ndarray | None = None
    counts = np.zeros((n, 1))
    for i, own in enumerate(held_out):
        rows = chosen(device.xp, own)
        with device.use():
            found = logits(
                device,
                objective.network,
                theta[i, ...],
                rows.X,
                lambda xp, z: probabilities(xp, objective.head, z, labels.multilabel),
            )
        found, index = device.to_host(found), device.to_host(own.index)
        total = np.zeros((n, found.shape[-1])) if total is None else total
        total[index] += found
        counts[index] += 1
    assert total is not None  # there is at least one member
    # The output of a network for one class is the probability of a second one, which there is not.
    return np.ones((n, 1)) if len(labels.classes) == 1 else total / counts


def accuracy(labels: Labels, given: ValidatedInputs, p: np.ndarray, threshold: Any) -> float:
    """Share of the weighted rows whose label, or all of whose labels, probabilities p (n, c) put right."""
    if labels.multilabel:
        right = np.all((p > 0.5 if threshold is None else p >= np.asarray(threshold)) == given.y, axis=1)
    elif threshold is not None:
        right = labels.classes[(p[:, 1] >= threshold).astype(int)] == given.y
    else:
        right = labels.classes[np.argmax(p, axis=1)] == given.y
    return float(np.average(right, weights=given.weight))
