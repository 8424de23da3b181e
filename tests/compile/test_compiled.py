"""A compiled epoch does what the arrays do."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from problems import METHODS, SIZES, heads, problem, same

from gpunn.compile.trace import Graph, Untraceable
from gpunn.devices import get_device
from gpunn.nn.activations import ACTIVATIONS, PReLU, ReLU, Softmax, Tanh
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, AdamW, Momentum
from gpunn.optim.schedules import InverseScaling
from gpunn.training.minibatch import Minibatch

pytest.importorskip("numba", reason="Numba is not installed: nothing is compiled")

from gpunn.compile.cpu import epoch, program

CPU = get_device("cpu")
PARTITIONS = ["data parallel", "tensor parallel", "sharded update"]


def both(
    monkeypatch, objective, method, rows, dtype="float64", threads=2, batch=4, partition="data parallel", dropout=()
):
    """theta, state, cost and norm after an epoch by arrays and compiled."""
    theta = objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias).astype(dtype)
    epochs = Minibatch(method, InverseScaling(0.1), batch, max_epochs=1, seed=3, dropout=dropout, compiled=False)
    start = epochs.start(CPU, theta.copy())
    drawn = epochs._dropout(CPU, replace(start, step=start.step.copy()))
    plain = epochs.run(CPU, objective, start, rows)
    order = np.random.default_rng([3, 1, 0]).permutation(len(rows))
    monkeypatch.setattr(program, "_n_threads", lambda flops: threads)
    monkeypatch.setattr(program.CompiledEpoch, "partition", lambda self, batch: partition)
    monkeypatch.setattr(program, "empty_aligned", full_of_nan)  # what is read was written before
    compiled = program.CompiledEpoch(objective, method, theta, method.init(np, theta), rows.X, drawn)
    theta, state = compiled.align(theta, method.init(np, theta))
    lr = np.full(-(-len(rows) // batch), 0.1, dtype)
    keys = None if drawn is None else drawn.keys(np, len(lr))
    total, norm = compiled(theta, state, rows.X, rows.T, rows.weight, order, lr, batch, keys)
    history = plain.history
    ours = (theta, *state, total / len(rows), norm)
    return ours, (plain.theta, *plain.method_state, history.cost[0], history.gradient_norm[0])


EMPTY = program.empty_aligned


def full_of_nan(n, dtype):
    found = EMPTY(n, dtype)
    found[...] = np.nan
    return found


@pytest.mark.parametrize("head", list(heads()))
@pytest.mark.parametrize("n", [11, 50])  # fewer rows than lanes, and more
def test_every_head_is_compiled_to_what_the_arrays_give(monkeypatch, head, n):
    objective = Objective(Network(SIZES, (Tanh(),)), head)
    same(*both(monkeypatch, objective, Adam(), problem(n=n), threads=1, batch=n))


@pytest.mark.parametrize("activation", [kind() for kind in ACTIVATIONS.values() if kind is not PReLU], ids=str)
def test_every_activation_is_compiled_to_what_the_arrays_give(monkeypatch, activation):
    same(*both(monkeypatch, Objective(Network(SIZES, (activation,)), SoftmaxLogLikelihood()), Adam(), problem()))


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("penalties", [{}, {"l2": 0.7}, {"l2": 0.7, "l1": 0.3}])
def test_every_method_weights_and_penalties_are_compiled(monkeypatch, method, weighted, penalties):
    objective = Objective(Network(SIZES, (Softmax(),)), SoftmaxLogLikelihood(), **penalties)
    same(*both(monkeypatch, objective, method, problem(weighted=weighted), threads=3))


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("batch", [1, 4])
def test_any_depth_and_batch_shared_in_any_way(monkeypatch, depth, batch, partition):
    network = Network((5, *(4,) * depth, 3), (ReLU(),) * depth)
    same(
        *both(
            monkeypatch,
            Objective(network, SoftmaxLogLikelihood()),
            Momentum(),
            problem(),
            threads=3,
            batch=batch,
            partition=partition,
        )
    )


@pytest.mark.parametrize("rates", [(0.4, 0.0, 0.0), (0.0, 0.6, 0.3), (0.2, 0.3, 0.5)], ids=str)
@pytest.mark.parametrize(
    ("activation", "partition"),
    [*itertools.product([ReLU(), Tanh()], PARTITIONS), (Softmax(), "data parallel"), (Softmax(), "sharded update")],
)
def test_what_is_dropped_of_inputs_and_layers_is_what_the_arrays_drop(monkeypatch, activation, partition, rates):
    network = Network((5, 4, 6, 3), (activation, activation))
    objective = Objective(network, SoftmaxLogLikelihood(), l2=0.1)
    same(*both(monkeypatch, objective, Adam(), problem(weighted=True), threads=3, partition=partition, dropout=rates))


def test_float32_stays_float32_and_pixels_are_converted(monkeypatch):
    objective = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood(), l2=0.1)
    ours, plain = both(monkeypatch, objective, Adam(), problem("float32", X_type="uint8"), "float32")
    assert ours[0].dtype == np.float32
    same(ours, plain, rel=1e-4)


@pytest.mark.parametrize("partition", PARTITIONS[1:])
def test_blocks_of_weights_smaller_than_the_matrix(monkeypatch, partition):
    monkeypatch.setattr(epoch, "BLOCK", 9)  # two rows of the first matrix a block
    same(
        *both(
            monkeypatch,
            Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood(), l2=0.1),
            Adam(),
            problem(),
            partition=partition,
        )
    )


@pytest.mark.parametrize(
    ("network", "method", "said"),
    [
        (Network(SIZES, (PReLU(),)), Adam(), "PReLU learns parameters"),
        (Network(SIZES, (ReLU(),), PReLU()), Adam(), "output layer learns"),
        (Network(SIZES, (ReLU(),)), AdamW(n_decayed=3), "a part of an array"),
    ],
)
def test_what_cannot_be_compiled_is_done_with_arrays_and_the_history_says_so(network, method, said):
    objective = Objective(network, SoftmaxLogLikelihood())
    epochs = Minibatch(method, InverseScaling(0.1), 4, max_epochs=1, seed=3, compiled=True)
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    assert said in epochs.run(CPU, objective, epochs.start(CPU, theta), problem()).history.path


@pytest.mark.parametrize("formula", [
    lambda xp, z: xp.sum(z, axis=-2), lambda xp, z: z**3, lambda xp, z: xp.matmul(z, z), lambda xp, z: z.shape[0],
    lambda xp, z: z + np.ones(3), lambda xp, z: z[0],
])  # fmt: skip
def test_what_is_no_loop_over_a_row_is_recompiled(formula):
    graph = Graph("float64")
    with pytest.raises(Untraceable):
        formula(graph, graph.input("z"))


def test_equal_operations_are_one_node():
    graph = Graph("float64")
    z = graph.input("z")
    assert (graph.exp(z) + 1).number == (graph.exp(z) + 1).number
