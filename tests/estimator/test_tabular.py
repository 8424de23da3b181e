"""TabularClassifier: a sound model, or an error that says why, whatever the table."""

from __future__ import annotations

import pickle
import time
import warnings
from contextlib import nullcontext

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import gpunn
from gpunn import MLPClassifier, TabularClassifier
from gpunn.config import presets
from gpunn.config.constraints import ParameterError
from gpunn.features import FeatureWarning
from gpunn.optim.schedules import CosineLog

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def people(n=300, seed=0):
    """A frame with numbers, categories and missing values, of which some tell the label."""
    rng = np.random.default_rng(seed)
    age, income = rng.normal(45, 12, n), rng.lognormal(8, 1, n)
    town = rng.choice(["Bern", "Chur", "Genf", "Lugano"], n)
    leaves = (age > 45) ^ (town == "Genf") ^ (rng.random(n) < 0.05)
    X = pd.DataFrame({"age": age, "income": income, "town": town, "since": pd.Timestamp("2020-01-01")})
    X.loc[rng.random(n) < 0.1, ["income", "town"]] = None
    return X, np.where(leaves, "leaves", "stays")


NO_EQUAL_WEIGHTS = dict.fromkeys(
    ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"),
    "folds and quantiles are those of the rows, however often a weight counts them",
)


@pytest.mark.filterwarnings("ignore")  # the checks warn on purpose: few iterations, few rows
def test_scikit_learn_finds_no_fault():
    results = check_estimator(
        TabularClassifier(n_members=2), on_fail=None, on_skip=None, expected_failed_checks=NO_EQUAL_WEIGHTS
    )
    assert [r for r in results if r["status"] == "failed"] == []
    assert {r["check_name"] for r in results if r["status"] == "xfail"} <= set(NO_EQUAL_WEIGHTS)
    assert sum(r["status"] == "passed" for r in results) >= 55


@pytest.mark.parametrize(("n_rows", "n_columns", "n_bins"), [
    (0, 0, 16), (50, 5, 16), (3200, 5, 16), (3399, 5, 16), (3400, 5, 17), (9600, 10, 48), (10**6, 10, 48),
    (9600, 16, 32), (9600, 31, 16), (9600, 5000, 16),
])  # fmt: skip
def test_the_best_preset_has_more_bins_where_rows_are_many_and_columns_few(n_rows, n_columns, n_bins):
    assert presets.parameters("best", n_rows, n_columns)["max_bins"] == n_bins
    assert presets.parameters("fast", n_rows, n_columns)["max_bins"] == 16


@pytest.mark.parametrize(("n_rows", "n_epochs", "patience"), [(1000, 128, 32), (400_000, 32, 8), (10**8, 8, 2)])
def test_the_patience_of_a_preset_is_a_quarter_of_its_epochs(n_rows, n_epochs, patience):
    found = presets.parameters("best", n_rows, 5)
    assert (found["max_iter"], found["n_iter_no_change"]) == (n_epochs, patience)


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_a_frame_is_learned_as_it_is(preset):
    X, y = people(600)
    clf = TabularClassifier(preset=preset, random_state=0).fit(X[:450], y[:450])
    assert clf.score(X[450:], y[450:]) > 0.85
    assert log_loss(y[450:], clf.predict_proba(X[450:])) < 0.4
    assert clf.oof_score_ == pytest.approx(np.mean(clf.classes_[clf.oof_proba_.argmax(axis=1)] == y[:450]))
    assert clf.oof_score_ > 0.85
    members = clf.predict_member_proba(X[450:])
    assert len(members) == presets.PRESETS[preset].n_members
    np.testing.assert_allclose(members.mean(axis=0), clf.predict_proba(X[450:]), rtol=1e-5, atol=1e-7)
    assert [*clf.feature_names_in_] == [*X.columns] and clf.n_features_in_ == 4


def test_where_all_is_learned_no_further_cycle_of_the_learning_rate_begins():
    X = np.random.default_rng(0).normal(size=(400, 3))
    y = X[:, 0] > 0
    X[:, 0] += np.where(y, 1, -1)
    history = TabularClassifier(preset="best", n_members=2, random_state=0).fit(X, y).history_
    n_epochs = presets.PRESETS["best"].n_epochs
    assert history.stopped == "validation" and history.validation_score[history.best] == 1
    assert n_epochs / 4 < history.n_iter - 1 - history.best and history.n_iter < n_epochs
    assert not CosineLog(1.0, n_epochs).in_cycle(history.n_iter)


def test_neither_a_fit_nor_a_resumed_one_warns_of_its_last_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "PATIENCE", 1)  # so that all epochs are trained
    X, y = people(300)
    run = tmp_path / "run"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = TabularClassifier(n_members=2, random_state=0, checkpoint=run, checkpoint_every=39).fit(X, y)
        max(run.iterdir()).unlink()
        resumed = TabularClassifier.resume(run, X, y)
    assert clf.history_.stopped == resumed.history_.stopped == "max_iter"


