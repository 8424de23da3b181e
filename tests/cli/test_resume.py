"""gpunn resume writes the model, and says what, its gpunn train would have, whatever broke that off."""

from __future__ import annotations

import errno
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import forked
import numpy as np
import pandas as pd
import pytest
from signalled import at_epoch, at_sync, command

import gpunn
from gpunn import io
from gpunn.cli import report
from gpunn.io import checkpoint as files
from gpunn.io import checkpoints_in
from gpunn.training.history import History

# Commands in processes of their own decide by the usual rule whether to compile.
pytestmark = pytest.mark.usefixtures("usual_rule")

TRAIN = ["train", "t.csv", "--target", "class", "--hidden", "8", "--learning-rate", "0.01", "--epochs", "12", "-q"]
CASES = {
    "adam": [], "lbfgs": ["--solver", "lbfgs"], "compiled": ["--compile", "yes", "--dropout", "0.2"],
    "early stopping": ["--early-stopping", "--ema-decay", "0.9"],
    "all that a command has": ["--validation", "t.parquet", "--report", "r.html", "--kind", "code=drop",
                               "--class-weight", "a b=2", "--held-out", "0.3"],
}  # fmt: skip
WRITTEN = '[thread.join() for thread in threading.enumerate() if thread.name == "gpunn-checkpoint"]'
IN_THE_FIFTH_EPOCH = "import threading\n" + at_epoch(5, f"{WRITTEN}; send()")  # once the checkpoint before it is there
EVERY_2 = ["-o", "m.gpunn", "--checkpoint", "run", "--checkpoint-every", "2"]


def same(a, b):
    a, b = gpunn.load(a), gpunn.load(b)
    assert np.array_equal(a.theta_, b.theta_) and a.features_ == b.features_ and a.get_params() == b.get_params()
    assert (a.history_.cost, a.history_.stopped, a.target_) == (b.history_.cost, b.history_.stopped, b.target_)


def without_times(out):
    return re.sub(r"in [\d.]+ s", "in a while", out).replace("whole.gpunn", "m.gpunn")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("case", CASES)
def test_a_training_that_was_killed_ends_as_if_it_had_not_been(folder, run, case):
    arguments = [*TRAIN, *CASES[case]]
    expected, _ = run(*arguments, "-o", "whole.gpunn")
    code, _, _ = command(signal.SIGKILL, [*arguments, *EVERY_2], IN_THE_FIFTH_EPOCH)
    assert code == -signal.SIGKILL
    assert not Path("m.gpunn").exists() and 4 in checkpoints_in("run")
    if Path("r.html").exists():
        Path("r.html").unlink()
    out, err = run("resume", "run")
    assert without_times(out) == without_times(expected) and err == ""
    same("m.gpunn", "whole.gpunn")
    assert Path("r.html").exists() == (case == "all that a command has")
    run("resume", "run")  # it has ended: it ends again
    same("m.gpunn", "whole.gpunn")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_says_how_to_go_on(folder, run, number):
    run(*TRAIN, "-o", "whole.gpunn")
    code, out, _ = command(number, [*TRAIN, "-o", "m.gpunn", "--checkpoint", "my run"], IN_THE_FIFTH_EPOCH)
    assert code == 128 + number and "to continue: gpunn resume 'my run'\n" in out
    assert gpunn.load("m.gpunn").history_.stopped == "interrupted"
    run("resume", "my run")
    same("m.gpunn", "whole.gpunn")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", [1, 2, 3, 9, 10])  # of the command, the first checkpoint and its folder, a later one
def test_a_signal_while_a_checkpoint_is_written_leaves_the_one_before(folder, run, number, at):
    run(*TRAIN, "-o", "whole.gpunn")
    arguments = [*TRAIN, "-o", "m.gpunn", "--checkpoint", "run"]
    code, _, _ = command(number, arguments, at_sync(at))
    assert code == 128 + number
    assert [name for name in os.listdir("run") if name.endswith(".part")] == []
    if checkpoints_in("run"):
        run("resume", "run")
    else:
        run(*arguments)
    same("m.gpunn", "whole.gpunn")


