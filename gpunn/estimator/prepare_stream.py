"""The first stage of a fit on a source that is read in each epoch, since it may be larger than memory."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from gpunn.config import build, registry
from gpunn.config.constraints import ParameterError
from gpunn.data.labels import Labels
from gpunn.data.shards import Source
from gpunn.data.split import split
from gpunn.data.survey import Survey, Surveyed, survey
from gpunn.devices import Device
from gpunn.estimator.monitor import ValidationSet
from gpunn.estimator.prepare import Extra, Prepared, draw_seed, rows_on_device, validation_set
from gpunn.estimator.stream import Stream, label_array
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import check_training_data, check_validation_data
from gpunn.model.validation import InputSchema

MAX_VALIDATION = 2**16  # rows that are held out of a source


def prepare_stream(
    clf: Classifier,
    device: Device,
    rows: Source | Surveyed,
    extra: Extra,
    *,
    reset: bool,
    seed: int | None = None,
    is_shared: bool = False,
) -> Prepared:
    """Read a source once, and prepare to train on it.

    Parameters
    ----------
    clf, device, extra, reset, seed
        As for `gpunn.estimator.prepare.prepare`.
    rows : Source or Surveyed
        A source, or one that was read once already.
    is_shared : bool, default False
        The rows stay on the workers of a cluster and are not read in batches: solvers that use all rows are allowed.

    Raises
    ------
    ValueError
        If a parameter is for rows in memory; and what `gpunn.data.survey.survey` and `prepare` raise.
    """
    source = rows.source if isinstance(rows, Surveyed) else rows
    check_settings(clf, is_validated=extra[0] is not None, is_shared=is_shared)
    if clf.features is None and source.spellings is not None:
        raise ValueError(
            "features=None leaves columns as they are, and those of CSV files are text. Use features='auto'."
        )
    seed = draw_seed(clf) if seed is None else seed
    rng = np.random.default_rng([seed, build.SPLIT])
    found = rows.found if isinstance(rows, Surveyed) else _surveyed(clf, source, seed, reset)
    sample = found.sample
    given = check_training_data(clf, device, sample.X, sample.y, sample.weight, reset=reset)
    apart = check_validation_data(clf, given, *extra)
    # As many rows of each class as tell scikit-learn whether these may be quantities.
    labels = Labels.learn(np.repeat(found.classes, np.minimum(found.counts, 3)), at_least=1)
    objective = build.objective(clf, given.X.shape[1], labels, InputSchema.of(clf).embeddings)
    n_out, dtype = objective.network.sizes[-1], given.dtype
    train: np.ndarray | None = None
    test: np.ndarray | None = None
    validated: ValidationSet | None = None
    note = ""
    if apart is not None:
        validated = validation_set(apart, labels, labels.targets(apart.y, n_out, dtype, "y_val"))
    elif clf.early_stopping:
        if len(given.y) == found.n_given:
            train, test, note = split(labels, given.y, clf.validation_fraction, rng, full_batch=False)
        else:
            n_test = min(math.ceil(clf.validation_fraction * found.n_given), MAX_VALIDATION, len(given.y) // 2)
            test = found.holdout(n_test, rng)
            train = np.setdiff1d(np.arange(len(given.y)), test)
        if test is not None:
            validated = validation_set(given, labels, labels.targets(given.y[test], n_out, dtype), test)
    class_weight = clf.class_weight
    if class_weight == "balanced":
        class_weight = dict(
            zip(found.classes.tolist(), (found.n_given / (len(found.counts) * found.counts)).tolist(), strict=True)
        )
    T, weight = labels.training_targets(given.y, n_out, dtype, given.weight, class_weight, float(clf.label_smoothing))
    sampled = rows_on_device(given, labels, T, weight, train)
    left_out = found.left_out if test is None else np.union1d(found.left_out, found.numbers[test])
    stream = Stream(clf, source, found.without_sample(), given, labels, n_out, class_weight, left_out, seed)
    if is_shared:
        read = f"{found.n_given:,} rows of {source.name} stay on the workers"
    else:
        read = _how_read(source, found, stream, build.minibatch(clf, objective.network, stream.n_rows, seed).batch_size)
    note = " ".join(filter(None, (read + _set_apart(found, stream) + ".", note)))
    return Prepared(given, labels, objective, seed, sampled, validated, note, stream)


def _surveyed(clf: Classifier, source: Source, seed: int, reset: bool) -> Survey:
    """The first pass, whose sample has the types of its values."""
    found = survey(source, seed, label_array)
    if source.typed is None:
        return found
    X = source.typed(found.sample.X, _texts(clf, reset))
    return replace(found, sample=found.sample._replace(X=X))


def check_settings(clf: Classifier, *, is_validated: bool, is_shared: bool = False) -> None:
    """ParameterError for parameters that need all rows at once.

    Parameters
    ----------
    is_validated : bool
        Rows to validate on are given apart.
    is_shared : bool, default False
        As for `prepare_stream`.
    """
    if registry.is_full_batch(clf.solver) and not is_shared:
        raise ParameterError(
            "solver",
            f"solver={clf.solver!r} uses all rows in each step, and the rows are read in batches. Use a solver that "
            "trains on minibatches, such as 'adam', or rows in memory"
            f"{', or ranks=None if X is a collection of Dask' if clf.ranks else ''}.",
        )
    if clf.cross_validation is not None:
        raise ParameterError(
            "cross_validation",
            f"cross_validation={clf.cross_validation} needs rows in memory, and they are "
            f"{'on several workers' if is_shared else 'read in batches'}. Use early_stopping=True, which holds out "
            "some of the rows.",
        )
    if clf.temperature_scaling and not (clf.early_stopping or is_validated):
        raise ParameterError(
            "temperature_scaling",
            "temperature_scaling=True needs rows that are not trained on: use early_stopping=True, or X_val and y_val.",
        )


def _texts(clf: Classifier, reset: bool) -> Collection[str]:
    """Names of the columns that are to be read as text."""
    features = clf.features if reset else vars(clf).get("features_")
    if isinstance(features, dict):
        return {name for name, kind in features.items() if kind == "text"}
    return getattr(features, "text_columns", ())


def _how_read(source: Source, found: Survey, stream: Stream, batch_size: int) -> str:
    """The number of rows and how they are read, for the history."""
    kept = stream.block_rows(batch_size) == stream.n_rows
    how = "read once and kept in memory" if kept else "read in each epoch"
    divided = ", a share of them by each rank" if stream.is_divided(batch_size) else ""
    return f"{found.n_given:,} rows of {source.name} were {how}{divided}"


def _set_apart(found: Survey, stream: Stream) -> str:
    """The rows that are held out, and those from which columns were learned, for the history; "" for all."""
    n_test, note = found.n_given - stream.n_rows, ""
    if n_test:
        note += f"; {n_test:,} of them, chosen at random, were held out"
    if found.n_given > len(found.numbers):
        note += f"; columns were learned from a random sample of {len(found.numbers):,} rows"
    return note
