"""Findings in the fit: where the cost came to rest.

They are about the rows that were trained on, ``facts.learned``. Costs are compared with two that need no training: that
of the best outputs that do not look at the inputs, ``facts.learned.guess``, and that of logits 0, ``facts.blind``.
"""

from __future__ import annotations

import math

from gpunn.insight.curve import Curve
from gpunn.insight.facts import Facts
from gpunn.insight.finding import Finding, percent
from gpunn.insight.in_outcome import overfitting

STILL = 0.01  # of the cost of logits 0, over half of the training: at that pace it takes 100 times as long to learn
HIGH = 0.9  # of the cost of guessing
NO_BETTER = 0.95  # of the cost of guessing
BETTER = 0.05  # of all rows, than the most frequent class
CRAMPED = 0.5  # of the cost of guessing
LOST = 0.1  # of the cost of guessing: a tenth of what can be known
HEAVY_DROPOUT = 0.6  # more than is usual
FELT = 0.25  # of the cost of guessing; below it a penalty keeps nothing from being learned
PENALTY_PULL = (
    0.02  # penalty divided by rows; a hundred steps of gradient descent at a rate of 1 shrink a weight by 1 / e^2
)
NOTABLE = 0.1  # of the stronger of two penalties; a weaker one is not what dominates
PENALTIES = {"alpha": "alpha (lambda in a manifest)", "l1": "l1"}  # as parameters and manifests call them


def plateau(facts: Facts) -> Finding | None:
    """The cost stands still, high."""
    curve = Curve.of(facts.training.history, 10)
    if curve is None or min(facts.learned.cost, curve.cost[-1]) < HIGH * facts.learned.guess:
        return None
    moved = curve.last(0.5).range
    if moved > STILL * facts.blind:
        return None
    slopes = [layer.slope for layer in facts.layers[:-1] if layer.slope is not None]
    units = f"{facts.training.unit}s"
    faster = "raise learning_rate_init, or " if facts.training.first_order else ""
    return Finding(
        "plateau",
        None,
        {
            "moved": moved,
            units: len(curve.last(0.5)),
            "cost": curve.cost[-1],
            "guess": facts.learned.guess,
            "gradient_norm": facts.gradient_norm,
            **({"least_slope": min(slopes)} if slopes else {}),
        },
        f"The cost stands still: over the last {len(curve.last(0.5))} {units} it moved by {moved:.1g}, at "
        f"{curve.cost[-1]:.3g}, where guessing has {facts.learned.guess:.3g}; the gradient has a norm of "
        f"{facts.gradient_norm:.2g}.",
        "Look first at the other findings: units that saturate, are dead or alike, or a penalty, stop learning so. "
        f"Else {faster}draw other weights (weight_init, random_state).",
    )


def no_better_than_guessing(facts: Facts) -> Finding | None:
    """The trained network knows no more than the shares of the classes."""
    found, seen, most = facts.learned, facts.outcome, max(facts.outcome.shares)
    cost, guess, score = found.cost, found.guess, found.score
    which = "the rows" if facts.rows_are == "unknown" else "the training rows"
    if cost <= NO_BETTER * guess and facts.rows_are == "other" and overfitting(facts) is None:
        cost, guess, score, which = seen.cost, facts.guess, seen.score, "rows that it was not trained on"
        most -= BETTER  # chance is on neither side
    if facts.at == "start" or cost <= NO_BETTER * guess or guess == 0:
        return None
    if not facts.multilabel and score > most + BETTER:  # its probabilities are bad, not its predictions
        return None
    return Finding(
        "no_better_than_guessing",
        None,
        {"cost": cost, "guess": guess, "score": score, "largest_share": max(seen.shares)},
        f"The network does no better than guessing: its cost is {cost:.3g}, and outputs that are the shares of the "
        f"classes, whatever the input, have {guess:.3g}; {percent(score)} of {which} are right.",
        "Look first at the other findings. If there are none, the inputs may say nothing of the classes: check that "
        "rows and labels belong together.",
    )


