"""Threads wait for each other at a gate, in compiled code, and a thread that fails holds up no other."""

from __future__ import annotations

import multiprocessing
import os
import threading
import warnings

import numpy as np
import pytest

from gpunn.devices import cores, gate_source
from gpunn.devices.kernels_source import header
from gpunn.nn.activations import ReLU
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import GradientDescent

ROUNDS = """

@njit(error_model="numpy", nogil=True)
def rounds(k, threads, gate, at, n):
    # How often a thread found another in a round that was not its own.
    turn, apart = 1, 0
    for i in range(n):
        at[k] = i
        turn = wait(gate, turn, threads)
        for j in range(threads):
            apart += at[j] != i
        turn = wait(gate, turn, threads)
    return apart
"""


@pytest.fixture
def compiled():
    return pytest.importorskip("gpunn.devices.compiled", reason="Numba is not installed: nothing is compiled")


@pytest.mark.parametrize("threads", [1, 2, 5])  # more than there are cores, perhaps
def test_nobody_goes_on_before_all_are_there(compiled, threads):
    pytest.importorskip("numba", reason="Numba is not installed: nothing is compiled")
    rounds = compiled._module(header("float64") + gate_source.SOURCE + ROUNDS).rounds
    gate, at, apart = np.zeros(1, np.int64), np.zeros(threads), np.full(threads, -1)

    def run(k):
        apart[k] = rounds(k, threads, gate, at, 500)

    cores.together(run, threads)
    assert np.all(apart == 0)
    assert gate[0] == (1000 * threads if threads > 1 else 0)


def test_a_thread_that_fails_holds_up_no_other_and_is_heard_of(compiled, monkeypatch):
    pytest.importorskip("numba", reason="Numba is not installed: nothing is compiled")
    network, method = Network((40, 200, 3), (ReLU(),)), GradientDescent()
    theta = np.zeros(network.n_parameters)
    program = compiled.CompiledEpoch(Objective(network, SoftmaxLogLikelihood()), method, theta, method.init(np, theta))
    (plain,) = program.functions.values()

    def function(k, *given):
        if k == 1:
            raise MemoryError("no room")
        return plain(k, *given)

    program.functions = dict.fromkeys(program.functions, function)
    monkeypatch.setattr(compiled, "_threads", lambda flops: 2)
    with pytest.raises(MemoryError, match="no room"):
        program(theta, (), np.zeros((8, 40)), np.zeros((8, 3)), None, np.arange(8), np.ones(2), 4)


def test_those_that_run_together_do_so_at_the_same_time():
    barrier = threading.Barrier(4, timeout=30)
    cores.together(lambda k: barrier.wait(), 4)  # would time out if one came after another


def test_a_forked_process_has_helpers_of_its_own():
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    cores.together(lambda k: None, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking where there are threads
        child = multiprocessing.get_context("fork").Process(target=cores.together, args=(abs, 2))
        child.start()
    child.join(60)
    assert child.exitcode == 0


def test_two_that_ask_for_helpers_at_once_both_get_them():
    barriers = [threading.Barrier(3, timeout=60) for _ in range(20)]
    asking = [threading.Thread(target=cores.together, args=(lambda k, b=b: b.wait(), 3)) for b in barriers]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert not any(thread.is_alive() or barrier.broken for thread, barrier in zip(asking, barriers, strict=True))
