"""What comes in through the estimator's door: arrays are checked, and left as they are where they are good."""

from __future__ import annotations

import contextlib
import datetime
import math
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import array_api_compat
import narwhals as nw
import numpy as np
from narwhals.dependencies import is_into_dataframe, is_into_series
from scipy import sparse
from sklearn import get_config
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    _check_sample_weight,
    _num_samples,
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from gpunn.devices import Device, get_device, is_cupy
from gpunn.features import Features, frames
from gpunn.features.encoder import apply
from gpunn.shown import show
from gpunn.sklearn_compat import move_to
from gpunn.training.data import SparseRows

Array = Any

# What stands in a column of a frame and not in a matrix.
OF_COLUMNS = (str, datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)

LARGE = 2**22  # numbers of a matrix from which to look through it on all cores


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


@dataclass(frozen=True)
class Origin:
    """The library and device of an array that came in: what goes out is of the same.

    ``xp`` is None for NumPy, and for all that is read as such: other libraries where array API dispatch is off.
    """

    xp: Any = None
    device: Any = None

    @classmethod
    def of(cls, X: Any) -> Origin:
        if is_cupy(X) or (_dispatches() and array_api_compat.is_array_api_obj(X) and not isinstance(X, np.ndarray)):
            return cls(array_api_compat.array_namespace(X), array_api_compat.device(X))
        return cls()

    def has_float64(self) -> bool:
        """Whether its device has numbers in float64; Apple's GPUs, for one, have none."""
        if self.xp is None:
            return True
        return "float64" in self.xp.__array_namespace_info__().dtypes(device=self.device, kind="real floating")

    def give(self, device: Device, found: Array) -> Array:
        """An array of the device in the library it is wanted in."""
        if self.xp is None:
            return device.to_host(found)
        if is_cupy(found):
            return found if array_api_compat.is_cupy_namespace(self.xp) else self.xp.from_dlpack(found)
        return self.xp.asarray(found, device=self.device)


def device_for(name: str | None, X: Any, precision: str = "float32") -> Device:
    """The device of a name; without one, the GPU on which a CuPy array X lies, and the CPU for all else."""
    return get_device(name or (f"cuda:{X.device.id}" if is_cupy(X) else "cpu"), precision)


def on_host(x: Any) -> Any:
    """An array of any library as one of NumPy; what is none as it is."""
    if isinstance(x, np.ndarray) or sparse.issparse(x) or not array_api_compat.is_array_api_obj(x):
        return x
    return x.get() if is_cupy(x) else move_to(x, xp=np, device="cpu")


def check_rows(
    estimator: Any, device: Device, X: Any, *, reset: bool, dtype: Any = "float32", more: bool = False
) -> Array:
    """X as a matrix (n, d) of finite numbers, of the dtype it has; n, d >= 1.

    Parameters
    ----------
    estimator : MLPClassifier
        Gets ``n_features_in_``, ``feature_names_in_`` and, of a frame, ``features_`` where ``reset``, and is held
        against them otherwise.
    device : Device
        On which the work will be done. A CuPy array must be there already.
    X : array-like (n, d), sparse matrix, frame, or CuPy array
    dtype : {"float32", "float64"}
        Of the matrix that is made of a frame.
    more : bool
        Whether they are further rows to train on: any value of a frame that the first rows did not have is warned of
        then, once for a column.

    Raises
    ------
    ValueError, TypeError
        If X is no such matrix.
    """
    if reset:
        for name in ("features_", "_novelties_said"):
            vars(estimator).pop(name, None)
    if not reset and _is_sound(estimator, device, X):
        return X
    _check_array(X)
    if "features_" in vars(estimator) or (reset and estimator.features is not None and _has_columns(X)):
        return _of_frame(estimator, X, reset, dtype, more)
    frames.check_array_like(X)
    numbers = frames.matrix(X)
    if numbers is not None:
        _check_feature_names(estimator, X, reset=reset)
        _check_n_features(estimator, numbers, reset=reset)
        return check_array(numbers, input_name="X", estimator=estimator)
    if not is_cupy(X):
        # "numeric" leaves uint8 pixels and float32 as they are; each batch is converted when it is formed.
        checked = {"accept_sparse": ("csr", "csc"), "dtype": "numeric", "ensure_all_finite": not _is_finite(device, X)}
        X = on_host(validate_data(estimator, X, reset=reset, **checked))
        return SparseRows(device, X) if sparse.issparse(X) else X
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
        vars(estimator).pop("feature_names_in_", None)
    elif X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return X


def _is_sound(estimator: Any, device: Device, X: Any) -> bool:
    """Whether X is a matrix of which scikit-learn's checks, many times as long for few rows, would say nothing.

    If not it may still be so, and those checks, which also find the words, are the ones that count.
    """
    known = vars(estimator)
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype.kind in "fiub"
        and X.shape[0] > 0
        and X.shape[1] == known.get("n_features_in_")
        and "features_" not in known
        and "feature_names_in_" not in known
        and (X.dtype.kind != "f" or _is_finite(device, X))
    )


