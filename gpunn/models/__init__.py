"""Model files: everything that prediction needs, in one file that runs nothing when it is read."""

from gpunn.models.model_file import ModelFile, read, sound, tensors_of, write
from gpunn.models.whole_file import check_place, naming, whole_file, write_whole

__all__ = ["ModelFile", "check_place", "naming", "read", "sound", "tensors_of", "whole_file", "write", "write_whole"]
