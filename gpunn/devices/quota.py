"""Share of this machine that a process may use: the processors it is bound to, and the quota of its container."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def usable() -> int:
    """Cores that this process may keep busy, at least 1."""
    if sys.version_info >= (3, 13):
        bound = os.process_cpu_count()
    else:
        bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(bound or 1, _of_container()))


@functools.cache
def _of_container() -> int:
    return of_cgroups() or sys.maxsize


def of_cgroups(root: Path = Path("/")) -> int | None:
    """The least quota of CPU time among the control groups of this process, in whole cores, rounded up.

    Parameters
    ----------
    root : Path
        Folder of ``proc`` and ``sys``.

    Returns
    -------
    int or None
        None where there is no quota, or no Linux.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(errors="replace").splitlines()
    except OSError:
        return None
    shares = [share for line in lines for folder in _folders(root, line) for share in _share(folder)]
    return math.ceil(min(shares)) if shares else None


def _folders(root: Path, line: str) -> Iterator[Path]:
    """Directories of the group that a line "number:controllers:path" names, and of the groups above it.

    In a container the path may be that of the host, of which only the last folder, the mount itself, is to be seen.
    """
    _, controllers, path = [*line.split(":", 2), "none", ""][:3]
    if not controllers:  # version 2, alone or beside version 1
        mounts = ["", "unified"]
    elif "cpu" in controllers.split(","):
        mounts = [controllers, "cpu"]
    else:
        return
    inner = PurePosixPath(path.lstrip("/"))
    for mount in mounts:
        for folder in (inner, *inner.parents):
            yield root / "sys/fs/cgroup" / mount / folder


def _share(folder: Path) -> Iterator[float]:
    """Cores' worth of time that a group may take; nothing where it has no limit."""
    for files in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((folder / file).read_text() for file in files).split()
            share = int(quota) / int(period)
        except (OSError, ValueError, ZeroDivisionError):  # not there, or "max"
            continue
        if share > 0:  # version 1 says -1 for no limit
            yield share
