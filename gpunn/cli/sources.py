"""Inputs and outputs of commands: models, rows and labels of tables, places of new files."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import gpunn
from gpunn import io
from gpunn.cli import report
from gpunn.data import split_target, tables, typed
from gpunn.data.batches import Wanted, batches, shared_batches
from gpunn.data.tables import name_of
from gpunn.estimator import MLPClassifier
from gpunn.features import Features, Spellings

CELLS = 2**22  # of a matrix that is made at once: numbers in its rows, or in their probabilities

PICTURES = (".png", ".svg")
KINDS = {"b": "booleans", "O": "text", "U": "text"}  # of labels by their dtype; else numbers


@dataclass(frozen=True)
class Source:
    """A table: a file, or CSV on standard input, "-", and what is known of how it is written."""

    name: str
    separator: str | None = None
    decimal: str | None = None
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: argparse.Namespace) -> Source:
        """The table that a command is given."""
        return cls(options.data, options.separator, options.decimal, tuple(options.missing))

    def table(self, columns_as_text: Sequence[str], target: str | None, spellings: Spellings) -> tuple[Any, Spellings]:
        """The whole table, its types inferred from all rows, and the spellings that it is read by."""
        return tables.read(self.name, tuple(columns_as_text), target, spellings, self.separator, self.decimal)

    def __str__(self) -> str:
        return name_of(self.name)


def place(output: str | Path, *sources: str | Path, option: str = "--output") -> Path:
    """A place for a new file, checked before the work begins."""
    output = Path(output)
    with named(option):
        io.check_place(output)
        for source in map(Path, sources):
            if output.exists() and source.exists() and output.samefile(source):
                raise ValueError(f"{output} is what is read; name another file.")
    return output


def place_of_picture(output: str, *sources: str, option: str) -> Path:
    """The same for a picture; what draws it is found to be there."""
    found = place(output, *sources, option=option)
    if found.suffix.lower() not in PICTURES:
        raise ValueError(f"{option}: {output} is no kind of picture; end it in {' or '.join(PICTURES)}.")
    importlib.import_module("matplotlib")  # before the work, not after it
    return found


def load(path: str, device: str = "cpu") -> MLPClassifier:
    """A model that knows the columns of tables."""
    clf = gpunn.load(path, device=device)
    if not hasattr(clf, "features_"):
        raise ValueError(
            f"{path}: this model was trained on plain arrays and knows no columns. Use it from Python, or train one "
            "with gpunn train."
        )
    return clf


def target_of(clf: MLPClassifier, model: str, target: str | None) -> str:
    """The column with the labels: that of ``--target``, or the one of training."""
    target = target or getattr(clf, "target_", None)
    if target is None:
        raise ValueError(f"--target is missing: {model} does not name the column with the labels.")
    if clf._labels.multilabel:
        raise ValueError(
            f"{model}: a row may have several labels for this model, and a table has one column of them. Use "
            "it from Python."
        )
    return str(target)


def encoded(
    features: Features, source: Source, dtype: Any, n_outputs: int = 1, kept: Sequence[str] = ()
) -> Iterator[tuple[np.ndarray, Any]]:
    """The rows of a table as matrices (m, n_out) of bounded size, each with the columns of it that are kept;
    ``n_outputs`` is how many numbers each row will give."""
    features = _with_words(features, source)
    wanted = _wanted(features, source, kept=kept)
    said: set[str] = set()
    for before, table, others in batches(source.name, wanted):
        for start, X in _matrices(features, str(source), table, before, dtype, n_outputs, said):
            yield X, others.slice(start, len(X))


def labelled(
    features: Features, source: Source, dtype: Any, target: str, classes: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows of a table as matrices (m, n_out) of bounded size, each with its labels (m,), all known classes."""
    for _, X, y in labelled_by_each([Reader("", features, dtype)], source, target, classes):
        yield X, y


class Reader(NamedTuple):
    """A model that reads a table: its name in messages where there are several, and what it makes of the columns."""

    name: str
    features: Features
    dtype: Any


