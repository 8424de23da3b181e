"""What all benchmarks share: the machine in words, and tables in Markdown."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gpunn

RESULTS = Path(__file__).parent / "results"


def heading(title: str, command: str, device: str = "cpu") -> str:
    """Title, command, date, commit, machine and versions."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    facts = {
        **gpunn.get_device(device).describe(),
        "gpunn": f"{gpunn.__version__}, commit {commit.strip() or 'unknown'}",
    }
    facts.pop("memory", None)
    lines = [f"# {title}", "", f"`{command}`, {datetime.date.today()}", ""]
    return "\n".join([*lines, *(f"- {name}: {value}" for name, value in facts.items()), ""])


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def publish(text: str, name: str, write: bool) -> None:
    """Print a result, and keep it under results/ if asked to."""
    print(text)
    if write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(text + "\n", encoding="utf-8")
        print(f"\nwritten to {RESULTS / name}.md")
