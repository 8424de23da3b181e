"""Scores of models on the same rows, and the difference of two of them with its verdict in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gpunn.insight import paired
from gpunn.shown import brief

MIN_ROWS = 30  # below it percentile intervals are too narrow to conclude from

Interval = tuple[float, float]


@dataclass(frozen=True)
class ModelScore:
    """Scores of a model on the rows.

    Attributes
    ----------
    name : str
    n_rows : int
        Rows of positive weight.
    accuracy : float
        Share of the rows (of their weight) that are right.
    accuracy_interval : (float, float)
        95% percentile bootstrap interval.
    balanced_accuracy : float
        Mean over the classes that stand in y of the share of their rows that are right.
    log_loss : float or None
        Mean over rows of minus the natural logarithm of the true class's probability; None for a model without
        probabilities.
    log_loss_interval : (float, float) or None
    """

    name: str
    n_rows: int
    accuracy: float
    accuracy_interval: Interval
    balanced_accuracy: float
    log_loss: float | None
    log_loss_interval: Interval | None


@dataclass(frozen=True)
class PairedDifference:
    """Difference of two models on the rows; differences are first minus second.

    Attributes
    ----------
    first, second : str
    n_rows : int
        Rows of positive weight.
    only_first, only_second : int
        Rows that only the first, or only the second, has right, whatever their weights.
    p_value : float or None
        p-value of the exact two-sided McNemar test that both are right equally often. None where weights are not all
        equal: the test is one of counts.
    p_adjusted : float or None
        The same, adjusted by Holm for the number of pairs.
    accuracy : float
    accuracy_interval : (float, float)
        95% paired percentile bootstrap interval, of this pair alone.
    log_loss : float or None
        None unless both have probabilities.
    log_loss_interval : (float, float) or None
    """

    first: str
    second: str
    n_rows: int
    only_first: int
    only_second: int
    p_value: float | None
    p_adjusted: float | None
    accuracy: float
    accuracy_interval: Interval
    log_loss: float | None
    log_loss_interval: Interval | None

    @property
    def accuracy_beyond_chance(self) -> bool:
        """True if the adjusted p-value is below 0.05; with unequal weights, if the interval of the difference of at
        least 30 rows leaves 0 out."""
        if self.p_adjusted is not None:
            return self.p_adjusted < paired.LEVEL
        return self._leaves_zero_out(self.accuracy_interval)

    @property
    def log_loss_beyond_chance(self) -> bool:
        """True if the interval of the difference of at least 30 rows leaves 0 out."""
        return self.log_loss_interval is not None and self._leaves_zero_out(self.log_loss_interval)

    @property
    def verdict(self) -> str:
        """Sentences that say which is better, and whether that is beyond chance."""
        return _verdict(self)

    @property
    def has_few_rows(self) -> bool:
        """True if the intervals are of too few rows to conclude from."""
        return self.n_rows < MIN_ROWS

    def _leaves_zero_out(self, interval: Interval) -> bool:
        low, high = interval
        return not self.has_few_rows and (low > 0 or high < 0)


def swapped(pair: PairedDifference) -> PairedDifference:
    """The same difference, second minus first."""
    (low, high), loss = pair.accuracy_interval, pair.log_loss_interval
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        only_first=pair.only_second,
        only_second=pair.only_first,
        accuracy=-pair.accuracy,
        accuracy_interval=(-high, -low),
        log_loss=None if pair.log_loss is None else -pair.log_loss,
        log_loss_interval=None if loss is None else (-loss[1], -loss[0]),
    )


def _verdict(pair: PairedDifference) -> str:
    """The sentences of a `PairedDifference`."""
    accuracy = _of_weighted_accuracy(pair) if pair.p_adjusted is None else _of_accuracy(pair, pair.p_adjusted)
    if pair.log_loss is None or pair.log_loss_interval is None:
        return accuracy
    return f"{accuracy} {_of_log_loss(pair, pair.log_loss, pair.log_loss_interval)}"


def _of_accuracy(pair: PairedDifference, p: float) -> str:
    test = f"exact McNemar test, {p_text(p, 'p = ', 'p ')}" + (" after Holm" if p != pair.p_value else "")
    if pair.only_first == pair.only_second:
        rows = f"equally many of {pair.n_rows:,} rows" if pair.only_first else "the same rows"
        return f"{brief(pair.first)} and {brief(pair.second)} have {rows} right ({test}): no difference in accuracy."
    better, worse = _in_order(pair, pair.only_first > pair.only_second)
    less, more = sorted((pair.only_first, pair.only_second))
    beyond = "beyond chance" if pair.accuracy_beyond_chance else "not beyond chance"
    return (
        f"{better} has {more - less:,} more of {pair.n_rows:,} rows right than {worse}: {more:,} rows that the other "
        f"has wrong, against {less:,} ({test}). The difference in accuracy is {beyond}."
    )


def _of_weighted_accuracy(pair: PairedDifference) -> str:
    if not pair.accuracy:
        return f"{brief(pair.first)} and {brief(pair.second)} have the same weighted accuracy."
    better, worse = _in_order(pair, pair.accuracy > 0)
    ahead = span(_of_size(pair.accuracy_interval, pair.accuracy), lambda x: f"{100 * x:.2f}")
    return (
        f"{better} has a higher weighted accuracy than {worse}, by {100 * abs(pair.accuracy):.2f} percentage points "
        f"(95% interval {ahead}): {_by_interval(pair, pair.accuracy_beyond_chance)}."
    )


def _of_log_loss(pair: PairedDifference, difference: float, interval: Interval) -> str:
    if not difference:
        return "Their log-losses are equal."
    lower, _ = _in_order(pair, difference < 0)
    return (
        f"The log-loss of {lower} is lower by {number(abs(difference))} (95% interval "
        f"{span(_of_size(interval, difference), number)}): {_by_interval(pair, pair.log_loss_beyond_chance)}."
    )


def _in_order(pair: PairedDifference, first_is_better: bool) -> tuple[str, str]:
    names = brief(pair.first), brief(pair.second)
    return names if first_is_better else names[::-1]


def _of_size(interval: Interval, difference: float) -> Interval:
    """The interval of the size of a difference, whichever of the two is ahead."""
    low, high = interval
    return (low, high) if difference > 0 else (-high, -low)


def _by_interval(pair: PairedDifference, beyond: bool) -> str:
    if pair.has_few_rows:
        return f"{pair.n_rows} rows are too few for the interval to tell whether that is chance"
    return "beyond chance" if beyond else "not beyond chance"


def p_text(p: float, equal: str = "", below: str = "") -> str:
    """A p-value with two digits, after ``equal``, or "< 0.0001" after ``below``."""
    return f"{equal}{p:.2g}" if p >= 0.0001 else f"{below}< 0.0001"


def signed(x: float) -> str:
    """A difference of log-losses."""
    return f"{x:+.4f}"


def number(x: float) -> str:
    """A log-loss."""
    return f"{x:.4f}"


def span(interval: Interval, form: Callable[[float], str]) -> str:
    """An interval, each end as ``form`` writes it."""
    low, high = interval
    return f"{form(low)} to {form(high)}"
