"""Parquet and CSV files as sources of rows."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from gpunn.data import batches, csv_text, tables, typed
from gpunn.data.batches import Wanted
from gpunn.data.shards import Batch, Columns, Shard, Source, batch_of_table, batch_rows_of, check_columns, needed
from gpunn.features.spellings import USUAL, Spellings
from gpunn.shown import show


def parquet(name: str, paths: Sequence[str], target: str, weight: str | None) -> Source:
    """Parquet files with the same columns: a shard is a row group.

    Raises
    ------
    ValueError
        If a file is damaged, or lacks a column of the first file.
    """
    others = [target] if weight is None else [target, weight]
    names: list[str] = []
    shards: list[Shard] = []
    for path in paths:
        with _opened(path) as file:
            schema, metadata = file.schema_arrow, file.metadata
            group_rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        index = tables.index_columns(schema)
        found = [column for column in schema.names if column not in index or column in others]
        csv_text.check_columns(path, found)
        check_columns(path, found, target, weight)
        names = names or found
        _check_same_columns(paths[0], names, path, found)
        starts = [0, *itertools.accumulate(group_rows)][:-1]
        shards += [_row_group(path, group, before, names, target, weight) for group, before in enumerate(starts)]
    columns = [column for column in names if column not in others]

    def as_text(table: Any, texts: Collection[str]) -> Any:
        return tables.as_text(name, table, [column for column in columns if column in texts])

    return Source(name, tuple(shards), columns, as_text)


def csv(
    name: str,
    paths: Sequence[str],
    target: str,
    weight: str | None,
    usual: Spellings = USUAL,
    separator: str | None = None,
    decimal: str | None = None,
) -> Source:
    """CSV files with the same columns: a shard is a file.

    Raises
    ------
    ValueError
        If a file lacks a column of the first file, or has another decimal sign.
    """
    names: list[str] = []
    told_by: dict[str, str] = {}  # the first file with numbers that tell a decimal sign, by that
    for path in paths:
        with csv_text.opened(path, tables.form_of(path), separator, decimal) as text:
            found, own, known = next(text.tables())[1].column_names, text.dialect.decimal, text.spellings(usual)
        check_columns(path, found, target, weight)
        names = names or found
        _check_same_columns(paths[0], names, path, found)
        if own is not None:
            told_by.setdefault(own, path)
        if len(told_by) > 1:
            (one, first), (other, _) = told_by.items()
            raise ValueError(
                f"{path}: its decimal sign is {other!r}, and that of {first} {one!r}. Write all files with the same "
                "one."
            )
    decimal = next(iter(told_by), None)
    known = known if decimal is None else replace(known, decimal=decimal)
    read = Wanted((), target, [] if weight is None else [weight], known, separator, decimal)

    def inferred(table: Any, texts: Collection[str]) -> Any:
        columns = []
        for name, column in zip(table.column_names, table.columns, strict=True):
            if name in texts:
                columns.append(typed.as_kind(column, "text", known))
            else:
                columns.append(typed.inferred(column, known))
                tables.warn_of_codes(name, column, columns[-1])
        return pa.table(columns, names=table.column_names)

    def labels(texts: np.ndarray) -> np.ndarray:
        """Distinct labels: integers where all are."""
        found = typed.labels(pa.chunked_array([texts]), known)
        return tables.split_target(pa.table({target: found}), target)[1]

    columns = [column for column in names if column not in read.others]
    shards = tuple(_csv_file(path, columns, weight, read) for path in paths)
    return Source(name, shards, columns, inferred, labels, known)


def _csv_file(path: str, names: Sequence[str], weight: str | None, wanted: Wanted) -> Shard:
    target, spellings = str(wanted.target), wanted.spellings

    def weights(table: Any) -> np.ndarray | None:
        if weight is None:
            return None
        found = typed.as_kind(table[weight], "numbers", spellings)
        if found is None or found.null_count:
            value = "" if found is not None else typed.first_not(table[weight], "numbers", spellings)[1]
            raise ValueError(
                f"{path}: sample_weight={weight!r} has {show(value)}, which is no number. Correct it, or leave "
                "out the row."
            )
        return found.to_numpy()

    def rows(columns: Columns) -> Iterator[Batch]:
        if columns is None:
            with csv_text.opened(path, tables.form_of(path), wanted.separator, wanted.decimal) as text:
                for before, table in text.tables():
                    _check_labels(path, target, typed.as_kind(table[target], "text", spellings), before)
                    yield Batch(table.select(names), table[target], weights(table))
            return
        for _, table, rest in batches.batches(path, replace(wanted, columns=columns)):
            yield Batch(table, rest[target], weights(rest))

    return rows


def _opened(path: str) -> Any:
    try:
        return pa.parquet.ParquetFile(path, buffer_size=batches.BUFFER_BYTES, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a Parquet file, or a damaged one: {error}. Write it again.") from None


def _check_same_columns(first: str, names: Sequence[str], path: str, found: Sequence[str]) -> None:
    for name in names:
        if name not in found:
            raise ValueError(
                f"{path}: there is no column {name!r}, which {first} has. Write all files with the same columns."
            )


def _check_labels(path: str, target: str, labels: Any, before: int) -> None:
    """ValueError where a label is missing; ``before`` is the number of rows of the file before these."""
    missing = pc.is_null(labels, nan_is_null=True)
    if pc.any(missing).as_py():
        row = before + pc.index(missing, True).as_py() + 1
        raise ValueError(f"{path}: column {target!r}, row {row}: the label is missing. Fill it in, or remove the row.")


def _row_group(path: str, group: int, before: int, names: Sequence[str], target: str, weight: str | None) -> Shard:
    """A row group of a file, with ``before`` rows before it."""
    others = [target] if weight is None else [target, weight]

    def rows(columns: Columns) -> Generator[Batch, None, None]:
        read = list(names) if columns is None else needed(columns, others)
        with _opened(path) as file:
            try:
                size = batch_rows_of(file.schema_arrow)
                # Threads of Arrow would take the cores from those that train: 0.79 of the speed in memory, with 0.75.
                start = before
                for found in file.iter_batches(size, row_groups=[group], columns=read, use_threads=False):
                    if len(found):
                        if columns is None:
                            _check_labels(path, target, found[target], start)
                        start += len(found)
                        batch = batch_of_table(found.select(read), target, weight)
                        X = batch.X if columns is None else batches.from_parquet(path, batch.X, columns)
                        yield batch._replace(X=X)
            except (pa.ArrowException, OSError) as error:
                raise ValueError(f"{path}: a damaged Parquet file: {error}. Write it again.") from None

    return rows
