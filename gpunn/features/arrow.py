"""Columns of Arrow tables as `Values`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from gpunn.features.spellings import number_string
from gpunn.features.values import Strings, Values, merged, of_numbers, of_text

KINDS = {  # kind of column: the Arrow types it is made of
    "numbers": (types.is_integer, types.is_floating, types.is_decimal),
    "dates": (types.is_date, types.is_timestamp),
    "times of day": (types.is_time,),
    "durations": (types.is_duration,),
    "nothing": (types.is_null,),
    "text": (types.is_string, types.is_large_string, types.is_string_view),
    "booleans": (types.is_boolean,),
}

TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in a second


def values_of(name: str, column: Any) -> Values:
    """The values of a `pyarrow.ChunkedArray` or array (n,).

    Values of a dictionary that are text are read as text, and others as categories.
    """
    column = pa.chunked_array([column]) if isinstance(column, pa.Array) else column
    found = column.type
    type_name = str(found)
    if types.is_dictionary(found):
        value_type = found.value_type
        kind = kind_of(value_type)
        if kind in ("numbers", "dates", "times of day", "durations", "booleans"):
            inner = values_of(name, column.cast(value_type))
            return of_text(name, inner.strings(), type_name, coded=True)
        if kind == "text":
            column = column.cast(pa.large_string())
        found = column.type
    kind = kind_of(found)
    if column.null_count == len(column):
        kind = "nothing"
    if kind == "text":
        return of_text(name, _strings(column), type_name)
    if kind == "nothing":
        return of_numbers(name, kind, np.full(len(column), np.nan), type_name)
    if kind == "":
        return Values(name, "", None, lambda: _any_strings(column), type_name)
    exact = (lambda: _number_strings(column)) if kind == "numbers" else None
    zoned = types.is_timestamp(found) and found.tz is not None
    return of_numbers(name, kind, _numbers(column), type_name, exact, zoned)


def kind_of(found: Any) -> str:
    """The kind of column that an Arrow type makes; "" for none."""
    return next((kind for kind, tests in KINDS.items() if any(test(found) for test in tests)), "")


def without_views(table: Any) -> Any:
    """A table whose columns of view types, which few operations take, are of the types that they are views of."""
    kinds: tuple[tuple[Callable[[Any], bool], Any], ...] = (
        (pa.types.is_string_view, pa.large_string()),
        (pa.types.is_binary_view, pa.large_binary()),
    )
    for i, field in enumerate(table.schema):
        plain = next((to for test, to in kinds if test(field.type)), None)
        if plain is not None:
            table = table.set_column(i, field.name, table.column(i).cast(plain))
    return table


def _numbers(column: Any) -> np.ndarray:
    found, ticks = column.type, 1.0
    if types.is_date(found):
        column = column.cast(pa.timestamp("s"))
    if types.is_temporal(found):
        ticks = TICKS[column.type.unit]
        column = column.cast(pa.int32() if types.is_time32(found) else pa.int64())
    x: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
    return x if ticks == 1 else x / ticks


def _strings(column: Any) -> Strings:
    # Of one type: neither views nor dictionaries have all the operations that follow.
    coded = pc.dictionary_encode(column.cast(pa.large_string()).combine_chunks())
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Strings(codes, coded.dictionary.to_pylist())


def _number_strings(column: Any) -> Strings:
    """The strings of numbers in their own type, in which integers above 2^53 differ and 0.1 of float32 is short."""
    x = column.combine_chunks()
    coded = pc.dictionary_encode(x)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    distinct = coded.dictionary.to_numpy(zero_copy_only=False)
    if distinct.dtype.kind == "f":
        missing = np.flatnonzero(np.isnan(distinct))
        codes[np.isin(codes, missing)] = -1
        return merged(codes, ["" if np.isnan(value) else number_string(value) for value in distinct])
    return merged(codes, [number_string(value) for value in coded.dictionary.to_pylist()])


def _any_strings(column: Any) -> Strings:
    """The first value's string alone: it stands in a message."""
    i = int(np.flatnonzero(column.is_valid().to_numpy())[0])
    codes = np.full(len(column), -1, np.int64)
    codes[i] = 0
    return Strings(codes, [str(column[i].as_py())])
