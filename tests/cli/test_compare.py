"""gpunn compare: models of different columns on one table, in words, as JSON and as a picture."""

from __future__ import annotations

import io
import json
import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from html_page import ALLOWED, Page

import gpunn
from gpunn.cli import sources
from gpunn.data import csv_text, records
from gpunn.insight import compare
from gpunn.io import write_whole

FAST = ["--epochs", "5", "--hidden", "8", "--learning-rate", "0.01"]


@pytest.fixture
def small(model, run, mixed):
    """A second model, which does not know all columns of the first, nor those in its order."""
    mixed[["class", "code", "sold", "colour"]].to_csv("small.csv", index=False)
    run("train", "small.csv", "--target", "class", "-q", *FAST)
    return model.parent / "small.gpunn"


@pytest.fixture
def truth(model, small, mixed):
    """What both models say of the frame that the table was written from, and the first of them."""
    X, loaded = mixed.drop(columns="class"), [gpunn.load(path) for path in (model, small)]
    answers = [(clf.predict(X), clf.predict_proba(X).astype("float64")) for clf in loaded]
    return dict(zip(["m.gpunn", "small.gpunn"], answers, strict=True)), loaded[0]


def figures(form):
    """All numbers of a dict or list."""
    if isinstance(form, (dict, list)):
        return [x for one in (form.values() if isinstance(form, dict) else form) for x in figures(one)]
    return [form] if isinstance(form, (int, float)) else []


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "-"])
@pytest.mark.parametrize("chunk", [400, 10**6])
def test_json_has_the_figures_of_each_model_and_pair(model, small, run, truth, mixed, monkeypatch, name, chunk):
    monkeypatch.setattr(records, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(sources, "CELLS", chunk)
    monkeypatch.setattr("gpunn.data.batches.BATCH_ROWS", 17)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((model.parent / "t.csv").read_bytes())))
    out, err = run("compare", "m.gpunn", "small.gpunn", name, "--json")
    found, y = json.loads(out), mixed["class"].to_numpy(object)
    assert err == "" and found["rows"] == 90 and not found["weighted"]
    answers, clf = truth
    codes = np.searchsorted(clf.classes_, y.astype(str))
    for one, (name_of_model, (predicted, p)) in zip(found["models"], answers.items(), strict=True):
        assert one["name"] == name_of_model
        assert one["accuracy"] == pytest.approx(np.mean(predicted == y))
        assert one["log_loss"] == pytest.approx(-np.mean(np.log(p[np.arange(90), codes])), rel=1e-5)
        low, high = one["log_loss_interval"]
        assert low < one["log_loss"] < high
    (pair,) = found["pairs"]
    right = [predicted == y for predicted, _ in answers.values()]
    assert (pair["only_first"], pair["only_second"]) == (np.sum(right[0] & ~right[1]), np.sum(right[1] & ~right[0]))
    assert 0 < pair["p_value"] == pair["p_adjusted"] <= 1 and (pair["first"], pair["second"]) == tuple(answers)


def test_it_is_the_comparison_in_python(model, small, run, mixed):
    """And each model's figures are those of gpunn evaluate."""
    run("train", "t.csv", "--target", "class", "-q", *FAST, "--seed", "1", "--kind", "day=drop", "-o", "n.gpunn")
    out, _ = run("compare", "m.gpunn", "n.gpunn", "t.csv", "--json")
    models = {name: gpunn.load(name) for name in ("m.gpunn", "n.gpunn")}
    expected = compare(models, mixed.drop(columns="class"), mixed["class"].to_numpy(str))
    # Rows that lie elsewhere may be multiplied in another order.
    assert figures(json.loads(out)) == pytest.approx(figures(expected.to_dict()), rel=1e-4, abs=1e-5)
    for one in json.loads(out)["models"]:
        alone = json.loads(run("evaluate", one["name"], "t.csv", "--json")[0])
        assert one["accuracy"] == alone["accuracy"] and one["log_loss"] == pytest.approx(alone["log_loss"])


