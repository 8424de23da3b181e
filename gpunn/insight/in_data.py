"""Findings in the data: inputs and labels that make learning hard."""

from __future__ import annotations

import numpy as np

from gpunn.insight.facts import Facts
from gpunn.insight.finding import FEW, Finding, percent
from gpunn.shown import printable

LARGE = 10.0  # root mean square of a column; weights are drawn, and rates chosen, for about 1
SMALL = 0.05  # of the largest column: the gradient by the first weights is as small as the inputs
OFFSET = 10.0  # mean in standard deviations: 99% of what a weight sees never changes
COMMON_TO_RARE = 10.0  # rows of the commonest class to one of another
FOUND = 0.5  # of the share of all rows that are right; a class below that is given up for the others
CONSTANT_SHARE = 0.5  # of the columns; some zeros that never change, as the border of images, do no harm
SHIFTED = 0.5  # a constant of the size of a scaled input; the zeros of a rare pixel are scaled to less


def unscaled_inputs(facts: Facts) -> Finding | None:
    """Inputs much larger or smaller than 1, or far from 0."""
    inputs = facts.inputs
    rms, changing = inputs.rms, inputs.std > 0
    if not changing.any():
        return None
    largest, least = int(np.argmax(np.where(changing, rms, 0))), float(inputs.std[changing].min())
    offset = np.where(changing & (rms > 1), np.abs(inputs.mean) / np.where(changing, inputs.std, 1), 0)
    far = int(np.argmax(offset))
    size = float(rms[largest])
    evidence = {
        "largest_rms": size,
        "input": largest,
        "least_std": least,
        "spread": float(inputs.std.max()) / least,
        "largest_offset": float(offset[far]),
    }
    if size > LARGE:
        what = (
            f"{_name(facts, largest)} has a root mean square of {size:.3g}, and some input a standard deviation of "
            f"{least:.3g}; the weights of the largest move most, and saturate the units"
        )
    elif max([size, *inputs.embedded_rms]) < SMALL:
        what = f"no input has a root mean square above {size:.3g}; every z begins near 0 and learning is slow"
    elif offset[far] > OFFSET and facts.outcome.n_rows >= FEW and facts.rows_are != "other":
        # a few rows, or those of one class, may be near each other
        evidence["input"] = far
        what = (
            f"{_name(facts, far)} has a mean of {inputs.mean[far]:.3g} and a standard deviation of only "
            f"{inputs.std[far]:.3g}; what changes in it hardly counts"
        )
    else:
        return None
    return Finding(
        "unscaled_inputs",
        None,
        evidence,
        f"The inputs are not scaled: {what}.",
        "Scale them to a mean of 0 and a standard deviation of 1, by sklearn.preprocessing.StandardScaler in a "
        "pipeline, or divide pixels by 255.",
    )


def constant_inputs(facts: Facts) -> Finding | None:
    """Columns that never change, and are far from 0, or are most of all."""
    constant = facts.inputs.constant
    shifted = constant[(np.abs(facts.inputs.low[constant]) >= SHIFTED) & ~np.isin(constant, facts.inputs.codes)]
    d = len(facts.inputs.low)
    if facts.outcome.n_rows < FEW or (not len(shifted) and len(constant) <= CONSTANT_SHARE * d):
        return None
    first = shifted if len(shifted) else constant
    return Finding(
        "constant_inputs",
        None,
        {"n_constant": len(constant), "n_shifted": len(shifted), "n_inputs": d, "first": int(first[0])},
        f"Inputs that never change: {len(constant)} of {d} ({_some(facts, first)}). They tell no classes apart; one "
        "that is far from 0 is a second bias.",
        "Leave them out, and look whether something was lost on the way to the table.",
    )


def duplicate_inputs(facts: Facts) -> Finding | None:
    """Columns that are there twice."""
    pairs = facts.inputs.duplicates
    if not pairs or facts.outcome.n_rows < FEW:
        return None
    return Finding(
        "duplicate_inputs",
        None,
        {"n_duplicates": len(pairs), "n_inputs": len(facts.inputs.low), "first": pairs[0][0], "same_as": pairs[0][1]},
        f"Inputs that repeat others value by value: {len(pairs)} of {len(facts.inputs.low)} "
        f"({_name(facts, pairs[0][0])} is {_name(facts, pairs[0][1])} again). What is there twice counts twice, and "
        "the penalty on it is halved.",
        "Leave the copies out.",
    )


def rare_class(facts: Facts) -> Finding | None:
    """A class so rare that the network gives it up."""
    shares, recalls = np.array(facts.outcome.shares), np.array(facts.outcome.recalls)
    others = 1 - shares if facts.multilabel else np.full(len(shares), shares.max())
    lost = (shares > 0) & (others >= COMMON_TO_RARE * shares) & (recalls < FOUND * facts.outcome.decided)
    if facts.at == "start" or not lost.any():
        return None
    worst = int(np.argmin(np.where(lost, shares, np.inf)))
    name, ratio = facts.classes[worst], float(others[worst] / shares[worst])
    which = "others" if facts.multilabel or len(shares) == 2 else "of the most frequent class"
    return Finding(
        "rare_class",
        None,
        {
            "class": worst,
            "share": float(shares[worst]),
            "common_to_rare": ratio,
            "recall": float(recalls[worst]),
            "score": facts.outcome.decided,
        },
        f"Class {name!r} is rare, {percent(float(shares[worst]))} of the rows, one to {ratio:.3g} {which}, and the "
        f"network finds {percent(float(recalls[worst]))} of it, while {percent(facts.outcome.decided)} of all rows are "
        "right: the cost hardly feels its mistakes.",
        "Use class_weight='balanced', or give sample_weight; judge by balanced accuracy or the recall of each class.",
    )


def _name(facts: Facts, j: int) -> str:
    """A column by its number, counted from 0, and its name."""
    return f"input {j}" + (f" ({printable(facts.input_names[j])})" if facts.input_names else "")


def _some(facts: Facts, numbers: np.ndarray) -> str:
    """The first few columns."""
    return ", ".join(_name(facts, int(j)) for j in numbers[:5]) + (", ..." if len(numbers) > 5 else "")
