"""What each command does. Tables and reports go to standard output, progress and warnings to standard error."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

import gpunn
from gpunn import choices, models
from gpunn import manifest as manifests
from gpunn.cli import report
from gpunn.cli.options import OPTIONS
from gpunn.devices import every_device, get_device
from gpunn.estimator import MLPClassifier
from gpunn.features import Features, read_table, split_target
from gpunn.labels import Labels
from gpunn.manifest import Manifest


def train(options: argparse.Namespace) -> int:
    source = Path(options.source)
    if source.suffix.lower() in (".yaml", ".yml", ".toml"):
        plan = manifests.read(source)
        if "file" not in plan.data:
            raise ValueError(f"{plan.place('data.file')}: the manifest names no table to train on. Add the key.")
    else:
        plan = Manifest({}, data={"file": str(source)})
    data = plan.data["file"]
    target = options.target or plan.data.get("target")
    if target is None:
        raise ValueError("--target is missing: name the column with the labels, as in --target digit.")
    # A table that has the name of a model is refused when it is read.
    output = _place(options.output or source.with_suffix(".gpunn"), *([source, data] if options.output else []))
    clf = _classifier(plan, options)
    table = read_table(data)
    X, y = split_target(table, target)
    with _named(f"{data}, column {target!r}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of many classes: _split refuses those that are too small
        labels = Labels.learn(y)
    share = plan.data.get("held_out", 0.2) if options.held_out is None else options.held_out
    train_rows, test_rows = _split(y, labels, share, clf.random_state)
    with _named(data):
        features = Features.learn(X.take(train_rows))
        dtype = "float64" if clf.dtype == "float64" else "float32"
        X_train, X_test = (features.transform(X.take(rows), dtype) for rows in (train_rows, test_rows))
    plan.check_sizes(features.n_out, len(labels.classes))
    report.say(
        f"{data}: {len(y):,} rows, {features.n_in} columns as {features.n_out} inputs, "
        f"{len(labels.classes)} classes; {len(test_rows):,} rows held out"
    )
    began = time.perf_counter()
    with report.progress(clf, quiet=options.quiet) as after, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf.set_params(callback=after)
        clf.fit(X_train, y[train_rows])
        clf.set_params(callback=None)
    seconds = time.perf_counter() - began
    if clf.history_.stopped == "interrupted" and not clf.n_iter_:
        raise KeyboardInterrupt  # nothing was learned: a model that is there already is worth more
    for warning in caught:
        if not issubclass(warning.category, ConvergenceWarning):  # to run all epochs asked for is no fault
            report.warn(str(warning.message))
    clf.features_, clf.target_ = features, target
    clf.save(output)
    report.training(clf, seconds)
    report.evaluation(clf, X_test, y[test_rows], "held-out rows")
    report.say(f"model saved to {output}")
    return 130 if clf.history_.stopped == "interrupted" else 0


def predict(options: argparse.Namespace) -> int:
    if options.output:
        _place(options.output, options.model, options.data)
    clf = _load(options)
    table = _read(options.data, clf.features_.text_columns)
    with _named(options.data):
        rows = clf.features_.transform(table, clf.theta_.dtype)
    p = clf.predict_proba(rows)
    columns = {"prediction": pa.array(clf.predict(rows).tolist())}
    # In their own dtype: a float32 then has no more digits than it knows.
    columns |= {
        f"p({report.shown(label)})": pa.array(np.ascontiguousarray(p[:, i]))
        for i, label in enumerate(clf.classes_.tolist())
    }
    text = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.table(columns), text)
    if options.output:
        models.write_whole(options.output, text.getvalue().to_pybytes())
    else:
        sys.stdout.buffer.write(text.getvalue())
        sys.stdout.buffer.flush()
    return 0


def evaluate(options: argparse.Namespace) -> int:
    clf = _load(options)
    target = options.target or getattr(clf, "target_", None)
    if target is None:
        raise ValueError("--target is missing: the model does not name the column with the labels.")
    of_text = clf.classes_.dtype.kind in "OU"
    table = _read(options.data, (*clf.features_.text_columns, *([target] if of_text else [])))
    with _named(options.data):
        X, y = split_target(table, target)
        kinds = {_kind(y), _kind(clf.classes_)}
        unknown = np.unique(y) if len(kinds) > 1 else np.setdiff1d(y, clf.classes_)
        if unknown.size:
            raise ValueError(
                f"column {target!r} has labels that the model does not know: {_few(unknown)}. It knows "
                f"{_few(clf.classes_)}."
            )
        rows = clf.features_.transform(X, clf.theta_.dtype)
    report.evaluation(clf, rows, y.astype(clf.classes_.dtype), options.data)
    return 0


def devices(options: argparse.Namespace) -> int:
    report.facts(f"gpunn {gpunn.__version__}", {"Python": sys.version.split()[0]})
    found, no_cuda = every_device()
    for device in found:
        report.facts(device.name, device.describe())
    if no_cuda:
        report.facts("cuda", {"not available": no_cuda})
    report.facts("auto", {"takes": get_device("auto").name})
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "train": train,
    "predict": predict,
    "evaluate": evaluate,
    "devices": devices,
}


def _classifier(plan: Manifest, options: argparse.Namespace) -> MLPClassifier:
    """The estimator asked for, its parameters and its device checked before any table is read."""
    given = {parameter: getattr(options, parameter) for _, parameter, _, _ in OPTIONS}
    chosen = {parameter: value for parameter, value in given.items() if value is not None}
    clf = MLPClassifier(**{"random_state": 0, **plan.parameters, **chosen})
    try:
        choices.check(clf)
    except choices.ParameterError as error:
        named = error.parameter.partition("[")[0]
        option = next((o for o, parameter, _, _ in OPTIONS if parameter == named and parameter in chosen), None)
        raise ValueError(f"{option}: {error}" if option else str(error)) from None
    seed = clf.random_state
    if seed is not None and not 0 <= seed < 2**32:
        raise ValueError(f"--seed: {seed} is not allowed; give a whole number in [0, 2^32).")
    get_device(clf.device, clf.precision)
    return clf


def _split(y: np.ndarray, labels: Labels, share: float, seed: Any) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of a stratified split, with every class on the side to train on."""
    if not 0 < share < 1:
        raise ValueError(f"--held-out: {share} is not allowed; give a number in (0, 1).")
    found, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            f"the class {found.tolist()[counts.argmin()]!r} has only one row, and each class needs one to train on and "
            "one to hold out. Remove it, or add rows."
        )
    n, n_test = len(y), math.ceil(share * len(y))
    if min(n_test, n - n_test) >= len(found):
        rows = train_test_split(np.arange(n), test_size=n_test, stratify=y, random_state=seed)
        if len(np.unique(y[rows[0]])) == len(found):
            return np.sort(rows[0]), np.sort(rows[1])
    raise ValueError(
        f"--held-out: {share} of {n} rows in {len(found)} classes does not leave a row of each class on both sides. "
        "Change it, add rows, or remove rare classes."
    )


