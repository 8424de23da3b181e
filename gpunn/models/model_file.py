"""One model, one safetensors file: arrays of each layer, and all else as JSON in its metadata.

No pickle, no class names, no paths. A reader believes nothing: sizes, names, shapes, dtypes and the checksum are
held against what the metadata declares before anything is made of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from gpunn.labels import Labels
from gpunn.nn.network import Network

FORMAT = "gpunn-1"
KEYS = ("manifest", "classes", "features", "target", "names", "history")  # of the metadata, each JSON
LABELS = {"i": int, "u": int, "f": float, "b": bool, "U": str, "O": str}  # kind of dtype: what JSON brings back


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds.

    Parameters
    ----------
    manifest : dict
        As `gpunn.manifest.to_dict` gives it, with the sizes of input and output.
    labels : Labels
    tensors : dict of ndarray
        "1.W", "1.b", "1.slope", ... for each layer, of one float dtype.
    features : dict or None
        As `gpunn.features.Features.to_dict` gives it.
    target : str or None
        Name of the column with the labels.
    names : list of str or None
        ``feature_names_in_``.
    history : dict
        Lists of numbers, and why training ended.
    """

    manifest: dict[str, Any]
    labels: Labels
    tensors: dict[str, np.ndarray]
    features: dict[str, Any] | None
    target: str | None
    names: list[str] | None
    history: dict[str, Any]

    def theta(self, network: Network) -> np.ndarray:
        """The arrays laid out as a network wants them; ValueError where names, shapes or dtypes are others."""
        parts = _parts(network)
        if set(parts) != set(self.tensors):
            names = " and ".join(", ".join(sorted(these)) for these in (self.tensors, parts))
            raise ValueError(f"the arrays are not those of the network declared: {names}.")
        dtypes = {array.dtype for array in self.tensors.values()}
        if len(dtypes) > 1 or dtypes.pop() not in (np.float32, np.float64):
            raise ValueError("the arrays are not all float32, or all float64.")
        for name, part in parts.items():
            array = self.tensors[name]
            if array.shape != part.shape:
                raise ValueError(
                    f"the array {name} has shape {array.shape}, and the network declared has {part.shape}."
                )
            if not np.isfinite(array).all():
                raise ValueError(f"the array {name} holds numbers that are not finite.")
        theta = np.empty(network.n_parameters, self.tensors["1.W"].dtype)
        for name, part in parts.items():
            part.put(np, theta, self.tensors[name])
        return theta


def tensors_of(network: Network, theta: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of each layer by name."""
    return {name: np.ascontiguousarray(part.of(np, theta)) for name, part in _parts(network).items()}


def write(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model file, whole or not at all: to a file beside it, which then takes its name.

    Raises
    ------
    ValueError
        If labels are of a kind that cannot be written.
    OSError
        If the file cannot be written; one that was there is left as it was.
    """
    path = Path(path)
    values = {
        "manifest": model.manifest,
        "classes": _classes(model.labels),
        "features": model.features,
        "target": model.target,
        "names": model.names,
        "history": model.history,
    }
    metadata = {"format": FORMAT, **{key: json.dumps(value) for key, value in values.items()}}
    metadata["sha256"] = _checksum(metadata, model.tensors)
    data = safetensors.numpy.save(model.tensors, metadata=metadata)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def read(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model file.

    Raises
    ------
    ValueError
        If the file is not a whole and sound model file of this format; the message says what is wrong.
    OSError
        If the file cannot be opened.
    """
    path = Path(path)
    open(path, "rb").close()  # missing, a folder or not permitted: the system's own error says so best
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OverflowError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: not a model file, or a damaged one: {error}.") from None
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{path}: not a model file of gpunn: its format is {metadata.get('format')!r}, not {FORMAT!r}."
        )
    if metadata.pop("sha256", None) != _checksum(metadata, tensors):
        raise ValueError(f"{path}: the checksum does not fit: the file was damaged or changed. Train or copy it again.")
    try:
        values = {key: json.loads(metadata[key]) for key in KEYS}
        labels = _labels(values.pop("classes"))
        _check(values)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not a sound model file: {type(error).__name__}: {error}") from None
    return ModelFile(labels=labels, tensors=tensors, **values)


def _parts(network: Network) -> dict[str, Any]:
    return {
        f"{number}.{name}": part
        for number, layer in enumerate(network.layers, 1)
        for name, part in {"W": layer.W, "b": layer.b, **layer.learned}.items()
    }


def _checksum(metadata: dict[str, str], tensors: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(json.dumps(sorted(metadata.items())).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _classes(labels: Labels) -> dict[str, Any]:
    classes = labels.classes
    values = classes.tolist()
    good = classes.dtype.kind in LABELS and all(type(value) is LABELS[classes.dtype.kind] for value in values)
    if not good:
        raise ValueError(
            f"classes of dtype {classes.dtype} cannot be written to a model file; use numbers, bools or text."
        )
    return {"dtype": classes.dtype.str, "values": values, "multilabel": labels.multilabel}


def _labels(form: Any) -> Labels:
    values, dtype = form["values"], np.dtype(form["dtype"])
    good = isinstance(values, list) and len(values) > 1 and (dtype.kind in "UO" or dtype.itemsize <= 8)
    if not good or not all(type(value) is LABELS.get(dtype.kind) for value in values):
        raise ValueError("the classes are not a list of numbers, bools or texts.")
    if values != sorted(set(values)) or not isinstance(form["multilabel"], bool):
        raise ValueError("the classes are not sorted, or one stands twice.")
    # The length of text is that of the longest, whatever the file says.
    return Labels(np.array(values, str if dtype.kind == "U" else dtype), form["multilabel"])


def _check(values: dict[str, Any]) -> None:
    names, history = values["names"], values["history"]
    if not isinstance(values["manifest"], dict) or not isinstance(history, dict):
        raise TypeError("manifest and history must be mappings.")
    if not (values["target"] is None or isinstance(values["target"], str)):
        raise TypeError("target must be a text.")
    if not (names is None or (isinstance(names, list) and all(isinstance(name, str) for name in names))):
        raise TypeError("names must be a list of texts.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a loss of power, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
