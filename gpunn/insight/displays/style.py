"""Common parts of the displays: Matplotlib where it is installed, colours, axes, and labels that are only text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

# Colours of Okabe & Ito (2008), "Color Universal Design", which the colour-blind tell apart; black is left to text
# and yellow, which is too pale for a line, is left out. Each series has a marker of its own too.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def pyplot(caller: str) -> Any:
    """The module matplotlib.pyplot.

    Raises
    ------
    ImportError
        If Matplotlib is not installed; the message names who wanted to draw, and the remedy.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} draws with Matplotlib, which is not installed. Install it with: pip install matplotlib"
        ) from error
    return plt


def grid_of_axes(caller: str, ax: Any, rows: int, columns: int, size: tuple[float, float]) -> np.ndarray:
    """Axes (rows, columns): those given, in their order, or those of a new figure with ``size`` inches for each.

    Raises
    ------
    ValueError
        If the number of axes given is not rows * columns.
    """
    plt = pyplot(caller)
    if ax is None:
        figsize = (size[0] * columns, size[1] * rows)
        made: np.ndarray = plt.subplots(rows, columns, figsize=figsize, layout="constrained", squeeze=False)[1]
        return made
    given = np.array(ax, dtype=object).ravel()
    if len(given) != rows * columns:
        raise ValueError(
            f"ax holds {len(given)} axes and {caller} needs {rows * columns}: give plt.subplots({rows}, {columns})[1], "
            "or None for a new figure."
        )
    return given.reshape(rows, columns)


def look(number: int) -> dict[str, str]:
    """Colour and marker of a series; no two of the first 42 have both in common."""
    return {"color": SERIES[number % len(SERIES)], "marker": MARKERS[number % len(MARKERS)]}


def panels(display: Any, ax: Any, curves: Sequence[str], known: Collection[str], nothing: str) -> Iterator[Any]:
    """Axes and name of each of the curves that the display has lines of; sets its ``ax_`` and ``figure_``.

    ``nothing`` is the message of the ValueError where it has none of them.
    """
    unknown = [name for name in curves if name not in known]
    if unknown:
        raise ValueError(f"curves: {unknown[0]!r} is not known; use some of {', '.join(map(repr, known))}.")
    shown = [name for name in curves if display.lines(name)]
    if not shown:
        raise ValueError(nothing)
    display.ax_ = grid_of_axes(f"{type(display).__name__}.plot", ax, len(shown), 1, (5.2, 2.5))[:, 0]
    display.figure_ = display.ax_[0].figure
    return zip(display.ax_, shown, strict=True)


def plain(ax: Any) -> None:
    """A pale grid behind the data, and no box around it."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3, linewidth=0.6)
    ax.set_axisbelow(True)


def count_axis(axis: Any) -> None:
    """Only integers as the ticks of an axis of counts."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))


def spans_decades(values: Any, ratio: float = 20.0) -> bool:
    """True if values are all positive and so far apart that a logarithmic scale shows them better."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    return bool(values.size) and values.min() > 0 and values.max() > ratio * values.min()


def as_text(label: Any, length: int = 24) -> str:
    """A label as one line of printable characters, cut to a length, in which "$" starts no formula."""
    return printable(label, length).replace("$", r"\$")


def printable(label: Any, length: int) -> str:
    """A label as one line of printable characters, cut to a length."""
    # Of a label of any length no more than could be shown is looked at.
    line = "".join(" " if c.isspace() else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in
                   str(label)[: length + 1])  # fmt: skip
    return line if len(line) <= length else line[: length - 1] + "…"


def logarithmic(ax: Any) -> None:
    """A logarithmic y axis whose ticks read 0.001 and not as powers."""
    from matplotlib.ticker import NullFormatter

    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def legend(ax: Any) -> None:
    """A legend, where series have labels."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize="small")
