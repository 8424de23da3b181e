"""A report on a classifier as one page of HTML, which needs nothing else and asks nothing of a network."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn.insight.diagnose import diagnose
from gpunn.insight.displays.style import pyplot
from gpunn.insight.opened import opened
from gpunn.insight.report import page, parts, quality
from gpunn.insight.report.columns import columns
from gpunn.insight.report.errors import errors, square
from gpunn.insight.report.results import Results
from gpunn.model.fitted import Classifier

TRAINED = {"training": ", which it was trained on", "other": ", which it was not trained on", "unknown": ""}


def html_report(
    clf: Classifier,
    X: Any,
    y: Any,
    *,
    title: str = "gpunn report",
    how: str = "",
    X_train: Any = None,
    y_train: Any = None,
    image_shape: tuple[int, int] | None = None,
    row_numbers: Any = None,
) -> str:
    """Write a page on a classifier: what it learned, how it learned, what it gets wrong and why.

    The page has its pictures within it as SVG, follows the reader's light or dark theme, and can run nothing: names
    and labels are text in it, whatever they say.

    Parameters
    ----------
    clf : MLPClassifier
        Fitted, or loaded from a file.
    X : array-like (n, d) or frame
        Rows that were not trained on, as `clf.predict` takes them.
    y : array-like (n,), or (n, c) for multilabel problems
        Their labels.
    title : str, default="gpunn report"
    how : str, default=""
        A string that says how to reproduce the model, a command say; shown as it is.
    X_train, y_train : as X and y, optional
        The rows that were trained on. The findings are then about them, and the accuracy on them stands beside the
        other. Without them the findings are about X.
    image_shape : (height, width), optional
        Shape of a row as an image. Rows of 64 and more numbers that are a square number, and not columns of a table,
        are shown as images without it.
    row_numbers : array-like (n,) of int, optional
        Numbers by which the page refers to the rows of X, as in the file that they are from; from 0 without it.

    Returns
    -------
    str
        HTML in UTF-8 characters, to be written as UTF-8. Notebooks show it as a page.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        If rows and labels do not fit the classifier or each other.
    """
    pyplot("html_report")
    check_is_fitted(clf)
    if (X_train is None) != (y_train is None):
        raise ValueError("X_train and y_train must be given together, or neither.")
    results = Results.of(clf, X, y)
    training = None if X_train is None else Results.of(clf, X_train, y_train)
    if training is None:
        diagnosis = diagnose(clf, X, y)
        what = f"the {len(results):,} rows of this report{TRAINED[diagnosis.rows_are]}"
        score = diagnosis.training_score
    else:
        diagnosis = diagnose(clf, X_train, y_train, X_val=X, y_val=y)
        what = f"the {len(training):,} training rows, beside the {len(results):,} rows of this report"
        score = training.accuracy
    cost = diagnosis.cost if diagnosis.validation_cost is None else diagnosis.validation_cost
    numbers = np.arange(len(results)) if row_numbers is None else np.asarray(row_numbers)
    image_shape = image_shape or square(clf)
    names: list[str] = []
    matter = page.Html("")
    if image_shape is None:
        matter, names = columns(opened(clf, X, y, None, "end"))
    return page.page(
        title,
        parts.header(title, clf, results),
        quality.summary(results, score),
        quality.cost_beside(clf, results, cost),
        parts.findings(diagnosis, what),
        quality.classes(results),
        quality.trade_off(results),
        quality.calibration(results),
        matter,
        errors(clf, X, results, image_shape, numbers, names),
        parts.training(clf, diagnosis),
        parts.data(clf, results, None if training is None else len(training)),
        parts.network(clf),
        parts.origin(clf, X, how),
    )
