"""How a CSV text is written, told from its first lines: the same columns whatever parts them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from gpunn.cli import sources
from gpunn.data import csv_text, read_table, records
from gpunn.features import Features, Spellings

PLAIN = {"size": [1.5, -2.25, 1000.0], "word": ["a", "b", "c"], "n": [1, 2, 3]}
WRITTEN = {
    "semicolons, decimal commas": "size;word;n\n1,5;a;1\n-2,25;b;2\n1000;c;3\n",
    "semicolons, decimal points": "size;word;n\n1.5;a;1\n-2.25;b;2\n1000;c;3\n",
    "sep=;": "sep=;\nsize;word;n\n1,5;a;1\n-2,25;b;2\n1000;c;3\n",
    "sep=,": "sep=,\r\nsize,word,n\r\n1.5,a,1\r\n-2.25,b,2\r\n1000,c,3\r\n",
    "quoted sep=|": '"sep=|"\nsize|word|n\n1,5|a|1\n-2,25|b|2\n1000|c|3\n',
    "SEP= tab": "SEP=\t\nsize\tword\tn\n1,5\ta\t1\n-2,25\tb\t2\n1000\tc\t3\n",
    "tabs": "size\tword\tn\n1.5\ta\t1\n-2.25\tb\t2\n1e3\tc\t3\n",
    "bars, exponents with commas": "size|word|n\n1,5|a|1\n-2,25|b|2\n1,0e3|c|3\n",
    "quoted decimal commas": 'size,word,n\n"1,5",a,1\n"-2,25",b,2\n"1000,0",c,3\n',
    "trailing commas": "size,word,n,\n1.5,a,1,\n-2.25,b,2,\n1000,c,3,\n",
    "trailing semicolons in the rows alone": "size;word;n\n1,5;a;1;\n-2,25;b;2;\n1000;c;3;\n",
    "byte order mark": "\ufeffsize;word;n\n1,5;a;1\n-2,25;b;2\n1000;c;3\n",
    "blank lines": "\n\nsize;word;n\n\n1,5;a;1\n-2,25;b;2\n\n1000;c;3",
}


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_the_same_table_however_it_is_written(text, name):
    Path(name).write_bytes(text.encode())
    table = read_table(name)
    assert table.to_pydict() == PLAIN


@pytest.mark.parametrize("chunk", [45, 64, 2**22])
@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_batches_and_standard_input_read_it_alike(text, chunk, monkeypatch):
    Path("t.csv").write_bytes(text.encode())
    features = Features.learn(read_table("t.csv"))
    expected = features.transform(read_table("t.csv"), "float64")
    monkeypatch.setattr(records, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", chunk)  # the first piece, which tells the dialect, has a row of data
    for source in ("t.csv", "-"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        found = [X for X, _ in sources.encoded(features, sources.Source(source), "float64")]
        assert np.array_equal(np.concatenate(found), expected)


def test_what_is_said_goes_before_what_the_lines_tell():
    Path("t.csv").write_text("a;b\n1,250;2\n3,500;4\n")
    assert read_table("t.csv").to_pydict() == {"a": [1.25, 3.5], "b": [2, 4]}
    assert read_table("t.csv", decimal=".")["a"].to_pylist() == ["1,250", "3,500"]
    Path("u.csv").write_text("a\tb\n1,250\t2\n3,500\t4\n")  # thousands, or three digits of a fraction
    assert read_table("u.csv")["a"].to_pylist() == ["1,250", "3,500"]
    assert read_table("u.csv", decimal=",")["a"].to_pylist() == [1.25, 3.5]
    Path("v.csv").write_text("a b\n1 2\n3 4\n")
    assert read_table("v.csv", separator=" ").to_pydict() == {"a": [1, 3], "b": [2, 4]}


def test_points_between_thousands_go_with_a_decimal_comma():
    Path("t.csv").write_text("a;b;c\n1.234,5;1,5;1.000\n-2.000,0;2,5;12\n1.234.567;0,5;999\n")
    assert read_table("t.csv").to_pydict() == {
        "a": [1234.5, -2000, 1234567], "b": [1.5, 2.5, 0.5], "c": [1000, 12, 999],
    }  # fmt: skip
    Path("t.csv").write_text("a;b\n980;4,5\n1.000;5,5\n1.020;6,5\n")
    features = Features.learn(read_table("t.csv"), spellings=Spellings(decimal=","))
    assert features.columns[0].mean == 1000
    Path("later.csv").write_text("a;b\n1.000;5\n")  # nothing tells what the point is: it is what it was
    [(X, _)] = sources.encoded(features, sources.Source("later.csv"), "float64")
    assert X[0, 0] == 0
    Path("t.csv").write_text("a;b\n1.5,0;1,5\n0.123,4;2,5\n")
    assert read_table("t.csv")["a"].to_pylist() == ["1.5,0", "0.123,4"]


def test_a_point_that_is_no_thousand_is_a_decimal_point():
    Path("t.csv").write_text("a;b\n1.5;1,5\n2,0;2,5\n")  # with a point somewhere, a comma is no decimal sign
    assert read_table("t.csv")["a"].to_pylist() == ["1.5", "2,0"]


def test_rows_that_no_separator_parts_alike_are_told_with_the_remedy():
    Path("t.csv").write_text("a;b;c\n1;2\n3;4;5\n")
    with pytest.raises(ValueError, match=r"t\.csv, line 1: only one column, 'a;b;c'; another separator than ',' seems"):
        read_table("t.csv")
    Path("t.csv").write_text("a:b\n1,5:2\n1:3\n")
    with pytest.raises(ValueError, match=r"line 2: 2 values for 1 columns.*something else than ',', name it by sep"):
        read_table("t.csv")


def test_a_value_behind_the_last_name_is_told():
    Path("t.csv").write_text("a,b,\n" + "1,2,\n" * 200 + "3,4,5\n")
    with pytest.raises(ValueError, match="column number 3 has no name, and a value: '5'"):
        read_table("t.csv")
