"""Layer normalisation against its definition in long arithmetic, and what follows from it.

test_activations.py and test_gradients.py have it among the activations.
"""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from gpunn import MLPClassifier
from gpunn.config.constraints import ParameterError
from gpunn.nn.activations import Identity, PReLU, ReLU, Softmax, Tanh
from gpunn.nn.costs import LogLikelihood
from gpunn.nn.heads import pair
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective

RTOL = {"float32": 2e-6, "float64": 4e-15}
ROWS = [
    [1.0, 2.0, 4.0], [-3.0, 0.5, 0.25], [100.0, 101.0, 99.0], [1e-3, 2e-3, -1e-3], [0.0, 0.0, 0.0], [7.0, 7.0, 7.0],
    [1e4, -1e4, 0.0], [1e30, -1e30, 5e29], [3e38, -3e38, 3e38], [1e-30, -1e-30, 0.0], [0.0, 1e30, 1.0],
]  # fmt: skip
DH = [0.5, -2.0, 3.0]
GAIN, SHIFT = [0.5, 2.0, -1.5], [0.25, -1.0, 3.0]


def exact(row):
    """u, and the derivatives of sum(DH * (GAIN * u + SHIFT)) by the row."""
    z = [mp.mpf(float(x)) for x in row]
    n = len(z)
    mean = sum(z) / n
    deviation = mp.sqrt(sum((x - mean) ** 2 for x in z) / n + mp.mpf("1e-5"))
    u = [(x - mean) / deviation for x in z]
    du = [mp.mpf(a) * mp.mpf(b) for a, b in zip(DH, GAIN, strict=True)]
    jacobian = [[((i == j) - mp.mpf(1) / n - u[i] * u[j] / n) / deviation for j in range(n)] for i in range(n)]
    dz = [sum(du[i] * jacobian[i][j] for i in range(n)) for j in range(n)]
    size = max(sum(abs(du[i] * jacobian[i][j]) for i in range(n)) for j in range(n))
    return [float(x) for x in u], [float(x) for x in dz], float(size)


@pytest.mark.parametrize("dtype", RTOL)
def test_it_is_exact_to_rounding_also_of_large_and_small_numbers(device, dtype, quiet):
    xp, norm = device.xp, LayerNorm(Identity())
    z = device.asarray(ROWS, dtype)
    gain, shift, dh = (device.asarray(x, dtype) for x in (GAIN, SHIFT, [DH] * len(ROWS)))
    with device.use():
        h = norm.forward(xp, z, gain, shift)
        dz, gradients = norm.backward(xp, z, h, dh, gain, shift)
    rows = np.array(ROWS, dtype)
    u, expected, size = (np.array(x) for x in zip(*map(exact, rows), strict=True))
    # Where the elements are close to each other, their own rounding is a part of what lies between them.
    spread = np.ptp(rows, axis=1) + np.sqrt(1e-5)
    condition = np.maximum(1, np.abs(rows).max(axis=1) / spread)[:, None]
    assert np.all(np.abs(device.to_host(h) - (u * GAIN + SHIFT)) <= 8 * RTOL[dtype] * condition)
    tiny = float(np.finfo(dtype).tiny)
    assert np.all(np.abs(device.to_host(dz) - expected) <= 8 * RTOL[dtype] * condition * size[:, None] + tiny)
    assert device.to_host(gradients["shift"]) == pytest.approx(np.sum([DH] * len(ROWS), axis=0), rel=RTOL[dtype])
    assert device.to_host(gradients["gain"]) == pytest.approx((u * DH).sum(axis=0), abs=1e2 * RTOL[dtype])


def test_rows_have_mean_0_and_variance_1():
    z = np.random.default_rng(0).normal(3, 5, (2, 7, 50))
    u = LayerNorm(Identity()).forward(np, z, np.ones((2, 50)), np.zeros((2, 50)))
    assert np.abs(u.mean(axis=-1)).max() < 1e-14 and u.var(axis=-1) == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(LayerNorm(Identity()).forward(np, 1e3 * z + 7, np.ones((2, 50)), np.zeros((2, 50))), u,
                               rtol=1e-5, atol=1e-6)  # fmt: skip


def test_what_it_learns_begins_as_the_normalised_row_itself():
    assert LayerNorm(PReLU(0.1)).shapes(3) == {"gain": (3,), "shift": (3,), "slope": (3,)}
    assert [LayerNorm(PReLU(0.1)).initial(name) for name in ("gain", "shift", "slope")] == [1.0, 0.0, 0.1]
    with pytest.raises(KeyError):
        LayerNorm(Tanh()).initial("slope")


@pytest.mark.parametrize("activation", ["relu", ReLU, None])
def test_what_it_is_followed_by_is_an_activation(activation):
    with pytest.raises(TypeError, match=r"activation=.* is not allowed; give an object from gpunn.nn.activations"):
        LayerNorm(activation)


