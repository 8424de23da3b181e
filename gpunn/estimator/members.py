"""A member of an ensemble as a classifier of its own."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn.estimator.fit import OF_HELD_OUT
from gpunn.model.fitted import Classifier
from gpunn.shown import show

C = TypeVar("C", bound=Classifier)

OF_ALL = {"n_members": 1, "cross_validation": None, "temperature_scaling": False}  # parameters that one has not


def one(clf: C, i: int) -> C:
    """Implementation of `gpunn.MLPClassifier.member`."""
    check_is_fitted(clf)
    n = 1 if clf.theta_.ndim == 1 else clf.theta_.shape[0]
    if not isinstance(i, (int, np.integer)) or isinstance(i, bool) or not 0 <= i < n:
        raise ValueError(f"i={show(i)} is not allowed; the members are numbered from 0 to {n - 1}.")
    found = type(clf)(**{**clf.get_params(deep=False), **OF_ALL})
    fitted = {name: value for name, value in vars(clf).items() if name.endswith("_") or name.startswith("_")}
    found.__dict__.update({name: value for name, value in fitted.items() if name not in OF_HELD_OUT})
    found.theta_ = clf.theta_ if clf.theta_.ndim == 1 else clf.theta_[int(i), ...]
    found._resume = (clf.solver, 0, None)
    return found
