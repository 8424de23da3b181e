"""Record of the training rows, so that other rows can be compared with them later.

Only aggregates are kept: no row, and nothing that a row could be found by.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.nn.costs import Cost
from gpunn.nn.heads import Head
from gpunn.nn.objective import Objective
from gpunn.nn.probabilities import probabilities
from gpunn.training.data import Rows, SparseRows, chosen, hits, logits, mean_over_rows, spaced
from gpunn.typing import Array, Namespace

SAMPLE = 2048  # rows: a share of them is known to about 1%
BINS = 20
MAX_COLUMNS = 10_000  # whose means are kept: a model file has to hold them


@dataclass(frozen=True)
class TrainingSummary:
    """Facts about the rows of a training, and about the trained network on them.

    Costs, scores and counts are those of at most `SAMPLE` rows, evenly spaced, weighted as in training.

    Attributes
    ----------
    n_given, n_rows : int
        Rows given to ``fit``, and those among them that were trained on: early stopping keeps some for validation.
    n_sample : int
        Rows of the sample.
    start_cost : float
        Mean cost of the weights that training started from, on some of the rows, with penalties as in `History.cost`.
    cost, score : float
        Mean cost, without penalties, dropout and label smoothing, and accuracy of the trained network.
    guess : float
        Mean cost of outputs that are the shares of the classes, whatever the input.
    shares : list of float
        Share of each class in the rows; of two classes both. In multilabel problems, share of the rows that have each
        label.
    confidence, correct : list of int
        Histogram, in `BINS` equal bins from 0 to 1, of the probability of the predicted class, and how many of them are
        right; empty in multilabel problems.
    input_mean, input_std : list of float
        Mean and standard deviation of each column of X as the network takes it (frames: encoded and standardised), over
        a sample of the rows given; empty for more than `MAX_COLUMNS` columns.
    """

    n_given: int
    n_rows: int
    n_sample: int
    start_cost: float
    cost: float
    score: float
    guess: float
    shares: list[float]
    confidence: list[int]
    correct: list[int]
    input_mean: list[float]
    input_std: list[float]

    def to_dict(self) -> dict[str, Any]:
        """A form of numbers and lists for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, form: Any) -> TrainingSummary:
        """Inverse of `to_dict`; ValueError for anything else: model files may be forged."""
        known = [field.name for field in fields(cls)]
        if not isinstance(form, dict) or set(form) != set(known):
            raise ValueError(f"its keys must be {', '.join(known)}.")
        for name, value in form.items():
            is_list = name in ("shares", "confidence", "correct", "input_mean", "input_std")
            kind = int if name.startswith("n_") or name in ("confidence", "correct") else float
            values = value if is_list and isinstance(value, list) else [value]
            if is_list != isinstance(value, list) or not all(_is_sound(number, kind) for number in values):
                raise ValueError(f"key {name!r} must be finite numbers, and counts from 0 on.")
        if {len(form["confidence"]), len(form["correct"])} not in ({0}, {BINS}):
            raise ValueError(f"keys 'confidence' and 'correct' must have {BINS} counts or none.")
        if len(form["input_mean"]) != len(form["input_std"]):
            raise ValueError("keys 'input_mean' and 'input_std' must have as many numbers as each other.")
        return cls(**form)


def summarise(
    device: Device, objective: Objective, theta: Array, rows: Rows, start_cost: float
) -> TrainingSummary | None:
    """Look at a sample of the rows that were trained on, with the weights theta (P,) that came of it.

    None where a number is not finite: of extreme inputs, or a cost of one's own; and where memory runs out: what was
    learned is worth more than it.

    Parameters
    ----------
    rows : Rows
        As in training: ``index`` names those that were trained on, and labels may be smoothed.
    start_cost : float
        Cost at the weights that training started from.
    """
    try:
        with device.use():
            found = _summary(device, objective, theta, rows, start_cost)
    except MemoryError:
        return None
    numbers = (found.cost, found.score, found.guess, *found.shares, *found.input_mean, *found.input_std)
    return found if all(map(math.isfinite, numbers)) else None


