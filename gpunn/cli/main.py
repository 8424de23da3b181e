"""From the arguments to a command, and exit codes: 0 done, 2 bad input, 130 on Ctrl-C, 143 on SIGTERM.

What goes wrong with the input is one message on standard error, without a traceback.
"""

from __future__ import annotations

import os
import sys

from gpunn.cli import signals

TYPE_CHECKING = False  # see signals.py
if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRAS = {
    "rich": "rich pyarrow",
    "pyarrow": "rich pyarrow",
    "matplotlib": "matplotlib",
}  # may be missing: what to install


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code.

    Without arguments it is the command of this process: its arguments are taken, and its signals handled.
    """
    if arguments is not None:
        return _run([*arguments])
    signals.install()  # all else is imported later, which takes most of a second
    from gpunn.cli import streams

    streams.prepare()
    code = _run(sys.argv[1:])
    if code:
        from gpunn.devices.ranks import end_all

        end_all(code)
    signals.done(code)
    if signals.came():
        streams.settle()
        os._exit(code)  # the interpreter would wait for its threads, one of which may be compiling
    return code


def _run(arguments: list[str]) -> int:
    from gpunn.cli import streams
    from gpunn.devices import DeviceUnavailableError
    from gpunn.devices.ranks import RanksUnavailableError, reports_errors
    from gpunn.training.divergence import DivergenceError

    try:
        code = _command(arguments)
        streams.flush()
        return code
    except KeyboardInterrupt:
        if reports_errors():
            print(f"gpunn: {signals.name()}", file=sys.stderr)
        return signals.exit_code()
    except BrokenPipeError:  # the reader of a pipe has seen enough
        streams.drop()
        return 0
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in EXTRAS:
            message = f"this command needs {missing}, which is not installed. Run: pip install {EXTRAS[missing]}"
            return _fail(message)
        if error.name is not None:
            raise
        return _fail(_message(error))  # raised by hand, with the remedy
    except (ValueError, OSError, DeviceUnavailableError, RanksUnavailableError, DivergenceError, MemoryError) as error:
        return _fail(_message(error))
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "pyarrow":
            raise
        # A type of table that Arrow reads and cannot work on.
        return _fail(f"Arrow cannot do this with the table: {_message(error)}. Write it with plain types, or as CSV.")


def _command(arguments: list[str]) -> int:
    import shlex

    from gpunn.cli import streams
    from gpunn.cli.parser import parser

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a label that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        options = parser().parse_args(arguments)
    except SystemExit as end:  # help, or a mistake that was told
        return int(end.code or 0)
    options.how = shlex.join(["gpunn", *arguments])  # for reports
    from gpunn.cli import commands

    if signals.installed():
        import pyarrow

        pyarrow.enable_signal_handlers(False)  # it would take signals from us, and loses some of them
    if options.command != "predict":  # which may write to a file alone
        streams.check()
    with signals.raising():
        return commands.COMMANDS[options.command](options)


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or ("the memory does not suffice" if isinstance(error, MemoryError) else type(error).__name__)


def _fail(message: str) -> int:
    from gpunn.cli import streams
    from gpunn.cli.remedies import as_options
    from gpunn.devices.ranks import reports_errors
    from gpunn.shown import printable

    streams.settle()
    if not reports_errors():
        return 2
    print(f"gpunn: error: {printable(as_options(' '.join(message.splitlines())))}", file=sys.stderr)
    return 2
