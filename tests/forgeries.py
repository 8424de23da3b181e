"""Model files taken apart and put together again, with a checksum that fits whatever was done to them."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import re
import time
from pathlib import Path

import numpy as np
import safetensors.numpy

ZEROS = "0" * 64
SEAL = b'"sha256":"' + ZEROS.encode() + b'"'


class Parts:
    """A model file taken apart, to be put together again by safetensors' own library."""

    def __init__(self, data):
        self.tensors = safetensors.numpy.load(data)
        metadata = header_of(data)["__metadata__"]
        self.format = metadata.pop("format")
        del metadata["sha256"]
        self.values = {key: json.loads(value) for key, value in metadata.items()}
        self.texts = {}  # of the metadata, in place of a value

    def together(self):
        texts = {key: json.dumps(value) for key, value in self.values.items()} | self.texts
        data = safetensors.numpy.save(self.tensors, {**texts, "format": self.format, "sha256": ZEROS})
        assert data.count(SEAL) == 1
        return data.replace(SEAL, SEAL.replace(ZEROS.encode(), hashlib.sha256(data).hexdigest().encode()))


class Draft:
    """A model file taken apart, to be put together again as no library would: nothing in it need fit."""

    def __init__(self, data):
        header = header_of(data)
        texts = header.pop("__metadata__")
        self.format = texts.pop("format")
        del texts["sha256"]
        self.values = {key: json.loads(text) for key, text in texts.items()}
        self.texts = {}  # of the metadata, in place of a value or beside them
        self.entries = [[name, entry] for name, entry in header.items()]  # of the arrays
        self.data = bytearray(data[8 + int.from_bytes(data[:8], "little") :])
        self.length = 0  # what the file says of its header's, beyond what it is
        self.padding = ""

    def copy(self):
        return copy.deepcopy(self)

    def together(self):
        texts = {key: json.dumps(value) for key, value in self.values.items()}
        metadata = {"format": self.format, **texts, "sha256": ZEROS, **self.texts}
        pairs = [("__metadata__", metadata), *self.entries]
        entries = [f"{json.dumps(name)}:{json.dumps(entry, separators=(',', ':'))}" for name, entry in pairs]
        header = ("{" + ",".join(entries) + "}" + self.padding).encode()
        header += b" " * (-len(header) % 8)
        start = ((len(header) + self.length) % 2**64).to_bytes(8, "little")
        digest = hashlib.sha256(start + header)
        digest.update(self.data)
        return start + header.replace(SEAL, SEAL.replace(ZEROS.encode(), digest.hexdigest().encode()), 1) + self.data


class Twice(dict):
    """A mapping that is written with its first key twice."""

    def items(self):
        pairs = list(super().items())
        return pairs[:1] + pairs


def header_of(data):
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def is_little_time(seconds):
    """Whether work on one forgery took little of the processor's time: what takes too long takes minutes, or for ever.

    The limit is 2 s, or the time of 500 million additions on a machine that is slow, or shared with others: any machine
    that needs more for the one needs more for the other.
    """
    if seconds < 2.0:
        return True
    x, began = 1.0, time.process_time()
    for _ in range(1_000_000):
        x + 1.0
    return seconds < 500 * (time.process_time() - began)


class Peak:
    """The most memory, in bytes, that the process had within a ``with``, beyond what it began with; 0 where the system
    does not tell."""

    def __enter__(self):
        self.bytes = 0
        try:
            Path("/proc/self/clear_refs").write_text("5")
            self.before = self._status("VmRSS")
        except OSError:
            self.before = math.inf
        return self

    def __exit__(self, *error):
        if self.before < math.inf:
            self.bytes = max(0, self._status("VmHWM") - self.before)

    def _status(self, name):
        return 1024 * int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


# What stands where another value is looked for.
EXTREMES = (
    *(None, True, False, 0, 1, -1, 2, 3, 255, 2**31, 2**32, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400),
    *(0.0, -0.0, 0.5, 1.5, 1e-300, 5e-324, 3e38, -3e38, 1e308, -1e308, math.inf, -math.inf, math.nan),
    *("", "x", "0", "\0", "\x1b[31m\x07", "\u202eabc", "\ud800", "x" * 10_000, "<U500000000", "O", "i4,f4", "<c16"),
    *("relu", "prelu", "softmax", "sigmoid", "tanh", "float64", "cuda", "numbers", "text", "dates", "nothing"),
    *([], {}, [[]], [0], [0.5, "x"], {"a": 1}, {"": None}, [None] * 1000, list(range(1000)), [[0.5], [0.5]]),
    [[1], [1, 2]],
)  # fmt: skip


def places(value):
    """All containers of a JSON value, each with each of its keys or numbers of elements."""
    if isinstance(value, (dict, list)):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield value, key
            yield from places(value[key])


