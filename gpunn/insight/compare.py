"""Two or more classifiers on the same rows: how good each is, and which differences are beyond chance."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError

from gpunn.insight import comparison_words, paired
from gpunn.insight.differences import ModelScore, PairedDifference, swapped
from gpunn.model.origin import on_host
from gpunn.model.training_data import check_labels, check_weights
from gpunn.shown import brief, show

LEAST_LOG_P = float(np.log(np.finfo(np.float64).eps))  # as scikit-learn's log_loss, which clips probabilities there


@dataclass(frozen=True)
class Comparison:
    """Result of `compare`; ``str`` of it is two tables and the verdicts in words.

    Attributes
    ----------
    n_rows : int
        Rows of positive weight.
    weighted : bool
        Whether rows have unequal weights.
    models : tuple of ModelScore
        In the order given.
    pairs : tuple of PairedDifference
        Each two of them, the one given earlier first.
    """

    n_rows: int
    weighted: bool
    models: tuple[ModelScore, ...]
    pairs: tuple[PairedDifference, ...]

    @classmethod
    def of(cls, answers: Sequence[Answers], codes: np.ndarray, weight: np.ndarray | None = None) -> Comparison:
        """Compare answers, of which each row is that of the others.

        Parameters
        ----------
        answers : sequence of Answers
            Two or more, with distinct names.
        codes : ndarray (n,) of int
            True classes.
        weight : ndarray (n,), optional
            Not negative, and not all 0. Rows of weight 0 are left out; equal weights are none.
        """
        if weight is not None:
            kept = weight > 0
            codes, weight = codes[kept], weight[kept]
            answers = [one.take(kept) for one in answers]
            weight = None if weight.min() == weight.max() else weight / weight.max()  # whose sum is finite
        columns = [one.right for one in answers] + [one.log_p for one in answers if one.log_p is not None]
        resampled = iter(paired.resampled_means(columns, weight))
        accuracies = [next(resampled) for _ in answers]
        losses = [None if one.log_p is None else -next(resampled) for one in answers]
        models = [_score(*facts, codes, weight) for facts in zip(answers, accuracies, losses, strict=True)]
        pairs = []
        for i, j in itertools.combinations(range(len(answers)), 2):
            a, b, loss_a, loss_b = models[i], models[j], losses[i], losses[j]
            only_first = int(np.sum(answers[i].right & ~answers[j].right))
            only_second = int(np.sum(answers[j].right & ~answers[i].right))
            pairs.append(
                PairedDifference(
                    first=a.name,
                    second=b.name,
                    n_rows=len(codes),
                    only_first=only_first,
                    only_second=only_second,
                    p_value=paired.mcnemar(only_first, only_second) if weight is None else None,
                    p_adjusted=None,
                    accuracy=a.accuracy - b.accuracy,
                    accuracy_interval=paired.interval(accuracies[i] - accuracies[j]),
                    log_loss=None if a.log_loss is None or b.log_loss is None else a.log_loss - b.log_loss,
                    log_loss_interval=None if loss_a is None or loss_b is None else paired.interval(loss_a - loss_b),
                )
            )
        if weight is None:
            adjusted = paired.holm(np.array([pair.p_value for pair in pairs])).tolist()
            pairs = [replace(pair, p_adjusted=p) for pair, p in zip(pairs, adjusted, strict=True)]
        return cls(len(codes), weight is not None, tuple(models), tuple(pairs))

    @property
    def best(self) -> ModelScore:
        """The model of the highest accuracy; of equal ones the first."""
        return max(self.models, key=lambda model: model.accuracy)

    def pair(self, first: str, second: str) -> PairedDifference:
        """Difference of two models, in either order.

        Raises
        ------
        ValueError
            If these are not two of the models.
        """
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.second, pair.first) == (first, second):
                return swapped(pair)
        names = ", ".join(repr(model.name) for model in self.models)
        raise ValueError(f"first={first!r}, second={second!r} are no pair; name two of {names}.")

    def to_dict(self) -> dict[str, Any]:
        """A form of numbers, strings, lists and dicts for JSON."""
        pairs = [
            asdict(pair)
            | {
                "accuracy_beyond_chance": pair.accuracy_beyond_chance,
                "log_loss_beyond_chance": None if pair.log_loss is None else pair.log_loss_beyond_chance,
                "verdict": pair.verdict,
            }
            for pair in self.pairs
        ]
        models = [asdict(model) for model in self.models]
        for one in (*models, *pairs):
            del one["n_rows"]
            one.update({key: list(value) for key, value in one.items() if isinstance(value, tuple)})
        return {
            "rows": self.n_rows,
            "weighted": self.weighted,
            "interval": 1 - paired.LEVEL,
            "resamples": paired.RESAMPLES,
            "models": models,
            "pairs": pairs,
        }

    def __str__(self) -> str:
        return comparison_words.in_words(self.models, self.pairs, self.weighted)

    def _repr_html_(self) -> str:
        return comparison_words.in_html(self.models, self.pairs, self.weighted)


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of a model on the rows.

    Attributes
    ----------
    name : str
    right : ndarray (n,) of bool
        Whether it gives the true class.
    log_p : ndarray (n,) or None
        Logarithm of its probability of the true class, finite; None for a model without probabilities.
    """

    name: str
    right: np.ndarray
    log_p: np.ndarray | None

    def take(self, kept: np.ndarray) -> Answers:
        """The same on some of the rows."""
        return Answers(self.name, self.right[kept], None if self.log_p is None else self.log_p[kept])


