"""The dialect of a CSV text: its separator, decimal point and trailing separators, told from its first lines."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_BYTES = 2**16
SAMPLE_ROWS = 100

DIRECTIVE = re.compile(rb'\A\s*"?sep=([^"\r\n\x00\x80-\xff])"?[ \t]*(?=\r|\n|\Z)', re.IGNORECASE)
WITH_COMMA = re.compile(r"\s*[+-]?\d+,(\d+)\s*", re.ASCII)
WITH_POINT = re.compile(r"\s*[+-]?\d+\.(\d+)\s*", re.ASCII)
GROUPED = re.compile(r"\s*[+-]?[1-9]\d{0,2}(?:\.\d{3})+,\d+\s*", re.ASCII)  # 1.234,5


@dataclass(frozen=True)
class Dialect:
    """Dialect in which the rows of a CSV file are written.

    Parameters
    ----------
    separator : str
    decimal : {".", ","} or None
        None where there is no number that tells.
    trailing : bool
        Whether each row of data ends with a separator behind its last value.
    """

    separator: str
    decimal: str | None = None
    trailing: bool = False


def directive(text: bytes) -> tuple[str | None, bytes]:
    """The separator that a first line ``sep=;`` names, if there is one, and the text with that line made blank."""
    found = DIRECTIVE.match(text)
    return (found[1].decode("latin-1"), text[found.end() :]) if found else (None, text)


def dialect_of(text: bytes, usual: str, separator: str | None = None, decimal: str | None = None) -> Dialect:
    """The dialect of the text that begins so.

    Parameters
    ----------
    text : bytes
    usual : str
        The separator to expect; another is taken only where this one does not part the first rows alike.
    separator, decimal : str, optional
        Known parts of the dialect.
    """
    sample = text[:SAMPLE_BYTES].decode("utf-8", "replace")
    if len(text) > SAMPLE_BYTES:  # the last line is cut off
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1]
    candidates = (separator,) if separator else (usual, *(s for s in SEPARATORS if s != usual))
    for candidate in candidates:
        rows = _rows(sample, candidate)
        trailing = _trailing(rows)
        width = len(rows[0]) + trailing if rows else 0
        if width > 1 and all(len(row) == width for row in rows[1:]):
            ends_so = trailing or (not rows[0][-1].strip() and len(rows) > 1 and not any(row[-1] for row in rows))
            return Dialect(candidate, decimal or _decimal(rows, candidate), ends_so)
    chosen = separator or usual
    return Dialect(chosen, decimal or _decimal(_rows(sample, chosen), chosen))


def _rows(sample: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    try:
        return list(itertools.islice((row for row in reader if row), SAMPLE_ROWS))
    except csv.Error:
        return []


def _trailing(rows: list[list[str]]) -> bool:
    """True if all rows but the header have one value more, and that an empty one."""
    width = len(rows[0]) + 1 if rows else 0
    return len(rows) > 1 and all(len(row) == width and not row[-1] for row in rows[1:])


def _decimal(rows: list[list[str]], separator: str) -> str | None:
    values = [value for row in rows[1:] for value in row]
    if any(map(GROUPED.fullmatch, values)):
        return ","
    commas, points = (
        [len(found[1]) for found in map(form.fullmatch, values) if found] for form in (WITH_COMMA, WITH_POINT)
    )
    # 1,234 and 1.234 may be a thousand. A comma counts all the same where semicolons part the values, as only decimal
    # commas make them do.
    if any(n != 3 for n in points):
        return "."
    return "," if any(separator == ";" or n != 3 for n in commas) else None
