"""Full-batch training: the minimiser on all rows, with history, early stopping and an orderly end."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient
from gpunn.training.data import Rows
from gpunn.training.full_batch import FullBatch
from gpunn.training.stopping import Patience, Validation

METHODS = {
    "polak_ribiere": ConjugateGradient("polak_ribiere"),
    "fletcher_reeves": ConjugateGradient("fletcher_reeves"),
    "hestenes_stiefel": ConjugateGradient("hestenes_stiefel"),
    "bfgs": BFGS(),
    "lbfgs": LBFGS(),
}


def trainer(method=METHODS["lbfgs"], max_iter=15, max_evaluations=1000, gtol=1e-6, **settings):
    return FullBatch(method, max_iter, max_evaluations, gtol, **settings)


@pytest.mark.parametrize("name", METHODS)
def test_a_whole_training_is_the_same_on_every_device(device, problem_on, problem, name):
    there = problem_on(device)
    weight = np.random.default_rng(4).random(50)
    settings = trainer(METHODS[name], n_iter_no_change=99)
    theta, found = there.minimise(settings, rows=there.rows(weight=weight), validation=there.validation())
    expected_theta, expected = problem.minimise(
        settings, rows=problem.rows(weight=weight), validation=problem.validation()
    )
    np.testing.assert_allclose(device.to_host(theta), expected_theta, rtol=1e-8, atol=1e-10)
    for entry in ("cost", "gradient_norm", "learning_rate", "validation_cost", "validation_score"):
        np.testing.assert_allclose(getattr(found, entry), getattr(expected, entry), rtol=1e-7)
    assert (found.evaluations, found.stopped, found.best) == (expected.evaluations, expected.stopped, expected.best)
    assert expected.cost[-1] < expected.cost[0] / 2


@pytest.mark.parametrize("name", METHODS)
def test_float32_is_the_same_on_cpu_and_cuda_to_rounding(cuda, problem_on, name):
    ends = []
    for device in (get_device("cpu"), cuda):
        problem = problem_on(device, "float32")
        ends.append(problem.minimise(trainer(METHODS[name], max_iter=5))[1].cost)
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-3)


@pytest.mark.parametrize("name", METHODS)
def test_the_cost_falls_to_a_point_without_gradient(problem, name):
    start = problem.theta()
    theta, history = problem.minimise(trainer(METHODS[name], max_iter=2000, gtol=1e-4), start)
    rows = problem.rows()
    f, g = problem.objective.value_and_gradient(np, theta, rows.X, rows.T)
    assert history.stopped in ("gradient", "decrease")
    assert np.abs(g).max() < 1e-2
    assert history.cost[-1] == pytest.approx(f, rel=1e-12)
    assert history.gradient_norm[-1] == pytest.approx(np.linalg.norm(g), rel=1e-10)
    assert all(later <= earlier for earlier, later in pairwise(history.cost))
    assert np.array_equal(start, problem.theta())  # left as it was


@pytest.mark.usefixtures("by_arrays")
def test_evaluations_are_counted_one_by_one(problem):
    class Counted(type(problem.objective)):
        calls = 0

        def value_and_gradient(self, *args, **kwargs):
            Counted.calls += 1
            return super().value_and_gradient(*args, **kwargs)

    objective = Counted(problem.network, problem.objective.head, 0.1)
    _, history = problem.minimise(trainer(METHODS["polak_ribiere"]), objective=objective)
    assert history.evaluations == Counted.calls > history.n_iter == 15
    lists = (history.gradient_norm, history.learning_rate, history.seconds)
    assert [len(entries) for entries in lists] == [15] * 3
    assert np.all(np.diff(history.seconds) > 0)


@pytest.mark.parametrize("name", METHODS)
def test_a_row_of_weight_two_is_a_row_twice(problem, name):
    weight = np.random.default_rng(0).integers(3, size=50)
    rows = problem.rows()
    repeated = Rows(np.repeat(rows.X, weight, axis=0), np.repeat(rows.T, weight, axis=0))
    settings = trainer(METHODS[name], max_iter=8)
    weighted = problem.minimise(settings, rows=problem.rows(weight=weight))[0]
    np.testing.assert_allclose(weighted, problem.minimise(settings, rows=repeated)[0], rtol=1e-7)
    assert not np.allclose(weighted, problem.minimise(settings)[0])


def test_bytes_train_like_the_numbers_they_are(problem):
    X = np.random.default_rng(0).integers(4, size=(50, 5), dtype=np.uint8)
    T = problem.rows().T
    ends = [problem.minimise(trainer(), rows=Rows(X.astype(dtype), T))[0] for dtype in ("u1", "f8")]
    assert np.array_equal(*ends)


def test_float32_stays_float32_and_ends(device, problem_on):
    problem = problem_on(device, "float32")
    for method in METHODS.values():
        theta, history = problem.minimise(trainer(method, max_iter=300, gtol=1e-9))
        assert theta.dtype == device.xp.float32
        assert history.stopped in ("decrease", "line_search")  # not by a gradient that rounding cannot reach
        assert np.all(-np.diff(history.cost)[:-1] > np.finfo(np.float32).eps)  # and no later than rounding allows


def test_several_labels_at_once_are_learned(problem_on, device):
    problem = problem_on(device, multilabel=True)
    watched = Validation(problem.rows(), early_stopping=False)
    _, history = problem.minimise(trainer(max_iter=60), validation=watched)
    assert history.validation_score[-1] > history.validation_score[0] + 0.2
    assert history.best is None


# How it ends


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"max_iter": 4}, "max_iter"),
        ({"max_evaluations": 6}, "max_evaluations"),
        ({"gtol": 0.5}, "gradient"),
        ({"gtol": 0.0, "max_iter": 9999}, "decrease"),
    ],
)
def test_the_history_says_why_it_ended(problem, settings, reason):
    _, history = problem.minimise(trainer(**settings))
    assert history.stopped == reason


def test_a_start_that_is_not_finite_is_refused(problem):
    with pytest.raises(ValueError, match="The cost of the initial weights is nan"):
        problem.minimise(trainer(), np.full_like(problem.theta(), np.nan))


def test_a_start_whose_penalty_alone_is_not_finite_is_kept_and_said(problem):
    theta = problem.theta() * 1e200
    end, history = problem.minimise(trainer(), theta)
    assert (history.stopped, history.n_iter, history.best) == ("diverged", 0, None)
    assert history.divergence == "the cost of the start, with penalties, is not finite"
    assert np.array_equal(end, theta)


def test_early_stopping_restores_the_state_of_the_best_score(device, problem_on):
    problem = problem_on(device, l2=0.0)
    settings = trainer(max_iter=200, n_iter_no_change=5)
    theta, history = problem.minimise(settings, validation=problem.validation())
    scores = history.validation_score
    assert history.stopped == "validation"
    assert history.best == int(np.argmax(scores)) < len(scores) - 1
    patience = Patience(settings.tol, 5)
    assert [patience.plateau(-score) for score in scores] == [False] * (len(scores) - 1) + [True]
    shorter, _ = problem.minimise(replace(settings, max_iter=history.best + 1))
    assert np.array_equal(device.to_host(theta), device.to_host(shorter))


@pytest.mark.parametrize("at", [1, 3])
def test_a_callback_stops_and_its_iteration_counts_among_the_best(problem, at):
    theta, history = problem.minimise(
        trainer(), validation=problem.validation(), callback=lambda history: history.n_iter == at
    )
    assert (history.stopped, history.n_iter) == ("callback", at)
    assert history.best == int(np.argmax(history.validation_score)) == at - 1  # the score still rises here
    assert np.array_equal(theta, problem.minimise(trainer(max_iter=at))[0])


@pytest.mark.usefixtures("by_arrays")
def test_an_interruption_keeps_the_last_whole_iteration(problem, interrupted):
    theta, history = problem.minimise(trainer(), objective=interrupted(problem.objective, at=12))
    assert history.stopped == "interrupted"
    assert 0 < history.evaluations < 12
    assert np.array_equal(theta, problem.minimise(trainer(max_iter=history.n_iter))[0])
    assert len(history.cost) == len(history.seconds)
    n_workers, history = problem.minimise(trainer(), objective=interrupted(problem.objective, at=1))
    assert (history.stopped, history.n_iter) == ("interrupted", 0)
    assert np.array_equal(n_workers, problem.theta())


def test_a_matrix_that_does_not_fit_is_refused_before_anything_is_computed(problem):
    with pytest.raises(ValueError, match="82 x 66"):
        problem.minimise(trainer(BFGS(max_bytes=1000)), validation=problem.validation())
