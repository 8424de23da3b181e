"""Findings in the steps of a training: their rate, their rows, and how they ended.

Costs are compared with two that need no training: ``facts.learned.guess``, of the best outputs that do not look at
the inputs, and ``facts.blind``, of logits 0.
"""

from __future__ import annotations

import math
import statistics

from gpunn.insight.curve import Curve
from gpunn.insight.facts import Facts
from gpunn.insight.finding import Finding, percent
from gpunn.insight.in_fit import too_much_dropout
from gpunn.insight.in_outcome import overfitting

JUMPY = 0.5  # rises to falls of the cost: a training that gets somewhere falls at least twice as much as it rises
JUMP = 0.05  # of the cost of logits 0, the least rise that is not noise; one of all of it is a fault by itself
LEAP = 2.0  # mean cost of the first epoch, in costs of the start
LARGE_STEP = 0.1  # of the weights, a step, in half of the epochs; sound trainings are near 1e-3 (Karpathy, CS231n)
STRAIGHT = 0.6  # of the fall of the first half in the second: a training past its first slope falls less
STILL_FALLING = 0.01  # of the cost of logits 0, over the last tenth
BEYOND_NOISE = 10.0  # batch size in noise scales: larger ones gain less than 10% (McCandlish et al. 2018, 2.2)
BELOW_NOISE = 10.0  # noise scale in batch sizes: noise is three times as large as the gradient
RESTLESS = 0.02  # of the cost of guessing: spread of the cost from epoch to epoch, each a mean over all rows


def not_finite(facts: Facts) -> Finding | None:
    """There is nothing to look at: the cost is no number."""
    if math.isfinite(facts.outcome.cost) and math.isfinite(facts.gradient_norm):
        return None
    n, broken = len(facts.weights), sum(not weights.finite for weights in facts.weights)
    return Finding(
        "not_finite",
        None,
        {"n_layers": n, "n_layers_not_finite": broken, "largest_input_rms": float(facts.inputs.rms_of_layer.max())},
        f"The cost or its gradient is no finite number; so it is with weights or biases of {broken} of {n} layers.",
        "Begin anew with a lower learning_rate_init, scaled inputs or clip_norm=1.",
    )


def diverged(facts: Facts) -> Finding | None:
    """Training diverged, in the sense of `gpunn.training.divergence`."""
    history = facts.training.history
    if history is None or history.stopped != "diverged":
        return None
    rate = history.learning_rate[-1] if history.learning_rate else 0.0  # full-batch training may end before a step
    unit, what = facts.training.unit, "at a rate" if facts.training.first_order else "with a step length"
    name = "learning_rate" if facts.training.first_order else "step_length"
    remedy = (
        "Lower learning_rate_init by a factor of 10, with on_divergence='recover', which halves it as often as needed; "
        "or give warmup=1, scale the inputs, or set clip_norm=1."
    )
    return Finding(
        "diverged",
        None,
        {unit: history.n_iter, name: rate, "largest_input_rms": float(facts.inputs.rms_of_layer.max())},
        f"Training diverged in {unit} {history.n_iter}, {what} of {rate:.3g}: {history.divergence}. The model is the "
        "best state that was evaluated.",
        remedy if facts.training.first_order else "Scale the inputs, or begin with weight_init='glorot_uniform'.",
    )


def first_step_too_long(facts: Facts) -> Finding | None:
    """The first step of gradient descent overshoots the valley along the gradient.

    With momentum b it may be (1 + b) times as long (Polyak 1964).
    """
    training, curved = facts.training, facts.curvature
    if facts.at != "start" or training.momentum is None or training.learning_rate is None or curved is None:
        return None
    reach = training.learning_rate * curved / (2 * (1 + training.momentum))
    if reach <= 1:
        return None
    return Finding(
        "first_step_too_long",
        None,
        {"learning_rate": training.learning_rate, "curvature": curved, "overshoot": reach},
        f"The learning rate of {training.learning_rate:.3g} is {reach:.3g} times too long for the first step: the "
        f"curvature along the gradient is {curved:.3g}, and beyond {2 * (1 + training.momentum):.3g} / curvature a "
        "step ends higher than it began.",
        f"Use learning_rate_init={training.learning_rate / reach / 10:.1g}, a tenth of the longest step, or begin with "
        "warmup=1.",
    )


def rate_too_high(facts: Facts) -> Finding | None:
    """The cost jumps, or steps are large beside the weights."""
    training = facts.training
    curve = Curve.of(training.history, 5)
    if not training.first_order or training.history is None or too_much_dropout(facts) is not None:
        return None
    ratios = [max(layer.update_ratio or 0.0 for layer in entry) for entry in training.layer_history]
    step = statistics.median(ratios) if ratios else 0.0
    summary = training.history.summary
    began = math.inf if summary is None else max(summary.start_cost, facts.blind)
    leapt = curve is not None and training.history.cost[0] > LEAP * began
    jumps = curve is not None and (
        max(curve.steps) > facts.blind or (curve.rises > JUMPY * curve.falls and max(curve.steps) > JUMP * facts.blind)
    )
    if not jumps and not leapt and step <= LARGE_STEP:
        return None
    rate = max(training.history.learning_rate)  # a schedule may have brought it down to 0
    evidence, seen = {"learning_rate": rate}, []
    if curve is not None and jumps:
        evidence |= {"rises": curve.rises, "falls": curve.falls, "largest_jump": max(curve.steps)}
        seen.append(f"over {len(curve)} epochs the cost rose by {curve.rises:.3g} in all and fell by {curve.falls:.3g}")
    if curve is not None and leapt:
        evidence |= {"start_cost": began, "first_cost": training.history.cost[0]}
        seen.append(f"the first epoch had a mean cost of {training.history.cost[0]:.3g}, and began at {began:.3g}")
    if ratios:
        evidence["update_ratio"] = step
        seen.append(f"in half of the epochs a step changed a layer by {percent(step)} of its weights or more")
    return Finding(
        "rate_too_high",
        None,
        evidence,
        f"The learning rate of {rate:.3g} is too high: {', and '.join(seen)}.",
        "Lower learning_rate_init by a factor of 3 to 10, or let it fall with learning_rate='cosine'.",
    )


