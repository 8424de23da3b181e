"""The cores of this machine: how many threads BLAS has, and work shared among them with one thread a product."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def each(function: Callable[[Any], None], items: Sequence[Any]) -> None:
    """Call the function with each item, a core each with products on one thread.

    One item after the other with products on all cores would leave to one core all that lies between the products.
    """
    threads = min(len(items), cores())
    if threads < 2:
        for item in items:
            function(item)
        return
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(contextvars.copy_context().run, function, item) for item in items]
        for call in calls:
            call.result()


def together(function: Callable[[int], None], n: int) -> None:
    """Call the function with 0 to n - 1, all at the same time, with products on one thread: they may wait for each
    other. It is the caller's thread that calls it with 0, and whoever else asks for this waits until it is done.
    """
    with _one_at_a_time, one_thread():
        calls = [_helpers(n - 1).submit(function, k) for k in range(1, n)]
        try:
            function(0)
        finally:
            errors = [call.exception() for call in calls]  # when each has ended
    for error in errors:
        if error is not None:
            raise error


_one_at_a_time = threading.Lock()  # were two to share the helpers, each might wait for those of the other


@functools.cache
def _helpers(n: int) -> ThreadPoolExecutor:
    """So many threads, kept: to start one takes as long as many steps of training."""
    return ThreadPoolExecutor(n, "gpunn")


def _start_anew() -> None:
    """In a child process, which has none of its parent's threads."""
    global _one_at_a_time
    _one_at_a_time = threading.Lock()
    _helpers.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def cores() -> int:
    """As many as BLAS has threads: so the user, or whoever runs several of us at once, may set them."""
    return max((pool["num_threads"] for pool in _blas().info()), default=1)


def one_thread() -> contextlib.AbstractContextManager[Any]:
    """Context in which every product has one thread."""
    return _blas().limit(limits=1)


@functools.cache
def _blas() -> Any:
    import scipy.linalg.cython_blas  # noqa: F401 - compiled code may multiply with SciPy's: it must be there already
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
