"""Reading tables: what a file says is what the table holds, and what is wrong is named with its place."""

from __future__ import annotations

import datetime
import decimal
import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from gpunn.data import csv_text, read_table, records, split_target
from gpunn.features import FeatureWarning, spellings


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
        return path

    return write_file


def refusal(path, **kwargs):
    """The message of the refusal to read a file, which must name the file."""
    with pytest.raises(ValueError) as caught:
        read_table(path, **kwargs)
    message = str(caught.value)
    assert str(path) in message
    return message


@pytest.mark.parametrize(
    ("name", "separator"),
    [("a.csv", ","), ("a.CSV", ","), ("a.tsv", "\t"), ("a.txt", ","), ("a.txt", "\t"), ("a.tsv.GZ", "\t")],
)
def test_every_kind_of_text_gives_the_same_table(write, name, separator):
    lines = ["n,x,word,yes,day", "1,0.5,red,true,2020-01-02", "2,-1e3,blue,false,1969-12-31"]
    table = read_table(write(name, "\n".join(lines).replace(",", separator)))
    assert table.to_pydict() == {
        "n": [1, 2],
        "x": [0.5, -1000.0],
        "word": ["red", "blue"],
        "yes": [True, False],
        "day": [datetime.date(2020, 1, 2), datetime.date(1969, 12, 31)],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
def test_line_ends_byte_order_mark_and_blank_lines_do_not_matter(write, start, end):
    table = read_table(write("a.csv", start + f"a,b{end}1,x{end}{end}2,y{end}"))
    assert table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("spelling", spellings.MISSING)
@pytest.mark.parametrize("before", ["", " "])
def test_each_spelling_of_missing_is_missing_in_numbers_and_in_text(write, spelling, before):
    table = read_table(write("a.csv", f"n,word,end\n{before}{spelling},{before}{spelling},0\n3,x,0\n"))
    assert table.to_pydict() == {"n": [None, 3], "word": [None, "x"], "end": [0, 0]}


def test_none_is_a_category(write):
    assert read_table(write("a.csv", "veneer,n\nNone,1\nbrick,2\n")).column("veneer").null_count == 0


def test_types_come_from_all_rows(write, monkeypatch):
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 64)
    monkeypatch.setattr(records, "CHUNK_BYTES", 64)
    column = read_table(write("a.csv", "a\n" + "1\n" * 1000 + "x\n")).column("a")
    assert column.num_chunks > 9  # so many blocks were read
    assert column.to_pylist() == ["1"] * 1000 + ["x"]


def test_quotes_hold_separators_and_line_ends(write):
    table = read_table(write("a.csv", 'a,b\n"x,\ny","say ""yes"""\n1,"last\nline"\n'))
    assert table.to_pydict() == {"a": ["x,\ny", "1"], "b": ['say "yes"', "last\nline"]}


@pytest.mark.parametrize("names", [["code"], ("code",), "code"])
@pytest.mark.filterwarnings("ignore:column 'code' is read as numbers, and some have leading zeros")
def test_columns_as_text_keep_leading_zeros(write, names):
    path = write("a.csv", "code,n\n007,1\nNA,2\n")
    assert read_table(path).column("code").to_pylist() == [7, None]
    assert read_table(path, columns_as_text=names).column("code").to_pylist() == ["007", None]


def test_columns_as_text_of_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"n": [1, None], "b": [True, False], "l": [[1], [2]]}), path)
    table = read_table(path, columns_as_text=["b", "n"])
    assert table.to_pydict() == {"n": ["1", None], "b": ["true", "false"], "l": [[1], [2]]}
    assert "'l' cannot be read as text" in refusal(path, columns_as_text=["l"])


def test_quoted_line_ends_do_not_part_blocks(write, monkeypatch):
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 64)
    monkeypatch.setattr(records, "CHUNK_BYTES", 64)
    values = [f"x{i}\n" * 5 for i in range(100)]
    table = read_table(write("a.csv", "n,b\n" + "".join(f'1,"{value}"\n' for value in values)))
    assert table.column("b").to_pylist() == values


def test_columns_as_text_must_be_there(write):
    message = refusal(write("a.csv", "colour,n\nred,1\n"), columns_as_text=["color"])
    assert "columns_as_text" in message and "'color'" in message and "Did you mean 'colour'?" in message


def test_parquet_comes_back_as_written(tmp_path):
    table = pa.table({"n": [1, None], "word": ["", None], "c": pa.array(["u", "v"]).dictionary_encode()})
    folder = tmp_path / "part=3"  # a column for some readers
    folder.mkdir()
    pa.parquet.write_table(table, folder / "a.parquet")
    assert read_table(str(folder / "a.parquet")).equals(table)


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz", "a.parquet.gz", ".csv", "csv"])
def test_other_suffixes_are_refused(write, name):
    message = refusal(write(name, "a\n1\n"))
    assert all(suffix in message for suffix in (".csv", ".tsv", ".txt", ".gz", ".parquet"))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv: there is no such file"):
        read_table(tmp_path / "none.csv")


