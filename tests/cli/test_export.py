"""gpunn export: the files give what the model gives."""

from __future__ import annotations

import runpy

import numpy as np
import pandas as pd
import pytest

import gpunn


def test_a_module_gives_what_predict_gives(model, run):
    out, err = run("export", model, "--numpy", "m.py")
    assert (out, err) == ("numpy model written to m.py\n", "")
    run("predict", model, "t.parquet", "-o", "p.parquet")
    expected, table = pd.read_parquet("p.parquet"), pd.read_parquet("t.parquet")
    module = runpy.run_path("m.py")
    assert module["predict"](table).tolist() == expected["prediction"].tolist()
    np.testing.assert_allclose(module["predict_proba"](table), expected.to_numpy()[:, 1:].astype(float), atol=1e-6)


def test_both_files_are_those_of_the_methods(model, run):
    pytest.importorskip("onnx")
    out, _ = run("export", model, "--onnx", "m.onnx", "--numpy", "m.py")
    assert out == "onnx model written to m.onnx\nnumpy model written to m.py\n"
    clf = gpunn.load(model)
    clf.to_onnx("again.onnx")
    clf.to_numpy("again.py")
    for ending in ("onnx", "py"):
        with open(f"m.{ending}", "rb") as file, open(f"again.{ending}", "rb") as again:
            assert file.read() == again.read()


def test_a_model_of_plain_arrays_is_exported(folder, run):
    X = np.random.default_rng(0).normal(size=(30, 2))
    gpunn.MLPClassifier(solver="lbfgs", random_state=0).fit(X, X[:, 0] > 0).save("plain.gpunn")
    run("export", "plain.gpunn", "--numpy", "plain.py")
    assert runpy.run_path("plain.py")["predict"](X).tolist() == gpunn.load("plain.gpunn").predict(X).tolist()


@pytest.mark.parametrize(("name", "message"), [("m.txt", "is not the name of a"), ("numpy.py", "has the name of the")])
def test_a_wrong_name_is_said_of_the_option(model, run, name, message):
    _, err = run("export", model, "--numpy", name, code=2)
    assert f"gpunn: error: --numpy '{name}' {message}" in err