def _place(output: str | Path, *sources: str | Path) -> Path:
    """A place for a new file, checked before the work begins."""
    output = Path(output)
    with _named("--output"):
        models.check_place(output)
        for source in map(Path, sources):
            if output.exists() and source.exists() and output.samefile(source):
                raise ValueError(f"{output} is what is read; name another file.")
    return output


def _load(options: argparse.Namespace) -> MLPClassifier:
    clf = gpunn.load(options.model, device=options.device)
    if not hasattr(clf, "features_"):
        raise ValueError(
            f"{options.model}: this model was trained on plain arrays and knows no columns. Use it from Python, or "
            "train one with gpunn train."
        )
    return clf


def _read(path: str, columns_as_text: tuple[str, ...]) -> Any:
    try:
        return read_table(path, columns_as_text=columns_as_text)
    except ValueError as error:
        raise ValueError(str(error).replace(", columns_as_text:", ":", 1)) from None  # a word of Python's users


@contextlib.contextmanager
def _named(what: str) -> Iterator[None]:
    """Errors within begin with what they are about."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ValueError(f"{what}: {error}") from None


def _kind(labels: np.ndarray) -> str:
    return {"b": "bool", "O": "text", "U": "text"}.get(labels.dtype.kind, "number")


def _few(labels: np.ndarray) -> str:
    return ", ".join(map(repr, labels[:10].tolist())) + (f", ... ({len(labels)} in all)" if len(labels) > 10 else "")
