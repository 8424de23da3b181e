"""Learning rates: the formulas of their sources, the same however often and in whatever order they are asked."""

from __future__ import annotations

import math

import pytest
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

from gpunn.optim.schedules import Adaptive, Constant, Cosine, CosineLog, InverseScaling, WarmUp

SCHEDULES = {
    "constant": Constant(0.1),
    "inverse": InverseScaling(0.1, 0.7),
    "adaptive": Adaptive(0.1),
    "cosine": Cosine(0.1, n_epochs=4),
    "cosine_log": CosineLog(0.1, n_epochs=4),
    "warm-up": WarmUp(Cosine(0.1, n_epochs=4), 1.5),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_step_of_an_epoch_has_a_rate_that_is_not_negative(name):
    for epoch in range(6):
        rates = SCHEDULES[name].rates(epoch, 5, 40)
        assert len(rates) == 5
        assert all(isinstance(rate, float) and 0 <= rate <= 0.1 for rate in rates)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_remembers_nothing(name):
    asked = [(epoch, 5, 40, plateaus) for epoch in range(4) for plateaus in range(3)]
    forward = [SCHEDULES[name].rates(*question) for question in asked]
    backward = [SCHEDULES[name].rates(*question) for question in reversed(asked)]
    assert forward == backward[::-1]


def test_constant_stays_and_ends_at_the_first_plateau():
    assert Constant(0.1).rates(7, 3, 40, 2) == [0.1] * 3
    assert Constant(0.1).exhausted(0)


def test_inverse_scaling_and_adaptive_are_those_of_scikit_learn():
    theirs = SGDOptimizer([], 0.1, "invscaling", power_t=0.7)
    for epoch in range(5):
        assert InverseScaling(0.1, 0.7).rates(epoch, 2, 40) == [pytest.approx(theirs.learning_rate, rel=1e-15)] * 2
        theirs.iteration_ends((epoch + 1) * 40)
    theirs = SGDOptimizer([], 0.1, "adaptive")
    plateaus = 0
    while True:
        assert Adaptive(0.1).rates(3, 2, 40, plateaus) == [pytest.approx(theirs.learning_rate, rel=1e-14)] * 2
        ends = theirs.trigger_stopping("", verbose=False)
        assert Adaptive(0.1).exhausted(plateaus) == ends
        if ends:
            break
        plateaus += 1
    assert plateaus == 8  # 0.1 / 5^8 is the first below 1e-6


@pytest.mark.parametrize("power", [10**20, 1e20, 1000])
def test_inverse_scaling_by_a_large_power_ends_at_0(power):
    assert InverseScaling(0.1, power).rates(0, 2, 40) == [0.1] * 2
    assert InverseScaling(0.1, power).rates(1, 2, 40) == [0.0] * 2


def test_cosine_begins_at_the_initial_rate_is_half_way_in_the_middle_and_stays_0_after_the_end():
    rates = [rate for epoch in range(6) for rate in Cosine(0.1, n_epochs=4).rates(epoch, 5, 40)]
    assert rates[0] == 0.1
    assert rates[10] == pytest.approx(0.05, rel=1e-14)
    assert rates[20:] == [0.0] * 10
    assert rates[:20] == [pytest.approx(0.1 * math.cos(math.pi * t / 40) ** 2, rel=1e-12) for t in range(20)]


def test_cosine_log_is_0_between_its_cycles_and_full_in_the_middle_of_each():
    n_steps, n_epochs = 60, 25  # 1500 steps in all, in cycles of 100, 200, 400 and 800
    schedule = CosineLog(0.1, n_epochs)
    rates = [rate for epoch in range(n_epochs + 1) for rate in schedule.rates(epoch, n_steps, 40)]
    assert [rates[t] for t in (0, 100, 300, 700, 1500, 1510)] == pytest.approx([0.0] * 6, abs=1e-15)
    for k in range(4):  # log2(1 + 15 t) = k + 1/2
        middle = 100 * (2 ** (k + 0.5) - 1)
        assert rates[round(middle)] == pytest.approx(0.1, rel=1e-3)
    maxima = [t for t in range(1, 1499) if rates[t - 1] < rates[t] >= rates[t + 1]]
    assert len(maxima) == 4
    assert max(CosineLog(0.1, n_epochs, n_cycles=1).rates(0, 1500 * n_epochs, 40)) <= 0.1


def test_plateaus_count_where_a_cycle_of_cosine_log_has_ended():
    assert [epoch for epoch in range(1, 16) if not CosineLog(0.1, 15).in_cycle(epoch)] == [1, 3, 7, 15]
    # Cycles end after 32 / 15, 96 / 15, 224 / 15 and 32 epochs.
    assert [epoch for epoch in range(1, 33) if not CosineLog(0.1, 32).in_cycle(epoch)] == [3, 7, 15, 32]
    assert [epoch for epoch in range(1, 5) if not CosineLog(0.1, 4, n_cycles=1).in_cycle(epoch)] == [4]
    assert not any(CosineLog(0.1, 15).in_cycle(epoch) for epoch in range(16, 99))  # it stays 0
    assert CosineLog(0.1, 15).in_cycle(0)


@pytest.mark.parametrize("schedule", [Constant(0.1), InverseScaling(0.1), Adaptive(0.1), Cosine(0.1, n_epochs=4)])
def test_other_schedules_have_no_cycles(schedule):
    assert not any(schedule.in_cycle(epoch) for epoch in range(1, 9))


def test_warm_up_rises_evenly_to_the_schedule_it_wraps():
    rates = [rate for epoch in range(3) for rate in WarmUp(Constant(0.1), 1.5).rates(epoch, 4, 40)]
    assert rates == pytest.approx([0.1 * min(1, t / 6) for t in range(1, 13)], rel=1e-14)
    assert WarmUp(Constant(0.1), 0.01).rates(0, 4, 40) == [0.1] * 4  # shorter than a step


def test_warm_up_passes_plateaus_on():
    assert WarmUp(Adaptive(0.1), 1).rates(1, 1, 40, 2) == [0.1 / 25]
    assert not WarmUp(Adaptive(0.1), 1).exhausted(0)
    assert WarmUp(Constant(0.1), 1).exhausted(0)
    assert [WarmUp(CosineLog(0.1, 15), 1).in_cycle(epoch) for epoch in (6, 7, 8)] == [True, False, True]
