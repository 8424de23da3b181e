"""A training is a value: broken off after any step, and read back, it ends as if there had been no break."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gpunn.compile.policy import CpuCompiler
from gpunn.devices import get_device
from gpunn.nn.activations import ReLU, Tanh
from gpunn.nn.network import Network
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient, Direction, SteepestDescent
from gpunn.optim.first_order import Adam, AdamW, GradientDescent, Momentum, Nesterov
from gpunn.optim.full_batch import Minimisation, Minimiser
from gpunn.optim.muon import Muon
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.optim.schedules import Adaptive, Constant, Cosine, InverseScaling, WarmUp
from gpunn.training import loop as training_loop
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch
from gpunn.training.state import TrainingState

CPU = get_device("cpu")
EPOCHS = 7

FIRST_ORDER = {
    "gradient descent": GradientDescent(),
    "momentum": Momentum(),
    "nesterov": Nesterov(),
    "adam": Adam(),
    "adamw": AdamW(decay=0.1, n_decayed=56),
    "muon": Muon(decay=0.1, n_decayed=56, matrices=(Network((5, 7, 3), (Tanh(),)).layers[0].W,)),
    "schedule free": ScheduleFreeAdamW(decay=0.1, n_decayed=56),
}
DIRECTIONS = {
    "steepest descent": SteepestDescent(),
    "polak_ribiere": ConjugateGradient("polak_ribiere"),
    "fletcher_reeves": ConjugateGradient("fletcher_reeves"),
    "hestenes_stiefel": ConjugateGradient("hestenes_stiefel"),
    "bfgs": BFGS(max_steps=4),  # room for so many steps, which then grows
    "lbfgs": LBFGS(memory=3),
}


def minibatch(method=FIRST_ORDER["adam"], **settings):
    chosen = {"schedule": Constant(0.05), "batch_size": 16, "max_epochs": EPOCHS, "seed": 5, "n_iter_no_change": 99}
    return Minibatch(method, **(chosen | settings))


def full_batch(method, **settings):
    return FullBatch(method, **({"max_iter": 12, "max_evaluations": 1000, "gtol": 1e-9} | settings))


def through_a_file(arrays):
    """The arrays after a file of NumPy without pickle."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def states_of(problem, trainer, validation=None, weighted=False, members=None):
    """The arrays of the state after each epoch or iteration, and those of its end."""
    seen, device = [], problem.device

    def keep(state):
        seen.append(through_a_file(state.to_arrays(device, trainer.method)))
        return ""

    end = training_loop.run(
        trainer, device, problem.objective, trainer.start(device, problem.theta(members)), rows_of(problem, weighted),
        validation, (keep,),
    )  # fmt: skip
    return seen, end.to_arrays(device, trainer.method)


def rows_of(problem, weighted):
    return problem.rows(weight=np.random.default_rng(4).random(50) if weighted else None)


def gone_on(problem, trainer, arrays, validation=None, weighted=False):
    """The arrays of the end of a training that goes on from those of a state."""
    device = problem.device
    state = TrainingState.from_arrays(device, arrays, trainer.method)
    end = training_loop.run(trainer, device, problem.objective, state, rows_of(problem, weighted), validation)
    return end.to_arrays(device, trainer.method)


def assert_same_bits(found, expected, but=("history.seconds",)):
    assert set(found) == set(expected)
    for name, array in expected.items():
        if name not in but:
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
            assert found[name].tobytes() == array.tobytes(), name


def check_every_break(problem, trainer, early=None, at_least=3, **how):
    """Hold the ends of trainings that are broken off after each entry against the one that is not."""

    def validation():
        return None if early is None else problem.validation(early_stopping=early)

    seen, end = states_of(problem, trainer, validation(), **how)
    how.pop("members", None)
    assert len(seen) >= at_least
    for arrays in seen:
        assert_same_bits(gone_on(problem, trainer, arrays, validation(), **how), end)
    return end


# Every solver, and all that a step can do


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", FIRST_ORDER)
def test_every_first_order_method_goes_on(problem, name, compiled):
    schedule = WarmUp(Cosine(0.3 if name in ("momentum", "nesterov") else 0.05, n_epochs=EPOCHS), 1.5)
    average = None if name == "schedule free" else 0.9
    trainer = minibatch(FIRST_ORDER[name], schedule=schedule, dropout=(0.1, 0.3), average=average, compiled=compiled)
    end = check_every_break(problem, trainer, early=False, weighted=True)
    path = end["history.rest"].item()
    assert ('"path": "compiled"' in path) == (compiled and name != "muon")


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("early", [None, True])
@pytest.mark.parametrize("name", DIRECTIONS)
def test_every_direction_goes_on(problem, name, early, compiled):
    trainer = full_batch(DIRECTIONS[name], compiled=compiled, n_iter_no_change=4)
    check_every_break(problem, trainer, early, weighted=True)


