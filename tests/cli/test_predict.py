"""gpunn predict: what is written, where, and in how much memory."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import gpunn
from gpunn.cli import sources
from gpunn.data import csv_text, records

SMALL = (
    "import sys; from gpunn.cli import main; from gpunn.data import csv_text, records; "
    "records.CHUNK_BYTES = csv_text.CHUNK_BYTES = 2**11"
)
GPUNN = [sys.executable, "-c", "import sys; from gpunn.cli import main; sys.exit(main())"]


@pytest.fixture
def small(monkeypatch):
    """Pieces of a few rows."""
    monkeypatch.setattr(records, "CHUNK_BYTES", 500)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 500)
    monkeypatch.setattr(sources, "CELLS", 99)


@pytest.fixture
def expected(model, mixed):
    """Classes and probabilities, as the estimator gives them for a frame."""
    clf = gpunn.load(model)
    frame = mixed.drop(columns="class")
    return clf.predict(frame).tolist(), clf.predict_proba(frame)


@pytest.mark.parametrize("data", ["t.csv", "t.parquet", "-"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_answers_are_those_of_the_estimator_whatever_is_read_and_written(
    model, run, expected, monkeypatch, small, data, form
):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((model.parent / "t.csv").read_bytes())))
    assert run("predict", model, data, "-o", f"p.{form}") == ("", "")
    found = pd.read_csv("p.csv") if form == "csv" else pd.read_parquet("p.parquet")
    assert list(found) == ["prediction", *(f"p({label})" for label in gpunn.load(model).classes_)]
    assert found.prediction.tolist() == expected[0]
    np.testing.assert_allclose(found.iloc[:, 1:].to_numpy("float32"), expected[1], rtol=2e-6)
    if form == "parquet":
        assert pq.ParquetFile("p.parquet").num_row_groups > 3
        assert found.iloc[:, 1].dtype == np.float32


@pytest.mark.parametrize("arguments", [[], ["-o", "-"], ["--format", "csv", "-o", "-"]])
def test_standard_output_gets_csv(model, run, expected, arguments):
    out, _ = run("predict", model, "t.csv", *arguments)
    assert pd.read_csv(io.StringIO(out)).prediction.tolist() == expected[0]


def test_standard_output_gets_parquet_where_it_is_asked_for(model, expected):
    end = subprocess.run([*GPUNN, "predict", "m.gpunn", "t.csv", "--format", "parquet"],
                         capture_output=True, timeout=60, check=True)  # fmt: skip
    assert pd.read_parquet(io.BytesIO(end.stdout)).prediction.tolist() == expected[0]


def test_a_format_goes_before_the_name_of_the_file(model, run, expected):
    run("predict", model, "t.csv", "--format", "csv", "-o", "answers")
    assert pd.read_csv("answers").prediction.tolist() == expected[0]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_fault_in_a_late_row_leaves_the_old_file_and_nothing_beside_it(model, run, mixed, small, form):
    bad = mixed.astype({"size": "object"})
    bad.loc[80, "size"] = "no number"
    bad.to_csv("bad.csv", index=False)
    before = b"what was there"
    (model.parent / f"p.{form}").write_bytes(before)
    there = sorted(os.listdir())
    _, err = run("predict", model, "bad.csv", "-o", f"p.{form}", code=2)
    assert "bad.csv: column 'size' held numbers in training: row 81 has 'no number'" in err
    assert (model.parent / f"p.{form}").read_bytes() == before and sorted(os.listdir()) == there
    out, _ = run("predict", model, "bad.csv", code=2)
    assert 1 < len(out.splitlines()) < 82  # the rows before it


def test_each_label_has_its_answer_where_a_row_may_have_several(folder, run, mixed):
    X, Y = mixed[["size", "colour"]], np.stack([mixed["sold"], mixed["size"].fillna(0) > 1], axis=1).astype(int)
    clf = gpunn.MLPClassifier((4,), max_iter=999, learning_rate_init=0.05, tol=1e-3, random_state=0).fit(X, Y)
    clf.save("several.gpunn")
    found = pd.read_csv(io.StringIO(run("predict", "several.gpunn", "t.csv")[0]))
    assert list(found) == ["prediction(0)", "prediction(1)", "p(0)", "p(1)"]
    assert np.array_equal(found.iloc[:, :2].to_numpy(), clf.predict(X)) and found.iloc[:, :2].to_numpy().std() > 0
    _, err = run("evaluate", "several.gpunn", "t.csv", "--target", "class", code=2)
    assert "several.gpunn: a row may have several labels" in err


def test_permissions_and_links_of_the_old_file_stay(model, run):
    (model.parent / "p.csv").write_text("old")
    os.chmod("p.csv", 0o640)
    os.symlink("p.csv", "link.csv")
    run("predict", model, "t.csv", "-o", "link.csv")
    assert os.path.islink("link.csv") and os.stat("p.csv").st_mode & 0o777 == 0o640
    assert (model.parent / "p.csv").read_text().startswith('"prediction"')


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, b"interrupted"), (signal.SIGTERM, b"terminated")])
def test_a_signal_ends_the_wait_for_standard_input_and_leaves_no_file(model, number, said):
    line = [sys.executable, "-c", f"{SMALL}; sys.exit(main())", "predict", "m.gpunn", "-", "-o", "p.csv"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write((model.parent / "t.csv").read_bytes())  # more is to come, for all that it knows
        process.stdin.flush()
        end = time.monotonic() + 60
        while not any(name.endswith(".part") for name in os.listdir()) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert process.stderr.read() == b"gpunn: " + said + b"\n"
    assert sorted(os.listdir()) == ["m.gpunn", "t.csv", "t.parquet"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_memory_does_not_grow_with_the_rows(model, mixed):
    for name, times in (("short", 200), ("long", 2000)):  # 1 and 10 MB of text
        table = pd.concat([mixed] * times)
        table.to_csv(f"{name}.csv", index=False)
        table.to_parquet(f"{name}.parquet", index=False)
    code = (
        "import re, sys; from gpunn.cli import main; from gpunn.data import batches, csv_text, records\n"
        "records.CHUNK_BYTES = csv_text.CHUNK_BYTES = 2**17; batches.BATCH_ROWS = 2**12\n"
        "for name in ('short', 'long'):\n"
        "    for form in ('csv', 'parquet'):\n"
        "        assert main(['predict', 'm.gpunn', f'{name}.{form}', '-o', f'{name}.{form}.{form}']) == 0\n"
        "    print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    short, long = (int(line) / 1024 for line in end.stdout.split())
    assert pq.ParquetFile("long.parquet.parquet").metadata.num_rows == 2000 * len(mixed)
    assert long < short + 30  # MiB; read whole it grows by more than 80
