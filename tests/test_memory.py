"""Memory that runs out, in NumPy itself: whichever allocation fails, an estimator is unchanged or whole."""

from __future__ import annotations

import re
import sys
import warnings

import numpy as np
import pytest
import scipy.sparse
from allocations import failing

from gpunn import MLPClassifier
from gpunn.compile import policy
from gpunn.compile.policy import _prediction
from gpunn.devices import get_device
from gpunn.devices.memory import DeviceMemoryError, explained
from gpunn.training.micro_batches import SAID

pytest.importorskip("numba", reason="memory is taken away by functions that Numba compiles")
if sys.platform == "win32":
    pytest.skip("memory is taken away in the C library of POSIX systems", allow_module_level=True)

SAMPLE = 25  # failures of each case, without --thorough
RNG = np.random.default_rng(0)
X, Y, WEIGHT = RNG.standard_normal((60, 4)), RNG.integers(3, size=60), RNG.random(60)


@pytest.fixture(autouse=True)
def no_warnings_of_short_trainings():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Maximum iterations|Memory did not suffice|compile=True")
        yield


def without_kept_memory():
    """Drop the workspaces that compiled predictions keep for the next one."""
    from gpunn.compile.cpu import prediction

    prediction._kept.clear()


class Case:
    """A training that is tried again and again with parameters of an estimator."""

    def __init__(self, rows=X, **parameters):
        self.rows = rows
        self.parameters = {"hidden_layer_sizes": (5,), "max_iter": 3, "batch_size": 16, "random_state": 0} | parameters

    def made(self):
        return MLPClassifier(**self.parameters)

    def train(self, clf):
        return clf.fit(self.rows, Y, WEIGHT)


class Again(Case):
    """The second fit."""

    def made(self):
        return self.train(super().made())


class More(Case):
    """The third call of partial_fit."""

    def made(self):
        return self.train(super().made().partial_fit(self.rows, Y, WEIGHT, classes=[0, 1, 2]))

    def train(self, clf):
        return clf.partial_fit(self.rows, Y, WEIGHT)


CASES = {
    "sgd": Case(solver="sgd", learning_rate_init=0.3),
    "adam": Case(),
    "dropout and PReLU": Case(dropout=0.3, activation="prelu", alpha=0.1),
    "sparse": Case(scipy.sparse.csr_array(X)),
    "early stopping": Case(early_stopping=True),
    "records": Case(record=("score", "layers"), ema_decay=0.9),
    "lbfgs": Case(solver="lbfgs"),
    "bfgs of some rows": Case(solver="bfgs", early_stopping=True, max_iter=20),
    "compiled": Case(compile=True, solver="sgd", learning_rate_init=0.3),
    "compiled lbfgs": Case(compile=True, solver="lbfgs"),
    "warm start": Again(warm_start=True),
    "warm start of lbfgs": Again(warm_start=True, solver="lbfgs"),
    "fitted before": Again(),
    "partial_fit": More(),
    "compiled partial_fit": More(compile=True),
}


def attempt(function, at):
    """What the function returns where allocation number ``at`` fails, or the error that it raises."""
    try:
        with failing(at=at) as allocations:
            return function()
    except MemoryError as error:
        return error
    finally:
        # Threads that wait for each other do not always allocate as often: the last numbers may not be reached.
        assert allocations.n_failed == 1 or at - 3 < allocations.count < at


