"""Reading tables, and parting the target from the rest.

Tables are `pyarrow.Table`; every column has a name of its own, and there is at least one row. In messages, a
*row* is a row of data and a *line* is a line of the file, the header among them; both are counted from 1.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

# Spellings of a missing value in CSV, in numeric and text columns alike; one space may stand before (as in
# "a, ?"). "None" is not among them: in real tables it is a category (no garage, no veneer).
MISSING = (
    *("", "?", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NULL", "Null", "null"),
    *("NaN", "NAN", "Nan", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": None}  # None: tab where the first line has one, else comma

TEXT = (pa.string(), pa.large_string())

BLOCK_BYTES = 2**24  # a line must fit in one block: room for a million columns


def read_table(path: str | os.PathLike[str], *, columns_as_text: Iterable[str] = ()) -> Any:
    """Read a table from a CSV or Parquet file.

    The first line of a CSV file names the columns. Their types are inferred from all rows: numbers, booleans,
    dates, timestamps, times, else text. Blank lines are skipped; the spellings in `MISSING` are missing
    values, in text columns too.

    Parameters
    ----------
    path : str or path-like
        A file ending in .csv (commas), .tsv (tabs) or .txt (tabs where the first line has one, else commas),
        in any of these with .gz after it, or in .parquet. Text is UTF-8.
    columns_as_text : iterable of str
        Columns to read as text even if all their values look like numbers, dates or booleans (postcodes);
        one name may be given as such. `Features.text_columns` names those that a trained model needs so.

    Returns
    -------
    pyarrow.Table
        n rows, n >= 1, of columns with distinct names.

    Raises
    ------
    ValueError
        If the suffix is another; if the file is empty, has no rows, nameless or repeated columns, a row of
        another length than the header or a quote that is never closed, is not UTF-8, holds NUL bytes or is
        damaged; or if ``columns_as_text`` names a column that is not there.
    FileNotFoundError, IsADirectoryError, PermissionError
        If the file cannot be opened.
    """
    path = Path(path)
    texts = (columns_as_text,) if isinstance(columns_as_text, str) else tuple(columns_as_text)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = "".join(suffixes[-2:-1] if zipped else suffixes[-1:])
    if kind not in DELIMITERS and (zipped or kind != ".parquet"):
        raise ValueError(
            f"{path}: the kind of file cannot be told from its name. Allowed are {', '.join(DELIMITERS)}, "
            "also with .gz after it, and .parquet; rename or convert the file."
        )
    _check_readable(path)
    if kind == ".parquet":
        table = _read_parquet(path)
    else:
        table = _read_csv(path, DELIMITERS[kind], "gzip" if zipped else None, texts)
    check_columns(path, table)
    if table.num_rows == 0:
        raise ValueError(f"{path}: the file has columns and no rows. Give at least one row of data.")
    return as_text(path, table, texts)


def split_target(table: Any, target: str) -> tuple[Any, np.ndarray]:
    """Part the target from the features.

    Parameters
    ----------
    table : pyarrow.Table
        n rows.
    target : str
        Name of the column with the labels.

    Returns
    -------
    features : pyarrow.Table
        All other columns.
    y : ndarray (n,)
        int64 for integers, float64 for floats and decimals, bool for booleans, else Python strings (dtype
        object); dates and times as Arrow writes them. A dictionary column gives what its values are.

    Raises
    ------
    ValueError
        If there is no column ``target`` or more than one, if labels are missing, or if their type makes no
        labels.
    """
    if table.column_names.count(target) != 1:
        if target in table.column_names:
            raise ValueError(f"target={target!r} names more than one column; rename or remove all but one.")
        raise ValueError(f"target={target!r}: {no_column(target, table.column_names)}")
    column = table.column(target)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    missing = np.flatnonzero(pc.is_null(column, nan_is_null=True).to_numpy())
    if missing.size:
        raise ValueError(
            f"target={target!r}: {missing.size} of {len(column)} labels are missing, the first in row "
            f"{missing[0] + 1}. Fill them in, or remove those rows."
        )
    try:
        y = column.cast(_label_type(column.type)).to_numpy()
    except pa.ArrowException as error:
        raise ValueError(
            f"target={target!r} of type {column.type} makes no labels: {error}. Give signed 64-bit integers, "
            "floats, booleans or text."
        ) from None
    return table.drop_columns([target]), y


def no_column(name: Any, present: list[str]) -> str:
    """What to say where a column is not there: the closest name, and a few of those there are."""
    close = difflib.get_close_matches(str(name), present, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    few = ", ".join(map(repr, present[:8])) + (f", ... ({len(present)} in all)" if len(present) > 8 else "")
    return f"there is no column {name!r}.{hint} The columns are {few or 'none'}."


def _label_type(found: Any) -> Any:
    if pa.types.is_integer(found):
        return pa.int64()
    if pa.types.is_floating(found) or pa.types.is_decimal(found):
        return pa.float64()
    return found if pa.types.is_boolean(found) else pa.large_string()


def _check_readable(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory; give the name of one file in it.")
    try:
        open(path, "rb").close()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path}: there is no such file. Check the name; relative names start from {Path.cwd()}."
        ) from None
    except PermissionError:
        raise PermissionError(f"{path}: no permission to read this file. Change its permissions or copy it.") from None


def check_columns(path: Path, table: Any) -> None:
    first: dict[str, int] = {}
    for number, name in enumerate(table.column_names, 1):
        if name in first:
            raise ValueError(
                f"{path}: columns number {first[name]} and {number} have the same name, {name!r} (a CSV file "
                "names them in line 1). Rename or remove one."
            )
        first[name] = number
        if not name.strip() or name.startswith("__index_level_"):
            # Where rows are sorted by class, their number tells the class: nothing to learn from by accident.
            raise ValueError(
                f"{path}: column number {number} has no name. Name it or remove it; if it is the row number "
                "that pandas adds, write the file with index=False."
            )


def as_text(path: Path, table: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if name not in table.column_names:
            raise ValueError(f"{path}, columns_as_text: {no_column(name, table.column_names)}")
        try:
            text = table.column(name).cast(pa.large_string())
        except pa.ArrowException as error:
            raise ValueError(f"{path}: column {name!r} cannot be read as text: {error}.") from None
        table = table.set_column(table.column_names.index(name), name, text)
    return table


def _read_parquet(path: Path) -> Any:
    try:
        # Not read_table: it makes columns of the names of directories such as a=1.
        with pa.parquet.ParquetFile(path) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a Parquet file, or a damaged one: {error}. Write it again.") from None


def _read_csv(path: Path, delimiter: str | None, compression: str | None, texts: tuple[str, ...]) -> Any:
    def open_stream() -> Any:
        return pa.input_stream(str(path), compression=compression)

    try:
        return parse_csv(path, delimiter, open_stream, texts)
    except OSError as error:
        if compression is None:
            raise
        raise ValueError(f"{path}: not a gzip file, or a damaged one: {error}. Compress it again.") from None


def parse_csv(path: Path, delimiter: str | None, open_stream: Any, as_text: tuple[str, ...]) -> Any:
    header = _check_start(path, open_stream)
    delimiter = delimiter or ("\t" if b"\t" in header else ",")
    try:
        with open_stream() as stream:
            table = pa.csv.read_csv(
                stream,
                pa.csv.ReadOptions(block_size=BLOCK_BYTES),
                pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                pa.csv.ConvertOptions(
                    null_values=[*MISSING, *(" " + spelling for spelling in MISSING)],
                    strings_can_be_null=True,
                    column_types=dict.fromkeys(as_text, pa.large_string()),
                ),
            )
            names = table.column_names
    except (pa.ArrowException, UnicodeDecodeError) as error:
        _check_bytes(path, open_stream)
        _check_rows(path, delimiter, open_stream)
        raise ValueError(
            f"{path}: not a CSV file that can be read: {error}. Look for a quote that is never closed, "
            "from line 1 on, or write it again."
        ) from None

    texts = {i: table.column(i) for i, kind in enumerate(table.schema.types) if kind in TEXT}
    nul = any(pc.any(pc.match_substring(column, "\0")).as_py() for column in texts.values())
    # Arrow gives the type binary to text that is not UTF-8.
    if nul or "\0" in "".join(names) or pa.binary() in table.schema.types:
        _check_bytes(path, open_stream)
    # A quote left open swallows the rest of the file into the last value, and Arrow says nothing.
    last = texts[len(names) - 1][-1].as_py() if table.num_rows and len(names) - 1 in texts else None
    if last is not None and "\n" in last and _count(open_stream, b'"') % 2:
        line = _check_rows(path, delimiter, open_stream)
        raise ValueError(f"{path}, line {line}: a quote is opened and never closed. Close it, or double it.")
    if len(names) == 1 and any(other in names[0] for other in ",;\t|"):
        raise ValueError(
            f"{path}, line 1: only one column, {names[0][:80]!r}; another separator than {delimiter!r} seems "
            "to be used. Save the file as .csv with commas (and decimal points) or as .tsv with tabs."
        )
    return table


def _check_start(path: Path, open_stream: Any) -> bytes:
    """The first line that is not blank; a file of one such line has no rows."""
    with open_stream() as stream, io.BufferedReader(stream) as lines:
        filled = (line for line in lines if line.removeprefix(b"\xef\xbb\xbf").strip())
        header, first = next(filled, b""), next(filled, b"")
    if not first:
        _check_bytes(path, open_stream)
        if b"\r" not in header.strip():  # old Macs end lines so
            what = "has a header and no rows" if header else "is empty"
            raise ValueError(f"{path}: the file {what}. Give a header and at least one row of data.")
    return header


def _check_bytes(path: Path, open_stream: Any) -> None:
    with open_stream() as stream, io.BufferedReader(stream) as lines:
        for number, line in enumerate(lines, 1):
            if b"\0" in line:
                raise ValueError(f"{path}, line {number}: a NUL byte, as in binary files and UTF-16. Save it as UTF-8.")
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{path}, line {number}: not UTF-8 (byte number {error.start + 1} of the line is "
                    f"0x{line[error.start]:02x}). Save the file as text in UTF-8."
                ) from None


def _count(open_stream: Any, byte: bytes) -> int:
    with open_stream() as stream, io.BufferedReader(stream) as lines:
        return sum(line.count(byte) for line in lines)


def _check_rows(path: Path, delimiter: str, open_stream: Any) -> int:
    """The line where the last row begins, if all rows are as long as the header; blank lines are no rows."""
    header: list[str] = []
    line = following = 1
    with open_stream() as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, delimiter=delimiter)
        try:
            for row in rows:
                line, following = following, rows.line_num + 1
                header = header or row
                if row and len(row) != len(header):
                    raise ValueError(
                        f"{path}, line {line}: {len(row)} values for {len(header)} columns of the header: "
                        f"{delimiter.join(row)[:80]!r}. Mend that row; a value with {delimiter!r} in it "
                        "needs quotes around it, and a quote that is opened must be closed."
                    )
        except csv.Error:  # a value longer than csv allows, as a quote left open makes it
            return following
    return line
