"""Options of `gpunn train` that set a parameter: their names, their help, and what strings mean there."""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """An option of the command line.

    Attributes
    ----------
    flag : str
    help : str
    metavar : str or None
        Name of the value in the help.
    parse : callable or None
        The value that a string means, or an `argparse.ArgumentTypeError`; None for an option without a value, which is
        True where it is given.
    names : iterable of str, optional
        The strings that are allowed.
    default : str or None
        Effect of leaving it out, for the help; None says the default of the parameter, "" says nothing.
    """

    flag: str
    help: str
    metavar: str | None = None
    parse: Callable[[str], Any] | None = str
    names: tuple[str, ...] | None = None
    default: str | None = None


def sizes(text: str) -> tuple[int, ...]:
    """Sizes of layers, as in 256,128; none for an empty string."""
    try:
        return tuple(int(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give integers, as in 256,128") from None


def count_or_share(text: str) -> float:
    """An integer, or a share, which is a number that is written otherwise, as 0.01 or 1e-2."""
    with contextlib.suppress(ValueError):
        return int(text)
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not allowed; give a number of rows, or a fraction of them, as in 0.01"
        ) from None


def auto_or_yes_or_no(text: str) -> str | bool:
    """One of auto, yes and no."""
    answers: dict[str, str | bool] = {"auto": "auto", "yes": True, "no": False}
    if text not in answers:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give auto, yes or no")
    return answers[text]


def one_or_list(text: str) -> str | list[str]:
    """A name, or several with commas between them."""
    names = [part.strip() for part in text.split(",")]
    return names[0] if len(names) == 1 else names


def class_weights(text: str) -> str | dict[str, float]:
    """The string balanced, or classes with weights, as in spam=3,ham=1."""
    if text == "balanced":
        return text
    try:
        parts = [part.rpartition("=") for part in next(csv.reader([text]))]
        weights = {name: float(weight) for name, _, weight in parts}
        if not all(name and 0 < weight < math.inf for name, weight in weights.items()):
            raise ValueError
        return weights
    except (ValueError, StopIteration):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not allowed; give balanced, or classes with weights above 0, as in spam=3,ham=1"
        ) from None
