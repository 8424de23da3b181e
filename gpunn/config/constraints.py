"""Constraints on the value of one parameter: every error names the parameter, its value and what is allowed.

A constraint is called with the name of the parameter and its value.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from gpunn.features import Features
from gpunn.shown import show

# Beginnings of the names of scikit-learn's scorers for classifiers; the others are for regression and clustering.
OF_CLASSIFIERS = (
    *("accuracy", "average_precision", "balanced_accuracy", "d2_brier_score", "d2_log_loss_score", "f1", "jaccard"),
    *("matthews_corrcoef", "neg_brier_score", "neg_log_loss", "neg_negative_likelihood_ratio"),
    *("positive_likelihood_ratio", "precision", "recall", "roc_auc", "top_k_accuracy"),
)


MAX_INTEGER = 2**63 - 1  # of counters and files


class ParameterError(ValueError):
    """A parameter has a value that is not allowed; ``parameter`` is its name."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True)
class Interval:
    """Numbers from ``low`` to ``high``, none of them too large for a float or, where ``integer``, for 64 bits.

    Attributes
    ----------
    low, high : float
    integer : bool
        Only integers.
    open_ends : str
        "low", "high" or both where that end itself is not allowed.
    words : tuple
        Values that are allowed besides numbers: strings, None or infinity.
    other : str
        The same in words, the end of the message where it is not ``words`` that say it.
    """

    low: float
    high: float = math.inf
    integer: bool = False
    open_ends: str = ""
    words: tuple[Any, ...] = ()
    other: str = ""

    def __call__(self, name: str, value: Any) -> None:
        for word in self.words:
            if isinstance(value, Real if isinstance(word, float) else type(word)) and value == word:
                return
        low, high, open_low = self.low, self.high, "low" in self.open_ends
        open_high = "high" in self.open_ends or high == math.inf
        good = isinstance(value, Integral if self.integer else Real) and not isinstance(value, bool)
        if good:
            good = (value > low if open_low else value >= low) and (value < high if open_high else value <= high)
        if good and not _fits(value, self.integer):
            good, high, open_high = False, MAX_INTEGER if self.integer else sys.float_info.max, False
        if not good:
            left, right = "(" if open_low else "[", ")" if open_high else "]"
            what = "an integer" if self.integer else "a number"
            other = self.other or "".join(f", or {word!r}" for word in self.words)
            raise ParameterError(
                name, f"{name}={show(value)} is not allowed; give {what} in {left}{low:g}, {high:g}{right}{other}."
            )


def _fits(value: Any, integer: bool) -> bool:
    """True if a number is not too large for 64 bits or a float: Python's integers and fractions have no limit."""
    if integer:
        return int(value) <= MAX_INTEGER
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


@dataclass(frozen=True)
class OneOf:
    """One of some names, or an object.

    Attributes
    ----------
    names : iterable of str
    kinds : tuple of type
        Types of the objects.
    """

    names: Iterable[str]
    kinds: tuple[Any, ...] = ()

    def __call__(self, name: str, value: Any) -> None:
        if not isinstance(value, self.kinds):
            choose(name, value, tuple(self.names))


def choose(name: str, value: Any, table: Mapping[str, Any] | Iterable[str]) -> Any:
    """The entry of a table, or the value itself where the table is only names."""
    if not isinstance(value, str) or value not in table:
        raise ParameterError(name, f"{name}={show(value)} is not known; use one of {', '.join(map(repr, table))}.")
    return table[value] if isinstance(table, Mapping) else value


