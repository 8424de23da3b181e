"""One call of fit or partial_fit: check, encode, train, and put down what was learned.

Nothing of the estimator changes before all that comes in was found good.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from gpunn import blueprint, choices
from gpunn.devices import Device, get_device, is_cupy
from gpunn.inputs import all_or_nothing, check_labels, check_rows, check_weights
from gpunn.labels import Labels
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows
from gpunn.training.history import DivergenceWarning, History
from gpunn.training.stopping import Validation

Array = Any


class Given(NamedTuple):
    """What came in, checked: X and y as they are, weights on the device."""

    device: Device
    X: Array
    y: np.ndarray
    weight: Array | None
    dtype: str  # of theta


def fit(clf: Any, X: Any, y: Any, sample_weight: Any) -> None:
    """Train from new weights, or with ``warm_start`` from those there are."""
    warm = clf.warm_start and hasattr(clf, "theta_")
    with all_or_nothing(clf):
        given = _check(clf, X, y, sample_weight, reset=not warm)
        device = given.device
        labels = Labels.learn(given.y)
        if warm:
            _check_same_classes(clf, labels)
        objective = blueprint.objective(clf, clf.n_features_in_, labels)
        seed = _seed(clf)
        rows, validation = _rows(clf, given, labels, objective, seed)
        theta = (
            _copy(given, clf, objective) if warm else blueprint.start(clf, objective.network, seed, device, given.dtype)
        )
        progress, seen = None, 0
        if clf.solver in choices.FULL_BATCH_SOLVERS:
            loop = blueprint.full_batch(clf, device)
            theta, history = loop.run(device, objective, theta, rows, validation, _callback(clf))
        else:
            epochs = blueprint.minibatch(clf, objective.network, len(rows), seed)
            progress = epochs.run(device, objective, epochs.start(device, theta), rows, validation, _callback(clf))
            theta, history = progress.theta, progress.history
            seen = history.n_iter * len(rows)
        earlier = (clf.loss_curve_, clf.validation_scores_, clf.t_) if warm else ([], None, 0)
        put_down(clf, labels, objective, _like_input(given, theta), history)
        clf.loss_curve_ = [*earlier[0], *clf.loss_curve_]
        if clf.validation_scores_ is not None:
            clf.validation_scores_ = [*(earlier[1] or []), *clf.validation_scores_]
        clf.t_ = earlier[2] + seen
        clf._resume = (clf.solver, seed, progress)
    _warn(clf, history)


def partial_fit(clf: Any, X: Any, y: Any, sample_weight: Any, classes: Any) -> None:
    """One epoch on the rows given, the optimiser's state and the learning rate going on from the last call."""
    if clf.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True: one epoch has nothing to stop.")
    first = not hasattr(clf, "theta_")
    with all_or_nothing(clf):
        given = _check(clf, X, y, sample_weight, reset=first)
        device = given.device
        labels = Labels.announced(given.y, classes) if first else clf._labels.agreeing(classes)
        objective = blueprint.objective(clf, clf.n_features_in_, labels)
        solver, seed, progress = (clf.solver, _seed(clf), None) if first else clf._resume
        rows, _ = _rows(clf, given, labels, objective, seed)
        epoch = replace(blueprint.minibatch(clf, objective.network, len(rows), seed), max_epochs=1)
        if progress is None or solver != clf.solver:
            theta = (
                blueprint.start(clf, objective.network, seed, device, given.dtype)
                if first
                else _copy(given, clf, objective)
            )
            progress = epoch.start(device, theta)
        else:
            _check_same_network(clf, objective.network)
            progress = progress.on(device)
        epoch.run(device, objective, progress, rows, None, _callback(clf))
        history = progress.history
        t = 0 if first else clf.t_
        put_down(clf, labels, objective, _like_input(given, progress.theta), history)
        clf.n_iter_, clf.t_ = 1, t + len(rows)
        clf._resume = (clf.solver, seed, progress)
    if history.stopped == "diverged":
        _warn(clf, history)


