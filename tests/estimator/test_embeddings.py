"""Classifiers whose columns of many categories are embedded: training, prediction, files, exports and reports."""

from __future__ import annotations

import pickle
import types
import warnings

import numpy as np
import pandas as pd
import pytest
from checkpointed import assert_same, break_off, resume
from forgeries import Parts
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn import HiddenLayer, MLPClassifier, fit_many
from gpunn.devices import get_device
from gpunn.features import Features
from gpunn.features.columns import EMBEDDED_IN
from gpunn.insight import diagnose, html_report
from gpunn.insight.columns import alone
from gpunn.insight.facts import _one_hot, measure
from gpunn.insight.importance import dependence, importances
from gpunn.insight.opened import opened
from gpunn.nn.embedding import Embedding
from gpunn.nn.network import Network
from gpunn.testing import check_compiled, check_gradients
from gpunn.training.data import Rows
from gpunn.training.divergence import cause

CPU = get_device("cpu")
MANY = 10_000


def table(n, n_ids, seed=0):
    """A table with an id, of which each occurs about as often, and the class that follows from its parity."""
    rng = np.random.default_rng(100 + seed)
    ids = rng.permutation(n) % n_ids
    names = np.random.default_rng(7).permutation(10 * n_ids)[:n_ids]  # parity is no matter of order
    frame = pd.DataFrame({
        "size": rng.normal(size=n), "id": pd.Series([f"id {i}" for i in names[ids]], dtype="object"),
        "colour": rng.choice(["red", "blue", "green"], n), "flag": rng.integers(2, size=n) == 1,
    })  # fmt: skip
    return frame, np.where(names[ids] % 2, "odd", "even")


def fitted(frame, y, **parameters):
    settings = {"hidden_layer_sizes": (8,), "max_one_hot": 50, "random_state": 0, "max_iter": 2, "batch_size": 64}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(**settings | parameters).fit(frame, y)


pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def large():
    return table(2 * MANY, MANY)


@pytest.fixture(scope="module")
def small():
    """Some 60 ids, a few of them rare, some values missing."""
    frame, y = table(400, 60)
    frame.loc[::9, "id"] = None
    frame.loc[::11, "size"] = np.nan
    frame.loc[1:6, "id"] = [f"once {i}" for i in range(6)]
    return frame, np.where(frame["size"] > 0.5, "large", y)


@pytest.fixture(scope="module")
def later(small):
    """Rows with ids that training had not, and missing ones."""
    frame = small[0][:80].copy()
    frame.loc[::5, "id"] = "unknown"
    frame.loc[3::7, "id"] = None
    return frame


# Ten thousand categories


def test_ten_thousand_categories_train_predict_and_are_saved(large, tmp_path):
    frame, y = large
    clf = fitted(frame, y, batch_size=1000)
    assert clf.features_.columns[1].becomes == "10,000 categories, embedded in 8 inputs"
    network = clf.network_
    assert network.embeddings == (Embedding(1, MANY, EMBEDDED_IN),)
    assert network.sizes == (1 + 8 + 3 + 2, 8, 1) and network.n_columns == clf.features_.n_out == 7
    assert clf.theta_.shape == (network.n_parameters,) and network.n_parameters > 8 * MANY
    assert clf.history_.path.startswith("arrays") and np.all(np.isfinite(clf.theta_))
    clf.save(tmp_path / "model.gpunn")
    again = gpunn.load(tmp_path / "model.gpunn")
    assert np.array_equal(again.predict_proba(frame[:500]), clf.predict_proba(frame[:500]))
    assert again.theta_.tobytes() == clf.theta_.tobytes() and again.network_ == network
    assert again.max_one_hot == 50
    again.save(tmp_path / "again.gpunn")
    assert (tmp_path / "again.gpunn").read_bytes() == (tmp_path / "model.gpunn").read_bytes()


def test_ten_thousand_categories_go_on_from_a_checkpoint(large, tmp_path):
    frame, y = large
    settings = {"hidden_layer_sizes": (8,), "max_one_hot": 50, "batch_size": 2000, "max_iter": 4}
    whole = MLPClassifier(**settings, random_state=3).fit(frame, y)
    break_off(tmp_path, frame, y, at=2, **settings)
    assert_same(resume(tmp_path, frame, y), whole)


