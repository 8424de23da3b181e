"""A gap that chance cannot explain is told on few other rows as well."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

from gpunn.insight import diagnose


@pytest.mark.parametrize("seed", range(4))
def test_overfitting_is_told_on_forty_rows(seed, fitted):
    X, y = make_classification(160, 60, n_informative=4, n_redundant=0, flip_y=0.1, random_state=seed)
    X, others, y, of_others = train_test_split(X, y, random_state=0, stratify=y)
    clf = fitted(X, y, hidden_layer_sizes=(200,), learning_rate_init=0.01, max_iter=300, random_state=1)
    gap = clf.score(X, y) - clf.score(others, of_others)
    assert gap > 0.19
    assert "overfitting" in [finding.name for finding in diagnose(clf, others, of_others).findings]


def test_a_gap_that_may_be_chance_is_not_told(fitted):
    """Rows of the same kind, of which so few are asked that they differ from the training rows by chance."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4000, 3))
    y = (X[:, 0] + rng.standard_normal(4000) > 0).astype(int)
    clf = fitted(X, y, hidden_layer_sizes=(5,), alpha=1.0, max_iter=30, random_state=0)
    for seed in range(20):
        rng = np.random.default_rng(seed + 1)
        others = rng.standard_normal((40, 3))
        found = diagnose(clf, others, (others[:, 0] + rng.standard_normal(40) > 0).astype(int)).findings
        assert "overfitting" not in [finding.name for finding in found]
