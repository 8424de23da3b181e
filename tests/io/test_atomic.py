"""Files that appear whole or not at all: what is left by processes that were killed, and what is said of errors."""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
import subprocess
import sys

import pytest

from gpunn.io.atomic import PART, _remove_abandoned, check_place, whole_file, write_whole

fcntl = pytest.importorskip("fcntl", reason="no locks of this kind here")

WRITER = """
import sys
from gpunn.io import whole_file
with whole_file(sys.argv[1]) as file:
    file.write(b"new")
    file.flush()
    print("ready", flush=True)
    sys.stdin.read(1)
"""


def writer(path):
    """A process that is about to have written a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def parts(folder):
    return sorted(name for name in os.listdir(folder) if PART.fullmatch(name))


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    place = tmp_path / "m.gpunn"
    place.write_bytes(b"old")
    users = [".gpunn-0123456789abcdef.part.txt", ".0123456789abcdef.part", "gpunn-0123456789abcdef.part", "x.part"]
    for name in users:
        (tmp_path / name).write_text("")
    with writer(place) as alive:
        (of_alive,) = parts(tmp_path)
        with writer(tmp_path / "other") as killed:
            killed.send_signal(signal.SIGKILL)
        assert len(parts(tmp_path)) == 2 and place.read_bytes() == b"old"
        write_whole(place, b"newer")
        assert parts(tmp_path) == [of_alive] and place.read_bytes() == b"newer"
        alive.communicate("x", timeout=60)
    assert place.read_bytes() == b"new"  # the last one wins, and each was whole
    assert sorted(os.listdir(tmp_path)) == sorted(["m.gpunn", *users])


def test_a_file_that_was_taken_for_abandoned_before_it_was_locked_is_begun_anew(tmp_path, monkeypatch):
    lock, seen = fcntl.flock, []

    def late(file, how):
        seen.append(parts(tmp_path))
        if len(seen) == 1:
            _remove_abandoned(tmp_path)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    write_whole(tmp_path / "new", b"1")
    assert len(seen) == 3 and os.listdir(tmp_path) == ["new"] and (tmp_path / "new").read_bytes() == b"1"


def test_without_locks_nothing_is_removed(tmp_path, monkeypatch):
    def none(*args):
        raise OSError(errno.ENOLCK, "No locks available")

    (tmp_path / ".gpunn-0123456789abcdef.part").write_text("")
    monkeypatch.setattr(fcntl, "flock", none)
    write_whole(tmp_path / "new", b"1")
    assert sorted(os.listdir(tmp_path)) == [".gpunn-0123456789abcdef.part", "new"]


@pytest.mark.parametrize("code", [errno.EIO, errno.EDQUOT, errno.ENOSPC, errno.EFBIG, errno.EROFS])
@pytest.mark.parametrize("function", ["fsync", "replace", "chmod"])
def test_an_error_of_the_system_names_the_file(tmp_path, monkeypatch, function, code):
    def fail(*args):
        raise OSError(code, os.strerror(code), *args[:1] * (function != "fsync"))

    place = tmp_path / "m.gpunn"
    place.write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        with pytest.raises(OSError, match=re.escape(os.strerror(code))) as caught:
            write_whole(place, b"new")
    assert (caught.value.errno, caught.value.filename) == (code, str(place))
    assert os.listdir(tmp_path) == ["m.gpunn"] and place.read_bytes() == b"old"


def test_a_file_that_grows_too_large_is_named(tmp_path):
    code = (
        "import resource, sys; from gpunn.io import whole_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "for pieces in ([bytes(200_000)], [bytes(1000)] * 200):\n"
        "    try:\n"
        "        with whole_file(sys.argv[1]) as file:\n"
        "            for piece in pieces: file.write(piece)\n"
        "    except OSError as error:\n"
        "        print(error.errno, error.filename)\n"
    )
    path = str(tmp_path / "m.gpunn")
    end = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert end.stdout == f"{errno.EFBIG} {path}\n" * 2
    assert os.listdir(tmp_path) == []


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    for given in (OSError(errno.EIO, "bad", "input.csv"), OSError(errno.ENOSPC, "full"), OSError("bad")):
        with pytest.raises(OSError) as caught, whole_file(tmp_path / "new"):
            raise given
        assert caught.value is given
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("code", "told"), [
    (errno.EIO, True), (errno.EDQUOT, True), (errno.ENOSPC, True), (errno.EINVAL, False), (errno.EBADF, False),
])  # fmt: skip
def test_a_folder_that_cannot_be_synced_is_told_unless_none_can_be(tmp_path, monkeypatch, code, told):
    sync = os.fsync

    def fail(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(code, os.strerror(code))
        sync(handle)

    monkeypatch.setattr(os, "fsync", fail)
    place = tmp_path / "m.gpunn"
    if told:
        with pytest.raises(OSError, match="its folder could not be synced") as caught:
            write_whole(place, b"new")
        assert (caught.value.errno, caught.value.filename) == (code, str(place))
    else:
        write_whole(place, b"new")
    assert os.listdir(tmp_path) == ["m.gpunn"] and place.read_bytes() == b"new"


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_written(tmp_path, monkeypatch):
    asked = []

    def access(path, mode):
        asked.append(mode)
        return False  # chmod would not keep root out

    monkeypatch.setattr(os, "access", access)
    with pytest.raises(PermissionError, match=rf"new: the folder {re.escape(str(tmp_path))} is read-only"):
        check_place(tmp_path / "new")
    assert asked == [os.W_OK | os.X_OK]


def test_a_folder_that_can_be_written_to_and_not_read_will_do(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(errno.EACCES, "Permission denied", folder)

    monkeypatch.setattr(os, "listdir", refuse)
    monkeypatch.setattr(os, "open", refuse_folder(os.open))
    write_whole(tmp_path / "new", b"1")
    assert (tmp_path / "new").read_bytes() == b"1"


def refuse_folder(opened):
    def refusing(path, flags, *rest, **others):
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path, flags, *rest, **others)

    return refusing
