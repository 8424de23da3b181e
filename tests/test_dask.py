"""Trainings and predictions of Dask collections, on a cluster of two workers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dask
import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

import gpunn
from gpunn import MLPClassifier, TabularClassifier
from gpunn.data import part_surveys, survey
from gpunn.devices import DeviceUnavailableError
from gpunn.devices.ranks import RanksUnavailableError
from gpunn.training.full_batch import FullBatch
from gpunn.training.shares import seed_of_share, share_parts

pytest.importorskip("distributed", reason="Dask's distributed scheduler is not installed (gpunn[dask])")
da = pytest.importorskip("dask.array", reason="Dask's arrays are not installed (gpunn[dask])")
dd = pytest.importorskip("dask.dataframe", reason="Dask's data frames are not installed (gpunn[dask])")

from distributed import Client, LocalCluster  # noqa: E402 - where it is installed

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


def cluster_of(n_workers, **settings):
    return LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", **settings)


@pytest.fixture(scope="module")
def client():
    with cluster_of(2) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def client_of_one():
    with cluster_of(1) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def matrix():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 6))
    return X, (X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=600) > 0).astype(int) + (X[:, 2] > 1)


@pytest.fixture(scope="module")
def frame(matrix):
    X, y = matrix
    table = pd.DataFrame(X, columns=list("abcdef"))
    table["kind"] = np.array(["red", "green", "blue"])[np.arange(600) % 3]
    table.loc[::7, "b"] = np.nan
    table["label"] = np.array(["no", "yes", "perhaps"])[y]
    return table


def arrays(*parts, chunk=130):
    return [da.from_array(part, chunks=(chunk, *part.shape[1:])) for part in parts]


SETTINGS = {"hidden_layer_sizes": (8,), "activation": "tanh", "dtype": "float64", "random_state": 0}


# Full batch: a map and a sum


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bfgs", "gd"])
def test_a_full_batch_training_ends_with_the_weights_of_one_in_memory(client, matrix, solver, weighted):
    X, y = matrix
    weight = np.linspace(0, 2, 600) if weighted else None
    settings = {**SETTINGS, "solver": solver, "max_iter": 12, "alpha": 0.1, "compile": solver == "lbfgs"}
    if weighted:
        dX, dy, dw = arrays(X, y, weight)
    else:
        (dX, dy), dw = arrays(X, y), None
    clf = MLPClassifier(**settings).fit(dX, dy, dw)
    alone = MLPClassifier(**settings).fit(X, y, weight)
    np.testing.assert_allclose(clf.theta_, alone.theta_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(clf.loss_curve_, alone.loss_curve_, rtol=1e-10)
    assert "the gradients of 2 Dask tasks are summed" in clf.history_.path
    assert clf.history_.path.startswith("compiled" if solver == "lbfgs" else "arrays")
    assert clf.t_ == alone.t_ and clf.history_.evaluations == alone.history_.evaluations


def test_the_same_fit_has_the_same_bits(client, matrix):
    dX, dy = arrays(*matrix)
    for solver in ("lbfgs", "adam"):
        settings = {**SETTINGS, "solver": solver, "max_iter": 4}
        first, second = (MLPClassifier(**settings).fit(dX, dy) for _ in range(2))
        np.testing.assert_array_equal(first.theta_, second.theta_)


# Minibatches: local SGD

METHODS = [
    {"solver": "sgd"},
    {"solver": "adam", "dropout": 0.3, "compile": True},
    {"solver": "adamw", "ema_decay": 0.9, "learning_rate": "cosine", "compile": True},
    {"solver": "muon"},
    {"solver": "schedule_free_adamw", "n_members": 2},
    {"solver": "adam", "shuffle": False, "batch_size": 64},
]


@pytest.mark.parametrize("settings", METHODS, ids=lambda settings: settings["solver"])
def test_local_sgd_of_one_task_is_the_training_in_memory(client_of_one, matrix, settings):
    X, y = matrix
    settings = {**SETTINGS, "max_iter": 5, "batch_size": 32, "local_steps": 7, **settings}
    with client_of_one.as_current():
        clf = MLPClassifier(**settings).fit(*arrays(X, y))
    alone = MLPClassifier(**settings).fit(X, y)
    np.testing.assert_allclose(clf.theta_, alone.theta_, rtol=0, atol=1e-12)
    assert clf.history_.cost == pytest.approx(alone.history_.cost, rel=1e-12)
    assert clf.history_.learning_rate == alone.history_.learning_rate
    assert clf.history_.validation_score == alone.history_.validation_score
    assert "local SGD of 1 Dask task, averaged every 7 steps" in clf.history_.path


def test_local_sgd_averages_trainings_from_the_same_weights(client, matrix):
    """Two shares of whole batches, averaged after each epoch: the mean of two trainings of one epoch each."""
    X, y = matrix
    settings = {**SETTINGS, "solver": "sgd", "momentum": 0.0, "batch_size": 50, "local_steps": 6, "shuffle": False}
    clf = MLPClassifier(**settings, max_iter=3).fit(*arrays(X, y, chunk=300))
    theta = MLPClassifier(**settings, max_iter=1, learning_rate_init=1e-300).fit(X, y).theta_
    for _ in range(3):
        ends = []
        for half in (slice(300), slice(300, 600)):
            part = MLPClassifier(**settings, max_iter=1, warm_start=True).fit(X[half], y[half])
            part.theta_ = theta.copy()
            ends.append(part.fit(X[half], y[half]).theta_)
        theta = (ends[0] + ends[1]) / 2
    np.testing.assert_allclose(clf.theta_, theta, rtol=0, atol=1e-12)


def test_unequal_shares_count_by_their_rows(client, matrix):
    X, y = matrix
    dX, dy = da.from_array(X, chunks=((400, 200), 6)), da.from_array(y, chunks=((400, 200),))
    settings = {**SETTINGS, "solver": "sgd", "batch_size": 100, "local_steps": 3, "max_iter": 1}
    clf = MLPClassifier(**settings).fit(dX, dy)
    # Rounds of 300 and 200 rows, and then of 100 and none.
    assert clf.t_ == 600 and clf.history_.evaluations == 4 and np.isfinite(clf.theta_).all()


def test_a_share_counts_by_the_weights_of_its_rows(client, matrix):
    X, y = matrix
    weight = np.repeat([0.0, 1.0], 300)
    settings = {**SETTINGS, "solver": "sgd", "batch_size": 50, "shuffle": False, "max_iter": 3, "alpha": 0.0}
    clf = MLPClassifier(**settings).fit(*arrays(X, y, weight, chunk=300))
    half = MLPClassifier(**settings).fit(X[300:], y[300:])
    np.testing.assert_allclose(clf.theta_, half.theta_, rtol=0, atol=1e-12)
    np.testing.assert_allclose(clf.history_.cost, half.history_.cost, rtol=1e-12)


def test_where_memory_runs_out_a_share_goes_on_by_arrays(client, matrix):
    def limited():
        FullBatch.function, FullBatch.whole = short_of_memory, FullBatch.function

    def restored():
        FullBatch.function = FullBatch.whole

    def short_of_memory(*arguments):
        raise MemoryError("none left")

    settings = {**SETTINGS, "solver": "lbfgs", "max_iter": 5, "compile": True}
    whole = MLPClassifier(**settings).fit(*matrix)
    client.run(limited)
    try:
        with pytest.warns(RuntimeWarning, match="memory ran out"):
            clf = MLPClassifier(**settings).fit(*arrays(*matrix))
    finally:
        client.run(restored)
    np.testing.assert_allclose(clf.theta_, whole.theta_, rtol=0, atol=1e-9)


def test_local_sgd_learns(client):
    X, y = load_digits(return_X_y=True)
    clf = MLPClassifier((64,), batch_size=32, max_iter=15, random_state=0).fit(*arrays(X / 16, y, chunk=300))
    assert clf.score(X / 16, y) > 0.95


def test_shares_have_seeds_of_their_own():
    assert seed_of_share(5, 0) == 5 and seed_of_share((5, 6), 0) == (5, 6)
    seeds = [seed_of_share(5, i) for i in range(100)] + [*seed_of_share((6, 7), 1)]
    assert len(set(seeds)) == 102


@pytest.mark.parametrize("n_shares", [1, 2, 3, 7])
def test_shares_are_consecutive_partitions_of_about_as_many_rows(n_shares):
    rng = np.random.default_rng(0)
    for n_parts in (1, 2, 5, 40):
        rows = rng.integers(0, 50, n_parts).tolist()
        rows[0] = 9
        shares = share_parts(rows, n_shares)
        assert [i for own in shares for i in own] == [i for i, n in enumerate(rows) if n]
        assert len(shares) == min(n_shares, np.count_nonzero(rows)) and all(shares)
        if n_parts == 40:
            assert max(sum(rows[i] for i in own) for own in shares) <= sum(rows) / len(shares) + 50


# Data frames


def test_a_frame_is_encoded_where_it_lies(client, frame):
    table = dd.from_pandas(frame, npartitions=5)
    settings = {**SETTINGS, "solver": "lbfgs", "max_iter": 10}
    clf = MLPClassifier(**settings).fit(table.drop(columns="label"), table["label"])
    alone = MLPClassifier(**settings).fit(frame.drop(columns="label"), frame["label"])
    np.testing.assert_allclose(clf.theta_, alone.theta_, rtol=0, atol=1e-9)
    assert clf.classes_.tolist() == ["no", "perhaps", "yes"]
    assert clf.feature_names_in_.tolist() == alone.feature_names_in_.tolist()
    by_name = MLPClassifier(**settings).fit(table, "label")
    np.testing.assert_array_equal(by_name.theta_, clf.theta_)
    proba = clf.predict_proba(table.drop(columns="label"))
    assert isinstance(proba, da.Array) and proba.dtype == np.float64 and proba.shape[1] == 3
    np.testing.assert_allclose(proba.compute(), alone.predict_proba(frame.drop(columns="label")), atol=1e-9)
    assert clf.score(table, "label") == clf.score(frame.drop(columns="label"), frame["label"])


def test_columns_are_learned_from_a_sample_that_is_drawn_from_all_partitions(matrix, monkeypatch):
    X, y = matrix
    monkeypatch.setattr(survey, "SAMPLE", 100)
    batches = [survey.Batch(X[i : i + 150], y[i : i + 150], None) for i in range(0, 600, 150)]
    batches.insert(2, survey.Batch(X[:0], y[:0], None))
    parts = [part_surveys.survey_of_part("X", batch, [0, i], np.asarray) for i, batch in enumerate(batches)]
    places = part_surveys.sample_places(parts, np.random.default_rng(0))
    rows = [part_surveys.rows_at(batch, own, np.asarray) for batch, own in zip(batches, places, strict=True)]
    found = part_surveys.merged("X", parts, places, rows)
    assert found.n_rows == 600 and found.shard_rows == (150, 150, 0, 150, 150)
    assert len(found.numbers) == 100 and (np.bincount(found.numbers // 150) > 10).all()
    np.testing.assert_array_equal(found.sample.X, X[found.numbers])
    np.testing.assert_array_equal(found.sample.y, y[found.numbers])
    np.testing.assert_array_equal(found.counts, np.bincount(y))


def test_a_sample_of_billions_of_rows_is_drawn():
    one = survey.Survey(
        2**31, (2**31,), (0,), *(np.empty(0, int),) * 4, survey.Batch(None, None, None), np.empty(0, int)
    )
    places = part_surveys.sample_places([part_surveys.PartSurvey(one, 8.0)] * 3, np.random.default_rng(0))
    assert sum(map(len, places)) == survey.SAMPLE and min(map(len, places)) > survey.SAMPLE / 3.1
    assert all(np.all(np.diff(own) > 0) and own[0] >= 0 and own[-1] < 2**31 for own in places)


def test_held_out_rows_are_not_trained_on(client):
    """Rows with labels that X says nothing of: only those that are trained on are learned by heart."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 50)), rng.integers(0, 2, 200)
    settings = {"max_iter": 60, "early_stopping": True, "validation_fraction": 0.25, "n_iter_no_change": 60}
    clf = MLPClassifier((50,), batch_size=50, learning_rate_init=0.01, random_state=0, **settings)
    clf.fit(*arrays(X, y, chunk=50))
    assert clf.t_ == 150 * clf.n_iter_ and clf.history_.cost[-1] < 0.01
    right = np.round(clf.score(X, y) * 200)
    assert 150 <= right < 190  # and about half of the others, or more for those chosen by the best epoch
    assert "200 rows of X stay on the workers; 50 of them, chosen at random, were held out." in clf.history_.notes


