"""HTML of the report: every value is escaped where it enters, and what is HTML already has a type of its own."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, NewType

from gpunn.insight.displays.style import printable

Html = NewType("Html", str)


class Report(str):
    """A page, which notebooks show in a frame of its own."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        frame = "width: 100%; height: 40rem; border: 1px solid"
        return f'<iframe sandbox title="gpunn report" style="{frame}" srcdoc="{html.escape(self)}"></iframe>'


# Nothing but the page itself: no script, no request; pictures of rows are data within it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f7f9; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0;
  --s0: #0072b2; --s1: #c24f00; --s2: #00805d; --s3: #b0508a; --s4: #9a6700; --s5: #2a7fb0; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --card: #1d2126; --ink: #e8ebee; --soft: #a3adb8;
  --line: #3a424b; --s0: #58b4ec; --s1: #f08a4b; --s2: #35c79f; --s3: #e29cc4; --s4: #e9b44c; --s5: #8fd0f5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.soft, caption, figcaption { color: var(--soft); font-size: .9rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .7rem; margin: 1.1rem 0;
  padding: 0; }
.tiles div { background: var(--card); border-radius: 8px; padding: .6rem .8rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .8rem 0; }
.scroll:focus-visible { outline: 2px solid var(--s0); }
table { border-collapse: collapse; font-size: .92rem; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
  max-width: 22rem; overflow-wrap: break-word; }
tbody th { min-width: 5.5rem; }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.2rem;
  margin: .8rem 0; align-items: start; }
figure { margin: 0; min-width: 0; }
svg { display: block; width: 100%; height: auto; }
svg * { stroke-linejoin: round; stroke-linecap: butt; }
.rows { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .9rem; margin: .8rem 0; }
.rows img { width: 100%; max-width: 9rem; image-rendering: pixelated; border: 1px solid var(--line); display: block; }
.finding { border-left: 4px solid var(--s1); background: var(--card); border-radius: 0 8px 8px 0; padding: .6rem 1rem;
  margin: .8rem 0; }
.finding h4 { font-size: 1rem; margin: 0; }
.follows { border-left: 2px solid var(--line); font-size: .9rem; padding: .3rem 1rem; }
.follows h4 { font-size: .95rem; }
pre { background: var(--card); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto; font-size: .85rem; }
@media print { .scroll { overflow: visible; } figure, .finding { break-inside: avoid; } }
"""


def text(value: Any, length: int = 200) -> Html:
    """A value as one line of text, cut to a length."""
    return Html(html.escape(printable(value, length)))


def join(parts: Iterable[Html]) -> Html:
    return Html("\n".join(parts))


def paragraph(value: str, *, soft: bool = False) -> Html:
    return Html(f'<p class="soft">{text(value, 2000)}</p>' if soft else f"<p>{text(value, 2000)}</p>")


def heading(value: str) -> Html:
    """Heading of a part of a section."""
    return Html(f"<h3>{text(value)}</h3>")


def section(title: str, *parts: Html) -> Html:
    return Html(f"<section>\n<h2>{text(title)}</h2>\n{join(parts)}\n</section>")


def preformatted(value: str, label: str) -> Html:
    """Lines as they are, for commands and manifests."""
    lines = "\n".join(printable(line, 2000) for line in value.strip().splitlines())
    return Html(f'<pre tabindex="0" role="region" aria-label="{text(label)}">{html.escape(lines)}</pre>')


def tiles(facts: Iterable[tuple[str, str]]) -> Html:
    """Names and values side by side."""
    cells = "\n".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in facts)
    return Html(f'<dl class="tiles">\n{cells}\n</dl>')


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Iterable[int] = ()) -> Html:
    """A table that scrolls where it is too wide; the first column names the rows.

    Parameters
    ----------
    caption : str
    head : sequence of str
        Names of the columns.
    rows : iterable of sequences
        Values; what is no text is written as str() has it.
    numbers : iterable of int
        Columns that are aligned to the right.
    """
    right = set(numbers)
    columns = "".join(_cell("th", "col", i in right, name) for i, name in enumerate(head))
    lines = "\n".join(
        f"<tr>{''.join(_cell('td' if i else 'th', 'row', i in right, value) for i, value in enumerate(row))}</tr>"
        for row in rows
    )
    made = f"<table><caption>{text(caption)}</caption>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{lines}\n</tbody>"
    return scroll(caption, Html(f"{made}</table>"))


def _cell(tag: str, scope: str, number: bool, value: Any) -> str:
    of = f' scope="{scope}"' if tag == "th" else ""
    kind = ' class="number"' if number else ""
    return f"<{tag}{of}{kind}>{text(value)}</{tag}>"


def scroll(label: str, part: Html) -> Html:
    """A part that scrolls sideways where it is too wide for the page, by keys too."""
    return Html(f'<div class="scroll" tabindex="0" role="region" aria-label="{text(label)}">{part}</div>')


def pictures(parts: Iterable[Html]) -> Html:
    """Pictures side by side where there is room."""
    return Html(f'<div class="pictures">\n{join(parts)}\n</div>')


def page(title: str, *parts: Html) -> Report:
    """The whole page."""
    return Report(
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{join(parts)}\n</main>\n</body>\n</html>\n"
    )
