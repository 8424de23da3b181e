"""Statistics of models on the same rows: McNemar's test, Holm's correction, and a paired bootstrap.

n rows, m models, B resamples. Nothing here knows an estimator.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

LEVEL = 0.05  # of tests; intervals hold 1 - LEVEL
RESAMPLES = 2000
MAX_GROUPS = 20_000  # of rows that are resampled
MAX_DRAWS = 2**20  # held in memory at once
ROUNDING = 1e-12  # differences of means below it are rounding errors


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p-value of the exact McNemar test that two models are right equally often.

    The rows that only one of them has right fall to either with probability 1/2, so their number is binomial.

    Parameters
    ----------
    only_first, only_second : int
        Rows that only the first, or only the second, has right.

    References
    ----------
    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages"; for
    classifiers Dietterich 1998, "Approximate statistical tests for comparing supervised classification learning
    algorithms", section 3.1.
    """
    if only_first == only_second:  # with none at all, too
        return 1.0
    return float(binomtest(only_first, only_first + only_second, 0.5).pvalue)


def holm(p: np.ndarray) -> np.ndarray:
    """p-values (q,) of q tests, adjusted for their number (Holm 1979, "A simple sequentially rejective multiple test
    procedure"): with those below a level rejected, the probability of any false rejection is at most that level."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def resampled_means(columns: Sequence[np.ndarray], weight: np.ndarray | None, seed: int = 0) -> np.ndarray:
    """Weighted means (k, B) of k columns (n,) over B bootstrap resamples of the rows, the same rows for all columns.

    Above 20,000 rows it is not rows that are drawn but 20,000 groups that they are put into at random: the expected
    variance of the means is the same, and time and memory of the resampling do not grow with n.

    Parameters
    ----------
    columns : sequence of ndarray (n,)
    weight : ndarray (n,), optional
        Positive; a row is drawn together with its weight.
    seed : int

    References
    ----------
    Efron & Tibshirani 1993, "An introduction to the bootstrap", chapters 6 and 13.
    """
    rng = np.random.default_rng(seed)
    sums = _sums(columns, weight, rng)
    n, k = len(sums), len(columns)
    step = max(1, MAX_DRAWS // n)
    means = np.empty((k, RESAMPLES))
    for start in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - start)
        drawn = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        totals = times.astype(np.float64) @ sums
        means[:, start : start + size] = (totals[:, 1:] / totals[:, :1]).T
    return means


def _sums(columns: Sequence[np.ndarray], weight: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Weight, and weighted columns, of each row, or of each of 20,000 groups of rows: (n or 20,000, 1 + k)."""
    n = len(columns[0])
    w = np.ones(n) if weight is None else weight
    if n <= MAX_GROUPS:
        return np.stack([w, *(w * column for column in columns)], axis=1)
    group = rng.permutation(np.arange(n) % MAX_GROUPS)
    return np.stack([np.bincount(group, w), *(np.bincount(group, w * column) for column in columns)], axis=1)


def interval(values: np.ndarray) -> tuple[float, float]:
    """The percentile interval of resampled values (B,)."""
    values = np.where(np.abs(values) < ROUNDING, 0.0, values)
    low, high = np.quantile(values, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)
