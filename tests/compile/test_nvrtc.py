"""Every generated CUDA source compiles by NVRTC, which needs neither a GPU nor a driver.

NVRTC is called through NVIDIA's bindings: CuPy's own call needs a driver.
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from problems import METHODS, SIZES, heads

from gpunn.compile.cuda.kernels import kernels
from gpunn.compile.cuda.runtime import INPUTS, LaunchConfig
from gpunn.nn.activations import ACTIVATIONS, PReLU, Tanh
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam

nvrtc = pytest.importorskip("cuda.bindings.nvrtc", reason="pip install cuda-bindings nvidia-cuda-nvrtc")

PRECISIONS = ("float32", "float64", "bf16")
PENALTIES = ({}, {"l2": 0.7}, {"l1": 0.3}, {"l2": 0.7, "l1": 0.3})
HIDDEN = [kind() for kind in dict.fromkeys(ACTIVATIONS.values()) if kind is not PReLU]  # its slopes are not compiled


@pytest.fixture(scope="module", autouse=True)
def _library():
    try:
        nvrtc.nvrtcVersion()
    except RuntimeError as error:  # the bindings find no library
        pytest.skip(f"pip install nvidia-cuda-nvrtc: {error}")


@pytest.fixture
def architectures(thorough):
    return ("sm_80", "sm_90") if thorough else ("sm_90",)


def source(activation=None, head=None, method=None, precision="float32", X_dtype="float32", **penalties):
    """The CUDA C of a network with one hidden layer."""
    network = Network(SIZES, (activation or Tanh(),))
    objective, method = Objective(network, head or SoftmaxLogLikelihood(), **penalties), method or Adam()
    dtype = "float64" if precision == "float64" else "float32"
    state = method.init(np, np.zeros(network.n_parameters, dtype))
    return kernels(objective, method, state, dtype, X_dtype, precision == "bf16", LaunchConfig()).source


def checked(status, *values):
    """What a function of NVRTC returns after its status."""
    assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS, status
    return values[0] if values else None


def result(program, name):
    """The log, PTX or machine code of a program."""
    # Not bytes, into which the bindings write as well: those of one byte are shared by all of Python.
    buffer = bytearray(checked(*getattr(nvrtc, f"nvrtcGet{name}Size")(program)))
    checked(*getattr(nvrtc, f"nvrtcGet{name}")(program, buffer))
    return bytes(buffer).rstrip(b"\0\n ")


def compiled(source, architecture):
    """PTX of a source that compiles to machine code with no header, error or warning."""
    assert "#include" not in source
    program = checked(*nvrtc.nvrtcCreateProgram(source.encode(), b"gpunn.cu", 0, [], []))
    try:
        options = [b"-std=c++17", f"--gpu-architecture={architecture}".encode()]
        (status,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
        assert result(program, "ProgramLog").decode() == ""
        checked(status)
        assert result(program, "CUBIN").startswith(b"\x7fELF")
        return result(program, "PTX").decode()
    finally:
        checked(*nvrtc.nvrtcDestroyProgram(program))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("number", "activation", "head"), [
    pytest.param(number, activation, *head.values, id=f"{type(activation).__name__}, {head.id}")
    for number, (activation, head) in enumerate(zip(itertools.cycle(HIDDEN), heads(), strict=False))  # more heads
])  # fmt: skip
def test_every_activation_and_every_head_compile(thorough, architectures, number, activation, head, precision):
    if not thorough and precision == PRECISIONS[1 + number % 2]:
        pytest.skip("float32 and one other precision are the sample; pytest --thorough compiles all")
    text = source(activation, head, precision=precision)
    for architecture in architectures:
        ptx = compiled(text, architecture)
        assert not re.search(r"(div|sqrt)\.(approx|full)", ptx)  # but rounded correctly
        if precision != "float64":
            assert ".f64" not in ptx  # double precision is slow, and is not slipped into


@pytest.mark.parametrize("penalties", PENALTIES, ids=lambda penalties: "+".join(penalties) or "no penalty")
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_method_compiles_with_every_penalty(thorough, architectures, method, penalties):
    if not thorough and len(penalties) == 1 and type(method) is not Adam:
        pytest.skip("one method with one penalty is the sample; pytest --thorough compiles all")
    sample = METHODS.index(method) % len(PRECISIONS)
    for precision in PRECISIONS if thorough else PRECISIONS[sample : sample + 1]:
        for architecture in architectures:
            compiled(source(method=method, precision=precision, **penalties), architecture)


@pytest.mark.parametrize("X_dtype", INPUTS)
def test_every_dtype_of_X_compiles(architectures, X_dtype):
    for architecture in architectures:
        compiled(source(X_dtype=X_dtype), architecture)


@pytest.mark.parametrize(("line", "said"), [
    ("__device__ void f() { int unused; }", "warning"), ("__device__ T f() { return missing; }", "error"),
    ("#include <math.h>", "#include"),
])  # fmt: skip
def test_what_does_not_compile_clean_is_found(line, said):
    with pytest.raises(AssertionError, match=said):
        compiled(f"{source()}\n{line}\n", "sm_90")


def test_there_is_a_source_for_every_activation():
    assert len(list(heads())) >= len(HIDDEN)
