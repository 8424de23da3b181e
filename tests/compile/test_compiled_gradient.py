"""The compiled cost and gradient of all rows is what the arrays give: by thread and block."""

from __future__ import annotations

import itertools
import platform

import numpy as np
import pytest

from gpunn.compile import policy
from gpunn.devices import cores, get_device
from gpunn.nn.activations import PReLU, ReLU, Sigmoid, Softmax
from gpunn.nn.heads import HEADS, SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.directions import LBFGS
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from gpunn.compile.cpu import blas, gradient, native, program

CPU = get_device("cpu")


def problem(sizes, n, dtype="float64", weighted=False, X_type=None):
    rng = np.random.default_rng(0)
    X = (10 * rng.random((n, sizes[0]))).astype(X_type) if X_type else rng.standard_normal((n, sizes[0])).astype(dtype)
    T = np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)].astype(dtype)
    return X, T, rng.integers(0, 3, n).astype(dtype) if weighted else None


def start(network, dtype="float64"):
    return network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias).astype(dtype)


def same(monkeypatch, objective, theta, X, T, weight, rel=1e-12, threads=2):
    monkeypatch.setattr(program, "_n_threads", lambda flops: threads)
    compiled = program.CompiledGradient(objective, theta.dtype, X, T, weight)
    compiled.work[...] = np.nan  # what is read was written before
    expected = objective.value_and_gradient(np, theta, X, T, weight)
    for _ in range(2):
        f, g = compiled(theta)
        assert f == pytest.approx(expected[0], rel=rel)
        assert g == pytest.approx(expected[1], rel=rel, abs=rel)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(gradient, "BLOCK", 1)
    monkeypatch.setattr(gradient, "LEAST", 3)


@pytest.mark.parametrize("head", list(HEADS.values()))
@pytest.mark.parametrize("weighted", [False, True])
def test_every_matched_head(monkeypatch, small_blocks, head, weighted):
    network = Network((5, 4, 3), (Softmax(),))
    same(
        monkeypatch,
        Objective(network, head(), l2=0.7, l1=0.3),
        start(network),
        *problem((5, 4, 3), 11, weighted=weighted),
    )


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("n", [1, 2, 6, 13])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_depth_number_of_rows_and_threads(monkeypatch, small_blocks, depth, n, threads):
    sizes = (5, *(4,) * depth, 3)
    network = Network(sizes, (Sigmoid(),) * depth)
    same(monkeypatch, Objective(network, SoftmaxLogLikelihood()), start(network), *problem(sizes, n), threads=threads)


@pytest.mark.parametrize("activation", [PReLU(), PReLU(shared=True)], ids=repr)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_slopes_that_are_learned(monkeypatch, small_blocks, activation, threads):
    network = Network((5, 4, 6, 3), (activation, activation))
    theta, given = start(network), problem((5, 4, 6, 3), 13, weighted=True)
    same(monkeypatch, Objective(network, SoftmaxLogLikelihood(), l1=0.1), theta, *given, threads=threads)


def test_float32_and_pixels(monkeypatch, small_blocks):
    network = Network((5, 4, 3), (ReLU(),))
    X, T, weight = problem((5, 4, 3), 11, "float32", X_type="uint8")
    same(monkeypatch, Objective(network, SoftmaxLogLikelihood()), start(network, "float32"), X, T, weight, rel=1e-5)


def test_rows_that_all_weigh_nothing(monkeypatch):
    network = Network((5, 4, 3), (ReLU(),))
    X, T, _ = problem((5, 4, 3), 11)
    same(monkeypatch, Objective(network, SoftmaxLogLikelihood(), l2=1.0), start(network), X, T, np.zeros(11))


@pytest.fixture
def minimum(digits):
    """A function: theta and history of L-BFGS on the digits, by the path asked for."""
    X, _, y, _ = digits
    network = Network((64, 16, 10), (ReLU(),))
    rows = Rows(X, np.eye(10)[y])

    def train(compiled, activations=None, max_iter=20):
        method = FullBatch(LBFGS(), max_iter=max_iter, max_evaluations=100, gtol=1e-5, compiled=compiled)
        net = network if activations is None else Network((64, 16, 10), activations)
        state = method.start(CPU, start(net))
        state = training_loop.run(method, CPU, Objective(net, SoftmaxLogLikelihood(), l2=0.1), state, rows)
        return state.theta, state.history

    return train


def test_it_minimises_as_the_arrays_do(minimum):
    (theta, history), (_, expected) = minimum(True), minimum(False)
    assert (history.path, expected.path) == ("compiled", "arrays: as asked")
    assert history.cost[:5] == pytest.approx(expected.cost[:5], rel=1e-9)
    assert history.cost[-1] == pytest.approx(expected.cost[-1], rel=1e-2)
    assert np.array_equal(theta, minimum(True)[0])  # the same bits each time


