"""A classifier as a module of NumPy gives what it gives itself, or is refused by name."""

from __future__ import annotations

import datetime as dt
import itertools
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from exported import CODES, DTYPES, EVERY, HEADS_WITH_Y, ROWS, Centred, OwnHead, Sine, SineHead, Y, trained

import gpunn
from gpunn.features import Spellings
from gpunn.features.columns import COLUMNS
from gpunn.features.encodings import ENCODINGS
from gpunn.io import numpy_export
from gpunn.nn.activations import LeakyReLU

CLOSE = {"float32": 1e-6, "float64": 1e-12}
NUMBERS = itertools.count()


def module(path):
    """The module as it is now: bytecode kept on disk would be used for another module of the same second and size."""
    found = types.ModuleType(f"written_{next(NUMBERS)}")
    found.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), vars(found))
    return found


def agrees(clf, path, X=ROWS, given=None):
    """The module, after its answers were found to be those of the classifier."""
    clf.to_numpy(path)
    found, expected = module(path), clf.predict_proba(X)
    given = X if given is None else given
    p = found.predict_proba(given)
    assert p.dtype == np.float64 and p.shape == expected.shape
    assert np.ptp(expected) > 0.01  # a constant would show little
    np.testing.assert_allclose(p, expected, rtol=0, atol=CLOSE[str(clf.theta_.dtype)])
    label, expected_label = found.predict(given), clf.predict(X)
    assert label.tolist() == expected_label.tolist() and label.dtype.kind == np.asarray(expected_label).dtype.kind
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.py"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY)
def test_every_activation_agrees(path, name, dtype):
    agrees(trained(ROWS, CODES, activation=EVERY[name], dtype=dtype, hidden_layer_sizes=(5, 4)), path)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("head", "y"), HEADS_WITH_Y, ids=str)
def test_every_head_agrees(path, head, y, dtype):
    agrees(trained(ROWS, Y[y], cost=head, dtype=dtype), path)


@pytest.mark.parametrize("y", Y)
def test_own_formulas_agree(path, y):
    agrees(trained(ROWS, Y[y], cost=OwnHead(), activation=Centred()), path)
    agrees(trained(ROWS, Y[y], output_activation="prelu", cost="quadratic", dtype="float64"), path)


def test_layers_with_the_same_formula_share_a_function(path):
    activations = ["tanh", LeakyReLU(0.3), LeakyReLU(0.1), "tanh", "identity"]
    found = agrees(trained(ROWS, CODES, activation=activations, hidden_layer_sizes=(5, 4, 3, 4, 5)), path)
    assert {"tanh_1", "leakyrelu_2", "leakyrelu_3"} <= vars(found).keys() and not hasattr(found, "tanh_4")


def test_what_cannot_be_traced_is_refused_by_name(path):
    for parameters in ({"activation": Sine()}, {"cost": SineHead()}):
        clf = trained(ROWS, CODES, **parameters)
        with pytest.raises(ValueError, match=r"Sine.* cannot be written to a NumPy module: .*xp\.sin\..*save"):
            clf.to_numpy(path)
    assert not path.exists()


@pytest.mark.parametrize("classes", [
    ["a", 'b"', "c\n"], [1.0, -2.0, 3.0], np.array([1, 2, 3], np.uint8), np.array(["x", "y", "zz"], object),
])  # fmt: skip
def test_classes_of_every_kind_agree(path, classes):
    agrees(trained(ROWS, np.asarray(classes)[CODES]), path)


@pytest.mark.parametrize("parameters", [{}, {"output_activation": "softmax"}, {"cost": "quadratic"}], ids=str)
def test_thresholds_speak(path, parameters):
    n_yes = []
    for threshold in (0.05, 0.95):
        found = agrees(trained(ROWS, CODES == 1, threshold=threshold, **parameters), path)
        n_yes.append(found.predict(ROWS).sum())
    assert n_yes[0] > n_yes[1]
    agrees(trained(ROWS, Y["labels"], threshold=[0.2, 0.9]), path)
    with pytest.raises(ValueError, match=r"threshold=0\.5"):
        trained(ROWS, CODES).set_params(threshold=0.5).to_numpy(path)


def test_large_weights_stand_beside_it_and_are_those_of_the_module(path):
    clf = trained(ROWS, CODES, hidden_layer_sizes=(600, 500))
    assert clf.theta_.nbytes > numpy_export.MAX_INSIDE
    agrees(clf, path)
    assert path.stat().st_size < 10_000 and sorted(file.name for file in path.parent.iterdir()) == [
        "model.npz",
        "model.py",
    ]
    trained(ROWS, CODES, hidden_layer_sizes=(600, 500), random_state=1).to_numpy(path.with_name("other.py"))
    path.with_name("other.npz").replace(path.with_suffix(".npz"))
    with pytest.raises(ValueError, match=r"model\.npz was not written with this module"):
        module(path)


