"""Findings in the layers: what keeps the gradient from the weights, or makes it useless there."""

from __future__ import annotations

import math

from gpunn.insight.facts import Facts
from gpunn.insight.finding import FEW, Finding, percent
from gpunn.nn.costs import Quadratic
from gpunn.nn.layer_norm import LayerNorm
from gpunn.training.layers import SATURATED_BELOW, LayerStatistics
from gpunn.training.summary import cost_function

SATURATED_SHARE = 0.5  # more than half of what a layer does cannot be learned from
DONE = 0.1  # of the cost of guessing
DEAD_SHARE = 0.5  # a few dead ReLUs are usual, and sparse activations wanted; with half of them dead capacity is gone
SLOWED_TO = 0.5  # of a matched pair's delta; the sigmoid can pass at most a quarter
VANISHED_TO = 1e-2  # from the output to the first layer: three layers of sigmoids at their best, 1/4 each, still pass
FADED_TO = 5e-2  # the same, after a training that did not get far
EXPLODED_TO = 30.0  # from the output to the first layer, where the gradient is greater than the weights themselves
ALIKE = 1e-5  # spread of units that differ by rounding alone
OVERSHOOT = 0.1  # of the cost: a tenth of what the network is asked to learn is wrong
SURE_AND_WRONG = 2.0  # initial cost, in costs of outputs that say nothing: they should begin near 1
LARGE_INPUTS = 10.0  # root mean square; weights are drawn for inputs of about 1


def saturated_layer(facts: Facts) -> Finding | None:
    """A hidden layer of a bounded activation works where it is flat."""
    functions = [activation.without_norm for activation in facts.network.activations]
    bounded = [
        layer
        for layer, activation in zip(facts.layers[:-1], functions, strict=True)
        if math.isfinite(activation.low) and math.isfinite(activation.high) and layer.saturated is not None
    ]
    worst = max(bounded, key=lambda layer: layer.saturated or 0.0, default=None)
    if worst is None or worst.saturated is None or worst.saturated < SATURATED_SHARE:
        return None
    if facts.at == "end" and facts.learned.cost < DONE * facts.learned.guess:  # saturated because it has learned
        return None
    units = (
        f"{percent(worst.saturated)} of the {worst.activation.lower()} units saturate (|f'(z)| < {SATURATED_BELOW:g})"
    )
    flat = "f' vanishes a few from 0, and the gradient with it."
    if isinstance(facts.network.activations[worst.layer - 1], LayerNorm):
        return Finding(
            "saturated_layer",
            worst.layer,
            {"saturated": worst.saturated, "bound": SATURATED_BELOW, "z_mean": worst.z_mean, "z_std": worst.z_std},
            f"Hidden layer {worst.layer}: {units} over {facts.n_sample} rows. After layer normalisation, z has mean "
            f"{worst.z_mean:.3g} and standard deviation {worst.z_std:.3g}, by the learned gains and shifts; {flat}",
            "Lower learning_rate_init: gains and shifts have grown too far.",
        )
    size = _input_rms(facts, worst)
    std = facts.weights[worst.layer - 1].std
    large = size > LARGE_INPUTS
    if large:
        remedy = "Scale the inputs to a mean of 0 and a standard deviation of 1."
    elif facts.at == "start":
        remedy = "Use weight_init='scaled_gaussian' or 'glorot_uniform', which divide by the number of inputs."
    else:
        remedy = (
            "Begin with weight_init='scaled_gaussian' or 'glorot_uniform'; if the weights grew in training, lower "
            "learning_rate_init, raise alpha or set max_norm."
        )
    return Finding(
        "saturated_layer",
        worst.layer,
        {
            "saturated": worst.saturated,
            "bound": SATURATED_BELOW,
            "z_std": worst.z_std,
            "weight_std": std,
            "n_in": worst.n_in,
            "input_rms": size,
            "expected_z_std": std * size * math.sqrt(worst.n_in),
        },
        f"Hidden layer {worst.layer}: {units} over {facts.n_sample} rows. Weights of standard deviation {std:.3g} with "
        f"{worst.n_in} inputs of size {size:.3g} (root mean square) give z a standard deviation of {worst.z_std:.3g}; "
        f"{flat}",
        remedy,
    )


