"""At the ends of the number range: finite and accurate wherever the mathematics is.

The references are the textbook formulas in 340 digits, so that 1 + exp(-710) is not 1. Errors are relative; to the
value itself, or where the formula adds terms of opposite sign, to the sum of their sizes. Beside that, underflow
explains an error of the smallest normal number. A value beyond the largest number comes out as that number or as
infinite, never as NaN.
"""

from __future__ import annotations

import functools
import itertools

import mpmath as mp
import numpy as np
import pytest

from gpunn.nn.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    RescaledTanh,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from gpunn.nn.costs import COSTS, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import pair

mp.mp.dps = 340
RTOL = {"float32": 1e-6, "float64": 1e-12}


def extremes(dtype):
    info = np.finfo(dtype)
    sizes = [float(info.smallest_normal), 1.0, 88.0, 710.0, 1e4, float(info.max)]
    return [0.0, *sizes, *(-x for x in sizes)]


def rows(dtype, k):
    """All pairs of extremes, or every seventh triple: 7 and 13 have no factor in common, so each value takes part."""
    combinations = list(itertools.product(extremes(dtype), repeat=k))
    return combinations if k == 2 else combinations[::7]


def worst(got, expected, dtype, sizes=None):
    """The largest relative error beyond what underflow explains; infinite for a NaN or a wrong overflow."""
    info = np.finfo(dtype)
    largest, tiny = float(info.max), float(info.smallest_normal)
    expected = np.asarray(expected, np.float64)  # rounded once, to 1e-16
    sizes = np.abs(expected if sizes is None else np.asarray(sizes, np.float64))
    assert got.dtype == dtype
    assert got.shape == expected.shape
    got = got.astype(np.float64)
    beyond = np.abs(expected) > largest
    overflowed = (np.abs(got) >= largest * (1 - 1e-6)) & (np.sign(got) == np.sign(expected))
    with np.errstate(all="ignore"):
        excess = np.maximum(np.abs(got - expected) - tiny, 0)  # maximum and max keep a NaN, and NaN < rtol is false
        relative = np.where(excess == 0, 0, excess / sizes)
    return np.max(np.where(beyond, np.where(overflowed, 0, np.inf), relative))


def floats(numbers):
    return [float(x) for x in numbers]


# The formulas. 1 - a and a's derivative are written as they come out on paper.


def over_1_plus_exp(z):
    return 1 / (1 + mp.exp(z))


def sech(z):
    return 2 / (mp.exp(z) + mp.exp(-z))


def gelu_inner(z):
    return mp.sqrt(2 / mp.pi) * (z + mp.mpf("0.044715") * z**3)


def gelu_derivative(z):
    u, du = gelu_inner(z), mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf("0.044715") * z**2)
    return (1 + mp.tanh(u)) / 2 + z / 2 * sech(u) ** 2 * du


ALPHA, SCALE = mp.mpf("1.67326324235437728481704"), mp.mpf("1.05070098735548049341934")  # Klambauer et al. 2017

# h, h' and, where h cannot exceed 1, 1 - h
FORMULAS = {
    Identity: (lambda z: z, lambda z: mp.mpf(1)),
    Sigmoid: (
        lambda z: over_1_plus_exp(-z),
        lambda z: over_1_plus_exp(z) * over_1_plus_exp(-z),
        over_1_plus_exp,
    ),
    Tanh: (mp.tanh, lambda z: sech(z) ** 2, lambda z: 2 * over_1_plus_exp(2 * z)),
    RescaledTanh: (
        lambda z: over_1_plus_exp(-2 * z),
        lambda z: sech(z) ** 2 / 2,
        lambda z: over_1_plus_exp(2 * z),
    ),
    ReLU: (lambda z: max(z, mp.mpf(0)), lambda z: mp.mpf(z > 0)),
    LeakyReLU: (lambda z: z if z > 0 else z / 100, lambda z: mp.mpf(1) if z > 0 else mp.mpf(1) / 100),
    PReLU: (lambda z: z if z > 0 else z / 4, lambda z: mp.mpf(1) if z > 0 else mp.mpf(1) / 4),
    ELU: (lambda z: z if z > 0 else mp.expm1(z), lambda z: mp.mpf(1) if z > 0 else mp.exp(z)),
    SELU: (
        lambda z: SCALE * (z if z > 0 else ALPHA * mp.expm1(z)),
        lambda z: SCALE * (1 if z > 0 else ALPHA * mp.exp(z)),
    ),
    GELU: (lambda z: z * (1 + mp.tanh(gelu_inner(z))) / 2, gelu_derivative),
    SiLU: (
        lambda z: z * over_1_plus_exp(-z),
        lambda z: over_1_plus_exp(-z) * (1 + z * over_1_plus_exp(z)),
    ),
    Softplus: (lambda z: mp.log1p(mp.exp(z)) if z < 0 else z + mp.log1p(mp.exp(-z)), lambda z: over_1_plus_exp(-z)),
}
ELEMENTWISE = sorted({*ACTIVATIONS.values(), RescaledTanh} - {Softmax}, key=lambda kind: kind.__name__)


