"""Pictures of layers: activations and their derivatives, weights of the first layer, slopes of PReLUs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn.insight.displays.sample import host_theta, sample
from gpunn.insight.displays.style import SERIES, grid_of_axes, plain
from gpunn.model.fitted import Classifier
from gpunn.nn.activations import Elementwise, PReLU
from gpunn.nn.objective import Objective
from gpunn.training.layers import SATURATED_BELOW, activation_name, activation_of


@dataclass(frozen=True)
class LayerValues:
    """Activations of one layer for a sample of rows.

    Parameters
    ----------
    name : str
        "hidden layer 1", ..., "output layer".
    activation : str
        Class of the activation.
    z, h : ndarray (n, n_out)
        Weighted inputs, after layer normalisation if there is one, and activations.
    derivative : ndarray (n, n_out) or None
        f'(z); None where an output depends on all inputs of the layer, as in a softmax.
    """

    name: str
    activation: str
    z: np.ndarray
    h: np.ndarray
    derivative: np.ndarray | None


@dataclass(eq=False)
class ActivationDisplay:
    """Histograms of weighted inputs z, activations h and derivatives f'(z), a row of panels for each layer.

    A saturated layer shows at once: its h stands at the ends, and its f'(z) at 0.

    Parameters
    ----------
    layers : sequence of LayerValues

    Attributes
    ----------
    ax_ : ndarray of Axes (n_layers, 3)
    figure_ : Figure
    """

    layers: Sequence[LayerValues]
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimator(cls, estimator: Classifier, X: Any, *, max_rows: int = 1000, ax: Any = None) -> Self:
        """Draw what the layers of a fitted `MLPClassifier` make of rows X (n, d).

        Parameters
        ----------
        estimator : MLPClassifier
        X : array-like (n, d)
        max_rows : int, default=1000
            Largest number of rows that are used; of more rows, this many are taken, evenly spaced.
        ax : array of Axes (n_layers, 3), default=None
        """
        check_is_fitted(estimator)
        return cls(layer_values(estimator, sample(estimator, X, max_rows)[0])).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw on axes (n_layers, 3), or on a new figure."""
        self.ax_ = grid_of_axes("ActivationDisplay.plot", ax, len(self.layers), 3, (2.8, 2.0))
        self.figure_ = self.ax_[0, 0].figure
        for row, layer in zip(self.ax_, self.layers, strict=True):
            _histogram(row[0], layer.z, SERIES[0])
            _histogram(row[1], layer.h, SERIES[2])
            row[0].set_ylabel(f"{layer.name}\nshare of values")
            row[0].set_title("weighted input z", fontsize="medium")
            row[1].set_title(f"activation h ({layer.activation})", fontsize="medium")
            row[2].set_title("derivative f'(z)", fontsize="medium")
            if layer.derivative is None:
                row[2].set_axis_off()
                text = f"none for a single neuron:\n{layer.activation} joins them all"
                row[2].text(0.5, 0.5, text, ha="center", va="center", transform=row[2].transAxes, fontsize="small")
                continue
            _histogram(row[2], layer.derivative, SERIES[1])
            share = float(np.mean(np.abs(layer.derivative) < SATURATED_BELOW))
            row[2].set_xlabel(f"|f'| < {SATURATED_BELOW}: {share:.0%}", fontsize="small")
        return self


def layer_values(estimator: Classifier, X: np.ndarray) -> list[LayerValues]:
    """Activations of each layer for encoded rows X (n, d), computed on the host."""
    network, head, theta = estimator.network_, estimator.head_, host_theta(estimator)
    objective, found = Objective(network, head), []
    with np.errstate(all="ignore"):
        _, tape = network.forward(np, theta, X)
        for number, (layer, trace) in enumerate(zip(network.layers, tape, strict=True), 1):
            last = number == len(network.layers)
            activation = activation_of(objective, layer)
            learned = {name: part.of(np, theta) for name, part in layer.learned.items()}
            z, learned = activation.after_norm(np, trace.z, **learned)
            activation = activation.without_norm
            h = head.outputs(np, trace.h) if last else trace.h
            derivative = None
            if isinstance(activation, (Elementwise, PReLU)):  # those whose Jacobian is a diagonal
                derivative = activation.backward(np, z, h, np.ones_like(h), **learned)[0]
            name = "output layer" if last else f"hidden layer {number}"
            found.append(LayerValues(name, activation_name(objective, layer), z, h, derivative))
    return found


def _histogram(ax: Any, values: np.ndarray, color: str) -> None:
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    if high - low < 1e-6 * max(1.0, abs(low)):  # of one value a bar in the middle
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(values, bins=40, range=(float(low), float(high)))
    ax.stairs(counts / max(1, values.size), edges, fill=True, color=color)
    ax.locator_params(nbins=4)
    plain(ax)


