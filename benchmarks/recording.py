"""What the recording of layers costs: 784-256-128-10, ReLU, Adam, batch 128, 60,000 rows an epoch.

    python -m benchmarks.recording [mnist.npz] [--arrays] [--write]

One training, in which every other epoch ends with an entry of the recording: epochs with and without take turns, and
the ratio is that of their times within a pair. The training is compiled where that goes, which makes epochs short and
the recording dear, unless ``--arrays`` is given.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier, blueprint, get_device
from gpunn.labels import Labels
from gpunn.training.data import Rows
from gpunn.training.history import History
from gpunn.training.layers import Recorder


def data(path: str | None, n: int) -> tuple[np.ndarray, np.ndarray]:
    """X float32 (n, 784) and y: of an .npz file, or random."""
    if path is not None:
        file = np.load(path)
        return file["X"][:n].reshape(-1, 784) / np.float32(255), file["y"][:n]
    rng = np.random.default_rng(0)
    return rng.random((n, 784), np.float32), rng.integers(0, 10, n)


def times(
    X: np.ndarray, y: np.ndarray, rounds: int, hidden: tuple[int, ...], compiled: bool
) -> tuple[dict[str, list[float]], str]:
    """Seconds of epochs with a recording, of those without, and of the recordings; and how steps were computed."""
    clf = MLPClassifier(hidden, batch_size=128, max_iter=2 * rounds + 2, n_iter_no_change=np.inf, random_state=0)
    device, labels = get_device("cpu"), Labels.learn(y)
    objective = blueprint.objective(clf, X.shape[1], labels)
    theta = blueprint.start(clf, objective.network, 0, device, "float32")
    rows = Rows(X, labels.targets(y, objective.network.sizes[-1], "float32"))
    recorder = Recorder(device, objective, rows.X, rows.T, theta)
    taken: list[float] = []

    def watch(history: History, theta: np.ndarray) -> str:
        began = time.perf_counter()
        if history.n_iter % 2:
            recorder.take(theta, -(-len(y) // 128), history.learning_rate[-1])
            taken.append(time.perf_counter() - began)
        return ""

    loop = replace(blueprint.minibatch(clf, objective.network, len(y), 0), compiled=compiled)
    progress = loop.run(device, objective, loop.start(device, theta), rows, None, watch)
    # a time is noted before the watch is called: from entry to entry goes the recording of the first, and an epoch
    spans = np.diff(progress.history.seconds)
    found = {"without": spans[1::2].tolist(), "with": spans[2::2].tolist(), "recording": taken[1:]}
    return found, progress.history.path


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("data", nargs="?", help="an .npz file with X of 784 columns and y; random pixels without")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--hidden", type=int, nargs="+", default=[256, 128])
    parser.add_argument("--arrays", action="store_true", help="steps as arrays: do not compile them")
    options = parser.parse_args()
    X, y = data(options.data, options.rows)
    found, path = times(X, y, options.rounds, tuple(options.hidden), not options.arrays)
    more = ratio(found["with"], found["without"])
    row = [duration(statistics.median(found[name])) for name in ("without", "with", "recording")]
    network = "-".join(map(str, (X.shape[1], *options.hidden, len(np.unique(y)))))
    text = "\n".join((
        heading(f"Recording of layers, {network}, batch 128, {len(y):,} rows", typed("recording")),
        markdown(("an epoch", "with a recording", "the recording alone", "ratio"), [(*row, f"{more:.3f}")]),
        f"\nMedians of {options.rounds} pairs of epochs; the ratio is that within a pair. Steps: {path}.",
    ))  # fmt: skip
    publish(text, "recording-cpu", options.write, found)


if __name__ == "__main__":
    main()