def _is_finite(device: Device, X: Any) -> bool:
    """Whether a matrix is seen by its sum, or those of its parts on all cores, to be finite.

    If not it may still be so, and scikit-learn's own look, on one core, is the one that counts.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype.char not in "fd":
        return False
    if get_config()["assume_finite"]:  # then nobody looks
        return True
    n = device.n_workers() if X.size >= LARGE else 1
    sums = [math.nan] * n

    def add_up(i: int) -> None:
        with np.errstate(all="ignore"):  # large numbers may add up to infinity
            sums[i] = float(np.sum(X[i * len(X) // n : (i + 1) * len(X) // n]))

    device.each(add_up, range(n))
    return all(map(math.isfinite, sums))


def _check_array(X: Any) -> None:
    """ValueError for arrays whose values would be taken for what they are not."""
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise ValueError(
            f"X is a masked array, {np.ma.count_masked(X):,} of whose values are masked, which is not heeded. Give "
            "a frame, where missing values may be: pandas.DataFrame(X.filled(numpy.nan), columns=...)."
        )
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM":
        raise ValueError(
            f"X has dtype {X.dtype}: an array of dates or durations has no unit that a network could know. Give a "
            "frame, whose dates and durations are standardised, or numbers."
        )
    if sparse.issparse(X):
        _check_sparse(X, "X")


def _check_sparse(X: Any, name: str) -> None:
    """ValueError for a sparse matrix whose indices lie outside it.

    SciPy's constructors do not look at all of them, nor at what is written into them later, and its conversions would
    read and write beyond their arrays.
    """
    if X.format == "coo" and X.ndim == 2:
        for index, kind, n in ((X.row, "row", X.shape[0]), (X.col, "column", X.shape[1])):
            if len(index) and not 0 <= np.min(index) <= np.max(index) < n:
                wrong = index[(index < 0) | (index >= n)]
                raise ValueError(
                    f"{name} is a sparse matrix of shape {X.shape} in COO format with {len(wrong)} {kind} indices that "
                    f"are not allowed, the first of them {wrong[0]}: they must be in [0, {n}). Build it anew, as by "
                    "scipy.sparse.coo_array((data, (row, column)), shape), which checks row and column."
                )
    if X.format not in ("csr", "csc", "bsr"):
        return
    n_rows, n_columns = X.shape if X.ndim == 2 else (1, *X.shape)
    block = X.blocksize if X.format == "bsr" else (1, 1)
    n_major, n_minor = (n_columns, n_rows) if X.format == "csc" else (n_rows // block[0], n_columns // block[1])
    matrix = f"{name} is a sparse matrix of shape {X.shape} in {X.format.upper()} format"
    remedy = "Build it anew, as by scipy.sparse.coo_array((data, (row, column)), shape), which checks row and column."
    indptr, indices = X.indptr, X.indices
    n_stored = min(len(indices), len(X.data))
    if len(indptr) != n_major + 1 or indptr[0] != 0 or indptr[-1] > n_stored or np.any(indptr[1:] < indptr[:-1]):
        raise ValueError(
            f"{matrix} whose indptr {show(indptr.tolist())} is not allowed: its {n_major + 1} integers must rise from "
            f"0 to at most {n_stored}, the number of its indices. {remedy}"
        )
    if len(indices) and (np.min(indices) < 0 or np.max(indices) >= n_minor):
        wrong = indices[(indices < 0) | (indices >= n_minor)]
        raise ValueError(
            f"{matrix} with {len(wrong)} indices that are not allowed, the first of them {wrong[0]}: they must be in "
            f"[0, {n_minor}). {remedy}"
        )


def _has_columns(X: Any) -> bool:
    """Whether X has columns of several kinds: a frame, or an array of objects that are not all numbers."""
    if not isinstance(X, np.ndarray):
        return frames.is_frame(X)
    if X.dtype.kind != "O" or X.ndim != 2:
        return False
    values = X.ravel().tolist()
    return any(map(frames.is_missing, values)) or any(isinstance(value, OF_COLUMNS) for value in values)


def _of_frame(estimator: Any, X: Any, reset: bool, dtype: str, more: bool) -> np.ndarray:
    """The matrix of a frame, by the columns of training, or of an array with those columns in their order."""
    X = on_host(frames.native(X))
    if reset:
        _learn(estimator, X)
    features = estimator.features_
    if frames.is_frame(X):
        encoded, novelties = apply(features, X, dtype)
    else:
        _check_feature_names(estimator, X, reset=False)  # warns that the columns are taken by their order
        if not isinstance(X, np.ndarray) or X.dtype.kind not in "OU":
            X = check_array(X, dtype="float64", ensure_all_finite="allow-nan", input_name="X")
        encoded, novelties = features.encode(features.from_array(X), dtype)
    said = estimator.__dict__.setdefault("_novelties_said", set()) if more else set()
    for novelty in novelties:
        if (more or novelty.most) and novelty.column.name not in said:
            said.add(novelty.column.name)
            later = (
                "The first rows settled scales and categories: give features=Features.learn(...) of more rows."
                if more
                else "Check that X is written as the training rows were."
            )
            warnings.warn(novelty.warning(later), stacklevel=4)
    return encoded


def _learn(estimator: Any, X: Any) -> None:
    """Set the features of a training frame, or those that the user learned beforehand."""
    if isinstance(X, np.ndarray):
        frame: Any = frames.ArrayFrame(X, [f"x{i}" for i in range(X.shape[1])])
        vars(estimator).pop("feature_names_in_", None)
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
    check_consistent_length(X, y)
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
        _check_sparse(y, name)
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


def _dispatches() -> bool:
    return bool(get_config()["array_api_dispatch"])
