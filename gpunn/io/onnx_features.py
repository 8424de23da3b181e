"""The columns of a frame as inputs of an ONNX graph, encoded there as `gpunn.features` encodes them.

Each column is an input (n, 1) of its name: float64 for numbers, times and booleans, NaN where missing, whatever the
dtype of the network, and text for categories, the empty string where missing. Numbers and booleans may come as float32
instead; times may not, for float32 cannot tell one minute from the next. A graph refuses nothing: where
`gpunn.features` raises for an infinite number, it goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gpunn.io.onnx_graph import Graph


class Kind(NamedTuple):
    """Input and encoding of the columns of a kind."""

    dtype: type
    meaning: str
    add: Callable[[Graph, Any, str], str]  # of a column and the name of its values (n, 1), that of its outputs
    may_be_single: bool = False  # whether float32 holds enough of a value


def add(graph: Graph, features: Any, dtype: Any = np.float64) -> str:
    """Declare the inputs of `gpunn.features.Features` and add their encoding, (n, n_out).

    Parameters
    ----------
    graph : Graph
    features : Features
    dtype : float32 or float64
        Data type of the inputs for numbers and booleans.

    Raises
    ------
    ValueError
        If a name cannot be that of an input, or a column's missing values cannot be told from a category.
    """
    kinds = [KINDS[column.kind] for column in features.columns]
    inputs = [
        graph.input(column.name, dtype if kind.may_be_single else kind.dtype, 1, f"{column.kind}: {kind.meaning}")
        for column, kind in zip(features.columns, kinds, strict=True)
    ]
    encoded = []
    for column, kind, x in zip(features.columns, kinds, inputs, strict=True):
        if kind.may_be_single and dtype != np.float64:
            x = graph.cast(x, np.float64)
        if column.kind == "numbers":
            for number in features.spellings.missing_numbers:
                x = graph("Where", graph("Equal", x, np.array(number)), np.array(np.nan), x)
        encoded.append(kind.add(graph, column, x))
    return graph("Concat", *encoded, axis=1)


def _number(graph: Graph, column: Any, x: str) -> str:
    missing = graph("IsNaN", x)
    if column.encoding is None:
        z = graph("Div", graph("Sub", x, np.array(column.mean)), np.array(column.scale))
    else:
        z = _robust(graph, column.encoding, x)
    known = graph.cast(graph("Where", missing, np.array(0.0), z))
    return graph("Concat", known, graph.cast(missing), axis=1) if column.missing else known


def _robust(graph: Graph, encoding: Any, x: str) -> str:
    """The outputs (n, 1 + T) of `gpunn.features.encodings.robust_outputs`, undefined where x (n, 1) is NaN."""

    def relative(x: str, low: np.ndarray, width: np.ndarray, half: np.ndarray) -> str:
        """(half x - half low) / width."""
        if (half != 1).any():
            x, low = graph("Mul", x, half), np.asarray(half * low)
        return graph("Div", graph("Sub", x, low), width)

    median, scale = np.array(encoding.median), np.array(encoding.scale)
    if encoding.scale:
        half = np.array(0.5 if max(abs(median), scale) > 2.0**1000 else 1.0)
        z = graph("Clip", relative(x, median, np.asarray(half * scale), half), np.array(-1e9), np.array(1e9))
        third = graph("Div", z, np.array(3.0))
        first = graph("Div", z, graph("Sqrt", graph("Add", graph("Mul", third, third), np.array(1.0))))
    else:
        first = graph("Where", graph("IsNaN", x), x, np.array(0.0))
    if not encoding.edges:
        return first
    low, high = np.array([encoding.edges[:-1]]), np.array([encoding.edges[1:]])
    with np.errstate(over="ignore"):
        halves = np.where(np.isinf(high - low), 0.5, 1.0)
    inside = graph("Min", graph("Max", x, low), high)
    return graph("Concat", first, relative(inside, low, halves * high - halves * low, halves), axis=1)


def _nothing(graph: Graph, column: Any, x: str) -> str:
    return graph("Mul", graph.cast(graph("IsNaN", x)), 0.0)


def _boolean(graph: Graph, column: Any, x: str) -> str:
    values = np.array([[float(category == "true") for category in column.categories]])
    known = graph.cast(graph("Equal", x, values))
    return graph("Concat", known, graph.cast(graph("IsNaN", x)), axis=1) if column.missing else known


def _text(graph: Graph, column: Any, x: str) -> str:
    if column.missing and "" in column.categories:
        raise ValueError(
            f"column {column.name!r} has missing values and the empty string as a category, and an ONNX file has but "
            "the empty string for both. Give one of them another text, and fit again."
        )
    if column.embedded:
        return _code(graph, column, x)
    n = len(column.categories)
    tells_missing = column.missing or (column.n_joined > 0 and "" not in column.categories)
    known = [*column.categories, ""] if tells_missing else column.categories
    one_hot = graph("OneHotEncoder", x, domain="ai.onnx.ml", cats_strings=known, zeros=1)
    encoded = graph.cast(graph("Flatten", one_hot))  # (n, 1, width) to (n, width)
    if not column.n_joined:
        return encoded
    rare = graph("Sub", 1.0, graph("ReduceSum", encoded, np.array([1])))
    ends = [(0, n), (n, n + 1)] if column.missing else [(0, n)]
    first, *last = [graph("Slice", encoded, np.array([start]), np.array([stop]), np.array([1])) for start, stop in ends]
    return graph("Concat", first, rare, *last, axis=1)


def _code(graph: Graph, column: Any, x: str) -> str:
    codes = {category: code for code, category in enumerate(column.categories, 1)}
    unknown = len(column.categories) + 1 if column.n_joined else 0
    codes.setdefault("", column.n_codes if column.missing else 0)
    encoder = {"keys_strings": [*codes], "values_int64s": [*codes.values()], "default_int64": unknown}
    return graph.cast(graph("LabelEncoder", x, domain="ai.onnx.ml", **encoder))


KINDS: dict[str, Kind] = {
    "numbers": Kind(np.float64, "a number, NaN where missing", _number, True),
    "dates": Kind(np.float64, "seconds since 1970, UTC where there is no zone, NaN where missing", _number),
    "times of day": Kind(np.float64, "seconds since midnight, NaN where missing", _number),
    "durations": Kind(np.float64, "seconds, NaN where missing", _number),
    "nothing": Kind(np.float64, "any number or NaN; without effect, for training had no value", _nothing, True),
    "booleans": Kind(np.float64, "0 or 1, NaN where missing", _boolean, True),
    "text": Kind(object, "text, integers without a point; empty where missing", _text),
}
