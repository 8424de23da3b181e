"""Tables to a matrix and its file: each column in its place, what cannot be encoded named with its place."""

from __future__ import annotations

import copy
import datetime
import decimal
import json
import pickle

import numpy as np
import pyarrow as pa
import pytest

from gpunn.data import read_table
from gpunn.features import Features, encoder

NAN = float("nan")
DAY, WAIT = datetime.date(2020, 1, 2), datetime.timedelta(1)


def table(**columns):
    return pa.table(columns)


def learned(**columns):
    return Features.learn(table(**columns))


def encoded(features, **columns):
    return features.transform(table(**columns), np.float64).tolist()


@pytest.fixture
def mixed():
    """A table with a column of each kind, missing values in every other."""
    return table(
        n=[1, 2, 3, 10],
        x=[0.1, None, 0.3, NAN],
        price=pa.array([decimal.Decimal("1.10"), None, decimal.Decimal("3.30"), decimal.Decimal("0.01")]),
        when=pa.array([0, 10**15, None, 7], pa.timestamp("us")),
        colour=["red", "blue", None, "red"],
        yes=[True, False, True, True],
        size=pa.array(["S", "L", "S", None]).dictionary_encode(),
        nothing=pa.nulls(4),
    )


# Tables


def test_each_column_stands_in_its_place(mixed):
    features = Features.learn(mixed)
    X = features.transform(mixed, np.float64)
    assert X.shape == (4, features.n_out) == (4, len(features.names_out))
    assert features.n_in == 8
    start = 0
    for name in mixed.column_names:
        alone = Features.learn(mixed.select([name]))
        assert features.names_out[start : start + alone.n_out] == alone.names_out
        assert np.array_equal(X[:, start : start + alone.n_out], alone.transform(mixed, np.float64))
        start += alone.n_out
    assert start == features.n_out


def test_the_matrix_is_contiguous_and_of_the_dtype_asked_for(mixed):
    features = Features.learn(mixed)
    assert features.transform(mixed).dtype == np.float32
    for dtype in (np.float32, np.float64, "float32", np.dtype("float64")):
        X = features.transform(mixed, dtype)
        assert X.dtype == dtype
        assert X.flags.c_contiguous
        assert X.flags.writeable
    assert np.array_equal(X.astype(np.float32), features.transform(mixed))
    for dtype in (np.int64, np.float16, None, "single"):
        with pytest.raises(ValueError, match=r"dtype=.* use float32 or float64"):
            features.transform(mixed, dtype)


def test_order_of_columns_and_other_columns_do_not_matter(mixed):
    features = Features.learn(mixed)
    other = mixed.select(mixed.column_names[::-1]).append_column("more", [["u"] * 4])
    assert np.array_equal(features.transform(other), features.transform(mixed))


def test_rows_are_encoded_one_by_one(mixed):
    features = Features.learn(mixed)
    rows = [features.transform(mixed.slice(i, 1)) for i in range(4)]
    assert np.array_equal(np.concatenate(rows), features.transform(mixed))
    assert features.transform(mixed.slice(0, 0)).shape == (0, features.n_out)


def test_chunks_do_not_matter(mixed):
    parts = pa.concat_tables([mixed.slice(0, 1), mixed.slice(1, 0), mixed.slice(1)])
    assert Features.learn(parts) == Features.learn(mixed)
    assert np.array_equal(Features.learn(mixed).transform(parts), Features.learn(mixed).transform(mixed))


def test_use_leaves_the_pickle_of_features_as_it_was(mixed):
    features = Features.learn(mixed)
    before = pickle.dumps(features)
    X = features.transform(mixed)
    assert pickle.dumps(features) == before
    again = pickle.loads(before)
    assert again == features and np.array_equal(again.transform(mixed), X)


def test_numbers_that_are_encoded_together_are_those_of_each_column_alone(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 7)) * 10.0 ** np.arange(7)
    x[rng.random(x.shape) < 0.2] = NAN
    table = pa.table({f"x{j}": pa.array(x[:, j], from_pandas=True) for j in range(7)})
    features = Features.learn(table)
    found = []
    for together in (1, 150, 10**9):  # columns of one group: 1, 3, all
        monkeypatch.setattr(encoder, "TOGETHER", together)
        X, novelties = features.encode(table.slice(0, 50), "float64")
        found.append(X.tobytes())
        assert novelties == []
    assert len(set(found)) == 1
    assert np.array_equal(X[:, 1::2].astype(bool), np.isnan(x))
    known = np.ma.masked_invalid(x)
    assert np.allclose(X[:, ::2], ((known - known.mean(0)) / known.std(0)).filled(0), rtol=1e-13, atol=1e-14)


def test_novelties_come_in_the_order_of_the_columns():
    training = pa.table({"a": [1.0, 2.0], "b": ["u", "v"], "c": [1.0, 2.0], "d": ["u", "v"]})
    later = pa.table({"a": [1e6], "b": ["w"], "c": [-1e6], "d": ["x"]})
    novelties = Features.learn(training).encode(later)[1]
    assert [novelty.column.name for novelty in novelties] == ["a", "b", "c", "d"]