def labelled_by_each(
    readers: Sequence[Reader], source: Source, target: str, classes: np.ndarray
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """The rows of a table, which is read once, as `labelled` has them, for each of several models of the same classes.

    Yields
    ------
    number : int
        Number of the model; each gets all rows in their order, and the models take turns.
    X : ndarray (m, n_out)
    y : ndarray (m,)
    """
    every = [_with_words(reader.features, source) for reader in readers]
    several = [
        replace(_wanted(features, source, target=target), reader=reader.name)
        for reader, features in zip(readers, every, strict=True)
    ]
    said: list[set[str]] = [set() for _ in readers]
    for before, pieces in shared_batches(source.name, several):
        for number, (table, others) in enumerate(pieces):
            features, where = every[number], several[number].where(str(source))
            y = _labels(others, where, target, classes, before, features.spellings)
            parts = _matrices(features, where, table, before, readers[number].dtype, len(classes), said[number])
            for start, X in parts:
                yield number, X, y[start : start + len(X)]


def labelled_table(features: Features, source: Source, target: str, classes: np.ndarray) -> tuple[Any, np.ndarray]:
    """A whole table, its columns in the order of training, and its labels (n,), all known classes."""
    features = _with_words(features, source)
    said: set[str] = set()
    parts, labels = [], []
    for before, table, others in batches(source.name, _wanted(features, source, target=target)):
        for _ in _matrices(features, str(source), table, before, "float32", 1, said):
            pass  # what it would raise later would not name the file
        labels.append(_labels(others, str(source), target, classes, before, features.spellings))
        parts.append(table)
    return pa.concat_tables(parts, promote_options="permissive"), np.concatenate(labels)


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


def _wanted(features: Features, source: Source, target: str | None = None, kept: Sequence[str] = ()) -> Wanted:
    return Wanted(features.columns, target, kept, features.spellings, source.separator, source.decimal)


def _with_words(features: Features, source: Source) -> Features:
    """The features with the words for missing values that are given with a table."""
    words = (*features.spellings.missing, *source.missing)
    return replace(features, spellings=replace(features.spellings, missing=words))


def _matrices(
    features: Features, where: str, table: Any, before: int, dtype: Any, n_outputs: int, said: set[str]
) -> Iterator[tuple[int, np.ndarray]]:
    """The rows in order as matrices; ``said`` are the columns that have been warned of."""
    step = max(1, CELLS // max(features.n_out, n_outputs))
    for start in range(0, table.num_rows, step):
        try:
            X, novelties = features.encode(table.slice(start, step), dtype)
        except ValueError as error:
            message = _moved(str(error), features, before + start)
            raise ValueError(f"{where}: {message}") from None
        for novelty in novelties:
            # Numbers that are far from those of training are no error of reading.
            if (novelty.most or novelty.of_categories) and novelty.column.name not in said:
                said.add(novelty.column.name)
                report.warn(f"{where}: {_moved(str(novelty.warning()), features, before + start)}")
        yield start, X


def _moved(message: str, features: Features, before: int) -> str:
    """A message about a column of some rows, with the row's number in the whole table."""
    for name in features.names_in:
        start = f"column {name!r}"
        if message.startswith(start):
            rest = message.removeprefix(start)
            return start + re.sub(r"\brow (\d+)", lambda found: f"row {int(found[1]) + before}", rest, count=1)
    return message


def _labels(table: Any, where: str, target: str, classes: np.ndarray, before: int, spellings: Spellings) -> np.ndarray:
    with named(where):
        values, kind = table[target], kind_of_labels(classes)
        if pa.types.is_large_string(values.type):  # CSV, or text of Parquet
            values = typed.as_kind(values, "text", spellings)
        missing = np.flatnonzero(pc.is_null(values, nan_is_null=True).to_numpy())
        if missing.size:
            raise ValueError(
                f"column {target!r}, row {before + missing[0] + 1}: the label is missing. Fill it in, or remove the "
                "row."
            )
        if kind == "text":
            values = _as_text(values, classes)
        elif pa.types.is_large_string(values.type):
            read = typed.as_kind(values, kind, spellings)
            values = values if read is None else read
        _, y = split_target(pa.table({target: values}), target)
        unknown = np.unique(y) if kind_of_labels(y) != kind else np.setdiff1d(y, classes)
        if unknown.size:
            raise ValueError(
                f"column {target!r} has labels that the model does not know: {few(unknown)}. It knows {few(classes)}."
            )
    return y.astype(classes.dtype)


def _as_text(values: Any, classes: np.ndarray) -> Any:
    """Labels of any type as text; truth values in the spelling that the classes have."""
    if pa.types.is_boolean(values.type):
        for spelling in (("False", "True"), ("FALSE", "TRUE"), ("0", "1")):
            if set(spelling) >= set(classes.tolist()):
                return pc.if_else(values, spelling[1], spelling[0]).cast(pa.large_string())
    return values if pa.types.is_dictionary(values.type) else values.cast(pa.large_string())


def few(labels: np.ndarray) -> str:
    """Labels in a message, the first of them where there are many."""
    return ", ".join(map(repr, labels[:10].tolist())) + (f", ... ({len(labels)} in all)" if len(labels) > 10 else "")