def test_the_words_name_table_models_and_verdict(model, small, run):
    out, err = run("compare", "small.gpunn", "m.gpunn", "t.csv")
    assert out.startswith("t.csv: 2 models on the same 90 rows\n") and err == ""
    lines = out.splitlines()
    assert lines[2].split()[:2] == ["1", "small.gpunn"] and lines[3].split()[:2] == ["2", "m.gpunn"]
    assert re.search(r"exact\s+McNemar test, p", out) and "beyond chance" in out
    _, err = run("compare", "small.gpunn", "m.gpunn", "small.csv", code=2)
    assert "small.csv, read by m.gpunn: the table lacks a column of the training table: there is no column" in err


def test_options_may_stand_anywhere(model, small, run):
    expected, _ = run("compare", "m.gpunn", "small.gpunn", "t.csv", "--json", "--target", "class")
    for line in (
        "compare --json m.gpunn small.gpunn t.csv", "compare m.gpunn --json small.gpunn --target class t.csv",
        "compare m.gpunn small.gpunn --json --device cpu t.csv", "compare --json -- m.gpunn small.gpunn t.csv",
    ):  # fmt: skip
        assert run(*line.split())[0] == expected


def test_more_than_two_models_are_corrected_by_holm(model, small, run):
    run("train", "t.csv", "--target", "class", "-q", "--epochs", "1", "-o", "n.gpunn")
    found = json.loads(run("compare", "m.gpunn", "small.gpunn", "n.gpunn", "t.csv", "--json")[0])
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [
        ("m.gpunn", "small.gpunn"), ("m.gpunn", "n.gpunn"), ("small.gpunn", "n.gpunn"),
    ]  # fmt: skip
    assert min(pair["p_adjusted"] for pair in found["pairs"]) == min(
        1, 3 * min(pair["p_value"] for pair in found["pairs"])
    )


def test_equal_file_names_are_told_apart_by_their_folders(model, run):
    (model.parent / "other").mkdir()
    write_whole("other/m.gpunn", model.read_bytes())
    found = json.loads(run("compare", "m.gpunn", "other/m.gpunn", "t.csv", "--json")[0])
    assert [one["name"] for one in found["models"]] == ["m.gpunn", "other/m.gpunn"]
    (pair,) = found["pairs"]
    assert (pair["p_value"], pair["accuracy"], pair["log_loss"]) == (1, 0, 0)


def test_a_warning_names_the_model_that_it_is_about(model, small, run, mixed):
    mixed.assign(code="none").to_csv("new.csv", index=False)
    out, err = run("compare", "small.gpunn", "m.gpunn", "new.csv")
    assert err.count("gpunn: warning: ") == 2 and "2 models on the same 90 rows" in out
    assert "new.csv, read by small.gpunn: column 'code': 90 of 90 values" in err
    assert "new.csv, read by m.gpunn: column 'code': 90 of 90 values" in err


@pytest.mark.parametrize("form", ["png", "svg", "PNG"])
def test_the_picture_is_drawn(model, run, form):
    pytest.importorskip("matplotlib")
    write_whole("a$x$<i>.gpunn", model.read_bytes())
    out, err = run("compare", "m.gpunn", "a$x$<i>.gpunn", "t.csv", "--plot", f"c.{form}")
    picture = (model.parent / f"c.{form}").read_bytes()
    assert "2 models" in out and err == ""
    if form == "svg":
        assert ElementTree.fromstring(picture).tag.endswith("svg")
    else:
        assert picture.startswith(b"\x89PNG")


def test_the_page_has_the_figures_and_asks_nothing_of_a_network(model, small, run):
    out, _ = run("compare", "m.gpunn", "small.gpunn", "t.csv", "--report", "c.html")
    page = Page((model.parent / "c.html").read_text(encoding="utf-8"))
    assert {tag for tag, _ in page.elements} <= ALLOWED and not re.findall(r"https?:|@import", page.source)
    assert len(page.rows("Each model")) == 2 and len(page.rows("First minus second")) == 1 and page.drawn
    said = json.loads(run("compare", "m.gpunn", "small.gpunn", "t.csv", "--json")[0])
    for row, found in zip(page.rows("Each model"), said["models"], strict=True):
        assert row[1] == found["name"] and row[2] == f"{found['accuracy']:.2%}"
    assert set(page.drawn) == {"comparison-accuracy", "comparison-log_loss"}
    told = [data for where, data in page.texts if where[-1:] == ("desc",)]
    assert told[0] == "; ".join(f"{one['name']} {one['accuracy']:.2%}" for one in said["models"]) + "."
    assert told[1] == "; ".join(f"{one['name']} {one['log_loss']:.4f}" for one in said["models"]) + "."
    verdicts = [" ".join(line.split()) for line in page.text.splitlines() if "McNemar" in line]
    assert verdicts and all(verdict in " ".join(out.split()) for verdict in verdicts)
    run("compare", "m.gpunn", "small.gpunn", "t.csv", "--report", "t.csv", code=2)


