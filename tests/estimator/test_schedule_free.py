"""Schedule-free AdamW in an estimator: the average is evaluated and kept, and training goes on from where it stood."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gpunn import MLPClassifier
from gpunn.optim.schedule_free import ScheduleFreeAdamW

SETTINGS = {"solver": "schedule_free_adamw", "learning_rate_init": 0.02, "random_state": 0, "tol": 0}


def quietly(clf, *args, **extra):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clf.fit(*args, **extra)


@pytest.mark.parametrize("compiled", [False, True])
def test_the_average_is_kept_and_the_steps_go_on_from_the_point_of_the_gradients(iris, compiled):
    whole = quietly(MLPClassifier(max_iter=6, compile=compiled, **SETTINGS), *iris)
    state = whole._resume[2]
    assert (whole.history_.path == "compiled") == compiled
    assert np.array_equal(whole.theta_, state.method_state.x)
    np.testing.assert_allclose(state.latest, 0.1 * state.method_state.z + 0.9 * state.method_state.x, rtol=1e-9)
    parts = MLPClassifier(compile=compiled, **SETTINGS)
    for _ in range(6):
        parts.partial_fit(*iris, classes=[0, 1, 2])
    np.testing.assert_allclose(parts.theta_, whole.theta_, rtol=1e-12)
    np.testing.assert_allclose(parts.history_.cost, whole.history_.cost, rtol=1e-12)


def test_the_score_that_early_stopping_follows_is_that_of_the_average(digits):
    X, X_test, y, y_test = digits
    clf = MLPClassifier(early_stopping=True, n_iter_no_change=3, max_iter=25, **SETTINGS)
    quietly(clf, X, y, X_val=X_test, y_val=y_test)
    assert clf.score(X_test, y_test) == pytest.approx(max(clf.validation_scores_))


def test_recovery_starts_the_sequences_anew_from_the_best_state(iris):
    clf = MLPClassifier(max_iter=30, on_divergence="recover", **(SETTINGS | {"learning_rate_init": 1e6}))
    quietly(clf, *iris)
    assert any("half the learning rate" in note for note in clf.history_.notes)
    assert np.isfinite(clf.theta_).all()


@pytest.mark.parametrize("solver", ["schedule_free_adamw", ScheduleFreeAdamW()])
@pytest.mark.parametrize(("name", "value"), [("ema_decay", 0.9), ("max_norm", 2.0)])
def test_what_does_not_go_with_an_average_of_its_own_is_refused(iris, solver, name, value):
    clf = MLPClassifier(solver=solver, **{name: value})
    with pytest.raises(ValueError, match=rf"{name}={value} does not go with solver=.*; use {name}=None, or solver="):
        clf.fit(*iris)
    assert not hasattr(clf, "theta_")
    quietly(clf.set_params(solver="adamw", max_iter=1), *iris)
