"""Sources of rows as they are read: shards, and the batches that these give."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gpunn.features import frames
from gpunn.features.columns import Column
from gpunn.features.kinds import no_column
from gpunn.features.spellings import Spellings
from gpunn.shown import show

BATCH_ROWS, BATCH_BYTES = 2**16, 2**24  # limits on the rows that are read together
TEXT_BYTES = 32  # of a value of text, roughly


class Batch(NamedTuple):
    """Rows that are read together.

    Attributes
    ----------
    X : ndarray (n, d) or pyarrow.Table
    y : array-like (n,)
        A column of Arrow, for tables that have it.
    weight : ndarray (n,) or None
    """

    X: Any
    y: Any
    weight: Any


Columns = Sequence[Column] | None  # those of training, or None where they are not known yet
Shard = Callable[[Columns], Iterator[Batch]]


@dataclass(frozen=True)
class Source:
    """Rows that are read in batches.

    Attributes
    ----------
    name : str
        Its name in messages.
    shards : tuple of callable
        (columns) -> iterator of `Batch`. Tables have at least these columns, in the kinds of training.
    columns : sequence of str
        Names of the columns of X, for files of tables; empty otherwise.
    typed : callable or None
        (table of the first pass, names of columns to be read as text) -> table of the types of training, for files. The
        first pass gives CSV files as text.
    labels : callable or None
        (distinct labels) -> classes, (c,) -> (c,), for CSV files.
    spellings : Spellings or None
        Spellings of the values of CSV files.
    """

    name: str
    shards: tuple[Shard, ...]
    columns: Sequence[str] = ()
    typed: Callable[[Any, Collection[str]], Any] | None = None
    labels: Callable[[np.ndarray], np.ndarray] | None = None
    spellings: Spellings | None = None


def check_columns(where: str, present: Sequence[str], target: str, weight: str | None) -> None:
    """ValueError where the column of labels, or that of weights, is not there."""
    for argument, name in (("y", target), ("sample_weight", weight)):
        if name is not None and list(present).count(name) != 1:
            raise ValueError(f"{where}, {argument}={name!r}: {no_column(name, present)}")


def batch_rows(row_bytes: int) -> int:
    """Number of rows of this size that are read together."""
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, row_bytes)))


def batch_rows_of(schema: Any) -> int:
    """Number of rows of a table that are read together."""
    return batch_rows(sum(field.type.bit_width // 8 if _has_width(field.type) else TEXT_BYTES for field in schema))


def _has_width(found: Any) -> bool:
    try:
        return bool(found.bit_width)
    except ValueError:  # of types without one
        return False


def needed(columns: Sequence[Column], others: Sequence[str]) -> list[str]:
    """Names of the columns to read, each once."""
    return [*dict.fromkeys([*(column.name for column in columns), *others])]


def batch_of_table(table: Any, target: str, weight: str | None) -> Batch:
    """The features, labels and weights of a table of Arrow."""
    import pyarrow as pa

    weights = None if weight is None else _weights(weight, table[weight])
    others = [target] if weight is None else [target, weight]
    table = arrow_table(table)
    labels = table[target]
    if pa.types.is_nested(labels.type):
        raise ValueError(f"the column of labels, {show(target)}, is of type {labels.type}. Labels are text or numbers.")
    return Batch(table.drop_columns(others), labels, weights)


def _weights(name: str, column: Any) -> np.ndarray:
    """A column of weights as an array (n,)."""
    weights: np.ndarray = column.to_numpy(zero_copy_only=False)
    if weights.dtype.kind not in "iufb":
        raise ValueError(f"the column of weights, {show(name)}, is of type {column.type}. Weights are numbers.")
    return weights


def arrow_table(table: Any) -> Any:
    """A frame, or a table or batch of Arrow, as a table of Arrow without pandas' index, or types that are views."""
    import narwhals as nw
    import pyarrow as pa

    from gpunn.features import arrow

    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    elif not isinstance(table, pa.Table):
        frame = nw.from_native(frames.native(table), eager_only=True)
        is_pandas = frame.implementation.is_pandas()
        table = pa.Table.from_pandas(frame.to_native(), preserve_index=False) if is_pandas else frame.to_arrow()
    return arrow.without_views(table)
