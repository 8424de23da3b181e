"""What is probably not what it looks like is said, once a column, with its row and the remedy; the rest is let be."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gpunn.features import Features, FeatureWarning, Spellings
from gpunn.features.oddities import oddities

NUMBERS = [f"{x:.3f}" for x in np.linspace(-3, 3, 60)]
DAYS = [f"2020-01-{day:02}" for day in range(1, 31)]
TIMES = [f"{hour:02}:30" for hour in range(24)]
WAITS = [f"0 days {hour:02}:15:00" for hour in range(24)]


def warned(X, kinds=None, **options):
    with pytest.warns(FeatureWarning) as caught:
        features = Features.learn(X, kinds, **options)
    assert len(caught) == 1
    return features, str(caught[0].message)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize(
    ("values", "odd", "kind"),
    [
        (NUMBERS, "n.d.", "numbers"), (NUMBERS, "-", "numbers"), (NUMBERS, "<0.1", "numbers"),
        (NUMBERS, "1,234.5", "numbers"), (NUMBERS, "12.5%", "numbers"), (NUMBERS, "see note", "numbers"),
        (NUMBERS, "~5", "numbers"), (DAYS, "31.12.2020", "dates"), (DAYS, "unknown", "dates"),
        (DAYS, "2020-02-30", "dates"), (TIMES, "noon", "times of day"), (TIMES, "24:30", "times of day"),
        (WAITS, "two hours", "durations"), (WAITS, "0 days 1h", "durations"),
    ],
)  # fmt: skip
def test_one_odd_cell_is_named_with_its_row_and_the_remedies(make, values, odd, kind):
    column = [*values[:7], odd, *values[7:]]
    features, said = warned(make({"x": column}))
    assert features.columns[0].kind == "text"
    total = len(values) + 1
    assert said.startswith(f"column 'x' is read as text, each value a category of its own: {total - 1} of {total}")
    assert f"values are {kind}, and the first that is not is {odd!r} in row 8" in said
    assert f"features={{'x': {kind!r}}}" in said and "features={'x': 'text'}" in said


def test_values_that_only_people_take_for_numbers_are_told():
    _, said = warned(pd.DataFrame({"x": [f"{n}.5%" for n in range(40)]}))
    assert "it looks like numbers that are not written as such, like '0.5%' in row 1" in said
    _, said = warned(pd.DataFrame({"x": [f"$ {n},000" for n in range(40)]}))
    assert "'$ 0,000' in row 1" in said


@pytest.mark.parametrize(("values", "kind"), [(DAYS, "dates"), (TIMES, "times of day"), (WAITS, "durations")])
def test_dates_and_times_that_came_as_text_are_told(values, kind):
    features, said = warned(pd.DataFrame({"x": values}))
    assert features.columns[0].kind == "text"
    assert f"is text, each value a category of its own, and all its values are {kind}, like {values[0]!r}" in said
    again = Features.learn(pd.DataFrame({"x": values}), {"x": kind})
    assert again.columns[0].kind == kind


def test_dates_with_and_without_an_offset_are_told():
    _, said = warned(pd.DataFrame({"x": ["2020-01-01 10:00Z", "2020-01-02 10:00", "2020-01-03 10:00"]}))
    assert "Some name their offset from UTC and some do not" in said


@pytest.mark.parametrize(
    "column",
    [
        ["007", "010", "123"], ["1", "2", "3"], ["a", "1", "b"], ["12a", "007", "x"] * 5, ["red", "blue"],
        ["v1", "v2"], [None, None], ["2020", "MMXX", "x"], ["10.0.0.1", "10.0.0.2"], ["1-2", "3-4", "5-6 and more"],
    ],
)  # fmt: skip
def test_text_that_is_text_is_let_be(column):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Features.learn(pd.DataFrame({"x": column}))


def test_who_sets_the_kind_is_not_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Features.learn(pd.DataFrame({"x": [*NUMBERS, "n.d."]}), {"x": "text"})
        Features.learn(pd.DataFrame({"Unnamed: 0": [1, 2], "x": [1, 2]}), {"Unnamed: 0": "drop"})
        Features.learn(pd.DataFrame({"x": pd.Categorical(["1", "2", "n.d."])}), {"x": "text"})


def test_words_that_are_said_to_be_missing_are():
    spellings = Spellings(missing=("n.d.", "-"))
    frame = pd.DataFrame({"x": [*NUMBERS, "n.d.", " - ", "NA", "."]})
    features = Features.learn(frame, {"x": "numbers"}, spellings=spellings)
    X = features.transform(frame, "float64")
    assert features.columns[0].missing and X[-4:].tolist() == [[0, 1]] * 4
    assert X[0, 0] == pytest.approx(-np.sqrt(3 * 59 / 61), rel=1e-4)  # that of an even grid
    with pytest.raises(ValueError, match=r"row 61: 'n\.d\.' is not a number"):
        Features.learn(frame, {"x": "numbers"})


@pytest.mark.parametrize("name", ["Unnamed: 0", "Unnamed: 12", "Unnamed: 3_level_1"])
def test_the_row_number_of_pandas_is_told(name):
    features, said = warned(pd.DataFrame({name: range(30), "x": np.arange(30) % 7}))
    assert features.n_in == 2 and f"features={{{name!r}: 'drop'}}" in said and "the number of the row" in said


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize("values", [
    [7.5] * 30, [3] * 40, ["same"] * 30, [True] * 31, [datetime.date(2020, 2, 3)] * 30, [datetime.timedelta(2)] * 30,
])  # fmt: skip
def test_a_column_with_one_value_is_told_of_a_whole_table(make, values):
    [odd] = oddities(make({"x": values, "z": np.arange(len(values)) % 7}), {}, Spellings())
    assert f"column 'x' has the same value in all {len(values)} rows, " in str(odd)
    assert "features={'x': 'drop'}" in str(odd)
    for harmless, kinds in (
        ([*values[:-1], None], {}),  # whether it is there is something to learn from
        (values[:29], {}),  # few rows are alike by accident
        (values, {"x": "text"}),  # the user knows the column
    ):
        assert oddities(make({"x": harmless}), kinds, Spellings()) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Features.learn(make({"x": values}))  # it may be a part of the rows


@pytest.mark.parametrize("column", [pa.nulls(30), pa.nulls(30, pa.float64()), pa.nulls(30, pa.string())])
def test_a_column_without_a_value_is_told_of_a_whole_table(column):
    [odd] = oddities(pa.table({"x": column}), {}, Spellings())
    assert "column 'x' has no value in 30 rows" in str(odd)


def test_most_values_that_training_never_had_are_told_once_a_column():
    frame = pd.DataFrame({"colour": ["red", "blue", None, "red"], "n": [1.0, 2, 3, 4]})
    features = Features.learn(frame)
    with pytest.warns(FeatureWarning) as caught:
        X = features.transform(pd.DataFrame({"colour": ["red", None, "RED", "Blue ", "BLUE"], "n": [0.0] * 5}))
    [warning] = caught
    assert "column 'colour': 3 of 5 values were never seen in training and become zeros" in str(warning.message)
    assert "the first, 'RED', is in row 3; training had 'red'" in str(warning.message)
    assert X[:, :3].tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features.transform(pd.DataFrame({"colour": ["red", "blue", "RED", None], "n": [9e9] * 4}))  # a third


@pytest.mark.parametrize("later", [["7.0", "12.00"], [7.0, 12.0], [7, 12], ["7", "12"]])
def test_an_integer_is_known_with_a_point(later):
    features = Features.learn(pd.DataFrame({"zip": ["7", "12", "300"]}), {"zip": "text"})
    assert features.transform(pd.DataFrame({"zip": later})).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_a_point_that_training_had_is_kept():
    features = Features.learn(pd.DataFrame({"v": ["7.0", "7", "x", "y"]}))
    assert features.transform(pd.DataFrame({"v": ["7.0", "7"]})).tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("values", [
    [f"{x:.2f}" for x in range(5)], [str(x) for x in range(40)], ["1", "2", "n/a", "3"], ["5", "\\N", "7", "8"],
    ["1e3", "2e3"],
])  # fmt: skip
def test_numbers_that_came_as_text_are_told(values):
    features, said = warned(pd.DataFrame({"x": values}))
    assert features.columns[0].kind == "text"
    assert "all its values are numbers" in said and "features={'x': 'numbers'}" in said
    assert Features.learn(pd.DataFrame({"x": values}), {"x": "numbers"}).columns[0].kind == "numbers"


@pytest.mark.parametrize("values", [[f"0{x}" for x in range(20)], ["1", "2", "3", "10"], ["01067", "80331", "20095"]])
def test_codes_and_few_numbers_as_text_are_let_be(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Features.learn(pd.DataFrame({"x": values}))


@pytest.mark.parametrize(("values", "first"), [
    (["$509.94", "$1,034.50"], "$509.94"), (["(45.00)", "45.00"], "(45.00)"), (["0.12-", "0.5"], "0.12-"),
    (["\u22120.12", "0.5"], "\u22120.12"), (["16.9 C", "17.2 C"], "16.9 C"), (["5891ms", "12ms"], "5891ms"),
    (["715,10 \u20ac", "5,00 \u20ac"], "715,10 \u20ac"), (["34.9%", "7%"], "34.9%"),
    (["05.04.2024", "06.04.2024"], "05.04.2024"),
    (["5/18/2024", "5/19/2024"], "5/18/2024"), (["8:01 AM", "9:30 pm"], "8:01 AM"),
])  # fmt: skip
def test_what_is_written_for_people_is_told_with_how_to_write_it(values, first):
    _, said = warned(pd.DataFrame({"x": values * 9}))
    assert f"not written as such, like {first!r} in row 1" in said
    assert "Write them as" in said


def test_up_to_five_odd_values_are_named():
    _, said = warned(pd.DataFrame({"x": [*NUMBERS, "missing", "unknown", "missing", "--", "?!", "none of it", "n.v."]}))
    assert "'missing' in row 61 (also 'unknown', '--', '?!', 'none of it', ...)" in said


def test_a_decimal_comma_is_hinted_at():
    _, said = warned(pd.DataFrame({"x": ["1", "2", "3", "-14,9"]}))
    assert "If the comma is a decimal sign, say so by decimal=','." in said
    spellings = Spellings(decimal=",")
    features = Features.learn(pd.DataFrame({"x": ["1", "2", "3", "-14,9"]}), {"x": "numbers"}, spellings=spellings)
    assert features.columns[0].mean == pytest.approx((1 + 2 + 3 - 14.9) / 4)


def test_identifiers_and_free_text_are_told():
    _, said = warned(pd.DataFrame({"id": [f"u{i}" for i in range(40)]}))
    assert "column 'id' has another value in each of 40 rows" in said and "features={'id': 'drop'}" in said
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Features.learn(pd.DataFrame({"id": [f"u{i}" for i in range(40)] * 2}))


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_numbers_that_stand_for_missing_values(make):
    spellings = Spellings(missing=("-999", "9e9"))
    features = Features.learn(make({"x": [1.0, -999.0, 3.0], "n": [-999, 2, 4]}), spellings=spellings)
    assert [(column.mean, column.missing) for column in features.columns] == [(2, True), (3, True)]
    X = features.transform(make({"x": [9e9, 3.0], "n": [4, -999]}))
    assert X.tolist() == [[0, 1, 1, 0], [1, 0, 0, 1]]


def test_a_column_that_is_missing_altogether_is_told():
    features = Features.learn(pd.DataFrame({"w": [1.0, 2.0], "c": ["a", "b"], "m": [1.0, None]}))
    with pytest.warns(FeatureWarning) as caught:
        features.transform(pd.DataFrame({"w": [None] * 12, "c": [None] * 12, "m": [None] * 12}))
    assert [warning.message.column for warning in caught] == ["w", "c"]
    assert "column 'w' is missing in all of 12 rows, and in none of training" in str(caught[0].message)


def test_times_of_day_may_be_durations():
    frame = pd.DataFrame({"x": [datetime.time(0, 0, 5), datetime.time(0, 31)]})
    features = Features.learn(frame, {"x": "durations"})
    assert features.columns[0].kind == "durations" and features.columns[0].mean == (5 + 1860) / 2
    assert np.isfinite(features.transform(pd.DataFrame({"x": ["26:10:00", "00:01:00"]}))).all()


@pytest.mark.parametrize("start", [0, 1, 1000])
def test_a_column_that_counts_the_rows_is_told(start):
    _, said = warned(pd.DataFrame({"nr": np.arange(start, start + 40), "x": np.arange(40) % 7}))
    assert f"column 'nr' counts the 40 rows, from {start:g} on" in said and "features={'nr': 'drop'}" in said
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Features.learn(pd.DataFrame({"nr": np.arange(40)}), {"nr": "numbers"})
        Features.learn(pd.DataFrame({"nr": np.arange(40)[::-1], "x": np.arange(40) / 2, "Unnamed: 9": [None] * 40}))


def test_all_columns_of_too_many_categories_are_named():
    ids = [f"u{i}" for i in range(1001)] * 2
    with pytest.raises(ValueError, match=r"column 'a' has 1001 categories.* column 'b' has 1001 categories"):
        Features.learn(pd.DataFrame({"a": ids, "b": ids, "c": 1.0}))
