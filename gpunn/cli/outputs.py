"""Where tables are written to."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import BinaryIO

from gpunn import models

STDOUT = "-"


@contextlib.contextmanager
def opened(output: str) -> Iterator[BinaryIO]:
    """A file to write to, which takes its name once all is written; "-" is standard output."""
    if output == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with models.whole_file(output) as file:
            yield file
