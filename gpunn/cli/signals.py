"""SIGINT and SIGTERM in the process of the command; Python programs that use gpunn keep their own handlers.

A signal raises KeyboardInterrupt in a command. While what was learned is being saved it waits. Before and after a
command there is nothing to tidy up, and it ends the process. So it does if the command does not answer: an exception
in a callback is lost, and before compiled code returns, LLVM while it compiles say, there is none.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

TYPE_CHECKING = False  # True for type checkers, as that of typing: there is no handler as long as this is imported
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import NoReturn

SAME_REQUEST = 0.9  # seconds: a terminal signals to the whole job, and a parent in it may hand its signal on
TRIES = 4  # in as many seconds, to have a signal answered

NUMBERS = (signal.SIGINT, signal.SIGTERM)

_END, _RAISE, _HOLD = "end", "raise", "hold"  # what a signal does

_does = _END
_last: signal.Signals | None = None  # that came
_raised: float | None = None  # when one raised that the command has not yet answered
_waiting: list[signal.Signals] = []
_done: int | None = None  # exit code of the command, once it has ended
_pipe: int | None = None  # to the thread that watches: the number of each signal, and 0 for an answer


def install() -> None:
    """Handle the signals that are not ignored, as they are in a job under nohup or in the background of a script."""
    for number in NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    if os.name == "posix":  # Windows knows no signals to a thread
        import threading

        global _pipe
        read, _pipe = os.pipe()
        os.set_blocking(_pipe, False)
        signal.set_wakeup_fd(_pipe, warn_on_full_buffer=False)
        sys.unraisablehook = _report_unraisable
        main = threading.main_thread().ident
        threading.Thread(target=_watch, args=(read, main), name="gpunn-signals", daemon=True).start()


def installed() -> bool:
    """True if it is the process of the command."""
    return any(signal.getsignal(number) is _handle for number in NUMBERS)


def done(code: int) -> None:
    """The command has ended: whatever comes while the interpreter shuts down, this is the exit code."""
    global _done
    _done = code


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """A signal raises KeyboardInterrupt within, and again after a second."""
    global _raised
    try:
        with _doing(_RAISE):
            if _waiting:
                _waiting.clear()
                raise KeyboardInterrupt
            yield
    except Exception:
        if _raised is not None:  # what a library made of KeyboardInterrupt
            raise KeyboardInterrupt from None
        raise
    finally:
        _raised = None
        _answer()


@contextlib.contextmanager
def held() -> Iterator[list[signal.Signals]]:
    """Signals wait within; gives the list of those that did."""
    _waiting.clear()
    with _doing(_HOLD):
        yield _waiting


def came() -> bool:
    """True if there was a signal."""
    return _last is not None


def last() -> signal.Signals:
    """The signal that came last; SIGINT where no handler of ours was told."""
    return _last or signal.SIGINT


def exit_code() -> int:
    """Exit code that shells give a process that the last signal ended."""
    return 128 + last()


def name() -> str:
    """Name of the effect of the last signal."""
    return "terminated" if last() == signal.SIGTERM else "interrupted"


@contextlib.contextmanager
def _doing(what: str) -> Iterator[None]:
    global _does
    before, _does = _does, what
    try:
        yield
    finally:
        _does = before


def _handle(number: int, frame: FrameType | None) -> None:
    global _last, _raised
    _last = signal.Signals(number)
    if _does == _END:
        _end()
    if _does == _HOLD:
        _waiting.append(_last)
        _answer()
        return
    now = time.monotonic()
    if _raised is None or now - _raised >= SAME_REQUEST:
        _raised = now
        raise KeyboardInterrupt


def _report_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    # A signal may arrive in a finalizer, one of LLVM's objects say: Python discards the exception and would print a
    # traceback. That signal is not lost: _watch sends it again while the command runs.
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)


def _answer() -> None:
    if _pipe is not None:
        os.write(_pipe, b"\0")


def _watch(pipe: int, main: int) -> None:
    """Send a signal that is not answered once more, and at last end the process."""
    while True:
        number = os.read(pipe, 1)[0]
        if not number:
            continue
        for _ in range(TRIES):
            if _answered(pipe, 1.0):
                break
            if signal.getsignal(number) is _handle:  # else it is deferred, while a checkpoint is written
                signal.pthread_kill(main, number)
        else:
            if _does != _HOLD:
                global _last
                _last = signal.Signals(number)
                _end()


def _answered(pipe: int, seconds: float) -> bool:
    import select

    end = time.monotonic() + seconds
    while (rest := end - time.monotonic()) > 0:
        if select.select([pipe], [], [], rest)[0] and not os.read(pipe, 1)[0]:
            return True
    return False


def _end() -> NoReturn:
    # Not by an exception: extension modules that are being imported turn one into a traceback and an ImportError.
    if _done is None:
        with contextlib.suppress(OSError):
            os.write(2, f"gpunn: {name()}\n".encode())
    os._exit(exit_code() if _done is None else _done)
