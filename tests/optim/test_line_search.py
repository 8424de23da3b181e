"""The line search: what it returns satisfies the strong Wolfe conditions, within its budget, or is None."""

from __future__ import annotations

import math

import pytest

from gpunn.optim.line_search import Trial, strong_wolfe


def bump(gamma_1, gamma_2):
    """Functions 4 to 6 of Moré & Thuente 1994, from Yanai, Ozawa & Kaneko 1981."""
    factors = [math.sqrt(1 + b * b) - b for b in (gamma_1, gamma_2)]

    def f(a):
        left, right = math.hypot(1 - a, gamma_2), math.hypot(a, gamma_1)
        value = factors[0] * left + factors[1] * right
        return value, factors[0] * (a - 1) / left + factors[1] * a / right

    return f


def waves(a, beta=0.01, n=39):
    """Function 3 of Moré & Thuente 1994: |a - 1|, rounded at its tip, under a sine."""
    if abs(a - 1) >= beta:
        value, slope = abs(a - 1), math.copysign(1.0, a - 1)
    else:
        value, slope = (a - 1) ** 2 / (2 * beta) + beta / 2, (a - 1) / beta
    c = 2 * (1 - beta) / (n * math.pi)
    w = n * math.pi / 2
    return value + c * math.sin(w * a), slope + c * w * math.cos(w * a)


MORE_THUENTE = {  # function, c1 and c2 of the paper
    1: (lambda a: (-a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2), 0.001, 0.1),
    2: (lambda a: ((a + 0.004) ** 5 - 2 * (a + 0.004) ** 4, 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3), 0.1, 0.1),
    3: (waves, 0.1, 0.1),
    4: (bump(0.001, 0.001), 0.001, 0.001),
    5: (bump(0.01, 0.001), 0.001, 0.001),
    6: (bump(0.001, 0.01), 0.001, 0.001),
}

SMOOTH = {
    "parabola": lambda a: ((a - 3) ** 2, 2 * (a - 3)),
    "steep": lambda a: (1e8 * (a - 1e-4) ** 2, 2e8 * (a - 1e-4)),
    "quartic": lambda a: ((a - 1) ** 4, 4 * (a - 1) ** 3),
    "long slope": lambda a: (math.exp(-a / 50) + 1e-4 * a, -math.exp(-a / 50) / 50 + 1e-4),
    "two valleys": lambda a: (a**4 - 2 * a**3 - a, 4 * a**3 - 6 * a * a - 1),
    "cosine": lambda a: (-math.sin(5 * a), -5 * math.cos(5 * a)),
    "wall": lambda a: (-a - math.log(4 - a), -1 + 1 / (4 - a)) if a < 4 else (math.nan, math.nan),
    "cliff": lambda a: (math.cosh(a - 2), math.sinh(a - 2)) if abs(a) < 700 else (math.inf, math.inf),
}


class Line:
    """phi on the line, counting its calls."""

    def __init__(self, f):
        self.f, self.trials = f, []

    def __call__(self, alpha):
        self.trials.append(Trial(alpha, *self.f(alpha), theta=("theta", alpha), g=("g", alpha)))
        return self.trials[-1]


def searched(f, alpha, **settings):
    line = Line(f)
    start = Trial(0.0, *f(0.0), theta=None, g=None)
    assert start.slope < 0
    return start, strong_wolfe(line, start, alpha, **settings), line


def check(start, found, c1, c2):
    assert found is not None
    assert found.alpha > 0
    assert found.value <= start.value + c1 * found.alpha * start.slope  # (3.7a)
    assert abs(found.slope) <= c2 * abs(start.slope)  # (3.7b)