@pytest.fixture
def files(tmp_path):
    """12 Parquet files of many columns, of which Dask puts several in a partition where few columns are read."""
    rng, tables = np.random.default_rng(0), []
    for i in range(12):
        table = pd.DataFrame(rng.normal(size=(20, 100)), columns=[f"c{j}" for j in range(100)])
        table["label"] = (table["c0"] + table["c1"] > 0).astype(int)
        table.to_parquet(tmp_path / f"{i:02}.parquet")
        tables.append(table)
    return dd.read_parquet(tmp_path), pd.concat(tables, ignore_index=True)


def test_files_are_read_as_they_are(client, files):
    lazy, table = files
    settings = {**SETTINGS, "solver": "lbfgs", "max_iter": 5}
    clf = MLPClassifier(**settings).fit(lazy.drop(columns="label"), lazy["label"])
    alone = MLPClassifier(**settings).fit(table.drop(columns="label"), table["label"])
    np.testing.assert_allclose(clf.theta_, alone.theta_, rtol=0, atol=1e-9)
    assert (
        clf.score(lazy, "label")
        == clf.score(lazy.drop(columns="label"), lazy["label"])
        == alone.score(table.drop(columns="label"), table["label"])
    )


def test_labels_are_those_of_the_rows_also_where_rows_differ_each_time(client):
    def load(i):
        X = np.random.default_rng().normal(size=(50, 3))
        return pd.DataFrame(X, columns=list("abc")).assign(label=(X[:, 0] > 0).astype(int))

    lazy = dd.from_map(load, range(4), meta=load(0))
    clf = MLPClassifier((), solver="lbfgs", random_state=0).fit(lazy[["a", "b", "c"]], lazy["label"])
    assert clf.loss_ < 0.05


