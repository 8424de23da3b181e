"""Output of the commands: progress on standard error, results on standard output."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gpunn.cli import streams
from gpunn.cli.curves import Curves
from gpunn.cli.reading import Reading
from gpunn.cli.remedies import as_options
from gpunn.cli.scores import Scores
from gpunn.config.registry import FIRST_ORDER_SOLVERS
from gpunn.devices import get_device
from gpunn.features import FeatureWarning
from gpunn.model.fitted import Classifier
from gpunn.shown import printable
from gpunn.training.history import ENDED_BY, History

SHOWN_CLASSES = 20  # a wider confusion matrix is not read


_is_silent = False


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Context without results and warnings, which another process prints."""
    global _is_silent
    _is_silent = True
    try:
        yield
    finally:
        _is_silent = False


def say(text: str) -> None:
    """A line of the result."""
    if _is_silent:
        return
    with streams.writing():
        _out().print(printable(text, lines=True), highlight=False, markup=False, soft_wrap=True)


def warn(text: str) -> None:
    """A warning."""
    if _is_silent:
        return
    text = printable(f"gpunn: warning: {as_options(text)}")
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)


@contextlib.contextmanager
def warned(name: Callable[[], str]) -> Iterator[None]:
    """Warnings about columns within, each once for a column; ``name`` returns the name of their table in the end."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FeatureWarning)
        yield
    columns: set[str] = set()
    for warning in caught:
        if not isinstance(warning.message, FeatureWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        elif warning.message.column not in columns:
            columns.add(warning.message.column)
            warn(f"{name()}: {warning.message}")


@contextlib.contextmanager
def drawn(clf: Classifier) -> Iterator[Callable[[History], None]]:
    """Curves of the training, as the callback that they take their numbers from."""
    curves = Curves(clf.max_iter, score_of(clf))
    with Live(curves, console=Console(stderr=True)) as screen:

        def after(history: History) -> None:
            curves.history = history

        yield after
        screen.refresh()


@contextlib.contextmanager
def first_pass() -> Iterator[Callable[[int], None]]:
    """The number of rows that have been read, on a terminal, as the function that adds to it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda n: None
        return
    columns = TextColumn("reading  {task.completed:,} rows"), TimeElapsedColumn()
    shown = Progress(*columns, console=console, transient=True)
    with shown:
        task = shown.add_task("", total=None)
        yield lambda n: shown.advance(task, n)