AT_EPOCH = """
import hashlib, os, signal, sys, threading, time
from gpunn.estimator import checkpoints
from gpunn.training.history import History
checkpoints.COPYING = 1.0  # a copy after each epoch, however short epochs are
add, sync = History.add, os.fsync
def send():
    os.kill(os.getpid(), {0})
def adding(self, *args):
    add(self, *args)
    if self.n_iter == 8:
        {1}
History.add = adding
def slow_sync(handle):
    time.sleep(1.2)
    sync(handle)
from gpunn.cli import main
sys.exit(main())
"""
SLOW_DISK = "os.fsync = slow_sync; send()"
NO_RETURN = "threading.Timer(0.3, send).start(); hashlib.pbkdf2_hmac('sha256', b'', b'', 10**8)"  # for a minute


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("what", "every", "last"), [(SLOW_DISK, "1000", None), (NO_RETURN, "5", 5)])
def test_a_disk_or_code_that_takes_its_time_costs_no_checkpoint(folder, run, thorough, number, what, every, last):
    """A write of some seconds is not broken off; of code that does not return no more is saved than there is."""
    if (what == SLOW_DISK) == (number == signal.SIGTERM) and not thorough:
        pytest.skip("one signal for each is the sample; pytest --thorough sends both")
    run(*TRAIN, "-o", "whole.gpunn")
    arguments = [*TRAIN, "-o", "m.gpunn", "--checkpoint", "run", "--checkpoint-every", every]
    code, began = AT_EPOCH.format(int(number), what), time.monotonic()
    end = forked.run(code, arguments)
    assert end.returncode == 128 + number and "Traceback" not in end.stderr and time.monotonic() - began < 30
    found = [*checkpoints_in("run")]
    assert found[-1] == last if last else 0 < found[-1] < 8
    run("resume", "run", "-q")
    same("m.gpunn", "whole.gpunn")


@pytest.fixture
def begun(folder, run):
    """A folder of checkpoints of a training that has ended, by a manifest."""
    Path("net.yaml").write_text("data: {file: t.csv, target: class}\ntraining: {optimize: {iterations: 4}}")
    run("train", "net.yaml", "-q", "--checkpoint", "run")
    return folder / "run"


def test_what_is_not_what_it_was_is_refused_by_name(begun, run, mixed):
    model = Path("net.gpunn").read_bytes()
    plan = Path("net.yaml").read_text()
    Path("net.yaml").write_text(plan.replace("4", "5"))
    assert "the command has not the parameters of this training" in run("resume", "run", code=2)[1]
    Path("net.yaml").write_text(plan)
    changed = mixed.copy()
    changed["size"] *= -1
    changed.to_csv("t.csv", index=False)
    assert "t.csv: the table is not that of the training in run: rows," in run("resume", "run", code=2)[1]
    Path("t.csv").unlink()
    assert "there is no such file" in run("resume", "run", code=2)[1]
    assert Path("net.gpunn").read_bytes() == model
    mixed.to_csv("t.csv", index=False)
    run("resume", "run")


def test_a_folder_that_was_moved_is_gone_on_with(begun, run):
    os.rename("run", "other")
    run("resume", "other")
    assert not Path("run").exists()


def test_a_damaged_checkpoint_is_a_warning_and_all_of_them_an_error(begun, run):
    *_, newest = checkpoints_in("run").values()
    newest.write_bytes(newest.read_bytes()[:-1])
    _, err = run("resume", "run")
    assert err.count(f"gpunn: warning: {newest}: the checksum does not fit") == 1 and "passed over" in err
    for path in checkpoints_in("run").values():
        path.write_bytes(b"")
    assert "run: all its checkpoints are damaged" in run("resume", "run", code=2)[1]


@pytest.mark.parametrize(
    "text", ["", "rm -rf x", "gpunn", "gpunn predict a b", "gpunn train 'a", "\xff\xfe", "x" * 2**21]
)
def test_a_command_that_is_none_is_refused(begun, run, text):
    (begun / "command.txt").write_bytes(text.encode("latin-1"))
    assert "command.txt: it is not the command line of a gpunn train" in run("resume", "run", code=2)[1]


