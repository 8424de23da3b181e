"""The gradient equals the difference quotient, and 1.001 times it does not.

All activations of ACTIVATIONS, hidden and as outputs, and all costs of COSTS with a meaning take part because they
stand in the dicts; each with 0 to 3 hidden layers, one and more outputs, row weights, penalties and members.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.nn.activations import ACTIVATIONS, Identity, PReLU, Softmax, Tanh
from gpunn.nn.costs import COSTS, Quadratic
from gpunn.nn.heads import IdentityQuadratic, pair
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective

STEP = 1e-3
TOLERANCE = 1e-6
N_ROWS, N_IN = 5, 2
WIDTHS = (3, 2, 3)
MEMBERS = 2
CPU = get_device("cpu")
WEIGHT = np.array([0.5, 2.0, 0.25, 1.0, 3.0])

HIDDEN = [*(kind() for kind in dict.fromkeys(ACTIVATIONS.values())), PReLU(shared=True)]


def ends():
    """Each end a network can have: the activation that stands in it, and the head."""
    for activation, cost in itertools.product(dict.fromkeys(ACTIVATIONS.values()), COSTS.values()):
        try:
            yield Identity(), pair(activation(), cost())
        except ValueError:  # test_heads.py says which pairs these are
            continue
    yield PReLU(), IdentityQuadratic()
    yield PReLU(shared=True), IdentityQuadratic()


ENDS = list(ends())


def name(x):
    """Of an activation or an end, for people who choose tests."""
    return repr(x) if not isinstance(x, tuple) else f"{x[0]!r}, {x[1].activation!r}, {x[1].cost_function!r}"


def numbers_of_outputs(head):
    return (2, 3) if isinstance(head.activation, Softmax) else (1, 3)


def shifted(theta):
    """theta moved along each coordinate by 1, 2 and 3 steps, up and down: (3, 2, P, ..., P)."""
    steps = STEP * np.multiply.outer(np.arange(1, 4), [1, -1])
    return theta + np.multiply.outer(steps, np.eye(theta.shape[-1])[:, None, :])


def quotients(f, theta):
    """df/dtheta of f, which takes any leading axes, by central differences of sixth order."""
    values = f(shifted(theta))
    return np.tensordot([45, -9, 1], values[:, 0] - values[:, 1], axes=1).T / (60 * STEP)


def drawn(network, seed):
    """theta (m, P) and X."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N_ROWS, N_IN))
    theta = rng.standard_normal((MEMBERS, network.n_parameters))
    for layer in network.layers:
        for part in layer.learned.values():
            part.put(np, theta, rng.uniform(0.1, 0.5, (MEMBERS, *part.shape)))
    return theta, X


def tells(network, theta, X):
    """Whether each layer has z on both sides of 0, where rectifiers have their kink, and no step takes one across.

    Nor a weight, for the kink of L1; and no z is so large that all is saturated.
    """
    z = [trace.z for trace in network.forward(np, theta, X)[1]]
    if not all(np.all(x.max(axis=(1, 2)) > 0) and np.all(x.min(axis=(1, 2)) < 0) for x in z):
        return False
    if np.abs(theta[:, : network.n_weights]).min() < 4 * STEP or max(np.abs(x).max() for x in z) > 6:
        return False
    moved = [trace.z for trace in network.forward(np, shifted(theta), X)[1]]
    return all(np.all(np.sign(x) == np.sign(y)) for x, y in zip(z, moved, strict=True))


@functools.cache
def point(activations, output, n_out):
    """A network, and the first theta and X that tell."""
    network = Network((N_IN, *WIDTHS[: len(activations)], n_out), activations, output)
    points = (drawn(network, seed) for seed in itertools.count())
    return network, *next(at for at in points if tells(network, *at))


def targets(n_out):
    """One-of-N, or yes and no where there is one output."""
    y = np.arange(N_ROWS) % max(n_out, 2)
    return np.eye(max(n_out, 2))[y][:, -n_out:]


def error(g, expected):
    """The largest relative error of any coordinate; those below 1e-3 of the largest are held against that."""
    size = np.maximum(np.abs(expected), 1e-3 * np.abs(expected).max(axis=-1, keepdims=True))
    return np.max(np.abs(g - expected) / size)


def check(device, objective, theta, X, T, weight):
    """Of all members at once and of one of them alone."""
    on = [None if x is None else device.asarray(x) for x in (X, T, weight)]
    expected = quotients(lambda t: device.to_host(objective.value(device.xp, device.asarray(t), *on)), theta)
    for of, wanted in ((theta, expected), (theta[1], expected[1])):
        f, g = (device.to_host(x) for x in objective.value_and_gradient(device.xp, device.asarray(of), *on))
        assert f.shape == of.shape[:-1]
        assert g.shape == of.shape
        assert f == pytest.approx(device.to_host(objective.value(device.xp, device.asarray(of), *on)), rel=1e-14)
        assert error(g, wanted) < TOLERANCE
        assert not error(1.001 * g, wanted) < TOLERANCE


@pytest.mark.parametrize("end", ENDS, ids=name)
@pytest.mark.parametrize("hidden", HIDDEN, ids=name)
def test_the_gradient_is_the_difference_quotient(hidden, end):
    output, head = end
    depths = range(0 if hidden == HIDDEN[0] else 1, 4)  # without a hidden layer, none of them takes part
    for depth, n_out in itertools.product(depths, numbers_of_outputs(head)):
        network, theta, X = point((hidden,) * depth, output, n_out)
        for weight, (l2, l1) in itertools.product((None, WEIGHT), ((0, 0), (0.7, 0), (0.7, 0.4))):
            check(CPU, Objective(network, head, l2, l1), theta, X, targets(n_out), weight)


@pytest.mark.parametrize("end", ENDS, ids=name)
def test_the_gradient_on_every_device_is_the_difference_quotient(device, end):
    output, head = end
    n_out = numbers_of_outputs(head)[1]
    network, theta, X = point((Tanh(),), output, n_out)
    check(device, Objective(network, head, 0.7, 0.4), theta, X, targets(n_out), WEIGHT)


@pytest.mark.parametrize("hidden", HIDDEN, ids=name)
def test_hidden_activations_on_every_device_have_the_gradient_of_the_difference_quotient(device, hidden):
    network, theta, X = point((hidden, hidden), Identity(), 2)
    check(device, Objective(network, pair(Softmax(), Quadratic())), theta, X, targets(2), None)
