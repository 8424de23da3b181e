"""Divergence as users meet it: named with its causes, never silent, never a model that is worse than its start."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

import gpunn
from gpunn import DivergenceError, DivergenceWarning, MLPClassifier
from gpunn.compile.policy import CpuCompiler
from gpunn.config import build, registry

X, Y = load_digits(return_X_y=True)
X, Y = X[:400] / 16, Y[:400]
EXPLODING = {"solver": "sgd", "activation": "identity", "learning_rate_init": 1e10, "random_state": 0}


def start_of(clf):
    """The classifier with the weights that its training started from."""
    start = copy.copy(clf)
    seed = clf._resume[1]
    start.theta_ = build.initial_theta(clf, clf.network_, seed, gpunn.get_device("cpu"), str(clf.theta_.dtype))
    return start


def fitted(parameters, X=X):
    """A classifier and the messages of its warnings, by class."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf = MLPClassifier(**parameters).fit(X, Y)
    return clf, {type(warning.message): str(warning.message) for warning in caught}


# 400 settings, a tenth of them by default

ACTIVATIONS = ("relu", "tanh", "sigmoid", "leaky_relu", "gelu", "softplus", "selu", "prelu", "identity", "elu")


def extreme(number):
    """Parameters and rows of setting number ``number``."""
    rng = np.random.default_rng(number)
    solver = str(rng.choice([*registry.SOLVERS, "adam", "sgd"]))
    parameters = {
        "solver": solver,
        "activation": str(rng.choice(ACTIVATIONS)),
        "dtype": str(rng.choice(["float32", "float64"])),
        "learning_rate_init": 10.0 ** rng.choice([2, 3, 4, 6, 8, 10, 15, 20, 25, 30]),
        "learning_rate": str(rng.choice(["constant", "adaptive", "cosine"])),
        "max_iter": int(rng.choice([30, 60])),
        "hidden_layer_sizes": [(20,), (30, 20), (), (15, 15, 15)][rng.integers(4)],
        "early_stopping": bool(rng.random() < 0.3),
        "random_state": number,
    }
    if rng.random() < 0.2:
        parameters["cost"] = "quadratic"
    if solver in ("adam", "adamw", "sgd") and rng.random() < 0.2:
        parameters["ema_decay"] = 0.9
    rows = X.copy()
    scale = 10.0 ** rng.choice([0, 0, 0, 4, 6, 10, 20, 30, 37])
    if rng.random() < 0.3:
        rows[:, 20] *= scale
    else:
        rows *= scale
    return parameters, rows.astype(parameters["dtype"]), bool(rng.random() < 0.1)


def test_400_extreme_trainings_end_in_a_sound_network_or_are_said(thorough, monkeypatch):
    n_diverged = n_refused = 0
    for number in range(400 if thorough else 40):
        parameters, rows, compiled = extreme(number)
        compiled = compiled and thorough
        monkeypatch.setattr(CpuCompiler, "seconds", 0.0 if compiled else float("inf"))
        monkeypatch.setattr(CpuCompiler, "again_seconds", 0.0)
        try:
            clf, said = fitted(parameters, rows)
        except ValueError as error:
            refusal = str(error)
        else:
            refusal = ""
        if refusal:
            assert "The cost of the initial weights is" in refusal and "Standardise the inputs" in refusal
            n_refused += 1
            continue
        context = f"{number}: {parameters}, {said}"
        p = clf.predict_proba(rows)
        assert np.isfinite(p).all(), context
        hopeless = any("Standardise the inputs" in message for message in said.values())
        told_apart = clf.score(rows, Y) > 0.3
        assert told_apart or hopeless or DivergenceWarning in said, context
        if DivergenceWarning in said:
            n_diverged += 1
            at_start = start_of(clf).predict_proba(rows)
            assert log_loss(Y, p) <= log_loss(Y, at_start) * (1 + 1e-6) or clf.cost == "quadratic", context
    assert n_diverged > 15 and n_refused >= thorough  # or nothing was tried


