"""The public check of what is compiled, and the one that each training makes before it uses it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from problems import METHODS

from gpunn import MLPClassifier, check_compiled
from gpunn.compile.cpu import program
from gpunn.compile.policy import CpuCompiler
from gpunn.nn.activations import ACTIVATIONS, PReLU, Softmax, Tanh
from gpunn.nn.costs import Quadratic
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.optim.first_order import Adam, FirstOrder, NoState
from gpunn.training import agreement

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

COMPILED = "compiled"
ROWS = np.random.default_rng(0).standard_normal((60, 4)).astype("float32")
LABELS = np.arange(60) % 3


@dataclass(frozen=True)
class Clipped(FirstOrder):
    """The sign of the gradient, by a function that is not fused."""

    def init(self, xp, theta):
        return NoState()

    def update(self, xp, theta, g, state, lr):
        theta -= lr * xp.clip(g, -1, 1)


@pytest.mark.parametrize(
    "formula",
    [Tanh(), Softmax(), PReLU(), PReLU(shared=True), Quadratic(), SoftmaxLogLikelihood(), *METHODS[:5], METHODS[-1]],
)
def test_what_gpunn_has_is_compiled_and_right(formula):
    assert check_compiled(formula) == COMPILED


def test_what_cannot_be_compiled_is_said_by_name():
    assert check_compiled(Clipped()) == "arrays: cannot be traced: Clipped: xp.clip"
    assert check_compiled(type("Rounded", (Tanh,), {"forward": lambda self, xp, z: xp.round(z)})()).startswith(
        "arrays: cannot be traced: Rounded: "
    )


@pytest.mark.parametrize("parameters", [
    {}, {"dropout": 0.3, "input_dropout": 0.1}, {"solver": "lbfgs", "dtype": "float64"}, {"solver": "sgd", "l1": 0.1},
    {"clip_norm": 0.1, "max_norm": 1.0}, {"activation": "prelu", "max_norm": 1.0, "dropout": 0.1},
    {"clip_norm": 0.1, "ema_decay": 0.9}, {"solver": "lbfgs", "activation": "prelu"},
])  # fmt: skip
def test_an_estimator_is_tried_as_it_is_trained(parameters):
    clf = MLPClassifier((5,), **parameters)
    assert check_compiled(clf, ROWS, LABELS) == COMPILED
    assert not hasattr(clf, "theta_") and not hasattr(clf, "n_features_in_")


def test_what_is_compiled_only_in_part_is_said():
    clf = MLPClassifier((5,), max_norm=1.0, ema_decay=0.9)
    assert check_compiled(clf, ROWS, LABELS) == "arrays: max_norm with averaging"


@pytest.mark.parametrize("thing", ["relu", None, 3])
def test_what_is_no_formula_is_refused(thing):
    with pytest.raises(TypeError, match="is not allowed; give an Activation, a Cost, a Head, a FirstOrder"):
        check_compiled(thing)
    with pytest.raises(TypeError, match="X and y must be given"):
        check_compiled(MLPClassifier())


# The check before use


class Off:
    """A compiled program that gives something else in one place."""

    def __init__(self, program, what, by):
        self.program, self.what, self.by = program, what, by
        self.align = program.align

    def __call__(self, theta, state, *rest):
        total, norm = self.program(theta, state, *rest)
        if self.what == "theta":
            theta *= 1 + self.by
        if self.what == "m":
            state.m[...] *= 1 + self.by
        factors = {"cost": (1 + self.by, 1), "norm": (1, 1 + self.by)}.get(self.what, (1, 1))
        return total * factors[0], norm * factors[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("what", "by", "said"), [
    ("cost", 0.01, "the cost"), ("norm", 0.01, "the gradient"), ("m", 0.01, "m of Adam"), ("theta", 0.02, "the step"),
    ("theta", np.nan, "the step"),
])  # fmt: skip
def test_a_program_that_is_a_little_wrong_is_not_used(monkeypatch, dtype, what, by, said):
    epoch = CpuCompiler.epoch

    def compiled(self, *given):
        program, path = epoch(self, *given)
        return Off(program, what, by), path

    clf = MLPClassifier((5,), dtype=dtype, solver=Adam())
    assert check_compiled(clf, ROWS, LABELS) == COMPILED
    monkeypatch.setattr(CpuCompiler, "epoch", compiled)
    told = check_compiled(clf, ROWS, LABELS)
    assert told == f"arrays: what is compiled gives {said} otherwise than the formulas do"


@pytest.mark.parametrize("off", [0, 1])
def test_a_gradient_that_is_a_little_wrong_is_not_used(monkeypatch, off):
    gradient = CpuCompiler.gradient

    def compiled(self, *given):
        function, path = gradient(self, *given)
        return (lambda theta: tuple(x * (1.01 if i == off else 1) for i, x in enumerate(function(theta)))), path

    monkeypatch.setattr(CpuCompiler, "gradient", compiled)
    told = check_compiled(MLPClassifier((5,), solver="lbfgs"), ROWS, LABELS)
    assert told.startswith(f"arrays: what is compiled gives {('the cost', 'the gradient')[off]} otherwise")


@pytest.mark.parametrize("off", [0, 1])
def test_a_gradient_that_is_a_little_wrong_is_not_used_where_its_norm_overflows(monkeypatch, off):
    gradient = CpuCompiler.gradient

    def compiled(self, *given):
        function, path = gradient(self, *given)
        return (lambda theta: tuple(x * (1.01 if i == off else 1) for i, x in enumerate(function(theta)))), path

    large = ROWS * np.float32(1e25)
    clf = MLPClassifier((5,), solver="lbfgs")
    assert check_compiled(clf, large, LABELS) == COMPILED
    monkeypatch.setattr(CpuCompiler, "gradient", compiled)
    told = check_compiled(clf, large, LABELS)
    assert told.startswith(f"arrays: what is compiled gives {('the cost', 'the gradient')[off]} otherwise")


@pytest.mark.parametrize("scale", [1e160, 1e200])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # in the mean square of the inputs
def test_where_values_overflow_the_path_says_so(solver, scale):
    told = check_compiled(MLPClassifier((5,), solver=solver), ROWS.astype("float64") * scale, LABELS)
    assert told == "arrays: compiled code cannot be checked, since the values of the first steps overflow"


def test_large_inputs_whose_steps_overflow_at_the_usual_rate_are_checked_at_a_lower_one(monkeypatch):
    clf = MLPClassifier((5, 5), cost="quadratic", solver="sgd", batch_size=30, learning_rate_init=1e-8)
    assert check_compiled(clf, 1e4 * ROWS, LABELS) == COMPILED
    monkeypatch.setattr(agreement, "RATES", agreement.RATES[:1])
    assert check_compiled(clf, 1e4 * ROWS, LABELS).endswith("overflow")


GUARD = 5000  # elements after the memory of kernels, which none of them may write


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_kernels_keep_no_more_than_the_memory_that_they_have(monkeypatch, dropout):
    guards = []

    def guarded(n, dtype):
        whole = np.full(n + GUARD, 7, dtype)
        guards.append(whole[n:])
        return whole[:n]

    monkeypatch.setattr(program, "empty_aligned", guarded)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 3)), np.arange(20) % 2
    for name in ACTIVATIONS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few epochs are the plan
            clf = MLPClassifier((400,), activation=name, dropout=dropout, max_iter=1, compile=True).fit(X, y)
        assert clf.history_.path == "compiled"
    assert len(guards) > len(ACTIVATIONS) and all(np.all(guard == 7) for guard in guards)


@dataclass(frozen=True)
class Normalised(FirstOrder):
    """Steps of one length: a sum over all parameters, of which a kernel sees a part."""

    def init(self, xp, theta):
        return NoState()

    def update(self, xp, theta, g, state, lr):
        theta -= lr * g / (1e-9 + xp.sqrt(xp.sum(g * g, axis=-1, keepdims=True)))


def test_a_method_with_sums_over_all_parameters_is_not_compiled():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 20)), np.arange(60) % 2
    curves = []
    for compile in (True, False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few epochs are the plan
            settings = {"solver": Normalised(), "max_iter": 2, "random_state": 0, "compile": compile}
            clf = MLPClassifier((300,), **settings).fit(X, y)
        curves.append(clf.loss_curve_)
        assert not compile or "sum or maximum over all parameters" in clf.history_.path
    assert curves[0] == curves[1]
