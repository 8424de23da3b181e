"""Labels of any kind to targets and back."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.data.labels import Labels


def test_targets_are_one_of_n():
    labels = Labels.learn(np.array(["b", "a", "c"]))
    assert labels.targets(["c", "a"], 3, "float32").tolist() == [[0, 0, 1], [1, 0, 0]]
    assert labels.targets(["c", "a"], 3, "float32").dtype == np.float32


def test_one_output_answers_for_the_second_of_two_classes():
    labels = Labels.learn(np.array([5, 7]))
    assert labels.n_outputs == 1
    assert labels.targets([7, 5, 7], 1, "float64").tolist() == [[1], [0], [1]]
    assert labels.targets([7, 5], 2, "float64").tolist() == [[0, 1], [1, 0]]
    assert labels.codes(np, np.array([[0.1], [-0.1]])).tolist() == [1, 0]


def test_scores_of_targets_say_the_labels():
    rng = np.random.default_rng(0)
    for y in (rng.integers(0, 5, 50), rng.choice(["x", "y"], 50), rng.random(50) < 0.5, rng.integers(0, 3, 50) / 2 * 2):
        labels = Labels.learn(y)
        assert np.array_equal(labels.classes[labels.codes(np, labels.targets(y, labels.n_outputs, "float64") - 0.5)], y)


def test_an_indicator_matrix_stays_one():
    Y = np.array([[0, 1, 1], [0, 0, 0], [1, 0, 1]])
    labels = Labels.learn(Y)
    assert labels.multilabel
    assert labels.n_outputs == 3
    assert np.array_equal(labels.codes(np, labels.targets(Y, 3, "float32") - 0.5), Y)
    with pytest.raises(ValueError, match=r"shape \(3, 2\); an indicator matrix \(n, 3\)"):
        labels.targets(Y[:, :2], 3, "float32")
    with pytest.raises(ValueError, match="one column of labels"):
        Labels.learn([0, 1, 2]).targets(Y, 3, "float32")


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([3, 3, 3], r"only one class, \[3\]"),
        ([0.5, 1.5], "continuous"),
        ([[1, 2], [3, 1]], "several multiclass outputs"),
        (np.array([1, "a"], object), "[Uu]nknown label type|[Mm]ix of label"),
    ],
)
def test_what_is_no_classification_target_is_refused(y, said):
    with pytest.raises(ValueError, match=said):
        Labels.learn(np.asarray(y))


def test_unknown_labels_are_named():
    with pytest.raises(ValueError, match=r"not among the classes: \[4, 9\]"):
        Labels.learn([1, 2, 3]).targets([1, 9, 4], 3, "float32")
