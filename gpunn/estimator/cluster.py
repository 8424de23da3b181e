"""A fit on a Dask collection, as the client sees it.

The partitions are computed on the workers and stay there. A task on one of the workers leads the training, so that no
row comes to the client, which waits for the fitted attributes. With ``ranks="mpi"`` the workers are ranks of MPI, and
each of them makes the fit as one.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from gpunn.caller import elsewhere, warn
from gpunn.data import partitions
from gpunn.data.shards import Batch, Columns, Source
from gpunn.devices import device_for, ranks
from gpunn.devices.workers import Watch, WorkerLostError, n_threads, wait_for
from gpunn.estimator import checkpoints
from gpunn.estimator.prepare import Extra
from gpunn.estimator.shared import NAME, Partitions
from gpunn.model.fitted import Classifier

Fit = Callable[[Any], Classifier]  # rows -> fitted classifier
Found = tuple[dict[str, Any], list[tuple[str | Warning, type[Warning]]]]  # attributes, and warnings

WAIT = "client.wait_for_workers(n) before fit waits for n workers."
NO_WORKERS = (
    "The Dask cluster has no worker yet. Training begins when the first one has computed the partitions, and does not "
    f"use workers that come later. {WAIT}"
)
START = "Start one, as by: from distributed import Client; client = Client()"
OPTIONAL = ("temperature_", "oof_proba_", "oof_score_", "layer_history_", "features_", "feature_names_in_")
TOPIC = "gpunn"  # of lines that workers send, with the task of their fit

_shown: set[str] = set()  # tasks of the fits of this process that print

MPI = "mpiexec -n 4 dask worker ADDRESS --nthreads 1 --no-nanny"


def is_on_cluster(X: Any, y: Any = None, sample_weight: Any = None, extra: Sequence[Any] = ()) -> bool:
    """True if X is a collection of Dask.

    Raises
    ------
    TypeError
        If other data are, and should not be.
    """
    if partitions.is_dask(X):
        partitions.check_rows(X)
        in_memory = zip(("X_val", "y_val", "sample_weight_val"), extra, strict=False)
    else:
        names = "y", "sample_weight", "X_val", "y_val", "sample_weight_val"
        in_memory = zip(names, (y, sample_weight, *extra), strict=False)
    for name, value in in_memory:
        if partitions.is_dask(value):
            why = "rows to validate on must be in memory" if name.endswith("_val") else "X is not"
            raise TypeError(f"{name} is a collection of Dask, and {why}: give {name}.compute().")
    return partitions.is_dask(X)


def fit_on_cluster(clf: Classifier, X: Any, y: Any, sample_weight: Any, extra: Extra) -> None:
    """Fit a classifier on a collection.

    Parameters
    ----------
    clf : MLPClassifier
        Gets the fitted attributes.
    X, y, sample_weight
        Collections, or names of columns of X.
    extra
        Rows in memory to validate on.

    Raises
    ------
    ModuleNotFoundError, ValueError
        If Dask's distributed scheduler is not installed, there is no cluster, or parameters are not for one.
    WorkerLostError
        If the leading worker is lost, or a worker or the scheduler hangs.
    """
    sent: Any = copy.copy(clf)
    sent.__dict__.pop("_skl_callbacks", None)  # those of scikit-learn hear of the begin and the end, from here
    if not isinstance(clf.random_state, (int, np.integer)):  # a state here, which the workers do not have
        sent.random_state = int(check_random_state(clf.random_state).randint(2**31 - 1))
    if clf.checkpoint is not None:
        sent.checkpoint = os.path.abspath(clf.checkpoint)
    attributes = _computed(sent, functools.partial(_fit, sent.fit, extra), X, y, sample_weight)
    for name in OPTIONAL:
        clf.__dict__.pop(name, None)
    clf.__dict__.update(attributes)


def resume_on_cluster(
    kind: Any,
    folder: str | os.PathLike[str],
    X: Any,
    y: Any,
    sample_weight: Any,
    extra: Extra,
    callback: Any,
    over: str | None,
) -> Any:
    """A classifier that goes on with a fit on a collection, by the newest checkpoint in a folder."""
    clf, _ = checkpoints.opened(kind, folder)
    clf.callback, clf.ranks = callback, over
    resume = functools.partial(_resume, kind, os.path.abspath(folder), extra, callback, over)
    vars(clf).update(_computed(clf, resume, X, y, sample_weight))
    return clf


def _fit(fit: Callable[..., Classifier], extra: Extra, rows: Any) -> Classifier:
    return fit(rows, None, None, *extra)


def _resume(kind: Any, folder: str, extra: Extra, callback: Any, over: str | None, rows: Any) -> Classifier:
    found: Classifier = kind.resume(folder, rows, None, None, *extra, callback=callback, ranks=over)
    return found


def _computed(clf: Classifier, fit: Fit, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """Fitted attributes of the classifier that ``fit`` gives, on the workers; ``clf`` has its parameters."""
    if device_for(clf.device, None).kind != "cpu":
        raise ValueError(f"device={clf.device!r}: the workers of Dask compute on the CPU. Use device='cpu' or None.")
    with _client() as client, Watch(client) as watch:
        if clf.ranks is None and not watch.wait(lambda: n_threads(client)):
            warn(NO_WORKERS)
        addresses = [] if clf.ranks is None else watch.wait(lambda: _of_ranks(client))
        task = f"gpunn-fit-{uuid.uuid4().hex}"
        futures = client.compute(partitions.delayed(X, y, sample_weight))
        keys, leads = [future.key for future in futures], []
        if clf.verbose:
            _shown.add(task)
            client.subscribe_topic(TOPIC, _show)
        try:
            watch.wait(lambda: wait_for(futures))  # before tasks that wait for each other use all threads
            if addresses:
                for i, address in enumerate(addresses):
                    place = {"key": f"{task}-{i}", "workers": [address], "pure": False}
                    leads.append(client.submit(_as_rank, fit, keys, task, **place))
            else:
                leads.append(client.submit(_lead, fit, keys, task, key=task, pure=False))
            results: list[Found | None] = watch.wait(lambda: client.gather(leads))
        except BaseException:
            client.cancel([*leads, *futures])
            raise
        finally:
            _shown.discard(task)
    ((attributes, warned),) = [found for found in results if found is not None]
    for message, category in warned:
        warn(message, category)
    return {name: value for name, value in attributes.items() if name not in clf.get_params(deep=False)}


def _show(event: tuple[float, tuple[str, str]]) -> None:
    """Print a line that a fit of this process sent."""
    task, line = event[1]
    if task in _shown:
        print(line)


@contextlib.contextmanager
def _client() -> Iterator[Any]:
    """The client of this context, or else the one that was started last.

    In a task it is that of the worker, whose thread is free for other tasks meanwhile.
    """
    try:
        from distributed import Client, get_client, get_worker, worker_client
    except ImportError as error:
        raise ModuleNotFoundError(
            f"X is a collection of Dask, and Dask's distributed scheduler cannot be imported: {error}. Install it with "
            "pip install 'gpunn[dask]'."
        ) from error
    try:
        get_worker()
    except ValueError:
        pass
    else:
        with worker_client() as client:
            yield client
        return
    try:
        client = Client.current(allow_global=False)
    except ValueError:
        try:
            client = get_client()
        except ValueError:
            raise ValueError(f"X is a collection of Dask, and there is no client of a Dask cluster. {START}.") from None
    if client.asynchronous:
        raise ValueError(
            "X is a collection of Dask, and its client is asynchronous, but fit waits for the workers. Call it in "
            "another thread with a client that is not, as by: with Client(address).as_current(): ..."
        )
    yield client


def _of_ranks(client: Any) -> list[str]:
    """Addresses of the workers, which must be the ranks of one MPI_COMM_WORLD."""
    sizes: dict[str, int] = client.run(ranks.expected)
    if not sizes:
        raise ranks.RanksUnavailableError(f"ranks='mpi', and the Dask cluster has no worker yet. {WAIT}")
    if set(sizes.values()) != {len(sizes)} or len(sizes) == 1:
        raise ranks.RanksUnavailableError(
            f"ranks='mpi' and X is a collection of Dask, but its {len(sizes)} workers are not the ranks of one MPI "
            f"program. Start all of them by MPI, as by {MPI}. With ranks=None, training uses Dask alone."
        )
    threads = n_threads(client)
    if max(threads.values()) > 1:  # two fits at a time would take part in each other's sums
        raise ranks.RanksUnavailableError(
            f"ranks='mpi' needs workers of one thread, and one has {max(threads.values())}. Start them with --nthreads "
            f"1, as by {MPI}."
        )
    return sorted(sizes)


def _lead(fit: Fit, keys: Sequence[str], task: str) -> Found:
    """Lead a training, in a task on a worker; the partitions are on the workers, by these keys."""
    from distributed import get_worker, worker_client

    with worker_client() as client, Watch(client, task) as watch:
        if watch.n_losses():
            raise WorkerLostError(
                "The Dask worker that led the training was lost. Fit again, or resume the training if it has "
                "checkpoints."
            )
        return _fitted(fit, task, Partitions(client, get_worker().address, _futures(client, keys), watch, task))


def _as_rank(fit: Fit, keys: Sequence[str], task: str) -> Found | None:
    """Make a fit as one of the ranks of MPI, which read partitions from each other; None but on rank 0."""
    from distributed import get_client

    client = get_client()

    def shard(part: Any) -> Callable[[Columns], Iterator[Batch]]:
        def batches(columns: Columns) -> Iterator[Batch]:
            batch: Batch = client.gather(part, direct=True)
            if len(batch.X):
                yield batch

        return batches

    found = _fitted(fit, task, Source(NAME, tuple(map(shard, _futures(client, keys)))))
    return found if ranks.get_ranks("mpi").rank == 0 else None


def _futures(client: Any, keys: Sequence[str]) -> list[Any]:
    """Futures of values that are on the workers; a client that did not compute them is not told that they are there."""
    from distributed import Future

    return [Future(key, client, "memory") for key in keys]  # type: ignore[arg-type] # which is one of the states


def _fitted(fit: Fit, task: str, rows: Any) -> Found:
    from distributed import get_worker

    worker = get_worker()
    warned: list[tuple[str | Warning, type[Warning]]] = []
    with elsewhere(lambda line: worker.log_event(TOPIC, (task, line)), warned):
        return dict(vars(fit(rows))), warned
