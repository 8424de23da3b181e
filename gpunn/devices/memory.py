"""Memory that runs out: what was asked for, on which device, and what to do about it."""

from __future__ import annotations

import contextlib
import traceback
from types import TracebackType


class DeviceMemoryError(MemoryError):
    """A device does not have the memory that was asked for; the message says how much, and the remedy."""


def request(error: MemoryError) -> str:
    """Description of the request: NumPy's message has bytes, shape and dtype, CuPy's has bytes."""
    return " ".join(str(error).split()).rstrip(".") or "an allocation failed"


def ran_out(device: str, error: MemoryError, rows: str = "") -> DeviceMemoryError:
    """The error to raise for one of NumPy or CuPy.

    Parameters
    ----------
    device : str
        Name of the device that was to compute. It is only named where it is its memory that ran out: NumPy takes that
        of the host, whatever the device.
    error : MemoryError
    rows : str, optional
        Number of rows, where fewer make no difference.
    """
    of_gpu = type(error).__module__.partition(".")[0] == "cupy"
    name = (device if device.startswith("cuda") else "cuda") if of_gpu else "cpu"
    remedies = [] if rows else ["fewer rows at once"]
    remedies += ["a smaller network (hidden_layer_sizes)", "dtype='float32' in place of 'float64'"]
    remedies += ["device='cpu'"] if of_gpu else []
    return DeviceMemoryError(
        f"device {name!r} ran out of memory{rows and f' with {rows}'}: {request(error)}. "
        f"Use {', '.join(remedies[:-1])} or {remedies[-1]}."
    )


def explained(device: str) -> _Explained:
    """Raise a `DeviceMemoryError` for any other MemoryError within; ``device`` as in `ran_out`.

    The frames of the error are cleared, so that an error that is kept, as in a notebook, keeps no memory.
    """
    return _Explained(device)


class _Explained(contextlib.AbstractContextManager[None]):
    """Context of `explained`: a generator would take a tenth of the time of a prediction of one row."""

    def __init__(self, device: str) -> None:
        self.device = device

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, MemoryError):
            traceback.clear_frames(trace)
            if not isinstance(error, DeviceMemoryError):
                raise ran_out(self.device, error) from error
