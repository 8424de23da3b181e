"""The public check of gradients passes what is right, and fails what is a little wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from gpunn import GradientError, MLPClassifier, check_gradients
from gpunn.nn.activations import ACTIVATIONS, Elementwise, PReLU, Softmax, Tanh
from gpunn.nn.costs import COSTS, Cost, Quadratic
from gpunn.nn.heads import HEADS, Composed, SigmoidCrossEntropy


@dataclass(frozen=True)
class Wrong:
    """A formula with a derivative that is off by a factor."""

    factor: float = 1.0


class Bent(Wrong, Elementwise):
    def forward(self, xp, z):
        return z + xp.sin(z) / 2

    def derivative(self, xp, z, h):
        return self.factor * (1 + xp.cos(z) / 2)


class Cubic(Wrong, Cost):
    def value(self, xp, a, T):
        return xp.sum(xp.abs(a - T) ** 3, axis=-1)

    def derivative(self, xp, a, T):
        return self.factor * 3 * (a - T) * xp.abs(a - T)


class Slipped(PReLU):
    def backward(self, xp, z, h, dh, slope):
        dz, learned = super().backward(xp, z, h, dh, slope)
        return dz, {"slope": 1.001 * learned["slope"]}


class Doubled(SigmoidCrossEntropy):
    def delta(self, xp, z, T):
        return 2 * super().delta(xp, z, T)


@pytest.mark.parametrize("name", [*ACTIVATIONS, *COSTS])
def test_what_gpunn_has_passes(name):
    assert check_gradients({**ACTIVATIONS, **COSTS}[name]()) < 1e-7


def test_every_head_passes():
    for head in {type(made): made for made in (make() for make in HEADS.values())}.values():
        assert check_gradients(head) < 1e-7
    assert check_gradients(Composed(Tanh(), Quadratic())) < 1e-7


@pytest.mark.parametrize(("right", "wrong", "said"), [
    (Bent(), Bent(1.001), "backward, component"), (Cubic(), Cubic(0.999), "derivative, component"),
    (PReLU(), Slipped(), "backward, slope, component"), (SigmoidCrossEntropy(), Doubled(), "delta, component"),
])  # fmt: skip
def test_a_small_mistake_is_found_and_located(right, wrong, said):
    check_gradients(right)
    with pytest.raises(GradientError, match=said):
        check_gradients(wrong)


def test_a_shape_that_does_not_fit_is_named():
    class Flat(Cubic):
        def derivative(self, xp, a, T):
            return xp.sum(super().derivative(xp, a, T), axis=-1)

    with pytest.raises(GradientError, match=r"shape is \(7,\).*\(7, 4\)"):
        check_gradients(Flat())


@pytest.mark.parametrize("parameters", [
    {}, {"activation": PReLU(), "alpha": 10.0, "l1": 0.5},
    {"activation": Bent(), "cost": Cubic(), "output_activation": "sigmoid"},
    {"cost": SigmoidCrossEntropy()}, {"output_activation": Softmax(), "cost": "quadratic"},
])  # fmt: skip
def test_a_whole_network_passes_fitted_or_not(iris, fitted, parameters):
    X, y = iris[0][::5], iris[1][::5]
    clf = MLPClassifier(hidden_layer_sizes=(6,), **parameters)
    assert check_gradients(clf, X, y) < 1e-6
    assert vars(clf) == vars(MLPClassifier(hidden_layer_sizes=(6,), **parameters))
    assert check_gradients(fitted(X, y, hidden_layer_sizes=(6,), **parameters), X, y) < 1e-6


def test_a_network_with_a_wrong_formula_is_found_out(iris):
    for parameters in (
        {"activation": Bent(1.01)},
        {"cost": Cubic(1.01), "output_activation": "tanh"},
        {"cost": Doubled()},
    ):
        with pytest.raises(GradientError, match="gradient by theta"):
            check_gradients(MLPClassifier(hidden_layer_sizes=(6,), **parameters), iris[0][::5], iris[1][::5])


def test_what_has_no_gradient_is_refused(iris):
    with pytest.raises(TypeError, match="thing='relu' is not allowed"):
        check_gradients("relu")
    with pytest.raises(TypeError, match="X and y must be given"):
        check_gradients(MLPClassifier())


def test_numbers_that_are_none_are_found():
    class Holed(Bent):
        def derivative(self, xp, z, h):
            return xp.where(z > 0, super().derivative(xp, z, h), np.nan * z)

    with pytest.raises(GradientError, match="nan"):
        check_gradients(Holed())
