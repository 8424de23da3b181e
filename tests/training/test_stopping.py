"""How training ends: on a plateau, at the best score, diverged, interrupted, or asked to."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from gpunn.nn.activations import ReLU
from gpunn.optim.first_order import Adam, GradientDescent, Momentum
from gpunn.optim.schedules import Adaptive, Constant, CosineLog
from gpunn.training import loop as training_loop
from gpunn.training.minibatch import Minibatch
from gpunn.training.stopping import Best, Patience


def trainer(method=None, lr=0.05, batch_size=16, **settings):
    return Minibatch(method or Adam(), Constant(lr), batch_size, **{"max_epochs": 8, "seed": 5} | settings)


@dataclass(frozen=True)
class Leap:
    """A small learning rate, and from one epoch on one with which nothing stays finite."""

    epoch: int
    lr: float = 1e300

    def rates(self, epoch, n_steps, n_samples, n_plateaus=0):
        return [0.2 if epoch < self.epoch else self.lr] * n_steps

    def exhausted(self, n_plateaus):
        return True

    def in_cycle(self, epoch):
        return False


# Plateaus


def plateaus(values, tol, n_iter_no_change):
    patience = Patience(tol, n_iter_no_change)
    return [patience.plateau(value) for value in values]


def test_a_plateau_is_more_entries_without_improvement_than_allowed():
    assert plateaus([3, 3, 3, 3, 3], 0.1, 2) == [False, False, False, True, False]
    assert plateaus([3, 2, 2, 1, 1, 1], 0.1, 2) == [False] * 6
    assert plateaus([3, 3, 3], 0.1, math.inf) == [False] * 3


def test_after_a_plateau_counting_begins_again():
    assert plateaus([3] * 8, 0.1, 1) == [False, False, True, False, True, False, True, False]


def test_an_improvement_is_by_tol_on_the_best_and_not_on_the_last():
    assert plateaus([3, 2.95, 2.92, 2.88], 0.1, 1) == [False, False, True, False]  # each is too little
    assert plateaus([3, 2.9, 2.8], 0.1, 1) == [False] * 3  # exactly tol is enough
    assert plateaus([3, 2, 5, 2.5, 2.2], 0.1, 1) == [False, False, False, True, False]
    assert plateaus([3, 3, 3], 0.0, 1) == [False] * 3  # with tol = 0 no entry is worse than an equal one


def test_what_is_not_a_number_is_no_improvement():
    assert plateaus([3, math.nan, math.nan, 2.5], 0.1, 1) == [False, False, True, False]


def test_within_a_cycle_entries_are_counted_but_are_no_plateau():
    patience = Patience(0.1, 1)
    found = [patience.plateau(3, in_cycle) for in_cycle in (False, True, True, True, False, True, False)]
    assert found == [False, False, False, False, True, False, True]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_plateau_ends_training_after_a_cycle_of_the_learning_rate(problem, early_stopping):
    settings = replace(trainer(tol=9.0, n_iter_no_change=1, max_epochs=30), schedule=CosineLog(0.05, 30))
    history = problem.train(settings, validation=problem.validation(early_stopping=early_stopping)).history
    assert history.stopped == ("validation" if early_stopping else "tol")
    assert history.n_iter == 6  # cycles end after 2, 6, 14 and 30 epochs; after 2 there was 1 without improvement


def test_a_value_that_is_lower_by_rounding_only_is_not_the_best():
    best = Best(np.zeros(1))
    for entry, value in enumerate([-572 / 750, -(572 + 1e-5) / 750, -np.float32(572 / 750)]):
        best.offer(float(value), np.ones(1), entry)
    assert best.entry == 0
    best.offer(-573 / 750, np.ones(1), 3)
    assert best.entry == 3
    best.offer(-math.inf, np.ones(1), 6)  # a score of inf is better than all
    best.offer(-math.inf, np.ones(1), 7)
    assert best.entry == 6


def test_values_that_differ_by_more_than_rounding_are_told_apart():
    best = Best(np.zeros(1))
    best.offer(-100_001 / 100_000, np.ones(1), 4)
    best.offer(-100_002 / 100_000, np.ones(1), 5)
    assert best.entry == 5


def test_the_best_is_a_copy_of_the_first_of_the_lowest(device):
    theta = device.asarray(np.zeros(3))
    best = Best(device.asarray(np.zeros(3)))
    assert best.entry is None
    for entry, value in enumerate([4.0, math.nan, 2.0, 2.0, 3.0]):
        theta[...] = entry + 1
        best.offer(value, theta, entry)
    assert (best.value, best.entry) == (2.0, 2)
    assert np.array_equal(device.to_host(best.theta), [3, 3, 3])


def test_training_stops_on_a_plateau_of_the_cost(problem):
    history = problem.train(trainer(tol=9.0, n_iter_no_change=2)).history
    assert (history.stopped, history.n_iter, history.best) == ("tol", 4, None)


def test_an_adaptive_rate_falls_at_each_plateau_until_it_is_too_small(problem):
    settings = trainer(tol=9.0, n_iter_no_change=1, max_epochs=99)
    settings = replace(settings, schedule=Adaptive(0.1, factor=10, smallest=0.002))
    history = problem.train(settings).history
    assert history.learning_rate == pytest.approx([0.1] * 3 + [0.01] * 2 + [0.001] * 2)
    assert history.stopped == "tol"


# Early stopping


def test_early_stopping_restores_the_state_of_the_best_score(device, problem_on):
    problem = problem_on(device)
    settings = trainer(GradientDescent(), lr=2.0, max_epochs=30, n_iter_no_change=4)
    progress = problem.train(settings, validation=problem.validation())
    history = progress.history
    scores = history.validation_score
    assert history.stopped == "validation"
    assert history.best == int(np.argmax(scores)) < len(scores) - 1
    assert scores[history.best] > scores[-1]
    shorter = problem.train(replace(settings, max_epochs=history.best + 1))
    assert np.array_equal(device.to_host(progress.theta), device.to_host(shorter.theta))
    assert len(scores) == len(history.validation_cost) == history.n_iter == len(history.seconds)


def test_validation_without_early_stopping_is_only_watched(problem):
    plain = problem.train(trainer())
    watched = problem.train(trainer(), validation=problem.validation(early_stopping=False))
    assert np.array_equal(plain.theta, watched.theta)
    assert plain.history.cost == watched.history.cost
    assert watched.history.best is None
    assert len(watched.history.validation_score) == 8
    assert plain.history.validation_score == []


def test_the_best_is_restored_whatever_ended_the_training(problem):
    settings = trainer(GradientDescent(), lr=2.0, max_epochs=12, n_iter_no_change=99)

    def callback(history):
        if history.n_iter == 12:
            raise KeyboardInterrupt

    for stopped, given in (("max_iter", None), ("callback", lambda h: h.n_iter == 12), ("interrupted", callback)):
        progress = problem.train(settings, validation=problem.validation(), callback=given)
        assert progress.history.stopped == stopped
        assert progress.history.best == int(np.argmax(progress.history.validation_score)) < 11
        shorter = problem.train(replace(settings, max_epochs=progress.history.best + 1))
        assert np.array_equal(progress.theta, shorter.theta)


# Divergence


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("early", [False, True])
def test_divergence_ends_in_the_best_finite_state(device, problem_on, members, early):
    if members and early:
        pytest.skip("validation is for one network only")
    problem = problem_on(device, activation=ReLU())
    settings = replace(trainer(Momentum(), n_iter_no_change=99), schedule=Leap(3))
    validation = problem.validation() if early else None
    progress = problem.train(settings, problem.theta(members), validation=validation)
    history = progress.history
    assert history.stopped == "diverged"
    assert not np.isfinite(history.cost[-1]).all()
    kept = -np.array(history.validation_score[:3]) if early else np.mean(np.reshape(history.cost[:3], (3, -1)), axis=1)
    assert history.best == int(np.argmin(kept))
    finite = problem.train(replace(settings, max_epochs=history.best + 1), problem.theta(members))
    assert np.array_equal(device.to_host(progress.theta), device.to_host(finite.theta))
    if early:
        assert len(history.validation_score) == len(history.validation_cost) == history.n_iter
        assert math.isnan(history.validation_score[-1])


def test_divergence_in_the_first_epoch_leaves_the_start(problem_on, problem):
    rectified = problem_on(problem.device, activation=ReLU())
    progress = rectified.train(trainer(GradientDescent(), lr=1e300))
    assert (progress.history.stopped, progress.history.best, progress.history.n_iter) == ("diverged", None, 1)
    assert np.array_equal(progress.theta, problem.theta())


def test_either_a_cost_or_a_theta_that_is_not_finite_is_a_divergence(problem):
    settings = trainer(GradientDescent(), lr=math.inf, batch_size=50)
    history = problem.train(settings).history  # the cost was taken before the step
    assert (history.stopped, history.n_iter) == ("diverged", 1)
    assert math.isfinite(history.cost[0])
    still = trainer(GradientDescent(), lr=0.0)
    history = problem.train(still, problem.theta() * 1e200).history  # the penalty overflows, theta stays
    assert (history.stopped, history.n_iter) == ("diverged", 1)


def test_a_rate_that_is_far_too_large_ends_as_divergence_in_the_end(problem_on, problem):
    rectified = problem_on(problem.device, activation=ReLU())
    history = rectified.train(trainer(GradientDescent(), lr=1e6, max_epochs=100, n_iter_no_change=99)).history
    assert (history.stopped, history.n_iter, history.best) == ("diverged", 1, None)
    assert history.divergence.startswith("the mean cost of an epoch is ")


def test_training_can_go_on_from_where_it_had_not_diverged(problem_on, problem):
    rectified = problem_on(problem.device, activation=ReLU())
    for method in (Momentum(), Adam()):
        settings = replace(trainer(method, n_iter_no_change=99), schedule=Leap(3))
        progress = rectified.train(settings)
        assert progress.history.stopped == "diverged"
        single_threaded_blas = replace(settings, schedule=Constant(0.01), max_epochs=2)
        training_loop.run(single_threaded_blas, problem.device, rectified.objective, progress, rectified.rows())
        assert progress.history.stopped == "max_iter"
        assert np.isfinite(progress.theta).all()
        assert progress.history.best is None


# Interruption and callbacks


@pytest.mark.usefixtures("by_arrays")
def test_an_interruption_keeps_the_steps_made_so_far(problem, interrupted):
    settings = trainer(GradientDescent(), lr=0.2, shuffle=False)
    progress = problem.train(settings, objective=interrupted(problem.objective, at=11))
    assert (progress.history.stopped, progress.history.n_iter, progress.epoch) == ("interrupted", 2, 2)
    theta, rows = problem.theta(), problem.rows()
    for step in range(10):  # four steps an epoch
        part = slice(step % 4 * 16, min(step % 4 * 16 + 16, 50))
        theta = theta - 0.2 * problem.objective.value_and_gradient(np, theta, rows.X[part], rows.T[part])[1]
    np.testing.assert_allclose(progress.theta, theta, rtol=1e-13)


def test_an_interruption_leaves_a_history_of_whole_entries(problem):
    class Held(type(problem.validation())):
        calls = 0

        def evaluate(self, *args):
            self.calls += 1
            if self.calls == 3:
                raise KeyboardInterrupt
            return super().evaluate(*args)

    history = problem.train(trainer(), validation=Held(problem.rows())).history
    assert history.stopped == "interrupted"
    lists = (history.cost, history.gradient_norm, history.learning_rate, history.seconds)
    lists += (history.validation_cost, history.validation_score)
    assert [len(entries) for entries in lists] == [2] * 6


def test_an_interruption_in_a_callback_keeps_the_epoch(problem):
    def callback(history):
        if history.n_iter == 3:
            raise KeyboardInterrupt

    progress = problem.train(trainer(), callback=callback)
    assert (progress.history.stopped, progress.history.n_iter) == ("interrupted", 3)
    assert np.array_equal(progress.theta, problem.train(trainer(max_epochs=3)).theta)
    training_loop.run(trainer(max_epochs=5), problem.device, problem.objective, progress, problem.rows())
    assert np.array_equal(progress.theta, problem.train(trainer()).theta)


def test_a_callback_sees_every_epoch_and_stops_training(problem):
    seen = []

    def callback(history):
        seen.append((history.n_iter, history.cost[-1], len(history.seconds)))
        return len(seen) == 3

    progress = problem.train(trainer(), callback=callback)
    assert progress.history.stopped == "callback"
    assert seen == [(i + 1, cost, i + 1) for i, cost in enumerate(progress.history.cost)]
    assert progress.history.n_iter == 3
    assert np.array_equal(progress.theta, problem.train(trainer(max_epochs=3)).theta)


def test_other_errors_are_not_swallowed(problem):
    def callback(history):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        problem.train(trainer(), callback=callback)
