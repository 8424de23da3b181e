"""Model files: everything that prediction needs, in one file that runs nothing when it is read."""

from gpunn.models.checkpoint import Checkpoint, CheckpointWarning
from gpunn.models.checkpoint import add as add_checkpoint
from gpunn.models.checkpoint import entries as checkpoints_in
from gpunn.models.checkpoint import newest as newest_checkpoint
from gpunn.models.model_file import ModelFile, read, sound, tensors_of, write
from gpunn.models.whole_file import check_place, naming, whole_file, write_whole

__all__ = [
    "Checkpoint",
    "CheckpointWarning",
    "ModelFile",
    "add_checkpoint",
    "check_place",
    "checkpoints_in",
    "naming",
    "newest_checkpoint",
    "read",
    "sound",
    "tensors_of",
    "whole_file",
    "write",
    "write_whole",
]
