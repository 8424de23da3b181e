"""scikit-learn estimators: its classifiers, one call of fit, the monitors of a training, saving and loading."""

from gpunn.estimator.classifier import MLPClassifier, VersionWarning, load
from gpunn.estimator.hidden_layer import HiddenLayer
from gpunn.estimator.tabular import TabularClassifier

__all__ = ["HiddenLayer", "MLPClassifier", "TabularClassifier", "VersionWarning", "load"]
