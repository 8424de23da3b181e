"""One model, one safetensors file: arrays of each layer, and all else as JSON in its metadata.

No pickle, no class names, no paths. A reader believes nothing: nothing is parsed before the checksum of the whole
file fits, and sizes, names, shapes and dtypes are held against what the metadata declares before anything is made
of them: a checksum tells of damage, not of malice.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from gpunn.labels import Labels
from gpunn.models.whole_file import write_whole
from gpunn.nn.network import Network

FORMAT = "gpunn-1"
KEYS = ("manifest", "classes", "features", "target", "names", "history")  # of the metadata, each JSON
UNSEALED = b'"sha256":"' + b"0" * 64 + b'"'  # quotes within the metadata are escaped: this can stand only once
SEAL = re.compile(rb'"sha256":"([0-9a-f]{64})"')
MAX_HEADER = 100_000_000  # as safetensors has it
MAX_DEPTH = 20  # of lists and mappings in the metadata
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
            name = min(set(parts) ^ set(self.tensors))
            what = "is missing" if name in parts else "belongs to no layer of it"
            raise ValueError(f"the arrays are not those of the network declared: {name[:80]} {what}.")
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
        n_in = network.sizes[0]
        if self.features is None and self.names is not None and len(self.names) != n_in:
            raise ValueError(f"{len(self.names)} names of features are given for {n_in} inputs.")
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
        As `write_whole` does.
    """
    values = {
        "manifest": model.manifest,
        "classes": _classes(model.labels),
        "features": model.features,
        "target": model.target,
        "names": model.names,
        "history": model.history,
    }
    metadata = {"format": FORMAT, "sha256": "0" * 64, **{key: json.dumps(value) for key, value in values.items()}}
    data = safetensors.numpy.save(model.tensors, metadata=metadata)
    seal = UNSEALED.replace(b"0" * 64, hashlib.sha256(data).hexdigest().encode())
    write_whole(path, data.replace(UNSEALED, seal, 1))


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
    _check_seal(path)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            if metadata.get("format") != FORMAT:
                found = str(metadata.get("format"))[:80]
                raise ValueError(
                    f"{path}: a model file of format {found!r}, and this version of gpunn reads {FORMAT!r}. Read it "
                    "with the version that wrote it, or train again."
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OverflowError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: not a sound model file: {error}.") from None
    try:
        values = {key: json.loads(metadata[key]) for key in KEYS}
        for value in values.values():
            _check_depth(value)
        labels = _labels(values.pop("classes"))
        _check(values)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path}: not a sound model file: {type(error).__name__}: {error}") from None
    return ModelFile(labels=labels, tensors=tensors, **values)


def _check_seal(path: Path) -> None:
    """ValueError unless the checksum in the header is that of the whole file, taken with zeros in its own place."""
    with open(path, "rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        header = file.read(length) if length <= MAX_HEADER else b""
        seal = SEAL.search(header)
        if seal is None:
            raise ValueError(f"{path}: not a model file of gpunn, or the head of one that was damaged.")
        digest = hashlib.sha256(start + header[: seal.start()] + UNSEALED + header[seal.end() :])
        while chunk := file.read(2**20):
            digest.update(chunk)
    if seal[1].decode() != digest.hexdigest():
        raise ValueError(
            f"{path}: the checksum does not fit: the file was damaged, cut off or changed. Copy it or train again."
        )


def _parts(network: Network) -> dict[str, Any]:
    return {
        f"{number}.{name}": part
        for number, layer in enumerate(network.layers, 1)
        for name, part in {"W": layer.W, "b": layer.b, **layer.learned}.items()
    }


def _classes(labels: Labels) -> dict[str, Any]:
    classes = labels.classes
    kind = LABELS.get(classes.dtype.kind)
    # In an object array text may be of NumPy's own type.
    values = [str(value) if isinstance(value, str) else value for value in classes.tolist()]
    if not all(type(value) is kind for value in values):
        raise ValueError(
            f"classes of dtype {classes.dtype} cannot be written to a model file; use numbers, bools or text."
        )
    return {"dtype": classes.dtype.str, "values": values, "multilabel": labels.multilabel}


def _labels(form: Any) -> Labels:
    if not isinstance(form, dict) or set(form) != {"dtype", "values", "multilabel"}:
        raise ValueError("classes must have a dtype, values and multilabel.")
    values, multilabel = form["values"], form["multilabel"]
    if not isinstance(form["dtype"], str) or not isinstance(values, list) or not isinstance(multilabel, bool):
        raise ValueError("dtype must be a text, values a list, and multilabel true or false.")
    dtype = np.dtype(form["dtype"])
    kind = LABELS.get(dtype.kind)
    if len(values) < 2 or not all(type(value) is kind for value in values):
        raise ValueError("the classes are not a list of two or more numbers, bools or texts of the dtype declared.")
    if kind is float and not all(map(math.isfinite, values)):
        raise ValueError("a class is not a finite number.")
    if values != sorted(set(values)):
        raise ValueError("the classes are not sorted, or one stands twice.")
    # The length of text is that of the longest, whatever the file says.
    with np.errstate(over="ignore"):  # found below
        classes = np.array(values, str if dtype.kind == "U" else dtype)
    if classes.tolist() != values:
        raise ValueError(f"the classes are not numbers of dtype {dtype}.")
    if multilabel and values != list(range(len(values))):
        raise ValueError("the classes of a multilabel problem are not the numbers of its columns.")
    return Labels(classes, multilabel)


def _check(values: dict[str, Any]) -> None:
    names, history = values["names"], values["history"]
    if not isinstance(values["manifest"], dict) or not isinstance(history, dict):
        raise TypeError("manifest and history must be mappings.")
    if not (values["target"] is None or isinstance(values["target"], str)):
        raise TypeError("target must be a text.")
    if not (names is None or (isinstance(names, list) and all(isinstance(name, str) for name in names))):
        raise TypeError("names must be a list of texts.")


def _check_depth(value: Any) -> None:
    """Deep nesting would exhaust the stack of whoever reads or shows it later."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [list(v.values()) if isinstance(v, dict) else v for v in level if isinstance(v, (dict, list))]
        level = [v for part in inner for v in part]
    if level:
        raise ValueError(f"lists and mappings nest more than {MAX_DEPTH} deep.")
