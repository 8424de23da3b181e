"""The cost around a theta, in two numbers: curvature along the gradient, and how noisy the gradient of a batch is.

All is computed in the dtype of theta; float64 is advised, both being small differences of large numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.nn.objective import Objective
from gpunn.typing import Array

N_BATCHES = 16  # whose gradients are compared; the noise scale is then known to about a third
SHARED = 10**7  # multiplications: fewer take less time than threads to start
STEP = 1e-7  # of the difference, relative to theta: near the square root of the rounding of float64


def curvature(
    device: Device, objective: Objective, theta: Array, X: Array, T: Array, weight: Array | None = None
) -> tuple[float, float | None]:
    """Norm of the gradient g, and curvature along it, g'Hg / g'g with H the Hessian of the objective.

    H times the direction of g is one forward difference of gradients. A plain gradient step of a rate above 2 divided
    by the curvature goes up on the other side (to second order). ReLU's corners are not seen: between them its
    networks are smooth. None where the gradient is 0 or not finite.

    Parameters
    ----------
    theta : array (P,)
    X, T, weight : array (n, d), (n, k) and (n,)
    """
    xp = device.xp
    with device.use():
        _, g = objective.value_and_gradient(xp, theta, X, T, weight)
        g_norm, size = device.floats(xp.linalg.vector_norm(g), xp.linalg.vector_norm(theta))
        if not g_norm or not math.isfinite(g_norm):
            return g_norm, None
        step, v = STEP * (1 + size), g / g_norm
        _, there = objective.value_and_gradient(xp, theta + step * v, X, T, weight)
        [along] = device.floats(xp.sum((there - g) * v) / step)
    return g_norm, along


def noise_scale(
    device: Device, objective: Objective, theta: Array, X: Array, T: Array, weight: Array | None = None
) -> float | None:
    """The simple noise scale tr(S) / |G|^2 in rows: the batch size at which noise and gradient are of one size.

    S is the covariance of the gradient of one row, G the gradient of all. Both are estimated without bias from the
    squared norms of gradients of batches of two sizes, b and B = 16 b. Infinite where the estimate of |G|^2 is not
    positive: then there is only noise. None for fewer than two rows a batch.

    Source: McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", equation 2.9 and appendix A.1.

    Parameters
    ----------
    objective : Objective
        With penalties scaled for the n rows.
    theta : array (P,)
    X, T, weight : array (n, d), (n, k) and (n,)
    """
    xp, n = device.xp, X.shape[0]
    b = n // N_BATCHES
    if b < 2:
        return None
    order = np.random.default_rng(0).permutation(n)  # rows may lie sorted by class
    share = b / n
    batch = Objective(objective.network, objective.head, objective.l2 * share, objective.l1 * share)
    found: list[Array] = [None] * N_BATCHES

    def look(i: int) -> None:
        index = device.asarray(order[i * b : (i + 1) * b])
        X_i, T_i, weight_i = (None if a is None else xp.take(a, index, axis=0) for a in (X, T, weight))
        found[i] = batch.value_and_gradient(xp, theta, X_i, T_i, weight_i)[1]

    with device.use():
        _every(device, look, range(N_BATCHES), b * objective.network.row_product)
        total, squares = found[0], xp.sum(found[0] ** 2)
        for g in found[1:]:
            total, squares = total + g, squares + xp.sum(g * g)
        small, large = device.floats(squares / N_BATCHES, xp.sum((total / N_BATCHES) ** 2))
    B = N_BATCHES * b
    G2 = (B * large - b * small) / (B - b)
    trace = (small - large) / (1 / b - 1 / B)
    return trace / G2 if G2 > 0 else math.inf


def _every(device: Device, function: Callable[[Any], None], items: Sequence[Any], size: int) -> None:
    """Call the function with every item, on all cores at once if its largest product has many multiplications."""
    if size >= SHARED:
        device.each(function, items)
        return
    with device.steady(size):
        for item in items:
            function(item)
