"""Probabilities of the classes and their logarithms, from logits z (..., n, k); for members, z (m, n, k), the means.

Where the classes exclude each other (not ``multilabel``) and the network has one output, that output is the
probability of the second of two classes, and both columns are given.
"""

from __future__ import annotations

import math
from typing import Any

from gpunn.nn.activations import RescaledTanh, Sigmoid, Softmax
from gpunn.nn.heads import Head
from gpunn.nn.stable import log_softmax, softplus
from gpunn.typing import Array, Namespace

SYMMETRIC = (Sigmoid, RescaledTanh)  # 1 - a(z) = a(-z), which needs no difference of nearly equal numbers
OPEN = (Softmax, *SYMMETRIC)  # activations into (0, 1)


def probabilities(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Probabilities of the classes, (..., n, max(k, 2)) or for multilabel problems (..., n, k).

    An activation that maps into (0, 1) reaches neither end, and neither do these, although rounding would: no class
    is ever called impossible, and of two whose probabilities are below `floor` the less probable one has the smaller.
    All are normal numbers, so that this holds too where subnormal ones are flushed to zero. An output under a
    quadratic cost estimates the probability of its class but is not bound to (0, 1): it is clipped. Where the classes
    exclude each other and the outputs are not a distribution by themselves, each row is divided by its sum; a row of
    zeros, or whose sum is subnormal, becomes uniform. NaN stays NaN.
    """
    k = z.shape[-1]
    if k > 1 or multilabel:
        return of_row(xp, head, z, k, not multilabel)
    if isinstance(head.activation, SYMMETRIC):
        return of_row(xp, head, xp.concat([-z, z], axis=-1), 2, False)
    a = of_row(xp, head, z, 1, False)
    return xp.concat([1 - a, a], axis=-1)


def of_row(xp: Namespace, head: Head, z: Array, k: int, exclusive: bool, branch: bool = True) -> Array:
    """The k outputs of each row as probabilities (..., n, k), see `probabilities`; it can be traced without ``branch``.

    Parameters
    ----------
    z : array (..., n, k)
    exclusive : bool
        Whether the probabilities of a row sum to 1.
    branch : bool, default True
        Skip the logarithms of small outputs where no output is small, which requires the values.
    """
    a = head.outputs(xp, z)
    info = xp.finfo(a.dtype)
    if head.activation.low < 0 or head.activation.high > 1:
        a = xp.minimum(xp.maximum(a, 0), 1)
    elif isinstance(head.activation, OPEN):
        lowest = floor(info, k)
        small = a < lowest
        if not branch or int(xp.count_nonzero(small)):  # seldom; the logarithms take longer than the outputs
            log_lowest = math.log(lowest)
            share = log_lowest / xp.minimum(_log_small(xp, head, z), log_lowest)  # from 1 down to nearly 1 / 8
            a = xp.where(small, share * lowest, a)
        a = xp.minimum(a, 1 - info.eps / 2)
    if not exclusive or isinstance(head.activation, Softmax):
        return a
    total = xp.sum(a, axis=-1, keepdims=True)
    nothing = total < float(info.smallest_normal)  # the reciprocal of a subnormal sum, which compilers take, overflows
    return xp.where(nothing, xp.full_like(a, 1 / k), a / xp.where(nothing, 1, total))


def decisions(xp: Namespace, head: Head, z: Array, multilabel: bool, threshold: Any = None) -> Array:
    """Scores (..., n, k) of logits z (..., n, k): positive means yes, and the largest is the class.

    The decisions of the head; or, with a threshold on the probability of the second of two classes, or of each label (a
    number or (k,)), 1 for what reaches it and -1 for what does not.
    """
    if threshold is None:
        return head.decision(xp, z)
    p = probabilities(xp, head, z, multilabel)
    reached = (p if multilabel else p[..., 1:]) >= xp.asarray(threshold, dtype=p.dtype, device=p.device)
    said = 2 * xp.astype(reached, p.dtype) - 1
    return said if multilabel or z.shape[-1] == 1 else xp.concat([-said, said], axis=-1)


def floor(info: Any, k: int) -> float:
    """The probability below which shares of it, 1 down to nearly 1 / 8, stand for smaller ones.

    It is so high that they stay normal numbers when they are divided by a sum of k outputs: PyTorch, ONNX Runtime and
    code compiled with -ffast-math can have a thread flush subnormal ones to zero, in NumPy too.
    """
    return 16 * k * float(info.smallest_normal)


def log_probabilities(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Logarithms of `probabilities`, from the logits where that keeps them finite and accurate in the tails.

    In multilabel problems those of probabilities above 1/2 are of the number given: of several that round to the same
    none is then the largest by its logarithm alone.

    They end at 8 times the logarithm of the smallest normal number (-5667 in float64, -699 in float32): scikit-learn
    holds them against the logarithms of what `probabilities` can tell apart, to that factor.
    """
    symmetric = isinstance(head.activation, SYMMETRIC)
    if isinstance(head.activation, Softmax):
        return _log_outputs(xp, head, z)
    if symmetric and not multilabel and z.shape[-1] == 1:
        return _log_outputs(xp, head, xp.concat([-z, z], axis=-1))
    p = probabilities(xp, head, z, multilabel)
    if symmetric and multilabel:
        return xp.where(p > 0.5, xp.log(p), _log_outputs(xp, head, z))
    return xp.log(p)


def _log_outputs(xp: Namespace, head: Head, z: Array) -> Array:
    """Logarithms of the outputs of an activation into (0, 1), each on its own."""
    if isinstance(head.activation, Softmax):
        return _log_small(xp, head, z)
    return _limited(xp, -softplus(xp, (-1 if isinstance(head.activation, Sigmoid) else -2) * z))


def _log_small(xp: Namespace, head: Head, z: Array) -> Array:
    """`_log_outputs` where they are below `floor`: there log(1 + exp(z)) has rounded to 0."""
    if isinstance(head.activation, Softmax):
        return _limited(xp, log_softmax(xp, z))
    return _limited(xp, z if isinstance(head.activation, Sigmoid) else 2 * z)


def _limited(xp: Namespace, logs: Array) -> Array:
    return xp.maximum(logs, 8 * math.log(xp.finfo(logs.dtype).smallest_normal))


def mean_probabilities(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Mean (n, c) over members of their `probabilities`, from logits (m, n, k)."""
    return xp.mean(probabilities(xp, head, z, multilabel), axis=0)


def log_mean_probabilities(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Logarithms of `mean_probabilities`, accurate in the tails, from logits (m, n, k)."""
    logs = log_probabilities(xp, head, z, multilabel)
    top = xp.max(logs, axis=0)
    top = xp.where(xp.isfinite(top), top, 0)  # outputs that are clipped have probability 0
    return top + xp.log(xp.mean(xp.exp(logs - top), axis=0))


def mean_scores(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
    """Scores of `mean_probabilities` p: their logarithms, of two classes (n, 1) or of labels (n, c) log p / (1 - p).

    They are finite, also where p is 0 or 1.
    """
    if multilabel:
        p = mean_probabilities(xp, head, z, multilabel)
        return _limited(xp, xp.log(p)) - _limited(xp, xp.log1p(-p))
    logs = _limited(xp, log_mean_probabilities(xp, head, z, multilabel))
    return logs if logs.shape[-1] > 2 else logs[:, 1:] - logs[:, :1]


def mean_decisions(xp: Namespace, head: Head, z: Array, multilabel: bool, threshold: Any = None) -> Array:
    """`decisions` of the mean probabilities, from logits (m, n, k): `mean_scores`, or by a threshold."""
    if threshold is None:
        return mean_scores(xp, head, z, multilabel)
    p = mean_probabilities(xp, head, z, multilabel)
    reached = (p if multilabel else p[..., 1:]) >= xp.asarray(threshold, dtype=p.dtype, device=p.device)
    said = 2 * xp.astype(reached, p.dtype) - 1
    return said if multilabel else xp.concat([-said, said], axis=-1)