@pytest.mark.parametrize("n_members", [1, 4])  # the weights of 4 stand in a file beside the module
def test_ten_thousand_categories_are_exported(large, tmp_path, n_members):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    frame, y = large
    clf = fitted(frame, y, batch_size=1000, n_members=n_members)
    rows = frame[:300].copy()
    rows.loc[::10, "id"] = "unknown"
    expected = clf.predict_proba(rows)
    clf.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    feed = {name: rows[[name]].to_numpy("float64" if name in ("size", "flag") else object) for name in rows}
    label, p = session.run(["label", "probabilities"], feed)
    np.testing.assert_allclose(p, expected, atol=2e-6)
    assert label.tolist() == clf.predict(rows).tolist()
    found = _module(clf, tmp_path)
    assert (tmp_path / "model.npz").exists() == (n_members == 4)
    np.testing.assert_allclose(found.predict_proba(rows), expected, atol=2e-6)
    assert found.predict(rows).tolist() == clf.predict(rows).tolist()


def _module(clf, folder):
    clf.to_numpy(folder / "model.py")
    found = types.ModuleType("written")
    found.__file__ = str(folder / "model.py")
    exec(compile((folder / "model.py").read_text(encoding="utf-8"), "model.py", "exec"), vars(found))
    return found


# Accuracy


def test_an_embedding_learns_what_there_is_to_learn_of_3000_ids():
    """The class is the parity of an id that stands in five rows; nothing else tells it."""
    frame, y = table(15_000, 3000)
    other, expected = table(3000, 3000, seed=1)  # other rows with the same ids
    clf = fitted(frame, y, hidden_layer_sizes=(32,), max_iter=12, batch_size=250, learning_rate_init=0.01)
    assert clf.score(other, expected) > 0.97
    without = fitted(frame, y, hidden_layer_sizes=(32,), max_iter=2, features={"id": "drop"})
    assert without.score(other, expected) < 0.6


# Prediction


def test_unknown_categories_have_an_embedding_of_zeros(small):
    frame, y = small[0].dropna(subset=["id"]), small[1][small[0]["id"].notna()]
    clf = fitted(frame, y)
    rows = frame[:20].assign(id="unknown")
    with pytest.warns(gpunn.features.FeatureWarning, match="were never seen in training and become zeros"):
        p = clf.predict_proba(rows)
    with pytest.warns(gpunn.features.FeatureWarning, match="column 'id' is missing in all of 20 rows"):
        assert np.array_equal(p, clf.predict_proba(rows.assign(id=None)))
    X = clf.features_.transform(frame[:20])
    X[:, clf.network_.embeddings[0].column] = 0
    h = clf.network_.inputs(np, clf.theta_, X)
    assert np.all(h[:, -8:] == 0)
    plain = Network(clf.network_.sizes, clf.network_.activations)
    z = np.exp(plain.logits(np, clf.theta_[: plain.n_parameters], h))
    np.testing.assert_allclose(p, z / z.sum(axis=1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"min_frequency": 3}, {"max_categories": 20}], ids=str)
def test_categories_that_are_one_have_one_answer(small, later, settings):
    """What one-hot inputs do not tell apart, an embedding does not tell apart either."""
    frame, y = small
    clf, plain = fitted(frame, y, max_one_hot=10, **settings), Features.learn(frame, **settings)
    rows = later.assign(size=0.0, colour="red", flag=True)
    one_hot, p = plain.transform(rows), clf.predict_proba(rows)
    same = np.all(one_hot[:, None] == one_hot, axis=-1)
    apart = np.abs(p[:, None] - p).max(axis=-1)
    assert 1 < same.sum(axis=1).max() < len(rows)
    assert apart[same].max() < 1e-6 < 1e-5 < apart[~same].min()


# Every way to train