def test_one_row_can_be_learned():
    row = table(x=[7.5], c=["a"], b=[True], m=pa.nulls(1))
    features = Features.learn(row)
    assert features.names_out == ("x", "c=a", "b=true", "m")
    assert features.transform(row).tolist() == [[0, 1, 1, 0]]


def test_learning_and_encoding_leave_the_table_as_it_was():
    x = np.array([1.0, NAN, 3.0])
    given = pa.table({"x": x})  # shares memory with x
    Features.learn(given).transform(given)
    assert np.array_equal(x, [1.0, NAN, 3.0], equal_nan=True)


def test_tables_without_rows_or_columns_are_refused():
    for empty in (table(x=pa.array([], pa.int64())), pa.table({})):
        with pytest.raises(ValueError, match="at least one row and column"):
            Features.learn(empty)


def test_columns_that_lack_are_named_with_those_there():
    features = learned(age=[1, 2], colour=["a", "b"])
    with pytest.raises(ValueError, match=r"no column 'colour'. Did you mean 'color'\? .*'age', 'color'"):
        features.transform(table(age=[1], color=["a"]))


def test_columns_that_stand_twice_are_refused():
    twice = pa.table([[1], [2], [3]], names=["x", "y", "x"])
    with pytest.raises(ValueError, match="2 columns have the name 'x'"):
        Features.learn(twice)
    with pytest.raises(ValueError, match="2 columns have the name 'x'"):
        learned(x=[1, 2]).transform(twice)
    assert learned(y=[0, 2]).transform(twice).tolist() == [[1]]  # an extra column is ignored, even twice


@pytest.mark.parametrize("column", [[[1]], [{"a": 1}], [b"x"]])
def test_types_that_make_no_feature_are_refused(column):
    with pytest.raises(ValueError, match=r"column 'x' has the type .*, which makes no feature: row 1 has"):
        learned(x=column)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (
            [1, 2],
            ["1", None, "2.5e3", "many", "x"],
            "numbers in training and holds text now: row 4 has 'many'",
        ),
        ([1, 2], ["7", "8", "1,5"], "numbers in training and holds text now: row 3 has '1,5'"),
        ([1, 2], [None, True], "numbers in training and holds booleans now: row 2 has 'true'"),
        ([1, 2], [None, datetime.date(2020, 1, 2)], "holds dates now: row 2 has '2020-01-02'"),
        ([datetime.date(2020, 1, 2)], [None, 3], "dates in training and holds numbers now: row 2 has '3'"),
        ([True, False], [1, 0, 2], "booleans in training and holds numbers now: row 3 has '2'"),
        (["a", "1"], [None, 7], r"text in training .* row 2 has '7'.*columns_as_text=\['x'\]"),
    ],
)
def test_columns_of_another_kind_are_refused(before, now, said):
    with pytest.raises(ValueError, match=f"column 'x' .*{said}"):
        learned(x=before).transform(table(x=now))


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ([1.5, 2], ["1.5", " 2 ", None, "."], [1.5, 2, None, None]),
        ([DAY, DAY + WAIT], ["2020-01-02", "NaT"], [DAY, None]),
        ([WAIT, 2 * WAIT], ["1 days", "P2D"], [WAIT, 2 * WAIT]),
        ([datetime.time(7, 30), datetime.time(8)], ["07:30", "8:00:00"], [datetime.time(7, 30), datetime.time(8)]),
        ([True, False], [1, 0, 1], [True, False, True]), ([True, False], ["True", "FALSE"], [True, False]),
    ],
)  # fmt: skip
def test_what_is_written_as_training_had_it_is_read(before, now, same):
    features = learned(x=before)
    assert encoded(features, x=now) == encoded(features, x=same)