@dataclass(eq=False)
class WeightImageDisplay:
    """The weights into each neuron of the first layer as an image, where a row of X is one.

    Blue is negative, red positive, white 0; one scale for all. The neurons with the largest norms come first.

    Parameters
    ----------
    W : ndarray (d, n_out)
    shape : tuple of int
        Height and width of an image, whose product is d.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    """

    W: np.ndarray
    shape: tuple[int, int]
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimator(
        cls, estimator: Classifier, *, shape: tuple[int, int] | None = None, max_neurons: int = 25, ax: Any = None
    ) -> Self:
        """Draw the first layer of a fitted `MLPClassifier`.

        Parameters
        ----------
        estimator : MLPClassifier
        shape : (height, width), default=None
            Shape of an input as an image; None for a square.
        max_neurons : int, default=25
        ax : Axes, default=None

        Raises
        ------
        ValueError
            If the inputs do not make such an image.
        """
        check_is_fitted(estimator)
        network = estimator.network_
        W = network.layers[0].W.of(np, host_theta(estimator))
        return cls(W, image_shape(W.shape[0], shape)).plot(ax, max_neurons=max_neurons)

    def plot(self, ax: Any = None, *, max_neurons: int = 25) -> Self:
        """Draw the images of the neurons side by side."""
        ax = grid_of_axes("WeightImageDisplay.plot", ax, 1, 1, (4.6, 4.0))[0, 0]
        order = np.argsort(-np.linalg.norm(self.W, axis=0), kind="stable")[:max_neurons]
        tiles = mosaic(self.W[:, order].T.reshape(-1, *self.shape))
        most = float(np.nanmax(np.abs(tiles))) or 1.0
        shown = ax.imshow(tiles, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
        ax.figure.colorbar(shown, ax=ax, label="weight", shrink=0.8)
        of = f"{len(order)} of {self.W.shape[1]}" if len(order) < self.W.shape[1] else f"{len(order)}"
        ax.set_title(f"weights into {of} neurons of the first layer", fontsize="medium")
        ax.set_axis_off()
        self.ax_, self.figure_ = ax, ax.figure
        return self


def image_shape(n_inputs: int, shape: tuple[int, int] | None) -> tuple[int, int]:
    """Height and width of an image of n_inputs numbers; without a shape given, a square.

    Raises
    ------
    ValueError
        If it is none.
    """
    if shape is None:
        side = math.isqrt(n_inputs)
        if side * side != n_inputs:
            raise ValueError(f"{n_inputs} inputs make no square image; give its height and width as shape=(h, w).")
        return side, side
    height, width = shape
    if height * width != n_inputs or height < 1:
        raise ValueError(f"shape={shape!r} does not fit {n_inputs} inputs; height times width must be {n_inputs}.")
    return int(height), int(width)


def mosaic(images: np.ndarray) -> np.ndarray:
    """Images (n, h, w) as one, in rows and columns about as many, NaN between them."""
    n, h, w = images.shape
    columns = math.ceil(math.sqrt(n * h / w))
    out = np.full((math.ceil(n / columns) * (h + 1) - 1, columns * (w + 1) - 1), np.nan)
    for number, image in enumerate(images):
        top, left = number // columns * (h + 1), number % columns * (w + 1)
        out[top : top + h, left : left + w] = image
    return out


@dataclass(eq=False)
class SlopeDisplay:
    """Slopes that PReLU layers have learned, a point for each neuron and a bar at their median.

    A slope of 0 makes a ReLU and one of 1 a linear neuron.

    Parameters
    ----------
    slopes : dict of str to ndarray (n,)
        By the name of the layer.
    initial : dict of str to float
        Initial values.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    """

    slopes: dict[str, np.ndarray]
    initial: dict[str, float]
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimator(cls, estimator: Classifier, *, ax: Any = None) -> Self:
        """Draw the slopes of a fitted `MLPClassifier`.

        Raises
        ------
        ValueError
            If no layer learns slopes.
        """
        check_is_fitted(estimator)
        network, theta = estimator.network_, host_theta(estimator)
        slopes, initial = {}, {}
        for number, layer in enumerate(network.layers, 1):
            if "slope" in layer.learned:
                name = "output" if number == len(network.layers) else f"hidden {number}"
                slopes[name] = layer.learned["slope"].of(np, theta)
                initial[name] = layer.activation.initial("slope")
        if not slopes:
            raise ValueError("no layer learns slopes: fit with activation='prelu', or with it for some of the layers.")
        return cls(slopes, initial).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw a column of points for each layer."""
        ax = grid_of_axes("SlopeDisplay.plot", ax, 1, 1, (max(3.8, 1.5 + 0.9 * len(self.slopes)), 3.0))[0, 0]
        for place, (name, slopes) in enumerate(self.slopes.items()):
            aside = 0.5 * ((np.arange(len(slopes)) * 0.618) % 1 - 0.5)  # spread without chance, so that none hide
            ax.plot(place + aside, slopes, ".", color=SERIES[0], alpha=0.6, markersize=5, label="a neuron")
            ends = (place - 0.35, place + 0.35)
            ax.plot(ends, [np.median(slopes)] * 2, color=SERIES[1], linewidth=2, label="median")
            ax.plot(
                ends, [self.initial[name]] * 2, color=SERIES[2], linestyle="--", linewidth=1.5, label="at the start"
            )
        ax.set_xticks(range(len(self.slopes)), list(self.slopes))
        ax.set_xlabel("PReLU layer")
        ax.set_ylabel("slope where z < 0")
        plain(ax)
        handles, labels = ax.get_legend_handles_labels()  # the same three for each layer
        ax.legend(
            handles[:3],
            labels[:3],
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=3,
            frameon=False,
            fontsize="small",
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self
