"""Cost functions: their curves for targets 0 and 1, and where they are convex.

The quadratic cost and the cross-entropy of one sigmoid output, and the log-likelihood of a softmax of two, at 2,001
values of z from -10 to 10, in float64. A function is convex where its second differences are not negative. Then whole
networks on the digits, and their cost along the line between two sets of weights: without hidden layer two sets drawn
from N(0, 1), with 16 hidden neurons a trained set and the same with the neurons in reverse order.
"""

from __future__ import annotations

import argparse

import numpy as np

import gpunn
from examples import common
from examples.common import BLACK, BLUE, CONTRADICTED, HELD, IN_PART, VERMILION, Claim, Outcome
from gpunn.nn.activations import Sigmoid, Softmax
from gpunn.nn.costs import CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import SoftmaxLogLikelihood, pair
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective

COSTS = {
    "quadratic": (pair(Sigmoid(), Quadratic()), VERMILION, "-"),
    "cross-entropy": (pair(Sigmoid(), CrossEntropy()), BLUE, "-"),
    "log-likelihood": (pair(Softmax(), LogLikelihood()), BLACK, "--"),
}


def curves(device, z):
    """Cost by name and target, at each z; of two softmax outputs the second has logit z, the first 0."""
    xp, found = device.xp, {}
    for name, (head, _, _) in COSTS.items():
        for target in (0.0, 1.0):
            if name == "log-likelihood":
                logits = xp.stack([xp.zeros_like(z), z], axis=1)
                T = device.asarray(np.tile([1 - target, target], (len(z), 1)))
            else:
                logits, T = z[:, None], xp.full_like(z[:, None], target)
            found[name, target] = device.to_host(head.cost(xp, logits, T))
    return found


def drawn(seed):
    """A network without hidden layer, and two sets of weights."""
    network = Network((64, 10), ())
    return network, *np.random.default_rng(seed).standard_normal((2, network.n_parameters))


def reversed_neurons(options, seed):
    """A trained network, its weights, and the same function with the hidden neurons in another order."""
    clf = gpunn.MLPClassifier(
        (16,), "tanh", solver="lbfgs", alpha=0, max_iter=30, dtype="float64", random_state=seed, device=options.device
    )
    X, _, y, _ = common.digits(seed)
    network, one = common.fit(clf, X, y).network_, clf.theta_
    first, last = network.layers
    other = one.copy()
    first.W.put(np, other, first.W.of(np, one)[:, ::-1])
    first.b.put(np, other, first.b.of(np, one)[::-1])
    last.W.put(np, other, last.W.of(np, one)[::-1])
    return network, one, other


def line(device, seed, network, one, other):
    """Cost at 41 points of the line from one set of weights to the other."""
    X, _, y, _ = common.digits(seed)
    xp, objective = device.xp, Objective(network, SoftmaxLogLikelihood())
    X, T = device.asarray(X, "float64"), device.asarray(np.eye(10)[y])
    points = [device.asarray((1 - t) * one + t * other) for t in np.linspace(0, 1, 41)]
    return np.array([device.floats(objective.value(xp, theta, X, T))[0] for theta in points])


def convex(values):
    """Whether no second difference is negative, but for rounding."""
    return bool(np.diff(values, 2).min() > -1e-12 * np.max(np.abs(values)))


def experiment(options: argparse.Namespace) -> Outcome:
    device = gpunn.get_device(options.device)
    z = np.linspace(-10, 10, 2001)
    found = curves(device, device.asarray(z))
    seeds = common.seeds(options, 5)
    plain = [line(device, seed, *drawn(seed)) for seed in seeds]
    hidden = [line(device, seed, *reversed_neurons(options, seed)) for seed in seeds]
    rows = [
        (name, f"{target:.0f}", *(f"{values[i]:.4f}" for i in (0, 1000, 2000)), "yes" if convex(values) else "no")
        for (name, target), values in found.items()
    ]
    return Outcome(
        ("cost", "target", "at z = -10", "at z = 0", "at z = 10", "convex in z"),
        rows,
        _claims(found, plain, hidden),
        _figure(z, found, plain, hidden),
        "Three panels. Costs over z for target 0: the quadratic one is an S that levels off at 1/2, the other two are "
        "one curve that rises as a straight line. For target 1 the same, mirrored. Costs on the line between two sets "
        "of weights: without hidden layer they sag, with one they have a hill in the middle.",
    )


def _claims(found, plain, hidden):
    entropy, quadratic = found["cross-entropy", 0.0], found["quadratic", 0.0]
    apart = max(np.max(np.abs(found["cross-entropy", t] - found["log-likelihood", t])) for t in (0.0, 1.0))
    middle = [values[20] / values[0] for values in hidden]
    is_convex = {name: convex(found[name, 0.0]) and convex(found[name, 1.0]) for name in COSTS}
    bend = {name: min(np.diff(found[name, t], 2).min() for t in (0.0, 1.0)) / 0.01**2 for name in COSTS}
    good = min(values.min() for values in found.values()) >= 0 and entropy[0] < 1e-4 and entropy[-1] > 9.99
    return [
        Claim(
            "The cross-entropy is a cost: never negative, 0 for the right output, large for a wrong one.",
            f"For target 0 it is {entropy[0]:.5f} at z = -10 and {entropy[-1]:.2f} at z = 10, growing by 1 with each 1 "
            f"of z; the quadratic cost never exceeds {quadratic[-1]:.2f}, however wrong the output.",
            HELD if good else CONTRADICTED,
        ),
        Claim(
            "The log-likelihood of a softmax of two is the cross-entropy of a sigmoid.",
            f"The curves differ by {apart:.1g} at most.",
            HELD if apart < 1e-12 else CONTRADICTED,
        ),
        Claim(
            "The cross-entropy is convex, the quadratic cost of a sigmoid is not.",
            f"Lowest second derivative by z: {', '.join(f'{name} {low:.3f}' for name, low in bend.items())}.",
            HELD if is_convex["cross-entropy"] and not is_convex["quadratic"] else CONTRADICTED,
        ),
        Claim(
            "So training with log-likelihood is a convex problem.",
            f"Without hidden layer the cost is convex on {sum(map(convex, plain))} of {len(plain)} lines. With one it "
            f"is not: halfway between two sets of weights of equal cost it is {min(middle):.3g} to {max(middle):.3g} "
            "times as high.",
            IN_PART if all(map(convex, plain)) and min(middle) > 1 else CONTRADICTED,
        ),
    ]


def _figure(z, found, plain, hidden):
    figure, panels = common.figure(3, width=12)
    for axes, target in zip(panels, (0.0, 1.0), strict=False):
        for name, (_, colour, style) in COSTS.items():
            axes.plot(z, found[name, target], style, color=colour, label=name)
        axes.set(xlabel="weighted input z", ylabel="cost", xlim=(-6, 6), ylim=(-0.1, 6), title=f"target {target:.0f}")
    panels[1].legend(loc="upper right")
    share = np.linspace(0, 1, 41)
    for curves, colour, style, label in (
        (plain, BLUE, "--", "64-10, weights drawn"), (hidden, VERMILION, "-", "64-16-10, neurons reversed")
    ):  # fmt: skip
        for i, values in enumerate(curves):
            panels[2].plot(share, values / values.max(), style, color=colour, linewidth=1.2, label=None if i else label)
    panels[2].set(xlabel="on the line between two sets of weights", ylabel="share of the largest cost", ylim=(0, 1.35))
    panels[2].legend(loc="upper center")
    return figure


main = common.command("costs", experiment, __doc__)

if __name__ == "__main__":
    main()
