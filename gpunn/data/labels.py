"""Labels of any kind to targets of the network, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from gpunn.shown import show
from gpunn.typing import Array, Namespace


@dataclass(frozen=True)
class Labels:
    """The classes of a problem.

    Parameters
    ----------
    classes : ndarray (c,)
        Sorted labels; for multilabel problems the column numbers.
    multilabel : bool
        y is an indicator matrix (n, c) and a row may belong to any number of classes.
    """

    classes: Any
    multilabel: bool

    @classmethod
    def learn(cls, y: Array, at_least: int = 2) -> Labels:
        """The classes that stand in y (n,) or in an indicator matrix (n, c).

        Raises
        ------
        ValueError
            If y is not a classification target, or has fewer classes than ``at_least``.
        """
        kind = type_of_target(y)
        if kind in ("continuous", "unknown") and np.ndim(y) == 1:
            labels = np.asarray(y, dtype=object)
            if kind == "unknown" and not any(isinstance(label, Real) and label % 1 for label in labels):
                raise ValueError(
                    f"Unknown label type: {kind}. y has dtype object and begins with {labels[0]!r:.80} "
                    f"({type(labels[0]).__name__}). Labels are text, integers or booleans, all of one type: convert "
                    "them by y.astype(str), y.astype(int) or y.astype(bool)."
                )
            row = next((i for i, label in enumerate(labels) if isinstance(label, Real) and label % 1), 0)
            raise ValueError(
                f"Unknown label type: {kind}. y has {labels[row]!s:.80} in row {row + 1}: gpunn classifies, and has no "
                "regression. Labels are text, integers or booleans: if these are classes convert them, y.astype(str); "
                "to make classes of ranges use numpy.digitize or pandas.cut."
            )
        check_classification_targets(y)
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"y has shape {np.shape(y)} with more than two values: several multiclass outputs are not "
                "supported. Give one column of labels, or an indicator matrix of 0 and 1."
            )
        classes = unique_labels(y)  # column numbers of a multilabel y; a ValueError for a mix of text and numbers
        if kind != "multilabel-indicator":
            classes = np.unique(y)  # of the dtype that y has
        if len(classes) < at_least:
            raise ValueError(
                f"y has only one class, {classes.tolist()}: a classifier needs at least two classes to tell apart."
            )
        return cls(classes, kind == "multilabel-indicator")

    @classmethod
    def announced(cls, y: Array, classes: Array | None) -> Labels:
        """The classes that will come, before all of them have: from an indicator matrix y, else ``classes``.

        Raises
        ------
        ValueError
            If they can't be told.
        """
        if type_of_target(y) == "multilabel-indicator":
            return cls.learn(y)
        if classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit: y may not have them all yet.")
        return cls.learn(np.asarray(classes))

    def agreeing(self, classes: Array | None) -> Labels:
        """Themselves, if ``classes`` is None or names the same ones; else a ValueError."""
        if classes is not None and not np.array_equal(self.classes, np.unique(classes)):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes!r}"
            )
        return self

    @property
    def n_outputs(self) -> int:
        """Outputs of the network when each answers yes or no: one suffices for two classes."""
        return len(self.classes) if self.multilabel or len(self.classes) > 2 else 1

    def targets(self, y: Array, n_outputs: int, dtype: Any, name: str = "y") -> np.ndarray:
        """T (n, n_outputs): one-of-N, or 0 and 1 where a single output stands for the second class.

        Raises
        ------
        ValueError
            If y has labels that are not among the classes; ``name`` is what the message calls it.
        """
        y = np.asarray(y)
        if self.multilabel:
            if y.ndim != 2 or y.shape[1] != len(self.classes):
                raise ValueError(f"{name} has shape {y.shape}; an indicator matrix (n, {len(self.classes)}) is needed.")
            return y.astype(dtype)
        codes = self._codes(y, name)
        if n_outputs == 1:
            return codes.astype(dtype)[:, None]
        T = np.zeros((len(codes), n_outputs), dtype)
        T[np.arange(len(codes)), codes] = 1
        return T

    def training_targets(
        self, y: Array, n_outputs: int, dtype: Any, weight: Array, class_weight: Any, smoothing: float
    ) -> tuple[np.ndarray, Array]:
        """T (n, n_outputs), smoothed, and the weights (n,) of rows and classes, None where all are 1.

        Parameters
        ----------
        weight : ndarray (n,) or None
            Weights of the rows.
        class_weight
            As for `weights`, or None.
        smoothing : float
            s of T <- (1 - s) T + s / k. Source: Szegedy et al. 2016, section 7; a lone output answers between two
            classes.
        """
        T = self.targets(y, n_outputs, dtype)
        if class_weight is not None:
            of_classes = self.weights(class_weight, y)
            weight = of_classes if weight is None else of_classes * weight
        if smoothing:
            T = (1 - smoothing) * T + smoothing / (2 if self.multilabel else max(n_outputs, 2))
        return T.astype(dtype, copy=False), weight

    def weights(self, class_weight: Any, y: Array) -> np.ndarray:
        """Weights (n,) of the rows with labels y: those of their classes; in multilabel problems the product of all.

        Parameters
        ----------
        class_weight : "balanced", dict of class and weight, or for multilabel problems list of a dict for each label
            Classes that a dict does not name weigh 1. "balanced" goes by the labels in y; a dict may name classes that
            y lacks.

        Raises
        ------
        ValueError
            If class_weight is none of these, names a class that there is not, or has weights that are not allowed.
        """
        if isinstance(class_weight, str):
            return compute_sample_weight(class_weight, y)
        n = len(self.classes)
        if self.multilabel != isinstance(class_weight, list) or (self.multilabel and len(class_weight) != n):
            form = f"a list of {n} dicts, one for each label" if self.multilabel else "a dict of class and weight"
            raise ValueError(f"class_weight={show(class_weight)} does not go with this y; give {form}, or 'balanced'.")
        classes = [0, 1] if self.multilabel else self.classes.tolist()
        codes = np.asarray(y).T.astype(int) if self.multilabel else [self._codes(np.asarray(y))]
        weights = np.ones(len(y))
        for by_class, of_rows in zip(class_weight if self.multilabel else [class_weight], codes, strict=True):
            unknown = [key for key in by_class if key not in classes]
            if unknown:
                raise ValueError(f"class_weight names {unknown[0]!r}, which is not among the classes: {classes[:20]}.")
            table = [by_class.get(label, 1) for label in classes]
            try:
                good = all(isinstance(w, Real) and 0 <= float(w) < math.inf for w in table) and any(table)
            except OverflowError:  # an integer that is too large for a float
                good = False
            if not good:
                raise ValueError(
                    f"class_weight={show(class_weight)}: weights must be finite, not negative, and not all 0."
                )
            weights *= np.array(table, float)[of_rows]
        return weights

    def _codes(self, y: np.ndarray, name: str = "y") -> np.ndarray:
        """Numbers of the classes of labels y (n,)."""
        if y.ndim != 1:
            raise ValueError(f"{name} has shape {y.shape}; one column of labels is needed, as in the first fit.")
        classes = self.classes
        if {y.dtype.kind, classes.dtype.kind} == {"i", "u"}:  # whose common type in NumPy is float64
            y, classes = y.astype(object), classes.astype(object)
        unknown = np.setdiff1d(y, classes)
        if unknown.size:
            raise ValueError(
                f"{name} has labels that are not among the classes: {unknown[:5].tolist()}. The classes are "
                f"{classes[:20].tolist()}; classes that appear later must be given at the start."
            )
        return np.searchsorted(classes, y)

    def codes(self, xp: Namespace, scores: Array) -> Array:
        """Decisions of scores (n, n_outputs): numbers of classes (n,), or an indicator matrix of 0 and 1."""
        if self.multilabel:
            return xp.astype(scores > 0, xp.int64)
        if len(self.classes) == 1:
            return xp.zeros_like(scores[:, 0], dtype=xp.int64)
        if scores.shape[1] == 1:
            return xp.astype(scores[:, 0] > 0, xp.int64)
        return xp.argmax(scores, axis=1)

    def accuracy(self, y: np.ndarray, p: np.ndarray, threshold: Any, weight: np.ndarray | None) -> float:
        """Share of the weighted rows whose label, or all of whose labels, probabilities p (n, c) put right."""
        if self.multilabel:
            right = np.all((p > 0.5 if threshold is None else p >= np.asarray(threshold)) == y, axis=1)
        elif threshold is not None:
            right = self.classes[(p[:, 1] >= threshold).astype(int)] == y
        else:
            right = self.classes[np.argmax(p, axis=1)] == y
        return float(np.average(right, weights=weight))
