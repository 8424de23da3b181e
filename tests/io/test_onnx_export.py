"""A classifier in an ONNX file gives what it gives itself, or is refused by name."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from exported import CODES, DTYPES, EVERY, HEADS_WITH_Y, ROWS, Centred, OwnHead, Sine, SineHead, Y, trained
from onnx_runs import CLOSE, agrees, onnx, outputs, run_formula, session
from sklearn import config_context

import gpunn
from gpunn.io import onnx_export, onnx_graph, onnx_render
from gpunn.nn.activations import PReLU, RescaledTanh, Sigmoid, Softmax
from gpunn.nn.costs import CrossEntropy
from gpunn.nn.heads import pair


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


# Activations


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY)
def test_every_activation_agrees(path, name, dtype):
    agrees(trained(ROWS, CODES, activation=EVERY[name], dtype=dtype, hidden_layer_sizes=(5, 4)), path)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY)
def test_every_activation_agrees_far_from_zero_and_near_it(name, dtype):
    """To rounding of the value itself, so that a tail cut off at 0 is found."""
    activation, limit = EVERY[name], 80 if dtype == "float32" else 700
    z = np.concatenate([np.linspace(-limit, limit, 321), np.geomspace(1e-12, 1, 30), -np.geomspace(1e-12, 1, 30)])
    z = np.stack([z, np.zeros_like(z)], axis=1).astype(dtype)
    learned = {key: np.full(shape, 0.25, dtype) for key, shape in activation.shapes(2).items()}
    found = run_formula(activation, activation.forward, z, **learned)
    expected = activation.forward(np, z, **learned)
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "float32" else 1e-13, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY)
def test_every_activation_agrees_at_the_ends(name, dtype):
    """Where results are subnormal, infinite or NaN; what is subnormal may be flushed to 0."""
    activation, info = EVERY[name], np.finfo(dtype)
    ends = [88, 88.8, 100, 104, 709, 710, 740, 746, 1e4, 1e30, float(info.max), np.inf, 0, float(info.tiny)]
    z = np.array([[sign * end, 0] for end in ends for sign in (1, -1)] + [[np.nan, 0]], dtype)
    learned = {key: np.full(shape, 0.25, dtype) for key, shape in activation.shapes(2).items()}
    found = run_formula(activation, activation.forward, z, **learned)
    with np.errstate(all="ignore"):
        expected = activation.forward(np, z, **learned)
    rtol, atol = (1e-5 if dtype == "float32" else 1e-13), 2 * float(info.smallest_normal)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, equal_nan=True)
    assert np.isnan(found[-1, 0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_own_activation_of_whole_rows_agrees(path, dtype):
    agrees(trained(ROWS, CODES, activation=Centred(), dtype=dtype), path)
    agrees(trained(ROWS, CODES, output_activation=Centred(), cost="quadratic", dtype=dtype), path)


@pytest.mark.parametrize("where", ["activation", "output_activation"])
def test_an_own_activation_that_cannot_be_traced_is_refused_by_name(path, where):
    clf = trained(ROWS, CODES, **{where: Sine()}, cost="quadratic")
    with pytest.raises(
        ValueError, match=r"Sine\(\).* cannot be written to an ONNX file: .*xp\.sin\. .*xp\.exp, .*save"
    ):
        onnx_export.write(clf._model, path)
    assert not path.exists()


# Heads


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("head", "y"), HEADS_WITH_Y, ids=str)
def test_every_head_agrees(path, head, y, dtype):
    agrees(trained(ROWS, Y[y], cost=head, dtype=dtype), path)


@pytest.mark.parametrize("y", Y)
def test_an_own_head_agrees(path, y):
    clf = trained(ROWS, Y[y], cost=OwnHead())
    label, p = agrees(clf, path)
    if y != "three":
        asked = p if y == "labels" else p[:, 1]
        assert (label == (asked > 1 / (1 + np.exp(-1)))).all() and (label != (asked > 0.5)).any()


def test_an_own_head_that_cannot_be_traced_is_refused_by_name(path):
    with pytest.raises(ValueError, match=r"SineHead.* cannot be written to an ONNX file: SineHead: xp\.sin\."):
        onnx_export.write(trained(ROWS, CODES, cost=SineHead())._model, path)


@pytest.mark.parametrize("output", ["prelu", PReLU(0.5, shared=True)], ids=str)
@pytest.mark.parametrize("y", Y)
def test_an_output_with_a_learned_slope_agrees(path, output, y):
    agrees(trained(ROWS, Y[y], output_activation=output, cost="quadratic", dtype="float64"), path)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", [Sigmoid(), RescaledTanh(), Softmax()], ids=str)
@pytest.mark.parametrize("y", ["two", "three"])
def test_no_class_is_called_impossible_and_the_tails_are_kept(path, y, activation, dtype):
    clf = trained(ROWS, Y[y], cost=pair(activation, CrossEntropy()), hidden_layer_sizes=(), dtype=dtype)
    for reach in (10, 100 if dtype == "float32" else 1000):
        X = (ROWS * reach).astype(dtype)
        _, p = outputs(clf, path, {"X": X})
        assert 0 < p.min() < CLOSE[dtype] ** 2 and (p.max() < 1 or y == "three")
        np.testing.assert_allclose(p, clf.predict_proba(X), rtol=1e-3 if dtype == "float32" else 1e-11)


def test_a_row_of_zeros_becomes_uniform(path):
    clf = trained(ROWS, CODES, output_activation="relu", cost="quadratic", hidden_layer_sizes=(), dtype="float64")
    clf.intercepts_[0][:] = -0.1
    _, p = agrees(clf, path)
    assert (p == 1 / 3).all(axis=1).any() and not (p == 1 / 3).all()


# Numbers that are none


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("head", "y"), HEADS_WITH_Y, ids=str)
def test_nan_and_infinity_give_what_they_give_in_python(path, head, y, dtype):
    clf = trained(ROWS, Y[y], cost=head, dtype=dtype)
    onnx_export.write(clf._model, path)
    runs = session(path)
    for value in (np.nan, np.inf, -np.inf):
        alone = np.repeat(ROWS[:1], 3, axis=0)
        np.fill_diagonal(alone, value)
        batch = ROWS[:40].copy()
        batch[np.arange(0, 40, 3), np.arange(14) % 3] = value
        for X in (*alone[:, None], batch):
            X = X.astype(dtype)
            with config_context(assume_finite=True), np.errstate(all="ignore"):
                expected, expected_label = clf.predict_proba(X), clf.predict(X)
            label, p = runs.run(["label", "probabilities"], {"X": X})
            np.testing.assert_allclose(p, expected, rtol=1e-4, atol=CLOSE[dtype])
            if np.isnan(value):
                assert np.isnan(p).all(axis=1).tolist() == np.isnan(X).any(axis=1).tolist()
                assert not label[np.isnan(X).any(axis=1)].any()  # the first class, and no label of several
            sound = ~np.isnan(p).any(axis=1)
            assert label[sound].tolist() == expected_label[sound].tolist()


@pytest.mark.parametrize(("scores", "place"), [([np.nan, 5, 7], 0), ([1, np.nan, 2], 2), ([1, 2, np.nan], 1)])
@pytest.mark.parametrize("n", [1, 9])
def test_onnxruntime_heeds_nan_in_the_first_place_only(scores, place, n):
    """As the documents say of a label."""
    graph = onnx_graph.Graph("float32")
    graph.output("label", graph("ArgMax", graph.input("X", "float32", 3), axis=1, keepdims=0), "int64", ["n"])
    (found,) = session(graph.to_bytes("0", {})).run(None, {"X": np.array([scores] * n, "float32")})
    assert found.tolist() == [place] * n


FIRST_SESSION = """
import sys
import numpy as np, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.add_session_config_entry("session.set_denormal_as_zero", "1")
runs = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
import gpunn
for name in sys.argv[2:]:
    clf = gpunn.load(name + ".gpunn")
    X = np.array([[4000, 0, 0], [0, -4000, 0], [-90, 90, 700]], clf.theta_.dtype)
    runs = onnxruntime.InferenceSession(name, options, providers=["CPUExecutionProvider"])
    _, exported = runs.run(["label", "probabilities"], {"X": X})
    for p in (clf.predict_proba(X), exported):
        assert p.min() >= np.finfo(p.dtype).smallest_normal, (name, p)
    assert np.isfinite(clf.predict_log_proba(X)).all()
