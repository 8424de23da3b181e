"""Each finding is found in a network with exactly that fault."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.preprocessing import StandardScaler

from gpunn import MLPClassifier
from gpunn.insight import diagnose
from gpunn.insight.findings import FINDINGS

IRIS = load_iris(return_X_y=True)
FLOWERS = StandardScaler().fit_transform(IRIS[0])
PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS = (PIXELS / 16)[:500].astype("float32")
DIGITS = DIGITS[:500]


@dataclass(frozen=True)
class Case:
    """A faulty training, and what is to be found in it."""

    finding: str
    parameters: dict[str, Any]
    X: Any = None
    y: Any = None
    at: str = "end"
    layer: int | None = None

    @property
    def rows(self):
        return (FLOWERS if self.X is None else self.X), (IRIS[1] if self.y is None else self.y)

    def fitted(self):
        clf = MLPClassifier(**{"random_state": 0, **self.parameters})
        if self.at == "end":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                clf.fit(*self.rows)
        return clf

    def diagnosis(self, **held_out):
        return diagnose(self.fitted(), *self.rows, at=self.at, **held_out)


def noise(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def rare():
    """One class of 10 rows among 400 that cannot be told from them."""
    return noise(400, 5), (np.arange(400) % 40 == 0).astype(int)


def clouds():
    """Three clouds well apart: a few rows tell the gradient."""
    y = np.arange(600) % 3
    return noise(600, 5) / 3 + np.eye(5)[y], y


def overlapping():
    """Two classes, of which most rows could be either."""
    X = noise(150, 5)
    return X, (X[:, 0] + noise(150, 1, seed=9)[:, 0] > 0).astype(int)


def mislabelled():
    """The clouds, where one label in six is another class's."""
    X, y = clouds()
    return X, np.where(np.random.default_rng(1).random(600) < 1 / 6, (y + 1) % 3, y)


GOOD = {"learning_rate_init": 0.01, "max_iter": 100}

CASES = [
    Case("unscaled_inputs", GOOD, X=FLOWERS * [1, 1, 1, 1000]),
    Case("unscaled_inputs", GOOD, X=FLOWERS + np.array([0, 0, 100, 0]), at="start"),
    Case("unscaled_inputs", GOOD, X=FLOWERS / 1000, at="start"),
    Case("constant_inputs", GOOD, X=np.c_[FLOWERS, np.ones(150)]),
    Case("constant_inputs", GOOD, X=np.c_[FLOWERS, np.zeros((150, 5))]),
    Case("duplicate_inputs", GOOD, X=np.c_[FLOWERS, FLOWERS[:, 2]]),
    Case("rare_class", {"max_iter": 20, "alpha": 1.0}, *rare()),
    Case("units_alike", {**GOOD, "weight_init": "zeros", "bias_init": "zeros", "activation": "sigmoid"}, layer=1),
    Case("units_alike", {"weight_init": "zeros", "bias_init": "zeros"}, at="start", layer=1),
    Case("saturated_layer", {"weight_init": "gaussian", "activation": "sigmoid"}, noise(150, 784), at="start", layer=1),
    Case("saturated_layer", {"max_iter": 5, "weight_init": "gaussian", "activation": "tanh",
                             "hidden_layer_sizes": (90,)}, noise(150, 90), layer=1),
    Case("dead_units", {"bias_init": lambda xp, rng, n_in, n: xp.full(n, -20.0)}, at="start", layer=1),
    Case("dead_units", {"bias_init": lambda xp, rng, n_in, n: xp.full(n, -20.0), "max_iter": 2}, layer=1),
    Case("vanishing_gradient", {"hidden_layer_sizes": (30,) * 6, "activation": "sigmoid"}, at="start", layer=1),
    Case("exploding_gradient", {"hidden_layer_sizes": (100,) * 4, "weight_init": "gaussian"}, at="start", layer=1),
    Case("sure_and_wrong", {"weight_init": "gaussian"}, PIXELS, DIGITS, at="start", layer=2),
    Case("slowed_output", {**GOOD, "output_activation": "sigmoid", "cost": "quadratic"}, layer=2),
    Case("slowed_softmax", {**GOOD, "output_activation": "softmax", "cost": "quadratic"}, layer=2),
    Case("linear_output", {**GOOD, "cost": "quadratic"}, layer=2),
    Case("diverged", {"solver": "sgd", "learning_rate_init": 1e4, "activation": "identity", "cost": "quadratic"}),
    Case("first_step_too_long", {"solver": "sgd", "learning_rate_init": 20.0, "bias_init": "zeros"}, at="start"),
    Case("rate_too_high", {"learning_rate_init": 1.0, "max_iter": 10}, PIXELS, DIGITS),
    Case("rate_too_low", {"solver": "sgd", "learning_rate_init": 1e-5, "max_iter": 30}),
    Case("batch_too_large", {"learning_rate_init": 0.01, "batch_size": 600, "max_iter": 6}, *clouds()),
    Case("batch_too_small", {"solver": "sgd", "batch_size": 1, "learning_rate_init": 0.3, "max_iter": 20,
                             "n_iter_no_change": 30, "momentum": 0.0, "hidden_layer_sizes": ()}, *overlapping()),
    Case("stopped_while_falling", {"max_iter": 10}, PIXELS, DIGITS),
    Case("penalty_dominates", {"alpha": 100.0, **GOOD}),
    Case("penalty_dominates", {"l1": 100.0, **GOOD}),
    Case("too_much_dropout", {**GOOD, "dropout": 0.98}, PIXELS, DIGITS),
    Case("underfitting", {**GOOD, "max_norm": 0.05, "solver": "sgd"}),
    Case("leaking_column", GOOD, X=np.c_[FLOWERS[:, 0], noise(150, 3), IRIS[1]]),
    Case("doubtful_labels", {**GOOD, "hidden_layer_sizes": (), "max_iter": 50}, *mislabelled()),
    Case("too_narrow", {**GOOD, "hidden_layer_sizes": (1,)}, PIXELS, DIGITS, layer=1),
    Case("plateau", {**GOOD, "hidden_layer_sizes": (20,) * 6, "activation": "sigmoid", "max_iter": 20,
                     "bias_init": "zeros"}),
    Case("no_better_than_guessing", {"weight_init": "zeros", "bias_init": "zeros", "max_iter": 50}),
]  # fmt: skip


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
