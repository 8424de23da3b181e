"""Frames and arrays that come to the estimator: read by what they hold, or refused by name."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import get_tags

import gpunn
from gpunn import MLPClassifier
from gpunn.features import Features, FeatureWarning

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 90
NAN = float("nan")


def classifier(**parameters):
    return MLPClassifier((8,), **{"max_iter": 40, "learning_rate_init": 0.05, "tol": 1e9, "n_iter_no_change": 40,
                                  "random_state": 0, **parameters})  # fmt: skip


@pytest.fixture
def frame():
    """A word tells the label, the others do not."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({
        "x": np.where(rng.random(N) < 0.1, NAN, rng.normal(size=N)), "word": rng.choice(["yes", "no", "maybe"], N),
        "day": pd.date_range("2020-01-01", periods=N), "ok": rng.random(N) < 0.5,
    })  # fmt: skip


@pytest.fixture
def y(frame):
    return (frame["word"] == "yes").to_numpy().astype(int)


# Without pyarrow

WITHOUT_PYARROW = """
import sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")


sys.meta_path.insert(0, Absent())
import datetime, warnings
import numpy as np, pandas as pd, polars as pl
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from gpunn import MLPClassifier
warnings.simplefilter("ignore", ConvergenceWarning)
clf = MLPClassifier(max_iter=20, random_state=0).fit(*load_iris(return_X_y=True, as_frame=True))
assert clf.score(*load_iris(return_X_y=True, as_frame=True)) > 0.5
columns = {
    "n": [1, 2, 3, 4] * 5, "x": [0.5, None, 2.5, 1.0] * 5, "word": ["red", "blue", None, "red"] * 5,
    "yes": [True, False, None, True] * 5, "when": [datetime.datetime(2020, 1, d) for d in (1, 2, 3, 4)] * 5,
    "at": [datetime.time(7, 30), datetime.time(8), None, datetime.time(9)] * 5,
    "wait": [datetime.timedelta(hours=h) for h in (1, 2, 3, 4)] * 5, "day": [datetime.date(2020, 1, 1)] * 20,
}
found = []
for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pd.DataFrame(columns).convert_dtypes()):
    clf = MLPClassifier(max_iter=20, random_state=0).fit(frame, ["a", "b"] * 10)
    found.append(clf.predict_proba(frame))
    clf.save("m.gpunn")
assert np.allclose(found[0], found[1]) and np.allclose(found[0], found[2])
import gpunn
assert np.array_equal(gpunn.load("m.gpunn").predict_proba(pl.DataFrame(columns)), found[2])
"""


def test_frames_need_no_pyarrow(tmp_path):
    end = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYARROW], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert end.returncode == 0, end.stderr


# Arrow and pandas in other forms


def test_batches_of_arrow_are_tables(frame, y):
    batch = pa.RecordBatch.from_pandas(frame, preserve_index=False)
    clf = classifier().fit(batch, y)
    assert clf.features_ == classifier().fit(frame, y).features_ and clf.score(batch, y) > 0.95
    backwards = batch.select(batch.schema.names[::-1])  # by name, not by position
    assert np.array_equal(clf.predict(backwards), clf.predict(frame))
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch[:30], batch[30:]])
    assert classifier().fit(reader, y).score(frame, y) == clf.score(frame, y)
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch[:30], batch[30:]])
    assert np.array_equal(clf.predict(reader), clf.predict(frame))


@pytest.mark.parametrize("values", [[0.0, 0, 1.5], [0, 2, 0], [True, False, False], [NAN, 1.0, NAN]])
def test_sparse_columns_of_pandas_are_read_as_dense(values):
    dense = pd.DataFrame({"a": values * 5, "b": ["u", "v", "w"] * 5})
    sparse = dense.assign(a=pd.arrays.SparseArray(dense["a"]))
    assert Features.learn(sparse) == Features.learn(dense)
    assert np.array_equal(Features.learn(dense).transform(sparse), Features.learn(dense).transform(dense))


@pytest.mark.parametrize("names", [[0, 1], [("a", 1), ("a", 2)], [0, "b"], [7, 3.5]])
def test_names_that_are_no_text_get_the_remedy(frame, y, names):
    named = frame[["x", "word"]].fillna({"x": 0.0})
    named.columns = pd.Index(names, dtype=object) if isinstance(names[0], int) else pd.MultiIndex.from_tuples(names)
    with pytest.raises(ValueError, match=r"the column name .* is no text. Rename the columns.*map\(str\)"):
        classifier().fit(named, y)
    numbers = pd.DataFrame(np.ones((N, 2)), columns=named.columns)
    if not any(isinstance(name, str) for name in names):
        assert classifier().fit(numbers, y).n_features_in_ == 2  # the array that it holds


