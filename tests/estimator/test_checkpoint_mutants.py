"""Checkpoints of real trainings, changed at random: each is passed over or refused by name, or says what is in it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
import warnings
from collections import Counter
from dataclasses import replace

import mortal
import numpy as np
import pytest
import safetensors.numpy
from forgeries import SEAL, ZEROS, Draft, Peak, header_of, is_little_time, mutate
from mortal import DATA, TRAININGS

from gpunn import CheckpointWarning, MLPClassifier
from gpunn.io import checkpoint as files
from gpunn.io.sealed_file import FormatError

KINDS = (
    "adam, everything", "adam, frame", "momentum", "nesterov, recovery", "lbfgs, recording", "bfgs, early stopping",
    "cg, hestenes-stiefel", "gd",
)  # fmt: skip
BYTES = 200e6


class Break(Exception):
    """What ends a fit as if it were the process."""


@pytest.fixture(autouse=True)
def unsynced(monkeypatch):
    """Disks need not keep what is written here: thousands of files."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Of each kind of training the bytes of two checkpoints, one after the other."""
    found = {}

    def stop(history):
        if history.n_iter == 6:
            raise Break

    for name in KINDS:
        folder = tmp_path_factory.mktemp("sound")
        with pytest.raises(Break):
            mortal.fit(name, folder, stop)
        found[name] = [path.read_bytes() for path in files.entries(folder).values()][-2:]
    return found


def damaged(data, other, rng):
    """The bytes with a change as disks, networks and editors make them, and what was done."""
    i, n = rng.randrange(len(data)), rng.choice((1, 8, 100, 512, 4096))
    j = rng.randrange(len(data))
    header = 8 + int.from_bytes(data[:8], "little")
    change = rng.choice(("bit", "byte", "header byte", "cut off", "inserted", "left out", "swapped", "zeros", "mixed",
                         "appended", "length", "checksum", "digit"))  # fmt: skip
    if change == "header byte":
        i = rng.randrange(header)
    if change == "bit":
        return change, data[:i] + bytes([data[i] ^ 1 << rng.randrange(8)]) + data[i + 1 :]
    if change in ("byte", "header byte"):
        return change, data[:i] + bytes([rng.randrange(256)]) + data[i + 1 :]
    if change == "cut off":
        return change, data[:i]
    if change == "inserted":
        return change, data[:i] + rng.randbytes(n) + data[i:]
    if change == "left out":
        return change, data[:i] + data[i + n :]
    if change == "swapped":
        i, j = sorted((i, j))
        n = min(n, j - i, len(data) - j)
        return change, data[:i] + data[j : j + n] + data[i + n : j] + data[i : i + n] + data[j + n :]
    if change == "zeros":
        return change, data[:i] + bytes(len(data[i : i + n])) + data[i + n :]
    if change == "mixed":  # the beginning of one checkpoint and the end of another
        return change, data[:i] + other[i:]
    if change == "appended":
        return change, data + rng.choice((b"\0", b"\n", data, rng.randbytes(n)))
    if change == "length":
        return change, rng.randrange(2**64).to_bytes(8, "little") + data[8:]
    if change == "checksum":
        at = data.index(b'"sha256":"') + 10
        return change, data[:at] + hashlib.sha256(rng.randbytes(8)).hexdigest().encode() + data[at + 64 :]
    digits = [k for k in range(8, header) if data[k : k + 1].isdigit()]
    k = rng.choice(digits)
    return change, data[:k] + str(rng.randrange(10)).encode() + data[k + 1 :]


def sealed(data):
    """The bytes with a checksum that fits, where there is a place for one."""
    at = data.find(b'"sha256":"') + 10
    if at < 10:
        return data
    data = data[:at] + ZEROS.encode() + data[at + 64 :]
    return data.replace(SEAL, SEAL.replace(ZEROS.encode(), hashlib.sha256(data).hexdigest().encode()), 1)


def forged(data, other, rng):
    """The bytes with a change and a checksum that fits it, and what was done."""
    if rng.random() < 0.4:
        change, data = damaged(data, other, rng)
        return f"{change}, sealed", sealed(data)
    draft = Draft(data)
    mutate(draft, rng)
    try:
        return "structure, sealed", draft.together()
    except (ValueError, UnicodeError, TypeError, AssertionError):  # not even JSON
        return "structure, sealed", data


