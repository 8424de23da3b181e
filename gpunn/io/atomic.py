"""Writing a file whole or not at all, at once or piece by piece."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

if sys.platform != "win32":
    import fcntl

PART = re.compile(r"\.gpunn-[0-9a-f]{16}\.part")  # the name of a file as long as it is being written

# What systems say that cannot sync a folder; the list is PostgreSQL's.
NO_SYNC = (errno.EISDIR, errno.EACCES, errno.EBADF, errno.EINVAL)


def check_place(path: str | os.PathLike[str]) -> None:
    """OSError, saying what to do, where no file of this name could be written."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}. Make it, or name another file.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file in it.")
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is no plain file, and will not be replaced; name another.")
    folder = Path(os.path.realpath(path)).parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{path}: the folder {folder} is read-only. Name a file in another.")


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file beside it to write to, which then takes its name and, where one was there, its permissions.

    A process that is killed leaves such a file behind; the next one that writes in this folder removes it.

    Raises
    ------
    OSError
        If the file cannot be written; the error names ``path``. Whatever goes wrong, a file that was there is left as
        it was, and nothing is left beside it. One exception: if the folder cannot be synced the file is written, but
        a loss of power may undo it.
    """
    part = begin(path)
    with part.filled() as file:
        yield file
    part.commit()


def write_whole(path: str | os.PathLike[str], *data: Any) -> None:
    """Write bytes, or buffers of them, one after the other to a `whole_file`."""
    with whole_file(path) as file:
        for part in data:
            file.write(part)


@contextlib.contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """An OSError within names this file: one of a full disk names none, and others one beside it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise OSError(f"{os.fspath(path)}: {error}") from None
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


class PartialFile(io.FileIO):
    """A new file beside a place, locked for as long as it is open and its process alive; its errors name ``path``."""

    def __init__(self, place: Path, path: str | os.PathLike[str]) -> None:
        self.place, self.path = place, path
        self.temporary = place.with_name(f".gpunn-{secrets.token_hex(8)}.part")
        try:
            with naming(path):
                super().__init__(self.temporary, "xb")
            if sys.platform != "win32":
                with contextlib.suppress(OSError):  # a file system without locks, where none is ever free
                    fcntl.flock(self, fcntl.LOCK_EX)
        except BaseException:
            self.discard()
            raise

    def write(self, data: Any) -> int:
        with naming(self.path):
            return super().write(data)

    @contextlib.contextmanager
    def filled(self) -> Iterator[BinaryIO]:
        """A buffered file to write to, all of which is in this one at the end; on any error this one is removed."""
        try:
            file = io.BufferedWriter(self)
            yield file
            file.detach()
        except BaseException:
            self.discard()
            raise

    def commit(self) -> None:
        """Sync it, and give it the name and permissions of the place; on any error it is removed.

        This takes hardly any CPU time: it waits for the disk.
        """
        try:
            with naming(self.path):
                os.fsync(self.fileno())
                if self.place.exists():
                    os.chmod(self.temporary, stat.S_IMODE(self.place.stat().st_mode))
                if sys.platform == "win32":
                    self.close()  # no open file can be renamed there; elsewhere this would end the lock too early
                os.replace(self.temporary, self.place)
        except BaseException:
            self.discard()
            raise
        self.close()
        with naming(self.path):
            _sync_folder(self.place.parent)

    def discard(self) -> None:
        self.close()
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)


def begin(path: str | os.PathLike[str]) -> PartialFile:
    """A new file beside this one, to be filled and committed as `whole_file` does, which has the errors."""
    check_place(path)
    place = Path(os.path.realpath(path))  # a link stays one
    _remove_abandoned(place.parent)
    while True:
        part = PartialFile(place, path)
        if part.temporary.exists():
            return part
        part.close()  # another process saw it before it was locked, and removed it


def _remove_abandoned(folder: Path) -> None:
    """Remove the files of processes that were killed while they wrote, which are those without a lock."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # a folder may be written to that cannot be read
        for name in filter(PART.fullmatch, os.listdir(folder)):
            # In use, another user's, or gone meanwhile: whatever cannot be locked stays.
            with contextlib.suppress(OSError), open(folder / name, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(folder / name)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a loss of power, where the system lets a folder be synced."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in NO_SYNC:
            said = f"it is written, but its folder could not be synced ({error.strerror}): a loss of power may undo it"
            raise OSError(error.errno, said) from None
