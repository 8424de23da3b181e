"""Tables to matrices by the columns of a training table, and the form in which a model file keeps those columns."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import _check_feature_names, check_array

from gpunn.cached import cached_property
from gpunn.caller import warn
from gpunn.features import frames
from gpunn.features.columns import (
    COLUMNS,
    EMBEDDED_IN,
    MAX_CATEGORIES,
    CategoricalColumn,
    Column,
    Learned,
    NumericColumn,
    encode_numbers,
)
from gpunn.features.encodings import ENCODINGS, MAX_BINS, bins_of_each
from gpunn.features.frames import ArrayFrame, Frame
from gpunn.features.kinds import NUMERIC, FeatureWarning, check_kinds, no_column
from gpunn.features.oddities import oddity
from gpunn.features.spellings import USUAL, Spellings
from gpunn.features.stored import check_keys, is_text, read_column
from gpunn.features.values import Values, as_in_training, check_kind, converted
from gpunn.shown import printable, show

MAX_NAME = 30  # letters of a column's name that are shown
MAX_NAMES = 5  # that a message lists
TOGETHER = 2**12  # numbers that are encoded together, so that columns of many rows come one at a time
MANY = 10  # rows all of which lack a value by no accident


@dataclass(frozen=True)
class Features(Learned):
    """The columns of a training table, able to turn it and later tables into matrices.

    Numbers, dates, times of day and durations are standardised, or encoded as `learn` says; text, dictionaries (pandas'
    and polars' categoricals) and booleans have one output for each category. Missing values have an output of their own
    if training had any: the others are zeros, which for a standardised number is the mean. If training had none, a
    missing value is zeros, and nothing tells so. So is a category that training did not have. Text of many categories
    may have a code as its only output instead, which a network embeds. `print` shows what each column becomes.

    Parameters
    ----------
    columns : tuple of NumericColumn or CategoricalColumn
        In the order of the training table.
    spellings : Spellings
        The words for missing values, where columns come as text.
    """

    columns: tuple[Column, ...]
    spellings: Spellings = USUAL

    @classmethod
    def learn(
        cls,
        X: Any,
        kinds: Mapping[str, str] | None = None,
        *,
        spellings: Spellings | None = None,
        numeric_encoding: str = "standard",
        max_bins: int = MAX_BINS,
        max_categories: int | None = None,
        min_frequency: float | None = None,
        max_one_hot: int | None = None,
    ) -> Features:
        """Learn from a training table.

        Parameters
        ----------
        X : frame
            n rows, n >= 1, of pandas, polars, pyarrow, or another that narwhals reads, without the target. An index, as
            of pandas, is no column.
        kinds : mapping of str to {"numbers", "text", "dates", "times of day", "durations", "drop"}, optional
            Kinds of columns, by name, that are not to be inferred from their types. Text and booleans become "numbers",
            text becomes "dates", "times of day" or "durations" as `gpunn.features.spellings` says, anything with a form
            in text becomes "text", so that each value is a category; "drop" leaves the column out, and later tables may
            lack it. Later tables are converted in the same way.
        spellings : Spellings, optional
            Words for missing values in text that becomes another kind.
        numeric_encoding : {"standard", "robust", "piecewise_linear"}
            Encoding of numbers, dates, times of day and durations. "standard" subtracts the mean and divides by the
            standard deviation. "robust" subtracts the median, divides by the interquartile range and clips smoothly to
            (-3, 3), so that outliers do no harm [1]_. "piecewise_linear" has beside this output one for each bin
            between quantiles, which rises from 0 to 1 in its bin, so that one layer can learn any piecewise-linear
            function of a column [2]_. A column of less than 3 distinct values has no bins.
        max_bins : int, default=16
            Most bins of a column with "piecewise_linear", at least 2. Wide tables have fewer: at most `MAX_BIN_OUTPUTS`
            of all columns together.
        max_categories : int, optional
            Most outputs for the categories of a column of text; the rarest categories are joined in one of them.
        min_frequency : int or float, optional
            Categories with fewer training rows, or a smaller share of them, are joined.
        max_one_hot : int, optional
            Most outputs of a column of text, at least 1. One that would have more, K, has its code as its only output
            instead: 1 to K, or 0 for what would be zeros. The network embeds it [3]_. None: all columns have outputs
            for their categories.

        Raises
        ------
        ValueError
            If there are no rows or columns, two columns have one name, a column's type makes no feature,
            numbers are infinite, a column that is not embedded has more than `MAX_CATEGORIES` categories; or if
            ``kinds`` names a column that is not there or another kind, a value does not fit the kind that was set,
            there is no such ``numeric_encoding``, or ``max_bins`` is less than 2 or ``max_one_hot`` less than 1.
        TypeError
            If X is lazy.

        Warns
        -----
        FeatureWarning
            Once for a column that is probably not what it is read as: text among which most values are numbers or
            times, a row number.

        References
        ----------
        .. [1] Holzmüller, Grinsztajn and Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted trees on
           tabular data", arXiv 2407.04491.
        .. [2] Gorishniy, Rubachev and Babenko 2022, "On embeddings for numerical features in tabular deep learning",
           arXiv 2203.05556, equation 1.
        .. [3] Guo and Berkhahn 2016, "Entity embeddings of categorical variables", arXiv 1604.06737.
        """
        if numeric_encoding not in ENCODINGS:
            raise ValueError(
                f"numeric_encoding={show(numeric_encoding)} is not known; use one of {', '.join(map(repr, ENCODINGS))}."
            )
        if max_bins < 2:
            raise ValueError(f"max_bins={show(max_bins)} is not allowed; give an integer of at least 2.")
        if max_one_hot is not None and max_one_hot < 1:
            raise ValueError(f"max_one_hot={max_one_hot} is not allowed; give at least 1, or None.")
        frame = frames.opened(X)
        kinds, spellings = kinds or {}, spellings or USUAL
        check_kinds(kinds, frame.names)
        names = [name for name in frame.names if kinds.get(name) != "drop"]
        if not names or not frame.n_rows:
            raise ValueError(
                f"the table has {frame.n_rows} rows and {len(names)} columns to learn from; at least one row and "
                "column are needed."
            )
        columns: list[Column] = []
        oddities: list[FeatureWarning] = []
        too_many: list[str] = []
        n_bins = _n_bins(frame, names, kinds, max_bins) if numeric_encoding == "piecewise_linear" else 0
        for values in _find(frame, names, set(kinds)):
            odd = oddity(values, kinds, spellings)
            oddities += [odd] if odd else []
            forced = values.name in kinds or values.coded
            if values.name in kinds:
                values = converted(values, kinds[values.name], spellings)
            check_kind(values, "nothing")
            if COLUMNS[values.kind] is not CategoricalColumn:
                known = values.without(spellings.missing_numbers)
                columns.append(NumericColumn.learn(known, forced, numeric_encoding, n_bins))
                continue
            try:
                columns.append(CategoricalColumn.learn(values, forced, max_categories, min_frequency, max_one_hot))
            except ValueError as error:
                # What is odd about the column is most often the cause of too many categories.
                too_many.append(f"{odd} ({error})" if odd else str(error))
        if too_many:
            raise ValueError(" ".join(too_many))
        for odd in oddities:  # nothing is wrong with the others
            warn(odd)
        return cls(tuple(columns), spellings)

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

    @cached_property
    def names_out(self) -> tuple[str, ...]:
        """Names of the outputs: "age", "age is missing", "colour=red"."""
        return tuple(name for column in self.columns for name in column.names_out)

    @property
    def embedded(self) -> tuple[tuple[int, int], ...]:
        """Number of each output that is a code, from 0, and the largest code."""
        columns = zip(self._starts[:-1], self.columns, strict=True)
        return tuple((i, c.n_codes) for i, c in columns if isinstance(c, CategoricalColumn) and c.embedded)

    @property
    def n_inputs(self) -> int:
        """Number of inputs of a network: the outputs, with `EMBEDDED_IN` in the place of each code."""
        return self.n_out + (EMBEDDED_IN - 1) * len(self.embedded)

    def get_feature_names_out(self) -> np.ndarray:
        """`names_out` (n_out,), as scikit-learn's transformers give them."""
        return np.asarray(self.names_out, dtype=object)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns of text in training; `read_table` must read them so, even if all values are digits."""
        return tuple(column.name for column in self.columns if column.kind == "text")

    def transform(self, X: Any, dtype: Any = np.float32) -> np.ndarray:
        """The matrix of a table, to which the first weights of a network belong.

        Parameters
        ----------
        X : frame, or array (n, n_in)
            n rows. Columns of a frame are found by name, in any order; others than those of training are ignored.
            Columns of an array are taken in the order of training.
        dtype : float32 or float64, or their names

        Returns
        -------
        ndarray (n, n_out)
            C-contiguous.

        Raises
        ------
        ValueError
            If a column is not there, is there more than once or is of another kind than in training (or cannot become
            the kind that was set), or a number is infinite or, standardised, beyond ``dtype``.

        Warns
        -----
        FeatureWarning
            For a column of text most of whose values training did not have.
        """
        encoded, novelties = self.encode(X, dtype)
        for novelty in novelties:
            if novelty.most:
                warn(novelty.warning())
        return encoded

    def encode(self, X: Any, dtype: Any = np.float32) -> tuple[np.ndarray, list[Novelty]]:
        """The matrix of a table, as `transform` gives it, and what of its values training did not have."""
        if dtype not in (np.float32, np.float64, "float32", "float64"):
            raise ValueError(f"dtype={dtype!r} is not allowed; use float32 or float64.")
        frame = frames.opened(self.from_array(X) if isinstance(X, np.ndarray) else X)
        out = np.zeros((frame.n_rows, self.n_out), dtype)
        numbers, starts = self.spellings.missing_numbers, self._starts
        forced = {column.name for column in self.columns if column.forced}
        novelties: dict[int, Novelty] = {}  # by the places of their columns
        waiting: list[tuple[int, NumericColumn, Values]] = []

        def note(i: int, values: Values, new: np.ndarray) -> None:
            column = self.columns[i]
            if new.any():
                novelties[i] = Novelty(column, values, new)
            elif not column.missing and values.kind == "nothing" and len(new) >= MANY:
                novelties[i] = Novelty(column, values, np.ones(frame.n_rows, bool))

        def encode_waiting() -> None:
            places, columns, given = zip(*waiting, strict=True)
            far = encode_numbers(columns, given, out, [starts[i] for i in places])
            some: Any = far.any(axis=1)
            for i, values, new, is_new in zip(places, given, far, some, strict=True):
                if is_new or values.kind == "nothing":
                    note(i, values, new)
            waiting.clear()

        for i, (column, values) in enumerate(zip(self.columns, _find(frame, self.names_in, forced), strict=True)):
            if column.forced:
                values = converted(values, column.kind, self.spellings)
            else:
                values = as_in_training(values, column.kind, self.spellings)
            values = values.without(numbers)
            if isinstance(column, CategoricalColumn):
                note(i, values, column.encode(values, out[:, starts[i] : starts[i + 1]]))
            elif column.kind != "nothing":
                waiting.append((i, column, values))
                if len(waiting) * frame.n_rows >= TOGETHER:
                    encode_waiting()
        if waiting:
            encode_waiting()
        return out, [novelties[i] for i in sorted(novelties)]

    @cached_property
    def _starts(self) -> list[int]:
        """First output of each column, and the number of outputs."""
        return [0, *itertools.accumulate(len(column.names_out) for column in self.columns)]

    def from_array(self, X: np.ndarray) -> ArrayFrame:
        """A matrix without names as a table: its columns are those of training, by position.

        Parameters
        ----------
        X : ndarray (n, n_in)
            Numbers with NaN where missing, or objects with None or NaN.
        """
        if X.ndim != 2 or X.shape[1] != self.n_in or X.dtype.kind not in "fiubOU":
            raise ValueError(
                f"X is an array {X.shape} of {X.dtype}; a matrix of numbers or objects is needed, its columns in this "
                f"order: {_few(self.names_in)} ({self.n_in} in all)."
            )
        others = [column.name for column in self.columns if column.kind not in ("numbers", "nothing")]
        if others and X.dtype.kind in "fiub":
            raise ValueError(
                f"X has no column names, and training had columns that are not of numbers: {_few(others)}. Give a "
                "frame with the columns of training, or an array of objects with them in their order."
            )
        return ArrayFrame(X, self.names_in)

    def __str__(self) -> str:
        head = ("column", "kind", "becomes")
        lines = [
            head,
            *((printable(" ".join(_short(c.name).split())), c.kind, printable(c.becomes)) for c in self.columns),
        ]
        widths = [max(len(line[i]) for line in lines) for i in (0, 1)]
        return "\n".join(f"{name:{widths[0]}}  {kind:{widths[1]}}  {becomes}" for name, kind, becomes in lines)

    def to_dict(self) -> dict[str, Any]:
        """A form of lists and dicts for JSON, where floats come back exactly."""
        form: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        for column in form["columns"]:
            if column.get("encoding", True) is None:  # as in files of before there were others
                del column["encoding"]
            if column.get("embedded") is False:
                del column["embedded"]
        return form

    @classmethod
    def from_dict(cls, d: Any) -> Features:
        """Inverse of `to_dict`; ValueError, naming the key, for anything else: model files may be forged."""
        check_keys(d, "features", ["columns", "spellings"])
        parts, words = d["columns"], d["spellings"]
        if not (isinstance(parts, list) and parts):
            raise ValueError(f"features, key 'columns': {show(parts)} is not a list of columns.")
        columns = tuple(read_column(part, f"features, columns[{i}]") for i, part in enumerate(parts))
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            twice = next(name for name, times in Counter(names).items() if times > 1)
            raise ValueError(f"features, columns: the name {show(twice)} is a duplicate; names must differ.")
        check_keys(words, "features, spellings", ["missing", "not_missing", "decimal"])
        if words["decimal"] not in (".", ","):
            raise ValueError(f"features, spellings, key 'decimal': {show(words['decimal'])} is not '.' or ','.")
        for key in ("missing", "not_missing"):
            value = words[key]
            if not (isinstance(value, list) and len(value) <= MAX_CATEGORIES and all(map(is_text, value))):
                raise ValueError(f"features, spellings, key {key!r}: {show(value)} is not a list of words.")
        return cls(columns, Spellings(tuple(words["missing"]), tuple(words["not_missing"]), words["decimal"]))


@dataclass(frozen=True)
class Novelty:
    """Values of a column that training did not have: unknown categories, or numbers in another range.

    Parameters
    ----------
    column : Column
    values : Values
        n of them.
    new : ndarray (n,) of bool
        The rows; at least one.
    """

    column: Column
    values: Values
    new: np.ndarray

    @property
    def of_categories(self) -> bool:
        """True if the values are categories: text or booleans."""
        return isinstance(self.column, CategoricalColumn)

    @property
    def most(self) -> bool:
        """True if more than half of the known values of a column of text are new, beyond the share of rare categories
        that training had."""
        if self.values.kind == "nothing":
            return True
        if not isinstance(self.column, CategoricalColumn):
            return False
        known = int((self.values.strings().codes >= 0).sum())
        return int(self.new.sum()) > (0.5 + self.column.joined_share) * known

    def warning(self, later: str = "Check that the table is written as the training table was.") -> FeatureWarning:
        """The warning, which ends with what to do."""
        row, n = int(np.flatnonzero(self.new)[0]), int(self.new.sum())
        name = self.column.name
        if self.values.kind == "nothing":
            return FeatureWarning(
                name,
                "novelty",
                f"column {name!r} is missing in all of {n:,} rows, and in none of training: each is taken for "
                f"{_substitute(self.column)}. {later}",
            )
        if not isinstance(self.column, CategoricalColumn):
            x = self.values.finite()[row]
            return FeatureWarning(
                name,
                "novelty",
                f"column {name!r}: {n:,} of {len(self.new):,} values are far from those that training had (mean "
                f"{self.column.mean:g}, scale {self.column.scale:g}), the first, {x:g}, in row {row + 1}. {later}",
            )
        value = self.values.strings()[row] or ""
        alike = next((c for c in self.column.categories if c.strip().casefold() == value.strip().casefold()), None)
        beside = f"; training had {alike!r}" if alike else f"; training had {_few(self.column.categories)}"
        novel = "were never seen in training and become zeros"
        if self.column.n_joined:
            novel = "were rare or never seen in training and become the output of rare categories"
        return FeatureWarning(
            name,
            "novelty",
            f"column {name!r}: {n:,} of {len(self.new):,} values {novel}; the "
            f"first, {show(value)}, is in row {row + 1}{beside}. {later}",
        )


def _substitute(column: Column) -> str:
    """Description of the value that a missing value is replaced by where training had none."""
    if isinstance(column, CategoricalColumn):
        return "no category"
    if column.encoding is None:
        return "the mean"
    return "zeros" if column.encoding.edges else "the median"


def _n_bins(frame: Frame, names: Sequence[str], kinds: Mapping[str, str], max_bins: int) -> int:
    """The largest number of bins of the numeric columns, of which there may be many; their values are read for it."""
    of_columns = [kinds.get(x.name, x.kind) for x in _find(frame, names, set(kinds)) if x.kind != "nothing"]
    return bins_of_each(sum(kind in NUMERIC for kind in of_columns), max_bins)


class ColumnSettings(NamedTuple):
    """Parameters of `gpunn.MLPClassifier` that say which columns are encoded, and how."""

    features: Any
    numeric_encoding: str
    max_bins: int
    max_categories: int | None
    min_frequency: float | None
    max_one_hot: int | None

    @property
    def of_arrays(self) -> bool:
        """True if the columns of arrays of numbers are encoded, too."""
        return isinstance(self.features, str) and self.features == "all"


def learn_features(X: Any, settings: ColumnSettings) -> Features:
    """The features of a training frame, or those that the user learned beforehand.

    Parameters
    ----------
    X : frame, or ndarray (n, d) of objects or numbers
        Columns of an array are called x0, x1 and so on.
    settings : ColumnSettings
        Their ``features`` are not None.
    """
    features, numeric_encoding, max_bins, max_categories, min_frequency, max_one_hot = settings
    is_array = isinstance(X, np.ndarray)
    frame = frames.ArrayFrame(X, [f"x{i}" for i in range(X.shape[1])]) if is_array else frames.opened(X)
    if isinstance(features, Features):
        return features
    return Features.learn(
        frame,
        None if isinstance(features, str) else features,
        numeric_encoding=numeric_encoding,
        max_bins=max_bins,
        max_categories=max_categories,
        min_frequency=min_frequency,
        max_one_hot=max_one_hot,
    )


def encode_rows(features: Features, X: Any, dtype: Any, estimator: Any, warned: set[str] | None = None) -> np.ndarray:
    """The matrix of rows that come to an estimator; what they lack is told in scikit-learn's words.

    Parameters
    ----------
    features : Features
    X : frame, or array-like (n, n_in) with the columns of training in their order
        On the host.
    dtype : float32 or float64, or their names
    estimator : estimator of scikit-learn
        If it has ``feature_names_in_``, a warning with its name says that columns without names are taken by order.
    warned : set of str, optional
        For further rows to train on: the columns that were warned of before, which is added to. Any value that the
        first rows did not have is warned of then, once for a column.

    Warns
    -----
    FeatureWarning
        As `Features.transform`.
    """
    encoded, novelties = features.encode(_checked(features, X, estimator), dtype)
    if warned is None:
        found = [novelty for novelty in novelties if novelty.most]
        later = "Check that X is written as the training rows were."
    else:
        found = [novelty for novelty in novelties if novelty.column.name not in warned]
        later = "The first rows settled scales and categories: give features=Features.learn(...) of more rows."
        warned.update(novelty.column.name for novelty in found)
    for novelty in found:
        warn(novelty.warning(later))
    return encoded


def _checked(features: Features, X: Any, estimator: Any) -> Any:
    """X as `Features.encode` takes it: a frame with the names of training, or a matrix."""
    if frames.is_frame(X):
        X = frames.opened(X)
        _check_names(features.names_in, X.names)
        n_rows = X.n_rows
    else:
        _check_feature_names(estimator, X, reset=False)
        if not isinstance(X, np.ndarray) or X.dtype.kind not in "OU":
            X = check_array(X, dtype="float64", ensure_all_finite="allow-nan", input_name="X")
        n_rows = X.shape[0] if X.ndim else 1  # `Features.from_array` refuses what is no matrix
    if not n_rows:
        raise ValueError("X has no rows; at least one is needed.")
    return X


def _check_names(seen: Sequence[str], names: Sequence[str]) -> None:
    lacking, unseen = sorted(set(seen) - set(names)), sorted(set(names) - set(seen))
    said = ""
    if lacking and unseen:
        said += f"Feature names unseen at fit time:\n{_listed(unseen)}"
    if lacking:
        said += f"Feature names seen at fit time, yet now missing:\n{_listed(lacking)}"
    if said:
        raise ValueError(f"The feature names should match those that were passed during fit.\n{said}")


def _listed(names: Sequence[str]) -> str:
    few = [f"- {printable(name)}\n" for name in names[:MAX_NAMES]]
    return "".join(few) + ("- ...\n" if len(names) > MAX_NAMES else "")


def _few(names: Sequence[str]) -> str:
    return ", ".join(repr(_short(name)) for name in names[:8]) + (", ..." if len(names) > 8 else "")


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3]}..."


def _find(frame: Frame, names: Sequence[str], forced: set[str]) -> Iterator[Values]:
    """The values of columns, one at a time; ValueError, before the first, where one is not there or a duplicate.

    ``forced`` are the names of those whose values are converted.
    """
    present = frame.names
    counts = Counter(present)
    for name in names:
        if not counts[name]:
            raise ValueError(f"the table lacks a column of the training table: {no_column(name, present)}")
        if counts[name] > 1:
            raise ValueError(f"{counts[name]} columns have the name {name!r}; rename or remove all but one.")
    return (frame.values(name, name in forced) for name in names)
