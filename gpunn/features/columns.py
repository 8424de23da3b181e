"""The columns of a table: what each kind learns from the training values, and how it encodes others by that.

In messages, a *row* is a row of data, counted from 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from gpunn.cached import cached_property
from gpunn.features.encodings import RobustEncoding
from gpunn.features.kinds import CATEGORICAL, NUMERIC
from gpunn.features.spellings import DAY, seconds_string, without_point
from gpunn.features.values import Values

MAX_CATEGORIES = 1000  # of a column that is not embedded
MAX_CODES = 100_000  # of a column that is embedded: model files hold their names, and float32 all integers to 2**24
EMBEDDED_IN = 8  # inputs; Holzmüller et al. 2024, arXiv 2407.04491

SHOWN = 60  # letters of categories that are shown

FAR = 10.0  # standard deviations: a range that training rows cannot have meant

BLOCK = 2**14  # rows of which a column's bins are computed together


class Learned:
    """Base of dataclasses that are learned: their pickles hold the fields, and nothing that was cached of them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]  # all subclasses are dataclasses

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class NumericColumn:
    """Numbers and times, standardised: (x - mean) / scale; or encoded as `RobustEncoding` does.

    Missing values become 0. One more output, the last, tells missing values (1) from others (0) if training had any; if
    it had none, a value missing later is taken for the mean (the median, with a robust encoding) and nothing tells so.
    Dates and timestamps count seconds since 1970 (in UTC where they name a time zone or an offset, else by their own
    clock, and the two are never mixed), times of day seconds since midnight, durations seconds. A column without a
    single value in training ("nothing") is 0 whatever comes later.

    Parameters
    ----------
    name : str
    kind : str
        One of `NUMERIC`.
    mean, scale : float
        Mean and standard deviation (the sum of squares over n) of the training values that were not missing;
        scale is 1 where they were all equal. Whatever the encoding, they say which values are far from training.
    missing : bool
        Whether training had missing values beside others.
    forced : bool
        Whether the user set the kind, to which values are converted then.
    zoned : bool
        Whether the training values were dates that name a time zone or an offset from UTC.
    encoding : RobustEncoding, optional
        None for standardised numbers.
    """

    name: str
    kind: str
    mean: float
    scale: float
    missing: bool
    forced: bool
    zoned: bool
    encoding: RobustEncoding | None = None

    @classmethod
    def learn(
        cls, values: Values, forced: bool = False, numeric_encoding: str = "standard", n_bins: int = 0
    ) -> NumericColumn:
        """The statistics of training values (n,); ValueError if one is infinite.

        ``numeric_encoding`` is one of `gpunn.features.encodings.ENCODINGS`; ``n_bins``, the largest number of bins, is
        that of "piecewise_linear".
        """
        x = values.finite()
        known = x[~np.isnan(x)]
        if not known.size:
            return cls(values.name, "nothing", 0.0, 1.0, missing=False, forced=False, zoned=False)
        mean, scale = _mean_and_scale(known)
        encoding = None
        if numeric_encoding != "standard":
            encoding = RobustEncoding.learn(known, n_bins if numeric_encoding == "piecewise_linear" else 0)
        return cls(values.name, values.kind, mean, scale, known.size < x.size, forced, values.zoned, encoding)

    @property
    def names_out(self) -> tuple[str, ...]:
        names = [self.name]
        if self.encoding is not None:
            names += [f"{self.name} bin {t}" for t in range(1, self.encoding.n_out)]
        if self.missing:
            names.append(f"{self.name} is missing")
        return tuple(names)

    @property
    def becomes(self) -> str:
        """Description of the inputs that the network gets."""
        if self.kind == "nothing":
            return "0, for it had no value in training"
        if self.encoding is None:
            return self._described("standardised, mean", self.mean, self.scale)
        n_bins = self.encoding.n_out - 1
        bins = f"; {n_bins} bins" if n_bins else ""
        return self._described("clipped smoothly, median", self.encoding.median, self.encoding.scale, bins)

    def _described(self, start: str, centre: float, scale: float, end: str = "") -> str:
        """Description of an encoding by a centre and a scale, in the units of the kind."""
        shown, unit = f"{centre:.4g}", f"{scale:.4g}"
        if self.kind == "dates":
            shown, unit = str(np.datetime64(round(centre), "s"))[:10], f"{scale / DAY:.4g} days"
            shown += " UTC" * self.zoned
        elif self.kind == "times of day":
            shown, unit = seconds_string(self.kind, round(centre) % DAY), f"{unit} s"
        elif self.kind == "durations":
            shown, unit = f"{shown} s", f"{unit} s"
        return f"{start} {shown}, scale {unit}{end}{'; missing known' if self.missing else ''}"

    def check_zone(self, values: Values) -> None:
        """ValueError for dates with a time zone where training had none, or the other way round."""
        if self.kind != "dates" or values.kind != "dates" or values.zoned == self.zoned:
            return
        with_zone, without = "with a time zone", "without a time zone"
        row, value = values.first()
        raise ValueError(
            f"column {self.name!r} held dates {with_zone if self.zoned else without} in training and holds dates "
            f"{with_zone if values.zoned else without} now: row {row} is {value}{' in UTC' * values.zoned}. Give both "
            "tables the same: the offset from UTC after each date, as in 2024-02-29T12:00:00+01:00, or none."
        )


