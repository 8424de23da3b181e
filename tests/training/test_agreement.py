"""A compiled program is held against the arrays, each step from the same state, before it is used."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from gpunn import MLPClassifier
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training import agreement
from gpunn.training.micro_batches import MicroBatches
from gpunn.training.minibatch import Minibatch

SETTINGS = Minibatch(Adam(), Constant(0.1), 16, max_epochs=1, seed=0, compiled=False)


class Program:
    """The steps of the arrays, after which ``disturb`` changes theta and the state; it keeps what it starts from."""

    def __init__(self, problem, progress, disturb):
        self.problem, self.progress, self.disturb, self.starts = problem, progress, disturb, []

    def align(self, theta, state):
        return theta, state

    def __call__(self, theta, state, X, T, weight, order, lr, size):
        assert size == len(order) == len(X)
        self.starts.append(theta.copy())
        f, g = self.problem.objective.value_and_gradient(np, theta, X, T, weight)
        norm = np.linalg.norm(g)  # the update may change g
        SETTINGS.method.update(np, theta, g, state, lr)
        self.disturb(theta, state)
        return f * len(X), norm


def check(problem, disturb):
    progress = SETTINGS.start(problem.device, problem.theta())
    program = Program(problem, progress, disturb)
    return agreement.of_steps(SETTINGS, problem.device, problem.objective, progress, problem.rows(), program), program


def test_each_step_starts_from_where_the_arrays_are(problem):
    """Or else the steps after a long one would magnify what is but rounding in it."""

    def round_otherwise(theta, state):
        theta += 1e-11

    why_not, program = check(problem, round_otherwise)
    assert why_not == ""
    first, second = program.starts
    by_arrays = SETTINGS.start(problem.device, problem.theta())
    some = problem.rows().take(np, np.arange(16))
    SETTINGS.steps(problem.device, problem.objective, by_arrays, some, None, np.array([agreement.RATES[0]]))
    assert np.array_equal(first, problem.theta()) and np.array_equal(second, by_arrays.theta)


@pytest.mark.parametrize("wrong", ["step", "m", "v"])
@pytest.mark.parametrize("from_step", [1, 2])
def test_what_is_wrong_in_any_step_is_found(problem, wrong, from_step):
    steps = []

    def disturb(theta, state):
        steps.append(1)
        if len(steps) >= from_step:
            array = theta if wrong == "step" else getattr(state, wrong)
            array *= 1.01

    why_not, _ = check(problem, disturb)
    assert wrong in why_not and len(steps) == from_step + 2  # the halves of that batch


@pytest.mark.parametrize(("wrong_rows", "accepted"), [([3], True), ([12], True), ([3, 12], False)])
def test_a_row_on_the_other_side_of_a_kink_is_no_disagreement(problem, wrong_rows, accepted):
    """Rounding can move the input of a unit there, in a row of a batch; what is wrong in both halves is wrong."""
    told = problem.rows().X[np.asarray(wrong_rows)]
    progress = SETTINGS.start(problem.device, problem.theta())

    def disturb(theta, state):
        if program.has_told:
            state.m[...] *= 1.01

    class Told(Program):
        def __call__(self, theta, state, X, *others):
            self.has_told = any(np.any(np.all(row == X, axis=1)) for row in told)
            return super().__call__(theta, state, X, *others)

    program = Told(problem, progress, disturb)
    why_not = agreement.of_steps(SETTINGS, problem.device, problem.objective, progress, problem.rows(), program)
    assert (why_not == "") is accepted


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_comparison_leaves_no_threads_of_blas_spinning(monkeypatch, solver):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    numbers, by_arrays = [], MicroBatches.value_and_gradient

    def noted(*given):
        numbers.append([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
        return by_arrays(*given)

    monkeypatch.setattr(MicroBatches, "value_and_gradient", noted)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((600, 80), dtype=np.float32), rng.integers(0, 3, 600)  # products of several threads
    clf = MLPClassifier((80,), solver=solver, batch_size=300, max_iter=2, n_iter_no_change=2, compile=True)
    with threadpool_limits(2):
        clf.fit(X, y)
    assert clf.history_.path == "compiled"
    assert numbers and all(set(found) == {1} for found in numbers)
