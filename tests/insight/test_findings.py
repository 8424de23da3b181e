"""Each finding is found in a network with exactly that fault."""

from __future__ import annotations

import numpy as np
import pytest
from faults import CASES, DIGITS, FLOWERS, GOOD, IRIS, PIXELS, Case, clouds, mislabelled, noise

from gpunn.insight import diagnose
from gpunn.insight.finding import Finding
from gpunn.insight.findings import CONSEQUENCES, FINDINGS, explained, explains


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case.finding}" for i, case in enumerate(CASES)])
def test_a_fault_is_found(case):
    found = {finding.name: finding for finding in case.diagnosis().findings}
    assert case.finding in found
    finding = found[case.finding]
    assert finding.layer == case.layer
    assert finding.text[0].isupper() and finding.text.endswith(".") and finding.remedy.endswith(".")
    assert finding.evidence and all(np.isfinite(value) for value in finding.evidence.values())


@pytest.mark.parametrize("given", ["both", "others"])
def test_overfitting_shows_on_rows_that_were_not_trained_on(given):
    X, y = noise(150, 40), np.arange(150) % 2
    case = Case("overfitting", GOOD, X[:100], y[:100])
    alone = case.diagnosis()
    assert alone.rows_are == "training" and "overfitting" not in {finding.name for finding in alone.findings}
    if given == "both":
        diagnosis = case.diagnosis(X_val=X[100:], y_val=y[100:])
    else:
        diagnosis = diagnose(case.fitted(), X[100:], y[100:])
    assert diagnosis.rows_are == {"both": "training", "others": "other"}[given]
    names = [finding.name for finding in diagnosis.findings]
    # what it is, and not that it would do no better than guessing
    assert names == ["too_large", "overfitting", "overconfident"]
    finding = diagnosis.findings[1]
    assert finding.evidence["score"] > 0.95 > 0.7 > finding.evidence["validation_score"]
    assert finding.evidence["validation_cost"] > finding.evidence["cost"]


def test_columns_that_do_nothing_are_found():
    X, y = clouds()
    X = np.c_[X, noise(600, 15, seed=5)]
    clf = Case("", {"alpha": 3.0, "l1": 1.0, **GOOD}, X[:400], y[:400]).fitted()
    [finding] = [f for f in diagnose(clf, X[400:], y[400:]).findings if f.name == "idle_columns"]
    assert finding.evidence == {"n_idle": 17, "n_columns": 20}  # two of the clouds' five are noise too
    clf = Case("", GOOD, FLOWERS[::2], IRIS[1][::2]).fitted()
    assert "idle_columns" not in {finding.name for finding in diagnose(clf, FLOWERS[1::2], IRIS[1][1::2]).findings}


def test_inputs_that_have_moved_are_found():
    clf = Case("", GOOD).fitted()
    rows = FLOWERS + np.array([0, 0, 1.5, 0])
    [finding] = [f for f in diagnose(clf, rows[::2], IRIS[1][::2]).findings if f.name == "moved_inputs"]
    assert finding.evidence["n_moved"] == 1 and finding.evidence["input"] == 2
    assert finding.evidence["distance"] == pytest.approx(1.5, abs=0.1)
    constant = Case("", GOOD, X=np.c_[FLOWERS, np.zeros(150)]).fitted()
    [finding] = [
        f for f in diagnose(constant, np.c_[FLOWERS, np.ones(150)][::2], IRIS[1][::2]).findings if "moved" in f.name
    ]
    assert "never changed" in finding.text and "distance" not in finding.evidence


def test_a_rare_value_that_is_far_from_those_of_training_has_not_moved_a_column():
    rare = np.where(np.arange(150) == 7, 0.004, 0.0)  # a pixel at the border of an image
    clf = Case("", GOOD, X=np.c_[FLOWERS, rare]).fitted()
    rows = np.c_[FLOWERS, np.where(np.arange(150) % 50 == 3, 1.0, 0.0)][::2]
    assert "moved_inputs" not in {finding.name for finding in diagnose(clf, rows, IRIS[1][::2]).findings}


def test_rows_of_training_among_the_validation_rows_are_found():
    order = np.random.default_rng(0).permutation(150)
    rows, others = order[:60], order[10:110]
    case = Case("repeated_rows", GOOD, FLOWERS[rows], IRIS[1][rows])
    found = case.diagnosis(X_val=FLOWERS[others], y_val=IRIS[1][others]).findings
    [finding] = [finding for finding in found if finding.name == "repeated_rows"]
    expected = np.mean([(FLOWERS[rows] == row).all(axis=1).any() for row in FLOWERS[others]])
    assert finding.evidence["share"] == pytest.approx(expected)
    assert 0.4 < expected < 0.6