def test_what_cannot_be_resumed_is_told_before_the_work(begun, run, monkeypatch):
    for arguments, said in [
        (["train", "-", "--target", "class", "-o", "m.gpunn", "--checkpoint", "new"], "standard input cannot be read"),
        ([*TRAIN, "--validation", "-", "--checkpoint", "new"], "standard input cannot be read"),
        ([*TRAIN, "--checkpoint", "run"], "--checkpoint: run has the checkpoints of another training"),
        ([*TRAIN, "--checkpoint", "t.csv"], "--checkpoint: t.csv is a file"),
        ([*TRAIN, "--checkpoint-every", "3"], "--checkpoint-every: name the folder"),
        ([*TRAIN, "--checkpoint", ""], "--checkpoint '': give the name of a folder"),
        ([*TRAIN, "--checkpoint", "new", "--checkpoint-every", "0"], "--checkpoint-every: '0' is not allowed"),
        ([*TRAIN, "--checkpoint", "new", "--checkpoint-every", "soon"], "--checkpoint-every: 'soon' is not allowed"),
        (["resume", "new"], "new: there is no such folder"), (["resume"], "FOLDER"),
        (["resume", "."], ".: there is no command.txt in this folder. Name that of gpunn train --checkpoint"),
        (["resume", "t.csv"], "t.csv is a file. Name the folder that was given to gpunn train --checkpoint"),
    ]:  # fmt: skip
        assert said in run(*arguments, code=2)[1], arguments
    assert not Path("new").exists()


def test_more_rows_are_refused(begun, run, mixed):
    pd.concat([mixed, mixed[:3]]).to_csv("t.csv", index=False)
    assert "t.csv: the table is not that of the training in run: rows, columns" in run("resume", "run", code=2)[1]


def test_a_table_to_validate_on_that_was_changed_is_named(folder, run, mixed):
    mixed.to_csv("v.csv", index=False)
    run(*TRAIN, "-o", "m.gpunn", "--validation", "v.csv", "--checkpoint", "run")
    mixed[:-1].to_csv("v.csv", index=False)
    assert "gpunn: error: v.csv: the table is not that of the training in run: " in run("resume", "run", code=2)[1]


def test_progress_and_time_of_a_resumed_training_are_those_of_the_whole(folder, run, monkeypatch):
    begun, shown = [], []

    class Bar(report.Progress):
        def add_task(self, *args, **given):
            begun.append(given["completed"])
            return super().add_task(*args, **given)

        def update(self, *args, **given):
            shown.append(given["completed"])
            super().update(*args, **given)

    monkeypatch.setattr(report, "Progress", Bar)
    arguments = [word for word in TRAIN if word != "-q"]
    command(signal.SIGKILL, [*arguments, *EVERY_2], IN_THE_FIFTH_EPOCH)
    path = checkpoints_in("run")[4]
    saved = files.read(path)
    files.write(path, replace(saved, arrays=saved.arrays | {"history.seconds": np.arange(1000.0, 1004)})).commit()
    out, _ = run("resume", "run")
    assert begun == [4] and shown == [5, 6, 7, 8, 9, 10, 11, 12]
    taken = float(re.search(r"epochs    12 of at most 12, in ([\d.]+) s", out)[1])
    assert taken >= gpunn.load("m.gpunn").history_.seconds[-1] - 0.1 > 1000
    _, err = run("resume", "run", "-q")
    assert len(begun) == 1 and err == ""


def test_a_full_disk_is_told_at_once_and_costs_no_model(folder, run, monkeypatch):
    run(*TRAIN, "-o", "whole.gpunn")
    add, write, warn, sync, epochs, told = History.add, io.add_checkpoint, report.warn, os.fsync, [0], []
    written = [0]  # number of the checkpoint that is written; the next one waits until its thread has ended

    def adding(self, *args):
        add(self, *args)
        epochs.append(self.n_iter)

    def writing(folder, number, *args):
        written.append(number)
        return write(folder, number, *args)

    def full(handle):
        if 5 <= written[-1] < 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    monkeypatch.setattr(History, "add", adding)
    monkeypatch.setattr(io, "add_checkpoint", writing)
    monkeypatch.setattr(report, "warn", lambda message: (told.append((epochs[-1], message)), warn(message)))
    monkeypatch.setattr(os, "fsync", full)
    _, err = run(*TRAIN, "-o", "m.gpunn", "--checkpoint", "run")
    [(epoch, message)] = told
    assert epoch == 6 and message in err and "No space left on device" in message
    same("m.gpunn", "whole.gpunn")
    assert list(checkpoints_in("run"))[-2:] == [11, 12]


