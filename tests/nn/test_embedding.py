"""Embedded columns: lookup, the gradient of the tables, and the layout of a network that has them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from gpunn.compile import formulas, policy
from gpunn.compile.trace import Untraceable
from gpunn.devices import get_device
from gpunn.nn.activations import Identity, PReLU, Softmax, Tanh
from gpunn.nn.costs import LogLikelihood
from gpunn.nn.dropout import Dropout
from gpunn.nn.embedding import Embedding, embed, table_gradient
from gpunn.nn.heads import pair
from gpunn.nn.initialisers import glorot_uniform, uniform_bias
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective, limit_norms
from gpunn.optim.first_order import AdamW, GradientDescent
from gpunn.optim.muon import Muon
from gpunn.training.profile import flops_per_row

CPU = get_device("cpu")
N, M = 9, 3
ONE = Network((6, 5, 3), (Tanh(),), embeddings=(Embedding(1, 7, 4),))  # two other columns, one on either side
TWO = Network((9, 5, 4, 3), (Tanh(), Tanh()), embeddings=(Embedding(0, 4, 2), Embedding(3, 6, 5)))
ALONE = Network((3, 2), (), embeddings=(Embedding(0, 5, 3),))  # no hidden layer, and no other column
SLOPED = Network((9, 5, 4, 3), (PReLU(), Tanh()), PReLU(), (Embedding(0, 4, 2), Embedding(3, 6, 5)))  # has kinks
smooth_networks = pytest.mark.parametrize("network", [ONE, TWO, ALONE], ids=lambda n: str(n.sizes))
every_network = pytest.mark.parametrize("network", [ONE, TWO, ALONE, SLOPED], ids=["one", "two", "alone", "sloped"])
HEAD = pair(Softmax(), LogLikelihood())


def rows(network, shape, seed=0):
    """X (*shape, d) with every other code twice or more, some that no row has, and code 0."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(*shape, network.n_columns))
    for embedding in network.embeddings:
        codes = rng.integers(1, embedding.n_categories, size=shape)  # the last one has no row
        codes[..., ::4] = 0
        codes[..., 1] = codes[..., 2]
        X[..., embedding.column] = codes
    return X


def problem(network, members=None, own_rows=False):
    """theta, X and T."""
    theta = np.random.default_rng(1).normal(size=(*((members,) if members else ()), network.n_parameters))
    X = rows(network, (members, N) if own_rows else (N,))
    T = np.eye(network.sizes[-1])[np.arange(N) % network.sizes[-1]]
    return theta, X, np.stack([np.roll(T, i, axis=0) for i in range(members)]) if own_rows else T


def one_hot(codes, n_categories):
    """(..., n, K), zeros for code 0."""
    return (codes[..., None] == np.arange(1, n_categories + 1)).astype(float)


def gradient(device, objective, theta, X, T, dropout=None, dtype="float64"):
    on = [device.asarray(x, dtype) for x in (theta, X, T)]
    with device.use():
        f, g = objective.value_and_gradient(device.xp, *on, None, dropout)
        return device.to_host(f), device.to_host(g)


def quotient(objective, theta, X, T, dropout=None):
    """Central differences of sixth order of the cost by theta (..., P)."""
    found = np.zeros_like(theta)
    for i in range(theta.shape[-1]):
        step = 1e-3 * np.eye(theta.shape[-1])[i]
        for k, factor in ((1, 45), (2, -9), (3, 1)):
            ends = [theta + sign * k * step for sign in (1, -1)]
            costs = [objective.value_and_gradient(np, end, X, T, None, dropout)[0] for end in ends]
            found[..., i] += factor * (costs[0] - costs[1]) / (60 * 1e-3)
    return found


MEMBERS = pytest.mark.parametrize(("members", "own_rows"), [(None, False), (M, False), (M, True)])


# Lookup and its gradient


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@MEMBERS
def test_lookup_and_gradient_are_those_of_a_product_of_one_hot_rows(device, members, own_rows, dtype):
    rng, K = np.random.default_rng(0), 6
    before = (members,) if members else ()
    E, de = rng.normal(size=(*before, K, 4)), rng.normal(size=(*before, 30, 4))
    codes = rng.integers(0, K, size=(members, 30) if own_rows else 30)
    H = one_hot(codes, K)
    with device.use():
        on_device = device.asarray(codes, "int64")
        e = device.to_host(embed(device.xp, device.asarray(E, dtype), on_device))
        dE = device.to_host(table_gradient(device.xp, on_device, device.asarray(de, dtype), K))
    assert (e.shape, e.dtype, dE.shape, dE.dtype) == (de.shape, dtype, E.shape, dtype)
    assert np.array_equal(e, (H @ E.astype(dtype)).astype(dtype))
    expected = H.swapaxes(-1, -2) @ de.astype(dtype).astype(float)
    np.testing.assert_allclose(dE, expected, rtol=2e-7 if dtype == "float32" else 1e-13, atol=1e-14)
    assert np.all(dE[..., K - 1, :] == 0) and np.all(dE[..., 0, :] != 0)


