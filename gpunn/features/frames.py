"""Frames of pandas, polars, pyarrow and whatever else narwhals reads, and arrays with the columns of a frame.

pyarrow is imported where Arrow data come, not before.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import sys
from collections.abc import Sequence
from typing import Any, Protocol

import narwhals as nw
import numpy as np
from narwhals.dependencies import is_into_dataframe, is_into_lazyframe

from gpunn.features.spellings import number_string
from gpunn.features.values import (
    NUMBERS_OF,
    Strings,
    Values,
    factorize,
    factorized,
    is_integer,
    merged,
    of_numbers,
    of_objects,
    of_text,
)

# What stands in a column of a frame and not in a matrix.
OF_COLUMNS = (str, datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
FEW = 2**12  # values of a frame of pandas that are read all at once


class Frame(Protocol):
    """Named columns of equal length."""

    names: list[str]
    n_rows: int

    def values(self, name: str, any_as_text: bool = False) -> Values:
        """The column of a name; ``any_as_text`` as for `gpunn.features.values.of_objects`."""


def is_frame(X: Any) -> bool:
    """True if X is a frame with named columns, eager or lazy.

    A frame without a single name of text, like ``pandas.DataFrame(array)``, whose columns are 0, 1, ..., counts as the
    array that it holds, as in scikit-learn.
    """
    if isinstance(X, np.ndarray):  # almost always: nothing to look up
        return False
    if _is_pandas(X):
        return any(isinstance(name, str) for name in X.columns)
    if is_into_lazyframe(X) or isinstance(X, OPENED) or _is_arrow(X):
        return True
    return is_into_dataframe(X) and any(isinstance(name, str) for name in column_names(X))


def has_columns(X: Any) -> bool:
    """True if X has columns of several kinds: a frame, or an array of objects that are not all numbers."""
    if not isinstance(X, np.ndarray):
        return is_frame(X)
    if X.dtype.kind != "O" or X.ndim != 2:
        return False
    values = X.ravel().tolist()
    return any(map(is_missing, values)) or any(isinstance(value, OF_COLUMNS) for value in values)


def column_names(X: Any) -> list[Any]:
    """Names of a frame's columns; ValueError where two are the same."""
    if isinstance(X, OPENED):
        return X.names
    try:
        return list(nw.from_native(native(X)).columns)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(f"X: {error}\nRename or remove all but one of them.") from None


def native(X: Any) -> Any:
    """X itself, or the Arrow table of what Arrow has in other forms; the batches of a reader are read."""
    if not _is_arrow(X):
        return X
    from gpunn.features import arrow

    pa = sys.modules["pyarrow"]
    if isinstance(X, pa.RecordBatch):
        X = pa.Table.from_batches([X])
    return arrow.without_views(X.read_all() if isinstance(X, pa.RecordBatchReader) else X)


def opened(X: Any) -> Frame:
    """X as a `Frame`.

    Parameters
    ----------
    X : frame
        Frame of pandas, polars, pyarrow (a table, a batch or a reader of batches), or another that narwhals reads.

    Raises
    ------
    TypeError
        If X is lazy.
    ValueError
        If names of columns are no text or not distinct.
    """
    if isinstance(X, OPENED):
        return X
    if _is_pandas(X) and X.size <= FEW:
        names = X.columns.tolist()
        check_names(names)
        return _FewRows(X, names)
    if is_into_lazyframe(X):
        raise TypeError(
            f"X is lazy, a {type(X).__module__}.{type(X).__qualname__}: its rows are not there yet. Collect it "
            "first: X.collect() in polars, X.compute() in dask."
        )
    X = native(X)
    if _is_arrow(X):
        return _Arrow(X)
    check_names(column_names(X))
    frame = nw.from_native(X, eager_only=True)
    return _Arrow(frame.to_native()) if _is_arrow(frame.to_native()) else _Narwhals(frame)


def check_names(names: Sequence[Any]) -> None:
    """ValueError where a name is no text."""
    not_text = [name for name in names if not isinstance(name, str)]
    if not_text:
        raise ValueError(
            f"X: the column name {not_text[0]!r} is no text. Rename the columns, in pandas by "
            "X.columns = X.columns.map(str)."
        )


def matrix(X: Any) -> np.ndarray | None:
    """The numbers of a frame of which scikit-learn would not see all missing values: float64 (n, d), NaN where missing.

    None for any other frame, and for what is none; ValueError as of `_check_array_like`.
    """
    _check_array_like(X)
    if isinstance(X, np.ndarray) or type(X).__module__.partition(".")[0] == "pandas":
        return None
    if not (is_into_dataframe(X) or _is_arrow(X)):
        return None
    frame = opened(X)
    columns = [frame.values(name) for name in frame.names]
    kinds = {values.kind for values in columns}
    if not kinds <= {"numbers", "booleans", "nothing"} or (kinds == {"numbers"} and not _any_decimal(X)):
        return None
    return np.stack([values.finite() for values in columns], axis=1)


