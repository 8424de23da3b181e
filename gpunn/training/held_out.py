"""Results on the rows that a training did not train on: the temperature, and out-of-fold probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpunn.devices import Device
from gpunn.nn.objective import Objective
from gpunn.nn.probabilities import probabilities
from gpunn.training.data import Rows, chosen, logits
from gpunn.training.stopping import Validation
from gpunn.training.temperature import best_temperature, scale_logits
from gpunn.typing import Array


@dataclass(frozen=True)
class HeldOut:
    """Results on the rows of a validation.

    Attributes
    ----------
    theta : array (..., P)
        The parameters that are kept; with a temperature, a copy whose logits are divided by it.
    temperature : float or None
    proba : ndarray (n, c) or None
        With folds, probabilities of all rows, each by the mean over the members that were not trained on it.
    """

    theta: Array
    temperature: float | None = None
    proba: np.ndarray | None = None


def evaluate_held_out(
    device: Device,
    objective: Objective,
    theta: Array,
    validation: Validation | None,
    n_rows: int,
    n_classes: int,
    *,
    multilabel: bool,
    scaled: bool,
) -> HeldOut:
    """Fit the temperature, and predict each row by the members that left it out.

    Parameters
    ----------
    device : Device
    objective : Objective
    theta : array (..., P)
    validation : Validation or None
        Without one there are no such rows, and theta is all there is.
    n_rows, n_classes : int
        Those of the training data, all folds together.
    multilabel : bool
    scaled : bool
        Whether a temperature is wanted.
    """
    if validation is None:
        return HeldOut(theta)
    temperature: float | None = None
    if scaled:
        temperature = best_temperature(device, objective, theta, validation.rows)
        with device.use():
            theta = device.xp.asarray(theta, copy=True)
            scale_logits(objective.network, theta, temperature)
    if isinstance(validation.rows, Rows):
        return HeldOut(theta, temperature)
    if n_classes == 1:  # the output of a network for one class is the probability of a second one, which there is not
        return HeldOut(theta, temperature, np.ones((n_rows, 1)))
    return HeldOut(theta, temperature, out_of_fold(device, objective, theta, validation.rows, n_rows, multilabel))


def out_of_fold(
    device: Device, objective: Objective, theta: Array, held_out: tuple[Rows, ...], n: int, multilabel: bool
) -> np.ndarray:
    """Probabilities (n, c) of all rows, each by the mean over the members that were not trained on it.

    Parameters
    ----------
    theta : array (m, P)
    held_out : tuple of m Rows
        The folds that the members left out.
    n : int
        Number of rows.
    multilabel : bool
    """
    total: np.ndarray | None = None
    counts = np.zeros((n, 1))
    for i, own in enumerate(held_out):
        rows = chosen(device.xp, own)
        with device.use():
            found = logits(
                device,
                objective.network,
                theta[i, ...],
                rows.X,
                lambda xp, z: probabilities(xp, objective.head, z, multilabel),
            )
        found, index = device.to_host(found), device.to_host(own.index)
        total = np.zeros((n, found.shape[-1])) if total is None else total
        total[index] += found
        counts[index] += 1
    assert total is not None  # there is at least one member
    return total / counts
