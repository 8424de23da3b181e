"""Training on Parquet files that are read in each epoch, beside the same rows in memory and XGBoost's external memory.

    python -m benchmarks.streams FOLDER [--rows 10000000] [--epochs 3] [--limit MB] [--write]

The rows are those of scikit-learn's digits, their first 50 pixels, over and over, each time with other noise; they are
written to FOLDER unless they are there. Everything is trained in a process of its own, of which the peak of resident
memory is told. An epoch of gpunn is the median of those after the first; XGBoost's time is that of a boosting round,
each of which reads all rows.

With ``--limit``, a small network is trained, too, for one epoch in a process with at most that many MB
(a control group of Linux, for which the benchmark must be run as root), on rows that take 20 times as much: the same
files several times.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peak import MB, TOLD, at_most, fresh, resident
from benchmarks.tables import arguments, duration, heading, markdown, publish, typed

if TYPE_CHECKING:  # gpunn is imported in the processes that are measured
    from gpunn import MLPClassifier

COLUMNS, FILES, GROUP = 50, 16, 2**16
HIDDEN = (256, 128)
ROUNDS = 4  # of boosting
TIMES = 20  # bytes of the rows for each byte of memory


def write(folder: Path, n: int) -> None:
    """Write the rows to Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = X[:, :COLUMNS].astype(np.float32) / 16
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"pixel{i}" for i in range(COLUMNS)]
    for number in range(FILES):
        rng = np.random.default_rng(number)
        schema = pa.schema([*((name, pa.float32()) for name in names), ("digit", pa.int8())])
        with pa.parquet.ParquetWriter(folder / f"rows-{number:02}.parquet", schema) as file:
            for start in range(number * n // FILES, (number + 1) * n // FILES, GROUP):
                rows = rng.integers(0, len(X), min(GROUP, (number + 1) * n // FILES - start))
                noisy = X[rows] + rng.normal(0, 0.2, (len(rows), COLUMNS)).astype(np.float32)
                columns = [*noisy.T, y[rows].astype(np.int8)]
                file.write_table(pa.table([np.ascontiguousarray(c) for c in columns], schema=schema))


def rows_of(path: Path) -> int:
    import pyarrow.parquet

    return int(pyarrow.parquet.read_metadata(path).num_rows)


def classifier(epochs: int) -> MLPClassifier:
    from gpunn import MLPClassifier

    return MLPClassifier(HIDDEN, batch_size=256, max_iter=epochs, n_iter_no_change=epochs, random_state=0)


def epoch_of(clf: MLPClassifier) -> float:
    """Seconds of an epoch, without the first."""
    return statistics.median(np.diff(clf.history_.seconds))


def result(clf: MLPClassifier, seconds: float) -> dict[str, Any]:
    return {"epoch": epoch_of(clf), "fit": seconds, "peak": resident("VmHWM"), "path": clf.history_.path}


def streamed(folder: str, epochs: int) -> dict[str, Any]:
    clf = classifier(epochs)
    began = time.perf_counter()
    clf.fit(f"{folder}/*.parquet", "digit")
    return result(clf, time.perf_counter() - began)


def in_memory(folder: str, epochs: int) -> dict[str, Any]:
    """The same rows as one array; reading them is not timed."""
    import pyarrow.parquet

    files = [pyarrow.parquet.ParquetFile(path) for path in sorted(Path(folder).glob("*.parquet"))]
    n = sum(file.metadata.num_rows for file in files)
    X, y, start = np.empty((n, COLUMNS), np.float32), np.empty(n, np.int8), 0
    for file in files:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            rows = slice(start, start + table.num_rows)
            for i in range(COLUMNS):
                X[rows, i] = table.column(i)
            y[rows], start = table["digit"], rows.stop
    clf = classifier(epochs)
    began = time.perf_counter()
    clf.fit(X, y)
    return result(clf, time.perf_counter() - began)


def boosted(folder: str, epochs: int) -> dict[str, Any]:
    """XGBoost's external memory, with files for its quantised pages in a folder of its own."""
    import pyarrow.parquet
    import xgboost

    files = [
        (path, group)
        for path in sorted(Path(folder).glob("*.parquet"))
        for group in range(pyarrow.parquet.ParquetFile(path).num_row_groups)
    ]

    class Rows(xgboost.DataIter):
        def __init__(self, cache: str) -> None:
            super().__init__(cache_prefix=cache)
            self.place = 0

        def next(self, input_data: Any) -> bool:
            if self.place == len(files):
                return False
            path, group = files[self.place]
            table = pyarrow.parquet.ParquetFile(path).read_row_group(group)
            X = np.stack([c.to_numpy() for c in table.columns[:-1]], axis=1)
            input_data(data=X, label=table["digit"].to_numpy())
            self.place += 1
            return True

        def reset(self) -> None:
            self.place = 0

    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        rows = xgboost.ExtMemQuantileDMatrix(Rows(f"{cache}/pages"))
        ready = time.perf_counter()
        settings = {"objective": "multi:softprob", "num_class": 10, "tree_method": "hist", "verbosity": 0}
        xgboost.train(settings, rows, ROUNDS)
        ended = time.perf_counter()
    return {"epoch": (ended - ready) / ROUNDS, "fit": ended - began, "peak": resident("VmHWM"), "path": ""}


def limited(folder: str, limit: int) -> dict[str, Any]:
    """An epoch on rows of `TIMES` times as many bytes as the process may have from here on, imports included."""
    with at_most(limit), tempfile.TemporaryDirectory() as links:
        from gpunn import MLPClassifier

        paths = sorted(Path(folder).resolve().glob("*.parquet"))
        n_rows, n_files = 0, 0
        while n_rows * 4 * COLUMNS < TIMES * limit:
            path = paths[n_files % len(paths)]
            Path(links, f"{n_files:05}.parquet").symlink_to(path)
            n_rows, n_files = n_rows + rows_of(path), n_files + 1
        began = time.perf_counter()
        clf = MLPClassifier((32,), batch_size=1024, max_iter=1, n_iter_no_change=1, random_state=0)
        clf.fit(f"{links}/*.parquet", "digit")
        seconds = time.perf_counter() - began
    return {"rows": n_rows, "fit": seconds, "peak": resident("VmHWM"), "cost": clf.loss_, "path": clf.history_.path}


CONTENDERS = {"gpunn, files": streamed, "gpunn, in memory": in_memory, "XGBoost, external memory": boosted}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows that are written to an empty FOLDER")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--limit", type=int, help="megabytes of memory in the last part")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    options = parser.parse_args()
    if not TOLD:
        raise SystemExit("only Linux tells the peak of the memory of a process, in /proc")
    if options.epochs < 2:
        parser.error("--epochs: at least 2, for the first is left out of the median")
    if not sorted(options.folder.glob("*.parquet")):
        write(options.folder, options.rows)
    paths = sorted(options.folder.glob("*.parquet"))
    size, n_rows = sum(path.stat().st_size for path in paths), sum(map(rows_of, paths))
    found, rows = {}, []
    for name in options.only:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one = found[name] = fresh(CONTENDERS[name], str(options.folder), options.epochs)
        speed, peak = f"{n_rows / one['epoch']:,.0f}", f"{one['peak'] / MB:,.0f} MB"
        rows.append((name, duration(one["epoch"]), speed, duration(one["fit"]), peak))
        print(*rows[-1], flush=True)
    network = "-".join(map(str, (COLUMNS, *HIDDEN, 10)))
    last = ""
    if options.limit:
        one = found["limited"] = fresh(limited, str(options.folder), options.limit * 10**6)
        last = (
            f"\nAt most {options.limit:,} MB of memory: an epoch of {COLUMNS}-32-10 on {one['rows']:,} rows, which "
            f"take {one['rows'] * COLUMNS * 4 / 1e9:.1f} GB, with the first pass: {duration(one['fit'])}, peak of "
            f"resident memory {one['peak'] / MB:,.0f} MB, cost {one['cost']:.3f}.\n"
        )
        print(last, flush=True)
    text = "\n".join((
        heading(f"{n_rows:,} rows of {COLUMNS} columns, {size / 1e9:.2f} GB of Parquet", typed("streams")),
        f"{network}, Adam, batches of 256, {options.epochs} epochs; XGBoost {ROUNDS} rounds of 10 trees.\n",
        markdown(("trained on", "epoch or round", "rows a second", "fit", "peak of resident memory"), rows),
        last,
    ))  # fmt: skip
    publish(text, "streams-cpu", options.write, found)


if __name__ == "__main__":
    main()
