"""Few rows: the time of ``predict_proba`` that a service waits for, one row or a hundred at a time.

    python -m benchmarks.few_rows [--write]

Arrays of 64 numbers, by 64-100-10 with ReLU and softmax, and rows of a pandas frame of 3 columns (one of text) and of
19 (nine of text), by a hidden layer of 100. Contenders are gpunn's MLPClassifier, whose predictions are compiled by
default, the same by arrays (``compile=False``), and scikit-learn's, for frames behind a ColumnTransformer of
OneHotEncoder and StandardScaler; on arrays all have the same weights and are first checked to give the same
probabilities. They take turns in one process, and a turn is the median of many calls.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.neural_network import MLPClassifier as SklearnMLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from gpunn import MLPClassifier

SIZES = (64, 100, 10)
TRAINING_ROWS = 1000

Predict = Callable[[Any], Any]


def taught(Classifier: Callable[..., Any], X: Any, y: np.ndarray, **settings: Any) -> Any:
    """A classifier of either library after one epoch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one epoch is the plan
        return Classifier(SIZES[1:-1], max_iter=1, random_state=0, **settings).fit(X, y)


def by_gpunn(X: Any) -> tuple[Any, dict[str, Predict]]:
    """A classifier, and its prediction as it comes and by arrays."""
    ours, by_arrays = (taught(MLPClassifier, X, labels(), compile=compile) for compile in ("auto", False))
    by_arrays.theta_ = ours.theta_
    return ours, {"gpunn": ours.predict_proba, "gpunn, by arrays": by_arrays.predict_proba}


def labels() -> np.ndarray:
    return np.arange(TRAINING_ROWS) % SIZES[-1]


def of_arrays(dtype: str) -> tuple[np.ndarray, dict[str, Predict]]:
    """Rows, and the contenders with the weights of gpunn's classifier."""
    X = np.random.default_rng(0).standard_normal((TRAINING_ROWS, SIZES[0])).astype(dtype)
    (ours, contenders), theirs = by_gpunn(X), taught(SklearnMLPClassifier, X, labels())
    theirs.coefs_, theirs.intercepts_ = ours.coefs_, ours.intercepts_
    contenders["scikit-learn"] = theirs.predict_proba
    first, *others = (predict(X) for predict in contenders.values())
    if not all(np.allclose(first, other, rtol=1e-3, atol=1e-6) for other in others):
        raise SystemExit("not the same work: the contenders give other probabilities")
    return X, contenders


def of_frames(n_numbers: int, n_texts: int) -> tuple[pd.DataFrame, dict[str, Predict]]:
    """Rows, and the contenders."""
    rng = np.random.default_rng(0)
    numbers = {f"number{i}": rng.standard_normal(TRAINING_ROWS) for i in range(n_numbers)}
    texts = {f"text{i}": rng.choice(["red", "green", "blue", "white"], TRAINING_ROWS) for i in range(n_texts)}
    X = pd.DataFrame({**numbers, **texts})
    encode = ColumnTransformer(
        [("numbers", StandardScaler(), list(numbers)), ("texts", OneHotEncoder(handle_unknown="ignore"), list(texts))]
    )
    theirs = make_pipeline(encode, SklearnMLPClassifier(SIZES[1:-1], max_iter=1, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(X, labels())
    return X, by_gpunn(X)[1] | {"scikit-learn": theirs.predict_proba}


WORK: dict[str, Callable[[], tuple[Any, dict[str, Predict]]]] = {
    "64 numbers, float64": lambda: of_arrays("float64"),
    "64 numbers, float32": lambda: of_arrays("float32"),
    "frame of 3 columns": lambda: of_frames(2, 1),
    "frame of 19 columns": lambda: of_frames(10, 9),
}


def turn(predict: Predict, X: Any, calls: int) -> float:
    """The median of the seconds of some calls."""
    found = []
    for _ in range(calls):
        began = time.perf_counter()
        predict(X)
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100], help=f"at most {TRAINING_ROWS:,}")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=50, help="in a turn")
    options = parser.parse_args()
    lines, numbers = [], {}
    for name, build in WORK.items():
        X, contenders = build()
        for n in options.rows:
            few = X[:n]
            found: dict[str, list[float]] = {contender: [] for contender in contenders}
            for round_ in range(options.rounds + 1):
                for contender, predict in contenders.items():
                    seconds = turn(predict, few, options.calls)
                    if round_:  # the first brings code and data into memory
                        found[contender].append(seconds)
            numbers[f"{name}, {n} rows"] = found
            *ours, theirs = found.values()
            cells = [duration(statistics.median(times)) for times in found.values()]
            lines.append((name, f"{n:,}", *cells, *(f"{ratio(times, theirs):.2f}" for times in ours)))
            print(*lines[-1], flush=True)
    note = (
        f"Medians of {options.rounds} turns of {options.calls} calls; ratios are those of gpunn to scikit-learn "
        "within a round."
    )
    table = markdown(("X", "rows", *found, "gpunn, ratio", "by arrays, ratio"), lines)
    publish(f"{heading('Probabilities of few rows', typed('few_rows'))}\n{table}\n\n{note}", "few-rows-cpu",
            options.write, numbers)  # fmt: skip


if __name__ == "__main__":
    main()
