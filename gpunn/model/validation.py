"""Rows as matrices: columns are learned from those to train on, and later rows are held against them.

Rows that are good are left as they are.
"""

from __future__ import annotations

import functools
import math
import os
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_array, validate_data

from gpunn.data import partitions
from gpunn.devices import Device, is_cupy
from gpunn.features import Features, frames
from gpunn.features.columns import EMBEDDED_IN
from gpunn.features.encoder import ColumnSettings, encode_rows, learn_features
from gpunn.model.origin import on_host
from gpunn.nn.embedding import Embedding
from gpunn.shown import show
from gpunn.training.data import SparseRows
from gpunn.typing import Array

LARGE = 2**22  # numbers of a matrix from which to look through it on all cores


@dataclass(frozen=True)
class InputSchema:
    """The rows that a model takes.

    Attributes
    ----------
    n_features : int
        Columns, before they are encoded.
    names : ndarray (n_features,) or None
        Their names, where the training rows had any.
    features : Features or None
        Their encoding, where the model was trained on a frame.
    estimator_name : str
        Class of the estimator, for messages.
    """

    n_features: int
    names: np.ndarray | None = None
    features: Features | None = None
    estimator_name: str = "MLPClassifier"

    @classmethod
    def of(cls, estimator: object) -> Self:
        """The schema that the attributes of an estimator show, once it has seen its training rows."""
        known = vars(estimator)
        return cls(
            known["n_features_in_"],
            known.get("feature_names_in_"),
            known.get("features_"),
            type(estimator).__name__,
        )

    @property
    def embeddings(self) -> tuple[Embedding, ...]:
        """The columns of the matrix that hold codes."""
        codes = () if self.features is None else self.features.embedded
        return tuple(Embedding(column, n_categories, EMBEDDED_IN) for column, n_categories in codes)

    def attributes(self) -> dict[str, Any]:
        """scikit-learn's names of it, those that there are."""
        known = {"n_features_in_": self.n_features, "feature_names_in_": self.names, "features_": self.features}
        return {name: value for name, value in known.items() if value is not None}

    def as_estimator(self, **attributes: Any) -> BaseEstimator:
        """An object that scikit-learn's checks of rows take for the estimator, and name so."""
        found = _estimator_class(self.estimator_name)()
        vars(found).update(self.attributes(), **attributes)
        return found


@functools.cache  # making a class takes about a fifth of the time of a prediction of few rows
def _estimator_class(name: str) -> type[BaseEstimator]:
    return type(name, (BaseEstimator,), {})


def check_rows(
    schema: InputSchema, device: Device, X: Any, dtype: Any = "float32", warned: set[str] | None = None
) -> Array:
    """X as a matrix (n, d) of finite numbers, of the dtype it has; n, d >= 1.

    Parameters
    ----------
    schema : InputSchema
    device : Device
        On which the work will be done. A CuPy array must be there already.
    X : array-like (n, d), sparse matrix, frame, or CuPy array
    dtype : {"float32", "float64"}
        Data type of the matrix that a frame is converted to.
    warned : set of str, optional
        For further rows to train on: the columns that were warned of before, which is added to. Any value of a frame
        that the first rows did not have is warned of then, once for a column.

    Raises
    ------
    ValueError, TypeError
        If X is no such matrix.
    """
    if _is_sound(schema, device, X):
        return X
    return matrix(schema.as_estimator(), device, X, dtype, warned=warned)


def matrix(
    estimator: BaseEstimator,
    device: Device,
    X: Any,
    dtype: Any = "float32",
    *,
    learn: ColumnSettings | None = None,
    warned: set[str] | None = None,
) -> Array:
    """X as a matrix (n, d) of finite numbers: encoded if the estimator has ``features_``, as it is otherwise.

    Parameters
    ----------
    estimator : estimator of scikit-learn
        X is held against its ``n_features_in_``, ``feature_names_in_`` and ``features_``.
    learn : ColumnSettings, optional
        X are training rows: the estimator gets these attributes, ``features_`` where columns are encoded.
    device, X, dtype, warned
        As for `check_rows`.
    """
    if isinstance(X, (str, os.PathLike)):
        raise ValueError(
            f"X={show(X)} is the name of a file, and rows in memory are needed. Read it first, as by "
            "gpunn.data.read_table; MLPClassifier.fit reads files for itself, and so do the commands of gpunn."
        )
    check_values(X)
    known = vars(estimator)
    features = known.get("features_") if learn is None else None
    if features is not None:
        X = on_host(X)
    if learn is not None:
        for name in ("features_", "_novelties_said"):
            known.pop(name, None)
        if learn.of_arrays:
            X = _with_columns(estimator, X)
        if learn.features is not None and (learn.of_arrays or frames.has_columns(X)):
            X = frames.native(X)
            features = learn_features(X, learn)
            known |= {"features_": features, "n_features_in_": features.n_in}
            known.pop("feature_names_in_", None)
            if not isinstance(X, np.ndarray):
                known["feature_names_in_"] = np.asarray(features.names_in, dtype=object)
    if features is not None:
        return encode_rows(features, X, dtype, estimator, warned)
    numbers = frames.matrix(X)
    return _numeric_matrix(estimator, device, X, numbers, reset=learn is not None)


