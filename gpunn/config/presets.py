"""Presets for tables: parameters of `gpunn.MLPClassifier` that need no tuning, as `gpunn.TabularClassifier` uses them.

`python -m benchmarks.ablation FOLDER` measures what each of them gains on a folder of tables.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Preset(NamedTuple):
    """Settings that differ between presets.

    Attributes
    ----------
    n_members : int
        Networks.
    n_epochs : int
        Epochs for up to `MANY` rows.
    n_units : int
        Units of each of three hidden layers.
    max_bins : int
        Largest number of bins of a numeric column; fewer where a bin would have less than `MIN_BIN` rows, or where
        there are many columns.
    """

    n_members: int
    n_epochs: int
    n_units: int
    max_bins: int


PRESETS = {
    "fast": Preset(n_members=4, n_epochs=40, n_units=192, max_bins=16),
    "best": Preset(n_members=8, n_epochs=128, n_units=256, max_bins=48),
}

METRICS = {"accuracy": None, "log_loss": "neg_log_loss", "roc_auc": "roc_auc_ovr"}  # name: scorer of scikit-learn

BATCH = 256  # rows, or fewer where these are less than `STEPS` batches
MIN_BATCH = 16
STEPS = 8  # an epoch
MIN_FOLD = 10  # rows; fewer say too little to choose an epoch by
MAX_FOLDS = 10
MANY = 100_000  # rows; of more, as many are seen in fewer epochs
MIN_EPOCHS = 8
PATIENCE = 4  # if the best epoch is more than 1 / PATIENCE of all epochs ago, no further cycle begins
MIN_BINS = 16
MIN_BIN = 200  # rows
MAX_INPUTS = 512  # of all columns together, where they have more than `MIN_BINS` bins each

COMMON: dict[str, Any] = {
    "activation": ["selu", "prelu", "prelu"],
    "weight_init": "he_normal",
    "bias_init": "zeros",
    "learning_rate": "cosine_log",
    "learning_rate_init": 0.005,
    "beta_2": 0.95,
    "alpha": 0.0,
    "ema_decay": 0.99,
    "features": "all",
    "numeric_encoding": "piecewise_linear",
    "max_categories": 1000,
    "min_frequency": 2,  # a category of one row says nothing of others, and with such rows unknown ones are learned
}


def parameters(preset: str, n_rows: int, n_columns: int, n_members: int | None = None) -> dict[str, Any]:
    """Parameters of `gpunn.MLPClassifier` for ``n_rows`` training rows of ``n_columns`` columns.

    There are as many folds as members, or fewer where folds would be smaller than `MIN_FOLD` or more than `MAX_FOLDS`
    and the members are a multiple of fewer. Without folds a fifth of the rows is held out of all members.
    """
    members, n_epochs, n_units, max_bins = PRESETS[preset]
    members = members if n_members is None else n_members
    most = min(members, MAX_FOLDS, n_rows // MIN_FOLD)
    n_folds = next((k for k in range(most, 1, -1) if members % k == 0), 0)
    n_epochs = max(MIN_EPOCHS, min(n_epochs, n_epochs * MANY // max(n_rows, 1)))
    n_trained = n_rows - (-(-n_rows // n_folds) if n_folds else n_rows // 5)
    batch = max(1, min(max(MIN_BATCH, min(BATCH, n_trained // STEPS)), n_trained))
    n_bins = max(MIN_BINS, min(max_bins, n_rows // MIN_BIN, MAX_INPUTS // max(n_columns, 1)))
    found = {
        **COMMON,
        "hidden_layer_sizes": (n_units,) * 3,
        "max_bins": n_bins,
        "n_members": members,
        "max_iter": n_epochs,
        "n_iter_no_change": patience(n_epochs),
        "batch_size": batch,
    }
    validated = {"early_stopping": True, "temperature_scaling": True}
    if n_folds:
        found |= {"cross_validation": n_folds, **validated}
    elif n_rows >= 5 * MIN_FOLD:
        found |= {"validation_fraction": 0.2, **validated}
    return found


def patience(n_epochs: int) -> int:
    """``n_iter_no_change`` for a number of epochs."""
    return max(1, n_epochs // PATIENCE)
