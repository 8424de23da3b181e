"""Digests of the data of a fit, by which a fit that goes on from a checkpoint knows that it has the same data."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from gpunn.data.labels import Labels
from gpunn.devices import Device, quota
from gpunn.model.fitted import Classifier
from gpunn.training.data import Rows, SparseRows

CHUNK = 2**22  # bytes that a core hashes at a time; it is part of the digest
DTYPE = "the dtype of X"  # on which that of targets and weights depends, and so their digests
VALIDATION = "X_val, y_val or sample_weight_val"  # of what is digested


def digests(device: Device, clf: Classifier, labels: Labels, rows: Rows, validation: Rows | None) -> dict[str, str]:
    """Digests of all data that a fit depends on, by what they are of.

    Parameters
    ----------
    clf : MLPClassifier
        Classifier that has learned the columns.
    rows : Rows
        Training rows.
    validation : Rows, optional
        Validation rows; where they are a part of the rows given, the index of ``rows`` says which.
    """
    features, names = getattr(clf, "features_", None), getattr(clf, "feature_names_in_", None)
    columns = [None if features is None else features.to_dict(), None if names is None else list(names)]
    classes = [labels.classes.dtype.str, repr(labels.classes.tolist()), labels.multilabel]
    found = {
        DTYPE: str(rows.X.dtype),
        "X": _digest(device, rows.X),
        "the names or kinds of its columns": _digest(device, json.dumps(columns)),
        "y": _digest(device, json.dumps(classes), rows.T),
        "sample_weight": _digest(device, rows.weight),
        "the split into rows to train and to validate on": _digest(device, rows.index),
    }
    if validation is not None:
        found[VALIDATION] = _digest(device, validation.X, validation.T, validation.weight)
    return found


def _digest(device: Device, *parts: Any) -> str:
    """SHA-256 of texts, None and arrays: of these dtype, shape, order in memory and `_chunk_digests`."""
    found = hashlib.sha256()

    def add(array: np.ndarray) -> None:
        # A product of a matrix that lies by columns may have other bits.
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        found.update(f"{array.dtype.str} {array.shape} {order} ".encode())
        found.update(_chunk_digests(array.T if order == "F" else array))

    for part in parts:
        if part is None or isinstance(part, str):
            found.update(f"{part!r} ".encode())
        elif isinstance(part, SparseRows):
            for array in (part.matrix.data, part.matrix.indices, part.matrix.indptr):
                add(array)
            found.update(f"{part.shape} ".encode())
        else:
            add(np.asarray(device.to_host(part)))
    return found.hexdigest()


def _chunk_digests(array: np.ndarray) -> bytes:
    """SHA-256 of each chunk of rows of an array, one after the other, whatever the number of cores that share them.

    Processors that have instructions for it compute SHA-256 faster than BLAKE2b.
    """
    n = max(1, CHUNK // max(1, array[:1].nbytes)) if array.ndim else 1
    starts = range(0, len(array) if array.ndim else 0, n)

    def digest(start: int) -> bytes:
        return hashlib.sha256(np.ascontiguousarray(array[start : start + n]).view(np.uint8).data).digest()

    if len(starts) < 2:
        return b"".join(map(digest, starts))
    with ThreadPoolExecutor(min(len(starts), quota.usable())) as pool:
        return b"".join(pool.map(digest, starts))
