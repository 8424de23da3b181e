"""Hidden layers of tanh against sigmoid.

Digits, networks 64-30-10 and 64-30-30-30-10 with softmax outputs, Glorot weights, stochastic gradient descent in
minibatches of 32 without momentum. The tanh is a rescaled sigmoid with a steeper slope, so at one learning rate the two
cannot be compared: each has the rate of six with the lowest mean over the epochs of the training cost (median over
seeds).
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial

import numpy as np

import gpunn
from examples import common
from examples.common import BLUE, VERMILION, Claim, Outcome

RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
GOAL = 0.1  # of the training cost
NETWORKS = {"64-30-10": (30,), "64-30-30-30-10": (30, 30, 30)}
COLOURS = {"sigmoid": VERMILION, "tanh": BLUE}


def train(options, hidden, activation, rate, seed):
    """Training cost by epoch, and the share of test rows that is wrong at the end."""
    X, X_test, y, y_test = common.digits(seed)
    clf = gpunn.MLPClassifier(
        hidden, activation, solver="sgd", momentum=0, learning_rate_init=rate, batch_size=32, alpha=0,
        max_iter=3 if options.quick else 30, tol=0, n_iter_no_change=np.inf, random_state=seed, device=options.device,
    )  # fmt: skip
    common.fit(clf, X, y)
    return clf.loss_curve_, 1 - clf.score(X_test, y_test)


def experiment(options: argparse.Namespace) -> Outcome:
    best, rows = {}, []
    for name, hidden in NETWORKS.items():
        for activation in COLOURS:
            rate, runs = common.at_best_rate(
                partial(train, options, hidden, activation),
                common.rates(options, RATES),
                common.seeds(options, 3),
                lambda run: np.mean(run[0]),
            )
            best[name, activation] = runs
            epochs = statistics.median(common.first(curve, GOAL) for curve, _ in runs)
            cost = statistics.median(curve[-1] for curve, _ in runs)
            wrong = common.spread([wrong for _, wrong in runs], ".1%")
            rows.append((name, activation, f"{rate:g}", f"{epochs:.0f}", f"{cost:.4f}", wrong))
    return Outcome(
        ("network", "hidden", "best rate", "epochs to a cost of 0.1", "training cost at the end", "wrong on test rows"),
        rows,
        _claims(best),
        _figure(best),
        "Two panels with training cost by epoch on a logarithmic scale, one for each network: the curve of the tanh "
        "and that of the sigmoid, each with the range over the seeds.",
    )


def _claims(best):
    shallow, deep = NETWORKS
    epochs = {
        name: {a: [common.first(curve, GOAL) for curve, _ in best[name, a]] for a in COLOURS} for name in NETWORKS
    }
    factor = {n: [s / t for s, t in zip(found["sigmoid"], found["tanh"], strict=True)] for n, found in epochs.items()}
    wrong = {a: [w for _, w in best[shallow, a]] for a in COLOURS}
    goal = f"Epochs to a training cost of {GOAL}, each at its best rate"
    return [
        common.compared(
            "A tanh hidden layer learns faster than a sigmoid one.", goal, epochs[shallow], "tanh", "sigmoid", ".0f"
        ),
        Claim(
            "In a deeper network tanh is faster by a greater factor.",
            f"{goal}: {statistics.median(epochs[deep]['tanh']):.0f} with tanh; "
            f"{statistics.median(epochs[deep]['sigmoid']):.0f} with sigmoid. Factor by seed: "
            f"{common.listed(factor[deep], '.1f')}; with one hidden layer {common.listed(factor[shallow], '.1f')}.",
            common.lower(factor[shallow], factor[deep]),
        ),
        common.compared(
            "Networks of tanh generalise better than networks of sigmoids.",
            f"Test rows wrong, {shallow}",
            wrong,
            "tanh",
            "sigmoid",
            ".1%",
        ),
    ]


def _figure(best):
    figure, panels = common.figure(2, sharey=True)
    for axes, name in zip(panels, NETWORKS, strict=True):
        for activation, colour in COLOURS.items():
            common.by_epoch(axes, [curve for curve, _ in best[name, activation]], colour, activation)
        axes.set(title=name, yscale="log")
    panels[0].set_ylabel("training cost (log-likelihood)")
    panels[0].legend()
    return figure


main = common.command("tanh", experiment, __doc__)

if __name__ == "__main__":
    main()
