"""Probabilities of the classes: a distribution where the classes exclude each other."""

from __future__ import annotations

import numpy as np
import pytest

from gpunn.nn.activations import ACTIVATIONS, Identity, ReLU, RescaledTanh, Sigmoid, Softmax
from gpunn.nn.costs import COSTS, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import pair
from gpunn.nn.probabilities import OPEN, log_probabilities, probabilities

Z = np.random.default_rng(0).normal(scale=2, size=(2, 7, 3))


def heads():
    for activation in dict.fromkeys(ACTIVATIONS.values()):
        for cost in COSTS.values():
            try:
                yield pair(activation(), cost())
            except ValueError:
                continue


every_head = pytest.mark.parametrize("head", [*heads()], ids=lambda h: f"{h.activation!r}-{h.cost_function!r}")


@every_head
@pytest.mark.parametrize("k", [1, 2, 3])
def test_exclusive_classes_have_a_distribution(device, head, k):
    if k == 1 and isinstance(head.activation, Softmax):
        return
    for dtype, rtol in (("float32", 1e-6), ("float64", 1e-14)):
        p = device.to_host(probabilities(device.xp, head, device.asarray(Z[..., :k], dtype), multilabel=False))
        assert (p.shape, p.dtype) == ((2, 7, max(k, 2)), dtype)
        assert p.min() >= 0 and p.max() <= 1
        np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=rtol)
        expected = probabilities(np, head, Z[..., :k], multilabel=False)
        np.testing.assert_allclose(p, expected, rtol=2 * rtol, atol=2 * rtol)


@every_head
def test_labels_that_do_not_exclude_each_other_keep_their_outputs_clipped(head):
    p = probabilities(np, head, Z, multilabel=True)
    np.testing.assert_allclose(p, np.clip(head.outputs(np, Z), 0, 1), rtol=1e-14)


@every_head
@pytest.mark.parametrize("multilabel", [True, False])
def test_logarithms_are_those_of_the_probabilities(device, head, multilabel):
    for k in (2, 3) if isinstance(head.activation, Softmax) else (1, 2, 3):
        with device.use():
            p = probabilities(np, head, Z[..., :k], multilabel)
            logs = device.to_host(log_probabilities(device.xp, head, device.asarray(Z[..., :k]), multilabel))
            np.testing.assert_allclose(logs, np.log(p), rtol=1e-12, atol=1e-15)


def test_no_class_is_impossible_where_the_activation_reaches_no_end(device):
    for dtype in ("float32", "float64"):
        far = float(np.finfo(dtype).max)
        z = device.asarray([[far, -far], [1e4, -1e4], [0.0, 0.0]], dtype)
        with device.use():
            for head in (pair(Sigmoid(), CrossEntropy()), pair(RescaledTanh(), CrossEntropy())):
                for p in (probabilities(device.xp, head, z[:, :1], False), probabilities(device.xp, head, z, True)):
                    assert np.all((device.to_host(p) > 0) & (device.to_host(p) < 1))
            p = device.to_host(probabilities(device.xp, pair(Softmax(), LogLikelihood()), z, False))
            logs = device.to_host(log_probabilities(device.xp, pair(Softmax(), LogLikelihood()), z, False))
        assert np.all((p > 0) & (p < 1))
        assert np.isfinite(logs).all()
        assert logs[1].tolist() == [0, 8 * np.log(np.finfo(dtype).smallest_normal).astype(dtype)]  # where they end


def test_one_output_gives_both_classes_as_accurately():
    head = pair(Sigmoid(), CrossEntropy())
    p = probabilities(np, head, np.array([[50.0]]), multilabel=False)
    assert p[0, 0] == pytest.approx(np.exp(-50), rel=1e-14, abs=0)
    logs = log_probabilities(np, head, np.array([[50.0], [-2000.0]]), multilabel=False)
    assert logs[0] == pytest.approx([-50, -np.exp(-50)], rel=1e-14, abs=0)
    assert logs[1].tolist() == [0, -2000]
    rescaled = log_probabilities(np, pair(RescaledTanh(), CrossEntropy()), np.array([[25.0]]), multilabel=False)
    assert rescaled == pytest.approx(logs[:1], rel=1e-14, abs=0)


