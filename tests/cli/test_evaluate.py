"""gpunn evaluate: the figures are scikit-learn's, in words, as JSON and as a picture."""

from __future__ import annotations

import json
import sys
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import classification_report, confusion_matrix, log_loss

import gpunn
from gpunn.cli import sources
from gpunn.cli.scores import Scores
from gpunn.data import csv_text, records
from gpunn.data.labels import Labels
from gpunn.model.model import Model
from gpunn.model.validation import InputSchema
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.network import Network


@pytest.fixture
def truth(model, mixed):
    """Labels, answers and probabilities."""
    clf = gpunn.load(model)
    frame = mixed.drop(columns="class")
    return mixed["class"].to_numpy(object), clf.predict(frame), clf.predict_proba(frame).astype("float64"), clf.classes_


def close(found, expected):
    return found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("chunk", [400, 10**6])
def test_json_has_the_figures_of_scikit_learn(model, run, truth, monkeypatch, chunk):
    monkeypatch.setattr(records, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(sources, "CELLS", chunk)
    out, err = run("evaluate", model, "t.csv", "--json")
    found, (y, answers, p, classes) = json.loads(out), truth
    report = classification_report(y, answers, output_dict=True, zero_division=0)
    assert found["rows"] == 90 and err == ""
    assert close(found["accuracy"], report["accuracy"]) and close(found["log_loss"], log_loss(y, p / p.sum(1)[:, None]))
    assert found["confusion"] == confusion_matrix(y, answers).tolist()
    assert [one["label"] for one in found["classes"]] == classes.tolist()
    for one, expected in [
        *((one, report[one["label"]]) for one in found["classes"]),
        (found["macro"], report["macro avg"]), (found["weighted"], report["weighted avg"]),
    ]:  # fmt: skip
        assert close(one["precision"], expected["precision"]) and close(one["recall"], expected["recall"])
        assert close(one["f1"], expected["f1-score"])
        assert one.get("support", expected["support"]) == expected["support"]


def test_the_table_has_a_line_for_each_class_and_average(model, run, truth):
    out, _ = run("evaluate", model, "t.csv")
    y, answers, _, classes = truth
    report = classification_report(y, answers, output_dict=True, zero_division=0)
    lines = {line[4:22].strip(): line.split()[-4:] for line in out.splitlines() if line.startswith("    ")}
    for name, key in [*zip(classes, classes, strict=True), ("macro average", "macro avg"),
                      ("weighted average", "weighted avg")]:  # fmt: skip
        figures = [f"{report[key][figure]:.4f}" for figure in ("precision", "recall", "f1-score")]
        assert lines[name] == [*figures, str(int(report[key]["support"]))]


def test_classes_that_nobody_saw_count_in_no_average():
    y, answers = np.array([0, 0, 1, 1, 3]), [0, 1, 1, 1, 4]
    theta = np.concatenate([np.eye(6).ravel(), np.zeros(6)])  # so that the largest input is the class
    model = Model(Network((6, 6), ()), SoftmaxLogLikelihood(), theta, Labels(np.arange(6), False), InputSchema(6))
    X = 1e-9 * np.eye(6)[answers]
    scores = Scores.of(model, [(X[:3], y[:3]), (X[3:], y[3:])])
    expected = classification_report(y, answers, output_dict=True, zero_division=0)
    assert scores.macro == pytest.approx([expected["macro avg"][k] for k in ("precision", "recall", "f1-score")])
    assert scores.weighted == pytest.approx([expected["weighted avg"][k] for k in ("precision", "recall", "f1-score")])
    assert scores.accuracy == 0.6 and scores.log_loss == pytest.approx(np.log(6))


@pytest.mark.parametrize("form", ["png", "svg", "PNG"])
def test_the_confusion_matrix_is_drawn(model, run, mixed, form):
    pytest.importorskip("matplotlib")
    mixed.assign(**{"class": mixed["class"].replace({"a b": "$x$<i>"})}).to_csv("odd.csv", index=False)
    run("train", "odd.csv", "--target", "class", "-q", "--epochs", "2")
    out, err = run("evaluate", "odd.gpunn", "odd.csv", "--confusion", f"c.{form}")
    picture = (model.parent / f"c.{form}").read_bytes()
    assert "accuracy" in out and err == ""
    if form == "svg":
        assert ElementTree.fromstring(picture).tag.endswith("svg") and b"$x$&lt;i&gt;" in picture
    else:
        assert picture.startswith(b"\x89PNG")


def test_many_classes_are_drawn_without_numbers(run, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"x": np.arange(120) % 30, "y": np.arange(120) % 30}).to_csv("many.csv", index=False)
    run("train", "many.csv", "--target", "y", "-q", "--epochs", "1", "--held-out", "0.25")
    out, _ = run("evaluate", "many.gpunn", "many.csv", "--confusion", "c.svg")
    assert "(the confusion matrix of 30 classes is too wide to show)" in out
    assert (tmp_path / "c.svg").stat().st_size < 10**6


def test_without_matplotlib_the_remedy_is_named_before_anything_is_read(model, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    _, err = run("evaluate", model, "none.csv", "--confusion", "c.png", code=2)
    assert "pip install matplotlib" in err