def _summary(device: Device, objective: Objective, theta: Array, rows: Rows, start_cost: float) -> TrainingSummary:
    xp, head, n_given = device.xp, objective.head, rows.T.shape[0]
    mean, std = column_moments(device, rows.X, sampled_numbers(n_given))
    numbers = device.asarray(sampled_numbers(len(rows)))
    index = numbers if rows.index is None else xp.take(rows.index, numbers)
    some = chosen(xp, Rows(rows.X, rows.T, rows.weight, rows.exclusive, index))
    T = one_of_n(xp, some)
    z = logits(device, objective.network, theta, some.X)
    shares, right = column_means(xp, T, some.weight), hits(xp, head.decision(xp, z), some.T, some.exclusive)
    of_classes = class_shares(device, shares, rows.exclusive)
    cost, score, guess = device.floats(
        mean_over_rows(xp, head.cost(xp, z, T), some.weight),
        mean_over_rows(xp, xp.astype(right, z.dtype), some.weight),
        mean_over_rows(xp, costs_of_shares(xp, head, shares, T), some.weight),
    )
    confidence, correct = [], []
    if rows.exclusive:
        top = device.to_host(xp.max(probabilities(xp, head, z, False), axis=-1))
        bins = np.minimum((top * BINS).astype(int), BINS - 1)
        confidence = np.bincount(bins, minlength=BINS).tolist()
        correct = np.bincount(bins[device.to_host(right)], minlength=BINS).tolist()
    return TrainingSummary(
        n_given=n_given,
        n_rows=len(rows),
        n_sample=len(numbers),
        start_cost=start_cost,
        cost=cost,
        score=score,
        guess=guess,
        shares=of_classes,
        confidence=confidence,
        correct=correct,
        input_mean=mean.tolist() if len(mean) <= MAX_COLUMNS else [],
        input_std=std.tolist() if len(std) <= MAX_COLUMNS else [],
    )


def sampled_numbers(n: int) -> np.ndarray:
    """Numbers of at most `SAMPLE` of n rows, evenly spaced."""
    return spaced(n, SAMPLE)


def column_moments(device: Device, X: Array, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation, each (d,), of the columns of some rows of X (n, d), in float64."""
    xp, d, m = device.xp, X.shape[1], len(numbers)
    step = max(1, device.block_elements // d)
    first, totals = None, []
    for start in range(0, m, step):
        index = device.asarray(numbers[start : start + step])
        x = xp.astype(X[index] if isinstance(X, SparseRows) else xp.take(X, index, axis=0), xp.float64)
        first = x[0, :] if first is None else first  # differences from it keep their digits where the mean is large
        x = x - first
        totals.append(device.to_host(xp.stack([xp.sum(x, axis=0), xp.sum(x * x, axis=0)])))
    sums, squares = np.sum(totals, axis=0) / m
    shift = np.zeros(d) if first is None else device.to_host(first)
    return shift + sums, np.sqrt(np.maximum(squares - sums * sums, 0.0))


def one_of_n(xp: Namespace, rows: Rows) -> Array:
    """Targets T (n, k) without smoothing: 1 for the class or for a label that is set, else 0."""
    T = rows.T
    if rows.exclusive and T.shape[-1] > 1:
        classes = xp.arange(T.shape[-1], device=T.device)
        return xp.astype(classes[None, :] == xp.argmax(T, axis=-1)[:, None], T.dtype)
    return xp.astype(T > 0.5, T.dtype)


def class_shares(device: Device, shares: Array, exclusive: bool) -> list[float]:
    """Share of each class, or of each label, from the `column_means` (k,) of targets, one-of-N."""
    found: list[float] = device.to_host(shares).astype(float).tolist()
    return [1 - found[0], found[0]] if exclusive and len(found) == 1 else found


def costs_of_shares(xp: Namespace, head: Head, shares: Array, T: Array) -> Array:
    """Costs (n,) of rows with targets T (n, k), one-of-N, where every row gets the shares (k,) of the classes.

    For a head without a cost function they are those of logits 0.
    """
    function, zeros = cost_function(head), xp.zeros_like(T)
    return head.cost(xp, zeros, T) if function is None else function.value(xp, zeros + shares, T)


def cost_function(head: Head) -> Cost | None:
    """The cost that a head joins with its activation; None for a head of somebody's own that is not made of the two."""
    found: Cost | None = getattr(head, "cost_function", None)
    return found


def column_means(xp: Namespace, T: Array, weight: Array | None) -> Array:
    """Mean (k,) over weighted rows of an array (n, k)."""
    if weight is None:
        return xp.mean(T, axis=0)
    total = xp.sum(weight)
    return xp.sum(T * (weight / xp.where(total > 0, total, xp.ones_like(total)))[:, None], axis=0)


def _is_sound(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int and 0 <= value < 2**63
    return type(value) in (int, float) and abs(value) < 2**1000 and math.isfinite(value)
