"""First-order methods follow their papers, in place, in the dtype of theta, for one network and for many."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpunn.optim.first_order import Adam, AdamW, GradientDescent, Momentum, Nesterov, clip_norm
from gpunn.optim.schedule_free import ScheduleFreeAdamW

N_STEPS = 60
N_DECAYED = 5

# The papers' recursions, written anew on plain numbers: one entry of theta at a time, without arrays.


def cauchy(theta, gradient, lr):
    for t in range(N_STEPS):
        theta = theta - lr(t) * gradient(theta, t)
    return theta


def polyak(theta, gradient, lr, mu=0.9):
    v = 0.0
    for t in range(N_STEPS):  # Sutskever et al. 2013, equations 1 and 2
        v = mu * v - lr(t) * gradient(theta, t)
        theta = theta + v
    return theta


def nesterov(theta, gradient, lr, mu=0.9):
    v = 0.0
    for t in range(N_STEPS):  # equations 3 and 4; theta is the point ahead, at which g is taken
        before = theta - mu * v
        v = mu * v - lr(t) * gradient(theta, t)
        theta = before + v + mu * v
    return theta


def adam(theta, gradient, lr, b1=0.9, b2=0.999, eps=1e-8, decay=0.0):
    m = v = 0.0
    for t in range(N_STEPS):  # Kingma & Ba 2015, algorithm 1 with the last line of section 2
        g = gradient(theta, t)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        alpha = lr(t) * math.sqrt(1 - b2 ** (t + 1)) / (1 - b1 ** (t + 1))
        theta = theta - alpha * m / (math.sqrt(v) + eps) - lr(t) * decay * theta
    return theta


def schedule_free(theta, gradient, lr, b1, b2, eps, decay):
    x = y = z = theta
    v = total = 0.0
    for t in range(N_STEPS):  # Defazio et al. 2024, algorithm 1; a step begins where y is known
        g = gradient(y, t)
        v = b2 * v + (1 - b2) * g * g
        gamma = lr(t) * math.sqrt(1 - b2 ** (t + 1))
        z = z - gamma * g / (math.sqrt(v) + eps) - gamma * decay * y
        total += gamma**2
        c = gamma**2 / total
        x = (1 - c) * x + c * z
        y = (1 - b1) * z + b1 * x
    return y


METHODS = {
    "gd": (GradientDescent(), lambda i: cauchy),
    "momentum": (Momentum(0.8), lambda i: lambda *a: polyak(*a, mu=0.8)),
    "nesterov": (Nesterov(0.8), lambda i: lambda *a: nesterov(*a, mu=0.8)),
    "adam": (Adam(0.85, 0.98, 1e-3), lambda i: lambda *a: adam(*a, 0.85, 0.98, 1e-3)),
    "adam without memory": (Adam(0.0, 0.0), lambda i: lambda *a: adam(*a, 0.0, 0.0)),
    "adamw": (
        AdamW(0.85, 0.98, 1e-3, 0.1, N_DECAYED),
        lambda i: lambda *a: adam(*a, 0.85, 0.98, 1e-3, 0.1 if i < N_DECAYED else 0.0),
    ),
    "schedule_free_adamw": (
        ScheduleFreeAdamW(0.85, 0.98, 1e-3, 0.1, N_DECAYED),
        lambda i: lambda *a: schedule_free(*a, 0.85, 0.98, 1e-3, 0.1 if i < N_DECAYED else 0.0),
    ),
}


def lr_of(t):
    return 0.1 / (1 + 0.05 * t)


def start_of(shape):
    return np.random.default_rng(3).standard_normal(shape)


def gradient_of(theta, t):
    """A gradient with a curvature in each entry and a disturbance that changes from step to step."""
    curvature = 0.1 + np.arange(theta.shape[-1]) / 4
    return curvature * theta + 0.3 * np.sin(t + np.arange(theta.shape[-1]))


def run(device, method, theta, n_steps=N_STEPS):
    """Steps of a method on a device, the gradients being computed on the host."""
    xp = device.xp
    state = method.init(xp, theta)
    for t in range(n_steps):
        g = gradient_of(device.to_host(theta), t)
        method.update(
            xp, theta, device.asarray(g, theta.dtype), state, device.asarray(np.array([lr_of(t)]), theta.dtype)
        )
    return state


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(9,), (3, 9)])
def test_every_method_is_the_recursion_of_its_paper(device, name, shape):
    method, recursion = METHODS[name]
    start = start_of(shape)
    theta = device.asarray(start.copy())
    run(device, method, theta)
    expected = np.empty(shape)
    for at in np.ndindex(shape):
        i = at[-1]

        def one(x, t, i=i):
            return (0.1 + i / 4) * x + 0.3 * math.sin(t + i)

        expected[at] = recursion(i)(float(start[at]), one, lr_of)
    np.testing.assert_allclose(device.to_host(theta), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", METHODS)
def test_members_do_not_see_each_other(device, name):
    start = start_of((3, 9))
    together = device.asarray(start.copy())
    run(device, METHODS[name][0], together)
    for member in range(3):
        alone = device.asarray(start[member].copy())
        run(device, METHODS[name][0], alone)
        assert np.array_equal(device.to_host(alone), device.to_host(together)[member])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_theta_and_state_keep_their_memory_and_dtype(name, dtype):
    method, _ = METHODS[name]
    theta = start_of((2, 9)).astype(dtype)
    state = method.init(np, theta)
    before = [theta, *state]
    for t in range(3):
        method.update(np, theta, gradient_of(theta, t).astype(dtype), state, np.array([0.1], dtype))
    assert all(old is new for old, new in zip(before, [theta, *state], strict=True))
    assert all(array.dtype == dtype for array in before)
    assert all(array.any() for array in before)  # that same memory holds what was learned
    assert not np.array_equal(theta, start_of((2, 9)).astype(dtype))


@pytest.mark.parametrize("name", METHODS)
def test_float32_follows_float64(device, name):
    found = []
    for dtype in ("float32", "float64"):
        theta = device.asarray(start_of((9,)), getattr(device.xp, dtype))
        run(device, METHODS[name][0], theta)
        assert str(device.to_host(theta).dtype) == dtype
        found.append(device.to_host(theta))
    np.testing.assert_allclose(found[0], found[1], rtol=2e-5, atol=2e-5)
    assert not np.array_equal(found[0], found[1])


@pytest.mark.parametrize("t", [1, 2, 100, 10**4, 10**6])
def test_the_bias_correction_of_adam_is_exact_to_float32_at_any_step(device, t):
    method, xp = Adam(), device.xp
    theta = device.asarray(np.zeros(1), xp.float32)
    state = method.init(xp, theta)
    state.t[...] = t - 1
    # Moments such that the step is the rate itself, sqrt(1 - b2^t) / (1 - b1^t), to one part in 10^8.
    state.m[...] = 1 / method.b1
    state.v[...] = 1 / method.b2
    zero, one = device.asarray(np.zeros(1), xp.float32), device.asarray(np.ones(1), xp.float32)
    method.update(xp, theta, zero, state, one)
    rate = math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    assert -float(device.to_host(theta)[0]) == pytest.approx(rate, rel=1e-6)
    assert float(device.to_host(state.t)[0]) == t


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient(scale):
    theta = np.zeros(4, np.float32)
    method = Adam(eps=1e-30)
    g = np.array([1, -2, 0.5, 0], np.float32) * np.float32(scale)
    method.update(np, theta, g, method.init(np, theta), np.array([0.01], np.float32))
    np.testing.assert_allclose(theta, [-0.01, 0.01, -0.01, 0], rtol=1e-6)


@pytest.mark.parametrize("method", [Adam(), AdamW(decay=0.5, n_decayed=5), Nesterov(0.9), GradientDescent()])
def test_members_have_learning_rates_decay_and_counters_of_their_own(device, method):
    xp, rates, decays = device.xp, [0.1, 0.01], [0.5, 0.2]
    own = method
    if isinstance(method, AdamW):
        own = AdamW(decay=device.asarray(np.array(decays)[:, None]), n_decayed=method.n_decayed)
    theta = device.asarray(start_of((2, 9)))
    parts = [device.asarray(start_of((2, 9))[i]) for i in range(2)]
    lr = device.asarray(np.array(rates)[:, None])
    with device.use():
        states = [method.init(xp, part) for part in parts]
        state = type(states[0])(*(xp.stack(arrays) for arrays in zip(*states, strict=True)))
        for step in range(3):
            own.update(xp, theta, device.asarray(np.cos(start_of((2, 9)) + step)), state, lr)
            for i, part in enumerate(parts):
                alone = AdamW(decay=decays[i], n_decayed=5) if isinstance(method, AdamW) else method
                g = device.asarray(np.cos(start_of((2, 9))[i] + step))
                alone.update(xp, part, g, states[i], device.asarray(np.array([rates[i]])))
    for i, part in enumerate(parts):
        np.testing.assert_allclose(device.to_host(theta[i, ...]), device.to_host(part), rtol=1e-13)


def test_adamw_decays_its_first_entries_alone_and_else_is_adam():
    lr = np.array([0.1])
    for n_decayed in (0, 3, 9):
        plain, decayed = start_of((2, 9)), start_of((2, 9))
        for method, theta in ((Adam(), plain), (AdamW(decay=0.5, n_decayed=n_decayed), decayed)):
            method.update(np, theta, np.ones((2, 9)), method.init(np, theta), lr)
        difference = plain - decayed
        np.testing.assert_allclose(difference[:, :n_decayed], 0.05 * start_of((2, 9))[:, :n_decayed], rtol=1e-12)
        assert not difference[:, n_decayed:].any()


def test_without_momentum_both_momentum_methods_are_gradient_descent(device):
    found = []
    for method in (GradientDescent(), Momentum(0.0), Nesterov(0.0)):
        theta = device.asarray(start_of((9,)))
        run(device, method, theta)
        found.append(device.to_host(theta))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-14)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-14)


def test_nesterov_looks_ahead_by_momentum_times_the_velocity():
    # Both carry the same velocity on a gradient that does not depend on theta; the points differ by mu v.
    theta, ahead = start_of((9,)), start_of((9,))
    lr = np.array([0.1])
    plain, looking = Momentum(0.9), Nesterov(0.9)
    state, state_ahead = plain.init(np, theta), looking.init(np, ahead)
    for t in range(20):
        plain.update(np, theta, np.cos(t + np.arange(9.0)), state, lr)
        looking.update(np, ahead, np.cos(t + np.arange(9.0)), state_ahead, lr)
        np.testing.assert_allclose(state_ahead.v, state.v, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(ahead, theta + 0.9 * state.v, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [(9,), (3, 9)])
def test_clipping_turns_no_gradient_and_lengthens_none(device, shape):
    g = start_of(shape) * np.linspace(0.1, 3, shape[0])[:, None] if len(shape) == 2 else start_of(shape)
    norms = np.linalg.norm(g, axis=-1, keepdims=True)
    limit = float(np.median(norms)) * 0.9
    clipped = device.asarray(g.copy())
    clip_norm(device.xp, clipped, limit)
    np.testing.assert_allclose(device.to_host(clipped), g * np.minimum(1, limit / norms), rtol=1e-14)
    assert len(shape) == 1 or (norms < limit).any()  # so that a member that is short enough was among them


def test_a_gradient_within_the_limit_is_left_bit_by_bit(device):
    g = start_of((9,)).astype(np.float32)
    left = device.asarray(g.copy())
    clip_norm(device.xp, left, 7.0)
    assert np.array_equal(device.to_host(left), g)
    assert device.to_host(left).dtype == np.float32
    zero = device.asarray(np.zeros((2, 3)))
    clip_norm(device.xp, zero, 1e-300)
    assert not device.to_host(zero).any()


def test_a_gradient_whose_norm_overflows_is_clipped_not_erased(device):
    g = device.asarray(np.array([3e30, -4e30, 0]), device.xp.float32)
    with device.use():
        clip_norm(device.xp, g, 10.0)
    np.testing.assert_allclose(device.to_host(g), [6, -8, 0], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_gradient_that_is_not_finite_is_not_made_to_look_finite(device, bad):
    g = device.asarray(np.array([[1.0, bad], [30.0, 40.0]]))
    with device.use():
        clip_norm(device.xp, g, 5.0)
    assert np.isnan(device.to_host(g)[0]).all()
    np.testing.assert_allclose(device.to_host(g)[1], [3, 4], rtol=1e-14)  # the other member goes on
