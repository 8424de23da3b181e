"""Cost of checkpoints: epochs of one training, after every second of which a checkpoint is written.

    python -m benchmarks.checkpoints [mnist.npz] [--hidden 1024 1024] [--batch 256] [--epochs 31] [--write]

Epochs with and without a checkpoint follow each other, so that what else the machine does disturbs both alike: whole
fits, one after the other, differ by more than a checkpoint costs. The ratios are those of neighbours.
"""

from __future__ import annotations

import statistics
import tempfile
import warnings
from pathlib import Path

import numpy as np

from benchmarks.recording import data
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier


def seconds_of_epochs(
    X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], batch: int, epochs: int
) -> dict[str, list[float]]:
    """Seconds of the epochs of a fit but for the first, without and with a checkpoint."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few epochs have not converged
        clf = MLPClassifier(hidden, batch_size=batch, max_iter=epochs, n_iter_no_change=np.inf, random_state=0)
        clf.set_params(checkpoint=Path(folder) / "run", checkpoint_every=2).fit(X, y)
    # From the end of one epoch to that of the next; what follows epochs 2, 4, ... begins with a checkpoint.
    seconds = np.diff(clf.history_.seconds).tolist()
    n = len(seconds) // 2
    return {"without": seconds[0 : 2 * n : 2], "with": seconds[1 : 2 * n : 2]}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("data", nargs="?", help="an .npz file with X of 784 columns and y; random pixels without")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--hidden", type=int, nargs="+", default=[1024, 1024])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=31)
    options = parser.parse_args()
    if options.epochs < 3:
        parser.error(f"--epochs {options.epochs}: at least 3 are needed, for one with a checkpoint and one without")
    X, y = data(options.data, options.rows)
    hidden = tuple(options.hidden)
    found = seconds_of_epochs(X, y, hidden, options.batch, options.epochs)
    network = "-".join(map(str, (X.shape[1], *hidden, len(np.unique(y)))))
    rows = [
        (f"{name} checkpoint", duration(statistics.median(seconds)), f"{ratio(seconds, found['without']):.3f}")
        for name, seconds in found.items()
    ]
    text = "\n".join((
        heading(f"Cost of checkpoints, {network}, batch {options.batch}, {len(y):,} rows", typed("checkpoints")),
        markdown(("epochs", "median", "ratio"), rows),
        f"\n{len(found['with'])} epochs of each kind; Adam.",
    ))  # fmt: skip
    publish(text, "checkpoints-cpu", options.write, found)


if __name__ == "__main__":
    main()
