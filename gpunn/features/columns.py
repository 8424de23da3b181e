"""The columns of a table: what each kind learns from the training values, and how it encodes others by that.

In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

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


def kind_of(name: str, values: Any) -> str:
    """A key of `NUMERIC` or `CATEGORICAL`; ValueError, naming the column, for a type that makes no feature."""
    if values.null_count == len(values):
        return "nothing"
    for kind, tests in (NUMERIC | CATEGORICAL).items():
        if any(test(values.type) for test in tests):
            return kind
    raise ValueError(
        f"column {name!r} has the type {values.type}, which makes no feature; allowed are "
        f"{', '.join(NUMERIC | CATEGORICAL)}. Convert or drop the column."
    )


def check_kind(column: Column, values: Any) -> None:
    """ValueError, naming a value, where a column holds another kind than in training."""
    found = kind_of(column.name, values)
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
    return row, show(text)


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


def show(value: Any) -> str:
    """How a value stands in a message: never long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
