"""The command of a training beside its checkpoints, so that `gpunn resume` can go on with it: a line of text."""

from __future__ import annotations

import argparse
import os
import shlex
import warnings
from pathlib import Path
from typing import Any

from gpunn import io, manifest
from gpunn.cli.parser import parser
from gpunn.estimator import MLPClassifier
from gpunn.regular_file import open_regular

NAME = "command.txt"
MAX_BYTES = 2**20


def write_command(folder: str, how: str) -> None:
    """Write the command line of a training to its folder, which is made."""
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:
        raise FileExistsError(f"--checkpoint: {folder} is a file; give the name of a folder.") from None
    io.write_whole(Path(folder, NAME), f"{how}\n".encode())


def read_command(folder: str) -> argparse.Namespace:
    """The options of the command in a folder.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is not a command line of gpunn train.
    """
    path = Path(folder, NAME)
    if not path.exists():
        raise FileNotFoundError(
            f"{folder}: there is no {NAME} in this folder. Name that of gpunn train --checkpoint; a fit in Python "
            "is resumed by MLPClassifier.resume."
        )
    with io.sound(path):
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
        words: list[str] = []
        if len(data) <= MAX_BYTES:
            try:
                words = shlex.split(data.decode())
            except ValueError:  # no UTF-8, or a quote that does not end
                words = []
        if words[:2] != ["gpunn", "train"]:
            raise ValueError("it is not the command line of a gpunn train.")
    options: Any = parser().parse_args(words[1:])
    options.how = shlex.join(words)
    return options


def check_parameters(folder: str, clf: MLPClassifier) -> None:
    """ValueError where the parameters of a command are no longer those of its checkpoints: a manifest was changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", io.CheckpointWarning)  # given when it is resumed
        path, saved = io.newest_checkpoint(folder)
    if saved.manifest != manifest.to_dict(clf):
        raise ValueError(
            f"{path}: the command has not the parameters of this training: its manifest or {NAME} was changed. "
            "Restore it, or train again in another folder."
        )
