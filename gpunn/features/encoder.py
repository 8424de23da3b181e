"""Tables to matrices by the columns of a training table, and the form in which a model file keeps those columns."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from gpunn.features.columns import COLUMNS, MAX_CATEGORIES, Column
from gpunn.features.kinds import check_kind, check_kinds, converted, holds_codes, kind_of, no_value, show
from gpunn.features.tables import no_column

MAX_NAME = 30  # letters of a column's name that are shown


@dataclass(frozen=True)
class Features:
    """The columns of a training table, able to turn it and later tables into matrices.

    Numbers, dates, times of day and durations are standardised; text, dictionaries (pandas' and polars' categoricals)
    and booleans have one output for each category. Missing values have an output of their own if training had any:
    beside it a number is the mean, a category zeros. If training had none, a missing value is the mean, or zeros, and
    nothing tells so. A category that training did not have is zeros. `print` shows what each column becomes.

    Parameters
    ----------
    columns : tuple of NumericColumn or CategoricalColumn
        In the order of the training table.
    """

    columns: tuple[Column, ...]

    @classmethod
    def learn(cls, table: Any, kinds: Mapping[str, str] | None = None) -> Features:
        """Learn from a training table.

        Parameters
        ----------
        table : pyarrow.Table
            n rows, n >= 1, without the target.
        kinds : mapping of str to {"numbers", "text", "dates", "drop"}, optional
            Kinds of columns, by name, that are not to be told from their types. Text and booleans become "numbers",
            text becomes "dates" (ISO 8601), anything that Arrow can write becomes "text", so that each value is a
            category; "drop" leaves the column out, and later tables may lack it. Later tables are converted
            in the same way.

        Raises
        ------
        ValueError
            If there are no rows or columns, two columns have one name, a column's type makes no feature,
            numbers are infinite, a column has more than `MAX_CATEGORIES` categories; or if ``kinds`` names a
            column that is not there or another kind, or a value does not fit the kind that was set.
        """
        kinds = {} if kinds is None else kinds
        check_kinds(kinds, table.column_names)
        names = [name for name in table.column_names if kinds.get(name) != "drop"]
        if not names or not table.num_rows:
            raise ValueError(
                f"the table has {table.num_rows} rows and {len(names)} columns to learn from; at least one row and "
                "column are needed."
            )
        columns = []
        for name, values in zip(names, _find(table, names), strict=True):
            forced = name in kinds or holds_codes(values)
            if name in kinds:
                kind, values = kinds[name], converted(name, kinds[name], values)
            else:
                kind = kind_of(name, values)
            if no_value(values):
                kind = "nothing"
            columns.append(COLUMNS[kind].learn(name, kind, values, forced))
        return cls(tuple(columns))

    @property
    def n_in(self) -> int:
        """Number of columns, without those that were dropped."""
        return len(self.columns)

    @property
    def names_in(self) -> tuple[str, ...]:
        """Names of the columns, without those that were dropped."""
        return tuple(column.name for column in self.columns)

    @property
    def n_out(self) -> int:
        """Number of outputs, the width of the matrix."""
        return len(self.names_out)

    @property
    def names_out(self) -> tuple[str, ...]:
        """Names of the outputs: "age", "age is missing", "colour=red"."""
        return tuple(name for column in self.columns for name in column.names_out)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns of text in training; `read_table` must read them so, even if all values are digits."""
        return tuple(column.name for column in self.columns if column.kind == "text")

    def transform(self, table: Any, dtype: Any = np.float32) -> np.ndarray:
        """The matrix of a table.

        Parameters
        ----------
        table : pyarrow.Table
            n rows. Columns are found by name, in any order; others than those of training are ignored.
        dtype : float32 or float64, or their names

        Returns
        -------
        ndarray (n, n_out)
            C-contiguous.

        Raises
        ------
        ValueError
            If a column is not there, stands twice or is of another kind than in training (or cannot become the
            kind that was set), or a number is infinite or, standardised, beyond ``dtype``.
        """
        if dtype not in (np.float32, np.float64, "float32", "float64"):
            raise ValueError(f"dtype={dtype!r} is not allowed; use float32 or float64.")
        out = np.zeros((table.num_rows, self.n_out), dtype)
        start = 0
        found = _find(table, list(self.names_in))
        for column, values in zip(self.columns, found, strict=True):
            if column.forced:
                values = converted(column.name, column.kind, values)
            else:
                check_kind(column.name, column.kind, values)
            stop = start + len(column.names_out)
            column.encode(values, out[:, start:stop])
            start = stop
        return out

    def from_array(self, X: np.ndarray) -> Any:
        """A matrix without names as a table: its columns are those of training, by position.

        Parameters
        ----------
        X : ndarray (n, n_in)
            Real numbers, NaN where missing.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        ValueError
            If a column of training held anything but numbers, or X is no such matrix.
        """
        others = [name for name, column in zip(self.names_in, self.columns, strict=True) if not _of_numbers(column)]
        if others:
            raise ValueError(
                f"X has no column names, and training had columns that are not of numbers: {_few(others)}. Give a "
                "frame with the columns of training."
            )
        if X.ndim != 2 or X.shape[1] != self.n_in or X.dtype.kind not in "fiub":
            raise ValueError(
                f"X is an array {X.shape} of {X.dtype}; a matrix of numbers is needed, its columns in this order: "
                f"{_few(self.names_in)} ({self.n_in} in all)."
            )
        x = X.astype(np.float64) if X.dtype.kind == "b" else X
        return pa.table(list(map(pa.array, x.T)), names=list(self.names_in))

    def __str__(self) -> str:
        head = ("column", "kind", "becomes")
        lines = [head, *((_short(column.name), column.kind, column.becomes) for column in self.columns)]
        widths = [max(len(line[i]) for line in lines) for i in (0, 1)]
        return "\n".join(f"{name:{widths[0]}}  {kind:{widths[1]}}  {becomes}" for name, kind, becomes in lines)

    def to_dict(self) -> dict[str, Any]:
        """A form of lists and dicts for JSON, where floats come back exactly."""
        form: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return form

    @classmethod
    def from_dict(cls, d: Any) -> Features:
        """What `to_dict` gave; ValueError, naming the key, for anything else: model files may be forged."""
        _check_keys(d, "features", ["columns"])
        parts = d["columns"]
        if not (isinstance(parts, list) and parts):
            raise ValueError(f"features, key 'columns': {show(parts)} is not a list of columns.")
        columns = tuple(_read_column(part, f"features, columns[{i}]") for i, part in enumerate(parts))
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"features, columns: the name {show(twice)} stands twice; names must differ.")
        return cls(columns)


