"""The commands and their options."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn, TypeAlias

from gpunn._version import __version__
from gpunn.cli import streams
from gpunn.cli.options import add_options, kind
from gpunn.config.presets import PRESETS
from gpunn.config.registry import checkpoint_interval

TOP_EXAMPLES = """examples:
  gpunn train digits.csv --target digit
  gpunn predict digits.gpunn new.csv -o predictions.csv
  gpunn evaluate digits.gpunn more.csv
  gpunn compare digits.gpunn other.gpunn more.csv
  gpunn inspect digits.gpunn
  gpunn export digits.gpunn --onnx digits.onnx
  gpunn train --help
"""
TRAIN_EXAMPLES = """examples:
  gpunn train digits.yaml
  gpunn train digits.csv --target digit --hidden 256,128 --activation relu
  gpunn train digits.csv --target digit --solver lbfgs --device auto -o my.gpunn
  gpunn train mail.csv --target kind --class-weight spam=3,ham=1 --kind zip=text
  gpunn train a.csv --target y --validation b.csv --early-stopping --live
  gpunn train a.csv --target y --checkpoint run --checkpoint-every 10min
  gpunn train - --target y -o m.gpunn < a.csv
  gpunn train 'data/*.parquet' --target y -o m.gpunn
"""
RESUME_EXAMPLES = """example:
  gpunn train a.csv --target y --checkpoint run    (interrupted)
  gpunn resume run

It must be called in the directory in which gpunn train was called. The tables
are read again, and must not have changed. The model is the one that the
uninterrupted command would have written.
"""
PREDICT_EXAMPLES = """examples:
  gpunn predict digits.gpunn new.csv > predictions.csv
  gpunn predict digits.gpunn new.parquet -o predictions.parquet
  gpunn predict digits.gpunn new.csv --keep id
  cat new.csv | gpunn predict digits.gpunn - | head

Tables are read and predictions written in batches, so the memory use does not
grow with the number of rows. A file is written completely or not at all; on
standard output, the rows before an error have already been written.
"""
EVALUATE_EXAMPLES = """examples:
  gpunn evaluate digits.gpunn more.csv
  gpunn evaluate digits.gpunn more.csv --confusion confusion.png
  gpunn evaluate digits.gpunn more.csv --json | jq .accuracy
"""
COMPARE_EXAMPLES = """examples:
  gpunn compare small.gpunn large.gpunn more.csv
  gpunn compare a.gpunn b.gpunn c.gpunn more.parquet --plot models.png
  gpunn compare a.gpunn b.gpunn more.csv --json | jq '.pairs[0].p_value'

Each model reads its own columns of the table. No model should have been trained
on its rows. The output gives for each pair of models the number of rows that
only one of them classifies correctly, the p-value of the exact McNemar test
(with Holm correction for more than two models), and the differences in accuracy
and log-loss with 95% intervals (paired bootstrap).
"""
INSPECT_EXAMPLES = """examples:
  gpunn inspect digits.gpunn
  gpunn inspect digits.gpunn digits.csv
"""
REPORT_EXAMPLES = """example:
  gpunn report digits.gpunn more.csv -o report.html
"""
EXPORT_EXAMPLES = """examples:
  gpunn export digits.gpunn --onnx digits.onnx
  gpunn export digits.gpunn --numpy digits.py
  python -c "import digits; help(digits)"
"""

DATA = "a table with the columns of the training table; - for CSV on standard input"
OUTPUT = "(default: standard output)"


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage of thirty options.

    Attributes
    ----------
    gathers : str
        A list of positional arguments between which options may stand; argparse ends one at the first option.
    """

    gathers = ""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, rest = super().parse_known_args(args, namespace)
        if self.gathers:
            getattr(found, self.gathers).extend(name for name in rest if name == "-" or not name.startswith("-"))
            rest = [name for name in rest if name != "-" and name.startswith("-")]
        return found, rest

    def error(self, message: str) -> NoReturn:
        rest = message.removeprefix("unrecognized arguments: ")
        if rest != message and all(map(os.path.exists, rest.split())):
            message += ". For several tables, gpunn train takes a pattern of their names in quotes"
        self.exit(2, f"gpunn: error: {message} (see {self.prog} --help)\n")

    def print_help(self, file: Any = None) -> None:
        """As argparse has it, but for errors of standard output, which that leaves unsaid."""
        with streams.writing():
            print(self.format_help(), end="", file=file)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # argparse has no public name for it