def test_the_sums_of_float32_are_those_of_float64_rounded_once(device):
    rng = np.random.default_rng(0)
    codes, de = rng.integers(1, 3, size=20_000), rng.normal(size=(20_000, 2)).astype("float32")
    with device.use():
        found = device.to_host(table_gradient(device.xp, device.asarray(codes, "int64"), device.asarray(de), 2))
    exact = np.array([[math.fsum(de[codes == k, j].tolist()) for j in range(2)] for k in (1, 2)])
    assert np.array_equal(found, exact.astype("float32"))


def test_a_category_without_rows_has_gradient_0_beside_huge_ones(device):
    codes, de = np.array([3, 1, 3, 1, 4]), np.array([[1e10], [1.0], [-1e10], [2.0], [4.0]])
    with device.use():
        found = device.to_host(table_gradient(device.xp, device.asarray(codes), device.asarray(de, "float32"), 5))
    assert found.tolist() == [[3], [0], [0], [4], [0]]


def test_code_0_reads_no_row_of_the_table(device):
    E = np.full((2, 3), np.nan)
    with device.use():
        e = device.to_host(embed(device.xp, device.asarray(E), device.asarray(np.zeros(4, "int64"))))
    assert np.array_equal(e, np.zeros((4, 3)))


# The gradient of a network


@smooth_networks
@MEMBERS
def test_the_gradient_is_the_difference_quotient(device, network, members, own_rows):
    theta, X, T = problem(network, members, own_rows)
    objective = Objective(network, HEAD, 0.7)
    expected = quotient(objective, theta, X, T)
    _, g = gradient(device, objective, theta, X, T)
    np.testing.assert_allclose(g, expected, rtol=1e-7, atol=1e-9)
    assert not np.allclose(1.001 * g, expected, rtol=1e-7, atol=1e-9)
    for table in network.tables:
        dE = table.of(np, g)
        assert np.all(dE[..., -1, :] == 0) and np.any(dE != 0)  # no row has the last code


@smooth_networks
def test_the_gradient_under_dropout_is_the_difference_quotient(device, network):
    theta, X, T = problem(network, M)
    rates, seed, step = (0.4,) * len(network.layers), np.array([[4], [5], [6]], np.uint32), np.array([2], np.uint32)
    objective = Objective(network, HEAD)
    expected = quotient(objective, theta, X, T, Dropout(rates, seed, step))
    dropout = Dropout(rates, device.asarray(seed), device.asarray(step))
    np.testing.assert_allclose(gradient(device, objective, theta, X, T, dropout)[1], expected, rtol=1e-7, atol=1e-9)


@every_network
def test_dropout_of_the_inputs_drops_embedded_ones(network):
    theta, X, _ = problem(network)
    dropout = Dropout((0.5,) + (0.0,) * (len(network.layers) - 1), np.array([1], np.uint32), np.array([0], np.uint32))
    h, trace = network.inputs(np, theta, X), network.forward(np, theta, X, dropout)[1][0]
    assert trace.mask.shape == h.shape
    assert np.array_equal(trace.x, h * trace.mask)
    of_embedded = trace.mask[:, -network.n_embedded :]
    assert 0 < np.mean(of_embedded == 0) < 1