# Signals at any moment, and two trainings at once


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="which signals a process handles is in /proc")
def test_a_training_that_a_signal_ended_at_any_moment_goes_on_to_the_same_bits(folder, run, mixed, thorough):
    copies, epochs = (100, "300") if thorough else (30, "100")
    pd.concat([mixed] * copies).to_csv("t.csv", index=False)
    options = [*TRAIN[:4], "--hidden", "64,64", "--dropout", "0.5", "--epochs", epochs, "-q"]
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "gpunn", *options, "-o", "whole.gpunn"], capture_output=True, check=True)
    training = gpunn.load("whole.gpunn").history_.seconds[-1]
    before = time.monotonic() - began - training
    moments, n, lines = random.Random(0), 40 if thorough else 4, []
    for k in range(n):
        number, every = (signal.SIGINT, signal.SIGTERM)[k % 2], ("1", "1000", "1h")[k // 2 % 3]
        arguments = [*options, "-o", "m.gpunn", "--checkpoint", f"run{k}", "--checkpoint-every", every]
        with subprocess.Popen(
            [sys.executable, "-m", "gpunn", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            await_handlers(process.pid)
            if k % 8 > 5:
                time.sleep(moments.random() * before)
            else:  # from the first checkpoint on
                await_checkpoint(f"run{k}")
                time.sleep(moments.random() * training)
            sent = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=120)
        took, found = time.monotonic() - sent, [*checkpoints_in(f"run{k}")]
        lines.append(f"{number.name}, every {every}: {process.returncode} after {took:.2f} s, checkpoints {found}")
        # As the interpreter ends, the handler is the system's again.
        assert process.returncode in (0, 128 + number, -number) and "Traceback" not in err and took < 30
        assert not Path(f"run{k}").exists() or not [name for name in os.listdir(f"run{k}") if name.endswith("part")]
        if process.returncode <= 0:
            same("m.gpunn", "whole.gpunn")
        if "to continue" in out:  # the last whole epoch, or a copy of a moment before
            done = gpunn.load("m.gpunn").n_iter_
            assert found[-1] <= done and (every != "1" or found[-1] >= done - 1)
            assert done < 20 or found[-1] > 0
        run(*(["resume", f"run{k}", "-q"] if found else arguments))
        same("m.gpunn", "whole.gpunn")
        Path("m.gpunn").unlink()
    print(*lines, sep="\n")  # for pytest -rP


def await_handlers(pid):
    """Wait until a process handles SIGTERM; before that it is the interpreter that starts."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        if int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)


def await_checkpoint(folder):
    end = time.monotonic() + 60
    while not checkpoints_in(folder) and time.monotonic() < end:
        time.sleep(0.005)


SLOWLY = """
import sys, time
from gpunn.training.history import History
add = History.add
def adding(self, *args):
    add(self, *args)
    time.sleep(0.2)
History.add = adding
from gpunn.cli import main
sys.exit(main())
"""


def slow(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", SLOWLY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_second_training_in_the_folder_is_refused_until_the_first_has_ended(folder, run):
    run(*TRAIN, "-o", "whole.gpunn")
    arguments = [*TRAIN, "-o", "m.gpunn", "--checkpoint", "run"]
    with slow(*arguments) as first:
        await_checkpoint("run")
        command = Path("run/command.txt").read_text()
        assert "run: another training writes to this folder. Wait until" in run("resume", "run", code=2)[1]
        with pytest.raises(BlockingIOError, match="another training writes to this folder"):
            gpunn.MLPClassifier.resume("run", [[0.0]], [0])
        assert "has the checkpoints of another training" in run(*arguments, code=2)[1]
        first.kill()
        first.communicate(timeout=60)
    assert Path("run/command.txt").read_text() == command and not Path("m.gpunn").exists()
    run("resume", "run")
    same("m.gpunn", "whole.gpunn")
    assert all(name == "command.txt" or name.startswith("checkpoint-") for name in os.listdir("run"))


def test_of_two_trainings_that_begin_at_once_one_is_refused(folder, run, thorough):
    run(*TRAIN, "-o", "whole.gpunn")
    for k in range(10 if thorough else 1):
        both = [slow(*TRAIN, "-o", f"{name}.gpunn", "--checkpoint", f"run{k}") for name in "ab"]
        said = [process.communicate(timeout=120) for process in both]
        assert sorted(process.returncode for process in both) == [0, 2], said
        won = "ab"[[process.returncode for process in both].index(0)]
        lost = said["ba".index(won)][1]
        assert re.search("another training writes to this folder|has the checkpoints of another training", lost)
        same(f"{won}.gpunn", "whole.gpunn")
        assert f"-o {won}.gpunn" in Path(f"run{k}/command.txt").read_text()
        Path(f"{won}.gpunn").unlink()
