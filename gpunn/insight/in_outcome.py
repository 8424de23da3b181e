"""Findings in the outcome: how a network does on rows that it was not trained on, and what is the matter with rows."""

from __future__ import annotations

import math

import numpy as np

from gpunn.insight.facts import Facts
from gpunn.insight.finding import FEW, Finding, percent
from gpunn.insight.neighbours import MAX_ROWS, N_NEIGHBOURS
from gpunn.insight.outcomes import IDLE
from gpunn.shown import printable

GAP = 0.05  # of all rows, and three standard errors
DEARER = 0.5  # of the cost of guessing: half of what can be known
LOST = 0.1  # of the cost of guessing: a tenth of what can be known
TOO_SURE = 0.05  # confidence less accuracy, beyond what chance may do
GAIN = 0.05  # of the log-loss, by a temperature
BETTER = 0.05  # of all rows, that the nearest rows tell, and the network does not
MANY_PARAMETERS = 10.0  # for each row; a network that is stopped in time may have more, and do well
TELLS = 0.9  # of what the most frequent class leaves to be told
NEXT = 0.85  # of that; the next best column, where one stands out
LEAK_SCORE = 0.98
FAR = 0.5  # standard deviations
REPEATED = 0.1  # of the validation rows
KNOWS = 0.95  # of the cost of guessing; beyond, nothing follows from what a network is sure of
SURE_AND_WRONG = 0.03  # of the quarter of the rows that the network is surest of
OVERLAPPING = 0.33  # of all rows: there are classes that the inputs do not tell apart
AS_WRONG = 0.6  # of the errors in all rows, for the surest half, quarter and tenth on average: else classes overlap
FEW_COLUMNS = 6
MOSTLY_IDLE = 0.7  # of the columns
SHOWN = 5  # rows or columns that are named


def moved_inputs(facts: Facts) -> Finding | None:
    """Inputs are not what they were in training."""
    if not facts.moved or facts.outcome.n_rows < FEW:
        return None
    far = np.array(facts.moved)
    chance = 5 * (1 / math.sqrt(facts.n_sample) + 1 / math.sqrt(facts.learned.n_rows))
    found = np.flatnonzero(far > max(FAR, chance))
    if not found.size:
        return None
    worst = int(np.argmax(far))
    size, distance = "from a value that never changed", {}
    if math.isfinite(far[worst]):
        size, distance = f"by {far[worst]:.3g} standard deviations", {"distance": float(far[worst])}
    return Finding(
        "moved_inputs",
        None,
        {"n_moved": len(found), "n_inputs": len(far), "input": worst, **distance},
        f"Inputs are not as they were in training: {len(found)} of {len(far)}, most of all {_input(facts, worst)}, "
        f"which has moved {size}. What was learned holds for rows like those of training.",
        "Look whether units, codes or the scaling have changed (put the scaler and the network into one pipeline); if "
        "the world has, train on rows that are like these.",
    )


def leaking_column(facts: Facts) -> Finding | None:
    """A column by itself tells the class, and no other does: it may have been made from the labels."""
    if facts.labelled is None or len(facts.alone) < 2:
        return None
    most = np.bincount(facts.labelled.label).max() / len(facts.labelled.label)
    if most > 0.95:
        return None
    lift = (np.array(facts.alone) - most) / (1 - most)
    order = np.argsort(-lift)
    best, second = int(order[0]), int(order[1])
    if facts.alone[best] < LEAK_SCORE or lift[best] < TELLS or lift[second] > NEXT:
        return None
    name = printable(facts.columns[best].name)
    return Finding(
        "leaking_column",
        None,
        {
            "column": best,
            "score_alone": facts.alone[best],
            "next_score": facts.alone[second],
            "largest_share": float(most),
        },
        f"Column {name!r} tells the class of {percent(facts.alone[best])} of the rows by itself; the next best, "
        f"{printable(facts.columns[second].name)!r}, of {percent(facts.alone[second])}. It may have been made from the "
        "labels, or be known only after them.",
        "If it is not known when predictions are made, leave it out"
        + (f": features={{{name!r}: 'drop'}} does it for frames." if facts.input_names else "."),
    )


def repeated_rows(facts: Facts) -> Finding | None:
    """Validation rows that are among the training rows."""
    share, unseen = facts.repeated, facts.unseen
    if share is None or unseen is None or unseen.n_rows < FEW or share < REPEATED:
        return None
    return Finding(
        "repeated_rows",
        None,
        {"share": share, "n_rows": unseen.n_rows},
        f"{percent(share)} of the validation rows are, number by number, among the "
        f"{'rows given' if facts.rows_are == 'other' else 'training rows'}: they tell what the network remembers, and "
        "not what it would do with other rows.",
        "Leave out the copies before the rows are divided (drop_duplicates), or divide by groups "
        "(sklearn.model_selection.GroupShuffleSplit).",
    )


