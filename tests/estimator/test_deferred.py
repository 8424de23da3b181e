"""Signals wait within, and are handled afterwards as they would have been."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from gpunn.estimator.deferred import interrupts_deferred

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_an_interrupt_comes_at_the_end():
    done = []
    before = signal.getsignal(signal.SIGINT)

    def work():
        with interrupts_deferred():
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGINT)
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [1] and signal.getsignal(signal.SIGINT) is before


def test_handlers_of_the_program_are_called_once_and_the_systems_are_left():
    seen = []
    own = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with interrupts_deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            assert seen == []
        assert seen == [signal.SIGTERM]
        for handler in (signal.SIG_IGN, signal.SIG_DFL):
            signal.signal(signal.SIGTERM, handler)
            with interrupts_deferred():
                assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, own)


def test_another_thread_changes_no_handler():
    before, seen = signal.getsignal(signal.SIGINT), []

    def look():
        with interrupts_deferred():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
