"""Devices by name: what is missing is named with its remedy, and nothing falls back in silence."""

from __future__ import annotations

import re
import subprocess
import sys
import types

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import gpunn.devices
from gpunn.devices import DeviceUnavailableError, get_device, is_cupy
from gpunn.devices.cpu import CpuDevice


class CUDARuntimeError(RuntimeError):
    """As CuPy says what CUDA answered."""


class Machine:
    """What a `cupy` of NumPy's making finds: a driver, GPUs, and whether they compute."""

    def __init__(self, driver=13000, gpus=2, error=None, broken=False):
        self.driver, self.gpus, self.error, self.broken, self.current = driver, gpus, error, broken, []

    def count(self):
        if self.error:
            raise CUDARuntimeError(self.error)
        return self.gpus

    def zeros(self, n):
        if self.broken:
            raise CUDARuntimeError("cudaErrorNoKernelImageForDevice: no kernel image is available")
        return types.SimpleNamespace(sum=lambda: types.SimpleNamespace(get=lambda: np.zeros(())))

    def module(self):
        machine = self

        class Device:
            def __init__(self, index):
                self.id, self.mem_info = index, (3 * 2**30, 8 * 2**30)

            def __enter__(self):
                machine.current.append(self.id)

            def __exit__(self, *error):
                machine.current.pop()

            def synchronize(self):
                pass

        cupy = types.ModuleType("cupy")
        runtime = types.SimpleNamespace(
            CUDARuntimeError=CUDARuntimeError,
            driverGetVersion=lambda: self.driver,
            runtimeGetVersion=lambda: 13020,
            getDeviceCount=self.count,
            getDeviceProperties=lambda index: {"name": b"NVIDIA Paper", "major": 9, "minor": 0},
        )
        cupy.cuda = types.SimpleNamespace(runtime=runtime, Device=Device)
        cupy.ndarray, cupy.zeros, cupy.__version__ = np.ndarray, self.zeros, "14.2"
        cupy.asarray, cupy.asnumpy, cupy.stack, cupy.float64 = np.asarray, np.asarray, np.stack, np.float64
        cupy.get_default_memory_pool = lambda: types.SimpleNamespace(free_bytes=lambda: 2**30)
        return cupy


@pytest.fixture
def install(monkeypatch):
    """Puts a `cupy` in the place of the one that is there or not; None for none at all."""

    def put(cupy):
        name = "gpunn.devices.cuda"
        monkeypatch.setitem(sys.modules, name, None)  # so that what is imported now is undone
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(gpunn.devices, "cuda", None, raising=False)
        monkeypatch.setitem(sys.modules, "cupy", cupy)
        xp = types.ModuleType("array_api_compat.cupy")
        if cupy is None:
            monkeypatch.delitem(sys.modules, "array_api_compat.cupy", raising=False)
        else:
            monkeypatch.setitem(sys.modules, "array_api_compat.cupy", xp)

    return put


def refusal(name="cuda"):
    with pytest.raises(DeviceUnavailableError) as caught:
        get_device(name)
    message = str(caught.value)
    assert message.startswith(f"device '{name.split(':')[0]}")
    assert "device='cpu'" in message  # there is always this remedy
    assert message.count("\n") == 0
    return message


# Names


@pytest.mark.parametrize(
    "name", ["gpu", "CPU", "cuda:", "cuda:-1", "cuda:x", "cuda:1 ", "cuda0", "cpu:0", "", None, 0, ["cpu"]]
)
def test_a_name_that_is_none_is_refused_with_those_there_are(name):
    with pytest.raises(
        ValueError, match=re.escape(f"device={name!r} is not known") + ".*'cpu', 'cuda', 'cuda:N'.*'auto'"
    ):
        get_device(name)


def test_the_cpu_is_always_there():
    device = get_device()
    assert isinstance(device, CpuDevice)
    assert (device.name, device.note, device.xp) == ("cpu", "", np)