# Predictions


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_predictions_are_lazy_and_those_of_rows_in_memory(matrix, method, dtype):
    X, y = matrix
    X = (40 * X).astype(dtype) if dtype == "uint8" else X.astype(dtype)
    for labels in (y, y > 0, np.array(["a", "b", "c"])[y]):
        clf = MLPClassifier((4,), max_iter=2, random_state=0).fit(X, labels)
        expected = getattr(clf, method)(X)
        found = getattr(clf, method)(da.from_array(X, chunks=(250, 4)))
        assert isinstance(found, da.Array) and found.shape == expected.shape and found.dtype == expected.dtype
        computed = found.compute(scheduler="synchronous")
        np.testing.assert_array_equal(computed, expected)
        assert computed.dtype == expected.dtype


def test_predictions_of_frames_by_models_of_numbers(matrix):
    X, y = matrix
    table = pd.DataFrame(X, columns=list("abcdef"))
    for settings, kinds in (({"features": None}, "float64"), ({"features": None}, "float32"), ({}, "Float64")):
        own = table.astype(kinds)
        clf = MLPClassifier((4,), max_iter=2, random_state=0, **settings).fit(own, y)
        found, expected = clf.predict_proba(dd.from_pandas(own, npartitions=3)), clf.predict_proba(own)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.compute(scheduler="synchronous"), expected)
    clf = MLPClassifier((4,), max_iter=2, random_state=0).fit(X, y)
    with pytest.warns(UserWarning, match="X has feature names"):
        found = clf.predict(dd.from_pandas(table.astype("Float64"), npartitions=3)).compute(scheduler="synchronous")
    np.testing.assert_array_equal(found, clf.predict(X))