@pytest.mark.parametrize("parameters", [
    {"solver": "adamw", "weight_decay": 0.1}, {"solver": "sgd", "max_norm": 1.0}, {"solver": "muon"},
    {"solver": "schedule_free_adamw"}, {"solver": "lbfgs"}, {"solver": "cg"}, {"solver": "bfgs", "max_one_hot": 60},
    {"input_dropout": 0.2, "dropout": 0.2}, {"ema_decay": 0.9, "clip_norm": 1.0}, {"dtype": "float64", "l1": 0.1},
    {"early_stopping": True, "temperature_scaling": True}, {"n_members": 2, "input_dropout": 0.2},
    {"n_members": 4, "cross_validation": 2, "early_stopping": True, "temperature_scaling": True},
    {"activation": "prelu", "hidden_layer_sizes": (6, 5)}, {"hidden_layer_sizes": ()}, {"class_weight": "balanced"},
    {"features": {"size": "drop", "colour": "drop", "flag": "drop"}}, {"numeric_encoding": "piecewise_linear"},
    {"max_one_hot": 1}, {"max_one_hot": 2, "max_categories": 30}, {"record": ["layers", "score"]},
], ids=str)  # fmt: skip
def test_every_training_goes_on_from_a_checkpoint_and_comes_back_from_a_file(small, later, tmp_path, parameters):
    frame, y = small
    settings = {"max_one_hot": 50, "batch_size": 64, "max_iter": 6} | parameters
    clf = MLPClassifier(**{"hidden_layer_sizes": (7,), "random_state": 3} | settings).fit(frame, y)
    still = {"max_iter": 1, "learning_rate_init": 1e-12}
    start = MLPClassifier(**{"hidden_layer_sizes": (7,), "random_state": 3} | settings | still).fit(frame, y)
    for part in clf.network_.tables:
        moved = part.of(np, clf.theta_ - start.theta_)
        assert np.mean(np.abs(moved) > 1e-7) > 0.5
    assert clf.network_.embeddings and clf.history_.path.startswith("arrays")
    break_off(tmp_path / "run", frame, y, at=3, **settings)
    assert_same(resume(tmp_path / "run", frame, y), clf)
    clf.save(tmp_path / "model.gpunn")
    expected = clf.predict_proba(later)
    assert np.array_equal(gpunn.load(tmp_path / "model.gpunn").predict_proba(later), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(later), expected)
    np.testing.assert_allclose(_module(clf, tmp_path).predict_proba(later), expected, atol=2e-6)


@pytest.mark.parametrize("parameters", [
    {}, {"min_frequency": 3}, {"n_members": 3}, {"dtype": "float64"}, {"max_one_hot": 1},
    {"features": {"size": "drop", "flag": "drop"}},
], ids=str)  # fmt: skip
def test_onnx_files_agree(small, later, tmp_path, parameters):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    clf = fitted(*small, **{"max_one_hot": 10} | parameters)
    clf.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    names = {each.name for each in session.get_inputs()}
    rows = later.assign(id=later["id"].fillna(""))
    feed = {name: rows[[name]].to_numpy("float64" if name in ("size", "flag") else object) for name in names}
    label, p = session.run(["label", "probabilities"], feed)
    expected = clf.predict_proba(later)
    np.testing.assert_allclose(p, expected, atol=1e-12 if clf.theta_.dtype == "float64" else 2e-6)
    assert label.tolist() == clf.predict(later).tolist()
    assert np.ptp(expected) > 0.05


def test_a_column_with_missing_values_and_an_empty_category_has_no_onnx_file(small, tmp_path):
    pytest.importorskip("onnx")
    frame, y = small
    frame = frame.assign(id=frame["id"].where(frame.index != 20, ""))
    clf = fitted(frame, y)
    with pytest.raises(ValueError, match="column 'id' has missing values and the empty string as a category"):
        clf.to_onnx(tmp_path / "model.onnx")


def test_the_gradient_of_an_estimator_is_checked(small):
    frame, y = small
    for parameters in ({}, {"activation": "tanh", "alpha": 0.1, "max_one_hot": 1}):
        clf = MLPClassifier((5,), **{"max_one_hot": 10, "random_state": 0} | parameters)
        assert check_gradients(clf, frame[:40], y[:40]) < 1e-6


def test_partial_fit_takes_the_categories_of_its_first_rows(small):
    frame, y = small
    clf = MLPClassifier((5,), max_one_hot=10, random_state=0)
    for _ in range(2):
        clf.partial_fit(frame, y, classes=np.unique(y))
    table_of, before = clf.network_.tables[0], clf.theta_.copy()
    clf.partial_fit(frame[7:9], y[7:9])
    known = clf.features_.transform(frame[7:9])[:, clf.network_.embeddings[0].column].astype(int)
    moved = np.any(table_of.of(np, clf.theta_ - before) != 0, axis=1)
    assert moved[known - 1].all()
    with pytest.warns(gpunn.features.FeatureWarning, match="'id': 1 of 2 values were never seen"):
        clf.partial_fit(frame[7:9].assign(id=["new", frame["id"][8]]), y[7:9])
    assert np.isfinite(clf.theta_).all()