@dataclass(frozen=True)
class CategoricalColumn(Learned):
    """Text and booleans: one output for each category of training, 1 where the value is that category.

    Rare categories may be joined in one output behind the others, which is then also that of categories unknown to
    training; without it these give zeros only. Missing values have an output of their own, the last, if training had
    any; if it had none, a missing value gives zeros.

    A column that is embedded has a single output instead, the code of its category: k = 1 .. K for what would be output
    k of K, and 0 for what would be zeros.

    Parameters
    ----------
    name : str
    kind : str
        One of `CATEGORICAL`.
    categories : tuple of str
        Sorted by code point, without those that were joined; booleans are "false" and "true"; integers have no point.
    n_joined : int
        Number of rare categories that share one output; 0 if there is no such output.
    joined_share : float
        Share of the training values, without those missing, that were of a rare category.
    missing : bool
        Whether training had missing values.
    forced : bool
        Whether values of other kinds become text: the user said so, or training had a dictionary of numbers.
    embedded : bool
        Whether the output is a code, which the network embeds.
    """

    name: str
    kind: str
    categories: tuple[str, ...]
    n_joined: int
    joined_share: float
    missing: bool
    forced: bool
    embedded: bool = False

    @classmethod
    def learn(
        cls,
        values: Values,
        forced: bool = False,
        max_categories: int | None = None,
        min_frequency: float | None = None,
        max_one_hot: int | None = None,
    ) -> CategoricalColumn:
        """The categories of training values (n,); ValueError if too many.

        ``max_categories`` and ``min_frequency`` are those of scikit-learn's ``OneHotEncoder``; text that would
        have more than ``max_one_hot`` outputs is embedded.
        """
        strings = values.strings()
        for string in strings.distinct:
            if string != string.encode("utf-8", "ignore").decode("utf-8"):  # half of a surrogate pair
                raise ValueError(
                    f"column {values.name!r} has {string!r}, which is no valid text. Correct it, or leave the column "
                    f"out by features={{{values.name!r}: 'drop'}}."
                )
        codes = strings.codes[strings.codes >= 0]
        counts = np.bincount(codes, minlength=len(strings.distinct))
        order = [i for i in sorted(range(len(counts)), key=strings.distinct.__getitem__) if counts[i]]
        kept = order if values.kind == "booleans" else _frequent(order, counts, max_categories, min_frequency)
        joined = set(order) - set(kept)
        missing = codes.size < len(strings.codes)
        n_outputs = len(kept) + bool(joined) + missing
        embedded = values.kind == "text" and max_one_hot is not None and n_outputs > max_one_hot
        if embedded and n_outputs > MAX_CODES:
            raise ValueError(
                f"column {values.name!r} would have {n_outputs:,} codes, and a column that is embedded has at most "
                f"{MAX_CODES:,}. Leave the column out by features={{{values.name!r}: 'drop'}}, or join rare categories "
                "by max_categories=10000 or min_frequency=10."
            )
        if len(kept) > MAX_CATEGORIES and not embedded:
            row, value = values.first_unlike("numbers")
            raise ValueError(
                f"column {values.name!r} has {len(kept)} categories, more than {MAX_CATEGORIES}; row {row}: {value}. "
                "Leave the column out if it tells rows apart (an identifier, free text), by "
                f"features={{{values.name!r}: 'drop'}}; correct that value if the column should be numbers; else join "
                "rare categories by max_categories=100 or min_frequency=10, or have the column embedded by "
                "max_one_hot=100."
            )
        share = float(counts[sorted(joined)].sum() / codes.size) if joined else 0.0
        categories = tuple(strings.distinct[i] for i in kept)
        return cls(values.name, values.kind, categories, len(joined), share, missing, forced, embedded)

    @property
    def names_out(self) -> tuple[str, ...]:
        return (self.name,) if self.embedded else self.names_of_codes

    @property
    def names_of_codes(self) -> tuple[str, ...]:
        """Names of the codes from 1 on, or of the outputs of a column that is not embedded."""
        names = [f"{self.name}={category}" for category in self.categories]
        if self.n_joined:
            names.append(f"{self.name} is rare")
        if self.missing:
            names.append(f"{self.name} is missing")
        return tuple(names)

    @property
    def n_codes(self) -> int:
        """K, the largest code, or the number of outputs of a column that is not embedded."""
        return len(self.categories) + bool(self.n_joined) + self.missing

    @property
    def becomes(self) -> str:
        """Description of the inputs that the network gets."""
        shown, letters = [], 0
        for category in self.categories:
            letters += len(category) + 2
            if letters > SHOWN:
                shown.append("...")
                break
            shown.append(category)
        joined = f"; {self.n_joined} rare ones joined" if self.n_joined else ""
        missing = "; missing known" if self.missing else ""
        if self.embedded:
            n = len(self.categories)
            return f"{n:,} categor{'y' if n == 1 else 'ies'}, embedded in {EMBEDDED_IN} inputs{joined}{missing}"
        few = f"one of {len(self.categories)}: {', '.join(shown)}" if shown else "no category of its own"
        return f"{few}{joined}{missing}"

    def encode(self, values: Values, out: np.ndarray) -> np.ndarray:
        """Write values (n,) to out (n, width), which comes full of zeros.

        Returns
        -------
        ndarray (n,) of bool
            Rows whose value was not among the categories of training, or among those that were joined.
        """
        strings = values.strings()
        places = [self._place(string) for string in strings.distinct]
        other = len(self.categories) if self.n_joined else -1
        codes = np.array([*(other if place is None else place for place in places), -1])[strings.codes]
        if self.embedded:
            out[:, 0] = codes + 1
            if self.missing:
                out[strings.codes < 0, 0] = self.n_codes
        else:
            rows = (codes >= 0).nonzero()[0]
            out[rows, codes[rows]] = 1
            if self.missing:
                out[:, -1] = strings.codes < 0
        if None not in places:
            return np.zeros(len(out), bool)
        unseen: np.ndarray = np.array([*(place is None for place in places), False])[strings.codes]
        return unseen

    def _place(self, string: str) -> int | None:
        """The output of a category; None where training had none of the name."""
        place = self._places.get(string)
        # An integer that some other program has written with a point is the integer that training had.
        return self._places.get(without_point(string)) if place is None else place

    @cached_property
    def _places(self) -> dict[str, int]:
        return {category: place for place, category in enumerate(self.categories)}


