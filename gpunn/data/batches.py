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
SharedBatches = Iterator[tuple[int, list[tuple[Any, Any]]]]


@dataclass(frozen=True)
class Wanted:
    """Part of a table that is read.

    Parameters
    ----------
    columns : sequence of NumericColumn or CategoricalColumn
        Columns that are needed, as in training.
    target : str, optional
        A column with labels: text in CSV, of the type that the file gives it in Parquet.
    kept : sequence of str
        Columns that are passed on, likewise.
    spellings : Spellings
    separator, decimal : str, optional
        As for `gpunn.data.read_table`.
    reader : str
        Reader of the table, named in messages where there are several.
    """

    columns: Sequence[Column]
    target: str | None = None
    kept: Sequence[str] = ()
    spellings: Spellings = USUAL
    separator: str | None = None
    decimal: str | None = None
    reader: str = ""

    @property
    def names(self) -> list[str]:
        """The columns that are needed."""
        return [column.name for column in self.columns]

    @property
    def others(self) -> list[str]:
        """Target and columns to pass on, each once."""
        return list(dict.fromkeys([*self.kept, *([] if self.target is None else [self.target])]))

    def where(self, name: str | Path) -> str:
        """The table in messages."""
        return f"{name}, read by {self.reader}" if self.reader else str(name)

    def check(self, name: str | Path, present: Sequence[str]) -> None:
        """ValueError, naming the table, where a column that is needed is not there."""
        name = self.where(name)
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
    for before, ((table, others),) in shared_batches(source, [wanted]):
        yield before, table, others


def shared_batches(source: str, several: Sequence[Wanted]) -> SharedBatches:
    """Read a table once for several readers, piece by piece, as `batches` does for one.

    Parameters
    ----------
    source : str
    several : sequence of Wanted
        Columns that each needs; separator and decimal sign are those of the first.

    Yields
    ------
    before : int
    pieces : list of (pyarrow.Table, pyarrow.Table)
        For each of them the columns that are needed, and the others, of the same rows.
    """
    form = tables.form_of(source)
    return _parquet(Path(source), several) if form == ".parquet" else _csv(source, form, several)


def from_parquet(path: Path | str, table: Any, columns: Sequence[Column]) -> Any:
    """Columns of Parquet in the kinds of training: categories that are kept as text, whatever type they have now."""
    present = set(table.column_names)
    of_text = [column.name for column in columns if column.kind == "text" and column.name in present]
    others = [name for name in of_text if arrow.values_of(name, table[name]).kind not in ("text", "nothing")]
    return tables.as_text(path, table, others)


def _parquet(path: Path, several: Sequence[Wanted]) -> SharedBatches:
    before = 0
    try:
        with pa.parquet.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
            schema = file.schema_arrow
            index = tables.index_columns(schema)
            csv_text.check_columns(path, [name for name in schema.names if name not in index])
            for wanted in several:
                wanted.check(path, schema.names)
            columns = {name for wanted in several for name in (*wanted.names, *wanted.others)}
            for batch in file.iter_batches(BATCH_ROWS, columns=[*columns]):
                table = arrow.without_views(pa.Table.from_batches([batch]))
                yield (
                    before,
                    [
                        (
                            from_parquet(wanted.where(path), table.select(wanted.names), wanted.columns),
                            table.select(wanted.others),
                        )
                        for wanted in several
                    ],
                )
                before += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a Parquet file, or a damaged one: {error}. Write it again.") from None
    if not before:
        raise ValueError(NO_ROWS.format(path))


def _csv(source: str, form: str, several: Sequence[Wanted]) -> SharedBatches:
    with csv_text.opened(source, form, several[0].separator, several[0].decimal) as text:
        for before, table in text.tables():
            yield before, [_typed(text, wanted, table, before) for wanted in several]


def _typed(text: csv_text.CsvText, wanted: Wanted, table: Any, before: int) -> tuple[Any, Any]:
    """The columns of a table of text that are wanted, in their kinds, and the others."""
    wanted.check(text.path, table.column_names)
    spellings, where = text.spellings(wanted.spellings), wanted.where(text.path)
    found = [_as_kind(where, column, table[column.name], spellings, before) for column in wanted.columns]
    return pa.table(found, names=wanted.names), table.select(wanted.others)


def _as_kind(where: str, column: Column, texts: Any, spellings: Spellings, before: int) -> Any:
    values = typed.as_kind(texts, column.kind, spellings)
    if values is None and column.forced and column.kind == "numbers":
        values = typed.as_kind(texts, "booleans", spellings)
    if values is not None:
        return values
    row, value = typed.first_not(texts, column.kind, spellings)
    raise ValueError(
        f"{where}: column {column.name!r} held {column.kind} in training: row {before + row + 1} has "
        f"{show(value)}. Correct the value, or leave it empty.{decimal_comma(value, spellings)}"
    )
