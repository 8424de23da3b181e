"""A command in a process that sends itself a signal at a moment of its own."""

from __future__ import annotations

import subprocess
import sys

import forked


def command(number, arguments, *before, times=1, is_forked=True):
    """Run a command in a process that sends itself a signal; its exit code, standard output and standard error.

    ``before`` is the source that runs before the command: it calls ``send``. A signal to oneself is handled before
    the call returns. A process that is not forked imports all that the command needs.
    """
    send = f"def send():\n    for _ in range({times}):\n        os.kill(os.getpid(), {int(number)})\n"
    code = "\n".join(["import os, sys", send, *before, "from gpunn.cli import main", "sys.exit(main())"])
    if is_forked:
        end = forked.run(code, arguments)
    else:
        end = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert "Traceback" not in end.stderr and "ignored" not in end.stderr
    return end.returncode, end.stdout, end.stderr


def at_epoch(n, action="send()"):
    """Source that acts after the n-th epoch."""
    return f"""
from gpunn.training.history import History
add = History.add
def adding(self, *args):
    add(self, *args)
    if self.n_iter == {n}:
        {action}
History.add = adding
"""


def at_sync(n=None):
    """Source that sends the signal before the n-th call of os.fsync, or before each."""
    return f"""
sync, calls = os.fsync, []
def fsync(handle):
    calls.append(handle)
    if len(calls) == {n} or {n} is None:
        send()
    sync(handle)
os.fsync = fsync
"""
