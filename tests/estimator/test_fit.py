"""Training through the estimator: going on, stopping, and what is kept."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import joblib
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gpunn import DivergenceWarning, MLPClassifier
from gpunn.config import registry

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


@pytest.mark.parametrize(("changed", "now", "then"), [
    ({"hidden_layer_sizes": (7,)}, "sizes (4, 7, 3)", "sizes (4, 5, 3)"),
    ({"activation": "tanh"}, "hidden activations (Tanh(),)", "hidden activations (ReLU(),)"),
    ({"output_activation": "prelu", "cost": "quadratic"},
     "output activation PReLU(initial_slope=0.25, shared=False)", "output activation Identity()"),
    ({"hidden_layer_sizes": (7,), "activation": "tanh"},
     "sizes (4, 7, 3), hidden activations (Tanh(),)", "sizes (4, 5, 3), hidden activations (ReLU(),)"),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_does_not_go_on_with_another_network_and_names_what_changed(iris, fitted, method, changed, now, then):
    clf = fitted(*iris, hidden_layer_sizes=(5,), max_iter=2, warm_start=True).set_params(**changed)
    said = f"a network with {now}, but the weights are those of a network with {then}. Training can only go on"
    with pytest.raises(ValueError, match=re.escape(said)):
        getattr(clf, method)(*iris)


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


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"solver": "sgd", "momentum": 0.0}, {"ema_decay": 0.9}, {"solver": "schedule_free_adamw"}],
    ids=str,
)
def test_partial_fit_goes_on_from_weights_that_were_set(iris, parameters, compiled):
    clf = MLPClassifier((5,), random_state=0, compile=compiled, **parameters)
    for _ in range(3):
        clf.partial_fit(*iris, classes=[0, 1, 2])
    wanted = np.linspace(-1, 1, clf.theta_.size)
    clf.theta_ = wanted
    clf.set_params(learning_rate_init=1e-12).partial_fit(*iris)
    np.testing.assert_allclose(clf.theta_, wanted, atol=1e-9)


@pytest.mark.parametrize("parameters", [{}, {"solver": "sgd"}, {"ema_decay": 0.9}, {"compile": True}], ids=str)
def test_partial_fit_goes_on_after_a_call_that_failed_as_if_it_had_not_been(iris, parameters):
    X, y = iris

    def fail(history):
        raise OSError("no room for a plot")

    right, clf = (MLPClassifier(batch_size=32, random_state=0, **parameters) for _ in range(2))
    for number in range(3):
        right.partial_fit(X, y, classes=[0, 1, 2])
        clf.partial_fit(X, y, classes=[0, 1, 2])
        if number == 1:
            with pytest.raises(OSError, match="no room"):
                clf.set_params(callback=fail).partial_fit(X, y)
            clf.set_params(callback=None)
    assert np.array_equal(clf.theta_, right.theta_)
    assert clf.loss_curve_ == right.loss_curve_
    assert clf.history_.evaluations == right.history_.evaluations


def one_step(X, y, **parameters):
    """A classifier after one step of gradient descent on all rows; a call of partial_fit makes one more."""
    parameters = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1, "dtype": "float64", **parameters}
    clf = MLPClassifier(batch_size=len(y), shuffle=False, random_state=0, **parameters)
    return clf.partial_fit(X, y, classes=[0, 1, 2])


def test_momentum_that_is_set_between_calls_starts_with_no_velocity(iris):
    clf = one_step(*iris, nesterovs_momentum=False)
    before = clf.theta_
    plain = copy.deepcopy(clf).partial_fit(*iris)
    first = clf.set_params(momentum=0.9).partial_fit(*iris).theta_
    np.testing.assert_allclose(first, plain.theta_, rtol=1e-12)  # a compiled step may fuse otherwise
    descent = copy.deepcopy(clf).set_params(momentum=0).partial_fit(*iris)  # theta - lr g
    expected = descent.theta_ + 0.9 * (first - before)
    np.testing.assert_allclose(clf.partial_fit(*iris).theta_, expected, rtol=1e-12)
    plain = copy.deepcopy(descent).partial_fit(*iris)
    again = descent.set_params(momentum=0.9).partial_fit(*iris)
    np.testing.assert_allclose(again.theta_, plain.theta_, rtol=1e-12)  # the velocity of before is gone


def test_averaging_that_is_set_between_calls_starts_from_the_weights_there_are(iris):
    clf = one_step(*iris)
    before, plain = clf.theta_, copy.deepcopy(clf).partial_fit(*iris)
    clf.set_params(ema_decay=0.9).partial_fit(*iris)
    np.testing.assert_allclose(clf.theta_, (before + plain.theta_) / 2, rtol=1e-12)  # of two steps the mean
    clf.set_params(ema_decay=None).partial_fit(*iris)
    assert np.array_equal(clf.theta_, plain.partial_fit(*iris).theta_)


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
    for name in ("early_stopping", "temperature_scaling"):
        with pytest.raises(ValueError, match=f"does not support {name}=True"):
            MLPClassifier(**{name: True}).partial_fit(X, y, classes=[0, 1, 2])


def test_partial_fit_goes_on_with_rows_that_lack_a_weighted_class(iris):
    X, y = iris
    weights = {0: 2.0, 2: 5.0}
    for rows in (slice(50, 100), slice(0, 100), slice(100, 150)):
        a, b = MLPClassifier(random_state=0, class_weight=weights), MLPClassifier(random_state=0)
        for part in (slice(None), rows):
            a.partial_fit(X[part], y[part], classes=[0, 1, 2])
            b.partial_fit(X[part], y[part], [weights.get(label, 1.0) for label in y[part]], classes=[0, 1, 2])
        np.testing.assert_allclose(a.theta_, b.theta_, rtol=1e-12)
    nothing = MLPClassifier(class_weight={"no": 0, "yes": 1}, alpha=0).partial_fit(X[:1], ["no"], classes=["no", "yes"])
    with pytest.raises(ValueError, match=r"names 'maybe', which is not among the classes: \['no', 'yes'\]"):
        nothing.set_params(class_weight={"maybe": 1}).partial_fit(X[:1], ["no"])


def test_partial_fit_weighs_each_label_of_rows_that_lack_one():
    X, Y = np.random.default_rng(0).standard_normal((20, 3)), np.random.default_rng(1).integers(0, 2, (20, 2))
    weights = [{1: 4.0}, {0: 0.5, 1: 3.0}]
    a, b = MLPClassifier(random_state=0, class_weight=weights), MLPClassifier(random_state=0)
    for rows in (Y[:, 0] == 0, Y[:, 1] == 1, Y[:, 0] < 2):
        a.partial_fit(X[rows], Y[rows])
        b.partial_fit(X[rows], Y[rows], np.where(Y[:, 0] == 1, 4, 1)[rows] * np.where(Y[:, 1] == 1, 3, 0.5)[rows])
    np.testing.assert_allclose(a.theta_, b.theta_, rtol=1e-12)
    for wrong in ({0: 1}, [{0: 1}], [{0: 1}, {2: 1}], [{0: -1}, {}], [{0: 0, 1: 0}, {}], [{0: "x"}, {}]):
        with pytest.raises(ValueError, match="class_weight"):
            a.set_params(class_weight=wrong).partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"give a dict of class and weight, or 'balanced'"):
        MLPClassifier(class_weight=weights).fit(X, Y[:, 0])


def test_what_is_held_of_a_model_stays_as_training_goes_on(iris):
    clf = MLPClassifier(ema_decay=0.9).partial_fit(*iris, classes=[0, 1, 2])
    for _ in range(3):
        held = [clf.theta_, *clf.coefs_, *clf.intercepts_]
        before = [array.copy() for array in held]
        assert not np.array_equal(clf.partial_fit(*iris).theta_, before[0])
        assert all(map(np.array_equal, held, before))


def test_weights_that_are_set_are_those_training_goes_on_from(iris):
    clf = MLPClassifier(solver="sgd", learning_rate_init=1e-9, momentum=0).partial_fit(*iris, classes=[0, 1, 2])
    clf.coefs_[0][...] = 0.25
    assert clf.partial_fit(*iris).coefs_[0] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "muon", "schedule_free_adamw", "cg", "lbfgs", "bfgs"])
@pytest.mark.parametrize("mode", ["r", "r+", "c"])
@pytest.mark.parametrize("extra", [{}, {"ema_decay": 0.9}], ids=str)
def test_a_model_mapped_from_a_file_goes_on_and_the_file_stays(iris, fitted, tmp_path, solver, mode, extra):
    if solver in (*registry.FULL_BATCH_SOLVERS, "schedule_free_adamw") and extra:
        pytest.skip("no averages of full-batch solvers, nor of those of their own")
    path = tmp_path / "model.joblib"
    plain = fitted(*iris, solver=solver, max_iter=4, warm_start=True, tol=0, **extra)
    if solver in registry.FULL_BATCH_SOLVERS:
        with pytest.warns(ConvergenceWarning):
            plain.fit(*iris)  # for which bfgs makes room for more steps than it then takes
    joblib.dump(plain, path)
    before = path.read_bytes()
    mapped = joblib.load(path, mmap_mode=mode)
    assert isinstance(mapped.theta_, np.memmap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for clf in (plain, mapped):
            if solver in registry.FIRST_ORDER_SOLVERS:
                clf.partial_fit(*iris).partial_fit(*iris)
            else:
                clf.fit(*iris)
    np.testing.assert_allclose(mapped.theta_, plain.theta_, rtol=1e-9)  # a file's arrays may be aligned otherwise
    assert mapped.predict(iris[0]).shape == (150,)
    del mapped, clf
    assert path.read_bytes() == before


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


def test_warnings_of_partial_fit_name_the_file_that_called_it(iris):
    clf = MLPClassifier((3,), solver="sgd", learning_rate_init=1e8, batch_size=500, random_state=0)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(3):
            clf.partial_fit(*iris, classes=np.unique(iris[1]))
    assert {DivergenceWarning, UserWarning} <= {warning.category for warning in said}
    assert {warning.filename for warning in said} == {__file__}
