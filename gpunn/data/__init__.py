"""Tables in files: CSV, Parquet, standard input; read whole or in batches, with the types that their text tells."""

from __future__ import annotations

try:
    import pyarrow  # noqa: F401 - only to tell, in our words, where it is not there
except ModuleNotFoundError as error:
    if error.name != "pyarrow":
        raise
    raise ModuleNotFoundError(
        "tables in files are read by pyarrow, which is not installed. Run pip install pyarrow.", name="pyarrow"
    ) from None
from gpunn.data.tables import read_table, split_target

__all__ = ["read_table", "split_target"]
