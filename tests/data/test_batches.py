"""A table that is read in pieces is the table that is read whole, and its faults have the same lines and rows."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gpunn.cli import sources
from gpunn.data import batches, csv_text, read_table, records
from gpunn.features import Features

HEAD = b"a,word,code,day,flag\n"
ROW = b'1.5,"x, y",007,2020-01-02,true\n'


pytestmark = pytest.mark.filterwarnings("ignore:column 'code' is read as numbers, and some have leading zeros")


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Pieces of a few rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "CHUNK_BYTES", 200)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 200)
    monkeypatch.setattr(batches, "BATCH_ROWS", 7)
    monkeypatch.setattr(sources, "CELLS", 40)


@pytest.fixture
def frame():
    rng = np.random.default_rng(1)
    n = 100
    return pd.DataFrame({
        "a": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
        "word": rng.choice(["x, y", 'say "no"', "two\nlines", None, "7"], n), "code": ["007"] * 50 + ["12a"] * 50,
        "day": pd.date_range("2020-01-01", periods=n, freq="7h"), "flag": rng.integers(0, 2, n) == 1,
        "never": [None] * n, "whole": [10**17 + 1] * n, "y": rng.integers(0, 2, n),
    })  # fmt: skip


def learned(frame):
    frame.to_csv("all.csv", index=False)
    return Features.learn(read_table("all.csv").drop_columns(["y"]))


@pytest.fixture
def plain():
    """The columns of `HEAD`."""
    Path("good.csv").write_bytes(HEAD + ROW * 2)
    return Features.learn(read_table("good.csv"))


def whole_matrix(features, path):
    return features.transform(read_table(path, columns_as_text=features.text_columns))


def batched(features, source):
    return np.concatenate([X for X, _ in sources.encoded(features, sources.Source(source), "float32")])


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "t.csv.gz", "t.parquet", "T.CSV"])
def test_batches_give_the_matrix_of_the_whole(frame, name):
    features = learned(frame)
    later = frame.iloc[::-1, ::-1].assign(code="007", more="z")  # all digits: Arrow alone would read numbers
    if name == "t.parquet":
        later.to_parquet(name, index=False)
    else:
        later.to_csv(name, index=False, sep="\t" if name in ("t.tsv", "t.txt") else ",")
    X = batched(features, name)
    assert len(list(sources.encoded(features, sources.Source(name), "float32"))) > 5
    assert X.dtype == np.float32 and np.array_equal(X, whole_matrix(features, name))
    assert X[:, features.names_out.index("code=007")].all()


def test_hexadecimal_numbers_are_numbers_as_when_read_whole():
    Path("h.csv").write_bytes(b"a,b\n0x10,1\n0xff,2\n")
    features = Features.learn(read_table("h.csv"))
    assert features.columns[0].kind == "numbers"
    assert np.array_equal(batched(features, "h.csv"), whole_matrix(features, "h.csv"))


def test_standard_input_is_csv(frame, monkeypatch):
    features = learned(frame)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("all.csv").read_bytes())))
    assert np.array_equal(batched(features, "-"), whole_matrix(features, "all.csv"))


def test_columns_of_dictionaries_and_of_numbers_where_text_was_are_read(frame):
    features = Features.learn(pa.table({"word": ["1", "2"], "a": [1.0, 2.0]}))
    table = pa.table({"word": pa.array(["2", "1", "3"] * 9).dictionary_encode(), "a": [1.0] * 27})
    pq.write_table(table, "d.parquet")
    pq.write_table(pa.table({"word": [2, 1, 3] * 9, "a": [1] * 27}), "n.parquet")
    X = batched(features, "d.parquet")
    assert X[:3, :2].tolist() == [[0, 1], [1, 0], [0, 0]] and np.array_equal(X, batched(features, "n.parquet"))


def test_quotes_that_open_nothing_beside_lines_within_quotes_are_no_fault():
    rows = b"".join(b'%d" pipe,"two\nlines %d"\n' % (i % 9, i % 9) for i in range(99))
    Path("p.csv").write_bytes(b"pipe,note\n" + rows + b"plain,plain\n")
    features = Features.learn(read_table("p.csv"))
    assert np.array_equal(batched(features, "p.csv"), whole_matrix(features, "p.csv"))


FAULTS = {
    "ragged": b"1,x,2\n", "long": b"1,x,2,2020-01-01,true,9\n", "nul": b"1,\0,2,,\n", "latin": b"1,\xe9,2,,\n",
    "open quote": b'1,x,2,,"tr\n' + ROW, "open quote in the middle": b'1,"x,2,,\n' + ROW,
    "utf16": "1,x".encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("before", [0, 90])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_fault_is_told_with_its_line_as_when_read_whole(plain, fault, before, end):
    text = HEAD + ROW * 2 + b"\n\n" + b'1,"two\nlines",,,\n' + ROW * before + FAULTS[fault] + ROW * 2
    Path("bad.csv").write_bytes(text.replace(b"\n", end))
    with pytest.raises(ValueError) as whole:
        read_table("bad.csv")
    with pytest.raises(ValueError) as streamed:
        batched(plain, "bad.csv")
    assert str(streamed.value) == str(whole.value)
    assert "line" in str(whole.value) or fault == "open quote in the middle"


@pytest.mark.parametrize("text", [
    b"", b"\n\n", b"a,b", b"a,b\n\n", b"a,a\n1,2\n", b"a,\n1,2\n", b"a;b\n1;2\n3\n", bytes(range(256)),
    b"\xe9,b\n1,2\n",    b"a,b\n1\n", b'"a,b\n1,2\n', b"a\xff",
])  # fmt: skip
def test_a_fault_of_the_start_is_told_as_when_read_whole(frame, text):
    features = learned(frame)
    Path("bad.csv").write_bytes(text)
    with pytest.raises(ValueError) as whole:
        read_table("bad.csv")
    with pytest.raises(ValueError) as streamed:
        batched(features, "bad.csv")
    assert str(streamed.value) == str(whole.value)


@pytest.mark.parametrize("name", ["none.csv", "folder.csv", "a.xls", "b.parquet", "c.csv.gz", "d.parquet.gz", "e"])
def test_a_file_of_another_kind_is_told_as_when_read_whole(frame, name, tmp_path):
    features = learned(frame)
    (tmp_path / "folder.csv").mkdir()
    for bad in ("a.xls", "b.parquet", "c.csv.gz", "e"):
        (tmp_path / bad).write_bytes(b"no table")
    with pytest.raises((ValueError, OSError)) as whole:
        read_table(name)
    with pytest.raises(type(whole.value)) as streamed:
        batched(features, name)
    assert str(streamed.value) == str(whole.value)


def test_a_gzip_file_that_is_cut_off_is_refused(plain, tmp_path):
    text = gzip.compress(b"".join([HEAD, *(b"%f,x,,,\n" % x for x in np.random.default_rng(0).normal(size=500))]))
    (tmp_path / "cut.csv.gz").write_bytes(text[:-300])
    with pytest.raises(ValueError, match=r"^cut\.csv\.gz: not a gzip file, or a damaged one"):
        batched(plain, "cut.csv.gz")


@pytest.mark.parametrize(("column", "value", "said"), [
    ("a", "5x", "column 'a' held numbers in training: row 78 has '5x'"),
    ("a", "inf", "column 'a', row 78: inf is not a finite number"),
    ("a", "1e300", "column 'a', row 78: 1e+300 is too far"),
    ("day", "soon", "column 'day' held dates in training: row 78 has 'soon'"),
    ("flag", "maybe", "column 'flag' held booleans in training: row 78 has 'maybe'"),
])  # fmt: skip
@pytest.mark.parametrize("source", ["bad.csv", "-"])
def test_a_value_of_another_kind_is_told_with_its_row(frame, monkeypatch, column, value, said, source):
    features = learned(frame)
    bad = pd.read_csv("all.csv", dtype=str, keep_default_na=False)
    bad.loc[77, column] = value
    bad.to_csv("bad.csv", index=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("bad.csv").read_bytes())))
    with pytest.raises(ValueError) as error:
        batched(features, source)
    assert str(error.value).startswith(f"{'standard input' if source == '-' else source}: {said}")


def test_a_column_whose_name_looks_like_a_row_keeps_it():
    features = Features.learn(pa.table({"row 5": [1.0, 2.0], "x": [1, 2]}))
    pq.write_table(pa.table({"row 5": [1.0] * 50 + [np.inf], "x": [1] * 51}), "r.parquet")
    with pytest.raises(ValueError, match="column 'row 5', row 51: inf"):
        batched(features, "r.parquet")


def test_a_column_that_is_not_there_is_named(frame):
    features = learned(frame)
    for name, write in (("few.csv", "to_csv"), ("few.parquet", "to_parquet")):
        getattr(frame.drop(columns="word"), write)(name, index=False)
        with pytest.raises(ValueError, match=rf"^{name}: the table lacks a column of the training table: .*'word'"):
            batched(features, name)


@pytest.mark.parametrize("write", ["to_csv", "to_parquet"])
def test_labels_are_those_of_the_classes(frame, write):
    features = learned(frame)
    for labels, classes in (
        ([0, 1], [0, 1]), ([0.0, 1.0], [0, 1]), (["007", "1"], ["007", "1"]), ([False, True], [False, True]),
        ([1, 2], ["1", "2"]), ([0.5, 2.0], [0.5, 2.0]), ([2**60, 2**60 + 1], [2**60, 2**60 + 1]),
    ):  # fmt: skip
        name = "l.csv" if write == "to_csv" else "l.parquet"
        getattr(frame.assign(y=np.array(labels)[frame.y]), write)(name, index=False)
        parts = list(sources.labelled(features, sources.Source(name), "float32", "y", np.array(classes)))
        y = np.concatenate([part for _, part in parts])
        assert y.tolist() == np.array(classes)[frame.y].tolist() and sum(len(X) for X, _ in parts) == len(frame)


@pytest.mark.parametrize(("labels", "said"), [
    ([0, 1, None], "column 'y', row 93: the label is missing"), ([0, 1, 2], "does not know: 2. It knows 0, 1"),
    (["p", "q", "r"], "does not know: 'p', 'q'"), ([True, False, True], "does not know: False, True"),
])  # fmt: skip
def test_bad_labels_are_told(frame, labels, said):
    features = learned(frame)
    y = [labels[0], labels[1]] * 46 + [labels[2]] * 8
    frame.assign(y=pd.array(y, dtype="object")).to_parquet("l.parquet", index=False)
    with pytest.raises(ValueError, match=r"^l\.parquet: ") as error:
        list(sources.labelled(features, sources.Source("l.parquet"), "float32", "y", np.array([0, 1])))
    assert said in str(error.value)


def test_a_row_that_never_ends_is_told_with_its_line(plain, monkeypatch):
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 1000)
    Path("bad.csv").write_bytes(HEAD + b"\n" + ROW * 30 + b'1,"' + b"2,3\n" * 500)
    with pytest.raises(ValueError, match=r"^bad.csv, line 33: the row that begins here is longer than"):
        batched(plain, "bad.csv")


def test_all_columns_that_are_not_there_are_named(frame):
    features = learned(frame)
    frame[["a", "day"]].to_csv("few.csv", index=False)
    with pytest.raises(
        ValueError, match=r"there is no column 'word'.* Also missing: 'code', 'flag', 'never', 'whole'\."
    ):
        batched(features, "few.csv")


def test_gzip_without_its_suffix_is_told(plain):
    Path("t.csv").write_bytes(gzip.compress(HEAD + ROW * 9))
    with pytest.raises(ValueError, match=r"^t\.csv: a gzip file, and not text. Unpack it first"):
        batched(plain, "t.csv")
