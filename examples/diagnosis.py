"""Faults that `diagnose` names: networks built with one mistake each, and one without.

Digits with standardised pixels. Each mistake is one change of a sound network, two hidden layers of 200 sigmoids
trained by Adam for 15 epochs. Four are looked at before any training, at the weights that `fit` would draw, the others
and the sound network after it.
"""

from __future__ import annotations

import argparse

import numpy as np

import gpunn
from examples import common
from examples.common import BLUE, CONTRADICTED, GREEN, HELD, IN_PART, ORANGE, PURPLE, VERMILION, Claim, Outcome
from gpunn.insight import diagnose

COLOURS = (VERMILION, ORANGE, PURPLE, GREEN, BLUE)
SOUND = {"activation": "sigmoid", "weight_init": "scaled_gaussian"}
FAULTS = {  # the change, when to look, the finding that should come
    "weights from N(0, 1)": ({"weight_init": "gaussian"}, "start", "saturated_layer"),
    "quadratic cost on sigmoids": ({"cost": "quadratic", "output_activation": "sigmoid"}, "start", "slowed_output"),
    "weights and biases 0": ({"weight_init": "zeros", "bias_init": "zeros"}, "start", "units_alike"),
    "inputs 100 times too large": ({}, "start", "unscaled_inputs"),
    "a learning rate of 1": ({"learning_rate_init": 1.0}, "end", "rate_too_high"),
    "a learning rate of 0.000001": ({"learning_rate_init": 1e-6}, "end", "rate_too_low"),
    "an L2 penalty of 3000": ({"alpha": 3000.0}, "end", "penalty_dominates"),
    "none": ({}, "end", None),
}


def look(options, fault, at):
    """What is found in a network with a fault."""
    change, _, _ = FAULTS[fault]
    X, _, y, _ = common.digits(options.seed)
    X = common.standardised(X)[0] * (100 if "inputs" in fault else 1)
    clf = gpunn.MLPClassifier(
        (200, 200), max_iter=15, random_state=options.seed, device=options.device,
        **{"learning_rate_init": 0.01, **SOUND, **change},
    )  # fmt: skip
    if at == "end":
        common.fit(clf, X, y)
    return diagnose(clf, X, y, at=at)


def experiment(options: argparse.Namespace) -> Outcome:
    faults = [*FAULTS][:4] + [*FAULTS][-1:] if options.quick else [*FAULTS]
    diagnoses = {fault: look(options, fault, FAULTS[fault][1]) for fault in faults}
    found = {fault: [finding.name for finding in diagnosis.findings] for fault, diagnosis in diagnoses.items()}
    rows = [
        (fault, "before training" if FAULTS[fault][1] == "start" else "after", FAULTS[fault][2] or "nothing",
         ", ".join(found[fault]) or "nothing")
        for fault in faults
    ]  # fmt: skip
    before = {fault: diagnosis for fault, diagnosis in diagnoses.items() if diagnosis.at == "start"}
    before["none"] = look(options, "none", "start")
    planted = [fault for fault in faults if FAULTS[fault][2]]
    named = sum(FAULTS[fault][2] in found[fault] for fault in planted)
    first = sum(found[fault][:1] == [FAULTS[fault][2]] for fault in planted)
    return Outcome(
        ("mistake", "looked at", "should be found", "found"),
        rows,
        [
            Claim(
                "A network's fault is in its numbers: it can be named, often before training.",
                f"{named} of {len(planted)} planted mistakes were named, {first} of them before what follows from it.",
                HELD if named == len(planted) else IN_PART if 2 * named > len(planted) else CONTRADICTED,
            ),
            Claim(
                "A sound network gives no alarm.",
                f"{len(found['none'])} findings in the network without mistake.",
                HELD if not found["none"] else CONTRADICTED,
            ),
        ],
        _figure(before),
        "Two panels about five networks before training. Share of saturated units by hidden layer: half and more with "
        "weights from N(0, 1), nearly all of the first layer with inputs too large, none in the sound network. Norm of "
        "the gradient by layer: it grows from the first to the output, and is 0 in hidden layers if all weights are 0.",
    )


def _figure(before):
    figure, (left, right) = common.figure(2, width=10.5)
    for i, ((fault, diagnosis), colour) in enumerate(zip(before.items(), COLOURS, strict=True)):
        hidden, layers = diagnosis.layers[:-1], diagnosis.layers
        places = np.arange(len(hidden)) + 0.16 * (i - 2)
        left.bar(places, [100 * layer.saturated for layer in hidden], 0.14, color=colour)
        gradients = [layer.gradient_norm or np.nan for layer in layers]
        label = f"{fault}: 0 in hidden layers" if np.isnan(gradients).any() else fault
        right.plot(range(len(layers)), gradients, "os^vD"[i], color=colour, label=label, markersize=8)
    left.set(xlabel="before training", ylabel="saturated units (%)", ylim=(0, 100))
    left.set_xticks(range(len(hidden)), [f"hidden layer {layer.layer}" for layer in hidden])
    right.set(xlabel="before training", ylabel="norm of the gradient", yscale="log", xlim=(-0.3, len(hidden) + 0.3))
    right.set_xticks(range(len(layers)), [*(f"hidden {layer.layer}" for layer in hidden), "output"])
    right.legend(title="mistake", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


main = common.command("diagnosis", experiment, __doc__)

if __name__ == "__main__":
    main()