def test_warm_start_goes_on_with_the_tables(small):
    frame, y = small
    clf = fitted(frame, y, warm_start=True)
    before = clf.theta_.copy()
    clf.set_params(max_iter=1).fit(frame, y)
    assert clf.theta_.shape == before.shape and 0 < np.abs(clf.theta_ - before).max() < 0.1


def test_settings_side_by_side_are_those_of_fits_of_their_own(small):
    frame, y = small
    clf = MLPClassifier((6,), max_one_hot=10, random_state=0, max_iter=4, batch_size=64, dtype="float64")
    settings = [{"random_state": 1}, {"learning_rate_init": 0.01, "input_dropout": 0.3}, {"max_one_hot": 1}, {}]
    found = fit_many(clf, frame, y, settings)
    for one, setting in zip(found, settings, strict=True):
        expected = clone(clf).set_params(**setting).fit(frame, y)
        assert one.network_ == expected.network_
        np.testing.assert_allclose(one.theta_, expected.theta_, rtol=1e-6, atol=1e-9)


def test_a_member_is_a_classifier_of_its_own(small, later, tmp_path):
    clf = fitted(*small, n_members=3, max_one_hot=10)
    assert clf.theta_.shape == (3, clf.network_.n_parameters)
    E = clf.network_.tables[0].of(np, clf.theta_)
    assert not np.array_equal(E[0], E[1])
    p = np.stack([clf.member(i).predict_proba(later) for i in range(3)])
    np.testing.assert_allclose(clf.predict_member_proba(later), p, atol=1e-6)
    clf.save(tmp_path / "model.gpunn")
    assert {f"{i}/1.embedding" for i in (1, 2, 3)} < set(Parts((tmp_path / "model.gpunn").read_bytes()).tensors)


def test_a_hidden_layer_is_a_transformer(small, later):
    clf = HiddenLayer(MLPClassifier((6,), max_one_hot=10, random_state=0, max_iter=2)).fit(*small)
    assert clf.transform(later).shape == (80, 6)


# Compiled steps


def test_compile_says_why_arrays_go_on(small, later):
    frame, y = small
    with pytest.warns(RuntimeWarning, match=r"compile=True .* \(arrays: columns are embedded\)"):
        clf = fitted(frame, y, compile=True)
    assert clf.history_.path == "arrays: columns are embedded"
    assert np.array_equal(clf.predict_proba(later), fitted(frame, y, compile=False).predict_proba(later))
    for solver in ("adam", "lbfgs"):
        said = check_compiled(MLPClassifier((5,), max_one_hot=10, solver=solver), frame, y)
        assert said == "arrays: columns are embedded"
    assert check_compiled(MLPClassifier((5,)), frame, y) != said


# Files of somebody's own


@pytest.fixture
def saved(small, tmp_path):
    fitted(*small, min_frequency=3).save(tmp_path / "model.gpunn")
    return tmp_path / "model.gpunn"


def _refused(saved, parts, said):
    saved.write_bytes(parts.together())
    with pytest.raises(ValueError, match=said) as caught:
        gpunn.load(saved)
    assert str(caught.value).startswith(f"{saved}: ")


def _id_column(parts):
    return parts.values["features"]["columns"][1]


def test_forged_numbers_of_categories_are_refused(saved):
    data = saved.read_bytes()
    parts = Parts(data)
    E = parts.tensors["1.embedding"]
    n = len(_id_column(parts)["categories"])
    assert E.shape == (n + 2, 8)  # and rare ones, and missing ones
    _id_column(parts)["categories"].append("zzz")
    _refused(saved, parts, rf"the array 1.embedding has shape \({n + 2}, 8\), .* declared has \({n + 3}, 8\)")
    parts = Parts(data)
    _id_column(parts)["missing"] = False
    _refused(saved, parts, rf"the array 1.embedding has shape \({n + 2}, 8\)")
    parts = Parts(data)
    _id_column(parts)["embedded"] = False
    _refused(saved, parts, "its columns give .* inputs, and its network takes 8")
    parts = Parts(data)
    parts.values["features"] = None
    _refused(saved, parts, "the arrays are not those of the network declared")


