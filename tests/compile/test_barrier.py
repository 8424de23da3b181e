"""Threads wait for each other at a barrier, in compiled code, and a thread that fails holds up no other."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
import time
import uuid
import warnings

import numpy as np
import pytest

from gpunn.devices import cores
from gpunn.nn.activations import ReLU
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import GradientDescent

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from gpunn.compile.cpu import native, operation, program, runtime
from gpunn.compile.cpu.operation import Matrix


@pytest.mark.parametrize("n_threads", [1, 2, 5])  # more than there are cores, perhaps
def test_nobody_goes_on_before_all_are_there(n_threads):
    """Each thread counts up its own number, waits, and adds up the numbers of all."""
    rounds, own, seen = 300, np.zeros((n_threads, 16)), np.zeros((n_threads, 300))
    one, barrier, ends = np.ones(1), np.zeros(1, np.int64), np.zeros(n_threads, np.int64)
    table = np.array([array.ctypes.data for array in (own, seen, one)], np.int64)

    def run(k):
        at = []
        for i in range(rounds):
            at.append(operation.add_up(Matrix(0, 16 * k, 0), Matrix(2, 0, 0), 0, 1, 1, 1, operation.ADD))
            at.append(operation.barrier())
            at.append(operation.add_up(Matrix(1, rounds * k + i, 0), Matrix(0, 0, 0), 16, n_threads, 1, 1))
            at.append(operation.barrier())
        code = operation.program(at)
        ends[k] = runtime.loaded("float64").run(
            code.ctypes.data, len(code), table.ctypes.data, barrier.ctypes.data, 1, n_threads
        )

    cores.together(run, n_threads)
    assert np.array_equal(seen, np.broadcast_to(n_threads * np.arange(1, rounds + 1), seen.shape))
    assert np.all(ends == 2 * rounds + 1)
    assert barrier[0] == (2 * rounds * n_threads if n_threads > 1 else 0)


def test_a_thread_that_fails_holds_up_no_other_and_is_heard_of(monkeypatch):
    network, method = Network((40, 200, 3), (ReLU(),)), GradientDescent()
    theta = np.zeros(network.n_parameters)
    objective, state = Objective(network, SoftmaxLogLikelihood()), method.init(np, theta)
    compiled = program.CompiledEpoch(objective, method, theta, state, theta[None])
    calls = itertools.count()

    def epoch(*given):
        if next(calls) == 1:
            raise MemoryError("no room")
        return runtime.loaded("float64").epoch(*given)

    monkeypatch.setattr(compiled, "runtime", compiled.runtime._replace(epoch=epoch))
    monkeypatch.setattr(program, "_n_threads", lambda flops: 2)
    with pytest.raises(MemoryError, match="no room"):
        compiled(theta, (), np.zeros((8, 40)), np.zeros((8, 3)), None, np.arange(8), np.ones(2), 4)


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


SOURCE = "define double @one() {\n  ret double 1.0\n}\n"


def _load_one():
    native.load("one", lambda: SOURCE, SOURCE, ["one"], {})


def test_a_process_forked_while_another_thread_compiles_can_compile():
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    compiles, key = threading.Event(), uuid.uuid4().hex  # new code, which is not on disk

    def source():
        compiles.set()
        time.sleep(0.5)
        return SOURCE

    thread = threading.Thread(target=native.load, args=("slow", source, key, ["one"], {}))
    thread.start()
    compiles.wait(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking where there are threads
        child = multiprocessing.get_context("fork").Process(target=_load_one)
        child.start()
    child.join(30)
    child.kill()
    thread.join()
    assert child.exitcode == 0


def test_two_that_ask_for_helpers_at_once_both_get_them():
    barriers = [threading.Barrier(3, timeout=60) for _ in range(20)]
    asking = [threading.Thread(target=cores.together, args=(lambda k, b=b: b.wait(), 3)) for b in barriers]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert not any(thread.is_alive() or barrier.broken for thread, barrier in zip(asking, barriers, strict=True))
