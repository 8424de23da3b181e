"""Those who want products with one thread and those who want them with all take turns, and nobody waits for ever."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from gpunn import MLPClassifier
from gpunn.devices import cores, get_device, quota
from gpunn.training.data import by_chunks

LONG = 30  # seconds: what takes as long is a deadlock


def numbers():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def three(monkeypatch):
    """BLAS has three threads, by the word of the main thread, and the process may use as many."""
    monkeypatch.setattr(quota, "usable", lambda: 3)
    cores.cores()  # loads every BLAS that there will be
    with threadpool_limits(3, user_api="blas"):
        if numbers() != {3}:
            pytest.skip("this BLAS has no three threads")
        yield


class Other:
    """A thread that is in a context until it is told to leave."""

    def __init__(self, context):
        self.inside, self.leave, self.seen = threading.Event(), threading.Event(), []
        self.thread = threading.Thread(target=self.run, args=(context,), daemon=True)
        self.thread.start()

    def run(self, context):
        with context():
            self.seen.append(numbers())
            self.inside.set()
            self.leave.wait(LONG)
            self.seen.append(numbers())

    def end(self):
        self.leave.set()
        self.thread.join(LONG)
        assert not self.thread.is_alive()


def entered(context):
    other = Other(context)
    assert other.inside.wait(LONG)
    return other


def test_how_many_cores_there_are_is_the_same_while_another_thread_has_them_limited(three):
    assert cores.cores() == 3
    other = entered(cores.one_thread)
    assert (cores.cores(), numbers()) == (3, {1})
    other.end()
    assert (cores.cores(), numbers()) == (3, {3})


def test_the_limit_lasts_until_the_last_has_left(three):
    first, second = entered(cores.one_thread), entered(cores.one_thread)
    first.end()
    assert numbers() == {1}
    second.end()
    assert numbers() == {3}
    assert first.seen == second.seen == [{1}, {1}]


@pytest.mark.parametrize("contexts", [(cores.one_thread, cores.all_threads), (cores.all_threads, cores.one_thread)])
def test_who_wants_the_other_waits_and_finds_what_it_wants(three, contexts):
    first = entered(contexts[0])
    second = Other(contexts[1])
    assert not second.inside.wait(0.3)
    first.end()
    assert second.inside.wait(LONG)
    second.end()
    wanted = {cores.one_thread: {1}, cores.all_threads: {3}}
    assert [first.seen, second.seen] == [[wanted[context]] * 2 for context in contexts]


@pytest.mark.parametrize("contexts", [(cores.one_thread, cores.all_threads), (cores.all_threads, cores.one_thread)])
def test_a_stream_of_the_one_does_not_keep_out_the_other(contexts):
    stop = threading.Event()

    def stream():
        while not stop.is_set():
            with contexts[0]():
                stop.wait(0.01)

    threads = [threading.Thread(target=stream, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    other = Other(contexts[1])
    came = other.inside.wait(LONG)
    stop.set()
    other.end()
    assert came


@pytest.mark.parametrize("inner", [cores.one_thread, cores.all_threads])
def test_within_a_turn_nobody_waits_even_if_another_does(three, inner):
    def work(i):
        with inner():
            assert numbers() == {1}

    with cores.one_thread():
        waiting = Other(cores.all_threads)
        assert not waiting.inside.wait(0.1)
        work(0)
        cores.each(work, range(3))
        cores.together(work, 3)
        assert not waiting.inside.is_set()
    waiting.end()
    assert waiting.seen[0] == {3}


def test_a_call_alone_waits_for_no_other(three):
    """Members have a core each: two that are one thread each run at the same time."""
    both = threading.Barrier(2, timeout=LONG)
    cores.each(lambda i: cores.together(lambda k: both.wait(), 1), range(2))


def test_within_each_there_is_one_core(three):
    seen = []
    cores.each(lambda i: seen.append(cores.cores()), range(3))
    assert (seen, cores.cores()) == ([1, 1, 1], 3)


def test_after_a_call_that_fails_no_other_begins(three):
    begun = []

    def call(i):
        begun.append(i)
        if i == 0:
            raise KeyboardInterrupt
        time.sleep(0.02)

    with pytest.raises(KeyboardInterrupt):
        cores.each(call, range(60))
    assert len(begun) < 30


@pytest.mark.parametrize("name", ["come", "go"])
def test_one_that_is_interrupted_on_its_way_holds_up_nobody(three, monkeypatch, name):
    real = getattr(cores._turns, name)

    def interrupted(turn):
        if name == "come":
            real(turn)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(cores._turns, name, interrupted)
        with cores.one_thread():
            pass
    gc.collect()
    entered(cores.all_threads).end()
    assert (cores.cores(), numbers()) == (3, {3})
    with cores.one_thread():
        assert numbers() == {1}


def test_a_process_forked_meanwhile_has_all_cores(three):
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    other = entered(cores.one_thread)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking where there are threads
        child = multiprocessing.get_context("fork").Process(target=_has_three)
        child.start()
    child.join(LONG)
    other.end()
    assert child.exitcode == 0


def _has_three():
    with cores.all_threads():
        assert (cores.cores(), numbers()) == (3, {3})


def test_rows_of_one_chunk_are_shared_out_and_multiplied_by_one_thread_each(three, problem_on_cpu, monkeypatch):
    monkeypatch.setattr(cores, "TINY", 0)
    device, network, theta, X = problem_on_cpu
    seen = []

    def function(xp, rows):
        seen.append((len(rows), numbers()))
        return rows

    assert np.array_equal(by_chunks(device, network, theta, X, function), X)
    assert sorted(seen, key=lambda at: at[0]) == [(0, {1}), (20, {1}), (20, {1}), (20, {1})]
    seen.clear()
    by_chunks(device, network, theta, X[:10], function)
    assert seen == [(10, {1})]


def test_few_rows_wait_for_nobody(three, problem_on_cpu):
    device, network, theta, X = problem_on_cpu
    other = entered(cores.all_threads)
    found = by_chunks(device, network, theta, X[:10], lambda xp, rows: xp.full((len(rows), 1), max(numbers())))
    other.end()
    assert found.tolist() == [[3]] * 10


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_tiny_product_has_the_bits_of_one_thread_whatever_number_is_set(three, dtype):
    rng = np.random.default_rng(0)
    for _ in range(300):
        d, k = np.exp(rng.uniform(0, np.log(cores.TINY) / 2, 2)).astype(int)
        X, W = rng.random((cores.TINY // (d * k), d), dtype), rng.random((d, k), dtype)
        found = X @ W
        with cores.one_thread():
            assert np.array_equal(found, X @ W)


@pytest.fixture
def problem_on_cpu(monkeypatch):
    from gpunn.nn.network import Network

    device, network = get_device("cpu"), Network((5, 3), ())
    monkeypatch.setattr(type(device), "block_elements", 100)
    return device, network, np.zeros(network.n_parameters), np.random.default_rng(0).random((60, 5))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_trainings_by_arrays_and_predictions_in_many_threads_come_to_the_same(by_arrays, solver):
    rng = np.random.default_rng(0)  # sizes for which OpenBLAS with two threads has other last bits than with one
    X, y = rng.random((1500, 100), dtype="float32"), rng.integers(0, 5, 1500)

    def train():
        return MLPClassifier((300, 200), solver=solver, max_iter=2, random_state=0).fit(X, y)

    def predict(n):
        return clf.predict_proba(X[:n])

    clf, sizes = train(), [50, 300, 900, 1500] * 8
    expected = {n: predict(n) for n in sizes}
    with ThreadPoolExecutor(8) as pool:
        predictions = [pool.submit(predict, n) for n in sizes[:16]]
        trained = [pool.submit(train) for _ in range(6)]
        predictions += [pool.submit(predict, n) for n in sizes[16:]]
        assert all(np.array_equal(t.result().theta_, clf.theta_) for t in trained)
        assert all(np.array_equal(p.result(), expected[n]) for p, n in zip(predictions, sizes, strict=True))


# What a process may use, and what pays


def test_products_have_no_more_threads_than_the_process_may_use(three, monkeypatch):
    monkeypatch.setattr(quota, "usable", lambda: 2)
    assert cores.cores() == 2
    with cores.all_threads():
        assert numbers() == {2}
        other = entered(cores.all_threads)
        other.end()
        assert numbers() == {2} and other.seen == [{2}, {2}]
    assert numbers() == {3}
    with cores.one_thread():
        assert numbers() == {1} and cores.cores() == 2
    assert numbers() == {3}


def test_small_products_have_one_thread(three):
    for size, threads in ((0, 1), (cores.SMALL - 1, 1), (cores.SMALL, 3)):
        with get_device("cpu").steady(size):
            assert numbers() == {threads}
    assert numbers() == {3}


INTERRUPTED = """
import random, signal, threading
from gpunn.devices import cores

def interrupt(*_):
    raise KeyboardInterrupt

def enter():
    with cores.one_thread():
        pass

enter()  # it imports, which an interrupt may break
signal.signal(signal.SIGALRM, interrupt)
rng = random.Random(0)
for _ in range(3000):
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(5e-6, 1.2e-4))
        while True:
            enter()
    except KeyboardInterrupt:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
other = threading.Thread(target=enter, daemon=True)
other.start()
other.join(30)
print(other.is_alive())
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that interrupt")
def test_an_interrupt_at_any_moment_leaves_no_lock_behind():
    found = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120)
    assert found.stdout.split()[-1:] == ["False"], found.stderr


def test_fewer_cores_within_a_limit():
    before = cores.cores()
    with cores.limited(1):
        assert cores.cores() == 1
    with cores.limited(before + 5):
        assert cores.cores() == before
    assert cores.cores() == before
