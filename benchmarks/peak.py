"""The most memory that a piece of work takes, in a fresh process, where Linux tells it."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Callable
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
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)
