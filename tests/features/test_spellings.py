"""Each spelling has its number, or none: against Python's own reading where there is one."""

from __future__ import annotations

import datetime
import math
import time

import pyarrow as pa
import pytest
from forgeries import is_little_time

from gpunn.features.oddities import LIKE, WITH_COMMA
from gpunn.features.spellings import (
    MISSING,
    MISSING_AMONG_NUMBERS,
    PARSERS,
    Spellings,
    has_offset,
    number_string,
    parse_boolean,
    parse_date,
    parse_duration,
    parse_number,
    parse_time,
    seconds_string,
)


@pytest.mark.parametrize("text", ["1", "-1.5", "+.5", "5.", "1e5", "-2E-3", "007", "1e400", "inf", "-Infinity"])
def test_decimal_numbers_are_those_of_python(text):
    assert parse_number(text) == float(text)


@pytest.mark.parametrize("text", ["0x10", "0XfF", "0x0"])
def test_hexadecimal_integers(text):
    assert parse_number(text) == int(text, 16)


@pytest.mark.parametrize(
    "text", ["", "1,5", "1 000", "1_000", "1d5", "0x", "0x1p3", "٣", "1e", "e5", "--1", "nan", "1f"]
)
def test_what_is_no_number(text):
    assert parse_number(text) is None


@pytest.mark.parametrize("text", ["2020-02-29", "2020-02-29 07:30", "2020-02-29T07:30:15", "2020-02-29 07:30:15.123456",
                                  "2020-02-29T07:30Z", "2020-02-29 07:30:15+05:30",
                                  "1969-12-31T23:59:59-0800"])  # fmt: skip
def test_dates_are_those_of_python(text):
    when = datetime.datetime.fromisoformat(text)
    assert has_offset(text) == (when.tzinfo is not None)
    seconds = when.replace(tzinfo=when.tzinfo or datetime.UTC).timestamp()
    assert parse_date(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("text", ["2020-02-30", "2020-13-01", "0000-00-00", "20200101", "2020-1-1", "01/02/2020",
                                  "2020-01-01 24:00",
                                  "2020-01-01 10:60", "2020-01-01T", "2020-01-01 10:00:00,5",
                                  "2020-W01-1", "10000-01-01"])  # fmt: skip
def test_what_is_no_date(text):
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["07:30", "07:30:15", "07:30:15.25", "00:00:00", "23:59:59.999999"])
def test_times_are_those_of_python(text):
    t = datetime.time.fromisoformat(text)
    assert parse_time(text) == pytest.approx(t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6)


@pytest.mark.parametrize(
    "text", ["24:00", "7:60", "07", "07:30:60", "7:3", "07:30 PM", "-07:30", "07:30:15.", "007:30"]
)
def test_what_is_no_time(text):
    assert parse_time(text) is None


@pytest.mark.parametrize("seconds", [0, 1.5, 3837, 86400, 90061.000001, -0.5, -86400, -90061.25, 1e8])
def test_durations_are_those_that_python_and_pandas_write(seconds):
    import pandas as pd

    delta = datetime.timedelta(seconds=seconds)
    assert parse_duration(str(delta)) == pytest.approx(seconds) or delta.days == 0  # "1:03:57" is a time or duration
    assert parse_duration(str(pd.Timedelta(delta))) == pytest.approx(seconds)
    assert parse_duration(pd.Timedelta(delta).isoformat()) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["P", "PT", "1 day ago", "1d", "P1Y", "P1M", "1:2:3", "days", "1 days 2", "P1DT"])
def test_what_is_no_duration(text):
    assert parse_duration(text) is None


def test_booleans():
    assert [parse_boolean(text) for text in ("true", "True", "FALSE", "1", "0", "yes", "t", "")] == [
        1, 1, 0, 1, 0, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("x", [7, 7.0, -0.0, 0.1, 1e20, 2**60 + 1, 1e-7, -1.5])
def test_a_number_and_its_string(x):
    assert type(x)(number_string(x)) == x
    assert ("." in number_string(x) or "e" in number_string(x)) == (isinstance(x, float) and x not in (7, 0))


@pytest.mark.parametrize(("kind", "x", "text"), [
    ("dates", 0.0, "1970-01-01"), ("dates", -1.0, "1969-12-31 23:59:59"), ("dates", 86400.25, "1970-01-02 00:00:00.25"),
    ("times of day", 27015.25, "07:30:15.25"), ("times of day", 0.0, "00:00:00"), ("durations", 60.0, "60 s"),
    ("durations", 0.5, "0.5 s"),
])  # fmt: skip
def test_seconds_and_their_string(kind, x, text):
    assert seconds_string(kind, x) == text
    if kind != "durations":
        assert {"dates": parse_date, "times of day": parse_time}[kind](text) == x


@pytest.mark.parametrize("text", [
    "1" * 50_000 + "x", "1." * 25_000, "1,000" * 9_000 + "x", "1" + ".123" * 9_000 + "x", "$" * 50_000,
    "1 " * 25_000 + "x", "P" + "1" * 50_000, "0x" + "f" * 50_000, "9" * 5_000 + " days", "1 2 3 " * 9_000,
    "9" * 5_000 + ":00:00", "1e" + "9" * 50_000,
])  # fmt: skip
def test_long_texts_are_read_in_no_time(text):
    began = time.process_time()
    numbers = [parse(text) for parse in PARSERS.values()] + [Spellings(decimal=",").parse("numbers", text)]
    found = [pattern.fullmatch(text) for pattern in (*LIKE.values(), WITH_COMMA)]
    assert is_little_time(time.process_time() - began)  # some took a minute
    assert all(x is None or x == math.inf for x in numbers) and len(found) == len(LIKE) + 1


def test_words_for_missing_values():
    assert Spellings().everywhere == [*MISSING] and Spellings().among_numbers == [*MISSING, *MISSING_AMONG_NUMBERS]
    mine = Spellings(("n.d.", "-"), ("NA", "."))
    assert {"n.d.", "-"} <= set(mine.everywhere) and "NA" not in mine.everywhere and "." not in mine.among_numbers


@pytest.mark.parametrize("text", ["1", "-2.5", "1e5", "+1", "5.", ".5", "inf", "1e-400", "2020-02-29",
                                  "2020-02-29 07:30:15.25", "0001-01-01", "9999-12-31", "2020-02-29T07:30:15Z",
                                  "2020-02-29 07:30:15-08:00"])  # fmt: skip
def test_where_arrow_casts_a_text_it_comes_to_the_same(text):
    """CSV is cast by Arrow where that takes a whole column."""
    if parse_number(text) is not None:
        assert pa.scalar(text).cast(pa.float64()).as_py() == parse_number(text)
        return
    cast = pa.scalar(text).cast(pa.timestamp("us", "UTC" if has_offset(text) else None))
    assert cast.value / 1e6 == parse_date(text)
    assert math.isfinite(cast.value)
