"""What a client keeps, prints and is warned of by a fit on a Dask cluster, and how calls share a worker."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier
from gpunn.caller import elsewhere, print_line, warn
from gpunn.devices.workers import _called
from gpunn.training.data import Rows
from gpunn.training.shares import Share, _joined

pytest.importorskip("distributed", reason="Dask's distributed scheduler is not installed (gpunn[dask])")
da = pytest.importorskip("dask.array", reason="Dask's arrays are not installed (gpunn[dask])")

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
