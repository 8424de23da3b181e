"""Files and streams that tables are written to."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from gpunn.cli import streams
from gpunn.io import whole_file
from gpunn.shown import printable

STDOUT = "-"


class _Screen(io.BytesIO):
    """Standard output where it is a terminal, on which no text of a table may move the cursor."""

    def write(self, data: Any) -> int:
        with streams.writing():
            sys.stdout.write(printable(bytes(data).decode("utf-8", "backslashreplace"), lines=True))
        return len(data)


@contextlib.contextmanager
def opened(output: str) -> Iterator[BinaryIO]:
    """A file to write to, which takes its name once all is written; "-" is standard output."""
    if output == STDOUT:
        stdout: Any = _Screen() if sys.stdout.isatty() else streams.Output()
        yield stdout
        stdout.flush()
    else:
        with whole_file(output) as file:
            yield file
