"""A grid search on one process and on two, and settings side by side: the same results, no more threads than cores.

    python -m benchmarks.search [--write]

GridSearchCV over 4 settings of 64-64-10 and 64-128-10 on 1,797 digits, 3 folds, 150 epochs each. The time on two
processes is divided by half of that on one, so 1 is perfect; the processes are there already, as in a second search.

`fit_many` trains 16 settings of 64-64-10 that differ in learning rate and penalty, in float32 with 60 epochs each, in
batches of 200 rows and of 32; it is held against a fit of one of them, and against 16 fits one after the other.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, ParameterGrid

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier, fit_many

GRID = {"hidden_layer_sizes": [(64,), (128,)], "alpha": [1e-4, 1e-2]}
COLUMNS = ("steps", "batch", "one", "16 side by side", "16 one by one", "side by side / one", "one by one / one")
SIDE_BY_SIDE = list(ParameterGrid({"learning_rate_init": [3e-4, 1e-3, 3e-3, 1e-2], "alpha": [1e-4, 1e-3, 1e-2, 1e-1]}))


def settings_side_by_side(
    compiled: bool, batch_size: int, X: np.ndarray, y: np.ndarray, epochs: int, rounds: int
) -> dict[str, list[float]]:
    """Seconds of one fit, of all settings side by side, and of a fit for each."""
    clf = MLPClassifier((64,), max_iter=epochs, batch_size=batch_size, tol=0, n_iter_no_change=epochs, random_state=0)
    clf.set_params(compile=compiled)
    ways = {
        "one": lambda: [clone(clf).set_params(**SIDE_BY_SIDE[0]).fit(X, y)],
        "side by side": lambda: fit_many(clf, X, y, SIDE_BY_SIDE),
        "one by one": lambda: [clone(clf).set_params(**setting).fit(X, y) for setting in SIDE_BY_SIDE],
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(rounds + 1):
        found = {}
        for name, way in ways.items():
            began = time.perf_counter()
            found[name] = way()
            if round_:  # the first one compiles
                taken[name].append(time.perf_counter() - began)
        together, alone = (
            np.array([clf.predict_proba(X) for clf in found[name]]) for name in ("side by side", "one by one")
        )
        # Rounding may take a pre-activation across the kink of ReLU, after which some probabilities differ visibly; but
        # each network has to be nearest to that of its own setting.
        apart = np.array([np.abs(alone - one).mean(axis=(1, 2)) for one in together])
        if np.any(apart.argmin(axis=1) != np.arange(len(apart))) or np.diagonal(apart).max() > 1e-3:
            raise SystemExit("settings side by side gave other probabilities than alone")
    return taken


def search(n_jobs: int, X: np.ndarray, y: np.ndarray, epochs: int) -> tuple[float, np.ndarray]:
    """Seconds, and the scores of all settings and folds."""
    clf = MLPClassifier(max_iter=epochs, tol=0, n_iter_no_change=epochs, random_state=0)
    found = GridSearchCV(clf, GRID, n_jobs=n_jobs, cv=3, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # to end at the limit is the plan
        began = time.perf_counter()
        found.fit(X, y)
    scores = [found.cv_results_[f"split{i}_test_score"] for i in range(3)]
    return time.perf_counter() - began, np.array(scores)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=150)
    options = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")
    search(2, X, y, 1)  # starts the processes
    one, two = [], []
    for _ in range(options.rounds):
        (a, scores), (b, same) = search(1, X, y, options.epochs), search(2, X, y, options.epochs)
        if not np.array_equal(scores, same):
            raise SystemExit("two processes found other scores than one")
        one.append(a)
        two.append(b)
    numbers: dict[str, Any] = {"one": one, "two": two}
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for compiled in (True, False):
            for batch_size in (200, 32):
                epochs = min(options.epochs, 60)
                found = settings_side_by_side(compiled, batch_size, X, y, epochs, options.rounds)
                path = "compiled" if compiled else "arrays"
                numbers[f"{path}, {batch_size}"] = found
                times = [duration(float(np.median(taken))) for taken in found.values()]
                ratios = (ratio(found[name], found["one"]) for name in ("side by side", "one by one"))
                rows.append((path, batch_size, *times, *(f"{share:.1f}" for share in ratios)))
    share = 2 * ratio(two, one)
    row = (duration(float(np.median(one))), duration(float(np.median(two))), f"{share:.2f}")
    text = "\n".join((
        heading("A grid search on one process and on two", typed("search")),
        markdown(("one process", "two processes", "two, of half of one"), [row]),
        f"\nMedians of {options.rounds} rounds. All scores are the same.\n",
        markdown(COLUMNS, rows),
    ))  # fmt: skip
    publish(text, "search-cpu", options.write, numbers)


if __name__ == "__main__":
    main()
