"""The estimator keeps scikit-learn's contract, and what it promises beyond."""

from __future__ import annotations

import pickle
import re
import warnings
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as ScikitMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from gpunn import MLPClassifier
from gpunn.config import registry
from gpunn.nn.activations import LeakyReLU, PReLU

SOLVERS = [*registry.FIRST_ORDER_SOLVERS, *registry.FULL_BATCH_SOLVERS]


# The contract


ABSENT = "is not installed|requires cuda|no XPU device|MPS device|torch is not"  # why a check may be skipped


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.filterwarnings("ignore")  # the checks warn on purpose: few iterations, few rows
def test_scikit_learn_finds_no_fault(solver, thorough):
    """All checks of a first-order and of a full-batch method; by the others, unless thorough, each check once."""
    others = [name for name in SOLVERS if name not in ("adam", "lbfgs")]
    passed, skipped, every = [], [], thorough or solver not in others
    for number, (estimator, check) in enumerate(estimator_checks_generator(MLPClassifier(solver=solver))):
        if not every and others[number % len(others)] != solver:
            continue
        try:
            check(estimator)
        except SkipTest as reason:
            skipped.append(str(reason))
        else:
            passed.append(check)
    assert all(re.search(ABSENT, reason) for reason in skipped)
    assert len(passed) >= (60 if every else 60 // len(others) - 1)


def test_parameters_of_scikit_learn_have_its_names_and_defaults():
    ours, theirs = MLPClassifier().get_params(), ScikitMLP().get_params()
    assert {name: ours[name] for name in theirs} == theirs


def test_the_first_two_parameters_may_stand_without_names():
    clf = MLPClassifier((5,), "tanh")
    assert (clf.hidden_layer_sizes, clf.activation) == ((5,), "tanh")
    with pytest.raises(TypeError):
        MLPClassifier((5,), "tanh", "adam")


def test_it_works_in_pipelines_and_searches(iris):
    search = GridSearchCV(
        make_pipeline(StandardScaler(), MLPClassifier(learning_rate_init=0.05, random_state=0, tol=10)),
        {"mlpclassifier__hidden_layer_sizes": [(4,), (16,)]},
    )
    assert search.fit(*iris).best_score_ > 0.5


# Learning


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_learns_the_digits(digits, solver, fitted):
    X, X_test, y, y_test = digits
    rate = {"gd": 0.5, "sgd": 0.1}.get(solver, 0.005)
    clf = fitted(X, y, solver=solver, hidden_layer_sizes=(32,), learning_rate_init=rate, max_iter=100)
    assert clf.score(X_test, y_test) > 0.93
    assert clf.loss_curve_[-1] < clf.loss_curve_[0] / 4


@pytest.mark.parametrize("schedule", [*registry.SCHEDULES])
def test_every_schedule_learns_the_digits(digits, schedule, fitted):
    X, X_test, y, y_test = digits
    clf = fitted(X, y, solver="sgd", learning_rate=schedule, learning_rate_init=0.2, power_t=0.1)
    assert clf.score(X_test, y_test) > 0.9


def test_results_follow_the_seed(iris, fitted):
    a, b, c = (
        fitted(*iris, random_state=seed, dropout=0.2, batch_size=32).predict_proba(iris[0]) for seed in (1, 1, 2)
    )
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_a_random_state_is_drawn_from_as_scikit_learn_does(iris, fitted):
    state = np.random.RandomState(0)
    first, second = (fitted(*iris, random_state=state).theta_ for _ in range(2))
    assert not np.array_equal(first, second)


def test_scikit_learn_predicts_the_same_with_the_same_weights(digits, fitted):
    X, X_test, y, _ = digits
    for clf, theirs in (
        (fitted(X, y, hidden_layer_sizes=(20, 10), activation="tanh"), ScikitMLP((20, 10), activation="tanh")),
        (fitted(X, y > 4, activation="logistic"), ScikitMLP(activation="logistic")),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            theirs.set_params(max_iter=1).fit(X, y if len(clf.classes_) > 2 else y > 4)
        theirs.coefs_, theirs.intercepts_ = clf.coefs_, clf.intercepts_
        assert clf.predict_proba(X_test) == pytest.approx(theirs.predict_proba(X_test), abs=1e-6)
        assert clf.out_activation_ == theirs.out_activation_
        assert (clf.n_layers_, clf.n_outputs_) == (theirs.n_layers_, theirs.n_outputs_)


@pytest.mark.parametrize("kind", ["U", "O", "int8", "bool", "float"])
def test_labels_of_any_kind_come_back(iris, kind, fitted):
    X, codes = iris
    names = {"U": np.array(["rose", "lily", "iris"]), "O": np.array(["b", "a", "c"], object)}
    y = names[kind][codes] if kind in names else (codes == 1).astype(kind)
    clf = fitted(X, y, solver="lbfgs", max_iter=100)
    assert clf.predict(X).dtype == y.dtype
    assert np.mean(clf.predict(X) == y) > 0.9
    assert list(clf.classes_) == sorted(set(y.tolist()))


def test_multilabel_problems_are_indicator_matrices(fitted):
    X, Y = make_multilabel_classification(n_samples=200, n_classes=4, random_state=0)
    clf = fitted(X, Y, max_iter=300, learning_rate_init=0.01)
    assert clf.predict(X).shape == clf.predict_proba(X).shape == Y.shape
    assert np.mean(clf.predict(X) == Y) > 0.9
    assert clf.out_activation_ == "logistic"


def test_two_classes_can_have_two_softmax_outputs(iris, fitted):
    X, y = iris[0], iris[1] == 2
    one, two = (fitted(X, y, solver="lbfgs", output_activation=name) for name in ("sigmoid", "softmax"))
    assert (one.n_outputs_, two.n_outputs_) == (1, 2)
    for clf in (one, two):
        assert clf.decision_function(X).shape == (150,)
        assert np.array_equal(clf.decision_function(X) > 0, clf.predict(X))
        assert clf.predict_proba(X).sum(axis=1) == pytest.approx(1)


def test_log_probabilities_stay_finite_in_the_tails(iris, fitted):
    X = 900 * iris[0].astype("float32")
    for y in (iris[1], iris[1] == 0):
        clf = fitted(X, y, max_iter=5)
        log_p = clf.predict_log_proba(X)
        assert np.isfinite(log_p).all()
        assert log_p.min() < -100  # the tails are there
        assert np.exp(log_p) == pytest.approx(clf.predict_proba(X), abs=1e-6)


def test_a_row_twice_equals_weight_two(iris, fitted):
    X, y = iris
    twice = np.r_[np.arange(150), np.arange(50)]
    weight = np.where(np.arange(150) < 50, 2, 1)
    a = fitted(X[twice], y[twice], solver="lbfgs", alpha=1.0, max_iter=500)
    b = MLPClassifier(solver="lbfgs", alpha=1.0, random_state=0, max_iter=500).fit(X, y, weight)
    assert b.predict_proba(X) == pytest.approx(a.predict_proba(X), abs=1e-4)
    unweighted = fitted(X, y, solver="lbfgs", alpha=1.0, max_iter=500)
    assert np.abs(unweighted.predict_proba(X) - a.predict_proba(X)).max() > 1e-3


# What is kept as it is


@pytest.mark.parametrize(("X_type", "asked", "found"), [
    ("float64", "auto", "float64"), ("float32", "auto", "float32"), ("uint8", "auto", "float32"),
    ("float64", "float32", "float32"), ("float32", "float64", "float64"),
])  # fmt: skip
def test_arithmetic_follows_X_or_what_was_asked(digits, X_type, asked, found, fitted):
    X, y = (digits[0] * 16).astype(X_type), digits[2]
    clf = fitted(X, y, dtype=asked, max_iter=2)
    for array in (clf.theta_, *clf.coefs_, *clf.intercepts_, clf.hidden_activations(X[:5])):
        assert array.dtype == found


def test_inputs_are_not_changed(iris):
    X, y, w = iris[0].copy(), iris[1].copy(), np.ones(150)
    for array in (X, y, w):
        array.flags.writeable = False
    MLPClassifier(max_iter=20, tol=10, n_iter_no_change=5, max_norm=1.0, clip_norm=1.0, l1=0.1).fit(X, y, w).predict(X)


# What stays


def test_a_clone_is_unfitted_and_a_pickle_is_the_same(iris, fitted):
    clf = fitted(*iris, activation=[LeakyReLU(0.2), PReLU()], hidden_layer_sizes=(5, 4))
    assert not hasattr(clone(clf), "theta_")
    assert clone(clf).get_params()["activation"] == clf.activation
    again = pickle.loads(pickle.dumps(clf))
    assert np.array_equal(again.predict_proba(iris[0]), clf.predict_proba(iris[0]))


def test_weights_are_views_of_theta(iris, fitted):
    clf = fitted(*iris, hidden_layer_sizes=(5,))
    assert [w.shape for w in clf.coefs_] == [(4, 5), (5, 3)]
    assert [b.shape for b in clf.intercepts_] == [(5,), (3,)]
    before = clf.predict_proba(iris[0])
    clf.coefs_[0][...] = 0
    assert not np.array_equal(clf.predict_proba(iris[0]), before)
