"""A comparison as text and as HTML: a table of the models, one of the pairs, and the verdicts in words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape

from gpunn.insight.differences import ModelScore, PairedDifference, number, p_text, signed, span
from gpunn.shown import brief

WIDTH = 100
NAME_WIDTH = 40
NONE = "-"

MODEL_HEAD = ("", "model", "accuracy", "95% interval", "balanced", "log-loss", "95% interval")
PAIR_HEAD = ("pair", "only 1st right", "only 2nd right", "p", "accuracy", "95% interval", "log-loss", "95% interval")


def in_words(models: Sequence[ModelScore], pairs: Sequence[PairedDifference], weighted: bool) -> str:
    """A comparison as text, with lines of at most `WIDTH` characters."""
    rows = [[row[0], _cut(row[1]), *row[2:]] for row in model_rows(models)]
    lines = [
        title_of(models, weighted),
        *_table(MODEL_HEAD, rows, left=2),
        "",
        "Differences, first minus second:",
        *_table(pair_head(pairs), pair_rows(models, pairs), left=1),
        "",
        *(textwrap.fill(pair.verdict, WIDTH, subsequent_indent="  ") for pair in pairs),
    ]
    return "\n".join([*lines, *(textwrap.fill(note, WIDTH) for note in notes_of(pairs, weighted))])


def in_html(models: Sequence[ModelScore], pairs: Sequence[PairedDifference], weighted: bool) -> str:
    """The same as HTML, in which names are only text."""
    verdicts = "".join(f"<li>{escape(pair.verdict)}</li>" for pair in pairs)
    notes = "".join(f"<p>{escape(note)}</p>" for note in notes_of(pairs, weighted))
    return (
        f"<div><p>{escape(title_of(models, weighted))}</p>"
        f"{_html_table(MODEL_HEAD, model_rows(models))}<p>Differences, first minus second:</p>"
        f"{_html_table(pair_head(pairs), pair_rows(models, pairs))}<ul>{verdicts}</ul>{notes}</div>"
    )


def title_of(models: Sequence[ModelScore], weighted: bool) -> str:
    """Numbers of models and of rows, as a title."""
    return f"{len(models)} models on the same {models[0].n_rows:,} rows{', weighted' if weighted else ''}"


def notes_of(pairs: Sequence[PairedDifference], weighted: bool) -> list[str]:
    """Notes on p and the intervals."""
    notes = []
    if len(pairs) > 1:
        corrected = "" if weighted else "p is corrected for the number of pairs (Holm); "
        notes.append(f"Note: {corrected}intervals are of each pair alone.")
    if weighted:
        notes.append("Note: with unequal weights there is no McNemar test, which counts rows.")
    return notes


def model_rows(models: Sequence[ModelScore]) -> list[list[str]]:
    """A row for each model, under `MODEL_HEAD`."""
    return [
        [
            str(i),
            brief(model.name),
            f"{model.accuracy:.2%}",
            span(model.accuracy_interval, lambda x: f"{x:.2%}"),
            f"{model.balanced_accuracy:.2%}",
            NONE if model.log_loss is None else number(model.log_loss),
            NONE if model.log_loss_interval is None else span(model.log_loss_interval, number),
        ]
        for i, model in enumerate(models, 1)
    ]


def pair_head(pairs: Sequence[PairedDifference]) -> tuple[str, ...]:
    """Names of the columns of `pair_rows`."""
    return tuple("p (Holm)" if name == "p" and len(pairs) > 1 else name for name in PAIR_HEAD)


def pair_rows(models: Sequence[ModelScore], pairs: Sequence[PairedDifference]) -> list[list[str]]:
    """A row for each pair of models."""
    numbers = {model.name: i for i, model in enumerate(models, 1)}
    return [
        [
            f"{numbers[pair.first]} - {numbers[pair.second]}",
            f"{pair.only_first:,}",
            f"{pair.only_second:,}",
            NONE if pair.p_adjusted is None else p_text(pair.p_adjusted),
            f"{pair.accuracy:+.2%}",
            span(pair.accuracy_interval, lambda x: f"{x:+.2%}"),
            NONE if pair.log_loss is None else signed(pair.log_loss),
            NONE if pair.log_loss_interval is None else span(pair.log_loss_interval, signed),
        ]
        for pair in pairs
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
