"""gpunn train on the files of a pattern, which are read in each epoch: as on one table in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gpunn
from gpunn.cli import report
from gpunn.cli.reading import Reading
from gpunn.data import blocks, survey
from gpunn.training.history import History

N, FILES = 400, 4
FAST = ["--epochs", "5", "--hidden", "8", "--batch-size", "20", "--learning-rate", "0.01"]


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, N)
    found = pd.DataFrame({
        "size": kind + rng.normal(0, 0.3, N), "colour": np.array(["red", "blue", None])[rng.integers(0, 3, N)],
        "day": pd.date_range("2020-01-01", periods=N), "zip": [f"{i % 30:03}" for i in range(N)],
        "class": np.array(["a b", "c,d", 'é"'])[kind], "digit": kind + 7,
        "half": kind / 2 + 1, "flag": kind > 1,
    })  # fmt: skip
    found.loc[::7, "size"] = np.nan
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch, frame):
    """A working folder with a table, and the same rows in four files of each format."""
    monkeypatch.chdir(tmp_path)
    for name, part in [("whole", frame), *((f"part-{i}", frame[i * 100 : (i + 1) * 100]) for i in range(FILES))]:
        part.to_csv(f"{name}.csv", index=False)
        part.to_parquet(f"{name}.parquet", index=False, row_group_size=30)
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """Rows that do not fit into a block, and more of them than are in a sample."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 10_000)
    monkeypatch.setattr(survey, "SAMPLE", 200)


def same(a, b):
    a, b = gpunn.load(a), gpunn.load(b)
    assert a.features_ == b.features_ and a.classes_.tolist() == b.classes_.tolist()
    assert a.classes_.dtype == b.classes_.dtype and np.array_equal(a.theta_, b.theta_)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("options", [
    ["--target", "class"], ["--target", "digit", "--kind", "class=drop"], ["--target", "digit", "--kind", "digit=text"],
    ["--target", "class", "--kind", "zip=text", "--held-out", "0"],
    ["--target", "class", "--kind", "day=text"], ["--target", "half", "--kind", "half=text", "--classes-ok"],
    ["--target", "flag", "--kind", "flag=text"],
    ["--target", "class", "--missing", "red", "--class-weight", "a b=2"],
    ["--target", "class", "--validation", "whole.csv", "--early-stopping"],
], ids=" ".join)  # fmt: skip
def test_files_that_fit_into_memory_train_the_model_of_one_table(folder, run, suffix, options):
    whole, _ = run("train", f"whole.{suffix}", "-o", "whole.gpunn", *options, *FAST)
    parts, _ = run("train", f"part-*.{suffix}", "-o", "parts.gpunn", *options, *FAST)
    same("whole.gpunn", "parts.gpunn")
    lines = [out.replace("whole", "parts").replace(f"part-*.{suffix}", f"parts.{suffix}") for out in (whole, parts)]
    one, other = ([line for line in out.splitlines() if "epochs" not in line] for out in lines)
    assert one == other


def test_a_sample_teaches_the_columns_of_more_rows(folder, run, small):
    out, err = run("train", "part-*.parquet", "--target", "class", "-o", "m.gpunn", *FAST)
    assert "400 rows, 7 columns" in out and "80 rows held out; columns learned from a random sample of 120 rows" in out
    clf = gpunn.load("m.gpunn")
    assert clf.history_.notes[0].startswith("320 rows of part-*.parquet were read in each epoch")
    assert "5/5" in err


def test_rows_that_are_held_out_are_not_trained_on(folder, run, small, monkeypatch):
    taken = []
    rows_of = blocks._in_blocks

    def seen(parts, n_rows):
        for block in rows_of(parts, n_rows):
            taken.append(block.X.copy())
            yield block

    monkeypatch.setattr(blocks, "_in_blocks", seen)
    tested = []
    scores_of = gpunn.cli.train.Scores.of
    monkeypatch.setattr(
        gpunn.cli.train.Scores,
        "of",
        lambda model, batches: (tested.append(batches[0][0]), scores_of(model, batches))[1],
    )
    run("train", "part-*.csv", "--target", "class", "-o", "m.gpunn", *FAST[2:], "--epochs", "1")
    features = gpunn.load("m.gpunn").features_
    trained, held_out = np.concatenate(taken), features.encode(tested[0], "float32")[0]
    assert len(trained) == 320 and len(held_out) == 80
    every = np.concatenate([trained, held_out])
    assert len(np.unique(every, axis=0)) == N


def test_a_rare_class_is_trained_on(folder, run, small, frame):
    rare = frame[:3].assign(**{"class": "rare"})
    rare.to_parquet("part-9.parquet", index=False)
    out, _ = run("train", "part-*.parquet", "--target", "class", "-o", "m.gpunn", *FAST, "--class-weight", "balanced")
    assert "4 classes" in out


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_manifest_may_name_a_pattern(folder, run, suffix):
    (folder / "net.yaml").write_text(
        f"data: {{file: 'part-*.{suffix}', target: class}}\nnetwork: {{hidden: {{size: [8]}}}}\n"
    )
    out, _ = run("train", "net.yaml", "--epochs", "2")
    assert out.startswith(f"part-*.{suffix}: 400 rows") and "model saved to net.gpunn" in out
    (folder / "net.yaml").write_text("data: {file: 'none-*.csv', target: class}\nnetwork: {hidden: {size: [8]}}\n")
    _, err = run("train", "net.yaml", code=2)
    assert "data.file: none-*.csv: there is no such file" in err


