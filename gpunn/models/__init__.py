"""Model files: everything that prediction needs, in one file that runs nothing when it is read."""

from gpunn.models.model_file import ModelFile, read, tensors_of, write

__all__ = ["ModelFile", "read", "tensors_of", "write"]