def test_it_is_not_normalised_twice():
    with pytest.raises(TypeError, match="normalised already"):
        LayerNorm(LayerNorm(Tanh()))


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("n", [2, 5, 7, 10, 64])
def test_rows_of_equal_elements_are_0(device, n, dtype):
    values = np.geomspace(1e-3, 1e25, 300, dtype=dtype)[:, None] * np.ones(n, dtype)
    z, gain, shift = device.asarray(values), device.asarray(np.ones(n, dtype)), device.asarray(np.zeros(n, dtype))
    u = device.to_host(LayerNorm(Identity()).forward(device.xp, z, gain, shift))
    assert not np.any(u[values[:, 0] >= 1])
    assert np.abs(u).max() <= np.finfo(dtype).eps / np.sqrt(1e-5)  # the rounding of a mean below 1


def test_names_of_what_is_learned_are_different():
    class Scaled(PReLU):
        def shapes(self, n):
            return {"gain": (n,)}

    with pytest.raises(TypeError, match="learns an array called gain or shift"):
        LayerNorm(Scaled())
    with pytest.raises(ParameterError, match=r"layer_norm=True does not go with this .* gain or shift") as e:
        MLPClassifier(activation=Scaled(), layer_norm=True).fit(np.eye(4), [0, 1, 0, 1])
    assert e.value.parameter == "layer_norm"


def test_the_output_is_not_normalised():
    with pytest.raises(ParameterError, match=r"is for hidden layers. Use output_activation=Softmax"):
        MLPClassifier(output_activation=LayerNorm(Softmax())).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.parametrize("solver", ["lbfgs", "bfgs", "cg", "gd", "adam", "sgd", "adamw", "schedule_free_adamw"])
def test_every_solver_trains_compiled_as_by_arrays(iris, fitted, solver):
    given = {"hidden_layer_sizes": (8, 6), "solver": solver, "layer_norm": True, "max_iter": 20, "activation": "prelu"}
    one, other = (fitted(*iris, compile=compiled, **given) for compiled in (True, False))
    assert (one.history_.path, other.history_.path) == ("compiled", "arrays: as asked")
    assert one.loss_ == pytest.approx(other.loss_, rel=1e-4) and one.loss_ < 0.9 * one.loss_curve_[0]


@pytest.mark.parametrize(("sizes", "given", "of"), [
    (1, {"layer_norm": True}, "layer_norm"), ((4, 1), {"layer_norm": True}, "layer_norm"),
    ((4, 1), {"activation": ["relu", LayerNorm()]}, "activation"),
])  # fmt: skip
def test_a_layer_of_one_neuron_is_not_normalised(sizes, given, of):
    with pytest.raises(
        ParameterError, match="has a layer of one neuron, which layer normalisation would set to 0"
    ) as e:
        MLPClassifier(sizes, **given).fit(np.eye(4), [0, 1, 0, 1])
    assert e.value.parameter == of


def test_layers_that_are_normalised_already_are_so_once(iris, fitted):
    clf = fitted(*iris, hidden_layer_sizes=(5, 4), activation=[LayerNorm(Tanh()), "relu"], layer_norm=True, max_iter=3)
    assert clf.network_.activations == (LayerNorm(Tanh()), LayerNorm(ReLU()))
    some = fitted(*iris, hidden_layer_sizes=(5, 4), activation=[LayerNorm(Tanh()), "relu"], max_iter=3)
    assert some.network_.activations == (LayerNorm(Tanh()), ReLU())
    assert fitted(*iris, hidden_layer_sizes=(), layer_norm=True, max_iter=3).network_.activations == ()


def test_a_network_does_not_change_with_the_size_of_the_weights_before_it():
    rng = np.random.default_rng(0)
    network = Network((4, 6, 3), (LayerNorm(Tanh()),))
    theta, X = rng.standard_normal(network.n_parameters), rng.standard_normal((5, 4))
    larger = theta.copy()
    for part in (network.layers[0].W, network.layers[0].b):
        part.put(np, larger, 100 * part.of(np, theta))
    np.testing.assert_allclose(network.logits(np, larger, X), network.logits(np, theta, X), rtol=1e-3, atol=1e-3)
    assert not np.allclose(network.logits(np, theta, X), network.logits(np, theta, 0 * X))


@pytest.mark.parametrize("activation", [Tanh(), PReLU(), Softmax()], ids=repr)
@pytest.mark.parametrize("members", [(), (2,)], ids=str)
def test_the_gradient_of_a_network_is_the_difference_quotient(device, activation, members):
    rng = np.random.default_rng(0)
    network = Network((4, 6, 5, 3), (LayerNorm(activation), LayerNorm(activation)))
    objective = Objective(network, pair(Softmax(), LogLikelihood()), l2=0.7)
    theta = rng.standard_normal((*members, network.n_parameters))
    X, T, weight = map(device.asarray, (rng.standard_normal((5, 4)), np.eye(3)[[0, 1, 2, 1, 0]], np.arange(5.0)))
    steps = 1e-5 * np.eye(network.n_parameters)
    shifted = theta[..., None, :] + np.stack([steps, -steps])[(slice(None), *(None,) * len(members))]

    def value(theta):
        return device.to_host(objective.value(device.xp, device.asarray(theta), X, T, weight))

    up, down = (np.stack([value(row) for row in np.moveaxis(part, -2, 0)], axis=-1) for part in shifted)
    _, g = objective.value_and_gradient(device.xp, device.asarray(theta), X, T, weight)
    expected = (up - down) / 2e-5
    assert np.abs(device.to_host(g) - expected).max() < 1e-7 * np.abs(expected).max()
