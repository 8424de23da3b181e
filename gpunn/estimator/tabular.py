"""A classifier for tables that needs no tuning."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    _num_features,
    _num_samples,
    check_is_fitted,
)

from gpunn import manifest
from gpunn._version import __version__
from gpunn.config import constraints, presets
from gpunn.config.constraints import Interval, OneOf
from gpunn.data import partitions
from gpunn.data.sources import refuse_source
from gpunn.estimator.classifier import MLPClassifier
from gpunn.features import Features, frames
from gpunn.io import newest_checkpoint
from gpunn.training.history import History
from gpunn.typing import Array


class TabularClassifier(ClassifierMixin, BaseEstimator):
    """Ensemble of networks for tables, with settings that need no tuning.

    Columns of numbers are encoded by quantiles (``numeric_encoding="piecewise_linear"``), others one-hot; values may be
    missing. Several networks are trained side by side, each on all rows but a fold of them; on the rows left out, the
    epoch is chosen and the probabilities are calibrated. All of these are parameters of `MLPClassifier`, shown by
    ``classifier_``.

    Parameters
    ----------
    preset : {"fast", "best"}, default="fast"
        "best" trains more and wider networks for longer.
    metric : {"accuracy", "log_loss", "roc_auc"}, scikit-learn scorer or its name, default="accuracy"
        Score by which the epoch is chosen; "log_loss" is for classes that exclude each other, not for multilabel
        problems.
    time_limit : float or None, default=None
        Time in seconds after which training stops, at the end of an epoch.
    n_members : int or None, default=None
        Number of networks, by default that of the preset.
    device : {"cpu", "cuda", "cuda:N", "auto"} or None, default=None
        Device to compute on; see `gpunn.get_device`.
    random_state : int, RandomState or None, default=None
        Seed of all random numbers.
    verbose : bool, default=False
        Whether to print a line after each epoch.
    checkpoint : path or None, default=None
        Folder for checkpoints, from which `resume` goes on with a `fit` that was interrupted.
    checkpoint_every : int or str, default=1
        Number of epochs from one checkpoint to the next, or a time such as "10min".

    Attributes
    ----------
    classifier_ : MLPClassifier
        The fitted ensemble.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    oof_score_, oof_proba_ : float, ndarray of shape (n, n_classes)
        Out-of-fold score and probabilities of the training rows; only where there are enough rows for folds.
    temperature_ : float
        Temperature by which the logits were divided.
    features_ : Features
        The columns and their encoding.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from gpunn import TabularClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> clf = TabularClassifier(random_state=0).fit(X, y)
    >>> bool(clf.oof_score_ > 0.9)
    True
    """

    classes_: np.ndarray
    classifier_: MLPClassifier

    def __init__(
        self,
        *,
        preset: str = "fast",
        metric: str | Callable[..., float] = "accuracy",
        time_limit: float | None = None,
        n_members: int | None = None,
        device: str | None = None,
        random_state: Any = None,
        verbose: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int | str = 1,
    ) -> None:
        self.preset = preset
        self.metric = metric
        self.time_limit = time_limit
        self.n_members = n_members
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows X with labels y.

        Parameters
        ----------
        X : frame or array-like (n, d)
            A frame of pandas, polars or pyarrow, or an array of numbers or objects; values may be missing.
        y : array-like (n,), or (n, c) of 0 and 1 for multilabel problems
        sample_weight : array-like (n,), optional

        Returns
        -------
        TabularClassifier
            Itself.

        Raises
        ------
        ValueError, DeviceUnavailableError, MemoryError, OSError
            As by `MLPClassifier.fit`; the estimator is then what it was before.
        """
        refuse_source(X, y, type(self).__name__)
        OneOf(presets.PRESETS)("preset", self.preset)
        Interval(1, integer=True, words=(None,))("n_members", self.n_members)
        X = frames.native(X)
        constraints.scorer("metric", self.metric, presets.METRICS)
        scoring = presets.METRICS.get(self.metric, self.metric) if isinstance(self.metric, str) else self.metric
        classifier = MLPClassifier(
            **presets.parameters(self.preset, *_shape(X), self.n_members),
            scoring=scoring,
            time_limit=self.time_limit,
            device=self.device,
            random_state=self.random_state,
            verbose=self.verbose,
            checkpoint=self.checkpoint,
            checkpoint_every=self.checkpoint_every,
        )
        with _all_epochs_wanted():
            classifier.fit(X, y, sample_weight)
        return self._show(classifier)

    @classmethod
    def resume(cls, folder: str | os.PathLike[str], X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go on with a fit that was interrupted, from the newest checkpoint in its folder.

        Parameters
        ----------
        folder : path
            The ``checkpoint`` of that fit.
        X, y, sample_weight
            The same data as in that fit.

        Returns
        -------
        TabularClassifier
            Fitted, with the parameters of that fit; ``n_members=None`` for the number of its preset.

        Raises
        ------
        ValueError
            If the fit was not one of a `TabularClassifier`, or as by `MLPClassifier.resume`.
        FileNotFoundError, NotADirectoryError, BlockingIOError, OSError
            As by `MLPClassifier.resume`.
        """
        X = frames.native(X)
        preset = _preset_of(folder, *_shape(X))
        with _all_epochs_wanted():
            fitted = MLPClassifier.resume(folder, X, y, sample_weight)
        metrics = {scorer: metric for metric, scorer in presets.METRICS.items()}
        names = ("time_limit", "device", "random_state", "verbose", "checkpoint", "checkpoint_every")
        same = {name: getattr(fitted, name) for name in names}
        n_members = None if fitted.n_members == presets.PRESETS[preset].n_members else fitted.n_members
        metric = metrics.get(fitted.scoring, fitted.scoring)
        return cls(preset=preset, metric=metric, n_members=n_members, **same)._show(fitted)

    def _show(self, classifier: MLPClassifier) -> Self:
        """Set the fitted attributes."""
        for name in ("oof_score_", "oof_proba_", "temperature_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if name in vars(classifier):
                setattr(self, name, getattr(classifier, name))
        self.classifier_ = classifier
        self.classes_, self.n_features_in_ = classifier.classes_, classifier.n_features_in_
        return self

    def predict(self, X: Any) -> Array:
        """Classes of rows X (n, d): (n,), or (n, c) of 0 and 1 for multilabel problems."""
        return self._checked(X).predict(X)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, n_classes): the means over the networks."""
        return self._checked(X).predict_proba(X)

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms (n, n_classes) of the probabilities."""
        return self._checked(X).predict_log_proba(X)

    def predict_member_proba(self, X: Any) -> Array:
        """Probabilities (n_members, n, n_classes) of each network; their spread says how far they agree."""
        return self._checked(X).predict_member_proba(X)

    def decision_function(self, X: Any) -> Array:
        """Scores: (n,) for two classes, the second where positive; else (n, n_classes), the largest wins."""
        return self._checked(X).decision_function(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of rows X (n, d) whose labels y are predicted, as by `MLPClassifier.score`."""
        return self._checked(X).score(X, y, sample_weight)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file; `gpunn.load` reads it, as an `MLPClassifier`."""
        check_is_fitted(self)
        self.classifier_.save(path)

    def to_onnx(self, path: str | os.PathLike[str], input_dtype: str | None = None) -> None:
        """Write the model as an ONNX file, as `MLPClassifier.to_onnx` does."""
        check_is_fitted(self)
        self.classifier_.to_onnx(path, input_dtype)

    def to_numpy(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a readable Python module that needs NumPy alone, as `MLPClassifier.to_numpy` does."""
        check_is_fitted(self)
        self.classifier_.to_numpy(path)

    @property
    def features_(self) -> Features:
        check_is_fitted(self)
        return self.classifier_.features_

    @property
    def history_(self) -> History:
        check_is_fitted(self)
        return self.classifier_.history_

    def _checked(self, X: Any) -> MLPClassifier:
        """The fitted classifier, once X was held against the columns of training."""
        check_is_fitted(self)
        if partitions.is_dask(X):
            partitions.check_rows(X)
            X = partitions.no_rows(X)
        if len(getattr(X, "shape", (0, 0))) == 2:  # the classifier says what is wrong with others
            _check_feature_names(self, X, reset=False)
            _check_n_features(self, X, reset=False)
        return self.classifier_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags


@contextlib.contextmanager
def _all_epochs_wanted() -> Iterator[None]:
    """No warning that training went on to its last epoch, which is where the learning rate ends."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Maximum iterations", ConvergenceWarning)
        yield


def _shape(X: Any) -> tuple[int, int]:
    """Numbers of rows and columns; 0 of what has none, which `MLPClassifier` refuses."""
    if frames.is_frame(X):
        frame = frames.opened(X)
        return int(frame.n_rows), len(frame.names)
    if X is None:
        return 0, 0
    n_rows = int(_num_samples(X))
    with contextlib.suppress(TypeError, LookupError):  # X has no rows or no columns
        return n_rows, int(_num_features(X)) if n_rows else 0
    return n_rows, 0


def _preset_of(folder: str | os.PathLike[str], n_rows: int, n_columns: int) -> str:
    """Name of the preset whose parameters the newest checkpoint in a folder has."""
    path, saved = newest_checkpoint(folder)
    given = MLPClassifier(**manifest.from_dict(saved.manifest).parameters).get_params()
    for preset in presets.PRESETS:
        expected = presets.parameters(preset, n_rows, n_columns, given["n_members"])
        if {name: given[name] for name in expected} == expected:
            return preset
    raise ValueError(
        f"{path}: it is no checkpoint of a TabularClassifier on {n_rows:,} rows of {n_columns:,} columns, or presets "
        f"have changed since: it was written by gpunn {saved.version}, and this is {__version__}. Give the same table "
        "as in that fit, or use MLPClassifier.resume, which goes on with whatever parameters it has."
    )
