"""A captured epoch does what the arrays do: kernels made from the formulas, run as C++ on a GPU of paper."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from problems import METHODS, SIZES, heads, problem, same

from gpunn.compile import policy
from gpunn.compile.cuda.runtime import INPUTS, LaunchConfig
from gpunn.compile.trace import Untraceable
from gpunn.devices import get_device
from gpunn.nn.activations import ACTIVATIONS, GELU, PReLU, ReLU, Softmax, Tanh
from gpunn.nn.heads import IdentityQuadratic, SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, GradientDescent, Momentum, NoState
from gpunn.optim.schedules import InverseScaling
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.minibatch import Minibatch

CPU = get_device("cpu")


def trained(device, objective, method, rows, dtype="float64", batch=4, epochs=2, shuffle=True):
    """What training leaves, through the loop that all training takes."""
    theta = objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    compiled = device is not CPU
    loop = Minibatch(method, InverseScaling(0.1), batch, epochs, seed=3, shuffle=shuffle, compiled=compiled)
    progress = loop.start(device, device.asarray(theta.astype(dtype)))
    state = progress.method_state  # whose copies of theta are on the device too
    progress.method_state = type(state)(*map(device.asarray, state))
    weight = None if rows.weight is None else device.asarray(rows.weight)
    rows = Rows(device.asarray(rows.X), device.asarray(rows.T), weight)
    progress = training_loop.run(loop, device, objective, progress, rows)
    assert (progress.history.path == "captured") == compiled
    return progress


def left(progress):
    """The arrays that training left."""
    history = progress.history
    return (progress.theta, *progress.method_state, history.cost, history.gradient_norm, progress.step)


def check(device, objective, method, rows, rel=1e-11, **how):
    mine, plain = (trained(on, objective, method, rows, **how) for on in (device, CPU))
    same(left(mine), left(plain), rel)


@pytest.mark.parametrize("head", list(heads()))
def test_every_head_is_fused_to_what_the_arrays_give(paper, head):
    check(paper(), Objective(Network(SIZES, (Tanh(),)), head), Adam(), problem())


@pytest.mark.parametrize("activation", [kind() for kind in ACTIVATIONS.values() if kind is not PReLU], ids=str)
def test_every_activation_is_fused_to_what_the_arrays_give(paper, activation):
    check(paper(), Objective(Network(SIZES, (activation,)), SoftmaxLogLikelihood()), Adam(), problem())


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("penalties", [{}, {"l2": 0.7}, {"l2": 0.7, "l1": 0.3}], ids=str)
def test_every_method_weights_and_penalties_are_fused(paper, method, weighted, penalties):
    objective = Objective(Network(SIZES, (Softmax(),)), SoftmaxLogLikelihood(), **penalties)
    check(paper(), objective, method, problem(weighted=weighted))


def test_rows_that_all_weigh_nothing_change_nothing(paper):
    rows = problem()
    rows = Rows(rows.X, rows.T, np.zeros(len(rows)))
    check(paper(), Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood(), l2=0.1), GradientDescent(), rows)


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("batch", [1, 4, 11])
def test_any_depth_and_any_batch(paper, depth, batch):
    network = Network((5, *(4,) * depth, 3), (ReLU(),) * depth)
    check(paper(), Objective(network, SoftmaxLogLikelihood()), Momentum(), problem(), batch=batch)


@pytest.mark.parametrize("X_type", INPUTS)
def test_inputs_of_any_dtype_are_converted(paper, X_type):
    objective = Objective(Network((5, 3), ()), SoftmaxLogLikelihood(), l2=0.1)
    check(paper(), objective, Adam(), problem("float32", X_type=X_type), 1e-4, dtype="float32")


def test_rows_in_another_order_of_memory(paper):
    rows = problem()
    rows = Rows(np.asfortranarray(rows.X), np.asfortranarray(rows.T))
    check(paper(), Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood()), Adam(), rows, shuffle=False)


@pytest.mark.parametrize(("activation", "head", "config"), [
    (GELU(), IdentityQuadratic(), LaunchConfig(4, 16)), (Softmax(), SoftmaxLogLikelihood(), LaunchConfig(32, 64)),
])  # fmt: skip
def test_warps_and_blocks_of_threads_that_run_at_once(paper, activation, head, config):
    sizes = (2, 35, 33) if config.warp == 32 else (2, 6, 5)  # more columns than lanes
    rows = problem(n=5, weighted=True, sizes=sizes)
    check(paper(config=config), Objective(Network(sizes, (activation,)), head, l2=0.1), Adam(), rows, epochs=1, batch=3)


def test_many_rows_are_summed_in_chunks(paper):
    sizes = (2, 3, 2)
    rows = problem(n=700, sizes=sizes)
    check(paper(), Objective(Network(sizes, (Tanh(),)), SoftmaxLogLikelihood()), Adam(), rows, batch=300)
    check(paper(), Objective(Network(sizes, (Softmax(),)), SoftmaxLogLikelihood()), Adam(), rows, batch=700)


def test_graphs_of_many_steps_and_what_is_left_over(paper):
    rows = problem(n=230)  # 115 steps of 2, some 40 a graph
    device = paper()
    check(device, Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood()), Adam(), rows, batch=2, epochs=3)
    check(device, Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood()), Adam(), problem(n=229), batch=2)


def test_bfloat16_rounds_what_is_multiplied_and_nothing_else(paper):
    objective = Objective(Network((5, 16, 3), (Tanh(),)), SoftmaxLogLikelihood(), l2=0.1)
    rows = problem("float32", n=64)
    narrow = trained(paper("bf16"), objective, Momentum(), rows, "float32", batch=16, epochs=4)
    plain = trained(CPU, objective, Momentum(), rows, "float32", batch=16, epochs=4)
    assert narrow.theta.dtype == np.float32
    assert not np.array_equal(narrow.theta, plain.theta)
    same(left(narrow), left(plain), rel=2e-2)
    assert np.abs(narrow.theta - plain.theta).mean() < 1e-3


def test_bfloat16_is_the_nearest_and_the_even_one_of_two(paper):
    network = Network((5, 3), ())
    device = paper("bf16")
    theta = device.asarray(np.zeros(network.n_parameters, np.float32))
    objective, rows = Objective(network, SoftmaxLogLikelihood()), problem("float32")
    program, _ = policy.compiler(device).epoch(objective, GradientDescent(), theta, NoState(), rows.X, None)
    tie, step = 2.0**-8, 2.0**-7
    given = [1, 1 + tie, 1 + 3 * tie, 1 + tie + 2.0**-20, -1 - tie, 1e-40, np.pi, -0.0, np.inf, -np.inf, np.nan, 3.4e38]
    asked = [1, 1.0, 1 + 4 * tie, 1 + step, -1.0, 0, 3.140625, -0.0, np.inf, -np.inf, np.nan, np.inf]
    buffers = program.memory.buffers
    buffers["theta"][: len(given)] = given
    program.machine.run(program.plan.start())
    found = (np.asarray(buffers["W"]).astype(np.uint32) << 16).view(np.float32)[: len(given)]
    assert found[5] == pytest.approx(1e-40, rel=0.5)
    assert np.array_equal(np.delete(found, 5), np.delete(np.float32(asked), 5), equal_nan=True)
    assert np.signbit(found[7])


def test_a_sum_that_is_not_a_number_is_seen(paper):
    objective = Objective(Network(SIZES, (Softmax(),)), SoftmaxLogLikelihood())
    device = paper()
    rows = problem()
    theta = np.full(objective.network.n_parameters, np.nan)
    theta, X, T = map(device.asarray, (theta, rows.X, rows.T))
    state = Adam().init(np, theta)
    program, path = policy.compiler(device).epoch(objective, Adam(), theta, state, X, None)
    assert path == "captured"
    order, lr = device.asarray(np.arange(11)), device.asarray(np.full(3, 0.1))
    total, norm = program(theta, state, X, T, None, order, lr, 4)
    assert np.isnan(total) and np.isnan(norm)


# What is kept and given back


def test_the_same_arrays_are_captured_once(paper):
    device = paper()
    objective, rows = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood()), problem()
    theta = device.asarray(objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias))
    state = Adam().init(np, theta)
    program, _ = policy.compiler(device).epoch(objective, Adam(), theta, state, rows.X, None)
    order, lr = np.arange(11), np.full(3, 0.1)
    program(theta, state, rows.X, rows.T, None, order, lr, 4)
    launches = device.machine.launches
    program(theta, state, rows.X, rows.T, None, order[::-1], lr, 4)
    assert device.machine.launches == launches  # but for those of graphs
    before = theta.copy()
    other = theta.copy()
    program(other, state, rows.X, rows.T, None, order, lr, 4)
    assert device.machine.launches > launches
    assert np.array_equal(theta, before) and not np.array_equal(theta, other)


def test_nothing_is_left_of_a_program_that_is_no_more(paper):
    device = paper()
    for _ in range(3):
        trained(device, Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood()), Adam(), problem())
    gc.collect()
    assert (device.machine.open, device.machine.graphs) == (0, 0)


def test_what_cannot_be_captured_leaves_no_stream_capturing(paper):
    device = paper()
    device.machine.refuses = "update"
    theta = np.zeros(27)
    objective = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood())
    theta = device.asarray(np.zeros(objective.network.n_parameters))
    with pytest.raises(RuntimeError, match="not permitted"):
        policy.compiler(device).epoch(objective, Adam(), theta, Adam().init(np, theta), problem().X, None)
    assert device.machine.captured is None
    gc.collect()
    assert device.machine.open == 0
    assert not theta.any()


@pytest.mark.parametrize("network", [Network(SIZES, (PReLU(),)), Network(SIZES, (ReLU(),), PReLU())], ids=str)
def test_what_learns_parameters_of_its_own_is_refused(paper, network):
    device = paper()
    theta = device.asarray(np.zeros(network.n_parameters))
    given = (Adam(), theta, Adam().init(np, theta), theta, None)
    with pytest.raises(Untraceable, match="learns parameters of its own"):
        policy.compiler(device).epoch(Objective(network, IdentityQuadratic()), *given)
