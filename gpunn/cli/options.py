"""The options of `gpunn train` that set a parameter of the estimator."""

from __future__ import annotations

import argparse
import csv
import math

from gpunn.config import registry
from gpunn.nn.activations import ACTIVATIONS
from gpunn.nn.costs import COSTS
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give integers, as in 256,128") from None


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


SOLVERS = [*registry.FIRST_ORDER_SOLVERS, *registry.FULL_BATCH_SOLVERS]

# Option, parameter, what argparse needs to know, help.
OPTIONS = (
    ("--hidden", "hidden_layer_sizes", {"type": _sizes, "metavar": "N,N"},
     "number of neurons in each hidden layer (default: 100); '' for no hidden layer"),
    ("--activation", "activation", {"type": _one_or_list, "metavar": "NAME"},
     f"activation of the hidden layers (default: relu), or a comma-separated list of one per layer: "
     f"{', '.join(ACTIVATIONS)}"),
    ("--output-activation", "output_activation", {"choices": [*ACTIVATIONS], "metavar": "NAME"},
     "activation of the output layer, one of the same (default: the one that matches the cost)"),
    ("--cost", "cost", {"choices": [*COSTS], "metavar": "NAME"},
     f"cost function: {', '.join(COSTS)} (default: the one that matches the output activation)"),
    ("--solver", "solver", {"choices": SOLVERS, "metavar": "NAME"}, f"solver: {', '.join(SOLVERS)} (default: adam)"),
    ("--epochs", "max_iter", {"type": int, "metavar": "N"},
     "maximum number of epochs, or of iterations of gd, cg, bfgs and lbfgs (default: 200)"),
    ("--batch-size", "batch_size", {"type": int, "metavar": "N"}, "number of rows per step (default: 200)"),
    ("--learning-rate", "learning_rate_init", {"type": float, "metavar": "X"},
     "initial learning rate (default: 0.001)"),
    ("--schedule", "learning_rate", {"choices": [*registry.SCHEDULES], "metavar": "NAME"},
     f"learning-rate schedule: {', '.join(registry.SCHEDULES)} (default: constant)"),
    ("--momentum", "momentum", {"type": float, "metavar": "X"}, "momentum of sgd (default: 0.9)"),
    ("--alpha", "alpha", {"type": float, "metavar": "X"}, "L2 penalty on the weights (default: 0.0001)"),
    ("--dropout", "dropout", {"type": float, "metavar": "P"}, "dropout rate of the hidden layers (default: 0)"),
    ("--weight-init", "weight_init", {"choices": [*WEIGHT_INITIALISERS], "metavar": "NAME"},
     f"weight initialisation: {', '.join(WEIGHT_INITIALISERS)} (default: glorot_uniform)"),
    ("--bias-init", "bias_init", {"choices": [*BIAS_INITIALISERS], "metavar": "NAME"},
     f"bias initialisation: {', '.join(BIAS_INITIALISERS)} (default: uniform)"),
    ("--early-stopping", "early_stopping", {"action": "store_true"},
     "stop when the score on the validation rows (--validation, or a tenth of the training rows) no longer improves"),
    ("--metric", "scoring", {"metavar": "NAME"},
     "scikit-learn scorer for the validation rows: accuracy, f1_macro, neg_log_loss, ... (default: accuracy)"),
    ("--on-divergence", "on_divergence", {"choices": [*registry.ON_DIVERGENCE], "metavar": "WHAT"},
     "what to do if training diverges: warn and keep the best state, raise an error, or recover, which continues from "
     "the best state with half the learning rate (default: warn)"),
    ("--time-limit", "time_limit", {"type": float, "metavar": "S"}, "stop training after S seconds"),
    ("--class-weight", "class_weight", {"type": _weights, "metavar": "W"},
     "class weights: balanced, or a weight for each class as in spam=3,ham=1 (default: 1 for all)"),
    ("--label-smoothing", "label_smoothing", {"type": float, "metavar": "X"},
     "fraction of each label that is spread over all classes (default: 0)"),
    ("--ema-decay", "ema_decay", {"type": float, "metavar": "X"},
     "predict with an exponential moving average of the weights with this decay, for example 0.999 (default: none)"),
    ("--max-categories", "max_categories", {"type": int, "metavar": "N"},
     "maximum number of inputs for the categories of a column; the rarest categories share one (default: no limit)"),
    ("--min-frequency", "min_frequency", {"type": _count_or_share, "metavar": "X"},
     "categories in fewer rows, or in a smaller fraction of the rows, share one input (default: no limit)"),
    ("--threshold", "threshold", {"type": float, "metavar": "P"},
     "for two classes, predict the second where its probability is above P (default: 0.5)"),
    ("--dtype", "dtype", {"choices": ["float32", "float64"]}, "data type of weights and arithmetic (default: float32)"),
    ("--precision", "precision", {"choices": [*registry.PRECISIONS], "metavar": "NAME"},
     f"precision of float32 matrix products on a GPU: {', '.join(registry.PRECISIONS)} (default: float32)"),
    ("--compile", "compile", {"type": _compile, "metavar": "WHEN"},
     "compile the training steps: yes, no, or auto, which compiles where this saves time (default: auto)"),
    ("--device", "device", {"metavar": "NAME"}, "device: cpu, cuda, cuda:N or auto (default: cpu)"),
    ("--seed", "random_state", {"type": int, "metavar": "N"}, "seed of all random numbers (default: 0)"),
)  # fmt: skip