def test_recovery_from_a_rate_100_times_too_high_reaches_the_tuned_run(thorough):
    tuned = {"solver": "sgd", "learning_rate_init": 0.1, "max_iter": 60}
    n, n_reached = 20 if thorough else 4, 0
    for seed in range(n):
        good, _ = fitted({**tuned, "random_state": seed})
        too_high = {**tuned, "learning_rate_init": 10.0, "random_state": seed}
        clf, said = fitted({**too_high, "on_divergence": "recover"})
        assert "went on with half the learning rate" in said[DivergenceWarning] and clf.history_.notes
        n_reached += clf.score(X, Y) >= good.score(X, Y) - 0.02
        assert fitted(too_high)[0].history_.stopped == "diverged"
    assert n_reached >= 0.95 * n


# What is said, and done


def test_the_message_names_what_happened_what_was_kept_and_what_to_do():
    clf, said = fitted(EXPLODING)
    message = said[DivergenceWarning]
    assert message.startswith("Training diverged in iteration 1: ") and clf.history_.divergence in message
    assert "The weights that it started from were kept." in message
    assert "Lower learning_rate_init=10000000000.0, or set clip_norm. on_divergence='recover' halves" in message
    assert "Standardise" not in message  # the inputs are no cause
    assert np.array_equal(clf.theta_, start_of(clf).theta_)


def test_the_inputs_are_named_where_they_are_the_cause():
    rows = X.copy()
    rows[123, 7] = 1e20  # in one row, which is not looked at before
    _, said = fitted({"random_state": 0}, rows)
    assert "X[:, 7] has values of up to 1e+20. Standardise the inputs" in said[DivergenceWarning]


def test_inputs_of_a_hopeless_scale_are_named_before_training():
    rows = X.copy()
    rows[:, 7] = 1e6
    seen = []
    clf = MLPClassifier(max_iter=1, callback=lambda history: seen.append(1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match=r"^X\[:, 7\] has values of about 1e\+06 .*Standardise"):
            clf.fit(rows, Y)
    assert not seen and not hasattr(clf, "theta_")  # it came before the first epoch


def test_frames_are_standardised_and_nothing_is_said():
    frame = pd.DataFrame(1e6 * X[:, 10:14]).rename(columns=str)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        MLPClassifier((5,), max_iter=3).fit(frame, Y)


def test_an_error_where_one_is_asked_for_leaves_the_estimator_as_it_was():
    clf = MLPClassifier(on_divergence="raise", **EXPLODING)
    with pytest.raises(DivergenceError, match=r"Training diverged in iteration 1.*Lower learning_rate_init"):
        clf.fit(X, Y)
    assert not hasattr(clf, "theta_")
    clf.set_params(learning_rate_init=1e-3, max_iter=500, tol=1e-3).fit(X, Y)
    before = clf.theta_.copy()
    clf.set_params(learning_rate_init=1e10)
    for train in (clf.fit, clf.partial_fit):
        with pytest.raises(DivergenceError):
            train(X, Y)
        assert np.array_equal(clf.theta_, before)


def test_what_to_do_is_a_word_of_three():
    with pytest.raises(ValueError, match="on_divergence='stop' is not known; use one of 'warn', 'raise', 'recover'"):
        MLPClassifier(on_divergence="stop").fit(X, Y)


def test_partial_fit_keeps_what_there_was_and_goes_on():
    clf = MLPClassifier((10,), solver="sgd", learning_rate_init=0.1, random_state=0)
    for _ in range(20):
        clf.partial_fit(X, Y, classes=np.unique(Y))
    before, score = clf.theta_.copy(), clf.score(X, Y)
    clf.set_params(learning_rate_init=1e12)
    with pytest.warns(DivergenceWarning, match="was kept"):
        clf.partial_fit(X, Y)
    assert np.array_equal(clf.theta_, before)
    clf.set_params(learning_rate_init=0.1).partial_fit(X, Y)
    assert clf.score(X, Y) > score - 0.05


def test_partial_fit_recovers_with_a_rate_that_stays_halved():
    clf = MLPClassifier((10,), solver="sgd", learning_rate_init=1e12, on_divergence="recover", random_state=0)
    with pytest.warns(DivergenceWarning, match="diverged once and went on with half the learning rate"):
        clf.partial_fit(X, Y, classes=np.unique(Y))
    with pytest.warns(DivergenceWarning, match="diverged once"):
        clf.partial_fit(X, Y)
    assert clf.history_.learning_rate == [1e12, 5e11] and len(clf.history_.notes) == 2


@pytest.mark.parametrize("record", [None, "score", ["score", "layers"]])
def test_a_model_that_recovered_or_diverged_comes_back_from_its_file(tmp_path, record):
    for on_divergence in ("warn", "recover"):
        clf, _ = fitted({**EXPLODING, "learning_rate_init": 30.0, "on_divergence": on_divergence, "record": record})
        clf.save(tmp_path / "m")
        loaded = gpunn.load(tmp_path / "m")
        assert repr(loaded.history_) == repr(clf.history_)
        assert np.array_equal(loaded.predict_proba(X), clf.predict_proba(X))


# Sound, or not


@pytest.mark.parametrize("parameters", [
    {"alpha": 1e3, "max_iter": 20}, {"alpha": 100.0, "activation": "tanh", "max_iter": 20},
    {"l1": 10.0, "max_iter": 20}, {"solver": "lbfgs", "alpha": 1e5, "max_iter": 1}, {"alpha": 1e7, "max_iter": 5},
])  # fmt: skip
def test_a_penalty_is_no_divergence(parameters):
    clf, said = fitted({"random_state": 0, **parameters})
    assert DivergenceWarning not in said, said
    assert clf.history_.cost[-1] <= clf.history_.cost[0]


@pytest.mark.parametrize("parameters", [
    {"solver": "sgd", "activation": "sigmoid", "learning_rate_init": 10.0},
    {"activation": "softplus", "hidden_layer_sizes": (50, 50, 50), "learning_rate_init": 0.1},
])  # fmt: skip
def test_units_that_are_nearly_saturated_are_a_divergence_too(parameters):
    clf, said = fitted({"random_state": 1, "max_iter": 10, **parameters})
    of_outputs = "all rows get the same probabilities, for hidden units are dead or saturated"
    assert clf.history_.divergence.startswith((of_outputs, "the cost rose to "))
    assert clf.history_.divergence in said[DivergenceWarning]


def test_rows_that_are_all_the_same_are_no_fault_of_training():
    for seed in range(4):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ConvergenceWarning)
            MLPClassifier(max_iter=20, random_state=seed).fit(np.zeros((50, 3)), np.arange(50) % 2)


