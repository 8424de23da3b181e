"""gpunn train --preset: the ensemble of TabularClassifier, of which other options and manifests override settings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gpunn
from gpunn.config import presets

BRIEF = ["train", "t.csv", "--target", "class", "-q", "--epochs", "3"]


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_the_model_has_the_settings_of_the_preset(folder, run, preset):
    out, _ = run(*BRIEF, "--preset", preset)
    clf = gpunn.load("t.gpunn")
    expected = presets.parameters(preset, 72, 4) | {"max_iter": 3, "features": clf.features, "n_iter_no_change": 1}
    assert {name: clf.get_params()[name] for name in expected} == expected
    assert f"trained {expected['n_members']} networks" in out and "out of fold" in out
    assert clf.theta_.shape[0] == presets.PRESETS[preset].n_members


def test_options_and_manifests_come_before_the_preset(folder, run):
    (folder / "m.yaml").write_text("data: {file: t.csv, target: class}\ntraining: {optimize: {beta_2: 0.75}}\n")
    run(
        "train",
        "m.yaml",
        "-q",
        "--epochs",
        "3",
        "--preset",
        "fast",
        "--members",
        "2",
        "--hidden",
        "8,8",
        "-o",
        "a.gpunn",
    )
    clf = gpunn.load("a.gpunn")
    assert (clf.beta_2, clf.n_members, clf.cross_validation, clf.hidden_layer_sizes) == (0.75, 2, 2, (8, 8))


@pytest.mark.parametrize(("settings", "patience"), [
    ("schedule: cosine", np.inf), ("schedule: constant", np.inf), ("beta_2: 0.75", 1), ("patience: 5", 5),
    ("schedule: cosine, patience: 5", 5),
])  # fmt: skip
def test_no_other_schedule_is_broken_off(folder, run, settings, patience):
    form = f"data: {{file: t.csv, target: class}}\ntraining: {{optimize: {{{settings}}}}}\n"
    (folder / "m.yaml").write_text(form)
    run("train", "m.yaml", "-q", "--epochs", "3", "--preset", "fast", "--members", "2", "-o", "t.gpunn")
    assert gpunn.load("t.gpunn").n_iter_no_change == patience


def test_a_solver_that_averages_takes_the_place_of_the_average(folder, run):
    run(*BRIEF, "--preset", "fast", "--members", "2", "--solver", "schedule_free_adamw")
    clf = gpunn.load("t.gpunn")
    assert (clf.solver, clf.ema_decay, clf.n_members) == ("schedule_free_adamw", None, 2)


def test_solvers_that_use_all_rows_are_refused(folder, run):
    _, err = run(*BRIEF, "--preset", "fast", "--solver", "lbfgs", code=2)
    assert "--solver: solver='lbfgs' uses all rows" in err and "--preset fast" in err
    (folder / "m.yaml").write_text("data: {file: t.csv, target: class}\ntraining: {optimize: {method: cg}}\n")
    assert "training.optimize.method: solver='cg'" in run("train", "m.yaml", "--preset", "fast", code=2)[1]
    assert not (folder / "t.gpunn").exists()


def test_rows_to_validate_on_take_the_place_of_folds(folder, run):
    run(*BRIEF, "--preset", "fast", "--validation", "t.parquet")
    clf = gpunn.load("t.gpunn")
    assert clf.cross_validation is None and clf.early_stopping and clf.n_members == 4


def test_the_commands_for_models_take_ensembles(folder, run):
    run(*BRIEF, "--preset", "fast")
    out, _ = run("predict", "t.gpunn", "t.csv")
    assert out.count("\n") == 91
    assert "accuracy" in run("evaluate", "t.gpunn", "t.csv")[0]
    assert "4 networks" in run("inspect", "t.gpunn")[0]
    run("export", "t.gpunn", "--numpy", "exported.py")
    assert (folder / "exported.py").exists()


def test_a_training_of_a_preset_is_resumed(folder, run):
    run(*BRIEF, "--preset", "fast", "--checkpoint", "run", "-o", "a.gpunn")
    out, _ = run("resume", "run", "-q")
    assert "model saved to a.gpunn" in out
    assert np.isfinite(gpunn.load("a.gpunn").theta_).all()


@pytest.mark.parametrize(("n_rows", "n_folds", "held_out"), [(24, 2, False), (12, None, False), (12, None, True)])
def test_a_small_table_has_fewer_folds_or_none(folder, run, mixed, n_rows, n_folds, held_out):
    small = pd.concat([part.head(n_rows // 3) for _, part in mixed.groupby("class")])
    small.to_csv("t.csv", index=False)
    run(*BRIEF, "--held-out", "0", "--preset", "fast", *(["--validation", "t.parquet"] if held_out else []))
    clf = gpunn.load("t.gpunn")
    assert clf.cross_validation == n_folds
    assert clf.early_stopping is clf.temperature_scaling is (n_folds is not None or held_out)
