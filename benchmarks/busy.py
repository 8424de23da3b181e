"""A fit on a machine that others keep busy, beside the same fit while it is idle.

    python -m benchmarks.busy [--write]

20,000 rows of 30 numbers, one hidden layer of 100, 10 epochs of Adam in batches of 200, by gpunn and by scikit-learn.
Neighbours are processes that multiply matrices, each with one thread. Every round times each fit twice: while the
neighbours rest, and while they work. Fair shares of the cores would make a fit with one thread (neighbours + 1) / cores
times as long.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
import warnings
from collections.abc import Generator
from importlib import import_module
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from benchmarks.turns import Race
from gpunn.devices.quota import usable

MODULES = {"gpunn": "gpunn", "scikit-learn": "sklearn.neural_network"}
WHENS = ("idle", "busy")


def multiply(working: Any, dtype: str, threads: int) -> None:
    """Multiply matrices for as long as the event is set; else rest."""
    threadpool_limits(threads, user_api="blas")
    a = np.random.default_rng(0).normal(size=(1000, 1000)).astype(dtype)
    while working.wait():
        a @ a


def fits(module: str, rows: int, dtype: str) -> Generator[float | None]:
    """Seconds of each fit."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 30)).astype(dtype)
    y = X @ rng.normal(size=30) + rng.normal(size=rows) > 0
    clf = import_module(module).MLPClassifier((100,), max_iter=10, tol=0, random_state=0)
    yield None
    while True:
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # to end at the limit is the plan
            clf.fit(X, y)
        yield time.perf_counter() - began


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--neighbours", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1, help="of each neighbour")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    context = multiprocessing.get_context("spawn")
    working = context.Event()
    neighbours = [
        context.Process(target=multiply, args=(working, options.dtype, options.threads), daemon=True)
        for _ in range(options.neighbours)
    ]
    for neighbour in neighbours:
        neighbour.start()
    race = Race({name: (fits, module, options.rows, options.dtype) for name, module in MODULES.items()})
    race.run(1, warm_up=0)
    times: dict[str, dict[str, list[float]]] = {when: {name: [] for name in MODULES} for when in WHENS}
    for _ in range(options.rounds):
        for when in WHENS:
            if when == "busy":
                working.set()
            for name, seconds in race.run(1, warm_up=0).items():
                times[when][name] += seconds
            working.clear()
    race.close()
    for neighbour in neighbours:
        neighbour.terminate()
        neighbour.join()
    rows = [(when, *(duration(statistics.median(times[when][name])) for name in MODULES)) for when in WHENS]
    rows.append(("busy / idle", *(f"{ratio(times['busy'][name], times['idle'][name]):.1f}" for name in MODULES)))
    said = "" if load is None else f" The load of the machine before the first round was {load:.1f}."
    text = "\n".join((
        heading("A fit on a busy machine", typed("busy")),
        markdown((f"{options.rows:,} x 30, hidden (100,), {options.dtype}", *MODULES), rows),
        f"\nMedians of {options.rounds} rounds, the ratio that within a round. Busy: {options.neighbours} neighbours "
        f"of {options.threads} thread(s) that multiply matrices; with fair shares of {usable()} cores a fit with "
        f"one thread takes {max(1, (options.neighbours * options.threads + 1) / usable()):.1f} times as long.{said}",
    ))  # fmt: skip
    publish(text, "busy-cpu", options.write, {**times, "load before": load})


if __name__ == "__main__":
    main()
