"""A CSV text is cut only where a record ends, whatever stands in its quotes."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from gpunn.data import records
from gpunn.data.records import RecordTooLongError, count_lines, pieces

VALUES = ["", "1", "plain", 'a "word"', "two\nlines", "a,b", '"', "x\r\ny", "é", 'end"', "\n\n"]


def cut(text, monkeypatch, chunk, delimiter=","):
    monkeypatch.setattr(records, "CHUNK_BYTES", chunk)
    stream = io.BytesIO(text)
    first = stream.read(chunk)
    found = list(pieces(stream.read, delimiter, first, len(first) < chunk))
    assert all(closed for _, closed in found[:-1])
    return [piece for piece, _ in found]


def rows_of(text, delimiter=","):
    return [row for row in csv.reader(io.StringIO(text.decode(), newline=""), delimiter=delimiter) if row]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_pieces_hold_the_records_of_the_whole(monkeypatch, end, delimiter):
    rng = np.random.default_rng(0)
    for chunk in (1, 7, 30, 10**6):
        written = io.StringIO(newline="")
        writer = csv.writer(written, delimiter=delimiter, lineterminator=end)
        writer.writerows([VALUES[i] for i in rng.integers(0, len(VALUES), 3)] for _ in range(40))
        text = written.getvalue().encode()
        found = cut(text, monkeypatch, chunk, delimiter)
        assert b"".join(found) == text
        assert [row for piece in found for row in rows_of(piece, delimiter)] == rows_of(text, delimiter)
        assert len(found) > 20 or chunk > 7


def test_the_first_piece_is_the_header_alone(monkeypatch):
    assert cut(b'\n\r\n"a\nb",c\n1,2\n3,4\n', monkeypatch, 100) == [b'\n\r\n"a\nb",c\n', b"1,2\n3,4\n"]
    assert cut(b"a,b", monkeypatch, 2) == [b"a,b"]
    assert cut(b"", monkeypatch, 2) == []


def test_a_quote_within_a_value_opens_nothing(monkeypatch):
    assert cut(b'a,b\n5" pipe,1\n6,2\n', monkeypatch, 8)[1:] == [b'5" pipe,1\n', b"6,2\n"]


def test_a_quote_that_is_never_closed_is_in_the_last_piece(monkeypatch):
    assert cut(b'a,b\n1,2\n3,"x\n4,5\n', monkeypatch, 4)[-1] == b'3,"x\n4,5\n'


@pytest.mark.parametrize(("end", "closed"), [(b"3,4\n", True), (b"3,4", False), (b'3,"4\n', False), (b'3,"4"\n', True)])
def test_it_is_told_whether_the_last_piece_ends_with_a_record(end, closed):
    found = list(pieces(io.BytesIO().read, ",", b"a,b\n1,2\n" + end, True))
    assert found == [(b"a,b\n", True), (b"1,2\n" + end, closed)]


def test_a_record_that_never_ends_is_given_up_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 100)
    asked = []

    def read(n):
        asked.append(n)
        return b"x" * n

    monkeypatch.setattr(records, "CHUNK_BYTES", 30)
    with pytest.raises(RecordTooLongError):
        list(pieces(read, ",", b"a,b\n" + b"1,2\n" * 7, False))
    assert sum(asked) < 200


@pytest.mark.parametrize(("text", "n"), [(b"a\nb\n", 2), (b"a\r\nb\r\n", 2), (b"a\rb", 1), (b"", 0), (b"\n\r\n\r", 3)])
def test_lines_of_every_kind_are_counted(text, n):
    assert count_lines(text) == n


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_windows_line_ends_are_never_cut(monkeypatch, chunk):
    found = cut(b"a,b\r\n1,2\r\n\r\n3,4\r\n", monkeypatch, chunk)
    assert sum(map(count_lines, found)) == 4 and not any(piece.startswith(b"\n") for piece in found)
