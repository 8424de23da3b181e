"""A pytest plugin: gpunn's classifier in the place of scikit-learn's, before any test imports it."""

from __future__ import annotations

import sklearn.neural_network

from gpunn import MLPClassifier

sklearn.neural_network.MLPClassifier = MLPClassifier
