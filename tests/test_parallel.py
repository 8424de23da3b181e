"""Searches on several processes: the same results, and no more threads than there are cores."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score

from gpunn import MLPClassifier
from gpunn.devices import cores


@pytest.fixture
def few(digits):
    return digits[0][:300].astype("float64"), digits[2][:300]


def search(n_jobs, X, y):
    clf = MLPClassifier(max_iter=5, random_state=0)
    grid = {"hidden_layer_sizes": [(8,), (16,)], "alpha": [1e-4, 1e-1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GridSearchCV(clf, grid, n_jobs=n_jobs, cv=3).fit(X, y)


@pytest.mark.filterwarnings("ignore")  # of the processes, whose filters are their own
def test_two_jobs_find_what_one_does(few):
    one, two = (search(n_jobs, *few) for n_jobs in (1, 2))
    for name in ("mean_test_score", "std_test_score", "rank_test_score"):
        np.testing.assert_allclose(one.cv_results_[name], two.cv_results_[name], rtol=1e-12)
    # Each job has fewer threads, and BLAS may add up in another order; ten steps of Adam hardly spread that.
    np.testing.assert_allclose(one.best_estimator_.theta_, two.best_estimator_.theta_, rtol=0, atol=1e-8)


def test_the_processes_of_a_search_share_the_cores():
    there = Parallel(n_jobs=2)(delayed(cores.cores)() for _ in range(2))
    assert max(there) <= max(1, cores.cores() // 2)


def test_it_can_be_validated_calibrated_and_explained(few):
    clf = MLPClassifier(max_iter=30, learning_rate_init=0.01, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert cross_val_score(clf, *few, cv=3).mean() > 0.8
        assert CalibratedClassifierCV(clf, cv=3).fit(*few).score(*few) > 0.9
        found = permutation_importance(clf.fit(*few), *few, n_repeats=2, random_state=0)
    assert found.importances_mean.argmax() not in (0, 32)  # corners are always white