def _of_numbers(column: Column) -> bool:
    return column.kind in ("numbers", "nothing")


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3]}..."


def _find(table: Any, names: list[str]) -> list[Any]:
    present = table.column_names
    counts = Counter(present)
    for name in names:
        if not counts[name]:
            raise ValueError(f"the table lacks a column of the training table: {no_column(name, present)}")
        if counts[name] > 1:
            raise ValueError(f"{counts[name]} columns have the name {name!r}; rename or remove all but one.")
    return [table.column(name) for name in names]


def _is_text(value: Any) -> bool:
    # JSON can carry a lone surrogate, which is no text that Arrow could hold.
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode("utf-8")


def _are_categories(value: Any) -> bool:
    if not isinstance(value, list) or not all(map(_is_text, value)):
        return False
    return 0 < len(value) <= MAX_CATEGORIES and value == sorted(set(value))


ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {  # what a column in a model file may hold
    "name": (_is_text, "valid text"),
    "mean": (lambda value: isinstance(value, float) and math.isfinite(value), "a finite float"),
    "scale": (lambda value: isinstance(value, float) and 0 < value < math.inf, "a finite float > 0"),
    "missing": (lambda value: isinstance(value, bool), "true or false"),
    "forced": (lambda value: isinstance(value, bool), "true or false"),
    "categories": (_are_categories, f"a list of 1 to {MAX_CATEGORIES} texts, sorted, each once,"),
}


def _read_column(d: Any, where: str) -> Column:
    kind = d.get("kind") if isinstance(d, dict) else None
    if not isinstance(kind, str) or kind not in COLUMNS:
        raise ValueError(f"{where}, key 'kind': {show(kind)} is not one of {', '.join(COLUMNS)}.")
    cls = COLUMNS[kind]
    _check_keys(d, where, [field.name for field in fields(cls)])
    for key, (allowed, what) in ALLOWED.items():
        if key in d and not allowed(d[key]):
            raise ValueError(f"{where}, key {key!r}: {show(d[key])} is not allowed; {what} is needed.")
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in d.items()}
    return cls(**values)


def _check_keys(d: Any, where: str, keys: list[str]) -> None:
    found = d if isinstance(d, dict) else {}
    for key in (*keys, *found):
        if key not in keys or key not in found:
            what = "missing" if key in keys else "unknown"
            raise ValueError(f"{where}: the key {show(key)} is {what}; it must have {', '.join(keys)}.")
