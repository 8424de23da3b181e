"""One training at a time writes to a folder; whatever ends a process ends its lock."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gpunn.io import CheckpointWarning, lock, locked

HOLD = """
import sys
from gpunn.io import locked
with locked(sys.argv[1], "fit"):
    print("locked", flush=True)
    sys.stdin.read()
"""

FORK = """
import os, signal, sys
from gpunn.io import locked
with locked(sys.argv[1], "fit"):
    child = os.fork()
    if not child:
        signal.pause()
try:
    with locked(sys.argv[1], "fit"):
        print("again", flush=True)
finally:
    os.kill(child, signal.SIGKILL)
"""


def refused(folder, name="fit"):
    with pytest.raises(BlockingIOError, match="another training writes to this folder") as caught, locked(folder, name):
        pass
    assert str(caught.value).startswith(f"{folder}: ")


def test_a_lock_is_had_once_and_leaves_nothing(tmp_path):
    with contextlib.suppress(KeyError), locked(tmp_path, "fit"):
        refused(tmp_path)
        thread = threading.Thread(target=refused, args=(tmp_path,))
        thread.start()
        thread.join()
        with locked(tmp_path, "command"):  # another one
            refused(tmp_path, "command")
        raise KeyError
    assert os.listdir(tmp_path) == []
    with locked(tmp_path, "fit"):
        pass


@pytest.mark.parametrize("end", ["input", "kill"])
def test_the_lock_of_another_process_ends_with_it(tmp_path, end):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"locked\n"
        refused(tmp_path)
        if end == "kill":
            process.kill()
        process.communicate(timeout=60)
    assert (len(os.listdir(tmp_path)), process.returncode == 0) == ((1, False) if end == "kill" else (0, True))
    with locked(tmp_path, "fit"):
        refused(tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no open file can be removed")
def test_a_file_that_its_owner_removed_meanwhile_is_not_the_lock(tmp_path, monkeypatch):
    take, times = lock._lock, []

    def late(file):
        times.append(1)
        if len(times) == 1:
            os.unlink(tmp_path / ".gpunn-fit.lock")
        take(file)

    monkeypatch.setattr(lock, "_lock", late)
    with locked(tmp_path, "fit"):
        monkeypatch.undo()
        assert len(times) == 2
        refused(tmp_path)


def test_a_file_system_without_locks_is_a_warning(tmp_path, monkeypatch):
    def without(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_lock", without)
    with (
        pytest.warns(CheckpointWarning, match=r"its file system has no locks \(No locks available\)"),
        locked(tmp_path, "fit"),
    ):
        pass
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, locked(tmp_path / "missing", "fit"):
        pass
    assert Path(caught.value.filename) == tmp_path / "missing"


@pytest.mark.skipif(os.name != "posix", reason="fork")
def test_a_child_does_not_keep_the_lock_of_its_parent(tmp_path):
    arguments = [sys.executable, "-c", FORK, str(tmp_path)]
    end = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    assert end.stdout == "again\n"