def on_host(state: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an estimator with all arrays on the host, so that a pickle loads without a GPU."""
    if "theta_" not in state:
        return state
    host = get_device("cpu")
    solver, seed, progress = state["_resume"]
    resume = (solver, seed, None if progress is None else progress.on(host))
    return {**state, "theta_": host.asarray(state["theta_"]), "_resume": resume}


def _check(clf: Any, X: Any, y: Any, sample_weight: Any, reset: bool) -> Given:
    choices.check(clf)
    device = get_device(clf.device, clf.precision)
    X = check_rows(clf, device, X, reset=reset)
    y = check_labels(X, y, device)
    dtype = choices.dtype(clf, X if reset else clf.theta_)
    return Given(device, X, y, check_weights(sample_weight, X, device, dtype), dtype)


def _seed(clf: Any) -> int:
    return int(check_random_state(clf.random_state).randint(2**31 - 1))


def _rows(clf: Any, given: Given, labels: Labels, objective: Objective, seed: int) -> tuple[Rows, Validation | None]:
    """The training rows on the device, and with early stopping those held out."""
    device, X, y, weight, dtype = given
    T = device.asarray(labels.targets(y, objective.network.sizes[-1], dtype))
    rows = Rows(device.asarray(X), T, weight, exclusive=not labels.multilabel)
    if not clf.early_stopping:
        return rows, None
    stratify = None if labels.multilabel else y
    rng = np.random.default_rng([seed, blueprint.SPLIT])
    train, held_out = train_test_split(
        np.arange(len(y)), test_size=clf.validation_fraction, stratify=stratify, random_state=int(rng.integers(2**31))
    )
    if len(held_out) < 2:
        raise ValueError(
            f"The validation set is too small: validation_fraction={clf.validation_fraction} of {len(y)} rows is "
            f"{len(held_out)}. Increase 'validation_fraction' or the size of your dataset."
        )
    validation = Validation(rows.take(device.xp, device.asarray(held_out)))
    return replace(rows, index=device.asarray(train)), validation


def _copy(given: Given, clf: Any, objective: Objective) -> Array:
    _check_same_network(clf, objective.network)
    return given.device.xp.asarray(given.device.asarray(clf.theta_, given.dtype), copy=True)


def _like_input(given: Given, theta: Array) -> Array:
    return theta if is_cupy(given.X) else given.device.to_host(theta)


def _check_same_classes(clf: Any, labels: Labels) -> None:
    if set(labels.classes) != set(clf.classes_):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
            f"got {clf.classes_}, `y` has {labels.classes}"
        )


def _check_same_network(clf: Any, network: Network) -> None:
    if network != clf.network_:
        raise ValueError(
            f"The parameters describe a network of sizes {network.sizes}, and the weights there are belong to one of "
            f"{clf.network_.sizes} (or its activations differ). Training can only go on with the same network: use "
            "warm_start=False, or a new estimator."
        )


def _callback(clf: Any) -> Callable[[History], bool | None]:
    def after(history: History) -> bool | None:
        if clf.verbose:
            print(f"Iteration {history.n_iter}, loss = {history.cost[-1]:.8f}")
            if history.validation_score:
                print(f"Validation score: {history.validation_score[-1]:.6f}")
        return None if clf.callback is None else clf.callback(history)

    return after


def put_down(clf: Any, labels: Labels, objective: Objective, theta: Array, history: History) -> None:
    """Set the attributes that tell what was learned; theta is an array of the kind that X was."""
    network, head = objective.network, objective.head
    clf._labels, clf.classes_ = labels, labels.classes
    clf.network_, clf.head_, clf.theta_ = network, head, theta
    clf.n_layers_, clf.n_outputs_ = len(network.sizes), network.sizes[-1]
    clf.out_activation_ = choices.name_of(network.output if network.layers[-1].learned else head.activation)
    clf.history_, clf.n_iter_ = history, history.n_iter
    nan = float("nan")
    early = bool(history.validation_score)
    clf.loss_curve_ = list(history.cost)
    clf.loss_ = history.cost[-1] if history.cost else nan
    clf.best_loss_ = None if early else min(history.cost, default=nan)
    clf.validation_scores_ = list(history.validation_score) if early else None
    clf.best_validation_score_ = max(history.validation_score) if early else None


def _warn(clf: Any, history: History) -> None:
    if history.stopped == "diverged":
        warnings.warn(
            f"Training diverged in iteration {history.n_iter}: the cost or the weights stopped being finite numbers. "
            + (
                f"The state of iteration {history.best + 1} was kept. "
                if history.best is not None
                else "No finite state but the initial weights was there, and they were kept. "
            )
            + f"Lower learning_rate_init={clf.learning_rate_init}, scale the inputs, or set clip_norm.",
            DivergenceWarning,
            stacklevel=4,
        )
    elif history.stopped in ("max_iter", "max_evaluations"):
        limit = f"max_iter={clf.max_iter}" if history.stopped == "max_iter" else f"max_fun={clf.max_fun}"
        warnings.warn(
            f"Maximum iterations ({limit}) reached and the optimization hasn't converged yet. Raise it to go on.",
            ConvergenceWarning,
            stacklevel=4,
        )
    elif history.stopped == "interrupted":
        warnings.warn("Training interrupted by user: the model so far was kept.", UserWarning, stacklevel=4)
