"""Compiled code comes back often enough for an interrupt to be heard, and an interrupted thread holds up no other."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from gpunn.devices import cores
from gpunn.nn.activations import Tanh
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam

SIZES = [(5, 10, 2), (1, 1000, 2), (784, 1024, 1024, 10), (784, 256, 128, 10), (2, 500, 2), (20, 2)]


pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from gpunn.compile.cpu import program, runtime  # noqa: E402 - they need llvmlite


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setattr(program, "_n_threads", lambda flops: 1)


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
def test_no_call_of_an_epoch_takes_long(monkeypatch, sizes, batch):
    objective, theta = described(sizes)
    compiled = program.CompiledEpoch(objective, Adam(), theta, Adam().init(np, theta), theta[None])
    calls = []

    def epoch(*given):
        of = dict(zip(runtime.EPOCH, given, strict=True))
        calls.append(of["n_steps"])
        assert of["n_rows"] == batch * of["n_steps"]
        return 0.0

    monkeypatch.setattr(compiled, "runtime", compiled.runtime._replace(epoch=epoch))
    n_steps = 300_000 // batch
    X, T = np.zeros((1, sizes[0]), "float32"), np.zeros((1, sizes[-1]), "float32")
    order, rates = np.zeros(n_steps * batch, np.int64), np.ones(n_steps, "float32")
    compiled(theta, Adam().init(np, theta), X, T, None, order, rates, batch)
    assert sum(calls) == n_steps and all(seconds(sizes, k * batch, k) < 1 for k in calls)
    assert len(calls) == 1 or seconds(sizes, calls[0] * batch, calls[0]) > 0.01  # nor is it a waste


@pytest.mark.parametrize("sizes", SIZES)
def test_no_call_for_a_gradient_takes_long(monkeypatch, sizes):
    objective, theta = described(sizes)
    n = 50_000
    X, T = np.broadcast_to(np.float32(0), (n, sizes[0])), np.zeros((n, sizes[-1]), np.float32)
    compiled = program.CompiledGradient(objective, theta.dtype, X, T, None)
    calls = []
    monkeypatch.setattr(
        compiled, "runtime", compiled.runtime._replace(run_flushed=lambda *given: calls.append(given[0]))
    )
    compiled(theta)
    lengths = {code.ctypes.data: n_rows for n_rows, code in compiled.programs.items()}
    *blocks, last = calls
    assert last == compiled.ends[0].ctypes.data
    assert sum(lengths[block] for block in blocks) == n
    assert seconds(sizes, max(lengths.values()), 1) < 1


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_those_that_wait_for_one_that_never_begins_are_told(failing):
    given_up = threading.Event()

    def function(k):
        if k == failing:
            raise KeyboardInterrupt
        assert given_up.wait(30)

    with pytest.raises(KeyboardInterrupt):
        cores.together(function, 3, given_up.set)
