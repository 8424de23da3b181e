"""Calibration of probabilities, and the temperature that would improve it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

N_BINS = 15
HOTTEST = 50.0


@dataclass(frozen=True)
class Calibration:
    """Calibration of probabilities for the classes of n rows.

    Attributes
    ----------
    n_rows : int
    confidence, accuracy : float
        Mean probability of the predicted class, and share of the rows that are right.
    error : float
        Expected calibration error: mean over rows of the difference of the two within `N_BINS` equal bins of the
        probability. Source: Guo et al. 2017, equation 3.
    temperature : float
        T that makes the log-loss of softmax(z / T) least, `HOTTEST` at most; above 1 for probabilities that are too
        sure.
    log_loss, tempered_log_loss : float
        Mean log-loss as it is, and at a temperature: each half of the rows at that of the other half.
    """

    n_rows: int
    confidence: float
    accuracy: float
    error: float
    temperature: float
    log_loss: float
    tempered_log_loss: float

    @property
    def is_empty(self) -> bool:
        """True if the hottest temperature is best: the flatter the probabilities, the better they are."""
        return self.temperature > 0.99 * HOTTEST  # the search stops a little before its bound


def calibration(log_p: np.ndarray, label: np.ndarray, right: np.ndarray) -> Calibration:
    """Calibration of log-probabilities (n, k), on rows of which the true classes (n,) are known; n is 2 at least.

    ``right`` (n,) says which predictions are.
    """
    n = len(label)
    top = np.exp(log_p.max(axis=1))
    bins = np.minimum((top * N_BINS).astype(int), N_BINS - 1)
    gaps = np.abs(np.bincount(bins, top - right, minlength=N_BINS))
    halves = np.random.default_rng(0).permutation(n) % 2 == 0  # rows may lie sorted by class
    tempered = sum(
        _log_loss(log_p[part], label[part], _temperature(log_p[~part], label[~part])) * part.sum()
        for part in (halves, ~halves)
    )
    return Calibration(
        n_rows=n,
        confidence=float(top.mean()),
        accuracy=float(right.mean()),
        error=float(gaps.sum() / n),
        temperature=_temperature(log_p, label),
        log_loss=_log_loss(log_p, label, 1.0),
        tempered_log_loss=float(tempered / n),
    )


def _temperature(log_p: np.ndarray, label: np.ndarray) -> float:
    """Source: Guo et al. 2017, section 4.2."""
    bound = np.log(HOTTEST)
    found = minimize_scalar(
        lambda log_t: _log_loss(log_p, label, np.exp(log_t)), bounds=(-bound, bound), method="bounded"
    )
    return float(np.exp(found.x))


def _log_loss(log_p: np.ndarray, label: np.ndarray, temperature: float) -> float:
    z = log_p / temperature
    z = z - z.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(label)), label]))
