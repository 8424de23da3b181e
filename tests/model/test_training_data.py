"""What does not fit is refused with its name and value, and changes nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from gpunn import MLPClassifier
from gpunn.model import validation

BAD_PARAMETERS = {
    "hidden_layer_sizes": [(0,), (3, -1), "10", (2.5,), None],
    "activation": ["no", ["relu", "relu"], 3], "solver": ["newton", None], "alpha": [-1, "a", np.nan],
    "batch_size": [0, -3, 2.5], "learning_rate": ["fast"], "learning_rate_init": [0, -1], "max_iter": [0, 1.5, None],
    "tol": [-1], "momentum": [-0.1, 1.1], "early_stopping": ["yes"], "validation_fraction": [0, 1], "beta_1": [1, -1],
    "epsilon": [0], "n_iter_no_change": [0], "max_fun": [0],
    "device": ["gpu", 3, "cuda:x"], "dtype": ["int8", "float16"], "precision": ["fp8", None, "tf32"],
    "compile": ["yes", None, 1.5],
    "cost": ["hinge", "log_likelihood_"], "output_activation": ["relu_"], "weight_init": ["big"], "bias_init": [0],
    "l1": [-1], "dropout": [1, -0.1, [0.1, 0.2]], "input_dropout": [1], "max_norm": [0], "clip_norm": [-1],
    "warmup": [-1], "lbfgs_memory": [0], "cg_beta": ["dai_yuan"], "class_weight": ["heavy", 3, {0: -1}],
    "label_smoothing": [1, -0.1], "ema_decay": [1, -0.5], "scoring": ["best", 3],
    "threshold": [0, 1.5, 0.5, [0.1, 0.2]], "time_limit": [0, -1], "record": ["all"], "features": ["some", 3],
    "checkpoint": [3, ""], "checkpoint_every": [0, -1, 1.5, "10", "0s", "ten min", "-3s", None], "callback": ["loud"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_PARAMETERS.items() for value in values]
)
def test_a_parameter_that_is_not_allowed_is_named_with_its_value(iris, name, value):
    clf = MLPClassifier(**{name: value})
    with pytest.raises(ValueError, match=name) as error:
        clf.fit(*iris)
    assert str(value) in str(error.value) or repr(value) in str(error.value)
    assert not [attribute for attribute in vars(clf) if attribute.endswith("_")]


@pytest.mark.parametrize(("other", "value"), [
    ("solver", "lbfgs"), ("dtype", "float64"), ("dropout", 0.5), ("dropout", [0.5]), ("input_dropout", 0.1),
    ("clip_norm", 1.0), ("max_norm", 3.0),
])  # fmt: skip
def test_a_precision_that_training_could_not_keep_is_refused_by_what_stands_in_its_way(iris, other, value):
    with pytest.raises(ValueError, match=f"precision='tf32' does not go with {other}=.*Use precision='float32'"):
        MLPClassifier(device="cuda", precision="tf32", **{other: value}).fit(*iris)


@pytest.mark.parametrize(("X", "y", "said"), [
    (np.ones((3, 2)), [0, 1], "inconsistent"),
    (np.ones((0, 2)), [], "0 sample"),
    (np.ones((3, 0)), [0, 1, 0], "0 feature"), (np.ones(3), [0, 1, 0], "2D array"),
    ([["a", "b"]] * 2, [0, 1], "string"),
    (np.full((2, 2), np.nan), [0, 1], "NaN"), (np.full((2, 2), np.inf), [0, 1], "infinity"),
    (np.ones((2, 2)), [0.5, 1.5], "continuous"), (np.ones((2, 2)), [0, np.nan], "y: 1 of 2 labels are missing"),
    (np.ones((2, 2)), [0, np.inf], "y contains infinity"), (np.ones((2, 2)), None, "None"),
    (np.ones((2, 2)) * 1j, [0, 1], "omplex"), (np.ones((2, 2)), [[1, 2], [3, 4]], "several multiclass outputs"),
])  # fmt: skip
def test_data_that_does_not_fit_leaves_the_estimator_as_it_was(iris, X, y, said, fitted):
    for clf in (MLPClassifier(), fitted(*iris, max_iter=2)):
        before = dict(vars(clf))
        with pytest.raises((ValueError, TypeError), match=said):
            clf.fit(X, y)
        assert vars(clf).keys() == before.keys()
        assert all(vars(clf)[name] is value for name, value in before.items())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("values", "said"), [
    ([np.nan], "NaN"), ([np.inf, np.inf], "infinity"), ([-np.inf], "infinity"), (["largest", "largest"], None),
    ([], None),
])  # fmt: skip
def test_a_large_matrix_is_looked_through_in_parts_for_what_scikit_learn_refuses(
    monkeypatch, fitted, dtype, values, said
):
    monkeypatch.setattr(validation, "LARGE", 12)
    X, clf = np.ones((7, 3), dtype), fitted(np.ones((4, 3), dtype), [0, 1, 0, 1], max_iter=1)
    X[5, : len(values)] = [np.finfo(dtype).max if value == "largest" else value for value in values]
    if said:
        with pytest.raises(ValueError, match=said):
            clf.predict(X)
    else:
        assert len(clf.predict(X)) == 7
    seen = []
    monkeypatch.setattr(validation, "validate_data", lambda clf, X, **how: seen.append(how["ensure_all_finite"]) or X)
    clf.predict(X)
    assert seen == ([True] if values else [])  # scikit-learn looks where the sums leave a doubt


# Two elements in each of six rows, all valid; each damage is a field, a position and a value, and the message.
INDICES, INDPTR = [0, 3, 1, 2, 0, 1, 2, 3, 0, 1, 1, 2], [0, 2, 4, 6, 8, 10, 12]
DAMAGES = {
    "beyond": ("indices", 3, 4, r"with 1 indices that are not allowed, the first of them 4: they must be in \[0, 4\)"),
    "far beyond": ("indices", 0, 2**30, "the first of them 1073741824"),
    "negative": ("indices", 11, -1, "the first of them -1"),
    "indptr falls": ("indptr", 3, 1, r"whose indptr \[0, 2, 4, 1, .*its 7 integers must rise from 0 to at most 12"),
    "indptr beyond": ("indptr", 6, 13, "must rise from 0 to at most 12, the number of its indices"),
    "indptr starts late": ("indptr", 0, 1, "must rise from 0"),
}


def damaged(form, damage):
    field, position, value, _ = DAMAGES[damage]
    data = np.ones((12, 1, 1) if form == "bsr" else 12)
    shape = (4, 6) if form == "csc" else (6, 4)
    X = {"csr": sparse.csr_matrix, "csc": sparse.csc_array, "bsr": sparse.bsr_array}[form](
        (data, np.array(INDICES, np.int32), np.array(INDPTR, np.int32)), shape=shape
    )
    assert X.toarray().sum() == 12
    getattr(X, field)[position] = value  # SciPy's constructors refuse some of them, but not its attributes
    return X


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("form", ["csr", "csc", "bsr"])
def test_a_sparse_matrix_with_indices_outside_it_is_refused(fitted, form, damage):
    X = damaged(form, damage)
    n, d = X.shape
    sound, y = np.eye(n, d), np.arange(n) % 2
    clf = fitted(sound, y, max_iter=2)
    theta = clf.theta_.copy()
    said = rf"^X is a sparse matrix of shape \({n}, {d}\) in {form.upper()} format.*{DAMAGES[damage][-1]}.*coo_array"
    methods = [clf.predict, clf.predict_proba, clf.hidden_activations]
    for method in [*methods, lambda X: clf.fit(X, y), lambda X: clf.partial_fit(X, y), lambda X: clf.score(X, y),
                   lambda X: clf.fit(sound, y, X_val=X, y_val=y), lambda X: MLPClassifier().fit(X, y)]:  # fmt: skip
        with pytest.raises(ValueError, match=said):
            method(X)
    with pytest.raises(ValueError, match=r"^y is a sparse matrix"):
        clf.fit(sound, X)
    assert np.array_equal(clf.theta_, theta)


@pytest.mark.parametrize("form", ["csr", "csc", "bsr"])
@pytest.mark.parametrize("array", ["indptr", "indices"])
@pytest.mark.parametrize("dtype", ["float64", "bool", "object", "uint8"])
def test_a_sparse_matrix_with_indices_of_another_dtype_is_refused(fitted, form, array, dtype):
    X, sound, y = sparse.coo_array(np.eye(6, 4)).asformat(form), np.eye(6, 4), np.arange(6) % 2
    setattr(X, array, getattr(X, array).astype(dtype))
    clf = fitted(sound, y, max_iter=2)
    said = rf"^X is .* in {form.upper()} format whose {array} has dtype {dtype}: int32 or int64 is needed\. Build"
    for method in (clf.predict, lambda X: clf.fit(X, y), lambda X: clf.fit(sound, y, X_val=X, y_val=y)):
        with pytest.raises(ValueError, match=said):
            method(X)


@pytest.mark.parametrize(("axis", "kind", "n"), [("row", "row", 3), ("col", "column", 4)])
@pytest.mark.parametrize("wrong", [-1, 2**30])
def test_a_sparse_matrix_of_coordinates_outside_it_is_refused(fitted, axis, kind, n, wrong):
    X = sparse.coo_matrix(np.ones((3, 4)))
    getattr(X, axis)[5] = wrong
    said = rf"COO format with 1 {kind} indices .* first of them {wrong}: they must be in \[0, {n}\)"
    with pytest.raises(ValueError, match=said):
        fitted(np.eye(6, 4), np.arange(6) % 2, max_iter=2).predict(X)


@pytest.mark.parametrize("form", ["csr", "csc", "bsr", "coo", "dia", "dok", "lil"])
def test_a_sound_sparse_matrix_of_any_format_is_taken(iris, fitted, form):
    clf = fitted(*iris, max_iter=2)
    for X in (np.eye(6, 4), np.zeros((2, 4)), np.ones((1, 4))):
        assert np.array_equal(clf.predict_proba(sparse.coo_array(X).asformat(form)), clf.predict_proba(X))


@pytest.mark.parametrize("X", [
    np.ones((1, 4)), np.ones((3, 4), "float16"), np.ones((2, 4), "uint8"), np.ones((2, 4), bool), np.ones((2, 4), "g"),
    np.asfortranarray(np.ones((2, 4))), np.ones((4, 8))[:, ::2], np.ones((2, 4), object), np.ones((2, 4)) * 1j,
    np.ones((0, 4)), np.ones((1, 3)), np.ones((1, 5)), np.ones(4), np.ones((1, 4, 1)), np.array("text"),
    np.full((1, 4), np.nan), np.full((1, 4), -np.inf), np.array([[np.inf, -np.inf, 1, 1]]),
    np.full((1, 4), np.finfo("float32").max, "float32"), np.full((1, 4), "text"), np.full((1, 4), "1"),
    np.ones((1, 4), "M8[s]"), np.ma.masked_array(np.ones((1, 4)), np.eye(1, 4)), np.ones((1, 4)).tolist(),
], ids=lambda X: f"{type(X).__name__}-{getattr(X, 'dtype', '')}-{np.shape(X)}")  # fmt: skip
@pytest.mark.parametrize("finite", [False, True])
@pytest.mark.filterwarnings("ignore:invalid value")  # of scikit-learn's sum of infinity and minus infinity
def test_a_matrix_that_is_seen_to_be_sound_is_taken_as_scikit_learn_takes_it(iris, fitted, monkeypatch, X, finite):
    clf = fitted(*iris, max_iter=2)

    def outcome():
        try:
            return clf.predict_proba(X)
        except (TypeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"

    with config_context(assume_finite=finite):
        found = outcome()
        monkeypatch.setattr(validation, "_is_sound", lambda *given: False)
        assert np.array_equal(found, outcome(), equal_nan=not isinstance(found, str))


def test_a_matrix_for_a_classifier_of_named_columns_is_warned_of_each_time(iris, fitted):
    clf = fitted(pd.DataFrame(iris[0], columns=list("abcd")), iris[1], max_iter=2)
    for _ in range(2):
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            clf.predict_proba(iris[0][:1])


@pytest.mark.parametrize(
    ("weight", "said"), [(-np.ones(150), "[Nn]egative"), (np.zeros(150), "non-zero"), (np.ones(3), "shape")]
)
def test_weights_that_do_not_fit_are_refused(iris, weight, said):
    with pytest.raises(ValueError, match=said):
        MLPClassifier().fit(*iris, sample_weight=weight)


@pytest.mark.parametrize(("extra", "said"), [
    ({"X_val": np.ones((2, 4))}, "X_val and y_val must be given together"),
    ({"y_val": [0, 1]}, "X_val and y_val must be given together"),
    ({"sample_weight_val": [1, 1]}, "without X_val and y_val"),
    ({"X_val": np.ones((2, 3)), "y_val": [0, 1]}, "3 features, but MLPClassifier is expecting 4"),
    ({"X_val": np.full((2, 4), np.nan), "y_val": [0, 1]}, "NaN"),
    ({"X_val": np.ones((2, 4)), "y_val": [0, 9]}, r"y_val has labels that are not among the classes: \[9\]"),
    ({"X_val": np.ones((2, 4)), "y_val": [0]}, "inconsistent"),
    ({"X_val": np.ones((2, 4)), "y_val": [0, 1], "sample_weight_val": [-1, 1]}, "[Nn]egative"),
])  # fmt: skip
def test_validation_rows_that_do_not_fit_leave_the_estimator_as_it_was(iris, extra, said, fitted):
    for clf in (MLPClassifier(), fitted(*iris, max_iter=2)):
        before = dict(vars(clf))
        with pytest.raises(ValueError, match=said):
            clf.fit(*iris, **extra)
        assert vars(clf).keys() == before.keys()
        assert all(vars(clf)[name] is value for name, value in before.items())


def test_classes_that_are_not_there_have_no_weight(iris):
    with pytest.raises(ValueError, match=r"class_weight names 7, which is not among the classes: \[0, 1, 2\]"):
        MLPClassifier(class_weight={7: 2}).fit(*iris)


def test_labels_that_partial_fit_was_not_told_of_are_named(iris):
    clf = MLPClassifier().partial_fit(*iris, classes=[0, 1, 2])
    theta = clf.theta_.copy()
    with pytest.raises(ValueError, match=r"not among the classes: \[5\]"):
        clf.partial_fit(iris[0], np.full(150, 5))
    assert np.array_equal(clf.theta_, theta)


def test_one_row_of_each_class_and_one_class_alone_are_learned(iris):
    X, y = iris
    clf = MLPClassifier(solver="lbfgs", max_iter=100, random_state=0).fit(X[[0, 140]], y[[0, 140]])
    assert clf.predict(X[[140, 0]]).tolist() == [2, 0]
    for output in ("sigmoid", "softmax"):
        clf = MLPClassifier(solver="lbfgs", output_activation=output).fit(X[:50], y[:50])
        assert clf.history_.notes == ["y has only one class, [0], which is predicted for every row."]
        assert clf.predict(X).tolist() == [0] * 150
        assert clf.predict_proba(X).tolist() == [[1.0]] * 150
        assert clf.predict_log_proba(X).tolist() == [[0.0]] * 150
        assert clf.decision_function(X).shape == (150,)


def test_prediction_needs_a_fit_and_the_same_columns(iris, fitted):
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(iris[0])
    with pytest.raises(AttributeError, match="fitted"):
        _ = MLPClassifier().coefs_
    with pytest.raises(ValueError, match="3 features, but MLPClassifier is expecting 4"):
        fitted(*iris, max_iter=2).predict(iris[0][:, :3])
