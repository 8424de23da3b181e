"""Ranks: processes that train one network together, each on its share of every batch.

MPI numbers them, starts them (``mpiexec -n 4 ...``) and sums their gradients. Rank 0 decides where the ranks might
differ, such as when time is up.

In a training no rank waits forever for one that failed. An error that all ranks have is raised like any other; an error
of one rank alone ends all of them. A rank that dies ends the others through ``mpiexec``. A thread of every rank sends
heartbeats to the next one, which ends all ranks if there were none for `SILENCE` seconds: its process is stopped, or
its machine is lost. What the main thread does is not seen from there.
"""

from __future__ import annotations

import atexit
import collections
import contextlib
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from gpunn.devices import cores, is_cupy, quota
from gpunn.typing import Array

SILENCE = 20.0  # seconds
BEAT = 0.5  # seconds between two heartbeats
AGREEMENT = 5.0  # seconds in which an error is to reach all ranks if they all have it
GRACE = 3.0  # seconds in which a rank that failed alone may report its error and end by itself
FAILED = 13  # exit status of all ranks after an error of one

# Variables by which the programs that start ranks tell their number: mpiexec of Open MPI and MPICH, and srun.
SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")

HEARTBEAT, FAREWELL = 1, 2  # tags of messages
ENDED = "All ranks are ended; a training with checkpoints can be resumed."


SAME = "Give all ranks the same rows and parameters, and install the same versions on all of them."


class RanksUnavailableError(RuntimeError):
    """Ranks were asked for, and this process cannot be one of them; the message says why, and the remedy."""


class RanksDifferError(ValueError):
    """Ranks that train together were given different data or parameters, or computed different weights."""


class Ranks(Protocol):
    """Interface of the processes that train together, as one of them sees it.

    All methods but `end_all` are collective: every rank must call them in the same order.
    """

    @property
    def rank(self) -> int:
        """Number of this process, from 0."""

    @property
    def size(self) -> int:
        """Number of processes."""

    @property
    def local_rank(self) -> int:
        """Number of this process among those of its machine, from 0."""

    @property
    def shared_error(self) -> BaseException | None:
        """The error with which all ranks left the last training, if they did."""

    def allreduce(self, array: Array) -> None:
        """Sum an array over all ranks, in place."""

    def broadcast(self, value: Any) -> Any:
        """The value that rank 0 has."""

    def all(self, value: bool) -> bool:
        """True if it is true on all ranks."""

    def all_differ(self, value: str) -> bool:
        """True if no two ranks have the same value."""

    def check_same(self, value: str, what: str, remedy: str = SAME) -> None:
        """RanksDifferError, on all ranks, if a value is not the same on all of them; ``what``, a plural, names it."""

    def training(self) -> contextlib.AbstractContextManager[None]:
        """Context of a training, which all ranks enter and leave together.

        An error within it that one rank has alone, or a rank that hangs, ends all ranks.
        """

    def end_all(self, code: int) -> None:
        """End the other ranks, if there are any, and this one, with an exit status."""


