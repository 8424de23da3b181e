"""What each command does. Tables and reports go to standard output, progress and warnings to standard error."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

import gpunn
from gpunn import manifest as manifests
from gpunn.cli import report
from gpunn.cli.main import OPTIONS
from gpunn.devices import every_device, get_device
from gpunn.estimator import MLPClassifier
from gpunn.features import Features, read_table, split_target
from gpunn.manifest import Manifest


def train(options: argparse.Namespace) -> int:
    source = Path(options.source)
    if source.suffix in (".yaml", ".yml", ".toml"):
        plan = manifests.read(source)
        if "file" not in plan.data:
            raise ValueError(f"{plan.place('data.file')}: the manifest names no table to train on. Add the key.")
    else:
        plan = Manifest({}, data={"file": str(source)})
    target = options.target or plan.data.get("target")
    if target is None:
        raise ValueError("--target is missing: name the column with the labels, as in --target digit.")
    clf = _classifier(plan, options)
    table = read_table(plan.data["file"])
    X, y = split_target(table, target)
    share = options.held_out or plan.data.get("held_out", 0.2)
    train_rows, test_rows = _split(y, share, clf.random_state)
    features = Features.learn(X.take(train_rows))
    plan.check_sizes(features.n_out, len(np.unique(y)))
    output = Path(options.output) if options.output else source.with_suffix(".gpunn")
    if not output.parent.is_dir():
        raise ValueError(f"--output: there is no folder {output.parent}. Make it, or name another file.")

    dtype = "float64" if clf.dtype == "float64" else "float32"
    X_train, X_test = (features.transform(X.take(rows), dtype) for rows in (train_rows, test_rows))
    report.say(
        f"{plan.data['file']}: {len(y):,} rows, {features.n_in} columns as {features.n_out} inputs, "
        f"{len(np.unique(y))} classes; {len(test_rows):,} rows held out"
    )
    began = time.perf_counter()
    with report.progress(clf, quiet=options.quiet) as after, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf.set_params(callback=after)
        clf.fit(X_train, y[train_rows])
        clf.set_params(callback=None)
    seconds = time.perf_counter() - began
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
    clf = _load(options)
    table = read_table(options.data, columns_as_text=clf.features_.text_columns)
    rows = clf.features_.transform(table, clf.theta_.dtype)
    p = clf.predict_proba(rows)
    names = [str(label) for label in clf.classes_.tolist()]
    columns = {"prediction": clf.predict(rows), **{f"p({n})": p[:, i] for i, n in enumerate(names)}}
    result = pa.table({name: pa.array(values.tolist()) for name, values in columns.items()})
    if options.output:
        pyarrow.csv.write_csv(result, options.output)
    else:
        pyarrow.csv.write_csv(result, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return 0


def evaluate(options: argparse.Namespace) -> int:
    clf = _load(options)
    target = options.target or getattr(clf, "target_", None)
    if target is None:
        raise ValueError("--target is missing: the model does not name the column with the labels.")
    table = read_table(options.data, columns_as_text=clf.features_.text_columns)
    X, y = split_target(table, target)
    unknown = np.setdiff1d(y, clf.classes_) if y.dtype.kind == clf.classes_.dtype.kind else y
    if unknown.size:
        raise ValueError(
            f"{options.data}, column {target!r}: labels that the model does not know: {unknown[:5].tolist()}; it knows "
            f"{clf.classes_[:20].tolist()}."
        )
    report.evaluation(clf, clf.features_.transform(X, clf.theta_.dtype), y, options.data)
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
    given = {parameter: getattr(options, parameter) for _, parameter, _, _ in OPTIONS}
    chosen = {parameter: value for parameter, value in given.items() if value is not None}
    return MLPClassifier(**{"random_state": 0, **plan.parameters, **chosen})


def _split(y: np.ndarray, share: float, seed: Any) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of a stratified split."""
    if not 0 < share < 1:
        raise ValueError(f"--held-out={share} is not allowed; give a number in (0, 1).")
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            f"the class {labels[counts.argmin()]} has only one row, and each class needs one to train on and one to "
            "hold out. Remove it, or add rows."
        )
    train_rows, test_rows = train_test_split(np.arange(len(y)), test_size=share, stratify=y, random_state=seed)
    return np.sort(train_rows), np.sort(test_rows)


def _load(options: argparse.Namespace) -> MLPClassifier:
    clf = gpunn.load(options.model, device=options.device)
    if not hasattr(clf, "features_"):
        raise ValueError(
            f"{options.model}: this model was trained on plain arrays and knows no columns. Use it from Python, or "
            "train one with gpunn train."
        )
    return clf
