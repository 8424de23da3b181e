"""Which columns matter, and how: against scikit-learn, and by hand from predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss

from gpunn.insight import importance
from gpunn.insight.importance import dependence, importances
from gpunn.insight.opened import opened

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
Y = np.where(3 * X[:, 1] + X[:, 2] ** 2 + 0.3 * RNG.normal(size=600) > 1, "yes", "no")
FRAME = pd.DataFrame({
    "city": RNG.choice(["Bonn", "Köln", "Ulm"], 600),
    "sex": RNG.choice(["f", "m"], 600),
    "size": np.where(RNG.random(600) < 0.1, np.nan, RNG.normal(170, 10, 600)),
})  # fmt: skip
CITY = np.where(FRAME.city == "Bonn", "a", np.where(FRAME["size"] > 170, "b", "c"))


@pytest.fixture(scope="module")
def numbers(fitted):
    return fitted(X, Y, hidden_layer_sizes=(20,), solver="lbfgs", alpha=1.0, dtype="float64", max_iter=200)


@pytest.fixture(scope="module")
def table(fitted):
    return fitted(FRAME, CITY, hidden_layer_sizes=(20,), solver="lbfgs", alpha=1.0, max_iter=200)


def opened_up(clf, rows, y):
    """What the functions want of an estimator and rows, but for the columns; and these."""
    found = opened(clf, rows, y, None, "end")
    return (found.device, found.objective, found.theta, found.rows), found.columns


def ranked(clf, rows, y):
    network, columns = opened_up(clf, rows, y)
    return importances(*network, columns)


def test_shuffling_raises_the_cost_as_scikit_learn_finds(numbers):
    found = ranked(numbers, X, Y)
    expected = permutation_importance(numbers, X, Y, scoring="neg_log_loss", n_repeats=40, random_state=0)
    assert [each.column.name for each in found][:2] == ["input 1", "input 2"]
    assert [each.rise for each in found] == sorted((each.rise for each in found), reverse=True)
    for each in found:
        [j] = each.column.inputs
        assert each.rise == pytest.approx(expected.importances_mean[j], abs=4 * expected.importances_std[j] + 1e-3)


def test_a_category_is_shuffled_as_a_whole(table):
    found = {each.column.name: each for each in ranked(table, FRAME, CITY)}
    assert set(found) == {"city", "sex", "size"}
    rises = []
    for seed in range(20):
        other = FRAME.assign(city=FRAME.city.to_numpy()[np.random.default_rng(seed).permutation(600)])
        rises.append(log_loss(CITY, table.predict_proba(other)) - log_loss(CITY, table.predict_proba(FRAME)))
    assert found["city"].rise == pytest.approx(np.mean(rises), abs=4 * np.std(rises))
    assert found["sex"].rise < 0.05 < found["size"].rise


def test_of_many_columns_those_with_the_largest_weights_are_shuffled(numbers, monkeypatch):
    monkeypatch.setattr(importance, "MAX_COLUMNS", 2)
    pull = np.linalg.norm(numbers.coefs_[0], axis=1) * X.std(axis=0)
    found = ranked(numbers, X, Y)
    assert {each.column.inputs[0] for each in found} == set(np.argsort(-pull)[:2].tolist())


def test_the_answer_by_a_number_is_the_mean_over_rows_that_have_it(numbers):
    network, _ = opened_up(numbers, X, Y)
    seen = dependence(*network, ranked(numbers, X, Y)[0].column)
    assert seen.values == pytest.approx(np.quantile(X[:, 1], np.linspace(0.02, 0.98, 20)))
    for value, p in zip(seen.values, seen.probabilities, strict=True):
        other = X.copy()
        other[:, 1] = value
        assert p == pytest.approx(numbers.predict_proba(other).mean(axis=0), rel=1e-6)


def test_the_answers_by_categories_and_numbers_of_a_table(table):
    network, found = opened_up(table, FRAME, CITY)
    columns = {column.name: column for column in found}
    for name, values in (("city", ["Bonn", "Köln", "Ulm"]), ("sex", ["f", "m"])):
        seen = dependence(*network, columns[name])
        assert list(columns[name].categories) == values and seen.values is None
        for value, p in zip(values, seen.probabilities, strict=True):
            assert p == pytest.approx(table.predict_proba(FRAME.assign(**{name: value})).mean(axis=0), rel=1e-4)
    seen = dependence(*network, columns["size"])
    assert columns["size"].categories == () and 140 < seen.values[0] < 165 < 175 < seen.values[-1] < 200
    for value, p in zip(seen.values[::6], seen.probabilities[::6], strict=True):
        assert p == pytest.approx(table.predict_proba(FRAME.assign(size=value)).mean(axis=0), rel=1e-4)


@pytest.mark.parametrize("encoding", ["robust", "piecewise_linear"])
def test_the_answers_by_a_number_that_is_encoded_otherwise(fitted, encoding):
    frame = FRAME.assign(size=np.exp(FRAME["size"] / 10))  # skewed
    parameters = {"hidden_layer_sizes": (20,), "solver": "lbfgs", "alpha": 1.0, "max_iter": 200}
    clf = fitted(frame, CITY, numeric_encoding=encoding, **parameters)
    network, found = opened_up(clf, frame, CITY)
    column = next(column for column in found if column.name == "size")
    assert len(column.inputs) == {"robust": 2, "piecewise_linear": 18}[encoding]  # the last for missing ones
    assert ranked(clf, frame, CITY)[0].column.name in ("size", "city")
    seen = dependence(*network, column)
    inner = np.nanquantile(frame["size"], [0.01, 0.99])
    assert (np.diff(seen.values) > 0).all() and inner[0] < seen.values[0] < seen.values[-1] < inner[1]
    for value, p in zip(seen.values[::6], seen.probabilities[::6], strict=True):
        assert p == pytest.approx(clf.predict_proba(frame.assign(size=value)).mean(axis=0), rel=1e-4)
