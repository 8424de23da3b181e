"""Text of tables and model files that would move the cursor of a terminal is shown as escapes, and kept in files."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pandas as pd
import pytest

import gpunn
from gpunn.cli.main import main
from gpunn.insight import diagnose
from gpunn.shown import printable

BAD = "\x1b]0;x\x07\x1b[2J", "\x9b31m", "\u202egnp", "\x7f\b"


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A folder with a table of such names, categories and labels, and a model of it."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 60)
    frame = pd.DataFrame(
        {
            f"size{BAD[0]}": codes + rng.normal(size=60),
            f"word{BAD[1]}": np.array([*BAD])[rng.integers(0, 4, 60)],
            f"class{BAD[2]}": np.array(BAD)[codes],
        }
    )
    frame.to_csv("t.csv", index=False)
    frame.assign(**{f"word{BAD[1]}": [f"new{BAD[0]}"] * 60}).to_csv("new.csv", index=False)
    frame.assign(**{f"class{BAD[2]}": [f"new{BAD[0]}"] * 60}).to_csv("labels.csv", index=False)
    assert main(["train", "t.csv", "--target", f"class{BAD[2]}", "--epochs", "3", "-o", "m.gpunn"]) == 0
    shown(capsys)
    return tmp_path


def shown(capsys):
    """What was written to both streams, found to have no control character."""
    out, err = capsys.readouterr()
    for text in (out, err):
        assert text == printable(text, lines=True)
    return out + err


@pytest.mark.parametrize(("command", "code", "said"), [
    ("inspect m.gpunn", 0, r"word\u009b31m"), ("inspect m.gpunn t.csv", 0, "findings"),
    ("evaluate m.gpunn t.csv", 0, r"\u202egnp"), ("evaluate m.gpunn new.csv", 0, "'new\\x1b]0;x"),
    ("compare m.gpunn ./m.gpunn t.csv", 0, "have the same rows right"),
    ("compare m.gpunn ./m.gpunn new.csv", 0, "'new\\x1b]0;x"),
    ("evaluate m.gpunn labels.csv", 2, "labels that the model does not know"),
    ("train t.csv --target none", 2, "there is no column"), ("predict m.gpunn new.csv -o p.csv", 0, "word"),
    ("report m.gpunn t.csv -o r.html", 0, "report written"),
])  # fmt: skip
def test_what_is_shown_has_no_control_character(folder, capsys, command, code, said):
    assert main(command.split()) == code
    text = shown(capsys)
    assert said in text or "No findings" in text


def test_what_is_printed_in_python_has_no_control_character_either(folder):
    clf = gpunn.load("m.gpunn")
    rows = pd.DataFrame({f"size{BAD[0]}": np.zeros(60), f"word{BAD[1]}": [BAD[0]] * 60})
    found = str(diagnose(clf, rows, np.array(BAD)[np.arange(60) % 3]))
    assert r"size\u001b]0;x" in found and found == printable(found, lines=True)
    assert str(clf.features_) == printable(str(clf.features_), lines=True)
    with pytest.raises(ValueError, match="now missing") as caught:
        clf.predict(rows[[f"word{BAD[1]}"]])
    assert str(caught.value) == printable(str(caught.value), lines=True)


def test_figures_for_programs_stay_json(folder, capsys):
    assert main(["evaluate", "m.gpunn", "t.csv", "--json"]) == 0
    assert [one["label"] for one in json.loads(shown(capsys))["classes"]] == sorted(BAD[:3])


@pytest.mark.parametrize("is_terminal", [False, True])
def test_answers_are_exact_in_files_and_pipes_and_escaped_on_a_terminal(folder, monkeypatch, is_terminal):
    assert main(["predict", "m.gpunn", "t.csv", "-o", "p.csv"]) == 0
    exact = (folder / "p.csv").read_bytes().decode()
    assert "\x1b" in exact
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    screen.isatty = lambda: is_terminal
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(["predict", "m.gpunn", "t.csv"]) == 0
    assert screen.buffer.getvalue().decode() == (printable(exact, lines=True) if is_terminal else exact)
