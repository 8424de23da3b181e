"""gpunn predict: the class and the probabilities of each row, written as the rows are read."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from gpunn.cli import report, streams
from gpunn.cli.outputs import STDOUT, opened
from gpunn.cli.sources import Source, encoded, load, place
from gpunn.model import predict as model_predict
from gpunn.model.model import Model

FORMATS = {".csv": "csv", ".parquet": "parquet"}


def predict(options: argparse.Namespace) -> int:
    output = options.output or STDOUT
    form = options.format or ("csv" if output == STDOUT else FORMATS.get(Path(output).suffix.lower()))
    if output == STDOUT:
        streams.check()
    else:
        place(output, options.model, options.data)
    if form is None:
        raise ValueError(
            f"--output: {output}: what to write cannot be told from the name. Let it end in .csv or .parquet, or give "
            "--format."
        )
    clf = load(options.model, options.device)
    rows = encoded(clf.features_, Source.of(options), clf.theta_.dtype, len(clf.classes_), options.keep)
    model = clf._model.for_matrices()
    answers = (_beside(kept, answer(model, X)) for X, kept in rows)
    first = next(answers)  # a table that is bad from the start leaves the output alone
    with opened(output) as file:
        WRITERS[form](file, itertools.chain([first], answers))
    return 0


def answer(model: Model, X: Any) -> Any:
    """A table of the classes of rows X (m, d), and of the probability of each class."""
    p, found = model_predict.predict_proba(model, X), model_predict.predict(model, X)
    classes = model.labels.classes.tolist()
    names = [report.shown(label) for label in classes]
    if found.ndim == 2:
        columns = {f"prediction({name})": pa.array(found[:, i]) for i, name in enumerate(names)}
    else:
        columns = {"prediction": pa.array(found.tolist(), pa.array(classes).type)}
    # In their own dtype: a float32 then has no more digits than it knows.
    return pa.table(columns | {f"p({name})": pa.array(np.ascontiguousarray(p[:, i])) for i, name in enumerate(names)})


def _beside(kept: Any, answers: Any) -> Any:
    """The columns that were asked for, and the answers behind them."""
    both = set(kept.column_names) & set(answers.column_names)
    if both:
        raise ValueError(f"--keep: the answers have a column {min(both)!r} too. Rename that of the table.")
    for name in answers.column_names:
        kept = kept.append_column(name, answers[name])
    return kept


def _write_csv(file: BinaryIO, tables: Iterator[Any]) -> None:
    for number, table in enumerate(tables):
        text = pa.BufferOutputStream()
        pyarrow.csv.write_csv(table, text, pa.csv.WriteOptions(include_header=number == 0))
        file.write(text.getvalue())
        file.flush()  # who reads a pipe waits for it


def _write_parquet(file: BinaryIO, tables: Iterator[Any]) -> None:
    first = next(tables)
    with pa.parquet.ParquetWriter(file, first.schema) as writer:
        for table in itertools.chain([first], tables):
            writer.write_table(table)


WRITERS = {"csv": _write_csv, "parquet": _write_parquet}
