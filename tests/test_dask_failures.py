"""Fits on a Dask cluster of which a worker, or the scheduler, is lost or hangs."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gpunn.devices import workers

pytest.importorskip("distributed", reason="Dask's distributed scheduler is not installed (gpunn[dask])")
pytest.importorskip("dask.array", reason="Dask's arrays are not installed (gpunn[dask])")

from distributed import Client, LocalCluster

FIT = str(Path(__file__).with_name("dask_fit.py"))


def ended(process):
    """Output of a process that is to end by itself."""
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return out, err


def run_fit(folder, epoch, sign, victim):
    """A fit in a process of its own; the seconds from the signal to the end, and the output."""
    command = [sys.executable, "-W", "ignore", FIT, str(folder), str(epoch), str(int(sign)), str(victim)]
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command, **settings) as process:
        out, err = ended(process)
    found = {word: re.search(f"^{word} (.*)$", out, re.MULTILINE) for word in ("hit", "over", "pids")}
    assert not [pid for pid in found["pids"][1].split() if is_alive(int(pid))], (out, err)
    assert (found["hit"] is not None) == bool(sign), (out, err)
    return float(found["over"][1]) - float(found["hit"][1]) if sign else 0.0, process.returncode, out + err


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The weights of a fit that nothing happens to."""
    folder = tmp_path_factory.mktemp("fits") / "whole"
    _, status, said = run_fit(folder, 0, 0, 0)
    assert status == 0, said
    return np.load(f"{folder}.npy")


@pytest.mark.parametrize("case", range(12))
def test_a_fit_ends_soon_after_a_worker_is_lost_or_hangs(undisturbed, tmp_path, case, pytestconfig):
    """It goes on to the same bits, or ends with an error that says why, and is resumed to the same bits."""
    if case and not pytestconfig.getoption("--thorough"):
        pytest.skip("another moment, for --thorough")
    sign, victim = signal.SIGKILL if case % 4 < 2 else signal.SIGSTOP, case % 2  # of which one leads
    seconds, status, said = run_fit(tmp_path / "run", random.Random(case).randrange(10), sign, victim)
    print(f"case {case}: {sign.name}, worker {victim}, status {status}, {seconds:.1f} s")
    assert seconds < 30, said
    if status:
        assert "WorkerLostError" in said and not (tmp_path / "run.npy").exists(), said
        _, status, said = run_fit(tmp_path / "run", 0, 0, 0)
    assert status == 0, said
    np.testing.assert_array_equal(np.load(tmp_path / "run.npy"), undisturbed)


def test_a_connection_to_a_lost_worker_is_given_up():
    """Dask itself would try for 30 seconds, where a client fetches a result from the worker."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        pids = client.run(os.getpid)
        lost = next(iter(pids))
        with workers.Watch(client) as watch:
            watch.n_losses()  # which looks at the workers
            os.kill(pids[lost], signal.SIGKILL)
            began = time.monotonic()
            while is_alive(pids[lost]) and time.monotonic() - began < 10:
                time.sleep(0.01)
            began = time.monotonic()
            with contextlib.suppress(OSError):  # of a connection that was open
                watch.wait(lambda: client.sync(client.rpc.connect, lost))
            with pytest.raises(OSError, match="removed"):
                watch.wait(lambda: client.sync(client.rpc.connect, lost))
            assert time.monotonic() - began < 15


def test_a_silent_scheduler_is_an_error(monkeypatch):
    monkeypatch.setattr(workers, "SILENCE", 0.5)
    monkeypatch.setattr(workers, "POLL", 0.05)
    monkeypatch.setattr(workers, "GRACE", 0.2)

    class Client:
        status = "running"
        looks = 0

        def run_on_scheduler(self, function, task):
            self.looks += 1
            if self.looks > 3:
                raise OSError("no answer")
            return {"tcp://1": 0.1}, True, 0

    began = time.monotonic()
    with workers.Watch(Client()) as watch, pytest.raises(workers.WorkerLostError, match="the scheduler"):
        watch.wait(lambda: time.sleep(5))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        (({"tcp://1": 0.1, "tcp://2": 99.0}, True, 0), "the worker tcp://2"),
        (({}, True, 0), "has had no worker"),
        (({"tcp://1": 0.1}, False, 0), "is gone"),
    ],
)
def test_a_cluster_that_cannot_go_on_is_an_error(monkeypatch, seen, message):
    monkeypatch.setattr(workers, "SILENCE", 0.5)
    monkeypatch.setattr(workers, "POLL", 0.05)
    monkeypatch.setattr(workers, "GRACE", 0.2)

    class Client(SimpleNamespace):
        status = "running"
        looks = 0

        def run_on_scheduler(self, function, task):
            self.looks += 1
            return seen if self.looks > 2 else ({"tcp://1": 0.1}, True, 0)

    lost = []
    loop = SimpleNamespace(add_callback=lambda function, *arguments: function(*arguments))
    client = Client(rpc=SimpleNamespace(remove=lost.append), loop=loop)
    with workers.Watch(client) as watch, pytest.raises((workers.WorkerLostError, InterruptedError), match=message):
        watch.wait(lambda: time.sleep(5))
    assert set(lost) == {"tcp://1"}.difference(seen[0])


def test_a_pause_of_all_processes_is_no_loss(monkeypatch):
    """When they go on, workers are late until their next heartbeat."""
    monkeypatch.setattr(workers, "SILENCE", 0.3)
    monkeypatch.setattr(workers, "POLL", 0.05)
    monkeypatch.setattr(workers, "GRACE", 0.3)
    began = time.monotonic()

    class Client:
        status = "running"

        def run_on_scheduler(self, function, task):
            return {"tcp://1": 5.0 if 0.2 < time.monotonic() - began < 0.4 else 0.1}, True, 0

    with workers.Watch(Client()) as watch:
        assert watch.wait(lambda: time.sleep(1)) is None
