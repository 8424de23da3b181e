"""Presets for tables: parameters of `gpunn.MLPClassifier` that need no tuning, as `gpunn.TabularClassifier` uses them.

`docs/tabular.md` has what each of them gains on real tables, and what was tried and gains nothing.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Preset(NamedTuple):
    """What differs between presets.

    Attributes
    ----------
    n_members, n_folds : int
        Networks, and folds of the rows of which each leaves out one.
    n_epochs : int
        For up to `MANY` rows.
    """

    n_members: int
    n_folds: int
    n_epochs: int


PRESETS = {"fast": Preset(4, 4, 32), "best": Preset(8, 8, 64)}

METRICS = {"accuracy": None, "log_loss": "neg_log_loss", "roc_auc": "roc_auc_ovr"}  # name: scorer of scikit-learn

BATCH = 256  # rows
MIN_FOLD = 10  # rows; fewer say too little to choose an epoch by
MANY = 100_000  # rows; of more, as many are seen in fewer epochs
MIN_EPOCHS = 8

COMMON: dict[str, Any] = {
    "hidden_layer_sizes": (256, 256, 256),
    "weight_init": "he_normal",
    "bias_init": "zeros",
    "learning_rate": "cosine_log",
    "learning_rate_init": 0.005,
    "beta_2": 0.95,
    "alpha": 0.0,
    "ema_decay": 0.99,
    "n_iter_no_change": math.inf,
    "features": "all",
    "numeric_encoding": "piecewise_linear",
    "max_categories": 1000,
    "min_frequency": 2,  # a category of one row says nothing of others, and with such rows unknown ones are learned
}


def parameters(preset: str, n_rows: int, n_members: int | None = None) -> dict[str, Any]:
    """Parameters of `gpunn.MLPClassifier` for ``n_rows`` training rows.

    There are as many folds as the preset has, or fewer where folds would be smaller than `MIN_FOLD`, or the members no
    multiple of them. One network is validated on a fifth of the rows.
    """
    members, n_folds, n_epochs = PRESETS[preset]
    members = members if n_members is None else n_members
    n_folds = next((k for k in range(min(n_folds, members), 1, -1) if members % k == 0 and n_rows >= k * MIN_FOLD), 0)
    n_epochs = max(MIN_EPOCHS, min(n_epochs, n_epochs * MANY // max(n_rows, 1)))
    found = {**COMMON, "n_members": members, "max_iter": n_epochs, "batch_size": max(1, min(BATCH, n_rows))}
    validated = {"early_stopping": True, "temperature_scaling": True}
    if n_folds:
        found |= {"cross_validation": n_folds, **validated}
    elif members == 1 and n_rows >= 5 * MIN_FOLD:
        found |= {"validation_fraction": 0.2, **validated}
    return found