@pytest.mark.parametrize("number", MORE_THUENTE)
@pytest.mark.parametrize("alpha", [1e-3, 1e-1, 1e1, 1e3])
def test_the_hard_functions_of_more_and_thuente_are_solved_from_any_first_step(number, alpha):
    f, c1, c2 = MORE_THUENTE[number]
    start, found, line = searched(f, alpha, c1=c1, c2=c2, max_evaluations=40)
    check(start, found, c1, c2)
    assert len(line.trials) <= 31


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("alpha", [1e-4, 1e-2, 1.0, 100.0])
@pytest.mark.parametrize("c2", [0.9, 0.1, 0.001])
def test_the_step_found_satisfies_both_strong_wolfe_conditions(name, alpha, c2):
    start, found, _ = searched(SMOOTH[name], alpha, c1=1e-4, c2=c2)
    check(start, found, 1e-4, c2)


@pytest.mark.parametrize("name", SMOOTH)
def test_what_a_trial_carries_is_returned_and_nothing_is_evaluated_twice(name):
    _, found, line = searched(SMOOTH[name], 0.1, c2=0.1)
    assert any(found is trial for trial in line.trials)
    assert len({trial.alpha for trial in line.trials}) == len(line.trials)


def test_a_first_step_that_is_good_enough_costs_one_evaluation():
    _, found, line = searched(SMOOTH["parabola"], 2.9)
    assert found.alpha == 2.9
    assert len(line.trials) == 1


@pytest.mark.parametrize("budget", [1, 2, 3, 5])
@pytest.mark.parametrize("alpha", [1e-6, 1e3])
@pytest.mark.parametrize("number", MORE_THUENTE)
def test_the_budget_is_kept_and_what_was_reached_by_then_is_lower_or_none(number, budget, alpha):
    f, c1, c2 = MORE_THUENTE[number]
    start, found, line = searched(f, alpha, c1=c1, c2=c2, max_evaluations=budget)
    assert len(line.trials) <= budget
    good = [trial for trial in line.trials if trial.value <= start.value + c1 * trial.alpha * start.slope]
    assert found is None if not good else found is min(good, key=lambda trial: trial.value)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("edge", [1.001, 0.3, 1e-5])
def test_a_region_that_is_not_finite_is_a_wall_that_the_step_stays_before(bad, edge):
    def f(a):
        return (-a + a * a / (4 * edge), -1 + a / (2 * edge)) if a < edge else (bad, math.nan)

    start, found, _ = searched(f, 1.0, c2=0.9)
    check(start, found, 1e-4, 0.9)
    assert found.alpha < edge


def test_a_function_that_is_flat_gives_none():
    _, found, line = searched(lambda a: (5.0, -1.0), 1.0)
    assert found is None
    assert len(line.trials) <= 30


def test_where_values_are_equal_to_rounding_the_slope_decides():
    # Around the minimum of 1 + (a - 1)^2 / 10^20 all values are 1: only slopes can find it.
    start, found, _ = searched(lambda a: (1.0, 2e-20 * (a - 1)), 7.0, c2=0.01)
    check(start, found, 1e-4, 0.01)
    assert found.alpha == pytest.approx(1, abs=0.01)


def test_a_function_that_only_rises_gives_none():
    # The slope given for the start promises a descent that the values do not keep.
    _, found, line = searched(lambda a: (a, 1.0 if a else -1.0), 1.0)
    assert found is None
    assert len(line.trials) <= 30


def test_a_trial_above_the_one_before_is_not_preferred_however_steep():
    known = {0.0: (0.0, -1.0), 1.0: (-1.0, -1.0), 2.0: (-0.5, -1.0)}
    _, found, line = searched(lambda a: known[a], 1.0, max_evaluations=2)
    assert [trial.alpha for trial in line.trials] == [1.0, 2.0]
    assert found is line.trials[0]


def test_an_unbounded_descent_ends_at_the_lowest_point_seen():
    _, found, line = searched(lambda a: (-a, -1.0), 1.0, max_evaluations=12)
    assert found is line.trials[-1]
    assert len(line.trials) == 12
    assert found.alpha >= 2**11
