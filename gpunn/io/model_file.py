"""One model, one file: arrays of each layer, and all else as JSON in its metadata.

No pickle, no class names, no paths. A reader believes nothing: the bounds of `sealed_file` come first, and sizes,
names, shapes and dtypes are held against what the metadata declares before anything is made of them.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpunn.data.labels import Labels
from gpunn.io.atomic import write_whole
from gpunn.io.sealed_file import MAX_ARRAYS, MAX_VALUES, Layout, pack, sound, unpack
from gpunn.nn.network import Network
from gpunn.shown import brief, show

LAYOUT = Layout(
    "model file",
    "gpunn-1",
    keys={
        **dict.fromkeys(("manifest", "classes"), 300_000),
        "features": 800_000,
        **dict.fromkeys(("target", "names"), 300_000),
        "history": MAX_VALUES,
    },
    remedies={
        "": "Train on fewer columns, categories or classes, or shorten history_.",
        "history": "Shorten history_.",
    },
    damaged="Copy it again, or train again.",
)
MAX_CLASS_BYTES = 2**26  # where the longest class sets the length of all
DTYPE = re.compile(r"\|[iu]1|\|b1|\|O|[<>](?:[iu][248]|f[248]|U\d{1,9})")  # of classes
LABELS = {"i": int, "u": int, "f": float, "b": bool, "U": str, "O": str}  # kind of dtype: what JSON brings back


@dataclass(frozen=True)
class ModelFile:
    """Contents of a model file.

    Parameters
    ----------
    manifest : dict
        As `gpunn.manifest.to_dict` gives it, with the sizes of input and output.
    labels : Labels
    tensors : dict of ndarray
        "1.W", "1.b", "1.slope", ... for each layer and "1.embedding", ... for each embedded column, of one float dtype;
        of several members "1/1.W" and so on, with the number of the member first.
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

    def check_layers(self, n_layers: int) -> None:
        """ValueError where the network declared has more layers than arrays, before anything is made of it."""
        if n_layers > len(self.tensors):
            raise ValueError(f"the network declared has {n_layers:,} layers for {len(self.tensors):,} arrays.")

    def theta(self, network: Network, n_members: int = 1) -> np.ndarray:
        """The arrays laid out as a network wants them, (P,) or (n_members, P).

        ValueError where names, shapes or dtypes are others.
        """
        if n_members * (len(network.layers) + len(network.tables) + 1) > MAX_ARRAYS:
            raise ValueError(f"the network declared has {n_members:,} members for {len(self.tensors):,} arrays.")
        by_member = [_parts(network, prefix) for prefix in _prefixes(n_members)]
        parts = {name: part for of_one in by_member for name, part in of_one.items()}
        if set(parts) != set(self.tensors):
            name = min(set(parts) ^ set(self.tensors))
            what = "is missing" if name in parts else "belongs to no layer of it"
            raise ValueError(f"the arrays are not those of the network declared: {brief(name)} {what}.")
        if len({array.dtype for array in self.tensors.values()}) > 1:
            raise ValueError("the arrays are not all float32, or all float64.")
        for name, part in parts.items():
            array = self.tensors[name]
            if array.shape != part.shape:
                raise ValueError(
                    f"the array {name} has shape {array.shape}, and the network declared has {part.shape}."
                )
            if not np.isfinite(array).all():
                raise ValueError(f"the array {name} holds numbers that are not finite.")
        n_columns = network.n_columns
        if self.features is None and self.names is not None and len(self.names) != n_columns:
            raise ValueError(f"{len(self.names)} names of features are given for {n_columns} inputs.")
        dtype = next(iter(self.tensors.values())).dtype.newbyteorder("=")
        theta = np.empty((n_members, network.n_parameters), dtype)
        for of_one, own in zip(by_member, theta, strict=True):
            for name, part in of_one.items():
                part.put(np, own, self.tensors[name])
        return theta[0] if n_members == 1 else theta


