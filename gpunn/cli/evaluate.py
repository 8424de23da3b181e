"""gpunn evaluate: how well a model does on rows with labels."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

from gpunn.cli import report
from gpunn.cli.scores import Scores
from gpunn.cli.sources import Source, labelled, load, place_of_picture, target_of
from gpunn.io import write_whole


def evaluate(options: argparse.Namespace) -> int:
    if options.confusion:
        place_of_picture(options.confusion, options.model, options.data, option="--confusion")
    clf = load(options.model, options.device)
    source = Source.of(options)
    rows = labelled(
        clf.features_, source, clf.theta_.dtype, target_of(clf, options.model, options.target), clf.classes_
    )
    scores = Scores.of(clf._model.for_matrices(), rows)
    if options.confusion:
        write_whole(options.confusion, picture(scores, Path(options.confusion).suffix[1:].lower()))
    if options.json:
        report.say(json.dumps(scores.to_dict(), indent=2, ensure_ascii=False))
    else:
        report.evaluation(scores, str(source), by_class=True)
    return 0


def picture(scores: Scores, form: str) -> bytes:
    """The confusion matrix drawn as PNG or SVG; text in labels is never read as mathematics."""
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay

    names = [report.shown(label) for label in scores.classes.tolist()]
    few = len(names) <= report.SHOWN_CLASSES
    side = min(20.0, 3 + 0.5 * len(names))
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.subplots()
    display = ConfusionMatrixDisplay(scores.confusion)
    display.plot(ax=axes, include_values=few, cmap="Blues", values_format="d", colorbar=not few)
    if few:
        places = range(len(names))
        long: dict[str, Any] = (
            {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
        )
        axes.set_xticks(places, names, parse_math=False, **long)
        axes.set_yticks(places, names, parse_math=False)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.set_title(f"{scores.n:,} rows, accuracy {scores.accuracy:.2%}", parse_math=False)
    drawn = io.BytesIO()
    figure.savefig(drawn, format=form, dpi=150)
    return drawn.getvalue()
