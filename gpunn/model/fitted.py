"""The attributes of a fitted classifier, declared once; `gpunn.MLPClassifier` says what they mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from gpunn.config.parameters import Parameters
from gpunn.data.labels import Labels
from gpunn.model.model import Model
from gpunn.model.validation import InputSchema
from gpunn.nn.activations import ACTIVATIONS, Activation
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.history import History
from gpunn.typing import Array


class Classifier(ClassifierMixin, BaseEstimator, Parameters):
    """Parameters, and the attributes that `set_fitted_attributes` sets."""

    classes_: np.ndarray
    theta_: Array
    network_: Network
    head_: Any  # a Head; all that have a name have a cost_function
    history_: History
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_curve_: list[float]
    loss_: float
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    _labels: Labels
    _resume: Any

    @property
    def _model(self) -> Model:
        """The trained network, by what the attributes and parameters are now."""
        if "network_" not in vars(self):
            check_is_fitted(self)  # it looks through all attributes
        labels, classes = self._labels, self.classes_
        return Model(
            self.network_,
            self.head_,
            self.theta_,
            labels if classes is labels.classes else Labels(classes, labels.multilabel),
            InputSchema.of(self),
            self.threshold,
            self.device,
            self.compile in ("auto", True),
        )


def trained_model(
    clf: Classifier,
    objective: Objective,
    labels: Labels,
    theta: Array,
    history: History,
    schema: InputSchema | None = None,
) -> Model:
    """The model of a training by the parameters of ``clf``; without a ``schema`` it takes rows like those of it."""
    return Model(
        objective.network,
        objective.head,
        theta,
        labels,
        InputSchema.of(clf) if schema is None else schema,
        clf.threshold,
        clf.device,
        clf.compile in ("auto", True),
    )


def set_fitted_attributes(clf: Classifier, model: Model, history: History) -> None:
    """Set the attributes that show a model and its training."""
    clf.__dict__.update(fitted_attributes(model, history))


def fitted_attributes(model: Model, history: History) -> dict[str, Any]:
    """scikit-learn's names of a model, and what is told of its training; ``theta`` is an array of the kind X was."""
    network, head, labels = model.network, model.head, model.labels
    nan = float("nan")
    validated = bool(history.validation_score)
    return {
        **model.schema.attributes(),
        "_labels": labels,
        "classes_": labels.classes,
        "network_": network,
        "head_": head,
        "theta_": model.theta,
        "n_layers_": len(network.sizes),
        "n_outputs_": network.sizes[-1],
        "out_activation_": name_of(network.output if network.layers[-1].learned else head.activation),
        "history_": history,
        "n_iter_": history.n_iter,
        "loss_curve_": list(history.cost),
        "loss_": history.cost[-1] if history.cost else nan,
        "best_loss_": None if validated else min(history.cost, default=nan),
        "validation_scores_": list(history.validation_score) if validated else None,
        "best_validation_score_": max(history.validation_score) if validated else None,
    }


def changed_network(network: Network, clf: Classifier) -> str:
    """A sentence on where the network that parameters describe is not that of the weights; "" where it is."""
    parts = {"activations": "hidden activations", "output": "output activation"}
    parts = {"sizes": "sizes", **parts, "embeddings": "embeddings"}
    changed = [name for name in parts if getattr(network, name) != getattr(clf.network_, name)]
    if not changed:
        return ""
    networks = (network, clf.network_)
    now, then = (", ".join(f"{parts[name]} {getattr(one, name)}" for name in changed) for one in networks)
    return f"The parameters describe a network with {now}, but the weights are those of a network with {then}."


def name_of(value: Activation) -> str:
    """The name of an activation as scikit-learn has it, or the class of one that has no name here.

    " (layer norm)" is added where it follows a layer normalisation.
    """
    names = {kind: name for name, kind in ACTIVATIONS.items()}  # the last name of a kind: "logistic"
    kind = type(value.without_norm)
    name = names.get(kind, kind.__name__)
    return f"{name} (layer norm)" if isinstance(value, LayerNorm) else name


def estimator_of(clf: Classifier, model: Model, history: History) -> Classifier:
    """A classifier with the parameters of ``clf`` that shows a model: what scikit-learn's scorers take."""
    found = type(clf)(**clf.get_params(deep=False))
    set_fitted_attributes(found, model, history)
    return found
