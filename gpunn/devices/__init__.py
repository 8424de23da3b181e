"""Devices: the only rooms that know a machine.

A device holds the array namespace ``xp`` that its arrays belong to, and moves numbers to and from it. All that
the rest of gpunn asks of a device stands in `Device`.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from gpunn.typing import Array, Namespace

PRECISIONS = ("float32", "tf32", "bf16")


class DeviceUnavailableError(RuntimeError):
    """A device was asked for by name and cannot be had; the message says what is missing and the remedy."""


class Device(Protocol):
    """Interface of a device."""

    name: str  # "cpu", "cuda:0"
    kind: str  # "cpu" or "cuda": what compiles for it
    xp: Namespace  # the array namespace
    note: str  # how "auto" came to this device; empty for a device asked for by name
    precision: str  # of the products of compiled epochs, one of PRECISIONS
    chunk_elements: int  # numbers in the widest layer of the rows that are predicted together
    block_elements: int  # numbers in the rows whose activations are made together

    def asarray(self, x: Any, dtype: Any = None) -> Array:
        """``x`` as an array on this device, copied only where it must be."""

    def to_host(self, x: Array) -> Any:
        """``x`` as a NumPy array."""

    def floats(self, *scalars: Array) -> list[float]:
        """Arrays of shape () as Python floats, in one transfer."""

    def use(self) -> contextlib.AbstractContextManager[Any]:
        """Context in which all work on this device is done."""

    def each(self, function: Callable[[Any], None], items: Sequence[Any]) -> None:
        """Call the function with each item, in any order, on all cores at once where that is faster."""

    def n_workers(self) -> int:
        """With how many items `each` is busy at a time."""

    def single_threaded_blas(self, size: int | None = None) -> contextlib.AbstractContextManager[Any]:
        """Context for small products between compiled work: on the CPU each has one thread, for others would spin on
        for a while after it, in the way of the threads that come next. ``size`` is the number of multiplications of the
        largest, where it is known."""

    def steady(self, size: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Context for work whose largest product of matrices takes ``size`` multiplications: on the CPU small ones have
        one thread, and others all, whatever other threads do, so that the bits are the same. It gives a function to be
        called now and then, for others may be waiting."""

    def synchronize(self) -> None:
        """Wait until all work given to the device is done."""

    def free_bytes(self) -> int | None:
        """Memory that new arrays may take, in bytes; None where that cannot be told."""

    def describe(self) -> dict[str, str]:
        """Facts for people: hardware, memory, libraries."""


def get_device(name: str = "cpu", precision: str = "float32") -> Device:
    """The device of a name.

    Parameters
    ----------
    name : str
        ``"cpu"``; ``"cuda"`` or ``"cuda:0"`` for the first CUDA GPU, ``"cuda:1"`` for the second, and so on;
        ``"auto"`` for CUDA where it works and the CPU elsewhere. The result's ``name`` and ``note`` say which
        was taken and why.
    precision : {"float32", "tf32", "bf16"}, default "float32"
        Precision of the matrix products of minibatch training in float32, sums always being float32: "tf32" rounds what
        is multiplied to 10 binary digits after the point, "bf16" to 7. Both are for CUDA.

    Returns
    -------
    Device

    Raises
    ------
    ValueError
        If ``name`` or ``precision`` is none of these, or they do not go together.
    DeviceUnavailableError
        If CUDA is asked for by name and CuPy, the driver or the GPU is missing.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} is not known; use one of {', '.join(map(repr, PRECISIONS))}.")
    if name == "cpu":
        return _cpu(precision)
    if name == "auto":
        try:
            return _cuda(0, precision, note="auto took cuda:0: a GPU is there and works")
        except DeviceUnavailableError as error:
            return _cpu(precision, note=f"auto took cpu: {error}")
    match = re.fullmatch(r"cuda(?::(\d{1,4}))?", name) if isinstance(name, str) else None
    if match is None:
        raise ValueError(f"device={name!r} is not known; use 'cpu', 'cuda', 'cuda:N' for GPU number N, or 'auto'.")
    return _cuda(int(match[1] or 0), precision)


def device_for(name: str | None, X: Any, precision: str = "float32", local_rank: int = 0) -> Device:
    """The device of a name; without one, the GPU on which a CuPy array X lies, and the CPU for all else.

    "cuda" is the GPU of the number ``local_rank`` of a rank on its machine, or the only one that it sees.
    """
    if name == "cuda" and local_rank and len(every_device()[0]) > 2:
        name = f"cuda:{local_rank}"
    return get_device(name or (f"cuda:{X.device.id}" if is_cupy(X) else "cpu"), precision)


def every_device() -> tuple[list[Device], str]:
    """The devices that are there, and why CUDA is not among them; empty where it is."""
    found = [_cpu()]
    try:
        while True:
            found.append(_cuda(len(found) - 1))
    except DeviceUnavailableError as error:
        return found, str(error) if len(found) == 1 else ""


def is_cupy(x: Any) -> bool:
    """True if x is a CuPy array, told without importing CuPy."""
    return not isinstance(x, np.ndarray) and type(x).__module__.partition(".")[0] == "cupy"


def writable(x: Any) -> Any:
    """x where it may be changed in place; a copy of an array that is read-only or maps a file, which is not ours."""
    foreign = isinstance(x, np.ndarray) and (isinstance(x, np.memmap) or not x.flags.writeable)
    return np.array(x) if foreign else x


def _cpu(precision: str = "float32", note: str = "") -> Device:
    if precision != "float32":
        raise ValueError(
            f"precision={precision!r} does not go with the CPU, whose products are those of the dtype; use "
            f"precision='float32', or device='cuda'{f' ({note})' if note else ''}."
        )
    from gpunn.devices.cpu import CpuDevice

    return CpuDevice(note)


def _cuda(index: int, precision: str = "float32", note: str = "") -> Device:
    try:
        cuda = importlib.import_module("gpunn.devices.cuda")
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "cupy":
            raise DeviceUnavailableError(
                "device 'cuda' needs CuPy, which is not installed. Install it with: pip install 'cupy-cuda13x[ctk]' "
                "(for a driver of CUDA 13 or later) or pip install 'cupy-cuda12x[ctk]'; or use device='cpu'."
            ) from error
        raise DeviceUnavailableError(
            f"device 'cuda' needs CuPy, which is installed but cannot be loaded: {error}. Reinstall it with: "
            "pip install --force-reinstall 'cupy-cuda13x[ctk]' (or 'cupy-cuda12x[ctk]'); or use device='cpu'."
        ) from error
    return cuda.open_device(index, note, precision)