def test_other_columns_are_refused_at_once(frame, matrix):
    clf = MLPClassifier((4,), max_iter=2, random_state=0).fit(frame.drop(columns="label"), frame["label"])
    with pytest.raises(ValueError, match="X has no column 'c'"):
        clf.predict(dd.from_pandas(frame[["a", "b"]], npartitions=3))
    plain = MLPClassifier((4,), max_iter=2, random_state=0).fit(*matrix)
    with pytest.raises(ValueError, match="2 features"):
        plain.predict(arrays(matrix[0][:, :2])[0])


def test_predictions_of_partitions_without_rows(frame):
    X = frame.drop(columns="label").sort_values("a", ignore_index=True)
    clf = MLPClassifier((4,), max_iter=2, random_state=0).fit(X, frame["label"])
    table = dd.from_pandas(X, npartitions=4)
    found = clf.predict_proba(table[table["a"] > X["a"][400]]).compute(scheduler="synchronous")
    np.testing.assert_array_equal(found, clf.predict_proba(X[401:]))


# What is said


def printed(capsys, last):
    """Output up to a text, which may come a little after the fit has ended."""
    out, deadline = "", time.monotonic() + 10
    while last not in out and time.monotonic() < deadline:
        time.sleep(0.05)
        out += capsys.readouterr().out
    return out


