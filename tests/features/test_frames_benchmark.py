"""The benchmark on frames: what it reads from a file, and that it runs to its table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import frames

HOUSE = Path(__file__).parents[2]
NAN = np.nan


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3)).astype(np.float32)
    X[:, 1] = rng.integers(3, size=80)
    y = (X[:, 0] + (X[:, 1] == 2) > 0.5).astype(np.int16)
    X[:4] = [[1.5, 2, NAN], [2.5, 0, 1], [3.5, NAN, 1], [4.5, 1, 1]]
    y[0] = 7  # a class of one row
    names, categories = np.array(["size", "colour", "wait"]), json.dumps({"colour": ["red", "blue", "green"]})
    np.savez(tmp_path / "mixed.npz", X=X, y=y, cat=[False, True, False], names=names, categories=categories)
    np.savez(tmp_path / "pixels.npz", X=rng.integers(256, size=(40, 2), dtype=np.uint8), y=np.arange(40) % 2)
    return tmp_path


def test_a_table_has_its_categories_and_misses_what_is_missing(folder):
    table = frames.read(folder / "mixed.npz", 1000)
    assert len(table.y) == 79 and set(table.y) == {0, 1}
    assert table.of_text() == ["colour"]
    frame, same = table.pandas(), table.polars()
    assert frame["colour"].dtype == "category" and same["colour"].dtype == frames.pl.Categorical
    assert frame["colour"].astype(object).where(frame["colour"].notna(), None).tolist() == same["colour"].to_list()
    assert same["colour"].to_list()[:3] == ["red", None, "blue"]
    assert same["size"].to_list()[:3] == frame["size"].tolist()[:3] == [2.5, 3.5, 4.5]
    assert same["wait"].null_count() == 0


def test_rows_are_limited_with_the_shares_of_the_classes(folder):
    table = frames.read(folder / "pixels.npz", 20)
    assert np.bincount(table.y).tolist() == [10, 10]
    assert [*table.columns] == ["x0", "x1"] and not table.of_text()


def test_all_contenders_come_to_their_accuracies(folder):
    options = ["--seeds", "2", "--max-iter", "2", "--rows", "60", "--write", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.frames", str(folder), *options],
        cwd=HOUSE, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    text = (folder / "frames-cpu.md").read_text(encoding="utf-8")
    assert str(folder) not in text
    assert "| mixed | 60 | 3 (1) |" in text and "| pixels | 40 | 2 (0) |" in text
    numbers = json.loads((folder / "frames-cpu.json").read_text(encoding="utf-8"))
    for found in numbers.values():
        assert found["gpunn, pandas"]["accuracy"] == found["gpunn, polars"]["accuracy"]
        assert all(len(of["seconds"]) == 2 and min(of["seconds"]) > 0 for of in found.values())
        assert all(0 <= accuracy <= 1 for of in found.values() for accuracy in of["accuracy"])
