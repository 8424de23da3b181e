"""Workers of a Dask cluster, on which a training evaluates the rows that lie there.

A training is led by a task on one of the workers. It calls functions on shares of the rows, each on the worker that
holds it, and waits for all results (`Workers.map`). Dask runs the calls of a worker that was lost again on another one,
where it computes the share anew; as a result depends on nothing but the share and the arguments, it is the same.

A call that began does not wait forever: a worker that sends no heartbeat for `SILENCE` seconds is an error, and so is
the end of the client that wants the training. Only for the first worker of a cluster there is no limit.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Self

from gpunn.devices.ranks import SILENCE

POLL = 1.0  # seconds from one look at the cluster to the next
GRACE = 3.0  # seconds for which what is late must go on to be so
LATE_LOOKS = 10  # after a worker is gone, in which a connection to it may yet be tried
MAX_LOSSES = 5  # of workers in succession
SCHEDULER, NOBODY = "the scheduler", "no worker"
RESUME = "A training with checkpoints can be resumed."
SILENT = (
    f"Dask: {{}} has sent no heartbeat for {SILENCE:.0f} seconds: it hangs, or its machine is lost. Restart the "
    f"workers, as by Client.restart(), and fit again. {RESUME}"
)


class WorkerLostError(RuntimeError):
    """A worker of the cluster, or the scheduler, hangs or was lost; the message says which, and the remedy."""


@dataclass(frozen=True)
class Workers:
    """The workers of a cluster, as the task that leads a training sees them.

    Parameters
    ----------
    client : distributed.Client
    address : str
        Address of the worker that leads the training.
    shares : sequence of distributed.Future
        Shares of the rows on the workers, in their order.
    watch : Watch
    """

    client: Any
    address: str
    shares: Sequence[Any]
    watch: Watch

    def map(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Results of ``function(share, number of the share, *arguments)``, in the order of the shares.

        Arguments are sent to each worker once; an error of a call is raised.

        Raises
        ------
        WorkerLostError, InterruptedError
            As by `Watch.wait`.
        """
        client = self.client

        def results() -> list[Any]:
            (sent,) = client.scatter([arguments], workers=[self.address], hash=False, direct=True)
            calls = [
                client.submit(_called, function, share, i, sent, pure=False) for i, share in enumerate(self.shares)
            ]
            found: list[Any] = client.gather(calls, direct=True)
            return found

        for _ in range(MAX_LOSSES):
            # With a worker the arguments are lost, if Dask kept no copy but the one there.
            with contextlib.suppress(CancelledError):
                return self.watch.wait(results)
        raise WorkerLostError(f"{MAX_LOSSES} times in succession Dask lost a worker. Fit again. {RESUME}")


def _called(function: Callable[..., Any], share: Any, number: int, arguments: tuple[Any, ...]) -> Any:
    with share.lock:
        return function(share, number, *arguments)


class Watch:
    """Waits for calls to a cluster, and gives up when it cannot answer any more.

    As a context manager it looks at the cluster every `POLL` seconds, in a thread.

    Parameters
    ----------
    client : distributed.Client
    task : str, optional
        Key of the task that leads the training, for that task itself: a training that no client wants any more is given
        up.
    """

    def __init__(self, client: Any, task: str | None = None) -> None:
        self.client, self.task = client, task
        self._over = threading.Event()
        self._answered = time.monotonic()
        self._populated: float | None = None  # when there was a worker last; a cluster may begin without any
        self._late: dict[str, float] = {}  # when one was first found to be late
        self._seen: tuple[dict[str, float], bool, int] = {}, True, 0
        self._gone: dict[str, int] = {}  # addresses of workers that are gone, and for how many looks
        self._looking = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._keep_looking, name="gpunn-watch", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()

    def n_losses(self) -> int:
        """Number of workers that were lost while they led the training; errors as by `wait`."""
        self.wait(self._look)
        return self._seen[2]

    def wait(self, call: Callable[[], Any]) -> Any:
        """Result of a call, which is made in a thread.

        Raises
        ------
        WorkerLostError
            If a worker or the scheduler is silent, or there is no worker left.
        InterruptedError
            If nobody wants the training any more.
        """
        found: list[Any] = []
        errors: list[BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                found.append(call())
            except BaseException as error:
                errors.append(error)
            finally:
                done.set()

        self.check()
        threading.Thread(target=contextvars.copy_context().run, args=(run,), name="gpunn-call", daemon=True).start()
        while not done.wait(POLL):
            self.check()
        if errors:
            raise errors[0]
        return found[0]

    def check(self) -> None:
        """Raise the errors of `wait`.

        What is late must still be so `GRACE` seconds later: if all processes were stopped for a while, and this one is
        the first to go on, the others send heartbeats soon.
        """
        now, (silences, is_wanted, _) = time.monotonic(), self._seen
        if not is_wanted:
            raise InterruptedError("The client that wanted this training is gone.")
        late = {f"the worker {address}" for address, seconds in silences.items() if seconds > SILENCE}
        if now - self._answered > SILENCE:
            late.add(SCHEDULER)
        elif self._populated is not None and now - self._populated > SILENCE:
            late.add(NOBODY)
        self._late = {who: self._late.get(who, now) for who in late}
        for who, since in self._late.items():
            if now - since > GRACE:
                raise WorkerLostError(
                    f"The Dask cluster has had no worker for {SILENCE:.0f} seconds. {RESUME}"
                    if who == NOBODY
                    else SILENT.format(who)
                )

    def _keep_looking(self) -> None:
        while True:
            try:
                self._look()
            except Exception:  # the scheduler cannot be reached, for now or for good
                if self.client.status == "closed":
                    return
            if self._over.wait(POLL):
                return

    def _look(self) -> None:
        with self._looking:
            before = self._seen[0]
            self._seen = self.client.run_on_scheduler(_look_by_value(), task=self.task)
            self._answered = time.monotonic()
            present = self._seen[0]
            if present:
                self._populated = self._answered
            gone = {address: looks + 1 for address, looks in self._gone.items() if looks < LATE_LOOKS}
            gone |= dict.fromkeys(before, 0)
            self._gone = {address: looks for address, looks in gone.items() if address not in present}
            for address in self._gone:
                # The scheduler tells workers, but not clients, to stop connecting to a worker that is gone; a client
                # that fetches a result from it tries for distributed.comm.timeouts.connect, 30 seconds.
                self.client.loop.add_callback(self.client.rpc.remove, address)


def _look_by_value() -> Callable[..., tuple[dict[str, float], bool, int]]:
    """A function for the scheduler: seconds since the last heartbeat of each worker, and how it is about a task.

    A task is wanted by a client or not, and a number of workers was lost with it.

    It is sent by value, as functions within functions are: gpunn need not be installed where the scheduler runs.
    """

    def look(dask_scheduler: Any, task: str | None) -> tuple[dict[str, float], bool, int]:
        import time

        silences = {address: time.time() - worker.last_seen for address, worker in dask_scheduler.workers.items()}
        if task is None:
            return silences, True, 0
        found = dask_scheduler.tasks.get(task)
        if found is None:
            return silences, False, 0
        return silences, bool(found.who_wants), found.suspicious

    return look


def n_threads(client: Any) -> dict[str, int]:
    """Number of the threads of each worker, by its address."""
    return dict(sorted(client.nthreads().items()))


def wait_for(futures: Sequence[Any]) -> None:
    """Wait until all are computed, where they are; the error of one that cannot be is raised."""
    for future in futures:
        error = future.exception()
        if error is not None:
            raise error
