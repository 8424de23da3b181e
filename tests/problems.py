"""What compiled and captured training is tried on: small problems, every method and every head."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.nn.activations import ACTIVATIONS
from gpunn.nn.costs import COSTS
from gpunn.nn.heads import pair
from gpunn.optim.first_order import Adam, AdamW, GradientDescent, Momentum, Nesterov
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.training.data import Rows

SIZES = (5, 4, 3)
METHODS = [
    GradientDescent(), Momentum(), Nesterov(), Adam(), Adam(b1=0.0), AdamW(decay=0.3, n_decayed=32),
    ScheduleFreeAdamW(decay=0.3, n_decayed=32),
]  # fmt: skip


def heads():
    """Every head that there is, by name."""
    for output, activation in ACTIVATIONS.items():
        for cost_name, cost in COSTS.items():
            try:
                yield pytest.param(pair(activation(), cost()), id=f"{output}-{cost_name}")
            except ValueError:
                continue  # a pair without a meaning


def problem(dtype="float64", n=11, weighted=False, X_type=None, sizes=SIZES):
    """Rows with labels, and weights some of which are 0; X of an integer type has no negative numbers."""
    rng = np.random.default_rng(0)
    X = 10 * rng.random((n, sizes[0])) if X_type else rng.standard_normal((n, sizes[0]))
    T = np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)].astype(dtype)
    return Rows(X.astype(X_type or dtype), T, rng.integers(0, 3, n).astype(dtype) if weighted else None)


def same(ours, plain, rel=1e-11):
    """Check that the arrays of two trainings are the same to rounding."""
    for a, b in zip(ours, plain, strict=True):
        assert np.asarray(a) == pytest.approx(np.asarray(b), rel=rel, abs=rel)
