"""The most memory that a piece of work takes, in a fresh process, where Linux tells it."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

MB = 1e6
TOLD = sys.platform == "linux" and Path("/proc/self/clear_refs").exists()


def resident(name: str) -> int:
    """Bytes of this process in memory: now ("VmRSS"), or at most so far ("VmHWM")."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}")


def extra(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and by how many MB the memory of this process was at most above what it is now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the most so far is what there is now
    before = resident("VmRSS")
    result = work()
    return result, (resident("VmHWM") - before) / MB


def fresh(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's result in a process of its own, with nothing left behind by others."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


@contextlib.contextmanager
def at_most(limit: int) -> Iterator[None]:
    """Let this process have at most ``limit`` bytes of memory, and no swap: Linux ends it otherwise.

    Raises
    ------
    OSError
        If the control groups of Linux are not there, or only root may write to them.
    """
    old = Path("/sys/fs/cgroup/memory")  # version 1
    limits = {"memory.limit_in_bytes": limit, "memory.memsw.limit_in_bytes": limit}
    parent, limits = (old, limits) if old.exists() else (old.parent, {"memory.max": limit, "memory.swap.max": 0})
    group = parent / f"gpunn-{os.getpid()}"
    group.mkdir()
    try:
        for name, value in limits.items():
            if (group / name).exists():  # those of swap are there where the system has swap
                (group / name).write_text(str(value), encoding="utf-8")
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        (parent / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
        group.rmdir()
