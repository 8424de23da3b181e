"""A search over settings of a classifier, those of each fold trained side by side."""

from __future__ import annotations

import contextlib
import copy
import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import ParameterGrid, ParameterSampler, check_cv
from sklearn.utils import _safe_indexing, get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from gpunn.caller import warn
from gpunn.config.checks import check_parameters
from gpunn.config.constraints import Interval
from gpunn.estimator.classifier import MLPClassifier
from gpunn.estimator.many import check_class, fit_many, with_setting
from gpunn.model.training_data import labels_on_host
from gpunn.shown import show
from gpunn.typing import Array


def _is_refitted(search: MemberSearchCV) -> bool:
    """True, or an AttributeError where there is no classifier for all rows."""
    if not search.refit:
        raise AttributeError(f"refit={show(search.refit)}: the best setting is not fitted to all rows. Use refit=True.")
    return True


class MemberSearchCV(ClassifierMixin, BaseEstimator):
    """Search for the best setting of an `MLPClassifier` by cross-validation, with `fit_many` for each fold.

    Scores and the best setting are those of scikit-learn's GridSearchCV, or RandomizedSearchCV, up to rounding.
    Settings that differ in learning rate, penalties, dropout or seed only are trained side by side.

    Parameters
    ----------
    estimator : MLPClassifier
        Is not changed.
    param_grid : dict or list of dict
        Names of parameters and lists of values, as for GridSearchCV. With ``n_iter`` also distributions, as for
        RandomizedSearchCV.
    n_iter : int or None, default=None
        Number of settings that are drawn from ``param_grid``; None tries all of them.
    scoring : str, callable or None, default=None
        scikit-learn scorer; None is the accuracy.
    cv : int, splitter, iterable or None, default=None
        Folds, as for GridSearchCV: 5 stratified ones by default.
    refit : bool, default=True
        Whether to fit the best setting to all rows.
    error_score : "raise" or float, default=nan
        Score of a setting whose fit or scoring fails; "raise" raises the error.
    return_train_score : bool, default=False
        Whether ``cv_results_`` has scores on the training rows too.
    random_state : int, RandomState or None, default=None
        Seed of the settings that are drawn.

    Attributes
    ----------
    cv_results_ : dict of arrays
        As of GridSearchCV. The time of a fit is that of all that were trained in this fold, divided by their number.
    best_index_, best_params_, best_score_ : int, dict, float
        The setting with the highest mean score; the first of several.
    best_estimator_ : MLPClassifier
        Fitted to all rows with the best setting, if ``refit``.
    scorer_ : callable
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds of the last fit.
    multimetric_ : bool
        False.
    classes_, n_features_in_, feature_names_in_
        Attributes of ``best_estimator_``.

    See Also
    --------
    fit_many : the fits alone.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from gpunn import MemberSearchCV, MLPClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> clf = MLPClassifier((16,), max_iter=40, n_iter_no_change=40, random_state=0)
    >>> search = MemberSearchCV(clf, {"learning_rate_init": [0.0001, 0.01]}).fit(scale(X), y)
    >>> search.best_params_
    {'learning_rate_init': 0.01}
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        n_iter: int | None = None,
        scoring: str | Callable[..., float] | None = None,
        cv: Any = None,
        refit: bool = True,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.n_iter = n_iter
        self.scoring = scoring
        self.cv = cv
        self.refit = refit
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search.

        Parameters
        ----------
        X, y, sample_weight
            As for `MLPClassifier.fit`. Scores are weighted too, like those of GridSearchCV in scikit-learn 1.9.
        groups : array-like (n,), optional
            For splitters that keep the rows of a group together.

        Returns
        -------
        MemberSearchCV
            Itself.

        Raises
        ------
        ValueError
            If a parameter is not allowed, ``param_grid`` names one that ``estimator`` has not, there are no settings or
            folds, or all fits failed.
        TypeError
            If ``estimator`` is not an MLPClassifier.

        Warns
        -----
        FitFailedWarning
            If the fit or the scoring of a setting fails.
        UserWarning
            If rows have weights, which ``scoring`` does not take, or a score is not finite.
        """
        if self.error_score != "raise" and not isinstance(self.error_score, (int, float, np.number)):
            raise ValueError(f"error_score={show(self.error_score)} is not allowed; give 'raise' or a number.")
        if isinstance(self.scoring, (list, tuple, set, dict)):
            raise ValueError(f"scoring={show(self.scoring)} is not allowed: settings are compared by one score.")
        if not isinstance(self.refit, (bool, np.bool_)):
            raise ValueError(
                f"refit={show(self.refit)} is not allowed; give True or False: the best setting is that of the "
                "greatest mean score."
            )
        Interval(1, integer=True, words=(None,))("n_iter", self.n_iter)
        check_class(self.estimator)
        labels = labels_on_host(y)
        settings: list[dict[str, Any]] = list(
            ParameterGrid(self.param_grid)
            if self.n_iter is None
            else ParameterSampler(self.param_grid, self.n_iter, random_state=self.random_state)
        )
        if not settings:
            raise ValueError(f"param_grid={show(self.param_grid)} gives no settings to try; give at least one.")
        for setting in settings:
            with_setting(self.estimator, setting)  # a name that is no parameter is an error, whatever error_score is
        X, y, sample_weight, groups = indexable(X, y, sample_weight, groups)
        scorer = check_scoring(self.estimator, self.scoring)
        if sample_weight is not None and not _takes_weight(scorer):
            warn(f"scoring={show(self.scoring)} takes no sample_weight: scores are not weighted.")
        splits = list(check_cv(self.cv, labels, classifier=True).split(X, labels, groups))
        if not splits:
            raise ValueError(f"cv={show(self.cv)} gives no folds; give at least one.")
        found = [self._scored(settings, scorer, X, y, sample_weight, train, test) for train, test in splits]
        results = _results(settings, {name: np.array([fold[name] for fold in found]).T for name in found[0]})
        if np.all(np.isnan([fold["fit_time"] for fold in found])):
            raise ValueError(
                f"The fits of all {len(settings)} settings failed. The warnings say why, and error_score='raise' "
                "raises the first error."
            )
        best = int(np.argmin(results["rank_test_score"]))
        if self.refit:
            clf = with_setting(self.estimator, settings[best])
            began = time.perf_counter()
            self.best_estimator_ = clf.fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))
            self.refit_time_ = time.perf_counter() - began
        else:  # those of an earlier search are of other settings, or of other rows
            for name in ("best_estimator_", "refit_time_"):
                self.__dict__.pop(name, None)
        self.scorer_, self.n_splits_, self.multimetric_, self.cv_results_ = scorer, len(splits), False, results
        self.best_index_, self.best_params_ = best, settings[best]
        self.best_score_ = float(results["mean_test_score"][best])
        return self

    def _scored(
        self, settings: list[dict[str, Any]], scorer: Any, X: Any, y: Any, weight: Any, train: Any, test: Any
    ) -> dict[str, list[float]]:
        """Scores and times of each setting in a fold; a fit that failed has no time."""
        X_train, y_train = _safe_indexing(X, train), _safe_indexing(y, train)
        own, apart = (None if weight is None else _safe_indexing(weight, rows) for rows in (train, test))
        began = time.perf_counter()
        classifiers = self._fitted(X_train, y_train, settings, own)
        fit_time = (time.perf_counter() - began) / len(settings)
        parts = {"test_score": (_safe_indexing(X, test), _safe_indexing(y, test), apart)}
        if self.return_train_score:
            parts["train_score"] = X_train, y_train, own
        found: dict[str, list[float]] = {name: [] for name in ("fit_time", "score_time", *parts)}
        for clf in classifiers:
            began = time.perf_counter()
            for name, rows in parts.items():
                found[name].append(self._score(scorer, clf, *rows))
            found["fit_time"].append(np.nan if clf is None else fit_time)
            found["score_time"].append(time.perf_counter() - began)
        return found

    def _fitted(self, X: Any, y: Any, settings: list[dict[str, Any]], weight: Any) -> Sequence[MLPClassifier | None]:
        """A classifier for each setting, None where its fit fails."""

        def fitted(some: list[dict[str, Any]]) -> list[MLPClassifier]:
            return fit_many(self.estimator, X, y, some, sample_weight=weight)

        if self.error_score == "raise":
            return fitted(settings)
        found: list[MLPClassifier | None] = [None] * len(settings)
        allowed = [i for i, setting in enumerate(settings) if self._is_allowed(setting)]
        with contextlib.suppress(Exception):  # of one of them; alone, the others have their results
            for i, clf in zip(allowed, fitted([settings[i] for i in allowed]), strict=True):
                found[i] = clf
        for i, setting in enumerate(settings):
            if found[i] is None:
                try:
                    [found[i]] = fitted([setting])
                except Exception as error:
                    self._warn(f"The fit with {setting}", error)
        return found

    def _is_allowed(self, setting: dict[str, Any]) -> bool:
        try:
            check_parameters(with_setting(self.estimator, setting))
        except Exception:
            return False
        return True

    def _score(self, scorer: Any, clf: MLPClassifier | None, X: Any, y: Any, weight: Any) -> float:
        if clf is None:
            return float(self.error_score)
        try:
            with_weight = {} if weight is None or not _takes_weight(scorer) else {"sample_weight": weight}
            score = float(scorer(clf, X, y, **with_weight))
        except Exception as error:
            if self.error_score == "raise":
                raise
            self._warn("Scoring", error)
            return float(self.error_score)
        if not np.isfinite(score):
            warn(
                f"scoring={show(self.scoring)} gives {score} for a setting; settings whose mean score is nan rank last."
            )
        return score

    def _warn(self, what: str, error: Exception) -> None:
        warn(
            f"{what} failed ({type(error).__name__}: {error}); its score is error_score={self.error_score}.",
            FitFailedWarning,
        )

    @property
    def classes_(self) -> np.ndarray:
        return self._best("classes_")

    @property
    def n_features_in_(self) -> int:
        return self._best("n_features_in_")

    @property
    def feature_names_in_(self) -> np.ndarray:
        return self._best("feature_names_in_")

    def _best(self, name: str) -> Any:
        """An attribute of the best estimator; an AttributeError where it has none."""
        if "best_estimator_" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted with refit=True.")
        return getattr(self.best_estimator_, name)

    @available_if(_is_refitted)
    def predict(self, X: Any) -> Array:
        """Classes of rows X by the best estimator."""
        return self._checked().predict(X)

    @available_if(_is_refitted)
    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n, n_classes) of rows X by the best estimator."""
        return self._checked().predict_proba(X)

    @available_if(_is_refitted)
    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms (n, n_classes) of the probabilities of rows X by the best estimator."""
        return self._checked().predict_log_proba(X)

    @available_if(_is_refitted)
    def decision_function(self, X: Any) -> Array:
        """Scores of rows X by the best estimator."""
        return self._checked().decision_function(X)

    @available_if(_is_refitted)
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score of the best estimator by ``scoring`` on rows X with labels y, and weights if they have any."""
        with_weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(self.scorer_(self._checked(), X, y, **with_weight))

    def _checked(self) -> MLPClassifier:
        check_is_fitted(self, "best_estimator_")
        best: MLPClassifier = self.best_estimator_
        return best

    def __sklearn_tags__(self) -> Any:
        tags, own = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.classifier_tags = copy.deepcopy(own.classifier_tags)
        tags.input_tags = copy.deepcopy(own.input_tags)
        return tags


def _takes_weight(scorer: Any) -> bool:
    accepts = getattr(scorer, "_accept_sample_weight", None)  # of those of scikit-learn
    return bool(accepts()) if accepts else "sample_weight" in inspect.signature(scorer).parameters


def _results(settings: list[dict[str, Any]], found: dict[str, np.ndarray]) -> dict[str, Any]:
    """GridSearchCV's form of times and scores (n_settings, n_splits)."""
    results: dict[str, Any] = {}
    for name in ("fit_time", "score_time"):
        results |= {f"mean_{name}": found[name].mean(axis=1), f"std_{name}": found[name].std(axis=1)}
    for name in dict.fromkeys(name for setting in settings for name in setting):
        values = [setting[name] for setting in settings if name in setting]
        column = np.ma.masked_all(len(settings), dtype=_dtype_of(values))
        for i, setting in enumerate(settings):
            if name in setting:
                column[i] = setting[name]
        results[f"param_{name}"] = column
    results["params"] = settings
    for name in ("test_score", "train_score"):
        if name in found:
            scores = found[name]
            results |= {f"split{i}_{name}": scores[:, i] for i in range(scores.shape[1])}
            results |= {f"mean_{name}": scores.mean(axis=1), f"std_{name}": scores.std(axis=1)}
            if name == "test_score":
                results["rank_test_score"] = _ranks(results["mean_test_score"])
    return results


def _dtype_of(values: list[Any]) -> Any:
    """dtype of an array of values of a parameter, as in GridSearchCV: object for strings and sequences."""
    try:
        array = np.array(values)
    except ValueError:  # sequences of different lengths
        return object
    return array.dtype if array.ndim == 1 and array.dtype.kind != "U" else object


def _ranks(mean: np.ndarray) -> np.ndarray:
    """1 for the highest mean score; nan is the lowest."""
    known = np.where(np.isnan(mean), np.nanmin(mean, initial=0) - 1, mean)
    return np.asarray(1 + np.sum(known > known[:, None], axis=1, dtype=np.int32))
