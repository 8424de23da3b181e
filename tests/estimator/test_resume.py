"""Resumed estimators beside what else scikit-learn does with one: other containers, copies, searches, further fits."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gpunn
from gpunn import MLPClassifier

BASE = {"hidden_layer_sizes": (7,), "random_state": 3, "max_iter": 9}
NAMES = np.array(["no", "yes", "perhaps"])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Break(Exception):
    """What ends a fit as if it were the process."""


def stop(history):
    if history.n_iter == 4:
        raise Break


def break_off(folder, X, y, weight=None, **parameters):
    with pytest.raises(Break):
        MLPClassifier(**(BASE | parameters), checkpoint=folder, callback=stop).fit(X, y, weight)


def assert_same(found, expected):
    assert found.theta_.tobytes() == expected.theta_.tobytes()
    assert found.loss_curve_ == expected.loss_curve_ and found.n_iter_ == expected.n_iter_


def containers(X, y):
    """Rows, labels and weights as they are given to fit, and to resume: the same numbers, otherwise held."""
    weight = np.linspace(0, 1, len(y))
    frame = pd.DataFrame(X, columns=list("abcd"))
    return {
        "lists": (X, y, weight, X.tolist(), y.tolist(), weight.tolist()),
        "pandas labels": (X, y, weight, X, pd.Series(y, index=range(5, 155)), pd.Series(weight)),
        "every second row": (np.repeat(X, 2, axis=0)[::2], y, None, X, y, None),
        "backwards": (X[::-1][::-1], y, None, X, y, None),
        "csc": (sparse.csr_array(X), y, None, sparse.csc_array(X), y, None),
        "arrow": (frame, y, None, pytest.importorskip("pyarrow").Table.from_pandas(frame), y, None),
        "a frame of another index": (frame, NAMES[y], None, frame.set_index(np.arange(150) + 7), NAMES[y], None),
        "categories": (X, NAMES[y], None, X, pd.Series(NAMES[y]).astype("category").astype(str).to_numpy(str), None),
    }


@pytest.mark.parametrize("kind", ["lists", "pandas labels", "every second row", "backwards",
                                  "csc", "arrow", "a frame of another index", "categories"])  # fmt: skip
def test_the_same_numbers_in_other_containers_are_the_same_data(tmp_path, iris, kind):
    X, y, weight, X_again, y_again, weight_again = containers(*iris)[kind]
    break_off(tmp_path, X, y, weight)
    assert_same(MLPClassifier.resume(tmp_path, X_again, y_again, weight_again), MLPClassifier(**BASE).fit(X, y, weight))


def test_rows_of_fewer_classes_are_other_data_and_not_another_network(tmp_path, iris):
    X, y = iris
    break_off(tmp_path, X, y)
    for rows, labels, said in ((X[:100], y[:100], "X, y"), (X, 2 - y, "y"), (X, NAMES[y], "y")):
        with pytest.raises(ValueError, match=rf"the data are not those of the fit .*: they differ in {said}\."):
            MLPClassifier.resume(tmp_path, rows, labels)


@pytest.mark.parametrize("folder", [None, 3, "", b"run", ["run"]], ids=repr)
def test_what_is_no_name_of_a_folder_is_refused(iris, folder):
    with pytest.raises(ValueError, match=r"folder=.* is not allowed; give the name of the folder"):
        MLPClassifier.resume(folder, *iris)


PARAMETERS = {
    "arrays": {"threshold": np.array([0.1, 0.2, 0.3]), "hidden_layer_sizes": np.array([7, 5])},
    "numbers of NumPy": {"hidden_layer_sizes": np.int32(7), "max_iter": np.int64(9), "random_state": np.int64(3),
                         "early_stopping": np.bool_(True), "validation_fraction": np.float32(0.2),
                         "checkpoint_every": np.int64(2), "batch_size": np.int64(16)},
    "tuples": {"record": ("layers", "score"), "activation": ("tanh", "relu"), "hidden_layer_sizes": [7, 5]},
}  # fmt: skip


@pytest.mark.parametrize("kind", PARAMETERS)
def test_parameters_of_other_types_come_back_with_equal_values(tmp_path, iris, kind):
    X, y = iris
    y = np.eye(3, dtype=int)[y] if kind == "arrays" else y
    whole = MLPClassifier(**(BASE | PARAMETERS[kind])).fit(X, y)
    break_off(tmp_path / "run", X, y, **PARAMETERS[kind])
    found = MLPClassifier.resume(tmp_path / "run", X, y)
    assert_same(found, whole)
    for name, value in PARAMETERS[kind].items():
        assert np.array_equal(getattr(found, name), value), name
    whole.save(tmp_path / "m.gpunn")
    assert np.array_equal(gpunn.load(tmp_path / "m.gpunn").predict(X), whole.predict(X))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_resumed_estimator_trains_on_as_one_that_was_not_interrupted(tmp_path, iris, solver):
    def further(clf):
        more = clf.set_params(checkpoint=None, warm_start=True, max_iter=14).fit(*iris)
        return more.partial_fit(*iris) if solver == "adam" else more

    break_off(tmp_path, *iris, solver=solver)
    found = further(MLPClassifier.resume(tmp_path, *iris))
    assert_same(found, further(MLPClassifier(**BASE, solver=solver).fit(*iris)))


def test_copies_of_a_resumed_estimator(tmp_path, iris):
    break_off(tmp_path, *iris)
    found = MLPClassifier.resume(tmp_path, *iris)
    pickled = pickle.loads(pickle.dumps(found))
    assert_same(pickled, found)
    for copy in (clone(found), pickled, found):
        assert copy.get_params() == found.get_params()
        with pytest.raises(FileExistsError, match="checkpoints of another fit"):
            copy.fit(*iris)
    assert_same(MLPClassifier.resume(tmp_path, *iris), found)


def test_searches_with_a_folder_are_told_to_do_without(tmp_path, iris):
    clf = MLPClassifier(**BASE, checkpoint=tmp_path)
    search = GridSearchCV(clf, {"alpha": [0.1, 0.01]}, cv=2, error_score="raise")
    with pytest.raises(FileExistsError, match=r"search or cross-validation makes many fits: use checkpoint=None"):
        search.fit(*iris)
    search.set_params(estimator__checkpoint=None).fit(*iris)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_step_of_a_pipeline_writes_checkpoints_that_are_resumed(tmp_path, iris):
    X, y = iris
    whole = make_pipeline(StandardScaler(), MLPClassifier(**BASE, checkpoint=tmp_path)).fit(X, y)
    assert_same(MLPClassifier.resume(tmp_path, StandardScaler().fit_transform(X), y), whole[-1])
