"""Drawings of the field guide: each shows what one kind of fault does to a network.

A drawing is a function of Matplotlib axes, of what was `Seen` of a network, and of a colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import gpunn
from examples.common import BLACK, GREEN, ORANGE, PURPLE, SKY
from gpunn.insight import Diagnosis
from gpunn.insight.columns import alone, as_columns
from gpunn.insight.importance import rises
from gpunn.insight.opened import OpenedEstimator, opened
from gpunn.nn.objective import Objective

GREY = "#BBBBBB"
FLAT = np.arccosh(10)  # |z| beyond which the slope of tanh, 1 / cosh(z)^2, is below 0.01
COPIED = 6  # a column


@dataclass(frozen=True)
class Seen:
    """A network, the rows X (n, d) and y (n,) that it is trained on, its diagnosis, and other rows or None."""

    clf: gpunn.MLPClassifier
    X: np.ndarray
    y: np.ndarray
    diagnosis: Diagnosis
    X_other: Any = None
    y_other: Any = None

    def opened(self) -> OpenedEstimator:
        """Its objective, parameters and rows."""
        return opened(self.clf, self.X, self.y, None, self.diagnosis.at)

    def gradient(self) -> np.ndarray:
        """Gradient of the cost, without penalties, by the weights of the first layer, (d, n_out)."""
        found = self.opened()
        device, network = found.device, found.objective.network
        X, theta = (device.asarray(a, "float64") for a in (found.rows.X, found.theta))
        _, g = Objective(network, found.objective.head).value_and_gradient(device.xp, theta, X, found.rows.T)
        return device.to_host(network.layers[0].W.of(device.xp, g))


def histogram(axes: Any, values: Any, colour: str, low: float, high: float, label: str, n_bins: int = 30) -> None:
    """Share of the values in equal bins; those beyond low and high are counted in the outermost bins."""
    values = np.clip(np.ravel(values), low, high)
    axes.hist(values, n_bins, range=(low, high), color=colour, weights=np.full(len(values), 1 / len(values)))
    axes.set(xlabel=label, ylabel="share")


def bars(axes: Any, values: Any, colour: str, xlabel: str, ylabel: str) -> None:
    axes.bar(range(len(values)), values, color=colour)
    axes.set(xlabel=xlabel, ylabel=ylabel)


def cost_by_epoch(axes: Any, seen: Seen, colour: str) -> None:
    cost = seen.clf.history_.cost
    axes.plot(range(1, len(cost) + 1), cost, "o-", color=colour, markersize=3)
    axes.set(xlabel="epoch", ylabel="cost", yscale="log")


def cost_beside_guessing(axes: Any, seen: Seen, colour: str) -> None:
    """On a linear scale, with the cost of the shares of the classes."""
    cost_by_epoch(axes, seen, colour)
    axes.axhline(seen.diagnosis.guess, color=BLACK, linestyle=":", label="guessing")
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.set(yscale="linear")
    axes.legend(loc="center right")


def cost_by_step(axes: Any, seen: Seen, colour: str) -> None:
    """On a scale of powers of ten up to the largest number of float64."""
    cost = np.array(seen.clf.history_.cost[1:])
    axes.plot(np.flatnonzero(np.isfinite(cost)) + 1, np.log10(cost[np.isfinite(cost)]), color=colour)
    axes.axhline(np.log10(np.finfo(float).max), color=BLACK, linestyle=":")
    axes.text(1, 285, "largest float64", va="top", fontsize=8)
    axes.set(xlabel="step", ylabel="log10 of the cost")


def validation_by_epoch(axes: Any, seen: Seen, colour: str) -> None:
    """Cost on training rows and on validation rows, and the epoch whose weights were kept."""
    history = seen.clf.history_
    epochs = range(1, len(history.cost) + 1)
    axes.plot(epochs, history.cost, "--", color=GREY, label="training")
    axes.plot(epochs, history.validation_cost, color=colour, label="validation")
    if history.best is not None:
        axes.plot(history.best + 1, history.validation_cost[history.best], "o", color=BLACK, label="kept")
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.set(xlabel="epoch", ylabel="cost")
    axes.legend()


def gradient_by_layer(axes: Any, seen: Seen, colour: str) -> None:
    gradients = [layer.bias_gradient_norm / np.sqrt(layer.n_out) for layer in seen.diagnosis.layers]
    axes.plot(range(1, len(gradients) + 1), gradients, "o-", color=colour, markersize=4)
    axes.set(xlabel="layer", ylabel="gradient by a bias", yscale="log")


def gradient_by_size(axes: Any, seen: Seen, colour: str) -> None:
    """Gradient by the weights of each column beside the size of the column."""
    size = np.sqrt(np.mean(seen.X**2, axis=0))
    axes.loglog(size, np.linalg.norm(seen.gradient(), axis=1), "o", color=colour, markersize=5)
    axes.set(xlabel="root mean square of a column", ylabel="gradient by its weights")


def gradient_pairs(axes: Any, seen: Seen, colour: str) -> None:
    """Gradients by the weights of two columns, a point for each unit."""
    g = seen.gradient()
    axes.plot(g[COPIED], g[-1], "o", color=colour, markersize=4)
    axes.set(xlabel=f"gradient, column {COPIED}", ylabel="gradient, last column")


def values_by_column(axes: Any, seen: Seen, colour: str) -> None:
    n, d = seen.X.shape
    axes.plot(np.tile(np.arange(d), n), seen.X.ravel(), "o", color=colour, markersize=3, alpha=0.3)
    axes.set(xlabel="column", ylabel="values")


def recall_by_class(axes: Any, seen: Seen, colour: str) -> None:
    """Share of each class that is found, and the share of all rows that it has."""
    predicted = seen.clf.predict(seen.X)
    classes = np.unique(seen.y)
    axes.bar(classes - 0.2, [np.mean(seen.y == c) for c in classes], 0.4, color=GREY, label="share of the rows")
    axes.bar(classes + 0.2, [np.mean(predicted[seen.y == c] == c) for c in classes], 0.4, color=colour, label="recall")
    axes.set(xlabel="class", ylabel="share", xticks=classes, yticks=(0, 0.5, 1), ylim=(0, 1.4))
    axes.legend(loc="upper right")


def score_of_columns(axes: Any, seen: Seen, colour: str) -> None:
    """Share of the rows whose class each column tells by itself."""
    bars(axes, alone(seen.X, seen.y, as_columns(seen.X.shape[1], ())), colour, "column", "score by itself")


def nearest_rows(axes: Any, seen: Seen, colour: str) -> None:
    """Distance from each validation row to the nearest training row."""
    distance = np.linalg.norm(seen.X_other[:, None, :] - seen.X[None, :, :], axis=2).min(axis=1)
    histogram(axes, distance, colour, 0, 2, "distance to training rows")


def column_in_both(axes: Any, seen: Seen, colour: str) -> None:
    """The values of a column in training and in the rows that are asked about."""
    histogram(axes, seen.X[:, 2], GREY, -2, 5, "column 2")
    histogram(axes, seen.X_other[:, 2], colour, -2, 5, "column 2")
    axes.patches[0].set_label("training rows")
    axes.patches[-1].set_label("other rows")
    axes.legend(loc="upper right")


def errors_by_certainty(axes: Any, seen: Seen, colour: str) -> None:
    """Share of errors in quarters of the rows, from those that the network is surest of on."""
    top = np.sort(seen.clf.predict_proba(seen.X), axis=1)
    order = np.argsort(top[:, -2] / top[:, -1], kind="stable")
    wrong = (seen.clf.predict(seen.X) != seen.y)[order]
    bars(axes, [np.mean(part) for part in np.array_split(wrong, 4)], colour, "quarter of the rows", "errors")
    axes.set_xticks(range(4), ("surest", "second", "third", "least sure"), fontsize=8)


def first_weights(axes: Any, seen: Seen, colour: str) -> None:
    """Weights of the first layer as an image, a row for each unit."""
    axes.imshow(seen.clf.coefs_[0].T, cmap="PuOr", vmin=-0.5, vmax=0.5, aspect="auto")
    axes.set(xlabel="input", ylabel="unit")
    axes.grid(False)


def confidence(axes: Any, seen: Seen, colour: str) -> None:
    """The largest probability of each row."""
    p = _outputs(seen)[0]
    histogram(axes, p.max(axis=1), colour, 0, 1, "largest probability of a row")


def cost_along_gradient(axes: Any, seen: Seen, colour: str) -> None:
    """Cost along the negative gradient from the initial weights, and where the first step ends."""
    found = seen.opened()
    xp, objective, X, T = found.device.xp, found.objective, found.rows.X, found.rows.T
    theta = found.device.asarray(found.theta, "float64")
    _, g = objective.value_and_gradient(xp, theta, X, T)

    def cost(rate: float) -> float:
        return float(objective.value(xp, theta - rate * g, X, T))

    rate = seen.clf.learning_rate_init
    lengths = np.linspace(0, 6, 60)
    axes.plot(lengths, [cost(length) for length in lengths], color=GREY)
    axes.annotate("", (rate, cost(rate)), (0, cost(0)), arrowprops={"arrowstyle": "->", "color": colour, "lw": 2})
    axes.set(xlabel="learning rate", ylabel="cost after one step")


def weighted_inputs(axes: Any, seen: Seen, colour: str) -> None:
    """Weighted inputs z of the first hidden layer, and where tanh is flat."""
    found = seen.opened()
    xp, first = found.device.xp, found.objective.network.layers[0]
    z = xp.asarray(found.rows.X, dtype=found.theta.dtype) @ first.W.of(xp, found.theta) + first.b.of(xp, found.theta)
    histogram(axes, found.device.to_host(z), colour, -25, 25, "z of the hidden layer", 49)
    for low, high in ((-26, -FLAT), (FLAT, 26)):
        axes.axvspan(low, high, color=GREY, alpha=0.4, linewidth=0, zorder=0.5)
    axes.text(15, 0.9, "f'(z) < 0.01", transform=axes.get_xaxis_transform(), ha="center", fontsize=8)


def rows_by_unit(axes: Any, seen: Seen, colour: str) -> None:
    """Share of the rows on which each unit is not 0, in order."""
    active = np.sort(np.mean(seen.clf.hidden_activations(seen.X) > 0, axis=0))[::-1]
    bars(axes, active, colour, "unit of the last hidden layer", "rows with z > 0")


def delta_by_error(axes: Any, seen: Seen, colour: str) -> None:
    """Gradient by z of each output beside its error, before training."""
    a, T, delta = _outputs(seen)
    axes.plot(np.abs(a - T).ravel(), np.abs(delta).ravel(), "o", color=colour, markersize=3, alpha=0.5)
    axes.set(xlabel="error |a - T| of an output", ylabel="gradient by its z")


def outputs_of_class(axes: Any, seen: Seen, colour: str) -> None:
    """Outputs for the class that a row has, whose target is 1."""
    a, T, _ = _outputs(seen)
    histogram(axes, a[T > 0.5], colour, 0, 1.6, "output for the class of a row", 32)
    axes.axvspan(1, 1.6, color=GREY, alpha=0.4, linewidth=0, zorder=0.5)
    axes.text(1.3, 0.9, "beyond 1", transform=axes.get_xaxis_transform(), ha="center", fontsize=8)


def class_map(axes: Any, seen: Seen, colour: str) -> None:
    """The predicted class in the plane of two inputs, with the training rows."""
    from matplotlib.colors import ListedColormap

    colours = (ORANGE, SKY, GREEN, PURPLE, GREY, BLACK)
    reach = 3.5
    side = np.linspace(-reach, reach, 150)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    predicted = seen.clf.predict(grid).reshape(150, 150)
    more = {"cmap": ListedColormap(colours[: seen.y.max() + 1]), "vmin": 0, "vmax": seen.y.max()}
    axes.imshow(predicted, extent=(-reach, reach, -reach, reach), origin="lower", aspect="auto", alpha=0.4, **more)
    axes.scatter(*seen.X.T, c=seen.y, s=12, edgecolors=BLACK, linewidths=0.4, **more)
    axes.set(xlabel="input 0", ylabel="input 1", xlim=(-reach, reach), ylim=(-reach, reach))
    axes.grid(False)


def batch_gradients(axes: Any, seen: Seen, colour: str) -> None:
    """Norms of the gradients of batches, beside that of the gradient of all rows."""
    found = seen.opened()
    xp, X, T = found.device.xp, found.rows.X, found.rows.T
    rng = np.random.default_rng(0)

    def norm(rows: np.ndarray) -> float:
        some = [xp.take(a, found.device.asarray(rows), axis=0) for a in (X, T)]
        return float(xp.linalg.vector_norm(found.objective.value_and_gradient(xp, found.theta, *some)[1]))

    n = len(seen.y)
    norms = [norm(rng.choice(n, seen.clf.batch_size, replace=False)) for _ in range(300)]
    histogram(axes, norms, colour, 0, 3, "norm of the gradient of a batch")
    axes.axvline(norm(np.arange(n)), color=BLACK, linestyle=":", label="of all rows")
    axes.legend(loc="upper right")


def probabilities(axes: Any, seen: Seen, colour: str) -> None:
    """Probabilities of the classes, rows sorted by class."""
    p = seen.clf.predict_proba(seen.X[np.argsort(seen.y, kind="stable")])
    axes.imshow(p, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set(xlabel="class", ylabel="rows, sorted by class", xticks=range(p.shape[1]))
    axes.grid(False)


def weights(axes: Any, seen: Seen, colour: str) -> None:
    values = np.concatenate([W.ravel() for W in seen.clf.coefs_])
    histogram(axes, values, colour, -2, 2, "weights after training", 41)


def reliability(axes: Any, seen: Seen, colour: str) -> None:
    """Share of right predictions beside their probability, on rows that were not trained on."""
    p = seen.clf.predict_proba(seen.X_other)
    right, top = seen.clf.predict(seen.X_other) == seen.y_other, p.max(axis=1)
    bins = np.array_split(np.argsort(top), 8)
    axes.plot([0, 1], [0, 1], ":", color=BLACK)
    axes.plot([top[b].mean() for b in bins], [right[b].mean() for b in bins], "o-", color=colour, markersize=4)
    axes.set(xlabel="probability of the prediction", ylabel="share that is right", xlim=(0.4, 1.02), ylim=(0.4, 1.02))


def rise_by_column(axes: Any, seen: Seen, colour: str) -> None:
    """Rise of the cost on other rows where a column is shuffled."""
    found = seen.opened()
    other = found.more(seen.X_other, seen.y_other)
    X, T = found.device.to_host(other.X), found.device.to_host(other.T)
    theta = found.device.asarray(found.theta, "float64")
    rise = rises(found.device, found.objective, theta, X, T, found.columns, 2)
    rise = sorted(rise, key=lambda each: each.column.inputs)
    bars(axes, [each.rise for each in rise], colour, "column", "rise of the cost")


def _outputs(seen: Seen) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outputs a, targets T and gradients by z of the cost of a row, (n, k) each."""
    found = seen.opened()
    xp, head = found.device.xp, found.objective.head
    z = found.objective.network.logits(xp, found.theta, found.rows.X)
    T = found.rows.T
    return tuple(found.device.to_host(x) for x in (head.outputs(xp, z), T, head.delta(xp, z, T)))