@functools.cache
def exact(kind, which, z):
    return FORMULAS[kind][which](mp.mpf(z))


@functools.cache
def layer(kind, z):
    """h, 1 - h (None where h may exceed 1) and the Jacobian dh_i / dz_j of one row."""
    k = range(len(z))
    if kind is Softmax:
        e = [mp.exp(mp.mpf(x) - mp.mpf(max(z))) for x in z]
        rest = [sum(e[i] for i in k if i != j) / sum(e) for j in k]
        h = [x / sum(e) for x in e]
        return h, rest, [[h[i] * (rest[i] if i == j else -h[j]) for j in k] for i in k]
    h = [exact(kind, 0, x) for x in z]
    rest = [exact(kind, 2, x) for x in z] if len(FORMULAS[kind]) > 2 else None
    return h, rest, [[exact(kind, 1, z[i]) if i == j else mp.mpf(0) for j in k] for i in k]


def cost_terms(kind, h, rest, T):
    """The terms of the cost, and for each output those of its derivative."""
    each = list(zip(h, rest or h, T, strict=True))
    if kind is Quadratic:
        # a - T as (1 - T) a - T (1 - a) where the output is near 0 or 1
        da = [(x, -mp.mpf(t)) if rest is None else ((1 - t) * x, -t * r) for x, r, t in each]
        return [(x - t) ** 2 / 2 for x, _, t in each], da
    yes = [(-t * mp.log(x), -t / x) if t else (0, 0) for x, _, t in each]
    if kind is LogLikelihood:
        return [cost for cost, _ in yes], [(da,) for _, da in yes]
    no = [(-(1 - t) * mp.log(r), (1 - t) / r) if t != 1 else (0, 0) for _, r, t in each]
    return [cost for cost, _ in yes + no], [(y[1], n[1]) for y, n in zip(yes, no, strict=True)]


@functools.cache
def head_of(activation, cost, z, T):
    """Outputs, cost and delta = J^T dcost/da of one row, composed by the chain rule, and the sizes of their terms."""
    h, rest, J = layer(activation, z)
    terms, da = cost_terms(cost, h, rest, T)
    delta = [[J[i][j] * part for i in range(len(z)) for part in da[i]] for j in range(len(z))]
    delta_sizes = [sum(map(mp.fabs, parts)) for parts in delta]
    cost_size = sum(terms)
    if cost is Quadratic:
        cost_size = sum(mp.fabs(sum(parts)) * sum(map(mp.fabs, parts)) for parts in da)
    values = floats(h), float(sum(terms)), floats(map(sum, delta))
    return values, (values[0], float(cost_size), floats(delta_sizes))


# The truths


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("kind", ELEMENTWISE)
def test_activations_and_their_derivatives_are_exact_to_rounding(device, kind, dtype):
    xp, values, activation = device.xp, extremes(dtype), kind()
    z = device.asarray(np.array(values)[:, None], dtype)
    learned = {name: device.asarray([activation.initial(name)], dtype) for name in activation.shapes(1)}
    with device.use():
        h = activation.forward(xp, z, **learned)
        dz, _ = activation.backward(xp, z, h, xp.ones_like(z), **learned)
    assert worst(device.to_host(h)[:, 0], [exact(kind, 0, x) for x in values], dtype) < RTOL[dtype]
    assert worst(device.to_host(dz)[:, 0], [exact(kind, 1, x) for x in values], dtype) < RTOL[dtype]