def _with_columns(estimator: BaseEstimator, X: Any) -> Any:
    """X as a frame, or as an array (n, d) of numbers or objects whose columns are to be encoded.

    Raises
    ------
    ValueError, TypeError
        If X is neither.
    """
    X = on_host(X)
    if frames.is_frame(X):
        return X
    is_text = frames.has_columns(X)
    return check_array(
        X, dtype=None if is_text else "numeric", ensure_all_finite="allow-nan", input_name="X", estimator=estimator
    )


def _numeric_matrix(
    estimator: BaseEstimator, device: Device, X: Any, numbers: np.ndarray | None, *, reset: bool
) -> Array:
    """X, which `gpunn.features.frames.matrix` read as ``numbers`` (n, d) where it is a frame, as a matrix."""
    if numbers is not None:
        _check_feature_names(estimator, X, reset=reset)
        _check_n_features(estimator, numbers, reset=reset)
        return check_array(numbers, input_name="X", estimator=estimator)
    if not is_cupy(X):
        # "numeric" leaves uint8 pixels and float32 as they are; each batch is converted when it is formed.
        checked = {"accept_sparse": ("csr", "csc"), "dtype": "numeric", "ensure_all_finite": not _is_finite(device, X)}
        with np.errstate(over="ignore", invalid="ignore"):  # scikit-learn adds up all numbers, however large
            X = on_host(validate_data(estimator, X, reset=reset, **checked))
        return SparseRows(device, X.tocsr()) if sparse.issparse(X) else X
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


def _is_sound(schema: InputSchema, device: Device, X: Any) -> bool:
    """True if X is a matrix of which scikit-learn's checks, many times as long for few rows, would say nothing.

    If not it may still be so, and those checks, which also find the words, are the ones that count.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype.kind in "fiub"
        and X.shape[0] > 0
        and X.shape[1] == schema.n_features
        and schema.features is None
        and schema.names is None
        and (X.dtype.kind != "f" or _is_finite(device, X))
    )


def _is_finite(device: Device, X: Any) -> bool:
    """True if a matrix is seen by its sum, or those of its parts on all cores, to be finite.

    If not it may still be so, and scikit-learn's own look, on one core, is the one that counts.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype.char not in "fd":
        return False
    if get_config()["assume_finite"]:  # then nobody looks
        return True
    if X.size < LARGE:
        return _has_finite_sum(X)
    n = device.n_workers()
    found = [False] * n

    def look(i: int) -> None:
        found[i] = _has_finite_sum(X[i * len(X) // n : (i + 1) * len(X) // n])

    device.each(look, range(n))
    return all(found)


def _has_finite_sum(X: np.ndarray) -> bool:
    with np.errstate(all="ignore"):  # large numbers may add up to infinity
        return math.isfinite(X.sum())


def check_values(X: Any) -> None:
    """ValueError for arrays whose values would be taken for what they are not; TypeError for collections of Dask."""
    if partitions.is_dask(X):
        raise TypeError(
            "X is a collection of Dask, and rows in memory are needed here: give X.compute(). Collections are for "
            "MLPClassifier's fit, score, predict, predict_proba, predict_log_proba and decision_function."
        )
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise ValueError(
            f"X is a masked array, {np.ma.count_masked(X):,} of whose values are masked, and masks are ignored. Give "
            "a frame, where missing values may be: pandas.DataFrame(X.filled(numpy.nan), columns=...)."
        )
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM":
        raise ValueError(
            f"X has dtype {X.dtype}: an array of dates or durations has no unit that a network could know. Give a "
            "frame, whose dates and durations are standardised, or numbers."
        )
    if sparse.issparse(X):
        check_sparse(X, "X")


def check_sparse(X: Any, name: str) -> None:
    """ValueError for a sparse matrix whose indices lie outside it or are of another dtype than SciPy's.

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
    for array, values in (("indptr", indptr), ("indices", indices)):
        if values.dtype not in (np.int32, np.int64):  # those of SciPy
            raise ValueError(f"{matrix} whose {array} has dtype {values.dtype}: int32 or int64 is needed. {remedy}")
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
