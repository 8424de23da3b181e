"""Fits of classifiers on tables, each in a process of its own, and the file that keeps their results."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import gpunn
from benchmarks.classifiers import CLASSIFIERS, Classifier
from benchmarks.scores import MEASURES, aligned, scores
from benchmarks.splits import divided, read

THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip

Record = dict[str, Any]


@dataclass(frozen=True)
class Fit:
    """What a result depends on; `data` is the digest of the table."""

    table: str
    data: str
    seed: int
    classifier: str
    versions: dict[str, str]
    threads: int

    @property
    def key(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


class Results:
    """Results in a file, a line of JSON each: the values of `Fit`, and ``scores`` or ``error``.

    Raises
    ------
    SystemExit
        If a line is not such a result.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records: dict[str, Record] = {}
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        if lines and not lines[-1].endswith(b"\n"):  # a run was stopped while it wrote
            with path.open("r+b") as file:
                file.truncate(sum(map(len, lines[:-1])))
            lines.pop()
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                fit = Fit(**{name: record[name] for name in Fit.__dataclass_fields__})
            except (ValueError, KeyError, TypeError):
                raise SystemExit(
                    f"{path}, line {number}: not a result of this benchmark. Delete the line, or name another file "
                    "with --out."
                ) from None
            self._records[fit.key] = record

    def get(self, fit: Fit) -> Record | None:
        return self._records.get(fit.key)

    def add(self, fit: Fit, found: Record) -> Record:
        record = {**asdict(fit), **found}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")  # written whole when the file is closed
        self._records[fit.key] = record
        return record


def fitted(path: Path, dropped: Sequence[str], classifier: Classifier, seed: int, threads: int) -> Record:
    """Scores of a fit in this process, its times among them."""
    table = read(path, dropped)
    train, test = divided(table.y, seed)
    X_train, X_test = table.X.iloc[train], table.X.iloc[test]
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - of libraries that draw from the global generator
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf = classifier.make(X_train, seed, threads)
        began = time.perf_counter()
        clf.fit(X_train, table.y[train])
        trained = time.perf_counter()
        P = np.asarray(clf.predict_proba(X_test))
        ended = time.perf_counter()
    if isinstance(clf, gpunn.MLPClassifier) and not isinstance(clf.theta_, np.ndarray):
        raise RuntimeError(f"gpunn has trained on another device than the CPU: theta_ is a {type(clf.theta_)}")
    found = scores(aligned(P, clf.classes_, table.n_classes), table.y[test])
    seconds = {"fit_seconds": trained - began, "predict_seconds": ended - trained}
    said = sorted({f"{one.category.__name__}: {str(one.message)[:200]}" for one in caught})
    return {"n_train": len(train), "n_test": len(test), "scores": {**found, **seconds}, "warnings": said}


def _serve(pipe: Any, path: Path, dropped: Sequence[str], name: str, seed: int, threads: int) -> None:
    try:
        pipe.send(fitted(path, dropped, CLASSIFIERS[name], seed, threads))
    except Exception as error:
        traceback.print_exc()
        pipe.send({"error": f"{type(error).__name__}: {str(error)[:500]}"})


def in_own_process(timeout: float, path: Path, dropped: Sequence[str], name: str, seed: int, threads: int) -> Record:
    """The result of `fitted`, or its error, in a fresh process without GPUs and with pinned threads."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, path, dropped, name, seed, threads))
    with mock.patch.dict(os.environ, dict.fromkeys(THREADS, str(threads)), CUDA_VISIBLE_DEVICES=""):
        process.start()  # libraries read the environment as they are loaded
    theirs.close()  # so that the end of the process is the end of the pipe
    try:
        if not ours.poll(timeout):
            return {"error": f"TimeoutError: no result after {timeout:g} s"}
        return dict(ours.recv())
    except EOFError:
        process.join()
        return {"error": f"ChildProcessError: the process ended with exit code {process.exitcode}"}
    finally:
        process.kill()
        process.join()


def computed(fits: Iterable[tuple[Fit, Path, Sequence[str]]], results: Results, timeout: float) -> Iterator[Record]:
    """The result of each fit, from the file if it is there; each new one is told."""
    waiting = list(fits)
    processor = gpunn.get_device("cpu").describe()["processor"]
    for i, (fit, path, dropped) in enumerate(waiting, 1):
        record = results.get(fit)
        if record is None:
            found = in_own_process(timeout, path, dropped, fit.classifier, fit.seed, fit.threads)
            record = results.add(fit, {**found, "processor": processor})
            print(
                f"[{i}/{len(waiting)}] {fit.table}, seed {fit.seed}, {fit.classifier}: {in_words(record)}", flush=True
            )
        yield record


def in_words(record: Record) -> str:
    """A result in a line."""
    if "error" in record:
        return str(record["error"])
    return ", ".join(f"{measure.title} {record['scores'][name]:{measure.format}}" for name, measure in MEASURES.items())
