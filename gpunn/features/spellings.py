"""The spellings of numbers, dates, times, durations and missing values in text.

A value is read by itself, without a guess from its neighbours: `parse` gives its number (seconds for dates, times of
day and durations), or None where it is not written as that kind. Surrounding blanks do not count.

Numbers are decimal, with "." as the decimal point, or with a decimal comma and points between thousands where
`Spellings` say so, or hexadecimal integers. Dates and times are ISO 8601
("2024-02-29", "2024-02-29 07:30:15.25", with "T" for the blank and an offset from UTC or none); times of day have two
or three parts ("07:30"); durations are those that pandas, Python and ISO 8601 write ("0 days 01:03:57",
"1 day, 1:03:57", "P1DT2H"), and hours beyond a day ("26:10:00").
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DAY = 86400.0  # seconds

# Missing in columns of every kind: what R, pandas, SQL, Hive, C and spreadsheets write.
MISSING = (
    *("", "?", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NULL", "Null", "null", "NaT"),
    *("NaN", "NAN", "Nan", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    *(
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#NV",
        "#WERT!",
        "#BEZUG!",
        "#ZAHL!",
        "#N/D",
        "#VALEUR!",
    ),
    *("\\N", "__HIVE_DEFAULT_PARTITION__"),
)
# Missing among numbers, dates and times only: SAS writes ".", Python "None", MySQL dates of zeros. In a column of text
# "None" may be a category (no garage, no veneer).
MISSING_AMONG_NUMBERS = (".", "None", "none", "0000-00-00", "0000-00-00 00:00:00")

# Repetitions are possessive: a long text is looked through once. Infinity is a number, which columns refuse by its row.
NUMBER = r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?|0[xX][0-9a-fA-F]++|[+-]?(?i:inf(?:inity)?)"
THOUSANDS = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})++(?:,\d++)?"  # with a decimal comma
# What a person takes for a number, with bounds, units of thousands, a percent sign, a currency or a unit.
LIKE_A_NUMBER = (
    r"[<>~≤≥$€£(]*+\s*+[+\-−]?\s*+[$€£]?"
    r"(?:\d{1,3}(?:[.,'\s]\d{3})++(?:[.,]\d++)?|\d++(?:[.,]\d++)?|[.,]\d++)"
    r"(?:\s*+[%$€£)\-−]{0,2}|\s++[^\d\s]{1,4}|\s*+(?:ms|kg|km|cm|mm|°[CF]|[kMG]B))"
)
DATE = r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?"
LIKE_A_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?"
TIME = r"(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
PANDAS_DURATION = r"([+-]?\d{1,6}) days?(?:,? ([+-]?)(\d\d?):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?"
ISO_DURATION = r"(-)?P(?:(-?\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,9}))?S)?)?"
HOURS = r"(-)?(\d{1,7}):(\d\d):(\d\d)(?:\.(\d{1,9}))?"

_NUMBER, _DATE, _TIME = re.compile(NUMBER, re.ASCII), re.compile(DATE, re.ASCII), re.compile(TIME, re.ASCII)
_THOUSANDS = re.compile(THOUSANDS, re.ASCII)
_PANDAS, _ISO, _HOURS = (re.compile(form, re.ASCII) for form in (PANDAS_DURATION, ISO_DURATION, HOURS))
_INTEGER_WITH_POINT = re.compile(r"([+-]?\d+)\.0+")

EPOCH = datetime.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Spellings:
    """The words that stand for a missing value in text, and the decimal sign.

    Parameters
    ----------
    missing : tuple of str
        Words that are missing values beside `MISSING`, in columns of every kind.
    not_missing : tuple of str
        Words of `MISSING` or `MISSING_AMONG_NUMBERS` that are values ("NA", a class or Namibia).
    decimal : {".", ","}
        The decimal sign. With "," there may be points between thousands.
    """

    missing: tuple[str, ...] = ()
    not_missing: tuple[str, ...] = ()
    decimal: str = "."

    def __post_init__(self) -> None:
        for name in ("missing", "not_missing"):
            words = getattr(self, name)
            if isinstance(words, str) or not all(isinstance(word, str) for word in words):
                raise ValueError(f"{name}={words!r} is not allowed; give a tuple of words, as in ('n.d.', '-999').")
            object.__setattr__(self, name, tuple(words))
        if self.decimal not in (".", ","):
            raise ValueError(f"decimal={self.decimal!r} is not allowed; give '.' or ','.")

    @property
    def everywhere(self) -> list[str]:
        """Missing in columns of every kind."""
        return [word for word in (*MISSING, *self.missing) if word not in self.not_missing]

    @property
    def missing_numbers(self) -> list[float]:
        """The numbers among the words for missing values, such as -999: missing however they are written."""
        found = (self.parse("numbers", word.strip()) for word in self.missing)
        return [x for x in found if x is not None]

    def parse(self, kind: str, string: str) -> float | None:
        """The number of a value of a kind; None where it is not written as that kind."""
        if kind == "numbers" and self.decimal == ",":
            if _THOUSANDS.fullmatch(string):
                string = string.replace(".", "")
            elif "." in string:
                return None
            string = string.replace(",", ".")
        return PARSERS[kind](string)

    @property
    def among_numbers(self) -> list[str]:
        """Missing in columns of numbers, dates, times and durations."""
        return [word for word in (*self.everywhere, *MISSING_AMONG_NUMBERS) if word not in self.not_missing]


USUAL = Spellings()


def parse_number(string: str) -> float | None:
    if not _NUMBER.fullmatch(string):
        return None
    if string[:2] not in ("0x", "0X"):
        return float(string)
    return float(int(string, 16)) if len(string) <= 2 + 256 else math.inf


def parse_date(string: str) -> float | None:
    """Seconds since 1970, in UTC where there is an offset and as written otherwise."""
    found = _DATE.fullmatch(string)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal() - EPOCH
    except ValueError:
        return None
    clock = _clock(hour or "0", minute or "0", second, fraction)
    if clock is None:
        return None
    return days * DAY + clock - _offset(offset)


def has_offset(string: str) -> bool:
    """True if a date that `parse_date` reads names its offset from UTC."""
    found = _DATE.fullmatch(string)
    return found is not None and found[8] is not None


def parse_time(string: str) -> float | None:
    """Seconds since midnight."""
    found = _TIME.fullmatch(string)
    return _clock(*found.groups()) if found else None


def parse_duration(string: str) -> float | None:
    """Seconds."""
    found = _PANDAS.fullmatch(string)
    if found:
        days, sign, hours, minutes, seconds, fraction = found.groups()
        # Python writes "-1 day, 23:00:00" for minus an hour: the clock counts forward from the day.
        clock = _span(hours, minutes, seconds, fraction)
        return int(days) * DAY + (-clock if sign == "-" else clock)
    found = _HOURS.fullmatch(string)
    if found:
        clock = _span(*found.groups()[1:])
        return -clock if found[1] else clock
    found = _ISO.fullmatch(string)
    if not found or string[-1] in "PT":
        return None
    span = int(found[2] or 0) * DAY + _span(*found.groups()[2:])
    return -span if found[1] else span


def parse_boolean(string: str) -> float | None:
    return {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}.get(string.lower())


PARSERS: dict[str, Callable[[str], float | None]] = {
    "numbers": parse_number,
    "booleans": parse_boolean,
    "dates": parse_date,
    "times of day": parse_time,
    "durations": parse_duration,
}

EXAMPLES = {
    "numbers": "a number",
    "dates": "a date like 2024-02-29 or 2024-02-29T12:00:00Z",
    "times of day": "a time of day like 07:30 or 07:30:15.25",
    "durations": "a duration like 0 days 01:03:57 or PT1H3M57S",
    "booleans": "true or false",
}


def number_string(x: Any) -> str:
    """A number as the name of a category: integers without a point, so that 7 and 7.0 are one; others as short as
    they are read back exactly in their own dtype."""
    if isinstance(x, int):
        return str(x)
    if isinstance(x, decimal.Decimal):
        return format(x.normalize(), "f") if x.is_finite() else str(x)
    value = float(x)
    if math.isfinite(value) and value == math.trunc(value) and abs(value) < 2**53:
        return str(int(value))
    return str(x)


def without_point(string: str) -> str:
    """An integer that is written with a point ("7.0") without it; another string as it is."""
    found = _INTEGER_WITH_POINT.fullmatch(string)
    return found[1] if found else string


def seconds_string(kind: str, seconds: float) -> str:
    """A date, time of day or duration as the name of a category."""
    if kind == "durations":
        return f"{number_string(seconds)} s"
    days, clock = divmod(seconds, DAY)
    whole = math.floor(clock)
    hms = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}" + f"{clock - whole:.6f}"[1:].rstrip("0").rstrip(
        "."
    )
    if kind == "times of day":
        return hms
    if not 0 < EPOCH + days <= datetime.date.max.toordinal():  # beyond the years that Python knows
        return f"{number_string(seconds)} s since 1970"
    day = datetime.date.fromordinal(EPOCH + int(days)).isoformat()
    return day if clock == 0 else f"{day} {hms}"


def _clock(hour: str, minute: str, second: str | None, fraction: str | None) -> float | None:
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    return _span(hour, minute, second, fraction)


def _span(hours: str | None, minutes: str | None, seconds: str | None, fraction: str | None) -> float:
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return float(f"{whole}.{fraction or 0}")


def _offset(offset: str | None) -> float:
    if offset in (None, "Z"):
        return 0.0
    digits = offset[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600.0 + int(digits[2:] or 0) * 60
    return -seconds if offset[0] == "-" else seconds