def test_text_columns_read_as_text_keep_their_categories(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("code,n\n007,1\nA1,2\n")
    features = Features.learn(read_table(path))
    assert features.text_columns == ("code",)
    path.write_text("code,n\n007,1\n")
    later = read_table(path, columns_as_text=features.text_columns)
    assert features.transform(later).tolist() == [[1, 0, -1]]


# Model files


def test_a_file_gives_back_the_same_features(mixed):
    features = Features.learn(mixed)
    form = json.loads(json.dumps(features.to_dict(), allow_nan=False))
    assert form == features.to_dict()
    again = Features.from_dict(form)
    assert again == features
    assert again.to_dict() == form
    assert np.array_equal(again.transform(mixed, np.float64), features.transform(mixed, np.float64))


def test_floats_come_back_exactly():
    x = np.random.default_rng(0).standard_normal((50, 40)) * 10.0 ** np.arange(-20, 20)
    many = pa.table({str(i): column for i, column in enumerate(x.T)})
    features = Features.learn(many)
    again = Features.from_dict(json.loads(json.dumps(features.to_dict(), allow_nan=False)))
    assert again.transform(many, np.float64).tobytes() == features.transform(many, np.float64).tobytes()


NUMERIC_FORM = {
    "name": "x",
    "kind": "numbers",
    "mean": 0.5,
    "scale": 2.0,
    "missing": False,
    "forced": False,
    "zoned": False,
}
TEXT_FORM = {
    "name": "c", "kind": "text", "categories": ["a", "b"], "n_joined": 2, "joined_share": 0.25, "missing": True,
    "forced": True,
}  # fmt: skip


def form_of(*columns):
    words = {"missing": ["n.d."], "not_missing": ["NA"], "decimal": ","}
    return {"columns": [copy.deepcopy(column) for column in columns], "spellings": words}


@pytest.mark.parametrize(
    ("number", "key", "value"),
    [
        (0, "name", 3),
        (0, "name", None),
        (0, "name", "\ud800"),
        (0, "kind", "other"),
        (0, "kind", ["numbers"]),
        (0, "mean", "0.5"),
        (0, "mean", NAN),
        (0, "mean", True),
        (0, "mean", None),
        (0, "mean", 10**400),
        (0, "scale", 0.0),
        (0, "scale", -1.0),
        (0, "scale", float("inf")),
        (0, "missing", 0),
        (0, "more", 1),
        (0, 7, 1),
        (1, "categories", "ab"),
        (1, "categories", {"a": 1}),
        (1, "n_joined", -1),
        (1, "n_joined", 0.5),
        (1, "joined_share", 2.0),
        (1, "joined_share", NAN),
        (1, "categories", ["a", 1]),
        (1, "categories", ["b", "a"]),
        (1, "categories", ["a", "a"]),
        (1, "categories", ["a", "\ud800"]),
        (1, "categories", [f"{i:04}" for i in range(1001)]),
        (1, "missing", None),
        (1, "forced", 1),
        (0, "zoned", 0),
        (0, "zoned", True),  # numbers have no time zone
    ],
)
def test_forged_values_are_refused_by_key(number, key, value):
    form = form_of(NUMERIC_FORM, TEXT_FORM)
    assert Features.from_dict(form).to_dict() == form  # so that what is refused is the change
    form["columns"][number][key] = value
    with pytest.raises(ValueError, match=rf"columns\[{number}\].*key '?{key}'?") as caught:
        Features.from_dict(form)
    assert len(str(caught.value)) < 400


def test_a_column_has_a_category_or_joined_ones():
    with pytest.raises(ValueError, match="key 'categories': a column without a category has joined ones"):
        Features.from_dict(form_of(TEXT_FORM | {"categories": [], "n_joined": 0}))
    assert Features.from_dict(form_of(TEXT_FORM | {"categories": []})).names_out == ("c is rare", "c is missing")


def test_a_form_of_one_kind_is_not_taken_for_another():
    with pytest.raises(ValueError, match="the key 'mean' is missing"):
        Features.from_dict(form_of(TEXT_FORM | {"kind": "numbers"}))
    with pytest.raises(ValueError, match="the key 'categories' is missing"):
        Features.from_dict(form_of(NUMERIC_FORM | {"kind": "text"}))


@pytest.mark.parametrize("number", [0, 1])
def test_lacking_keys_are_named(number):
    for key in (NUMERIC_FORM, TEXT_FORM)[number]:
        form = form_of(NUMERIC_FORM, TEXT_FORM)
        del form["columns"][number][key]
        with pytest.raises(ValueError, match=rf"columns\[{number}\].*key '{key}'"):
            Features.from_dict(form)


@pytest.mark.parametrize(
    "form",
    [
        None,
        [],
        {},
        "x",
        form_of() | {"columns": {}},
        form_of() | {"columns": None},
        form_of(),
        form_of(TEXT_FORM) | {"more": 1},
        {"columns": [TEXT_FORM]},
        form_of(TEXT_FORM) | {"spellings": None},
        form_of(TEXT_FORM) | {"spellings": {"missing": [], "not_missing": "NA", "decimal": "."}},
        form_of(TEXT_FORM) | {"spellings": {"missing": [1], "not_missing": [], "decimal": "."}},
        form_of(TEXT_FORM) | {"spellings": {"missing": [], "not_missing": [], "decimal": ";"}},
    ],
)
def test_other_forms_are_refused(form):
    with pytest.raises(ValueError, match=r"^features.*key '(columns|more|spellings|missing|not_missing|decimal)'"):
        Features.from_dict(form)


@pytest.mark.parametrize("part", [None, 3, [], "numbers", {}])
def test_columns_that_are_no_columns_are_refused(part):
    with pytest.raises(ValueError, match=r"columns\[0\], key 'kind'"):
        Features.from_dict(form_of(part))


def test_duplicate_names_are_refused():
    with pytest.raises(ValueError, match="the name 'x' is a duplicate"):
        Features.from_dict(form_of(NUMERIC_FORM, TEXT_FORM, NUMERIC_FORM))
