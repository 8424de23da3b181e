"""A compiled epoch does what the arrays do: the source made from the formulas, run as Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from as_python import module_of
from problems import METHODS, SIZES, heads, problem, same

from gpunn.devices import cores, get_device, kernels_source
from gpunn.devices import epoch_source as source_module
from gpunn.devices.epoch_source import epoch_source, workspace
from gpunn.devices.trace import Graph, Untraceable
from gpunn.nn.activations import ACTIVATIONS, PReLU, ReLU, Softmax, Tanh
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, AdamW, Momentum
from gpunn.optim.schedules import InverseScaling
from gpunn.training.minibatch import Minibatch

CPU = get_device("cpu")
WAYS = ["gradients", "neurons", "rows"]


def both(objective, method, rows, dtype="float64", threads=2, batch=4, way="gradients", dropout=()):
    """theta, state, cost and norm after an epoch by arrays and by the source."""
    theta = objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias).astype(dtype)
    epochs = Minibatch(method, InverseScaling(0.1), batch, max_epochs=1, seed=3, dropout=dropout, compiled=False)
    start = epochs.start(CPU, theta.copy())
    drawn = epochs._dropout(CPU, theta, start.step.copy())
    plain = epochs.run(CPU, objective, start, rows)
    order = np.random.default_rng([3, 1, 0]).permutation(len(rows))
    state = method.init(np, theta)
    lr = np.full(-(-len(rows) // batch), 0.1, dtype)
    weight = np.empty(0, dtype) if rows.weight is None else rows.weight
    sizes, gate = objective.network.sizes, np.zeros(1, np.int64)
    work = np.full(workspace(sizes, theta.size, batch, threads, way), np.nan, dtype)
    keys = np.empty((len(lr), 0), np.uint32) if drawn is None else drawn.keys(np, len(lr))
    epoch = module_of(epoch_source(objective, method, state, dtype, way, drawn)).epoch
    found = {}

    def share(k):
        with np.errstate(all="ignore"):
            given = (rows.X, rows.T, weight, order, sizes, theta, *state, lr, batch, keys, work)
            found[k] = epoch(k, threads, gate, *given)

    cores.together(share, threads)
    total, norm = sum(found[k][0] for k in range(threads)), np.sqrt(sum(found[k][1] for k in range(threads)))
    ours = (theta, *state, total / len(rows), norm)
    history = plain.history
    return ours, (plain.theta, *plain.method_state, history.cost[0], history.gradient_norm[0])


@pytest.mark.parametrize("head", list(heads()))
def test_every_head_is_fused_to_what_the_arrays_give(monkeypatch, head):
    monkeypatch.setattr(kernels_source, "LANES", 3)  # batches of 4 and 3 are more than once, and once, as many
    same(*both(Objective(Network(SIZES, (Tanh(),)), head), Adam(), problem(), threads=1))


@pytest.mark.parametrize("activation", [kind() for kind in ACTIVATIONS.values() if kind is not PReLU], ids=str)
def test_every_activation_is_fused_to_what_the_arrays_give(activation):
    same(*both(Objective(Network(SIZES, (activation,)), SoftmaxLogLikelihood()), Adam(), problem()))


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("penalties", [{}, {"l2": 0.7}, {"l2": 0.7, "l1": 0.3}])
def test_every_method_weights_and_penalties_are_fused(method, weighted, penalties):
    objective = Objective(Network(SIZES, (Softmax(),)), SoftmaxLogLikelihood(), **penalties)
    same(*both(objective, method, problem(weighted=weighted), threads=3))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("batch", [1, 4])
def test_any_depth_and_batch_shared_in_any_way(depth, batch, way):
    network = Network((5, *(4,) * depth, 3), (ReLU(),) * depth)
    same(*both(Objective(network, SoftmaxLogLikelihood()), Momentum(), problem(), threads=3, batch=batch, way=way))


@pytest.mark.parametrize("rates", [(0.4, 0.0, 0.0), (0.0, 0.6, 0.3), (0.2, 0.3, 0.5)], ids=str)
@pytest.mark.parametrize(
    ("activation", "way"), [*itertools.product([ReLU(), Tanh()], WAYS), (Softmax(), "gradients"), (Softmax(), "rows")]
)
def test_what_is_dropped_of_inputs_and_layers_is_what_the_arrays_drop(activation, way, rates):
    network = Network((5, 4, 6, 3), (activation, activation))
    objective = Objective(network, SoftmaxLogLikelihood(), l2=0.1)
    same(*both(objective, Adam(), problem(weighted=True), threads=3, way=way, dropout=rates))


def test_float32_stays_float32_and_pixels_are_converted():
    objective = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood(), l2=0.1)
    ours, plain = both(objective, Adam(), problem("float32", X_type="uint8"), "float32")
    assert ours[0].dtype == np.float32
    same(ours, plain, rel=1e-4)


@pytest.mark.parametrize("way", ["neurons", "rows"])
def test_blocks_of_weights_smaller_than_the_matrix(monkeypatch, way):
    monkeypatch.setattr(source_module, "BLOCK", 9)  # two rows of the first matrix a block
    same(*both(Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood(), l2=0.1), Adam(), problem(), way=way))


@pytest.mark.parametrize(
    ("network", "method", "said"),
    [
        (Network(SIZES, (PReLU(),)), Adam(), "PReLU learns parameters"),
        (Network(SIZES, (ReLU(),), PReLU()), Adam(), "output layer learns"),
        (Network(SIZES, (ReLU(),)), AdamW(n_decayed=3), "a part of an array"),
    ],
)
def test_what_cannot_be_fused_is_done_with_arrays_and_the_history_says_so(network, method, said):
    objective = Objective(network, SoftmaxLogLikelihood())
    epochs = Minibatch(method, InverseScaling(0.1), 4, max_epochs=1, seed=3, compiled=True)
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    pytest.importorskip("numba", reason="Numba is not installed: nothing is fused")
    assert said in epochs.run(CPU, objective, epochs.start(CPU, theta), problem()).history.path


@pytest.mark.parametrize("formula", [
    lambda xp, z: xp.sum(z, axis=-2), lambda xp, z: z**3, lambda xp, z: xp.matmul(z, z), lambda xp, z: z.shape[0],
    lambda xp, z: z + np.ones(3), lambda xp, z: z[0],
])  # fmt: skip
def test_what_is_no_loop_over_a_row_is_refused(formula):
    graph = Graph("float64")
    with pytest.raises(Untraceable):
        formula(graph, graph.input("z"))


def test_equal_operations_are_one_node():
    graph = Graph("float64")
    z = graph.input("z")
    assert (graph.exp(z) + 1).number == (graph.exp(z) + 1).number
