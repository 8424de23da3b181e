"""Probabilities of the classes and the label, as nodes of an ONNX graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpunn.data.labels import Labels
from gpunn.io import onnx_render
from gpunn.io.onnx_graph import Graph
from gpunn.nn.heads import Head
from gpunn.nn.probabilities import SYMMETRIC, of_row


def probabilities(graph: Graph, head: Head, z: str, n_outputs: int, multilabel: bool) -> str:
    """Add the probabilities (n, max(k, 2)), or for multilabel problems (n, k), of logits z (n, k), k = n_outputs."""

    def rows(z: str, k: int, exclusive: bool) -> str:
        return onnx_render.add(graph, head, lambda xp, z: of_row(xp, head, z, k, exclusive, branch=False), z)

    if n_outputs > 1 or multilabel:
        return rows(z, n_outputs, not multilabel)
    if isinstance(head.activation, SYMMETRIC):
        return rows(graph("Concat", graph("Neg", z), z, axis=1), 2, False)
    a = rows(z, 1, False)
    return graph("Concat", graph("Sub", 1.0, a), a, axis=1)


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
        If the decision of the head cannot be traced, or the classes have no form in ONNX.
    """
    if threshold is not None:
        return _answer(graph, _reaches(graph, p, labels, threshold), labels)
    scores = onnx_render.add(graph, head, head.decision, z)
    if not labels.multilabel and n_outputs > 1:
        return graph("Gather", classes(labels), graph("ArgMax", scores, axis=1, keepdims=0))
    return _answer(graph, graph("Greater", scores, 0.0), labels)


def label_of_mean(graph: Graph, p: str, labels: Labels, threshold: Any) -> str:
    """`label` of members, by the mean of their probabilities p."""
    if threshold is not None:
        return _answer(graph, _reaches(graph, p, labels, threshold), labels)
    if labels.multilabel:
        return _answer(graph, graph("Greater", p, 0.5), labels)
    return graph("Gather", classes(labels), graph("ArgMax", p, axis=1, keepdims=0))


def _reaches(graph: Graph, p: str, labels: Labels, threshold: Any) -> str:
    asked = p if labels.multilabel else graph("Gather", p, np.array([1]), axis=1)
    return graph("GreaterOrEqual", asked, np.asarray(threshold, graph.dtype))


def _answer(graph: Graph, yes: str, labels: Labels) -> str:
    """The label of yes or no (n, 1), or (n, k) of a multilabel problem."""
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
