"""An estimator opened up: the network, its parameters and its rows, on their device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from gpunn.config import build, registry
from gpunn.config.checks import check_parameters
from gpunn.data.labels import Labels
from gpunn.devices import Device, device_for
from gpunn.insight.columns import Column, as_columns
from gpunn.insight.facts import Training
from gpunn.model.fitted import Classifier, trained_model
from gpunn.model.model import Model
from gpunn.model.origin import on_host
from gpunn.model.training_data import check_labels, check_weights, column_settings, theta_dtype
from gpunn.model.validation import InputSchema, check_rows, matrix
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import GradientDescent, Momentum
from gpunn.training.data import Rows, SparseRows
from gpunn.training.history import History
from gpunn.typing import Array

NO_WEIGHT = (
    "{name} has {n} rows, and all have a weight of 0 (class_weight={class_weight!r}): there is nothing to measure. "
    "Give rows of other classes too, or look at them with clf.set_params(class_weight=None)."
)


@dataclass(frozen=True)
class OpenedEstimator:
    """Network and parameters of an estimator, or those it would begin with.

    Attributes
    ----------
    model : Model
        With its theta on the host, or on the device where it would begin.
    class_weight : dict, list of dict, str or None
        Parameter of the estimator.
    device : Device
    objective : Objective
    rows : Rows
        Weighted as in training, by rows and classes; their labels are as they are, not smoothed.
    training : Training
    """

    model: Model
    class_weight: Any
    device: Device
    objective: Objective
    rows: Rows
    training: Training

    @property
    def labels(self) -> Labels:
        return self.model.labels

    @property
    def theta(self) -> Array:
        return self.model.theta

    @property
    def classes(self) -> tuple[Any, ...]:
        return tuple(self.labels.classes.tolist())

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the columns of X as the network takes them; none if they came without."""
        schema = self.model.schema
        if schema.features is not None:
            return tuple(schema.features.names_out)
        return () if schema.names is None else tuple(map(str, schema.names))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table that X is made of."""
        return as_columns(self.objective.network.n_columns, self.input_names, self.model.schema.features)

    def more(self, X: Any, y: Any) -> Rows:
        """Other rows, with the weights of their classes."""
        X = check_rows(self.model.schema, self.device, X)
        y = check_labels(X, y)
        weight = None if self.class_weight is None else self.labels.weights(self.class_weight, y)
        if weight is not None and not weight.any():
            raise ValueError(NO_WEIGHT.format(name="X_val", n=len(y), class_weight=self.class_weight))
        return _rows(self.device, self.labels, self.objective, X, y, weight)


def opened(clf: Classifier, X: Any, y: Any, sample_weight: Any, at: str) -> OpenedEstimator:
    """Open a fitted estimator (``at="end"``), or any at the weights that ``fit`` would begin with (``at="start"``)."""
    n_members = clf.n_members
    if at == "end" and clf._model.has_members:  # which the parameter may no longer say
        n_members = clf.theta_.shape[0]
    if n_members > 1:
        raise ValueError(
            f"the classifier has {n_members} members, and one network is examined at a time. Give one of them, "
            "clf.member(0) say."
        )
    if at == "start":
        check_parameters(clf)
        clf = clone(clf)  # its own copy of a random state, and of what checking X notes down
        device = device_for(clf.device, X)
        X = matrix(clf, device, X, learn=column_settings(clf))
        y = check_labels(X, y)
        labels = Labels.learn(y)
        objective = build.objective(clf, X.shape[1], labels, InputSchema.of(clf).embeddings)
        seed = int(check_random_state(clf.random_state).randint(2**31 - 1))  # as fit draws it
        theta = build.initial_theta(clf, objective.network, seed, device, theta_dtype(clf, X))
        model = trained_model(clf, objective, labels, theta, History())
    else:
        model = replace(clf._model, theta=on_host(clf.theta_))
        device, labels = device_for(clf.device, X), model.labels
        X = check_rows(model.schema, device, X)
        y = check_labels(X, y)
        objective = build.objective(clf, X.shape[1], labels, InputSchema.of(clf).embeddings)
    weight = check_weights(sample_weight, X, "float64")
    if clf.class_weight is not None:
        of_classes = labels.weights(clf.class_weight, y)
        weight = of_classes if weight is None else weight * of_classes
    rows = _rows(device, labels, objective, X, y, weight)
    if weight is not None and not weight.any():
        raise ValueError(NO_WEIGHT.format(name="X", n=len(rows), class_weight=clf.class_weight))
    training = _training(clf, objective, len(rows), at == "start")
    return OpenedEstimator(model, clf.class_weight, device, objective, rows, training)


def _rows(
    device: Device, labels: Labels, objective: Objective, X: Array, y: np.ndarray, weight: np.ndarray | None
) -> Rows:
    return Rows(
        X if isinstance(X, SparseRows) else device.asarray(X),
        device.asarray(labels.targets(y, objective.network.sizes[-1], "float64")),
        None if weight is None else device.asarray(weight, "float64"),
        exclusive=not labels.multilabel,
    )


def _training(clf: Classifier, objective: Objective, n_rows: int, start: bool) -> Training:
    history = None if start else clf.history_
    recorded = () if start else getattr(clf, "layer_history_", ())
    if registry.is_full_batch(clf.solver):
        return Training(history, first_order=False, layer_history=recorded)
    if history is not None and history.summary is not None:
        n_rows = history.summary.n_rows  # steps were those of the rows that were trained on
    method = registry.first_order(clf, objective.network)
    size = registry.batch_size(clf, n_rows)
    if isinstance(method, Momentum):
        momentum: float | None = method.momentum
    else:
        momentum = 0.0 if isinstance(method, GradientDescent) else None
    return Training(
        history,
        learning_rate=registry.schedule(clf).rates(0, -(-n_rows // size), n_rows)[0],
        momentum=momentum,
        batch_size=size,
        dropout=max((clf.input_dropout, *np.atleast_1d(clf.dropout))),
        layer_history=recorded,
    )
