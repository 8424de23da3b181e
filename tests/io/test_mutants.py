"""Model files changed at random, by structure, with a checksum that fits: each is refused with its name, in little time
and memory, or loads and predicts."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from forgeries import EXTREMES, Draft, Peak, Twice, is_little_time, mutate, places
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn import MLPClassifier
from gpunn.features import FeatureWarning
from gpunn.io import sealed_file
from gpunn.nn.activations import ELU, LeakyReLU, PReLU
from gpunn.shown import printable

BYTES = 200e6

N = 40
X = np.random.default_rng(0).normal(size=(N, 3))
CODES = np.arange(N) % 3
FRAME = pd.DataFrame(
    {
        "number": [None, *X[1:, 0]],
        "colour": ["red", "blue", None, "é\n"] * 10,
        "day": pd.date_range("2020-01-01", periods=N),
        "left": pd.to_timedelta(np.arange(N), "h"),
        "sold": CODES == 1,
        "none": [None] * N,
    }
)
KINDS = {
    "softmax": (X.astype("float32"), CODES, {"hidden_layer_sizes": (5, 4), "activation": ["tanh", LeakyReLU(0.2)]}),
    "multilabel": (X, np.stack([CODES == 1, CODES != 1], axis=1).astype(int), {"threshold": [0.4, 0.6]}),
    "binary": (X, np.array(["no", "yes"])[CODES % 2], {"activation": ELU(0.5), "early_stopping": True}),
    "slopes": (X.astype("float32"), CODES * 2.0,
               {"hidden_layer_sizes": (4, 3), "activation": ["prelu", PReLU(0.1, shared=True)]}),
    "frame": (FRAME, np.array(["a", "b", "ü"], object)[CODES],
              {"solver": "sgd", "dropout": 0.1, "class_weight": "balanced"}),
    "joined": (FRAME, CODES == 1,
               {"max_categories": 2, "features": {"number": "text", "none": "drop"}, "dtype": "float64"}),
    "bins": (FRAME, CODES, {"numeric_encoding": "piecewise_linear", "features": {"none": "drop"}}),
    "quadratic": (X, CODES, {"output_activation": "prelu", "cost": "quadratic", "class_weight": {0: 1.5, 2: 3}}),
    "linear": (X.astype("float32"), CODES.astype("uint8"), {"hidden_layer_sizes": (), "solver": "lbfgs"}),
    "deep": (X.astype("float32"), CODES, {"hidden_layer_sizes": (3,) * 12, "activation": "gelu"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The bytes of a sound model file of each kind."""
    folder = tmp_path_factory.mktemp("sound")
    found = {}
    for name, (rows, y, parameters) in KINDS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            settings = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, **parameters}
            clf = MLPClassifier(**settings).fit(rows, y)
        clf.save(folder / name)
        found[name] = (folder / name).read_bytes()
    return found


def load(path):
    """The classifier of a file that may be anything, or None where it was refused as it should be."""
    began = time.process_time()
    try:
        clf = gpunn.load(path)
    except ValueError as error:
        message = str(error)
        assert message.startswith(f"{path}: ") and len(message) < 1000 + len(str(path))
        assert message == printable(message)
        clf = None
    assert is_little_time(time.process_time() - began)
    return clf


def predicts(clf):
    """That a classifier which was loaded predicts, from rows made of what it knows of its columns."""
    n = 3
    if hasattr(clf, "features_"):
        rows = pd.DataFrame({name: [None] * n for name in clf.features_.names_in}, dtype=object)
        assert str(clf.features_) == printable(str(clf.features_), lines=True)
    else:
        rows = np.random.default_rng(0).normal(size=(n, clf.n_features_in_)) * [[0], [1], [100]]
        rows = pd.DataFrame(rows, columns=clf.feature_names_in_) if hasattr(clf, "feature_names_in_") else rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FeatureWarning)
        assert np.isfinite(clf.predict_proba(rows)).all()
        assert hasattr(clf, "features_") or np.isfinite(clf.predict_proba(rows.astype("float32"))).all()
        assert not np.isnan(clf.decision_function(rows)).any()
        assert len(clf.predict(rows)) == n


