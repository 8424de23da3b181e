"""Pictures of the field guide: a sound network beside a faulty one.

Each fault is one change of a sound network or of its rows, and is a finding of `gpunn.insight.diagnose`. The networks
are small, and the rows are of data sets that scikit-learn ships, or are drawn.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_iris, load_wine

import gpunn
from examples import common, drawings
from examples.common import BLUE, VERMILION
from examples.drawings import Seen
from gpunn.insight import diagnose
from gpunn.insight.opened import opened

Rows = tuple[Any, ...]  # X and y to train on, and, where there are such, those of other rows


@dataclass(frozen=True)
class Setup:
    """A network and its rows: a title, parameters, and a function that gives the rows."""

    title: str
    parameters: Mapping[str, Any]
    rows: Callable[[], Rows]


@dataclass(frozen=True)
class Fault:
    """A sound network and a faulty one, what is drawn of them, and how they are diagnosed.

    ``at`` is "start" for initial weights; "end" for trained ones, with other rows as validation rows where there are
    such; "others" for trained ones on the other rows alone; "unguarded" after `N_STEPS` steps of gradient descent.
    """

    draw: Callable[[Any, Seen, str], None]
    sound: Setup
    faulty: Setup
    at: str = "end"


def by_parameters(
    draw: Any, rows: Any, sound: Mapping[str, Any], faulty: Mapping[str, Any], at: str = "end", **same: Any
) -> Fault:
    """A fault in the parameters: those that are changed, and the same for both."""
    return Fault(draw, *(Setup(_as_code(changed), {**same, **changed}, rows) for changed in (sound, faulty)), at)


def by_rows(draw: Any, sound: tuple[str, Any], faulty: tuple[str, Any], at: str = "end", **same: Any) -> Fault:
    """A fault in the rows: a title and a function for each network, and parameters of both."""
    return Fault(draw, *(Setup(title, same, rows) for title, rows in (sound, faulty)), at)


def _as_code(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={getattr(value, '__name__', repr(value))}" for name, value in parameters.items())


def normal(n: int, d: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, d))


def flowers(added: Callable[[np.ndarray], np.ndarray] | None = None) -> Rows:
    """Iris, standardised; a column (n,) may be added that is made of its X."""
    X, y = load_iris(return_X_y=True)
    X = common.standardised(X)[0]
    return X if added is None else np.column_stack([X, added(X)]), y


def wine(added: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None) -> Rows:
    """Wine, standardised; a column (n,) may be added that is made of its X and y."""
    X, y = load_wine(return_X_y=True)
    X = common.standardised(X)[0]
    return X if added is None else np.column_stack([X, added(X, y)]), y


def pixels() -> Rows:
    """600 digits, standardised."""
    X, y = load_digits(return_X_y=True)
    return common.standardised(X[:600])[0], y[:600]


def clouds(n: int = 300, spread: float = 1 / 3, d: int = 5) -> Rows:
    """Three clouds in three of d dimensions."""
    y = np.arange(n) % 3
    return spread * normal(n, d) + np.eye(d)[y], y


def mislabelled(share: float) -> Rows:
    """The clouds, where a share of the labels are those of another cloud."""
    X, y = clouds(600)
    return X, np.where(np.random.default_rng(1).random(600) < share, (y + 1) % 3, y)


def shuffled() -> Rows:
    """The clouds with labels of other rows."""
    X, y = clouds(900, d=3)
    return X, np.random.default_rng(1).permutation(y)


def overlapping(n: int, d: int = 2, distance: float = 1.5) -> Rows:
    """Two clouds that overlap, apart in two of d dimensions."""
    y = np.random.default_rng(2).permutation(n) % 2
    return normal(n, d) + distance * (y[:, None] - 0.5) * (np.arange(d) < 2), y


def rare() -> Rows:
    """Two clouds that overlap, one row in 20 in the second."""
    y = (np.arange(400) % 20 == 0).astype(int)
    return normal(400, 2) + 1.8 * y[:, None], y


def circle() -> Rows:
    """Six clouds on a circle."""
    y = np.arange(120) % 6
    return 2 * np.column_stack([np.cos(y * np.pi / 3), np.sin(y * np.pi / 3)]) + 0.25 * normal(120, 2), y


def ring() -> Rows:
    """A cloud in a ring."""
    y = np.arange(200) % 2
    angle = 2 * np.pi * np.random.default_rng(1).random(200)
    return 2 * y[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.35 * normal(200, 2), y


def halves(rows: Rows) -> Rows:
    """Every second row to train on, the others not."""
    X, y = rows
    return X[::2], y[::2], X[1::2], y[1::2]


def repeated() -> Rows:
    """Iris in halves, where half of the other rows are training rows."""
    X, y, X_other, y_other = halves(flowers())
    n = len(y) // 2
    return X, y, np.concatenate([X[:n], X_other[n:]]), np.concatenate([y[:n], y_other[n:]])


def moved() -> Rows:
    """Iris in halves, where a column of the other rows has moved."""
    X, y, X_other, y_other = halves(flowers())
    return X, y, X_other + np.array([0, 0, 1.5, 0]), y_other


def all_equal(xp: Any, rng: Any, n_in: int, n_out: int) -> Any:
    """Initial weights of 0.1."""
    return xp.full((n_in, n_out), 0.1)


DEEP = {"hidden_layer_sizes": (30,) * 6}
FAULTS = {
    "unscaled_inputs": by_rows(
        drawings.gradient_by_size,
        ("wine, standardised", wine), ("wine as measured", lambda: load_wine(return_X_y=True)), "start",
    ),
    "constant_inputs": by_rows(
        drawings.values_by_column,
        ("iris, standardised", flowers),
        ("a constant column added", lambda: flowers(lambda X: np.full(len(X), 3.0))), "start",
    ),
    "duplicate_inputs": by_rows(
        drawings.gradient_pairs,
        ("wine, standardised", wine), ("column 6 added once more", lambda: wine(lambda X, y: X[:, 6])), "start",
    ),
    "rare_class": by_parameters(
        drawings.recall_by_class, rare,
        {"class_weight": "balanced"}, {"class_weight": None}, alpha=10.0, max_iter=50,
    ),
    "leaking_column": by_rows(
        drawings.score_of_columns,
        ("wine", wine), ("a column made of the labels", lambda: wine(lambda X, y: y - 1.0)),
    ),
    "repeated_rows": by_rows(
        drawings.nearest_rows,
        ("no copies", lambda: halves(flowers())), ("half are copies", repeated),
    ),
    "moved_inputs": by_rows(
        drawings.column_in_both,
        ("as in training", lambda: halves(flowers())), ("moved by 1.5", moved), "others",
    ),
    "doubtful_labels": by_rows(
        drawings.errors_by_certainty,
        ("classes that overlap", lambda: clouds(600, 0.6)), ("one label in six wrong", lambda: mislabelled(1 / 6)),
        hidden_layer_sizes=(),
    ),
    "units_alike": by_parameters(
        drawings.first_weights, pixels,
        {"weight_init": "glorot_uniform"}, {"weight_init": all_equal}, bias_init="zeros", solver="sgd",
        learning_rate_init=0.1, hidden_layer_sizes=(16,),  # of which BLAS rounds all alike
    ),
    "sure_and_wrong": by_parameters(
        drawings.confidence, pixels,
        {"weight_init": "glorot_uniform"}, {"weight_init": "gaussian"}, "start",
    ),
    "first_step_too_long": by_parameters(
        drawings.cost_along_gradient, pixels,
        {"learning_rate_init": 1.0}, {"learning_rate_init": 5.0}, "start", solver="sgd", momentum=0.0,
    ),
    "saturated_layer": by_parameters(
        drawings.weighted_inputs, pixels,
        {"weight_init": "scaled_gaussian"}, {"weight_init": "gaussian"}, "start", activation="tanh",
    ),
    "dead_units": by_parameters(
        drawings.rows_by_unit, pixels,
        {"learning_rate_init": 0.01}, {"learning_rate_init": 0.3}, max_iter=20, hidden_layer_sizes=(40, 40),
    ),
    "vanishing_gradient": by_parameters(
        drawings.gradient_by_layer, pixels,
        {"activation": "relu"}, {"activation": "sigmoid"}, "start", weight_init="glorot_uniform", **DEEP,
    ),
    "exploding_gradient": by_parameters(
        drawings.gradient_by_layer, pixels,
        {"weight_init": "glorot_uniform"}, {"weight_init": "gaussian"}, "start", **DEEP,
    ),
    "slowed_output": by_parameters(
        drawings.delta_by_error, lambda: clouds(300, 0.6),
        {"cost": "cross_entropy"}, {"cost": "quadratic"}, output_activation="sigmoid",
    ),
    "slowed_softmax": by_parameters(
        drawings.delta_by_error, lambda: clouds(300, 0.6),
        {"cost": "log_likelihood"}, {"cost": "quadratic"}, output_activation="softmax",
    ),
    "linear_output": by_parameters(
        drawings.outputs_of_class, flowers,
        {"cost": "log_likelihood"}, {"cost": "quadratic"},
    ),
    "too_narrow": by_parameters(
        drawings.class_map, circle,
        {"hidden_layer_sizes": (10,)}, {"hidden_layer_sizes": (1,)}, activation="tanh", learning_rate_init=0.03,
    ),
    "not_finite": by_parameters(
        drawings.cost_by_step, wine,
        {"learning_rate_init": 0.1}, {"learning_rate_init": 20.0}, "unguarded", activation="identity", max_iter=1,
    ),
    "diverged": by_parameters(
        drawings.cost_by_epoch, pixels,
        {"learning_rate_init": 0.1}, {"learning_rate_init": 2.0}, solver="sgd", max_iter=20,
    ),
    "rate_too_high": by_parameters(
        drawings.cost_by_epoch, wine,
        {"learning_rate_init": 0.03}, {"learning_rate_init": 3.0}, max_iter=20,
    ),
    "rate_too_low": by_parameters(
        drawings.cost_beside_guessing, pixels,
        {"learning_rate_init": 0.01}, {"learning_rate_init": 1e-6}, max_iter=15, tol=0.0,
    ),
    "batch_too_large": by_parameters(
        drawings.cost_by_epoch, lambda: clouds(600),
        {"batch_size": 32}, {"batch_size": 600}, max_iter=10,
    ),
    "batch_too_small": by_parameters(
        drawings.batch_gradients, lambda: overlapping(150, 5, 0.7),
        {"batch_size": 50}, {"batch_size": 1}, solver="sgd", momentum=0.0, learning_rate_init=0.5,
        hidden_layer_sizes=(), n_iter_no_change=30, max_iter=20,
    ),
    "stopped_while_falling": by_parameters(
        drawings.cost_by_epoch, pixels,
        {"max_iter": 60}, {"max_iter": 6}, learning_rate_init=0.003,
    ),
    "kept_too_early": by_parameters(
        drawings.validation_by_epoch, lambda: halves(clouds(120)),
        {"scoring": "neg_log_loss"}, {"scoring": "accuracy"}, early_stopping=True, max_iter=60, n_iter_no_change=20,
    ),
    "plateau": by_parameters(
        drawings.cost_beside_guessing, flowers,
        {"activation": "relu"}, {"activation": "sigmoid"}, solver="sgd", learning_rate_init=0.03, tol=0.0, max_iter=80,
        hidden_layer_sizes=(20,) * 5,
    ),
    "no_better_than_guessing": by_rows(
        drawings.probabilities,
        ("labels of these rows", lambda: clouds(900, d=3)), ("labels of other rows", shuffled),
        hidden_layer_sizes=(5,), learning_rate_init=0.03, max_iter=20, alpha=1.0,
    ),
    "penalty_dominates": by_parameters(drawings.weights, flowers, {"alpha": 1e-4}, {"alpha": 100.0}),
    "too_much_dropout": by_parameters(
        drawings.cost_beside_guessing, pixels, {"dropout": 0.2}, {"dropout": 0.98}, hidden_layer_sizes=(100,)
    ),
    "underfitting": by_parameters(
        drawings.class_map, ring,
        {"hidden_layer_sizes": (20,)}, {"hidden_layer_sizes": ()}, learning_rate_init=0.03,
    ),
    "too_large": by_rows(
        drawings.class_map,
        ("500 training rows", lambda: halves(overlapping(1000))),
        ("60 training rows", lambda: halves(overlapping(120))),
        hidden_layer_sizes=(300,), learning_rate_init=0.03, max_iter=300, alpha=0.0,
    ),
    "overfitting": by_parameters(
        drawings.validation_by_epoch, lambda: halves(overlapping(200, 10)),
        {"early_stopping": True}, {"early_stopping": False}, scoring="neg_log_loss", alpha=0.0,
    ),
    "overconfident": by_parameters(
        drawings.reliability, lambda: halves(overlapping(500, 8)),
        {"alpha": 1.0}, {"alpha": 0.0}, max_iter=200, hidden_layer_sizes=(50,),
    ),
    "idle_columns": by_rows(
        drawings.rise_by_column,
        ("5 columns", lambda: halves(clouds(400))), ("15 columns of noise added", lambda: halves(clouds(400, d=20))),
        alpha=3.0, l1=1.0,
    ),
}  # fmt: skip
N_STEPS = 100


def look(options: argparse.Namespace, setup: Setup, at: str) -> Seen:
    """Train and diagnose a network."""
    X, y, *other = setup.rows()
    clf = gpunn.MLPClassifier(
        **{"hidden_layer_sizes": (20,), "learning_rate_init": 0.01, "max_iter": 100, **setup.parameters},
        random_state=options.seed,
        device=options.device,
    )
    if at == "others":
        return Seen(common.fit(clf, X, y), X, y, diagnose(clf, *other), *other)
    validation = {"X_val": other[0], "y_val": other[1]} if other else {}
    if at != "start":
        common.fit(clf, X, y, **validation)
    if at == "unguarded":
        descend(clf, X, y)
    return Seen(clf, X, y, diagnose(clf, X, y, at="start" if at == "start" else "end", **validation), *other)


def descend(clf: Any, X: np.ndarray, y: np.ndarray) -> None:
    """Gradient descent on all rows, which nothing stops; `MLPClassifier.fit` would at the first sign of divergence."""
    found = opened(clf, X, y, None, "end")
    theta = found.theta
    with np.errstate(all="ignore"):
        for _ in range(N_STEPS):
            cost, g = found.objective.value_and_gradient(found.device.xp, theta, found.rows.X, found.rows.T)
            theta = theta - clf.learning_rate_init * g
            clf.history_.cost.append(float(cost))
    clf.theta_ = theta


def draw(fault: Fault, sound: Seen, faulty: Seen) -> Any:
    """The sound network on the left, the faulty one on the right, on the same scales."""
    figure, panels = common.figure(2, width=5.6, height=2.6, sharex=True, sharey=True)
    for axes, seen, setup, colour in zip(
        panels, (sound, faulty), (fault.sound, fault.faulty), (BLUE, VERMILION), strict=True
    ):
        fault.draw(axes, seen, colour)
        axes.set_title(setup.title.replace("'", '"'), fontsize=9)
        axes.label_outer()
    return figure


def save(figure: Any, path: Path) -> None:
    """As a PNG file of 64 colours, which is small."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=100, format="png")
    Image.open(drawn).convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def main(arguments: Sequence[str] | None = None) -> None:
    options = common.parser(__doc__).parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(common.STYLE):
        for name, fault in FAULTS.items():
            seen = [look(options, setup, fault.at) for setup in (fault.sound, fault.faulty)]
            save(draw(fault, *seen), options.output / f"field-guide-{name}.png")


if __name__ == "__main__":
    main()
