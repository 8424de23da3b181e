"""Rows are split into those to train and those to validate on, once or in folds."""

from __future__ import annotations

import math

import numpy as np
from sklearn.model_selection import train_test_split

from gpunn.data.labels import Labels


def split(
    labels: Labels, y: np.ndarray, fraction: float, rng: np.random.Generator, *, full_batch: bool
) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    """Numbers of the rows to train on and of those to validate on, stratified if possible, and a note for the history.

    It fails only where scikit-learn's fit fails: that stratifies two classes alone, and lets its lbfgs not stop early.

    Parameters
    ----------
    labels : Labels
        The classes of y.
    y : ndarray (n,) or (n, c)
    fraction : float
        Share of the rows to validate on, the ``validation_fraction`` of `gpunn.MLPClassifier`.
    rng : Generator
    full_batch : bool
        The solver takes all rows at once: if they are too few to be split all are trained on, and the numbers are None.

    Raises
    ------
    ValueError
        If the rows are too few.
    """
    n, n_classes, share = len(y), len(labels.classes), float(fraction)  # scikit-learn takes no float32
    n_test = math.ceil(share * n)
    said = f"validation_fraction={fraction} of {n} rows is {n_test}"
    if full_batch and not 2 <= n_test < n:
        return None, None, f"Early stopping was left out: {said}; 2 are needed to validate on, and 1 to train on."
    counts = np.unique(y, return_counts=True)[1]
    fits = not labels.multilabel and min(counts) > 1 and min(n_test, n - n_test) >= n_classes
    stratify = y if fits or (n_classes == 2 and not labels.multilabel and not full_batch) else None
    if stratify is not None and n_classes == 2:
        stratify = (y == labels.classes[1])[:, None]  # scikit-learn's form, so that its messages are the same
    seed = int(rng.integers(2**31))
    train, test = train_test_split(np.arange(n), test_size=share, stratify=stratify, random_state=seed)
    if n_test < 2:
        raise ValueError(
            f"The validation set is too small: {said}. Increase 'validation_fraction' or the size of your dataset."
        )
    if labels.multilabel or stratify is not None:
        return train, test, ""
    order = np.concatenate([test, train])  # in which a row of each class goes to the end, to be trained on
    kept = np.unique(y[order], return_index=True)[1]
    order = np.concatenate([np.delete(order, kept), order[kept]])
    note = (
        f"The validation rows are not stratified: {said}, for {n_classes} classes, of which the rarest has "
        f"{min(counts)}. As far as possible a row of each class was kept for training."
    )
    return order[n_test:], order[:n_test], note


def stratified_folds(y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Number of the fold (n,) of each row: folds, and the rows of each class in them, differ in size by at most 1.

    Parameters
    ----------
    y : ndarray (n,) or (n, c)
        Each combination of labels of an indicator matrix counts as a class.
    n_folds : int
        The ``cross_validation`` of `gpunn.MLPClassifier`.
    rng : Generator

    Raises
    ------
    ValueError
        If there are fewer than two rows for each fold.
    """
    n = len(y)
    if n < 2 * n_folds:
        raise ValueError(
            f"cross_validation={n_folds} needs at least {2 * n_folds} rows, two for each fold, and X has {n} "
            f"(n_samples={n}). Use fewer folds."
        )
    axis = 0 if y.ndim == 2 else None  # with an axis, NumPy before 2.4 refuses objects
    classes = np.unique(y, axis=axis, return_inverse=True)[1].reshape(n)
    shuffled = rng.permutation(n)
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    fold = np.empty(n, np.int64)
    fold[by_class] = np.arange(n) % n_folds  # goes on from class to class, so that no fold gets all surplus rows
    return rng.permutation(n_folds)[fold]


def complements(fold: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers (n_folds, n) of the rows outside each fold; where they are one fewer than elsewhere, one stands twice."""
    outside = [np.flatnonzero(fold != i) for i in range(n_folds)]
    n = max(map(len, outside))
    return np.stack([np.concatenate([rows, rng.choice(rows, n - len(rows))]) for rows in outside])
