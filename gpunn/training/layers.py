"""Statistics of the layers of a network: saturation, dead units, norms, and what the cost lets through.

All comes from one forward and one backward pass over a sample of rows, without dropout and penalties, and reaches the
host in one transfer. A unit is a neuron; "unit and row" counts each unit once for each row of the sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.nn.activations import Activation, Elementwise, PReLU
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Dense
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, spaced
from gpunn.training.state import TrainingState
from gpunn.typing import Array, Namespace

SATURATED_BELOW = 0.01  # |f'(z)|: such a unit learns a hundred times slower than a linear one
LAYERS = "layers."  # begins the names of the arrays of a recording
SAMPLE = 256  # rows of a recording: a batch or two, so that an entry costs about as much as a few steps


@dataclass(frozen=True)
class LayerStatistics:
    """Numbers of one layer on a sample of rows, all of them plain.

    Attributes
    ----------
    layer : int
        1 for the first hidden layer; the output is the last.
    activation : str
        Class of the activation, with " (layer norm)" behind it where it follows a layer normalisation; of the output
        layer that of its head.
    n_in, n_out : int
        Inputs and units.
    saturated : float or None
        Share of units and rows with abs f'(z) < `SATURATED_BELOW`. None for an activation whose outputs depend on all
        of its inputs (softmax), which has no f'(z); so for the next three.
    dead : float or None
        Share of units with f'(z) = 0 on every row: nothing reaches their weights.
    slope : float or None
        Mean of abs f'(z).
    relative_slope : float or None
        ``slope`` divided by the largest abs f' that the activation has (1/4 for the sigmoid, 1 for tanh and ReLU).
    z_mean, z_std, h_mean, h_std : float
        Means and standard deviations of the inputs z of the activation, which are the weighted inputs of the layer,
        normalised where it has a layer normalisation, and of its outputs h, over units and rows.
    weight_norm, gradient_norm, bias_gradient_norm : float
        Frobenius norm of W, of the gradient by W, and Euclidean norm of that by b, of the mean cost over the rows.
        The last is the speed of learning of a layer in Nielsen 2015, chapter 5.
    error, delta : float or None
        For the output layer, mean of abs (a - T) and of abs dz, dz being the gradient of a row's cost by z. None
        elsewhere.
    delta_factor : float or None
        ``delta / error``, what activation and cost make of an error: 1 for a matched pair, 2 for the rescaled tanh with
        cross-entropy, and for a sigmoid with quadratic cost the mean of f'(z) weighted by the error.
    update_norm, update_ratio, learning_rate : float or None
        In a recording, norm of the change of W since the entry before, divided by the number of steps between; the same
        divided by ``weight_norm``; the rate of the last step. Steps that cancel each other do not count.
    """

    layer: int
    activation: str
    n_in: int
    n_out: int
    saturated: float | None
    dead: float | None
    slope: float | None
    relative_slope: float | None
    z_mean: float
    z_std: float
    h_mean: float
    h_std: float
    weight_norm: float
    gradient_norm: float
    bias_gradient_norm: float
    error: float | None = None
    delta: float | None = None
    delta_factor: float | None = None
    update_norm: float | None = None
    update_ratio: float | None = None
    learning_rate: float | None = None


NUMBERS = tuple(part.name for part in fields(LayerStatistics))[4:]  # those that training changes


def layer_statistics(
    device: Device, objective: Objective, theta: Array, X: Array, T: Array, weight: Array | None = None
) -> list[LayerStatistics]:
    """The numbers of every layer, the output last.

    Parameters
    ----------
    device : Device
    objective : Objective
        Its penalties play no part.
    theta : array (P,)
        Parameters of one network.
    X : array (n, d)
    T : array (n, k)
    weight : array (n,), optional
        Row weights of the gradient; the other numbers count every row once.
    """
    with device.use(), device.steady(X.shape[0] * objective.network.row_product):
        found = _measured(device.xp, objective, theta, X, T, weight)
        return _on_host(device, objective, found)


class Recorder:
    """The numbers of every layer after every epoch, on the same rows each time.

    Parameters
    ----------
    device : Device
    objective : Objective
    X, T : array (n, d) and (n, k)
        Training rows, of which at most `SAMPLE` are looked at, evenly spaced. X of any numeric dtype.
    start_theta : array (P,)
        Parameters from which training starts; copied.

    Attributes
    ----------
    entries : list of list of LayerStatistics
        One list of layers for each call of `take`.
    """

    def __init__(self, device: Device, objective: Objective, X: Array, T: Array, start_theta: Array) -> None:
        self.entries: list[list[LayerStatistics]] = []
        self._device, self._objective = device, objective
        xp = device.xp
        with device.use():
            index = device.asarray(spaced(X.shape[0], SAMPLE))
            self._X = xp.astype(xp.take(X, index, axis=0), start_theta.dtype)
            self._T = xp.take(T, index, axis=0)
            self._before = xp.asarray(start_theta, copy=True)

    def take(self, theta: Array, steps: int, learning_rate: float) -> None:
        """Add an entry.

        Parameters
        ----------
        theta : array (P,)
        steps : int
            Steps since the entry before.
        learning_rate : float
            Learning rate of the last step.
        """
        device, xp = self._device, self._device.xp
        with device.use(), device.single_threaded_blas():
            found = _measured(xp, self._objective, theta, self._X, self._T)
            for numbers, layer in zip(found, self._objective.network.layers, strict=True):
                moved = layer.W.of(xp, theta) - layer.W.of(xp, self._before)
                numbers["update_norm"] = xp.linalg.vector_norm(moved) / steps
            self.entries.append(_on_host(device, self._objective, found, learning_rate))
            self._before[...] = theta

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The entries as arrays (n, layers * numbers): the numbers, and 1 where there is none; {} of no entries."""
        if not self.entries:
            return {}
        rows = [[getattr(layer, name) for layer in entry for name in NUMBERS] for entry in self.entries]
        missing = np.asarray([[float(value is None) for value in row] for row in rows])
        return {LAYERS + "values": np.asarray(rows, float), LAYERS + "missing": missing}

    def restore(self, arrays: Mapping[str, np.ndarray], n: int, theta: Array) -> None:
        """Take the ``n`` entries of `to_arrays`, among other arrays, the last of which was made at theta (P,).

        Raises
        ------
        ValueError
            For arrays of other shapes.
        """
        arrays = {name.removeprefix(LAYERS): array for name, array in arrays.items() if name.startswith(LAYERS)}
        layers = self._objective.network.layers
        shape, wanted = (n, len(layers) * len(NUMBERS)), {"values", "missing"} if n else set()
        good = set(arrays) == wanted
        if not good or any(array.shape != shape or array.dtype != np.float64 for array in arrays.values()):
            raise ValueError(f"the records of layers must be arrays of shape {shape} and float64.")
        for row, missing in zip(arrays.get("values", ()), arrays.get("missing", ()), strict=True):
            pairs = zip(row.tolist(), missing.tolist(), strict=True)
            numbers: Iterator[Any] = iter([None if no else value for value, no in pairs])
            self.entries.append([
                LayerStatistics(
                    number,
                    activation_name(self._objective, layer),
                    layer.n_in,
                    layer.n_out,
                    **{name: next(numbers) for name in NUMBERS},
                )
                for number, layer in enumerate(layers, start=1)
            ])  # fmt: skip
        self._before[...] = theta