def rate_too_low(facts: Facts) -> Finding | None:
    """The cost falls as fast as at first: it is still on its first slope."""
    training = facts.training
    curve = Curve.of(training.history, 8)
    if not training.first_order or training.history is None or curve is None:
        return None
    half = len(curve) // 2
    first, second = curve.cost[0] - curve.cost[half], curve.cost[half] - curve.cost[-1]
    if second < STRAIGHT * first or first <= 0 or curve.rises > 0.05 * curve.falls:
        return None
    if curve.cost[-1] < 0.5 * facts.learned.guess:
        return None
    rate = max(training.history.learning_rate)  # a schedule may have brought it down to 0
    evidence = {"learning_rate": rate, "fall_first_half": first, "fall_second_half": second, "cost": curve.cost[-1]}
    if training.layer_history:
        evidence["update_ratio"] = max(layer.update_ratio or 0.0 for layer in training.layer_history[-1])
    return Finding(
        "rate_too_low",
        None,
        evidence,
        f"The learning rate of {rate:.3g} is too low: after {len(curve)} epochs the cost is {curve.cost[-1]:.3g} and "
        f"has hardly slowed down: it fell by {first:.2g} in the first half and by {second:.2g} in the second.",
        "Raise learning_rate_init by a factor of 10.",
    )


def stopped_while_falling(facts: Facts) -> Finding | None:
    """The limit of epochs or evaluations ended a training that was still getting better."""
    history = facts.training.history
    curve = Curve.of(history, 2)
    if history is None or curve is None or history.stopped not in ("max_iter", "max_evaluations", "time_limit"):
        return None
    fall = curve.last(0.1).cost[0] - curve.cost[-1]
    if fall <= STILL_FALLING * facts.blind or not _validation_falls(facts):
        return None
    if overfitting(facts) is not None:  # it has learned too much already
        return None
    units, limit = f"{facts.training.unit}s", {"max_evaluations": "max_fun"}.get(history.stopped, history.stopped)
    n = len(curve.last(0.1)) - 1
    last = facts.training.unit if n == 1 else f"{n} {units}"
    faster = ", or learn faster: a higher learning_rate_init, or solver='adam'" if facts.training.first_order else ""
    return Finding(
        "stopped_while_falling",
        None,
        {"n_iter": history.n_iter, "cost": curve.cost[-1], "fall": fall, units: n},
        f"Training ended at its limit ({limit}) after {history.n_iter} {units}, while the cost was still falling: by "
        f"{fall:.2g} to {curve.cost[-1]:.3g} over the last {last}.",
        f"Raise {limit}{faster}.",
    )


def batch_too_large(facts: Facts) -> Finding | None:
    """Batches far larger than the noise needs, in a training that ran out of steps."""
    training, scale = facts.training, facts.noise_scale
    if stopped_while_falling(facts) is None or not training.first_order or training.batch_size is None or not scale:
        return None
    ratio = training.batch_size / scale
    if ratio < BEYOND_NOISE:
        return None
    return Finding(
        "batch_too_large",
        None,
        {"batch_size": training.batch_size, "noise_scale": scale, "ratio": ratio},
        f"Batches of {training.batch_size} rows are {ratio:.3g} times as large as the noise of the gradient needs "
        f"(noise scale {scale:.3g} rows), and training ended while the cost was falling: smaller batches would have "
        "made more steps of nearly the same use.",
        f"Use batch_size={max(8, 2 ** round(math.log2(scale)))} or so.",
    )


def batch_too_small(facts: Facts) -> Finding | None:
    """Steps are mostly noise, and the cost wanders."""
    training, scale = facts.training, facts.noise_scale
    curve = Curve.of(training.history, 10)
    if curve is None or training.batch_size is None or not training.first_order or scale is None:
        return None
    tail = curve.last(0.5)
    spread = statistics.pstdev(tail.cost)
    wanders = spread > RESTLESS * facts.learned.guess and tail.rises > JUMPY * tail.falls
    if not wanders or scale < BELOW_NOISE * training.batch_size:
        return None
    sizes = f"noise and gradient are of one size only at {scale:.3g}"
    if not math.isfinite(scale):
        sizes = "the gradient of all rows is not to be told from noise"
    return Finding(
        "batch_too_small",
        None,
        {"batch_size": training.batch_size, "noise_scale": scale, "spread": spread, "cost": tail.cost[-1]},
        f"Steps are mostly noise: batches have {training.batch_size} row{'s' * (training.batch_size > 1)}, and "
        f"{sizes}. The cost wanders from epoch to epoch by {spread:.2g}.",
        "Raise batch_size, or lower the rate as training goes on: learning_rate='cosine' or 'adaptive'.",
    )


def _validation_falls(facts: Facts) -> bool:
    """True if the validation cost, where there is one, fell too over the last tenth."""
    history = facts.training.history
    if history is None or not history.validation_cost:
        return True
    last = Curve(tuple(history.validation_cost)).last(0.1)
    return last.cost[-1] < last.cost[0]
