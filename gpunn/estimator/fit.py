"""One call of fit or partial_fit: prepare, train, publish.

Nothing of the estimator changes before all that comes in was found good.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gpunn import io
from gpunn.caller import warn
from gpunn.config import build, registry
from gpunn.data.labels import Labels
from gpunn.data.shards import Source
from gpunn.data.sources import source_of
from gpunn.data.survey import Surveyed
from gpunn.devices import Device, get_device, is_cupy
from gpunn.devices.ranks import Ranks, get_ranks
from gpunn.estimator import checkpoints, shared
from gpunn.estimator.checkpoints import CheckpointMonitor
from gpunn.estimator.digests import digests
from gpunn.estimator.monitor import CallbackContext, Scorer, make_monitors, records, set_layer_history
from gpunn.estimator.prepare import (
    Extra,
    Prepared,
    all_or_nothing,
    draw_seed,
    prepare,
    rows_on_device,
)
from gpunn.estimator.prepare_stream import prepare_stream
from gpunn.estimator.shared import Partitions, prepare_shared
from gpunn.estimator.warnings import (
    divergence,
    warn_of_batch_size,
    warn_of_divergence,
    warn_of_end,
    warn_of_memory,
    warn_of_path,
)
from gpunn.io import Checkpoint
from gpunn.model import origin
from gpunn.model.fitted import Classifier, changed_network, set_fitted_attributes, trained_model
from gpunn.model.out_of_fold import out_of_fold_proba
from gpunn.model.training_data import ValidatedInputs, check_training_data, labels_on_host
from gpunn.model.validation import InputSchema
from gpunn.nn.network import Network
from gpunn.optim.full_batch import Minimisation
from gpunn.training import loop, resumption
from gpunn.training.data import Rows
from gpunn.training.divergence import DivergenceError, cause, check_start, penalty_in_step
from gpunn.training.full_batch import FullBatch
from gpunn.training.history import History
from gpunn.training.layers import LayerMonitor
from gpunn.training.profile import Stopwatch
from gpunn.training.result import Result, conclude
from gpunn.typing import Array

UNSUPPORTED = {  # in partial_fit
    "early_stopping": "one epoch has nothing to stop",
    "temperature_scaling": "it has no rows to validate on",
}
MAY_DIFFER = {"random_state", "checkpoint", "callback", "verbose", "time_limit"}  # parameters, between ranks
OF_HELD_OUT = ("temperature_", "oof_proba_", "oof_score_")  # attributes, where there are such rows


@dataclass(frozen=True)
class Begun:
    """A training that made no step yet.

    Attributes
    ----------
    training : Training
    layers : LayerMonitor or None
    start_cost : float
        Cost at its first theta.
    """

    training: loop.Training
    layers: LayerMonitor | None
    start_cost: float


def fit(
    clf: Classifier,
    device: Device,
    X: Any,
    y: Any,
    sample_weight: Any,
    extra: Extra,
    context: Any = None,
    saved: Checkpoint | None = None,
) -> None:
    """Train from new weights, with ``warm_start`` from those there are, or go on from a checkpoint.

    The parameters are checked already, and ``device`` is theirs. ``context`` is what scikit-learn's callbacks are
    called with.
    """
    stopwatch = Stopwatch()
    warm = clf.warm_start and hasattr(clf, "theta_")
    ranks = get_ranks(clf.ranks)
    with ranks.training():
        if saved is None:
            _on_first(ranks, lambda: checkpoints.check_folder(clf))
        with all_or_nothing(clf), contextlib.ExitStack() as until_the_end:
            seed = None if saved is None else saved.settings["seed"]
            if isinstance(X, Partitions):
                n_shares = None if saved is None else shared.n_shares(saved)
                task = prepare_shared(clf, device, X, extra, reset=not warm, seed=seed, n_shares=n_shares)
            elif (source := X if isinstance(X, (Source, Surveyed)) else source_of(X, y, sample_weight)) is None:
                task = prepare(clf, device, X, y, sample_weight, extra, reset=not warm, seed=seed)
            else:
                task = prepare_stream(clf, device, source, extra, reset=not warm, seed=seed)
            warn_of_batch_size(clf, task.n_rows)
            callbacks = None if context is None else CallbackContext(context, X, y)
            begun = begin(clf, task, warm, saved, callbacks, stopwatch, until_the_end)
            begun.training.run()
            result = conclude(begun.training, begun.start_cost, scaled=clf.temperature_scaling)
            publish(clf, task, begun, result, warm)
        warn_of_training(clf, result)


def _on_first(ranks: Ranks, function: Callable[[], None]) -> None:
    """Call a function on rank 0, whose files are those that matter; its error is that of all ranks."""
    error: Exception | None = None
    if ranks.rank == 0:
        try:
            function()
        except Exception as raised:
            error = raised
    error = ranks.broadcast(error)
    if error is not None:
        raise error


def warn_of_training(clf: Classifier, result: Result) -> None:
    """Warn of what went otherwise than was asked for, or may be wished."""
    warn_of_divergence(clf, result.history, result.advice, result.state.n_halvings)
    warn_of_end(clf, result.history)
    warn_of_path(clf, result.history)
    warn_of_memory(result.history)


def begin(
    clf: Classifier,
    task: Prepared,
    warm: bool,
    saved: Checkpoint | None,
    callbacks: CallbackContext | None,
    stopwatch: Stopwatch,
    until_the_end: contextlib.ExitStack,
    programs: dict[Any, Any] | None = None,
) -> Begun:
    """The second stage, which ends with the steps and `conclude`: a training from the start, or the state there is.

    ``until_the_end`` gets the lock on the folder of the checkpoints, and waits for the last one to be written.
    ``programs`` are those of `Minibatch`.
    """
    device, objective, rows, seed = task.device, task.objective, task.rows, task.seed
    network, data, ranks = objective.network, {}, get_ranks(clf.ranks)
    if clf.checkpoint is not None or ranks.size > 1:
        validated = None if task.validation_set is None else task.validation_set.rows
        apart = validated if isinstance(validated, Rows) else None  # folds follow from the other data and the seed
        data = digests(device, clf, task.labels, rows, apart)
        if task.stream is not None:
            data |= task.stream.digests
        ranks.check_same(repr(sorted(data.items())), "the training data")
    if saved is not None:
        checkpoints.check_belongs(saved, network, data, clf.n_members)
    stopwatch.lap("checking")
    seeds: int | tuple[int, ...] = seed
    if warm:
        _check_same_classes(clf, task.labels)
        earlier, theta = _earlier(clf, device), _copy_of_theta(clf, task.given, network)
    else:
        seeds = build.member_seeds(clf, seed)
        earlier, theta = None, build.initial_theta(clf, network, seeds, device, task.given.dtype)
    algorithm = build.algorithm(clf, network, task.n_rows, seeds, device)
    if task.stream is not None:
        algorithm = task.stream.algorithm(algorithm)
    interval = registry.checkpoint_interval("checkpoint_every", clf.checkpoint_every)
    layers = LayerMonitor(device, objective, rows, theta) if records(clf, "layers") else None
    if isinstance(algorithm, FullBatch):
        state = algorithm.start(device, theta, earlier)
    else:
        algorithm = replace(algorithm, programs=programs)
        state = algorithm.start(device, theta)
    if saved is not None:
        with io.sound(saved.path):
            state = resumption.resume(device, saved.arrays, state, algorithm.method, layers)
    if ranks.size > 1:
        parameters = {name: value for name, value in clf.get_params().items() if name not in MAY_DIFFER}
        settings = re.sub(" at 0x[0-9a-f]+", "", f"{parameters} {objective} {algorithm}")
        ranks.check_same(settings, "the parameters")
        ranks.check_same(loop.weights_digest(device, state), "the weights at the start")
    hopeless, start_cost = check_start(device, objective, rows, theta)
    start_cost += penalty_in_step(device, objective, theta, rows.weight, algorithm.step_rows(rows))
    if hopeless:
        warn(hopeless)
    scorer = Scorer(clf, device, objective, task.labels, state.history)
    validation = None
    if task.validation_set is not None:
        validation = task.validation_set.validation(clf.early_stopping, scorer)
    monitors = make_monitors(scorer, rows, task.given.y, state, layers, callbacks)
    keeper = None
    if clf.checkpoint is not None and ranks.rank == 0:
        if saved is None:
            until_the_end.enter_context(checkpoints.new_folder(clf))
        keeper = CheckpointMonitor(clf, device, algorithm.method, interval, layers, seed, data)
        until_the_end.callback(keeper.close)
        monitors.append(keeper)
    training = loop.Training(
        algorithm,
        device,
        objective,
        state,
        rows,
        validation,
        monitors,
        stopwatch=stopwatch,
        on_start=None if keeper is None or saved is not None else keeper.write_first,
        on_interrupt=None if keeper is None else keeper.write_last,
    )
    return Begun(training, layers, start_cost)


def publish(clf: Classifier, task: Prepared, begun: Begun, result: Result, warm: bool) -> None:
    """The third stage: set the fitted attributes.

    Raises
    ------
    DivergenceError
        If training diverged and ``on_divergence`` asks for it.
    """
    history, labels, given = result.history, task.labels, task.given
    _raise_divergence(clf, history, result.advice)
    if len(labels.classes) == 1:
        history.notes.append(f"y has only one class, {labels.classes.tolist()}, which is predicted for every row.")
    if task.note:
        history.notes.append(task.note)
    earlier = (clf.loss_curve_, clf.validation_scores_, clf.t_) if warm else ([], None, 0)
    theta = given.origin.give(task.device, result.theta)
    model = trained_model(clf, task.objective, labels, theta, history)
    set_fitted_attributes(clf, model, history)
    found: dict[str, Any] = dict.fromkeys(OF_HELD_OUT) | {"temperature_": result.temperature}
    validation = begun.training.validation
    if validation is not None and isinstance(validation.rows, tuple):
        found["oof_proba_"] = proba = out_of_fold_proba(task.device, model, result.theta, validation.rows)
        found["oof_score_"] = (
            labels.accuracy(given.y, proba, clf.threshold, given.weight)
            if validation.score is None
            else validation.score(result.theta)
        )
    set_layer_history(clf, begun.layers)
    for name, value in found.items():
        clf.__dict__.pop(name, None)
        if value is not None:
            setattr(clf, name, value)
    clf.loss_curve_ = [*earlier[0], *clf.loss_curve_]
    if clf.validation_scores_ is not None:
        clf.validation_scores_ = [*(earlier[1] or []), *clf.validation_scores_]
    clf.t_ = earlier[2] + result.n_rows
    clf._resume = (clf.solver, task.seed, result.state)


def partial_fit(clf: Classifier, device: Device, X: Any, y: Any, sample_weight: Any, classes: Any) -> None:
    """One epoch on the rows given, the optimiser's state and the learning rate going on from the last call.

    The parameters are checked already, and ``device`` is theirs.
    """
    if clf.ranks is not None:
        raise ValueError(f"partial_fit does not support ranks={clf.ranks!r}: use fit, or ranks=None.")
    for name, why in UNSUPPORTED.items():
        if getattr(clf, name):
            raise ValueError(f"partial_fit does not support {name}=True: {why}.")
    if isinstance(clf.class_weight, str):
        raise ValueError(
            f"class_weight={clf.class_weight!r} needs all labels at once, and partial_fit sees a part of them: give "
            "a dict of class and weight."
        )
    first = not hasattr(clf, "theta_")
    with all_or_nothing(clf):
        given = check_training_data(clf, device, X, y, sample_weight, reset=first, further=not first)
        if classes is not None:
            classes = labels_on_host(classes, "classes")
        labels = Labels.announced(given.y, classes) if first else clf._labels.agreeing(classes)
        objective = build.objective(clf, given.X.shape[1], labels, InputSchema.of(clf).embeddings)
        solver, seed, progress = (clf.solver, draw_seed(clf), None) if first else clf._resume
        n_out, smoothing = objective.network.sizes[-1], float(clf.label_smoothing)
        T, weight = labels.training_targets(given.y, n_out, given.dtype, given.weight, clf.class_weight, smoothing)
        rows = rows_on_device(given, labels, T, weight)
        warn_of_batch_size(clf, len(rows))
        epoch = replace(build.minibatch(clf, objective.network, len(rows), seed), max_epochs=1)
        if progress is None or solver != clf.solver:
            theta = (
                build.initial_theta(clf, objective.network, seed, device, given.dtype)
                if first
                else _copy_of_theta(clf, given, objective.network)
            )
            progress = epoch.start(device, theta)
            hopeless, _ = check_start(device, objective, rows, theta)
            if hopeless:
                warn(hopeless)
        else:
            # Copies: others may hold theta_ or coefs_, and where training fails there must be a state to go on from.
            theta = _copy_of_theta(clf, given, objective.network)
            progress = epoch.continued(device, progress.on(device, given.dtype, copied=True), theta)
        scorer = Scorer(clf, device, objective, labels, progress.history)
        layers = None
        if records(clf, "layers"):
            layers = LayerMonitor(device, objective, rows, progress.theta, progress.history.evaluations)
        monitors = make_monitors(scorer, rows, given.y, progress, layers)
        halvings = progress.n_halvings
        loop.run(epoch, device, objective, progress, rows, None, monitors, judged=False)
        history = progress.history
        history.summary = history.profile = None  # of some earlier call
        advice = cause(device, objective.network, rows) if history.divergence else ""
        _raise_divergence(clf, history, advice)
        t = 0 if first else clf.t_
        model = trained_model(clf, objective, labels, given.origin.give(device, progress.theta), history)
        set_fitted_attributes(clf, model, history)
        set_layer_history(clf, layers)
        clf.n_iter_, clf.t_ = 1, t + len(rows)
        clf._resume = (clf.solver, seed, progress)
    warn_of_divergence(clf, history, advice, progress.n_halvings - halvings)
    warn_of_memory(history)


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
    if solver != clf.solver or state is None or state.minimisation is None:
        return None
    has_ended = state.history.stopped != "interrupted" and state.latest is None
    return state.on(device).minimisation if has_ended else None


def _raise_divergence(clf: Classifier, history: History, advice: str) -> None:
    """DivergenceError where training diverged and ``on_divergence`` asks for it."""
    if history.divergence and clf.on_divergence == "raise":
        raise DivergenceError(divergence(clf, history, advice))


def _copy_of_theta(clf: Classifier, given: ValidatedInputs, network: Network) -> Array:
    """The weights to go on from; a ValueError where they are not those of the network."""
    _check_same_network(clf, network)
    device, theta = given.device, clf.theta_
    theta = theta if is_cupy(theta) else origin.on_host(theta)
    return device.xp.asarray(device.asarray(theta, given.dtype), copy=True)


def _check_same_classes(clf: Classifier, labels: Labels) -> None:
    if set(labels.classes) != set(clf.classes_):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
            f"got {clf.classes_}, `y` has {labels.classes}"
        )


def _check_same_network(clf: Classifier, network: Network) -> None:
    if clf.theta_.ndim > 1:
        raise ValueError(
            f"The weights are those of {clf.theta_.shape[0]} members, and training can only go on with one network. Go "
            "on with one of them, clf.member(0) say, or use warm_start=False or a new estimator."
        )
    changed = changed_network(network, clf)
    if changed:
        raise ValueError(
            f"{changed} Training can only go on with the same network: use warm_start=False, or a new estimator."
        )
