"""Captured training steps on a CUDA GPU do what the arrays do; each test is skipped, with the reason, without one."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from gpunn import fit_many, get_device
from gpunn.compile import policy
from gpunn.compile.cuda import blas
from gpunn.nn.activations import ReLU, Softmax
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, GradientDescent
from gpunn.optim.schedules import Constant
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.minibatch import Minibatch

SIZES = (64, 32, 10)
PATHS = {"float32": "captured as CUDA graphs", "tf32": "captured as CUDA graphs, tf32 products"}


@pytest.fixture
def trained(digits):
    """A function: what a training with digits leaves, by captured steps or by arrays."""
    X, _, y, _ = digits

    def train(device, compiled=True, dtype="float32", batch=27, epochs=10, X=X, activation=ReLU(), method=Adam()):  # noqa: B008 - frozen
        rng = np.random.default_rng(1)
        objective = Objective(Network(SIZES, (activation,)), SoftmaxLogLikelihood(), l2=0.1)
        theta = objective.network.initial(np, rng, glorot_uniform, gaussian_bias)
        weight = rng.integers(0, 3, len(y)).astype(dtype)
        rows = Rows(device.asarray(X), device.asarray(np.eye(10)[y], dtype), device.asarray(weight))
        loop = Minibatch(method, Constant(0.003), batch, epochs, seed=0, tol=0.0, compiled=compiled)
        progress = loop.start(device, device.asarray(theta, dtype))
        progress = training_loop.run(loop, device, objective, progress, rows)
        assert progress.history.path.startswith("captured" if compiled else "arrays")
        progress.theta = device.to_host(progress.theta)
        return progress

    return train


def same(ours, plain, rel):
    assert ours.theta == pytest.approx(plain.theta, rel=rel, abs=rel)
    assert ours.history.cost == pytest.approx(plain.history.cost, rel=rel)
    assert ours.history.gradient_norm == pytest.approx(plain.history.gradient_norm, rel=10 * rel)
    assert int(ours.step[0]) == int(plain.step[0])


@pytest.mark.parametrize("activation", [ReLU(), Softmax()], ids=str)
@pytest.mark.parametrize(("dtype", "rel"), [("float64", 1e-7), ("float32", 5e-3)])
def test_500_captured_steps_equal_500_by_arrays(cuda, trained, activation, dtype, rel):
    ours, plain = (trained(cuda, compiled, dtype, activation=activation) for compiled in (True, False))
    assert ours.history.evaluations == 500
    assert ours.history.path == PATHS["float32"]
    same(ours, plain, rel)


@pytest.mark.parametrize("batch", [1, 7, 200, 1346, 1347, 5000])
def test_batches_of_any_size(cuda, trained, batch):
    same(*(trained(cuda, compiled, "float64", batch, epochs=2) for compiled in (True, False)), rel=1e-8)


@pytest.mark.parametrize("kind", ["uint8", "bool", "int64", "columns first"])
def test_inputs_of_any_kind(cuda, trained, digits, kind):
    X = np.asfortranarray(digits[0]) if kind == "columns first" else (digits[0] > 0.5).astype(kind)
    same(*(trained(cuda, compiled, "float64", epochs=2, X=X) for compiled in (True, False)), rel=1e-8)


@pytest.mark.parametrize("precision", ["float32", "tf32", "bf16"])
def test_the_same_seed_gives_the_same_bits(cuda, trained, precision):
    device = get_device("cuda", precision)
    assert np.array_equal(trained(device).theta, trained(device).theta)


@pytest.mark.parametrize(("precision", "rel"), [("tf32", 0.02), ("bf16", 0.1)])
def test_lower_precision_is_near_float32_and_is_said(cuda, trained, precision, rel):
    plain, ours = trained(cuda), trained(get_device("cuda", precision))
    assert ours.history.path == f"captured as CUDA graphs, {precision} products"
    assert ours.theta.dtype == np.float32
    assert not np.array_equal(ours.theta, plain.theta)
    assert ours.history.cost == pytest.approx(plain.history.cost, rel=rel)


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_a_classifier_learns_in_lower_precision(cuda, digits, fitted, precision):
    X, X_test, y, y_test = digits
    clf = fitted(X, y, device="cuda", precision=precision, hidden_layer_sizes=(37,), learning_rate_init=0.005)
    assert clf.history_.path == f"captured as CUDA graphs, {precision} products"
    assert clf.score(X_test, y_test) > 0.93
    with pytest.raises(ValueError, match=f"precision='{precision}'.*cannot be traced"):
        clf.set_params(activation="prelu").fit(X, y)


def test_divergence_is_seen(cuda, trained, digits):
    method = GradientDescent()
    assert trained(cuda, X=digits[0] * np.float32(1e30), method=method).history.stopped == "diverged"


def test_a_capture_that_fails_is_said_and_arrays_go_on(cuda, digits, monkeypatch):
    def refuse(self, stream):
        raise blas.BlasError("cublasSetStream_v2: no")

    monkeypatch.setattr(blas.Blas, "use", refuse)
    network = Network(SIZES, (ReLU(),))
    theta = cuda.asarray(np.zeros(network.n_parameters, np.float32))
    state = Adam().init(cuda.xp, theta)
    objective = Objective(network, SoftmaxLogLikelihood())
    found = policy.compiler(cuda).epoch(objective, Adam(), theta, state, cuda.asarray(digits[0]), None)
    assert found == (None, "arrays: capturing failed: BlasError: cublasSetStream_v2: no")
    assert float(cuda.xp.sum(theta)) == 0


def test_a_thousand_trainings_leave_no_memory_taken(cuda, trained):
    for i in range(1000):
        if i == 20:  # by then all that is loaded once is loaded
            gc.collect()
            before = cuda.free_bytes()
        trained(cuda, epochs=1, batch=700)
    gc.collect()
    cuda.synchronize()
    assert before - cuda.free_bytes() < 2**25  # less than the workspace of a single one


def test_settings_side_by_side_are_captured_once_each(cuda, digits, monkeypatch):
    from gpunn import MLPClassifier
    from gpunn.compile.cuda.graph import CapturedEpoch

    X, _, y, _ = digits
    captured, capture = [], CapturedEpoch._capture
    monkeypatch.setattr(CapturedEpoch, "_capture", lambda self, *given: (captured.append(self), capture(self, *given)))

    def captures(epochs):
        captured.clear()
        clf = MLPClassifier((16,), max_iter=epochs, n_iter_no_change=epochs, tol=0, device="cuda", compile=True)
        fit_many(clf, X, y, [{"random_state": seed} for seed in range(2)])
        return len(captured)

    assert captures(9) == captures(3)