@pytest.mark.parametrize("dtype", RTOL)
def test_the_gradient_of_a_slope_is_exact_to_rounding(device, dtype):
    for x in extremes(dtype):
        z, dh = (device.asarray([[value]], dtype) for value in (x, 0.5))
        with device.use():
            _, learned = PReLU().backward(device.xp, z, z, dh, device.asarray([0.25], dtype))
        assert float(device.to_host(learned["slope"])[0]) == min(x, 0) / 2


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("k", [2, 3])
def test_softmax_and_its_jacobian_product_are_exact_to_rounding(device, k, dtype):
    xp, logits, dh = device.xp, rows(dtype, k), (0.5, -2.0, 3.0)[:k]
    z = device.asarray(logits, dtype)
    with device.use():
        h = Softmax().forward(xp, z)
        dz, _ = Softmax().backward(xp, z, h, device.asarray([dh] * len(logits), dtype))
    exact_h = [layer(Softmax, row)[0] for row in logits]
    # row j of the product is h_j sum_i h_i (dh_j - dh_i)
    terms = [[[h[j] * h[i] * (dh[j] - dh[i]) for i in range(k)] for j in range(k)] for h in exact_h]
    expected, sizes = ([[f(parts) for parts in row] for row in terms] for f in (sum, lambda x: sum(map(mp.fabs, x))))
    assert worst(device.to_host(h), exact_h, dtype) < RTOL[dtype]
    assert worst(device.to_host(dz), expected, dtype, sizes) < RTOL[dtype]


def meaningful_pairs():
    """Each pair of the dicts that is not refused, once; what learns stands in the network, not in the head."""
    for activation, cost in itertools.product([*dict.fromkeys(ACTIVATIONS.values()), RescaledTanh], COSTS.values()):
        if not activation().shapes(1) and cost().refusal(activation()) is None:
            yield activation, cost
    yield Tanh, CrossEntropy  # refused by the cost, but a head knows what is meant


def targets(activation, cost, k):
    """One-of-N; for cross-entropy yes-or-no and soft ones too, where the outputs need not sum to 1."""
    one_of_n = [tuple(float(i == j) for i in range(k)) for j in range(k)]
    if activation is Softmax:
        return [*one_of_n, *([(0.25, 0.75) if k == 2 else (0.25, 0.25, 0.5)] if cost is not Quadratic else [])]
    return [*one_of_n, (0.0,) * k, (1.0,) * k, *([(0.25,) * k, (0.5,) * k] if cost is CrossEntropy else [])]


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(("activation", "cost"), [*meaningful_pairs()])
def test_heads_are_exact_to_rounding(device, activation, cost, k, dtype):
    xp, head = device.xp, pair(activation(), cost())
    wanted = RescaledTanh if (activation, cost) == (Tanh, CrossEntropy) else activation
    cases = list(itertools.product(rows(dtype, k), targets(activation, cost, k)))
    z, T = (device.asarray(np.array(x), dtype) for x in zip(*cases, strict=True))
    with device.use():
        got = [device.to_host(x) for x in (head.outputs(xp, z), head.cost(xp, z, T), head.delta(xp, z, T))]
    expected = [head_of(wanted, cost, *case) for case in cases]
    assert np.all(got[1] >= 0)
    for part in range(3):
        values, sizes = ([row[which][part] for row in expected] for which in range(2))
        assert worst(got[part], values, dtype, sizes) < RTOL[dtype]


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize("kind", [*COSTS.values()])
def test_costs_and_their_derivatives_are_exact_to_rounding(device, kind, dtype):
    """Of outputs, not of logits: a logarithm takes no less than the smallest normal number."""
    info = np.finfo(dtype)
    tiny = float(info.smallest_normal)
    near = [tiny, 1e-9, float(info.eps), 0.25, 0.5, 0.75, 1 - float(info.eps) / 2]
    outputs = extremes(dtype) if kind is Quadratic else [0.0, 1.0, *near]
    cases = list(itertools.product(outputs, [0.0, 0.25, 1.0]))
    a, T = (device.asarray(np.array(x)[:, None], dtype) for x in zip(*cases, strict=True))
    with device.use():
        value, derivative = kind().value(device.xp, a, T), kind().derivative(device.xp, a, T)
    value, derivative = device.to_host(value), device.to_host(derivative)
    assert np.all(value >= 0)
    for i, (_, t) in enumerate(cases):
        x = mp.mpf(float(device.to_host(a)[i, 0]))  # what 1e-9 is in this dtype
        floored = x if kind is Quadratic else max(x, mp.mpf(tiny))
        terms, ((*parts,),) = cost_terms(
            kind, [floored], None if kind is Quadratic else [max(1 - x, mp.mpf(tiny))], [t]
        )
        assert worst(value[i], sum(terms), dtype) < RTOL[dtype]
        assert worst(derivative[i], [sum(parts)], dtype) < RTOL[dtype]