def test_a_directory(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(IsADirectoryError, match=r"a\.csv is a directory"):
        read_table(tmp_path / "a.csv")


def test_no_permission(write, monkeypatch):
    def refuse(*args):
        raise PermissionError  # chmod does not stop root, who may run the tests

    monkeypatch.setattr("gpunn.data.tables.open", refuse, raising=False)
    with pytest.raises(PermissionError, match=r"a\.csv: no permission"):
        read_table(write("a.csv", "a\n1\n"))


@pytest.mark.parametrize("content", ["", "\n \n\n", "\ufeff", "\ufeff\r\n"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_an_empty_file(write, name, content):
    assert "is empty" in refusal(write(name, content))


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "\n\na,b\r\n\r\n", '"a\nb",c\n'])
def test_a_header_without_rows(write, content):
    assert "no rows" in refusal(write("a.csv", content))


def test_parquet_without_rows_or_damaged(write, tmp_path):
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    assert "no rows" in refusal(path)
    assert "not a Parquet file" in refusal(write("b.parquet", b""))
    assert "not a Parquet file" in refusal(write("c.parquet", "a,b\n1,2\n"))
    pa.parquet.write_table(pa.table({"a": ["x" * 10] * 1000}, metadata={}), path)
    assert "not a Parquet file" in refusal(write("d.parquet", path.read_bytes()[:-30]))


def test_damaged_gzip(tmp_path, write):
    whole = write("a.csv.gz", "a,b\n" + "".join(f"{i},{i * i}\n" for i in range(5000)))
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole.read_bytes()[:-2000])
    assert "gzip" in refusal(cut)
    plain = tmp_path / "plain.csv.gz"
    plain.write_text("a,b\n1,2\n")
    assert "gzip" in refusal(plain)


def test_repeated_column_names(write, tmp_path):
    message = refusal(write("a.csv", "a,b,a\n1,2,3\n"))
    assert "number 1 and 3" in message and "'a'" in message
    pa.parquet.write_table(pa.table([[1], [2]], names=["x", "x"]), tmp_path / "a.parquet")
    assert "number 1 and 2" in refusal(tmp_path / "a.parquet")


@pytest.mark.parametrize("header", [",a", "a,", "a, "])
def test_nameless_columns(write, header):
    assert f"number {2 - header.startswith(',')} has no name" in refusal(write("a.csv", f"{header}\n0,1\n"))


def test_the_index_of_pandas_is_no_column(tmp_path):
    pa.parquet.write_table(pa.table({"a": [1], "__index_level_0__": [7]}), tmp_path / "a.parquet")
    assert "number 2 has no name" in refusal(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        ("a,b\n1,2\n1,2,3\n4,5\n", 3, "3 values"),
        ("a,b\n1,2\n\n\n1\n", 5, "1 values"),  # blank lines are lines
        ('a,b\n1,"2\n3"\n1\n', 4, "1 values"),  # a row of two lines
        ("a,b\r1,2\r1\r", 3, "1 values"),
        ('\ufeff"a,c",b\r\n1,2\r\n1,2,3\r\n', 3, "3 values"),
        ("a,b\n" + "1,2\n" * 1000 + "3\n" + "1,2\n" * 1000 + "4,5,6\n", 1002, "1 values"),
    ],
)
def test_the_line_of_the_first_ragged_row_is_named(write, monkeypatch, content, line, found):
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 64)
    monkeypatch.setattr(records, "CHUNK_BYTES", 64)  # many blocks, read side by side
    message = refusal(write("a.csv", content))
    assert f"line {line}: {found} for 2 columns" in message


@pytest.mark.parametrize("length", [3, 200_000])
def test_a_quote_that_is_never_closed(write, length):
    message = refusal(write("a.csv", 'a,b\n1,"x"\n2,"y\n' + "3,z\n" * length))
    assert "line 3: a quote is opened and never closed" in message


def test_a_quote_that_is_never_closed_in_the_header(write):
    assert "a quote that is never closed, from line 1 on" in refusal(write("a.csv", 'a,"b\n1,2\n'))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,x\n2,é\n".encode("latin-1"), "line 3: not UTF-8 (byte number 3 of the line is 0xe9)"),
        ("é,b\n1,x\n".encode("latin-1"), "line 1: not UTF-8"),
        (b"a,b\n1,x\n2,y\0z\n", "line 3: a NUL byte"),
        (b"a,\0b\n1,x\n", "line 1: a NUL byte"),
        ("a,b\n1,x\n".encode("utf-16"), "line 1: "),
        (b"PK\x03\x04" + bytes(range(256)) * 4, "line 1: a NUL byte"),
        (b"\0" * 100, "line 1: a NUL byte"),
        (b"\xff\xfe", "line 1: not UTF-8"),
    ],
)
@pytest.mark.parametrize("as_text", [(), ("b",)])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_what_is_not_utf8_text_is_named_with_its_line(write, name, content, said, as_text):
    assert said in refusal(write(name, content), columns_as_text=as_text)