def compare(models: Mapping[str, Any] | Sequence[Any], X: Any, y: Any, sample_weight: Any = None) -> Comparison:
    """Compare fitted classifiers on the same rows, which none of them should have been trained on.

    Whether two are right equally often is tested by the exact McNemar test, with more than two models corrected by
    Holm. Intervals are 95% percentile intervals of 2,000 paired bootstrap resamples of the rows, drawn from a fixed
    seed. All of it is about these models and other such rows; how much a new training would vary is not in it.

    Parameters
    ----------
    models : mapping of str to classifier, or list of classifiers
        Two or more of any scikit-learn classifiers with the same classes. In a list they get the names of their
        types, numbered where those are equal.
    X : array or frame (n, d)
        Rows that each of the models takes.
    y : array-like (n,)
        True labels.
    sample_weight : array-like (n,), optional
        Not negative, and not all 0. Accuracies, log-losses and intervals are weighted; rows of weight 0 are left out.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there are fewer than two models, one is no fitted classifier of one column of labels, their classes are not
        the same, there are no rows, or X, y and sample_weight do not fit.

    Notes
    -----
    The log-loss is taken from ``predict_log_proba``, else ``predict_proba``; probabilities below 2.2e-16 count as
    that, as in scikit-learn's ``log_loss``.

    References
    ----------
    McNemar 1947; Dietterich 1998, "Approximate statistical tests for comparing supervised classification learning
    algorithms"; Holm 1979; Efron & Tibshirani 1993, "An introduction to the bootstrap".

    Examples
    --------
    >>> from gpunn.insight import compare
    >>> print(compare({"narrow": a, "wide": b}, X_test, y_test))  # doctest: +SKIP
    """
    named = _named(models)
    classes = _classes(named)
    y = check_labels(X, y)
    if not len(y):
        raise ValueError("X and y have no rows; give at least one.")
    if y.ndim != 1:
        raise ValueError(
            f"y has shape {y.shape}: rows that may have several labels are not compared. Compare one column of labels "
            "at a time, with models of that column."
        )
    codes = _codes("y", y, classes)
    weight = check_weights(sample_weight, X, "float64")
    return Comparison.of([_answers(name, clf, X, codes, classes) for name, clf in named.items()], codes, weight)


def _named(models: Any) -> dict[str, Any]:
    """Classifiers by name."""
    if isinstance(models, Mapping):
        pairs = [(str(name), clf) for name, clf in models.items()]
    elif isinstance(models, (list, tuple)):
        types = [type(clf).__name__ for clf in models]
        pairs = [
            (name if types.count(name) == 1 else f"{name} {types[: i + 1].count(name)}", clf)
            for i, (name, clf) in enumerate(zip(types, models, strict=True))
        ]
    else:
        raise ValueError(
            f"models={show(models)} is not allowed; give a mapping from names to fitted classifiers, or a list of them."
        )
    named = dict(pairs)
    if len(pairs) < 2:
        raise ValueError(f"models has {len(pairs)} of them; a comparison needs two or more.")
    if len(named) < len(pairs):
        raise ValueError("models: two of the names are the same string; give each model a name of its own.")
    return named


