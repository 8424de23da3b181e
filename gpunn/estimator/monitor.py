"""The monitors that the parameters of an estimator ask for: scores, layers, printing, callbacks, the limit on time."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring

from gpunn.caller import print_line
from gpunn.data.labels import Labels
from gpunn.devices import Device
from gpunn.devices.ranks import get_ranks
from gpunn.model.fitted import Classifier, estimator_of, fitted_attributes, trained_model
from gpunn.model.model import Model
from gpunn.model.origin import on_host
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, SparseRows, evaluate
from gpunn.training.history import History
from gpunn.training.layers import LayerMonitor
from gpunn.training.loop import Monitor
from gpunn.training.state import TrainingState
from gpunn.training.stopping import Validation
from gpunn.typing import Array


class ValidationSet(NamedTuple):
    """Rows to validate on: on the device, and as a scorer gets them.

    ``rows`` may be a tuple of those of each member, which name rows of X, y and weight.
    """

    rows: Rows | tuple[Rows, ...]
    X: Array
    y: np.ndarray
    weight: np.ndarray | None

    def validation(self, early_stopping: bool, scorer: Scorer) -> Validation:
        """The rows as the training loop takes them, with the score of ``scoring``, where there is one."""
        if scorer.clf.scoring is None:
            return Validation(self.rows, early_stopping)
        return Validation(self.rows, early_stopping, functools.partial(self._score, scorer))

    def _score(self, scorer: Scorer, theta: Array) -> float:
        if isinstance(self.rows, Rows):
            return scorer(theta, self.X, self.y, self.weight)
        return scorer.of_members(theta, [rows.index for rows in self.rows], self.X, self.y, self.weight)


class CallbackContext(NamedTuple):
    """Arguments of scikit-learn's callbacks: their context, and X and y as they were given."""

    context: Any
    X: Any
    y: Any


class Scorer:
    """Scores of an estimator with the weights of now.

    Parameters
    ----------
    clf : Classifier
        Its parameters, ``scoring`` among them, and what it knows of its rows.
    device, objective, labels, history
        Those of the training.
    """

    def __init__(self, clf: Classifier, device: Device, objective: Objective, labels: Labels, history: History) -> None:
        self.clf, self.device, self.objective, self.labels, self.history = clf, device, objective, labels, history

    def model(self, theta: Array) -> Model:
        """The model with a copy of theta (P,)."""
        own = self.device.xp.asarray(theta, copy=True)
        return trained_model(self.clf, self.objective, self.labels, own, self.history)

    def __call__(self, theta: Array, X: Array, y: np.ndarray, weight: np.ndarray | None = None) -> float:
        """The score of ``scoring`` on rows X (n, d) with labels y."""
        estimator, y = self._opened(theta, y)
        return self._scored(estimator, X.matrix if isinstance(X, SparseRows) else X, y, weight)

    def of_members(self, theta: Array, index: list[Any], X: Array, y: np.ndarray, weight: np.ndarray | None) -> float:
        """The score of members theta (m, P), each on the rows of X that its index array names.

        A scorer that is given by name scores the predictions of all members together, since the rows of one may lack a
        class. Others may do anything with an estimator: theirs is the mean score of the members whose rows have weight.
        """
        indices = [self.device.to_host(own) for own in index]
        opened = [self._opened(theta[i, ...], y) for i in range(len(index))]
        if isinstance(self.clf.scoring, str):
            rows = np.concatenate(indices)
            pooled = _Pooled([estimator for estimator, _ in opened], X, index)
            return self._scored(pooled, rows[:, None], opened[0][1][rows], None if weight is None else weight[rows])
        weights = [None if weight is None else weight[rows] for rows in indices]
        scores = [
            self._scored(estimator, X[own], labels[rows], own_weight)
            for (estimator, labels), own, rows, own_weight in zip(opened, index, indices, weights, strict=True)
            if own_weight is None or np.any(own_weight)
        ]
        return float(np.mean(scores))

    def _opened(self, theta: Array, y: np.ndarray) -> tuple[Classifier, np.ndarray]:
        """An estimator with weights theta, and the labels y that scorers are to hold its predictions against."""
        model = self.model(theta).for_matrices()  # rows were validated already: they are no frame any more
        if isinstance(self.clf.scoring, str) and len(self.labels.classes) == 2 and not self.labels.multilabel:
            # Scorers of scikit-learn look for a positive class 1: it is the second class here, as for the threshold.
            y = np.searchsorted(self.labels.classes, y)
            model = replace(model, labels=Labels(np.array([0, 1]), multilabel=False))
        return estimator_of(self.clf, model, self.history), y

    def _scored(self, estimator: Any, X: Any, y: np.ndarray, weight: np.ndarray | None) -> float:
        with_weight = {} if weight is None else {"sample_weight": weight}
        return float(check_scoring(estimator, self.clf.scoring)(estimator, X, y, **with_weight))


