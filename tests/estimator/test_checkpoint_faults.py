"""Interrupts, full disks, killed processes: a whole checkpoint is left, from which a fit goes on to the same bits."""

from __future__ import annotations

import builtins
import errno
import os
import re
import shutil
import signal
import stat
import subprocess
import sys

import forked
import numpy as np
import pytest
from checkpointed import BASE, assert_same, break_off, fit, resume, settle
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier
from gpunn.estimator import checkpoints
from gpunn.io import CheckpointWarning, atomic, checkpoints_in


def interrupt(at):
    def callback(history):
        if history.n_iter == at:
            raise KeyboardInterrupt

    return callback


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "bfgs"])
@pytest.mark.parametrize(("every", "copied"), [(1, True), (1000, True), ("1h", True), (1000, False)])
def test_an_interrupt_is_followed_by_a_checkpoint_of_the_last_whole_state(
    tmp_path, iris, monkeypatch, solver, every, copied
):
    # Without the limit on their time there is a copy of each state; with a limit of next to nothing, of that after the
    # first epoch or iteration only, which shows how long one takes.
    monkeypatch.setattr(checkpoints, "COPYING", 1.0 if copied else 1e-9)
    parameters = {"solver": solver, "early_stopping": True, "record": "layers", "max_iter": 9, "tol": 0.0}
    found = fit(*iris, checkpoint=tmp_path, checkpoint_every=every, callback=interrupt(6), **parameters)
    assert (found.history_.stopped, found.n_iter_) == ("interrupted", 6)
    last = 5 if copied else 1
    assert max(checkpoints_in(tmp_path)) == last
    begun = []
    resumed = resume(tmp_path, *iris, callback=lambda history: begun.append(history.n_iter))
    assert_same(resumed, fit(*iris, **parameters))
    assert begun[0] == last + 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_second_interrupt_waits_for_the_checkpoint(tmp_path, iris, monkeypatch):
    sync = os.fsync

    def press(handle):
        os.kill(os.getpid(), signal.SIGINT)
        sync(handle)

    def callback(history):
        if history.n_iter == 6:
            monkeypatch.setattr(os, "fsync", press)
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "COPYING", 1.0)
    with pytest.raises(KeyboardInterrupt):
        fit(*iris, checkpoint=tmp_path, checkpoint_every=1000, callback=callback)
    monkeypatch.undo()
    assert sorted(os.listdir(tmp_path)) == ["checkpoint-000000.gpunn", "checkpoint-000005.gpunn"]
    assert_same(resume(tmp_path, *iris), fit(*iris))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupt_while_a_checkpoint_is_written_leaves_the_last_whole_state(tmp_path, iris, monkeypatch):
    replace, count = os.replace, []

    def press(*args):
        count.append(1)
        if len(count) == 6:
            os.kill(os.getpid(), signal.SIGINT)
        replace(*args)

    monkeypatch.setattr(os, "replace", press)
    found = fit(*iris, checkpoint=tmp_path)
    monkeypatch.undo()
    last = max(checkpoints_in(tmp_path))
    # The next epoch may have been begun or done when the signal came, and its state not yet copied.
    assert found.history_.stopped == "interrupted" and last >= 5 and found.n_iter_ - last in (0, 1)
    assert [*checkpoints_in(tmp_path)] == [last - 1, last] and len(os.listdir(tmp_path)) == 2
    assert_same(resume(tmp_path, *iris), fit(*iris))


# Disks


def full(*args):
    raise OSError(28, "No space left on device")


def test_a_first_checkpoint_that_cannot_be_written_is_an_error(tmp_path, iris, monkeypatch):
    (tmp_path / "file").write_text("")
    clf = MLPClassifier(**BASE, checkpoint=tmp_path / "file")
    with pytest.raises(OSError, match="file"):
        clf.fit(*iris)
    monkeypatch.setattr(os, "fsync", full)
    clf.set_params(checkpoint=tmp_path / "run")
    with pytest.raises(OSError, match="No space left on device"):
        clf.fit(*iris)
    assert os.listdir(tmp_path / "run") == [] and not hasattr(clf, "theta_")


