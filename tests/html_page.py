"""A page of HTML taken apart, for tests of what stands in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3", "h4", "p", "br"),
    *("strong", "pre"),
    *("div", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"),
    *("svg", "desc", "g", "defs", "path", "use", "text", "tspan", "clippath", "rect", "image"),
}


class Page(HTMLParser):
    """A page taken apart; what is not sound HTML is an error."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.source, self.open, self.elements, self.texts, self.drawn = source, [], [], [], {}
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "svg":
            self.picture = self.drawn.setdefault(dict(attrs)["aria-labelledby"].split("-title")[0], [])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))
        if self.open[-1:] == ["text"]:
            self.picture.append(data)

    @property
    def text(self):
        """All text that is shown, in order."""
        return " ".join(data for where, data in self.texts if "style" not in where)

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]

    def tile(self, name):
        """The value beside a name."""
        return re.search(f"<dt>(?:{name})</dt><dd>(.*?)</dd>", self.source)[1]

    def rows(self, caption):
        """The cells of the table whose caption begins so."""
        start = self.source.index(f"<caption>{caption}")
        table = self.source[start : self.source.index("</table>", start)]
        return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[2:]]
