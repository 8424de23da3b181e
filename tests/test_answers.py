"""Probabilities and scores are float64, as scikit-learn's, except for rows of float32."""

from __future__ import annotations

import json
import warnings

import array_api_strict
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import make_multilabel_classification
from sklearn.neural_network import MLPClassifier as ScikitMLP

from gpunn import MLPClassifier

ANSWERS = ("predict_proba", "predict_log_proba", "decision_function")
INTEGERS = np.random.default_rng(0).integers(0, 9, (40, 5))
KINDS = {
    "float64": INTEGERS / 3, "float32": (INTEGERS / 3).astype("float32"), "float16": (INTEGERS / 3).astype("float16"),
    "big-endian": (INTEGERS / 3).astype(">f4"), "int64": INTEGERS, "uint8": INTEGERS.astype("uint8"),
    "bool": INTEGERS > 4, "list": INTEGERS.tolist(), "sparse": sparse.csr_array(INTEGERS),
    "sparse float32": sparse.csr_array(INTEGERS.astype("float32")), "pandas without names": pd.DataFrame(INTEGERS),
    "float32 without names": pd.DataFrame(INTEGERS.astype("float32")),
}  # fmt: skip
TARGETS = {"several": np.arange(40) % 4, "two": np.arange(40) % 2, "text": np.array(["a", "b", "c", "d"] * 10)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", TARGETS)
def test_they_have_the_dtype_of_scikit_learn(fitted, kind, target):
    X, y = KINDS[kind], TARGETS[target]
    ours = fitted(X, y, max_iter=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ScikitMLP(max_iter=2).fit(X, y)
    dtype = "float32" if "float32" in kind else "float64"
    assert theirs.predict_proba(X).dtype == dtype
    assert {getattr(ours, name)(X).dtype for name in ANSWERS} == {np.dtype(dtype)}
    assert ours.theta_.dtype == ("float64" if kind == "float64" else "float32")


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "tanh", "identity", "relu"])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_probabilities_of_a_frame_sum_to_1_as_those_of_scikit_learn(fitted, output, make, dtype):
    frame = make(dict(zip("abcde", INTEGERS.T.astype(dtype), strict=True)))
    for y in TARGETS.values():
        clf = fitted(frame, y, output_activation=output, max_iter=3)
        p = clf.predict_proba(frame)
        assert clf.theta_.dtype == "float32"
        assert {getattr(clf, name)(frame).dtype for name in ANSWERS} == {np.dtype("float64")}
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=1e-15)
        assert all(np.random.default_rng(0).multinomial(9, row).sum() == 9 for row in p)
        assert json.loads(json.dumps(list(p[0]))) == p[0].tolist()
        assert p.argmax(axis=1).tolist() == np.searchsorted(clf.classes_, clf.predict(frame)).tolist()


def test_float64_is_float64_of_the_logits_that_float32_gives(fitted):
    X, y = KINDS["uint8"], TARGETS["several"]
    clf = fitted(X, y, max_iter=5)
    wide, narrow = clf.predict_proba(X), clf.predict_proba(X.astype("float32"))
    assert narrow.dtype == "float32"
    np.testing.assert_allclose(narrow, wide, rtol=1e-6)
    assert np.abs(narrow.sum(axis=1, dtype="float64") - 1).max() > 1e-12 > np.abs(wide.sum(axis=1) - 1).max()


def test_a_dtype_asked_for_is_that_of_training(fitted):
    X, y = KINDS["float64"], TARGETS["two"]
    assert fitted(X, y, dtype="float32", max_iter=2).predict_proba(X).dtype == "float64"
    assert fitted(X.astype("float32"), y, dtype="float64", max_iter=2).predict_proba(X.astype("f4")).dtype == "float64"


def test_a_threshold_is_held_against_the_probabilities_that_are_given(fitted):
    X, y = KINDS["uint8"], TARGETS["two"]
    clf = fitted(X, y, max_iter=5)
    for limit in clf.predict_proba(X)[:, 1]:
        assert np.array_equal(clf.set_params(threshold=limit).predict(X), clf.predict_proba(X)[:, 1] >= limit)


def test_labels_and_a_single_class_are_answered_in_float64_too(fitted):
    X, Y = make_multilabel_classification(n_samples=30, n_classes=3, random_state=0)
    X = X.astype("int32")
    for target in (Y, Y[:, 0] * 0):
        clf = fitted(X, target, max_iter=2)
        assert {getattr(clf, name)(X).dtype for name in ANSWERS} == {np.dtype("float64")}


@pytest.mark.parametrize(("dtype", "where", "found"), [
    ("float32", "CPU_DEVICE", "float32"), ("float64", "CPU_DEVICE", "float64"), ("float32", "device1", "float32"),
    ("float32", "no_float64", "float32"), ("uint8", "device1", "float64"), ("uint8", "no_float64", "float32"),
])  # fmt: skip
def test_arrays_of_other_libraries_are_answered_in_their_own(dtype, where, found):
    X = array_api_strict.asarray(
        INTEGERS, dtype=getattr(array_api_strict, dtype), device=array_api_strict.Device(where)
    )
    with config_context(array_api_dispatch=True):
        clf = MLPClassifier(max_iter=1, tol=9, n_iter_no_change=1).partial_fit(X, TARGETS["two"], classes=[0, 1])
        for name in ANSWERS:
            answer = getattr(clf, name)(X)
            assert answer.dtype == getattr(array_api_strict, found)
            assert answer.device == X.device
