"""What the commands do, on a table of every kind of column: files written, reports that are right, exit codes."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import gpunn
from gpunn.cli.options import OPTIONS
from gpunn.data import read_table, split_target

N = 90
FAST = ["--epochs", "5", "--hidden", "8", "--learning-rate", "0.01"]


def rows_of(clf, path):
    """The columns of training of a table, and its labels."""
    table = read_table(path, columns_as_text=clf.features_.text_columns)
    X, y = split_target(table, clf.target_)
    return X.select(clf.features_.names_in), y


def reported(out):
    """Accuracy and log-loss that a report says."""
    return float(re.search(r"accuracy +([\d.]+)%", out)[1]) / 100, float(re.search(r"log-loss +([\d.]+)", out)[1])


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_train_reports_writes_the_model_and_shows_progress(folder, run, name):
    out, err = run("train", name, "--target", "class", *FAST)
    assert out.startswith(f"{name}: 90 rows, 5 columns as ") and "3 classes; 18 rows held out" in out
    assert "with adam on cpu" in out and "5 of at most 5" in out and "ended by  the limit" in out
    assert f"model saved to {name.split('.')[0]}.gpunn" in out
    assert "5/5" in err and "training" not in out
    assert sorted(path.name for path in folder.iterdir()) == ["t.csv", "t.gpunn", "t.parquet"]
    assert all(len(line) <= 80 for line in out.splitlines())


def test_quiet_is_quiet_and_still_reports(folder, run):
    out, err = run("train", "t.csv", "--target", "class", "-q", *FAST)
    assert err == "" and "accuracy" in out


def test_the_report_is_that_of_the_rows_held_out(folder, run, monkeypatch):
    seen = []
    fit = gpunn.MLPClassifier.fit
    monkeypatch.setattr(gpunn.MLPClassifier, "fit", lambda self, X, y: (seen.append((X, y)), fit(self, X, y))[1])
    out, _ = run("train", "t.csv", "--target", "class", "-q", *FAST, "--held-out", "0.3")
    (X_train, y_train), clf = seen[0], gpunn.load("t.gpunn")
    X, y = rows_of(clf, "t.csv")
    every = clf.features_.transform(X)
    train = [int(np.flatnonzero((row == every).all(axis=1))[0]) for row in clf.features_.transform(X_train)]
    test = np.setdiff1d(np.arange(N), train)
    assert len(train) == 63 and len(test) == 27 and np.array_equal(y[train], y_train)
    p = clf.predict_proba(X.take(test)).astype("float64")
    codes = np.searchsorted(clf.classes_, y[test])
    accuracy, log_loss = reported(out)
    assert accuracy == pytest.approx(np.mean(p.argmax(1) == codes), abs=6e-5)
    assert log_loss == pytest.approx(-np.mean(np.log(p[np.arange(27), codes])), abs=6e-5)


def test_evaluate_reports_accuracy_log_loss_and_confusion(model, run):
    out, err = run("evaluate", model, "t.parquet")
    clf = gpunn.load(model)
    X, y = rows_of(clf, "t.csv")
    p, codes = clf.predict_proba(X), np.searchsorted(clf.classes_, y)
    accuracy, log_loss = reported(out)
    assert accuracy == pytest.approx(clf.score(X, y), abs=6e-5) and accuracy != 1
    assert log_loss == pytest.approx(-np.mean(np.log(p[np.arange(N), codes])), abs=6e-5)
    lines = out.splitlines()[-3:]
    for i, line in enumerate(lines):
        assert line.split()[-3:] == [
            str(n) if (n := int(np.sum((codes == i) & (p.argmax(1) == j)))) else "." for j in range(3)
        ]
    assert "t.parquet: 90 rows" in out and err == "" and 'é"' in out


def assert_close(frame, p):
    """Probabilities of a table, within rounding: BLAS may add up in another order where a row lies elsewhere."""
    np.testing.assert_allclose(frame.iloc[:, 1:].to_numpy(), p, rtol=0, atol=1e-6)  # float32, and logits of about 10


def test_predict_writes_a_table_that_reads_back_as_predicted(model, run, mixed):
    out, err = run("predict", model, "t.csv")
    clf = gpunn.load(model)
    X, _ = rows_of(clf, "t.csv")
    frame = pd.read_csv(io.StringIO(out))
    assert list(frame) == ["prediction", *(f"p({label})" for label in clf.classes_)] and err == ""
    assert frame["prediction"].tolist() == clf.predict(X).tolist()
    assert_close(frame, clf.predict_proba(X))
    run("predict", model, "t.csv", "-o", "p.parquet")  # the same rows in the same batches: the same numbers
    assert np.array_equal(frame.iloc[:, 1:].to_numpy("float32"), pd.read_parquet("p.parquet").iloc[:, 1:].to_numpy())
    assert max(map(len, out.splitlines())) < 60  # no digits that a float32 does not know
    mixed.drop(columns="class").iloc[::-1, ::-1].assign(more=1).to_csv("u.csv", index=False)
    assert run("predict", model, "u.csv", "-o", "p.csv") == ("", "")
    backwards = pd.read_csv("p.csv").iloc[::-1]
    assert backwards["prediction"].tolist() == frame["prediction"].tolist()
    assert_close(backwards, frame.iloc[:, 1:])


@pytest.mark.parametrize(("labels", "again"), [
    ([0, 1, 2], [0, 1, 2]), ([0.0, 1.0, 2.0], [0.0, 2.0, 1.0]), (["007", "x", "1"], ["007", "1", "007"]),
    (["no", "x[red]", "[/]"], None), ([True, False, True], None), (["1E5", "1e5", "-1"], None),
    (["06:00", "6:00", "07:30"], None), ([2.5, -1.0, 1e10], None),
])  # fmt: skip
def test_labels_of_every_kind_train_predict_and_evaluate(folder, run, mixed, labels, again):
    codes = mixed["class"].astype("category").cat.codes.to_numpy()
    if labels[0] != 2.5:  # fractions are no classes
        mixed.assign(**{"class": np.array(labels)[codes]}).to_csv("l.csv", index=False)
        run("train", "l.csv", "--target", "class", "-q", *FAST)
        mixed.assign(**{"class": np.array(again or labels)[codes]}).to_csv("again.csv", index=False)
        out, _ = run("evaluate", "l.gpunn", "again.csv")
        assert all(shown in out for shown in {str(labels[0]), str(labels[1])} - {"True", "False"})
        lines = run("predict", "l.gpunn", "l.csv")[0].splitlines()
        assert len(lines) == N + 1
        assert labels[0] is not True or lines[0] == '"prediction","p(False)","p(True)"'
    else:
        mixed.assign(**{"class": np.array(labels)[codes]}).to_csv("l.csv", index=False)
        assert "l.csv, column 'class'" in run("train", "l.csv", "--target", "class", code=2)[1]


def test_a_manifest_trains_and_options_override_it(folder, run):
    (folder / "net.yaml").write_text(
        "data: {file: t.parquet, target: class, held_out: 0.5}\nnetwork: {hidden: {size: [5, 4], activation: tanh}}\n"
        "training: {seed: 3, optimize: {method: lbfgs, iterations: 4}}\n"
    )
    out, _ = run("train", "net.yaml", "-q")
    clf = gpunn.load("net.gpunn")
    assert clf.network_.sizes[1:] == (5, 4, 3) and (clf.solver, clf.random_state, clf.max_iter) == ("lbfgs", 3, 4)
    assert "45 rows held out" in out and "iterations 4 of at most 4" in out
    out, _ = run("train", "net.yaml", "-q", "--hidden", "6", "--seed", "0", "--held-out", "0.2", "-o", "other")
    clf = gpunn.load("other")
    assert clf.network_.sizes[1:] == (6, 3) and (clf.activation, clf.random_state) == ("tanh", 0)
    assert "18 rows held out" in out
    (folder / "net.toml").write_text('data.file = "t.csv"\ndata.target = "class"\nnetwork.input.size = 4\n')
    assert "network.input.size: 4 is not what the data has" in run("train", "net.toml", code=2)[1]


def test_two_hidden_layers_a_list_of_activations_float64_and_early_stopping(folder, run):
    options = ["--hidden", "8,6", "--activation", "relu, prelu", "--dtype", "float64", "--early-stopping"]
    out, err = run("train", "t.csv", "--target", "class", *options, "--epochs", "20", "--seed", "5")
    clf = gpunn.load("t.gpunn")
    assert clf.network_.sizes[1:] == (8, 6, 3) and clf.activation == ["relu", "prelu"]
    assert clf.theta_.dtype == "float64" and len(clf.validation_scores_) == clf.n_iter_
    assert (
        "validation accuracy" in err and "float64" in out and f"the weights after {clf.history_.best + 1} were" in out
    )


def test_every_option_sets_its_parameter(folder, run):
    others = {"--hidden": "", "--activation": "tanh", "--output-activation": "sigmoid", "--cost": "cross_entropy",
              "--solver": "sgd", "--epochs": "3", "--batch-size": "9", "--learning-rate": "0.5", "--momentum": "0.5",
              "--schedule": "invscaling", "--alpha": "0.25", "--dropout": "0.125", "--weight-init": "he_normal",
              "--bias-init": "ones", "--early-stopping": None, "--dtype": "float64", "--device": "auto",
              "--seed": "9", "--metric": "f1_macro", "--time-limit": "60.0", "--class-weight": "balanced",
              "--on-divergence": "raise", "--compile": "no", "--numeric-encoding": "robust", "--max-bins": "8",
              "--label-smoothing": "0.1", "--ema-decay": "0.5", "--max-categories": "3",
              "--min-frequency": "2", "--max-one-hot": "5", "--members": "2", "--cross-validation": "2",
              "--temperature-scaling": None, "--layer-norm": None}  # fmt: skip
    # For GPUs alone, two classes, and processes that MPI started.
    assert {*others, "--precision", "--threshold", "--ranks"} == {option.flag for option in OPTIONS.values()}
    given = [part for option, value in others.items() for part in ([option] if value is None else [option, value])]
    run("train", "t.csv", "--target", "class", "-q", *given)
    clf, defaults = gpunn.load("t.gpunn"), gpunn.MLPClassifier()
    for parameter, option in ((name, option.flag) for name, option in OPTIONS.items()):
        if parameter not in (
            "device",
            "precision",
            "threshold",
            "ranks",
        ):  # the device is of the machine, not of the model
            value = getattr(clf, parameter)
            assert value != getattr(defaults, parameter), option
            assert str(value) == others[option] or option in (
                "--hidden", "--early-stopping", "--temperature-scaling", "--layer-norm", "--compile",
            )  # fmt: skip
    assert clf.hidden_layer_sizes == () and clf.early_stopping is True and clf.compile is False


def test_training_is_the_same_each_time(folder, run):
    for name in ("a", "b"):
        run("train", "t.csv", "--target", "class", "-q", *FAST, "-o", name)
    assert np.array_equal(gpunn.load("a").theta_, gpunn.load("b").theta_)


def test_divergence_is_a_warning(folder, run):
    options = ["--solver", "sgd", "--learning-rate", "1e30", "--epochs", "3", "--activation", "tanh"]
    out, err = run("train", "t.csv", "--target", "class", "-q", *options)
    assert err.startswith("gpunn: warning: Training diverged") and err.count("gpunn:") == 1
    assert "ended by  divergence" in out
    assert np.isfinite(gpunn.load("t.gpunn").theta_).all()


def test_an_interrupt_keeps_the_model_so_far(folder, run, monkeypatch):
    from gpunn.training.history import History

    add = History.add

    def interrupting(self, *args):
        add(self, *args)
        if self.n_iter == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(History, "add", interrupting)
    out, err = run("train", "t.csv", "--target", "class", *FAST, code=130)
    assert gpunn.load("t.gpunn").n_iter_ == 2
    assert "interrupt (Ctrl-C)" in out and "gpunn: warning: Training interrupted" in err


@pytest.mark.parametrize("where", ["gpunn.data.tables.read", "gpunn.training.minibatch.Epochs.__call__"])
def test_an_interrupt_before_anything_was_learned_leaves_the_old_model(model, run, monkeypatch, where):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    before = model.read_bytes()
    monkeypatch.setattr(where, interrupt)
    _, err = run("train", "t.csv", "--target", "class", "-q", "-o", model, code=130)
    assert err == "gpunn: interrupted\n" and model.read_bytes() == before


def test_devices_are_shown(run):
    out, _ = run("devices")
    assert out.startswith(f"gpunn {gpunn.__version__}\n") and "\ncpu\n" in out and "\nauto\n  takes: c" in out


def test_version_and_help(run):
    assert run("--version")[0] == f"gpunn {gpunn.__version__}\n"
    for command in ([], ["train"], ["predict"], ["evaluate"], ["compare"], ["inspect"], ["report"], ["export"]):
        out, _ = run(*command, "--help")
        assert "example" in out and "\n  gpunn " in out
        assert all(len(line) <= 81 for line in out.splitlines())
    out, _ = run("train", "--help")
    assert all(option.flag in out for option in OPTIONS.values())


# In a process of its own


def shell(line):
    gpunn_command = f"{sys.executable} -c 'import sys; from gpunn.cli import main; sys.exit(main())'"
    return subprocess.run(["bash", "-o", "pipefail", "-c", line.replace("GPUNN", gpunn_command)],
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip


def test_a_reader_that_has_seen_enough_is_no_error(model, mixed):
    pd.concat([mixed] * 300).to_csv("long.csv", index=False)  # more than a pipe holds
    end = shell("GPUNN predict m.gpunn long.csv | head -1")
    assert end.stdout.startswith('"prediction"') and end.stderr == "" and end.returncode == 0


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_reader_that_has_gone_is_no_error(model, command):
    code = "import sys; from gpunn.cli import main; sys.exit(main())"
    with subprocess.Popen([sys.executable, "-c", code, command, "m.gpunn", "t.csv"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


def test_what_a_terminal_cannot_show_is_no_error(model):
    end = shell("PYTHONIOENCODING=ascii GPUNN evaluate m.gpunn t.csv")
    assert end.returncode == 0 and end.stderr == "" and r"\xe9" in end.stdout
