"""Dask collections as rows: their partitions, which lie on the workers of a cluster.

A partition is a `Batch`. Nothing here computes a collection: partitions are delayed, and whoever needs them says where.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy import sparse

from gpunn.data.shards import Batch, arrow_table, batch_of_table
from gpunn.features import frames
from gpunn.shown import show

REPARTITION = "Derive them from one collection, or rechunk or repartition them alike."


def is_dask(X: Any) -> bool:
    """True for a collection of Dask, which need not be imported for it."""
    dask = sys.modules.get("dask")
    return dask is not None and not isinstance(X, type) and bool(dask.is_dask_collection(X))


def is_frame(X: Any) -> bool:
    """True for a data frame of Dask."""
    dataframe = sys.modules.get("dask.dataframe")
    return dataframe is not None and isinstance(X, dataframe.DataFrame)


def is_array(X: Any) -> bool:
    """True for an array of Dask."""
    array = sys.modules.get("dask.array")
    return array is not None and isinstance(X, array.Array)


def check_rows(X: Any) -> None:
    """TypeError where X is no frame or matrix of Dask."""
    if is_frame(X) or (is_array(X) and X.ndim == 2):
        return
    if is_array(X):
        raise TypeError(f"X is an array of Dask of shape {X.shape}; rows and columns are needed: use X.reshape(-1, 1).")
    dataframe = sys.modules.get("dask.dataframe")
    if dataframe is not None and isinstance(X, dataframe.Series):
        raise TypeError("X is a series of Dask; a data frame is needed: use X.to_frame().")
    raise TypeError(
        f"X is a {type(X).__module__}.{type(X).__name__}; of Dask's collections, use a data frame or an array, as by "
        "dask.dataframe.from_delayed or dask.array.from_delayed."
    )


def rows_of(X: Any) -> Any:
    """A collection with whole rows in each block."""
    return X.rechunk({1: -1}) if is_array(X) and X.ndim == 2 and X.numblocks[1] > 1 else X


def no_rows(X: Any) -> Any:
    """An empty frame or matrix in memory with the columns of a collection."""
    if is_array(X):
        return np.empty((0, X.shape[1]))
    import pandas as pd

    return pd.DataFrame(columns=X.columns)


def delayed(X: Any, y: Any, sample_weight: Any = None) -> list[Any]:
    """The partitions, each as a delayed `Batch`.

    Parameters
    ----------
    X : dask.dataframe.DataFrame or dask.array.Array (n, d)
    y, sample_weight : dask.dataframe.Series, dask.array.Array (n,), or str
        Likewise partitioned; or the names of columns of X.

    Raises
    ------
    TypeError, ValueError
        If they are no such collections, or not partitioned alike.
    """
    from dask import delayed as later

    check_rows(X)
    X = rows_of(X)
    if isinstance(y, str) or isinstance(sample_weight, str):
        return _of_table(X, y, sample_weight)
    parts = [_parts(X)]
    for name, column in (("y", y), ("sample_weight", sample_weight)):
        if column is None and name == "sample_weight":
            parts.append([None] * len(parts[0]))
            continue
        if not is_dask(column):
            raise TypeError(
                f"{name} is {show(column)}, and X is a collection of Dask; give a series or an array of Dask that is "
                "partitioned like X, or the name of a column of X."
            )
        if is_array(column):
            column = rows_of(column)
            if is_array(X) and _are_known(column, X):
                column = column.rechunk({0: X.chunks[0]})
        parts.append(_parts(column))
        if len(parts[-1]) != len(parts[0]):
            raise ValueError(f"{name} has {len(parts[-1])} partitions, and X has {len(parts[0])}. {REPARTITION}")
    make = later(_batch, pure=False)
    return [make(*part) for part in zip(*parts, strict=True)]


def _of_table(X: Any, y: Any, sample_weight: Any) -> list[Any]:
    """Partitions of a frame that has a column of labels, and perhaps one of weights."""
    from dask import delayed as later

    from gpunn.data.shards import check_columns

    if not is_frame(X):
        raise TypeError("y and sample_weight may be names of columns only where X is a data frame.")
    if not isinstance(y, str) or not (sample_weight is None or isinstance(sample_weight, str)):
        raise TypeError("y and sample_weight must be both names of columns of X, or both collections of Dask.")
    check_columns("X", list(X.columns), y, sample_weight)
    make = later(_batch_of_table, pure=False)
    return [make(part, y, sample_weight) for part in _parts(X)]


def _parts(collection: Any) -> list[Any]:
    """The partitions as they are: optimised alone, X and y would be read apart, and files be put together otherwise."""
    parts = collection.to_delayed(optimize_graph=False)
    return parts.ravel().tolist() if isinstance(parts, np.ndarray) else list(parts)


def _are_known(*arrays: Any) -> bool:
    """True if all sizes of blocks are known, and the arrays have equal numbers of rows."""
    known = not any(np.isnan(size) for array in arrays for size in array.chunks[0])
    return known and len({array.shape[0] for array in arrays}) == 1


def _batch(X: Any, y: Any, weight: Any) -> Batch:
    X = arrow_table(X) if frames.is_frame(X) else _array("X", X)
    return Batch(X, y, None if weight is None else _array("sample_weight", weight))


def _array(name: str, block: Any) -> np.ndarray:
    """A block of X (n, d) or weights (n,) as an array."""
    if sparse.issparse(block):
        raise TypeError(
            f"{name} has blocks that are sparse matrices; make them dense, as by {name}.map_blocks(lambda block: "
            "block.toarray()), or give all rows in memory."
        )
    if isinstance(block, np.ma.MaskedArray) and np.ma.is_masked(block):
        raise ValueError(
            f"{name} has blocks that are masked arrays, with masked values, and masks are ignored. Fill them, as by "
            f"dask.array.ma.filled({name}, value)."
        )
    array = np.asarray(block)
    if name == "sample_weight" and array.ndim != 1:
        raise ValueError(f"sample_weight has blocks of shape {array.shape}; give one weight for each row.")
    return array


def _batch_of_table(table: Any, target: str, weight: str | None) -> Batch:
    return batch_of_table(arrow_table(table), target, weight)
