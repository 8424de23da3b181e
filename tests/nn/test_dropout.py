"""Dropout masks are a function of seed, step, layer and element, and look like chance.

Of n independent draws a share has a deviation of sqrt(p (1 - p) / n) and a correlation one of 1 / sqrt(n); all is
fixed by the seeds, and five deviations are allowed.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from gpunn.devices import get_device
from gpunn.nn.dropout import Dropout

CPU = get_device("cpu")
N, K = 500, 400


def mask(rate=0.5, seed=1, step=0, layer=0, shape=(N, K), device=CPU, dtype="float64"):
    """A mask on the host; seed is a number, or a list of one for each member."""
    seeds = np.array([[s] for s in seed] if isinstance(seed, list) else [seed], np.uint32)
    rates = (0.0,) * layer + (rate,)
    dropout = Dropout(rates, device.asarray(seeds), device.asarray(np.array([step], np.uint32)))
    with device.use():
        return device.to_host(dropout.mask(device.xp, device.asarray(np.ones(shape), dtype), layer))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", [7, [7, 8, 9]])
def test_every_device_makes_the_same_mask(device, seed, dtype):
    for step, layer in itertools.product((0, 1, 2**32 - 1), (0, 1, 5)):
        got = mask(0.3, seed, step, layer, (9, 7), device, dtype)
        assert got.dtype == dtype
        assert got.shape == ((9, 7) if seed == 7 else (3, 9, 7))
        assert np.array_equal(got, mask(0.3, seed, step, layer, (9, 7), dtype=dtype))


def test_a_resumed_run_goes_on_with_the_masks_of_all_versions():
    """Should this fail, saved trainings no longer continue as they would have."""
    kept = (mask(0.5, seed=12345, step=678, layer=2, shape=(4, 8)) > 0).astype(int)
    assert ["".join(map(str, row)) for row in kept] == ["00001110", "10010010", "01110010", "01100101"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_members_with_rates_of_their_own_have_the_masks_that_they_have_alone(device, dtype):
    rates = [0.0, 0.1, 0.3, 0.9, 1 - 2**-40]
    own = device.asarray(np.array(rates)[:, None])
    got = mask(own, [7] * len(rates), 5, 1, (9, 7), device, dtype)
    assert got.dtype == dtype
    for one, rate in zip(got, rates, strict=True):
        assert np.array_equal(one, mask(rate, 7, 5, 1, (9, 7), dtype=dtype) if rate else np.ones((9, 7)))


@pytest.mark.parametrize("seed", [7, [7, 8]])
def test_rows_have_the_masks_of_their_places_in_the_batch(device, seed):
    seeds = device.asarray(np.array([[s] for s in seed] if isinstance(seed, list) else [seed], np.uint32))
    step = device.asarray(np.array([5], np.uint32))

    def of_rows(start, stop):
        dropout = Dropout((0.3,), seeds, step, first_row=start)
        return device.to_host(dropout.mask(device.xp, device.asarray(np.ones((stop - start, 7))), 0))

    with device.use():
        whole, parts = of_rows(0, 9), [of_rows(start, stop) for start, stop in ((0, 4), (4, 8), (8, 9))]
    assert np.array_equal(np.concatenate(parts, axis=-2), whole)


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5, 0.9])
def test_the_share_kept_is_1_less_the_rate_and_scaled_by_its_inverse(rate):
    for seed, step, layer in itertools.product((0, 1), (0, 1), (0, 1)):
        m = mask(rate, seed, step, layer)
        assert set(np.unique(m)) == {0, 1 / (1 - rate)}
        assert np.mean(m > 0) == pytest.approx(1 - rate, abs=5 * math.sqrt(rate * (1 - rate) / (N * K)))


def test_each_row_and_each_column_keeps_its_share():
    m = mask(0.5) > 0
    assert m.mean(axis=0) == pytest.approx(np.full(K, 0.5), abs=5 * 0.5 / math.sqrt(N))
    assert m.mean(axis=1) == pytest.approx(np.full(N, 0.5), abs=5 * 0.5 / math.sqrt(K))


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("name", ["seed", "step", "layer"])
def test_neighbours_in_seed_step_or_layer_know_nothing_of_each_other(name, rate):
    masks = [mask(rate, **{name: value}) for value in (0, 1, 2, 3, 4, 8, 256)]
    for a, b in itertools.combinations(masks, 2):
        assert abs(correlation(a, b)) < 5 / math.sqrt(N * K)


def test_step_and_layer_are_not_one_counter():
    for step, layer in ((0, 1), (1, 0), (1, 1), (2, 3)):
        assert abs(correlation(mask(step=step, layer=layer), mask(step=layer, layer=step + 2))) < 5 / math.sqrt(N * K)


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1), (0, 2), (0, 16), (2, 0), (64, 0)])
def test_neighbours_in_a_mask_know_nothing_of_each_other(shift):
    m = mask(0.5)
    rows, columns = N - shift[0], K - shift[1]
    assert abs(correlation(m[:rows, :columns], m[shift[0] :, shift[1] :])) < 5 / math.sqrt(rows * columns)


def test_over_many_steps_each_element_is_kept_as_often_as_any_other():
    n = 2000
    share = np.mean([mask(0.3, step=step, shape=(4, 5)) > 0 for step in range(n)], axis=0)
    assert share == pytest.approx(np.full((4, 5), 0.7), abs=5 * math.sqrt(0.21 / n))
    series = np.array([mask(0.3, step=step, shape=(4, 5)) > 0 for step in range(n)]).reshape(n, -1)
    for element in series.T:
        assert abs(correlation(element[1:], element[:-1])) < 5 / math.sqrt(n)


def test_a_member_has_the_mask_of_its_seed():
    together = mask(0.4, seed=[3, 4])
    assert np.array_equal(together[0], mask(0.4, seed=3))
    assert np.array_equal(together[1], mask(0.4, seed=4))


def test_no_rate_no_mask():
    dropout = Dropout((0.0, 0.5), np.array([1], np.uint32), np.array([0], np.uint32))
    assert dropout.mask(np, np.ones((2, 3)), 0) is None
    assert dropout.mask(np, np.ones((2, 3)), 1) is not None


def test_a_greater_rate_drops_more_of_the_same(device):
    masks = [mask(rate, device=device, shape=(20, 20)) > 0 for rate in (0.1, 0.5, 0.9, math.nextafter(1, 0))]
    for more, fewer in itertools.pairwise(masks):
        assert np.all(more >= fewer) and more.sum() > fewer.sum()
    assert not masks[-1].any()


def test_one_element_can_be_masked(device):
    values = {mask(step=step, shape=(1, 1), device=device).item() for step in range(20)}
    assert values == {0.0, 2.0}
