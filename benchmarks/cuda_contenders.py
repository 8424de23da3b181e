"""The contenders on a CUDA GPU: captured and eager, all in one precision of the matrix products, and two floors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.contenders import Gpunn, Jax, Torch, Work
from gpunn.compile import policy
from gpunn.training import loop as training_loop
from gpunn.training.state import TrainingState

JAX_PRECISIONS = {"float32": "F32_F32_F32", "tf32": "TF32_TF32_F32", "bf16": "BF16_BF16_F32"}


class GpunnCaptured(Gpunn):
    """One training that stops after each epoch until the next is asked for: its steps are captured once."""

    def __init__(self, work: Work, precision: str) -> None:
        super().__init__(work, "cuda", precision)
        self.trainer = replace(self.trainer, max_epochs=10**9, n_iter_no_change=10**9)
        self.go, self.done = threading.Semaphore(0), threading.Semaphore(0)
        self.error: BaseException | None = None
        threading.Thread(target=self._train, daemon=True).start()

    def epoch(self, order: np.ndarray) -> None:
        self.go.release()
        self.done.acquire()
        if self.error is not None:
            raise self.error
        path = self.progress.history.path
        if not path.startswith("captured"):
            raise RuntimeError(f"the steps were not captured: {path}")

    def _train(self) -> None:
        self.go.acquire()
        try:
            training_loop.run(
                self.trainer, self.device, self.objective, self.progress, self.rows, monitors=(self._pause,)
            )
        except BaseException as error:
            self.error = error
        finally:
            self.done.release()

    def _pause(self, state: TrainingState) -> str:
        self.device.synchronize()
        self.done.release()
        self.go.acquire()
        return ""


class TorchCuda(Torch):
    """PyTorch on the GPU; compiled with mode "max-autotune", which captures forward and backward as graphs."""

    device, mode = "cuda", "max-autotune"

    def __init__(self, work: Work, precision: str, fused: bool = False, compiled: bool = False) -> None:
        import torch

        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        self.narrow = precision == "bf16"
        super().__init__(work, fused, compiled)

    def _logits(self, X: Any) -> Any:
        import torch

        with torch.autocast("cuda", torch.bfloat16, enabled=self.narrow):
            return self.model(X)

    def epoch(self, order: np.ndarray) -> None:
        import torch

        super().epoch(order)
        torch.cuda.synchronize()


class TorchGraph(TorchCuda):
    """The whole step, forward, backward and fused Adam, as one CUDA graph."""

    def __init__(self, work: Work, precision: str) -> None:
        import torch

        super().__init__(work, precision)
        parameters = list(self.model.parameters())
        before = [p.detach().clone() for p in parameters]
        self.optimiser = torch.optim.Adam(parameters, lr=self.optimiser.defaults["lr"], fused=True, capturable=True)
        self.index = torch.arange(work.batch, device="cuda")
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # as PyTorch asks: some steps on another stream before the capture
            for _ in range(3):
                self._step()
        torch.cuda.current_stream().wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        self.optimiser.zero_grad(set_to_none=True)
        with torch.cuda.graph(self.graph):
            self._step()
        with torch.no_grad():  # as if nothing had been trained yet
            for p, value in zip(parameters, before, strict=True):
                p.copy_(value)
                for number in self.optimiser.state[p].values():
                    number.zero_()

    def _step(self) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        self.value(self.X[self.index], self.y[self.index]).backward()
        self.optimiser.step()

    def epoch(self, order: np.ndarray) -> None:
        import torch

        for part in torch.from_numpy(order).to("cuda").split(self.batch):
            self.index.copy_(part)
            self.graph.replay()
        torch.cuda.synchronize()


class JaxCuda(Jax):
    """JAX with the precision of its products named: its default on a GPU is TF32."""

    def __init__(self, work: Work, precision: str) -> None:
        super().__init__(work)
        self.precision = JAX_PRECISIONS[precision]

    def epoch(self, order: np.ndarray) -> None:
        import jax

        with jax.default_matmul_precision(self.precision):  # it is traced in the first call
            super().epoch(order)

    def cost(self) -> float:
        import jax

        with jax.default_matmul_precision(self.precision):
            return super().cost()


class FloorCuda:
    """The bare matrix products of each step by cuBLAS, captured, and nothing else: no step by cuBLAS is faster."""

    def __init__(self, work: Work, precision: str) -> None:
        from gpunn.compile.cuda.plan import Gemm

        ours = Gpunn(work, "cuda", precision)
        self.device, progress, rows = ours.device, ours.progress, ours.rows
        xp = self.device.xp
        with self.device.use():
            given = (progress.theta, progress.method_state, rows.X)
            self.program, path = policy.compiler(self.device).epoch(ours.objective, ours.trainer.method, *given, None)
            if self.program is None:
                raise RuntimeError(f"the products were not captured: {path}")
            order = self.device.asarray(np.arange(work.batch))
            self.program(*given, rows.T, None, order, xp.zeros(1, dtype=progress.theta.dtype), work.batch)
            products = [record for record in self.program.plan.step(work.batch) if isinstance(record, Gemm)]
            self.graph = self.program.machine.record(products * work.n_steps)

    def epoch(self, order: np.ndarray) -> None:
        with self.device.use():
            self.graph.launch()
        self.device.synchronize()

    def cost(self) -> float:
        return float("nan")


def cuda_contenders(precision: str) -> dict[str, tuple[str, Callable[[Work], Any]]]:
    """What must be installed, and how it is built, by name."""
    return {
        "bare GEMMs": ("cupy", lambda work: FloorCuda(work, precision)),
        "gpunn": ("cupy", lambda work: GpunnCaptured(work, precision)),
        "PyTorch": ("torch", lambda work: TorchCuda(work, precision)),
        "PyTorch, fused Adam": ("torch", lambda work: TorchCuda(work, precision, fused=True)),
        "PyTorch, compiled": ("torch", lambda work: TorchCuda(work, precision, fused=True, compiled=True)),
        "PyTorch, one graph": ("torch", lambda work: TorchGraph(work, precision)),
        "JAX scan": ("jax", lambda work: JaxCuda(work, precision)),
    }


def bandwidth(device: Any) -> float:
    """Bytes that a copy in the GPU's memory reads and writes in a second."""
    xp, n, times = device.xp, 2**28, 20
    with device.use():
        source = xp.zeros(n, dtype=xp.float32)
        target = xp.empty_like(source)
        target[...] = source
        device.synchronize()
        began = time.perf_counter()
        for _ in range(times):
            target[...] = source
        device.synchronize()
    return times * 2 * 4 * n / (time.perf_counter() - began)


def least_bytes(work: Work) -> int:
    """Bytes that a step moves at least: theta and both moments read and written, the rows of X and labels read."""
    pairs = zip(work.sizes[:-1], work.sizes[1:], strict=True)
    return 24 * sum((a + 1) * b for a, b in pairs) + 4 * work.batch * (work.sizes[0] + 1)
