"""A hidden layer of a classifier as a step of a pipeline."""

from __future__ import annotations

from typing import Any, Self

from sklearn import get_config
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from gpunn.model.predict import hidden_number
from gpunn.sklearn_compat import check_same_namespace
from gpunn.typing import Array


class HiddenLayer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, MetaEstimatorMixin, BaseEstimator):
    """Transformer from rows to the activations of a hidden layer of a classifier that learned to tell their labels.

    Parameters
    ----------
    estimator : MLPClassifier
        A clone of it is fitted. To use one that is fitted already as it is, wrap it in
        `sklearn.frozen.FrozenEstimator`.
    layer : int, default=-1
        0 is the first hidden layer, -1 the last.

    Attributes
    ----------
    estimator_ : MLPClassifier
        The fitted clone.
    n_features_in_, feature_names_in_
        Attributes of ``estimator_``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from gpunn import HiddenLayer, MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = make_pipeline(HiddenLayer(MLPClassifier((32, 16), random_state=0)), KNeighborsClassifier())
    >>> pipeline.fit(X, y)[:-1].transform(X).shape
    (1797, 16)
    """

    def __init__(self, estimator: Any, layer: int = -1) -> None:
        self.estimator = estimator
        self.layer = layer

    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> Self:
        """Fit a clone of the classifier.

        Parameters
        ----------
        X, y
            As for `MLPClassifier.fit`.
        **fit_params
            Further arguments of its ``fit``, such as ``sample_weight``.

        Raises
        ------
        ValueError
            If the classifier has no such layer, or cannot be fitted.
        """
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        fitted = clone(self.estimator).fit(X, y, **fit_params)
        hidden_number(fitted.network_, self.layer)
        if fitted.theta_.ndim > 1:
            raise ValueError(
                f"estimator has {fitted.theta_.shape[0]} members, and a step of a pipeline has the hidden layer of one "
                "network. Use n_members=1, or FrozenEstimator(estimator.member(0)) of one that is fitted."
            )
        self.estimator_ = fitted
        return self

    def transform(self, X: Any) -> Array:
        """Activations (n, n_units) of the layer for rows X (n, d)."""
        check_is_fitted(self)
        check_same_namespace(X, self, attribute="_theta", method="transform")
        return self.estimator_.hidden_activations(X, self.layer)

    def get_metadata_routing(self) -> MetadataRouter:
        """Routing of scikit-learn's metadata to the classifier."""
        return MetadataRouter(owner=self).add(
            estimator=self.estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit")
        )

    @property
    def n_features_in_(self) -> int:
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self) -> Array:
        return self.estimator_.feature_names_in_

    @property
    def _theta(self) -> Array:
        return self.estimator_.theta_

    @property
    def _n_features_out(self) -> int:
        network = self.estimator_.network_
        return network.sizes[hidden_number(network, self.layer) + 1]

    def __sklearn_tags__(self) -> Any:
        tags, of_estimator = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags = of_estimator.input_tags
        tags.target_tags.required = of_estimator.target_tags.required
        tags.array_api_support = of_estimator.array_api_support
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
