"""Compiled code comes back often enough for an interrupt to be heard, and an interrupted thread holds up no other."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from gpunn.devices import cores, get_device
from gpunn.nn.activations import Tanh
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam

SIZES = [(5, 10, 2), (1, 1000, 2), (784, 1024, 1024, 10), (784, 256, 128, 10), (2, 500, 2), (20, 2)]


@pytest.fixture
def compiled(monkeypatch):
    compiled = pytest.importorskip("gpunn.devices.compiled", reason="Numba is not installed: nothing is compiled")
    pytest.importorskip("numba", reason="Numba is not installed: nothing is compiled")
    monkeypatch.setattr(compiled, "_threads", lambda flops: 1)
    return compiled


def described(sizes, dtype="float32"):
    network = Network(sizes, (Tanh(),) * (len(sizes) - 2))
    theta = network.initial(np, np.random.default_rng(0), glorot_uniform, gaussian_bias).astype(dtype)
    return Objective(network, SoftmaxLogLikelihood()), theta


def seconds(sizes, rows, steps):
    """At the least as long as any machine takes that we know."""
    products = sum(a * b for a, b in itertools.pairwise(sizes))
    return steps * (5e-6 + 3e-9 * products) + rows * (1e-8 * sum(sizes[1:]) + 6 * products / 3e10)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("batch", [1, 32, 1000])
def test_no_call_of_an_epoch_takes_long(compiled, monkeypatch, sizes, batch):
    objective, theta = described(sizes)
    program = compiled.CompiledEpoch(objective, Adam(), theta, Adam().init(np, theta))
    calls = []

    def function(*given):
        calls.append(len(given[-4]))  # rates, one for each step
        return 0.0, 0.0

    monkeypatch.setattr(program, "_function", lambda way: function)
    n_steps = 300_000 // batch
    X, T = np.zeros((1, sizes[0]), "float32"), np.zeros((1, sizes[-1]), "float32")
    order, rates = np.zeros(n_steps * batch, np.int64), np.ones(n_steps, "float32")
    program(theta, Adam().init(np, theta), X, T, None, order, rates, batch)
    assert sum(calls) == n_steps and all(seconds(sizes, k * batch, k) < 1 for k in calls)
    assert len(calls) == 1 or seconds(sizes, calls[0] * batch, calls[0]) > 0.01  # nor is it a waste


@pytest.mark.parametrize("sizes", SIZES)
def test_no_call_for_a_gradient_takes_long(compiled, sizes):
    objective, theta = described(sizes)
    n = 50_000
    X, T = np.broadcast_to(np.float32(0), (n, sizes[0])), np.broadcast_to(np.float32(0), (n, sizes[-1]))
    program = compiled.CompiledGradient(objective, theta.dtype, X, T, None)
    calls = []

    def function(k, threads, gate, X, T, w, share, sizes, theta, out, *others):
        calls.append(len(T))
        out[:] = 1
        return 2.0

    program.function = function
    f, g = program(theta)
    assert sum(calls) == n and all(seconds(sizes, k, 1) < 1 for k in calls)
    assert f == 2 * len(calls) and np.all(g == len(calls))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [1, 4, 10, 11])
def test_the_gradient_of_all_rows_is_the_sum_over_the_calls(compiled, weighted, rows):
    objective, theta = described((5, 4, 3), "float64")
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(11, 5)), np.eye(3)[rng.integers(0, 3, 11)]
    weight = rng.uniform(0.5, 2, 11) if weighted else None
    program = get_device("cpu").compile_gradient(objective, theta.dtype, X, T, weight)[0]
    program.rows_a_call = rows
    f, g = program(theta)
    expected = objective.value_and_gradient(np, theta, X, T, weight)
    assert f == pytest.approx(expected[0], rel=1e-12) and g == pytest.approx(expected[1], rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_those_that_wait_for_one_that_never_begins_are_told(failing):
    given_up = threading.Event()

    def function(k):
        if k == failing:
            raise KeyboardInterrupt
        assert given_up.wait(30)

    with pytest.raises(KeyboardInterrupt):
        cores.together(function, 3, given_up.set)