def test_where_numbers_are_none_nothing_else_is_said(fitted):
    clf = fitted(FLOWERS, IRIS[1], hidden_layer_sizes=(5,))
    clf.theta_[0] = np.nan
    diagnosis = diagnose(clf, FLOWERS, IRIS[1])
    [finding] = diagnosis.findings
    assert finding.name == "not_finite" and finding.evidence["n_layers_not_finite"] == 1
    assert diagnosis.to_dict()["cost"] is None


def test_a_few_rows_say_nothing_of_what_never_happens(fitted):
    clf = fitted(FLOWERS, IRIS[1], learning_rate_init=0.01, max_iter=100)
    assert diagnose(clf, FLOWERS[:1], IRIS[1][:1]).findings == []


def names(*found):
    return [Finding(name, None, {}, "", "") for name in found]


def test_a_cause_stands_before_what_follows_from_it():
    order = [find.__name__ for find in FINDINGS]
    order.insert(order.index("slowed_output"), "slowed_softmax")
    for cause, effects in CONSEQUENCES.items():
        assert len(set(effects)) == len(effects)
        assert all(order.index(cause) < order.index(effect) for effect in effects), cause


@pytest.mark.parametrize(
    ("found", "causes"),
    [
        (["unscaled_inputs", "saturated_layer", "vanishing_gradient"], [None, "unscaled_inputs", "unscaled_inputs"]),
        (["saturated_layer", "vanishing_gradient", "idle_columns"], [None, "saturated_layer", None]),
        (["rare_class", "penalty_dominates", "plateau"], [None, None, "penalty_dominates"]),
        (["rate_too_low", "batch_too_large", "stopped_while_falling"], [None, "rate_too_low", "rate_too_low"]),
        (["overfitting"], [None]),
    ],
)
def test_what_follows_names_the_first_cause_that_was_found(found, causes):
    assert [finding.follows_from for finding in explained(names(*found))] == causes


def test_what_has_nothing_to_do_with_each_other_explains_nothing():
    assert explains("unscaled_inputs", "vanishing_gradient")  # by way of saturated_layer
    assert not explains("vanishing_gradient", "unscaled_inputs")
    assert not explains("overfitting", "underfitting")
    assert not explains("rare_class", "plateau")


def test_a_penalty_explains_what_it_keeps_from_being_learned():
    diagnosis = Case("", {"alpha": 1000.0, **GOOD}).diagnosis()
    found = {finding.name: finding for finding in diagnosis.findings}
    assert diagnosis.findings[0].name == "penalty_dominates"
    assert found["no_better_than_guessing"].follows_from == "penalty_dominates"
    said = "No better than guessing: The network does no better"
    assert said in " ".join(str(diagnosis).split()) and said in diagnosis._repr_html_()
    for text in (" ".join(str(diagnosis).split()), diagnosis._repr_html_(), str(found["no_better_than_guessing"])):
        assert "It may follow from: penalty dominates." in text
    assert diagnosis.to_dict()["findings"][0]["follows_from"] is None


@pytest.mark.parametrize(
    ("parameters", "said", "lowered"),
    [
        ({"alpha": 100.0}, "with alpha=100 it adds", "Lower alpha (lambda in a manifest) by"),
        ({"l1": 100.0}, "with l1=100 it adds", "Lower l1 by"),  # and not the default alpha of 0.0001
        ({"alpha": 80.0, "l1": 40.0}, "with alpha=80 and l1=40 it adds", "Lower alpha (lambda in a manifest) and l1"),
    ],
)
def test_a_penalty_is_named_with_its_value_and_its_share_of_the_cost(parameters, said, lowered):
    case = Case("", {**parameters, **GOOD})
    [finding] = [f for f in case.diagnosis().findings if f.name == "penalty_dominates"]
    assert said in finding.text and lowered in finding.remedy
    clf = case.fitted()
    W = np.concatenate([W.ravel() for W in clf.coefs_])
    penalty = (clf.alpha / 2 * W @ W + clf.l1 * abs(W).sum()) / 150  # a batch of all the rows
    cost = -np.mean(clf.predict_log_proba(FLOWERS)[np.arange(150), IRIS[1]])
    share = penalty / (penalty + cost)
    assert finding.evidence["penalty_share"] == pytest.approx(share, rel=1e-4)
    assert f"{share:.0%} of their sum" in finding.text