SETTINGS = {
    "clipping": {"clip_norm": 0.5, "max_norm": 1.2},
    "clipping, compiled": {"clip_norm": 0.5, "max_norm": 1.2, "compiled": True},
    "one batch": {"batch_size": 50},
    "no shuffling": {"shuffle": False},
    "inverse scaling": {"schedule": InverseScaling(0.1)},
    "plateaus": {"schedule": Adaptive(0.1, factor=10, smallest=0.002), "tol": 9.0, "n_iter_no_change": 1},
    "a plateau that ends it": {"tol": 9.0, "n_iter_no_change": 3},
    "no end by plateaus": {"n_iter_no_change": math.inf},
    "average": {"average": 0.5},
}


@pytest.mark.parametrize("early", [None, False, True])
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_goes_on(problem, setting, early):
    check_every_break(problem, minibatch(**SETTINGS[setting]), early)


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_early_stopping_ends_at_the_same_entry_with_the_same_best(problem, patience):
    trainer = minibatch(schedule=Constant(0.5), max_epochs=20, n_iter_no_change=patience)
    end = check_every_break(problem, trainer, early=True, at_least=2)
    assert '"stopped": "validation"' in end["history.rest"].item()
    assert "latest" in end and end["best.entry"] < end["epoch"] - 1


def test_a_training_that_is_too_short_to_compile_for_stays_so(problem, monkeypatch):
    trainer = minibatch(average=0.9)
    gain = EPOCHS * 4 * (100e-6 + 3e-9 * problem.network.n_parameters)
    monkeypatch.setattr(CpuCompiler, "seconds", 1.1 * gain)
    monkeypatch.setattr(CpuCompiler, "again_seconds", 0.0)
    end = check_every_break(problem, trainer)
    assert "too short a training to compile for" in end["history.rest"].item()


@pytest.mark.parametrize("compiled", [False, True])
def test_members_go_on(problem, compiled):
    trainer = minibatch(dropout=(0.0, 0.2), average=0.9, compiled=compiled)
    end = check_every_break(problem, trainer, members=3)
    assert end["theta"].shape[0] == end["method.m"].shape[0] == 3
    assert end["history.cost"].shape == (EPOCHS,)
    end = check_every_break(problem, replace(trainer, seed=(5, 6, 7)), members=3)
    assert end["seed"].tolist() == [5, 6, 7]


@pytest.mark.parametrize("method", [Adam(), LBFGS()])
def test_float32_goes_on(problem_on, method):
    problem = problem_on(CPU, "float32")
    check_every_break(problem, minibatch(method) if isinstance(method, Adam) else full_batch(method))


@pytest.mark.parametrize("rates", [(0.2, 0.2, 0.2, 1e300), (0.2, 0.2, 30.0, 0.2, 0.2)])
@pytest.mark.parametrize("recovers", [False, True])
@pytest.mark.parametrize("early", [None, True])
def test_divergence_and_recovery_go_on(problem_on, rates, recovers, early):
    class Rates(Constant):
        def rates(self, epoch, n_steps, n_samples, n_plateaus=0):
            return [rates[min(epoch, len(rates) - 1)]] * n_steps

    problem = problem_on(CPU, activation=ReLU())
    trainer = minibatch(Momentum(), schedule=Rates(0.0), recovers=recovers)
    end = check_every_break(problem, trainer, early)
    assert end["n_halvings"] > 0 if recovers else '"stopped": "diverged"' in end["history.rest"].item()