def contents(data):
    """What a checkpoint says, as the library of its format and JSON read it."""
    texts = header_of(data)["__metadata__"]
    values = {key: json.loads(texts[key]) for key in ("manifest", "features", "settings", "data", "values", "same")}
    arrays = safetensors.numpy.load(data)
    arrays |= {name: arrays[other] for name, other in values.pop("same").items()}
    for name, form in values.pop("values").items():
        dtype = None if form["dtype"] == "str" else form["dtype"]
        arrays[name] = np.array(form["values"], dtype).reshape(form["shape"])
    return {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in arrays.items()}, values


def read(path):
    """What the package reads, in the same form; None where it refuses the file by its name."""
    try:
        found = files.read(path)
    except ValueError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert said.startswith(f"{path}: ") and len(said) < 1000 + len(str(path))
        return None
    values = {name: getattr(found, name) for name in ("manifest", "features", "settings", "data")}
    return {n: (a.dtype.str, a.shape, a.tobytes()) for n, a in found.arrays.items()}, values


def resumed(folder, name):
    """An estimator that has gone on by one epoch or iteration; the message where the checkpoint is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", CheckpointWarning)
        warnings.filterwarnings("ignore", ".* was written by gpunn", CheckpointWarning)
        try:
            return MLPClassifier.resume(folder, *DATA[TRAININGS[name][0]], callback=lambda history: True)
        except ValueError as error:
            return str(error)


def test_mutants_are_passed_over_or_refused_or_say_what_is_in_them(sound, tmp_path, thorough):
    n, outcomes = (20_000 if thorough else 400), Counter()
    for start in range(0, n, 200):
        with Peak() as peak:
            for number in range(start, start + 200):
                rng = random.Random(number)
                name = KINDS[number % len(KINDS)]
                before, data = sound[name]
                folder = tmp_path / str(number)
                folder.mkdir()
                seal = rng.random() < 0.5
                change, mutant = (forged if seal else damaged)(data, before, rng)
                began = time.process_time()
                outcomes[change, outcome(folder, name, before, data, mutant, seal)] += 1
                assert is_little_time(time.process_time() - began), number
        assert peak.bytes < BYTES, start
    for (change, end), count in sorted(outcomes.items()):
        print(f"{count:6} {change:20} {end}")
    ends = {end for _, end in outcomes}
    assert {"passed over", "read, and refused", "read, and gone on from", "read, and the same"} <= ends


def outcome(folder, name, before, data, mutant, seal):
    """What becomes of a mutant, in words."""
    last, path = folder / "checkpoint-000005.gpunn", folder / "checkpoint-000006.gpunn"
    path.write_bytes(mutant)
    found = read(path)
    if not seal or found is None:
        last.write_bytes(before)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                chosen, _ = files.newest(folder)
            except FormatError as error:
                other = str(error)
            else:
                other = ""
        if other:
            assert seal and other.startswith((f"{path}: its format is ", f"{path}: it is a model file"))
            assert header_of(mutant)["__metadata__"].get("format") != files.LAYOUT.format
            return "refused for its format"
        said = [str(warning.message) for warning in caught]
        if mutant in (data, before):
            assert chosen == path and said == []
            return "unchanged"
        assert chosen == last and len(said) == 1 and said[0].startswith(f"{path}: ")
        return f"passed over: {said[0].removeprefix(f'{path}: ')[:20]}" if not seal else "passed over"
    assert found == contents(mutant)
    ended = resumed(folder, name)
    if isinstance(ended, str):
        return "read, and refused"
    cost = found[0]["history.cost"][2]
    assert np.asarray(ended.history_.cost).tobytes().startswith(cost) and np.isfinite(ended.theta_).all()
    return "read, and gone on from" if found != contents(data) else "read, and the same"


def put(name, value):
    """A change: an array of this name, number or string in the checkpoint."""
    return lambda arrays: arrays | {name: np.asarray(value)}


def at(name, i, value):
    """A change: a number at a place of an array."""

    def change(arrays):
        array = arrays[name].copy()
        array[i] = value
        return arrays | {name: array}

    return change


def of(name, function):
    """A change: a function of an array, or of the mapping in its string of JSON."""

    def change(arrays):
        array = arrays[name]
        if array.dtype.kind != "U":
            return arrays | {name: np.asarray(function(array))}
        return arrays | {name: np.asarray(json.dumps(json.loads(array.item()) | function(array)))}

    return change


def left_out(name):
    return lambda arrays: {other: array for other, array in arrays.items() if other != name}


ADAM, CG, BFGS, LBFGS = "adam, everything", "cg, hestenes-stiefel", "bfgs, early stopping", "lbfgs, recording"
HISTORY = "history.rest"
CRAFTED = [  # a checksum that fits, of a training, a change, and what the message names
    (ADAM, of("theta", lambda a: np.zeros(67)), "theta"), (ADAM, of("theta", lambda a: np.zeros(1)), "theta"),
    (ADAM, of("theta", lambda a: np.zeros(0)), "theta"), (ADAM, of("theta", lambda a: a[None]), "theta"),
    (ADAM, of("theta", lambda a: a.astype("float32")), "theta"), (ADAM, at("theta", 3, np.nan), "theta"),
    (ADAM, at("theta", 0, np.inf), "theta"), (ADAM, left_out("theta"), "theta"), (ADAM, put("theta", 0.5), "theta"),
    (ADAM, put("theta", "x" * 1000), "theta"), (ADAM, left_out("average"), "average"),
    (ADAM, at("average", 65, -np.inf), "average"), (ADAM, at("best.theta", 0, np.nan), "best.theta"),
    (ADAM, put("visited.start", np.zeros(66)), "visited.start"),
    (ADAM, at("visited.entered", 0, np.nan), "visited.entered"),
    (ADAM, of("method.m", lambda a: a[:-1]), "method.m"), (ADAM, put("method.z", np.zeros(66)), "method.z"),
    (ADAM, of("method.t", lambda a: a.astype("int64")), "method.t"), (ADAM, left_out("method.v"), "method.v"),
    (ADAM, put("seed", 4), "seed"), (ADAM, put("seed", -1), "seed"), (ADAM, put("seed", 2**40), "seed"),
    (ADAM, put("seed", 1.0), "seed"), (ADAM, put("seed", "PCG64"), "seed"),
    (ADAM, put("random_state.key", np.zeros(624)), "random_state.key"),
    (ADAM, put("step", -1), "step"), (ADAM, of("step", lambda a: a.astype("int64")), "step"),
    (ADAM, put("epoch", 7), "epoch"), (ADAM, put("epoch", 2**62), "epoch"), (ADAM, put("epoch", -1), "epoch"),
    (ADAM, put("epoch", True), "epoch"), (ADAM, put("epoch", 5.0), "epoch"), (ADAM, left_out("epoch"), "epoch"),
    (ADAM, put("n_plateaus", -1), "n_plateaus"), (ADAM, put("n_halvings", 99), "n_halvings"),
    (ADAM, put("best.entry", 5), "best.entry"), (ADAM, put("best.entry", 2**62), "best.entry"),
    (ADAM, put("best.entry", -1), "best.entry"), (ADAM, put("visited.best_entry", 6), "visited.best_entry"),
    (ADAM, put("visited.entered_entry", 5), "visited.entered_entry"), (ADAM, put("run.epoch", 5), "run.epoch"),
    (ADAM, put("run.evaluations", 1), "run.evaluations"), (ADAM, put("run.ends", "soon"), "run.ends"),
    (ADAM, put("patience.n_iter_no_change", 99), "patience"), (ADAM, put("patience.count", -3), "patience.count"),
    (ADAM, of("history.cost", lambda a: a[:-1]), "history"), (ADAM, of("history.seconds", lambda a: a[1:]), "history"),
    (ADAM, of("history.score", lambda a: a[:2]), "history"), (ADAM, left_out("history.cost"), "history.cost"),
    (ADAM, of("history.validation_score", lambda a: np.append(a, 1.0)), "history"),
    (ADAM, of("history.cost", lambda a: a[None]), "history"), (ADAM, put(HISTORY, "{}"), "history"),
    (ADAM, of("history.cost", lambda a: a.astype("float32")), "history"), (ADAM, put(HISTORY, "["), "history"),
    (ADAM, of(HISTORY, lambda a: {"best": 5}), "history"), (ADAM, of(HISTORY, lambda a: {"best": -1}), "history"),
    (ADAM, of(HISTORY, lambda a: {"evaluations": -1}), "history"),
    (ADAM, of(HISTORY, lambda a: {"unit": "iteration"}), "history"),
    (ADAM, of(HISTORY, lambda a: {"stopped": "never"}), "history"), (ADAM, put("layers.values", [[1.0]]), "layers"),
    (ADAM, of("layers.missing", lambda a: a[:-1]), "layers"), (ADAM, put("latest", np.zeros(66)), "latest"),
    (CG, put("minimisation.slope", 0.0), "minimisation.slope"),
    (CG, put("minimisation.step", np.nan), "minimisation.step"),
    (CG, put("minimisation.slope", 0.1), "minimisation.slope"),
    (CG, put("minimisation.step", 1e-300), "minimisation.step"),
    (CG, put("minimisation.g_norm", 0.0), "minimisation.g_norm"),
    (CG, put("minimisation.g_max", 1e9), "minimisation.g_max"),
    (CG, left_out("minimisation.g"), "minimisation.g"), (CG, left_out("minimisation.value"), "minimisation.value"),
    (CG, put("minimisation.n_iter", -5), "minimisation.n_iter"), (CG, put("minimisation.reason", "x"), "reason"),
    (CG, of("minimisation.g", lambda a: a.astype("float64")), "minimisation.g"),
    (BFGS, put("minimisation.direction.n", 2**40), "minimisation.direction"),
    (BFGS, put("minimisation.direction.n", -1), "minimisation.direction.n"),
    (BFGS, put("minimisation.direction.capacity", 2**45), "minimisation.direction.capacity"),
    (BFGS, put("minimisation.direction.capacity", 0), "minimisation.direction.capacity"),
    (BFGS, put("minimisation.direction.base", np.zeros((2, 59))), "minimisation.direction.base"),
    (LBFGS, left_out("minimisation.direction.s.0"), "L-BFGS"),
    (LBFGS, left_out("minimisation.direction.rho.4"), "L-BFGS"),
    (LBFGS, put("minimisation.direction.s.99", np.zeros(59)), "minimisation.direction.s.99"),
    (LBFGS, put("minimisation.direction.rho.-1", 1.0), "minimisation.direction.rho.-1"),
]  # fmt: skip


def refused_at_once(folder, name):
    """The message with which a checkpoint is refused, in little time and memory, and without a change of the folder."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    began = time.process_time()
    with Peak() as peak:
        said = resumed(folder, name)
    assert isinstance(said, str) and len(said) < 1500
    assert is_little_time(time.process_time() - began) and peak.bytes < BYTES
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    return said


