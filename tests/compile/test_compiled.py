"""A compiled epoch does what the arrays do."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from problems import METHODS, SIZES, heads, problem, same

from gpunn.compile.trace import Graph, Untraceable
from gpunn.devices import get_device
from gpunn.devices.ranks import ALONE
from gpunn.nn.activations import ACTIVATIONS, PReLU, ReLU, Softmax, Tanh
from gpunn.nn.heads import IdentityQuadratic, SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.nn.stable import sigmoid
from gpunn.optim.first_order import Adam, AdamW, GradientDescent, Momentum, NoState
from gpunn.optim.muon import Muon
from gpunn.optim.schedules import InverseScaling
from gpunn.training import loop as training_loop
from gpunn.training import ranked
from gpunn.training.minibatch import Minibatch

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from gpunn.compile import formulas
from gpunn.compile.cpu import epoch, program, runtime

CPU = get_device("cpu")
PARTITIONS = ["data parallel", "tensor parallel", "sharded update"]


def both(
    monkeypatch,
    objective,
    method,
    rows,
    dtype="float64",
    threads=2,
    batch=4,
    partition="data parallel",
    dropout=(),
    ranks=ALONE,
    **limits,
):
    """theta, state, cost and norm after an epoch by arrays and compiled."""
    theta = objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias).astype(dtype)
    epochs = Minibatch(
        method, InverseScaling(0.1), batch, max_epochs=1, seed=3, dropout=dropout, **limits, compiled=False
    )
    start = epochs.start(CPU, theta.copy())
    drawn = epochs._dropout(CPU, replace(start, step=start.step.copy()))
    plain = training_loop.run(epochs, CPU, objective, start, rows)
    order = np.random.default_rng([3, 1, 0]).permutation(len(rows))
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    monkeypatch.setattr(program, "_n_threads", lambda flops: threads)
    monkeypatch.setattr(program.CompiledEpoch, "partition", lambda self, batch: partition)
    monkeypatch.setattr(program, "empty_aligned", full_of_nan)  # what is read was written before
    # Penalties are divided by the rows of all ranks.
    whole = replace(objective, l2=ranks.size * objective.l2, l1=ranks.size * objective.l1)
    compiled = program.CompiledEpoch(whole, method, theta, method.init(np, theta), rows.X, drawn, **limits, ranks=ranks)
    theta, state = compiled.align(theta, method.init(np, theta))
    lr = np.full(-(-len(rows) // batch), 0.1, dtype)
    keys = None if drawn is None else drawn.keys(np, len(lr))
    totals = None
    if ranks.size > 1:
        totals = ranked.totals(ranks, *(ranks.size * np.array(x) for x in ranked.batch_weights(order, weight, batch)))
    total, norm = compiled(theta, state, rows.X, rows.T, rows.weight, order, lr, batch, keys, totals)
    history = plain.history
    ours = (theta, *state, total / len(rows), norm)
    at = plain.theta if plain.latest is None else plain.latest
    return ours, (at, *plain.method_state, history.cost[0], history.gradient_norm[0])


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


@pytest.mark.parametrize("activation", [kind() for kind in ACTIVATIONS.values()], ids=str)
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


class Swish(PReLU):
    """h = z sigmoid(slope z). Source: Ramachandran, Zoph & Le 2018, section 4."""

    def forward(self, xp, z, slope):
        return z * sigmoid(xp, slope[..., None, :] * z)

    def backward(self, xp, z, h, dh, slope):
        u = slope[..., None, :] * z
        gate, slack = sigmoid(xp, u), sigmoid(xp, -u)
        dslope = xp.sum(dh * z * z * gate * slack, axis=-2)
        dslope = xp.sum(dslope, axis=-1, keepdims=True) if self.shared else dslope
        return dh * gate * (1 + u * slack), {"slope": dslope}


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize(("threads", "batch"), [(1, 10), (2, 4), (5, 3)])  # of the last step some threads have no rows
@pytest.mark.parametrize("activation", [PReLU(), PReLU(shared=True), Swish(), Swish(shared=True)], ids=repr)
@pytest.mark.parametrize("more", [{}, {"dropout": (0.2, 0.3, 0.5), "clip_norm": 0.3}], ids=str)
def test_what_activations_learn_is_learned_as_by_arrays(monkeypatch, partition, threads, batch, activation, more):
    objective = Objective(Network((5, 4, 6, 3), (activation, Tanh())), SoftmaxLogLikelihood(), l2=0.7)
    given = {"threads": threads, "batch": batch, "partition": partition, **more}
    same(*both(monkeypatch, objective, Momentum(), problem(weighted=True), **given))


@pytest.mark.parametrize("partition", ["data parallel", "sharded update"])  # a row is normalised by one thread
@pytest.mark.parametrize(("threads", "batch"), [(1, 10), (2, 4), (5, 3)])
@pytest.mark.parametrize("activation", [LayerNorm(), LayerNorm(PReLU()), LayerNorm(PReLU(shared=True))], ids=repr)
@pytest.mark.parametrize("more", [{}, {"dropout": (0.2, 0.3, 0.5), "clip_norm": 0.3}], ids=str)
def test_layer_normalisation_is_compiled_to_what_the_arrays_give(
    monkeypatch, partition, threads, batch, activation, more
):
    network = Network((5, 4, 6, 3), (activation, LayerNorm(Tanh())))
    objective = Objective(network, SoftmaxLogLikelihood(), l2=0.7)
    given = {"threads": threads, "batch": batch, "partition": partition, **more}
    same(*both(monkeypatch, objective, Momentum(), problem(weighted=True), **given))


class Broken(PReLU):
    """PReLU with another backward pass."""

    def __init__(self, other):
        super().__init__()
        object.__setattr__(self, "other", other)

    def backward(self, xp, z, h, dh, slope):
        return self.other(xp, z, dh, slope)


@pytest.mark.parametrize(("backward", "why"), [
    (lambda xp, z, dh, slope: (dh, {"slope": 2 * xp.sum(z * dh, axis=-2)}), "is not a sum over rows"),
    (lambda xp, z, dh, slope: (dh, {"slope": xp.max(z * dh, axis=-2)}), "is not a sum over rows"),
    (lambda xp, z, dh, slope: (dh, {"slope": z}), "is not a sum over rows"),
    (lambda xp, z, dh, slope: (dh, {}), "KeyError"),
    (lambda xp, z, dh, slope: (dh * slope, {"slope": xp.sum(z * dh, axis=-2)}), "Columns among the operands"),
    (lambda xp, z, dh, slope: (dh * slope[..., :1], {"slope": xp.sum(dh, axis=-2)}), "a part of what a layer learns"),
    (lambda xp, z, dh, slope: (dh * xp.sum(z, axis=-2), {"slope": xp.sum(dh, axis=-2)}), "among the operands"),
])  # fmt: skip
def test_gradients_of_what_is_learned_that_are_no_sums_over_rows_are_refused(backward, why):
    with pytest.raises(Untraceable, match=f"^Broken: .*{why}"):
        formulas.backward(Broken(backward), "float64")


@pytest.mark.parametrize(("shapes", "why"), [
    ({"slope": (3, 4)}, "Broken learns an array that is not one number, or one a neuron"),
    (dict.fromkeys("abcd", (4,)), "Broken learns too many arrays"),
])  # fmt: skip
def test_layers_that_learn_more_are_not_compiled(monkeypatch, shapes, why):
    monkeypatch.setattr(Broken, "shapes", lambda self, n: {k: (n,) if v == (4,) else v for k, v in shapes.items()})
    monkeypatch.setattr(Broken, "forward", lambda self, xp, z, **learned: z)
    objective = Objective(Network(SIZES, (Broken(None),)), SoftmaxLogLikelihood())
    theta = np.zeros(objective.network.n_parameters)
    with pytest.raises(Untraceable, match=why):
        program.CompiledEpoch(objective, GradientDescent(), theta, NoState(), theta[None])


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("limit", [1e-3, 0.3, 1e3])  # each gradient is clipped, some are, none is
def test_gradients_are_clipped_as_the_arrays_clip_them(monkeypatch, partition, threads, limit):
    objective = Objective(Network((5, 4, 6, 3), (Tanh(), ReLU())), SoftmaxLogLikelihood(), l2=0.7, l1=0.3)
    given = {"threads": threads, "partition": partition, "clip_norm": limit}
    ours, plain = both(monkeypatch, objective, GradientDescent(), problem(weighted=True), **given)
    same(ours, plain)
    unclipped, _ = both(
        monkeypatch, objective, GradientDescent(), problem(weighted=True), **{**given, "clip_norm": None}
    )
    assert np.allclose(ours[0], unclipped[0], rtol=1e-9) == (limit == 1e3)


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("limit", [0.1, 0.5, 1e3])
@pytest.mark.parametrize("more", [{}, {"clip_norm": 0.3, "dropout": (0.2, 0.3, 0.5)}], ids=str)
def test_norms_of_incoming_weights_are_limited_as_by_arrays(monkeypatch, partition, threads, limit, more):
    network = Network((5, 4, 6, 3), (Tanh(), PReLU()))
    given = {"threads": threads, "partition": partition, **more}
    objective, rows = Objective(network, SoftmaxLogLikelihood(), l2=0.7), problem(weighted=True)
    ours, plain = both(monkeypatch, objective, Momentum(), rows, **given, max_norm=limit)
    same(ours, plain)
    norms = np.concatenate([np.linalg.norm(layer.W.of(np, ours[0]), axis=0) for layer in network.layers])
    assert np.all(norms <= limit * (1 + 1e-12))
    assert np.any(norms >= limit * (1 - 1e-12)) == (limit < 1)


class Twins:
    """Two ranks with the same rows, as one of them sees it."""

    rank, size = 0, 2

    def allreduce(self, array):
        array *= 2


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("limits", [{}, {"clip_norm": 0.1}, {"max_norm": 0.4}, {"clip_norm": 0.1, "max_norm": 0.4}])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_gradients_of_ranks_are_summed(monkeypatch, partition, threads, limits, weighted):
    objective = Objective(Network((5, 4, 6, 3), (PReLU(), ReLU())), SoftmaxLogLikelihood(), l2=0.7, l1=0.3)
    given = (monkeypatch, objective, Adam(), problem(weighted=weighted, sizes=(5, 4, 6, 3)), "float64", threads)
    dropout = (0.2, 0.1, 0.3)
    same(*both(*given, partition=partition, dropout=dropout, ranks=Twins(), **limits))


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_the_sum_over_ranks_is_raised(monkeypatch, partition, threads):
    class Broken(Twins):
        def allreduce(self, array):
            raise RuntimeError("no message came")

    objective = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood())
    with pytest.raises(RuntimeError, match="no message came"):
        both(monkeypatch, objective, Adam(), problem(), threads=threads, partition=partition, ranks=Broken())


def test_ranks_with_smaller_shares_use_as_many_threads(monkeypatch):
    objective, X = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood()), problem().X
    theta = np.zeros(objective.network.n_parameters)
    compiled = program.CompiledEpoch(objective, Adam(), theta, Adam().init(np, theta), X, ranks=Twins())
    monkeypatch.setattr(program, "_n_threads", lambda flops: 1 + (flops > 6 * 2 * (5 * 4 + 4 * 3)))
    strides = epoch.Strides((5, 1), (3, 1))
    assert [compiled._plan(True, 2, 1, strides, largest).n_threads for largest in (2, 3)] == [1, 2]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("threads", [1, 3])
def test_an_interrupt_that_ctypes_discards_is_raised(monkeypatch, threads):
    """Before the first line of the function that compiled code calls."""

    def interrupted():
        raise KeyboardInterrupt

    called = runtime.CALLED
    monkeypatch.setattr(runtime, "CALLED", lambda function: called(interrupted))
    objective = Objective(Network(SIZES, (ReLU(),)), SoftmaxLogLikelihood())
    with pytest.raises(KeyboardInterrupt):
        both(monkeypatch, objective, Adam(), problem(), threads=threads, ranks=Twins())


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_whose_square_overflows_is_clipped(monkeypatch, partition, dtype):
    objective, rows = Objective(Network(SIZES, (ReLU(),)), IdentityQuadratic()), problem(dtype)
    rows.X[...] *= {"float32": 1e12, "float64": 1e80}[dtype]  # the gradient grows with the square of X
    given = {"dtype": dtype, "batch": len(rows), "partition": partition, "clip_norm": 2.0}
    ours, plain = both(monkeypatch, objective, GradientDescent(), rows, **given)
    start = objective.network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    assert np.linalg.norm(ours[0] - start) == pytest.approx(0.1 * 2.0, rel=1e-4)  # lr times the limit
    assert ours[0] == pytest.approx(plain[0], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_gradient_that_is_not_finite_leaves_nothing_finite(monkeypatch, partition):
    network, rows = Network(SIZES, (ReLU(),)), problem()
    rows.X[0, 0] = np.inf
    monkeypatch.setattr(program, "_n_threads", lambda flops: 2)
    monkeypatch.setattr(program.CompiledEpoch, "partition", lambda self, batch: partition)
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    given = Objective(network, IdentityQuadratic()), GradientDescent(), theta, NoState(), rows.X
    compiled = program.CompiledEpoch(*given, clip_norm=1.0)
    theta, state = compiled.align(theta, NoState())
    compiled(theta, state, rows.X, rows.T, None, np.arange(11), np.ones(1), 11)
    assert np.isnan(theta).all()


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


DEEP = Network((5, 4, 4, 3), (ReLU(), ReLU()))


@pytest.mark.parametrize(
    ("network", "method", "said"),
    [
        (Network(SIZES, (ReLU(),), PReLU()), Adam(), "output layer learns"),
        (Network(SIZES, (ReLU(),)), AdamW(n_decayed=3), "a part of an array"),
        (DEEP, Muon(matrices=(DEEP.layers[1].W,)), "cannot be traced: Muon: xp.reshape"),
    ],
)
def test_what_cannot_be_compiled_is_done_with_arrays_and_the_history_says_so(network, method, said):
    objective = Objective(network, SoftmaxLogLikelihood())
    epochs = Minibatch(method, InverseScaling(0.1), 4, max_epochs=1, seed=3, compiled=True)
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    assert said in training_loop.run(epochs, CPU, objective, epochs.start(CPU, theta), problem()).history.path


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
