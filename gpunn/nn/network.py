"""A feedforward network of dense layers over one flat parameter vector.

``theta`` (..., P) holds all weights, then all biases, then what activations learn (slopes of PReLU, gains and shifts of
layer normalisation), then the tables of embedded columns: the numbers on which penalties act are its first
``n_weights`` entries. Leading axes are members: theta (m, P) is m networks, and X may be shared (n, d) or one a member
(m, n, d).

Forward, for layer l = 1 .. L with h_0 = X:  z_l = h_(l-1) W_l + b_l,  h_l = f_l(z_l).
Backward:  dW_l = h_(l-1)^T dz_l,  db_l = sum of dz_l over rows,  dh_(l-1) = dz_l W_l^T,  dz_l = J_l^T dh_l.
Embedded columns of X (`gpunn.nn.embedding`) become numbers of h_0, which are behind the other columns of X.
Source: Rumelhart, Hinton & Williams 1986; Nielsen 2015, equations BP1 to BP4.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gpunn.cached import cached_property
from gpunn.nn.activations import Activation, Identity
from gpunn.nn.dropout import Dropout
from gpunn.nn.embedding import Embedding, embed, table_gradient
from gpunn.nn.initialisers import BiasInitialiser, WeightInitialiser, gaussian
from gpunn.typing import Array, Namespace


class Part(NamedTuple):
    """Slice of theta that holds one array of one layer, or the table of an embedded column."""

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
    codes: tuple[Array, ...] = ()  # of the first layer: int64 (n,) or (..., n) for each embedded column


Tape = list[Trace]


@dataclass(frozen=True)
class Network:
    """Layout of theta, forward and backward.

    Parameters
    ----------
    sizes : tuple of int
        Number of inputs, of neurons in each hidden layer, and of outputs; each at least 1. Inputs are those of the
        first layer: what embedded columns become, and the other columns of X.
    activations : tuple of Activation
        One for each hidden layer.
    output : Activation, default Identity()
        Activation of the last layer. A head brings the output activation, so this is the identity, unless the output
        learns parameters (PReLU).
    embeddings : tuple of Embedding, default ()
        Columns of X that hold codes, in ascending order.
    """

    sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    output: Activation = Identity()
    embeddings: tuple[Embedding, ...] = ()
    layers: tuple[Dense, ...] = field(init=False, repr=False, compare=False)  # these follow from the others
    tables: tuple[Part, ...] = field(init=False, repr=False, compare=False)  # (K, n_out) of each embedded column

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
        self._check_embeddings()
        every = (*self.activations, self.output)
        shapes = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        learned = [activation.shapes(n) for activation, n in zip(every, self.sizes[1:], strict=True)]
        place = _Places()
        weights = [place(shape) for shape in shapes]
        biases = [place((n,)) for n in self.sizes[1:]]
        of_activations = [{name: place(shape) for name, shape in named.items()} for named in learned]
        layers = tuple(map(Dense, every, weights, biases, of_activations))
        object.__setattr__(self, "layers", layers)  # the one way to set a field of a frozen dataclass
        tables = tuple(place((embedding.n_categories, embedding.n_out)) for embedding in self.embeddings)
        object.__setattr__(self, "tables", tables)

    def _check_embeddings(self) -> None:
        columns = [embedding.column for embedding in self.embeddings]
        sizes = [number for each in self.embeddings for number in (each.n_categories, each.n_out)]
        in_order = columns == sorted(set(columns)) and all(0 <= column < self.n_columns for column in columns)
        if not in_order or min(sizes, default=1) < 1:
            raise ValueError(
                f"embeddings={self.embeddings} are not those of different columns of X in ascending order, each with "
                f"at least one category and one number, of a network of {self.sizes[0]} inputs."
            )

    @cached_property
    def n_parameters(self) -> int:
        """P, the length of theta."""
        if self.embeddings:
            return self.tables[-1].stop
        last = self.layers[-1]
        return max(part.stop for layer in self.layers for part in (last.b, *layer.learned.values()))

    @property
    def n_weights(self) -> int:
        """Number of leading entries of theta that are weights, on which penalties act."""
        return self.layers[-1].W.stop

    @cached_property
    def n_embedded(self) -> int:
        """Number of inputs that come of embedded columns, the last of the first layer."""
        return sum(embedding.n_out for embedding in self.embeddings)

    @cached_property
    def n_columns(self) -> int:
        """d, the number of columns of X: the inputs of the first layer, with a column for each embedding."""
        return self.sizes[0] - self.n_embedded + len(self.embeddings)

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
        for table in self.tables:
            n_categories, n_out = table.shape
            table.put(xp, theta, gaussian(xp, rng, n_categories, n_out))
        return theta

    def forward(self, xp: Namespace, theta: Array, X: Array, dropout: Dropout | None = None) -> tuple[Array, Tape]:
        """Logits and tape.

        Parameters
        ----------
        theta : array (..., P)
        X : array (n, d) or (..., n, d)
            Codes are integers in the dtype of the other columns.
        dropout : Dropout, optional
            In training only.

        Returns
        -------
        z : array (..., n, k)
        tape : list of Trace
            For `backward`.
        """
        (h, codes), tape = self._embedded(xp, theta, X), []
        for number in range(len(self.layers)):
            tape.append(self._trace(xp, theta, h, number, dropout))
            h = tape[-1].h
        if codes:
            tape[0] = tape[0]._replace(codes=codes)
        return h, tape

    def inputs(self, xp: Namespace, theta: Array, X: Array) -> Array:
        """Inputs of the first layer h_0 (..., n, n_in); without embedded columns X itself."""
        return self._embedded(xp, theta, X)[0]

    def logits(self, xp: Namespace, theta: Array, X: Array, block: int | None = None) -> Array:
        """Logits (..., n, k) as `forward` gives them; ``block`` as in `hidden`."""
        return self.hidden(xp, theta, X, len(self.layers), block)

    def hidden(self, xp: Namespace, theta: Array, X: Array, layer: int, block: int | None = None) -> Array:
        """Activations h (..., n, n_out) of a layer, counted from 1; of layer 0 they are the inputs.

        Each layer's arrays are given up once they are used. ``block`` is for how many rows at once what follows a
        product is done, so that they come and go in a cache; for all if not given.
        """
        h = self.inputs(xp, theta, X)
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

    def _embedded(self, xp: Namespace, theta: Array, X: Array) -> tuple[Array, tuple[Array, ...]]:
        """h_0, and the codes of each embedded column."""
        if not self.embeddings:
            return X, ()
        codes = tuple(xp.astype(X[..., embedding.column], xp.int64) for embedding in self.embeddings)
        found = [embed(xp, E.of(xp, theta), of) for E, of in zip(self.tables, codes, strict=True)]
        columns = [-1, *(embedding.column for embedding in self.embeddings), self.n_columns]
        others = [X[..., before + 1 : column] for before, column in itertools.pairwise(columns)]
        leading = found[0].shape[:-1]  # members have embeddings of their own, though X may be shared
        others = [xp.broadcast_to(part, (*leading, part.shape[-1])) for part in others if part.shape[-1]]
        return xp.concat([*others, *found], axis=-1), codes

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
            elif self.embeddings:
                self._put_table_gradients(xp, theta, g, trace, dz)
        return g

    def _put_table_gradients(self, xp: Namespace, theta: Array, g: Array, trace: Trace, dz: Array) -> None:
        """Put the gradients of the tables in g, from that ``dz`` (..., n, n_out) by z_1."""
        start = self.sizes[0] - self.n_embedded
        de = xp.matmul(dz, self.layers[0].W.of(xp, theta)[..., start:, :].mT)
        if trace.mask is not None:
            de = de * trace.mask[..., start:]
        start = 0
        for embedding, E, codes in zip(self.embeddings, self.tables, trace.codes, strict=True):
            stop = start + embedding.n_out
            E.put(xp, g, table_gradient(xp, codes, de[..., start:stop], embedding.n_categories))
            start = stop


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