def tensors_of(network: Network, theta: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of each layer and the tables by name, of theta (P,), or of (m, P) those of each member."""
    members = [theta] if theta.ndim == 1 else list(theta)
    return {
        name: np.ascontiguousarray(part.of(np, own))
        for prefix, own in zip(_prefixes(len(members)), members, strict=True)
        for name, part in _parts(network, prefix).items()
    }


def write(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model file, whole or not at all: to a file beside it, which then takes its name.

    Equal models give equal files, byte for byte.

    Raises
    ------
    ValueError
        If labels are of a kind that cannot be written, or the model is more than a reader takes.
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
    write_whole(path, *pack(LAYOUT, model.tensors, values))


def read(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model file.

    Raises
    ------
    ValueError
        If the file is not a whole and sound model file of this format; the message says what is wrong.
    OSError
        If the file cannot be opened.
    """
    with sound(path):
        tensors, values = unpack(LAYOUT, path)
        labels = _labels(values.pop("classes"))
        _check(values)
    return ModelFile(labels=labels, tensors=tensors, **values)


def _prefixes(n_members: int) -> list[str]:
    """Prefix of the names of the arrays of each member."""
    return [""] if n_members == 1 else [f"{i}/" for i in range(1, n_members + 1)]


def _parts(network: Network, prefix: str = "") -> dict[str, Any]:
    of_layers = {
        f"{prefix}{number}.{name}": part
        for number, layer in enumerate(network.layers, 1)
        for name, part in {"W": layer.W, "b": layer.b, **layer.learned}.items()
    }
    tables = {f"{prefix}{number}.embedding": table for number, table in enumerate(network.tables, 1)}
    return of_layers | tables


def _classes(labels: Labels) -> dict[str, Any]:
    classes = labels.classes
    kind = LABELS.get(classes.dtype.kind)
    # In an object array text may be of NumPy's own type.
    values = [str(value) if isinstance(value, str) else value for value in classes.tolist()]
    if not all(type(value) is kind for value in values):
        raise ValueError(
            f"classes of dtype {classes.dtype} cannot be written to a model file; use numbers, bools or text."
        )
    if classes.nbytes > MAX_CLASS_BYTES:
        raise ValueError(
            f"the classes take {classes.nbytes:,} bytes, and a model file has room for {MAX_CLASS_BYTES:,}."
        )
    return {"dtype": classes.dtype.str, "values": values, "multilabel": labels.multilabel}


def _labels(form: Any) -> Labels:
    if not isinstance(form, dict) or set(form) != {"dtype", "values", "multilabel"}:
        raise ValueError("classes must have a dtype, values and multilabel.")
    values, multilabel = form["values"], form["multilabel"]
    if not isinstance(form["dtype"], str) or not isinstance(values, list) or not isinstance(multilabel, bool):
        raise ValueError("dtype must be a string, values a list, and multilabel true or false.")
    if not DTYPE.fullmatch(form["dtype"]):
        raise ValueError(f"classes, key 'dtype': {show(form['dtype'])} is not that of numbers, bools or text.")
    # The length of text is that of the longest, whatever the file says.
    dtype = np.dtype(str if "U" in form["dtype"] else form["dtype"])
    kind = LABELS[dtype.kind]
    if len(values) < 2 or not all(type(value) is kind for value in values):
        raise ValueError("the classes are not a list of two or more numbers, bools or texts of the dtype declared.")
    if kind is float and not all(map(math.isfinite, values)):
        raise ValueError("a class is not a finite number.")
    if values != sorted(set(values)):
        raise ValueError("the classes are not sorted, or one stands twice.")
    if dtype.kind == "U" and 4 * len(values) * max(map(len, values)) > MAX_CLASS_BYTES:
        raise ValueError(
            f"the classes are texts of up to {max(map(len, values)):,} letters: too long for their number."
        )
    try:
        with np.errstate(over="ignore"):  # found below
            classes = np.array(values, dtype)
    except OverflowError:
        classes = np.array([], dtype)
    if classes.tolist() != values:
        raise ValueError(f"the classes are not values of dtype {dtype}.")
    if multilabel and values != list(range(len(values))):
        raise ValueError("the classes of a multilabel problem are not the numbers of its columns.")
    return Labels(classes, multilabel)


def _check(values: dict[str, Any]) -> None:
    names, history = values["names"], values["history"]
    if not isinstance(values["manifest"], dict) or not isinstance(history, dict):
        raise ValueError("manifest and history must be mappings.")
    if not (values["target"] is None or isinstance(values["target"], str)):
        raise ValueError("target must be a string.")
    if not (names is None or (isinstance(names, list) and all(isinstance(name, str) for name in names))):
        raise ValueError("names must be a list of texts.")
