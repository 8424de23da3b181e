"""Compiled code on disk: whatever is wrong with it, or with its folder, costs a warning and no more than compiling."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import pickle
import shutil
import stat
import subprocess
import sys
import threading
import types
import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest

from gpunn.compile import policy
from gpunn.compile.cpu import code_cache
from gpunn.nn.activations import ReLU, Tanh
from gpunn.nn.network import Network

KEY, DATA = "of some types\nand a source", bytes(range(256)) * 40
SIZE = 32 + len(DATA)  # with the digest
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where the code is kept; there is nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code_cache._tell.cache_clear()
    yield tmp_path / "cache" / "gpunn"
    code_cache._tell.cache_clear()


@contextlib.contextmanager
def told(times):
    """It is told so often what is wrong, by a warning that says what to do."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
    assert [(w.category, "set XDG_CACHE_HOME" in str(w.message)) for w in found] == [(RuntimeWarning, True)] * times, [
        str(w.message) for w in found
    ]


def flipped(i):
    def damage(path, monkeypatch):
        content = bytearray(path.read_bytes())
        content[len(content) // 2 if i is None else i] ^= 1
        path.write_bytes(content)

    return damage


def cut(size):
    def damage(path, monkeypatch):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2 if size is None else size])

    return damage


def replaced(content):
    return lambda path, monkeypatch: path.write_bytes(content)


def in_its_place(make):
    """What is not a file; the file is beside it."""

    def damage(path, monkeypatch):
        path.rename(path.with_suffix(".own"))
        make(path)

    return damage


def of_another(path, monkeypatch):
    shutil.copy(path, path.with_suffix(".own"))
    code_cache.save("another key", pickle.dumps("foreign"))
    os.replace(code_cache._path("another key"), path)


def foreign_file(path, monkeypatch):
    real = os.fstat

    def fstat(descriptor):
        found = real(descriptor)
        return types.SimpleNamespace(st_mode=found.st_mode, st_uid=found.st_uid + 1)

    monkeypatch.setattr(os, "fstat", fstat)


def unreadable(path, monkeypatch):
    def refuse(*given):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)  # to root all files are open


FILES = {
    "empty": cut(0),
    "one byte": cut(1),
    "half a digest": cut(16),
    "a digest alone": cut(32),
    "half": cut(None),
    "without the last byte": cut(-1),
    "with a byte more": lambda path, monkeypatch: path.write_bytes(path.read_bytes() + b"\0"),
    "the first bit": flipped(0),
    "the digest's last bit": flipped(31),
    "the first bit of the code": flipped(32),
    "a bit in the middle": flipped(None),
    "the last bit": flipped(-1),
    "all zero": replaced(bytes(SIZE)),
    "a text": replaced(b"no code\n" * 100),
    "a pickle": replaced(pickle.dumps(DATA)),
    "of another key": of_another,
    "of another user": pytest.param(foreign_file, marks=POSIX),
    "may be written by a group": pytest.param(lambda path, monkeypatch: path.chmod(0o620), marks=POSIX),
    "may be written by all": pytest.param(lambda path, monkeypatch: path.chmod(0o602), marks=POSIX),
    "unreadable": unreadable,
    "a link": pytest.param(in_its_place(lambda path: path.symlink_to(path.with_suffix(".own"))), marks=POSIX),
    "a link to itself": pytest.param(in_its_place(lambda path: path.symlink_to(path)), marks=POSIX),
    "a pipe": pytest.param(in_its_place(lambda path: os.mkfifo(path)), marks=POSIX),
    "a folder": in_its_place(lambda path: path.mkdir()),
}


def moved(make):
    """The folder as it should be, elsewhere; in its place what is made of both paths."""

    def damage(folder, monkeypatch):
        elsewhere = folder.with_name("elsewhere")
        folder.rename(elsewhere)
        make(folder, elsewhere)

    return damage


def foreign_folder(folder, monkeypatch):
    real = Path.lstat

    def lstat(path):
        found = real(path)
        return types.SimpleNamespace(st_mode=found.st_mode, st_uid=found.st_uid + 1)

    monkeypatch.setattr(Path, "lstat", lstat)


def environment(**names):
    """Other names in the environment, in a folder that is not to be written to."""

    def damage(folder, monkeypatch):
        here = folder.parent / "here"
        here.mkdir()
        monkeypatch.chdir(here)
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME", "USERPROFILE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in names.items():
            monkeypatch.setenv(name, value)

    return damage


def homeless(folder, monkeypatch):
    environment()(folder, monkeypatch)
    import pwd

    def missing(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", missing)


def below_a_file(folder, monkeypatch):
    (folder.parent / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent / "file"))