def _check_array_like(X: Any) -> None:
    """ValueError where a frame without a single name of text holds columns that are no numbers: it is no array."""
    if isinstance(X, np.ndarray) or not is_into_dataframe(X):
        return
    frame = nw.from_native(X, eager_only=True)
    # Objects are left to scikit-learn, which looks at each.
    dtypes = [series.dtype for series in frame.iter_columns()]
    if not all(dtype.is_numeric() or dtype in (nw.Boolean, nw.Object, nw.Unknown) for dtype in dtypes):
        check_names(frame.columns)


def _any_decimal(X: Any) -> bool:
    return any(dtype.is_decimal() for dtype in nw.from_native(native(X), eager_only=True).schema.values())


class _Arrow:
    """A `pyarrow.Table`."""

    def __init__(self, table: Any) -> None:
        self.table, self.names, self.n_rows = table, list(table.column_names), int(table.num_rows)
        self._places = {name: i for i, name in reversed([*enumerate(self.names)])}  # of several, the first

    def values(self, name: str, any_as_text: bool = False) -> Values:
        from gpunn.features import arrow

        return arrow.values_of(name, self.table.column(self._places[name]))


class _Narwhals:
    """A frame that narwhals reads."""

    def __init__(self, frame: Any) -> None:
        self.frame, self.names, self.n_rows = frame, list(frame.columns), len(frame)

    def values(self, name: str, any_as_text: bool = False) -> Values:
        return values_of(name, self.frame.get_column(name), any_as_text)


class _FewRows:
    """A frame of pandas with few values, all of which are read at once: to take a single column out of it, and to look
    at that through narwhals, takes far longer than what is done with few values.

    Columns of types that are not told apart here are read as those of other frames.
    """

    def __init__(self, frame: Any, names: list[str]) -> None:
        self.frame, self.names, self.n_rows = frame, names, len(frame)
        # A single row of strings takes a third of the time as a Series that it takes as a matrix.
        one = len(frame) == 1
        columns = [[value] for value in frame.iloc[0].tolist()] if one else [*frame.to_numpy(dtype=object).T]
        self._columns = dict(zip(names, zip(columns, frame.dtypes.tolist(), strict=True), strict=True))

    def values(self, name: str, any_as_text: bool = False) -> Values:
        def by_narwhals() -> Values:
            return values_of(name, nw.from_native(self.frame[name], series_only=True), any_as_text)

        pandas = sys.modules["pandas"]
        column, dtype = self._columns[name]
        if not isinstance(dtype, np.dtype):
            is_text = isinstance(dtype, (pandas.StringDtype, pandas.CategoricalDtype))
        elif dtype.kind in "fiu":
            x = np.array(column, np.float64)
            return of_numbers(name, "numbers", x, _type_name(dtype), lambda: by_narwhals().strings())
        elif dtype.kind == "b":
            return of_numbers(name, "booleans", np.array(column, np.float64), _type_name(dtype))
        else:
            is_text = dtype.kind == "O"
        objects = [*column] if is_text else []
        missing = [not isinstance(value, str) for value in objects]
        if not is_text or not all(is_missing(value) for value, gone in zip(objects, missing, strict=True) if gone):
            return by_narwhals()
        codes, distinct = factorize(objects, missing)
        return of_text(name, Strings(codes, [str(value) for value in distinct]), str(dtype))


@functools.cache  # it takes as long as all else that is done with a number
def _type_name(dtype: np.dtype) -> str:
    return str(dtype)


class ArrayFrame:
    """A matrix without names whose columns are known by their order.

    Parameters
    ----------
    X : ndarray (n, d)
        Matrix of numbers, or of objects: text, numbers, dates and so on, with None or NaN where missing.
    names : sequence of d str
    """

    def __init__(self, X: np.ndarray, names: Sequence[str]) -> None:
        self.X, self.names, self.n_rows = X, list(names), len(X)
        self._places = {name: j for j, name in enumerate(self.names)}

    def values(self, name: str, any_as_text: bool = False) -> Values:
        column = self.X[:, self._places[name]]
        if column.dtype.kind in "fiub":
            return of_numbers(name, "numbers", column.astype(np.float64), str(column.dtype))
        objects = column.tolist()
        missing = np.fromiter(map(is_missing, objects), bool, len(objects))
        return of_objects(name, objects, missing, "object", any_as_text)


OPENED = (_Arrow, _Narwhals, _FewRows, ArrayFrame)


def is_missing(value: Any) -> bool:
    """True if an object stands for a missing value: None, NaN, NaT, pandas' NA."""
    if value is None or isinstance(value, str):
        return value is None
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA has no truth value, and arrays have many
        return type(value).__name__ == "NAType"


