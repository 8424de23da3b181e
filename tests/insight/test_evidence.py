"""Every number that a finding rests on, or has in its words, recomputed by hand from what the estimator shows."""

from __future__ import annotations

import re

import numpy as np
import pytest
from by_hand import ByHand
from faults import CASES, DIGITS, FLOWERS, GOOD, IRIS, PIXELS, Case, clouds, noise, overlapping
from recomputed import EXPECTED, Scene, doubtful_rows, seen

from gpunn.insight.findings import FINDINGS

HARD = Case("", GOOD, noise(150, 40)[:100], np.arange(100) % 2)  # there is nothing to learn
UNSEEN = noise(150, 40)[100:], np.arange(100, 150) % 2
FAINT = noise(450, 40, seed=3), (noise(450, 40, seed=3)[:, 0] + noise(450, 1, seed=4)[:, 0] > 0).astype(int)
BLURRED = np.c_[clouds()[0], noise(600, 15, seed=5)], clouds()[1]
DULL = noise(300, 1), (noise(300, 1)[:, 0] + 1.5 * noise(300, 1, seed=5)[:, 0] > 0).astype(int)
SEVERAL = np.c_[IRIS[1] > 0, IRIS[1] == 1, np.arange(150) % 30 == 7].astype(int)  # labels of which a row may have more
[RESTLESS] = [case.parameters for case in CASES if case.finding == "batch_too_small"]
STOPPED = {**GOOD, "early_stopping": True, "max_iter": 40}


def not_a_number(clf):
    clf.theta_[0] = np.nan


def bias_not_a_number(clf):
    clf.intercepts_[1][0] = np.nan


def turned_up(clf):
    clf.history_.best = None
    n = clf.n_iter_
    clf.history_.validation_cost = np.r_[np.linspace(1, 0.3, 5), np.linspace(0.3, 0.9, n - 5)].tolist()


def kept_the_first(clf):
    clf.history_.best, clf.history_.validation_cost = 0, np.linspace(1.0, 0.2, clf.n_iter_).tolist()


def many_clouds():
    """More rows than the sample has."""
    X, y = clouds()
    return np.concatenate([X + 0.01 * noise(600, 5, seed) for seed in range(5)]), np.tile(y, 5)


EVERY_SECOND = FLOWERS[::2], IRIS[1][::2]
SCENES = [
    *map(Scene, CASES),
    Scene(Case("unscaled_inputs", GOOD, FLOWERS + np.array([0, 1e8, 0, 0]), at="start")),
    Scene(Case("", {"class_weight": {0: 3.0, 1: 1.0, 2: 0.5}, "alpha": 90.0}), named="penalty_dominates"),
    Scene(Case("", {"class_weight": {0: 3.0, 1: 0.0, 2: 0.5}, "learning_rate_init": 1e-5, "alpha": 1e-9}),
          named="no_better_than_guessing"),
    Scene(Case("rare_class", {**GOOD, "alpha": 3.0}, FLOWERS, SEVERAL)),
    Scene(Case("", {"alpha": 3.0, "l1": 1.0, **GOOD}, BLURRED[0][:400], BLURRED[1][:400]),
          others=(BLURRED[0][400:], BLURRED[1][400:]), named="idle_columns"),
    Scene(Case("batch_too_small", {**RESTLESS, "learning_rate_init": 0.2, "random_state": 19}, *overlapping())),
    Scene(HARD, held_out=UNSEEN, named="overfitting"),
    Scene(HARD, others=UNSEEN, named="too_large"),
    Scene(Case("", {**GOOD, "max_iter": 60}, FAINT[0][:150], FAINT[1][:150]), others=(FAINT[0][150:], FAINT[1][150:]),
          named="overconfident"),
    Scene(Case("", {**GOOD, "alpha": 60.0}), others=EVERY_SECOND, named="penalty_dominates"),
    Scene(Case("", {**STOPPED, "alpha": 60.0}), named="penalty_dominates"),
    Scene(Case("", GOOD), others=(EVERY_SECOND[0] + np.array([0, 0, 1.5, 0]), EVERY_SECOND[1]), named="moved_inputs"),
    Scene(Case("", GOOD, np.c_[FLOWERS, np.zeros(150)]), others=(np.c_[EVERY_SECOND[0], np.ones(75)], IRIS[1][::2]),
          named="moved_inputs"),
    Scene(Case("", GOOD, FLOWERS[::3], IRIS[1][::3]), held_out=EVERY_SECOND, named="repeated_rows"),
    Scene(Case("", GOOD), spoilt=not_a_number, named="not_finite"),
    Scene(Case("", GOOD), spoilt=bias_not_a_number, named="not_finite"),
    Scene(Case("", STOPPED), spoilt=turned_up, named="overfitting"),
    Scene(Case("", STOPPED), spoilt=kept_the_first, named="kept_too_early"),
    Scene(Case("", {"learning_rate_init": 0.05, "max_iter": 5, "record": "layers"}), named="rate_too_high"),
    Scene(Case("", {"solver": "sgd", "learning_rate_init": 1e-4, "max_iter": 9, "record": "layers"}, PIXELS, DIGITS),
          named="rate_too_low"),
    Scene(Case("", {"max_iter": 10}, PIXELS[:300], DIGITS[:300]), named="moved_inputs",
          others=(PIXELS[300:] + (np.arange(64) == 20), DIGITS[300:])),
    Scene(Case("", {"batch_size": 400, "max_iter": 3}, *many_clouds()), named="batch_too_large"),
    Scene(Case("", {"hidden_layer_sizes": (200, 40), "activation": "tanh", "weight_init": "gaussian"}, PIXELS / 3,
               DIGITS, at="start"), named="saturated_layer"),
    Scene(Case("", {**GOOD, "max_iter": 5}, *DULL), others=(noise(40, 1, seed=6), np.arange(40) % 2),
          named="no_better_than_guessing"),
    Scene(Case("", {"max_iter": 20, "alpha": 1.0}, noise(400, 5), np.select(
        [np.arange(400) % 40 == 0, np.arange(400) % 2 == 0], [0, 1], 2)), named="rare_class"),
]  # fmt: skip

