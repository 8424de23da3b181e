"""The first pass through a source: the number of its rows, its classes, and a random sample of its rows.

Columns are learned from the sample. It has all rows where there are at most `SAMPLE`, and they take no more than
`SAMPLE_BYTES`; otherwise each row is included with the same probability: the sample has the rows with the smallest of
random keys, one for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gpunn.data.shards import Batch, Source

SAMPLE = 2**17  # rows
SAMPLE_BYTES = 2**27  # of X
MAX_CLASSES = 2**16


@dataclass(frozen=True)
class Survey:
    """The result of the first pass.

    Attributes
    ----------
    n_rows : int
    shard_rows : tuple of int
        Rows of each shard.
    checksums : tuple of int
        `Checksum` of each shard.
    found : ndarray (c,)
        Distinct labels as the source gives them, sorted.
    codes : ndarray (c,)
        Their codes in the checksums: numbers in the order in which they first appear.
    classes : ndarray (c,)
        The classes that they stand for: those of a CSV file are integers where all labels are.
    counts : ndarray (c,)
        Rows of each class.
    sample : Batch
        Random rows, in their order; of CSV files as text.
    numbers : ndarray (s,)
        Numbers of these rows, from 0.
    left_out : ndarray
        Numbers of rows that are not trained on, sorted; they are in neither ``counts`` nor ``sample``.
    """

    n_rows: int
    shard_rows: tuple[int, ...]
    checksums: tuple[int, ...]
    found: np.ndarray
    codes: np.ndarray
    classes: np.ndarray
    counts: np.ndarray
    sample: Batch
    numbers: np.ndarray
    left_out: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def n_given(self) -> int:
        """Rows that are not left out."""
        return self.n_rows - len(self.left_out)

    def without(self, rows: np.ndarray) -> Survey:
        """The same, but some rows of the sample, ``rows`` (r,), are not trained on."""
        others = np.setdiff1d(np.arange(len(self.numbers)), rows)
        places = {label: i for i, label in enumerate(self.classes.tolist())}
        held_out = np.array([places[label] for label in self.sample.y[rows].tolist()], np.int64)
        return replace(
            self,
            counts=self.counts - np.bincount(held_out, minlength=len(self.counts)),
            sample=take(self.sample, others),
            numbers=self.numbers[others],
            left_out=np.union1d(self.left_out, self.numbers[rows]),
        )

    def holdout(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Numbers of n random rows of the sample, sorted, which leave at least one row of each class.

        There are fewer if the sample is too small for n.
        """
        places = {label: i for i, label in enumerate(self.classes.tolist())}
        order = rng.permutation(len(self.sample.y))
        classes = np.array([places[label] for label in self.sample.y[order].tolist()])
        sampled = np.bincount(classes, minlength=len(self.counts)) == self.counts  # all rows of the class
        present, first = np.unique(classes, return_index=True)
        return np.sort(np.delete(order, first[sampled[present]])[:n])

    def without_sample(self) -> Survey:
        """The same without the sample, which takes memory."""
        return replace(self, sample=take(self.sample, np.empty(0, np.int64)))


@dataclass(frozen=True)
class Surveyed:
    """A source that was read once.

    Attributes
    ----------
    source : Source
    found : Survey
        Its sample has the types of its values, those of CSV files too.
    """

    source: Source
    found: Survey

    def without(self, rows: np.ndarray) -> Surveyed:
        """The same, but some rows of the sample, ``rows`` (r,), are not trained on."""
        return replace(self, found=self.found.without(rows))


class Checksum:
    """Checksum of the labels of a shard in their order.

    It is the sum over its rows i, from 0, of (i + 1) (code_i + 1), modulo 2^64.
    """

    def __init__(self) -> None:
        self.n_rows = self.value = 0

    def add(self, codes: np.ndarray) -> None:
        """Add rows with these codes, (n,)."""
        rows = np.arange(self.n_rows + 1, self.n_rows + len(codes) + 1, dtype=np.uint64)
        self.value = (self.value + int(np.sum(rows * (codes.astype(np.uint64) + np.uint64(1))))) % 2**64
        self.n_rows += len(codes)


