"""What all examples share: options, data, figures, tables, and how a claim is judged.

An example is a module whose docstring begins with its title and goes on with what is done, and whose
``experiment(options)`` gives an `Outcome`; `present` prints it and saves its figure.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import operator
import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

import gpunn

# Okabe and Ito's colours, which the colour-blind tell apart.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
STYLE = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
HELD, IN_PART, CONTRADICTED, NOT_TESTED = "held", "held in part", "contradicted", "not tested here"


@dataclass(frozen=True)
class Claim:
    """What is said, what was found, and the verdict: one of the four above."""

    text: str
    found: str
    verdict: str


@dataclass(frozen=True)
class Outcome:
    """Of one example: a table, claims, a Matplotlib figure, and what the figure shows for who cannot see it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    claims: Sequence[Claim]
    figure: Any
    alt: str
    seconds: float = 0.0


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser with the options of all examples."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--device", default="cpu", help="cpu, cuda, cuda:N or auto (default: cpu)")
    made.add_argument("--output", type=Path, default=Path("figures"), metavar="FOLDER", help="default: figures")
    made.add_argument("--quick", action="store_true", help="fewer seeds and shorter trainings: to see that it runs")
    made.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    return made


def seeds(options: argparse.Namespace, n: int) -> list[int]:
    """``n`` seeds from the first on; two in quick runs."""
    return [options.seed + i for i in range(2 if options.quick else n)]


