"""Labels of every library: integers and booleans stay what they are, and missing ones are refused by name."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys

import array_api_strict
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn import config_context

from gpunn import MLPClassifier
from gpunn.data.labels import Labels
from gpunn.model.training_data import labels_on_host

N = 12
X = np.random.default_rng(0).standard_normal((N, 3))
IDS = [2**53, 2**53 + 1, -(2**62) + 1] * 4  # which are equal, or not what they were, as float64
YES = [True, False, False] * 4

KINDS = {
    "list": list, "tuple": tuple, "NumPy": np.asarray,
    "pandas nullable": lambda y: pd.Series(y, dtype="boolean" if y is YES else "Int64", index=range(N, 0, -1)),
    "pandas of Arrow": lambda y: pd.Series(y, dtype="bool[pyarrow]" if y is YES else "int64[pyarrow]"),
    "pandas array": lambda y: pd.array(y, dtype="boolean" if y is YES else "Int64"),
    "pandas index": lambda y: pd.Index(y, dtype="boolean" if y is YES else "Int64"),
    "pandas categories": lambda y: pd.Series(y).astype("category"),
    "pandas frame": lambda y: pd.DataFrame({"y": pd.Series(y, dtype="boolean" if y is YES else "Int64")}),
    "polars": pl.Series, "polars frame": lambda y: pl.DataFrame({"y": y}),
    "Arrow": pa.array, "Arrow in chunks": lambda y: pa.chunked_array([y[:5], y[5:]]),
    "Arrow dictionary": lambda y: pa.array(IDS).dictionary_encode() if y is IDS else pa.array(y),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("values", "dtype"), [(IDS, "int64"), (YES, "bool")], ids=["integers", "booleans"])
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_integers_and_booleans_stay_what_they_are(fitted, kind, values, dtype):
    y = KINDS[kind](values)
    clf = fitted(X, y, solver="lbfgs", max_iter=200)
    assert clf.classes_.dtype == dtype and clf.classes_.tolist() == sorted(set(values))
    assert clf.predict(X).dtype == dtype and clf.predict(X).tolist() == values
    assert clf.score(X, y) == 1
    parts = MLPClassifier().partial_fit(X, y, classes=KINDS[kind](values))
    assert parts.classes_.dtype == dtype
    assert parts.partial_fit(X, y, classes=KINDS[kind](values)).classes_.tolist() == sorted(set(values))


@pytest.mark.parametrize("dtype", ["Int8", "UInt16", "int32[pyarrow]", "Float64", "string", "str", "double[pyarrow]"])
def test_other_types_of_pandas_are_those_of_numpy(fitted, dtype):
    values = [0, 7, 3] * 4 if "str" not in dtype else ["a", "c", "b"] * 4
    classes = fitted(X, pd.Series(values, dtype=dtype), max_iter=1).classes_
    of_numpy = {"Float64": "float64", "double[pyarrow]": "float64", "string": "object", "str": "object"}
    assert classes.dtype == of_numpy.get(dtype, dtype.lower().removesuffix("[pyarrow]"))
    assert classes.tolist() == sorted(set(values))


def test_indicators_may_be_a_frame_of_nullable_types(fitted):
    Y = np.random.default_rng(0).integers(0, 2, (N, 3))
    for frame in (pd.DataFrame(Y, dtype="Int64"), pl.DataFrame(Y), pa.table(list(Y.T), names=list("abc")),
                  pd.DataFrame(Y == 1, dtype="boolean")):  # fmt: skip
        clf = fitted(X, frame, max_iter=2)
        assert clf.predict(X).shape == Y.shape
        assert clf.score(X, frame) == clf.score(X, Y)


def test_columns_of_one_name_are_refused_by_name():
    for name in ("y", "classes"):
        with pytest.raises(ValueError, match=rf"(?s)^{name}: .*'a' 2 times.*Rename or remove all but one"):
            labels_on_host(pd.DataFrame(np.eye(3), columns=["a", "b", "a"]), name)


def test_signed_and_unsigned_labels_are_told_apart_exactly():
    labels = Labels.learn(np.array([2**60, 2**60 + 1]))
    assert labels.targets(np.array([2**60 + 1, 2**60], np.uint64), 1, "float64").tolist() == [[1], [0]]
    with pytest.raises(ValueError, match=rf"not among the classes: \[{2**60 + 2}\]"):
        labels.targets(np.array([2**60 + 2], np.uint64), 1, "float64")


NONE, NAN, DAY = None, float("nan"), datetime.datetime(2020, 1, 2)
MISSING = {  # labels, and how many of them are missing, from which row on
    "None in a list": (["a", NONE, "b"], 1, 2), "NaN in a list of text": (["a", "b", NAN], 1, 3),
    "NaN in a list": ([NAN, 1, NAN], 2, 1), "NA in a list": ([1, pd.NA, 2], 1, 2),
    "NaT in a list": ([DAY, DAY, pd.NaT], 1, 3), "a NaN of decimal": ([decimal.Decimal("NaN"), 1, 2], 1, 1),
    "NumPy": (np.array([0, NAN, NAN]), 2, 2), "NumPy objects": (np.array([NONE, "a", "b"], object), 1, 1),
    "NumPy dates": (np.array(["2020-01-01", "NaT", "NaT"], "M8[D]"), 2, 2),
    "NumPy of NA": (np.array([1, 2, pd.NA], object), 1, 3), "float32": (np.array([NAN, 0, 1], "float32"), 1, 1),
    "pandas": (pd.Series([0, NAN, 1]), 1, 2), "pandas nullable": (pd.Series([0, NONE, NONE], dtype="Int64"), 2, 2),
    "pandas booleans": (pd.Series([NONE, True, NONE], dtype="boolean"), 2, 1),
    "pandas of Arrow": (pd.Series([1, 2, NONE], dtype="int64[pyarrow]"), 1, 3),
    "pandas text": (pd.Series(["a", NONE, "b"]), 1, 2), "pandas string": (pd.Series(["a", NONE], dtype="string"), 1, 2),
    "pandas categories": (pd.Series(["a", "b", NONE], dtype="category"), 1, 3),
    "pandas dates": (pd.Series([DAY, pd.NaT, DAY]), 1, 2), "pandas array": (pd.array([1, NONE], dtype="Int64"), 1, 2),
    "pandas frame": (pd.DataFrame({"a": [1, 0, NONE], "b": [NONE, 0, 1]}, dtype="Int64"), 2, 1),
    "polars": (pl.Series([1, NONE, 2]), 1, 2), "polars NaN": (pl.Series([1.0, NAN, 2]), 1, 2),
    "polars text": (pl.Series(["a", NONE, NONE]), 2, 2), "polars booleans": (pl.Series([True, False, NONE]), 1, 3),
    "polars enum": (pl.Series(["a", NONE, "b"], dtype=pl.Enum(["a", "b"])), 1, 2),
    "Arrow": (pa.array([1, NONE, 2]), 1, 2), "Arrow chunks": (pa.chunked_array([[1, 2], [NONE, NONE]]), 2, 3),
    "Arrow text": (pa.array([NONE, "a", "b"]), 1, 1), "Arrow nulls": (pa.nulls(3), 3, 1),
    "Arrow dictionary": (pa.array(["a", NONE, "b"]).dictionary_encode(), 1, 2),
    "polars null and NaN": (pl.Series([NONE, NAN, 1.0]), 2, 1),
    "a sparse matrix": (sparse.csr_matrix([[0.0, 1.0], [NAN, 1.0], [0.0, NAN]]), 2, 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISSING)
def test_missing_labels_are_counted_with_the_first_of_their_rows(kind, iris, fitted):
    y, n_missing, row = MISSING[kind]
    n_rows = y.shape[0] if hasattr(y, "shape") else len(y)
    n = n_rows * y.shape[1] if len(getattr(y, "shape", ())) == 2 else n_rows
    for name in ("y", "y_val", "classes"):
        said = f"^{name}: {n_missing} of {n} labels are missing, the first in row {row}. Fill them in, or remove"
        with pytest.raises(ValueError, match=said):
            labels_on_host(y, name)
    said = f"^y: {n_missing} of {n} labels are missing, the first in row {row}."
    clf, rows = fitted(*iris, max_iter=1), np.ones((n_rows, 4))
    for call in (clf.fit, clf.score, MLPClassifier().partial_fit, clf.partial_fit):
        with pytest.raises(ValueError, match=said):
            call(rows, y)
    with pytest.raises(ValueError, match=said.replace("y", "y_val")):
        clf.fit(*iris, X_val=rows, y_val=y)


def test_labels_of_the_array_api_are_scored_by_weight(fitted):
    y = np.array([0, 1, 2] * 4)
    with config_context(array_api_dispatch=True):
        given = array_api_strict.asarray(y)
        clf = fitted(array_api_strict.asarray(X), given, solver="lbfgs", max_iter=200)
        wrong, w = array_api_strict.asarray((y + (np.arange(N) == 2)) % 3), array_api_strict.asarray(np.arange(1.0, 13))
        assert clf.score(array_api_strict.asarray(X), given) == 1
        assert clf.score(array_api_strict.asarray(X), wrong, w) == pytest.approx(1 - 3 / 78)


def test_labels_need_no_library_that_they_are_not_of():
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('pandas', 'polars', 'pyarrow'): raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import numpy as np; from gpunn import MLPClassifier\n"
        "clf = MLPClassifier((2,)).partial_fit(np.eye(3), ['a', 'b', 'a'], classes=['a', 'b'])\n"
        "print(clf.score(np.eye(3), clf.predict(np.eye(3)).astype(object)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1.0"


@pytest.mark.parametrize("y", [
    [1.0, 2.5, 2.0, 2.5], np.array([1, 2.5, 2, 2], "float32"), pd.Series([1.0, 2.5, 3, 4]), pl.Series([1.0, 2.5, 3, 4]),
    np.array([1, 2.5, 2, 2], object),
])  # fmt: skip
def test_quantities_for_labels_are_named_with_the_remedies(y):
    with pytest.raises(
        ValueError, match=r"^Unknown label type: .* y has 2\.5 in row 2: .* no regression.*astype\(str\)"
    ):
        MLPClassifier().fit(np.eye(4), y)


def test_objects_that_are_no_labels_are_named():
    with pytest.raises(ValueError, match=r"^Unknown label type: unknown. y has .* begins with \{1: 2\} \(dict\)"):
        MLPClassifier().fit(np.eye(4), np.array([{1: 2}] * 4, object))