def test_what_is_no_table_is_refused_as_by_the_network():
    for X in {"a": [1, 2]}, [1.0, 2.0], [[]], [], np.zeros((2, 0)), np.zeros(()), object():
        with pytest.raises((TypeError, ValueError)):
            TabularClassifier().fit(X, [0, 1])


def test_an_array_is_encoded_like_a_frame_of_its_columns():
    X, y = load_iris(return_X_y=True)
    X[::7, 1] = np.nan
    frame = pd.DataFrame(X, columns=["x0", "x1", "x2", "x3"])
    a = TabularClassifier(random_state=0).fit(X, y)
    b = TabularClassifier(random_state=0).fit(frame, y)
    assert np.array_equal(a.predict_proba(X), b.predict_proba(frame))
    assert a.score(X, y) > 0.9
    assert a.features_ == b.features_


def test_it_is_the_classifier_that_it_shows():
    X, y = people()
    clf = TabularClassifier(metric="log_loss", random_state=3, n_members=4).fit(X, y)
    again = clone(clf.classifier_).fit(X, y)
    assert isinstance(again, MLPClassifier)
    assert np.array_equal(again.predict_proba(X), clf.predict_proba(X))
    assert again.scoring == "neg_log_loss"


def test_the_time_limit_holds(monkeypatch):
    X, y = people(3000)
    began = time.perf_counter()
    clf = TabularClassifier(preset="best", time_limit=0.5, random_state=0).fit(X, y)
    assert clf.history_.stopped == "time_limit" and clf.history_.n_iter < presets.PRESETS["best"].n_epochs
    assert time.perf_counter() - began > 0.5
    assert np.isfinite(clf.predict_proba(X)).all()


@pytest.mark.parametrize("n_members", [1, 2, 3, 5])
def test_any_number_of_members(n_members):
    X, y = people()
    clf = TabularClassifier(n_members=n_members, random_state=0).fit(X, y)
    assert clf.predict_member_proba(X).shape == (n_members, len(X), 2)
    assert hasattr(clf, "oof_score_") == (n_members > 1)
    assert clf.temperature_ > 0


def test_it_is_saved_pickled_resumed_and_exported(tmp_path):
    X, y = people()
    clf = TabularClassifier(random_state=0, checkpoint=tmp_path / "run", checkpoint_every=10).fit(X, y)
    p = clf.predict_proba(X)
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(X), p)
    clf.save(tmp_path / "m.gpunn")
    assert np.array_equal(gpunn.load(tmp_path / "m.gpunn").predict_proba(X), p)
    resumed = TabularClassifier.resume(tmp_path / "run", X, y)
    assert np.array_equal(resumed.predict_proba(X), p) and resumed.oof_score_ == clf.oof_score_
    assert resumed.get_params() == clf.get_params()
    clf.to_numpy(tmp_path / "exported.py")
    names: dict = {}
    exec(compile((tmp_path / "exported.py").read_text(), str(tmp_path / "exported.py"), "exec"),
         {"__file__": str(tmp_path / "exported.py"), "__name__": "exported"} | names)  # fmt: skip


@pytest.mark.parametrize("empty", [np.zeros((0, 2), object), np.zeros((0, 2)), np.zeros((0, 2), "U1")])
def test_no_rows_are_an_error(empty):
    rows = np.array([["a", 1], ["b", 2], ["a", 3], ["b", 4]] * 5, object)
    clf = TabularClassifier(n_members=1, random_state=0).fit(rows, [0, 1, 0, 1] * 5)
    with pytest.raises(ValueError, match=r"X has no rows|0 sample"):
        clf.predict(empty)
    with pytest.raises(ValueError, match="matrix of numbers or objects is needed"):
        clf.classifier_.predict(np.array("a", object))


def test_a_log_loss_of_exclusive_classes_does_not_score_labels():
    X, Y = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    with pytest.raises(ValueError, match=r"metric='log_loss'\) takes the labels of a row for exclusive classes"):
        TabularClassifier(metric="log_loss").fit(X, Y)
    assert TabularClassifier(metric="roc_auc", n_members=2, random_state=0).fit(X, Y).oof_score_ > 0.6


@pytest.mark.parametrize("metric", ["log_loss", "f1_macro"])
def test_a_resumed_classifier_has_the_parameters_of_its_fit(tmp_path, metric):
    X, y = people(100)
    settings = {"preset": "best", "metric": metric, "n_members": 2, "time_limit": 60, "random_state": 7}
    clf = TabularClassifier(checkpoint=tmp_path / "run", checkpoint_every=20, **settings).fit(X, y)
    resumed = TabularClassifier.resume(tmp_path / "run", X, y)
    found = resumed.get_params()
    assert {name: found[name] for name in settings} == settings
    again = clone(resumed).set_params(checkpoint=None).fit(X, y)
    assert np.array_equal(again.predict_proba(X), clf.predict_proba(X))


def test_a_folder_of_another_classifier_is_refused(tmp_path):
    X, y = people(100)
    MLPClassifier((3,), max_iter=2, n_iter_no_change=np.inf, checkpoint=tmp_path / "run").fit(X, y)
    before = sorted(path.name for path in (tmp_path / "run").iterdir())
    with pytest.raises(ValueError, match=r"no checkpoint of a TabularClassifier.*MLPClassifier\.resume"):
        TabularClassifier.resume(tmp_path / "run", X, y)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == before