class _Pooled(ClassifierMixin, BaseEstimator):
    """Predictions of several estimators, one after the other, each of the rows of ``data`` that its index array names.

    The X of its methods only has the number of these rows, and is not looked at.
    """

    def __init__(self, estimators: list[Classifier], data: Array, index: list[Array]) -> None:
        self.estimators, self.data, self.index = estimators, data, index
        self.classes_ = estimators[0].classes_

    def fit(self, X: Any, y: Any) -> _Pooled:  # which scikit-learn asks of what it scores
        return self

    def predict(self, X: Any) -> np.ndarray:
        return self._together("predict")

    def predict_proba(self, X: Any) -> np.ndarray:
        return self._together("predict_proba")

    def decision_function(self, X: Any) -> np.ndarray:
        return self._together("decision_function")

    def _together(self, method: str) -> np.ndarray:
        pairs = zip(self.estimators, self.index, strict=True)
        return np.concatenate([on_host(getattr(estimator, method)(self.data[own])) for estimator, own in pairs])


class ScoreMonitor:
    """Keeps the score on the training rows: accuracy, or that of ``scoring``.

    Parameters
    ----------
    scorer : Scorer
    rows : Rows
        Training rows.
    y : ndarray
        Labels of all rows that came in, of which ``rows.index`` may name some.
    """

    def __init__(self, scorer: Scorer, rows: Rows, y: np.ndarray) -> None:
        self.scorer, self.rows, self.y = scorer, rows, y

    def __call__(self, state: TrainingState) -> str:
        state.history.fill_scores(state.history.n_iter - 1)  # an epoch that diverged has none
        state.history.score.append(self._score(state.evaluated))
        return ""

    def _score(self, theta: Array) -> float:
        scorer, rows, y = self.scorer, self.rows, self.y
        if scorer.clf.scoring is None:
            return evaluate(scorer.device, scorer.objective, theta, rows)[1]
        if rows.index is None:
            return scorer(theta, rows.X, y)
        return scorer(theta, rows.X[rows.index], y[scorer.device.to_host(rows.index)])


class PrintMonitor:
    """Prints a line an epoch or iteration, and one for the validation score."""

    def __call__(self, state: TrainingState) -> str:
        history = state.history
        print_line(f"Iteration {history.n_iter}, loss = {history.cost[-1]:.8f}")
        if history.validation_score:
            print_line(f"Validation score: {history.validation_score[-1]:.6f}")
        return ""


class CallbackMonitor:
    """Calls ``callback`` with the history; true stops."""

    def __init__(self, callback: Callable[[History], Any]) -> None:
        self.callback = callback

    def __call__(self, state: TrainingState) -> str:
        return "callback" if self.callback(state.history) else ""


class ScikitLearnMonitor:
    """Calls scikit-learn's callbacks, one of which may stop."""

    def __init__(self, scorer: Scorer, context: CallbackContext) -> None:
        self.scorer, self.context = scorer, context

    def __call__(self, state: TrainingState) -> str:
        # The loop calls monitors at the end of an iteration; callbacks hear of its beginning then, too.
        task = self.context.context.subcontext(task_name="iteration")
        given = {"estimator": self.scorer.clf, "X": self.context.X, "y": self.context.y}
        task.call_on_fit_task_begin(**given)
        stop = task.call_on_fit_task_end(**given, reconstruction_attributes=lambda: self._attributes(state.evaluated))
        return "callback" if stop else ""

    def _attributes(self, theta: Array) -> dict[str, Any]:
        scorer = self.scorer
        return {**vars(scorer.clf), **fitted_attributes(scorer.model(theta), scorer.history)}


class TimeLimit:
    """Stops training after ``seconds``, of which a resumed run has used some already."""

    def __init__(self, seconds: float, state: TrainingState) -> None:
        taken = state.history.seconds[-1] if state.run and state.history.seconds else 0.0
        self.seconds, self.began = seconds, time.perf_counter() - taken

    def __call__(self, state: TrainingState) -> str:
        return "time_limit" if time.perf_counter() - self.began >= self.seconds else ""


def records(clf: Classifier, what: str) -> bool:
    """True if ``record`` asks for the score or the layers."""
    return what in (clf.record if isinstance(clf.record, (list, tuple)) else (clf.record,))


def make_monitors(
    scorer: Scorer,
    rows: Rows,
    y: np.ndarray,
    state: TrainingState,
    layers: LayerMonitor | None,
    context: CallbackContext | None = None,
) -> list[Monitor]:
    """Monitors that the parameters of the estimator ask for, in the order in which they are called.

    Parameters
    ----------
    scorer : Scorer
    rows, y
        As for `ScoreMonitor`.
    state : TrainingState
        State from which training starts.
    layers : LayerMonitor or None
    context : CallbackContext, optional
        For scikit-learn's callbacks.
    """
    clf, found = scorer.clf, list[Monitor]()
    if records(clf, "score"):
        found.append(ScoreMonitor(scorer, rows, y))
    if layers is not None:
        found.append(layers)
    if clf.verbose and get_ranks(clf.ranks).rank == 0:
        found.append(PrintMonitor())
    if clf.callback is not None:
        found.append(CallbackMonitor(clf.callback))
    if context is not None:
        found.append(ScikitLearnMonitor(scorer, context))
    if clf.time_limit is not None:
        found.append(TimeLimit(clf.time_limit, state))
    return found


def set_layer_history(clf: Classifier, layers: LayerMonitor | None) -> None:
    """Set ``layer_history_`` where layers were recorded."""
    clf.__dict__.pop("layer_history_", None)
    if layers is not None:
        clf.layer_history_ = layers.recorder.entries
