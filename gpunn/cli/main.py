"""Commands, their options and exit codes: 0 done, 2 bad input, 130 on Ctrl-C.

What goes wrong with the input is one message on standard error, without a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from gpunn import __version__, choices
from gpunn.devices import DeviceUnavailableError
from gpunn.nn.activations import ACTIVATIONS
from gpunn.nn.costs import COSTS
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS

SOLVERS = [*choices.FIRST_ORDER_SOLVERS, *choices.FULL_BATCH_SOLVERS]

# Options of `train` that set a parameter of the estimator: option, parameter, what argparse needs to know.
OPTIONS = (
    ("--hidden", "hidden_layer_sizes", {"type": lambda text: _sizes(text), "metavar": "N,N,..."},
     "neurons of each hidden layer"),
    ("--activation", "activation", {"type": lambda text: _one_or_list(text), "metavar": "NAME"},
     f"of the hidden layers, one or a list with commas: {', '.join(ACTIVATIONS)}"),
    ("--output-activation", "output_activation", {"choices": [*ACTIVATIONS]}, "default: what fits the cost"),
    ("--cost", "cost", {"choices": [*COSTS]}, "default: what fits the output activation"),
    ("--solver", "solver", {"choices": SOLVERS}, "how to train"),
    ("--epochs", "max_iter", {"type": int, "metavar": "N"}, "at most so many epochs, or iterations"),
    ("--batch-size", "batch_size", {"type": int, "metavar": "N"}, "rows a step"),
    ("--learning-rate", "learning_rate_init", {"type": float, "metavar": "X"}, "at the start"),
    ("--schedule", "learning_rate", {"choices": [*choices.SCHEDULES]}, "of the learning rate"),
    ("--momentum", "momentum", {"type": float, "metavar": "X"}, "of sgd"),
    ("--alpha", "alpha", {"type": float, "metavar": "X"}, "L2 penalty on the weights"),
    ("--dropout", "dropout", {"type": float, "metavar": "P"}, "share of hidden activations to drop"),
    ("--weight-init", "weight_init", {"choices": [*WEIGHT_INITIALISERS]}, "distribution of the initial weights"),
    ("--bias-init", "bias_init", {"choices": [*BIAS_INITIALISERS]}, "distribution of the initial biases"),
    ("--early-stopping", "early_stopping", {"action": "store_true"}, "stop when held-out training rows get no better"),
    ("--dtype", "dtype", {"choices": ["float32", "float64"]}, "of the arithmetic (default: float32)"),
    ("--device", "device", {"metavar": "NAME"}, "cpu, cuda, cuda:N or auto (default: cpu)"),
    ("--seed", "random_state", {"type": int, "metavar": "N"}, "where all random numbers start (default: 0)"),
)  # fmt: skip

TRAIN_EXAMPLES = """examples:
  gpunn train digits.yaml
  gpunn train digits.csv --target digit --hidden 256,128 --activation relu
  gpunn train digits.csv --target digit --solver lbfgs --device auto -o digits.gpunn
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        from gpunn.cli import commands
    except ModuleNotFoundError as error:
        if error.name not in ("rich", "pyarrow"):
            raise
        return _fail(f"the command line needs {error.name}, which is not installed. Run: pip install 'gpunn[cli]'")
    try:
        return commands.COMMANDS[options.command](options)
    except KeyboardInterrupt:
        print("gpunn: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, DeviceUnavailableError, MemoryError) as error:
        return _fail(_message(error))


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(prog="gpunn", description="Train and use neural-network classifiers on tables.")
    top.add_argument("--version", action="version", version=f"gpunn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="train a classifier on a table",
        description="Train a classifier on a CSV or Parquet table, report how well it does on held-out rows, save it.",
        epilog=TRAIN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument("source", metavar="MANIFEST|DATA", help="a manifest (.yaml, .toml) or a table (.csv, .parquet)")
    train.add_argument("--target", metavar="COLUMN", help="the column with the labels")
    train.add_argument("--held-out", type=float, metavar="X", help="share of rows to report on (default: 0.2)")
    train.add_argument("-o", "--output", metavar="FILE", help="model file (default: the source's name with .gpunn)")
    train.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    network = train.add_argument_group("network and training (these override a manifest)")
    for option, parameter, how, what in OPTIONS:
        network.add_argument(option, dest=parameter, default=None, help=what, **how)

    predict = commands.add_parser("predict", help="write classes and probabilities of the rows of a table as CSV")
    evaluate = commands.add_parser("evaluate", help="report how well a model does on a table with labels")
    for command in (predict, evaluate):
        command.add_argument("model", metavar="MODEL", help="a model file that train wrote")
        command.add_argument("data", metavar="DATA", help="a table (.csv, .parquet) with the columns of training")
        command.add_argument("--device", default="cpu", metavar="NAME", help="cpu, cuda, cuda:N or auto (default: cpu)")
    predict.add_argument("-o", "--output", metavar="FILE", help="CSV file (default: standard output)")
    evaluate.add_argument("--target", metavar="COLUMN", help="the column with the labels (default: as in training)")

    commands.add_parser("devices", help="show what there is to compute on")
    return top


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part.strip())


def _one_or_list(text: str) -> str | list[str]:
    names = [part.strip() for part in text.split(",")]
    return names[0] if len(names) == 1 else names


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _fail(message: str) -> int:
    print(f"gpunn: error: {message}", file=sys.stderr)
    return 2
