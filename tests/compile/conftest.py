"""A GPU of paper: the kernels as plain C++, CuPy of NumPy's making, so that captured epochs run on any machine."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import functools
import hashlib
import importlib
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest

from gpunn.compile import policy
from gpunn.compile.cuda.runtime import LaunchConfig
from gpunn.devices.cpu import CpuDevice

SHIM = """
#include <math.h>
#include <pthread.h>
#include <string.h>
#define __global__
#define __device__ static
#define __shared__ static
#define __launch_bounds__(n)
struct Place { int x; };
static thread_local Place threadIdx;
static Place blockIdx, gridDim;
static pthread_barrier_t of_block, of_warp[64];
static int threads = 1, warp = 1;
extern "C" void team(int threads_, int warp_) {
    threads = threads_, warp = warp_;
    pthread_barrier_init(&of_block, 0, threads);
    for (int i = 0; i < threads / warp; ++i) pthread_barrier_init(&of_warp[i], 0, warp);
}
extern "C" void block(int i, int n) { blockIdx.x = i, gridDim.x = n; }
extern "C" void thread(int i) { threadIdx.x = i; }
static void __syncthreads() { if (threads > 1) pthread_barrier_wait(&of_block); }
template <class R> R __shfl_xor_sync(unsigned, R x, int apart) {
    static R lanes[1024];
    pthread_barrier_t* together = &of_warp[threadIdx.x / warp];
    lanes[threadIdx.x] = x;
    pthread_barrier_wait(together);
    x = lanes[threadIdx.x ^ apart];
    pthread_barrier_wait(together);
    return x;
}
template <class To, class From> To same_bits(From x) { To y; memcpy(&y, &x, sizeof y); return y; }
static float __uint_as_float(unsigned x) { return same_bits<float>(x); }
static unsigned __float_as_uint(float x) { return same_bits<unsigned>(x); }
static double __longlong_as_double(long long x) { return same_bits<double>(x); }
#define inline
"""


@functools.cache
def library(source, folder):
    """The kernels as a shared library."""
    path = folder / hashlib.sha256(source.encode()).hexdigest()[:16]
    path.with_suffix(".cpp").write_text(SHIM + source)
    flags = ["-std=c++17", "-O0", "-ffp-contract=off", "-fPIC", "-shared", "-pthread", "-w"]
    subprocess.run(["g++", *flags, str(path.with_suffix(".cpp")), "-o", f"{path}.so"], check=True)
    return ctypes.CDLL(f"{path}.so")


class Array(np.ndarray):
    """NumPy's array with CuPy's way to its address."""

    @property
    def data(self):
        return types.SimpleNamespace(ptr=self.__array_interface__["data"][0])


class Machine:
    """What is launched runs at once or, while a stream captures, each time its graph is launched."""

    def __init__(self, folder, config):
        self.folder, self.config = folder, config
        self.threads = concurrent.futures.ThreadPoolExecutor(config.threads)  # as many as wait for each other
        self.captured, self.open, self.graphs, self.launches = None, 0, 0, 0
        self.refuses = ""  # the name of a kernel that cannot be captured

    def do(self, action):
        self.launches += 1
        if self.captured is None:
            action()
        else:
            self.captured.append(action)

    def function(self, code, name):
        lib = library(code, self.folder)
        kernel = getattr(lib, name)

        def run(blocks, arguments):
            lib.team(self.config.threads, self.config.warp)
            for block in range(blocks):
                lib.block(block, blocks)
                if self.config.threads == 1:
                    kernel(*arguments)
                else:
                    list(self.threads.map(lambda i: (lib.thread(i), kernel(*arguments)), range(self.config.threads)))

        def launch(grid, block, arguments):
            assert block == (self.config.threads,)
            assert grid[0] >= 1
            if name == self.refuses and self.captured is not None:
                raise RuntimeError(f"{name} is not permitted while a stream captures\nand so on")
            places = [_argument(a) for a in arguments]
            self.do(lambda: run(*grid, places))

        return launch

    def module(self):
        """A `cupy` with what `gpunn.compile.cuda.graph` asks of it."""
        machine = self

        class Graph:
            def __init__(self, actions):
                self.actions = actions
                machine.graphs += 1

            def __del__(self):
                machine.graphs -= 1

            def launch(self):
                assert machine.captured is None
                for action in self.actions:
                    action()

        class Stream(contextlib.nullcontext):
            ptr = 1

            def __init__(self, non_blocking=False):
                super().__init__()

            def begin_capture(self):
                machine.captured = []

            def end_capture(self):
                actions, machine.captured = machine.captured, None
                return Graph(actions)

            def synchronize(self):
                pass

        class Device(contextlib.nullcontext):
            def synchronize(self):
                pass

        class Pool:
            def malloc(self, size):
                return types.SimpleNamespace(ptr=0)

            def free_all_blocks(self):
                pass

        class RawModule:
            def __init__(self, code, options):
                self.code = code

            def get_function(self, name):
                return machine.function(self.code, name)

        cupy = types.ModuleType("cupy")
        cupy.cuda = types.SimpleNamespace(
            Device=Device,
            MemoryPool=Pool,
            Stream=Stream,
            cublas=types.SimpleNamespace(__file__=""),
            get_current_stream=Stream,
            using_allocator=contextlib.nullcontext,
        )
        cupy.RawModule, cupy.sqrt = RawModule, np.sqrt
        cupy.zeros = lambda shape, dtype: np.zeros(shape, dtype).view(Array)
        cupy.ascontiguousarray = lambda x, dtype=None: np.ascontiguousarray(x, dtype).view(Array)
        return cupy

    def blas(self):
        """In the place of `gpunn.compile.cuda.blas.Blas`."""
        machine = self

        class Blas:
            def __init__(self, wrapper, kind, workspace, size):
                self.dtype = np.dtype(np.float64 if kind == "float64" else np.float32)
                self.operand = np.dtype(np.uint16) if kind == "bf16" else self.dtype
                machine.open += 1

            def use(self, stream):
                pass

            def close(self):
                machine.open -= 1

            def gemm(self, a, b, out, m, k, n, transpose_a, transpose_b):
                A, B = (
                    self.matrix(a, (k, m) if transpose_a else (m, k)),
                    self.matrix(b, (n, k) if transpose_b else (k, n)),
                )
                C = _at(out, (m, n), self.dtype)
                A, B = A.T if transpose_a else A, B.T if transpose_b else B
                machine.do(lambda: np.matmul(self.wide(A), self.wide(B), out=C))

            def matrix(self, place, shape):
                return _at(place, shape, self.operand)

            def wide(self, x):
                return (x.astype(np.uint32) << 16).view(np.float32) if x.dtype == np.uint16 else x

        return Blas


class PaperDevice(CpuDevice):
    """NumPy with epochs captured on the paper GPU."""

    kind = "paper"

    def __init__(self, machine, captured_epoch, precision="float32"):
        super().__init__()
        self.machine, self.captured_epoch, self.precision = machine, captured_epoch, precision

    def asarray(self, x, dtype=None):
        return super().asarray(x, dtype).view(Array)


class PaperCompiler(policy.NoCompiler):
    def __init__(self, device):
        self.device = device

    def epoch(self, objective, method, theta, state, X, *others):
        return self.device.captured_epoch(objective, method, theta, state, X, self.device.precision), "captured"


@pytest.fixture
def paper(monkeypatch, tmp_path_factory):
    """A function: a device with a paper GPU, whose blocks have the threads asked for."""
    if shutil.which("g++") is None or sys.platform == "win32":
        pytest.skip("no g++ on this machine to run the kernels as C++")
    name = "gpunn.compile.cuda.graph"
    folder = tmp_path_factory.getbasetemp() / "kernels"
    folder.mkdir(exist_ok=True)

    def make(precision="float32", config=LaunchConfig(1, 1)):  # noqa: B008 - it is frozen
        machine = Machine(folder, config)
        monkeypatch.setitem(sys.modules, "cupy", machine.module())
        monkeypatch.setitem(sys.modules, name, None)  # so that what is imported now is undone
        monkeypatch.delitem(sys.modules, name)
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "Blas", machine.blas())
        monkeypatch.setattr(module, "CONFIG", config)
        monkeypatch.setitem(policy.COMPILERS, "paper", PaperCompiler)
        return PaperDevice(machine, module.CapturedEpoch, precision)

    return make


def _argument(x):
    if isinstance(x, np.ndarray):
        return ctypes.c_void_p(x.data.ptr)
    return ctypes.c_void_p(None) if x is None else ctypes.c_longlong(x)


def _at(place, shape, dtype):
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(place), dtype).reshape(shape)
