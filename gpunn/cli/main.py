"""From the arguments to a command, and exit codes: 0 done, 2 bad input, 130 on Ctrl-C.

What goes wrong with the input is one message on standard error, without a traceback.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Sequence

from gpunn.cli.parser import parser
from gpunn.cli.remedies import as_options
from gpunn.devices import DeviceUnavailableError
from gpunn.shown import printable
from gpunn.training.divergence import DivergenceError

EXTRAS = {
    "rich": "rich pyarrow",
    "pyarrow": "rich pyarrow",
    "matplotlib": "matplotlib",
}  # may be missing: what to install


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a label that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else [*arguments]
    options = parser().parse_args(given)
    options.how = shlex.join(["gpunn", *given])  # for reports
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
        if missing in EXTRAS:
            message = f"this command needs {missing}, which is not installed. Run: pip install {EXTRAS[missing]}"
            return _fail(message)
        if error.name is not None:
            raise
        return _fail(_message(error))  # raised by hand, with the remedy
    except (ValueError, OSError, DeviceUnavailableError, DivergenceError, MemoryError) as error:
        return _fail(_message(error))
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "pyarrow":
            raise
        # A type of table that Arrow reads and cannot work on.
        return _fail(f"Arrow cannot do this with the table: {_message(error)}. Write it with plain types, or as CSV.")


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or ("the memory does not suffice" if isinstance(error, MemoryError) else type(error).__name__)


def _fail(message: str) -> int:
    print(f"gpunn: error: {printable(as_options(' '.join(message.splitlines())))}", file=sys.stderr)
    return 2
