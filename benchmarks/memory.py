"""Memory that training takes beyond the data, on 60,000 rows of 784.

    python -m benchmarks.memory [--write]

Each training, 784-256-10, Adam, batch 128, 2 epochs, all else default, is the first and only one in its process. What
counts is the most memory that the process has at any time of ``fit``, less what it had before, with the data made and
the library imported.
"""

from __future__ import annotations

import importlib
import warnings

import numpy as np

from benchmarks.peak import MB, TOLD, extra, fresh
from benchmarks.tables import arguments, heading, markdown, publish, typed

MODULES = {"gpunn": "gpunn", "scikit-learn": "sklearn.neural_network"}


def rows(n: int, d: int, dtype: str) -> np.ndarray:
    """Random pixels: uint8, or float32 in [0, 1)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, d), np.uint8) if dtype == "uint8" else rng.random((n, d), np.float32)


def training(library: str, n: int, d: int, hidden: int, dtype: str, early: bool) -> tuple[float, str]:
    """MB beyond the data, and how the steps were computed."""
    Classifier = importlib.import_module(MODULES[library]).MLPClassifier
    X, y = rows(n, d, dtype), np.random.default_rng(1).integers(0, 10, n)
    clf = Classifier((hidden,), batch_size=min(128, n), max_iter=2, early_stopping=early, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # to end at the limit is the plan
        _, found = extra(lambda: clf.fit(X, y))
    return found, clf.history_.path if library == "gpunn" else ""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--dtype", action="append", choices=["uint8", "float32"], help="of X; may be repeated; both")
    options = parser.parse_args()
    if not TOLD:
        raise SystemExit("only Linux tells the most memory of a piece of work, in /proc")
    n, d = options.rows, 784
    lines, numbers = [], {}
    for dtype in options.dtype or ("uint8", "float32"):
        size = n * d * np.dtype(dtype).itemsize / MB
        for early in (False, True):
            found = {name: fresh(training, name, n, d, options.hidden, dtype, early) for name in MODULES}
            numbers[f"{dtype}{', early stopping' if early else ''}"] = {name: found[name][0] for name in found}
            cells = [f"{found[name][0]:.0f} MB" for name in MODULES]
            lines.append((dtype, "yes" if early else "no", f"{size:.0f} MB", *cells, found["gpunn"][1]))
            print(*lines[-1], flush=True)
    text = "\n".join((
        heading(f"Memory of training, {n:,} rows, {d}-{options.hidden}-10, batch 128", typed("memory")),
        "The most memory during `fit`, less what there was before, X and y among it. What a library loads and keeps in"
        " its first training counts in.\n",
        markdown(("X", "early stopping", "size of X", *MODULES, "gpunn computed"), lines),
    ))  # fmt: skip
    publish(text, "memory-cpu", options.write, numbers)


if __name__ == "__main__":
    main()