def full(error):
    def damage(folder, monkeypatch):
        class Full:
            def __init__(self, handle, mode):
                self.handle = handle

            def __enter__(self):
                return self

            def __exit__(self, *error):
                os.close(self.handle)

            def write(self, data):
                os.write(self.handle, data[: len(data) // 2])
                raise error

        shutil.rmtree(folder)
        monkeypatch.setattr(os, "fdopen", Full)

    return damage


def cannot(name):
    def damage(folder, monkeypatch):
        def refuse(*given, **named):
            raise PermissionError(errno.EACCES, "Permission denied")

        shutil.rmtree(folder)
        monkeypatch.setattr(*name, refuse)

    return damage


FOLDERS = {
    "a link": pytest.param(moved(lambda folder, elsewhere: folder.symlink_to(elsewhere)), marks=POSIX),
    "a link to nothing": pytest.param(moved(lambda folder, elsewhere: folder.symlink_to("nothing")), marks=POSIX),
    "a file": moved(lambda folder, elsewhere: folder.write_text("")),
    "of another user": pytest.param(foreign_folder, marks=POSIX),
    "may be written by all": pytest.param(lambda folder, monkeypatch: folder.chmod(0o777), marks=POSIX),
    "may be written by a group": pytest.param(lambda folder, monkeypatch: folder.chmod(0o770), marks=POSIX),
    "below a file": below_a_file,
    "a relative path": environment(XDG_CACHE_HOME="relative"),
    "the folder it is in": environment(XDG_CACHE_HOME="."),
    "a tilde": environment(XDG_CACHE_HOME="~/cache"),
    "a relative home": environment(HOME="relative", USERPROFILE="relative"),
    "no home": pytest.param(homeless, marks=POSIX),
    "a full disk": full(OSError(errno.ENOSPC, "No space left on device")),
    "a spent quota": full(OSError(errno.EDQUOT, "Disk quota exceeded")),
    "no new file": cannot((code_cache.tempfile, "mkstemp")),
    "no new name": cannot((os, "replace")),
}


def states(table):
    given = {name: state if hasattr(state, "marks") else pytest.param(state) for name, state in table.items()}
    return [pytest.param(*state.values, id=name, marks=state.marks) for name, state in given.items()]


def test_what_is_kept_is_found_by_its_key_alone(folder):
    with told(0):
        assert code_cache.load(KEY) is None
        code_cache.save(KEY, DATA)
        assert (code_cache.load(KEY), code_cache.load(KEY + "x")) == (DATA, None)


@POSIX
@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o077])
def test_nobody_else_may_read_or_write_it(folder, mask):
    before = os.umask(mask)
    try:
        code_cache.save(KEY, DATA)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())] == [0o700, 0o600]


@POSIX
def test_a_folder_that_others_could_only_read_is_closed_to_them(folder):
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    with told(0):
        code_cache.save(KEY, DATA)
        assert code_cache.load(KEY) == DATA
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", states(FILES))
def test_a_file_that_is_not_as_it_was_written_is_not_read(folder, monkeypatch, damage):
    code_cache.save(KEY, DATA)
    with monkeypatch.context() as patch:
        damage(code_cache._path(KEY), patch)
        with told(1):
            assert code_cache.load(KEY) is None
            assert code_cache.load(KEY) is None
    if not code_cache._path(KEY).is_dir():  # else that stays where it is, and is told again
        code_cache._tell.cache_clear()
        with told(0):
            code_cache.save(KEY, DATA)
            assert code_cache.load(KEY) == DATA