CALLS = {"write": (atomic.PartialFile, "write"), "fsync": (os, "fsync"), "replace": (os, "replace"),
         "open": (atomic.PartialFile, "__init__")}  # fmt: skip


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("call", CALLS)
def test_a_later_checkpoint_that_cannot_be_written_is_one_warning(tmp_path, iris, monkeypatch, call, number, thorough):
    if number != errno.ENOSPC and not thorough:
        pytest.skip("one error of the many: --thorough has the others")

    def fail(*args):
        raise OSError(number, os.strerror(number))

    def fill(history):
        settle()
        monkeypatch.setattr(*CALLS[call], fail) if history.n_iter == 3 else None

    with (
        pytest.warns(
            CheckpointWarning, match=f"could not be written .*{os.strerror(number)}.* Training goes"
        ) as caught,
        pytest.warns(ConvergenceWarning),
    ):
        found = MLPClassifier(**BASE, checkpoint=tmp_path, callback=fill).fit(*iris)
    assert sum(warning.category is CheckpointWarning for warning in caught) == 1
    monkeypatch.undo()
    assert sorted(os.listdir(tmp_path)) == ["checkpoint-000001.gpunn", "checkpoint-000002.gpunn"]
    assert_same(found, fit(*iris))
    assert_same(resume(tmp_path, *iris), found)


@pytest.mark.parametrize("call", CALLS)
def test_an_error_that_passes_is_a_gap(tmp_path, iris, monkeypatch, call):
    seen = []

    def fill(history):
        settle()
        monkeypatch.undo()
        if history.n_iter in (3, 4, 6):
            monkeypatch.setattr(*CALLS[call], full)
        seen.append([*checkpoints_in(tmp_path)][-1])

    found = fit(*iris, checkpoint=tmp_path, callback=fill)
    assert seen == [0, 1, 2, 2, 2, 5, 5, 7, 8] and [*checkpoints_in(tmp_path)] == [8, 9]
    assert_same(found, fit(*iris))


def test_a_full_disk_at_an_interrupt_is_a_warning_and_the_one_before_is_left(tmp_path, iris, monkeypatch):
    def fill(history):
        if history.n_iter == 6:
            settle()
            monkeypatch.setattr(os, "fsync", full)
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "COPYING", 1.0)
    with (
        pytest.warns(CheckpointWarning, match="No space left on device.*can be resumed from the one before"),
        pytest.warns(UserWarning, match="interrupted"),
    ):
        found = MLPClassifier(**BASE, checkpoint=tmp_path, checkpoint_every=3, callback=fill).fit(*iris)
    monkeypatch.undo()
    assert found.n_iter_ == 6 and sorted(os.listdir(tmp_path)) == ["checkpoint-000000.gpunn", "checkpoint-000003.gpunn"]
    assert_same(resume(tmp_path, *iris), fit(*iris))


