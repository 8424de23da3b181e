"""Training rows, labels and weights are checked, and left as they are where they are good."""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Iterator
from typing import Any

import narwhals as nw
import numpy as np
from narwhals.dependencies import is_into_dataframe, is_into_series
from scipy import sparse
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_array,
    column_or_1d,
)

from gpunn.devices import Device
from gpunn.features import Features, frames
from gpunn.model.fitted import Classifier
from gpunn.model.origin import on_host
from gpunn.model.validation import InputSchema, check_sparse, check_values, encoded, matrix
from gpunn.typing import Array

# What stands in a column of a frame and not in a matrix.
OF_COLUMNS = (str, datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


@contextlib.contextmanager
def all_or_nothing(thing: Any) -> Iterator[None]:
    """Whatever is raised within, the attributes of ``thing`` are then those it had before."""
    before = dict(vars(thing))
    try:
        yield
    except BaseException:
        vars(thing).clear()
        vars(thing).update(before)
        raise


def learn_rows(estimator: Classifier, device: Device, X: Any, dtype: str = "float32") -> Array:
    """Training rows as a matrix (n, d), as `gpunn.model.validation.check_rows` has others.

    Parameters
    ----------
    estimator : MLPClassifier
        Gets ``n_features_in_``, ``feature_names_in_`` and, of a frame, ``features_``.
    """
    for name in ("features_", "_novelties_said"):
        estimator.__dict__.pop(name, None)
    check_values(X)
    if estimator.features is None or not _has_columns(X):
        return matrix(estimator, device, X, reset=True)
    X = on_host(frames.native(X))
    _learn(estimator, X)
    return encoded(InputSchema.of(estimator), X, dtype, None)


def _has_columns(X: Any) -> bool:
    """Whether X has columns of several kinds: a frame, or an array of objects that are not all numbers."""
    if not isinstance(X, np.ndarray):
        return frames.is_frame(X)
    if X.dtype.kind != "O" or X.ndim != 2:
        return False
    values = X.ravel().tolist()
    return any(map(frames.is_missing, values)) or any(isinstance(value, OF_COLUMNS) for value in values)


def _learn(estimator: Classifier, X: Any) -> None:
    """Set the features of a training frame, or those that the user learned beforehand."""
    if isinstance(X, np.ndarray):
        frame: Any = frames.ArrayFrame(X, [f"x{i}" for i in range(X.shape[1])])
        estimator.__dict__.pop("feature_names_in_", None)
    else:
        frame = frames.opened(X)
    if isinstance(estimator.features, Features):
        estimator.features_ = estimator.features
    else:
        estimator.features_ = Features.learn(
            frame,
            None if estimator.features == "auto" else estimator.features,
            max_categories=estimator.max_categories,
            min_frequency=estimator.min_frequency,
        )
    if not isinstance(X, np.ndarray):
        estimator.feature_names_in_ = np.asarray(estimator.features_.names_in, dtype=object)
    estimator.n_features_in_ = estimator.features_.n_in


def check_labels(X: Array, y: Any, name: str = "y") -> np.ndarray:
    """Labels (n,) of the rows X, or an indicator matrix (n, c), on the host.

    Raises
    ------
    ValueError
        If y is not as long as X, or for what `labels_on_host` raises.
    """
    y = labels_on_host(y, name)
    n, n_labels = _num_samples(X), _num_samples(y)
    if n != n_labels:
        raise ValueError(
            f"{name} has {n_labels:,} labels, and {name.replace('y', 'X', 1)} has {n:,} rows (inconsistent numbers of "
            "samples). Give a label for each row."
        )
    return column_or_1d(y, warn=True) if y.ndim == 1 or y.shape[1] == 1 else y


def labels_on_host(y: Any, name: str = "y") -> np.ndarray:
    """Labels of any library as a NumPy array; integers stay integers, and booleans booleans.

    Raises
    ------
    ValueError
        If y is None, or labels are missing or infinite; ``name`` is what the message calls them.
    """
    if y is None:
        raise ValueError(f"requires y to be passed, but the target {name} is None")
    y = _as_series(on_host(y))
    if is_into_series(y):
        # Not as scikit-learn does it, which takes nullable integers through float64: those above 2^53 would merge.
        y = _column(nw.from_native(y, series_only=True))
    elif is_into_dataframe(y) and y.shape[1]:
        try:
            y = np.column_stack([*map(_column, nw.from_native(y, eager_only=True).iter_columns())])
        except nw.exceptions.DuplicateError as error:
            raise ValueError(f"{name}: {error}\nRename or remove all but one of them.") from None
    elif isinstance(y, (list, tuple)):
        _refuse_missing(np.asarray(y, dtype=object), name)  # NumPy would make the label "nan" of a NaN among strings
        y = np.asarray(y)
    if sparse.issparse(y):
        check_sparse(y, name)
    y = check_array(
        y,
        accept_sparse="csr",
        ensure_2d=False,
        dtype=None,
        ensure_all_finite="allow-nan",
        ensure_min_samples=0,
        input_name=name,
    )
    y = y.toarray() if sparse.issparse(y) else y
    _refuse_missing(y, name)
    return y


def _as_series(y: Any) -> Any:
    """Arrays of pandas and pyarrow as the series that narwhals reads; all else as it is."""
    pandas, pyarrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    if pandas is not None and isinstance(y, (pandas.Index, pandas.api.extensions.ExtensionArray)):
        return pandas.Series(y)
    return pyarrow.chunked_array([y]) if pyarrow is not None and isinstance(y, pyarrow.Array) else y


def _column(series: Any) -> np.ndarray:
    """The values of a narwhals Series, with None for those that are missing."""
    values, missing = series.to_numpy(), series.is_null().to_numpy()
    if missing.any():
        values = values.astype(object)
        values[missing] = None  # an Arrow dictionary's ChunkedArray.to_numpy gives one of its values here
    return values


def _refuse_missing(y: np.ndarray, name: str) -> None:
    if y.dtype.kind in "fcmM":
        missing = np.isnat(y) if y.dtype.kind in "mM" else np.isnan(y)
    elif y.dtype.kind == "O":
        missing = np.asarray(np.frompyfunc(frames.is_missing, 1, 1)(y), bool)
    else:
        return
    if missing.any():
        raise ValueError(
            f"{name}: {np.count_nonzero(missing)} of {y.size} labels are missing, the first in row "
            f"{np.argwhere(np.atleast_1d(missing))[0, 0] + 1}. Fill them in, or remove those rows."
        )


def check_weights(weight: Any, X: Array, dtype: str) -> np.ndarray | None:
    """Row weights (n,), not negative and not all 0; None for none."""
    if weight is None:
        return None
    rows = np.empty((_num_samples(X), 1), dtype)  # what the check wants to know of X: its length and dtype
    weight = _check_sample_weight(on_host(weight), rows, dtype=[np.dtype(dtype)], ensure_non_negative=True)
    if not np.any(weight):  # which scikit-learn looks for itself from 1.9 on
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight
