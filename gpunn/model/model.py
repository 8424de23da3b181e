"""A trained network as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gpunn.data.labels import Labels
from gpunn.model.validation import InputSchema
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.typing import Array


@dataclass(frozen=True, eq=False)
class Model:
    """All that predictions need, and nothing of the training.

    Attributes
    ----------
    network : Network
    head : Head
        Output activation and cost.
    theta : array (P,) or (m, P)
        Parameters, in the layout of ``network``; of m networks, whose probabilities are averaged.
    labels : Labels
        Classes of the outputs.
    schema : InputSchema
        Rows that it takes.
    threshold : float, array-like or None
        Probability from which the second of two classes, or a label of a multilabel problem, is predicted.
    device : str or None
        Name of the device to predict on; None is where the rows are.
    compiled : bool
        Whether predictions are compiled where that is possible.
    """

    network: Network
    head: Head
    theta: Array
    labels: Labels
    schema: InputSchema
    threshold: Any = None
    device: str | None = None
    compiled: bool = False

    @property
    def has_members(self) -> bool:
        """True if theta is that of several networks."""
        return self.theta.ndim > 1

    def for_matrices(self) -> Model:
        """The same model for rows that are encoded already."""
        schema = InputSchema(self.network.n_columns, estimator_name=self.schema.estimator_name)
        return replace(self, schema=schema)
