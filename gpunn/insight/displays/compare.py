"""Pictures of a comparison: the accuracy or log-loss of each model, and how far it is from the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from gpunn.insight.compare import Comparison, compare
from gpunn.insight.differences import Interval, ModelScore, PairedDifference
from gpunn.insight.displays.style import SERIES, as_text, grid_of_axes, plain

NAME_LENGTH = 32


@dataclass(eq=False)
class CompareDisplay:
    """Accuracies or log-losses of models on the same rows, and their differences from the best, with 95% intervals.

    The best model is on top, the others follow in order. On the right a filled marker is a difference beyond chance:
    of accuracies by the exact McNemar test (Holm-adjusted p < 0.05), of log-losses, and where rows have unequal
    weights, by the interval.

    Parameters
    ----------
    comparison : Comparison
    metric : {"accuracy", "log_loss"}, default="accuracy"
        Log-losses are drawn for models that give probabilities.

    Attributes
    ----------
    ax_ : ndarray of Axes (2,)
        Accuracies in percent, and differences in percentage points; or log-losses and their differences.
    figure_ : Figure
    """

    comparison: Comparison
    metric: Literal["accuracy", "log_loss"] = "accuracy"
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimators(
        cls,
        models: Mapping[str, Any] | Sequence[Any],
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        ax: Any = None,
    ) -> Self:
        """Compare fitted classifiers, as by `gpunn.insight.compare`, and draw them.

        Parameters
        ----------
        models, X, y, sample_weight
            As for `gpunn.insight.compare`.
        ax : array of two Axes, default=None
            As for `plot`.
        """
        return cls(compare(models, X, y, sample_weight)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw both panels.

        Parameters
        ----------
        ax : array of two Axes, default=None
            None for a new figure.

        Raises
        ------
        ValueError
            If ``ax`` is not two axes, ``metric`` is not known, or no model gives probabilities for a log-loss.
        """
        models = self._ranked()
        width, height = figure_size(len(models))
        self.ax_ = grid_of_axes("CompareDisplay.plot", ax, 1, 2, (width / 2, height))[0]
        self.figure_ = self.ax_[0].figure
        scores, differences = self.ax_
        for place, model in enumerate(models):
            _point(scores, *self._values(model), place, filled=True, color=SERIES[0])
            if place == 0:
                differences.plot(0, 0, marker="o", color="gray", markersize=6, linestyle="")
                continue
            pair = self.comparison.pair(model.name, models[0].name)
            beyond = pair.accuracy_beyond_chance if self.metric == "accuracy" else pair.log_loss_beyond_chance
            _point(differences, *self._values(pair), place, filled=beyond, color=SERIES[1])
        names = [as_text(model.name, NAME_LENGTH) for model in models]
        scores.set_yticks(range(len(models)), names)
        differences.set_yticks(range(len(models)), [""] * len(models))
        differences.axvline(0, color="gray", linewidth=1, zorder=0)
        weighted = "weighted " if self.comparison.weighted else ""
        what, unit = (
            ("accuracy in %", "in percentage points") if self.metric == "accuracy" else ("log-loss", "in log-loss")
        )
        scores.set_xlabel(f"{weighted}{what}, {self.comparison.n_rows:,} rows")
        differences.set_xlabel(f"difference from the best\n{unit}")
        for axes in self.ax_:
            axes.set_ylim(len(models) - 0.5, -0.5)
            axes.tick_params(axis="y", length=0)
            plain(axes)
            axes.grid(visible=False, axis="y")
        _legend(differences)
        return self

    def _ranked(self) -> list[ModelScore]:
        """The models that have the metric, the best first; of equal ones the one given first."""
        models = list(self.comparison.models)
        if self.metric == "accuracy":
            return sorted(models, key=lambda model: -model.accuracy)
        if self.metric != "log_loss":
            raise ValueError(f"metric={self.metric!r} is not known; use 'accuracy' or 'log_loss'.")
        losses = {model.name: model.log_loss for model in models if model.log_loss is not None}
        if not losses:
            raise ValueError("metric='log_loss': no model of the comparison gives probabilities; use 'accuracy'.")
        return sorted((model for model in models if model.name in losses), key=lambda model: losses[model.name])

    def _values(self, one: ModelScore | PairedDifference) -> tuple[float, Interval]:
        """Value that is drawn of a model or a pair that has the metric, and its interval."""
        if self.metric == "log_loss" and one.log_loss is not None and one.log_loss_interval is not None:
            return one.log_loss, one.log_loss_interval
        low, high = one.accuracy_interval
        return 100 * one.accuracy, (100 * low, 100 * high)


def figure_size(n_models: int) -> tuple[float, float]:
    """Width and height of both panels, in inches."""
    return 8.8, 1.4 + 0.36 * n_models


def _point(ax: Any, value: float, interval: tuple[float, float], place: int, *, filled: bool, color: str) -> None:
    """A value or a difference with its interval."""
    ax.plot(interval, [place, place], color=color, linewidth=1.5, solid_capstyle="butt")
    ax.plot(
        value, place, marker="o", markersize=6, color=color, markerfacecolor=color if filled else "white",
        linestyle="",
    )  # fmt: skip


def _legend(ax: Any) -> None:
    """The kinds of markers, above the axes, where no interval is."""
    kinds = [
        ax.plot([], [], marker="o", color=color, markerfacecolor=face, linestyle="", label=label)[0]
        for color, face, label in (
            ("gray", "gray", "best"),
            (SERIES[1], SERIES[1], "beyond chance"),
            (SERIES[1], "white", "not beyond"),
        )
    ]
    above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0}
    ax.legend(handles=kinds, frameon=False, fontsize="small", ncols=3, columnspacing=1, handletextpad=0, **above)
