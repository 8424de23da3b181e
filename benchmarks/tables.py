"""What all benchmarks share: the machine in words, tables in Markdown, ratios, and what is kept."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gpunn
from gpunn.compile import policy

RESULTS = Path(__file__).parent / "results"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--write",
        nargs="?",
        const=RESULTS,
        type=Path,
        metavar="FOLDER",
        help="keep table, numbers and chart under benchmarks/results/, or in the folder",
    )
    return parser


def typed(name: str) -> str:
    """The command as it was typed, without ``--write`` and without the folders of files."""
    words, kept = sys.argv[1:], []
    while words:
        word = words.pop(0)
        if word == "--write":
            if words and not words[0].startswith("-"):
                words.pop(0)
        elif not word.startswith("--write="):
            kept.append(Path(word).name if os.sep in word else word)
    return shlex.join(["python", "-m", f"benchmarks.{name}", *kept])


def heading(title: str, command: str, device: str = "cpu") -> str:
    """Title, command, date, commit, machine and versions."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    machine = gpunn.get_device(device)
    facts = {
        **machine.describe(),
        "compiled": policy.describe(machine)["compiled"],
        "gpunn": f"{gpunn.__version__}, commit {commit.strip() or 'unknown'}",
    }
    facts.pop("memory", None)
    lines = [f"# {title}", "", f"`{command}`, {datetime.date.today()}", ""]
    return "\n".join([*lines, *(f"- {name}: {value}" for name, value in facts.items()), ""])


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """The median of the ratios within a round."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    unit, size = ("s", 1.0) if seconds >= 1 else ("ms", 1e-3) if seconds >= 1e-3 else ("us", 1e-6)
    number = seconds / size
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f} {unit}"


def publish(text: str, name: str, write: Path | bool | None, numbers: Any = None) -> None:
    """Print a result, and keep it, with its numbers, under results/ or in a folder if asked to."""
    print(text)
    if not write:
        return
    folder = RESULTS if write is True else write
    folder.mkdir(parents=True, exist_ok=True)
    files = {".md": text} if numbers is None else {".md": text, ".json": json.dumps(numbers, indent=1)}
    for ending, content in files.items():
        path = folder / f"{name}{ending}"
        path.write_text(content + "\n", encoding="utf-8")
        print(f"\nwritten to {os.path.relpath(path)}")
