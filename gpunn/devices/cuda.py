"""CUDA GPUs, through CuPy. Only this file and gpunn.compile.cuda.graph import cupy, and only once CUDA is asked for."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Sequence
from typing import Any

import array_api_compat
import array_api_compat.cupy as xp
import cupy
import numpy as np

from gpunn.devices import DeviceUnavailableError
from gpunn.devices.ranks import Ranks
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


class NcclSum:
    """Sum of arrays over the ranks by NCCL, which needs a GPU of its own for each rank.

    Parameters
    ----------
    ranks : Ranks
        All make the object together; the identifier of NCCL's communicator is that of rank 0.

    Raises
    ------
    DeviceUnavailableError
        If NCCL cannot be loaded, or two ranks use the same GPU.
    """

    def __init__(self, ranks: Ranks) -> None:
        try:
            from cupy.cuda import nccl

            identifier = ranks.broadcast(nccl.get_unique_id() if ranks.rank == 0 else None)
        except (ImportError, AttributeError) as error:  # which a CuPy without NCCL raises
            raise DeviceUnavailableError(
                f"ranks='mpi' with device='cuda' needs NCCL, which CuPy cannot load: {error}. Install it, for example "
                "with: pip install nvidia-nccl-cu13 (nvidia-nccl-cu12 for CUDA 12); or use device='cpu'."
            ) from error
        gpu = f"{platform.node()} {runtime.deviceGetPCIBusId(cupy.cuda.Device().id)}"
        if not ranks.all_differ(gpu):
            raise DeviceUnavailableError(
                "ranks='mpi' with device='cuda' needs a GPU for each rank, and several ranks use the same one. Start "
                "no more ranks on a machine than it has GPUs, or use device='cpu'."
            )
        self._types = {"float32": nccl.NCCL_FLOAT32, "float64": nccl.NCCL_FLOAT64}
        self._sum, self._communicator = nccl.NCCL_SUM, nccl.NcclCommunicator(ranks.size, identifier, ranks.rank)

    def __call__(self, array: Array) -> None:
        """Sum an array of float32 or float64 in place, in the order of the current stream."""
        stream, kind, pointer = cupy.cuda.get_current_stream(), self._types[array.dtype.name], array.data.ptr
        self._communicator.allReduce(pointer, pointer, array.size, kind, self._sum, stream.ptr)


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
