"""What all tests share: the devices that the same truths are held against."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import sys
import warnings

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before SciPy is imported: scikit-learn's dispatch asks for it

import array_api_strict
import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from gpunn import MLPClassifier
from gpunn.compile.policy import CpuCompiler
from gpunn.devices import DeviceUnavailableError, get_device


def pytest_addoption(parser):
    parser.addoption(
        "--compile-all", action="store_true", help="compile every training on the CPU that can be, however short"
    )
    parser.addoption(
        "--thorough", action="store_true", help="run randomised tests on all of their cases, not on a sample of them"
    )
    parser.addoption("--write-golden", action="store_true", help="write the generated code to tests/compile/golden")


RULE = {"seconds": CpuCompiler.seconds, "again_seconds": CpuCompiler.again_seconds}


def pytest_configure(config):
    # Shells start background processes with SIGINT ignored, which Python does not change: tests that interrupt need it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--compile-all"):
        CpuCompiler.seconds = CpuCompiler.again_seconds = 0.0


class StrictDevice:
    """The array API standard and nothing else, on a device that is not its default: a stray transfer fails."""

    name = "strict"
    note = ""
    xp = array_api_strict
    _where = array_api_strict.Device("device1")

    def asarray(self, x, dtype=None):
        if isinstance(x, array_api_strict._array_object.Array):
            return x if dtype is None else array_api_strict.astype(x, self._dtype(dtype))
        return array_api_strict.asarray(np.asarray(x, dtype=self._numpy_dtype(dtype)), device=self._where)

    def to_host(self, x):
        return np.array(x.to_device(array_api_strict.Device("CPU_DEVICE"))._array)

    def floats(self, *scalars):
        return [float(x) for x in scalars]

    def use(self):
        return np.errstate(all="ignore")

    def each(self, function, items):
        for item in items:
            function(item)

    def n_workers(self):
        return 1

    def single_threaded_blas(self, size=None):
        return contextlib.nullcontext()

    def steady(self, size):
        return contextlib.nullcontext(lambda: None)

    def synchronize(self):
        pass

    def free_bytes(self):
        return None

    precision = "float32"
    chunk_elements = block_elements = 2**20
    kind = "strict"  # for which nothing is compiled

    def describe(self):
        return {}

    def _dtype(self, dtype):
        return dtype if isinstance(dtype, array_api_strict._dtypes.DType) else getattr(array_api_strict, str(dtype))

    def _numpy_dtype(self, dtype):
        return getattr(dtype, "_np_dtype", dtype)


def _cuda():
    try:
        return get_device("cuda")
    except DeviceUnavailableError as error:
        return str(error)


CUDA = _cuda()


@pytest.fixture(params=["cpu", "strict", "cuda"])
def device(request):
    """NumPy, the strict array API on a device of its own, and CuPy where there is a GPU."""
    if request.param == "cpu":
        return get_device("cpu")
    if request.param == "strict":
        return StrictDevice()
    if isinstance(CUDA, str):
        pytest.skip(CUDA)
    return CUDA


@pytest.fixture
def cuda():
    """A CUDA device; the test is skipped, with the reason, where there is none."""
    if isinstance(CUDA, str):
        pytest.skip(CUDA)
    return CUDA


@pytest.fixture
def thorough(request):
    """Whether randomised tests run on all of their cases (``pytest --thorough``); by default on a sample."""
    return request.config.getoption("--thorough")


@pytest.fixture
def callbacks():
    """scikit-learn's callbacks; the test is skipped where it has none."""
    return pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")


@pytest.fixture
def by_arrays(monkeypatch):
    """No training is compiled: for tests that count or interrupt Python's calls, or hold the bits of two trainings
    against each other, one of which cannot be compiled."""
    monkeypatch.setattr(CpuCompiler, "seconds", float("inf"))


@pytest.fixture
def usual_rule(monkeypatch):
    """Long trainings are compiled and short ones are not, whatever ``--compile-all`` says."""
    for name, value in RULE.items():
        monkeypatch.setattr(CpuCompiler, name, value)


@pytest.fixture
def quiet():
    """Overflow on the way to an extreme is looked for in the result, not warned of line by line."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        yield


@pytest.fixture
def flushed():
    """A function: a context in which this thread takes subnormal numbers for 0, as other libraries can have it do."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("how the processor is told to flush subnormal numbers is known for Linux on x86-64 only")
    libm = ctypes.CDLL("libm.so.6")

    @contextlib.contextmanager
    def context():
        environment = (ctypes.c_uint32 * 8)()  # glibc's fenv_t, at whose end is the register MXCSR
        libm.fegetenv(environment)
        before = environment[7]
        environment[7] = before | 0x8040  # flush to zero, and denormals are zeros
        libm.fesetenv(environment)
        try:
            assert np.nextafter(0.0, np.ones(1)) == 0
            yield
        finally:
            environment[7] = before
            libm.fesetenv(environment)

    return context


@pytest.fixture(scope="session")
def digits():
    """8 x 8 handwritten digits: X_train, X_test, y_train, y_test; float32 in [0, 1]."""
    X, y = load_digits(return_X_y=True)
    return train_test_split((X / 16).astype("float32"), y, test_size=0.25, stratify=y, random_state=0)


@pytest.fixture(scope="session")
def iris():
    """X, y of 150 flowers, standardised float64."""
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="session")
def fitted():
    """A function: a classifier trained to its limit of iterations, or to where it stops before."""

    def fit(X, y, **parameters):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return MLPClassifier(**{"random_state": 0, "max_iter": 30, **parameters}).fit(X, y)

    return fit
