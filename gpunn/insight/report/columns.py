"""The part of the report about the columns: which of them the answers depend on, and how."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpunn.insight.displays.style import as_text, look, printable
from gpunn.insight.importance import Dependence, Importance, dependence, importances
from gpunn.insight.opened import OpenedEstimator
from gpunn.insight.report import page
from gpunn.insight.report.page import Html
from gpunn.insight.report.picture import picture

SHOWN = 15  # columns
DEPENDED_ON = 5
CLASSES = 5
FLAT = 0.01  # change of a mean probability that is not worth a picture


def columns(found: OpenedEstimator) -> tuple[Html, list[str]]:
    """The section, and the names of the columns, the most important first."""
    network = found.device, found.objective, found.theta, found.rows
    ranked = importances(*network, found.columns)
    mattering = [each for each in ranked if each.matters]
    shown = mattering[:SHOWN]
    said = _left_out(len(mattering), len(ranked), len(found.columns))
    names = [each.column.name for each in ranked]
    if not shown:
        return page.section("Columns that matter", page.paragraph(said)), names
    pictures = [
        picture(
            "importance",
            "Rise of the cost where a column is shuffled",
            "; ".join(f"{printable(each.column.name, 40)} {each.rise:.3g} ± {each.spread:.2g}" for each in shown) + ".",
            lambda ax: _bars(ax, shown),
            (4.6, 0.9 + 0.25 * len(shown)),
        )
    ]
    flat = []
    for i, each in enumerate(shown[:DEPENDED_ON]):
        seen = dependence(*network, each.column)
        if np.ptp(seen.probabilities, axis=0).max() < FLAT:
            flat.append(printable(each.column.name, 40))
        else:
            pictures.append(_dependence(found, seen, i))
    if flat:
        said += f" The mean answer changes by less than {FLAT} with {', '.join(flat)}: no picture of that."
    section = page.section(
        "Columns that matter",
        page.paragraph(
            "How much the mean cost rises where the values of a column are shuffled among the rows, with the spread of "
            f"five shuffles; and how the mean answer changes where all rows have one value of it. {said}".rstrip()
        ),
        page.pictures(pictures),
    )
    return section, names


def _left_out(n_mattering: int, n_ranked: int, n: int) -> str:
    """Description of the columns that are not shown, and why."""
    said = []
    if n_ranked < n:
        said.append(f"Looked at were the {n_ranked} of {n:,} columns with the largest weights.")
    if n_mattering < n_ranked:
        idle = n_ranked - n_mattering
        do = "does nothing and is left out: shuffling it" if idle == 1 else "do nothing and are left out: shuffling one"
        said.append(f"{idle} of {n_ranked} columns {do} raises the cost by no more than the spread.")
    if n_mattering > SHOWN:
        said.append(f"Shown are the {SHOWN} that matter most.")
    return " ".join(said)


def _bars(ax: Any, ranked: list[Importance]) -> None:
    place = np.arange(len(ranked))[::-1]
    ax.barh(place, [i.rise for i in ranked], xerr=[i.spread for i in ranked], height=0.6, color=look(0)["color"])
    ax.set_yticks(place, [as_text(i.column.name, 24) for i in ranked])
    ax.axvline(0, color="#808080", linewidth=0.8)
    ax.set_xlabel("rise of the cost")
    ax.spines[["top", "right"]].set_visible(False)


def _dependence(found: OpenedEstimator, seen: Dependence, number: int) -> Html:
    name = printable(seen.column.name, 40)
    two = len(found.classes) == 2 and not found.labels.multilabel
    shown = [1] if two else np.argsort(-seen.probabilities.mean(axis=0), kind="stable")[:CLASSES].tolist()
    ticks = seen.column.categories
    places = np.arange(len(ticks)) if seen.values is None else seen.values

    def draw(ax: Any) -> None:
        for style, k in enumerate(shown):
            line = "" if ticks else "-"
            ax.plot(places, seen.probabilities[:, k], linestyle=line, markersize=4, label=as_text(found.classes[k], 20),
                    **look(style))  # fmt: skip
        if ticks:
            ax.set_xticks(places, [as_text(tick, 14) for tick in ticks], rotation=90 if len(ticks) > 4 else 0)
        ax.set_xlabel(as_text(seen.column.name, 40))
        ax.set_ylabel(as_text(f"probability of {found.classes[1]}", 40) if two else "mean probability")
        ax.set_ylim(0, 1)
        ax.grid(alpha=0.5)
        ax.spines[["top", "right"]].set_visible(False)
        if not two:
            ax.legend(frameon=False, fontsize=8)

    ends = "; ".join(
        f"{printable(found.classes[k], 24)} from {seen.probabilities[0, k]:.2f} to {seen.probabilities[-1, k]:.2f}"
        for k in shown
    )
    return picture(f"dependence-{number}", f"The answer by {name}", f"Mean probability of {ends}.", draw)
