"""Manifests as texts: reading is strict, and makes nothing but texts, numbers, lists and mappings."""

from __future__ import annotations

import glob
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from gpunn.manifest.form import MAX_DEPTH, Manifest, from_dict, to_dict
from gpunn.regular_file import open_regular
from gpunn.shown import brief, printable

MAX_BYTES = 2**18  # 20,000 columns or classes by name; PyYAML reads them in about a second
MAX_DIGITS = 50  # of a number
MAX_DOTS = 3000  # of a line in TOML


def read(path: str | os.PathLike[str]) -> Manifest:
    """Read a manifest from a file ending in .yaml, .yml or .toml.

    Raises
    ------
    ValueError
        If it is no such text, or has keys or values that are not allowed; the message begins with the file's name.
    OSError
        If the file cannot be read.
    """
    path = Path(path)
    load: dict[str, Any] = {".yaml": _load_yaml, ".yml": _load_yaml, ".toml": _load_toml}
    suffix = path.suffix.lower()
    if suffix not in load:
        raise ValueError(f"{path}: the kind of file cannot be told from its name; use {', '.join(load)}.")
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"longer than {MAX_BYTES:,} bytes, which no manifest is.")
        form, lines = load[suffix](data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error}.") from None
    except _Refusal as error:
        raise ValueError(f"{path}, {printable(str(error))}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {printable(str(error))}") from None
    manifest = from_dict(form, str(path), lines)
    if "file" in manifest.data:
        file = path.parent / manifest.data["file"]
        if glob.has_magic(manifest.data["file"]) and not file.exists():  # a pattern, and its folder is none
            file = Path(glob.escape(str(path.parent))) / manifest.data["file"]
        manifest.data["file"] = str(file)
    return manifest


def to_yaml(p: Any) -> str:
    """`to_dict` as a string."""
    return yaml.safe_dump(to_dict(p), sort_keys=False, default_flow_style=None)


class _Refusal(ValueError):
    """Begins with the line; the file is to be put before it."""


class _Loader(yaml.SafeLoader):
    """YAML whose numbers may be written 1e-3, as everywhere else, and whose dates are text.

    Tags make objects, and aliases can make a short text endless: a manifest needs neither. The depth is known before
    the text is read on, of which the scanner of PyYAML needs the square of the depth in time.
    """

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None) is not None:
            what = brief(event.tag if hasattr(event, "tag") else f"*{event.anchor}")
            raise _Refusal(f"line {line}: {what}: tags and aliases are not allowed; write it out.")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Refusal(f"line {line}: lists and mappings nest too deep, more than {MAX_DEPTH} in each other.")
        node = super().compose_node(parent, index)
        self.depth -= 1
        if node.tag.endswith((":int", ":float")) and len(node.value) > MAX_DIGITS:
            raise _Refusal(f"line {line}: {brief(node.value)}: a number of more than {MAX_DIGITS} letters.")
        return node


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag.rpartition(":")[2] not in ("timestamp", "merge", "value")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+|\d*\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def _load_toml(text: str) -> tuple[Any, dict[str, int]]:
    # Time grows with the square of the parts of a key.
    if sum(line.count(".") ** 2 for line in text.splitlines()) > MAX_DOTS**2:
        raise ValueError(f"not TOML that is read: a line has more than {MAX_DOTS} dots. Write lists in several lines.")
    try:
        return tomllib.loads(text), {}
    except RecursionError:
        raise ValueError("not TOML that is read: lists and mappings nest too deep.") from None
    except ValueError as error:
        raise ValueError(f"not TOML: {error}.") from None


def _load_yaml(text: str) -> tuple[Any, dict[str, int]]:
    """The values that a string holds, and the line of each key."""
    lines: dict[str, int] = {}

    def walk(node: Any, key: str) -> None:
        if isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                walk(item, f"{key}[{i}]")
        if not isinstance(node, yaml.MappingNode):
            return
        for name, value in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                raise _Refusal(f"line {line}: not YAML: a list or mapping cannot be a key.")
            inner = f"{key}.{name.value}" if key else name.value
            if inner in lines:
                raise _Refusal(f"line {line}, {brief(inner)}: the key stands twice, first in line {lines[inner]}.")
            lines[inner] = line
            walk(value, inner)

    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        walk(node, "")
        return None if node is None else loader.construct_document(node), lines
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}.") from None
