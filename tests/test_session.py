"""Training through the estimator: going on, stopping, and what is kept."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gpunn import DivergenceWarning, MLPClassifier

# Training


def test_warm_start_goes_on_from_the_weights_there_are(iris, fitted):
    clf = fitted(*iris, warm_start=True, solver="lbfgs", max_iter=5)
    first, before = clf.loss_, clf.theta_.copy()
    with pytest.warns(ConvergenceWarning):
        clf.fit(*iris)
    assert clf.loss_curve_[5] < first  # the sixth iteration of both together
    assert (clf.n_iter_, len(clf.loss_curve_)) == (5, 10)
    assert not np.array_equal(clf.theta_, before)
    with pytest.raises(ValueError, match="same classes"):
        clf.fit(iris[0], iris[1] == 0)
    with pytest.raises(ValueError, match="network of sizes"):
        clf.set_params(hidden_layer_sizes=(7,)).fit(*iris)


def test_partial_fit_goes_on_as_one_fit_does(iris, fitted):
    X, y = iris
    whole = fitted(X, y, max_iter=6, batch_size=32)
    parts = MLPClassifier(max_iter=200, batch_size=32, random_state=0)
    for _ in range(6):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    assert np.array_equal(parts.theta_, whole.theta_)
    assert parts.loss_curve_ == whole.loss_curve_
    assert (parts.n_iter_, parts.t_) == (1, 6 * 150)
    again = pickle.loads(pickle.dumps(parts)).partial_fit(X, y)
    assert np.array_equal(again.theta_, parts.partial_fit(X, y).theta_)  # the optimiser's state was in the pickle


def test_partial_fit_wants_to_know_all_classes_first(iris):
    X, y = iris
    with pytest.raises(ValueError, match="classes must be passed"):
        MLPClassifier().partial_fit(X, y)
    clf = MLPClassifier().partial_fit(X[:50], y[:50], classes=[0, 1, 2])  # of the first class only
    with pytest.raises(ValueError, match="not among the classes: \\[3\\]"):
        clf.partial_fit(X[:50], y[:50] + 3)
    with pytest.raises(ValueError, match="not the same as on last call"):
        clf.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(AttributeError, match="partial_fit"):
        _ = MLPClassifier(solver="lbfgs").partial_fit
    with pytest.raises(ValueError, match="early_stopping"):
        MLPClassifier(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_early_stopping_keeps_the_best_epoch(digits, solver, fitted):
    X, _, y, _ = digits
    clf = fitted(X, y, solver=solver, early_stopping=True, max_iter=60, n_iter_no_change=3)
    assert clf.best_validation_score_ == max(clf.validation_scores_) == clf.validation_scores_[clf.history_.best]
    assert clf.history_.stopped == "validation"
    assert (clf.best_loss_, len(clf.validation_scores_)) == (None, clf.n_iter_)


def test_a_validation_set_of_one_row_is_refused(iris):
    with pytest.raises(ValueError, match="validation set is too small"):
        MLPClassifier(early_stopping=True).fit(iris[0][:4], [[0, 1], [1, 0], [1, 1], [0, 0]])


def test_divergence_is_named_and_the_best_state_kept(iris):
    clf = MLPClassifier(solver="sgd", activation="identity", learning_rate_init=1e10, dtype="float32")
    with pytest.warns(DivergenceWarning, match="Lower learning_rate_init=10000000000"):
        clf.fit(*iris)
    assert np.isfinite(clf.theta_).all()
    assert clf.history_.stopped == "diverged"
    assert clf.n_iter_ < 200


def test_an_interrupt_keeps_the_model_so_far(iris):
    def interrupt(history):
        if history.n_iter == 3:
            raise KeyboardInterrupt

    clf = MLPClassifier(callback=interrupt)
    with pytest.warns(UserWarning, match="interrupted by user"):
        clf.fit(*iris)
    assert (clf.n_iter_, clf.history_.stopped) == (3, "interrupted")
    assert clf.predict(iris[0]).shape == (150,)


def test_a_callback_sees_every_epoch_and_can_stop(iris):
    seen = []
    MLPClassifier(callback=lambda history: seen.append(history.cost[-1]) or len(seen) == 4).fit(*iris)
    assert len(seen) == 4


def test_verbose_prints_a_line_an_epoch(iris, capsys, fitted):
    fitted(*iris, verbose=True, max_iter=2, early_stopping=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[::2]] == ["Iteration 1", "Iteration 2"]
    assert lines[1].startswith("Validation score: 0.")


def test_a_batch_larger_than_the_data_is_clipped_with_a_word(iris):
    with pytest.warns(UserWarning, match="batch_size=200 is larger than the 150 training rows"):
        MLPClassifier(batch_size=200, tol=10, n_iter_no_change=1).fit(*iris)
