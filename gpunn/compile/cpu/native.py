"""Machine code, by LLVM through llvmlite: made from LLVM IR, kept on disk, and loaded.

Numba is needed once for a machine, to compile `gpunn.compile.cpu.runtime`; what is on disk is loaded without it.
Machine code stays in memory as long as a program holds the `Functions` of its module; of modules that no program holds
the last `N_UNUSED` stay, so that the next training of the same formulas finds them.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from gpunn.compile.cpu import blas, code_cache

N_UNUSED = 32  # modules, of about 0.3 MB each


class Functions(dict[str, int]):
    """Addresses of the functions of a module by their names; valid as long as this object exists.

    It holds the engine, so that an interrupt anywhere in `load` does not free what a program may call.
    """

    def __init__(self, engine: Any, names: list[str]) -> None:
        super().__init__({name: engine.get_function_address(name) for name in names})
        self.engine = engine


class _Module(NamedTuple):
    """A loaded module: the engine, which owns its machine code, and the functions handed out, while they exist."""

    engine: Any
    functions: weakref.ref[Functions]


def load(name: str, source: Callable[[], str], key: str, functions: list[str], symbols: Mapping[str, int]) -> Functions:
    """Addresses of functions of a module, whose machine code is on disk or is made now.

    The caller keeps the result as long as the functions may be called.

    Parameters
    ----------
    name : str
        Name of the module, for people.
    source : callable
        () -> the module in LLVM IR.
    key : str
        All that the source depends on, or the source itself.
    functions : list of str
    symbols : dict of str to int
        Addresses of the functions that the module calls but does not define.
    """
    full_key = "\n".join([llvmlite.__version__, *_machine(), name, key])
    digest = hashlib.sha256(full_key.encode()).digest()
    with _lock:
        module = _modules.pop(digest, None)
        if module is not None:
            engine, found = module.engine, module.functions()
        else:
            _unload()
            for symbol, address in symbols.items():
                llvm.add_symbol(symbol, address)
            code = code_cache.load(full_key)
            if code is None:
                code = _machine_code(source())
                code_cache.save(full_key, code)
            # The engine takes the target machine, and frees it with itself.
            engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
            engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            engine.finalize_object()
            found = None
        if found is None:
            found = Functions(engine, functions)
        _modules[digest] = _Module(engine, weakref.ref(found))  # the last in order
        return found


def _unload() -> None:
    """Free the machine code of the modules that no program has held for the longest time."""
    unused = [digest for digest, module in _modules.items() if module.functions() is None]
    for digest in unused[: max(0, len(unused) - N_UNUSED)]:
        _modules.pop(digest).engine.close()


_modules: dict[bytes, _Module] = {}  # in the order of their last use
_lock = threading.RLock()

if hasattr(os, "register_at_fork"):
    # A child process would wait forever for a lock that another thread of its parent held, this one or LLVM's own.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


class Runtime(NamedTuple):
    """The functions of `gpunn.compile.cpu.runtime` for one dtype, without their first argument."""

    epoch: Callable[..., float]
    run: Callable[..., int]
    code: tuple[Functions, ...] = ()


@functools.cache
def runtime(dtype: str) -> Runtime:
    """The functions ``epoch`` and ``run`` of `gpunn.compile.cpu.runtime`, callable from Python."""
    product = f"gpunn_{blas.LETTERS[dtype]}gemm"
    source = blas.source(dtype)
    adapter = load(product, lambda: source, source, [product], {blas.symbol(dtype): blas.address(dtype)})
    folder = Path(__file__).parent
    text = "".join((folder / f"{file}.py").read_text() for file in ("runtime", "operation", "blas"))
    key = "\n".join(
        [sys.implementation.cache_tag or "", np.__version__, metadata.version("numba"), dtype, source, text]
    )
    symbols = {product: adapter[product], "gpunn_yield_core": _yield_core()}
    names = ["gpunn_epoch", "gpunn_run"]
    found = load(f"runtime_{dtype}", functools.partial(_by_numba, dtype), key, names, symbols)
    epoch, run = (found[name] for name in names)
    return Runtime(_callable(epoch, dtype, ctypes.c_double), _callable(run, dtype, ctypes.c_int64), (adapter, found))


def _by_numba(dtype: str) -> str:
    """The runtime in LLVM IR."""
    import numba

    from gpunn.compile.cpu import runtime as module

    real = getattr(numba, dtype)
    module.epoch.compile(module.signature(real))
    parts = []
    for function in (module.epoch, module.run):  # which epoch has compiled too
        signature = next(known for known in function.signatures if known[0] == real)
        mangled = function.overloads[signature].fndesc.llvm_func_name
        text = function.inspect_llvm(signature).replace(f"@{mangled}(", f"@gpunn_{function.__name__}(")
        parts.append(llvm.parse_assembly(text))
    parts[0].link_in(parts[1])
    return str(parts[0])


def _callable(address: int, dtype: str, kind: Any) -> Callable[..., Any]:
    """A function that Numba compiled, of a floating-point number and 64-bit integers, which returns a ``kind``."""
    real = ctypes.c_float if dtype == "float32" else ctypes.c_double

    @functools.cache
    def function(n_arguments: int) -> Any:
        # Numba's calling convention: places for the result and for an exception, of which there is none
        kinds = [ctypes.c_void_p, ctypes.c_void_p, real, *[ctypes.c_int64] * n_arguments]
        return ctypes.CFUNCTYPE(ctypes.c_int, *kinds)(address)

    def call(*arguments: int) -> Any:
        result, error = kind(), ctypes.c_void_p()
        function(len(arguments))(ctypes.byref(result), ctypes.byref(error), 1.0, *arguments)
        return result.value

    return call


@functools.cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _target_machine() -> Any:
    _initialise()
    cpu, features = _machine()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=cpu, features=features, opt=3, jit=True)


@functools.cache
def _machine() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@functools.cache
def vector_bytes() -> int:
    """Bytes of a vector register of this processor, as LLVM names its features; 32 where it does not tell."""
    return 64 if "+avx512f" in _machine()[1].split(",") else 32


def _machine_code(source: str) -> bytes:
    """The optimised object code of a module in LLVM IR."""
    machine = _target_machine()
    module = llvm.parse_assembly(source)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization, options.loop_interleaving = True, True
    options.slp_vectorization = options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    manager = builder.getModulePassManager()
    manager.run(module, builder)
    _free(manager)
    return bytes(machine.emit_object(module))


def _free(manager: Any) -> None:
    """Free a pass manager; llvmlite up to 0.50 does not, since its classes inherit an empty ``_dispose``.

    See findings/llvmlite_pass_managers_are_not_freed.sh. It holds some 0.1 MB.
    """
    if type(manager)._dispose is llvm.ffi.ObjectRef._dispose:
        llvm.newpassmanagers.NewPassManager._dispose(manager)
    manager.close()


def _yield_core() -> int:
    """Address of the system's function by which a thread lets another have its core."""
    system = ctypes.CDLL("kernel32") if os.name == "nt" else ctypes.CDLL(None)
    function = system.SwitchToThread if os.name == "nt" else system.sched_yield
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)
