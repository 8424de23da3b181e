"""One side of `benchmarks.builds`: the gpunn of a folder, in a process of its own, one turn for each line it reads.

A line is written when it is ready and at the end of each turn: the seconds that the turn took. After the last line of
input the process ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gpunn import MLPClassifier

TURNS_OF_A_FIT = 5
CALLS = {1: 300, 100: 200, 20_000: 5}  # of predict_proba in a turn, by the number of rows


def tell(seconds: float) -> None:
    print(seconds, flush=True)


def wait() -> None:
    if not sys.stdin.readline():
        os._exit(0)  # in the middle of a fit


def data(n: int, sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, sizes[0]), dtype=np.float32), rng.integers(0, sizes[-1], n)


def epochs(sizes: list[int], batch: int, n_steps: int, dropout: float = 0.0) -> None:
    """Turns are the epochs of one fit."""
    began = 0.0

    def callback(_: Any) -> None:
        nonlocal began
        tell(time.perf_counter() - began)
        wait()
        began = time.perf_counter()

    MLPClassifier(
        sizes[1:-1], batch_size=batch, dropout=dropout, max_iter=10**6, n_iter_no_change=np.inf, random_state=0,
        compile=True, callback=callback,
    ).fit(*data(batch * n_steps, sizes))  # fmt: skip


def fit(n: int, sizes: list[int], n_epochs: int, settings: dict[str, Any]) -> None:
    """Turns are the fifths of a fit: the first prepares it too, the last ends with its return."""
    began, epoch = 0.0, 0
    last_epochs = [n_epochs * turn // TURNS_OF_A_FIT for turn in range(1, TURNS_OF_A_FIT)]

    def callback(_: Any) -> None:
        nonlocal began, epoch
        epoch += 1
        if epoch in last_epochs:
            tell(time.perf_counter() - began)
            wait()
            began = time.perf_counter()

    X, y = data(n, sizes)
    clf = MLPClassifier(
        sizes[1:-1], batch_size=128, max_iter=n_epochs, n_iter_no_change=n_epochs, random_state=0,
        callback=callback, **settings,
    )  # fmt: skip
    tell(0)
    wait()
    began = time.perf_counter()
    clf.fit(X, y)
    tell(time.perf_counter() - began)


def predictions(n: int, sizes: list[int]) -> None:
    """Turns are a number of predictions."""
    clf = MLPClassifier(sizes[1:-1], max_iter=1, random_state=0).fit(*data(1000, sizes))
    X, _ = data(n, sizes)
    clf.predict_proba(X)
    tell(0)
    while True:
        wait()
        began = time.perf_counter()
        for _ in range(CALLS[n]):
            clf.predict_proba(X)
        tell((time.perf_counter() - began) / CALLS[n])


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # what is trained for a time has not converged
    kinds: dict[str, Callable[..., None]] = {"epochs": epochs, "fit": fit, "predictions": predictions}
    kinds[sys.argv[1]](*json.loads(sys.argv[2]))
