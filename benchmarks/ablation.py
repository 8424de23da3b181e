"""What each part of `gpunn.TabularClassifier` gains: a preset as it is, and with a part changed, on a folder of tables.

    python -m benchmarks.ablation FOLDER [--preset fast] [--seeds 0] [--only NAME ...] [--drop TABLE:COLUMN]
        [--out FILE.jsonl] [--write]

Tables and splits are those of `benchmarks.tabular`. All fits run in this process, the variants of a table one after the
other; every result is added to ``--out`` at once, and is not computed again when it is there. Temperature scaling is
turned off after the fit, whose logits it divides; a second table has log-loss and expected calibration error (ECE)
before and after it.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.classifiers import CLASSIFIERS
from benchmarks.fits import Fit, Results
from benchmarks.scores import scores
from benchmarks.splits import Table, divided, read
from benchmarks.tables import arguments, heading, markdown, publish, typed
from gpunn import MLPClassifier
from gpunn.config import presets
from gpunn.devices.quota import usable

MEASURES = ("accuracy", "log_loss", "ece")


def as_it_is(p: dict[str, Any]) -> dict[str, Any]:
    return p


def changed(**parameters: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The preset with other parameters."""
    return lambda p: {**p, **parameters}


def of_one_network(p: dict[str, Any]) -> dict[str, Any]:
    """One network, validated on a fifth of the rows."""
    return {**p, "n_members": 1, "cross_validation": None, "validation_fraction": 0.2}


