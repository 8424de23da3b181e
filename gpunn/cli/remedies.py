"""Remedies that messages give in Python, as the options that the command line has for them."""

from __future__ import annotations

import re
import shlex

REMEDIES = (
    (re.compile(r"features=\{(?:'([^']*)'|\"([^\"]*)\"): '([^']*)'\}"), lambda m: _kind(m[1] or m[2], m[3])),
    (re.compile(r"(?<=by )max_categories=(\d+)"), lambda m: f"--max-categories {m[1]}"),
    (re.compile(r"(?<=by )max_one_hot=(\d+)"), lambda m: f"--max-one-hot {m[1]}"),
    (re.compile(r"(?<=or )min_frequency=(\d+)"), lambda m: f"--min-frequency {m[1]}"),
    (re.compile(r"separator='(.)'"), lambda m: f"--separator {shlex.quote(m[1])}"),
    (re.compile(r" \(from a file: read_table\([^)]*\)\)"), lambda m: ""),
    (
        re.compile(r"the words for missing values \(gpunn\.features\.Spellings\)"),
        lambda m: "the missing ones by --missing",
    ),
    (re.compile(r"decimal='(.)'"), lambda m: f"--decimal {shlex.quote(m[1])}"),
    (re.compile(r", (columns_as_text|target='[^']*'): "), lambda m: ": "),
    (re.compile(r"^features: "), lambda m: "--kind: "),
    (re.compile(r"^path=(.*?)(?= (?:is not the name|has the name) of )"), lambda m: f"--numpy {m[1]}"),
)


def as_options(message: str) -> str:
    """A message with its remedies as options."""
    for pattern, option in REMEDIES:
        message = pattern.sub(option, message)
    return message


def _kind(column: str, kind: str) -> str:
    return f"--kind {shlex.quote(f'{column}={kind}')}"
