"""Frames as they are, text and missing values among them, beside the usual scikit-learn pipeline.

    python -m benchmarks.frames FOLDER [--seeds 3] [--write]

Every .npz file of the folder is a table: `X` (n, d) of numbers, NaN where missing; `y` (n,) classes; and, where columns
hold categories, `cat` (d,), true for those, `names` (d,), and `categories`, JSON that maps names to lists of texts: the
numbers in `X` are places in those lists.

Contenders get the same rows and columns, of categories as a categorical dtype: gpunn's MLPClassifier with its defaults,
from pandas and from polars, and scikit-learn's MLPClassifier with its defaults after mean imputation, scaling and
one-hot encoding, where a missing category counts as one. All have one hidden layer of 100 neurons and at most
``--max-iter`` epochs. Classes of fewer than 10 rows are left out; of a table with more than ``--rows`` rows that many
are drawn, the same for all seeds; a quarter of them, drawn by the seed, is for testing. Both draws keep the shares of
the classes. Times are those of fit and predict together; a ratio is the median of the ratios of the seeds.
"""

from __future__ import annotations

import json
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as SklearnMLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.classifiers import one_hot
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier

MIN_CLASS_ROWS = 10


@dataclass(frozen=True)
class Table:
    """Columns by name: numbers with NaN, or texts with None; and the classes."""

    name: str
    columns: dict[str, np.ndarray]
    y: np.ndarray

    def pandas(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.columns)
        return frame.astype(dict.fromkeys(self.of_text(), "category"))

    def polars(self) -> pl.DataFrame:
        kinds = {name: pl.Categorical if name in self.of_text() else pl.Float64 for name in self.columns}
        # polars tells missing numbers, null, from NaN; a reader of files gives null
        return pl.DataFrame({k: v.tolist() for k, v in self.columns.items()}, schema=kinds).fill_nan(None)

    def of_text(self) -> list[str]:
        return [name for name, values in self.columns.items() if values.dtype == object]


def read(path: Path, n_rows: int) -> Table:
    """A table of at most n_rows rows, without classes of fewer than `MIN_CLASS_ROWS` rows."""
    with np.load(path, allow_pickle=False) as data:
        X, y = data["X"], data["y"]
        names = [str(name) for name in data["names"]] if "names" in data else [f"x{i}" for i in range(X.shape[1])]
        categories = json.loads(str(data["categories"])) if "categories" in data else {}
        of_text = data["cat"].astype(bool) if "cat" in data else np.zeros(X.shape[1], bool)
    classes, counts = np.unique(y, return_counts=True)
    rows = np.flatnonzero(np.isin(y, classes[counts >= MIN_CLASS_ROWS]))
    if rows.size > n_rows:
        rows = np.sort(train_test_split(rows, train_size=n_rows, stratify=y[rows], random_state=0)[0])
    columns = {
        name: texts(x, categories[name]) if is_text else x.astype(np.float64)
        for name, x, is_text in zip(names, X[rows].T, of_text, strict=True)
    }
    return Table(path.stem, columns, y[rows])


def texts(codes: np.ndarray, categories: list[str]) -> np.ndarray:
    """The categories, None where missing."""
    known = np.array([*categories, None], dtype=object)
    return known[np.where(np.isnan(codes), len(categories), codes).astype(int)]


def ours(seed: int, max_iter: int) -> Any:
    return MLPClassifier(max_iter=max_iter, random_state=seed)


def theirs(seed: int, max_iter: int) -> Any:
    columns = one_hot(make_pipeline(SimpleImputer(), StandardScaler()))
    return make_pipeline(columns, SklearnMLPClassifier(max_iter=max_iter, random_state=seed))


CONTENDERS: dict[str, tuple[Callable[[int, int], Any], Callable[[Table], Any]]] = {
    "gpunn, pandas": (ours, Table.pandas),
    "gpunn, polars": (ours, Table.polars),
    "scikit-learn": (theirs, Table.pandas),
}
OURS, THEIRS = "gpunn, pandas", "scikit-learn"


