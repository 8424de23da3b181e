"""Reading tables whole, and parting the target from the rest.

Tables are `pyarrow.Table`; every column has a name of its own, and there is at least one row. In messages, a
*row* is a row of data and a *line* is a line of the file, the header among them; both are counted from 1.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from gpunn.caller import warn
from gpunn.data import csv_text, typed
from gpunn.data.csv_text import STDIN, STDIN_NAME
from gpunn.features import arrow
from gpunn.features.kinds import FeatureWarning, no_column
from gpunn.features.spellings import USUAL, Spellings
from gpunn.shown import show

CODE_ROWS = 10_000  # in which codes are looked for
DIGITS = 17  # more are not told apart by a float64

SUFFIXES = {".csv": ",", ".tsv": "\t", ".txt": None}  # None: tab where the first line has one, else comma


def read_table(
    path: str | os.PathLike[str],
    *,
    columns_as_text: Iterable[str] = (),
    target: str | None = None,
    spellings: Spellings | None = None,
    separator: str | None = None,
    decimal: str | None = None,
) -> Any:
    """Read a table from a CSV or Parquet file.

    The first line of a CSV file names the columns, or a line ``sep=;`` before it the separator. Types are inferred from
    all rows: numbers, booleans, dates, times of day, durations, else text, as `gpunn.features.spellings` says. Blank
    lines are skipped. Of Parquet, columns that pandas wrote as its index are left out.

    Parameters
    ----------
    path : str or path-like
        A file ending in .csv, .tsv or .txt, in any of these with .gz after it, or in .parquet. Text is UTF-8.
    columns_as_text : iterable of str
        Columns to read as text even if all their values look like numbers, dates or booleans (postcodes);
        one name may be given as such. `Features.text_columns` names those that a trained model needs so.
    target : str, optional
        A column with labels, which in CSV keep their text: "01" and "1", "True" and "1" are two classes. If all of them
        are plain integers they are read as such.
    spellings : Spellings, optional
        The words for missing values in CSV.
    separator, decimal : str, optional
        Between values, and within numbers ("." or ","), in CSV. Without them they are told from the first lines: commas
        in .csv and tabs in .tsv unless another separator parts all of them alike, and a decimal comma where there are
        numbers with one and none with a point.

    Returns
    -------
    pyarrow.Table
        n rows, n >= 1, of columns with distinct names.

    Raises
    ------
    ValueError
        If the suffix is another; if the file is empty, has no rows, nameless or repeated columns, a row of
        another length than the header or a quote that is never closed, is not UTF-8, holds NUL bytes or is
        damaged; or if ``columns_as_text`` or ``target`` name a column that is not there.
    FileNotFoundError, IsADirectoryError, PermissionError
        If the file cannot be opened.
    """
    if separator is not None and (len(separator.encode()) != 1 or separator in '"\r\n\0'):
        raise ValueError(f"separator={separator!r} is not allowed; give one character, as in ';' or '\\t'.")
    if decimal not in (None, ".", ","):
        raise ValueError(f"decimal={decimal!r} is not allowed; give '.' or ','.")
    texts = (columns_as_text,) if isinstance(columns_as_text, str) else tuple(columns_as_text)
    return read(str(path), texts, target, spellings or USUAL, separator, decimal)[0]


def read(
    source: str,
    columns_as_text: tuple[str, ...],
    target: str | None,
    spellings: Spellings,
    separator: str | None,
    decimal: str | None,
) -> tuple[Any, Spellings]:
    """`read_table` of a file, or of CSV on standard input, "-"; and the spellings that it is read by."""
    if form_of(source) == ".parquet":
        path = Path(source)
        table = _read_parquet(path)
        csv_text.check_columns(path, table.column_names)
        if table.num_rows == 0:
            raise ValueError(f"{path}: the file has columns and no rows. Give at least one row of data.")
        _check_present(source, table, columns_as_text, target)
        return as_text(path, table, columns_as_text), spellings
    with csv_text.opened(source, form_of(source), separator, decimal) as text:
        parts = list(text.tables())
        table = pa.concat_tables([part for _, part in parts])
        spellings = text.spellings(spellings)
    _check_present(name_of(source), table, columns_as_text, target)
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name == target:
            columns.append(typed.labels(column, spellings))
        elif name in columns_as_text:
            columns.append(typed.as_kind(column, "text", spellings))
        else:
            columns.append(typed.inferred(column, spellings))
            warn_of_codes(name, column, columns[-1])
    return pa.table(columns, names=table.column_names), spellings


def form_of(source: str) -> str:
    """The suffix that says how a file is read, once it is known that it can be; ".csv" for standard input."""
    if source == STDIN:
        return ".csv"
    path = Path(source)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    form = "".join(suffixes[-2:-1] if zipped else suffixes[-1:])
    if form not in SUFFIXES and (zipped or form != ".parquet"):
        raise ValueError(
            f"{path}: the kind of file cannot be told from its name. Allowed are {', '.join(SUFFIXES)}, "
            "also with .gz after it, and .parquet; rename or convert the file."
        )
    _check_readable(path)
    return form


def name_of(source: str) -> str:
    """Name of a source in messages."""
    return STDIN_NAME if source == STDIN else source


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
        raise ValueError(f"target={target!r}: {no_column(target, table.column_names)}{one_column(table.column_names)}")
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


def as_text(path: Path | str, table: Any, names: Iterable[str]) -> Any:
    """A table with some of its columns as text."""
    for name in names:
        try:
            text = table.column(name).cast(pa.large_string())
        except pa.ArrowException as error:
            raise ValueError(f"{path}: column {name!r} cannot be read as text: {error}.") from None
        table = table.set_column(table.column_names.index(name), name, text)
    return table


def index_columns(schema: Any) -> list[str]:
    """The columns of a Parquet file that pandas wrote as its index."""
    try:
        index = json.loads(schema.metadata[b"pandas"])["index_columns"]
    except (KeyError, TypeError, ValueError, RecursionError):  # not written by pandas, or not as it documents
        return []
    named = index if isinstance(index, list) else []
    return [name for name in named if isinstance(name, str) and name in schema.names]


def warn_of_codes(name: str, texts: Any, column: Any) -> None:
    """Warn of numbers that are probably codes: with a leading zero (01067 and 1067 are one number), or of more digits
    than a number keeps."""
    some = texts.slice(0, CODE_ROWS)
    what = "have leading zeros, as codes have"
    if pa.types.is_integer(column.type):
        codes = pc.and_(pc.starts_with(some, "0"), pc.greater(pc.binary_length(some), 1))
    elif pa.types.is_floating(column.type) and (pc.max(pc.binary_length(some)).as_py() or 0) > DIGITS:
        codes = pc.match_substring_regex(some, rf"^\s*[1-9]\d{{{DIGITS},}}\s*$")
        what = "have more digits than are kept"
    else:
        return
    row = pc.index(codes, True).as_py()
    if row >= 0 and not some[row].as_py().lower().startswith("0x"):
        message = (
            f"column {name!r} is read as numbers, and some {what}: {show(some[row].as_py())} in row {row + 1}. If they "
            f"are codes set features={{{name!r}: 'text'}}."
        )
        warn(FeatureWarning(name, "codes", message))


def one_column(names: Sequence[str]) -> str:
    """Hint for a column that is missing from a table with a single column whose name is too long for one."""
    if len(names) != 1 or not any(mark in names[0] for mark in ":;,|\t "):
        return ""
    return " The table has one column; if its values are parted by another separator, name it by separator=';'."


def _check_present(name: str, table: Any, columns_as_text: tuple[str, ...], target: str | None) -> None:
    present = table.column_names
    arguments = [*(("columns_as_text", wanted) for wanted in columns_as_text)]
    arguments += [] if target is None else [(f"target={target!r}", target)]
    for argument, wanted in arguments:
        if wanted not in present:
            raise ValueError(f"{name}, {argument}: {no_column(wanted, present)}{one_column(present)}")


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
        one = " One file is read here, and no pattern of names." if glob.has_magic(str(path)) else ""
        raise FileNotFoundError(
            f"{path}: there is no such file.{one} Check the name; relative names start from {Path.cwd()}."
        ) from None
    except PermissionError:
        raise PermissionError(f"{path}: no permission to read this file. Change its permissions or copy it.") from None


def _read_parquet(path: Path) -> Any:
    try:
        # Not read_table: it makes columns of the names of directories such as a=1.
        with pa.parquet.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path}: not a Parquet file, or a damaged one: {error}. Write it again.") from None
    return arrow.without_views(table.drop_columns(index_columns(table.schema)))