print("flushed" if np.nextafter(0.0, np.ones(1)) == 0 else "kept")
"""


def test_where_onnxruntime_has_subnormal_numbers_flushed_no_class_is_impossible(tmp_path):
    names = []
    for dtype in DTYPES:
        for output in ("sigmoid", "tanh", "softmax"):
            for y in Y if output != "softmax" else ("two", "three"):
                settings = {"output_activation": output, "cost": "cross_entropy", "hidden_layer_sizes": ()}
                clf = trained(ROWS, Y[y], dtype=dtype, **settings)
                names.append(str(tmp_path / f"{dtype} {output} {y}.onnx"))
                onnx_export.write(clf._model, names[-1])
                clf.save(names[-1] + ".gpunn")
    command = [sys.executable, "-c", FIRST_SESSION, names[0], *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if done.stdout.strip() != "flushed":
        pytest.skip("onnxruntime does not have subnormal numbers flushed on this machine")


# Labels


@pytest.mark.parametrize("classes", [
    np.array([False, True]), np.array([3, -7]), np.array([1, 2], "int8"), np.array([2**63, 2**63 + 1], "uint64"),
    np.array([1, 2], ">i4"), np.array([-2.0, 5.0]), np.array([1, 2], "float32"), np.array(["a", "ü €\n"]),
    np.array(["b", "", "a" * 300], object), np.array([np.str_("x"), np.str_("y")], object), np.array([5, 1, 3]),
], ids=lambda classes: f"{classes.dtype} {len(classes)}")  # fmt: skip
def test_labels_of_every_kind_agree(path, classes):
    clf = trained(ROWS, classes[np.arange(60) % len(classes)])
    label, _ = agrees(clf, path)
    assert set(label.tolist()) == set(classes.tolist())
    assert label.dtype == (object if classes.dtype.kind in "UO" else classes.dtype.newbyteorder("="))


def test_classes_of_other_kinds_are_refused(path):
    clf = trained(ROWS, CODES)
    for classes in (np.array(["2020-01-01", "2020-01-02"], "datetime64[D]"), np.array(["a", None], object)):
        clf.classes_ = classes
        with pytest.raises(ValueError, match=r"classes of dtype .* cannot be written to an ONNX file"):
            onnx_export.write(clf._model, path)


@pytest.mark.parametrize("parameters", [{}, {"output_activation": "softmax"}, {"cost": "quadratic"}], ids=str)
def test_the_threshold_speaks_for_two_classes(path, parameters):
    clf = trained(ROWS, CODES == 1, **parameters)
    p = clf.predict_proba(ROWS)[:, 1]
    n_yes = []
    for threshold in np.quantile(p[(p > 0) & (p < 1)], [0.1, 0.9]):
        label, _ = agrees(clf.set_params(threshold=float(threshold)), path)
        n_yes.append(label.sum())
    assert 60 > n_yes[0] > n_yes[1] > 0


def test_the_thresholds_speak_for_each_label(path):
    clf = trained(ROWS, Y["labels"])
    plain = clf.predict(ROWS)
    for threshold in (0.7, [0.1, 0.9]):
        label, _ = agrees(clf.set_params(threshold=threshold), path)
        assert label.dtype == np.int64 and (label != plain).any()


def test_a_threshold_that_does_not_go_with_the_classes_is_refused(path):
    with pytest.raises(ValueError, match=r"threshold=0\.5"):
        onnx_export.write(trained(ROWS, CODES).set_params(threshold=0.5)._model, path)


# Files


def test_the_file_says_what_it_holds(path):
    frame = pd.DataFrame(ROWS, columns=["a", "b", "ü"])
    clf = trained(frame, np.array(["x", "y", "z"])[CODES], features=None)
    onnx_export.write(clf._model, path)
    model = onnx.load(path)
    said = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert said == {"classes": ["x", "y", "z"], "feature_names": ["a", "b", "ü"]}
    assert (model.producer_name, model.producer_version) == ("gpunn", gpunn.__version__)
    assert {opset.domain: opset.version for opset in model.opset_import} == {"": 20, "ai.onnx.ml": 3}
    shapes = {v.name: v.shape for v in (*session(path).get_inputs(), *session(path).get_outputs())}
    assert shapes == {"X": ["n", 3], "label": ["n"], "probabilities": ["n", 3]}
    onnx_export.write(trained(ROWS, CODES)._model, path)
    assert [entry.key for entry in onnx.load(path).metadata_props] == ["classes"]


def test_what_is_not_fitted_or_knows_one_class_is_refused(path):
    with pytest.raises(ValueError, match="not fitted"):
        gpunn.MLPClassifier().to_onnx(path)
    clf = trained(ROWS, CODES)
    clf.classes_ = np.array([4])
    with pytest.raises(ValueError, match=r"only one class, \[4\]"):
        onnx_export.write(clf._model, path)
    assert not path.exists()


def test_a_graph_that_onnx_refuses_is_not_written(path, monkeypatch):
    monkeypatch.setitem(onnx_render.OPERATIONS, "maximum", "NoSuchOperator")
    with pytest.raises(onnx.checker.ValidationError, match="NoSuchOperator"):
        onnx_export.write(trained(ROWS, CODES)._model, path)
    assert not path.exists()


def test_without_onnx_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "gpunn.io.onnx_graph")
    with pytest.raises(ModuleNotFoundError, match=r"pip install onnx"):
        importlib.import_module("gpunn.io.onnx_graph")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("input_dtype", DTYPES)
def test_rows_may_come_in_either_dtype(path, dtype, input_dtype):
    clf = trained(ROWS, CODES, dtype=dtype)
    clf.to_onnx(path, input_dtype)
    X = ROWS.astype(input_dtype)
    label, p = session(path).run(["label", "probabilities"], {"X": X})
    np.testing.assert_allclose(p, clf.predict_proba(X), rtol=0, atol=CLOSE[dtype])
    assert label.tolist() == clf.predict(X).tolist()
    with pytest.raises(ValueError, match="input_dtype='float16' is not allowed; use 'float32' or 'float64'"):
        clf.to_onnx(path, "float16")


def test_without_skl2onnx_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    monkeypatch.delitem(sys.modules, "gpunn.skl2onnx", raising=False)
    with pytest.raises(ModuleNotFoundError, match="Run pip install skl2onnx"):
        importlib.import_module("gpunn.skl2onnx")
