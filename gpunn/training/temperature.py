"""Temperature scaling: logits are divided by one number T, so that probabilities are as sure as they are right.

T minimises the mean cost of rows that were not trained on. With a = 1 / T the cost of a matched head is convex in a, so
there is one minimum. Dividing the logits is dividing the weights and biases of the last layer, so a scaled network is
an ordinary network.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar

from gpunn.devices import Device
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, chosen, logits, mean_over_rows, total_weight
from gpunn.typing import Array

RANGE = (0.25, 64.0)  # of T; where all rows are right, the lower the better, however few they are


def best_temperature(device: Device, objective: Objective, theta: Array, rows: Rows | tuple[Rows, ...]) -> float:
    """The temperature T with the lowest mean cost.

    Parameters
    ----------
    device : Device
    objective : Objective
        Its head decides what the cost of logits is.
    theta : array (..., P)
    rows : Rows, or tuple of Rows
        Rows that theta was not trained on; a tuple has those of each member of theta (m, P), and one T is found for
        all.
    """
    xp, head = device.xp, objective.head
    parts = [(theta, rows)] if isinstance(rows, Rows) else [(theta[i, ...], own) for i, own in enumerate(rows)]
    with device.use():
        sets = [(chosen(xp, own), total_weight(device, own), of) for of, own in parts]
        found = [(logits(device, objective.network, of, own.X), own, weight) for own, weight, of in sets]

    def cost(log_t: float) -> float:
        a = math.exp(-log_t)
        with device.use():
            costs = [
                device.floats(mean_over_rows(xp, head.cost(xp, z * a, own.T), own.weight))[0] for z, own, _ in found
            ]
        return float(np.average(costs, weights=[weight for *_, weight in found]))

    bounds = tuple(map(math.log, RANGE))
    return math.exp(float(minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-3}).x))


def scale_logits(network: Network, theta: Array, temperature: float) -> None:
    """Divide the logits of a network by a temperature, in place in theta (..., P)."""
    last = network.layers[-1]
    for part in (last.W, last.b):
        theta[..., part.start : part.stop] /= temperature
