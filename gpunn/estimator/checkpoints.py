"""Checkpoints of a fit: what is written after an epoch or iteration, and the estimator that goes on from it.

A checkpoint holds the state of the training, the parameters and digests of the data, not the data: these are given
again, and a fit on other data is refused.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gpunn import io, manifest
from gpunn._version import __version__
from gpunn.caller import warn
from gpunn.config.checks import check_parameters
from gpunn.devices import Device
from gpunn.estimator.deferred import interrupts_deferred
from gpunn.estimator.digests import DTYPE
from gpunn.io import Checkpoint, CheckpointWarning
from gpunn.model.fitted import Classifier
from gpunn.nn.network import Network
from gpunn.optim.directions import Direction
from gpunn.optim.first_order import FirstOrder
from gpunn.shown import show
from gpunn.training import resumption
from gpunn.training.layers import LayerMonitor
from gpunn.training.state import TrainingState

LOCK = "fit"
SETTINGS = {"seed", "record", "verbose", "checkpoint_every"}
GOES_ON = "Training goes on, and tries again."  # where a checkpoint could not be written
ENDS = "The training can be resumed from the one before."
COPYING = 0.05  # share of the time that copies of the state for the event of an interrupt may take


class DataDifferError(ValueError):
    """The data are not those of the fit that is to be resumed.

    Parameters
    ----------
    differ : list of str
        Names, as in `digests`, of the data that differ.
    """

    def __init__(self, differ: list[str]) -> None:
        self.differ = differ
        super().__init__(
            f"the data are not those of the fit that is to be resumed: they differ in {', '.join(differ)}. Give what "
            "was given to fit, in the same order and dtype."
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
        warn(
            f"{path} was written by gpunn {saved.version}, and this is gpunn {__version__}: the training may end "
            "in other bits than it would have there.",
            CheckpointWarning,
        )
    return clf, saved


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
    known = {DTYPE: data[DTYPE], **saved.data}  # which older checkpoints lack
    differ = [name for name in data if known.get(name) != data[name]]
    if DTYPE in differ:
        differ = [DTYPE]
    if differ or set(known) != set(data):
        raise DataDifferError(differ or sorted(set(known) - set(data)))
    found = getattr(saved.arrays.get("theta"), "shape", None)
    needed = (network.n_parameters,) if n_members == 1 else (n_members, network.n_parameters)
    if found != needed:
        raise ValueError(
            f"{saved.path}: the checkpoint is not one of this fit: theta has shape {found}, and its network needs "
            f"{needed}."
        )


class CheckpointMonitor:
    """Writes a checkpoint at the start, at intervals of epochs, iterations or time, and after an interrupt.

    A checkpoint is written to a temporary file between two steps, from the arrays of the state themselves: steps that
    run on all cores would lose whatever CPU time this took beside them. Then a thread waits for the disk and puts the
    file in its place, while training goes on; there is one at a time, and the next checkpoint waits for it. For the
    first checkpoint and that after an interrupt there is no such thread.

    An interrupt leaves the state in the midst of a step. Where no checkpoint is written after a step, a copy of the
    state is kept, or less often where copying would take more than 5% of the time.

    Parameters
    ----------
    clf : MLPClassifier
        Its parameters.
    device : Device
    method : FirstOrder or Direction
    interval : tuple of (int or None, float)
        Epochs or iterations from one checkpoint to the next, or None and seconds.
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
        interval: tuple[int | None, float],
        layers: LayerMonitor | None,
        seed: int,
        data: dict[str, str],
    ) -> None:
        assert clf.checkpoint is not None  # without a folder there is no monitor
        self.folder, self.device, self.method = Path(clf.checkpoint), device, method
        self.layers = layers
        self.epochs, self.seconds = interval
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
        self.started = self.copied = time.perf_counter()  # the last write, and the last copy
        self.pause = 0.0  # seconds from one copy to the next
        self.whole: tuple[int, dict[str, np.ndarray]] | None = None  # number and copy of a state after the last write
        self.thread: threading.Thread | None = None
        self.error: BaseException | None = None  # of the last write, until it is reported

    def write_first(self, state: TrainingState) -> None:
        """Write the first checkpoint, before the first step.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        self._written(state.epoch, self._arrays(state, copied=False))()

    def __call__(self, state: TrainingState) -> str:
        if self.thread is None or not self.thread.is_alive():
            self._join()
            self._report(GOES_ON)
        due = state.epoch % self.epochs == 0 if self.epochs else time.perf_counter() - self.started >= self.seconds
        # The end by a limit or a plateau is found again; that by another monitor has to be written down.
        if due or state.history.stopped:
            # An interrupt finds either a copy of the state, or a thread that it can wait for. It must not break off the
            # wait for the one before either: before Python 3.13 a join that was broken off lets later ones not wait.
            with interrupts_deferred():
                self._join()
                self._report(GOES_ON)
                self._start(state)
        elif time.perf_counter() - self.copied >= self.pause:
            self._copy(state)
        return ""

    def write_last(self) -> None:
        """After an interrupt write the last whole state, if that was not done; a further interrupt waits meanwhile."""
        with interrupts_deferred():
            self._join()
            if self.whole is not None:
                (number, arrays), self.whole, self.error = self.whole, None, None
                self._kept(lambda: self._written(number, arrays)())
            self._report(ENDS)

    def close(self) -> None:
        """Wait for the write in progress; an interrupt waits meanwhile."""
        with interrupts_deferred():
            self._join()
            self._report(ENDS)

    def _arrays(self, state: TrainingState, copied: bool) -> dict[str, np.ndarray]:
        return resumption.resumable(self.device, state, self.method, self.layers, copied)

    def _copy(self, state: TrainingState) -> None:
        began = time.perf_counter()
        self.whole = state.epoch, self._arrays(state, copied=True)
        self.copied = time.perf_counter()
        self.pause = (self.copied - began) * (1 / COPYING - 1)

    def _written(self, number: int, arrays: dict[str, np.ndarray]) -> Callable[[], None]:
        """Write all but the end, which is the function that is returned."""
        self.started = time.perf_counter()
        return io.add_checkpoint(self.folder, number, replace(self.frame, arrays=arrays), self._best(arrays))

    def _start(self, state: TrainingState) -> None:
        """Write a checkpoint, and let a thread put it in its place."""
        try:
            commit = self._written(state.epoch, self._arrays(state, copied=False))
        except (OSError, ValueError) as error:
            self.error = error
            self._copy(state)
            return
        self.whole = None
        thread = threading.Thread(target=self._kept, args=(commit,), name="gpunn-checkpoint")
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads
            self._kept(commit)
        else:
            self.thread = thread

    def _kept(self, write: Callable[[], None]) -> None:
        """Call a function that writes, and keep its error for `_report`."""
        try:
            write()
        except BaseException as error:
            self.error = error

    def _join(self) -> None:
        """Wait for the write in progress."""
        if self.thread is not None:
            self.thread.join()
            self.thread = None

    def _report(self, otherwise: str) -> None:
        """Warn of a write that failed, the first time; what is neither of the disk nor of the format is raised."""
        error, self.error = self.error, None
        if error is None:
            return
        if not isinstance(error, (OSError, ValueError)):
            raise error
        self.started = -math.inf  # try again after the next epoch, whatever the interval
        if not self.failed:
            self.failed = True
            warn(f"A checkpoint could not be written ({error}). {otherwise}", CheckpointWarning)

    def _best(self, arrays: Mapping[str, np.ndarray]) -> int | None:
        """Number of the best epoch or iteration that there is a checkpoint of: by score, without such by cost."""
        scores, cost = arrays["history.validation_score"], arrays["history.cost"]
        losses = -scores if len(scores) else cost
        there = [number for number in io.checkpoints_in(self.folder) if 0 < number <= len(losses)]
        return min(there, key=lambda number: np.nan_to_num(losses[number - 1], nan=np.inf), default=None)
