"""Machine code, by LLVM through llvmlite: made from LLVM IR, kept on disk, and loaded.

Machine code stays in memory as long as a program holds the `Functions` of its module; of modules that no program holds
the last `N_UNUSED` stay, so that the next training of the same formulas finds them.
"""

from __future__ import annotations

import functools
import hashlib
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm

from gpunn.compile.cpu import code_cache

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


def is_x86() -> bool:
    """Tell whether this processor has the registers of SSE, MXCSR among them."""
    return "+sse" in _machine()[1].split(",")


def _machine_code(source: str) -> bytes:
    """The optimised object code of a module in LLVM IR."""
    machine = _target_machine()
    module = llvm.parse_assembly(source)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    # Higher levels, interleaving and unrolling take up to twice as long to compile, for steps that take as long.
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_vectorization = True
    options.loop_interleaving = options.slp_vectorization = options.loop_unrolling = False
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
