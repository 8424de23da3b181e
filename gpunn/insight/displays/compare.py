"""Pictures of a comparison: the accuracy of each model, and how far it is from the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from gpunn.insight.compare import Comparison, compare
from gpunn.insight.displays.style import SERIES, as_text, grid_of_axes, plain

NAME_LENGTH = 32


@dataclass(eq=False)
class CompareDisplay:
    """Accuracies of models on the same rows, and their differences from the best, with 95% intervals.

    Models come in the order of their accuracy, the best on top. On the right a filled marker is a difference beyond
    chance: by the exact McNemar test (Holm-adjusted p < 0.05), or where rows have unequal weights by the interval.

    Parameters
    ----------
    comparison : Comparison

    Attributes
    ----------
    ax_ : ndarray of Axes (2,)
        Accuracies, and differences in percentage points.
    figure_ : Figure
    """

    comparison: Comparison
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
            If ``ax`` is not two axes.
        """
        # Stable: of equal ones the first is the best.
        models = sorted(self.comparison.models, key=lambda model: -model.accuracy)
        width, height = figure_size(len(models))
        self.ax_ = grid_of_axes("CompareDisplay.plot", ax, 1, 2, (width / 2, height))[0]
        self.figure_ = self.ax_[0].figure
        scores, differences = self.ax_
        for place, model in enumerate(models):
            _point(scores, model.accuracy, model.accuracy_interval, place, filled=True, color=SERIES[0])
            if place == 0:
                differences.plot(0, 0, marker="o", color="gray", markersize=6, linestyle="")
                continue
            pair = self.comparison.pair(model.name, models[0].name)
            beyond = pair.accuracy_beyond_chance
            _point(differences, pair.accuracy, pair.accuracy_interval, place, filled=beyond, color=SERIES[1])
        names = [as_text(model.name, NAME_LENGTH) for model in models]
        scores.set_yticks(range(len(models)), names)
        differences.set_yticks(range(len(models)), [""] * len(models))
        differences.axvline(0, color="gray", linewidth=1, zorder=0)
        weighted = "weighted " if self.comparison.weighted else ""
        scores.set_xlabel(f"{weighted}accuracy in %, {self.comparison.n_rows:,} rows")
        differences.set_xlabel("difference from the best\nin percentage points")
        for axes in self.ax_:
            axes.set_ylim(len(models) - 0.5, -0.5)
            axes.tick_params(axis="y", length=0)
            plain(axes)
            axes.grid(visible=False, axis="y")
        _legend(differences)
        return self


def figure_size(n_models: int) -> tuple[float, float]:
    """Width and height of both panels, in inches."""
    return 8.8, 1.4 + 0.36 * n_models


def _point(ax: Any, value: float, interval: tuple[float, float], place: int, *, filled: bool, color: str) -> None:
    """A share or a difference of shares with its interval, in percent."""
    ax.plot([100 * end for end in interval], [place, place], color=color, linewidth=1.5, solid_capstyle="butt")
    ax.plot(
        100 * value, place, marker="o", markersize=6, color=color, markerfacecolor=color if filled else "white",
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
