"""The rectifiers against each other, and the slopes that PReLU learns.

Digits, 64-64-64-64-10 with softmax outputs, He's weights, stochastic gradient descent with momentum 0.9 in minibatches
of 32; a sigmoid network of the same shape for comparison. Each has the rate of three with the lowest mean over the
epochs of the training cost (median over seeds). After training: the share of hidden units that are dead (not positive
for any training row) in the ReLU networks, and the learned slopes of PReLU by layer.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial

import numpy as np

import gpunn
from examples import common
from examples.common import BLACK, BLUE, CONTRADICTED, GREEN, HELD, IN_PART, ORANGE, VERMILION, Claim, Outcome

KINDS = {  # activation, colour, line
    "sigmoid": ("sigmoid", BLUE, "-"),
    "ReLU": ("relu", BLACK, "-"),
    "leaky ReLU": ("leaky_relu", ORANGE, "--"),
    "PReLU": ("prelu", GREEN, "-"),
}
RATES = (0.01, 0.03, 0.1)
HIDDEN = (64, 64, 64)


def train(options, activation, rate, seed):
    X, X_test, y, y_test = common.digits(seed)
    clf = gpunn.MLPClassifier(
        HIDDEN, activation, solver="sgd", learning_rate_init=rate, batch_size=32, alpha=0, weight_init="he_normal",
        max_iter=3 if options.quick else 30, tol=0, n_iter_no_change=np.inf, random_state=seed, device=options.device,
    )  # fmt: skip
    common.fit(clf, X, y)
    return {
        "curve": clf.loss_curve_,
        "wrong": 1 - clf.score(X_test, y_test),
        "dead": dead(clf, X),
        "slopes": slopes(clf) if activation == "prelu" else None,
    }


def dead(clf, X):
    """Share of the units of each hidden layer that no row makes positive."""
    device = gpunn.get_device(clf.device)
    theta = device.asarray(clf.theta_)
    _, tape = clf.network_.forward(device.xp, theta, device.asarray(X, theta.dtype))
    return [float(np.mean(np.all(device.to_host(trace.z) <= 0, axis=0))) for trace in tape[:-1]]


def slopes(clf):
    """The learned slopes (n,) of each hidden layer."""
    return [layer.learned["slope"].of(np, clf.theta_) for layer in clf.network_.layers[:-1]]


def experiment(options: argparse.Namespace) -> Outcome:
    runs, rows = {}, []
    for name, (activation, _, _) in KINDS.items():
        rate, runs[name] = common.at_best_rate(
            partial(train, options, activation),
            common.rates(options, RATES),
            common.seeds(options, 5),
            lambda run: np.mean(run["curve"]),
        )
        soon = common.spread([common.first(run["curve"], 0.1) for run in runs[name]], ".0f")
        ends = common.spread([run["curve"][-1] for run in runs[name]], ".5f")
        rows.append((name, f"{rate:g}", soon, ends, common.spread([run["wrong"] for run in runs[name]], ".1%")))
    by_layer = [np.concatenate(layer) for layer in zip(*(run["slopes"] for run in runs["PReLU"]), strict=True)]
    return Outcome(
        ("hidden layers", "best rate", "epochs to a cost of 0.1", "cost at the end", "wrong on test rows"),
        rows,
        _claims(runs, by_layer),
        _figure(runs, by_layer),
        "Two panels. Training cost by epoch on a logarithmic scale: the three rectifiers fall together, the sigmoid "
        "network lags. Box plots of PReLU's learned slopes in hidden layers 1 to 3, beside the initial 0.25.",
    )


def _claims(runs, by_layer):
    soon = {name: [common.first(run["curve"], 0.1) for run in found] for name, found in runs.items()}
    wrong = {name: [run["wrong"] for run in found] for name, found in runs.items()}
    share = [statistics.mean(layer) for layer in zip(*(run["dead"] for run in runs["ReLU"]), strict=True)]
    middle = [[float(np.median(layer)) for layer in run["slopes"]] for run in runs["PReLU"]]
    falling = [a > b > c for a, b, c in middle]
    moved = [float(np.median(np.abs(layer - 0.25))) for layer in by_layer]
    return [
        common.compared(
            "Rectifiers train deep networks faster than sigmoids.",
            "Epochs to a training cost of 0.1",
            soon,
            "ReLU",
            "sigmoid",
            ".0f",
        ),
        common.compared(
            "Leaky ReLU repairs ReLU, whose units die.",
            "Test rows wrong",
            wrong,
            "leaky ReLU",
            "ReLU",
            ".1%",
            f"Dead units by hidden layer of the ReLU networks: {common.listed(share, '.1%')}.",
        ),
        common.compared(
            "Learning the slope (PReLU) beats a fixed one.", "Test rows wrong", wrong, "PReLU", "leaky ReLU", ".1%"
        ),
        Claim(
            "The learned slopes are greater in early layers (He et al. 2015 saw that in convolutional networks).",
            f"Medians by layer: {common.listed([np.median(layer) for layer in by_layer], '.2f')}, from 0.25 at the "
            f"start (half of the units moved by more than {common.listed(moved, '.2f')}). They fall from layer to "
            f"layer with {sum(falling)} of {len(falling)} seeds.",
            HELD if all(falling) else IN_PART if 2 * sum(falling) > len(falling) else CONTRADICTED,
        ),
    ]


def _figure(runs, by_layer):
    figure, (left, right) = common.figure(2)
    for name, (_, colour, line) in KINDS.items():
        common.by_epoch(left, [run["curve"] for run in runs[name]], colour, name, line)
    left.set(ylabel="training cost", yscale="log", title="median and range of the seeds")
    left.legend()
    right.boxplot(by_layer, medianprops={"color": VERMILION, "linewidth": 2}, flierprops={"markersize": 3})
    right.axhline(0.25, color=GREEN, linestyle="--", label="at the start")
    right.set(xlabel="hidden layer", ylabel="slope for z < 0", title="slopes that PReLU learned, all seeds")
    right.legend()
    return figure


main = common.command("rectifiers", experiment, __doc__)

if __name__ == "__main__":
    main()
