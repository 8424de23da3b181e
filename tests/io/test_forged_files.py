"""A checksum tells of damage, not of malice: whatever a file with a fitting one declares is held against the rest."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from forgeries import Parts
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn import MLPClassifier


@pytest.fixture
def saved(tmp_path):
    """The path of a saved classifier of three classes."""
    clf = MLPClassifier((4,), max_iter=2, dtype="float32", random_state=0)
    with pytest.warns(ConvergenceWarning):
        clf.fit(np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 3)
    clf.save(tmp_path / "model.gpunn")
    return tmp_path / "model.gpunn"


@pytest.fixture
def parts(saved):
    return Parts(saved.read_bytes())


def put(form, keys, value):
    for key in keys[:-1]:
        form = form[key]
    form[keys[-1]] = value


def refused(saved, parts, said=""):
    saved.write_bytes(parts.together())
    with pytest.raises(ValueError) as caught:
        gpunn.load(saved)
    message = str(caught.value)
    assert message.startswith(f"{saved}: ") and said in message
    assert len(message) < 800 + len(str(saved))


def test_parts_put_together_again_are_read(saved, parts):
    before = gpunn.load(saved)
    saved.write_bytes(parts.together())
    assert np.array_equal(gpunn.load(saved).theta_, before.theta_)


VALUES = [None, True, 3, -1.5, "text", [], {}, [[]], {"a": 1}, 10**30]


@pytest.mark.parametrize("key", ["manifest", "classes", "features", "target", "names", "history"])
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_every_part_of_the_wrong_type_is_refused(saved, parts, key, value):
    right = {("target", "text"), ("features", "None"), ("target", "None"), ("names", "None")}
    if (key, str(value)) in right:
        parts.values[key] = value
        saved.write_bytes(parts.together())
        gpunn.load(saved)
        return
    parts.values[key] = value
    refused(saved, parts)


@pytest.mark.parametrize("key", ["manifest", "classes", "features", "target", "names", "history"])
def test_every_part_must_be_there_and_be_json(saved, parts, key):
    for text in ("", "{", "nul", "[1,]", "[" * 100_000, "1" * 5000):
        parts.texts = {key: text}
        refused(saved, parts)
    for text in ("[" * 30 + "]" * 30, '{"a":' * 900 + "1" + "}" * 900):
        parts.texts = {key: text}
        refused(saved, parts, "nest")
    parts.texts = {}
    del parts.values[key]
    refused(saved, parts, key)


@pytest.mark.parametrize("name", ["gpunn-2", "", "pt", "x" * 1000])
def test_another_format_is_refused(saved, parts, name):
    parts.format = name
    refused(saved, parts, repr(name)[:30])


SIZES = ("network", "input", "size"), ("network", "hidden", "size")


@pytest.mark.parametrize("keys", SIZES)
@pytest.mark.parametrize("size", [10**12, 2, 2**63, 10**400, 0, -1, "3", None, [10**6] * 10])
def test_sizes_that_are_not_those_of_the_arrays_are_refused_without_taking_memory(saved, parts, keys, size):
    put(parts.values["manifest"], keys, size)
    saved.write_bytes(parts.together())
    tracemalloc.start()
    try:
        refused(saved, parts)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_arrays_of_other_names_shapes_and_dtypes_are_refused(saved, parts):
    right = dict(parts.tensors)
    for tensors, said in [
        ({name: a for name, a in right.items() if name != "2.b"}, "2.b is missing"),
        ({**right, "3.W": right["1.W"]}, "3.W belongs to no layer"), ({}, "2 layers for 0 arrays"),
        ({**right, "1.slope": np.zeros(4, "float32")}, "1.slope"),
        ({**right, "x" * 9999: np.zeros(1, "float32")}, "xxx"), ({**right, "x": np.zeros(0, "float32")}, "shape [0]"),
        ({**right, "1.W": right["1.W"].T.copy()}, "1.W has shape (4, 3)"),
        ({**right, "1.b": right["1.b"][:, None].copy()}, "1.b has shape (4, 1)"),
        ({**right, "1.b": right["1.b"].astype("float64")}, "not all float32"),
        *(({name: a.astype(kind) for name, a in right.items()}, "float32") for kind in ("float16", "int64", "bool")),
        *(({**right, "2.W": np.full((4, 3), bad, "float32")}, "2.W holds") for bad in (np.nan, np.inf, -np.inf)),
    ]:  # fmt: skip
        parts.tensors = tensors
        refused(saved, parts, said)


CLASSES = [  # dtype, values
    ("<i8", [0, 0, 1]), ("<i8", [0, 2, 1]), ("<i8", [0, 1]), ("<i8", [0]), ("<i8", []), ("<i8", [0, 1, "2"]),
    ("<i8", [0, 1, 2.0]), ("<i8", [0, 1, True]), ("<i8", [0, 1, 10**30]), ("|i1", [0, 1, 300]), ("|u1", [-1, 0, 1]),
    ("<f8", [0.0, 1.0, float("nan")]), ("<f8", [0.0, 1.0, float("inf")]), ("<f4", [0.0, 1.0, 1.0000000001]),
    ("<f4", [0.0, 1.0, 1e300]), ("<U1", ["b", "a", "c"]), ("<U1", ["a", "a", "b"]), ("|O", ["a", "b", 3]),
    ("|O", ["a", "b", None]), ("|O", [[1], [2], [3]]), ("|b1", [False, True, True]), ("<c16", [0, 1, 2]),
    ("<M8[D]", [0, 1, 2]), ("|V8", [0, 1, 2]), ("i4,f4", [0, 1, 2]), ("nonsense", [0, 1, 2]), ("", [0, 1, 2]),
    (None, [0.0, 1.0, 2.0]), (3, [0, 1, 2]), ({"names": ["a"], "formats": ["i8"]}, [0, 1, 2]), ("<i8", "012"),
    ("<i8", {"0": 1}), ("<U1", ["a", "b", "c\0"]),
]  # fmt: skip


@pytest.mark.parametrize(("dtype", "values"), CLASSES, ids=str)
@pytest.mark.filterwarnings("error")
def test_classes_that_are_no_sorted_set_of_one_kind_are_refused(saved, parts, dtype, values):
    parts.values["classes"] |= {"dtype": dtype, "values": values}
    refused(saved, parts)


def test_the_length_of_text_is_not_believed(saved, parts):
    parts.values["classes"] |= {"dtype": "<U500000000", "values": ["a", "b", "c"]}
    saved.write_bytes(parts.together())
    assert gpunn.load(saved).classes_.dtype == "U1"


def test_multilabel_must_be_true_or_false_and_fit(saved, parts):
    for value in (1, None, "yes"):
        parts.values["classes"]["multilabel"] = value
        refused(saved, parts)
    parts.values["classes"]["multilabel"] = True  # of a softmax over three classes: it would read as a sigmoid
    parts.values["manifest"]["network"]["output"]["activation"] = "softmax"
    refused(saved, parts, "multilabel")
    parts.values["classes"] |= {"values": [3, 5, 7]}
    refused(saved, parts, "multilabel")


@pytest.mark.parametrize(("keys", "value"), [
    (("network", "depth"), 3), (("x",), {}), (("kind",), "other"), (("network",), []), (("training",), {"seed": "x"}),
    (("network", "hidden", "activation"), {"prelu": {"slope": 1}}), (("network", "hidden", "activation"), "os.system"),
    (("network", "hidden", "activation"), "prelu"), (("network", "hidden", "activation"), [[[[[[1]]]]]]),
    (("network", "output", "activation"), "prelu"), (("network", "weights"), "lambda: 0"),
    (("training",), {"cost": "quadratic", "params": {"lambda": "1"}}), (("training",), {"optimize": {"iterations": 0}}),
])  # fmt: skip
def test_a_manifest_that_is_none_is_refused(saved, parts, keys, value):
    put(parts.values["manifest"], keys, value)
    refused(saved, parts)


@pytest.mark.parametrize(("key", "value"), [
    ("cost", [1.0]), ("cost", [1.0, "a"]), ("cost", [1.0, True]), ("cost", [1.0, None]), ("cost", "ab"), ("cost", 3),
    ("cost", [1.0, 10**400]), ("seconds", [1.0, 2.0, 3.0]), ("validation_score", [1.0]), ("validation_cost", [1, 2, 3]),
    ("evaluations", -1), ("evaluations", True), ("evaluations", 1.5), ("best", 2), ("best", -1), ("best", 10**30),
    ("best", "0"), ("best", False), ("stopped", None), ("stopped", 3), ("x", 1),
    ("notes", "text"), ("notes", [1]), ("notes", None),
])  # fmt: skip
def test_a_history_that_is_none_is_refused(saved, parts, key, value):
    right = dict(parts.values["history"])
    parts.values["history"][key] = value
    refused(saved, parts, "history")
    parts.values["history"] = {name: value for name, value in right.items() if name != "best"}
    refused(saved, parts, "history")


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c", "d"], ["a", "b", 3], "abc", {"a": 1}])
def test_names_must_be_texts_one_for_each_input(saved, parts, names):
    parts.values["names"] = names
    refused(saved, parts, "names")


@pytest.mark.parametrize("features", [
    {"columns": []}, {"columns": [1]}, {"columns": [{"kind": "x"}]}, {"columns": [{"kind": ["numbers"]}]}, {"a": 1},
    {"columns": [{"kind": "numbers", "name": "a", "mean": 0.0, "scale": 0.0, "missing": False, "forced": False}]},
])  # fmt: skip
def test_features_that_are_none_are_refused(saved, parts, features):
    parts.values["features"] = features
    refused(saved, parts, "features")
