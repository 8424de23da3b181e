"""Pickles carry gpunn's version, and one of another is warned of."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone

import gpunn
from gpunn import HiddenLayer, MLPClassifier, VersionWarning
from gpunn.estimator import classifier


@pytest.fixture
def clf(iris, fitted):
    return fitted(*iris, hidden_layer_sizes=(4,), max_iter=9, tol=1e9, n_iter_no_change=1)


def test_a_pickle_of_this_version_is_read_without_a_warning(iris, clf, tmp_path):
    joblib.dump(clf, tmp_path / "clf.joblib")
    for again in (
        pickle.loads(pickle.dumps(clf)),
        joblib.load(tmp_path / "clf.joblib"),
        copy.deepcopy(clf),
        copy.copy(clf),
    ):
        assert np.array_equal(again.predict_proba(iris[0]), clf.predict_proba(iris[0]))
        assert vars(again).keys() == vars(clf).keys()
    assert clone(clf).get_params() == clf.get_params()
    assert joblib.hash(clf) == joblib.hash(pickle.loads(pickle.dumps(clf)))


@pytest.mark.parametrize("written", ["0.0.9", "99.1", None])
@pytest.mark.parametrize("kind", ["fitted", "not fitted", "in a HiddenLayer"])
def test_a_pickle_of_another_version_warns_and_is_read(iris, clf, monkeypatch, written, kind):
    thing = {"fitted": clf, "not fitted": clone(clf), "in a HiddenLayer": HiddenLayer(clf).fit(*iris)}[kind]
    if written:
        monkeypatch.setattr(classifier, "__version__", written)
        data = pickle.dumps(thing)
        monkeypatch.undo()
    else:  # as pickles were before they told
        monkeypatch.setattr(MLPClassifier, "__getstate__", lambda self: dict(vars(self)))
        data = pickle.dumps(thing)
        monkeypatch.undo()
    with pytest.warns(
        VersionWarning, match=f"from gpunn {written or 'a version before'}.* read by {gpunn.__version__}"
    ):
        again = pickle.loads(data)
    if kind == "fitted":
        assert np.array_equal(again.predict_proba(iris[0]), clf.predict_proba(iris[0]))
    assert "_gpunn_version" not in vars(again)
