"""Heads at moderate logits; test_extremes.py has the others, test_gradients.py their part in a network."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.nn.activations import ACTIVATIONS, Identity, PReLU, RescaledTanh, Sigmoid, Softmax, Tanh
from gpunn.nn.costs import COSTS, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import (
    HEADS,
    Composed,
    ComposedQuadratic,
    IdentityQuadratic,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SoftmaxLogLikelihood,
    TanhCrossEntropy,
    pair,
)

Z = np.random.default_rng(0).normal(scale=2, size=(2, 7, 3))
ONE_OF_N = np.eye(3)[np.arange(7) % 3]
SOFT = np.random.default_rng(1).dirichlet(np.ones(3), 7)

KINDS = [*dict.fromkeys(ACTIVATIONS.values()), RescaledTanh]
ALLOWED = [
    *((kind, Quadratic) for kind in KINDS if kind is not PReLU),
    *((kind, CrossEntropy) for kind in (Sigmoid, Tanh, Softmax, RescaledTanh)),
    (Softmax, LogLikelihood),
]
every_pair = pytest.mark.parametrize(("activation", "cost"), ALLOWED)


@every_pair
@pytest.mark.parametrize("T", [ONE_OF_N, SOFT], ids=["one-of-N", "soft"])
def test_a_head_equals_the_activation_and_the_cost_composed(activation, cost, T):
    head = pair(activation(), cost())
    composed = Composed(RescaledTanh() if (activation, cost) == (Tanh, CrossEntropy) else activation(), cost())
    np.testing.assert_allclose(head.outputs(np, Z), composed.outputs(np, Z), rtol=1e-14)
    np.testing.assert_allclose(head.cost(np, Z, T), composed.cost(np, Z, T), rtol=1e-12)
    np.testing.assert_allclose(head.delta(np, Z, T), composed.delta(np, Z, T), rtol=1e-10, atol=1e-13)
    assert type(head) is not Composed  # or this would show nothing
    assert head.activation == composed.activation
    assert head.cost_function == composed.cost_function


def test_every_pair_with_a_form_of_its_own_is_among_these():
    assert set(HEADS) <= set(ALLOWED)
    made = {key: type(pair(key[0](), key[1]())) for key in ALLOWED}
    assert {key: kind for key, kind in made.items() if kind is not ComposedQuadratic} == {
        (Softmax, LogLikelihood): SoftmaxLogLikelihood,
        (Sigmoid, CrossEntropy): SigmoidCrossEntropy,
        (Tanh, CrossEntropy): TanhCrossEntropy,
        (RescaledTanh, CrossEntropy): TanhCrossEntropy,
        (Softmax, CrossEntropy): SoftmaxCrossEntropy,
        (Identity, Quadratic): IdentityQuadratic,
    }


def test_the_delta_of_a_matched_pair_is_the_output_less_the_target():
    for head, factor in ((SoftmaxLogLikelihood(), 1), (SigmoidCrossEntropy(), 1), (TanhCrossEntropy(), 2)):
        np.testing.assert_allclose(head.delta(np, Z, SOFT), factor * (head.outputs(np, Z) - SOFT), atol=1e-15)
    np.testing.assert_array_equal(IdentityQuadratic().delta(np, Z, SOFT), Z - SOFT)


def refused():
    for name, activation in ACTIVATIONS.items():
        for cost_name, cost in COSTS.items():
            if (activation, cost) not in ALLOWED and cost is not Quadratic:
                yield name, cost_name


@pytest.mark.parametrize(("name", "cost_name"), [*refused()])
def test_a_pair_without_meaning_is_refused_by_name_with_those_that_have_one(name, cost_name):
    with pytest.raises(ValueError) as caught:
        pair(ACTIVATIONS[name](), COSTS[cost_name]())
    message = str(caught.value)
    first_name = next(n for n, kind in ACTIVATIONS.items() if kind is ACTIVATIONS[name])
    assert message.startswith(f"output_activation={first_name!r} has no meaning with cost={cost_name!r}: ")
    allowed = message.split(f"With {cost_name} use one of ")[1].split(";")[0].split(", ")
    assert {ACTIVATIONS[n] for n in allowed} == {a for a, c in ALLOWED if c is COSTS[cost_name]} - {RescaledTanh}
    assert f"with {first_name} use cost='quadratic'" in message


def test_a_pair_without_meaning_is_refused_whatever_its_activation_learns():
    with pytest.raises(ValueError, match=r"output_activation='prelu' has no meaning with cost='cross_entropy'"):
        pair(PReLU(), CrossEntropy())


def test_what_learns_belongs_to_the_network():
    with pytest.raises(ValueError, match=r"PReLU\(.*\) learns parameters, so it must stand in the network"):
        pair(PReLU(), Quadratic())


@every_pair
def test_every_device_gives_the_same_numbers(device, activation, cost):
    head, xp, z, T = pair(activation(), cost()), device.xp, device.asarray(Z), device.asarray(SOFT)
    for got, expected in (
        (head.outputs(xp, z), head.outputs(np, Z)),
        (head.decision(xp, z), head.decision(np, Z)),
        (head.cost(xp, z, T), head.cost(np, Z, SOFT)),
        (head.delta(xp, z, T), head.delta(np, Z, SOFT)),
    ):
        np.testing.assert_allclose(device.to_host(got), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [7, 1])
@pytest.mark.parametrize("k", [3, 2, 1])
@every_pair
def test_shapes_and_dtype_are_kept(device, activation, cost, k, n, dtype):
    if (activation, cost, k) == (Softmax, CrossEntropy, 1):
        return  # a distribution over one class has no 1 - p
    head, xp = pair(activation(), cost()), device.xp
    z, T = device.asarray(Z[:, :n, :k], dtype), device.asarray(ONE_OF_N[:n, :k], dtype)
    with device.use():
        each = head.outputs(xp, z), head.decision(xp, z), head.delta(xp, z, T), head.cost(xp, z, T)
    for got, shape in zip(map(device.to_host, each), (*[(2, n, k)] * 3, (2, n)), strict=True):
        assert (got.shape, got.dtype) == (shape, dtype)
        assert np.isfinite(got).all()


@every_pair
def test_cost_and_delta_of_a_step_are_those_of_each_alone(activation, cost):
    head = pair(activation(), cost())
    for z, T in ((Z, SOFT), (100 * Z, ONE_OF_N)):
        for together, alone in zip(head.cost_and_delta(np, z, T), (head.cost, head.delta), strict=True):
            assert np.array_equal(together, alone(np, z, T))


@every_pair
def test_members_and_rows_do_not_see_each_other(activation, cost):
    head = pair(activation(), cost())
    for part in (head.cost, head.delta):
        together = part(np, Z, SOFT)
        for member in range(2):
            for row in range(7):
                alone = part(np, Z[member, row : row + 1], SOFT[row : row + 1])[0]
                np.testing.assert_allclose(together[member, row], alone, rtol=1e-14, atol=1e-16)


def test_a_constant_added_to_softmax_logits_changes_nothing_so_its_deltas_sum_to_0():
    for cost in COSTS.values():
        head = pair(Softmax(), cost())
        np.testing.assert_allclose(head.cost(np, Z + 100, SOFT), head.cost(np, Z, SOFT), rtol=1e-11)
        np.testing.assert_allclose(head.delta(np, Z, SOFT).sum(axis=-1), 0, atol=1e-14)


def test_two_softmax_classes_are_one_sigmoid_of_their_difference():
    z, T = Z[..., :2], ONE_OF_N[:, :1]
    both = np.concatenate([T, 1 - T], axis=-1)
    difference = z[..., :1] - z[..., 1:]
    softmax, sigmoid = SoftmaxLogLikelihood(), SigmoidCrossEntropy()
    np.testing.assert_allclose(softmax.cost(np, z, both), sigmoid.cost(np, difference, T), rtol=1e-13)
    np.testing.assert_allclose(softmax.delta(np, z, both)[..., :1], sigmoid.delta(np, difference, T), rtol=1e-12)
    # with two classes the two-term cross-entropy says the same thing twice
    np.testing.assert_allclose(SoftmaxCrossEntropy().cost(np, z, both), 2 * softmax.cost(np, z, both), rtol=1e-13)
    np.testing.assert_allclose(SoftmaxCrossEntropy().delta(np, z, both), 2 * softmax.delta(np, z, both), rtol=1e-12)


@pytest.mark.parametrize("shift", [0, 50])
def test_a_right_and_saturated_output_still_has_a_cost_and_a_delta(shift):
    """1 - a has rounded to 0, a - T and log a have not."""
    z, T = np.array([[40.0, -1.0, 0.0]]) + shift, np.array([[1.0, 0.0, 0.0]])
    e = np.exp(-40) + np.exp(-41)
    assert SoftmaxLogLikelihood().cost(np, z, T) == pytest.approx(e, rel=1e-12, abs=0)
    assert SoftmaxLogLikelihood().delta(np, z, T)[0, 0] == pytest.approx(-e, rel=1e-12, abs=0)
    assert pair(Softmax(), Quadratic()).cost(np, z, T) == pytest.approx(
        (e**2 + np.exp(-80) + np.exp(-82)) / 2, rel=1e-12, abs=0
    )


@every_pair
def test_decisions_are_those_of_the_outputs(activation, cost):
    head = pair(activation(), cost())
    a, scores = head.outputs(np, Z), head.decision(np, Z)
    ties = (np.sort(a, axis=-1)[..., -1] - np.sort(a, axis=-1)[..., -2]) < 1e-12  # rectified away
    assert np.all((a.argmax(axis=-1) == scores.argmax(axis=-1)) | ties)
    if activation is not Softmax or cost is Quadratic:
        assert np.array_equal(scores > 0, a > 0.5)
