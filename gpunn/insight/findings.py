"""All findings, each a function of the facts (what is wrong, or None), and which of them explain others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

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

# Known consequences of a finding, and through them theirs. Only relations that the field agrees on: what is not here
# may have another cause, although it stands later. A cause is listed above what it explains.
STOPS_LEARNING = ("plateau", "no_better_than_guessing", "underfitting")
SLOWS_LEARNING = ("rate_too_low", "stopped_while_falling", *STOPS_LEARNING)
CONSEQUENCES: dict[str, tuple[str, ...]] = {
    "moved_inputs": ("no_better_than_guessing", "underfitting", "overfitting", "overconfident"),
    "unscaled_inputs": (
        "saturated_layer",
        "dead_units",
        "exploding_gradient",
        "sure_and_wrong",
        "first_step_too_long",
        "diverged",
        "rate_too_high",
        *SLOWS_LEARNING,
    ),
    "constant_inputs": ("idle_columns",),
    "duplicate_inputs": ("idle_columns",),
    "leaking_column": ("idle_columns",),
    "too_narrow": STOPS_LEARNING,
    "penalty_dominates": ("vanishing_gradient", *STOPS_LEARNING),
    "too_much_dropout": STOPS_LEARNING,
    "units_alike": STOPS_LEARNING,
    "saturated_layer": ("vanishing_gradient", *SLOWS_LEARNING),
    "dead_units": STOPS_LEARNING,
    "vanishing_gradient": SLOWS_LEARNING,
    "exploding_gradient": ("first_step_too_long", "diverged", "rate_too_high"),
    "sure_and_wrong": ("first_step_too_long",),
    "slowed_output": SLOWS_LEARNING,
    "slowed_softmax": SLOWS_LEARNING,
    "diverged": STOPS_LEARNING,
    "rate_too_high": ("batch_too_small", *STOPS_LEARNING),  # noise and overshooting both make the cost wander
    "rate_too_low": ("batch_too_large", "stopped_while_falling", *STOPS_LEARNING),
    "batch_too_large": ("stopped_while_falling", *STOPS_LEARNING),
    "stopped_while_falling": STOPS_LEARNING,
    "plateau": ("no_better_than_guessing", "underfitting"),
    "kept_too_early": ("underfitting",),
    "doubtful_labels": ("overfitting", "overconfident"),
    "too_large": ("overfitting", "overconfident"),
    "overfitting": ("overconfident",),
}


def findings_of(facts: Facts) -> list[Finding]:
    """Findings in the facts, causes first."""
    found = [finding for finding in (find(facts) for find in FINDINGS) if finding is not None]
    broken = [finding for finding in found if finding.name == "not_finite"]
    return broken or explained(found)  # where numbers are none, nothing else can be told from them


def explained(found: Sequence[Finding]) -> list[Finding]:
    """The findings, each with the first before it that it is a consequence of."""
    return [
        replace(
            finding,
            follows_from=next((cause.name for cause in found[:i] if explains(cause.name, finding.name)), None),
        )
        for i, finding in enumerate(found)
    ]


def explains(cause: str, name: str) -> bool:
    """True if one finding is a known consequence of the other, or of a consequence of it."""
    return any(effect == name or explains(effect, name) for effect in CONSEQUENCES.get(cause, ()))
