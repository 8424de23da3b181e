"""Digests of data do not depend on the number of cores, and every byte counts."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from gpunn.devices import get_device, quota
from gpunn.estimator import digests

CPU = get_device("cpu")
MATRIX = np.random.default_rng(0).random((100, 7))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(digests, "CHUNK", 1000)  # 17 rows of 7 numbers


def test_it_is_the_digest_of_the_digests_of_chunks_of_rows():
    rows = [hashlib.sha256(MATRIX[i : i + 17].tobytes()).digest() for i in range(0, 100, 17)]
    expected = hashlib.sha256(b"<f8 (100, 7) C " + b"".join(rows)).hexdigest()
    assert digests._digest(CPU, MATRIX) == expected


@pytest.mark.parametrize("array", [MATRIX, np.asfortranarray(MATRIX), MATRIX[::2, ::3], MATRIX[:1], MATRIX[:0],
                                   np.asarray(3.0), np.arange(1000, dtype="uint8")],
                         ids=["C", "F", "strided", "a row", "empty", "number", "bytes"])  # fmt: skip
def test_the_number_of_cores_does_not_matter(array, monkeypatch):
    found = set()
    for n in (1, 2, 5):
        monkeypatch.setattr(quota, "usable", lambda n=n: n)
        found.add(digests._digest(CPU, array))
    assert len(found) == 1


def test_every_row_column_order_dtype_and_shape_counts():
    others = [MATRIX, np.asfortranarray(MATRIX), MATRIX.astype("float32"), MATRIX.reshape(50, 14), MATRIX[::-1]]
    for i in range(0, 100, 9):
        other = MATRIX.copy()
        other[i, i % 7] = np.nextafter(other[i, i % 7], 2)
        others += [other, np.asfortranarray(other)]
    assert len({digests._digest(CPU, other) for other in others}) == len(others)
