"""Directions: formulas of Nocedal & Wright, against matrices written out; the known ends on quadratics."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.optim import directions
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient
from gpunn.optim.full_batch import Minimiser, minimise

CPU = get_device("cpu")
BETAS = ("polak_ribiere", "fletcher_reeves", "hestenes_stiefel")


def quadratic(device, n, condition=50.0):
    """f = 1/2 theta^T A theta - b^T theta with n different eigenvalues; the function, its minimum, a start."""
    rng = np.random.default_rng(n)
    Q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    A = Q * np.geomspace(1, condition, n) @ Q.T
    b = rng.standard_normal(n)
    xp, A_there, b_there = device.xp, device.asarray(A), device.asarray(b)

    def function(theta):
        r = A_there @ theta
        return xp.vecdot(theta, r) / 2 - xp.vecdot(b_there, theta), r - b_there

    return function, np.linalg.solve(A, b), device.asarray(rng.standard_normal(n))


def exact(phi, start, alpha, c2):
    """The minimum along a line on which the function is a parabola."""
    there = phi(alpha)
    return phi(alpha * start.slope / (start.slope - there.slope))


def steps_of(device, function, theta, method, n, search=None):
    """theta after each of n iterations, on the host."""
    path = []
    settings = {} if search is None else {"search": search}
    minimise(
        device.xp,
        function,
        theta,
        Minimiser(method, max_iter=n, gtol=0.0, ftol=-1.0, **settings),
        device.floats,
        callback=lambda iterate: path.append(device.to_host(iterate.theta)),
    )
    return path


def pairs(n, count, seed=0):
    """Steps and changes of gradient of a convex quadratic, y = A s."""
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((n, n))
    S = rng.standard_normal((count, n))
    return S, S @ (B @ B.T + np.eye(n))


def learned(device, method, S, Y):
    xp = device.xp
    state = method.start(xp, device.asarray(S[0]))
    for s, y in zip(S, Y, strict=True):
        s, y = device.asarray(s), device.asarray(y)
        state = method.update(xp, state, 0 * s, s, y, y)  # the gradient before was 0, and so was the direction
    return state


def inverse_hessian(S, Y, H):
    """(6.17), matrix by matrix."""
    for s, y in zip(S, Y, strict=True):
        rho = 1 / (y @ s)
        V = np.eye(len(s)) - rho * np.outer(y, s)
        H = V.T @ H @ V + rho * np.outer(s, s)
    return H


def gamma(s, y):
    return (s @ y) / (y @ y)


# Conjugate gradients


@pytest.mark.parametrize("beta", BETAS)
def test_conjugate_gradients_are_their_formulas(device, beta):
    rng = np.random.default_rng(1)
    p, g_old, g = rng.standard_normal((3, 6))
    g += (0.05 * g @ g - g @ g_old) / (g_old @ g_old) * g_old  # nearly orthogonal, as (5.52) asks
    y = g - g_old
    method, xp = ConjugateGradient(beta), device.xp
    state = method.update(xp, None, *map(device.asarray, (p, 0.1 * p, y, g)))
    expected = {
        "polak_ribiere": g @ y / (g_old @ g_old),
        "fletcher_reeves": g @ g / (g_old @ g_old),
        "hestenes_stiefel": g @ y / (p @ y),
    }
    assert expected["polak_ribiere"] > 0
    found = device.to_host(method.direction(xp, state, device.asarray(g)))
    np.testing.assert_allclose(found, -g + expected[beta] * p, rtol=1e-12)


@pytest.mark.parametrize("beta", BETAS)
def test_conjugate_gradients_begin_anew_where_gradients_are_far_from_orthogonal(device, beta):
    method, xp = ConjugateGradient(beta), device.xp
    p, g_old = np.array([-2.0, -1.0]), np.array([2.0, 0.0])
    for share, anew in ((0.099, False), (0.101, True), (-0.099, False), (-0.101, True)):
        g = np.array([share / 2, np.sqrt(1 - share**2 / 4)])  # of length 1, so that g^T g_old = share g^T g
        state = method.update(xp, None, *map(device.asarray, (p, 0.1 * p, g - g_old, g)))
        found = device.to_host(method.direction(xp, state, device.asarray(g)))
        assert np.array_equal(found, -g) == anew


@pytest.mark.parametrize("method", [ConjugateGradient(), BFGS(), LBFGS()])
def test_the_first_direction_is_the_steepest_descent(device, method):
    theta = device.asarray(np.arange(4.0))
    state = method.start(device.xp, theta)
    assert np.array_equal(device.to_host(method.direction(device.xp, state, theta)), -np.arange(4.0))


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("n", [2, 5, 12])
def test_conjugate_gradients_end_in_n_steps_on_an_n_quadratic(device, beta, n):
    function, minimum, start = quadratic(device, n, condition=20.0)  # rounding grows with it from step to step
    path = steps_of(device, function, start, ConjugateGradient(beta), n, exact)
    far = np.abs(device.to_host(start) - minimum).max()
    assert np.abs(path[n - 1] - minimum).max() < 1e-11 * far
    assert np.abs(path[n - 2] - minimum).max() > 1e-5 * far  # and not before


def test_all_betas_are_one_on_a_quadratic():
    function, _, start = quadratic(CPU, 8)
    paths = [steps_of(CPU, function, start, ConjugateGradient(beta), 7, exact) for beta in BETAS]
    np.testing.assert_allclose(paths[1], paths[0], rtol=1e-9)
    np.testing.assert_allclose(paths[2], paths[0], rtol=1e-9)


# BFGS and L-BFGS


def matrix_of(device, method, state):
    """H, column by column."""
    columns = (method.product(device.xp, state, device.asarray(e)) for e in np.eye(state.rows.shape[1]))
    return np.stack([device.to_host(column) for column in columns], axis=1)


def bfgs_after(device, method, n, steps, wasted=()):
    """The state after steps along its own directions, the matrix that its formulas give, and the last s and y.

    Before some of the steps there is one that teaches nothing: another gradient at the next, of which H knows nothing.
    """
    rng, xp = np.random.default_rng(n), device.xp
    a = np.geomspace(1, 10, n)  # the diagonal of the Hessian matrix, which is now greater, now smaller
    g, H, state, factors = a * rng.standard_normal(n), np.eye(n), None, []
    given = device.asarray(g)
    for k in range(steps):
        if k in wasted:
            g = a * rng.standard_normal(n)
            given = device.asarray(g)
        direction = method.direction(xp, state, given)
        p = -H @ g
        np.testing.assert_allclose(device.to_host(direction), p, rtol=1e-8, atol=1e-10 * np.abs(p).max())
        slope = (0.2, 3.0)[k % 2] * a * p  # of the gradient along p
        s = rng.uniform(0.3, 1.5) * -(g @ p) / (p @ slope) * p  # about where the slope ends
        y, factor = (s @ p) / (p @ p) * slope, 1.0
        if method.scaled:
            factor = max(1.0, s @ np.linalg.solve(H, s) / (s @ y)) if factors else gamma(s, y)
        factors.append(factor)
        H, g = inverse_hessian([s], [y], factor * H), g + y
        given = device.asarray(g)
        state = method.update(xp, state, direction, device.asarray(s), device.asarray(y), given)
    assert not method.scaled or (max(factors[1:]) > 1 and min(factors[1:]) == 1)  # both cases are met
    return state, H, s, y


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("max_steps", [None, 3])  # by the second there is no room for more at first
@pytest.mark.parametrize("wasted", [(), (1,), (3, 4)])
@pytest.mark.parametrize(("n", "steps"), [(3, 6), (8, 6), (8, 7), (8, 8), (8, 20)])
def test_bfgs_keeps_the_matrix_of_its_formula(device, monkeypatch, n, steps, wasted, max_steps, scaled):
    monkeypatch.setattr(directions, "_most_rows", lambda n: 8)
    method = BFGS(scaled, max_steps=max_steps)
    state, expected, s, y = bfgs_after(device, method, n, steps, wasted)
    H = matrix_of(device, method, state)
    n_rows = steps + 1 + len(wasted)
    assert state.n == (n_rows if n_rows <= 8 else (n_rows - 2) % 7 + 2)
    assert state.base.ndim == (0 if n_rows <= 8 else 2)
    np.testing.assert_allclose(H, expected, rtol=1e-8, atol=1e-10 * np.abs(H).max())
    np.testing.assert_allclose(H @ y, s, rtol=1e-8, atol=1e-9 * np.abs(s).max())  # the secant equation (6.4)
    g = device.to_host(state.g)
    np.testing.assert_allclose(
        device.to_host(state.p), -expected @ g, rtol=1e-8, atol=1e-10 * np.abs(expected @ g).max()
    )


def test_bfgs_adds_up_a_matrix_of_many_blocks_like_one_block(monkeypatch):
    n = 2**10 + 300  # 2^20 // n rows at a time leave a rest
    monkeypatch.setattr(directions, "_most_rows", lambda n: 3)  # two steps
    method = BFGS()
    state, expected, s, y = bfgs_after(CPU, method, n, 5)
    assert (state.n, state.base.shape) == (2, (n, n))
    H = matrix_of(CPU, method, state)
    np.testing.assert_allclose(H, expected, rtol=1e-8, atol=1e-10 * np.abs(H).max())
    np.testing.assert_allclose(H @ y, s, rtol=1e-8, atol=1e-9 * np.abs(s).max())


@pytest.mark.parametrize("memory", [1, 3, 6, 10])
@pytest.mark.parametrize("scaled", [True, False])
def test_lbfgs_is_bfgs_of_the_last_steps(device, memory, scaled):
    n = 7
    S, Y = pairs(n, 6)
    g = np.random.default_rng(5).standard_normal(n)
    method = LBFGS(memory, scaled)
    state = learned(device, method, S, Y)
    found = device.to_host(method.direction(device.xp, state, device.asarray(g)))
    H0 = np.eye(n) * (gamma(S[-1], Y[-1]) if scaled else 1.0)
    expected = -inverse_hessian(S[-memory:], Y[-memory:], H0) @ g
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * np.abs(expected).max())
    assert len(state) == min(memory, 6)


def chained_rosenbrock(device, n):
    """sum of 100 (x_(i+1) - x_i^2)^2 + (1 - x_i)^2, whose gradient is written with slices."""
    xp = device.xp

    def function(x):
        r, q = x[1:] - x[:-1] ** 2, 1 - x[:-1]
        g = xp.zeros_like(x)
        g[:-1] += -400 * x[:-1] * r - 2 * q
        g[1:] += 200 * r
        return xp.sum(100 * r * r + q * q), g

    return function, device.asarray(np.tile([-1.2, 1.0], n)[:n])


@pytest.mark.parametrize("n", [2, 6])
def test_lbfgs_with_full_memory_takes_the_steps_of_bfgs_from_the_same_matrix(device, n):
    function, start = chained_rosenbrock(device, n)
    whole = steps_of(device, function, start, BFGS(scaled=False), 25)
    limited = steps_of(device, function, start, LBFGS(memory=100, scaled=False), 25)
    np.testing.assert_allclose(limited, whole, rtol=0, atol=1e-10)  # rounding grows step by step
    np.testing.assert_allclose(limited[:8], whole[:8], rtol=0, atol=1e-12)
    short = steps_of(device, function, start, LBFGS(memory=2, scaled=False), 25)
    assert np.abs(np.array(short[:8]) - whole[:8]).max() > 1e-3


@pytest.mark.parametrize("scaled", [True, False])
def test_quasi_newton_methods_end_in_n_steps_on_an_n_quadratic_too(device, scaled):
    # Under exact searches they are conjugate gradients in other words (section 6.4, theorem 6.4).
    n = 6
    function, minimum, start = quadratic(device, n)
    for method in (BFGS(scaled), LBFGS(n, scaled)):
        path = steps_of(device, function, start, method, n, exact)
        assert np.abs(path[-1] - minimum).max() < 1e-10


def test_bfgs_refuses_what_does_not_fit(device):
    xp = device.xp
    theta = device.asarray(np.zeros(100))
    # Rows of 100 numbers: a quarter of 100, and a matrix; or one more than there are steps.
    for double, method in (
        (100_000, BFGS),
        (100_000, partial(BFGS, max_steps=25)),
        (4_800, partial(BFGS, max_steps=5)),
    ):
        method(max_bytes=double).start(xp, theta)
        method(max_bytes=double // 2).start(xp, xp.astype(theta, xp.float32))
        message = rf"solver='bfgs'.* {double // 800} x 100 .*{double:,} bytes and {double - 1:,} .*solver='lbfgs'"
        with pytest.raises(ValueError, match=message):
            method(max_bytes=double - 1).start(xp, theta)
        with pytest.raises(ValueError, match=f"needs {double // 2:,} bytes"):
            method(max_bytes=double // 2 - 1).start(xp, xp.astype(theta, xp.float32))