def nested(depth):
    value = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def mutate(draft, rng):
    """Change a draft in one to three places, by structure; rng is a `random.Random`."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choices((_mutate_value, _mutate_entry, _mutate_numbers, _mutate_layout), (6, 2, 2, 1))[0](draft, rng)


def _mutate_value(draft, rng):
    forest = {"values": draft.values}
    key = rng.choice([*draft.values] or [None])
    found = list(places(draft.values.get(key)))
    container, at = rng.choice(found) if found and rng.random() < 0.9 else (draft.values, key)
    if key is None or (isinstance(container, dict) and at not in container):
        return
    kind = rng.randrange(10)
    if kind < 4:
        container[at] = copy.deepcopy(rng.choice(EXTREMES))
    elif kind == 4:
        del container[at]
    elif kind == 5:
        other, there = rng.choice(list(places(forest)))
        container[at] = copy.deepcopy(other[there])
    elif kind == 6 and isinstance(container, list):
        rng.choice((container.reverse, lambda: rng.shuffle(container), lambda: container.append(container[at]),
                    lambda: container.extend(container * rng.choice((1, 5, 50)))))()  # fmt: skip
    elif kind == 6:
        container[rng.choice(("x", "", "name", f"{at} ", str(at).upper(), "\x1b]0;x\x07"))] = container.pop(at)
    elif kind == 7 and isinstance(container[at], dict):
        container[at] = Twice(container[at])
    elif kind == 8:
        container[at] = nested(rng.choice((2, 18, 25, 300)))
    elif isinstance(container[at], (int, float)) and abs(container[at]) < 2**64:
        value, scale = container[at], rng.choice((-1.0, 0.0, 2.0, 1e-300, 1e30, 1e280))
        container[at] = type(value)(value * scale) if math.isfinite(value * scale) else scale
    else:
        container[at] = rng.choice((str(container[at]), [container[at]], {"a": container[at]}))


def _mutate_entry(draft, rng):
    if not draft.entries:
        return
    i = rng.randrange(len(draft.entries))
    name, entry = draft.entries[i]
    kind = rng.randrange(8)
    if kind == 0:
        entry[rng.choice([*entry, "x"])] = copy.deepcopy(rng.choice(EXTREMES))
    elif kind == 1:
        del draft.entries[i]
    elif kind == 2:
        draft.entries.insert(rng.randrange(len(draft.entries) + 1), [name, copy.deepcopy(entry)])
    elif kind == 3:
        draft.entries[i][0] = rng.choice(
            ("9.W", "x", "", "__metadata__", "1.W", "1.slope", "0.W", name + " ", "\x1b[2J")
        )
    elif kind == 4:
        entry["dtype"] = rng.choice(("F64", "F32", "F16", "BF16", "I64", "BOOL", "f4", "", "F8_E4M3"))
    elif kind == 5 and isinstance(entry.get("shape"), list):
        shape = entry["shape"]
        flat = [math.prod(n for n in shape if isinstance(n, int))]
        others = [shape[::-1], [*shape, 1], [1, *shape], flat, [], [0], [-1], [2**62, 4], [1.0, 1.0]]
        entry["shape"] = rng.choice(others)
    elif kind == 6 and isinstance(entry.get("data_offsets"), list):
        size, offsets = len(draft.data), entry["data_offsets"]
        others = [offsets[::-1], offsets[:1], [0, 0], [0, size], [0, size + 8], [4, size], [-8, 8], [0, 2**63]]
        entry["data_offsets"] = rng.choice(others)
    else:
        rng.shuffle(draft.entries)


def _mutate_numbers(draft, rng):
    n = len(draft.data) // 8
    if not n:
        return
    dtype = "<f8" if any(entry.get("dtype") == "F64" for _, entry in draft.entries) else "<f4"
    numbers = np.frombuffer(draft.data[: 8 * n], dtype).copy()
    info = np.finfo(numbers.dtype)
    x = rng.choice((math.nan, math.inf, -math.inf, info.max, info.min, float(info.max) / 2, float(info.max) ** 0.5,
                    float(info.max) / 1e9, info.tiny, 0.0, -1e6, 1e20))  # fmt: skip
    where = rng.choice((slice(None), slice(len(numbers) // 2), slice(None, None, 2), rng.randrange(len(numbers))))
    numbers[where] = x
    draft.data[: 8 * n] = numbers.tobytes()


def _mutate_layout(draft, rng):
    kind = rng.randrange(8)
    if kind == 0:
        draft.data = draft.data[: rng.randrange(len(draft.data) + 1)]
    elif kind == 1:
        draft.data += bytes(rng.choice((1, 8, 1000)))
    elif kind == 2:
        draft.length = rng.choice((-8, 8, -1, 1, 2**40, 2**63))
    elif kind == 3:
        draft.padding = rng.choice((" " * 1000, "\n", "\0", "x", "{}", ",", "\xa0"))
    elif kind == 4:
        key = rng.choice([*draft.values, "x", "sha256", "format"])
        draft.texts[key] = rng.choice(("", "{", "nul", "[" * 5000, "\u00e9", 3, None, "1" * 5000, "[1,]"))
    elif kind == 5:
        draft.format = rng.choice((None, 3, "gpunn-2", "", "GPUNN-1"))
    elif kind == 6 and draft.values:
        del draft.values[rng.choice([*draft.values])]
    else:
        draft.texts["y"] = "1"
