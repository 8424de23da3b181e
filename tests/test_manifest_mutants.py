"""Manifests changed at random: each is read, or refused by the names of file and key, in little time and memory."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import time

import numpy as np
import pandas as pd
import pytest
import yaml
from forgeries import EXTREMES, Peak, Twice, is_little_time, nested, places

from gpunn import MLPClassifier, manifest
from gpunn.cli.main import main
from gpunn.nn.activations import ELU, LeakyReLU, PReLU
from gpunn.shown import printable

BYTES = 200e6

SOUND = [
    MLPClassifier((7, 5), ["tanh", PReLU(0.5)], cost="cross_entropy", output_activation="softmax", dropout=[0.1, 0.2]),
    MLPClassifier((), solver="lbfgs", class_weight={"p": 1.5, "q": 2}, max_iter=9, features={"a": "text"}, max_fun=99),
    MLPClassifier((3,), LeakyReLU(0.3), random_state=7, threshold=0.25, scoring="roc_auc", time_limit=60.0),
    MLPClassifier((3,), ELU(2), solver="sgd", learning_rate="cosine", max_norm=3.0, ema_decay=0.5, dtype="float64"),
]  # fmt: skip


INSERTED = (
    *(b"", b"[" * 3000, b"{a: " * 50, b"\x1b", b"\x9b", b"\xc2\x9b", "\u202e".encode(), b"\t", b": ", b"\n", b"&a "),
    *(b"*a ", b"!!python/name:os.system ", b"9" * 400, b"1e999", b"#", b'"', b"- ", b"\0", b"...\n", b"--- "),
)  # fmt: skip
# What a message says of the place: a key of a manifest, one that is none, a line, or that it is no text of this kind.
KEYS = "|".join(map(re.escape, manifest.ALL_KEYS))
PLACE = re.compile(rf", ({KEYS})[:,] |the key is unknown|, line \d+|: not (YAML|TOML|UTF-8)|is not a mapping of keys")


def forms():
    for clf in SOUND:
        form = manifest.to_dict(clf, 3, 2)
        form["data"] = {**form.get("data", {}), "file": "good.csv", "target": "y", "held_out": 0.25, "missing": ["?"]}
        yield form


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps("null" if value is None else value)


def as_text(form, suffix):
    if suffix == ".toml":
        return "\n".join(f"{json.dumps(str(key))} = {toml(value)}" for key, value in form.items())
    if suffix == ".yml":  # JSON is YAML too
        return json.dumps(form)
    return yaml.safe_dump(json.loads(json.dumps(form)), allow_unicode=True)


def mutant(rng):
    """A suffix, and a manifest as bytes."""
    form, suffix = rng.choice(list(forms())), rng.choice((".yaml", ".yml", ".toml"))
    for _ in range(rng.choice((1, 1, 2))):
        container, key = rng.choice(list(places(form)))
        if isinstance(container, dict) and key not in container:
            continue
        kind = rng.randrange(9)
        if kind < 5:
            container[key] = copy.deepcopy(rng.choice(EXTREMES))
        elif kind == 5:
            container[key] = nested(rng.choice((3, 25, 200)))
        elif kind == 6 and isinstance(container, dict):
            container[rng.choice(("x", "", "\x1b[31m", "network", "a.b", 3, "x" * 999))] = container.pop(key)
        elif kind == 7 and isinstance(container[key], dict):
            container[key] = Twice(container[key])
        else:
            other, there = rng.choice(list(places(form)))
            container[key] = copy.deepcopy(other[there])
    text = as_text(form, suffix).encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        at = rng.randrange(len(text))
        new = rng.choice(INSERTED)
        text = text[:at] + new + text[at + rng.choice((0, 1, 5)) :]
    return suffix, text


def message_of(path, read):
    """What reading a manifest was refused with, or None; by its name, in short, without a control character."""
    began = time.process_time()
    try:
        read()
        message = None
    except ValueError as error:
        message = str(error)
        assert message.startswith(str(path)) and len(message) < 1500 + len(str(path))
        assert message == printable(message)
    assert is_little_time(time.process_time() - began)
    return message


def test_mutants_are_read_or_refused_by_name(tmp_path, thorough):
    n, refused = (1600 if thorough else 300), 0
    with Peak() as peak:
        for number in range(n):
            suffix, text = mutant(random.Random(number))
            path = tmp_path / f"net{suffix}"
            path.write_bytes(text)
            message = message_of(path, lambda path=path: manifest.read(path))
            refused += message is not None
            assert message is None or PLACE.search(message), message
    assert peak.bytes < BYTES
    assert n / 4 < refused < n


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pd.DataFrame({"a": rng.normal(size=30), "b": rng.normal(size=30), "y": ["p", "q", "q"] * 10}).to_csv(
        "good.csv", index=False
    )
    return tmp_path


def test_the_command_tells_the_manifest_and_shows_no_control_character(table, capsys, monkeypatch, thorough):
    def fit(self, *args, **kwargs):
        raise ValueError("training was reached")

    monkeypatch.setattr(MLPClassifier, "fit", fit)
    for number in range(1600 if thorough else 100):
        suffix, text = mutant(random.Random(number))
        (table / f"net{suffix}").write_bytes(text)
        assert main(["train", f"net{suffix}", "-q", "-o", "m"]) == 2
        out, err = capsys.readouterr()
        assert err.startswith("gpunn: error: ") and f"net{suffix}" in err
        assert err[:-1] == printable(err[:-1]) and out == printable(out, lines=True)


LONG = {
    "depth": ("[" * 10_000, "{" * 10_000, "- " * 5000, "? " * 5000, "[a: " * 2000, "[[a," * 2000),
    "length": ("a: " + "x" * 2**18, "# " + "x" * 2**20, "a: [" + "1," * 2**18 + "]"),
    "unknown": ("a: [" + "1," * 60_000 + "]", "a:\n" + "- b\n" * 60_000, "".join(f"k{i}: 1\n" for i in range(20_000))),
    "long numbers": ("training: {seed: " + "9" * 400 + "}", "training: {threshold: 0." + "1" * 5000 + "}",
                     "network: {hidden: {size: 1" + ":59" * 10_000 + "}}", "training: {seed: 0x" + "f" * 9000 + "}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LONG)
def test_long_and_deep_texts_take_little_time_and_memory(tmp_path, kind):
    path = tmp_path / "net.yaml"
    for text in LONG[kind]:
        path.write_text(text)
        with Peak() as peak:
            assert message_of(path, lambda: manifest.read(path)) is not None
        assert peak.bytes < BYTES


@pytest.mark.parametrize("text", [
    "a = " + "[" * 5000, "a = " + "{a = " * 5000, ".".join("a" * 100_000) + " = 1", "[" + ".".join("a" * 100_000) + "]",
    "a = " + "9" * 9000, "training.seed = " + "9" * 400, "a = 1\n" * 40_000, "x" * 2**19,
    "training.class_weight." + ".".join("a" * 1500) + " = 1",
])  # fmt: skip
def test_long_and_deep_texts_of_toml_take_little_time_and_memory(tmp_path, text):
    path = tmp_path / "net.toml"
    path.write_text(text)
    with Peak() as peak:
        assert message_of(path, lambda: manifest.read(path)) is not None
    assert peak.bytes < BYTES


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_a_manifest_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "net.yaml")
    assert "not a regular file" in message_of(tmp_path / "net.yaml", lambda: manifest.read(tmp_path / "net.yaml"))


@pytest.mark.parametrize("n", [10**20, 10**400, -(10**400), 10**5000], ids=["20", "400", "-400", "5000"])
def test_whole_numbers_without_end_are_refused_at_every_key(n):
    for key in manifest.ALL_KEYS:
        for value in (n, [n], {"a": n}):
            form = value
            for section in reversed(key.split(".")):
                form = {section: form}
            with pytest.raises(ValueError, match=rf"^manifest, {re.escape(key)}: "):
                manifest.from_dict(form)


def test_large_manifests_are_read(tmp_path):
    names = [f"column number {i}" for i in range(8000)]
    clf = MLPClassifier((3,) * 100, features=dict.fromkeys(names, "text"), class_weight=dict.fromkeys(range(2000), 0.5))
    (tmp_path / "net.yaml").write_text(clf.to_manifest())
    assert MLPClassifier.from_manifest(tmp_path / "net.yaml").get_params() == clf.get_params()
