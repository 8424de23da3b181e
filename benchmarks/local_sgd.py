"""Training on a Dask cluster of this machine, one thread a worker, beside one process with one thread.

    python -m benchmarks.local_sgd [--workers 2] [--rows 200000] [--epochs 5] [--steps 4 16 64 256]
        [--rounds 3] [--write]

Rows of 50 random numbers, whose 5 classes are those of a random network with 64 tanh units, are classified by
50-128-128-5, Adam, float32, batches of 200 rows, compiled. Local SGD averages the weights of the workers after each of
the numbers of ``--steps``. "lbfgs" sums the gradients of all rows at each evaluation. All cases run in turn,
``--rounds`` times; speeds are medians, over the epochs or iterations after the first, beside one process in the same
round. The accuracy is that on 20,000 other rows.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import warnings
from typing import Any

import numpy as np

from benchmarks.tables import arguments, heading, markdown, publish, typed

N_COLUMNS, N_CLASSES, N_TEST, ITERATIONS = 50, 5, 20_000, 20
HIDDEN = (128, 128)


def rows_of(n: int) -> tuple[np.ndarray, np.ndarray]:
    """X (n, d) and the labels (n,) of a random network."""
    rng = np.random.default_rng(0)
    W, V = rng.normal(size=(N_COLUMNS, 64)) / np.sqrt(N_COLUMNS), rng.normal(size=(64, N_CLASSES))
    X = rng.standard_normal((n, N_COLUMNS), dtype=np.float32)
    return X, np.argmax(np.tanh(3 * X @ W) @ V, axis=1)


def measure(n_workers: int, n: int, epochs: int, steps: int) -> None:
    """Print seconds of an epoch, or for ``steps`` of 0 of an iteration of "lbfgs", and the accuracy.

    ``n_workers`` of 0 trains in this process.
    """
    from gpunn import MLPClassifier

    X, y = rows_of(n + N_TEST)
    settings: dict[str, Any] = {"solver": "lbfgs", "max_iter": ITERATIONS}
    if steps:
        settings = {"max_iter": epochs, "local_steps": steps, "n_iter_no_change": epochs}
    clf = MLPClassifier(HIDDEN, random_state=0, compile=True, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if n_workers:
            import dask.array as da
            from distributed import Client, LocalCluster

            chunk = n // (4 * n_workers)
            with (
                LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0") as cluster,
                Client(cluster),
            ):
                clf.fit(da.from_array(X[:n], chunks=(chunk, N_COLUMNS)), da.from_array(y[:n], chunks=chunk))
        else:
            clf.fit(X[:n], y[:n])
    seconds = float(statistics.median(np.diff(clf.history_.seconds)))
    print(json.dumps({"seconds": seconds, "accuracy": clf.score(X[n:], y[n:]), "path": clf.history_.path}))


def run(n_workers: int, n: int, epochs: int, steps: int) -> dict[str, Any]:
    """The result of `measure` in a process of its own."""
    code = f"from benchmarks.local_sgd import measure; measure({n_workers}, {n}, {epochs}, {steps})"
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    end = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, text=True)
    found: dict[str, Any] = json.loads(end.stdout)
    return found


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--steps", type=int, nargs="+", default=[4, 16, 64, 256])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds: list[dict[str, Any]] = []
    for _ in range(options.rounds):
        found = {}
        for steps in (*options.steps, 0):
            for n_workers in (0, options.workers) if steps in (options.steps[0], 0) else (options.workers,):
                name = f"{n_workers} {steps if n_workers or not steps else 1}"
                found[name] = run(n_workers, options.rows, options.epochs, steps)
                print(name, found[name], file=sys.stderr, flush=True)
        rounds.append(found)

    def row(label: str, name: str, alone: str) -> tuple[str, ...]:
        own = [found[name] for found in rounds]
        speed = statistics.median(found[alone]["seconds"] / found[name]["seconds"] for found in rounds)
        accuracy = statistics.mean(one["accuracy"] for one in own)
        return label, f"{statistics.median(one['seconds'] for one in own):.3f} s", f"{speed:.2f}", f"{accuracy:.2%}"

    n = options.workers
    lines = [row("Adam, one process", "0 1", "0 1")]
    lines += [row(f"Adam, {n} workers, averages every {k} steps", f"{n} {k}", "0 1") for k in options.steps]
    lines += [row("lbfgs, one process", "0 0", "0 0"), row(f"lbfgs, {n} workers", f"{n} 0", "0 0")]
    names = ("training", "seconds of an epoch or iteration", "speed, one process = 1", "accuracy on other rows")
    text = "\n\n".join((
        heading("Training on a Dask cluster", typed("local_sgd")).rstrip(),
        markdown(names, lines),
        f"{options.rows:,} rows of {N_COLUMNS} numbers, 50-128-128-5, float32, batches of 200 rows, compiled; Adam for "
        f"{options.epochs} epochs, lbfgs for {ITERATIONS} iterations; medians of {options.rounds} rounds, one thread a "
        "process.",
    ))  # fmt: skip
    publish(text, "local-sgd-cpu", options.write, rounds)


if __name__ == "__main__":
    main()