def slowed_output(facts: Facts) -> Finding | None:
    """Quadratic cost on an output that saturates."""
    output = facts.layers[-1]
    factor, slope = output.delta_factor, output.slope
    if not isinstance(cost_function(facts.head), Quadratic) or factor is None or factor >= SLOWED_TO:
        return None
    if not math.isfinite(facts.head.activation.high):
        return None
    softmax = slope is None
    evidence = {"delta_factor": factor, "error": output.error or 0.0, "delta": output.delta or 0.0}
    return Finding(
        "slowed_softmax" if softmax else "slowed_output",
        output.layer,
        evidence if slope is None else {**evidence, "mean_slope": slope},
        "The output is softmax with quadratic cost: its Jacobian lets "
        f"{percent(factor)} of the error a - T through, least where the output is surely wrong."
        if slope is None
        else f"The output is {output.activation.lower()} with quadratic cost: delta is the error a - T multiplied by "
        f"f'(z), {slope:.3g} on average, so that {percent(factor)} of the error comes through, least where the output "
        "is surely wrong.",
        "Use cost='log_likelihood': with softmax delta is a - T itself."
        if softmax
        else "Use cost='cross_entropy': it removes the factor, and delta is a - T itself.",
    )


def linear_output(facts: Facts) -> Finding | None:
    """Quadratic cost on a linear output punishes answers that are more than right."""
    if not facts.overshoot >= OVERSHOOT:  # none, or no number where there is no cost at all
        return None
    return Finding(
        "linear_output",
        facts.layers[-1].layer,
        {"overshoot": facts.overshoot, "delta_factor": facts.layers[-1].delta_factor or 1.0},
        f"The output ({facts.layers[-1].activation}) has no bounds and quadratic cost: {percent(facts.overshoot)} of "
        "the cost comes from outputs beyond their target of 0 or 1, answers that are more than right.",
        "Use output_activation='sigmoid' with cost='cross_entropy', which reward them."
        if facts.multilabel
        else "Use output_activation='softmax' with cost='log_likelihood', which reward them.",
    )


def dead_units(facts: Facts) -> Finding | None:
    """Units whose derivative is 0 on every row."""
    worst = max(facts.layers[:-1], key=lambda layer: layer.dead or 0.0, default=None)
    if worst is None or worst.dead is None or worst.dead <= DEAD_SHARE or facts.n_sample < FEW:
        return None
    return Finding(
        "dead_units",
        worst.layer,
        {"dead": worst.dead, "z_mean": worst.z_mean, "z_std": worst.z_std, "n_rows": facts.n_sample},
        f"Hidden layer {worst.layer}: {percent(worst.dead)} of the {worst.activation} units have a derivative of 0 on "
        f"all of {facts.n_sample} rows (z has mean {worst.z_mean:.3g} and standard deviation {worst.z_std:.3g}). No "
        "gradient reaches their weights, so they stay dead.",
        ("Begin" if facts.at == "start" else "Lower learning_rate_init and begin anew")
        + " with weight_init='he_normal' and bias_init='zeros'; or use activation='leaky_relu' or 'elu', whose "
        "derivative is not 0 for negative z.",
    )


def vanishing_gradient(facts: Facts) -> Finding | None:
    """The gradient shrinks from layer to layer on its way back."""
    passed = _passed_back(facts)
    learned = facts.at == "end" and facts.learned.cost < 0.5 * facts.learned.guess
    if passed is None or passed >= (VANISHED_TO if learned or facts.at == "start" else FADED_TO):
        return None
    n = len(facts.layers) - 1
    return Finding(
        "vanishing_gradient",
        1,
        {"passed": passed, "per_layer": passed ** (1 / n), "n_layers": n + 1},
        f"The gradient vanishes on its way back: by the biases it is {passed:.1e} times as large in layer 1 as in the "
        f"output layer, {passed ** (1 / n):.2g} a layer. The first layers hardly learn.",
        "Use activation='relu' with weight_init='he_normal', or 'selu' with 'lecun_normal'; or fewer layers.",
    )


