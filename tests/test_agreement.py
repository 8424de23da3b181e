"""gpunn and scikit-learn, told the same, come to the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.agreement import ACTIVATIONS, METHODS, apart, compare, trained


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_cost_gradient_probabilities_and_the_weights_after_100_steps(activation, method):
    found = compare(activation, method)
    assert len(found) == 5
    assert {name: difference for name, difference in found.items() if not difference < 1e-9} == {}


def test_it_is_no_agreement_of_things_that_stand_still():
    settings = {"batch_size": 20, "max_iter": 10, "tol": 0.0, "n_iter_no_change": 50, "learning_rate_init": 0.1}
    (a, b, X), (c, *_) = (trained(solver="sgd", momentum=m, **settings) for m in (0.9, 0.8))
    assert apart(a, c) > 0.1
    assert np.abs(a.predict_proba(X) - c.predict_proba(X)).max() > 0.1
    adaptive = trained(**{**settings, **METHODS["sgd, adaptive"], "learning_rate_init": 0.1})[0]
    assert adaptive.history_.learning_rate[-1] < 0.1 / 4
    assert a.n_iter_ == b.n_iter_ == 10