def test_the_logarithm_of_a_probability_near_1_is_not_that_of_1():
    logs = log_probabilities(np, pair(Softmax(), LogLikelihood()), np.array([[50.0, 0.0]]), multilabel=False)
    assert logs[0] == pytest.approx([-np.exp(-50), -50], rel=1e-14, abs=0)


@every_head
@pytest.mark.parametrize("multilabel", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_where_subnormal_numbers_are_flushed_no_class_is_impossible_either(device, flushed, head, multilabel, dtype):
    far = np.finfo(dtype).max
    for k in (1, 2, 3, 300):
        if k == 1 and isinstance(head.activation, Softmax):
            continue
        z = np.full((7, k), 20, dtype)  # of probabilities near 1 each: those of a row are divided by their sum
        z[:, 0] = -far, -340, -250, -100, -60, -50, -40
        with device.use(), flushed():
            p = device.to_host(probabilities(device.xp, head, device.asarray(z), multilabel))
            logs = device.to_host(log_probabilities(device.xp, head, device.asarray(z), multilabel))
        if isinstance(head.activation, OPEN):
            assert p.min() >= np.finfo(dtype).smallest_normal and np.isfinite(logs).all()
            assert (np.diff(p[:, 0 if k > 1 else -1]) > 0).all()  # in order
        else:
            assert (p >= 0).all()


def test_nan_stays_nan(device):
    for head in heads():
        for k, multilabel in ((1, False), (1, True), (3, False), (3, True)):
            if isinstance(head.activation, Softmax) and (k == 1 or multilabel):
                continue
            z = device.asarray(np.full((2, k), [[np.nan], [0.5]]))
            with device.use():
                for function in (probabilities, log_probabilities):
                    found = device.to_host(function(device.xp, head, z, multilabel))
                    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all(), head


def test_unbounded_outputs_are_clipped_and_divided_by_their_sum():
    z = np.array([[0.5, 0.25, -3.0], [2.0, 1.0, 0.0], [-1.0, -2.0, -3.0]])
    expected = [[2 / 3, 1 / 3, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]]
    for activation in (Identity(), ReLU()):
        p = probabilities(np, pair(activation, Quadratic()), z, multilabel=False)
        np.testing.assert_allclose(p, expected, rtol=1e-15)
    one = probabilities(np, pair(Identity(), Quadratic()), z[:, :1], multilabel=False)
    assert one.tolist() == [[0.5, 0.5], [0, 1], [1, 0]]


@pytest.mark.parametrize(("activation", "slope"), [(Softmax(), 1), (Sigmoid(), 1), (RescaledTanh(), 2)])
@pytest.mark.parametrize(("dtype", "logs"), [("float32", [-600, -150, -90]), ("float64", [-5000, -1250, -720])])
def test_far_below_the_smallest_number_logarithms_are_exact_and_probabilities_in_order(
    device, activation, slope, dtype, logs
):
    z = device.asarray([[*(log / slope for log in logs), 0.0]], dtype)
    multilabel = slope == 2 or activation == Sigmoid()
    head = pair(activation, CrossEntropy() if multilabel else LogLikelihood())
    with device.use():
        p = device.to_host(probabilities(device.xp, head, z, multilabel))[0, :3]
        found = device.to_host(log_probabilities(device.xp, head, z, multilabel))[0, :3]
    assert found.tolist() == logs
    smallest = np.finfo(dtype).smallest_normal
    assert smallest < p[0] < p[1] < p[2] < 16 * 4 * smallest
    assert (np.array(logs) / np.log(p.astype("float64"))).max() < 8
