"""Activations, logits and probabilities of rows, compiled: a row has the same bits whatever rows are beside it."""

from __future__ import annotations

import ctypes
import functools
from typing import Any, NamedTuple

import numpy as np

from gpunn.compile.cpu import kernels, native, product, runtime
from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.operation import Matrix
from gpunn.compile.cpu.program import N_SLOTS, loaded
from gpunn.compile.cpu.workspace import Workspace, empty_aligned
from gpunn.compile.step import forward_operations
from gpunn.compile.trace import Untraceable
from gpunn.nn.activations import Identity
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.nn.probabilities import of_row

BLOCK = 2**17  # elements in the widest layer of a block of rows: they stay in the cache of a core
LEAST = 192  # rows of a block: with fewer, packing weights takes long beside the products
N_CHECKED = product.ROWS + 1  # rows of the check: of a full tile and of another
TOLERANCE = {"float32": 1e-3, "float64": 1e-7}  # relative
KEPT = 2**22  # bytes that a call leaves to later ones: to get new memory takes longer than a small prediction

_kept: list[_Memory] = []  # for predictions of all networks; as many as there have been calls at the same time


class CompiledPrediction:
    """Activations of a layer as a function of theta and rows, for networks of one set of formulas and one dtype.

    Parameters
    ----------
    network : Network
    dtype : str
        Data type of theta and X.
    head : Head, optional
        With it the last layer gives the probabilities of the classes in place of the logits.
    exclusive : bool, default True
        Whether the probabilities of a row sum to 1.

    Raises
    ------
    Untraceable
        If a formula cannot be traced, or what is compiled computes otherwise.
    ModuleNotFoundError
        If llvmlite is not installed.
    """

    def __init__(self, network: Network, dtype: str, head: Head | None = None, exclusive: bool = True) -> None:
        self.network, self.dtype, self.head, self.exclusive = network, np.dtype(dtype), head, exclusive
        found, scratch = kernels.forward_kernels(network, dtype), kernels.forward_scratch(network, dtype)
        self.last = f"forward_{len(network.layers) - 1}"
        if head is not None:
            if not isinstance(network.output, Identity):
                raise Untraceable("the output layer learns parameters of its own")
            self.last = "probabilities"
            found[self.last], of_head = kernels.probabilities_kernel(head, dtype, network.sizes[-1], exclusive)
            scratch = max(scratch, of_head)
        self.functions, self.slots = loaded(found, dtype)
        vector_bytes = native.vector_bytes()
        source = product.module(dtype, vector_bytes)
        self.products = native.load("product", lambda: source, source, ["product"], {})
        table = [*[0] * N_SLOTS, *self.functions.values(), *self.products.values()]
        self.table = (ctypes.c_int64 * len(table))(*table)
        self.slots |= {name: N_SLOTS + len(self.functions) + i for i, name in enumerate(self.products)}
        self.runtime = runtime.loaded(dtype)
        self.width = product.panels(dtype, vector_bytes).width
        self.rows = max(LEAST, BLOCK // self._padded(max(network.sizes)))
        self.program = functools.lru_cache(64)(self._program)
        self.scratch_bytes = scratch * self.dtype.itemsize
        self.theta_bytes = network.n_parameters * self.dtype.itemsize
        self.buffer_size = product.buffer_size(dtype, vector_bytes)
        self._check()

    def _check(self) -> None:
        """Raise `Untraceable` if it predicts otherwise than the formulas do."""
        rng = np.random.default_rng(0)
        theta, X = (
            2 * rng.random(shape, self.dtype) - 1
            for shape in (self.network.n_parameters, (N_CHECKED, self.network.sizes[0]))
        )
        for layer in self.network.layers:  # with sums of about 1, however many inputs there are
            theta[layer.W.start : layer.W.stop] /= layer.n_in**0.5
        with np.errstate(all="ignore"):
            z, tape = self.network.forward(np, theta, X)
            expected = [trace.h for trace in tape]
            if self.head is not None:
                expected[-1] = of_row(np, self.head, z, z.shape[-1], self.exclusive)
        for number, right in enumerate(expected, 1):
            if not np.all(np.isfinite(right)):
                raise Untraceable(f"what is compiled cannot be checked, since values of layer {number} are not finite")
            error = np.linalg.norm(self(theta, X, number) - right)
            if not error <= TOLERANCE[self.dtype.name] * np.linalg.norm(right):
                raise Untraceable(f"what is compiled gives layer {number} otherwise than the formulas do")

    def __call__(self, theta: np.ndarray, X: np.ndarray, layer: int) -> np.ndarray:
        """Activations of a layer, counted from 1, or of the last the probabilities; any thread may call it.

        Parameters
        ----------
        theta : ndarray (P,) or (m, P)
        X : ndarray (n, d)

        Returns
        -------
        h : ndarray (n, n_out) or (m, n, n_out)
        """
        if X.strides[1] != X.itemsize or X.strides[0] % X.itemsize:
            X = np.ascontiguousarray(X)
        theta, n = np.ascontiguousarray(theta), len(X)
        out = np.empty((*theta.shape[:-1], n, self.network.sizes[layer]), self.dtype)
        if n == 0:
            return out
        rows = -(-n // -(-n // self.rows))  # of a block; all have about as many
        table = type(self.table).from_buffer_copy(self.table)
        n_workspace = self.program(rows, X.strides[0], layer).workspace_bytes
        memory = _memory(n_workspace + self.scratch_bytes)
        table[op.WORKSPACE], table[op.SCRATCH] = memory.address, memory.address + n_workspace
        of_theta, of_X, of_out, of_table = _address(theta), _address(X), _address(out), ctypes.addressof(table)
        of_rows, out_of_rows = rows * X.strides[0], rows * out.strides[-2]
        for member in range(theta.nbytes // self.theta_bytes):
            table[op.THETA] = of_theta + member * self.theta_bytes
            table[op.X], table[op.OUT] = of_X, of_out + member * n * out.strides[-2]
            for start in range(0, n, rows):
                program = self.program(min(rows, n - start), X.strides[0], layer)
                self.runtime.run(program.address, program.n_operations, of_table, 0, 1, 1)
                table[op.X] += of_rows
                table[op.OUT] += out_of_rows
        if memory.bytes.size <= KEPT:
            _kept.append(memory)
        return out

    def _program(self, n: int, row_bytes: int, layer: int) -> _Program:
        """The operations for a block of n rows."""
        workspace, widest = Workspace(), self._padded(max(self.network.sizes[1:]))
        buffer, z, h = (workspace.matrix(*shape) for shape in ((1, self.buffer_size), (n, widest), (n, widest)))
        rows, layers = (0, n), self.network.layers

        def product_of(number: int) -> list[list[int]]:
            (n_in, n_out), start = layers[number].W.shape, layers[number].W.start
            x, W = h if number else Matrix(op.X, 0, row_bytes // self.dtype.itemsize), Matrix(op.THETA, start, n_out)
            return [self._kernel("product", x, W, buffer, z, rows=rows, columns=(0, n_out), width=n_in)]

        def forward(number: int) -> list[list[int]]:
            dense = layers[number]
            out = h if number < layer - 1 else Matrix(op.OUT, 0, dense.n_out)
            vectors = [Matrix(op.THETA, part.start, 0) for part in (dense.b, *dense.learned.values())]
            name = f"forward_{number}" if number < len(layers) - 1 else self.last
            return [self._kernel(name, z, out, *vectors, rows=rows, columns=(0, dense.n_out))]

        kernels_of = {"product": product_of, "forward": forward}
        operations = op.program([x for name, number in forward_operations(layer) for x in kernels_of[name](number)])
        return _Program(operations, _address(operations), len(operations), workspace.size * self.dtype.itemsize)

    def _kernel(self, name: str, *matrices: Matrix, **given: Any) -> list[int]:
        return op.operation(op.KERNEL, *matrices, function=self.slots[name], **given)

    def _padded(self, n: int) -> int:
        """n columns and as many more as fill a panel."""
        return -(-n // self.width) * self.width


class _Memory(NamedTuple):
    """Bytes for workspace and scratch, and where they lie."""

    bytes: np.ndarray
    address: int


def _memory(size: int) -> _Memory:
    """At least ``size`` bytes for one call alone, which the handler of a signal may interrupt to predict as well."""
    try:
        found = _kept.pop()
    except IndexError:
        found = None
    if found is None or found.bytes.size < size:
        new = empty_aligned(size, np.uint8)
        found = _Memory(new, _address(new))
    return found


class _Program(NamedTuple):
    """Operations, where they lie, and the memory that they work in."""

    operations: np.ndarray
    address: int
    n_operations: int
    workspace_bytes: int


def _address(x: np.ndarray) -> int:
    return int(x.__array_interface__["data"][0])
