"""The scikit-learn estimator: its classifier, one call of fit, the monitors of a training, saving and loading."""

from gpunn.estimator.classifier import MLPClassifier, VersionWarning, load
from gpunn.estimator.hidden_layer import HiddenLayer

__all__ = ["HiddenLayer", "MLPClassifier", "VersionWarning", "load"]
