"""The rows of a training: a table that is read into memory, or files that are read in each epoch."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.model_selection import train_test_split

from gpunn.cli.reading import Reading
from gpunn.cli.sources import Source
from gpunn.data import sources, split_target
from gpunn.data.shards import Batch, Columns, Shard
from gpunn.data.survey import Survey, Surveyed, survey
from gpunn.data.tables import as_text
from gpunn.estimator.prepare_stream import MAX_VALIDATION
from gpunn.estimator.stream import label_array
from gpunn.features import Spellings
from gpunn.features.kinds import check_kinds

HOLDOUT = 1  # stream of random numbers


@dataclass(frozen=True)
class Table:
    """A table in memory.

    Attributes
    ----------
    X : pyarrow.Table
        n rows.
    y : ndarray (n,)
    """

    X: Any
    y: np.ndarray

    @property
    def where(self) -> str:
        """Addition to the name of the table in messages about X."""
        return ""

    @property
    def n_rows(self) -> int:
        return len(self.y)

    @property
    def labels(self) -> np.ndarray:
        """Some labels of each class."""
        return self.y

    def split(self, share: float, seed: int | None, told: str) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the rows of X to train on, and of those to hold out."""
        return split(self.y, share, seed, told)

    def of_training(self, rows: np.ndarray, held_out: np.ndarray) -> tuple[Any, Any]:
        """X and y of `MLPClassifier.fit`."""
        return self.X.take(rows), self.y[rows]

    def numbers(self, rows: np.ndarray) -> np.ndarray:
        """Numbers in the table, from 1, of rows of X."""
        return rows + 1


