"""Kinds that a user sets: values are converted in training and later alike, and what cannot be is named."""

from __future__ import annotations

import datetime
import decimal
import json

import numpy as np
import pyarrow as pa
import pytest

from gpunn.features import Features

NAN = float("nan")


def learned(kinds, **columns):
    return Features.learn(pa.table(columns), kinds)


def encoded(features, **columns):
    return features.transform(pa.table(columns), np.float64).tolist()


def test_without_kinds_types_tell():
    table = pa.table({"n": [1, 2], "c": ["a", "b"]})
    assert Features.learn(table, {}) == Features.learn(table, None) == Features.learn(table)
    assert [column.forced for column in Features.learn(table, {"c": "text"}).columns] == [False, True]


def test_numbers_as_text_are_categories():
    features = learned({"code": "text"}, code=[10, None, 9, 10])
    assert features.names_out == ("code=10", "code=9", "code is missing")
    assert encoded(features, code=[9, 10, None, 7]) == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert encoded(features, code=["9"]) == [[0, 1, 0]]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([7, 123456789012], pa.int64()),
        pa.array([7.0, 123456789012.0]),  # integers with a missing value are floats in pandas
        pa.array([decimal.Decimal("7.00"), decimal.Decimal("123456789012.00")]),
        pa.array([7.0, 123456789012.0]).dictionary_encode(),
        pa.array(["7", "123456789012"]),
    ],
)
def test_a_whole_number_is_one_category_whatever_its_type(column):
    features = learned({"code": "text"}, code=pa.array([7, 123456789012]))
    assert features.names_out == ("code=7", "code=123456789012")[::-1]
    assert encoded(features, code=column) == [[0, 1], [1, 0]]


def test_categories_known_by_numbers_take_numbers_later():
    features = learned({}, size=pa.array([10, 9, None]).dictionary_encode())
    assert encoded(features, size=[9.0, 10.0, None]) == encoded(features, size=[9, 10, None])
    assert encoded(features, size=[9, 10, None]) == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    words = learned({}, size=pa.array(["007"]).dictionary_encode())
    with pytest.raises(ValueError, match="held text in training and holds numbers now"):
        encoded(words, size=[7])


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_fractions_as_text_are_short_and_nan_is_missing(kind):
    features = learned({"x": "text"}, x=pa.array([0.1, NAN, -0.0, 2.0**60], kind))
    assert features.columns[0].categories == ("0", "0.1", str(pa.scalar(2.0**60, kind).cast(pa.string())))
    assert features.columns[0].missing


def test_booleans_and_dates_may_be_text():
    assert learned({"b": "text"}, b=[True, False]).names_out == ("b=false", "b=true")
    assert learned({"d": "text"}, d=[datetime.date(2020, 1, 2)]).names_out == ("d=2020-01-02",)


def test_text_and_booleans_become_numbers():
    features = learned({"x": "numbers", "b": "numbers"}, x=["1", " 3e0 ", "", None], b=[True, False, None, True])
    assert [(column.kind, column.mean, column.missing) for column in features.columns] == [
        ("numbers", 2, True),
        ("numbers", 2 / 3, True),
    ]
    assert encoded(features, x=["3", " ", "1"], b=[None, None, None])[:2] == [[1, 0, 0, 1], [0, 1, 0, 1]]
    assert encoded(features, x=[3, None, 1.0], b=[1, 0, 1])[0][0] == 1
    x = pa.array(["1", "3"]).dictionary_encode()
    assert encoded(learned({"x": "numbers"}, x=x), x=x) == [[-1], [1]]


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        ("2020-01-01", " 2020-01-05 12:00", 4.5),
        ("2020-01-01T00:00:00Z", "2020-01-03T01:00:00+01:00", 2),
        ("1600-02-28", "1600-03-01", 2),
    ],
)
def test_text_becomes_dates(first, second, days):
    [column] = learned({"when": "dates"}, when=[first, second, "", None]).columns
    assert (column.kind, column.missing) == ("dates", True)
    assert column.scale * 2 == pytest.approx(days * 86400, rel=1e-12)


def test_dates_from_text_are_those_of_timestamps():
    days = [datetime.datetime(1969, 12, 31, 23), datetime.datetime(2024, 2, 29)]
    features = learned({"when": "dates"}, when=[day.isoformat() for day in days])
    assert encoded(features, when=days) == [[-1], [1]]


