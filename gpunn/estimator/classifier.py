"""The scikit-learn estimator: it validates, encodes, delegates, and keeps what was learned."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable
from typing import Any, Self

from array_api_compat import array_namespace
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if

from gpunn import manifest
from gpunn._version import __version__
from gpunn.config import registry
from gpunn.config.checks import check_parameters
from gpunn.devices import device_for
from gpunn.devices.memory import explained
from gpunn.devices.ranks import get_ranks
from gpunn.estimator import checkpoints, cluster, fit, members, persistence
from gpunn.model import lazy, predict
from gpunn.model.fitted import Classifier
from gpunn.model.origin import on_host
from gpunn.model.training_data import labels_on_host
from gpunn.sklearn_compat import ARRAY_API_SUPPORT, CallbackSupportMixin, with_callbacks
from gpunn.training.history import History
from gpunn.typing import Array


class VersionWarning(UserWarning):
    """A pickle of an estimator was written by another version of gpunn than the one that reads it."""


class MLPClassifier(CallbackSupportMixin, Classifier):
    """Feedforward neural-network classifier on the CPU or a CUDA GPU.

    Parameters that scikit-learn's MLPClassifier also has keep their names and defaults.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of neurons in each hidden layer; ``()`` for no hidden layer.
    activation : str, Activation or list of one for each hidden layer, default="relu"
        Activation of the hidden layers: "identity", "sigmoid" (or "logistic"), "tanh", "softmax", "relu", "leaky_relu",
        "prelu", "elu", "selu", "gelu", "silu", "softplus", or an object from `gpunn.nn.activations`.
    solver : str, FirstOrder or Direction, default="adam"
        "adam", "adamw", "muon", "schedule_free_adamw" and "sgd" train on minibatches. "muon" makes orthogonal steps of
        the weights of hidden layers, and those of "adamw" of all else. "schedule_free_adamw" evaluates and keeps an
        average of the weights, which takes the place of a schedule: leave ``learning_rate`` at "constant". "lbfgs",
        "bfgs", "cg" and "gd" (steepest descent) use all rows in each evaluation, choose the step length by a line
        search, and need no learning rate. Custom solvers are objects from `gpunn.optim.first_order` or
        `gpunn.optim.directions`.
    alpha, l1 : float, default=1e-4 and 0
        L2 and L1 penalties on the weights, divided by the number of rows (or by the sum of the sample weights).
    batch_size : int or "auto", default="auto"
        Number of rows per minibatch; "auto" is min(200, n).
    learning_rate : {"constant", "invscaling", "adaptive", "cosine", "cosine_log"} or Schedule, default="constant"
        Schedule of the learning rate, which starts at ``learning_rate_init``. "adaptive" divides it by 5 at each
        plateau, "cosine" decreases it to 0 over ``max_iter`` epochs, and "cosine_log" lets it rise and fall in four
        cycles, each about twice as long as the one before, and plateaus count only between them. Custom schedules are
        objects from `gpunn.optim.schedules`.
    learning_rate_init : float, default=1e-3
        Initial learning rate.
    power_t : float, default=0.5
        Exponent of "invscaling".
    max_iter : int, default=200
        Maximum number of epochs, or of iterations for solvers that use all rows.
    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.
    random_state : int, RandomState or None, default=None
        Seed of all random numbers: initial weights, order of the rows, validation split, dropout.
    tol : float, default=1e-4
        Smallest decrease of the cost, or increase of the validation score, that counts as an improvement. Solvers that
        use all rows stop when no component of the gradient is larger than ``tol``.
    verbose : bool, default=False
        Whether to print a line after each epoch or iteration.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the previous fit. If the rows are the same, "lbfgs", "bfgs", "cg" and
        "gd" continue as if they had not stopped.
    momentum, nesterovs_momentum : float and bool, default=0.9 and True
        Momentum of "sgd", and whether to use Nesterov's.
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the rows (unless validation rows are passed to ``fit``), stop when their
        score has not improved for more than ``n_iter_no_change`` epochs, and keep the weights of the best epoch. The
        split is stratified if each class has enough rows for both parts; otherwise ``history_.notes`` says so.
    validation_fraction : float, default=0.1
        Fraction of the rows that ``early_stopping`` holds out.
    beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
        Parameters of "adam", "adamw", "muon" and "schedule_free_adamw". ``beta_1`` is also the momentum of
        "muon", and for "schedule_free_adamw" the share of the average in the weights at which gradients are taken.
    n_iter_no_change : int, default=10
        Training has reached a plateau after more than this number of epochs without an improvement. ``inf`` trains for
        ``max_iter`` epochs.
    max_fun : int, default=15000
        Maximum number of evaluations of the cost by solvers that use all rows.
    device : {"cpu", "cuda", "cuda:N", "auto"} or None, default=None
        Device to compute on; see `gpunn.get_device`. None uses the device of X: the GPU for a CuPy array, the CPU for
        everything else. Can be changed after fitting.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Data type of the weights and the arithmetic. "auto" is float64 for a float64 X, as in scikit-learn, and float32
        for everything else. float32 is about twice as fast.
    precision : {"float32", "tf32", "bf16"}, default="float32"
        Precision of the matrix products of minibatch training in float32, on CUDA only. "tf32" and "bf16" are faster
        and round the operands to 10 and 7 fraction bits. Sums, updates and predictions use float32.
    compile : {"auto", True, False}, default="auto"
        Whether to compile the training steps (extra ``compile``; on CUDA they are captured as graphs). "auto" compiles
        them where this saves more time than it takes, True compiles them however short the training is, for example for
        the many short fits of a search, and False never compiles them. ``history_.path`` records what was done. A
        warning is raised if True was not possible. Predictions on the CPU are compiled too, but for False; a row then
        has the same bits in every batch. So are evaluations of validation rows, with "auto" where that saves time.
    cost : {"log_likelihood", "cross_entropy", "quadratic"}, Cost, Head or None, default=None
        Cost function. None selects the one that matches the output activation. A `gpunn.nn.heads.Head` combines output
        activation and cost.
    output_activation : str, Activation or None, default=None
        Activation of the output layer. None selects the one that matches the cost; if both are None, it is softmax, or
        sigmoid for two classes and for multilabel problems. With the cross-entropy, the outputs of "tanh" are
        (1 + tanh z) / 2.
    weight_init : str or callable, default="glorot_uniform"
        "gaussian" (N(0, 1)), "scaled_gaussian" (N(0, 1 / n_in)), "glorot_uniform", "glorot_normal", "he_uniform",
        "he_normal", "lecun_normal", "orthogonal", "zeros", or a function like those in `gpunn.nn.initialisers`.
    bias_init : {"uniform", "zeros", "ones", "gaussian"} or callable, default="uniform"
        "uniform" has the bounds of "glorot_uniform", as in scikit-learn.
    layer_norm : bool, default=False
        Layer normalisation of the hidden layers, each of two neurons or more: before the activation, the weighted
        inputs of a layer are shifted and scaled, for each row alone, to mean 0 and variance 1 over its neurons. They
        are then multiplied by a learned gain for each neuron and added to a learned shift.
    dropout, input_dropout : float, default=0
        Dropout rate of the hidden activations (or a list with one for each hidden layer), and of the inputs.
    weight_decay : float, default=0.01
        Decoupled weight decay of "adamw", "muon" and "schedule_free_adamw".
    max_norm : float or None, default=None
        Maximum Euclidean norm of the incoming weights of each neuron.
    clip_norm : float or None, default=None
        Maximum Euclidean norm of the gradient.
    on_divergence : {"warn", "raise", "recover"}, default="warn"
        What to do if training diverges: the cost or the weights are not finite, the cost is far above its initial
        value, or (in `fit`) all rows have the same probabilities. "warn" keeps the best state that was evaluated,
        "raise" raises `gpunn.DivergenceError` and leaves the estimator unchanged, and "recover" continues from the best
        state with half the learning rate, at most 8 times. Solvers that use all rows have no learning rate to halve.
    warmup : float, default=0
        Number of epochs over which the learning rate rises from 0.
    lbfgs_memory : int, default=10
        Number of steps that "lbfgs" stores.
    cg_beta : {"polak_ribiere", "fletcher_reeves", "hestenes_stiefel"}, default="polak_ribiere"
        Formula of "cg".
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, which multiply the sample weights. Classes that the dict does not contain have weight 1;
        "balanced" is n / (n_classes * number of rows of the class). For multilabel problems a list of dicts.
    label_smoothing : float, default=0
        Replace targets T by (1 - s) T + s / k, where k is the number of outputs (2 for independent sigmoid outputs).
    ema_decay : float or None, default=None
        Evaluate and keep an exponential moving average of the weights over the steps, with this decay. During the first
        steps it is the arithmetic mean.
    scoring : str, callable or None, default=None
        scikit-learn scorer for the validation rows, which early stopping monitors; None is the accuracy.
    threshold : float, array-like or None, default=None
        Probability from which `predict` selects the second of two classes, or a label of a multilabel problem (one
        threshold for all labels, or one for each). None selects the most probable class.
    time_limit : float or None, default=None
        Time in seconds after which training stops, at the end of an epoch or iteration.
    record : {"layers", "score"}, list of them, or None, default=None
        What to record after each epoch: statistics of each layer in ``layer_history_``, measured on 256 rows, or the
        score on the training rows in ``history_.score``.
    local_steps : int, default=64
        For Dask collections and solvers that train on minibatches: number of steps that each task of Dask makes on its
        own share of the rows before the weights of all tasks are averaged (local SGD). ``batch_size`` is that of each
        task.
    ranks : {"mpi"} or None, default=None
        "mpi" trains with all processes that MPI started (``mpiexec -n 4 python train.py``; extra ``mpi``): each
        computes the gradients of its share of the rows of every step. All of them must call ``fit`` with the same rows
        and parameters, and get the same weights. On the CPU only.
    n_members : int, default=1
        Number of networks that are trained side by side from initial weights, orders of the rows and dropout masks of
        their own. Predictions are by the mean of their probabilities. Only for solvers that train on minibatches.
    cross_validation : int or None, default=None
        Number of stratified folds of the rows. Each member leaves one of them out (``n_members`` must be a multiple),
        on which it is validated after each epoch; with ``early_stopping``, all members keep the epoch with the best
        score over all folds. See ``oof_score_``.
    temperature_scaling : bool, default=False
        Divide the logits by the temperature that minimises the mean cost of the rows to validate on, so that the
        probabilities are calibrated. Needs ``early_stopping``, ``cross_validation`` or validation rows.
    features : {"auto", "all"}, dict, Features or None, default="auto"
        Encoding of the columns of a data frame. "auto" infers the kinds of the columns (shown by ``features_``), a dict
        sets those of some columns ({"zip": "text", "id": "drop"}), and `gpunn.features.Features` that were learned
        beforehand are used unchanged. None treats a data frame as an array. Arrays of objects that are
        not all numbers are treated like a data frame with columns identified by their order. Arrays of numbers are
        encoded only with "all", which is otherwise like "auto"; they may then have missing values (NaN).
    numeric_encoding : {"standard", "robust", "piecewise_linear"}, default="standard"
        Encoding of the numeric columns and the times of a data frame, as in `gpunn.features.Features.learn`: by mean
        and standard deviation; by median and interquartile range, clipped smoothly to (-3, 3); or the latter and an
        input for each bin between quantiles.
    max_bins : int, default=16
        Maximum number of bins of a column with ``numeric_encoding="piecewise_linear"``, at least 2. Wide tables have
        fewer: at most 4,096 of all columns together.
    max_categories : int or None, default=None
        Maximum number of inputs for the categories of a text column; the rarest categories share one of them.
    min_frequency : int, float or None, default=None
        Categories with fewer training rows than this (int), or with a smaller fraction of them (float), share one
        input.
    max_one_hot : int or None, default=None
        Text columns with more inputs than this are given a learned embedding of 8 numbers instead of one-hot inputs;
        with None, all of them are one-hot. An embedded column may have up to 100,000 categories. Such networks
        are not compiled.
    checkpoint : path or None, default=None
        Folder for checkpoints, from which `resume` goes on with a `fit` that was interrupted, as if it had not been.
        The last two and the one with the best validation score (or lowest cost) are kept. It is created if necessary,
        and must not contain checkpoints of another fit.
    checkpoint_every : int or str, default=1
        Number of epochs or iterations from one checkpoint to the next, or a time such as "30s", "10min" or "2h".
    callback : callable or None, default=None
        Called with the `History` so far after each epoch or iteration; training stops if it returns True.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coefs_, intercepts_ : list of ndarray of shape (n_in, n_out) and (n_out,), before which members have an axis
        Weights and biases of each layer: views of ``theta_``. After a fit on a data frame, the first layer acts on the
        encoded columns ``features_.transform(X)``, whose names are ``features_.get_feature_names_out()``, not on the
        columns of the data frame; with ``max_one_hot``, on these with
        their codes embedded (`network_.inputs <gpunn.nn.network.Network.inputs>`).
    theta_ : array of shape (P,), or (n_members, P) if there are several
        All parameters, in the layout of ``network_``, on the device of the training.
    network_, head_ : Network, Head
        The network, and its output activation and cost.
    history_ : History
        Costs, scores, learning rates, gradient norms and times of the last fit, and the reason why it stopped.
    loss_curve_, loss_, best_loss_ : list of float, float, float or None
        ``history_.cost``, its last entry, and its minimum (None with early stopping).
    validation_scores_, best_validation_score_ : list of float, float, or None without validation rows
        Scores on the validation rows after each epoch, and the best of them.
    layer_history_ : list of list of LayerStatistics
        With ``record="layers"``: statistics of the layers after each epoch.
    temperature_ : float
        With ``temperature_scaling``: the temperature by which the logits were divided, in the last layer of ``theta_``.
    oof_proba_, oof_score_ : ndarray of shape (n, n_classes), float
        With ``cross_validation``: probabilities of the training rows by the members that were not trained on them, and
        their accuracy, at the ``threshold`` if there is one. With ``scoring`` by name it is the score of all members
        together on their folds; with a callable, the mean score of the members whose folds have weight. With
        ``early_stopping`` the epoch was chosen by these rows, so that the score is slightly optimistic.
    features_ : Features
        After a fit on a data frame: its columns and their encoding.
    n_iter_, t_ : int
        Number of epochs or iterations of the last fit, and total number of rows processed.
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
        X : array-like, sparse matrix or CuPy array (n, d), frame of n rows, or source of batches
            Finite numbers of any real dtype, uint8 among them. A frame of pandas, polars or pyarrow may have
            categories, dates and missing values; see ``features``. Rows that may be larger than memory are read in each
            epoch: from Parquet or CSV files by a name, a list of names or a pattern (``"data/*.parquet"``), a .npy file
            by its name, a `pyarrow.dataset.Dataset`, or an iterable of batches (a list, or a function that returns
            one), which are tuples (X, y) or (X, y, sample_weight) of arrays, or tables. A data frame or array of Dask
            is trained on where its partitions lie, on the workers of the current client's cluster.
        y : array-like (n,), or (n, c) of 0 and 1 for multilabel problems
            Labels of any kind, none of them missing. Where X is files of tables, a dataset, or batches that are tables,
            the name of their column; None where batches are tuples. With X of Dask a series or array of Dask, or the
            name of a column.
        sample_weight : array-like (n,), optional
            Not negative. A row of weight 2 counts like two rows. Of tables that are read, the name of their column.
        X_val, y_val, sample_weight_val : optional
            Rows in memory to validate on after every epoch, like X, y and sample_weight. With ``early_stopping`` they
            take the place of those that it would part from X.

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
        MemoryError
            If there is not enough memory for a batch even in micro-batches of one row, or for the weights and the state
            of the solver; the estimator is then what it was before.
        OSError
            If the first checkpoint cannot be written, or another training writes to its folder (BlockingIOError).

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` or ``time_limit`` ended training; not for ``max_iter`` if ``early_stopping`` with
            ``n_iter_no_change=inf`` asked for the best of all epochs.
        DivergenceWarning
            If training diverged: the best state that was evaluated was kept.
        UserWarning
            Before training, if inputs are so large that they saturate units or drown the others.
        CheckpointWarning
            If a later checkpoint cannot be written.
        RuntimeWarning
            If memory ran out for whole batches, and steps were computed in micro-batches; or if ``compile`` is True and
            they could not be compiled.
        """
        check_parameters(self)
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        extra = X_val, y_val, sample_weight_val
        if cluster.is_on_cluster(X, y, sample_weight, extra):
            cluster.fit_on_cluster(self, X, y, sample_weight, extra)
        else:
            device = device_for(self.device, X, self.precision, get_ranks(self.ranks).local_rank)
            with explained(device.name):
                fit.fit(self, device, X, y, sample_weight, extra, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    @classmethod
    def resume(
        cls,
        folder: str | os.PathLike[str],
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        *,
        callback: Callable[[History], bool | None] | None = None,
        ranks: str | None = None,
    ) -> Self:
        """Go on with a fit that was interrupted, from the newest checkpoint in its folder.

        The estimator is the one that the fit would have given, bit for bit, but for the times in its history.

        Parameters
        ----------
        folder : path
            The ``checkpoint`` of that fit. Further checkpoints are written there.
        X, y, sample_weight, X_val, y_val, sample_weight_val
            The same data as in that fit.
        callback : callable, optional
            Callback of the fit, which is not stored in checkpoints.
        ranks : {"mpi"} or None, default=None
            As the parameter of that name, which is not stored either: the number of ranks may be another one.

        Returns
        -------
        MLPClassifier
            Fitted, with the parameters of that fit.

        Raises
        ------
        ValueError
            If the data are not those of that fit, all checkpoints are damaged, or the newest is not one of such a fit
            or has the format of another version of gpunn.
        FileNotFoundError
            If there is no checkpoint.
        NotADirectoryError
            If ``folder`` is a file.
        BlockingIOError
            If another training, also one in another process, writes to the folder.
        OSError
            If the folder is read-only.

        Warns
        -----
        CheckpointWarning
            If a damaged checkpoint is passed over, another version of gpunn wrote the checkpoint, or a later one cannot
            be written.
        """
        extra = X_val, y_val, sample_weight_val
        if cluster.is_on_cluster(X, y, sample_weight, extra):
            return cluster.resume_on_cluster(cls, folder, X, y, sample_weight, extra, callback, ranks)
        together = get_ranks(ranks)
        with together.training(), checkpoints.locked(folder) if together.rank == 0 else contextlib.nullcontext():
            clf, saved = checkpoints.opened(cls, folder)
            clf.callback, clf.ranks = callback, ranks
            check_parameters(clf)
            device = device_for(clf.device, X, clf.precision, together.local_rank)
            with explained(device.name):
                fit.fit(clf, device, X, y, sample_weight, extra, saved=saved)
        return clf

    @available_if(registry.takes_minibatches)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch on the given rows, going on where the last call ended.

        Scales and categories of a frame are those of the rows of the first call, unless ``features`` are given that
        were learned from more rows; what later rows have beyond them is warned of, once for a column.

        Parameters that were set since the last call apply from this one on. With another ``solver`` its state, the
        schedule and the history begin anew. Where ``momentum`` becomes positive the velocity starts from 0, and where
        ``ema_decay`` is set the average starts from the latest weights; without it, training continues from those.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like (n_classes,), optional
            All classes that will ever come. Needed in the first call, unless y is an indicator matrix.
        """
        check_parameters(self)
        device = device_for(self.device, X, self.precision)
        with explained(device.name):
            fit.partial_fit(self, device, X, y, sample_weight, classes)
        return self

    def predict(self, X: Any) -> Array:
        """Classes of rows X (n, d): (n,), or (n, c) of 0 and 1 for multilabel problems.

        In the library of X, except where the classes are no numbers.
        """
        return predict.predict(self._model, X)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, n_classes); the rows sum to 1, except in multilabel problems.

        In float64, as those of the next two methods, but for an X of float32 and a network of float32.
        """
        return predict.predict_proba(self._model, X)

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms (n, n_classes) of the probabilities, finite and accurate where those round to 0 or 1."""
        return predict.predict_log_proba(self._model, X)

    def predict_member_proba(self, X: Any) -> Array:
        """Probabilities (n_members, n, n_classes) of each member, whose mean is `predict_proba`; one without members.

        Their spread, such as the standard deviation over the first axis, says how far the members agree.
        """
        return predict.predict_member_proba(self._model, X)

    def member(self, i: int) -> Self:
        """The network of member i, counted from 0, as a fitted classifier of its own: for `gpunn.insight`, say.

        Raises
        ------
        ValueError
            If there is no such member.
        """
        return members.one(self, i)

    def decision_function(self, X: Any) -> Array:
        """Scores: (n,) for two classes, the second where positive; else (n, n_classes), the largest wins."""
        return predict.decision_function(self._model, X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of rows X (n, d) whose labels y are predicted, weighted; of multilabel rows, all labels at once."""
        if cluster.is_on_cluster(X, y, sample_weight):
            return lazy.accuracy(self._model, predict.predict, X, y, sample_weight)
        y, predicted = labels_on_host(y), on_host(predict.predict(self._model, X))
        return float(accuracy_score(y, predicted, sample_weight=on_host(sample_weight)))

    def hidden_activations(self, X: Any, layer: int = -1) -> Array:
        """Activations (n, n_units) of a hidden layer for rows X (n, d); of members (n_members, n, n_units).

        Parameters
        ----------
        layer : int, default=-1
            0 is the first hidden layer, -1 the last.

        See Also
        --------
        HiddenLayer : the same as a step of a pipeline.
        """
        return predict.hidden_activations(self._model, X, layer)

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
            If a parameter is an object without a name, or was changed to a value that is not allowed or another network
            than that of the weights; if classes are neither numbers, bools nor text, weights are so large that answers
            would not be finite, or the history is longer than `gpunn.load` reads (some 200,000 epochs).
        """
        persistence.save(self, path)

    def to_onnx(self, path: str | os.PathLike[str], input_dtype: str | None = None) -> None:
        """Write the model as an ONNX file, for runtimes without Python, whole or not at all.

        The file refuses no row: NaN or an infinite number where `predict` raises can make NaN of probabilities, and
        then the label says nothing (ONNX Runtime's ArgMax considers NaN in the first place only).

        Parameters
        ----------
        path : str or path-like
        input_dtype : {"float32", "float64"}, optional
            Dtype of the input ``X``, by default that of the weights; or, if the classifier was fitted on a data frame,
            of the inputs for numbers and booleans, by default float64. Dates, times of day and durations are always
            float64, and text is strings, empty where missing.

        Raises
        ------
        ModuleNotFoundError
            If onnx is not installed.
        ValueError
            If the formula of an activation or a head cannot be traced, classes or a column have no form in ONNX, or
            ``input_dtype`` is not allowed.
        """
        persistence.to_onnx(self, path, input_dtype)

    def to_numpy(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a readable Python module that needs NumPy alone, whole or not at all.

        Its functions ``predict_proba(X)`` and ``predict(X)`` take an array (n, d) of finite numbers; or, if the
        classifier was fitted on a data frame, the values (n,) of each column by its name (a dict or a data frame). More
        than a mebibyte of weights is written to a file of the same name that ends in .npz, which belongs beside it.

        Parameters
        ----------
        path : str or path-like
            Ends in .py.

        Raises
        ------
        ValueError
            If the path does not end in .py or has the name of NumPy or of a module of Python, the formula of an
            activation or a head cannot be traced, or the classes are neither numbers, bools nor text.
        """
        persistence.to_numpy(self, path)

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
        return {**fit.on_host(super().__getstate__()), "_gpunn_version": __version__}

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
    return persistence.load(path, device, MLPClassifier)
