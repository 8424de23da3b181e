"""Pictures of the field guide: a faulty network beside a sound one.

Digits, standardised. Each fault is one change of a sound network, and is a finding of `gpunn.insight.diagnose`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np

import gpunn
from examples import common
from examples.common import BLUE, VERMILION
from gpunn.insight import diagnose

DEEP = {"hidden_layer_sizes": (30,) * 6}
GLOROT = {"weight_init": "glorot_uniform", "activation": "relu"}
FAULTS = {  # finding: what the sound network has, what the faulty one has in its place, when to look
    "vanishing_gradient": (DEEP | GLOROT, {"activation": "sigmoid"}, "start"),
    "exploding_gradient": (DEEP | GLOROT, {"weight_init": "gaussian"}, "start"),
    "rate_too_high": ({}, {"learning_rate_init": 1.0}, "end"),
    "rate_too_low": ({}, {"learning_rate_init": 1e-6}, "end"),
    "penalty_dominates": ({}, {"alpha": 3000.0}, "end"),
}


def look(options: argparse.Namespace, finding: str, faulty: bool) -> tuple[list[float], list[str]]:
    """What is drawn of a network, costs by epoch or gradients by layer, and the names of its findings."""
    sound, fault, at = FAULTS[finding]
    X, _, y, _ = common.digits(options.seed)
    X = common.standardised(X)[0]
    clf = gpunn.MLPClassifier(
        **{
            "hidden_layer_sizes": (50,),
            "learning_rate_init": 0.01,
            "max_iter": 15,
            **sound,
            **(fault if faulty else {}),
        },
        random_state=options.seed,
        device=options.device,
    )
    if at == "end":
        common.fit(clf, X, y)
    diagnosis = diagnose(clf, X, y, at=at)
    gradients = [layer.bias_gradient_norm / np.sqrt(layer.n_out) for layer in diagnosis.layers]
    return clf.history_.cost if at == "end" else gradients, [found.name for found in diagnosis.findings]


def draw(options: argparse.Namespace, finding: str) -> Any:
    """The sound network on the left, the faulty one on the right, on the same scale."""
    figure, panels = common.figure(2, width=5.6, height=2.6, sharey=True)
    for axes, faulty in zip(panels, (False, True), strict=True):
        values, _ = look(options, finding, faulty)
        axes.plot(range(1, len(values) + 1), values, "o-", color=VERMILION if faulty else BLUE, markersize=4)
        at_end = FAULTS[finding][2] == "end"
        axes.set(title="faulty" if faulty else "sound", yscale="log", xlabel="epoch" if at_end else "layer")
    panels[0].set_ylabel("cost" if at_end else "gradient by a bias")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    options = common.parser(__doc__).parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(common.STYLE):
        for finding in FAULTS:
            path = options.output / f"field-guide-{finding}.png"
            draw(options, finding).savefig(path, dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    main()