# Columns of objects

DAY, HOUR = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 12)
AWARE = datetime.datetime(2020, 1, 2, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(("values", "kind", "expected"), [
    ([DAY, HOUR], "dates", [1577923200, 1577966400]), ([DAY, np.datetime64("2020-01-03"), HOUR], "dates",
                                                       [1577923200, 1578009600, 1577966400]),
    ([1, 2.5, decimal.Decimal("0.25"), np.float32(1)], "numbers", [1, 2.5, 0.25, 1]),
    ([2**70, 1], "numbers", [2.0**70, 1]),
    ([datetime.timedelta(hours=1), np.timedelta64(1, "m")], "durations", [3600, 60]),
    ([datetime.time(7, 30), datetime.time(7, 30, 15, 250000)], "times of day", [27000, 27015.25]),
    ([True, np.False_], "booleans", [1, 0]),
    ([AWARE, pd.Timestamp("2020-01-02 13:00+01:00")], "dates", [1577966400] * 2),
])  # fmt: skip
def test_an_object_column_is_read_by_all_its_values(values, kind, expected):
    for order in (1, -1):
        column = pd.Series([*values, None][::order], dtype=object)
        found = gpunn.features.frames.opened(pd.DataFrame({"c": column})).values("c")
        assert found.kind == kind
        np.testing.assert_array_equal(found.finite(), [*expected, NAN][::order])


ZONED = [pd.Series([AWARE, None]), pl.Series([AWARE, None]), pd.Series([AWARE, None], dtype=object),
         pd.Series(["2020-01-02T13:00+01:00", None]),
         pa.chunked_array([[AWARE, None]], pa.timestamp("ms", "Europe/Paris"))]  # fmt: skip
NAIVE = [pd.Series([HOUR, None]), pl.Series([HOUR, None]), pd.Series([HOUR, None], dtype=object),
         pd.Series(["2020-01-02T12:00", None]), pa.chunked_array([[HOUR, None]], pa.timestamp("s"))]  # fmt: skip


def frame_of(column):
    return pa.table({"c": column}) if isinstance(column, pa.ChunkedArray) else type(column.to_frame())({"c": column})


@pytest.mark.parametrize(
    "column", ZONED + NAIVE, ids=lambda column: f"{type(column).__module__} {getattr(column, 'dtype', '')}"
)
def test_dates_with_a_time_zone_and_without_are_not_mixed(column):
    zoned = any(column is other for other in ZONED)
    other = gpunn.features.Features.learn(frame_of(column), {"c": "dates"})
    [learned] = other.columns
    assert learned.zoned == zoned and ("UTC" in learned.becomes) == zoned
    again = gpunn.features.Features.from_dict(other.to_dict())
    for alike in ZONED if zoned else NAIVE:
        assert again.transform(frame_of(alike)).tolist() == [[0, 0], [0, 1]]
    held, holds = ("with", "without") if zoned else ("without", "with")
    for unlike in NAIVE if zoned else ZONED:
        with pytest.raises(
            ValueError,
            match=f"^column 'c' held dates {held} a time zone in training and holds dates {holds} .* row 1 is .2020",
        ):
            again.transform(frame_of(unlike))
    again.transform(pa.table({"c": pa.nulls(1)}))  # nothing is in no zone


@pytest.mark.parametrize("first", [HOUR, DAY, np.datetime64("2020-01-02")])
def test_dates_with_a_time_zone_beside_dates_without_are_refused_with_both(first):
    for column in ([None, first, AWARE], [None, AWARE, first]):
        with pytest.raises(
            ValueError,
            match=r"column 'c' .* mixes dates with a time zone \(row [23]: .*00:00\) and without",
        ):
            gpunn.features.frames.opened(pd.DataFrame({"c": pd.Series(column, dtype=object)})).values("c")
    text = pd.DataFrame({"c": ["2020-01-02", "2020-01-02 12:00Z"]})
    with pytest.raises(ValueError, match=r"mixes dates that name their offset .*: row 1 has '2020-01-02' and row 2"):
        gpunn.features.Features.learn(text, {"c": "dates"})


@pytest.mark.parametrize(("first", "second"), [
    (datetime.timedelta(1), 1), ("a", 1), (True, 2), (DAY, "2020-01-01"), (b"x", "x"),
    (datetime.time(1), HOUR), (1.5, HOUR), (complex(1), 1), ([1], "a"),
])  # fmt: skip
def test_values_of_two_kinds_are_refused_with_both_in_either_order(first, second):
    for one, other in ((first, second), (second, first)):
        column = pd.Series([None, one, one, other], dtype=object)
        with pytest.raises(
            ValueError, match=r"column 'c' of dtype object cannot be read: row 2 has .* and row 4 has .*"
        ):
            Features.learn(pd.DataFrame({"c": column}))


@pytest.mark.parametrize(("values", "kind"), [
    (["a", 1, HOUR], "text"), ([b"x", 2.5, "y"], "text"), (["1", " 2.5", None, "n/a"], "numbers"),
    (["2020-01-02", "", None], "dates"),
    (["07:30", "8:15", None], "times of day"), (["0 days 01:00:00", "PT5S", "."], "durations"),
    ([True, None, False], "numbers"),
])  # fmt: skip
def test_a_kind_that_is_set_is_applied_first(values, kind):
    if kind == "text":
        with pytest.raises(ValueError, match="column 'c' of dtype object cannot be read"):
            Features.learn(pd.DataFrame({"c": pd.Series(values, dtype=object)}))
    features = Features.learn(pd.DataFrame({"c": pd.Series(values, dtype=object)}), {"c": kind})
    assert features.columns[0].kind == kind
    if kind == "text":
        assert features.names_out == tuple(f"c={v}" for v in sorted(map(str, values)))


# Arrays


def test_an_array_of_objects_is_taken_by_position_after_a_frame(frame, y):
    clf = classifier().fit(frame, y)
    objects = frame.to_numpy(dtype=object)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        assert np.array_equal(clf.predict_proba(objects), clf.predict_proba(frame))
    with (
        pytest.warns(UserWarning, match="feature names"),
        pytest.raises(ValueError, match=r"its columns in this order: 'x', 'word', 'day', 'ok'"),
    ):
        clf.predict(objects[:, :3])
    with (
        pytest.warns(UserWarning, match="feature names"),
        pytest.raises(ValueError, match="column 'x' held numbers in training and holds text"),
    ):
        clf.predict(objects[:, ::-1][:, [2, 3, 1, 0]])


def test_tags_say_what_a_model_of_a_frame_takes(frame, y):
    for clf, takes in (
        (classifier(), False),
        (classifier().fit(frame, y), True),
        (classifier().fit(y[:, None], y), False),
    ):
        tags = get_tags(clf).input_tags
        assert tags.allow_nan is tags.categorical is tags.string is takes


def test_meta_estimators_hand_frames_on(frame, y):
    frame = frame.astype({"word": object})  # scikit-learn before 1.9 makes numbers of the text type of pandas 3
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        assert BaggingClassifier(classifier(), n_estimators=3, random_state=0).fit(frame, y).score(frame, y) > 0.9
        some = BaggingClassifier(classifier(), n_estimators=8, max_features=0.5, random_state=0).fit(frame, y)
        assert some.score(frame, y) > 0.6
    numbers, some_labels = (
        frame[["x"]].fillna(0).assign(word=pd.factorize(frame["word"])[0]),
        np.where(np.arange(N) % 3, y, -1),
    )
    assert SelfTrainingClassifier(classifier()).fit(numbers, some_labels).score(numbers, y) > 0.9
    assert ClassifierChain(classifier()).fit(numbers, np.stack([y, 1 - y], 1)).predict(numbers).shape == (N, 2)


def test_masked_arrays_are_refused_where_a_value_is_masked():
    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    clf = classifier().fit(np.ma.masked_array(X), y)
    assert np.array_equal(clf.predict(X), clf.predict(np.ma.masked_array(X)))
    for use in (lambda Z: classifier().fit(Z, y), clf.predict, clf.predict_proba):
        with pytest.raises(ValueError, match=r"X is a masked array, \d+ of whose values are masked"):
            use(np.ma.masked_greater(X, 1.0))


@pytest.mark.parametrize("dtype", ["datetime64[D]", "datetime64[ns]", "timedelta64[s]", "timedelta64[us]"])
def test_arrays_of_dates_are_refused_by_name(dtype):
    X = np.arange(20).reshape(10, 2).astype(dtype)
    clf = classifier().fit(np.arange(20.0).reshape(10, 2), np.arange(10) % 2)
    for use in (lambda Z: classifier().fit(Z, np.arange(10) % 2), clf.predict):
        with pytest.raises(ValueError, match=rf"X has dtype {dtype.replace('[', '.').replace(']', '.')}.*Give a frame"):
            use(X)


@pytest.mark.parametrize("make", [
    lambda a, b: pl.DataFrame({"a": a, "b": b}), lambda a, b: pa.table({"a": a, "b": b}),
    lambda a, b: pd.DataFrame({"a": pd.array(a), "b": pd.array(b)}),
])  # fmt: skip
@pytest.mark.parametrize(
    "values", [[True, None, False], [decimal.Decimal("1.5"), None, decimal.Decimal(2)], [None] * 3]
)
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_missing_values_of_a_frame_do_not_pass_a_model_of_arrays(make, values):
    clf = classifier().fit(np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2)
    with pytest.raises(ValueError, match=r"NaN|convert|missing"):
        clf.predict(make(values, values))
    known = [value for value in values if value is not None]
    if known:
        expected = clf.predict_proba(np.array([[float(v)] * 2 for v in known]))
        np.testing.assert_allclose(clf.predict_proba(make(known, known)), expected, rtol=1e-6)


# Features of a model


def test_weights_belong_to_the_matrix_that_features_give(frame, y):
    clf = classifier(dtype="float64").fit(frame, y)
    X = clf.features_.transform(frame, "float64")
    names = clf.features_.get_feature_names_out()
    assert names.dtype == object and names.tolist() == list(clf.features_.names_out) and X.shape == (N, len(names))
    h = np.maximum(X @ clf.coefs_[0] + clf.intercepts_[0], 0)
    z = h @ clf.coefs_[1] + clf.intercepts_[1]
    np.testing.assert_allclose(1 / (1 + np.exp(-z[:, 0])), clf.predict_proba(frame)[:, 1], rtol=1e-9)


def test_features_that_were_learned_beforehand_are_taken(frame, y, tmp_path):
    features = Features.learn(frame, {"x": "drop"}, max_categories=2)
    clf = classifier(features=features).fit(frame[:40], y[:40])
    assert clf.features_ is features and clf.n_features_in_ == 3
    assert clone(clf).features == features
    clf.save(tmp_path / "m.gpunn")
    again = gpunn.load(tmp_path / "m.gpunn")
    assert again.features_ == features and np.array_equal(again.predict(frame), clf.predict(frame))
    assert "features" not in clf.to_manifest()


def test_rare_categories_are_joined_by_parameters(frame, y):
    clf = classifier(max_categories=2).fit(frame, y)
    assert "word is rare" in clf.features_.names_out
    for name, value in (("max_categories", 1), ("max_categories", 2.5), ("min_frequency", 0), ("min_frequency", 1.5)):
        with pytest.raises(ValueError, match=f"{name}={value} is not allowed"):
            classifier(**{name: value}).fit(frame, y)


def test_partial_fit_warns_once_a_column_of_what_it_cannot_have(frame, y):
    frame = frame.fillna({"x": 0.0})[["x", "word"]]
    clf = classifier()
    clf.partial_fit(frame[:30], y[:30], classes=[0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.partial_fit(frame[30:60], y[30:60])
    later = frame[60:].assign(x=1e4, word=["new", *frame["word"][61:]])
    with pytest.warns(FeatureWarning) as caught:
        clf.partial_fit(later, y[60:])
    said = sorted(str(warning.message) for warning in caught)
    assert len(said) == 2 and all("The first rows settled scales and categories" in message for message in said)
    assert "column 'word': 1 of 30 values were never seen" in said[0] and "'new', is in row 1" in said[0]
    assert "column 'x': 30 of 30 values are far from those that training had" in said[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.partial_fit(later, y[60:])  # once
        whole = classifier(features=Features.learn(pd.concat([frame, later])))
        for rows, labels in ((frame, y), (later, y[60:])):
            whole.partial_fit(rows, labels, classes=[0, 1])


def test_predict_warns_of_a_column_of_new_values(frame, y):
    clf = classifier().fit(frame, y)
    with pytest.warns(
        FeatureWarning, match=r"column 'word': 90 of 90 values were never seen.*'YES'.*training had 'yes'"
    ):
        clf.predict(frame.assign(word="YES"))