Column = NumericColumn | CategoricalColumn

COLUMNS: dict[str, type[NumericColumn | CategoricalColumn]] = {
    **dict.fromkeys(NUMERIC, NumericColumn),
    **dict.fromkeys(CATEGORICAL, CategoricalColumn),
}


def encode_numbers(
    columns: Sequence[NumericColumn], values: Sequence[Values], out: np.ndarray, starts: Sequence[int]
) -> np.ndarray:
    """Write the values of c columns, n each, to out (n, width), which comes full of zeros; together, for each operation
    on few rows takes as long as on one.

    Parameters
    ----------
    columns : sequence of c NumericColumn
        None of which had nothing but missing values.
    starts : sequence of c int
        First output of each.

    Returns
    -------
    ndarray (c, n) of bool
        Values that are more than `FAR` standard deviations from the mean.

    Raises
    ------
    ValueError
        For an infinite value, for one that is infinite in the dtype of out when it is standardised, and for dates with
        a time zone where training had none, or the other way round.
    """
    for column, given in zip(columns, values, strict=True):
        column.check_zone(given)
    x = np.asarray(values[0].numbers)[None] if len(values) == 1 else np.stack([np.asarray(v.numbers) for v in values])
    if np.isinf(x).any():
        for given in values:
            given.finite()
    mean, scale = (np.array([getattr(column, name) for column in columns])[:, None] for name in ("mean", "scale"))
    with np.errstate(over="ignore"):  # found and named below
        z = (x - mean) / scale
    missing = np.isnan(z)
    if missing.any():
        z[missing] = 0
    far = np.zeros(z.shape, bool)
    if z.size and (z.max() > FAR or z.min() < -FAR):
        far = np.abs(z) > FAR
        _check_range(columns, values, z, out.dtype)
    for j, (column, start) in enumerate(zip(columns, starts, strict=True)):
        end = start + 1
        if column.encoding is None:
            out[:, start] = z[j]
        else:
            end = start + column.encoding.n_out
            for first in range(0, len(out), BLOCK):
                rows = slice(first, first + BLOCK)
                out[rows, start:end] = column.encoding.encode(x[j, rows])
        if column.missing:
            out[:, end] = missing[j]
    return far