class LayerMonitor:
    """Records the layers on a sample of the training rows.

    Parameters
    ----------
    device, objective, rows
        Those of the training.
    theta : array (P,)
        Parameters from which training starts.
    evaluations : int, default 0
        Evaluations of cost and gradient that the history already counts.

    Attributes
    ----------
    recorder : Recorder
    """

    def __init__(self, device: Device, objective: Objective, rows: Rows, theta: Array, evaluations: int = 0) -> None:
        some = device.asarray(spaced(len(rows), SAMPLE))
        sample = rows.take(device.xp, some if rows.index is None else device.xp.take(rows.index, some))
        self.recorder = Recorder(device, objective, sample.X, sample.T, theta)
        self._evaluations = evaluations

    def __call__(self, state: TrainingState) -> str:
        history = state.history
        self.recorder.take(state.evaluated, history.evaluations - self._evaluations, history.learning_rate[-1])
        self._evaluations = history.evaluations
        return ""

    def resume(self, arrays: Mapping[str, np.ndarray], state: TrainingState) -> None:
        """Go on from a state, with the entries that `Recorder.to_arrays` made before it."""
        self.recorder.restore(arrays, state.history.n_iter, state.evaluated)
        self._evaluations = state.history.evaluations


def _measured(
    xp: Namespace, objective: Objective, theta: Array, X: Array, T: Array, weight: Array | None = None
) -> list[dict[str, Array]]:
    """For each layer arrays () on the device."""
    network, head = objective.network, objective.head
    logits, tape = network.forward(xp, theta, X)
    dz = head.delta(xp, logits, T)
    row_share = 1 / X.shape[0] if weight is None else (weight / xp.sum(weight))[:, None]
    g = network.backward(xp, theta, tape, dz * row_share)
    found = []
    for layer, trace in zip(network.layers, tape, strict=True):
        W_norm, gW_norm, gb_norm = (
            xp.linalg.vector_norm(part.of(xp, array)) for part, array in ((layer.W, theta), (layer.W, g), (layer.b, g))
        )
        learned = {name: part.of(xp, theta) for name, part in layer.learned.items()}
        activation = activation_of(objective, layer)
        z, own = activation.after_norm(xp, trace.z, **learned)
        numbers = {"weight_norm": W_norm, "gradient_norm": gW_norm, "bias_gradient_norm": gb_norm}
        h = trace.h
        if layer is network.layers[-1]:
            h = head.outputs(xp, logits)
            delta = layer.activation.backward(xp, trace.z, trace.h, dz, **learned)[0]
            numbers["error"] = xp.mean(xp.abs(head.activation.difference(xp, logits, h, T)))
            numbers["delta"] = xp.mean(xp.abs(delta))
        numbers |= {"z_mean": xp.mean(z), "z_std": xp.std(z), "h_mean": xp.mean(h), "h_std": xp.std(h)}
        found.append(numbers | _slopes(xp, activation.without_norm, z, h, own))
    return found


