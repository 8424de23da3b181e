"""Frames: one table in pandas, polars or pyarrow gives one matrix; what makes no table is named."""

from __future__ import annotations

import datetime
import decimal

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names

from gpunn.features import Features, frames
from gpunn.features.encoder import encode_rows

NAN = float("nan")
WHEN = [datetime.datetime(2020, 1, 1), None, datetime.datetime(2020, 1, 3), datetime.datetime(2021, 1, 1)]
COLUMNS = {
    "n": [1, 2, 3, 10],
    "x": [0.5, None, 2.5, 1.0],
    "word": ["red", "blue", None, "red"],
    "yes": [True, False, True, True],
    "when": WHEN,
    "wait": [datetime.timedelta(seconds=s) for s in (1, 2, 3, 4)],
    "nothing": [None] * 4,
}
WORDS = ["blue", "red", "green"]


def of_pandas():
    frame = pd.DataFrame(COLUMNS, index=[7, 5, 3, 1])  # an index that is no column
    return frame.assign(group=pd.Categorical(frame["word"], categories=WORDS))


def of_numpy_types():
    """pandas with columns as they were before it took to Arrow's types: objects with NaN."""
    frame = of_pandas()
    return frame.astype({"word": object, "x": np.float64}).assign(yes=frame["yes"].astype(object))


def of_nullable_types():
    return of_pandas().astype({"n": "Int16", "x": "Float64", "word": "string", "yes": "boolean"})


def of_polars(kind=pl.Categorical):
    return pl.DataFrame(COLUMNS).with_columns(pl.col("word").cast(kind).alias("group"))


def of_arrow():
    table = pa.table(COLUMNS)
    return table.append_column("group", table.column("word").dictionary_encode())


FRAMES = {
    "pandas": of_pandas,
    "pandas, NumPy's types": of_numpy_types,
    "pandas, nullable types": of_nullable_types,
    "polars": of_polars,
    "polars, Enum": lambda: of_polars(pl.Enum(WORDS)),
    "pyarrow": of_arrow,
    "narwhals": lambda: nw.from_native(of_polars()),
}


def encoded(features, frame, dtype):
    return encode_rows(features, frame, dtype, BaseEstimator())


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_one_table_gives_one_matrix_in_all_frames(make):
    expected = Features.learn(pa.table({**COLUMNS, "group": COLUMNS["word"]}))
    assert expected.names_in == (*COLUMNS, "group")
    assert frames.is_frame(make())
    features = Features.learn(make())
    assert features == expected
    X = encoded(features, make(), "float64")
    assert np.array_equal(X, expected.transform(of_arrow(), "float64"))
    assert X[:, features.names_out.index("word=red")].tolist() == [1, 0, 0, 1]
    assert X[:, features.names_out.index("x is missing")].tolist() == [0, 1, 0, 0]


OF_FEW_ROWS = {
    **{f"NumPy {dtype}": pd.Series([1, 0, 3, 3, 2]).astype(dtype)
       for dtype in ("f2", "f4", "f8", "g", "i1", "u8", "?", "M8[s]", "m8[s]", object)},
    "nothing": pd.Series([NAN] * 5), "none": pd.Series([None] * 5), "no text": pd.Series([None] * 5, dtype="str"),
    "with NaN": pd.Series([0.1, NAN, 3, NAN, 0.1], dtype="f4"), "large": pd.Series([2**63 + 1, 2**53 + 1, 0, 1, 2]),
    "infinite": pd.Series([1, np.inf, 3, 3, 2]),
    "text": pd.Series(["a", "b", None, "a", ""]), "text of old": pd.Series(["a", None, NAN, "a", "7.0"], dtype=object),
    "NumPy's text": pd.Series([np.str_("a"), "a", "b", pd.NA, pd.NaT], dtype=object),
    "text with NA": pd.Series(["a", "b", pd.NA, "a", "NaN"], dtype="string"),
    "text in Python": pd.Series(["a", "b", None, "a", "c"], dtype=pd.StringDtype("python")),
    "text or numbers": pd.Series(["a", 1, None, "a", 2.5], dtype=object), "objects": pd.Series([[], 1, {}, None, "a"]),
    "nullable": pd.Series([1, pd.NA, 3, 3, 2], dtype="Int64"),
    "maybe": pd.Series([True, None, False] * 2, dtype="boolean"),
    "group": pd.Series(["a", "b", None, "a", "c"], dtype="category"),
    "no group": pd.Series([None] * 5, dtype="category"),
    "sizes": pd.Series([0.1, 2, 2, 0.1, 7]).astype("f4").astype("category"),
    "in Munich": pd.Series(pd.date_range("2024-03-30", periods=5, tz="Europe/Berlin")),
    "decimal": pd.Series([decimal.Decimal("0.1"), None, decimal.Decimal(3), None, decimal.Decimal("NaN")]),
    "sparse": pd.Series([1.0, 0, 0, 0, 2]).astype("Sparse[f8]"),
}  # fmt: skip