def check(path, data):
    path.write_bytes(data)
    clf = load(path)
    if clf is not None:
        predicts(clf)
        clf.save(path)
        gpunn.load(path)
    return clf is not None


@pytest.mark.parametrize("name", KINDS)
def test_models_of_every_kind_are_read_when_put_together_again(sound, tmp_path, name):
    assert Draft(sound[name]).together() == sound[name]
    assert check(tmp_path / "m", sound[name])
    clf = gpunn.load(tmp_path / "m")
    assert np.isfinite(clf.predict_proba(KINDS[name][0])).all()


def test_mutants_are_refused_by_name_or_predict(sound, tmp_path, thorough):
    n, loaded = (20_000 if thorough else 600), 0
    for start in range(0, n, 200):
        with Peak() as peak:
            for number in range(start, start + 200):
                rng = random.Random(number)
                draft = Draft(sound[rng.choice(list(KINDS))])
                mutate(draft, rng)
                loaded += check(tmp_path / "m", draft.together())
        assert peak.bytes < BYTES
    assert n / 100 < loaded < n / 2  # neither is the only thing that happens


def crafted(sound):
    """Every value of every kind of model in turn replaced by one of the extremes, and every array by another."""
    for data in sound.values():
        draft = Draft(data)
        for key in draft.values:
            found = [(draft.values, key), *places(draft.values[key])]
            # Of long lists the first few elements stand for all.
            for container, at in (c for c in found if isinstance(c[1], str) or c[1] < 3):
                right = container[at]
                for extreme in EXTREMES:
                    container[at] = copy.deepcopy(extreme)
                    yield draft
                container[at] = right
        for entry in [entry for _, entry in draft.entries]:
            for key, right in [*entry.items()]:
                for extreme in EXTREMES:
                    entry[key] = extreme
                    yield draft
                entry[key] = right
        for at in range(0, len(draft.data) - 8, 8):
            right = draft.data[at : at + 8]
            for bytes_ in (b"\x7f", b"\xff", b"\x7e", b"\xfe", b"\x00"):
                draft.data[at : at + 8] = bytes_ * 8
                yield draft
            draft.data[at : at + 8] = right


def test_extremes_in_every_place_are_refused_by_name_or_predict(sound, tmp_path, thorough):
    step = 11 if thorough else 211  # primes: all places and all extremes come in turn
    with Peak() as peak:
        for number, draft in enumerate(crafted(sound)):
            if number % step == 0:
                check(tmp_path / "m", draft.together())
    assert peak.bytes < BYTES


ROOM = sealed_file.MAX_VALUES


