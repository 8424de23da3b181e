"""What went wrong once: rows that vanish, numbers that turn negative, words that one command heeds, bare errors."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gpunn import MLPClassifier
from gpunn.cli import sources
from gpunn.data import csv_text, read_table, records
from gpunn.features import Features, Spellings


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table_of(text, name="t.csv", **options):
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return read_table(name, **options)


@pytest.mark.parametrize("chunk", [7, 11, 64, 2**22])
@pytest.mark.parametrize(
    ("head", "row", "last"), [("a\tb", "\t", "3\t4"), ("a,b", ",", "3,4"), ("a\tb\tc", "\t \t", "1\t2\t3")]
)
def test_rows_of_nothing_are_rows(monkeypatch, chunk, head, row, last):
    monkeypatch.setattr(records, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", chunk)
    name = "t.tsv" if "\t" in head else "t.csv"
    text = "\n".join([head, *[last] * 3, *[row] * 20, last, *[row] * 5]) + "\n"
    assert table_of(text, name).num_rows == 29
    assert table_of(f"{head}\n{row}\n", name).num_rows == 1


@pytest.mark.parametrize("last", ["5", "5.5", ""])
@pytest.mark.parametrize(
    ("written", "value"), [("0xffffffffffffffff", 2.0**64), ("0x8000000000000000", 2.0**63), ("0x7f", 127)]
)
def test_hexadecimal_numbers_do_not_depend_on_their_neighbours(written, value, last):
    found = table_of(f"a,b\n{written},1\n{last},1\n")["a"].to_pylist()
    assert float(found[0]) == value


@pytest.mark.parametrize("word", ["+nan", "NaN(1)", "0000-01-01"])
def test_what_arrow_alone_would_read_is_text(word):
    assert table_of(f"a,b\n{word},1\n{word},2\n")["a"].to_pylist() == [word, word]


def test_durations_that_are_too_long_are_no_durations():
    assert table_of("a,b\n999999999 days,1\n1 days,2\n")["a"].to_pylist() == ["999999999 days", "1 days"]


def test_a_point_is_no_thousand_where_commas_part_the_values():
    features = Features.learn(pd.DataFrame({"a": [0.5, 1.5]}), spellings=Spellings(decimal=","))
    table_of("a,b\n1.125,3\n", "p.csv")
    [(X, _)] = sources.encoded(features, sources.Source("p.csv"), "float64")
    assert X[0, 0] == pytest.approx(0.25)
    table_of("a;b\n1.125;3\n", "p.csv")
    [(X, _)] = sources.encoded(features, sources.Source("p.csv"), "float64")
    assert X[0, 0] == pytest.approx((1125 - 1) / 0.5)


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_words_for_missing_values_that_come_with_a_table_are_heeded_everywhere(name):
    features = Features.learn(pd.DataFrame({"a": [1.0, 3.0, None]}))
    if name == "p.csv":
        table_of("a,b\n-999,1\n-999.0,1\n-9.99e2,1\n3,1\n", name)
    else:
        pq.write_table(pa.table({"a": [-999.0, -999, -999, 3]}), name)
    [(X, _)] = sources.encoded(features, sources.Source(name, missing=("-999",)), "float64")
    assert X.tolist() == [[0, 1], [0, 1], [0, 1], [1, 0]]


def test_decimals_are_categories_by_their_own_digits():
    values = [Decimal("0.3"), Decimal("0.1"), Decimal("7.00")]
    features = Features.learn(pa.table({"a": values}), {"a": "text"})
    assert features.columns[0].categories == ("0.1", "0.3", "7")
    for frame in (pa.table({"a": ["0.3", "0.1", "7"]}), pl.DataFrame({"a": values}), pd.DataFrame({"a": values}),
                  pd.DataFrame({"a": [0.3, 0.1, 7.0]})):  # fmt: skip
        assert features.transform(frame).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    "text", ["0x" + "f" * 300, "1" * 400 + " days", "P" + "9" * 400 + "D", "9" * 5000 + ":00:00", "9" * 5000]
)
@pytest.mark.filterwarnings("ignore:column 'a' is read as numbers, and some have more digits")
def test_no_length_of_digits_is_an_error_without_a_name(text):
    table = table_of(f"a,y\n1,{text}\n{text},2\n", target="y")
    assert table["y"].to_pylist() == [text, "2"]
    with pytest.raises(ValueError, match=r"^column 'a'"):
        Features.learn(table.select(["a"]), {"a": "numbers"})


@pytest.mark.parametrize("frame", [
    pd.DataFrame({"a": [np.inf, 1.0]}), pl.DataFrame({"a": [np.inf, 1.0]}), pa.table({"a": [np.inf, 1.0]}),
    pd.DataFrame({"a": pd.Categorical([np.inf, 1.0])}), pd.DataFrame({"a": pd.Series([np.inf, "1"], dtype=object)}),
])  # fmt: skip
def test_infinity_may_be_a_category(frame):
    assert Features.learn(frame, {"a": "text"}).columns[0].categories == ("1", "inf")


@pytest.mark.parametrize("values", [[10**400, 1], [np.timedelta64(1, "Y"), np.timedelta64(2, "Y")]])
def test_objects_without_a_number_are_refused_with_their_row(values):
    with pytest.raises(ValueError, match="column 'a', row 1"):
        Features.learn(pd.DataFrame({"a": pd.Series(values, dtype=object)}))


@pytest.mark.parametrize(
    "metadata", [b"[" * 100_000, b'{"index_columns": "ab"}', b'{"index_columns": 3}', b"\xff", b"[]"]
)
def test_metadata_of_pandas_that_are_none_are_ignored(metadata):
    pq.write_table(pa.table({"a": [1, 2], "b": [3, 4]}).replace_schema_metadata({b"pandas": metadata}), "t.parquet")
    assert read_table("t.parquet").column_names == ["a", "b"]


def test_what_is_not_utf8_is_told_with_its_line_behind_trailing_separators_too():
    with pytest.raises(ValueError, match=r"t\.csv, line 2: not UTF-8"):
        table_of(b"a,b\n1,caf\xe9,\n2,x,\n")


@pytest.mark.parametrize(("change", "key"), [
    ({"kind": "nothing", "forced": True}, "forced"), ({"kind": "dates", "mean": 1e300}, "mean"),
])  # fmt: skip
def test_forged_columns_are_refused(change, key):
    form = Features.learn(pd.DataFrame({"a": [1.0, 2.0]})).to_dict()
    form["columns"][0] |= change
    with pytest.raises(ValueError, match=f"key '{key}'"):
        Features.from_dict(json.loads(json.dumps(form)))


def test_text_that_no_file_can_hold_is_refused_when_it_is_learned():
    frame = pd.DataFrame({"a": pd.Series(["\ud800", "x"], dtype=object)})
    with pytest.raises(ValueError, match=r"column 'a' has '\\ud800', which is no valid text"):
        MLPClassifier().fit(frame, ["u", "v"])


def test_dates_beyond_the_years_of_python_have_a_string():
    frame = pd.DataFrame({"a": np.array(["-5000-01-01", "20000-01-01", "2020-01-01"], "datetime64[s]")})
    features = Features.learn(frame, {"a": "text"})
    assert features.n_out == 3 and "2020-01-01" in features.columns[0].categories
    assert features.transform(frame).sum() == 3
    Features.learn(pd.DataFrame({"a": ["0001-01-01T00:00:00+23:59"]}), {"a": "dates"})


@pytest.mark.parametrize(("use", "said"), [
    (lambda: table_of("a;b\n1;2\n", separator="ab"), "separator='ab' is not allowed"),
    (lambda: table_of("a;b\n1;2\n", separator=""), "separator='' is not allowed"),
    (lambda: table_of("a;b\n1;2\n", separator="\u00e9"), "is not allowed; give one character"),
    (lambda: table_of("a;b\n1;2\n", separator='"'), "is not allowed; give one character"),
    (lambda: table_of("a;b\n1;2\n", decimal="x"), "decimal='x' is not allowed"),
    (lambda: Spellings(decimal=".."), "decimal='..' is not allowed"),
    (lambda: Spellings(missing="NA"), "missing='NA' is not allowed; give a tuple"),
    (lambda: Spellings(not_missing=(1,)), "is not allowed; give a tuple"),
])  # fmt: skip
def test_separators_and_words_are_checked(use, said):
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        use()


def test_categories_of_intervals_may_be_text():
    frame = pd.DataFrame({"a": pd.cut(pd.Series([1.0, 2.0, 3.0]), 2)})
    assert Features.learn(frame, {"a": "text"}).n_out == 2


def test_learning_and_reading_take_time_by_the_number_of_columns():
    head = ",".join(f"c{i}" for i in range(3000))
    rows = "\n".join(",".join(["1.5"] * 3000) for _ in range(3))
    table = table_of(f"{head}\n{rows}\n")
    assert Features.learn(table).n_in == 3000
