"""What a fitted estimator makes of new rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from gpunn import choices
from gpunn.compile import policy
from gpunn.devices import Device, is_cupy
from gpunn.inputs import Origin, check_rows, device_for, labels_on_host, on_host
from gpunn.nn.heads import Head
from gpunn.nn.network import Network, by_columns
from gpunn.nn.probabilities import decisions, probabilities
from gpunn.sklearn_compat import check_same_namespace
from gpunn.training.data import block_rows, by_chunks

Array = Any


def of_logits(clf: Any, X: Any, method: str, function: Callable[..., Array]) -> Array:
    """A function of namespace, head, logits and ``multilabel``, in the library of X.

    In float64, so that the probabilities of a row sum to 1 as closely as with scikit-learn, but for a float32 X, and
    where the device of X has no float64. Then it is in the dtype of theta.
    """
    _check_fitted(clf)
    head, multilabel, origin = clf.head_, clf._labels.multilabel, Origin.of(X)
    given = head if function is probabilities else None
    return origin.give(
        *_of_layer(clf, X, origin, method, lambda xp, z: function(xp, head, z, multilabel), probabilities_of=given)
    )


def of_classes(clf: Any, X: Any, method: str, function: Callable[..., Array], certain: float) -> Array:
    """`of_logits` for probabilities or their logarithms; where there is but one class it is ``certain``."""
    if hasattr(clf, "classes_") and len(clf.classes_) == 1:
        return of_logits(clf, X, method, lambda xp, head, z, multilabel: xp.full_like(z[:, :1], certain))
    return of_logits(clf, X, method, function)


def predict(clf: Any, X: Any) -> Array:
    """What `gpunn.MLPClassifier.predict` does."""
    _check_fitted(clf)
    head, labels, threshold, origin = clf.head_, clf._labels, clf.threshold, Origin.of(X)
    choices.check_threshold(threshold, len(clf.classes_), labels.multilabel)

    def scores(xp: Any, z: Array) -> Array:
        return decisions(xp, head, z, labels.multilabel, threshold)

    device, found = _of_layer(clf, X, origin, "predict", scores)
    with device.use():
        codes = labels.codes(device.xp, found)
        if not labels.multilabel and clf.classes_.dtype.kind not in "biuf":
            return clf.classes_[device.to_host(codes)]
        return origin.give(device, codes if labels.multilabel else device.asarray(clf.classes_)[codes])


def score(clf: Any, X: Any, y: Any, sample_weight: Any) -> float:
    """Accuracy, as `gpunn.MLPClassifier.score` has it."""
    return float(accuracy_score(labels_on_host(y), on_host(predict(clf, X)), sample_weight=on_host(sample_weight)))


def decision_function(clf: Any, X: Any) -> Array:
    """What `gpunn.MLPClassifier.decision_function` does."""

    def scores(xp: Any, head: Any, z: Array, multilabel: bool) -> Array:
        found = head.decision(xp, z)
        two = not multilabel and len(clf.classes_) == 2
        return found[:, 1:] - found[:, :1] if two and found.shape[1] == 2 else found

    found = of_logits(clf, X, "decision_function", scores)
    return found[:, 0] if not clf._labels.multilabel and len(clf.classes_) <= 2 else found


def hidden_activations(clf: Any, X: Any, layer: int) -> Array:
    """What `gpunn.MLPClassifier.hidden_activations` does."""
    _check_fitted(clf)
    number, origin = hidden_number(clf.network_, layer) + 1, Origin.of(X)
    return origin.give(*_of_layer(clf, X, origin, "hidden_activations", lambda xp, h: h, number))


def hidden_number(network: Network, layer: int) -> int:
    """The number of a hidden layer, counted from 0, which ``layer`` may count from -1 downwards."""
    n_hidden = len(network.layers) - 1
    if layer not in range(-n_hidden, n_hidden):
        raise ValueError(f"layer={layer!r} is not allowed; the network has {n_hidden} hidden layers, 0 the first.")
    return layer % n_hidden


def _check_fitted(clf: Any) -> None:
    """scikit-learn's check, which looks through all attributes, where the network is not there."""
    if "network_" not in vars(clf):
        check_is_fitted(clf)


def _of_layer(
    clf: Any,
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
    check_same_namespace(X, clf, attribute="theta_", method=method)
    device = device_for(clf.device, X)
    theta = device.asarray(clf.theta_ if is_cupy(clf.theta_) else on_host(clf.theta_))
    X = check_rows(clf, device, X, reset=False, dtype=theta.dtype)
    network = clf.network_
    if theta.shape[-1] != network.n_parameters:
        raise ValueError(
            f"theta_ has shape {theta.shape}, but the network has {network.n_parameters} parameters. Give an array of "
            "this length, in the layout of coefs_ and intercepts_, or fit again."
        )
    is_single = X.dtype == "float32" and "features_" not in vars(clf)  # a frame's matrix has the dtype of theta
    dtype = theta.dtype if layer is not None or is_single or not origin.has_float64() else device.xp.float64
    layer = len(network.layers) if layer is None else layer
    has_column_each = network.sizes[-1] > 1 or clf._labels.multilabel
    head = probabilities_of if dtype == theta.dtype and has_column_each else None
    compiled, head = _compiled(clf, device, theta, head)

    def of_rows(xp: Any, rows: Array) -> Array:
        if compiled is None:
            h = network.hidden(xp, theta, rows, layer, block_rows(device, network))
        elif head is not None:
            return compiled(theta, rows, layer)
        else:
            h = _as_one_of_several(xp, compiled(theta, rows, layer))
        return function(xp, h if h.dtype == dtype else xp.astype(h, dtype))[..., : rows.shape[0], :]

    with device.use():
        return device, by_chunks(device, network, theta, X, of_rows)


def _compiled(clf: Any, device: Device, theta: Array, head: Head | None) -> tuple[Any, Head | None]:
    """The compiled prediction where the training was compiled or the user asked for it, and the head that it includes.

    The prediction is None for arrays.
    """
    if clf.compile is True or (clf.compile == "auto" and clf.history_.path == "compiled"):
        compiler = policy.compiler(device)
        for of in (None,) if head is None else (head, None):  # where the head cannot be compiled, layers still can
            found = compiler.prediction(clf.network_, theta.dtype, of, not clf._labels.multilabel)[0]
            if found is not None:
                return found, of
    return None, head


def _as_one_of_several(xp: Any, h: Array) -> Array:
    """h (..., n, k) by columns, a single row twice: the sum over the row of an array of one row rounds otherwise."""
    if h.shape[-1] == 1:
        return h
    return by_columns(xp, xp.concat([h, h], axis=-2) if h.shape[-2] == 1 else h)
