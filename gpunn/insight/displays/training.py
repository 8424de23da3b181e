"""Pictures of training over time: costs, scores and rates; gradients, saturation and updates of each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from gpunn.insight.displays.style import (
    as_text,
    count_axis,
    legend,
    logarithmic,
    look,
    panels,
    plain,
    spans_decades,
)
from gpunn.model.fitted import Classifier
from gpunn.training.history import History


class Curve(NamedTuple):
    """A panel: its label, and attributes of a history with what tells their lines apart."""

    label: str
    lines: Mapping[str, str]  # attribute of History: what it is of


CURVES = {
    "cost": Curve("cost", {"cost": "training", "validation_cost": "validation"}),
    "score": Curve("score", {"score": "training", "validation_score": "validation"}),
    "learning_rate": Curve("learning rate", {"learning_rate": "training"}),
    "gradient_norm": Curve("gradient norm", {"gradient_norm": "training"}),
}


@dataclass(eq=False)
class TrainingCurveDisplay:
    """Cost, validation cost, score and learning rate over the epochs of one run or several.

    Parameters
    ----------
    histories : mapping of str to History
        Runs by name.
    rounds : str, default="epoch"
        Unit of the entries of the histories: "epoch", or "iteration" for solvers that take all rows at once.

    Attributes
    ----------
    ax_ : ndarray of Axes (n_panels,)
    figure_ : Figure
    """

    histories: Mapping[str, History]
    rounds: str = "epoch"
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimator(cls, estimator: Classifier, *, ax: Any = None, **options: Any) -> Self:
        """Draw the history of a fitted `MLPClassifier`; further arguments are those of `plot`."""
        return cls({"": estimator.history_}, rounds_of(estimator)).plot(ax, **options)

    @classmethod
    def from_runs(cls, runs: Mapping[str, Any], *, ax: Any = None, **options: Any) -> Self:
        """Draw several runs in one picture.

        Parameters
        ----------
        runs : mapping of str to MLPClassifier or History
            Fitted estimators or histories by name.
        ax, options
            As for `plot`.
        """
        if not runs:
            raise ValueError("runs is empty; give a mapping from names to fitted estimators or histories.")
        kinds = {rounds_of(run) for run in runs.values() if not isinstance(run, History)}
        rounds = kinds.pop() if len(kinds) == 1 else "epoch or iteration" if kinds else "epoch"
        histories = {name: run if isinstance(run, History) else run.history_ for name, run in runs.items()}
        return cls(histories, rounds).plot(ax, **options)

    def plot(self, ax: Any = None, *, curves: Sequence[str] = ("cost", "score", "learning_rate")) -> Self:
        """Draw a panel for each of the curves that the histories have.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            As many as there are panels, or None for a new figure.
        curves : sequence of {"cost", "score", "learning_rate", "gradient_norm"}
            Scores are there only where validation rows were, or where they were recorded.

        Raises
        ------
        ValueError
            If a curve is not known, or none of them has an entry.
        """
        nothing = f"no entries of {', '.join(curves)} are there to draw: the runs have none."
        for axes, name in panels(self, ax, curves, CURVES, nothing):
            self._panel(axes, name)
        return self

    def lines(self, name: str) -> list[tuple[int, str, str, list[Any]]]:
        """Lines of a curve: number and name of the run, what it is of ("training", "validation"), entries."""
        return [
            (number, run, of, getattr(history, attribute))
            for number, (run, history) in enumerate(self.histories.items())
            for attribute, of in CURVES[name].lines.items()
            if getattr(history, attribute)
        ]

    def _panel(self, ax: Any, name: str) -> None:
        lines = self.lines(name)
        several = len(self.histories) > 1
        kinds = {of for _, _, of, _ in lines}
        for number, run, of, values in lines:
            validation = of == "validation"
            style = look(number if several else int(validation))
            steps = np.arange(1, len(values) + 1)
            ax.plot(
                steps,
                values,
                linestyle="--" if validation and len(kinds) > 1 else "-",
                markevery=max(1, len(values) // 8),
                markersize=4,
                linewidth=1.5,
                label=", ".join(filter(None, (as_text(run) if several else "", of if len(kinds) > 1 else ""))),
                **style,
            )
        every = np.concatenate([np.ravel(values) for *_, values in lines])
        if spans_decades(every):
            logarithmic(ax)
        elif every.min() == every.max() > 0:  # a constant rate needs no magnifying glass
            ax.set_ylim(0, 1.5 * every[0])
        self._mark_kept(ax)
        if name == "learning_rate" and "iteration" in self.rounds:
            ax.set_ylabel("step length" if self.rounds == "iteration" else "learning rate or step length")
        else:
            ax.set_ylabel("validation score" if name == "score" and kinds == {"validation"} else CURVES[name].label)
        ax.set_xlabel(self.rounds)
        count_axis(ax.xaxis)
        plain(ax)
        legend(ax)

    def _mark_kept(self, ax: Any) -> None:
        """The entry whose weights were kept; for one run, since the lines of more would be a hedge."""
        (history, *others) = self.histories.values()
        if history.best is not None and not others:
            ax.axvline(history.best + 1, color="gray", linestyle=":", linewidth=1.2, label="kept")


def rounds_of(estimator: Classifier) -> str:
    """Unit of the entries of its history: "epoch" or "iteration"."""
    # scikit-learn's own way to ask: solvers that take all rows at once have no partial_fit.
    return "epoch" if hasattr(estimator, "partial_fit") else "iteration"
