"""Gradients, saturation and updates of each layer over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn.insight.displays.style import count_axis, legend, logarithmic, look, panels, plain, spans_decades
from gpunn.insight.displays.training import rounds_of
from gpunn.model.fitted import Classifier
from gpunn.training.layers import SATURATED_BELOW, LayerStatistics

CURVES = {  # numbers of LayerStatistics, with the label of their axis
    "gradient_norm": "gradient norm",
    "saturated": f"share with |f'| < {SATURATED_BELOW}",
    "update_ratio": "update / weight norm",
    "weight_norm": "weight norm",
    "slope": "mean |f'|",
}


@dataclass(eq=False)
class GradientFlowDisplay:
    """Numbers of each layer over the epochs: where gradients vanish, units saturate, or steps are too long.

    Parameters
    ----------
    entries : sequence of sequences of LayerStatistics
        For each epoch those of its layers, as `gpunn.training.layers.Recorder` takes them.
    rounds : str, default="epoch"
        Unit of the entries: "epoch", or "iteration" for solvers that take all rows at once.

    Attributes
    ----------
    ax_ : ndarray of Axes (n_panels,)
    figure_ : Figure
    """

    entries: Sequence[Sequence[LayerStatistics]]
    rounds: str = "epoch"
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimator(cls, estimator: Classifier, *, ax: Any = None, **options: Any) -> Self:
        """Draw what a `MLPClassifier` recorded; further arguments are those of `plot`.

        Raises
        ------
        ValueError
            If it recorded nothing.
        """
        check_is_fitted(estimator)
        entries = getattr(estimator, "layer_history_", None)
        if not entries:
            raise ValueError("nothing was recorded of the layers: fit with record='layers'.")
        return cls(entries, rounds_of(estimator)).plot(ax, **options)

    def plot(self, ax: Any = None, *, curves: Sequence[str] = ("gradient_norm", "saturated", "update_ratio")) -> Self:
        """Draw a panel for each of the curves, a line for each layer.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            As many as there are panels, or None for a new figure.
        curves : sequence of {"gradient_norm", "saturated", "update_ratio", "weight_norm", "slope"}
            "saturated" and "slope" have no lines for layers of softmax, and no panel where there is no other layer.

        Raises
        ------
        ValueError
            If a curve is not known, or none of them has a number.
        """
        nothing = f"no numbers of {', '.join(curves)} are there to draw."
        for axes, name in panels(self, ax, curves, CURVES, nothing):
            self._panel(axes, name)
        return self

    def lines(self, name: str) -> dict[int, list[float]]:
        """By the index of the layer its numbers, one an epoch; without layers that have none."""
        columns = {
            i: [getattr(layer, name) for layer in layers] for i, layers in enumerate(zip(*self.entries, strict=True))
        }
        return {i: numbers for i, numbers in columns.items() if None not in numbers}

    def _panel(self, ax: Any, name: str) -> None:
        lines = self.lines(name)
        last = len(self.entries[0]) - 1
        for i, numbers in lines.items():
            label = "output layer" if i == last else f"hidden layer {i + 1}"
            epochs = np.arange(1, len(numbers) + 1)
            every = max(1, len(numbers) // 8)
            ax.plot(epochs, numbers, label=label, linewidth=1.5, markersize=4, markevery=every, **look(i))
        values = np.array(list(lines.values()))
        if name == "saturated":
            ax.set_ylim(-0.03, 1.03)
            ax.yaxis.set_major_formatter("{x:.0%}")
        elif spans_decades(values[values > 0]):
            logarithmic(ax)
        ax.set_ylabel(CURVES[name])
        ax.set_xlabel(self.rounds)
        count_axis(ax.xaxis)
        plain(ax)
        legend(ax)
