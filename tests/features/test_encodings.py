"""Robust and piecewise-linear encodings of numbers, against NumPy, scikit-learn and exact fractions."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import KBinsDiscretizer, RobustScaler

from gpunn import MLPClassifier, load
from gpunn.data import read_table
from gpunn.features import Features, columns
from gpunn.features.encodings import MAX_BINS, RobustEncoding, bins_of_each, quantile_edges

NAN = float("nan")
MOST, LEAST = float(np.finfo(float).max), 5e-324
RNG = np.random.default_rng(0)
SKEWED = np.exp(2 * RNG.standard_normal(500))


def learned(encoding, **columns):
    return Features.learn(pa.table(columns), numeric_encoding=encoding)


def encoded(features, **columns):
    return features.transform(pa.table(columns), np.float64)


def clipped(z):
    return z / np.sqrt(1 + (z / 3) ** 2)


# Robust


def test_the_robust_output_is_the_clip_of_scikit_learns_robust_scaler():
    z = RobustScaler().fit_transform(SKEWED[:, None])
    assert abs(z).max() > 20  # else there is nothing to clip
    found = encoded(learned("robust", x=SKEWED), x=SKEWED)
    np.testing.assert_allclose(found, clipped(z), rtol=1e-13, atol=1e-15)
    assert abs(found).max() < 3


def test_half_of_the_range_is_the_scale_where_most_values_are_equal():
    x = np.r_[np.zeros(90), np.linspace(1, 8, 10)]
    [column] = learned("robust", x=x).columns
    assert (column.encoding.median, column.encoding.scale, column.encoding.edges) == (0, 4, ())
    assert encoded(learned("robust", x=x), x=[4.0, -4.0, 8.0])[:, 0] == pytest.approx(clipped(np.array([1, -1, 2])))


@pytest.mark.parametrize("value", [0.0, -7.25, 1e300, LEAST])
@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_a_constant_is_0_whatever_comes_later(encoding, value):
    features = learned(encoding, x=[value] * 5)
    assert encoded(features, x=[value, value + 1, -MOST, MOST]).tolist() == [[0]] * 4


def exact(x, known):
    """The robust output by fractions and one square root."""
    ordered = sorted(map(Fraction, known))

    def quantile(q):
        place = q * (len(ordered) - 1)
        low = math.floor(place)
        return ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])

    low, median, high = map(quantile, (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)))
    z = (Fraction(x) - median) / (high - low or (ordered[-1] - ordered[0]) / 2)
    if abs(z) <= 1:
        return float(z) / math.sqrt(1 + float(z / 3) ** 2)
    size = 1 / math.sqrt(float(1 / z) ** 2 + 1 / 9)  # 1 / z is a float where z is too large for one
    return size if z > 0 else -size


@pytest.mark.parametrize("known", [
    [1e300, -1e300, 2e299, 3.0, 5e298], [1.7e308, -1.7e308, 1.0, 2.0, -1.5e308], [MOST, MOST / 2, 1e308, 1.2e308, 0],
    [4e-320, 8e-320, -4e-320, 0, 2e-319], [1e-300, 2e-300, -1e-300, 1e300, 0], [1, 2, 3, 4, MOST],
    [1e16, 1e16 + 2, 1e16 + 4, 1e16 + 8, 1e16 + 20], [0] * 4 + [1e-310], [-MOST] * 4 + [0],
])  # fmt: skip
def test_extremes_are_finite_and_exact(known):
    later = [*known, MOST, -MOST, LEAST, 1.0, -3e-310, 1e300]
    features = learned("piecewise_linear", x=np.array(known, float))
    found = encoded(features, x=np.array(later, float))
    assert np.isfinite(found).all() and (abs(found) <= 3).all() and ((found[:, 1:] >= 0) & (found[:, 1:] <= 1)).all()
    assert found[:, 0] == pytest.approx([exact(x, known) for x in later], rel=1e-12, abs=1e-15)
    edges = list(map(Fraction, features.columns[0].encoding.edges))
    for x, row in zip(later, found[:, 1:], strict=True):
        bins = [(min(max(Fraction(x), a), b) - a) / (b - a) for a, b in itertools.pairwise(edges)]
        assert row == pytest.approx([float(value) for value in bins], rel=1e-12, abs=1e-15)


def test_a_range_beyond_the_largest_number_is_the_largest():
    x = [-MOST, -MOST, -MOST, 0.0, MOST, MOST, MOST]
    found = encoded(learned("robust", x=x), x=x)
    assert learned("robust", x=x).columns[0].encoding.scale == MOST
    assert found[:, 0] == pytest.approx(clipped(np.array([-1, -1, -1, 0, 1, 1, 1])))


def test_numbers_in_other_units_become_the_same():
    for encoding in ("robust", "piecewise_linear"):
        expected = encoded(learned(encoding, x=SKEWED), x=SKEWED)
        assert np.array_equal(encoded(learned(encoding, x=SKEWED * 2.0**40), x=SKEWED * 2.0**40), expected)
        assert np.allclose(encoded(learned(encoding, x=1 - SKEWED / 7), x=1 - SKEWED / 7)[:, 0], -expected[:, 0])


@pytest.mark.parametrize("known", [SKEWED, np.r_[np.zeros(90), np.linspace(1, 8, 10)], np.ones(3)])
def test_decoded_outputs_are_the_numbers(known):
    encoding = RobustEncoding.learn(known, 16)
    assert encoding.decode(encoding.encode(known)[:, 0]) == pytest.approx(known, rel=1e-9)
    ends = encoding.decode(np.float32([3, -3]))
    assert np.isfinite(ends).all() and ends[0] >= known.max() and ends[1] <= known.min()
    assert np.isfinite(RobustEncoding(-MOST, MOST).decode(np.array([3.0, -3.0]))).all()


# Bins


def test_each_bin_rises_from_0_to_1_between_its_edges():
    features = learned("piecewise_linear", x=SKEWED)
    x = np.r_[SKEWED, -5, 0, 1e9, RNG.random(50)]
    found, edges = encoded(features, x=x), features.columns[0].encoding.edges
    assert found.shape[1] == 1 + MAX_BINS == len(edges)
    for t in range(MAX_BINS):
        assert found[:, 1 + t] == pytest.approx(np.interp(x, edges[t : t + 2], [0, 1]), rel=1e-12, abs=1e-14)
    assert found[:, 1:].sum(axis=1) == pytest.approx(np.interp(x, edges, np.arange(len(edges))), rel=1e-12)
    assert np.array_equal(found[:, :1], encoded(learned("robust", x=SKEWED), x=x))


def test_edges_are_quantiles_that_occur():
    edges = quantile_edges(SKEWED, 16)
    assert edges == tuple(np.quantile(SKEWED, np.linspace(0, 1, 17), method="nearest")) and set(edges) <= set(SKEWED)
    theirs = KBinsDiscretizer(16, strategy="quantile", quantile_method="linear").fit(SKEWED[:, None]).bin_edges_[0]
    ranks = np.searchsorted(np.sort(SKEWED), edges), np.searchsorted(np.sort(SKEWED), theirs)
    assert abs(ranks[0] - ranks[1]).max() <= 1


@pytest.mark.parametrize("n_bins", [2, 3, 5, 16])
@pytest.mark.parametrize("seed", range(6))
def test_frequent_values_are_edges_of_their_own(seed, n_bins):
    rng = np.random.default_rng(seed)
    x = np.round(rng.gamma(1, [1, 3, 10][seed % 3], 200) * (rng.random(200) < 0.4), seed % 2)
    frequent = {value for value in x.tolist() if np.sum(x == value) > len(x) / n_bins}
    rest = [value for value in x.tolist() if value not in frequent]
    expected = {*frequent, x.min(), x.max()}
    if rest:
        expected |= set(np.quantile(rest, np.linspace(0, 1, n_bins + 1 - len(frequent)), method="nearest"))
    assert frequent and quantile_edges(x, n_bins) == tuple(sorted(expected))
    assert len(expected) <= n_bins + 1


@pytest.mark.parametrize("x", [[1.0, 2.0] * 9, [0.0] * 17 + [1.0], [3.0, NAN, 4.0], [5.0, NAN]])
def test_less_than_three_distinct_values_have_no_bins(x):
    assert learned("piecewise_linear", x=pa.array(x, from_pandas=True)) == learned(
        "robust", x=pa.array(x, from_pandas=True)
    )


def test_three_distinct_values_have_two_bins():
    features = learned("piecewise_linear", x=[1, 1, 1, 5, 2])
    assert features.columns[0].encoding.edges == (1, 2, 5)
    assert encoded(features, x=[1, 1.5, 2, 3.5, 9])[:, 1:].tolist() == [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]]


@pytest.mark.parametrize(("n_columns", "n_bins"), [
    (0, 16), (1, 16), (256, 16), (257, 15), (512, 8), (2048, 2), (2049, 0), (10**6, 0),
])  # fmt: skip
def test_wide_tables_have_fewer_bins(n_columns, n_bins):
    assert bins_of_each(n_columns) == n_bins
    assert bins_of_each(n_columns, 8) == min(n_bins, 8)
    assert bins_of_each(n_columns, 10**6) == (4096 // max(n_columns, 1) if n_bins else 0)
    assert n_columns * n_bins <= 4096


@pytest.mark.parametrize("max_bins", [2, 8, 48])
def test_the_largest_number_of_bins_can_be_set(tmp_path, max_bins):
    X, y = np.random.default_rng(0).random((300, 1)), np.arange(300) % 2
    settings = {"features": "all", "numeric_encoding": "piecewise_linear", "max_bins": max_bins, "max_iter": 1}
    with pytest.warns(ConvergenceWarning):
        clf = MLPClassifier((2,), **settings, random_state=0).fit(X, y)
    assert len(clf.features_.columns[0].encoding.edges) == max_bins + 1 == clf.network_.sizes[0]
    clf.save(tmp_path / "m.gpunn")
    assert np.array_equal(load(tmp_path / "m.gpunn").predict_proba(X), clf.predict_proba(X))


@pytest.mark.parametrize("max_bins", [1, 0, -3])
def test_a_wrong_number_of_bins_is_refused_by_name(max_bins):
    with pytest.raises(ValueError, match=re.escape(f"max_bins={max_bins!r} is not allowed; give an integer of at")):
        Features.learn(pd.DataFrame({"x": [1.0, 2.0, 3.0]}), numeric_encoding="piecewise_linear", max_bins=max_bins)


def test_only_numeric_columns_with_values_count_for_the_bins():
    wide = {f"x{j}": np.sqrt(np.arange(40)) for j in range(300)}
    others = {"c": ["a"] * 40, "nothing": pa.nulls(40), "zip": np.arange(40) % 20}
    table = pa.table({**wide, **others})
    features = Features.learn(table, {"zip": "text"}, numeric_encoding="piecewise_linear")
    assert features.n_out == 300 * (1 + 4096 // 300) + 1 + 1 + 20
    assert features.names_out[:2] == ("x0", "x0 bin 1") and "nothing bin 1" not in features.names_out


# Columns and tables


@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_missing_values_are_zeros_and_the_last_output(encoding):
    x = pa.array([1.0, None, 3.0, 10.0, NAN, 4.0], from_pandas=True)
    features = learned(encoding, x=x, y=[1, 2, 3, 4, 5, 6])
    known = learned(encoding, x=[1.0, 3.0, 10.0, 4.0])
    width = known.n_out
    found = encoded(features, x=x, y=[1, 2, 3, 4, 5, 6])
    assert features.names_out == (*known.names_out, "x is missing", *learned(encoding, y=[1, 2, 3, 4, 5, 6]).names_out)
    assert np.array_equal(found[[0, 2, 3, 5], :width], encoded(known, x=[1.0, 3.0, 10.0, 4.0]))
    assert found[[1, 4], :width].tolist() == [[0] * width] * 2
    assert found[:, width].tolist() == [0, 1, 0, 0, 1, 0]
    assert encoded(known, x=pa.array([None], pa.float64())).tolist() == [[0] * width]


def test_dates_are_encoded_by_their_seconds():
    days = [dt.date(2024, 1, 1), dt.date(2024, 1, 3), dt.date(2024, 1, 4), dt.date(2024, 3, 1), None]
    seconds = [(day - dt.date(1970, 1, 1)).total_seconds() for day in days[:-1]]
    found = encoded(learned("piecewise_linear", x=days), x=days[:-1])
    assert np.array_equal(found[:, :-1], encoded(learned("piecewise_linear", x=seconds), x=seconds))
    said = str(learned("piecewise_linear", x=days))
    assert "dates  clipped smoothly, median 2024-01-03, scale 15.75 days; 3 bins; missing known" in said
    waits = str(learned("robust", x=pa.array([0, 2, 4], pa.duration("s"))))
    assert "clipped smoothly, median 2 s, scale 2 s" in waits and "bins" not in waits


def test_rows_are_encoded_one_by_one_and_in_blocks(monkeypatch):
    table = pa.table({"a": SKEWED, "b": np.where(SKEWED > 1, NAN, SKEWED), "c": ["x", "y"] * 250})
    features = Features.learn(table, numeric_encoding="piecewise_linear")
    whole = features.transform(table, np.float64)
    assert np.array_equal(np.concatenate([features.transform(table.slice(i, 1), "float64") for i in range(500)]), whole)
    monkeypatch.setattr(columns, "BLOCK", 7)
    assert np.array_equal(features.transform(table, np.float64), whole)
    single = features.transform(table)
    assert single.dtype == np.float32 and np.array_equal(single, whole.astype(np.float32))


def test_values_far_from_training_are_told_alike():
    later = pa.table({"x": [1.0, 1e6, -1e300]})
    told = {}
    for encoding in ("standard", "robust", "piecewise_linear"):
        _, [novelty] = learned(encoding, x=np.arange(9.0)).encode(later, "float64")
        told[encoding] = novelty.new.tolist(), str(novelty.warning())
    assert told["standard"] == told["robust"] == told["piecewise_linear"] and told["robust"][0] == [False, True, True]


@pytest.mark.parametrize(("encoding", "substitute"), [("robust", "the median"), ("piecewise_linear", "zeros")])
def test_a_column_that_is_missing_later_is_told(encoding, substitute):
    _, [novelty] = learned(encoding, x=np.arange(9.0)).encode(pa.table({"x": pa.nulls(10, pa.float64())}))
    assert f"each is taken for {substitute}." in str(novelty.warning())


@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_the_range_of_float32_is_no_limit(encoding):
    features = learned(encoding, x=[1.0, 2.0, 4.0])
    assert features.transform(pa.table({"x": [1e300, -1e300]}))[:, 0].tolist() == [3, -3]
    with pytest.raises(ValueError, match="row 2: inf is not a finite number"):
        features.transform(pa.table({"x": [1.0, math.inf]}))
    both = Features(learned("standard", y=[1.0, 2.0, 4.0]).columns + features.columns)
    with pytest.raises(ValueError, match="column 'y', row 1: 1e\\+300 is too far"):
        both.transform(pa.table({"x": [1e300], "y": [1e300]}))


@pytest.mark.parametrize("encoding", ["minmax", "", None, ["robust"]])
def test_other_encodings_are_refused(encoding):
    with pytest.raises(ValueError, match=r"numeric_encoding=.* use one of 'standard', 'robust', 'piecewise_linear'"):
        Features.learn(pa.table({"x": [1.0, 2.0]}), numeric_encoding=encoding)


# Files


@pytest.mark.parametrize("encoding", ["standard", "robust", "piecewise_linear"])
def test_a_file_gives_back_the_same_features(encoding):
    scales = 10.0 ** np.arange(-300, 300, 40)
    table = pa.table({f"x{j}": SKEWED * scale for j, scale in enumerate(scales)} | {"c": ["a", None] * 250})
    features = Features.learn(table, numeric_encoding=encoding)
    form = json.loads(json.dumps(features.to_dict(), allow_nan=False))
    again = Features.from_dict(form)
    assert again == features and again.to_dict() == form
    assert np.array_equal(again.transform(table, np.float64), features.transform(table, np.float64))
    keys = {"name", "kind", "mean", "scale", "missing", "forced", "zoned"}  # as before there were encodings
    assert set(form["columns"][0]) == (keys if encoding == "standard" else keys | {"encoding"})


FORM = {"name": "x", "kind": "dates", "mean": 0.5, "scale": 2.0, "missing": False, "forced": False, "zoned": False}
ENCODING = {"median": 1.0, "scale": 0.0, "edges": [1.0, 2.0, 4.0]}


@pytest.mark.parametrize(("key", "value"), [
    ("median", NAN), ("median", 1), ("median", 1e300), ("scale", -1.0), ("scale", math.inf), ("scale", None),
    ("edges", None), ("edges", [1.0]), ("edges", [1.0, 1.0]), ("edges", [2.0, 1.0]), ("edges", [1, 2]),
    ("edges", [0.0, math.inf]), ("edges", [float(i) for i in range(4098)]), ("edges", {"1": 2}), ("more", 1),
])  # fmt: skip
def test_forged_encodings_are_refused_by_key(key, value):
    def read(encoding, **changes):
        column = FORM | {"encoding": encoding} | changes
        words = {"missing": [], "not_missing": [], "decimal": "."}
        return Features.from_dict({"columns": [column], "spellings": words})

    assert read(ENCODING).columns[0].encoding == RobustEncoding(1.0, 0.0, (1.0, 2.0, 4.0))
    with pytest.raises(ValueError, match=rf"columns\[0\], encoding.*key '{key}'"):
        read(ENCODING | {key: value})
    with pytest.raises(ValueError, match=r"columns\[0\], encoding: the key 'scale' is missing"):
        read({"median": 1.0, "edges": []})
    with pytest.raises(ValueError, match="key 'encoding': a column without values has none"):
        read(ENCODING, kind="nothing")
    for encoding in (None, [], "robust"):
        with pytest.raises(ValueError, match=r"columns\[0\], encoding"):
            read(encoding)


# Estimators


@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_a_classifier_encodes_and_keeps_its_encoding(tmp_path, encoding):
    frame = pd.DataFrame({"x": SKEWED, "y": np.where(SKEWED > 3, np.nan, SKEWED), "c": ["a", "b"] * 250})
    y = (SKEWED > 0.5) & (SKEWED < 2)
    clf = MLPClassifier((8,), numeric_encoding=encoding, solver="lbfgs", max_iter=30, random_state=0, tol=0.1)
    clf.fit(frame, y)
    expected = Features.learn(frame, numeric_encoding=encoding)
    assert clf.features_ == expected and clf.coefs_[0].shape[0] == expected.n_out
    matrix = MLPClassifier(**{**clf.get_params(), "numeric_encoding": "standard"})
    matrix.fit(expected.transform(frame), y)
    assert np.array_equal(matrix.theta_, clf.theta_)
    clf.save(tmp_path / "m.gpunn")
    again = load(tmp_path / "m.gpunn")
    assert again.numeric_encoding == encoding and again.features_ == expected
    assert np.array_equal(again.predict_proba(frame), clf.predict_proba(frame))


def test_bins_let_a_network_without_hidden_layers_learn_an_interval():
    frame = pd.DataFrame({"x": SKEWED})
    y = (SKEWED > 0.5) & (SKEWED < 2)
    score = {}
    for encoding in ("standard", "piecewise_linear"):
        clf = MLPClassifier((), numeric_encoding=encoding, solver="lbfgs", max_iter=500, random_state=0)
        score[encoding] = clf.fit(frame, y).score(frame, y)
    assert score["standard"] < 0.75 < 0.95 < score["piecewise_linear"]


def test_text_that_becomes_numbers_is_encoded(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,c\n" + "".join(f"{x},{'u' * (i % 2)}\n" for i, x in enumerate([1, 2, 3, "", 9, -999])))
    table = read_table(path)
    features = Features.learn(table, numeric_encoding="piecewise_linear")
    assert features.columns[0].encoding == RobustEncoding(2.0, 2.0, (-999.0, 1.0, 2.0, 3.0, 9.0))
    assert features.columns[0].missing
