"""Early stopping trains wherever scikit-learn's does, and says where its rows are not stratified."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as ScikitMLP

from gpunn import MLPClassifier
from gpunn.config import registry
from gpunn.devices import cores
from gpunn.training import data, stopping
from gpunn.training.loop import Training

SPLITS = {  # rows of each class
    "15 rows of iris": [5, 5, 5], "100 classes in 500 rows": [5] * 100, "a class of one row": [20, 20, 1],
    "only rare classes": [1] * 12, "one row of two": [19, 1], "two rows of two": [1, 1], "five of two": [3, 2],
    "fair": [30, 20, 10], "two fair ones": [15, 15], "one class": [20], "one row": [1], "two rows": [2],
    "three rows": [1, 1, 1], "rarer than the share": [40, 2, 2, 2],
}  # fmt: skip


TOO_FEW = ("least populated class", "validation set is too small", "train set will be empty", "number of classes")


def trains(clf, X, y, weight=None):
    """The fitted classifier; None for one that says that its data are not enough."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return clf.fit(X, y, weight)
        except ValueError as error:
            if not any(words in str(error) for words in TOO_FEW):
                raise
            return None


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_it_trains_where_scikit_learn_does(split, solver, fraction):
    y = np.repeat(np.arange(len(SPLITS[split])), SPLITS[split])
    X = np.random.default_rng(0).standard_normal((len(y), 3))
    settings = {"solver": solver, "early_stopping": True, "validation_fraction": fraction, "max_iter": 1}
    for seed, weight in ((0, None), (1, np.ones(len(y)))):
        theirs = trains(ScikitMLP((2,), random_state=seed, **settings), X, y, weight)
        ours = trains(MLPClassifier((2,), random_state=seed, **settings), X, y, weight)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            n_val = int(np.ceil(fraction * len(y)))
            n_train = len(y) - n_val
            counts = np.array(SPLITS[split])
            stratified = counts.min() > 1 and min(n_val, n_train) >= len(counts)
            said = " ".join(ours.history_.notes)
            stops = solver != "lbfgs" or (n_val > 1 and n_train > 0)
            assert ("Early stopping was left out" in said) == (not stops)
            assert ("not stratified" in said) == (stops and not stratified)
            assert (ours.validation_scores_ is not None) == stops


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("parameters", [{}, {"output_activation": "softmax"}, {"cost": "quadratic"}], ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_those_of_the_rows_validated_and_trained_on(solver, parameters, n_classes):
    X, y = make_classification(300, n_classes=n_classes, n_informative=4, flip_y=0.3, random_state=0)
    X, X_val, y, y_val = X[:200], X[200:], y[:200], y[200:]
    scores = []
    clf = MLPClassifier((5,), solver=solver, random_state=0, max_iter=8, early_stopping=True, record="score")
    clf.set_params(batch_size=20, learning_rate_init=0.05, **parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(1, 9):
            shorter = clone(clf).set_params(max_iter=n, early_stopping=False).fit(X, y)
            scores.append((shorter.score(X_val, y_val), shorter.score(X, y)))
        clf.set_params(n_iter_no_change=99).fit(X, y, X_val=X_val, y_val=y_val)
    assert clf.validation_scores_ == pytest.approx([a for a, _ in scores]) and len(set(scores)) > 1
    assert clf.history_.score == pytest.approx([b for _, b in scores])
    assert clf.history_.best == int(np.argmax(clf.validation_scores_))


def test_multilabel_rows_are_never_stratified(fitted):
    X, Y = make_multilabel_classification(n_samples=30, n_classes=4, random_state=0)
    clf = fitted(X, Y, early_stopping=True, max_iter=2)
    assert len(clf.validation_scores_) == 2 and clf.history_.notes == []


@pytest.mark.parametrize("solver", [*registry.FIRST_ORDER_SOLVERS, *registry.FULL_BATCH_SOLVERS])
@pytest.mark.parametrize("counts", [[9, 1, 8, 1], [1, 1, 1, 40], [2, 20, 2, 2]])
def test_classes_that_cannot_be_in_both_parts_stay_in_that_of_training(solver, counts):
    y = np.random.default_rng(0).permutation(np.repeat(np.array(["a", "b", "c", "d"]), counts))
    X = np.arange(len(y) * 2.0).reshape(-1, 2)
    for seed in range(5):
        seen = []

        def scorer(clf, X_val, y_val, seen=seen):
            seen.append((X_val[:, 0] / 2, y_val))
            return 0.5

        clf = MLPClassifier((2,), solver=solver, scoring=scorer, early_stopping=True, random_state=seed, max_iter=1)
        trains(clf, X / 100, y)
        rows, y_val = np.round(seen[0][0] * 100).astype(int), seen[0][1]
        assert len(set(rows)) == len(rows) == np.ceil(0.1 * len(y)) and (y[rows] == y_val).all()
        assert set(np.delete(y, rows)) == set("abcd")
        n = f"validation_fraction=0.1 of {len(y)} rows is {len(rows)}"
        assert clf.history_.notes[0].startswith(f"The validation rows are not stratified: {n}, for 4 classes")
        assert f"the rarest has {min(counts)}." in clf.history_.notes[0]


def test_other_seeds_hold_out_other_rows():
    X, y = load_iris(return_X_y=True)
    X, y = X[::10], y[::10]
    rows = set()
    for seed in range(9):
        scorer = lambda clf, X_val, y_val: rows.add(tuple(X_val[:, 0])) or 0.5  # noqa: E731
        trains(MLPClassifier((2,), scoring=scorer, early_stopping=True, random_state=seed, max_iter=1), X, y)
    assert len(rows) > 5


def test_stratified_rows_have_their_share_of_each_class_and_need_no_note(iris):
    seen = []
    scorer = lambda clf, X_val, y_val: seen.append(np.bincount(y_val).tolist()) or 0.5  # noqa: E731
    for fraction, y in itertools.product((0.1, 0.4), (iris[1], np.minimum(iris[1], 1))):
        clf = MLPClassifier(scoring=scorer, early_stopping=True, validation_fraction=fraction, max_iter=1)
        trains(clf, iris[0], y)
        assert seen[-1] == (np.bincount(y) * fraction).tolist() and clf.history_.notes == []


def test_the_best_of_all_epochs_is_no_lack_of_convergence():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), np.arange(60) % 2
    clf = MLPClassifier((4,), max_iter=3, random_state=0, n_iter_no_change=np.inf)
    for settings in ({"early_stopping": False}, {"early_stopping": True, "n_iter_no_change": 10}):
        with pytest.warns(ConvergenceWarning, match="max_iter=3"):
            MLPClassifier(**{**clf.get_params(), **settings}).fit(X, y)
    assert clf.set_params(early_stopping=True).fit(X, y).n_iter_ == 3  # warnings are errors here


WAYS = {
    "one network": {},
    "members": {"n_members": 3},
    "folds": {"n_members": 3, "cross_validation": 3, "early_stopping": False, "temperature_scaling": True},
    "one output": {},
    "labels": {"activation": "prelu"},
    "weights": {"activation": ["selu", "softmax"], "hidden_layer_sizes": (12, 9)},
    "sparse": {"activation": "relu"},
    "full batch": {"solver": "lbfgs"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.usefixtures("usual_rule")
def test_compiled_evaluations_are_those_of_arrays(monkeypatch, way, dtype):
    prediction = pytest.importorskip("gpunn.compile.cpu.prediction", reason="llvmlite is not installed")
    X, y = load_iris(return_X_y=True)
    y = {"one output": y > 1, "labels": np.stack([y > 0, y == 1], axis=1).astype(int)}.get(way, y)
    X, y = np.tile(X.astype(dtype), (20, 1)), np.tile(y.T, 20).T
    weight = np.random.default_rng(0).random(len(X)) if way == "weights" else None
    given = {"early_stopping": True, "max_iter": 4, "batch_size": 100, "random_state": 0, "hidden_layer_sizes": (20,)}
    calls, found = [], {}
    real = prediction.CompiledPrediction.__call__

    def counted(self, theta, X, layer):
        calls.append(len(X))
        return real(self, theta, X, layer)

    monkeypatch.setattr(prediction.CompiledPrediction, "__call__", counted)
    for pays in (False, True):
        monkeypatch.setattr(stopping, "GAIN", 1.0 if pays else 0.0)
        calls.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            clf = MLPClassifier(**{**given, **WAYS[way]})
            found[pays] = clf.fit(csr_array(X) if way == "sparse" else X, y, weight)
        n_rows = len(X) if clf.cross_validation else len(X) // 10
        n_evaluated = sum(n for n in calls if n != prediction.N_CHECKED)
        assert n_evaluated == (n_rows * len(clf.history_.cost) if pays else 0)
    tolerance = {"rtol": 1e-5 if dtype == "float32" else 1e-12}
    for name in ("validation_cost", "validation_score", "cost"):
        ours, theirs = (getattr(found[pays].history_, name) for pays in (True, False))
        np.testing.assert_allclose(ours, theirs, err_msg=name, **tolerance)
    assert len(set(found[True].history_.validation_cost)) > 2


@pytest.mark.parametrize(("settings", "compiled"), [
    ({"max_iter": 20}, False), ({"max_iter": 10**6}, True), ({"max_iter": 20, "compile": True}, True),
    ({"max_iter": 10**6, "compile": False}, False), ({"max_iter": 20000, "n_members": 50}, True),
    ({"solver": "lbfgs", "max_iter": 10**9, "max_fun": 20}, False),
])  # fmt: skip
@pytest.mark.usefixtures("usual_rule")
def test_evaluations_are_compiled_where_they_are_many(monkeypatch, settings, compiled):
    found = []

    def run(self):
        found.append(self.validation.compiled)
        raise RuntimeError

    monkeypatch.setattr(Training, "run", run)
    with pytest.raises(RuntimeError):
        MLPClassifier((20,), early_stopping=True, **settings).fit(*load_iris(return_X_y=True))
    assert found == [compiled]


def test_embedded_networks_are_evaluated_by_arrays():
    pd = pytest.importorskip("pandas", reason="pandas is not installed: no frames")
    X = pd.DataFrame({"a": list("abcdef") * 20, "b": np.arange(120.0)})
    clf = MLPClassifier((5,), early_stopping=True, max_one_hot=2, max_iter=3, compile=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the steps are not compiled, and that training ended early
        clf.fit(X, X["a"] < "d")
    assert len(clf.history_.validation_cost) == 3


def test_rows_of_folds_are_evaluated_by_a_thread_each(monkeypatch):
    X, y = load_iris(return_X_y=True)
    clf = MLPClassifier((20,), n_members=3, cross_validation=3, max_iter=4, compile=False, random_state=0)
    found, threads, real = [], [], cores.each

    def each(function, items):
        threads.append(items)
        real(function, items)

    monkeypatch.setattr(cores, "cores", lambda: 3)
    monkeypatch.setattr(cores, "each", each)
    for one_a_thread in (False, True):
        monkeypatch.setattr(data, "_one_a_thread", lambda *given, one_a_thread=one_a_thread: one_a_thread)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found.append(clone(clf).fit(X, y).history_.validation_cost)
    assert found[0] == found[1] and threads == [range(3)] * 4