@pytest.mark.parametrize("series", OF_FEW_ROWS.values(), ids=OF_FEW_ROWS)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("any_as_text", [False, True])
def test_few_rows_of_pandas_are_read_as_many_are(monkeypatch, series, n, any_as_text):
    frame = pd.DataFrame({"other": ["u"] * n, "x": series[:n].reset_index(drop=True), "more": [1.5] * n})

    def read():
        try:
            values = frames.opened(frame).values("x", any_as_text)
        except ValueError as error:
            return str(error)
        numbers = None if values.numbers is None else values.numbers.tobytes()
        try:
            strings = values.strings().to_list()
        except IndexError:  # of nothing, which is asked of no column of no kind
            strings = None
        return values.name, values.kind, numbers, strings, values.type_name, values.coded, values.zoned

    found = read()
    monkeypatch.setattr(frames, "FEW", -1)
    assert found == read()


def test_an_index_of_pandas_is_no_column():
    frame = pd.DataFrame({"a": [1, 2], "b": ["u", "v"]}, index=pd.Index(["p", "q"], name="label"))
    assert Features.learn(frame).names_in == ("a", "b")


@pytest.mark.parametrize(
    "other",
    [
        np.zeros((2, 2)),
        [[1, 2]],
        "text",
        None,
        sparse.csr_array(np.eye(2)),
        pd.Series([1]),
        pd.DataFrame(np.eye(2)),  # named 0 and 1
        pd.DataFrame(np.eye(2), columns=[("a", 1), ("a", 2)]),
        pd.DataFrame(),
    ],
)
def test_what_has_no_names_is_no_frame(other):
    assert not frames.is_frame(other)


def test_names_must_be_distinct_text():
    with pytest.raises(ValueError, match=r"the column name 3 is no text.*map\(str\)"):
        Features.learn(pd.DataFrame([[1, 2]], columns=["a", 3]))
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    for use in (frames.is_frame, frames.opened, Features.learn):
        with pytest.raises(ValueError, match=r"(?s)^X: .*'a' 2 times\nRename"):
            use(twice)
    with pytest.raises(ValueError, match="2 columns have the name 'a'"):
        Features.learn(pa.table([[1], [2]], names=["a", "a"]))


def test_lazy_frames_are_refused():
    lazy = of_polars().lazy()
    assert frames.is_frame(lazy)
    for use in (Features.learn, frames.opened):
        with pytest.raises(TypeError, match=r"polars\.\S*LazyFrame.*X\.collect\(\)"):
            use(lazy)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pd.Series([None, 1, "a"], dtype=object), r"row 2 has 1 \(int\) and row 3 has 'a' \(str\).*'x': 'drop'"),
        (pd.Series([True, NAN, 1], dtype=object), r"row 1 has True \(bool\) and row 3 has 1 \(int\)"),
        (pd.Series(pd.Categorical([1, "a"])), r"row 1 has 1 \(int\) and row 2 has 'a' \(str\)"),
        (pd.Series([1 + 2j]), r"type complex128, which makes no feature: row 1 has '\(1\+2j\)'"),
        (pd.Series([None, [1]]), r"values of no kind of feature: row 2 has \[1\]"),
        (pd.Series([{"a": 1}]), r"values of no kind of feature: row 1 has \{'a': 1\}"),
        (pd.Series(pd.period_range("2020", periods=2)), "values of no kind of feature: row 1"),
        (pd.cut(pd.Series([1.0, 2.0]), 2), r"values of no kind of feature: row 1 has Interval"),
        (pl.Series([[1], [2]]), r"which makes no feature: row 1 has '\[1\]'"),
    ],
)
def test_columns_that_make_no_feature_are_named_with_a_value(column, said):
    frame = pl.DataFrame({"x": column}) if isinstance(column, pl.Series) else column.to_frame("x")
    with pytest.raises(ValueError, match=f"(?s)column 'x' .*{said}"):
        Features.learn(frame)


