"""Fits of one classifier with different settings, side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import clone

from gpunn.config import registry
from gpunn.config.checks import check_parameters
from gpunn.data.sources import refuse_source
from gpunn.devices import device_for
from gpunn.devices.memory import explained
from gpunn.estimator import fit
from gpunn.estimator.classifier import MLPClassifier
from gpunn.estimator.prepare import prepare, prepare_again
from gpunn.estimator.warnings import warn_of_batch_size
from gpunn.model.validation import InputSchema
from gpunn.shown import show
from gpunn.training import side_by_side
from gpunn.training.profile import Stopwatch
from gpunn.training.result import conclude

OWN = (  # parameters in which trainings side by side may differ
    "alpha",
    "l1",
    "dropout",
    "input_dropout",
    "learning_rate",
    "learning_rate_init",
    "power_t",
    "warmup",
    "weight_decay",
    "weight_init",
    "bias_init",
    "random_state",
)


def fit_many(
    estimator: MLPClassifier,
    X: Any,
    y: Any,
    settings: Iterable[Mapping[str, Any]],
    *,
    sample_weight: Any = None,
) -> list[MLPClassifier]:
    """Fit a classifier with each of several settings, where possible side by side.

    Each result is what ``clone(estimator).set_params(**setting).fit(X, y, sample_weight)`` gives, up to rounding: early
    stopping, plateaus and divergence are its own. Settings that differ in ``alpha``, ``l1``, ``dropout``,
    ``input_dropout``, ``learning_rate``, ``learning_rate_init``, ``power_t``, ``warmup``, ``weight_decay``,
    ``weight_init``, ``bias_init`` and ``random_state`` only are trained side by side; others in groups, one group after
    the other. Solvers that use all rows, ensembles, and trainings with a ``checkpoint``, a ``time_limit`` or callbacks
    of scikit-learn are fitted one by one.

    On the CPU, compiled trainings have a core each, and those by arrays share their operations. On CUDA, trainings by
    arrays share their operations, and steps that are captured as graphs are launched one training after the other.

    Parameters
    ----------
    estimator : MLPClassifier
        Is not changed.
    X, y, sample_weight
        As for `MLPClassifier.fit`.
    settings : iterable of dict
        Names and values of parameters; or a `ParameterGrid` or `ParameterSampler` of scikit-learn.

    Returns
    -------
    list of MLPClassifier
        One for each setting, in this order. Of those that were trained side by side, ``history_.notes`` says with how
        many others, ``history_.profile`` is None, and ``history_.seconds`` is the time of all.

    Raises
    ------
    TypeError
        If ``estimator`` is not an MLPClassifier, or ``settings`` are not dicts.
    ValueError
        If there is no such parameter; and what `MLPClassifier.fit` raises, for any of the settings.
    KeyboardInterrupt
        If it is interrupted: then there are no results.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from gpunn import MLPClassifier, fit_many
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = MLPClassifier((16,), max_iter=40, n_iter_no_change=40, random_state=0)
    >>> rates = [{"learning_rate_init": rate} for rate in (0.001, 0.003, 0.01)]
    >>> [round(one.score(scale(X), y), 2) >= 0.9 for one in fit_many(clf, scale(X), y, rates)]
    [True, True, True]
    """
    check_class(estimator)
    refuse_source(X, y, "fit_many")
    if isinstance(settings, Mapping) or not isinstance(settings, Iterable):
        raise TypeError(
            f"settings={show(settings)} is not allowed; give a list of dicts, or a ParameterGrid of scikit-learn."
        )
    classifiers: list[MLPClassifier] = []
    groups: list[tuple[dict[str, Any], list[MLPClassifier]]] = []
    given = estimator.get_params(deep=False)
    for i, setting in enumerate(settings):
        if not isinstance(setting, Mapping):
            raise TypeError(f"settings[{i}]={show(setting)} is not allowed; give a dict of parameters and values.")
        clf = with_setting(estimator, setting)
        check_parameters(clf)
        if clf.ranks is not None:
            raise ValueError(f"ranks={clf.ranks!r} is for one training, and fit_many trains several. Use ranks=None.")
        classifiers.append(clf)
        shared = {name: value for name, value in {**given, **setting}.items() if name not in OWN}
        found = next((group for others, group in groups if _equal(others, shared)), None)
        if found is None or _is_alone(clf):
            groups.append((shared, [clf]))
        else:
            found.append(clf)
    for _, group in groups:
        if len(group) == 1:
            weighted = (
                {} if sample_weight is None else {"sample_weight": sample_weight}
            )  # fit of a subclass may take none
            if group[0].fit(X, y, **weighted).history_.stopped == "interrupted":
                raise KeyboardInterrupt
        else:
            _fit_group(group, X, y, sample_weight)
    return classifiers


def check_class(estimator: Any) -> None:
    """TypeError for other estimators than those that `fit_many` trains."""
    if not isinstance(estimator, MLPClassifier):
        raise TypeError(
            f"estimator={show(estimator)} is not allowed: fit_many trains classifiers of class gpunn.MLPClassifier. "
            "Fit others one by one."
        )


def with_setting(estimator: MLPClassifier, setting: Mapping[str, Any]) -> MLPClassifier:
    """A clone of the estimator with a setting, whose values are copied; ValueError if there is no such parameter."""
    return clone(estimator).set_params(**clone(dict(setting), safe=False))


def _is_alone(clf: MLPClassifier) -> bool:
    """True if it is trained by a fit of its own."""
    return (
        type(clf).fit is not MLPClassifier.fit
        or registry.is_full_batch(clf.solver)
        or clf.n_members > 1
        or clf.cross_validation is not None
        or clf.checkpoint is not None
        or clf.time_limit is not None
        or hasattr(clf, "_skl_callbacks")
    )


def _equal(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return ours.keys() == theirs.keys() and all(_same(value, theirs[name]) for name, value in ours.items())


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    return type(a) is type(b) and bool(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b)


def _fit_group(group: list[MLPClassifier], X: Any, y: Any, sample_weight: Any) -> None:
    first = group[0]
    device = device_for(first.device, X, first.precision)
    with explained(device.name), contextlib.ExitStack() as until_the_end:
        tasks = [prepare(first, device, X, y, sample_weight, (None, None, None), reset=True)]
        learned = InputSchema.of(first).attributes()
        for clf in group[1:]:
            clf.__dict__.update(learned)
            tasks.append(prepare_again(clf, tasks[0]))
        begun: list[fit.Begun] = []
        # What is captured on CUDA holds the arrays of one training: shared, it would be captured anew in each epoch.
        programs: dict[Any, Any] | None = {} if device.kind == "cpu" else None
        for clf, task in zip(group, tasks, strict=True):
            warn_of_batch_size(clf, len(task.rows))
            begun.append(fit.begin(clf, task, False, None, None, Stopwatch(), until_the_end, programs))
        side_by_side.run([one.training for one in begun])
        for clf, task, one in zip(group, tasks, begun, strict=True):
            result = conclude(one.training, one.start_cost, scaled=clf.temperature_scaling, timed=False)
            others = f"{len(group) - 1} other setting{'s' * (len(group) > 2)}"
            result.history.notes.append(f"Trained side by side with {others} by fit_many.")
            fit.publish(clf, task, one, result, False)
            fit.warn_of_training(clf, result)
