"""The parts of the report about what is right: figures, classes and how they are confused, calibration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay, RocCurveDisplay

from gpunn.insight.displays.style import SERIES, as_text, printable
from gpunn.insight.report import page
from gpunn.insight.report.page import Html
from gpunn.insight.report.picture import picture
from gpunn.insight.report.results import Results
from gpunn.model.fitted import Classifier
from gpunn.nn.costs import CrossEntropy, LogLikelihood

MOST_CLASSES = 50  # in the table of classes
NUMBERED = 12  # classes of a confusion matrix whose cells have room for numbers
NAMED = 28  # classes whose names have room on the sides of it
DRAWN = 100  # classes of a confusion matrix that can be looked at
BINS = 10
SAME = 1e-3  # difference of cost and log-loss, absolute or relative, that rounding may make
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def summary(results: Results, training_score: float | None) -> Html:
    """The figures that are asked for first, each beside what it is without looking at the inputs."""
    multilabel = results.multilabel
    facts = [("all labels right" if multilabel else "accuracy", f"{results.accuracy:.2%}")]
    if not multilabel:
        facts.append(("most common class", f"{results.commonest[1]:.2%}"))
    if training_score is not None:
        facts.append(("on training rows", f"{training_score:.2%}"))
    if not multilabel:
        facts.append(("balanced accuracy", f"{results.balanced_accuracy:.2%}"))
    facts += [("log-loss", f"{results.log_loss:.4f}"), ("log-loss of class shares", f"{results.blind_log_loss:.4f}")]
    if results.roc_auc is not None:
        facts.append(("ROC AUC", f"{results.roc_auc:.4f}"))
    facts += [
        ("macro F1", f"{results.per_class[:, 2].mean():.4f}"),
        ("wrong rows", f"{int(np.sum(~results.right)):,} of {len(results):,}"),
    ]
    return page.tiles(facts)


def cost_beside(clf: Classifier, results: Results, cost: float) -> Html:
    """The mean cost of the rows and why it is not their log-loss, where the two differ."""
    if math.isclose(cost, results.log_loss, rel_tol=SAME, abs_tol=SAME):
        return Html("")
    function, one_each = clf.head_.cost_function, results.multilabel or clf.network_.sizes[-1] == 1
    if not isinstance(function, (LogLikelihood, CrossEntropy)):
        why = f"it is {type(function).__name__}, which is another function of the outputs"
    elif isinstance(function, CrossEntropy) and not one_each:
        why = "it is the cross-entropy of all outputs, and the log-loss that of the true class alone"
    elif clf.class_weight is not None:
        why = "it counts rows by class_weight"
    else:
        why = "it is computed from the logits, and the log-loss from probabilities that are bounded away from 0"
    return page.paragraph(f"The mean cost of these rows is {cost:.4f} and not their log-loss, since {why}.", soft=True)


def trade_off(results: Results) -> Html:
    """Effect of a threshold on the probability of the second of two classes; nothing for other problems."""
    p, true = results.confidence
    if results.multilabel or len(results.classes) != 2 or true.all() or not true.any() or not np.isfinite(p).all():
        return Html("")
    second, n = results.classes[1], len(results)

    def roc(ax: Any) -> None:
        RocCurveDisplay.from_predictions(true, p, ax=ax, name="model", plot_chance_level=True)
        _finished(ax, "false positive rate", "true positive rate (recall)", ["model", "chance"], "lower right")

    def precision_recall(ax: Any) -> None:
        PrecisionRecallDisplay.from_predictions(true, p, ax=ax, name="model", plot_chance_level=True)
        _finished(ax, "recall", "precision", ["model", "chance"], "upper right")

    if p.min() == p.max():
        return page.section(
            "Thresholds",
            page.paragraph(f"Left out: the probability of {printable(second, 24)} is {p[0]:.3g} in all rows."),
        )
    rows = []
    for threshold in THRESHOLDS:
        said = p >= threshold
        hits = int(np.sum(said & true))
        rows.append((
            f"{threshold:g}", f"{np.mean(said):.1%}", f"{hits / said.sum():.3f}" if said.any() else "none",
            f"{hits / true.sum():.3f}", f"{2 * hits / (said.sum() + true.sum()):.3f}", f"{np.mean(said == true):.2%}",
        ))  # fmt: skip
    head = ("threshold", "predicted so", "precision", "recall", "F1", "accuracy")
    name = printable(second, 24)
    if any(p.min() < threshold <= p.max() for threshold in THRESHOLDS):
        table = page.table(f"Class {name} at each threshold", head, rows, numbers=range(6))
    else:
        table = page.paragraph(
            f"A table of thresholds is left out: all probabilities of {name} are between {p.min():.4g} and "
            f"{p.max():.4g}."
        )
    curves = [
        picture("roc", "ROC curve", f"Area {results.roc_auc:.4f}, on {n:,} rows.", roc, (4.2, 3.8)),
        picture("precision-recall", "Precision and recall", f"Average precision {results.average_precision:.4f}.",
                precision_recall, (4.2, 3.8)),
    ]  # fmt: skip
    return page.section(
        "Thresholds",
        page.paragraph(
            f"Rows are predicted to be {name} where its probability is at least the threshold, which is 0.5 unless the "
            "parameter threshold says otherwise."
        ),
        page.pictures(curves),
        table,
    )


def _finished(ax: Any, x: str, y: str, names: list[str], place: str) -> None:
    lines = ax.get_lines()
    lines[0].set_color(SERIES[0])
    lines[1].set_color("#808080")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.legend(lines[:2], names, loc=place, frameon=False)
    ax.grid(alpha=0.5)


def classes(results: Results) -> Html:
    """Precision, recall and F1 of each class; of very many the worst."""
    order = np.arange(len(results.classes))
    caption = "Each label" if results.multilabel else "Each class"
    if len(order) > MOST_CLASSES:
        order = np.argsort(results.per_class[:, 2], kind="stable")[:MOST_CLASSES]
        caption = f"The {MOST_CLASSES} of {len(results.classes):,} classes with the lowest F1"
    rows = []
    for i in order:
        precision, recall, f1, n = results.per_class[i]
        rows.append((results.classes[i], f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", f"{int(n):,}"))
    head = ("label" if results.multilabel else "class", "precision", "recall", "F1", "rows")
    return page.section("Classes", page.table(caption, head, rows, numbers=range(1, 5)), *_confusion(results))


def _confusion(results: Results) -> list[Html]:
    parts = [page.heading("Confused classes")]
    if results.multilabel:
        return [*parts, page.paragraph("Left out: a row of a multilabel problem has no single class to confuse.")]
    n, matrix = len(results.classes), results.confusion
    if n <= DRAWN:
        display = ConfusionMatrixDisplay(matrix, display_labels=[as_text(c, 12) for c in results.classes.tolist()])
        side = 1.7 + 0.31 * n if n <= NUMBERED else 3.4 + 0.05 * n  # of inches
        drawn = picture(
            "confusion",
            "Confusion matrix",
            f"Rows by true and predicted class; {int(np.trace(matrix)):,} of {len(results):,} stand on the diagonal.",
            lambda ax: _draw_confusion(ax, display, n),
            (side + 0.5, side),
            least=min(0.8 * side, 6.0),
        )
        parts.append(page.scroll("Confusion matrix", drawn))
    else:
        parts.append(page.paragraph(f"The matrix of {n:,} classes is too large to look at and left out."))
    wrong = matrix * (1 - np.eye(n, dtype=int))
    most = np.argsort(-wrong, axis=None, kind="stable")[:10]
    pairs = [
        (results.classes[i], results.classes[j], f"{wrong[i, j]:,}", f"{wrong[i, j] / matrix[i].sum():.1%}")
        for i, j in zip(*np.unravel_index(most, wrong.shape), strict=True)
        if wrong[i, j]
    ]
    if pairs:
        head = ("true class", "predicted", "rows", "of the true class")
        parts.append(page.table("Most often confused", head, pairs, numbers=[2, 3]))
    return parts


def _draw_confusion(ax: Any, display: Any, n: int) -> None:
    rotation = "vertical" if max(len(label) for label in display.display_labels) > 3 else "horizontal"
    display.plot(ax=ax, cmap="Blues", values_format="d", include_values=n <= NUMBERED, colorbar=n > NUMBERED,
                 xticks_rotation=rotation, text_kw={"fontsize": 8})  # fmt: skip
    if n > NUMBERED:  # as many names as can be read
        every = slice(None, None, math.ceil(n / NAMED))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks(np.arange(n)[every], display.display_labels[every])
        ax.tick_params(labelsize=7)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")


def calibration(results: Results) -> Html:
    """Calibration of the probabilities."""
    believed, true = results.confidence
    if not np.all(np.isfinite(believed)):
        return page.section("Calibration", page.paragraph("Left out: some of the probabilities are no numbers."))
    if results.multilabel:
        event = "a label being there"
    elif len(results.classes) == 2:
        event = f"class {printable(results.classes[1], 24)}"
    else:
        event = "the predicted class being right"
    axis, share = f"probability of {event}", "how often it was so"
    gap = expected_error(believed, true)

    def draw(ax: Any) -> None:
        CalibrationDisplay.from_predictions(true, believed, n_bins=BINS, ax=ax, name="model", color=SERIES[0])
        ax.set_xlabel(as_text(axis, 60))
        ax.set_ylabel(share)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.legend(["ideal", "model"], loc="best", frameon=False)
        ax.grid(alpha=0.5)

    what = page.paragraph(
        f"Where the {axis} is given as p, it should be so in a share p of the cases. The mean distance from that, "
        f"over {BINS} bins of p, is {gap:.3f} (expected calibration error)."
    )
    if len(np.unique(bins_of(believed))) == 1:  # a picture of one point
        alike = f"All p are in one bin: their mean is {believed.mean():.3f}, and it was so in {true.mean():.1%} of the "
        return page.section("Calibration", what, page.paragraph(f"{alike}cases."))
    return page.section(
        "Calibration",
        what,
        page.pictures(
            [picture("calibration", "Reliability", f"{share.capitalize()}, against the {axis}.", draw, (4.2, 3.8))]
        ),
    )


def bins_of(believed: np.ndarray) -> np.ndarray:
    """Number of the bin of each probability (n,), among `BINS` of equal width."""
    place: np.ndarray = np.minimum((believed * BINS).astype(int), BINS - 1)
    return place


def expected_error(believed: np.ndarray, true: np.ndarray) -> float:
    """Mean over rows of the distance between mean probability and share of truth in the row's bin.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
    """
    place = bins_of(believed)
    gaps = np.bincount(place, true.astype(float), BINS) - np.bincount(place, believed, BINS)
    return float(np.sum(np.abs(gaps)) / len(believed))
