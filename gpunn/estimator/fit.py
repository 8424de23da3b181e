"""One call of fit or partial_fit: check, encode, train, and put down what was learned.

Nothing of the estimator changes before all that comes in was found good.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from gpunn.config import build, registry
from gpunn.data.labels import Labels
from gpunn.devices import Device, get_device, is_cupy
from gpunn.estimator import checkpoints
from gpunn.estimator.checkpoints import CheckpointMonitor
from gpunn.estimator.monitor import (
    CallbackContext,
    Scorer,
    ValidationSet,
    layer_monitor,
    make_monitors,
    set_layer_history,
)
from gpunn.estimator.warnings import divergence, warn_of_divergence, warn_of_end, warn_of_path
from gpunn.io import Checkpoint
from gpunn.model import origin, training_data
from gpunn.model.fitted import Classifier, set_fitted_attributes, trained_model
from gpunn.model.origin import Origin
from gpunn.model.training_data import all_or_nothing, check_labels, check_weights, learn_rows
from gpunn.model.validation import InputSchema, check_rows
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.full_batch import Minimisation
from gpunn.training import loop
from gpunn.training.data import Rows, SparseRows
from gpunn.training.divergence import DivergenceError, cause, check_start, penalty_in_step
from gpunn.training.full_batch import FullBatch
from gpunn.training.history import History
from gpunn.training.minibatch import Minibatch
from gpunn.training.profile import Stopwatch, profile
from gpunn.training.summary import summarise
from gpunn.typing import Array

Extra = tuple[Any, Any, Any]  # X_val, y_val, sample_weight_val


class ValidatedInputs(NamedTuple):
    """What came in, checked, on the host or, where it was there already, on the device."""

    device: Device
    origin: Origin
    X: Array
    y: np.ndarray
    weight: np.ndarray | None
    dtype: str  # of theta


def fit(
    clf: Classifier,
    X: Any,
    y: Any,
    sample_weight: Any,
    extra: Extra,
    context: Any = None,
    saved: Checkpoint | None = None,
) -> None:
    """Train from new weights, with ``warm_start`` from those there are, or go on from a checkpoint.

    The parameters are checked already. ``context`` is what scikit-learn's callbacks are called with.
    """
    stopwatch = Stopwatch()
    warm = clf.warm_start and hasattr(clf, "theta_")
    if saved is None:
        checkpoints.check_folder(clf)
    with all_or_nothing(clf), contextlib.ExitStack() as until_the_end:
        given = _check(clf, X, y, sample_weight, reset=not warm)
        device = given.device
        labels = Labels.learn(given.y, at_least=1)
        if warm:
            _check_same_classes(clf, labels)
        objective = build.objective(clf, given.X.shape[1], labels)
        seed = _seed(clf) if saved is None else saved.settings["seed"]
        rows = _rows(clf, given, labels, objective, given.weight)
        rows, apart, note = _validation_set(clf, given, labels, objective, seed, rows, extra)
        stopwatch.lap("checking")
        theta = _copy(given, clf, objective) if warm else build.start(clf, objective.network, seed, device, given.dtype)
        start_cost = _check_start(device, objective, rows, theta)
        seen = 0
        algorithm: FullBatch | Minibatch
        if registry.is_full_batch(clf.solver):
            algorithm = build.full_batch(clf, device)
            state = algorithm.start(device, theta, _earlier(clf, device) if warm else None)
        else:
            algorithm = build.minibatch(clf, objective.network, len(rows), seed)
            state = algorithm.start(device, theta)
        start_cost += penalty_in_step(device, objective, theta, rows.weight, algorithm.step_rows(rows))
        data = {}
        if clf.checkpoint is not None:
            data = checkpoints.digests(device, clf, labels, rows, None if apart is None else apart.rows)
        if saved is not None:
            state = checkpoints.go_on(device, saved, state, algorithm.method, data)
        scorer = Scorer(clf, device, objective, labels, state.history)
        validation = None if apart is None else apart.validation(clf.early_stopping, scorer)
        monitors = make_monitors(
            scorer, rows, given.y, state, None if context is None else CallbackContext(context, X, y)
        )
        if saved is not None:
            checkpoints.restore_layers(saved, layer_monitor(monitors))
        keeper = None
        if clf.checkpoint is not None:
            keeper = CheckpointMonitor(clf, device, algorithm.method, layer_monitor(monitors), seed, data)
            monitors.append(keeper)
            if saved is None:
                until_the_end.enter_context(checkpoints.new_folder(clf))
                keeper.begin(state)
        history = state.history
        earlier_steps, earlier_epochs = history.evaluations, history.n_iter
        state = loop.run(
            algorithm,
            device,
            objective,
            state,
            rows,
            validation,
            monitors,
            stopwatch=stopwatch,
            on_interrupt=None if keeper is None else keeper.write_last,
        )
        theta, n_steps = state.theta, history.evaluations - earlier_steps
        n_rows = n_steps * len(rows)
        if not registry.is_full_batch(clf.solver):
            seen = history.n_iter * len(rows)
            n_rows = seen - earlier_epochs * len(rows)
        advice = _check_divergence(clf, history, device, rows)
        history.summary = summarise(device, objective, theta, rows, start_cost)
        if len(labels.classes) == 1:
            history.notes.append(f"y has only one class, {labels.classes.tolist()}, which is predicted for every row.")
        if note:
            history.notes.append(note)
        earlier = (clf.loss_curve_, clf.validation_scores_, clf.t_) if warm else ([], None, 0)
        model = trained_model(clf, objective, labels, given.origin.give(device, theta), history)
        set_fitted_attributes(clf, model, history)
        set_layer_history(clf, monitors)
        clf.loss_curve_ = [*earlier[0], *clf.loss_curve_]
        if clf.validation_scores_ is not None:
            clf.validation_scores_ = [*(earlier[1] or []), *clf.validation_scores_]
        clf.t_ = earlier[2] + seen
        clf._resume = (clf.solver, seed, state)
        history.profile = profile(stopwatch, objective.network, n_steps, n_rows, history.path)
    warn_of_divergence(clf, history, advice, state.n_halvings)
    warn_of_end(clf, history)
    warn_of_path(clf, history)


def partial_fit(clf: Classifier, X: Any, y: Any, sample_weight: Any, classes: Any) -> None:
    """One epoch on the rows given, the optimiser's state and the learning rate going on from the last call."""
    registry.check(clf)
    if clf.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True: one epoch has nothing to stop.")
    if isinstance(clf.class_weight, str):
        raise ValueError(
            f"class_weight={clf.class_weight!r} needs all labels at once, and partial_fit sees a part of them: give "
            "a dict of class and weight."
        )
    first = not hasattr(clf, "theta_")
    with all_or_nothing(clf):
        given = _check(clf, X, y, sample_weight, reset=first, more=not first)
        device = given.device
        if classes is not None:
            classes = training_data.labels_on_host(classes, "classes")
        labels = Labels.announced(given.y, classes) if first else clf._labels.agreeing(classes)
        objective = build.objective(clf, given.X.shape[1], labels)
        solver, seed, progress = (clf.solver, _seed(clf), None) if first else clf._resume
        rows = _rows(clf, given, labels, objective, given.weight)
        epoch = replace(build.minibatch(clf, objective.network, len(rows), seed), max_epochs=1)
        if progress is None or solver != clf.solver:
            theta = (
                build.start(clf, objective.network, seed, device, given.dtype)
                if first
                else _copy(given, clf, objective)
            )
            progress = epoch.start(device, theta)
            _check_start(device, objective, rows, theta)
        else:
            _check_same_network(clf, objective.network)
            theta = device.asarray(clf.theta_ if is_cupy(clf.theta_) else origin.on_host(clf.theta_))
            # A copy: others may hold theta_ or coefs_, and expect them to stay.
            progress = replace(progress, theta=device.xp.asarray(theta, copy=True)).on(device, given.dtype)
        scorer = Scorer(clf, device, objective, labels, progress.history)
        monitors = make_monitors(scorer, rows, given.y, progress)
        halvings = progress.n_halvings
        loop.run(epoch, device, objective, progress, rows, None, monitors, judged=False)
        history = progress.history
        history.summary = history.profile = None  # of some earlier call
        advice = _check_divergence(clf, history, device, rows)
        t = 0 if first else clf.t_
        model = trained_model(clf, objective, labels, given.origin.give(device, progress.theta), history)
        set_fitted_attributes(clf, model, history)
        set_layer_history(clf, monitors)
        clf.n_iter_, clf.t_ = 1, t + len(rows)
        clf._resume = (clf.solver, seed, progress)
    warn_of_divergence(clf, history, advice, progress.n_halvings - halvings)


