"""Checks of all parameters: each by its row, and those that have to go together."""

from __future__ import annotations

from typing import Any

from gpunn.config import registry
from gpunn.config.constraints import ParameterError
from gpunn.config.parameters import PARAMETERS
from gpunn.shown import show

LOOSE = ("dropout", "input_dropout", "clip_norm", "max_norm", "ema_decay")  # of minibatch training alone


def check_parameters(p: Any, n_classes: int = 3) -> None:
    """Check all parameters of an estimator, before there is any data.

    Raises
    ------
    ParameterError
        For the first that is not allowed, or does not go with another.
    """
    for parameter in PARAMETERS.values():
        if parameter.check is not None:
            parameter.check(parameter.name, getattr(p, parameter.name))
    _check_with_checkpoint(p)
    _check_with_full_batch(p)
    _check_with_schedule_free(p)
    _check_members(p)
    sizes, _ = registry.hidden_layers(p.hidden_layer_sizes, p.activation, p.layer_norm)
    registry.rates("dropout", p.dropout, len(sizes))
    registry.output(p.cost, p.output_activation, n_classes, multilabel=False)
    _check_with_precision(p)


def _check_with_checkpoint(p: Any) -> None:
    if p.checkpoint is not None and p.warm_start:
        raise ParameterError(
            "checkpoint",
            f"checkpoint={show(p.checkpoint)} does not go with warm_start=True: the weights that such a fit starts "
            "from are not among its parameters. Use warm_start=False.",
        )


def _check_members(p: Any) -> None:
    """Check what does not go with several members, or with folds."""
    if p.cross_validation is not None and p.n_members % p.cross_validation:
        raise ParameterError(
            "cross_validation",
            f"cross_validation={show(p.cross_validation)} does not go with n_members={show(p.n_members)}: each fold is "
            "left out by as many members. Make n_members a multiple of it.",
        )
    if p.temperature_scaling and p.warm_start:
        raise ParameterError(
            "temperature_scaling",
            "temperature_scaling=True does not go with warm_start=True, which would go on from scaled weights. Leave "
            "one of the two out.",
        )
    if p.n_members == 1:
        return
    wanted = p.record if isinstance(p.record, (list, tuple)) else (p.record,)
    clashes = {
        "solver": (registry.is_full_batch(p.solver), "those are trained on minibatches"),
        "warm_start": (bool(p.warm_start), "those start from new weights"),
        "record": ("layers" in wanted, "layers are recorded of one network"),
    }
    for name, (there, why) in clashes.items():
        if there:
            raise ParameterError(
                name,
                f"{name}={show(getattr(p, name))} does not go with n_members={show(p.n_members)}: {why}. Use "
                f"n_members=1, or another {name}.",
            )


def _check_with_full_batch(p: Any) -> None:
    """Check what does not go with a solver that minimises a fixed function of all rows."""
    if not registry.is_full_batch(p.solver):
        return
    for name in LOOSE:
        value = getattr(p, name)
        if _is_given(value):
            raise ParameterError(
                name,
                f"{name}={show(value)} does not go with solver={show(p.solver)}, which minimises a fixed function of "
                f"all rows; use a solver of {', '.join(map(repr, registry.FIRST_ORDER_SOLVERS))}.",
            )


def _check_with_schedule_free(p: Any) -> None:
    """Check what does not go with a solver whose weights that are evaluated are not those that it trains."""
    if not registry.is_schedule_free(p.solver):
        return
    clashes = {"ema_decay": "already averages the weights", "max_norm": "evaluates an average that has no such limit"}
    for name, why in clashes.items():
        value = getattr(p, name)
        if value is not None:
            raise ParameterError(
                name,
                f"{name}={show(value)} does not go with solver={show(p.solver)}, which {why}; use {name}=None, or "
                "solver='adamw'.",
            )


def _check_with_precision(p: Any) -> None:
    """Products of another precision are for captured steps of minibatch training in float32."""
    clashes = {"solver": registry.is_full_batch(p.solver), "dtype": p.dtype == "float64", "compile": p.compile is False}
    clashes |= {name: _is_given(getattr(p, name)) for name in ("layer_norm", *LOOSE)}  # captured steps have none
    clash = next((name for name, there in clashes.items() if there), None)
    if clash and p.precision != "float32":
        raise ParameterError(
            "precision",
            f"precision={show(p.precision)} does not go with {clash}={show(getattr(p, clash))}: it is for minibatch "
            "training in float32 without layer normalisation, dropout, limits on norms and averaging. Use "
            f"precision='float32', or change {clash}.",
        )


def _is_given(value: Any) -> bool:
    return value is not None and any(value if isinstance(value, (list, tuple)) else (value,))
