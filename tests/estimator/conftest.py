"""Rows that are read in each epoch, in files of each kind."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from streams import WORDS, N, X

from gpunn.data import blocks


@pytest.fixture(scope="package")
def frame():
    pd = pytest.importorskip("pandas", reason="pandas is not installed: no frames")
    found = pd.DataFrame(X.astype("float64"), columns=list("abcde"))
    found.loc[::7, "a"] = np.nan
    found["colour"] = np.random.default_rng(1).choice(["red", "green", "blue"], N)
    found["answer"] = WORDS
    return found


@pytest.fixture(scope="package")
def folder(frame, tmp_path_factory):
    """The rows of the frame in four Parquet files of three row groups, and in four CSV files."""
    path = tmp_path_factory.mktemp("rows")
    for i in range(4):
        part = frame[i * N // 4 : (i + 1) * N // 4]
        part.to_parquet(path / f"rows-{i}.parquet", row_group_size=60)
        part.to_csv(path / f"rows-{i}.csv", index=False)
    return path


@pytest.fixture(autouse=True)
def no_reader_is_left():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "gpunn-reader"]


@pytest.fixture
def small_blocks(monkeypatch):
    """Rows are read in each epoch, since they do not fit into one block."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5_000)
