"""The command of a training beside its checkpoints, so that `gpunn resume` can go on with it: a line of text."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gpunn import io, manifest
from gpunn.cli.parser import parser
from gpunn.estimator import MLPClassifier
from gpunn.regular_file import open_regular

NAME = "command.txt"
LOCK = "command"
MAX_BYTES = 2**20


def check_unused(folder: str) -> None:
    """FileExistsError for a folder with checkpoints."""
    if io.checkpoints_in(folder):
        raise FileExistsError(
            f"--checkpoint: {folder} has the checkpoints of another training. Continue that one by gpunn resume, "
            "remove them, or name another folder."
        )


@contextlib.contextmanager
def new_command(folder: str, how: str) -> Iterator[None]:
    """The command line of a training is written to its folder, which is made; no other command uses it within."""
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:
        raise FileExistsError(f"--checkpoint: {folder} is a file; give the name of a folder.") from None
    with io.locked(folder, LOCK):
        check_unused(folder)
        io.write_whole(Path(folder, NAME), f"{how}\n".encode())
        yield


@contextlib.contextmanager
def resumed_command(folder: str, clf: MLPClassifier) -> Iterator[tuple[int, float]]:
    """The epochs or iterations that a training has done, and the seconds; no other command uses its folder within.

    Raises
    ------
    ValueError
        If the parameters of its command are no longer those of its checkpoints: a manifest was changed.
    """
    with io.locked(folder, LOCK):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", io.CheckpointWarning)  # given when it is resumed
            path, saved = io.newest_checkpoint(folder)
        if saved.manifest != manifest.to_dict(clf):
            raise ValueError(
                f"{path}: the command has not the parameters of this training: its manifest or {NAME} was changed. "
                "Restore it, or train again in another folder."
            )
        with io.sound(path):  # a forged one may have anything there
            seconds = [*map(float, saved.arrays.get("history.seconds", np.zeros(0)).ravel())]
        yield len(seconds), max(seconds, default=0.0)


def read_command(folder: str) -> argparse.Namespace:
    """The options of the command in a folder.

    Raises
    ------
    FileNotFoundError
        If there is none.
    NotADirectoryError
        If it is a file.
    ValueError
        If it is not a command line of gpunn train.
    """
    path = Path(folder, NAME)
    if os.path.isfile(folder):
        raise NotADirectoryError(f"{folder} is a file. Name the folder that was given to gpunn train --checkpoint.")
    if not path.exists():
        what = f"there is no {NAME} in this folder" if os.path.isdir(folder) else "there is no such folder"
        raise FileNotFoundError(
            f"{folder}: {what}. Name that of gpunn train --checkpoint; a fit in Python is resumed by "
            "MLPClassifier.resume."
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
    options = parser().parse_args(words[1:])
    options.how = shlex.join(words)
    return options
