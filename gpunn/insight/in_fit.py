"""Findings in the fit: where the cost came to rest, and whether that holds for other rows.

Costs are compared with two that need no training: ``facts.guess``, of the best outputs that do not look at the inputs,
and ``facts.blind``, of logits 0.
"""

from __future__ import annotations

import math

from gpunn.insight.curve import Curve
from gpunn.insight.facts import Facts
from gpunn.insight.finding import Finding, percent

STILL = 0.01  # of the cost of logits 0, over half of the training: at that pace it takes 100 times as long to learn
HIGH = 0.9  # of the cost of guessing
NO_BETTER = 0.95  # of the cost of guessing
CRAMPED = 0.5  # of the cost of guessing
LOST = 0.1  # of the cost of guessing: a tenth of what can be known
PENALTY_PULL = 0.02  # l2 divided by rows; a hundred steps of gradient descent at a rate of 1 shrink a weight by 1 / e^2


def plateau(facts: Facts) -> Finding | None:
    """The cost stands still, high."""
    curve = Curve.of(facts.training.history, 10)
    if curve is None or min(facts.outcome.cost, curve.cost[-1]) < HIGH * facts.guess:
        return None
    moved = curve.last(0.5).range
    if moved > STILL * facts.blind:
        return None
    slopes = [layer.slope for layer in facts.layers[:-1] if layer.slope is not None]
    return Finding(
        "plateau",
        None,
        {
            "moved": moved,
            "epochs": len(curve.last(0.5)),
            "cost": curve.cost[-1],
            "guess": facts.guess,
            "gradient_norm": facts.gradient_norm,
            **({"least_slope": min(slopes)} if slopes else {}),
        },
        f"The cost stands still: over the last {len(curve.last(0.5))} epochs it moved by {moved:.1g}, at "
        f"{curve.cost[-1]:.3g}, where guessing has {facts.guess:.3g}; the gradient has a norm of "
        f"{facts.gradient_norm:.2g}.",
        "Look first at the other findings: units that saturate, are dead or alike, or a penalty, stop learning so. "
        "Else raise learning_rate_init, or draw other weights (weight_init, random_state).",
    )


def no_better_than_guessing(facts: Facts) -> Finding | None:
    """The trained network knows no more than the shares of the classes."""
    cost = facts.outcome.cost
    if facts.at == "start" or cost <= NO_BETTER * facts.guess or facts.guess == 0:
        return None
    return Finding(
        "no_better_than_guessing",
        None,
        {"cost": cost, "guess": facts.guess, "score": facts.outcome.score, "largest_share": max(facts.outcome.shares)},
        f"The network does no better than guessing: its cost is {cost:.3g}, and outputs that are the shares of the "
        f"classes, whatever the input, have {facts.guess:.3g}; {percent(facts.outcome.score)} of the rows are right.",
        "Look first at the other findings. If there are none, the inputs may say nothing of the classes: check that "
        "rows and labels belong together.",
    )


def too_narrow(facts: Facts) -> Finding | None:
    """A hidden layer too narrow to tell the classes apart, and a cost that shows it."""
    hidden = facts.network.sizes[1:-1]
    needed = min(len(facts.outcome.shares) - 1, facts.network.sizes[0])
    cost = facts.outcome.cost
    if facts.at == "start" or facts.multilabel or not hidden or min(hidden) >= needed or cost < CRAMPED * facts.guess:
        return None
    width = min(hidden)
    return Finding(
        "too_narrow",
        hidden.index(width) + 1,
        {"width": width, "needed": needed, "cost": cost, "guess": facts.guess, "score": facts.outcome.score},
        f"Hidden layer {hidden.index(width) + 1} has {width} unit{'s' * (width > 1)}, too few to keep "
        f"{len(facts.outcome.shares)} classes apart: the cost stays at {cost:.3g}, {percent(cost / facts.guess)} of "
        "that of guessing.",
        f"Give it {needed} units or more in hidden_layer_sizes; 100 are usual.",
    )