def test_a_training_is_resumed(folder, run, small):
    command = ["train", "part-*.parquet", "--target", "class", *FAST, "-q"]
    run(*command, "-o", "whole.gpunn")
    run(*command, "-o", "m.gpunn", "--checkpoint", "run")
    for name in ("run/checkpoint-000005.gpunn", "m.gpunn"):
        (folder / name).unlink()
    run("resume", "run")
    same("whole.gpunn", "m.gpunn")
    for name in ("part-1.parquet", "part-2.parquet"):
        (folder / name).rename(folder / f"{name}.away")
    _, err = run("resume", "run", code=2)
    assert "part-*.parquet: the table is not that of the training in run" in err


@pytest.mark.parametrize(("options", "said"), [
    (["part-*.csv"], "--output: name the file for the model"),
    (["part-*.csv", "-o", "part-1.csv"], "--output: part-1.csv is what is read"),
    (["part-*.csv", "-o", "m", "--report", "part-1.csv"], "--report: part-1.csv is what is read"),
    (["none-*.csv"], "none-*.csv: there is no such file"), (["part[9].csv"], "part[9].csv: there is no such file"),
    (["part-*.csv", "-o", "m", "--validation", "none.csv"], "none.csv: there is no such file"),
    (["none-*.csv", "-o", "m"], "none-*.csv: there is no such file"),
    (["part-*", "-o", "m"], "part-* names files of several kinds, .csv, .parquet"),
    (["part-*.csv", "-o", "m", "--preset", "fast"], "--preset fast: it trains on folds of a table in memory"),
    (["part-*.csv", "-o", "m", "--solver", "lbfgs"], "--solver: solver='lbfgs' uses all rows in each step"),
    (["part-*.csv", "-o", "m", "--cross-validation", "3", "--members", "3"], "cross_validation=3 needs rows in memory"),
    (["part-*.csv", "-o", "m", "--target", "none"], "part-0.csv: there is no column 'none'"),
    (["part-*.parquet", "-o", "m", "--target", "size"], "part-0.parquet: column 'size', row 1: the label is missing"),
    (["part-*.csv", "-o", "m", "--target", "size"], "part-0.csv: column 'size', row 1: the label is missing"),
    (["part-*.csv", "-o", "m", "--target", "day"], "the class '2020-01-01' has only one row"),
    (["part-*.csv", "-o", "m", "--held-out", "2"], "--held-out: 2.0 is not allowed"),
    (["part-*.csv", "-o", "m", "--class-weight", "x=2"], "there is no class 'x'"),
    (["part-*.csv", "-o", "m", "--kind", "nothing=text"], "'nothing'"),
    (["part-*.csv", "-o", "m", "--separator", ";"], "part-0.csv, line 1: only one column"),
], ids=lambda x: " ".join(x) if isinstance(x, list) else "")  # fmt: skip
def test_errors_name_the_file(folder, run, options, said):
    _, err = run("train", "--target", "class", *options, code=2)
    assert said in err


def test_codes_are_told_as_in_memory(folder, run):
    for name in ("whole.csv", "part-*.csv"):
        _, err = run("train", name, "--target", "class", "-o", "m.gpunn", *FAST)
        assert f"{name}: column 'zip' is read as numbers, and some have leading zeros" in err


def test_rows_are_counted_as_they_are_read(folder, run, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    _, err = run("train", "part-*.parquet", "--target", "class", "-o", "m.gpunn", *FAST)
    assert "reading  400 rows" in err


def test_rows_that_are_read_move_the_bar(monkeypatch):
    shown, reading = [], Reading(n_rows=1000)
    monkeypatch.setattr(report.Progress, "update", lambda self, task, **fields: shown.append(fields))
    with report.progress(gpunn.MLPClassifier(max_iter=9), 2, reading) as after:
        reading.tell(250)
        reading.tell(150)
        after(History(cost=[0.5] * 3))
        reading.tell(200)  # of 400 rows, and other ranks read the others
        reading.tell(300)
    assert [fields["completed"] for fields in shown] == [2.25, 2.4, 3, 3.5, 4]
    assert [fields["cost"].partition("0.5")[0] for fields in shown][2:] == ["cost "] * 3
    assert ["rows/s" in fields["cost"] for fields in shown] == [True, True, False, True, True]


def test_a_folder_may_have_a_name_like_a_pattern(folder, run, frame):
    (folder / "run[1]").mkdir()
    frame.to_csv(folder / "run[1]" / "part-0.csv", index=False)
    manifest = "data: {file: 'part-*.csv', target: class}\nnetwork: {hidden: {size: [8]}}\n"
    (folder / "run[1]" / "net.yaml").write_text(manifest)
    out, _ = run("train", "run[1]/net.yaml", "--epochs", "2", "-o", "m.gpunn")
    assert "400 rows" in out
