"""Opening what must be a regular file: a pipe in its place would be waited for, and a device has no end."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, opened to read its bytes.

    Raises
    ------
    ValueError
        If it is a pipe or a device.
    IsADirectoryError
        If it is a folder.
    OSError
        If it cannot be opened.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(f"{os.fspath(path)} is a folder; give the name of a file in it.")
    file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ValueError("not a regular file, but a pipe or a device. Write what it gives to a file, and name that.")
    return file


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows lacks both it and such pipes