def test_progress_warnings_and_callbacks_come_to_the_client(client, matrix, capsys):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        clf = MLPClassifier(**SETTINGS, solver="lbfgs", max_iter=3, verbose=True).fit(*arrays(*matrix))
    out = printed(capsys, "Iteration 3, ")
    assert [line.partition(",")[0] for line in out.splitlines()] == [f"Iteration {i}" for i in (1, 2, 3)]
    assert clf.verbose is True and "600 rows of X stay on the workers" in clf.history_.notes[0]

    stopped = MLPClassifier(**SETTINGS, max_iter=9, callback=lambda history: history.n_iter == 2)
    assert stopped.fit(*arrays(*matrix)).history_.stopped == "callback" and stopped.n_iter_ == 2


def refused(X, y, clf=None, weight=None, **others):
    clf = MLPClassifier() if clf is None else clf
    with pytest.raises((ValueError, TypeError)) as caught:
        clf.fit(X, y, weight, **others)
    assert not [name for name in vars(clf) if name.endswith("_")]
    return str(caught.value)


def test_what_is_not_allowed_is_refused_by_name(client, matrix, frame):
    X, y = matrix
    (dX, dy), table = arrays(X, y), dd.from_pandas(frame, npartitions=3)
    assert "y is " in refused(dX, y) and "series or an array of Dask" in refused(dX, y)
    assert "y is a collection of Dask, and X is not" in refused(X, dy)
    assert "X_val is a collection of Dask" in refused(dX, dy, X_val=dX, y_val=y)
    assert "y has 2 partitions, and X has 5" in refused(dX, arrays(np.resize(y, 601), chunk=400)[0])
    shorter = da.map_blocks(lambda block: block[1:], dy, dtype=int, chunks=((np.nan,) * 5,))
    # The error of whichever partition fails first.
    assert re.search("X, partition [0-4]: a batch has (130 rows and 129|80 rows and 79) labels", refused(dX, shorter))
    assert "of shape (600,)" in refused(dX[:, 0], dy)
    assert "cross_validation=2 needs rows in memory" in refused(dX, dy, MLPClassifier(cross_validation=2, n_members=2))
    with pytest.raises(RanksUnavailableError, match="2 workers are not the ranks of one MPI program"):
        MLPClassifier(ranks="mpi").fit(dX, dy)
    assert "'lable'" in refused(table, "lable")
    assert "NaN" in refused(da.where(dX > 2, np.nan, dX), dy)
    masked = da.ma.masked_greater(dX, 1)
    assert "X has blocks that are masked arrays" in refused(masked, dy)
    assert "X has blocks that are sparse" in refused(dX.map_blocks(sparse.csr_array, meta=np.empty((0, 0))), dy)
    assert "sample_weight has blocks of shape" in refused(dX, dy, weight=dX[:, :1])
    assert "Give all batches the same columns and dtype" in refused(
        dX.map_blocks(lambda b: b.astype("float32") if b[0, 0] > 0 else b, dtype=float), dy
    )
    assert "use X.to_frame()" in refused(table["a"], table["label"])
    assert "dask.delayed.Delayed" in refused(dask.delayed(1), dy)
    assert "several labels a row" in refused(dX, da.stack([dy, dy], axis=1))
    assert "there are no rows" in refused(dX[:0], dy[:0])
    assert "labels are missing" in refused(table.drop(columns="label"), table["b"])
    assert "gpunn classifies" in refused(dX, dX[:, 0])
    for other in (TabularClassifier(), MLPClassifier(solver="adam").partial_fit):
        fit = other if callable(other) else other.fit
        with pytest.raises(TypeError, match="X is a collection of Dask"):
            fit(dX, y)
    with pytest.raises((ValueError, DeviceUnavailableError), match="cuda"):
        MLPClassifier(device="cuda").fit(dX, dy)
    fitted = MLPClassifier(max_iter=1, n_members=2).fit(X, y)
    for method in (fitted.predict_member_proba, fitted.hidden_activations):
        with pytest.raises(TypeError, match=r"give X\.compute\(\)"):
            method(dX)
    with pytest.raises(TypeError, match=r"give y\.compute\(\)"):
        fitted.score(X, dy)


