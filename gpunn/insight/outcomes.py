"""Outputs of a network for rows: costs and scores, classes, calibration, columns that it ignores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.insight.calibration import Calibration, calibration
from gpunn.insight.columns import Column, repeated
from gpunn.insight.finding import FEW
from gpunn.insight.importance import MAX_COLUMNS, rises
from gpunn.insight.neighbours import MAX_ROWS
from gpunn.nn.heads import Head
from gpunn.nn.objective import Objective
from gpunn.nn.probabilities import decisions, log_probabilities
from gpunn.training.data import Rows, spaced
from gpunn.training.summary import class_shares, column_means, sampled_numbers
from gpunn.typing import Array, Namespace

IDLE = 0.005  # of the cost of guessing: rise of the cost where a column is shuffled


@dataclass(frozen=True)
class Outcome:
    """Outputs of a network for rows; weighted by their weights.

    Attributes
    ----------
    n_rows : int
    cost, cost_error : float
        Mean cost of a row, without penalties, and the standard error of that mean.
    score : float
        Share of the rows whose most probable class is right; in multilabel problems all their labels.
    decided : float
        The same of what is predicted, by the threshold where one is set: accuracy as `MLPClassifier.score` has it.
    shares, recalls : tuple of float
        For each class (each label in multilabel problems), its share of the rows, and the share of it that is
        predicted.
    """

    n_rows: int
    cost: float
    cost_error: float
    score: float
    decided: float
    shares: tuple[float, ...]
    recalls: tuple[float, ...]


@dataclass(frozen=True)
class Labelled:
    """Classes and probabilities of a sample of rows, which have one class each.

    Attributes
    ----------
    numbers : ndarray (m,)
        Numbers of the rows in the sample, among those given.
    label, predicted : ndarray (m,) of int
    margin : ndarray (m,)
        Difference of the two largest log-probabilities, by which a prediction is sure.
    """

    numbers: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    margin: np.ndarray


def in_double(device: Device, rows: Rows) -> Rows:
    """The same rows with targets and weights in float64."""
    weight = None if rows.weight is None else device.asarray(rows.weight, "float64")
    return Rows(rows.X, device.asarray(rows.T, "float64"), weight, rows.exclusive)


def sample_of(device: Device, rows: Rows) -> np.ndarray:
    """Numbers of a sample of the rows, among those that weigh something."""
    if rows.weight is None:
        return sampled_numbers(len(rows))
    weighing = np.flatnonzero(device.to_host(rows.weight))
    return weighing[sampled_numbers(len(weighing))]


def outcome_of(device: Device, head: Head, rows: Rows, z: Array, threshold: Any) -> Outcome:
    """Outputs for all the rows, from their logits z (n, k), and the threshold of its predictions."""
    xp, T = device.xp, rows.T
    of_class = T > 0.5
    if rows.exclusive and T.shape[1] == 1:  # one output stands for two classes
        of_class = xp.concat([~of_class, of_class], axis=1)
    of_class = xp.astype(of_class, z.dtype)
    probable = _right(xp, rows, head.decision(xp, z))
    decided = _right(xp, rows, decisions(xp, head, z, not rows.exclusive, threshold))
    found = column_means(xp, of_class * decided, rows.weight)
    per_row = head.cost(xp, z, T)
    numbers = xp.stack([per_row, xp.min(probable, axis=1), xp.min(decided, axis=1)], axis=1)
    cost, score, decided_score = device.floats(*column_means(xp, numbers, rows.weight))
    [square] = device.floats(*column_means(xp, (per_row - cost)[:, None] ** 2, rows.weight))
    shares, hits = (
        class_shares(device, column_means(xp, T, rows.weight), rows.exclusive),
        device.to_host(found).tolist(),
    )
    recalls = tuple(hit / part if part else float("nan") for hit, part in zip(hits, shares, strict=True))
    return Outcome(len(rows), cost, math.sqrt(square / len(rows)), score, decided_score, tuple(shares), recalls)


def _right(xp: Namespace, rows: Rows, scores: Array) -> Array:
    """1 where scores (n, k) are right, else 0: of rows with one class (n, 1), else of each label (n, k)."""
    if rows.exclusive and rows.T.shape[1] > 1:
        right = (xp.argmax(scores, axis=-1) == xp.argmax(rows.T, axis=-1))[:, None]
    else:
        right = (scores > 0) == (rows.T > 0.5)
    return xp.astype(right, scores.dtype)


def _classes(device: Device, T: Array) -> np.ndarray:
    """Class (n,) of each row of T (n, k)."""
    found: np.ndarray = device.to_host(T)
    return found.argmax(axis=1) if found.shape[1] > 1 else (found[:, 0] > 0.5).astype(int)


def _answers(device: Device, head: Head, z: Array) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities (n, k) of the classes, and the predicted class (n,), from logits z (n, k).

    The prediction is that of the decision scores: outputs without bounds are clipped to make probabilities, of which
    several may then be the largest.
    """
    xp = device.xp
    scores: np.ndarray = device.to_host(head.decision(xp, z))
    predicted = scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(int)
    return device.to_host(log_probabilities(xp, head, z, False)), predicted


def labelled_of(device: Device, head: Head, z: Array, T: Array, numbers: np.ndarray) -> Labelled:
    """Sampled rows with these numbers, from their logits z (m, k) and targets T (m, k)."""
    log_p, predicted = _answers(device, head, z)
    top = np.partition(log_p, -2, axis=1)
    return Labelled(numbers, _classes(device, T), predicted, top[:, -1] - top[:, -2])


def calibration_of(device: Device, head: Head, sample: Rows, z: Array) -> Calibration | None:
    """Calibration on sampled rows with logits z (m, k).

    None for few rows, in multilabel problems, and where probabilities are not finite.
    """
    if not sample.exclusive or len(sample) < FEW:
        return None
    log_p, predicted = _answers(device, head, z)
    label = _classes(device, sample.T)
    return calibration(log_p, label, predicted == label) if np.isfinite(log_p).all() else None


def idle_of(
    device: Device, objective: Objective, theta: Array, sample: Rows | None, columns: Sequence[Column], guess: float
) -> tuple[int, int]:
    """Number of columns that the network hardly uses, on a sample of rows, and of those looked at."""
    if sample is None or len(sample) < FEW or not math.isfinite(guess) or len(columns) > MAX_COLUMNS:
        return 0, 0
    some = spaced(len(sample), MAX_ROWS)
    X, T = (np.array(device.to_host(a), np.float64)[some] for a in (sample.X, sample.T))
    found = rises(device, objective, theta, X, T, columns, 2)
    return sum(each.rise < IDLE * guess for each in found), len(found)


def repeated_in(device: Device, rows: Rows, held_out: Rows) -> float:
    """Share of a sample of the rows held out that are among the others."""
    xp, n = device.xp, len(rows)
    step = max(1, device.chunk_elements // rows.X.shape[1])

    def on_host(X: Array) -> np.ndarray:
        found: np.ndarray = device.to_host(xp.astype(X, xp.float64))
        return found

    sample = held_out.take(xp, device.asarray(sampled_numbers(len(held_out))))
    return repeated(on_host(sample.X), (on_host(rows.X[i : min(i + step, n), :]) for i in range(0, n, step)))