def test_a_warm_start_that_loses_what_was_learned_is_a_divergence():
    clf = MLPClassifier(max_iter=60, learning_rate_init=0.01, warm_start=True, random_state=0, tol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        clf.fit(X, Y)
    score = clf.score(X, Y)
    clf.set_params(learning_rate_init=0.6, max_iter=10)
    with pytest.warns(DivergenceWarning, match="times that of the start|came back to"):
        clf.fit(X, Y)
    assert clf.score(X, Y) >= score - 0.02


def test_divergence_across_calls_of_partial_fit_is_found():
    clf = MLPClassifier(
        solver="sgd", activation="identity", cost="quadratic", output_activation="identity", learning_rate_init=0.35,
        momentum=0.0, random_state=0,
    )  # fmt: skip
    messages = []
    for _ in range(8):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            clf.partial_fit(X[:200], Y[:200], classes=np.unique(Y))
        messages += [str(warning.message) for warning in caught]
    assert len(messages) >= 4 and all("Training diverged in iteration" in message for message in messages)
    assert np.isfinite(clf.predict_proba(X)).all()


def test_a_recovering_training_hears_its_callback_and_its_limit_on_time():
    heard = []
    clf, _ = fitted({
        "solver": "sgd", "learning_rate_init": 30.0, "on_divergence": "recover", "record": ["layers", "score"],
        "max_iter": 30, "random_state": 0, "callback": lambda history: heard.append(history.n_iter),
    })  # fmt: skip
    assert clf.history_.notes and heard == [*range(1, clf.n_iter_ + 1)]
    assert len(clf.layer_history_) == len(clf.history_.score) == clf.n_iter_
    limited, _ = fitted({**EXPLODING, "on_divergence": "recover", "time_limit": 1e-6})
    assert limited.n_iter_ == 1


def test_probabilities_of_a_rare_class_and_of_one_class_alone_may_be_alike():
    rng = np.random.default_rng(0)
    rows, rare = rng.standard_normal((2000, 4)), np.arange(2000) % 500 == 0
    for y in (rare, np.zeros(2000, int)):
        with warnings.catch_warnings():
            warnings.simplefilter("error", DivergenceWarning)
            warnings.simplefilter("ignore", ConvergenceWarning)
            MLPClassifier(max_iter=10, random_state=0).fit(rows, y)
            MLPClassifier(solver="lbfgs", random_state=0).fit(rows, y)
