"""Signals that wait until something short has been done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


@contextlib.contextmanager
def interrupts_deferred() -> Iterator[None]:
    """SIGINT and SIGTERM wait within, where Python functions handle them, and are handled at the end.

    Handlers run in the main thread only, so in all others nothing needs to wait.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Callable[..., Any]] = {}
    try:
        for which in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(which)
            if callable(handler):
                handlers[which] = handler
                signal.signal(which, lambda number, frame: came.append((number, frame)))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in dict(came).items():  # once each
            handlers[number](number, frame)
