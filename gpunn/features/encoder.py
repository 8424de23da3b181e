"""Columns of a table to a matrix, with what was learned from the training table.

Each kind of column has a class, which learns from the training values and encodes others by what it learned.
In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from gpunn.features.tables import no_column

NUMERIC = {  # kind of column: the Arrow types it is made of
    "numbers": (types.is_integer, types.is_floating, types.is_decimal),
    "dates": (types.is_date, types.is_timestamp),
    "times of day": (types.is_time,),
    "durations": (types.is_duration,),
    "nothing": (types.is_null,),
}
CATEGORICAL = {
    "text": (types.is_string, types.is_large_string, types.is_string_view, types.is_dictionary),
    "booleans": (types.is_boolean,),
}

MAX_CATEGORIES = 1000

TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in a second

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class NumericColumn:
    """Numbers and times, standardised: (x - mean) / scale; missing values become 0, the mean.

    A second output tells missing values (1) from others (0) if training had any; if it had none, a value
    missing later is the mean and nothing tells so. Dates and timestamps count seconds since 1970 (UTC where
    no zone is given), times of day seconds since midnight, durations seconds. A column without a single value
    in training ("nothing") is 0 whatever comes later.

    Parameters
    ----------
    name : str
    kind : str
        A key of `NUMERIC`.
    mean, scale : float
        Mean and standard deviation (the sum of squares over n) of the training values that were not missing;
        scale is 1 where they were all equal.
    missing : bool
        Whether training had missing values beside others.
    """

    name: str
    kind: str
    mean: float
    scale: float
    missing: bool

    @classmethod
    def learn(cls, name: str, kind: str, values: Any) -> NumericColumn:
        """The statistics of training values, a `pyarrow.ChunkedArray` (n,); ValueError if one is infinite."""
        x = _finite(name, values)
        known = x[~np.isnan(x)]
        if not known.size:
            return cls(name, "nothing", 0.0, 1.0, False)
        return cls(name, kind, *_mean_and_scale(known), known.size < x.size)

    @property
    def names_out(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} is missing") if self.missing else (self.name,)

    def encode(self, values: Any, out: np.ndarray) -> None:
        """Write values (n,) to out (n, width), which comes full of zeros.

        Raises ValueError for an infinite value, and for one that is infinite in the dtype of out.
        """
        if self.kind == "nothing":
            return
        x = _finite(self.name, values)
        missing = np.isnan(x)
        with np.errstate(over="ignore"):  # found and named below
            z = (x - self.mean) / self.scale
        z[missing] = 0
        far = np.flatnonzero(np.abs(z) > np.finfo(out.dtype).max)
        if far.size:
            raise ValueError(
                f"column {self.name!r}, row {far[0] + 1}: {x[far[0]]} is too far from the training values "
                f"(mean {self.mean:g}, scale {self.scale:g}) for {out.dtype}. Mend it or leave it empty."
            )
        out[:, 0] = z
        if self.missing:
            out[:, 1] = missing


@dataclass(frozen=True)
class CategoricalColumn:
    """Text and booleans: one output for each category of training, 1 where the value is that category.

    Missing values have an output of their own, the last, if training had any. A category unknown to training
    gives zeros only; so does a missing value if training had none.

    Parameters
    ----------
    name : str
    kind : str
        A key of `CATEGORICAL`.
    categories : tuple of str
        Sorted by code point; booleans are "false" and "true", dictionary values are as Arrow writes them.
    missing : bool
        Whether training had missing values.
    """

    name: str
    kind: str
    categories: tuple[str, ...]
    missing: bool

    @classmethod
    def learn(cls, name: str, kind: str, values: Any) -> CategoricalColumn:
        """The categories of training values, a `pyarrow.ChunkedArray` (n,); ValueError if too many."""
        texts = _texts(name, values)
        categories = pc.unique(texts).drop_null()
        if len(categories) > MAX_CATEGORIES:
            row, value = _first_unlike(name, values, "numbers")
            raise ValueError(
                f"column {name!r} has {len(categories)} categories, more than {MAX_CATEGORIES}; row {row}: "
                f"{value}. Drop the column if it tells rows apart (an identifier, a free text); mend that "
                "value if the column should be numbers; else join rare categories."
            )
        return cls(name, kind, tuple(sorted(categories.to_pylist())), texts.null_count > 0)

    @property
    def names_out(self) -> tuple[str, ...]:
        names = tuple(f"{self.name}={category}" for category in self.categories)
        return (*names, f"{self.name} is missing") if self.missing else names

    def encode(self, values: Any, out: np.ndarray) -> None:
        """Write values (n,) to out (n, width), which comes full of zeros."""
        known = pa.array(self.categories, pa.large_string())
        texts = _texts(self.name, values)
        codes = pc.index_in(texts, value_set=known).fill_null(-1).to_numpy()
        rows = np.flatnonzero(codes >= 0)
        out[rows, codes[rows]] = 1
        if self.missing:
            out[:, -1] = texts.is_null().to_numpy()


Column = NumericColumn | CategoricalColumn

COLUMNS: dict[str, type[NumericColumn | CategoricalColumn]] = {
    **dict.fromkeys(NUMERIC, NumericColumn),
    **dict.fromkeys(CATEGORICAL, CategoricalColumn),
}


@dataclass(frozen=True)
class Features:
    """The columns of a training table, able to turn it and later tables into matrices.

    `NumericColumn` and `CategoricalColumn` say how values, missing values and new categories are encoded.

    Parameters
    ----------
    columns : tuple of NumericColumn or CategoricalColumn
        In the order of the training table.
    """

    columns: tuple[Column, ...]

    @classmethod
    def learn(cls, table: Any) -> Features:
        """Learn from a training table.

        Parameters
        ----------
        table : pyarrow.Table
            n rows, n >= 1, without the target.

        Raises
        ------
        ValueError
            If there are no rows or columns, two columns have one name, a column's type makes no feature,
            numbers are infinite, or a column has more than `MAX_CATEGORIES` categories.
        """
        if not table.num_columns or not table.num_rows:
            raise ValueError(f"the table has shape {table.shape}; at least one row and column are needed.")
        columns = []
        for name, values in zip(table.column_names, _find(table, table.column_names), strict=True):
            kind = _kind(name, values)
            columns.append(COLUMNS[kind].learn(name, kind, values))
        return cls(tuple(columns))

    @property
    def n_in(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def n_out(self) -> int:
        """Number of outputs, the width of the matrix."""
        return len(self.names_out)

    @property
    def names_out(self) -> tuple[str, ...]:
        """Names of the outputs: "age", "age is missing", "colour=red"."""
        return tuple(name for column in self.columns for name in column.names_out)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns of text in training; `read_table` must read them so, even if all values are digits."""
        return tuple(column.name for column in self.columns if column.kind == "text")

    def transform(self, table: Any, dtype: Any = np.float32) -> np.ndarray:
        """The matrix of a table.

        Parameters
        ----------
        table : pyarrow.Table
            n rows. Columns are found by name, in any order; others than those of training are ignored.
        dtype : float32 or float64, or their names

        Returns
        -------
        ndarray (n, n_out)
            C-contiguous.

        Raises
        ------
        ValueError
            If a column is not there, stands twice or is of another kind than in training, or a number is
            infinite or, standardised, beyond ``dtype``.
        """
        if dtype not in (np.float32, np.float64, "float32", "float64"):
            raise ValueError(f"dtype={dtype!r} is not allowed; use float32 or float64.")
        out = np.zeros((table.num_rows, self.n_out), dtype)
        start = 0
        found = _find(table, [column.name for column in self.columns])
        for column, values in zip(self.columns, found, strict=True):
            _check_kind(column, values)
            stop = start + len(column.names_out)
            column.encode(values, out[:, start:stop])
            start = stop
        return out

    def to_dict(self) -> dict[str, Any]:
        """A form of lists and dicts for JSON, where floats come back exactly."""
        form: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return form

    @classmethod
    def from_dict(cls, d: Any) -> Features:
        """What `to_dict` gave; ValueError, naming the key, for anything else: model files may be forged."""
        _check_keys(d, "features", ["columns"])
        parts = d["columns"]
        if not (isinstance(parts, list) and parts):
            raise ValueError(f"features, key 'columns': {_show(parts)} is not a list of columns.")
        columns = tuple(_read_column(part, f"features, columns[{i}]") for i, part in enumerate(parts))
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"features, columns: the name {_show(twice)} stands twice; names must differ.")
        return cls(columns)


