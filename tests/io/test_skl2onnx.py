"""A pipeline with gpunn, written by skl2onnx, gives what it gives in Python."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pandas as pd
import pytest
from exported import CODES, ROWS, Y, trained
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from gpunn import MLPClassifier

skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
importlib.import_module("gpunn.skl2onnx")  # registers the converter
types = importlib.import_module("skl2onnx.common.data_types")

PLAIN = {"options": {"zipmap": False}}


def fitted(*steps, X=ROWS, y=CODES, **parameters):
    clf = MLPClassifier(hidden_layer_sizes=(4,), max_iter=5, random_state=0, **parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make_pipeline(*steps, clf).fit(X, y)


def run(model, feed):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("input_dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [[False, True, False], [0, 1, 2], ["a", "b", "c"]], ids=str)
def test_a_pipeline_agrees(classes, dtype, input_dtype):
    pipeline, X = fitted(StandardScaler(), y=np.array(classes)[CODES], dtype=dtype), ROWS.astype(input_dtype)
    label, p = run(skl2onnx.to_onnx(pipeline, X[:1], **PLAIN), {"X": X})
    assert p.dtype == input_dtype and label.tolist() == pipeline.predict(X).tolist()
    np.testing.assert_allclose(p, pipeline.predict_proba(X), rtol=0, atol=1e-6)


def test_categories_that_an_earlier_step_encodes():
    frame = pd.DataFrame({"a": ROWS[:, 0].astype("float32"), "t": np.array(["x", "y", "z"], object)[CODES]})
    encoder = make_column_transformer((StandardScaler(), ["a"]), (OneHotEncoder(sparse_output=False), ["t"]))
    pipeline = fitted(encoder, X=frame)
    inputs = [("a", types.FloatTensorType([None, 1])), ("t", types.StringTensorType([None, 1]))]
    model = skl2onnx.convert_sklearn(pipeline, initial_types=inputs, **PLAIN)
    label, p = run(model, {name: frame[[name]].to_numpy() for name in frame})
    assert label.tolist() == pipeline.predict(frame).tolist()
    np.testing.assert_allclose(p, pipeline.predict_proba(frame), rtol=0, atol=1e-6)


def test_several_labels_and_two_classifiers_of_one_graph():
    X = ROWS.astype("float32")
    for clf in (trained(ROWS, Y["labels"]), trained(ROWS, CODES, activation="gelu")):
        label, p = run(skl2onnx.to_onnx(clf, X[:1], **PLAIN), {"X": X})
        assert label.tolist() == clf.predict(X).tolist()
        np.testing.assert_allclose(p, clf.predict_proba(X), rtol=0, atol=1e-6)


def test_dictionaries_of_classes_are_the_default_of_skl2onnx():
    clf, X = trained(ROWS, np.array(["a", "b", "c"])[CODES]), ROWS.astype("float32")
    _, found = run(skl2onnx.to_onnx(clf, X[:1]), {"X": X})
    np.testing.assert_allclose([row["b"] for row in found], clf.predict_proba(X)[:, 1], rtol=0, atol=1e-6)


def test_what_cannot_be_written_is_refused():
    X = ROWS.astype("float32")
    clf = trained(pd.DataFrame(ROWS, columns=["a", "b", "c"]), CODES)
    with pytest.raises(ValueError, match=r"fitted on a data frame.*by its own to_onnx"):
        skl2onnx.to_onnx(clf, X[:1])
    with pytest.raises(RuntimeError, match="higher than targeted opsets"):
        skl2onnx.to_onnx(trained(ROWS, CODES), X[:1], target_opset=15)
