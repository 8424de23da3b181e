"""Optimisers on one problem: cost against passes over the data, and against time.

Digits, 64-30-10 with tanh and softmax, float64, an L2 penalty of 1 over the number of rows, all from the same weights
(one start for each seed). A pass is as many rows as there are: one evaluation of cost and gradient on all, or an epoch
of minibatches of 32, whose cost is the mean of its batches. Gradient descent, SGD (momentum 0.9) and Adam each have the
rate of three with the lowest cost after the last pass (median over seeds); the others search along a line at each step
and have no rate.
"""

from __future__ import annotations

import argparse
import math
import statistics
from functools import partial

import numpy as np

import gpunn
from examples import common
from examples.common import (
    BLACK,
    BLUE,
    CONTRADICTED,
    GREEN,
    HELD,
    IN_PART,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Claim,
    Outcome,
)

METHODS = {  # parameters, learning rates, colour
    "gradient descent": ({"solver": "sgd", "momentum": 0}, (0.3, 1.0, 3.0), BLACK),
    "SGD": ({"solver": "sgd", "momentum": 0.9, "batch_size": 32}, (0.01, 0.03, 0.1), ORANGE),
    "Adam": ({"solver": "adam", "batch_size": 32}, (0.001, 0.003, 0.01), VERMILION),
    "steepest descent": ({"solver": "gd"}, (1.0,), GREEN),
    "conjugate gradient": ({"solver": "cg"}, (1.0,), PURPLE),
    "BFGS": ({"solver": "bfgs"}, (1.0,), BLUE),
    "L-BFGS": ({"solver": "lbfgs"}, (1.0,), SKY),
}
L2 = 1.0
NEAR = 1.05  # times the lowest cost that any method found with the same seed


def train(options, parameters, n_passes, rate, seed):
    """Passes, cost and seconds after each epoch or iteration."""
    X, _, y, _ = common.digits(seed)
    rows, evaluations = parameters.get("batch_size", len(X)), []
    clf = gpunn.MLPClassifier(
        (30,), "tanh", **{"batch_size": len(X), **parameters}, learning_rate_init=rate,
        alpha=L2 * rows / len(X),  # the penalty is divided by the rows of a batch: so it is the same for all methods
        max_iter=n_passes, max_fun=n_passes, tol=0, n_iter_no_change=np.inf, dtype="float64", random_state=seed,
        device=options.device, callback=lambda history: evaluations.append(history.evaluations),
    )  # fmt: skip
    history = common.fit(clf, X, y).history_
    return np.array(evaluations) * rows / len(X), history.cost, history.seconds


def end(run):
    return run[1][-1]


def cost_after(run, n_passes):
    """Cost of the last point with no more passes; of the first point where that took more."""
    passes, costs, _ = run
    return costs[max(sum(n <= n_passes for n in passes) - 1, 0)]


def first(run, goal):
    """Passes and seconds to the first cost at the goal or below; infinities if there is none."""
    return next(((n, s) for n, cost, s in zip(*run, strict=True) if cost <= goal), (math.inf, math.inf))


def experiment(options: argparse.Namespace) -> Outcome:
    n_passes, seeds = 10 if options.quick else 120, common.seeds(options, 3)
    best, runs = {}, {}
    for name, (parameters, rates, _) in METHODS.items():
        best[name], runs[name] = common.at_best_rate(
            partial(train, options, parameters, n_passes), common.rates(options, rates), seeds, end
        )
    lowest = [min(end(found[i]) for found in runs.values()) for i in range(len(seeds))]
    reached = {name: [first(run, NEAR * low) for run, low in zip(found, lowest, strict=True)]
               for name, found in runs.items()}  # fmt: skip
    rows = []
    for name, found in runs.items():
        passes, seconds = (statistics.median(values) for values in zip(*reached[name], strict=True))
        soon = statistics.median(cost_after(run, 5) for run in found)
        near = f"{passes:.0f}, {seconds:.2f} s" if passes < math.inf else "not reached"
        rate = f"{best[name]:g}" if len(METHODS[name][1]) > 1 else "none"
        rows.append((name, rate, f"{soon:.3f}", common.spread([end(run) for run in found], ".4f"), near))
    columns = ("method", "rate", "cost after 5 passes", "after the last", f"within {NEAR - 1:.0%} of the lowest after")
    return Outcome(
        columns,
        rows,
        _claims(runs, reached),
        _figure(runs),
        "Two panels with the training cost of seven optimisers, against passes over the data and against seconds, on "
        "logarithmic axes. Gradient descent stays highest; the minibatch methods fall first; BFGS, L-BFGS and "
        "conjugate gradient catch up.",
    )


def _claims(runs, reached):
    ends = {name: [end(run) for run in found] for name, found in runs.items()}
    soon = {name: [cost_after(run, 5) for run in found] for name, found in runs.items()}
    seconds = {name: [s for _, s in found] for name, found in reached.items()}
    middle = {name: statistics.median(values) for name, values in ends.items()}
    searching = [name for name, (_, rates, _) in METHODS.items() if len(rates) == 1]
    lowest = min(middle["Adam"], middle["SGD"])
    below = [name for name in searching if middle[name] < lowest]

    return [
        common.compared(
            "BFGS gets further in a number of passes than gradient descent.",
            "Cost after the last pass",
            ends,
            "BFGS",
            "gradient descent",
            ".4f",
        ),
        common.compared(
            "Minibatches make the quicker start: many small steps in a pass.",
            "Cost after 5 passes",
            soon,
            "Adam",
            "L-BFGS",
            ".3f",
        ),
        Claim(
            "Methods that search along lines end lower than minibatches.",
            f"The better of Adam and SGD ends at {lowest:.4f} (medians). {len(below)} of {len(searching)} end lower"
            f"{': ' * bool(below)}{', '.join(f'{name} {middle[name]:.4f}' for name in below)}.",
            HELD if len(below) == len(searching) else IN_PART if below else CONTRADICTED,
        ),
        common.compared(
            "L-BFGS does what BFGS does in less time.",
            f"Seconds to within {NEAR - 1:.0%} of the lowest cost",
            seconds,
            "L-BFGS",
            "BFGS",
            ".2f",
        ),
    ]


def _figure(runs):
    figure, (left, right) = common.figure(2, width=11, sharey=True)
    for name, (_, _, colour) in METHODS.items():
        passes, costs, seconds = runs[name][0]
        line = "--" if name == "L-BFGS" else "-"
        left.plot(passes, costs, line, color=colour, label=name)
        right.plot(seconds, costs, line, color=colour)
    left.set(xlabel="passes over the data", ylabel="training cost, penalty included", xscale="log", yscale="log")
    right.set(xlabel="seconds", xscale="log")
    right.legend(*left.get_legend_handles_labels(), loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


main = common.command("optimisers", experiment, __doc__)

if __name__ == "__main__":
    main()
