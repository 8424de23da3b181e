"""Schedule-free AdamW: what it evaluates is the average, and a rate of 0 changes nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpunn.optim.schedule_free import ScheduleFreeAdamW


def run(device, method, theta, rates, gradient):
    """Steps on a device; theta, x and z afterwards on the host."""
    xp = device.xp
    theta = device.asarray(theta.copy())
    state = method.init(xp, theta)
    for lr in rates:
        g = device.asarray(gradient(device.to_host(theta)), theta.dtype)
        method.update(xp, theta, g, state, device.asarray(np.array([lr]), theta.dtype))
    return tuple(map(device.to_host, (theta, state.x, state.z)))


@pytest.mark.parametrize("shape", [(6,), (3, 6)])
def test_x_is_the_mean_of_the_iterates_by_their_squared_rates(device, shape):
    method, start = ScheduleFreeAdamW(decay=0.1, n_decayed=4), np.random.default_rng(0).standard_normal(shape)
    rates, iterates = [0.01 * k for k in (1, 2, 3, 3, 3, 2, 0.5)], []
    for n in range(1, len(rates) + 1):
        y, x, z = run(device, method, start, rates[:n], np.sin)
        iterates.append(z)
    squares = [(lr * math.sqrt(1 - 0.999**t)) ** 2 for t, lr in enumerate(rates, 1)]
    np.testing.assert_allclose(x, np.average(iterates, axis=0, weights=squares), rtol=1e-10)
    np.testing.assert_allclose(y, 0.1 * z + 0.9 * x, rtol=1e-12)
    assert np.abs(x - z).max() > 1e-3


def test_the_average_comes_closer_to_the_minimum_than_the_iterate_of_noisy_gradients(device):
    rng, minimum = np.random.default_rng(1), np.linspace(-1, 1, 20)

    def gradient(theta):
        return theta - minimum + rng.standard_normal(20)

    _, x, z = run(device, ScheduleFreeAdamW(decay=0.0), np.full(20, 3.0), [0.05] * 2000, gradient)
    assert np.linalg.norm(x - minimum) < 0.3 < np.linalg.norm(z - minimum)


@pytest.mark.parametrize("rate", [0.0, 1e-30])
def test_rates_whose_squares_are_0_leave_the_average(rate):
    theta = np.ones(3, np.float32)
    method = ScheduleFreeAdamW()
    state = method.init(np, theta)
    for lr in (rate, rate, 0.1, rate):
        before = state.x.copy()
        method.update(np, theta, np.ones(3, np.float32), state, np.array([lr], np.float32))
        assert np.array_equal(state.x, before) == (lr == rate)
    assert np.isfinite(theta).all()
