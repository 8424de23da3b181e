"""Columns of a table as inputs of a network, with NumPy alone.

`numpy_export` copies the source of these functions, and of `robust_outputs`, into the modules that it writes: they may
use each other, ``np`` and `typing.Any`, and nothing else. X maps the name of each column to its n values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpunn.features.encodings import robust_outputs


def column(X: Any, name: str) -> Any:
    """The n values of a column."""
    try:
        x = X[name]
    except (IndexError, TypeError):  # of an array or a list
        raise TypeError(
            f"X is of type {type(X).__name__}, which has no column {name!r}. Give a data frame, or a dict of the n "
            "values of each column by its name."
        ) from None
    if np.ndim(x) != 1:
        raise ValueError(f"column {name!r} has shape {np.shape(x)}. Give its n values, as a list or an array (n,).")
    return x


def floats(X: Any, name: str) -> np.ndarray:
    """Numbers (n,) of a column as float64, NaN where missing; NumPy's dates and durations become seconds."""
    given = column(X, name)
    x = np.asarray(given)
    try:
        if x.dtype == object:  # a frame knows its own signs of missing values
            x = np.asarray(given, dtype=np.float64)
        if x.dtype.kind == "M":
            x = x - np.datetime64(0, "s")
        x = x / np.timedelta64(1, "s") if x.dtype.kind == "m" else x.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r}: {error}. Give numbers, and NaN or None where missing.") from None
    if np.isinf(x).any():
        raise ValueError(f"column {name!r} has an infinite number. Correct it, or give NaN.")
    return x


def number(
    X: Any, name: str, mean: float, scale: float, missing: bool = False, missing_values: tuple[float, ...] = ()
) -> np.ndarray:
    """A number (n, 1) standardised, 0 where missing; with ``missing`` a second column (n, 2) is 1 there.

    ``missing_values`` are numbers that stand for missing ones.
    """
    x = floats(X, name)
    is_missing = np.isnan(x) | np.isin(x, missing_values)
    z = np.where(is_missing, 0.0, (x - mean) / scale)
    return np.stack([z, is_missing], axis=1) if missing else z[:, None]


def robust(
    X: Any,
    name: str,
    median: float,
    scale: float,
    edges: tuple[float, ...] = (),
    missing: bool = False,
    missing_values: tuple[float, ...] = (),
) -> np.ndarray:
    """A number (n, 1 + T) by `robust_outputs`, 0 where missing; with ``missing`` one more column is 1 there.

    ``missing_values`` are numbers that stand for missing ones.
    """
    x = floats(X, name)
    is_missing = np.isnan(x) | np.isin(x, missing_values)
    z = robust_outputs(np.where(is_missing, np.nan, x), median, scale, edges)
    return np.concatenate([z, is_missing[:, None]], axis=1) if missing else z


def boolean(X: Any, name: str, values: tuple[bool, ...], missing: bool = False) -> np.ndarray:
    """A column for each of the values; with ``missing`` one more, which is 1 where the value is missing."""
    x = floats(X, name)
    is_missing = np.isnan(x)
    if not np.all(is_missing | (x == 0) | (x == 1)):
        raise ValueError(f"column {name!r} has other values than True and False (1 and 0). Correct them, or give NaN.")
    return np.stack([*(x == value for value in values), *([is_missing] if missing else [])], axis=1)


def category(X: Any, name: str, categories: list[str], rare: bool = False, missing: bool = False) -> np.ndarray:
    """A column for each category, 1 where the value is that string.

    Then, with ``rare``, a column that is 1 for all other strings, and, with ``missing``, one that is 1 where the value
    is missing (None or NaN).
    """
    values = np.asarray(column(X, name), dtype=object).tolist()
    positions = {text: position for position, text in enumerate(categories)}
    out = np.zeros((len(values), len(categories) + rare + missing))
    for row, value in enumerate(values):
        if isinstance(value, str):
            position = positions.get(value, len(categories))
            if position < len(categories) + rare:
                out[row, position] = 1
        elif str(value) in ("None", "nan", "NaT", "<NA>"):
            if missing:
                out[row, -1] = 1
        else:
            raise ValueError(f"column {name!r}, row {row + 1}: {value!r} is not a string. Give None if it is missing.")
    return out


def code(X: Any, name: str, categories: list[str], rare: bool = False, missing: bool = False) -> np.ndarray:
    """The number (n, 1) of the category of each value, from 1; 0 where it is another string or missing (None or NaN).

    With ``rare``, other strings have a number behind those of the categories, and, with ``missing``, missing values the
    last.
    """
    values = np.asarray(column(X, name), dtype=object).tolist()
    codes = {text: number for number, text in enumerate(categories, 1)}
    unknown = len(categories) + 1 if rare else 0
    out = np.zeros((len(values), 1))
    for row, value in enumerate(values):
        if isinstance(value, str):
            out[row, 0] = codes.get(value, unknown)
        elif str(value) in ("None", "nan", "NaT", "<NA>"):
            out[row, 0] = len(categories) + rare + 1 if missing else 0
        else:
            raise ValueError(f"column {name!r}, row {row + 1}: {value!r} is not a string. Give None if it is missing.")
    return out


def ignored(X: Any, name: str) -> np.ndarray:
    """Zeros (n, 1) for a column that had no value in training."""
    return np.zeros((len(column(X, name)), 1))
