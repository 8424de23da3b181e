"""Progress of reading files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gpunn.data.shards import Batch, Columns, Shard, Source


@dataclass
class Reading:
    """Progress of reading the rows of files.

    Attributes
    ----------
    n_rows : int
        Rows of the files; 0 before the first pass.
    tell : callable
        Called with the number of rows of each batch, in the thread that reads them.
    """

    n_rows: int = 0
    tell: Callable[[int], None] = lambda n: None

    def source(self, source: Source) -> Source:
        """Return the source; ``tell`` is called after each batch."""

        def told(shard: Shard) -> Shard:
            def batches(columns: Columns) -> Iterator[Batch]:
                for batch in shard(columns):
                    yield batch
                    self.tell(len(batch.y))

            return batches

        return replace(source, shards=tuple(map(told, source.shards)))
