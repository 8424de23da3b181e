"""Mean cost, row weights and penalties; the gradient itself is in test_gradients.py."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.nn.activations import PReLU, Sigmoid, Softmax, Tanh
from gpunn.nn.costs import CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.dropout import Dropout
from gpunn.nn.heads import IdentityQuadratic, pair
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective, limit_norms

CPU = get_device("cpu")
N, D, K = 7, 4, 3
NETWORK = Network((D, 5, 2, K), (Tanh(), PReLU()))
HEADS = [
    pair(Softmax(), LogLikelihood()),
    pair(Softmax(), CrossEntropy()),
    pair(Sigmoid(), CrossEntropy()),
    pair(Sigmoid(), Quadratic()),
]
every_head = pytest.mark.parametrize("head", HEADS, ids=lambda h: type(h).__name__)
PENALTIES = [(0, 0), (0.7, 0), (0, 0.4), (0.7, 0.4)]
every_penalty = pytest.mark.parametrize(("l2", "l1"), PENALTIES)

rng = np.random.default_rng(0)
THETA = rng.normal(size=(2, NETWORK.n_parameters))
X = rng.normal(size=(N, D))
T = np.eye(K)[np.arange(N) % K]
WEIGHT = np.array([0.5, 2.0, 0.0, 1.0, 3.0, 0.25, 1.0])


def both(objective, theta=THETA, X=X, T=T, weight=None, device=CPU, dtype="float64"):
    """f and g on the host."""
    on = (None if x is None else device.asarray(x, dtype) for x in (theta, X, T, weight))
    with device.use():
        return tuple(map(device.to_host, objective.value_and_gradient(device.xp, *on)))


def same(one, other, rtol=1e-12):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-14)


@every_head
def test_the_cost_is_the_weighted_mean_over_rows_of_the_heads_cost(head):
    cost = head.cost(np, NETWORK.forward(np, THETA, X)[0], T)
    np.testing.assert_allclose(both(Objective(NETWORK, head))[0], cost.mean(axis=-1), rtol=1e-13)
    expected = np.average(cost, axis=-1, weights=WEIGHT)
    np.testing.assert_allclose(both(Objective(NETWORK, head), weight=WEIGHT)[0], expected, rtol=1e-13)


@every_penalty
@every_head
def test_every_device_gives_the_same_numbers_and_the_value_alone_is_the_same(device, head, l2, l1):
    objective = Objective(NETWORK, head, l2, l1)
    for weight in (None, WEIGHT):
        expected = both(objective, weight=weight)
        same(both(objective, weight=weight, device=device), expected)
        on = (None if x is None else device.asarray(x) for x in (THETA, X, T, weight))
        np.testing.assert_allclose(device.to_host(objective.value(device.xp, *on)), expected[0], rtol=1e-13)


@pytest.mark.parametrize("strength", [float, np.float64])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n", "k"), [(N, K), (1, K), (N, 1), (1, 1)])
@every_head
def test_shapes_and_dtype_are_kept(device, head, n, k, dtype, strength):
    if k == 1 and isinstance(head.activation, Softmax):
        return
    network = Network((D, 2, k), (PReLU(),))
    theta = rng.normal(size=(2, network.n_parameters))
    for l2, l1 in PENALTIES:
        objective = Objective(network, head, strength(l2), strength(l1))
        for weight in (None, WEIGHT[:n]):
            for at in (theta, theta[0]):
                f, g = both(objective, at, X[:n], T[:n, :k], weight, device, dtype)
                assert (f.shape, f.dtype) == (at.shape[:-1], dtype)
                assert (g.shape, g.dtype) == (at.shape, dtype)
                on = (None if x is None else device.asarray(x, dtype) for x in (at, X[:n], T[:n, :k], weight))
                assert device.to_host(objective.value(device.xp, *on)).dtype == dtype


@every_penalty
@every_head
def test_a_member_is_the_network_alone(head, l2, l1):
    objective, own_X, own_T = Objective(NETWORK, head, l2, l1), rng.normal(size=(2, N, D)), np.stack([T, T[::-1]])
    for weight in (None, WEIGHT):
        for inputs, targets in ((X, T), (own_X, own_T)):
            f, g = both(objective, THETA, inputs, targets, weight)
            for i in range(2):
                own = (inputs, targets) if inputs is X else (inputs[i], targets[i])
                same((f[i], g[i]), both(objective, THETA[i], *own, weight))


@pytest.mark.parametrize(("l2", "l1"), [((0.0, 0.7), 0.3), (0.5, (0.0, 0.4)), ((0.5, 0.1), (0.2, 0.0))])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_members_have_penalties_of_their_own(device, l2, l1, dtype):
    def own(value):
        return device.asarray(np.array(value)[:, None]) if isinstance(value, tuple) else value

    objective = Objective(NETWORK, HEADS[0], own(l2), own(l1))
    for weight in (None, WEIGHT):
        f, g = both(objective, weight=weight, device=device, dtype=dtype)
        assert (f.dtype, g.dtype) == (dtype, dtype)
        for i in range(2):
            strengths = (value[i] if isinstance(value, tuple) else value for value in (l2, l1))
            expected = both(Objective(NETWORK, HEADS[0], *strengths), THETA[i], weight=weight)
            for x, right in zip((f[i], g[i]), expected, strict=True):
                np.testing.assert_allclose(x, right, rtol=1e-13 if dtype == "float64" else 2e-5, atol=1e-6)


@every_penalty
def test_a_row_twice_equals_weight_two(l2, l1):
    objective, twice = Objective(NETWORK, HEADS[0], l2, l1), [0, 1, 1, 2, 3, 4, 5, 6]
    weight = np.array([1.0, 2, 1, 1, 1, 1, 1])
    same(both(objective, weight=weight), both(objective, X=X[twice], T=T[twice]))


@every_penalty
def test_a_row_of_weight_0_drops_out_whatever_stands_in_it(l2, l1):
    objective, keep = Objective(NETWORK, HEADS[0], l2, l1), WEIGHT > 0
    wild = np.where(keep[:, None], X, 1e6)
    same(both(objective, X=wild, weight=WEIGHT), both(objective, X=X[keep], T=T[keep], weight=WEIGHT[keep]))


def test_rows_whose_weights_are_all_0_say_nothing(device):
    # not even of the penalties, which are shared among the rows
    for l2 in (0.0, 0.7):
        f, g = both(Objective(NETWORK, HEADS[0], l2=l2), weight=np.zeros(N), device=device)
        assert np.all(f == 0)
        assert np.all(g == 0)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_penalties_act_on_weights_alone_and_are_divided_as_the_cost_is(weight):
    total, n = N if weight is None else WEIGHT.sum(), NETWORK.n_weights
    f0, g0 = both(Objective(NETWORK, HEADS[0]), weight=weight)
    f, g = both(Objective(NETWORK, HEADS[0], l2=0.7, l1=0.4), weight=weight)
    W = THETA[:, :n]
    penalty = 0.35 * np.sum(W * W, axis=-1) + 0.4 * np.sum(np.abs(W), axis=-1)
    np.testing.assert_allclose(f - f0, penalty / total, rtol=1e-12)
    np.testing.assert_allclose(g[:, :n] - g0[:, :n], (0.7 * W + 0.4 * np.sign(W)) / total, rtol=1e-11)
    assert np.array_equal(g[:, n:], g0[:, n:])  # biases and slopes
    moved = THETA.copy()
    moved[:, n:] += 1
    change = [both(Objective(NETWORK, HEADS[0], *p), moved, weight=weight)[0] for p in ((0.7, 0.4), (0, 0))]
    np.testing.assert_allclose(change[0] - change[1], penalty / total, rtol=1e-12)


def test_a_penalty_pulls_as_much_on_each_row_twice_with_both_strengths_doubled():
    twice = np.tile(np.arange(N), 2)
    doubled = both(Objective(NETWORK, HEADS[0], 1.4, 0.8), X=X[twice], T=T[twice])
    same(doubled, both(Objective(NETWORK, HEADS[0], 0.7, 0.4)))


def test_dropout_is_in_the_gradient_and_its_cost_but_not_in_the_value():
    objective = Objective(NETWORK, HEADS[0], 0.7)
    dropout = Dropout((0.5, 0.5, 0.5), np.array([[1], [2]], np.uint32), np.array([0], np.uint32))
    f, g = objective.value_and_gradient(np, THETA, X, T, None, dropout)
    z, tape = NETWORK.forward(np, THETA, X, dropout)
    W = THETA[:, : NETWORK.n_weights]
    np.testing.assert_allclose(f, HEADS[0].cost(np, z, T).mean(axis=-1) + 0.35 * np.sum(W * W, axis=-1) / N, rtol=1e-13)
    expected = NETWORK.backward(np, THETA, tape, HEADS[0].delta(np, z, T) / N)
    np.testing.assert_allclose(g[:, NETWORK.n_weights :], expected[:, NETWORK.n_weights :], rtol=1e-12, atol=1e-15)
    assert np.all(objective.value(np, THETA, X, T) != f)


def test_least_squares_is_where_the_gradient_is_0():
    """A network without hidden layers, linear and quadratic, is ridge regression with a bias."""
    network = Network((D, K), ())
    A = np.hstack([X, np.ones((N, 1))])
    ridge = np.diag([0.7] * D + [0])
    solution = np.linalg.solve(A.T @ A + ridge, A.T @ T)
    _, g = both(Objective(network, IdentityQuadratic(), l2=0.7), np.ravel(solution))
    np.testing.assert_allclose(g, 0, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("theta", [THETA, THETA[0]], ids=["members", "one"])
def test_limited_norms_are_at_most_the_limit_and_directions_are_kept(device, theta, dtype):
    limited = device.asarray(np.array(theta), dtype)
    before = device.to_host(limited).copy()
    limit = 1.5
    assert limit_norms(device.xp, NETWORK, limited, limit) is None
    after = device.to_host(limited)
    assert after.dtype == dtype
    assert np.array_equal(after[..., NETWORK.n_weights :], before[..., NETWORK.n_weights :])
    rtol = 1e-6 if dtype == "float32" else 1e-14
    norms = []
    for layer in NETWORK.layers:
        W, W0 = layer.W.of(np, after), layer.W.of(np, before)
        norm = np.linalg.norm(W0, axis=-2, keepdims=True)
        np.testing.assert_allclose(W, W0 * np.minimum(1, limit / norm), rtol=rtol)
        assert np.array_equal(W[np.broadcast_to(norm < limit, W.shape)], W0[np.broadcast_to(norm < limit, W.shape)])
        norms.extend(norm.ravel())
    assert min(norms) < limit < max(norms)  # or this would show nothing


def test_weights_of_0_have_no_norm_to_limit():
    theta = np.zeros(NETWORK.n_parameters)
    limit_norms(np, NETWORK, theta, 2.0)
    assert np.all(theta == 0)
