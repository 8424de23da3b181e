"""Divergence is found, named, and leaves a state that is not worse than the start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse

from gpunn.nn.activations import ReLU
from gpunn.optim.first_order import Adam, GradientDescent, Momentum
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows, SparseRows, accuracy_of_constant, evaluate
from gpunn.training.divergence import MAX_HALVINGS, Stability, Visited, cause, check_start
from gpunn.training.minibatch import Minibatch


@dataclass(frozen=True)
class Rates:
    """The rates of the first epochs, of which the last goes on."""

    of_epochs: tuple[float, ...]

    def rates(self, epoch, n_steps, n_samples, n_plateaus=0):
        return [self.of_epochs[min(epoch, len(self.of_epochs) - 1)]] * n_steps

    def exhausted(self, n_plateaus):
        return True

    def in_cycle(self, epoch):
        return False


def trainer(*rates, method=None, **settings):
    settings = {"batch_size": 16, "max_epochs": 8, "seed": 5, "n_iter_no_change": 99} | settings
    return Minibatch(method or GradientDescent(), Rates(rates), **settings)


@pytest.fixture
def rectified(problem_on, device):
    return problem_on(device, activation=ReLU())


def cost_of(problem, theta, rows=None):
    return evaluate(problem.device, problem.objective, theta, rows or problem.rows())[0]


# What diverges


def test_a_sound_training_has_not_diverged(rectified):
    history = rectified.train(trainer(0.1)).history
    assert (history.stopped, history.divergence) == ("max_iter", "")


def test_dead_units_are_a_divergence_of_which_the_cost_alone_says_nothing(rectified):
    device = rectified.device
    dead = device.to_host(rectified.theta()).copy()
    rectified.network.layers[0].b.of(np, dead)[...] = -100
    dead = device.asarray(dead, rectified.dtype)
    stability = stability_of(rectified, rectified.theta())
    stability.visited.take(device.xp, 0.0, dead, 0)  # whatever the mean cost was
    assert stability.verdict(dead).startswith("all rows get the same probabilities")
    assert stability_of(rectified, dead).verdict(dead) == ""  # as at the start


def test_a_cost_far_above_that_of_the_start_ends_training_at_once(problem):
    history = problem.train(trainer(0.1, 0.1, 1e8)).history
    assert (history.stopped, history.n_iter) == ("diverged", 3)
    assert history.divergence.startswith("the mean cost of an epoch is ")


def stability_of(problem, theta):
    """The judge of a training from theta."""
    visited = Visited.begin(problem.device.xp, theta)
    return Stability(problem.device, problem.objective, problem.rows(), visited, 16)


def verdict_on(problem, factor, highest=None):
    """Of the initial weights of the output layer times a factor, which makes the network sure and wrong."""
    start = problem.device.to_host(problem.theta())
    theta = problem.device.asarray(factor * start, problem.dtype)
    stability = stability_of(problem, problem.theta())
    if highest is not None:
        stability.visited.take(problem.device.xp, highest, stability.visited.start, 0)
    stability.visited.take(problem.device.xp, cost_of(problem, theta), theta, 1)
    return stability.verdict(theta)


def test_a_cost_above_that_of_the_start_is_a_divergence_unless_much_was_learned(problem_on, device):
    problem = problem_on(device)
    assert verdict_on(problem, 1.0) == ""
    assert verdict_on(problem, 50.0).startswith("the cost is ")
    trained = problem.train(trainer(0.2, max_epochs=40)).theta
    sure = 1000 * trained  # right in most rows, and very sure of the others
    stability = stability_of(problem, problem.theta())
    stability.visited.take(device.xp, cost_of(problem, sure), sure, 0)
    cost, accuracy = evaluate(device, problem.objective, sure, problem.rows())
    assert cost > 1.2 * stability.start_cost and accuracy > 0.8
    assert stability.verdict(sure) == ""


def test_a_cost_that_rose_and_came_back_to_the_start_is_a_divergence(problem):
    start = cost_of(problem, problem.theta())
    assert verdict_on(problem, 1.0, highest=5 * start) == ""
    assert verdict_on(problem, 1.0, highest=20 * start).startswith(f"the cost rose to {20 * start:.3g} and came back")


def test_a_head_of_ones_own_may_have_a_cost_below_0(problem):
    class Below(type(problem.objective.head)):
        def cost(self, xp, z, T):
            return super().cost(xp, z, T) - 100

        def cost_and_delta(self, xp, z, T):
            return self.cost(xp, z, T), self.delta(xp, z, T)

    head = Below(*vars(problem.objective.head).values())
    history = problem.train(trainer(0.1), objective=replace(problem.objective, head=head)).history
    assert history.stopped == "max_iter" and history.cost[-1] < -90


# What is kept


@pytest.mark.parametrize("average", [None, 0.9])
@pytest.mark.parametrize("last", [1e300, 1e3, 30.0])
@pytest.mark.parametrize("n_good", [0, 1, 4])
def test_what_is_kept_is_not_worse_than_the_start(rectified, n_good, last, average):
    settings = trainer(*[0.2] * n_good, last, method=Momentum(), max_epochs=n_good + 3, average=average)
    progress = rectified.train(settings)
    history = progress.history
    assert history.stopped == "diverged"
    kept, start = cost_of(rectified, progress.theta), cost_of(rectified, rectified.theta())
    assert np.isfinite(kept) and kept <= start
    if n_good and average is None:
        begun = [rectified.train(replace(settings, max_epochs=n)) for n in (n_good, n_good - 1) if n]
        assert kept <= max(cost_of(rectified, progress.theta) for progress in begun)
    if history.best is None:
        assert np.array_equal(rectified.device.to_host(progress.theta), rectified.device.to_host(rectified.theta()))


def test_the_best_is_where_its_epoch_began(problem):
    """The mean cost of an epoch belongs to the weights that it met, not to those that it left."""
    one_step = trainer(0.3, 0.3, 0.3, 1e5, 1e9, batch_size=50, max_epochs=6)
    progress = problem.train(one_step)
    assert (progress.history.stopped, progress.history.best) == ("diverged", 2)
    assert int(np.nanargmin(progress.history.cost)) == 3  # met the weights of entry 2, and left others
    assert np.array_equal(progress.theta, problem.train(replace(one_step, max_epochs=3)).theta)


def test_with_early_stopping_the_best_score_is_kept_if_it_costs_no_more_than_the_start(problem):
    progress = problem.train(trainer(0.3, 0.3, 0.3, 1e300), validation=problem.validation())
    scores = progress.history.validation_score
    assert progress.history.best == int(np.argmax(scores[:3]))
    assert np.isnan(scores[-1])


def test_members_diverge_together(problem):
    progress = problem.train(trainer(0.2, 0.2, 1e300), problem.theta(3))
    assert (progress.history.stopped, progress.history.best) == ("diverged", 1)
    assert np.array_equal(progress.theta, problem.train(trainer(0.2, max_epochs=2), problem.theta(3)).theta)


def test_a_start_that_is_not_finite_is_refused(problem):
    for make in (
        lambda: problem.train(trainer(0.1), problem.theta() * np.nan),
        lambda: check_start(problem.device, problem.objective, problem.rows(), problem.theta() * np.nan),
    ):
        with pytest.raises(ValueError, match=r"The cost of the initial weights is nan.*weight_init"):
            make()


# Recovery


@pytest.mark.parametrize("method", [GradientDescent(), Momentum(), Adam()])
def test_recovery_halves_the_rate_until_training_is_sound(rectified, method):
    rate = 100.0 if isinstance(method, GradientDescent) else 10.0
    settings = trainer(rate, method=method, max_epochs=60, recovers=True)
    progress = rectified.train(settings)
    history = progress.history
    assert history.stopped == "max_iter" and history.divergence == ""
    assert 1 <= progress.n_halvings <= MAX_HALVINGS and len(history.notes) == progress.n_halvings
    assert history.learning_rate[-1] == rate / 2**progress.n_halvings
    assert history.notes[0].startswith("Iteration 1 diverged: ") and "with half the learning rate" in history.notes[0]
    assert cost_of(rectified, progress.theta) < cost_of(rectified, rectified.theta()) / 2
    assert rectified.train(replace(settings, recovers=False)).history.stopped == "diverged"


def test_recovery_ends_after_so_many_halvings(rectified):
    progress = rectified.train(trainer(1e9, max_epochs=60, recovers=True))
    assert progress.history.stopped == "diverged"
    assert (progress.n_halvings, progress.history.n_iter) == (MAX_HALVINGS, MAX_HALVINGS + 1)
    assert cost_of(rectified, progress.theta) <= cost_of(rectified, rectified.theta())


def test_recovery_goes_on_from_the_last_good_state_with_the_start_of_a_method(problem):
    settings = trainer(0.2, 0.2, 1e300, 0.2, method=Momentum(), max_epochs=4, recovers=True)
    progress = problem.train(settings)
    again = problem.train(replace(settings, max_epochs=2))
    after = trainer(0.1, method=Momentum(), max_epochs=1, recovers=True)
    fresh = after.start(problem.device, again.theta.copy())
    fresh.epoch = 3
    assert np.allclose(
        progress.theta, training_loop.run(after, problem.device, problem.objective, fresh, problem.rows()).theta
    )
    assert "went back to the weights of iteration 2" in progress.history.notes[0]


# The start, and its inputs


@pytest.mark.parametrize("scale", [900.0, 1100.0, 1e20, 1e155, 1e300])
@pytest.mark.parametrize("sparse", [False, True])
def test_inputs_of_a_hopeless_scale_are_named(problem, scale, sparse):
    X = np.sign(problem.rows().X)
    X[:, 3] *= scale
    given = SparseRows(problem.device, scipy.sparse.csr_array(X)) if sparse else X
    rows = Rows(given, problem.rows().T)
    said, cost = check_start(problem.device, problem.objective, rows, problem.theta())
    assert cost == pytest.approx(evaluate(problem.device, problem.objective, problem.theta(), rows)[0])
    assert (said == "") == (scale < 1e3)
    if said:
        assert said.startswith(f"X[:, 3] has values of about {scale:.3g} (root mean square)") and "Standardise" in said


def test_the_cause_is_the_largest_input_be_it_in_one_row(problem):
    X = problem.rows().X.copy()
    assert cause(problem.device, problem.objective.network, Rows(X, problem.rows().T)) == ""
    X[17, 2] = -1e20
    for given in (X, SparseRows(problem.device, scipy.sparse.csr_array(X))):
        said = cause(problem.device, problem.objective.network, Rows(given, problem.rows().T))
        assert said.startswith("X[:, 2] has values of up to 1e+20. Standardise the inputs")


def test_only_the_rows_that_are_trained_on_are_evaluated(problem):
    rows, kept = problem.rows(), np.arange(0, 50, 3)
    weight = np.arange(50.0)
    for w in (None, weight):
        chosen = Rows(rows.X, rows.T, w, index=kept)
        apart = Rows(rows.X[kept], rows.T[kept], None if w is None else w[kept])
        found = evaluate(problem.device, problem.objective, problem.theta(), chosen)
        assert found == pytest.approx(evaluate(problem.device, problem.objective, problem.theta(), apart))
        assert found != evaluate(problem.device, problem.objective, problem.theta(), replace(chosen, index=None))
    none = Rows(rows.X, rows.T, 0 * weight)
    assert evaluate(problem.device, problem.objective, problem.theta(), none) == (0.0, 0.0)


def test_the_accuracy_of_a_constant_is_the_share_of_the_most_frequent_class(device):
    T = np.eye(3)[[0, 1, 1, 1, 2]]
    X = device.asarray(np.zeros((5, 2)))
    assert accuracy_of_constant(device, Rows(X, device.asarray(T))) == pytest.approx(0.6)
    assert accuracy_of_constant(device, Rows(X, device.asarray(T[:, :1]))) == pytest.approx(0.8)  # one output
    several = device.asarray(np.array([[1.0, 1], [1, 1], [1, 0], [0, 0], [1, 1]]))
    assert accuracy_of_constant(device, Rows(X, several, exclusive=False)) == pytest.approx(0.6)


@pytest.mark.usefixtures("by_arrays")
def test_an_interrupt_of_what_has_diverged_is_both(problem):
    def interrupt(history):
        if history.n_iter == 4:
            raise KeyboardInterrupt

    progress = problem.train(trainer(0.2, 0.2, 0.2, 30.0), callback=interrupt)
    assert (progress.history.stopped, progress.history.best) == ("interrupted", 1)  # where its best epoch began
    assert progress.history.divergence
    assert np.array_equal(progress.theta, problem.train(trainer(0.2, max_epochs=2)).theta)


def test_with_early_stopping_the_state_that_is_kept_is_judged(problem):
    settings = trainer(*[0.3] * 4, 30.0, max_epochs=6)
    assert problem.train(settings).history.stopped == "diverged"
    history = problem.train(settings, validation=problem.validation()).history
    assert (history.stopped, history.divergence) == ("max_iter", "")
    assert history.best == int(np.argmax(history.validation_score)) < 4


def test_the_accuracy_of_a_constant_is_weighted_as_that_of_a_network(problem):
    T, weight = np.eye(3)[[0, 0, 0, 1, 2]], np.array([1.0, 1, 1, 9, 1])
    rows = Rows(np.zeros((5, 5)), T, weight)
    assert accuracy_of_constant(problem.device, rows) == pytest.approx(9 / 13)
    assert accuracy_of_constant(problem.device, replace(rows, index=np.array([0, 1, 4]))) == pytest.approx(2 / 3)
