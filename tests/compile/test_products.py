"""The product in compiled code is the product of matrices, by NumPy's BLAS and by SciPy's; and rows are gathered."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from gpunn.compile import policy
from gpunn.devices import get_device

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from gpunn.compile.cpu import blas, kernels, native, operation, runtime
from gpunn.compile.cpu.operation import Matrix


def of_wheel(name):
    """Whether a BLAS lies among the libraries of NumPy's wheel."""
    return any(f"{folder}/" in name.replace("\\", "/") for folder in ("numpy.libs", "numpy/.dylibs"))


@pytest.fixture(params=["NumPy's", "SciPy's"])
def whose(request, monkeypatch):
    if request.param == "SciPy's":
        monkeypatch.setattr(blas, "numpys_library", lambda: None)
    elif blas.numpys_library() is None:
        pytest.skip("this NumPy brought no OpenBLAS of its own")
    assert blas.owner() == f"{request.param} BLAS"
    runtime.loaded.cache_clear()
    yield request.param
    runtime.loaded.cache_clear()


def run(operations, arrays, dtype):
    """Run operations whose slots are the numbers of the arrays."""
    table = np.array([x if isinstance(x, int) else x.ctypes.data for x in arrays], np.int64)
    program = operation.program(operations)
    runtime.loaded(dtype).run(program.ctypes.data, len(program), table.ctypes.data, 0, 1, 1)


def place(slot, x):
    return Matrix(slot, 0, x.strides[0] // x.itemsize)


def multiply(a, b, out, transpose_a, transpose_b, add):
    m, n = out.shape
    k = b.shape[1] if transpose_b else b.shape[0]
    flags = operation.TRANSPOSE_A * transpose_a | operation.TRANSPOSE_B * transpose_b | operation.ADD * add
    run([operation.gemm(*map(place, range(3), (a, b, out)), m, k, n, flags)], [a, b, out], out.dtype.name)


def gather(X, rows, out, p, q):
    source = kernels.module({"gather": kernels.gather("gather", X.dtype, out.dtype.name)}, out.dtype.name)
    address = native.load("gather", lambda: source, source, ["gather"], {})["gather"]
    X_row, X_column = (stride // X.itemsize for stride in X.strides)
    at = operation.operation(
        operation.KERNEL, Matrix(2, 0, out.shape[1]), Matrix(1, 0, X_row), function=3,
        rows=(0, len(rows)), columns=(p, q), width=X_column,
    )  # fmt: skip
    run([at], [rows.astype(np.int64), X, out, address], out.dtype.name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("transpose_a", "transpose_b"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("add", [0, 1])
def test_parts_of_matrices_are_multiplied(whose, dtype, transpose_a, transpose_b, add):
    rng = np.random.default_rng(0)
    A, B, C = (rng.standard_normal((9, 11)).astype(dtype) for _ in range(3))
    a, b, out = A[1:6, 2:9], B[:7, 1:4], C[:5, 3:6]  # (5, 7), (7, 3), (5, 3)
    given_a, given_b = (A[:7, 2:7] if transpose_a else a), (B[:3, 1:8] if transpose_b else b)
    wanted, found = C.copy(), (given_a.T if transpose_a else given_a) @ (given_b.T if transpose_b else given_b)
    wanted[:5, 3:6] = found + (out if add else 0)
    multiply(given_a, given_b, out, transpose_a, transpose_b, add)
    np.testing.assert_allclose(C, wanted, rtol=1e-5 if dtype == "float32" else 1e-13)  # what lies around it too


@pytest.mark.parametrize("columns", [1, 7, 54, 300])
@pytest.mark.parametrize("X_type", ["uint8", "float32", "float64"])
def test_rows_are_gathered_from_any_layout(columns, X_type):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, columns)).astype(X_type)
    for rows in (rng.permutation(40), np.array([39]), np.arange(0)):
        for layout in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
            out = np.full((max(len(rows), 1), columns + 3), -1, "float32")
            gather(layout, rows, out, 0, columns)
            assert np.array_equal(out[: len(rows), :columns], X[rows].astype("float32"))
            assert np.all(out[:, columns:] == -1)


def test_some_columns_of_rows_are_gathered():
    X, out = np.arange(40.0).reshape(5, 8), np.full((2, 8), -1.0)
    gather(X, np.array([3, 1]), out, 2, 5)
    assert np.array_equal(out[:, 2:5], X[[3, 1], 2:5])
    assert np.all(np.delete(out, [2, 3, 4], axis=1) == -1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("m", "n", "k"), [(32, 256, 392), (392, 256, 32), (129, 130, 131), (7, 1030, 300), (300, 25, 400)]
)
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("add", [0, 1])
def test_large_matrices_are_multiplied_in_parts(whose, dtype, m, n, k, transpose_a, add):
    rng = np.random.default_rng(0)
    a, b = (
        rng.standard_normal((k, m) if transpose_a else (m, k)).astype(dtype),
        rng.standard_normal((k, n)).astype(dtype),
    )
    C = rng.standard_normal((m + 1, n + 2)).astype(dtype)
    wanted = C.copy()
    wanted[:m, 1 : n + 1] = (a.T if transpose_a else a) @ b + (C[:m, 1 : n + 1] if add else 0)
    multiply(a, b, C[:m, 1 : n + 1], transpose_a, False, add)
    np.testing.assert_allclose(C, wanted, rtol=1e-9, atol=1e-4 if dtype == "float32" else 1e-12)


def test_the_product_is_that_of_numpys_wheel_where_there_is_one():
    there = [pool["filepath"] for pool in threadpool_info() if of_wheel(pool["filepath"])]
    library = blas.numpys_library()
    assert (library is not None) == bool(there)
    if library is not None:
        kind = {64: ctypes.c_int64, 32: ctypes.c_int32}[library.bits]
        a, b, c = np.array([[2.0]]), np.array([[3.0]]), np.zeros((1, 1))
        one, pointer = kind(1), ctypes.c_void_p
        getattr(library.handle, library.name.format("d"))(
            *(101, 111, 111, one, one, one, ctypes.c_double(1), pointer(a.ctypes.data), one),
            *(pointer(b.ctypes.data), one, ctypes.c_double(0), pointer(c.ctypes.data), one),
        )
        assert c == 6


def test_the_device_says_whose_product_it_is(whose):
    assert policy.describe(get_device("cpu"))["compiled"].find(f"with the products of {whose} BLAS") > 0