def yes_or_no(name: str, value: Any) -> None:
    """Check a parameter that is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ParameterError(name, f"{name}={show(value)} is not allowed; give True or False.")


def auto_or_yes_or_no(name: str, value: Any) -> None:
    """Check a parameter that is "auto", True or False."""
    if not isinstance(value, bool) and not (isinstance(value, str) and value == "auto"):
        raise ParameterError(name, f"{name}={show(value)} is not allowed; give 'auto', True or False.")


def several_of(names: Iterable[str]) -> Any:
    """A constraint: None, one of some names, or a list of them."""

    def check(name: str, value: Any) -> None:
        for one in () if value is None else value if isinstance(value, (list, tuple)) else (value,):
            choose(name, one, names)

    return check


def count_or_share(name: str, value: Any) -> None:
    """Check a number of rows, a share of them, or None."""
    if isinstance(value, Integral):
        Interval(1, integer=True, other=" for a number of rows, a fraction of them in (0, 1), or None")(name, value)
    elif value is not None:
        Interval(0, 1, open_ends="low high", other=" for a fraction of the rows, a number of them, or None")(
            name, value
        )


def scorer(name: str, value: Any, others: Iterable[str] = ()) -> None:
    """Check a scorer of scikit-learn, its name or one of ``others``, or None."""
    if isinstance(value, str):
        from sklearn.metrics import get_scorer_names  # a second to import, which few need here

        known = (one for one in get_scorer_names() if one.startswith(OF_CLASSIFIERS))
        choose(name, value, [*dict.fromkeys([*others, *known])])
    elif value is not None and not callable(value):
        raise ParameterError(name, f"{name}={show(value)} is not allowed; give a scorer, its name, or None.")


def class_weights(name: str, value: Any) -> None:
    """Check that weights of classes have a form that is known; `gpunn.data.labels` holds them against the classes."""
    known = value is None or isinstance(value, (Mapping, list))
    if not known and not (isinstance(value, str) and value == "balanced"):
        raise ParameterError(
            name,
            f"{name}={show(value)} is not allowed; give 'balanced', a dict of class and weight (for multilabel "
            "problems a list of one for each label), or None.",
        )


def column_kinds(name: str, value: Any) -> None:
    """Check how the columns of a frame are to be encoded."""
    known = isinstance(value, (Mapping, Features)) or value is None
    if not known and not (isinstance(value, str) and value in ("auto", "all")):
        raise ParameterError(
            name,
            f"{name}={show(value)} is not allowed; give 'auto', 'all', None, a dict of column and kind, or Features "
            "that were learned.",
        )


def thresholds(name: str, value: Any) -> None:
    """Check a probability, a list of them, or None; `check_threshold` holds them against the classes."""
    for one in () if value is None else np.atleast_1d(np.asarray(value, object)):
        Interval(0, 1, open_ends="low high", other=", a list of them, or None")(name, one)


def check_threshold(threshold: Any, n_classes: int, multilabel: bool) -> None:
    """Hold a decision threshold against the classes."""
    if threshold is None:
        return
    several = isinstance(threshold, Sized)
    if (not multilabel and (n_classes > 2 or several)) or (several and len(threshold) != n_classes):
        what = f"{n_classes} labels" if multilabel else f"{n_classes} classes"
        raise ParameterError(
            "threshold",
            f"threshold={show(threshold)} does not go with {what}: it is one number for two classes, one number or one "
            "for each label for multilabel problems, and None for more classes, of which the most probable is taken.",
        )


def seed(name: str, value: Any) -> None:
    """Check an integer as seed of all random numbers; scikit-learn checks the other forms that it has."""
    if isinstance(value, Integral) and not 0 <= int(value) < 2**32:
        raise ParameterError(name, f"{name}={show(value)} is not allowed; give an integer in [0, 2^32).")


def folder(name: str, value: Any) -> None:
    """Check the name of a folder, or None."""
    if value is not None and (not isinstance(value, (str, os.PathLike)) or not os.fspath(value)):
        raise ParameterError(name, f"{name}={show(value)} is not allowed; give the name of a folder, or None.")


def function_of_history(name: str, value: Any) -> None:
    """Check a callback, or None."""
    if value is not None and not callable(value):
        raise ParameterError(name, f"{name}={show(value)} is not a function; give one of the history, or None.")