class OneRank:
    """A process that trains alone."""

    rank, size, local_rank, shared_error = 0, 1, 0, None

    def allreduce(self, array: Array) -> None:
        """Leave the array as it is."""

    def broadcast(self, value: Any) -> Any:
        return value

    def all(self, value: bool) -> bool:
        return value

    def all_differ(self, value: str) -> bool:
        return True

    def check_same(self, value: str, what: str, remedy: str = SAME) -> None:
        """Do nothing."""

    def training(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def end_all(self, code: int) -> None:
        """Do nothing."""


ALONE = OneRank()


class MPIRanks:
    """The processes of MPI's COMM_WORLD.

    Raises
    ------
    ModuleNotFoundError
        If mpi4py or an MPI library is missing.
    RanksUnavailableError
        If the processes were started by another implementation of MPI than the one that mpi4py uses.
    """

    def __init__(self) -> None:
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:
            raise ModuleNotFoundError(
                f"ranks='mpi' needs mpi4py and an MPI library, which cannot be imported: {error}. Install them, for "
                "example with: pip install 'gpunn[mpi]' mpich. With ranks=None (on the command line --ranks none) a "
                "process trains alone."
            ) from error
        self._mpi, self._world = MPI, MPI.COMM_WORLD
        self.rank, self.size = self._world.rank, self._world.size
        if self.size == 1 < expected():
            library = MPI.Get_library_version().partition("\n")[0]
            raise RanksUnavailableError(
                f"ranks='mpi': {expected()} processes were started, but the MPI library that mpi4py uses sees only one "
                f"in each, {library}. Start them with that library's mpiexec, or install mpi4py for the library of "
                "this mpiexec: pip install --no-binary mpi4py mpi4py. With ranks=None (on the command line "
                "--ranks none) a process trains alone."
            )
        self.shared_error: BaseException | None = None
        self._on_gpus: Any = None  # a NcclSum, from the first array on a GPU on
        self._end: threading.Thread | None = None
        self._comm, self._failures = self._world.Dup(), self._world.Dup()
        self._in_training, self._last_heartbeat = False, time.monotonic()
        # The same number everywhere, since the last bits of results depend on it.
        self._n_cores: int = min(self._world.allgather(min(self._share_of_cores(), cores.cores())))
        self.process = os.getpid()
        self._has_threads = MPI.Query_thread() == MPI.THREAD_MULTIPLE
        if self.size > 1:
            self._end_all_after_an_error()
            if self._has_threads:
                self._watch()
            elif self.rank == 0:
                message = "This MPI library does not support threads: ranks that hang are not noticed."
                warnings.warn(message, RuntimeWarning, stacklevel=2)

    def allreduce(self, array: Array) -> None:
        on_gpu = is_cupy(array)
        if not (isinstance(array, np.ndarray) or on_gpu) or array.dtype not in (np.float32, np.float64):
            raise TypeError(
                f"array={type(array)} of {array.dtype}: arrays of NumPy or CuPy of float32 or float64 can be summed."
            )
        if not array.flags.c_contiguous:  # MPI would add elements of other places
            raise ValueError(f"array of strides {array.strides}: only contiguous arrays can be summed over ranks.")
        if not on_gpu:
            self._comm.Allreduce(self._mpi.IN_PLACE, array)
            return
        if self._on_gpus is None:
            from gpunn.devices.cuda import NcclSum

            self._on_gpus = NcclSum(self)
        self._on_gpus(array)

    def broadcast(self, value: Any) -> Any:
        return self._comm.bcast(value)

    def all(self, value: bool) -> bool:
        return all(self._comm.allgather(value))

    def all_differ(self, value: str) -> bool:
        return len(set(self._comm.allgather(value))) == self.size

    def check_same(self, value: str, what: str, remedy: str = SAME) -> None:
        values = self._comm.allgather(value)
        others = [rank for rank, other in enumerate(values) if other != values[0]]
        if others:
            raise RanksDifferError(f"ranks='mpi': {what} differ between rank {others[0]} and rank 0. {remedy}")

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        if self.size == 1 or self._in_training:  # the outermost context is that of all
            yield
            return
        if self._end is not None:  # the program caught the error
            self._end.join()
        self._last_heartbeat, self.shared_error, self._in_training = time.monotonic(), None, True
        try:
            with cores.limited(self._n_cores):
                yield
            self._comm.Barrier()
        except BaseException as error:
            if self._all_failed(f"{type(error).__name__}: {error}"):
                self.shared_error = error
                self._comm = self._world.Dup()  # in the old one there may be messages of calls that were broken off
            else:
                self._end_all_soon(error)
            raise
        finally:
            self._in_training = False

    def end_all(self, code: int) -> None:
        if self.size == 1:
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            time.sleep(BEAT)  # until mpiexec has passed on what was written, which it may drop
            self._world.Abort(code)

    def _share_of_cores(self) -> int:
        """Number of cores for this rank, which shares those that it may use with the other ranks of this machine."""
        neighbours = self._world.Split_type(self._mpi.COMM_TYPE_SHARED)
        self.local_rank = neighbours.rank
        own = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
        users = collections.Counter(core for bound in neighbours.allgather(own) for core in bound)
        share = sum(1 / users[core] for core in own) * quota.usable() / len(own)
        return max(1, int(share + 1e-6))

    def _all_failed(self, error: str) -> bool:
        """True if all ranks get here within `AGREEMENT` seconds, with the same error."""
        request, deadline = self._failures.Ibarrier(), time.monotonic() + AGREEMENT
        while not request.Test():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return len(set(self._failures.allgather(error))) == 1

    def _end_all_soon(self, error: BaseException) -> None:
        """End all ranks in `GRACE` seconds, also where the program catches the error: the others wait for this rank."""
        message = f"rank {self.rank} failed, {type(error).__name__}: {error}. {ENDED}"

        def end() -> None:
            time.sleep(GRACE)
            self._fail(message)

        self._end = threading.Thread(target=end, name="gpunn-end", daemon=True)
        self._end.start()

    def _fail(self, message: str) -> None:
        """End all ranks from a thread of this one."""
        os.write(2, f"gpunn: error: {' '.join(message.splitlines())}\n".encode())  # sys.stderr may be locked
        time.sleep(BEAT)
        if self._has_threads:
            self._world.Abort(FAILED)
        os._exit(FAILED)  # which mpiexec answers by an end of all

    def _end_all_after_an_error(self) -> None:
        shown = sys.excepthook

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            is_shared = error is self.shared_error
            if self.rank == 0 or not is_shared:
                shown(kind, error, trace)
            if not is_shared:
                self.end_all(FAILED)

        sys.excepthook = hook

    def _watch(self) -> None:
        """Start to send heartbeats to the next rank, and to end all ranks if the rank before sends none."""
        comm, over = self._world.Dup(), threading.Event()
        before, behind = (self.rank - 1) % self.size, (self.rank + 1) % self.size
        sent: list[Any] = []

        def watch() -> None:
            message, status, is_there, tick = bytearray(1), self._mpi.Status(), True, time.monotonic()
            while not over.wait(BEAT) and not self._mpi.Is_finalized():
                sent[:] = [request for request in sent if not request.Test()]
                sent.append(comm.Isend(bytearray(1), behind, HEARTBEAT))
                while is_there and comm.Iprobe(before, status=status):
                    comm.Recv(message, before, status.tag)
                    self._last_heartbeat, is_there = time.monotonic(), status.tag != FAREWELL
                late, tick = time.monotonic() - tick > 4 * BEAT, time.monotonic()
                if late:  # this process was stopped itself, and perhaps all of them
                    self._last_heartbeat = tick
                if self._in_training and not is_there:
                    self._fail(f"rank {before} has ended. {ENDED}")
                if self._in_training and tick - self._last_heartbeat > SILENCE:
                    self._fail(f"rank {before} sent no heartbeat for {SILENCE:.0f} seconds: it hangs. {ENDED}")

        thread = threading.Thread(target=watch, name="gpunn-watch", daemon=True)
        thread.start()

        def stop() -> None:
            """Say farewell before MPI ends with the interpreter: the next rank may go on for long."""
            over.set()
            thread.join()
            if self._mpi.Is_finalized():
                return
            sent.append(comm.Isend(bytearray(1), behind, FAREWELL))
            deadline = time.monotonic() + BEAT
            while sent and time.monotonic() < deadline:
                sent[:] = [request for request in sent if not request.Test()]
                time.sleep(0.01)

        atexit.register(stop)


def expected() -> int:
    """Number of ranks that this process was started as one of, by `SIZES`; 1 if it was started alone."""
    found = (os.environ.get(name, "") for name in SIZES)
    return next((int(size) for size in found if size.isdecimal()), 1)


_ranks: dict[str, Ranks] = {"": ALONE}


def get_ranks(name: str | None) -> Ranks:
    """The processes to train with.

    Parameters
    ----------
    name : {"mpi"} or None
        None trains alone, in whatever way the process was started.

    Raises
    ------
    ModuleNotFoundError, RanksUnavailableError
        As by `MPIRanks`, and in a process that was forked by a rank.
    """
    if name not in (None, "mpi"):
        raise ValueError(f"ranks={name!r} is not known; use 'mpi' or None.")
    name = name or ""
    if name not in _ranks:
        _ranks[name] = MPIRanks()
    ranks = _ranks[name]
    if isinstance(ranks, MPIRanks) and ranks.process != os.getpid():
        raise RanksUnavailableError(
            "ranks='mpi' is for processes that MPI started, and this one was forked by one of them, as by n_jobs. Use "
            "ranks=None here."
        )
    return ranks


def end_all(code: int) -> None:
    """End the other ranks, since this process ends with an error, unless all of them do so by themselves."""
    for ranks in _ranks.values():
        if ranks.shared_error is None:
            ranks.end_all(code)


def reports_errors() -> bool:
    """False if rank 0 reports the error that this process has, too."""
    return all(ranks.rank == 0 or ranks.shared_error is None for ranks in _ranks.values())
