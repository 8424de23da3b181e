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
from gpunn.insight.finding import Finding
from gpunn.insight.remedies import CHANGES

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
    change = CHANGES[name](MLPClassifier().get_params(), finding)
    assert change
    trained(MLPClassifier(max_iter=2, random_state=0).set_params(**{**change, "max_iter": 2}), X, Y)


def test_a_remedy_is_tried_on_rows_held_out():
    clf = trained(MLPClassifier((20,), solver="sgd", learning_rate_init=1e-4, max_iter=50, random_state=0), X, Y)
    theta, parameters = clf.theta_.copy(), clf.get_params()
    trial = by_name(diagnose(clf, X, Y, try_remedies=True))["rate_too_low"].trial
    train, test = train_test_split(np.arange(150), test_size=0.25, stratify=Y, random_state=0)
    for rate, found in ((1e-4, trial.before), (1e-3, trial.after)):
        other = trained(clone(clf).set_params(learning_rate_init=rate, time_limit=10), X[train], Y[train])
        assert found == pytest.approx(log_loss(Y[test], other.predict_proba(X[test])))
    assert trial.change == {"learning_rate_init": pytest.approx(1e-3)} and trial.after < trial.before
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
    assert trial.change == {"alpha": 1.0, "l1": 0.0} and trial.after < trial.before


def test_before_training_and_multilabel_problems():
    clf = MLPClassifier((20,), solver="sgd", learning_rate_init=50.0, max_iter=30, random_state=0)
    assert by_name(diagnose(clf, X, Y, at="start", try_remedies=True))["first_step_too_long"].trial is not None
    many = trained(MLPClassifier((20,), alpha=1000.0, random_state=0), X, (X[:, :2] > 0).astype(int))
    assert by_name(diagnose(many, X, (X[:, :2] > 0).astype(int), try_remedies=True))["penalty_dominates"].trial is None
