"""Remedies of findings as changes of parameters or inputs, and what they bring on rows held out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils import _safe_indexing

from gpunn.insight.finding import HELD_OUT, Finding, Trial
from gpunn.insight.in_layers import LARGE_INPUTS

Array = Any
Change = dict[str, Any]

SECONDS = 10.0  # for a fit


def _slower(p: Mapping[str, Any], finding: Finding) -> Change:
    return {"learning_rate_init": p["learning_rate_init"] / 10}


def _wider(p: Mapping[str, Any], finding: Finding) -> Change:
    hidden = [p["hidden_layer_sizes"]] if isinstance(p["hidden_layer_sizes"], int) else list(p["hidden_layer_sizes"])
    hidden[(finding.layer or 1) - 1] = 100
    return {"hidden_layer_sizes": tuple(hidden)}


# What the remedy of a finding says first: from parameters of `gpunn.MLPClassifier` and a finding, those that change.
CHANGES: dict[str, Callable[[Mapping[str, Any], Finding], Change]] = {
    "not_finite": _slower,
    "diverged": lambda p, found: {**_slower(p, found), "on_divergence": "recover"},
    "rate_too_high": _slower,
    "first_step_too_long": lambda p, found: {
        "learning_rate_init": p["learning_rate_init"] / found.evidence["overshoot"] / 10
    },
    "rate_too_low": lambda p, found: {"learning_rate_init": p["learning_rate_init"] * 10},
    "stopped_while_falling": lambda p, found: {"max_iter": p["max_iter"] * 4},
    "batch_too_large": lambda p, found: {"batch_size": max(8, 2 ** round(np.log2(found.evidence["noise_scale"])))},
    "batch_too_small": lambda p, found: {"batch_size": 8 * round(found.evidence["batch_size"])},
    "units_alike": lambda p, found: {"weight_init": "glorot_uniform"},
    "saturated_layer": lambda p, found: {"weight_init": "glorot_uniform"},
    "sure_and_wrong": lambda p, found: {"weight_init": "glorot_uniform"},
    "dead_units": lambda p, found: {**_slower(p, found), "weight_init": "he_normal", "bias_init": "zeros"},
    "vanishing_gradient": lambda p, found: {"activation": "relu", "weight_init": "he_normal"},
    "exploding_gradient": lambda p, found: {"weight_init": "he_normal"},
    "slowed_output": lambda p, found: {"cost": "cross_entropy"},
    "slowed_softmax": lambda p, found: {"cost": "log_likelihood"},
    "linear_output": lambda p, found: {"output_activation": "softmax", "cost": "log_likelihood"},
    "penalty_dominates": lambda p, found: {"alpha": p["alpha"] / 1000, "l1": p["l1"] / 1000},
    "too_much_dropout": lambda p, found: {"dropout": 0.5},
    "too_narrow": _wider,
    "underfitting": lambda p, found: {"max_iter": p["max_iter"] * 4},
    "kept_too_early": lambda p, found: {"scoring": "neg_log_loss"},
    "rare_class": lambda p, found: {"class_weight": "balanced"},
    "doubtful_labels": lambda p, found: {"label_smoothing": 0.1},
    "overfitting": lambda p, found: {"early_stopping": True},
    "too_large": lambda p, found: {"alpha": max(1.0, p["alpha"] * 100)},
    "overconfident": lambda p, found: {"early_stopping": True, "scoring": "neg_log_loss"},
}


def change_of(parameters: Mapping[str, Any], finding: Finding) -> Change | None:
    """The parameters that a remedy changes, none where it scales the inputs; None where it is neither."""
    if scales_inputs(finding):
        return {}
    return CHANGES[finding.name](parameters, finding) if finding.name in CHANGES else None


def scales_inputs(finding: Finding) -> bool:
    """Whether the remedy is to standardise the inputs."""
    return finding.name == "unscaled_inputs" or finding.evidence.get("input_rms", 0.0) > LARGE_INPUTS


def tried(clf: Any, findings: Sequence[Finding], X: Array, y: Array) -> list[Finding]:
    """Findings about a classifier with what the remedies brought that can be tried on its rows.

    Parameters
    ----------
    clf : MLPClassifier
        Stays as it is.
    X, y : array-like (n, d) and (n,)
        Trained on but for `HELD_OUT` of them.
    """
    parameters = clf.get_params()
    changes = [change_of(parameters, finding) for finding in findings]
    if all(change is None for change in changes):
        return list(findings)
    before = _held_out(clf, X, y, scale=False)
    found = []
    for finding, change in zip(findings, changes, strict=True):
        if change is not None:
            after = _held_out(clone(clf).set_params(**change), X, y, scale=scales_inputs(finding))
            finding = replace(finding, trial=Trial(change, before, after))
        found.append(finding)
    return found


def _held_out(clf: Any, X: Array, y: Array, scale: bool) -> float:
    """Log-loss on rows held out."""
    y = np.asarray(y)
    stratify = y if np.unique(y, return_counts=True)[1].min() > 1 else None
    n = len(y)
    train, test = train_test_split(np.arange(n), test_size=HELD_OUT, stratify=stratify, random_state=0)
    clf = clone(clf).set_params(time_limit=SECONDS, random_state=0, callback=None, verbose=False)
    rows, others = _taken(X, train), _taken(X, test)
    if scale:
        scaler = StandardScaler().fit(rows)
        rows, others = scaler.transform(rows), scaler.transform(others)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what goes wrong shows in the log-loss
        clf.fit(rows, y[train])
    known = np.isin(y[test], clf.classes_)
    return float(log_loss(y[test][known], clf.predict_proba(others)[known], labels=clf.classes_))


def _taken(X: Any, numbers: np.ndarray) -> Any:
    """Rows of a table, an array or a sparse matrix."""
    return _safe_indexing(X, numbers)
