"""Checkpoints: a training in progress as one sealed file each, in a folder that holds the last few and the best.

The arrays of the state, and all else as JSON in the metadata, in a file like that of a model (`sealed_file`): bounded,
with a checksum, and nothing in it can run. It is written whole or not at all. Whether the arrays are those of a given
training is for `gpunn.training.resumption` to say.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpunn._version import __version__
from gpunn.caller import warn
from gpunn.io import atomic, sealed_file
from gpunn.io.sealed_file import MAX_VALUES, FormatError, Layout, sound, unpack
from gpunn.shown import brief, show

LAYOUT = Layout(
    "checkpoint",
    "gpunn-checkpoint-1",
    keys={
        "version": 10,
        "manifest": 300_000,
        "features": 800_000,
        "settings": 1000,
        "data": 100,
        "values": MAX_VALUES,
        "same": 60_000,
    },
    remedies={"": "Train for fewer epochs, or on fewer columns or categories."},
    damaged="",
)
NAME = re.compile(r"checkpoint-(\d{6,15})\.gpunn")
VERSION = re.compile(r"[\w.+!-]{1,40}", re.ASCII)
KEPT = 2  # the last ones

# Of arrays that a safetensors file has no form for here: numbers (), empty arrays, integers and strings.
DTYPES = {name: np.dtype(name) for name in ("<f4", "<f8", "<i4", "<i8", "<u4", "|b1")}


class CheckpointWarning(UserWarning):
    """A checkpoint could not be written, or a damaged one was passed over."""


@dataclass(frozen=True)
class Checkpoint:
    """Contents of a checkpoint.

    Parameters
    ----------
    arrays : dict of ndarray
        As `gpunn.training.resumption.resumable` gives them, and those that monitors keep.
    manifest : dict
        As `gpunn.manifest.to_dict` gives it.
    features : dict or None
        As `gpunn.features.Features.to_dict` gives it, where these were given as a parameter.
    settings : dict
        Settings of the fit: seed, and the parameters that have no place in a manifest.
    data : dict of str
        Digests of the data that it trains on, by what they are of.
    version : str
        Version of gpunn that wrote it.
    path : path
        Path of the file that it was read from; "" for a new one. It is not written.
    """

    arrays: dict[str, np.ndarray]
    manifest: dict[str, Any]
    features: dict[str, Any] | None
    settings: dict[str, Any]
    data: dict[str, str]
    version: str = __version__
    path: str | os.PathLike[str] = ""


def write(path: str | os.PathLike[str], checkpoint: Checkpoint) -> atomic.PartialFile:
    """Write a checkpoint to a file beside this one, which takes its place when it is committed.

    Raises
    ------
    ValueError
        If it is more than a reader takes.
    OSError
        As `gpunn.io.atomic.whole_file` does.
    """
    tensors = {name: array for name, array in checkpoint.arrays.items() if _is_tensor(array)}
    others = {name: _form(array) for name, array in checkpoint.arrays.items() if name not in tensors}
    same = _same(tensors)
    tensors = {name: array for name, array in tensors.items() if name not in same}
    values = {
        "version": checkpoint.version,
        "manifest": checkpoint.manifest,
        "features": checkpoint.features,
        "settings": checkpoint.settings,
        "data": checkpoint.data,
        "values": others,
        "same": same,
    }
    part = atomic.begin(path)
    with part.filled() as file:
        sealed_file.write(file, LAYOUT, tensors, values)
    return part


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    FormatError
        If the file has another format; the message names both, and the version that wrote it.
    ValueError
        If the file is not a whole and sound checkpoint; the message names it and says what is wrong.
    OSError
        If the file cannot be opened.
    """
    with sound(path):
        if os.path.isdir(path):
            raise ValueError("it is a folder, not a checkpoint. Remove or rename it.")
        tensors, values = unpack(LAYOUT, path)
        if not isinstance(values["version"], str) or not VERSION.fullmatch(values["version"]):
            raise ValueError(f"version is {show(values['version'])}, and must be one like {__version__}.")
        for key, value in values.items():
            if key != "version" and not isinstance(value, dict) and not (key == "features" and value is None):
                raise ValueError(f"{key} must be a mapping.")
        if not all(isinstance(digest, str) for digest in values["data"].values()):
            raise ValueError("data must hold texts.")
        others = {name: _array(name, form) for name, form in values.pop("values").items()}
        same = values.pop("same")
        if not all(isinstance(other, str) and other in tensors for other in same.values()):
            raise ValueError("same must name arrays that there are.")
        if twice := (set(others) & set(tensors)) | (set(same) & (set(others) | set(tensors))):
            raise ValueError(f"the array {brief(min(twice))} stands twice.")
        repeated = {name: tensors[other] for name, other in same.items()}
    return Checkpoint(arrays=tensors | others | repeated, **values, path=path)