@pytest.mark.parametrize("damage", states(FOLDERS))
def test_a_folder_that_is_not_ones_own_is_neither_read_nor_written(folder, monkeypatch, tmp_path, damage):
    code_cache.save(KEY, DATA)
    damage(folder, monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    with told(1):
        assert code_cache.load(KEY) is None
        code_cache.save(KEY, DATA)
        assert code_cache.load(KEY) is None
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@POSIX
def test_a_disk_that_is_full_indeed(folder):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(DATA) // 2, limits[1]))
    try:
        with told(1):
            code_cache.save(KEY, DATA)
            assert code_cache.load(KEY) is None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(folder.iterdir())


def test_writers_and_readers_at_once_see_all_of_it_or_nothing(folder):
    found = []

    def work():
        for _ in range(50):
            code_cache.save(KEY, DATA)
            found.append(code_cache.load(KEY))

    threads = [threading.Thread(target=work) for _ in range(4)]
    with told(0):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [DATA] * 200
    assert len(list(folder.iterdir())) == 1


SOURCE = "define double @double(double %x) {\n  %y = fadd double %x, %x\n  ret double %y\n}\n"
DOUBLE = f"""
import contextlib
import ctypes
from gpunn.compile.cpu import native
address = native.load("double", lambda: {SOURCE!r}, "", ["double"], {{}})["double"]
assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address)(21.0) == 42
"""


LOADED = []  # engines: code that is in use must stay


@pytest.fixture
def work(monkeypatch, digits, fitted, thorough):
    """A function that compiles and runs: one of two lines, in thorough tests a whole training. It gives its result."""
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    from gpunn.compile.cpu import native, runtime

    monkeypatch.setattr(policy.CpuCompiler, "seconds", 0.0)
    monkeypatch.setattr(policy.CpuCompiler, "again_seconds", 0.0)

    def run():
        runtime.loaded.cache_clear()
        monkeypatch.setattr(native, "_modules", {})  # as in a new process; nothing is freed
        LOADED.append(native._modules)
        if not thorough:
            exec(DOUBLE, {})
            return True
        clf = fitted(digits[0], digits[2], hidden_layer_sizes=(4,), max_iter=2)
        return clf.history_.path == "compiled" and bool(np.isfinite(clf.theta_).all())

    return run


@pytest.mark.parametrize(("table", "damage"), [
    *(pytest.param("file", *state.values, id=f"file, {state.id}", marks=state.marks) for state in states(FILES)),
    *(pytest.param("folder", *state.values, id=f"folder, {state.id}", marks=state.marks) for state in states(FOLDERS)),
])  # fmt: skip
def test_training_goes_on(folder, monkeypatch, work, table, damage):
    assert work()
    (path,) = folder.iterdir()
    with monkeypatch.context() as patch:
        damage(path if table == "file" else folder, patch)
        with told(1 if not path.is_dir() else 2):  # a folder in the place of a file can also not be replaced
            assert work()


def test_two_processes_that_compile_at_once(folder):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    commands = [[sys.executable, "-W", "error", "-c", DOUBLE] for _ in range(2)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    assert [(process.communicate(timeout=120)[1], process.returncode) for process in processes] == [("", 0)] * 2
    assert [path.suffix for path in folder.iterdir()] == [".bin"]
    run = f"from gpunn.compile.cpu import code_cache\ncode_cache.save = None\n{DOUBLE}"  # it is not compiled once more
    subprocess.run([sys.executable, "-W", "error", "-c", run], check=True, timeout=120)


def test_layers_with_equal_formulas_share_compiled_code(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    from gpunn.compile.cpu import kernels, program

    compiled = []
    module = kernels.module
    monkeypatch.setattr(kernels, "module", lambda found, dtype: compiled.append([*found]) or module(found, dtype))
    network = Network((3, 4, 5, 6, 2), (ReLU(), Tanh(), ReLU()))
    functions, slots = program.loaded(kernels.forward_kernels(network, "float64"), "float64")
    assert compiled == [["forward_0", "forward_1", "forward_3"]] and len(functions) == 3
    assert slots["forward_0"] == slots["forward_2"] and len({*slots.values()}) == 3


def test_machine_code_that_no_program_holds_is_freed_and_other_code_is_not(monkeypatch, tmp_path):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    from gpunn.compile.cpu import native

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native, "_modules", {})
    monkeypatch.setattr(native, "N_UNUSED", 2)

    def load(number):
        source = f"define i64 @number() {{\n  ret i64 {number}\n}}\n"
        return native.load("number", lambda: source, source, ["number"], {})

    def call(functions):
        return ctypes.CFUNCTYPE(ctypes.c_int64)(functions["number"])()

    held = load(0)
    engines = []
    for number in range(1, 8):
        load(number)
        engines.append([*native._modules.values()][-1].engine)
    assert [engine.closed for engine in engines] == [True] * 4 + [False] * 3  # two, and the one loaded after the look
    assert call(held) == 0 and load(0) is held
    again = load(6)  # which is not freed yet
    for number in range(10, 20):
        load(number)
    assert (call(held), call(again), call(load(3))) == (0, 6, 3)
    assert not engines[5].closed and engines[6].closed


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system has no /proc/self/statm")
def test_compiling_leaves_no_memory_of_its_passes():
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    from gpunn.compile.cpu import native

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def compile_modules(n):
        for number in range(n):
            native._machine_code(f"define i64 @number() {{\n  ret i64 {number}\n}}\n")

    compile_modules(50)
    before = resident()
    compile_modules(200)
    assert resident() - before < 200 * 15_000  # bytes; the passes of a module take more than 30,000


def test_an_interrupt_while_machine_code_is_loaded_frees_none_that_a_program_holds(monkeypatch, tmp_path):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    from gpunn.compile.cpu import native

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(native, "_modules", {})

    def load():
        source = "define i64 @number() {\n  ret i64 7\n}\n"
        return native.load("number", lambda: source, source, ["number"], {})

    def interrupt(at):
        """A trace function that raises at an operation of `native.load`, by its number."""
        operations = iter(range(at + 1))

        def operation(frame, event, argument):
            if event == "opcode" and next(operations) == at:
                raise KeyboardInterrupt
            return operation

        def function(frame, event, argument):
            frame.f_trace_opcodes = frame.f_code is native.load.__code__
            return operation if frame.f_trace_opcodes else None

        return function

    held = load()
    engine = weakref.ref(next(iter(native._modules.values())).engine)
    before, n_interrupts = sys.gettrace(), 0
    while True:
        sys.settrace(interrupt(n_interrupts))
        try:
            load()
        except KeyboardInterrupt:
            n_interrupts += 1
        else:
            break
        finally:
            sys.settrace(before)
        assert engine() is not None
    assert n_interrupts > 100
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(held["number"])() == 7
