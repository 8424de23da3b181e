"""Numbers and words within their limits: every check names the parameter, its value and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from gpunn.shown import show


class ParameterError(ValueError):
    """A parameter has a value that is not allowed; ``parameter`` is its name."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


def choose(name: str, value: Any, table: Mapping[str, Any] | Iterable[str]) -> Any:
    """The entry of a table, or the value itself where the table is only names."""
    if not isinstance(value, str) or value not in table:
        raise ParameterError(name, f"{name}={show(value)} is not known; use one of {', '.join(map(repr, table))}.")
    return table[value] if isinstance(table, Mapping) else value


def number(
    name: str,
    value: Any,
    low: float,
    high: float = math.inf,
    *,
    integer: bool = False,
    open_ends: str = "",
    other: str = "",
) -> None:
    """Check a number; ``open_ends`` has "low" or "high" where that end itself is not allowed.

    ``other`` ends the message: what is allowed beside numbers.
    """
    kind = Integral if integer else Real
    good = isinstance(value, kind) and not isinstance(value, bool)
    if good:
        good = (value > low if "low" in open_ends else value >= low) and (
            value < high if "high" in open_ends or high == math.inf else value <= high
        )
    if not good:
        left, right = "(" if "low" in open_ends else "[", ")" if "high" in open_ends or high == math.inf else "]"
        what = "an integer" if integer else "a number"
        raise ParameterError(
            name, f"{name}={show(value)} is not allowed; give {what} in {left}{low:g}, {high:g}{right}{other}."
        )


def check_numbers(p: Any) -> None:
    """Check the parameters that are numbers or yes or no, each on its own."""
    number("alpha", p.alpha, 0)
    number("l1", p.l1, 0)
    number("weight_decay", p.weight_decay, 0)
    number("learning_rate_init", p.learning_rate_init, 0, open_ends="low")
    number("power_t", p.power_t, 0)
    number("warmup", p.warmup, 0)
    number("max_iter", p.max_iter, 1, integer=True)
    number("max_fun", p.max_fun, 1, integer=True)
    number("tol", p.tol, 0)
    if p.n_iter_no_change != math.inf:
        number("n_iter_no_change", p.n_iter_no_change, 1, integer=True)
    number("momentum", p.momentum, 0, 1)
    number("beta_1", p.beta_1, 0, 1, open_ends="high")
    number("beta_2", p.beta_2, 0, 1, open_ends="high")
    number("epsilon", p.epsilon, 0, open_ends="low")
    number("validation_fraction", p.validation_fraction, 0, 1, open_ends="low high")
    number("input_dropout", p.input_dropout, 0, 1, open_ends="high")
    number("lbfgs_memory", p.lbfgs_memory, 1, integer=True)
    number("label_smoothing", p.label_smoothing, 0, 1, open_ends="high")
    if p.max_categories is not None:
        number("max_categories", p.max_categories, 2, integer=True, other=", or None")
    if p.min_frequency is not None:
        share = not isinstance(p.min_frequency, Integral)
        ends = {"high": 1, "open_ends": "low high"} if share else {"integer": True}
        number("min_frequency", p.min_frequency, 0 if share else 1, **ends, other=", or a number of rows, or None")
    if p.batch_size != "auto":
        number("batch_size", p.batch_size, 1, integer=True, other=", or 'auto'")
    for name in ("clip_norm", "max_norm", "time_limit"):
        if getattr(p, name) is not None:
            number(name, getattr(p, name), 0, open_ends="low", other=", or None")
    if p.ema_decay is not None:
        number("ema_decay", p.ema_decay, 0, 1, open_ends="high", other=", or None")
    for threshold in () if p.threshold is None else np.atleast_1d(np.asarray(p.threshold, object)):
        number("threshold", threshold, 0, 1, open_ends="low high", other=", a list of them, or None")
    for name in ("shuffle", "nesterovs_momentum", "early_stopping", "warm_start"):
        if not isinstance(getattr(p, name), (bool, np.bool_)):
            raise ParameterError(name, f"{name}={show(getattr(p, name))} is not allowed; give True or False.")