def survey(source: Source, seed: int | Sequence[int], label_array: Callable[[Any], np.ndarray]) -> Survey:
    """Read a source once.

    Parameters
    ----------
    source : Source
    seed : int or sequence of int
    label_array : callable
        (labels of a batch) -> array (n,), checked.

    Raises
    ------
    ValueError
        If there are no rows, batches do not have the same columns or types, labels are missing or no classes, or
        weights are not finite.
    """
    rng, sample = np.random.default_rng(seed), Sample(source.name)
    counts: dict[Any, int] = {}
    codes: dict[Any, int] = {}
    distinct: list[np.ndarray] = []
    shard_rows, checksums = [], []
    for shard in source.shards:
        checksum = Checksum()
        for batch in shard(None):
            try:
                labels = label_array(batch.y)
            except ValueError as error:
                raise ValueError(f"{source.name}, after {sample.n_rows:,} rows: {error}") from None
            check_batch(source.name, batch._replace(y=labels))
            some, places, of_each = np.unique(labels, return_inverse=True, return_counts=True)
            _check_classes(source, labels, some, sample.n_rows)
            sample.add(batch._replace(y=labels), rng)
            if not distinct or some.dtype != distinct[0].dtype or len(np.setdiff1d(some, distinct[0])):
                distinct = [np.unique(joined_labels(source.name, [*distinct, some]))]
            if len(distinct[0]) > MAX_CLASSES:
                raise ValueError(
                    f"{source.name}: there are more than {MAX_CLASSES:,} different labels in the first "
                    f"{sample.n_rows:,} rows, such as {some.tolist()[0]!r}. gpunn classifies, and has no regression. "
                    "Choose the column of the classes."
                )
            for label, count in zip(some.tolist(), of_each.tolist(), strict=True):
                counts[label] = counts.get(label, 0) + count
            checksum.add(np.array([codes.setdefault(label, len(codes)) for label in some.tolist()])[places])
        shard_rows.append(checksum.n_rows)
        checksums.append(checksum.value)
    if not sample.n_rows:
        raise ValueError(f"{source.name}: there are no rows. Give at least one.")
    (found,) = distinct
    classes = found if source.labels is None else source.labels(found)
    rows, numbers = sample.rows()
    rows = rows._replace(y=classes[np.searchsorted(found, rows.y)])
    return Survey(
        sample.n_rows,
        tuple(shard_rows),
        tuple(checksums),
        found,
        np.array([codes[label] for label in found.tolist()]),
        classes,
        np.array([counts[label] for label in found.tolist()]),
        rows,
        numbers,
    )


