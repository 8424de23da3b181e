"""What commands read and where they write: models, rows and labels of tables, places of new files."""

from __future__ import annotations

import argparse
import contextlib
import copy
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import gpunn
from gpunn import models
from gpunn.cli.streams import STDIN, STDIN_NAME, batches, check_columns, from_text, name_of
from gpunn.estimator import MLPClassifier
from gpunn.features import Features, read_table, split_target

CELLS = 2**22  # of a matrix that is made at once: numbers in its rows, or in their probabilities

KINDS = {"b": "booleans", "O": "text", "U": "text"}  # of labels by their dtype; else numbers


def place(output: str | Path, *sources: str | Path, option: str = "--output") -> Path:
    """A place for a new file, checked before the work begins."""
    output = Path(output)
    with named(option):
        models.check_place(output)
        for source in map(Path, sources):
            if output.exists() and source.exists() and output.samefile(source):
                raise ValueError(f"{output} is what is read; name another file.")
    return output


def load(path: str, device: str = "cpu") -> MLPClassifier:
    """A model that knows the columns of tables."""
    clf = gpunn.load(path, device=device)
    if not hasattr(clf, "features_"):
        raise ValueError(
            f"{path}: this model was trained on plain arrays and knows no columns. Use it from Python, or train one "
            "with gpunn train."
        )
    return clf


def of_matrices(clf: MLPClassifier) -> MLPClassifier:
    """The same classifier for the matrices that its columns become, so that they become it only once."""
    bare = copy.copy(clf)
    bare.__dict__.pop("feature_names_in_", None)
    del bare.features_
    bare.n_features_in_ = clf.features_.n_out
    return bare


def target_of(clf: MLPClassifier, options: argparse.Namespace) -> str:
    """The column with the labels."""
    target = options.target or getattr(clf, "target_", None)
    if target is None:
        raise ValueError("--target is missing: the model does not name the column with the labels.")
    if clf._labels.multilabel:
        raise ValueError(
            f"{options.model}: a row may have several labels for this model, and a table has one column of them. Use "
            "it from Python."
        )
    return str(target)


def table_of(source: str, columns_as_text: Sequence[str] = ()) -> Any:
    """A whole table, its types told from all rows."""
    if source != STDIN:
        return _read(source, columns_as_text)
    with tempfile.TemporaryDirectory() as folder:  # the lines of faults are found in a second pass
        path = Path(folder) / "table.csv"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        try:
            return _read(str(path), columns_as_text)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), STDIN_NAME)) from None


def _read(path: str, columns_as_text: Sequence[str]) -> Any:
    try:
        return read_table(path, columns_as_text=columns_as_text)
    except ValueError as error:
        raise ValueError(str(error).replace(", columns_as_text:", ":", 1)) from None  # a word of Python's users


def encoded(features: Features, source: str, dtype: Any, n_outputs: int = 1) -> Iterator[np.ndarray]:
    """The rows of a table as matrices (m, n_out) of bounded size; ``n_outputs`` is how many numbers each will give."""
    for before, table in batches(source, features.columns):
        for _, X in _matrices(features, source, table, before, dtype, n_outputs):
            yield X


def labelled(
    features: Features, source: str, dtype: Any, target: str, classes: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows of a table as matrices (m, n_out) of bounded size, each with its labels (m,), all known classes."""
    for before, table in batches(source, features.columns, target):
        y = _labels(table, name_of(source), target, classes, before)
        for start, X in _matrices(features, source, table, before, dtype, len(classes)):
            yield X, y[start : start + len(X)]


def labelled_table(features: Features, source: str, target: str, classes: np.ndarray) -> tuple[Any, np.ndarray]:
    """A whole table, its columns in the order of training, and its labels (n,), all known classes."""
    as_text = [*features.text_columns, *([target] if kind_of_labels(classes) == "text" else [])]
    table = table_of(source, as_text)
    check_columns(name_of(source), table.column_names, features.columns, target)
    X = table.select(features.names_in)
    with named(name_of(source)):
        features.transform(X)  # what it would raise later would not name the file
    return X, _labels(table, name_of(source), target, classes, 0)


@contextlib.contextmanager
def named(what: str) -> Iterator[None]:
    """Errors within begin with what they are about."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ValueError(f"{what}: {error}") from None


def kind_of_labels(labels: np.ndarray) -> str:
    """The kind of column that labels stand in."""
    return KINDS.get(labels.dtype.kind, "numbers")


def _matrices(
    features: Features, source: str, table: Any, before: int, dtype: Any, n_outputs: int
) -> Iterator[tuple[int, np.ndarray]]:
    step = max(1, CELLS // max(features.n_out, n_outputs))
    for start in range(0, table.num_rows, step):
        try:
            X = features.transform(table.slice(start, step), dtype)
        except ValueError as error:
            raise ValueError(f"{name_of(source)}: {_moved(str(error), features, before + start)}") from None
        yield start, X


def _moved(message: str, features: Features, before: int) -> str:
    """A message about a column of some rows, with the row's number in the whole table."""
    for name in features.names_in:
        start = f"column {name!r}"
        if message.startswith(start):
            rest = message.removeprefix(start)
            return start + re.sub(r"\brow (\d+)", lambda found: f"row {int(found[1]) + before}", rest, count=1)
    return message


def _labels(table: Any, where: str, target: str, classes: np.ndarray, before: int) -> np.ndarray:
    with named(where):
        values, kind = table[target], kind_of_labels(classes)
        missing = np.flatnonzero(pc.is_null(values, nan_is_null=True).to_numpy())
        if missing.size:
            raise ValueError(
                f"column {target!r}, row {before + missing[0] + 1}: the label is missing. Fill it in, or remove the "
                "row."
            )
        if kind == "text":
            values = values if pa.types.is_dictionary(values.type) else values.cast(pa.large_string())
        elif pa.types.is_large_string(values.type):  # a CSV file was read
            read = from_text(values, "labels" if kind == "numbers" else kind)
            values = values if read is None else read
        _, y = split_target(pa.table({target: values}), target)
        unknown = np.unique(y) if kind_of_labels(y) != kind else np.setdiff1d(y, classes)
        if unknown.size:
            raise ValueError(
                f"column {target!r} has labels that the model does not know: {_few(unknown)}. It knows {_few(classes)}."
            )
    return y.astype(classes.dtype)


def _few(labels: np.ndarray) -> str:
    return ", ".join(map(repr, labels[:10].tolist())) + (f", ... ({len(labels)} in all)" if len(labels) > 10 else "")