def test_kinds_of_columns_of_a_frame():
    frame = of_pandas().assign(mixed=pd.Series([1, "a", None, []], dtype=object).to_numpy())
    features = Features.learn(frame, {"mixed": "drop", "n": "text", "yes": "numbers"})
    assert "mixed" not in features.names_in
    assert features.names_out[:4] == ("n=1", "n=10", "n=2", "n=3")
    assert np.array_equal(encoded(features, frame, "float32"), encoded(features, of_polars(), "float32"))
    with pytest.raises(ValueError, match=r"features: there is no column 'yess'. Did you mean 'yes'\?"):
        Features.learn(frame, {"yess": "numbers"})
    assert Features.learn(of_polars(), None) == Features.learn(of_polars(), {})


class Fitted:
    feature_names_in_ = np.array(["b", *(f"a{i}" for i in range(7)), "c"], dtype=object)


@pytest.mark.parametrize(
    "names",
    [
        ["b", "c"],
        [f"z{i}" for i in range(9)],
        ["b", "z", "c"],
    ],
)
def test_columns_that_lack_are_told_in_the_words_of_scikit_learn(names):
    features = Features.learn(pd.DataFrame(np.eye(9), columns=Fitted.feature_names_in_))
    frame = pd.DataFrame(np.zeros((1, len(names))), columns=names)
    with pytest.raises(ValueError) as expected:
        _check_feature_names(Fitted(), frame, reset=False)
    with pytest.raises(ValueError) as told:
        encoded(features, frame, "float32")
    assert str(told.value).startswith(str(expected.value))


def test_columns_are_found_by_name_in_any_order():
    frame = of_pandas()
    features = Features.learn(frame)
    found = encoded(features, frame[frame.columns[::-1]], "float64")
    assert np.array_equal(found, encoded(features, frame, "float64"))


def test_other_columns_are_ignored():
    features = Features.learn(of_polars().select("n", "word", "x"))
    more = of_pandas()[["yes", "n", "word", "when", "x"]].assign(mixed=pd.Series([1, "a"], dtype=object))
    few = of_arrow().select(["n", "word", "x"])
    assert np.array_equal(encoded(features, more, "float32"), encoded(features, few, "float32"))


def test_frames_without_rows_are_refused():
    features = Features.learn(of_pandas())
    for frame in (of_pandas(), of_polars(), of_arrow()):
        with pytest.raises(ValueError, match="X has no rows"):
            encoded(features, frame[:0], "float32")
        with pytest.raises(ValueError, match="at least one row"):
            Features.learn(frame[:0])


def test_arrays_stand_for_frames_of_numbers_only():
    frame = pd.DataFrame({"a": [1.0, NAN, 3.0], "b": [1, 2, 3], "c": [None] * 3})
    features = Features.learn(frame)
    expected = encoded(features, frame, "float64")
    for X in (frame.to_numpy(np.float64), np.asfortranarray(frame.to_numpy(np.float32))):
        assert np.array_equal(features.transform(X, "float64"), expected)
    whole = np.array([[1, 0, 1]])
    expected = features.transform(whole)
    for dtype in (np.uint8, np.float16, np.bool_):
        assert np.array_equal(features.transform(whole.astype(dtype)), expected)
    for wrong in (np.zeros((2, 2)), np.zeros(3), np.full((1, 3), b"1"), np.zeros((1, 3), complex)):
        with pytest.raises(ValueError, match=r"a matrix of numbers or objects is needed.*'a', 'b', 'c' \(3 in all\)"):
            features.from_array(wrong)


def test_arrays_of_numbers_do_not_stand_for_other_columns():
    with pytest.raises(ValueError, match=r"not of numbers: 'word', 'yes', 'when', 'wait', 'group'. Give a frame"):
        Features.learn(of_pandas()).transform(np.zeros((1, 8)))


def test_arrays_of_objects_stand_for_frames_of_any_columns():
    frame = of_pandas()
    features = Features.learn(frame)
    objects = frame.to_numpy(dtype=object)
    assert np.array_equal(features.transform(objects, "float64"), features.transform(frame, "float64"))
    few = of_polars().select("word", "yes", "n").with_columns(pl.lit(datetime.date(2020, 5, 1)).alias("day"))
    features = Features.learn(few)
    objects = np.array(few.rows(), dtype=object)
    assert np.array_equal(features.transform(objects, "float64"), features.transform(few, "float64"))
