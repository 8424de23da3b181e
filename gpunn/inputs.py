"""What comes in through the estimator's door: arrays are checked, and left as they are where they are good."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from gpunn.devices import Device, is_cupy

Array = Any


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


def check_rows(estimator: Any, device: Device, X: Any, *, reset: bool) -> Array:
    """X as a matrix (n, d) of finite numbers, of the dtype it has; n, d >= 1.

    Parameters
    ----------
    estimator : MLPClassifier
        Gets ``n_features_in_`` and ``feature_names_in_`` where ``reset``, and is held against them otherwise.
    device : Device
        On which the work will be done. A CuPy array must be there already.
    X : array-like (n, d) or CuPy array

    Raises
    ------
    ValueError, TypeError
        If X is no such matrix.
    """
    if not is_cupy(X):
        # "numeric" leaves uint8 pixels and float32 as they are; each batch is converted when it is formed.
        return validate_data(estimator, X, dtype="numeric", reset=reset)
    if device.name == "cpu":
        raise ValueError("X is a CuPy array and device='cpu'. Use device='cuda', or give X.get(), a NumPy array.")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X has shape {X.shape}; a matrix of at least one row and one feature is needed.")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"X has dtype {X.dtype}; real numbers are needed.")
    if not bool(device.xp.all(device.xp.isfinite(X))):
        raise ValueError("Input X contains NaN or infinity. Fill in or drop missing values first.")
    if reset:
        estimator.n_features_in_ = X.shape[1]
    elif X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return X


def check_labels(X: Array, y: Any, device: Device) -> np.ndarray:
    """y on the host: labels (n,), or an indicator matrix (n, c).

    Raises
    ------
    ValueError
        If y is missing or not as long as X, or has missing or infinite values.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    y = device.to_host(y) if is_cupy(y) else y
    y = check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y")
    check_consistent_length(X, y)
    if sparse.issparse(y):
        y = y.toarray()
    return column_or_1d(y, warn=True) if y.ndim == 1 or y.shape[1] == 1 else y


def check_weights(weight: Any, X: Array, device: Device, dtype: str) -> Array | None:
    """Row weights (n,) on the device, not negative and not all 0; None for none."""
    if weight is None:
        return None
    weight = device.to_host(weight) if is_cupy(weight) else weight
    rows = np.empty((_num_samples(X), 1), dtype)  # what the check wants to know of X: its length and dtype
    weight = _check_sample_weight(weight, rows, dtype=[np.dtype(dtype)], ensure_non_negative=True)
    return device.asarray(weight, dtype)
