"""A sample of rows and all parameters on the host: pictures are of few rows, and need no GPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpunn.devices import get_device
from gpunn.model.fitted import Classifier
from gpunn.model.origin import on_host
from gpunn.model.training_data import check_labels
from gpunn.model.validation import InputSchema, check_rows
from gpunn.training.data import spaced


def host_theta(estimator: Classifier) -> np.ndarray:
    """All parameters (P,) of a fitted `MLPClassifier`."""
    return np.asarray(on_host(estimator.theta_))


def encoded(estimator: Classifier, X: Any) -> Any:
    """Rows as the network takes them, (n, d); an index array of them gives an ndarray, of sparse ones too."""
    return check_rows(InputSchema.of(estimator), get_device("cpu"), on_host(X), str(host_theta(estimator).dtype))


def sample(estimator: Classifier, X: Any, max_rows: int, y: Any = None) -> tuple[np.ndarray, Any]:
    """At most max_rows of the rows, evenly spaced, and their targets (m, k) if there is a y."""
    X = encoded(estimator, X)
    index = spaced(X.shape[0], max_rows)
    rows = X[index].astype(host_theta(estimator).dtype, copy=False)
    if y is None:
        return rows, None
    labels = check_labels(X, y)[index]
    return rows, estimator._labels.targets(labels, estimator.network_.sizes[-1], rows.dtype)
