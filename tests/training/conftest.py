"""A problem to train on, the same on every device."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.nn.activations import Sigmoid, Softmax, Tanh
from gpunn.nn.costs import CrossEntropy, LogLikelihood
from gpunn.nn.heads import pair
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.stopping import Validation


class Problem:
    """Three overlapping clouds in 5 dimensions and a network that can tell most of them apart."""

    sizes = (5, 7, 3)

    def __init__(self, device, dtype="float64", activation=None, multilabel=False, l2=0.1):
        self.device, self.dtype, self.multilabel = device, dtype, multilabel
        head = pair(Sigmoid(), CrossEntropy()) if multilabel else pair(Softmax(), LogLikelihood())
        self.network = Network(self.sizes, (activation or Tanh(),))
        self.objective = Objective(self.network, head, l2=l2)

    def theta(self, members=None):
        rng = np.random.default_rng(11)
        drawn = [self.network.initial(np, rng, glorot_uniform, gaussian_bias) for _ in range(members or 1)]
        return self.device.asarray(np.array(drawn if members else drawn[0]), self.dtype)

    def host_rows(self, n=50, seed=0):
        rng = np.random.default_rng(seed)
        y = rng.integers(3, size=n)
        X = rng.standard_normal((n, 5)) + 2 * np.eye(5)[y]
        T = (rng.random((n, 3)) < 0.2) | (np.eye(3)[y] > 0) if self.multilabel else np.eye(3)[y]
        return X, T.astype(float)

    def rows(self, n=50, seed=0, weight=None):
        X, T = (self.device.asarray(a, self.dtype) for a in self.host_rows(n, seed))
        weight = None if weight is None else self.device.asarray(weight, self.dtype)
        return Rows(X, T, weight, exclusive=not self.multilabel)

    def validation(self, **settings):
        return Validation(self.rows(40, seed=1), **settings)

    def train(self, trainer, theta=None, rows=None, validation=None, callback=None, objective=None):
        """One whole training; the state that it ends in."""
        state = trainer.start(self.device, self.theta() if theta is None else theta)
        rows = rows or self.rows()
        return training_loop.run(
            trainer, self.device, objective or self.objective, state, rows, validation, monitors(callback)
        )

    def minimise(self, trainer, theta=None, rows=None, validation=None, callback=None, objective=None):
        """One whole full-batch training; theta and history."""
        state = self.train(trainer, theta, rows, validation, callback, objective)
        return state.theta, state.history


def monitors(callback):
    """Those of the training loop, of a function of the history that says True to stop."""
    return () if callback is None else (lambda state: "callback" if callback(state.history) else "",)


class Interrupted(Objective):
    """An objective during whose evaluation number ``at`` somebody presses Ctrl-C."""

    def value_and_gradient(self, *args, **kwargs):
        self.__dict__["at"] -= 1
        if self.__dict__["at"] == 0:
            raise KeyboardInterrupt
        return super().value_and_gradient(*args, **kwargs)


@pytest.fixture
def interrupted():
    def make(objective, at):
        made = Interrupted(objective.network, objective.head, objective.l2, objective.l1)
        made.__dict__["at"] = at
        return made

    return make


@pytest.fixture
def problem_on():
    """The problem on a device of one's choice."""
    return Problem


@pytest.fixture
def problem():
    """The problem on the CPU."""
    return Problem(get_device("cpu"))