def test_without_a_cluster_the_remedy_is_named(matrix):
    code = (
        "import numpy as np, dask.array as da, gpunn\n"
        "X = da.from_array(np.ones((4, 2)), chunks=2)\n"
        "gpunn.MLPClassifier().fit(X, X[:, 0])"
    )
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "there is no client of a Dask cluster. Start one" in end.stderr.splitlines()[-1]


def test_without_the_scheduler_of_dask_the_remedy_is_named(matrix, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match=re.escape("pip install 'gpunn[dask]'")):
        MLPClassifier().fit(*arrays(*matrix))


def test_an_error_on_a_worker_is_that_of_the_fit(client, matrix):
    X, y = matrix

    def fails(history):
        raise KeyError("my own")

    with pytest.raises(KeyError, match="my own"):
        MLPClassifier(**SETTINGS, callback=fails, max_iter=2).fit(*arrays(X, y))
    broken = da.map_blocks(lambda block: 1 // 0, arrays(X)[0], dtype=float)
    with pytest.raises(ZeroDivisionError):
        MLPClassifier(**SETTINGS).fit(broken, arrays(y)[0])


def test_a_random_state_goes_on(client, matrix):
    dX, dy = arrays(*matrix)
    np.random.seed(0)  # noqa: NPY002 - from which a random_state of None draws
    thetas = [MLPClassifier(**{**SETTINGS, "random_state": None}, max_iter=1).fit(dX, dy).theta_ for _ in range(2)]
    np.random.seed(0)  # noqa: NPY002
    again = MLPClassifier(**{**SETTINGS, "random_state": None}, max_iter=1).fit(dX, dy).theta_
    assert not np.array_equal(*thetas)
    np.testing.assert_array_equal(thetas[0], again)
    state = np.random.RandomState(0)
    settings = {**SETTINGS, "solver": "lbfgs", "max_iter": 1, "random_state": state}
    first, second = (MLPClassifier(**settings).fit(dX, dy).theta_ for _ in range(2))
    assert not np.array_equal(first, second)


def test_a_warm_start_goes_on(client, matrix):
    dX, dy = arrays(*matrix)
    clf = MLPClassifier(**SETTINGS, solver="adam", max_iter=2, warm_start=True).fit(dX, dy)
    before = clf.loss_
    assert clf.fit(dX, dy).loss_ < before and len(clf.loss_curve_) == 4


def test_the_model_is_saved_and_loaded(client, matrix, tmp_path):
    X, y = matrix
    clf = MLPClassifier(**SETTINGS, solver="lbfgs", max_iter=3).fit(*arrays(X, y))
    clf.save(tmp_path / "model.gpunn")
    np.testing.assert_array_equal(gpunn.load(tmp_path / "model.gpunn").predict(X), clf.predict(X))


def test_searches_and_ensembles_run_on_the_workers(client, matrix):
    X, y = matrix
    clf = MLPClassifier((4,), max_iter=3, random_state=0)
    search = GridSearchCV(clf, {"alpha": [0.1, 1.0]}, cv=2)
    ensemble = BaggingClassifier(clf, n_estimators=3, random_state=0)
    alone = search.fit(X, y).cv_results_["mean_test_score"], ensemble.fit(X, y).predict_proba(X)
    with joblib.parallel_config("dask"):
        found = search.set_params(n_jobs=-1).fit(X, y).cv_results_["mean_test_score"]
        np.testing.assert_array_equal(found, alone[0])
        np.testing.assert_array_equal(ensemble.set_params(n_jobs=-1).fit(X, y).predict_proba(X), alone[1])


# Checkpoints and failures


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_training_is_resumed_to_the_same_bits(client, client_of_one, matrix, tmp_path, solver):
    """With another number of workers, too."""
    dX, dy = arrays(*matrix)
    settings = {**SETTINGS, "solver": solver, "max_iter": 8, "checkpoint": tmp_path / "run"}
    whole = MLPClassifier(**{**settings, "checkpoint": None}).fit(dX, dy)

    def stop(history):
        if history.n_iter == 5:
            raise KeyError("broken off")

    with pytest.raises(KeyError):
        MLPClassifier(**settings, callback=stop).fit(dX, dy)
    with client_of_one.as_current():
        resumed = MLPClassifier.resume(tmp_path / "run", dX, dy)
    np.testing.assert_array_equal(resumed.theta_, whole.theta_)
    assert resumed.history_.cost == whole.history_.cost
    with pytest.raises(ValueError, match="the labels of each partition"):
        MLPClassifier.resume(tmp_path / "run", dX, dy[::-1].rechunk(dy.chunks))


def test_a_training_that_nobody_wants_any_more_ends(client, matrix):
    """The task that leads it ends, though it cannot be told."""
    dX, dy = arrays(*matrix)
    stop = threading.Timer(3, lambda: signal.raise_signal(signal.SIGINT))

    def slow(history):
        time.sleep(0.3)

    stop.start()
    with pytest.raises(KeyboardInterrupt):
        MLPClassifier(**SETTINGS, max_iter=1000, callback=slow).fit(dX, dy)

    def is_led(dask_worker):
        return [thread.name for thread in threading.enumerate() if thread.name == "gpunn-watch"]

    deadline = time.monotonic() + 20
    while any(client.run(is_led).values()):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_fits_within_tasks_do_not_wait_for_each_other(client, matrix):
    X, y = matrix

    def fit(i):
        return MLPClassifier(**SETTINGS, solver="lbfgs", max_iter=2).fit(*arrays(X, y)).theta_

    first, second, third = client.gather(client.map(fit, range(3), pure=False))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


# Over MPI


@pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec: a library of MPI is not installed")
def test_workers_that_are_ranks_train_synchronously(matrix, capsys):
    X, y = matrix
    settings = {**SETTINGS, "solver": "adam", "max_iter": 3, "ranks": "mpi", "compile": True, "verbose": True}
    with cluster_of(0) as cluster, Client(cluster) as client:
        command = [MPIEXEC, "-n", "2", sys.executable, "-m", "dask", "worker", cluster.scheduler_address]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen([*command, "--nthreads", "1", "--no-nanny", "--no-dashboard"], **quiet) as process:
            try:
                client.wait_for_workers(2, timeout=60)
                clf = MLPClassifier(**settings).fit(*arrays(X, y))
                out = printed(capsys, "Iteration 3, ")
                client.shutdown()
                process.wait(60)
            finally:
                process.kill()
    alone = MLPClassifier(**{**settings, "ranks": None}).fit(X, y)
    np.testing.assert_allclose(clf.theta_, alone.theta_, rtol=0, atol=1e-10)
    assert clf.history_.path == "compiled; the gradients of 2 ranks are summed" and clf.ranks == "mpi"
    assert out.count("Iteration 1, ") == 1


# Documentation


def test_the_program_of_the_page_runs(tmp_path):
    page = Path(__file__).parent.parent.joinpath("docs/dask.md").read_text(encoding="utf-8")
    (tmp_path / "train.py").write_text(page.partition("```python\n")[2].partition("```")[0], encoding="utf-8")
    end = subprocess.run([sys.executable, "-W", "ignore", "train.py"], cwd=tmp_path, capture_output=True, text=True,
                         timeout=120)  # fmt: skip
    assert end.returncode == 0, end.stderr
    path, shape = end.stdout.splitlines()
    assert path.endswith("the gradients of 2 Dask tasks are summed True") and shape == "(225, 10)"
