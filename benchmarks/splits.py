"""Tables in .npz files, and how their rows are divided to compare classifiers.

The file of a table holds `X` (n, d), numbers, NaN where missing; `y` (n,), the classes; and, if columns hold
categories, `cat` (d,), true for those, whose numbers in `X` are then codes. With `names` (d,), the names of the
columns, and `categories`, JSON that maps names to lists of strings, codes are positions in these lists.

Classes of fewer than `MIN_CLASS_ROWS` rows are dropped. Of more than `MAX_ROWS` rows, that many are drawn, the same
ones for every seed. A quarter of the rows, drawn by the seed, is for testing. Both draws are stratified: classes keep
their shares, rounded by the largest remainder, with at least one row of each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

MAX_ROWS = 12_000
TEST_SHARE = 0.25
MIN_CLASS_ROWS = 10
SUBSAMPLE_SEED = 20240


@dataclass(frozen=True)
class Table:
    """A table without its rare classes.

    Attributes
    ----------
    name : str
        That of the file.
    X : DataFrame of shape (n, d)
        Columns of float32, NaN where missing, and of dtype ``category``, of strings. They are called x0, x1 and so on:
        LightGBM and XGBoost refuse some characters in names.
    y : ndarray of int64, shape (n,)
        Classes 0 to n_classes - 1.
    digest : str
        Changes with the contents.
    """

    name: str
    X: pd.DataFrame
    y: np.ndarray
    digest: str

    @property
    def n_classes(self) -> int:
        return int(self.y.max()) + 1


def read(path: Path, dropped: Collection[str] = ()) -> Table:
    """The table of a file, without the columns of these names.

    Raises
    ------
    ValueError
        If `X` is no matrix, a dropped column is not there, or fewer than two classes are left.
    """
    with np.load(path, allow_pickle=False) as data:
        X, y = data["X"], data["y"]
        if X.ndim != 2:
            raise ValueError(f"{path}: X has shape {X.shape}; a table has rows and columns, so reshape it to (n, d).")
        names = data["names"].astype(str).tolist() if "names" in data else [f"x{i}" for i in range(X.shape[1])]
        is_category = data["cat"].astype(bool) if "cat" in data else np.zeros(X.shape[1], bool)
        categories = json.loads(str(data["categories"])) if "categories" in data else {}
    unknown = sorted(set(dropped) - set(names))
    if unknown:
        raise ValueError(f"{path}: no column is called {unknown[0]!r}, so it cannot be dropped; there are {names}.")
    classes, counts = np.unique(y, return_counts=True)
    if np.sum(counts >= MIN_CLASS_ROWS) < 2:
        raise ValueError(f"{path}: fewer than 2 classes have {MIN_CLASS_ROWS} rows, so there is nothing to learn.")
    rows = np.isin(y, classes[counts >= MIN_CLASS_ROWS])
    kept = [i for i, name in enumerate(names) if name not in dropped]
    X = X[rows][:, kept].astype(np.float32)
    y = np.unique(y[rows], return_inverse=True)[1].astype(np.int64)
    columns: dict[str, np.ndarray | pd.Categorical] = {}
    digest = hashlib.sha256(X.tobytes() + y.tobytes())
    for j, i in enumerate(kept):
        known = categories.get(names[i])
        columns[f"x{j}"] = _categorical(X[:, j], known) if is_category[i] else X[:, j]
        digest.update(json.dumps([bool(is_category[i]), known]).encode())
    return Table(path.stem, pd.DataFrame(columns), y, digest.hexdigest()[:12])


def _categorical(codes: np.ndarray, known: list[str] | None) -> pd.Categorical:
    """The strings of the codes; the codes themselves where no strings are known."""
    missing = np.isnan(codes)
    places = np.where(missing, -1, codes).astype(int)
    if known is None:
        values, inverse = np.unique(places[~missing], return_inverse=True)
        known = [str(value) for value in values]
        places[~missing] = inverse
    return pd.Categorical.from_codes(places, categories=known)


def divided(y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers for training and for testing, in random order."""
    rows = np.arange(len(y))
    if len(y) > MAX_ROWS:
        rows = np.sort(_drawn(y, rows, MAX_ROWS, np.random.default_rng(SUBSAMPLE_SEED))[0])
    test, train = _drawn(y, rows, round(TEST_SHARE * len(rows)), np.random.default_rng(seed))
    return train, test


def _drawn(y: np.ndarray, rows: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A stratified draw of n of the rows, and the others."""
    strata = [rng.permutation(rows[y[rows] == label]) for label in np.unique(y[rows])]
    shares = np.array([len(stratum) for stratum in strata]) * n / len(rows)
    counts = np.maximum(np.floor(shares).astype(int), 1)
    by_remainder = np.argsort(np.floor(shares) - shares, kind="stable")
    counts[by_remainder[: max(0, n - counts.sum())]] += 1
    drawn = np.concatenate([stratum[:count] for stratum, count in zip(strata, counts, strict=True)])
    others = np.concatenate([stratum[count:] for stratum, count in zip(strata, counts, strict=True)])
    return rng.permutation(drawn), rng.permutation(others)
