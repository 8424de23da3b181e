"""A diagnosis as text or HTML: a table of the layers, and the findings in words."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from gpunn.insight.finding import percent
from gpunn.shown import html_paragraph, html_table
from gpunn.training.layers import SATURATED_BELOW, LayerStatistics

WIDTH = 100
NO_FINDINGS = "No findings: nothing that this looks for is wrong."

COLUMNS = (
    "layer",
    "units",
    f"|f'|<{SATURATED_BELOW:g}",
    "dead",
    "mean |f'|",
    "std of z",
    "mean of h",
    "std of h",
    "|W|",
    "|gradient|",
    "step/|W|",
)


def in_words(diagnosis: Any) -> str:
    """The text of a `gpunn.insight.diagnose.Diagnosis`."""
    d = diagnosis
    lines = [*(textwrap.fill(fact, WIDTH) for fact in facts_of(d)), "", *_table(d.layers), ""]
    if not d.findings:
        return "\n".join([*lines, NO_FINDINGS])
    lines.append(f"{len(d.findings)} finding{'s' * (len(d.findings) > 1)}:")
    for number, finding in enumerate(d.findings, start=1):
        lead = f"{number:2}. "
        lines += [
            "",
            textwrap.fill(finding.text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)),
            textwrap.fill(finding.remedy, WIDTH, initial_indent="    -> ", subsequent_indent="       "),
        ]
        if finding.trial is not None:
            lines.append(textwrap.fill(str(finding.trial), WIDTH, initial_indent=" " * 7, subsequent_indent=" " * 7))
    return "\n".join(lines)


def in_html(diagnosis: Any) -> str:
    """The same as HTML without colours, for notebooks."""
    d = diagnosis
    head, *layers = _cells(d.layers)
    parts = [*map(html_paragraph, facts_of(d)), html_table(head, layers)]
    for finding in d.findings:
        said = [finding.text, f"-> {finding.remedy}", *([] if finding.trial is None else [str(finding.trial)])]
        parts += map(html_paragraph, said)
    return "\n".join(parts if d.findings else [*parts, html_paragraph(NO_FINDINGS)])


def facts_of(d: Any) -> list[str]:
    """What a diagnosis says before its table, a sentence or two each."""
    when = "before training" if d.at == "start" else "after training"
    sample = f"{d.n_rows:,} rows" + (f" (layers and gradients: {d.n_sample:,})" if d.n_sample < d.n_rows else "")
    facts = [
        f"Network {'-'.join(map(str, d.sizes))} {when}, on {sample}.",
        f"Cost {_number(d.cost)}, where guessing by the shares of the classes has {_number(d.guess)}; "
        f"{percent(d.score)} of the rows are right. Penalties add {_number(d.penalty)}.",
    ]
    if d.rows_are == "other":
        facts.append(
            f"They are others than those it was trained on, which have a cost of {_number(d.training_cost)} and "
            f"{percent(d.training_score)} right: this is how it does."
        )
    elif d.rows_are == "training":
        facts.append("They are the rows that it was trained on: this is how it learns.")
    if d.validation_cost is not None:
        facts.append(f"Validation: cost {_number(d.validation_cost)}, {percent(d.validation_score)} right.")
    facts.append(
        f"Gradient norm {_number(d.gradient_norm)}, curvature along it {_number(d.curvature)}, "
        f"noise scale {_noise(d.noise_scale)}."
    )
    output = d.layers[-1]
    if output.delta_factor is not None:
        facts.append(f"Delta of the output is {_number(output.delta_factor)} times its error a - T (means of both).")
    return facts


def _cells(layers: list[LayerStatistics]) -> list[list[str]]:
    """The table of the layers, its head first."""
    rows = [COLUMNS, *(_row(layer, layer is layers[-1]) for layer in layers)]
    # a column without a number says nothing: there are no steps unless they were recorded
    used = [j for j in range(len(COLUMNS)) if any(row[j] for row in rows[1:])]
    return [[row[j] for j in used] for row in rows]


def _table(layers: list[LayerStatistics]) -> list[str]:
    rows = _cells(layers)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(w) if j else cell.ljust(w) for j, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(layer: LayerStatistics, is_output: bool) -> tuple[str, ...]:
    name = f"{'output' if is_output else layer.layer} {layer.activation}"
    shares = ["" if share is None else percent(share) for share in (layer.saturated, layer.dead)]
    numbers = (layer.slope, layer.z_std, layer.h_mean, layer.h_std, layer.weight_norm, layer.gradient_norm)
    moved = layer.update_ratio
    return (name, str(layer.n_out), *shares, *map(_number, numbers), "" if moved is None else _number(moved))


def _number(x: float | None) -> str:
    """Three digits."""
    if x is None:
        return "-"
    return f"{x:.3g}" if math.isfinite(x) else str(x)


def _noise(scale: float | None) -> str:
    if scale is None:
        return "unknown (too few rows)"
    return f"{scale:,.0f} rows" if math.isfinite(scale) else "infinite (the gradient is lost in noise)"
