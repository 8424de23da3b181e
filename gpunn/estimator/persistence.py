"""A fitted estimator to a model file, and back."""

from __future__ import annotations

import os
from typing import Any, TypeVar

import numpy as np

from gpunn import io, manifest
from gpunn.config import build, registry
from gpunn.data.labels import Labels
from gpunn.devices import get_device
from gpunn.model.fitted import Classifier, changed_network, set_fitted_attributes, trained_model
from gpunn.model.origin import on_host
from gpunn.model.validation import InputSchema
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.nn.probabilities import probabilities
from gpunn.training.history import History

Fitted = TypeVar("Fitted", bound=Classifier)

LARGE = 1000.0  # numbers that a row may hold


def save(clf: Classifier, path: str | os.PathLike[str]) -> None:
    """Implementation of `gpunn.MLPClassifier.save`."""
    model = clf._model
    classes, features, names = model.labels.classes, model.schema.features, model.schema.names
    if len(classes) < 2:
        raise ValueError(f"the model knows only one class, {classes.tolist()}: there is nothing to keep.")
    n_members = model.theta.shape[0] if model.has_members else 1
    if clf.n_members != n_members:
        raise ValueError(
            f"n_members={clf.n_members} is not that of the model, which has {n_members}: the file could not be read. "
            f"Set n_members={n_members}, or fit again."
        )
    described = manifest.to_dict(clf, model.network.n_columns, len(classes))
    try:
        manifest.from_dict(described)  # as `load` will
    except ValueError as error:
        raise ValueError(f"{error} The file could not be read: set the parameter back, or fit again.") from None
    now = build.objective(clf, model.network.n_columns, clf._labels, model.schema.embeddings)
    changed = changed_network(now.network, clf)
    if not changed and now.head != model.head:
        changed = f"The parameters describe an output with {now.head}, but the weights were trained with {model.head}."
    if changed:
        raise ValueError(f"{changed} A file of both would be another model: set the parameters back, or fit again.")
    theta = on_host(model.theta)
    _check_answers(model.network, model.head, theta, model.labels)
    io.write(
        path,
        io.ModelFile(
            manifest=described,
            labels=model.labels,
            tensors=io.tensors_of(model.network, theta),
            features=None if features is None else features.to_dict(),
            target=getattr(clf, "target_", None),
            names=None if names is None else list(names),
            history=clf.history_.to_dict(),
        ),
    )


def to_onnx(clf: Classifier, path: str | os.PathLike[str], input_dtype: str | None) -> None:
    """Implementation of `gpunn.MLPClassifier.to_onnx`."""
    from gpunn.io import onnx_export  # needs onnx, which all else does without

    onnx_export.write(clf._model, path, input_dtype)


def to_numpy(clf: Classifier, path: str | os.PathLike[str]) -> None:
    """Implementation of `gpunn.MLPClassifier.to_numpy`."""
    from gpunn.io import numpy_export  # most programs write no such file

    numpy_export.write(clf._model, path)


def load(path: str | os.PathLike[str], device: str | None, kind: type[Fitted]) -> Fitted:
    """Implementation of `gpunn.load`; ``kind`` is the class of the estimator."""
    get_device(device or "cpu")  # first of all: an error in its name is not the file's
    saved = io.read(path)
    with io.sound(path):
        described = manifest.from_dict(saved.manifest)
        if described.n_inputs is None:
            raise ValueError("the manifest does not name the size of the input.")
        described.check_sizes(described.n_inputs, len(saved.labels.classes))
        clf = kind(**{**described.parameters, "device": device})
        saved.check_layers(len(registry.hidden_layers(clf.hidden_layer_sizes, clf.activation)[0]) + 1)
        features = None if saved.features is None else _features(saved.features)
        if features is not None and features.n_out != described.n_inputs:
            raise ValueError(f"its columns give {features.n_out} inputs, and its network takes {described.n_inputs}.")
        if features is not None and saved.names not in (None, [*features.names_in]):
            raise ValueError("the names of its features are not those of its columns.")
        names = None if saved.names is None else np.asarray(saved.names, dtype=object)
        n_in = described.n_inputs if features is None else features.n_in
        schema = InputSchema(n_in, names, features, kind.__name__)
        objective = build.objective(clf, described.n_inputs, saved.labels, schema.embeddings)
        theta = saved.theta(objective.network, clf.n_members)
        history = History.from_dict(saved.history)
        _check_answers(objective.network, objective.head, theta, saved.labels)
    set_fitted_attributes(clf, trained_model(clf, objective, saved.labels, theta, history, schema), history)
    clf.t_, clf._resume = 0, (clf.solver, 0, None)
    if saved.target is not None:
        clf.target_ = saved.target
    return clf


def _check_answers(network: Network, head: Head, theta: np.ndarray, labels: Labels) -> None:
    """ValueError for a network whose answers, to rows of numbers up to `LARGE`, may not be finite numbers.

    Of an embedded column the rows have the category whose embedding is largest.
    """
    activations = [head.activation, *(layer.activation.without_norm for layer in network.layers)]
    slopes = [abs(x) for activation in activations for x in vars(activation).values()]
    largest = max(float(theta.max()), -float(theta.min()), *slopes)
    # No neuron of any layer may overflow, whether or not one of the rows below makes it work.
    largest_input = max(LARGE, largest) if network.embeddings else LARGE
    good = largest * largest_input * max(network.sizes) < float(np.finfo(theta.dtype).max)
    if good:
        row = np.resize(np.array([LARGE, -LARGE], theta.dtype), network.n_columns)
        rows = np.stack([row, -row])
        for embedding, table in zip(network.embeddings, network.tables, strict=True):
            size = np.abs(table.of(np, theta)).max(axis=-1)
            rows[:, embedding.column] = size.reshape(-1, embedding.n_categories).max(axis=0).argmax() + 1
        with np.errstate(all="ignore"):  # found below
            z = network.logits(np, theta, rows).astype(np.float64)
            good = bool(np.isfinite(z).all() and np.isfinite(probabilities(np, head, z, labels.multilabel)).all())
    if not good:
        raise ValueError(
            f"its parameters, up to {largest:.3g} in {theta.dtype}, overflow for rows of numbers up to "
            f"{LARGE:,.0f}: its answers would be NaN. Train with a lower learning rate, scaled inputs, or in float64."
        )


def _features(form: dict[str, Any]) -> Any:
    from gpunn.features import Features  # needs pyarrow, which a model on plain arrays does without

    return Features.from_dict(form)
