"""The parameter ``compile``: asked for, forbidden, or left to the length of the training."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gpunn import MLPClassifier
from gpunn.compile import policy
from gpunn.compile.cpu import code_cache
from gpunn.devices import get_device
from gpunn.nn.activations import Tanh

pytest.importorskip("numba", reason="Numba is not installed: nothing is compiled")

SHORT = "arrays: too short a training to compile for"


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_short_training_is_compiled_only_where_it_is_asked_for(usual_rule, iris, fitted, solver):
    paths = [fitted(*iris, solver=solver, compile=c, max_iter=3).history_.path for c in ("auto", True, False)]
    assert paths == [SHORT, "compiled", "arrays: as asked"]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_long_training_is_compiled_unless_it_is_forbidden(monkeypatch, iris, fitted, solver):
    monkeypatch.setattr(policy.CpuCompiler, "seconds", 0.0)
    monkeypatch.setattr(policy.CpuCompiler, "again_seconds", 0.0)
    paths = [fitted(*iris, solver=solver, compile=c, max_iter=3).history_.path for c in ("auto", True, False)]
    assert paths == ["compiled", "compiled", "arrays: as asked"]


def test_both_ways_learn_the_same(iris, fitted):
    X, y = np.asarray(iris[0], np.float64), iris[1]
    p, q = (fitted(X, y, compile=c, random_state=0, max_iter=20).predict_proba(X) for c in (True, False))
    assert p == pytest.approx(q, abs=1e-9)


@pytest.mark.parametrize("more", [{}, {"early_stopping": True}, {"solver": "sgd", "dropout": 0.2}], ids=str)
def test_averaged_weights_are_compiled_too(digits, fitted, more):
    X, _, y, _ = digits
    given = {
        "ema_decay": 0.9,
        "random_state": 0,
        "max_iter": 6,
        "hidden_layer_sizes": (20,),
        "dtype": "float64",
        **more,
    }
    compiled, arrays = (fitted(X, y, compile=c, **given) for c in (True, False))
    assert (compiled.history_.path, arrays.history_.path) == ("compiled", "arrays: as asked")
    assert compiled.theta_ == pytest.approx(arrays.theta_, rel=1e-7, abs=1e-9)
    if "early_stopping" in more:
        return
    for clf in (compiled, arrays):  # and goes on from where it stood
        clf.partial_fit(X[:300], y[:300])
    assert compiled.theta_ == pytest.approx(arrays.theta_, rel=1e-6, abs=1e-8)


def test_what_was_asked_for_and_cannot_be_is_said(iris):
    rounded = type("Rounded", (Tanh,), {"forward": lambda self, xp, z: xp.round(z)})()
    with pytest.warns(RuntimeWarning, match=r"compile=True was asked for, .* \(arrays: cannot be traced: Rounded"):
        MLPClassifier((5,), rounded, compile=True, max_iter=200, tol=0.1).fit(*iris)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier((5,), rounded, max_iter=200, tol=0.1).fit(*iris)


def test_another_precision_is_for_compiled_steps():
    clf = MLPClassifier(precision="tf32", compile=False)
    with pytest.raises(ValueError, match="precision='tf32' does not go with compile=False"):
        clf.fit(np.zeros((4, 2), "float32"), [0, 1, 0, 1])


def test_what_is_on_disk_is_told(monkeypatch, tmp_path, iris, fitted):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told = policy.describe(get_device("cpu"))
    assert told["compiled code on disk"] == f"none yet in {tmp_path / 'gpunn'}"
    code_cache.save("a key", b"x" * 2**20)
    told = policy.describe(get_device("cpu"))
    assert told["compiled code on disk"] == f"modules: 1, 1.0 MiB, in {tmp_path / 'gpunn'}"
