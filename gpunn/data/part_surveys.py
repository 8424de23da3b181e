"""The first pass through partitions, each where it lies: surveys of the partitions, and the one they make together.

A partition is surveyed like a source of its own. When the numbers of the rows of all are known, the rows of the sample
are drawn, and each partition gives those that it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpunn.data import survey as surveys
from gpunn.data.shards import Batch, Source
from gpunn.data.survey import Sample, Survey, joined_labels, survey, take

LabelArray = Callable[[Any], np.ndarray]  # labels of a batch as an array (n,), checked


@dataclass(frozen=True)
class PartSurvey:
    """The survey of a partition.

    Attributes
    ----------
    found : Survey or None
        Without its sample; None for a partition without rows.
    row_bytes : float
        Size of a row.
    """

    found: Survey | None
    row_bytes: float = 0.0

    @property
    def n_rows(self) -> int:
        return 0 if self.found is None else self.found.n_rows


def survey_of_part(name: str, batch: Batch, seed: int, label_array: LabelArray) -> PartSurvey:
    """Survey of a partition; ``name`` names it in messages, and for the rest see `gpunn.data.survey.survey`."""
    if not len(batch.X):
        return PartSurvey(None)
    found = survey(Source(name, (lambda columns: iter([batch]),)), seed, label_array)
    return PartSurvey(found.without_sample(), found.sample.X.nbytes / len(found.numbers))


def sample_places(parts: Sequence[PartSurvey], rng: np.random.Generator) -> list[np.ndarray]:
    """Places in each partition, sorted, of the rows of a random sample of all rows."""
    ends = np.cumsum([part.n_rows for part in parts])
    n_rows, n_bytes = int(ends[-1]), sum(part.row_bytes * part.n_rows for part in parts)
    size = min(surveys.SAMPLE, n_rows, max(1, int(n_rows * surveys.SAMPLE_BYTES / max(n_bytes, 1.0))))
    rows = np.arange(n_rows) if size == n_rows else np.sort(rng.choice(n_rows, size, replace=False))
    starts = ends - [part.n_rows for part in parts]
    return [own - start for own, start in zip(np.split(rows, np.searchsorted(rows, ends[:-1])), starts, strict=True)]


def rows_at(batch: Batch, places: np.ndarray, label_array: LabelArray) -> Batch | None:
    """The rows of a partition at some places; None for a partition without rows."""
    return take(batch._replace(y=label_array(batch.y)), places) if len(batch.X) else None


def merged(
    name: str, parts: Sequence[PartSurvey], places: Sequence[np.ndarray], rows: Sequence[Batch | None]
) -> Survey:
    """The survey of all partitions.

    Parameters
    ----------
    name : str
    parts : sequence of PartSurvey
    places : sequence of ndarray
        `sample_places`.
    rows : sequence of (Batch or None)
        The rows there.

    Raises
    ------
    ValueError
        If there are no rows, or partitions do not have the same columns, types or kinds of labels.
    """
    found = [part.found for part in parts if part.found is not None]
    if not found:
        raise ValueError(f"{name}: there are no rows. Give at least one.")
    sample = Sample(name)
    for batch in rows:
        if batch is not None:
            sample.add(batch, np.random.default_rng(0))
    labels = found[0].classes
    for other in found[1:]:
        labels = np.unique(joined_labels(name, [labels, other.classes]))
    counts: dict[Any, int] = dict.fromkeys(labels.tolist(), 0)
    for one in found:
        for label, count in zip(one.classes.tolist(), one.counts.tolist(), strict=True):
            counts[label] += count
    joined, kept = sample.rows()
    starts = np.cumsum([0, *(part.n_rows for part in parts)])
    numbers = np.concatenate([start + own for start, own in zip(starts[:-1], places, strict=True)])
    checksums = [_checksum(part.found) for part in parts]
    return Survey(
        n_rows=int(starts[-1]),
        shard_rows=tuple(part.n_rows for part in parts),
        checksums=tuple(checksums),
        found=labels,
        codes=np.arange(len(labels)),
        classes=labels,
        counts=np.array([*counts.values()]),
        sample=joined,
        numbers=numbers[kept],
    )


def _checksum(found: Survey | None) -> int:
    """Checksum of the labels of a partition, whatever their codes in it."""
    if found is None:
        return 0
    facts = repr((found.checksums, found.found.tolist(), found.codes.tolist()))
    return int.from_bytes(hashlib.sha256(facts.encode()).digest()[:8], "big")