def test_a_folder_that_is_read_only_is_a_clear_error(tmp_path, iris, monkeypatch):
    break_off(tmp_path, *iris)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    opens = builtins.open

    def read_only(name, mode="r", *args, **kwargs):
        if "r" not in mode and str(name).startswith(str(tmp_path)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)
        return opens(name, mode, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", read_only)
    with pytest.raises(OSError, match="Read-only file system") as caught:
        MLPClassifier.resume(tmp_path, *iris)
    assert caught.value.filename == str(tmp_path)
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="the order of system calls of POSIX")
def test_a_checkpoint_is_synced_before_it_is_renamed_and_its_folder_afterwards(tmp_path, iris, monkeypatch):
    """A loss of power leaves the old name or the new file, whole: as in Pillai et al. 2014, section 4.4."""
    calls = []

    def told(name, what):
        done = getattr(os, name)

        def call(*args):
            calls.append((name, *what(*args)))
            return done(*args)

        monkeypatch.setattr(os, name, call)

    told("fsync", lambda handle: ["folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else os.fstat(handle).st_size])
    told("replace", lambda old, new: [os.path.getsize(old), new.name])
    told("unlink", lambda path: [os.path.basename(path)])
    fit(*iris, checkpoint=tmp_path, max_iter=4)
    expected = []
    for number in range(5):
        name = f"checkpoint-{number:06}.gpunn"
        size = calls[len(expected)][1]  # all of it is there when it is synced
        expected += [("fsync", size), ("replace", size, name), ("fsync", "folder")]
        expected += [("unlink", f"checkpoint-{number - 2:06}.gpunn")] * (number > 1)
    assert calls == [*expected, ("unlink", ".gpunn-fit.lock")]
    assert (tmp_path / "checkpoint-000004.gpunn").stat().st_size == calls[-5][1]


# Processes that are killed

SCRIPT = """
import os, random, signal, sys, warnings
import numpy as np
{limits}
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler
from gpunn import MLPClassifier
warnings.simplefilter("ignore")
folder, number, place, parameters = sys.argv[1], int(sys.argv[2]), sys.argv[3], eval(sys.argv[4])
count = 0
def kill(*args):
    global count
    count += 1
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)
if place == "callback":
    parameters["callback"] = kill
else:
    done = getattr(os, place)
    def then(*args):
        kill()
        return done(*args)
    setattr(os, place, then)
X, y = load_iris(return_X_y=True)
MLPClassifier(checkpoint=folder, **parameters).fit(StandardScaler().fit_transform(X), y)
"""
KILLED = [
    ("callback", {"dropout": 0.2, "ema_decay": 0.9}), ("fsync", {"solver": "lbfgs", "early_stopping": True}),
    ("replace", {"solver": "bfgs", "record": "layers"}), ("unlink", {"solver": "sgd", "compile": True}),
]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("place", "parameters"), KILLED, ids=[place for place, _ in KILLED])
def test_a_process_that_is_killed_is_gone_on_with(tmp_path, iris, place, parameters, thorough):
    parameters = {"compile": False} | parameters  # whatever --compile-all says here, which the process does not hear
    whole = fit(*iris, **parameters)
    rng = np.random.default_rng(len(place))
    for number in range(2, 12) if thorough else rng.integers(3, 8, 1):
        folder = tmp_path / str(number)
        arguments = [str(folder), str(number), place, repr(BASE | parameters)]
        end = forked.run(SCRIPT.format(limits=""), arguments)
        assert end.returncode in (-signal.SIGKILL, 0)
        assert_same(resume(folder, *iris), whole)
        assert all(name.startswith("checkpoint-") for name in os.listdir(folder))  # also what the killed one left


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_the_system_is_asked_in_that_order(tmp_path):
    trace, folder = tmp_path / "trace", tmp_path / "run"
    calls = "openat,write,fsync,rename,renameat,renameat2,unlink,unlinkat"
    arguments = [str(folder), "99", "callback", repr(BASE | {"compile": False, "max_iter": 3})]
    end = subprocess.run(
        ["strace", "-f", "-y", "-o", trace, "-e", f"trace={calls}", sys.executable, "-c", SCRIPT.format(limits=""),
         *arguments], check=False, timeout=300, capture_output=True, text=True,
    )  # fmt: skip
    if "ptrace" in end.stderr:
        pytest.skip("this system lets no process be traced")
    assert end.returncode == 0
    found, place = [], re.escape(str(folder))
    part = rf"{place}/\.gpunn-\w+\.part"
    patterns = {
        "open": rf'openat\(.*"{part}", .*O_CREAT', "write": rf"write\(\d+<{part}>", "sync": rf"fsync\(\d+<{part}>",
        "rename": rf'rename.*"{part}", .*"{place}/checkpoint-', "sync folder": rf"fsync\(\d+<{place}>",
        "remove": rf'unlink.*"{place}/checkpoint-',
    }  # fmt: skip
    for line in trace.read_text().splitlines():
        for kind, pattern in patterns.items():
            if re.search(pattern, line) and (kind, found[-1:]) != ("write", ["write"]):
                found.append(kind)
    one = ["open", "write", "sync", "rename", "sync folder"]
    assert found == [*one, *one, *one, "remove", *one, "remove"]


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_limit_on_files_that_comes_later_leaves_the_checkpoints_before(tmp_path, iris):
    limits = """
import resource, threading
from gpunn.training.history import History
add = History.add
def adding(self, *args):
    add(self, *args)
    [thread.join() for thread in threading.enumerate() if thread.name == "gpunn-checkpoint"]
    if self.n_iter == 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    if self.n_iter == 7:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os._exit(9)
History.add = adding
"""
    arguments = [str(tmp_path), "99", "callback", repr(BASE | {"compile": False})]
    end = forked.run(SCRIPT.format(limits=limits), arguments)
    assert end.returncode == 9
    names = sorted(set(os.listdir(tmp_path)) - {".gpunn-fit.lock"})
    assert names == ["checkpoint-000002.gpunn", "checkpoint-000003.gpunn"]
    assert_same(resume(tmp_path, *iris), fit(*iris, compile=False))


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_file_that_may_not_grow_is_a_clear_error_and_leaves_nothing(tmp_path):
    limits = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"
    arguments = [str(tmp_path / "run"), "99", "callback", repr(BASE | {"compile": False})]
    end = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(limits=limits), *arguments],
        check=False, timeout=120, capture_output=True, text=True,
    )  # fmt: skip
    assert end.returncode == 1 and "File too large" in end.stderr.splitlines()[-1]
    assert "checkpoint-000000.gpunn" in end.stderr and os.listdir(tmp_path / "run") == []
