"""Predictions for Dask collections, as lazy arrays of the same partitions; each is predicted where it lies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score

from gpunn.data import partitions
from gpunn.data.shards import Batch
from gpunn.model.model import Model
from gpunn.model.origin import on_host
from gpunn.model.training_data import labels_on_host
from gpunn.model.validation import InputSchema

Predict = Callable[[Model, Any], Any]


def by_partitions(function: Predict) -> Predict:
    """A function of a model and rows, which for a Dask collection gives a lazy array of Dask."""

    @functools.wraps(function)
    def of_rows(model: Model, X: Any) -> Any:
        return lazily(of_rows, model, X) if partitions.is_dask(X) else function(model, X)

    return of_rows


def lazily(function: Predict, model: Model, X: Any) -> Any:
    """The array of Dask whose blocks are a function of the model and the partitions of X, a frame or array of Dask.

    Its shape has unknown numbers of rows where those of X are unknown.
    """
    import dask

    partitions.check_rows(X)
    X = partitions.rows_of(X)
    nothing = _of_no_rows(function, model, X)
    once = dask.delayed(model, traverse=False)  # which each worker gets once, not each task
    settings: dict[str, Any] = {"meta": nothing, "function": function, "model": once, "nothing": nothing}
    if partitions.is_frame(X):
        # Otherwise small files would share a partition where few columns are read, and the array could not be added to
        # the frame of all columns.
        with dask.config.set({"optimization.tune.active": False}):
            return X.map_partitions(_of_part, **settings)
    if nothing.ndim == 1:
        return X.map_blocks(_of_part, drop_axis=1, dtype=nothing.dtype, **settings)
    return X.map_blocks(_of_part, chunks=(X.chunks[0], (nothing.shape[1],)), dtype=nothing.dtype, **settings)


def _of_part(rows: Any, function: Predict, model: Model, nothing: np.ndarray) -> Any:
    return function(model, rows) if rows.shape[0] else nothing


def _of_no_rows(function: Predict, model: Model, X: Any) -> np.ndarray:
    """The array (0, ...) of the dtype and shape that a function gives.

    Raises
    ------
    ValueError
        If X lacks a column, or has another number of them.
    """
    schema, dtype = model.schema, "float64"
    if partitions.is_frame(X):
        names = schema.names if schema.features is None else schema.features.names_in
        missing = [name for name in ([] if names is None else names) if name not in X.columns]
        if missing:
            raise ValueError(f"X has no column {missing[0]!r}, which {schema.estimator_name} was fitted on.")
        n_columns = len(X.columns) if names is None else schema.n_features
        if schema.features is None and all(str(found) == "float32" for found in X.dtypes):
            dtype = "float32"
    else:
        n_columns, dtype = X.shape[1], X.dtype
    plain = InputSchema(schema.n_features, estimator_name=schema.estimator_name)
    if schema.features is not None:  # the same network on the encoded columns
        plain, n_columns = replace(plain, n_features=schema.features.n_out), schema.features.n_out
    return np.asarray(function(replace(model, schema=plain), np.zeros((1, n_columns), dtype)))[:0]


def accuracy(model: Model, predict: Predict, X: Any, y: Any, sample_weight: Any) -> float:
    """Share of the rows of a collection whose labels are predicted, weighted; computed partition by partition."""
    import dask

    once, sums = dask.delayed(model, traverse=False), dask.delayed(_right)
    found = dask.compute(*(sums(once, predict, batch) for batch in partitions.delayed(X, y, sample_weight)))
    right, total = np.sum(found, axis=0)
    if not total:
        raise ValueError("X has no rows, or only rows of weight 0. Give at least one.")
    return float(right / total)


def _right(model: Model, predict: Predict, batch: Batch) -> tuple[float, float]:
    """Sum of the weights of the rows of a partition that are predicted, and of all rows."""
    if not len(batch.X):
        return 0.0, 0.0
    y, predicted = labels_on_host(batch.y), on_host(predict(model, batch.X))
    right = accuracy_score(y, predicted, normalize=False, sample_weight=batch.weight)
    return float(right), float(len(y) if batch.weight is None else np.sum(batch.weight))