def test_probabilities_without_information_have_no_temperature():
    X, y = noise(300, 40), np.arange(300) % 2  # the labels have nothing to do with the rows
    clf = Case("", {"learning_rate_init": 0.01, "max_iter": 300, "alpha": 0.0}, X[:100], y[:100]).fitted()
    z = clf.decision_function(X[100:])
    inverse = 1 / np.geomspace(1, 50, 100)
    sign = 2 * y[100:] - 1
    losses = [np.logaddexp(0, -sign * z * each).mean() for each in inverse]
    assert np.argmin(losses) == 99  # the hottest of them
    [finding] = [f for f in diagnose(clf, X[100:], y[100:]).findings if f.name == "overconfident"]
    assert "almost no information about the classes" in finding.text and "emperature" not in finding.text
    assert not {"temperature", "tempered_log_loss"} & set(finding.evidence)
    assert "Calibrated" not in finding.remedy


def test_logits_too_large_for_any_temperature_tell_the_class_alone(fitted):
    X, y = mislabelled()
    clf = fitted(X[:300], y[:300], hidden_layer_sizes=(), solver="lbfgs")
    clf.theta_ = 1e5 * clf.theta_
    assert clf.score(X[300:], y[300:]) > 0.75
    [finding] = [f for f in diagnose(clf, X[300:], y[300:]).findings if f.name == "overconfident"]
    assert "almost no information beyond the predicted class" in finding.text
    assert "temperature" not in finding.evidence


@pytest.mark.parametrize("solver", ["lbfgs", "bfgs", "cg"])
def test_solvers_of_all_rows_have_iterations_and_no_rate(solver):
    case = Case("", {"solver": solver, "max_iter": 5}, PIXELS, DIGITS)
    found = {finding.name: finding for finding in case.diagnosis().findings}
    finding = found["stopped_while_falling"]
    assert "Training ended at its limit (max_iter) after 5 iterations" in finding.text
    assert finding.text.endswith("over the last iteration.")
    assert finding.remedy == "Raise max_iter." and "epochs" not in finding.evidence
    still = {"weight_init": "zeros", "bias_init": "zeros", "activation": "tanh", "solver": solver, "tol": 1e-15}
    clf = Case("", {**still, "n_iter_no_change": 100}).fitted()
    clf.history_.cost = [np.log(3)] * 20
    found = {finding.name: finding for finding in diagnose(clf, FLOWERS, IRIS[1]).findings}
    assert "over the last 10 iterations" in found["plateau"].text and found["plateau"].evidence["iterations"] == 10
    said = [text for finding in found.values() for text in (finding.text, finding.remedy)]
    assert not [text for text in said if "epoch" in text or "learning_rate" in text]


@pytest.mark.parametrize(
    ("costs", "best", "name"), [([0.3, 0.2, 0.9], None, "overfitting"), ([0.9, 0.2, 0.1], 0, "kept_too_early")]
)
def test_validation_of_solvers_of_all_rows_has_iterations(costs, best, name):
    clf = Case("", {"solver": "lbfgs", "max_iter": 3}).fitted()
    clf.history_.cost, clf.history_.validation_cost, clf.history_.best = [0.9, 0.5, 0.2], costs, best
    [finding] = [f for f in diagnose(clf, FLOWERS, IRIS[1]).findings if f.name == name]
    assert "iteration" in finding.text and "epoch" not in finding.text
    assert "iteration" in finding.evidence and not [key for key in finding.evidence if "epoch" in key]


@pytest.mark.parametrize(
    ("stopped", "raised"), [("max_iter", "max_iter"), ("max_evaluations", "max_fun"), ("time_limit", "time_limit")]
)
def test_the_limit_that_ended_a_training_is_the_one_to_raise(stopped, raised):
    clf = Case("", {"solver": "lbfgs", "max_iter": 5}, PIXELS, DIGITS).fitted()
    clf.history_.stopped = stopped
    found = {finding.name: finding for finding in diagnose(clf, PIXELS, DIGITS).findings}
    assert found["stopped_while_falling"].remedy == f"Raise {raised}."


def test_every_finding_has_a_case():
    # slowed_output is slowed_softmax too; the others have tests of their own
    named = {case.finding for case in CASES} - {"slowed_softmax"}
    named |= {
        "overfitting",
        "too_large",
        "overconfident",
        "moved_inputs",
        "repeated_rows",
        "idle_columns",
        "not_finite",
        "kept_too_early",
    }
    assert len(named) == len(FINDINGS) >= 30
