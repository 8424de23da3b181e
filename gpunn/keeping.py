"""A fitted estimator to a model file, and back."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn import blueprint, choices, manifest, models
from gpunn.devices import get_device
from gpunn.inputs import on_host
from gpunn.labels import Labels
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.nn.probabilities import probabilities
from gpunn.outcome import set_fitted_attributes
from gpunn.training.history import History

LARGE = 1000.0  # numbers that a row may hold


def save(clf: Any, path: str | os.PathLike[str]) -> None:
    """What `gpunn.MLPClassifier.save` does."""
    check_is_fitted(clf)
    if len(clf.classes_) < 2:
        raise ValueError(f"the model knows only one class, {clf.classes_.tolist()}: there is nothing to keep.")
    described = manifest.to_dict(clf, clf.network_.sizes[0], len(clf.classes_))
    theta = on_host(clf.theta_)
    _check_answers(clf.network_, clf.head_, theta, clf._labels)
    features, names = getattr(clf, "features_", None), getattr(clf, "feature_names_in_", None)
    models.write(
        path,
        models.ModelFile(
            manifest=described,
            labels=clf._labels,
            tensors=models.tensors_of(clf.network_, theta),
            features=None if features is None else features.to_dict(),
            target=getattr(clf, "target_", None),
            names=None if names is None else list(names),
            history=clf.history_.to_dict(),
        ),
    )


def to_onnx(clf: Any, path: str | os.PathLike[str], input_dtype: str | None) -> None:
    """What `gpunn.MLPClassifier.to_onnx` does."""
    from gpunn.models import onnx_export  # needs onnx, which all else does without

    check_is_fitted(clf)
    onnx_export.write(clf, path, input_dtype)


def to_numpy(clf: Any, path: str | os.PathLike[str]) -> None:
    """What `gpunn.MLPClassifier.to_numpy` does."""
    from gpunn.models import numpy_export  # most programs write no such file

    check_is_fitted(clf)
    numpy_export.write(clf, path)


def load(path: str | os.PathLike[str], device: str | None, kind: Any) -> Any:
    """What `gpunn.load` does; ``kind`` is the class of the estimator."""
    get_device(device or "cpu")  # first of all: an error in its name is not the file's
    saved = models.read(path)
    with models.sound(path):
        described = manifest.from_dict(saved.manifest)
        if described.n_inputs is None:
            raise ValueError("the manifest does not name the size of the input.")
        described.check_sizes(described.n_inputs, len(saved.labels.classes))
        clf = kind(**{**described.parameters, "device": device})
        saved.check_layers(len(choices.hidden_layers(clf.hidden_layer_sizes, clf.activation)[0]) + 1)
        objective = blueprint.objective(clf, described.n_inputs, saved.labels)
        theta = saved.theta(objective.network)
        history = History.from_dict(saved.history)
        features = None if saved.features is None else _features(saved.features)
        if features is not None and features.n_out != described.n_inputs:
            raise ValueError(f"its columns give {features.n_out} inputs, and its network takes {described.n_inputs}.")
        if features is not None and saved.names not in (None, [*features.names_in]):
            raise ValueError("the names of its features are not those of its columns.")
        _check_answers(objective.network, objective.head, theta, saved.labels)
    clf.n_features_in_ = described.n_inputs if features is None else features.n_in
    if saved.names is not None:
        clf.feature_names_in_ = np.asarray(saved.names, dtype=object)
    set_fitted_attributes(clf, saved.labels, objective, theta, history)
    clf.t_, clf._resume = 0, (clf.solver, 0, None)
    if features is not None:
        clf.features_ = features
    if saved.target is not None:
        clf.target_ = saved.target
    return clf


def _check_answers(network: Network, head: Head, theta: np.ndarray, labels: Labels) -> None:
    """ValueError for a network whose answers, to rows of numbers up to `LARGE`, may not be finite numbers."""
    activations = [head.activation, *(layer.activation for layer in network.layers)]
    slopes = [abs(x) for activation in activations for x in vars(activation).values()]
    largest = max(float(theta.max()), -float(theta.min()), *slopes)
    # No neuron of any layer may overflow, whether or not one of the rows below makes it work.
    good = largest * LARGE * max(network.sizes) < float(np.finfo(theta.dtype).max)
    if good:
        row = np.resize(np.array([LARGE, -LARGE], theta.dtype), network.sizes[0])
        with np.errstate(all="ignore"):  # found below
            z = network.logits(np, theta, np.stack([row, -row])).astype(np.float64)
            good = bool(np.isfinite(z).all() and np.isfinite(probabilities(np, head, z, labels.multilabel)).all())
    if not good:
        raise ValueError(
            f"its weights and slopes, up to {largest:.3g} in {theta.dtype}, overflow for rows of numbers up to "
            f"{LARGE:,.0f}: its answers would be NaN. Train with a lower learning rate, scaled inputs, or in float64."
        )


def _features(form: dict[str, Any]) -> Any:
    from gpunn.features import Features  # needs pyarrow, which a model on plain arrays does without

    return Features.from_dict(form)
