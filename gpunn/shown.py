"""Values and strings that others wrote, as shown in messages, terminals and notebooks: short, escaped, and without
control characters."""

from __future__ import annotations

import html
import json
import re
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any

MAX_LETTERS = 80

# What moves a cursor, ends a line, or lets text run backwards; and halves of surrogate pairs, which are no text.
CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CONTROLS_IN_LINES = re.compile(CONTROLS.pattern.replace("\0-\x1f", "\0-\x09\x0b-\x1f"))


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # Python makes no string of more than some thousands of digits
            return f"<an integer of {x.bit_length():,} bits>"


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = MAX_LETTERS
MAX_SHOWN = 300


def show(value: Any) -> str:
    """The form of a value in a message: never long."""
    found = _SHORT.repr(value)
    return found if len(found) <= MAX_SHOWN else f"{found[: MAX_SHOWN - 3]}..."


def printable(text: str, lines: bool = False) -> str:
    """A string with its control characters as escapes of JSON and Python, ``\\u001b``; with ``lines`` the ends of lines
    are left."""
    return (CONTROLS_IN_LINES if lines else CONTROLS).sub(_escape, text)


def brief(text: str) -> str:
    """A name in a message: printable, and cut where it is long."""
    text = printable(text)
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 3]}..."


def html_paragraph(text: str) -> str:
    """A string as a paragraph of HTML, escaped."""
    return f"<p>{html.escape(printable(text))}</p>"


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Texts as a table of HTML, escaped; the first column names the rows. It has no colours: notebooks set them."""
    lines = [
        f"<thead><tr>{''.join(_cell('th', name, 'col') for name in head)}</tr></thead>",
        "<tbody>",
        *(f"<tr>{_cell('th', row[0], 'row')}{''.join(_cell('td', value) for value in row[1:])}</tr>" for row in rows),
        "</tbody>",
    ]
    return "\n".join(["<table>", *lines, "</table>"])


def _cell(tag: str, text: str, scope: str = "") -> str:
    of = f' scope="{scope}"' if scope else ""
    return f'<{tag}{of} style="text-align: right">{html.escape(printable(text))}</{tag}>'


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f"  # which JSON lets be
