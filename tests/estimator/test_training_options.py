"""What training can be told beyond scikit-learn, held against formulas written out."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import make_multilabel_classification

from gpunn import MLPClassifier


def quietly(clf, *args, **extra):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clf.fit(*args, **extra)


# Averaged weights, smoothed labels


def test_averaged_weights_are_the_mean_of_the_steps_and_training_goes_on_from_the_last(usual_rule, iris):
    X, y = iris[0], iris[1]
    settings = {"random_state": 0, "batch_size": 150, "shuffle": False, "tol": 0, "n_iter_no_change": 99}
    steps = [quietly(MLPClassifier(max_iter=k, **settings), X, y).theta_ for k in range(1, 9)]
    plain_mean = quietly(MLPClassifier(max_iter=8, ema_decay=0.999, **settings), X, y)
    np.testing.assert_allclose(plain_mean.theta_, np.mean(steps, axis=0), rtol=1e-10)
    expected = steps[0]
    for k, theta in enumerate(steps[1:], 2):
        decay = min(0.7, (k - 1) / k)
        expected = decay * expected + (1 - decay) * theta
    found = quietly(MLPClassifier(max_iter=8, ema_decay=0.7, **settings), X, y)
    np.testing.assert_allclose(found.theta_, expected, rtol=1e-10)
    assert found.history_.path == "arrays: too short a training to compile for"
    assert found.loss_curve_ == plain_mean.loss_curve_  # the way itself is the same

    a = MLPClassifier(ema_decay=0.7, **settings)
    for _ in range(8):
        a.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_allclose(a.theta_, expected, rtol=1e-10)


def test_the_score_that_early_stopping_follows_is_that_of_the_averaged_weights(digits):
    X, X_test, y, y_test = digits
    clf = MLPClassifier(ema_decay=0.9, early_stopping=True, random_state=0, n_iter_no_change=3, max_iter=15)
    quietly(clf, X, y, X_val=X_test, y_val=y_test)
    assert clf.score(X_test, y_test) == pytest.approx(max(clf.validation_scores_))


@pytest.mark.parametrize("kind", ["softmax", "two", "multilabel"])
def test_smoothed_labels_are_a_cost_between_the_label_and_no_knowledge(iris, kind):
    X, y = iris
    if kind == "multilabel":
        X, y = make_multilabel_classification(n_samples=60, n_classes=3, random_state=0)
    elif kind == "two":
        y = (y == 1).astype(int)
    settings = {"random_state": 0, "max_iter": 1, "batch_size": len(X), "alpha": 0, "learning_rate_init": 1e-12}
    smooth, plain = (quietly(MLPClassifier(label_smoothing=s, **settings), X, y) for s in (0.2, 0.0))
    log_p = plain.predict_log_proba(X)
    if kind == "multilabel":
        log_no = np.log1p(-plain.predict_proba(X))
        of_labels = -np.sum(np.where(y == 1, log_p, log_no), axis=1)
        no_knowledge = -np.sum(log_p + log_no, axis=1) / 2
    else:
        of_labels = -log_p[np.arange(len(y)), y]
        no_knowledge = -log_p.mean(axis=1)
    assert plain.loss_ == pytest.approx(of_labels.mean())
    assert smooth.loss_ == pytest.approx(0.8 * of_labels.mean() + 0.2 * no_knowledge.mean())


# Decisions and time


def test_thresholds_move_decisions_and_nothing_else(iris, fitted):
    X, y = iris[0], iris[1] == 1
    clf = fitted(X, y, max_iter=10)
    p = clf.predict_proba(X)[:, 1]
    for threshold in (0.1, 0.5, 0.9):
        clf.set_params(threshold=threshold)
        assert np.array_equal(clf.predict(X), p >= threshold)
        assert np.array_equal(clf.predict_proba(X)[:, 1], p)
    several = fitted(*iris, max_iter=2).set_params(threshold=0.3)
    with pytest.raises(ValueError, match=r"threshold=0.3 does not go with 3 classes"):
        several.predict(X)


def test_every_label_may_have_its_threshold(fitted):
    X, Y = make_multilabel_classification(n_samples=100, n_classes=3, random_state=0)
    clf = fitted(X, Y, max_iter=10, threshold=[0.2, 0.5, 0.8])
    assert np.array_equal(clf.predict(X), clf.predict_proba(X) >= [0.2, 0.5, 0.8])
    with pytest.raises(ValueError, match=r"threshold=\[0.2, 0.5\] does not go with 3 labels"):
        clf.set_params(threshold=[0.2, 0.5]).predict(X)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_limit_on_time_ends_training_after_an_iteration(digits, solver):
    clf = MLPClassifier(solver=solver, time_limit=1e-9, random_state=0)
    with pytest.warns(UserWarning, match=r"The time limit \(time_limit=1e-09 seconds\) was reached"):
        clf.fit(digits[0], digits[2])
    assert (clf.history_.stopped, clf.n_iter_) == ("time_limit", 1)


# Rows of other kinds


@pytest.mark.usefixtures("by_arrays")
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("parameters", [{}, {"solver": "lbfgs"}, {"early_stopping": True, "batch_size": 64}])
def test_sparse_rows_are_what_they_are_when_dense(digits, make, parameters, fitted):
    X, X_test, y, _ = digits
    dense, thin = (fitted(rows, y, max_iter=3, dtype="float64", **parameters) for rows in (X, make(X)))
    np.testing.assert_allclose(thin.theta_, dense.theta_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(thin.predict_proba(make(X_test)), dense.predict_proba(X_test), rtol=0, atol=1e-9)


def test_layers_are_recorded_on_what_was_learned(digits, fitted):
    X, _, y, _ = digits
    clf = fitted(X[:200], y[:200], max_iter=4, record="layers", hidden_layer_sizes=(20, 10))
    assert [len(entry) for entry in clf.layer_history_] == [3] * 4
    for W, numbers in zip(clf.coefs_, clf.layer_history_[-1], strict=True):
        assert numbers.weight_norm == pytest.approx(np.linalg.norm(W), rel=1e-5)
    assert not hasattr(fitted(X[:200], y[:200], max_iter=1), "layer_history_")


def test_updates_of_partial_fit_are_those_of_its_own_steps(digits):
    X, _, y, _ = digits
    clf = MLPClassifier((8,), solver="sgd", batch_size=50, record="layers", random_state=0)
    clf.partial_fit(X[:200], y[:200], classes=range(10))
    for _ in range(2):
        before = [W.copy() for W in clf.coefs_]
        clf.partial_fit(X[:200], y[:200])
        [layers] = clf.layer_history_
        moved = [np.linalg.norm(W - W_before) / 4 for W, W_before in zip(clf.coefs_, before, strict=True)]
        assert [layer.update_norm for layer in layers] == pytest.approx(moved, rel=1e-4)


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    n = 200
    frame = pd.DataFrame({
        "age": rng.normal(40, 12, n).round(), "town": rng.choice(["Bern", "Chur", None], n),
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), "D"), "number": np.arange(n),
    })  # fmt: skip
    frame.loc[5, "age"] = None
    return frame, np.where((frame["town"] == "Chur") | (frame["age"] > 50), "yes", "no")


def test_a_frame_is_fitted_validated_scored_and_comes_back(people, tmp_path):
    X, y = people
    clf = MLPClassifier(
        random_state=0, max_iter=100, learning_rate_init=0.01, features={"number": "drop"}, scoring="roc_auc",
        early_stopping=True, record=["score", "layers"],
    )  # fmt: skip
    quietly(clf, X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert clf.score(X[150:], y[150:]) > 0.85
    assert clf.feature_names_in_.tolist() == ["age", "town", "since"] and clf.n_features_in_ == 3
    for again in (pickle.loads(pickle.dumps(clf)), quietly(MLPClassifier(**clf.get_params()), X[:150], y[:150])):
        assert again.predict_proba(X[["since", "town", "age"]]).shape == (200, 2)
    with pytest.raises(ValueError, match="Feature names seen at fit time, yet now missing:\n- town"):
        clf.predict(X[["age", "since"]])
    with pytest.raises(ValueError, match="X has no column names"), pytest.warns(UserWarning, match="feature names"):
        clf.predict(np.ones((2, 3)))


def test_callbacks_of_scikit_learn_are_told_of_frames(people, callbacks):
    monitor = callbacks.ScoringMonitor(scoring="accuracy")
    clf = quietly(MLPClassifier(random_state=0, max_iter=3, record="score").set_callbacks(monitor), *people)
    assert len(set(clf.history_.score)) > 1
    assert monitor.get_logs().data[-1]["accuracy"] == pytest.approx(clf.history_.score[-1])


def test_a_frame_is_the_array_that_it_holds_where_that_is_wanted(iris, fitted):
    X, y = iris
    frame = pd.DataFrame(X * [1, 10, 100, 1000], columns=list("abcd"))
    plain = fitted(frame, y, features=None)
    assert np.array_equal(plain.theta_, fitted(frame.to_numpy(), y).theta_)
    assert not hasattr(plain, "features_") and plain.feature_names_in_.tolist() == list("abcd")


def test_a_tensor_in_gives_tensors_out_and_pickles_hold_numpy(iris, fitted):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    X, y = iris
    with config_context(array_api_dispatch=True):
        clf = fitted(torch.asarray(X), torch.asarray(y), max_iter=5)
        found = [clf.predict(torch.asarray(X)), clf.predict_proba(torch.asarray(X)), clf.theta_, clf.coefs_[0]]
    assert all(isinstance(x, torch.Tensor) for x in found)
    assert np.array_equal(found[2].numpy(), fitted(X, y, max_iter=5).theta_)
    again = pickle.loads(pickle.dumps(clf))
    assert isinstance(again.theta_, np.ndarray)
    assert np.array_equal(again.predict_proba(X), found[1].numpy())


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_rows_of_another_byte_order_train_to_the_same_bits(iris, fitted, dtype):
    X, y = iris
    X = (X * 20).astype(dtype)
    native, swapped = (fitted(rows, y, compile=False) for rows in (X, X.astype(X.dtype.newbyteorder("S"))))
    assert swapped.theta_.dtype == ("float64" if dtype == "float64" else "float32")
    assert swapped.theta_.tobytes() == native.theta_.tobytes()
