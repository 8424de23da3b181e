"""Rows on a device, and what a network makes of them, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gpunn.devices import Device
from gpunn.devices.memory import ran_out
from gpunn.nn.network import Network, by_columns
from gpunn.nn.objective import Objective
from gpunn.typing import Array, Namespace

Batch = tuple[Array, Array, Array | None]  # X (..., n, d) in the dtype of theta, T (..., n, k), weight (..., n)
Predict = Callable[[Array, Array, int], Array]  # (theta (..., P), X (n, d), layer) -> its activations (..., n, n_out)


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A sparse matrix (n, d) whose rows become dense, and come to the device, when they are asked for.

    Parameters
    ----------
    device : Device
    matrix : scipy.sparse matrix or array (n, d) in CSR format
    """

    device: Device
    matrix: Any

    @property
    def shape(self) -> tuple[int, int]:
        return self.matrix.shape

    @property
    def dtype(self) -> Any:
        return self.matrix.dtype

    @property
    def ndim(self) -> int:
        return 2

    def __getitem__(self, key: Any) -> Array:
        rows = key[-2] if isinstance(key, tuple) else key
        if isinstance(rows, slice):
            return self.device.asarray(self.matrix[rows].toarray())
        index = self.device.to_host(rows)
        return self.device.asarray(self.matrix[index.ravel()].toarray().reshape(*index.shape, self.shape[1]))


