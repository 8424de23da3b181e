"""Model files, checkpoints and exports. Files are written whole or not at all, and nothing in them runs when read."""

from gpunn.io.atomic import check_place, naming, whole_file, write_whole
from gpunn.io.checkpoint import Checkpoint, CheckpointWarning
from gpunn.io.checkpoint import add as add_checkpoint
from gpunn.io.checkpoint import entries as checkpoints_in
from gpunn.io.checkpoint import newest as newest_checkpoint
from gpunn.io.lock import locked
from gpunn.io.model_file import ModelFile, read, tensors_of, write
from gpunn.io.sealed_file import sound

__all__ = [
    "Checkpoint",
    "CheckpointWarning",
    "ModelFile",
    "add_checkpoint",
    "check_place",
    "checkpoints_in",
    "locked",
    "naming",
    "newest_checkpoint",
    "read",
    "sound",
    "tensors_of",
    "whole_file",
    "write",
    "write_whole",
]
