"""The scikit-learn estimator: it validates, encodes, delegates, and keeps what was learned."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from gpunn import blueprint, choices, manifest, models, session
from gpunn.devices import Device, get_device, is_cupy
from gpunn.inputs import check_rows
from gpunn.nn.probabilities import log_probabilities, probabilities
from gpunn.parameters import Parameters
from gpunn.training.data import logits
from gpunn.training.history import History

Array = Any


class MLPClassifier(ClassifierMixin, BaseEstimator, Parameters):
    """A feedforward neural-network classifier, on the CPU or a CUDA GPU.

    Parameters that scikit-learn's MLPClassifier has too have its names and defaults.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Neurons of each hidden layer; ``()`` for none.
    activation : str, Activation or a list of one for each hidden layer, default="relu"
        "identity", "sigmoid" (or "logistic"), "tanh", "softmax", "relu", "leaky_relu", "prelu", "elu", "selu",
        "gelu", "silu", "softplus", or an object of `gpunn.nn.activations`.
    solver : {"adam", "adamw", "sgd", "gd", "lbfgs", "bfgs", "cg"}, default="adam"
        The first three take minibatches, the others all rows at once; the last three search along a line for
        each step and need no learning rate.
    alpha, l1 : float, default=1e-4 and 0
        L2 and L1 penalties on the weights, divided by the number of rows (or the sum of their weights).
    batch_size : int or "auto", default="auto"
        Rows a step; "auto" is min(200, n). Only for minibatches.
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"}, default="constant"
        How ``learning_rate_init`` changes over time. "adaptive" divides it by 5 at each plateau, "cosine" lets it
        fall to 0 over ``max_iter`` epochs.
    learning_rate_init : float, default=1e-3
    power_t : float, default=0.5
        Exponent of "invscaling".
    max_iter : int, default=200
        Epochs, or iterations of "lbfgs", "bfgs" and "cg".
    shuffle : bool, default=True
        Shuffle the rows before each epoch.
    random_state : int, RandomState or None, default=None
        Where all random numbers start: weights, order of rows, validation split, dropout.
    tol : float, default=1e-4
        Smallest improvement that counts; for "lbfgs", "bfgs" and "cg" the gradient at which to stop.
    verbose : bool, default=False
        Print a line after every epoch or iteration.
    warm_start : bool, default=False
        Let ``fit`` begin from the weights of the last fit.
    momentum, nesterovs_momentum : float and bool, default=0.9 and True
        Of "sgd".
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the rows (stratified), stop when their accuracy does not improve for
        more than ``n_iter_no_change`` epochs, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
    beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
        Of "adam" and "adamw".
    n_iter_no_change : int, default=10
    max_fun : int, default=15000
        Limit on evaluations of the cost by "lbfgs", "bfgs" and "cg".
    device : {"cpu", "cuda", "cuda:N", "auto"}, default="cpu"
        Where to compute; see `gpunn.get_device`. May be changed after fitting.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Of the weights and the arithmetic; "auto" takes float64 for a float64 X, as scikit-learn does, and float32
        for all others. float32 is about twice as fast.
    precision : {"float32", "tf32", "bf16"}, default="float32"
        Of the matrix products of minibatch training in float32, on CUDA only: "tf32" and "bf16" are faster and round
        what is multiplied to 10 and 7 binary digits after the point. Sums and updates are float32, and so are
        predictions.
    cost : {"log_likelihood", "cross_entropy", "quadratic"} or None, default=None
        None takes the one that fits the output activation.
    output_activation : str, Activation or None, default=None
        None takes the one that fits the cost; with neither given softmax, or for two classes and multilabel
        problems sigmoid. With the cross-entropy "tanh" is (1 + tanh z) / 2.
    weight_init : str or callable, default="glorot_uniform"
        "gaussian" (N(0, 1)), "scaled_gaussian" (N(0, 1 / n_in)), "glorot_uniform", "glorot_normal", "he_uniform",
        "he_normal", "lecun_normal", "orthogonal", "zeros", or a function like those of `gpunn.nn.initialisers`.
    bias_init : {"zeros", "ones", "gaussian"} or callable, default="zeros"
    dropout, input_dropout : float, default=0
        Share of hidden activations (or a list, one for each hidden layer) and of inputs to drop in training.
    weight_decay : float, default=0.01
        Of "adamw".
    max_norm : float or None, default=None
        Limit on the Euclidean norm of each neuron's incoming weights.
    clip_norm : float or None, default=None
        Limit on the Euclidean norm of the gradient.
    warmup : float, default=0
        Epochs over which the learning rate rises from 0.
    lbfgs_memory : int, default=10
        Steps that "lbfgs" remembers.
    cg_beta : {"polak_ribiere", "fletcher_reeves", "hestenes_stiefel"}, default="polak_ribiere"
        Formula of "cg".
    callback : callable or None, default=None
        Called with the `History` so far after every epoch or iteration; True ends training.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    coefs_, intercepts_ : list of ndarray (n_in, n_out) and (n_out,)
        Weights and biases of each layer: views of ``theta_``.
    theta_ : array (P,)
        All parameters, laid out by ``network_``; on the device they were trained on.
    network_, head_ : Network, Head
    history_ : History
        Costs, scores, rates, gradient norms and times of the last fit, and why it ended.
    loss_curve_, loss_, best_loss_ : list of float, float, float or None
        ``history_.cost``, its last entry, and its minimum (None with early stopping).
    validation_scores_, best_validation_score_ : list of float, float, or None without early stopping
    n_iter_, t_ : int
        Epochs or iterations of the last fit, and rows seen in all.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_
        As in scikit-learn.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows X with labels y.

        Parameters
        ----------
        X : array-like or CuPy array (n, d)
            Finite numbers of any real dtype, uint8 among them.
        y : array-like (n,), or (n, c) of 0 and 1 for multilabel problems
            Labels of any kind; at least two classes.
        sample_weight : array-like (n,), optional
            Not negative. A row of weight 2 counts like two rows.

        Returns
        -------
        MLPClassifier
            Itself.

        Raises
        ------
        ValueError
            If data or parameters do not fit; the estimator is then what it was before.
        DeviceUnavailableError
            If the device cannot be had.

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` ended training.
        DivergenceWarning
            If cost or weights stopped being finite: the best finite state was kept.
        """
        session.fit(self, X, y, sample_weight)
        return self

    @available_if(choices.takes_minibatches)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch on the given rows, going on where the last call ended.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like (n_classes,), optional
            All classes that will ever come. Needed in the first call, unless y is an indicator matrix.
        """
        session.partial_fit(self, X, y, sample_weight, classes)
        return self

    def predict(self, X: Any) -> Array:
        """Classes of rows X (n, d): (n,), or (n, c) of 0 and 1 for multilabel problems.

        For a CuPy X a CuPy array, except where the classes are no numbers.
        """
        device, z = self._logits(X)
        with device.use():
            scores = self.head_.decision(device.xp, z)
        found = self._labels.decode(device.to_host(scores))
        return device.asarray(found) if is_cupy(X) and found.dtype.kind in "biuf" else found

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, n_classes); the rows sum to 1, except in multilabel problems."""
        return self._like(X, *self._logits(X, probabilities))

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms (n, n_classes) of the probabilities, finite and accurate where those round to 0 or 1."""
        return self._like(X, *self._logits(X, log_probabilities))

    def decision_function(self, X: Any) -> Array:
        """Scores: (n,) for two classes, the second where positive; else (n, n_classes), the greatest wins."""
        device, scores = self._logits(X, lambda xp, head, z, multilabel: head.decision(xp, z))
        if not self._labels.multilabel and len(self.classes_) == 2:
            with device.use():
                scores = scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]
        return self._like(X, device, scores)

    @property
    def coefs_(self) -> list[Array]:
        return self._views("W")

    @property
    def intercepts_(self) -> list[Array]:
        return self._views("b")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, whole or not at all; `gpunn.load` reads it. Nothing in it can run.

        Raises
        ------
        ValueError
            If a parameter is an object without a name, or classes are neither numbers, bools nor text.
        """
        check_is_fitted(self)
        features, names = getattr(self, "features_", None), getattr(self, "feature_names_in_", None)
        theta = get_device("cpu").asarray(self.theta_)
        models.write(
            path,
            models.ModelFile(
                manifest=manifest.to_dict(self, self.n_features_in_, len(self.classes_)),
                labels=self._labels,
                tensors=models.tensors_of(self.network_, theta),
                features=None if features is None else features.to_dict(),
                target=getattr(self, "target_", None),
                names=None if names is None else list(names),
                history=self.history_.to_dict(),
            ),
        )

    def to_manifest(self) -> str:
        """The network and the parameters that differ from their defaults, as a manifest in YAML."""
        return manifest.to_yaml(self)

    @classmethod
    def from_manifest(cls, path: str | os.PathLike[str]) -> Self:
        """An estimator with the parameters of a manifest in YAML or TOML."""
        return cls(**manifest.read(path).parameters)

    def _logits(self, X: Any, then: Callable[..., Array] | None = None) -> tuple[Device, Array]:
        """The device, and what a function of namespace, head, logits and ``multilabel`` makes of the logits."""
        check_is_fitted(self)
        device = get_device(self.device)
        X = check_rows(self, device, X, reset=False)
        head, multilabel = self.head_, self._labels.multilabel
        made = None if then is None else lambda xp, z: then(xp, head, z, multilabel)
        with device.use():
            return device, logits(device, self.network_, device.asarray(self.theta_), X, made)

    def _like(self, X: Any, device: Device, found: Array) -> Array:
        """What was found, as a CuPy array if X is one."""
        return found if is_cupy(X) else device.to_host(found)

    def _views(self, name: str) -> list[Array]:
        if "theta_" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no weights before it is fitted.")
        parts = [getattr(layer, name) for layer in self.network_.layers]
        return [self.theta_[part.start : part.stop].reshape(part.shape) for part in parts]

    def __getstate__(self) -> dict[str, Any]:
        return session.on_host(super().__getstate__())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _features(form: dict[str, Any]) -> Any:
    from gpunn.features import Features  # needs pyarrow, which a model on plain arrays does without

    return Features.from_dict(form)


def load(path: str | os.PathLike[str], device: str = "cpu") -> MLPClassifier:
    """A classifier from the file that `MLPClassifier.save` wrote, ready to predict on the device.

    Raises
    ------
    ValueError
        If the file is not a whole and sound model file.
    """
    get_device(device)  # first of all: an error in its name is not the file's
    saved = models.read(path)
    try:
        described = manifest.from_dict(saved.manifest)
        if described.n_inputs is None:
            raise ValueError("the manifest does not name the size of the input.")
        described.check_sizes(described.n_inputs, len(saved.labels.classes))
        clf = MLPClassifier(**{**described.parameters, "device": device})
        objective = blueprint.objective(clf, described.n_inputs, saved.labels)
        theta = saved.theta(objective.network)
        history = History.from_dict(saved.history)
        features = None if saved.features is None else _features(saved.features)
        if features is not None and features.n_out != described.n_inputs:
            raise ValueError(f"its columns give {features.n_out} inputs, and its network takes {described.n_inputs}.")
    except ValueError as error:
        raise ValueError(f"{path}: not a sound model file: {error}") from None
    clf.n_features_in_ = described.n_inputs
    if saved.names is not None:
        clf.feature_names_in_ = np.asarray(saved.names, dtype=object)
    session.put_down(clf, saved.labels, objective, theta, history)
    clf.t_, clf._resume = 0, (clf.solver, 0, None)
    if features is not None:
        clf.features_ = features
    if saved.target is not None:
        clf.target_ = saved.target
    return clf