def test_another_separator_is_not_taken_for_one_column(write):
    assert "something else than ','" in refusal(write("a.csv", "a:b\n1,5:2\n"))
    assert "another separator than '\\t'" in refusal(write("a.tsv", "a,b\n1\n"))
    assert read_table(write("b.csv", "a\n1;2\n")).column("a").to_pylist() == ["1;2"]


def test_lines_longer_than_a_block_of_arrow(write):
    names = ",".join(f"x{i:0599}" for i in range(2000))  # 1.2 MB, where Arrow's own blocks have 1 MiB
    assert read_table(write("a.csv", f"{names}\n{names}\n")).shape == (1, 2000)


def test_split_target_leaves_the_others_as_they_were():
    table = pa.table({"a": [1, 2], "y": ["u", "v"], "b": [0.5, None]})
    features, y = split_target(table, "y")
    assert features.equals(table.select(["a", "b"]))
    assert y.tolist() == ["u", "v"]


@pytest.mark.parametrize(
    ("column", "dtype", "expected"),
    [
        (pa.array([3, 1], pa.int8()), np.int64, [3, 1]),
        (pa.array([2**63 - 1], pa.uint64()), np.int64, [2**63 - 1]),
        (pa.array([0.5, 2.0], pa.float32()), np.float64, [0.5, 2.0]),
        (pa.array([decimal.Decimal("1.25")]), np.float64, [1.25]),
        (pa.array([True, False]), np.bool_, [True, False]),
        (pa.array(["b", "a"]), np.object_, ["b", "a"]),
        (pa.array(["b", "a"]).dictionary_encode(), np.object_, ["b", "a"]),
        (pa.array([7, 5]).dictionary_encode(), np.int64, [7, 5]),
        (pa.array([datetime.date(2020, 1, 2)]), np.object_, ["2020-01-02"]),
    ],
)
def test_the_target_has_the_type_of_its_column(column, dtype, expected):
    y = split_target(pa.table({"a": [0] * len(column), "y": column}), "y")[1]
    assert y.dtype == dtype
    assert y.tolist() == expected
    assert all(type(label) is type(other) for label, other in zip(y.tolist(), expected, strict=True))


def test_an_unknown_target_is_refused_with_the_closest_name():
    table = pa.table({f"c{i}": [0] for i in range(20)} | {"species": [1]})
    with pytest.raises(ValueError, match=r"target='specie'.*Did you mean 'species'\?.*'c0'.*\(21 in all\)"):
        split_target(table, "specie")


def test_a_target_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="more than one column"):
        split_target(pa.table([[1], [2]], names=["y", "y"]), "y")


@pytest.mark.parametrize(
    ("column", "n", "row"),
    [
        (["a", None, "b", None], 2, 2),
        ([1.0, 1.0, float("nan"), None], 2, 3),
        ([True, True, False, None], 1, 4),
        ([None] * 4, 4, 1),
    ],
)
def test_missing_labels_are_counted_and_the_first_is_named(column, n, row):
    table = pa.table({"y": pa.chunked_array([column[:2], column[2:]], pa.array(column).type)})
    with pytest.raises(ValueError, match=f"{n} of 4 labels are missing, the first in row {row}"):
        split_target(table, "y")


@pytest.mark.parametrize("column", [pa.array([[1], [2]]), pa.array([2**64 - 1], pa.uint64()), pa.array([b"\xff"])])
def test_types_that_make_no_labels_are_refused(column):
    with pytest.raises(ValueError, match=r"target='y' of type .* makes no labels"):
        split_target(pa.table({"y": column}), "y")


@pytest.mark.parametrize("code", ["007", "01067", "00"])
def test_codes_with_leading_zeros_are_told(write, code):
    path = write("a.csv", f"code,n\n1,1\n{code},2\n")
    with pytest.warns(FeatureWarning, match=rf"column 'code' is read as numbers.*'{code}' in row 2.*'text'"):
        read_table(path)
    read_table(path, columns_as_text="code")
    read_table(write("b.csv", "n\n0\n10\n0x10\n"))


def test_numbers_of_more_digits_than_are_kept_are_told(write):
    path = write("a.csv", "key,n\n12345678901234567890,1\n12345678901234567891,2\n")
    with pytest.warns(FeatureWarning, match="column 'key'.*more digits than are kept: '12345678901234567890' in row 1"):
        read_table(path)
    read_table(write("b.csv", "x,n\n0.12345678901234567890,1\n12345678901234567,2\n1e300,3\n"), columns_as_text="n")


def test_a_remark_before_the_header_is_told(write):
    assert "Line 1 begins with '#'" in refusal(write("a.csv", "# exported 2024\na,b,c\n1,2,3\n"))
