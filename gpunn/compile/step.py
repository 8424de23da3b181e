"""One training step as a list of operations: what both machines do, and the only place that says in which order.

For each layer from the first to the last a product, then its activation or the head; from the last to the first the
gradient by its inputs, the derivative of the layer before, and the gradients by its weights and biases; then the
update.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

Name = Literal[
    "gather",  # rows of X and T
    "product",  # z = h W, of the layer
    "forward",  # h = f(z + b)
    "head",  # cost, and dz of the last layer
    "input_gradient",  # dh = dz W^T, by the inputs of the layer
    "backward",  # dz from dh, of the layer
    "weight_gradient",  # dW = h^T dz
    "bias_gradient",  # db = sum of dz over rows
    "learned_gradient",  # by what the activation of the layer learns, also a sum over rows
    "all_reduce",  # the sum of the gradients of all ranks
    "clip",  # the norm of the gradient, to which the update limits it
    "update",  # theta and the state of the method
    "max_norm",  # of the incoming weights of each neuron
    "advance",  # what of the state is one for the step
]


class Operation(NamedTuple):
    """One of the things to do, and the layer that it concerns, counted from 0."""

    name: Name
    layer: int = 0


def forward_operations(n_layers: int) -> list[Operation]:
    """The activations of the last of some layers; of the output layer they are the logits."""
    names: tuple[Name, Name] = ("product", "forward")
    return [Operation(name, layer) for layer in range(n_layers) for name in names]


def gradient_operations(n_layers: int, learning: Collection[int] = ()) -> list[Operation]:
    """Cost and gradient of a batch; ``learning`` are the layers whose activations learn."""
    found = [Operation("gather")]
    found += [*forward_operations(n_layers)[:-1], Operation("head", n_layers - 1)]
    for layer in reversed(range(n_layers)):
        if layer:
            found += [Operation("input_gradient", layer), Operation("backward", layer - 1)]
        found += [Operation("weight_gradient", layer), Operation("bias_gradient", layer)]
        if layer in learning:
            found.append(Operation("learned_gradient", layer))
    return found


def step_operations(
    n_layers: int,
    learning: Collection[int] = (),
    clips: bool = False,
    limits_norms: bool = False,
    all_reduces: bool = False,
) -> list[Operation]:
    """A whole step.

    ``clips`` says whether the norm of the gradient is limited, ``limits_norms`` those of weights, and ``all_reduces``
    whether there are several ranks.
    """
    found = gradient_operations(n_layers, learning)
    if all_reduces:
        found.append(Operation("all_reduce"))
    if clips:
        found.append(Operation("clip"))
    found.append(Operation("update"))
    if limits_norms:
        found.append(Operation("max_norm"))
    return [*found, Operation("advance")]
