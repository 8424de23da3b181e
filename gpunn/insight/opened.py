"""An estimator opened up: the network, its parameters and its rows, on their device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from gpunn import blueprint, choices
from gpunn.devices import Device
from gpunn.inputs import check_labels, check_rows, check_weights, device_for, on_host
from gpunn.insight.columns import Column, as_columns
from gpunn.insight.facts import Training
from gpunn.labels import Labels
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import GradientDescent, Momentum
from gpunn.training.data import Rows, SparseRows

Array = Any

NO_WEIGHT = (
    "{name} has {n} rows, and all have a weight of 0 (class_weight={class_weight!r}): there is nothing to measure. "
    "Give rows of other classes too, or look at them with clf.set_params(class_weight=None)."
)


@dataclass(frozen=True)
class Opened:
    """What an estimator holds, or would begin with.

    Attributes
    ----------
    clf : MLPClassifier
        Which checks rows.
    labels : Labels
    device : Device
    objective : Objective
    theta : array (P,)
    rows : Rows
        Weighted as in training, by rows and classes; their labels are as they are, not smoothed.
    training : Training
    """

    clf: Any
    labels: Labels
    device: Device
    objective: Objective
    theta: Array
    rows: Rows
    training: Training

    @property
    def classes(self) -> tuple[Any, ...]:
        return tuple(self.labels.classes.tolist())

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the columns of X as the network takes them; none if they came without."""
        known = vars(self.clf)
        if "features_" in known:
            return tuple(known["features_"].names_out)
        return tuple(map(str, known.get("feature_names_in_", ())))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table that X is made of."""
        return as_columns(self.objective.network.sizes[0], self.input_names, vars(self.clf).get("features_"))

    def more(self, X: Any, y: Any) -> Rows:
        """Other rows, with the weights of their classes."""
        X = check_rows(self.clf, self.device, X, reset=False)
        y = check_labels(X, y)
        weight = None if self.clf.class_weight is None else self.labels.weights(self.clf.class_weight, y)
        if weight is not None and not weight.any():
            raise ValueError(NO_WEIGHT.format(name="X_val", n=len(y), class_weight=self.clf.class_weight))
        return _rows(self.device, self.labels, self.objective, X, y, weight)


def opened(clf: Any, X: Any, y: Any, sample_weight: Any, at: str) -> Opened:
    """Open a fitted estimator (``at="end"``), or any at the weights that ``fit`` would begin with (``at="start"``)."""
    start = at == "start"
    if start:
        choices.check(clf)
        clf = clone(clf)  # its own copy of a random state, and of what checking X notes down
    else:
        check_is_fitted(clf)
    device = device_for(clf.device, X)
    X = check_rows(clf, device, X, reset=start)
    y = check_labels(X, y)
    labels = Labels.learn(y) if start else clf._labels
    objective = blueprint.objective(clf, X.shape[1], labels)
    if start:
        seed = int(check_random_state(clf.random_state).randint(2**31 - 1))  # as fit draws it
        theta = blueprint.start(clf, objective.network, seed, device, choices.dtype(clf, X))
    else:
        theta = on_host(clf.theta_)
    weight = check_weights(sample_weight, X, "float64")
    if clf.class_weight is not None:
        of_classes = labels.weights(clf.class_weight, y)
        weight = of_classes if weight is None else weight * of_classes
    rows = _rows(device, labels, objective, X, y, weight)
    if weight is not None and not weight.any():
        raise ValueError(NO_WEIGHT.format(name="X", n=len(rows), class_weight=clf.class_weight))
    return Opened(clf, labels, device, objective, theta, rows, _training(clf, objective, len(rows), start))


def _rows(
    device: Device, labels: Labels, objective: Objective, X: Array, y: np.ndarray, weight: np.ndarray | None
) -> Rows:
    return Rows(
        X if isinstance(X, SparseRows) else device.asarray(X),
        device.asarray(labels.targets(y, objective.network.sizes[-1], "float64")),
        None if weight is None else device.asarray(weight, "float64"),
        exclusive=not labels.multilabel,
    )


def _training(clf: Any, objective: Objective, n_rows: int, start: bool) -> Training:
    history = None if start else clf.history_
    recorded = () if start else getattr(clf, "layer_history_", ())
    if choices.is_full_batch(clf.solver):
        return Training(history, first_order=False, layer_history=recorded)
    if history is not None and history.summary is not None:
        n_rows = history.summary.n_rows  # steps were those of the rows that were trained on
    method = choices.first_order(clf, objective.network.n_weights)
    size = n_rows if isinstance(clf.batch_size, int) and clf.batch_size > n_rows else choices.batch_size(clf, n_rows)
    if isinstance(method, Momentum):
        momentum: float | None = method.momentum
    else:
        momentum = 0.0 if isinstance(method, GradientDescent) else None
    return Training(
        history,
        learning_rate=choices.schedule(clf).rates(0, -(-n_rows // size), n_rows)[0],
        momentum=momentum,
        batch_size=size,
        dropout=max((clf.input_dropout, *np.atleast_1d(clf.dropout))),
        layer_history=recorded,
    )