@dataclass(frozen=True)
class Files:
    """Files that are read in each epoch.

    Attributes
    ----------
    X : pyarrow.Table
        A random sample of s rows, or all rows.
    y : ndarray (s,)
    surveyed : Surveyed
    """

    X: Any
    y: np.ndarray
    surveyed: Surveyed

    @property
    def found(self) -> Survey:
        return self.surveyed.found

    @property
    def where(self) -> str:
        return "" if self.n_rows == len(self.y) else ", in a random sample of the rows"

    @property
    def n_rows(self) -> int:
        return self.found.n_rows

    @property
    def labels(self) -> np.ndarray:
        return np.repeat(self.found.classes, np.minimum(self.found.counts, 3))

    def split(self, share: float, seed: int | None, told: str) -> tuple[np.ndarray, np.ndarray]:
        if self.n_rows == len(self.y):
            return split(self.y, share, seed, told)
        check_share(share, told)
        n = min(math.ceil(share * self.n_rows), MAX_VALIDATION, len(self.y) // 2)
        held_out = self.found.holdout(n, np.random.default_rng([seed or 0, HOLDOUT]))
        return np.setdiff1d(np.arange(len(self.y)), held_out), held_out

    def of_training(self, rows: np.ndarray, held_out: np.ndarray) -> tuple[Any, Any]:
        return self.surveyed.without(held_out), None

    def numbers(self, rows: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.found.numbers[rows] + 1
        return found


Rows = Table | Files


def read(
    source: Source,
    target: str,
    kinds: dict[str, str],
    spellings: Spellings,
    told: str,
    seed: int | None,
    reading: Reading,
) -> tuple[Rows, dict[str, str], Spellings]:
    """The rows of a table or of files, the kinds that are set of their columns, and the spellings of their values.

    Parameters
    ----------
    source : Source
        A table, or a pattern of the names of files.
    target : str
    kinds : dict
        Kinds that are set, by column; the target may only be "text".
    spellings : Spellings
    told : str
        Option or key that set the kinds, for messages.
    seed : int or None
        Seed of the random sample of the rows of files.
    reading : Reading
        Gets the number of rows of each batch of files.

    Raises
    ------
    ValueError
        If a column is not there, labels are missing, or a file is damaged.
    """
    kind = kinds.get(target)
    if kind not in (None, "text"):
        raise ValueError(f"{told}: the target {target!r} cannot be {kind!r}; labels are read as they are, or as text.")
    kinds = {name: kind for name, kind in kinds.items() if name != target}
    texts = [name for name, kind in kinds.items() if kind == "text"]

    def check(columns: Sequence[str]) -> None:
        try:
            check_kinds(kinds, columns)
        except ValueError as error:
            raise ValueError(str(error).replace("features: ", f"{told}: ", 1)) from None

    rows: Rows
    if sources.is_pattern(source.name):
        rows, spellings = _files(source, target, kind == "text", texts, spellings, seed, reading, check)
    else:
        rows, spellings = _table(source, target, kind == "text", texts, spellings)
        check(rows.X.column_names)
    dropped = [name for name, kind in kinds.items() if kind == "drop"]
    rows = replace(rows, X=rows.X.drop_columns(dropped))
    return rows, {name: kind for name, kind in kinds.items() if kind != "drop"}, spellings


def _table(
    source: Source, target: str, is_text: bool, texts: list[str], spellings: Spellings
) -> tuple[Table, Spellings]:
    table, spellings = source.table(texts, target, spellings)
    if is_text:
        table = as_text(str(source), table, [target])
    with _naming(source, target):
        return Table(*split_target(table, target)), spellings


def _files(
    source: Source,
    target: str,
    is_text: bool,
    texts: list[str],
    spellings: Spellings,
    seed: int | None,
    reading: Reading,
    check: Callable[[Sequence[str]], None],
) -> tuple[Files, Spellings]:
    """The rows of files; ``check`` is called with the names of their columns before the first pass."""
    with _naming(source, target):
        files = sources.files(source.name, target, None, spellings, source.separator, source.decimal)
        check(files.columns)

        def labels(found: np.ndarray) -> np.ndarray:
            """Labels of the types that those of a table in memory have."""
            if files.labels is not None and not is_text:
                return files.labels(found)
            return split_target(pa.table({target: found}), target)[1]

        told = reading.source(replace(files, labels=labels))
        if is_text:
            told = replace(told, shards=tuple(_with_text_labels(shard, str(source), target) for shard in told.shards))
        found = survey(told, seed or 0, label_array)
        reading.tell = lambda n: None
    reading.n_rows = found.n_rows
    sample = found.sample
    X = sample.X if files.typed is None else files.typed(sample.X, texts)
    found = replace(found, sample=sample._replace(X=X))
    return Files(X, sample.y, Surveyed(told, found)), files.spellings or spellings


def _with_text_labels(shard: Shard, name: str, target: str) -> Shard:
    """A shard whose labels are text."""

    def batches(columns: Columns) -> Iterator[Batch]:
        for batch in shard(columns):
            labels = as_text(name, pa.table({target: batch.y}), [target])
            yield batch._replace(y=labels[target])

    return batches


@contextlib.contextmanager
def _naming(source: Source, target: str) -> Iterator[None]:
    """Errors about labels with the name of the table, and what may help."""
    try:
        yield
    except ValueError as error:
        message = str(error).replace(f"y={target!r}", f"target={target!r}")
        hint = " A word like NA that is a class is said to be one by --not-missing NA." * (
            "are missing" in message or "is missing" in message
        )
        is_named = message.startswith((str(source), *sources.paths(source.name)))
        start = "" if is_named else f"{source}: "
        raise ValueError(f"{start}{message}{hint}") from None


def check_share(share: float, told: str) -> None:
    """ValueError where no such share of rows can be held out."""
    if not 0 <= share < 1:
        raise ValueError(f"{told}: {share} is not allowed; give a number in [0, 1).")


def split(y: np.ndarray, share: float, seed: int | None, told: str) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of a stratified split, with every class on the side to train on."""
    check_share(share, told)
    if share == 0:
        return np.arange(len(y)), np.empty(0, np.int64)
    found, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        row = np.flatnonzero(y == found[counts.argmin()])[0] + 1
        raise ValueError(
            f"the class {found.tolist()[counts.argmin()]!r} has only one row (number {row}), "
            "and each class needs one to train on and one to hold out. Remove it, add rows, or train on all rows by "
            f"--held-out 0.{_many_classes(len(found), len(y))}"
        )
    n, n_test = len(y), math.ceil(share * len(y))
    if min(n_test, n - n_test) >= len(found):
        rows = train_test_split(np.arange(n), test_size=n_test, stratify=y, random_state=seed)
        if len(np.unique(y[rows[0]])) == len(found):
            return np.sort(rows[0]), np.sort(rows[1])
    raise ValueError(
        f"{told}: {share} of {n} rows in {len(found)} classes does not leave a row of each class on both sides. "
        "Change it, add rows, or remove rare classes."
    )


def _many_classes(n_classes: int, n: int) -> str:
    """The hint for labels that are too many to be classes."""
    if n_classes <= 20:
        return ""
    return f" With {n_classes:,} classes in {n:,} rows it may be a quantity: gpunn classifies, and has no regression."
