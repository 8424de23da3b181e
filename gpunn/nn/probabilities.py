"""What the logits z (..., n, k) say of the classes: probabilities and their logarithms.

Where the classes exclude each other (not ``multilabel``) and the network has one output, that output is the
probability of the second of two classes, and both columns are given.
"""

from __future__ import annotations

from typing import Any

from gpunn.nn.activations import RescaledTanh, Sigmoid, Softmax
from gpunn.nn.heads import Head
from gpunn.nn.stable import log_sum_exp, shifted, softplus

Array = Any
Namespace = Any

SYMMETRIC = (Sigmoid, RescaledTanh)  # 1 - a(z) = a(-z), which needs no difference of nearly equal numbers
OPEN = (Softmax, *SYMMETRIC)  # activations into (0, 1)


def probabilities(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Probabilities of the classes, (..., n, max(k, 2)) or for multilabel problems (..., n, k).

    An activation that maps into (0, 1) reaches neither end, and neither do these, although rounding would: no class
    is ever called impossible. An output under a quadratic cost estimates the probability of its class but is not
    bound to (0, 1): it is clipped. Where the classes exclude each other and the outputs are not a distribution by
    themselves, each row is divided by its sum; a row of zeros becomes uniform.
    """
    a = head.outputs(xp, z)
    if head.activation.low < 0 or head.activation.high > 1:
        a = xp.minimum(xp.maximum(a, xp.zeros_like(a)), xp.ones_like(a))
    elif isinstance(head.activation, OPEN):
        info = xp.finfo(a.dtype)
        low, high = xp.full_like(a, info.smallest_normal), xp.full_like(a, 1 - info.eps / 2)
        a = xp.minimum(xp.maximum(a, low), high)
    if multilabel or isinstance(head.activation, Softmax):
        return a
    if a.shape[-1] == 1:
        if isinstance(head.activation, SYMMETRIC):
            return probabilities(xp, head, xp.concat([-z, z], axis=-1), multilabel=True)
        return xp.concat([1 - a, a], axis=-1)
    total = xp.sum(a, axis=-1, keepdims=True)
    uniform = xp.full_like(a, 1 / a.shape[-1])
    return xp.where(total > 0, a / xp.where(total > 0, total, xp.ones_like(total)), uniform)


def log_probabilities(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Logarithms of `probabilities`, from the logits where that keeps them finite in the tails."""
    if isinstance(head.activation, Softmax):
        d = shifted(xp, z)
        return d - log_sum_exp(xp, d)
    if isinstance(head.activation, SYMMETRIC) and (multilabel or z.shape[-1] == 1):
        slope = 1 if isinstance(head.activation, Sigmoid) else 2
        yes = -softplus(xp, -slope * z)
        return yes if multilabel else xp.concat([-softplus(xp, slope * z), yes], axis=-1)
    return xp.log(probabilities(xp, head, z, multilabel))