def test_forged_tables_are_refused(saved):
    data = saved.read_bytes()
    for change, said in (
        (lambda E: E[:-1], "1.embedding has shape"),
        (lambda E: E[:, :7], "1.embedding has shape"),
        (lambda E: E * np.float32(np.nan), "1.embedding holds numbers that are not finite"),
        (lambda E: E.astype("float64"), "not all float32"),
        (lambda E: E.astype("float32") * np.float32(1e37), "its answers would be NaN"),
    ):
        parts = Parts(data)
        parts.tensors["1.embedding"] = np.ascontiguousarray(change(parts.tensors["1.embedding"]))
        _refused(saved, parts, said)
    for name in ("2.embedding", "0.embedding"):
        parts = Parts(data)
        parts.tensors[name] = parts.tensors["1.embedding"]
        _refused(saved, parts, f"{name} belongs to no layer of it")
    parts = Parts(data)
    del parts.tensors["1.embedding"]
    _refused(saved, parts, "1.embedding is missing")


def test_a_product_that_overflows_is_refused(saved):
    parts = Parts(saved.read_bytes())
    for name in ("1.embedding", "1.W"):  # neither is large by itself
        parts.tensors[name] = parts.tensors[name] * np.float32(1e25)
    _refused(saved, parts, "its answers would be NaN")


def test_parameters_of_another_network_are_not_saved(small, tmp_path):
    clf = fitted(*small)
    clf.features_ = Features.learn(small[0], max_one_hot=20, max_categories=40)
    with pytest.raises(ValueError, match=r"The parameters describe a network with embeddings \(Embedding"):
        clf.save(tmp_path / "model.gpunn")


def test_features_learned_beforehand_say_what_is_embedded(small, later):
    frame, y = small
    clf = fitted(frame, y, max_one_hot=None, features=Features.learn(frame, max_one_hot=50))
    assert np.array_equal(clf.predict_proba(later), fitted(frame, y).predict_proba(later))


def test_a_manifest_names_the_limit(small):
    clf = fitted(*small)
    assert "max_one_hot: 50" in clf.to_manifest()


# What reads X as numbers


@pytest.fixture(scope="module")
def ids(small):
    """A network that has learned classes which only the id tells, and its rows."""
    frame, y = table(1200, 60)
    return fitted(frame, y, hidden_layer_sizes=(16,), max_iter=25, learning_rate_init=0.02), frame, y


def test_a_sound_network_has_no_findings_about_codes(ids):
    clf, frame, y = ids
    assert clf.score(frame, y) == 1
    for rows in (slice(None), slice(600)):
        names = {finding.name for finding in diagnose(clf, frame[rows], y[rows]).findings}
        assert not names & {"unscaled_inputs", "moved_inputs", "saturated_layer", "not_finite", "constant_inputs"}
    again = clone(clf).set_params(max_iter=1)
    names = {finding.name for finding in diagnose(again, frame, y, at="start").findings}
    assert "unscaled_inputs" not in names


def test_codes_are_no_inputs_of_a_large_scale():
    network = Network((9, 2), (), embeddings=(Embedding(0, 5000),))
    X = np.array([[4000.0, 0.5], [1.0, -0.5]])
    assert cause(CPU, network, Rows(X, np.eye(2))) == ""
    X[0, 1] = 1e20
    assert cause(CPU, network, Rows(X, np.eye(2))).startswith("X[:, 1] has values of up to 1e+20")


def test_a_code_that_never_changes_is_not_far_from_0(ids):
    clf, frame, y = ids
    one_id = frame.assign(id=frame["id"].max())  # a code well above 0.5
    for rows, is_found in (one_id, False), (frame.assign(size=9.0), True):
        names = {finding.name for finding in diagnose(clf, rows, y).findings}
        assert ("constant_inputs" in names) == is_found


