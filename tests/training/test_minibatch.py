"""Minibatch training: the loop is its plain description, on every device, for one network and for many."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.devices.cpu import CpuDevice
from gpunn.nn.activations import ReLU
from gpunn.nn.network import Network
from gpunn.optim.first_order import Adam, AdamW, GradientDescent, Momentum, Nesterov
from gpunn.optim.muon import Muon
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.optim.schedules import Adaptive, Constant, Cosine, WarmUp
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.minibatch import Minibatch

METHODS = {  # method and batch size
    "gd": (GradientDescent(), 50),
    "sgd": (GradientDescent(), 16),
    "momentum": (Momentum(), 16),
    "nesterov": (Nesterov(), 16),
    "adam": (Adam(), 16),
    "adamw": (AdamW(decay=0.1, n_decayed=56), 16),
    "muon": (Muon(decay=0.1, n_decayed=56, matrices=(Network((5, 7, 3), (ReLU(),)).layers[0].W,)), 16),
    "schedule free": (ScheduleFreeAdamW(decay=0.1, n_decayed=56), 16),
}


def trainer(method=METHODS["adam"][0], batch_size=16, lr=0.05, **settings):
    return Minibatch(method, Constant(lr), batch_size, **{"max_epochs": 6, "seed": 5} | settings)


def everything(name):
    """A training in which all that a step can do is done."""
    method, batch_size = METHODS[name]
    schedule = WarmUp(Cosine(0.3 if name in ("gd", "sgd", "momentum", "nesterov") else 0.05, n_epochs=6), 1.0)
    return replace(
        trainer(method, batch_size, dropout=(0.1, 0.3), clip_norm=0.5, max_norm=1.2, n_iter_no_change=99),
        schedule=schedule,
    )


def assert_same_history(found, expected, rtol=0.0):
    for name in ("cost", "gradient_norm", "learning_rate", "validation_cost", "validation_score"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=rtol, err_msg=name)
    for name in ("evaluations", "best", "stopped", "n_iter"):
        assert getattr(found, name) == getattr(expected, name)


@pytest.mark.parametrize("name", METHODS)
def test_a_whole_training_is_the_same_on_every_device(device, problem_on, problem, name):
    there = problem_on(device)
    weight = np.random.default_rng(4).random(50)
    found = there.train(everything(name), rows=there.rows(weight=weight), validation=there.validation())
    expected = problem.train(everything(name), rows=problem.rows(weight=weight), validation=problem.validation())
    np.testing.assert_allclose(device.to_host(found.theta), expected.theta, rtol=1e-11, atol=1e-12)
    assert_same_history(found.history, expected.history, rtol=1e-11)
    assert np.abs(expected.theta - problem.theta()).max() > 0.1  # it has gone somewhere


@pytest.mark.parametrize("name", METHODS)
def test_fifty_steps_in_float32_are_the_same_on_cpu_and_cuda_to_rounding(cuda, problem_on, name):
    ends = []
    for device in (get_device("cpu"), cuda):
        problem = problem_on(device, "float32")
        ends.append(device.to_host(problem.train(replace(everything(name), max_epochs=13)).theta))
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_is_a_step_for_each_batch_of_a_permutation(problem, shuffle):
    rows, theta, costs, schedule = problem.rows(), problem.theta(), [], Cosine(0.2, n_epochs=4)
    for epoch in range(3):
        order = np.random.default_rng([5, 1, epoch]).permutation(50) if shuffle else np.arange(50)
        total = 0.0
        rates = schedule.rates(epoch, 4, 50)
        for batch, lr in zip((order[:16], order[16:32], order[32:48], order[48:]), rates, strict=True):
            f, g = problem.objective.value_and_gradient(np, theta, rows.X[batch], rows.T[batch])
            theta = theta - lr * g
            total += len(batch) * f
        costs.append(total / 50)
    found = problem.train(replace(trainer(GradientDescent(), max_epochs=3, shuffle=shuffle), schedule=schedule))
    np.testing.assert_allclose(found.theta, theta, rtol=1e-13)
    np.testing.assert_allclose(found.history.cost, costs, rtol=1e-13)
    assert found.history.gradient_norm[-1] == pytest.approx(np.linalg.norm(g), rel=1e-12)
    assert found.history.learning_rate == [schedule.rates(epoch, 4, 50)[-1] for epoch in range(3)]
    assert (found.history.evaluations, found.epoch, int(found.step[0])) == (12, 3, 12)
    assert (found.history.stopped, found.history.best) == ("max_iter", None)
    assert np.all(np.diff(found.history.seconds) > 0)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(problem):
    first, again = (problem.train(everything("adam")) for _ in range(2))
    other = problem.train(replace(everything("adam"), seed=6))
    assert np.array_equal(first.theta, again.theta)
    assert first.history.cost == again.history.cost
    assert not np.allclose(first.theta, other.theta)


def test_each_step_drops_others_and_none_are_dropped_in_evaluation(problem):
    # Learning nothing, theta is the same at every step: only the masks make the costs differ.
    still = trainer(GradientDescent(), 50, lr=0.0, shuffle=False, n_iter_no_change=99)
    plain = problem.train(still, validation=problem.validation()).history
    dropped = problem.train(replace(still, dropout=(0.0, 0.5)), validation=problem.validation()).history
    assert len(set(plain.cost)) == 1
    assert len({*dropped.cost, *plain.cost}) == 7
    assert dropped.validation_cost == plain.validation_cost
    assert problem.train(replace(still, dropout=(0.0, 0.0))).history.cost == plain.cost


@pytest.mark.usefixtures("by_arrays")
def test_clipping_bounds_the_step_and_the_history_tells_the_norm_before(problem):
    once = trainer(GradientDescent(), 50, lr=0.1, max_epochs=1)
    free = problem.train(once)
    norm = free.history.gradient_norm[0]
    clipped = problem.train(replace(once, clip_norm=norm / 3))
    step = clipped.theta - problem.theta()
    np.testing.assert_allclose(step, (free.theta - problem.theta()) / 3, rtol=1e-9)
    assert clipped.history.gradient_norm == free.history.gradient_norm
    assert np.array_equal(problem.train(replace(once, clip_norm=norm * 1.01)).theta, free.theta)


def test_no_neuron_has_incoming_weights_longer_than_max_norm(problem):
    def norms(theta):
        return np.concatenate([np.linalg.norm(layer.W.of(np, theta), axis=0) for layer in problem.network.layers])

    assert norms(problem.train(trainer()).theta).max() > 0.6
    limited = norms(problem.train(trainer(max_norm=0.5)).theta)
    assert limited.max() == pytest.approx(0.5, rel=1e-12)


def test_a_row_of_weight_two_is_a_row_twice_and_of_weight_zero_none(problem):
    settings = trainer(Momentum(), 200, lr=0.2)
    weight = np.random.default_rng(0).integers(3, size=50)
    rows = problem.rows()
    repeated = Rows(np.repeat(rows.X, weight, axis=0), np.repeat(rows.T, weight, axis=0))
    weighted = problem.train(settings, rows=problem.rows(weight=weight))
    np.testing.assert_allclose(weighted.theta, problem.train(settings, rows=repeated).theta, rtol=1e-10)
    assert not np.allclose(weighted.theta, problem.train(settings).theta)


def test_weights_go_with_their_rows_through_the_shuffling(problem):
    settings = trainer(GradientDescent(), lr=0.2)
    weight = np.arange(50) % 2
    one_half = problem.train(settings, rows=problem.rows(weight=weight))
    spoilt = problem.rows(weight=weight)
    spoilt.X[weight == 0] = 1e3  # rows of no weight may hold anything
    np.testing.assert_allclose(problem.train(settings, rows=spoilt).theta, one_half.theta, rtol=1e-10)


def test_bytes_train_like_the_numbers_they_are(problem):
    X = np.random.default_rng(0).integers(4, size=(50, 5), dtype=np.uint8)
    T = problem.rows().T
    for batch_size in (16, 50):
        ends = [problem.train(trainer(batch_size=batch_size), rows=Rows(X.astype(t), T)).theta for t in ("u1", "f8")]
        assert np.array_equal(*ends)


@pytest.mark.parametrize("name", METHODS)
def test_a_member_trained_beside_others_is_the_one_trained_alone(device, problem_on, name):
    problem = problem_on(device)
    settings = replace(everything(name), dropout=())
    together = problem.train(settings, problem.theta(3))
    costs = []
    for member in range(3):
        alone = problem.train(settings, device.asarray(device.to_host(problem.theta(3))[member].copy()))
        np.testing.assert_allclose(
            device.to_host(together.theta)[member], device.to_host(alone.theta), rtol=1e-10, atol=1e-12
        )
        costs.append(alone.history.cost)
    np.testing.assert_allclose(together.history.cost, np.mean(costs, axis=0), rtol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("seeded", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_a_member_with_rows_and_a_seed_of_its_own_is_the_one_trained_alone_on_them(
    device, problem_on, compiled, seeded, dtype
):
    problem = problem_on(device)
    weighted = (compiled + seeded + (dtype == "uint8")) % 2  # both with each two of the three
    weight = np.arange(50) % 5 / 2 if weighted else None
    whole = problem.rows(weight=weight)
    whole = replace(whole, X=device.xp.astype(10 * whole.X, getattr(device.xp, dtype)))
    own = np.stack([np.random.default_rng(i).permutation(50)[:37] for i in range(3)])
    settings = replace(everything("adam"), compiled=compiled, average=0.9, max_norm=None)
    seeds = (4, 5, 6) if seeded else settings.seed
    together = problem.train(
        replace(settings, seed=seeds), problem.theta(3), replace(whole, of_members=device.asarray(own))
    )
    assert together.history.path.startswith("compiled") == (compiled and device.kind == "cpu")
    for i in range(3):
        if not seeded and i:  # masks of members under one seed differ from those of one network
            break
        one, index = replace(settings, seed=seeds[i] if seeded else settings.seed), device.asarray(own[i])
        for rows in (whole.take(device.xp, index), replace(whole, index=index)):
            theta = device.asarray(device.to_host(problem.theta(3))[i].copy())
            alone = problem.train(one, theta, rows)
            found = device.to_host(together.average)[i], device.to_host(alone.average)
            np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-11)


def test_members_with_seeds_of_their_own_see_the_rows_in_orders_of_their_own(device, problem_on):
    problem = problem_on(device)
    settings = replace(everything("sgd"), dropout=(), seed=(1, 2))
    alike = np.tile(device.to_host(problem.theta()), (2, 1))
    ends = device.to_host(problem.train(settings, device.asarray(alike.copy())).theta)
    assert not np.allclose(ends[0], ends[1], rtol=1e-3)
    same = device.to_host(problem.train(replace(settings, seed=(1, 1)), device.asarray(alike.copy())).theta)
    assert np.array_equal(same[0], same[1])


def test_each_member_drops_others_and_what_it_drops_does_not_depend_on_its_neighbours(device, problem_on):
    problem, settings = problem_on(device), everything("adam")
    three = device.to_host(problem.train(settings, problem.theta(3)).theta)
    two = problem.train(settings, device.asarray(device.to_host(problem.theta(3))[:2].copy()))
    np.testing.assert_allclose(device.to_host(two.theta), three[:2], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(device.to_host(problem.train(settings).theta), three[0], rtol=1e-10, atol=1e-12)
    alike = device.asarray(np.tile(device.to_host(problem.theta()), (2, 1)))
    ends = device.to_host(problem.train(settings, alike).theta)
    assert not np.allclose(ends[0], ends[1], rtol=1e-3)


def test_float32_stays_float32(device, problem_on):
    problem = problem_on(device, "float32", ReLU())
    progress = problem.train(everything("adam"), problem.theta(2))
    assert all(x.dtype == device.xp.float32 for x in (progress.theta, *progress.method_state))


def test_a_training_reads_the_device_once_an_epoch(problem_on):
    class Watched(CpuDevice):
        reads = 0

        def to_host(self, x):
            self.reads += 1
            return super().to_host(x)

        def floats(self, *scalars):
            self.reads += 1
            return super().floats(*scalars)

    device, settings = Watched(), replace(everything("adam"), compiled=False)  # a compiled program is tried first
    problem_on(device).train(settings)
    assert device.reads == 6 + 4  # its end is looked at
    device.reads = 0
    problem = problem_on(device)
    problem.train(settings, validation=problem.validation())
    assert device.reads == 12 + 4


# Going on


GOING_ON = {
    "plain": (everything("adam"), None),
    "on plateaus": (replace(everything("nesterov"), schedule=Adaptive(0.1), tol=9.0, n_iter_no_change=1), None),
    "to a stop": (trainer(tol=9.0, n_iter_no_change=3), None),
    "early stopping": (replace(everything("adamw"), tol=0.0, n_iter_no_change=2), True),
    "validation": (everything("momentum"), False),
}


@pytest.mark.parametrize("kind", GOING_ON)
@pytest.mark.parametrize("through_a_file", [False, True])
@pytest.mark.parametrize("first", [1, 3, 4])
def test_a_resumed_training_is_the_one_that_was_not_broken_off(problem, kind, through_a_file, first):
    settings, early = GOING_ON[kind]
    settings = replace(settings, max_epochs=7)
    validation = None if early is None else problem.validation(early_stopping=early)
    whole = problem.train(settings, validation=validation)
    progress = problem.train(replace(settings, max_epochs=first), validation=validation)
    assert progress.history.stopped == "max_iter"
    if through_a_file:
        progress = pickle.loads(pickle.dumps(progress))
    rest = replace(settings, max_epochs=7 - first)
    training_loop.run(rest, problem.device, problem.objective, progress, problem.rows(), validation)
    assert np.array_equal(progress.theta, whole.theta)
    assert_same_history(progress.history, whole.history)
    assert np.all(np.diff(progress.history.seconds) > 0)
    if kind == "to a stop":
        assert (whole.history.stopped, whole.history.n_iter) == ("tol", 5)
    if kind == "on plateaus":
        assert whole.history.learning_rate == pytest.approx([0.1] * 3 + [0.02] * 2 + [0.004] * 2)