@pytest.mark.parametrize(("name", "index"), [("cuda", 0), ("cuda:0", 0), ("cuda:1", 1)])
def test_a_gpu_is_had_by_its_number(install, name, index):
    install(Machine().module())
    device = get_device(name)
    assert (device.name, device.index, device.note) == (f"cuda:{index}", index, "")


# What is missing


def test_cupy_that_is_not_installed_is_named_with_how_to_install_it(install):
    install(None)
    message = refusal()
    assert "CuPy, which is not installed" in message
    assert "pip install 'cupy-cuda13x[ctk]'" in message and "cupy-cuda12x[ctk]" in message


@pytest.mark.parametrize(
    "cause",
    [
        ImportError("libnvrtc.so.13: cannot open shared object file"),
        ModuleNotFoundError("No module named 'cuda.pathfinder'", name="cuda.pathfinder"),
        ModuleNotFoundError("No module named 'cupy._core'", name="cupy._core"),
    ],
)
def test_cupy_that_cannot_be_loaded_is_told_from_one_that_is_not_installed(install, monkeypatch, cause):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "cupy":
                raise cause

    install(None)
    monkeypatch.delitem(sys.modules, "cupy")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    message = refusal()
    assert "installed but cannot be loaded" in message
    assert str(cause) in message
    assert "--force-reinstall" in message


MISSING = {  # what the machine is, and what the message must say
    "no driver": (
        Machine(driver=0, error="cudaErrorInsufficientDriver"),
        ["needs an NVIDIA driver", "Install the driver"],
    ),
    "old driver": (
        Machine(driver=12040, error="cudaErrorInsufficientDriver: CUDA driver version is insufficient"),
        ["supports CUDA 12.4", "older than the 13.2", "Update the driver", "cupy-cuda12x[ctk]"],
    ),
    "no GPU": (
        Machine(error="cudaErrorNoDevice: no CUDA-capable device is detected"),
        ["no NVIDIA GPU", "CUDA_VISIBLE_DEVICES"],
    ),
    "none counted": (Machine(gpus=0), ["no NVIDIA GPU", "nvidia-smi"]),
    "another error": (
        Machine(error="cudaErrorSystemNotReady: system not ready"),
        ["cudaErrorSystemNotReady", "nvidia-smi"],
    ),
    "cannot compute": (Machine(broken=True), ["is there but cannot compute", "no kernel image", "cupy-cuda12x[ctk]"]),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_missing_is_named_with_its_remedy(install, what):
    machine, words = MISSING[what]
    install(machine.module())
    message = refusal()
    for word in words:
        assert word in message
    others = {said[0] for _, said in MISSING.values()} - {words[0]}
    assert not any(said in message for said in others)


@pytest.mark.parametrize(
    ("gpus", "name", "said"),
    [
        (1, "cuda:1", "CUDA sees 1 GPU, numbered from 0. Use 'cuda:0', or"),
        (2, "cuda:2", "CUDA sees 2 GPUs, numbered from 0. Use 'cuda:0' or 'cuda:1', or"),
        (2, "cuda:1000", "CUDA sees 2 GPUs"),
    ],
)
def test_a_number_that_no_gpu_has_is_refused_with_those_there_are(install, gpus, name, said):
    install(Machine(gpus=gpus).module())
    message = refusal(name)
    assert f"'{name}' is not there" in message
    assert said in message


# auto


def test_auto_takes_the_first_gpu_and_says_so(install):
    install(Machine().module())
    device = get_device("auto")
    assert device.name == "cuda:0"
    assert "auto took cuda:0" in device.note


@pytest.mark.parametrize("what", [None, *MISSING])
def test_auto_falls_back_to_the_cpu_and_says_why(install, what):
    install(None if what is None else MISSING[what][0].module())
    device = get_device("auto")
    assert isinstance(device, CpuDevice)
    assert device.note == f"auto took cpu: {refusal()}"


# Precision of products


def test_a_precision_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="precision='fp8' is not known; use one of 'float32', 'tf32', 'bf16'"):
        get_device("cuda", "fp8")


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_the_cpu_has_no_other_precision_and_auto_does_not_take_it_in_silence(install, precision):
    install(None)
    for name, said in (("cpu", "device='cuda'\\.$"), ("auto", "CuPy, which is not installed")):
        with pytest.raises(ValueError, match=f"precision='{precision}' does not go with the CPU.*{said}"):
            get_device(name, precision)


