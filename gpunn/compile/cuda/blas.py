"""Matrix products by cuBLAS, through a handle of our own: CuPy's refuses while a stream captures."""

from __future__ import annotations

import ctypes
import os

R_32F, R_64F, R_16BF = 0, 1, 14  # of cudaDataType
COMPUTE_32F, COMPUTE_32F_FAST_TF32, COMPUTE_64F = 68, 77, 70  # of cublasComputeType_t
GEMM_DEFAULT = -1  # of cublasGemmAlgo_t

KINDS = {  # what the operands are, what comes out, how it is computed, and the type of alpha and beta
    "float64": (R_64F, R_64F, COMPUTE_64F, ctypes.c_double),
    "float32": (R_32F, R_32F, COMPUTE_32F, ctypes.c_float),
    "tf32": (R_32F, R_32F, COMPUTE_32F_FAST_TF32, ctypes.c_float),
    "bf16": (R_16BF, R_32F, COMPUTE_32F, ctypes.c_float),
}


class BlasError(RuntimeError):
    """cuBLAS refused a call; the message has its own words."""


class Blas:
    """A cuBLAS handle on the current CUDA device.

    Parameters
    ----------
    wrapper : str
        File of CuPy's extension module around cuBLAS. What it is linked to is found through it, whatever its version.
    kind : str
        One of `KINDS`.
    workspace, size : int
        Address and bytes of device memory that the products may use, so that none is allocated while a stream
        captures, and the same product gives the same bits.
    """

    def __init__(self, wrapper: str, kind: str, workspace: int, size: int) -> None:
        if os.name == "nt":  # Windows looks for a name in the library alone, not in those it is linked to
            raise BlasError("the handle is not looked for on Windows")
        self._library = ctypes.CDLL(wrapper)
        self._library.cublasGetStatusString.restype = ctypes.c_char_p
        self._operand, self._out, self._compute, scalar = KINDS[kind]
        self._one, self._zero = scalar(1), scalar(0)
        self._workspace, self._size = workspace, size
        self._handle = ctypes.c_void_p()
        self._call("cublasCreate_v2", ctypes.byref(self._handle))

    def use(self, stream: int) -> None:
        """Let the products that follow go to a stream, given by its address."""
        self._call("cublasSetStream_v2", self._handle, ctypes.c_void_p(stream))
        # After the stream: to set it takes the workspace away.
        workspace = ctypes.c_void_p(self._workspace)
        self._call("cublasSetWorkspace_v2", self._handle, workspace, ctypes.c_size_t(self._size))

    def gemm(self, a: int, b: int, out: int, m: int, k: int, n: int, transpose_a: bool, transpose_b: bool) -> None:
        """out (m, n) = a (m, k) b (k, n) by their addresses, all row by row; a flipped one lies as its transpose."""
        # What lies row by row is the transpose to cuBLAS, which goes by columns: out^T = b^T a^T.
        self._call(
            *("cublasGemmEx", self._handle, int(transpose_b), int(transpose_a), n, m, k, ctypes.byref(self._one)),
            *(ctypes.c_void_p(b), self._operand, k if transpose_b else n),
            *(ctypes.c_void_p(a), self._operand, m if transpose_a else k),
            *(ctypes.byref(self._zero), ctypes.c_void_p(out), self._out, n, self._compute, GEMM_DEFAULT),
        )

    def close(self) -> None:
        """Destroy the handle."""
        self._call("cublasDestroy_v2", self._handle)

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, name)(*arguments)
        if status:
            raise BlasError(f"{name}: {self._library.cublasGetStatusString(status).decode()}")
