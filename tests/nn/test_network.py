"""The layout of theta, forward and backward; the gradients themselves are in test_gradients.py."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.nn.activations import ACTIVATIONS, Identity, PReLU, ReLU, Sigmoid, Softmax, Tanh
from gpunn.nn.dropout import Dropout
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS, gaussian_bias, ones, scaled_gaussian, zeros
from gpunn.nn.network import Network

CPU = get_device("cpu")
NETWORKS = [
    Network((4, 3), ()),
    Network((1, 1), ()),
    Network((4, 5, 3), (Tanh(),)),
    Network((4, 5, 2, 3), (PReLU(), PReLU(shared=True))),
    Network((4, 1, 1, 1, 1), (PReLU(), ReLU(), Softmax()), PReLU()),
    Network((2, 3, 1), (Sigmoid(),), PReLU(shared=True)),
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda n: str(n.sizes))
rng = np.random.default_rng(0)


def parts(network):
    """All parts of theta: weights, biases and slopes."""
    layers = network.layers
    slopes = [part for layer in layers for part in layer.learned.values()]
    return [layer.W for layer in layers], [layer.b for layer in layers], slopes


def passes(device, network, theta, X, dz, dropout=None, dtype="float64"):
    """Logits and gradient on the host."""
    theta, X, dz = (device.asarray(x, dtype) for x in (theta, X, dz))
    with device.use():
        z, tape = network.forward(device.xp, theta, X, dropout)
        return device.to_host(z), device.to_host(network.backward(device.xp, theta, tape, dz))


def problem(network, n=6, members=None):
    theta = np.random.default_rng(1).normal(size=(*((members,) if members else ()), network.n_parameters))
    X = np.random.default_rng(2).normal(size=(n, network.sizes[0]))
    dz = np.random.default_rng(3).normal(size=(*theta.shape[:-1], n, network.sizes[-1]))
    return theta, X, dz


@every_network
def test_parts_cover_theta_without_gap_or_overlap(network):
    covered = np.zeros(network.n_parameters, int)
    for part in itertools.chain(*parts(network)):
        assert part.stop - part.start == math.prod(part.shape)
        covered[part.start : part.stop] += 1
    assert np.all(covered == 1)


@every_network
def test_weights_come_first_then_biases_then_slopes(network):
    weights, biases, slopes = parts(network)
    assert [part.start for part in weights + biases + slopes] == sorted(p.start for p in weights + biases + slopes)
    assert network.n_weights == weights[-1].stop == sum(a * b for a, b in itertools.pairwise(network.sizes))
    assert network.n_parameters == network.n_weights + sum(network.sizes[1:]) + sum(math.prod(p.shape) for p in slopes)
    for layer, (n_in, n_out) in zip(network.layers, itertools.pairwise(network.sizes), strict=True):
        assert layer.W.shape == (layer.n_in, layer.n_out) == (n_in, n_out)
        assert layer.b.shape == (n_out,)


def test_a_part_reads_what_it_put(device):
    network, xp = NETWORKS[3], device.xp
    theta = device.asarray(np.zeros((2, network.n_parameters)))
    for i, part in enumerate(itertools.chain(*parts(network))):
        part.put(xp, theta, device.asarray(np.full((2, *part.shape), i + 1.0)))
    for i, part in enumerate(itertools.chain(*parts(network))):
        assert np.array_equal(device.to_host(part.of(xp, theta)), np.full((2, *part.shape), i + 1.0))
    assert not np.any(device.to_host(theta) == 0)


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (0, 3), (3, -1, 2), (3, 2, 0)])
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(ValueError, match=r"sizes=\(.*\) must name the inputs, .* each at least 1"):
        Network(sizes, (Tanh(),) * max(0, len(sizes) - 2))


@pytest.mark.parametrize("activations", [(), (Tanh(), Tanh())])
def test_each_hidden_layer_has_one_activation(activations):
    with pytest.raises(ValueError, match=rf"{len(activations)} activations were given for 1 hidden layers; give one"):
        Network((3, 4, 2), activations)


@every_network
@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("block", [1, 4, 6, 100])
def test_in_blocks_of_rows_a_layer_gives_what_it_gives_at_once(device, network, members, block):
    theta, X, _ = (device.asarray(x) for x in problem(network, 6, members))
    with device.use():
        z, tape = network.forward(device.xp, theta, X)
        found = [network.hidden(device.xp, theta, X, i, block) for i in range(len(network.layers))]
        found.append(network.logits(device.xp, theta, X, block))
    assert np.array_equal(device.to_host(found[-1]), device.to_host(z))
    for h, trace in zip(found, tape, strict=False):
        assert np.array_equal(device.to_host(h), device.to_host(trace.x))


def test_forward_and_backward_by_hand():
    network = Network((2, 2, 1), (ReLU(),))
    theta = np.array([1.0, -1, 2, 3, 5, 7, 0.5, -20, 0.25])  # W1 rows (1, -1), (2, 3); W2 5, 7; b1; b2
    X = np.array([[1.0, 2]])
    z, tape = network.forward(np, theta, X)
    assert tape[0].z.tolist() == [[1 + 4 + 0.5, -1 + 6 - 20]]
    assert z.tolist() == [[5 * 5.5 + 0.25]]
    g = network.backward(np, theta, tape, np.array([[2.0]]))
    assert g.tolist() == [10, 0, 20, 0, 11, 0, 10, 0, 2]


@every_network
def test_every_device_gives_the_same_numbers(device, network):
    theta, X, dz = problem(network, members=2)
    for got, expected in zip(passes(device, network, theta, X, dz), passes(CPU, network, theta, X, dz), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("n", [6, 1])
@every_network
def test_shapes_and_dtype_are_kept(device, network, n, members, dtype):
    theta, X, dz = problem(network, n, members)
    seeds = device.asarray(np.ones((*theta.shape[:-1], 1), np.uint32))
    dropout = Dropout((0.5,) * len(network.layers), seeds, device.asarray(np.zeros(1, np.uint32)))
    for drop in (None, dropout):
        z, g = passes(device, network, theta, X, dz, drop, dtype)
        assert (z.shape, z.dtype) == (dz.shape, dtype)
        assert (g.shape, g.dtype) == (theta.shape, dtype)
        assert np.isfinite(g).all()


@pytest.mark.parametrize("kind", ACTIVATIONS.values())
def test_no_activation_promotes_float32(device, kind):
    network = Network((4, 5, 3), (kind(),), kind())
    z, g = passes(device, network, *problem(network, members=2), dtype="float32")
    assert z.dtype == g.dtype == "float32"


@pytest.mark.parametrize("own_rows", [False, True])
@every_network
def test_a_member_is_the_network_alone(network, own_rows):
    theta, X, dz = problem(network, members=3)
    if own_rows:
        X = rng.normal(size=(3, *X.shape))
    seeds = np.array([[5], [6], [7]], np.uint32)
    for rates in (None, (0.5,) * len(network.layers)):

        def dropout(seed, rates=rates):
            return None if rates is None else Dropout(rates, seed, np.array([1], np.uint32))

        z, g = passes(CPU, network, theta, X, dz, dropout(seeds))
        for member in range(3):
            own = X[member] if own_rows else X
            z1, g1 = passes(CPU, network, theta[member], own, dz[member], dropout(seeds[member]))
            np.testing.assert_allclose(z[member], z1, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(g[member], g1, rtol=1e-12, atol=1e-14)


@every_network
def test_arguments_are_left_as_they_were_and_every_entry_of_the_gradient_is_written(network, monkeypatch):
    theta, X, dz = problem(network)
    copies = theta.copy(), X.copy(), dz.copy()
    monkeypatch.setattr(np, "empty_like", lambda x: np.full(x.shape, np.nan))
    _, g = passes(CPU, network, theta, X, dz)
    assert not np.isnan(g).any()
    for array, copy in zip((theta, X, dz), copies, strict=True):
        assert np.array_equal(array, copy)


@pytest.mark.parametrize("members", [None, 2])
def test_the_gradient_under_dropout_is_the_difference_quotient(device, members):
    network = Network((4, 5, 4, 3), (Tanh(), PReLU()))
    theta, X, dz = problem(network, members=members)
    seeds = np.arange(members or 1, dtype=np.uint32).reshape((-1, 1) if members else (1,))
    dropout = Dropout((0.3, 0.5, 0.4), device.asarray(seeds), device.asarray(np.array([2], np.uint32)))
    _, g = passes(device, network, theta, X, dz, dropout)

    def f(theta):
        z, _ = network.forward(device.xp, device.asarray(theta), device.asarray(X), dropout)
        return np.sum(device.to_host(z) * dz, axis=(-2, -1))

    steps = 1e-6 * np.eye(network.n_parameters)
    expected = np.stack([(f(theta + step) - f(theta - step)) / 2e-6 for step in steps], axis=-1)
    np.testing.assert_allclose(g, expected, rtol=1e-6, atol=1e-7)
    assert not np.allclose(1.001 * g, expected, rtol=1e-6, atol=1e-7)


def test_dropout_masks_the_input_of_each_layer_once_and_never_the_output():
    network = Network((3, 4, 2), (Identity(),))
    theta, X, _ = problem(network)
    dropout = Dropout((0.5, 0.5), np.array([1], np.uint32), np.array([0], np.uint32))
    W1, W2 = (layer.W.of(np, theta) for layer in network.layers)
    b1, b2 = (layer.b.of(np, theta) for layer in network.layers)
    h = (X * dropout.mask(np, X, 0)) @ W1 + b1
    z = (h * dropout.mask(np, h, 1)) @ W2 + b2
    np.testing.assert_allclose(network.forward(np, theta, X, dropout)[0], z, rtol=1e-13)
    none = Dropout((0.0, 0.0), dropout.seed, dropout.step)
    assert np.array_equal(network.forward(np, theta, X, none)[0], network.forward(np, theta, X)[0])


@every_network
def test_initial_parameters_are_where_they_belong(network):
    theta = network.initial(np, np.random.default_rng(0), scaled_gaussian, ones)
    assert (theta.shape, theta.dtype) == ((network.n_parameters,), "float64")
    weights, biases, slopes = parts(network)
    draws = np.random.default_rng(0)
    for part in weights:
        assert np.array_equal(part.of(np, theta), scaled_gaussian(np, draws, *part.shape))
    assert all(np.all(part.of(np, theta) == 1) for part in biases)
    assert all(np.all(part.of(np, theta) == 0.25) for part in slopes)


def test_every_initialiser_can_start_a_network():
    network = NETWORKS[3]
    for weights, biases in itertools.product(WEIGHT_INITIALISERS.values(), BIAS_INITIALISERS.values()):
        theta, again = (network.initial(np, np.random.default_rng(4), weights, biases) for _ in range(2))
        assert np.isfinite(theta).all()
        assert np.array_equal(theta, again)
    one, other = (network.initial(np, np.random.default_rng(seed), zeros, gaussian_bias) for seed in (1, 2))
    assert not np.array_equal(one, other)
