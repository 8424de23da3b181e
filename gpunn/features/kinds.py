"""Kinds of columns: what they are called, which of them a user may set, and how values stand in messages.

In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from gpunn.shown import show

NUMERIC = ("numbers", "dates", "times of day", "durations", "nothing")
CATEGORICAL = ("text", "booleans")

FORCED = ("numbers", "text", "dates", "times of day", "durations", "drop")  # what a user may make of a column


class FeatureWarning(UserWarning):
    """A column that is probably not what it is read as; ``column`` is its name.

    There is one warning for a column and a concern, however many batches of rows are read.
    """

    def __init__(self, column: str, concern: str, message: str) -> None:
        super().__init__(message)
        self.column, self.concern = column, concern


def check_kinds(kinds: Mapping[str, str], names: Iterable[str]) -> None:
    """ValueError where a user's kinds (column: kind) name a column that is not there, or no kind of `FORCED`."""
    names = list(names)
    for name, kind in kinds.items():
        if name not in names:
            raise ValueError(f"features: {no_column(name, names)}")
        if kind not in FORCED:
            raise ValueError(
                f"features: column {name!r} cannot be {show(kind)}; allowed are {', '.join(map(repr, FORCED))}. "
                "Leave the column out of features to have its kind inferred from its values."
            )


def no_column(name: object, present: Sequence[str]) -> str:
    """The sentence for a column that is missing: the closest name, and a few of those present."""
    folded = [other for other in present if other.strip().casefold() == str(name).strip().casefold()]
    close = folded or difflib.get_close_matches(str(name), present, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    few = ", ".join(map(repr, present[:8])) + (f", ... ({len(present)} in all)" if len(present) > 8 else "")
    return f"there is no column {name!r}.{hint} The columns are {few or 'none'}."
