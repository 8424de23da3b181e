"""Columns of each kind: statistics are those of training; what cannot be encoded is named with its place."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest

from gpunn.features import Features
from gpunn.features.columns import MAX_CATEGORIES

NAN = float("nan")


def table(**columns):
    return pa.table(columns)


def learned(**columns):
    return Features.learn(table(**columns))


def encoded(features, **columns):
    return features.transform(table(**columns), np.float64).tolist()


# Numbers


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.decimal128(9, 2)])
def test_numbers_are_standardised_with_the_training_mean_and_deviation(kind):
    x = np.array([1.0, 2.0, 3.0, 10.0])
    features = Features.learn(pa.table({"x": pa.array(x).cast(kind)}))
    expected = (x - x.mean()) / x.std()
    assert np.ravel(encoded(features, x=x)) == pytest.approx(expected, rel=1e-15)
    assert np.ravel(encoded(features, x=[x[3]])) == pytest.approx(expected[3:], rel=1e-15)  # not that row's own
    assert features.names_out == ("x",)


def test_statistics_are_those_of_float64_far_from_zero():
    features = learned(x=pa.array([2**24 + i for i in range(4)]))  # float32 has no odd numbers here
    assert features.columns[0].mean == 2**24 + 1.5
    assert features.columns[0].scale == pytest.approx(np.sqrt(1.25), rel=1e-12)


@pytest.mark.parametrize("value", [0.1, -3e300, 5e-324, 7])
def test_a_constant_becomes_0_and_keeps_its_unit(value):
    features = learned(x=[value] * 1001)  # the mean of so many 0.1 is not 0.1, rounded
    assert (features.columns[0].mean, features.columns[0].scale) == (value, 1)
    assert encoded(features, x=[value]) == [[0]]
    assert encoded(learned(x=[3.0, 3.0]), x=[5.0]) == [[2]]


@pytest.mark.parametrize("unit", [1e308, 1e-308, 1.0])
def test_statistics_neither_overflow_nor_vanish(unit):
    x = np.array([-1.0, 0.5, 1.5, 1.5]) * unit
    assert np.mean(encoded(learned(x=x), x=x)) == pytest.approx(0, abs=1e-12)
    assert np.std(encoded(learned(x=x), x=x)) == pytest.approx(1, rel=1e-12)


def test_the_smallest_numbers_of_all_do_not_divide_by_0():
    assert np.isfinite(encoded(learned(x=[0.0, 5e-324]), x=[0.0, 5e-324])).all()


def test_missing_numbers_become_the_mean_with_an_indicator():
    features = learned(x=[1.0, None, 3.0, NAN])
    assert features.names_out == ("x", "x is missing")
    assert encoded(features, x=[1.0, None, 3.0, NAN]) == [[-1, 0], [0, 1], [1, 0], [0, 1]]
    assert encoded(features, x=[2]) == [[0, 0]]
    assert encoded(features, x=pa.nulls(2)) == [[0, 1], [0, 1]]


def test_missing_numbers_unknown_to_training_become_the_mean():
    assert encoded(learned(x=[1, 3]), x=[None, 3]) == [[0], [1]]


def test_a_column_without_values_is_0_whatever_comes():
    for nothing in (pa.nulls(2), pa.nulls(2, pa.float64()), pa.nulls(2, pa.string()), [NAN, NAN]):
        features = learned(x=nothing)
        assert features.names_out == ("x",)
        assert encoded(features, x=[None, 3]) == [[0], [0]]
        assert encoded(features, x=["a", None]) == [[0], [0]]


def test_infinite_numbers_are_named():
    x = pa.chunked_array([[0.0, 1.0], [None, float("-inf")]])
    with pytest.raises(ValueError, match=r"column 'x', row 4: -inf is not a finite number"):
        learned(x=x)
    with pytest.raises(ValueError, match=r"column 'x', row 4: -inf is not a finite number"):
        learned(x=[0.0, 1.0]).transform(table(x=x))


def test_numbers_beyond_the_dtype_are_named():
    features = learned(x=[0.0, 1e-30])
    far = table(x=[0.0, 1e30])
    assert np.isfinite(features.transform(far, np.float64)).all()
    with pytest.raises(ValueError, match=r"column 'x', row 2: 1e\+30 is too far .* float32"):
        features.transform(far, np.float32)
    with pytest.raises(ValueError, match=r"row 2: 1e\+300 is too far .* float64"):
        features.transform(table(x=[0.0, 1e300]), np.float64)


# Times


@pytest.mark.parametrize(
    ("values", "kind", "seconds"),
    [
        ([0, 2], pa.date32(), [0, 2 * 86400]),
        ([0, 86400_000], pa.date64(), [0, 86400]),
        ([0, 7], pa.timestamp("s"), [0, 7]),
        ([-1500, 7], pa.timestamp("ms", "Asia/Tokyo"), [-1.5, 0.007]),
        ([0, 7], pa.timestamp("ns"), [0, 7e-9]),
        ([0, 7], pa.time32("s"), [0, 7]),
        ([0, 7000], pa.time64("us"), [0, 0.007]),
        ([0, 7], pa.duration("ms"), [0, 0.007]),
    ],
)
def test_times_are_numbers_of_seconds(values, kind, seconds):
    column = learned(x=pa.array(values, kind)).columns[0]
    assert column.mean == pytest.approx(np.mean(seconds), rel=1e-14)
    assert column.scale == pytest.approx(np.std(seconds), rel=1e-14)


def test_days_and_timestamps_are_of_one_kind():
    features = learned(x=[datetime.date(1970, 1, 1), datetime.date(1970, 1, 3)])
    assert encoded(features, x=[datetime.datetime(1970, 1, 2, 12), None]) == [[0.5], [0]]


# Categories


def test_text_becomes_one_of_its_sorted_categories():
    features = learned(colour=["red", "blue", "red", "Étain"])
    assert features.names_out == ("colour=blue", "colour=red", "colour=Étain")
    assert encoded(features, colour=["blue", "Étain", "red"]) == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_unseen_categories_are_zeros():
    features = learned(c=["a", "b"])
    assert encoded(features, c=["b", "z", None]) == [[0, 1], [0, 0], [0, 0]]
    assert encoded(features, c=pa.nulls(1)) == [[0, 0]]


def test_missing_is_a_category_if_training_had_it():
    features = learned(c=["a", None, "b"])
    assert features.names_out == ("c=a", "c=b", "c is missing")
    assert encoded(features, c=[None, "b", "z"]) == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert encoded(features, c=pa.nulls(1, pa.int32())) == encoded(features, c=[NAN]) == [[0, 0, 1]]


def test_booleans_are_categories():
    features = learned(yes=[True, None, False])
    assert features.names_out == ("yes=false", "yes=true", "yes is missing")
    assert encoded(features, yes=[True, False, None]) == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["b", None, "a"]).dictionary_encode(),
        pa.array(["b", None, "a"], pa.large_string()),
        pa.array(["b", None, "a"], pa.string_view()),
        pa.DictionaryArray.from_arrays([0, 1, 2], ["b", None, "a"]),  # missing within the dictionary
        pa.chunked_array([["b"], [], [None, "a"]]),
    ],
)
def test_text_is_text_however_arrow_keeps_it(column):
    features = learned(c=["b", None, "a"])
    assert learned(c=column) == features
    assert encoded(features, c=column) == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_numbers_in_a_dictionary_are_categories():
    features = learned(c=pa.array([10, 9, 10]).dictionary_encode())
    assert features.names_out == ("c=10", "c=9")
    assert encoded(features, c=["9"]) == [[0, 1]]


def test_too_many_categories_are_refused():
    most = [f"id {i}" for i in range(MAX_CATEGORIES)]
    assert learned(c=most * 2).n_out == len(most)
    with pytest.raises(ValueError, match=r"column 'c' has 1001 categories, more than 1000.*Leave the column out"):
        learned(c=[*most, "one more"] * 2)
    said = r"1,999 of 2,000 values are numbers, and the first that is not is 'n\.v\.' in row 500.*column 'c' has 2000"
    with pytest.raises(ValueError, match=said):
        learned(c=[str(i) if i != 499 else "n.v." for i in range(2000)])


# Rare categories


ANIMALS = ["dog"] * 5 + ["cat"] * 20 + ["rabbit"] * 10 + ["snake"] * 3 + ["newt"] * 3


@pytest.mark.parametrize(
    "options",
    [
        {"max_categories": 3}, {"max_categories": 2}, {"max_categories": 9}, {"max_categories": 4},
        {"min_frequency": 4}, {"min_frequency": 0.2}, {"min_frequency": 4, "max_categories": 2}, {"min_frequency": 100},
        {"min_frequency": 3},
    ],
)  # fmt: skip
def test_rare_categories_are_joined_as_in_scikit_learn(options):
    from sklearn.preprocessing import OneHotEncoder

    features = Features.learn(table(c=ANIMALS), **options)
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore", **options).fit(np.array(ANIMALS)[:, None])
    assert np.array_equal(features.transform(table(c=ANIMALS)), encoder.transform(np.array(ANIMALS)[:, None]))
    rare = encoder.infrequent_categories_[0]
    [column] = features.columns
    assert column.n_joined == (0 if rare is None else len(rare))
    assert column.joined_share == pytest.approx(0 if rare is None else np.isin(ANIMALS, rare).mean())


def test_joined_categories_are_told_and_take_what_is_unknown():
    features = Features.learn(table(c=[*ANIMALS, None]), max_categories=3)
    assert features.names_out == ("c=cat", "c=rabbit", "c is rare", "c is missing")
    assert "one of 2: cat, rabbit; 3 rare ones joined; missing known" in str(features)
    assert encoded(features, c=["newt", "yak", None, "cat"]) == [[0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    assert Features.from_dict(features.to_dict()) == features


def test_more_than_a_thousand_categories_can_be_joined():
    ids = [f"id {i}" for i in range(3000)] + ["id 7"] * 9
    features = Features.learn(table(c=ids), max_categories=10)
    assert features.n_out == 10 and "c=id 7" in features.names_out and features.columns[0].n_joined == 2991
    assert learned(yes=[True, False, False]).n_out == 2  # booleans are never joined
    assert Features.learn(table(yes=[True, False, False]), min_frequency=2).n_out == 2
