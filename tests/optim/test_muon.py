"""Muon: steps of matrices are orthogonal, and all else is AdamW."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpunn.nn.activations import PReLU
from gpunn.nn.network import Network
from gpunn.optim.first_order import AdamW
from gpunn.optim.muon import Muon, orthogonalise

NETWORK = Network((6, 5, 9, 3), (PReLU(), PReLU()))  # a tall matrix, a wide one, and that of the output
MATRICES = tuple(layer.W for layer in NETWORK.layers[:-1])
P = NETWORK.n_parameters
METHOD = Muon(0.8, 0.9, 1e-6, 0.3, NETWORK.n_weights, MATRICES)


def start_of(shape):
    return np.random.default_rng(0).standard_normal(shape)


def gradient_of(theta, t):
    return theta * np.linspace(0.1, 2, theta.shape[-1]) + np.sin(t + np.arange(theta.shape[-1]))


def run(device, method, theta, n_steps=4):
    xp = device.xp
    state = method.init(xp, theta)
    for t in range(n_steps):
        g = device.asarray(gradient_of(device.to_host(theta), t), theta.dtype)
        method.update(xp, theta, g, state, device.asarray(np.array([0.1 / (1 + t)]), theta.dtype))
    return state


def by_singular_values(theta, n_steps=4):
    """The method on one network, with the polynomial of Jordan et al. 2024 applied to singular values."""
    theta, buffers = theta.copy(), [np.zeros(matrix.shape) for matrix in MATRICES]
    adamw = AdamW(0.8, 0.9, 1e-6, 0.3, NETWORK.n_weights)
    state = adamw.init(np, theta)
    for t in range(n_steps):
        g, lr, found = gradient_of(theta, t), 0.1 / (1 + t), []
        for i, matrix in enumerate(MATRICES):
            W, G = (x[matrix.start : matrix.stop].reshape(matrix.shape) for x in (theta, g))
            buffers[i] = 0.8 * buffers[i] + G
            U, s, Vt = np.linalg.svd(G + 0.8 * buffers[i], full_matrices=False)  # Nesterov's momentum
            s = s / np.sqrt(np.sum(s**2))
            for _ in range(5):
                s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
            found.append(W - lr * (0.2 * math.sqrt(max(matrix.shape)) * (U * s) @ Vt + 0.3 * W))
        adamw.update(np, theta, g, state, np.array([lr]))
        for matrix, W in zip(MATRICES, found, strict=True):
            theta[matrix.start : matrix.stop] = W.ravel()
    return theta


@pytest.mark.parametrize("shape", [(P,), (3, P)])
def test_matrices_take_the_steps_of_the_source_and_all_else_those_of_adamw(device, shape):
    start = start_of(shape)
    theta = device.asarray(start.copy())
    run(device, METHOD, theta)
    expected = np.stack([by_singular_values(one) for one in start.reshape(-1, P)]).reshape(shape)
    np.testing.assert_allclose(device.to_host(theta), expected, rtol=1e-9, atol=1e-11)


def test_members_do_not_see_each_other(device):
    start = start_of((3, P))
    together = device.asarray(start.copy())
    run(device, METHOD, together)
    for member in range(3):
        alone = device.asarray(start[member].copy())
        run(device, METHOD, alone)
        assert np.array_equal(device.to_host(alone), device.to_host(together)[member])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_theta_and_state_keep_their_memory_and_dtype(dtype):
    theta = start_of((2, P)).astype(dtype)
    state = METHOD.init(np, theta)
    before = [theta, *state]
    METHOD.update(np, theta, gradient_of(theta, 1).astype(dtype), state, np.array([0.1], dtype))
    assert all(old is new for old, new in zip(before, [theta, *state], strict=True))
    assert all(array.dtype == dtype and array.all() for array in before)


def test_without_matrices_it_is_adamw(device):
    thetas = [device.asarray(start_of((P,))) for _ in range(2)]
    for method, theta in zip((AdamW(decay=0.1, n_decayed=9), Muon(decay=0.1, n_decayed=9)), thetas, strict=True):
        run(device, method, theta)
    assert np.array_equal(*map(device.to_host, thetas))


def test_only_matrices_among_the_decayed_entries_decay():
    zero = np.zeros(P)
    for n_decayed, kept in ((NETWORK.n_weights, 0.95), (0, 1.0)):
        theta = np.ones(P)
        method = Muon(decay=0.5, n_decayed=n_decayed, matrices=MATRICES)
        method.update(np, theta, zero.copy(), method.init(np, theta), np.array([0.1]))
        np.testing.assert_allclose(theta[: NETWORK.n_weights], kept, rtol=1e-12)
        assert (theta[NETWORK.n_weights :] == 1).all()


# The orthogonal factor


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (2, 3, 8, 5), (1, 6), (6, 1)])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_singular_values_come_near_1_and_singular_vectors_stay(device, shape, scale, dtype):
    rng, k = np.random.default_rng(0), min(shape[-2:])
    U, _, Vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    G = U * np.geomspace(1, 0.02, k) @ Vt
    found = device.to_host(orthogonalise(device.xp, device.asarray(scale * G, getattr(device.xp, dtype))))
    assert found.dtype == dtype and found.shape == shape
    inner = np.swapaxes(U, -1, -2) @ found @ np.swapaxes(Vt, -1, -2)
    values = np.diagonal(inner, axis1=-2, axis2=-1)
    assert values.min() > 0.68 and values.max() < 1.21
    np.testing.assert_allclose(U * values[..., None, :] @ Vt, found, atol=2e-4 if dtype == "float32" else 1e-11)


def test_what_is_0_stays_0(device):
    assert not device.to_host(orthogonalise(device.xp, device.asarray(np.zeros((2, 4, 3))))).any()
    G = np.zeros((4, 3))
    G[0, 1] = -2.0
    found = device.to_host(orthogonalise(device.xp, device.asarray(G)))
    assert -1.21 < found[0, 1] < -0.68 and np.count_nonzero(found) == 1


def test_the_step_of_a_matrix_does_not_depend_on_the_scale_of_its_gradient():
    steps = []
    for scale in (1e-12, 1.0, 1e12):
        theta = np.zeros(P)
        method = Muon(matrices=MATRICES)
        method.update(np, theta, scale * gradient_of(start_of((P,)), 0), method.init(np, theta), np.array([0.01]))
        steps.append(theta[: MATRICES[-1].stop])
    np.testing.assert_allclose(steps, np.broadcast_to(steps[1], (3, len(steps[1]))), rtol=1e-9)
    for matrix in MATRICES:  # 0.2 sqrt(max / (n_in n_out)) times the norm of about sqrt(min) of O
        rms = np.sqrt(np.mean(steps[1][matrix.start : matrix.stop] ** 2))
        assert 0.68 < rms / (0.01 * 0.2) < 1.21


def test_a_quadratic_of_a_matrix_is_minimised(device):
    xp, matrix = device.xp, MATRICES[1]
    A, minimum = np.diag(np.geomspace(1e-3, 1, 5)), np.random.default_rng(2).standard_normal((5, 9))
    theta, method = device.asarray(np.zeros(P)), Muon(matrices=(matrix,))
    state = method.init(xp, theta)
    for t in range(300):
        g = np.zeros(P)
        matrix.put(np, g, A @ (matrix.of(np, device.to_host(theta)) - minimum))
        method.update(xp, theta, device.asarray(g), state, device.asarray(np.array([0.1 * (1 - t / 300)])))
    # In spite of a condition number of 1000: all singular vectors of the gradient take steps of about one length.
    np.testing.assert_allclose(matrix.of(np, device.to_host(theta)), minimum, atol=0.1)
