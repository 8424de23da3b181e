"""Learned embeddings of categories: a column of codes becomes the rows of a table that is learned.

A code is an integer: k = 1 .. K stands for row k - 1 of the table, and 0 for no category, whose embedding is zeros.

Symbols: E (..., K, n_out) table, codes (..., n), e (..., n, n_out) embedded codes. Leading axes are members: of E and e
always, of codes where members have rows of their own; codes (n,) are shared.

Forward: e_i = E[c_i - 1]. Backward: dE[k] is the sum of de_i over the rows i with c_i = k + 1. Both are those of a
product of one-hot rows (n, K) with E, which nobody has to form.
Source: Guo & Berkhahn 2016, "Entity embeddings of categorical variables", arXiv 1604.06737, section 3. Eight numbers,
whose initial values are N(0, 1), are those of Holzmüller et al. 2024, arXiv 2407.04491.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpunn.typing import Array, Namespace


@dataclass(frozen=True)
class Embedding:
    """An embedded column of X.

    Parameters
    ----------
    column : int
        Number of the column with the codes, from 0.
    n_categories : int
        K, the largest code.
    n_out : int, default 8
        Numbers that a code becomes.
    """

    column: int
    n_categories: int
    n_out: int = 8


def embed(xp: Namespace, E: Array, codes: Array) -> Array:
    """Embedded codes.

    Parameters
    ----------
    E : array (..., K, n_out)
    codes : int64 array (n,) or (..., n)
        From 0 to K.

    Returns
    -------
    e : array (..., n, n_out)
    """
    if codes.ndim > 1:
        return xp.stack([embed(xp, E[i, ...] if E.ndim > 2 else E, codes[i, ...]) for i in range(codes.shape[0])])
    known = codes > 0
    e = xp.take(E, xp.where(known, codes - 1, xp.zeros_like(codes)), axis=-2)
    return xp.where(known[:, None], e, xp.zeros_like(e))


def table_gradient(xp: Namespace, codes: Array, de: Array, n_categories: int) -> Array:
    """Gradient dE (..., K, n_out) of the cost by the table, from that by the embedded codes.

    Rows are sorted by their codes, so that those of a category are neighbours, and their sum is the difference of two
    cumulative sums in float64. The sort is stable: the same rows give the same bits, which additions in the order in
    which threads come would not.

    Parameters
    ----------
    codes : int64 array (n,) or (..., n)
    de : array (..., n, n_out)
    n_categories : int
        K.
    """
    if codes.ndim > 1:
        each = [table_gradient(xp, codes[i, ...], de[i, ...], n_categories) for i in range(codes.shape[0])]
        return xp.stack(each)
    order = xp.argsort(codes, stable=True)
    ordered = xp.take(codes, order)
    rows = xp.astype(xp.take(de, order, axis=-2), xp.float64)
    totals = xp.cumulative_sum(rows, axis=-2, include_initial=True)  # totals[i] is the sum of the first i rows
    before = xp.take(totals, xp.searchsorted(ordered, ordered), axis=-2)  # the sum of the rows with lower codes
    sums = xp.astype(totals[..., 1:, :] - before, de.dtype)  # of the rows of a code, up to this one
    nothing = xp.zeros_like(sums[..., :1, :])
    # Of each category the last row, which has the whole sum; of those without rows the row of zeros behind all.
    categories = xp.arange(1, n_categories + 1, dtype=codes.dtype, device=codes.device)
    last = xp.searchsorted(ordered, categories, side="right") - 1
    found = xp.take(ordered, xp.where(last < 0, xp.zeros_like(last), last)) == categories
    index = xp.where(found, last, xp.full_like(last, codes.shape[0]))
    return xp.take(xp.concat([sums, nothing], axis=-2), index, axis=-2)
