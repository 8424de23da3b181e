"""The CPU, through NumPy."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from gpunn.devices import cores, is_cupy, products

Array = Any


SWITCHED_OFF = "Numba is told not to compile (NUMBA_DISABLE_JIT)"
COMPILABLE = "?" + np.typecodes["AllInteger"] + "fd"  # types of X; not float16, nor any longer than float64


class CpuDevice:
    """NumPy on the processor of this machine."""

    name = "cpu"
    xp: Any = np
    precision = "float32"
    chunk_elements = 2**20  # 4 MiB in float32: with fewer, products would read the weights too often
    block_elements = 2**17  # 512 KiB: they come and go in a core's own cache
    compile_seconds = 10.0
    recompile_seconds = 2e-3  # for tracing the formulas again

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

    def at_once(self) -> int:
        return cores.cores()

    def calm(self) -> contextlib.AbstractContextManager[Any]:
        return cores.one_thread()

    def steady(self, size: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        return cores.one_thread() if size < cores.SMALL else cores.all_threads()

    def synchronize(self) -> None:
        pass

    def free_bytes(self) -> int | None:
        # Linux gives cached files back on demand; pages that are free already are often only a small part.
        kib = _first_value("/proc/meminfo", "MemAvailable")
        return None if kib is None else int(kib.split()[0]) * 1024

    def compile_epoch(
        self, objective: Any, method: Any, theta: Array, state: Any, X: Array, dropout: Any = None
    ) -> tuple[Any, str]:
        return _compile("CompiledEpoch", X, objective, method, theta, state, dropout)

    def compile_gradient(self, objective: Any, dtype: Any, X: Array, T: Array, weight: Array | None) -> tuple[Any, str]:
        return _compile("CompiledGradient", X, objective, dtype, X, T, weight)

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
        facts["compiled"] = _numba()
        return facts


def _compile(name: str, X: Array, *arguments: Any) -> tuple[Any, str]:
    """A class of `gpunn.devices.compiled` made, or None, and the history's word for it."""
    from gpunn.devices import compiled
    from gpunn.devices.trace import Untraceable

    if X.dtype.char not in COMPILABLE or not X.dtype.isnative:
        return None, f"arrays: Numba does not know X's dtype {X.dtype}"
    try:
        if _is_switched_off():
            return None, f"arrays: {SWITCHED_OFF}"
        return getattr(compiled, name)(*arguments), "compiled by Numba"
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "numba":
            return None, "arrays: Numba is not installed (pip install numba)"
        return None, f"arrays: Numba cannot be loaded: {error}"  # too old for this NumPy, say
    except Untraceable as error:
        return None, f"arrays: cannot be fused: {error}"


def _numba() -> str:
    try:
        version = metadata.version("numba")
    except metadata.PackageNotFoundError:
        return "nothing: Numba is not installed (pip install numba), elementwise work is NumPy's own"
    try:
        if _is_switched_off():
            return f"nothing: {SWITCHED_OFF}, elementwise work is NumPy's own"
    except ImportError as error:
        return f"nothing: Numba {version} cannot be loaded: {error}"
    return f"long trainings, by Numba {version} with the products of {products.owner()}"


def _is_switched_off() -> bool:
    """Whether Numba leaves functions as Python's, which cannot call BLAS by its address."""
    import numba

    config: Any = numba.config  # whose names are made as it is read
    return bool(config.DISABLE_JIT)


def _processor() -> str:
    return _first_value("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _first_value(path: str, name: str) -> str | None:
    """Of the first line "name: value" of a file that Linux has and other systems lack."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return None
