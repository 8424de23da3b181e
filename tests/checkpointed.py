"""Fits that are broken off and resumed, and whether two estimators are the same, bit for bit."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

from gpunn import MLPClassifier
from gpunn.config import registry
from gpunn.devices import get_device
from gpunn.io import CheckpointWarning

CPU = get_device("cpu")
BASE = {"hidden_layer_sizes": (7,), "random_state": 3, "max_iter": 9}


class Break(Exception):
    """What ends a fit as if it were the process."""


def breaking(at):
    def callback(history):
        if history.n_iter == at:
            raise Break

    return callback


def fit(X, y, *more, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MLPClassifier(**(BASE | parameters)).fit(X, y, *more)


def break_off(folder, X, y, *more, at=5, **parameters):
    with pytest.raises(Break):
        fit(X, y, *more, checkpoint=folder, callback=breaking(at), **parameters)


def resume(folder, X, y, *more, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", CheckpointWarning)
        return MLPClassifier.resume(folder, X, y, *more, **how)


def writers():
    """The threads that write checkpoints now."""
    return [thread for thread in threading.enumerate() if thread.name == "gpunn-checkpoint"]


def settle():
    """Wait until no checkpoint is being written."""
    for thread in writers():
        thread.join()


def state_of(clf):
    """All arrays that training changed, and its counters, but for the history."""
    _, seed, state = clf._resume
    full_batch = registry.is_full_batch(clf.solver)
    method = registry.full_batch(clf, None) if full_batch else registry.first_order(clf, clf.network_)
    arrays = state.to_arrays(CPU, method)
    found = {
        name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items() if "history" not in name
    }
    return found | {"theta_": clf.theta_.tobytes(), "seed_": seed}


def assert_same(found, expected):
    assert state_of(found) == state_of(expected)
    assert found.classes_.tolist() == expected.classes_.tolist()
    for name in ("cost", "validation_cost", "validation_score", "score", "learning_rate", "gradient_norm",
                 "evaluations", "best", "stopped", "path", "divergence", "notes", "summary"):  # fmt: skip
        a, b = getattr(found.history_, name), getattr(expected.history_, name)
        assert a == b or np.array_equal(a, b, equal_nan=True), name
    assert getattr(found, "layer_history_", None) == getattr(expected, "layer_history_", None)
    assert (found.loss_curve_, found.n_iter_, found.t_) == (expected.loss_curve_, expected.n_iter_, expected.t_)
