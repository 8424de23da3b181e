"""All findings, each a function of the facts: what is wrong, or None."""

from __future__ import annotations

from collections.abc import Callable

from gpunn.insight import in_data, in_fit, in_layers, in_outcome, in_steps
from gpunn.insight.facts import Facts
from gpunn.insight.finding import Finding

# Causes come before what follows from them.
FINDINGS: tuple[Callable[[Facts], Finding | None], ...] = (
    in_steps.not_finite,
    in_outcome.moved_inputs,
    in_data.unscaled_inputs,
    in_data.constant_inputs,
    in_data.duplicate_inputs,
    in_outcome.leaking_column,
    in_outcome.repeated_rows,
    in_fit.too_narrow,
    in_data.rare_class,
    in_fit.penalty_dominates,
    in_fit.too_much_dropout,
    in_layers.units_alike,
    in_layers.saturated_layer,
    in_layers.dead_units,
    in_layers.vanishing_gradient,
    in_layers.exploding_gradient,
    in_layers.sure_and_wrong,
    in_layers.slowed_output,
    in_layers.linear_output,
    in_steps.diverged,
    in_steps.first_step_too_long,
    in_steps.rate_too_high,
    in_steps.rate_too_low,
    in_steps.batch_too_large,
    in_steps.batch_too_small,
    in_steps.stopped_while_falling,
    in_fit.plateau,
    in_fit.no_better_than_guessing,
    in_fit.kept_too_early,
    in_outcome.doubtful_labels,
    in_outcome.underfitting,
    in_outcome.too_large,
    in_outcome.overfitting,
    in_outcome.overconfident,
    in_outcome.idle_columns,
)


def findings_of(facts: Facts) -> list[Finding]:
    """What is found in the facts, causes first."""
    found = [finding for finding in (find(facts) for find in FINDINGS) if finding is not None]
    broken = [finding for finding in found if finding.name == "not_finite"]
    return broken or found  # where numbers are none, nothing else can be told from them
