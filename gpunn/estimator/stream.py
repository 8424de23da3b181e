"""The rows of a source as training reads them."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Generator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from gpunn.data import blocks
from gpunn.data.blocks import Encoded
from gpunn.data.labels import Labels
from gpunn.data.shards import Batch, Source
from gpunn.data.survey import Survey, check_batch
from gpunn.devices.cores import one_core_context
from gpunn.devices.ranks import get_ranks
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import ValidatedInputs, labels_on_host
from gpunn.model.validation import InputSchema, check_rows
from gpunn.training import ranked
from gpunn.training.data import Rows
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch
from gpunn.training.streamed import StreamedMinibatch

ORDER = 6  # stream of random numbers
BALANCED = 1.1  # rows of the rank that has the most, over their mean, up to which ranks read shards of their own


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
    def digests(self) -> dict[str, str]:
        """Digest of the labels of each shard, by what it is of."""
        facts = (self.found.shard_rows, self.found.checksums, self.found.found.tolist())
        return {"the rows of each file and class": hashlib.sha256(repr(facts).encode()).hexdigest()}

    @property
    def shard_rows(self) -> list[int]:
        """Rows of each shard that are trained on."""
        ends = np.cumsum([0, *self.found.shard_rows])
        return (np.diff(ends) - np.diff(np.searchsorted(self.left_out, ends))).tolist()

    def is_divided(self, batch_size: int) -> bool:
        """True if every rank reads shards of its own: those of a rank have about as many rows as those of another."""
        n_ranks = get_ranks(self.clf.ranks).size
        if not 1 < n_ranks <= batch_size or self.block_rows(batch_size) == self.n_rows:
            return False
        shard_rows = self.shard_rows
        shards = blocks.divided(shard_rows, n_ranks, range(len(shard_rows)), 0)
        n_rows = [sum(shard_rows[i] for i in own) for own in shards]
        sizes = [b - a for a, b in itertools.pairwise(ranked.bounds(n_ranks, batch_size))]
        n_steps = max(n / size for n, size in zip(n_rows, sizes, strict=True))
        is_balanced = max(n_rows) * n_ranks <= BALANCED * self.n_rows and n_steps * batch_size <= BALANCED * self.n_rows
        return min(n_rows) > 0 and is_balanced

    def algorithm(self, algorithm: Minibatch | FullBatch) -> StreamedMinibatch:
        """Minibatch training on these rows, with the settings of one on rows in memory."""
        assert isinstance(algorithm, Minibatch)  # others were refused
        settings = {field.name: getattr(algorithm, field.name) for field in fields(algorithm)}
        is_divided, size, shard_rows = self.is_divided(algorithm.batch_size), algorithm.batch_size, self.shard_rows
        if is_divided:
            share = ranked.share(algorithm.ranks, slice(0, size), size)
            size = share.stop - share.start

        def shards(epoch: int) -> list[list[int]]:
            """Shards of each rank that reads others than the rest."""
            order = self._order(algorithm, epoch)
            n_ranks = algorithm.ranks.size
            limit = BALANCED * self.n_rows / n_ranks
            return blocks.divided(shard_rows, n_ranks, order, limit) if is_divided else [order]

        def rank_rows(epoch: int) -> list[int]:
            return [sum(shard_rows[i] for i in own) for own in shards(epoch)]

        own = algorithm.ranks.rank if is_divided else 0
        return StreamedMinibatch(
            **settings,
            blocks=self._blocks(algorithm, size, lambda epoch: shards(epoch)[own]),
            n_rows=self.n_rows,
            n_given=self.found.n_given,
            rank_rows=rank_rows if is_divided else None,
        )

    def _order(self, algorithm: Minibatch, epoch: int) -> list[int]:
        """Numbers of the shards in the order of an epoch."""
        n = len(self.source.shards)
        return (
            np.random.default_rng([self.seed, ORDER, epoch]).permutation(n).tolist()
            if algorithm.shuffle
            else [*range(n)]
        )

    def block_rows(self, batch_size: int) -> int:
        """Rows of a block, a multiple of the batches; all rows if they take no more memory than a block."""
        row_bytes = self.given.X[:1].nbytes + (self.n_out + 1) * np.dtype(self.given.dtype).itemsize
        return min(max(1, blocks.BLOCK_BYTES // (batch_size * row_bytes)) * batch_size, self.n_rows)

    def _blocks(self, algorithm: Minibatch, batch_size: int, shards: Callable[[int], list[int]]) -> Any:
        block_rows = self.block_rows(batch_size)
        schema = InputSchema.of(self.clf)
        columns = None if schema.features is None else schema.features.columns
        device, is_one = self.given.device, self.block_rows(algorithm.batch_size) == self.n_rows
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
            found = blocks.blocks(
                self.source,
                self.found,
                columns,
                self.places,
                self.encoder(),
                block_rows,
                [*range(len(self.source.shards))] if is_one else shards(epoch),
                algorithm.shuffle and not is_one,
                self.left_out,
                one_core_context(),
            )
            with contextlib.closing(found):
                for block in found:
                    yield on_device(block)

        return of_epoch

    def encoder(self) -> blocks.Encode:
        """A function that encodes batches, whose y are `places`."""
        given, labels, clf, schema = self.given, self.labels, self.clf, InputSchema.of(self.clf)
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

    def places(self, batch: Batch) -> np.ndarray:
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


def label_array(y: Any) -> np.ndarray:
    """Labels (n,) of a batch as an array of NumPy."""
    found = labels_on_host(y)
    if found.ndim > 1 and found.shape[1] > 1:
        raise ValueError(f"y has shape {found.shape} in a batch; several labels a row need all rows in memory.")
    return column_or_1d(found)
