"""A trained model as an ONNX file, for runtimes without Python.

`onnx_render` translates the formulas of activations and heads. Matrix products, labels and the encoding of columns are
no formulas over a row: they are written as nodes here and in the files beside it, and tests compare every head and kind
of column with `gpunn.MLPClassifier`.
"""

from __future__ import annotations

import functools
import json
import os

import numpy as np

from gpunn._version import __version__
from gpunn.config.constraints import check_threshold
from gpunn.io import onnx_features, onnx_heads, onnx_render
from gpunn.io.atomic import write_whole
from gpunn.io.model_file import tensors_of
from gpunn.io.onnx_graph import Graph
from gpunn.model.model import Model
from gpunn.model.origin import on_host
from gpunn.nn.network import Network
from gpunn.typing import Array

INPUT_DTYPES = (None, "float32", "float64")


def write(model: Model, path: str | os.PathLike[str], input_dtype: str | None = None) -> None:
    """Write a model as an ONNX file, whole or not at all.

    Operators are those of opset 20 and ai.onnx.ml 3. The arithmetic is of the dtype of the parameters, and
    probabilities agree with `predict_proba` to its rounding.

    *Inputs.* "X" (n, d) of that dtype; or, of a model of frames, each column by
    its name, (n, 1): float64 for numbers, dates and times (seconds since 1970 or midnight), durations (seconds) and
    booleans (0 and 1), NaN where missing; text for categories, the empty string where missing. The description of an
    input says which. With ``input_dtype``, "X" or the columns of numbers and booleans have that dtype. A graph cannot
    refuse: an infinite number goes through it, and so does NaN in "X".

    *Outputs.* "label" (n,) of the dtype of the classes, or (n, c) int64 of 0 and 1 for multilabel problems, by
    ``threshold`` where it is given; and "probabilities" (n, n_classes). A row with NaN has NaN for probabilities, and
    a label that says nothing: the first class, or no label of several. Where an infinite number made NaN of some
    scores only, the label may be any: ONNX Runtime's ArgMax considers NaN in the first place only.

    *Metadata.* "classes" of the columns of the probabilities and, where there are names, "feature_names", as JSON; the
    producer is gpunn and its version.

    Parameters
    ----------
    model : Model
    path : str or path-like
    input_dtype : {"float32", "float64"}, optional

    Raises
    ------
    ValueError
        If it knows one class only, the formula of an activation or a head cannot be traced, classes or a column have
        no form in ONNX, or ``input_dtype`` is none of these.
    OSError
        As `write_whole` does.
    """
    graph = build(model, input_dtype)
    metadata = {"classes": json.dumps(model.labels.classes.tolist())}
    if model.schema.names is not None:
        metadata["feature_names"] = json.dumps(model.schema.names.tolist())
    write_whole(path, graph.to_bytes(__version__, metadata))


def build(model: Model, input_dtype: str | None = None) -> Graph:
    """The graph of a model, with inputs and outputs as `write` describes them. Arguments and errors are its."""
    if input_dtype not in INPUT_DTYPES:
        raise ValueError(f"input_dtype={input_dtype!r} is not allowed; use 'float32' or 'float64', or leave it out.")
    labels, head, network, n_outputs = model.labels, model.head, model.network, model.network.sizes[-1]
    if len(labels.classes) < 2:
        raise ValueError(f"the model knows only one class, {labels.classes.tolist()}: there is nothing to keep.")
    check_threshold(model.threshold, len(labels.classes), labels.multilabel)
    theta = on_host(model.theta)
    graph = Graph(theta.dtype)
    if model.schema.features is not None:
        X = onnx_features.add(graph, model.schema.features, np.dtype(input_dtype or np.float64))
    else:
        X = graph.input("X", input_dtype or theta.dtype, network.n_columns)
        if input_dtype not in (None, str(theta.dtype)):
            X = graph.cast(X)
    z = [_logits(graph, network, own, X) for own in (theta if model.has_members else [theta])]
    each = [onnx_heads.probabilities(graph, head, of_one, n_outputs, labels.multilabel) for of_one in z]
    if model.has_members:
        total = functools.reduce(lambda a, b: graph("Add", a, b), each)  # onnxruntime has Mean in float32 only
        p = graph("Div", total, float(len(each)))
        label = onnx_heads.label_of_mean(graph, p, labels, model.threshold)
    else:
        [p] = each
        label = onnx_heads.label(graph, head, z[0], p, n_outputs, labels, model.threshold)
    n_classes = len(labels.classes)
    if labels.multilabel:
        graph.output("label", label, "int64", ["n", n_classes])
    else:
        graph.output("label", label, onnx_heads.classes(labels).dtype, ["n"])
    graph.output("probabilities", p, theta.dtype, ["n", n_classes])
    return graph


def _logits(graph: Graph, network: Network, theta: Array, X: str) -> str:
    tensors = tensors_of(network, theta)
    E = [tensors.pop(f"{number}.embedding") for number in range(1, len(network.tables) + 1)]
    arrays = {name: graph.constant(array, name) for name, array in tensors.items()}
    h = _embedded(graph, network, E, X) if E else X
    for number, layer in enumerate(network.layers, 1):
        z = graph("Gemm", h, arrays[f"{number}.W"], arrays[f"{number}.b"])
        learned = {name: arrays[f"{number}.{name}"] for name in layer.learned}
        h = onnx_render.add(graph, layer.activation, layer.activation.forward, z, **learned)
    return h


def _embedded(graph: Graph, network: Network, tables: list[np.ndarray], X: str) -> str:
    """Add the lookup of codes in tables (K, n_out); gives the inputs of the first layer as `Network.inputs` does."""
    codes = [embedding.column for embedding in network.embeddings]
    others = np.delete(np.arange(network.n_columns), codes)
    parts = [graph("Gather", X, others, axis=1)] if others.size else []
    for code, E in zip(codes, tables, strict=True):
        with_zeros = np.concatenate([np.zeros_like(E[:1]), E])  # of code 0
        numbers = graph.cast(graph("Gather", X, np.array(code), axis=1), np.int64)  # (n,)
        parts.append(graph("Gather", graph.constant(with_zeros, "embedding"), numbers, axis=0))
    return graph("Concat", *parts, axis=1)
