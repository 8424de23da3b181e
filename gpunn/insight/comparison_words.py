"""A comparison as text and as HTML: a table of the models, one of the pairs, and the verdicts in words."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from gpunn.shown import brief

if TYPE_CHECKING:
    from gpunn.insight.compare import Comparison, Interval, PairedDifference

WIDTH = 100
NAME_WIDTH = 40
NONE = "-"

MODEL_HEAD = ("", "model", "accuracy", "95% interval", "balanced", "log-loss", "95% interval")
PAIR_HEAD = ("pair", "only 1st right", "only 2nd right", "p", "accuracy", "95% interval", "log-loss", "95% interval")


def in_words(comparison: Comparison) -> str:
    """The text of a `gpunn.insight.compare.Comparison`."""
    models = [[row[0], _cut(row[1]), *row[2:]] for row in model_rows(comparison)]
    lines = [
        title_of(comparison),
        *_table(MODEL_HEAD, models, left=2),
        "",
        "Differences, first minus second:",
        *_table(pair_head(comparison), pair_rows(comparison), left=1),
        "",
        *(textwrap.fill(verdict(pair), WIDTH, subsequent_indent="  ") for pair in comparison.pairs),
    ]
    return "\n".join([*lines, *(textwrap.fill(note, WIDTH) for note in notes_of(comparison))])


def in_html(comparison: Comparison) -> str:
    """The same as HTML, in which names are only text."""
    verdicts = "".join(f"<li>{escape(verdict(pair))}</li>" for pair in comparison.pairs)
    notes = "".join(f"<p>{escape(note)}</p>" for note in notes_of(comparison))
    return (
        f"<div><p>{escape(title_of(comparison))}</p>"
        f"{_html_table(MODEL_HEAD, model_rows(comparison))}<p>Differences, first minus second:</p>"
        f"{_html_table(pair_head(comparison), pair_rows(comparison))}<ul>{verdicts}</ul>{notes}</div>"
    )


def verdict(pair: PairedDifference) -> str:
    """The sentences of a `gpunn.insight.compare.PairedDifference`."""
    accuracy = _of_weighted_accuracy(pair) if pair.p_adjusted is None else _of_accuracy(pair, pair.p_adjusted)
    if pair.log_loss is None or pair.log_loss_interval is None:
        return accuracy
    return f"{accuracy} {_of_log_loss(pair, pair.log_loss, pair.log_loss_interval)}"


def _of_accuracy(pair: PairedDifference, p: float) -> str:
    test = f"exact McNemar test, {_p(p, 'p = ', 'p ')}" + (" after Holm" if p != pair.p_value else "")
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
    ahead = _span(_of_size(pair.accuracy_interval, pair.accuracy), lambda x: f"{100 * x:.2f}")
    return (
        f"{better} has a higher weighted accuracy than {worse}, by {100 * abs(pair.accuracy):.2f} percentage points "
        f"(95% interval {ahead}): {_by_interval(pair, pair.accuracy_beyond_chance)}."
    )


def _of_log_loss(pair: PairedDifference, difference: float, interval: Interval) -> str:
    if not difference:
        return "Their log-losses are equal."
    lower, _ = _in_order(pair, difference < 0)
    return (
        f"The log-loss of {lower} is lower by {_number(abs(difference))} (95% interval "
        f"{_span(_of_size(interval, difference), _number)}): {_by_interval(pair, pair.log_loss_beyond_chance)}."
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


def title_of(comparison: Comparison) -> str:
    """How many models, on how many rows."""
    weighted = ", weighted" if comparison.weighted else ""
    return f"{len(comparison.models)} models on the same {comparison.n_rows:,} rows{weighted}"


def notes_of(comparison: Comparison) -> list[str]:
    """What is to be known of p and the intervals."""
    notes = []
    if len(comparison.pairs) > 1:
        corrected = "" if comparison.weighted else "p is corrected for the number of pairs (Holm); "
        notes.append(f"Note: {corrected}intervals are of each pair alone.")
    if comparison.weighted:
        notes.append("Note: with unequal weights there is no McNemar test, which counts rows.")
    return notes


def model_rows(comparison: Comparison) -> list[list[str]]:
    """A row for each model, under `MODEL_HEAD`."""
    return [
        [
            str(number),
            brief(model.name),
            f"{model.accuracy:.2%}",
            _span(model.accuracy_interval, lambda x: f"{x:.2%}"),
            f"{model.balanced_accuracy:.2%}",
            NONE if model.log_loss is None else _number(model.log_loss),
            NONE if model.log_loss_interval is None else _span(model.log_loss_interval, _number),
        ]
        for number, model in enumerate(comparison.models, 1)
    ]


def pair_head(comparison: Comparison) -> tuple[str, ...]:
    """Names of the columns of `pair_rows`."""
    return tuple("p (Holm)" if name == "p" and len(comparison.pairs) > 1 else name for name in PAIR_HEAD)


def pair_rows(comparison: Comparison) -> list[list[str]]:
    """A row for each pair of models."""
    numbers = {model.name: number for number, model in enumerate(comparison.models, 1)}
    return [
        [
            f"{numbers[pair.first]} - {numbers[pair.second]}",
            f"{pair.only_first:,}",
            f"{pair.only_second:,}",
            NONE if pair.p_adjusted is None else _p(pair.p_adjusted),
            f"{pair.accuracy:+.2%}",
            _span(pair.accuracy_interval, lambda x: f"{x:+.2%}"),
            NONE if pair.log_loss is None else _signed(pair.log_loss),
            NONE if pair.log_loss_interval is None else _span(pair.log_loss_interval, _signed),
        ]
        for pair in comparison.pairs
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[str]:
    rows = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        ("  " + "  ".join(cell.ljust(w) if j < left else cell.rjust(w)
                          for j, (cell, w) in enumerate(zip(row, widths, strict=True)))).rstrip()
        for row in rows
    ]  # fmt: skip


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _cut(name: str) -> str:
    """A name as tables have it."""
    return name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"


def _p(p: float, equal: str = "", below: str = "") -> str:
    return f"{equal}{p:.2g}" if p >= 0.0001 else f"{below}< 0.0001"


def _signed(x: float) -> str:
    return f"{x:+.4f}"


def _number(x: float) -> str:
    return f"{x:.4f}"


def _span(interval: Interval, form: Callable[[float], str]) -> str:
    low, high = interval
    return f"{form(low)} to {form(high)}"