def _find(table: Any, names: list[str]) -> list[Any]:
    present = table.column_names
    counts = Counter(present)
    for name in names:
        if not counts[name]:
            raise ValueError(f"the table lacks a column of the training table: {no_column(name, present)}")
        if counts[name] > 1:
            raise ValueError(f"{counts[name]} columns have the name {name!r}; rename or remove all but one.")
    return [table.column(name) for name in names]


def _kind(name: str, values: Any) -> str:
    if values.null_count == len(values):
        return "nothing"
    for kind, tests in (NUMERIC | CATEGORICAL).items():
        if any(test(values.type) for test in tests):
            return kind
    raise ValueError(
        f"column {name!r} has the type {values.type}, which makes no feature; allowed are "
        f"{', '.join(NUMERIC | CATEGORICAL)}. Convert or drop the column."
    )


def _check_kind(column: Column, values: Any) -> None:
    found = _kind(column.name, values)
    if found == "nothing" or column.kind in ("nothing", found):
        return
    row, value = _first_unlike(column.name, values, column.kind)
    remedy = "Mend the value, or leave it empty."
    if column.kind == "text":
        remedy = f"Have it read as text: read_table(..., columns_as_text=[{column.name!r}])."
    raise ValueError(
        f"column {column.name!r} held {column.kind} in training and holds {found} now: row {row} has {value}. {remedy}"
    )


