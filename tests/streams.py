"""Rows, and batches of them, that are trained on in memory and as they are read."""

from __future__ import annotations

import numpy as np

from gpunn import MLPClassifier

N = 600
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, 5)).astype("float32")
Y = (X[:, 0] + 0.3 * RNG.standard_normal(N) > 0).astype(int) + (X[:, 1] > 1)
WORDS = np.array(["no", "yes", "maybe"])[Y]


def classifier(**settings):
    return MLPClassifier((8,), **{"max_iter": 4, "batch_size": 50, "random_state": 0, **settings})


def batches(*arrays, size=130):
    return [tuple(array[i : i + size] for array in arrays) for i in range(0, len(arrays[0]), size)]
