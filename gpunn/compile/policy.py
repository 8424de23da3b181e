"""Decide whether training steps are compiled: can they be, does it pay, and what the history says.

Nothing falls back in silence: where there is no program, the path says why arrays go on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from scipy.sparse import issparse

from gpunn.compile import formulas
from gpunn.compile.trace import Untraceable
from gpunn.devices import Device
from gpunn.devices.memory import request
from gpunn.devices.ranks import ALONE, Ranks
from gpunn.nn.activations import Activation
from gpunn.nn.dropout import Dropout
from gpunn.nn.heads import Head
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.averaging import Averaged
from gpunn.optim.first_order import FirstOrder, MethodState
from gpunn.typing import Array

Compiled = tuple[Any, str]  # a program and what it is; or None, and why there is none

COMPILABLE = "?" + np.typecodes["AllInteger"] + "fd"  # types of X; not float16, nor any longer than float64
COMPUTED = (np.dtype("float32"), np.dtype("float64"))  # dtypes of theta; not those of another byte order
CUDA_INPUTS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
OLDEST_LLVM = 20  # that reads the code; llvmlite 0.45 brought it


class Program(Protocol):
    """A compiled epoch of minibatch training, as `gpunn.compile.cpu.program.CompiledEpoch` describes it."""

    def align(self, theta: Array, state: MethodState) -> tuple[Array, MethodState]:
        """theta and state as the program takes them."""

    def reserve(
        self, theta: Array, state: MethodState, X: Array, T: Array, weight: Array | None, n: int, batch: int
    ) -> None:
        """Allocate the memory of epochs of n rows."""

    def __call__(
        self,
        theta: Array,
        state: MethodState,
        X: Array,
        T: Array,
        weight: Array | None,
        order: Array,
        lr: Array,
        batch: int,
        *keys: Array,
        totals: np.ndarray | None = None,
        first_row: int = 0,
        largest_share: int | None = None,
    ) -> tuple[Array, Array]:
        """Sum over the rows of the cost of their batch, and the norm of the last gradient; theta and state change."""


class Compiler(Protocol):
    """Interface of a compiler for a machine."""

    seconds: float  # what it can take to compile a training, the first time on a machine and later
    again_seconds: float

    def epoch(
        self,
        objective: Objective,
        method: FirstOrder,
        theta: Array,
        state: MethodState,
        X: Array,
        dropout: Dropout | None,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        ranks: Ranks = ALONE,
    ) -> Compiled:
        """An epoch of minibatch training as one function.

        ``clip_norm`` and ``max_norm`` limit the norms of the gradient and of the incoming weights of neurons. The
        gradients of several ``ranks`` are summed.
        """

    def gradient(self, objective: Objective, dtype: Any, X: Array, T: Array, weight: Array | None) -> Compiled:
        """Cost and gradient of all rows as one function of theta."""

    def prediction(self, network: Network, dtype: Any, head: Head | None = None, exclusive: bool = True) -> Compiled:
        """The activations of a layer, or with a head the probabilities, as one function of theta, rows and layer."""


class CpuCompiler:
    """Kernels by LLVM, for all cores."""

    seconds = 0.1
    again_seconds = 0.01

    def __init__(self, device: Device) -> None:
        pass

    def epoch(
        self,
        objective: Objective,
        method: FirstOrder,
        theta: Array,
        state: MethodState,
        X: Array,
        dropout: Dropout | None,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        ranks: Ranks = ALONE,
    ) -> Compiled:
        if objective.network.embeddings:
            return None, f"arrays: {formulas.EMBEDDED}"
        if max_norm is not None and isinstance(method, Averaged):
            return None, "arrays: max_norm with averaging"  # whose formula takes theta before its norms are limited

        def make() -> Any:
            from gpunn.compile.cpu.program import CompiledEpoch

            return CompiledEpoch(objective, method, theta, state, X, dropout, clip_norm, max_norm, ranks)

        return _reads(X) or _made(make)

    def gradient(self, objective: Objective, dtype: Any, X: Array, T: Array, weight: Array | None) -> Compiled:
        if objective.network.embeddings:
            return None, f"arrays: {formulas.EMBEDDED}"

        def make() -> Any:
            from gpunn.compile.cpu.program import CompiledGradient

            return CompiledGradient(objective, dtype, X, T, weight)

        return _reads(X) or _made(make)

    def prediction(self, network: Network, dtype: Any, head: Head | None = None, exclusive: bool = True) -> Compiled:
        if network.embeddings:
            return None, f"arrays: {formulas.EMBEDDED}"
        if dtype not in COMPUTED:
            return None, f"arrays: compiled code does not compute in the dtype of theta, {dtype}"
        try:
            return _prediction(network, dtype, head, exclusive, _custom_formulas(network, dtype, head, exclusive))
        except Untraceable as error:
            return None, f"arrays: cannot be traced: {error}"
        except MemoryError as error:
            return None, f"arrays: memory ran out for compiled predictions ({request(error)})"
        except TypeError:  # for an activation of the user's
            return None, "arrays: the network cannot be hashed"


@functools.lru_cache(128)  # to make one again takes some 50 times as long as a small prediction
def _prediction(
    network: Network, dtype: Any, head: Head | None, exclusive: bool, custom_formulas: tuple[Any, ...]
) -> Compiled:
    def make() -> Any:
        from gpunn.compile.cpu.prediction import CompiledPrediction

        if _custom_formulas(network, dtype, head, exclusive) != custom_formulas:
            raise Untraceable("a formula is another each time it is traced")
        return CompiledPrediction(network, dtype.name, head, exclusive)

    return _made(make)


def _custom_formulas(network: Network, dtype: Any, head: Head | None, exclusive: bool) -> tuple[Any, ...]:
    """The formulas of activations and of a head that are the user's, traced.

    Equal objects may hold other numbers there, and one object other numbers than before.
    """
    found = [formulas.forward(a, dtype.name) for a in (*network.activations, network.output) if not _is_own(a)]
    if head is not None and not (_is_own(head) and _is_own(head.activation)):
        found.append(formulas.probabilities(head, dtype.name, network.sizes[-1], exclusive))
    return tuple((*formula.graph.nodes, *(x.number for x in formula.outputs.values())) for formula in found)


def _is_own(formula: Activation | Head) -> bool:
    """True if it is of gpunn: then its fields, by which objects are equal, are all that its formula depends on."""
    return type(formula).__module__.startswith("gpunn.")


def _reads(X: Array) -> Compiled | None:
    """None, or why compiled code does not read X."""
    if X.dtype.char in COMPILABLE and X.dtype.isnative:
        return None
    return None, f"arrays: compiled code does not read X's dtype {X.dtype}"


def _made(make: Callable[[], Any]) -> Compiled:
    try:
        _llvm_version()
        return make(), "compiled"
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "llvmlite":
            return None, "arrays: llvmlite is not installed (pip install llvmlite)"
        return None, f"arrays: llvmlite cannot be loaded: {error}"
    except Untraceable as error:
        return None, f"arrays: cannot be traced: {error}"


def _llvm_version() -> tuple[int, ...]:
    """The version of LLVM; an ImportError where llvmlite cannot be loaded or is too old."""
    try:
        import llvmlite
        import llvmlite.binding
    except OSError as error:  # its shared library is missing, or one that it needs
        raise ImportError(str(error)) from error
    version: tuple[int, ...] = llvmlite.binding.llvm_version_info
    if version[0] < OLDEST_LLVM:
        raise ImportError(f"its LLVM {version[0]} is too old, use llvmlite 0.45 or later (pip install -U llvmlite)")
    return version


class CudaCompiler:
    """Steps captured as CUDA graphs."""

    seconds = 5.0  # for NVRTC, which keeps what it compiled on disk, and capturing; not yet measured
    again_seconds = 0.1  # for tracing and capturing; not yet measured

    def __init__(self, device: Device) -> None:
        self.device = device

    def epoch(
        self,
        objective: Objective,
        method: FirstOrder,
        theta: Array,
        state: MethodState,
        X: Array,
        dropout: Dropout | None,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        ranks: Ranks = ALONE,
    ) -> Compiled:
        """A ValueError where the precision asked for cannot be had."""
        from gpunn.compile.cuda.graph import CapturedEpoch

        precision = self.device.precision
        if theta.ndim > 1:
            why = "members are trained side by side"
        elif objective.network.embeddings:
            why = formulas.EMBEDDED
        elif dropout is not None:
            why = "dropout"
        elif clip_norm is not None:
            why = "clip_norm"
        elif max_norm is not None:
            why = "max_norm"
        elif ranks.size > 1:
            why = "several ranks"
        elif issparse(X):
            why = "a sparse X"
        elif isinstance(method, Averaged):
            why = "averaging"  # whose number of steps is a new array in each epoch, which would be captured anew
        elif X.dtype.name not in CUDA_INPUTS:
            why = f"the kernels do not read X's dtype {X.dtype}"
        elif precision != "float32" and theta.dtype != np.float32:
            why = f"theta is {theta.dtype}, not float32 (dtype='float32')"
        else:
            try:
                with self.device.use():
                    program = CapturedEpoch(objective, method, theta, state, X, precision)
                products = f", {precision} products" if precision != "float32" else ""
                return program, f"captured as CUDA graphs{products}"
            except Untraceable as error:
                why = f"cannot be traced: {error}"
            except Exception as error:  # whatever CuPy, CUDA or cuBLAS has against it, arrays may still do
                why = f"capturing failed: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        if precision != "float32":
            raise ValueError(
                f"precision={precision!r} is for training steps that are captured, and these are not: {why}. Use "
                "precision='float32'."
            )
        return None, f"arrays: {why}"

    def gradient(self, objective: Objective, dtype: Any, X: Array, T: Array, weight: Array | None) -> Compiled:
        return None, "arrays: evaluations of all rows are launched one by one"

    def prediction(self, *given: Any) -> Compiled:
        return None, "arrays: predictions are launched one by one"


class NoCompiler:
    """For a device that has none."""

    seconds = again_seconds = 0.0

    def __init__(self, device: Device) -> None:
        pass

    def epoch(self, *given: Any) -> Compiled:
        return None, "arrays: nothing is compiled for this device"

    def gradient(self, *given: Any) -> Compiled:
        return None, "arrays: nothing is compiled for this device"

    def prediction(self, *given: Any) -> Compiled:
        return None, "arrays: nothing is compiled for this device"


COMPILERS: dict[str, Callable[[Device], Compiler]] = {"cpu": CpuCompiler, "cuda": CudaCompiler}  # by `Device.kind`


def compiler(device: Device) -> Compiler:
    """The compiler for a device."""
    return COMPILERS.get(device.kind, NoCompiler)(device)


def describe(device: Device) -> dict[str, str]:
    """Facts for people: what is compiled, and what has been compiled already."""
    if device.kind != "cpu":
        return {"compiled": "long minibatch trainings, as CUDA graphs"}
    from gpunn.compile.cpu import code_cache

    return {"compiled": _on_cpu(), "compiled code on disk": code_cache.described()}


def _on_cpu() -> str:
    rest = "elementwise work is NumPy's own"
    try:
        version = ".".join(map(str, _llvm_version()))
    except ModuleNotFoundError:
        return f"nothing: llvmlite is not installed (pip install llvmlite), {rest}"
    except ImportError as error:
        return f"nothing: llvmlite cannot be loaded: {error}"
    from gpunn.compile.cpu import blas

    return f"predictions, and long trainings with the products of {blas.owner()}, by LLVM {version}"
