"""The parameter ``compile``: asked for, forbidden, or left to the length of the training."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse

from gpunn import MLPClassifier
from gpunn.compile import policy
from gpunn.compile.cpu import code_cache
from gpunn.devices import get_device
from gpunn.nn.activations import Tanh
from gpunn.training import agreement

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

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


def as_each_type(X):
    return [X.astype("float32"), X, (4 * X).astype("int8"), X > 0, sparse.csr_matrix(X), X.astype("float32")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_partial_fit_takes_rows_of_other_dtypes_than_the_first(iris, dtype):
    X, y = np.asarray(iris[0], np.float64), iris[1]
    compiled, arrays = (MLPClassifier((5,), dtype=dtype, compile=c, random_state=0) for c in (True, False))
    for rows in as_each_type(X):
        for clf in (compiled, arrays):
            clf.partial_fit(rows, y, classes=np.unique(y))
        assert compiled.history_.path == "compiled"
        assert compiled.theta_ == pytest.approx(arrays.theta_, rel=1e-3, abs=1e-5 if dtype == "float32" else 1e-9)


def test_partial_fit_checks_a_program_again_where_dtypes_or_formulas_changed(monkeypatch, iris):
    X, y = np.asarray(iris[0], np.float64), iris[1]
    checked, of_steps = [], agreement.of_steps
    monkeypatch.setattr(agreement, "of_steps", lambda *given: checked.append(True) or of_steps(*given))
    clf = MLPClassifier((5,), compile=True, random_state=0).partial_fit(X, y, classes=np.unique(y))
    assert len(checked) == 1
    pickle.loads(pickle.dumps(clf.partial_fit(X, y))).partial_fit(X[:40], y[:40])
    assert len(checked) == 1  # the same formulas and dtypes
    for rows, n in zip(as_each_type(X), (2, 3, 4, 5, 6, 7), strict=True):  # each unlike the one before
        clf.partial_fit(rows, y)
        assert len(checked) == n
    for changed, n in (({"alpha": 0.1}, 8), ({"beta_1": 0.8}, 9), ({"dropout": 0.1}, 10)):
        clf.set_params(**changed).partial_fit(rows, y).partial_fit(rows, y)
        assert len(checked) == n


def test_a_program_that_is_wrong_for_one_dtype_of_the_rows_is_not_used(monkeypatch, iris):
    X, y = iris[0].astype("float32"), iris[1]
    epoch = policy.CpuCompiler.epoch

    def compiled(self, objective, method, theta, state, X, *given):
        program, path = epoch(self, objective, method, theta, state, X, *given)
        if X.dtype == np.float64:
            right = type(program).__call__
            monkeypatch.setattr(type(program), "__call__", lambda self, *given: (2 * right(self, *given)[0], 1.0))
        return program, path

    monkeypatch.setattr(policy.CpuCompiler, "epoch", compiled)
    clf = MLPClassifier((5,), compile=True, random_state=0).partial_fit(X, y, classes=np.unique(y))
    assert clf.history_.path == "compiled"
    clf.partial_fit(X.astype("float64"), y)
    assert clf.history_.path == "arrays: what is compiled gives the cost otherwise than the formulas do"


@pytest.mark.parametrize("ema_decay", [None, 0.5])
@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize(("first", "then"), [("float32", "float64"), ("float64", "float32")])
def test_partial_fit_goes_on_in_another_dtype_with_the_state_there_was(iris, compile, first, then, ema_decay):
    X, y = iris

    def trained(*dtypes):
        clf = MLPClassifier((5,), compile=compile, random_state=0, ema_decay=ema_decay)
        for dtype in dtypes:
            clf.set_params(dtype=dtype).partial_fit(X, y, classes=np.unique(y))
        return clf

    changed, same = trained(first, then, then, then), trained(*[then] * 4)
    assert changed.theta_.dtype == then
    assert changed.history_.path == ("compiled" if compile else "arrays: as asked")
    assert changed.theta_ == pytest.approx(same.theta_, rel=1e-4, abs=1e-6)


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
