"""Exponentials and their logarithms without overflow, and accurate where they are small.

exp is only evaluated at non-positive arguments, so it cannot overflow, and log(1 + x) is computed by log1p. Minimum and
maximum are used instead of where, which takes NumPy five times as long if the signs vary at random.
"""

from __future__ import annotations

from gpunn.typing import Array, Namespace


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
    return xp.maximum(z, xp.maximum(top, 0) - xp.finfo(z.dtype).max) - top


def exponentials(xp: Namespace, z: Array) -> tuple[Array, Array]:
    """Half of the distance of z from the maximum of its row, and exp of the whole, each shaped like z (..., k).

    The distance itself could overflow, so a product with it should be doubled last: 0 * inf is NaN.
    """
    half = z / 2
    half = half - xp.max(half, axis=-1, keepdims=True)
    return half, xp.exp(2 * half)


def excess(xp: Namespace, d: Array, e: Array) -> Array:
    """sum e - 1 over a row, (..., 1), accurate when one term outweighs the others.

    Parameters
    ----------
    d, e : array (..., k)
        `shifted` numbers, of which only the zeros matter, and their exponentials; or the results of `exponentials`.
    """
    top = xp.astype(d == 0, d.dtype)  # where e is 1
    return xp.sum(e - top, axis=-1, keepdims=True) + (xp.sum(top, axis=-1, keepdims=True) - 1)


def log_sum_exp(xp: Namespace, d: Array, e: Array) -> Array:
    """log sum e over a row, (..., 1). Arguments as for `excess`."""
    return xp.log1p(excess(xp, d, e))


def sigmoid(xp: Namespace, z: Array) -> Array:
    """1 / (1 + exp(-z)), accurate in both tails."""
    return xp.exp(xp.minimum(z, 0)) / (1 + xp.exp(-xp.abs(z)))


def softmax(xp: Namespace, z: Array) -> Array:
    """exp(z) divided by its sum over the last axis."""
    return normalised(xp, exponentials(xp, z)[1])


def log_softmax(xp: Namespace, z: Array) -> Array:
    """The logarithm of `softmax`."""
    d = shifted(xp, z)
    return d - log_sum_exp(xp, d, xp.exp(d))


def normalised(xp: Namespace, e: Array) -> Array:
    """e (..., k) divided by its sum over the last axis."""
    return e / xp.sum(e, axis=-1, keepdims=True)


def softplus(xp: Namespace, z: Array) -> Array:
    """log(1 + exp(z))."""
    return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))
