"""The bytes of a CSV text in pieces of whole records, so that each piece can be parsed for itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

CHUNK_BYTES = 2**22  # read at once
BOM = b"\xef\xbb\xbf"
MAX_RECORD_BYTES = 2**24  # as much as `gpunn.data.read_table` allows


class RecordTooLongError(ValueError):
    """No record ends within `MAX_RECORD_BYTES`, as behind a quote that is never closed."""


def pieces(read: Callable[[int], bytes], delimiter: str, first: bytes, last: bool) -> Iterator[tuple[bytes, bool]]:
    """Yield the header with the blank lines before it, then all else in pieces, and whether each ends with a record.

    A quote opens a value only where the value begins, as in RFC 4180 and for Arrow; a line end within such a value is
    part of it. Only the last piece may end otherwise: without a line end, or within a quote that is never closed.

    Parameters
    ----------
    read : callable
        Takes a number n and gives the next n bytes, fewer only at the end.
    delimiter : str
    first : bytes
        Bytes that were already read.
    last : bool
        Whether the text ends with it.

    Raises
    ------
    RecordTooLongError
        Before any piece of that record was given.
    """
    head, whole = _patterns(delimiter)
    pattern, pending = head, first
    while True:
        if pending.endswith(b"\r") and not last:  # a piece must not end between the two bytes of one line end
            pending += read(1)
        closed = end = _end(pending, pattern)
        if last and (pattern is whole or not end):
            end = len(pending)
        if end:
            yield pending[:end], end == closed
            pending = pending[end:]
            if pattern is head:
                pattern = whole
                continue
        if last:
            return
        if len(pending) > MAX_RECORD_BYTES:
            raise RecordTooLongError
        data = read(CHUNK_BYTES)
        last = len(data) < CHUNK_BYTES
        pending += data


def count_lines(text: bytes) -> int:
    """Number of line ends, be they of Unix, Windows or old Macs."""
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Blank lines and a record, and any number of records; both begin with a line end, and never look back."""
    start = rb"[\r\n" + re.escape(delimiter.encode()) + rb"]"
    plain, quoted, stray = rb'[^"\r\n]++', rb"(?<=" + start + rb')"[^"]*+(?:""[^"]*+)*+"', rb"(?<!" + start + rb')"'
    record = rb"(?:" + plain + rb"|" + quoted + rb"|" + stray + rb")*+(?:\r\n?|\n)"
    return re.compile(rb"[\r\n]++" + record), re.compile(rb"\n(?:" + record + rb")*+")


def _end(text: bytes, pattern: re.Pattern[bytes]) -> int:
    """End of the last whole record; 0 if there is none."""
    if b'"' not in text and pattern.pattern.startswith(rb"\n"):
        return max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
    match = pattern.match(b"\n" + text)
    return match.end() - 1 if match else 0
