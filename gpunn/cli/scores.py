"""Scores of a classifier on rows with labels, in figures that add up batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpunn.model.model import Model
from gpunn.model.predict import predict, predict_log_proba


@dataclass(frozen=True)
class Scores:
    """Counts of a classifier's answers; all figures follow from them.

    Precision, recall and F1 are those of scikit-learn's ``classification_report``, 0 where they are 0 / 0.

    Parameters
    ----------
    classes : ndarray (k,)
    confusion : ndarray (k, k) of int
        Rows of each true class (first axis) by predicted class (second axis).
    log_loss : float
        Mean over rows of minus the logarithm of the true class's probability.
    """

    classes: np.ndarray
    confusion: np.ndarray
    log_loss: float

    @classmethod
    def of(cls, model: Model, batches: Iterable[tuple[Any, np.ndarray]]) -> Scores:
        """The scores of a model on batches of rows X (m, d) with labels y (m,), all of them known."""
        classes = model.labels.classes
        confusion = np.zeros((len(classes), len(classes)), np.int64)
        total = 0.0
        for X, y in batches:
            codes = np.searchsorted(classes, y)
            np.add.at(confusion, (codes, np.searchsorted(classes, predict(model, X))), 1)
            of_true_class = np.take_along_axis(predict_log_proba(model, X), codes[:, None], axis=1)
            total -= float(np.sum(of_true_class, dtype=np.float64))
        return cls(classes, confusion, total / int(confusion.sum()))

    @property
    def support(self) -> np.ndarray:
        """Rows of each true class, (k,)."""
        return self.confusion.sum(axis=1)

    @property
    def n(self) -> int:
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        return self.right / self.n

    @property
    def by_class(self) -> np.ndarray:
        """Precision, recall and F1 of each class, (k, 3)."""
        hits, predicted = np.diag(self.confusion), self.confusion.sum(axis=0)
        precision, recall, f1 = (
            hits / np.maximum(predicted, 1),
            hits / np.maximum(self.support, 1),
            2 * hits / np.maximum(self.support + predicted, 1),
        )
        return np.stack([precision, recall, f1], axis=1)

    @property
    def present(self) -> np.ndarray:
        """True if a class is among the labels or the answers, (k,): the others count in no average."""
        return (self.support + self.confusion.sum(axis=0)) > 0

    @property
    def macro(self) -> np.ndarray:
        """Precision, recall and F1, averaged over the classes that are present, (3,)."""
        average: np.ndarray = self.by_class[self.present].mean(axis=0)
        return average

    @property
    def weighted(self) -> np.ndarray:
        """Precision, recall and F1, averaged over the rows, (3,)."""
        return self.support @ self.by_class / self.n

    def to_dict(self) -> dict[str, Any]:
        """A form of numbers, texts and lists for JSON."""

        def figures(values: np.ndarray) -> dict[str, float]:
            return dict(zip(("precision", "recall", "f1"), values.tolist(), strict=True))

        return {
            "rows": self.n,
            "accuracy": self.accuracy,
            "log_loss": self.log_loss,
            "classes": [
                {"label": label, **figures(values), "support": support}
                for label, values, support in zip(
                    self.classes.tolist(), self.by_class, self.support.tolist(), strict=True
                )
            ],
            "macro": figures(self.macro),
            "weighted": figures(self.weighted),
            "confusion": self.confusion.tolist(),
        }
