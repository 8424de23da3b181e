"""The first stage of a fit on a source that is read in each epoch, since it may be larger than memory."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Collection, Generator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from gpunn.config import build, registry
from gpunn.config.constraints import ParameterError
from gpunn.data import blocks
from gpunn.data.blocks import Encoded
from gpunn.data.labels import Labels
from gpunn.data.shards import Batch, Source
from gpunn.data.split import split
from gpunn.data.survey import Survey, Surveyed, check_batch, survey
from gpunn.devices import Device
from gpunn.devices.cores import one_core_context
from gpunn.estimator.monitor import ValidationSet
from gpunn.estimator.prepare import Extra, Prepared, draw_seed, rows_on_device, validation_set
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import ValidatedInputs, check_training_data, check_validation_data, labels_on_host
from gpunn.model.validation import InputSchema, check_rows
from gpunn.training.data import Rows
from gpunn.training.minibatch import Minibatch
from gpunn.training.streamed import StreamedMinibatch

MAX_VALIDATION = 2**16  # rows that are held out of a source
ORDER = 6  # stream of random numbers


@dataclass(frozen=True)
class Stream:
    """The rows of a source as training reads them.

    Attributes
    ----------
    clf : MLPClassifier
        Has learned the columns.
    source : Source
    found : Survey
    given : ValidatedInputs
        The sample.
    labels : Labels
    n_out : int
        Outputs of the network.
    class_weight : dict or None
    left_out : ndarray
        Numbers of the rows that are held out, sorted.
    seed : int
    """

    clf: Classifier
    source: Source
    found: Survey
    given: ValidatedInputs
    labels: Labels
    n_out: int
    class_weight: Any
    left_out: np.ndarray
    seed: int

    @property
    def n_rows(self) -> int:
        """Rows of an epoch."""
        return self.found.n_rows - len(self.left_out)

    @property
    def digest(self) -> str:
        """Digest of the labels of each shard."""
        facts = (self.found.shard_rows, self.found.checksums, self.found.found.tolist())
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def algorithm(self, algorithm: Minibatch) -> StreamedMinibatch:
        """Minibatch training on these rows, with the settings of one on rows in memory."""
        settings = {field.name: getattr(algorithm, field.name) for field in fields(algorithm)}
        return StreamedMinibatch(
            **settings, blocks=self._blocks(algorithm), n_rows=self.n_rows, n_given=self.found.n_given
        )

    def block_rows(self, batch_size: int) -> int:
        """Rows of a block, a multiple of the batches; all rows if they take no more memory than a block."""
        row_bytes = self.given.X[:1].nbytes + (self.n_out + 1) * np.dtype(self.given.dtype).itemsize
        return min(max(1, blocks.BLOCK_BYTES // (batch_size * row_bytes)) * batch_size, self.n_rows)

    def _blocks(self, algorithm: Minibatch) -> Any:
        block_rows = self.block_rows(algorithm.batch_size)
        schema = InputSchema.of(self.clf)
        columns = None if schema.features is None else schema.features.columns
        device, is_one = self.given.device, block_rows == self.n_rows
        kept: dict[int, Rows] = {}  # by their number

        def on_device(block: Encoded) -> Rows:
            """The rows on the device; on CUDA in the arrays of an earlier block, which captured steps hold."""
            earlier = kept.get(len(block.X))
            if earlier is not None:
                for array, part in zip((earlier.X, earlier.T, earlier.weight), block, strict=True):
                    if array is not None:
                        array[...] = device.asarray(part)
                return earlier
            X, T, weight = (None if part is None else device.asarray(part) for part in block)
            rows = Rows(X, T, weight, not self.labels.multilabel)
            if is_one or device.kind != "cpu":
                kept[len(block.X)] = rows
            return rows

        def of_epoch(epoch: int) -> Generator[Rows, None, None]:
            if is_one and kept:
                yield from kept.values()
                return
            is_shuffled = algorithm.shuffle and not is_one
            order = np.random.default_rng([self.seed, ORDER, epoch]) if is_shuffled else None
            found = blocks.blocks(
                self.source,
                self.found,
                columns,
                self._places,
                self._encode(schema),
                block_rows,
                order,
                self.left_out,
                one_core_context(),
            )
            with contextlib.closing(found):
                for block in found:
                    yield on_device(block)

        return of_epoch

    def _encode(self, schema: InputSchema) -> blocks.Encode:
        given, labels, clf = self.given, self.labels, self.clf
        names = getattr(clf, "feature_names_in_", None)

        def encode(batch: Batch) -> Encoded:
            if schema.features is None:
                rows = batch.X if names is None or isinstance(batch.X, np.ndarray) else batch.X.select(names)
                X = check_rows(schema, given.device, rows, given.dtype)
                if X.dtype != given.X.dtype:
                    raise ValueError(
                        f"{self.source.name}: a batch has dtype {X.dtype}, and the first had {given.X.dtype}. Give "
                        "batches of one dtype."
                    )
            else:
                X = schema.features.encode(batch.X, given.dtype)[0]
            weight = None if batch.weight is None else np.asarray(batch.weight, given.dtype)
            T, weight = labels.training_targets(
                self.found.classes[batch.y],
                self.n_out,
                given.dtype,
                weight,
                self.class_weight,
                float(clf.label_smoothing),
            )
            return Encoded(X, T, None if weight is None else np.asarray(weight, given.dtype))

        return encode

    def _places(self, batch: Batch) -> np.ndarray:
        """Places of the labels of a batch among the distinct ones."""
        y, known = label_array(batch.y), self.found.found
        check_batch(self.source.name, batch._replace(y=y))
        places = np.minimum(np.searchsorted(known, y), len(known) - 1)
        unknown = y[known[places] != y]
        if len(unknown):
            raise ValueError(
                f"{self.source.name}: the label {unknown.tolist()[0]!r} was not there when training began. A source "
                "must give the same rows each time."
            )
        return places


def prepare_stream(
    clf: Classifier, device: Device, rows: Source | Surveyed, extra: Extra, *, reset: bool, seed: int | None = None
) -> Prepared:
    """Read a source once, and prepare to train on it.

    Parameters
    ----------
    clf, device, extra, reset, seed
        As for `gpunn.estimator.prepare.prepare`.
    rows : Source or Surveyed
        A source, or one that was read once already.

    Raises
    ------
    ValueError
        If a parameter is for rows in memory; and what `gpunn.data.survey.survey` and `prepare` raise.
    """
    source = rows.source if isinstance(rows, Surveyed) else rows
    check_settings(clf, is_validated=extra[0] is not None)
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
    batch_size = build.minibatch(clf, objective.network, stream.n_rows, seed).batch_size
    note = " ".join(filter(None, (_note(source, found, stream, batch_size), note)))
    return Prepared(given, labels, objective, seed, sampled, validated, note, stream)


def _surveyed(clf: Classifier, source: Source, seed: int, reset: bool) -> Survey:
    """The first pass, whose sample has the types of its values."""
    found = survey(source, seed, label_array)
    if source.typed is None:
        return found
    X = source.typed(found.sample.X, _texts(clf, reset))
    return replace(found, sample=found.sample._replace(X=X))


def check_settings(clf: Classifier, *, is_validated: bool) -> None:
    """ParameterError for parameters that need all rows at once.

    ``is_validated`` is True if rows to validate on are given apart.
    """
    if registry.is_full_batch(clf.solver):
        raise ParameterError(
            "solver",
            f"solver={clf.solver!r} uses all rows in each step, and the rows are read in batches. Use a solver that "
            "trains on minibatches, such as 'adam', or rows in memory.",
        )
    if clf.cross_validation is not None:
        raise ParameterError(
            "cross_validation",
            f"cross_validation={clf.cross_validation} needs rows in memory, and they are read in batches. Use "
            "early_stopping=True, which holds out some of the rows.",
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


def label_array(y: Any) -> np.ndarray:
    """Labels (n,) of a batch as an array of NumPy."""
    found = labels_on_host(y)
    if found.ndim > 1 and found.shape[1] > 1:
        raise ValueError(f"y has shape {found.shape} in a batch; several labels a row need all rows in memory.")
    return column_or_1d(found)


def _note(source: Source, found: Survey, stream: Stream, batch_size: int) -> str:
    """A sentence on the rows for the history."""
    n, n_test = found.n_given, found.n_given - stream.n_rows
    kept = stream.block_rows(batch_size) == stream.n_rows
    note = f"{n:,} rows of {source.name} were " + ("read once and kept in memory" if kept else "read in each epoch")
    if n_test:
        note += f"; {n_test:,} of them, chosen at random, were held out"
    if n > len(found.numbers):
        note += f"; columns were learned from a random sample of {len(found.numbers):,} rows"
    return note + "."
