"""Rows are split into those to train and those to validate on."""

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