def test_moved_categories_are_not_moved_inputs(ids):
    clf, frame, y = ids
    last = frame["id"] >= "id 5"
    rows = frame[last]
    found = diagnose(clf, rows, y[last])
    assert found.rows_are == "other"
    assert "moved_inputs" not in {finding.name for finding in found.findings}
    moved = diagnose(clf, rows.assign(size=rows["size"] + 9), y[last]).findings
    assert "moved_inputs" in {finding.name for finding in moved}


def test_the_id_is_what_matters(ids):
    clf, frame, y = ids
    found = opened(clf, frame, y, None, "end")
    ranked = importances(found.device, found.objective, found.theta, found.rows, found.columns)
    assert ranked[0].column.name == "id" and len(ranked) == 4
    assert ranked[0].rise > 10 * max(each.rise for each in ranked[1:])


def test_the_dependence_on_a_category_is_that_of_rows_that_have_it(ids):
    clf, frame, y = ids
    found = opened(clf, frame, y, None, "end")
    column = next(column for column in found.columns if column.name == "id")
    seen = dependence(found.device, found.objective, found.theta, found.rows, column)
    assert len(seen.column.categories) == len(seen.probabilities) == 20 and seen.values is None
    for name, p in zip(seen.column.categories[::6], seen.probabilities[::6], strict=True):
        rows = frame.iloc[np.arange(1000) * len(frame) // 1000]
        expected = clf.predict_proba(rows.assign(id=name)).mean(axis=0)
        np.testing.assert_allclose(p, expected, atol=1e-5)


def test_the_column_tells_the_class_by_itself(ids):
    clf, frame, y = ids
    found = opened(clf, frame, y, None, "end")
    X = found.rows.X
    label = np.unique(y, return_inverse=True)[1]
    told = dict(zip([column.name for column in found.columns], alone(X, label, found.columns), strict=True))
    assert told["id"] > 0.95 and told["size"] < 0.6 and told["flag"] < 0.6


def test_neighbours_are_those_of_one_hot_columns(small):
    frame, y = small
    found = [diagnose_facts(fitted(frame, y, max_one_hot=most), frame, y).by_neighbours for most in (None, 10)]
    assert found[0] == pytest.approx(found[1], abs=0.01)
    X = np.array([[3.0, 0.5, 1.0], [0.0, 1.5, 2.0], [3.0, 2.5, 2.0], [9.0, 3.5, 0.0]])
    network = Network((5, 2), (), embeddings=(Embedding(0, 9, 2), Embedding(2, 2, 2)))
    expected = [[0.5, 1, 0, 1, 0], [1.5, 0, 0, 0, 1], [2.5, 1, 0, 0, 1], [3.5, 0, 1, 0, 0]]
    assert _one_hot(X, network).tolist() == expected


def diagnose_facts(clf, frame, y):
    found = opened(clf, frame, y, None, "end")
    return measure(
        found.device, found.objective, found.theta, found.rows, at="end", classes=found.classes,
        input_names=found.input_names, columns=found.columns, training=found.training,
    )  # fmt: skip


def test_the_inputs_of_the_first_layer_are_measured_after_embedding(ids):
    clf, frame, y = ids
    facts = diagnose_facts(clf, frame, y)
    h = clf.network_.inputs(np, clf.theta_.astype(float), clf.features_.transform(frame, "float64"))
    np.testing.assert_allclose(facts.inputs.rms_of_layer, np.sqrt(np.mean(h * h, axis=0)), rtol=1e-6)
    assert len(facts.inputs.rms) == clf.network_.n_columns < len(facts.inputs.rms_of_layer) == clf.network_.sizes[0]


def test_layers_are_recorded_and_reported(ids):
    pytest.importorskip("matplotlib").use("agg")
    _, frame, y = ids
    clf = fitted(frame, y, record="layers", max_iter=3)
    assert len(clf.layer_history_) == 3 and clf.layer_history_[0][0].n_in == clf.network_.sizes[0]
    page = html_report(clf, frame, y)
    assert "60 categories" in page and "embedding" in page
    from gpunn.insight.displays import ActivationDisplay, CostSurfaceDisplay

    ActivationDisplay.from_estimator(clf, frame)
    surface = CostSurfaceDisplay.from_estimator(clf, frame, y, resolution=3, max_rows=1200)
    assert surface.cost[1, 1] == pytest.approx(clf.history_.summary.cost, rel=1e-4)
