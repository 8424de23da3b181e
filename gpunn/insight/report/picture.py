"""Pictures for the page: what Matplotlib draws as SVG within the HTML, and rows that are images.

The SVG is read and written anew as a tree, so that ids are unique in the page, colours follow its light or dark
theme, each picture has a name and a description for those who cannot see it, and no address of anything is left.
"""

from __future__ import annotations

import base64
import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np

from gpunn.insight.displays.style import SERIES, pyplot
from gpunn.insight.report.page import Html, text

INK, LINE = "#1b1f24", "#d1d9e0"
THEME = {INK: "var(--ink)", LINE: "var(--line)", "#000000": "var(--ink)", "#808080": "var(--soft)"} | {
    colour.lower(): f"var(--s{i})" for i, colour in enumerate(SERIES)
}
LOOK = {
    "svg.fonttype": "none",  # text stays text: smaller, can be searched, and in the fonts of the reader
    "font.sans-serif": ["DejaVu Sans"],  # measures the text; the page's own font shows it
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "axes.titlesize": 11,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
COLOUR = re.compile(r"#[0-9a-f]{6}")
REFERENCE = re.compile(r"#(?=[A-Za-z])")


def picture(
    name: str,
    title: str,
    description: str,
    draw: Callable[[Any], Any],
    size: tuple[float, float] = (4.6, 2.9),
    least: float = 0.0,
) -> Html:
    """Figure of the page that a function draws on axes.

    Parameters
    ----------
    name : str
        A prefix for ids, unique in the page.
    title, description : str
        For those who hear the page; the title is shown too.
    draw : callable
        It takes the Axes.
    size : (width, height)
        In inches of 96 CSS pixels at most.
    least : float, default=0
        The width, in inches, that it keeps on a narrow page.
    """
    plt = pyplot("html_report")
    from matplotlib.figure import Figure

    with plt.style.context(["default", LOOK]), warnings.catch_warnings():
        # Labels may be in any script: the reader's browser has fonts for them that Matplotlib has not.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = Figure(size, layout="constrained")
        draw(figure.add_subplot())
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = _inline(file.getvalue(), name, title, description)
    style = f"max-width: {size[0] * 96:.0f}px; min-width: {least * 96:.0f}px"
    return Html(f'<figure style="{style}"><figcaption>{text(title)}</figcaption>{svg}</figure>')


def _inline(data: bytes, name: str, title: str, description: str) -> str:
    root = ET.fromstring(data)
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(key): _themed(_local(key), value, name) for key, value in element.attrib.items()}
    box = root.attrib["viewBox"]
    root.attrib = {"viewBox": box, "role": "img", "aria-labelledby": f"{name}-title {name}-description"}
    for place, (tag, content) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(tag, {"id": f"{name}-{'title' if tag == 'title' else 'description'}"})
        element.text = content
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """A name without its namespace: within HTML, SVG needs none."""
    return name.rpartition("}")[2]


def _themed(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return value if value.startswith("data:") else REFERENCE.sub(f"#{name}-", value)
    if key == "clip-path":
        return REFERENCE.sub(f"#{name}-", value)
    if key in ("style", "fill", "stroke"):
        value = value.replace("'DejaVu Sans'", "system-ui")
        return COLOUR.sub(lambda found: THEME.get(found[0], found[0]), value)
    return value


def image_of(row: np.ndarray, shape: tuple[int, int], limits: tuple[float, float], label: str) -> Html:
    """A row of numbers as a small grey image, dark where numbers are great, as ink on paper is."""
    from matplotlib.image import imsave

    file = io.BytesIO()
    imsave(file, row.reshape(shape), format="png", cmap="gray_r", vmin=limits[0], vmax=limits[1])
    data = base64.b64encode(file.getvalue()).decode()
    return Html(f'<img src="data:image/png;base64,{data}" alt="{text(label)}">')