@contextlib.contextmanager
def progress(clf: Classifier, n_done: int, reading: Reading) -> Iterator[Callable[[History], None]]:
    """A bar over the epochs as the callback that moves it; ``n_done`` epochs were done before.

    Batches that are read move it within an epoch.
    """
    bar = Progress(
        TextColumn("training"),
        BarColumn(20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[cost]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    )
    with bar:
        score = score_of(clf)
        task = bar.add_task("", total=clf.max_iter, completed=n_done, cost="(may compile first)")
        cost, n_iter, n_read, began = "", n_done, 0, time.perf_counter()
        n_epoch = 0  # rows that are read here in an epoch: other ranks may read the others

        def after(history: History) -> None:
            nonlocal cost, n_iter, n_read, began, n_epoch
            n_epoch = n_read or n_epoch
            cost, n_iter, n_read, began = f"cost {history.cost[-1]:.4g}", history.n_iter, 0, time.perf_counter()
            if history.validation_score:
                cost += f", validation {score} {history.validation_score[-1]:.4g}"
            bar.update(task, completed=n_iter, cost=cost)

        def read(n: int) -> None:
            nonlocal n_read
            n_read += n
            done = min(1.0, n_read / (n_epoch or reading.n_rows))
            speed = f"{done * reading.n_rows / max(1e-9, time.perf_counter() - began):,.0f} rows/s"
            bar.update(task, completed=n_iter + done, cost=", ".join(filter(None, (cost, speed))))

        reading.tell = read
        yield after


def score_of(clf: Classifier) -> str:
    """Name of the score that is measured on validation rows."""
    return printable(str(clf.scoring or "accuracy"))


def training(clf: Classifier, seconds: float) -> None:
    """A few lines about the training that ended."""
    network, device = clf.network_, get_device(clf.device or "cpu")
    what = f"{network.n_parameters:,} parameters{' each' * (clf.n_members > 1)}, {clf.theta_.dtype}"
    say(f"trained {sizes(clf)} ({what}) with {clf.solver} on {device.name}")
    if device.note:
        say(f"  device    {device.note}")
    ended(clf, seconds)


def sizes(clf: Classifier) -> str:
    """Sizes of the layers, and the number of networks where there are several."""
    found = "-".join(map(str, clf.network_.sizes))
    return found if clf.n_members == 1 else f"{clf.n_members} networks {found}"


def ended(clf: Classifier, seconds: float) -> None:
    """Report the length of a training, why it ended, and its results."""
    history = clf.history_
    rounds = "epochs" if clf.solver in FIRST_ORDER_SOLVERS else "iterations"
    kept = "" if history.best is None else f"; the weights after {history.best + 1} were kept"
    say(f"  {rounds:<9} {history.n_iter} of at most {clf.max_iter}, in {seconds:.1f} s{kept}")
    say(f"  ended by  {ENDED_BY.get(history.stopped, history.stopped)}")
    say(f"  cost      {clf.loss_:.4g}")
    if hasattr(clf, "oof_score_"):
        score = f"{clf.oof_score_:.2%}" if clf.scoring is None else f"{clf.oof_score_:.4g}"
        say(f"  out of fold  {score} {score_of(clf)} (each row by the networks that were not trained on it)")


def evaluation(scores: Scores, what: str, by_class: bool) -> None:
    """Accuracy, log-loss and confusion matrix; between them, where wanted, the figures of each class."""
    say(f"{what}: {scores.n:,} rows")
    say(f"  accuracy  {scores.accuracy:.2%}  ({scores.right:,} right, {scores.n - scores.right:,} wrong)")
    say(f"  log-loss  {scores.log_loss:.4f}")
    if by_class:
        _by_class(scores)
    _confusion(scores.classes, scores.confusion)


def table(head: Sequence[str], lines: Sequence[Sequence[str]], left: int = 1) -> None:
    """Aligned columns, the first ``left`` of them to the left."""
    lines = [[printable(cell) for cell in line] for line in (head, *lines)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell + " " * (width - cell_len(cell)) if i < left else " " * (width - cell_len(cell)) + cell
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        say("    " + "  ".join(cells).rstrip())


def _by_class(scores: Scores) -> None:
    def figures(values: np.ndarray, rows: int) -> list[str]:
        return [*(f"{value:.4f}" for value in values.tolist()), f"{rows:,}"]

    support = scores.support.tolist()
    lines = [
        [shown(label), *figures(values, rows)]
        for label, values, rows in zip(scores.classes.tolist(), scores.by_class, support, strict=True)
    ]
    averages = [
        ["macro average", *figures(scores.macro, scores.n)],
        ["weighted average", *figures(scores.weighted, scores.n)],
    ]
    table(["class", "precision", "recall", "F1", "support"], [*lines, *averages])


def _confusion(classes: np.ndarray, matrix: np.ndarray) -> None:
    names = [printable(shown(label)) for label in classes.tolist()]
    cells = [[str(n) if n else "." for n in row] for row in matrix.tolist()]
    widths = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    if len(names) > SHOWN_CLASSES or 4 + max(map(cell_len, names)) + sum(widths) + 2 * len(widths) > _out().width:
        say(f"  (the confusion matrix of {len(names)} classes is too wide to show)")
        return
    say("  confusion matrix: a row for each true class, a column for each predicted")
    table(["", *names], [[name, *row] for name, row in zip(names, cells, strict=True)], left=0)


def shown(label: Any) -> str:
    """A label as tables have it."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def facts(title: str, named: dict[str, str]) -> None:
    """A title, and a line for each fact."""
    say(title)
    for name, value in named.items():
        say(f"  {name}: {value}")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        streams.drop()  # whoever read it has seen enough, and files are still to be written; rich would end the process


def _out() -> Console:
    console = _Console()
    # Behind a pipe there is no screen: nothing is cut or folded at 80 columns.
    return console if console.is_terminal else _Console(width=1000)
