"""The guide's code runs from top to bottom in one session, and gives what stands under it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed (gpunn[plots])")

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "guide.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The names that are defined at the end, and for each text block what was printed and what stands there."""
    import matplotlib

    matplotlib.use("agg")
    names, printed, pairs = {}, "", []
    with contextlib.chdir(tmp_path_factory.mktemp("guide")):
        for kind, content in BLOCK.findall(GUIDE):
            if kind == "text":
                pairs.append((printed, content))
                continue
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(content, "docs/guide.md", "exec"), names)
            printed = out.getvalue()
        names["report"] = Path("report.html").read_text(encoding="utf-8")
    yield names, pairs
    from matplotlib import pyplot

    pyplot.close("all")


def test_the_code_of_the_page_on_tables_runs(capsys):
    for _, content in BLOCK.findall((DOCS / "tables.md").read_text(encoding="utf-8")):
        exec(compile(content, "docs/tables.md", "exec"), {})
    assert "colour  text     one of 3: blue, green, red" in capsys.readouterr().out


def test_what_is_printed_stands_in_the_guide(session):
    _, pairs = session
    assert len(pairs) == GUIDE.count("\n```text\n")
    for printed, stands in pairs:
        assert printed == stands


def test_what_the_guide_says_of_the_networks_is_so(session):
    names, _ = session
    assert names["clf"].score(names["X_test"], names["y_test"]) == pytest.approx(0.97, abs=0.02)
    found = {(finding.name, finding.layer) for finding in names["before"].findings}
    assert {("saturated_layer", 1), ("saturated_layer", 2)} & found
    assert any(name == "slowed_output" for name, _ in found)
    scores = [names[run].score(names["scaled"], names["y_train"]) for run in ("naive", "mended")]
    assert scores[1] > scores[0] + 0.05
    costs = {solver: run.history_.cost[-1] for solver, run in names["runs"].items()}
    assert costs["lbfgs"] < costs["adam"] < costs["sgd"]
    assert "<svg" in names["report"]


@pytest.mark.parametrize("page", ["guide.md", "gallery.md"])
def test_what_is_linked_is_there(page):
    links = re.findall(r"\]\(([^)#]*)(?:#(\w+))?\)", (DOCS / page).read_text(encoding="utf-8"))
    assert len(links) > 5
    for file, heading in links:
        target = DOCS / (file or page)
        assert target.is_file(), file
        assert not heading or f"\n## {heading}\n" in target.read_text(encoding="utf-8"), f"{file}#{heading}"


def test_what_is_named_is_there():
    house = DOCS.parent
    named = set(re.findall(r"`((?:gpunn|examples)/[\w/]+(?:\.py)?)`", GUIDE))
    assert named and all((house / name).exists() for name in named)
