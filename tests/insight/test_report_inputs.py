"""The report on whatever a classifier was given: frames, sparse rows, lists, failed trainings."""

from __future__ import annotations

import warnings

import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from html_page import Page
from scipy import sparse

from gpunn import MLPClassifier
from gpunn.insight import html_report
from gpunn.training.divergence import DivergenceWarning
from gpunn.training.history import History


@pytest.fixture(autouse=True)
def _agg():
    matplotlib.use("agg")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    n = 120
    return pd.DataFrame(
        {"age": rng.normal(40, 9, n), "town": rng.choice(["Ulm", "Köln", "東京"], n), "member": rng.random(n) < 0.5}
    )


@pytest.fixture(scope="module")
def answers(frame):
    return np.where((frame.age > 40) ^ (frame.town == "Ulm"), "yes", "no")


def test_a_frame_shows_its_own_columns_and_values(frame, answers, fitted):
    page = Page(html_report(fitted(frame, answers), frame, answers))
    assert [row[:2] for row in page.rows("The 3 columns")] == [
        ["age", "numbers"], ["town", "text"], ["member", "booleans"],
    ]  # fmt: skip
    assert page.tile("inputs") == "6"
    rows = page.rows("The 3 values of each row")
    assert len(rows) == 12
    for row in rows:
        age, town, member = frame.iloc[int(row[0])]
        assert row[4:] == [f"{age:.4g}", town, str(member)]
        assert row[1] == answers[int(row[0])] != row[2]


def test_a_frame_of_polars_gives_the_same(frame, answers, fitted):
    of_pandas = Page(html_report(fitted(frame, answers), frame, answers))
    of_polars = pl.from_pandas(frame)
    page = Page(html_report(fitted(of_polars, answers), of_polars, answers))
    for caption in ("The 3 columns", "Each class", "The 3 values of each row"):
        assert page.rows(caption) == of_pandas.rows(caption)


SMALL = {"hidden_layer_sizes": (5,), "max_iter": 3, "dtype": "float64"}


@pytest.fixture(scope="module")
def dense(iris, fitted):
    return Page(html_report(fitted(*iris, **SMALL), *iris))


@pytest.mark.parametrize("kind", [sparse.csr_array, np.ndarray.tolist], ids=["sparse", "list"])
def test_rows_of_any_kind_give_the_same(kind, iris, fitted, dense):
    X, y = kind(iris[0]), iris[1].tolist()
    page = Page(html_report(fitted(X, y, **SMALL), X, y))
    for caption in ("Each class", "The 4 values of each row", "The layers in numbers"):
        assert page.rows(caption) == dense.rows(caption)
    assert [row[0] for row in page.rows("Layers")] == ["hidden 1", "output"]


def test_what_fit_noted_is_told(iris, fitted):
    clf = fitted(iris[0][::10], iris[1][::10], early_stopping=True, **SMALL)
    told = dict(Page(html_report(clf, *iris)).rows("Where it ran"))
    assert told["notes"] == clf.history_.notes[0] and "15 rows" in told["notes"]
    assert "notes" not in dict(Page(html_report(fitted(*iris, **SMALL), *iris)).rows("Where it ran"))


def test_parameters_that_have_no_name_are_shown_as_they_print(iris, fitted):
    clf = fitted(*iris, weight_init=lambda xp, rng, n_in, n_out: rng.standard_normal((n_in, n_out)), **SMALL)
    page = Page(html_report(clf, *iris))
    assert "weight_init=<function" in page.text
    assert "The parameters (weight_init" in page.text


def test_a_training_that_diverged(iris):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        clf = MLPClassifier((4,), solver="sgd", learning_rate_init=1e200, random_state=0).fit(*iris)
    assert clf.history_.stopped == "diverged"
    page = Page(html_report(clf, *iris))
    assert "Ended by divergence." in page.text
    assert "Left out" not in page.text  # what was kept has probabilities
    clf.theta_[:] = np.nan
    assert "Left out: some of the probabilities are no numbers." in Page(html_report(clf, *iris)).text


def test_without_an_epoch_there_is_no_curve(iris, fitted):
    clf = fitted(*iris, max_iter=1)
    clf.history_ = History(stopped="interrupted")
    page = Page(html_report(clf, *iris))
    assert "Not one epoch was trained" in page.text
    assert not [name for name in page.drawn if name.startswith("curve")]


def test_outputs_that_are_no_probabilities_by_nature(iris, fitted):
    clf = fitted(*iris, cost="quadratic", output_activation="identity", max_iter=2)
    page = Page(html_report(clf, *iris))
    assert float(page.tile("log-loss")) > 0  # may be infinite: a clipped output says that a class is impossible


def test_scores_that_were_recorded_on_training_rows_are_drawn(iris, fitted):
    page = Page(html_report(fitted(*iris, record="score", max_iter=3), *iris))
    assert "curve-score" in page.drawn