def on_host(state: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an estimator with all arrays on the host, so that a pickle loads without a GPU."""
    if "theta_" not in state:
        return state
    host = get_device("cpu")
    solver, seed, progress = state["_resume"]
    resume = (solver, seed, None if progress is None else progress.on(host))
    return {**state, "theta_": origin.on_host(state["theta_"]), "_resume": resume}


def _earlier(clf: Classifier, device: Device) -> Minimisation | None:
    """The minimisation to go on with, where the last training by the same solver ended where its weights are."""
    solver, _, state = clf._resume
    if solver != clf.solver or state is None or state.history.stopped == "interrupted" or state.latest is not None:
        return None
    return state.on(device).minimisation


def _check(clf: Classifier, X: Any, y: Any, sample_weight: Any, reset: bool, more: bool = False) -> ValidatedInputs:
    device = origin.device_for(clf.device, X, clf.precision)
    dtype = "float64" if clf.dtype == "float64" else "float32"
    if reset:
        rows = learn_rows(clf, device, X, dtype)
    else:
        schema = InputSchema.of(clf)
        says_once = more and schema.features is not None
        warned = clf.__dict__.setdefault("_novelties_said", set()) if says_once else None
        rows = check_rows(schema, device, X, dtype, warned)
    y = check_labels(rows, y)
    dtype = registry.dtype(clf, rows if reset else clf.theta_)
    return ValidatedInputs(device, Origin.of(X), rows, y, check_weights(sample_weight, rows, dtype), dtype)


def _check_start(device: Device, objective: Objective, rows: Rows, theta: Array) -> float:
    """Warn of what makes learning hopeless from theta on; ValueError where it is impossible. Its cost on some rows."""
    hopeless, cost = check_start(device, objective, rows, theta)
    if hopeless:
        warnings.warn(hopeless, UserWarning, stacklevel=5)
    return cost


def _check_divergence(clf: Classifier, history: History, device: Device, rows: Rows) -> str:
    """What to do where training diverged, else ""; DivergenceError where that was asked for."""
    if not history.divergence:
        return ""
    advice = cause(device, rows)
    if clf.on_divergence == "raise":
        raise DivergenceError(divergence(clf, history, advice))
    return advice


def _seed(clf: Classifier) -> int:
    return int(check_random_state(clf.random_state).randint(2**31 - 1))


def _rows(
    clf: Classifier,
    given: ValidatedInputs,
    labels: Labels,
    objective: Objective,
    weight: np.ndarray | None,
    training: bool = True,
) -> Rows:
    """Rows on the device; those of training with the weights of their classes and smoothed labels."""
    device, dtype, n_out = given.device, given.dtype, objective.network.sizes[-1]
    T = labels.targets(given.y, n_out, dtype)
    if training and clf.class_weight is not None:
        of_classes = labels.weights(clf.class_weight, given.y)
        weight = of_classes if weight is None else of_classes * weight
    if training and clf.label_smoothing:
        # Source: Szegedy et al. 2016, section 7; a lone output answers between two classes.
        s = float(clf.label_smoothing)
        T = (1 - s) * T + s / (2 if labels.multilabel else max(n_out, 2))
    X = given.X if isinstance(given.X, SparseRows) else device.asarray(given.X)
    return Rows(
        X,
        device.asarray(T.astype(dtype, copy=False)),
        None if weight is None else device.asarray(weight, dtype),
        exclusive=not labels.multilabel,
    )


def _validation_set(
    clf: Classifier, given: ValidatedInputs, labels: Labels, objective: Objective, seed: int, rows: Rows, extra: Extra
) -> tuple[Rows, ValidationSet | None, str]:
    """The rows to train on, those to validate on, and what is to be noted of them.

    The second are given as such, or with early stopping parted from the others.
    """
    X_val, y_val, weight_val = extra
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be given together, and one of them is missing.")
    if X_val is not None:
        X = check_rows(InputSchema.of(clf), given.device, X_val, given.dtype)
        y = check_labels(X, y_val, "y_val")
        apart = given._replace(X=X, y=y, weight=check_weights(weight_val, X, given.dtype))
        try:
            validating = _rows(clf, apart, labels, objective, apart.weight, training=False)
        except ValueError as error:
            raise ValueError(f"y_val: {error}") from None
        return rows, ValidationSet(validating, X, y, apart.weight), ""
    if weight_val is not None:
        raise ValueError("sample_weight_val was given without X_val and y_val.")
    if not clf.early_stopping:
        return rows, None, ""
    train, test, note = _split(clf, given.y, labels, seed)
    if test is None:
        return rows, None, note
    device = given.device
    weight = None if given.weight is None else given.weight[test]
    X = given.X[device.asarray(test)]
    apart = given._replace(X=X, y=given.y[test], weight=weight)
    validating = _rows(clf, apart, labels, objective, weight, training=False)
    return replace(rows, index=device.asarray(train)), ValidationSet(validating, X, apart.y, weight), note


def _split(
    clf: Classifier, y: np.ndarray, labels: Labels, seed: int
) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    """Numbers of the rows to train on and of those to validate on (None for all and none), and a note.

    It fails only where scikit-learn's fit fails: that stratifies two classes alone, and lets its lbfgs not stop early.
    """
    n, n_classes, full_batch = len(y), len(labels.classes), registry.is_full_batch(clf.solver)
    n_test = math.ceil(clf.validation_fraction * n)
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
    train, test = train_test_split(
        np.arange(n), test_size=clf.validation_fraction, stratify=stratify, random_state=drawn
    )
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


def _copy(given: ValidatedInputs, clf: Classifier, objective: Objective) -> Array:
    _check_same_network(clf, objective.network)
    device = given.device
    return device.xp.asarray(device.asarray(origin.on_host(clf.theta_), given.dtype), copy=True)


def _check_same_classes(clf: Classifier, labels: Labels) -> None:
    if set(labels.classes) != set(clf.classes_):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
            f"got {clf.classes_}, `y` has {labels.classes}"
        )


def _check_same_network(clf: Classifier, network: Network) -> None:
    parts = {"sizes": "sizes", "activations": "hidden activations", "output": "output activation"}
    changed = [name for name in parts if getattr(network, name) != getattr(clf.network_, name)]
    if changed:
        networks = (network, clf.network_)
        now, then = (", ".join(f"{parts[name]} {getattr(one, name)}" for name in changed) for one in networks)
        raise ValueError(
            f"The parameters describe a network with {now}, but the weights are those of a network with {then}. "
            "Training can only go on with the same network: use warm_start=False, or a new estimator."
        )
