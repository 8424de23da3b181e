"""Activations at moderate inputs; test_extremes.py has the others, test_gradients.py their part in a network."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.nn.activations import (
    ACTIVATIONS,
    ELU,
    SELU,
    LeakyReLU,
    PReLU,
    ReLU,
    RescaledTanh,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.stable import exponentials, log_sum_exp, shifted

CPU = get_device("cpu")
ALL = [*(kind() for kind in dict.fromkeys(ACTIVATIONS.values())), PReLU(shared=True), RescaledTanh()]
ALL += [LayerNorm(), LayerNorm(PReLU()), LayerNorm(Softmax())]
Z = np.random.default_rng(0).normal(scale=2, size=(2, 7, 3))
DH = np.random.default_rng(1).normal(size=Z.shape)
every_activation = pytest.mark.parametrize("activation", ALL, ids=repr)


def slopes(activation, device, members=2, dtype="float64"):
    """What the activation learns for the neurons of Z, other numbers for each."""
    names = activation.shapes(3).items()
    values = {name: np.random.default_rng(2).uniform(0.1, 0.9, (members, *shape)) for name, shape in names}
    return {name: device.asarray(value, dtype) for name, value in values.items()}


def both_ways(activation, device, z=Z, dh=DH, dtype="float64"):
    """h, dz and the gradients of what is learned, on the host."""
    xp, learned = device.xp, slopes(activation, device, len(z), dtype)
    z, dh = device.asarray(z, dtype), device.asarray(dh, dtype)
    h = activation.forward(xp, z, **learned)
    dz, gradients = activation.backward(xp, z, h, dh, **learned)
    return device.to_host(h), device.to_host(dz), {name: device.to_host(g) for name, g in gradients.items()}


@every_activation
def test_every_device_gives_the_same_numbers(device, activation):
    h, dz, gradients = both_ways(activation, device)
    expected_h, expected_dz, expected = both_ways(activation, CPU)
    np.testing.assert_allclose(h, expected_h, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(dz, expected_dz, rtol=1e-13, atol=1e-14)
    assert gradients.keys() == expected.keys() == activation.shapes(3).keys()
    for name, g in gradients.items():
        np.testing.assert_allclose(g, expected[name], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(2, 7, 3), (1, 1, 3)])
@every_activation
def test_shapes_and_dtype_are_kept(device, activation, shape, dtype):
    z, dh = (x[: shape[0], : shape[1]] for x in (Z, DH))
    h, dz, gradients = both_ways(activation, device, z, dh, dtype)
    T = device.asarray((z > 0) + 0.0, dtype)
    difference = activation.difference(device.xp, device.asarray(z, dtype), device.asarray(h, dtype), T)
    for array in (h, dz, device.to_host(difference)):
        assert (array.shape, array.dtype) == (shape, dtype)
    for name, g in gradients.items():
        assert (g.shape, g.dtype) == ((shape[0], *activation.shapes(3)[name]), dtype)


@pytest.mark.parametrize("activation", [LeakyReLU(np.float64(0.1)), ELU(np.float64(0.1))], ids=repr)
def test_a_parameter_in_double_precision_does_not_promote(activation):
    h, dz, _ = both_ways(activation, CPU, dtype="float32")
    assert h.dtype == dz.dtype == "float32"


@every_activation
def test_arguments_are_left_as_they_were(activation):
    z, dh = Z.copy(), DH.copy()
    both_ways(activation, CPU, z, dh)
    assert np.array_equal(z, Z) and np.array_equal(dh, DH)


@every_activation
def test_values_keep_within_low_and_high(activation):
    h, _, _ = both_ways(activation, CPU, 10 * Z)
    assert activation.low <= h.min() and h.max() <= activation.high
    if not isinstance(activation, Softmax):  # and the bounds are tight
        z = np.array([[-1e3], [1e3]])
        learned = {name: np.full(shape, 0.25) for name, shape in activation.shapes(1).items()}
        ends = activation.forward(np, z, **learned)
        bounded = np.isfinite([activation.low, activation.high])
        assert ends[:, 0][bounded] == pytest.approx(np.array([activation.low, activation.high])[bounded], abs=1e-12)


@every_activation
def test_difference_is_the_output_less_the_target(activation):
    h, _, _ = both_ways(activation, CPU)
    for T in (np.zeros_like(h), np.ones_like(h), np.full_like(h, 0.3)):
        np.testing.assert_allclose(activation.difference(np, Z, h, T), h - T, rtol=1e-12, atol=1e-14)


@every_activation
def test_the_derivative_at_0_is_one_of_the_one_sided_ones(activation):
    z = np.zeros((1, 1, 3))
    at_0 = both_ways(activation, CPU, z, np.ones_like(z))
    sides = [(both_ways(activation, CPU, z + step)[0] - at_0[0]) / step for step in (-1e-7, 1e-7)]
    if not isinstance(activation, (Softmax, LayerNorm)):  # an element alone has none
        assert np.all(np.min([np.abs(at_0[1] - side) for side in sides], axis=0) < 1e-6)


def test_softmax_backward_is_the_product_with_the_whole_jacobian(device):
    h, dz, _ = both_ways(Softmax(), device)
    J = h[..., :, None] * (np.eye(3) - h[..., None, :])
    np.testing.assert_allclose(dz, np.einsum("...ji,...j->...i", J, DH), rtol=1e-12, atol=1e-15)


def test_softmax_is_a_distribution_and_ignores_a_constant():
    h = Softmax().forward(np, Z)
    np.testing.assert_allclose(h.sum(axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(Softmax().forward(np, Z + 700), h, rtol=1e-12)
    assert Softmax().forward(np, Z[..., :1]) == pytest.approx(1)


def test_log_sum_exp_is_what_its_name_says():
    ties = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, -3.0], [0.0, -50.0, -50.0]])
    for z in (Z, ties):
        expected = np.log(np.exp(z).sum(axis=-1, keepdims=True)) - z.max(axis=-1, keepdims=True)
        d = shifted(np, z)
        for given in ((d, np.exp(d)), exponentials(np, z)):
            np.testing.assert_allclose(log_sum_exp(np, *given), expected, rtol=1e-12, atol=1e-15)
    assert log_sum_exp(np, *exponentials(np, ties))[2] == pytest.approx(2 * np.exp(-50), rel=1e-14, abs=0)


def test_activations_that_are_one_another_in_other_clothes():
    def h(activation, z=Z):
        return both_ways(activation, CPU, z)[0]

    np.testing.assert_allclose(h(RescaledTanh()), (1 + np.tanh(Z)) / 2, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(h(RescaledTanh()), h(Sigmoid(), 2 * Z), rtol=1e-13)
    np.testing.assert_allclose(h(Tanh()), 2 * h(Sigmoid(), 2 * Z) - 1, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(h(Softplus()) - h(Softplus(), -Z), Z, rtol=1e-12)
    assert np.array_equal(h(ReLU()), h(LeakyReLU(0.0)))
    assert np.array_equal(PReLU().forward(np, Z, np.full((2, 3), 0.01)), h(LeakyReLU()))
    np.testing.assert_allclose(h(SELU()), SELU.scale * h(ELU(SELU.alpha)), rtol=1e-15)


def test_selu_keeps_mean_0_and_variance_1():
    z = np.linspace(-12, 12, 240_001)  # the trapezoid rule, with a node on the kink
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    h = SELU().forward(np, z)
    assert np.sum(h * density) == pytest.approx(0, abs=1e-8)
    assert np.sum(h * h * density) == pytest.approx(1, abs=1e-8)


def test_a_slope_of_its_own_for_each_neuron_and_one_for_all():
    dslope = np.sum(np.minimum(Z, 0) * DH, axis=-2)
    np.testing.assert_allclose(both_ways(PReLU(), CPU)[2]["slope"], dslope, rtol=1e-13)
    np.testing.assert_allclose(both_ways(PReLU(shared=True), CPU)[2]["slope"][:, 0], dslope.sum(axis=-1), rtol=1e-13)
    assert PReLU(0.1).initial("slope") == 0.1


@pytest.mark.parametrize("activation", [PReLU(), PReLU(shared=True)], ids=repr)
def test_members_have_slopes_of_their_own(activation):
    slope = slopes(activation, CPU)["slope"]
    h, dz, gradients = both_ways(activation, CPU)
    for member in range(2):
        assert np.array_equal(h[member], activation.forward(np, Z[member], slope[member]))
        dz_alone, alone = activation.backward(np, Z[member], h[member], DH[member], slope[member])
        assert np.array_equal(dz[member], dz_alone)
        assert np.array_equal(gradients["slope"][member], alone["slope"])


@every_activation
def test_what_is_not_learned_is_named(activation):
    if not activation.shapes(1):
        with pytest.raises(KeyError, match=r"learns nothing called 'slope'"):
            activation.initial("slope")
