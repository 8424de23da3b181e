"""What README and CONTRIBUTING say is true: their code runs, their files are there, their manifest trains."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from gpunn import MLPClassifier
from gpunn.cli import main

HOUSE = Path(__file__).parents[1]
README = (HOUSE / "README.md").read_text(encoding="utf-8")


NAMES: dict = {}  # the blocks of the page share them, from the first to the last


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[-1][:40])
def test_python_runs_as_it_stands(code, capsys):
    exec(compile(code, "README.md", "exec"), NAMES)
    if "test digits" in code:
        percent = re.match(r"([\d.]+)% of the test digits are right, after \d+ epochs", capsys.readouterr().out)
        assert float(percent[1]) > 95


def test_the_page_of_wishes_runs_as_it_stands(capsys):
    page = (HOUSE / "docs" / "wishes.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    exec(compile(code, "wishes.md", "exec"), {})
    errors = [float(error) for error in re.findall(r"\d+e-\d+", capsys.readouterr().out)]
    assert len(errors) == 4 and max(errors) < 1e-6


def test_the_first_command_trains_the_digits_to_97_5_percent(tmp_path, capsys):
    command = blocks("sh")[0].split("&&")[-1]
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/gpunn"
    assert arguments == ["train", "examples/digits.yaml"]
    for name in ("digits.yaml", "digits.csv"):
        shutil.copy(HOUSE / "examples" / name, tmp_path)
    assert main(["train", str(tmp_path / "digits.yaml")]) == 0
    out, err = capsys.readouterr()
    assert float(re.search(r"accuracy +([\d.]+)%", out)[1]) >= 97.5
    assert "450 rows held out" in out
    assert "training" in err  # the progress bar
    assert (tmp_path / "digits.gpunn").is_file()


def test_the_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 7},{'ab'[i % 2]},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(200)]
    Path("table.csv").write_text("n,letter,label\n" + "".join(rows))
    shutil.copy("table.csv", "labelled.csv")
    Path("new.csv").write_text("id,n,letter\nu1,1,a\nu2,6,b\n")
    commands = [line for line in blocks("sh")[2].splitlines() if line]
    commands = [line.partition(" | ")[2].partition(" | ")[0] if line.startswith("cat ") else line for line in commands]
    assert [line.split()[1] for line in commands] == [
        "train", "predict", "predict", "evaluate", "train", "compare", "inspect", "report",
    ]  # fmt: skip
    for line in commands:
        arguments = shlex.split(line)[1:]
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("new.csv").read_bytes())))
        assert main([*arguments, "--epochs", "20"] if arguments[0] == "train" else arguments) == 0
    found = [line.split(",")[:2] for line in Path("predictions.csv").read_text().splitlines()[1:]]
    assert found == [['"u1"', '"no"'], ['"u2"', '"yes"']]


def test_the_manifest_is_one(tmp_path):
    (tmp_path / "post.yaml").write_text(blocks("yaml")[0])
    clf = MLPClassifier.from_manifest(tmp_path / "post.yaml")
    assert (clf.solver, clf.max_iter, clf.alpha) == ("bfgs", 82, 1.0)
    (tmp_path / "again.yaml").write_text(clf.to_manifest())
    assert MLPClassifier.from_manifest(tmp_path / "again.yaml").get_params() == clf.get_params()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_what_is_named_is_there(page):
    text = (HOUSE / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:gpunn|tests|benchmarks|examples)/[\w/-]+(?:\.\w+)?", text)) | set(
        re.findall(r"\]\(([\w/.-]+)\)", text)
    )
    made_by_commands = {"examples/digits.gpunn"}
    assert [name for name in sorted(named - made_by_commands) if not (HOUSE / name).exists()] == []


def test_the_house_table_of_contributing_has_every_room():
    text = (HOUSE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = [path for path in (HOUSE / "gpunn").iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert [room.name for room in rooms if f"`gpunn/{room.name}`" not in text] == []
