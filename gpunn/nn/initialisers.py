"""Distributions of the initial weights and biases.

They are drawn on the host by a ``numpy.random.Generator`` that the caller provides, in float64, so that every
device and dtype starts from the same numbers; ``xp`` is the host's namespace. A weight matrix has shape
(n_in, n_out), a bias (n_out,); both functions take n_in and n_out.

Why it matters: a neuron sums n_in products, so weights of variance s^2 on inputs of mean square 1 give z the
variance n_in s^2. With s = 1 and 784 inputs z has a standard deviation of 28 and every sigmoid is saturated
before the first step; s^2 = 1 / n_in keeps z at 1. Glorot averages the forward and the backward condition, He
doubles the variance for the half of z that a rectifier cuts off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gpunn.typing import Array, Namespace

Generator = Any
WeightInitialiser = Callable[[Namespace, Generator, int, int], Array]
BiasInitialiser = Callable[[Namespace, Generator, int, int], Array]


def gaussian(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """N(0, 1), whatever the number of inputs: the naive choice, kept to show why it is one."""
    return rng.standard_normal((n_in, n_out))


def scaled_gaussian(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """N(0, 1 / n_in)."""
    return rng.standard_normal((n_in, n_out)) / math.sqrt(n_in)


def glorot_uniform(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """U(-r, r) with r = sqrt(6 / (n_in + n_out)). Source: Glorot & Bengio 2010, equation 16."""
    r = math.sqrt(6 / (n_in + n_out))
    return rng.uniform(-r, r, (n_in, n_out))


def glorot_normal(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """N(0, 2 / (n_in + n_out)). Source: Glorot & Bengio 2010, equation 12."""
    return rng.standard_normal((n_in, n_out)) * math.sqrt(2 / (n_in + n_out))


def he_uniform(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """U(-r, r) with r = sqrt(6 / n_in), of the variance of `he_normal`."""
    r = math.sqrt(6 / n_in)
    return rng.uniform(-r, r, (n_in, n_out))


def he_normal(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """N(0, 2 / n_in). Source: He et al. 2015, equation 10."""
    return rng.standard_normal((n_in, n_out)) * math.sqrt(2 / n_in)


def lecun_normal(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """N(0, 1 / n_in) cut off at two standard deviations. Source: LeCun et al. 1998, equation 16.

    The cut, redrawn rather than clipped as is usual, is what sets it apart from `scaled_gaussian`; the draw is
    widened by the standard deviation of the cut normal, so that the variance is 1 / n_in.
    """
    w = rng.standard_normal((n_in, n_out))
    outside = abs(w) > 2
    while outside.any():
        w[outside] = rng.standard_normal(int(outside.sum()))
        outside = abs(w) > 2
    return w / (0.8796256610342398 * math.sqrt(n_in))


def orthogonal(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """Orthonormal rows or columns, whichever are fewer. Source: Saxe, McClelland & Ganguli 2014."""
    tall = rng.standard_normal((max(n_in, n_out), min(n_in, n_out)))
    q, r = xp.linalg.qr(tall)
    signs = xp.linalg.diagonal(r)
    q = q * xp.copysign(xp.ones_like(signs), signs)  # undo the signs of the method: then q is uniform (Haar)
    return q if n_in >= n_out else xp.matrix_transpose(q)


def zeros(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """All 0. With biases of 0 every neuron of a layer stays like its neighbour: kept to show why it fails."""
    return xp.zeros((n_in, n_out))


def zero_bias(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """All 0."""
    return xp.zeros(n_out)


def ones(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """All 1."""
    return xp.ones(n_out)


def gaussian_bias(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """N(0, 1)."""
    return rng.standard_normal(n_out)


def uniform_bias(xp: Namespace, rng: Generator, n_in: int, n_out: int) -> Array:
    """U(-r, r) with the r of `glorot_uniform`, as in scikit-learn: the kinks of rectifiers do not all meet in 0."""
    r = math.sqrt(6 / (n_in + n_out))
    return rng.uniform(-r, r, n_out)


WEIGHT_INITIALISERS: dict[str, WeightInitialiser] = {
    "gaussian": gaussian,
    "scaled_gaussian": scaled_gaussian,
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_normal": lecun_normal,
    "orthogonal": orthogonal,
    "zeros": zeros,
}

BIAS_INITIALISERS: dict[str, BiasInitialiser] = {
    "uniform": uniform_bias,
    "zeros": zero_bias,
    "ones": ones,
    "gaussian": gaussian_bias,
}
