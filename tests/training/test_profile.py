"""Where the time of a fit went, as `history_.profile` and `gpunn inspect` tell it."""

from __future__ import annotations

import itertools
import json
import math
import pickle
import time

import array_api_compat.numpy
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn import MLPClassifier
from gpunn.training.history import History
from gpunn.training.profile import PARTS, Profile, Stopwatch, flops_per_row

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 5))
Y = RNG.integers(0, 3, 50)
FORM = {
    "checking": 0.5, "compiling": 0.25, "steps": 4.0, "evaluation": 1.0, "rest": 0.25, "n_steps": 10, "flops": 8e9,
    "path": "arrays: as asked",
}  # fmt: skip


def fitted(**parameters):
    clf = MLPClassifier(**{"hidden_layer_sizes": (7, 4), "max_iter": 3, "random_state": 0, **parameters})
    with pytest.warns(ConvergenceWarning):
        return clf.fit(X, Y)


def test_products_are_counted_as_by_hand():
    profile = fitted(batch_size=20).history_.profile
    # 5-7-4-3: two products for the first layer, three for the others, 2 rows n_in n_out each
    row = 2 * 2 * 5 * 7 + 3 * 2 * 7 * 4 + 3 * 2 * 4 * 3
    assert profile.n_steps == 3 * 3 and profile.flops == 3 * 50 * row
    assert profile.flops_per_step == pytest.approx(50 * row / 3)
    assert profile.seconds_per_step == profile.steps / 9
    assert profile.gflops_per_second == pytest.approx(profile.flops / profile.steps / 1e9)


class Counted:
    """NumPy whose matrix products are counted; those with a vector, the sums over rows, are no products of layers."""

    def __init__(self):
        self.flops = 0

    def __getattr__(self, name):
        return getattr(array_api_compat.numpy, name)

    def matmul(self, A, B):
        self.flops += 2 * A.shape[0] * A.shape[1] * B.shape[1] if A.ndim == 2 else 0
        return A @ B


@pytest.mark.parametrize("hidden", [(7,), (7, 4, 6), ()])
def test_the_network_makes_as_many_products_as_are_counted(hidden):
    network = fitted(hidden_layer_sizes=hidden).network_
    xp, theta = Counted(), np.zeros(network.n_parameters)
    z, tape = network.forward(xp, theta, X)
    network.backward(xp, theta, tape, np.ones_like(z))
    assert xp.flops == len(X) * flops_per_row(network)


def test_a_full_batch_step_is_an_evaluation_of_all_rows():
    history = fitted(solver="lbfgs").history_
    row = 2 * 2 * 5 * 7 + 3 * 2 * 7 * 4 + 3 * 2 * 4 * 3
    assert history.profile.n_steps == history.evaluations
    assert history.profile.flops == history.evaluations * 50 * row


def test_rows_kept_for_validation_are_not_counted():
    profile = fitted(early_stopping=True, validation_fraction=0.2, hidden_layer_sizes=(7,)).history_.profile
    assert profile.flops == 3 * 40 * (4 * 5 * 7 + 6 * 7 * 3)
    assert profile.evaluation > 0


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_parts_add_up_to_the_time_of_the_fit(solver):
    began = time.perf_counter()
    profile = fitted(solver=solver).history_.profile
    wall = time.perf_counter() - began
    assert all(getattr(profile, part) >= 0 for part in PARTS)
    assert profile.total == pytest.approx(math.fsum(getattr(profile, part) for part in PARTS))
    assert 0 < profile.total <= wall


def test_a_stopwatch_gives_each_second_to_one_part(monkeypatch):
    clock = itertools.chain([10.0, 11.0, 13.0, 17.0, 25.0]).__next__
    monkeypatch.setattr(time, "perf_counter", clock)
    stopwatch = Stopwatch()
    for part in ("checking", "steps", "evaluation", "steps"):
        stopwatch.lap(part)
    assert stopwatch.seconds == {"checking": 1, "compiling": 0, "steps": 2 + 8, "evaluation": 4, "rest": 0}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_time_goes_to_what_took_it(solver, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def callback(history):
        now[0] += 5.0

    profile = fitted(solver=solver, callback=callback).history_.profile
    assert {part: getattr(profile, part) for part in PARTS} == dict.fromkeys(PARTS, 0.0) | {"evaluation": 15.0}
    assert math.isnan(profile.gflops_per_second)  # no time went to steps


def test_partial_fit_leaves_none():
    clf = fitted()
    clf.partial_fit(X, Y)
    assert clf.history_.profile is None


def test_advice_is_given_where_llvmlite_is_missing_in_a_long_fit_alone():
    missing = "arrays: llvmlite is not installed (pip install llvmlite)"
    assert "pip install 'gpunn[compile]'" in Profile(**FORM | {"path": missing, "steps": 34.0}).advice
    assert "pip install" in Profile(**FORM | {"path": missing, "steps": 3.0}).advice
    assert Profile(**FORM | {"path": missing, "steps": 1.0}).advice == ""
    assert Profile(**FORM | {"path": "compiled", "steps": 34.0}).advice == ""


def test_it_is_a_line():
    assert str(Profile(**FORM)) == (
        "6 s: checking 8%, compiling 4%, steps 67%, evaluation 17%, rest 4%; 10 steps of 0.4 s, 2 GFLOP/s"
    )
    assert str(Profile(**dict.fromkeys(FORM, 0.0) | {"n_steps": 0, "path": ""})).startswith("0 s: checking 0%")


def test_it_comes_back_from_files_and_pickles(tmp_path):
    clf = fitted()
    clf.save(tmp_path / "m.gpunn")
    for other in (gpunn.load(tmp_path / "m.gpunn"), pickle.loads(pickle.dumps(clf))):
        assert other.history_.profile == clf.history_.profile
        assert other.history_.unit == "epoch"


def test_files_and_pickles_of_before_have_none():
    history = fitted().history_
    older = {name: value for name, value in history.to_dict().items() if name not in ("profile", "unit")}
    read = History.from_dict(older)
    assert read.profile is None and read.unit == "iteration"
    del history.profile, history.unit
    assert history.profile is None and "<table>" in history._repr_html_() and "profile=None" in repr(history)


FORGED = [
    ("steps", -1.0), ("steps", float("nan")), ("steps", float("inf")), ("steps", 1), ("steps", "1"), ("steps", None),
    ("flops", True), ("rest", [1.0]), ("n_steps", 2.0), ("n_steps", -1), ("n_steps", True), ("n_steps", 2**63),
    ("path", 1), ("path", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), FORGED, ids=[f"{name}-{i}" for i, (name, _) in enumerate(FORGED)])
def test_forged_ones_are_refused_by_name(name, value):
    assert Profile.from_dict(json.loads(json.dumps(FORM))).to_dict() == FORM
    with pytest.raises(ValueError, match=name):
        Profile.from_dict({**FORM, name: value})
    with pytest.raises(ValueError, match=f"history, key 'profile'.*{name}"):
        History.from_dict({**History().to_dict(), "profile": {**FORM, name: value}})


@pytest.mark.parametrize("form", [[], 1, "x", {"steps": 3.0}])
def test_other_things_are_refused(form):
    with pytest.raises(ValueError, match="its keys must be checking"):
        Profile.from_dict(form)


@pytest.mark.parametrize("unit", ["", "step", None, 1, ["epoch"]])
def test_a_forged_unit_is_refused(unit):
    with pytest.raises(ValueError, match="key 'unit'"):
        History.from_dict({**History().to_dict(), "unit": unit})
