"""Products by rows are asked of a library that goes by columns; here one of NumPy's making."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from gpunn.compile.cuda import blas as cublas

TYPES = {cublas.R_32F: np.float32, cublas.R_64F: np.float64}


class Library:
    """cuBLAS's calls on the memory of the host, as its manual has them: arrays lie column by column."""

    def __init__(self):
        self.calls, self.status = [], 0
        self.cublasGetStatusString = lambda status: b"an invalid value"

    def cublasCreate_v2(self, handle):
        return self._note("create")

    def cublasDestroy_v2(self, handle):
        return self._note("destroy")

    def cublasSetStream_v2(self, handle, stream):
        return self._note(f"stream {stream.value}")

    def cublasSetWorkspace_v2(self, handle, workspace, size):
        return self._note(f"workspace {workspace.value}, {size.value}")

    def cublasGemmEx(self, handle, op_a, op_b, m, n, k, alpha, A, A_type, lda, B, B_type, ldb, beta, C, C_type, ldc,
                     compute, algorithm):  # fmt: skip
        A = self._matrix(A, A_type, lda, (k, m) if op_a else (m, k))
        B = self._matrix(B, B_type, ldb, (n, k) if op_b else (k, n))
        C = self._matrix(C, C_type, ldc, (m, n))
        C[...] = alpha._obj.value * (A.T if op_a else A) @ (B.T if op_b else B) + beta._obj.value * C
        return self._note(f"gemm {compute} {algorithm}")

    def _note(self, call):
        self.calls.append(call)
        return self.status

    def _matrix(self, place, kind, ld, shape):
        assert ld >= shape[0]
        dtype = np.dtype(TYPES[kind])
        memory = (ctypes.c_char * (ld * shape[1] * dtype.itemsize)).from_address(place.value)
        return np.frombuffer(memory, dtype).reshape(shape[1], ld).T[: shape[0]]


@pytest.fixture
def library(monkeypatch):
    library = Library()
    monkeypatch.setattr(cublas.ctypes, "CDLL", lambda path: library)
    monkeypatch.setattr(cublas.os, "name", "posix")
    return library


@pytest.mark.parametrize("kind", ["float32", "tf32", "float64"])
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_products_are_those_of_rows(library, kind, transpose_a, transpose_b):
    rng = np.random.default_rng(0)
    m, k, n = 3, 5, 2
    dtype = "float64" if kind == "float64" else "float32"
    a = rng.standard_normal((k, m) if transpose_a else (m, k)).astype(dtype)
    b = rng.standard_normal((n, k) if transpose_b else (k, n)).astype(dtype)
    out = np.full((m, n), 7, dtype)
    cublas.Blas("", kind, 0, 0).gemm(a.ctypes.data, b.ctypes.data, out.ctypes.data, m, k, n, transpose_a, transpose_b)
    assert out == pytest.approx((a.T if transpose_a else a) @ (b.T if transpose_b else b), rel=1e-5)
    assert library.calls[-1] == {"float32": "gemm 68 -1", "tf32": "gemm 77 -1", "float64": "gemm 70 -1"}[kind]


def test_the_workspace_is_set_after_the_stream_that_takes_it_away(library):
    blas = cublas.Blas("", "bf16", 4096, 2**25)
    blas.use(17)
    blas.close()
    assert library.calls == ["create", "stream 17", f"workspace 4096, {2**25}", "destroy"]


def test_what_cublas_refuses_is_an_error_in_its_words(library):
    blas = cublas.Blas("", "float32", 0, 0)
    library.status = 7
    with pytest.raises(cublas.BlasError, match="cublasSetStream_v2: an invalid value"):
        blas.use(1)