def measured(table: Table, seeds: int, max_iter: int) -> dict[str, dict[str, list[float]]]:
    """Accuracies and seconds of each contender, one for each seed."""
    found: dict[str, dict[str, list[float]]] = {name: {"accuracy": [], "seconds": []} for name in CONTENDERS}
    given = {name: frame(table) for name, (_, frame) in CONTENDERS.items()}
    for seed in range(seeds):
        train, test = train_test_split(np.arange(len(table.y)), test_size=0.25, stratify=table.y, random_state=seed)
        for name, (make, _) in CONTENDERS.items():
            X = given[name]
            X_train, X_test = (X[rows] if isinstance(X, pl.DataFrame) else X.iloc[rows] for rows in (train, test))
            began = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the limit of epochs is that of both
                predicted = make(seed, max_iter).fit(X_train, table.y[train]).predict(X_test)
            found[name]["seconds"].append(time.perf_counter() - began)
            found[name]["accuracy"].append(float(np.mean(predicted == table.y[test])))
    return found


def line(table: Table, found: dict[str, dict[str, list[float]]]) -> tuple[str, ...]:
    """A table's row."""
    missing = sum(int(pd.isna(values).sum()) for values in table.columns.values())
    mean = {name: statistics.mean(of["accuracy"]) for name, of in found.items()}
    return (
        table.name,
        f"{len(table.y):,}",
        f"{len(table.columns)} ({len(table.of_text())})",
        f"{missing / (len(table.y) * len(table.columns)):.1%}",
        str(len(np.unique(table.y))),
        *(f"{accuracy:.2%}" for accuracy in mean.values()),
        f"{100 * (mean[OURS] - mean[THEIRS]):+.2f}",
        duration(statistics.median(found[OURS]["seconds"])),
        f"{ratio(found[OURS]['seconds'], found[THEIRS]['seconds']):.2f}x",
    )


def summary(numbers: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    """Means over the tables, and how often one is ahead."""
    mean = {
        name: statistics.mean(statistics.mean(of[name]["accuracy"]) for of in numbers.values()) for name in CONTENDERS
    }
    gaps = [
        [a - b for a, b in zip(of[OURS]["accuracy"], of[THEIRS]["accuracy"], strict=True)] for of in numbers.values()
    ]
    ahead, behind = (sum(statistics.mean(gap) * sign > 0 for gap in gaps) for sign in (1, -1))
    always = [sum(all(one * sign > 0 for one in gap) for gap in gaps) for sign in (1, -1)]
    times = statistics.median(ratio(of[OURS]["seconds"], of[THEIRS]["seconds"]) for of in numbers.values())
    return (
        f"Mean accuracy: {', '.join(f'{name} {accuracy:.2%}' for name, accuracy in mean.items())}. gpunn is ahead of "
        f"scikit-learn on {ahead} of {len(gaps)} tables and behind on {behind}; with every seed on {always[0]} and "
        f"{always[1]}. Its time is {times:.2f} of scikit-learn's, the median of the tables."
    )


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=Path, help="where the .npz files are")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--max-iter", type=int, default=200)
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.npz"))
    if not paths:
        parser.error(f"there is no .npz file in {options.folder}")
    numbers, lines = {}, []
    for path in paths:
        table = read(path, options.rows)
        numbers[table.name] = measured(table, options.seeds, options.max_iter)
        lines.append(line(table, numbers[table.name]))
        print(*lines[-1], flush=True)
    columns = ("table", "rows", "columns (text)", "missing", "classes", *CONTENDERS, "ahead by", "time", "ratio")
    head = heading("Tables of real life, as frames", typed("frames"))
    note = (
        f'Accuracy on the test rows, mean of {options.seeds} seeds; "ahead by" is {OURS} less {THEIRS}, in points; '
        f"time and ratio are those of {OURS} against {THEIRS}."
    )
    publish(f"{head}\n{markdown(columns, lines)}\n\n{note}\n\n{summary(numbers)}", "frames-cpu", options.write, numbers)


if __name__ == "__main__":
    main()
