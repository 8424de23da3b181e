"""Feedforward neural-network classifiers on NumPy and CUDA, and instruments that show why they learn."""

from __future__ import annotations

from gpunn._version import __version__ as __version__

TYPE_CHECKING = False  # for type checkers True, as that of typing, whose import would take longer than all else here
if TYPE_CHECKING:
    from gpunn.devices import DeviceUnavailableError, get_device
    from gpunn.estimator import HiddenLayer, MLPClassifier, TabularClassifier, VersionWarning, load
    from gpunn.estimator.many import fit_many
    from gpunn.estimator.search import MemberSearchCV
    from gpunn.io import CheckpointWarning
    from gpunn.testing import GradientError, check_compiled, check_gradients
    from gpunn.training.divergence import DivergenceError, DivergenceWarning

__all__ = [
    "CheckpointWarning",
    "DeviceUnavailableError",
    "DivergenceError",
    "DivergenceWarning",
    "GradientError",
    "HiddenLayer",
    "MLPClassifier",
    "MemberSearchCV",
    "TabularClassifier",
    "VersionWarning",
    "check_compiled",
    "check_gradients",
    "fit_many",
    "get_device",
    "load",
]

_HOME = {
    "CheckpointWarning": "gpunn.io",
    "DeviceUnavailableError": "gpunn.devices",
    "DivergenceError": "gpunn.training.divergence",
    "DivergenceWarning": "gpunn.training.divergence",
    "GradientError": "gpunn.testing",
    "HiddenLayer": "gpunn.estimator",
    "MLPClassifier": "gpunn.estimator",
    "MemberSearchCV": "gpunn.estimator.search",
    "TabularClassifier": "gpunn.estimator",
    "VersionWarning": "gpunn.estimator",
    "check_compiled": "gpunn.testing",
    "check_gradients": "gpunn.testing",
    "fit_many": "gpunn.estimator.many",
    "get_device": "gpunn.devices",
    "load": "gpunn.estimator",
}


if not TYPE_CHECKING:  # for type checkers there are the names above and no others

    def __getattr__(name):
        import importlib

        # scikit-learn takes most of a second to import: only who uses the estimator waits for it.
        if name not in _HOME:
            raise AttributeError(f"module 'gpunn' has no attribute {name!r}")
        return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
