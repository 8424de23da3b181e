"""One loop that minimises: it finds minima known otherwise, says why it stopped, and computes nothing twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from gpunn.devices import get_device
from gpunn.nn.activations import Softmax
from gpunn.nn.costs import LogLikelihood
from gpunn.nn.heads import pair
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient
from gpunn.optim.full_batch import REASONS, Minimiser, minimise

METHODS = {
    "polak_ribiere": ConjugateGradient("polak_ribiere"),
    "fletcher_reeves": ConjugateGradient("fletcher_reeves"),
    "hestenes_stiefel": ConjugateGradient("hestenes_stiefel"),
    "bfgs": BFGS(),
    "bfgs from I": BFGS(scaled=False),
    "lbfgs": LBFGS(),
    "lbfgs of two": LBFGS(2),
}

CPU = get_device("cpu")


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


class Counted:
    """A function that counts its calls and remembers where it was called."""

    def __init__(self, device, function):
        self.device, self.function, self.points = device, function, []

    def __call__(self, theta):
        self.points.append(tuple(self.device.to_host(theta)))
        return self.function(theta)


def rosenbrock(xp):
    """The chained function, sum of 100 (x_(i+1) - x_i^2)^2 + (1 - x_i)^2; its minimum is at ones."""

    def function(x):
        r, q = x[1:] - x[:-1] ** 2, 1 - x[:-1]
        g = xp.zeros_like(x)
        g[:-1] += -400 * x[:-1] * r - 2 * q
        g[1:] += 200 * r
        return xp.sum(100 * r * r + q * q), g

    return function


def bowl(theta):
    return np.sum(theta**2) / 2, theta.copy()


def run(function, theta, method=METHODS["lbfgs"], device=CPU, callback=None, **settings):
    with device.use():
        return minimise(device.xp, function, theta, Minimiser(method, **settings), device.floats, callback)


@pytest.mark.parametrize("n", [2, 10])
def test_every_method_finds_the_minimum_of_rosenbrock(device, method, n):
    # Another minimum, near x_1 = -1, which the function has for n > 3, is left aside by this start.
    function = Counted(device, rosenbrock(device.xp))
    start = np.tile([-1.2, 1.0], n)[:n] if n == 2 else np.linspace(-0.5, 0.8, n)
    end = run(function, device.asarray(start), method, device, max_iter=3000, gtol=1e-8, ftol=0.0)
    np.testing.assert_allclose(device.to_host(end.theta), 1, atol=1e-6)
    assert end.converged
    assert len(function.points) == end.n_evaluations < 5 * end.n_iter + 20
    assert len(set(function.points)) == len(function.points)  # no point is computed again


def test_every_method_agrees_with_logistic_regression(device, method):
    # scikit-learn: C sum of costs + |W|^2 / 2, intercepts free. Here: mean cost + l2 / (2n) |W|^2, so l2 = 1 / C.
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(0)) / X.std(0)
    C = 0.7
    theirs = LogisticRegression(C=C, tol=1e-12, max_iter=1000, solver="newton-cg").fit(X, y)
    network = Network((4, 3), ())
    objective = Objective(network, pair(Softmax(), LogLikelihood()), l2=1 / C)
    X, T = device.asarray(X), device.asarray(np.eye(3)[y])
    start = device.asarray(np.zeros(network.n_parameters))
    end = run(
        lambda theta: objective.value_and_gradient(device.xp, theta, X, T),
        start,
        method,
        device,
        max_iter=1000,
        gtol=1e-9,
        ftol=0.0,
    )
    theta = device.to_host(end.theta)
    np.testing.assert_allclose(theta[:12].reshape(4, 3), theirs.coef_.T, rtol=0, atol=1e-6)
    np.testing.assert_allclose(theta[12:] - theta[12:].mean(), theirs.intercept_, rtol=0, atol=1e-6)
    assert end.converged


def test_the_result_is_what_the_function_says_of_its_theta(device, method):
    start = device.asarray(np.array([-1.2, 1.0]))
    end = run(rosenbrock(device.xp), start, method, device, max_iter=5)
    f, g = rosenbrock(device.xp)(end.theta)
    assert end.value == float(f)
    assert np.array_equal(device.to_host(end.g), device.to_host(g))
    assert np.array_equal(device.to_host(start), [-1.2, 1.0])  # and the start is left as it was


def test_the_function_falls_with_every_iteration_and_the_callback_sees_each(method):
    seen = []
    end = run(rosenbrock(np), np.array([-1.2, 1.0]), method, max_iter=12, callback=seen.append)
    assert [iterate.n_iter for iterate in seen] == list(range(1, end.n_iter + 1))
    values = [float(rosenbrock(np)(np.array([-1.2, 1.0]))[0])] + [iterate.value for iterate in seen]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))
    for iterate in seen:
        f, g = rosenbrock(np)(iterate.theta)
        assert iterate.value == f
        assert iterate.g_norm == pytest.approx(np.linalg.norm(g), rel=1e-14)
        assert iterate.step > 0
    assert seen[-1].n_evaluations == end.n_evaluations


def test_float32_stays_float32(device, method):
    start = device.asarray(np.array([-1.2, 1.0]), device.xp.float32)
    end = run(rosenbrock(device.xp), start, method, device, max_iter=1000, gtol=1e-4, ftol=1e-7)
    assert end.theta.dtype == end.g.dtype == device.xp.float32
    np.testing.assert_allclose(device.to_host(end.theta), 1, atol=2e-2)


# Why it stops


def gradient_is_small():
    return run(bowl, np.array([3.0, 4.0]), gtol=1e-3, ftol=0.0)


def decrease_is_small():
    return run(rosenbrock(np), np.array([-1.2, 1.0]), gtol=0.0, ftol=1e-3)


def iterations_end():
    return run(rosenbrock(np), np.array([-1.2, 1.0]), max_iter=3)


def evaluations_end():
    return run(rosenbrock(np), np.array([-1.2, 1.0]), max_evaluations=7)


def nothing_is_lower():
    return run(lambda theta: (np.abs(theta).sum(), -np.ones(2)), np.zeros(2))  # a gradient that is wrong


def start_is_not_a_number():
    return run(lambda theta: (theta.sum() * np.nan, theta), np.ones(2))


def callback_stops():
    return run(rosenbrock(np), np.array([-1.2, 1.0]), callback=lambda iterate: iterate.n_iter == 2)


ENDS = {
    "gradient": gradient_is_small,
    "decrease": decrease_is_small,
    "max_iter": iterations_end,
    "max_evaluations": evaluations_end,
    "line_search": nothing_is_lower,
    "not_finite": start_is_not_a_number,
    "callback": callback_stops,
}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_to_stop_is_reached_and_told(reason):
    end = ENDS[reason]()
    assert end.reason == reason
    assert end.converged == (reason in ("gradient", "decrease"))


def test_a_small_gradient_is_told_before_a_small_decrease():
    assert run(bowl, np.array([0.3, 0.4]), ftol=10.0).reason == "gradient"


def test_a_step_without_positive_curvature_is_not_learned_from(method):
    learned = []

    class Watched(type(method)):
        def update(self, xp, state, p, s, y, g):
            learned.append(s @ y)
            return super().update(xp, state, p, s, y, g)

    # Near 0 the function is concave; this search takes whatever lies a little further on.
    seen = []
    run(
        lambda x: (np.sum(x**4 / 4 - x**2 / 2), x**3 - x),
        np.array([0.1, 0.2]),
        Watched(),
        max_iter=12,
        search=lambda phi, start, alpha, c2: phi(0.2),
        callback=lambda iterate: seen.append(iterate.g_norm),
    )
    assert seen[1] > seen[0]
    assert 0 < len(learned) < len(seen)
    assert min(learned) > 0


def test_limits_are_kept():
    assert iterations_end().n_iter == 3
    assert callback_stops().n_iter == 2
    assert 7 <= evaluations_end().n_evaluations < 7 + 30
    assert np.abs(gradient_is_small().g).max() <= 1e-3
    for limit in ("max_iter", "max_evaluations"):
        n_workers = run(bowl, np.ones(2), **{limit: 1 if limit == "max_evaluations" else 0})
        assert (n_workers.n_iter, n_workers.n_evaluations, n_workers.reason) == (0, 1, limit)


def test_a_start_at_the_minimum_is_one_evaluation(method):
    end = run(bowl, np.zeros(2), method)
    assert (end.reason, end.n_iter, end.n_evaluations) == ("gradient", 0, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_points_that_are_not_finite_are_passed_over(method, bad):
    def walled(theta):  # the first trials fall behind the wall
        if theta[0] > 2:
            return np.float64(bad), np.full(2, np.nan)
        return np.sum((theta - 1.9) ** 4), 4 * (theta - 1.9) ** 3

    end = run(walled, np.array([-5.0, 1.0]), method, gtol=1e-6, ftol=0.0, max_iter=500)
    assert end.converged
    assert np.abs(end.theta - 1.9).max() < 0.01


@pytest.mark.parametrize("scale", [1e-200, 1e170, 1e300])
def test_gradients_whose_squares_leave_the_dtype_raise_nothing(method, scale):
    end = run(lambda theta: (scale * np.sum(theta**2) / 2, scale * theta), np.array([1.0, 0.5]), method, gtol=0.0)
    assert end.reason in REASONS
    assert end.value <= scale * 0.625


def test_a_direction_that_does_not_descend_is_replaced_by_the_steepest(method):
    class Uphill(type(method)):
        def direction(self, xp, state, g):
            return g

    end = run(bowl, np.array([3.0, 4.0]), Uphill(), gtol=1e-8)
    assert end.reason == "gradient"
