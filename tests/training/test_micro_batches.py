"""Micro-batches: their accumulated cost and gradient are those of the batch, on every device."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from problems import heads

from gpunn.compile.policy import CpuCompiler
from gpunn.devices import get_device
from gpunn.devices.memory import DeviceMemoryError
from gpunn.nn.activations import PReLU, ReLU, Sigmoid, Tanh
from gpunn.nn.costs import CrossEntropy
from gpunn.nn.dropout import Dropout
from gpunn.nn.heads import pair
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.directions import LBFGS
from gpunn.optim.first_order import GradientDescent
from gpunn.optim.schedules import Constant
from gpunn.training.data import Rows, SparseRows, chosen, lazy_batch
from gpunn.training.full_batch import FullBatch
from gpunn.training.history import History
from gpunn.training.micro_batches import MicroBatches
from gpunn.training.minibatch import Minibatch

MOST = 4  # rows that there is memory for
ROUNDING = {"float64": 1e-12, "float32": 1e-6}


class Scarce(Objective):
    """An objective for which there is memory for `MOST` rows. ``asked`` are the numbers of rows it was asked for."""

    def value_and_gradient(self, xp, theta, X, *args):
        self.__dict__.setdefault("asked", []).append(X.shape[0])
        if X.shape[0] > MOST:
            raise MemoryError(f"Unable to allocate {X.shape[0]} rows.")
        return super().value_and_gradient(xp, theta, X, *args)


def scarce(objective):
    return Scarce(objective.network, objective.head, objective.l2, objective.l1)


def accumulated(device, objective, theta, rows, dropout=None, history=None):
    """Cost and gradient where there is memory for `MOST` rows."""
    made = MicroBatches(device, scarce(objective), history)
    whole = rows.batches(device.xp, None, len(rows), theta.dtype, 0)
    return made.value_and_gradient(theta, len(rows), whole, lambda: rows, dropout)


def check_equal(device, objective, theta, rows, dropout=None, dtype="float64"):
    """Accumulated cost and gradient are those of the batch."""
    xp = device.xp
    expected = objective.value_and_gradient(xp, theta, *chosen(xp, rows).slice(xp, slice(None), theta.dtype), dropout)
    found = accumulated(device, objective, theta, rows, dropout)
    for a, b in zip(found, expected, strict=True):
        a, b = device.to_host(a), device.to_host(b)
        assert a.shape == b.shape and a.dtype == b.dtype == dtype
        assert np.linalg.norm(a - b) <= ROUNDING[dtype] * np.linalg.norm(b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("head", list(heads()))
def test_gradients_of_every_head_add_up(device, problem_on, head, dtype):
    problem = problem_on(device, dtype)
    objective = Objective(problem.network, head, l2=0.3, l1=0.1)
    check_equal(device, objective, problem.theta(), problem.rows(11), dtype=dtype)


@pytest.mark.parametrize("n", [5, 8, 9, 50])
@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("weights", ["none", "some of them 0", "of a micro-batch 0", "all 0"])
def test_weights_are_divided_by_their_sum_over_the_batch(device, problem_on, n, members, weights):
    problem = problem_on(device)
    weight = {
        "none": None,
        "some of them 0": np.arange(n) % 3,
        "of a micro-batch 0": np.arange(n) >= MOST,
        "all 0": np.zeros(n),
    }[weights]
    check_equal(device, problem.objective, problem.theta(members), problem.rows(n, weight=weight))


@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("activation", [Tanh(), ReLU(), PReLU(), PReLU(shared=True)])
def test_masks_of_dropout_are_those_of_the_batch(device, problem_on, activation, members):
    problem = problem_on(device, activation=activation, l2=0)
    seeds = np.arange(3, dtype=np.uint32)[:, None] if members else np.array([5], np.uint32)
    dropout = Dropout((0.2, 0.5), device.asarray(seeds), device.asarray(np.array([7], np.uint32)))
    theta, rows = problem.theta(members), problem.rows(13, weight=np.arange(13.0))
    check_equal(device, problem.objective, theta, rows, dropout)
    # Had each micro-batch the masks of the first rows, the test would see it.
    parts = [rows.slice(device.xp, slice(i, min(i + MOST, 13)), theta.dtype) for i in range(0, 13, MOST)]
    with_masks_of_first_rows = sum(
        problem.objective.value_and_gradient(device.xp, theta, *part, dropout)[1] * (device.xp.sum(part[2]) / 78)
        for part in parts
    )
    found = accumulated(device, problem.objective, theta, rows, dropout)[1]
    assert not np.allclose(device.to_host(found), device.to_host(with_masks_of_first_rows), rtol=1e-3)


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_of_a_batch_are_taken_when_they_are_asked_for(device, problem_on, sparse):
    problem, xp = problem_on(device), device.xp
    X, T = problem.host_rows(20)
    X = SparseRows(device, scipy.sparse.csr_array(X)) if sparse else device.asarray(X)
    rows = Rows(X, device.asarray(T), device.asarray(np.arange(20.0)))
    for order in (None, device.asarray(np.random.default_rng(0).permutation(20))):
        check_equal(device, problem.objective, problem.theta(), lazy_batch(xp, rows, order, slice(3, 14)))


def test_sizes_are_halved_and_stay(problem):
    history = History(path="arrays: as asked")
    objective, rows = scarce(problem.objective), problem.rows(26)
    made = MicroBatches(problem.device, objective, history)
    whole = (rows.slice(np, slice(None), np.float64) for _ in range(9))
    for _ in range(2):
        made.value_and_gradient(problem.theta(), 26, whole, lambda: rows)
    assert objective.asked == [26]
    assert made.without_penalties.asked == [13, 7, *[4] * 6, 2, *[4] * 6, 2]
    assert history.path == (
        "arrays: as asked; micro-batches of 4 rows, since memory ran out (Unable to allocate 26 rows)"
    )
    made.value_and_gradient(problem.theta(), 3, whole, lambda: problem.rows(3))
    assert made.without_penalties.asked[-1] == 3
    assert list(whole) == []  # closed, with what it held


def test_where_one_row_is_too_many_the_error_says_what_to_do(problem):
    class Nothing(Objective):
        def value_and_gradient(self, *args):
            raise MemoryError("Unable to allocate 7 EiB")

    made = MicroBatches(problem.device, Nothing(problem.network, problem.objective.head))
    rows = problem.rows(9)
    whole = rows.batches(np, None, 9, np.float64, 0)
    with pytest.raises(DeviceMemoryError) as caught:
        made.value_and_gradient(problem.theta(), 9, whole, lambda: rows)
    assert str(caught.value) == (
        "device 'cpu' ran out of memory with one row at a time: Unable to allocate 7 EiB. Use a smaller network "
        "(hidden_layer_sizes) or dtype='float32' in place of 'float64'."
    )


ALGORITHMS = {
    "minibatch": Minibatch(GradientDescent(), Constant(0.3), 16, 4, seed=3),
    "dropout": Minibatch(GradientDescent(), Constant(0.3), 16, 4, seed=3, dropout=(0.2, 0.3), clip_norm=0.5),
    "in order": Minibatch(GradientDescent(), Constant(0.3), 16, 4, seed=3, shuffle=False, average=0.9),
    "full batch": FullBatch(LBFGS(), 4, 20, 1e-5),
}


@pytest.mark.usefixtures("by_arrays")
@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("kind", ["dense", "sparse", "some rows", "weights"])
def test_training_in_micro_batches_is_the_training(device, problem_on, name, kind):
    problem, algorithm = problem_on(device), ALGORITHMS[name]
    rows = problem.rows(50, weight=np.arange(50.0) if kind == "weights" else None)
    if kind == "sparse":
        rows = replace(rows, X=SparseRows(device, scipy.sparse.csr_array(problem.host_rows(50)[0])))
    if kind == "some rows":
        rows = replace(rows, index=device.asarray(np.arange(3, 45)))
    expected = problem.train(algorithm, rows=rows)
    found = problem.train(algorithm, rows=rows, objective=scarce(problem.objective))
    assert re.search(r"; micro-batches of [34] rows, since memory ran out \(Unable to allocate ", found.history.path)
    assert "micro-batches" not in expected.history.path
    np.testing.assert_allclose(device.to_host(found.theta), device.to_host(expected.theta), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.history.cost, expected.history.cost, rtol=1e-10)
    np.testing.assert_allclose(found.history.gradient_norm, expected.history.gradient_norm, rtol=1e-8)
    assert not np.allclose(device.to_host(found.theta), device.to_host(problem.theta()))


def test_members_are_trained_in_micro_batches(device, problem_on):
    problem, algorithm = problem_on(device), ALGORITHMS["dropout"]
    expected = problem.train(algorithm, problem.theta(3))
    found = problem.train(algorithm, problem.theta(3), objective=scarce(problem.objective))
    np.testing.assert_allclose(device.to_host(found.theta), device.to_host(expected.theta), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["minibatch", "full batch"])
@pytest.mark.parametrize("method", ["epoch", "gradient"])
def test_without_memory_for_compiled_steps_arrays_go_on(monkeypatch, problem, name, method):
    """As the compilers of both devices may raise it, before the first step."""

    def no_memory(*args):
        raise MemoryError("Unable to allocate 3 GiB.")

    monkeypatch.setattr(CpuCompiler, method, no_memory)
    algorithm = replace(ALGORITHMS[name], compiled=True)
    found = problem.train(algorithm)
    if (name, method) in (("minibatch", "epoch"), ("full batch", "gradient")):
        assert found.history.path.startswith("arrays: memory ran out for ")
        assert found.history.path.endswith(" (Unable to allocate 3 GiB)")
        expected = problem.train(replace(algorithm, compiled=False))
        assert np.array_equal(found.theta, expected.theta)
    else:
        assert found.history.path == "compiled"


def test_a_precision_that_only_compiled_steps_have_is_not_given_up(monkeypatch, problem):
    def no_memory(*args):
        raise MemoryError("Unable to allocate 3 GiB.")

    monkeypatch.setattr(CpuCompiler, "epoch", no_memory)
    monkeypatch.setattr(problem.device, "precision", "tf32")
    with pytest.raises(MemoryError, match="3 GiB"):
        problem.train(replace(ALGORITHMS["minibatch"], compiled=True))


def test_a_copy_of_all_rows_that_does_not_fit_is_not_made(monkeypatch, problem):
    algorithm, rows = ALGORITHMS["full batch"], replace(problem.rows(), index=np.arange(40))
    expected = problem.train(algorithm, rows=rows)

    def no_memory(self, xp):
        raise MemoryError

    monkeypatch.setattr(Rows, "together", no_memory)
    found = problem.train(algorithm, rows=rows)
    assert found.history.path == (
        "arrays: memory ran out for a copy of all rows or compiled evaluations (an allocation failed)"
    )
    np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-9)


def test_one_output_and_members_with_weights():
    """A head with one output and two classes, whose shapes broadcast most readily where they should not."""
    cpu, rng = get_device("cpu"), np.random.default_rng(0)
    network = Network((3, 2, 1), (Tanh(),))
    objective = Objective(network, pair(Sigmoid(), CrossEntropy()), l2=0.2)
    rows = Rows(rng.standard_normal((9, 3)), (rng.random((9, 1)) < 0.5).astype(float), rng.random(9))
    check_equal(cpu, objective, rng.standard_normal((2, network.n_parameters)), rows)
