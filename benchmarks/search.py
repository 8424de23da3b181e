"""A grid search on one process and on two: the same results, and no more threads than cores.

    python -m benchmarks.search [--write]

GridSearchCV over 4 settings of 64-64-10 and 64-128-10 on 1,797 digits, 3 folds, 150 epochs each. The time on two
processes is divided by half of that on one, so 1 is perfect; the processes are there already, as in a second search.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier

GRID = {"hidden_layer_sizes": [(64,), (128,)], "alpha": [1e-4, 1e-2]}


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
    share = 2 * ratio(two, one)
    row = (duration(float(np.median(one))), duration(float(np.median(two))), f"{share:.2f}")
    text = "\n".join((
        heading("A grid search on one process and on two", typed("search")),
        markdown(("one process", "two processes", "two, of half of one"), [row]),
        f"\nMedians of {options.rounds} rounds. All scores are the same.",
    ))  # fmt: skip
    publish(text, "search-cpu", options.write, {"one": one, "two": two})


if __name__ == "__main__":
    main()
