"""Columns of text in the type that their values are written in.

Training infers a type from all values of a column, prediction asks for the kind of column that training had: both read
each value by `gpunn.features.spellings`. Where Arrow's casts take a whole column they give the same numbers, sooner:
`_cast` leaves to the spellings what Arrow would read otherwise.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gpunn.features.spellings import EXAMPLES, PARSERS, Spellings, has_offset

WITH_NUMBERS = ("numbers", "dates", "times of day", "durations")
CASTS: dict[str, tuple[Any, ...]] = {
    # Integers first: they keep all their digits.
    "numbers": (pa.int64(), pa.float64()),
    "dates": (pa.date32(), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")),
}
PLAIN_INTEGER = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)

HEXADECIMAL = 18  # letters of "0x" and 64 bits
YEAR_1 = -719162  # days from 1970: Arrow knows a year 0


def inferred(texts: Any, spellings: Spellings) -> Any:
    """Text, a `pyarrow.ChunkedArray` (n,), as numbers, booleans, dates, times of day or durations, if all values that
    are not missing are such; else as text."""
    for target in CASTS["numbers"] if spellings.decimal == "." else CASTS["numbers"][:1]:
        cast = _cast(texts, target)
        if cast is not None:
            return cast
    kinds = [kind for kind in PARSERS if _may_be(kind, texts, spellings)]
    for kind in kinds:
        found = as_kind(texts, kind, spellings)
        if found is not None and found.null_count < len(found) and (kind != "booleans" or _has_words(texts)):
            return found
    found = as_kind(texts, "text", spellings)
    return pa.chunked_array([pa.nulls(len(found))]) if found.null_count == len(found) else found


def as_kind(texts: Any, kind: str, spellings: Spellings) -> Any:
    """Text (n,) as a kind of column, null where missing; None where a value is not written as that kind."""
    if kind == "nothing":
        return pa.chunked_array([pa.nulls(len(texts))])
    trimmed = pc.utf8_trim_whitespace(texts)
    words = spellings.among_numbers if kind in WITH_NUMBERS else spellings.everywhere
    missing = pc.is_in(trimmed, value_set=pa.array(words, pa.large_string()))
    if kind == "text":
        return pc.if_else(missing, None, texts)
    known = pc.if_else(missing, None, trimmed)
    if spellings.decimal == ".":
        for target in CASTS.get(kind, ()):
            cast = _cast(known, target)
            if cast is not None:
                return cast
    return _parsed(known, kind, spellings)


def first_not(texts: Any, kind: str, spellings: Spellings) -> tuple[int, str]:
    """Row, from 0, and value of the first text that keeps a column from being of a kind."""
    words = set(spellings.among_numbers if kind in WITH_NUMBERS else spellings.everywhere)
    offset = None
    for row, text in enumerate(texts.to_pylist()):
        trimmed = text.strip()
        if trimmed in words:
            continue
        if spellings.parse(kind, trimmed) is None:
            return row, text
        if kind == "dates":
            offset = has_offset(trimmed) if offset is None else offset
            if has_offset(trimmed) != offset:
                return row, text
    raise AssertionError(f"all of the column is {EXAMPLES[kind]}")


def labels(texts: Any, spellings: Spellings) -> Any:
    """Labels as the file has them: text, null where missing; int64 where all are plain integers, without a sign, a
    point, an exponent or a leading zero, so that their text is known by their value."""
    known = as_kind(texts, "text", spellings)
    distinct = [value for value in pc.unique(known).to_pylist() if value is not None]
    if distinct and all(PLAIN_INTEGER.fullmatch(value) and int(value) < 2**63 for value in distinct):
        return known.cast(pa.int64())
    return known


def _cast(texts: Any, target: Any) -> Any:
    try:
        cast = texts.cast(target)
    except pa.ArrowInvalid:
        return None
    if target == pa.int64():
        # A hexadecimal number of 64 bits would come out negative.
        long = pc.max(pc.binary_length(texts)).as_py() or 0
        return (
            None if long >= HEXADECIMAL and pc.any(pc.match_substring(texts, "x", ignore_case=True)).as_py() else cast
        )
    if target == pa.float64():  # words for NaN are missing by the spellings
        return None if pc.any(pc.is_nan(cast)).as_py() else cast
    first = pc.min(cast.cast(pa.int64() if pa.types.is_timestamp(target) else pa.int32())).as_py()
    per_day = {"us": 86400 * 10**6, "ns": 86400 * 10**9}[target.unit] if pa.types.is_timestamp(target) else 1
    return None if first is not None and first < YEAR_1 * per_day else cast


def _may_be(kind: str, texts: Any, spellings: Spellings) -> bool:
    """True if the first value that is not missing is written as a kind."""
    words = set(spellings.among_numbers if kind in WITH_NUMBERS else spellings.everywhere)
    for text in texts:
        trimmed = text.as_py().strip()
        if trimmed not in words:
            return spellings.parse(kind, trimmed) is not None
    return False


def _has_words(texts: Any) -> bool:
    """True if there is a "true" or "false": 0 and 1 alone are numbers."""
    return any(len(value.strip()) > 3 for value in pc.unique(texts).to_pylist())


def _parsed(known: Any, kind: str, spellings: Spellings) -> Any:
    """Values one by one, each distinct one once."""
    coded = pc.dictionary_encode(known.combine_chunks())
    distinct = coded.dictionary.to_pylist()
    numbers = [spellings.parse(kind, text) for text in distinct]
    if any(x is None for x in numbers):
        return None
    zone = None
    if kind == "dates":
        offsets = {has_offset(text) for text in distinct}
        if len(offsets) > 1:
            return None
        zone = "UTC" if offsets == {True} else None
    x = np.array([math.nan if value is None else value for value in numbers] or [math.nan])
    codes = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    missing = ~coded.is_valid().to_numpy(zero_copy_only=False)
    return pa.chunked_array([_array(x[codes], missing, kind, zone)])


def _array(x: np.ndarray, missing: np.ndarray, kind: str, zone: str | None) -> Any:
    if kind == "numbers":
        return pa.array(x, pa.float64(), mask=missing)
    if kind == "booleans":
        return pa.array(x == 1, pa.bool_(), mask=missing)
    target, per_second = {
        "dates": (pa.timestamp("us", zone), 1e6),
        "times of day": (pa.time64("ns"), 1e9),
        "durations": (pa.duration("us"), 1e6),
    }[kind]
    ticks = np.round(np.where(missing, 0, x) * per_second).astype(np.int64)
    return pa.array(ticks, pa.int64(), mask=missing).cast(target)
