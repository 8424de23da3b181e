"""Arrays of any library: where they came from, and where the work on them is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np
from scipy import sparse
from sklearn import get_config

from gpunn.devices import Device, get_device, is_cupy
from gpunn.sklearn_compat import move_to
from gpunn.typing import Array, Namespace


@dataclass(frozen=True)
class Origin:
    """The library and device of an array that came in: what goes out is of the same.

    ``xp`` is None for NumPy, and for all that is read as such: other libraries where array API dispatch is off.
    """

    xp: Namespace = None
    device: Any = None

    @classmethod
    def of(cls, X: Any) -> Origin:
        if isinstance(X, np.ndarray):
            return NUMPY
        if is_cupy(X) or (dispatches() and array_api_compat.is_array_api_obj(X)):
            return cls(array_api_compat.array_namespace(X), array_api_compat.device(X))
        return NUMPY

    def has_float64(self) -> bool:
        """True if its device has numbers in float64; Apple's GPUs, for one, have none."""
        if self.xp is None:
            return True
        return "float64" in self.xp.__array_namespace_info__().dtypes(device=self.device, kind="real floating")

    def give(self, device: Device, found: Array) -> Array:
        """An array of the device in the library it is wanted in."""
        if self.xp is None:
            return device.to_host(found)
        if is_cupy(found):
            return found if array_api_compat.is_cupy_namespace(self.xp) else self.xp.from_dlpack(found)
        return self.xp.asarray(found, device=self.device)


NUMPY = Origin()


def device_for(name: str | None, X: Any, precision: str = "float32") -> Device:
    """The device of a name; without one, the GPU on which a CuPy array X lies, and the CPU for all else."""
    return get_device(name or (f"cuda:{X.device.id}" if is_cupy(X) else "cpu"), precision)


def on_host(x: Any) -> Any:
    """An array of any library as one of NumPy; what is none as it is."""
    if isinstance(x, np.ndarray) or sparse.issparse(x) or not array_api_compat.is_array_api_obj(x):
        return x
    return x.get() if is_cupy(x) else move_to(x, xp=np, device="cpu")


def dispatches() -> bool:
    """True if scikit-learn's array API dispatch is on."""
    return bool(get_config()["array_api_dispatch"])