def activation_of(objective: Objective, layer: Dense) -> Activation:
    """The activation of a layer; of the output that of its head, but for one that learns and so stands in the layer."""
    is_output = layer is objective.network.layers[-1]
    return objective.head.activation if is_output and not layer.learned else layer.activation


def activation_name(objective: Objective, layer: Dense) -> str:
    """Class of the activation of a layer, and whether it follows a layer normalisation."""
    activation = activation_of(objective, layer)
    name = type(activation.without_norm).__name__
    return f"{name} (layer norm)" if isinstance(activation, LayerNorm) else name


def _slopes(xp: Namespace, activation: Activation, z: Array, h: Array, learned: dict[str, Array]) -> dict[str, Array]:
    """Statistics of f'(z); empty for an activation that has none."""
    if not isinstance(activation, (Elementwise, PReLU)):
        return {}

    def slope(z: Array, h: Array) -> Array:
        return xp.abs(activation.backward(xp, z, h, xp.ones_like(z), **learned)[0])

    found = slope(z, h)
    # Every activation here is as steep within 8 of 0 as it ever is, or nearly: steps of 1/16 miss less than 0.1%.
    grid = (xp.arange(257, dtype=z.dtype, device=z.device) / 16 - 8)[:, None]
    largest = xp.max(slope(grid, activation.forward(xp, grid, **learned)))
    mean = xp.mean(found)
    return {
        "saturated": xp.mean(xp.astype(found < SATURATED_BELOW, z.dtype)),
        "dead": xp.mean(xp.astype(xp.all(found == 0, axis=0), z.dtype)),
        "slope": mean,
        "relative_slope": mean / largest,
    }


def _on_host(
    device: Device, objective: Objective, found: list[dict[str, Array]], learning_rate: float | None = None
) -> list[LayerStatistics]:
    numbers = iter(device.floats(*(array for layer in found for array in layer.values())))
    entries = []
    for number, (layer, names) in enumerate(zip(objective.network.layers, found, strict=True), start=1):
        values: dict[str, Any] = dict.fromkeys(("saturated", "dead", "slope", "relative_slope"))
        values |= {name: next(numbers) for name in names}
        for ratio, above, below in (("delta_factor", "delta", "error"), ("update_ratio", "update_norm", "weight_norm")):
            if above in values and values[below]:
                values[ratio] = values[above] / values[below]
        kind = activation_name(objective, layer)
        entries.append(LayerStatistics(number, kind, layer.n_in, layer.n_out, **values, learning_rate=learning_rate))
    return entries
