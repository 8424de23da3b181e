"""gpunn inspect and gpunn report: what they say is what the model is."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

import gpunn
from gpunn.training.profile import Profile


def test_a_model_is_shown_by_layer_column_class_and_training(model, run):
    out, err = run("inspect", model)
    clf = gpunn.load(model)
    n_in = clf.features_.n_out
    n = n_in * 8 + 8 + 8 * 3 + 3
    assert err == "" and f"{n_in}-8-3, {n} parameters, float32" in out
    assert re.search(rf"hidden 1 +relu +{n_in} +8 +{n_in * 8} +8 +0\n", out)
    assert re.search(r"output +softmax +8 +3 +24 +3 +0\n", out)
    assert "log_likelihood" in out and "3 classes of class: a b, c,d, é" in out
    assert "5 columns as" in out and all(column.name in out for column in clf.features_.columns)
    assert "5 of at most 5" in out and "ended by  the limit" in out and f"{clf.loss_:.4g}" in out
    assert f"  time      {clf.history_.profile}\n" in out
    seen = clf.history_.summary
    assert f"  rows      {seen.n_rows} trained on, {seen.score:.2%} right, cost {seen.cost:.4g}" in out


def test_advice_of_the_profile_is_a_line_and_old_models_have_none(model, run, monkeypatch):
    missing = replace(gpunn.load(model).history_.profile, steps=60.0, path="arrays: llvmlite is not installed")
    for profile in (missing, None):
        monkeypatch.setattr(Profile, "from_dict", lambda form, profile=profile: profile)
        out, _ = run("inspect", model)
        assert ("pip install 'gpunn[compile]'" in out) == ("  time  " in out) == (profile is missing)


def test_slopes_and_many_classes_and_columns_are_shown(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({f"x{i}": range(60) for i in range(50)}).assign(y=[i % 15 for i in range(60)])
    table.to_csv("m.csv", index=False)
    run(
        "train",
        "m.csv",
        "--target",
        "y",
        "-q",
        "--epochs",
        "2",
        "--hidden",
        "4,3",
        "--activation",
        "prelu",
        "--layer-norm",
        "--held-out",
        "0.5",
    )
    out, _ = run("inspect", "m.gpunn")
    assert re.search(r"hidden 2 +prelu \(layer norm\) +4 +3 +12 +3 +9\n", out)
    assert "15 classes of y: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ..." in out
    assert "x29 " in out and "x30" not in out and "20 more" in out


def test_a_table_brings_findings(model, run, mixed):
    from gpunn.insight import diagnose

    clf = gpunn.load(model)
    expected = str(diagnose(clf, mixed.drop(columns="class"), mixed["class"]))
    out, _ = run("inspect", model, "t.csv")
    assert expected.splitlines()[0] in out and expected.splitlines()[-1] in out
    assert "100% of" not in expected or "100% of" in out


def test_a_page_is_written_of_a_model_and_a_table(model, run, mixed):
    pytest.importorskip("matplotlib")
    mixed.assign(**{"<script>alert(1)</script>": 1}).to_csv("u.csv", index=False)
    out, err = run("report", model, "u.csv", "-o", "r.html")
    page = (model.parent / "r.html").read_text()
    assert out == "report written to r.html\n" and err == ""
    assert "m.gpunn on u.csv" in page and f"gpunn report {model} u.csv -o r.html" in page
    assert "<script>alert" not in page
    run("report", "m.gpunn", "t.parquet")
    assert (model.parent / "m.html").exists()
