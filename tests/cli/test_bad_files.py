"""Tables that are none: whichever command reads them, one message that names file and line, and no file left behind."""

from __future__ import annotations

import pytest

from gpunn.data import csv_text, records

HEAD = b"a,word,y\n1,x,p\n"

FILES = {
    "none.csv": (None, "none.csv: there is no such file"), "folder.csv": (None, "folder.csv is a directory"),
    "empty.csv": (b"", "empty.csv: the file is empty"), "blank.csv": (b"\n \n", "blank.csv: the file is empty"),
    "header.csv": (b"a,word,y\n", "header.csv: the file has a header and no rows"),
    "ragged.csv": (HEAD + b"2,x\n", "ragged.csv, line 3: 2 values for 3 columns"),
    "long.csv": (HEAD + b"\n2,x,q,4\n", "long.csv, line 4: 4 values for 3 columns"),
    "nul.csv": (HEAD + b"2,\0,q\n", "nul.csv, line 3: a NUL byte"), "binary.csv": (bytes(range(256)),
    "binary.csv, line 1"),
    "latin.csv": (HEAD + b"2,\xe9,q\n", "latin.csv, line 3: not UTF-8 (byte number 3 of the line is 0xe9)"),
    "utf16.csv": (HEAD.decode().encode("utf-16"), "utf16.csv, line 1: a NUL byte"),
    "twice.csv": (b"a,word,a,y\n1,x,2,p\n", "twice.csv: columns number 1 and 3 have the same name, 'a'"),
    "unnamed.csv": (b",a,word,y\n0,1,x,p\n", "unnamed.csv: column number 1 has no name"),
    "open.csv": (HEAD + b'2,"x,q\n3,x,p\n', "open.csv, line 3: "),
    "last.csv": (HEAD + b'2,x,"q\n3,x,p\n', "last.csv, line 3: "),
    "other.csv": (HEAD.replace(b",", b":"), "other.csv"),
    "mixed.csv": (b"a;word;y\n1;x,p\n", "mixed.csv, line 2: 2 values for 1 columns"),
    "bad.parquet": (b"PAR1 and no more", "bad.parquet: not a Parquet file, or a damaged one"),
    "bad.csv.gz": (HEAD, "bad.csv.gz: not a gzip file, or a damaged one"),
    "table.xlsx": (b"PK", "table.xlsx: the kind of file cannot be told from its name"),
    "table": (HEAD, "table: the kind of file cannot be told"),
}  # fmt: skip

COMMANDS = (
    "train {} --target y -o new.gpunn", "train good.csv --target y --validation {} -o new.gpunn",
    "predict good.gpunn {} -o new.csv", "predict good.gpunn {}", "evaluate good.gpunn {} --confusion new.svg",
    "compare good.gpunn ./good.gpunn {} --plot new.svg", "inspect good.gpunn {}", "report good.gpunn {} -o new.html",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_told(bad_folder, refused, name, command):
    content, said = FILES[name]
    if content is not None:
        (bad_folder / name).write_bytes(content)
    assert said in refused(*command.format(name).split())


@pytest.mark.parametrize("rest", [b"2," + b"x" * 9000 + b",q\n", b'2,"' + b"x,y\n" * 9000])
@pytest.mark.parametrize("command", [command for command in COMMANDS if "new" in command])  # no file is left
def test_a_row_without_end_is_told(bad_folder, refused, monkeypatch, rest, command):
    monkeypatch.setattr(records, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(csv_text, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 4000)
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 4000)
    (bad_folder / "endless.csv").write_bytes(HEAD + rest)
    said = refused(*command.format("endless.csv").split())
    assert "endless.csv, line 3: " in said or "a quote that is never closed" in said