def too_narrow(facts: Facts) -> Finding | None:
    """A hidden layer too narrow to tell the classes apart, and a cost that shows it."""
    hidden = facts.network.sizes[1:-1]
    needed = min(len(facts.outcome.shares) - 1, facts.network.sizes[0])
    cost, guess = facts.learned.cost, facts.learned.guess
    if facts.at == "start" or facts.multilabel or not hidden or min(hidden) >= needed or cost < CRAMPED * guess:
        return None
    width = min(hidden)
    return Finding(
        "too_narrow",
        hidden.index(width) + 1,
        {"width": width, "needed": needed, "cost": cost, "guess": guess, "score": facts.learned.score},
        f"Hidden layer {hidden.index(width) + 1} has {width} unit{'s' * (width > 1)}, too few to keep "
        f"{len(facts.outcome.shares)} classes apart: the cost stays at {cost:.3g}, {percent(cost / guess)} of that of "
        "guessing.",
        f"Give it {needed} units or more in hidden_layer_sizes; 100 are usual.",
    )


def penalty_dominates(facts: Facts) -> Finding | None:
    """The penalties count more than the data."""
    cost, guess, penalty = facts.learned.cost, facts.learned.guess, facts.penalty
    strengths = {"alpha": facts.l2, "l1": facts.l1}
    pull = (facts.l2 + facts.l1) / facts.step_rows
    outweighs = penalty > max(cost, 0.1 * guess) and cost > FELT * guess
    crushed = pull > PENALTY_PULL and cost > CRAMPED * guess
    if facts.at == "start" or not (outweighs or crushed) or guess == 0:  # a single class has nothing to learn
        return None
    size, share = math.sqrt(sum(layer.weight_norm**2 for layer in facts.layers)), penalty / (penalty + cost)
    strong = {name: value for name, value in strengths.items() if value >= NOTABLE * max(strengths.values())}
    named = " and ".join(PENALTIES[name] for name in strong)
    return Finding(
        "penalty_dominates",
        None,
        {
            **strengths,
            "penalty": penalty,
            "cost": cost,
            "penalty_share": share,
            "guess": guess,
            "pull": pull,
            "weight_norm": size,
        },
        "The penalty on the weights dominates: with "
        f"{' and '.join(f'{name}={value:.3g}' for name, value in strong.items())} it adds {penalty:.3g} to a cost of "
        f"{cost:.3g}, {percent(share)} of their sum (guessing has a cost of {guess:.3g}), and pulls a weight of 1 "
        f"towards 0 by {pull:.2g} a step, times the learning rate; the norm of all weights is {size:.3g}.",
        f"Lower {named} by a factor of 10 or more.",
    )


def too_much_dropout(facts: Facts) -> Finding | None:
    """The network that trains, with units dropped, is much worse than the whole one, which has not learned much."""
    curve = Curve.of(facts.training.history, 2)
    cost, guess, rate = facts.learned.cost, facts.learned.guess, facts.training.dropout
    if curve is None or rate < HEAVY_DROPOUT or cost < FELT * guess:
        return None
    dropped = sum(curve.last(0.1).cost) / len(curve.last(0.1))
    if dropped < min(cost + LOST * guess, NO_BETTER * guess):
        return None
    return Finding(
        "too_much_dropout",
        None,
        {"dropout": rate, "cost": cost, "cost_with_dropout": dropped, "guess": guess},
        f"Dropout of {rate:.2g} leaves too little to learn with: in training the cost was {dropped:.3g}, without "
        f"dropout it is {cost:.3g}, and guessing has {guess:.3g}.",
        "Lower dropout to 0.5 or less, or give the layers more units.",
    )


def kept_too_early(facts: Facts) -> Finding | None:
    """Early stopping kept an epoch whose validation cost was still high: the score had not begun to tell."""
    history = facts.training.history
    if history is None or history.best is None or not history.validation_cost or history.stopped == "diverged":
        return None
    costs, kept = history.validation_cost, history.best
    lowest = min(range(len(costs)), key=costs.__getitem__)
    if lowest <= kept or not costs[kept] > costs[lowest] + LOST * facts.learned.guess:
        return None
    unit = facts.training.unit
    return Finding(
        "kept_too_early",
        None,
        {unit: kept + 1, "cost": costs[kept], f"lowest_{unit}": lowest + 1, "lowest_cost": costs[lowest]},
        f"Early stopping kept {unit} {kept + 1}, with a validation cost of {costs[kept]:.3g}; in {unit} {lowest + 1} "
        f"it was {costs[lowest]:.3g}. Training had hardly begun when the score was best.",
        "Use scoring='neg_log_loss', a greater n_iter_no_change, or more rows in validation_fraction.",
    )
