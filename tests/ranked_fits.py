"""What each rank does in tests of several: it is started by mpiexec, with the name of a function and its arguments."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import sys
import threading
import time
import warnings

import numpy as np
from sklearn.datasets import load_digits

from gpunn import MLPClassifier
from gpunn.data import blocks
from gpunn.devices import ranks
from gpunn.devices.ranks import get_ranks

SETTINGS = {
    "adam": {}, "dropout": {"dropout": 0.3, "input_dropout": 0.1}, "sgd": {"solver": "sgd", "learning_rate_init": 0.1},
    "lbfgs": {"solver": "lbfgs"}, "cg": {"solver": "cg"},
    "bfgs": {"solver": "bfgs"}, "compiled lbfgs": {"solver": "lbfgs", "compile": True},
    "compiled": {"compile": True}, "compiled dropout": {"compile": True, "dropout": 0.3, "input_dropout": 0.1},
    "compiled weights": {"compile": True, "batch_size": 50, "clip_norm": 0.5, "ema_decay": 0.9},
    "members": {"n_members": 2}, "early stopping": {"early_stopping": True}, "weights": {"batch_size": 50},
    "few rows a batch": {"batch_size": 3, "max_iter": 1}, "schedule-free": {"solver": "schedule_free_adamw"},
    "folds": {"n_members": 2, "cross_validation": 2},
    "average": {"solver": "sgd", "ema_decay": 0.9, "clip_norm": 0.5, "max_norm": 2.0},
    "recover": {"solver": "sgd", "learning_rate_init": 300.0, "on_divergence": "recover"},
}  # fmt: skip


CHECKPOINTED = {"random_state": 0, "max_iter": 200, "n_iter_no_change": 200, "dropout": 0.2, "checkpoint_every": 5}


def digits():
    X, y = load_digits(return_X_y=True)
    return X[:500] / 16, y[:500]


def fits(path):
    """Fit with each of `SETTINGS`, see that all ranks have the same bits, and write the weights to a file."""
    X, y = digits()
    weight = np.random.default_rng(0).random(len(X))
    found, together = {}, get_ranks("mpi")
    for name, settings in SETTINGS.items():
        clf = MLPClassifier((32,), **{"max_iter": 6, "alpha": 0.1, "random_state": 0, "ranks": "mpi", **settings})
        clf.fit(X, y, weight if name.endswith("weights") else None)
        assert together.size == 1 or name.startswith("compiled") == clf.history_.path.startswith("compiled;"), name
        found[name] = np.asarray(clf.theta_)
        together.check_same(hashlib.sha256(found[name].tobytes()).hexdigest(), f"the result of {name!r}")
    assert MLPClassifier((3,), max_iter=2, ranks="mpi").fit(X, y).n_iter_ == 2  # whose seed is drawn
    if together.rank == 0:
        np.savez(path, **found)


def files(pattern, path):
    """Fit on files that do not fit into a block, write the weights to a file, and look at the shards of each rank."""
    together, read, real = get_ranks("mpi"), [], blocks.blocks

    def noted(source, survey, columns, places, encode, block_rows, shards, *rest):
        read.append(shards)
        return real(source, survey, columns, places, encode, block_rows, shards, *rest)

    blocks.blocks, blocks.BLOCK_BYTES = noted, 100 * 4 * 9
    settings = {"random_state": 0, "ranks": "mpi", "max_iter": 3, "batch_size": 20}
    clf = MLPClassifier((8,), **settings, shuffle=False).fit(pattern, "y")
    note = ", a share of them by each rank"
    assert (note in " ".join(clf.history_.notes)) == (together.size > 1)
    n_rows, shuffled = clf.t_ // clf.n_iter_, MLPClassifier((8,), **settings).fit(pattern, "y")
    assert shuffled.t_ == 3 * n_rows
    for fitted in (clf, shuffled):
        together.check_same(hashlib.sha256(np.asarray(fitted.theta_).tobytes()).hexdigest(), "the weights")
    orders = [together._comm.allgather(shards) for shards in read]
    assert len(orders) == 6 and len({str(order) for order in orders}) == 4  # one without a shuffle
    for order in orders:
        assert sorted(i for shards in order for i in shards) == [*range(len(order[0]) * together.size)]
    if together.rank == 0:
        np.savez(path, clf.theta_)


def others(what):
    """Fit with other rows or settings on the last rank."""
    X, y = digits()
    together = get_ranks("mpi")
    is_last = together.rank == together.size - 1
    if what == "rows" and is_last:
        X = X + 1
    batch_size = 20 if what == "settings" and is_last else 10
    MLPClassifier(random_state=0, ranks="mpi", max_iter=2, batch_size=batch_size).fit(X, y)


def stopping(what):
    """Stop by a callback, or by the time, that differs from rank to rank."""
    X, y = digits()
    together = get_ranks("mpi")

    def callback(history):
        return history.n_iter == (4 if together.rank == 0 else 2)

    settings = {"callback": callback} if what == "callback" else {"time_limit": 0.1 + together.rank}
    clf = MLPClassifier(random_state=0, ranks="mpi", max_iter=10**6, n_iter_no_change=10**6, **settings).fit(X, y)
    assert clf.history_.stopped == ("callback" if what == "callback" else "time_limit")
    together.check_same(str(clf.n_iter_), "the number of epochs")
    assert what != "callback" or clf.n_iter_ == 4


def caught(who):
    """Give a missing value, which is an error, to the last rank or to all, and go on after the error."""
    X, y = digits()
    together = get_ranks("mpi")
    if who == "all" or together.rank == together.size - 1:
        X[0, 0] = np.nan
    elif who == "each":
        X[0, 0] = np.inf
    clf = MLPClassifier((8,), random_state=0, ranks="mpi", max_iter=2)
    with contextlib.suppress(ValueError):
        clf.fit(X, y)
    clf.fit(np.nan_to_num(X), y)
    together.check_same(hashlib.sha256(np.asarray(clf.theta_).tobytes()).hexdigest(), "the weights")


def interrupted(seconds, folder):
    """Train on and on, compiled, until Ctrl-C on all ranks."""
    X, y = digits()
    get_ranks("mpi")
    os.write(2, f"<{os.getpid()}>\n".encode())
    threading.Timer(float(seconds), os.kill, (os.getpid(), signal.SIGINT)).start()
    endless = {"max_iter": 10**6, "n_iter_no_change": 10**6, "compile": True, "checkpoint": folder}
    MLPClassifier((256, 256), random_state=0, ranks="mpi", batch_size=20, **endless).fit(X, y)


def resumed(folder, path):
    """Train to the end, from the last checkpoint in the folder if there is one, and write the weights to a file."""
    X, y = digits()
    if os.path.exists(folder):
        clf = MLPClassifier.resume(folder, X, y, ranks="mpi")
    else:
        clf = MLPClassifier(**CHECKPOINTED, ranks="mpi").fit(X, y)
    if get_ranks("mpi").rank == 0:
        np.savez(path, clf.theta_)


def ended(what, rank, seconds, folder=None):
    """Train on and on until a rank ends, hangs or fails after some seconds, or with checkpoints in that epoch."""
    ranks.SILENCE = 3.0
    X, y = digits()
    together = get_ranks("mpi")
    os.write(2, f"<{os.getpid()}>\n".encode())  # at once: lines of several ranks may be mixed
    if together.rank == int(rank):
        number = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}.get(what)

        def end():
            time.sleep(float(seconds))
            os.kill(os.getpid(), number)

        if number is not None and folder is None:
            threading.Thread(target=end, daemon=True).start()

    def callback(history):
        if what == "failed" and together.rank == int(rank) and history.seconds[-1] > float(seconds):
            raise RuntimeError("of one rank")
        if folder is not None and together.rank == int(rank) and history.n_iter == int(seconds):
            os.kill(os.getpid(), number)

    endless = {"random_state": 0, "max_iter": 10**6, "n_iter_no_change": 10**6}
    settings = endless if folder is None else {**CHECKPOINTED, "checkpoint": folder}
    MLPClassifier(**settings, ranks="mpi", callback=callback).fit(X, y)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    globals()[sys.argv[1]](*sys.argv[2:])
