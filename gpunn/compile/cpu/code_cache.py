"""Compiled code on disk, in a folder of the user's own: what another could have put there is never read.

A file is read only where it and its folder belong to the user, nobody else may write them, and it begins with the
digest of its key and of what follows. Whatever is wrong is told once, and costs no more than compiling anew.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from gpunn.caller import warn

AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # no link, and no wait for a pipe
DIGEST = hashlib.sha256


def load(key: str) -> bytes | None:
    """Data that `save` kept under a key; None where there is nothing that can be trusted."""
    try:
        path = _path(key)
        with open(path, "rb", opener=_open_own) as file:
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        _tell(error.strerror or str(error))
        return None
    size = DIGEST().digest_size
    digest, data = content[:size], content[size:]
    if digest != _digest(key, data):
        _tell(f"{path} is damaged")
        return None
    return data


def save(key: str, data: bytes) -> None:
    """Keep data under a key, for other processes too: they see all of it or nothing."""
    try:
        path = _path(key)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(key, data) + data)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        _tell(error.strerror or str(error))


def described() -> str:
    """Description of the cache, for people."""
    try:
        sizes = [path.stat().st_size for path in _place().glob("*.bin")]
    except OSError as error:
        return f"cannot be looked at in {_place()}: {error.strerror or error}"
    return f"modules: {len(sizes)}, {sum(sizes) / 2**20:.1f} MiB, in {_place()}" if sizes else f"none yet in {_place()}"


def _path(key: str) -> Path:
    return _folder() / f"{DIGEST(key.encode()).hexdigest()[:32]}.bin"


def _digest(key: str, data: bytes) -> bytes:
    return DIGEST(key.encode() + b"\n" + data).digest()


def _place() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    return Path(base, "gpunn")


def _folder() -> Path:
    """The folder, made where there is none; OSError where there can be none of the user's own."""
    folder = _place()
    if not folder.is_absolute():
        raise OSError("it is not an absolute path")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    status = folder.lstat()
    _check_own(folder, status, stat.S_ISDIR)
    if os.name == "posix" and stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder


def _open_own(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | AS_IT_IS)
    try:
        _check_own(path, os.fstat(descriptor), stat.S_ISREG)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_own(path: str | Path, status: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    if not is_kind(status.st_mode):
        raise OSError(f"{path} is not a {'folder' if is_kind is stat.S_ISDIR else 'file'}")
    if os.name == "posix":  # elsewhere a mode says nothing, and the folder is the user's own by its place
        if status.st_uid != os.geteuid():
            raise OSError(f"{path} belongs to another user")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise OSError(f"{path} may be written by other users")


@functools.cache
def _tell(reason: str) -> None:
    warn(
        f"Compiled code cannot be read from or kept in {_place()}: {reason}. It is compiled anew. Fix "
        "or remove it, or set XDG_CACHE_HOME to the absolute path of a folder that you alone may write.",
        RuntimeWarning,
    )