@every_network
@MEMBERS
def test_every_device_gives_the_same_numbers(device, network, members, own_rows):
    at, objective = problem(network, members, own_rows), Objective(network, HEAD, 0.1, 0.2)
    for found, expected in zip(gradient(device, objective, *at), gradient(CPU, objective, *at), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@every_network
@pytest.mark.parametrize("own_rows", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_member_is_the_network_alone(network, own_rows, dtype):
    theta, X, T = problem(network, M, own_rows)
    objective = Objective(network, HEAD)
    f, g = gradient(CPU, objective, theta, X, T, dtype=dtype)
    for i in range(M):
        rows_of_i, targets = (X[i], T[i]) if own_rows else (X, T)
        f1, g1 = gradient(CPU, objective, theta[i], rows_of_i, targets, dtype=dtype)
        np.testing.assert_allclose(g[i], g1, rtol=1e-12 if dtype == "float64" else 1e-4, atol=1e-6)
        np.testing.assert_allclose(f[i], f1, rtol=1e-12 if dtype == "float64" else 1e-6)


@every_network
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@MEMBERS
def test_shapes_and_dtype_are_kept(device, network, dtype, members, own_rows):
    theta, X, T = problem(network, members, own_rows)
    f, g = gradient(device, Objective(network, HEAD, 0.1), theta, X, T, dtype=dtype)
    assert (f.dtype, g.dtype, g.shape) == (dtype, dtype, theta.shape)


@every_network
def test_every_entry_of_the_gradient_is_written_and_arguments_stay(network, monkeypatch):
    theta, X, T = problem(network)
    copies = theta.copy(), X.copy()
    monkeypatch.setattr(np, "empty_like", lambda x: np.full(x.shape, np.nan))
    assert not np.isnan(gradient(CPU, Objective(network, HEAD), theta, X, T)[1]).any()
    assert np.array_equal(theta, copies[0]) and np.array_equal(X, copies[1])


# What it is in terms of one-hot columns


def as_one_hot(network, X):
    """X with the one-hot columns of each embedding behind the others."""
    codes = [embedding.column for embedding in network.embeddings]
    hot = [one_hot(X[..., each.column], each.n_categories) for each in network.embeddings]
    return np.concatenate([np.delete(X, codes, axis=-1), *hot], axis=-1)


def test_identity_tables_are_one_hot_columns(device):
    embeddings = (Embedding(0, 4, 4), Embedding(2, 3, 3))
    network, plain = Network((8, 5, 3), (Tanh(),), embeddings=embeddings), Network((8, 5, 3), (Tanh(),))
    theta, X, T = problem(network)
    for table in network.tables:
        table.put(np, theta, np.eye(table.shape[0]))
    f, g = gradient(device, Objective(network, HEAD, 0.3), theta, X, T)
    P = plain.n_parameters
    expected = gradient(device, Objective(plain, HEAD, 0.3), theta[:P], as_one_hot(network, X), T)
    assert f == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_allclose(g[:P], expected[1], rtol=1e-13, atol=1e-15)


def test_training_is_that_of_one_hot_columns_times_the_tables():
    """The tables as the first layer of a network of one-hot columns, linear and without bias."""
    network = Network((6, 4, 3), (Tanh(),), embeddings=(Embedding(1, 4, 4),))
    deep = Network((6, 6, 4, 3), (Identity(), Tanh()))
    theta, X, T = problem(network)
    H, theta_deep = as_one_hot(network, X), np.zeros(deep.n_parameters)
    pairs = list(zip(network.layers, deep.layers[1:], strict=True))
    for own, other in pairs:
        other.W.put(np, theta_deep, own.W.of(np, theta))
        other.b.put(np, theta_deep, own.b.of(np, theta))
    first, E = np.eye(6), network.tables[0].of(np, theta)
    for _ in range(20):
        first[2:, 2:] = E
        deep.layers[0].W.put(np, theta_deep, first)  # nothing else of it is trained
        deep.layers[0].b.put(np, theta_deep, np.zeros(6))
        np.testing.assert_allclose(network.logits(np, theta, X), deep.logits(np, theta_deep, H), rtol=1e-9, atol=1e-10)
        for net, at, given in ((network, theta, X), (deep, theta_deep, H)):
            g = Objective(net, HEAD).value_and_gradient(np, at, given, T)[1]
            GradientDescent().update(np, at, g, (), np.array([0.5]))
        E = deep.layers[0].W.of(np, theta_deep)[2:, 2:]
    for own, other in pairs:
        np.testing.assert_allclose(own.W.of(np, theta), other.W.of(np, theta_deep), rtol=1e-9)
    start = problem(network)[0]
    assert np.abs(network.tables[0].of(np, theta - start)).max() > 0.1  # it was trained


# Layout


@every_network
def test_tables_are_behind_all_else(network):
    layers, parts = network.layers, [*network.tables]
    parts += [part for layer in layers for part in (layer.W, layer.b, *layer.learned.values())]
    covered = np.zeros(network.n_parameters, int)
    for part in parts:
        covered[part.start : part.stop] += 1
    assert np.all(covered == 1)
    plain = Network(network.sizes, network.activations, network.output)
    assert network.tables[0].start == plain.n_parameters and network.layers == plain.layers
    assert network.n_weights == plain.n_weights
    assert [table.shape for table in network.tables] == [(e.n_categories, e.n_out) for e in network.embeddings]
    assert network.n_columns == network.sizes[0] - sum(e.n_out - 1 for e in network.embeddings)


def test_a_network_without_embeddings_is_as_it_was():
    network = Network((6, 5, 3), (Tanh(),))
    X = np.ones((2, 6))
    assert (network.n_columns, network.n_embedded, network.tables) == (6, 0, ())
    assert network.inputs(np, np.zeros(network.n_parameters), X) is X
    assert network.forward(np, np.zeros(network.n_parameters), X)[1][0].codes == ()


@every_network
def test_tables_are_drawn_after_all_else(network):
    plain = Network(network.sizes, network.activations, network.output)
    theta, before = (n.initial(np, np.random.default_rng(4), glorot_uniform, uniform_bias) for n in (network, plain))
    assert np.array_equal(theta[: plain.n_parameters], before)


def test_initial_tables_are_standard_normal():
    network = Network((8, 1), (), embeddings=(Embedding(0, 4000),))
    E = network.tables[0].of(np, network.initial(np, np.random.default_rng(0), glorot_uniform, uniform_bias))
    assert E.shape == (4000, 8)
    assert abs(E.mean()) < 0.02 and abs(E.std() - 1) < 0.02


@every_network
def test_others_come_first_then_embedded_columns_in_their_order(network):
    theta, X, _ = problem(network, M)
    h = network.inputs(np, theta, X)
    codes = [embedding.column for embedding in network.embeddings]
    others = np.delete(X, codes, axis=1)
    assert np.array_equal(h[..., : others.shape[1]], np.broadcast_to(others, (M, *others.shape)))
    start = others.shape[1]
    for embedding, table in zip(network.embeddings, network.tables, strict=True):
        E, codes = table.of(np, theta), X[:, embedding.column].astype(int)
        for i, row in itertools.product(range(M), range(N)):
            expected = E[i, codes[row] - 1] if codes[row] else np.zeros(embedding.n_out)
            assert np.array_equal(h[i, row, start : start + embedding.n_out], expected)
        start += embedding.n_out
    assert start == network.sizes[0] == h.shape[-1]


@every_network
@MEMBERS
@pytest.mark.parametrize("block", [None, 4])
def test_activations_are_those_of_forward(device, network, members, own_rows, block):
    theta, X = (device.asarray(x) for x in problem(network, members, own_rows)[:2])
    with device.use():
        z, tape = network.forward(device.xp, theta, X)
        found = [network.hidden(device.xp, theta, X, i, block) for i in range(len(network.layers) + 1)]
    for h, trace in zip(found, tape, strict=False):
        assert np.array_equal(device.to_host(h), device.to_host(trace.x))
    assert np.array_equal(device.to_host(found[-1]), device.to_host(z))


@pytest.mark.parametrize("embeddings", [
    (Embedding(-1, 3, 2),), (Embedding(2, 3, 2), Embedding(0, 3, 2)), (Embedding(1, 3, 2), Embedding(1, 4, 2)),
    (Embedding(0, 0, 2),), (Embedding(0, 3, 0),), (Embedding(0, 3, 5),), (Embedding(3, 3, 2),),
])  # fmt: skip
def test_embeddings_that_do_not_fit_are_refused(embeddings):
    with pytest.raises(ValueError, match=r"embeddings=.* of a network of 4 inputs"):
        Network((4, 3, 2), (Tanh(),), embeddings=embeddings)


def test_the_operations_of_a_row_count_the_gradient_of_embedded_inputs():
    assert flops_per_row(ONE) == 4 * 6 * 5 + 2 * 4 * 5 + 6 * 5 * 3
    assert flops_per_row(Network((6, 5, 3), (Tanh(),))) == 4 * 6 * 5 + 6 * 5 * 3


# What acts on weights alone


def test_penalties_decay_and_limits_leave_tables_alone():
    theta, X, T = problem(SLOPED)
    start = SLOPED.tables[0].start
    plain, penalised = (gradient(CPU, Objective(SLOPED, HEAD, *p), theta, X, T)[1] for p in ((0, 0), (0.7, 0.4)))
    assert np.array_equal(plain[start:], penalised[start:]) and not np.array_equal(plain[:start], penalised[:start])
    limited = theta.copy()
    limit_norms(np, SLOPED, limited, 0.1)
    assert np.array_equal(limited[start:], theta[start:]) and not np.array_equal(limited, theta)
    zero, lr = np.zeros_like(theta), np.array([0.1])
    decay = {"decay": 0.5, "n_decayed": SLOPED.n_weights}
    for method in (AdamW(**decay), Muon(**decay, matrices=tuple(layer.W for layer in SLOPED.layers[:-1]))):
        moved = theta.copy()
        method.update(np, moved, zero.copy(), method.init(np, moved), lr)
        assert np.array_equal(moved[start:], theta[start:]) and not np.array_equal(moved, theta)


# Compiled steps


def test_nothing_is_compiled_for_it():
    theta, X, T = problem(ONE)
    objective, method = Objective(ONE, HEAD), GradientDescent()
    compiler = policy.CpuCompiler(CPU)
    for found in (
        compiler.epoch(objective, method, theta, method.init(np, theta), X, None),
        compiler.gradient(objective, theta.dtype, X, T, None),
        compiler.prediction(ONE, theta.dtype),
    ):
        assert found == (None, "arrays: columns are embedded")
    for hidden in (False, True):
        with pytest.raises(Untraceable, match="columns are embedded"):
            formulas.check(ONE, hidden)