def test_bfgs_goes_on_when_its_steps_have_been_added_up_to_a_matrix(problem):
    trainer = full_batch(BFGS(), max_iter=60, gtol=0.0)
    seen, end = states_of(problem, trainer)
    kinds = {arrays["minimisation.direction.base"].ndim for arrays in seen}
    assert kinds == {0, 2}
    for arrays in seen[::7]:
        assert_same_bits(gone_on(problem, trainer, arrays), end)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_minimisation_goes_on_after_a_step_that_taught_it_nothing(name):
    method, learned = DIRECTIONS[name], []

    def function(x):  # falls for ever, now convex and now concave
        return np.sum(0.45 * np.sin(2 * x) - x), 0.9 * np.cos(2 * x) - 1

    def floats(*scalars):
        return [float(x) for x in scalars]

    minimiser = Minimiser(method, max_iter=30, search=lambda phi, start, alpha, c2: phi(0.2))
    plain = broken = minimiser.init(np, function, np.array([2.0, 2.2]), floats)
    while not plain.reason:
        before, plain = plain, minimiser.step(np, function, plain, floats)
        learned.append((plain.theta - before.theta) @ (plain.g - before.g) > 0)
        parts = through_a_file(broken.to_arrays(method))
        broken = Minimisation.from_arrays(np, np.array, method, broken.theta.copy(), parts)
        broken = minimiser.step(np, function, broken, floats)
        assert broken.theta.tobytes() == plain.theta.tobytes()
    assert [True, False] in [list(pair) for pair in pairwise(learned)]


@pytest.mark.parametrize("kind", ["adam", "lbfgs", "bfgs"])
def test_a_training_goes_on_on_every_device(device, problem_on, kind):
    problem = problem_on(device)
    trainer = minibatch(dropout=(0.1, 0.3), average=0.9) if kind == "adam" else full_batch(DIRECTIONS[kind])
    check_every_break(problem, trainer, early=True)


# The arrays


def test_an_array_in_two_places_is_copied_once(problem):
    trainer = minibatch()
    state = trainer.start(CPU, problem.theta())
    state.begin(CPU).visited.enter(np, state.theta, 0)
    arrays = state.to_arrays(CPU, trainer.method)
    assert arrays["visited.start"] is arrays["visited.best"] and not np.shares_memory(
        arrays["visited.start"], state.run.visited.start
    )
    copies = [arrays[name] for name in ("theta", "visited.start", "visited.entered")]
    assert len({*map(id, copies)}) == 3 and all(np.array_equal(array, copies[0]) for array in copies)


def test_arrays_that_are_not_copied_are_those_of_the_state(problem):
    trainer = minibatch()
    state = trainer.start(CPU, problem.theta())
    state.begin(CPU)
    arrays = state.to_arrays(CPU, trainer.method, copied=False)
    assert np.shares_memory(arrays["theta"], state.theta)
    assert np.shares_memory(arrays["method.m"], state.method_state.m)
    assert_same_bits(arrays, state.to_arrays(CPU, trainer.method), but=())


def test_arrays_are_the_state_and_share_no_memory_with_it(problem):
    trainer = minibatch(dropout=(0.0, 0.3), average=0.9)
    seen, _ = states_of(problem, trainer, problem.validation())
    state = TrainingState.from_arrays(CPU, seen[3], trainer.method)
    again = state.to_arrays(CPU, trainer.method)
    assert_same_bits(again, seen[3], but=())
    assert (state.epoch, int(state.step[0]), state.history.n_iter) == (4, 16, 4)
    for array in (state.theta, *state.method_state, state.average, state.best.theta, state.run.visited.start):
        array[...] = np.nan
    assert_same_bits(again, seen[3], but=())
    assert not any(array.dtype.hasobject for array in again.values())


@pytest.mark.parametrize("kind", ["adam", "bfgs"])
def test_a_state_moved_to_its_device_is_the_same(problem, kind):
    trainer = minibatch() if kind == "adam" else full_batch(BFGS())
    seen, _ = states_of(problem, trainer)
    state = TrainingState.from_arrays(CPU, seen[3], trainer.method)
    moved = state.on(CPU)
    assert moved is not state and moved.theta is state.theta
    assert_same_bits(moved.to_arrays(CPU, trainer.method), seen[3], but=())


@pytest.mark.parametrize("method", [Adam(), Momentum(), LBFGS(), BFGS()])
def test_arrays_of_another_training_are_refused(problem, method):
    seen, _ = states_of(problem, minibatch(AdamW()))
    arrays = seen[0]
    if type(method) is Adam:
        del arrays["theta"]
    if isinstance(method, Direction):
        del arrays["history.cost"]
    with pytest.raises(ValueError, match=f"not those of a training by {type(method).__name__}"):
        TrainingState.from_arrays(CPU, arrays, method)


def test_a_direction_of_ones_own_whose_state_cannot_be_kept_says_what_is_missing(problem):
    class Counting(SteepestDescent):
        def start(self, xp, theta):
            return 0

        def update(self, xp, state, p, s, y, g):
            return state + 1

    with pytest.raises(NotImplementedError, match="Counting has a state that cannot be kept: define to_arrays"):
        states_of(problem, full_batch(Counting()))
