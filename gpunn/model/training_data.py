"""Training rows, labels and weights are checked, and left as they are where they are good."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

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

from gpunn.config.parameters import Parameters
from gpunn.data.partitions import is_dask
from gpunn.devices import Device
from gpunn.features import frames
from gpunn.features.encoder import ColumnSettings
from gpunn.model.fitted import Classifier
from gpunn.model.origin import Origin, on_host
from gpunn.model.validation import InputSchema, check_rows, check_sparse, matrix
from gpunn.typing import Array


class ValidatedInputs(NamedTuple):
    """Rows, labels and weights that came in, checked; on the host or, where they were there already, on the device.

    Attributes
    ----------
    device : Device
        On which the work will be done.
    origin : Origin
        Library and device of X.
    X : array (n, d) or SparseRows
    y : ndarray (n,) or (n, c)
    weight : ndarray (n,) or None
    dtype : {"float32", "float64"}
        Data type of theta.
    """

    device: Device
    origin: Origin
    X: Array
    y: np.ndarray
    weight: np.ndarray | None
    dtype: str


def check_training_data(
    clf: Classifier, device: Device, X: Any, y: Any, sample_weight: Any, *, reset: bool, further: bool = False
) -> ValidatedInputs:
    """Check the training data.

    Parameters
    ----------
    clf : MLPClassifier
        Gets the attributes that describe X where ``reset``; otherwise X is held against them.
    device : Device
        On which the work will be done.
    further : bool
        X are further rows for the same training: of a frame, what the first rows did not have is warned of.
    """
    dtype = "float64" if clf.dtype == "float64" else "float32"
    columns = column_settings(clf)
    if reset:
        rows = matrix(clf, device, X, dtype, learn=columns)
    else:
        schema = InputSchema.of(clf)
        says_once = further and schema.features is not None
        warned = clf.__dict__.setdefault("_novelties_said", set()) if says_once else None
        rows = check_rows(schema, device, X, dtype, warned)
    y = check_labels(rows, y)
    dtype = theta_dtype(clf, rows if reset else clf.theta_)
    return ValidatedInputs(device, Origin.of(X), rows, y, check_weights(sample_weight, rows, dtype), dtype)


def check_validation_data(
    clf: Classifier, training: ValidatedInputs, X_val: Any, y_val: Any, sample_weight_val: Any
) -> ValidatedInputs | None:
    """Check the validation data, if there are any, against the training data, whose schema ``clf`` has learned.

    Raises
    ------
    ValueError
        If a part is missing, or for what `check_rows`, `check_labels` and `check_weights` raise.
    """
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val must be given together, and one of them is missing.")
    if X_val is None:
        if sample_weight_val is not None:
            raise ValueError("sample_weight_val was given without X_val and y_val.")
        return None
    X = check_rows(InputSchema.of(clf), training.device, X_val, training.dtype)
    y = check_labels(X, y_val, "y_val")
    return training._replace(X=X, y=y, weight=check_weights(sample_weight_val, X, training.dtype))


def column_settings(p: Parameters) -> ColumnSettings:
    """Parameters that say which columns are encoded, and how."""
    return ColumnSettings(p.features, p.numeric_encoding, p.max_bins, p.max_categories, p.min_frequency, p.max_one_hot)


def theta_dtype(p: Parameters, X: Array) -> str:
    """Data type of theta: the parameter ``dtype``, or that of X."""
    if p.dtype != "auto":
        return str(p.dtype)
    return "float64" if getattr(X.dtype, "name", X.dtype) == "float64" else "float32"  # in either byte order


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
    if is_dask(y):
        raise TypeError(f"{name} is a collection of Dask, and labels in memory are needed here: give {name}.compute().")
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
