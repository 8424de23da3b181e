"""Columns that are probably not what they are read as: found in training values, said once a column.

In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gpunn.features import frames
from gpunn.features.kinds import FeatureWarning
from gpunn.features.spellings import EXAMPLES, LIKE_A_DATE, LIKE_A_NUMBER, Spellings, has_offset
from gpunn.features.values import Values
from gpunn.shown import show

UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")  # pandas' name for a column whose header is empty
LIKE = {
    "numbers": re.compile(LIKE_A_NUMBER),
    "dates": re.compile(LIKE_A_DATE),
    "times of day": re.compile(r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"),
}
KINDS = ("numbers", "dates", "times of day", "durations")
PLAIN = {"numbers": " without currencies, units, percent signs and separators of thousands"}
WITH_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})++|\d++),\d++", re.ASCII)
CODE = re.compile(r"0\d")  # what begins so is a code, whatever can be read of it

SHOWN = 5  # values that a message names
FEW = 20  # numbers that may well be categories
MANY = 30  # rows of which no two have the same value by accident


def oddity(values: Values, kinds: Mapping[str, str], spellings: Spellings) -> FeatureWarning | None:
    """Describe what is odd about a column whose kind the user did not set; None if nothing is."""
    name = values.name
    if name in kinds:
        return None
    if UNNAMED.fullmatch(name) and values.kind != "nothing":
        return FeatureWarning(
            name,
            "index",
            f"column {name!r} has the name that pandas gives to a column without one, most often the number of the "
            f"row: where rows are sorted, that tells their class. Leave it out by features={{{name!r}: 'drop'}}, or "
            "rename it.",
        )
    if values.kind == "numbers":
        return _row_number(values)
    if values.kind != "text" or values.coded:
        return None
    return mixture(values, spellings) or _identifier(values)


def oddities(X: Any, kinds: Mapping[str, str], spellings: Spellings) -> list[FeatureWarning]:
    """Describe what is odd about the columns of a whole table.

    Among them are those that have one value or none: in a part of the rows, as of cross-validation, that would be no
    news.
    """
    frame = frames.opened(X)
    columns = (frame.values(name) for name in frame.names if name not in kinds)
    found = (oddity(values, kinds, spellings) or _constant(values) for values in columns)
    return [odd for odd in found if odd]


def mixture(values: Values, spellings: Spellings) -> FeatureWarning | None:
    """The warning for a column of text in which most values are numbers, dates, times or durations."""
    strings = values.strings()
    counts = np.bincount(strings.codes[strings.codes >= 0], minlength=len(strings.distinct))
    trimmed = [string.strip() for string in strings.distinct]
    words = set(spellings.among_numbers)
    known = np.array([string not in words for string in trimmed])
    total = counts[known].sum()
    for kind in KINDS if total else ():
        strict = known & np.array([spellings.parse(kind, string) is not None for string in trimmed])
        like = known & np.array([LIKE[kind].fullmatch(s) is not None for s in trimmed]) if kind in LIKE else strict
        if 2 * counts[strict | like].sum() <= total:
            continue
        if counts[strict].sum() == total:
            return _all_of_a_kind(values, kind, trimmed, bool(known.all()))
        others = list(dict.fromkeys(strings.codes[np.array([*(known & ~strict), False])[strings.codes]].tolist()))
        return _some_of_a_kind(values, kind, others, int(counts[strict].sum()), int(total), spellings)
    return None


def decimal_comma(value: str, spellings: Spellings) -> str:
    """The hint for a value that is a number if its comma is a decimal sign."""
    comma = spellings.decimal == "." and WITH_COMMA.fullmatch(value.strip())
    return " If the comma is a decimal sign, say so by decimal=','." if comma else ""


def _some_of_a_kind(
    values: Values, kind: str, others: list[int], n: int, total: int, spellings: Spellings
) -> FeatureWarning:
    """``others`` are the codes of the values that are not of the kind, in their order; n of the total are."""
    name, strings = values.name, values.strings()
    row = int(np.flatnonzero(strings.codes == others[0])[0])
    odd = strings.distinct[others[0]]
    first = f"{show(odd)} in row {row + 1}"
    more = [show(strings.distinct[code]) for code in others[1:SHOWN]]
    more_of_them = f" (also {', '.join(more)}{', ...' if len(others) > SHOWN else ''})" if more else ""
    hint = decimal_comma(odd, spellings)
    as_text = f"say that it is text by features={{{name!r}: 'text'}}"
    if 2 * n > total:
        what = f"{n:,} of {total:,} values are {kind}, and the first that is not is {first}{more_of_them}"
        advice = (
            f"Correct or empty such values and set features={{{name!r}: {kind!r}}}, add them to the words for missing "
            f"values (gpunn.features.Spellings), or {as_text}."
        )
    else:
        what = f"it looks like {kind} that are not written as such, like {first}{more_of_them}"
        advice = f"Write them as {EXAMPLES[kind]}{PLAIN.get(kind, '')}, or {as_text}."
    return FeatureWarning(
        name, "mixture", f"column {name!r} is read as text, each value a category of its own: {what}.{hint} {advice}"
    )


def _all_of_a_kind(values: Values, kind: str, trimmed: list[str], whole: bool) -> FeatureWarning | None:
    """Few numbers as text, or codes, are as their owner made them; other numbers, dates and times as text are most
    often left as a file had them. ``whole`` says that no value is a word for a missing one."""
    name = values.name
    if kind == "numbers":
        few = len(trimmed) <= FEW and whole and all(map(str.isdigit, trimmed))
        if few or any(CODE.match(string) for string in trimmed):
            return None
    offsets = {has_offset(string) for string in trimmed} if kind == "dates" else {False}
    advice = f"Set features={{{name!r}: {kind!r}}} to read them, or features={{{name!r}: 'text'}}."
    if len(offsets) > 1 and whole:
        advice = "Some name their offset from UTC and some do not: write them alike."
    row, value = values.first()
    return FeatureWarning(
        name,
        "mixture",
        f"column {name!r} is text, each value a category of its own, and all its values are {kind}, like {value} in "
        f"row {row}. {advice}",
    )


def _row_number(values: Values) -> FeatureWarning | None:
    """The warning for a column of numbers that counts the rows."""
    x = values.numbers
    if x is None or len(x) < MANY or x[-1] - x[0] != len(x) - 1 or not np.array_equal(x, x[0] + np.arange(len(x))):
        return None
    return FeatureWarning(
        values.name,
        "index",
        f"column {values.name!r} counts the {len(x):,} rows, from {x[0]:g} on: where rows are sorted, their number "
        f"tells their class. Leave it out by features={{{values.name!r}: 'drop'}}, or say that it is meant by "
        f"features={{{values.name!r}: 'numbers'}}.",
    )


def _constant(values: Values) -> FeatureWarning | None:
    """The warning for a column that has no value, or the same one in all rows."""
    name, advice = values.name, f"Nothing can be learned from it: leave it out by features={{{values.name!r}: 'drop'}}."
    x = values.numbers
    n = len(values.strings().codes) if x is None else len(x)
    if n < MANY or values.kind == "":
        return None
    if values.kind == "nothing":
        return FeatureWarning(name, "constant", f"column {name!r} has no value in {n:,} rows. {advice}")
    if x is None:
        codes = values.strings().codes
        differ = codes.min() < 0 or codes.min() < codes.max()
    else:
        differ = not np.all(x == x[0])  # NaN differs, too
    if differ:
        return None
    _, value = values.first()
    return FeatureWarning(name, "constant", f"column {name!r} has the same value in all {n:,} rows, {value}. {advice}")


def _identifier(values: Values) -> FeatureWarning | None:
    """The warning for a column of text of which no two rows have the same value."""
    strings = values.strings()
    n = int((strings.codes >= 0).sum())
    if n < MANY or len(strings.distinct) < n:
        return None
    row, value = values.first()
    return FeatureWarning(
        values.name,
        "identifier",
        f"column {values.name!r} has another value in each of {n:,} rows, like {value} in row {row}: an identifier or "
        "free text, from which nothing can be learned as a category. Leave it out by "
        f"features={{{values.name!r}: 'drop'}}.",
    )
