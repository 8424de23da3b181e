"""Warnings that name the line of the user's code which called gpunn, through however many functions, and printed lines.

Where the user's process is another one, both are sent there (`elsewhere`).
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar

# scikit-learn calls gpunn in pipelines and searches, and from 1.9 on around each fit; contextlib leaves its contexts.
LIBRARIES = ("gpunn", "sklearn", "contextlib")


_write: ContextVar[Callable[[str], None]] = ContextVar("gpunn_write", default=print)
_warned: ContextVar[list[tuple[str | Warning, type[Warning]]] | None] = ContextVar("gpunn_warned", default=None)


@contextlib.contextmanager
def elsewhere(write: Callable[[str], None], warned: list[tuple[str | Warning, type[Warning]]]) -> Iterator[None]:
    """Context in which lines are printed by ``write``, and warnings are appended to ``warned``, not issued."""
    tokens = _write.set(write), _warned.set(warned)
    try:
        yield
    finally:
        _write.reset(tokens[0])
        _warned.reset(tokens[1])


def print_line(line: str) -> None:
    """Print a line for the user."""
    _write.get()(line)


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Issue a warning for the innermost line that is of none of `LIBRARIES`, or else the outermost line.

    Parameters
    ----------
    message : str or Warning
        A `Warning` has its own category.
    category : type of Warning
    """
    found = _warned.get()
    if found is not None:
        found.append((message, category))
        return
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in LIBRARIES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
