"""Whatever rows `predict` takes can be diagnosed, without a warning of NumPy; what cannot be is refused by name."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from faults import FLOWERS, GOOD, IRIS, Case, noise
from scipy import sparse

from gpunn import MLPClassifier, load
from gpunn.insight import diagnose

X, Y = FLOWERS, IRIS[1]
QUICK = {**GOOD, "max_iter": 15, "hidden_layer_sizes": (6,)}
YES = (Y > 0).astype(int)
LABELS = {"three": Y, "two": YES, "several": np.c_[YES, Y == 1, np.arange(150) % 50 == 0].astype(int)}
N = np.arange(150)


def trained(y=Y, rows=X, **parameters):
    return Case("", {**QUICK, **parameters}, rows, y).fitted()


@pytest.fixture(scope="module", params=LABELS)
def model(request):
    y = LABELS[request.param]
    return trained(y), y


def sound(clf, rows, y, *more, **held_out):
    """The diagnosis, whose words and form can be made too."""
    clf.predict(rows)
    found = diagnose(clf, rows, y, *more, **held_out)
    assert "finding" in str(found) and found.to_dict()["n_rows"] == len(y)
    return found


ROWS = {
    "one row": lambda: (X[:1], slice(1)),
    "two rows": lambda: (X[[0, -1]], [0, -1]),
    "one class": lambda: (X[:50], slice(50)),
    "the last class": lambda: (X[-40:], slice(-40, None)),
    "a class absent": lambda: (X[:100], slice(100)),
    "equal rows": lambda: (np.tile(X[:1], (150, 1)), slice(None)),
    "zeros": lambda: (np.zeros((60, 4)), slice(30, 90)),
    "float32": lambda: (X.astype("float32"), slice(None)),
    "float16": lambda: (X.astype("float16"), slice(None)),
    "integers": lambda: (X.astype(int), slice(None)),
    "bytes": lambda: ((X + 9).astype("uint8"), slice(None)),
    "booleans": lambda: (X > 0, slice(None)),
    "objects": lambda: (X.astype(object), slice(None)),
    "lists": lambda: (X.tolist(), slice(None)),
    "by columns": lambda: (np.asfortranarray(X), slice(None)),
    "masked nowhere": lambda: (np.ma.masked_array(X), slice(None)),
    "sparse": lambda: (sparse.csr_array(X), slice(None)),
    "sparse, by columns": lambda: (sparse.csc_matrix(X), slice(None)),
    "sparse, one row": lambda: (sparse.csr_array(X[:1]), slice(1)),
    "large": lambda: (X * 1e30, slice(None)),
    "larger": lambda: (X * 1e200, slice(None)),
    "small": lambda: (X * 1e-310, slice(None)),
}


@pytest.mark.parametrize("form", ROWS)
def test_rows_of_any_form(model, form):
    (clf, y), (rows, of) = model, ROWS[form]()
    sound(clf, rows, y[of])


@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 29, 30, 31])
def test_few_rows(model, n):
    clf, y = model
    some = N[:: 150 // n][:n]
    sound(clf, X[some], y[some])
    sound(clf, X, y, X_val=X[some] + 0.001, y_val=y[some])


@pytest.mark.parametrize("rows", [X[:0], sparse.csr_array(X[:0])], ids=["dense", "sparse"])
def test_no_rows_are_refused_by_name(model, rows):
    clf, y = model
    with pytest.raises(ValueError, match="0 sample"):
        diagnose(clf, rows, y[:0])
    with pytest.raises(ValueError, match="0 sample"):
        diagnose(clf, X, y, X_val=rows, y_val=y[:0])


def test_what_is_masked_is_refused_by_name(model):
    clf, y = model
    with pytest.raises(ValueError, match="X is a masked array, 1 of whose values are masked"):
        diagnose(clf, np.ma.masked_array(X, mask=[[i == 3, 0, 0, 0] for i in range(150)]), y)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -1.0])
def test_weights_that_are_none_are_refused(model, weight):
    clf, y = model
    with pytest.raises(ValueError, match="sample_weight"):
        diagnose(clf, X, y, np.where(N == 2, weight, 1.0))


def test_rows_that_weigh_nothing_do_not_count(model):
    clf, y = model
    weight = (N % 3 == 0) * 2.0
    found, without = sound(clf, X, y, weight), sound(clf, X[::3], y[::3])
    for name in ("cost", "score", "guess", "n_sample", "layers"):
        assert getattr(found, name) == pytest.approx(getattr(without, name)), name
    sound(clf, X, y, (N == 5) * 1.0)
    sound(clf, X, y, (N < 50) * 1.0)


def test_the_sample_is_of_rows_that_weigh_something():
    rows, y = noise(4000, 4), np.arange(4000) % 3
    weight = np.isin(np.arange(4000), [7, 8, 9]) * 1.0
    clf = trained(y, rows, max_iter=2)
    found = sound(clf, rows, y, weight)
    assert found.rows_are == "training" and found.n_sample == 3 and found.gradient_norm > 0


@pytest.mark.parametrize("named", ["X", "X_val"])
def test_classes_that_weigh_nothing_are_refused_by_name(named):
    clf = trained(class_weight={0: 0.0, 1: 1.0, 2: 1.0})
    rows, y = X[:50], Y[:50]
    sound(clf, X, Y)
    with pytest.raises(ValueError, match=rf"{named} has 50 rows, and all have a weight of 0 \(class_weight="):
        diagnose(clf, rows, y) if named == "X" else diagnose(clf, X, Y, X_val=rows, y_val=y)


@pytest.mark.parametrize("d", [1, 3000, 12000])
def test_few_inputs_and_many(d):
    rows, y = noise(60, d), np.arange(60) % 3
    clf = trained(y, rows, max_iter=3)
    sound(clf, rows, y)
    sound(clf, rows[:40], y[:40], X_val=rows[40:], y_val=y[40:])
    thin = sparse.random(80, d, density=0.1, random_state=0, format="csr")
    sound(trained(np.arange(80) % 3, thin, max_iter=3), thin[:70], np.arange(70) % 3)


def test_images_of_bytes():
    images, y = np.random.default_rng(0).integers(0, 256, (100, 64)).astype("uint8"), np.arange(100) % 4
    clf = trained(y, images)
    for rows in (images, images[:40], images.astype("int64"), images.astype("float64")):
        sound(clf, rows, y[: len(rows)])


def test_frames_whose_categories_are_new():
    table = pd.DataFrame({"a": X[:, 0], "c": np.array(["r", "g", "b"])[Y], "m": np.where(N % 9 == 0, np.nan, X[:, 1])})
    clf = trained(Y, table)
    sound(clf, table[:1], Y[:1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that they are new, as predict says it
        sound(clf, table.assign(c="zz"), Y)
        sound(clf, table.assign(a=np.nan, m=np.nan, c=None), Y)
        sound(clf, table, Y, X_val=table.assign(c="zz")[:40], y_val=Y[:40])
    columns = table.to_numpy(object)
    sound(trained(Y, columns), columns, Y)
    with pytest.raises(ValueError, match="no rows"):
        diagnose(clf, table[:0], Y[:0])


def test_classifiers_of_any_origin(tmp_path):
    piecewise = MLPClassifier((5,), random_state=0).partial_fit(X[:60], Y[:60], classes=[0, 1, 2])
    again = trained(warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again.set_params(max_iter=2).fit(X, Y)
    clf = trained()
    clf.save(tmp_path / "model")
    copied = pickle.loads(pickle.dumps(trained(record="layers")))
    origins = [piecewise, again, load(tmp_path / "model"), copied, trained(solver="lbfgs")]
    for model in origins:
        for n in (1, 40, 150):
            sound(model, X[-n:], Y[-n:])
    assert sound(origins[2], X, Y) == sound(clf, X, Y)


@pytest.mark.parametrize("factor", [np.nan, np.inf, 1e200, 0.0])
def test_weights_that_are_no_numbers_or_all_0(factor):
    clf = trained()
    with np.errstate(all="ignore"):
        clf.theta_ = clf.theta_ * factor
    for n in (1, 150):
        found = diagnose(clf, X[:n], Y[:n], X_val=X, y_val=Y)
        assert str(found) and (factor == 0 or found.findings[0].name == "not_finite")
    if factor == 1e200:  # its logits overflow, not its weights
        assert found.findings[0].evidence["n_layers_not_finite"] == 0


def test_a_few_rows_near_each_other_are_not_taken_for_unscaled():
    for rows in (slice(3), slice(50)):
        assert "unscaled_inputs" not in {f.name for f in diagnose(trained(), X[rows], Y[rows]).findings}


def test_units_whose_biases_differ_are_not_alike():
    clf = trained(weight_init="zeros", max_iter=200, learning_rate_init=0.03)
    assert clf.score(X, Y) > 0.9  # they draw apart
    start = MLPClassifier((6,), weight_init="zeros", random_state=0)
    assert "units_alike" not in {f.name for f in diagnose(start, X, Y, at="start").findings}