def test_dropped_columns_are_left_out_and_may_lack_or_hold_anything():
    features = learned({"l": "drop"}, l=[[1], [2]], n=[0, 2])
    assert features == learned({}, n=[0, 2])
    assert features.names_in == ("n",)
    assert encoded(features, n=[2]) == encoded(features, n=[2], l=["x"]) == [[1]]
    with pytest.raises(ValueError, match="0 columns to learn from"):
        learned({"n": "drop"}, n=[1])


@pytest.mark.parametrize(
    ("kind", "column", "said"),
    [
        ("numbers", ["1", None, "abc", "x"], "row 3: 'abc' is not a number"),
        ("numbers", ["1", "1,5"], "row 2: '1,5' is not a number"),
        ("numbers", ["1", "inf"], "row 2: inf is not a finite number"),
        ("numbers", [datetime.date(2020, 1, 2)], "holds dates, which cannot become numbers: row 1 has '2020-01-02'"),
        ("dates", ["2020-01-01", "soon"], "row 2: 'soon' is not a date"),
        ("dates", ["soon", "2020-01-01"], "row 1: 'soon' is not a date"),
        ("dates", ["2020-01-01", "2020-01-02T00:00:00Z"], "mixes dates .*: row 1 has .* row 2 '2020-01-02T00:00:00Z'"),
        ("dates", ["2020-01-01T00:00:00Z", "2020-01-02"], "mixes dates .*: row 1 has .* row 2 '2020-01-02'"),
        ("dates", [None, 7], "holds numbers, which cannot become dates: row 2 has '7'"),
        ("dates", [True], "holds booleans, which cannot become dates: row 1 has 'true'"),
        ("text", [[1]], "which makes no feature"),
    ],
)
def test_values_that_do_not_fit_are_named(kind, column, said):
    with pytest.raises(ValueError, match=f"column 'x'.*{said}"):
        learned({"x": kind}, x=column)


def test_values_that_do_not_fit_later_are_named():
    with pytest.raises(ValueError, match="column 'x', row 2: 'abc' is not a number"):
        encoded(learned({"x": "numbers"}, x=["1", "2"]), x=["1", "abc"])


def test_what_is_named_must_be_there_and_what_it_shall_be_a_kind():
    with pytest.raises(ValueError, match=r"features: there is no column 'agee'. Did you mean 'age'\?"):
        learned({"agee": "drop"}, age=[1])
    for kind in ("number", "booleans", None, 3):
        with pytest.raises(ValueError, match=f"column 'age' cannot be {kind!r}; allowed are 'numbers', 'text'"):
            learned({"age": kind}, age=[1])


@pytest.mark.parametrize("kind", ["numbers", "text", "dates"])
def test_columns_without_values_are_0_whatever_their_kind(kind):
    for nothing in (pa.nulls(2), pa.nulls(2, pa.string()), [NAN, NAN] if kind != "dates" else pa.nulls(2)):
        features = learned({"x": kind}, x=nothing)
        assert encoded(features, x=[None, "a"]) == encoded(features, x=[3, None]) == [[0], [0]]


def test_kinds_that_were_set_come_back_from_a_file():
    features = learned({"x": "numbers", "c": "text"}, x=["1", "3"], c=[1, 2])
    again = Features.from_dict(json.loads(json.dumps(features.to_dict())))
    assert again == features
    assert encoded(again, x=["3"], c=[2.0]) == [[1, 0, 1]]


def test_a_printed_table_says_what_each_column_becomes():
    features = learned(
        {"code": "text"},
        age=[1.0, None, 3.0],
        born=[datetime.date(2020, 1, 1), datetime.date(2020, 1, 3), None],
        wait=pa.array([0, 2, 4], pa.duration("s")),
        work=["Private", "State-gov", None],
        code=[7, 8, 7],
        many=["a" * 50, "b" * 50, "a" * 50],
        empty=pa.nulls(3),
    )
    assert str(features).splitlines() == [
        "column  kind       becomes",
        "age     numbers    standardised, mean 2, scale 1; missing known",
        "born    dates      standardised, mean 2020-01-02, scale 1 days; missing known",
        "wait    durations  standardised, mean 2 s, scale 1.633 s",
        "work    text       one of 2: Private, State-gov; missing known",
        "code    text       one of 2: 7, 8",
        f"many    text       one of 2: {'a' * 50}, ...",
        "empty   nothing    0, for it had no value in training",
    ]
    assert str(learned({}, **{"n" * 40: [1, 2]})).splitlines()[1].startswith("n" * 27 + "...  numbers")