# Numbers


def test_the_cpu_moves_nothing_that_is_there():
    device = get_device("cpu")
    x = np.arange(3.0)
    assert device.asarray(x) is x
    assert device.to_host(x) is x
    assert device.asarray(x, "float32").dtype == np.float32
    assert device.asarray([1, 2], "float64").tolist() == [1.0, 2.0]
    assert device.floats(np.float32(0.5), np.asarray(2), np.float64("inf")) == [0.5, 2.0, float("inf")]
    assert all(type(x) is float for x in device.floats(np.float32(0.5), np.asarray(2)))
    device.synchronize()


def test_overflow_within_training_is_not_warned_of_line_by_line():
    with get_device("cpu").use():
        assert np.exp(np.float64(1000)) == np.inf
        assert np.isnan(np.float64("inf") - np.float64("inf"))
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.exp(np.float64(1000))  # and after it as before


def test_the_cpu_describes_itself_truly():
    device = get_device("cpu")
    facts = device.describe()
    assert all(isinstance(key, str) and isinstance(value, str) and value for key, value in facts.items())
    assert facts["NumPy"] == np.__version__
    assert re.fullmatch(r".*\S.*, \d+ logical cores", facts["processor"])
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert facts["BLAS"] in [f"{p['internal_api']} {p['version']}, {p['num_threads']} threads" for p in pools]
    if sys.platform == "linux":
        with open("/proc/meminfo") as lines:
            memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if "kB" in line}
        assert memory["MemAvailable"] == pytest.approx(device.free_bytes(), rel=0.2)  # others work meanwhile
        assert float(facts["memory"].split()[0]) == pytest.approx(device.free_bytes() / 2**30, rel=0.2, abs=0.1)
        assert device.free_bytes() < memory["MemTotal"]


def test_a_gpu_is_described_and_used_by_its_number(install):
    machine = Machine()
    install(machine.module())
    device = get_device("cuda:1")
    facts = device.describe()
    assert facts["GPU"] == "NVIDIA Paper"
    assert facts["compute capability"] == "9.0"
    assert facts["memory"] == "3.0 of 8.0 GiB free"
    assert (facts["CuPy"], facts["CUDA runtime"], facts["driver supports"]) == ("14.2", "13.2", "CUDA 13.0")
    assert device.free_bytes() == 4 * 2**30  # what CuPy's pool holds unused counts as free
    with device.use():
        assert machine.current == [1]
    assert machine.current == []
    assert device.floats(np.float32(0.5), np.asarray(2)) == [0.5, 2.0]
    assert is_cupy(np.zeros(1)) is False


def test_numbers_go_to_the_gpu_and_back(cuda):
    x = np.arange(6.0).reshape(2, 3)
    there = cuda.asarray(x)
    assert is_cupy(there) and there.device.id == cuda.index
    assert cuda.asarray(there) is there
    assert cuda.asarray(x, "float32").dtype == np.float32
    assert isinstance(cuda.to_host(there), np.ndarray)
    assert np.array_equal(cuda.to_host(there), x)
    xp = cuda.xp
    found = cuda.floats(xp.sum(there), xp.asarray(0.5, dtype=xp.float32), xp.asarray(3))
    assert found == [15.0, 0.5, 3.0]
    assert all(type(x) is float for x in found)
    assert np.array_equal(get_device("cpu").asarray(there), x)
    cuda.synchronize()
    assert cuda.free_bytes() > 0
    assert cuda.describe()["GPU"]


def test_importing_gpunn_imports_no_library_that_may_be_missing():
    code = "import sys, gpunn; print([m for m in ('cupy', 'pyarrow', 'rich', 'pandas', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
