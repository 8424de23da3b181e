"""Frames of pandas, polars, pyarrow and whatever else narwhals reads: to tables, to features, to matrices.

pyarrow is imported when a frame comes, not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from narwhals.dependencies import is_into_dataframe, is_into_lazyframe

if TYPE_CHECKING:
    from gpunn.features.encoder import Features

MAX_NAMES = 5  # that a message lists


def is_frame(X: Any) -> bool:
    """Whether X is a frame with named columns, eager or lazy.

    A frame without a single name of text, like ``pandas.DataFrame(array)``, whose columns are 0, 1, ..., counts as the
    array that it holds, as in scikit-learn.
    """
    if isinstance(X, np.ndarray):  # almost always: nothing to look up
        return False
    if is_into_lazyframe(X):
        return True
    return is_into_dataframe(X) and any(isinstance(name, str) for name in column_names(X))


def column_names(X: Any) -> list[Any]:
    """Names of a frame's columns; ValueError where two are the same."""
    try:
        return list(nw.from_native(X).columns)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(f"X: {error}\nRename or remove all but one of them.") from None


def to_table(X: Any, names: Sequence[str] | None = None) -> Any:
    """A frame as an Arrow table; an index, as of pandas, is no column.

    Parameters
    ----------
    X : frame
        Of pandas, polars, pyarrow, or another that narwhals reads.
    names : sequence of str, optional
        Columns to take, in this order; all of them if not given.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    ModuleNotFoundError
        If pyarrow is not installed.
    TypeError
        If X is lazy.
    ValueError
        If names of columns are no text or not distinct, a column of ``names`` is not there, or the values of a
        column have no common Arrow type.
    """
    present = _checked_names(X)
    import pyarrow as pa

    frame = nw.from_native(X, eager_only=True)
    taken = present if names is None else names
    # One by one: a column that cannot be read is named, and pandas' index stays where it is.
    return pa.table([_arrow(name, frame.get_column(name)) for name in taken], names=list(taken))


def learn(X: Any, kinds: Mapping[str, str] | None = None) -> Features:
    """The features of a training frame.

    Parameters
    ----------
    X : frame
        n rows, n >= 1.
    kinds : mapping of str to str, optional
        As for `Features.learn`. A column that is dropped may hold anything.

    Raises
    ------
    ModuleNotFoundError, TypeError, ValueError
        As `to_table` and `Features.learn`.
    """
    present = _checked_names(X)
    from gpunn.features.encoder import Features
    from gpunn.features.kinds import check_kinds

    kinds = {} if kinds is None else kinds
    check_kinds(kinds, present)
    kept = [name for name in present if kinds.get(name) != "drop"]
    return Features.learn(to_table(X, kept), {name: kind for name, kind in kinds.items() if kind != "drop"})


def apply(features: Features, X: Any, dtype: Any) -> np.ndarray:
    """The matrix of a frame by features that were learned.

    Parameters
    ----------
    features : Features
    X : frame
        n rows, n >= 1. The columns of training must be there, in any order; others may stand among them.
    dtype : float32 or float64, or their names

    Returns
    -------
    ndarray (n, n_out)
        C-contiguous.

    Raises
    ------
    ModuleNotFoundError, TypeError, ValueError
        As `to_table` and `Features.transform`; for columns that lack in scikit-learn's words.
    """
    _check_names(features.names_in, _checked_names(X))
    table = to_table(X, features.names_in)
    if not table.num_rows:
        raise ValueError("X has no rows; at least one is needed.")
    return features.transform(table, dtype)


def _checked_names(X: Any) -> list[str]:
    """Names of a frame that can become a table."""
    try:
        import pyarrow  # noqa: F401 - only to tell, in our words, where it is not there
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "X is a frame, which needs pyarrow. Run pip install 'gpunn[tables]', or give numbers as an array: "
            "X.to_numpy()."
        ) from None
    if is_into_lazyframe(X):
        raise TypeError(
            f"X is lazy, a {type(X).__module__}.{type(X).__qualname__}: its rows are not there yet. Collect it "
            "first: X.collect() in polars, X.compute() in dask."
        )
    present = column_names(X)
    no_text = [name for name in present if not isinstance(name, str)]
    if no_text:
        raise ValueError(
            f"X: the column name {no_text[0]!r} is no text. Rename the columns, in pandas by "
            "X.columns = X.columns.astype(str)."
        )
    return present


def _check_names(seen: Sequence[str], names: Sequence[str]) -> None:
    lacking, unseen = sorted(set(seen) - set(names)), sorted(set(names) - set(seen))
    said = ""
    if lacking and unseen:
        said += f"Feature names unseen at fit time:\n{_listed(unseen)}"
    if lacking:
        said += f"Feature names seen at fit time, yet now missing:\n{_listed(lacking)}"
    if said:
        raise ValueError(f"The feature names should match those that were passed during fit.\n{said}")


def _listed(names: Sequence[str]) -> str:
    few = [f"- {name}\n" for name in names[:MAX_NAMES]]
    return "".join(few) + ("- ...\n" if len(names) > MAX_NAMES else "")


def _arrow(name: str, values: Any) -> Any:
    """Values, a narwhals Series, as an Arrow array; ValueError, naming one of them, where they have no common type."""
    try:
        return values.to_arrow()
    except (ValueError, TypeError, OverflowError, NotImplementedError) as error:
        said = str(error)
    missing = values.is_null().to_list()
    present = [(row, value) for row, value in enumerate(values.to_list(), 1) if not missing[row - 1]]
    row, value = present[0]
    where = f"row {row} has {value!r:.80}"
    other = next(((row, other) for row, other in present if type(other) is not type(value)), None)
    if other:
        where += f" ({type(value).__name__}) and row {other[0]} has {other[1]!r:.80} ({type(other[1]).__name__})"
    raise ValueError(
        f"column {name!r} of dtype {values.to_native().dtype} cannot be read: {where}. Convert it, to text for "
        f"categories, or leave it out by features={{{name!r}: 'drop'}}. ({said})"
    )