@pytest.mark.parametrize("number", range(len(CRAFTED)))
def test_arrays_that_no_training_has_are_refused_by_name(sound, tmp_path, number):
    name, change, said = CRAFTED[number]
    path = tmp_path / "checkpoint-000006.gpunn"
    path.write_bytes(sound[name][1])
    found = files.read(path)
    files.write(path, replace(found, arrays=change(found.arrays))).commit()
    files.read(path)  # as a file it is sound
    assert said in refused_at_once(tmp_path, name)


def test_networks_too_large_for_their_arrays_take_no_memory(sound, tmp_path):
    said = {"theta": ([2**34], [10**9, 10**9], [1] * 20_000), "more than an array can have": ([2**62],)}
    for word, size in ((word, size) for word, sizes in said.items() for size in sizes):
        draft = Draft(sound[CG][1])
        draft.values["manifest"]["network"]["hidden"]["size"] = size
        (tmp_path / "checkpoint-000006.gpunn").write_bytes(draft.together())
        assert word in refused_at_once(tmp_path, CG)


HEADERS = [  # of the first array: what stands in its entry, and what the message says
    ({"shape": [-59]}, "shape"), ({"shape": [0]}, "shape"), ({"shape": [59.0]}, "shape"), ({"shape": [True]}, "shape"),
    ({"shape": None}, "shape"), ({"shape": [1, 1, 59]}, "shape"), ({"shape": [2**62]}, "shape"),
    ({"shape": [2**47, 2**47]}, "does not lie"), ({"shape": [2**40]}, "lie"), ({"shape": [58]}, "does not lie"),
    ({"shape": [10**400]}, "64 bits"), ({"dtype": "I64"}, "dtype"), ({"dtype": "F16"}, "dtype"),
    ({"dtype": "BF16"}, "dtype"), ({"dtype": "object"}, "dtype"), ({"dtype": 3}, "dtype"), ({"dtype": "F32"}, "lie"),
    ({"data_offsets": [0, 2**63]}, "does not lie"), ({"data_offsets": [-8, 464]}, "does not lie"),
    ({"data_offsets": [472, 0]}, "does not lie"), ({"data_offsets": [0]}, "does not lie"),
    ({"data_offsets": None}, "does not lie"), ({"more": 1}, "must have"),
]  # fmt: skip


@pytest.mark.parametrize("entry", HEADERS, ids=str)
def test_headers_that_lie_are_refused_by_name(sound, tmp_path, entry):
    change, said = entry
    path = tmp_path / "checkpoint-000006.gpunn"
    draft = Draft(sound[LBFGS][1])
    draft.entries[0][1].update(change)
    path.write_bytes(draft.together())
    message = refused_at_once(tmp_path, LBFGS)
    assert str(path) in message and said in message
