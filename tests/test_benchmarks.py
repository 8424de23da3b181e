"""Every benchmark runs in tiny settings and prints a table of numbers; the numbers themselves are not looked at."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import forked
import numpy as np
import pytest

HOUSE = Path(__file__).parents[1]
PNG = b"\x89PNG\r\n\x1a\n"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the most memory is read from /proc")

FORKED = """
import multiprocessing, os, runpy, sys, warnings
os.chdir({house!r})
sys.path.insert(0, {house!r})
from benchmarks import turns
warnings.simplefilter("default")
context = multiprocessing.get_context
def get_context(method=None):
    return context("fork" if method == "spawn" else method)  # without the seconds of imports for each contender
multiprocessing.get_context = get_context
turns.PAUSE = 0
runpy.run_module("benchmarks.{name}", run_name="__main__", alter_sys=True)
"""


def run(name, *options, is_forked=os.name == "posix"):
    """What a benchmark prints. Where it is forked, so are its contenders, whose times are then not to be relied on."""
    options = [*map(str, options)]
    if is_forked:
        done = forked.run(FORKED.format(house=str(HOUSE), name=name), options)
    else:
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        environment = {**os.environ, "PYTHONWARNINGS": "default"}
        done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def tables(text):
    """The tables in a string: for each a list of dicts, heading to cell."""
    found = []
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        columns, rule, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        assert set(rule) == {"---"}
        assert lines and all(len(line) == len(columns) for line in lines)
        found.append([dict(zip(columns, line, strict=True)) for line in lines])
    return found


def seconds(cell):
    """The time at the beginning of a cell."""
    number, unit = re.match(r"([\d.]+) (s|ms|us)\b", cell).groups()
    return float(number) * {"s": 1, "ms": 1e-3, "us": 1e-6}[unit]


def times(cell):
    """The ratio in a cell, as in "(1.23x)" or ", 0.50x"."""
    return float(re.search(r"([\d.]+)x", cell)[1])


def kept(folder, name, chart):
    """The numbers of a benchmark that was told to keep them, with its table and perhaps a chart there too."""
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    assert str(folder) not in text and str(HOUSE) not in text
    if chart and importlib.util.find_spec("matplotlib"):
        assert (folder / f"{name}.png").read_bytes().startswith(PNG)
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not importlib.util.find_spec("llvmlite"), reason="compiled steps need gpunn[compile]")
def test_two_builds_take_turns(tmp_path, thorough):
    works = ("first fit of 2000 x 20", 1, 4), ("prediction of 1 r", 1, 2), ("steps of 400", 1, 2)
    for only, rounds, n_pairs in works if thorough else works[:2]:  # which take half a minute each
        options = ["--rounds", rounds, "--turns", 2, "--only", only, "--write", tmp_path]
        ((row,),) = tables(run("builds", HOUSE, *options))
        (((name, pairs),),) = [kept(tmp_path, "builds-cpu", chart=False).items()]
        assert name == row["work"] and name.startswith(only)
        n_turns = 1 if "fit" in only else 2
        assert [[len(turns) for turns in pair] for pair in pairs] == [[n_turns] * 2] * n_pairs
        # Both are the same build, on a machine that may be busy.
        assert 0.1 < float(row["ratio"]) < 10 and seconds(row["before"]) > 0 < seconds(row["after"])


def test_full_batch_times_evaluations_and_the_way_to_a_cost(tmp_path):
    text = run("full_batch", "--rows", 200, "--seeds", 1, "--max-iter", 4, "--products", 1, "--solver", "lbfgs",
               "--dtype", "float32", "--within", 3, "--write", tmp_path)  # fmt: skip
    [evaluations], [targets], ends = tables(text)
    assert seconds(evaluations["bare GEMMs"]) > 0 and times(evaluations["gpunn lbfgs"]) > 0
    assert targets["gpunn lbfgs"].endswith("(1 of 1)") and targets["scikit-learn"].endswith("(1 of 1)")
    assert [row["training"] for row in ends] == ["scikit-learn", "gpunn lbfgs", "gpunn lbfgs, compiled"]
    assert all(0 < float(row["cost"]) < 10 for row in ends)
    assert kept(tmp_path, "full-batch-cpu", chart=False)["float32"]["gpunn lbfgs"][0]["evaluations"] > 4


@pytest.fixture(scope="module")
def predicted():
    """The tables of predict."""
    return tables(run("predict", "--rows", 200, "--hidden", 8, "--rounds", 1, "--dtype", "uint8"))


def test_predict_compares_the_same_probabilities(predicted):
    [row] = predicted[0]
    assert {"bare GEMMs", "gpunn", "scikit-learn"} <= row.keys()
    assert all(seconds(cell) > 0 and (name == "gpunn" or times(cell) > 0) for name, cell in row.items())


def test_few_rows_are_timed_in_arrays_and_frames(tmp_path):
    [rows] = tables(run("few_rows", "--rows", 1, 3, "--rounds", 1, "--calls", 2, "--write", tmp_path))
    assert [(row["X"], row["rows"]) for row in rows] == [
        (X, n) for X in ("64 numbers, float64", "64 numbers, float32", "frame of 3 columns", "frame of 19 columns")
        for n in "13"
    ]  # fmt: skip
    contenders, ratios = ("gpunn", "gpunn, by arrays", "scikit-learn"), ("gpunn, ratio", "by arrays, ratio")
    assert all(seconds(row[name]) > 0 for row in rows for name in contenders)
    assert all(float(row[name]) > 0 for row in rows for name in ratios)
    assert len(kept(tmp_path, "few-rows-cpu", chart=False)["frame of 3 columns, 3 rows"]["gpunn"]) == 1


def test_predict_is_timed_beside_pytorch(predicted):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed (gpunn[benchmarks])")
    assert {"PyTorch, all at once", "PyTorch, in parts"} <= predicted[0][0].keys()


@LINUX
def test_predict_tells_memory_by_rows(predicted):
    memory = predicted[-1]
    assert [(row["rows"], row["X"]) for row in memory] == [("200", "uint8"), ("2,000", "uint8")]
    assert all(re.fullmatch(r"-?\d+ MB", row["gpunn"]) for row in memory)


@LINUX
def test_memory_of_training_with_and_without_early_stopping():
    [rows] = tables(run("memory", "--rows", 500, "--hidden", 8, "--dtype", "float32"))
    assert [(row["X"], row["early stopping"]) for row in rows] == [("float32", "no"), ("float32", "yes")]
    assert all(re.fullmatch(r"\d+ MB", row["gpunn"]) for row in rows)


def test_growth_of_members_has_a_table_a_sentence_and_a_chart(tmp_path):
    text = run(
        "growth", "--only", "members", "--members", 1, 16, "--member-steps", 2, "--rounds", 1, "--write", tmp_path
    )
    *rows, slope, _ = tables(text)[-1]
    assert [row["members m"] for row in rows] == ["1", "16"]
    assert all(seconds(row["at once"]) > 0 and times(row["one by one, arrays"]) > 0 for row in rows)
    assert -1 < float(slope["one by one, arrays"]) < 3
    assert "16 members of 54-64-64-7 at once against 16 single fits" in text
    [panel] = kept(tmp_path, "growth-members-cpu", chart=True)["panels"]
    assert panel["x"] == [1, 16]


def test_growth_with_width_stands_beside_the_bare_products():
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: without it no epoch is compiled")
    *rows, _, _ = tables(run("growth", "--only", "width", "--widths", 16, 32, "--rounds", 1))[-1]
    assert all(times(row["bare GEMMs"]) > 0 for row in rows)


def test_start_up():
    [rows] = tables(run("start_up", "--rounds", 1))
    assert [row["work"] for row in rows] == ["import", "fit of iris", "first fit of iris in a process"]
    assert all(seconds(row["gpunn"]) > 0 and float(row["ratio"]) > 0 for row in rows)


def test_busy_times_fits_beside_neighbours_and_without(tmp_path):
    [rows] = tables(run("busy", "--rounds", 1, "--rows", 400, "--neighbours", 1, "--write", tmp_path))
    idle, busy, share = rows
    assert [row[next(iter(row))] for row in rows] == ["idle", "busy", "busy / idle"]
    assert all(seconds(row[name]) > 0 for row in (idle, busy) for name in ("gpunn", "scikit-learn"))
    assert float(share["gpunn"]) > 0
    assert len(kept(tmp_path, "busy-cpu", chart=False)["busy"]["gpunn"]) == 1


def test_train_step_leaves_out_contenders_whose_names_have_commas(tmp_path):
    left_out = ("PyTorch", "PyTorch, fused Adam", "PyTorch, compiled", "JAX scan")
    options = [word for name in left_out for word in ("--without", name)]
    [row] = tables(run("train_step", "--only", "400-25", "--rounds", 1, *options, "--write", tmp_path))[-1]
    assert [*row] == ["network", "bare GEMMs", "gpunn", "scikit-learn"]
    assert times(row["scikit-learn"]) > 0
    assert set(kept(tmp_path, "train-step-cpu", chart=True)["400-25-10, batch 64"]) == {*row} - {"network"}


def test_train_step_with_dropout_leaves_out_who_has_none():
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: without it no epoch is compiled")
    left_out = ("PyTorch", "PyTorch, compiled")
    options = ["--dropout", 0.5, *(word for name in left_out for word in ("--without", name))]
    [row] = tables(run("train_step", "--only", "400-25", "--rounds", 1, *options, is_forked=False))[-1]
    assert row["network"] == "400-25-10, batch 64, dropout 0.5"
    assert "scikit-learn" not in row and times(row["bare GEMMs"]) > 0


def test_train_step_refuses_to_leave_out_what_it_does_not_know():
    command = [sys.executable, "-m", "benchmarks.train_step", "--without", "PyTorch,JAX scan"]
    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "'PyTorch, fused Adam'" in done.stderr


def test_recording_is_timed_beside_epochs_without(tmp_path):
    options = ("--rows", 300, "--rounds", 2, "--hidden", 8, "--arrays", "--write", tmp_path)
    [row], looks = tables(run("recording", *options))
    assert all(seconds(row[name]) > 0 for name in ("an epoch", "with a recording", "the recording alone"))
    assert float(row["ratio"]) > 0
    assert [row["of 300 rows"] for row in looks] == ["diagnose", "report"]
    assert all(seconds(row["time"]) > 0 for row in looks)
    assert len(kept(tmp_path, "recording-cpu", chart=False)["recording"]) == 2


def test_epochs_with_checkpoints_are_timed_beside_those_without(tmp_path):
    options = ("--rows", 300, "--hidden", 8, "--epochs", 6, "--write", tmp_path)
    [rows] = tables(run("checkpoints", *options))
    assert [row["epochs"] for row in rows] == ["without checkpoint", "with checkpoint"]
    assert all(seconds(row["median"]) > 0 and float(row["ratio"]) > 0 for row in rows)
    assert len(kept(tmp_path, "checkpoints-cpu", chart=False)["with"]) == 2


def test_exports_are_compared_with_the_model(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4)).astype("float32")
    X[:, 3] = rng.integers(0, 3, 300)
    X[::9, 1] = X[::11, 3] = np.nan
    names, categories = ["a", "b", "c", "kind"], json.dumps({"kind": ["x", "y", "z"]})
    np.savez(tmp_path / "one.npz", X=X, y=X[:, 0] > 0, cat=[False] * 3 + [True], names=names, categories=categories)
    [[row]] = tables(run("exports", tmp_path, "--write", tmp_path))
    assert (row["table"], row["rows"], row["numbers"], row["categories"]) == ("one", "75", "3", "1")
    found = kept(tmp_path, "exports-cpu", chart=False)["one"]
    assert found["missing"] > 0.1
    for export in ("onnx", "numpy"):
        assert found[f"{export}_labels"] == 0 and found[f"{export}_probabilities"] < 1e-6


def test_classifiers_are_compared_on_tables_and_a_second_run_computes_nothing(tmp_path):
    rng = np.random.default_rng(0)
    for name, n in (("one", 60), ("tiny", 30)):
        X = rng.normal(size=(n, 3)).astype("float32")
        np.savez(tmp_path / f"{name}.npz", X=X, y=X[:, 0] > 0, cat=[False] * 3, names=["a", "b", "late"])
    names = ("gpunn MLPClassifier", "random forest")
    options = (tmp_path, "--seeds", 0, "--only", *names, "--drop", "one:late", "--out", tmp_path / "r.jsonl")
    text = run("tabular", *options, "--write", tmp_path)
    assert "left out: tiny, which has 30 rows" in text and "[2/2] one, seed 0, random forest: accuracy" in text
    means, [row] = tables(text)
    assert [row["classifier"] for row in means] == [*names]
    assert (row["table"], row["rows"], row["columns (categories)"]) == ("one", "60", "2 (0)")
    summary = kept(tmp_path, "tabular-cpu", chart=True)["summary"]
    for measure in ("accuracy", "log_loss", "fit_seconds"):
        assert sum(summary[name][measure]["mean rank"] for name in names) == pytest.approx(3)
    lines = (tmp_path / "r.jsonl").read_bytes()
    assert lines.count(b"\n") == 2
    again = run("tabular", *options)
    assert "[1/" not in again and tables(again) == [means, [row]]
    assert (tmp_path / "r.jsonl").read_bytes() == lines
