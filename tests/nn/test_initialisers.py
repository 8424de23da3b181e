"""Initial weights have the spread they claim.

Of n normal numbers the mean has a deviation of s / sqrt(n) and the variance one of s^2 sqrt(2 / n), of uniform ones
less: with n = 120,000 five deviations are 1.5 % of s and 2.1 % of s^2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS, lecun_normal, orthogonal

N_IN, N_OUT = 300, 400

# The variance of each, and the bound of its size where it has one, in units of its deviation
CLAIMS = {
    "gaussian": (1, None),
    "scaled_gaussian": (1 / N_IN, None),
    "glorot_uniform": (2 / (N_IN + N_OUT), math.sqrt(3)),
    "glorot_normal": (2 / (N_IN + N_OUT), None),
    "he_uniform": (2 / N_IN, math.sqrt(3)),
    "he_normal": (2 / N_IN, None),
    "lecun_normal": (1 / N_IN, 2 / 0.8796256610342398),
    "orthogonal": (1 / max(N_IN, N_OUT), None),
    "zeros": (0, 0),
}


def draw(name, seed=0, shape=(N_IN, N_OUT)):
    return WEIGHT_INITIALISERS[name](np, np.random.default_rng(seed), *shape)


@pytest.mark.parametrize("name", WEIGHT_INITIALISERS)
def test_weights_have_mean_0_and_the_variance_they_claim(name):
    variance, _ = CLAIMS[name]
    w = draw(name)
    assert (w.shape, w.dtype) == ((N_IN, N_OUT), "float64")
    assert w.mean() == pytest.approx(0, abs=0.015 * math.sqrt(variance))
    assert w.var() == pytest.approx(variance, rel=0.021)
    # and not by rows or columns: n = 300 and 400, of 700 variances the worst lies within 5 deviations
    for axis, n in ((0, N_IN), (1, N_OUT)):
        assert w.var(axis=axis) == pytest.approx(variance, rel=5 * math.sqrt(2 / n))


@pytest.mark.parametrize("name", WEIGHT_INITIALISERS)
def test_weights_keep_within_their_bound_and_reach_it(name):
    variance, bound = CLAIMS[name]
    largest = np.abs(draw(name)).max()
    if bound is None:
        assert largest > (4 * math.sqrt(variance))  # of 120,000 normal numbers; all smaller: e^-7.6
    else:
        assert 0.999 * bound * math.sqrt(variance) <= largest <= bound * math.sqrt(variance)


@pytest.mark.parametrize("initialisers", [WEIGHT_INITIALISERS, BIAS_INITIALISERS])
def test_the_same_seed_draws_the_same_and_another_seed_others(initialisers):
    for name, initialiser in initialisers.items():
        one, same, other = (initialiser(np, np.random.default_rng(seed), 5, 3) for seed in (1, 1, 2))
        assert one.shape == ((5, 3) if initialisers is WEIGHT_INITIALISERS else (3,))
        assert np.array_equal(one, same)
        assert np.array_equal(one, other) == (name in ("zeros", "ones"))


@pytest.mark.parametrize("shape", [(30, 7), (7, 30), (9, 9), (1, 5), (5, 1), (1, 1)])
def test_orthogonal_weights_have_orthonormal_rows_or_columns_whichever_are_fewer(shape):
    w = draw("orthogonal", shape=shape)
    assert w.shape == shape
    product = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_weights_are_uniform():
    """Those of the bare QR method are not: the signs of their first row and column are fixed."""
    rng = np.random.default_rng(0)
    drawn = np.array([orthogonal(np, rng, 3, 3) for _ in range(2000)])
    share = (drawn > 0).mean(axis=0)
    assert share == pytest.approx(np.full((3, 3), 0.5), abs=5 * 0.5 / math.sqrt(2000))
    # entries of a uniform orthogonal matrix have the variance 1/3 and fourth moment 1/5
    assert (drawn**2).mean(axis=0) == pytest.approx(np.full((3, 3), 1 / 3), abs=5 * math.sqrt(4 / 45 / 2000))


def test_lecun_weights_are_redrawn_beyond_two_deviations_not_clipped():
    w = np.abs(draw("lecun_normal"))
    assert np.sum(w == w.max()) == 1
    assert lecun_normal(np, np.random.default_rng(0), 1, 1).shape == (1, 1)


def test_biases():
    rng = np.random.default_rng(0)
    assert np.array_equal(BIAS_INITIALISERS["zeros"](np, rng, 2, 3), [0, 0, 0])
    assert np.array_equal(BIAS_INITIALISERS["ones"](np, rng, 2, 3), [1, 1, 1])
    b = BIAS_INITIALISERS["gaussian"](np, rng, 2, N_IN * N_OUT)
    assert b.mean() == pytest.approx(0, abs=0.015)
    assert b.var() == pytest.approx(1, rel=0.021)
    b, r = BIAS_INITIALISERS["uniform"](np, rng, 7, N_IN * N_OUT), math.sqrt(6 / (7 + N_IN * N_OUT))
    assert b.mean() == pytest.approx(0, abs=0.015 * r)
    assert (b.min(), b.max()) == pytest.approx((-r, r), rel=1e-2)


@pytest.mark.parametrize("name", WEIGHT_INITIALISERS)
def test_one_weight_can_be_drawn(name):
    w = draw(name, shape=(1, 1))
    assert w.shape == (1, 1)
    assert np.isfinite(w).all()
