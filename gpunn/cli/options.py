"""The options of `gpunn train` that set a parameter of the estimator."""

from __future__ import annotations

import argparse
import csv
import math

from gpunn import choices
from gpunn.nn.activations import ACTIVATIONS
from gpunn.nn.costs import COSTS
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give whole numbers, as in 256,128") from None


def _count_or_share(text: str) -> float:
    return float(text) if "." in text else int(text)


def _compile(text: str) -> str | bool:
    answers: dict[str, str | bool] = {"auto": "auto", "yes": True, "no": False}
    if text not in answers:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give auto, yes or no")
    return answers[text]


def _one_or_list(text: str) -> str | list[str]:
    names = [part.strip() for part in text.split(",")]
    return names[0] if len(names) == 1 else names


def _weights(text: str) -> str | dict[str, float]:
    if text == "balanced":
        return text
    try:
        parts = [part.rpartition("=") for part in next(csv.reader([text]))]
        weights = {name: float(weight) for name, _, weight in parts}
        if not all(name and 0 < weight < math.inf for name, weight in weights.items()):
            raise ValueError
        return weights
    except (ValueError, StopIteration):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not allowed; give balanced, or classes with weights above 0, as in spam=3,ham=1"
        ) from None


def kind(text: str) -> tuple[str, str]:
    """A column and its kind, which is checked once the table is there."""
    name, _, chosen = text.rpartition("=")
    if not name or not chosen:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give a column and its kind, as in zip=text")
    return name, chosen


SOLVERS = [*choices.FIRST_ORDER_SOLVERS, *choices.FULL_BATCH_SOLVERS]

# Option, parameter, what argparse needs to know, help.
OPTIONS = (
    ("--hidden", "hidden_layer_sizes", {"type": _sizes, "metavar": "N,N"},
     "neurons of each hidden layer (default: 100); '' for no hidden layer"),
    ("--activation", "activation", {"type": _one_or_list, "metavar": "NAME"},
     f"of the hidden layers (default: relu), or one for each, with commas: {', '.join(ACTIVATIONS)}"),
    ("--output-activation", "output_activation", {"choices": [*ACTIVATIONS], "metavar": "NAME"},
     "one of these too (default: what fits the cost)"),
    ("--cost", "cost", {"choices": [*COSTS], "metavar": "NAME"},
     f"{', '.join(COSTS)} (default: what fits the output activation)"),
    ("--solver", "solver", {"choices": SOLVERS, "metavar": "NAME"}, f"{', '.join(SOLVERS)} (default: adam)"),
    ("--epochs", "max_iter", {"type": int, "metavar": "N"},
     "at most so many epochs, or iterations of gd, cg, bfgs, lbfgs (default: 200)"),
    ("--batch-size", "batch_size", {"type": int, "metavar": "N"}, "rows a step (default: 200)"),
    ("--learning-rate", "learning_rate_init", {"type": float, "metavar": "X"}, "at the start (default: 0.001)"),
    ("--schedule", "learning_rate", {"choices": [*choices.SCHEDULES], "metavar": "NAME"},
     f"of the learning rate: {', '.join(choices.SCHEDULES)} (default: constant)"),
    ("--momentum", "momentum", {"type": float, "metavar": "X"}, "of sgd (default: 0.9)"),
    ("--alpha", "alpha", {"type": float, "metavar": "X"}, "L2 penalty on the weights (default: 0.0001)"),
    ("--dropout", "dropout", {"type": float, "metavar": "P"}, "share of hidden neurons to drop (default: 0)"),
    ("--weight-init", "weight_init", {"choices": [*WEIGHT_INITIALISERS], "metavar": "NAME"},
     f"{', '.join(WEIGHT_INITIALISERS)} (default: glorot_uniform)"),
    ("--bias-init", "bias_init", {"choices": [*BIAS_INITIALISERS], "metavar": "NAME"},
     f"{', '.join(BIAS_INITIALISERS)} (default: uniform)"),
    ("--early-stopping", "early_stopping", {"action": "store_true"},
     "stop when the score on validation rows gets no better: those of --validation, or a tenth of the training rows"),
    ("--metric", "scoring", {"metavar": "NAME"},
     "score on validation rows, one of scikit-learn's: accuracy, f1_macro, neg_log_loss, ... (default: accuracy)"),
    ("--on-divergence", "on_divergence", {"choices": [*choices.ON_DIVERGENCE], "metavar": "WHAT"},
     "warn and keep the best state, raise an error, or recover, which goes on from it with half the learning rate "
     "(default: warn)"),
    ("--time-limit", "time_limit", {"type": float, "metavar": "S"}, "stop after so many seconds"),
    ("--class-weight", "class_weight", {"type": _weights, "metavar": "W"},
     "balanced, or a weight for each class: spam=3,ham=1 (default: 1 for all)"),
    ("--label-smoothing", "label_smoothing", {"type": float, "metavar": "X"},
     "share of each label that is spread over all classes (default: 0)"),
    ("--ema-decay", "ema_decay", {"type": float, "metavar": "X"},
     "predict with an exponential moving average of the weights, as in 0.999 (default: none)"),
    ("--max-categories", "max_categories", {"type": int, "metavar": "N"},
     "most inputs for the categories of a column; the rarest share one (default: none do)"),
    ("--min-frequency", "min_frequency", {"type": _count_or_share, "metavar": "X"},
     "categories with fewer rows, or a smaller share of them, share one input (default: none do)"),
    ("--threshold", "threshold", {"type": float, "metavar": "P"},
     "of two classes, answer the second where its probability is above this (default: 0.5)"),
    ("--dtype", "dtype", {"choices": ["float32", "float64"]}, "of the arithmetic (default: float32)"),
    ("--precision", "precision", {"choices": [*choices.PRECISIONS], "metavar": "NAME"},
     f"of the products in float32 on a GPU: {', '.join(choices.PRECISIONS)} (default: float32)"),
    ("--compile", "compile", {"type": _compile, "metavar": "WHEN"},
     "compile the training steps: yes, no or auto, where that saves time (default: auto)"),
    ("--device", "device", {"metavar": "NAME"}, "cpu, cuda, cuda:N or auto (default: cpu)"),
    ("--seed", "random_state", {"type": int, "metavar": "N"}, "where all random numbers start (default: 0)"),
)  # fmt: skip
