"""What a client keeps, prints and is warned of by a fit on a Dask cluster, and how calls share a worker."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier, TabularClassifier
from gpunn.caller import elsewhere, print_line, warn
from gpunn.devices.ranks import RanksUnavailableError
from gpunn.devices.workers import _called
from gpunn.training.data import Rows
from gpunn.training.shares import Share, _joined

pytest.importorskip("distributed", reason="Dask's distributed scheduler is not installed (gpunn[dask])")
da = pytest.importorskip("dask.array", reason="Dask's arrays are not installed (gpunn[dask])")
dd = pytest.importorskip("dask.dataframe", reason="Dask's data frames are not installed (gpunn[dask])")

from distributed import Client, LocalCluster  # noqa: E402 - where it is installed

from gpunn.estimator import cluster  # noqa: E402

X = np.random.default_rng(0).normal(size=(120, 4))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def client():
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with LocalCluster(**settings) as found, Client(found) as client:
        yield client


def fit(**settings):
    clf = MLPClassifier((4,), solver="lbfgs", random_state=0, **settings)
    return clf.fit(da.from_array(X, chunks=(40, 4)), da.from_array(Y, chunks=40))


def test_lines_are_printed_once_however_many_fits_there_were(client, capsys):
    out = ""
    for n in range(1, 4):
        with pytest.warns(ConvergenceWarning):
            fit(max_iter=2, verbose=True)
        until = time.monotonic() + 10
        while out.count("Iteration 2, ") < n and time.monotonic() < until:
            time.sleep(0.01)
            out += capsys.readouterr().out
    with pytest.warns(ConvergenceWarning):
        fit(max_iter=2)  # which prints nothing
    time.sleep(0.3)
    out += capsys.readouterr().out
    assert [out.count(f"Iteration {i}, ") for i in (1, 2)] == [3, 3], out


def test_lines_of_the_fits_of_other_clients_are_not_printed(capsys):
    cluster._show((0.0, ("gpunn-fit-of-another-client", "Iteration 1, ...")))
    assert capsys.readouterr().out == ""


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_only_the_thread_that_leads_a_fit_sends_its_lines_and_warnings_elsewhere(capsys):
    lines, warned = [], []

    def other_task():
        print_line("another line")
        warn("another warning")

    with elsewhere(lines.append, warned):
        with pytest.warns(UserWarning, match="another warning") as found:
            in_thread(other_task)
        print_line("a line")
        warn("a warning", RuntimeWarning)
    assert lines == ["a line"] and warned == [("a warning", RuntimeWarning)]
    assert len(found) == 1 and capsys.readouterr().out == "another line\n"


def test_attributes_that_users_set_are_kept_and_those_of_an_earlier_fit_are_not(client):
    clf = MLPClassifier((4,), solver="lbfgs", random_state=0, max_iter=200)
    clf.note_, clf.feature_names_in_ = "mine", np.array(list("abcd"), dtype=object)
    clf.fit(da.from_array(X, chunks=(40, 4)), da.from_array(Y, chunks=40))
    assert clf.note_ == "mine" and not hasattr(clf, "feature_names_in_") and clf.max_iter == 200


def test_a_cluster_without_workers_is_waited_for(monkeypatch):
    settings = {"n_workers": 0, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with LocalCluster(**settings) as found, Client(found, set_as_default=False) as client, client.as_current():

        def warned(message):
            messages.append(message)
            found.scale(1)

        messages = []
        monkeypatch.setattr(cluster, "warn", warned)
        with pytest.raises(RanksUnavailableError, match="has no worker yet"):
            fit(ranks="mpi")
        clf = fit(max_iter=200)
    assert ["wait_for_workers" in message for message in messages] == [True]
    assert clf.score(X, Y) > 0.9 and not any("too few partitions" in note for note in clf.history_.notes)


def test_threads_without_a_partition_are_noted(client):
    clf = MLPClassifier((4,), solver="lbfgs", max_iter=200).fit(da.from_array(X), da.from_array(Y))
    assert "Some of the 2 threads of the workers have no rows: X has too few partitions." in clf.history_.notes[0]


def test_an_asynchronous_client_is_refused(client):
    async def main():
        async with Client(client.scheduler.address, asynchronous=True, set_as_default=False) as other:
            with other.as_current(), pytest.raises(ValueError, match="its client is asynchronous"):
                fit()

    asyncio.run(main())


def test_ranks_with_several_threads_are_refused():
    """Two fits at a time would take part in each other's sums."""
    client = SimpleNamespace(run=lambda function: {"a": 2, "b": 2}, nthreads=lambda: {"a": 1, "b": 4})
    with pytest.raises(RanksUnavailableError, match=r"needs workers of one thread, and one has 4.*--nthreads 1"):
        cluster._of_ranks(client)


def test_predictions_have_a_block_for_each_partition_also_where_few_columns_of_small_files_are_read(tmp_path):
    for i in range(12):
        part = pd.DataFrame(X[i * 10 : i * 10 + 10], columns=list("abcd")).assign(y=Y[i * 10 : i * 10 + 10])
        part.assign(**{f"other{j}": 0.0 for j in range(20)}).to_parquet(tmp_path / f"{i:02}.parquet")
    lazy = dd.read_parquet(tmp_path)
    rows = lazy[list("abcd")]
    clf = MLPClassifier((4,), solver="lbfgs", max_iter=200).fit(pd.DataFrame(X, columns=list("abcd")), Y)
    predicted, proba = clf.predict(rows), clf.predict_proba(rows)
    assert predicted.numblocks == (12,) and proba.numblocks == (12, 1)
    found = lazy.assign(predicted=predicted, p=proba[:, 1]).compute()
    memory = pd.DataFrame(X, columns=list("abcd"))
    np.testing.assert_array_equal(found["predicted"], clf.predict(memory))
    np.testing.assert_allclose(found["p"], clf.predict_proba(memory)[:, 1], atol=1e-6)
    assert clf.score(rows, lazy["y"]) == clf.score(memory, Y)
    assert len(proba.dask.layers) < 6  # however many partitions there are


def test_a_tabular_classifier_predicts_collections():
    table = pd.DataFrame(X, columns=list("abcd"))
    clf = TabularClassifier(n_members=1, random_state=0).fit(table, Y)
    lazy = dd.from_pandas(table.assign(y=Y), npartitions=3)
    rows = lazy[list("abcd")]
    np.testing.assert_array_equal(clf.predict(rows).compute(), clf.predict(table))
    assert clf.score(rows, lazy["y"]) == clf.score(table, Y)
    with pytest.raises(ValueError, match="The feature names should match"):
        clf.predict(lazy)


def test_sparse_blocks_are_predicted():
    clf = MLPClassifier((4,), solver="lbfgs", max_iter=200).fit(X, Y)
    blocks = da.from_array(X, chunks=(40, 4)).map_blocks(sparse.csr_matrix)
    np.testing.assert_array_equal(clf.predict(blocks).compute(), clf.predict(X))


def test_calls_on_a_share_take_turns():
    """One that was given up may still be running when the next one comes."""
    share, running, most = Share(Rows(X, Y[:, None].astype(float), None)), [], []

    def call(share, number):
        running.append(number)
        most.append(len(running))
        time.sleep(0.02)
        running.remove(number)

    threads = [threading.Thread(target=_called, args=(call, share, i, ())) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_the_path_names_each_way_in_which_shares_are_computed():
    assert _joined(["compiled", "arrays: memory", "compiled"]) == "compiled, arrays: memory"
