"""The code and the commands of each page run from top to bottom in one session, and give what stands under them."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from gpunn.cli import main
from gpunn.insight.findings import FINDINGS

pytest.importorskip("matplotlib", reason="Matplotlib is not installed (gpunn[plots])")

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "guide.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)

PAGES = ["index.md", "field_guide.md", "command_line.md", "tables.md", "files.md", "deployment.md", "devices.md"]
PART = re.compile(r"^```(python|sh|yaml|text|none)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+\.?\d*(?:e[-+]?\d+)?")
DURATION = re.compile(r"in \d+\.\d s")


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


def run_commands(lines, monkeypatch):
    """Run each line, which may redirect the streams, and hold its exit code against the one that it names, or 0."""
    for line in lines.splitlines():
        program, *words = shlex.split(line, comments=True)
        files = {}
        while len(words) > 2 and words[-2] in ("<", ">"):
            files[words[-2]] = words[-1]
            words = words[:-2]
        if "<" in files:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(files["<"]).read_bytes())))
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(out) if ">" in files else contextlib.nullcontext():
            code = main(words)
        if ">" in files:
            Path(files[">"]).write_bytes(out.buffer.getvalue())
        assert program == "gpunn"
        assert code == int((re.search(r"# exit code (\d+)", line) or [0, 0])[1]), line


def same(found, stands):
    """Whether two texts are the same but for durations and the last digits of numbers."""
    found, stands = (DURATION.sub("in a while", text) for text in (found, stands))
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (found, stands)]
    words = [NUMBER.sub("0", text) for text in (found, stands)]
    return words[0] == words[1] and numbers[0] == pytest.approx(numbers[1], rel=0.01, abs=1e-3)


@pytest.mark.parametrize("page", [*PAGES, "search.md", "streams.md"])
def test_the_blocks_of_a_page_run_and_give_what_stands_under_them(page, usual_rule, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # pages import the modules that they write
    monkeypatch.setenv("COLUMNS", "80")
    names, printed = {"__name__": "page"}, ("", "")
    for kind, content in PART.findall((DOCS / page).read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(content, page, "exec"), names)
        elif kind == "sh":
            run_commands(content, monkeypatch)
        elif kind == "yaml":
            Path("flowers.yaml").write_text(content, encoding="utf-8")
        elif kind == "text":
            assert same(printed[0], content), printed[0]
        elif content.startswith("gpunn: "):  # others are for shells or show another machine
            assert printed[1] == content
        if kind in ("python", "sh"):
            printed = capsys.readouterr()
    if page == "index.md":
        assert float(printed[0].partition("%")[0]) > 85


def test_what_the_page_on_the_command_line_makes(tmp_path, monkeypatch, capsys):
    """The commands are all there, and the streams carry what files do."""
    page = (DOCS / "command_line.md").read_text(encoding="utf-8")
    commands = {"train", "resume", "predict", "evaluate", "inspect", "report", "export", "devices"}
    assert set(re.findall(r"^gpunn (\w+)", page, flags=re.MULTILINE)) == commands
    monkeypatch.chdir(tmp_path)
    table = next(content for kind, content in PART.findall(page) if kind == "python")
    exec(compile(table, "command_line.md", "exec"), {})
    run_commands("gpunn train - --target species --kind id=drop -q -o piped.gpunn < flowers.csv", monkeypatch)
    run_commands("gpunn train flowers.csv --target species --kind id=drop -q", monkeypatch)
    run_commands("gpunn predict piped.gpunn - < new.csv > piped.csv", monkeypatch)
    run_commands("gpunn predict flowers.gpunn new.csv -o file.csv", monkeypatch)
    assert Path("piped.csv").read_bytes() == Path("file.csv").read_bytes() != b""


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
    scores = [names[run].score(names["scaled"], names["y_train"]) for run in ("naive", "fixed")]
    assert scores[1] > scores[0] + 0.05
    costs = {solver: run.history_.cost[-1] for solver, run in names["runs"].items()}
    assert costs["lbfgs"] < costs["adam"] < costs["sgd"]
    assert "<svg" in names["report"]


@pytest.mark.parametrize("page", ["guide.md", "gallery.md", "benchmarks.md", "recipes.md", *PAGES])
def test_what_is_linked_is_there(page):
    links = re.findall(r"\]\((?!https:)([^)#]*)(?:#([\w-]+))?\)", (DOCS / page).read_text(encoding="utf-8"))
    assert links
    for file, anchor in links:
        target = DOCS / (file or page)
        assert target.is_file(), file
        if anchor:
            headings = re.findall(r"^##+ (.*)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in [heading.lower().replace(" ", "-") for heading in headings], f"{file}#{anchor}"


def test_the_front_page_leads_to_every_page():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        if page.name != "index.md":
            assert f"]({page.name})" in index and f"\n{page.stem}\n" in index, page.name


def test_the_field_guide_has_a_section_for_every_finding():
    page = (DOCS / "field_guide.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (\w+)$", page, flags=re.MULTILINE)
    assert sorted(sections) == sorted([*(find.__name__ for find in FINDINGS), "slowed_softmax"])
    assert re.findall(r"^\| \[`(\w+)`\]\(#\1\)", page, flags=re.MULTILINE) == sections


def test_what_is_named_is_there():
    house = DOCS.parent
    named = set(re.findall(r"`((?:gpunn|examples)/[\w/]+(?:\.py)?)`", GUIDE))
    assert named and all((house / name).exists() for name in named)