FORMATS = (".3g", ".2g", ".1g", ".1e", "g", ",", ".0%", ".1%")
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?%?")


def spelt(value):
    """All that a number may be printed as."""
    if abs(value) < 1e15 and value == int(value):
        value = int(value)
    return {format(value, form) for form in FORMATS} | {str(value)}


# What else may be printed: numbers that are neither evidence nor sizes.
BESIDES = {
    "constant_inputs": lambda s, e: range(s.X.shape[1]),  # the first few of them
    "unscaled_inputs": lambda s, e: [s.X[:, e["input"]].mean(), s.X[:, e["input"]].std()],
    "too_narrow": lambda s, e: [e["cost"] / e["guess"]],
    "first_step_too_long": lambda s, e: [2 * (1 + s.clf.momentum)],
    "underfitting": lambda s, e: [15, min(1000, len(s.sample[0]))],
    "moved_inputs": lambda s, e: [],
    "overfitting": lambda s, e: [] if s.unseen is None else [len(s.unseen[0])],
    "linear_output": lambda s, e: [0, 1],
    "saturated_layer": lambda s, e: [0, len(s.sample[0])],
    "vanishing_gradient": lambda s, e: [1],
    "exploding_gradient": lambda s, e: [1],
    "penalty_dominates": lambda s, e: [0, 1],
    "leaking_column": lambda s, e: range(s.X.shape[1]),
    "idle_columns": lambda s, e: [0.005],
    "dead_units": lambda s, e: [0],
    "doubtful_labels": lambda s, e: [0, *doubtful_rows(s)[:5]],
    "rate_too_high": lambda s, e: [len(s.losses)],
    "rate_too_low": lambda s, e: [len(s.losses)],
    "rare_class": lambda s, e: [s.clf.classes_[e["class"]]],
    "diverged": lambda s, e: map(float, re.findall(r"\d[\d.]*(?:e[+-]?\d+)?", s.clf.history_.divergence)),
}


def stray(finding, s):
    """Numbers in the words of a finding that are none of its evidence, nor of the sizes of network and rows."""
    evidence = finding.evidence
    known = [*evidence.values(), *BESIDES.get(finding.name, lambda s, e: [])(s, evidence)]
    known += [len(s.clf.classes_)] if hasattr(s.clf, "classes_") else []
    known += [] if finding.layer is None else [finding.layer]
    allowed = set().union(*map(spelt, known))
    text = finding.text.replace("less than 0.1%", "0.0%").replace("more than 99.9%", "100.0%")
    return [number for number in (n.rstrip(",") for n in NUMBER.findall(text)) if number not in allowed]


@pytest.mark.parametrize("scene", SCENES, ids=[f"{i}-{s.case.finding or s.named}" for i, s in enumerate(SCENES)])
def test_evidence_is_what_can_be_recomputed(scene):
    findings, s = seen(scene)
    assert (scene.named or scene.case.finding) in [finding.name for finding in findings]
    for finding in findings:
        expected = EXPECTED[NAMES.get(finding.name, finding.name)](s, finding)
        assert set(finding.evidence) == set(expected), finding.name
        for key, value in expected.items():
            wanted = value if hasattr(value, "expected") else pytest.approx(float(value), rel=1e-4, abs=1e-12)
            assert finding.evidence[key] == wanted, (finding.name, key)
        assert stray(finding, s) == [], finding.text


NAMES = {"slowed_softmax": "slowed_output"}  # one function, two names


def test_every_finding_is_recomputed_and_has_a_scene():
    named = {NAMES.get(name, name) for name in (scene.named or scene.case.finding for scene in SCENES)}
    assert named == set(EXPECTED) == {find.__name__ for find in FINDINGS}


@pytest.mark.parametrize(
    "parameters",
    [
        {"activation": "tanh"},
        {"activation": "sigmoid", "output_activation": "softmax", "cost": "quadratic"},
        {"activation": "relu", "output_activation": "sigmoid", "cost": "quadratic", "hidden_layer_sizes": (6, 5)},
        {"activation": "identity", "cost": "quadratic", "l1": 2.0},
    ],
)
def test_the_gradient_by_hand_is_a_central_difference(parameters):
    X, y = FLOWERS[::5], IRIS[1][::5]
    net = ByHand(Case("", {"hidden_layer_sizes": (6,), "max_iter": 5, "alpha": 3.0, **parameters}, X, y).fitted())
    theta, T, step = net.theta, net.targets(y), 1e-6
    g, found = net.gradient(X, T, 30), []
    for i in range(len(theta)):
        costs = []
        for sign in (1, -1):
            net.theta = theta + sign * step * (np.arange(len(theta)) == i)
            costs.append(net.objective(X, T, 30))
        found.append((costs[0] - costs[1]) / (2 * step))
    assert g == pytest.approx(np.array(found), rel=1e-5, abs=1e-7)
