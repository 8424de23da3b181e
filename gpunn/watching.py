"""What happens after every epoch or iteration: printing, scoring, recording, callbacks, the limit on time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import check_scoring

from gpunn.devices import Device
from gpunn.labels import Labels
from gpunn.nn.objective import Objective
from gpunn.outcome import put_down
from gpunn.training.data import Rows, SparseRows, evaluate
from gpunn.training.history import History
from gpunn.training.layers import SAMPLE, Recorder, spaced
from gpunn.training.state import TrainingState

Array = Any


class HeldOut(NamedTuple):
    """Rows to validate on: on the device, and as a scorer gets them."""

    rows: Rows
    X: Array
    y: np.ndarray
    weight: np.ndarray | None


class Told(NamedTuple):
    """What scikit-learn's callbacks are told: their context, and X and y as they came in."""

    context: Any
    X: Any
    y: Any


class Watcher:
    """A monitor of the training loop; says why to stop, or "".

    Parameters
    ----------
    clf : MLPClassifier
        Its parameters say what is wanted.
    device, objective, labels
        Of the training.
    rows : Rows
        Those that are trained on.
    theta : array (P,)
        Where training starts.
    y : ndarray
        Labels of all rows that came in, of which ``rows.index`` may name some.
    held_out : HeldOut, optional
    told : Told, optional
        For scikit-learn's callbacks.
    """

    def __init__(
        self,
        clf: Any,
        device: Device,
        objective: Objective,
        labels: Labels,
        rows: Rows,
        theta: Array,
        y: np.ndarray,
        held_out: HeldOut | None = None,
        told: Told | None = None,
    ) -> None:
        self.clf, self.device, self.objective, self.labels = clf, device, objective, labels
        self.rows, self.y, self.held_out, self.told = rows, y, held_out, told
        wanted = clf.record if isinstance(clf.record, (list, tuple)) else (clf.record,)
        self.scores = "score" in wanted
        self.recorder = self._recorder(theta) if "layers" in wanted else None
        self.evaluations, self.began = 0, time.perf_counter()
        self._history = History()

    def __call__(self, state: TrainingState) -> str:
        clf, history, theta = self.clf, state.history, state.evaluated
        self._history = history
        if self.scores:
            history.fill_scores(history.n_iter - 1)  # an epoch that diverged has none
            history.score.append(self._score(theta))
        if self.recorder is not None:
            self.recorder.take(theta, history.evaluations - self.evaluations, history.learning_rate[-1])
            self.evaluations = history.evaluations
        if clf.verbose:
            print(f"Iteration {history.n_iter}, loss = {history.cost[-1]:.8f}")
            if history.validation_score:
                print(f"Validation score: {history.validation_score[-1]:.6f}")
        stop = clf.callback is not None and clf.callback(history)
        if self.told is not None and self._tell_scikit_learn(self.told, theta):
            stop = True
        if stop:
            return "callback"
        if clf.time_limit is not None and time.perf_counter() - self.began >= clf.time_limit:
            return "time_limit"
        return ""

    def scorer(self) -> Callable[[Array], float] | None:
        """A function of theta: the scorer asked for, on the rows held out; None for accuracy."""
        held_out = self.held_out
        if self.clf.scoring is None or held_out is None:
            return None
        return lambda theta: self._scored(theta, held_out.X, held_out.y, held_out.weight)

    def put_down(self) -> None:
        """Set ``layer_history_`` where layers were recorded."""
        vars(self.clf).pop("layer_history_", None)
        if self.recorder is not None:
            self.clf.layer_history_ = self.recorder.entries

    def _score(self, theta: Array) -> float:
        """On the training rows: accuracy, or what the scorer says."""
        if self.clf.scoring is None:
            return evaluate(self.device, self.objective, theta, self.rows)[1]
        index = None if self.rows.index is None else self.device.to_host(self.rows.index)
        y = self.y if index is None else self.y[index]
        X = self.rows.X if index is None else self.rows.X[self.rows.index]
        return self._scored(theta, X, y, None)

    def _scored(self, theta: Array, X: Array, y: np.ndarray, weight: np.ndarray | None) -> float:
        model = self._model(theta)
        # Rows came through the door already: they are no frame any more.
        vars(model).pop("features_", None)
        vars(model).pop("feature_names_in_", None)
        model.n_features_in_ = X.shape[1]
        if isinstance(self.clf.scoring, str) and len(self.labels.classes) == 2 and not self.labels.multilabel:
            # Scorers of scikit-learn look for a positive class 1: it is the second class here, as for the threshold.
            y, model.classes_ = np.searchsorted(self.labels.classes, y), np.array([0, 1])
        with_weight = {} if weight is None else {"sample_weight": weight}
        rows = X.matrix if isinstance(X, SparseRows) else X
        return float(check_scoring(model, self.clf.scoring)(model, rows, y, **with_weight))

    def _model(self, theta: Array) -> Any:
        """An estimator that can predict, with the weights of now."""
        model = copy.copy(self.clf)
        put_down(model, self.labels, self.objective, self.device.xp.asarray(theta, copy=True), self._history)
        return model

    def _recorder(self, theta: Array) -> Recorder:
        device, rows = self.device, self.rows
        some = device.asarray(spaced(len(rows), SAMPLE))
        sample = rows.take(device.xp, some if rows.index is None else device.xp.take(rows.index, some))
        return Recorder(device, self.objective, sample.X, sample.T, theta)

    def _tell_scikit_learn(self, told: Told, theta: Array) -> bool:
        """Whether one of its callbacks wants to stop."""
        # A loop says when an iteration is over, not when one begins; both are told at its end.
        task = told.context.subcontext(task_name="iteration")
        state = {"estimator": self.clf, "X": told.X, "y": told.y}
        task.call_on_fit_task_begin(**state)
        return bool(task.call_on_fit_task_end(**state, reconstruction_attributes=lambda: vars(self._model(theta))))
