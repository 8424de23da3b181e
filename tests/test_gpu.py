"""The whole of gpunn on a CUDA GPU; each test is skipped, with the reason, where there is none.

The maths, optimisers and loops run on CuPy in their own tests too, through the fixture ``device``.
"""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from gpunn import MLPClassifier, load
from gpunn.cli import main
from gpunn.config import registry
from gpunn.data import blocks

SOLVERS = [*registry.FIRST_ORDER_SOLVERS, *registry.FULL_BATCH_SOLVERS]
EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore")  # the checks warn on purpose: few iterations, few rows
def test_scikit_learn_finds_no_fault(cuda, solver):
    results = check_estimator(MLPClassifier(solver=solver, device="cuda"), on_fail=None, on_skip=None)
    assert [r for r in results if r["status"] in ("failed", "xfail")] == []


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_learns_the_digits(cuda, digits, fitted, solver):
    X, X_test, y, y_test = digits
    rate = {"gd": 0.5, "sgd": 0.1}.get(solver, 0.005)
    clf = fitted(X, y, solver=solver, device="cuda", hidden_layer_sizes=(32,), learning_rate_init=rate, max_iter=100)
    assert clf.score(X_test, y_test) > 0.93


def test_50_steps_from_one_seed_agree_with_the_cpu(cuda, digits, fitted):
    X, X_test, y, _ = digits
    p = [
        fitted(X, y, device=device, max_iter=2, batch_size=54, tol=0).predict_proba(X_test)
        for device in ("cpu", "cuda")
    ]
    assert p[1] == pytest.approx(p[0], abs=1e-4)


def test_cupy_in_cupy_out(cuda, digits, fitted):
    X, X_test, y, _ = digits
    clf = fitted(cuda.asarray(X), cuda.asarray(y), device="cuda", max_iter=3)
    for found in (clf.predict(cuda.asarray(X_test)), clf.predict_proba(cuda.asarray(X_test)), clf.coefs_[0]):
        assert type(found) is type(cuda.asarray(X))
    on_host = pickle.loads(pickle.dumps(clf)).set_params(device="cpu")
    assert isinstance(on_host.coefs_[0], np.ndarray)
    assert on_host.predict_proba(X_test) == pytest.approx(
        cuda.to_host(clf.predict_proba(cuda.asarray(X_test))), abs=1e-5
    )


def test_a_cupy_array_is_not_taken_to_the_cpu_in_silence(cuda, digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match="X is a CuPy array and device='cpu'"):
        MLPClassifier().fit(cuda.asarray(X), y)


def test_the_command_trains_on_it_and_the_model_predicts_without_it(cuda, tmp_path, capsys):
    for name in ("digits.yaml", "digits.csv"):
        shutil.copy(EXAMPLES / name, tmp_path)
    assert main(["train", str(tmp_path / "digits.yaml"), "--device", "cuda"]) == 0
    out = capsys.readouterr().out
    assert "cuda:0" in out
    assert load(tmp_path / "digits.gpunn").device == "cpu"
    assert main(["evaluate", str(tmp_path / "digits.gpunn"), str(tmp_path / "digits.csv")]) == 0


@pytest.mark.parametrize("compiled", [False, True])
def test_rows_that_are_read_in_blocks_agree_with_the_cpu(cuda, digits, fitted, compiled, monkeypatch):
    """Captured steps hold the arrays of a block, into which the next is copied; the last block is smaller."""
    X, X_test, y, _ = digits
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 54 * 5 * 4 * (X.shape[1] + 11))
    parts = [(X[i : i + 200], y[i : i + 200]) for i in range(0, len(X), 200)]
    settings = {"max_iter": 3, "batch_size": 54, "tol": 0, "early_stopping": True, "compile": compiled}
    p = [fitted(parts, None, device=device, **settings).predict_proba(X_test) for device in ("cpu", "cuda")]
    assert p[1] == pytest.approx(p[0], abs=1e-4)
