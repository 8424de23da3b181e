"""The first stage of a fit: from what comes in to the objects of a training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from sklearn.utils import check_random_state

from gpunn.config import build, registry
from gpunn.data.labels import Labels
from gpunn.data.split import complements, split, stratified_folds
from gpunn.devices import Device
from gpunn.devices.ranks import get_ranks
from gpunn.estimator.monitor import ValidationSet
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import ValidatedInputs, check_training_data, check_validation_data
from gpunn.model.validation import InputSchema
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, SparseRows
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch
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


class RowsElsewhere(Protocol):
    """The rows of each epoch, where they are read anew or lie on other machines."""

    @property
    def n_rows(self) -> int:
        """Rows of an epoch."""

    @property
    def digests(self) -> dict[str, str]:
        """Facts that checkpoints keep about the rows, by what they are."""

    def algorithm(self, algorithm: Minibatch | FullBatch) -> Minibatch | FullBatch:
        """Training on these rows, with the settings of one on rows in memory."""


@dataclass(frozen=True)
class Prepared:
    """Prepared data and objects of a training.

    Attributes
    ----------
    given : ValidatedInputs
        Rows, labels and weights as they came in.
    labels : Labels
    objective : Objective
    seed : int
    rows : Rows
        Training rows, on the device.
    validation_set : ValidationSet or None
        With cross-validation all rows, in folds.
    note : str
        On the split into rows to train and to validate on, for the history; "" for none.
    stream : RowsElsewhere or None
        The rows of each epoch, where they are not in this process's memory; ``rows`` and ``given`` are then a sample.
    """

    given: ValidatedInputs
    labels: Labels
    objective: Objective
    seed: int
    rows: Rows
    validation_set: ValidationSet | None = None
    note: str = ""
    stream: RowsElsewhere | None = None

    @property
    def device(self) -> Device:
        return self.given.device

    @property
    def n_rows(self) -> int:
        """Rows that an epoch has of each network."""
        return self.rows.n_trained if self.stream is None else self.stream.n_rows


def prepare(
    clf: Classifier,
    device: Device,
    X: Any,
    y: Any,
    sample_weight: Any,
    extra: Extra,
    *,
    reset: bool,
    seed: int | None = None,
) -> Prepared:
    """Check and encode what `fit` is given.

    Parameters
    ----------
    clf : MLPClassifier
        Gets the attributes that describe X where ``reset``; otherwise X is held against them.
    device : Device
        On which the work will be done.
    seed : int, optional
        By default it is drawn from ``random_state``.
    """
    given = check_training_data(clf, device, X, y, sample_weight, reset=reset)
    apart = check_validation_data(clf, given, *extra)
    labels = Labels.learn(given.y, at_least=1)
    if labels.multilabel and clf.scoring == "neg_log_loss":
        raise ValueError(
            "scoring='neg_log_loss' (TabularClassifier's metric='log_loss') takes the labels of a row for exclusive "
            "classes, and y is multilabel. Use another scorer, such as 'roc_auc_ovr' (metric='roc_auc'), or a callable."
        )
    n_folds = clf.cross_validation
    if n_folds is not None and apart is not None:
        raise ValueError(
            f"cross_validation={n_folds} does not go with X_val: each member is validated on the fold that it leaves "
            "out. Leave one of the two out."
        )
    seed = draw_seed(clf) if seed is None else seed
    rng = np.random.default_rng([seed, build.SPLIT])
    objective = build.objective(clf, given.X.shape[1], labels, InputSchema.of(clf).embeddings)
    n_out, dtype, smoothing = objective.network.sizes[-1], given.dtype, float(clf.label_smoothing)
    train: np.ndarray | None = None
    test: np.ndarray | None = None
    folds: tuple[np.ndarray, np.ndarray] | None = None
    T_val: np.ndarray | None = None
    note = ""
    if n_folds is not None:
        fold = stratified_folds(given.y, n_folds, rng)
        folds = fold, complements(fold, n_folds, np.random.default_rng([seed, build.SPLIT, 1]))
        T_val = labels.targets(given.y, n_out, dtype)
    elif apart is not None:
        T_val = labels.targets(apart.y, n_out, dtype, "y_val")
    elif clf.early_stopping:
        full_batch = registry.is_full_batch(clf.solver)
        train, test, note = split(labels, given.y, clf.validation_fraction, rng, full_batch=full_batch)
        T_val = None if test is None else labels.targets(given.y[test], n_out, dtype)
    if clf.temperature_scaling and T_val is None:
        raise ValueError(
            "temperature_scaling=True needs rows that are not trained on: use early_stopping=True, cross_validation or "
            "X_val and y_val."
        )
    T, weight = labels.training_targets(given.y, n_out, dtype, given.weight, clf.class_weight, smoothing)
    rows = rows_on_device(given, labels, T, weight, train)
    validated: ValidationSet | None = None
    if folds is not None:
        fold, outside = folds
        of_members = [i % len(outside) for i in range(clf.n_members)]  # the fold that each member leaves out
        rows = replace(rows, of_members=device.asarray(outside[of_members]))
        held_out = rows_on_device(given, labels, T_val, given.weight)
        sets = tuple(replace(held_out, index=device.asarray(np.flatnonzero(fold == i))) for i in of_members)
        validated = ValidationSet(sets, given.X, given.y, given.weight)
    elif T_val is not None:
        validated = validation_set(given if apart is None else apart, labels, T_val, test)
    return Prepared(given, labels, objective, seed, rows, validated, note)


def prepare_again(clf: Classifier, task: Prepared) -> Prepared:
    """Result of `prepare` for a classifier, from that for one that differs in penalties and ``random_state`` only.

    They share the rows on the device. Nothing is set in ``clf``.
    """
    given, labels = task.given, task.labels
    objective, seed = build.objective(clf, given.X.shape[1], labels, InputSchema.of(clf).embeddings), draw_seed(clf)
    rows, validated, note = task.rows, None, ""
    if clf.early_stopping:
        rng = np.random.default_rng([seed, build.SPLIT])
        train, test, note = split(labels, given.y, clf.validation_fraction, rng, full_batch=False)
        rows = replace(rows, index=None if train is None else given.device.asarray(train))
        if test is not None:
            T_val = labels.targets(given.y[test], objective.network.sizes[-1], given.dtype)
            validated = validation_set(given, labels, T_val, test)
    return Prepared(given, labels, objective, seed, rows, validated, note)


def validation_set(
    given: ValidatedInputs, labels: Labels, T: np.ndarray, index: np.ndarray | None = None
) -> ValidationSet:
    """Rows to validate on, whose targets are T: all that are given, or those with the numbers ``index`` (r,)."""
    X, y, weight = given.X, given.y, given.weight
    if index is not None:
        X, y = X[given.device.asarray(index)], y[index]
        weight = None if weight is None else weight[index]
    part = given._replace(X=X, y=y, weight=weight)
    return ValidationSet(rows_on_device(part, labels, T, weight), X, y, weight)


def draw_seed(clf: Classifier) -> int:
    """The seed of all random numbers of a training, the same on all ranks."""
    seed: int = get_ranks(clf.ranks).broadcast(int(check_random_state(clf.random_state).randint(2**31 - 1)))
    return seed


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
