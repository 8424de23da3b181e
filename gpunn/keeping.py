"""A fitted estimator to a model file, and back."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn import blueprint, manifest, models
from gpunn.devices import get_device
from gpunn.inputs import on_host
from gpunn.outcome import put_down
from gpunn.training.history import History


def save(clf: Any, path: str | os.PathLike[str]) -> None:
    """What `gpunn.MLPClassifier.save` does."""
    check_is_fitted(clf)
    if len(clf.classes_) < 2:
        raise ValueError(f"the model knows only one class, {clf.classes_.tolist()}: there is nothing to keep.")
    features, names = getattr(clf, "features_", None), getattr(clf, "feature_names_in_", None)
    models.write(
        path,
        models.ModelFile(
            manifest=manifest.to_dict(clf, clf.network_.sizes[0], len(clf.classes_)),
            labels=clf._labels,
            tensors=models.tensors_of(clf.network_, on_host(clf.theta_)),
            features=None if features is None else features.to_dict(),
            target=getattr(clf, "target_", None),
            names=None if names is None else list(names),
            history=clf.history_.to_dict(),
        ),
    )


def to_onnx(clf: Any, path: str | os.PathLike[str]) -> None:
    """What `gpunn.MLPClassifier.to_onnx` does."""
    from gpunn.models import onnx_export  # needs onnx, which all else does without

    check_is_fitted(clf)
    onnx_export.write(clf, path)


def load(path: str | os.PathLike[str], device: str | None, kind: Any) -> Any:
    """What `gpunn.load` does; ``kind`` is the class of the estimator."""
    get_device(device or "cpu")  # first of all: an error in its name is not the file's
    saved = models.read(path)
    try:
        described = manifest.from_dict(saved.manifest)
        if described.n_inputs is None:
            raise ValueError("the manifest does not name the size of the input.")
        described.check_sizes(described.n_inputs, len(saved.labels.classes))
        clf = kind(**{**described.parameters, "device": device})
        objective = blueprint.objective(clf, described.n_inputs, saved.labels)
        theta = saved.theta(objective.network)
        history = History.from_dict(saved.history)
        features = None if saved.features is None else _features(saved.features)
        if features is not None and features.n_out != described.n_inputs:
            raise ValueError(f"its columns give {features.n_out} inputs, and its network takes {described.n_inputs}.")
    except ValueError as error:
        raise ValueError(f"{path}: not a sound model file: {error}") from None
    clf.n_features_in_ = described.n_inputs if features is None else features.n_in
    if saved.names is not None:
        clf.feature_names_in_ = np.asarray(saved.names, dtype=object)
    put_down(clf, saved.labels, objective, theta, history)
    clf.t_, clf._resume = 0, (clf.solver, 0, None)
    if features is not None:
        clf.features_ = features
    if saved.target is not None:
        clf.target_ = saved.target
    return clf


def _features(form: dict[str, Any]) -> Any:
    from gpunn.features import Features  # needs pyarrow, which a model on plain arrays does without

    return Features.from_dict(form)
