"""A classifier in an ONNX file, run by onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from exported import ROWS

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

CLOSE = {"float32": 1e-6, "float64": 1e-12}


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def outputs(clf, path, feed):
    """Label and probabilities that onnxruntime gives."""
    from gpunn.io import onnx_export  # after onnx was found to be there

    onnx_export.write(clf._model, path)
    return session(path).run(["label", "probabilities"], feed)


def run_formula(source, formula, z, **learned):
    """What onnxruntime makes of a formula of logits z (n, k)."""
    from gpunn.io import onnx_graph, onnx_render

    graph = onnx_graph.Graph(z.dtype)
    x = graph.input("X", z.dtype, z.shape[1])
    names = {name: graph.constant(value) for name, value in learned.items()}
    graph.output("probabilities", onnx_render.add(graph, source, formula, x, **names), z.dtype, ["n", z.shape[1]])
    (found,) = session(graph.to_bytes("0", {})).run(None, {"X": z})
    return found


def agrees(clf, path, X=ROWS, feed=None):
    """What onnxruntime gives, after it was found to be what the classifier gives."""
    dtype = clf.theta_.dtype
    X = X.astype(dtype) if feed is None else X
    label, p = outputs(clf, path, {"X": X} if feed is None else feed)
    expected = clf.predict_proba(X)
    assert p.dtype == dtype and p.shape == expected.shape
    assert np.ptp(expected) > 0.01  # a constant would show little
    np.testing.assert_allclose(p, expected, rtol=0, atol=CLOSE[str(dtype)])
    assert label.tolist() == clf.predict(X).tolist()
    return label, p