def _classes(named: Mapping[str, Any]) -> list[Any]:
    """The classes of all the models."""
    found: dict[str, list[Any]] = {}
    for name, clf in named.items():
        if isinstance(clf, type) or not hasattr(clf, "predict") or not _is_classifier(clf):
            raise ValueError(f"models: {brief(name)!r} is no classifier: {show(clf)}. Give fitted classifiers.")
        classes = getattr(clf, "classes_", None)
        if classes is None:
            raise NotFittedError(f"models: {brief(name)!r} is not fitted: it has no classes_. Call its fit first.")
        if isinstance(classes, list) and classes and isinstance(classes[0], np.ndarray):
            raise ValueError(f"models: {brief(name)!r} has several outputs; compare models of one column of labels.")
        found[name] = np.asarray(on_host(classes)).tolist()
    (first, classes), *others = found.items()
    for name, more in others:
        if set(more) != set(classes):
            raise ValueError(
                f"models: {brief(name)!r} has the classes {_few(more)}, and {brief(first)!r} has {_few(classes)}. "
                "Compare models that were trained on the same classes."
            )
    return classes


def _is_classifier(clf: Any) -> bool:
    try:
        return bool(is_classifier(clf))
    except (AttributeError, TypeError):  # it has no tags of scikit-learn
        return False


def _codes(what: str, labels: np.ndarray, classes: list[Any]) -> np.ndarray:
    """Numbers of the classes of labels (n,)."""
    numbers = {label: i for i, label in enumerate(classes)}
    try:
        codes = np.array([numbers.get(label, -1) for label in labels.tolist()], np.int64)
    except TypeError:  # of what has no hash
        raise ValueError(f"{what} has labels that are lists or the like; give strings, integers or booleans.") from None
    if (unknown := np.flatnonzero(codes < 0)).size:
        raise ValueError(
            f"{what} has labels that are not among the classes, the first in row {unknown[0] + 1}: "
            f"{show(labels.tolist()[unknown[0]])}. The classes are {_few(classes)}."
        )
    return codes


def _answers(name: str, clf: Any, X: Any, codes: np.ndarray, classes: list[Any]) -> Answers:
    predicted = np.asarray(on_host(clf.predict(X)))
    if predicted.shape != codes.shape:
        raise ValueError(
            f"models: {brief(name)!r} predicts an array of shape {predicted.shape} for {len(codes)} rows; compare "
            "models of one column of labels."
        )
    right = _codes(f"models: what {brief(name)!r} predicts", predicted, classes) == codes
    return Answers(name, right, _log_p(name, clf, X, codes, classes))


def _log_p(name: str, clf: Any, X: Any, codes: np.ndarray, classes: list[Any]) -> np.ndarray | None:
    """Logarithms (n,) of a model's probabilities of the true classes, or None where it has none."""
    with np.errstate(divide="ignore"):  # of a probability of 0
        if hasattr(clf, "predict_log_proba"):
            log_p = np.asarray(on_host(clf.predict_log_proba(X)), np.float64)
        elif hasattr(clf, "predict_proba"):
            log_p = np.log(np.asarray(on_host(clf.predict_proba(X)), np.float64))
        else:
            return None
    if log_p.shape != (len(codes), len(classes)) or np.isnan(log_p).any():
        raise ValueError(
            f"models: {brief(name)!r} gives probabilities of shape {log_p.shape} with {np.isnan(log_p).sum()} that are "
            f"NaN; needed are numbers of shape {(len(codes), len(classes))}."
        )
    own = np.asarray(on_host(clf.classes_)).tolist()  # in an order that may be another
    column = np.array([own.index(label) for label in classes])[codes]
    return np.maximum(log_p[np.arange(len(codes)), column], LEAST_LOG_P)


def _score(
    answers: Answers, accuracies: np.ndarray, losses: np.ndarray | None, codes: np.ndarray, weight: np.ndarray | None
) -> ModelScore:
    support = np.bincount(codes, weight)
    recall = np.bincount(codes, answers.right if weight is None else weight * answers.right)[support > 0]
    return ModelScore(
        name=answers.name,
        n_rows=len(codes),
        accuracy=float(np.average(answers.right, weights=weight)),
        accuracy_interval=paired.interval(accuracies),
        balanced_accuracy=float(np.mean(recall / support[support > 0])),
        log_loss=None if answers.log_p is None else float(np.average(-answers.log_p, weights=weight)),
        log_loss_interval=None if losses is None else paired.interval(losses),
    )


def _few(labels: Sequence[Any]) -> str:
    """Labels in a message, the first of them where there are many."""
    shown = ", ".join(map(show, labels[:10]))
    return f"{shown}, ... ({len(labels)} in all)" if len(labels) > 10 else shown
