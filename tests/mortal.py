"""Trainings with checkpoints in processes that are killed at given moments: by a server that forks one for each.

The server, ``python tests/mortal.py``, reads a case a line, and answers how the process ended, as
`os.waitstatus_to_exitcode` gives it. A case is (action, training, folder, moment): action "fit" or "resume", a name of
`TRAININGS`, and one of the moments

("time", n, share)
    After n epochs or iterations, and this share of the mean time of one.
(call, n, when)
    Before or after the n-th of a kind of system `CALLS` in the folder, or in the middle of it (of a write).
"""

from __future__ import annotations

import ast
import fcntl
import io
import os
import signal
import stat
import sys
import time
import traceback
import warnings

CALLS = ("mkdir", "listdir", "create", "flock", "write", "fsync", "replace", "open", "fsync folder", "unlink")


class Killer:
    """Wraps the functions of `os` and `fcntl`, and kills this process at one of their calls for a folder."""

    folder, call, n, when = "", "", 0, ""

    def install(self, folder, call, n, when):
        self.folder, self.call, self.n, self.when = os.path.realpath(folder), call, n, when
        for module, name, kind in (
            (os, "mkdir", "mkdir"), (os, "listdir", "listdir"), (os, "replace", "replace"), (os, "unlink", "unlink"),
            (os, "open", "open"), (os, "fsync", "fsync"), (fcntl, "flock", "flock"),
        ):  # fmt: skip
            setattr(module, name, self._wrapped(kind, getattr(module, name)))

    def _wrapped(self, kind, function):
        def counting(place, *args, **more):
            if kind != "fsync":
                where = place if isinstance(place, (str, os.PathLike)) else place.name
            elif stat.S_ISDIR(os.fstat(place).st_mode):
                return self.counted("fsync folder", self.folder, function, place)
            else:
                where = self.folder  # no other files are synced here
            return self.counted(kind, where, function, place, *args, **more)

        return counting

    def counted(self, kind, place, function, *args, **more):
        if kind != self.call or not os.path.realpath(place).startswith(self.folder):
            return function(*args, **more)
        self.n -= 1
        if self.n == 0 and self.when == "within":
            data = memoryview(args[0]).cast("B")
            function(data[: len(data) // 2])
        if self.n == 0 and self.when != "after":
            os.kill(os.getpid(), signal.SIGKILL)
        found = function(*args, **more)
        if self.n == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return found


class Mortal(io.FileIO):
    """A file that counts how often it is created and written to; `gpunn` makes its own a kind of it."""

    def __init__(self, path, mode):
        KILLER.counted("create", path, super().__init__, path, mode)

    def write(self, data):
        return KILLER.counted("write", self.name, super().write, data)


KILLER = Killer()
if __name__ == "__main__":
    io.FileIO = Mortal  # before gpunn is imported, whose files are then of this kind

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy import sparse  # noqa: E402
from sklearn.datasets import load_iris  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from gpunn import CheckpointWarning, MLPClassifier  # noqa: E402

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
RNG = np.random.default_rng(0)
WEIGHT = RNG.random(150)
DATA = {
    "plain": (X, Y),
    "weights": (X, Y, WEIGHT),
    "validation rows": (X[::2], Y[::2], None, X[1::2], Y[1::2], WEIGHT[1::2]),
    "sparse": (sparse.csr_array(X * (X > 0)), Y, WEIGHT),
    "multilabel": (X, np.eye(3, dtype=int)[Y]),
    "two classes": (X.astype("float32"), np.where(Y == 1, "yes", "no")),
    "frame": (pd.DataFrame({"a": X[:, 0], "b": [["x", "y", None][i] for i in RNG.permuted(Y)], "c": Y % 2}),
              np.array(["no", "yes", "perhaps"])[Y]),
}  # fmt: skip

BASE = {"hidden_layer_sizes": (7,), "random_state": 3, "max_iter": 40, "batch_size": 32}
EARLY = {"early_stopping": True, "tol": 0.0, "n_iter_no_change": 4, "max_iter": 50}
TRAININGS = {
    "adam": ("plain", {"solver": "adam", "hidden_layer_sizes": (60, 9)}),
    "adam, dropout, average": ("plain", {"dropout": 0.3, "input_dropout": 0.1, "ema_decay": 0.9, "compile": True}),
    "adam, sparse rows": ("sparse", {"record": "score"}),
    "adam, frame": ("frame", EARLY),
    "adam, multilabel": ("multilabel", {"shuffle": False, "checkpoint_every": 3, "ema_decay": 0.8}),
    "adam, everything": ("weights", {
        "activation": "prelu", "class_weight": {0: 1.0, 2: 2.5}, "label_smoothing": 0.1, "scoring": "f1_macro",
        "record": ["layers", "score"], "compile": True, "dropout": 0.2, "ema_decay": 0.9, "learning_rate": "cosine",
        "warmup": 2.5, "clip_norm": 0.5, "max_norm": 1.5, **EARLY}),
    "adamw, cosine": ("plain", {
        "solver": "adamw", "learning_rate": "cosine", "warmup": 2.5, "clip_norm": 0.5, "compile": True}),
    "adamw, early stopping": ("two classes", {"solver": "adamw", "record": "layers", **EARLY}),
    "nesterov, invscaling": ("weights", {"solver": "sgd", "learning_rate": "invscaling", "checkpoint_every": "0.001s"}),
    "nesterov, adaptive": ("plain", {
        "solver": "sgd", "learning_rate": "adaptive", "tol": 9.0, "n_iter_no_change": 3, "compile": True}),
    "nesterov, recovery": ("plain", {
        "solver": "sgd", "learning_rate_init": 40.0, "on_divergence": "recover", "activation": "relu"}),
    "momentum": ("plain", {"solver": "sgd", "nesterovs_momentum": False, "record": "layers"}),
    "momentum, limits": ("validation rows", {
        "solver": "sgd", "nesterovs_momentum": False, "max_norm": 1.5, "compile": True, **EARLY}),
    "no momentum": ("plain", {"solver": "sgd", "momentum": 0.0, "dropout": 0.2, "hidden_layer_sizes": ()}),
    "no momentum, compiled": ("validation rows", {
        "solver": "sgd", "momentum": 0.0, "learning_rate": "invscaling", "compile": True, "ema_decay": 0.95}),
    "lbfgs": ("weights", {"solver": "lbfgs", "lbfgs_memory": 3, "hidden_layer_sizes": (60, 9)}),
    "lbfgs, early stopping": ("plain", {"solver": "lbfgs", "compile": True, **EARLY}),
    "lbfgs, recording": ("validation rows", {"solver": "lbfgs", "record": ["layers", "score"], "compile": True}),
    "bfgs": ("plain", {"solver": "bfgs"}),
    "bfgs, early stopping": ("weights", {"solver": "bfgs", "compile": True, **EARLY}),
    "cg": ("plain", {"solver": "cg", "checkpoint_every": 2}),
    "cg, fletcher-reeves": ("multilabel", {"solver": "cg", "cg_beta": "fletcher_reeves", "compile": True}),
    "cg, hestenes-stiefel": ("two classes", {"solver": "cg", "cg_beta": "hestenes_stiefel", **EARLY}),
    "gd": ("weights", {"solver": "gd"}),
    "gd, compiled": ("sparse", {"solver": "gd", "compile": True, "record": "layers"}),
}  # fmt: skip


def fit(training, folder=None, callback=None):
    kind, parameters = TRAININGS[training]
    parameters = {"compile": False} | BASE | parameters | {"checkpoint": folder, "callback": callback}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MLPClassifier(**parameters).fit(*DATA[kind])


def resume(training, folder, callback=None):
    """Resume a training, or begin it again where it was killed before its first checkpoint."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", CheckpointWarning)
        try:
            return MLPClassifier.resume(folder, *DATA[TRAININGS[training][0]], callback=callback)
        except FileNotFoundError:
            return fit(training, folder, callback)


def killed(action, training, folder, moment):
    """Fork a process that does this, kill it at the moment, and return how it ended."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if moment[0] != "time":
                KILLER.install(folder, *moment)
            os.write(tell, b".")
            {"fit": fit, "resume": resume}[action](training, folder, lambda history: os.write(tell, b".") == 0)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    os.close(tell)
    if moment[0] == "time":
        os.read(told, 1)
        ends = [time.perf_counter() for _ in range(moment[1]) if os.read(told, 1)]  # of epochs; or of the process
        time.sleep(moment[2] * ((ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else 0.02))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(told)
    return os.waitstatus_to_exitcode(status)


def serve():
    for line in sys.stdin:
        print(killed(*ast.literal_eval(line)), flush=True)


if __name__ == "__main__":
    serve()
