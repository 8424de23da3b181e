"""A model predicts by itself: no estimator is needed, and an estimator shows the model that it is."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from gpunn import MLPClassifier
from gpunn.data.labels import Labels
from gpunn.model import predict
from gpunn.model.model import Model
from gpunn.model.validation import InputSchema
from gpunn.nn.activations import ReLU
from gpunn.nn.heads import SigmoidCrossEntropy, SoftmaxLogLikelihood
from gpunn.nn.network import Network

X = np.random.default_rng(0).standard_normal((7, 2))
W1, b1 = np.array([[1.0, -2, 0.5], [0, 1, 3]]), np.array([0.1, 0.2, 0.3])
W2, b2 = np.array([[1.0, 0, -1], [2, -1, 0], [0.5, 1, 1]]), np.array([0.0, 0.5, -0.5])
H = np.maximum(X @ W1 + b1, 0)
Z = H @ W2 + b2

# Weights before biases, as in the documents of gpunn.nn.network.
THETA = np.concatenate([W1.ravel(), W2.ravel(), b1, b2])


def made(classes=("a", "b", "c"), multilabel=False, head=None, **fields):
    labels = Labels(np.array(classes), multilabel)
    return Model(Network((2, 3, 3), (ReLU(),)), head or SoftmaxLogLikelihood(), THETA, labels, InputSchema(2), **fields)


def test_a_model_made_by_hand_predicts_what_its_formulas_say():
    model, p = made(), np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    assert predict.predict_proba(model, X) == pytest.approx(p)
    assert predict.predict_log_proba(model, X) == pytest.approx(np.log(p))
    assert predict.predict(model, X).tolist() == np.array(["a", "b", "c"])[Z.argmax(axis=1)].tolist()
    assert predict.hidden_activations(model, X, -1) == pytest.approx(H)
    assert predict.decision_function(model, X).argmax(axis=1).tolist() == Z.argmax(axis=1).tolist()


def test_a_threshold_for_each_label_decides():
    p = 1 / (1 + np.exp(-Z))
    thresholds = np.array([0.2, 0.5, 0.9])
    model = made(range(3), multilabel=True, head=SigmoidCrossEntropy(), threshold=thresholds)
    assert np.array_equal(predict.predict(model, X), (p > thresholds).astype(int))
    assert predict.predict_proba(model, X) == pytest.approx(p)


def test_a_model_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        made().threshold = 0.5


@pytest.mark.parametrize(("wrong", "said"), [
    (np.ones((1, 3)), "X has 3 features, but MLPClassifier is expecting 2 features as input"),
    (np.full((1, 2), np.nan), "Input X contains NaN"),
    (np.ones(2), "Expected 2D array"),
    (np.ones((0, 2)), "0 sample"),
])  # fmt: skip
def test_rows_that_do_not_fit_are_refused_in_the_words_of_scikit_learn(wrong, said):
    with pytest.raises(ValueError, match=said):
        predict.predict(made(), wrong)


def test_messages_name_the_class_of_the_estimator(iris):
    class Mine(MLPClassifier):
        pass

    with pytest.warns(ConvergenceWarning):
        clf = Mine(max_iter=2).fit(*iris)
    with pytest.raises(ValueError, match="X has 3 features, but Mine is expecting 4"):
        clf.predict(iris[0][:, :3])
    with pytest.warns(UserWarning, match="X has feature names, but Mine was fitted without feature names"):
        clf.predict(pd.DataFrame(iris[0], columns=list("abcd")))


def test_what_is_changed_of_an_estimator_shows_in_its_next_prediction(iris, fitted):
    clf, other = fitted(iris[0], iris[1] == 1, max_iter=2), fitted(iris[0], iris[1] == 1, max_iter=3)
    expected = other.predict_proba(iris[0])
    clf.theta_[:] = other.theta_
    assert np.array_equal(clf.predict_proba(iris[0]), expected)
    clf.theta_ = 0 * other.theta_
    assert np.array_equal(clf.predict_proba(iris[0]), np.full((150, 2), 0.5))
    clf.theta_ = other.theta_
    for threshold in (0.9, 0.1):
        clf.set_params(threshold=threshold)
        assert np.array_equal(clf.predict(iris[0]), expected[:, 1] >= threshold)


def test_an_estimator_and_its_model_predict_the_same_bits(iris, fitted):
    frame = pd.DataFrame(iris[0], columns=list("abcd"))
    for rows in (iris[0], iris[0].astype("float32"), frame):
        clf = fitted(rows, iris[1], max_iter=2)
        for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
            assert np.array_equal(getattr(clf, name)(rows), getattr(predict, name)(clf._model, rows))
    bare = clf._model.for_matrices()
    rows = clf.features_.transform(frame)
    assert predict.predict_proba(bare, rows) == pytest.approx(clf.predict_proba(frame), abs=1e-6)
    with pytest.raises(NotFittedError, match="not fitted"):
        _ = MLPClassifier()._model


def test_a_model_of_other_classes_has_the_same_probabilities():
    model = made()
    other = replace(model, labels=Labels(np.array([1, 2, 3]), False))
    assert np.array_equal(predict.predict_proba(other, X), predict.predict_proba(model, X))
    assert predict.predict(other, X).tolist() == (Z.argmax(axis=1) + 1).tolist()
