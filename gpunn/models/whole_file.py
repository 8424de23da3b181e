"""Writing a file whole or not at all, at once or piece by piece."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def check_place(path: str | os.PathLike[str]) -> None:
    """OSError, saying what to do, where no file of this name could be written."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}. Make it, or name another file.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file in it.")
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is no plain file, and will not be replaced; name another.")


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file beside it to write to, which then takes its name and, where one was there, its permissions.

    Raises
    ------
    OSError
        If the file cannot be written. Whatever goes wrong, one that was there is left as it was, and nothing is left
        beside it.
    """
    check_place(path)
    place = Path(os.path.realpath(path))  # a link stays one
    temporary = place.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            os.chmod(temporary, stat.S_IMODE(place.stat().st_mode))
        os.replace(temporary, place)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        # Name the file asked for, not the one beside it; an error of a full disk names none.
        if isinstance(error, OSError) and (error.filename is not None or error.errno == errno.ENOSPC):
            raise type(error)(error.errno, error.strerror, os.fspath(path)) from None
        raise
    _sync_folder(place.parent)


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write bytes to a `whole_file`."""
    with whole_file(path) as file:
        file.write(data)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a loss of power, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
