#!/usr/bin/env bash
# llvmlite 0.50.0 (LLVM 22), which Numba 0.68 compiles with.
#
# Expected: ctypes releases the interpreter's lock during a call into LLVM, and modules are independent of each other. So two
#   modules of LLVM IR that two threads optimise and translate on two cores take about as long as one, as they do in two processes.
# Happens: they take as long as one after the other. While one thread compiles, every call of the other into LLVM waits.
# Why: llvmlite holds one lock of the process around each call into its library, whole passes and code generation included
#   (llvmlite/binding/ffi.py, `_lib_wrapper` and `LLVMLock`), and all modules belong to one context of LLVM, which may not be used by
#   two threads at the same time.
# Way round: processes that share the machine code, for example by object files on disk (`emit_object`, `add_object_file`).
set -euo pipefail
if [ "$(python3 -c 'import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())')" -lt 2 ]; then
    echo "skipped: one core shows nothing"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check llvmlite==0.50.0
cat > "$folder/compile.py" <<'PYTHON'
import multiprocessing
import statistics
import threading
import time

import llvmlite.binding as llvm

LOOP = """
define void @f{n}(ptr %x, ptr %y, i64 %n) {{
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %head ]
  %p = getelementptr double, ptr %x, i64 %i
  %q = getelementptr double, ptr %y, i64 %i
  %a = load double, ptr %p
  %b = load double, ptr %q
  %c = fmul double %a, {n}.0
  %d = fadd double %c, %b
  store double %d, ptr %q
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %head, label %exit
exit:
  ret void
}}
"""
SOURCE = "".join(LOOP.format(n=n) for n in range(150))


def compiled(_=None):
    """Seconds that the module takes."""
    began = time.perf_counter()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=3, jit=True)
    module = llvm.parse_assembly(SOURCE)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    machine.emit_object(module)
    return time.perf_counter() - began


def started():
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    compiled()


def by_threads():
    threads = [threading.Thread(target=compiled) for _ in range(2)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


if __name__ == "__main__":
    started()
    with multiprocessing.get_context("spawn").Pool(2, started) as pool:
        pool.map(compiled, range(4), chunksize=1)
        threads, processes = [], []
        for _ in range(5):
            two = compiled() + compiled()
            threads.append(by_threads() / two)
            began = time.perf_counter()
            pool.map(compiled, range(2), chunksize=1)
            processes.append((time.perf_counter() - began) / two)
    print(f"two modules, of the time of one after the other: two threads {statistics.median(threads):.2f}, "
          f"two processes {min(processes):.2f}")
    assert statistics.median(threads) > 0.9
    assert min(processes) < 0.8
PYTHON
"$folder/env/bin/python" "$folder/compile.py"
# Output seen:
#   two modules, of the time of one after the other: two threads 1.01, two processes 0.49