def test_models_of_other_targets_or_classes_are_refused(model, run, mixed):
    mixed.rename(columns={"class": "kind"}).to_csv("renamed.csv", index=False)
    run("train", "renamed.csv", "--target", "kind", "-q", *FAST)
    _, err = run("compare", "m.gpunn", "renamed.gpunn", "t.csv", code=2)
    assert "renamed.gpunn was trained on the labels in 'kind', and m.gpunn on those in 'class'." in err
    assert "give --target" in err
    out, _ = run("compare", "m.gpunn", "renamed.gpunn", "t.csv", "--target", "class")
    assert "2 models on the same 90 rows" in out
    mixed[mixed["class"] != "a b"].to_csv("two.csv", index=False)
    run("train", "two.csv", "--target", "class", "-q", *FAST)
    _, err = run("compare", "m.gpunn", "two.gpunn", "two.csv", code=2)
    assert "two.gpunn knows the classes 'c,d', 'é\"' (text), and m.gpunn knows 'a b', 'c,d', 'é\"' (text)." in err


def test_classes_of_equal_values_and_other_kinds_are_refused(folder, run, mixed):
    numbers = (mixed["size"].fillna(0) > 1).astype(int)
    mixed.assign(**{"class": numbers}).to_parquet("numbers.parquet", index=False)
    mixed.assign(**{"class": numbers == 1}).to_parquet("flags.parquet", index=False)
    for name in ("numbers", "flags"):
        run("train", f"{name}.parquet", "--target", "class", "-q", *FAST)
    _, err = run("compare", "numbers.gpunn", "flags.gpunn", "numbers.parquet", code=2)
    assert "flags.gpunn knows the classes False, True (booleans), and numbers.gpunn knows 0, 1 (numbers)." in err


def test_models_of_several_labels_are_refused(model, run, mixed, fitted):
    frame = mixed[["size", "sold"]]
    clf = fitted(frame, np.column_stack([mixed["sold"], ~mixed["sold"]]).astype(int), max_iter=2)
    clf.save("several.gpunn")
    _, err = run("compare", "m.gpunn", "several.gpunn", "t.csv", "--target", "class", code=2)
    assert "several.gpunn: a row may have several labels for this model" in err


def test_a_table_is_read_once(model, small, run, monkeypatch):
    calls = []
    opened = csv_text.opened
    monkeypatch.setattr(csv_text, "opened", lambda *arguments: calls.append(arguments) or opened(*arguments))
    run("compare", "m.gpunn", "small.gpunn", "t.csv")
    assert len(calls) == 1


def test_an_empty_table_is_refused(model, small, run, mixed):
    mixed[:0].to_csv("none.csv", index=False)
    mixed[:0].to_parquet("none.parquet", index=False)
    for name in ("none.csv", "none.parquet"):
        _, err = run("compare", "m.gpunn", "small.gpunn", name, code=2)
        assert f"{name}: the file has " in err and " and no rows" in err
    mixed[:1].to_csv("one.csv", index=False)
    out, _ = run("compare", "m.gpunn", "small.gpunn", "one.csv")
    assert "2 models on the same 1 rows" in out and "too few" in out


def test_how_a_table_is_written_may_be_told(model, run, mixed):
    frame = mixed.assign(size=[str(x).replace(".", ",") if x == x else "n.d." for x in mixed["size"]])
    frame.to_csv("german.csv", index=False, sep="\t")
    expected, _ = run("compare", "m.gpunn", "./m.gpunn", "t.csv")
    out, _ = run("compare", "m.gpunn", "./m.gpunn", "german.csv", "--separator", "tab", "--decimal", ",",
                 "--missing", "n.d.")  # fmt: skip
    assert out.replace("german.csv", "t.csv") == expected


def test_without_matplotlib_the_remedy_is_named_before_anything_is_read(model, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    _, err = run("compare", "m.gpunn", "./m.gpunn", "none.csv", "--plot", "c.png", code=2)
    assert "pip install matplotlib" in err
