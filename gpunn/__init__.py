"""Feedforward neural-network classifiers on NumPy and CUDA, and instruments that show why they learn."""

from gpunn.devices import DeviceUnavailableError, get_device

__version__ = "0.1.0"

__all__ = ["DeviceUnavailableError", "__version__", "get_device"]
