"""The training loop: monitors look at one sequence of states, whatever makes the steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training import loop as training_loop
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch

ALGORITHMS = {
    "minibatch": Minibatch(Adam(), Constant(0.05), 16, max_epochs=6, seed=5),
    "full batch": FullBatch(LBFGS(), max_iter=6, max_evaluations=1000, gtol=1e-9),
}


@pytest.fixture(params=ALGORITHMS)
def algorithm(request):
    return ALGORITHMS[request.param]


def trained(problem, algorithm, *monitors, **how):
    state = algorithm.start(problem.device, problem.theta())
    return training_loop.run(
        algorithm, problem.device, problem.objective, state, problem.rows(), monitors=monitors, **how
    )


def test_monitors_are_called_in_order_after_every_step_with_the_state(problem, algorithm):
    seen = []

    def monitor(name):
        def look(state):
            assert state.history.n_iter == state.epoch == len(state.history.seconds)
            seen.append((name, state.epoch, state.theta.tobytes()))
            return ""

        return look

    end = trained(problem, algorithm, monitor("a"), monitor("b"))
    assert [entry[:2] for entry in seen] == [(name, epoch) for epoch in range(1, 7) for name in "ab"]
    assert len({theta for *_, theta in seen}) == 6
    assert seen[-1][2] == end.theta.tobytes() == trained(problem, algorithm).theta.tobytes()
    assert (end.history.stopped, end.run) == ("max_iter", None)


def test_what_is_called_at_the_start_sees_a_run_that_has_begun_and_made_no_step(problem, algorithm):
    seen = []

    def look(state):
        seen.append((state.epoch, state.history.n_iter, state.run is None, state.theta.tobytes()))
        state.to_arrays(problem.device, algorithm.method)

    end = trained(problem, algorithm, on_start=look)
    assert seen == [(0, 0, False, problem.theta().tobytes())]
    assert end.theta.tobytes() == trained(problem, algorithm).theta.tobytes()


def test_the_first_monitor_that_stops_is_named_and_all_look(problem, algorithm):
    seen = []
    end = trained(
        problem,
        algorithm,
        lambda state: "callback" if state.epoch == 3 else "",
        lambda state: "time_limit" if state.epoch >= 2 else "",
        lambda state: seen.append(state.epoch),
    )
    assert (end.history.stopped, end.history.n_iter, seen) == ("time_limit", 2, [1, 2])


def test_a_monitor_that_stops_goes_before_other_reasons(problem, algorithm):
    end = trained(problem, algorithm, lambda state: "callback" if state.epoch == 6 else "")
    assert (end.history.stopped, end.history.n_iter) == ("callback", 6)


@pytest.mark.parametrize("method", [LBFGS(), BFGS(), ConjugateGradient()])
def test_a_second_run_of_a_full_batch_training_goes_on_with_its_direction(problem, method):
    whole, half = (FullBatch(method, max_iter=n, max_evaluations=1000, gtol=1e-9) for n in (8, 4))
    expected = trained(problem, whole)
    state = trained(problem, half)
    state = training_loop.run(half, problem.device, problem.objective, state, problem.rows())
    assert np.array_equal(state.theta, expected.theta)
    assert state.history.cost == expected.history.cost
    assert state.history.evaluations == expected.history.evaluations + 1  # of the start of the second run


def test_a_run_that_is_not_the_end_is_not_judged(problem):
    still = replace(ALGORITHMS["minibatch"], schedule=Constant(30.0))
    assert trained(problem, still).history.divergence
    assert trained(problem, still, judged=False).history.divergence == ""
