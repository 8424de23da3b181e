"""What users of scikit-learn's MLPClassifier have asked for, by the numbers of its issues; README says how."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, log_loss

from gpunn import DivergenceWarning, MLPClassifier
from gpunn.nn.activations import Elementwise, LeakyReLU, PReLU, Sigmoid
from gpunn.nn.costs import Cost, Quadratic
from gpunn.nn.heads import Head, SigmoidCrossEntropy
from gpunn.optim.directions import LBFGS, Direction, SteepestDescent
from gpunn.optim.first_order import FirstOrder, NoState
from gpunn.optim.schedules import Schedule


@pytest.fixture
def uneven():
    """A tenth of the rows belong to the second class, and the two overlap."""
    rng = np.random.default_rng(0)
    y = rng.random(300) < 0.1
    return rng.standard_normal((300, 2)) + 1.2 * y[:, None], y.astype(int)


# Weights of classes: #9113, #10588, #25326


def test_a_weight_of_a_class_is_that_of_its_rows(uneven, fitted):
    X, y = uneven
    by_class = fitted(X, y, class_weight={0: 1.0, 1: 9.0})
    by_row = MLPClassifier(random_state=0, max_iter=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_row.fit(X, y, np.where(y == 1, 9.0, 1.0))
    assert np.array_equal(by_class.theta_, by_row.theta_)


def test_balanced_weights_find_a_rare_class(uneven, fitted):
    X, y = uneven
    plain, balanced = (fitted(X, y, solver="lbfgs", hidden_layer_sizes=(), class_weight=w) for w in (None, "balanced"))
    recall = [np.mean(clf.predict(X)[y == 1]) for clf in (plain, balanced)]
    assert recall[1] > recall[0] + 0.3


def test_weights_of_classes_go_with_partial_fit_if_they_are_known(uneven):
    X, y = uneven
    a = MLPClassifier(random_state=0, class_weight={1: 5}).partial_fit(X, y, classes=[0, 1])
    b = MLPClassifier(random_state=0).partial_fit(X, y, np.where(y == 1, 5.0, 1.0), classes=[0, 1])
    assert np.array_equal(a.theta_, b.theta_)
    with pytest.raises(ValueError, match="class_weight='balanced' needs all labels"):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])


# Formulas: dropout #6175, #7407; activations #11952, #26912, #30199, #10097, #14807; cost and output #6094, #29270


@dataclass(frozen=True)
class Sine(Elementwise):
    def forward(self, xp, z):
        return xp.sin(z)

    def derivative(self, xp, z, h):
        return xp.cos(z)


@dataclass(frozen=True)
class Power(Cost):
    def value(self, xp, a, T):
        return xp.sum(xp.abs(a - T) ** 1.5, axis=-1)

    def derivative(self, xp, a, T):
        return 1.5 * xp.sign(a - T) * xp.sqrt(xp.abs(a - T))


@dataclass(frozen=True)
class Smooth(Head):
    """Sigmoids with half the cross-entropy."""

    activation = Sigmoid()

    def outputs(self, xp, z):
        return self.activation.forward(xp, z)

    def decision(self, xp, z):
        return z

    def cost(self, xp, z, T):
        return SigmoidCrossEntropy().cost(xp, z, T) / 2

    def delta(self, xp, z, T):
        return SigmoidCrossEntropy().delta(xp, z, T) / 2


@dataclass(frozen=True)
class Signs(FirstOrder):
    def init(self, xp, theta):
        return NoState()

    def update(self, xp, theta, g, state, lr):
        theta -= lr * xp.sign(g)


@dataclass(frozen=True)
class Halving(Schedule):
    initial: float

    def rates(self, epoch, n_steps, n_samples, n_plateaus=0):
        return [self.initial / 2**epoch] * n_steps


class Downhill(Direction):
    c2, unit_step = 0.5, False

    def start(self, xp, theta):
        return None

    def direction(self, xp, state, g):
        return -2 * g

    def update(self, xp, state, p, s, y, g):
        return None


@pytest.mark.parametrize("own", [
    {"dropout": 0.2, "input_dropout": 0.05}, {"activation": [LeakyReLU(0.2), PReLU()], "hidden_layer_sizes": (20, 20)},
    {"activation": Sine()}, {"activation": ["gelu", Sine()], "hidden_layer_sizes": (20, 20)},
    {"cost": Power(), "output_activation": "softmax"}, {"cost": Quadratic(), "output_activation": "tanh"},
    {"cost": Smooth()}, {"solver": Signs(), "learning_rate_init": 1e-3}, {"learning_rate": Halving(0.05)},
    {"solver": Downhill()}, {"solver": LBFGS(memory=3)},
    {"weight_init": lambda xp, rng, n_in, n_out: rng.laplace(size=(n_in, n_out)) / n_in**0.5},
], ids=", ".join)  # fmt: skip
def test_formulas_of_ones_own_learn(digits, own, fitted):
    X, X_test, y, y_test = digits
    clf = fitted(X[:600], y[:600], **{"max_iter": 40, "learning_rate_init": 0.01, "batch_size": 50, **own})
    assert clf.score(X_test, y_test) > 0.85


def test_a_schedule_of_ones_own_sets_the_rates(digits, fitted):
    clf = fitted(digits[0], digits[2], learning_rate=Halving(0.5), solver="sgd", max_iter=4)
    assert clf.history_.learning_rate == [0.5, 0.25, 0.125, 0.0625]


def test_a_direction_of_ones_own_that_is_the_steepest_descent_goes_its_way(iris, fitted):
    a, b = (fitted(*iris, solver=solver, max_iter=3).loss_curve_ for solver in (SteepestDescent(), "gd"))
    assert a == b


# Validation: curves #18507, rows of one's own #18748, scorer #24411


def test_curves_of_cost_and_score_on_training_and_validation_rows(digits, fitted):
    X, X_test, y, y_test = digits
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf = MLPClassifier(random_state=0, max_iter=5, record="score").fit(X, y, X_val=X_test, y_val=y_test)
    history = clf.history_
    assert {len(x) for x in (history.cost, history.score, history.validation_cost, history.validation_score)} == {5}
    assert history.score[-1] == pytest.approx(clf.score(X, y))
    assert history.validation_score[-1] == pytest.approx(clf.score(X_test, y_test))
    assert history.validation_cost[-1] == pytest.approx(log_loss(y_test, clf.predict_proba(X_test)), rel=1e-5)
    assert np.array_equal(clf.theta_, fitted(X, y, max_iter=5).theta_)  # looking on changes nothing


def test_early_stopping_follows_the_rows_and_the_scorer_given_and_keeps_the_best_epoch(digits):
    X, X_test, y, y_test = digits
    clf = MLPClassifier(random_state=0, early_stopping=True, scoring="f1_macro", n_iter_no_change=3)
    clf.fit(X, y, X_val=X_test, y_val=y_test)
    scores = clf.validation_scores_
    assert clf.history_.stopped == "validation"
    assert clf.t_ == len(scores) * len(X)  # no row was held out of X
    best = f1_score(y_test, clf.predict(X_test), average="macro")
    assert best == pytest.approx(max(scores)) == scores[clf.history_.best]


def test_a_scorer_may_be_a_function_and_sees_weights(digits):
    X, X_test, y, y_test = digits
    seen = []

    def scorer(model, X, y, sample_weight=None):
        seen.append((X.shape, y[0], sample_weight.sum()))
        return model.predict_proba(X)[:, 0].mean()

    clf = MLPClassifier(random_state=0, max_iter=2, scoring=scorer, tol=0, n_iter_no_change=9, early_stopping=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(X, y, X_val=X_test, y_val=y_test, sample_weight_val=np.full(len(y_test), 2.0))
    assert seen == [(X_test.shape, y_test[0], 2 * len(y_test))] * 2


# Callbacks and progress: #18773


def test_callbacks_of_scikit_learn_are_told_of_every_iteration(iris, callbacks):
    for solver in ("adam", "lbfgs"):
        monitor = callbacks.ScoringMonitor(scoring="accuracy")
        clf = MLPClassifier(solver=solver, random_state=0, max_iter=4).set_callbacks(monitor)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clf.fit(*iris)
        assert monitor.get_logs().data[-1]["accuracy"] == pytest.approx(clf.score(*iris))


class Stopper:
    """A callback that ends training in its third iteration."""

    def setup(self, estimator, context):
        self.left, self.ends = 3, []

    def teardown(self, estimator, context):
        self.ends.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.left -= 1
        self.ends.append(fitted_estimator is not None and fitted_estimator.n_iter_)
        return self.left <= 0


@pytest.mark.usefixtures("callbacks")
def test_a_callback_can_stop_and_is_torn_down_whatever_happens(iris):
    stopper = Stopper()
    clf = MLPClassifier(random_state=0).set_callbacks(stopper).fit(*iris)
    assert (clf.history_.stopped, clf.n_iter_) == ("callback", 3)
    assert stopper.ends[:3] == [1, 2, 3] and stopper.ends[-1] == "teardown"
    with pytest.raises(ValueError, match="inconsistent"):
        clf.fit(iris[0], iris[1][:-1])
    assert stopper.ends == ["teardown"]


def test_a_function_is_called_with_the_history_and_can_stop(iris):
    clf = MLPClassifier(random_state=0, callback=lambda history: history.n_iter == 7).fit(*iris)
    assert (clf.history_.stopped, clf.n_iter_) == ("callback", 7)
    with pytest.raises(ValueError, match="callback='loud' is not a function"):
        MLPClassifier(callback="loud").fit(*iris)


# Hidden layers: #8291, #9469


def test_outputs_of_hidden_layers(digits, fitted):
    X, _, y, _ = digits
    clf = fitted(X, y, hidden_layer_sizes=(20, 10), activation="tanh", max_iter=3)
    first = np.tanh(X @ clf.coefs_[0] + clf.intercepts_[0])
    second = np.tanh(first @ clf.coefs_[1] + clf.intercepts_[1])
    np.testing.assert_allclose(clf.hidden_activations(X, layer=0), first, atol=1e-5)
    np.testing.assert_allclose(clf.hidden_activations(X), second, atol=1e-5)
    assert np.array_equal(clf.hidden_activations(X), clf.hidden_activations(X, layer=1))
    for layer in (2, -3, 0.5, "first"):
        with pytest.raises(ValueError, match="the network has 2 hidden layers"):
            clf.hidden_activations(X, layer=layer)
    none = fitted(X, y, hidden_layer_sizes=(), max_iter=3)
    with pytest.raises(ValueError, match="has 0 hidden layers"):
        none.hidden_activations(X)


# The rest: #12505, #29504, #33760, #13656, #6780


def test_partial_fit_takes_multilabel_problems():
    X, Y = make_multilabel_classification(n_samples=200, random_state=0)
    clf = MLPClassifier(random_state=0, learning_rate_init=0.01)
    for _ in range(60):
        clf.partial_fit(X, Y)
    assert np.mean(clf.predict(X) == Y) > 0.9


def test_what_diverges_and_what_is_no_number_is_named(iris):
    X, y = iris
    with pytest.warns(DivergenceWarning, match=r"Training diverged in iteration \d+.*Lower learning_rate_init=1e\+20"):
        MLPClassifier(solver="sgd", learning_rate_init=1e20, activation="identity", random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        MLPClassifier().fit(np.where(np.arange(4) == 1, np.nan, X), y)


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "gd", "bfgs"])
def test_a_warm_start_goes_on_as_one_longer_fit(iris, fitted, solver):
    once = fitted(*iris, solver=solver, max_iter=24, tol=1e-9)
    often = fitted(*iris, solver=solver, max_iter=8, tol=1e-9, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        often.fit(*iris).fit(*iris)
    assert often.loss_curve_ == pytest.approx(once.loss_curve_, rel=1e-8 if solver == "bfgs" else 0, abs=0)
    assert often.theta_ == pytest.approx(once.theta_, rel=1e-6 if solver == "bfgs" else 0, abs=0)


def test_a_warm_start_on_other_rows_begins_anew(iris, fitted):
    X, y = iris
    clf = fitted(X, y, solver="lbfgs", max_iter=8, warm_start=True, random_state=0)
    theta = clf.theta_.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(X[::-1] + 0.1, y[::-1])
    assert clf.loss_curve_[8] < clf.loss_curve_[7] + 0.1
    assert not np.array_equal(clf.theta_, theta)


def test_decoupled_decay_does_not_depend_on_the_number_of_rows(iris, fitted):
    X, y = np.tile(iris[0], (2, 1)), np.tile(iris[1], 2)
    settings = {"solver": "adamw", "alpha": 0, "weight_decay": 0.3, "shuffle": False}
    once = fitted(*iris, batch_size=150, **settings)
    twice = fitted(X, y, batch_size=300, **settings)  # the same cost and gradient
    np.testing.assert_allclose(twice.theta_, once.theta_, rtol=1e-6, atol=1e-9)
