"""Columns of a frame are encoded in an ONNX graph as they are in Python, missing and unknown values too."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from exported import ROWS, trained
from onnx_runs import CLOSE, agrees, onnx, outputs, session

from gpunn.features import Features, Spellings
from gpunn.features.columns import COLUMNS
from gpunn.features.encodings import ENCODINGS
from gpunn.io import onnx_export, onnx_features, onnx_graph

NAN = float("nan")
UTC = dt.UTC
NOON = dt.datetime(2024, 2, 29, 12, tzinfo=UTC)
S, MS = pa.time32("s"), pa.duration("ms")

TRAINING = pa.table({
    "age": [20.5, None, 31, 40], "whole": [3, 1, 2, 2], "when": [NOON, None, NOON + dt.timedelta(seconds=7), NOON],
    "day": [dt.date(1960, 1, 1), dt.date(2024, 2, 29), dt.date(2024, 3, 1), dt.date(2030, 1, 1)],
    "time": pa.array([0, 60, 3600, None], S), "wait": pa.array([1500, 20, None, -7], MS),
    "flag": [True, None, False, True], "sure": [True] * 4, "colour ü": ["red", None, "blue\n", "red"],
    "kind": ["a", "", "c", "a"], "zip": [1.0, 1.5, 10.0, None], "code": pa.array([7, 8, 7, 8]).dictionary_encode(),
    "told": ["1.5", " 2 ", None, "0"], "as 0 and 1": [True, False, True, True], "none": [None] * 4,
})  # fmt: skip
KINDS = {"zip": "text", "told": "numbers", "as 0 and 1": "numbers"}

LATER = pa.table({
    "age": [20.5, None, -1e6], "whole": [3, None, 10**6],
    "when": [NOON, None, dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)],
    "day": [dt.date(1960, 1, 1), None, dt.date(1971, 1, 1)], "time": pa.array([3600, None, 1], S),
    "wait": pa.array([1500, None, 0], MS), "flag": [True, None, False], "sure": [True, None, False],
    "colour ü": ["red", None, "green"], "kind": ["", None, "A"], "zip": [10.0, None, 1.25],
    "code": pa.array([8, None, 9]).dictionary_encode(), "told": ["1.5", None, "1e3"],
    "as 0 and 1": [True, None, False], "none": [None] * 3,
})  # fmt: skip
FEED = {  # the same by hand
    "age": [20.5, NAN, -1e6], "whole": [3, NAN, 10**6], "when": [1709208000, NAN, -1],
    "day": [-315619200, NAN, 31536000], "time": [3600, NAN, 1], "wait": [1.5, NAN, 0], "flag": [1, NAN, 0],
    "sure": [1, NAN, 0], "colour ü": ["red", "", "green"], "kind": ["", "no such", "A"], "zip": ["10", "", "1.25"],
    "code": ["8", "", "9"], "told": [1.5, NAN, 1000], "as 0 and 1": [1, NAN, 0], "none": [NAN, NAN, 5],
}  # fmt: skip


def columns(feed):
    """What onnxruntime takes: a column each, of float64 or text."""
    return {name: np.array(x, object if isinstance(x[0], str) else float)[:, None] for name, x in feed.items()}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_column_becomes_what_it_becomes_in_python(dtype, encoding):
    features = Features.learn(TRAINING, KINDS, numeric_encoding=encoding)
    assert {column.kind for column in features.columns} == set(COLUMNS)
    graph = onnx_graph.Graph(dtype)
    graph.output("probabilities", onnx_features.add(graph, features), dtype, ["n", features.n_out])
    (found,) = session(graph.to_bytes("0", {})).run(None, columns(FEED))
    expected = features.transform(LATER, dtype)
    assert found.dtype == dtype and found.tolist() == expected.tolist()  # bit for bit
    assert len({tuple(row) for row in expected.tolist()}) == 3


@pytest.mark.parametrize("n", [1, 2, 37])
@pytest.mark.parametrize("name", [name for name, values in FEED.items() if not isinstance(values[0], str)])
def test_nan_is_a_missing_value_at_every_place_and_infinity_stays(name, n):
    features = Features.learn(TRAINING.select([name]), {key: kind for key, kind in KINDS.items() if key == name})
    graph = onnx_graph.Graph("float32")
    graph.output("probabilities", onnx_features.add(graph, features), "float32", ["n", features.n_out])
    runs = session(graph.to_bytes("0", {}))
    known, missing, _ = features.transform(LATER.select([name]), "float32")
    goes_through = features.columns[0].kind in ("numbers", "dates", "times of day", "durations")
    for place in range(n):
        feed = columns({name: FEED[name][:1] * n})
        expected = np.repeat(known[None], n, axis=0)
        for value, row in ((np.nan, missing), (np.inf, None), (-np.inf, None)):
            feed[name][place] = value
            if row is None:
                row = np.zeros(features.n_out)  # as an unknown category
                row[0] = value if goes_through else 0
            expected[place] = row
            (found,) = runs.run(None, feed)
            assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("known", [
    [1e300, -1e300, 2e299, 3.0, 5e298], [1.7e308, -1.7e308, 1.0, 2.0, -1.5e308], [4e-320, 8e-320, -4e-320, 0, 2e-319],
    [2.0] * 5, [0.0] * 4 + [1e-310], [*np.exp(2 * np.random.default_rng(0).standard_normal(99)), NAN],
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_extremes_are_encoded_as_in_python(encoding, known):
    features = Features.learn(pa.table({"x": pa.array(known, from_pandas=True)}), numeric_encoding=encoding)
    graph = onnx_graph.Graph("float64")
    graph.output("probabilities", onnx_features.add(graph, features), "float64", ["n", features.n_out])
    largest = np.finfo(float).max
    x = np.array([*known, 0, 1, -1, 1e-310, 1e300, -1e300, largest, -largest, NAN])
    (found,) = session(graph.to_bytes("0", {})).run(None, {"x": np.r_[x, np.inf, -np.inf][:, None]})
    expected = features.transform(pa.table({"x": pa.array(x, from_pandas=True)}), "float64")
    assert found[:-2].tolist() == expected.tolist()
    ends = 3 if features.columns[0].encoding.scale else 0
    assert found[-2:, 0].tolist() == [ends, -ends]  # the graph refuses nothing
    assert found[-2:, 1:].tolist() == expected[[-3, -2], 1:].tolist()


@pytest.mark.parametrize("training", [
    ["a", "a", "b", "b", "c", None], ["a", "a", "b", "b", "c", "d"], ["a", "b", "c", "d", "e", None],
    ["", "", "b", "b", "c", "d"],
])  # fmt: skip
def test_rare_categories_are_joined_as_in_python(training):
    features = Features.learn(pa.table({"c": training}), min_frequency=2)
    assert features.columns[0].n_joined
    later = ["a", "b", "c", "z", "d"] + ([None] if "" not in training else [""])
    graph = onnx_graph.Graph("float64")
    graph.output("probabilities", onnx_features.add(graph, features), "float64", ["n", features.n_out])
    feed = columns({"c": ["" if value is None else value for value in later]})
    (found,) = session(graph.to_bytes("0", {})).run(None, feed)
    expected, _ = features.encode(pa.table({"c": later}), "float64")
    assert found.tolist() == expected.tolist()


def test_every_kind_of_column_has_a_form():
    assert set(onnx_features.KINDS) == set(COLUMNS)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_classifier_of_a_frame_agrees(tmp_path, dtype, encoding):
    y = np.array(["no", "yes", "no", "yes"])
    clf = trained(TRAINING, y, features=KINDS, dtype=dtype, numeric_encoding=encoding)
    agrees(clf, tmp_path / "m.onnx", LATER, columns(FEED))


def test_a_column_that_was_dropped_is_no_input(tmp_path):
    frame = pd.DataFrame({"a": ROWS[:, 0], "id": ["x"] * 60, "b": ROWS[:, 1]})
    clf = trained(frame, np.arange(60) % 3, features={"id": "drop"})
    agrees(clf, tmp_path / "m.onnx", frame, columns({"a": frame["a"].to_numpy(), "b": frame["b"].to_numpy()}))


def test_an_input_says_what_it_takes(tmp_path):
    clf = trained(TRAINING, [0, 1, 0, 1], features=KINDS)
    onnx_export.write(clf._model, tmp_path / "m.onnx")
    inputs = onnx.load(tmp_path / "m.onnx").graph.input
    assert [x.name for x in inputs] == TRAINING.column_names
    said = {x.name: x.doc_string for x in inputs}
    assert said["when"] == "dates: seconds since 1970, UTC where there is no zone, NaN where missing"
    assert said["zip"].startswith("text: text") and said["flag"].startswith("booleans: 0 or 1")
    assert all(x.shape == ["n", 1] for x in session(tmp_path / "m.onnx").get_inputs())


def test_names_of_columns_are_free_of_those_of_the_graph(tmp_path):
    names = ["Gemm", "1.W", "constant", "constant_1", "Cast_1", "X", "a b", "ü/\n", "Concat"]
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(60, len(names))), columns=names)
    clf = trained(frame, np.arange(60) % 3)
    feed = columns({name: frame[name].to_numpy() for name in names})
    agrees(clf, tmp_path / "m.onnx", frame, feed)


@pytest.mark.parametrize("name", ["label", "probabilities", ""])
def test_a_column_named_like_an_output_is_refused(tmp_path, name):
    clf = trained(pd.DataFrame({"a": ROWS[:, 0], name: ROWS[:, 1]}), np.arange(60) % 3)
    with pytest.raises(ValueError, match=f"the column {name!r} cannot be an input.*'label' and 'probabilities'"):
        onnx_export.write(clf._model, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_missing_text_that_cannot_be_told_from_a_category_is_refused(tmp_path):
    texts = np.array(["a", "", None], object)
    clf = trained(pd.DataFrame({"a": ROWS[:, 0], "t": np.resize(texts, 60)}), np.arange(60) % 2)
    with pytest.raises(ValueError, match="column 't' has missing values and the empty string as a category"):
        onnx_export.write(clf._model, tmp_path / "m.onnx")
    clf = trained(pd.DataFrame({"a": ROWS[:, 0], "t": np.resize(texts[:2], 60)}), np.arange(60) % 2)
    feed = columns({"a": [0.5] * 3, "t": ["", "a", "no such"]})
    _, p = outputs(clf, tmp_path / "m.onnx", feed)
    later = pd.DataFrame({"a": [0.5] * 3, "t": ["", "a", None]})
    np.testing.assert_allclose(p, clf.predict_proba(later), atol=1e-6)
    assert len(set(p[:, 0].tolist())) == 3


def single(feed, clf):
    """A feed with numbers and booleans as float32."""
    names = [column.name for column in clf.features_.columns if column.kind in ("numbers", "booleans", "nothing")]
    return {name: x.astype(np.float32) if name in names else x for name, x in columns(feed).items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_and_booleans_may_come_as_float32(tmp_path, dtype):
    clf = trained(TRAINING, np.array(["no", "yes", "no", "yes"]), features=KINDS, dtype=dtype)
    clf.to_onnx(tmp_path / "m.onnx", "float32")
    runs = session(tmp_path / "m.onnx")
    types = {x.name: x.type for x in runs.get_inputs()}
    assert types["age"] == types["flag"] == types["none"] == "tensor(float)"
    assert types["when"] == types["time"] == types["wait"] == "tensor(double)" and types["zip"] == "tensor(string)"
    label, p = runs.run(["label", "probabilities"], single(FEED, clf))  # all of its numbers are float32
    np.testing.assert_allclose(p, clf.predict_proba(LATER), rtol=0, atol=CLOSE[dtype])
    assert label.tolist() == clf.predict(LATER).tolist()
    clf.to_onnx(tmp_path / "m.onnx")
    with pytest.raises(Exception, match=r"Unexpected input data type.*tensor\(float\)"):
        session(tmp_path / "m.onnx").run(None, single(FEED, clf))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_numbers_that_stand_for_missing_ones_are_missing(tmp_path, encoding):
    """As in models of CSV tables that were read with --missing -999."""
    frame = pd.DataFrame({"a": np.where(np.arange(60) % 4 == 0, -999.0, ROWS[:, 0]), "b": ROWS[:, 1]})
    clf = trained(frame.replace(-999, np.nan), np.arange(60) % 3, numeric_encoding=encoding)
    clf.features_ = replace(clf.features_, spellings=Spellings(missing=("-999",)))
    agrees(clf, tmp_path / "m.onnx", frame, columns({name: frame[name].to_numpy() for name in frame}))


def test_missing_text_is_the_empty_string(tmp_path):
    """With and without missing values in training, and beside rare categories."""
    for texts in (["a", "b", None], ["a", "b", "b"]):
        for max_categories in (None, 2):
            frame = pd.DataFrame({"a": ROWS[:, 0], "t": np.resize(np.array([*texts, "c", "d"], object), 60)})
            clf = trained(frame, np.arange(60) % 2, max_categories=max_categories)
            later = pd.DataFrame({"a": [0.5] * 3, "t": ["a", None, "unknown"]})
            feed = columns({"a": [0.5] * 3, "t": ["a", "", "unknown"]})
            agrees(clf, tmp_path / "m.onnx", later, feed)
