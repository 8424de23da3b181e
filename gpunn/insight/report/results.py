"""Predictions for rows with labels, computed once for all parts of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import xlogy
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_fscore_support, roc_auc_score

from gpunn.cached import cached_property
from gpunn.model.fitted import Classifier
from gpunn.model.origin import on_host
from gpunn.model.training_data import check_labels


@dataclass(frozen=True)
class Results:
    """Labels, predictions and probabilities of n rows, on the host.

    Parameters
    ----------
    classes : ndarray (c,)
    multilabel : bool
    T : ndarray (n, c) of bool
        The classes that each row has.
    P : ndarray (n, c) of bool
        The classes that are predicted.
    p : ndarray (n, c)
        Probabilities.
    log_p : ndarray (n, c)
        Logarithms of p.
    """

    classes: np.ndarray
    multilabel: bool
    T: np.ndarray
    P: np.ndarray
    p: np.ndarray
    log_p: np.ndarray

    @classmethod
    def of(cls, clf: Classifier, X: Any, y: Any) -> Self:
        """Predict rows X and hold their labels y beside them.

        Raises
        ------
        ValueError
            If X and y do not fit together or the classifier.
        """
        labels, c = clf._labels, len(clf.classes_)
        T = labels.targets(check_labels(X, y), c, bool)
        P = labels.targets(np.asarray(on_host(clf.predict(X))), c, bool)
        p, log_p = (
            np.asarray(on_host(found), np.float64) for found in (clf.predict_proba(X), clf.predict_log_proba(X))
        )
        return cls(labels.classes, labels.multilabel, T, P, p, log_p)

    def __len__(self) -> int:
        return len(self.T)

    @cached_property
    def right(self) -> np.ndarray:
        """True for rows whose labels are all predicted, (n,)."""
        return np.all(self.T == self.P, axis=1)

    @property
    def accuracy(self) -> float:
        """Share of rows that are right; in multilabel problems those with every label right."""
        return float(np.mean(self.right))

    @cached_property
    def costs(self) -> np.ndarray:
        """-log of the probability given to what is true, (n,); in multilabel problems the sum over labels."""
        found = -np.sum(np.where(self.T, self.log_p, 0.0), axis=1)
        if self.multilabel:
            with np.errstate(divide="ignore"):  # an output that is no probability by nature may be clipped to 1
                found = found - np.sum(np.where(self.T, 0.0, np.log1p(-self.p)), axis=1)
        return found

    @property
    def log_loss(self) -> float:
        """Mean of `costs`."""
        return float(np.mean(self.costs))

    @property
    def commonest(self) -> tuple[int, float]:
        """The class of most rows, and its share of them."""
        counts = self.T.sum(axis=0)
        return int(np.argmax(counts)), float(np.max(counts) / len(self))

    @property
    def balanced_accuracy(self) -> float:
        """Mean over the classes that are there of the share of their rows that are right."""
        rows, right = self.T.sum(axis=0), (self.T & self.P).sum(axis=0)
        return float(np.mean(right[rows > 0] / rows[rows > 0]))

    @property
    def blind_log_loss(self) -> float:
        """Mean of `costs` where every row gets the shares of the classes as its probabilities."""
        share = self.T.mean(axis=0)
        found = -np.sum(xlogy(share, share))
        return float(found - np.sum(xlogy(1 - share, 1 - share))) if self.multilabel else float(found)

    @cached_property
    def roc_auc(self) -> float | None:
        """Area under the ROC curve; of more than two classes the mean over the classes, each against all others. None
        where a class is missing, and in multilabel problems."""
        there = self.T.any(axis=0) & ~self.T.all(axis=0)
        if self.multilabel or not there.all() or not np.isfinite(self.p).all():
            return None
        if len(self.classes) == 2:
            return float(roc_auc_score(self.T[:, 1], self.p[:, 1]))
        return float(np.mean([roc_auc_score(t, p) for t, p in zip(self.T.T, self.p.T, strict=True)]))

    @property
    def average_precision(self) -> float:
        """Probability of the second of two classes."""
        return float(average_precision_score(self.T[:, 1], self.p[:, 1]))

    @cached_property
    def confusion(self) -> np.ndarray:
        """Rows by true class and by predicted class, (c, c); not for multilabel problems."""
        found: np.ndarray = confusion_matrix(self.T.argmax(1), self.P.argmax(1), labels=np.arange(len(self.classes)))
        return found

    @cached_property
    def per_class(self) -> np.ndarray:
        """Precision, recall, F1 and number of rows of each class, (c, 4); 0 where there is nothing to divide by."""
        found = precision_recall_fscore_support(self.T, self.P, average=None, zero_division=0)
        return np.stack(found, axis=1)

    @cached_property
    def confidence(self) -> tuple[np.ndarray, np.ndarray]:
        """Predicted probability, and whether the prediction was right.

        For two classes the second's probability for each row; of more the predicted class's; in multilabel problems
        every label's of every row.
        """
        if self.multilabel:
            return self.p.ravel(), self.T.ravel()
        if len(self.classes) == 2:
            return self.p[:, 1], self.T[:, 1]
        top = self.P.argmax(1)[:, None]
        return np.take_along_axis(self.p, top, 1)[:, 0], self.right

    def name(self, row: np.ndarray) -> str:
        """The classes of a row of T or P."""
        return ", ".join(str(c) for c in self.classes[row].tolist()) or "none"
