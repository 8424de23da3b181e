"""Sources of rows that may be larger than memory: files, Arrow datasets, arrays on disk, iterables of batches.

A source is read once to learn from, and then once in each epoch. It consists of shards, which can be read in any order;
a shard gives batches of rows, in their order.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from gpunn.caller import warn
from gpunn.data.partitions import is_dask
from gpunn.data.shards import (
    Batch,
    Columns,
    Shard,
    Source,
    arrow_table,
    batch_of_table,
    batch_rows,
    batch_rows_of,
    check_columns,
    needed,
)
from gpunn.features import frames
from gpunn.features.spellings import USUAL, Spellings
from gpunn.shown import show

AGAIN = "the names of files, an Arrow dataset, a list of batches, or a function that gives the batches anew each time"
ONCE = (
    f"{{}} can be read only once, and training reads the rows once to learn their columns and classes, and once in "
    f"each epoch. Give {AGAIN}."
)


def source_of(X: Any, y: Any, sample_weight: Any = None) -> Source | None:
    """The source that the arguments of `fit` describe; None for rows in memory.

    Parameters
    ----------
    X : str or path, list of them, pyarrow.dataset.Dataset, callable, or iterable of batches
        The name of a Parquet, CSV or .npy file, a list of names of Parquet or CSV files, or a pattern of them such as
        ``data/*.parquet``; a function without arguments that returns an iterable of batches. A batch is a tuple
        (X, y) or (X, y, sample_weight), or a table.
    y : str, array-like or None
        Name of the column of labels, for tables; for a .npy file, the labels or the name of their .npy file.
    sample_weight : str, array-like or None
        Likewise.

    Raises
    ------
    ValueError, TypeError
        If X can be read only once, or y is not what X needs.
    """
    if not is_source(X, y):
        if isinstance(y, str):
            raise ValueError(
                f"y={show(y)} is the name of a column, and X is in memory. Give the labels, as in y=X[{show(y)}]."
            )
        if isinstance(X, (list, tuple)) and X and _is_batch(X[0]):
            raise ValueError(
                f"X is a {type(X).__name__} of batches, which have labels of their own. Give y=None with tuples (X, y) "
                "of arrays, or y as the name of the column of labels with tables."
            )
        return None
    if isinstance(X, (str, os.PathLike)):
        name = os.fspath(X)
        if name.lower().endswith(".npy"):
            return _npy(name, y, sample_weight)
        return files(name, *_column_names(y, sample_weight))
    if _are_names(X, y):
        return _named(list(map(os.fspath, X)), *_column_names(y, sample_weight))
    if _is_arrow(X, "dataset.Dataset"):
        return _dataset(X, y, sample_weight)
    if _is_arrow(X, "RecordBatchReader"):
        raise ValueError("X: " + ONCE.format("a RecordBatchReader"))
    if callable(X):
        return _iterable(X, y, sample_weight)
    if isinstance(X, Iterator):
        raise ValueError("X: " + ONCE.format(f"a {type(X).__name__}"))
    return _iterable(lambda: X, y, sample_weight)


def is_source(X: Any, y: Any) -> bool:
    """True if X and y are to be read in batches, and are no rows in memory."""
    if isinstance(X, (str, os.PathLike)) or _is_arrow(X, "dataset.Dataset") or _are_names(X, y):
        return True
    if not (y is None or isinstance(y, str)):
        return False
    return _is_arrow(X, "RecordBatchReader") or callable(X) or not _is_array_like(X)


def refuse_source(X: Any, y: Any, who: str) -> None:
    """ValueError where X and y are to be read in batches, and TypeError for a collection of Dask.

    Only `MLPClassifier.fit` takes these.
    """
    if is_dask(X):
        raise TypeError(
            f"{who} needs all rows in memory, and X is a collection of Dask: give X.compute(), or use "
            "MLPClassifier.fit, which trains where its partitions are."
        )
    if is_source(X, y):
        raise ValueError(
            f"{who} needs all rows in memory, and X is read in batches. Give an array or a frame, or use "
            "MLPClassifier.fit, which trains on files and batches."
        )


def _is_array_like(X: Any) -> bool:
    """True if X is not an iterable of batches."""
    if not isinstance(X, Iterable) or isinstance(X, (Mapping, bytes)) or sparse.issparse(X):
        return True
    if hasattr(X, "__array__") or hasattr(X, "shape") or frames.has_columns(X):
        return True
    return isinstance(X, (list, tuple)) and not (X and _is_batch(X[0]))


def _are_names(X: Any, y: Any) -> bool:
    """True for a list of the names of files, which have a column of labels."""
    is_list = isinstance(X, (list, tuple)) and len(X) > 0 and isinstance(y, str)
    return is_list and all(isinstance(name, (str, os.PathLike)) for name in X)


def _is_batch(x: Any) -> bool:
    """True if x is a table, or a tuple or list that begins with a table or a matrix."""
    if isinstance(x, (tuple, list)) and len(x) in (2, 3):
        n_axes = np.ndim(x[0]) if isinstance(x, tuple) else len(getattr(x[0], "shape", ()))  # a list may be a row
        return frames.is_frame(x[0]) or sparse.issparse(x[0]) or n_axes == 2
    return frames.is_frame(x) or _is_arrow(x, "RecordBatch")


def _is_arrow(X: Any, name: str) -> bool:
    """True if X is of a class of pyarrow, which need not be imported for it."""
    found: Any = sys.modules.get("pyarrow")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is not None and isinstance(X, found)


def _column_names(y: Any, sample_weight: Any) -> tuple[str, str | None]:
    """The names of the columns of labels and weights of tables."""
    if not isinstance(y, str):
        raise TypeError(
            f"y={show(y)} is not allowed where X is tables that are read; give the name of their column of labels."
        )
    if sample_weight is not None and not isinstance(sample_weight, str):
        raise TypeError(
            f"sample_weight={show(sample_weight)} is not allowed where X is tables that are read; give the name of "
            "their column of weights."
        )
    if y == sample_weight:
        raise ValueError(f"sample_weight={sample_weight!r} is the column of labels, y, too. Name another column.")
    return y, sample_weight


def is_pattern(name: str) -> bool:
    """True for a pattern of the names of files, such as ``data/*.parquet``."""
    return glob.has_magic(name) and not os.path.exists(name)


def paths(name: str) -> list[str]:
    """The files of a name or a pattern, in the order of their names; none where there are none."""
    if is_pattern(name):
        return sorted(glob.glob(name, recursive=True))
    return [name] if os.path.exists(name) else []


def check_found(name: str) -> None:
    """FileNotFoundError where no file has the name, or matches the pattern."""
    if not paths(name):
        raise FileNotFoundError(f"{name}: there is no such file. Relative names start from {os.getcwd()}.")


def files(
    pattern: str,
    target: str,
    weight: str | None = None,
    spellings: Spellings = USUAL,
    separator: str | None = None,
    decimal: str | None = None,
) -> Source:
    """The Parquet or CSV files whose names match a pattern, in the order of their names.

    Parameters
    ----------
    pattern : str
    target, weight : str
        Names of the columns of labels and weights.
    spellings, separator, decimal
        As for `gpunn.data.read_table`.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    ValueError
        If the files are of several kinds or have different columns, or one is damaged.
    """
    check_found(pattern)
    if os.path.isdir(pattern):
        raise IsADirectoryError(
            f"{pattern} is a folder; give a pattern of the names of its files, such as {pattern}/*.parquet."
        )
    found = paths(pattern)
    source = _of_paths(pattern, found, target, weight, spellings, separator, decimal)
    _warn_of_folders(pattern, found, (*(source.columns or ()), target, weight))
    return source


def _named(names: list[str], target: str, weight: str | None) -> Source:
    """The files of a list of names, in its order."""
    for name in names:
        check_found(name)
        if os.path.isdir(name) or is_pattern(name):
            raise ValueError(f"X is a list, and {name} is not the name of a file. Give names of files, or one pattern.")
    return _of_paths(names[0] if len(names) == 1 else f"{names[0]}, ...", names, target, weight)


def _warn_of_folders(pattern: str, found: Sequence[str], present: Collection[str | None]) -> None:
    """Warn where folders such as year=2026 are named by a column that the files lack, and differ in its value."""
    values: dict[str, set[str]] = {}
    for path in found:
        for folder in Path(path).parts[:-1]:
            column, equals, value = folder.partition("=")
            if column and equals:
                values.setdefault(column, set()).add(value)
    columns = [column for column, different in values.items() if len(different) > 1 and column not in present]
    if columns:
        warn(
            f"{pattern}: folders are named by {', '.join(columns)}, which is not read as a column. For that, give "
            "pyarrow.dataset.dataset(folder, partitioning='hive') as X."
        )


def _of_paths(
    name: str,
    found: list[str],
    target: str,
    weight: str | None,
    spellings: Spellings = USUAL,
    separator: str | None = None,
    decimal: str | None = None,
) -> Source:
    """Parquet or CSV files as one source, which errors call by a name."""
    from gpunn.data import source_files, tables

    forms = {tables.form_of(path) for path in found}
    if len(forms) > 1:
        raise ValueError(f"{name} names files of several kinds, {', '.join(sorted(forms))}. Give files of one kind.")
    if forms == {".parquet"}:
        return source_files.parquet(name, found, target, weight)
    return source_files.csv(name, found, target, weight, spellings, separator, decimal)


def _dataset(dataset: Any, y: Any, sample_weight: Any) -> Source:
    """An Arrow dataset: a shard is a row group of Parquet, or a file of another kind."""
    import pyarrow as pa

    from gpunn.data.tables import index_columns

    name, schema = "X, a dataset", dataset.schema
    target, weight = _column_names(y, sample_weight)
    others = [target] if weight is None else [target, weight]
    index = index_columns(schema)
    present = [column for column in schema.names if column not in index or column in others]
    check_columns(name, present, target, weight)
    fragments: list[Any] = []
    try:
        parts = list(dataset.get_fragments())
    except ValueError as error:  # it has a filter
        raise ValueError(
            f"{name}: {error} Or give a function that returns its batches, as lambda: dataset.to_batches(), in place "
            "of the dataset."
        ) from None
    for fragment in parts:
        fragments += fragment.split_by_row_group() if hasattr(fragment, "split_by_row_group") else [fragment]

    def shard(fragment: Any) -> Shard:
        def batches(columns: Columns) -> Iterator[Batch]:
            names = present if columns is None else needed(columns, others)
            try:
                size = batch_rows_of(schema)
                settings = {"batch_size": size, "batch_readahead": 1, "use_threads": False}
                for found in fragment.to_batches(schema=schema, columns=names, **settings):
                    if len(found):
                        yield batch_of_table(found, target, weight)
            except (pa.ArrowException, OSError) as error:
                raise ValueError(f"{getattr(fragment, 'path', name)}: {error}") from None

        return batches

    return Source(name, tuple(map(shard, fragments)))


def _npy(name: str, y: Any, sample_weight: Any) -> Source:
    """An array on disk: a shard is a range of its rows, which is copied when it is read."""
    if y is None:
        raise TypeError(
            "y=None is not allowed with a .npy file; give an array of labels, or the name of its .npy file."
        )
    X, labels, weight = _mapped(name), _mapped(y), _mapped(sample_weight)
    if X.ndim != 2:
        raise ValueError(f"{name} has shape {X.shape}; a matrix of rows and columns is needed.")
    for argument, array in (("y", labels), ("sample_weight", weight)):
        if array is not None and len(array) != len(X):
            raise ValueError(f"{argument} has {len(array):,} elements, and {name} has {len(X):,} rows.")

    size = batch_rows(X[:1].nbytes)

    def shard(start: int) -> Shard:
        rows = slice(start, start + size)

        def batches(columns: Columns) -> Iterator[Batch]:
            yield Batch(np.array(X[rows]), labels[rows], None if weight is None else np.array(weight[rows]))

        return batches

    return Source(name, tuple(map(shard, range(0, len(X), size))))


def _mapped(array: Any) -> Any:
    """The array of a .npy file, memory-mapped; others as they are."""
    if not isinstance(array, (str, os.PathLike)):
        return array
    try:
        return np.load(array, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"{os.fspath(array)}: there is no such file. Give the name of one .npy file.") from None
    except ValueError as error:
        raise ValueError(f"{os.fspath(array)}: {error}") from None


def _iterable(make: Callable[[], Any], y: Any, sample_weight: Any) -> Source:
    """An iterable of batches, one shard."""
    last: list[Any] = []

    def batches(columns: Columns) -> Iterator[Batch]:
        found = make()
        if not isinstance(found, Iterable):
            raise TypeError(f"X: the function returns {show(found)}; return an iterable of batches.")
        if isinstance(found, Iterator):
            if last and last[0] is found:
                raise ValueError(f"X: the function returns the same iterator each time. {ONCE.format('An iterator')}")
            last[:] = [found]
        for number, item in enumerate(found, 1):
            batch = _batch(item, number, y, sample_weight)
            if len(batch.X) or len(batch.y):
                yield batch

    return Source("X", (batches,))


def _batch(item: Any, number: int, y: Any, sample_weight: Any) -> Batch:
    """An item of an iterable as a batch."""
    where = f"X, batch number {number}"
    if isinstance(item, (tuple, list)) and len(item) in (2, 3) and y is None:
        X, labels, weight = item if len(item) == 3 else (*item, None)
        if np.ndim(labels) == 0:
            raise TypeError(f"{where}: the labels are {show(labels)}; give an array of the labels of its rows.")
        if sparse.issparse(X):
            raise TypeError(f"{where}: sparse matrices are not read in batches. Give arrays, or all rows at once.")
        X = arrow_table(X) if frames.is_frame(X) else np.asarray(X)
        return Batch(X, labels, None if weight is None else np.asarray(weight))
    if frames.is_frame(item) or _is_arrow(item, "RecordBatch"):
        target, weight_name = _column_names(y, sample_weight)
        table = arrow_table(item)
        check_columns(where, table.column_names, target, weight_name)
        return batch_of_table(table, target, weight_name)
    raise TypeError(
        f"{where} is {show(item)}; give tuples (X, y) or (X, y, sample_weight) with y=None, or tables with y as the "
        "name of their column of labels."
    )