@dataclass(frozen=True)
class Rows:
    """Inputs X (n, d), targets T (n, k) and optional weights (n,), all on one device.

    X may have any numeric dtype, and be sparse; each batch is converted to that of theta when it is formed.
    ``exclusive`` says that T is one-of-N, so that the largest output is the prediction, or a single output the second
    of two classes; else each output is a yes or no. ``index`` (r,) names the rows that are trained on, where these are
    not all, so that they need no copy. ``of_members`` (m, n) names the rows of each member, where members have rows of
    their own; what looks at the rows as a whole looks at all of them.
    """

    X: Array
    T: Array
    weight: Array | None = None
    exclusive: bool = True
    index: Array | None = None
    of_members: Array | None = None

    def __len__(self) -> int:
        return self.X.shape[-2] if self.index is None else self.index.shape[0]

    @property
    def n_trained(self) -> int:
        """Rows of an epoch: those of a member where members have rows of their own."""
        return len(self) if self.of_members is None else self.of_members.shape[-1]

    def together(self, xp: Namespace) -> Rows:
        """The rows that are trained on as arrays of their own, dense."""
        if self.index is not None:
            return self.take(xp, self.index)
        return replace(self, X=self.X[:, :]) if isinstance(self.X, SparseRows) else self

    def part(self, part: slice) -> Rows:
        """Consecutive rows of all rows, which are trained on, without a copy."""
        weight = None if self.weight is None else self.weight[..., part]
        return replace(self, X=self.X[..., part, :], T=self.T[..., part, :], weight=weight)

    def take(self, xp: Namespace, index: Array) -> Rows:
        """The rows of an index array (..., n), copied."""
        weight = None if self.weight is None else taken(xp, self.weight, index)
        return Rows(taken(xp, self.X, index), taken(xp, self.T, index), weight, self.exclusive)

    def batch(self, xp: Namespace, index: Array, dtype: Any) -> Batch:
        """The rows of an index array."""
        taken = self.take(xp, index)
        return xp.astype(taken.X, dtype, copy=False), taken.T, taken.weight

    def slice(self, xp: Namespace, part: slice, dtype: Any) -> Batch:
        """Consecutive rows, without a copy where the dtype is right."""
        weight = None if self.weight is None else self.weight[..., part]
        return xp.astype(self.X[..., part, :], dtype, copy=False), self.T[..., part, :], weight

    def batches(
        self, xp: Namespace, order: Array | None, size: int, dtype: Any, elements: int
    ) -> Generator[Batch, None, None]:
        """Batches of ``size`` rows in the order of an index array (..., n), or consecutive rows if it is None.

        Rows are gathered for several batches at once, up to ``elements`` numbers of X.
        """
        n = len(self) if order is None else order.shape[-1]
        n_members = 1 if order is None or order.ndim == 1 else order.shape[0]
        gathered = max(1, elements // (n_members * size * self.X.shape[1])) * size
        for start in range(0, n, gathered):
            part = slice(start, min(start + gathered, n))
            X, T, weight = self.slice(xp, part, dtype) if order is None else self.batch(xp, order[..., part], dtype)
            for i in range(0, X.shape[-2], size):
                batch = slice(i, min(i + size, X.shape[-2]))
                yield X[..., batch, :], T[..., batch, :], None if weight is None else weight[..., batch]


def taken(xp: Namespace, array: Any, index: Array) -> Array:
    """The rows of an array or of sparse rows, (n, ...), that an index array (..., r) names: (..., r, ...)."""
    if isinstance(array, SparseRows):
        return array[index]
    found = xp.take(array, xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(found, (*index.shape, *array.shape[1:]))


def spaced(n: int, most: int) -> np.ndarray:
    """Numbers of at most ``most`` of n rows, evenly spaced: rows may lie sorted by class."""
    m = min(n, most)
    return np.arange(m) * n // m


def chunks(network: Network, n_rows: int, elements: int, n_workers: int = 1) -> Iterator[slice]:
    """Slices that cover ``n_rows`` rows, each with at most ``elements`` numbers in the widest layer; at least one.

    Where there are several, they are of nearly equal size, and all that are worked on at once end at the same time.
    """
    most = max(1, elements // max(network.sizes))
    turns = -(-n_rows // (most * n_workers)) if n_rows > most else 0
    step = -(-n_rows // (turns * n_workers)) if turns else most
    return (slice(i, min(i + step, n_rows)) for i in range(0, max(n_rows, 1), step))


def logits(
    device: Device,
    network: Network,
    theta: Array,
    X: Array,
    then: Callable[..., Array] | None = None,
    *others: Array,
    compiled: Predict | None = None,
) -> Array:
    """Logits (..., n, k) of rows X (n, d), without dropout, in chunks; X may still be on the host.

    Parameters
    ----------
    then : callable, optional
        Function of the logits of each chunk: (xp, z, *others (n, ...)) -> array (..., n, c), of any c.
    compiled : callable, optional
        Compiled prediction of the network, in the place of arrays.
    """

    def made(xp: Namespace, rows: Array, *others: Array) -> Array:
        if compiled is None:
            z = network.logits(xp, theta, rows, block_rows(device, network))
        else:
            z = by_columns(xp, compiled(theta, rows, len(network.layers)))
        return z if then is None else then(xp, z, *others)

    return by_chunks(device, network, theta, X, made, *others)


def _threads_that_pay(device: Device, network: Network, n_rows: int) -> int:
    """The number of threads worth starting for ``n_rows`` rows; 0 if there are few."""
    return n_rows * max(network.sizes) // device.block_elements


def _one_a_thread(device: Device, network: Network, n_rows: Sequence[int]) -> bool:
    """True if sets of rows take no longer with a thread for each than one after the other with all threads.

    Each is then a single chunk, after which an interrupt is looked at.
    """
    most, n_workers = max(n_rows), device.n_workers()
    n_threads = max(1, min(n_workers, _threads_that_pay(device, network, most)))
    return (
        _threads_that_pay(device, network, sum(n_rows)) > 1
        and most * max(network.sizes) <= device.chunk_elements
        and -(-len(n_rows) // n_workers) * n_threads <= len(n_rows)
    )


def block_rows(device: Device, network: Network) -> int:
    """The rows of a block, as in `Network.hidden`."""
    return max(1, device.block_elements // max(network.sizes))


def by_chunks(
    device: Device, network: Network, theta: Array, X: Array, function: Callable[..., Array], *others: Array
) -> Array:
    """A function of rows, (xp, X (n, d) in the dtype of theta, *others (n, ...)) -> array (..., n, c), chunk by chunk.

    Each chunk has products with one thread, however many others predict at the same time. Where memory runs out, chunks
    are halved, and later ones on this device are no larger.

    Raises
    ------
    DeviceMemoryError
        If there is not enough memory for a chunk of one row.
    """
    xp = device.xp

    def compute(part: slice) -> Array:
        return function(xp, device.asarray(X[part, :], theta.dtype), *(array[part, :] for array in others))

    n, width = X.shape[0], max(network.sizes)
    pays = _threads_that_pay(device, network, n)
    n_workers = min(device.n_workers(), pays) if pays > 1 else 1
    parts = list(chunks(network, n, min(device.chunk_elements, -(-n // n_workers) * width), n_workers))
    alone, most = len(parts) == 1, max(part.stop - part.start for part in parts)
    with device.single_threaded_blas(n * network.row_product):
        try:
            found = compute(parts[0]) if alone else None
        except MemoryError:
            found = None  # below, it is tried in parts
        whole = found is not None
        if found is None:
            found = compute(slice(0, 0))  # of no rows, it tells shape and dtype
    out = xp.empty((*found.shape[:-2], X.shape[0], found.shape[-1]), dtype=found.dtype, device=found.device)
    if whole:
        out[...] = found  # which may lie by columns in memory
        return out

    def put(part: slice) -> None:
        nonlocal most
        start = part.start
        while start < part.stop:
            some = slice(start, min(start + most, part.stop))
            try:
                out[..., some, :] = compute(some)
                start = some.stop
            except MemoryError as error:
                if some.stop - start == 1:
                    raise ran_out(device.name, error, "one row at a time") from error
                most = min(most, -(-(some.stop - start) // 2))
                device.chunk_elements = min(device.chunk_elements, most * width)

    device.each(put, parts)
    return out


class _Chosen:
    """Rows of X (n, d) that an index array (..., r) names, taken when they are asked for."""

    def __init__(self, xp: Namespace, X: Array, index: Array) -> None:
        self.xp, self.X, self.index, self.shape = xp, X, index, (*index.shape, X.shape[1])

    def __getitem__(self, key: tuple[Any, ...]) -> Array:
        return taken(self.xp, self.X, self.index[..., key[-2]])


def chosen(xp: Namespace, rows: Rows) -> Rows:
    """The rows that are trained on as if there were no others; those of X are taken, chunk by chunk, when asked for."""
    if rows.index is None:
        return rows
    weight = None if rows.weight is None else taken(xp, rows.weight, rows.index)
    return Rows(_Chosen(xp, rows.X, rows.index), taken(xp, rows.T, rows.index), weight, rows.exclusive)


def lazy_batch(xp: Namespace, rows: Rows, order: Array | None, part: slice) -> Rows:
    """A batch of `Rows.batches` whose rows of X are taken when they are asked for."""
    index = xp.arange(part.start, part.stop, device=rows.T.device) if order is None else order[..., part]
    return chosen(xp, replace(rows, index=index))


def mean_over_rows(xp: Namespace, values: Array, weight: Array | None) -> Array:
    """Mean () of values (..., n) over the weighted rows and all members; 0 for rows that all weigh nothing."""
    if weight is None:
        return xp.mean(values)
    total = xp.sum(weight)
    return xp.mean(xp.sum(weight / xp.where(total > 0, total, 1) * values, axis=-1))


def evaluate(
    device: Device, objective: Objective, theta: Array, rows: Rows, compiled: Predict | None = None
) -> tuple[float, float]:
    """Mean cost, without penalties, and accuracy of the weighted rows that are trained on; of members, the means.

    ``compiled`` is as in `logits`.
    """
    xp, network, head, rows = device.xp, objective.network, objective.head, chosen(device.xp, rows)

    def cost_and_hits(xp: Namespace, z: Array, T: Array) -> Array:
        cost = head.cost(xp, z, T)
        right = hits(xp, head.decision(xp, z), T, rows.exclusive)
        return xp.stack([cost, xp.astype(right, cost.dtype)], axis=-1)

    found = logits(device, network, theta, rows.X, cost_and_hits, rows.T, compiled=compiled)
    mean_cost, accuracy = device.floats(*(mean_over_rows(xp, found[..., i], rows.weight) for i in range(2)))
    return mean_cost, accuracy


def evaluate_members(
    device: Device,
    objective: Objective,
    theta: Array,
    rows: Rows | tuple[Rows, ...],
    compiled: Predict | None = None,
) -> tuple[float, float]:
    """`evaluate`, where ``rows`` may be those of each member of theta (m, P): then the mean over all of them."""
    if isinstance(rows, Rows):
        return evaluate(device, objective, theta, rows, compiled)
    found = [(0.0, 0.0)] * len(rows)

    def evaluate_one(i: int) -> None:
        found[i] = evaluate(device, objective, theta[i, ...], rows[i], compiled)

    if _one_a_thread(device, objective.network, [len(own) for own in rows]):
        device.each(evaluate_one, range(len(rows)))
    else:
        for i in range(len(rows)):
            evaluate_one(i)
    weights = [total_weight(device, own) for own in rows]
    cost, accuracy = (np.average(values, weights=weights) for values in zip(*found, strict=True))
    return float(cost), float(accuracy)


def total_weight(device: Device, rows: Rows) -> float:
    """Sum of the weights of the rows that are trained on, 1 each where they have none."""
    weight = chosen(device.xp, rows).weight
    return float(len(rows)) if weight is None else float(device.floats(device.xp.sum(weight))[0])


def accuracy_of_constant(device: Device, rows: Rows) -> float:
    """Accuracy, like that of `evaluate`, of what gives each row the most frequent class, or label by label."""
    xp, rows = device.xp, chosen(device.xp, rows)
    weighted = rows.T if rows.weight is None else rows.T * (rows.weight / xp.mean(rows.weight))[:, None]
    scores = xp.zeros_like(rows.T) + (xp.mean(weighted, axis=0) - 0.5)
    right = xp.astype(hits(xp, scores, rows.T, rows.exclusive), rows.T.dtype)
    return float(device.floats(mean_over_rows(xp, right, rows.weight))[0])


def hits(xp: Namespace, scores: Array, T: Array, exclusive: bool) -> Array:
    """Rows (..., n) whose scores (..., n, k), as a head's ``decision`` gives them, are right in all labels."""
    if exclusive and T.shape[-1] > 1:  # a single output answers yes or no between two classes
        return xp.argmax(scores, axis=-1) == xp.argmax(T, axis=-1)
    return xp.all((scores > 0) == (T > 0.5), axis=-1)
