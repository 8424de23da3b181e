"""Presets for tables: parameters of `gpunn.MLPClassifier` that need no tuning, as `gpunn.TabularClassifier` uses them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

MIN_FOLD = 10  # rows; fewer say too little to choose an epoch by


class Preset(NamedTuple):
    """What differs between presets.

    Attributes
    ----------
    n_members, n_folds : int
        Networks, and folds of the rows of which each leaves out one.
    n_epochs : int
    """

    n_members: int
    n_folds: int
    n_epochs: int


PRESETS = {"fast": Preset(4, 4, 32), "best": Preset(8, 4, 96)}

METRICS = {"accuracy": None, "log_loss": "neg_log_loss", "roc_auc": "roc_auc_ovr"}  # name: scorer of scikit-learn

COMMON: dict[str, Any] = {
    "hidden_layer_sizes": (256, 256, 256),
    "activation": "relu",
    "weight_init": "he_normal",
    "bias_init": "zeros",
    "dropout": 0.15,
    "solver": "adam",
    "learning_rate": "cosine_log",
    "learning_rate_init": 0.0025,
    "beta_2": 0.95,
    "alpha": 0.0,
    "batch_size": 256,
    "ema_decay": 0.998,
    "n_iter_no_change": math.inf,
    "features": "all",
    "numeric_encoding": "piecewise_linear",
}


def parameters(preset: str, n_rows: int, n_members: int | None = None) -> dict[str, Any]:
    """Parameters of `gpunn.MLPClassifier` for ``n_rows`` training rows."""
    members, n_folds, n_epochs = PRESETS[preset]
    members = members if n_members is None else n_members
    n_folds = next((k for k in range(min(n_folds, members), 1, -1) if members % k == 0 and n_rows >= k * MIN_FOLD), 0)
    found = {**COMMON, "n_members": members, "max_iter": n_epochs, "batch_size": min(256, n_rows)}
    if n_folds:
        found |= {"cross_validation": n_folds, "early_stopping": True, "temperature_scaling": True}
    elif members == 1 and n_rows >= 5 * MIN_FOLD:
        found |= {"early_stopping": True, "validation_fraction": 0.2, "temperature_scaling": True}
    return found
