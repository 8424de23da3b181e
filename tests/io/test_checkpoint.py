"""Files of checkpoints: what is written comes back bit for bit, and what is no sound checkpoint is refused by name."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import re
import threading
import warnings

import numpy as np
import pytest
from forgeries import Draft, Peak, mutate

import gpunn
from gpunn.io import checkpoint as files
from gpunn.io import sealed_file
from gpunn.io.checkpoint import Checkpoint, CheckpointWarning

ARRAYS = {
    "theta": np.linspace(-1, 1, 7, dtype="float32"),
    "same": np.linspace(-1, 1, 7, dtype="float32"),
    "almost": np.linspace(-1, 1, 7, dtype="float32") * np.array([1, 1, 1, -1, 1, 1, 1], "float32"),  # -0.0
    "matrix": np.arange(6.0).reshape(2, 3),
    "numbers": np.array([np.nan, -0.0, np.inf, 5e-324]),
    "number": np.asarray(np.float32(0.1)),
    "infinite": np.asarray(float("inf")),
    "none": np.zeros(0),
    "no rows": np.zeros((0, 7), "float32"),
    "step": np.array([2**32 - 1], np.uint32),
    "epoch": np.asarray(3),
    "fresh": np.asarray(True),
    "text": np.asarray('a "text"\n\N{GREEK SMALL LETTER ETA} \\'),
    "empty": np.asarray(""),
}
SOUND = Checkpoint(ARRAYS, {"kind": "feedforward"}, None, {"seed": 3}, {"X": "0a"})


def same(found, expected):
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        assert found[name].tobytes() == array.tobytes(), name


def written(path, number=1, **changes):
    files.add(path, number, Checkpoint(**(vars(SOUND) | changes)), None)()
    return path / f"checkpoint-{number:06}.gpunn"


def refused(path, said):
    with pytest.raises(ValueError, match=said) as caught:
        files.read(path)
    assert str(caught.value).startswith(f"{path}: ") and len(str(caught.value)) < 800 + len(str(path))


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path):
    path = written(tmp_path)
    found = files.read(path)
    same(found.arrays, ARRAYS)
    assert vars(found) | {"arrays": None} == vars(SOUND) | {"arrays": None, "path": path}


def test_arrays_of_the_same_bits_are_written_once(tmp_path):
    draft = Draft(written(tmp_path).read_bytes())
    assert draft.values["same"] == {"same": "theta"}
    assert {name for name, _ in draft.entries} == {"theta", "almost", "matrix", "numbers"}


@pytest.mark.parametrize("threads", [True, False])
def test_the_checksum_is_that_of_a_file_packed_at_once(tmp_path, monkeypatch, threads):
    def start(thread):
        raise RuntimeError("can't start new thread")

    if not threads:
        monkeypatch.setattr(threading.Thread, "start", start)
    rng = np.random.default_rng(0)
    tensors = {"big": rng.standard_normal(300_000), "small": rng.standard_normal((3, 2)).astype("float32")}
    values = {key: {} for key in files.LAYOUT.keys}
    with open(tmp_path / "file", "wb") as file:
        sealed_file.write(file, files.LAYOUT, tensors, values)
    data = (tmp_path / "file").read_bytes()
    assert data == b"".join(sealed_file.pack(files.LAYOUT, tensors, values))
    same(sealed_file.unpack(files.LAYOUT, tmp_path / "file")[0], tensors)
    seal = re.search(rb'"sha256":"(\w{64})"', data)
    assert seal[1].decode() == hashlib.sha256(data.replace(seal[1], b"0" * 64)).hexdigest()


def test_a_checkpoint_has_its_name_only_once_it_is_committed(tmp_path):
    written(tmp_path, 1)
    commit = files.add(tmp_path, 2, SOUND, None)
    (part,) = (path for path in tmp_path.iterdir() if path.name.endswith(".part"))
    assert [*files.entries(tmp_path)] == [1]
    same(files.read(part).arrays, ARRAYS)
    commit()
    assert [*files.entries(tmp_path)] == [1, 2] and len(os.listdir(tmp_path)) == 2


def test_the_last_two_and_the_best_are_kept(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for number in range(1, 8):
        files.add(tmp_path, number, SOUND, 3 if number >= 3 else None)()
    assert list(files.entries(tmp_path)) == [3, 6, 7]
    assert (tmp_path / "notes.txt").read_text() == "mine" and len(os.listdir(tmp_path)) == 4


def test_a_damaged_one_is_passed_over_with_a_warning_and_none_left_is_an_error(tmp_path):
    paths = [written(tmp_path, number, settings={"seed": number}) for number in (1, 2)]
    data = paths[1].read_bytes()
    for damaged in (data[:-1], data[:20], b"", data[:-1] + bytes([data[-1] ^ 1]), data + b"\0"):
        paths[1].write_bytes(damaged)
        with pytest.warns(CheckpointWarning, match=r"000002\.gpunn: .* goes on from .*000001\.gpunn") as caught:
            path, found = files.newest(tmp_path)
        assert path == paths[0] and found.settings == {"seed": 1} and len(caught) == 1
    paths[0].write_bytes(b"")
    with pytest.raises(ValueError, match=r"all its checkpoints are damaged\. .*000002\.gpunn"):
        files.newest(tmp_path)


def test_one_that_the_disk_fails_to_read_is_passed_over_and_one_that_may_not_be_read_is_not(tmp_path, monkeypatch):
    paths = [written(tmp_path, number) for number in (1, 2)]
    real, error = sealed_file.open_regular, OSError(errno.EIO, "Input/output error")

    def fails(path):
        if path == paths[1]:
            raise error
        return real(path)

    monkeypatch.setattr(sealed_file, "open_regular", fails)
    with pytest.warns(CheckpointWarning, match=r"000002\.gpunn: the disk fails to read it\. It was passed over"):
        assert files.newest(tmp_path)[0] == paths[0]
    error = PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(PermissionError):
        files.newest(tmp_path)


def test_a_folder_of_the_name_of_a_checkpoint_is_passed_over(tmp_path):
    sound = written(tmp_path)
    folder = tmp_path / "checkpoint-000002.gpunn"
    folder.mkdir()
    said = r"000002\.gpunn: it is a folder, not a checkpoint\. Remove or rename it\."
    with pytest.warns(CheckpointWarning, match=f"{said} It was passed over, and training goes on from .*000001"):
        assert files.newest(tmp_path)[0] == sound
    sound.unlink()
    with pytest.raises(ValueError, match=said):
        files.newest(tmp_path)


def test_a_folder_without_checkpoints_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name, kind, said in [
        ("", FileNotFoundError, "there is no checkpoint in this folder"),
        ("missing", FileNotFoundError, "there is no such folder"), ("file", NotADirectoryError, "is a file"),
    ]:  # fmt: skip
        with pytest.raises(kind, match=f"{said}. Name the folder that was given as checkpoint"):
            files.newest(tmp_path / name)


def test_messages_call_a_checkpoint_one(tmp_path):
    path = written(tmp_path)
    data = path.read_bytes()
    for damaged in (data[:-1], data[:20], b"", b"x" * 100):
        path.write_bytes(damaged)
        for find in (files.read, lambda path: files.newest(path.parent)):
            with pytest.raises(ValueError, match="damaged") as caught:
                find(path)
            assert "model" not in str(caught.value)
    assert "all its checkpoints are damaged. Restore copies of them, or train again in" in str(caught.value)
    with pytest.raises(ValueError, match=r"a checkpoint has room for .* Train for fewer epochs"):
        written(tmp_path, settings={"x": [0] * 1000})


def test_another_layout_is_refused_by_both_versions_and_not_called_damaged(tmp_path):
    written(tmp_path, 1)
    path = written(tmp_path, 2)
    draft = Draft(path.read_bytes())
    assert draft.values["version"] == gpunn.__version__
    draft.format, draft.values["version"], draft.values["more"] = "gpunn-checkpoint-2", "0.2.0", 1
    path.write_bytes(draft.together())
    with pytest.raises(ValueError) as caught:
        files.newest(tmp_path)
    assert str(caught.value).startswith(
        f"{path}: its format is 'gpunn-checkpoint-2', written by gpunn 0.2.0, and gpunn {gpunn.__version__} reads a "
        "checkpoint of format 'gpunn-checkpoint-1'. Use the version of gpunn that wrote it"
    )
    X, y = np.eye(4), [0, 1, 0, 1]
    gpunn.MLPClassifier(solver="lbfgs", random_state=0).fit(X, y).save(path)
    with pytest.raises(ValueError, match=r"it is a model file, for gpunn.load .*; a checkpoint is needed here"):
        files.newest(tmp_path)
    with pytest.raises(ValueError, match=r"it is a checkpoint of a training, which .* resume .*; a model file is"):
        gpunn.load(tmp_path / "checkpoint-000001.gpunn")


def value(form, **changes):
    return {"dtype": "<f8", "shape": [2], "values": [0.5, 1.5]} | form | changes


BAD_VALUES = [
    None, 3, [], "x", {}, {"dtype": "<f8"}, value({}, more=1), value({}, dtype=None), value({}, dtype="<f2"),
    value({}, dtype="|O"), value({}, dtype="<c16"), value({}, dtype="<U500000000"), value({}, dtype=["<f8"]),
    value({}, shape=None), value({}, shape=2), value({}, shape=[3]), value({}, shape=[-2]), value({}, shape=[2.0]),
    value({}, shape=[True, 2]), value({}, shape=[1, 1, 2]), value({}, shape=[2**40]), value({}, shape=[2**31, 0]),
    value({}, values=None), value({}, values="ab"), value({}, values=[0.5]), value({}, values=[0.5, 1]),
    value({}, values=[0.5, "1"]), value({}, values=[0.5, None]), value({}, values=[0.5, True]),
    value({}, values=[[0.5], [1.5]]), value({}, dtype="<f4", values=[0.1, 1e300]),
    value({}, dtype="<f4", values=[0.5, 0.1]), value({}, dtype="<i4", values=[1, 2**31]),
    value({}, dtype="<i8", values=[1, 2**63]), value({}, dtype="<u4", values=[1, -1]),
    value({}, dtype="<u4", values=[1, 2**32]), value({}, dtype="<i8", values=[1, 1.5]),
    value({}, dtype="|b1", values=[1, 0]), value({}, dtype="str", values=["a", "b"]),
    value({}, dtype="str", shape=[], values=[3]), value({}, dtype="str", shape=[], values=[]),
    value({}, dtype="str", shape=[1], values=["a"]),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_VALUES, ids=str)
def test_values_that_are_no_arrays_are_refused(tmp_path, bad):
    path = written(tmp_path)
    draft = Draft(path.read_bytes())
    draft.values["values"]["bad"] = bad
    path.write_bytes(draft.together())
    refused(path, "the array bad")


@pytest.mark.parametrize("key", ["manifest", "settings", "data", "values", "features", "same"])
@pytest.mark.parametrize("bad", [None, 3, "text", [], [[]]], ids=str)
def test_parts_of_the_wrong_type_are_refused(tmp_path, key, bad):
    path = written(tmp_path)
    draft = Draft(path.read_bytes())
    draft.values[key] = bad
    path.write_bytes(draft.together())
    if (key, bad) == ("features", None):
        files.read(path)
    else:
        refused(path, f"{key} must be a mapping")


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = written(tmp_path)
    for change, said in [
        (lambda d: setattr(d, "format", "gpunn-1"), "it is a model file"),
        (lambda d: setattr(d, "format", "gpun-1"), "its format is 'gpun-1'"),
        (lambda d: d.values.pop("data"), "its metadata are"), (lambda d: d.texts.update(x="1"), "its metadata are"),
        (lambda d: d.values["data"].update(X=3), "data must hold texts"),
        (lambda d: d.values.update(version=3), "version is 3"), (lambda d: d.values.update(version=""), "version is"),
        (lambda d: d.values.update(version="\x1b[31m"), "version is"),
        (lambda d: d.values["values"].update(theta=value({})), "theta stands twice"),
        (lambda d: d.values["same"].update(x="epoch"), "same must name arrays"),
        (lambda d: d.values["same"].update(x=["theta"]), "same must name arrays"),
        (lambda d: d.values["same"].update(theta="matrix"), "theta stands twice"),
        (lambda d: d.values["same"].update(epoch="matrix"), "epoch stands twice"),
        (lambda d: d.texts.update(values="[" * 30 + "]" * 30), "nest"),
        (lambda d: d.texts.update(settings="[" + "1," * 2000 + "1]"), "has room for 1,000"),
        (lambda d: d.entries[0][1].update(shape=[8]), "does not lie behind"),
    ]:  # fmt: skip
        draft = Draft(path.read_bytes())
        change(draft)
        (tmp_path / "forged").write_bytes(draft.together())
        refused(tmp_path / "forged", said)


def test_mutants_are_refused_or_say_what_they_hold(tmp_path, thorough):
    """Whatever is read is written again, and comes back the same; nothing else than a ValueError is raised."""
    draft, rng, n_read = Draft(written(tmp_path).read_bytes()), random.Random(0), 0
    said = set()
    path, n = tmp_path / "mutant", 3000 if thorough else 150
    for _ in range(n):
        mutant = draft.copy()
        mutate(mutant, rng)
        try:
            path.write_bytes(mutant.together())
        except (ValueError, UnicodeError, TypeError):  # not even JSON
            continue
        with Peak() as peak, warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                found = files.read(path)
            except ValueError as error:
                found = None
                said.add(str(error).startswith(f"{path}: "))
        assert peak.bytes < 200 * 2**20
        if found is not None:
            n_read += 1
            files.write(path, found).commit()
            same(files.read(path).arrays, found.arrays)
    assert 0 < n_read < n and said == {True}


def test_a_write_that_fails_leaves_nothing_and_removes_nothing(tmp_path, monkeypatch):
    for number in (1, 2):
        written(tmp_path, number)
    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:

            def full(*args):
                raise OSError(28, "No space left on device")

            patch.setattr(os, name, full)
            with pytest.raises(OSError, match="No space left on device") as caught:
                written(tmp_path, 3)
        assert caught.value.filename.endswith("checkpoint-000003.gpunn")
        assert sorted(os.listdir(tmp_path)) == ["checkpoint-000001.gpunn", "checkpoint-000002.gpunn"]