def parser() -> Parser:
    """The parser of all commands."""
    top = Parser(
        prog="gpunn",
        description="Train and use neural-network classifiers on tables.",
        epilog=TOP_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"gpunn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _train(commands)
    _resume(commands)
    _predict(
        _command(
            commands, "predict", "write the class and the class probabilities of each row of a table", PREDICT_EXAMPLES
        )
    )
    _evaluate(_command(commands, "evaluate", "evaluate a model on a labelled table", EVALUATE_EXAMPLES))
    _compare(commands)
    _inspect(_command(commands, "inspect", "describe a model and, given a table, diagnose it", INSPECT_EXAMPLES))
    _report(_command(commands, "report", "write an HTML report on a model and a labelled table", REPORT_EXAMPLES))
    _export(_command(commands, "export", "write a model for programs without gpunn", EXPORT_EXAMPLES))
    commands.add_parser("devices", help="list the devices of this machine")
    return top


def _command(commands: Commands, name: str, what: str, examples: str) -> Parser:
    """A command that takes a model."""
    command = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("model", metavar="MODEL", help="a model file written by gpunn train")
    return command


def _train(commands: Commands) -> None:
    train = commands.add_parser(
        "train",
        help="train a classifier on a table",
        usage="%(prog)s [options] MANIFEST|DATA",
        description="Train a classifier on a table, evaluate it on held-out rows, and save it.",
        epilog=TRAIN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument(
        "source",
        metavar="MANIFEST|DATA",
        help="a manifest (.yaml, .toml), a table, - for CSV on standard input, or a pattern of names such as "
        "'data/*.parquet', whose files are read in each epoch and may be larger than memory",
    )
    train.add_argument("--target", metavar="COLUMN", help="the column with the labels")
    train.add_argument(
        "--kind",
        metavar="COLUMN=KIND",
        type=kind,
        action="append",
        default=[],
        help="kind of a column: numbers, text, dates, 'times of day', durations or drop; can be repeated",
    )
    train.add_argument(
        "--not-missing",
        metavar="WORD",
        action="append",
        default=[],
        help="treat a word such as NA as a value, not as missing; can be repeated",
    )
    _written(train)
    train.add_argument(
        "--classes-ok",
        action="store_true",
        help="accept a target with many different numbers, each of which is a class",
    )
    train.add_argument(
        "--held-out",
        type=float,
        metavar="X",
        help="fraction of rows held out for evaluation (default: 0.2); 0 trains on all rows",
    )
    train.add_argument("--validation", metavar="FILE", help="a labelled table to validate on during training")
    train.add_argument(
        "-o", "--output", metavar="FILE", help="model file (default: name of the source with the extension .gpunn)"
    )
    train.add_argument("--report", metavar="FILE", help="write an HTML report on the model and the held-out rows")
    train.add_argument(
        "--checkpoint", metavar="FOLDER", help="write checkpoints, from which gpunn resume continues the training"
    )
    train.add_argument(
        "--checkpoint-every",
        metavar="N",
        type=_interval,
        help="number of epochs between checkpoints, or a time such as 30s, 10min or 2h (default: 1)",
    )
    train.set_defaults(resumes=False)
    shown = train.add_mutually_exclusive_group()
    shown.add_argument(
        "-q", "--quiet", action="store_true", help="show no progress bar; nothing is called between epochs"
    )
    shown.add_argument("--live", action="store_true", help="plot cost and validation score in the terminal")
    network = train.add_argument_group("network and training (these override a manifest)")
    network.add_argument(
        "--preset",
        choices=[*PRESETS],
        help="train an ensemble with settings that need no tuning, those of gpunn.TabularClassifier; other options and "
        "a manifest override them",
    )
    add_options(network)


def _resume(commands: Commands) -> None:
    resume = commands.add_parser(
        "resume",
        help="continue a training from its newest checkpoint",
        description="Continue a training from its newest checkpoint, as if it had not been interrupted.",
        epilog=RESUME_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    resume.add_argument("folder", metavar="FOLDER", help="the folder that was given to gpunn train --checkpoint")
    resume.add_argument("-q", "--quiet", action="store_true", help="show no progress bar")
    resume.add_argument("--ranks", metavar="NAME", help="as of gpunn train")


def _interval(text: str) -> int | str:
    value = int(text) if text.isdecimal() else text
    try:
        checkpoint_interval("checkpoint_every", value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not allowed; give a number of epochs of at least 1, or a time such as 30s, 10min or 2h"
        ) from None
    return value


def _predict(predict: Parser) -> None:
    predict.add_argument("data", metavar="DATA", help=DATA)
    _device(predict)
    _written(predict)
    predict.add_argument(
        "--keep",
        metavar="COLUMN",
        action="append",
        default=[],
        help="copy a column of the table to the output; can be repeated",
    )
    predict.add_argument("-o", "--output", metavar="FILE", help=f"output file, .csv or .parquet {OUTPUT}")
    predict.add_argument(
        "--format",
        choices=["csv", "parquet"],
        help="output format (default: that of the extension of FILE, otherwise csv)",
    )


def _evaluate(evaluate: Parser) -> None:
    evaluate.add_argument("data", metavar="DATA", help=DATA)
    _device(evaluate)
    _target(evaluate)
    _written(evaluate)
    evaluate.add_argument("--confusion", metavar="FILE", help="plot the confusion matrix (.png or .svg)")
    evaluate.add_argument("--json", action="store_true", help="print the results as JSON")


def _compare(commands: Commands) -> None:
    compare = commands.add_parser(
        "compare",
        help="compare two or more models on a labelled table",
        usage="%(prog)s [options] MODEL MODEL [MODEL ...] DATA",
        description="Compare two or more models on a labelled table, and test which differences are\n"
        "statistically significant.",
        epilog=COMPARE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument(
        "files", metavar="MODEL ... DATA", nargs="+", help=f"model files written by gpunn train, and {DATA}"
    )
    compare.gathers = "files"
    _device(compare)
    _target(compare)
    _written(compare)
    compare.add_argument("--plot", metavar="FILE", help="plot accuracies and differences (.png or .svg)")
    compare.add_argument("--report", metavar="FILE", help="write an HTML report with results, plot and verdicts")
    compare.add_argument("--json", action="store_true", help="print the results as JSON")


def _inspect(inspect: Parser) -> None:
    inspect.add_argument("data", metavar="DATA", nargs="?", help=DATA)
    _device(inspect)
    _target(inspect)
    _written(inspect)


def _report(report: Parser) -> None:
    report.add_argument("data", metavar="DATA", help=DATA)
    _device(report)
    _target(report)
    _written(report)
    report.add_argument(
        "-o", "--output", metavar="FILE", help="output file (default: name of the model with the extension .html)"
    )


def _export(export: Parser) -> None:
    export.add_argument("--onnx", metavar="FILE", help="write an ONNX file, for any ONNX runtime")
    export.add_argument(
        "--input-dtype",
        choices=["float32", "float64"],
        help="dtype of the ONNX inputs for numbers and booleans (default: float64)",
    )
    export.add_argument(
        "--numpy", metavar="FILE", help="write a Python module (.py) that needs NumPy alone; large weights beside it"
    )


def _written(command: Parser) -> None:
    """Add the options for the dialect of a CSV table, where its first lines do not tell it."""
    command.add_argument(
        "--missing",
        metavar="WORD",
        action="append",
        default=[],
        help="treat a word as a missing value; can be repeated",
    )
    command.add_argument(
        "--separator",
        metavar="C",
        type=_separator,
        help="separator between values (default: detected from the first lines)",
    )
    command.add_argument(
        "--decimal", choices=[".", ","], metavar="C", help="decimal sign (default: detected from the first lines)"
    )


def _separator(text: str) -> str:
    named = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(named.encode()) != 1 or named in '"\r\n\0':
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give one character, as in ';', or tab")
    return named


def _device(command: Parser) -> None:
    command.add_argument(
        "--device", default="cpu", metavar="NAME", help="device: cpu, cuda, cuda:N or auto (default: cpu)"
    )


def _target(command: Parser) -> None:
    command.add_argument("--target", metavar="COLUMN", help="the column with the labels (default: that of training)")