def exploding_gradient(facts: Facts) -> Finding | None:
    """The gradient grows from layer to layer on its way back, until it outweighs the weights."""
    passed = _passed_back(facts)
    ratio = max((layer.gradient_norm / layer.weight_norm for layer in facts.layers if layer.weight_norm), default=0.0)
    if passed is None or passed <= EXPLODED_TO or ratio <= 1:
        return None
    n = len(facts.layers) - 1
    return Finding(
        "exploding_gradient",
        1,
        {"passed": passed, "per_layer": passed ** (1 / n), "gradient_to_weights": ratio},
        f"The gradient explodes on its way back: by the biases it is {passed:.3g} times as large in layer 1 as in the "
        f"output layer, {passed ** (1 / n):.2g} a layer, and {ratio:.3g} times as large as the weights of a layer.",
        "Use weight_init='he_normal' or 'glorot_uniform', which keep its size from layer to layer; clip_norm=1 limits "
        "what a step can do.",
    )


def units_alike(facts: Facts) -> Finding | None:
    """All units of a hidden layer have the same weights, into them and out of them, and the same bias."""
    for layer, weights in zip(facts.layers[:-1], facts.weights, strict=False):
        if layer.n_out > 1 and weights.unit_spread <= ALIKE:
            return Finding(
                "units_alike",
                layer.layer,
                {"unit_spread": weights.unit_spread, "weight_std": weights.std, "n_out": layer.n_out},
                f"Hidden layer {layer.layer}: all {layer.n_out} units have the same weights and biases. They get "
                "the same gradient in every step, so that they stay alike and do the work of one.",
                "Draw the initial weights at random: weight_init='glorot_uniform' or 'he_normal'.",
            )
    return None


def sure_and_wrong(facts: Facts) -> Finding | None:
    """The network begins with outputs that are sure, and so mostly surely wrong."""
    nothing = max(facts.guess, facts.blind)
    cost = facts.outcome.cost
    if facts.at != "start" or cost <= SURE_AND_WRONG * nothing:
        return None
    output = facts.layers[-1]
    return Finding(
        "sure_and_wrong",
        output.layer,
        {"cost": cost, "cost_of_nothing": nothing, "z_std": output.z_std},
        f"Before training the cost is {cost:.3g}, and outputs that say nothing have {nothing:.3g}: the logits begin "
        f"with a standard deviation of {output.z_std:.3g}, sure of what they cannot know, and the first epochs go into "
        "undoing that.",
        "Use weight_init='glorot_uniform' or 'he_normal', and scale the inputs to a standard deviation of 1.",
    )


def _input_rms(facts: Facts, layer: LayerStatistics) -> float:
    """Root mean square of what a layer gets."""
    if layer.layer == 1:
        return math.sqrt(float((facts.inputs.rms_of_layer**2).mean()))
    before = facts.layers[layer.layer - 2]
    return math.hypot(before.h_mean, before.h_std)


def _passed_back(facts: Facts) -> float | None:
    """Share of the gradient by the biases, root mean square over units, that comes from the output to the first layer.

    The speed of learning of a layer in Nielsen 2015, chapter 5. None with fewer than two hidden layers, or where there
    is no gradient at the output.
    """
    sizes = [layer.bias_gradient_norm / math.sqrt(layer.n_out) for layer in facts.layers]
    if len(sizes) < 3 or not sizes[-1] or not math.isfinite(sizes[0] / sizes[-1]):
        return None
    return sizes[0] / sizes[-1]
