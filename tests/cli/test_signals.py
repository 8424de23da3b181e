"""SIGINT and SIGTERM at any moment of a command: the exit code, what is saved, and what is left beside it."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import forked
import pandas as pd
import pytest
from signalled import at_epoch, at_sync, command
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn.cli import main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

SIGNALS = [signal.SIGINT, signal.SIGTERM]
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
LONG = ["train", "t.csv", "--target", "class", "--hidden", "8", "--learning-rate", "0.01", "--epochs", "100000"]
TRAIN = [*LONG, "-q", "-o", "m.gpunn"]

# Before the command: what sends it a signal.
AT_SYNC, AT_EPOCH = at_sync(), at_epoch(3)
AT_IMPORT = """
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "{}":
            send()
sys.meta_path.insert(0, Finder)
"""
AT_READING = """
from gpunn.data import tables
def read(*args):
    try:
        send()
    except KeyboardInterrupt:
        {}
tables.read = read
"""

LOST = """
class Lost:
    def __del__(self):
        send()
"""
SLOW = """
import time
adding = History.add
def slowly(self, *args):
    adding(self, *args)
    time.sleep(0.05)
History.add = slowly
"""
UNINTERRUPTED = """
import hashlib, threading
kill = send
def send():
    threading.Timer(0.3, kill).start()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**8)  # a minute without the interpreter
"""


def await_handlers(pid):
    """Wait until a process handles SIGTERM; before that it is the interpreter that starts."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        if int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)


