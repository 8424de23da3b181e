"""The evidence of every finding of `gpunn.insight`, recomputed from what an estimator shows: one function a finding."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from by_hand import ByHand
from faults import Case
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.metrics import log_loss, recall_score
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.neighbors import NearestNeighbors
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight

from gpunn.insight import diagnose


@dataclass(frozen=True)
class Scene:
    """A faulty training and the rows that it is looked at with: those trained on, unless there are others."""

    case: Case
    others: Any = None  # X, y given in the place of the training rows
    held_out: Any = None  # X_val, y_val
    spoilt: Callable[[Any], None] | None = None  # what befalls the fitted classifier
    named: str = ""  # the finding it is there for, where the case does not say


def seen(scene):
    """The findings of a scene, and all that there is to recompute them from."""
    clf = scene.case.fitted()
    if scene.spoilt is not None:
        scene.spoilt(clf)
    X, y = scene.case.rows if scene.others is None else scene.others
    held_out = {} if scene.held_out is None else dict(zip(("X_val", "y_val"), scene.held_out, strict=True))
    found = diagnose(clf, X, y, at=scene.case.at, **held_out)
    return found.findings, Seen(scene, clf, np.asarray(X), np.asarray(y))


def spaced(n, most):
    return np.arange(min(n, most)) * n // min(n, most)


@dataclass
class Seen:
    scene: Scene
    clf: Any
    X: Any
    y: Any

    @property
    def start(self):
        return self.scene.case.at == "start"

    @cached_property
    def initial(self):
        """With the weights that fit begins from: after a fit whose rate is nothing."""
        none = {"solver": "sgd", "learning_rate_init": 1e-300, "momentum": 0.0, "max_iter": 1, "max_norm": None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ByHand(clone(self.clf).set_params(**none, record=None).fit(*self.scene.case.rows))

    @cached_property
    def net(self):
        return self.initial if self.start else ByHand(self.clf)

    @cached_property
    def T(self):
        return self.net.targets(self.y)

    def weigh(self, y):
        """Weights of rows by their classes."""
        return np.ones(len(y)) if self.clf.class_weight is None else compute_sample_weight(self.clf.class_weight, y)

    @cached_property
    def sample(self):
        """X, T, y of at most 2,048 rows that weigh something."""
        rows = np.flatnonzero(self.weigh(self.y))
        rows = rows[spaced(len(rows), 2048)]
        return self.X[rows].astype(np.float64), self.T[rows], self.y[rows]

    @cached_property
    def layers(self):
        return self.net.forward(self.sample[0])

    @cached_property
    def gradients(self):
        return self.net.gradients(*self.sample[:2], weight=self.weigh(self.sample[2]))

    @cached_property
    def trained(self):
        """X, T, y of the rows that were trained on."""
        X, y = (self.X, self.y) if self.scene.others is None else self.scene.case.rows
        return X, self.net.targets(y), y

    @property
    def n_trained(self):
        n = len(self.trained[0])
        return n - math.ceil(self.clf.validation_fraction * n) if self.clf.early_stopping else n

    @property
    def cost(self):
        """Of the rows that were trained on; so with the next two."""
        X, T, y = self.trained
        return np.average(self.net.costs(self.net.logits(X), T), weights=self.weigh(y))

    @property
    def guess(self):
        return self.net.guess(self.trained[1], self.weigh(self.trained[2]))

    @property
    def score(self):
        return self.clf.score(self.trained[0], self.trained[2], self.weigh(self.trained[2]))

    @property
    def unseen(self):
        """X, y of rows that were not trained on."""
        return self.scene.held_out or self.scene.others

    @property
    def shares(self):
        each = self.y if self.y.ndim == 2 else self.y[:, None] == self.clf.classes_
        return np.average(each, axis=0, weights=self.weigh(self.y))

    @property
    def rms(self):
        return np.sqrt(np.mean(self.X.astype(np.float64) ** 2, axis=0))

    @property
    def losses(self):
        return np.array([cost for cost in self.clf.loss_curve_ if np.isfinite(cost)])

    def last(self, share):
        return self.losses[-max(2, round(share * len(self.losses))) :]

    @property
    def step_rows(self):
        """Rows of a step."""
        return min(200, self.n_trained) if self.clf.batch_size == "auto" else self.clf.batch_size

    @property
    def penalty_rows(self):
        """What a penalty is divided by: the weight of the rows of a step."""
        return self.step_rows * self.weigh(self.trained[2]).mean()

    @cached_property
    def noise_scale(self):
        return self.net.noise_scale(*self.sample[:2], self.penalty_rows, self.weigh(self.sample[2]))

    def worst(self, number_of):
        """Number of the hidden layer, from 0, of which a number is largest."""
        return max(range(len(self.layers) - 1), key=number_of)


def unscaled_inputs(s, finding):
    X = s.X.astype(np.float64)
    std = X.std(axis=0)
    std[X.min(axis=0) == X.max(axis=0)] = 0
    changing = std > 0
    offset = np.where(changing & (s.rms > 1), abs(X.mean(axis=0)) / np.where(changing, std, 1), 0)
    largest = np.where(changing, s.rms, 0)
    sizes = offset if 0.05 <= largest.max() <= 10 else largest
    found = finding.evidence["input"]  # of several that are as large any
    return {
        "largest_rms": largest.max(),
        "input": found if np.isclose(sizes[found], sizes.max()) else int(sizes.argmax()),
        "least_std": std[changing].min(),
        "spread": std.max() / std[changing].min(),
        "largest_offset": offset.max(),
    }


def constant_inputs(s, _):
    columns = [j for j in range(s.X.shape[1]) if len(np.unique(s.X[:, j])) == 1]
    shifted = [j for j in columns if abs(s.X[0, j]) >= 0.5]
    first = (shifted or columns)[0]
    return {"n_constant": len(columns), "n_shifted": len(shifted), "n_inputs": s.X.shape[1], "first": first}


def duplicate_inputs(s, _):
    pairs = [(j, i) for i, j in itertools.combinations(range(s.X.shape[1]), 2) if np.array_equal(s.X[:, i], s.X[:, j])]
    copies = {j: i for j, i in reversed(pairs) if len(np.unique(s.X[:, j])) > 2}
    first = min(copies)
    return {"n_duplicates": len(copies), "n_inputs": s.X.shape[1], "first": first, "same_as": copies[first]}


def moved_inputs(s, _):
    X, before = s.X, s.trained[0]
    mean, std = before.mean(axis=0), before.std(axis=0)
    chance = 5 * (1 / math.sqrt(len(X)) + 1 / math.sqrt(len(before)))
    with np.errstate(all="ignore"):
        shift = abs(X.mean(axis=0) - mean) / np.maximum(std, X.std(axis=0))
        moved = np.maximum(shift, np.median(abs(X - mean), axis=0) / std - math.sqrt(2))
    constant = std == 0
    moved[constant] = np.where(np.mean(before[0] != X, axis=0) > 0.1, np.inf, 0)[constant]
    numbers = {"n_moved": np.sum(moved > max(0.5, chance)), "n_inputs": X.shape[1], "input": int(moved.argmax())}
    return numbers | ({"distance": moved.max()} if np.isfinite(moved.max()) else {})


def leaking_column(s, _):
    X, _, y = s.sample
    halves = PredefinedSplit(np.random.default_rng(0).permutation(len(y)) % 2)
    tree = DecisionTreeClassifier(max_leaf_nodes=32, random_state=0)
    found = np.array([np.mean(cross_val_score(tree, X[:, [j]], y, cv=halves)) for j in range(X.shape[1])])
    order = np.argsort(-found)
    share = np.unique(y, return_counts=True)[1].max() / len(y)
    alone, following = found[order[:2]]
    return {"column": order[0], "score_alone": alone, "next_score": following, "largest_share": share}


def repeated_rows(s, _):
    X_val = s.scene.held_out[0]
    return {"share": np.mean([(row == s.X).all(axis=1).any() for row in X_val]), "n_rows": len(X_val)}


def too_narrow(s, finding):
    widths = [len(b) for b in s.net.b[:-1]]
    assert finding.layer == np.argmin(widths) + 1
    needed = min(len(s.clf.classes_) - 1, s.X.shape[1])
    return {"width": min(widths), "needed": needed, "cost": s.cost, "guess": s.guess, "score": s.score}


def rare_class(s, _):
    right = recall_score(s.y, s.clf.predict(s.X), average=None)
    others = 1 - s.shares if s.y.ndim == 2 else np.full(len(s.shares), s.shares.max())
    lost = (s.shares <= others / 10) & (right < 0.5 * s.clf.score(s.X, s.y))
    worst = int(np.argmin(np.where(lost, s.shares, np.inf)))
    return {
        "class": worst,
        "share": s.shares[worst],
        "common_to_rare": others[worst] / s.shares[worst],
        "recall": right[worst],
        "score": s.clf.score(s.X, s.y),
    }


def penalty_dominates(s, _):
    n = s.penalty_rows
    norm = np.linalg.norm(np.concatenate([W.ravel() for W in s.net.W]))
    pull = (s.clf.alpha + s.clf.l1) / n
    penalty = s.net.penalty() / n
    strengths = {"alpha": s.clf.alpha, "l1": s.clf.l1, "penalty_share": penalty / (penalty + s.cost)}
    return strengths | {"penalty": penalty, "cost": s.cost, "guess": s.guess, "pull": pull, "weight_norm": norm}


def too_much_dropout(s, _):
    dropped = s.last(0.1).mean()
    return {"dropout": s.clf.dropout, "cost": s.cost, "cost_with_dropout": dropped, "guess": s.guess}


def units_alike(s, finding):
    W, b, after = s.net.W[finding.layer - 1], s.net.b[finding.layer - 1], s.net.W[finding.layer]
    units = np.vstack([W, b, after.T])  # a column each
    size = np.linalg.norm(units)
    spread = np.linalg.norm(units - units.mean(axis=1, keepdims=True)) / size if size else 0.0
    return {"unit_spread": pytest.approx(spread, abs=1e-12), "weight_std": W.std(), "n_out": len(b)}


def saturated_layer(s, finding):
    saturated = [np.mean(slope < 0.01) for _, _, slope in s.layers[:-1]]
    worst = s.worst(saturated.__getitem__)
    assert finding.layer == worst + 1
    before = s.layers[worst - 1][1] if worst else s.X
    std, size, n_in = s.net.W[worst].std(), math.sqrt(np.mean(before.astype(np.float64) ** 2)), len(s.net.W[worst])
    return {
        "saturated": saturated[worst],
        "bound": 0.01,
        "z_std": s.layers[worst][0].std(),
        "weight_std": std,
        "n_in": n_in,
        "input_rms": size,
        "expected_z_std": std * size * math.sqrt(n_in),
    }


def dead_units(s, finding):
    dead = [np.mean((slope == 0).all(axis=0)) for _, _, slope in s.layers[:-1]]
    worst = s.worst(dead.__getitem__)
    assert finding.layer == worst + 1
    z = s.layers[worst][0]
    return {"dead": dead[worst], "z_mean": pytest.approx(z.mean(), rel=1e-4, abs=1e-6), "z_std": z.std(),
            "n_rows": len(z)}  # fmt: skip


def passed_back(s):
    first, last = (np.sqrt(np.mean(s.gradients[i][1] ** 2)) for i in (0, -1))
    return {"passed": first / last, "per_layer": (first / last) ** (1 / (len(s.layers) - 1))}


def vanishing_gradient(s, _):
    return passed_back(s) | {"n_layers": len(s.layers)}


def exploding_gradient(s, _):
    norms = zip(s.gradients, s.net.W, strict=True)
    return passed_back(s) | {"gradient_to_weights": max(np.linalg.norm(g[0]) / np.linalg.norm(W) for g, W in norms)}


def sure_and_wrong(s, _):
    z = s.net.logits(s.X)
    nothing = max(s.net.guess(s.T), s.net.blind(s.T))
    return {"cost": s.net.costs(z, s.T).mean(), "cost_of_nothing": nothing, "z_std": s.layers[-1][0].std()}


def slowed_output(s, _):
    X, T, _ = s.sample
    _, a, slope = s.layers[-1]
    error, delta = abs(a - T).mean(), abs(s.net.delta(X, T)).mean()
    return {"delta_factor": delta / error, "error": error, "delta": delta} | (
        {} if slope is None else {"mean_slope": slope.mean()}
    )


def linear_output(s, _):
    T, a = s.sample[1], s.layers[-1][1]
    squares, beyond = (a - T) ** 2, np.where(T == 1, a > 1, a < 0)
    return {"overshoot": squares[beyond].sum() / squares.sum(), "delta_factor": 1}


def diverged(s, _):
    rate = s.clf.history_.learning_rate[-1]
    assert rate == s.clf.learning_rate_init
    return {"epoch": s.clf.n_iter_, "learning_rate": rate, "largest_input_rms": s.rms.max()}


def not_finite(s, _):
    pairs = list(zip(s.clf.coefs_, s.clf.intercepts_, strict=True))
    broken = sum(not (np.isfinite(W).all() and np.isfinite(b).all()) for W, b in pairs)
    return {"n_layers": len(pairs), "n_layers_not_finite": broken, "largest_input_rms": s.rms.max()}


def first_step_too_long(s, _):
    rate, curved = s.clf.learning_rate_init, s.net.curvature(*s.sample[:2], s.penalty_rows)
    return {"learning_rate": rate, "curvature": curved, "overshoot": rate * curved / 2 / (1 + s.clf.momentum)}


def update_ratios(s):
    """Of each epoch, the largest of all layers: from fits that end after one, two, ... epochs."""
    before, found = s.initial.W, []
    steps = math.ceil(len(s.trained[0]) / min(200, len(s.trained[0])))
    for n in range(1, s.clf.n_iter_ + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            after = clone(s.clf).set_params(max_iter=n).fit(*s.scene.case.rows).coefs_
        pairs = zip(before, after, strict=True)
        found.append(max(np.linalg.norm(W - V) / steps / np.linalg.norm(W) for V, W in pairs))
        before = after
    return found


def rate_too_high(s, finding):
    steps, blind = np.diff(s.losses), s.net.blind(s.T)
    rises, falls, jump = steps[steps > 0].sum(), -steps[steps < 0].sum(), steps.max()
    X, T, y = (a[spaced(len(a), 256)] for a in s.trained)
    began = max(s.initial.objective(X, T, s.penalty_rows, s.weigh(y)), blind)
    expected = {"learning_rate": s.clf.learning_rate_init}
    if len(s.losses) >= 5 and (jump > blind or (rises > falls / 2 and jump > blind / 20)):
        expected |= {"rises": rises, "falls": falls, "largest_jump": jump}
    if len(s.losses) >= 5 and s.losses[0] > 2 * began:
        expected |= {"start_cost": began, "first_cost": s.losses[0]}
    if s.clf.record:
        expected["update_ratio"] = np.median(update_ratios(s))
    return expected


def rate_too_low(s, _):
    first, middle, last = s.losses[[0, len(s.losses) // 2, -1]]
    falls = {"fall_first_half": first - middle, "fall_second_half": middle - last, "cost": last}
    ratio = {"update_ratio": update_ratios(s)[-1]} if s.clf.record else {}
    return {"learning_rate": s.clf.learning_rate_init} | falls | ratio


def batch_too_large(s, _):
    size = s.step_rows
    return {"batch_size": size, "noise_scale": s.noise_scale, "ratio": size / s.noise_scale}


def batch_too_small(s, _):
    tail = s.last(0.5)
    return {"batch_size": s.step_rows, "noise_scale": s.noise_scale, "spread": tail.std(), "cost": tail[-1]}


def stopped_while_falling(s, _):
    tail = s.last(0.1)
    return {"n_iter": s.clf.n_iter_, "cost": tail[-1], "fall": tail[0] - tail[-1], "epochs": len(tail) - 1}


def plateau(s, _):
    tail = s.last(0.5)
    slopes = [slope.mean() for _, _, slope in s.layers[:-1]]
    norm = np.linalg.norm(s.net.gradient(*s.sample[:2], s.penalty_rows, s.weigh(s.sample[2])))
    return {
        "moved": pytest.approx(np.ptp(tail), rel=1e-4),
        "epochs": len(tail),
        "cost": tail[-1],
        "guess": s.guess,
        "gradient_norm": norm,
    } | ({"least_slope": min(slopes)} if slopes else {})


def no_better_than_guessing(s, _):
    cost, guess, score = s.cost, s.guess, s.score
    if s.scene.others is not None and cost <= 0.95 * guess:  # what was learned does not hold for these
        cost, guess, score = s.net.costs(s.net.logits(s.X), s.T).mean(), s.net.guess(s.T), s.clf.score(s.X, s.y)
    return {"cost": cost, "guess": guess, "score": score, "largest_share": s.shares.max()}


def kept_too_early(s, _):
    costs, kept = s.clf.history_.validation_cost, s.clf.history_.best
    lowest = int(np.argmin(costs))
    return {"epoch": kept + 1, "cost": costs[kept], "lowest_epoch": lowest + 1, "lowest_cost": costs[lowest]}


def surest(s):
    """Whether rows of the sample are wrong, and their numbers in it, the surest first."""
    X, _, y = s.sample
    two = np.sort(s.clf.predict_log_proba(X), axis=1)[:, -2:]
    return s.clf.predict(X) != y, np.argsort(two[:, 0] - two[:, 1], kind="stable")


def doubtful_rows(s):
    """Numbers of the rows given that are wrong in the surest quarter of the sample."""
    wrong, order = surest(s)
    quarter = order[: math.ceil(len(order) / 4)]
    return spaced(len(s.X), 2048)[quarter[wrong[quarter]]]


def doubtful_labels(s, _):
    wrong, order = surest(s)
    shares = {k: wrong[order[: math.ceil(len(order) / k)]].mean() for k in (10, 4, 2, 1)}
    return {
        "errors_of_surest_tenth": shares[10],
        "errors_of_surest_quarter": shares[4],
        "errors_of_surest_half": shares[2],
        "errors": shares[1],
        "n_doubtful": len(doubtful_rows(s)),
        "first": doubtful_rows(s)[0],
    }


def underfitting(s, _):
    X, _, y = s.sample
    some = spaced(len(X), 1000)
    X, y = X[some], y[some]
    std = X.std(axis=0)
    X = (X - X.mean(axis=0)) / np.where(std > 0, std, 1)
    nearest = NearestNeighbors(n_neighbors=15).fit(X).kneighbors(return_distance=False)
    votes = (y[nearest][:, :, None] == np.unique(y)).sum(axis=1)
    near = np.mean(np.unique(y)[votes.argmax(axis=1)] == y)
    return {
        "score": np.mean(s.clf.predict(s.sample[0][some]) == y),
        # of several rows that are as far away, either may be among the nearest
        "score_of_neighbours": pytest.approx(near, abs=2.5 / len(y)),
        "training_score": s.score,
    }


def too_large(s, _):
    n = sum(a.size for a in (*s.clf.coefs_, *s.clf.intercepts_))
    return {"n_parameters": n, "n_rows": s.n_trained, "ratio": n / s.n_trained}


def overfitting(s, _):
    if s.unseen is None:
        costs, at = s.clf.history_.validation_cost, s.clf.n_iter_ - 1
        best = int(np.argmin(costs))
        return {"validation_cost": costs[at], "best_validation_cost": costs[best], "best_epoch": best + 1,
                "epoch": at + 1}  # fmt: skip
    X, y = s.unseen
    costs = {"cost": s.cost, "validation_cost": s.net.costs(s.net.logits(X), s.net.targets(y)).mean()}
    return {"score": s.score, "validation_score": s.clf.score(X, y)} | costs


def overconfident(s, finding):
    X, y = s.unseen
    label = np.searchsorted(s.clf.classes_, y)
    z = s.net.logits(X)
    z = np.c_[np.zeros(len(z)), z] if z.shape[1] == 1 else z  # sigmoid(z) is the softmax of 0 and z
    p, one_of_n = softmax(z, axis=1), np.eye(z.shape[1])[label]

    def steepness(inverse, z, T):
        """Slope of the log-loss of softmax(z * inverse), which has one zero: it is convex in the inverse."""
        return (z * (softmax(z * inverse, axis=1) - T)).sum()

    def best(rows):
        arguments = z[rows], one_of_n[rows]
        if steepness(1 / 50, *arguments) > 0:
            return 50.0  # the largest that is tried
        return 1 / brentq(steepness, 1 / 50, 50, args=arguments, xtol=1e-12)

    def loss(rows, temperature):
        return -(log_softmax(z[rows] / temperature, axis=1) * one_of_n[rows]).sum()

    halves = np.random.default_rng(0).permutation(len(y)) % 2 == 0
    top, right = p.max(axis=1), s.clf.predict(X) == y
    bins = np.minimum((top * 15).astype(int), 14)
    tempered = loss(halves, best(~halves)) + loss(~halves, best(halves))
    expected = {
        "confidence": top.mean(),
        "accuracy": right.mean(),
        "calibration_error": sum(abs((top - right)[bins == i].sum()) for i in range(15)) / len(y),
        "log_loss": log_loss(y, s.clf.predict_proba(X)),
        "n_rows": len(y),
    }
    if best(slice(None)) < 50:  # else the best that can be done is to ask nothing of them
        expected |= {"temperature": best(slice(None)), "tempered_log_loss": tempered / len(y)}
    if "most frequent class" in finding.text:
        cost, shares = s.net.costs(s.net.logits(X), s.net.targets(y)).mean(), np.bincount(label) / len(y)
        assert right.mean() > shares.max() and cost > s.net.guess(s.net.targets(y))
        expected |= {"cost": cost, "guess": s.net.guess(s.net.targets(y)), "largest_share": shares.max()}
    return expected


def idle_columns(s, _):
    X, y = (a[spaced(len(a), 1000)] for a in s.unseen)
    T, rng = s.net.targets(y), np.random.default_rng(99)
    before, guess = s.net.costs(s.net.logits(X), T).mean(), s.net.guess(s.net.targets(s.y))
    idle = 0
    for j in range(X.shape[1]):
        costs = []
        for _ in range(10):
            shuffled = X.copy()
            shuffled[:, j] = rng.permutation(X[:, j])
            costs.append(s.net.costs(s.net.logits(shuffled), T).mean())
        idle += np.mean(costs) - before < 0.005 * guess
    return {"n_idle": idle, "n_columns": X.shape[1]}


EXPECTED = {f.__name__: f for f in (
    unscaled_inputs, constant_inputs, duplicate_inputs, moved_inputs, leaking_column, repeated_rows, too_narrow,
    rare_class, penalty_dominates, too_much_dropout, units_alike, saturated_layer, dead_units, vanishing_gradient,
    exploding_gradient, sure_and_wrong, slowed_output, linear_output, diverged, not_finite, first_step_too_long,
    rate_too_high, rate_too_low, batch_too_large, batch_too_small, stopped_while_falling, plateau,
    no_better_than_guessing, kept_too_early, doubtful_labels, underfitting, too_large, overfitting, overconfident,
    idle_columns,
)}  # fmt: skip
