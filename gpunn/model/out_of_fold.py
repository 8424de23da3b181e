"""Out-of-fold predictions: each row is predicted by the members of an ensemble that were not trained on it."""

from __future__ import annotations

import numpy as np

from gpunn.devices import Device
from gpunn.model.model import Model
from gpunn.nn.probabilities import probabilities
from gpunn.training.data import Rows, chosen, logits
from gpunn.typing import Array


def out_of_fold_proba(device: Device, model: Model, theta: Array, folds: tuple[Rows, ...]) -> np.ndarray:
    """Probabilities (n, c) of all rows, each the mean over the members that were not trained on it.

    Parameters
    ----------
    device : Device
    model : Model
        The ensemble.
    theta : array (m, P)
        Its parameters on the device.
    folds : tuple of m Rows
        The fold that each member left out: the same n rows, with the ``index`` of those in the fold.
    """
    n, labels = folds[0].X.shape[-2], model.labels
    if len(labels.classes) == 1:  # the output of a network for one class stands for a second one, which there is not
        return np.ones((n, 1))
    total, counts = np.zeros((n, len(labels.classes))), np.zeros((n, 1))
    for i, fold in enumerate(folds):
        with device.use():
            found = logits(
                device,
                model.network,
                theta[i, ...],
                chosen(device.xp, fold).X,
                lambda xp, z: probabilities(xp, model.head, z, labels.multilabel),
            )
        index = device.to_host(fold.index)
        total[index] += device.to_host(found)
        counts[index] += 1
    return total / counts