def left(folder):
    return sorted(set(os.listdir(folder)) - {"t.csv", "t.parquet"})


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="which signals a process handles is in /proc")
@pytest.mark.parametrize("number", SIGNALS)
def test_at_any_moment_there_is_the_old_model_or_the_new(model, mixed, thorough, number):
    pd.concat([mixed] * 100).to_csv("t.csv", index=False)
    options = ["train", "t.csv", "--target", "class", "--hidden", "64,64", "--dropout", "0.5", "--epochs", "300",
               "--time-limit", "4" if thorough else "1", "-o", "m.gpunn"]  # fmt: skip
    old, began = model.read_bytes(), time.monotonic()
    subprocess.run([sys.executable, "-m", "gpunn", *options], capture_output=True, check=True)
    whole = time.monotonic() - began
    moments, n = random.Random(int(number)), 20 if thorough else 3
    for k in range(n):
        model.write_bytes(old)
        with subprocess.Popen(
            [sys.executable, "-m", "gpunn", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            await_handlers(process.pid)
            time.sleep((k + moments.random()) / n * whole)
            sent = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        took, new = time.monotonic() - sent, model.read_bytes() != old
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode  # as shells have it
        print(f"{number.name}: {code} after {took:.2f} s, {'new' if new else 'old'} model")
        unfinished = not new or gpunn.load(model).history_.stopped == "interrupted"
        assert code == 128 + number if unfinished else code in (0, 128 + number)
        assert took < 30 and "Traceback" not in err and left(model.parent) == ["m.gpunn"]


@pytest.mark.parametrize("number", SIGNALS)
def test_training_ends_and_is_saved(folder, number):
    code, out, err = command(number, TRAIN, AT_EPOCH, is_forked=False)
    clf = gpunn.load("m.gpunn")
    assert code == 128 + number and (clf.n_iter_, clf.history_.stopped) == (3, "interrupted")
    assert "model saved to m.gpunn" in out and "gpunn: warning: Training interrupted" in err
    assert ("accuracy" in out) == (number == signal.SIGINT)  # who asks for the end of a process waits for it
    assert left(folder) == ["m.gpunn"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_save_is_not_broken_off(model, number):
    old = model.read_bytes()
    for arguments in (["--epochs", "4"], ["--epochs", "4", "--report", "r.html"]):
        code, out, _ = command(number, [*TRAIN, *arguments], AT_SYNC)
        assert code == 128 + number and out.endswith("model saved to m.gpunn\n")
        assert model.read_bytes() != old and gpunn.load(model).n_iter_ == 4
        assert left(model.parent) == ["m.gpunn"]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_more_signals_while_what_was_learned_is_saved(model, times):
    code, _, _ = command(signal.SIGINT, TRAIN, AT_EPOCH, AT_SYNC, times=times)
    assert code == 130 and gpunn.load(model).n_iter_ == 3 and left(model.parent) == ["m.gpunn"]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("arguments", [["predict", "m.gpunn", "t.csv", "-o", "p.csv"],
                                       ["evaluate", "m.gpunn", "t.csv", "--confusion", "p.csv.svg"],
                                       ["compare", "m.gpunn", "./m.gpunn", "t.csv", "--plot", "p.csv.svg"],
                                       ["report", "m.gpunn", "t.csv", "-o", "p.html"]])  # fmt: skip
def test_another_file_is_broken_off_whole(model, number, arguments):
    output = Path(arguments[-1])
    output.write_text("old")
    code, out, err = command(number, arguments, AT_SYNC)
    assert (code, out, err) == (128 + number, "", f"gpunn: {SAID[number]}\n")
    assert output.read_text() == "old" and left(model.parent) == ["m.gpunn", output.name]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("module", ["argparse", "numpy", "pyarrow", "sklearn.base", "gpunn.cli.train"])
def test_while_it_is_imported_the_process_ends_at_once(folder, number, module):
    code, out, err = command(number, TRAIN, AT_IMPORT.format(module), is_forked=False)
    assert (code, out, err) == (128 + number, "", f"gpunn: {SAID[number]}\n")


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("made_of_it", ["raise", "raise ImportError('it cannot be imported')", "raise ValueError"])
def test_what_libraries_make_of_an_interrupt_is_one(model, number, made_of_it):
    old = model.read_bytes()
    code, out, err = command(number, TRAIN, AT_READING.format(made_of_it))
    assert (code, out, err) == (128 + number, "", f"gpunn: {SAID[number]}\n")
    assert model.read_bytes() == old


def test_an_error_after_an_interrupt_that_was_answered_is_told(folder):
    full = (
        "import errno\ndef send_full(handle):\n    raise OSError(errno.EDQUOT, 'Quota exceeded')\nos.fsync = send_full"
    )
    code, _, err = command(signal.SIGINT, TRAIN, AT_EPOCH, full)
    assert code == 2 and err.endswith("gpunn: error: m.gpunn: Quota exceeded\n") and left(folder) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_threads_that_go_on_hold_up_nothing(model, number):
    busy = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
    began = time.monotonic()
    code, _, err = command(number, TRAIN, busy, AT_READING.format("raise"))
    assert (code, err) == (128 + number, f"gpunn: {SAID[number]}\n") and time.monotonic() - began < 30


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_that_are_ignored_stay_so(folder, number):
    ignoring = f"import signal; signal.signal({int(number)}, signal.SIG_IGN)"
    code, _, _ = command(number, [*TRAIN, "--epochs", "5"], ignoring, AT_EPOCH)
    assert code == 0 and gpunn.load("m.gpunn").n_iter_ == 5


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_was_lost_is_sent_again(folder, number):
    code, _, _ = command(number, TRAIN, AT_EPOCH.replace("send()", "Lost()"), LOST, SLOW)
    clf = gpunn.load("m.gpunn")
    assert code == 128 + number and clf.history_.stopped == "interrupted" and clf.n_iter_ > 3


def test_other_errors_of_finalizers_are_reported(folder):
    failing = LOST.replace("send()", "raise RuntimeError('of a finalizer')")
    code = f"import atexit, sys\n{failing}\natexit.register(Lost)\nfrom gpunn.cli import main\nsys.exit(main())"
    end = forked.run(code, ["devices"])
    assert end.returncode == 0 and "RuntimeError: of a finalizer" in end.stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_code_that_does_not_return_is_ended(model, thorough, number):
    if number == signal.SIGTERM and not thorough:
        pytest.skip("one signal is the sample; pytest --thorough sends both")
    old, began = model.read_bytes(), time.monotonic()
    code, out, err = command(number, TRAIN, AT_READING.format("raise"), UNINTERRUPTED)
    assert (code, out, err) == (128 + number, "", f"gpunn: {SAID[number]}\n")
    assert time.monotonic() - began < 30 and model.read_bytes() == old


@pytest.mark.parametrize("number", SIGNALS)
def test_while_the_interpreter_ends_the_exit_code_is_that_of_the_work(folder, number):
    code, out, err = command(number, ["devices"], "import atexit; atexit.register(send)")
    assert (code, err) == (0, "") and out.startswith("gpunn ")


def test_python_keeps_its_own_handlers(folder, iris):
    before = [signal.getsignal(number) for number in SIGNALS]
    seen = []
    clf = gpunn.MLPClassifier(max_iter=3, callback=lambda h: seen.append([signal.getsignal(n) for n in SIGNALS]))
    with pytest.warns(ConvergenceWarning):
        clf.fit(*iris)
    assert main([*TRAIN, "--epochs", "2"]) == 0
    assert [*seen, [signal.getsignal(number) for number in SIGNALS]] == [before] * 4