def _first_unlike(name: str, values: Any, kind: str) -> tuple[int, str]:
    """Row and form of the first value; where kind is numbers, of the first not written like one, if any."""
    texts = enumerate(_texts(name, values).to_pylist(), 1)
    present = [(row, text) for row, text in texts if text is not None]
    unlike = (at for at in present if kind != "numbers" or not NUMBER.fullmatch(at[1]))
    row, text = next(unlike, present[0])
    return row, _show(text)


def _texts(name: str, values: Any) -> Any:
    if values.null_count == len(values):  # of any type, even one that has no cast
        return pa.chunked_array([pa.nulls(len(values), pa.large_string())])
    try:
        return values.cast(pa.large_string())
    except pa.ArrowException as error:
        raise ValueError(f"column {name!r} cannot become text: {error}. Convert or drop it.") from None


def _finite(name: str, values: Any) -> np.ndarray:
    """Numbers, or times in seconds, as float64 (n,) with NaN where missing."""
    if values.null_count == len(values):
        return np.full(len(values), np.nan)
    found, ticks = values.type, 1.0
    if types.is_date(found):
        values = values.cast(pa.timestamp("s"))
    if types.is_temporal(found):
        ticks = TICKS[values.type.unit]
        values = values.cast(pa.int32() if types.is_time32(found) else pa.int64())
    x: np.ndarray = values.cast(pa.float64(), safe=False).to_numpy() / ticks
    infinite = np.flatnonzero(np.isinf(x))
    if infinite.size:
        raise ValueError(
            f"column {name!r}, row {infinite[0] + 1}: {x[infinite[0]]} is not a finite number. Mend the "
            "value or leave it empty."
        )
    return x


def _mean_and_scale(x: np.ndarray) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    if low == high:
        return low, 1.0  # not the mean and deviation that rounding would give
    # In units of a power of 2 every value is at most 2: division is exact, and no sum overflows.
    unit = math.ldexp(1.0, math.frexp(max(-low, high))[1] - 1)
    x = x / unit
    mean = min(max(float(x.mean()), low / unit), high / unit)
    return mean * unit, float(x.std()) * unit or 1.0  # the smallest numbers of all may deviate by 0


def _is_text(value: Any) -> bool:
    # JSON can carry a lone surrogate, which is no text that Arrow could hold.
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode("utf-8")


def _are_categories(value: Any) -> bool:
    if not isinstance(value, list) or not all(map(_is_text, value)):
        return False
    return 0 < len(value) <= MAX_CATEGORIES and value == sorted(set(value))


ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {  # what a column in a model file may hold
    "name": (_is_text, "valid text"),
    "mean": (lambda value: isinstance(value, float) and math.isfinite(value), "a finite float"),
    "scale": (lambda value: isinstance(value, float) and 0 < value < math.inf, "a finite float > 0"),
    "missing": (lambda value: isinstance(value, bool), "true or false"),
    "categories": (_are_categories, f"a list of 1 to {MAX_CATEGORIES} texts, sorted, each once,"),
}


def _read_column(d: Any, where: str) -> Column:
    kind = d.get("kind") if isinstance(d, dict) else None
    if not isinstance(kind, str) or kind not in COLUMNS:
        raise ValueError(f"{where}, key 'kind': {_show(kind)} is not one of {', '.join(COLUMNS)}.")
    cls = COLUMNS[kind]
    _check_keys(d, where, [field.name for field in fields(cls)])
    for key, (allowed, what) in ALLOWED.items():
        if key in d and not allowed(d[key]):
            raise ValueError(f"{where}, key {key!r}: {_show(d[key])} is not allowed; {what} is needed.")
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in d.items()}
    return cls(**values)


def _check_keys(d: Any, where: str, keys: list[str]) -> None:
    found = d if isinstance(d, dict) else {}
    for key in (*keys, *found):
        if key not in keys or key not in found:
            what = "missing" if key in keys else "unknown"
            raise ValueError(f"{where}: the key {_show(key)} is {what}; it must have {', '.join(keys)}.")


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
