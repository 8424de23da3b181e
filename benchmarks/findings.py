"""Whether diagnose names what is wrong with a network, and keeps still where nothing is.

    python -m benchmarks.findings FOLDER [--write] [--tables 12] [--seeds 2] [--half 0|1] [--faults NAME ...]

Every .npz file of the folder is a table as `benchmarks.frames` reads it; the data sets that scikit-learn ships join
them. Columns are encoded and standardised as gpunn does it with frames.

*Faults.* Each of the faults below is built into a sound training on several tables, by several seeds, and diagnosed on
the rows that it names. It counts as found where one of the findings that are right for it comes first or second.

*Remedies.* Where the first finding has a remedy that changes parameters or scales the inputs, it is applied by its own
words, and the log-loss of rows held out is compared with that before.

*Sound fits.* Fits with usual parameters are diagnosed on the rows that they were trained on and on others. Findings are
held against numbers that are computed here, from predictions alone; those that they contradict are counted.

*Overfitted fits.* Of the sound fits those whose accuracy on training rows is at least 10 points above that on the
others are to be told that they overfit.

Thresholds were set on half of the tables (``--half 0``); the figures are those of the other half.
"""

from __future__ import annotations

import itertools
import statistics
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn import datasets
from sklearn.base import clone
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks.frames import read
from benchmarks.tables import arguments, heading, markdown, publish, typed
from gpunn import MLPClassifier
from gpunn.features import Features
from gpunn.insight import diagnose
from gpunn.insight.remedies import change_of, scales_inputs

N_ROWS = 2500
UNSEEN = 0.32
SOUND: list[dict[str, Any]] = [
    {"solver": "adam"},
    {"solver": "lbfgs", "alpha": 1.0},
    {"solver": "adam", "early_stopping": True, "hidden_layer_sizes": (100,)},
    {"solver": "sgd", "learning_rate_init": 0.05, "hidden_layer_sizes": (30, 30), "activation": "tanh"},
    {"solver": "lbfgs", "alpha": 1e-4},
    {"solver": "bfgs", "alpha": 1.0, "hidden_layer_sizes": (20,), "activation": "sigmoid"},
    {"solver": "adamw", "hidden_layer_sizes": (64, 64), "learning_rate": "cosine", "max_iter": 60},
]


@dataclass
class Data:
    """Rows to train on and others, standardised: X (n, d) of float32 and y (n,)."""

    name: str
    X: np.ndarray
    y: np.ndarray
    X_other: np.ndarray
    y_other: np.ndarray
    rng: np.random.Generator

    @property
    def n_classes(self) -> int:
        return len(np.unique(self.y))


@dataclass
class Case:
    """A training with a fault: parameters, the rows it gets, and those that are diagnosed, by default the same."""

    parameters: dict[str, Any] = field(default_factory=dict)
    X: np.ndarray | None = None
    y: np.ndarray | None = None
    rows: tuple[np.ndarray, np.ndarray] | None = None
    validation: bool = False
    at: Literal["start", "end"] = "end"


@dataclass(frozen=True)
class Fault:
    """How it is made, and the findings that are right for it."""

    make: Callable[[Data], Case | None]
    right: tuple[str, ...]


def scaled(factor: float) -> Callable[..., np.ndarray]:
    """Initial weights, Glorot's times a factor."""

    def init(xp: Any, rng: Any, n_in: int, n_out: int) -> np.ndarray:
        return rng.normal(0, factor * np.sqrt(2 / (n_in + n_out)), (n_in, n_out))

    return init


def equal(xp: Any, rng: Any, n_in: int, n_out: int) -> np.ndarray:
    """Weights that are all the same."""
    return np.full((n_in, n_out), 0.1)


