"""Small classifiers, activations, heads and formulas that are written in other languages, ONNX and NumPy."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier
from gpunn.compile import trace
from gpunn.nn.activations import ACTIVATIONS, ELU, Elementwise, LeakyReLU, PReLU, RescaledTanh, Tanh
from gpunn.nn.costs import COSTS, Quadratic
from gpunn.nn.heads import Composed, SigmoidCrossEntropy, pair
from gpunn.nn.layer_norm import LayerNorm

ROWS = np.random.default_rng(0).normal(size=(60, 3)) * 2


DTYPES = ["float32", "float64"]
NUMBERS = [
    -np.inf, -1e30, -1e4, -750.0, -88.0, -20.0, -2.0, -1.0, -0.9999, -0.5, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.5, 0.9999,
    1.0, 2.0, 20.0, 88.0, 1e4, 2.0**24 + 2, 1e30, np.inf, np.nan,
]  # fmt: skip
PAIRS = [[a, b] for a in NUMBERS for b in NUMBERS]


def number(xp, z, condition):
    return xp.astype(condition, z.dtype)


FORMULAS = {  # the operation of a traced graph, in a formula of z
    **{name: lambda xp, z, name=name: getattr(xp, name)(z)
       for name, n_operands in trace.FUNCTIONS.items() if n_operands == 1},
    "neg": lambda xp, z: -z,
    "+": lambda xp, z: z + xp.sum(z, axis=-1, keepdims=True),
    "-": lambda xp, z: 2 - z,
    "*": lambda xp, z: z * xp.max(z, axis=-1, keepdims=True),
    "/": lambda xp, z: 1 / z,
    "maximum": lambda xp, z: xp.maximum(xp.maximum(z, 0), 0.25),
    "minimum": lambda xp, z: xp.minimum(0.5, z),
    "where": lambda xp, z: xp.where(z > 0, z, -1.0),
    "sum": lambda xp, z: z - z + xp.sum(z, axis=-1, keepdims=True),
    "max": lambda xp, z: z * 0 + xp.max(z, axis=-1, keepdims=True),
    "<": lambda xp, z: number(xp, z, z < 1),
    "<=": lambda xp, z: number(xp, z, z <= 1),
    ">": lambda xp, z: number(xp, z, z > 1),
    ">=": lambda xp, z: number(xp, z, z >= 1),
    "==": lambda xp, z: number(xp, z, z == 1),
    "!=": lambda xp, z: number(xp, z, z != 1),
    "&": lambda xp, z: number(xp, z, (z > -1) & (z < 1)),
    "|": lambda xp, z: number(xp, z, (z < -1) | (z > 1)),
    "^": lambda xp, z: number(xp, z, (z > -1) ^ (z > 1)),
}  # fmt: skip


@dataclass(frozen=True)
class Mish(Elementwise):
    """h = z tanh(log(1 + exp(z))), an activation of a user. Source: Misra 2020, equation 1."""

    def forward(self, xp, z):
        return z * xp.tanh(xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z))))

    def derivative(self, xp, z, h):
        return xp.ones_like(z)  # an exported file has no gradients


@dataclass(frozen=True)
class Centred(Mish):
    """An activation of a user that looks at the whole row."""

    def forward(self, xp, z):
        mean = xp.sum(z, axis=-1, keepdims=True) / xp.sum(xp.ones_like(z), axis=-1, keepdims=True)
        return (z - mean) / (1 + xp.max(z, axis=-1, keepdims=True) - mean)


@dataclass(frozen=True)
class Sine(Mish):
    """An activation of a user that cannot be traced."""

    def forward(self, xp, z):
        return xp.sin(z)


class OwnHead(SigmoidCrossEntropy):
    """A head of a user, whose decision is yes from a probability of about 0.73 on."""

    def decision(self, xp, z):
        return xp.tanh(z - 1)


class SineHead(OwnHead):
    """A head of a user whose decision cannot be traced."""

    def decision(self, xp, z):
        return xp.sin(z)


CODES = np.arange(60) % 3
Y = {"two": CODES == 1, "three": CODES, "labels": np.stack([CODES == 1, CODES != 1], axis=1).astype(int)}
EVERY = {**{name: kind() for name, kind in ACTIVATIONS.items()}, "rescaled tanh": RescaledTanh(),
         "leaky": LeakyReLU(0.3), "shared": PReLU(0.1, shared=True), "elu 0.5": ELU(0.5), "mish": Mish(),
         "norm": LayerNorm(), "norm, prelu": LayerNorm(PReLU(0.1))}  # fmt: skip
HEADS_MADE = list(dict.fromkeys(  # of every pair that has a meaning
    [pair(activation, cost()) for activation in EVERY.values() for cost in COSTS.values()
     if cost().refusal(activation) is None and not activation.shapes(1)] + [Composed(Tanh(), Quadratic())]
))  # fmt: skip
HEADS_WITH_Y = [(head, y) for head in HEADS_MADE for y in Y if y != "labels" or head.one_suffices]


def trained(X, y, **parameters):
    """A small classifier after two epochs, its weights then stretched so that neurons saturate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        settings = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, "bias_init": "gaussian"}
        clf = MLPClassifier(**settings | parameters).fit(X, y)
    clf.theta_ *= 2
    return clf
