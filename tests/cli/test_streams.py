"""Standard output and standard error that are closed, full, or read by nobody any more."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

import gpunn

pytestmark = pytest.mark.skipif(os.name != "posix", reason="redirections of a POSIX shell")

COMMANDS = {
    "train": "train t.csv --target class --epochs 3 --hidden 8 -o new.gpunn",
    "train and report": "train t.csv --target class --epochs 3 --hidden 8 -o new.gpunn --report new.html",
    "predict": "predict m.gpunn t.csv", "to a file": "predict m.gpunn t.csv -o new.csv",
    "to Parquet": "predict m.gpunn t.csv --format parquet", "evaluate": "evaluate m.gpunn t.csv --confusion new.svg",
    "compare": "compare m.gpunn ./m.gpunn t.csv --plot new.svg",
    "inspect": "inspect m.gpunn t.csv", "report": "report m.gpunn t.csv -o new.html", "devices": "devices",
    "export": "export m.gpunn --numpy new.py",
    "help": "train --help",
}  # fmt: skip
CLOSED = "gpunn: error: standard output is closed, and the results go there"
FULL = "gpunn: error: standard output: No space left on device\n"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


@pytest.fixture
def shell(model):
    """A command with redirections; its exit code, standard output and standard error, and the new files."""

    def call(command, redirections):
        line = f"{{ {shlex.quote(sys.executable)} -m gpunn {command}; echo $? > code; }} {redirections}"
        end = subprocess.run(["sh", "-c", line], capture_output=True, timeout=120)
        assert b"Traceback" not in end.stderr and b"ignored" not in end.stderr
        code = int((model.parent / "code").read_text())
        return code, end.stdout, end.stderr.decode(), sorted(name for name in os.listdir() if name.startswith("new"))

    return call


def some(names, thorough, *always):
    return names if thorough else always


def files_of(command):
    return sorted(word for word in command.split() if word.startswith("new"))


def test_standard_output_is_closed(shell, thorough):
    for name in some(COMMANDS, thorough, "train", "predict", "to a file", "help"):
        code, out, err, files = shell(COMMANDS[name], ">&-")
        if name == "to a file":
            assert (code, out, err, files) == (0, b"", "", ["new.csv"])
            os.remove("new.csv")
        else:
            assert (code, out, files) == (2, b"", []) and err.startswith(CLOSED) and err.count("\n") == 1


@needs_full
def test_standard_output_is_full(shell, thorough):
    for name in some(COMMANDS, thorough, "train", "predict", "help"):
        code, out, err, _ = shell(COMMANDS[name], "> /dev/full")
        assert (code, out, err) == ((0, b"", "") if name == "to a file" else (2, b"", FULL))


def test_standard_error_is_closed_or_full(shell, thorough):
    ways = ["2>&-", *["2> /dev/full"] * os.path.exists("/dev/full")]
    for name in some(COMMANDS, thorough, "train"):
        for way in ways:
            code, out, err, files = shell(COMMANDS[name], way)
            assert (code, err, files) == (0, "", files_of(COMMANDS[name]))
            assert bool(out) == (name != "to a file")
            for file in files:
                os.remove(file)
    for way in ways:
        code, out, err, _ = shell("predict m.gpunn none.csv", way)
        assert (code, out, err) == (2, b"", "")


def test_all_are_closed(shell):
    code, out, err, files = shell(COMMANDS["to a file"], "<&- >&- 2>&-")
    assert (code, out, err, files) == (0, b"", "", ["new.csv"])
    with open("new.csv") as file:
        assert file.readline().startswith('"prediction"')  # and nothing that was meant for another stream


def test_the_reader_goes_away(shell, thorough):
    for name in some(COMMANDS, thorough, "train", "inspect"):
        code, out, err, files = shell(COMMANDS[name], "| head -c 1")
        assert (code, files) == (0, files_of(COMMANDS[name])) and "error" not in err
        assert len(out) == (name != "to a file")
        if "train" in name:
            assert gpunn.load("new.gpunn").n_iter_ == 3
        for file in files:
            os.remove(file)


def test_the_reader_of_messages_goes_away(shell):
    code, _, _, files = shell(COMMANDS["train and report"], "2>&1 >/dev/null | true")
    assert (code, files) == (0, ["new.gpunn", "new.html"])


@needs_full
@pytest.mark.parametrize("command", ["predict m.gpunn t.csv --format csv -o {}", "report m.gpunn t.csv -o {}",
                                     "evaluate m.gpunn t.csv --confusion {}",
                                     "compare m.gpunn ./m.gpunn t.csv --plot {}",
                                     "train t.csv --target class -o {}"])  # fmt: skip
def test_a_device_is_not_replaced(model, run, command):
    _, err = run(*command.format("/dev/full").split(), code=2)
    assert "/dev/full is no plain file, and will not be replaced; name another." in err


@pytest.mark.parametrize("command", ["predict m.gpunn t.csv -o {}", "report m.gpunn t.csv -o {}",
                                     "evaluate m.gpunn t.csv --confusion {}", "train t.csv --target class -o {}",
                                     "compare m.gpunn ./m.gpunn t.csv --plot {}",
                                     "train t.csv --target class -o a.gpunn --report {}"])  # fmt: skip
def test_places_that_cannot_be_written_to_are_told_before_the_work(model, run, monkeypatch, command):
    for name in ("train.read", "predict.load", "inspection.load", "compare.load"):
        monkeypatch.setattr(f"gpunn.cli.{name}", None)  # not to be called
    os.mkdir("folder.svg")
    for place, said in (("folder.svg", "is a folder"), ("no/file.svg", "there is no folder no")):
        assert said in run(*command.format(place).split(), code=2)[1]
    monkeypatch.setattr(
        os, "access", lambda path, mode: False
    )  # as of a folder that is read-only; root may write there
    assert "is read-only. Name a file in another." in run(*command.format("file.svg").split(), code=2)[1]


@pytest.mark.parametrize("command", ["predict m.gpunn t.csv -o new.csv", "predict m.gpunn t.csv -o new.parquet",
                                     "report m.gpunn t.csv -o new.html", "evaluate m.gpunn t.csv --confusion new.svg",
                                     "train t.csv --target class -q --epochs 2 -o new.gpunn"])  # fmt: skip
def test_a_limit_on_the_size_of_files_is_told(model, thorough, command):
    if not thorough and "predict" not in command:
        pytest.skip("one kind of the many: --thorough has the others")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from gpunn.cli import main; sys.exit(main())"
    )
    end = subprocess.run([sys.executable, "-c", code, *command.split()], capture_output=True, text=True)
    (name,) = files_of(command)
    assert end.returncode == 2 and end.stderr.endswith(f"gpunn: error: {name}: File too large\n")
    assert sorted(os.listdir()) == ["m.gpunn", "t.csv", "t.parquet"]
