"""Exponentials and their logarithms without overflow, and accurate where they are small.

exp is only ever taken of numbers that are not positive, and the logarithm of 1 + x by log1p.
"""

from __future__ import annotations

from typing import Any

Array = Any
Namespace = Any


def shifted(xp: Namespace, z: Array) -> Array:
    """z less the maximum of its row, never below the most negative number of the dtype.

    Parameters
    ----------
    z : array (..., k)

    Returns
    -------
    array (..., k)
        Not positive, and 0 at the maximum of each row.
    """
    top = xp.max(z, axis=-1, keepdims=True)
    # The inner maximum matters only for |z| near the dtype's limit, where z - top would overflow.
    return xp.maximum(z, xp.maximum(top, xp.zeros_like(top)) - xp.finfo(z.dtype).max) - top


def log_sum_exp(xp: Namespace, d: Array) -> Array:
    """log sum exp(d) of `shifted` numbers (..., k), shape (..., 1), accurate when one term outweighs the others."""
    top = d == 0
    others = xp.sum(xp.where(top, xp.zeros_like(d), xp.exp(d)), axis=-1, keepdims=True)
    return xp.log1p(others + (xp.sum(xp.astype(top, d.dtype), axis=-1, keepdims=True) - 1))


def sigmoid(xp: Namespace, z: Array) -> Array:
    """1 / (1 + exp(-z)), accurate in both tails."""
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, xp.ones_like(e), e) / (1 + e)


def softmax(xp: Namespace, z: Array) -> Array:
    """exp(z) divided by its sum over the last axis."""
    e = xp.exp(2 * shifted(xp, z / 2))  # halved as in the costs of softmax: what is compiled takes one exp for both
    return e / xp.sum(e, axis=-1, keepdims=True)


def softplus(xp: Namespace, z: Array) -> Array:
    """log(1 + exp(z))."""
    return xp.maximum(z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z)))
