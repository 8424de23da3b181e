"""What the options of gpunn train do beyond setting a parameter: kinds, weights, validation, standard input, pages."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import gpunn
from gpunn.cli.curves import dots, drawing

N = 90
FAST = ["--epochs", "5", "--hidden", "8", "--learning-rate", "0.01"]
TRAIN = ["train", "t.csv", "--target", "class", "-q", *FAST]


@pytest.fixture
def fitted_with(monkeypatch):
    """The estimators that were fitted, with what came in beside X and y."""
    seen = []
    fit = gpunn.MLPClassifier.fit

    def spy(self, X, y, **others):
        seen.append((self, X, y, others))
        return fit(self, X, y, **others)

    monkeypatch.setattr(gpunn.MLPClassifier, "fit", spy)
    return seen


def test_kinds_of_columns_are_as_asked(folder, run, mixed):
    mixed.assign(zip=["007", "7", "10"] * 30).to_csv("z.csv", index=False)
    kinds = ["--kind", "zip=text", "--kind", "sold=numbers", "--kind", "code=drop", "--kind", "day=text"]
    run("train", "z.csv", "--target", "class", "-q", *FAST, *kinds)
    features = gpunn.load("z.gpunn").features_
    assert {column.name: column.kind for column in features.columns} == {
        "size": "numbers", "colour": "text", "day": "text", "sold": "numbers", "zip": "text"
    }  # fmt: skip
    assert {"zip=007", "zip=7", "zip=10"} <= set(features.names_out)
    out, _ = run("predict", "z.gpunn", "z.csv")
    mixed.assign(zip=["007", "7", "10"] * 30).drop(columns="code").to_csv("z.csv", index=False)
    assert run("predict", "z.gpunn", "z.csv")[0] == out
    run("evaluate", "z.gpunn", "z.csv")


def test_kinds_add_to_those_of_a_manifest(folder, run, monkeypatch):
    (folder / "net.yaml").write_text(
        "data: {file: t.csv, target: class, features: {code: drop, sold: numbers}}\n"
        "training: {optimize: {method: adam, iterations: 3}}\n"
    )
    run("train", "net.yaml", "-q", "--kind", "sold=text")
    kinds = {column.name: column.kind for column in gpunn.load("net.gpunn").features_.columns}
    assert kinds["sold"] == "text" and "code" not in kinds


@pytest.mark.parametrize(("labels", "given", "expected"), [
    (["spam", "ham", "x=y"], "spam=3,ham=1.5,x=y=2", {"spam": 3, "ham": 1.5, "x=y": 2}),
    ([1, 2, 3], "1=3,3=2", {1: 3, 3: 2}), (["a,b", "c", "d"], '"a,b=3",c=1', {"a,b": 3, "c": 1}),
    ([1, 2, 3], "balanced", "balanced"),
])  # fmt: skip
def test_class_weights_go_to_the_classes(folder, run, mixed, fitted_with, labels, given, expected):
    codes = mixed["class"].astype("category").cat.codes.to_numpy()
    mixed.assign(**{"class": np.array(labels)[codes]}).to_csv("t.csv", index=False)
    run(*TRAIN, "--class-weight", given)
    assert fitted_with[0][0].class_weight == expected
    assert gpunn.load("t.gpunn").n_iter_ == 5


def test_booleans_are_weighted_as_tables_have_them(folder, run, mixed, fitted_with):
    mixed.assign(**{"class": mixed.sold}).to_csv("t.csv", index=False)
    run(*TRAIN, "--class-weight", "True=3,False=1", "--threshold", "0.25")
    assert fitted_with[0][0].class_weight == {"True": 3, "False": 1}
    assert gpunn.load("t.gpunn").threshold == 0.25


def test_a_validation_table_is_watched(folder, run, mixed, fitted_with):
    later = mixed.sample(frac=1, random_state=1).iloc[:40, ::-1].assign(more=1)
    later.to_csv("v.csv", index=False)
    out, _ = run(*TRAIN, "--validation", "v.csv", "--early-stopping", "--metric", "f1_macro")
    clf, others = fitted_with[0][0], fitted_with[0][3]
    assert "40 rows to validate on" in out
    assert others["y_val"].tolist() == later["class"].tolist() and others["X_val"].num_rows == 40
    assert clf.scoring == "f1_macro" and len(clf.history_.validation_score) == 5
    assert "validation f1_macro" in run("inspect", "t.gpunn")[0]


def test_standard_input_trains(folder, run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "t.csv").read_bytes())))
    out, _ = run("train", "-", "--target", "class", "-q", *FAST, "-o", "a.gpunn")
    run(*TRAIN)
    assert out.startswith("standard input: 90 rows, 5 columns")
    assert np.array_equal(gpunn.load("a.gpunn").theta_, gpunn.load("t.gpunn").theta_)
    assert sorted(os.listdir()) == ["a.gpunn", "t.csv", "t.gpunn", "t.parquet"]


def test_a_page_is_written(folder, run):
    pytest.importorskip("matplotlib")
    out, _ = run(*TRAIN, "--report", "r.html")
    page = (folder / "r.html").read_text()
    assert "report written to r.html" in out
    assert "t.gpunn on held-out rows" in page and "gpunn train t.csv --target class" in page


def test_quiet_calls_nothing_between_epochs(folder, run, fitted_with):
    run(*TRAIN)
    run("train", "t.csv", "--target", "class", *FAST)
    assert fitted_with[0][0].callback is None and fitted_with[1][0].callback is None  # taken off at the end


def test_curves_are_drawn_in_a_terminal_while_it_trains(folder):
    main, other = pty.openpty()
    code = "import sys; from gpunn.cli import main; sys.exit(main())"
    line = ["train", "t.csv", "--target", "class", "--live", "--early-stopping", *FAST]
    with subprocess.Popen([sys.executable, "-c", code, *line], stdout=subprocess.PIPE, stderr=other) as process:
        os.close(other)
        shown = b""
        while True:
            try:
                part = os.read(main, 4096)
            except OSError:  # the other side was closed
                break
            if not part:
                break
            shown += part
        out = process.stdout.read().decode()
        assert process.wait(60) == 0
    os.close(main)
    text = shown.decode()
    assert "5 of at most 5" in text and "cost" in text and "validation accuracy" in text
    assert any(0x2800 < ord(letter) < 0x2900 for letter in text) and "accuracy" in out


def test_dots_stand_where_the_values_are():
    assert dots([0, 1], 1, 1) == [chr(0x2800 | 0x40 | 0x08)]
    assert dots([1, 0], 1, 2) == [chr(0x2800 | 0x01), chr(0x2800 | 0x80)]
    assert dots([2, 2], 1, 1) == [chr(0x2800 | 0x04 | 0x20)]
    assert dots([float("nan"), float("inf"), 5.0, 7.0], 2, 1) == [chr(0x2800) + chr(0x2800 | 0x40 | 0x08)]
    assert dots([], 2, 1) == [chr(0x2800) * 2]
    assert dots([0, 1], 2, 1) == [chr(0x2800 | 0x40 | 0x80) + chr(0x2800 | 0x01 | 0x08)]  # as wide as there is room
    assert len({*dots(range(10_000), 20, 1)[0]}) > 3


def test_a_drawing_names_the_ends_and_the_scale():
    lines = drawing("cost", [100.0, 10.0, 1.0], 30)
    assert lines[0] == "cost (logarithmic scale)" and "100" in lines[1] and lines[-1].split()[0] == "1"
    assert drawing("score", [0.5, 0.75], 30)[0] == "score"
    assert drawing("cost", [float("nan")], 30) == ["cost"]


def test_the_time_limit_ends_training(folder, run):
    out, _ = run("train", "t.csv", "--target", "class", "-q", "--hidden", "500,500", "--time-limit", "0.01")
    assert "ended by  the limit on time" in out and gpunn.load("t.gpunn").n_iter_ < 100


def test_a_table_of_pandas_gives_the_same_model_in_python(folder, run, mixed):
    run(*TRAIN)
    clf = gpunn.load("t.gpunn")
    frame = pd.read_csv("t.csv", parse_dates=["day"]).drop(columns="class")
    assert (
        clf.predict(frame).tolist()
        == pd.read_csv(io.StringIO(run("predict", "t.gpunn", "t.csv")[0])).prediction.tolist()
    )
