"""Layer statistics, held against NumPy by hand; the same on every device."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest

from gpunn.nn.activations import ACTIVATIONS, LeakyReLU, PReLU, ReLU, Sigmoid, Softmax, Tanh
from gpunn.nn.costs import CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import IdentityQuadratic, pair
from gpunn.nn.initialisers import gaussian, gaussian_bias
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import spaced
from gpunn.training.layers import SAMPLE, Recorder, layer_statistics


def network(device, activation, head, sizes=(6, 5, 3), n=40, dtype="float64", output=None):
    """Objective, theta, X and T on the device, and the last three on the host."""
    rng = np.random.default_rng(3)
    made = Network(sizes, (activation,) * (len(sizes) - 2), *([] if output is None else [output]))
    theta = made.initial(np, rng, gaussian, gaussian_bias)
    X, T = rng.standard_normal((n, sizes[0])), np.eye(sizes[-1])[rng.integers(sizes[-1], size=n)]
    return Objective(made, head), *(device.asarray(a, dtype) for a in (theta, X, T)), theta, X, T


def by_hand(theta, X, T):
    """A 6-5-3 network of sigmoids with quadratic cost, written out."""
    W1, W2 = theta[:30].reshape(6, 5), theta[30:45].reshape(5, 3)
    z1 = X @ W1 + theta[45:50]
    h1 = 1 / (1 + np.exp(-z1))
    z2 = h1 @ W2 + theta[50:]
    a = 1 / (1 + np.exp(-z2))
    f1, f2 = h1 * (1 - h1), a * (1 - a)
    d2 = (a - T) * f2
    d1 = d2 @ W2.T * f1
    n, norm = len(X), np.linalg.norm
    return [
        {
            "saturated": (f < 0.01).mean(),
            "dead": 0.0,
            "slope": f.mean(),
            "relative_slope": 4 * f.mean(),
            "z_mean": z.mean(),
            "z_std": z.std(),
            "h_mean": h.mean(),
            "h_std": h.std(),
            "weight_norm": norm(W),
            "gradient_norm": norm(x.T @ d) / n,
            "bias_gradient_norm": norm(d.sum(0)) / n,
        }
        for W, x, z, h, f, d in ((W1, X, z1, h1, f1, d1), (W2, h1, z2, a, f2, d2))
    ], {"error": abs(a - T).mean(), "delta": abs(d2).mean(), "delta_factor": abs(d2).mean() / abs(a - T).mean()}


def test_every_number_equals_the_one_by_hand(device):
    objective, theta, X, T, *host = network(device, Sigmoid(), pair(Sigmoid(), Quadratic()))
    expected, output = by_hand(*host)
    found = layer_statistics(device, objective, theta, X, T)
    assert [(layer.layer, layer.activation, layer.n_in, layer.n_out) for layer in found] == [
        (1, "Sigmoid", 6, 5),
        (2, "Sigmoid", 5, 3),
    ]
    for layer, numbers in zip(found, expected, strict=True):
        for name, value in numbers.items():
            assert getattr(layer, name) == pytest.approx(value, rel=1e-9), name
    assert {name: getattr(found[1], name) for name in output} == pytest.approx(output, rel=1e-9)
    assert found[0].delta_factor is None and found[0].update_norm is None


def test_weights_of_rows_count_in_the_gradient_alone(device):
    objective, theta, X, T, *_ = network(device, Tanh(), pair(Softmax(), LogLikelihood()))
    double = device.asarray(np.r_[np.full(20, 2.0), np.zeros(20)])
    half, part = (layer_statistics(device, objective, theta, X, T, w) for w in (double, None))
    first = layer_statistics(device, objective, theta, X[:20, :], T[:20, :])
    for weighted, all_rows, first_rows in zip(half, part, first, strict=True):
        assert weighted.gradient_norm == pytest.approx(first_rows.gradient_norm)
        assert weighted.bias_gradient_norm == pytest.approx(first_rows.bias_gradient_norm)
        assert weighted.gradient_norm != pytest.approx(all_rows.gradient_norm)
        assert weighted.z_std == all_rows.z_std


@pytest.mark.parametrize(
    ("output", "cost", "factor"),
    [
        (Softmax(), LogLikelihood(), 1.0),
        (Sigmoid(), CrossEntropy(), 1.0),
        (Tanh(), CrossEntropy(), 2.0),  # the tanh moved into (0, 1)
        (ACTIVATIONS["identity"](), Quadratic(), 1.0),
    ],
)
def test_a_matched_pair_passes_on_the_error_as_it_is(device, output, cost, factor):
    objective, theta, X, T, *_ = network(device, ReLU(), pair(output, cost))
    assert layer_statistics(device, objective, theta, X, T)[-1].delta_factor == pytest.approx(factor, rel=1e-12)


def test_a_learned_output_stands_in_its_layer(device):
    objective, theta, X, T, *host = network(device, ReLU(), IdentityQuadratic(), output=PReLU(0.25))
    output = layer_statistics(device, objective, theta, X, T)[-1]
    z = np.maximum(host[1] @ host[0][:30].reshape(6, 5) + host[0][45:50], 0) @ host[0][30:45].reshape(5, 3)
    z = z + host[0][50:53]
    slope = np.where(z > 0, 1, 0.25)
    error = z * slope - host[2]
    assert output.activation == "PReLU" and output.slope == pytest.approx(slope.mean())
    assert output.delta_factor == pytest.approx(abs(error * slope).mean() / abs(error).mean())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_unit_is_steeper_than_the_steepest(device, name):
    objective, theta, X, T, *_ = network(device, ACTIVATIONS[name](), pair(Softmax(), LogLikelihood()))
    hidden, output = layer_statistics(device, objective, theta, X, T)
    assert output.saturated is output.dead is output.slope is output.relative_slope is None  # softmax has no f'
    if name == "softmax":
        assert hidden.slope is None
    else:
        assert 0 < hidden.relative_slope <= 1 and 0 <= hidden.saturated <= 1
        assert hidden.dead == 0
        assert name != "identity" or hidden.relative_slope == 1


@pytest.mark.parametrize(("activation", "dead"), [(ReLU(), 0.4), (LeakyReLU(), 0.0), (PReLU(0.0), 0.4)])
def test_units_without_a_derivative_on_any_row_are_dead(device, activation, dead):
    objective, theta, X, T, *_ = network(device, activation, pair(Softmax(), LogLikelihood()))
    layer = objective.network.layers[0]
    layer.b.put(device.xp, theta, device.asarray(np.array([-99.0, 0, 99, -99, 0])))
    found = layer_statistics(device, objective, theta, X, T)[0]
    assert found.dead == pytest.approx(dead)
    if dead:
        assert 2 / 5 < found.saturated < 4 / 5  # the dead, and the others on half of the rows; one is always on


def test_an_exact_answer_has_no_factor(device):
    objective, theta, X, T, *_ = network(device, ReLU(), pair(ACTIVATIONS["identity"](), Quadratic()))
    found = layer_statistics(device, objective, device.asarray(np.zeros(theta.shape[0])), X, 0 * T)[-1]
    assert found.error == 0 and found.delta_factor is None


def test_rows_are_spread_evenly_and_never_twice():
    assert spaced(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert spaced(10, 4).tolist() == [0, 2, 5, 7]
    assert len(set(spaced(1000, SAMPLE).tolist())) == SAMPLE


def test_a_recording_has_the_way_between_its_entries(device):
    objective, theta, X, T, start, *_ = network(device, Tanh(), pair(Softmax(), LogLikelihood()), n=SAMPLE + 50)
    at = start.copy()
    recorder = Recorder(device, objective, X, T, theta)
    index = spaced(SAMPLE + 50, SAMPLE)
    rows = [device.xp.take(a, device.asarray(index), axis=0) for a in (X, T)]
    ways = [np.sin(np.arange(len(start))), np.cos(np.arange(len(start)))]
    theta += device.asarray(ways[0])  # in place, as training does
    recorder.take(theta, 4, 0.1)
    theta += device.asarray(ways[1])
    recorder.take(theta, 5, 0.05)
    assert len(recorder.entries) == 2
    for entry, way, steps, rate in zip(recorder.entries, ways, (4, 5), (0.1, 0.05), strict=True):
        at = at + way
        plain = layer_statistics(device, objective, device.asarray(at), *rows)
        for layer, same, part in zip(entry, plain, (slice(0, 30), slice(30, 45)), strict=True):
            moved = np.linalg.norm(way[part]) / steps
            assert layer.update_norm == pytest.approx(moved)
            assert layer.update_ratio == pytest.approx(moved / np.linalg.norm(at[part]))
            assert layer.learning_rate == rate
            added = ("update_norm", "update_ratio", "learning_rate")
            for name in asdict(same).keys() - set(added):
                assert getattr(layer, name) == pytest.approx(getattr(same, name)), name


def test_a_recording_reads_pixels_and_keeps_the_dtype_of_theta(device):
    objective, theta, _, T, *_ = network(device, ReLU(), pair(Softmax(), LogLikelihood()), dtype="float32")
    X = device.asarray(np.random.default_rng(0).integers(0, 256, (40, 6)), "uint8")
    recorder = Recorder(device, objective, X, T, theta)
    recorder.take(theta, 1, 0.1)
    [[hidden, output]] = recorder.entries
    assert hidden.z_std > 50 and hidden.update_norm == output.update_norm == 0
    assert all(math.isfinite(x) for x in asdict(output).values() if isinstance(x, float))


def test_layers_with_layer_normalisation_are_measured_after_it(device):
    objective, theta, X, T, *host = network(device, LayerNorm(Sigmoid()), pair(Softmax(), LogLikelihood()))
    found = layer_statistics(device, objective, theta, X, T)[0]
    z = host[1] @ host[0][:30].reshape(6, 5) + host[0][45:50]
    y = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
    h = 1 / (1 + np.exp(-y))
    assert (found.activation, found.saturated) == ("Sigmoid (layer norm)", 0.0)
    numbers = (found.z_mean, found.z_std, found.h_mean, found.slope, found.relative_slope)
    slope = (h * (1 - h)).mean()
    assert numbers == pytest.approx((y.mean(), y.std(), h.mean(), slope, 4 * slope), rel=1e-9, abs=1e-12)
