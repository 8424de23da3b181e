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

from gpunn.config.registry import is_full_batch
from gpunn.insight.finding import HELD_OUT, Finding, Trial
from gpunn.insight.in_layers import LARGE_INPUTS
from gpunn.model.fitted import Classifier
from gpunn.typing import Array

Change = dict[str, Any]

SECONDS = 4.0  # for a fit


Remedy = Callable[[Mapping[str, Any], Finding], Change | None]


def _rate(factor: float, **more: Any) -> Remedy:
    """A learning rate multiplied by a factor, beside other changes; nothing for a solver that has no rate."""

    def change(p: Mapping[str, Any], finding: Finding) -> Change | None:
        return None if is_full_batch(p["solver"]) else {**_scaled(p, learning_rate_init=factor), **more}

    return change


def _longer(p: Mapping[str, Any], finding: Finding) -> Change:
    return {name: 4 * p[name] for name in ("max_iter", "max_fun") if name == "max_iter" or is_full_batch(p["solver"])}


def _shorter_first_step(factor: float) -> Remedy:
    """A part of the longest first step."""
    return lambda p, found: _scaled(p, learning_rate_init=factor / found.evidence["overshoot"])


def _penalty(factor: float) -> Remedy:
    return lambda p, found: _scaled(p, **{name: factor for name in ("alpha", "l1") if p[name]})


def _wider(p: Mapping[str, Any], finding: Finding) -> Change:
    hidden = [p["hidden_layer_sizes"]] if isinstance(p["hidden_layer_sizes"], int) else list(p["hidden_layer_sizes"])
    hidden[(finding.layer or 1) - 1] = 100
    return {"hidden_layer_sizes": tuple(hidden)}


def _scaled(p: Mapping[str, Any], **factors: float) -> Change:
    """Parameters times factors, to two digits, as a person would write them."""
    return {name: float(f"{p[name] * factor:.2g}") for name, factor in factors.items()}


def _of_saturated(p: Mapping[str, Any], finding: Finding) -> Change | None:
    """Other initial weights; of a layer with layer normalisation, where these do not matter, a lower learning rate."""
    return {"weight_init": "glorot_uniform"} if "weight_std" in finding.evidence else _rate(1 / 10)(p, finding)


def _fixed(**change: Any) -> tuple[Remedy]:
    return (lambda p, found: change,)


# What the remedy of a finding says first: from parameters of `gpunn.MLPClassifier` and a finding, those that change;
# two or three ways of it where a factor is open, the usual one first.
CHANGES: dict[str, tuple[Remedy, ...]] = {
    "not_finite": (_rate(1 / 10), _rate(1 / 100)),
    "diverged": tuple(_rate(factor, on_divergence="recover") for factor in (1 / 10, 1 / 3, 1 / 100)),
    "rate_too_high": (_rate(1 / 10), _rate(1 / 3), _rate(1 / 30)),
    "first_step_too_long": (_shorter_first_step(1 / 10), _shorter_first_step(1 / 3)),
    "rate_too_low": (_rate(10), _rate(3), _rate(100)),
    "stopped_while_falling": (_longer, _rate(3), _rate(10)),
    "batch_too_large": (lambda p, found: {"batch_size": max(8, 2 ** round(np.log2(found.evidence["noise_scale"])))},),
    "batch_too_small": (lambda p, found: {"batch_size": 8 * round(found.evidence["batch_size"])},),
    "units_alike": _fixed(weight_init="glorot_uniform"),
    "saturated_layer": (_of_saturated,),
    "sure_and_wrong": _fixed(weight_init="glorot_uniform"),
    "dead_units": tuple(_rate(factor, weight_init="he_normal", bias_init="zeros") for factor in (1 / 10, 1 / 3)),
    "vanishing_gradient": _fixed(activation="relu", weight_init="he_normal"),
    "exploding_gradient": _fixed(weight_init="he_normal"),
    "slowed_output": _fixed(cost="cross_entropy"),
    "slowed_softmax": _fixed(cost="log_likelihood"),
    "linear_output": _fixed(output_activation="softmax", cost="log_likelihood"),
    "penalty_dominates": (_penalty(1 / 1000), _penalty(1 / 100), _penalty(1 / 10)),
    "too_much_dropout": (lambda p, found: {"dropout": 0.5}, lambda p, found: {"dropout": 0.2}),
    "too_narrow": (_wider,),
    "underfitting": (_longer, _rate(3), _rate(10)),
    "kept_too_early": _fixed(scoring="neg_log_loss"),
    "rare_class": _fixed(class_weight="balanced"),
    "doubtful_labels": _fixed(label_smoothing=0.1),
    "overfitting": _fixed(early_stopping=True),
    "too_large": (
        lambda p, found: {"alpha": max(1.0, p["alpha"] * 100)},
        lambda p, found: {"alpha": max(10.0, p["alpha"] * 1000)},
    ),
    "overconfident": _fixed(early_stopping=True, scoring="neg_log_loss"),
}


def change_of(parameters: Mapping[str, Any], finding: Finding) -> Change | None:
    """The parameters that a remedy usually changes, none where it scales the inputs; None where it is neither."""
    return next(iter(changes_of(parameters, finding)), None)


def changes_of(parameters: Mapping[str, Any], finding: Finding) -> list[Change]:
    """The same for each of its factors, the usual one first; empty where there is nothing to change."""
    if scales_inputs(finding):
        return [{}]
    changes = [remedy(parameters, finding) for remedy in CHANGES.get(finding.name, ())]
    return [change for change in changes if change is not None]


def scales_inputs(finding: Finding) -> bool:
    """True if the remedy is to standardise the inputs."""
    return finding.name == "unscaled_inputs" or finding.evidence.get("input_rms", 0.0) > LARGE_INPUTS


def tried(clf: Classifier, findings: Sequence[Finding], X: Array, y: Array) -> list[Finding]:
    """Findings about a classifier with what the remedies brought that can be tried on its rows.

    Parameters
    ----------
    clf : MLPClassifier
        Stays as it is.
    X, y : array-like (n, d) and (n,)
        Trained on but for `HELD_OUT` of them, by which the best of several factors is chosen too.
    """
    parameters = clf.get_params()
    changes = [changes_of(parameters, finding) for finding in findings]
    if not any(changes):
        return list(findings)
    before = _held_out(clf, X, y, scale=False)
    known: dict[str, float] = {}  # what changes brought, since findings may have the same
    found = []
    for finding, ways in zip(findings, changes, strict=True):
        scale, after = scales_inputs(finding), []
        for change in ways:
            key = f"{scale} {change}"
            if key not in known:
                known[key] = _held_out(clone(clf).set_params(**change), X, y, scale=scale)
            after.append(known[key])
        if ways:
            best = min(range(len(ways)), key=lambda i: (np.isnan(after[i]), after[i]))
            finding = replace(finding, trial=Trial(ways[best], before, after[best], len(ways)))
        found.append(finding)
    return found


def _held_out(clf: Classifier, X: Array, y: Array, scale: bool) -> float:
    """Log-loss on rows held out."""
    y = np.asarray(y)
    stratify = y if np.unique(y, return_counts=True)[1].min() > 1 else None
    n = len(y)
    train, test = train_test_split(np.arange(n), test_size=HELD_OUT, stratify=stratify, random_state=0)
    clf = clone(clf).set_params(time_limit=SECONDS, random_state=0, callback=None, verbose=False, checkpoint=None)
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
