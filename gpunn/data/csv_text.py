"""CSV as tables of text, piece by piece; what is wrong with a file is told with its line.

A *line* is a line of the file, the header among them, counted from 1.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from gpunn.data.dialect import Dialect, dialect_of, directive
from gpunn.data.records import BOM, CHUNK_BYTES, MAX_RECORD_BYTES, RecordTooLongError, count_lines, pieces
from gpunn.features.spellings import Spellings, parse_number

STDIN = "-"
STDIN_NAME = "standard input"

BLOCK_BYTES = 2**24  # a row must fit in one block: room for a million columns

NO_ROWS = "{}: the file has columns and no rows. Give at least one row of data."


@dataclass(frozen=True)
class CsvText:
    """A CSV text that is being read.

    Parameters
    ----------
    path : Path
        Its name in messages.
    dialect : Dialect
    read : callable
        Takes a number n and gives the next n bytes, fewer only at the end.
    first : bytes
        Bytes that were already read, to detect the dialect.
    last : bool
        Whether the text ends with it.
    """

    path: Path
    dialect: Dialect
    read: Callable[[int], bytes]
    first: bytes
    last: bool

    def spellings(self, usual: Spellings) -> Spellings:
        """The spellings of its values: the decimal sign is the usual one unless the text tells another.

        Where commas part the values, a comma is no decimal sign unless quotes tell so.
        """
        without = "." if self.dialect.separator == "," else usual.decimal
        return replace(usual, decimal=self.dialect.decimal or without)

    def tables(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of rows before, and a `pyarrow.Table` of at least one row, all of it text.

        Raises
        ------
        ValueError
            If the text is no CSV, has no rows, or names of columns are empty or not distinct.
        """
        parts = pieces(self.read, self.dialect.separator, self.first, self.last)
        before = lines = 0
        head = b""
        try:
            head, _ = next(parts, (b"", False))
            lines = count_lines(head)
            for part, closed in parts:
                if part.strip(b"\r\n"):  # a row of separators is a row
                    table = self._parse(head, lines, part, closed)
                    if table.num_rows:
                        yield before, table
                    before += table.num_rows
                lines += count_lines(part)
        except RecordTooLongError:
            raise ValueError(
                f"{self.path}, line {lines + 1}: the row that begins here is longer than "
                f"{MAX_RECORD_BYTES // 2**20} MiB. Look for a quote that is opened and never closed; if there is none, "
                "this is no CSV file."
            ) from None
        if not before:
            self._parse(head, lines, b"", False)  # says what is wrong with the header
            raise ValueError(NO_ROWS.format(self.path))

    def _parse(self, head: bytes, lines: int, part: bytes, closed: bool) -> Any:
        """The table of a part, parsed as if the part followed the header at once."""
        if self.dialect.trailing and part:
            head = self._with_trailing_separator(head, part)
        names = _names(head, self.dialect.separator)

        def table_of(text: bytes) -> Any:
            table = _table(self.path, self.dialect.separator, text, names, closed)
            if self.dialect.trailing and table.num_columns > 1 and not table.column_names[-1].strip():
                table = self._without_last(table)
            check_columns(self.path, table.column_names)
            return table

        try:
            return table_of(head + part)
        except ValueError:
            # With blank lines in the place of what was read before, the message names the line of the file.
            table_of(head + b"\n" * (lines - count_lines(head)) + part)
            raise

    def _with_trailing_separator(self, head: bytes, part: bytes) -> bytes:
        """The header with a separator at its end, where the rows have one and it has none."""
        separator = self.dialect.separator
        try:
            width = len(next(_csv_rows(head, separator)))
            row = next(_csv_rows(part, separator), [])
        except (UnicodeDecodeError, csv.Error):  # told with its line when the part is parsed
            return head
        bare = head.rstrip(b"\r\n")
        return bare + separator.encode() + head[len(bare) :] if len(row) == width + 1 else head

    def _without_last(self, table: Any) -> Any:
        """A table without the nameless column that trailing separators make, which must be empty."""
        for row, value in enumerate(table.columns[-1].to_pylist(), 1):
            if value.strip():
                raise ValueError(
                    f"{self.path}: column number {table.num_columns} has no name, and a value: {value[:80]!r}, {row} "
                    "rows behind those read before. Name the column or remove it."
                )
        return table.remove_column(table.num_columns - 1)


@contextlib.contextmanager
def opened(source: str, form: str, separator: str | None, decimal: str | None) -> Iterator[CsvText]:
    """A file, or standard input, "-", as CSV of the form that its suffix names."""
    if source == STDIN:
        yield _text(Path(STDIN_NAME), sys.stdin.buffer.read, form, separator, decimal)
        return
    path, zipped = Path(source), source.lower().endswith(".gz")
    with pa.input_stream(source, compression="gzip" if zipped else None) as stream:

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

        yield _text(path, read, form, separator, decimal)


def check_columns(path: Path | str, names: Sequence[str]) -> None:
    """ValueError where a column has no name, or one has that of another."""
    first: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if name in first:
            raise ValueError(
                f"{path}: columns number {first[name]} and {number} have the same name, {name!r} (a CSV file "
                "names them in line 1). Rename or remove one"
                + ("; if the file has no names in its first line, add them." if parse_number(name) is not None else ".")
            )
        first[name] = number
        if not name.strip() or name.startswith("__index_level_"):
            # Where rows are sorted by class, their number tells the class: nothing to learn from by accident.
            raise ValueError(
                f"{path}: column number {number} has no name. Name it or remove it; if it is the row number "
                "that pandas adds, write the file with index=False."
            )


