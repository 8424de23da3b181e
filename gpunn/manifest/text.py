"""Manifests as texts: reading is strict, and makes nothing but texts, numbers, lists and mappings."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from gpunn.manifest.form import Manifest, from_dict, to_dict


def read(path: str | os.PathLike[str]) -> Manifest:
    """Read a manifest from a file ending in .yaml, .yml or .toml.

    Raises
    ------
    ValueError
        If it is no such text, or has keys or values that are not allowed.
    OSError
        If the file cannot be read.
    """
    path = Path(path)
    load = {".yaml": _load_yaml, ".yml": _load_yaml, ".toml": lambda text: (tomllib.loads(text), {})}
    suffix = path.suffix.lower()
    if suffix not in load:
        raise ValueError(f"{path}: the kind of file cannot be told from its name; use {', '.join(load)}.")
    kind = "TOML" if suffix == ".toml" else "YAML"
    try:
        form, lines = load[suffix](path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text: {error}.") from None
    except _Refusal as error:
        raise ValueError(f"{path}, {error}") from None
    except RecursionError:
        raise ValueError(f"{path}: not a manifest: it nests too deep.") from None
    except (ValueError, yaml.YAMLError) as error:  # of tomllib and int too
        raise ValueError(f"{path}: not {kind}: {' '.join(str(error).split())}.") from None
    manifest = from_dict(form, str(path), lines)
    if "file" in manifest.data:
        manifest.data["file"] = str(path.parent / manifest.data["file"])
    return manifest


def to_yaml(p: Any) -> str:
    """`to_dict` as a text."""
    return yaml.safe_dump(to_dict(p), sort_keys=False, default_flow_style=None)


class _Refusal(ValueError):
    """Begins with the line; the file is to be put before it."""


class _Loader(yaml.SafeLoader):
    """YAML whose numbers may be written 1e-3, as everywhere else, and whose dates are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag.rpartition(":")[2] not in ("timestamp", "merge", "value")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+|\d*\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def _load_yaml(text: str) -> tuple[Any, dict[str, int]]:
    """What a text says, and the line of each key."""
    for event in yaml.parse(text, Loader=_Loader):
        # Tags make objects, and aliases can make a short text endless: a manifest needs neither.
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None) is not None:
            what = event.tag if hasattr(event, "tag") else f"*{event.anchor}"
            raise _Refusal(f"line {event.start_mark.line + 1}: {what}: tags and aliases are not allowed; write it out.")
    lines: dict[str, int] = {}

    def walk(node: Any, key: str) -> None:
        if isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                walk(item, f"{key}[{i}]")
        if not isinstance(node, yaml.MappingNode):
            return
        for name, value in node.value:
            inner = f"{key}.{name.value}" if key else str(name.value)
            line = name.start_mark.line + 1
            if inner in lines:
                raise _Refusal(f"line {line}, {inner}: the key stands twice, first in line {lines[inner]}.")
            lines[inner] = line
            walk(value, inner)

    walk(yaml.compose(text, Loader=_Loader), "")
    return yaml.load(text, Loader=_Loader), lines
