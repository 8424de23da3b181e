"""gpunn inspect and gpunn report: what a model is, and what ails it."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

import numpy as np

from gpunn import io
from gpunn.cli import report
from gpunn.cli.curves import drawing
from gpunn.cli.sources import Source, labelled_table, load, place, target_of
from gpunn.estimator import MLPClassifier
from gpunn.model.fitted import name_of as name_of_activation
from gpunn.nn.costs import COSTS
from gpunn.shown import printable

WIDTH = 60  # of curves
SHOWN_CLASSES = 10
SHOWN_COLUMNS = 30


def inspect(options: argparse.Namespace) -> int:
    clf = load(options.model, options.device)
    found = None
    if options.data:
        from gpunn.insight import diagnose

        target = target_of(clf, options.model, options.target)
        found = diagnose(first_network(clf), *labelled_table(clf.features_, Source.of(options), target, clf.classes_))
    _network(clf, options.model)
    _columns_and_classes(clf)
    _history(clf)
    if found is not None:
        report.say(f"\n{Source.of(options)}")
        report.say(str(found))
    return 0


def page(options: argparse.Namespace) -> int:
    output = options.output or Path(options.model).with_suffix(".html")
    place(output, options.model, options.data)
    importlib.import_module("matplotlib")  # before the work, not after it
    clf = load(options.model, options.device)
    target = target_of(clf, options.model, options.target)
    X, y = labelled_table(clf.features_, Source.of(options), target, clf.classes_)
    title = f"{Path(options.model).name} on {Path(str(Source.of(options))).name}"
    write_page(output, clf, X, y, title, options.how, np.arange(1, len(y) + 1))
    return 0


def write_page(
    path: str | Path, clf: MLPClassifier, X: Any, y: np.ndarray, title: str, how: str, row_numbers: np.ndarray
) -> None:
    """Write a page (HTML) about a classifier and rows X (n rows of a table) with labels y (n,); ``row_numbers`` (n,)
    are those of the file, from 1."""
    from gpunn.insight import html_report

    one = first_network(clf)
    io.write_whole(path, html_report(one, X, y, title=title, how=how, row_numbers=row_numbers).encode())
    report.say(f"report written to {path}")


def first_network(clf: MLPClassifier) -> MLPClassifier:
    """The network that is examined: of several the first, which is said."""
    if clf.n_members > 1:
        report.say(f"only the first of {clf.n_members} networks is examined; predictions average all of them")
    return clf.member(0)


def _network(clf: MLPClassifier, name: str) -> None:
    network = clf.network_
    report.say(f"{name}: {report.sizes(clf)}, {network.n_parameters:,} parameters, {clf.theta_.dtype}")
    names = [*(name_of_activation(layer.activation) for layer in network.layers[:-1]), clf.out_activation_]
    lines = []
    for number, (layer, activation) in enumerate(zip(network.layers, names, strict=True), 1):
        learned = [part.stop - part.start for part in layer.learned.values()]
        counts = [layer.W.stop - layer.W.start, layer.b.stop - layer.b.start, sum(learned)]
        what = "output" if layer is network.layers[-1] else f"hidden {number}"
        lines.append([what, activation, *(f"{n:,}" for n in [layer.n_in, layer.n_out, *counts])])
    report.table(["layer", "activation", "inputs", "neurons", "weights", "biases", "of activation"], lines, left=2)
    if network.embeddings:
        n_categories = sum(embedding.n_categories for embedding in network.embeddings)
        n_learned = sum(table.stop - table.start for table in network.tables)
        what = f"{n_categories:,} categories in {network.n_embedded} inputs, {n_learned:,} parameters"
        report.say(f"  embedding {what}")
    costs = {kind: name for name, kind in COSTS.items()}
    report.say(f"  cost      {costs[type(clf.head_.cost_function)]}")


def _columns_and_classes(clf: MLPClassifier) -> None:
    labels = [printable(report.shown(label)) for label in clf.classes_.tolist()]
    few = ", ".join(labels[:SHOWN_CLASSES]) + (", ..." if len(labels) > SHOWN_CLASSES else "")
    target = f" of {printable(clf.target_)}" if hasattr(clf, "target_") else ""
    report.say(f"{len(labels)} classes{target}: {few}")
    report.say(f"{clf.features_.n_in} columns as {clf.features_.n_inputs} inputs")
    head, *lines = str(clf.features_).splitlines()
    for line in [head, *lines[:SHOWN_COLUMNS]]:
        report.say(f"    {line}")
    if len(lines) > SHOWN_COLUMNS:
        report.say(f"    ... ({len(lines) - SHOWN_COLUMNS} more)")


def _history(clf: MLPClassifier) -> None:
    history = clf.history_
    report.say(f"trained with {clf.solver}")
    report.ended(clf, history.seconds[-1] if history.seconds else 0.0)
    seen = history.summary
    if seen is not None:
        right = f"{seen.score:.2%} right, cost {seen.cost:.4g} without penalties"
        report.say(f"  rows      {seen.n_rows:,} trained on, {right}")
    if history.profile is not None:
        report.say(f"  time      {history.profile}")
        if history.profile.advice:
            report.say(f"            {history.profile.advice}")
    for line in drawing("    cost", history.cost, WIDTH):
        report.say(line)
    if history.validation_score:
        for line in drawing(f"    validation {report.score_of(clf)}", history.validation_score, WIDTH):
            report.say(line)
