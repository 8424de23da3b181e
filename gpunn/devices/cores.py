"""The cores of this machine: how many threads BLAS has, and work shared among them with one thread a product.

BLAS has one number of threads for the whole process, and what it gives may differ in the last bit with it. So that the
same seed gives the same bits whatever other threads do, those who want products with one thread and those who want
them with all take turns.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import itertools
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gpunn.devices import quota

# Multiplications in a product from which on it has more than one thread. On 2 idle cores, the second thread makes a
# step of training 0.95 (float32) and 1.06 times (float64) as fast where the largest product has 0.6 million, and 1.1 to
# 1.2 times from 1 million on. On a busy machine it is much slower: every product waits until the second thread runs.
SMALL = 10**6

# Multiplications in a product that has one thread whatever BLAS was told: OpenBLAS gives it a second from 262,144 on,
# and from 9,216 on where it is a matrix times a vector. To set the number takes longer than such a product.
TINY = 2**13


def each(function: Callable[[Any], None], items: Sequence[Any]) -> None:
    """Call the function with each item, a core each with products on one thread: within, `cores` is 1.

    One item after the other with products on all cores would leave to one core all that lies between the products.
    """
    threads = min(len(items), cores()) if len(items) > 1 else 1
    if threads < 2:
        for item in items:
            function(item)
        return
    with one_thread(), ThreadPoolExecutor(threads, initializer=_limit_own) as pool:
        context = one_core_context()
        calls = [pool.submit(context.copy().run, function, item) for item in items]
        try:
            for call in calls:
                call.result()
        finally:  # after an error or interrupt, wait for the calls that have begun, and for no others
            pool.shutdown(wait=False, cancel_futures=True)


def together(function: Callable[[int], None], n: int, give_up: Callable[[], None] = lambda: None) -> None:
    """Call the function with 0 to n - 1, all at the same time, with products on one thread: they may wait for each
    other. It is the caller's thread that calls it with 0, and whoever else asks for several waits until it is done.

    ``give_up`` is called where a call fails, or never begins; it should end the waiting of the others.
    """

    def helped(k: int) -> None:
        try:
            function(k)
        except BaseException:
            give_up()
            raise

    with one_thread(), contextlib.nullcontext() if n == 1 else _one_at_a_time:  # one alone waits for nobody
        calls = []
        try:
            for k in range(1, n):
                calls.append(_helpers(n - 1).submit(contextvars.copy_context().run, helped, k))
            function(0)
        except BaseException:  # an interrupt too, which may come before function is within a try of its own
            give_up()
            raise
        finally:
            errors = [call.exception() for call in calls]  # when each has ended
    for error in errors:
        if error is not None:
            raise error


_one_at_a_time = threading.Lock()  # were two to share the helpers, each might wait for those of the other


@functools.cache
def _helpers(n: int) -> ThreadPoolExecutor:
    """n threads, kept: to start one takes as long as many steps of training."""
    return ThreadPoolExecutor(n, "gpunn", _limit_own)


def cores() -> int:
    """As many as BLAS has threads, so that the user, or whoever runs several of us at once, may set them; but no more
    than this process may use, and one within `each`, which gave the others to other calls."""
    if _on_one_core.get():
        return 1
    with _turns.lock:
        return min(max(_turns.before or _numbers(), default=1), quota.usable())


@contextlib.contextmanager
def limited(n: int) -> Iterator[None]:
    """Context in which products have at most n threads, and `cores` is at most n."""
    before = _numbers()
    for shared in (True, False):
        _set([min(n, number) for number in before], shared)
    try:
        yield
    finally:
        for shared in (True, False):
            _set(before, shared)


def one_core_context() -> contextvars.Context:
    """A copy of this context for another thread, in which `cores` is 1."""
    context = contextvars.copy_context()
    context.run(_on_one_core.set, True)
    return context


def one_thread() -> Turn:
    """Context in which every product has one thread."""
    return Turn(alone=True)


def all_threads() -> Turn:
    """Context in which products have as many threads as BLAS has and this process may use, whatever others want."""
    return Turn(alone=False)


class Turn(contextlib.AbstractContextManager[Callable[[], None]]):
    """Context of one who wants products with one thread, or with all. Those who want the other wait until it ends, or
    calls the function that it gives.

    Within another, of this thread or of one that it works for, it is that one.
    """

    def __init__(self, alone: bool) -> None:
        self.alone, self.within, self.number = alone, _current.get()() is not None, 0
        self.before: list[int] = []  # threads of each BLAS

    def __enter__(self) -> Callable[[], None]:
        if not self.within:
            _turns.come(self)
            _current.set(weakref.ref(self))
        return self._give_way

    def __exit__(self, *error: object) -> None:
        if not self.within:
            _current.set(_nobody)
            _turns.go(self)

    def _give_way(self) -> None:
        """Let go first who has come meanwhile."""
        if len(_turns.there) > 1 and not self.within:
            self.__exit__()
            self.__enter__()


class _Turns:
    """All that have come and not gone.

    The references to them are weak: one whose thread is interrupted on its way in or out holds up nobody.
    """

    def __init__(self) -> None:
        # An interrupt while a Condition is entered, which Python code does, would leave its lock to nobody.
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.there: weakref.WeakSet[Turn] = weakref.WeakSet()
        self.counter = itertools.count()
        self.before: list[int] = []  # threads of each BLAS, while those that all threads share have fewer
        self.alone = False  # whether they have one

    def come(self, turn: Turn) -> None:
        """Wait until all that came before and want the other are gone."""
        with self.lock:
            turn.number = next(self.counter)
            self.there.add(turn)
            while len(self.there) > 1 and any(  # most often nobody else is there
                other.alone != turn.alone and other.number < turn.number for other in self.there
            ):
                self.changed.wait(0.1)  # for one that was interrupted tells nobody
            if turn.alone:
                turn.before = _numbers()
                self.before, self.alone = self.before or turn.before, True
                _set([1] * len(turn.before), shared=True)
                _limit_own()
            else:
                if self.alone:  # left by one that was interrupted
                    self.give_back()
                numbers, usable = _numbers(), quota.usable()
                if not self.before and max(numbers, default=1) > usable:
                    self.before = numbers
                    _set([min(n, usable) for n in numbers], shared=True)

    def go(self, turn: Turn) -> None:
        with self.lock:
            self.there.discard(turn)
            _set(turn.before, shared=False)
            if not (self.there and any(other.alone == turn.alone for other in self.there)):
                self.give_back()
            self.changed.notify_all()

    def give_back(self) -> None:
        _set(self.before, shared=True)
        self.before, self.alone = [], False


def _nobody() -> None:
    """In the place of a reference to a turn."""


_turns = _Turns()
_on_one_core: contextvars.ContextVar[bool] = contextvars.ContextVar("gpunn_on_one_core", default=False)
_current: contextvars.ContextVar[Callable[[], Turn | None]] = contextvars.ContextVar("gpunn_turn", default=_nobody)


def _start_anew() -> None:
    """In a child process, which has none of its parent's threads."""
    global _one_at_a_time, _turns
    _one_at_a_time = threading.Lock()
    _helpers.cache_clear()
    _turns.give_back()
    _turns = _Turns()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def _numbers() -> list[int]:
    return [library.num_threads for library in _blas()]


