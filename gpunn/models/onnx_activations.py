"""Activations as nodes of an ONNX graph.

Operators are those that runtimes have in float32 and float64 alike. ONNX has Elu, Selu, Gelu, Softplus and
LeakyRelu too, but onnxruntime only in float32, and its Sigmoid is 0 in float32 from -18 on: these are composed,
accurate in both tails. `gpunn.nn.activations` is what they are tested against.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gpunn.models.onnx_graph import Graph, Operand
from gpunn.nn.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
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


def add(graph: Graph, activation: Activation, z: str, **learned: str) -> str:
    """Add h = f(z).

    Parameters
    ----------
    z : str
        Name of a value (n, n_out).
    **learned : str
        Names of what the activation has learned.

    Returns
    -------
    str
        Name of h (n, n_out).

    Raises
    ------
    ValueError
        If the activation has no form here.
    """
    if type(activation) not in NODES:
        names = ", ".join(kind.__name__ for kind in NODES)
        raise ValueError(
            f"the activation {activation!r} has no form in an ONNX file; those that have one are {names}. Train with "
            "one of them, or keep the model with save."
        )
    return NODES[type(activation)](graph, activation, z, **learned)


def _sigmoid(g: Graph, z: str) -> str:
    e = g("Exp", g("Neg", g("Abs", z)))
    return g("Div", g("Where", g("GreaterOrEqual", z, 0.0), 1.0, e), g("Add", e, 1.0))


def _softplus(g: Graph, z: str) -> str:
    """max(z, 0) + log(1 + e), e = exp(-|z|), the logarithm mended by what 1 + e lost in rounding."""
    e = g("Exp", g("Neg", g("Abs", z)))
    u = g("Add", e, 1.0)
    lost = g("Div", g("Sub", e, g("Sub", u, 1.0)), u)
    return g("Add", g("Relu", z), g("Add", g("Log", u), lost))


def _leaky_relu(g: Graph, z: str, slope: Operand) -> str:
    return g("Where", g("Greater", z, 0.0), z, g("Mul", z, slope))


def _elu(g: Graph, z: str, alpha: float) -> str:
    """exp(z) - 1 is (exp(z) + 1) tanh(z / 2), accurate near 0."""
    below = g("Min", z, 0.0)
    expm1 = g("Mul", g("Add", g("Exp", below), 1.0), g("Tanh", g("Mul", below, 0.5)))
    return g("Where", g("Greater", z, 0.0), z, g("Mul", expm1, alpha))


def _gelu(g: Graph, z: str) -> str:
    slope = g("Add", g("Mul", g("Mul", z, z), 0.044715), 1.0)
    return g("Mul", z, _sigmoid(g, g("Mul", g("Mul", z, slope), math.sqrt(8 / math.pi))))


NODES: dict[type[Activation], Callable[..., str]] = {
    Identity: lambda g, f, z: z,
    Sigmoid: lambda g, f, z: _sigmoid(g, z),
    Tanh: lambda g, f, z: g("Tanh", z),
    RescaledTanh: lambda g, f, z: _sigmoid(g, g("Mul", z, 2.0)),
    Softmax: lambda g, f, z: g("Softmax", z, axis=-1),
    ReLU: lambda g, f, z: g("Relu", z),
    LeakyReLU: lambda g, f, z: _leaky_relu(g, z, f.slope),
    PReLU: lambda g, f, z, slope: _leaky_relu(g, z, slope),
    ELU: lambda g, f, z: _elu(g, z, f.alpha),
    SELU: lambda g, f, z: g("Mul", _elu(g, z, f.alpha), f.scale),
    GELU: lambda g, f, z: _gelu(g, z),
    SiLU: lambda g, f, z: g("Mul", z, _sigmoid(g, z)),
    Softplus: lambda g, f, z: _softplus(g, z),
}
