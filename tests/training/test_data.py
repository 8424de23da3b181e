"""Rows on a device: batches, chunks, and what a network scores on them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training import data
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows, chunks, evaluate, logits
from gpunn.training.minibatch import Minibatch


def test_a_batch_is_the_rows_of_its_index_and_a_slice_those_of_its_range(device, problem_on):
    problem, xp = problem_on(device), device.xp
    X, T = problem.host_rows(20)
    weight = np.arange(20.0)
    rows = problem.rows(20, weight=weight)
    index = np.array([3, 19, 3, 0])
    assert len(rows) == 20
    for found, part in (
        (rows.batch(xp, device.asarray(index), xp.float64), index),
        (rows.slice(xp, slice(2, 7), xp.float64), slice(2, 7)),
    ):
        for array, expected in zip(found, (X, T, weight), strict=True):
            assert np.array_equal(device.to_host(array), expected[part])
    assert problem.rows(20).batch(xp, device.asarray(index), xp.float64)[2] is None
    assert problem.rows(20).slice(xp, slice(2, 7), xp.float64)[2] is None


@pytest.mark.parametrize("elements", [0, 60, 10**6])  # gathered for one batch at a time, for a few, and for all
def test_batches_are_the_rows_in_order_however_many_are_gathered_at_once(device, problem_on, elements):
    problem, xp = problem_on(device), device.xp
    X, T = problem.host_rows(20)
    weight = np.arange(20.0)
    rows = problem.rows(20, weight=weight)
    permutation = np.random.default_rng(0).permutation(20)
    for order, expected in ((None, np.arange(20)), (device.asarray(permutation), permutation)):
        batches = list(rows.batches(xp, order, 6, xp.float64, elements))
        assert [X.shape[0] for X, _, _ in batches] == [6, 6, 6, 2]
        for host, arrays in zip((X, T, weight), zip(*batches, strict=True), strict=True):
            found = np.concatenate([device.to_host(array) for array in arrays])
            assert np.array_equal(found, host[expected])
    assert {weight for *_, weight in problem.rows(20).batches(xp, None, 6, xp.float64, elements)} == {None}


def test_rows_of_an_index_are_trained_on_as_if_there_were_no_others(device, problem_on):
    problem, xp = problem_on(device), device.xp
    rows, index = problem.rows(20), device.asarray(np.array([3, 19, 7, 0, 11]))
    some = replace(rows, index=index)
    assert len(some) == 5
    found = []
    for given in (some, some.together(xp)):
        loop = Minibatch(Adam(), Constant(0.1), 2, max_epochs=3, seed=0)
        found.append(training_loop.run(loop, device, problem.objective, loop.start(device, problem.theta()), given))
    assert np.array_equal(*(device.to_host(progress.theta) for progress in found))
    assert found[0].history.cost == found[1].history.cost


def test_bytes_stay_bytes_until_a_batch_is_formed(device, problem_on):
    problem, xp = problem_on(device, "float32"), device.xp
    X = np.random.default_rng(0).integers(256, size=(20, 5), dtype=np.uint8)
    rows = Rows(device.asarray(X), problem.rows(20).T)
    index = device.asarray(np.arange(4))
    for found in (rows.batch(xp, index, xp.float32), rows.slice(xp, slice(0, 4), xp.float32)):
        assert found[0].dtype == xp.float32
        assert np.array_equal(device.to_host(found[0]), X[:4])
    assert rows.X.dtype == xp.uint8
    z = logits(device, problem.network, problem.theta(), rows.X)
    assert z.dtype == xp.float32
    floats = device.asarray(X.astype(np.float32))
    assert np.array_equal(device.to_host(z), device.to_host(logits(device, problem.network, problem.theta(), floats)))


def test_rows_of_the_right_dtype_are_not_copied(problem):
    rows = problem.rows(20, weight=np.ones(20))
    X, T, weight = rows.slice(np, slice(0, 20), np.float64)
    assert np.shares_memory(X, rows.X) and np.shares_memory(T, rows.T) and np.shares_memory(weight, rows.weight)


@pytest.mark.parametrize("n", [0, 1, 6, 7, 8, 50, 60])
@pytest.mark.parametrize("n_workers", [1, 2, 3])
def test_chunks_cover_every_row_once_within_their_bound(problem, n, n_workers):
    parts = list(chunks(problem.network, n, 7 * 7 + 6, n_workers))  # 7 rows of the widest layer, 7 neurons
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(n))
    assert all(part.stop - part.start <= 7 for part in parts)
    if n > 7:
        turns = -(-n // (7 * n_workers))
        assert (turns - 1) * n_workers < len(parts) <= turns * n_workers
        assert min(part.stop - part.start for part in parts[:-1]) == max(part.stop - part.start for part in parts)
    else:
        assert len(parts) == 1


def test_a_layer_wider_than_a_chunk_is_taken_row_by_row(problem):
    assert len(list(chunks(problem.network, 5, 3))) == 5


@pytest.mark.parametrize("members", [None, 2])
def test_chunked_logits_are_those_of_all_rows_at_once(monkeypatch, device, problem_on, members):
    problem = problem_on(device)
    theta, X = problem.theta(members), problem.rows().X
    whole = problem.network.forward(device.xp, theta, X)[0]
    monkeypatch.setattr(device, "chunk_elements", 7 * 8)
    found = logits(device, problem.network, theta, X)
    assert found.shape == whole.shape
    np.testing.assert_allclose(device.to_host(found), device.to_host(whole), rtol=1e-13, atol=1e-14)
    assert logits(device, problem.network, theta, X[:0, :]).shape == (*whole.shape[:-2], 0, 3)


@pytest.mark.parametrize("elements", [2**20, 40])
def test_logits_lie_row_by_row_in_memory_in_one_chunk_or_many(monkeypatch, problem, elements):
    cpu = get_device("cpu")
    monkeypatch.setattr(cpu, "chunk_elements", elements)
    z = logits(cpu, problem.network, problem.theta(), problem.rows(20).X)
    assert z.shape[1] > 1
    assert z.flags.c_contiguous


def test_an_error_in_a_chunk_is_raised_and_the_threads_of_blas_are_as_before(monkeypatch, problem):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    cpu = get_device("cpu")
    monkeypatch.setattr(cpu, "chunk_elements", 7 * 8)

    def fail(xp, z):
        if z.shape[0] < 8:
            raise ZeroDivisionError
        return z

    with pytest.raises(ZeroDivisionError):
        logits(cpu, problem.network, problem.theta(), problem.rows(20).X, fail)
    after = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    assert after[: len(before)] == before


def test_chunks_are_no_larger_again_where_memory_ran_out_in_another_thread_too(monkeypatch, problem):
    cpu = get_device("cpu")
    width = max(problem.network.sizes)
    monkeypatch.setattr(cpu, "chunk_elements", 8 * width)

    def short(xp, z):
        if z.shape[0] > 4:
            cpu.chunk_elements = 2 * width  # as another thread has found meanwhile
            raise MemoryError
        return z

    rows = problem.rows(20).X
    expected = problem.network.logits(np, problem.theta(), rows)
    np.testing.assert_allclose(logits(cpu, problem.network, problem.theta(), rows, short), expected, rtol=1e-12)
    assert cpu.chunk_elements == 2 * width


def test_overflow_in_a_chunk_warns_no_more_than_in_the_caller(monkeypatch, problem):
    cpu = get_device("cpu")
    monkeypatch.setattr(cpu, "chunk_elements", 7 * 4)
    with cpu.use():
        z = logits(cpu, problem.network, problem.theta() * 1e300, problem.rows(20).X, lambda xp, z: z * 1e300)
    assert not np.all(np.isfinite(z))


def plain(problem, X, T, weight):
    """Mean cost and accuracy from probabilities, row by row."""
    W, V, b, c = np.split(problem.theta(), np.cumsum([35, 21, 7]))
    costs, hits = [], []
    for x, t in zip(X, T, strict=True):
        z = np.tanh(x @ W.reshape(5, 7) + b) @ V.reshape(7, 3) + c
        if problem.multilabel:
            a = 1 / (1 + np.exp(-z))
            costs.append(-sum(np.log(p if yes else 1 - p) for p, yes in zip(a, t, strict=True)))
            hits.append(all((p > 0.5) == yes for p, yes in zip(a, t, strict=True)))
        else:
            costs.append(-np.log(np.exp(z) / np.exp(z).sum())[t.argmax()])
            hits.append(z.argmax() == t.argmax())
    return np.average(costs, weights=weight), np.average(hits, weights=weight)


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_evaluation_is_a_plain_weighted_mean_without_penalties(
    monkeypatch, device, problem_on, problem, multilabel, weighted
):
    weight = np.random.default_rng(2).random(50) * 5 if weighted else None
    there, here = problem_on(device, multilabel=multilabel, l2=100.0), problem_on(problem.device, multilabel=multilabel)
    monkeypatch.setattr(device, "chunk_elements", 7 * 8)
    found = evaluate(device, there.objective, there.theta(), there.rows(weight=weight))
    cost, accuracy = plain(here, *here.host_rows(), weight)
    assert found == pytest.approx((cost, accuracy), rel=1e-12)
    assert 0 < accuracy < 1


def test_one_output_alone_says_yes_or_no(device, problem_on):
    problem, xp = problem_on(device, multilabel=True), device.xp
    rows = problem.rows()
    one = problem_on(device, multilabel=True)
    one.network = type(problem.network)((5, 1), ())
    objective = type(problem.objective)(one.network, problem.objective.head)
    theta = device.asarray(np.array([1.0, -1, 0, 0, 0, 0.5]))
    T = rows.T[:, :1]
    z = device.to_host(rows.X)[:, 0] - device.to_host(rows.X)[:, 1] + 0.5
    accuracy = evaluate(device, objective, theta, Rows(rows.X, T, exclusive=False))[1]
    assert accuracy == pytest.approx(np.mean((z > 0) == (device.to_host(T)[:, 0] == 1)), rel=1e-12)
    assert 0 < accuracy < 1
    assert xp is device.xp


@pytest.mark.parametrize(("n_rows", "n_workers", "expected"), [
    ([5] * 4, 2, True), ([2] * 4, 2, False),  # for which no thread pays
    ([20] * 4, 2, True), ([20] * 3, 2, False),  # with two threads for each set it is 3 turns of half a set, not 2
    ([20] * 4, 16, True), ([100] * 2, 16, False),
    ([100] * 4, 2, True), ([101] * 4, 2, False),  # more than a chunk
])  # fmt: skip
def test_sets_of_rows_have_a_thread_each_where_that_is_no_slower(n_rows, n_workers, expected):
    device = SimpleNamespace(n_workers=lambda: n_workers, block_elements=100, chunk_elements=1000)
    assert data._one_a_thread(device, SimpleNamespace(sizes=(3, 10, 2)), n_rows) == expected
