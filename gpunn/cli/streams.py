"""Tables in pieces: a file or standard input is read in batches of bounded size, in the types of training.

What `gpunn.features.read_table` says of a bad file is said here too, with the same lines: each piece goes through
its parser.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from gpunn.cli.records import BOM, CHUNK_BYTES, MAX_RECORD_BYTES, RecordTooLongError, count_lines, pieces
from gpunn.features import read_table, tables
from gpunn.features.columns import Column
from gpunn.features.kinds import kind_of, show

STDIN = "-"
STDIN_NAME = "standard input"

BATCH_ROWS = 2**16  # of Parquet files
BUFFER_BYTES = 2**20  # of each column of a Parquet file

# Arrow types that the text of a kind of column may be, the likeliest first. Whole numbers become floats in any case,
# but Arrow knows hexadecimal ones as integers alone; labels keep all their digits.
TYPES: dict[str, tuple[Any, ...]] = {
    "numbers": (pa.float64(), pa.int64()),
    "labels": (pa.int64(), pa.float64()),
    "booleans": (pa.bool_(),),
    "dates": (pa.date32(), *(pa.timestamp(unit, zone) for zone in (None, "UTC") for unit in ("s", "ns"))),
    "times of day": (pa.time32("s"),),
}

NO_ROWS = "{}: the file has columns and no rows. Give at least one row of data."

Batches = Iterator[tuple[int, Any]]


def batches(source: str, columns: Sequence[Column], target: str | None = None) -> Batches:
    """Read a table piece by piece.

    Parameters
    ----------
    source : str
        A file that `read_table` reads, or "-" for CSV with commas from standard input.
    columns : sequence of NumericColumn or CategoricalColumn
        Those that are needed; others are left out.
    target : str, optional
        A column with labels: text in CSV, of the type that the file gives it in Parquet.

    Yields
    ------
    before : int
        Number of rows in the pieces before.
    table : pyarrow.Table
        At least one row.

    Raises
    ------
    ValueError, OSError
        As `read_table` does; ValueError for a column that is not there, and for a value of another kind than that of
        its column.
    """
    if source == STDIN:
        return _csv(Path(STDIN_NAME), ",", sys.stdin.buffer.read, columns, target)
    path = Path(source)
    zipped = path.suffix.lower() == ".gz"
    kind = (path.with_suffix("") if zipped else path).suffix.lower()
    if (kind not in tables.DELIMITERS and (zipped or kind != ".parquet")) or not path.is_file():
        read_table(path)  # says what is wrong with it
    if kind == ".parquet":
        return _parquet(path, columns, target)
    return _csv_file(path, tables.DELIMITERS[kind], zipped, columns, target)


def check_columns(name: str | Path, present: Sequence[str], columns: Sequence[Column], target: str | None) -> None:
    """ValueError, naming the table, where a column that is needed is not there."""
    for column in columns:
        if column.name not in present:
            lacking = tables.no_column(column.name, [*present])
            raise ValueError(f"{name}: the table lacks a column of the training table: {lacking}")
    if target is not None and target not in present:
        raise ValueError(f"{name}: {tables.no_column(target, [*present])}")


def name_of(source: str) -> str:
    """How a source stands in messages."""
    return STDIN_NAME if source == STDIN else source


def from_text(texts: Any, kind: str) -> Any:
    """Texts as what Arrow takes them for in a file of such a kind, a key of `TYPES`; None where they are no such."""
    trimmed = pc.ascii_trim_whitespace(texts)
    for arrow_type in TYPES[kind]:
        with contextlib.suppress(pa.ArrowException):
            return trimmed.cast(arrow_type)
    return None


def _parquet(path: Path, columns: Sequence[Column], target: str | None) -> Batches:
    before = 0
    of_text = [column.name for column in columns if column.kind == "text"]
    try:
        with pa.parquet.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
            tables.check_columns(path, file.schema_arrow.empty_table())
            check_columns(path, file.schema_arrow.names, columns, target)
            needed = [column.name for column in columns] + ([] if target is None else [target])
            for batch in file.iter_batches(BATCH_ROWS, columns=needed):
                table = pa.Table.from_batches([batch])
                others = [name for name in of_text if kind_of(name, table[name]) != "text"]
                yield before, tables.as_text(path, table, tuple(others))
                before += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a Parquet file, or a damaged one: {error}. Write it again.") from None
    if not before:
        raise ValueError(NO_ROWS.format(path))


def _csv_file(
    path: Path, delimiter: str | None, zipped: bool, columns: Sequence[Column], target: str | None
) -> Batches:
    with pa.input_stream(str(path), compression="gzip" if zipped else None) as stream:

        def read(n: int) -> bytes:
            data = b""
            try:
                while len(data) < n and (more := stream.read(n - len(data))):
                    data += more
            except OSError as error:
                if not zipped:
                    raise
                message = f"{path}: not a gzip file, or a damaged one: {error}. Compress it again."
                raise ValueError(message) from None
            return data

        yield from _csv(path, delimiter, read, columns, target)


def _csv(
    path: Path,
    delimiter: str | None,
    read: Callable[[int], bytes],
    columns: Sequence[Column],
    target: str | None,
) -> Batches:
    first = read(CHUNK_BYTES).removeprefix(BOM)
    delimiter = delimiter or ("\t" if b"\t" in first.lstrip(b"\r\n").partition(b"\n")[0] else ",")
    parts = pieces(read, delimiter, first)
    before = lines = 0
    head = b""
    try:
        head, _ = next(parts, (b"", False))
        lines = count_lines(head)
        for part, closed in parts:
            if part.strip():
                table = _parse(path, delimiter, head, lines, part, closed)
                yield before, _typed(path, table, columns, target, before)
                before += table.num_rows
            lines += count_lines(part)
    except RecordTooLongError:
        raise ValueError(
            f"{path}, line {lines + 1}: the row that begins here is longer than {MAX_RECORD_BYTES // 2**20} MiB. Look "
            "for a quote that is opened and never closed; if there is none, this is no CSV file."
        ) from None
    if not before:
        _parse(path, delimiter, head, lines, b"", False)  # says what is wrong with the header
        raise ValueError(NO_ROWS.format(path))


def _parse(path: Path, delimiter: str, head: bytes, lines: int, part: bytes, closed: bool) -> Any:
    """The table of a part, all of it text, parsed as if the part followed the header at once."""
    names = _names(head, delimiter)
    # A quote left open would swallow the rest, and the parser looks for one in the last value of what it gets: where
    # it is known that there is none, the header, once more, is that last row.
    last = head if closed else b""

    def parse(text: bytes) -> Any:
        table = tables.parse_csv(path, delimiter, lambda: io.BytesIO(text + last), names)
        tables.check_columns(path, table)
        return table.slice(0, table.num_rows - closed)

    try:
        return parse(head + part)
    except ValueError:
        # With blank lines in the place of what was read before, the message names the line of the file.
        parse(head + b"\n" * (lines - count_lines(head)) + part)
        raise


def _names(head: bytes, delimiter: str) -> tuple[str, ...]:
    """Names of the columns; none where the header is bad, which parsing tells."""
    try:
        parsing = pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        return tuple(pa.csv.read_csv(io.BytesIO(head), parse_options=parsing).column_names)
    except (pa.ArrowException, UnicodeDecodeError):
        return ()


def _typed(path: Path, table: Any, columns: Sequence[Column], target: str | None, before: int) -> Any:
    """The columns that are needed, from text to their kinds in training."""
    check_columns(path, table.column_names, columns, target)
    typed = {column.name: _as_kind(path, column, table[column.name], before) for column in columns}
    return pa.table(typed if target is None else {**typed, target: table[target]})


def _as_kind(path: Path, column: Column, texts: Any, before: int) -> Any:
    if column.kind not in TYPES:
        return texts
    values = from_text(texts, column.kind)
    if values is not None:
        return values
    if column.forced:  # what is converted to the kind that a user set
        as_bool = from_text(texts, "booleans")
        return texts if as_bool is None else as_bool
    low, high = 0, len(texts)  # the first `low` values are of the kind, the first `high` values are not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if from_text(texts[:middle], column.kind) is None else (middle, high)
    raise ValueError(
        f"{path}: column {column.name!r} held {column.kind} in training: row {before + high} has "
        f"{show(texts[low].as_py())}. Mend the value, or leave it empty."
    )