def _limit_own() -> None:
    """One thread for products of this thread, where BLAS has a number for each."""
    _set([1] * len(_blas()), shared=False)


def _set(numbers: list[int], shared: bool) -> None:
    """Numbers of threads of each BLAS, or none; either for those whose number all threads share or for the others."""
    if numbers:
        for place, set_number in _setters(shared):
            set_number(numbers[place])


@functools.cache
def _setters(shared: bool) -> list[tuple[int, Callable[[int], None]]]:
    """Places in `_blas`, and what sets the number of threads there; for those that `_set` means."""
    return [
        # threadpoolctl 3.8 sets that of OpenBLAS for one thread of the process and, in silence, for no other.
        (place, getattr(library, "_real_set_num_threads", library.set_num_threads))
        for place, library in enumerate(_blas())
        if shared == (library.internal_api == "openblas" and library.threading_layer != "openmp")
    ]


def blas_files() -> list[tuple[str, str]]:
    """Name of the interface ("openblas") and file of each BLAS that is loaded."""
    return [(library.internal_api, library.filepath) for library in _blas()]


@functools.cache
def _blas() -> list[Any]:
    import scipy.linalg.cython_blas  # noqa: F401 - compiled code may multiply with SciPy's: it must be there already
    from threadpoolctl import ThreadpoolController

    class OnlyBlas(ThreadpoolController):
        """It looks at no other library: to find out what some 200 of them are takes as long as a short training."""

        def _make_controller_from_path(self, filepath: str) -> None:
            if any(name in os.path.basename(filepath).lower() for name in ("blas", "blis", "mkl")):
                super()._make_controller_from_path(filepath)

    return list(OnlyBlas().select(user_api="blas").lib_controllers)
