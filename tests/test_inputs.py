"""What does not fit is refused with its name and value, and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from gpunn import MLPClassifier

BAD_PARAMETERS = {
    "hidden_layer_sizes": [(0,), (3, -1), "10", (2.5,), None],
    "activation": ["no", ["relu", "relu"], 3], "solver": ["newton", None], "alpha": [-1, "a", np.nan],
    "batch_size": [0, -3, 2.5], "learning_rate": ["fast"], "learning_rate_init": [0, -1], "max_iter": [0, 1.5, None],
    "tol": [-1], "momentum": [-0.1, 1.1], "early_stopping": ["yes"], "validation_fraction": [0, 1], "beta_1": [1, -1],
    "epsilon": [0], "n_iter_no_change": [0], "max_fun": [0],
    "device": ["gpu", 3, "cuda:x"], "dtype": ["int8", "float16"], "precision": ["fp8", None, "tf32"],
    "cost": ["hinge", "log_likelihood_"], "output_activation": ["relu_"], "weight_init": ["big"], "bias_init": [0],
    "l1": [-1], "dropout": [1, -0.1, [0.1, 0.2]], "input_dropout": [1], "max_norm": [0], "clip_norm": [-1],
    "warmup": [-1], "lbfgs_memory": [0], "cg_beta": ["dai_yuan"],
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
    (np.ones((3, 2)), [0, 1], "inconsistent"), (np.ones((3, 2)), [0, 0, 0], "one class"),
    (np.ones((0, 2)), [], "0 sample"),
    (np.ones((3, 0)), [0, 1, 0], "0 feature"), (np.ones(3), [0, 1, 0], "2D array"),
    ([["a", "b"]] * 2, [0, 1], "string"),
    (np.full((2, 2), np.nan), [0, 1], "NaN"), (np.full((2, 2), np.inf), [0, 1], "infinity"),
    (np.ones((2, 2)), [0.5, 1.5], "continuous"), (np.ones((2, 2)), [0, np.nan], "NaN"), (np.ones((2, 2)), None, "None"),
    (np.ones((2, 2)) * 1j, [0, 1], "omplex"), (np.ones((2, 2)), [[1, 2], [3, 4]], "several multiclass outputs"),
])  # fmt: skip
def test_data_that_does_not_fit_leaves_the_estimator_as_it_was(iris, X, y, said, fitted):
    for clf in (MLPClassifier(), fitted(*iris, max_iter=2)):
        before = dict(vars(clf))
        with pytest.raises((ValueError, TypeError), match=said):
            clf.fit(X, y)
        assert vars(clf).keys() == before.keys()
        assert all(vars(clf)[name] is value for name, value in before.items())


@pytest.mark.parametrize(
    ("weight", "said"), [(-np.ones(150), "[Nn]egative"), (np.zeros(150), "non-zero"), (np.ones(3), "shape")]
)
def test_weights_that_do_not_fit_are_refused(iris, weight, said):
    with pytest.raises(ValueError, match=said):
        MLPClassifier().fit(*iris, sample_weight=weight)


def test_prediction_needs_a_fit_and_the_same_columns(iris, fitted):
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(iris[0])
    with pytest.raises(AttributeError, match="fitted"):
        _ = MLPClassifier().coefs_
    with pytest.raises(ValueError, match="3 features, but MLPClassifier is expecting 4"):
        fitted(*iris, max_iter=2).predict(iris[0][:, :3])
