"""Charts of what was measured, by Matplotlib where it is installed.

    python -m benchmarks.charts benchmarks/results/train-step-cpu.json

draws that file's chart anew, beside it. Colours are those of Okabe and Ito, which the colour-blind tell apart; each
series has a marker of its own too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import ratio

OURS = "gpunn"
STYLES = {  # colour and marker, the same in all charts
    OURS: ("#000000", "|"),
    "bare GEMMs": ("#7F7F7F", "v"),
    "scikit-learn": ("#E69F00", "s"),
    "PyTorch": ("#D55E00", "o"),
    "PyTorch, fused Adam": ("#CC79A7", "D"),
    "PyTorch, compiled": ("#56B4E9", "P"),
    "PyTorch, one graph": ("#F0E442", "*"),
    "JAX scan": ("#0072B2", "^"),
}
TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)


def draw(chart: Callable[[Any], Any], numbers: Any, path: Path) -> None:
    """Save a chart of the numbers, or say why there is none."""
    if importlib.util.find_spec("matplotlib") is None:
        print("\nno chart: Matplotlib is not installed (gpunn[benchmarks])")
        return
    import matplotlib

    matplotlib.use("agg")
    with matplotlib.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        chart(numbers).savefig(path, dpi=150, metadata={"Software": None})
    print(f"\nwritten to {os.path.relpath(path)}")


def step_ratios(numbers: Mapping[str, Mapping[str, Sequence[float]]]) -> Any:
    """Time of a step of each contender, divided by gpunn's, one row for each network."""
    from matplotlib.figure import Figure

    works = list(numbers)
    figure = Figure((9.0, 2.0 + 0.62 * len(works)), layout="constrained")
    axes = figure.add_subplot()
    names = list(dict.fromkeys(name for found in numbers.values() for name in found if name != OURS))
    every = [1.0]
    for i, name in enumerate(names):
        colour, marker = STYLES.get(name, ("#009E73", "X"))
        theirs = [(row, ratio(numbers[work][name], numbers[work][OURS])) for row, work in enumerate(works)
                  if name in numbers[work]]  # fmt: skip
        every += [x for _, x in theirs]
        shift = 0.5 * ((i + 0.5) / len(names) - 0.5)  # beside one another where they are equal
        axes.plot([x for _, x in theirs], [row + shift for row, _ in theirs], marker, color=colour, label=name,
                  markersize=8, markeredgecolor="black", markeredgewidth=0.5, zorder=3)  # fmt: skip
    axes.axvline(1, color=STYLES[OURS][0], linewidth=1.5, label="gpunn")
    _ratio_axis(axes, every)
    for row in range(len(works)):
        axes.axhspan(row - 0.4, row + 0.4, color="#F2F2F2", zorder=0)
    times = [statistics.median(numbers[work][OURS]) for work in works]
    labels = [f"{work}\ngpunn: {t:,.0f} us" for work, t in zip(works, times, strict=True)]
    axes.set_yticks(range(len(works)), labels)
    axes.set_ylim(len(works) - 0.5, -0.5)
    axes.tick_params("y", length=0)
    axes.set_xlabel("time of a training step, divided by gpunn's (right of the line: slower than gpunn)")
    figure.legend(loc="outside upper center", ncols=min(4, len(names) + 1), frameon=False)
    return figure


def growth(numbers: Mapping[str, Any]) -> Any:
    """Time by rows, by width and by members, each beside what it is held against."""
    from matplotlib.figure import Figure

    figure = Figure((13.0, 4.6), layout="constrained")
    panels = numbers["panels"]
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for (name, values), (colour, marker, line) in zip(panel["series"].items(), SERIES, strict=False):
            slope = panel["slopes"].get(name)
            label = name if slope is None else f"{name} (slope {slope:.2f})"
            axes.plot(panel["x"], values, line, color=colour, marker=marker, label=label, markersize=6)
        axes.set_xscale("log", base=panel["base"])
        axes.set_yscale("log")
        _time_axis(axes, len(panel["series"]))
        if panel["base"] == 2:
            ticks = panel["x"][:: 1 + len(panel["x"]) // 8]
            axes.set_xticks(ticks, [f"{x:,}" for x in ticks])
            axes.minorticks_off()
        axes.set_title(panel["title"], fontsize=11)
        axes.set_xlabel(panel["x_label"])
        axes.set_ylabel(panel["y_label"])
        axes.grid(color="#DDDDDD", linewidth=0.6)
        axes.legend(frameon=False, fontsize=9, loc="upper left")
    return figure


def mean_rank_chart(numbers: Mapping[str, Any]) -> Any:
    """Mean ranks by accuracy and by log-loss, and median time of a fit, a row for each classifier, the best on top."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    summary = numbers["summary"]
    names = sorted(summary, key=lambda name: summary[name]["log_loss"]["mean rank"])
    colours = [STYLES[OURS][0] if name.startswith(OURS) else SERIES[0][0] for name in names]
    rows = range(len(names))
    panels = (
        ("mean rank by log-loss", "log_loss", "mean rank"),
        ("mean rank by accuracy", "accuracy", "mean rank"),
        ("median time of a fit", "fit_seconds", "median"),
    )
    figure = Figure((11.0, 1.6 + 0.36 * len(names)), layout="constrained")
    for axes, (label, measure, statistic) in zip(figure.subplots(1, 3, sharey=True), panels, strict=True):
        axes.scatter([summary[name][measure][statistic] for name in names], rows, c=colours, s=60, zorder=3)
        axes.set_xlabel(label)
        axes.grid(color="#DDDDDD", linewidth=0.6)
        axes.tick_params("y", length=0)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(EngFormatter("s"))
    axes.set_yticks(rows, names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    figure.suptitle(f"{numbers['n_tables']} tables; lower is better; gpunn in black", fontsize=11)
    return figure


SERIES = (("#0072B2", "o", "-"), ("#D55E00", "s", "--"), ("#009E73", "^", "-."), ("#7F7F7F", "v", ":"))


def _time_axis(axes: Any, n_series: int) -> None:
    """Ticks like 20 ms, and room for the legend above the lines."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    low, high = axes.get_ylim()
    high *= (high / low) ** (0.09 * n_series)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(LogLocator(10, (1.0, 2.0, 5.0) if high / low < 1e3 else (1.0,)))
    axes.yaxis.set_major_formatter(EngFormatter("s", places=0))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _ratio_axis(axes: Any, values: Sequence[float]) -> None:
    axes.set_xscale("log")
    low, high = min(values) / 1.15, max(values) * 1.15
    ticks = [x for x in TICKS if low <= x <= high]
    axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
    axes.grid(axis="x", color="#CCCCCC", linewidth=0.6)
    axes.set_axisbelow(True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", type=Path, help="a .json file that train_step, growth or tabular has written")
    path = parser.parse_args().numbers
    numbers = json.loads(path.read_text(encoding="utf-8"))
    chart = growth if "panels" in numbers else mean_rank_chart if "summary" in numbers else step_ratios
    draw(chart, numbers, path.with_suffix(".png"))


if __name__ == "__main__":
    main()
