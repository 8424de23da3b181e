"""The part of the report about the worst errors: as images where inputs are images, else as values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np

from gpunn.features import frames
from gpunn.insight.displays.layers import image_shape
from gpunn.insight.displays.sample import encoded
from gpunn.insight.report import page
from gpunn.insight.report.page import Html
from gpunn.insight.report.picture import image_of
from gpunn.insight.report.results import Results
from gpunn.model.fitted import Classifier

WORST = 12  # rows
MOST_VALUES = 10  # of a row
SMALLEST_IMAGE = 64  # numbers that are an image when nothing says so


def errors(
    clf: Classifier,
    X: Any,
    results: Results,
    shape: tuple[int, int] | None,
    row_numbers: np.ndarray,
    matter: Sequence[str],
) -> Html:
    """The wrong rows whose truth was given the least probability.

    Parameters
    ----------
    shape : (height, width) or None
        Shape of a row as an image; None where it is none.
    row_numbers : ndarray (n,) of int
        Numbers by which the rows are referred to.
    matter : sequence of str
        Names of columns, those first that matter most.
    """
    wrong = np.flatnonzero(~results.right)
    if not wrong.size:
        return page.section("Worst errors", page.paragraph("None: every row is right."))
    worst = wrong[np.argsort(-results.costs[wrong], kind="stable")][:WORST]
    about = (
        f"The {len(worst)} of {len(wrong):,} wrong rows whose truth was given the least probability. Rows are counted "
        f"{'as in the table, from 1' if row_numbers.size and row_numbers.min() else 'from 0'}."
    )
    shown = (
        _values(clf, X, results, worst, row_numbers, matter)
        if shape is None
        else _images(clf, X, results, worst, row_numbers, shape)
    )
    return page.section("Worst errors", page.paragraph(about), shown)


def square(clf: Classifier) -> tuple[int, int] | None:
    """The shape of a row that has the size of a square image, if it is not made of the columns of a table."""
    n = clf.network_.n_columns
    if n < SMALLEST_IMAGE or hasattr(clf, "features_") or math.isqrt(n) ** 2 != n:
        return None
    return image_shape(n, None)


def _images(
    clf: Classifier, X: Any, results: Results, worst: np.ndarray, row_numbers: np.ndarray, shape: tuple[int, int]
) -> Html:
    rows = encoded(clf, X)[worst]
    limits = float(rows.min()), float(rows.max())
    cells = []
    for i, row in zip(worst, rows, strict=True):
        true, predicted, p = _said(results, i)
        said = f"true {true}, predicted {predicted}"
        image = image_of(row, image_shape(row.size, shape), limits, f"row {row_numbers[i]}: {said}")
        caption = f"row {row_numbers[i]}<br>{page.text(said)}<br>p(true) = {p}"
        cells.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
    return Html(f'<div class="rows">\n{"".join(cells)}\n</div>')


def _values(
    clf: Classifier, X: Any, results: Results, worst: np.ndarray, row_numbers: np.ndarray, matter: Sequence[str]
) -> Html:
    names, rows = _named(clf, X, worst)
    place = {name: i for i, name in enumerate(matter)}
    # inputs that have no name of their own are called so by what ranks them
    rank = [place.get(str(name), place.get(f"input {j}", len(place))) for j, name in enumerate(names)]
    columns = sorted(range(len(names)), key=rank.__getitem__)[:MOST_VALUES]
    n = len(names)
    which = f"The {n} values" if n <= MOST_VALUES else f"The {MOST_VALUES} of {n:,} values that matter most"
    said = [_said(results, i) for i in worst]
    shown = 2 if len(worst) > 1 and len({p for *_, p in said}) == 1 else 3  # a p that is the same in all tells nothing
    head = ("row", *("true", "predicted", "p(true)")[:shown], *(names[column] for column in columns))
    lines = [
        (row_numbers[i], *answer[:shown], *(_shown(row[column]) for column in columns))
        for i, answer, row in zip(worst, said, rows, strict=True)
    ]
    numbers = [place for place, column in enumerate(columns, shown + 1) if not isinstance(rows[0][column], str)]
    caption = f"{which} of each row" + ("" if shown == 3 else f"; p(true) is {said[0][2]} in all")
    return page.table(caption, head, lines, numbers=[*range(3, shown + 1), *numbers])


def _named(clf: Classifier, X: Any, index: np.ndarray) -> tuple[list[Any], list[Any]]:
    """Names of columns, and the rows of an index: a frame's own, before they are encoded."""
    if frames.is_frame(X):
        return frames.column_names(X), nw.from_native(frames.native(X), eager_only=True)[index.tolist()].rows()
    features = getattr(clf, "features_", None)
    if features is not None:  # trained on a frame, and given its numbers alone
        return list(features.names_in), list(np.asarray(X)[index])
    rows = encoded(clf, X)[index]
    names = getattr(clf, "feature_names_in_", [f"x{i}" for i in range(rows.shape[1])])
    return list(names), list(rows)


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)


def _said(results: Results, i: int) -> tuple[str, str, str]:
    """True class, predicted class, and the probability of the true class."""
    return results.name(results.T[i]), results.name(results.P[i]), f"{np.exp(-results.costs[i]):.2g}"
