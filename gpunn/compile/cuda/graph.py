"""Epochs of minibatch training captured as CUDA graphs: the host launches many steps at once.

The kernels are made from the formulas, the products are cuBLAS's, all in memory that is allocated before. What is
captured on a stream of its own is launched on the caller's, so everything happens in the order of the calls.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import cupy
import numpy as np

from gpunn.compile.cuda.blas import Blas
from gpunn.compile.cuda.kernels import kernels
from gpunn.compile.cuda.plan import Gemm, Part, Plan, Record
from gpunn.compile.cuda.runtime import LaunchConfig
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import FirstOrder, MethodState
from gpunn.typing import Array

CONFIG = LaunchConfig()
NODES = 500  # of a graph: the host launches as many at once
WORKSPACE = 2**25  # bytes for cuBLAS, as NVIDIA advises for Hopper


class CapturedEpoch:
    """One epoch as a function, for one network, one set of formulas and one dtype.

    Parameters
    ----------
    objective : Objective
    method : FirstOrder
    theta : array (P,)
    state : MethodState
        State of the method.
    X : array (n, d)
        Rows, for their dtype, one of `gpunn.compile.cuda.runtime.INPUTS`.
    precision : {"float32", "tf32", "bf16"}
        Precision of the products of a float32 theta. With "bf16" their operands, the weights among them, are kept
        rounded to bfloat16 beside the float32 ones; sums, costs and updates are float32.

    Raises
    ------
    Untraceable
        If a formula cannot be traced.
    Exception
        Any error of CuPy, CUDA or cuBLAS: a row is trained on, and thrown away, to see that all of it works.
    """

    def __init__(
        self, objective: Objective, method: FirstOrder, theta: Array, state: MethodState, X: Array, precision: str
    ) -> None:
        self.network = objective.network
        self.bf16_operands = precision == "bf16"
        self.fields = [(name, array.shape == (1,)) for name, array in zip(state._fields, state, strict=True)]
        self.kernels = kernels(objective, method, state, theta.dtype.name, X.dtype.name, self.bf16_operands, CONFIG)
        module = cupy.RawModule(code=self.kernels.source, options=("-std=c++17",))
        functions = {name: module.get_function(name) for name in self.kernels.names}
        self.memory = _Memory()
        weakref.finalize(self, self.memory.release)
        self.machine = _Machine(functions, self.memory, theta.dtype.name if precision == "float32" else precision)
        self._captured: tuple[tuple[int, int], list[Array]] = (0, 0), []
        self._try(theta, state, X)

    def align(self, theta: Array, state: MethodState) -> tuple[Array, MethodState]:
        """theta and state where the program wants them: as they are."""
        return theta, state

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
    ) -> tuple[Array, Array]:
        """Sum over the rows of the cost of their batch, and the norm of the last gradient; theta and state change.

        Nothing is read back from the device: both are arrays (). What is captured is used again for as long as the
        arrays, but for ``order`` and ``lr``, are the same.
        """
        self.reserve(theta, state, X, T, weight, len(order), batch)
        buffers = self.memory.buffers
        buffers["order"][...] = order
        buffers["lr"][...] = lr
        buffers["step"].fill(0)
        self.machine.run(self.plan.start())
        for graph, times in self.memory.graphs:
            for _ in range(times):
                graph.launch()
        total = buffers["costs"].sum(dtype=np.float64) + buffers["sums"].sum(dtype=np.float64)
        return total, cupy.sqrt(buffers["norms"].sum(dtype=np.float64))

    def reserve(
        self, theta: Array, state: MethodState, X: Array, T: Array, weight: Array | None, n: int, batch: int
    ) -> None:
        """Allocate the buffers of epochs of n rows and capture them, unless that has been done."""
        sizes, given = (n, batch), [X, T, weight, theta, *state]
        if sizes != self._captured[0] or any(a is not b for a, b in zip(given, self._captured[1], strict=True)):
            self._capture(sizes, given)

    def _try(self, theta: Array, state: MethodState, X: Array) -> None:
        T = cupy.zeros((1, self.network.sizes[-1]), theta.dtype)
        copies = type(state)(*(array.copy() for array in state))
        order, lr = cupy.zeros(1, np.int64), cupy.zeros(1, theta.dtype)
        self(theta.copy(), copies, X[:1], T, None, order, lr, 1)
        cupy.cuda.get_current_stream().synchronize()  # what went wrong on the device is heard of now

    def _capture(self, sizes: tuple[int, int], given: list[Array]) -> None:
        self._captured = (0, 0), []
        (n, batch), (X, T, weight, theta, *state) = sizes, given
        self.plan = plan = Plan(self.network, self.fields, self.kernels, self.bf16_operands, n, batch, CONFIG)
        inputs = {"X": cupy.ascontiguousarray(X), "T": cupy.ascontiguousarray(T, theta.dtype), "theta": theta}
        inputs["weight"] = None if weight is None else cupy.ascontiguousarray(weight, theta.dtype)
        inputs |= {f"state.{name}": array for (name, _), array in zip(self.fields, state, strict=True)}
        self.memory.allocate(plan.buffers, inputs, theta.dtype, np.uint16 if self.bf16_operands else theta.dtype)
        whole, rest = divmod(n, batch)
        kinds = [plan.step(rows) for rows, times in ((batch, whole), (rest, 1)) if rows and times]
        self.machine.warm_up(kinds, (theta, *state))
        together = max(1, NODES // len(plan.step(batch)))
        for rows, steps, times in ((batch, together, whole // together), (batch, whole % together, 1), (rest, 1, 1)):
            if rows and steps and times:
                self.memory.graphs.append((self.machine.record(plan.step(rows) * steps), times))
        self._captured = sizes, given


class _Memory:
    """Resources that are released when a program is no more: graphs, buffers, and the handle that works in them."""

    def __init__(self) -> None:
        self.device = cupy.cuda.Device()
        self.pool = cupy.cuda.MemoryPool()
        self.workspace = self.pool.malloc(WORKSPACE)
        self.buffers: dict[str, Array] = {}  # "weight" may be None
        self.graphs: list[tuple[Any, int]] = []
        self.blas: Blas | None = None

    def allocate(
        self, sizes: Mapping[str, tuple[int, str]], given: Mapping[str, Array], real: Any, operand: Any
    ) -> None:
        """New buffers in the place of those there are."""
        self._drop()
        dtypes = {"real": real, "operand": operand, "int64": np.int64}
        with cupy.cuda.using_allocator(self.pool.malloc):
            self.buffers = {name: cupy.zeros(size, dtypes[dtype]) for name, (size, dtype) in sizes.items()}
        self.buffers |= given

    def release(self) -> None:
        with self.device:
            self._drop()
            if self.blas is not None:
                self.blas.close()
            self.blas = self.workspace = None
            self.pool.free_all_blocks()

    def _drop(self) -> None:
        self.device.synchronize()  # the last steps may still be under way
        self.graphs.clear()
        self.buffers.clear()
        self.pool.free_all_blocks()


class _Machine:
    """Does what a plan says, at once or to be captured."""

    def __init__(self, functions: Mapping[str, Any], memory: _Memory, kind: str) -> None:
        self.functions, self.memory = functions, memory
        self.blas = memory.blas = Blas(cupy.cuda.cublas.__file__, kind, memory.workspace.ptr, WORKSPACE)
        self.stream = cupy.cuda.Stream(non_blocking=True)

    def run(self, records: Sequence[Record]) -> None:
        """On the current stream. Products need `Blas.use` before."""
        for record in records:
            if isinstance(record, Gemm):
                a, b, out = (self._part(part).data.ptr for part in (record.a, record.b, record.out))
                self.blas.gemm(a, b, out, record.m, record.k, record.n, record.transpose_a, record.transpose_b)
            else:
                arguments = tuple(self._part(a) if isinstance(a, Part) else np.int64(a) for a in record.arguments)
                self.functions[record.kernel]((record.blocks,), (CONFIG.threads,), arguments)

    def warm_up(self, steps: Sequence[Sequence[Record]], changed: Sequence[Array]) -> None:
        """Load what the steps need: not all that CUDA does the first time can be done while a stream captures."""
        before = [array.copy() for array in changed]
        self.blas.use(cupy.cuda.get_current_stream().ptr)
        try:
            for step in steps:
                self.memory.buffers["step"].fill(0)
                self.run(step)
        finally:
            for array, value in zip(changed, before, strict=True):
                array[...] = value

    def record(self, records: Sequence[Record]) -> Any:
        """A graph of what the records do."""
        with self.stream:
            self.blas.use(self.stream.ptr)
            self.stream.begin_capture()
            try:
                self.run(records)
            except BaseException:
                with contextlib.suppress(Exception):  # the first error says more than one about the capture
                    self.stream.end_capture()
                raise
            return self.stream.end_capture()

    def _part(self, part: Part) -> Array:
        array = self.memory.buffers[part.buffer]
        return array[part.start :] if part.start else array