def huge():
    """What is large, and what is just not: parts of a softmax's file, as JSON values or texts, by name."""
    column = {"kind": "numbers", "mean": 0.5, "scale": 1.5, "missing": False, "forced": False}
    category = {"kind": "text", "n_joined": 0, "joined_share": 0.0, "missing": False, "forced": False}
    words = {"missing": [], "not_missing": [], "decimal": "."}
    for n in (290_000, 1_000_000):
        yield "hidden", [1] * n
        yield "activation", [{"prelu": {}}] * (n // 4)
        yield "threshold", [0.5] * n
        yield "class_weight", [[i, 1.0] for i in range(n // 4)]
        yield "classes", {"dtype": "<i8", "values": list(range(n)), "multilabel": False}
        yield "classes", {"dtype": "<U9", "values": [f"{i:09}" for i in range(n)], "multilabel": False}
        yield "names", ["x" * 30] * n
    yield (
        "classes",
        {"dtype": "<U9", "values": ["a" * 5_000_000, *(f"b{i:06}" for i in range(100_000))], "multilabel": False},
    )
    for n in (60_000, 200_000):
        yield "features", {"columns": [{"name": f"c{i % (n - 1)}", **column} for i in range(n)], "spellings": words}
    for n in (700, 1400):
        categories = [f"k{j:04}" for j in range(1000)]
        columns = [{"name": f"c{i}", "categories": categories, **category} for i in range(n)]
        yield "features", {"columns": columns, "spellings": words}
    yield "features", {"columns": [{"name": "c", **column}], "spellings": {**words, "missing": ["x"] * 700_000}}
    for item in ("[]", "{}", '{"a":1}', '[[""]]', "0.125", "1" * 20, '"xy"'):
        yield "history", '{"cost":[' + ",".join([item] * (ROOM // (1 + sum(map(item.count, ",:[{"))) - 10)) + "]}"
    yield "history", "[" * (ROOM - 1)
    yield "history", '{"cost":[' + "0," * 15_000_000 + "0]}"
    yield "target", "x" * 32_000_000
    yield "target", "x" * 40_000_000
    yield "target", json.dumps("\u20ac" * 5_000_000)


def test_what_is_huge_takes_little_time_and_memory(sound, tmp_path, thorough):
    draft = Draft(sound["softmax"])
    for number, (key, value) in enumerate(huge()):
        if not thorough and number % 4:
            continue
        forged = draft.copy()
        network, training = forged.values["manifest"]["network"], forged.values["manifest"]["training"]
        if key == "hidden":
            network["hidden"] = {"size": value, "activation": "relu"}
        elif key == "activation":
            network["hidden"] = {"size": [1] * len(value), "activation": value}
        elif key in ("threshold", "class_weight"):
            training[key] = value
        elif isinstance(value, str):
            forged.texts[key] = value
        else:
            forged.values[key] = value
            network["output"] = {"size": len(value["values"])} if key == "classes" else network["output"]
        data = forged.together()
        del forged
        with Peak() as peak:
            check(tmp_path / "m", data)
        assert peak.bytes < BYTES, (number, key)


def test_many_arrays_take_little_time_and_memory(sound, tmp_path, thorough):
    draft = Draft(sound["linear"])
    for n in (29_000, 100_000, *[1_000_000] * thorough):
        forged = draft.copy()
        forged.entries = [
            [f"{i}.W", {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]}] for i in range(n)
        ]
        forged.data = bytearray(4 * n)
        data = forged.together()
        with Peak() as peak:
            assert not check(tmp_path / "m", data)
        assert peak.bytes < BYTES


@pytest.mark.parametrize("activation", ["relu", "tanh", "prelu", "gelu", "softmax"])
def test_deep_networks_come_back(tmp_path, activation):
    with pytest.warns(ConvergenceWarning):
        clf = MLPClassifier((8,) * 200, activation, max_iter=1, dtype="float32", random_state=0).fit(X, CODES)
    clf.save(tmp_path / "m")
    assert np.array_equal(gpunn.load(tmp_path / "m").predict_proba(X), clf.predict_proba(X))


def test_long_histories_and_wide_tables_come_back(tmp_path, thorough):
    n = 20_000 if thorough else 2000
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(10, n)), columns=[f"column {i}" for i in range(n)])
    frame["word"] = "x"
    with pytest.warns(ConvergenceWarning):
        clf = MLPClassifier((2,), max_iter=1, random_state=0).fit(frame, CODES[:10])
    for name in ("cost", "validation_cost", "validation_score", "score", "learning_rate", "gradient_norm", "seconds"):
        setattr(clf.history_, name, np.random.default_rng(0).random(50_000).tolist())
    clf.save(tmp_path / "m")
    with Peak() as peak:
        again = load(tmp_path / "m")
    assert again.history_ == clf.history_ and again.features_ == clf.features_ and peak.bytes < BYTES


def test_a_model_that_no_reader_takes_is_refused_on_writing(tmp_path):
    with pytest.warns(ConvergenceWarning):
        clf = MLPClassifier((2,), max_iter=1, random_state=0).fit(X, CODES)
    clf.history_.cost = [0.0] * ROOM
    with pytest.raises(ValueError, match=r"history: .* has room for .* Shorten"):
        clf.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


SAVE = """
import sys, gpunn
gpunn.load(sys.argv[1]).save(sys.argv[2])
"""


@pytest.mark.parametrize("name", ["frame", "quadratic"])
def test_one_model_is_one_file_byte_for_byte(sound, tmp_path, name):
    paths = [tmp_path / str(i) for i in range(4)]
    paths[0].write_bytes(sound[name])
    gpunn.load(paths[0]).save(paths[1])
    for seed in (2, 3):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        subprocess.run([sys.executable, "-c", SAVE, paths[0], paths[seed]], env=environment, check=True)
    assert len({path.read_bytes() for path in paths}) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("kind", ["a pipe", "a link to a device"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "m.gpunn"
    os.mkfifo(path) if kind == "a pipe" else path.symlink_to("/dev/zero")
    with pytest.raises(ValueError, match=r"m\.gpunn: not a regular file"):
        gpunn.load(path)


def test_answers_that_are_not_finite_are_refused_on_reading_and_writing(sound, tmp_path):
    for name, at, x in [("softmax", 0, 3e38), ("softmax", -1, -3e38), ("multilabel", 3, 1e308), ("deep", 40, 1e36)]:
        draft = Draft(sound[name])
        numbers = np.frombuffer(draft.data, "<f8" if name == "multilabel" else "<f4")
        numbers[at] = x
        (tmp_path / "m").write_bytes(draft.together())
        with pytest.raises(ValueError, match=r"m: its parameters, up to .* would be NaN"):
            gpunn.load(tmp_path / "m")
        (tmp_path / "m").write_bytes(sound[name])
        clf = gpunn.load(tmp_path / "m")
        clf.theta_ *= x
        with pytest.raises(ValueError, match="would be NaN"):
            clf.save(tmp_path / "m")
        assert (tmp_path / "m").read_bytes() == sound[name]


def test_slopes_that_overflow_are_refused(sound, tmp_path):
    draft = Draft(sound["linear"])
    draft.values["manifest"]["network"]["output"]["activation"] = {"elu": {"alpha": 1e300}}
    draft.values["manifest"]["training"]["cost"] = "quadratic"
    (tmp_path / "m").write_bytes(draft.together())
    with pytest.raises(ValueError, match=r"m: its parameters, up to 1e\+300"):
        gpunn.load(tmp_path / "m")
    for slope in (1e308, 1e37, -1e300):
        draft = Draft(sound["softmax"])
        draft.values["manifest"]["network"]["hidden"]["activation"] = ["tanh", {"leaky_relu": {"slope": slope}}]
        (tmp_path / "m").write_bytes(draft.together())
        with pytest.raises(ValueError, match=r"m: its parameters, up to .* would be NaN"):
            gpunn.load(tmp_path / "m")


@pytest.mark.parametrize("names", [["number"], ["number", "colour", "day", "left", "sold", "other"], None])
def test_names_of_features_are_those_of_the_columns(sound, tmp_path, names):
    draft = Draft(sound["frame"])
    draft.values["names"] = names
    assert check(tmp_path / "m", draft.together()) == (names is None)


def test_keys_that_stand_twice_are_refused(sound, tmp_path):
    for change in range(3):
        draft = Draft(sound["softmax"])
        if change == 0:
            draft.entries.append(draft.entries[0])
        elif change == 1:
            draft.values["history"] = Twice(draft.values["history"])
        else:
            draft.values["manifest"]["network"] = Twice(draft.values["manifest"]["network"])
        (tmp_path / "m").write_bytes(draft.together())
        with pytest.raises(ValueError, match="stands twice"):
            gpunn.load(tmp_path / "m")
