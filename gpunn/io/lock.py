"""A lock on a folder, so that two processes do not write their checkpoints to the same one.

It is a lock of the system on a file, ``flock`` or on Windows ``LockFile``: it ends with its process, however that ends,
and the file that a killed process leaves behind locks nobody out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gpunn.caller import warn
from gpunn.io.atomic import naming
from gpunn.io.checkpoint import CheckpointWarning

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TAKEN = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)  # what systems say of a lock that another has


@contextlib.contextmanager
def locked(folder: str | os.PathLike[str], name: str) -> Iterator[None]:
    """The lock of this name on a folder, which no other process and no other thread gets within.

    On a file system without locks a `CheckpointWarning` says so, and there is none.

    Raises
    ------
    BlockingIOError
        If another has it.
    OSError
        If its file, ``.gpunn-NAME.lock``, cannot be written.
    """
    path = Path(folder, f".gpunn-{name}.lock")
    file = _opened(path)
    try:
        yield
    finally:
        if sys.platform == "win32":
            file.close()  # no open file can be removed there
        with contextlib.suppress(OSError):
            os.unlink(path)
        file.close()


def _opened(path: Path) -> BinaryIO:
    """The file, locked: the one of this name, not one that its last owner has removed meanwhile."""
    while True:
        with naming(path.parent):
            file = open(path, "ab")  # noqa: SIM115 - closed by whoever holds the lock
        try:
            _lock(file)
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except FileNotFoundError:
            pass
        except OSError as error:
            if error.errno in TAKEN:
                file.close()
                raise BlockingIOError(
                    f"{path.parent}: another training writes to this folder. Wait until it has ended, or name another "
                    "folder."
                ) from None
            warn(
                f"{path.parent}: its file system has no locks ({error.strerror}). Let no other training write to this "
                "folder.",
                CheckpointWarning,
            )
            return file
        file.close()


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
