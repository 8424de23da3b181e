"""Kinds of columns: the Arrow types of each, and the text or the numbers that their values are.

Values are a `pyarrow.ChunkedArray` (n,). In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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

FORCED = ("numbers", "text", "dates", "drop")  # what a user may make of a column

TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in a second

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def check_kinds(kinds: Mapping[str, str], names: Iterable[str]) -> None:
    """ValueError where a user's kinds (column: kind) name a column that is not there, or no kind of `FORCED`."""
    names = list(names)
    for name, kind in kinds.items():
        if name not in names:
            raise ValueError(f"features: {no_column(name, names)}")
        if kind not in FORCED:
            raise ValueError(
                f"features: column {name!r} cannot be {show(kind)}; allowed are {', '.join(map(repr, FORCED))}. "
                "Leave the column out of features to have its kind told from its values."
            )


def kind_of(name: str, values: Any) -> str:
    """A key of `NUMERIC` or `CATEGORICAL`; ValueError, naming the column, for a type that makes no feature."""
    if no_value(values):
        return "nothing"
    for kind, tests in (NUMERIC | CATEGORICAL).items():
        if any(test(values.type) for test in tests):
            return kind
    row = int(np.flatnonzero(values.is_valid().to_numpy())[0])
    raise ValueError(
        f"column {name!r} has the type {values.type}, which makes no feature: row {row + 1} has "
        f"{show(values[row].as_py())}. Allowed are {', '.join(NUMERIC | CATEGORICAL)}. Convert or drop the column."
    )


def no_value(values: Any) -> bool:
    """Whether all values are missing; NaN is missing."""
    return bool(pc.all(pc.is_null(values, nan_is_null=True)).as_py())


def holds_codes(values: Any) -> bool:
    """Whether values are categories, each known by a number or the like: their text is theirs in any type."""
    return types.is_dictionary(values.type) and not any(test(values.type.value_type) for test in CATEGORICAL["text"])


def check_kind(name: str, kind: str, values: Any) -> None:
    """ValueError, naming a value, where a column holds another kind than in training."""
    found = kind_of(name, values)
    if found == "nothing" or kind in ("nothing", found):
        return
    row, value = first_unlike(name, values, kind)
    remedy = "Mend the value, or leave it empty."
    if kind == "text":
        remedy = (
            f"Give it as text (from a file: read_table(..., columns_as_text=[{name!r}])), or set its kind, "
            "'text', when training."
        )
    raise ValueError(f"column {name!r} held {kind} in training and holds {found} now: row {row} has {value}. {remedy}")


def converted(name: str, kind: str, values: Any) -> Any:
    """Values as the kind that a user set: ones that `as_numbers` or `as_text` takes.

    Text becomes numbers or dates (ISO 8601, with a zone in all rows or in none; blank text is missing), booleans
    become 0 and 1. ValueError, naming a value, where that does not go.
    """
    if kind == "text":
        return values
    found = kind_of(name, values)
    if found in ("nothing", kind) or (found, kind) == ("booleans", "numbers"):
        return values
    if found != "text":
        row, value = first_unlike(name, values, "text")
        raise ValueError(
            f"column {name!r} holds {found}, which cannot become {kind}: row {row} has {value}. Leave the column "
            "out of features, or convert it."
        )
    trimmed = pc.utf8_trim_whitespace(as_text(name, values))
    return _parsed(name, kind, pc.if_else(pc.equal(trimmed, ""), None, trimmed))


def first_unlike(name: str, values: Any, kind: str) -> tuple[int, str]:
    """Row and form of the first value; where kind is numbers, of the first not written like one, if any."""
    present = [(row, text) for row, text in enumerate(as_text(name, values).to_pylist(), 1) if text is not None]
    unlike = (at for at in present if kind != "numbers" or not NUMBER.fullmatch(at[1]))
    row, text = next(unlike, present[0])
    return row, show(text)


def as_text(name: str, values: Any) -> Any:
    """Values as large_string (n,); whole numbers without a point, so that 7 and 7.0 are one category."""
    if values.null_count == len(values):  # of any type, even one that has no cast
        return pa.chunked_array([pa.nulls(len(values), pa.large_string())])
    try:
        if types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        text = values.cast(pa.large_string())
    except pa.ArrowException as error:
        raise ValueError(
            f"column {name!r} cannot become text: {error}. Convert it, in pandas with astype(str), or drop it."
        ) from None
    if not (types.is_floating(values.type) or types.is_decimal(values.type)):
        return text
    x = values.cast(pa.float64()).to_numpy()
    whole = (np.trunc(x) == x) & (np.abs(x) < 2**53)
    integers = pa.array(np.where(whole, x, 0).astype(np.int64)).cast(pa.large_string())
    return pc.if_else(pa.array(np.isnan(x)), None, pc.if_else(pa.array(whole), integers, text))


def as_numbers(name: str, values: Any) -> np.ndarray:
    """Numbers, or times in seconds, as float64 (n,) with NaN where missing; ValueError, naming it, for infinity."""
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


def show(value: Any) -> str:
    """How a value stands in a message: never long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _parsed(name: str, kind: str, values: Any) -> Any:
    """Text as numbers, or as dates with a zone if the first of them has one."""
    target = pa.float64() if kind == "numbers" else pa.timestamp("us")
    present = values.drop_null()
    if kind == "dates" and len(present) and not _parses(present[0], target):
        target = pa.timestamp("us", "UTC")
    try:
        return values.cast(target)
    except pa.ArrowInvalid:
        row, value = next((row, value) for row, value in enumerate(values, 1) if not _parses(value, target))
        like = "a number" if kind == "numbers" else "a date like 2024-02-29 or 2024-02-29T12:00:00Z"
        raise ValueError(
            f"column {name!r}, row {row}: {show(value.as_py())} is not {like}, as the kind {kind!r} that was set for "
            "the column needs, in all rows alike. Mend the value or leave it empty."
        ) from None


def _parses(value: Any, target: Any) -> bool:
    try:
        value.cast(target)
    except pa.ArrowInvalid:
        return False
    return True
