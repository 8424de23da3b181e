"""A diagnosis as text or HTML: a table of the layers, and the findings in words."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from gpunn.insight.finding import Finding, percent
from gpunn.insight.in_steps import BEYOND_NOISE
from gpunn.insight.slope import N_BATCHES
from gpunn.shown import html_paragraph, html_table
from gpunn.training.layers import SATURATED_BELOW, LayerStatistics

WIDTH = 100
WHOLE = 1e-3  # the factor of a matched pair is exact but for rounding, in float32 too
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
            textwrap.fill(_said(finding), WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)),
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
        said = [_said(finding), f"-> {finding.remedy}", *([] if finding.trial is None else [str(finding.trial)])]
        parts += map(html_paragraph, said)
    return "\n".join(parts if d.findings else [*parts, html_paragraph(NO_FINDINGS)])


def _said(finding: Finding) -> str:
    """Names of the findings, and of those that they may follow from."""
    said = f"{finding.title.capitalize()}: {finding.text}"
    return said if finding.origin is None else f"{said} {finding.origin}"


def facts_of(d: Any) -> list[str]:
    """Sentences of a diagnosis before its table."""
    when = "before training" if d.at == "start" else "after training"
    sample = f"{d.n_rows:,} rows" + (f" (layers and gradients: {d.n_sample:,})" if d.n_sample < d.n_rows else "")
    facts = [
        f"Network {'-'.join(map(str, d.sizes))} {when}, on {sample}.",
        f"Cost {_number(d.cost)}, where guessing by the shares of the classes has {_number(d.guess)}; "
        f"{percent(d.score)} of the rows are right. Penalties add {_number(d.penalty)}.",
    ]
    if d.rows_are == "other":
        right = "" if d.training_score is None else f" and {percent(d.training_score)} right"
        facts.append(
            f"They are others than those it was trained on, which have a cost of {_number(d.training_cost)}{right}: "
            "this is how it does."
        )
    elif d.rows_are == "training":
        facts.append("They are the rows that it was trained on: this is how it learns.")
    if d.validation_cost is not None:
        facts.append(f"Validation: cost {_number(d.validation_cost)}, {percent(d.validation_score)} right.")
    facts.append(f"Gradient norm {_number(d.gradient_norm)}, curvature along it {_number(d.curvature)}.")
    facts.append(_noise(d.noise_scale))
    output = d.layers[-1]
    if output.delta_factor is not None:
        facts.append(_passed_on(output.delta_factor, output.activation))
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
    """The noise scale, and the batch sizes that it recommends (McCandlish et al. 2018, section 2.2)."""
    if scale is None:
        return f"Noise scale unknown: it takes {2 * N_BATCHES} rows to estimate it."
    if not math.isfinite(scale):
        return (
            "Noise scale infinite: on these rows the mean gradient cannot be told from the noise of single rows. Near "
            "a minimum of the cost that is normal; elsewhere small batches make mostly random steps, and larger ones "
            "are better."
        )
    if scale < 1:
        return "Noise scale below 1 row: the rows agree on the direction, so that small batches are the best choice."
    return (
        f"Noise scale {_rows(scale)}: the batch size at which noise and gradient are equally large, and a good choice "
        "with the weights as they are. Steps of much smaller batches are mostly noise; batches above "
        f"{_rows(BEYOND_NOISE * scale)} gain less than 10% a step."
    )


def _rows(n: float) -> str:
    n = round(n) if n < 100 else round(n, 1 - math.floor(math.log10(n)))  # it is known to about a third
    return f"{n:,.0f} row{'s' * (n != 1)}"


def _passed_on(factor: float, activation: str) -> str:
    """The share of the error that reaches the weights, and what it should be."""
    matched = math.isclose(factor, 1, abs_tol=WHOLE)
    share = "100%" if matched else f"{factor:,.0%}" if factor > 1.1 else percent(factor)
    passed = f"The output passes {share} of its error a - T on to the weights (in the mean)"
    if matched:
        return f"{passed}, as a matched pair of output activation and cost does: nothing is lost to saturation."
    if activation == "RescaledTanh" and math.isclose(factor, 2, abs_tol=2 * WHOLE):
        return (
            f"{passed}, as the matched pair of (1 + tanh z) / 2 and cross-entropy does: that output is the sigmoid of "
            "2 z, hence twice the error. Nothing is lost to saturation."
        )
    what = "The less it passes, the smaller the gradient of an error is, and the slower it is corrected."
    if factor > 1:
        what = "More than that makes larger gradients, for which the learning rate may have to be lower."
    return f"{passed}; a matched pair of output activation and cost passes 100%. {what}"