def _text(path: Path, read: Callable[[int], bytes], form: str, separator: str | None, decimal: str | None) -> CsvText:
    data = read(CHUNK_BYTES)
    said, first = directive(data.removeprefix(BOM))
    separator = separator or said
    line = first.lstrip(b"\r\n").partition(b"\n")[0]
    usual = "\t" if form == ".tsv" or (form == ".txt" and b"\t" in line) else ","
    return CsvText(path, dialect_of(first, usual, separator, decimal), read, first, len(data) < CHUNK_BYTES)


def _table(path: Path, separator: str, text: bytes, names: tuple[str, ...], closed: bool) -> Any:
    """CSV as a table of text."""
    _check_start(path, text)
    # A quote left open would swallow the rest, and is looked for in the last value: where it is known that there is
    # none, nobody has to.
    if b"\0" in text:
        _check_bytes(path, text)
    try:
        table = pa.csv.read_csv(
            io.BytesIO(text),
            pa.csv.ReadOptions(block_size=BLOCK_BYTES),
            pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False),
        )
        found = table.column_names
    except (pa.ArrowException, UnicodeDecodeError) as error:
        _check_bytes(path, text)
        _check_rows(path, separator, text)
        raise ValueError(
            f"{path}: not a CSV file that can be read: {error}. Look for a quote that is never closed, "
            "from line 1 on, or write it again."
        ) from None
    if tuple(found) != names:  # names that are not UTF-8, or not distinct
        _check_bytes(path, text)
    last = table.columns[-1][-1].as_py() if not closed and table.num_rows and found else None
    if isinstance(last, str) and "\n" in last and text.count(b'"') % 2:
        line = _check_rows(path, separator, text)
        raise ValueError(f"{path}, line {line}: a quote is opened and never closed. Close it, or double it.")
    if len(found) == 1 and any(other in found[0] for other in ",;\t|"):
        raise ValueError(
            f"{path}, line 1: only one column, {found[0][:80]!r}; another separator than {separator!r} seems "
            "to be used, and the rows do not all have as many values as the header. Name it by separator=';', or write "
            "the file with commas (and decimal points)."
        )
    return table


def _names(head: bytes, separator: str) -> tuple[str, ...]:
    """Names of the columns; none where the header is bad, which parsing tells."""
    try:
        parsing = pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True)
        reading = pa.csv.ReadOptions(block_size=BLOCK_BYTES)
        return tuple(pa.csv.read_csv(io.BytesIO(head), reading, parsing).column_names)
    except (pa.ArrowException, UnicodeDecodeError):
        return ()


def _check_start(path: Path, text: bytes) -> None:
    """ValueError where there is nothing, or one line that is not blank and thus no row."""
    lines = io.BytesIO(text)
    header = next((line for line in lines if line.removeprefix(BOM).strip()), b"")
    first = next((line for line in lines if line.strip(b"\r\n")), b"")
    if not first:
        _check_bytes(path, text)
        if b"\r" not in header.strip():  # old Macs end lines so
            what = "has a header and no rows" if header else "is empty"
            raise ValueError(f"{path}: the file {what}. Give a header and at least one row of data.")


def _check_bytes(path: Path, text: bytes) -> None:
    if text.startswith(b"\x1f\x8b"):
        raise ValueError(f"{path}: a gzip file, and not text. Unpack it first, or give a file whose name ends in .gz.")
    for number, line in enumerate(io.BytesIO(text), 1):
        if b"\0" in line:
            raise ValueError(f"{path}, line {number}: a NUL byte, as in binary files and UTF-16. Save it as UTF-8.")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}, line {number}: not UTF-8 (byte number {error.start + 1} of the line is "
                f"0x{line[error.start]:02x}). Save the file as text in UTF-8: in Excel as 'CSV UTF-8', elsewhere by "
                "iconv -f cp1252 -t utf-8."
            ) from None


def _csv_rows(text: bytes, separator: str) -> Iterator[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8-sig", newline="")
    return (row for row in csv.reader(lines, delimiter=separator) if row)


def _check_rows(path: Path, separator: str, text: bytes) -> int:
    """The line where the last row begins, if all rows are as long as the header; blank lines are no rows."""
    header: list[str] = []
    line = following = 1
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(text), encoding="utf-8-sig", newline=""), delimiter=separator)
    try:
        for row in rows:
            line, following = following, rows.line_num + 1
            header = header or row
            if row and len(row) != len(header):
                raise ValueError(
                    f"{path}, line {line}: {len(row)} values for {len(header)} columns of the header: "
                    f"{separator.join(row)[:80]!r}. Correct that row; a value with {separator!r} in it "
                    "needs quotes around it, and a quote that is opened must be closed. If the values are parted by "
                    f"something else than {separator!r}, name it by separator=';'."
                    + (" Line 1 begins with '#': remove it if it is a remark." if header[0].startswith("#") else "")
                )
    except csv.Error:  # a value longer than csv allows, as a quote left open makes it
        return following
    return line
