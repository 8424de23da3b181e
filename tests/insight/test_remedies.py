"""Remedies as changes of parameters, and what they bring."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from gpunn import MLPClassifier
from gpunn.insight import diagnose
from gpunn.insight.finding import Finding, Trial
from gpunn.insight.remedies import CHANGES, change_of, changes_of

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def by_name(diagnosis):
    return {finding.name: finding for finding in diagnosis.findings}


def trained(clf, rows, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clf.fit(rows, y)


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_one_that_the_estimator_takes(name):
    finding = Finding(name, 1, {"overshoot": 2.0, "noise_scale": 50.0, "batch_size": 4.0}, "", "")
    changes = changes_of(MLPClassifier().get_params(), finding)
    assert len(changes) == len(CHANGES[name]) <= 3 and all(changes)
    assert len({str(change) for change in changes}) == len(changes)
    for change in changes:
        trained(MLPClassifier(max_iter=2, random_state=0).set_params(**{**change, "max_iter": 2}), X, Y)
    assert change_of(MLPClassifier().get_params(), finding) == changes[0]


def test_a_solver_that_searches_along_lines_has_no_rate_to_change():
    parameters = MLPClassifier(solver="lbfgs", max_iter=20, max_fun=100).get_params()
    assert changes_of(parameters, Finding("rate_too_high", None, {}, "", "")) == []
    assert changes_of(parameters, Finding("underfitting", None, {}, "", "")) == [{"max_iter": 80, "max_fun": 400}]


def test_a_remedy_is_tried_on_rows_held_out():
    clf = trained(MLPClassifier((20,), solver="sgd", learning_rate_init=1e-4, max_iter=50, random_state=0), X, Y)
    theta, parameters = clf.theta_.copy(), clf.get_params()
    trial = by_name(diagnose(clf, X, Y, try_remedies=True))["rate_too_low"].trial
    train, test = train_test_split(np.arange(150), test_size=0.25, stratify=Y, random_state=0)

    def loss(rate):
        other = trained(clone(clf).set_params(learning_rate_init=rate), X[train], Y[train])
        return log_loss(Y[test], other.predict_proba(X[test]))

    losses = {rate: loss(rate) for rate in (3e-4, 1e-3, 1e-2)}
    best = min(losses, key=losses.__getitem__)
    assert trial.before == pytest.approx(loss(1e-4)) and trial.after == pytest.approx(losses[best])
    assert trial.change == {"learning_rate_init": best} and trial.after < trial.before and trial.n_tried == 3
    assert f"Tried, the best of 3 changes, learning_rate_init={best}: log-loss" in str(trial)
    assert np.array_equal(clf.theta_, theta) and clf.get_params() == parameters
    assert by_name(diagnose(clf, X, Y))["rate_too_low"].trial is None


def test_inputs_are_scaled_where_that_is_the_remedy():
    rows = X * [1, 1, 1, 1000]
    clf = trained(MLPClassifier((20,), learning_rate_init=0.01, max_iter=60, random_state=0), rows, Y)
    diagnosis = diagnose(clf, rows, Y, try_remedies=True)
    trial = by_name(diagnosis)["unscaled_inputs"].trial
    assert trial.change == {} and trial.after < trial.before
    assert str(trial) in " ".join(str(diagnosis).split()) and "inputs standardised" in str(trial)
    assert json.loads(json.dumps(diagnosis.to_dict()))["findings"][0]["trial"]["after"] == trial.after


def test_what_has_no_change_of_parameters_is_not_tried():
    rows = np.c_[X, X[:, 0]]
    clf = trained(MLPClassifier((10,), learning_rate_init=0.01, random_state=0), rows, Y)
    [finding] = diagnose(clf, rows, Y, try_remedies=True).findings
    assert finding.name == "duplicate_inputs" and finding.trial is None


def test_frames_are_tried_as_frames():
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e=np.where(X[:, 0] > 0, "long", "short"))
    y = np.array(["one", "two", "three"])[Y]
    clf = trained(MLPClassifier((20,), alpha=1000.0, random_state=0), frame, y)
    trial = by_name(diagnose(clf, frame, y, try_remedies=True))["penalty_dominates"].trial
    assert list(trial.change) == ["alpha"] and trial.change["alpha"] in (1.0, 10.0, 100.0)
    assert trial.after < trial.before


def test_a_trial_that_did_not_help_says_so():
    assert str(Trial({"alpha": 1.0}, 0.5, 0.6)).endswith("0.5 before, 0.6 after. It does not help.")
    assert str(Trial({"alpha": 1.0}, 0.5, 0.4)).endswith("0.5 before, 0.4 after.")


def test_before_training_and_multilabel_problems():
    clf = MLPClassifier((20,), solver="sgd", learning_rate_init=50.0, max_iter=30, random_state=0)
    assert by_name(diagnose(clf, X, Y, at="start", try_remedies=True))["first_step_too_long"].trial is not None
    many = trained(MLPClassifier((20,), alpha=1000.0, random_state=0), X, (X[:, :2] > 0).astype(int))
    assert by_name(diagnose(many, X, (X[:, :2] > 0).astype(int), try_remedies=True))["penalty_dominates"].trial is None