def with_epochs(factor: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """As many times the epochs, and the patience for them."""

    def variant(p: dict[str, Any]) -> dict[str, Any]:
        n_epochs = round(factor * p["max_iter"])
        return {**p, "max_iter": n_epochs, "n_iter_no_change": presets.patience(n_epochs)}

    return variant


def with_as_many_folds(n: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """As many networks, fewer folds."""
    return lambda p: {**p, "cross_validation": n if p["n_members"] % n == 0 else p["cross_validation"]}


UNSCALED = "no temperature scaling"
VARIANTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "the preset": as_it_is,
    UNSCALED: as_it_is,
    "numbers standardised": changed(numeric_encoding="standard"),
    "numbers robustly scaled, no bins": changed(numeric_encoding="robust"),
    "8 bins": changed(max_bins=8),
    "16 bins": changed(max_bins=16),
    "48 bins": changed(max_bins=48),
    "embeddings instead of more than 32 inputs": changed(max_one_hot=32),
    "one network": of_one_network,
    "2 folds": with_as_many_folds(2),
    "the last epoch": changed(early_stopping=False, n_iter_no_change=math.inf),
    "all epochs": changed(n_iter_no_change=math.inf),
    "epoch by log-loss": changed(scoring="neg_log_loss"),
    "no averaged weights": changed(ema_decay=None),
    "constant learning rate": changed(learning_rate="constant", n_iter_no_change=math.inf),
    "cosine learning rate": changed(learning_rate="cosine", n_iter_no_change=math.inf),
    "learning rate 0.001": changed(learning_rate_init=0.001),
    "beta_2 0.999": changed(beta_2=0.999),
    "ReLU": changed(activation="relu"),
    "SELU": changed(activation="selu"),
    "layer normalisation": changed(layer_norm=True),
    "dropout 0.15": changed(dropout=0.15),
    "weight decay": changed(solver="adamw", weight_decay=0.01),
    "label smoothing 0.1": changed(label_smoothing=0.1),
    "two layers": lambda p: {**p, "hidden_layer_sizes": p["hidden_layer_sizes"][:2], "activation": ["selu", "prelu"]},
    "192 units": changed(hidden_layer_sizes=(192, 192, 192)),
    "256 units": changed(hidden_layer_sizes=(256, 256, 256)),
    "512 units": changed(hidden_layer_sizes=(512, 512, 512)),
    "half the epochs": with_epochs(1 / 2),
    "twice the epochs": with_epochs(2),
    "twice the networks": lambda p: {**p, "n_members": 2 * p["n_members"]},
}


def result(table: Table, seed: int, preset: str, name: str) -> dict[str, float]:
    """Measures of a variant on the test rows, and the seconds of its fit."""
    train, test = divided(table.y, seed)
    X, y = table.X.iloc[train], table.y[train]
    clf = MLPClassifier(**VARIANTS[name](presets.parameters(preset, *X.shape)), random_state=seed)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # training to the last epoch is what was asked for
        clf.fit(X, y)
    seconds = time.perf_counter() - began
    if name == UNSCALED:
        last = clf.network_.layers[-1]
        for part in (last.W, last.b):
            clf.theta_[..., part.start : part.stop] *= clf.temperature_
    P = np.asarray(clf.predict_proba(table.X.iloc[test]), np.float64)
    found = scores(P / P.sum(axis=1, keepdims=True), table.y[test])
    return {**{name: found[name] for name in MEASURES}, "seconds": seconds}


def report(found: dict[str, list[dict[str, float]]]) -> str:
    """A row for each variant: means, and how often its log-loss is lower than that of the preset."""
    base = found["the preset"]
    rows = []
    for name, results in found.items():
        means = {measure: float(np.mean([one[measure] for one in results])) for measure in (*MEASURES, "seconds")}
        better = sum(one["log_loss"] < other["log_loss"] for one, other in zip(results, base, strict=True))
        rows.append((
            name, f"{means['accuracy']:.2%}", f"{means['log_loss']:.4f}", f"{means['ece']:.4f}",
            "" if results is base else f"{better} of {len(base)}",
            f"{np.median([one['seconds'] for one in results]):.1f}",
        ))  # fmt: skip
    return markdown(("variant", "accuracy", "log-loss", "ECE", "lower log-loss", "median fit, s"), rows)


def calibration(found: dict[str, list[dict[str, float]]], tables: list[str]) -> str:
    """Log-loss and ECE of each table before and after temperature scaling, means of the seeds, and their means."""
    before, after = (
        np.array([[one[measure] for measure in ("log_loss", "ece")] for one in found[name]]).reshape(len(tables), -1, 2)
        for name in (UNSCALED, "the preset")
    )
    cells = np.concatenate([before.mean(axis=1), after.mean(axis=1)], axis=1)[:, [0, 2, 1, 3]]
    rows = [
        (name, *(f"{cell:.4f}" for cell in row))
        for name, row in zip([*tables, "mean"], [*cells, cells.mean(axis=0)], strict=True)
    ]
    return markdown(("table", "log-loss before", "after", "ECE before", "after"), rows)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=Path, help="directory of the .npz files")
    parser.add_argument("--preset", choices=list(presets.PRESETS), default="fast")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), metavar="NAME", help=f"{', '.join(VARIANTS)}")
    parser.add_argument("--out", type=Path, default=Path("ablation.jsonl"), help="file of the results")
    parser.add_argument("--drop", nargs="+", default=[], metavar="TABLE:COLUMN", help="columns to leave out")
    options = parser.parse_args()
    dropped = [pair.partition(":")[::2] for pair in options.drop]
    paths = sorted(options.folder.glob("*.npz"))
    if not paths:
        parser.error(f"there is no .npz file in {options.folder}")
    tables = [read(path, [column for table, column in dropped if table == path.stem]) for path in paths]
    names = ["the preset", *(name for name in options.only or VARIANTS if name != "the preset")]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    results, versions = Results(options.out), CLASSIFIERS["gpunn MLPClassifier"].versions()
    for table in tables:
        for seed in options.seeds:
            for name in names:
                fit = Fit(table.name, table.digest, seed, f"{options.preset}: {name}", versions, usable())
                record = results.get(fit) or results.add(fit, {"scores": result(table, seed, options.preset, name)})
                found[name].append(one := record["scores"])
                said = f"{one['accuracy']:.1%}, {one['log_loss']:.3f}, {one['seconds']:.1f} s"
                print(f"{table.name}, seed {seed}, {name}: {said}", flush=True)
    table_names = [table.name for table in tables]
    scaled = [f"\nTemperature scaling:\n\n{calibration(found, table_names)}"] if UNSCALED in found else []
    text = "\n".join((
        heading(f"Parts of the preset {options.preset!r} of TabularClassifier", typed("ablation")),
        report(found),
        f"\nMeans over {len(tables)} tables, seeds {', '.join(map(str, options.seeds))}.",
        *scaled,
    ))  # fmt: skip
    publish(text, f"ablation-{options.preset}-cpu", options.write, {"preset": options.preset, "results": found})


if __name__ == "__main__":
    main()
