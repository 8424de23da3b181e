"""CUDA GPUs, through CuPy. Only this file and gpunn.compile.cuda.graph import cupy, and only once CUDA is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import array_api_compat
import array_api_compat.cupy as xp
import cupy
import numpy as np

from gpunn.devices import DeviceUnavailableError
from gpunn.typing import Array

runtime = cupy.cuda.runtime


class CudaDevice:
    """CuPy on one CUDA GPU.

    ``precision`` is that of the matrix products of minibatch training in float32; any but "float32" is for captured
    steps alone.
    """

    xp = xp
    chunk_elements = block_elements = 2**24
    kind = "cuda"

    def __init__(self, index: int, note: str = "", precision: str = "float32") -> None:
        self.index, self.precision = index, precision
        self.name = f"cuda:{index}"
        self.note = note
        self._device = cupy.cuda.Device(index)

    def asarray(self, x: Any, dtype: Any = None) -> Array:
        with self._device:
            if isinstance(x, cupy.ndarray) and x.device != self._device:
                x = array_api_compat.to_device(x, self._device)
            return cupy.asarray(x, dtype=dtype)

    def to_host(self, x: Array) -> np.ndarray:
        with self._device:
            return cupy.asnumpy(x)

    def floats(self, *scalars: Array) -> list[float]:
        # Stacked on the device: each number read on its own would wait for the GPU once.
        with self._device:
            together = cupy.stack([x.astype(cupy.float64) for x in scalars])
            return [float(x) for x in cupy.asnumpy(together)]

    def use(self) -> contextlib.AbstractContextManager[Any]:
        return self._device

    def each(self, function: Callable[[Any], None], items: Sequence[Any]) -> None:
        for item in items:
            function(item)

    def n_workers(self) -> int:
        return 1

    def single_threaded_blas(self, size: int | None = None) -> contextlib.AbstractContextManager[Any]:
        return contextlib.nullcontext()

    def steady(self, size: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        return contextlib.nullcontext(lambda: None)

    def synchronize(self) -> None:
        self._device.synchronize()

    def free_bytes(self) -> int:
        with self._device:
            pool = cupy.get_default_memory_pool()
            return self._device.mem_info[0] + pool.free_bytes()

    def describe(self) -> dict[str, str]:
        with self._device:
            properties = runtime.getDeviceProperties(self.index)
            free, total = self._device.mem_info
        return {
            "GPU": properties["name"].decode(),
            "compute capability": f"{properties['major']}.{properties['minor']}",
            "memory": f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free",
            "CuPy": cupy.__version__,
            "CUDA runtime": _version(runtime.runtimeGetVersion()),
            "driver supports": f"CUDA {_version(runtime.driverGetVersion())}",
        }


def open_device(index: int, note: str = "", precision: str = "float32") -> CudaDevice:
    """GPU number ``index``; `CudaDevice` says what the precision is.

    Raises
    ------
    DeviceUnavailableError
        If there is no driver, no GPU, or no GPU of that number.
    """
    count = count_devices()
    if index >= count:
        raise DeviceUnavailableError(
            f"device 'cuda:{index}' is not there: CUDA sees {count} GPU{'s' * (count > 1)}, numbered from 0. "
            f"Use {' or '.join(repr(f'cuda:{i}') for i in range(count))}, or device='cpu'."
        )
    device = CudaDevice(index, note, precision)
    try:
        with device.use():
            cupy.zeros(1).sum().get()
    except Exception as error:
        raise DeviceUnavailableError(
            f"device 'cuda:{index}' is there but cannot compute: {type(error).__name__}: {error}. Look at what "
            "nvidia-smi says, install the CuPy that fits the driver (cupy-cuda12x[ctk] or cupy-cuda13x[ctk]), or use "
            "device='cpu'."
        ) from error
    return device


def count_devices() -> int:
    """Number of CUDA GPUs, at least 1.

    Raises
    ------
    DeviceUnavailableError
        If there is no driver, one that is too old, or no GPU.
    """
    driver = runtime.driverGetVersion()
    if driver == 0:
        raise DeviceUnavailableError(
            "device 'cuda' needs an NVIDIA driver, and none is installed (or it is not visible here, as in a "
            "container started without GPU access). Install the driver, or use device='cpu'."
        )
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        if "InsufficientDriver" in str(error):
            raise DeviceUnavailableError(
                f"device 'cuda': the NVIDIA driver supports CUDA {_version(driver)}, older than the "
                f"{_version(runtime.runtimeGetVersion())} that this CuPy was built for. Update the driver, install "
                "a CuPy for an older CUDA (pip install 'cupy-cuda12x[ctk]'), or use device='cpu'."
            ) from error
        count = 0
        if "NoDevice" not in str(error):
            raise DeviceUnavailableError(
                f"device 'cuda': the NVIDIA driver answers with an error: {error}. Look at what nvidia-smi says, "
                "or use device='cpu'."
            ) from error
    if count == 0:
        raise DeviceUnavailableError(
            "device 'cuda': a driver is installed but no NVIDIA GPU is there (or CUDA_VISIBLE_DEVICES hides it). "
            "Check with nvidia-smi, or use device='cpu'."
        )
    return count


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"