@pytest.mark.parametrize("name", CASES)
def test_whichever_allocation_of_a_fit_fails_the_estimator_is_unchanged_or_whole(name, thorough, by_arrays):
    case, outcomes = CASES[name], {"unchanged": 0, "whole": 0}
    right = case.train(case.made())
    undisturbed = case.made()
    with failing() as allocations:
        case.train(undisturbed)
    assert np.array_equal(undisturbed.theta_, right.theta_)
    numbers = np.arange(1, allocations.count + 1)
    for at in numbers if thorough else np.random.default_rng(0).choice(numbers, SAMPLE, replace=False):
        clf = case.made()
        before, theta = dict(vars(clf)), np.array(vars(clf).get("theta_", 0.0))
        found = attempt(lambda clf=clf: case.train(clf), at)
        if found is not clf:
            assert isinstance(found, DeviceMemoryError)
            assert re.match("device 'cpu' ran out of memory.*: .+. Use ", str(found))
            after = vars(clf)
            assert after.keys() == before.keys() and all(after[key] is before[key] for key in before)
            assert np.array_equal(after.get("theta_", 0.0), theta)
            case.train(clf)  # what it goes on from is whole, too
        elif name == "warm start of lbfgs" and SAID in clf.history_.path:
            # Its first gradient has other bits than the last one of the first fit: it begins anew, and descends.
            assert clf.loss_ < clf.loss_curve_[0]
            continue
        np.testing.assert_allclose(clf.theta_, right.theta_, rtol=1e-6, atol=1e-9)
        assert clf.loss_curve_ == pytest.approx(right.loss_curve_, rel=1e-6)
        outcomes["whole" if found is clf else "unchanged"] += 1
    assert outcomes["unchanged"] and (outcomes["whole"] or name == "compiled partial_fit")  # 3 of 153 go on with arrays
    if thorough:
        print(f"{name}: {len(numbers)} allocations, {outcomes}")


METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "hidden_activations", "score")


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("rows", [X, X[:1], scipy.sparse.csr_array(X)], ids=["rows", "a row", "sparse"])
def test_whichever_allocation_of_a_prediction_fails_the_answer_is_right_or_an_error(compile, rows):
    clf = MLPClassifier((5,), max_iter=3, random_state=0, compile=compile).fit(X, Y)
    outcomes = set()
    for name in METHODS:
        method = getattr(clf, name)

        def answer(method=method, name=name):
            return method(rows, Y[: rows.shape[0]]) if name == "score" else method(rows)

        right = answer()
        with failing() as allocations:
            answer()
        for at in range(1, allocations.count + 1):
            found = attempt(answer, at)
            if not isinstance(found, MemoryError):
                np.testing.assert_allclose(found, right, rtol=1e-12)
            elif name != "score":  # some of which is scikit-learn's
                assert isinstance(found, DeviceMemoryError)
            outcomes.add("error" if isinstance(found, MemoryError) else "right")
    assert outcomes == {"error", "right"}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_a_fit_with_little_memory_is_that_with_enough_and_says_so(solver, method):
    if (solver, method) == ("lbfgs", "partial_fit"):
        pytest.skip("partial_fit is for minibatches")
    rows, y = RNG.standard_normal((1000, 20)), RNG.integers(3, size=1000)

    def fit():
        clf = MLPClassifier((50,), solver=solver, max_iter=3, batch_size=500, random_state=0)
        return clf.fit(rows, y) if method == "fit" else clf.partial_fit(rows, y, classes=[0, 1, 2])

    right = fit()
    with (
        warnings.catch_warnings(record=True) as caught,
        failing(larger_than=rows.nbytes),  # the activations of 400 rows
    ):
        warnings.simplefilter("always")
        clf = fit()
    np.testing.assert_allclose(clf.theta_, right.theta_, rtol=1e-6, atol=1e-9)
    asked = r"Unable to allocate \d+\. KiB for an array with shape \(\d+, \d+\) and data type float64"
    assert re.search(rf"; micro-batches of 250 rows, since memory ran out \({asked}\)$", clf.history_.path)
    said = [one for one in caught if one.category is RuntimeWarning]
    assert len(said) == 1
    assert clf.history_.path in str(said[0].message)
    assert said[0].filename == __file__
    assert "micro-batches" not in right.history_.path