def entries(folder: str | os.PathLike[str]) -> dict[int, Path]:
    """The checkpoints in a folder by the number of their epoch or iteration, the first one first; {} without folder."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found = {int(match[1]): Path(folder, match[0]) for match in map(NAME.fullmatch, names) if match}
    return dict(sorted(found.items()))


def newest(folder: str | os.PathLike[str]) -> tuple[Path, Checkpoint]:
    """The newest checkpoint of a folder that is sound, and its path; a warning names those that were passed over.

    Raises
    ------
    FileNotFoundError
        If there is none in the folder, or no folder.
    NotADirectoryError
        If it is a file.
    FormatError
        If the newest that is whole has another format.
    ValueError
        If all are damaged.
    OSError
        If one cannot be opened. One that the disk fails to read (EIO) is damaged.
    """
    if os.path.isfile(folder):
        raise NotADirectoryError(f"{os.fspath(folder)} is a file. Name the folder that was given as checkpoint.")
    damaged = []
    for path in reversed(entries(folder).values()):
        try:
            found = read(path)
        except FormatError:
            raise
        except OSError as error:
            if error.errno != errno.EIO:  # the file may be sound, and the user can let it be read
                raise
            damaged.append(f"{path}: the disk fails to read it.")
            continue
        except ValueError as error:
            damaged.append(str(error))
            continue
        for message in damaged:
            warn(f"{message} It was passed over, and training goes on from {path}.", CheckpointWarning)
        return path, found
    if damaged:
        raise ValueError(
            f"{os.fspath(folder)}: all its checkpoints are damaged. Restore copies of them, or train again in another "
            f"folder. {damaged[0]}"
        )
    what = "there is no checkpoint in this folder" if os.path.isdir(folder) else "there is no such folder"
    raise FileNotFoundError(f"{os.fspath(folder)}: {what}. Name the folder that was given as checkpoint.")


def add(folder: str | os.PathLike[str], number: int, checkpoint: Checkpoint, best: int | None) -> Callable[[], None]:
    """Write a checkpoint of an epoch or iteration to a temporary file.

    Parameters
    ----------
    best : int or None
        Number of the one that is best.

    Returns
    -------
    callable
        Puts the checkpoint in its place, and removes those before it but for the last and the best one. It must be
        called once, in any thread; it waits for the disk and takes hardly any CPU time. It raises an OSError as
        `gpunn.io.atomic.whole_file` does; none is removed then.

    Raises
    ------
    ValueError, OSError
        As `write` does.
    """
    part = write(Path(folder, f"checkpoint-{number:06}.gpunn"), checkpoint)

    def commit() -> None:
        part.commit()
        earlier = [other for other in entries(folder) if other < number]
        for other in earlier[: len(earlier) - KEPT + 1]:
            if other != best:
                with contextlib.suppress(OSError):  # one more than wanted harms nobody
                    os.unlink(Path(folder, f"checkpoint-{other:06}.gpunn"))

    return commit


def _same(tensors: dict[str, np.ndarray]) -> dict[str, str]:
    """The arrays that have the bits of an earlier one, which need not be written again, and the name of that.

    theta is where the next epoch starts from, and the best theta is the first one until there is a score.
    """
    found: dict[str, str] = {}
    seen: dict[tuple[Any, ...], list[str]] = {}
    for name, array in tensors.items():
        bits = array.view(f"u{array.itemsize}")
        alike = seen.setdefault((array.dtype, array.shape, bits[:16].tobytes()), [])
        twin = next(
            (
                other
                for other in alike
                if tensors[other] is array or np.array_equal(bits, tensors[other].view(bits.dtype))
            ),
            None,
        )
        if twin is None:
            alike.append(name)
        else:
            found[name] = twin
    return found


def _is_tensor(array: np.ndarray) -> bool:
    return array.dtype.char in "fd" and array.ndim in (1, 2) and array.size > 0


def _form(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON: dtype, shape and values."""
    kind = array.dtype.newbyteorder("<").str
    return {"dtype": "str" if "U" in kind else kind, "shape": [*array.shape], "values": array.ravel().tolist()}


def _array(name: str, form: Any) -> np.ndarray:
    """The inverse of `_form`; ValueError for anything else."""
    if not isinstance(form, dict) or set(form) != {"dtype", "shape", "values"}:
        raise ValueError(f"the array {brief(name)} must have a dtype, a shape and values.")
    dtype, shape, values = form["dtype"], form["shape"], form["values"]
    if not isinstance(dtype, str) or (dtype != "str" and dtype not in DTYPES):
        raise ValueError(f"the array {brief(name)} has dtype {show(dtype)}, which none here has.")
    good = isinstance(shape, list) and len(shape) <= 2 and all(type(n) is int and 0 <= n < 2**31 for n in shape)
    if not good or not isinstance(values, list) or len(values) != math.prod(shape):
        raise ValueError(f"the array {brief(name)} has shape {show(shape)}, which its values do not fill.")
    if dtype == "str":
        if shape or not isinstance(values[0], str):
            raise ValueError(f"the array {brief(name)} is not a string.")
        return np.asarray(values[0])
    wanted: Any = {"f": float, "i": int, "u": int, "b": bool}[DTYPES[dtype].kind]
    if not all(type(value) is wanted for value in values):
        raise ValueError(f"the array {brief(name)} has values that are not of dtype {dtype}.")
    try:
        with np.errstate(over="ignore"):  # found below
            array = np.array(values, DTYPES[dtype])
    except OverflowError:
        array = np.array([], DTYPES[dtype])
    if [*map(repr, array.tolist())] != [*map(repr, values)]:  # NaN is not equal to itself
        raise ValueError(f"the array {brief(name)} has values that are not of dtype {dtype}.")
    return array.reshape(shape).astype(array.dtype.newbyteorder("="), copy=False)
