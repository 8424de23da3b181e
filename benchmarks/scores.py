"""Measures of the probabilities that classifiers give, and how classifiers are ranked by them.

n rows, k classes 0 to k - 1, P (n, k) probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import log_loss, roc_auc_score

N_BINS = 15
DECIMALS = 12  # means that differ by rounding errors are ties


@dataclass(frozen=True)
class Measure:
    """Its name in tables, whether more is better, the format of a value, and whether it is a time."""

    title: str
    more_is_better: bool
    format: str
    is_time: bool = False


MEASURES = {
    "accuracy": Measure("accuracy", True, ".2%"),
    "log_loss": Measure("log-loss", False, ".3f"),
    "auc": Measure("AUC", True, ".4f"),
    "brier": Measure("Brier score", False, ".4f"),
    "ece": Measure("ECE", False, ".4f"),
    "fit_seconds": Measure("fit, s", False, ".2f", is_time=True),
    "predict_seconds": Measure("predict, s", False, ".3f", is_time=True),
}


def aligned(P: np.ndarray, classes: Sequence[int], n_classes: int) -> np.ndarray:
    """Probabilities (n, k) in the order of the classes; 0 for a class that the classifier does not know.

    Parameters
    ----------
    P : ndarray of shape (n, number of known classes)
    classes : sequence of int
        The class of each column of P, the classifier's ``classes_``.
    n_classes : int

    Raises
    ------
    ValueError
        If P does not have a column for each known class, or is no distribution.
    """
    if P.shape[1:] != (len(classes),):
        raise ValueError(f"probabilities have shape {P.shape}, for {len(classes)} classes; a column a class is needed")
    result = np.zeros((len(P), n_classes))
    result[:, np.asarray(classes, dtype=int)] = P
    total = result.sum(axis=1, keepdims=True)
    if not (np.all(result >= 0) and np.allclose(total, 1, atol=1e-3)):  # NaN is refused too
        raise ValueError("the probabilities of a row are negative, NaN, or do not add up to 1")
    return result / total  # those of float32 add up to 1 to its precision only


def scores(P: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Measures of probabilities (n, k) for rows of the classes y (n,); all k classes occur.

    - accuracy of the most probable class;
    - log-loss, probabilities clipped by scikit-learn to the epsilon of float64;
    - AUC, of more than two classes the mean of each against the rest;
    - Brier score, mean of the squared distance to the one-hot class, halved, so that two classes have the usual score;
    - ECE, expected calibration error in 15 equal bins of the largest probability (Guo et al. 2017, equation 3).
    """
    n, k = P.shape
    label = P.argmax(axis=1)
    top = P[np.arange(n), label]
    bins = np.minimum((top * N_BINS).astype(int), N_BINS - 1)
    gaps = np.bincount(bins, weights=top - (label == y), minlength=N_BINS)
    distance = np.sum((P - np.eye(k)[y]) ** 2, axis=1)
    return {
        "accuracy": float(np.mean(label == y)),
        "log_loss": float(log_loss(y, P, labels=np.arange(k))),
        "auc": float(roc_auc_score(y, P[:, 1]) if k == 2 else roc_auc_score(y, P, multi_class="ovr")),
        "brier": float(np.mean(distance) / 2),
        "ece": float(np.abs(gaps).sum() / n),
    }


def mean_ranks(values: np.ndarray, more_is_better: bool) -> np.ndarray:
    """Mean rank (m,) over the tables of m classifiers, 1 for the best; ties have the mean of their ranks.

    Parameters
    ----------
    values : ndarray of shape (number of tables, m)
    """
    keys = np.round(-values if more_is_better else values, DECIMALS)
    return np.asarray(rankdata(keys, axis=1).mean(axis=0))
