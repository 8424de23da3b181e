"""Tables in files: CSV, Parquet, standard input; read whole or in batches, with the types that their text tells."""

from __future__ import annotations

from gpunn.data.tables import read_table, split_target

__all__ = ["read_table", "split_target"]
