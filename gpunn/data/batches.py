"""Tables in batches: a file or standard input is read piece by piece, in the kinds of columns that training had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from gpunn.data import csv_text, tables, typed
from gpunn.data.csv_text import NO_ROWS
from gpunn.features import arrow
from gpunn.features.columns import Column
from gpunn.features.kinds import no_column
from gpunn.features.oddities import decimal_comma
from gpunn.features.spellings import USUAL, Spellings
from gpunn.shown import show

BATCH_ROWS = 2**16  # of Parquet files
BUFFER_BYTES = 2**20  # of each column of a Parquet file

Batches = Iterator[tuple[int, Any, Any]]


@dataclass(frozen=True)
class Wanted:
    """What is read of a table.

    Parameters
    ----------
    columns : sequence of NumericColumn or CategoricalColumn
        Those that are needed, as training had them.
    target : str, optional
        A column with labels: text in CSV, of the type that the file gives it in Parquet.
    kept : sequence of str
        Columns that are passed on, likewise.
    spellings : Spellings
    separator, decimal : str, optional
        As for `gpunn.data.read_table`.
    """

    columns: Sequence[Column]
    target: str | None = None
    kept: Sequence[str] = ()
    spellings: Spellings = USUAL
    separator: str | None = None
    decimal: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns that are needed."""
        return [column.name for column in self.columns]

    @property
    def others(self) -> list[str]:
        """Target and columns to pass on, each once."""
        return list(dict.fromkeys([*self.kept, *([] if self.target is None else [self.target])]))

    def check(self, name: str | Path, present: Sequence[str]) -> None:
        """ValueError, naming the table, where a column that is needed is not there."""
        lacking = [column.name for column in self.columns if column.name not in present]
        if lacking:
            others = f" Also missing: {', '.join(map(repr, lacking[1:9]))}." if lacking[1:] else ""
            first = no_column(lacking[0], present) + others + tables.one_column(present)
            raise ValueError(f"{name}: the table lacks a column of the training table: {first}")
        for other in self.others:
            if other not in present:
                several = all(part.strip() in present for part in other.split(","))
                hint = " Name each of several columns on its own." if several else ""
                raise ValueError(f"{name}: {no_column(other, present)}{hint}")


def batches(source: str, wanted: Wanted) -> Batches:
    """Read a table piece by piece.

    Parameters
    ----------
    source : str
        A file that `read_table` reads, or "-" for CSV from standard input.
    wanted : Wanted

    Yields
    ------
    before : int
        Number of rows in the pieces before.
    table : pyarrow.Table
        The columns that are needed, in the kinds of training; at least one row.
    others : pyarrow.Table
        Target and columns to pass on.

    Raises
    ------
    ValueError, OSError
        As `read_table` does; ValueError for a column that is not there, and for a value of another kind than that of
        its column.
    """
    form = tables.form_of(source)
    return _parquet(Path(source), wanted) if form == ".parquet" else _csv(source, form, wanted)


def from_parquet(path: Path | str, table: Any, columns: Sequence[Column]) -> Any:
    """Columns of Parquet in the kinds of training: categories that are kept as text, whatever type they have now."""
    present = set(table.column_names)
    of_text = [column.name for column in columns if column.kind == "text" and column.name in present]
    others = [name for name in of_text if arrow.values_of(name, table[name]).kind not in ("text", "nothing")]
    return tables.as_text(path, table, others)


def _parquet(path: Path, wanted: Wanted) -> Batches:
    before = 0
    try:
        with pa.parquet.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
            schema = file.schema_arrow
            index = tables.index_columns(schema)
            csv_text.check_columns(path, [name for name in schema.names if name not in index])
            wanted.check(path, schema.names)
            for batch in file.iter_batches(BATCH_ROWS, columns=[*{*wanted.names, *wanted.others}]):
                table = arrow.without_views(pa.Table.from_batches([batch]))
                typed_table = from_parquet(path, table.select(wanted.names), wanted.columns)
                yield before, typed_table, table.select(wanted.others)
                before += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a Parquet file, or a damaged one: {error}. Write it again.") from None
    if not before:
        raise ValueError(NO_ROWS.format(path))


def _csv(source: str, form: str, wanted: Wanted) -> Batches:
    with csv_text.opened(source, form, wanted.separator, wanted.decimal) as text:
        for before, table in text.tables():
            wanted.check(text.path, table.column_names)
            spellings = text.spellings(wanted.spellings)
            found = [_as_kind(text, column, table[column.name], spellings, before) for column in wanted.columns]
            yield before, pa.table(found, names=wanted.names), table.select(wanted.others)


def _as_kind(text: csv_text.CsvText, column: Column, texts: Any, spellings: Spellings, before: int) -> Any:
    values = typed.as_kind(texts, column.kind, spellings)
    if values is None and column.forced and column.kind == "numbers":
        values = typed.as_kind(texts, "booleans", spellings)
    if values is not None:
        return values
    row, value = typed.first_not(texts, column.kind, spellings)
    raise ValueError(
        f"{text.path}: column {column.name!r} held {column.kind} in training: row {before + row + 1} has "
        f"{show(value)}. Correct the value, or leave it empty.{decimal_comma(value, spellings)}"
    )
