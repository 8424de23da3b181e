"""The benchmark of classifiers on tables: how rows are divided, scores, ranks, and the file of results."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from benchmarks import ablation, classifiers, fits, scores, splits, tabular
from gpunn import TabularClassifier

NAN = np.nan


# --- splits -----------------------------------------------------------------------------------------------------------


def test_rows_stay_the_same(monkeypatch):
    y = np.repeat([0, 1, 2], [30, 13, 17])  # the row numbers are those of another implementation of the rules
    train, test = splits.divided(y, 3)
    assert test.tolist() == [12, 58, 26, 17, 23, 46, 27, 43, 28, 3, 20, 30, 48, 36, 34]
    assert train[:6].tolist() == [33, 57, 16, 47, 21, 10]
    monkeypatch.setattr(splits, "MAX_ROWS", 40)
    train, test = splits.divided(y, 3)
    assert test.tolist() == [24, 35, 18, 27, 4, 53, 10, 38, 43, 52]
    assert train[:6].tolist() == [0, 28, 19, 34, 40, 3]


def test_a_quarter_is_for_testing_and_classes_keep_their_shares(monkeypatch):
    monkeypatch.setattr(splits, "MAX_ROWS", 200)
    y = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [300, 90, 10]))
    used = []
    for seed in range(3):
        train, test = splits.divided(y, seed)
        assert (len(train), len(test)) == (150, 50)
        for part in (train, test):
            assert np.abs(np.bincount(y[part]) - len(part) * np.array([300, 90, 10]) / 400).max() < 1
        used.append({*train.tolist(), *test.tolist()})
        assert len(used[-1]) == 200
    assert used[0] == used[1] == used[2]


def test_each_class_is_in_the_test_rows():
    y = np.repeat([0, 1], [400, 2])
    assert np.bincount(y[splits.divided(y, 0)[1]])[1] == 1


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((83, 4)).astype(np.float32)
    X[:, 1], X[:, 2] = rng.integers(3, size=83), rng.choice([4, 10], size=83)
    X[:4, 1], X[:4, 2] = [2, 0, NAN, 1], [10, NAN, 4, 4]
    X[5, 0] = NAN
    y = np.where(np.arange(83) < 80, 3 + 2 * (X[:, 3] > 0), 9)  # three rows of class 9
    y[:4] = 3
    names, categories = np.array(["size", "colour", "code", "outcome"]), json.dumps({"colour": ["red", "blue", "2"]})
    cat = [False, True, True, False]
    np.savez(tmp_path / "mixed.npz", X=X, y=y, cat=cat, names=names, categories=categories)
    np.savez(tmp_path / "plain.npz", X=rng.integers(256, size=(48, 2), dtype=np.uint8), y=np.arange(48) % 3)
    return tmp_path


def test_a_table_has_categories_as_strings_and_no_rare_class(folder):
    table = splits.read(folder / "mixed.npz")
    assert len(table.y) == 80 and table.n_classes == 2 and set(table.y) == {0, 1}
    assert [*table.X] == ["x0", "x1", "x2", "x3"]
    assert table.X["x1"].astype(object).where(table.X["x1"].notna(), None).tolist()[:4] == ["2", "red", None, "blue"]
    assert table.X["x2"].astype(object).where(table.X["x2"].notna(), None).tolist()[:4] == ["10", None, "4", "4"]
    assert table.X["x0"].dtype == np.float32 and np.flatnonzero(table.X["x0"].isna()).tolist() == [5]


def test_a_dropped_column_is_gone_and_changes_the_digest(folder):
    whole, less = splits.read(folder / "mixed.npz"), splits.read(folder / "mixed.npz", ["outcome"])
    assert [*less.X] == ["x0", "x1", "x2"] and whole.digest != less.digest
    assert splits.read(folder / "mixed.npz").digest == whole.digest
    with pytest.raises(ValueError, match=r"'outcom', so it cannot be dropped; there are \['size'"):
        splits.read(folder / "mixed.npz", ["outcom"])


def test_what_is_no_table_is_refused(tmp_path):
    np.savez(tmp_path / "images.npz", X=np.zeros((20, 2, 2)), y=np.arange(20) % 2)
    np.savez(tmp_path / "one.npz", X=np.zeros((20, 2)), y=np.repeat([0, 1], [19, 1]))
    with pytest.raises(ValueError, match=r"shape \(20, 2, 2\)"):
        splits.read(tmp_path / "images.npz")
    with pytest.raises(ValueError, match="fewer than 2 classes"):
        splits.read(tmp_path / "one.npz")


# --- scores -----------------------------------------------------------------------------------------------------------


def test_probabilities_are_put_in_the_order_of_the_classes():
    P = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], dtype=np.float32)
    np.testing.assert_allclose(scores.aligned(P, [2, 10, 0], 11)[:, [0, 2, 10]], P[:, [2, 0, 1]], rtol=1e-6)
    found = scores.aligned(P, np.array([3, 0, 1]), 4)
    np.testing.assert_allclose(found, [[0.3, 0.2, 0, 0.5], [0.6, 0.3, 0, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize("P", [[[0.5, NAN]], [[1.5, -0.5]], [[0.5, 0.4]], [[0.2, 0.3, 0.5]]])
def test_what_are_no_probabilities_is_refused(P):
    with pytest.raises(ValueError, match="probabilities"):
        scores.aligned(np.array(P), [0, 1], 2)


@pytest.mark.parametrize("k", [2, 4])
def test_scores_are_those_of_their_definitions(k):
    rng = np.random.default_rng(k)
    P, y = rng.dirichlet(np.ones(k), 300), rng.integers(k, size=300)
    found = scores.scores(P, y)
    assert found["accuracy"] == pytest.approx(sum(p.argmax() == c for p, c in zip(P, y, strict=True)) / 300)
    assert found["log_loss"] == pytest.approx(-np.log(P[np.arange(300), y]).mean())
    assert found["brier"] == pytest.approx(np.mean([brier_score_loss(y == c, P[:, c]) for c in range(k)]) * k / 2)
    one_against_rest = np.mean([roc_auc_score(y == c, P[:, c]) for c in range(k)])
    assert found["auc"] == pytest.approx(one_against_rest)
    error = 0.0
    for low in np.arange(15) / 15:
        rows = (P.max(axis=1) >= low) & (P.max(axis=1) < low + 1 / 15)
        if rows.any():
            error += rows.mean() * abs(P.max(axis=1)[rows].mean() - np.mean(P.argmax(axis=1)[rows] == y[rows]))
    assert found["ece"] == pytest.approx(error)


def test_a_class_held_impossible_costs_the_epsilon_of_float64():
    P = scores.aligned(np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32), [0, 1], 2)
    found = scores.scores(P, np.array([0, 1, 1]))
    assert found["log_loss"] == pytest.approx(-math.log(np.finfo(float).eps) / 3)
    assert found["ece"] == pytest.approx(1 / 3) and found["brier"] == pytest.approx(1 / 3)


def test_ties_share_the_mean_of_their_ranks():
    values = np.array([[0.9, 0.8, 0.9], [0.3, 0.5, 0.1 + 0.2]])
    assert scores.mean_ranks(values, more_is_better=True).tolist() == [2.0, 2.0, 2.0]
    assert scores.mean_ranks(values, more_is_better=False).tolist() == [2.0, 2.0, 2.0]
    assert scores.mean_ranks(values[:1], more_is_better=True).tolist() == [1.5, 3.0, 1.5]
    assert scores.mean_ranks(values[1:], more_is_better=False).tolist() == [1.5, 3.0, 1.5]


# --- fits and their results -------------------------------------------------------------------------------------------

FIT = fits.Fit("mixed", "0a1b", 0, "random forest", {"scikit-learn": "1.7"}, 2)
FOUND = {"n_train": 60, "n_test": 20, "scores": dict.fromkeys(scores.MEASURES, 0.5), "warnings": []}


def test_the_first_fit_is_made_and_the_second_run_has_it_from_the_file(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(fits, "in_own_process", lambda *given: asked.append(given) or FOUND)
    work = [(FIT, tmp_path / "mixed.npz", [])]
    [first] = fits.computed(work, fits.Results(tmp_path / "r.jsonl"), 60)
    assert "[1/1] mixed, seed 0, random forest: accuracy 50.00%" in capsys.readouterr().out
    [again] = fits.computed(work, fits.Results(tmp_path / "r.jsonl"), 60)
    assert again == first and first["scores"] == FOUND["scores"] and len(asked) == 1
    assert capsys.readouterr().out == ""
    others = [dataclasses.replace(FIT, **change) for change in (
        {"data": "ffff"}, {"seed": 1}, {"versions": {"scikit-learn": "1.8"}}, {"threads": 4}, {"table": "plain"},
        {"classifier": "XGBoost"},
    )]  # fmt: skip
    assert len([*fits.computed([(fit, *work[0][1:]) for fit in others], fits.Results(tmp_path / "r.jsonl"), 60)]) == 6
    assert len(asked) == 7 and len((tmp_path / "r.jsonl").read_text().splitlines()) == 7


def test_a_line_cut_short_is_computed_again(tmp_path):
    path = tmp_path / "r.jsonl"
    fits.Results(path).add(FIT, FOUND)
    line = path.read_bytes()
    path.write_bytes(line + line[:40])
    results = fits.Results(path)
    assert results.get(FIT)["scores"] == FOUND["scores"] and path.read_bytes() == line
    results.add(dataclasses.replace(FIT, seed=1), FOUND)
    assert fits.Results(path).get(dataclasses.replace(FIT, seed=1)) is not None


@pytest.mark.parametrize("line", ["{}", "accuracy 0.5", "[1]"])
def test_a_file_of_something_else_is_refused(tmp_path, line):
    (tmp_path / "r.jsonl").write_text(line + "\n")
    with pytest.raises(SystemExit, match=r"r\.jsonl, line 1: not a result"):
        fits.Results(tmp_path / "r.jsonl")


def test_errors_are_recorded_and_not_tried_again(tmp_path, capfd):
    work = [(FIT, tmp_path / "gone.npz", [])]
    [record] = fits.computed(work, fits.Results(tmp_path / "r.jsonl"), 60)
    assert record["error"].startswith("FileNotFoundError") and record["classifier"] == "random forest"
    assert "seed 0, random forest: FileNotFoundError" in capfd.readouterr().out
    assert [*fits.computed(work, fits.Results(tmp_path / "r.jsonl"), 60)] == [record]
    assert capfd.readouterr().out == ""


def environment_of_process(pipe, *_):
    pipe.send({"scores": {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")}})


def test_a_process_has_pinned_threads_and_sees_no_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(fits, "_serve", environment_of_process)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = fits.in_own_process(60, tmp_path, [], "random forest", 0, 3)
    assert found == {"scores": {"OMP_NUM_THREADS": "3", "CUDA_VISIBLE_DEVICES": ""}}
    assert os.environ["OMP_NUM_THREADS"] == "7"


def die(*_):
    os._exit(3)


def test_a_process_that_dies_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(fits, "_serve", die)
    found = fits.in_own_process(60, tmp_path, [], "random forest", 0, 1)
    assert found == {"error": "ChildProcessError: the process ended with exit code 3"}


def test_a_fit_that_takes_too_long_is_ended(folder):
    found = fits.in_own_process(0.01, folder / "plain.npz", [], "random forest", 0, 1)
    assert found == {"error": "TimeoutError: no result after 0.01 s"}


@pytest.mark.parametrize("name", ["scikit-learn MLP", "random forest", "HistGradientBoosting", "gpunn MLPClassifier"])
def test_classifiers_take_categories_and_missing_values(folder, name):
    found = fits.fitted(folder / "mixed.npz", [], classifiers.CLASSIFIERS[name], 0, 1)
    assert (found["n_train"], found["n_test"]) == (60, 20)
    assert found["scores"].keys() == scores.MEASURES.keys()
    assert found["scores"]["accuracy"] > 0.6  # a column tells the class
    assert all(library and version for library, version in classifiers.CLASSIFIERS[name].versions().items())


def test_catboost_is_given_strings(folder):
    X = splits.read(folder / "mixed.npz").X
    given = classifiers.strings(X)
    assert given["x1"].tolist()[:4] == ["2", "red", "missing", "blue"] and given["x0"].equals(X["x0"])


def result(table, seed, classifier, accuracy):
    found = dict.fromkeys(scores.MEASURES, accuracy)
    fit = {"table": table, "seed": seed, "classifier": classifier, "versions": {"a": "1"}, "threads": 2}
    return {**fit, "processor": "P"} | ({"scores": found} if accuracy is not None else {"error": "Oh:\n a | b"})


def test_means_are_over_the_tables_that_all_have():
    values = {"random forest": (0.5, 0.7, 0.2, 0.4), "XGBoost": (0.6, 0.6, 0.3, None), "CatBoost": (None,) * 4}
    records = [
        result(table, seed, name, value and value + 0.1 * seed)
        for name, of in values.items()
        for table, value in zip("abcd", of, strict=True)
        for seed in (0, 1)
    ]
    records[-1] = result("d", 1, "CatBoost", 0.9)  # the other seed failed
    comparison = tabular.Comparison(records)
    assert comparison.classifiers == ["random forest", "XGBoost"] and comparison.tables == ["a", "b", "c"]
    found = comparison.summary()
    assert found["random forest"]["accuracy"] == pytest.approx({"mean": 1.55 / 3, "mean rank": 5 / 3})
    assert found["XGBoost"]["log_loss"] == pytest.approx({"mean": 0.55, "mean rank": 5 / 3})
    assert found["random forest"]["fit_seconds"] == pytest.approx({"median": 0.5, "mean rank": 4 / 3})  # of seed 0
    assert len(comparison.failed) == 9
    assert "| a | 0 | CatBoost | Oh: a / b |" in tabular.failures(comparison.failed)


def test_without_any_result_there_are_failures_alone():
    records = [result("a", 0, "XGBoost", None)]
    text = tabular.report(tabular.Comparison(records), [], records)
    assert "| a | 0 | XGBoost | Oh: a / b |" in text and "Mean over" not in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "forest"], "--only: 'forest' is unknown; choose among 'gpunn MLPClassifier', "),
        (["--tables", "two"], "--tables: 'two' is unknown; choose among 'mixed', 'plain'"),
        (["--drop", "plain"], "--drop: 'plain' does not name a table of the folder and a column"),
        (["--drop", "plain:c"], "no column is called 'c', so it cannot be dropped; there are ['x0', 'x1']"),
    ],
)
def test_unknown_names_are_refused(folder, monkeypatch, capsys, options, said):
    monkeypatch.setattr(sys, "argv", ["tabular", str(folder), *options])
    with pytest.raises(SystemExit):
        tabular.main()
    assert said in capsys.readouterr().err


def test_a_classifier_that_is_not_installed_cannot_be_asked_for(folder, monkeypatch, capsys):
    absent = dataclasses.replace(classifiers.CLASSIFIERS["LightGBM"], modules=("no_such_module",))
    monkeypatch.setitem(classifiers.CLASSIFIERS, "LightGBM", absent)
    monkeypatch.setattr(sys, "argv", ["tabular", str(folder), "--only", "LightGBM"])
    with pytest.raises(SystemExit):
        tabular.main()
    assert "--only: LightGBM needs no_such_module, which is not installed" in capsys.readouterr().err


# --- ablation ---------------------------------------------------------------------------------------------------------


def test_temperature_scaling_is_shown_by_table_as_the_mean_of_the_seeds():
    measured = [{"log_loss": value, "ece": value / 10} for value in (0.1, 0.3, 0.5, 0.7)]  # two seeds of two tables
    found = {"the preset": measured, ablation.UNSCALED: [{"log_loss": 1.0, "ece": 0.2}] * 4}
    lines = ablation.calibration(found, ["first", "second"]).splitlines()
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]] == [
        ["first", "1.0000", "0.2000", "0.2000", "0.0200"],
        ["second", "1.0000", "0.6000", "0.2000", "0.0600"],
        ["mean", "1.0000", "0.4000", "0.2000", "0.0400"],
    ]


def test_without_temperature_scaling_probabilities_are_those_of_the_same_networks(folder):
    table = splits.read(folder / "mixed.npz")
    train, test = splits.divided(table.y, 0)
    clf = TabularClassifier(random_state=0).fit(table.X.iloc[train], table.y[train])
    powers = (
        clf.predict_member_proba(table.X.iloc[test]).astype(float) ** clf.temperature_
    )  # softmax(z) from that of z / T
    expected = scores.scores(np.mean(powers / powers.sum(axis=-1, keepdims=True), axis=0), table.y[test])
    found = ablation.result(table, 0, "fast", ablation.UNSCALED)
    assert clf.temperature_ != pytest.approx(1, abs=0.01)
    assert {name: found[name] for name in ablation.MEASURES} == pytest.approx(
        {name: expected[name] for name in ablation.MEASURES}, rel=1e-4
    )


def test_an_ablation_goes_on_where_it_was_stopped(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    computed = []

    def result(table, seed, preset, name):
        computed.append((table.name, seed, preset, name))
        if len(computed) == 3:
            raise KeyboardInterrupt
        return {"accuracy": 0.75, "log_loss": 0.5, "ece": 0.125, "seconds": 1.0}

    monkeypatch.setattr(ablation, "result", result)
    monkeypatch.setattr("sys.argv", ["ablation", str(folder), "--only", ablation.UNSCALED, "ReLU"])
    with pytest.raises(KeyboardInterrupt):
        ablation.main()
    ablation.main()
    names = ["the preset", ablation.UNSCALED, "ReLU"]
    assert computed == [
        *(("mixed", 0, "fast", name) for name in names), ("mixed", 0, "fast", "ReLU"),
        *(("plain", 0, "fast", name) for name in names),
    ]  # fmt: skip
    assert "75.00%" in capsys.readouterr().out


def test_a_docstring_is_no_part_of_the_source():
    documented = ("'Of a module.'", "class A:", "    'Of a class.'", "    def f(self):", "        'Of a method.'")
    source = "\n".join((*documented, "        return 1"))
    other = "class A:\n    def f(self):  # the same\n        return (1)\n"
    assert classifiers.without_docstrings(source) == classifiers.without_docstrings(other)
    for old, new in (("return 1", "return 2"), ("A", "B"), ("        return 1", "        'said'\n        return 1")):
        changed = source.replace(old, new)
        assert classifiers.without_docstrings(changed) != classifiers.without_docstrings(source)
