"""Cost of checkpoints: whole fits with a checkpoint after every epoch, with one an hour, and without any, in turns.

    python -m benchmarks.checkpoints [mnist.npz] [--hidden 1024 1024] [--batch 256] [--write]

With one an hour no checkpoint is written but the first and the last; the rest of the cost is that of the copy of the
state that an interrupt is answered with. The ratios are those within a round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recording import data
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier

INTERVALS = {"no checkpoint": None, "every epoch": 1, "every hour": "1h"}


def seconds_of_fit(
    X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], batch: int, epochs: int, interval: int | str | None
) -> float:
    """Seconds of one fit."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few epochs have not converged
        where: dict[str, Any] = (
            {} if interval is None else {"checkpoint": Path(folder) / "run", "checkpoint_every": interval}
        )
        clf = MLPClassifier(hidden, batch_size=batch, max_iter=epochs, n_iter_no_change=np.inf, random_state=0, **where)
        began = time.perf_counter()
        clf.fit(X, y)
        return time.perf_counter() - began


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("data", nargs="?", help="an .npz file with X of 784 columns and y; random pixels without")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hidden", type=int, nargs="+", default=[1024, 1024])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    X, y = data(options.data, options.rows)
    hidden = tuple(options.hidden)
    found: dict[str, list[float]] = {name: [] for name in INTERVALS}
    seconds_of_fit(X, y, hidden, options.batch, 1, None)  # compiles the steps
    for _ in range(options.rounds):
        for name, interval in INTERVALS.items():
            found[name].append(seconds_of_fit(X, y, hidden, options.batch, options.epochs, interval))
    network = "-".join(map(str, (X.shape[1], *hidden, len(np.unique(y)))))
    rows = [
        (name, duration(statistics.median(seconds)), f"{ratio(seconds, found['no checkpoint']):.3f}")
        for name, seconds in found.items()
    ]
    text = "\n".join((
        heading(f"Cost of checkpoints, {network}, batch {options.batch}, {len(y):,} rows", typed("checkpoints")),
        markdown(("checkpoints", f"fit of {options.epochs} epochs", "ratio"), rows),
        f"\nMedians of {options.rounds} rounds; Adam.",
    ))  # fmt: skip
    publish(text, "checkpoints-cpu", options.write, found)


if __name__ == "__main__":
    main()
