"""Predictions of a model for new rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gpunn.compile import policy
from gpunn.config.constraints import check_threshold
from gpunn.devices import Device, device_for, is_cupy
from gpunn.devices.memory import explained
from gpunn.model.lazy import by_partitions
from gpunn.model.model import Model
from gpunn.model.origin import Origin, dispatches, on_host
from gpunn.model.validation import check_rows
from gpunn.nn import probabilities as of_outputs
from gpunn.nn.heads import Head
from gpunn.nn.network import Network, by_columns
from gpunn.sklearn_compat import check_same_namespace
from gpunn.training.data import block_rows, by_chunks
from gpunn.typing import Array, Namespace


@by_partitions
def predict_proba(model: Model, X: Any) -> Array:
    """Probabilities (n, n_classes) as `gpunn.MLPClassifier.predict_proba` gives them."""
    return _of_classes(model, X, "predict_proba", of_outputs.probabilities, 1.0)


@by_partitions
def predict_log_proba(model: Model, X: Any) -> Array:
    """Their logarithms as `gpunn.MLPClassifier.predict_log_proba` gives them."""
    return _of_classes(model, X, "predict_log_proba", of_outputs.log_probabilities, 0.0)


def predict_member_proba(model: Model, X: Any) -> Array:
    """Probabilities (m, n, n_classes) as `gpunn.MLPClassifier.predict_member_proba` gives them."""
    if not model.has_members:
        return predict_proba(model, X)[None, ...]
    return _of_classes(model, X, "predict_member_proba", of_outputs.probabilities, 1.0, averaged=False)


@by_partitions
def predict(model: Model, X: Any) -> Array:
    """Classes (n,) or (n, c) as `gpunn.MLPClassifier.predict` gives them."""
    head, labels, threshold, origin = model.head, model.labels, model.threshold, Origin.of(X)
    classes, multilabel = labels.classes, labels.multilabel
    check_threshold(threshold, len(classes), multilabel)

    def scores(xp: Namespace, z: Array) -> Array:
        if model.has_members:
            return of_outputs.mean_decisions(xp, head, z, multilabel, threshold)
        return of_outputs.decisions(xp, head, z, multilabel, threshold)

    device, found = _of_layer(model, X, origin, "predict", scores)
    with device.use(), explained(device.name):
        codes = labels.codes(device.xp, found)
        if not multilabel and classes.dtype.kind not in "biuf":
            return classes[device.to_host(codes)]
        return origin.give(device, codes if multilabel else device.asarray(classes)[codes])


@by_partitions
def decision_function(model: Model, X: Any) -> Array:
    """Scores as `gpunn.MLPClassifier.decision_function` gives them."""
    n_classes = len(model.labels.classes)

    def scores(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
        if model.has_members:
            return of_outputs.mean_scores(xp, head, z, multilabel)
        found = head.decision(xp, z)
        two = not multilabel and n_classes == 2
        return found[:, 1:] - found[:, :1] if two and found.shape[1] == 2 else found

    found = _of_logits(model, X, "decision_function", scores)
    return found[:, 0] if not model.labels.multilabel and n_classes <= 2 else found


def hidden_activations(model: Model, X: Any, layer: int) -> Array:
    """Activations (n, n_units) as `gpunn.MLPClassifier.hidden_activations` gives them."""
    number, origin = hidden_number(model.network, layer) + 1, Origin.of(X)
    return origin.give(*_of_layer(model, X, origin, "hidden_activations", lambda xp, h: h, number))


def hidden_number(network: Network, layer: int) -> int:
    """The number of a hidden layer, counted from 0, which ``layer`` may count from -1 downwards."""
    n_hidden = len(network.layers) - 1
    if layer not in range(-n_hidden, n_hidden):
        raise ValueError(f"layer={layer!r} is not allowed; the network has {n_hidden} hidden layers, 0 the first.")
    return layer % n_hidden


def _of_classes(
    model: Model, X: Any, method: str, function: Callable[..., Array], certain: float, averaged: bool = True
) -> Array:
    """`_of_logits` for probabilities or their logarithms; where there is but one class it is ``certain``.

    Probabilities of members are averaged, or returned for each member, (m, n, n_classes).
    """

    def constant(xp: Namespace, head: Head, z: Array, multilabel: bool) -> Array:
        return xp.full_like(z[..., :1], certain)

    if len(model.labels.classes) == 1:
        function = constant
    if model.has_members and averaged:
        function = {
            of_outputs.probabilities: of_outputs.mean_probabilities,
            of_outputs.log_probabilities: of_outputs.log_mean_probabilities,
        }.get(function, lambda *given: constant(*given)[0, ...])
    return _of_logits(model, X, method, function)


def _of_logits(model: Model, X: Any, method: str, function: Callable[..., Array]) -> Array:
    """A function of namespace, head, logits and ``multilabel``, in the library of X.

    In float64, so that the probabilities of a row sum to 1 as closely as with scikit-learn, but for a float32 X, and
    where the device of X has no float64. Then it is in the dtype of theta.
    """
    head, multilabel, origin = model.head, model.labels.multilabel, Origin.of(X)
    given = head if function is of_outputs.probabilities else None
    return origin.give(
        *_of_layer(model, X, origin, method, lambda xp, z: function(xp, head, z, multilabel), probabilities_of=given)
    )


def _of_layer(
    model: Model,
    X: Any,
    origin: Origin,
    method: str,
    function: Callable[[Any, Array], Array],
    layer: int | None = None,
    probabilities_of: Head | None = None,
) -> tuple[Device, Array]:
    """The device, and what a function makes of the activations of a layer, counted from 1, or of the logits.

    ``probabilities_of`` is the head where the function gives its probabilities, which may be compiled too.
    """
    network, theta = model.network, model.theta
    if dispatches():
        check_same_namespace(X, model.schema.as_estimator(theta_=theta), attribute="theta_", method=method)
    device = device_for(model.device, X)
    with explained(device.name):
        theta = device.asarray(theta if is_cupy(theta) else on_host(theta))
        X = check_rows(model.schema, device, X, theta.dtype)
    if theta.shape[-1] != network.n_parameters:
        raise ValueError(
            f"theta_ has shape {theta.shape}, but the network has {network.n_parameters} parameters. Give an array of "
            "this length, in the layout of coefs_ and intercepts_, or fit again."
        )
    is_single = X.dtype == "float32" and model.schema.features is None  # a frame's matrix has the dtype of theta
    dtype = theta.dtype if layer is not None or is_single or not origin.has_float64() else device.xp.float64
    layer = len(network.layers) if layer is None else layer
    has_column_each = network.sizes[-1] > 1 or model.labels.multilabel
    head = probabilities_of if dtype == theta.dtype and has_column_each else None
    compiled, head = _compiled(model, device, theta, head)

    def of_rows(xp: Namespace, rows: Array) -> Array:
        if compiled is None:
            h = network.hidden(xp, theta, rows, layer, block_rows(device, network))
        elif head is not None or layer < len(network.layers):  # they are what is asked for
            return compiled(theta, rows, layer)
        else:
            h = _as_one_of_several(xp, compiled(theta, rows, layer))
        return function(xp, h if h.dtype == dtype else xp.astype(h, dtype))[..., : rows.shape[0], :]

    with device.use(), explained(device.name):
        return device, by_chunks(device, network, theta, X, of_rows)


def _compiled(model: Model, device: Device, theta: Array, head: Head | None) -> tuple[Any, Head | None]:
    """The compiled prediction where the model has one, and the head that it includes.

    The prediction is None for arrays.
    """
    if model.compiled:
        compiler = policy.compiler(device)
        for of in (None,) if head is None else (head, None):  # where the head cannot be compiled, layers still can
            found = compiler.prediction(model.network, theta.dtype, of, not model.labels.multilabel)[0]
            if found is not None:
                return found, of
    return None, head


def _as_one_of_several(xp: Namespace, h: Array) -> Array:
    """h (..., n, k) by columns, a single row twice: the sum over the row of an array of one row rounds otherwise."""
    if h.shape[-1] == 1:
        return h
    return by_columns(xp, xp.concat([h, h], axis=-2) if h.shape[-2] == 1 else h)
