"""Checkpoints of a fit: what is written after an epoch or iteration, and the estimator that goes on from it.

A checkpoint holds the state of the training, the parameters and digests of the data, not the data: these are given
again, and a fit on other data is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gpunn import io, manifest
from gpunn._version import __version__
from gpunn.config import registry
from gpunn.config.checks import check_parameters
from gpunn.data.labels import Labels
from gpunn.devices import Device
from gpunn.estimator.deferred import interrupts_deferred
from gpunn.estimator.monitor import LayerMonitor
from gpunn.io import Checkpoint, CheckpointWarning
from gpunn.model.fitted import Classifier
from gpunn.nn.network import Network
from gpunn.optim.directions import Direction
from gpunn.optim.first_order import FirstOrder
from gpunn.shown import show
from gpunn.training.data import Rows, SparseRows
from gpunn.training.layers import LAYERS, Recorder
from gpunn.training.state import TrainingState

CHUNK = 2**24  # bytes of rows that are hashed at once
LOCK = "fit"
VALIDATION = "X_val, y_val or sample_weight_val"  # of what is digested
SETTINGS = {"seed", "record", "verbose", "checkpoint_every"}
COPYING = 0.05  # share of the time that copies of the state for the event of an interrupt may take


class DataDifferError(ValueError):
    """The data are not those of the fit that is to be resumed.

    Parameters
    ----------
    differ : list of str
        What differs, by the names of `digests`.
    """

    def __init__(self, differ: list[str]) -> None:
        self.differ = differ
        super().__init__(
            f"the data are not those of the fit that is to be resumed: {', '.join(differ)} differ. Give what was given "
            "to fit, in the same order and dtype."
        )


def check_folder(clf: Classifier) -> None:
    """FileExistsError where the folder holds checkpoints already, ValueError for parameters that have no form there."""
    if clf.checkpoint is None:
        return
    found = io.checkpoints_in(clf.checkpoint)
    if found:
        raise FileExistsError(
            f"checkpoint={os.fspath(clf.checkpoint)!r} is a folder with checkpoints of another fit, {len(found)} of "
            "them. Go on with that one by MLPClassifier.resume (gpunn resume), remove them, or name another folder. "
            "A search or cross-validation makes many fits: use checkpoint=None there."
        )
    manifest.to_dict(clf)


@contextlib.contextmanager
def new_folder(clf: Classifier) -> Iterator[None]:
    """The folder of a new fit is made, and within it no other fit writes to it.

    Raises
    ------
    OSError
        If it cannot be made or written to, or another fit writes to it or did so meanwhile.
    """
    assert clf.checkpoint is not None  # checked by the caller
    folder = Path(clf.checkpoint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileExistsError(f"checkpoint={os.fspath(folder)!r} is a file; give the name of a folder.") from None
    with io.locked(folder, LOCK):
        check_folder(clf)
        yield


def locked(folder: str | os.PathLike[str]) -> contextlib.AbstractContextManager[None]:
    """No other fit writes to a folder within; of one that does not exist, `opened` says so.

    Raises
    ------
    ValueError
        If ``folder`` is no name of a folder.
    BlockingIOError
        If another fit writes to it.
    """
    if not isinstance(folder, (str, os.PathLike)) or not os.fspath(folder):
        raise ValueError(f"folder={show(folder)} is not allowed; give the name of the folder with the checkpoints.")
    return io.locked(folder, LOCK) if os.path.isdir(folder) else contextlib.nullcontext()


def opened(kind: Any, folder: str | os.PathLike[str]) -> tuple[Any, Checkpoint]:
    """An estimator with the parameters of the newest sound checkpoint in a folder, and that checkpoint.

    Parameters
    ----------
    kind : type
        Class of the estimator.
    """
    path, saved = io.newest_checkpoint(folder)
    with io.sound(path):
        parameters = manifest.from_dict(saved.manifest).parameters
        settings = saved.settings
        if set(settings) != SETTINGS or type(settings["seed"]) is not int or not 0 <= settings["seed"] < 2**31:
            raise ValueError(f"settings must be {', '.join(sorted(SETTINGS))}, and the seed in [0, 2^31).")
        parameters |= {name: settings[name] for name in SETTINGS - {"seed"}}
        if saved.features is not None:
            from gpunn.features import Features  # needs pyarrow, which a model on plain arrays does without

            parameters["features"] = Features.from_dict(saved.features)
        clf = kind(**parameters, checkpoint=folder)
        check_parameters(clf)
    if saved.version != __version__:
        warnings.warn(
            f"{path} was written by gpunn {saved.version}, and this is gpunn {__version__}: the training may end "
            "in other bits than it would have there.",
            CheckpointWarning,
            stacklevel=3,
        )
    return clf, saved


def digests(device: Device, clf: Classifier, labels: Labels, rows: Rows, validation: Rows | None) -> dict[str, str]:
    """Digests of all data that a fit depends on, by what they are of.

    Parameters
    ----------
    clf : MLPClassifier
        Which has learned the columns.
    rows : Rows
        Those that are trained on.
    validation : Rows, optional
        Those that are validated on; where they are a part of the rows given, the index of ``rows`` says which.
    """
    features, names = getattr(clf, "features_", None), getattr(clf, "feature_names_in_", None)
    columns = [None if features is None else features.to_dict(), None if names is None else list(names)]
    classes = [labels.classes.dtype.str, repr(labels.classes.tolist()), labels.multilabel]
    found = {
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
    """BLAKE2b of arrays, texts and None: of arrays dtype, shape, order in memory and all bytes."""
    found = hashlib.blake2b(digest_size=16)

    def add(array: np.ndarray) -> None:
        # A product of a matrix that lies by columns may have other bits.
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        found.update(f"{array.dtype.str} {array.shape} {order} ".encode())
        n = max(1, CHUNK // max(1, array[:1].nbytes)) if array.ndim else 1
        for i in range(0, len(array) if array.ndim else 0, n):
            found.update(np.ascontiguousarray(array[i : i + n]).view(np.uint8).data)

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


def check_belongs(saved: Checkpoint, network: Network, data: Mapping[str, str], n_members: int) -> None:
    """Check that a checkpoint is one of a fit of this network on these data, before the network takes memory.

    Parameters
    ----------
    data : mapping
        `digests` of the data of now.

    Raises
    ------
    DataDifferError
        If the data are others.
    ValueError
        If theta has another size.
    """
    differ = [name for name in data if saved.data.get(name) != data[name]]
    if differ or set(saved.data) != set(data):
        raise DataDifferError(differ or sorted(set(saved.data) - set(data)))
    found, needed = getattr(saved.arrays.get("theta"), "shape", None), (network.n_parameters,)
    needed = needed if n_members == 1 else (n_members, *needed)
    if found != needed:
        raise ValueError(
            f"the checkpoint is not one of this fit: theta has shape {found}, and its network needs {needed}."
        )


class CheckpointMonitor:
    """Writes a checkpoint at the start, at intervals of epochs, iterations or time, and after an interrupt.

    An interrupt leaves the state in the midst of a step. Between two checkpoints a copy of the last whole state is
    kept, renewed after each step, or less often where copying would take more than 5% of the time.

    Parameters
    ----------
    clf : MLPClassifier
        Its parameters.
    device : Device
    method : FirstOrder or Direction
    layers : LayerMonitor or None
        Whose records are part of a checkpoint.
    seed : int
    data : dict
        `digests` of the data.
    """

    def __init__(
        self,
        clf: Classifier,
        device: Device,
        method: FirstOrder | Direction,
        layers: LayerMonitor | None,
        seed: int,
        data: dict[str, str],
    ) -> None:
        assert clf.checkpoint is not None  # without a folder there is no monitor
        self.folder, self.device, self.method = Path(clf.checkpoint), device, method
        self.recorder: Recorder | None = None if layers is None else layers.recorder
        self.epochs, self.seconds = registry.checkpoint_interval("checkpoint_every", clf.checkpoint_every)
        record = list(clf.record) if isinstance(clf.record, tuple) else clf.record
        settings = {"seed": seed, "record": record, "verbose": bool(clf.verbose)}
        every = clf.checkpoint_every if isinstance(clf.checkpoint_every, str) else int(clf.checkpoint_every)
        self.frame = Checkpoint(
            arrays={},
            manifest=manifest.to_dict(clf),
            features=clf.features.to_dict() if hasattr(clf.features, "to_dict") else None,
            settings={**settings, "checkpoint_every": every},
            data=data,
        )
        self.failed = False
        self.written = self.copied = time.perf_counter()
        self.pause = 0.0  # seconds from one copy to the next
        self.whole: tuple[int, dict[str, np.ndarray]] | None = None  # number and copy of a state not yet written

    def write_first(self, state: TrainingState) -> None:
        """Write the first checkpoint, before the first step.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        self._copy(state)
        self._write()

    def __call__(self, state: TrainingState) -> str:
        now = time.perf_counter()
        due = state.epoch % self.epochs == 0 if self.epochs else now - self.written >= self.seconds
        # The end by a limit or a plateau is found again; that by another monitor has to be written down.
        if due or state.history.stopped:
            self._copy(state)
            self._try("Training goes on, and tries again.")
        elif now - self.copied >= self.pause:
            self._copy(state)
        return ""

    def write_last(self) -> None:
        """After an interrupt write the last whole state, if that was not done; a further interrupt waits meanwhile."""
        if self.whole is not None:
            with interrupts_deferred():
                self._try("The training can be resumed from the one before.")

    def _try(self, otherwise: str) -> None:
        """Write the last whole state; the first time that this fails is a warning."""
        try:
            self._write()
        except (OSError, ValueError) as error:
            if not self.failed:
                warnings.warn(
                    f"A checkpoint could not be written ({error}). {otherwise}", CheckpointWarning, stacklevel=8
                )
            self.failed = True

    def _copy(self, state: TrainingState) -> None:
        began = time.perf_counter()
        arrays = state.to_arrays(self.device, self.method)
        if self.recorder is not None:
            arrays |= self.recorder.to_arrays()
        self.whole = state.epoch, arrays
        self.copied = time.perf_counter()
        self.pause = (self.copied - began) * (1 / COPYING - 1)

    def _write(self) -> None:
        assert self.whole is not None  # there is nothing to write without a copy
        number, arrays = self.whole
        io.add_checkpoint(self.folder, number, replace(self.frame, arrays=arrays), self._best(arrays))
        self.whole = None
        self.written = time.perf_counter()

    def _best(self, arrays: Mapping[str, np.ndarray]) -> int | None:
        """Number of the best epoch or iteration that there is a checkpoint of: by score, without such by cost."""
        scores, cost = arrays["history.validation_score"], arrays["history.cost"]
        losses = -scores if len(scores) else cost
        there = [number for number in io.checkpoints_in(self.folder) if 0 < number <= len(losses)]
        return min(there, key=lambda number: np.nan_to_num(losses[number - 1], nan=np.inf), default=None)


def restore_layers(saved: Checkpoint, layers: LayerMonitor | None) -> None:
    """Put the layers that were recorded before a checkpoint into the recorder; ValueError where they do not fit it."""
    if layers is not None:
        layers.recorder.restore(saved.arrays, len(saved.arrays["history.cost"]))
    elif any(name.startswith(LAYERS) for name in saved.arrays):
        raise ValueError("the checkpoint has records of layers, and its settings ask for none.")
