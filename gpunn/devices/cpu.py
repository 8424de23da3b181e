"""The CPU, through NumPy."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gpunn.devices import cores, is_cupy
from gpunn.typing import Array, Namespace


class CpuDevice:
    """NumPy on the processor of this machine."""

    name = kind = "cpu"
    xp: Namespace = np
    precision = "float32"
    chunk_elements = 2**20  # 4 MiB in float32: with fewer, products would read the weights too often
    block_elements = 2**17  # 512 KiB: they come and go in a core's own cache

    def __init__(self, note: str = "") -> None:
        self.note = note

    def asarray(self, x: Any, dtype: Any = None) -> Array:
        return np.asarray(x.get() if is_cupy(x) else x, dtype=dtype)

    def to_host(self, x: Array) -> Array:
        return np.asarray(x)

    def floats(self, *scalars: Array) -> list[float]:
        return [float(x) for x in scalars]

    def use(self) -> contextlib.AbstractContextManager[Any]:
        # Overflow in training is looked for and reported as divergence, once and by name, not line by line.
        return np.errstate(all="ignore")

    def each(self, function: Callable[[Any], None], items: Sequence[Any]) -> None:
        cores.each(function, items)

    def n_workers(self) -> int:
        return cores.cores()

    def single_threaded_blas(self, size: int | None = None) -> contextlib.AbstractContextManager[Any]:
        return cores.one_thread() if size is None or size > cores.TINY else contextlib.nullcontext()

    def steady(self, size: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        return cores.one_thread() if size < cores.SMALL else cores.all_threads()

    def synchronize(self) -> None:
        pass

    def free_bytes(self) -> int | None:
        # Linux gives cached files back on demand; pages that are free already are often only a small part.
        kib = _first_value("/proc/meminfo", "MemAvailable")
        return None if kib is None else int(kib.split()[0]) * 1024

    def describe(self) -> dict[str, str]:
        from threadpoolctl import threadpool_info

        facts = {"processor": f"{_processor()}, {os.cpu_count()} logical cores"}
        free = self.free_bytes()
        if free is not None:
            facts["memory"] = f"{free / 2**30:.1f} GiB free"
        facts["NumPy"] = np.__version__
        for pool in threadpool_info():
            # SciPy may have loaded another one, which gpunn does not use.
            if pool["user_api"] == "blas" and "scipy.libs" not in pool["filepath"]:
                version = pool.get("version") or "of unknown version"
                facts["BLAS"] = f"{pool['internal_api']} {version}, {pool['num_threads']} threads"
        return facts


def _processor() -> str:
    return _first_value("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _first_value(path: str, name: str) -> str | None:
    """Value of the first line "name: value" of a file that Linux has and other systems lack."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return None
