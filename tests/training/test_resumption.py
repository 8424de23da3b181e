"""Arrays of a file are those of a training from a given start, or refused by what is wrong with them."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from forgeries import EXTREMES

from gpunn.devices import get_device
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient, SteepestDescent
from gpunn.optim.first_order import Adam, GradientDescent
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.optim.schedules import Constant
from gpunn.training import loop as training_loop
from gpunn.training import resumption
from gpunn.training.full_batch import FullBatch
from gpunn.training.minibatch import Minibatch

CPU = get_device("cpu")
METHODS = {
    "adam": Adam(), "schedule free": ScheduleFreeAdamW(), "gradient descent": GradientDescent(),
    "lbfgs": LBFGS(memory=3), "bfgs": BFGS(max_steps=4),
    "cg": ConjugateGradient("polak_ribiere"), "gd": SteepestDescent(),
}  # fmt: skip


def algorithm(name):
    if name in ("adam", "schedule free", "gradient descent"):
        average = None if name == "schedule free" else 0.9
        return Minibatch(METHODS[name], Constant(0.05), 16, max_epochs=6, seed=5, average=average)
    return FullBatch(METHODS[name], max_iter=9, max_evaluations=1000, gtol=1e-12)


def states_of(problem, trainer):
    """The arrays of the state before the first epoch or iteration, and after each."""
    state = trainer.start(CPU, problem.theta())
    state.begin(CPU)
    seen = [resumption.resumable(CPU, state, trainer.method)]
    keep = lambda state: seen.append(resumption.resumable(CPU, state, trainer.method)) or ""  # noqa: E731
    training_loop.run(
        trainer, CPU, problem.objective, state, problem.rows(), problem.validation(early_stopping=True), (keep,)
    )
    return seen


def resumed(problem, trainer, arrays):
    start = trainer.start(CPU, problem.theta())
    return resumption.resume(CPU, arrays, start, trainer.method)


@pytest.mark.parametrize("name", METHODS)
def test_every_state_of_a_training_is_taken_as_it_is(problem, name):
    trainer = algorithm(name)
    seen = states_of(problem, trainer)
    assert len(seen) > 4
    for arrays in seen:
        found = resumed(problem, trainer, arrays).to_arrays(CPU, trainer.method)
        assert np.array_equal(found.pop("visited.start"), problem.theta())  # follows from the start
        assert set(found) == set(arrays)
        assert all(found[key].tobytes() == array.tobytes() for key, array in arrays.items())


@pytest.mark.parametrize("name", METHODS)
def test_arrays_of_another_shape_or_dtype_are_refused_by_name(problem, name):
    trainer = algorithm(name)
    arrays = states_of(problem, trainer)[4]
    for key, array in arrays.items():
        others = [array[None], array.astype("complex128") if array.dtype.kind != "U" else np.asarray(3)]
        if array.ndim and array.size:
            others += [array[:-1], array.ravel()[0], array.astype("float16")]
        for other in others:
            with pytest.raises(ValueError, match="history" if key.startswith("history.") else "."):
                resumed(problem, trainer, arrays | {key: np.asarray(other)})


@pytest.mark.parametrize("name", METHODS)
def test_an_array_that_is_missing_or_one_more_is_refused(problem, name):
    trainer = algorithm(name)
    arrays = states_of(problem, trainer)[4]
    for key in arrays:
        fewer = {other: array for other, array in arrays.items() if other != key}
        if key.endswith("entry") or (key == "minimisation.direction.g" and name == "bfgs"):
            continue  # None has no name
        with pytest.raises(ValueError):
            resumed(problem, trainer, fewer)
    for key in ("x", "latest", "method.w", "minimisation.x", "minimisation.direction.x", "history.x", "visited.x", "",
                "visited.start"):  # fmt: skip
        with pytest.raises(ValueError):
            resumed(problem, trainer, arrays | {key: arrays["theta"]})


BAD = [  # method, array, value, what the message says
    ("adam", "epoch", 3, "history has 4 entries"), ("adam", "epoch", -1, "cannot be negative"),
    ("adam", "n_plateaus", -1, "cannot be negative"), ("adam", "n_halvings", 9, "cannot be above 8"),
    ("adam", "seed", 6, "seed is not that"), ("adam", "patience.tol", 9.0, "tol is not that"),
    ("adam", "best.entry", 4, "the history has 4 entries"), ("adam", "visited.best_entry", 2**62, "4 entries"),
    ("adam", "run.ends", "gradient", "must be one of"), ("adam", "run.epoch", 1, "run.epoch is not that"),
    ("lbfgs", "minimisation.reason", "x", "must be one of"), ("lbfgs", "minimisation.n_iter", -1, "negative"),
    ("bfgs", "minimisation.direction.capacity", 2**40, "not allowed"),
    ("bfgs", "minimisation.direction.n", 2**40, "rows has shape"),
    ("bfgs", "minimisation.direction.n", -1, "negative"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "key", "value", "said"), BAD)
def test_numbers_that_no_training_comes_to_are_refused(problem, name, key, value, said):
    trainer = algorithm(name)
    arrays = states_of(problem, trainer)[4]
    with pytest.raises(ValueError, match=said):
        resumed(problem, trainer, arrays | {key: np.asarray(value)})


@pytest.mark.parametrize("key", ["theta", "average", "method.x", "best.theta", "visited.entered", "visited.best"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(problem, key, bad):
    trainer = algorithm("schedule free" if key == "method.x" else "adam")
    arrays = states_of(problem, trainer)[4]
    array = arrays[key].copy()
    array[3] = bad
    with pytest.raises(ValueError, match=f"{key} holds numbers that are not finite"):
        resumed(problem, trainer, arrays | {key: array})


def test_forged_texts_of_the_history_are_refused(problem, thorough):
    trainer, rng = algorithm("adam"), random.Random(0)
    arrays = states_of(problem, trainer)[4]
    rest = json.loads(arrays["history.rest"].item())
    texts = ["", "{", "[]", "3", "[" * 100_000, "null"]
    for _ in range(2000 if thorough else 100):
        form = dict(rest)
        form[rng.choice([*form, "x"])] = rng.choice(EXTREMES)
        texts.append(json.dumps(form))
    n_read = 0
    for text in texts:
        try:
            state = resumed(problem, trainer, arrays | {"history.rest": np.asarray(text)})
        except ValueError:
            continue
        n_read += 1  # another value that is allowed: the lists of numbers are those of the file all the same
        assert state.history.cost == arrays["history.cost"].tolist()
    assert 0 < n_read < len(texts) / 2