def _check_range(columns: Sequence[NumericColumn], values: Sequence[Values], z: np.ndarray, dtype: np.dtype) -> None:
    """ValueError, naming the first of the first column, where values, standardised z (c, n), are beyond a dtype.

    The other encodings are bounded.
    """
    standard = np.array([[column.encoding is None] for column in columns])
    overflowing = np.argwhere(standard & (np.abs(z) > np.finfo(dtype).max))
    if overflowing.size:
        j, row = overflowing[0]
        column = columns[j]
        raise ValueError(
            f"column {column.name!r}, row {row + 1}: {values[j].finite()[row]} is too far from the training values "
            f"(mean {column.mean:g}, scale {column.scale:g}) for {dtype}. Correct it or leave it empty."
        )


def _frequent(
    order: list[int], counts: np.ndarray, max_categories: int | None, min_frequency: float | None
) -> list[int]:
    """The categories that are not joined with others, of those in ``order``, by the rules of scikit-learn."""
    kept = order
    if min_frequency is not None:
        least = min_frequency if isinstance(min_frequency, int) else min_frequency * counts.sum()
        kept = [i for i in kept if counts[i] >= least]
    if max_categories is not None and len(kept) + (len(kept) < len(order)) > max_categories:
        # The sort is stable: of equally frequent categories the first in order are kept.
        most = set(sorted(kept, key=lambda i: -counts[i])[: max_categories - 1])
        kept = [i for i in kept if i in most]
    return kept


def _mean_and_scale(x: np.ndarray) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    if low == high:
        return low, 1.0  # not the mean and deviation that rounding would give
    # In units of a power of 2 every value is at most 2: division is exact, and no sum overflows.
    unit = math.ldexp(1.0, math.frexp(max(-low, high))[1] - 1)
    x = x / unit
    mean = min(max(float(x.mean()), low / unit), high / unit)
    return mean * unit, float(x.std()) * unit or 1.0  # the smallest numbers of all may deviate by 0
