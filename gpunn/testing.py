"""Checks for formulas of one's own: of their gradients, and of what is compiled from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gpunn.config import build, registry
from gpunn.config.checks import check_parameters
from gpunn.data.labels import Labels
from gpunn.devices import get_device
from gpunn.model.fitted import Classifier
from gpunn.model.training_data import check_labels, column_settings, theta_dtype
from gpunn.model.validation import InputSchema, matrix
from gpunn.nn.activations import Activation, Sigmoid, Tanh
from gpunn.nn.costs import Cost
from gpunn.nn.heads import Head, SoftmaxLogLikelihood, pair
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, FirstOrder
from gpunn.optim.schedules import Constant
from gpunn.training.data import Rows
from gpunn.training.divergence import check_start
from gpunn.training.minibatch import Minibatch
from gpunn.typing import Array

STEP = 6e-6  # the cube root of float64's rounding: there truncation and rounding of the difference are about equal
CHECKED = 200  # directions at most


class GradientError(AssertionError):
    """A gradient is not that of its function."""


def check_gradients(thing: Any, X: Any = None, y: Any = None, *, tol: float = 1e-6) -> float:
    """Hold gradients against central differences, in float64 on the CPU.

    Parameters
    ----------
    thing : Activation, Cost, Head or MLPClassifier
        An activation's ``backward``, a cost's ``derivative``, a head's ``delta``, or the gradient of the whole
        network that an estimator describes, fitted or not, with all that it learns and its penalties.
    X, y : array-like (n, d) and (n,)
        For an estimator: rows and labels. A few rows are enough.
    tol : float, default=1e-6
        Largest difference that is allowed, relative to the largest component of the gradient.

    Returns
    -------
    float
        The largest difference found, relative like ``tol``.

    Raises
    ------
    GradientError
        If a difference is greater, or not a number; the message says where.
    TypeError
        If ``thing`` is something else.
    """
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        if isinstance(thing, Activation):
            return _activation(thing, rng, tol)
        if isinstance(thing, Cost):
            a, T = rng.uniform(0.05, 0.95, (7, 4)), np.eye(4)[rng.integers(4, size=7)]
            return _compare("derivative", lambda a: np.sum(thing.value(np, a, T)), a, thing.derivative(np, a, T), tol)
        if isinstance(thing, Head):
            z, T = 2 * rng.standard_normal((7, 4)), np.eye(4)[rng.integers(4, size=7)]
            return _compare("delta", lambda z: np.sum(thing.cost(np, z, T)), z, thing.delta(np, z, T), tol)
        if isinstance(thing, Classifier):
            if X is None or y is None:
                raise TypeError("X and y must be given with an estimator: some rows and their labels.")
            return _estimator(thing, X, y, tol)
    raise TypeError(f"thing={thing!r} is not allowed; give an Activation, a Cost, a Head or an MLPClassifier.")


def check_compiled(thing: Any, X: Any = None, y: Any = None) -> str:
    """Tell whether a formula is compiled on the CPU in long trainings, and gives there what it gives with arrays.

    Parameters
    ----------
    thing : Activation, Cost, Head, FirstOrder or MLPClassifier
        A cost is joined with a sigmoid. An estimator is tried as it is trained, with its solver, penalties and dropout.
    X, y : array-like (n, d) and (n,)
        For an estimator: rows and labels. A few rows are enough.

    Returns
    -------
    str
        "compiled", or "arrays" and the reason, as ``history_.path`` says after a training. What is compiled
        was held against the formulas in two steps of training: costs, gradients, the method's state and the weights.

    Raises
    ------
    TypeError
        If ``thing`` is something else.
    ValueError
        If the cost of an estimator's initial weights is not finite on X.
    """
    device = get_device("cpu")
    if isinstance(thing, Classifier):
        if X is None or y is None:
            raise TypeError("X and y must be given with an estimator: some rows and their labels.")
        return _compiled_estimator(thing, X, y)
    if not isinstance(thing, (Activation, Cost, Head, FirstOrder)):
        raise TypeError(
            f"thing={thing!r} is not allowed; give an Activation, a Cost, a Head, a FirstOrder method or an "
            "MLPClassifier."
        )
    hidden = thing if isinstance(thing, Activation) else Tanh()
    head = pair(Sigmoid(), thing) if isinstance(thing, Cost) else thing if isinstance(thing, Head) else None
    method = thing if isinstance(thing, FirstOrder) else Adam()
    rng = np.random.default_rng(0)
    objective = Objective(Network((5, 4, 3), (hidden,)), head or SoftmaxLogLikelihood())
    theta = objective.network.initial(np, rng, glorot_uniform, gaussian_bias)
    rows = Rows(rng.standard_normal((22, 5)), np.eye(3)[rng.integers(3, size=22)])
    loop = Minibatch(method, Constant(0.01), 11, 1, seed=0, compiled=True)
    with device.use():
        return loop.program(device, objective, loop.start(device, theta), rows)[1]


def _compiled_estimator(clf: Classifier, X: Any, y: Any) -> str:
    check_parameters(clf)
    device, dtype = get_device("cpu"), "float64" if clf.dtype == "float64" else "float32"
    learner = type(clf)(**clf.get_params())
    X = matrix(learner, device, X, dtype, learn=column_settings(learner))
    y = check_labels(X, y)
    labels = Labels.learn(y)
    objective = build.objective(clf, X.shape[1], labels, InputSchema.of(learner).embeddings)
    dtype = theta_dtype(clf, X)
    rows = Rows(X, labels.targets(y, objective.network.sizes[-1], dtype), exclusive=not labels.multilabel)
    theta = build.initial_theta(clf, objective.network, 0, device, dtype)
    check_start(device, objective, rows, theta)
    with device.use():
        if registry.is_full_batch(clf.solver):
            iterations = replace(build.full_batch(clf, device), compiled=True)
            return iterations.function(device, objective, theta, rows.together(device.xp))[2]
        epochs = replace(build.minibatch(clf, objective.network, len(rows), 0), compiled=True)
        return epochs.program(device, objective, epochs.start(device, theta), rows)[1]


def _activation(activation: Activation, rng: Any, tol: float) -> float:
    z, dh = 2 * rng.standard_normal((7, 4)), rng.standard_normal((7, 4))
    learned = {name: rng.standard_normal(shape) for name, shape in activation.shapes(4).items()}
    h = activation.forward(np, z, **learned)
    dz, dlearned = activation.backward(np, z, h, dh, **learned)
    found = [_compare("backward", lambda z: np.sum(dh * activation.forward(np, z, **learned)), z, dz, tol)]
    for name, value in learned.items():

        def of_learned(value: Array, name: str = name) -> Any:
            return np.sum(dh * activation.forward(np, z, **{**learned, name: value}))

        found.append(_compare(f"backward, {name}", of_learned, value, dlearned[name], tol))
    return max(found)


def _estimator(clf: Classifier, X: Any, y: Any, tol: float) -> float:
    """The gradient at the weights of a fitted estimator, else at those it would start from."""
    check_parameters(clf)
    device = get_device("cpu")
    probe = type(clf)(**clf.get_params())  # the estimator stays as it is
    rows = matrix(probe, device, X, "float64", learn=column_settings(probe))
    labels = Labels.learn(check_labels(rows, y))
    objective = build.objective(clf, rows.shape[1], labels, InputSchema.of(probe).embeddings)
    network = objective.network
    T = labels.targets(y, network.sizes[-1], "float64")
    X = rows[:, :].astype("float64")
    fitted = getattr(clf, "network_", None) == network
    theta = device.asarray(clf.theta_, "float64") if fitted else build.initial_theta(clf, network, 0, device, "float64")
    # Biases start from 0, where a rectifier has a kink for a row of zeros.
    theta = np.array(theta) if fitted else theta + 0.01 * np.random.default_rng(0).standard_normal(theta.shape)
    g = objective.value_and_gradient(np, theta, X, T)[1]
    return _compare("gradient by theta", lambda theta: objective.value(np, theta, X, T), theta, g, tol)


def _compare(what: str, function: Callable[[Array], Any], x: Array, g: Array, tol: float) -> float:
    """The largest difference of g from central differences of the function at x, relative to the largest of g."""
    if np.shape(g) != x.shape:
        raise GradientError(f"{what}: the shape is {np.shape(g)}; that of what it is taken by is {x.shape}.")
    scale = max(float(np.max(np.abs(g))), 1e-8)
    at = np.random.default_rng(1).permutation(x.size)[:CHECKED]
    worst = 0.0
    for i in at.tolist():
        move = np.zeros(x.size)
        move[i] = STEP * max(1.0, abs(x.flat[i]))
        move = move.reshape(x.shape)
        difference = (function(x + move) - function(x - move)) / (2 * move.flat[i])
        error = abs(float(difference) - float(g.flat[i])) / scale
        if not error <= tol:
            place = tuple(int(k) for k in np.unravel_index(i, x.shape))
            raise GradientError(
                f"{what}, component {place}: it is {float(g.flat[i]):.9g}, and the central difference "
                f"{float(difference):.9g}; relative to the largest component they differ by {error:.2g}, and "
                f"{tol:g} is allowed."
            )
        worst = max(worst, error)
    return worst
