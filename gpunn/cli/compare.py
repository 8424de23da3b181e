"""gpunn compare: which of two or more models does better on rows with labels, and whether that is beyond chance."""

from __future__ import annotations

import argparse
import importlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpunn.cli import report
from gpunn.cli.sources import (
    Reader,
    Source,
    few,
    kind_of_labels,
    labelled_by_each,
    load,
    place,
    place_of_picture,
    target_of,
)
from gpunn.estimator import MLPClassifier
from gpunn.io import write_whole
from gpunn.model.predict import predict, predict_log_proba

if TYPE_CHECKING:
    from gpunn.insight import Comparison


def compare(options: argparse.Namespace) -> int:
    *paths, options.data = options.files
    if len(paths) < 2:
        raise ValueError(
            f"compare needs two or more models, and then a table: {' '.join(options.files)} are too few names."
        )
    for i, path in enumerate(paths):
        if path in paths[:i]:
            raise ValueError(f"{path} is given twice; name different models.")
    if options.plot:
        place_of_picture(options.plot, *paths, options.data, option="--plot")
    if options.report:
        place(options.report, *paths, options.data, option="--report")
        importlib.import_module("matplotlib")  # before the work, not after it
    loaded = {path: load(path, options.device) for path in paths}
    source = Source.of(options)
    comparison = _compared(loaded, source, _target(loaded, options.target), _classes(loaded))
    if options.plot:
        write_whole(options.plot, _picture(comparison, Path(options.plot).suffix[1:].lower()))
    if options.report:
        from gpunn.insight import comparison_report

        title = f"{' and '.join(_names(paths))} on {Path(str(source)).name}"
        write_whole(options.report, comparison_report(comparison, title=title).encode())
    if options.json:
        report.say(json.dumps(comparison.to_dict(), indent=2, ensure_ascii=False))
    else:
        report.say(f"{source}: {comparison}")
    return 0


def _target(loaded: Mapping[str, MLPClassifier], target: str | None) -> str:
    """The column with the labels of all the models."""
    (first, found), *others = [(path, target_of(clf, path, target)) for path, clf in loaded.items()]
    for path, other in others:
        if other != found:
            raise ValueError(
                f"{path} was trained on the labels in {other!r}, and {first} on those in {found!r}. Compare models of "
                "one column; if it has been renamed, give --target."
            )
    return found


def _classes(loaded: Mapping[str, MLPClassifier]) -> np.ndarray:
    """The classes of all the models."""
    (first, clf), *others = loaded.items()
    classes: np.ndarray = clf.classes_
    for path, other in others:
        kinds = kind_of_labels(classes), kind_of_labels(other.classes_)
        if kinds[0] != kinds[1] or not np.array_equal(classes, other.classes_):
            raise ValueError(
                f"{path} knows the classes {few(other.classes_)} ({kinds[1]}), and {first} knows {few(classes)} "
                f"({kinds[0]}). Compare models that were trained on the same classes."
            )
    return classes


def _compared(loaded: Mapping[str, MLPClassifier], source: Source, target: str, classes: np.ndarray) -> Comparison:
    """The models on the rows of a table, which is read once and in batches: 9 bytes a row and model are kept."""
    from gpunn.insight.compare import Answers, Comparison

    names = _names([*loaded])
    readers = [Reader(name, clf.features_, clf.theta_.dtype) for name, clf in zip(names, loaded.values(), strict=True)]
    bare = [clf._model.for_matrices() for clf in loaded.values()]
    true: list[np.ndarray] = []
    right: list[list[np.ndarray]] = [[] for _ in names]
    log_p: list[list[np.ndarray]] = [[] for _ in names]
    for number, X, y in labelled_by_each(readers, source, target, classes):
        codes = np.searchsorted(classes, y)
        if number == 0:
            true.append(codes)
        right[number].append(predict(bare[number], X) == y)
        of_true_class = np.take_along_axis(predict_log_proba(bare[number], X), codes[:, None], axis=1)[:, 0]
        log_p[number].append(of_true_class.astype(np.float64))
    answers = [Answers(*facts) for facts in zip(names, map(_joined, right), map(_joined, log_p), strict=True)]
    return Comparison.of(answers, _joined(true))


def _names(paths: Sequence[str]) -> list[str]:
    """The names of files, where they tell the models apart; else the paths as they were given."""
    names = [Path(path).name for path in paths]
    return names if len(set(names)) == len(names) else [*paths]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts)


def _picture(comparison: Comparison, form: str) -> bytes:
    """The comparison drawn as PNG or SVG."""
    from matplotlib.figure import Figure

    from gpunn.insight.displays.compare import CompareDisplay, figure_size

    figure = Figure(figsize=figure_size(len(comparison.models)), layout="constrained")
    axes: Any = figure.subplots(1, 2)
    CompareDisplay(comparison).plot(axes)
    drawn = io.BytesIO()
    figure.savefig(drawn, format=form, dpi=150)
    return drawn.getvalue()