def test_compiled_steps_need_their_workspace_from_the_start():
    rows, y = RNG.standard_normal((1000, 20)), RNG.integers(3, size=1000)
    for solver in ("sgd", "lbfgs"):
        clf = MLPClassifier((50,), solver=solver, max_iter=3, batch_size=500, compile=True, random_state=0)
        right = clf.fit(rows, y).theta_
        assert clf.history_.path == "compiled"
        with failing(larger_than=500_000):  # the activations of all rows, and less than the workspace
            clf.fit(rows, y)
        assert clf.history_.path.startswith("arrays: memory ran out for ")
        np.testing.assert_allclose(clf.theta_, right, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", METHODS[:-1])
def test_chunks_of_a_prediction_are_halved_down_to_a_row(method):
    clf = MLPClassifier((100, 3), max_iter=3, random_state=0, compile=False).fit(X, Y)
    answer, rows = getattr(clf, method), RNG.standard_normal((2000, 4))
    right = answer(rows)
    with failing(larger_than=2000 * 3 * 8) as allocations:  # the answer, or the activations of 60 rows
        found = answer(rows)
    np.testing.assert_allclose(found, right, rtol=1e-12)
    assert allocations.n_failed > 0
    with failing(larger_than=799), pytest.raises(DeviceMemoryError, match="with one row at a time: Unable to alloc"):
        answer(rows[:10])


def test_a_prediction_for_whose_compiled_code_there_is_no_memory_goes_on_with_arrays():
    clf = MLPClassifier((17, 3), max_iter=3, random_state=0, compile=True).fit(X, Y)
    _prediction.cache_clear()
    without_kept_memory()
    with failing(larger_than=60 * 17 * 8):
        found = clf.predict_proba(X)
    np.testing.assert_allclose(found, clf.set_params(compile=False).predict_proba(X), rtol=1e-12)
    path = policy.compiler(get_device()).prediction(clf.network_, clf.theta_.dtype)[1]
    assert path == "compiled"  # that there was no memory once is not remembered


def test_a_compiled_prediction_with_little_memory_takes_fewer_rows_and_no_rows_take_none():
    clf = MLPClassifier((512,), max_iter=1, random_state=0, compile=True).fit(X, Y)
    rows = RNG.standard_normal((1000, 4))
    right = clf.predict_proba(rows)
    assert policy.compiler(get_device()).prediction(clf.network_, clf.theta_.dtype)[1] == "compiled"
    without_kept_memory()
    with failing(larger_than=300_000) as allocations:  # 2 activations of 192 rows are 1.6 MB
        found = clf.predict_proba(rows)
    assert allocations.n_failed > 0
    assert np.array_equal(found, right)
    without_kept_memory()
    with failing(larger_than=50_000), pytest.raises(DeviceMemoryError, match="with one row at a time: Unable to alloc"):
        clf.predict_proba(rows)


def test_evaluations_with_little_memory_are_said_in_the_notes():
    rows, y = RNG.standard_normal((1000, 2)), RNG.integers(2, size=1000)

    def fit():
        return MLPClassifier((60,), max_iter=3, batch_size=20, record="score", random_state=0).fit(rows, y)

    right = fit()
    with failing(larger_than=1000 * 60 * 8 - 1):
        clf = fit()
    assert clf.history_.notes == ["Memory ran out where rows were evaluated, which went on with 500 rows at a time."]
    assert right.history_.notes == []
    assert clf.history_.score == right.history_.score


def test_a_training_is_not_lost_where_its_rows_cannot_be_summarised(by_arrays):
    rows, y = RNG.standard_normal((1000, 20)), RNG.integers(3, size=1000)

    def fit():
        return MLPClassifier((5,), solver="lbfgs", max_iter=3, random_state=0).fit(rows, y)

    right = fit()
    with failing(larger_than=rows.nbytes - 1):
        clf = fit()
    assert np.array_equal(clf.theta_, right.theta_)
    assert clf.history_.summary is None
    assert right.history_.summary is not None


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_the_device_whose_memory_ran_out_is_named(device):
    of_cupy = type("OutOfMemoryError", (MemoryError,), {"__module__": "cupy.cuda.memory"})
    with pytest.raises(DeviceMemoryError, match=r"device 'cpu' .* 5 bytes\. Use fewer rows"), explained(device):
        raise MemoryError("5 bytes.")
    with pytest.raises(DeviceMemoryError, match="or device='cpu'") as caught, explained(device):
        raise of_cupy("Out of memory allocating 5 bytes (allocated so far: 3 bytes).")
    name = "cuda:1" if device == "cuda:1" else "cuda"
    said = f"device '{name}' ran out of memory: Out of memory allocating 5 bytes (allocated so far: 3 bytes). Use "
    assert str(caught.value).startswith(said)
    with pytest.raises(DeviceMemoryError, match=f"^{re.escape(str(caught.value))}$"), explained("cpu"):
        raise caught.value


def test_an_error_that_is_kept_keeps_no_memory():
    held = []

    class Large:
        def __del__(self):
            held.pop()

    def run_out():
        large = Large()
        held.append(None)
        raise MemoryError(f"{large is None}")

    with pytest.raises(DeviceMemoryError) as caught, explained("cpu"):
        run_out()
    assert held == []
    assert caught.value.__cause__ is not None
