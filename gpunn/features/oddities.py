"""Columns that are probably not what they are read as: found in training values, said once a column.

In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gpunn.features import frames
from gpunn.features.kinds import FeatureWarning, show
from gpunn.features.spellings import LIKE_A_DATE, LIKE_A_NUMBER, PARSERS, Spellings, has_offset
from gpunn.features.values import Strings, Values

UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")  # pandas' name for a column whose header is empty
LIKE = {"numbers": re.compile(LIKE_A_NUMBER), "dates": re.compile(LIKE_A_DATE)}
KINDS = ("numbers", "dates", "times of day", "durations")


def oddity(values: Values, kinds: Mapping[str, str], spellings: Spellings) -> FeatureWarning | None:
    """What is odd about a column whose kind the user did not set; None if nothing is."""
    name = values.name
    if name in kinds:
        return None
    if UNNAMED.fullmatch(name):
        return FeatureWarning(
            name,
            "index",
            f"column {name!r} has the name that pandas gives to a column without one, most often the number of the "
            f"row: where rows are sorted, that tells their class. Leave it out by features={{{name!r}: 'drop'}}, or "
            "rename it.",
        )
    return mixture(values, spellings) if values.kind == "text" and not values.coded else None


def oddities(X: Any, kinds: Mapping[str, str], spellings: Spellings) -> list[FeatureWarning]:
    """What is odd about the columns of a frame."""
    frame = frames.opened(X)
    found = (oddity(frame.values(name), kinds, spellings) for name in frame.names if name not in kinds)
    return [odd for odd in found if odd]


def mixture(values: Values, spellings: Spellings) -> FeatureWarning | None:
    """The warning for a column of text in which most values are numbers, dates, times or durations."""
    strings = values.strings()
    counts = np.bincount(strings.codes[strings.codes >= 0], minlength=len(strings.distinct))
    trimmed = [string.strip() for string in strings.distinct]
    words = set(spellings.among_numbers)
    missing = np.array([string in words for string in trimmed])
    total = counts[~missing].sum()
    for kind in KINDS:
        parse = PARSERS[kind]
        strict = np.array([parse(string) is not None for string in trimmed]) & ~missing
        n_strict = int(counts[strict].sum())
        like = strict | missing
        if kind in LIKE:
            like = like | np.array([LIKE[kind].fullmatch(string) is not None for string in trimmed])
        if 2 * counts[like & ~missing].sum() <= total or total == 0:
            continue
        if n_strict == total:
            return _all_of_a_kind(values, kind, strings, trimmed)
        codes = np.flatnonzero(np.array([*(~strict & ~missing), False])[strings.codes])
        row = int(codes[0])
        first = f"{show(strings[row])} in row {row + 1}"
        what = f"it looks like {kind} that are not written as such, like {first}"
        if n_strict:
            what = f"{n_strict:,} of {total:,} values are {kind}, and the first that is not is {first}"
        return FeatureWarning(
            values.name,
            "mixture",
            f"column {values.name!r} is read as text, each value a category of its own: {what}. Correct or empty such "
            f"values and set features={{{values.name!r}: {kind!r}}}, add them to the words for missing values, or say "
            f"that it is text by features={{{values.name!r}: 'text'}}.",
        )
    return None


def _all_of_a_kind(values: Values, kind: str, strings: Strings, trimmed: list[str]) -> FeatureWarning | None:
    """Numbers as text are as their owner made them; dates and times as text are most often left as a file had them."""
    if kind == "numbers":
        return None
    offsets = {has_offset(string) for string in trimmed} if kind == "dates" else {False}
    advice = f"Set features={{{values.name!r}: {kind!r}}} to read them, or features={{{values.name!r}: 'text'}}."
    if len(offsets) > 1:
        advice = "Some name their offset from UTC and some do not: write them alike."
    return FeatureWarning(
        values.name,
        "mixture",
        f"column {values.name!r} is text, each value a category of its own, and all its values are {kind}, like "
        f"{values.first()[1]} in row {values.first()[0]}. {advice}",
    )
