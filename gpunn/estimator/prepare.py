"""The first stage of a fit: from what comes in to the objects of a training."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from gpunn.config import build, registry
from gpunn.data.labels import Labels
from gpunn.devices import Device
from gpunn.estimator.monitor import ValidationSet
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import ValidatedInputs, check_training_data, check_validation_data
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, SparseRows
from gpunn.typing import Array

Extra = tuple[Any, Any, Any]  # X_val, y_val, sample_weight_val


@contextlib.contextmanager
def all_or_nothing(clf: Classifier) -> Iterator[None]:
    """Whatever is raised within, the attributes of ``clf`` are then those it had before."""
    before = dict(clf.__dict__)
    try:
        yield
    except BaseException:
        clf.__dict__.clear()
        clf.__dict__.update(before)
        raise


@dataclass(frozen=True)
class Prepared:
    """What a training needs.

    Attributes
    ----------
    given : ValidatedInputs
        Rows, labels and weights as they came in.
    labels : Labels
    objective : Objective
    seed : int
    rows : Rows
        Those to train on, on the device.
    validation_set : ValidationSet or None
    note : str
        On the split into rows to train and to validate on, for the history; "" for none.
    """

    given: ValidatedInputs
    labels: Labels
    objective: Objective
    seed: int
    rows: Rows
    validation_set: ValidationSet | None = None
    note: str = ""

    @property
    def device(self) -> Device:
        return self.given.device


def prepare(
    clf: Classifier, X: Any, y: Any, sample_weight: Any, extra: Extra, *, reset: bool, seed: int | None = None
) -> Prepared:
    """Check and encode what `fit` is given.

    Parameters
    ----------
    clf : MLPClassifier
        Gets the attributes that describe X where ``reset``; otherwise X is held against them.
    seed : int, optional
        By default it is drawn from ``random_state``.
    """
    given = check_training_data(clf, X, y, sample_weight, reset=reset)
    apart = check_validation_data(clf, given, *extra)
    labels = Labels.learn(given.y, at_least=1)
    objective = build.objective(clf, given.X.shape[1], labels)
    seed = draw_seed(clf) if seed is None else seed
    train, note = None, ""
    if apart is None and clf.early_stopping:
        train, test, note = _split(clf, given.y, labels, seed)
        if test is not None:
            weight = None if given.weight is None else given.weight[test]
            apart = given._replace(X=given.X[given.device.asarray(test)], y=given.y[test], weight=weight)
    n_out, T_val = objective.network.sizes[-1], None
    T, weight = training_targets(clf, given, labels, n_out)
    if apart is not None:
        try:
            T_val = labels.targets(apart.y, n_out, apart.dtype)
        except ValueError as error:
            raise ValueError(f"y_val: {error}") from None
    rows = rows_on_device(given, labels, T, weight, train)
    validation_set = None
    if apart is not None:
        validation_set = ValidationSet(
            rows_on_device(apart, labels, T_val, apart.weight), apart.X, apart.y, apart.weight
        )
    return Prepared(given, labels, objective, seed, rows, validation_set, note)


def draw_seed(clf: Classifier) -> int:
    """The seed of all random numbers of a training."""
    return int(check_random_state(clf.random_state).randint(2**31 - 1))


def training_targets(
    clf: Classifier, given: ValidatedInputs, labels: Labels, n_out: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """T (n, n_out) and the weights (n,) or None of rows to train on."""
    return labels.training_targets(
        given.y, n_out, given.dtype, given.weight, clf.class_weight, float(clf.label_smoothing)
    )


def rows_on_device(
    given: ValidatedInputs, labels: Labels, T: Array, weight: np.ndarray | None, index: np.ndarray | None = None
) -> Rows:
    """Rows with targets T (n, n_out) and weights (n,); ``index`` numbers those that are meant, None all."""
    device = given.device
    return Rows(
        given.X if isinstance(given.X, SparseRows) else device.asarray(given.X),
        device.asarray(T),
        None if weight is None else device.asarray(weight, given.dtype),
        exclusive=not labels.multilabel,
        index=None if index is None else device.asarray(index),
    )


def _split(
    clf: Classifier, y: np.ndarray, labels: Labels, seed: int
) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    """Numbers of the rows to train on and of those to validate on (None for all and none), and a note.

    It fails only where scikit-learn's fit fails: that stratifies two classes alone, and lets its lbfgs not stop early.
    """
    n, n_classes, full_batch = len(y), len(labels.classes), registry.is_full_batch(clf.solver)
    fraction = float(clf.validation_fraction)  # scikit-learn takes no float32
    n_test = math.ceil(fraction * n)
    said = f"validation_fraction={clf.validation_fraction} of {n} rows is {n_test}"
    if full_batch and not 2 <= n_test < n:
        return (
            None,
            None,
            f"Early stopping was left out: {said}; 2 are needed to validate on, and 1 to train on.",
        )
    counts = np.unique(y, return_counts=True)[1]
    fits = not labels.multilabel and min(counts) > 1 and min(n_test, n - n_test) >= n_classes
    stratify = y if fits or (n_classes == 2 and not labels.multilabel and not full_batch) else None
    if stratify is not None and n_classes == 2:
        stratify = (y == labels.classes[1])[:, None]  # scikit-learn's form, so that its messages are the same
    drawn = int(np.random.default_rng([seed, build.SPLIT]).integers(2**31))
    train, test = train_test_split(np.arange(n), test_size=fraction, stratify=stratify, random_state=drawn)
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