def rates(options: argparse.Namespace, every: Sequence[float]) -> Sequence[float]:
    """The learning rates to try: in quick runs only the one in the middle."""
    return every[len(every) // 2 :][:1] if options.quick else every


def digits(seed: int) -> list[Any]:
    """X_train, X_test, y_train, y_test of 1,797 digits of 8 x 8 pixels, float32 in [0, 1]; a quarter is for test."""
    X, y = load_digits(return_X_y=True)
    return train_test_split((X / 16).astype("float32"), y, test_size=0.25, stratify=y, random_state=seed)


def standardised(X: Any, *others: Any) -> list[Any]:
    """Columns of mean 0 and standard deviation 1 in X, and the others moved and scaled alike; constants become 0."""
    mean, scale = X.mean(axis=0), X.std(axis=0)
    return [(x - mean) / np.where(scale > 0, scale, 1) for x in (X, *others)]


@contextlib.contextmanager
def expected() -> Iterator[None]:
    """To end at the limit of epochs is the plan here, and that a learning rate is too high is what is tried out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", gpunn.DivergenceWarning)
        yield


def fit(clf: Any, X: Any, y: Any, **validation: Any) -> Any:
    """Train to the limit of epochs."""
    with expected():
        return clf.fit(X, y, **validation)


def at_best_rate(
    train: Callable[[float, int], Any], rates: Sequence[float], seeds: Sequence[int], mark: Callable[[Any], float]
) -> tuple[float, list[Any]]:
    """The learning rate at which the median mark of the seeds' runs is lowest, and what ``train(rate, seed)`` gave.

    A mark that is not a number, as of a run that diverged, counts as infinite.
    """
    runs = {rate: [train(rate, seed) for seed in seeds] for rate in rates}
    marks = {rate: np.median(np.nan_to_num([mark(run) for run in found], nan=np.inf)) for rate, found in runs.items()}
    best = min(runs, key=lambda rate: marks[rate])
    return best, runs[best]


def wrong_by_epoch(clf: Any, n: int, X: Any, y: Any, X_seen: Any, y_seen: Any) -> list[float]:
    """Share of the rows ``X_seen`` that is wrong after each of ``n`` epochs of training on X, y."""
    classes = np.unique(y)
    with expected():
        return [1 - clf.partial_fit(X, y, classes=classes).score(X_seen, y_seen) for _ in range(n)]


def figure(columns: int, width: float = 9.5, height: float = 3.6, **more: Any) -> tuple[Any, Any]:
    """A figure with panels side by side."""
    from matplotlib.figure import Figure

    made = Figure((width, height), layout="constrained")
    return made, made.subplots(1, columns, squeeze=False, **more)[0]


def by_epoch(axes: Any, runs: Sequence[Sequence[float]], colour: str, label: str, line: str = "-") -> None:
    """The median of the seeds' curves, and their range as a band."""
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(runs[0]) + 1)
    axes.plot(epochs, np.median(runs, axis=0), line, color=colour, label=label)
    axes.fill_between(epochs, np.min(runs, axis=0), np.max(runs, axis=0), color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def spread(values: Sequence[float], form: str = ".3f") -> str:
    """Median and range."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def listed(values: Sequence[float], form: str) -> str:
    """Numbers, with commas between."""
    return ", ".join(f"{value:{form}}" for value in values)


def lower(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Verdict on "ours is lower": held if it is with every seed, held in part if with most, else contradicted."""
    wins = sum(a < b for a, b in zip(ours, theirs, strict=True))
    return HELD if wins == len(ours) else IN_PART if 2 * wins > len(ours) else CONTRADICTED


def tally(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """With how many seeds ours is lower."""
    wins, ties = (sum(f(a, b) for a, b in zip(ours, theirs, strict=True)) for f in (operator.lt, operator.eq))
    return f"lower with {wins} of {len(ours)} seeds" + (f", equal with {ties}" if ties else "")


def compared(
    text: str, what: str, values: Mapping[str, Sequence[float]], ours: str, theirs: str, form: str, more: str = ""
) -> Claim:
    """The claim that the values of ours are lower than those of theirs, seed by seed."""
    a, b = values[ours], values[theirs]
    medians = f"{statistics.median(a):{form}} with {ours}; {statistics.median(b):{form}} with {theirs}"
    return Claim(text, f"{what}: {medians} ({tally(a, b)}). {more}".rstrip(), lower(a, b))


def first(curve: Sequence[float], goal: float) -> float:
    """The first epoch with no more than the goal, counted from 1; infinity if there is none."""
    return next((i for i, value in enumerate(curve, start=1) if value <= goal), math.inf)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; a bar within a cell is no border."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def aligned(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table for the terminal."""
    lines = [list(map(str, line)) for line in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def command(
    name: str,
    experiment: Callable[[argparse.Namespace], Outcome],
    doc: str | None,
    more: Callable[[argparse.ArgumentParser], None] | None = None,
) -> Callable[[Sequence[str] | None], Outcome]:
    """The ``main`` of an example; ``more`` adds options of its own."""

    def main(arguments: Sequence[str] | None = None) -> Outcome:
        made = parser(doc)
        if more is not None:
            more(made)
        return present(name, experiment, made.parse_args(arguments))

    return main


def present(name: str, experiment: Callable[[argparse.Namespace], Outcome], options: argparse.Namespace) -> Outcome:
    """Run an experiment, print its table and claims, save its figure as a PNG file."""
    if importlib.util.find_spec("matplotlib") is None:
        raise SystemExit("the examples need Matplotlib, which is not installed. Run: pip install 'gpunn[plots]'")
    import matplotlib

    try:
        gpunn.get_device(options.device)
    except (ValueError, gpunn.DeviceUnavailableError) as error:
        raise SystemExit(f"--device: {error}") from None
    began = time.perf_counter()
    with matplotlib.rc_context(STYLE):
        found = experiment(options)
        path = options.output / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        found.figure.savefig(path, dpi=110, metadata={"Software": None})
    found = replace(found, seconds=time.perf_counter() - began)
    print(aligned(found.columns, found.rows))
    for claim in found.claims:
        print(f"\nclaim    {claim.text}\nfound    {claim.found}\nverdict  {claim.verdict}")
    print(f"\nwritten to {os.path.relpath(path)}, in {found.seconds:.0f} s")
    return found