def penalty_dominates(facts: Facts) -> Finding | None:
    """The penalties count more than the data."""
    cost, penalty = facts.outcome.cost, facts.penalty
    outweighs = penalty > cost and penalty > 0.1 * facts.guess
    crushed = facts.l2_per_row > PENALTY_PULL and cost > CRAMPED * facts.guess
    if facts.at == "start" or not (outweighs or crushed) or facts.guess == 0:  # a single class has nothing to learn
        return None
    size = math.sqrt(sum(layer.weight_norm**2 for layer in facts.layers))
    return Finding(
        "penalty_dominates",
        None,
        {"penalty": penalty, "cost": cost, "guess": facts.guess, "pull": facts.l2_per_row, "weight_norm": size},
        f"The penalty on the weights dominates: it adds {penalty:.3g} to a cost of {cost:.3g} (guessing has "
        f"{facts.guess:.3g}), and its gradient is {facts.l2_per_row:.2g} of each weight; the norm of all weights is "
        f"{size:.3g}.",
        "Lower alpha and l1 by a factor of 10 or more.",
    )


def kept_too_early(facts: Facts) -> Finding | None:
    """Early stopping kept an epoch whose validation cost was still high: the score had not begun to tell."""
    history = facts.training.history
    if history is None or history.best is None or not history.validation_cost or history.stopped == "diverged":
        return None
    costs, kept = history.validation_cost, history.best
    lowest = min(range(len(costs)), key=costs.__getitem__)
    if lowest <= kept or not costs[kept] > costs[lowest] + LOST * facts.guess:
        return None
    return Finding(
        "kept_too_early",
        None,
        {"epoch": kept + 1, "cost": costs[kept], "lowest_epoch": lowest + 1, "lowest_cost": costs[lowest]},
        f"Early stopping kept epoch {kept + 1}, with a validation cost of {costs[kept]:.3g}; in epoch {lowest + 1} it "
        f"was {costs[lowest]:.3g}. Training had hardly begun when the score was best.",
        "Use scoring='neg_log_loss', a greater n_iter_no_change, or more rows in validation_fraction.",
    )


def overfitting(facts: Facts) -> Finding | None:
    """Rows that were not trained on fare much worse."""
    return _gap(facts) or _turned_up(facts)


def _gap(facts: Facts) -> Finding | None:
    """Between the rows given and validation rows."""
    train, held_out = facts.outcome, facts.validation
    if held_out is None:
        return None
    error = math.sqrt(held_out.score * (1 - held_out.score) / held_out.n_rows)
    gap, dearer = train.score - held_out.score, held_out.cost - train.cost
    if gap <= 0.05 + 3 * error and dearer <= 0.5 * facts.guess:  # 5% and what chance may do; half of what can be known
        return None
    costs = {"cost": train.cost, "validation_cost": held_out.cost}
    return _overfitting(
        {"score": train.score, "validation_score": held_out.score, **costs},
        f"of the training rows {percent(train.score)} are right, of the {held_out.n_rows} validation rows "
        f"{percent(held_out.score)}; their costs are {train.cost:.3g} and {held_out.cost:.3g}",
    )


def _turned_up(facts: Facts) -> Finding | None:
    """The validation cost of the history, past its minimum."""
    history = facts.training.history
    if history is None or not history.validation_cost:
        return None
    at = history.n_iter - 1 if history.best is None else history.best
    costs = history.validation_cost
    best = min(range(len(costs)), key=costs.__getitem__)
    if at <= best or history.cost[at] >= history.cost[best]:
        return None
    if not costs[at] > costs[best] + LOST * facts.guess:
        return None
    return _overfitting(
        {"validation_cost": costs[at], "best_validation_cost": costs[best], "best_epoch": best + 1, "epoch": at + 1},
        f"the validation cost was lowest in epoch {best + 1}, {costs[best]:.3g}, and is {costs[at]:.3g} in epoch "
        f"{at + 1}, while the training cost went on falling",
    )


def _overfitting(evidence: dict[str, float], seen: str) -> Finding:
    return Finding(
        "overfitting",
        None,
        evidence,
        f"The network overfits: {seen}.",
        "Use early_stopping=True, dropout=0.2 to 0.5 or a greater alpha, fewer units, or more rows.",
    )