def test_a_wrong_name_and_a_model_of_one_class_are_refused(tmp_path):
    clf = trained(ROWS, CODES)
    with pytest.raises(ValueError, match=r"model\.txt' is not the name of a Python module; let it end in \.py"):
        clf.to_numpy(tmp_path / "model.txt")
    with pytest.raises(ValueError, match="not fitted"):
        gpunn.MLPClassifier().to_numpy(tmp_path / "model.py")
    clf.classes_ = np.array([4])
    with pytest.raises(ValueError, match=r"only one class, \[4\]"):
        clf.to_numpy(tmp_path / "model.py")
    clf.classes_ = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    with pytest.raises(ValueError, match=r"datetime64.* cannot be written to a NumPy module"):
        clf.to_numpy(tmp_path / "model.py")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["numpy", "base64"])
def test_a_module_that_would_hide_one_that_it_imports_is_refused(tmp_path, name):
    clf = trained(ROWS, [*"ab"] * (len(ROWS) // 2))
    with pytest.raises(ValueError, match=rf"{name}\.py' has the name of the module '{name}'.*Choose another name"):
        clf.to_numpy(tmp_path / f"{name}.py")
    assert not any(tmp_path.iterdir())


def test_rows_that_gpunn_refuses_are_refused(path):
    found = agrees(trained(ROWS, CODES), path)
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match="X has NaN or infinite numbers"):
            found.predict(np.full((2, 3), value))
    with pytest.raises(ValueError, match=r"X has shape \(2, 4\); give \(n, 3\)"):
        found.predict(np.zeros((2, 4)))


# Tables


def test_every_kind_of_column_has_a_form():
    assert set(numpy_export.CALLS) == set(numpy_export.UNITS) == set(COLUMNS)


def table(n):
    """Every kind of column, with values missing."""
    rng = np.random.default_rng(n)
    days = np.datetime64("2024-02-29T12:00") + rng.integers(0, 10**6, n).astype("m8[s]")
    frame = pd.DataFrame({
        "size": rng.normal(size=n), "exact": rng.integers(0, 9, n), "when": days, "wait": days - days[0],
        "flag": np.array([True, False, None])[rng.integers(0, 3, n)], "sure": rng.integers(0, 2, n) == 1,
        "colour": np.array(["red", 'bl"ue\\\n', "", None])[rng.integers(0, 4, n)],
        "shape": np.array([f"s{i}" for i in range(40)] + ["s0"] * 60)[rng.integers(0, 100, n)],
        "none": np.full(n, np.nan), '"""\n#': rng.normal(size=n),
    })  # fmt: skip
    frame.loc[::5, ["size", "when", "wait"]] = None
    return frame


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_classifier_of_a_table_agrees(path, dtype, encoding):
    y = np.array(["no", "yes"])[np.arange(200) % 2]
    clf = trained(table(200), y, dtype=dtype, max_categories=8, numeric_encoding=encoding)
    kinds = {column.kind for column in clf.features_.columns}
    assert kinds == set(COLUMNS) - {"times of day"}
    later = table(300)
    later.loc[:3, ["colour", "shape"]] = "unknown"
    found = agrees(clf, path, later)
    p = found.predict_proba(later)
    lists = {name: [None if pd.isna(x) else x for x in later[name]] for name in later if name not in ("when", "wait")}
    lists |= {name: later[name].to_numpy() for name in ("when", "wait")}
    np.testing.assert_array_equal(found.predict_proba(lists), p)
    np.testing.assert_array_equal(found.predict_proba(pl.from_pandas(later)), p)
    nullable = later.convert_dtypes()
    assert {str(dtype) for dtype in nullable.dtypes} >= {"Float64", "Int64", "boolean", "string"}
    np.testing.assert_array_equal(found.predict_proba(nullable), p)
    seconds = (later["when"] - pd.Timestamp(0)).dt.total_seconds()
    np.testing.assert_array_equal(found.predict_proba(lists | {"when": seconds}), p)


def test_times_of_day_are_seconds(path):
    times = [dt.time(0, minute) for minute in range(60)]
    clf = trained(pd.DataFrame({"t": times}), CODES)
    agrees(clf, path, pd.DataFrame({"t": times}), {"t": np.arange(60) * 60})
    with pytest.raises(ValueError, match=r"column 't': .*Give numbers"):
        module(path).predict({"t": times})


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_numbers_that_stand_for_missing_ones_are_missing(path, encoding):
    """As in models of CSV tables that were read with --missing -999."""
    frame = pd.DataFrame({"a": np.where(np.arange(60) % 4 == 0, -999.0, ROWS[:, 0]), "b": ROWS[:, 1]})
    clf = trained(frame.replace(-999, np.nan), CODES, numeric_encoding=encoding)
    clf.features_ = replace(clf.features_, spellings=Spellings(missing=("-999",)))
    agrees(clf, path, frame)


@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_numbers_are_encoded_with_the_same_bits(path, encoding):
    largest = np.finfo(float).max
    x = np.array([1e300, -1e300, largest, -largest, 4e-320, 0, -1, 2, *ROWS[:52, 0]])
    frame = pd.DataFrame({"a": x, "b": ROWS[:, 1], "c": 7, "d": np.where(ROWS[:, 2] > 1, np.nan, ROWS[:, 2])})
    clf = trained(frame, CODES, numeric_encoding=encoding, dtype="float64")
    clf.to_numpy(path)
    assert module(path).inputs(frame).tolist() == clf.features_.transform(frame, "float64").tolist()


def test_a_table_with_wrong_values_is_refused(path):
    found = agrees(trained(table(200), CODES[np.arange(200) % 60]), path, table(50))
    good = {name: table(50)[name].to_numpy() for name in table(1)}
    for name, values, message in (
        ("size", ["x"] * 50, "column 'size': .*Give numbers, and NaN or None where missing"),
        ("size", [np.inf] * 50, "column 'size' has an infinite number"),
        ("size", [1e300] * 50, "too far from those of training for float32"),
        ("flag", [2] * 50, "column 'flag' has other values than True and False"),
        ("colour", [3] * 50, "column 'colour', row 1: 3 is not a string"),
    ):
        with pytest.raises(ValueError, match=message), np.errstate(over="ignore"):
            found.predict({**good, name: values})
    with pytest.raises(KeyError, match="size"):
        found.predict({name: values for name, values in good.items() if name != "size"})


RUN = """
import sys
for name in ("gpunn", "sklearn", "scipy", "narwhals", "pandas"):
    sys.modules[name] = None
sys.path.insert(0, sys.argv[1])
import model
print(model.predict({"size": [0.5, None], "colour": ["red", None]}).tolist())
"""


def test_the_module_needs_numpy_alone_and_is_sound_python(path):
    frame = table(60)[["size", "colour"]]
    clf = trained(frame, CODES)
    clf.to_numpy(path)
    ran = subprocess.run([sys.executable, "-W", "error", "-c", RUN, path.parent], capture_output=True, text=True)
    later = pd.DataFrame({"size": [0.5, None], "colour": ["red", None]})
    assert ran.stderr == "" and ran.stdout == f"{clf.predict(later).tolist()}\n"
    source = path.read_text(encoding="utf-8")
    assert max(map(len, source.splitlines())) <= 120 and source.count("\n") < 170
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("Ruff is not installed")
    check = [ruff, "check", "--isolated", "--select", "E,F,W,I,B", "--line-length", "120", path]
    ran = subprocess.run(check, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_what_has_no_columns_by_name_is_refused(path):
    clf = trained(table(200), CODES[np.arange(200) % 60])
    clf.to_numpy(path)
    found, columns = module(path), {name: table(50)[name].to_numpy() for name in table(1)}
    for X, kind in ((np.zeros((3, 10)), "ndarray"), ([[0.0] * 10], "list"), (None, "NoneType")):
        with pytest.raises(TypeError, match=f"X is of type {kind}, which has no column 'size'.*Give a data frame"):
            found.predict(X)
    for name in ("size", "colour", "none"):
        with pytest.raises(ValueError, match=rf"column '{name}' has shape \(\)"):
            found.predict(columns | {name: 1.0})


def test_limits_of_probabilities_have_a_name_and_a_comment(path):
    """A number that is not of the model stands in the module only where its meaning is said."""
    clf = trained(ROWS, CODES, activation="gelu")
    clf.to_numpy(path)
    lines = path.read_text().splitlines()
    for name, value in (("highest", np.nextafter(1, 0)), ("smallest", np.finfo(float).tiny)):
        named = [line for line in lines if repr(float(value)) in line]
        assert all(line.startswith(f"    {name} = {float(value)!r}  # ") for line in named)
        assert len(named) == (name == "highest")
    source = path.read_text()
    assert "h = z (1 + tanh u) / 2" in source and "sqrt(8 / pi)" in source


@pytest.mark.parametrize(("activation", "formula"), [("gelu", "h = z (1 + tanh u) / 2"), ("prelu", "h = max(z, 0) + ")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_normalised_layer_has_both_formulas_and_says_what_its_numbers_mean(path, activation, formula, dtype):
    trained(ROWS, CODES, activation=activation, layer_norm=True, dtype=dtype).to_numpy(path)
    source = path.read_text()
    body = source.partition(f"def {activation}_after_norm_1(z, gain, shift")[2].partition("\ndef ")[0]
    assert "y = gain u + shift, u = (z - mean z) / sqrt(" in body and "Ba, Kiros & Hinton 2016" in body
    assert "Here f(z), of y in place of z, is" in body and formula in body
    for name, value in (("epsilon", 1e-5), ("smallest", float(np.finfo(dtype).tiny))):
        assert [line.partition("#")[0].strip() for line in body.splitlines() if repr(value) in line] == [
            f"{name} = {value!r}"
        ]
