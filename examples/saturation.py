"""Activations and their slopes: where learning stops.

Five activations and their derivatives are computed at 2,001 points from z = -10 to 10, in float64. A unit learns in
proportion to the slope of its activation: where the curve is flat it is saturated.
"""

from __future__ import annotations

import argparse

import numpy as np

import gpunn
from examples import common
from examples.common import BLACK, BLUE, CONTRADICTED, GREEN, HELD, IN_PART, ORANGE, VERMILION, Claim, Outcome
from gpunn.nn.activations import LeakyReLU, PReLU, ReLU, Sigmoid, Tanh

CURVES = {  # activation, colour, line
    "sigmoid": (Sigmoid(), BLUE, "-"),
    "tanh": (Tanh(), VERMILION, "-"),
    "ReLU": (ReLU(), BLACK, "-"),
    "leaky ReLU": (LeakyReLU(), ORANGE, "--"),
    "PReLU, slope 1/4": (PReLU(), GREEN, "-."),
}
SMALL = 0.01  # of a slope


def experiment(options: argparse.Namespace) -> Outcome:
    device = gpunn.get_device(options.device)
    xp = device.xp
    points = np.linspace(-10, 10, 2001)
    z = device.asarray(points[:, None])  # one neuron, a row for each point
    h, slope = {}, {}
    for name, (activation, _, _) in CURVES.items():
        learned = {key: xp.full_like(z[0, :], activation.initial(key)) for key in activation.shapes(1)}
        out = activation.forward(xp, z, **learned)
        dz, _ = activation.backward(xp, z, out, xp.ones_like(z), **learned)
        h[name], slope[name] = device.to_host(out)[:, 0], device.to_host(dz)[:, 0]

    rows = []
    for name, s in slope.items():
        flat = points[s < SMALL]
        sides = [side for side, there in (("left", flat < 0), ("right", flat > 0)) if there.any()]
        bound = f"|z| > {abs(flat).min():.2f}" if len(sides) == 2 else "all z < 0" if sides else "nowhere"
        rows.append((name, f"{s.max():.2f}", bound, f"{s[500]:.4f}", f"{s[1500]:.4f}"))
    return Outcome(
        ("activation", "largest slope", f"slope below {SMALL}", "slope at z = -5", "slope at z = 5"),
        rows,
        _claims(points, h, slope),
        _figure(points, h, slope),
        "Two panels over z from -6 to 6. Left: sigmoid and tanh level off on both sides, the rectifiers rise without "
        "end on the right. Right: the slopes; the sigmoid's is a low hump of height 1/4, the tanh's one of height 1, "
        "the rectifiers' a step to 1 at z = 0.",
    )


def _claims(points, h, slope):
    apart = np.max(np.abs(h["tanh"] - (2 * Sigmoid().forward(np, 2 * points) - 1)))
    top, at_5 = slope["sigmoid"].max(), slope["sigmoid"][1500]
    right, left = points > 0, points < 0
    rectifiers = ("ReLU", "leaky ReLU", "PReLU, slope 1/4")
    steady = all(np.all(slope[name][right] == 1) for name in rectifiers)
    flat = [name for name in rectifiers if np.all(slope[name][left] == 0)]
    return [
        Claim(
            "A saturated sigmoid hardly learns: its slope is 1/4 at most and vanishes on both sides.",
            f"The largest slope is {top:.4f}; at z = 5 it is {at_5:.4f}, {at_5 / top:.1%} of that. Five layers "
            f"multiply a gradient by {top**5:.4f} at most.",
            HELD if abs(top - 0.25) < 1e-12 and at_5 < SMALL else CONTRADICTED,
        ),
        Claim(
            "The tanh is a rescaled sigmoid: tanh z = 2 sigmoid(2z) - 1.",
            f"They differ by {apart:.0e} at most, which is rounding. So the tanh saturates as well, at half the z, "
            f"with a slope of {slope['tanh'].max():.0f} at its steepest instead of 1/4.",
            HELD if apart < 1e-14 else CONTRADICTED,
        ),
        Claim(
            "Rectifiers do not saturate.",
            "For z > 0 the slope of all three is 1. For z < 0 the ReLU's is 0: it is saturated there, on one side, and "
            "a unit that is negative for every row is dead. The leaky ReLU keeps a slope of 0.01, the PReLU one that "
            "it learns.",
            (IN_PART if flat else HELD) if steady else CONTRADICTED,
        ),
    ]


def _figure(points, h, slope):
    figure, (left, right) = common.figure(2)
    for name, (_, colour, line) in CURVES.items():
        left.plot(points, h[name], line, color=colour, label=name)
        right.plot(points, slope[name], line, color=colour)
    left.set(xlabel="weighted input z", ylabel="activation f(z)", ylim=(-1.6, 3), xlim=(-6, 6), title="activations")
    right.set(xlabel="weighted input z", ylabel="slope f'(z)", xlim=(-6, 6), title="their slopes")
    left.legend(loc="upper left")
    return figure


main = common.command("saturation", experiment, __doc__)

if __name__ == "__main__":
    main()
