"""The values of one column, whichever library they come from, in NumPy.

A reader (`gpunn.features.arrow`, `gpunn.features.frames`) says what kind of column it is and how to get its numbers and
its strings; here kinds that a user sets are applied, and values of another kind than in training refused.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from gpunn.features.spellings import (
    EXAMPLES,
    PARSERS,
    USUAL,
    Spellings,
    has_offset,
    number_string,
    seconds_string,
)
from gpunn.shown import show


@dataclass(frozen=True, eq=False)
class Strings:
    """n strings as numbers of distinct ones.

    Parameters
    ----------
    codes : ndarray (n,) of int64
        Positions in ``distinct``; -1 where missing.
    distinct : list of str
        Each string that occurs; all of them different.
    """

    codes: np.ndarray
    distinct: list[str]

    def __getitem__(self, i: int) -> str | None:
        code = self.codes[i]
        return None if code < 0 else self.distinct[code]

    def to_list(self) -> list[str | None]:
        table = np.array([*self.distinct, None], dtype=object)
        found: list[str | None] = table[self.codes].tolist()
        return found


@dataclass(frozen=True)
class Values:
    """The n values of a column.

    Parameters
    ----------
    name : str
    kind : str
        A kind of `gpunn.features.kinds`; "" for a type that makes no feature.
    numbers : ndarray (n,) of float64, optional
        NaN where missing: numbers, seconds, or 0 and 1 for booleans. None for text.
    strings : callable
        Gives the `Strings` of the values, which few need of numbers.
    type_name : str
        The type in the words of the library, for messages.
    coded : bool
        Whether text names categories by numbers, which any type of number then may.
    zoned : bool
        Whether dates name their offset from UTC, or a time zone.
    """

    name: str
    kind: str
    numbers: np.ndarray | None
    strings: Callable[[], Strings]
    type_name: str
    coded: bool = False
    zoned: bool = False

    def finite(self) -> np.ndarray:
        """The numbers (n,), NaN where missing; ValueError, naming the first, for infinity."""
        assert self.numbers is not None
        x = self.numbers
        infinite = np.isinf(x)
        if infinite.any():
            row = np.flatnonzero(infinite)[0]
            raise ValueError(
                f"column {self.name!r}, row {row + 1}: {x[row]} is not a finite number. Correct the value or leave it "
                "empty."
            )
        return x

    def first(self) -> tuple[int, str]:
        """Row and form of the first value that is not missing."""
        strings = self.strings()
        i = int(np.flatnonzero(strings.codes >= 0)[0])
        return i + 1, show(strings[i])

    def first_unlike(self, kind: str, spellings: Spellings = USUAL) -> tuple[int, str]:
        """Row and form of the first value that is not written as a kind; the first value if all are."""
        strings = self.strings()
        row = parsed(strings, kind, spellings) if kind in PARSERS else None
        return (row + 1, show(strings[row])) if isinstance(row, int) else self.first()

    def without(self, numbers: Sequence[float]) -> Values:
        """The same with some numbers missing."""
        if self.kind != "numbers" or self.numbers is None or not numbers:
            return self
        x = np.where(np.isin(self.numbers, numbers), np.nan, self.numbers)
        return of_numbers(self.name, self.kind, x, self.type_name, self.strings, self.zoned)


def of_text(name: str, strings: Strings, type_name: str, coded: bool = False) -> Values:
    """A column of text; of nothing, if all of it is missing."""
    if not (strings.codes >= 0).any():
        return of_numbers(name, "nothing", np.full(len(strings.codes), np.nan), type_name)
    return Values(name, "text", None, lambda: strings, type_name, coded)


def of_numbers(
    name: str,
    kind: str,
    numbers: np.ndarray,
    type_name: str,
    strings: Callable[[], Strings] | None = None,
    zoned: bool = False,
) -> Values:
    """A column of numbers float64 (n,), seconds or truth values, NaN where missing; of nothing, if all are.

    ``strings`` are those of the numbers in the dtype that they came in, if that says more than float64.
    """
    if np.isnan(numbers).all():
        kind = "nothing"
    return Values(name, kind, numbers, strings or (lambda: _strings_of(kind, numbers)), type_name, zoned=zoned)


def of_objects(
    name: str, objects: Sequence[Any], missing: np.ndarray, type_name: str, any_as_text: bool = False
) -> Values:
    """A column of Python objects, all of them looked at; ValueError, with two of them, where they are of no one kind.

    Parameters
    ----------
    objects : sequence of n
    missing : ndarray (n,) of bool
    any_as_text : bool
        Whether objects of several kinds, or of none, are text, for they are converted then.
    """
    kinds: dict[str, int] = {}  # the first row of each kind
    for i, value in enumerate(objects):
        if not missing[i]:
            kinds.setdefault(_kind_of_object(value), i)
    alike = len(kinds) <= 1 or kinds.keys() == {"date", "naive"}
    if any_as_text and (not alike or "" in kinds):
        texts = [None if gone else _object_string(value) for value, gone in zip(objects, missing, strict=True)]
        return of_text(name, factorized(texts, missing, str), type_name)
    if not alike:
        (_, i), (_, j), *_ = sorted(kinds.items(), key=lambda item: item[1])
        if kinds.keys() <= {"date", "naive", "aware"}:
            i, j = kinds["aware"], min(row for kind, row in kinds.items() if kind != "aware")
            raise ValueError(
                f"column {name!r} of dtype {type_name} mixes dates with a time zone (row {i + 1}: {objects[i]}) and "
                f"without (row {j + 1}: {objects[j]}). Give all of them one, or none, or leave the column out by "
                f"features={{{name!r}: 'drop'}}."
            )
        raise ValueError(
            f"column {name!r} of dtype {type_name} cannot be read: row {i + 1} has {_shown(objects[i])} and row "
            f"{j + 1} has {_shown(objects[j])}. Convert it to one type, to text for categories, or leave it out by "
            f"features={{{name!r}: 'drop'}}."
        )
    if not kinds:
        return of_numbers(name, "nothing", np.full(len(objects), np.nan), type_name)
    if "text" in kinds:
        return of_text(name, factorized(objects, missing, str), type_name)
    kind = {"date": "dates", "naive": "dates", "aware": "dates"}.get(next(iter(kinds)), next(iter(kinds)))
    if kind == "":
        i = kinds[""]
        no_kind = f"column {name!r} has values of no kind of feature"
        raise ValueError(
            f"{no_kind}: row {i + 1} has {_shown(objects[i])}. Convert it, to text for categories, or leave it out by "
            f"features={{{name!r}: 'drop'}}."
        )
    x = np.array([
        math.nan if gone else _number_of(value, kind, f"column {name!r}, row {i}")
        for i, (value, gone) in enumerate(zip(objects, missing, strict=True), 1)
    ])  # fmt: skip
    strings = (lambda: factorized(objects, missing, number_string)) if kind == "numbers" else None
    return of_numbers(name, kind, x, type_name, strings, "aware" in kinds)


def factorize(objects: Sequence[Any], missing: Sequence[bool] | np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """Codes (n,) of objects that can be hashed, -1 where missing, and the distinct objects."""
    places: dict[Any, int] = {}
    found = (
        -1 if gone else places.setdefault(value, len(places)) for value, gone in zip(objects, missing, strict=True)
    )
    return np.fromiter(found, np.int64, len(missing)), list(places)


def factorized(objects: Sequence[Any], missing: np.ndarray, string: Callable[[Any], str]) -> Strings:
    """The strings of objects that can be hashed."""
    codes, distinct = factorize(objects, missing)
    return merged(codes, [string(value) for value in distinct])


def merged(codes: np.ndarray, strings: Sequence[str]) -> Strings:
    """Strings of which some may be equal; codes (n,) are positions in them, -1 where missing."""
    places: dict[str, int] = {}
    to = np.array([*(places.setdefault(s, len(places)) for s in strings), -1], np.int64)
    return Strings(to[codes], list(places))


def as_in_training(values: Values, kind: str, spellings: Spellings) -> Values:
    """Values of the kind that training had: text that is written as it is read, and 0 and 1 may be truth values.

    ValueError, naming a value, where a column holds another kind, or no kind of feature.
    """
    if values.kind == "text" and kind in PARSERS:
        read = parsed(values.strings(), kind, spellings)
        if not isinstance(read, int):
            return of_numbers(
                values.name, kind, read, values.type_name, zoned=_zoned(values.strings(), kind, spellings)
            )
    x = values.numbers
    if (values.kind, kind) == ("numbers", "booleans") and x is not None and np.all(np.isin(x, (0, 1)) | np.isnan(x)):
        return of_numbers(values.name, kind, x, values.type_name)
    check_kind(values, kind, spellings)
    return values


def check_kind(values: Values, kind: str, spellings: Spellings = USUAL) -> None:
    """ValueError, naming a value, where a column holds another kind than in training, or no kind of feature."""
    if values.kind == "":
        raise ValueError(
            f"column {values.name!r} has the type {values.type_name}, which makes no feature: row "
            f"{' has '.join(map(str, values.first()))}. Convert the column, or leave it out by "
            f"features={{{values.name!r}: 'drop'}}."
        )
    if values.kind == "nothing" or kind in ("nothing", values.kind):
        return
    row, value = values.first_unlike(kind, spellings)
    remedy = "Correct the value, or leave it empty."
    if kind == "text":
        remedy = (
            f"Give it as text (from a file: read_table(..., columns_as_text=[{values.name!r}])), or set its kind, "
            "'text', when training."
        )
    raise ValueError(
        f"column {values.name!r} held {kind} in training and holds {values.kind} now: row {row} has {value}. {remedy}"
    )


def converted(values: Values, kind: str, spellings: Spellings = USUAL) -> Values:
    """Values as the kind that a user set.

    Text becomes numbers, dates, times of day or durations as `gpunn.features.spellings` reads them, booleans become 0
    and 1, and everything with a form in text becomes text. ValueError, naming a value, where that is impossible.
    """
    name = values.name
    if kind == "text" and values.kind != "":
        return of_text(name, values.strings(), values.type_name)
    if values.kind in ("nothing", kind):
        return values
    if (values.kind, kind) in (("booleans", "numbers"), ("times of day", "durations")):
        return Values(name, kind, values.numbers, values.strings, values.type_name)
    if values.kind != "text":
        check_kind(values, "nothing")  # says what is wrong with a type that makes no feature
        row, value = values.first()
        raise ValueError(
            f"column {name!r} holds {values.kind}, which cannot become {kind}: row {row} has {value}. Leave the column "
            "out of features, or convert it."
        )
    x = parsed(values.strings(), kind, spellings)
    if isinstance(x, int):
        if kind == "dates" and spellings.parse(kind, (values.strings()[x] or "").strip()) is not None:
            row, first = values.first()
            raise ValueError(
                f"column {name!r} mixes dates that name their offset from UTC and dates that do not: row {row} has "
                f"{first} and row {x + 1} {show(values.strings()[x])}. Give all of them one, or none."
            )
        raise ValueError(
            f"column {name!r}, row {x + 1}: {show(values.strings()[x])} is not {EXAMPLES[kind]}, as the kind {kind!r} "
            "that was set for the column needs, in all rows alike. Correct the value or leave it empty."
        )
    return of_numbers(name, kind, x, values.type_name, zoned=_zoned(values.strings(), kind, spellings))


def parsed(strings: Strings, kind: str, spellings: Spellings) -> np.ndarray | int:
    """Strings as float64 (n,), NaN where missing; or the row, from 0, of the first that is not of the kind.

    Dates must all name their offset from UTC, or none of them.
    """
    words = set(spellings.among_numbers)
    trimmed = [string.strip() for string in strings.distinct]
    found = [math.nan if string in words else spellings.parse(kind, string) for string in trimmed]
    bad = np.array([x is None for x in found] + [False])
    if kind == "dates" and not bad.any():
        aware = np.array([has_offset(string) for string in trimmed] + [False])
        known = np.array([string not in words for string in trimmed] + [False])
        rows = np.flatnonzero(known[strings.codes])
        if rows.size:
            bad = known & (aware != aware[strings.codes[rows[0]]])
    if bad.any():
        return int(np.flatnonzero(bad[strings.codes])[0])
    x = np.array([math.nan if value is None else value for value in found] + [math.nan])
    numbers: np.ndarray = x[strings.codes]
    return numbers


def _zoned(strings: Strings, kind: str, spellings: Spellings) -> bool:
    """True if strings that `parsed` reads, some of which may be missing, are dates that name their offset from UTC."""
    words = set(spellings.among_numbers)
    trimmed = (string.strip() for string in strings.distinct)
    return kind == "dates" and any(has_offset(string) for string in trimmed if string not in words)


def _strings_of(kind: str, numbers: np.ndarray) -> Strings:
    """The strings of float64 numbers, seconds or truth values."""
    known = ~np.isnan(numbers)
    distinct, inverse = np.unique(numbers[known], return_inverse=True)
    codes = np.full(len(numbers), -1, np.int64)
    codes[known] = inverse
    if kind == "booleans":
        return merged(codes, ["true" if x else "false" for x in distinct.tolist()])
    if kind == "numbers":
        return merged(codes, [number_string(x) for x in distinct.tolist()])
    return merged(codes, [seconds_string(kind, x) for x in distinct.tolist()])


def _kind_of_object(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (bool, np.bool_)):
        return "booleans"
    if isinstance(value, (datetime.timedelta, np.timedelta64)):  # the latter is an integer for NumPy
        return "durations"
    if isinstance(value, (Real, decimal.Decimal)):
        return "numbers"
    if isinstance(value, datetime.datetime):
        return "naive" if value.tzinfo is None else "aware"
    if isinstance(value, np.datetime64):
        return "naive"
    if isinstance(value, datetime.date):
        return "date"
    if isinstance(value, datetime.time):
        return "times of day"
    return ""


def _number_of(value: Any, kind: str, where: str) -> float:
    try:
        return NUMBERS_OF[kind](value)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(
            f"{where}: {_shown(value)} has no number of {kind}: {error}. Correct it or leave it empty."
        ) from None


def _object_string(value: Any) -> str:
    """An object as the name of a category."""
    kind = {"date": "dates", "naive": "dates", "aware": "dates"}.get(_kind_of_object(value), _kind_of_object(value))
    if kind == "numbers":
        return number_string(value)
    if kind == "booleans":
        return str(bool(value)).lower()
    return seconds_string(kind, NUMBERS_OF[kind](value)) if kind in NUMBERS_OF else str(value)


def _date_seconds(value: Any) -> float:
    if isinstance(value, np.datetime64):
        return float((value - np.datetime64(0, "s")) / np.timedelta64(1, "s"))
    if not isinstance(value, datetime.datetime):
        return float((value - datetime.date(1970, 1, 1)).days * 86400)
    since = value - datetime.datetime(1970, 1, 1, tzinfo=None if value.tzinfo is None else datetime.UTC)
    return since.total_seconds()


def _time_seconds(value: Any) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


def _duration_seconds(value: Any) -> float:
    if isinstance(value, np.timedelta64):
        return float(value / np.timedelta64(1, "s"))
    seconds: float = value.total_seconds()
    return seconds


NUMBERS_OF: dict[str, Callable[[Any], float]] = {
    "numbers": float,
    "booleans": float,
    "dates": _date_seconds,
    "times of day": _time_seconds,
    "durations": _duration_seconds,
}


def is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _shown(value: Any) -> str:
    return f"{value!r:.80} ({type(value).__name__})"
