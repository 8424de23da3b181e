"""The columns of a table: what each kind learns from the training values, and how it encodes others by that.

In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gpunn.features.kinds import CATEGORICAL, NUMERIC, as_numbers, as_text, first_unlike

MAX_CATEGORIES = 1000

SHOWN = 60  # letters of categories that are shown

DAY = 86400  # seconds


@dataclass(frozen=True)
class NumericColumn:
    """Numbers and times, standardised: (x - mean) / scale; missing values become 0, the mean.

    A second output tells missing values (1) from others (0) if training had any; if it had none, a value
    missing later is the mean and nothing tells so. Dates and timestamps count seconds since 1970 (UTC where
    no zone is given), times of day seconds since midnight, durations seconds. A column without a single value
    in training ("nothing") is 0 whatever comes later.

    Parameters
    ----------
    name : str
    kind : str
        A key of `NUMERIC`.
    mean, scale : float
        Mean and standard deviation (the sum of squares over n) of the training values that were not missing;
        scale is 1 where they were all equal.
    missing : bool
        Whether training had missing values beside others.
    forced : bool
        Whether the user set the kind, to which values are converted then.
    """

    name: str
    kind: str
    mean: float
    scale: float
    missing: bool
    forced: bool

    @classmethod
    def learn(cls, name: str, kind: str, values: Any, forced: bool = False) -> NumericColumn:
        """The statistics of training values, a `pyarrow.ChunkedArray` (n,); ValueError if one is infinite."""
        x = as_numbers(name, values)
        known = x[~np.isnan(x)]
        if not known.size:
            return cls(name, "nothing", 0.0, 1.0, False, False)
        return cls(name, kind, *_mean_and_scale(known), known.size < x.size, forced)

    @property
    def names_out(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} is missing") if self.missing else (self.name,)

    @property
    def becomes(self) -> str:
        """What the network gets, in words."""
        if self.kind == "nothing":
            return "0, for it had no value in training"
        mean, scale = f"{self.mean:.4g}", f"{self.scale:.4g}"
        if self.kind == "dates":
            mean, scale = str(np.datetime64(round(self.mean), "s"))[:10], f"{self.scale / DAY:.4g} days"
        elif self.kind != "numbers":
            mean, scale = f"{mean} s", f"{scale} s"
        return f"standardised, mean {mean}, scale {scale}{'; missing known' if self.missing else ''}"

    def encode(self, values: Any, out: np.ndarray) -> None:
        """Write values (n,) to out (n, width), which comes full of zeros.

        Raises ValueError for an infinite value, and for one that is infinite in the dtype of out.
        """
        if self.kind == "nothing":
            return
        x = as_numbers(self.name, values)
        missing = np.isnan(x)
        with np.errstate(over="ignore"):  # found and named below
            z = (x - self.mean) / self.scale
        z[missing] = 0
        far = np.flatnonzero(np.abs(z) > np.finfo(out.dtype).max)
        if far.size:
            raise ValueError(
                f"column {self.name!r}, row {far[0] + 1}: {x[far[0]]} is too far from the training values "
                f"(mean {self.mean:g}, scale {self.scale:g}) for {out.dtype}. Mend it or leave it empty."
            )
        out[:, 0] = z
        if self.missing:
            out[:, 1] = missing


@dataclass(frozen=True)
class CategoricalColumn:
    """Text and booleans: one output for each category of training, 1 where the value is that category.

    Missing values have an output of their own, the last, if training had any. A category unknown to training
    gives zeros only; so does a missing value if training had none.

    Parameters
    ----------
    name : str
    kind : str
        A key of `CATEGORICAL`.
    categories : tuple of str
        Sorted by code point; booleans are "false" and "true"; numbers are as Arrow writes them, whole ones
        without a point.
    missing : bool
        Whether training had missing values.
    forced : bool
        Whether values of other kinds become text: the user said so, or training had a dictionary of numbers.
    """

    name: str
    kind: str
    categories: tuple[str, ...]
    missing: bool
    forced: bool

    @classmethod
    def learn(cls, name: str, kind: str, values: Any, forced: bool = False) -> CategoricalColumn:
        """The categories of training values, a `pyarrow.ChunkedArray` (n,); ValueError if too many."""
        texts = as_text(name, values)
        categories = pc.unique(texts).drop_null()
        if len(categories) > MAX_CATEGORIES:
            row, value = first_unlike(name, values, "numbers")
            raise ValueError(
                f"column {name!r} has {len(categories)} categories, more than {MAX_CATEGORIES}; row {row}: "
                f"{value}. Drop the column if it tells rows apart (an identifier, a free text), in Python by "
                f"features={{{name!r}: 'drop'}}; mend that value if the column should be numbers; else join rare "
                "categories."
            )
        return cls(name, kind, tuple(sorted(categories.to_pylist())), texts.null_count > 0, forced)

    @property
    def names_out(self) -> tuple[str, ...]:
        names = tuple(f"{self.name}={category}" for category in self.categories)
        return (*names, f"{self.name} is missing") if self.missing else names

    @property
    def becomes(self) -> str:
        """What the network gets, in words."""
        shown, letters = [], 0
        for category in self.categories:
            letters += len(category) + 2
            if letters > SHOWN:
                shown.append("...")
                break
            shown.append(category)
        return f"one of {len(self.categories)}: {', '.join(shown)}{'; missing known' if self.missing else ''}"

    def encode(self, values: Any, out: np.ndarray) -> None:
        """Write values (n,) to out (n, width), which comes full of zeros."""
        known = pa.array(self.categories, pa.large_string())
        texts = as_text(self.name, values)
        codes = pc.index_in(texts, value_set=known).fill_null(-1).to_numpy()
        rows = np.flatnonzero(codes >= 0)
        out[rows, codes[rows]] = 1
        if self.missing:
            out[:, -1] = texts.is_null().to_numpy()


Column = NumericColumn | CategoricalColumn

COLUMNS: dict[str, type[NumericColumn | CategoricalColumn]] = {
    **dict.fromkeys(NUMERIC, NumericColumn),
    **dict.fromkeys(CATEGORICAL, CategoricalColumn),
}


def _mean_and_scale(x: np.ndarray) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    if low == high:
        return low, 1.0  # not the mean and deviation that rounding would give
    # In units of a power of 2 every value is at most 2: division is exact, and no sum overflows.
    unit = math.ldexp(1.0, math.frexp(max(-low, high))[1] - 1)
    x = x / unit
    mean = min(max(float(x.mean()), low / unit), high / unit)
    return mean * unit, float(x.std()) * unit or 1.0  # the smallest numbers of all may deviate by 0
