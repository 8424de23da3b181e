"""Cost and gradient over ranks, here threads, are those of one process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from problems import heads, problem

from gpunn.compile.cpu.program import CompiledEpoch
from gpunn.devices import get_device
from gpunn.devices.ranks import ALONE
from gpunn.nn.activations import Tanh
from gpunn.nn.dropout import Dropout
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.directions import LBFGS
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training.data import chosen
from gpunn.training.full_batch import FullBatch
from gpunn.training.history import History
from gpunn.training.minibatch import Minibatch
from gpunn.training.ranked import RankedGradients, own_order, share
from gpunn.training.streamed import StreamedMinibatch

CPU = get_device("cpu")


class Thread:
    """A thread as a rank: all of them wait at a barrier, and add up what each has put down."""

    def __init__(self, rank, slots, barrier):
        self.rank, self.size, self.slots, self.barrier = rank, len(slots), slots, barrier

    def _gathered(self, value):
        self.slots[self.rank] = value
        self.barrier.wait()
        found = list(self.slots)
        self.barrier.wait()
        return found

    def allreduce(self, array):
        assert array.flags.c_contiguous
        array[...] = sum(self._gathered(array.copy()))

    def broadcast(self, value):
        return self._gathered(value)[0]

    def all(self, value):
        return all(self._gathered(value))


def on_ranks(size, function):
    """The results of a function of each rank."""
    slots, barrier = [None] * size, threading.Barrier(size, timeout=60)
    with ThreadPoolExecutor(size) as pool:
        return [*pool.map(lambda rank: function(Thread(rank, slots, barrier)), range(size))]


class Numbered:
    def __init__(self, rank, size):
        self.rank, self.size = rank, size


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_shares_cover_each_batch_once(size):
    for n in (1, 2, 9, 12, 13):
        for batch_size in (1, 2, 5, 12, 20):
            for start in range(0, n, batch_size):
                batch = slice(start, min(start + batch_size, n))
                parts = [share(Numbered(rank, size), batch, batch_size) for rank in range(size)]
                places = [i for part in parts for i in range(part.start, part.stop)]
                assert places == [*range(batch.start, batch.stop)]
                # Rows are gathered by as many as a full batch has, so that the last batch may not have more.
                full = [share(Numbered(rank, size), slice(0, batch_size), batch_size) for rank in range(size)]
                assert all(b.stop - b.start <= f.stop - f.start for b, f in zip(parts, full, strict=True))


def test_shares_of_a_full_batch_differ_by_one_row_at_most():
    for size in (4, 9, 64, 200):
        parts = [share(Numbered(rank, 4), slice(size, 2 * size), size) for rank in range(4)]
        lengths = [part.stop - part.start for part in parts]
        assert max(lengths) - min(lengths) <= 1 <= min(lengths)


def test_the_order_of_a_rank_is_its_part_of_each_batch():
    order = np.array([[5, 3, 0, 1, 4, 2, 6], [0, 1, 2, 3, 4, 5, 6]])
    own = [own_order(CPU, Numbered(rank, 2), order, 7, 3) for rank in range(2)]
    assert own[0].tolist() == [[5, 3, 1, 4, 6], [0, 1, 3, 4, 6]] and own[1].tolist() == [[0, 2], [2, 5]]
    assert own_order(CPU, Numbered(1, 2), None, 7, 3).tolist() == [2, 5]
    assert own_order(CPU, ALONE, order, 7, 3) is order


def over_ranks(size, objective, theta, rows, dropout=None):
    def of(rank):
        part = share(rank, slice(0, len(rows)), len(rows))
        own = rows.part(part)
        gradients = RankedGradients(rank, CPU, objective, weighted=own.weight is not None)
        masks = dropout and replace(dropout, first_row=part.start)
        whole = own.batches(np, None, max(1, len(own)), theta.dtype, 0)
        return gradients.value_and_gradient(theta, len(own), whole, lambda: own, masks)

    found = on_ranks(size, of)
    for f, g in found[1:]:
        assert np.array_equal(f, found[0][0]) and np.array_equal(g, found[0][1])
    return found[0]


@pytest.mark.parametrize("size", [2, 3, 4, 13])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_members", [None, 2])
@pytest.mark.parametrize("head", [*heads()])
def test_cost_and_gradient_are_those_of_one_process(size, weighted, n_members, head):
    """There may be more ranks than rows."""
    rows = problem(weighted=weighted)
    network = Network((5, 4, 3), (Tanh(),))
    objective = Objective(network, head, l2=0.3, l1=0.1)
    shape = (network.n_parameters,) if n_members is None else (n_members, network.n_parameters)
    theta = np.random.default_rng(1).standard_normal(shape)
    seeds = np.arange(n_members or 1, dtype=np.uint32)
    seed = seeds if n_members is None else seeds[:, None]
    for dropout in (None, Dropout((0.2, 0.4), seed, np.ones(1, np.uint32))):
        expected = objective.value_and_gradient(np, theta, *chosen(np, rows).slice(np, slice(None), "float64"), dropout)
        for found, right in zip(over_ranks(size, objective, theta, rows, dropout), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)


def test_rows_without_weight_on_a_rank_or_on_all():
    rows = problem(weighted=True)
    network = Network((5, 4, 3), (Tanh(),))
    objective = Objective(network, next(heads()).values[0], l2=0.3)
    theta = np.random.default_rng(1).standard_normal(network.n_parameters)
    for weight in (np.r_[np.zeros(6), np.ones(5)], np.zeros(11)):
        weighted = replace(rows, weight=weight)
        expected = objective.value_and_gradient(np, theta, rows.X, rows.T, weight)
        for found, right in zip(over_ranks(2, objective, theta, weighted), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_evaluations_of_all_rows(compiled, dtype):
    rows = problem(dtype, n=40, weighted=True)
    head = next(heads()).values[0]
    objective = Objective(Network((5, 4, 3), (Tanh(),)), head, l2=0.3, l1=0.1)
    theta = np.random.default_rng(1).standard_normal(objective.network.n_parameters).astype(dtype)
    algorithm = FullBatch(LBFGS(), 5, 100, 1e-9, compiled=compiled)

    def of(rank):
        function, turn, path = replace(algorithm, ranks=rank)._over_ranks(CPU, objective, theta, rows, History())
        with turn():
            f, g = function(theta)
        return f, np.array(g), path

    expected = objective.value_and_gradient(np, theta, rows.X, rows.T, rows.weight)
    for f, g, path in on_ranks(2, of):
        for found, right in zip((f, g), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12 if dtype == "float64" else 1e-4, atol=1e-5)
        assert path == f"{'compiled' if compiled else 'arrays: as asked'}; the gradients of 2 ranks are summed"


def test_more_ranks_than_rows():
    rows = problem(n=5)
    head = next(heads()).values[0]
    objective = Objective(Network((5, 4, 3), (Tanh(),)), head, l2=0.3)
    theta = np.random.default_rng(1).standard_normal(objective.network.n_parameters)
    algorithm = FullBatch(LBFGS(), 5, 100, 1e-9, compiled=False)

    def of(rank):
        return replace(algorithm, ranks=rank)._over_ranks(CPU, objective, theta, rows, History())[0](theta)

    expected = objective.value_and_gradient(np, theta, rows.X, rows.T)
    for size in (4, 7):
        for found in on_ranks(size, of):
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
            np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n_ranks", "batch_size"), [(3, 5), (4, 9), (5, 5)])
def test_an_epoch_over_ranks_is_that_of_one_process(compiled, weighted, n_ranks, batch_size):
    rows = problem(n=22, weighted=weighted)
    head = next(heads()).values[0]
    objective = Objective(Network((5, 4, 3), (Tanh(),)), head, l2=0.1)
    theta = np.random.default_rng(1).standard_normal(objective.network.n_parameters)

    def of(rank):
        settings = {"seed": 0, "dropout": (0.1, 0.2), "compiled": compiled}
        algorithm = Minibatch(Adam(), Constant(0.1), batch_size, 3, ranks=rank, **settings)
        state = algorithm.start(CPU, theta.copy())
        step, path = algorithm.prepare(CPU, objective, state, rows, _Clock())
        entries = [step(state) for _ in range(3)]
        return state.theta, [entry.cost for entry in entries], path, [entry.gradient_norm for entry in entries]

    alone = of(ALONE)
    for found, cost, path, norm in on_ranks(n_ranks, of):
        np.testing.assert_allclose(found, alone[0], rtol=1e-9)
        np.testing.assert_allclose(cost, alone[1], rtol=1e-12)
        np.testing.assert_allclose(norm, alone[3], rtol=1e-12)
        assert path == f"{'compiled' if compiled else 'arrays: as asked'}; the gradients of {n_ranks} ranks are summed"


@pytest.mark.parametrize("compiled", [False, True])
def test_blocks_that_all_ranks_read_are_trained_on_as_by_one(compiled):
    """The last block has fewer rows than a batch, and some ranks none of them."""
    rows = problem(n=13)
    objective = Objective(Network((5, 4, 3), (Tanh(),)), next(heads()).values[0], l2=0.1)
    theta = np.random.default_rng(1).standard_normal(objective.network.n_parameters)

    def of(rank):
        algorithm = StreamedMinibatch(
            Adam(), Constant(0.1), 6, 2, seed=0, dropout=(0.1, 0.2), compiled=compiled, ranks=rank,
            n_rows=13, n_given=13,
            blocks=lambda epoch: (rows.part(part) for part in (slice(0, 12), slice(12, 13))),
        )  # fmt: skip
        state = algorithm.start(CPU, theta.copy())
        step, path = algorithm.prepare(CPU, objective, state, rows, _Clock())
        assert path.startswith("compiled" if compiled else "arrays: as asked")
        return [step(state).cost for _ in range(2)], state.theta

    costs, expected = of(ALONE)
    for found_costs, found in on_ranks(3, of):
        np.testing.assert_allclose(found_costs, costs, rtol=1e-12)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(("weighted", "compiled", "path"), [
    (False, False, "arrays: as asked"), (False, True, "compiled"),
    (True, True, "arrays: rows of other ranks have weights that this one does not read"),
])  # fmt: skip
@pytest.mark.parametrize("partition", ["data parallel", "tensor parallel", "sharded update"])
@pytest.mark.parametrize("rank_rows", [(7, 7, 7), (12, 5, 4), (3, 8, 10)])
def test_an_epoch_of_rows_of_each_rank_is_that_of_their_batches(
    monkeypatch, rank_rows, partition, weighted, compiled, path
):  # fmt: skip
    """A rank that has no more rows makes the steps of the others with none."""
    monkeypatch.setattr(CompiledEpoch, "partition", lambda self, batch: partition)
    rows, size, block_rows = problem(n=21, weighted=weighted), 2, 6
    objective = Objective(Network((5, 4, 3), (Tanh(),)), next(heads()).values[0], l2=0.1)
    theta = np.random.default_rng(1).standard_normal(objective.network.n_parameters)
    ends = np.cumsum([0, *rank_rows])
    own = [rows.part(slice(*ends[i : i + 2])) for i in range(3)]
    settings = {"schedule": Constant(0.1), "max_epochs": 2, "seed": 0, "dropout": (0.1, 0.2), "shuffle": False}

    def of(rank):
        n = len(own[rank.rank])
        parts = [own[rank.rank].part(slice(i, min(i + block_rows, n))) for i in range(0, n, block_rows)]
        algorithm = StreamedMinibatch(
            Adam(), batch_size=3 * size, ranks=rank, blocks=lambda epoch: (part for part in parts),
            n_rows=21, n_given=21,
            rank_rows=lambda epoch: rank_rows, compiled=compiled, **settings,
        )  # fmt: skip
        state = algorithm.start(CPU, theta.copy())
        step, taken = algorithm.prepare(CPU, objective, state, own[rank.rank], _Clock())
        assert taken == f"{path}; the gradients of 3 ranks are summed"
        return [step(state).cost for _ in range(2)], state.theta, int(state.step[0])

    costs, expected = [], theta.copy()
    method, n_steps = Adam(), -(-max(rank_rows) // size)
    state, dropout_of = method.init(np, expected), Minibatch(Adam(), batch_size=size, **settings)._dropout
    progress = dropout_of.__self__.start(CPU, expected)
    for _ in range(2):
        total = 0.0
        for i in range(n_steps):
            progress.step += 1
            f, g, w = 0.0, np.zeros_like(expected), 0.0
            n = 0
            for rank, part in enumerate(own):
                batch = part.part(slice(min(i * size, len(part)), min((i + 1) * size, len(part))))
                if not len(batch):
                    continue
                masks = replace(dropout_of(CPU, progress), first_row=rank * size)
                share = len(batch) if batch.weight is None else float(np.sum(batch.weight))
                f_part, g_part = replace(objective, l2=0.0).value_and_gradient(
                    np, expected, batch.X, batch.T, batch.weight, masks
                )
                f, g, w, n = f + share * f_part, g + share * g_part, w + share, n + len(batch)
            scale = 1 / w if w else 0.0  # a batch may have rows of weight 0 alone
            g *= scale
            f = f * scale + objective.add_penalties(np, expected, g, scale)
            method.update(np, expected, g, state, np.array([0.1]))
            total += n * f
        costs.append(total / 21)
    for found_costs, found, steps in on_ranks(3, of):
        assert steps == 2 * n_steps
        np.testing.assert_allclose(found_costs, costs, rtol=1e-9)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


class _Clock:
    def lap(self, part):
        pass
