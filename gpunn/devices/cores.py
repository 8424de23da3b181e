"""The cores of this machine: how many threads BLAS has, and work shared among them with one thread a product."""

from __future__ import annotations

import contextlib
import contextvars
import functools
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
    else:
        _on_threads(function, items, threads)


def together(function: Callable[[int], None], n: int) -> None:
    """Call the function with 0 to n - 1, all at the same time: they may wait for each other."""
    _on_threads(function, range(n), n)


def _on_threads(function: Callable[[Any], None], items: Sequence[Any], threads: int) -> None:
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(contextvars.copy_context().run, function, item) for item in items]
        for call in calls:
            call.result()


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