# Unusual tables


def hostile(name):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=200)
    informative = y + rng.normal(0, 0.3, 200)
    if name == "constant columns":
        return np.stack([informative, np.full(200, 7.0), np.zeros(200)], axis=1), y, 0.9
    if name == "duplicate columns":
        return np.stack([informative] * 5, axis=1), y, 0.9
    if name == "half missing":
        X = np.stack([y + rng.normal(0, 0.3, 200) for _ in range(6)], axis=1)
        X[rng.random(X.shape) < 0.5] = np.nan
        return X, y, 0.9
    if name == "a column without a value":
        return np.stack([informative, np.full(200, np.nan)], axis=1), y, 0.9
    if name == "heavy tails":
        return (
            np.stack([informative, 1e30 * rng.standard_cauchy(200), rng.choice([1e300, -1e300], 200)], axis=1),
            y,
            0.9,
        )
    if name == "wide":
        X = rng.normal(size=(200, 3000))
        X[:, :5] += 2 * y[:, None]
        return X, y, 0.9
    if name == "identifiers":
        return pd.DataFrame({"x": informative, "id": [f"row {i}" for i in range(200)]}), y, 0.9
    if name == "two rows a class":
        labels = np.repeat(np.arange(40), 2)
        return labels[:, None] + rng.normal(0, 0.01, (80, 1)), labels, 0.0
    if name == "a hundred classes":
        labels = np.repeat(np.arange(100), 10)
        return np.stack([labels % 10, labels // 10], axis=1) + rng.normal(0, 0.1, (1000, 2)), labels, 0.8
    if name == "few rows":
        return informative[:12, None], y[:12], 0.5
    raise KeyError(name)


@pytest.mark.parametrize(
    "name",
    [
        "constant columns", "duplicate columns", "half missing", "a column without a value", "heavy tails", "wide",
        "identifiers", "two rows a class", "a hundred classes", "few rows",
    ],
)  # fmt: skip
def test_unusual_tables_give_a_sound_model(name):
    X, y, score = hostile(name)
    said = (
        pytest.warns(FeatureWarning, match="another value in each of 200 rows")
        if name == "identifiers"
        else nullcontext()
    )
    with said:
        clf = TabularClassifier(random_state=0).fit(X, y)
    p = clf.predict_proba(X)
    assert np.isfinite(p).all() and np.allclose(p.sum(axis=1), 1, atol=1e-5)
    assert clf.score(X, y) >= score


def test_ten_thousand_categories_are_joined_to_those_that_are_frequent():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=12_000)
    X = pd.DataFrame(
        {"x": y + rng.normal(0, 0.4, len(y)), "code": np.char.add("c", rng.integers(10_000, size=len(y)).astype(str))}
    )
    X.loc[:2999, "code"] = np.where(y[:3000] == 1, "often yes", "often no")
    clf = TabularClassifier(random_state=0, time_limit=20).fit(X, y)
    assert clf.classifier_.network_.sizes[0] <= 1100
    assert clf.score(X, y) > 0.85


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"preset": "slow"}, ParameterError, "preset='slow'.*'fast', 'best'"),
        ({"n_members": 0}, ParameterError, "n_members=0"),
        ({"metric": "loss"}, ParameterError, "metric='loss'"),
        ({"metric": "r2"}, ParameterError, "metric='r2'"),
        ({"time_limit": -1}, ParameterError, "time_limit=-1"),
        ({"device": "tpu"}, ValueError, "tpu"),
        ({"random_state": "x"}, ValueError, "seed"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(settings, error, said):
    X, y = people(60)
    clf = TabularClassifier(**settings)
    with pytest.raises(error, match=said):
        clf.fit(X, y)
    assert not hasattr(clf, "classes_")


def test_it_works_in_searches():
    X, y = people()
    assert cross_val_score(TabularClassifier(n_members=2, random_state=0), X, y, cv=3).mean() > 0.8


def test_the_same_seed_gives_the_same_bits():
    X, y = people()
    a, b = (TabularClassifier(random_state=1).fit(X, y).predict_proba(X) for _ in range(2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, TabularClassifier(random_state=2).fit(X, y).predict_proba(X))


def test_forms_of_arrow_are_read_and_lazy_frames_refused_by_name():
    table = pa.table({"a": np.arange(60.0) % 7, "b": np.arange(60.0) % 5})
    y = np.arange(60) % 7 > 3
    expected = TabularClassifier(random_state=0, n_members=2).fit(table, y).predict_proba(table)
    found = TabularClassifier(random_state=0, n_members=2).fit(table.to_reader(), y)
    np.testing.assert_array_equal(found.predict_proba(table), expected)
    with pytest.raises(TypeError, match=r"X is lazy.*X\.collect\(\)"):
        TabularClassifier().fit(pl.DataFrame({"a": [1.0, 2.0]}).lazy(), [0, 1])
