"""Networks each with one fault, which `gpunn.insight.diagnose` finds by name."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.preprocessing import StandardScaler

from gpunn import MLPClassifier
from gpunn.insight import diagnose

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