def doubtful_labels(facts: Facts) -> Finding | None:
    """Rows that the network is surest of have other labels, nearly as often as any."""
    rows, score = facts.labelled, facts.outcome.score
    if rows is None or facts.learned.cost > KNOWS * facts.learned.guess or score <= max(facts.outcome.shares):
        return None
    wrong = rows.predicted != rows.label
    order = np.argsort(-rows.margin, kind="stable")
    quarter = order[: -(-len(order) // 4)]
    of_all, of_half, of_quarter, of_tenth = (float(wrong[order[: -(-len(order) // k)]].mean()) for k in (1, 2, 4, 10))
    chance = math.sqrt(of_quarter * (1 - of_quarter) / len(quarter))
    as_wrong = (of_half + of_quarter + of_tenth) / 3 >= AS_WRONG * of_all
    if of_quarter < SURE_AND_WRONG + chance or of_all > OVERLAPPING or not as_wrong:
        return None
    found = quarter[wrong[quarter]]
    named = ", ".join(str(int(rows.numbers[i])) for i in found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
    return Finding(
        "doubtful_labels",
        None,
        {
            "errors_of_surest_tenth": of_tenth,
            "errors_of_surest_quarter": of_quarter,
            "errors_of_surest_half": of_half,
            "errors": of_all,
            "n_doubtful": len(found),
            "first": int(rows.numbers[found[0]]),
        },
        f"Labels look wrong: of the quarter of the rows that the network is surest of, {percent(of_quarter)} have "
        f"another label, and of all rows {percent(of_all)}. Where classes merely overlap, nearly all errors are in the "
        f"unsure rows. Rows, counted from 0, the surest first: {named}.",
        "Look at these rows, and where their labels come from. Against what cannot be corrected: label_smoothing=0.1, "
        "early_stopping=True, a greater alpha.",
    )


def underfitting(facts: Facts) -> Finding | None:
    """The nearest rows tell the class much better than the network."""
    near, beside, rows = facts.by_neighbours, facts.beside_neighbours, facts.labelled
    if near is None or beside is None or rows is None:
        return None
    n = min(len(rows.label), MAX_ROWS)
    chance = 3 * math.sqrt((near * (1 - near) + beside * (1 - beside)) / n)
    if near - beside <= max(BETTER, chance) or near <= max(facts.outcome.shares) + BETTER:
        return None
    if facts.learned.score > near + BETTER:  # it has learned more, of other rows
        return None
    faster = ", with a higher learning_rate_init" if facts.training.first_order else ""
    return Finding(
        "underfitting",
        None,
        {"score": beside, "score_of_neighbours": near, "training_score": facts.learned.score},
        f"There is more to learn than the network has learned: of {n} rows it has {percent(beside)} right, and the "
        f"{N_NEIGHBOURS} nearest rows of each, by a vote, {percent(near)}.",
        f"Look first at the other findings. Else train longer (max_iter){faster}, more units in hidden_layer_sizes or "
        "a lower alpha.",
    )


def idle_columns(facts: Facts) -> Finding | None:
    """Most of the columns do nothing for the answers."""
    (idle, n), unseen = facts.idle, facts.unseen
    if unseen is None or n < FEW_COLUMNS or idle <= MOSTLY_IDLE * n or unseen.cost > KNOWS * facts.guess:
        return None
    return Finding(
        "idle_columns",
        None,
        {"n_idle": idle, "n_columns": n},
        f"{idle} of {n} columns do nothing: shuffling one of them, among rows that were not trained on, raises the "
        f"cost by less than {percent(IDLE)} of that of guessing. The network still spends weights on them.",
        "Look at gpunn.insight.html_report, 'Columns that matter'; leave out what does nothing, or raise l1.",
    )


def overfitting(facts: Facts) -> Finding | None:
    """Rows that were not trained on fare much worse."""
    return _gap(facts) or _turned_up(facts)


def too_large(facts: Facts) -> Finding | None:
    """An overfitted network with many parameters for its rows."""
    n, parameters = facts.learned.n_rows, facts.network.n_parameters
    if _gap(facts) is None or parameters < MANY_PARAMETERS * n:
        return None
    return Finding(
        "too_large",
        None,
        {"n_parameters": parameters, "n_rows": n, "ratio": parameters / n},
        f"The network has {parameters:,} weights and biases for {n:,} training rows, {parameters / n:.3g} for each, "
        "and has learned the rows themselves.",
        "Use a greater alpha or fewer units in hidden_layer_sizes, stop early, or train on more rows.",
    )


def overconfident(facts: Facts) -> Finding | None:
    """Probabilities on rows not trained on are far too near to 0 and 1."""
    found, unseen = facts.calibration, facts.unseen
    if found is None or unseen is None or found.temperature <= 1 or found.log_loss == 0:
        return None
    chance = 3 * math.sqrt(found.accuracy * (1 - found.accuracy) / found.n_rows)
    too_sure, gain = found.confidence - found.accuracy, 1 - found.tempered_log_loss / found.log_loss
    if too_sure <= TOO_SURE + chance or gain <= GAIN:
        return None
    worse, more = "", {}
    if facts.unseen is facts.outcome and unseen.cost > facts.guess and unseen.score > max(unseen.shares):
        worse = (
            f" Their cost, {unseen.cost:.3g}, is above the {facts.guess:.3g} of the shares of the classes, though "
            f"{percent(unseen.score)} are right, and the most frequent class has {percent(max(unseen.shares))}: errors "
            "that it is sure of cost most."
        )
        more = {"cost": unseen.cost, "guess": facts.guess, "largest_share": max(unseen.shares)}
    if found.is_empty:
        tempered = {}
        right = found.accuracy > max(unseen.shares) + chance
        what = (
            f"The log-loss of {found.log_loss:.3g} only becomes less as they are made more alike: they carry almost no "
            f"information {'beyond the predicted class' if right else 'about the classes'}."
        )
    else:
        tempered = {"temperature": found.temperature, "tempered_log_loss": found.tempered_log_loss}
        what = (
            f"Logits divided by a temperature of {found.temperature:.3g} would have a log-loss of "
            f"{found.tempered_log_loss:.3g} in the place of {found.log_loss:.3g}."
        )
    return Finding(
        "overconfident",
        None,
        {
            "confidence": found.confidence,
            "accuracy": found.accuracy,
            "calibration_error": found.error,
            **tempered,
            "log_loss": found.log_loss,
            "n_rows": found.n_rows,
            **more,
        },
        f"Its probabilities are too sure: on {found.n_rows} rows that it was not trained on it gives its predictions "
        f"{percent(found.confidence)} on average, and {percent(found.accuracy)} are right (expected calibration error "
        f"{found.error:.2g}). {what}{worse}",
        "Use early_stopping=True with scoring='neg_log_loss', a greater alpha or label_smoothing=0.1"
        + ("." if found.is_empty else "; or calibrate with sklearn.calibration.CalibratedClassifierCV."),
    )


def _gap(facts: Facts) -> Finding | None:
    """Between the rows trained on and others."""
    train, unseen = facts.learned, facts.unseen
    if unseen is None or unseen.n_rows < FEW:
        return None
    error = math.sqrt(unseen.score * (1 - unseen.score) / unseen.n_rows)
    gap, dearer = train.score - unseen.score, unseen.cost - 3 * unseen.cost_error - train.cost
    if gap <= max(GAP, 3 * error) and (dearer <= DEARER * train.guess or gap <= 0):
        return None
    costs = {"cost": train.cost, "validation_cost": unseen.cost}
    which = "" if facts.threshold is None else " by the most probable class"
    return _overfitting(
        {"score": train.score, "validation_score": unseen.score, **costs},
        f"of the training rows {percent(train.score)} are right{which}, of {unseen.n_rows} other rows "
        f"{percent(unseen.score)}; their costs are {train.cost:.3g} and {unseen.cost:.3g}",
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
    if not costs[at] > costs[best] + LOST * facts.learned.guess:
        return None
    unit = facts.training.unit
    return _overfitting(
        {"validation_cost": costs[at], "best_validation_cost": costs[best], f"best_{unit}": best + 1, unit: at + 1},
        f"the validation cost was lowest in {unit} {best + 1}, {costs[best]:.3g}, and is {costs[at]:.3g} in {unit} "
        f"{at + 1}, while the training cost went on falling",
    )


def _overfitting(evidence: dict[str, float], seen: str) -> Finding:
    return Finding(
        "overfitting",
        None,
        evidence,
        f"The network overfits: {seen}.",
        "Use early_stopping=True, a greater alpha, dropout=0.2 to 0.5, fewer units, or more rows.",
    )


def _input(facts: Facts, j: int) -> str:
    return f"input {j}" + (f" ({printable(facts.input_names[j])})" if facts.input_names else "")
