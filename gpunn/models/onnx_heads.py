"""What the logits say, as nodes of an ONNX graph: probabilities of the classes, and the label.

`gpunn.nn.probabilities` and `gpunn.nn.heads` are what they are tested against.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gpunn.labels import Labels
from gpunn.models import onnx_activations
from gpunn.models.onnx_graph import Graph
from gpunn.nn.activations import Activation, RescaledTanh, Sigmoid, Softmax
from gpunn.nn.heads import (
    Composed,
    ComposedQuadratic,
    Head,
    IdentityQuadratic,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SoftmaxLogLikelihood,
    TanhCrossEntropy,
)
from gpunn.nn.probabilities import OPEN, SYMMETRIC, floor


def probabilities(graph: Graph, head: Head, z: str, n_outputs: int, multilabel: bool) -> str:
    """Add the probabilities (n, max(k, 2)), or for multilabel problems (n, k), of logits z (n, k), k = n_outputs."""
    activation = head.activation
    single = n_outputs == 1 and not multilabel
    both = single and isinstance(activation, SYMMETRIC)
    if both:
        z = graph("Concat", graph("Neg", z), z, axis=1)
    a = onnx_activations.add(graph, activation, z)
    if activation.low < 0 or activation.high > 1:
        a = _within(graph, a, 0.0, 1.0)
    elif isinstance(activation, OPEN):
        a = _inside(graph, activation, z, a, 2 if both else n_outputs)
    if multilabel or both or isinstance(activation, Softmax):
        return a
    if single:
        return graph("Concat", graph("Sub", 1.0, a), a, axis=1)
    total = graph("ReduceSum", a, np.array([1]))
    nothing = graph("Equal", total, 0.0)  # false for NaN, which stays
    return graph("Where", nothing, 1 / n_outputs, graph("Div", a, graph("Where", nothing, 1.0, total)))


def label(graph: Graph, head: Head, z: str, p: str, n_outputs: int, labels: Labels, threshold: Any) -> str:
    """Add the label: the class (n,), or for multilabel problems 0 and 1 (n, k), as int64.

    Parameters
    ----------
    z, p : str
        Names of the logits (n, k), k = n_outputs, and of the probabilities.
    threshold : float, array-like (k,) or None
        Probability from which on the answer is yes; None lets the decision scores of the head speak.

    Raises
    ------
    ValueError
        If the head or the classes have no form in ONNX.
    """
    if type(head) not in DECISIONS:
        names = ", ".join(kind.__name__ for kind in DECISIONS)
        raise ValueError(
            f"the head {head!r} has no form in an ONNX file; those that have one are {names}. Train with one of them, "
            "or keep the model with save."
        )
    if threshold is not None:
        asked = p if labels.multilabel else graph("Gather", p, np.array([1]), axis=1)
        yes = graph("GreaterOrEqual", asked, np.asarray(threshold, graph.dtype))
    else:
        scores = DECISIONS[type(head)](graph, head, z)
        if not labels.multilabel and n_outputs > 1:
            return graph("Gather", classes(labels), graph("ArgMax", scores, axis=1, keepdims=0))
        yes = graph("Greater", scores, 0.0)
    codes = graph.cast(yes, np.int64)
    return codes if labels.multilabel else graph("Gather", classes(labels), graph("Squeeze", codes, np.array([1])))


def classes(labels: Labels) -> np.ndarray:
    """The classes as ONNX can hold them, text as objects; ValueError if it cannot."""
    found = labels.classes
    text = found.dtype.kind in "UO" and all(isinstance(value, str) for value in found.tolist())
    if not text and (found.dtype.kind not in "biuf" or found.dtype.itemsize > 8):
        raise ValueError(
            f"classes of dtype {found.dtype} cannot be written to an ONNX file; use numbers, bools or text, and fit "
            "again."
        )
    return found.astype(object) if text else found.astype(found.dtype.newbyteorder("="))


def _within(graph: Graph, a: str, low: float, high: float) -> str:
    """Not by Clip: onnxruntime fails on one after a Relu in float64."""
    return graph("Min", graph("Max", a, low), high)


def _inside(graph: Graph, activation: Activation, z: str, a: str, n_outputs: int) -> str:
    """Neither 0 nor 1: below `floor` a share of it, that of its logarithm in log a."""
    info = np.finfo(graph.dtype)
    lowest = floor(info, n_outputs)
    log_lowest = math.log(lowest)
    log_a = _within(graph, LOGARITHMS[type(activation)](graph, z), 8 * math.log(info.smallest_normal), log_lowest)
    low = graph("Mul", graph("Div", log_lowest, log_a), lowest)  # the floor itself where a is above it
    return graph("Min", graph("Max", a, low), 1 - float(info.eps) / 2)


def _logits(graph: Graph, head: Head, z: str) -> str:
    return z


def _above_half(graph: Graph, head: Head, z: str) -> str:
    return graph("Sub", onnx_activations.add(graph, head.activation, z), 0.5)


LOGARITHMS: dict[type[Activation], Callable[[Graph, str], str]] = {  # log a (n, k), where a is next to 0
    Softmax: lambda g, z: g("LogSoftmax", z, axis=-1),
    Sigmoid: lambda g, z: z,
    RescaledTanh: lambda g, z: g("Mul", z, 2.0),
}

DECISIONS: dict[type[Head], Callable[[Graph, Head, str], str]] = {  # scores (n, k): yes where positive
    SoftmaxLogLikelihood: _logits,
    SoftmaxCrossEntropy: _logits,
    SigmoidCrossEntropy: _logits,
    TanhCrossEntropy: _logits,
    IdentityQuadratic: _above_half,
    ComposedQuadratic: _above_half,
    Composed: _above_half,
}
