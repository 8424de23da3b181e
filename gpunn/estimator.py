"""The scikit-learn estimator: it validates, encodes, delegates, and keeps what was learned."""

from __future__ import annotations

import os
import warnings
from typing import Any, Self

from array_api_compat import array_namespace
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from gpunn import __version__, choices, keeping, manifest, predicting, session
from gpunn.nn.probabilities import log_probabilities, probabilities
from gpunn.parameters import Parameters
from gpunn.sklearn_compat import ARRAY_API_SUPPORT, CallbackSupportMixin, with_callbacks

Array = Any


class VersionWarning(UserWarning):
    """A pickle of an estimator was written by another version of gpunn than the one that reads it."""


class MLPClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator, Parameters):
    """A feedforward neural-network classifier, on the CPU or a CUDA GPU.

    Parameters that scikit-learn's MLPClassifier has too have its names and defaults.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Neurons of each hidden layer; ``()`` for none.
    activation : str, Activation or a list of one for each hidden layer, default="relu"
        "identity", "sigmoid" (or "logistic"), "tanh", "softmax", "relu", "leaky_relu", "prelu", "elu", "selu",
        "gelu", "silu", "softplus", or an object of `gpunn.nn.activations`.
    solver : {"adam", "adamw", "sgd", "lbfgs", "bfgs", "cg", "gd"}, FirstOrder or Direction, default="adam"
        The first three take minibatches; the others all rows at once, search along a line for each step and need no
        learning rate ("gd" is steepest descent). Or an object of `gpunn.optim.first_order` or
        `gpunn.optim.directions`.
    alpha, l1 : float, default=1e-4 and 0
        L2 and L1 penalties on the weights, divided by the number of rows (or the sum of their weights).
    batch_size : int or "auto", default="auto"
        Rows a step; "auto" is min(200, n). Only for minibatches.
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"} or Schedule, default="constant"
        How ``learning_rate_init`` changes over time: "adaptive" divides it by 5 at each plateau, "cosine" lets it
        fall to 0 over ``max_iter`` epochs. Or an object of `gpunn.optim.schedules`.
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
        Let ``fit`` begin from the weights of the last fit; "lbfgs", "bfgs", "cg" and "gd" go on as if there had been
        no end, where the rows are the same.
    momentum, nesterovs_momentum : float and bool, default=0.9 and True
        Of "sgd".
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the rows, unless ``fit`` is given others, stop when their score does not
        improve for more than ``n_iter_no_change`` epochs, and keep the weights of the best epoch. The split is
        stratified where each class has rows for both parts; ``history_.notes`` says where it is not.
    validation_fraction : float, default=0.1
    beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
        Of "adam" and "adamw".
    n_iter_no_change : int, default=10
    max_fun : int, default=15000
        Limit on evaluations of the cost by "lbfgs", "bfgs" and "cg".
    device : {"cpu", "cuda", "cuda:N", "auto"} or None, default=None
        Where to compute; see `gpunn.get_device`. None follows X: the GPU of a CuPy array, the CPU for all else. May be
        changed after fitting.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Of the weights and the arithmetic; "auto" takes float64 for a float64 X, as scikit-learn does, and float32
        for all others. float32 is about twice as fast.
    precision : {"float32", "tf32", "bf16"}, default="float32"
        Of the matrix products of minibatch training in float32, on CUDA only: "tf32" and "bf16" are faster and round
        what is multiplied to 10 and 7 binary digits after the point. Sums and updates are float32, and so are
        predictions.
    compile : {"auto", True, False}, default="auto"
        Compile the training steps (extra ``numba``; captured as graphs on CUDA): "auto" does so where that saves more
        time than it takes, True however short the training is, as for the many short fits of a search, and False
        never. ``history_.path`` tells what was done. A warning says where True could not be done.
    cost : {"log_likelihood", "cross_entropy", "quadratic"}, Cost, Head or None, default=None
        None takes the one that fits the output activation. A `gpunn.nn.heads.Head` is output activation and cost.
    output_activation : str, Activation or None, default=None
        None takes the one that fits the cost; with neither given softmax, or for two classes and multilabel
        problems sigmoid. With the cross-entropy "tanh" is (1 + tanh z) / 2.
    weight_init : str or callable, default="glorot_uniform"
        "gaussian" (N(0, 1)), "scaled_gaussian" (N(0, 1 / n_in)), "glorot_uniform", "glorot_normal", "he_uniform",
        "he_normal", "lecun_normal", "orthogonal", "zeros", or a function like those of `gpunn.nn.initialisers`.
    bias_init : {"uniform", "zeros", "ones", "gaussian"} or callable, default="uniform"
        "uniform" is within the bounds of "glorot_uniform", as in scikit-learn.
    dropout, input_dropout : float, default=0
        Share of hidden activations (or a list, one for each hidden layer) and of inputs to drop in training.
    weight_decay : float, default=0.01
        Of "adamw".
    max_norm : float or None, default=None
        Limit on the Euclidean norm of each neuron's incoming weights.
    clip_norm : float or None, default=None
        Limit on the Euclidean norm of the gradient.
    on_divergence : {"warn", "raise", "recover"}, default="warn"
        What to do where training diverges: the cost or the weights are not finite, the cost is far above that of the
        start, or (in `fit`) all rows get the same probabilities. "warn" keeps the best state that was evaluated,
        "raise" raises `gpunn.DivergenceError` and leaves the estimator as it was, "recover" goes on from the best state
        with half the learning rate, at most 8 times; solvers that take all rows at once have no rate to halve.
    warmup : float, default=0
        Epochs over which the learning rate rises from 0.
    lbfgs_memory : int, default=10
        Steps that "lbfgs" remembers.
    cg_beta : {"polak_ribiere", "fletcher_reeves", "hestenes_stiefel"}, default="polak_ribiere"
        Formula of "cg".
    class_weight : dict, "balanced" or None, default=None
        Weights of classes, by which those of rows are multiplied; 1 for a class that the dict does not name;
        "balanced" is n / (n_classes * rows of the class). For multilabel problems a list of dicts.
    label_smoothing : float, default=0
        Targets T become (1 - s) T + s / k, k the number of outputs (2 where each answers yes or no).
    ema_decay : float or None, default=None
        Evaluate and keep an exponential mean of the weights over the steps, with this decay; a plain mean until there
        are enough of them.
    scoring : str, callable or None, default=None
        Scorer of scikit-learn for the score on validation rows, which early stopping follows; None is accuracy.
    threshold : float, array-like or None, default=None
        Probability from which on `predict` says yes: to the second of two classes, or to a label (one for all, or one
        for each). None takes the most probable class.
    time_limit : float or None, default=None
        Seconds after which training stops, at the end of an epoch or iteration.
    record : {"layers", "score"}, a list of them, or None, default=None
        What to keep after every epoch: numbers of each layer in ``layer_history_``, on 256 rows, or the score on the
        training rows in ``history_.score``.
    features : "auto", dict, Features or None, default="auto"
        How columns of a frame become inputs: "auto" infers what they are (``features_`` shows it), a dict says so for
        some ({"zip": "text", "id": "drop"}), `gpunn.features.Features` that were learned beforehand are taken as they
        are. With None a frame is taken as the array that it holds. Arrays of numbers are taken as they are always;
        arrays of objects that are not all numbers like a frame whose columns are known by their order.
    max_categories : int or None, default=None
        Most inputs for the categories of a column of text; the rarest categories share one of them.
    min_frequency : int, float or None, default=None
        Categories with fewer training rows than an int, or a smaller share of them than a float, share one input.
    callback : callable or None, default=None
        Called with the `History` so far after every epoch or iteration; True ends training.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    coefs_, intercepts_ : list of ndarray (n_in, n_out) and (n_out,)
        Weights and biases of each layer: views of ``theta_``. After a fit on a frame the first belong to the
        standardised and one-hot columns, ``features_.transform(X)``, not to the values of the frame; the names of these
        columns are ``features_.get_feature_names_out()``.
    theta_ : array (P,)
        All parameters, laid out by ``network_``; on the device they were trained on.
    network_, head_ : Network, Head
    history_ : History
        Costs, scores, rates, gradient norms and times of the last fit, and why it ended.
    loss_curve_, loss_, best_loss_ : list of float, float, float or None
        ``history_.cost``, its last entry, and its minimum (None with early stopping).
    validation_scores_, best_validation_score_ : list of float, float, or None without validation rows
    layer_history_ : list of list of LayerStatistics
        With ``record="layers"``: the layers after each epoch.
    features_ : Features
        Of a frame: its columns, and what each becomes.
    n_iter_, t_ : int
        Epochs or iterations of the last fit, and rows seen in all.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_
        As in scikit-learn.
    """

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on rows X with labels y.

        Parameters
        ----------
        X : array-like, sparse matrix or CuPy array (n, d), or frame of n rows
            Finite numbers of any real dtype, uint8 among them. A frame of pandas, polars or pyarrow may have
            categories, dates and missing values; see ``features``.
        y : array-like (n,), or (n, c) of 0 and 1 for multilabel problems
            Labels of any kind, none of them missing.
        sample_weight : array-like (n,), optional
            Not negative. A row of weight 2 counts like two rows.
        X_val, y_val, sample_weight_val : optional
            Rows to validate on after every epoch, like X, y and sample_weight. With ``early_stopping`` they take the
            place of those that it would part from X.

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
        DivergenceError
            If training diverges and ``on_divergence`` is "raise".

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` or ``time_limit`` ended training.
        DivergenceWarning
            If training diverged: the best state that was evaluated was kept.
        UserWarning
            Before training, if inputs are so large that they saturate units or drown the others.
        """
        choices.check(self)
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        session.fit(self, X, y, sample_weight, (X_val, y_val, sample_weight_val), context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    @available_if(choices.takes_minibatches)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch on the given rows, going on where the last call ended.

        Of a frame, scales and categories are those of the rows of the first call, unless ``features`` are given that
        were learned from more rows; what later rows have beyond them is warned of, once for a column.

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

        In the library of X, except where the classes are no numbers.
        """
        return predicting.predict(self, X)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, n_classes); the rows sum to 1, except in multilabel problems.

        In float64, as those of the next two methods, but for an X of float32 and a network of float32.
        """
        return predicting.of_classes(self, X, "predict_proba", probabilities, 1.0)

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms (n, n_classes) of the probabilities, finite and accurate where those round to 0 or 1."""
        return predicting.of_classes(self, X, "predict_log_proba", log_probabilities, 0.0)

    def decision_function(self, X: Any) -> Array:
        """Scores: (n,) for two classes, the second where positive; else (n, n_classes), the greatest wins."""
        return predicting.decision_function(self, X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of rows X (n, d) whose labels y are predicted, weighted; of multilabel rows, all labels at once."""
        return predicting.score(self, X, y, sample_weight)

    def hidden_activations(self, X: Any, layer: int = -1) -> Array:
        """Activations (n, n_units) of a hidden layer for rows X (n, d).

        Parameters
        ----------
        layer : int, default=-1
            0 is the first hidden layer, -1 the last.

        See Also
        --------
        HiddenLayer : the same as a step of a pipeline.
        """
        return predicting.hidden_activations(self, X, layer)

    @property
    def coefs_(self) -> list[Array]:
        return self._views("W")

    @property
    def intercepts_(self) -> list[Array]:
        return self._views("b")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, whole or not at all; `gpunn.load` reads it. Nothing in it can run.

        Equal models give equal files, byte for byte.

        Raises
        ------
        ValueError
            If a parameter is an object without a name, classes are neither numbers, bools nor text, weights are so
            large that answers would not be finite, or the history is longer than `gpunn.load` reads (some 200,000
            epochs).
        """
        keeping.save(self, path)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write the model as an ONNX file, for runtimes without Python, whole or not at all.

        The file refuses no row: NaN or an infinite number where `predict` raises can make NaN of probabilities, and
        then the label says nothing (ONNX Runtime's ArgMax heeds NaN in the first place only).

        Raises
        ------
        ModuleNotFoundError
            If onnx is not installed.
        ValueError
            If an activation, a head, classes or a column have no form in ONNX.
        """
        keeping.to_onnx(self, path)

    def to_manifest(self) -> str:
        """The network and the parameters that differ from their defaults, as a manifest in YAML."""
        return manifest.to_yaml(self)

    @classmethod
    def from_manifest(cls, path: str | os.PathLike[str]) -> Self:
        """An estimator with the parameters of a manifest in YAML or TOML."""
        return cls(**manifest.read(path).parameters)

    def _views(self, name: str) -> list[Array]:
        if "theta_" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no weights before it is fitted.")
        xp = array_namespace(self.theta_)
        return [getattr(layer, name).of(xp, self.theta_) for layer in self.network_.layers]

    def __getstate__(self) -> dict[str, Any]:
        return {**session.on_host(super().__getstate__()), "_gpunn_version": __version__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        written = state.get("_gpunn_version", "a version before 0.1.0")
        if written != __version__:
            warnings.warn(
                f"This pickle of {type(self).__name__} is from gpunn {written} and is read by {__version__}, which may "
                "lack what it needs or give other results. Fit it again, or read it with that version and keep the "
                "model by its save, for gpunn.load.",
                VersionWarning,
                stacklevel=2,
            )
        super().__setstate__({name: value for name, value in state.items() if name != "_gpunn_version"})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.input_tags.sparse = True
        tags.array_api_support = ARRAY_API_SUPPORT
        if "features_" in vars(self):  # what it was trained on may be handed on as an array of objects
            tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags


def load(path: str | os.PathLike[str], device: str | None = None) -> MLPClassifier:
    """A classifier from the file that `MLPClassifier.save` wrote, ready to predict on the device.

    Raises
    ------
    ValueError
        If the file is not a regular file, or not a whole and sound model file whose answers are finite. Whatever is
        in it, this is found within seconds, and with little more memory than the arrays take.
    """
    return keeping.load(path, device, MLPClassifier)
