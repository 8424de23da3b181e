"""Commands, their options and exit codes: 0 done, 2 bad input, 130 on Ctrl-C.

What goes wrong with the input is one message on standard error, without a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from gpunn import __version__
from gpunn.cli.options import OPTIONS
from gpunn.devices import DeviceUnavailableError

TRAIN_EXAMPLES = """examples:
  gpunn train digits.yaml
  gpunn train digits.csv --target digit --hidden 256,128 --activation relu
  gpunn train digits.csv --target digit --solver lbfgs --device auto -o my.gpunn
"""
PREDICT_EXAMPLES = """examples:
  gpunn predict digits.gpunn new.csv > classes.csv
  gpunn predict digits.gpunn new.parquet -o classes.csv
"""
EVALUATE_EXAMPLES = """example:
  gpunn evaluate digits.gpunn more.csv
"""
TOP_EXAMPLES = """examples:
  gpunn train digits.csv --target digit
  gpunn predict digits.gpunn new.csv -o classes.csv
  gpunn train --help
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage of thirty options."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"gpunn: error: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a label that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        from gpunn.cli import commands

        return commands.COMMANDS[options.command](options)
    except KeyboardInterrupt:
        print("gpunn: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("rich", "pyarrow"):
            raise
        return _fail(f"the command line needs {missing}, which is not installed. Run: pip install 'gpunn[cli]'")
    except (ValueError, OSError, DeviceUnavailableError, MemoryError) as error:
        return _fail(_message(error))


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    plain = argparse.RawDescriptionHelpFormatter
    top = Parser(
        prog="gpunn",
        description="Train and use neural-network classifiers on tables.",
        epilog=TOP_EXAMPLES,
        formatter_class=plain,
    )
    top.add_argument("--version", action="version", version=f"gpunn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="train a classifier on a table",
        usage="%(prog)s [options] MANIFEST|DATA",
        description="Train a classifier on a table, report how well it does on held-out rows, save it.",
        epilog=TRAIN_EXAMPLES,
        formatter_class=plain,
    )
    train.add_argument("source", metavar="MANIFEST|DATA", help="a manifest (.yaml, .toml) or a table")
    train.add_argument("--target", metavar="COLUMN", help="the column with the labels")
    train.add_argument("--held-out", type=float, metavar="X", help="share of rows to report on (default: 0.2)")
    train.add_argument(
        "-o", "--output", metavar="FILE", help="model file (default: the name of the source, with .gpunn)"
    )
    train.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    network = train.add_argument_group("network and training (these override a manifest)")
    for option, parameter, how, what in OPTIONS:
        network.add_argument(option, dest=parameter, default=None, help=what, **how)

    what = "write the class and the probabilities of each row of a table as CSV"
    predict = commands.add_parser(
        "predict",
        help=what,
        description=f"{what.capitalize()[:-3]}CSV.",
        epilog=PREDICT_EXAMPLES,
        formatter_class=plain,
    )
    what = "report how well a model does on a table with labels"
    evaluate = commands.add_parser(
        "evaluate", help=what, description=f"{what.capitalize()}.", epilog=EVALUATE_EXAMPLES, formatter_class=plain
    )
    for command in (predict, evaluate):
        command.add_argument("model", metavar="MODEL", help="a model file that train wrote")
        command.add_argument("data", metavar="DATA", help="a table with the columns of training")
        command.add_argument("--device", default="cpu", metavar="NAME", help="cpu, cuda, cuda:N or auto (default: cpu)")
    predict.add_argument("-o", "--output", metavar="FILE", help="CSV file (default: standard output)")
    evaluate.add_argument("--target", metavar="COLUMN", help="the column with the labels (default: as in training)")

    commands.add_parser("devices", help="show what there is to compute on")
    return top


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or ("the memory does not suffice" if isinstance(error, MemoryError) else type(error).__name__)


def _fail(message: str) -> int:
    print(f"gpunn: error: {message}", file=sys.stderr)
    return 2
