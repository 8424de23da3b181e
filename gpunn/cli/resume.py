"""gpunn resume: the training of a folder of checkpoints goes on, and ends as its gpunn train would have."""

from __future__ import annotations

import argparse
import sys

from gpunn.cli.command_file import read_command
from gpunn.cli.train import ranks_of, train


def resume(options: argparse.Namespace) -> int:
    with ranks_of(options).training():
        command = read_command(options.folder)
        command.ranks = options.ranks
        command.checkpoint, command.resumes = options.folder, True
        command.quiet = command.quiet or options.quiet
        command.live = command.live and sys.stderr.isatty() and not options.quiet
        return train(command)
