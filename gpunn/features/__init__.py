"""Tables to matrices: files and frames, columns, categories, missing values, scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpunn.features.encoder import Features
    from gpunn.features.tables import read_table, split_target

__all__ = ["Features", "read_table", "split_target"]


def __getattr__(name: str) -> Any:
    # All of these need pyarrow, which whoever gives arrays does without: `frames` is imported for them too.
    if name == "Features":
        from gpunn.features.encoder import Features

        return Features
    if name in __all__:
        from gpunn.features import tables

        return getattr(tables, name)
    raise AttributeError(f"module 'gpunn.features' has no attribute {name!r}")
