"""Cost of insight: the recording of layers, a diagnosis, a report. 784-256-128-10, ReLU, Adam, batch 128, 60,000 rows.

    python -m benchmarks.recording [mnist.npz] [--arrays] [--write]

One training, in which every other epoch ends with an entry of the recording: epochs with and without take turns, and
the ratio is that of their times within a pair. The training is compiled where that goes, which makes epochs short and
the recording dear, unless ``--arrays`` is given. The diagnosis and the report are of up to 10,000 of the rows, after a
training of one epoch.
"""

from __future__ import annotations

import statistics
import time
import warnings
from dataclasses import replace

import numpy as np

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier, get_device
from gpunn.config import build
from gpunn.data.labels import Labels
from gpunn.insight import diagnose, html_report
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.layers import Recorder
from gpunn.training.state import TrainingState

LOOKED_AT = 10_000  # rows


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
    objective = build.objective(clf, X.shape[1], labels)
    theta = build.initial_theta(clf, objective.network, 0, device, "float32")
    rows = Rows(X, labels.targets(y, objective.network.sizes[-1], "float32"))
    recorder = Recorder(device, objective, rows.X, rows.T, theta)
    taken: list[float] = []

    def record(state: TrainingState) -> str:
        began = time.perf_counter()
        if state.history.n_iter % 2:
            recorder.take(state.theta, -(-len(y) // 128), state.history.learning_rate[-1])
            taken.append(time.perf_counter() - began)
        return ""

    loop = replace(build.minibatch(clf, objective.network, len(y), 0), compiled=compiled)
    progress = training_loop.run(loop, device, objective, loop.start(device, theta), rows, None, (record,))
    # a time is noted before the monitor is called: from entry to entry goes the recording of the first, and an epoch
    spans = np.diff(progress.history.seconds)
    found = {"without": spans[1::2].tolist(), "with": spans[2::2].tolist(), "recording": taken[1:]}
    return found, progress.history.path


def looks(X: np.ndarray, y: np.ndarray, rounds: int, hidden: tuple[int, ...]) -> dict[str, list[float]]:
    """Seconds of diagnoses and of reports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one epoch has not converged
        clf = MLPClassifier(hidden, batch_size=128, max_iter=1, random_state=0).fit(X, y)
    found: dict[str, list[float]] = {"diagnose": [], "report": []}
    for _ in range(rounds):
        for name, look in (("diagnose", diagnose), ("report", html_report)):
            began = time.perf_counter()
            look(clf, X[:LOOKED_AT], y[:LOOKED_AT])
            found[name].append(time.perf_counter() - began)
    return found


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
    seen = looks(X, y, options.rounds, tuple(options.hidden))
    epoch = statistics.median(found["without"])
    costs = [
        (name, duration(statistics.median(seconds)), f"{statistics.median(seconds) / epoch:.2f}")
        for name, seconds in seen.items()
    ]
    row = [duration(statistics.median(found[name])) for name in ("without", "with", "recording")]
    network = "-".join(map(str, (X.shape[1], *options.hidden, len(np.unique(y)))))
    text = "\n".join((
        heading(f"Cost of insight, {network}, batch 128, {len(y):,} rows", typed("recording")),
        markdown(("an epoch", "with a recording", "the recording alone", "ratio"), [(*row, f"{more:.3f}")]),
        f"\nMedians of {options.rounds} pairs of epochs; the ratio is that within a pair. Steps: {path}.\n",
        markdown((f"of {min(len(y), LOOKED_AT):,} rows", "time", "epochs"), costs),
    ))  # fmt: skip
    publish(text, "recording-cpu", options.write, found | seen)


if __name__ == "__main__":
    main()
