"""What a training leaves on record of its rows."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss

import gpunn
from gpunn import MLPClassifier
from gpunn.training import summary
from gpunn.training.history import History
from gpunn.training.summary import BINS, TrainingSummary

RNG = np.random.default_rng(0)
X = RNG.normal(3.0, [1.0, 5.0, 0.0, 1e-3], (400, 4))
Y = np.where(X[:, 0] + RNG.normal(size=400) > 3, "yes", "no")


def expected(clf, rows, y):
    """By scikit-learn and NumPy, from predictions alone."""
    p = clf.predict_proba(rows)
    shares = np.array([np.mean(y == c) for c in clf.classes_])
    top, right = p.max(axis=1), clf.classes_[p.argmax(axis=1)] == y
    return {
        "cost": log_loss(y, p, labels=clf.classes_),
        "score": accuracy_score(y, clf.predict(rows)),
        "guess": -np.sum(shares * np.log(shares)),
        "shares": shares,
        "confidence": np.histogram(top, BINS, (0, 1))[0],
        "correct": np.histogram(top[right], BINS, (0, 1))[0],
    }


@pytest.mark.parametrize("form", ["array", "sparse", "three classes", "smoothed"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_it_is_what_the_trained_network_makes_of_its_rows(fitted, form, solver):
    y = np.where(X[:, 1] > 6, "maybe", Y) if form == "three classes" else Y
    rows = sparse.csr_array(X) if form == "sparse" else X
    clf = fitted(rows, y, solver=solver, max_iter=20, label_smoothing=0.2 * (form == "smoothed"), dtype="float64")
    found = clf.history_.summary
    for name, value in expected(clf, X, y).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-6), name
    assert (found.n_given, found.n_rows, found.n_sample) == (400, 400, 400)
    assert found.input_mean == pytest.approx(X.mean(axis=0), rel=1e-6)
    assert found.input_std == pytest.approx(X.std(axis=0), rel=1e-6, abs=1e-12)


def test_the_cost_of_the_start_is_that_of_the_initial_weights(fitted):
    clf = fitted(X[:200], Y[:200], max_iter=3, random_state=3)
    start = fitted(X[:200], Y[:200], solver="sgd", learning_rate_init=1e-300, momentum=0, max_iter=1, random_state=3)
    assert clf.history_.summary.start_cost == pytest.approx(log_loss(Y[:200], start.predict_proba(X[:200])), rel=1e-5)


def test_weights_count_as_in_training(fitted):
    weight = np.arange(400.0)
    clf = MLPClassifier(class_weight={"no": 3.0, "yes": 1.0}, max_iter=5, random_state=0)
    with pytest.warns(ConvergenceWarning):
        clf.fit(X, Y, sample_weight=weight)
    weight = weight * np.where(Y == "no", 3, 1)
    found = clf.history_.summary
    assert found.cost == pytest.approx(log_loss(Y, clf.predict_proba(X), sample_weight=weight), rel=1e-5)
    assert found.shares[0] == pytest.approx(weight[Y == "no"].sum() / weight.sum(), rel=1e-5)


def test_rows_kept_for_validation_are_given_and_not_trained_on(fitted):
    found = fitted(X, Y, early_stopping=True, validation_fraction=0.25, max_iter=5).history_.summary
    assert (found.n_given, found.n_rows, found.n_sample) == (400, 300, 300)
    assert found.input_mean == pytest.approx(X.mean(axis=0), rel=1e-5)


def test_of_many_rows_a_sample_is_looked_at(fitted, monkeypatch):
    monkeypatch.setattr(summary, "SAMPLE", 50)
    clf = fitted(X, Y, max_iter=5)
    found = clf.history_.summary
    numbers = np.arange(50) * 8
    assert (found.n_rows, found.n_sample, sum(found.confidence)) == (400, 50, 50)
    assert found.score == pytest.approx(clf.score(X[numbers], Y[numbers]))
    assert found.input_mean == pytest.approx(X[numbers].mean(axis=0), rel=1e-5)


def test_multilabel_problems_have_shares_of_their_labels(fitted):
    T = (RNG.random((400, 3)) < [0.1, 0.5, 0.9]).astype(int)
    found = fitted(X, T, max_iter=5).history_.summary
    assert found.shares == pytest.approx(T.mean(axis=0)) and found.confidence == found.correct == []


def test_many_columns_leave_no_means(fitted, monkeypatch):
    monkeypatch.setattr(summary, "MAX_COLUMNS", 3)
    found = fitted(X, Y, max_iter=2).history_.summary
    assert found.input_mean == found.input_std == [] and found.n_rows == 400


def test_it_comes_back_from_files_and_pickles(fitted, tmp_path):
    clf = fitted(X, Y, max_iter=5)
    clf.save(tmp_path / "m.gpunn")
    for other in (gpunn.load(tmp_path / "m.gpunn"), pickle.loads(pickle.dumps(clf))):
        assert other.history_.summary == clf.history_.summary
    clf.partial_fit(X[:10], Y[:10])
    assert clf.history_.summary is None
    older = {name: value for name, value in clf.history_.to_dict().items() if name != "summary"}
    assert History.from_dict(older).summary is None


FORGED = [
    ("n_rows", -1), ("n_rows", 2.0), ("n_rows", True), ("cost", float("nan")), ("cost", "1"), ("score", None),
    ("shares", 0.5), ("shares", [0.5, "1"]), ("shares", [[0.5]]), ("confidence", [1] * (BINS - 1)),
    ("correct", [-1] * BINS), ("correct", []), ("input_mean", [0.0]), ("input_std", [10**400] * 4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), FORGED, ids=[f"{name}-{i}" for i, (name, _) in enumerate(FORGED)])
def test_forged_ones_are_refused_by_name(fitted, name, value):
    form = fitted(X, Y, max_iter=2).history_.summary.to_dict()
    assert TrainingSummary.from_dict(json.loads(json.dumps(form))).to_dict() == form
    with pytest.raises(ValueError, match=name):
        TrainingSummary.from_dict({**form, name: value})


@pytest.mark.parametrize("form", [[], 1, {"n_rows": 3}])
def test_other_things_are_refused(form):
    with pytest.raises(ValueError, match="its keys must be n_given"):
        TrainingSummary.from_dict(form)


def test_what_is_not_finite_is_left_out(quiet):
    clf = MLPClassifier((3,), dtype="float64", max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(1e200 * X, Y)
    assert clf.history_.summary is None
