"""What the commands say: progress on standard error, results on standard output."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gpunn.choices import FIRST_ORDER_SOLVERS
from gpunn.devices import get_device
from gpunn.training.history import History

SHOWN_CLASSES = 20  # a wider confusion matrix is not read

ENDED_BY = {  # reasons of `gpunn.training.history.History`, for people
    "max_iter": "the limit",
    "max_evaluations": "the limit on evaluations of the cost",
    "tol": "a plateau of the cost",
    "validation": "a plateau of the validation accuracy",
    "gradient": "convergence: the gradient is small",
    "decrease": "convergence: the cost falls no more",
    "line_search": "convergence: the cost is flat to rounding",
    "diverged": "divergence",
    "interrupted": "an interrupt (Ctrl-C)",
}


def say(text: str) -> None:
    """A line of the result."""
    _out().print(text, highlight=False, markup=False, soft_wrap=True)


def warn(text: str) -> None:
    """A warning."""
    Console(stderr=True).print(f"gpunn: warning: {text}", highlight=False, markup=False, soft_wrap=True)


@contextlib.contextmanager
def progress(clf: Any, quiet: bool) -> Iterator[Callable[[History], None] | None]:
    """A bar over the epochs, as the callback that moves it."""
    if quiet:
        yield None
        return
    bar = Progress(
        TextColumn("training"),
        BarColumn(20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[cost]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("", total=clf.max_iter, cost="(may compile first)")

        def after(history: History) -> None:
            cost = f"cost {history.cost[-1]:.4g}"
            if history.validation_score:
                cost += f", validation accuracy {history.validation_score[-1]:.2%}"
            bar.update(task, completed=history.n_iter, cost=cost)

        yield after


def training(clf: Any, seconds: float) -> None:
    """Two or three lines about the training that ended."""
    history, network, device = clf.history_, clf.network_, get_device(clf.device)
    sizes = "-".join(map(str, network.sizes))
    say(f"trained {sizes} ({network.n_parameters:,} parameters, {clf.theta_.dtype}) with {clf.solver} on {device.name}")
    if device.note:
        say(f"  device    {device.note}")
    rounds = "epochs" if clf.solver in FIRST_ORDER_SOLVERS else "iterations"
    kept = "" if history.best is None else f"; the weights after {history.best + 1} were kept"
    say(f"  {rounds:<9} {history.n_iter} of at most {clf.max_iter}, in {seconds:.1f} s{kept}")
    say(f"  ended by  {ENDED_BY.get(history.stopped, history.stopped)}")
    say(f"  cost      {clf.loss_:.4g}")


def evaluation(clf: Any, X: np.ndarray, y: np.ndarray, what: str) -> None:
    """Accuracy, log-loss and confusion matrix on rows with labels."""
    predicted, codes = clf.predict(X), np.searchsorted(clf.classes_, y)
    right = int(np.sum(predicted == y))
    say(f"{what}: {len(y):,} rows")
    say(f"  accuracy  {right / len(y):.2%}  ({right:,} right, {len(y) - right:,} wrong)")
    of_true_class = np.take_along_axis(clf.predict_log_proba(X), codes[:, None], axis=1)
    say(f"  log-loss  {-np.mean(of_true_class, dtype=np.float64):.4f}")
    matrix = np.zeros((len(clf.classes_), len(clf.classes_)), int)
    np.add.at(matrix, (codes, np.searchsorted(clf.classes_, predicted)), 1)
    _confusion(clf.classes_, matrix)


def _confusion(classes: np.ndarray, matrix: np.ndarray) -> None:
    names = [shown(label) for label in classes.tolist()]
    cells = [[str(n) if n else "." for n in row] for row in matrix.tolist()]
    widths = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    first = max(map(cell_len, names))
    out = _out()
    if len(names) > SHOWN_CLASSES or 4 + first + sum(widths) + 2 * len(widths) > out.width:
        say(f"  (the confusion matrix of {len(names)} classes is too wide to show)")
        return
    say("  confusion matrix: a row for each true class, a column for each predicted")
    for name, row in zip(["", *names], [names, *cells], strict=True):
        line = "".join(" " * (2 + width - cell_len(cell)) + cell for cell, width in zip(row, widths, strict=True))
        say(f"    {' ' * (first - cell_len(name))}{name}{line}")


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
        raise BrokenPipeError  # for main, where rich would end the process with code 1


def _out() -> Console:
    console = _Console()
    # Behind a pipe there is no screen: nothing is cut or folded at 80 columns.
    return console if console.is_terminal else _Console(width=1000)