def _first_column(X: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """With another column in the place of the one that varies most evenly."""
    X = X.copy()
    j = int(np.argmax([len(np.unique(column)) for column in X.T]))
    X[:, j] = function(X[:, j])
    return X


def _codes(y: np.ndarray) -> np.ndarray:
    return np.unique(y, return_inverse=True)[1]


def _noisy(data: Data, y: np.ndarray, share: float) -> np.ndarray:
    """Labels of which a share are drawn anew, each another one."""
    codes, classes = _codes(y), np.unique(y)
    wrong = data.rng.random(len(y)) < share
    codes = np.where(wrong, (codes + data.rng.integers(1, len(classes), len(y))) % len(classes), codes)
    return classes[codes]


def few_rows(data: Data) -> Case | None:
    index = data.rng.permutation(len(data.y))[:100]
    if len(np.unique(data.y[index])) < data.n_classes:
        return None
    return Case(
        {"solver": "lbfgs", "alpha": 0.0, "hidden_layer_sizes": (200,)},
        X=data.X[index],
        y=data.y[index],
        rows=(data.X_other, data.y_other),
    )


def rare(data: Data) -> Case | None:
    """Two classes, the second of which is there once in 50 rows, and told from the first by noisy columns alone."""
    common = max(np.unique(data.y), key=lambda c: np.sum(data.y == c))

    def drawn(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first = np.flatnonzero(y == common)
        second = data.rng.permutation(np.flatnonzero(y != common))[: max(6, len(first) // 50)]
        index = np.concatenate([first, second])
        return X[index] + data.rng.normal(0, 2, (len(index), X.shape[1])).astype("float32"), (y[index] != common) * 1

    X, y = drawn(data.X, data.y)
    return Case({"alpha": 1.0}, X=X, y=y, rows=drawn(data.X_other, data.y_other))


def noise_columns(data: Data) -> Case:
    n = 10 * data.X.shape[1]
    X, other = (
        np.concatenate([A, data.rng.normal(size=(len(A), n)).astype("float32")], axis=1) for A in (data.X, data.X_other)
    )
    return Case({"solver": "lbfgs", "alpha": 1e-4}, X=X, rows=(other, data.y_other))


def idle(data: Data) -> Case | None:
    """The ten columns that vary most evenly, and forty of noise, under penalties that keep the noise out."""
    columns = np.argsort([-len(np.unique(column)) for column in data.X.T])[:10]
    X, other = (
        np.concatenate([A[:, columns], data.rng.normal(size=(len(A), 40)).astype("float32")], axis=1)
        for A in (data.X, data.X_other)
    )
    return Case({"alpha": 3.0, "l1": 1.0}, X=X, rows=(other, data.y_other))


def leak(data: Data, noise: float) -> Case:
    codes = _codes(np.concatenate([data.y, data.y_other])).astype("float32")
    codes += data.rng.normal(0, noise, len(codes)).astype("float32")
    column = ((codes - codes.mean()) / codes.std())[:, None]
    n = len(data.y)
    return Case(
        X=np.concatenate([data.X, column[:n]], axis=1),
        rows=(np.concatenate([data.X_other, column[n:]], axis=1), data.y_other),
    )


def repeats(data: Data, share: float) -> Case:
    n = int(share * len(data.y_other))
    copies = data.rng.choice(len(data.y), n, replace=False)
    other = (
        np.concatenate([data.X[copies], data.X_other[n:]]),
        np.concatenate([data.y[copies], data.y_other[n:]]),
    )
    return Case(rows=other, validation=True)


def with_columns(data: Data, columns: np.ndarray) -> Case:
    return Case(X=np.concatenate([data.X, columns.astype("float32")], axis=1))


def more_than_two(case: Case) -> Callable[[Data], Case | None]:
    return lambda data: case if data.n_classes > 3 else None


def other(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Data], Case]:
    """Rows that come otherwise than in training."""
    return lambda data: Case(rows=(function(data.X_other).astype("float32"), data.y_other))


FAULTS: dict[str, Fault] = {
    # of training
    "sgd, rate 30": Fault(
        lambda data: Case({"solver": "sgd", "learning_rate_init": 30.0}), ("diverged", "rate_too_high")
    ),
    "adam, rate 1": Fault(lambda data: Case({"learning_rate_init": 1.0}), ("diverged", "rate_too_high")),
    "sgd, rate 1e-5": Fault(
        lambda data: Case({"solver": "sgd", "learning_rate_init": 1e-5, "tol": 0, "max_iter": 60}), ("rate_too_low",)
    ),
    "adam, rate 1e-6": Fault(
        lambda data: Case({"learning_rate_init": 1e-6, "tol": 0, "max_iter": 60}), ("rate_too_low",)
    ),
    "three epochs": Fault(lambda data: Case({"max_iter": 3}), ("stopped_while_falling",)),
    "lbfgs, five iterations": Fault(lambda data: Case({"solver": "lbfgs", "max_iter": 5}), ("stopped_while_falling",)),
    "weights of 0": Fault(lambda data: Case({"weight_init": "zeros", "bias_init": "zeros"}), ("units_alike",)),
    "equal weights": Fault(
        lambda data: Case({"weight_init": equal, "bias_init": "zeros"}, at="start"),
        ("units_alike",),
    ),
    "tanh, weights of 30": Fault(
        lambda data: Case({"activation": "tanh", "weight_init": scaled(30.0), "learning_rate_init": 1e-4}),
        ("saturated_layer",),
    ),
    "sigmoid, inputs of 100": Fault(
        lambda data: Case({"activation": "sigmoid"}, X=100 * data.X), ("unscaled_inputs", "saturated_layer")
    ),
    "six layers of sigmoids": Fault(
        lambda data: Case({"activation": "sigmoid", "hidden_layer_sizes": (30,) * 6, "max_iter": 30}),
        ("vanishing_gradient",),
    ),
    "eight layers, weights of 5": Fault(
        lambda data: Case({"hidden_layer_sizes": (50,) * 8, "weight_init": scaled(5.0), "solver": "sgd"}, at="start"),
        ("exploding_gradient",),
    ),
    "dead ReLUs": Fault(
        lambda data: Case({"bias_init": lambda xp, rng, n_in, n_out: np.full(n_out, -30.0), "max_iter": 30}),
        ("dead_units",),
    ),
    "sigmoid with quadratic cost": Fault(
        lambda data: Case({"output_activation": "sigmoid", "cost": "quadratic"}), ("slowed_output",)
    ),
    "softmax with quadratic cost": Fault(
        lambda data: Case({"output_activation": "softmax", "cost": "quadratic"}), ("slowed_softmax",)
    ),
    "alpha 1e4": Fault(lambda data: Case({"alpha": 1e4}), ("penalty_dominates",)),
    "l1 of 100": Fault(lambda data: Case({"l1": 100.0}), ("penalty_dominates",)),
    "one unit, many classes": Fault(more_than_two(Case({"hidden_layer_sizes": (1,)})), ("too_narrow",)),
    "sure start": Fault(
        lambda data: Case({"weight_init": scaled(10.0)}, at="start"), ("sure_and_wrong", "exploding_gradient")
    ),
    "dropout 0.98": Fault(lambda data: Case({"dropout": 0.98}), ("too_much_dropout",)),
    "max_norm 0.02": Fault(
        lambda data: Case({"max_norm": 0.02}), ("underfitting", "no_better_than_guessing", "plateau")
    ),
    "clip_norm 1e-5": Fault(
        lambda data: Case({"solver": "sgd", "clip_norm": 1e-5, "tol": 0, "max_iter": 60}), ("rate_too_low",)
    ),
    "all rows a step": Fault(
        lambda data: Case({"batch_size": len(data.y), "solver": "sgd", "learning_rate_init": 0.1, "max_iter": 10}),
        ("batch_too_large", "stopped_while_falling"),
    ),
    "one row a step": Fault(
        lambda data: Case(
            {"batch_size": 1, "solver": "sgd", "learning_rate_init": 0.02, "max_iter": 20, "tol": 0},
            X=data.X[:800],
            y=data.y[:800],
        ),
        ("batch_too_small", "rate_too_high", "diverged"),
    ),
    "first step too long": Fault(
        lambda data: Case({"solver": "sgd", "learning_rate_init": 20.0}, at="start"), ("first_step_too_long",)
    ),
    "few rows, many units": Fault(few_rows, ("too_large", "overfitting")),
    "trained to the end": Fault(
        lambda data: Case(
            {"solver": "lbfgs", "alpha": 0.0, "hidden_layer_sizes": (100,), "max_iter": 2000},
            y=_noisy(data, data.y, 0.15),
            rows=(data.X_other, _noisy(data, data.y_other, 0.15)),
        ),
        ("overfitting", "too_large", "doubtful_labels"),
    ),
    # of data
    "inputs of 1000": Fault(lambda data: Case(X=1000 * data.X), ("unscaled_inputs",)),
    "one column of 1e4": Fault(lambda data: Case(X=_first_column(data.X, lambda x: 1e4 * x)), ("unscaled_inputs",)),
    "an offset of 100": Fault(lambda data: Case(X=_first_column(data.X, lambda x: x + 100)), ("unscaled_inputs",)),
    "inputs of 0.001": Fault(lambda data: Case(X=0.001 * data.X), ("unscaled_inputs",)),
    "constant columns": Fault(lambda data: with_columns(data, np.full((len(data.y), 5), 3.0)), ("constant_inputs",)),
    "columns twice": Fault(
        lambda data: with_columns(data, data.X[:, [np.argmax([len(np.unique(c)) for c in data.X.T])] * 3]),
        ("duplicate_inputs",),
    ),
    "shuffled labels": Fault(
        lambda data: Case({"early_stopping": True}, y=data.rng.permutation(data.y), rows=(data.X_other, data.y_other)),
        ("no_better_than_guessing", "plateau", "overfitting"),
    ),
    "shuffled labels, learned": Fault(
        lambda data: Case(
            {"solver": "lbfgs", "alpha": 0.0, "hidden_layer_sizes": (100,), "max_iter": 1000},
            y=data.rng.permutation(data.y),
            rows=(data.X_other, data.y_other),
        ),
        ("overfitting", "too_large"),
    ),
    "15% wrong labels": Fault(
        lambda data: Case(
            {"early_stopping": True},
            y=_noisy(data, data.y, 0.15),
            rows=(data.X_other, _noisy(data, data.y_other, 0.15)),
        ),
        ("doubtful_labels",),
    ),
    "15% wrong labels, in others only": Fault(
        lambda data: Case({"early_stopping": True}, rows=(data.X_other, _noisy(data, data.y_other, 0.15))),
        ("doubtful_labels",),
    ),
    "a column of the labels": Fault(lambda data: leak(data, 0.02), ("leaking_column",)),
    "a column of noisy labels": Fault(lambda data: leak(data, 0.15), ("leaking_column",)),
    "one column in other units": Fault(other(lambda X: _first_column(X, lambda x: 1000 * (x + 3))), ("moved_inputs",)),
    "one column moved": Fault(other(lambda X: _first_column(X, lambda x: x + 1.5)), ("moved_inputs",)),
    "columns not scaled": Fault(other(lambda X: 30 * X + 50), ("moved_inputs",)),
    "a dead sensor": Fault(other(lambda X: _first_column(X, lambda x: 0 * x - 2)), ("moved_inputs",)),
    "rows in both": Fault(lambda data: repeats(data, 0.5), ("repeated_rows",)),
    "a fifth of the rows in both": Fault(lambda data: repeats(data, 0.2), ("repeated_rows",)),
    "forty columns of noise": Fault(idle, ("idle_columns", "overfitting", "too_large")),
    "a rare class": Fault(rare, ("rare_class",)),
    "ten columns of noise for each": Fault(noise_columns, ("overfitting", "too_large", "idle_columns")),
}


def tables(folder: Path) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Names, encoded columns X (n, d) and y (n,)."""
    found = []
    for path in sorted(folder.glob("*.npz")):
        table = read(path, N_ROWS)
        frame = table.pandas()
        found.append((path.stem, Features.learn(frame).transform(frame).astype("float32"), table.y))
    for name in ("iris", "wine", "breast_cancer", "digits"):
        found.append((name, *getattr(datasets, f"load_{name}")(return_X_y=True)))
    made = {
        "moons": datasets.make_moons(1200, noise=0.25, random_state=0),
        "circles": datasets.make_circles(1200, noise=0.15, factor=0.5, random_state=0),
        "blobs": datasets.make_blobs(1200, n_features=6, centers=5, cluster_std=3.0, random_state=0),
        "quantiles": datasets.make_gaussian_quantiles(n_samples=1200, n_features=5, n_classes=3, random_state=0),
        "hastie": datasets.make_hastie_10_2(1500, random_state=0),
    }
    found += [(name, *rows) for name, rows in made.items()]
    for i, (name, X, y) in enumerate(found):
        std = X.std(axis=0)
        found[i] = (name, ((X - X.mean(axis=0)) / np.where(std > 0, std, 1)).astype("float32"), y)
    return found


def divided(name: str, X: np.ndarray, y: np.ndarray, seed: int) -> Data:
    X, X_other, y, y_other = train_test_split(X, y, test_size=UNSEEN, stratify=y, random_state=seed)
    return Data(name, X, y, X_other, y_other, np.random.default_rng(seed))


def diagnosed(data: Data, case: Case, seed: int) -> tuple[MLPClassifier, Any]:
    X = data.X if case.X is None else case.X
    y = data.y if case.y is None else case.y
    clf = MLPClassifier(**{"hidden_layer_sizes": (50,), "random_state": seed, **case.parameters})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if case.at == "end":
            clf.fit(X, y)
        if case.validation and case.rows is not None:
            return clf, diagnose(clf, X, y, X_val=case.rows[0], y_val=case.rows[1])
        return clf, diagnose(clf, *((X, y) if case.rows is None else case.rows), at=case.at)


def remedied(data: Data, case: Case, clf: MLPClassifier, finding: Any) -> float | None:
    """Log-loss of rows held out, with the first remedy of a finding and without, as a ratio; None where it has none."""
    scaling, change = scales_inputs(finding), change_of(clf.get_params(), finding)
    if change is None:
        return None
    X, y = data.X if case.X is None else case.X, data.y if case.y is None else case.y
    if case.rows is not None:
        X_other, y_other = case.rows
    else:
        X, X_other, y, y_other = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    scaler = StandardScaler().fit(X)
    found = []
    for parameters, scaled_too in (({}, False), (change, scaling)):
        other = clone(clf).set_params(**parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other.fit(scaler.transform(X) if scaled_too else X, y)
        rows = scaler.transform(X_other) if scaled_too else X_other
        found.append(log_loss(y_other, other.predict_proba(rows), labels=other.classes_))
    return found[1] / found[0]


def contradicted(clf: MLPClassifier, name: str, X: np.ndarray, y: np.ndarray, data: Data) -> bool:
    """Whether a finding about a sound fit is not so, by predictions alone."""
    score, other = clf.score(data.X, data.y), clf.score(data.X_other, data.y_other)
    p, p_other = (clf.predict_proba(A) for A in (data.X, data.X_other))
    shares = np.bincount(_codes(data.y)) / len(data.y)
    guess = -float(np.sum(shares * np.log(shares)))
    if name in ("overfitting", "too_large"):
        dearer = log_loss(data.y_other, p_other) - log_loss(data.y, p)
        return score - other < 0.05 and dearer < 0.3 * guess
    if name == "overconfident":
        return float(p_other.max(axis=1).mean()) - other < 0.05
    if name == "stopped_while_falling":
        cost = clf.history_.cost
        return clf.n_iter_ < clf.max_iter or cost[-1] > cost[-max(2, len(cost) // 10)]
    if name == "rare_class":
        codes = _codes(y)
        counts = np.bincount(codes)
        recalls = np.array([np.mean(clf.predict(X)[codes == i] == clf.classes_[i]) for i in range(len(counts))])
        return not bool(np.any((counts * 10 <= counts.max()) & (recalls < 0.5)))
    if name == "penalty_dominates":
        return log_loss(data.y, p) < 0.25 * guess
    if name == "kept_too_early":
        costs = clf.history_.validation_cost
        return costs[clf.history_.best or 0] < min(costs) + 0.05 * guess
    if name == "rate_too_low":
        faster = clone(clf).set_params(
            learning_rate_init=10 * clf.learning_rate_init, early_stopping=False, max_iter=clf.n_iter_
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            faster.fit(data.X, data.y)
        return bool(log_loss(data.y, faster.predict_proba(data.X)) > 0.8 * log_loss(data.y, p))
    if name == "underfitting":
        nearest = cross_val_score(KNeighborsClassifier(15), X, y, cv=min(10, np.bincount(_codes(y)).min()))
        return float(nearest.mean()) < clf.score(X, y) + 0.03
    if name == "batch_too_small":
        cost = clf.history_.cost
        return statistics.pstdev(cost[len(cost) // 2 :]) < 0.02 * guess
    if name == "idle_columns":
        rises = permutation_importance(
            clf, data.X_other, data.y_other, scoring="neg_log_loss", n_repeats=5, random_state=0
        ).importances_mean
        return bool(np.mean(rises < 0.01 * guess) < 0.6)
    if name == "duplicate_inputs":
        return len(np.unique(data.X, axis=1).T) == data.X.shape[1]
    if name in ("no_better_than_guessing", "plateau"):
        return log_loss(data.y, p) < 0.9 * guess or score > shares.max() + 0.05
    return True  # of what else there is, nothing is wrong with these fits


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", type=int, default=6, help="for each fault")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--faults", nargs="*")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    began = time.perf_counter()
    known = tables(options.folder)
    half = known[options.half :: 2]
    rows, found, tried = [], 0, 0
    missed: dict[str, list[str]] = defaultdict(list)
    bettered: list[bool] = []
    for name, fault in FAULTS.items():
        if options.faults is not None and name not in options.faults:
            continue
        hits: list[bool] = []
        ratios: list[float] = []
        n_tables = 0
        for table in half:
            cases = []
            for seed in range(options.seeds):
                data = divided(*table, seed)
                case = fault.make(data)
                if case is None:
                    break
                cases.append((data, case, seed))
            if not cases or n_tables == options.tables:
                continue
            n_tables += 1
            for data, case, seed in cases:
                clf, diagnosis = diagnosed(data, case, seed)
                names = [finding.name for finding in diagnosis.findings]
                if seed == 0 and names and not case.validation:
                    ratio = remedied(data, case, clf, diagnosis.findings[0])
                    ratios += [] if ratio is None else [ratio]
                hits.append(any(right in names[:2] for right in fault.right))
                if not hits[-1]:
                    missed[name].append(f"{data.name}: {', '.join(names[:3]) or 'nothing'}")
                    if options.verbose:
                        print(f"{name}: {missed[name][-1]}", flush=True)
        found, tried = found + sum(hits), tried + len(hits)
        ratio = statistics.median(ratios) if ratios else None
        bettered.extend([] if ratio is None else [ratio < 1])
        said = "" if ratio is None else f"{ratio:.2f}"
        rows.append((name, " or ".join(fault.right), f"{sum(hits)} of {len(hits)}", said))
        if options.verbose:
            print(rows[-1], flush=True)
    wrong: list[str] = []
    fits = overfitted = told = 0
    if options.faults is None:
        for table in half:
            for parameters, seed in itertools.product(SOUND, range(options.seeds)):
                data = divided(*table, seed)
                clf, seen = diagnosed(data, Case(parameters), seed)
                _, other_rows = diagnosed(data, Case(parameters, rows=(data.X_other, data.y_other)), seed)
                fits += 2
                for diagnosis, X, y in ((seen, data.X, data.y), (other_rows, data.X_other, data.y_other)):
                    for finding in diagnosis.findings:
                        if contradicted(clf, finding.name, X, y, data):
                            wrong.append(f"{data.name} {parameters['solver']}: {finding.name} on {diagnosis.rows_are}")
                            if options.verbose:
                                print("contradicted:", wrong[-1], flush=True)
                            break
                if clf.score(data.X, data.y) - clf.score(data.X_other, data.y_other) >= 0.1:
                    overfitted += 1
                    told += any(f.name == "overfitting" for f in other_rows.findings)
    text = "\n".join((
        heading("What diagnose finds", typed("findings")),
        markdown(("fault", "right finding", "first or second", "after its remedy"), rows),
        f"\n{found} of {tried} faults are named, on tables that no threshold was set on, {options.seeds} seeds each.",
        "After the first remedy of the first finding the log-loss of rows held out, as a ratio to that before (median "
        f"of the tables), is lower for {sum(bettered)} of the {len(bettered)} faults that have one.",
        f"Of {fits} diagnoses of sound fits, on training and on other rows, {len(wrong)} have a finding that their "
        "numbers contradict.",
        f"Of {overfitted} overfitted fits (10 points or more) {told} are told so.",
        f"\nTook {(time.perf_counter() - began) / 60:.0f} minutes.",
    ))  # fmt: skip
    publish(text, "findings-cpu", options.write, {"missed": missed, "contradicted": wrong})


if __name__ == "__main__":
    main()
