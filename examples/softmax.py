"""Softmax: outputs that are a distribution.

Digits, 64-30-10 with a sigmoid hidden layer, trained alike (Adam, rate 0.01, minibatches of 32, 20 epochs) with
sigmoid outputs and cross-entropy, and with softmax outputs and log-likelihood. On rows for test: what the ten outputs
sum to, the share that is wrong, and the log-loss of the probabilities (those of sigmoid outputs divided by their sum).
"""

from __future__ import annotations

import argparse
import statistics

import numpy as np

import gpunn
from examples import common
from examples.common import BLUE, CONTRADICTED, HELD, VERMILION, Claim, Outcome

KINDS = {
    "sigmoid, cross-entropy": ("sigmoid", "cross_entropy", VERMILION),
    "softmax, log-likelihood": ("softmax", "log_likelihood", BLUE),
}


def outputs(clf, X):
    """The outputs of the network (n, 10), before anything is made of them."""
    device = gpunn.get_device(clf.device)
    theta = device.asarray(clf.theta_)
    z = clf.network_.logits(device.xp, theta, device.asarray(X, theta.dtype))
    return device.to_host(clf.head_.outputs(device.xp, z))


def experiment(options: argparse.Namespace) -> Outcome:
    sums = {name: [] for name in KINDS}
    loss, curves = ({name: [] for name in KINDS} for _ in range(2))
    for seed in common.seeds(options, 5):
        X, X_test, y, y_test = common.digits(seed)
        for name, (activation, cost, _) in KINDS.items():
            clf = gpunn.MLPClassifier(
                (30,), "sigmoid", output_activation=activation, cost=cost, learning_rate_init=0.01, batch_size=32,
                random_state=seed, device=options.device,
            )  # fmt: skip
            curve = common.wrong_by_epoch(clf, 3 if options.quick else 20, X, y, X_test, y_test)
            curves[name].append(curve)
            loss[name].append(-float(np.mean(clf.predict_log_proba(X_test)[np.arange(len(y_test)), y_test])))
            sums[name] += outputs(clf, X_test).sum(axis=1).tolist()
    rows = [
        (
            name,
            f"{min(sums[name]):.3f} to {max(sums[name]):.3f}",
            common.spread([curve[-1] for curve in curves[name]], ".1%"),
            common.spread(loss[name]),
        )
        for name in KINDS
    ]
    return Outcome(
        ("outputs, cost", "sum of the outputs", "wrong on test rows", "log-loss on test rows"),
        rows,
        _claims(sums, curves, loss),
        _figure(sums, curves),
        "Two panels. Histogram of the sum of the outputs: a narrow peak at 1 for softmax, a broad hump for sigmoids. "
        "Share of test digits wrong by epoch: two curves close together.",
    )


def _claims(sums, curves, loss):
    separate, joint = KINDS
    wrong = {name: [curve[-1] for curve in found] for name, found in curves.items()}
    soon = {name: [common.first(curve, 0.1) for curve in found] for name, found in curves.items()}
    off = statistics.mean(abs(s - 1) > 0.05 for s in sums[separate])
    most = max(abs(s - 1) for s in sums[joint])
    return [
        Claim(
            "Softmax outputs sum to 1: a distribution over the classes.",
            f"On all test rows within {most:.0e}, the rounding of float32.",
            HELD if most < 1e-5 else CONTRADICTED,
        ),
        Claim(
            "Sigmoid outputs do not: each is a yes or no of its own.",
            f"The sums go from {min(sums[separate]):.2f} to {max(sums[separate]):.2f}; {off:.0%} are off by more than "
            "0.05.",
            HELD if off > 0.1 else CONTRADICTED,
        ),
        common.compared(
            "Softmax with log-likelihood learns faster than sigmoids with cross-entropy.",
            "Epochs until no more than 10% of the test rows are wrong",
            soon,
            joint,
            separate,
            ".0f",
        ),
        common.compared(
            "Softmax with log-likelihood ends with fewer errors than sigmoids with cross-entropy.",
            "Test rows wrong in the end",
            wrong,
            joint,
            separate,
            ".1%",
        ),
        common.compared(
            "The probabilities of softmax with log-likelihood are better than those of sigmoids.",
            "Log-loss on test rows",
            loss,
            joint,
            separate,
            ".3f",
        ),
    ]


def _figure(sums, curves):
    figure, (left, right) = common.figure(2)
    bins = np.linspace(0, 2, 41)
    for name, (_, _, colour) in KINDS.items():
        left.hist(sums[name], bins, color=colour, alpha=0.7, label=name)
        common.by_epoch(right, 100 * np.array(curves[name]), colour, name)
    left.set(xlabel="sum of the ten outputs", ylabel="test rows", yscale="log", title="is it a distribution?")
    right.set(ylabel="test digits wrong (%)", ylim=(0, 20), title="does it learn better?")
    left.legend(loc="upper left")
    return figure


main = common.command("softmax", experiment, __doc__)

if __name__ == "__main__":
    main()