def values_of(name: str, series: Any, any_as_text: bool = False) -> Values:
    """The values of a narwhals Series (n,)."""
    dtype, type_name = series.dtype, str(series.to_native().dtype)
    missing = series.is_null().to_numpy().astype(bool)
    if missing.all():
        return of_numbers(name, "nothing", np.full(len(series), np.nan), type_name)
    if dtype.is_integer():
        return of_numbers(name, "numbers", _floats(series), type_name, lambda: _of_list(series, missing))
    if dtype.is_float():
        return of_numbers(name, "numbers", _floats(series), type_name, lambda: _of_floats(series.to_numpy()))
    if dtype.is_decimal():
        return of_numbers(name, "numbers", _floats(series), type_name, lambda: _of_list(series, missing))
    if dtype == nw.Boolean:
        x = series.fill_null(False).to_numpy().astype(np.float64)
        return of_numbers(name, "booleans", np.where(missing, np.nan, x), type_name)
    if dtype == nw.String:
        codes, distinct = _factorized(series, missing)
        return of_text(name, merged(codes, [str(value) for value in distinct]), type_name)
    if dtype == nw.Categorical or dtype == nw.Enum:
        codes, distinct = _factorized(series, missing)
        try:
            inner = of_objects(name, distinct, np.zeros(len(distinct), bool), type_name, any_as_text)
        except ValueError:
            of_objects(name, series.to_list(), missing, type_name)  # says it with the rows
            raise
        return of_text(name, merged(codes, _all_strings(inner)), type_name, coded=inner.kind != "text")
    if dtype == nw.Duration:
        return of_numbers(name, "durations", _seconds(series), type_name)
    if dtype in (nw.Date, nw.Datetime):
        zoned = getattr(dtype, "time_zone", None) is not None  # a date has none
        return of_numbers(name, "dates", _seconds(series), type_name, zoned=zoned)
    if dtype == nw.Time:
        of_time = NUMBERS_OF["times of day"]
        x = np.array([np.nan if gone else of_time(t) for t, gone in zip(series.to_list(), missing, strict=True)])
        return of_numbers(name, "times of day", x, type_name)
    if dtype in (nw.Object, nw.Unknown):
        array = series.to_numpy()  # pandas' sparse columns are dense then
        if array.dtype.kind in "fiu":
            return of_numbers(name, "numbers", array.astype(np.float64), type_name)
        if array.dtype.kind == "b":
            return of_numbers(name, "booleans", array.astype(np.float64), type_name)
        if array.dtype.kind == "O":
            return of_objects(name, series.to_list(), missing, type_name, any_as_text)
    row = int(np.flatnonzero(~missing)[0])
    codes = np.full(len(missing), -1, np.int64)
    codes[row] = 0
    return Values(name, "", None, lambda: Strings(codes, [str(series.to_list()[row])]), type_name)


def _factorized(series: Any, missing: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """Codes (n,) of the values, -1 where missing, and the distinct values."""
    native_series = series.to_native()
    if hasattr(native_series, "factorize"):  # pandas, ten times as fast
        codes, distinct = native_series.factorize()
        return codes.astype(np.int64), list(distinct)
    return factorize(series.to_list(), missing)


def _all_strings(values: Values) -> list[str]:
    """The strings of values of which none is missing."""
    strings = values.strings()
    return [strings.distinct[code] for code in strings.codes]


def _floats(series: Any) -> np.ndarray:
    x: np.ndarray = series.cast(nw.Float64).to_numpy()
    return x.astype(np.float64)


def _seconds(series: Any) -> np.ndarray:
    """Seconds of dates (since 1970, UTC where there is a zone) or durations."""
    ticks = series.to_numpy()
    missing, unit = np.isnat(ticks), np.datetime_data(ticks.dtype)[0]
    per_second = {"D": 1 / 86400, "s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    seconds = ticks.astype(np.int64) / per_second
    seconds[missing] = np.nan
    found: np.ndarray = seconds
    return found


def _of_list(series: Any, missing: np.ndarray) -> Strings:
    def string(value: Any) -> str:
        return number_string(value) if is_integer(value) or isinstance(value, decimal.Decimal) else str(value)

    return factorized(series.to_list(), missing, string)


def _of_floats(x: np.ndarray) -> Strings:
    """The strings of floats in their own dtype, in which 0.1 is short."""
    known = ~np.isnan(x)
    distinct, inverse = np.unique(x[known], return_inverse=True)
    codes = np.full(len(x), -1, np.int64)
    codes[known] = inverse
    return merged(codes, [number_string(value) for value in distinct])


def _is_pandas(X: Any) -> bool:
    """True if X is a frame of pandas whose columns have distinct names."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame) and X.columns.is_unique


def _is_arrow(X: Any) -> bool:
    return type(X).__module__.partition(".")[0] == "pyarrow" and hasattr(X, "schema")
