"""Tables to matrices: files, columns, categories, missing values, scaling."""

from gpunn.features.encoder import Features
from gpunn.features.tables import read_table, split_target

__all__ = ["Features", "read_table", "split_target"]
