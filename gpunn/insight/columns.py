"""Relations of the columns of X to the classes, and their changes since training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from gpunn.features.columns import NumericColumn
from gpunn.features.encodings import RobustEncoding
from gpunn.nn.embedding import Embedding
from gpunn.training.summary import TrainingSummary

N_BINS = 32
N_BEST = 3
MAX_ROWS = 1000  # for the bins
RARE = 0.1  # of the rows: a pixel that was always 0 in training may be another at times
MAX_COLUMNS = 2000  # that are looked at one by one
LARGEST = float(np.finfo(np.float32).max)  # scikit-learn's trees look at float32


@dataclass(frozen=True)
class Column:
    """A column of the table, and the inputs of the network that are made of it.

    Parameters
    ----------
    name : str
    inputs : tuple of int
        One of numbers, those of their bins, and one more where they may be missing; one for each category, or the one
        of the codes of categories that are embedded.
    categories : tuple of str
        Meaning of each of the inputs; empty for numbers and codes.
    mean, scale : float
        The number of the table is mean + scale times the first input, unless there is an encoding.
    encoding : RobustEncoding or None
        Encoding of numbers that are not standardised.
    codes : tuple of str
        Meaning of each code, from 0 on; empty where the input is none.
    """

    name: str
    inputs: tuple[int, ...]
    categories: tuple[str, ...] = ()
    mean: float = 0.0
    scale: float = 1.0
    encoding: RobustEncoding | None = None
    codes: tuple[str, ...] = ()


def alone(X: np.ndarray, label: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Share of the rows whose class each column tells by itself, (c,).

    Of numbers the bin among `N_BINS` with equally many rows tells it, of categories the category: by the most frequent
    class in it, learned on one half of up to `MAX_ROWS` rows and tried on the other, and the other way round. For the
    `N_BEST` columns that do best a decision tree finds the bins, in all rows. Embedded columns, whose codes have no
    order, are tried in all rows instead.

    Parameters
    ----------
    X : ndarray (n, d)
    label : ndarray (n,) of int
        Classes from 0 on.
    """
    n, k = len(label), int(label.max()) + 1
    half = np.random.default_rng(0).permutation(n) % 2
    found = np.zeros(len(columns))
    some = slice(None, None, -(-n // MAX_ROWS))
    for i, column in enumerate(columns[:MAX_COLUMNS]):
        rows = slice(None) if column.codes else some  # of many categories each has few rows
        code, part, y = _codes(X[rows], column), half[rows], label[rows]
        counts = np.bincount((code * 2 + part) * k + y, minlength=(code.max() + 1) * 2 * k).reshape(-1, 2, k)
        guessed = counts[:, ::-1].argmax(axis=2)  # by the rows of the other half
        if column.codes:  # some of which the other half lacks
            guessed[counts[:, ::-1].sum(axis=2) == 0] = np.bincount(y).argmax()
        found[i] = np.mean(guessed[code, part] == y)
    for i in np.argsort(-found)[:N_BEST]:
        if columns[i].codes:  # whose neighbours have nothing in common
            continue
        x = np.clip(X[:, columns[i].inputs], -LARGEST, LARGEST)
        right = 0
        for part in (half == 0, half == 1):
            tree = DecisionTreeClassifier(max_leaf_nodes=N_BINS, random_state=0).fit(x[part], label[part])
            right += np.sum(tree.predict(x[~part]) == label[~part])
        found[i] = right / n
    return found


def _codes(X: np.ndarray, column: Column) -> np.ndarray:
    """The bin or category (n,) of each row."""
    if column.categories:
        codes: np.ndarray = X[:, column.inputs].argmax(axis=1)
        return codes
    x = X[:, column.inputs[0]]
    if column.codes:
        return np.unique(x, return_inverse=True)[1]
    ordered = np.sort(x)
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1  # of each value but the least
    if len(starts) >= N_BINS:
        starts = np.arange(1, N_BINS) * len(x) // N_BINS
    return np.searchsorted(ordered[starts], x, side="right")


def moved(X: np.ndarray, summary: TrainingSummary) -> np.ndarray:
    """Distance of each column of X (n, d) from its values in training, (d,), in their standard deviations.

    The difference of the means, in the standard deviation of X where that is greater: one rare value may be far from
    those that training happened to have. Or the median distance from the mean of training less sqrt(2), where that is
    more: it can be no greater for any distribution with that mean and standard deviation (Chebyshev's inequality).
    Infinite where the values of training were all the same, and of these more than `RARE` are others.
    """
    mean, std = np.array(summary.input_mean), np.array(summary.input_std)
    varied = std > 1e-6 * np.maximum(np.abs(mean), 1e-30)
    scale = np.where(varied, std, 1.0)
    shift = np.abs(X.mean(axis=0) - mean) / np.maximum(scale, X.std(axis=0))
    distance = np.median(np.abs(X - mean), axis=0) / scale - np.sqrt(2)
    others = np.mean(np.abs(X - mean) > 1e-3 * np.maximum(np.abs(mean), 1e-3), axis=0)
    other = np.where(others > RARE, np.inf, 0.0)
    return np.where(varied, np.maximum(shift, distance), other)


def are_alike(n: int, X: np.ndarray, summary: TrainingSummary) -> bool:
    """True if n rows, of which X (m, d) are the sampled ones, are those that were given to ``fit``."""
    if n != summary.n_given or len(summary.input_mean) not in (0, X.shape[1]):
        return False
    if not summary.input_mean:
        return True
    mean, std = np.array(summary.input_mean), np.array(summary.input_std)
    close = 1e-4 * np.maximum(std, 1e-6 * np.abs(mean)) + 1e-30  # X may have been rounded to float32
    return bool(np.all(np.abs(X.mean(axis=0) - mean) <= close) and np.all(np.abs(X.std(axis=0) - std) <= close))


def repeated(X: np.ndarray, others: Iterable[np.ndarray]) -> float:
    """Share of the rows of X (n, d) that are, number by number, among other rows, which come in parts (m, d)."""
    sought = [row.tobytes() for row in np.ascontiguousarray(X)]
    missing = set(sought)
    for part in others:
        missing.difference_update(row.tobytes() for row in np.ascontiguousarray(part))
    return sum(row not in missing for row in sought) / len(sought)


def as_columns(
    n_inputs: int, names: Sequence[str], table: Any = None, embeddings: Sequence[Embedding] = ()
) -> tuple[Column, ...]:
    """Each input as a column, or the columns of a table that `gpunn.features.Features` encodes.

    Without a table, ``embeddings`` says which inputs are codes.
    """
    if table is None:
        codes = {each.column: tuple(map(str, range(each.n_categories + 1))) for each in embeddings}
        return tuple(Column(names[j] if names else f"input {j}", (j,), codes=codes.get(j, ())) for j in range(n_inputs))
    found, start = [], 0
    for column in table.columns:
        inputs = tuple(range(start, start + len(column.names_out)))
        start += len(inputs)
        name = str(column.name)
        if isinstance(column, NumericColumn):
            found.append(Column(name, inputs, (), column.mean, column.scale, column.encoding))
        elif inputs:
            names_of_codes = column.names_of_codes
            said = tuple(out.removeprefix(name).removeprefix("=").removeprefix(" is ") for out in names_of_codes)
            if column.embedded:
                found.append(Column(name, inputs, codes=("no category", *said)))
            else:
                found.append(Column(name, inputs, said))
    return tuple(found)
