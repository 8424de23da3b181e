"""Initial weights: N(0, 1) against N(0, 1 / n_in), and whether biases matter.

Digits with standardised pixels, two hidden layers of 100 sigmoids, once with the 8 x 8 pixels as they are and once
enlarged to 24 x 24, each pixel nine times: more inputs, nothing else. First the network before any training: the
weighted inputs z of each hidden layer, and the share of units that are saturated (slope below 0.01) over all training
rows. Then training by stochastic gradient descent without momentum in minibatches of 32, each start at the rate of five
with the lowest mean over the epochs of the training cost (median over seeds). The biases start at 0 if not said
otherwise.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial

import numpy as np
from sklearn.base import clone

import gpunn
from examples import common
from examples.common import BLUE, CONTRADICTED, GREEN, HELD, IN_PART, ORANGE, PURPLE, SKY, VERMILION, Claim, Outcome
from gpunn.nn.activations import Sigmoid
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS
from gpunn.nn.network import Network

STARTS = {  # how often each pixel is repeated in a row and a column, weights, biases, colour, line
    "8 x 8, N(0, 1)": (1, "gaussian", "zeros", VERMILION, "-"),
    "8 x 8, N(0, 1 / n_in)": (1, "scaled_gaussian", "zeros", BLUE, "-"),
    "24 x 24, N(0, 1)": (3, "gaussian", "zeros", ORANGE, "--"),
    "24 x 24, N(0, 1 / n_in)": (3, "scaled_gaussian", "zeros", SKY, "--"),
    "8 x 8, N(0, 1 / n_in), biases 1": (1, "scaled_gaussian", "ones", GREEN, ":"),
    "8 x 8, N(0, 1 / n_in), biases N(0, 1)": (1, "scaled_gaussian", "gaussian", PURPLE, "-."),
}
NAIVE, SCALED, WIDE_NAIVE, WIDE_SCALED, *BIASED = STARTS
GOAL = 0.1  # of the training cost, and of the share of test rows that are wrong
RATES = (0.1, 0.3, 1.0, 3.0, 10.0)


def digits(seed, times):
    X, X_test, y, y_test = common.digits(seed)
    X, X_test = (x.reshape(-1, 8, 8).repeat(times, 1).repeat(times, 2).reshape(len(x), -1) for x in (X, X_test))
    return [*common.standardised(X, X_test), y, y_test]


def before(options, times, weights, biases):
    """z of each hidden layer and the slopes of its units, for all training rows, before training."""
    device, X = gpunn.get_device(options.device), digits(options.seed, times)[0]
    network = Network((X.shape[1], 100, 100, 10), (Sigmoid(), Sigmoid()))
    rng = np.random.default_rng(options.seed)
    theta = network.initial(np, rng, WEIGHT_INITIALISERS[weights], BIAS_INITIALISERS[biases])
    _, (*hidden, _) = network.forward(device.xp, device.asarray(theta), device.asarray(X, "float64"))
    return [(device.to_host(t.z), device.to_host(Sigmoid().derivative(device.xp, t.z, t.h))) for t in hidden]


def train(options, times, weights, biases, rate, seed):
    """Training cost and share of test rows wrong by epoch, and how far the first layer's weights moved.

    The last is the norm of their change in training, divided by their norm at the start.
    """
    X, X_test, y, y_test = digits(seed, times)
    clf = gpunn.MLPClassifier(
        (100, 100), "sigmoid", solver="sgd", momentum=0, learning_rate_init=rate, batch_size=32, alpha=0,
        weight_init=weights, bias_init=biases, max_iter=3 if options.quick else 30, tol=0, n_iter_no_change=np.inf,
        random_state=seed, device=options.device,
    )  # fmt: skip
    W = common.fit(clone(clf).set_params(learning_rate_init=1e-30, max_iter=1), X, y).coefs_[0]
    history = common.fit(clf, X, y, X_val=X_test, y_val=y_test).history_
    moved = float(np.linalg.norm(clf.coefs_[0] - W) / np.linalg.norm(W))
    return history.cost, 1 - np.array(history.validation_score), moved


def experiment(options: argparse.Namespace) -> Outcome:
    layers, runs, rows = {}, {}, []
    for name, start in STARTS.items():
        layers[name] = before(options, *start[:3])
        rate, runs[name] = common.at_best_rate(
            partial(train, options, *start[:3]),
            common.rates(options, RATES),
            common.seeds(options, 3),
            lambda run: np.mean(run[0]),
        )
        stds = " and ".join(f"{z.std():.1f}" for z, _ in layers[name])
        shares = " and ".join(f"{np.mean(slope < 0.01):.1%}" for _, slope in layers[name])
        soon = (common.spread([common.first(run[i], GOAL) for run in runs[name]], ".0f") for i in (0, 1))
        rows.append((name, stds, shares, f"{rate:g}", *soon, common.spread([run[1][-1] for run in runs[name]], ".1%")))
    columns = ("start", "std of z, by layer", "saturated", "best rate", f"epochs to a cost of {GOAL}",
               f"to {GOAL:.0%} wrong on test rows", "wrong at the end")  # fmt: skip
    return Outcome(
        columns,
        rows,
        _claims(layers, runs),
        _figure(layers, runs),
        "Three panels. Histograms of z in the first hidden layer before training: N(0, 1) gives a broad one that "
        "reaches far into the shaded range where the sigmoid is saturated, N(0, 1 / n_in) a narrow one inside. "
        "Training cost by epoch for six starts. Share of test rows wrong by epoch: with N(0, 1) it stays highest.",
    )


def _claims(layers, runs):
    std = {name: found[0][0].std() for name, found in layers.items()}
    share = {name: np.mean(found[0][1] < 0.01) for name, found in layers.items()}
    cost, seen = ({n: [common.first(run[i], GOAL) for run in found] for n, found in runs.items()} for i in (0, 1))
    wrong = {name: [run[1][-1] for run in found] for name, found in runs.items()}
    moved = {name: f"{statistics.median(run[2] for run in found):.2f}" for name, found in runs.items()}

    def compared(text, values, form, what, more=""):
        pairs = ((SCALED, NAIVE), (WIDE_SCALED, WIDE_NAIVE))
        verdicts = [common.lower(values[ours], values[theirs]) for ours, theirs in pairs]
        shown = [
            f"{statistics.median(values[ours]):{form}}, with N(0, 1) {statistics.median(values[theirs]):{form}} "
            f"({common.tally(values[ours], values[theirs])})"
            for ours, theirs in pairs
        ]
        found = f"{what}: with 8 x 8 pixels {shown[0]}; with 24 x 24 {shown[1]}. {more}".rstrip()
        return Claim(text, found, verdicts[0] if verdicts[0] == verdicts[1] else IN_PART)

    apart = max(abs(statistics.median(wrong[name]) - statistics.median(wrong[SCALED])) for name in BIASED)
    scatter = max(max(wrong[name]) - min(wrong[name]) for name in (SCALED, *BIASED))
    epochs = [statistics.median(cost[name]) for name in (SCALED, *BIASED)]
    more = (
        f"The first layer's weights moved by {moved[SCALED]} and {moved[WIDE_SCALED]} times their norm at the start, "
        f"with N(0, 1) by {moved[NAIVE]} and {moved[WIDE_NAIVE]}: saturated units mostly stay as they were drawn."
    )
    return [
        Claim(
            "Weights from N(0, 1) saturate the hidden units before the first step.",
            f"z of the first layer has a standard deviation of {std[NAIVE]:.1f}, the square root of the 61 pixels that "
            f"are not constant, and {share[NAIVE]:.0%} of its units are saturated, with 24 x 24 pixels "
            f"{share[WIDE_NAIVE]:.0%}; with N(0, 1 / n_in) {share[SCALED]:.1%} and {share[WIDE_SCALED]:.1%}.",
            HELD if share[NAIVE] > 0.3 and share[SCALED] < 0.01 else CONTRADICTED,
        ),
        compared("With N(0, 1 / n_in) the training cost falls faster.", cost, ".0f", f"Epochs to a cost of {GOAL}"),
        compared(
            "With N(0, 1 / n_in) rows not seen are right sooner.", seen, ".0f", f"Epochs to {GOAL:.0%} of them wrong"
        ),
        compared("With N(0, 1 / n_in) more of them are right in the end.", wrong, ".1%", "Wrong in the end", more),
        Claim(
            "The initial biases hardly matter.",
            f"With biases 1 or N(0, 1) in the place of 0 the share of test rows wrong changes by {100 * apart:.1f} "
            f"points at most, seeds by {100 * scatter:.1f}; a cost of {GOAL} takes {common.listed(epochs, '.0f')} "
            "epochs with biases 0, 1, N(0, 1).",
            (HELD if max(epochs) <= min(epochs) + 1 else IN_PART) if apart <= scatter else CONTRADICTED,
        ),
    ]


def _figure(layers, runs):
    figure, (left, middle, right) = common.figure(3, width=14, height=4)
    for name in (NAIVE, SCALED):
        z = layers[name][0][0].ravel()
        left.hist(z, np.linspace(-25, 25, 101), density=True, color=STARTS[name][3], alpha=0.7, label=name)
    for low, high in ((-25, -4.6), (4.6, 25)):
        left.axvspan(low, high, color="#EEEEEE", zorder=0)
        left.text((low + high) / 2, 0.2, "sigmoid\nsaturated", ha="center", color="#555555")
    left.set(xlabel="z of the first hidden layer, before training", ylabel="density", xlim=(-25, 25), ylim=(0, 0.55))
    left.legend(loc="upper center")
    for name, (_, _, _, colour, line) in STARTS.items():
        common.by_epoch(middle, [run[0] for run in runs[name]], colour, name, line)
        common.by_epoch(right, [100 * run[1] for run in runs[name]], colour, name, line)
    middle.set(ylabel="training cost", yscale="log", title="each at its best rate")
    right.set(ylabel="test rows wrong (%)", ylim=(0, 20), title="each at its best rate")
    right.legend()
    return figure


main = common.command("initial_weights", experiment, __doc__)

if __name__ == "__main__":
    main()
