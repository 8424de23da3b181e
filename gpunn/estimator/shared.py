"""The first stage of a fit on partitions that lie on the workers of a Dask cluster.

It runs on one of the workers, with the task that leads the training. The partitions are surveyed where they lie; the
leading task gets a random sample of their rows, from which it learns the columns, as from that of a stream. Then the
partitions are encoded into shares, one for each thread of the workers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gpunn.config import build
from gpunn.data import part_surveys
from gpunn.data.part_surveys import PartSurvey
from gpunn.data.shards import Batch, Source
from gpunn.data.survey import Survey, Surveyed
from gpunn.devices import Device
from gpunn.devices.workers import Watch, Workers, n_threads, wait_for
from gpunn.estimator.prepare import Extra, Prepared, draw_seed
from gpunn.estimator.prepare_stream import prepare_stream
from gpunn.estimator.stream import Stream, label_array
from gpunn.io import Checkpoint
from gpunn.model.fitted import Classifier
from gpunn.model.validation import InputSchema
from gpunn.training.data import Rows
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch
from gpunn.training.shares import LocalSGD, Share, SharedFullBatch, own_settings, share_parts

NAME = "X"  # in messages
LABELS, N_SHARES = "the labels of each partition", "the number of Dask tasks that share the rows"
DRAWN = 8  # stream of random numbers


@dataclass(frozen=True)
class Partitions:
    """Partitions on the workers, as the task that leads a training sees them.

    Attributes
    ----------
    client : distributed.Client
    address : str
        Address of the worker that leads the training.
    parts : sequence of distributed.Future
        Futures of `Batch`.
    watch : Watch
    task : str
        Key of the leading task, which names the training.
    """

    client: Any
    address: str
    parts: Sequence[Any]
    watch: Watch
    task: str


@dataclass(frozen=True)
class SharedRows:
    """Shares of the rows on the workers, in the place of `gpunn.estimator.stream.Stream`.

    Attributes
    ----------
    workers : Workers
    name : str
        Name of the training.
    share_rows : tuple of int
        Rows of each share that are trained on.
    local_steps : int
    labels_digest : str
        Digest of the labels of each partition.
    """

    workers: Workers
    name: str
    share_rows: tuple[int, ...]
    local_steps: int
    labels_digest: str

    @property
    def n_rows(self) -> int:
        """Rows of an epoch."""
        return sum(self.share_rows)

    @property
    def digests(self) -> dict[str, str]:
        """Digest of the labels of each partition, and the number of shares, by what they are."""
        return {LABELS: self.labels_digest, N_SHARES: str(len(self.share_rows))}

    def algorithm(self, algorithm: Minibatch | FullBatch) -> LocalSGD | SharedFullBatch:
        """Training on these rows, with the settings of one on rows in memory."""
        if isinstance(algorithm, FullBatch):
            settings = own_settings(algorithm, FullBatch)
            return SharedFullBatch(**settings, workers=self.workers, name=self.name, n_rows=self.n_rows)
        return LocalSGD(
            **own_settings(algorithm, Minibatch),
            workers=self.workers,
            name=self.name,
            share_rows=self.share_rows,
            local_steps=self.local_steps,
        )


def n_shares(saved: Checkpoint) -> int | None:
    """Number of shares of the training that wrote a checkpoint; None if it had none."""
    found = saved.data.get(N_SHARES, "")
    return int(found) if re.fullmatch("[1-9][0-9]{0,6}", found) else None


def prepare_shared(
    clf: Classifier,
    device: Device,
    rows: Partitions,
    extra: Extra,
    *,
    reset: bool,
    seed: int | None = None,
    n_shares: int | None = None,
) -> Prepared:
    """Survey and encode the partitions, and prepare to train on them.

    Parameters
    ----------
    clf, device, extra, reset, seed
        As for `prepare_stream`, as are the errors.
    rows : Partitions
    n_shares : int, optional
        By default there is one for each thread of the workers.
    """
    seed = draw_seed(clf) if seed is None else seed
    found = _surveyed(rows, seed)
    task = prepare_stream(clf, device, Surveyed(Source(NAME, ()), found), extra, reset=reset, seed=seed, is_shared=True)
    stream = task.stream
    assert isinstance(stream, Stream)
    trained = stream.shard_rows
    note = task.note
    if n_shares is None:
        n_shares = sum(rows.watch.wait(lambda: n_threads(rows.client)).values())
        if n_shares > np.count_nonzero(trained):
            note += f" Some of the {n_shares} threads of the workers have no rows: X has too few partitions."
    own = share_parts(trained, n_shares)
    shares = _encoded(rows, stream, own)
    (digest,) = stream.digests.values()
    workers = Workers(rows.client, rows.address, shares, rows.watch)
    share_rows = tuple(sum(trained[i] for i in parts) for parts in own)
    return replace(task, note=note, stream=SharedRows(workers, rows.task, share_rows, clf.local_steps, digest))


def _surveyed(rows: Partitions, seed: int) -> Survey:
    """The first pass, on the workers."""

    def of_all(function: Callable[..., Any], *arguments: Sequence[Any]) -> list[Any]:
        calls = [rows.client.submit(function, *own, pure=False) for own in zip(*arguments, strict=True)]
        found: list[Any] = rows.watch.wait(lambda: rows.client.gather(calls, direct=True))
        return found

    n, checked = len(rows.parts), [label_array] * len(rows.parts)
    names, seeds = [f"{NAME}, partition {i}" for i in range(n)], [[seed, i] for i in range(n)]
    parts: list[PartSurvey] = of_all(part_surveys.survey_of_part, names, rows.parts, seeds, checked)
    places = part_surveys.sample_places(parts, np.random.default_rng([seed, build.SPLIT, DRAWN]))
    batches: list[Batch | None] = of_all(part_surveys.rows_at, rows.parts, places, checked)
    return part_surveys.merged(NAME, parts, places, batches)


def _encoded(rows: Partitions, stream: Stream, shares: Sequence[Sequence[int]]) -> list[Any]:
    """The shares as futures, on the workers that hold most of their partitions."""
    client, watch = rows.client, rows.watch
    starts = np.cumsum([0, *stream.found.shard_rows])
    given = stream.given
    some = slice(0, 1)
    weight = None if given.weight is None else given.weight[some]
    # The calls hold it, as what is scattered may be lost with a worker: not the sample, nor weights of a warm start.
    bare = type(stream.clf)(**{**stream.clf.get_params(deep=False), "callback": None})
    bare.__dict__.update(InputSchema.of(stream.clf).attributes())
    light = replace(stream, clf=bare, given=given._replace(X=given.X[some], y=given.y[some], weight=weight))

    def encode() -> list[Any]:
        futures = []
        for own, worker in zip(shares, _places(rows, shares), strict=True):
            parts, first_rows = [rows.parts[i] for i in own], [int(starts[i]) for i in own]
            placed = {"workers": [worker], "allow_other_workers": True, "pure": False}
            futures.append(client.submit(encoded_share, light, parts, first_rows, **placed))
        wait_for(futures)
        return futures

    futures: list[Any] = watch.wait(encode)
    return futures


def _places(rows: Partitions, shares: Sequence[Sequence[int]]) -> list[str]:
    """Address of a worker for each share: no worker gets more than its threads, if there are enough."""
    slots = n_threads(rows.client)
    holders = rows.client.who_has(list(rows.parts))
    found = []
    for own in shares:
        free = {address: n for address, n in slots.items() if n > 0} or n_threads(rows.client)
        held = dict.fromkeys(free, 0)  # partitions of this share
        for i in own:
            for address in holders.get(rows.parts[i].key, ()):
                if address in held:
                    held[address] += 1
        best = max(held, key=lambda address: (held[address], free[address]))
        slots[best] = slots.get(best, 0) - 1
        found.append(best)
    return found


def encoded_share(stream: Stream, batches: Sequence[Batch], first_rows: Sequence[int]) -> Share:
    """A share of the rows, encoded, on the worker that will hold it.

    Parameters
    ----------
    stream : Stream
    batches : sequence of Batch
        Its partitions.
    first_rows : sequence of int
        Number of the first row of each among all rows.
    """
    encode = stream.encoder()
    parts = []
    for batch, first in zip(batches, first_rows, strict=True):
        encoded = encode(batch._replace(y=stream.places(batch)))
        held_out = stream.left_out[np.searchsorted(stream.left_out, [first])[0] :] - first
        kept = np.setdiff1d(np.arange(len(batch.X)), held_out)
        parts.append(encoded if len(kept) == len(batch.X) else encoded.rows(kept))
    X, T, weight = (None if arrays[0] is None else np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Share(Rows(X, T, weight, exclusive=not stream.labels.multilabel))
