"""gpunn train --max-one-hot: columns of many categories are embedded, and every command takes such a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gpunn
from gpunn.io import checkpoints_in

FAST = ["--epochs", "3", "--hidden", "8", "--learning-rate", "0.01"]


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A working folder with a table whose column "shop" has some 1,200 categories."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    shops = rng.permutation(3600) % 1200
    frame = pd.DataFrame({"size": rng.normal(size=3600), "shop": [f"shop {i}" for i in shops], "y": shops % 2})
    frame.to_csv("t.csv", index=False)
    frame.drop(columns="y").head(50).to_csv("later.csv", index=False)
    return frame


def test_too_many_categories_are_refused_with_the_option_that_embeds_them(many, run):
    _, err = run("train", "t.csv", "--target", "y", *FAST, code=2)
    assert "column 'shop' has 1200 categories" in err and "or have the column embedded by --max-one-hot 100" in err
    assert "max_one_hot" not in err


def test_the_commands_take_a_model_with_embedded_columns(many, run):
    out, _ = run("train", "t.csv", "--target", "y", *FAST, "--max-one-hot", "100")
    assert "2 columns as 9 inputs" in out
    clf = gpunn.load("t.gpunn")
    assert clf.max_one_hot == 100 and clf.network_.sizes == (9, 8, 1) and clf.network_.n_columns == 2
    run("predict", "t.gpunn", "later.csv", "-o", "p.csv")
    p = pd.read_csv("p.csv").filter(like="p(").to_numpy(float)
    rows = many.head(50).drop(columns="y")
    assert np.isclose(p[:, -1], clf.predict_proba(rows)[:, 1], atol=1e-5).all()
    out, _ = run("inspect", "t.gpunn")
    n = clf.network_.embeddings[0].n_categories  # rows are held out
    assert f"{n:,} categories, embedded in 8 inputs" in out and "2 columns as 9 inputs" in out
    assert f"embedding {n:,} categories in 8 inputs, {8 * n:,} parameters" in out
    run("evaluate", "t.gpunn", "t.csv")
    run("inspect", "t.gpunn", "t.csv")
    out, _ = run("train", "t.csv", "--target", "y", *FAST, "--max-one-hot", "100", "--preset", "fast", "-o", "e.gpunn")
    ensemble = gpunn.load("e.gpunn")
    assert ensemble.theta_.shape == (4, ensemble.network_.n_parameters)
    assert ensemble.network_.embeddings and ensemble.max_categories == 1000


def test_a_training_goes_on_from_its_checkpoint(many, run):
    run("train", "t.csv", "--target", "y", *FAST, "--max-one-hot", "100", "--checkpoint", "run", "-o", "a.gpunn")
    theta = gpunn.load("a.gpunn").theta_
    found = checkpoints_in("run")
    found[max(found)].unlink()
    Path("a.gpunn").unlink()
    run("resume", "run")
    assert np.array_equal(gpunn.load("a.gpunn").theta_, theta)


def test_a_manifest_has_the_limit(many, run):
    Path("net.yaml").write_text("data: {file: t.csv, target: y, max_one_hot: 100}\n")
    run("train", "net.yaml", *FAST, "-q")
    assert gpunn.load("net.gpunn").max_one_hot == 100
