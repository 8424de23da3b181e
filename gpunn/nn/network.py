"""A feedforward network of dense layers over one flat parameter vector.

``theta`` (..., P) holds all weights, then all biases, then the slopes of PReLU layers: the numbers on which
penalties act are its first ``n_weights`` entries. Leading axes are members: theta (m, P) is m networks, and X may
be shared (n, d) or one a member (m, n, d).

Forward, for layer l = 1 .. L with h_0 = X:  z_l = h_(l-1) W_l + b_l,  h_l = f_l(z_l).
Backward:  dW_l = h_(l-1)^T dz_l,  db_l = sum of dz_l over rows,  dh_(l-1) = dz_l W_l^T,  dz_l = J_l^T dh_l.
Source: Rumelhart, Hinton & Williams 1986; Nielsen 2015, equations BP1 to BP4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gpunn.cached import cached_property
from gpunn.nn.activations import Activation, Identity
from gpunn.nn.dropout import Dropout
from gpunn.nn.initialisers import BiasInitialiser, WeightInitialiser
from gpunn.typing import Array, Namespace


class Part(NamedTuple):
    """Slice of theta that holds one array of one layer."""

    start: int
    stop: int
    shape: tuple[int, ...]

    def of(self, xp: Namespace, theta: Array) -> Array:
        found = theta[..., self.start : self.stop]
        return found if len(self.shape) == 1 else xp.reshape(found, (*theta.shape[:-1], *self.shape))

    def put(self, xp: Namespace, theta: Array, value: Array) -> None:
        theta[..., self.start : self.stop] = xp.reshape(value, (*theta.shape[:-1], -1))


@dataclass(frozen=True)
class Dense:
    """One layer, z = h W + b followed by an activation. It owns no numbers, only their places in theta."""

    activation: Activation
    W: Part  # (n_in, n_out)
    b: Part  # (n_out,)
    learned: dict[str, Part]  # what the activation learns

    @property
    def n_in(self) -> int:
        return self.W.shape[0]

    @property
    def n_out(self) -> int:
        return self.W.shape[1]


class Trace(NamedTuple):
    """Values that the forward pass of one layer keeps for the backward pass."""

    x: Array  # (..., n, n_in), the layer's input, after dropout
    mask: Array | None  # factors that dropout put on that input
    z: Array  # (..., n, n_out)
    h: Array  # (..., n, n_out)


Tape = list[Trace]


@dataclass(frozen=True)
class Network:
    """Layout of theta, forward and backward.

    Parameters
    ----------
    sizes : tuple of int
        Number of inputs, of neurons in each hidden layer, and of outputs; each at least 1.
    activations : tuple of Activation
        One for each hidden layer.
    output : Activation, default Identity()
        Activation of the last layer. A head brings the output activation, so this is the identity, unless the output
        learns parameters (PReLU).
    """

    sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    output: Activation = Identity()
    layers: tuple[Dense, ...] = field(init=False, repr=False, compare=False)  # follow from the others

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(
                f"sizes={self.sizes} must name the inputs, any hidden layers and the outputs, each at least 1."
            )
        if len(self.activations) != len(self.sizes) - 2:
            raise ValueError(
                f"{len(self.activations)} activations were given for {len(self.sizes) - 2} hidden layers; "
                "give one each."
            )
        every = (*self.activations, self.output)
        shapes = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        learned = [activation.shapes(n) for activation, n in zip(every, self.sizes[1:], strict=True)]
        place = _Places()
        weights = [place(shape) for shape in shapes]
        biases = [place((n,)) for n in self.sizes[1:]]
        slopes = [{name: place(shape) for name, shape in named.items()} for named in learned]
        layers = tuple(map(Dense, every, weights, biases, slopes))
        object.__setattr__(self, "layers", layers)  # the one way to set a field of a frozen dataclass

    @cached_property
    def n_parameters(self) -> int:
        """P, the length of theta."""
        last = self.layers[-1]
        return max(part.stop for layer in self.layers for part in (last.b, *layer.learned.values()))

    @property
    def n_weights(self) -> int:
        """Number of leading entries of theta that are weights, on which penalties act."""
        return self.layers[-1].W.stop

    @cached_property
    def row_product(self) -> int:
        """Multiplications of one row with the weights of the layer that has most."""
        return max(layer.n_in * layer.n_out for layer in self.layers)

    def initial(self, xp: Namespace, rng: Any, weights: WeightInitialiser, biases: BiasInitialiser) -> Array:
        """Draw theta (P,) on the host, float64; ``xp`` is the host's namespace, ``rng`` a numpy Generator."""
        theta = xp.zeros(self.n_parameters)
        for layer in self.layers:
            layer.W.put(xp, theta, weights(xp, rng, layer.n_in, layer.n_out))
            layer.b.put(xp, theta, biases(xp, rng, layer.n_in, layer.n_out))
            for name, part in layer.learned.items():
                part.put(xp, theta, xp.full(part.shape, layer.activation.initial(name)))
        return theta

    def forward(self, xp: Namespace, theta: Array, X: Array, dropout: Dropout | None = None) -> tuple[Array, Tape]:
        """Logits and tape.

        Parameters
        ----------
        theta : array (..., P)
        X : array (n, d) or (..., n, d)
        dropout : Dropout, optional
            In training only.

        Returns
        -------
        z : array (..., n, k)
        tape : list of Trace
            For `backward`.
        """
        h, tape = X, []
        for number in range(len(self.layers)):
            tape.append(self._trace(xp, theta, h, number, dropout))
            h = tape[-1].h
        return h, tape

    def logits(self, xp: Namespace, theta: Array, X: Array, block: int | None = None) -> Array:
        """Logits (..., n, k) as `forward` gives them; ``block`` as in `hidden`."""
        return self.hidden(xp, theta, X, len(self.layers), block)

    def hidden(self, xp: Namespace, theta: Array, X: Array, layer: int, block: int | None = None) -> Array:
        """Activations h (..., n, n_out) of a layer, counted from 1; of layer 0 they are the inputs.

        Each layer's arrays are given up once they are used. ``block`` is for how many rows at once what follows a
        product is done, so that they come and go in a cache; for all if not given.
        """
        h = X
        for dense in self.layers[:layer]:
            z = _product(xp, h, dense.W.of(xp, theta), dense is self.layers[-1])
            b, learned = dense.b.of(xp, theta)[..., None, :], _learned(xp, dense, theta)
            n = z.shape[-2]
            if block is None or n <= block:
                z += b
                h = dense.activation.forward(xp, z, **learned)
                continue
            for start in range(0, n, block):
                part = (..., slice(start, min(start + block, n)), slice(None))
                z[part] = dense.activation.forward(xp, z[part] + b, **learned)
            h = z
        return h

    def _trace(self, xp: Namespace, theta: Array, h: Array, number: int, dropout: Dropout | None = None) -> Trace:
        """Output of a layer for h (..., n, n_in)."""
        layer = self.layers[number]
        mask = dropout.mask(xp, h, number) if dropout else None
        x = h if mask is None else h * mask
        z = _product(xp, x, layer.W.of(xp, theta), layer is self.layers[-1])
        z += layer.b.of(xp, theta)[..., None, :]
        return Trace(x, mask, z, layer.activation.forward(xp, z, **_learned(xp, layer, theta)))

    def backward(self, xp: Namespace, theta: Array, tape: Tape, dz: Array) -> Array:
        """Gradient g (..., P) of the cost by theta, from its gradient ``dz`` (..., n, k) by the logits."""
        g = xp.empty_like(theta)
        ones = xp.ones(dz.shape[-2], dtype=dz.dtype, device=dz.device)
        dh = dz
        for number in reversed(range(len(self.layers))):
            layer, trace = self.layers[number], tape[number]
            dz, dlearned = layer.activation.backward(xp, trace.z, trace.h, dh, **_learned(xp, layer, theta))
            for name, value in dlearned.items():
                layer.learned[name].put(xp, g, value)
            layer.W.put(xp, g, xp.matmul(trace.x.mT, dz))
            layer.b.put(xp, g, xp.matmul(ones, dz))  # the sum over rows, for which a product is the quicker way
            if number > 0:
                dh = xp.matmul(dz, layer.W.of(xp, theta).mT)
                if trace.mask is not None:
                    dh = dh * trace.mask
        return g


class _Places:
    """Hands out consecutive places in theta."""

    def __init__(self) -> None:
        self.next = 0

    def __call__(self, shape: tuple[int, ...]) -> Part:
        start, self.next = self.next, self.next + math.prod(shape)
        return Part(start, self.next, shape)


def by_columns(xp: Namespace, x: Array) -> Array:
    """x (..., n, k) by columns in memory: what a head does with a row's few outputs is done for many rows at once."""
    if x.shape[-2] == 1:  # which lies both ways
        return x
    transposed = x.mT
    return xp.reshape(xp.reshape(transposed, (-1,)), transposed.shape).mT  # the inner one copies


def _product(xp: Namespace, x: Array, W: Array, is_last: bool) -> Array:
    """x W, of the last layer by columns."""
    z = xp.matmul(x, W)
    return by_columns(xp, z) if is_last else z  # W^T x^T, which needs no copy, takes BLAS half as long again


def _learned(xp: Namespace, layer: Dense, theta: Array) -> dict[str, Array]:
    return {name: part.of(xp, theta) for name, part in layer.learned.items()}
