"""An epoch of a source in blocks of encoded rows, which a thread reads ahead.

In an epoch that is shuffled, shards come in a random order, and `MIXED` of them are read in turns, batch by batch. A
block takes as many rows as `BLOCK_BYTES` allow, and training shuffles them. A step may thus have rows that are far
apart in the source, but only those of the `MIXED` shards or so that its block is made of.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextvars import Context
from typing import Any, NamedTuple, TypeVar

import numpy as np
import sklearn

from gpunn.data.shards import Batch, Columns, Source
from gpunn.data.survey import Checksum, Survey

BLOCK_BYTES = 2**25  # of X, T and weights
MIXED = 4
PATIENCE = 0.1  # seconds after which a thread looks whether it is still needed
LEAVE = 30.0  # seconds after which a thread that is still in somebody else's code is left to itself


T = TypeVar("T")


class Encoded(NamedTuple):
    """Rows as the network takes them: X (n, d), T (n, k), weight (n,) or None."""

    X: np.ndarray
    T: np.ndarray
    weight: np.ndarray | None

    def rows(self, index: Any) -> Encoded:
        """Some of the rows."""
        return Encoded(self.X[index], self.T[index], None if self.weight is None else self.weight[index])

    def empty(self, n: int) -> Encoded:
        """Arrays for n rows like these."""
        weight = None if self.weight is None else np.empty(n, self.weight.dtype)
        X, T = (np.empty((n, part.shape[1]), part.dtype) for part in (self.X, self.T))
        return Encoded(X, T, weight)


Encode = Callable[[Batch], Encoded]  # of a batch whose labels are places among the distinct ones


def blocks(
    source: Source,
    survey: Survey,
    columns: Columns,
    places: Callable[[Batch], np.ndarray],
    encode: Encode,
    block_rows: int,
    shards: Sequence[int],
    is_mixed: bool,
    left_out: np.ndarray,
    context: Context,
) -> Generator[Encoded, None, None]:
    """The rows of shards; all blocks but the last have ``block_rows`` rows.

    Parameters
    ----------
    columns : sequence of Column or None
        Columns of tables.
    places : callable
        Place of each label of a batch among the distinct ones of the survey.
    shards : sequence of int
        Numbers of the shards, in the order in which they are read.
    is_mixed : bool
        True to read `MIXED` of them in turns.
    left_out : ndarray (v,)
        Numbers of rows that are not trained on, sorted.
    context : Context
        In which the thread that reads works.

    Raises
    ------
    ValueError
        If the rows are not those of the first pass by their number and labels, or what ``encode`` raises.
    """
    over = threading.Event()
    size = max(1, block_rows // MIXED) if is_mixed else None
    found = (_shard(source, survey, columns, places, i, size) for i in shards)
    batches = itertools.takewhile(lambda _: not over.is_set(), _in_turns(found, MIXED if is_mixed else 1))
    return read_ahead(_in_blocks(_encoded(source.name, batches, encode, left_out), block_rows), over, context)


def divided(n_rows: Sequence[int], n_ranks: int, order: Sequence[int], limit: float) -> list[list[int]]:
    """Shards of each rank, in an order: one after the other goes to the rank with the fewest rows.

    They go from the largest to the smallest if a rank would have more rows than the limit otherwise.

    Parameters
    ----------
    n_rows : sequence of int
        Rows of each shard.
    order : sequence of int
        Numbers of all shards.
    limit : float
    """
    for taken in (order, sorted(order, key=lambda i: -n_rows[i])):
        found: list[list[int]] = [[] for _ in range(n_ranks)]
        totals = [0] * n_ranks
        for i in taken:
            rank = totals.index(min(totals))
            found[rank].append(i)
            totals[rank] += n_rows[i]
        if max(totals) <= limit:
            break
    place = {shard: at for at, shard in enumerate(order)}
    return [sorted(shards, key=place.__getitem__) for shards in found]


def _shard(
    source: Source,
    survey: Survey,
    columns: Columns,
    places: Callable[[Batch], np.ndarray],
    i: int,
    size: int | None,
) -> Generator[tuple[int, Batch], None, None]:
    """The batches of a shard, of ``size`` rows at most, each with the number of its first row."""
    start = sum(survey.shard_rows[:i])
    end, checksum = start + survey.shard_rows[i], Checksum()
    for batch in source.shards[i](columns):
        found = places(batch)
        checksum.add(survey.codes[found])
        n = len(found)
        if start + n > end:
            break
        step = size or max(1, n)
        for first in range(0, n, step):
            yield start + first, _rows(batch._replace(y=found), first, step)
        start += n
    if start != end or checksum.value != survey.checksums[i]:
        raise ValueError(
            f"{source.name}: the rows differ from those of the first pass ({survey.n_rows:,} rows): their number, "
            "labels or order changed. Files must not change during training, and an iterable must give the same "
            "batches each time."
        )


def _rows(batch: Batch, first: int, n: int) -> Batch:
    """At most n rows of a batch."""
    rows = slice(first, first + n)
    X = batch.X[rows] if isinstance(batch.X, np.ndarray) else batch.X.slice(first, n)
    return Batch(X, batch.y[rows], None if batch.weight is None else batch.weight[rows])


def _encoded(
    name: str, batches: Iterator[tuple[int, Batch]], encode: Encode, left_out: np.ndarray
) -> Iterator[Encoded]:
    """The rows of batches that are not left out, encoded."""
    for start, batch in batches:
        try:
            encoded = encode(batch)
        except ValueError as error:
            first, last = start + 1, start + len(batch.y)
            raise ValueError(f"{name}, rows {first:,} to {last:,}, counted from the first of them: {error}") from None
        first, last = np.searchsorted(left_out, (start, start + len(encoded.X)))
        if first < last:
            keep = np.ones(len(encoded.X), bool)
            keep[left_out[first:last] - start] = False
            encoded = encoded.rows(keep)
        yield encoded


def _in_turns(generators: Iterator[Generator[T, None, None]], n: int) -> Generator[T, None, None]:
    """Items of n generators in turns; one that ends is replaced by the next."""
    turns = collections.deque(itertools.islice(generators, n))
    try:
        while turns:
            item = next(turns[0], None)
            if item is None:
                turns.popleft()
                turns.extend(itertools.islice(generators, 1))
                continue
            turns.rotate(-1)
            yield item
    finally:  # a traceback may refer to them, and keep files open
        for generator in turns:
            generator.close()


def _in_blocks(parts: Iterable[Encoded], n_rows: int) -> Generator[Encoded, None, None]:
    """Blocks of ``n_rows`` rows, the last of which may have fewer."""
    block: Encoded | None = None
    filled = 0
    for part in parts:
        start = 0
        while start < len(part.X):
            if block is None:
                block, filled = part.empty(n_rows), 0
            n = min(n_rows - filled, len(part.X) - start)
            for whole, some in zip(block, part, strict=True):
                if whole is not None and some is not None:
                    whole[filled : filled + n] = some[start : start + n]
            start, filled = start + n, filled + n
            if filled == n_rows:
                yield block
                block = None
    if block is not None:
        yield block.rows(slice(filled))


def read_ahead(
    items: Generator[Encoded, None, None], over: threading.Event, context: Context
) -> Generator[Encoded, None, None]:
    """The same items, the next of which a thread prepares while one is used.

    ``over`` is set when no more of them are wanted.
    """
    found: queue.Queue[tuple[Encoded | None, BaseException | None]] = queue.Queue(1)
    config = sklearn.get_config()  # which a thread has for itself

    def put(item: Encoded | None, error: BaseException | None) -> None:
        while not over.is_set():
            try:
                found.put((item, error), timeout=PATIENCE)
                return
            except queue.Full:
                pass

    def work() -> None:
        try:
            with sklearn.config_context(**config), contextlib.closing(items):
                for item in items:
                    put(item, None)
                    if over.is_set():
                        return
            put(None, None)
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=context.run, args=(work,), name="gpunn-reader", daemon=True)
    thread.start()
    try:
        while True:
            item, error = found.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        over.set()
        thread.join(LEAVE)
