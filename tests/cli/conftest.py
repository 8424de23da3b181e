"""A table of every kind of column, commands run on it, models trained on it; and a folder of all that can be wrong."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest

from gpunn import MLPClassifier
from gpunn.cli.main import main

N = 90
FAST = ["--epochs", "5", "--hidden", "8", "--learning-rate", "0.01"]


@pytest.fixture(scope="session")
def mixed():
    """Numbers, text, dates and booleans, with values missing, and a target that they tell."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, N)
    frame = pd.DataFrame({
        "size": kind + rng.normal(0, 0.3, N), "colour": np.array(["red", "blue", None])[rng.integers(0, 3, N)],
        "day": pd.date_range("2020-01-01", periods=N), "sold": rng.integers(0, 2, N) == 1,
        "code": [f"{i % 3:03}x" for i in range(N)], "class": np.array(["a b", "c,d", 'é"'])[kind],
    })  # fmt: skip
    frame.loc[::7, "size"] = np.nan
    return frame


@pytest.fixture
def folder(tmp_path, monkeypatch, mixed):
    """A working folder with the table, of which the command line may give relative names."""
    monkeypatch.chdir(tmp_path)
    mixed.to_csv("t.csv", index=False)
    mixed.to_parquet("t.parquet", index=False)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command; give its exit code, standard output and standard error."""

    def call(*arguments, code=0):
        try:
            found = main([str(argument) for argument in arguments])
        except SystemExit as end:
            found = end.code
        out, err = capsys.readouterr()
        assert found == code, err
        assert "Traceback" not in err
        return out, err

    return call


@pytest.fixture
def model(folder, run):
    """A model trained on the table."""
    run("train", "t.csv", "--target", "class", "-q", *FAST, "-o", "m.gpunn")
    return folder / "m.gpunn"


@pytest.fixture(scope="session")
def bad_folder(tmp_path_factory):
    """A folder with tables, good and bad, and with models; what is refused leaves it as it is."""
    folder = tmp_path_factory.mktemp("bad")
    rng = np.random.default_rng(0)
    good = pd.DataFrame({"a": rng.normal(size=30), "word": ["x", "y", "z"] * 10, "y": ["p", "q"] * 15})
    for name, table in {
        "good": good, "no_a": good.drop(columns="a"), "no_word": good.drop(columns="word"), "only_y": good[["y"]],
        "text_a": good.assign(a="text"), "one_class": good.assign(y="r"), "numbers": good.assign(y=range(30)),
        "rare": good.assign(y=["p", "q"] * 14 + ["p", "rare"]), "fractions": good.assign(y=rng.normal(size=30)),
        "infinite": good.assign(a=[*good.a[:20], np.inf, *good.a[21:]]), "holes": good.assign(y=[None, *good.y[1:]]),
    }.items():  # fmt: skip
        table.to_csv(folder / f"{name}.csv", index=False)
    good.to_parquet(folder / "good.parquet", index=False)
    (folder / "folder.csv").mkdir()
    assert main(["train", str(folder / "good.csv"), "--target", "y", "-q", "--epochs", "1"]) == 0
    sound = (folder / "good.gpunn").read_bytes()
    (folder / "cut.gpunn").write_bytes(sound[:-7])
    (folder / "changed.gpunn").write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    (folder / "zeros.gpunn").write_bytes(b"\0" * 99)
    MLPClassifier(max_iter=9, tol=1e9, n_iter_no_change=1).fit(good[["a"]].to_numpy(), good["y"]).save(
        folder / "plain.gpunn"
    )
    return folder


@pytest.fixture
def refused(bad_folder, capsys, monkeypatch):
    """Run a command in that folder; its message, found to be one line, with no file new or changed."""
    monkeypatch.chdir(bad_folder)

    def call(*arguments):
        capsys.readouterr()
        before = {path.name: path.stat().st_mtime_ns for path in os.scandir(".") if path.is_file()}
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert err.startswith("gpunn: error: ") and err.count("\n") == 1 and "Traceback" not in err
        assert {path.name: path.stat().st_mtime_ns for path in os.scandir(".") if path.is_file()} == before
        return err

    return call
