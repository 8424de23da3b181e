"""Costs as functions of the outputs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpunn.nn.activations import ACTIVATIONS, RescaledTanh, Sigmoid, Softmax, Tanh
from gpunn.nn.costs import COSTS, CrossEntropy, LogLikelihood, Quadratic

A = np.random.default_rng(0).uniform(0.05, 0.95, (2, 7, 3))
T = np.eye(3)[np.arange(7) % 3]
every_cost = pytest.mark.parametrize("cost", [kind() for kind in COSTS.values()], ids=repr)


def test_by_hand():
    a, t = np.array([[0.25, 0.5]]), np.array([[1.0, 0.0]])
    assert Quadratic().value(np, a, t) == pytest.approx((0.75**2 + 0.5**2) / 2)
    assert CrossEntropy().value(np, a, t) == pytest.approx(math.log(4) + math.log(2))
    assert LogLikelihood().value(np, a, t) == pytest.approx(math.log(4))


@every_cost
def test_the_derivative_is_the_difference_quotient_and_nothing_near_it(cost):
    for targets in (T, 0.2 + 0.5 * T):
        step = 1e-4 * np.eye(3)[:, None, None, None, :]
        each = (cost.value(np, A + step, targets) - cost.value(np, A - step, targets)) / 2e-4
        expected = np.moveaxis(each[:, 0], 0, -1)
        assert cost.derivative(np, A, targets) == pytest.approx(expected, rel=1e-4, abs=1e-8)
        assert 1.001 * cost.derivative(np, A, targets) != pytest.approx(expected, rel=1e-4, abs=1e-8)


@every_cost
def test_a_perfect_output_costs_nothing_and_no_cost_is_negative(cost):
    assert np.all(cost.value(np, T, T) == 0)
    rng = np.random.default_rng(1)
    a = np.concatenate([rng.random(1000), 1 - 10.0 ** -rng.uniform(0, 17, 1000), 10.0 ** -rng.uniform(0, 300, 1000)])
    for t in (0.0, 1.0, 0.3):
        assert np.all(cost.value(np, a[:, None], np.full((3000, 1), t)) >= 0)


@every_cost
def test_every_device_gives_the_same_numbers(device, cost):
    xp, a, targets = device.xp, device.asarray(A), device.asarray(T)
    np.testing.assert_allclose(device.to_host(cost.value(xp, a, targets)), cost.value(np, A, T), rtol=1e-14)
    np.testing.assert_allclose(device.to_host(cost.derivative(xp, a, targets)), cost.derivative(np, A, T), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n", "k"), [(7, 3), (1, 3), (7, 1), (1, 1)])
@every_cost
def test_one_number_a_row_in_the_dtype_of_the_outputs(device, cost, n, k, dtype):
    a, targets = device.asarray(A[:, :n, :k], dtype), device.asarray(T[:n, :k], dtype)
    value = device.to_host(cost.value(device.xp, a, targets))
    derivative = device.to_host(cost.derivative(device.xp, a, targets))
    assert (value.shape, value.dtype) == ((2, n), dtype)
    assert (derivative.shape, derivative.dtype) == ((2, n, k), dtype)


@every_cost
def test_a_wrong_and_saturated_output_has_a_finite_cost(device, cost):
    for dtype in ("float32", "float64"):
        a, targets = device.asarray([[0.0, 1.0]], dtype), device.asarray([[1.0, 0.0]], dtype)
        for x in (cost.value(device.xp, a, targets), cost.derivative(device.xp, a, targets)):
            assert np.all(np.isfinite(device.to_host(x)))


def test_each_cost_says_for_which_outputs_it_has_no_meaning():
    activations = [kind() for kind in dict.fromkeys(ACTIVATIONS.values())] + [RescaledTanh()]

    def meant(cost):
        return {type(activation) for activation in activations if cost.refusal(activation) is None}

    assert meant(Quadratic()) == {type(activation) for activation in activations}
    assert meant(CrossEntropy()) == {Sigmoid, Softmax, RescaledTanh}
    assert meant(LogLikelihood()) == {Softmax}
    assert "(0, 1)" in CrossEntropy().refusal(Tanh())
    assert "distribution" in LogLikelihood().refusal(Sigmoid())
