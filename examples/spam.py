"""A spam filter, from a CSV file to a report, with the command line alone.

    python -m examples.spam spambase.csv --target class --positive 1

The table (CSV, or an .npz file with X, y and names) is cut into two files, three quarters of the rows to train and one
to test. Then the commands `gpunn train`, `evaluate`, `report` and `predict`, with default settings; what follows is
read from the file of predictions. Without a table the breast cancer data of scikit-learn stands in, malignant or
benign: not mail, but a yes-or-no question on real measurements too.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_curve
from sklearn.model_selection import train_test_split

from examples import common
from examples.common import BLUE, CONTRADICTED, HELD, VERMILION, Claim, Outcome
from gpunn.cli import main as gpunn_command

THRESHOLDS = (0.5, 0.9, 0.99)


def table(options):
    """Header, rows and labels (texts), the name of the target, the positive class, and what the table is."""
    if options.table is None:
        data = load_breast_cancer()
        labels = data.target_names[data.target].tolist()
        return list(data.feature_names), data.data.tolist(), labels, "diagnosis", "malignant", "breast cancer"
    target, positive = options.target, options.positive
    if options.table.suffix == ".npz":
        with np.load(options.table, allow_pickle=False) as data:
            names, X, labels = data["names"].tolist(), data["X"].tolist(), data["y"].tolist()
        rows = [["" if value != value else value for value in row] for row in X]
    else:
        with open(options.table, newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
        if target not in names:
            raise SystemExit(f"--target {target!r} is not a column of {options.table}: {', '.join(names)}")
        place = names.index(target)
        labels = [row.pop(place) for row in rows]
        names.pop(place)
    return names, rows, list(map(str, labels)), target, positive, options.table.stem


def cut(options, folder):
    """Write train.csv and test.csv; returns the target, the labels for test, the positive class, and what it is."""
    names, rows, labels, target, positive, what = table(options)
    if positive not in labels:
        raise SystemExit(f"--positive {positive!r} is not among the labels: {', '.join(sorted(set(labels))[:10])}")
    parts = train_test_split(np.arange(len(rows)), test_size=0.25, stratify=labels, random_state=options.seed)
    for name, part in zip(("train", "test"), parts, strict=True):
        with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[*names, target], *([*rows[i], labels[i]] for i in part)])
    return target, np.array(labels)[parts[1]], positive, what


def run(*words):
    """A command of gpunn."""
    print("$ gpunn", *words)
    if gpunn_command(list(map(str, words))) != 0:
        raise SystemExit(f"gpunn {words[0]} failed")


def experiment(options: argparse.Namespace) -> Outcome:
    folder = options.output / "spam"
    folder.mkdir(parents=True, exist_ok=True)
    target, truth, positive, what = cut(options, folder)
    train, test, model, predictions = (folder / f for f in ("train.csv", "test.csv", "model.gpunn", "predictions.csv"))
    run("train", train, "--target", target, "--epochs", 100 if options.quick else 200, "--seed", options.seed,
        "--device", options.device, "--quiet", "-o", model)  # fmt: skip
    run("evaluate", model, test)
    run("report", model, test, "-o", folder / "report.html")
    run("predict", model, test, "-o", predictions)
    with open(predictions, newline="", encoding="utf-8") as file:
        p = np.array([float(row[f"p({positive})"]) for row in csv.DictReader(file)])
    yes = truth == positive
    rows = []
    for threshold in THRESHOLDS:
        called = p >= threshold
        rows.append(
            (f"p({positive}) >= {threshold}", f"{np.mean(called == yes):.1%}", f"{np.mean(called[yes]):.1%}",
             f"{np.mean(called[~yes]):.1%} ({np.sum(called & ~yes)} of {np.sum(~yes)})")
        )  # fmt: skip
    return Outcome(
        (f"{what}: called {positive} if", "right", f"{positive} found", "false alarms"),
        rows,
        _claims(p, yes, positive, what),
        _figure(p, yes, positive, what),
        f"Two panels. Histogram of the predicted probability of {positive}, the true classes in two colours: most rows "
        "stand at 0 or 1, on the right side. Share found against false alarms, with a mark at each threshold.",
    )


def _claims(p, yes, positive, what):
    right = [float(np.mean((p >= t) == yes)) for t in THRESHOLDS]
    found = [float(np.mean(p[yes] >= t)) for t in THRESHOLDS]
    alarms = [float(np.mean(p[~yes] >= t)) for t in THRESHOLDS]
    simple = max(yes.mean(), 1 - yes.mean())
    return [
        Claim(
            "A plain network with default settings gets more than nine in ten rows right.",
            f"{what}: {right[0]:.1%} of {len(yes)} rows it never saw; the more frequent class alone gets {simple:.1%}.",
            HELD if right[0] > max(0.9, simple) else CONTRADICTED,
        ),
        Claim(
            "The threshold decides which errors are made: a higher one loses fewer good rows and finds less.",
            f"At thresholds of {common.listed(THRESHOLDS, 'g')} false alarms are {common.listed(alarms, '.1%')}, and "
            f"{common.listed(found, '.1%')} of {positive} is found.",
            HELD if alarms[0] > alarms[-1] and found[0] > found[-1] else CONTRADICTED,
        ),
    ]


def _figure(p, yes, positive, what):
    figure, (left, right) = common.figure(2)
    bins = np.linspace(0, 1, 26)
    left.hist(p[~yes], bins, color=BLUE, alpha=0.7, label=f"not {positive}")
    left.hist(p[yes], bins, color=VERMILION, alpha=0.7, label=positive)
    left.set(xlabel=f"predicted probability of {positive}", ylabel="rows", yscale="log", title=f"{what}, test rows")
    left.legend(loc="upper center")
    alarms, found, _ = roc_curve(yes, p)
    right.step(100 * alarms, 100 * found, where="post", color=BLUE)
    for threshold, marker in zip(THRESHOLDS, "os^", strict=True):
        x, y = 100 * np.mean(p[~yes] >= threshold), 100 * np.mean(p[yes] >= threshold)
        right.plot(x, y, marker, color=VERMILION, label=f"threshold {threshold}", markersize=8)
    right.set(xlabel="false alarms (%)", ylabel=f"{positive} found (%)", xlim=(-0.5, 20), ylim=(60, 101))
    right.legend(loc="lower right")
    return figure


def arguments(parser):
    parser.add_argument("table", nargs="?", type=Path, help="CSV or .npz (default: breast cancer data)")
    parser.add_argument("--target", default="class", help="the column with the labels (default: class)")
    parser.add_argument("--positive", default="1", help="the label of what is to be found (default: 1)")


main = common.command("spam", experiment, __doc__, arguments)

if __name__ == "__main__":
    main()
