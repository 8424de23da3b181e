"""Warnings name the line that called gpunn, whichever method it called, and through scikit-learn too."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from gpunn import MLPClassifier
from gpunn.data import tables
from gpunn.features import Features, FeatureWarning

FRAME = pd.DataFrame({"x": np.arange(60.0) % 7, "word": ["yes", "no", "maybe"] * 20})
STRANGE = FRAME.assign(word="YES")
ODD = FRAME.assign(row=np.arange(60))
Y = np.arange(60) % 2


def places(call, category):
    """The places (file, line) that warnings of a category name, and that of the call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    found = {(one.filename, one.lineno) for one in caught if issubclass(one.category, category)}
    return found, {(__file__, inspect.getsourcelines(call)[1])}


@pytest.fixture(scope="module")
def fitted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MLPClassifier((3,), max_iter=2, random_state=0).fit(FRAME, Y)


@pytest.mark.parametrize("name", ["predict", "predict_proba", "predict_log_proba", "decision_function",
                                  "hidden_activations", "score"])  # fmt: skip
def test_predictions_name_the_line_that_called_them(fitted, name):
    method, more = getattr(fitted, name), (Y,) * (name == "score")
    found, here = places(lambda: method(STRANGE, *more), FeatureWarning)
    assert found == here


def test_a_pipeline_names_the_line_that_called_it(fitted):
    pipeline = make_pipeline(FunctionTransformer(), fitted)
    found, here = places(lambda: pipeline.predict(STRANGE), FeatureWarning)
    assert found == here


@pytest.mark.parametrize(("parameters", "category"), [
    ({}, ConvergenceWarning), ({}, FeatureWarning), ({"batch_size": 500}, UserWarning),
])  # fmt: skip
def test_fit_names_the_line_that_called_it(parameters, category):
    clf = MLPClassifier((3,), max_iter=2, **parameters)
    found, here = places(lambda: clf.fit(ODD, Y), category)
    assert found == here
    pipeline = make_pipeline(FunctionTransformer(), clf)
    found, here = places(lambda: pipeline.fit(ODD, Y), category)
    assert found == here


def test_partial_fit_names_the_line_that_called_it():
    clf = MLPClassifier((3,), batch_size=20)
    found, here = places(lambda: clf.partial_fit(ODD, Y, classes=[0, 1]), FeatureWarning)
    assert found == here
    found, here = places(lambda: clf.partial_fit(STRANGE.assign(row=1), Y), FeatureWarning)
    assert found == here


def test_features_name_the_line_that_called_them():
    found, here = places(lambda: Features.learn(ODD), FeatureWarning)
    assert found == here
    features = Features.learn(FRAME)
    found, here = places(lambda: features.transform(STRANGE), FeatureWarning)
    assert found == here


def test_tables_name_the_line_that_read_them(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("code,y\n01067,a\n01069,b\n")
    found, here = places(lambda: tables.read_table(path), FeatureWarning)
    assert found == here
