"""The learning slowdown: quadratic cost against cross-entropy.

One neuron with one input of 1 shall learn to give 0. It starts badly wrong, with weight and bias 2, so z = 4 and a
sigmoid output of 0.98. Gradient descent, the rate always 0.15, with three pairs of output and cost. Then a whole
network: digits, 64-30-10 of sigmoids, weights from N(0, 1), minibatches of 32; for each pair the rate of seven with the
lowest mean over 25 epochs of the share of training rows that is wrong (median over seeds).
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial

import numpy as np

import gpunn
from examples import common
from examples.common import BLUE, CONTRADICTED, GREEN, HELD, IN_PART, VERMILION, Claim, Outcome
from gpunn.nn.activations import Identity, Sigmoid
from gpunn.nn.costs import CrossEntropy, Quadratic
from gpunn.nn.heads import pair
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import GradientDescent

PAIRS = {
    "sigmoid, quadratic": (Sigmoid(), Quadratic(), VERMILION),
    "sigmoid, cross-entropy": (Sigmoid(), CrossEntropy(), BLUE),
    "linear, quadratic": (Identity(), Quadratic(), GREEN),
}
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


def neuron(device, head, n_steps):
    """Error |a - T| and size of the gradient by z, before each step."""
    xp, method = device.xp, GradientDescent()
    objective = Objective(Network((1, 1), ()), head)
    theta = device.asarray(np.array([2.0, 2.0]))  # weight and bias
    X, T = xp.ones_like(theta[None, :1]), xp.zeros_like(theta[None, :1])
    rate, errors, deltas = xp.full_like(theta[:1], 0.15), [], []
    for _ in range(n_steps):
        z = objective.network.logits(xp, theta, X)
        error, delta = device.floats(head.outputs(xp, z)[0, 0] - T[0, 0], head.delta(xp, z, T)[0, 0])
        errors.append(abs(error))
        deltas.append(abs(delta))
        _, g = objective.value_and_gradient(xp, theta, X, T)
        method.update(xp, theta, g, method.init(xp, theta), rate)
    return np.array(errors), np.array(deltas)


def network(options, activation, cost, rate, seed):
    """Share of the training digits that are wrong, after each epoch."""
    X, _, y, _ = common.digits(seed)
    clf = gpunn.MLPClassifier(
        (30,), "sigmoid", solver="sgd", momentum=0, learning_rate_init=rate, batch_size=32,
        cost=cost, output_activation=activation, weight_init="gaussian", bias_init="gaussian", alpha=0,
        random_state=seed, device=options.device,
    )  # fmt: skip
    return common.wrong_by_epoch(clf, 3 if options.quick else 25, X, y, X, y)


def experiment(options: argparse.Namespace) -> Outcome:
    device, n_steps = gpunn.get_device(options.device), 300
    paths = {name: neuron(device, pair(activation, cost), n_steps) for name, (activation, cost, _) in PAIRS.items()}
    curves, best = {}, {}
    for name, (activation, cost, _) in PAIRS.items():
        best[name], curves[name] = common.at_best_rate(
            partial(network, options, activation, cost),
            common.rates(options, RATES),
            common.seeds(options, 3),
            np.mean,
        )
    rows = []
    for name, (errors, deltas) in paths.items():
        tenth = int(np.argmax(errors < 0.9 * errors[0]))
        half = int(np.argmax(errors < errors[0] / 2))
        soon = common.spread([common.first(run, 0.1) for run in curves[name]], ".0f")
        rows.append((name, f"{deltas[0]:.3f}", f"{deltas[0] / deltas.max():.2f}", tenth, half, f"{best[name]:g}", soon))
    columns = ("output, cost", "first gradient", "of the largest", "steps to error -10%", "steps to error -50%",
               "digits: best rate", "epochs to 10% wrong")  # fmt: skip
    return Outcome(
        columns,
        rows,
        _claims(paths, curves),
        _figure(paths, curves, best),
        "Three panels. Error by step: the sigmoid with quadratic cost stays on a plateau first, the other two fall at "
        "once. Gradient by step: with quadratic cost on a sigmoid it starts near 0 and has a hump, with the others it "
        "is largest at the start. Digits: share wrong in training by epoch for the three pairs.",
    )


def _claims(paths, curves):
    slow, fast, linear = (deltas / deltas.max() for _, deltas in paths.values())
    soon = {name: [common.first(run, 0.1) for run in runs] for name, runs in curves.items()}
    wrong = [100 * statistics.median(run[-1] for run in runs) for runs in curves.values()]
    return [
        Claim(
            "With quadratic cost a sigmoid learns slowest when it is most wrong.",
            f"At the start, with an error of 0.98, its gradient is {slow[0]:.0%} of the largest on its way.",
            HELD if slow[0] < 0.5 else CONTRADICTED,
        ),
        Claim(
            "Cross-entropy takes the slope out of the gradient: the more wrong, the faster.",
            f"The gradient is largest in the first step ({fast[0]:.0%} of the largest), and falls with the error.",
            HELD if fast[0] == 1 and np.all(np.diff(fast) < 0) else CONTRADICTED,
        ),
        Claim(
            "A linear output with quadratic cost has no slowdown either.",
            f"The neuron's gradient is the error itself, largest in the first step ({linear[0]:.0%}). In the network "
            f"{wrong[2]:.1f}% of the training rows are wrong in the end with linear outputs, with sigmoids and "
            f"quadratic cost {wrong[0]:.1f}%: rates that suit the others are too high for them.",
            (HELD if wrong[2] < wrong[0] else IN_PART)
            if linear[0] == 1 and np.all(np.diff(linear) < 0)
            else CONTRADICTED,
        ),
        common.compared(
            "So in a network with sigmoid outputs cross-entropy learns faster than the quadratic cost.",
            "Epochs until no more than 10% of the training digits are wrong, each at its best rate",
            soon,
            "sigmoid, cross-entropy",
            "sigmoid, quadratic",
            ".0f",
        ),
    ]


def _figure(paths, curves, best):
    figure, (left, middle, right) = common.figure(3, width=12)
    for name, (_, _, colour) in PAIRS.items():
        errors, deltas = paths[name]
        left.plot(errors / errors[0], color=colour, label=name)
        middle.plot(deltas / deltas.max(), color=colour)
        common.by_epoch(right, 100 * np.array(curves[name]), colour, f"rate {best[name]:g}")
    left.set(xlabel="step", ylabel="error, share of the first", title="one neuron: error", xlim=(0, 200))
    middle.set(xlabel="step", ylabel="gradient, share of its largest", title="one neuron: gradient", xlim=(0, 200))
    right.set(ylabel="training digits wrong (%)", title="digits, median and range of the seeds")
    left.legend()
    right.legend()
    return figure


main = common.command("slowdown", experiment, __doc__)

if __name__ == "__main__":
    main()