LAYOUTS = {
    "backwards": lambda X: X[::-1],
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "one row again and again": lambda X: np.broadcast_to(X[:1], X.shape),
    "overlapping": lambda X: np.lib.stride_tricks.sliding_window_view(X.ravel(), X.shape[1])[: len(X)],
    "columns backwards": lambda X: X[:, ::-1],
    "by columns": np.asfortranarray,
    "one backwards": lambda X: X[:1][::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("weight_init", ["zeros", "glorot_uniform"])
def test_rows_of_any_strides(capfd, layout, weight_init):
    """BLAS refuses some strides, in words on standard output, and then leaves what was there."""
    X, T, _ = problem((5, 4, 3), 40)
    X, T = LAYOUTS[layout](X), T[: len(LAYOUTS[layout](X))]
    network = Network((5, 4, 3), (Sigmoid(),))
    objective, theta = Objective(network, SoftmaxLogLikelihood()), start(network)
    if weight_init == "zeros":
        theta[...] = 0
    compiled = program.CompiledGradient(objective, theta.dtype, X, T, None)
    compiled.work[...] = np.nan
    f, g = compiled(theta)
    expected = objective.value_and_gradient(np, theta, X, T)
    assert f == pytest.approx(expected[0], rel=1e-12)
    assert g == pytest.approx(expected[1], rel=1e-12, abs=1e-13)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("layout", ["every other column", "mapped"])
def test_rows_in_any_layout(tmp_path, layout):
    network = Network((5, 4, 3), (ReLU(),))
    objective, theta = Objective(network, SoftmaxLogLikelihood()), start(network)
    X, T, _ = problem((5, 4, 3), 11)
    np.save(tmp_path / "X.npy", X)
    given = np.load(tmp_path / "X.npy", mmap_mode="r") if layout == "mapped" else np.repeat(X, 2, axis=1)[:, ::2]
    f, g = policy.compiler(CPU).gradient(objective, theta.dtype, given, T, None)[0](theta)
    expected = objective.value_and_gradient(np, theta, X, T)
    assert f == pytest.approx(expected[0], rel=1e-12)
    assert g == pytest.approx(expected[1], rel=1e-12, abs=1e-13)


def test_an_epoch_over_rows_that_are_mapped_and_read_only(tmp_path):
    network = Network((5, 4, 3), (ReLU(),))
    X, T, _ = problem((5, 4, 3), 11)
    np.save(tmp_path / "X.npy", X)
    rows = Rows(np.load(tmp_path / "X.npy", mmap_mode="r"), T)
    loops = [Minibatch(Adam(), Constant(0.01), 4, max_epochs=2, seed=0, compiled=c) for c in (True, False)]
    objective = Objective(network, SoftmaxLogLikelihood())
    found = [training_loop.run(loop, CPU, objective, loop.start(CPU, start(network)), rows) for loop in loops]
    assert found[0].history.path == "compiled"
    assert found[0].theta == pytest.approx(found[1].theta, rel=1e-9, abs=1e-12)


def test_a_short_minimisation_is_not_compiled(usual_rule, minimum):
    assert minimum(None)[1].path == "arrays: too short a training to compile for"


@pytest.mark.parametrize(("sizes", "small"), [((400, 25, 10), True), ((54, 64, 64, 7), True), ((784, 1024, 10), False)])
def test_blocks_are_so_small_that_blas_copies_nothing_or_large_enough_to_copy_for(sizes, small):
    rows, largest = gradient.block_rows(sizes), max(a * b for a, b in itertools.pairwise(sizes))
    assert (rows * largest <= blas.SMALL) == small
    assert rows >= (gradient.ENOUGH if small else gradient.LEAST)


def test_products_with_subnormal_slopes_are_0():
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip("subnormal numbers are flushed on x86 processors only")
    assert native.is_x86()
    network = Network((3, 4, 2), (Sigmoid(),))
    X, T, _ = problem(network.sizes, 50, "float32")
    theta = start(network, "float32")
    W, b = network.layers[0].W, network.layers[0].b
    theta[W.start : W.stop], theta[b.start : b.stop] = 0, -90  # slopes of 8e-40
    plain = Objective(network, SoftmaxLogLikelihood()).value_and_gradient(np, theta, X, T)
    f, g = program.CompiledGradient(Objective(network, SoftmaxLogLikelihood()), theta.dtype, X, T, None)(theta)
    tiny, first = np.finfo("float32").smallest_normal, slice(W.start, b.stop)
    assert f == pytest.approx(plain[0], rel=1e-6)
    assert np.any(plain[1][first] != 0) and np.all(abs(plain[1][first]) < tiny) and np.all(g[first] == 0)
    assert g[b.stop :] == pytest.approx(plain[1][b.stop :], rel=1e-5)
    assert (np.full(4, tiny) / 2).all()  # flushed only while the gradient is computed


@pytest.mark.parametrize("threads", [1, 3])
def test_a_thread_that_flushes_subnormal_numbers_itself_still_does(monkeypatch, flushed, threads):
    monkeypatch.setattr(program, "_n_threads", lambda flops: threads)
    network = Network((3, 4, 2), (Sigmoid(),))
    X, T, _ = problem(network.sizes, 50, "float32")
    theta, tiny = start(network, "float32"), np.full(4, np.finfo("float32").smallest_normal)
    compute = program.CompiledGradient(Objective(network, SoftmaxLogLikelihood()), theta.dtype, X, T, None)
    compute(theta)  # threads start in the mode of the one that starts them
    with flushed():
        compute(theta)
        assert not (tiny / 2).any()
    kept = []
    cores.together(lambda k: kept.append((tiny / 2).all()), threads)  # the same threads
    assert len(kept) == threads and all(kept)
