"""The form in which a model file keeps a column, which is read with care: model files may be forged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from gpunn.features.columns import COLUMNS, MAX_CATEGORIES, MAX_CODES, Column, NumericColumn
from gpunn.features.encodings import MAX_BIN_OUTPUTS, RobustEncoding
from gpunn.shown import show


def is_text(value: Any) -> bool:
    """True for strings that UTF-8 can encode."""
    # JSON can carry a lone surrogate, which is no text that Arrow could hold.
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode("utf-8")


def _are_categories(value: Any) -> bool:
    if not isinstance(value, list) or not all(map(is_text, value)):
        return False
    return value == sorted(set(value))


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _are_edges(value: Any) -> bool:
    if not isinstance(value, list) or not all(map(_is_finite, value)):
        return False
    return len(value) != 1 and len(value) <= MAX_BIN_OUTPUTS + 1 and value == sorted(set(value))


ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {  # what a column in a model file may hold
    "name": (is_text, "valid text"),
    "mean": (_is_finite, "a finite float"),
    "scale": (lambda value: isinstance(value, float) and 0 < value < math.inf, "a finite float > 0"),
    "missing": (lambda value: isinstance(value, bool), "true or false"),
    "forced": (lambda value: isinstance(value, bool), "true or false"),
    "zoned": (lambda value: isinstance(value, bool), "true or false"),
    "categories": (_are_categories, "a list of strings, sorted and distinct,"),
    "n_joined": (lambda value: type(value) is int and 0 <= value < 2**53, "an integer of at least 0"),
    "joined_share": (lambda value: isinstance(value, float) and 0 <= value <= 1, "a float in [0, 1]"),
    "embedded": (lambda value: isinstance(value, bool), "true or false"),
}

OPTIONAL = ("encoding", "embedded")  # fields

ALLOWED_IN_ENCODING: dict[str, tuple[Callable[[Any], bool], str]] = {
    "median": (_is_finite, "a finite float"),
    "scale": (lambda value: _is_finite(value) and value >= 0, "a finite float of at least 0"),
    "edges": (_are_edges, f"an empty list, or one of 2 to {MAX_BIN_OUTPUTS + 1} finite floats in ascending order,"),
}


def read_column(d: Any, where: str) -> Column:
    """The column of a dict; ValueError, naming the key behind ``where``, for anything else."""
    kind = d.get("kind") if isinstance(d, dict) else None
    if not isinstance(kind, str) or kind not in COLUMNS:
        raise ValueError(f"{where}, key 'kind': {show(kind)} is not one of {', '.join(COLUMNS)}.")
    cls = COLUMNS[kind]
    # Numbers that are standardised and columns that are not embedded lack the key, as in older files.
    encoded = cls is NumericColumn and "encoding" in d
    check_keys(d, where, [field.name for field in fields(cls) if field.name not in OPTIONAL or field.name in d])
    _check_values(d, where, ALLOWED)
    if kind == "nothing" and d["forced"]:
        raise ValueError(f"{where}, key 'forced': nothing is converted to a column without values.")
    if d.get("zoned") and kind != "dates":
        raise ValueError(f"{where}, key 'zoned': a column of {kind} has no time zone.")
    if kind != "numbers" and abs(d.get("mean", 0.0)) >= 2**62:
        raise ValueError(f"{where}, key 'mean': {show(d['mean'])} seconds are beyond all dates.")
    if not d.get("categories", True) and not d["n_joined"]:
        raise ValueError(f"{where}, key 'categories': a column without a category has joined ones.")
    most = MAX_CATEGORIES
    if d.get("embedded"):
        if kind != "text":
            raise ValueError(f"{where}, key 'embedded': a column of {kind} is not embedded.")
        most = MAX_CODES - bool(d["n_joined"]) - d["missing"]
    if len(d.get("categories", ())) > most:
        raise ValueError(f"{where}, key 'categories': {len(d['categories']):,} are more than {most:,}.")
    if encoded:
        if kind == "nothing":
            raise ValueError(f"{where}, key 'encoding': a column without values has none.")
        return NumericColumn(**d | {"encoding": _read_encoding(d["encoding"], f"{where}, encoding", kind)})
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in d.items()}
    return cls(**values)


def _read_encoding(d: Any, where: str, kind: str) -> RobustEncoding:
    check_keys(d, where, [field.name for field in fields(RobustEncoding)])
    _check_values(d, where, ALLOWED_IN_ENCODING)
    if kind != "numbers" and abs(d["median"]) >= 2**62:
        raise ValueError(f"{where}, key 'median': {show(d['median'])} seconds are beyond all dates.")
    return RobustEncoding(d["median"], d["scale"], tuple(d["edges"]))


def _check_values(d: dict[str, Any], where: str, table: dict[str, tuple[Callable[[Any], bool], str]]) -> None:
    for key, (allowed, what) in table.items():
        if key in d and not allowed(d[key]):
            raise ValueError(f"{where}, key {key!r}: {show(d[key])} is not allowed; {what} is needed.")


def check_keys(d: Any, where: str, keys: list[str]) -> None:
    """ValueError for all but a dict of just these keys."""
    found = d if isinstance(d, dict) else {}
    for key in (*keys, *found):
        if key not in keys or key not in found:
            what = "missing" if key in keys else "unknown"
            raise ValueError(f"{where}: the key {show(key)} is {what}; it must have {', '.join(keys)}.")
