"""A hidden layer as a transformer keeps scikit-learn's contract; the classifier itself is none."""

from __future__ import annotations

import doctest
import pickle
import re

import array_api_strict
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from gpunn import HiddenLayer, MLPClassifier
from gpunn.estimator import hidden_layer

BRIEF = MLPClassifier((6, 3), max_iter=9, tol=9, n_iter_no_change=1, random_state=0)  # three epochs


@pytest.mark.filterwarnings("ignore")  # the checks warn on purpose
@pytest.mark.parametrize("layer", [0, -1])
def test_scikit_learn_finds_no_fault(layer):
    results = check_estimator(HiddenLayer(BRIEF, layer), on_fail=None, on_skip=None)
    assert [r for r in results if r["status"] in ("failed", "xfail")] == []
    absent = "is not installed|requires cuda|no XPU device|MPS device|torch is not"  # PyTorch may be installed
    assert all(re.search(absent, str(r["exception"])) for r in results if r["status"] == "skipped")
    assert sum(r["status"] == "passed" for r in results) >= 48


def test_a_classifier_is_no_transformer_where_libraries_ask():
    clf = BRIEF.fit(np.eye(3), [0, 1, 2])
    assert is_classifier(clf) and clf.__sklearn_tags__().transformer_tags is None
    for name in ("transform", "fit_transform", "get_feature_names_out", "set_output"):
        assert not hasattr(clf, name)


@pytest.mark.parametrize(("layer", "n"), [(0, 6), (1, 3), (-1, 3), (-2, 6)])
def test_it_gives_the_activations_of_a_fitted_clone(iris, layer, n):
    unfitted = clone(BRIEF)
    step = HiddenLayer(unfitted, layer).fit(*iris)
    assert not hasattr(unfitted, "theta_")
    expected = clone(BRIEF).fit(*iris).hidden_activations(iris[0], layer)
    assert expected.shape == (150, n)
    assert np.array_equal(step.transform(iris[0]), expected)
    assert np.array_equal(HiddenLayer(BRIEF, layer).fit_transform(*iris), expected)
    assert step.get_feature_names_out().tolist() == [f"hiddenlayer{i}" for i in range(n)]
    assert step.n_features_in_ == 4


def test_a_fitted_classifier_stays_as_it_is_when_frozen(iris):
    clf = clone(BRIEF).fit(*iris)
    theta = clf.theta_.copy()
    step = HiddenLayer(FrozenEstimator(clf), 0)
    assert np.array_equal(step.fit(iris[0][:5], iris[1][:5] * 0).transform(iris[0]), clf.hidden_activations(iris[0], 0))
    assert np.array_equal(step.fit(iris[0]).transform(iris[0]), clf.hidden_activations(iris[0], 0))  # labels or none
    assert np.array_equal(clf.theta_, theta) and step.get_feature_names_out().shape == (6,)


@pytest.mark.parametrize(("layer", "sizes"), [(2, (6, 3)), (-3, (6, 3)), ("first", (6, 3)), (0, ()), (-1, ())])
def test_a_layer_that_there_is_not_is_refused_by_fit(iris, layer, sizes):
    step = HiddenLayer(clone(BRIEF).set_params(hidden_layer_sizes=sizes), layer)
    said = f"layer={layer!r} is not allowed; the network has {len(sizes)} hidden layers"
    with pytest.raises(ValueError, match=said):
        step.fit(*iris)
    with pytest.raises(NotFittedError):
        step.transform(iris[0])


def test_frames_go_in_and_come_out_and_so_do_other_rows(iris):
    frame = pd.DataFrame(iris[0], columns=list("abcd"), index=range(7, 157)).assign(e=["x", "y", "z"] * 50)
    step = HiddenLayer(clone(BRIEF)).set_output(transform="pandas").fit(frame, iris[1])
    out = step.transform(frame)
    assert list(out) == ["hiddenlayer0", "hiddenlayer1", "hiddenlayer2"] and out.index.equals(frame.index)
    assert step.feature_names_in_.tolist() == list("abcde") and step.n_features_in_ == 5
    assert isinstance(step.set_output(transform="polars").transform(pl.from_pandas(frame)), pl.DataFrame)
    rows = iris[0].astype("float32")
    thin = HiddenLayer(clone(BRIEF)).fit(sparse.csr_array(rows), iris[1])
    assert thin.transform(sparse.csr_array(rows)).dtype == "float32"
    np.testing.assert_allclose(thin.transform(sparse.csr_array(rows)), thin.transform(rows), rtol=1e-5)


def test_arrays_of_other_libraries_come_out_as_they_went_in(iris):
    with config_context(array_api_dispatch=True):
        X, y = map(array_api_strict.asarray, iris)
        assert isinstance(HiddenLayer(clone(BRIEF)).fit(X, y).transform(X), type(X))


def test_it_is_a_step_of_pipelines_unions_and_searches(iris):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), HiddenLayer(clone(BRIEF)), LogisticRegression())
    grid = {"hiddenlayer__layer": [0, 1], "hiddenlayer__estimator__activation": ["tanh", "relu"]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.6
    assert search.best_estimator_[1].estimator_.activation == search.best_params_["hiddenlayer__estimator__activation"]
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert np.array_equal(again.predict_proba(X), search.best_estimator_.predict_proba(X))
    union = FeatureUnion([("plain", "passthrough"), ("hidden", HiddenLayer(clone(BRIEF), 0))]).fit(X, y)
    assert union.transform(X).shape == (150, 10) and len(union.get_feature_names_out(list("abcd"))) == 10
    columns = make_column_transformer((HiddenLayer(clone(BRIEF)), [0, 1]), remainder="passthrough")
    assert columns.fit_transform(X, y).shape == (150, 5)


@pytest.mark.parametrize("routed", [False, True])
def test_weights_come_to_the_classifier(iris, routed):
    weight = np.random.default_rng(0).random(150)
    with config_context(enable_metadata_routing=routed):
        clf = clone(BRIEF).set_fit_request(sample_weight=True) if routed else clone(BRIEF)
        step = HiddenLayer(clf).fit(*iris, sample_weight=weight)
    assert np.array_equal(step.estimator_.theta_, clone(BRIEF).fit(*iris, weight).theta_)


def test_the_example_runs():
    assert doctest.testmod(hidden_layer) == (0, 7)
