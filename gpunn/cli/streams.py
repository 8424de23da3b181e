"""The standard streams of the command, some of which may be closed, full, or read by nobody any more."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from gpunn.io.atomic import naming

NAME = "standard output"


class _Messages(io.TextIOWrapper):
    """Standard error: if nobody can be told, that is no reason to fail."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


class Output(io.BufferedIOBase, BinaryIO):
    """Standard output for bytes, with its name in errors."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with naming(NAME):
            return sys.stdout.buffer.write(data)

    def flush(self) -> None:
        with naming(NAME):
            sys.stdout.buffer.flush()


def prepare() -> None:
    """Make the streams of this process fit for use."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: or else the next file would get its number, and what is written to it by libraries
            os.open(os.devnull, os.O_RDWR)
    encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
    raw = io.BufferedWriter(io.FileIO(2, "w")) if sys.stderr is None else sys.stderr.buffer
    sys.stderr = _Messages(raw, encoding, "backslashreplace", line_buffering=True)


def check() -> None:
    """OSError where there is no standard output."""
    if sys.stdout is None:
        raise OSError(f"{NAME} is closed, and the results go there. Let it go to a file, or to {os.devnull}.")


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """An error of standard output, to which text is written within, names it."""
    check()
    with naming(NAME):
        yield


def flush() -> None:
    """Write what is left, so that an error is told."""
    if sys.stdout is not None:
        with naming(NAME):
            sys.stdout.flush()


def settle() -> None:
    """Write what is left, or drop it where that fails."""
    try:
        flush()
    except OSError:
        drop()


def drop() -> None:
    """Let what is left go nowhere, and all that is to come; the interpreter would fail to write it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