class Sample:
    """Random rows of batches that come one after the other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.n_rows = self.n_kept = self.n_bytes = 0
        self.size = SAMPLE
        self.limit = np.inf  # of the keys of rows that may be in the sample
        self.keys: list[np.ndarray] = []
        self.numbers: list[np.ndarray] = []
        self.parts: list[Batch] = []
        self.types: dict[str, Any] = {}  # of the columns of tables, as the first batch that has values gives them

    def add(self, batch: Batch, rng: np.random.Generator) -> None:
        n = len(batch.y)
        self._check_as_first(batch)
        keys = rng.random(n)
        chosen = np.flatnonzero(keys < self.limit)
        if len(chosen) or not self.parts:
            part = take(batch, chosen)  # a copy: arrays may be filled anew with the next batch
            part = part if isinstance(part.X, np.ndarray) else part._replace(X=_decoded(part.X.select(self.types)))
            self.keys.append(keys[chosen])
            self.numbers.append(self.n_rows + chosen)
            self.parts.append(part)
            self.n_kept += len(chosen)
            self.n_bytes += part.X.nbytes
        self.n_rows += n
        if self.n_kept > 2 * self.size or self.n_bytes > 2 * SAMPLE_BYTES:
            self._reduce()

    def _reduce(self) -> None:
        """Keep the rows with the smallest keys, no more of them than `SAMPLE_BYTES` allow."""
        keys, numbers, joined = np.concatenate(self.keys), np.concatenate(self.numbers), _joined(self.parts)
        row_bytes = joined.X.nbytes / max(1, len(keys))
        self.size = max(1, min(self.size, int(SAMPLE_BYTES / max(1.0, row_bytes))))
        if len(keys) > self.size:
            chosen = np.sort(np.argpartition(keys, self.size)[: self.size])
            keys, numbers, joined = keys[chosen], numbers[chosen], take(joined, chosen)
            self.limit = float(keys.max())
        self.keys, self.numbers, self.parts = [keys], [numbers], [joined]
        self.n_kept, self.n_bytes = len(keys), joined.X.nbytes

    def rows(self) -> tuple[Batch, np.ndarray]:
        self._reduce()
        sample = self.parts[0]
        if not isinstance(sample.X, np.ndarray):
            sample = sample._replace(X=_encoded(sample.X, self.types))
        return sample, self.numbers[0]

    def _check_as_first(self, batch: Batch) -> None:
        """ValueError where a batch has other columns or types than the first.

        Types that hold the same values may differ: text, codes of a dictionary of another width, and columns without a
        value. Others may not: a timestamp would become an integer, and a number infinity.
        """
        if isinstance(batch.X, np.ndarray):
            is_table, described = False, f"{batch.X.shape[1]} columns of {batch.X.dtype}"
        else:
            is_table, described = True, "columns of a table"
        if not self.parts:
            self.described, self.is_table, self.is_weighted = described, is_table, batch.weight is not None
        if self.is_weighted != (batch.weight is not None):
            raise ValueError(f"{self.name}: some batches have weights, and others have none.")
        if self.is_table != is_table:
            raise ValueError(f"{self.name}: some batches are tables, and others arrays.")
        if self.described != described:
            raise ValueError(
                f"{self.name}: the first batch has {self.described}, and a later one {described}. Give all batches the "
                "same columns and dtype."
            )
        if is_table:
            self._check_types(batch.X.schema)

    def _check_types(self, schema: Any) -> None:
        import pyarrow as pa

        self.types = self.types or {field.name: field.type for field in schema}
        lacking = [name for name in self.types if name not in schema.names]
        if lacking:
            raise ValueError(f"{self.name}: a batch has no column {lacking[0]!r}, which the first has.")
        for name, wanted in self.types.items():
            found = schema.field(name).type
            if pa.types.is_null(wanted):
                self.types[name] = found
            elif not pa.types.is_null(found) and _plain(found) != _plain(wanted):
                raise ValueError(
                    f"{self.name}: column {name!r} is {found} in a batch, and {wanted} in the first. Write all of them "
                    "with the same type."
                )


def _decoded(table: Any) -> Any:
    """A table with the values of dictionaries, of which each part would keep all entries, in their place."""
    import pyarrow as pa

    for i, (name, found) in enumerate(zip(table.schema.names, table.schema.types, strict=True)):
        value_type = found.value_type if pa.types.is_dictionary(found) else found
        plain = pa.large_string() if pa.types.is_string(value_type) else value_type
        if plain != found:
            table = table.set_column(i, name, table.column(i).cast(value_type).cast(plain))
    return table


def _encoded(table: Any, types: dict[str, Any]) -> Any:
    """The table that `_decoded` was given, with columns of these types."""
    import pyarrow as pa

    for i, (name, wanted) in enumerate(types.items()):
        column = table.column(i)
        if pa.types.is_dictionary(wanted) and not pa.types.is_null(column.type):
            column = column.cast(wanted.value_type).dictionary_encode()
        elif not pa.types.is_dictionary(wanted):
            column = column.cast(wanted)
        table = table.set_column(i, name, column)
    return table


def take(batch: Batch, rows: np.ndarray) -> Batch:
    """A copy of some rows of a batch."""
    X = batch.X[rows] if isinstance(batch.X, np.ndarray) else batch.X.take(rows)
    return Batch(X, batch.y[rows], None if batch.weight is None else batch.weight[rows])


def _joined(parts: list[Batch]) -> Batch:
    if isinstance(parts[0].X, np.ndarray):
        X = np.concatenate([part.X for part in parts])
    else:
        import pyarrow as pa

        # Columns without a value are of a type of their own, which is promoted to that of others.
        X = pa.concat_tables([part.X for part in parts], promote_options="default").combine_chunks()
    weight = None if parts[0].weight is None else np.concatenate([part.weight for part in parts])
    return Batch(X, np.concatenate([part.y for part in parts]), weight)


def joined_labels(name: str, parts: list[np.ndarray]) -> np.ndarray:
    """Labels of several batches; ValueError where they are not of one type."""
    if len({part.dtype.kind in "OUST" for part in parts}) > 1:
        raise ValueError(
            f"{name}: the labels {parts[0].tolist()[:3]} and {parts[1].tolist()[:3]} of two batches are text "
            "and numbers. Give labels of one type."
        )
    joined: np.ndarray = np.concatenate(parts)
    integers = [part for part in parts if part.dtype.kind in "iu"]
    if joined.dtype.kind == "f" and integers:
        limit = 2 ** (np.finfo(joined.dtype).nmant + 1)
        is_kept = all(-limit <= int(part.min()) and int(part.max()) <= limit for part in integers if len(part))
        if len(integers) == len(parts) or not is_kept:
            dtypes = " and ".join(dict.fromkeys(str(part.dtype) for part in parts))
            raise ValueError(
                f"{name}: the labels of the batches are {dtypes}, of which there is no common type that keeps all "
                "integers. Give labels of one type."
            )
    return joined


def _check_classes(source: Source, labels: np.ndarray, distinct: np.ndarray, n_before: int) -> None:
    """ValueError where labels are numbers with a fraction."""
    if distinct.dtype.kind != "f" or not np.any(distinct % 1):
        return
    row = int(np.flatnonzero(labels % 1)[0])
    raise ValueError(
        f"{source.name}: y has {labels[row]} in row {n_before + row + 1}: gpunn classifies, and has no regression. "
        "Labels are text, integers or booleans: if these are classes, write them as text."
    )


def check_batch(name: str, batch: Batch) -> None:
    """ValueError where X is no matrix, has another number of rows than labels or weights, or weights are not finite."""
    if isinstance(batch.X, np.ndarray) and batch.X.ndim != 2:
        raise ValueError(f"{name}: a batch has X of shape {batch.X.shape}; give rows and columns.")
    for what, part in (("labels", batch.y), ("weights", batch.weight)):
        if part is not None and len(part) != len(batch.X):
            raise ValueError(f"{name}: a batch has {len(batch.X):,} rows and {len(part):,} {what}.")
    if batch.weight is not None and not np.all(np.isfinite(batch.weight) & (batch.weight >= 0)):
        raise ValueError(
            f"{name}: a weight is negative, missing or infinite. Give finite weights that are not negative."
        )


def _plain(found: Any) -> Any:
    """A type of Arrow by which columns are compared: that of the values of a dictionary, and one for all text."""
    import pyarrow as pa

    if pa.types.is_dictionary(found):
        return ("dictionary", _plain(found.value_type))
    return pa.large_string() if pa.types.is_string(found) else found
