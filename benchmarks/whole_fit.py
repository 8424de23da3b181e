"""Time of a whole fit, from the call to its end, with all that is compiled on the way; gpunn beside its peers.

    python -m benchmarks.whole_fit [--rounds 5] [--cache common|full|own] [--only "60000 x 784"] [--write]

ReLU layers, softmax, Adam, float32 but for scikit-learn's float64, batches of 128, the same number of epochs for all.
Every fit is in a fresh process, in which the libraries have been imported; PyTorch's and JAX's loops are those of
`benchmarks.contenders`. Contenders take turns, and each ratio is the median of the ratios within a round.

gpunn keeps compiled code on disk. With ``--cache common``, the default, only what all networks share is there, so that
each fit compiles what its own network needs, if it compiles; with ``full`` all of it is there; ``own`` is the cache of
the user, as it is.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.contenders import Jax, Torch
from benchmarks.contenders import Work as Steps
from benchmarks.peak import fresh
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed

BATCH = 128


class Fit(NamedTuple):
    """Rows, columns, hidden layers, classes and epochs of a training."""

    n: int
    d: int
    hidden: tuple[int, ...]
    n_classes: int
    epochs: int

    @property
    def name(self) -> str:
        return f"{self.n} x {self.d}, {self.hidden}, {self.epochs} epochs"


FITS = (
    Fit(2_000, 20, (100,), 3, 60),
    Fit(30_000, 100, (100,), 10, 20),
    Fit(60_000, 784, (256,), 10, 5),
    Fit(60_000, 784, (256, 128), 10, 10),
    Fit(200_000, 54, (64, 64), 7, 5),
)


def data(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose classes a network can learn in part."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((fit.n, fit.d), dtype=np.float32)
    return X, (X @ rng.standard_normal((fit.d, fit.n_classes)) + rng.gumbel(size=(fit.n, fit.n_classes))).argmax(axis=1)


def of_estimator(kind: Any, fit: Fit) -> tuple[float, str]:
    X, y = data(fit)
    clf = kind(fit.hidden, batch_size=BATCH, max_iter=fit.epochs, n_iter_no_change=fit.epochs, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged
        began = time.perf_counter()
        clf.fit(X, y)
    return time.perf_counter() - began, getattr(getattr(clf, "history_", None), "path", "")


def gpunn(fit: Fit, cache: str | None) -> tuple[float, str]:
    """Seconds, and how the steps were computed."""
    if cache is not None:
        os.environ["XDG_CACHE_HOME"] = cache
    from gpunn import MLPClassifier

    return of_estimator(MLPClassifier, fit)


def scikit_learn(fit: Fit, cache: str | None) -> tuple[float, str]:
    from sklearn.neural_network import MLPClassifier

    return of_estimator(MLPClassifier, fit)


def of_loop(kind: Any, fit: Fit) -> tuple[float, str]:
    n_steps = fit.n // BATCH  # all of a size, for JAX's scan
    contender = kind(Steps((fit.d, *fit.hidden, fit.n_classes), BATCH, n_steps))
    rng = np.random.default_rng(0)
    began = time.perf_counter()
    for _ in range(fit.epochs):
        contender.epoch(rng.permutation(n_steps * BATCH))
    return time.perf_counter() - began, ""


def torch(fit: Fit, cache: str | None) -> tuple[float, str]:
    import torch  # noqa: F401 - before the time is taken

    return of_loop(Torch, fit)


def jax(fit: Fit, cache: str | None) -> tuple[float, str]:
    import jax

    jax.numpy.zeros(1).block_until_ready()  # it starts before the time is taken
    return of_loop(Jax, fit)


CONTENDERS = {
    "gpunn": ("gpunn", gpunn),
    "scikit-learn": ("sklearn", scikit_learn),
    "PyTorch": ("torch", torch),
    "JAX": ("jax", jax),
}


def shared(cache: str) -> None:
    """Compile what all networks share."""
    os.environ["XDG_CACHE_HOME"] = cache
    with contextlib.suppress(ImportError):
        from gpunn.compile.cpu import kernels, program, runtime

        runtime.loaded("float32")
        program.loaded({"gather": kernels.gather("gather", np.dtype("float32"), "float32")}, "float32")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", choices=("common", "full", "own"), default="common")
    parser.add_argument("--only", default="", help="fits whose names contain this")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    options = parser.parse_args()
    installed = {name: f for name, (needs, f) in CONTENDERS.items() if importlib.util.find_spec(needs)}
    rows, results = [], {}
    with tempfile.TemporaryDirectory() as folder:
        common = Path(folder, "common")
        fresh(shared, str(common))
        for fit in (fit._replace(n=int(fit.n * options.scale)) for fit in FITS if options.only in fit.name):
            found: dict[str, list[float]] = {name: [] for name in installed}
            path = ""
            if options.cache == "full":
                fresh(gpunn, fit, str(common))
            for round_ in range(options.rounds):
                for name, function in installed.items():
                    cache = Path(folder, f"{fit.name} {round_}")
                    shutil.copytree(common, cache, dirs_exist_ok=True)
                    seconds, said = fresh(function, fit, None if options.cache == "own" else str(cache))
                    found[name].append(seconds)
                    path = said or path
            ratios = [f"{ratio(found['gpunn'], found[name]):.2f}" for name in installed if name != "gpunn"]
            rows.append((fit.name, path, duration(statistics.median(found["gpunn"])), *ratios))
            results[fit.name] = found
    peers = [f"of {name}" for name in installed if name != "gpunn"]
    text = "\n".join((
        heading(f"Whole fits, cache: {options.cache}", typed("whole_fit")),
        markdown(("fit", "steps", "gpunn", *peers), rows),
        f"\nMedians of {options.rounds} rounds, each fit in a process of its own.",
    ))  # fmt: skip
    publish(text, f"whole-fit-cpu-{options.cache}", options.write, results)


if __name__ == "__main__":
    main()
