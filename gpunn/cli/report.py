"""What the commands say: progress on standard error, results on standard output."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from sklearn.metrics import confusion_matrix

from gpunn.devices import get_device
from gpunn.training.history import History

SHOWN_CLASSES = 20  # a wider confusion matrix is not read


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
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[cost]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("", total=clf.max_iter, cost="")

        def after(history: History) -> None:
            cost = f"cost {history.cost[-1]:.4g}"
            if history.validation_score:
                cost += f", validation accuracy {history.validation_score[-1]:.2%}"
            bar.update(task, completed=history.n_iter, cost=cost)

        yield after


def training(clf: Any, seconds: float) -> None:
    """One line about the training that ended."""
    history, network = clf.history_, clf.network_
    sizes = "-".join(map(str, network.sizes))
    reasons = {
        "max_iter": "the limit",
        "tol": "a plateau of the cost",
        "validation": "a plateau of the validation score",
    }
    say(
        f"trained {sizes} ({network.n_parameters:,} parameters, {clf.theta_.dtype}) with {clf.solver} on "
        f"{_device_name(clf)} in {seconds:.1f} s: {history.n_iter} of at most {clf.max_iter} iterations, "
        f"cost {clf.loss_:.4g}, ended by {reasons.get(history.stopped, history.stopped)}"
    )


def evaluation(clf: Any, X: np.ndarray, y: np.ndarray, what: str) -> None:
    """Accuracy, log-loss and confusion matrix on rows with labels."""
    predicted = clf.predict(X)
    right = int(np.sum(predicted == y))
    say(f"{what}: {len(y):,} rows")
    say(f"  accuracy  {right / len(y):.2%}  ({right:,} right, {len(y) - right:,} wrong)")
    of_true_class = np.take_along_axis(clf.predict_log_proba(X), np.searchsorted(clf.classes_, y)[:, None], axis=1)
    say(f"  log-loss  {-np.mean(of_true_class, dtype=np.float64):.4f}")
    if len(clf.classes_) > SHOWN_CLASSES:
        say(f"  (the confusion matrix of {len(clf.classes_)} classes is too wide to show)")
        return
    matrix = confusion_matrix(y, predicted, labels=clf.classes_)
    say("  confusion matrix: a row for each true class, a column for each predicted")
    table = Table()
    table.add_column("", justify="right", style="bold")
    for label in clf.classes_.tolist():
        table.add_column(str(label), justify="right")
    for label, row in zip(clf.classes_.tolist(), matrix.tolist(), strict=True):
        table.add_row(str(label), *("·" if n == 0 else str(n) for n in row))
    _out().print(table)


def facts(title: str, named: dict[str, str]) -> None:
    """A title, and a line for each fact."""
    say(title)
    for name, value in named.items():
        say(f"  {name}: {value}")


def _out() -> Console:
    console = Console()
    # Behind a pipe there is no screen: nothing is cut or folded at 80 columns.
    return console if console.is_terminal else Console(width=1000)


def _device_name(clf: Any) -> str:
    device = get_device(clf.device)
    return f"{device.name} ({device.note})" if device.note else device.name
